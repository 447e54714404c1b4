//! Each scoring plugin decides where the others are indifferent.

use super::*;
use crate::{
    Effect, NodeSelectorTerm, PodTerm, PreferredNodes, PreferredPods, Requirement,
    SpreadConstraint, Taint, TaintMatch, Toleration,
};

const HOSTNAME: &str = "kubernetes.io/hostname";
const ZONE: &str = "topology.kubernetes.io/zone";

/// The nodes on which a pod is put over many seeds, ascending.
fn choices(made: &Made, pod: usize) -> Vec<usize> {
    let mut nodes: Vec<usize> =
        (0..40).filter_map(|seed| simulate(&made.0, seed).nodes[pod]).collect();
    nodes.sort_unstable();
    nodes.dedup();
    nodes
}

fn term(topology: &str, app: usize) -> PodTerm {
    PodTerm {
        topology: topology.to_owned(),
        selector: LabelSelector::of_labels(&labels("app", &app.to_string())),
        namespaces: vec!["default".to_owned()],
        ..PodTerm::default()
    }
}

fn zones(made: &mut Made, zones: &[&str]) {
    for (node, zone) in made.0.nodes.iter_mut().zip(zones) {
        node.labels.extend(labels(ZONE, zone));
    }
}

#[test]
fn nodes_with_more_left_are_better() {
    let mut made = Made::nodes(&[10, 20, 20]);
    let pod = made.waiting(5, 0);
    assert_eq!(vec![1, 2], choices(&made, pod));
    made.running(2, 0, 1, 0);
    assert_eq!(vec![2], choices(&made, pod));
}

#[test]
fn nodes_whose_use_is_balanced_are_better() {
    let mut made = Made::nodes(&[100, 100]);
    for node in &mut made.0.nodes {
        node.allocatable[1] = 100;
    }
    for (node, [cpu, memory]) in [[60, 20], [40, 40]].into_iter().enumerate() {
        let runs = made.running(cpu, 0, node, 0);
        let spec = &mut made.0.templates[runs].spec;
        spec.requests[1] = memory;
        spec.scored_memory = memory;
    }
    let pod = made.waiting(1, 0);
    // Both nodes are used to 80 of 200, so that only the balance tells them apart.
    assert_eq!(vec![1], choices(&made, pod));
    made.0.templates[pod].spec.requests[0] = 0;
    assert_eq!(vec![0, 1], choices(&made, pod), "who asks for nothing does not care");
}

#[test]
fn what_pods_count_for_without_a_request_is_scored_only() {
    let mut made = Made::nodes(&[1000, 1000]);
    let silent = made.running(0, 0, 0, 0);
    made.0.templates[silent].spec.scored_cpu = 100;
    let pod = made.waiting(1000, 0);
    let other = made.waiting(1000, 0);
    let nodes = made.simulate().nodes;
    assert!(nodes[pod].is_some() && nodes[other].is_some(), "it takes no room");
    made.0.pods.truncate(pod + 1);
    assert_eq!(vec![0, 1], choices(&made, pod), "the node is full for the score either way");
    made.0.templates[pod].spec.requests[0] = 10;
    made.0.templates[pod].spec.scored_cpu = 10;
    assert_eq!(vec![1], choices(&made, pod));
}

#[test]
fn taints_that_ask_to_prefer_others_are_avoided() {
    let mut made = Made::nodes(&[10, 10]);
    let soft = |key: &str| Taint {
        key: key.to_owned(),
        value: String::new(),
        effect: Effect::PreferNoSchedule,
    };
    made.0.nodes[0].taints = vec![soft("a"), soft("b")];
    made.0.nodes[1].taints = vec![soft("a")];
    let pod = made.waiting(1, 0);
    assert_eq!(vec![1], choices(&made, pod));
    let tolerates =
        |effect| Toleration { key: Some("b".to_owned()), value: TaintMatch::Exists, effect };
    made.0.templates[pod].spec.tolerations = vec![tolerates(None)];
    assert_eq!(vec![0, 1], choices(&made, pod));
    made.0.templates[pod].spec.tolerations = vec![tolerates(Some(Effect::NoSchedule))];
    assert_eq!(vec![1], choices(&made, pod), "this one tolerates another effect");
}

#[test]
fn preferred_nodes_are_taken() {
    let mut made = Made::nodes(&[10, 10, 10]);
    let pod = made.pod(1, 0, |_, template| {
        for (weight, node) in [(10, "node-1"), (5, "node-2"), (5, "node-2")] {
            let nodes = NodeSelectorTerm {
                labels: vec![Requirement::equals(HOSTNAME, node)],
                fields: Vec::new(),
            };
            template.spec.node_affinity.preferred.push(PreferredNodes { weight, nodes });
        }
    });
    assert_eq!(vec![1, 2], choices(&made, pod), "weights of what matches are added up");
}

#[test]
fn pods_of_an_owner_are_spread_over_nodes_and_zones() {
    let mut made = Made::nodes(&[1000; 4]);
    zones(&mut made, &["a", "a", "b", "b"]);
    let same = |template: &mut Template| {
        template.labels = labels("app", "same");
        template.spread_by_default = Some(LabelSelector::of_labels(&template.labels));
    };
    let pod = made.pod(1, 0, |_, template| same(template));
    assert_eq!(vec![0, 1, 2, 3], choices(&made, pod));
    for _ in 0..3 {
        made.pod(0, 0, |pod, template| {
            pod.node = Some(0);
            same(template);
        });
    }
    assert_eq!(vec![2, 3], choices(&made, pod));
    made.0.templates[2].terminating = true;
    made.0.templates[3].labels = labels("app", "other");
    made.0.templates[1].namespace = "elsewhere".to_owned();
    assert_eq!(vec![0, 1, 2, 3], choices(&made, pod), "none of those counts");
}

#[test]
fn soft_constraints_of_its_own_replace_those_of_the_system() {
    let mut made = Made::nodes(&[1000; 3]);
    zones(&mut made, &["a", "b"]);
    made.running(0, 0, 0, 0);
    let selector = LabelSelector::of_labels(&labels("app", "0"));
    let pod = made.pod(1, 0, |_, template| {
        template.spec.spread.push(SpreadConstraint {
            topology: ZONE.to_owned(),
            max_skew: 1,
            min_domains: 1,
            selector: selector.clone(),
            honors_affinity: true,
            ..SpreadConstraint::default()
        });
    });
    assert_eq!(vec![1], choices(&made, pod), "a node without the label is the worst");
    let everything = LabelSelector::all_of(Vec::new());
    made.0.templates[pod].spec.spread[0].selector = everything;
    assert_eq!(vec![0, 1], choices(&made, pod), "an empty selector counts nothing");
}

#[test]
fn pods_that_are_preferred_nearby_draw_and_repel() {
    for (weight, expected) in [(10, vec![0]), (-10, vec![1, 2])] {
        let mut made = Made::nodes(&[1000; 3]);
        let other = made.running(0, 0, 0, 0);
        let pod = made.pod(1, 0, |_, template| {
            let term = term(HOSTNAME, other);
            template.spec.preferred_pods.push(PreferredPods { weight, term });
        });
        assert_eq!(expected, choices(&made, pod), "{weight}");
    }
}

#[test]
fn what_pods_that_run_prefer_counts_too() {
    for weight in [10, -10] {
        let mut made = Made::nodes(&[1000; 3]);
        zones(&mut made, &["a", "a", "b"]);
        let pod = made.waiting(1, 0);
        let runs = made.running(0, 0, 0, 0);
        let term = term(ZONE, pod);
        made.0.templates[runs].spec.preferred_pods.push(PreferredPods { weight, term });
        let expected = if weight > 0 { vec![0, 1] } else { vec![2] };
        assert_eq!(expected, choices(&made, pod), "{weight}");
    }
}

#[test]
fn required_affinity_of_pods_that_run_counts_as_preferred() {
    let mut made = Made::nodes(&[1000; 3]);
    let pod = made.waiting(1, 0);
    let runs = made.running(0, 0, 2, 0);
    made.0.templates[runs].spec.affinity.push(term(HOSTNAME, pod));
    assert_eq!(vec![2], choices(&made, pod));
}

#[test]
fn nodes_that_have_the_image_are_better() {
    let mut made = Made::nodes(&[1000; 3]);
    let pod = made.pod(1, 0, |_, template| template.spec.images = vec!["big:1".to_owned()]);
    made.0.nodes[1].images = [("big:1".to_owned(), 900 << 20)].into();
    assert_eq!(vec![1], choices(&made, pod));
    made.0.nodes[1].images = [("big:1".to_owned(), 60 << 20)].into();
    assert_eq!(vec![0, 1, 2], choices(&made, pod), "a third of 60 MiB is too little");
}
