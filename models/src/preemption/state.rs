//! The state: pods on nodes, and the budget of some of them.

use seatrial_explore::Var;
use serde::{Deserialize, Serialize};

use super::{Bounds, CAPACITY, COVERED};
use crate::rules::Rows;

/// Where a pod is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) enum Phase {
    /// Deleted; its controller makes it again.
    Gone,
    Pending,
    /// The scheduler has decided, and the binding is under way.
    Assumed(u8),
    Running(u8),
    /// Deleted, in its grace period.
    Terminating(u8),
}

impl Phase {
    /// The node whose room it takes.
    pub(crate) const fn node(self) -> Option<u8> {
        match self {
            Self::Gone | Self::Pending => None,
            Self::Assumed(node) | Self::Running(node) | Self::Terminating(node) => Some(node),
        }
    }
}

/// A pod.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Pod {
    pub(crate) phase: Phase,
    pub(crate) priority: u8,
    /// The node on which room is made for it.
    pub(crate) nominated: Option<u8>,
    /// The pods that are still to be deleted for it, as bits.
    pub(crate) victims: u8,
}

/// The status of the disruption budget.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Budget {
    /// Disruptions that it allows.
    pub(crate) allowed: u8,
    /// Pods that it covers were deleted, other than by eviction, since the status was computed.
    pub(crate) behind: bool,
}

/// What has gone wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Wrongs {
    /// A pod was the victim of one that is no more important.
    pub(crate) inverted: bool,
    /// A budget was violated by preemption where another node needed no violation.
    pub(crate) needless: bool,
    /// An eviction was granted that the budget forbids.
    pub(crate) overrun: bool,
}

/// A state.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct State {
    pub(crate) pods: Var<0, Rows<Pod>>,
    pub(crate) budget: Var<1, Budget>,
    pub(crate) wrongs: Var<2, Wrongs>,
    /// Evictions that operators still ask for.
    pub(crate) evictions: Var<3, u8>,
    /// Bindings that still fail.
    pub(crate) failures: Var<4, u8>,
    /// The default priority was raised above all others.
    pub(crate) raised: Var<5, bool>,
}

impl State {
    /// The less important pods run, side by side; the others are pending.
    pub(crate) fn initial(bounds: Bounds) -> Self {
        let pod = Pod { phase: Phase::Pending, priority: 0, nominated: None, victims: 0 };
        let mut pods = Rows::new(bounds.low + bounds.high, pod);
        for (number, pod) in (0..).zip(pods.iter_mut()) {
            if number < bounds.low {
                pod.phase = Phase::Running(number / CAPACITY);
            } else {
                pod.priority = number - bounds.low + 1;
            }
        }
        let covered = bounds.low.min(COVERED);
        let allowed = covered.saturating_sub(bounds.available);
        Self {
            pods: Var::new(pods),
            budget: Var::new(Budget { allowed, behind: false }),
            wrongs: Var::default(),
            evictions: Var::new(bounds.evictions),
            failures: Var::new(bounds.failures),
            raised: Var::new(false),
        }
    }
}
