use crate::rules::testing::{Bounds, holds, refines, stories, with};
use seatrial_explore::Selection;

const QUIET: Bounds<'_> = &[("interval", 1), ("losses", 0), ("restarts", 0), ("reactivations", 0)];
const RESTARTED: Bounds<'_> =
    &[("interval", 1), ("losses", 0), ("restarts", 1), ("reactivations", 0)];
const TWO: Bounds<'_> = &[
    ("nodes", 2),
    ("interval", 1),
    ("retries", 0),
    ("executions", 0),
    ("reboots", 0),
    ("losses", 0),
    ("restarts", 0),
    ("reactivations", 0),
];

#[test]
fn the_claims_hold() {
    holds("attestation", &with(QUIET), 11_528);
    holds("attestation", &with(&[]), 356_844);
}

#[test]
fn the_claims_hold_for_two_nodes_in_single_steps() {
    let composition = Some("atomic".to_owned());
    holds("attestation", &Selection { composition, ..with(TWO) }, 7_608);
}

#[test]
fn one_step_shows_what_requests_and_quotes_show() {
    refines("attestation", "atomic", QUIET);
}

#[test]
fn each_fault_has_its_story() {
    stories(
        "attestation",
        &[
            ("reuses-nonce", QUIET, "QuoteIsFresh", 9),
            ("skips-replay", QUIET, "BadNeverAccepted", 5),
            ("keeps-offset", QUIET, "BadNeverAccepted", 11),
            ("keeps-running-hash", QUIET, "HealthyNotRevoked", 10),
            ("judges-garbled", QUIET, "HealthyNotRevoked", 4),
            ("cached-hash", QUIET, "TrustedWithinPoll", 16),
            ("stops-polling", QUIET, "TrustedWithinPoll", 13),
            ("endless-retries", QUIET, "TrustedWithinPoll", 16),
            ("slow-clock", QUIET, "TrustedWithinPoll", 13),
            ("reactivates-failed", RESTARTED, "RevokedStaysRevoked", 10),
            ("node-name", QUIET, "StartsWithinWindow", 13),
            ("no-window", QUIET, "StartsWithinWindow", 11),
            ("smaller-window", QUIET, "StartsWithinWindow", 23),
            ("no-schedule", QUIET, "PodsEvicted", 17),
        ],
    );
}
