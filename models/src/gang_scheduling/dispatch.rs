//! How gangs get into the queues of the devices.

use seatrial_explore::{ActionClass, Cause};

use super::state::{Call, Span, Stage, State};
use super::{GangScheduling, Rule};
use crate::rules::{By, each, pairs};

const GANG: &[&str] = &["gang"];

fn class(name: &'static str) -> ActionClass {
    ActionClass::new(name, "dispatch")
}

/// The rules of the fine grain.
pub(super) fn fine(p: &GangScheduling) -> Vec<Rule> {
    let islands = p.bounds.islands;
    let mut rules = vec![
        Rule::new(
            class("Sequence").guard(&["gangs", "sequence"]).modifies(&["sequence"]),
            By::One("sequencer"),
            GANG,
            |_, s| {
                s.gangs.those_numbered(|gang, g| {
                    let waits = g.stage == Stage::Submitted && g.span == Span::All;
                    waits && !s.sequence.contains(&gang)
                })
            },
            |_, s, [gang, ..]| s.sequence.push(gang),
        ),
        Rule::new(
            class("Accept").guard(&["gangs", "sequence", "islands"]).modifies(&["islands"]),
            By::Of("scheduler", 0),
            &["island", "gang"],
            |p, s| pairs((p.bounds.islands, s.gangs.count()), |i, g| p.is_next(s, i, g)),
            |_, s, [island, gang, _]| s.islands[island].order.push(gang),
        )
        .each(islands),
        Rule::new(
            class("Dispatch").guard(&["islands"]).modifies(&["islands", "calls"]),
            By::Of("scheduler", 0),
            &["island", "device"],
            |p, s| {
                pairs((p.bounds.islands, p.bounds.devices), |i, d| {
                    usize::from(s.islands[i].sent[d]) < s.islands[i].order.len()
                })
            },
            |p, s, [island, device, _]| p.dispatch(s, island, device),
        )
        .each(islands),
        Rule::new(
            class("Enqueue").guard(&["calls", "devices"]).modifies(&["calls", "devices"]),
            By::Of("device", 0),
            &["device", "gang", "place"],
            |p, s| {
                let calls = s.calls.iter().filter(|call| p.may_enqueue(s, **call));
                calls.map(|call| [call.device, call.gang, call.place]).collect()
            },
            |p, s, [device, gang, place]| p.enqueue(s, Call { device, place, gang }),
        )
        .each(islands * p.bounds.devices),
    ];
    if p.bounds.restarts > 0 {
        rules.push(Rule::new(
            class("Restart")
                .caused_by(Cause::Fault)
                .guard(&["restarts", "islands"])
                .modifies(&["restarts", "islands"]),
            By::One("environment"),
            &["island"],
            |p, s| {
                let may = *s.restarts > 0;
                each(p.bounds.islands, |i| may && s.islands[i].sent.iter().any(|sent| *sent > 0))
            },
            |p, s, [island, ..]| p.restart(s, island),
        ));
    }
    rules
}

/// A gang gets into all queues in one step: the coarse grain.
pub(super) fn coarse(p: &GangScheduling) -> Vec<Rule> {
    vec![
        Rule::new(
            class("EnqueueGang").guard(&["gangs", "devices"]).modifies(&["devices"]),
            By::One("scheduler"),
            GANG,
            |p, s| {
                s.gangs.those_numbered(|gang, g| {
                    let absent = |d| !s.devices[d].queue.contains(&gang);
                    g.stage == Stage::Submitted && p.devices_of(g).all(absent)
                })
            },
            |p, s, [gang, ..]| {
                for device in p.devices_of(&s.gangs[gang].clone()) {
                    s.devices[device].queue.push(gang);
                }
            },
        )
        .each(p.bounds.clients * p.bounds.programs),
    ]
}

/// Clients fill the queues themselves: a fault.
pub(super) fn direct() -> Vec<Rule> {
    vec![Rule::new(
        class("EnqueueDirectly").guard(&["clients", "gangs", "devices"]).modifies(&["devices"]),
        By::One("client"),
        &["gang", "device"],
        |p, s| {
            pairs((s.gangs.count(), s.devices.count()), |gang, device| {
                let g = &s.gangs[gang];
                let needed = p.devices_of(g).any(|d| d == device);
                let up = s.clients[gang / p.bounds.programs].up;
                up && g.stage == Stage::Submitted
                    && needed
                    && !s.devices[device].queue.contains(&gang)
            })
        },
        |_, s, [gang, device, _]| s.devices[device].queue.push(gang),
    )]
}

impl GangScheduling {
    /// Whether a scheduler may append a gang to its order: one that spans islands, in the order
    /// that holds for all of them.
    fn is_next(&self, s: &State, island: u8, gang: u8) -> bool {
        let (g, order) = (&s.gangs[gang], &s.islands[island].order);
        if g.stage != Stage::Submitted || !g.spans(island) || order.contains(&gang) {
            return false;
        }
        if g.span != Span::All || self.has("no-global-order") {
            return true;
        }
        let earlier = s.sequence.iter().position(|other| *other == gang);
        earlier.is_some_and(|count| s.sequence.iter().take(count).all(|g| order.contains(g)))
    }

    fn dispatch(&self, s: &mut State, island: u8, device: u8) {
        let row = &mut s.islands[island];
        let place = row.sent[device];
        row.sent[device] += 1;
        let Some(gang) = row.order.get(usize::from(place)).copied() else { return };
        let device = island * self.bounds.devices + device;
        s.calls.push(Call { device, place, gang });
        s.calls.sort_unstable();
    }

    /// A device takes calls in the order of its island, whatever the network makes of it.
    fn may_enqueue(&self, s: &State, call: Call) -> bool {
        call.place <= s.devices[call.device].taken || self.has("reordered-calls")
    }

    fn enqueue(&self, s: &mut State, call: Call) {
        if let Some(index) = s.calls.iter().position(|other| *other == call) {
            s.calls.remove(index);
        }
        let device = &mut s.devices[call.device];
        let seen = call.place < device.taken && !self.has("reordered-calls");
        if !seen {
            device.taken += 1;
        }
        if !seen || self.has("enqueues-again") {
            device.queue.push(call.gang);
        }
    }

    /// The scheduler knows its order again, and tells its devices all of it once more.
    fn restart(&self, s: &mut State, island: u8) {
        *s.restarts -= 1;
        let row = &mut s.islands[island];
        if self.has("forgets-on-restart") {
            let most = row.sent.iter().copied().max().unwrap_or_default();
            row.sent.iter_mut().for_each(|sent| *sent = most);
        } else {
            row.sent.iter_mut().for_each(|sent| *sent = 0);
        }
    }
}
