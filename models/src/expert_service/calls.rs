//! Calls of experts, and their answers.

use seatrial_explore::{ActionClass, Cause};

use super::state::{Answer, Call, Message, Phase, Slot, State, What};
use super::{ExpertService, Rule};
use crate::rules::{About, By, each, pairs};

const OF_CALL: &[&str] = &["expert", "server"];
const OF_MESSAGE: &[&str] = &["expert", "server", "kind"];

fn class(name: &'static str) -> ActionClass {
    ActionClass::new(name, "calls")
}

/// The rules of the fine grain: a call, its computation and its answer, each of which takes time.
pub(super) fn fine(p: &ExpertService) -> Vec<Rule> {
    let experts = p.bounds.experts;
    let mut rules = vec![
        Rule::new(
            class("Route").guard(&["layer", "slots", "servers"]).modifies(&["slots", "messages"]),
            By::One("client"),
            OF_CALL,
            |p, s| pairs((p.bounds.experts, p.servers()), |e, server| is_routed(s, e, server)),
            |_, s, [expert, server, _]| {
                s.slots[expert].call = Call::At(server);
                if s.servers[server].up {
                    send(s, Message { expert, server, what: What::Call, late: false });
                }
            },
        )
        .each(experts),
        Rule::new(
            class("Compute")
                .guard(&["messages"])
                .reads(&["servers"])
                .modifies(&["messages", "slots"]),
            By::Of("server", 1),
            OF_MESSAGE,
            |_, s| messages(s, |message| message.what == What::Call),
            ExpertService::compute,
        )
        .each(experts),
        Rule::new(
            class("Write").guard(&["messages"]).reads(&["layer"]).modifies(&["messages", "slots"]),
            By::One("network"),
            OF_MESSAGE,
            |_, s| messages(s, |message| message.what != What::Call),
            |p, s, about| {
                let Some(Message { expert, what: What::Answer(of), late, .. }) = take(s, about)
                else {
                    return;
                };
                if s.layer.phase == Phase::Running && p.lands(&s.slots[expert], late) {
                    let bill = !p.has("bills-attempts");
                    s.slots[expert].take(Answer { of, late }, bill);
                }
            },
        )
        .each(experts),
        Rule::new(
            class("TimeOut").guard(&["slots", "messages", "servers"]).modifies(&["slots"]),
            By::One("client"),
            &["expert"],
            |p, s| {
                each(p.bounds.experts, |expert| {
                    called(s, expert).is_some_and(|server| {
                        let removed = s.servers[server].listed.is_none();
                        let forgotten = removed && p.has("waits-on-removed");
                        !forgotten && !is_under_way(s, expert, server)
                    })
                })
            },
            |_, s, [expert, ..]| time_out(s, expert),
        )
        .each(experts),
    ];
    rules.extend(faults(p));
    rules
}

/// What goes wrong with calls.
fn faults(p: &ExpertService) -> Vec<Rule> {
    let mut rules = Vec::new();
    let fault = |name| class(name).caused_by(Cause::Fault);
    if p.bounds.losses > 0 {
        rules.push(Rule::new(
            fault("Lose").guard(&["messages", "faults"]).modifies(&["messages", "faults"]),
            By::One("network"),
            OF_MESSAGE,
            |_, s| messages(s, |_| s.faults.losses > 0),
            |_, s, about| {
                s.faults.losses -= 1;
                take(s, about);
            },
        ));
    }
    if p.bounds.timeouts > 0 {
        rules.push(Rule::new(
            fault("TimeOutEarly")
                .guard(&["slots", "messages", "faults"])
                .modifies(&["slots", "faults"]),
            By::One("client"),
            &["expert"],
            |p, s| {
                each(p.bounds.experts, |expert| {
                    let called = called(s, expert);
                    s.faults.timeouts > 0
                        && called.is_some_and(|server| is_under_way(s, expert, server))
                })
            },
            |_, s, [expert, ..]| {
                s.faults.timeouts -= 1;
                time_out(s, expert);
            },
        ));
    }
    rules
}

/// An expert answers in one step: the coarse grain.
pub(super) fn coarse(p: &ExpertService) -> Vec<Rule> {
    vec![
        Rule::new(
            class("Serve").guard(&["layer", "slots", "servers"]).modifies(&["slots"]),
            By::One("client"),
            &["expert"],
            |p, s| {
                each(p.bounds.experts, |e| {
                    let serves = |server: &super::state::Server| {
                        server.up && server.expert == e && server.listed == Some(e)
                    };
                    s.layer.phase == Phase::Running
                        && !s.slots[e].is_filled()
                        && s.servers.iter().any(serves)
                })
            },
            |_, s, [of, ..]| s.slots[of].take(Answer { of, late: false }, true),
        )
        .each(p.bounds.experts),
    ]
}

/// Whether a client may call a server: it is listed, and not the one that has just failed to
/// answer if there is another.
fn is_routed(s: &State, expert: u8, server: u8) -> bool {
    let slot = &s.slots[expert];
    let lists = |server: u8| s.servers[server].listed == Some(expert);
    let other = |tried: u8| (0..s.servers.count()).any(|server| server != tried && lists(server));
    let chosen = match slot.call {
        Call::None => true,
        Call::At(_) => false,
        Call::TimedOut(tried) => server != tried || !other(tried),
    };
    s.layer.phase == Phase::Running && !slot.is_filled() && lists(server) && chosen
}

/// The server that is called for an expert.
fn called(s: &State, expert: u8) -> Option<u8> {
    match s.slots[expert].call {
        Call::At(server) => Some(server),
        _ => None,
    }
}

/// The client no longer waits for the server that it called.
fn time_out(s: &mut State, expert: u8) {
    if let Some(server) = called(s, expert) {
        s.slots[expert].call = Call::TimedOut(server);
    }
}

/// Whether a call of this layer, or its answer, is under way.
fn is_under_way(s: &State, expert: u8, server: u8) -> bool {
    s.messages.iter().any(|m| !m.late && m.expert == expert && m.server == server)
}

/// The messages for which `holds`, each kind once: the call first, then answers by their weights;
/// late ones count from 16.
fn messages(s: &State, holds: impl Fn(&Message) -> bool) -> Vec<About> {
    let mut all: Vec<About> = s
        .messages
        .iter()
        .filter(|message| holds(message))
        .map(|message| [message.expert, message.server, kind(*message)])
        .collect();
    all.dedup();
    all
}

fn kind(message: Message) -> u8 {
    let what = match message.what {
        What::Call => 0,
        What::Answer(of) => of + 1,
    };
    what + if message.late { LATE } else { 0 }
}

const LATE: u8 = 16;

fn send(s: &mut State, message: Message) {
    s.messages.push(message);
    s.messages.sort_unstable();
    // A late message is there or not: see where a layer ends.
    if message.late {
        s.messages.dedup();
    }
}

/// Takes a message from the network.
fn take(s: &mut State, about: About) -> Option<Message> {
    let place = s.messages.iter().position(|m| [m.expert, m.server, kind(*m)] == about)?;
    Some(s.messages.remove(place))
}

impl ExpertService {
    /// A server computes what it was called for, if it has the weights; it refuses otherwise.
    fn compute(&self, s: &mut State, about: About) {
        let Some(call) = take(s, about) else { return };
        let server = s.servers[call.server];
        if server.up && (server.expert == call.expert || self.has("serves-any")) {
            if self.has("bills-attempts") && !call.late {
                s.slots[call.expert].billed += 1;
            }
            send(s, Message { what: What::Answer(server.expert), ..call });
        }
    }

    /// Whether an answer is written to a slot.
    fn lands(&self, slot: &Slot, late: bool) -> bool {
        let of_this_layer = !late || self.has("reuses-slot");
        of_this_layer && (!slot.is_filled() || self.has("untagged-retry"))
    }
}
