//! The versioned JSON document of each command.

use seatrial_core::{Bound, Finding, Undecided};
use serde::Serialize;

use crate::format::RenderError;
use crate::{Fixes, Report, RuleStatistics, Suppressed};

/// The version of the JSON documents. It grows when a field changes its meaning or goes away; new
/// fields do not change it.
pub const VERSION: &str = "1";

/// What every JSON document of seatrial begins with, followed by the fields of its own body.
#[derive(Debug, Serialize)]
pub struct Document<'a, Summary, Body> {
    /// The version of the document's format: [`VERSION`].
    pub version: &'static str,
    /// What wrote it.
    pub tool: Tool<'a>,
    /// The command that ran, such as `check`.
    pub command: &'a str,
    /// The result in numbers.
    pub summary: Summary,
    /// The limits under which the result was reached.
    pub bounds: &'a [Bound],
    /// The command's own fields.
    #[serde(flatten)]
    pub body: Body,
}

/// What wrote a document.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Tool<'a> {
    /// Always `seatrial`.
    pub name: &'static str,
    /// Its version.
    pub version: &'a str,
}

impl<'a> Tool<'a> {
    /// seatrial of a version.
    pub const fn seatrial(version: &'a str) -> Self {
        Self { name: "seatrial", version }
    }
}

impl<Summary: Serialize, Body: Serialize> Document<'_, Summary, Body> {
    /// Writes the document, indented, with a line break at its end.
    pub fn render(&self) -> Result<String, RenderError> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }
}

/// The body of a `check` document.
#[derive(Debug, Serialize)]
struct CheckBody<'a> {
    kubernetes_version: &'a str,
    findings: &'a [Finding],
    suppressed: &'a [Suppressed],
    undecided: &'a [Undecided],
    #[serde(skip_serializing_if = "Option::is_none")]
    statistics: Option<Vec<RuleStatistics>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fixes: Option<&'a Fixes>,
}

/// Writes a report of `check` as JSON.
pub(crate) fn check(report: &Report) -> Result<String, RenderError> {
    Document {
        version: VERSION,
        tool: Tool::seatrial(&report.tool_version),
        command: &report.command,
        summary: report.summary(),
        bounds: &report.bounds,
        body: CheckBody {
            kubernetes_version: &report.kubernetes_version,
            findings: &report.findings,
            suppressed: &report.suppressed,
            undecided: &report.undecided,
            statistics: report.with_statistics.then(|| report.statistics().rules),
            fixes: report.fixes.as_ref(),
        },
    }
    .render()
}
