use crate::rules::testing::{holds, refines, stories, with};

const THREE: &[(&str, u64)] =
    &[("requests", 3), ("error", 1), ("chunks", 1), ("losses", 0), ("duplicates", 0)];

#[test]
fn the_claims_hold() {
    holds("prefill-decode", &with(&[]), 34_526);
    holds("prefill-decode", &with(THREE), 12_940);
}

/// A cache may be transferred in one step, whatever the network does to its chunks.
#[test]
fn one_step_shows_what_chunks_show() {
    refines("prefill-decode", "atomic", &[]);
    refines("prefill-decode", "atomic", THREE);
}

#[test]
fn each_fault_has_its_story() {
    let calm = &[("decode", 2), ("losses", 0), ("duplicates", 0), ("crashes", 0)][..];
    stories(
        "prefill-decode",
        &[
            ("current-load", &[], "OverloadBounded", 5),
            ("stale-load", &[], "OverloadBounded", 5),
            ("double-count", calm, "NoNeedlessReject", 6),
            ("frees-before-ack", &[], "CacheKept", 7),
            ("eager-decode", &[], "DecodeAfterFullCache", 8),
            ("evicts-referenced", &[], "ReferencedNotEvicted", 5),
            ("decodes-again", &[], "EndsOnce", 13),
            ("sends-once", &[], "AcceptedServed", 9),
        ],
    );
}
