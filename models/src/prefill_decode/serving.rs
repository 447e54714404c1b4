//! Admission, prefill and decode.

use seatrial_explore::{ActionClass, Cause};

use super::state::{Phase, Request, State, What};
use super::{PrefillDecode, Rule};
use crate::rules::{By, once};

const REQUEST: &[&str] = &["request"];

/// What the conductor does, and the clients.
pub(super) fn admission(p: &PrefillDecode) -> Vec<Rule> {
    let class = |name| ActionClass::new(name, "admission");
    let requests = p.bounds.requests;
    let mut rules = vec![
        Rule::new(
            class("Arrive")
                .caused_by(Cause::Input)
                .guard(&["requests", "messages"])
                .modifies(&["requests"]),
            By::One("client"),
            REQUEST,
            |_, s| {
                s.requests.those_numbered(|r, request| {
                    let gone = request.phase == Phase::Absent || request.phase.is_last();
                    gone && !request.held && !s.messages.iter().any(|m| m.request == r)
                })
            },
            |_, s, [r, ..]| {
                s.requests[r] = Request { phase: Phase::Arrived, ..Request::ABSENT };
            },
        ),
        Rule::new(
            class("Admit").guard(&["requests", "reported"]).modifies(&["requests", "order"]),
            By::One("conductor"),
            REQUEST,
            |p, s| s.requests.those(|r| r.phase == Phase::Arrived && p.admits(s)),
            |_, s, [r, ..]| {
                s.requests[r].phase = Phase::Queued;
                s.order.push(r);
            },
        )
        .each(requests),
        Rule::new(
            class("Reject").guard(&["requests", "reported"]).modifies(&["requests"]),
            By::One("conductor"),
            REQUEST,
            |p, s| s.requests.those(|r| r.phase == Phase::Arrived && !p.admits(s)),
            |p, s, [r, ..]| {
                let full = s.count(Phase::is_accepted) >= p.bounds.decode;
                s.requests[r].needless = !full && p.has_prefill_room(s);
                s.requests[r].end(Phase::Rejected);
            },
        )
        .each(requests),
    ];
    rules.extend(late(p));
    rules
}

/// What there is only where admission looks at the present.
fn late(p: &PrefillDecode) -> Vec<Rule> {
    let class = |name| ActionClass::new(name, "admission");
    let mut rules = Vec::new();
    if p.rejects_late() {
        rules.push(Rule::new(
            class("RejectLate").guard(&["requests"]).modifies(&["requests", "order"]),
            By::One("decode instance"),
            REQUEST,
            |p, s| {
                let full = s.count(|phase| phase == Phase::Decoding) >= p.bounds.decode;
                s.requests.those(|r| full && r.phase == Phase::Prefilled)
            },
            |_, s, [r, ..]| {
                s.requests[r].end(Phase::Rejected);
                s.requests[r].let_go();
                s.leave(r);
            },
        ));
    }
    if p.has("stale-load") {
        rules.push(Rule::new(
            class("Report").guard(&["requests", "reported"]).writes(&["reported"]),
            By::One("decode instance"),
            &[],
            |_, s| once(*s.reported != s.count(|phase| phase == Phase::Decoding)),
            |_, s, _| *s.reported = s.count(|phase| phase == Phase::Decoding),
        ));
    }
    rules
}

fn instance(name: &'static str) -> ActionClass {
    ActionClass::new(name, "instances")
}

/// What the instances do.
pub(super) fn instances(p: &PrefillDecode) -> Vec<Rule> {
    let requests = p.bounds.requests;
    let mut rules = vec![
        Rule::new(
            instance("StartPrefill")
                .guard(&["requests", "order"])
                .writes(&["prefix"])
                .modifies(&["requests"]),
            By::One("prefill instance"),
            REQUEST,
            |p, s| {
                let room = s.count(|phase| phase == Phase::Prefilling) < p.bounds.prefill;
                let queued = |r: &&u8| s.requests[**r].phase == Phase::Queued;
                let next = s.order.iter().find(queued);
                next.filter(|_| room).map(|r| [*r, 0, 0]).into_iter().collect()
            },
            |_, s, [r, ..]| {
                s.requests[r].phase = Phase::Prefilling;
                s.requests[r].refers = true;
                *s.prefix = true;
            },
        ),
        Rule::new(
            instance("FinishPrefill").guard(&["requests"]).modifies(&["requests"]),
            By::One("prefill instance"),
            REQUEST,
            |_, s| s.requests.those(|r| r.phase == Phase::Prefilling),
            |_, s, [r, ..]| {
                let request = &mut s.requests[r];
                request.phase = Phase::Prefilled;
                request.prefilled = true;
                request.held = true;
            },
        )
        .each(requests),
    ];
    rules.extend(decode(p));
    if p.bounds.crashes > 0 {
        rules.extend(crashes());
    }
    rules
}

/// The decoding instance, and the pool.
fn decode(p: &PrefillDecode) -> Vec<Rule> {
    vec![
        Rule::new(
            instance("StartDecode").guard(&["requests", "order"]).modifies(&["requests"]),
            By::One("decode instance"),
            REQUEST,
            |p, s| {
                let room = s.count(|phase| phase == Phase::Decoding) < p.bounds.decode;
                let ready = |r: &&u8| p.is_ready(&s.requests[**r]);
                let next = s.order.iter().find(ready);
                next.filter(|_| room).map(|r| [*r, 0, 0]).into_iter().collect()
            },
            |_, s, [r, ..]| s.requests[r].phase = Phase::Decoding,
        ),
        Rule::new(
            instance("FinishDecode").guard(&["requests"]).modifies(&["requests", "order"]),
            By::One("decode instance"),
            REQUEST,
            |_, s| s.requests.those(|r| r.phase == Phase::Decoding),
            |_, s, [r, ..]| {
                s.requests[r].end(Phase::Done);
                s.leave(r);
            },
        )
        .each(p.bounds.requests),
        Rule::new(
            instance("Evict")
                .caused_by(Cause::Input)
                .guard(&["requests", "prefix"])
                .writes(&["prefix"]),
            By::One("pool"),
            &[],
            |p, s| {
                let referred = s.requests.iter().any(|request| request.refers);
                once(*s.prefix && (!referred || p.has("evicts-referenced")))
            },
            |_, s, _| *s.prefix = false,
        ),
    ]
}

fn crashes() -> [Rule; 2] {
    let class = |name| {
        ActionClass::new(name, "instances")
            .caused_by(Cause::Fault)
            .guard(&["crashes"])
            .modifies(&["crashes", "requests", "order", "prefix", "messages"])
    };
    [
        Rule::new(
            class("CrashPrefill"),
            By::One("environment"),
            &[],
            |_, s| once(*s.crashes > 0),
            |p, s, _| {
                *s.crashes -= 1;
                *s.prefix = false;
                fail(s, |r| match r.phase {
                    Phase::Prefilling => true,
                    Phase::Prefilled => r.received != p.all_chunks(),
                    _ => false,
                });
                s.requests.iter_mut().for_each(Request::let_go);
            },
        ),
        Rule::new(
            class("CrashDecode"),
            By::One("environment"),
            &[],
            |_, s| once(*s.crashes > 0),
            |_, s, _| {
                *s.crashes -= 1;
                fail(s, |r| match r.phase {
                    Phase::Decoding => true,
                    Phase::Prefilled => !r.held,
                    _ => false,
                });
                for request in s.requests.iter_mut() {
                    request.received = 0;
                }
                // Its connections close: what it has acknowledged is not heard.
                s.messages.retain(|message| message.what != What::Ack);
            },
        ),
    ]
}

/// The requests for which `lost` is true fail.
fn fail(s: &mut State, lost: impl Fn(&Request) -> bool) {
    for r in 0..s.requests.count() {
        if lost(&s.requests[r]) {
            s.requests[r].fail();
            s.leave(r);
        }
    }
}

impl PrefillDecode {
    /// Whether a prefill instance has room, or only one waits for it.
    fn has_prefill_room(&self, s: &State) -> bool {
        s.count(|phase| matches!(phase, Phase::Queued | Phase::Prefilling)) <= self.bounds.prefill
    }

    /// Early rejection by prediction: when a request that comes now is prefilled, all that were
    /// admitted before it decode, but for those expected to have finished.
    fn admits(&self, s: &State) -> bool {
        let load = match () {
            () if self.has("current-load") => s.count(|phase| phase == Phase::Decoding),
            () if self.has("stale-load") => *s.reported,
            () if self.has("double-count") => {
                s.count(Phase::is_accepted) + s.count(|phase| phase == Phase::Prefilling)
            }
            () => s.count(Phase::is_accepted),
        };
        load < self.bounds.decode + self.bounds.error && self.has_prefill_room(s)
    }

    /// Whether a request can be decoded.
    fn is_ready(&self, request: &Request) -> bool {
        let first = self.has("eager-decode") && request.received != 0;
        let all = request.received == self.all_chunks();
        request.phase == Phase::Prefilled && (first || all)
    }
}
