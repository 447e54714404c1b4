//! Zab in the catalogue.

use super::{Bounds, ElectionGrain, Mutant, Zab};
use seatrial_explore::{
    BASELINE, BoundChoice, Choice, Composition, Configuration, Description, Family, Instance,
    Module, Refusal, Variant,
};

/// Zab with all its choices.
#[derive(Clone, Copy, Debug)]
pub struct ZabFamily;

/// The mutants: name, fault, what it is, the invariants that it breaks.
pub(super) const MUTANTS: [(&str, Mutant, &str, &[&str]); 6] = [
    (
        "half-quorum",
        Mutant::HalfQuorum,
        "any half of the servers counts as a quorum",
        &["DuringActionCheck", "Leadership1"],
    ),
    (
        "epoch-not-incremented",
        Mutant::EpochNotIncremented,
        "a leader takes over the highest accepted epoch instead of the next one",
        &["Leadership2"],
    ),
    (
        "least-recent-history",
        Mutant::LeastRecentHistory,
        "a leader starts from the least recent history of its quorum",
        &["Agreement"],
    ),
    (
        "history-reversed",
        Mutant::HistoryReversed,
        "a follower writes the initial history in the reverse order",
        &["TotalOrder", "LocalPrimaryOrder", "GlobalPrimaryOrder"],
    ),
    (
        "proposal-corrupted",
        Mutant::ProposalCorrupted,
        "a follower writes another value than was proposed",
        &["PrefixConsistency", "Integrity"],
    ),
    (
        "leader-commits-late",
        Mutant::LeaderCommitsLate,
        "a leader has its followers commit the initial history before it does so itself",
        &["PrimaryIntegrity"],
    ),
];

/// The most timeouts, and the most restarts. A restart counts as a timeout too, so that the
/// counter of timeouts, a byte, must hold both.
const MOST_FAULTS: u64 = (u8::MAX / 2) as u64;

/// The most epochs, and the longest history: all leaders' requests in all epochs, which are counted
/// in two bytes, are fewer than the product of both and the servers.
const MOST_EPOCHS: u64 = 100;
const MOST_TXNS: u64 = 100;

fn module(name: &'static str, path: &'static [&'static str]) -> Module {
    let baseline = Choice { name: BASELINE, summary: "as in the specification" };
    Module { name, grains: vec![baseline], paths: path }
}

fn bound(
    name: &'static str,
    summary: &'static str,
    default: u64,
    (min, max): (u64, u64),
) -> BoundChoice {
    BoundChoice { name, summary, default, min, max }
}

impl Family for ZabFamily {
    fn description(&self) -> Description {
        let coarse = Choice {
            name: "coarse",
            summary: "a quorum has its leader and follows it in one step",
        };
        let mut election = module("election", &["models/src/zab/election.rs"]);
        election.grains.insert(0, coarse);
        let published =
            Variant { name: "published", summary: "the published specification", breaks: &[] };
        let mutants =
            MUTANTS.iter().map(|&(name, _, summary, breaks)| Variant { name, summary, breaks });
        Description {
            name: "zab",
            summary: "the atomic broadcast of ZooKeeper, as its published abstract specification has it",
            modules: vec![
                election,
                module("discovery", &["models/src/zab/discovery.rs"]),
                module("synchronization", &["models/src/zab/synchronization.rs"]),
                module("broadcast", &["models/src/zab/broadcast.rs"]),
                module("faults", &["models/src/zab/faults.rs"]),
                module("network", &[]),
            ],
            merged: &[],
            paths: &["models/src/zab/", "models/src/per_server.rs"],
            compositions: vec![Composition {
                name: "coarse-election",
                summary: "the election in one step, for work on the later phases",
                grains: vec![("election", "coarse")],
            }],
            variants: std::iter::once(published).chain(mutants).collect(),
            masks: vec![],
            bounds: vec![
                bound("servers", "servers", 2, (1, 5)),
                bound("timeouts", "timeouts, restarts included", 2, (0, MOST_FAULTS)),
                bound("txns", "transactions in the longest history", 2, (0, MOST_TXNS)),
                bound("epochs", "epochs", 3, (0, MOST_EPOCHS)),
                bound("restarts", "restarts", 0, (0, MOST_FAULTS)),
            ],
        }
    }

    fn instance(&self, configuration: &Configuration) -> Result<Box<dyn Instance>, Refusal> {
        let bounds = Bounds {
            timeouts: configuration.small_bound("timeouts"),
            txns: configuration.small_bound("txns"),
            epochs: configuration.small_bound("epochs"),
            restarts: configuration.small_bound("restarts"),
        };
        let election = match configuration.grain("election") {
            "coarse" => ElectionGrain::Coarse,
            _ => ElectionGrain::Baseline,
        };
        let mutant = MUTANTS
            .iter()
            .find(|(name, ..)| *name == configuration.variant())
            .map(|mutant| mutant.1);
        Ok(match configuration.bound("servers") {
            1 => Box::new(Zab::<1>::new(bounds, election, mutant)),
            2 => Box::new(Zab::<2>::new(bounds, election, mutant)),
            3 => Box::new(Zab::<3>::new(bounds, election, mutant)),
            4 => Box::new(Zab::<4>::new(bounds, election, mutant)),
            5 => Box::new(Zab::<5>::new(bounds, election, mutant)),
            servers => {
                return Err(Refusal::new(format!("there is no model with {servers} servers")));
            }
        })
    }
}
