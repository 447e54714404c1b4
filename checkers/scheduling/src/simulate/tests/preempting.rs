//! Who gives way to whom.

use super::*;

#[test]
fn as_few_as_possible_give_way_and_the_least_important() {
    let mut made = Made::nodes(&[10]);
    let old = made.running(4, 1, 0, 1);
    let young = made.running(4, 1, 0, 2);
    made.running(2, 5, 0, 3);
    let high = made.waiting(4, 9);
    let simulation = made.simulate();
    assert_eq!(Some(0), simulation.nodes[high]);
    assert_eq!(Some(0), simulation.nodes[old]);
    assert_eq!(None, simulation.nodes[young], "the younger of equals goes");
    assert_eq!([young].as_slice(), simulation.evicted);
}

#[test]
fn the_node_is_chosen_by_who_would_have_to_go() {
    let mut made = Made::nodes(&[4, 4, 4]);
    made.running(4, 3, 0, 1);
    made.running(4, 2, 1, 1);
    let younger = made.running(4, 2, 2, 2);
    let high = made.waiting(4, 9);
    let simulation = made.simulate();
    assert_eq!(Some(2), simulation.nodes[high]);
    assert_eq!([younger].as_slice(), simulation.evicted);
}

#[test]
fn budgets_are_kept_where_that_is_possible() {
    let mut made = Made::nodes(&[4, 4]);
    let kept = made.running(4, 1, 0, 1);
    made.running(4, 5, 1, 1);
    made.budget(&[kept], 0);
    let high = made.waiting(4, 9);
    assert_eq!(Some(1), made.simulate().nodes[high], "though the victim is more important");
    made.0.nodes.truncate(1);
    made.0.pods[1].node = None;
    assert_eq!([kept].as_slice(), made.simulate().evicted, "and broken where it is not");
}

/// The victims of each preemption. Those of the first may evict others in turn.
fn victims(made: &Made) -> Vec<Vec<usize>> {
    made.simulate().preemptions.into_iter().map(|preemption| preemption.victims).collect()
}

#[test]
fn of_a_node_those_are_reprieved_first_that_a_budget_keeps() {
    let mut made = Made::nodes(&[4]);
    let kept = made.running(2, 1, 0, 2);
    let important = made.running(2, 2, 0, 1);
    made.waiting(2, 9);
    assert_eq!(vec![kept], victims(&made)[0]);
    made.budget(&[kept], 0);
    assert_eq!(vec![important], victims(&made)[0]);
    made.0.budgets[0].allowed = 1;
    assert_eq!(vec![kept], victims(&made)[0]);
    made.0.budgets[0].allowed = 0;
    made.0.budgets[0].disrupted = vec!["pod-0".to_owned()];
    assert_eq!(vec![kept], victims(&made)[0], "its eviction is counted already");
}

#[test]
fn a_budget_is_used_up_by_evictions() {
    let mut made = Made::nodes(&[4, 4, 4]);
    let first = made.running(4, 1, 0, 2);
    let second = made.running(4, 1, 1, 1);
    made.budget(&[first, second], 1);
    let other = made.running(4, 5, 2, 1);
    made.waiting(4, 9);
    made.waiting(4, 9);
    assert_eq!([vec![first], vec![other]], victims(&made)[..2]);
    made.0.budgets[0].allowed = 2;
    assert_eq!([vec![first], vec![second]], victims(&made)[..]);
}

#[test]
fn a_budget_has_room_again_once_the_evicted_runs() {
    let mut made = Made::nodes(&[4, 1, 3]);
    let moved = made.running(1, 3, 0, 2);
    made.0.templates[moved].spec.preempts = false;
    let stays = made.running(3, 2, 0, 1);
    let other = made.running(3, 5, 2, 1);
    made.budget(&[moved, stays], 1);
    made.pod(1, 9, |pod, template| {
        pod.created = Some(1);
        template.spec.node_selector = labels("kubernetes.io/hostname", "node-0");
    });
    made.pod(3, 9, |pod, _| pod.created = Some(2));
    let preemptions = simulate_arrival(&made.0, 0, Arrival::Created).preemptions;
    assert_eq!([moved].as_slice(), preemptions[0].victims);
    assert_eq!([stays].as_slice(), preemptions[1].victims);
    made.0.nodes[1].allocatable[0] = 0;
    let preemptions = simulate_arrival(&made.0, 0, Arrival::Created).preemptions;
    assert_eq!([other].as_slice(), preemptions[1].victims, "as long as it does not, it has none");
}

#[test]
fn victims_come_again_if_somebody_owns_them() {
    let mut made = Made::nodes(&[4, 3]);
    let owned = made.running(2, 1, 0, 1);
    let free = made.pod(2, 1, |pod, template| {
        pod.node = Some(0);
        pod.started = Some(2);
        template.owner = None;
    });
    let high = made.waiting(4, 9);
    let simulation = made.simulate();
    assert_eq!(Some(0), simulation.nodes[high]);
    assert_eq!(Some(1), simulation.nodes[owned]);
    assert_eq!(None, simulation.nodes[free]);
    assert_eq!("it was preempted, and nobody creates it anew", simulation.refusals[&free]);
    assert_eq!([owned, free].as_slice(), simulation.evicted);
}

#[test]
fn who_may_not_preempt_waits() {
    let mut made = Made::nodes(&[4]);
    made.running(4, 1, 0, 1);
    let modest = made.pod(4, 9, |_, template| template.spec.preempts = false);
    let equal = made.waiting(4, 1);
    let simulation = made.simulate();
    assert_eq!((None, None), (simulation.nodes[modest], simulation.nodes[equal]));
    assert!(simulation.preemptions.is_empty());
}

#[test]
fn parked_pods_are_tried_again_after_a_preemption() {
    let mut made = Made::nodes(&[10]);
    let large = made.pod(9, 1, |pod, _| pod.created = Some(1));
    let small = made.pod(4, 1, |pod, _| pod.created = Some(2));
    let high = made.pod(6, 9, |pod, _| pod.created = Some(3));
    let simulation = made.simulate();
    assert_eq!((None, Some(0)), (simulation.nodes[large], simulation.nodes[high]));
    assert_eq!(Some(0), simulation.nodes[small], "it fits next to the new one");
}

#[test]
fn nobody_is_evicted_where_that_does_not_help() {
    let mut made = Made::nodes(&[4, 4]);
    made.running(2, 1, 0, 1);
    made.running(2, 9, 0, 1);
    made.0.nodes[1].labels.clear();
    made.running(4, 1, 1, 1);
    let high = made.pod(3, 5, |_, template| {
        template.spec.node_selector = labels("kubernetes.io/hostname", "node-0");
    });
    let simulation = made.simulate();
    assert_eq!(None, simulation.nodes[high]);
    assert_eq!(
        "0/2 nodes are available: 1 Insufficient cpu, 1 node(s) didn't match Pod's node \
         affinity/selector. preemption: 0/2 nodes are available: 1 Insufficient cpu, 1 Preemption \
         is not helpful for scheduling.",
        simulation.refusals[&high]
    );
}

#[test]
fn the_place_of_a_nominated_pod_is_free_for_the_more_important_only() {
    let mut made = Made::nodes(&[4, 4]);
    made.running(3, 9, 1, 0);
    let nominated = made.pod(4, 5, |pod, _| pod.nominated = Some(0));
    let equal = made.pod(2, 5, |pod, _| pod.created = Some(-1));
    let simulation = simulate_arrival(&made.0, 0, Arrival::Together);
    assert_eq!((Some(0), None), (simulation.nodes[nominated], simulation.nodes[equal]));
    made.0.templates[equal].spec.priority = 6;
    let simulation = simulate_arrival(&made.0, 0, Arrival::Together);
    assert_eq!((None, Some(0)), (simulation.nodes[nominated], simulation.nodes[equal]));
}

#[test]
fn a_less_important_pod_does_not_take_a_nominated_place_though_it_comes_first() {
    let mut made = Made::nodes(&[4]);
    let nominated = made.pod(4, 5, |pod, _| {
        pod.nominated = Some(0);
        pod.created = Some(2);
    });
    let early = made.pod(2, 5, |pod, _| pod.created = Some(1));
    let simulation = simulate_arrival(&made.0, 0, Arrival::Created);
    assert_eq!((Some(0), None), (simulation.nodes[nominated], simulation.nodes[early]));
    assert!(simulation.preemptions.is_empty());
}

#[test]
fn host_ports_and_anti_affinity_are_made_room_for() {
    let port = crate::HostPort { ip: "0.0.0.0".to_owned(), protocol: "TCP".to_owned(), port: 80 };
    let mut made = Made::nodes(&[10]);
    let holder = made.running(1, 1, 0, 1);
    made.0.templates[holder].spec.host_ports.push(port.clone());
    let shunned = made.running(1, 1, 0, 2);
    let bystander = made.running(1, 1, 0, 3);
    let away = crate::PodTerm {
        topology: "kubernetes.io/hostname".to_owned(),
        selector: LabelSelector::of_labels(&labels("app", &shunned.to_string())),
        namespaces: vec!["default".to_owned()],
        ..crate::PodTerm::default()
    };
    let high = made.pod(1, 9, |_, template| {
        template.spec.host_ports.push(port);
        template.spec.anti_affinity.push(away);
    });
    let simulation = made.simulate();
    assert_eq!(Some(0), simulation.nodes[high]);
    assert_eq!([holder, shunned].as_slice(), simulation.evicted);
    assert_eq!(Some(0), simulation.nodes[bystander]);
}
