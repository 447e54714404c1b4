//! Reassembly of fragments that bear chained hashes, on a link where anybody can send.
//!
//! After Predictive-CSM (arXiv 2506.01767) and the fragments of 6LoWPAN (RFC 4944): a receiver with
//! few buffers keeps a fragment only if its hash goes on from the one before, and does not hear nodes
//! whose score is low. The README says what is modelled.

mod claims;
mod link;
mod receiver;
mod state;
#[cfg(test)]
mod tests;
mod variants;

use seatrial_explore::{BASELINE, Composition, Configuration, Description, Property};
use serde_json::{Value, json};

use crate::rules::{Machine, Ruled, bound, module, plain};
use state::{Faults, State};

type Rule = crate::rules::Rule<FragmentChain>;

/// How much there is of what.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// Fragments of each datagram.
    fragments: u8,
    buffers: u8,
    /// Tags, which are used in turn.
    tags: u8,
    faults: Faults,
}

/// The protocol as configured.
#[derive(Debug)]
pub(crate) struct FragmentChain {
    bounds: Bounds,
    fine: bool,
    variant: &'static str,
}

impl FragmentChain {
    /// Whether the fault of this name is in the code that is modelled.
    fn has(&self, fault: &str) -> bool {
        self.variant == fault
    }
}

impl Ruled for FragmentChain {
    type State = State;
    const VARIABLES: &'static [&'static str] =
        &["sender", "air", "buffers", "score", "wrongs", "faults"];

    fn description() -> Description {
        Description {
            name: "fragment-chain",
            summary: "fragments with chained hashes are reassembled while others forge some",
            modules: vec![
                module(
                    "fragments",
                    &[
                        ("coarse", "a datagram arrives in one step"),
                        (BASELINE, "fragments that are lost, doubled, overtaken and forged"),
                    ],
                ),
                plain("score", "a receiver does not hear a node of low score, which recovers"),
            ],
            merged: &[],
            paths: &["models/src/fragment_chain/", "models/src/rules/"],
            compositions: vec![Composition {
                name: "atomic",
                summary: "datagrams arrive in one step, for work on scores",
                grains: vec![("fragments", "coarse")],
            }],
            variants: variants::all(),
            masks: vec![],
            bounds: vec![
                bound("fragments", "fragments of each datagram", (3, 2, 4)),
                bound("buffers", "reassembly buffers of the receiver", (2, 1, 3)),
                bound("tags", "tags, which are used in turn", (2, 1, 3)),
                bound("losses", "fragments that are lost", (1, 0, 2)),
                bound("reorderings", "fragments that overtake others", (1, 0, 3)),
                bound("duplicates", "fragments that arrive twice", (1, 0, 2)),
                bound("forgeries", "fragments that an attacker sends", (2, 0, 3)),
            ],
        }
    }

    fn configured(configuration: &Configuration) -> Self {
        let bound = |name| configuration.small_bound(name);
        let faults = Faults {
            losses: bound("losses"),
            reorderings: bound("reorderings"),
            duplicates: bound("duplicates"),
            forgeries: bound("forgeries"),
        };
        let bounds = Bounds {
            fragments: bound("fragments"),
            buffers: bound("buffers"),
            tags: bound("tags"),
            faults,
        };
        let fine = configuration.grain("fragments") == BASELINE;
        Self { bounds, fine, variant: configuration.variant() }
    }

    fn initial(&self) -> Vec<State> {
        vec![State::initial(self.bounds)]
    }

    fn rules(&self) -> Vec<Rule> {
        let mut rules = if self.fine { link::fine(self) } else { link::coarse(self) };
        if self.fine {
            rules.extend(link::faults(self));
            rules.extend(link::attacks(self));
        }
        rules.extend(receiver::score(self));
        rules
    }

    fn claims() -> Vec<Property<Machine<Self>>> {
        claims::all()
    }

    /// Whether a datagram is sent that has not arrived, and whether its sender is heard.
    fn observation(&self, s: &State) -> Option<Value> {
        Some(json!([s.sender.peek().sending, *s.score.peek() > 0]))
    }
}
