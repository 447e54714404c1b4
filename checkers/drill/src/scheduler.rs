//! The scheduler: any node that passes kube-scheduler's filters may be chosen, or, where loops are
//! asked for, any that scores best.
//!
//! The filters are those of `checkers/scheduling`, asked about the pods of a state in a cluster
//! with the nodes as they are in that state. Scores choose among nodes that pass in ways that
//! depend on much that is not modelled; here each of these nodes may be the one.

use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::FxHashMap;
use seatrial_scheduling::{
    Bindings, Cluster, Effect, Filters, Plugin, Pod as Entry, Prepared, Rejection, Taint, simulate,
};

use crate::{Kind, NOWHERE, NodeStatus, Phase, Pod, Scope, State};

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
        let judged = self.trial(scope, state, pod, |trial| {
            let places = trial.places().to_vec();
            let refused = places.into_iter().filter_map(|(node, place)| {
                let (plugin, rejection) = trial.rejection(place)?;
                Some(Refused { node, plugin, reasons: rejection.reasons })
            });
            refused.collect()
        });
        judged.unwrap_or_default()
    }

    /// The nodes that pass, as bits: the one that the pod is nominated to if it is one of them.
    fn ask(&self, scope: &Scope, state: &State, pod: Pod) -> u64 {
        let Some(template) = template(scope, pod) else { return 0 };
        if scope.world.cluster.templates.get(template).is_none_or(|it| it.spec.gated) {
            return 0;
        }
        let own = (is_daemon(scope, pod)).then_some(pod.slot);
        let judged = self.trial(scope, state, pod, |trial| {
            let mut passing = trial.places().to_vec();
            passing.retain(|(node, _)| own.is_none_or(|it| it == *node));
            passing.retain(|(_, place)| trial.passes(*place));
            if passing.iter().any(|(node, _)| *node == pod.nominated) {
                passing.retain(|(node, _)| *node == pod.nominated);
            }
            if self.scored {
                let nodes: Vec<usize> = passing.iter().map(|(_, place)| *place).collect();
                let best = simulate::best(trial.bindings.cluster(), template, &nodes);
                passing.retain(|(_, place)| best.contains(place));
            }
            passing.iter().fold(0, |bits, (node, _)| bits | 1 << node)
        });
        judged.unwrap_or_default()
    }

    /// Tries a pod out in the cluster as it is in a state; `None` if there is no such pod.
    pub(crate) fn trial<T>(
        &self,
        scope: &Scope,
        state: &State,
        pod: Pod,
        judge: impl FnOnce(&mut Trial<'_>) -> T,
    ) -> Option<T> {
        let wanted = template(scope, pod)?;
        let standing = self.standing(scope, state);
        let place = |node: u8| standing.places.get(usize::from(node)).copied().flatten();
        let (mut cluster, entries) = populated(&standing, scope, state);
        let mut nominated = Vec::new();
        for other in reserving(scope, state, pod) {
            let (Some(template), Some(place)) = (template(scope, other), place(other.nominated))
            else {
                continue;
            };
            nominated.push((cluster.pods.len(), place));
            cluster.pods.push(Entry { template, ..Entry::default() });
        }
        let bindings = Bindings::now(&cluster);
        let filters = Filters::new(&cluster);
        let prepared = filters.prepare(&bindings, wanted)?;
        let places = (0_u8..).zip(&standing.places);
        let places = places.filter_map(|(node, place)| Some((node, (*place)?))).collect();
        Some(judge(&mut Trial { prepared, bindings, places, entries, nominated }))
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
        let judged = self.trial(scope, state, pod, |trial| {
            let places = trial.places.iter();
            let judged = places
                .filter_map(|(node, place)| judge(&trial.prepared, &trial.bindings, *node, *place));
            judged.collect()
        });
        judged.unwrap_or_default()
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

/// The filters, prepared for one pod, with the pods of a state on their nodes.
pub(crate) struct Trial<'a> {
    prepared: Prepared<'a>,
    bindings: Bindings<'a>,
    /// The nodes that are there, with their places in the cluster.
    places: Vec<(u8, usize)>,
    /// By pod of the state, its place among the pods of the cluster.
    entries: Vec<Option<usize>>,
    /// The pods that are nominated and no less important, with the places of their nodes.
    nominated: Vec<(usize, usize)>,
}

impl Trial<'_> {
    /// The nodes that are there, with their places in the cluster.
    pub(crate) fn places(&self) -> &[(u8, usize)] {
        &self.places
    }

    /// The place of a node in the cluster.
    pub(crate) fn place(&self, node: u8) -> Option<usize> {
        self.places.iter().find(|(other, _)| *other == node).map(|(_, place)| *place)
    }

    /// The place among the pods of the cluster of a pod, by its place in the state.
    pub(crate) fn entry(&self, pod: usize) -> Option<usize> {
        self.entries.get(pod).copied().flatten()
    }

    /// Puts a pod of the cluster on a node, or takes it away.
    pub(crate) fn set(&mut self, entry: usize, place: usize, there: bool) {
        let template = self.bindings.cluster().pods.get(entry).map(|pod| pod.template);
        if there {
            self.bindings.bind(entry, place);
        } else {
            self.bindings.unbind(entry);
        }
        if let Some(template) = template {
            self.prepared.note(template, place, there);
        }
    }

    /// Whether the pod passes all filters on a node, with the pods that are nominated there and
    /// without (`RunFilterPluginsWithNominatedPods`).
    fn passes(&mut self, place: usize) -> bool {
        self.prepared.passes(&self.bindings, place) && self.beside_nominated(place).is_none()
    }

    /// The first filter that keeps the pod from a node, and why.
    pub(crate) fn rejection(&mut self, place: usize) -> Option<(Plugin, Rejection)> {
        let beside = self.beside_nominated(place);
        beside.or_else(|| self.prepared.rejection(&self.bindings, place))
    }

    /// The same with the pods on the node that are nominated to it; nothing if there are none.
    fn beside_nominated(&mut self, place: usize) -> Option<(Plugin, Rejection)> {
        let here = self.nominated.iter().filter(|(_, other)| *other == place);
        let here: Vec<usize> = here.map(|(entry, _)| *entry).collect();
        if here.is_empty() {
            return None;
        }
        for entry in &here {
            self.set(*entry, place, true);
        }
        let rejection = self.prepared.rejection(&self.bindings, place);
        for entry in &here {
            self.set(*entry, place, false);
        }
        rejection
    }
}

/// The other pods that are nominated to nodes and are no less important than a pod.
fn reserving(scope: &Scope, state: &State, pod: Pod) -> Vec<Pod> {
    let own = scope.priority(pod.workload);
    let mut others: Vec<Pod> = state.pods.clone();
    if let Some(itself) = others.iter().position(|other| *other == pod) {
        others.remove(itself);
    }
    others.retain(|it| it.nominated != NOWHERE && scope.priority(it.workload) >= own);
    others
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

/// What the answer depends on: the pod, how the nodes are, and which pods are bound and nominated
/// where.
fn question(state: &State, pod: Pod) -> Vec<u8> {
    let mut key = vec![pod.workload, pod.revision, pod.slot, pod.nominated];
    key.extend(state.nodes.iter().map(|status| *status as u8));
    let bound = state.pods.iter().filter(|pod| takes_room(**pod));
    let mut bound: Vec<[u8; 4]> = bound
        .map(|pod| [pod.workload, pod.revision, u8::from(pod.is_active()), pod.node])
        .collect();
    // Where no pod of the state is nominated, as mostly, there is nothing more.
    let nominated = state.pods.iter().filter(|pod| pod.nominated != NOWHERE);
    bound.extend(nominated.map(|pod| [pod.workload, pod.revision, NOMINATED, pod.nominated]));
    bound.sort_unstable();
    key.extend(bound.into_iter().flatten());
    key
}

/// Tells pods that are nominated to a node from those that are bound to it.
const NOMINATED: u8 = 2;

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
pub(crate) fn takes_room(pod: Pod) -> bool {
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

/// The cluster with the pods of the state on its nodes; and by pod, its place there.
fn populated(standing: &Standing, scope: &Scope, state: &State) -> (Cluster, Vec<Option<usize>>) {
    let mut cluster = standing.cluster.clone();
    let entry = |pod: &Pod| {
        let node = standing.places.get(usize::from(pod.node)).copied().flatten();
        let template = template(scope, *pod).filter(|_| takes_room(*pod) && node.is_some())?;
        cluster.pods.push(Entry { template, node, ..Entry::default() });
        Some(cluster.pods.len() - 1)
    };
    let entries = state.pods.iter().map(entry).collect();
    (cluster, entries)
}
