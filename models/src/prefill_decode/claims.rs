//! What is claimed.

use seatrial_explore::Property;

use super::PrefillDecode;
use super::state::Phase;
use crate::rules::Machine;

type Claim = crate::rules::Claim<PrefillDecode>;

/// All properties, with the names of the catalogue.
pub(super) fn all() -> Vec<Property<Machine<PrefillDecode>>> {
    let mut all = vec![
        Claim::always(
            (
                "DecodeAfterFullCache",
                "no request is decoded before all of its cache has come",
                &["requests"],
            ),
            |p, s| {
                s.requests
                    .iter()
                    .all(|r| r.phase != Phase::Decoding || r.received == p.all_chunks())
            },
        ),
        Claim::always(
            (
                "CacheKept",
                "a cache is held where it was made until all of it has come to where it is needed",
                &["requests"],
            ),
            |p, s| {
                s.requests
                    .iter()
                    .all(|r| r.phase != Phase::Prefilled || r.held || r.received == p.all_chunks())
            },
        ),
        Claim::always(
            (
                "ReferencedNotEvicted",
                "a prefix that is referred to is not evicted",
                &["requests", "prefix"],
            ),
            |_, s| *s.prefix || s.requests.iter().all(|r| !r.refers),
        ),
        Claim::always(("EndsOnce", "no request ends twice", &["requests"]), |_, s| {
            s.requests.iter().all(|r| r.ends <= u8::from(r.phase.is_last()))
        }),
    ];
    all.extend(serving());
    all
}

/// What is claimed of admission.
fn serving() -> Vec<Property<Machine<PrefillDecode>>> {
    vec![
        Claim::always(
            ("NoWastedPrefill", "a request that is rejected was not prefilled", &["requests"]),
            |_, s| s.requests.iter().all(|r| r.phase != Phase::Rejected || !r.prefilled),
        ),
        Claim::always(
            (
                "NoNeedlessReject",
                "a request is rejected only if there is no room for it",
                &["requests"],
            ),
            |_, s| s.requests.iter().all(|r| !r.needless),
        ),
        Claim::always(
            (
                "OverloadBounded",
                "no more requests wait to be decoded than the prediction errs by",
                &["requests"],
            ),
            |p, s| {
                let accepted = s.count(Phase::is_accepted);
                accepted <= p.bounds.decode + p.bounds.error
            },
        ),
        Claim::leads_to(
            (
                "AcceptedServed",
                "a request that is admitted is decoded to its end, or its instance fails",
                &["requests"],
            ),
            |_, s| s.requests[0].phase.is_accepted(),
            |_, s| matches!(s.requests[0].phase, Phase::Done | Phase::Failed),
        ),
        Claim::leads_to(
            ("CachesReturn", "a cache is let go where it was made", &["requests"]),
            |_, s| s.requests[0].held,
            |_, s| !s.requests[0].held,
        ),
        Claim::sometimes(("CanReject", "a request may be rejected", &["requests"]), |_, s| {
            s.requests.iter().any(|r| r.phase == Phase::Rejected)
        }),
    ]
}
