//! Manifests of which several describe one object.

use std::collections::BTreeSet;

use seatrial_manifests::{Object, Workload};

/// Each object once, the first that describes it; and the workloads among the others, of which
/// nothing is said.
pub(crate) fn distinct(objects: &[Object]) -> (Vec<&Object>, Vec<&Object>) {
    let mut seen = BTreeSet::new();
    let (mut once, mut others) = (Vec::new(), Vec::new());
    for object in objects {
        let name = (object.group(), object.kind(), object.namespace(), object.name());
        if seen.insert(name) { once.push(object) } else { others.push(object) }
    }
    others.retain(|object| Workload::of_kind(object.group(), object.kind()).is_some());
    (once, others)
}
