//! The scheduler as a whole.

mod golden;
mod preempting;
mod scoring;

use crate::{Budget, Cluster, LabelSelector, Labels, Node, Owner, Pod, PodSpec, Template};

use super::*;

/// A cluster of nodes that have cpu, memory and room for pods.
struct Made(Cluster);

fn labels(key: &str, value: &str) -> Labels {
    Labels::from([(key.to_owned(), value.to_owned())])
}

impl Made {
    /// Nodes with these amounts of cpu, `node-0` and so on.
    fn nodes(cpus: &[u64]) -> Self {
        let nodes = cpus.iter().enumerate().map(|(at, &cpu)| Node {
            name: format!("node-{at}"),
            allocatable: vec![cpu, 1 << 40, 110],
            labels: labels("kubernetes.io/hostname", &format!("node-{at}")),
            ..Node::default()
        });
        Self(Cluster {
            nodes: nodes.collect(),
            resources: ["cpu", "memory", "pods"].map(str::to_owned).to_vec(),
            ..Cluster::default()
        })
    }

    /// Adds a pod with a template of its own; it has the label `app` with its index.
    fn pod(
        &mut self,
        cpu: u64,
        priority: i32,
        change: impl FnOnce(&mut Pod, &mut Template),
    ) -> usize {
        let at = self.0.pods.len();
        let mut template = Template {
            namespace: "default".to_owned(),
            labels: labels("app", &at.to_string()),
            owner: Some(Owner { kind: "ReplicaSet".to_owned(), name: at.to_string() }),
            spec: PodSpec {
                priority,
                preempts: true,
                requests: vec![cpu, 0, 1],
                scored_cpu: cpu,
                ..PodSpec::default()
            },
            ..Template::default()
        };
        let mut pod = Pod { name: format!("default/pod-{at}"), template: at, ..Pod::default() };
        change(&mut pod, &mut template);
        self.0.pods.push(pod);
        self.0.templates.push(template);
        at
    }

    /// Adds a pod that waits.
    fn waiting(&mut self, cpu: u64, priority: i32) -> usize {
        self.pod(cpu, priority, |_, _| {})
    }

    /// Adds a pod that runs since a time.
    fn running(&mut self, cpu: u64, priority: i32, node: usize, started: i64) -> usize {
        self.pod(cpu, priority, |pod, _| {
            pod.node = Some(node);
            pod.started = Some(started);
        })
    }

    /// Adds a budget for the pods with these indexes.
    fn budget(&mut self, pods: &[usize], allowed: u32) {
        let requirement = crate::Requirement {
            key: "app".to_owned(),
            operator: crate::Operator::In(pods.iter().map(ToString::to_string).collect()),
        };
        self.0.budgets.push(Budget {
            name: "default/budget".to_owned(),
            namespace: "default".to_owned(),
            selector: LabelSelector::all_of(vec![requirement]),
            allowed,
            ..Budget::default()
        });
    }

    fn simulate(&self) -> Simulation {
        simulate(&self.0, 0)
    }
}

#[test]
fn the_most_important_comes_first_and_then_who_waits_longest() {
    let mut made = Made::nodes(&[10]);
    let low = made.waiting(6, 1);
    let first = made.waiting(6, 2);
    let second = made.waiting(6, 2);
    let simulation = made.simulate();
    assert_eq!([None, Some(0), None].as_slice(), simulation.nodes);
    assert!(simulation.evicted.is_empty() && simulation.preemptions.is_empty());
    assert_eq!([low, second].to_vec(), simulation.refusals.into_keys().collect::<Vec<_>>());
    assert_eq!(1, first);
}

#[test]
fn who_comes_later_finds_the_others_in_place() {
    let mut made = Made::nodes(&[10]);
    let early = made.pod(6, 1, |pod, _| pod.created = Some(1));
    let late = made.pod(6, 2, |pod, _| pod.created = Some(2));
    let replayed = simulate_arrival(&made.0, 0, Arrival::Created);
    assert_eq!([None, Some(0)].as_slice(), replayed.nodes);
    let expected = Preemption { pod: late, node: 0, victims: vec![early] };
    assert_eq!([expected].as_slice(), replayed.preemptions);
    assert!(replayed.evicted.is_empty(), "it did not run at the outset");
    let together = simulate_arrival(&made.0, 0, Arrival::Together);
    assert_eq!([None, Some(0)].as_slice(), together.nodes);
    assert!(together.preemptions.is_empty());
    assert_eq!(replayed, made.simulate(), "where nothing runs, it is a replay");
    made.running(1, 0, 0, 0);
    assert!(made.simulate().preemptions.is_empty(), "where something runs, all wait already");
}

#[test]
fn gated_pods_and_those_of_other_schedulers_are_left_alone() {
    let mut made = Made::nodes(&[10]);
    let gated = made.pod(1, 0, |_, template| template.spec.gated = true);
    let other = made.pod(1, 0, |_, template| "own".clone_into(&mut template.spec.scheduler));
    let simulation = made.simulate();
    assert_eq!([None, None].as_slice(), simulation.nodes);
    assert_eq!(
        "Scheduling is blocked due to non-empty scheduling gates",
        simulation.refusals[&gated]
    );
    assert_eq!("it asks for the scheduler `own`", simulation.refusals[&other]);
}

#[test]
fn the_event_counts_the_nodes_by_reason() {
    let mut made = Made::nodes(&[4, 4, 2]);
    for node in 0..2 {
        made.running(3, 0, node, 0);
    }
    made.0.nodes[1].allocatable[2] = 1;
    let big = made.waiting(3, 0);
    let never = made.pod(3, 0, |_, template| template.spec.preempts = false);
    let simulation = made.simulate();
    assert_eq!(
        "0/3 nodes are available: 1 Too many pods, 3 Insufficient cpu. preemption: 0/3 nodes are \
         available: 1 Preemption is not helpful for scheduling, 2 No preemption victims found for \
         incoming pod.",
        simulation.refusals[&big]
    );
    assert_eq!(
        "0/3 nodes are available: 1 Too many pods, 3 Insufficient cpu. preemption: not eligible \
         due to preemptionPolicy=Never.",
        simulation.refusals[&never]
    );
    let mut made = Made::nodes(&[]);
    let pod = made.waiting(1, 0);
    assert!(made.simulate().refusals[&pod].starts_with("no nodes available to schedule pods"));
}

#[test]
fn a_pod_is_tried_again_when_the_one_that_it_wants_to_be_near_is_bound() {
    let mut made = Made::nodes(&[10, 10]);
    let near = crate::PodTerm {
        topology: "kubernetes.io/hostname".to_owned(),
        selector: LabelSelector::of_labels(&labels("app", "1")),
        namespaces: vec!["default".to_owned()],
        ..crate::PodTerm::default()
    };
    let follower = made.pod(1, 9, |_, template| template.spec.affinity.push(near));
    let leader = made.waiting(1, 0);
    let simulation = made.simulate();
    assert_eq!(simulation.nodes[leader], simulation.nodes[follower]);
    assert!(simulation.nodes[follower].is_some());
}

#[test]
fn a_search_ends_with_a_share_of_many_nodes() {
    for (nodes, expected) in [
        (0, 0),
        (10, 10),
        (99, 99),
        (100, 100),
        (200, 100),
        (1000, 420),
        (5000, 500),
        (6000, 300),
        (20_000, 1000),
    ] {
        assert_eq!(expected, enough_feasible(nodes), "{nodes} nodes");
    }
}

#[test]
fn a_search_begins_where_the_last_one_ended() {
    let mut made = Made::nodes(&[100; 150]);
    for _ in 0..3 {
        made.waiting(1, 0);
    }
    // 100 of 150 nodes are found: 0 to 99, 100 to 49, 50 to 149.
    for seed in 0..20 {
        let nodes = simulate(&made.0, seed).nodes;
        let node = |pod: usize| nodes[pod].unwrap();
        assert!(node(0) < 100 && !(50..100).contains(&node(1)) && node(2) >= 50, "{nodes:?}");
    }
}

#[test]
fn nodes_are_taken_from_each_zone_in_turn() {
    let mut made = Made::nodes(&[1; 6]);
    for (node, zone) in made.0.nodes.iter_mut().zip(["a", "a", "a", "b", "b", "c"]) {
        node.labels.extend(labels("topology.kubernetes.io/zone", zone));
    }
    assert_eq!([0, 3, 5, 1, 4, 2].as_slice(), interleaved(&made.0));
}

#[test]
fn ties_are_broken_by_the_seed_and_by_nothing_else() {
    let mut made = Made::nodes(&[10; 8]);
    for _ in 0..8 {
        made.waiting(1, 0);
    }
    let all: Vec<Simulation> = (0..4).map(|seed| simulate(&made.0, seed)).collect();
    assert!(all.windows(2).any(|pair| pair[0] != pair[1]));
    assert_eq!(all[0], simulate(&made.0, 0));
}
