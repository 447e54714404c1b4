//! Queues, quotas and admission.

use seatrial_explore::{ActionClass, Cause};

use super::state::{Adapter, Phase, Request, State, weight_of};
use super::{AdapterQueues, CLASSES, Rule};
use crate::rules::{About, By, each, pairs};

const ARRIVAL: &[&str] = &["request", "class", "adapter"];
const QUEUE: &[&str] = &["queue"];

fn class(name: &'static str) -> ActionClass {
    ActionClass::new(name, "queues")
}

/// What clients, the scheduler and the engine do.
pub(super) fn rules(p: &AdapterQueues) -> Vec<Rule> {
    let mut rules = arrivals(p);
    rules.extend(quotas(p));
    rules.push(
        Rule::new(
            class("Admit")
                .guard(&["requests", "order", "quotas"])
                .reads(&["adapters"])
                .modifies(&["requests", "order", "adapters"]),
            By::One("scheduler"),
            QUEUE,
            |p, s| each(CLASSES, |c| p.candidate(s, c).is_some()),
            AdapterQueues::admit,
        )
        .each(CLASSES),
    );
    rules.push(
        Rule::new(
            class("Finish").guard(&["requests"]).modifies(&["requests"]),
            By::One("engine"),
            &["request"],
            |_, s| s.requests.those(|r| r.phase == Phase::Running),
            |_, s, [r, ..]| s.requests[r] = Request::ABSENT,
        )
        .each(p.bounds.requests),
    );
    if p.has("preempts") {
        rules.push(preemption());
    }
    rules
}

fn arrivals(p: &AdapterQueues) -> Vec<Rule> {
    let mut rules = vec![Rule::new(
        class("Arrive")
            .caused_by(Cause::Input)
            .guard(&["requests"])
            .modifies(&["requests", "order"]),
        By::One("client"),
        ARRIVAL,
        |p, s| p.absent(s, CLASSES),
        |_, s, about| arrive(s, about, false),
    )];
    if p.bounds.mispredictions > 0 {
        rules.push(Rule::new(
            class("ArriveMispredicted")
                .caused_by(Cause::Fault)
                .guard(&["requests", "faults"])
                .modifies(&["requests", "order", "faults"]),
            By::One("client"),
            ARRIVAL,
            |p, s| if s.faults.mispredictions > 0 { p.absent(s, 1) } else { Vec::new() },
            |_, s, about| {
                s.faults.mispredictions -= 1;
                arrive(s, about, true);
            },
        ));
    }
    rules
}

fn arrive(s: &mut State, [r, class, adapter]: About, longer: bool) {
    s.requests[r] = Request { phase: Phase::Queued, class, adapter, longer, ..Request::ABSENT };
    s.order.push(r);
}

/// Quota is lent by a queue in which nothing waits, and returned when something does.
fn quotas(p: &AdapterQueues) -> Vec<Rule> {
    let quota = |name| class(name).guard(&["requests", "order", "quotas"]).modifies(&["quotas"]);
    let mut rules = vec![Rule::new(
        quota("Lend").caused_by(Cause::Input),
        By::One("scheduler"),
        QUEUE,
        |p, s| {
            each(CLASSES, |c| {
                let idle = s.queue(c).next().is_none() && s.quotas[c] == p.base(c);
                idle && s.used(c) < s.quotas[c]
            })
        },
        |_, s, [c, ..]| {
            let spare = s.quotas[c] - s.used(c);
            s.quotas[c] -= spare;
            s.quotas[other(c)] += spare;
        },
    )];
    if !p.has("keeps-lent") {
        rules.push(
            Rule::new(
                quota("Return"),
                By::One("scheduler"),
                QUEUE,
                |p, s| {
                    each(CLASSES, |c| {
                        let unused = s.used(other(c)) <= p.base(other(c));
                        s.quotas[c] < p.base(c)
                            && s.queue(c).next().is_some()
                            && (unused || p.has("returns-at-once"))
                    })
                },
                |p, s, [c, ..]| {
                    s.quotas[c] = p.base(c);
                    s.quotas[other(c)] = p.base(other(c));
                },
            )
            .each(CLASSES),
        );
    }
    rules
}

/// A fault: a large request that runs goes back into its queue when a small one waits.
fn preemption() -> Rule {
    Rule::new(
        class("Preempt").guard(&["requests", "order"]).modifies(&["requests", "order"]),
        By::One("scheduler"),
        &["request"],
        |_, s| {
            let waits = s.queue(0).next().is_some();
            s.requests.those(|r| waits && r.phase == Phase::Running && r.class > 0)
        },
        |_, s, [r, ..]| {
            s.requests[r].phase = Phase::Queued;
            s.order.push(r);
        },
    )
}

/// The other queue.
const fn other(class: u8) -> u8 {
    1 - class
}

impl AdapterQueues {
    /// The requests that may come, of the first so many classes and with any adapter.
    fn absent(&self, s: &State, classes: u8) -> Vec<About> {
        let absent = s.requests.those(|r| r.phase == Phase::Absent).into_iter();
        let kinds = |r| {
            let kinds = pairs((classes, self.bounds.adapters), |_, _| true).into_iter();
            kinds.map(move |[class, adapter, _]| [r, class, adapter])
        };
        absent.flat_map(|[r, ..]| kinds(r)).collect()
    }

    /// The quota of a queue while none is lent.
    pub(super) fn base(&self, class: u8) -> u8 {
        if self.has("starving-quota") && class == 0 { 2 } else { self.bounds.quota }
    }

    /// All memory: the quotas, and what requests may need beyond what is predicted.
    pub(super) fn capacity(&self) -> u8 {
        let reserve = if self.has("trusts-prediction") { 0 } else { self.bounds.mispredictions };
        self.base(0) + self.base(1) + reserve
    }

    /// What a queue may use of its quota: nothing that another one waits for.
    fn limit(&self, s: &State, class: u8) -> u8 {
        let waits = s.queue(other(class)).next().is_some();
        let lent = !waits || self.has("lends-under-demand");
        if lent { s.quotas[class] } else { s.quotas[class].min(self.base(class)) }
    }

    /// Whether the quota of its queue is enough for a request.
    pub(super) fn fits(&self, s: &State, r: u8) -> bool {
        let request = s.requests[r];
        s.used(request.class) + request.weight() <= self.limit(s, request.class)
    }

    /// Whether a request may still be passed by others.
    pub(super) fn is_patient(&self, request: Request) -> bool {
        request.passed < self.bounds.patience || self.has("always-bypasses")
    }

    /// The request of a queue that is admitted next: the first, or the first that fits as long as
    /// the first is patient.
    pub(super) fn candidate(&self, s: &State, class: u8) -> Option<u8> {
        let head = s.queue(class).next()?;
        if self.fits(s, head) {
            return Some(head);
        }
        let passes = self.is_patient(s.requests[head]) && !self.has("blocked-head");
        s.queue(class).find(|r| passes && self.fits(s, *r))
    }

    /// Evicts adapters that nobody needs until there is room for a request and its adapter. There
    /// is room in the end, for quotas count what each request needs.
    fn make_room(&self, s: &mut State, request: Request) {
        let loaded = s.adapters[request.adapter] != Adapter::Out;
        let needed = request.size() + if loaded { 0 } else { weight_of(request.adapter) };
        for a in (0..self.bounds.adapters).filter(|a| *a != request.adapter) {
            let full = predicted_memory(s) + needed > self.base(0) + self.base(1);
            let evicted = !s.is_in_use(a) || self.has("evicts-in-use");
            if full && evicted && !self.has("caches-beyond") {
                s.adapters[a] = Adapter::Out;
            }
        }
    }

    fn admit(&self, s: &mut State, [class, ..]: About) {
        let Some(admitted) = self.candidate(s, class) else { return };
        let head = s.queue(class).next();
        if let Some(head) = head.filter(|head| *head != admitted) {
            let head = &mut s.requests[head];
            head.passed = (head.passed + 1).min(self.bounds.patience + 1);
        }
        self.make_room(s, s.requests[admitted]);
        s.order.retain(|r| *r != admitted);
        let request = &mut s.requests[admitted];
        request.passed = 0;
        request.ran = !self.fine;
        request.phase = if self.fine { Phase::Admitted } else { Phase::Running };
        let adapter = &mut s.adapters[request.adapter];
        if *adapter == Adapter::Out {
            *adapter = if self.fine { Adapter::Loading } else { Adapter::In };
        }
    }
}

/// The memory in use if all requests are of the size that was predicted.
fn predicted_memory(s: &State) -> u8 {
    let longer = s.requests.iter().filter(|r| r.phase.is_admitted() && r.longer).count();
    s.memory() - u8::try_from(longer).unwrap_or(0)
}
