//! What a run has to say, in the formats that people and machines read.
//!
//! A [`Report`] is plain data: the gate fills it, [`render`] writes it. [`Sources`] lends the text
//! of the files for the formats that show it.
//!
//! Architecture invariant: this crate reads no file and no clock and prints nothing; the same
//! report gives the same bytes. Text that comes from the inspected files reaches a terminal only
//! by way of [`text::clean`], so that a manifest cannot send it escape sequences; a page or a Markdown
//! renderer, only escaped.

mod ci;
mod coverage;
mod exhibit;
mod explain;
mod fingerprint;
mod fixes;
mod format;
mod html;
mod junit;
mod markdown;
mod report;
mod rules;
mod sarif;
mod sources;
mod statistics;

pub mod json;
pub mod story;
pub mod text;

pub use coverage::{Coverage, Documents, FileOutcome, Files, KindCount, Objects};
pub use exhibit::{Exhibit, Node, Nodes, Resource, Unplaced};
pub use explain::explain;
pub use fixes::{Fixes, RefusedFix};
pub use format::{Format, RenderError, Style, render};
pub use html::{DocumentError, document_page};
pub use report::{CheckedObject, Report, Severities, Summary, Suppressed, SuppressedBy};
pub use rules::{rules_json, rules_text};
pub use sources::Sources;
pub use statistics::{RuleStatistics, Statistics, render_statistics};

#[cfg(test)]
mod tests;
