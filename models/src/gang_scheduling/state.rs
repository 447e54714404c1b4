//! The state: clients, their gangs, the schedulers of the islands, and the queues of the devices.

use seatrial_explore::Var;
use serde::{Deserialize, Serialize};

use super::Bounds;
use crate::rules::Rows;

/// A client.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Client {
    pub(crate) submitted: u8,
    pub(crate) up: bool,
}

/// How far a gang is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) enum Stage {
    New,
    Submitted,
    Running,
    Finished,
}

/// Which devices a gang needs: those of all islands, or of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) enum Span {
    All,
    Island(u8),
}

/// A computation that runs on all its devices at once, or not at all.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Gang {
    pub(crate) span: Span,
    pub(crate) stage: Stage,
    /// How often it ran.
    pub(crate) runs: u8,
    /// Its client has asked to free its buffers, and they are not free yet.
    pub(crate) releasing: bool,
    /// The collector has freed its buffers.
    pub(crate) collected: bool,
    /// How often its buffers were freed.
    pub(crate) freed: u8,
}

/// The scheduler of an island.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Island {
    /// The order of its gangs: durable.
    pub(crate) order: Vec<u8>,
    /// To which place of the order each of its devices was told: lost by a restart.
    pub(crate) sent: Rows<u8>,
}

/// A device: it runs what is at the head of its queue, and is never preempted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Device {
    pub(crate) queue: Vec<u8>,
    /// Places of the island's order that it has seen.
    pub(crate) taken: u8,
}

/// A call under way that enqueues a gang on a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Call {
    pub(crate) device: u8,
    pub(crate) place: u8,
    pub(crate) gang: u8,
}

/// A state.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct State {
    pub(crate) clients: Var<0, Rows<Client>>,
    pub(crate) gangs: Var<1, Rows<Gang>>,
    /// The order of the gangs that span islands.
    pub(crate) sequence: Var<2, Vec<u8>>,
    pub(crate) islands: Var<3, Rows<Island>>,
    pub(crate) devices: Var<4, Rows<Device>>,
    pub(crate) calls: Var<5, Vec<Call>>,
    pub(crate) crashes: Var<6, u8>,
    pub(crate) restarts: Var<7, u8>,
}

impl State {
    pub(crate) fn initial(bounds: Bounds) -> Self {
        let gang = Gang {
            span: Span::All,
            stage: Stage::New,
            runs: 0,
            releasing: false,
            collected: false,
            freed: 0,
        };
        let island = Island { order: Vec::new(), sent: Rows::new(bounds.devices, 0) };
        let device = Device { queue: Vec::new(), taken: 0 };
        Self {
            clients: Var::new(Rows::new(bounds.clients, Client { submitted: 0, up: true })),
            gangs: Var::new(Rows::new(bounds.clients * bounds.programs, gang)),
            sequence: Var::new(Vec::new()),
            islands: Var::new(Rows::new(bounds.islands, island)),
            devices: Var::new(Rows::new(bounds.islands * bounds.devices, device)),
            calls: Var::new(Vec::new()),
            crashes: Var::new(bounds.crashes),
            restarts: Var::new(bounds.restarts),
        }
    }
}

impl Gang {
    /// Whether it needs the devices of an island.
    pub(crate) fn spans(&self, island: u8) -> bool {
        self.span == Span::All || self.span == Span::Island(island)
    }

    /// Whether it was submitted and has not finished.
    pub(crate) const fn is_open(&self) -> bool {
        matches!(self.stage, Stage::Submitted | Stage::Running)
    }
}
