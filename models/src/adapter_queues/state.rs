//! The state: requests, the order in which they came, quotas and adapters.

use seatrial_explore::Var;
use serde::{Deserialize, Serialize};

use super::{AdapterQueues, CLASSES};
use crate::rules::Rows;

/// Where a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) enum Phase {
    /// Not there: it has not come, or it is done.
    Absent,
    Queued,
    /// Memory is reserved for it and for its adapter.
    Admitted,
    Running,
}

impl Phase {
    /// Whether it has memory.
    pub(crate) const fn is_admitted(self) -> bool {
        matches!(self, Self::Admitted | Self::Running)
    }
}

/// A request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Request {
    pub(crate) phase: Phase,
    /// The class that was predicted, and so its queue.
    pub(crate) class: u8,
    pub(crate) adapter: u8,
    /// It is one class larger than predicted.
    pub(crate) longer: bool,
    /// How often another of its queue was admitted before it though it came later.
    pub(crate) passed: u8,
    /// It has run already: only a fault puts it back into a queue.
    pub(crate) ran: bool,
}

impl Request {
    pub(crate) const ABSENT: Self =
        Self { phase: Phase::Absent, class: 0, adapter: 0, longer: false, passed: 0, ran: false };

    /// The memory that it takes as predicted: one unit if small, two if large.
    pub(crate) const fn size(self) -> u8 {
        self.class + 1
    }

    /// The memory that it takes in the end.
    pub(crate) fn final_size(self) -> u8 {
        self.size() + u8::from(self.longer)
    }

    /// What it takes of a quota: its adapter counts even if another request has it too.
    pub(crate) const fn weight(self) -> u8 {
        self.size() + weight_of(self.adapter)
    }
}

/// The memory of an adapter by its rank: one unit for the first, two for every other one.
pub(crate) const fn weight_of(adapter: u8) -> u8 {
    if adapter == 0 { 1 } else { 2 }
}

/// Where an adapter is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) enum Adapter {
    Out,
    /// On its way into memory that is reserved for it.
    Loading,
    /// Loading has failed; the memory is still reserved.
    Broken,
    In,
}

/// What may still go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Faults {
    pub(crate) mispredictions: u8,
    pub(crate) failures: u8,
}

/// A state.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct State {
    pub(crate) requests: Var<0, Rows<Request>>,
    /// The requests that wait, in the order in which they came.
    pub(crate) order: Var<1, Vec<u8>>,
    /// The quota of each queue, with what it has lent and was lent.
    pub(crate) quotas: Var<2, Rows<u8>>,
    pub(crate) adapters: Var<3, Rows<Adapter>>,
    pub(crate) faults: Var<4, Faults>,
}

impl State {
    /// The requests of a queue that wait, in order.
    pub(crate) fn queue(&self, class: u8) -> impl Iterator<Item = u8> {
        self.order.iter().copied().filter(move |r| self.requests[*r].class == class)
    }

    /// What the requests of a queue that were admitted take of its quota.
    pub(crate) fn used(&self, class: u8) -> u8 {
        let admitted = self.requests.iter().filter(|r| r.phase.is_admitted() && r.class == class);
        admitted.map(|r| r.weight()).sum()
    }

    /// Whether a request that was admitted needs an adapter.
    pub(crate) fn is_in_use(&self, adapter: u8) -> bool {
        self.requests.iter().any(|r| r.phase.is_admitted() && r.adapter == adapter)
    }

    /// The memory in use, by what requests take in the end, with adapters and their cache.
    pub(crate) fn memory(&self) -> u8 {
        let requests = self.requests.iter().filter(|r| r.phase.is_admitted());
        let adapters = (0..).zip(self.adapters.iter()).filter(|(_, a)| **a != Adapter::Out);
        requests.map(|r| r.final_size()).sum::<u8>()
            + adapters.map(|(a, _)| weight_of(a)).sum::<u8>()
    }
}

impl AdapterQueues {
    pub(super) fn initial_state(&self) -> State {
        let mut quotas = Rows::new(CLASSES, 0);
        for (class, quota) in (0..).zip(quotas.iter_mut()) {
            *quota = self.base(class);
        }
        let faults =
            Faults { mispredictions: self.bounds.mispredictions, failures: self.bounds.failures };
        State {
            requests: Var::new(Rows::new(self.bounds.requests, Request::ABSENT)),
            order: Var::new(Vec::new()),
            quotas: Var::new(quotas),
            adapters: Var::new(Rows::new(self.bounds.adapters, Adapter::Out)),
            faults: Var::new(faults),
        }
    }
}
