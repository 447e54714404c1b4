//! The state: machines on hosts, their moves, and the plan.

use seatrial_explore::Var;
use serde::{Deserialize, Serialize};

use super::{Bounds, CAPACITY};
use crate::rules::Rows;

/// How far the move of a virtual machine is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) enum Move {
    None,
    /// Its memory is copied to a host, which keeps room for it.
    Copying(u8),
    /// It runs on the other host; its old one has not cleared away what it left.
    Clearing(u8),
    /// The copy has failed, and the host still keeps room for it: a fault.
    Orphaned(u8),
}

/// A virtual machine.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Machine {
    /// Its host, if it is there.
    pub(crate) host: Option<u8>,
    pub(crate) step: Move,
}

/// How far a plan is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) enum Phase {
    Idle,
    Planning,
    Executing,
    Done,
}

/// The plan.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Plan {
    pub(crate) phase: Phase,
    /// Where the machines are once the plan is carried out, as the planner sees it.
    pub(crate) planned: Vec<Option<u8>>,
    /// The migrations that are still to be started: machine and host.
    pub(crate) moves: Vec<(u8, u8)>,
    /// The fragments of the snapshot.
    pub(crate) before: u8,
    /// Migrations that the executor knows to have started.
    pub(crate) counted: u8,
    /// Migrations that were started.
    pub(crate) started: u8,
    /// Something came between plan and execution.
    pub(crate) disturbed: bool,
}

/// What may still happen meanwhile.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Environment {
    pub(crate) changes: u8,
    pub(crate) crashes: u8,
}

/// A state.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct State {
    pub(crate) machines: Var<0, Rows<Machine>>,
    pub(crate) plan: Var<1, Plan>,
    pub(crate) environment: Var<2, Environment>,
    /// Copies that still fail.
    pub(crate) failures: Var<3, u8>,
}

impl State {
    /// Every placement of the machines that fits; the last machine may be absent.
    pub(crate) fn initial(bounds: Bounds) -> Vec<Self> {
        let hosts = u32::from(bounds.hosts);
        let number = hosts.pow(u32::from(bounds.machines));
        let placements = (0..number).map(|number| {
            let host = |at| u8::try_from(number / hosts.pow(at) % hosts).ok();
            (0..u32::from(bounds.machines)).map(host).collect::<Vec<_>>()
        });
        let fits = |placement: &Vec<Option<u8>>| {
            (0..bounds.hosts).all(|host| load(placement, host) <= CAPACITY)
        };
        let mut fitting: Vec<_> = placements.filter(fits).collect();
        for mut placement in fitting.clone() {
            placement.pop();
            placement.push(None);
            fitting.push(placement);
        }
        fitting.sort_unstable();
        fitting.dedup();
        fitting.iter().map(|placement| Self::of(bounds, placement)).collect()
    }

    fn of(bounds: Bounds, placement: &[Option<u8>]) -> Self {
        let mut machines = Rows::new(bounds.machines, Machine { host: None, step: Move::None });
        for (machine, host) in machines.iter_mut().zip(placement) {
            machine.host = *host;
        }
        Self {
            machines: Var::new(machines),
            plan: Var::new(Plan {
                phase: Phase::Idle,
                planned: Vec::new(),
                moves: Vec::new(),
                before: 0,
                counted: 0,
                started: 0,
                disturbed: false,
            }),
            environment: Var::new(Environment { changes: bounds.changes, crashes: bounds.crashes }),
            failures: Var::new(bounds.failures),
        }
    }

    /// Where the machines are.
    pub(crate) fn placement(&self) -> Vec<Option<u8>> {
        self.machines.iter().map(|machine| machine.host).collect()
    }

    /// Whether nothing moves.
    pub(crate) fn rests(&self) -> bool {
        self.machines.iter().all(|machine| machine.step == Move::None)
    }
}

/// The machines on a host.
pub(crate) fn load(placement: &[Option<u8>], host: u8) -> u8 {
    let here = placement.iter().filter(|other| **other == Some(host)).count();
    u8::try_from(here).unwrap_or(u8::MAX)
}

/// The fragments: hosts with room for one machine, which is too little for a large one.
pub(crate) fn fragments(placement: &[Option<u8>], hosts: u8) -> u8 {
    let split = (0..hosts).filter(|host| load(placement, *host) == CAPACITY - 1).count();
    u8::try_from(split).unwrap_or(u8::MAX)
}
