//! The state: electors with their clocks, the record of the lease, and the resource they act on.

use seatrial_explore::Var;
use serde::{Deserialize, Serialize};

use super::Bounds;
use crate::rules::Rows;

/// What an elector has read of the record, to write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) enum Got {
    Nothing,
    /// The record, which has not changed since (`resourceVersion`), or has.
    Record {
        current: bool,
    },
}

/// An elector. Times are by its own clock and stop being counted where they no longer matter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "each is a variable of its own")]
pub(crate) struct Elector {
    /// It has been told that it leads, and not yet that it stopped.
    pub(crate) leads: bool,
    /// Since it last wrote the record.
    pub(crate) renewed: u8,
    /// It has seen the record as it is now.
    pub(crate) seen: bool,
    /// Since it saw the record change.
    pub(crate) observed: u8,
    pub(crate) got: Got,
    /// The lease under which it leads: later ones have greater numbers.
    pub(crate) token: u8,
    /// It has checked that it leads, and is about to act.
    pub(crate) checked: bool,
    /// It does nothing, while time goes on: a collection of garbage, a stopped machine.
    pub(crate) paused: bool,
}

impl Elector {
    /// An elector that has just been started.
    pub(crate) const STARTED: Self = Self {
        leads: false,
        renewed: 0,
        seen: false,
        observed: 0,
        got: Got::Nothing,
        token: 0,
        checked: false,
        paused: false,
    };
}

/// A holder that has crashed.
pub(crate) const GONE: u8 = u8::MAX;

/// The record that electors compete for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) holder: Option<u8>,
    /// Grows with each change of the holder (`leaseTransitions`).
    pub(crate) token: u8,
}

/// What leaders act on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Resource {
    /// The latest lease under which anybody acted.
    pub(crate) token: u8,
    /// Somebody acted under an earlier lease after that.
    pub(crate) stale: bool,
}

/// How often what may happen yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Budgets {
    pub(crate) pauses: u8,
    pub(crate) crashes: u8,
    pub(crate) releases: u8,
}

/// A state.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct State {
    pub(crate) electors: Var<0, Rows<Elector>>,
    pub(crate) record: Var<1, Record>,
    pub(crate) resource: Var<2, Resource>,
    /// Whether a clock of half the rate ticks next time.
    pub(crate) half: Var<3, bool>,
    pub(crate) budgets: Var<4, Budgets>,
}

impl State {
    pub(crate) fn initial(bounds: Bounds) -> Self {
        Self {
            electors: Var::new(Rows::new(bounds.electors, Elector::STARTED)),
            record: Var::new(Record { holder: None, token: 0 }),
            resource: Var::new(Resource { token: 0, stale: false }),
            half: Var::new(false),
            budgets: Var::new(bounds.budgets),
        }
    }

    /// Numbers the leases anew from 0 in their order: only the order means anything.
    pub(crate) fn renumber(&mut self) {
        let electors = self.electors.iter().map(|elector| elector.token);
        let mut all: Vec<u8> = electors.chain([self.record.token, self.resource.token]).collect();
        all.sort_unstable();
        all.dedup();
        let rank = |token: u8| {
            let earlier = all.iter().filter(|other| **other < token).count();
            u8::try_from(earlier).unwrap_or(u8::MAX)
        };
        self.electors.iter_mut().for_each(|elector| elector.token = rank(elector.token));
        self.record.token = rank(self.record.token);
        self.resource.token = rank(self.resource.token);
    }
}
