use crate::rules::testing::{holds, refines, stories, with};

/// With a third adapter, the cache does not fit beside all that may run.
const THREE: &[(&str, u64)] = &[("adapters", 3), ("mispredictions", 0), ("failures", 0)];

#[test]
fn the_claims_hold() {
    holds("adapter-queues", &with(&[]), 223_453);
    holds("adapter-queues", &with(THREE), 203_606);
}

/// Adapters may be there in one step: what is admitted when is the same.
#[test]
fn one_step_shows_what_loading_shows() {
    refines("adapter-queues", "atomic", &[("requests", 2)]);
    refines("adapter-queues", "atomic", &[("requests", 1), ("adapters", 3)]);
}

#[test]
fn each_fault_has_its_story() {
    let calm = &[("mispredictions", 0), ("failures", 0)][..];
    stories(
        "adapter-queues",
        &[
            ("starving-quota", calm, "RequestsServed", 2),
            ("keeps-lent", calm, "RequestsServed", 3),
            ("lends-under-demand", calm, "RequestsServed", 30),
            ("returns-at-once", calm, "QuotasRespected", 8),
            ("blocked-head", calm, "NoHeadOfLineBlocking", 5),
            ("always-bypasses", calm, "BypassBounded", 11),
            ("evicts-in-use", THREE, "AdapterInUseKept", 13),
            ("caches-beyond", THREE, "MemoryRespected", 11),
            ("trusts-prediction", &[], "MemoryRespected", 13),
            ("preempts", calm, "NeverPreempted", 7),
            ("never-reloads", &[], "RequestsServed", 5),
        ],
    );
}
