//! The state of a cluster as the drill sees it.
//!
//! Pods of one revision that do the same on the same node cannot be told apart: a state holds them
//! as a sorted list, so that a pod that is replaced by its like leads back to the same state. No
//! name, version or clock is kept; ages are not kept at all.

use serde::{Deserialize, Serialize};

/// The node of a pod that is bound to none.
pub const NOWHERE: u8 = u8::MAX;

/// How far a pod has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Phase {
    /// Bound to no node.
    Waiting,
    /// Bound; its containers have not started yet (phase `Pending`).
    Starting,
    /// Its containers run, or are being started again, and it is not ready (phase `Running`).
    Running,
    /// Ready (phase `Running`).
    Ready,
    /// Ready for `minReadySeconds`, where the workload has them (phase `Running`).
    Available,
    /// On its way out (`deletionTimestamp`); it still takes its room.
    Leaving,
    /// Its object has been deleted without its kubelet, and its containers may still run. Only pods
    /// with an identity are followed so far.
    Ghost,
}

/// A pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Pod {
    /// Its workload, by its place among the members of the model.
    pub workload: u8,
    /// Which of the two revisions of the workload it is of.
    pub revision: u8,
    /// How far it has come.
    pub phase: Phase,
    /// Its node, or [`NOWHERE`].
    pub node: u8,
    /// Its identity: the ordinal of a StatefulSet's pod, the node that a DaemonSet's pod is for; 0
    /// for pods without one.
    pub slot: u8,
    /// The node that it is nominated to while it waits, or [`NOWHERE`]: others went there for it.
    pub nominated: u8,
}

impl Pod {
    /// Whether controllers count it: it is not on its way out.
    pub fn is_active(&self) -> bool {
        !matches!(self.phase, Phase::Leaving | Phase::Ghost)
    }

    /// Whether its containers may run.
    pub fn may_run(&self) -> bool {
        self.runs() || matches!(self.phase, Phase::Leaving | Phase::Ghost)
    }

    /// Whether its containers have been started and nobody has deleted it.
    pub fn runs(&self) -> bool {
        matches!(self.phase, Phase::Running | Phase::Ready | Phase::Available)
    }

    /// Whether it is ready.
    pub fn is_ready(&self) -> bool {
        matches!(self.phase, Phase::Ready | Phase::Available)
    }

    /// The same pod, this far.
    #[must_use]
    pub fn at(self, phase: Phase) -> Self {
        Self { phase, ..self }
    }
}

/// How a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum NodeStatus {
    /// It works.
    Up,
    /// It is cordoned and being drained.
    Draining,
    /// It is cordoned, and stays so.
    Cordoned,
    /// It has a taint `NoExecute` that hardly any pod tolerates, and keeps it.
    Tainted,
    /// It does not answer any more: its pods are not ready, and it is tainted `unreachable`.
    Lost,
    /// It works, but nobody hears from it; to the others it looks lost. Its object is not removed.
    CutOff,
    /// Its object has been removed, and its pods with it.
    Gone,
}

impl NodeStatus {
    /// Whether its kubelet is heard.
    pub fn answers(self) -> bool {
        matches!(self, Self::Up | Self::Draining | Self::Cordoned | Self::Tainted)
    }
}

/// What makes the pods of a workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Kind {
    /// A Deployment.
    Deployment,
    /// A StatefulSet.
    StatefulSet,
    /// A DaemonSet.
    DaemonSet,
    /// A Job.
    Job,
    /// Nobody: a pod of its own.
    Pod,
}

impl Kind {
    /// As Kubernetes calls it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Deployment => "Deployment",
            Self::StatefulSet => "StatefulSet",
            Self::DaemonSet => "DaemonSet",
            Self::Job => "Job",
            Self::Pod => "Pod",
        }
    }

    /// Whether its pods are told apart by [`Pod::slot`].
    pub const fn has_slots(self) -> bool {
        matches!(self, Self::StatefulSet | Self::DaemonSet)
    }
}

/// What becomes of the pods of a revision.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub enum Health {
    /// They become ready.
    #[default]
    Good,
    /// They never become ready: an image that is not there, a probe that never passes.
    NeverReady,
    /// Their containers start, and crash again and again.
    Crashes,
}

/// How high a load is, for those who are to follow it.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub enum Load {
    /// As many pods as there are can bear it.
    #[default]
    Steady,
    /// It asks for as many pods as there may be.
    High,
    /// It asks for as few pods as there may be.
    Low,
}

/// A workload with the pods that it wants, of two revisions at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Set {
    /// What makes its pods.
    pub kind: Kind,
    /// `spec.replicas`; of a DaemonSet the nodes that it is for, of a Job what it has to complete.
    pub replicas: u8,
    /// By revision: of a Deployment `spec.replicas` of the replica set; of a StatefulSet how many
    /// ordinals its partition keeps at the revision that is not its own. Of a Job, first, how many
    /// more pods may fail.
    pub desired: [u8; 2],
    /// The revision of the workload's own template.
    pub current: u8,
    /// By revision, what becomes of its pods.
    pub health: [Health; 2],
    /// Whether a ready pod becomes available only some time later (`minReadySeconds`).
    pub settles: bool,
    /// How high the load is that its autoscaler sees.
    pub load: Load,
    /// Whether applying the same manifest once changed the number of replicas.
    pub rescaled: bool,
    /// The number of replicas for which the replica sets of a Deployment were sized last
    /// (annotation `desired-replicas`); elsewhere, and unless two of them have pods, `replicas`.
    pub sized_for: u8,
}

impl Set {
    /// The revision that is not the Deployment's own.
    pub fn other(&self) -> u8 {
        1 - self.current.min(1)
    }

    /// How many pods the replica set of a revision wants.
    pub fn wants(&self, revision: u8) -> u8 {
        self.desired.get(usize::from(revision)).copied().unwrap_or_default()
    }

    /// What becomes of the pods of a revision.
    pub fn health_of(&self, revision: u8) -> Health {
        self.health.get(usize::from(revision)).copied().unwrap_or_default()
    }

    /// Whether the workload's own revision is no good.
    pub fn is_broken(&self) -> bool {
        self.health_of(self.current) != Health::Good
    }

    /// Sets how many pods the replica set of a revision wants.
    pub fn want(&mut self, revision: u8, count: u8) {
        if let Some(desired) = self.desired.get_mut(usize::from(revision)) {
            *desired = count;
        }
    }
}

/// A state of the cluster.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct State {
    /// The nodes, in the order of the world's.
    pub nodes: Vec<NodeStatus>,
    /// The pods, sorted.
    pub pods: Vec<Pod>,
    /// The workloads of the model.
    pub sets: Vec<Set>,
    /// How many events of each kind may still happen.
    pub left: [u8; crate::Event::COUNT],
    /// Whether all workloads were under way once: only then do events happen.
    pub up: bool,
    /// What controllers remember that are not atomic.
    pub memory: crate::Memory,
}

impl State {
    /// A workload.
    pub fn set(&self, workload: u8) -> Option<&Set> {
        self.sets.get(usize::from(workload))
    }

    /// A workload, to be changed.
    pub fn set_mut(&mut self, workload: u8) -> Option<&mut Set> {
        self.sets.get_mut(usize::from(workload))
    }

    /// How a node is; one that does not exist is gone.
    pub fn node(&self, node: u8) -> NodeStatus {
        self.nodes.get(usize::from(node)).copied().unwrap_or(NodeStatus::Gone)
    }

    /// Changes how a node is.
    pub fn set_node(&mut self, node: u8, status: NodeStatus) {
        if let Some(slot) = self.nodes.get_mut(usize::from(node)) {
            *slot = status;
        }
    }

    /// The pods of a workload whose objects there are.
    pub fn pods_of(&self, workload: u8) -> impl Iterator<Item = &Pod> {
        self.pods.iter().filter(move |pod| pod.workload == workload && pod.phase != Phase::Ghost)
    }

    /// The pod of an identity whose object there is.
    pub fn pod_in(&self, workload: u8, slot: u8) -> Option<Pod> {
        self.pods_of(workload).find(|pod| pod.slot == slot).copied()
    }

    /// The pods of one revision of a workload.
    pub fn pods_of_revision(&self, workload: u8, revision: u8) -> impl Iterator<Item = &Pod> {
        self.pods_of(workload).filter(move |pod| pod.revision == revision)
    }

    /// How many pods of a revision its replica set counts.
    pub fn active(&self, workload: u8, revision: u8) -> usize {
        self.pods_of_revision(workload, revision).filter(|pod| pod.is_active()).count()
    }

    /// How many pods of a workload are ready.
    pub fn ready(&self, workload: u8) -> usize {
        self.pods_of(workload).filter(|pod| pod.is_ready()).count()
    }

    /// Whether controllers count a pod as available.
    pub fn is_available(&self, pod: Pod) -> bool {
        let settles = self.set(pod.workload).is_some_and(|set| set.settles);
        pod.phase == Phase::Available || pod.phase == Phase::Ready && !settles
    }

    /// How many pods of a workload are available.
    pub fn available(&self, workload: u8) -> usize {
        self.pods_of(workload).filter(|pod| self.is_available(**pod)).count()
    }

    /// The pods, equal ones once: those of Deployments whatever their number, if they are
    /// remembered alike.
    pub fn distinct_pods(&self) -> impl Iterator<Item = Pod> + '_ {
        let mut last = None;
        let alike = |pod: Pod| match self.set(pod.workload).map(|set| set.kind) {
            Some(Kind::Deployment) => (Pod { slot: 0, ..pod }, self.memory.mark(pod)),
            _ => (pod, 0),
        };
        self.pods.iter().copied().filter(move |pod| {
            let key = Some(alike(*pod));
            std::mem::replace(&mut last, key) != key
        })
    }

    /// Puts a pod in the place of another, or takes it away.
    pub fn replace(&mut self, pod: Pod, with: Option<Pod>) {
        if let Some(place) = self.pods.iter().position(|other| *other == pod) {
            self.pods.remove(place);
            self.pods.extend(with);
        }
    }

    /// Whether a rollout is under way: something of another revision is left that shall go.
    pub fn is_rolling(&self, workload: u8) -> bool {
        self.set(workload).is_some_and(|set| {
            let mut old = self.pods_of_revision(workload, set.other());
            match set.kind {
                Kind::Deployment => {
                    set.wants(set.other()) > 0
                        || old.next().is_some()
                        || set.wants(set.current) < set.replicas
                }
                Kind::StatefulSet => old.any(|pod| pod.slot >= set.wants(set.other())),
                Kind::DaemonSet => old.next().is_some(),
                Kind::Job | Kind::Pod => false,
            }
        })
    }

    /// Whether a workload is as its manifest says: all of its pods are there, of the revisions
    /// that they shall be of, and available, and no others. A Job is when it has completed.
    pub fn is_complete(&self, workload: u8) -> bool {
        self.set(workload).is_some_and(|set| {
            let full = usize::from(set.replicas);
            let all = self.pods_of(workload).count() == full;
            let mut pods = self.pods_of(workload);
            match set.kind {
                Kind::Deployment => {
                    let heard = || self.pods_of(workload).filter(|pod| !self.is_unheard(**pod));
                    set.wants(set.current) == set.replicas
                        && set.wants(set.other()) == 0
                        && heard().count() == full
                        && heard().all(|pod| self.is_available(*pod) && pod.revision == set.current)
                }
                Kind::StatefulSet => {
                    let held = set.wants(set.other());
                    let right = |pod: &Pod| pod.slot < held || pod.revision == set.current;
                    let right = |pod: &Pod| right(pod) && pod.slot < set.replicas;
                    all && pods.all(|pod| self.is_available(*pod) && right(pod))
                }
                Kind::DaemonSet | Kind::Pod => {
                    all && pods.all(|pod| self.is_available(*pod) && pod.revision == set.current)
                }
                Kind::Job => set.replicas == 0,
            }
        })
    }

    /// Whether a pod is on its way out on a node from which nobody hears: it may stay so for ever,
    /// and a Deployment does without it.
    fn is_unheard(&self, pod: Pod) -> bool {
        pod.phase == Phase::Leaving && !self.node(pod.node).answers()
    }

    /// Whether a workload is under way: complete, or a Job whose pods run.
    fn has_started(&self, workload: u8) -> bool {
        let works = self.set(workload).is_some_and(|set| set.kind == Kind::Job);
        self.is_complete(workload) || works && self.ready(workload) > 0
    }

    /// Whether all workloads are under way.
    pub fn all_started(&self) -> bool {
        (0_u8..).zip(&self.sets).all(|(workload, _)| self.has_started(workload))
    }

    /// Brings the state to its normal form: pods sorted, the revision that is left named 0, and
    /// the note that all workloads have once been under way.
    pub fn normalise(&mut self) {
        for workload in (0_u8..).take(self.sets.len()) {
            self.name_revision(workload);
        }
        for set in &mut self.sets {
            if set.kind != Kind::Deployment || set.wants(set.other()) == 0 {
                set.sized_for = set.replicas;
            }
        }
        self.pods.sort_unstable();
        self.up = self.up || self.all_started();
    }

    /// Names the revision 0 if nothing is left of the other one.
    fn name_revision(&mut self, workload: u8) {
        let Some(set) = self.set(workload).copied() else { return };
        if set.current != 1
            || set.wants(0) > 0
            || self.pods_of_revision(workload, 0).next().is_some()
        {
            return;
        }
        for pod in self.pods.iter_mut().filter(|pod| pod.workload == workload) {
            // What a ghost runs is nobody's concern.
            pod.revision = 0;
        }
        if let Some(set) = self.set_mut(workload) {
            let health = [set.health[1], Health::Good];
            *set = Set { desired: [set.desired[1], 0], health, current: 0, ..*set };
        }
        self.memory.rename(workload);
    }
}
