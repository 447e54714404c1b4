use crate::rules::testing::{holds, refines, stories, with};

const SINGLE: &[(&str, u64)] =
    &[("experts", 1), ("replicas", 2), ("crashes", 2), ("suspicions", 1), ("timeouts", 2)];
const MOVED: &[(&str, u64)] = &[("replicas", 1), ("losses", 0), ("crashes", 1), ("moves", 1)];

#[test]
fn the_claims_hold() {
    holds("expert-service", &with(SINGLE), 28_915);
    holds("expert-service", &with(MOVED), 10_386);
    holds("expert-service", &with(&[]), 145_793);
}

/// An expert may answer in one step, whatever happens to calls and servers.
#[test]
fn one_step_shows_what_calls_show() {
    refines("expert-service", "atomic", SINGLE);
    refines("expert-service", "atomic", MOVED);
}

#[test]
fn each_fault_has_its_story() {
    let one = &[("experts", 1), ("replicas", 1), ("losses", 0), ("crashes", 1)][..];
    let two = &[("experts", 1), ("replicas", 2), ("losses", 0), ("crashes", 0)][..];
    stories(
        "expert-service",
        &[
            ("untagged-retry", two, "CombinesOnce", 9),
            ("reuses-slot", two, "LateNeverLands", 11),
            ("serves-any", MOVED, "RightExpert", 6),
            ("bills-attempts", two, "BilledOnce", 7),
            ("passes-early", &[], "BarrierComplete", 6),
            ("gives-up", two, "NoNeedlessError", 5),
            ("waits-on-removed", one, "LayersEnd", 5),
            ("never-delists", one, "LayersEnd", 8),
        ],
    );
}
