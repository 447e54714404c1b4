//! Where a walk through an object is, and how it says what it finds there.

use seatrial_core::{Finding, Found, Location, Safety, Severity, Span, Undecided};
use seatrial_manifests::Object;
use seatrial_parse::edit::Change;
use seatrial_parse::{Entry, Node, Value, escape_pointer_token};

use crate::fix::{mended, rewritten};

/// A walk through an object: the object, the pointer to where the walk is, and what it found.
#[derive(Debug)]
pub(super) struct Site<'a> {
    /// The object.
    pub(super) object: &'a Object,
    found: &'a mut Found,
    /// How many findings there were when the walk began.
    before: usize,
    pointer: String,
}

impl<'a> Site<'a> {
    /// A walk that begins at the root of an object.
    pub(super) fn new(object: &'a Object, found: &'a mut Found) -> Self {
        let before = found.findings.len();
        Self { object, found, before, pointer: String::new() }
    }

    /// The findings of this walk so far.
    fn own_findings(&self) -> &[Finding] {
        self.found.findings.get(self.before..).unwrap_or_default()
    }

    /// How many findings this walk has had so far.
    pub(super) fn count(&self) -> usize {
        self.own_findings().len()
    }

    /// The pointers of the findings of this walk so far.
    pub(super) fn pointers(&self) -> Vec<String> {
        self.own_findings().iter().filter_map(|finding| finding.pointer.clone()).collect()
    }
    /// Walks on within a key.
    pub(super) fn within_key<T>(&mut self, key: &str, walk: impl FnOnce(&mut Self) -> T) -> T {
        let length = self.pointer.len();
        self.pointer.push('/');
        self.pointer.push_str(&escape_pointer_token(key));
        let result = walk(self);
        self.pointer.truncate(length);
        result
    }

    /// Walks on within an item of a list.
    pub(super) fn within_item<T>(&mut self, at: usize, walk: impl FnOnce(&mut Self) -> T) -> T {
        self.within_key(&at.to_string(), walk)
    }

    /// The pointer to where the walk is.
    pub(super) fn pointer(&self) -> &str {
        &self.pointer
    }

    /// The last key of the pointer: the name of the field that the walk is in.
    pub(super) fn field(&self) -> String {
        let mut keys = self.pointer.rsplit('/');
        let key = keys.find(|key| key.bytes().any(|byte| !byte.is_ascii_digit()));
        key.unwrap_or("the object").replace("~1", "/").replace("~0", "~")
    }

    /// Begins a finding at a span.
    pub(super) fn error(
        &mut self,
        rule: &'static str,
        span: Span,
        message: String,
    ) -> Draft<'_, 'a> {
        let location = self.object.location(span);
        let finding = Finding::new(rule, Severity::Error, location, message)
            .of(&self.object.id, self.pointer.clone());
        Draft { site: self, finding: Some(finding) }
    }

    /// Begins a warning at a span.
    pub(super) fn warning(
        &mut self,
        rule: &'static str,
        span: Span,
        message: String,
    ) -> Draft<'_, 'a> {
        let mut draft = self.error(rule, span, message);
        draft.change(|finding| Finding { severity: Severity::Warning, ..finding });
        draft
    }

    /// Says that something could not be decided of the object.
    pub(super) fn undecided(&mut self, rule: &'static str, reason: String) {
        self.found.undecided.push(Undecided {
            location: self.object.name_location(),
            rule: rule.into(),
            reason,
            resource: Some(self.object.id.clone()),
        });
    }

    /// The text that a node was read from, if it is one plain scalar that stands here: no text
    /// behind an anchor or an alias, where an edit could change other places.
    pub(super) fn plain_text(&self, node: &Node) -> Option<&'a str> {
        let text = self.object.file.text();
        let written = self.object.file.slice(node.span);
        let before = text.get(..node.span.start as usize)?.trim_end();
        let stands_here = before.ends_with([':', '-', ',', '[']);
        let plain = !written.is_empty() && !written.contains(['\n', '"', '\'']);
        (stands_here && plain).then_some(written)
    }
}

/// A finding that is being written; it is filed when it goes out of scope.
#[derive(Debug)]
pub(super) struct Draft<'s, 'a> {
    site: &'s mut Site<'a>,
    finding: Option<Finding>,
}

impl Draft<'_, '_> {
    fn change(&mut self, f: impl FnOnce(Finding) -> Finding) {
        self.finding = self.finding.take().map(f);
    }

    /// Sets the words for the underlined text.
    pub(super) fn label(mut self, label: impl Into<String>) -> Self {
        self.change(|finding| finding.labelled(label));
        self
    }

    /// Says what to do.
    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.change(|finding| finding.help(help));
        self
    }

    /// Adds a fact.
    pub(super) fn because(mut self, fact: impl Into<String>) -> Self {
        self.change(|finding| finding.because(fact));
        self
    }

    /// Says to write another word as the value, with the edit that does it.
    pub(super) fn write(self, word: &str, safety: Safety) -> Self {
        self.help(format!("write `{word}`")).set(word, safety)
    }

    /// Adds the edit that sets the value.
    pub(super) fn set(mut self, value: impl Into<serde_json::Value>, safety: Safety) -> Self {
        let object = self.site.object;
        self.change(|finding| rewritten(finding, object, safety, value));
        self
    }

    /// Adds the edit that gives the key another name.
    pub(super) fn rename(self, key: &str) -> Self {
        let key = key.to_owned();
        self.mend(Safety::Unsafe, |pointer| Change::Rename { pointer, key })
    }

    /// Adds the edit that removes it.
    pub(super) fn remove(self, safety: Safety) -> Self {
        self.mend(safety, |pointer| Change::Remove { pointer })
    }

    fn mend(mut self, safety: Safety, change: impl FnOnce(String) -> Change) -> Self {
        let object = self.site.object;
        self.change(|finding| match finding.pointer.clone() {
            Some(pointer) => mended(finding, object, safety, &[change(pointer)]),
            None => finding,
        });
        self
    }

    /// Adds another place of the same object.
    pub(super) fn related(self, span: Span, message: &str) -> Self {
        let location = self.site.object.location(span);
        self.related_location(location, message)
    }

    /// Adds another place, of whatever object.
    pub(super) fn related_location(mut self, location: Location, message: &str) -> Self {
        self.change(|finding| finding.related_to(location, message));
        self
    }

    /// Points to a key below where the walk is.
    pub(super) fn at_key(self, key: &str) -> Self {
        let pointer = format!("{}/{}", self.site.pointer, escape_pointer_token(key));
        self.at(&pointer)
    }

    /// Points elsewhere in the object.
    pub(super) fn at(mut self, pointer: &str) -> Self {
        self.change(|finding| Finding { pointer: Some(pointer.to_owned()), ..finding });
        self
    }
}

impl Drop for Draft<'_, '_> {
    fn drop(&mut self) {
        self.site.found.findings.extend(self.finding.take());
    }
}

/// What to underline for a value that itself may span many lines: a scalar as it is, of a
/// collection the key that it belongs to.
pub(super) fn span_of(node: &Node, key: Span) -> Span {
    match node.value {
        Value::Sequence(_) | Value::Mapping(_) => key,
        _ if node.span.start == node.span.end => key,
        _ => node.span,
    }
}

/// What to underline for an item of a list as a whole: its first key, or itself.
pub(super) fn span_of_item(item: &Node) -> Span {
    item.entries().first().map_or(item.span, |Entry { key, .. }| key.span)
}
