//! What the manifests and the cluster say: all that does not change while things happen.

use std::collections::BTreeMap;

use seatrial_core::Location;
use seatrial_scheduling::Cluster;

use crate::{Kind, Share};
use seatrial_scheduling::Toleration;

/// Sets of nodes that can be swapped with each other.
pub type NodeClasses = Vec<Vec<u8>>;

/// The manifests in their cluster.
#[derive(Debug)]
pub struct World {
    /// Nodes, templates, and the pods of a snapshot that stay where they are.
    pub cluster: Cluster,
    /// In words, where the nodes come from.
    pub cluster_name: String,
    /// The workloads.
    pub workloads: Vec<Workload>,
    /// The disruption budgets.
    pub budgets: Vec<Budget>,
    /// The quotas.
    pub quotas: Vec<Quota>,
    /// What was seen and is not modelled.
    pub left_out: Vec<LeftOut>,
    /// Nodes that can be swapped.
    pub classes: NodeClasses,
    /// Nodes by zone.
    pub zones: Vec<(String, Vec<u8>)>,
    /// The descheduler, if it is configured.
    pub descheduler: Option<Descheduler>,
}

/// What makes pods.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a field of the manifest")]
pub struct Workload {
    /// What it is.
    pub shape: Shape,
    /// `namespace/name`.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// The number of replicas that its manifest states, if it states one.
    pub stated: Option<u8>,
    /// The number that it begins with: as stated, else one, within the autoscaler's bounds.
    pub replicas: u8,
    /// How a new revision replaces the old one.
    pub strategy: Strategy,
    /// Whether it is paused: nothing is rolled out.
    pub paused: bool,
    /// The templates of its two revisions, among those of the cluster.
    pub templates: [usize; 2],
    /// The same for pods that are on their way out.
    pub leaving: [usize; 2],
    /// The budgets that select its pods.
    pub budgets: Vec<usize>,
    /// The quotas of its namespace.
    pub quotas: Vec<usize>,
    /// What scales it.
    pub scaler: Option<Scaler>,
    /// The claims that can be attached to one node at a time, by `namespace/name`.
    pub attached: Vec<String>,
    /// What its pods tolerate for ever: tolerations without `tolerationSeconds`.
    pub tolerates: Vec<Toleration>,
    /// The node that its template names (`nodeName`); [`crate::NOWHERE`] if there is none of that name.
    pub pinned: Option<u8>,
    /// Its probes.
    pub probes: Probes,
    /// Whether a ready pod becomes available only some time later (`minReadySeconds`).
    pub settles: bool,
    /// Whether its containers are started again when they crash.
    pub restarts: bool,
    /// Whether its pods are deleted without waiting for their kubelets
    /// (`terminationGracePeriodSeconds: 0`).
    pub is_immediate: bool,
    /// The Services that its init containers wait for.
    pub waits: Vec<Wait>,
    /// The manifest.
    pub location: Location,
    /// The places of what decides.
    pub places: BTreeMap<Aspect, Location>,
}

/// Which probes the containers of a pod have. When they pass and fail is not in manifests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Probes {
    /// Whether a container has a readiness probe.
    pub readiness: bool,
    /// Whether a container has a liveness probe.
    pub liveness: bool,
    /// Whether a container has a startup probe.
    pub startup: bool,
}

impl Probes {
    /// Whether a pod whose containers have started is not ready yet.
    pub fn delays(self) -> bool {
        self.readiness || self.startup
    }
}

/// What of a workload decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Aspect {
    /// `replicas`.
    Replicas,
    /// `strategy`.
    Strategy,
    /// `topologySpreadConstraints`.
    Spread,
    /// Affinity to pods or nodes, and the node selector.
    Affinity,
    /// What the containers ask for.
    Requests,
    /// The volumes.
    Volumes,
    /// The name of a node.
    NodeName,
    /// The tolerations.
    Tolerations,
    /// `podManagementPolicy`.
    Management,
    /// `terminationGracePeriodSeconds`.
    Grace,
    /// `backoffLimit`.
    Backoff,
    /// `priorityClassName`, or `priority`.
    Priority,
}

impl Workload {
    /// The place of what decides, or of the workload.
    pub fn place(&self, aspect: Aspect) -> &Location {
        self.places.get(&aspect).unwrap_or(&self.location)
    }

    /// The template of a revision; of a DaemonSet that of a node.
    pub fn template(&self, revision: u8, slot: u8, is_active: bool) -> Option<usize> {
        let daemon = match &self.shape {
            Shape::DaemonSet { nodes, .. } => nodes.iter().find(|daemon| daemon.node == slot),
            _ => None,
        };
        let all = daemon.map_or([self.templates, self.leaving], |it| [it.templates, it.leaving]);
        all.get(usize::from(!is_active))?.get(usize::from(revision)).copied()
    }

    /// What it is, in a word.
    pub fn kind(&self) -> Kind {
        self.shape.kind()
    }

    /// Its kind and name.
    pub fn title(&self) -> String {
        format!("{} {}", self.kind().name(), self.name)
    }

    /// How many pods it has at once, of its own accord.
    pub fn at_once(&self) -> u8 {
        match self.shape {
            Shape::Job { parallelism, .. } => parallelism.min(self.replicas),
            _ => self.replicas,
        }
    }

    /// How many pods a rollout may miss, of so many.
    pub fn misses(&self, replicas: u8) -> u8 {
        match (&self.shape, self.strategy) {
            (Shape::StatefulSet { .. }, _) => replicas.min(1),
            // The controller of DaemonSets rounds up (`maxUnavailable` in
            // `pkg/controller/daemon/util/daemonset_util.go`).
            (Shape::DaemonSet { .. }, Strategy::RollingUpdate { unavailable, .. }) => {
                let share = u8::try_from(unavailable.up(u32::from(replicas))).unwrap_or(u8::MAX);
                share.max(1).min(replicas)
            }
            (_, strategy) => strategy.fenceposts(replicas).1,
        }
    }
}

/// What makes pods, with what only that has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    /// A Deployment.
    Deployment,
    /// A StatefulSet.
    StatefulSet {
        /// Whether its pods are made and deleted all at once (`Parallel`).
        parallel: bool,
        /// The ordinals below it keep their revision.
        partition: u8,
    },
    /// A DaemonSet.
    DaemonSet {
        /// The nodes that it is for.
        nodes: Vec<Daemon>,
    },
    /// A Job.
    Job {
        /// How many pods run at once.
        parallelism: u8,
        /// How many pods may fail (`backoffLimit`).
        retries: u8,
        /// Whether evicted pods do not count as failed (`podFailurePolicy`).
        forgives_evictions: bool,
    },
    /// A pod of its own.
    Pod,
}

impl Shape {
    /// In a word.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Deployment => Kind::Deployment,
            Self::StatefulSet { .. } => Kind::StatefulSet,
            Self::DaemonSet { .. } => Kind::DaemonSet,
            Self::Job { .. } => Kind::Job,
            Self::Pod => Kind::Pod,
        }
    }
}

/// A node that a DaemonSet is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Daemon {
    /// The node.
    pub node: u8,
    /// The templates of its two revisions.
    pub templates: [usize; 2],
    /// The same for pods that are on their way out.
    pub leaving: [usize; 2],
}

/// A Service that an init container waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wait {
    /// The name of the Service.
    pub service: String,
    /// The workloads whose pods it selects, by `namespace/name`.
    pub selected: Vec<String>,
    /// Whether pods that are not ready have addresses (`publishNotReadyAddresses`).
    pub publishes_all: bool,
    /// The place of the init container.
    pub location: Location,
}

/// The descheduler, as its policy says.
#[derive(Debug, Clone, PartialEq)]
pub struct Descheduler {
    /// The strategies.
    pub rules: Vec<Rule>,
    /// Whether it evicts only pods that fit on another node (`nodeFit`).
    pub node_fit: bool,
    /// The policy.
    pub location: Location,
}

/// A strategy of the descheduler.
#[derive(Debug, Clone, PartialEq)]
pub enum Rule {
    /// `RemoveDuplicates`.
    Duplicates,
    /// `RemovePodsViolatingTopologySpreadConstraint`.
    Spread {
        /// Whether soft constraints count too.
        soft: bool,
    },
    /// `LowNodeUtilization`: by resource, below which percentage a node is little used if all
    /// are, and above which it is much used if one is.
    Utilization {
        /// Below.
        low: Vec<(usize, u64)>,
        /// Above.
        high: Vec<(usize, u64)>,
    },
}

impl Rule {
    /// As the policy calls it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Duplicates => "RemoveDuplicates",
            Self::Spread { .. } => "RemovePodsViolatingTopologySpreadConstraint",
            Self::Utilization { .. } => "LowNodeUtilization",
        }
    }
}

/// How a new revision replaces the old one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strategy {
    /// Step by step.
    RollingUpdate {
        /// How many pods more there may be.
        surge: Share,
        /// How many pods may be unavailable.
        unavailable: Share,
    },
    /// All old pods go before new ones come.
    Recreate,
    /// Pods that are deleted come back new.
    OnDelete,
}

impl Strategy {
    /// How many pods more there may be, and how many may be unavailable, of so many replicas:
    /// the one rounded up, the other down; if both are zero, one may be unavailable
    /// (`ResolveFenceposts` in `pkg/controller/deployment/util/deployment_util.go`), and never
    /// more than there are (`MaxUnavailable` there).
    pub fn fenceposts(self, replicas: u8) -> (u8, u8) {
        let Self::RollingUpdate { surge, unavailable } = self else { return (0, replicas) };
        let total = u32::from(replicas);
        let (surge, unavailable) = match (surge.up(total), unavailable.down(total)) {
            (0, 0) => (0, 1),
            both => both,
        };
        let small = |number: u32| u8::try_from(number).unwrap_or(u8::MAX);
        (small(surge), small(unavailable).min(replicas))
    }
}

/// A `PodDisruptionBudget`.
#[derive(Debug)]
pub struct Budget {
    /// `namespace/name`.
    pub name: String,
    /// What it keeps.
    pub floor: Floor,
    /// Whether pods that are not ready are always evicted (`unhealthyPodEvictionPolicy`).
    pub evicts_unhealthy: bool,
    /// Whether its selector is empty: then it selects all pods of its namespace, but the scheduler
    /// does not count it.
    pub selects_all: bool,
    /// The place of the number.
    pub location: Location,
}

/// What a budget keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Floor {
    /// So many healthy pods.
    MinAvailable(Share),
    /// All but so many.
    MaxUnavailable(Share),
}

/// A `HorizontalPodAutoscaler`.
#[derive(Debug, Clone)]
pub struct Scaler {
    /// `namespace/name`.
    pub name: String,
    /// `minReplicas`.
    pub min: u8,
    /// `maxReplicas`.
    pub max: u8,
    /// How it scales up, unless that is disabled.
    pub up: Option<Pace>,
    /// How it scales down, unless that is disabled.
    pub down: Option<Pace>,
    /// How many metrics it goes by.
    pub metrics: usize,
    /// Those of them that cannot be read.
    pub blind: Vec<Blind>,
    /// The manifest.
    pub location: Location,
}

/// How far an autoscaler goes in one step (`behavior.scaleUp` and `behavior.scaleDown`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pace {
    /// So many pods, or so many of a hundred.
    pub shares: Vec<Share>,
    /// Whether the share counts that changes least (`selectPolicy: Min`).
    pub least: bool,
}

impl Pace {
    /// What is not said: up by four pods or to the double, whatever is more
    /// (`pkg/apis/autoscaling/v2/defaults.go`).
    pub const UP: Self = Self { shares: Vec::new(), least: false };
    /// What is not said: down to any number.
    pub const DOWN: Self = Self { shares: Vec::new(), least: false };
    const UP_BY_DEFAULT: [Share; 2] = [Share::Number(4), Share::Percent(100)];
    const DOWN_BY_DEFAULT: [Share; 1] = [Share::Percent(100)];

    /// The most replicas after one step up.
    pub fn up(&self, replicas: u8) -> u8 {
        let count = u32::from(replicas);
        let after = |share: &Share| count.saturating_add(share.up(count));
        self.chosen(&Self::UP_BY_DEFAULT, |shares| {
            let all = shares.iter().map(after);
            if self.least { all.min() } else { all.max() }
        })
    }

    /// The fewest replicas after one step down: a fraction of a pod is rounded down.
    pub fn down(&self, replicas: u8) -> u8 {
        let count = u32::from(replicas);
        let after = |share: &Share| count.saturating_sub(share.up(count));
        self.chosen(&Self::DOWN_BY_DEFAULT, |shares| {
            let all = shares.iter().map(after);
            if self.least { all.max() } else { all.min() }
        })
    }

    fn chosen(&self, default: &[Share], of: impl Fn(&[Share]) -> Option<u32>) -> u8 {
        let shares = if self.shares.is_empty() { default } else { &self.shares };
        of(shares).and_then(|count| u8::try_from(count).ok()).unwrap_or(u8::MAX)
    }
}

/// A metric that an autoscaler cannot read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blind {
    /// What is missing.
    pub what: String,
    /// The container that lacks it.
    pub location: Location,
}

/// A `ResourceQuota`.
#[derive(Debug)]
pub struct Quota {
    /// `namespace/name`.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// How much there is, by resource of the cluster.
    pub room: Vec<(usize, u64)>,
    /// The place of the amounts.
    pub location: Location,
}

/// What was seen and is not modelled.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct LeftOut {
    /// What it is.
    pub what: String,
    /// What that does to the verdicts.
    pub weakens: String,
    /// Where it stands.
    pub location: Location,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_makes_one_more_and_none_less_up_to_three_replicas() {
        let quarter = Share::Percent(25);
        let strategy = Strategy::RollingUpdate { surge: quarter, unavailable: quarter };
        let posts: Vec<_> = (1..=5).map(|replicas| strategy.fenceposts(replicas)).collect();
        assert_eq!(posts, [(1, 0), (1, 0), (1, 0), (1, 1), (2, 1)]);
    }

    #[test]
    fn both_zero_means_one_unavailable_and_never_more_than_there_are() {
        let of = |surge, unavailable| Strategy::RollingUpdate { surge, unavailable };
        let number = Share::Number;
        for (strategy, replicas, expected) in [
            (of(number(0), number(0)), 3, (0, 1)),
            (of(Share::Percent(0), Share::Percent(10)), 3, (0, 1)),
            (of(number(0), number(5)), 3, (0, 3)),
            (of(number(2), number(0)), 3, (2, 0)),
            (of(Share::Percent(100), Share::Percent(100)), 3, (3, 3)),
            (of(number(0), number(0)), 0, (0, 0)),
            (Strategy::Recreate, 3, (0, 3)),
        ] {
            assert_eq!(strategy.fenceposts(replicas), expected, "{strategy:?} {replicas}");
        }
    }
}
