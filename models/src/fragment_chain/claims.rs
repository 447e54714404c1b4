//! What is claimed.

use seatrial_explore::Property;

use super::FragmentChain;
use super::state::{Buffer, State};
use crate::rules::Machine;

type Claim = crate::rules::Claim<FragmentChain>;

/// All properties, with the names of the catalogue.
pub(super) fn all() -> Vec<Property<Machine<FragmentChain>>> {
    let mut all = safety();
    all.extend(progress());
    all
}

fn safety() -> Vec<Property<Machine<FragmentChain>>> {
    vec![
        Claim::always(
            (
                "ReassembledIsSent",
                "what is reassembled is the datagram that its sender sends",
                &["wrongs"],
            ),
            |_, s| !s.wrongs.mixed,
        ),
        Claim::always(
            (
                "OnlyVerifiedHeld",
                "a buffer holds a prefix, in order, of one datagram",
                &["buffers"],
            ),
            |_, s| s.buffers.iter().all(Buffer::is_verified),
        ),
        Claim::always(
            (
                "ForgedNeverDisplaces",
                "no fragment of the sender loses its place to one that it did not send",
                &["wrongs"],
            ),
            |_, s| !s.wrongs.displaced,
        ),
        Claim::always(
            ("BuffersBounded", "no more buffers are in use than there are", &["buffers"]),
            |p, s| s.buffers.len() <= usize::from(p.bounds.buffers),
        ),
        Claim::always(
            ("SentNotPenalised", "the sender is not penalised for what it sent", &["wrongs"]),
            |_, s| !s.wrongs.blamed,
        ),
    ]
}

fn progress() -> Vec<Property<Machine<FragmentChain>>> {
    vec![
        Claim::leads_to(
            ("DatagramsArrive", "a datagram that is sent is reassembled", &["sender"]),
            |_, s| s.sender.sending,
            |_, s| !s.sender.sending,
        ),
        Claim::leads_to(
            ("ScoreRecovers", "a sender that is not heard will be heard", &["score"]),
            |_, s| *s.score == 0,
            |_, s| *s.score > 0,
        ),
        Claim::leads_to(
            ("BuffersReturn", "a buffer that a tag takes is free again some day", &["buffers"]),
            |_, s| is_held(s),
            |_, s| !is_held(s),
        ),
        Claim::sometimes(
            ("CanLoseFragments", "a datagram may be sent again", &["air", "sender"]),
            |_, s| s.sender.sending && s.air.is_empty(),
        ),
    ]
}

/// Whether the first tag has a buffer.
fn is_held(s: &State) -> bool {
    s.buffers.iter().any(|buffer| buffer.tag == 0)
}
