//! Sentences and manual pages: the little Markdown that messages and rules are written in.

use super::markup::Markup;
use crate::explain::{code_span, heading};

/// Writes a sentence; what stands in backticks is code.
pub(super) fn sentence(out: &mut Markup, text: &str) {
    let mut rest = text;
    while let Some((before, code, after)) = code_span(rest) {
        emphasis(out, before);
        out.leaf("code", &[], code);
        rest = after;
    }
    emphasis(out, rest);
}

fn emphasis(out: &mut Markup, text: &str) {
    let pieces: Vec<&str> = text.split("**").collect();
    // An asterisk without its twin is text.
    if pieces.len().is_multiple_of(2) {
        return links(out, text);
    }
    for (at, piece) in pieces.into_iter().enumerate() {
        if at % 2 == 1 {
            out.element("strong", &[], |out| links(out, piece));
        } else {
            links(out, piece);
        }
    }
}

/// Addresses of the web become links. Nothing is loaded from them unless somebody follows one.
fn links(out: &mut Markup, text: &str) {
    let mut rest = text;
    while let Some(at) = rest.find("https://") {
        let (before, address) = rest.split_at(at);
        let end = address.find(|c: char| c.is_whitespace() || "<>\"'|)]".contains(c));
        let (address, after) = address.split_at(end.unwrap_or(address.len()));
        let bare = address.trim_end_matches(['.', ',', ';', ':', '!', '?']);
        let (address, stop) = address.split_at(bare.len());
        out.text(before);
        out.leaf("a", &[("href", address), ("rel", "noreferrer noopener")], address);
        out.text(stop);
        rest = after;
    }
    out.text(rest);
}

/// Writes a manual page. Its headings are `h4`: it stands in a section of a section.
pub(super) fn page(out: &mut Markup, markdown: &str) {
    let mut page = Page { out, block: Block::None };
    let mut fence = false;
    for line in markdown.lines() {
        if line.trim_start().starts_with("```") {
            page.end();
            fence = !fence;
        } else if fence {
            page.code(line);
        } else {
            page.line(line);
        }
    }
    page.end();
}

struct Page<'m> {
    out: &'m mut Markup,
    block: Block,
}

/// What is being gathered.
enum Block {
    None,
    Paragraph(String),
    /// The items, and whether they are numbered.
    List(Vec<String>, bool),
    Code(Vec<String>),
}

impl Page<'_> {
    fn line(&mut self, line: &str) {
        let text = line.trim();
        if text.is_empty() {
            return self.end();
        }
        if let Some(heading) = heading(text) {
            self.end();
            return self.out.element("h4", &[], |out| sentence(out, heading));
        }
        if let Some((item, numbered)) = item(text) {
            match &mut self.block {
                Block::List(items, of) if *of == numbered => items.push(item.to_owned()),
                _ => {
                    self.end();
                    self.block = Block::List(vec![item.to_owned()], numbered);
                }
            }
            return;
        }
        match &mut self.block {
            Block::Paragraph(gathered) => *gathered += &[" ", text].concat(),
            Block::List(items, _) if line.starts_with(' ') => {
                if let Some(last) = items.last_mut() {
                    *last += &[" ", text].concat();
                }
            }
            _ => {
                self.end();
                self.block = Block::Paragraph(text.to_owned());
            }
        }
    }

    fn code(&mut self, line: &str) {
        if let Block::Code(lines) = &mut self.block {
            lines.push(line.to_owned());
        } else {
            self.end();
            self.block = Block::Code(vec![line.to_owned()]);
        }
    }

    fn end(&mut self) {
        match std::mem::replace(&mut self.block, Block::None) {
            Block::None => {}
            Block::Paragraph(text) => self.out.element("p", &[], |out| sentence(out, &text)),
            Block::List(items, numbered) => {
                self.out.element(if numbered { "ol" } else { "ul" }, &[], |out| {
                    for item in &items {
                        out.element("li", &[], |out| sentence(out, item));
                    }
                });
            }
            Block::Code(lines) => self.out.element("pre", &[], |out| {
                for line in &lines {
                    out.code(line);
                    out.line_break();
                }
            }),
        }
    }
}

/// The text of a list item, and whether it is numbered.
fn item(text: &str) -> Option<(&str, bool)> {
    let bullet = ["* ", "- ", "+ "].iter().find_map(|bullet| text.strip_prefix(bullet));
    if let Some(rest) = bullet {
        return Some((rest, false));
    }
    let (number, rest) = text.split_once(". ")?;
    let numbered = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    numbered.then_some((rest, true))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut Markup)) -> String {
        let mut out = Markup::default();
        write(&mut out);
        out.finish()
    }

    #[test]
    fn sentences_have_code_emphasis_and_links() {
        for (text, expected) in [
            ("unknown field `<b>`", "unknown field <code>&lt;b&gt;</code>"),
            ("a ` alone, a ** alone", "a ` alone, a ** alone"),
            ("**not** so", "<strong>not</strong> so"),
            (
                "see https://example.com/a?b=1&c. Or not",
                "see <a href=\"https://example.com/a?b=1&amp;c\" rel=\"noreferrer noopener\">\
                 https://example.com/a?b=1&amp;c</a>. Or not",
            ),
            ("javascript:alert(1) http://x", "javascript:alert(1) http://x"),
        ] {
            assert_eq!(written(|out| sentence(out, text)), expected);
        }
    }

    #[test]
    fn pages_have_headings_lists_and_code() {
        let text =
            "## What\n\nOne\ntwo.\n\n* a\n  b\n* `c`\n\n1. d\n\n```yaml\na: <b>\n\tc\n```\nend";
        assert_eq!(
            written(|out| page(out, text)),
            "<h4>What</h4><p>One two.</p><ul><li>a b</li><li><code>c</code></li></ul>\
             <ol><li>d</li></ol><pre>a: &lt;b&gt;\n\tc\n</pre><p>end</p>"
        );
    }
}
