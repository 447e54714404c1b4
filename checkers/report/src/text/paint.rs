//! Colours, where they are wanted.

use anstyle::{AnsiColor, Style as Ansi};
use seatrial_core::Severity;

use crate::Style;

/// Wraps text in ANSI styles, or leaves it alone.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Paint(bool);

impl Paint {
    pub(crate) fn new(style: Style) -> Self {
        Self(style.color)
    }

    /// Whether there are colours.
    pub(crate) const fn paints(self) -> bool {
        self.0
    }

    /// The colour that findings of a severity have; the same as in the excerpts.
    pub(crate) fn severity(self, severity: Severity, text: &str) -> String {
        let color = match severity {
            Severity::Error => AnsiColor::BrightRed,
            Severity::Warning => AnsiColor::Yellow,
            Severity::Note => AnsiColor::BrightGreen,
        };
        self.with(color.on_default().bold(), text)
    }

    pub(crate) fn good(self, text: &str) -> String {
        self.with(AnsiColor::BrightGreen.on_default().bold(), text)
    }

    pub(crate) fn undecided(self, text: &str) -> String {
        self.with(AnsiColor::Magenta.on_default().bold(), text)
    }

    pub(crate) fn code(self, text: &str) -> String {
        self.with(AnsiColor::Cyan.on_default(), text)
    }

    pub(crate) fn bold(self, text: &str) -> String {
        self.with(Ansi::new().bold(), text)
    }

    /// A heading, in capitals where it cannot be underlined.
    pub(crate) fn heading(self, text: &str) -> String {
        let capitals = if self.0 { text.to_owned() } else { text.to_uppercase() };
        self.with(Ansi::new().bold().underline(), &capitals)
    }

    fn with(self, style: Ansi, text: &str) -> String {
        if self.0 { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }
}
