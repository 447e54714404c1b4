//! What a rule says about itself.

use std::borrow::Cow;
use std::str::FromStr;

use serde::Serialize;

use crate::Severity;

/// Which part of `seatrial check` a rule belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// Reading files.
    Parse,
    /// Objects against the API's schemas.
    Schema,
    /// Written invariants: `ValidatingAdmissionPolicy` objects.
    Invariant,
    /// References between objects.
    Reference,
    /// Rules learned from configurations that work.
    Learned,
    /// Who can do what, and what a change makes of it.
    Access,
    /// Pods against the nodes of a cluster.
    Placement,
    /// Workloads under what may happen to them.
    Drill,
    /// The team's own models of protocols.
    Protocol,
    /// Parameters of systems other than Kubernetes.
    Parameter,
    /// seatrial's own configuration and suppressions.
    Configuration,
}

impl Part {
    /// Those that can be left out of a check; files are always read, and settings always looked at.
    pub const OPTIONAL: [Self; 9] = [
        Self::Schema,
        Self::Invariant,
        Self::Reference,
        Self::Learned,
        Self::Access,
        Self::Placement,
        Self::Drill,
        Self::Protocol,
        Self::Parameter,
    ];

    /// The name in output: `parse`, `schema`, `invariant`, `reference`, `learned`, `access`, `placement`,
    /// `drill`, `protocol`, `parameter` or `configuration`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Parse => "parse",
            Self::Schema => "schema",
            Self::Invariant => "invariant",
            Self::Reference => "reference",
            Self::Learned => "learned",
            Self::Access => "access",
            Self::Placement => "placement",
            Self::Drill => "drill",
            Self::Protocol => "protocol",
            Self::Parameter => "parameter",
            Self::Configuration => "configuration",
        }
    }
}

impl FromStr for Part {
    type Err = String;

    /// Reads the name of a part that can be left out.
    fn from_str(text: &str) -> Result<Self, String> {
        let known = Self::OPTIONAL.into_iter().find(|part| part.as_str() == text);
        known.ok_or_else(|| format!("there is no part `{text}`"))
    }
}

/// What a rule says about itself. Its text is its manual page.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Rule {
    /// The id, in kebab case; it names the problem, and is never used again for another one.
    pub id: Cow<'static, str>,
    /// The part it belongs to.
    pub part: Part,
    /// How bad its findings are unless configured otherwise.
    pub severity: Severity,
    /// One line, a lower-case fragment without a full stop: what is wrong when it reports.
    pub summary: Cow<'static, str>,
    /// The manual page in Markdown, with the sections `## What it checks`, `## Why it matters`,
    /// `## What to do` and, where there are any, `## Known limits` and `## References`.
    pub explanation: Cow<'static, str>,
}

impl Rule {
    /// A rule that is code: all its texts are fixed.
    pub const fn fixed(
        id: &'static str,
        part: Part,
        severity: Severity,
        summary: &'static str,
        explanation: &'static str,
    ) -> Self {
        Self {
            id: Cow::Borrowed(id),
            part,
            severity,
            summary: Cow::Borrowed(summary),
            explanation: Cow::Borrowed(explanation),
        }
    }
}
