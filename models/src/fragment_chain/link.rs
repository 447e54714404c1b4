//! What is sent, what the network does with it, and what attackers add.

use seatrial_explore::{ActionClass, Cause};

use super::state::{FULL_SCORE, Fragment, Origin, Source, State};
use super::{FragmentChain, Rule};
use crate::rules::{About, By, each, once, pairs};

const RECEIVED: &[&str] = &["sender", "buffers", "score", "wrongs"];
const TAG: &[&str] = &["tag"];
const POSITION: &[&str] = &["place"];

fn class(name: &'static str) -> ActionClass {
    ActionClass::new(name, "fragments")
}

/// The rules of the fine grain: fragments one by one.
pub(super) fn fine(p: &FragmentChain) -> Vec<Rule> {
    let begins = |name| {
        class(name)
            .guard(&["sender", "air", "buffers"])
            .reads(&["sender"])
            .modifies(&["sender", "air", "buffers"])
    };
    let mut rules = vec![
        Rule::new(
            begins("SendDatagram").caused_by(Cause::Input),
            By::One("sender"),
            &[],
            |p, s| once(!s.sender.sending && p.may_use(s, p.next_tag(s))),
            |p, s, _| {
                FragmentChain::age(s);
                p.send(s);
            },
        ),
        Rule::new(
            begins("Retransmit"),
            By::One("sender"),
            &[],
            |p, s| {
                let under_way = s.air.iter().any(|it| it.origin == Origin::Current);
                once(s.sender.sending && !under_way && p.may_use(s, p.next_tag(s)))
            },
            |p, s, _| p.send(s),
        ),
        Rule::new(
            class("Receive")
                .guard(&["air"])
                .reads(RECEIVED)
                .modifies(&["air", "sender", "buffers", "score", "wrongs"]),
            By::One("receiver"),
            &[],
            |_, s| once(!s.air.is_empty()),
            |p, s, _| {
                let fragment = s.air.remove(0);
                p.receive(s, fragment);
            },
        ),
    ];
    if !p.has("keeps-buffer") {
        rules.push(
            Rule::new(
                class("Expire")
                    .guard(&["air", "buffers"])
                    .modifies(&["buffers", "score", "wrongs"]),
                By::One("receiver"),
                &["buffer"],
                |p, s| each(p.bounds.buffers, |number| is_idle(s, number)),
                |p, s, [number, ..]| {
                    let buffer = s.buffers.remove(usize::from(number));
                    if p.has("penalises-loss") {
                        FragmentChain::penalise(s, buffer.source, buffer.origin());
                    }
                },
            )
            .each(p.bounds.buffers),
        );
    }
    rules
}

/// What the network does with fragments.
pub(super) fn faults(p: &FragmentChain) -> Vec<Rule> {
    let fault = |name| class(name).caused_by(Cause::Fault).guard(&["air", "faults"]);
    let faults = p.bounds.faults;
    let mut rules = Vec::new();
    if faults.reorderings > 0 || p.has("unordered") {
        rules.push(Rule::new(
            fault("Overtake")
                .reads(&["faults"])
                .modifies(&["air", "faults", "sender", "buffers", "score", "wrongs"]),
            By::One("network"),
            POSITION,
            |p, s| {
                let may = s.faults.reorderings > 0 || p.has("unordered");
                places(s, may).into_iter().filter(|&[place, ..]| place > 0).collect()
            },
            |p, s, [place, ..]| {
                s.faults.reorderings = s.faults.reorderings.saturating_sub(1);
                let fragment = s.air.remove(usize::from(place));
                p.receive(s, fragment);
            },
        ));
    }
    if faults.losses > 0 {
        rules.push(Rule::new(
            fault("Lose").modifies(&["air", "faults"]),
            By::One("network"),
            POSITION,
            |_, s| places(s, s.faults.losses > 0),
            |_, s, [place, ..]| {
                s.faults.losses -= 1;
                s.air.remove(usize::from(place));
            },
        ));
    }
    if faults.duplicates > 0 {
        rules.push(Rule::new(
            fault("Duplicate").modifies(&["air", "faults"]),
            By::One("network"),
            POSITION,
            |_, s| places(s, s.faults.duplicates > 0),
            |_, s, [place, ..]| {
                s.faults.duplicates -= 1;
                if let Some(&fragment) = s.air.get(usize::from(place)) {
                    s.air.push(fragment);
                }
            },
        ));
    }
    rules
}

/// What attackers send; the receiver gets it at once, for they choose when.
pub(super) fn attacks(p: &FragmentChain) -> Vec<Rule> {
    if p.bounds.faults.forgeries == 0 {
        return Vec::new();
    }
    let attack = |name, names, enabled, effect| {
        let class = class(name).caused_by(Cause::Fault).guard(&["faults"]).reads(&["sender"]);
        let class = class.modifies(&["faults", "sender", "buffers", "score", "wrongs"]);
        Rule::new(class, By::One("attacker"), names, enabled, effect)
    };
    vec![
        attack("SpoofFrag1", TAG, any_tag, |p, s, [tag, ..]| {
            p.inject(s, (Source::Sender, tag, 0), Origin::Forged);
        }),
        attack("SpoofFragN", &["tag", "fragment"], any_fragment, |p, s, [tag, index, _]| {
            if index > 0 {
                p.inject(s, (Source::Sender, tag, index), Origin::Forged);
            }
        }),
        attack("Replay", &["tag", "fragment"], any_fragment, |p, s, [tag, index, _]| {
            p.inject(s, (Source::Sender, tag, index), Origin::Replayed);
        }),
        attack("Flood", TAG, any_tag, |p, s, [tag, ..]| {
            p.inject(s, (Source::Insider, tag, 0), Origin::Current);
        }),
    ]
}

/// A datagram arrives in one step, and forged fragments show in the score alone.
pub(super) fn coarse(p: &FragmentChain) -> Vec<Rule> {
    let mut rules = vec![
        Rule::new(
            class("SendDatagram").caused_by(Cause::Input).guard(&["sender"]).modifies(&["sender"]),
            By::One("sender"),
            &[],
            |_, s| once(!s.sender.sending),
            |_, s, _| s.sender.sending = true,
        ),
        Rule::new(
            class("Deliver").guard(&["sender", "score"]).modifies(&["sender", "score"]),
            By::One("receiver"),
            &[],
            |_, s| once(s.sender.sending && *s.score > 0),
            |_, s, _| {
                s.sender.sending = false;
                *s.score = (*s.score + 1).min(FULL_SCORE);
            },
        ),
    ];
    if p.bounds.faults.forgeries > 0 {
        rules.push(Rule::new(
            class("Spoof")
                .caused_by(Cause::Fault)
                .guard(&["faults"])
                .modifies(&["faults", "score"]),
            By::One("attacker"),
            &[],
            |_, s| once(s.faults.forgeries > 0),
            |_, s, _| {
                s.faults.forgeries -= 1;
                *s.score = s.score.saturating_sub(1);
            },
        ));
    }
    rules
}

/// The places of the air, if something may happen there.
fn places(s: &State, may: bool) -> Vec<About> {
    each(u8::try_from(s.air.len()).unwrap_or(u8::MAX), |_| may)
}

fn any_tag(p: &FragmentChain, s: &State) -> Vec<About> {
    each(p.bounds.tags, |_| s.faults.forgeries > 0)
}

fn any_fragment(p: &FragmentChain, s: &State) -> Vec<About> {
    pairs((p.bounds.tags, p.bounds.fragments), |_, _| s.faults.forgeries > 0)
}

/// Whether nothing is under way for a buffer.
fn is_idle(s: &State, number: u8) -> bool {
    s.buffers.get(usize::from(number)).is_some_and(|buffer| {
        !s.air.iter().any(|it| it.source == buffer.source && it.tag == buffer.tag)
    })
}

impl FragmentChain {
    fn next_tag(&self, s: &State) -> u8 {
        (s.sender.tag + 1) % self.bounds.tags
    }

    /// Whether nothing bears a tag any more: tags last longer than fragments and buffers do.
    fn may_use(&self, s: &State, tag: u8) -> bool {
        let in_air = s.air.iter().any(|it| it.tag == tag);
        let kept = s.buffer_of(Source::Sender, tag).is_some() && !self.has("keeps-buffer");
        self.has("tag-wraps") || !in_air && !kept
    }

    /// What is there of the last datagram is late from now on.
    fn age(s: &mut State) {
        for it in s.air.iter_mut().filter(|it| it.origin == Origin::Current) {
            it.origin = Origin::Late;
        }
        for buffer in s.buffers.iter_mut().filter(|buffer| buffer.source == Source::Sender) {
            for part in buffer.parts.iter_mut().filter(|part| part.origin == Origin::Current) {
                part.origin = Origin::Late;
            }
        }
    }

    /// The sender sends all fragments of a datagram, under the next tag.
    fn send(&self, s: &mut State) {
        let tag = self.next_tag(s);
        s.sender.sending = true;
        s.sender.tag = tag;
        let (source, origin) = (Source::Sender, Origin::Current);
        s.air.extend((0..self.bounds.fragments).map(|index| Fragment {
            source,
            tag,
            index,
            origin,
        }));
    }

    /// An attacker sends a fragment.
    fn inject(&self, s: &mut State, (source, tag, index): (Source, u8, u8), origin: Origin) {
        s.faults.forgeries -= 1;
        self.receive(s, Fragment { source, tag, index, origin });
    }
}
