//! What the receiver does with a fragment, and the score that it keeps.

use seatrial_explore::ActionClass;

use super::state::{Buffer, FULL_SCORE, Fragment, Origin, Part, Source, State};
use super::{FragmentChain, Rule};
use crate::rules::{By, once};

/// How the score of a node recovers: by time.
pub(super) fn score(p: &FragmentChain) -> Vec<Rule> {
    if p.has("never-recovers") || p.has("starves-disorder") {
        return Vec::new();
    }
    vec![Rule::new(
        ActionClass::new("Recover", "score").guard(&["score"]).modifies(&["score"]),
        By::One("time"),
        &[],
        |_, s| once(*s.score < FULL_SCORE),
        |_, s, _| *s.score += 1,
    )]
}

impl FragmentChain {
    /// A fragment arrives.
    pub(super) fn receive(&self, s: &mut State, fragment: Fragment) {
        if fragment.source == Source::Sender && *s.score == 0 {
            return;
        }
        if fragment.index == 0 {
            self.header(s, fragment);
        } else if let Some(number) = s.buffer_of(fragment.source, fragment.tag) {
            self.follow(s, number, fragment);
        }
    }

    /// A `FRAG1` opens a buffer if it is authentic and of a datagram that has not been reassembled.
    fn header(&self, s: &mut State, fragment: Fragment) {
        let Fragment { source, tag, origin, .. } = fragment;
        let mine = s.buffer_of(source, tag).and_then(|number| s.buffers.get(number));
        if let Some(buffer) = mine {
            let held = buffer.origin() == Some(Origin::Forged);
            s.wrongs.displaced |= held && origin == Origin::Current;
            return;
        }
        let fresh = source == Source::Insider || s.sender.sending;
        let accepted = match origin {
            Origin::Current => fresh,
            Origin::Late | Origin::Replayed => self.has("tag-wraps") || self.has("no-chain"),
            Origin::Forged => self.has("open-header") || self.has("no-chain"),
        };
        if accepted {
            self.open(s, fragment);
        } else if origin == Origin::Forged {
            Self::penalise(s, source, Some(origin));
        }
    }

    fn open(&self, s: &mut State, fragment: Fragment) {
        let Fragment { source, tag, index, origin } = fragment;
        if s.buffers.len() >= usize::from(self.bounds.buffers) {
            if self.has("evicts-oldest") {
                let oldest = s.buffers.remove(0);
                s.wrongs.displaced |= oldest.is_of_sender() && source != Source::Sender;
            } else if !self.has("unbounded") {
                return;
            }
        }
        let parts = vec![Part { index, origin: Self::of_datagram(origin) }];
        s.buffers.push(Buffer { source, tag, parts });
    }

    /// A `FRAGN` is kept if it is the next and its hash goes on from what is there.
    fn follow(&self, s: &mut State, number: usize, fragment: Fragment) {
        let Some(buffer) = s.buffers.get(number) else { return };
        let Fragment { source, index, origin, .. } = fragment;
        if self.has("no-chain") {
            if buffer.parts.iter().all(|part| part.index != index) {
                self.keep(s, number, fragment);
            }
            return;
        }
        if index != buffer.expected() {
            // It cannot be verified yet, or has been before: that says nothing of who sent it.
            let penalises = self.has("penalises-disorder") || self.has("starves-disorder");
            if index > buffer.expected() && penalises {
                Self::penalise(s, source, Some(origin));
            }
            return;
        }
        let goes_on = buffer.origin() == Some(Self::of_datagram(origin));
        if goes_on || origin == Origin::Forged && self.has("public-chain") {
            self.keep(s, number, fragment);
            return;
        }
        let honest = buffer.is_of_sender();
        Self::penalise(s, source, Some(origin));
        if self.has("discards-buffer") {
            s.buffers.remove(number);
            s.wrongs.displaced |= honest && !origin.is_authentic();
        }
    }

    /// A fragment goes into its buffer, which may be complete by that.
    fn keep(&self, s: &mut State, number: usize, fragment: Fragment) {
        let part = Part { index: fragment.index, origin: Self::of_datagram(fragment.origin) };
        let Some(buffer) = s.buffers.get_mut(number) else { return };
        buffer.parts.push(part);
        buffer.parts.sort_unstable();
        if buffer.expected() < self.bounds.fragments {
            return;
        }
        let whole = s.buffers.remove(number);
        *s.score = (*s.score + 1).min(FULL_SCORE);
        if whole.parts.iter().all(|part| part.origin == Origin::Current) {
            s.sender.sending = false;
            // What an earlier attempt left is of no use any more.
            s.buffers.retain(|other| !other.is_of_sender());
        } else {
            s.wrongs.mixed = true;
        }
    }

    /// Fragments of earlier datagrams are alike, whoever sends them again.
    fn of_datagram(origin: Origin) -> Origin {
        if origin.is_earlier() { Origin::Late } else { origin }
    }

    /// The score of a source falls, for something that bears its address.
    pub(super) fn penalise(s: &mut State, source: Source, origin: Option<Origin>) {
        if source == Source::Sender {
            *s.score = s.score.saturating_sub(1);
            s.wrongs.blamed |= origin.is_some_and(Origin::is_authentic);
        }
    }
}
