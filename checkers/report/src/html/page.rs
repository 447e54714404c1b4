//! What all pages have: head, verdict, theme, bounds, foot.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::markup::Markup;
use super::{pairs, prose};

/// The style of every page.
pub(crate) const STYLE: &str = include_str!("style.css");
/// The script of every page.
pub(crate) const SCRIPT: &str = include_str!("script.js");

/// How a run ended, as the colour of its page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    /// Something is wrong.
    Bad,
    /// Something is not known. Never shown as good.
    Undecided,
    /// Nothing is wrong that counts, or nothing was looked at.
    Plain,
    /// Proven, or nothing found.
    Good,
}

impl Tone {
    pub(super) const fn class(self) -> &'static str {
        match self {
            Self::Bad => "bad",
            Self::Undecided => "undecided",
            Self::Plain => "plain",
            Self::Good => "good",
        }
    }

    /// The tone of a verdict of a proof. What is none of the three words is not known.
    pub(super) fn of(verdict: &str) -> Self {
        match verdict {
            "holds" | "equal" => Self::Good,
            "violated" | "changed" => Self::Bad,
            _ => Self::Undecided,
        }
    }
}

/// What stands at the top of a page.
pub(super) struct Head<'a> {
    /// The command that ran.
    pub(super) command: &'a str,
    /// The version of seatrial.
    pub(super) version: &'a str,
    pub(super) tone: Tone,
    /// The result in a few words.
    pub(super) verdict: &'a str,
    /// The result in numbers, a sentence or two.
    pub(super) remarks: &'a [String],
    /// What has no answer, by name, if something has none: nobody may overlook it.
    pub(super) unknown: Option<String>,
    /// The sections of the page: their ids and titles.
    pub(super) sections: &'a [(&'a str, String)],
}

impl Head<'_> {
    /// The tone of the page: what leaves something open is not good, whatever else it says.
    fn shown_tone(&self) -> Tone {
        match self.tone {
            Tone::Good if self.unknown.is_some() => Tone::Undecided,
            tone => tone,
        }
    }
}

/// Writes a page around what `main` writes. The text ends with a line break.
pub(super) fn page(head: &Head<'_>, main: impl FnOnce(&mut Markup)) -> String {
    let mut out = Markup::default();
    out.verbatim("<!doctype html>\n");
    out.element("html", &[("lang", "en")], |out| {
        out.element("head", &[], |out| document_head(out, head));
        out.line_break();
        out.element("body", &[], |out| {
            out.leaf("a", &[("class", "skip"), ("href", "#main")], "Skip to the results");
            banner(out, head);
            out.element("div", &[("class", "frame")], |out| {
                contents(out, head.sections);
                out.element("main", &[("id", "main"), ("tabindex", "-1")], |out| {
                    summary(out, head);
                    main(out);
                });
            });
            foot(out, head);
            out.line_break();
            out.element("script", &[], |out| out.verbatim(SCRIPT));
        });
    });
    out.line_break();
    out.finish()
}

fn document_head(out: &mut Markup, head: &Head<'_>) {
    let digest = |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)));
    let policy = format!(
        "default-src 'none'; style-src {}; script-src {}; base-uri 'none'; form-action 'none'",
        digest(STYLE),
        digest(SCRIPT)
    );
    out.empty("meta", &[("charset", "utf-8")]);
    out.empty("meta", &[("http-equiv", "Content-Security-Policy"), ("content", &policy)]);
    let viewport = "width=device-width, initial-scale=1";
    out.empty("meta", &[("name", "viewport"), ("content", viewport)]);
    out.empty("meta", &[("name", "color-scheme"), ("content", "light dark")]);
    out.leaf("title", &[], &format!("{}: seatrial {}", head.verdict, head.command));
    out.element("style", &[], |out| out.verbatim(STYLE));
}

fn banner(out: &mut Markup, head: &Head<'_>) {
    out.element("header", &[("class", "banner")], |out| {
        out.element("p", &[("class", "mark")], |out| {
            out.leaf("b", &[], "seatrial");
            out.text(" ");
            out.leaf("span", &[], head.command);
        });
        let label = [("type", "button"), ("id", "theme"), ("hidden", "")];
        out.leaf("button", &label, "Theme: system");
    });
    out.line_break();
}

fn contents(out: &mut Markup, sections: &[(&str, String)]) {
    out.element("nav", &[("class", "contents"), ("aria-label", "On this page")], |out| {
        out.element("ul", &[], |out| {
            for (id, title) in sections {
                let target = format!("#{id}");
                out.element("li", &[], |out| out.leaf("a", &[("href", &target)], title));
            }
        });
    });
    out.line_break();
}

fn summary(out: &mut Markup, head: &Head<'_>) {
    let class = format!("verdict {}", head.shown_tone().class());
    out.element("section", &[("class", &class), ("aria-label", "Verdict")], |out| {
        out.leaf("h1", &[], head.verdict);
        if let Some(unknown) = &head.unknown {
            out.element("p", &[("class", "unknown")], |out| prose::sentence(out, unknown));
        }
        for remark in head.remarks {
            out.element("p", &[], |out| prose::sentence(out, remark));
        }
    });
    out.line_break();
}

fn foot(out: &mut Markup, head: &Head<'_>) {
    out.element("footer", &[], |out| {
        out.element("p", &[("class", "keys"), ("hidden", "")], |out| {
            for (key, what) in
                [("/", "filter"), ("j k", "next, previous"), ("← →", "step"), ("t", "theme")]
            {
                out.leaf("kbd", &[], key);
                out.text(&format!(" {what} "));
            }
        });
        let made = format!("Written by seatrial {}. This page loads nothing.", head.version);
        out.leaf("p", &[], &made);
    });
}

/// A section with a heading and an id.
pub(super) fn section(out: &mut Markup, id: &str, title: &str, body: impl FnOnce(&mut Markup)) {
    let label = format!("{id}-title");
    out.element("section", &[("id", id), ("aria-labelledby", &label)], |out| {
        out.leaf("h2", &[("id", &label)], title);
        body(out);
    });
    out.line_break();
}

/// The limits under which all of a page holds, and the versions that it rests on.
pub(super) fn bounds(out: &mut Markup, rows: &[(String, String)]) {
    section(out, "bounds", "Bounds and versions", |out| {
        out.leaf("p", &[], "Everything on this page holds within these limits, and not beyond.");
        pairs(out, ["What", "Limit or version"], rows);
    });
}

/// The head of a table.
pub(super) fn table_head(out: &mut Markup, names: &[&str]) {
    out.element("thead", &[], |out| {
        out.element("tr", &[], |out| {
            for name in names {
                out.leaf("th", &[("scope", "col")], name);
            }
        });
    });
}

/// A mark in words and colour: the words say all.
pub(super) fn badge(out: &mut Markup, class: &str, words: &str) {
    let class = format!("badge {class}");
    out.leaf("span", &[("class", &class)], words);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_proof_is_not_shown_as_one() {
        for (verdict, tone) in [
            ("holds", Tone::Good),
            ("equal", Tone::Good),
            ("violated", Tone::Bad),
            ("changed", Tone::Bad),
            ("undecided", Tone::Undecided),
            ("", Tone::Undecided),
            ("held", Tone::Undecided),
        ] {
            assert_eq!(Tone::of(verdict), tone, "{verdict}");
        }
    }

    #[test]
    fn a_page_is_whole_and_names_its_style_and_script() {
        let head = Head {
            command: "check",
            version: "0.1.0",
            tone: Tone::Good,
            verdict: "<b>",
            remarks: &["`a` & b".to_owned()],
            unknown: Some("no `<i>`".to_owned()),
            sections: &[("bounds", "Bounds".to_owned())],
        };
        let page = page(&head, |out| bounds(out, &[("a".to_owned(), "b".to_owned())]));
        assert!(page.starts_with("<!doctype html>\n<html lang=\"en\">"));
        assert!(page.ends_with("</html>\n"));
        assert_eq!(page.matches("&#39;sha256-").count(), 2);
        // What is open is not green, even if all else is good.
        assert!(page.contains("class=\"verdict undecided\"") && head.tone == Tone::Good);
        assert!(page.contains(
            "<h1>&lt;b&gt;</h1><p class=\"unknown\">no <code>&lt;i&gt;</code></p><p><code>a</code> &amp; b</p>"
        ));
        assert!(!page.contains("http://") && !page.contains("src=\""));
    }

    #[test]
    fn the_script_and_the_style_cannot_end_their_elements() {
        assert!(!SCRIPT.contains("</") && !SCRIPT.contains("<!--"));
        assert!(!STYLE.contains("</"));
    }
}
