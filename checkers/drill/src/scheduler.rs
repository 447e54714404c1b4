//! The scheduler: any node that passes kube-scheduler's filters may be chosen, or, where loops are
//! asked for, any that scores best.
//!
//! The filters are those of `checkers/scheduling`, asked about the pods of a state in a cluster
//! with the nodes as they are in that state. Scores choose among nodes that pass in ways that
//! depend on much that is not modelled; here each of these nodes may be the one.

use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::FxHashMap;
use seatrial_scheduling::{
    Bindings, Cluster, Effect, Filters, Plugin, Pod as Entry, Prepared, Taint, simulate,
};

use crate::{Kind, NodeStatus, Phase, Pod, Scope, State};

/// Answers that are kept.
#[derive(Debug, Default)]
pub struct Scheduler {
    /// Whether only nodes with the highest score are chosen.
    pub scored: bool,
    /// By the question as bytes, the nodes that pass as bits.
    memo: Mutex<FxHashMap<Vec<u8>, u64>>,
    /// By how the nodes are, the cluster.
    clusters: Mutex<FxHashMap<Vec<NodeStatus>, Arc<Standing>>>,
}

/// A cluster with its nodes as they are.
#[derive(Debug)]
struct Standing {
    cluster: Cluster,
    /// By node of the world, its place here.
    places: Vec<Option<usize>>,
}

/// Why a node does not take a pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused {
    /// The node.
    pub node: u8,
    /// The first filter that keeps the pod from it.
    pub plugin: Plugin,
    /// In kube-scheduler's words.
    pub reasons: Vec<String>,
}

impl Scheduler {
    /// The nodes that a pod that waits may be bound to.
    pub fn nodes(&self, scope: &Scope, state: &State, pod: Pod) -> Vec<u8> {
        let key = question(state, pod);
        let known = self.memo.lock().unwrap_or_else(PoisonError::into_inner).get(&key).copied();
        let bits = known.unwrap_or_else(|| {
            let bits = self.ask(scope, state, pod);
            self.memo.lock().unwrap_or_else(PoisonError::into_inner).insert(key, bits);
            bits
        });
        (0_u8..).take(state.nodes.len()).filter(|node| bits >> node & 1 == 1).collect()
    }

    /// Why each node that is there does not take a pod.
    pub(crate) fn refusals(&self, scope: &Scope, state: &State, pod: Pod) -> Vec<Refused> {
        self.at_nodes(scope, state, pod, |prepared, bindings, node, place| {
            let (plugin, rejection) = prepared.rejection(bindings, place)?;
            Some(Refused { node, plugin, reasons: rejection.reasons })
        })
    }

    fn ask(&self, scope: &Scope, state: &State, pod: Pod) -> u64 {
        let Some(template) = template(scope, pod) else { return 0 };
        let standing = self.standing(scope, state);
        if standing.cluster.templates.get(template).is_none_or(|template| template.spec.gated) {
            return 0;
        }
        let cluster = populated(&standing, scope, state);
        let bindings = Bindings::now(&cluster);
        let filters = Filters::new(&cluster);
        let Some(prepared) = filters.prepare(&bindings, template) else { return 0 };
        let own = (is_daemon(scope, pod)).then_some(pod.slot);
        let places =
            (0_u8..).zip(&standing.places).filter(|(node, _)| own.is_none_or(|it| it == *node));
        let passing = places.filter_map(|(node, place)| {
            let place = place.filter(|at| prepared.passes(&bindings, *at))?;
            Some((node, place))
        });
        let mut passing: Vec<(u8, usize)> = passing.collect();
        if self.scored {
            let nodes: Vec<usize> = passing.iter().map(|(_, place)| *place).collect();
            let best = simulate::best(&cluster, template, &nodes);
            passing.retain(|(_, place)| best.contains(place));
        }
        passing.iter().fold(0, |bits, (node, _)| bits | 1 << node)
    }

    /// The nodes where a pod may be by its node affinity and tolerations, whatever room there is.
    pub(crate) fn allowed(&self, scope: &Scope, state: &State, pod: Pod) -> Vec<u8> {
        let asked = [Plugin::NodeAffinity, Plugin::TaintToleration, Plugin::NodeUnschedulable];
        self.admitting(scope, state, pod, |plugin| asked.contains(&plugin))
    }

    /// The other nodes on which a bound pod would fit, as the descheduler sees it: spread
    /// constraints do not count.
    pub(crate) fn elsewhere(&self, scope: &Scope, state: &State, pod: Pod) -> Vec<u8> {
        let mut without = state.clone();
        without.replace(pod, None);
        let mut nodes = self.admitting(scope, &without, pod, |it| it != Plugin::PodTopologySpread);
        nodes.retain(|node| *node != pod.node);
        nodes
    }

    /// The nodes that are there and that pass these filters.
    fn admitting(
        &self,
        scope: &Scope,
        state: &State,
        pod: Pod,
        counts: impl Fn(Plugin) -> bool,
    ) -> Vec<u8> {
        self.at_nodes(scope, state, pod, |prepared, bindings, node, place| {
            (!refuses(prepared, bindings, place, &counts)).then_some(node)
        })
    }

    /// What the filters have to say of a pod at each node that is there.
    fn at_nodes<T>(
        &self,
        scope: &Scope,
        state: &State,
        pod: Pod,
        judge: impl Fn(&Prepared<'_>, &Bindings<'_>, u8, usize) -> Option<T>,
    ) -> Vec<T> {
        let Some(template) = template(scope, pod) else { return Vec::new() };
        let standing = self.standing(scope, state);
        let cluster = populated(&standing, scope, state);
        let bindings = Bindings::now(&cluster);
        let filters = Filters::new(&cluster);
        let Some(prepared) = filters.prepare(&bindings, template) else { return Vec::new() };
        let places = (0_u8..).zip(&standing.places);
        places.filter_map(|(node, place)| judge(&prepared, &bindings, node, (*place)?)).collect()
    }

    fn standing(&self, scope: &Scope, state: &State) -> Arc<Standing> {
        let mut clusters = self.clusters.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = clusters.get(&state.nodes) {
            return Arc::clone(known);
        }
        let made = Arc::new(Standing::of(&scope.world.cluster, &state.nodes));
        clusters.insert(state.nodes.clone(), Arc::clone(&made));
        made
    }
}

/// Whether a node is refused by one of these filters.
fn refuses(
    prepared: &Prepared,
    bindings: &Bindings,
    place: usize,
    counts: impl Fn(Plugin) -> bool,
) -> bool {
    let verdicts = prepared.verdicts(bindings, place);
    verdicts.iter().any(|it| it.rejection.is_some() && counts(it.plugin))
}

fn is_daemon(scope: &Scope, pod: Pod) -> bool {
    scope.workload(pod.workload).is_some_and(|it| it.kind() == Kind::DaemonSet)
}

/// The template of a pod among those of the cluster; another one if it is on its way out.
fn template(scope: &Scope, pod: Pod) -> Option<usize> {
    scope.workload(pod.workload)?.template(pod.revision, pod.slot, pod.is_active())
}

/// What the answer depends on: the pod, how the nodes are, and which pods are bound where.
fn question(state: &State, pod: Pod) -> Vec<u8> {
    let mut key = vec![pod.workload, pod.revision, pod.slot];
    key.extend(state.nodes.iter().map(|status| *status as u8));
    let bound = state.pods.iter().filter(|pod| takes_room(**pod));
    let mut bound: Vec<[u8; 4]> = bound
        .map(|pod| [pod.workload, pod.revision, u8::from(pod.is_active()), pod.node])
        .collect();
    bound.sort_unstable();
    key.extend(bound.into_iter().flatten());
    key
}

impl Standing {
    fn of(world: &Cluster, nodes: &[NodeStatus]) -> Self {
        let mut cluster = world.clone();
        let mut places = Vec::new();
        cluster.nodes.clear();
        for (node, status) in world.nodes.iter().zip(nodes) {
            if *status == NodeStatus::Gone {
                places.push(None);
                continue;
            }
            let mut node = node.clone();
            node.unschedulable |= matches!(status, NodeStatus::Draining | NodeStatus::Cordoned);
            node.taints.extend(taints(*status));
            places.push(Some(cluster.nodes.len()));
            cluster.nodes.push(node);
        }
        cluster.pods.retain_mut(|pod| {
            pod.node = pod.node.and_then(|node| places.get(node).copied().flatten());
            pod.node.is_some()
        });
        Self { cluster, places }
    }
}

/// Whether a pod is bound to a node as the scheduler sees it.
fn takes_room(pod: Pod) -> bool {
    !matches!(pod.phase, Phase::Waiting | Phase::Ghost)
}

/// The taints that a node gets: when it is cordoned, tainted, and when it does not answer.
pub(crate) fn taints(status: NodeStatus) -> Vec<Taint> {
    let taint = |key: &str, effect| Taint {
        key: format!("node.kubernetes.io/{key}"),
        value: String::new(),
        effect,
    };
    match status {
        NodeStatus::Up | NodeStatus::Gone => Vec::new(),
        NodeStatus::Draining | NodeStatus::Cordoned => {
            vec![taint("unschedulable", Effect::NoSchedule)]
        }
        NodeStatus::Tainted => vec![taint("out-of-service-for-the-drill", Effect::NoExecute)],
        NodeStatus::Lost | NodeStatus::CutOff => {
            vec![taint("unreachable", Effect::NoSchedule), taint("unreachable", Effect::NoExecute)]
        }
    }
}

/// The cluster with the pods of the state on its nodes.
fn populated(standing: &Standing, scope: &Scope, state: &State) -> Cluster {
    let mut cluster = standing.cluster.clone();
    for pod in state.pods.iter().filter(|pod| takes_room(**pod)) {
        let node = standing.places.get(usize::from(pod.node)).copied().flatten();
        let (Some(template), Some(_)) = (template(scope, *pod), node) else { continue };
        cluster.pods.push(Entry { template, node, ..Entry::default() });
    }
    cluster
}
