//! The report of a run, before it is written in any format.

use std::borrow::Cow;

use seatrial_core::{Bound, Finding, Location, ResourceId, Rule, Severity, Undecided};
use serde::Serialize;

use crate::{Coverage, Documents, Exhibit, Files, Fixes, Objects, Statistics};

/// Everything that a run has to say.
///
/// Counts that follow from the lists are not stored but computed, by [`Report::summary`] and
/// [`Report::statistics`], so that they cannot disagree with them.
#[derive(Clone, Debug)]
pub struct Report {
    /// The version of seatrial, such as `0.1.0`.
    pub tool_version: String,
    /// The command that ran, such as `check`.
    pub command: String,
    /// The Kubernetes version checked for, such as `1.37`.
    pub kubernetes_version: String,
    /// The mildest severity that fails the run (`--fail-on`).
    pub fail_on: Severity,
    /// The ids of rules whose findings are advice: they fail no run, whatever their severity.
    pub advice: Vec<Cow<'static, str>>,
    /// The limits under which the run was made.
    pub bounds: Vec<Bound>,
    /// What was looked at, and what was not.
    pub coverage: Coverage,
    /// Every object that was checked, with findings or without.
    pub objects: Vec<CheckedObject>,
    /// What is wrong, or worth knowing.
    pub findings: Vec<Finding>,
    /// What would be a finding if a user had not accepted it.
    pub suppressed: Vec<Suppressed>,
    /// What could not be decided.
    pub undecided: Vec<Undecided>,
    /// What the parts have to show beside their findings, in their order; pages show it.
    pub exhibits: Vec<Exhibit>,
    /// The rules that the findings and undecided items name; more do no harm.
    pub rules: Vec<Rule>,
    /// Whether the user asked for [`Statistics`]: adds a table to the text formats and an array to
    /// the JSON.
    pub with_statistics: bool,
    /// What `--fix` or `--diff` did, if asked for.
    pub fixes: Option<Fixes>,
}

impl Report {
    /// A report of a run that has looked at nothing yet.
    pub fn new(tool_version: &str, command: &str, kubernetes_version: &str) -> Self {
        Self {
            tool_version: tool_version.to_owned(),
            command: command.to_owned(),
            kubernetes_version: kubernetes_version.to_owned(),
            fail_on: Severity::Error,
            advice: Vec::new(),
            bounds: Vec::new(),
            coverage: Coverage::default(),
            objects: Vec::new(),
            findings: Vec::new(),
            suppressed: Vec::new(),
            undecided: Vec::new(),
            exhibits: Vec::new(),
            rules: Vec::new(),
            with_statistics: false,
            fixes: None,
        }
    }

    /// Puts every list in its total order, so that the bytes do not depend on who filled it first.
    #[must_use]
    pub fn sorted(mut self) -> Self {
        self.bounds.sort();
        self.objects.sort();
        self.findings.sort();
        self.suppressed.sort();
        self.undecided.sort();
        self.rules.sort();
        self.coverage.files.sort();
        self
    }

    /// What was looked at, and how much was found.
    pub fn summary(&self) -> Summary<'_> {
        Summary {
            files: &self.coverage.files,
            documents: &self.coverage.documents,
            objects: &self.coverage.objects,
            policies: self.coverage.policies,
            findings: Severities::of(&self.findings),
            suppressed: self.suppressed.len(),
            undecided: self.undecided.len(),
        }
    }

    /// The counts of each rule.
    pub fn statistics(&self) -> Statistics {
        Statistics::of(self)
    }

    /// Whether a finding is bad enough to fail the run.
    pub fn fails(&self, finding: &Finding) -> bool {
        finding.severity >= self.fail_on && !self.advice.contains(&finding.rule)
    }
}

/// An object that was checked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct CheckedObject {
    /// Where it begins.
    pub location: Location,
    /// Which it is.
    pub resource: ResourceId,
}

/// A finding that a user has accepted, with the reason given.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Suppressed {
    /// What would have been reported.
    #[serde(flatten)]
    pub finding: Finding,
    /// How it was accepted.
    pub suppressed_by: SuppressedBy,
    /// Why, in the user's words.
    pub reason: String,
    /// Where the user wrote so.
    pub suppressed_at: Option<Location>,
}

/// How a finding was accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SuppressedBy {
    /// A comment beside the finding.
    Comment,
    /// An annotation of the object.
    Annotation,
    /// A setting of `seatrial.yaml`.
    Configuration,
    /// A baseline: it was there before.
    Baseline,
}

/// How many findings there are of each severity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Severities {
    /// Findings of severity `error`.
    pub error: usize,
    /// Findings of severity `warning`.
    pub warning: usize,
    /// Findings of severity `note`.
    pub note: usize,
}

impl Severities {
    /// Counts the findings.
    pub fn of(findings: &[Finding]) -> Self {
        let count = |severity| findings.iter().filter(|f| f.severity == severity).count();
        Self {
            error: count(Severity::Error),
            warning: count(Severity::Warning),
            note: count(Severity::Note),
        }
    }

    /// The findings of all severities.
    pub const fn total(self) -> usize {
        self.error + self.warning + self.note
    }
}

/// What was looked at, and how much was found. It accounts for every file and every object.
#[derive(Clone, Debug, Serialize)]
pub struct Summary<'a> {
    /// Every file met, by what became of it.
    pub files: &'a Files,
    /// Every document in the files that were read as manifests.
    pub documents: &'a Documents,
    /// Every object in those documents.
    pub objects: &'a Objects,
    /// How many policies were evaluated.
    pub policies: usize,
    /// How many findings are reported, by severity.
    pub findings: Severities,
    /// How many findings a user has accepted.
    pub suppressed: usize,
    /// How many questions could not be decided.
    pub undecided: usize,
}
