//! Shapes of requests joined to regions, as people read them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::scope::Scope;
use crate::{Extent, Members};

/// Shapes as products of operations, resources, names and namespaces, each with one of its shapes.
pub(super) fn regions<'x>(scopes: impl Iterator<Item = &'x Scope>) -> Vec<(Vec<Extent>, Scope)> {
    let mut by_resource: BTreeMap<_, BTreeSet<&Scope>> = BTreeMap::new();
    for scope in scopes {
        let key = (scope.resource_name(), &scope.name, &scope.namespace);
        by_resource.entry(key).or_default().insert(scope);
    }
    let mut by_operations: BTreeMap<_, Vec<(String, &Scope)>> = BTreeMap::new();
    for ((resource, name, namespace), scopes) in by_resource {
        let operations: BTreeSet<&str> = scopes.iter().map(|one| one.operation.as_str()).collect();
        let Some(first) = scopes.first().copied() else { continue };
        by_operations.entry((operations, name, namespace)).or_default().push((resource, first));
    }
    let named =
        |dimension, names: Vec<Arc<str>>| Extent { dimension, members: Members::Only(names) };
    by_operations
        .into_iter()
        .filter_map(|((operations, name, namespace), resources)| {
            let (_, first) = resources.first()?;
            let mut region = vec![
                named("operation", operations.into_iter().map(Into::into).collect()),
                named("resource", resources.iter().map(|(name, _)| name.as_str().into()).collect()),
            ];
            region.extend(name.as_ref().map(|name| named("name", vec![name.as_str().into()])));
            let namespace = namespace.as_ref();
            region.extend(namespace.map(|name| named("namespace", vec![name.as_str().into()])));
            Some((region, (*first).clone()))
        })
        .collect()
}
