//! Manual pages of rules on a terminal.

use unicode_width::UnicodeWidthStr;

use crate::Style;
use crate::text::{Paint, clean, wrap};
use seatrial_core::Rule;

/// Writes a rule's manual page: its id, part, severity and summary, then its explanation with
/// headings, lists, code and emphasis laid out for a terminal, wrapped to the width.
pub fn explain(rule: &Rule, style: Style) -> String {
    let paint = Paint::new(style);
    let title = paint.bold(&clean(&rule.id));
    let severity = paint.severity(rule.severity, rule.severity.as_str());
    let summary = inline(&clean(&rule.summary), paint);
    let out = format!("{title} ({}, {severity})\n{summary}\n\n", rule.part.as_str());
    let mut page = Page { out, paint, width: style.columns(), block: None };
    let mut fenced = false;
    for line in rule.explanation.lines() {
        if line.trim_start().starts_with("```") {
            page.end_block();
            fenced = !fenced;
        } else if fenced {
            page.code(line);
        } else {
            page.line(line);
        }
    }
    page.end_block();
    page.out.trim_end().to_owned() + "\n"
}

/// A page in the making.
struct Page {
    out: String,
    paint: Paint,
    width: usize,
    /// The paragraph or list item whose lines are being gathered.
    block: Option<Block>,
}

struct Block {
    /// What the first line begins with: a bullet, a number, or nothing.
    marker: String,
    text: String,
}

impl Page {
    fn line(&mut self, line: &str) {
        let text = line.trim();
        if text.is_empty() {
            self.end_block();
            self.blank_line();
        } else if let Some(heading) = heading(text) {
            self.end_block();
            self.blank_line();
            self.out += &self.paint.heading(&clean(heading));
            self.out.push('\n');
        } else if let Some((marker, rest)) = item(line) {
            self.end_block();
            self.block = Some(Block { marker, text: rest.to_owned() });
        } else if let Some(block) = &mut self.block {
            block.text.push(' ');
            block.text += text;
        } else {
            self.block = Some(Block { marker: String::new(), text: text.to_owned() });
        }
    }

    /// Leaves one line free, if none is.
    fn blank_line(&mut self) {
        if !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
    }

    fn code(&mut self, line: &str) {
        let line = line.replace('\t', "    ");
        self.out += format!("    {}", self.paint.code(&clean(&line))).trim_end();
        self.out.push('\n');
    }

    fn end_block(&mut self) {
        let Some(Block { marker, text }) = self.block.take() else { return };
        let indent = " ".repeat(marker.width());
        let room = self.width.saturating_sub(indent.len());
        let mut begin = marker.as_str();
        for line in wrap(&inline(&clean(&text), self.paint), room) {
            self.out += &[begin, &line, "\n"].concat();
            begin = &indent;
        }
    }
}

pub(crate) fn heading(line: &str) -> Option<&str> {
    let text = line.trim_start_matches('#');
    (text.len() < line.len()).then(|| text.strip_prefix(' ')).flatten()
}

/// The marker of a list item as it is shown, and the item's text.
fn item(line: &str) -> Option<(String, &str)> {
    let text = line.trim_start();
    let indent = " ".repeat(line.len() - text.len());
    for bullet in ["* ", "- ", "+ "] {
        if let Some(rest) = text.strip_prefix(bullet) {
            return Some((format!("{indent}  * "), rest));
        }
    }
    let (number, rest) = text.split_once(". ")?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| (format!("{indent} {number}. "), rest))
}

/// Paints `code` and **emphasis** where there are colours; without them the text stays as it is.
fn inline(text: &str, paint: Paint) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, code, after)) = code_span(rest) {
        out += &emphasis(before, paint);
        out += &paint.code(&format!("`{code}`"));
        rest = after;
    }
    out + &emphasis(rest, paint)
}

/// The first `code` of a text, with what stands before and behind it.
pub(crate) fn code_span(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('`')?;
    let (code, after) = rest.split_once('`')?;
    Some((before, code, after))
}

fn emphasis(text: &str, paint: Paint) -> String {
    let pieces: Vec<&str> = text.split("**").collect();
    if !paint.paints() || pieces.len().is_multiple_of(2) {
        return text.to_owned();
    }
    let paint_odd = |(at, piece): (usize, &&str)| {
        if at % 2 == 1 { paint.bold(piece) } else { (*piece).to_owned() }
    };
    pieces.iter().enumerate().map(paint_odd).collect()
}
