//! Gang scheduling of computations on accelerators that are never preempted.
//!
//! After Pathways (arXiv 2203.12533): clients submit computations that must run on all their
//! devices at once; the scheduler of an island enqueues them in one order on all of its devices,
//! since two devices that disagree wait for each other for ever. The README says what is modelled.

mod claims;
mod clients;
mod dispatch;
mod state;
#[cfg(test)]
mod tests;

use seatrial_explore::{BASELINE, Composition, Configuration, Description, Property, Variant};
use serde_json::{Value, json};

use crate::rules::{Machine, Ruled, bound, module, plain, variant};
use state::{Gang, State};

type Rule = crate::rules::Rule<GangScheduling>;

/// How much there is of what.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    clients: u8,
    /// Gangs of a client.
    programs: u8,
    islands: u8,
    /// Devices of an island.
    devices: u8,
    /// Clients that crash.
    crashes: u8,
    /// Restarts of schedulers.
    restarts: u8,
}

/// The protocol as configured.
#[derive(Debug)]
pub(crate) struct GangScheduling {
    bounds: Bounds,
    fine: bool,
    variant: &'static str,
}

impl GangScheduling {
    /// Whether the fault of this name is in the code that is modelled.
    fn has(&self, fault: &str) -> bool {
        self.variant == fault
    }

    /// The devices that a gang needs.
    fn devices_of(&self, gang: &Gang) -> impl Iterator<Item = u8> + use<> {
        let each = self.bounds.devices;
        let gang = gang.clone();
        let islands = (0..self.bounds.islands).filter(move |island| gang.spans(*island));
        islands.flat_map(move |island| island * each..(island + 1) * each)
    }
}

impl Ruled for GangScheduling {
    type State = State;
    const VARIABLES: &'static [&'static str] =
        &["clients", "gangs", "sequence", "islands", "devices", "calls", "crashes", "restarts"];

    fn description() -> Description {
        Description {
            name: "gang-scheduling",
            summary: "computations run on all their accelerators at once, in one order on each",
            modules: vec![
                plain("clients", "clients submit gangs, free what they made, and crash"),
                module(
                    "dispatch",
                    &[
                        ("coarse", "a gang gets into all its queues in one step"),
                        (BASELINE, "an order for each island, and a call for each device"),
                    ],
                ),
                plain("devices", "devices run what is at the head of all queues concerned"),
                plain("buffers", "buffers are freed by their clients, or collected"),
            ],
            merged: &[],
            paths: &["models/src/gang_scheduling/", "models/src/rules/"],
            compositions: vec![Composition {
                name: "atomic",
                summary: "gangs are enqueued in one step, for work on clients and buffers",
                grains: vec![("dispatch", "coarse")],
            }],
            variants: variants(),
            masks: vec![],
            bounds: vec![
                bound("clients", "clients", (2, 1, 3)),
                bound("programs", "gangs of a client", (1, 1, 2)),
                bound("islands", "islands, each with a scheduler", (2, 1, 2)),
                bound("devices", "devices of an island", (1, 1, 2)),
                bound("crashes", "clients that crash", (1, 0, 2)),
                bound("restarts", "restarts of schedulers", (1, 0, 2)),
            ],
        }
    }

    fn configured(configuration: &Configuration) -> Self {
        let bound = |name| configuration.small_bound(name);
        let bounds = Bounds {
            clients: bound("clients"),
            programs: bound("programs"),
            islands: bound("islands"),
            devices: bound("devices"),
            crashes: bound("crashes"),
            restarts: bound("restarts"),
        };
        let fine = configuration.grain("dispatch") == BASELINE;
        Self { bounds, fine, variant: configuration.variant() }
    }

    fn initial(&self) -> Vec<State> {
        vec![State::initial(self.bounds)]
    }

    fn rules(&self) -> Vec<Rule> {
        let mut rules = clients::clients(self);
        rules.extend(match () {
            () if !self.fine => dispatch::coarse(self),
            () if self.has("direct-enqueue") => dispatch::direct(),
            () => dispatch::fine(self),
        });
        rules.extend(clients::devices(self));
        rules
    }

    fn claims() -> Vec<Property<Machine<Self>>> {
        claims::all()
    }

    /// How far each gang is, and whether its buffers are free.
    fn observation(&self, s: &State) -> Option<Value> {
        let gangs = s.gangs.peek().iter();
        Some(gangs.map(|gang| json!([gang.span, gang.stage, gang.freed])).collect())
    }
}

/// All variants; the first is what is claimed.
fn variants() -> Vec<Variant> {
    vec![
        variant("ordered", "one scheduler an island, one order for gangs that span islands", &[]),
        variant(
            "direct-enqueue",
            "clients enqueue on the devices themselves",
            &["OrderAgrees", "AllOrNone", "GangsFinish"],
        ),
        variant(
            "no-global-order",
            "each island orders the gangs that span islands by itself",
            &["OrderAgrees", "GangsFinish"],
        ),
        variant(
            "reordered-calls",
            "devices enqueue in the order in which calls arrive",
            &["OrderAgrees", "GangsFinish"],
        ),
        variant(
            "enqueues-again",
            "devices enqueue once more what a restarted scheduler tells them once more",
            &["RunsOnce"],
        ),
        variant(
            "forgets-on-restart",
            "a restarted scheduler takes what one device was told as told to all",
            &["AllOrNone", "GangsFinish"],
        ),
        variant(
            "collects-blindly",
            "the collector frees what a client released before it crashed",
            &["FreedOnce"],
        ),
        variant(
            "never-collects",
            "nobody frees the buffers of clients that crash",
            &["BuffersReturn"],
        ),
    ]
}
