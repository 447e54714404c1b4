//! Clusters for tests, written as manifests.

use std::sync::Arc;

use seatrial_core::SourceFile;
use seatrial_manifests::Object;

use crate::{Cluster, ReadError};

/// The objects of a text.
pub(crate) fn objects(text: &str) -> Vec<Object> {
    let manifest = seatrial_manifests::read(Arc::new(SourceFile::new("cluster.yaml", text)));
    assert!(manifest.unreadable.is_empty(), "{:?}", manifest.unreadable);
    assert!(manifest.skipped.is_empty(), "{:?}", manifest.skipped);
    manifest.objects
}

/// The cluster of a text, or what is wrong with it.
pub(crate) fn try_cluster(text: &str) -> Result<Cluster, Vec<ReadError>> {
    crate::read(&objects(text))
}

/// The cluster of a text.
pub(crate) fn cluster(text: &str) -> Cluster {
    try_cluster(text).unwrap()
}

/// A node with 4 cores, 8 GiB and room for 10 pods, with these labels and this `spec`.
pub(crate) fn node(name: &str, labels: &str, spec: &str) -> String {
    format!(
        "---\napiVersion: v1\nkind: Node\nmetadata: {{name: {name}, labels: {{{labels}}}}}\n\
         spec: {{{spec}}}\nstatus: {{allocatable: {{cpu: 4, memory: 8Gi, pods: 10}}}}\n"
    )
}

/// A pod with these labels and this `spec`.
pub(crate) fn pod(name: &str, labels: &str, spec: &str) -> String {
    format!(
        "---\napiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, labels: {{{labels}}}}}\n\
         spec: {{{spec}}}\n"
    )
}
