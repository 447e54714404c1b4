//! `ZooKeeper` in the catalogue.

use super::variants::{MASKS, MUTANTS, RELEASES};
use super::{Bounds, BroadcastGrain, Code, ElectionGrain, Grains, SynchronizationGrain, ZooKeeper};
use seatrial_explore::{
    BASELINE, BoundChoice, Choice, Composition, Configuration, Description, Family, Instance,
    Module, Refusal, Variant,
};

/// The protocol with all its choices.
#[derive(Clone, Copy, Debug)]
pub struct ZooKeeperFamily;

const COARSE: &str = "coarse";
const JOINING: &str = "joining";
const FINE_ATOMIC: &str = "fine-atomic";
const FINE_CONCURRENT: &str = "fine-concurrent";
const COMMITTED_LOG: &str = "committed-log";

const fn choice(name: &'static str, summary: &'static str) -> Choice {
    Choice { name, summary }
}

#[rustfmt::skip]
fn modules() -> Vec<Module> {
    let module = |name, grains: &[Choice], paths| Module { name, grains: grains.to_vec(), paths };
    vec![
        module("election", &[
            choice(COARSE, "a quorum elects its leader and agrees on an epoch in one step"),
            choice(JOINING, "the same, and a server that comes late joins the leader in one step"),
            choice(BASELINE, "fast leader election, message by message"),
        ], &["models/src/zookeeper/election"]),
        module("discovery", &[
            choice(COARSE, "in one step with the election"),
            choice(JOINING, "in one step with the election, or with a late server's joining"),
            choice(BASELINE, "the leader learns the epochs of a quorum, message by message"),
        ], &["models/src/zookeeper/discovery.rs"]),
        module("synchronization", &[
            choice(BASELINE, "a follower processes NEWLEADER in one step"),
            choice(FINE_ATOMIC, "it updates its epoch in a step of its own"),
            choice(FINE_CONCURRENT, "its threads log and commit in steps of their own"),
            choice(COMMITTED_LOG, "the same, and the leader sends its learners what it has in memory"),
        ], &["models/src/zookeeper/synchronization.rs", "models/src/zookeeper/newleader.rs",
             "models/src/zookeeper/threads.rs", "models/src/zookeeper/memory_log.rs"]),
        module("broadcast", &[
            choice(BASELINE, "a follower logs and commits as soon as it is told to"),
            choice(FINE_CONCURRENT, "its threads do"),
        ], &["models/src/zookeeper/broadcast.rs"]),
        module("faults", &[choice(BASELINE, "crashes and partitions")],
            &["models/src/zookeeper/faults.rs", "models/src/zookeeper/recorder.rs"]),
        module("network", &[choice(BASELINE, "messages that nothing processes")], &[]),
    ]
}

#[rustfmt::skip]
fn compositions() -> Vec<Composition> {
    let composition = |name, summary, grains: &[_]| Composition { name, summary, grains: grains.to_vec() };
    let coarse = [("election", COARSE), ("discovery", COARSE)];
    let [election, discovery] = coarse;
    let concurrent = [("synchronization", FINE_CONCURRENT), ("broadcast", FINE_CONCURRENT)];
    let [synchronization, broadcast] = concurrent;
    vec![
        composition("system", "every module at its baseline", &[]),
        composition("mspec-1", "election and discovery in one step", &coarse),
        composition("mspec-2", "and the update of the epoch in a step of its own",
            &[election, discovery, ("synchronization", FINE_ATOMIC)]),
        composition("mspec-3", "and the threads of a follower",
            &[election, discovery, synchronization, broadcast]),
        composition("mspec-4", "the threads of a follower, with election and discovery in full", &concurrent),
    ]
}

#[rustfmt::skip]
fn bounds() -> Vec<BoundChoice> {
    let bound = |name, summary, default, (min, max)| BoundChoice { name, summary, default, min, max };
    vec![
        bound("servers", "servers", 3, (2, 3)),
        bound("timeouts", "faults that hit a server which serves", 6, (0, 100)),
        bound("txns", "transactions in the longest history; a running cluster begins with two", 2, (0, 20)),
        bound("epochs", "epochs, of the discovery at its baseline", 10, (0, 10)),
        bound("crashes", "crashes", 2, (0, 100)),
        bound("partitions", "partitions", 2, (0, 100)),
        bound("spaced-faults", "1: a server fails again only after an election, as published; 0: at any time", 1, (0, 1)),
        bound("running", "1: begin in a cluster that serves, as the mixed-grained specifications; 0: in one that knows nothing", 1, (0, 1)),
    ]
}

impl Family for ZooKeeperFamily {
    fn description(&self) -> Description {
        let variant = |&(name, summary, _): &(_, _, Code)| Variant { name, summary, breaks: &[] };
        let mutants =
            MUTANTS.iter().map(|&(name, _, summary)| Variant { name, summary, breaks: &[] });
        let mask = |&(name, summary, _): &(_, _, Code)| choice(name, summary);
        Description {
            name: "zookeeper",
            summary: "the replication of ZooKeeper as its code has it, at mixed granularity",
            modules: modules(),
            merged: &[&["election", "discovery"]],
            paths: &["models/src/zookeeper/", "models/src/per_server.rs"],
            compositions: compositions(),
            variants: RELEASES.iter().map(variant).chain(mutants).collect(),
            masks: MASKS.iter().map(mask).collect(),
            bounds: bounds(),
        }
    }

    fn instance(&self, configuration: &Configuration) -> Result<Box<dyn Instance>, Refusal> {
        let limits = Bounds {
            timeouts: configuration.small_bound("timeouts"),
            txns: configuration.small_bound("txns"),
            epochs: configuration.small_bound("epochs"),
            crashes: configuration.small_bound("crashes"),
            partitions: configuration.small_bound("partitions"),
            spaced_faults: configuration.bound("spaced-faults") == 1,
            running: configuration.bound("running") == 1,
        };
        let grains = grains(configuration)?;
        let name = configuration.variant();
        let mutant = MUTANTS.iter().find(|mutant| mutant.0 == name).map(|mutant| mutant.1);
        // A mutant is one of the code with all fixes.
        let base = if mutant.is_some() { "fixed" } else { name };
        let release = RELEASES.iter().find(|release| release.0 == base);
        let masked = MASKS.iter().filter(|mask| configuration.masks(mask.0));
        let code = release.map_or(Code::default(), |release| release.2);
        let code = masked.fold(code, |code, mask| code.and(mask.2));
        Ok(match configuration.bound("servers") {
            2 => Box::new(ZooKeeper::<2>::new(limits, grains, code, mutant)),
            3 => Box::new(ZooKeeper::<3>::new(limits, grains, code, mutant)),
            servers => {
                return Err(Refusal::new(format!("there is no model with {servers} servers")));
            }
        })
    }
}

/// The grains that a configuration names. One action stands for election and discovery where they
/// are coarse.
fn grains(configuration: &Configuration) -> Result<Grains, Refusal> {
    let election = match (configuration.grain("election"), configuration.grain("discovery")) {
        (COARSE, COARSE) => ElectionGrain::Coarse,
        (JOINING, JOINING) => ElectionGrain::Joining,
        (BASELINE, BASELINE) => ElectionGrain::Baseline,
        _ => {
            return Err(Refusal::new(
                "a coarse grain of `election` and `discovery` is one action: both have the same grain",
            ));
        }
    };
    let synchronization = match configuration.grain("synchronization") {
        FINE_ATOMIC => SynchronizationGrain::FineAtomic,
        FINE_CONCURRENT => SynchronizationGrain::FineConcurrent,
        COMMITTED_LOG => SynchronizationGrain::CommittedLog,
        _ => SynchronizationGrain::Baseline,
    };
    let broadcast = match configuration.grain("broadcast") {
        FINE_CONCURRENT => BroadcastGrain::FineConcurrent,
        _ => BroadcastGrain::Baseline,
    };
    Ok(Grains { election, synchronization, broadcast })
}
