use crate::rules::testing::{holds, refines, stories, with};

const ONE: &[(&str, u64)] = &[("islands", 1), ("devices", 2)];

#[test]
fn the_claims_hold_on_one_island_and_on_two() {
    holds("gang-scheduling", &with(ONE), 18_048);
    holds("gang-scheduling", &with(&[]), 31_532);
}

/// Orders and calls need not be told apart from one step that fills all queues.
#[test]
fn one_step_shows_what_orders_and_calls_show() {
    refines("gang-scheduling", "atomic", ONE);
    refines("gang-scheduling", "atomic", &[]);
}

#[test]
fn each_fault_has_its_story() {
    let steady = &[("islands", 1), ("devices", 2), ("restarts", 0)][..];
    stories(
        "gang-scheduling",
        &[
            ("direct-enqueue", ONE, "OrderAgrees", 7),
            ("no-global-order", &[], "OrderAgrees", 15),
            ("reordered-calls", steady, "OrderAgrees", 15),
            ("enqueues-again", ONE, "RunsOnce", 9),
            ("forgets-on-restart", ONE, "AllOrNone", 7),
            ("collects-blindly", ONE, "FreedOnce", 14),
            ("never-collects", ONE, "BuffersReturn", 11),
        ],
    );
}
