//! The state: a sender, fragments in the air, a receiver's buffers, and the sender's score.

use seatrial_explore::Var;
use serde::{Deserialize, Serialize};

use super::Bounds;

/// The highest score of a node; one of 0 is not heard.
pub(super) const FULL_SCORE: u8 = 2;

/// Whose address a fragment bears.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) enum Source {
    Sender,
    /// A node with a key of its own that sends headers and nothing after them.
    Insider,
}

/// Where a fragment comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) enum Origin {
    /// Its source sent it, of the datagram that it sends.
    Current,
    /// Its source sent it before, of an earlier datagram.
    Late,
    /// An attacker sends it again, of an earlier datagram.
    Replayed,
    /// An attacker made it.
    Forged,
}

impl Origin {
    /// Whether its source sent it just now or the network held it back.
    pub(crate) fn is_authentic(self) -> bool {
        matches!(self, Self::Current | Self::Late)
    }

    /// Whether it was made for an earlier datagram.
    pub(crate) fn is_earlier(self) -> bool {
        matches!(self, Self::Late | Self::Replayed)
    }
}

/// A fragment: `FRAG1` is that of index 0, the others are `FRAGN`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Fragment {
    pub(crate) source: Source,
    /// The `datagram_tag`.
    pub(crate) tag: u8,
    pub(crate) index: u8,
    pub(crate) origin: Origin,
}

/// A fragment in a buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Part {
    pub(crate) index: u8,
    pub(crate) origin: Origin,
}

/// A reassembly buffer, kept by source and tag.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Buffer {
    pub(crate) source: Source,
    pub(crate) tag: u8,
    pub(crate) parts: Vec<Part>,
}

impl Buffer {
    /// The origin of the `FRAG1` that opened it.
    pub(crate) fn origin(&self) -> Option<Origin> {
        self.parts.first().map(|part| part.origin)
    }

    /// The index that comes next in order.
    pub(crate) fn expected(&self) -> u8 {
        u8::try_from(self.parts.len()).unwrap_or(u8::MAX)
    }

    /// Whether it holds a prefix of one datagram, as the hashes of that have to show.
    pub(crate) fn is_verified(&self) -> bool {
        let in_order = (0..).zip(&self.parts).all(|(index, part)| part.index == index);
        in_order && self.parts.iter().all(|part| Some(part.origin) == self.origin())
    }

    /// Whether it holds the beginning of the datagram that the sender sends.
    pub(crate) fn is_of_sender(&self) -> bool {
        self.source == Source::Sender && self.origin() == Some(Origin::Current)
    }
}

/// The sender of datagrams.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Sender {
    /// It sends a datagram that has not been reassembled.
    pub(crate) sending: bool,
    /// The tag of that datagram, or of the last.
    pub(crate) tag: u8,
}

/// What must not happen, once it has.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub(crate) struct Wrongs {
    /// Something was reassembled that is not the datagram that the sender sends.
    pub(crate) mixed: bool,
    /// A fragment of the sender lost its place to one that it did not send.
    pub(crate) displaced: bool,
    /// The sender was penalised for what it sent.
    pub(crate) blamed: bool,
}

/// What may still go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Faults {
    pub(crate) losses: u8,
    pub(crate) reorderings: u8,
    pub(crate) duplicates: u8,
    pub(crate) forgeries: u8,
}

/// A state.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct State {
    pub(crate) sender: Var<0, Sender>,
    /// The fragments under way, in the order in which they were sent.
    pub(crate) air: Var<1, Vec<Fragment>>,
    /// The buffers in the order in which they were opened.
    pub(crate) buffers: Var<2, Vec<Buffer>>,
    /// The score of the sender.
    pub(crate) score: Var<3, u8>,
    pub(crate) wrongs: Var<4, Wrongs>,
    pub(crate) faults: Var<5, Faults>,
}

impl State {
    pub(crate) fn initial(bounds: Bounds) -> Self {
        Self {
            sender: Var::new(Sender { sending: false, tag: 0 }),
            air: Var::new(Vec::new()),
            buffers: Var::new(Vec::new()),
            score: Var::new(FULL_SCORE),
            wrongs: Var::default(),
            faults: Var::new(bounds.faults),
        }
    }

    /// The buffer of a source and a tag.
    pub(crate) fn buffer_of(&self, source: Source, tag: u8) -> Option<usize> {
        self.buffers.iter().position(|buffer| buffer.source == source && buffer.tag == tag)
    }
}
