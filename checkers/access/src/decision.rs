//! What was decided, and how two configurations differ.

use std::fmt;

use seatrial_core::{Finding, Fix, Location, ResourceId, Severity};
use serde::Serialize;

use crate::Extent;

/// Whether a request is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Decision {
    /// It is.
    Allowed,
    /// It is not.
    Denied,
    /// That depends on what is not in the configuration, or cannot be modelled.
    Unknown,
}

impl Decision {
    /// The name in output: `allowed`, `denied` or `unknown`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Denied => "denied",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How the decision on a request changed.
///
/// Ordered by what a reviewer looks at first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// It was denied, and is allowed.
    Opened,
    /// It was not known to be allowed, and may be: from denied to unknown, or from unknown to
    /// allowed.
    MayOpen,
    /// It is unknown on both sides, for different reasons.
    MayChange,
    /// It was allowed, and is denied.
    Closed,
    /// It was or may have been allowed, and may be denied: from allowed to unknown, or from unknown
    /// to denied.
    MayClose,
}

impl Change {
    /// All changes, in their order.
    pub const ALL: [Self; 5] =
        [Self::Opened, Self::MayOpen, Self::MayChange, Self::Closed, Self::MayClose];

    /// The change from one decision to another; `None` where both are allowed, or both denied.
    /// Two unknown decisions are taken to rest on different reasons.
    pub const fn between(old: Decision, new: Decision) -> Option<Self> {
        use Decision::{Allowed, Denied, Unknown};
        match (old, new) {
            (Allowed, Allowed) | (Denied, Denied) => None,
            (Denied, Allowed) => Some(Self::Opened),
            (Allowed, Denied) => Some(Self::Closed),
            (Denied, Unknown) | (Unknown, Allowed) => Some(Self::MayOpen),
            (Allowed, Unknown) | (Unknown, Denied) => Some(Self::MayClose),
            (Unknown, Unknown) => Some(Self::MayChange),
        }
    }

    /// Whether both sides are known.
    pub const fn is_certain(self) -> bool {
        matches!(self, Self::Opened | Self::Closed)
    }

    /// The name in output, such as `opened` or `may-open`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::MayOpen => "may-open",
            Self::MayChange => "may-change",
            Self::Closed => "closed",
            Self::MayClose => "may-close",
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A place in a configuration that a decision rests on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Source {
    /// The object.
    pub resource: ResourceId,
    /// Where it is.
    pub location: Location,
    /// JSON pointer (RFC 6901) into the object, such as `/rules/0`.
    pub pointer: String,
    /// What it is in the decision, such as `rule` or `binding`.
    pub role: &'static str,
    /// The expression that it says, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<Box<str>>,
}

/// Requests on which two configurations decide differently, in the same way.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Difference<W> {
    /// How the decision changed.
    pub change: Change,
    /// The requests: what the region covers of each dimension.
    pub region: Vec<Extent>,
    /// One of them, replayed on both sides by the direct evaluator.
    pub witness: W,
    /// What the old decision rests on; empty where nothing said anything about it.
    pub old: Vec<Source>,
    /// What the new decision rests on; empty where nothing says anything about it.
    pub new: Vec<Source>,
    /// Why a side is unknown, where one is.
    pub reason: Option<String>,
}

/// All differences of two configurations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Differences<W> {
    /// The differences, in order; no more than were asked for.
    pub listed: Vec<Difference<W>>,
    /// How many there are of each change, listed or not, in the order of [`Change::ALL`]: regions,
    /// of which those of one change may overlap, and not requests.
    pub totals: [usize; 5],
}

impl<W> Default for Differences<W> {
    fn default() -> Self {
        Self { listed: Vec::new(), totals: [0; 5] }
    }
}

impl<W> Differences<W> {
    /// How many there are in all, listed or not. None is a proof of "no change".
    #[must_use]
    pub fn total(&self) -> usize {
        self.totals.iter().sum()
    }

    /// How many there are of a change, listed or not.
    #[must_use]
    pub fn of(&self, change: Change) -> usize {
        let counts = Change::ALL.iter().zip(&self.totals);
        counts.filter(|&(&known, _)| known == change).map(|(_, count)| count).sum()
    }

    /// Counts differences of a change.
    pub fn count(&mut self, change: Change, more: usize) {
        let counts = Change::ALL.iter().zip(&mut self.totals);
        counts.filter(|&(&known, _)| known == change).for_each(|(_, count)| *count += more);
    }
}
/// A finding at a source, with what to do about it.
pub(crate) fn finding(
    rule: &'static str,
    severity: Severity,
    source: &Source,
    message: String,
    hint: &str,
) -> Finding {
    let finding = Finding::new(rule, severity, source.location.clone(), message);
    let mut finding = finding.of(&source.resource, source.pointer.clone());
    finding.fix = Some(Fix::of_words(hint));
    finding
}
