//! What several rules need: objects brought together by their selector, and names for people.

use std::collections::BTreeMap;

use seatrial_core::{Finding, Location, Severity, Span};
use seatrial_manifests::{Object, PodLabel, PodTemplate, Selector};
use seatrial_parse::{Entry, Node};

use super::Context;
use crate::Rule;

/// Objects by namespace and selector, so that each selection is made once however many objects ask
/// for it. Objects that select nothing, or whose selector is not readable, are left out.
pub(super) fn by_selector<'a>(
    objects: impl Iterator<Item = &'a Object>,
) -> BTreeMap<(Option<&'a str>, Selector<'a>), Vec<&'a Object>> {
    let mut groups = BTreeMap::<_, Vec<_>>::new();
    for object in objects {
        if let Some(selector) = Selector::of(object).filter(|selector| !selector.is_nothing()) {
            groups.entry((namespace(object), selector)).or_default().push(object);
        }
    }
    groups
}

/// The namespace that an object names, if it names one.
pub(super) fn namespace(object: &Object) -> Option<&str> {
    object.id.namespace.as_deref()
}

/// A finding of a rule on an object, at a place within it.
pub(super) fn finding(
    rule: &'static Rule,
    severity: Severity,
    object: &Object,
    (span, pointer): (Span, String),
    message: String,
) -> Finding {
    Finding::new(rule.id.clone(), severity, object.location(span), message).of(&object.id, pointer)
}

/// The text of an entry, from the key to the end of the value.
pub(super) fn entry_span(entry: &Entry) -> Span {
    entry.key.span.to(entry.value.span)
}

/// The place of an entry in an object's file.
pub(super) fn entry_location(object: &Object, entry: &Entry) -> Location {
    object.location(entry_span(entry))
}

/// An object as a message names it: ``Deployment `web` ``.
pub(super) fn named(object: &Object) -> String {
    format!("{} `{}`", object.kind(), object.name())
}

/// The objects of some templates as a message names them.
pub(super) fn named_all(templates: &[PodTemplate<'_>]) -> String {
    listed(templates.iter().map(|template| named(template.object)))
}

/// The text of a key of a map, if it is text.
pub(super) fn text<'a>(node: &'a Node, key: &str) -> Option<&'a str> {
    node.get(key).and_then(Node::as_str)
}

/// Whether a name is yet to be filled in, as by `envsubst` or a template engine, so that nothing
/// can be said about what it refers to.
pub(super) fn is_placeholder(name: &str) -> bool {
    name.is_empty() || name.contains(['$', '{', '<', '%'])
}

/// The directory of the file that an object stands in.
pub(super) fn directory(object: &Object) -> &str {
    object.file.path().rsplit_once('/').map_or("", |(directory, _)| directory)
}

/// Whether two manifests may be alternatives to each other, of which a cluster sees one: they stand
/// in different directories, and do not name the same namespace.
pub(super) fn variants(a: &Object, b: &Object) -> bool {
    let together = namespace(a).zip(namespace(b)).is_some_and(|(a, b)| a == b);
    !together && directory(a) != directory(b)
}

/// Whether two manifests of one directory may be alternatives to each other: they stand in different
/// files, and do not name the same namespace.
pub(super) fn alternatives(a: &Object, b: &Object) -> bool {
    let together = namespace(a).zip(namespace(b)).is_some_and(|(a, b)| a == b);
    !together && a.file.path() != b.file.path()
}

/// The first object of this identity in another namespace than the one it is sought from.
pub(super) fn in_other_namespace<'a>(
    context: &Context<'a>,
    from: Option<&str>,
    (group, kind, name): (&str, &str, &str),
) -> Option<&'a Object> {
    from?;
    context.index.resolve(None, group, kind, name).next()
}

/// Some things as a message lists them, no more than four of them.
pub(super) fn listed(things: impl ExactSizeIterator<Item = String>) -> String {
    const SHOWN: usize = 4;
    let more = things.len().saturating_sub(SHOWN);
    let mut shown: Vec<_> = things.take(SHOWN).collect();
    if more > 0 {
        shown.push(format!("{more} more"));
    }
    shown.join(", ")
}

/// Whether a selector of namespaces selects this one; `None` where that depends on labels of a
/// Namespace that is not among the inspected objects.
pub(super) fn selects_namespace_of(
    context: &Context<'_>,
    selector: &Selector<'_>,
    name: &str,
) -> Option<bool> {
    let defined = context.index.resolve(None, "", "Namespace", name).next();
    let label = |key: &str| match key {
        // The control plane sets it.
        "kubernetes.io/metadata.name" => Some(PodLabel::Is(name)),
        _ => defined.map(|namespace| {
            let labels = namespace.labels().iter().find(|label| &*label.key.text == key);
            labels.and_then(|label| label.value.as_str()).map_or(PodLabel::Absent, PodLabel::Is)
        }),
    };
    let mut known = !selector.is_nothing();
    for requirement in selector.requirements() {
        match label(requirement.key) {
            Some(label) if !requirement.admits(label) => return Some(false),
            Some(_) => {}
            None => known = false,
        }
    }
    if selector.is_nothing() { Some(false) } else { known.then_some(true) }
}
