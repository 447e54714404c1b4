//! Places in an object, found by paths such as `spec/rules/*/backendRefs/*`.

use seatrial_manifests::{Object, Part, PodTemplate};
use seatrial_parse::escape_pointer_token;

/// The whole of an object, as a place.
pub(super) fn root(object: &Object) -> Part<'_> {
    Part { node: &object.node, pointer: String::new() }
}

/// A field of a place.
pub(super) fn child<'a>(part: &Part<'a>, field: &str) -> Option<Part<'a>> {
    let node = part.node.get(field).filter(|node| !node.is_null())?;
    Some(Part { node, pointer: format!("{}/{}", part.pointer, escape_pointer_token(field)) })
}

/// The items of a list.
pub(super) fn items<'a>(part: &Part<'a>) -> impl Iterator<Item = Part<'a>> + use<'a> {
    let pointer = part.pointer.clone();
    let items = part.node.items().iter().enumerate();
    items.map(move |(at, node)| Part { node, pointer: format!("{pointer}/{at}") })
}

/// The places at a path from here, in which `*` stands for every item of a list; the empty path is
/// the place itself.
pub(super) fn at<'a>(from: &Part<'a>, path: &str) -> Vec<Part<'a>> {
    let fields = path.split('/').filter(|field| !field.is_empty());
    fields.fold(vec![from.clone()], |places, field| {
        let next = |place: &Part<'a>| -> Vec<Part<'a>> {
            if field == "*" {
                items(place).collect()
            } else {
                child(place, field).into_iter().collect()
            }
        };
        places.iter().flat_map(next).collect()
    })
}

/// The places of an object at a path.
pub(super) fn all<'a>(object: &'a Object, path: &str) -> Vec<Part<'a>> {
    at(&root(object), path)
}

/// The one place at a path without `*`.
pub(super) fn one<'a>(from: &Part<'a>, path: &str) -> Option<Part<'a>> {
    at(from, path).into_iter().next()
}

/// The pods' `spec` of a template.
pub(super) fn pod_spec<'a>(template: &PodTemplate<'a>) -> Option<Part<'a>> {
    Some(Part { node: template.spec?, pointer: template.spec_pointer() })
}

/// The text of a field of a place, if it has one that is not empty.
pub(super) fn text_at<'a>(part: &Part<'a>, path: &str) -> Option<&'a str> {
    let mut fields = path.split('/');
    let node = fields.try_fold(part.node, |node, field| node.get(field))?;
    node.as_str().filter(|text| !text.is_empty())
}
