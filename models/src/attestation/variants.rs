//! The faults that must be found.

use seatrial_explore::Variant;

use crate::rules::variant;

/// All variants; the first is what is claimed.
pub(super) fn all() -> Vec<Variant> {
    let mut all = vec![variant("attested", "quotes are fresh, whole and judged", &[])];
    all.extend(of_quotes());
    all.extend(of_time());
    all
}

/// What is wrong with how quotes are judged.
fn of_quotes() -> Vec<Variant> {
    vec![
        variant(
            "reuses-nonce",
            "the verifier asks with the same nonce again, and an earlier quote passes",
            &["QuoteIsFresh", "TrustedWithinPoll"],
        ),
        variant(
            "skips-replay",
            "the list that comes with a quote is not replayed against its PCR",
            &["BadNeverAccepted", "TrustedWithinPoll"],
        ),
        variant(
            "keeps-offset",
            "after a reboot the list is judged from the entry that came next before it",
            &["BadNeverAccepted", "TrustedWithinPoll"],
        ),
        variant(
            "keeps-running-hash",
            "after a reboot the list is replayed onto the hash from before it",
            &["HealthyNotRevoked"],
        ),
        variant(
            "judges-garbled",
            "what a node sends that restarts while it is asked counts as an invalid quote (keylime/keylime#656)",
            &["HealthyNotRevoked"],
        ),
        variant(
            "cached-hash",
            "a file that was measured is not measured again after an attacker has changed it",
            &["TrustedWithinPoll", "CompromiseFound"],
        ),
    ]
}

/// What is wrong with when something is done, and for how long.
fn of_time() -> Vec<Variant> {
    vec![
        variant(
            "stops-polling",
            "an answer that cannot be read ends the polling of an agent, which stays trusted (CVE-2022-3500)",
            &["TrustedWithinPoll", "CompromiseFound"],
        ),
        variant(
            "endless-retries",
            "an agent that does not answer is asked again for ever",
            &["TrustedWithinPoll", "CompromiseFound"],
        ),
        variant(
            "slow-clock",
            "the clock of the verifier has half the rate",
            &["TrustedWithinPoll", "StartsWithinWindow"],
        ),
        variant(
            "reactivates-failed",
            "a verifier that restarts goes on with failed agents",
            &["RevokedStaysRevoked"],
        ),
        variant(
            "node-name",
            "pods that name their node are bound without the scheduler (coreos/kubernetes#58)",
            &["StartsWithinWindow"],
        ),
        variant(
            "no-window",
            "no pod is to start on a node on which something bad has run, however short ago",
            &["StartsWithinWindow"],
        ),
        variant("smaller-window", "the window is to be one tick shorter", &["StartsWithinWindow"]),
        variant(
            "no-schedule",
            "the taint keeps pods from being bound, and does not evict",
            &["PodsEvicted"],
        ),
    ]
}
