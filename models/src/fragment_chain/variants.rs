//! The faults that must be found.

use seatrial_explore::Variant;

use crate::rules::variant;

/// All variants; the first is what is claimed.
pub(super) fn all() -> Vec<Variant> {
    let mut all = vec![variant("keyed", "headers and hashes are made with a key, in order", &[])];
    all.extend(of_chain());
    all.extend(of_buffers());
    all.extend(of_score());
    all
}

/// What is wrong with what is verified.
fn of_chain() -> Vec<Variant> {
    vec![
        variant(
            "no-chain",
            "RFC 4944 as it stands: any fragment of the tag is kept",
            &["OnlyVerifiedHeld", "ReassembledIsSent"],
        ),
        variant(
            "public-chain",
            "whoever heard a fragment can make the hash of another one that follows it",
            &["OnlyVerifiedHeld", "ReassembledIsSent"],
        ),
        variant(
            "open-header",
            "anybody can begin a chain: the first FRAG1 of a tag is taken",
            &["OnlyVerifiedHeld", "ForgedNeverDisplaces", "ReassembledIsSent"],
        ),
        variant(
            "tag-wraps",
            "a tag is used again while fragments that bear it are under way, and says alone how old they are",
            &["SentNotPenalised", "ReassembledIsSent"],
        ),
    ]
}

/// What is wrong with buffers.
fn of_buffers() -> Vec<Variant> {
    vec![
        variant(
            "discards-buffer",
            "a fragment that does not fit discards what was collected",
            &["ForgedNeverDisplaces"],
        ),
        variant(
            "evicts-oldest",
            "a header that finds no buffer takes the oldest",
            &["ForgedNeverDisplaces"],
        ),
        variant("unbounded", "a header that finds no buffer gets another", &["BuffersBounded"]),
        variant(
            "keeps-buffer",
            "a buffer that is never completed is not freed after a time",
            &["BuffersReturn", "DatagramsArrive"],
        ),
    ]
}

/// What is wrong with the score, and what no receiver of this kind can do.
fn of_score() -> Vec<Variant> {
    vec![
        variant(
            "penalises-disorder",
            "a fragment that comes before its turn counts as tampered with",
            &["SentNotPenalised"],
        ),
        variant(
            "starves-disorder",
            "the same, and a score rises with datagrams that arrive, and not with time",
            &["SentNotPenalised", "ScoreRecovers", "DatagramsArrive"],
        ),
        variant(
            "penalises-loss",
            "a datagram that is not completed counts against its source",
            &["SentNotPenalised"],
        ),
        variant(
            "never-recovers",
            "a score rises with datagrams that arrive, and not with time",
            &["ScoreRecovers", "DatagramsArrive"],
        ),
        variant("unordered", "the network may overtake fragments for ever", &["DatagramsArrive"]),
    ]
}
