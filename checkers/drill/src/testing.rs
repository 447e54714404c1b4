//! Manifests for tests.

use std::sync::Arc;
use std::time::Duration;

use seatrial_core::SourceFile;
use seatrial_manifests::Object;
use seatrial_scheduling::{Profile, ReadError};

use crate::{Answered, Drilled, Faults, Grains, Options, Question, Surroundings, World};

/// The objects of a text.
pub(crate) fn objects(text: &str) -> Vec<Object> {
    let manifest = seatrial_manifests::read(Arc::new(SourceFile::new("app.yaml", text)));
    assert!(manifest.unreadable.is_empty(), "{:?}", manifest.unreadable);
    manifest.objects
}

/// Nodes by zone: `[2, 1]` are two nodes in zone `a` and one in `b`.
pub(crate) fn zones(counts: &[usize]) -> Surroundings {
    let group = |(zone, count): (char, &usize)| {
        format!(
            "- name: {zone}\n  count: {count}\n  allocatable: {{cpu: 4, memory: 8Gi, pods: 110}}\n  \
             labels: {{topology.kubernetes.io/zone: {zone}}}\n"
        )
    };
    let groups: String = ('a'..).zip(counts).map(group).collect();
    let file = Arc::new(SourceFile::new("cluster.yaml", format!("groups:\n{groups}")));
    let profile = Some(Profile::read(&file).unwrap());
    Surroundings { objects: Vec::new(), profile, name: format!("zones of {counts:?}") }
}

/// A Deployment `default/web` with these replicas, this `spec` and this pod `spec`.
pub(crate) fn deployment(replicas: u8, spec: &str, pod: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec:\n  \
         replicas: {replicas}\n  selector: {{matchLabels: {{app: web}}}}\n  {spec}\n  template:\n    \
         metadata: {{labels: {{app: web}}}}\n    spec:\n      containers: [{{name: c, image: i, \
         resources: {{requests: {{cpu: 100m, memory: 64Mi}}}}}}]\n      {pod}\n---\n"
    )
}

/// A budget of the pods of `web`.
pub(crate) fn budget(spec: &str) -> String {
    format!(
        "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {{name: web}}\nspec:\n  \
         selector: {{matchLabels: {{app: web}}}}\n  {spec}\n---\n"
    )
}

/// The world of a text.
pub(crate) fn world(text: &str, surroundings: &Surroundings) -> Result<World, Vec<ReadError>> {
    crate::read(objects(text), surroundings)
}

/// A drill of a text.
pub(crate) fn drilled(
    text: &str,
    surroundings: &Surroundings,
    faults: &str,
    questions: &[Question],
) -> Drilled {
    let options = Options {
        faults: Faults::parse(faults).unwrap(),
        questions: questions.to_vec(),
        time_limit: Duration::from_secs(600),
        threads: 1,
        stated: Vec::new(),
        grains: Grains::default(),
    };
    crate::drill(&objects(text), surroundings, &options).unwrap()
}

/// The one answer about the one workload.
pub(crate) fn answer(
    text: &str,
    surroundings: &Surroundings,
    faults: &str,
    question: Question,
) -> Answered {
    let mut drilled = drilled(text, surroundings, faults, &[question]);
    drilled.workloads.remove(0).answers.remove(0)
}
