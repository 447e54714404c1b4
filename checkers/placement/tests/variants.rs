//! What clusters ask for beyond Kubernetes' own filters: gangs, groups confined to one domain, and
//! rescheduling with few moves, each with a certificate that the checker accepts.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that fails here fails as it should"
)]

use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use seatrial_certificate::{Filters, Status, Step, check, replay};
use seatrial_core::SourceFile;
use seatrial_placement::generate::rescheduling;
use seatrial_placement::{Ask, Options, Study, place, study};

/// A snapshot, object by object.
#[derive(Clone, Default)]
struct Snapshot(String);

impl Snapshot {
    fn object(mut self, text: &str) -> Self {
        writeln!(self.0, "---\n{{{text}}}").unwrap();
        self
    }

    fn node(self, name: &str, cpu: u32, labels: &str) -> Self {
        self.object(&format!(
            "apiVersion: v1, kind: Node, metadata: {{name: {name}, labels: {{{labels}}}}}, \
             status: {{allocatable: {{cpu: {cpu}, memory: 8Gi, pods: 10}}}}"
        ))
    }

    fn pod(self, name: &str, cpu: u32, metadata: &str, spec: &str) -> Self {
        self.object(&format!(
            "apiVersion: v1, kind: Pod, metadata: {{name: {name}, {metadata}}}, spec: {{{spec}, \
             containers: [{{resources: {{requests: {{cpu: {cpu}}}}}}}]}}"
        ))
    }

    fn group(self, name: &str, minimum: u32, within: &str) -> Self {
        let annotation = "kueue.x-k8s.io/podset-required-topology";
        let annotation =
            if within.is_empty() { String::new() } else { format!("{annotation}: {within}") };
        self.object(&format!(
            "apiVersion: scheduling.x-k8s.io/v1alpha1, kind: PodGroup, metadata: {{name: {name}, \
             annotations: {{{annotation}}}}}, spec: {{minMember: {minimum}}}"
        ))
    }

    /// So many pods of a group.
    fn members(self, group: &str, pods: u32, cpu: u32, priority: i32) -> Self {
        let label = format!("labels: {{scheduling.x-k8s.io/pod-group: {group}}}");
        let spec = format!("priority: {priority}");
        (0..pods).fold(self, |all, at| all.pod(&format!("{group}-{at}"), cpu, &label, &spec))
    }

    fn study(&self, ask: &Ask) -> Study {
        let file = SourceFile::new("snapshot.yaml", self.0.as_str());
        let manifest = seatrial_manifests::read(Arc::new(file));
        assert!(manifest.unreadable.is_empty() && manifest.skipped.is_empty());
        let cluster = seatrial_scheduling::read(&manifest.objects).unwrap();
        let options = Options { time_limit: Duration::from_secs(2), ..Options::default() };
        study(cluster, ask, options).unwrap()
    }
}

/// What is placed in each tier, and whether all of it is proven the best.
fn placed(study: &Study) -> (Vec<u64>, bool) {
    let tiers = &study.verification.tiers;
    let proven = tiers.iter().all(|it| it.status == Status::Certified);
    (tiers.iter().map(|it| it.placed).collect(), proven)
}

/// How many pods of a group run.
fn running(study: &Study, group: &str) -> usize {
    let pods = study.instance.pods.iter().zip(&study.placed.places);
    pods.filter(|(pod, node)| node.is_some() && pod.name.contains(&format!("/{group}-"))).count()
}

#[test]
fn a_gang_fits_only_if_another_is_refused() {
    let two = |first: i32, second: i32| {
        Snapshot::default()
            .node("n1", 4, "")
            .node("n2", 4, "")
            .group("first", 3, "")
            .group("second", 3, "")
            .members("first", 3, 2, first)
            .members("second", 3, 2, second)
    };
    // There is room for four pods, but not for two gangs of three.
    let study = two(0, 0).study(&Ask::default());
    assert_eq!(placed(&study), (vec![3], true));
    assert_eq!(running(&study, "first") * running(&study, "second"), 0);
    // The more important of two is not refused, whichever is named first.
    for (first, second) in [(1, 0), (0, 1)] {
        let study = two(first, second).study(&Ask::default());
        assert_eq!(placed(&study), (vec![3, 3], true));
        let more = if first > second { "first" } else { "second" };
        assert_eq!(running(&study, more), 3);
    }
    // With one more core each, there is room for both.
    let roomy = two(0, 0).node("n3", 4, "").study(&Ask::default());
    assert_eq!(placed(&roomy), (vec![6], true));
}

#[test]
fn a_group_is_confined_to_one_domain() {
    let cluster = |minimum, within: &str| {
        Snapshot::default()
            .node("a1", 2, "nic: infiniband")
            .node("a2", 2, "nic: infiniband")
            .node("b1", 2, "nic: roce")
            .node("b2", 2, "nic: roce")
            .node("c1", 8, "")
            .group("train", minimum, within)
            .members("train", 3, 2, 0)
    };
    // Anywhere, all three run; with network cards of one kind, two; a node without the label has
    // room, but is in no domain.
    assert_eq!(placed(&cluster(2, "").study(&Ask::default())), (vec![3], true));
    let study = cluster(2, "nic").study(&Ask::default());
    assert_eq!(placed(&study), (vec![2], true));
    let nodes = study.placed.places.iter().flatten();
    let kinds: Vec<&str> =
        nodes.map(|&node| &study.instance.nodes[node as usize].name[..1]).collect();
    assert!(kinds == ["a", "a"] || kinds == ["b", "b"], "{kinds:?}");
    // All or nothing: then nothing.
    assert_eq!(placed(&cluster(3, "nic").study(&Ask::default())), (vec![0], true));
}

/// A pod that needs all of `n1` waits; `a` is there and may only go to `n2`, which is taken by `b`.
fn chain() -> Snapshot {
    let on = |names: &str| {
        format!(
            "affinity: {{nodeAffinity: {{requiredDuringSchedulingIgnoredDuringExecution: \
             {{nodeSelectorTerms: [{{matchExpressions: [{{key: name, operator: In, \
             values: [{names}]}}]}}]}}}}}}"
        )
    };
    Snapshot::default()
        .node("n1", 4, "name: n1")
        .node("n2", 4, "name: n2")
        .node("n3", 4, "name: n3")
        .pod("a", 3, "", &format!("nodeName: n1, {}", on("n1, n2")))
        .pod("b", 3, "", &format!("nodeName: n2, {}", on("n2, n3")))
        .pod("c", 4, "", &on("n1"))
}

#[test]
fn moves_come_in_an_order_in_which_each_is_feasible() {
    let live = |moves| Ask { move_limit: Some(moves), live: true, ..Ask::default() };
    let study = chain().study(&live(2));
    assert_eq!(placed(&study), (vec![3], true));
    let plan = study.placed.plan();
    assert_eq!(plan, [Step::Move(1, 2), Step::Move(0, 1), Step::Bind(2, 0)]);
    let filters = Filters::new(&study.instance);
    assert!(replay(&filters, &[plan[1], plan[0], plan[2]]).is_err());
    assert_eq!(study.verification.disruption.cost, 4);
    // One move less, and the pod waits; whether that is proven is another matter.
    let study = chain().study(&live(1));
    assert_eq!(placed(&study).0, [2]);
    assert!(study.placed.plan().is_empty());
}

#[test]
fn fragments_are_fewest_with_few_moves() {
    let (mut fewer, mut proven) = (0, 0);
    for seed in 1..=8 {
        let of = |moves| {
            let parameters = rescheduling::Parameters { machines: 2, moves, seed };
            let instance = rescheduling::instance(&parameters).unwrap();
            let options = Options { time_limit: Duration::from_secs(1), ..Options::default() };
            let certificate = place(&instance, &options).unwrap().certificate;
            let verified = check(&instance, &certificate).unwrap();
            assert!(certificate.plan.len() <= moves as usize);
            assert!(certificate.plan.iter().all(|step| matches!(step, Step::Move(..))));
            (verified.fragments.unwrap(), verified.tiers[0].status)
        };
        let (before, tiers) = of(0);
        assert_eq!(tiers, Status::Certified);
        let (after, _) = of(2);
        assert!(after.cost <= before.cost, "{seed}: {after:?} after {before:?}");
        fewer += u32::from(after.cost < before.cost);
        proven += u32::from(after.status == Status::Certified);
    }
    assert!(fewer >= 2 && proven >= 2, "{fewer} with fewer fragments, {proven} proven");
}
