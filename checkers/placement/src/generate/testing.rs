//! Holds the instance of a blueprint against those that are read from its objects.

use std::sync::Arc;

use seatrial_certificate::derive::derive;
use seatrial_core::SourceFile;
use seatrial_scheduling::{Cluster, Filters};

use super::Blueprint;

/// The cluster that is read from the objects of a blueprint.
pub(super) fn cluster(plan: &Blueprint) -> Cluster {
    let file = SourceFile::new("snapshot.yaml", plan.manifests());
    let manifest = seatrial_manifests::read(Arc::new(file));
    assert!(manifest.unreadable.is_empty() && manifest.skipped.is_empty());
    seatrial_scheduling::read(&manifest.objects).unwrap()
}

/// Three programs make the same instance of a blueprint: from its words, from the cluster that is
/// read from its objects, and from the objects as the checker derives it.
pub(super) fn assert_read_alike(plan: &Blueprint) {
    let expected = plan.instance();
    let cluster = cluster(plan);
    let read = crate::instance(&Filters::new(&cluster), expected.question.clone());
    assert_eq!(expected, read);
    let text = plan.manifests();
    let derived = derive(&[text.as_bytes()], &expected.question).unwrap();
    assert_eq!(expected, derived.instance);
}
