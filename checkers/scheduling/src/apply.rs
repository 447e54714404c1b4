//! What is left of a snapshot when manifests are applied to it.

use std::collections::BTreeSet;

use seatrial_manifests::Object;

use crate::expand::controllers;

/// The objects of a snapshot without those that a manifest replaces, which are those of the same
/// group, kind, namespace and name, and without the pods of controllers among the manifests: these
/// are made anew, as by a rollout. The manifests themselves are not added.
pub fn remaining(snapshot: Vec<Object>, manifests: &[Object]) -> Vec<Object> {
    let replaced: BTreeSet<_> = manifests.iter().map(identity).collect();
    let controlling: BTreeSet<_> = manifests.iter().map(controlling).collect();
    let mut left = snapshot;
    left.retain(|object| {
        let is_pod = object.group().is_empty() && object.kind() == "Pod";
        let made_anew = || {
            let namespace = object.namespace();
            controllers(object).any(|(kind, name)| controlling.contains(&(kind, namespace, name)))
        };
        !(replaced.contains(&identity(object)) || is_pod && made_anew())
    });
    left
}

fn identity(object: &Object) -> (&str, &str, &str, &str) {
    (object.group(), object.kind(), object.namespace(), object.name())
}

/// An object as the owner references of pods name it.
fn controlling(object: &Object) -> (&str, &str, &str) {
    (object.kind(), object.namespace(), object.name())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use seatrial_core::SourceFile;

    use super::*;

    fn objects(text: &str) -> Vec<Object> {
        seatrial_manifests::read(Arc::new(SourceFile::new("a.yaml", text))).objects
    }

    fn pod(name: &str, namespace: &str, owner: &str) -> String {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {name}\n  namespace: {namespace}\n  \
             labels: {{pod-template-hash: x1}}\n  ownerReferences: [{owner}]\n---\n"
        )
    }

    #[test]
    fn what_is_replaced_goes_with_the_pods_that_it_controls() {
        let of_web = "{kind: ReplicaSet, name: web-x1, controller: true}";
        let not_of_web = "{kind: ReplicaSet, name: web-x1}";
        let snapshot = [
            pod("a", "shop", of_web),
            pod("b", "default", of_web),
            pod("c", "shop", not_of_web),
            pod("d", "shop", "{kind: StatefulSet, name: web, controller: true}"),
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\n---\n"
                .to_owned(),
            "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\n".to_owned(),
        ];
        let manifests = objects(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\n",
        );
        let left = remaining(objects(&snapshot.concat()), &manifests);
        let left: Vec<String> = left.iter().map(|object| object.id.to_string()).collect();
        assert_eq!(left, ["Pod default/b", "Pod shop/c", "Pod shop/d", "Service shop/web"]);
    }
}
