//! The Services that init containers wait for.
//!
//! An init container whose command has a loop (`until`, `while`, `wait`) and names a Service of its
//! namespace is taken to wait until that Service has somebody to answer. What other loops wait for,
//! and what containers do after they have started, cannot be read from manifests.

use seatrial_manifests::{Container, ContainerList, Object, PodTemplate, Selector};
use seatrial_parse::Node;

use super::is_drilled;
use crate::Wait;

/// How the words of a command begin that waits.
const LOOPS: [&str; 3] = ["until", "while", "wait"];
/// Words by which a command asks which pod it is: then it may wait in some of them only, and is not
/// taken to wait.
const WHO: [&str; 4] = ["hostname", "HOSTNAME", "POD_NAME", "ordinal"];

/// The Services that the pods of a workload wait for.
pub(super) fn of(object: &Object, objects: &[Object]) -> Vec<Wait> {
    let Some(template) = PodTemplate::of(object) else { return Vec::new() };
    let init = template.containers().filter(|it| it.list == ContainerList::Init);
    let mut waits = Vec::new();
    for container in init {
        let words = words(&container);
        let is_loop = |word: &String| LOOPS.iter().any(|start| word.starts_with(start));
        if !words.iter().any(is_loop) || words.iter().any(|word| WHO.contains(&word.as_str())) {
            continue;
        }
        let services = objects.iter().filter(|other| is_service(other, object.namespace()));
        let named = services.filter(|service| words.iter().any(|word| names(word, service)));
        waits.extend(named.filter_map(|service| wait(object, &container, service, objects)));
    }
    waits
}

fn is_service(object: &Object, namespace: &str) -> bool {
    object.group().is_empty() && object.kind() == "Service" && object.namespace() == namespace
}

/// The words of what a container runs.
fn words(container: &Container) -> Vec<String> {
    let lists = ["command", "args"].into_iter().filter_map(|key| container.node.get(key));
    let texts = lists.flat_map(Node::items).filter_map(Node::as_str);
    let is_part =
        |symbol: char| symbol.is_ascii_alphanumeric() || matches!(symbol, '-' | '.' | '_');
    let split = texts.flat_map(|text| text.split(move |symbol| !is_part(symbol)));
    split.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// Whether a word is the name of a Service, or of a pod of it (`db-0.db`), with a domain or without.
fn names(word: &str, service: &Object) -> bool {
    let mut labels = word.split('.');
    labels.next() == Some(service.name()) || labels.next() == Some(service.name())
}

fn wait(
    object: &Object,
    container: &Container,
    service: &Object,
    objects: &[Object],
) -> Option<Wait> {
    let selector = Selector::of(service)?;
    let selected = objects.iter().filter(|other| {
        is_drilled(other)
            && other.namespace() == service.namespace()
            && PodTemplate::of(other).is_some_and(|it| selector.matches_pods_of(&it))
    });
    let selected: Vec<String> =
        selected.map(|it| format!("{}/{}", it.namespace(), it.name())).collect();
    // Whoever answers for a Service of no pods here cannot be known.
    (!selected.is_empty()).then(|| Wait {
        service: format!("{}/{}", service.namespace(), service.name()),
        selected,
        publishes_all: service
            .node
            .at(&["spec", "publishNotReadyAddresses"])
            .and_then(Node::as_bool)
            == Some(true),
        location: object.location(container.node.span),
    })
}
