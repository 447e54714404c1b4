//! What expressions see of a state.

use seatrial_core::Span;
use seatrial_parse::{Entry, Key, Mapping, Node, Number, Value};
use seatrial_policy::Formula;

use crate::{Drill, Event, NOWHERE, NodeStatus, Phase, Pod, Scope, State};

/// The values that an expression reads.
pub(super) fn of(drill: &Drill, state: &State, formula: &Formula) -> Node {
    let scope = &drill.scope;
    let all: [(&str, &dyn Fn() -> Node); 4] = [
        ("workloads", &|| workloads(scope, state)),
        ("nodes", &|| nodes(scope, state)),
        ("pods", &|| list(state.pods.iter().map(|it| pod(scope, state, *it)))),
        ("happened", &|| happened(drill, state)),
    ];
    let read = all.into_iter().filter(|(name, _)| formula.reads(name));
    map(read.map(|(name, value)| (name, value())))
}

/// By `namespace/name`: counts that do not depend on which nodes the pods are on.
fn workloads(scope: &Scope, state: &State) -> Node {
    map(scope.workloads().filter_map(|(member, workload)| {
        let set = state.set(member)?;
        let count = |counts: &dyn Fn(&Pod) -> bool| {
            number(state.pods_of(member).filter(|pod| counts(pod)).count())
        };
        let fields = [
            ("kind", text(workload.kind().name())),
            ("replicas", number(usize::from(set.replicas))),
            ("pods", count(&|_| true)),
            ("ready", count(&Pod::is_ready)),
            ("available", count(&|pod| state.is_available(*pod))),
            ("pending", count(&|pod| pod.phase == Phase::Waiting)),
            ("terminating", count(&|pod| pod.phase == Phase::Leaving)),
            ("old", count(&|pod| pod.revision != set.current)),
            ("rolling", truth(state.is_rolling(member))),
            ("complete", truth(state.is_complete(member))),
        ];
        Some((workload.name.as_str(), map(fields)))
    }))
}

fn nodes(scope: &Scope, state: &State) -> Node {
    let zone = |node: u8| {
        let mut zones = scope.world.zones.iter();
        zones.find(|(_, nodes)| nodes.contains(&node)).map_or("", |(name, _)| name.as_str())
    };
    let all = (0_u8..).zip(&state.nodes).zip(&scope.world.cluster.nodes);
    list(all.map(|((place, status), node)| {
        let here = || state.pods.iter().filter(move |pod| pod.node == place);
        map([
            ("name", text(&node.name)),
            ("zone", text(zone(place))),
            ("status", text(status_name(*status))),
            ("pods", number(here().filter(|pod| pod.phase != Phase::Ghost).count())),
            ("ready", number(here().filter(|pod| pod.is_ready()).count())),
        ])
    }))
}

fn pod(scope: &Scope, state: &State, pod: Pod) -> Node {
    let workload = scope.workload(pod.workload).map_or("", |it| it.name.as_str());
    let node = scope.world.cluster.nodes.get(usize::from(pod.node));
    let node = node.filter(|_| pod.node != NOWHERE).map_or("", |it| it.name.as_str());
    let is_new = state.set(pod.workload).is_some_and(|set| set.current == pod.revision);
    map([
        ("workload", text(workload)),
        ("phase", text(phase_name(pod.phase))),
        ("ready", truth(pod.is_ready())),
        ("available", truth(state.is_available(pod))),
        ("node", text(node)),
        ("revision", text(if is_new { "new" } else { "old" })),
    ])
}

/// By the name of an event, how often it has happened.
fn happened(drill: &Drill, state: &State) -> Node {
    map(Event::ALL.map(|event| (event.name(), number(usize::from(drill.used(state, event))))))
}

/// A word for how a node is.
pub(crate) const fn status_name(status: NodeStatus) -> &'static str {
    match status {
        NodeStatus::Up => "up",
        NodeStatus::Draining => "draining",
        NodeStatus::Cordoned => "cordoned",
        NodeStatus::Tainted => "tainted",
        NodeStatus::Lost => "lost",
        NodeStatus::CutOff => "cut-off",
        NodeStatus::Gone => "gone",
    }
}

/// A word for how far a pod has come.
pub(crate) const fn phase_name(phase: Phase) -> &'static str {
    match phase {
        Phase::Waiting => "pending",
        Phase::Starting => "starting",
        Phase::Running => "running",
        Phase::Ready => "ready",
        Phase::Available => "available",
        Phase::Leaving => "terminating",
        Phase::Ghost => "deleted",
    }
}

fn node(value: Value) -> Node {
    Node { value, span: Span::default() }
}

fn number(count: usize) -> Node {
    node(Value::Number(Number::Int(i64::try_from(count).unwrap_or(i64::MAX))))
}

fn text(text: &str) -> Node {
    node(Value::String(text.into()))
}

fn truth(value: bool) -> Node {
    node(Value::Bool(value))
}

fn list(items: impl Iterator<Item = Node>) -> Node {
    node(Value::Sequence(items.collect()))
}

fn map<'a>(fields: impl IntoIterator<Item = (&'a str, Node)>) -> Node {
    let entry = |(key, value): (&str, Node)| Entry {
        key: Key { text: key.into(), span: Span::default() },
        value,
    };
    node(Value::Mapping(Mapping { entries: fields.into_iter().map(entry).collect() }))
}
