//! The transfer of caches from the prefill to the decoding instance.

use seatrial_explore::{ActionClass, Cause};

use super::state::{Message, Phase, State, What};
use super::{PrefillDecode, Rule};
use crate::rules::{About, By, pairs};

const OF_MESSAGE: &[&str] = &["request", "message"];

fn class(name: &'static str) -> ActionClass {
    ActionClass::new(name, "transfer")
}

/// The rules of the fine grain: chunk by chunk, each of which may be lost or come twice.
pub(super) fn fine(p: &PrefillDecode) -> Vec<Rule> {
    let requests = p.bounds.requests;
    let mut rules = vec![
        Rule::new(
            class("Send").guard(&["requests"]).modifies(&["requests", "messages"]),
            By::One("prefill instance"),
            &["request", "chunk"],
            |p, s| {
                pairs((p.bounds.requests, p.bounds.chunks), |r, chunk| {
                    s.requests[r].held && s.requests[r].sent & 1 << chunk == 0
                })
            },
            |p, s, [r, chunk, _]| {
                s.requests[r].sent |= 1 << chunk;
                if p.has("frees-before-ack") && s.requests[r].sent == p.all_chunks() {
                    s.requests[r].let_go();
                }
                send(s, Message { request: r, what: What::Chunk(chunk) });
            },
        )
        .each(requests),
    ];
    rules.extend(deliver(p));
    if !p.has("sends-once") {
        rules.push(
            Rule::new(
                class("Resend").guard(&["requests", "messages"]).modifies(&["requests"]),
                By::One("prefill instance"),
                &["request"],
                |p, s| {
                    s.requests.those_numbered(|r, request| {
                        let quiet = !s.messages.iter().any(|m| m.request == r);
                        request.held && request.sent == p.all_chunks() && quiet
                    })
                },
                |_, s, [r, ..]| s.requests[r].sent = 0,
            )
            .each(requests),
        );
    }
    rules.extend(faults(p));
    rules
}

/// What the network does to messages.
fn faults(p: &PrefillDecode) -> Vec<Rule> {
    let mut rules = Vec::new();
    let fault = |name| {
        class(name)
            .caused_by(Cause::Fault)
            .guard(&["messages", "network"])
            .modifies(&["messages", "network"])
    };
    if p.bounds.losses > 0 {
        rules.push(Rule::new(
            fault("Lose"),
            By::One("network"),
            OF_MESSAGE,
            |_, s| if s.network.losses > 0 { messages(s) } else { Vec::new() },
            |_, s, about| {
                s.network.losses -= 1;
                take(s, about);
            },
        ));
    }
    if p.bounds.duplicates > 0 {
        rules.push(Rule::new(
            fault("Duplicate"),
            By::One("network"),
            OF_MESSAGE,
            |_, s| if s.network.duplicates > 0 { messages(s) } else { Vec::new() },
            |_, s, about| {
                s.network.duplicates -= 1;
                if let Some(message) = take(s, about) {
                    send(s, message);
                    send(s, message);
                }
            },
        ));
    }
    rules
}

/// The network.
fn deliver(p: &PrefillDecode) -> Vec<Rule> {
    vec![
        Rule::new(
            class("Deliver").guard(&["messages"]).modifies(&["messages", "requests"]),
            By::One("network"),
            OF_MESSAGE,
            |_, s| messages(s),
            PrefillDecode::deliver,
        )
        .each(p.bounds.requests),
    ]
}

/// A cache is transferred in one step: the coarse grain.
pub(super) fn coarse(p: &PrefillDecode) -> Vec<Rule> {
    vec![
        Rule::new(
            class("Transfer").guard(&["requests"]).modifies(&["requests"]),
            By::One("network"),
            &["request"],
            |_, s| s.requests.those(|r| r.phase == Phase::Prefilled && r.held),
            |p, s, [r, ..]| {
                s.requests[r].received = p.all_chunks();
                s.requests[r].let_go();
            },
        )
        .each(p.bounds.requests),
    ]
}

/// The messages under way: the acknowledgement is the first, then the chunks.
fn messages(s: &State) -> Vec<About> {
    let number = |what| match what {
        What::Ack => 0,
        What::Chunk(chunk) => chunk + 1,
    };
    let mut all: Vec<About> = s.messages.iter().map(|m| [m.request, number(m.what), 0]).collect();
    all.dedup();
    all
}

fn send(s: &mut State, message: Message) {
    s.messages.push(message);
    s.messages.sort_unstable();
}

/// Takes a message from the network.
fn take(s: &mut State, [request, number, _]: About) -> Option<Message> {
    let what = number.checked_sub(1).map_or(What::Ack, What::Chunk);
    let message = Message { request, what };
    let place = s.messages.iter().position(|other| *other == message)?;
    Some(s.messages.remove(place))
}

impl PrefillDecode {
    fn deliver(&self, s: &mut State, about: About) {
        let Some(Message { request, what }) = take(s, about) else { return };
        let row = &mut s.requests[request];
        match what {
            What::Ack => row.let_go(),
            What::Chunk(chunk) => {
                if row.phase == Phase::Done && self.has("decodes-again") {
                    row.phase = Phase::Prefilled;
                }
                if row.phase == Phase::Prefilled {
                    row.received |= 1 << chunk;
                }
                let complete = row.received == self.all_chunks();
                // Whatever is sent of a request that has all of its cache, or has ended, was once
                // received.
                let settled = row.phase != Phase::Prefilled || complete;
                if settled && row.held {
                    send(s, Message { request, what: What::Ack });
                }
            }
        }
    }
}
