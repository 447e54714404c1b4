//! Where the reader is in an object, and how it says what is wrong there.

use seatrial_core::{Finding, Fix, Severity};
use seatrial_manifests::Object;
use seatrial_parse::{Node, escape_pointer_token};

use super::super::selector::{LabelSelector, Name};
use super::super::{Names, rules};
use crate::Source;

/// A node of an object, and the JSON pointer to it.
#[derive(Clone)]
pub(super) struct Place<'a> {
    pub(super) node: &'a Node,
    pub(super) pointer: String,
}

impl<'a> Place<'a> {
    /// The value of a key; `None` where it is absent or null, which the API server takes as the same.
    pub(super) fn get(&self, key: &str) -> Option<Self> {
        let node = self.node.get(key).filter(|node| !node.is_null())?;
        Some(Self { node, pointer: format!("{}/{}", self.pointer, escape_pointer_token(key)) })
    }

    /// The items of a list.
    pub(super) fn items(&self) -> impl Iterator<Item = Self> + use<'a> {
        let pointer = self.pointer.clone();
        let place = move |(at, node)| Self { node, pointer: format!("{pointer}/{at}") };
        self.node.items().iter().enumerate().map(place)
    }

    /// The names of those of these keys that have a value.
    pub(super) fn having<'k>(&self, keys: &[&'k str]) -> Vec<&'k str> {
        keys.iter().copied().filter(|key| self.get(key).is_some()).collect()
    }
}

/// Reads one object.
pub(super) struct Reader<'r> {
    pub(super) object: &'r Object,
    names: &'r mut Names,
    findings: &'r mut Vec<Finding>,
}

impl<'r> Reader<'r> {
    pub(super) fn new(
        object: &'r Object,
        names: &'r mut Names,
        findings: &'r mut Vec<Finding>,
    ) -> Self {
        Self { object, names, findings }
    }

    /// The object as a whole.
    pub(super) fn root(&self) -> Place<'r> {
        Place { node: &self.object.node, pointer: String::new() }
    }

    /// The shared form of a name.
    pub(super) fn name(&mut self, name: &str) -> Name {
        self.names.share(name)
    }

    /// How much has been found; see [`Reader::raw`].
    pub(super) fn mark(&self) -> usize {
        self.findings.len()
    }

    /// What a place says, if something was refused since a mark; else nothing.
    pub(super) fn raw(&mut self, since: usize, place: &Place<'_>) -> Name {
        let found = self.findings.get(since..).unwrap_or_default();
        let refused = found.iter().any(|finding| finding.rule == rules::INVALID);
        let text = if refused { place.node.to_string() } else { String::new() };
        self.name(&text)
    }

    /// A place as the source of something.
    pub(super) fn source(&self, place: &Place<'_>, role: &'static str) -> Source {
        let location = if place.pointer.is_empty() {
            self.object.name_location()
        } else {
            self.object.location(place.node.span)
        };
        let resource = self.object.id.clone();
        Source { resource, location, pointer: place.pointer.clone(), role, text: None }
    }

    /// Says that something is not as it should be.
    pub(super) fn report(
        &mut self,
        rule: &'static str,
        severity: Severity,
        place: &Place<'_>,
        message: impl Into<String>,
        hint: Option<String>,
    ) {
        let location = self.object.location(place.node.span);
        let mut finding = Finding::new(rule, severity, location, message)
            .of(&self.object.id, place.pointer.clone());
        finding.fix = hint.map(Fix::of_words);
        self.findings.push(finding);
    }

    /// Says that the API server would refuse the object.
    pub(super) fn refuse(&mut self, place: &Place<'_>, message: impl Into<String>) {
        self.report(rules::INVALID, Severity::Error, place, message, None);
    }

    /// Reads a `LabelSelector`; says what is wrong with one that cannot be read, or that selects
    /// nothing whatever there is.
    pub(super) fn selector(&mut self, place: &Place<'_>) -> LabelSelector {
        let selector = LabelSelector::read(place.node);
        if selector.unreadable {
            self.refuse_selector(place);
        } else if selector.is_contradictory() {
            let message = format!("`{selector}` can select nothing: its requirements contradict");
            self.report(rules::CONTRADICTORY, Severity::Warning, place, message, None);
        }
        selector
    }

    fn refuse_selector(&mut self, place: &Place<'_>) {
        let before = self.findings.len();
        if let Some(labels) = place.get("matchLabels") {
            for entry in labels.node.entries().iter().filter(|entry| entry.value.as_str().is_none())
            {
                let pointer =
                    format!("{}/{}", labels.pointer, escape_pointer_token(&entry.key.text));
                let value = Place { node: &entry.value, pointer };
                self.refuse(
                    &value,
                    format!("the value of a label is a text: write `\"{}\"`", entry.value),
                );
            }
        }
        for item in place.get("matchExpressions").iter().flat_map(Place::items) {
            if let Some(problem) = expression_problem(item.node) {
                self.refuse(&item, problem);
            }
        }
        if self.findings.len() == before {
            self.refuse(place, "this is no label selector");
        }
    }
}

/// What is wrong with an item of `matchExpressions`.
fn expression_problem(item: &Node) -> Option<String> {
    const OPERATORS: [&str; 4] = ["In", "NotIn", "Exists", "DoesNotExist"];
    let text = |key: &str| item.get(key).and_then(Node::as_str);
    let values = item.get("values").map_or(&[][..], Node::items);
    if text("key").is_none() {
        return Some("the expression has no `key`".to_owned());
    }
    let Some(operator) = text("operator") else {
        return Some("the expression has no `operator`".to_owned());
    };
    if !OPERATORS.contains(&operator) {
        return Some(format!(
            "unknown operator `{operator}`: one of `In`, `NotIn`, `Exists`, `DoesNotExist`"
        ));
    }
    if let Some(value) = values.iter().find(|value| value.as_str().is_none()) {
        return Some(format!("the value of a label is a text: write `\"{value}\"`"));
    }
    match (operator, values.is_empty()) {
        ("In" | "NotIn", true) => Some(format!("`{operator}` needs `values`")),
        ("Exists" | "DoesNotExist", false) => Some(format!("`{operator}` takes no `values`")),
        _ => None,
    }
}
