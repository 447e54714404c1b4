//! Prefill and decode on different instances, with early rejection.
//!
//! After Mooncake (arXiv 2407.00079): a conductor admits a request if the load of decoding is
//! predicted to leave room for it once it is prefilled; its cache is then transferred in chunks.
//! The README says what is modelled.

mod claims;
mod serving;
mod state;
#[cfg(test)]
mod tests;
mod transfer;

use seatrial_explore::{BASELINE, Composition, Configuration, Description, Property, Variant};
use serde_json::{Value, json};

use crate::rules::{Machine, Ruled, bound, module, plain, variant};
use state::State;

type Rule = crate::rules::Rule<PrefillDecode>;

/// How much there is of what.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// Requests at a time; one that has ended comes again.
    requests: u8,
    /// Requests that are prefilled at a time.
    prefill: u8,
    /// Requests that are decoded at a time.
    decode: u8,
    /// By how many requests the predicted load may be too low.
    error: u8,
    /// Chunks of a cache.
    chunks: u8,
    losses: u8,
    duplicates: u8,
    crashes: u8,
}

/// The protocol as configured.
#[derive(Debug)]
pub(crate) struct PrefillDecode {
    bounds: Bounds,
    fine: bool,
    variant: &'static str,
}

impl PrefillDecode {
    /// Whether the fault of this name is in the code that is modelled.
    fn has(&self, fault: &str) -> bool {
        self.variant == fault
    }

    /// Whether the decoding instance rejects what it has no room for.
    fn rejects_late(&self) -> bool {
        self.has("current-load") || self.has("stale-load")
    }

    /// All chunks of a cache, as bits.
    const fn all_chunks(&self) -> u8 {
        (1 << self.bounds.chunks) - 1
    }
}

impl Ruled for PrefillDecode {
    type State = State;
    const VARIABLES: &'static [&'static str] =
        &["requests", "order", "prefix", "reported", "messages", "network", "crashes"];

    fn description() -> Description {
        Description {
            name: "prefill-decode",
            summary: "requests are prefilled on one instance, decoded on another, or rejected early",
            modules: vec![
                plain("admission", "a conductor admits or rejects by predicted load"),
                plain("instances", "instances prefill, decode, evict and crash"),
                module(
                    "transfer",
                    &[
                        ("coarse", "a cache is transferred in one step"),
                        (BASELINE, "chunks that are lost or come twice, and acknowledgements"),
                    ],
                ),
            ],
            merged: &[],
            paths: &["models/src/prefill_decode/", "models/src/rules/"],
            compositions: vec![Composition {
                name: "atomic",
                summary: "caches are transferred in one step, for work on admission",
                grains: vec![("transfer", "coarse")],
            }],
            variants: variants(),
            masks: vec![],
            bounds: vec![
                bound("requests", "requests at a time", (2, 1, 4)),
                bound("prefill", "requests that are prefilled at a time", (1, 1, 2)),
                bound("decode", "requests that are decoded at a time", (1, 1, 2)),
                bound("error", "requests by which the predicted load is too low", (0, 0, 2)),
                bound("chunks", "chunks of a cache", (2, 1, 3)),
                bound("losses", "messages that are lost", (1, 0, 2)),
                bound("duplicates", "messages that come twice", (1, 0, 2)),
                bound("crashes", "instances that crash, and are back at once", (1, 0, 2)),
            ],
        }
    }

    fn configured(configuration: &Configuration) -> Self {
        let bound = |name| configuration.small_bound(name);
        let bounds = Bounds {
            requests: bound("requests"),
            prefill: bound("prefill"),
            decode: bound("decode"),
            error: bound("error"),
            chunks: bound("chunks"),
            losses: bound("losses"),
            duplicates: bound("duplicates"),
            crashes: bound("crashes"),
        };
        let fine = configuration.grain("transfer") == BASELINE;
        Self { bounds, fine, variant: configuration.variant() }
    }

    fn initial(&self) -> Vec<State> {
        vec![State::initial(self.bounds)]
    }

    fn rules(&self) -> Vec<Rule> {
        let mut rules = serving::admission(self);
        rules.extend(serving::instances(self));
        rules.extend(if self.fine { transfer::fine(self) } else { transfer::coarse(self) });
        rules
    }

    fn claims() -> Vec<Property<Machine<Self>>> {
        claims::all()
    }

    /// How far each request is.
    fn observation(&self, s: &State) -> Option<Value> {
        Some(s.requests.peek().iter().map(|request| json!(request.phase)).collect())
    }
}

/// All variants; the first is what is claimed.
fn variants() -> Vec<Variant> {
    vec![
        variant("predicted", "admission by the load predicted for the end of prefill", &[]),
        variant(
            "current-load",
            "admission by the requests that are decoded now",
            &["NoWastedPrefill", "OverloadBounded", "AcceptedServed"],
        ),
        variant(
            "stale-load",
            "admission by the load that was reported last",
            &["NoWastedPrefill", "OverloadBounded", "AcceptedServed"],
        ),
        variant(
            "double-count",
            "requests that are prefilled count twice in the prediction",
            &["NoNeedlessReject"],
        ),
        variant(
            "frees-before-ack",
            "a cache is let go once it is sent",
            &["CacheKept", "AcceptedServed"],
        ),
        variant("eager-decode", "decoding begins with the first chunk", &["DecodeAfterFullCache"]),
        variant(
            "evicts-referenced",
            "eviction does not count references",
            &["ReferencedNotEvicted"],
        ),
        variant("decodes-again", "a chunk that comes twice begins a request anew", &["EndsOnce"]),
        variant("sends-once", "nothing is sent again", &["AcceptedServed", "CachesReturn"]),
    ]
}
