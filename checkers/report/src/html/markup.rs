//! The one way to write HTML: names of tags and attributes are code, every text is escaped.

use crate::text::visible;

/// Attributes of an element: their names are code, their values are escaped.
pub(super) type Attributes<'a> = &'a [(&'static str, &'a str)];

/// Markup in the making.
///
/// Architecture invariant: nothing but [`Markup::verbatim`] writes text as it is, and that takes
/// only what is compiled in. So no text of an inspected file can become a tag, an attribute or a
/// script.
#[derive(Debug, Default)]
pub(super) struct Markup(String);

impl Markup {
    pub(super) fn finish(self) -> String {
        self.0
    }

    /// An element with what `body` writes into it.
    pub(super) fn element(
        &mut self,
        tag: &'static str,
        attributes: Attributes<'_>,
        body: impl FnOnce(&mut Self),
    ) {
        self.empty(tag, attributes);
        body(self);
        self.0 += "</";
        self.0 += tag;
        self.0.push('>');
    }

    /// An element with a text.
    pub(super) fn leaf(&mut self, tag: &'static str, attributes: Attributes<'_>, text: &str) {
        self.element(tag, attributes, |out| out.text(text));
    }

    /// An element that has no end, such as `meta`.
    pub(super) fn empty(&mut self, tag: &'static str, attributes: Attributes<'_>) {
        self.0.push('<');
        self.0 += tag;
        for (name, value) in attributes {
            self.0.push(' ');
            self.0 += name;
            // An empty value is a flag, such as `open`.
            if !value.is_empty() {
                self.0 += "=\"";
                self.text(value);
                self.0.push('"');
            }
        }
        self.0.push('>');
    }

    /// A text of one line. Characters that would do something become visible ones.
    pub(super) fn text(&mut self, text: &str) {
        for c in text.chars() {
            self.character(visible(c));
        }
    }

    /// A line of code: as [`Self::text`], but tabs stay.
    pub(super) fn code(&mut self, text: &str) {
        for c in text.chars() {
            self.character(if c == '\t' { c } else { visible(c) });
        }
    }

    /// A line break between elements, for those who read the source.
    pub(super) fn line_break(&mut self) {
        self.0.push('\n');
    }

    /// Text that is a part of the program.
    pub(super) fn verbatim(&mut self, text: &'static str) {
        self.0 += text;
    }

    fn character(&mut self, c: char) {
        match c {
            '&' => self.0 += "&amp;",
            '<' => self.0 += "&lt;",
            '>' => self.0 += "&gt;",
            '"' => self.0 += "&quot;",
            '\'' => self.0 += "&#39;",
            c => self.0.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_leaves_its_place() {
        for (text, expected) in [
            ("</script><img onerror=x>", "&lt;/script&gt;&lt;img onerror=x&gt;"),
            ("\" onmouseover='x'", "&quot; onmouseover=&#39;x&#39;"),
            ("a & b &amp; c", "a &amp; b &amp;amp; c"),
            ("a\nb\tc\u{1b}\u{202e}\0", "a␊b␉c␛\u{fffd}␀"),
            ("größer, 名前, 👩‍💻", "größer, 名前, 👩‍💻"),
        ] {
            let mut out = Markup::default();
            out.leaf("p", &[("title", text)], text);
            assert_eq!(out.finish(), format!("<p title=\"{expected}\">{expected}</p>"));
        }
    }

    #[test]
    fn elements_nest_and_flags_have_no_value() {
        let mut out = Markup::default();
        out.element("details", &[("open", "")], |out| {
            out.leaf("summary", &[], "more");
            out.empty("hr", &[]);
            out.code("\ta\n");
        });
        assert_eq!(out.finish(), "<details open><summary>more</summary><hr>\ta␊</details>");
    }
}
