//! What pods ask for, against the limits of their namespaces.

use seatrial_manifests::{Container, ContainerList, Object, Part as Place, PodTemplate};
use seatrial_parse::Node;

use super::Context;
use super::common::namespace;
use super::places::all;
use super::reversed_autoscaler_bounds::amount;

/// What a container asks for, or is limited to, of a resource: the place and the amount in
/// billionths.
pub(super) fn stated<'a>(
    container: &Container<'a>,
    field: &str,
    resource: &str,
) -> Option<(Place<'a>, i128)> {
    let node = container.node.at(&["resources", field, resource])?;
    let key = seatrial_parse::escape_pointer_token(resource);
    let pointer = format!("{}/resources/{field}/{key}", container.pointer());
    Some((Place { node, pointer }, amount(node)?))
}

/// The containers whose requests count for the whole life of a pod, and those of the start.
pub(super) fn counted<'a>(template: &PodTemplate<'a>) -> Vec<Container<'a>> {
    template.containers().filter(|it| it.list != ContainerList::Ephemeral).collect()
}

/// The objects of a kind that hold for the namespace of some pods.
pub(super) fn holding<'a>(
    context: &Context<'a>,
    kind: &str,
    template: &PodTemplate<'_>,
) -> Vec<&'a Object> {
    let own = template.namespace();
    let objects = context.index.of_kind("", kind).filter(|it| namespace(it) == own);
    let objects = objects.filter(|it| {
        own.is_some() || super::common::directory(it) == super::common::directory(template.object)
    });
    objects.collect()
}

/// The limits for containers that a `LimitRange` states.
pub(super) fn for_containers(range: &Object) -> Vec<Place<'_>> {
    let limits = all(range, "spec/limits/*");
    limits
        .into_iter()
        .filter(|it| it.node.get("type").and_then(Node::as_str) == Some("Container"))
        .collect()
}

/// What a container gets of a resource where it does not state it: the default of a range.
pub(super) fn default<'a>(
    ranges: &[&'a Object],
    field: &str,
    resource: &str,
) -> Option<(&'a Node, i128)> {
    let fields: &[&str] = match field {
        "limits" => &["default"],
        _ => &["defaultRequest", "default", "min"],
    };
    ranges.iter().flat_map(|range| for_containers(range)).find_map(|limit| {
        let node = fields.iter().find_map(|field| limit.node.at(&[field, resource]))?;
        Some((node, amount(node)?))
    })
}
