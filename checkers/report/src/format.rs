//! The output formats by name, and the door to their renderers.

use std::fmt;
use std::str::FromStr;

use crate::{Report, Sources, ci, html, json, junit, markdown, sarif, text};

/// An output format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// For people: each finding with the lines of the file that it is about.
    #[default]
    Full,
    /// For people and `grep`: one line a finding.
    Concise,
    /// For people and browsers: one page that loads nothing.
    Html,
    /// For the summary of a CI job: GitHub's Markdown.
    Markdown,
    /// For programs: the versioned document of `configs/output/check.schema.json`.
    Json,
    /// For code scanning: SARIF 2.1.0.
    Sarif,
    /// For CI dashboards: JUnit XML as Jenkins and GitLab read it.
    Junit,
    /// For GitHub Actions: workflow commands that annotate the changed files.
    Github,
    /// For GitLab: a Code Quality report.
    Gitlab,
}

impl Format {
    /// All formats, those for people first.
    pub const ALL: [Self; 9] = [
        Self::Full,
        Self::Concise,
        Self::Html,
        Self::Markdown,
        Self::Json,
        Self::Sarif,
        Self::Junit,
        Self::Github,
        Self::Gitlab,
    ];

    /// The name on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Concise => "concise",
            Self::Html => "html",
            Self::Markdown => "markdown",
            Self::Json => "json",
            Self::Sarif => "sarif",
            Self::Junit => "junit",
            Self::Github => "github",
            Self::Gitlab => "gitlab",
        }
    }

    /// What it is for, in a few words, for the help of the command line.
    pub const fn summary(self) -> &'static str {
        match self {
            Self::Full => "each finding with the lines it is about",
            Self::Concise => "one line a finding",
            Self::Html => "one page for a browser, which loads nothing",
            Self::Markdown => "summary of a CI job, such as $GITHUB_STEP_SUMMARY",
            Self::Json => "versioned JSON for programs",
            Self::Sarif => "SARIF 2.1.0 for code scanning",
            Self::Junit => "JUnit XML for CI dashboards",
            Self::Github => "annotations of GitHub Actions",
            Self::Gitlab => "GitLab Code Quality report",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Format {
    type Err = String;

    /// Reads the name of a format; the error names them all.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|format| format.as_str() == text).ok_or_else(|| {
            let names: Vec<_> = Self::ALL.iter().map(|f| format!("`{f}`")).collect();
            format!("unknown output format `{text}`: one of {}", names.join(", "))
        })
    }
}

/// How text for people looks. Formats for programs ignore it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Whether to write ANSI colours.
    pub color: bool,
    /// How many columns a line may have before source lines are trimmed and prose is wrapped.
    pub width: usize,
}

impl Style {
    /// The narrowest width that is honoured.
    pub const MIN_WIDTH: usize = 40;

    /// No colours, lines of up to 120 columns: for files and pipes.
    pub const PLAIN: Self = Self { color: false, width: 120 };

    /// The width, but not so narrow that nothing fits.
    pub(crate) fn columns(self) -> usize {
        self.width.max(Self::MIN_WIDTH)
    }
}

impl Default for Style {
    fn default() -> Self {
        Self::PLAIN
    }
}

/// Why a report could not be written. It is a defect of seatrial, not of the input.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// A value that JSON cannot hold.
    #[error("cannot write the report as JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// A value that XML cannot hold.
    #[error("cannot write the report as JUnit XML: {0}")]
    Junit(#[from] quick_junit::SerializeError),
}

/// Writes a report in a format. The text ends with a line break.
pub fn render(
    report: &Report,
    sources: &Sources,
    format: Format,
    style: Style,
) -> Result<String, RenderError> {
    match format {
        Format::Full => Ok(text::full(report, sources, style)),
        Format::Concise => Ok(text::concise(report, style)),
        Format::Html => Ok(html::check(report, sources)),
        Format::Markdown => Ok(markdown::markdown(report)),
        Format::Json => json::check(report),
        Format::Sarif => sarif::render(report),
        Format::Junit => junit::render(report),
        Format::Github => Ok(ci::github(report)),
        Format::Gitlab => ci::gitlab(report),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_formats_read_back() {
        for format in Format::ALL {
            assert_eq!(format.to_string().parse(), Ok(format));
            assert!(!format.summary().is_empty());
        }
        let error = "xml".parse::<Format>().unwrap_err();
        assert!(error.starts_with("unknown output format `xml`: one of `full`, `concise`"));
    }
}
