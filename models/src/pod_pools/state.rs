//! The state: requests, and pods from their creation to their end.

use seatrial_explore::Var;
use serde::{Deserialize, Serialize};

use super::Bounds;
use crate::rules::Rows;

/// How far a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) enum Request {
    /// Not there; it comes again.
    Absent,
    Waiting,
    /// It has a pod that does not run it yet.
    Assigned,
    Running,
    /// Its pod was killed under it.
    Lost,
}

/// What a pod does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) enum Stage {
    Absent,
    /// In the pool of its runtime, without code.
    Pooled,
    /// Created from scratch for a request.
    Creating,
    /// The code of a function is deployed for a request.
    Deploying,
    /// Its request may start.
    Ready,
    Running,
    /// Kept alive.
    Idle,
    /// Its keep-alive time is over, and no request is assigned to it any more.
    Draining,
}

/// A pod.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Pod {
    pub(crate) stage: Stage,
    pub(crate) runtime: u8,
    /// The function whose code it has.
    pub(crate) code: Option<u8>,
    /// The first function that it had.
    pub(crate) first: Option<u8>,
    pub(crate) request: Option<u8>,
    /// Its timer has fired and it will be killed, though nobody was told: a fault.
    pub(crate) doomed: bool,
}

impl Pod {
    pub(crate) const ABSENT: Self = Self {
        stage: Stage::Absent,
        runtime: 0,
        code: None,
        first: None,
        request: None,
        doomed: false,
    };

    /// Whether it is kept for a function.
    pub(crate) fn is_warm_for(&self, function: u8) -> bool {
        self.stage == Stage::Idle && self.code == Some(function)
    }
}

/// A state.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct State {
    pub(crate) requests: Var<0, Rows<Request>>,
    pub(crate) pods: Var<1, Rows<Pod>>,
    /// The requests that wait, in the order of their arrival.
    pub(crate) queue: Var<2, Vec<u8>>,
    /// Deployments that still fail.
    pub(crate) failures: Var<3, u8>,
}

impl State {
    /// No requests and no pods; there is one place more than the quota allows.
    pub(crate) fn initial(bounds: Bounds) -> Self {
        Self {
            requests: Var::new(Rows::new(bounds.requests, Request::Absent)),
            pods: Var::new(Rows::new(bounds.quota + 1, Pod::ABSENT)),
            queue: Var::new(Vec::new()),
            failures: Var::new(bounds.failures),
        }
    }
}
