use crate::rules::testing::{holds, refines, stories, with};

#[test]
fn the_claims_hold() {
    holds("live-migration", &with(&[("attempts", 1)]), 2_605);
    holds("live-migration", &with(&[]), 15_888);
}

/// A commit is where the request moves: the coarse grain shows all that stages and calls show.
#[test]
fn one_step_shows_what_stages_and_calls_show() {
    refines("live-migration", "atomic", &[]);
}

#[test]
fn each_fault_has_its_story() {
    let one = &[("attempts", 1)][..];
    stories(
        "live-migration",
        &[
            ("as-read", one, "NeverLost", 8),
            ("commit-timeout", one, "AtMostOneLive", 11),
            ("lost-when-preempted", one, "NeverLost", 8),
            ("unchecked-calls", one, "LiveHasItsBlocks", 11),
            ("free-after-commit", one, "AtMostOneLive", 11),
            ("hasty-watch-loop", one, "LiveHasItsBlocks", 11),
            ("untagged", &[], "CacheComplete", 15),
            ("double-free", one, "BlocksConserved", 6),
            ("skips-last-blocks", one, "LiveHasItsBlocks", 12),
            ("resumes-after-crash", one, "TokensMonotone", 15),
            ("deaf-to-crashes", one, "MigrationsEnd", 5),
            ("no-watch-loop", one, "BlocksReturn", 6),
        ],
    );
}
