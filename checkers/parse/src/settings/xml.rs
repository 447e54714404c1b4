//! Hadoop's XML: `<configuration>` with `<property>` elements.
//!
//! A small reader of its own: what Hadoop reads is a list of flat elements, every value must keep
//! its place, and what an entity could pull in must not be. A `DOCTYPE` is not looked at.

use seatrial_core::Span;

use super::scan::{Cursor, trimmed};
use super::{Settings, included};

/// The elements that may stand in others, at most this deep.
const DEEPEST: usize = 32;

pub(super) fn read(text: &str) -> Settings {
    let mut reader =
        Reader { text, settings: Settings::default(), open: Vec::new(), property: None };
    let mut cursor = Cursor::new(text);
    cursor.take("\u{feff}");
    while cursor.peek().is_some() {
        if cursor.peek() == Some('<') {
            reader.markup(&mut cursor);
        } else {
            let start = cursor.at();
            let part = cursor.skip_while(|c| c != '<');
            reader.text(part, start);
        }
    }
    reader.finish()
}

struct Reader<'a> {
    text: &'a str,
    settings: Settings,
    /// The elements that are open, with their places.
    open: Vec<(&'a str, Span)>,
    property: Option<Property>,
}

/// What is read of a `<property>`.
#[derive(Default)]
struct Property {
    start: usize,
    name: Option<(String, Span)>,
    value: Option<(String, Span)>,
    /// The text of `<final>`.
    is_final: Option<(String, Span)>,
}

impl<'a> Reader<'a> {
    fn markup(&mut self, cursor: &mut Cursor<'a>) {
        let start = cursor.at();
        let closed = if cursor.take("<!--") {
            cursor.until("-->").is_some()
        } else if cursor.take("<![CDATA[") {
            let at = cursor.at();
            let part = cursor.until("]]>");
            self.put(part.unwrap_or_default(), at, part.unwrap_or_default().to_owned());
            part.is_some()
        } else if cursor.take("<?") {
            cursor.until("?>").is_some()
        } else if cursor.take("<!") {
            let closed = doctype(cursor);
            self.settings.skip(cursor.span_from(start), "a document type: no entity is expanded");
            closed
        } else if cursor.take("</") {
            let name = cursor.until(">");
            self.close(name.unwrap_or_default().trim(), cursor.span_from(start));
            name.is_some()
        } else {
            cursor.skip(1);
            let tag = cursor.until(">");
            self.start(tag.unwrap_or_default(), cursor.span_from(start));
            tag.is_some()
        };
        if !closed {
            cursor.skip(usize::MAX);
            self.settings.complain(Span::new(start, start + 1), "`<` is not closed", None);
        }
    }

    fn start(&mut self, tag: &'a str, span: Span) {
        let name = tag.split(|c: char| c.is_whitespace() || c == '/').next().unwrap_or_default();
        let empty = tag.ends_with('/');
        if name.is_empty() {
            let help = Some("write `&lt;` for a `<` in a value");
            return self.settings.complain(span, "an element without a name", help);
        }
        let inside = self.open.last().map(|(name, _)| *name);
        match (inside, name) {
            (None, "configuration") | (Some("configuration"), "property") => {}
            (
                Some("property"),
                "name" | "value" | "description" | "final" | "source" | "tag" | "tags",
            ) => {}
            (Some("description"), _) => {}
            (Some("configuration"), "include" | "xi:include") => {
                let what = attribute(tag, "href").map_or_else(|| "an include".to_owned(), included);
                self.settings.skip(span, what);
            }
            _ => self.settings.skip(span, format!("the element `{name}`")),
        }
        if name == "property" && !empty {
            self.property = Some(Property { start: span.start as usize, ..Property::default() });
        }
        if let (Some("property"), "value", Some(property)) = (inside, name, &mut self.property) {
            let end = span.end as usize;
            property.value = Some((String::new(), Span::new(end, end)));
        }
        if !empty && self.open.len() < DEEPEST {
            self.open.push((name, span));
        } else if !empty {
            self.settings.complain(span, "elements nest too deeply", None);
        }
    }

    fn close(&mut self, name: &str, span: Span) {
        let Some(depth) = self.open.iter().rposition(|(open, _)| *open == name) else {
            let message = format!("`</{name}>` closes nothing that is open");
            return self.settings.complain(span, message, None);
        };
        for (open, at) in self.open.split_off(depth).into_iter().skip(1) {
            let message = format!("`<{open}>` is not closed");
            self.settings.complain(at, message, Some(&format!("add `</{open}>`")));
        }
        if name == "property" {
            self.end_property(span.end as usize);
        }
    }

    fn end_property(&mut self, end: usize) {
        let Some(property) = self.property.take() else { return };
        let span = Span::new(property.start, end);
        if let Some((text, at)) = &property.is_final
            && !["true", "false"].contains(&text.as_str())
        {
            // `Configuration` of Hadoop compares it with `true`, letter by letter.
            let message = format!("`{text}` in `<final>` is read as `false`");
            self.settings.complain(*at, message, Some("write `true` or `false`"));
        }
        match (property.name, property.value) {
            (Some((name, name_span)), Some((value, value_span))) => {
                self.settings.add(&name, name_span, value, value_span);
                let is_final = property.is_final.is_some_and(|(text, _)| text == "true");
                if let Some(setting) = self.settings.settings.last_mut() {
                    setting.is_final = is_final;
                }
            }
            (Some((name, name_span)), None) => {
                // Hadoop's own default files have such, and leave the parameter unset.
                self.settings.skip(name_span, format!("the property `{name}`, which has no value"));
            }
            (None, _) => {
                self.settings.complain(span, "a property without a name", Some("add `<name>`"));
            }
        }
    }

    fn text(&mut self, part: &'a str, start: usize) {
        if part.trim().is_empty() {
            return;
        }
        let (inner, span) = trimmed(part, start);
        match self.open.last().map(|(name, _)| *name) {
            Some("name" | "value" | "final") => {
                let meaning = self.resolved(inner, span.start as usize);
                self.put(inner, span.start as usize, meaning);
            }
            Some("property" | "configuration") | None => {
                let help = Some("put it between `<value>` and `</value>`");
                self.settings.complain(span, "text outside of any element that holds one", help);
            }
            Some(_) => {}
        }
    }

    /// Adds to the name or the value that is open.
    fn put(&mut self, written: &str, start: usize, meaning: String) {
        let Some(property) = &mut self.property else { return };
        let span = Span::new(start, start + written.len());
        let part = match self.open.last() {
            Some(("name", _)) => &mut property.name,
            Some(("value", _)) => &mut property.value,
            Some(("final", _)) => &mut property.is_final,
            _ => return,
        };
        match part {
            Some((text, of)) if !text.is_empty() => {
                text.push_str(&meaning);
                *of = of.to(span);
            }
            _ => *part = Some((meaning, span)),
        }
    }

    /// The text with its entities resolved.
    fn resolved(&mut self, text: &str, start: usize) -> String {
        let mut result = String::new();
        let mut cursor = Cursor::new(text);
        while cursor.peek().is_some() {
            result.push_str(cursor.skip_while(|c| c != '&'));
            let at = cursor.at();
            if !cursor.take("&") {
                break;
            }
            let name =
                cursor.rest().split_once(';').map(|(name, _)| name).filter(|n| n.len() <= 10);
            if let Some(character) = name.and_then(entity) {
                result.push(character);
                cursor.skip(name.map_or(0, str::len) + 1);
            } else {
                result.push('&');
                let span = Span::new(start + at, start + at + 1);
                let help = Some("write `&amp;` for a `&`");
                self.settings.complain(span, "`&` begins no entity that is known here", help);
            }
        }
        result
    }

    fn finish(mut self) -> Settings {
        for (name, span) in std::mem::take(&mut self.open) {
            self.settings.complain(span, format!("`<{name}>` is not closed"), None);
        }
        if !self.text.contains("<configuration") {
            let message = "no element `configuration`";
            self.settings.complain(Span::default(), message, Some("is this Hadoop's XML?"));
        }
        self.settings
    }
}

/// The value of an attribute of a tag.
fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = tag.split_once(name)?;
    let rest = rest.trim_start().strip_prefix('=')?.trim_start();
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    rest.get(1..)?.split(quote).next()
}

/// Moves behind a document type, the declarations between its brackets included.
fn doctype(cursor: &mut Cursor<'_>) -> bool {
    cursor.skip_while(|c| c != '>' && c != '[');
    if cursor.take("[") && cursor.until("]").is_none() {
        return false;
    }
    cursor.until(">").is_some()
}

fn entity(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let number = match number.strip_prefix('x') {
                Some(digits) => u32::from_str_radix(digits, 16),
                None => number.parse(),
            };
            char::from_u32(number.ok()?)
        }
    }
}
