//! What electors do, and what happens to them.

use seatrial_explore::{ActionClass, Cause};

use super::state::{Elector, GONE, Got, State};
use super::{LeaseElection, Rule};
use crate::rules::{By, once};

const ELECTOR: &[&str] = &["elector"];

fn by(place: usize) -> By {
    By::Of("elector", place)
}

/// How electors read and write the record.
pub(super) fn record(p: &LeaseElection) -> Vec<Rule> {
    let class = |name| ActionClass::new(name, "record");
    if !p.fine {
        return vec![
            Rule::new(
                class("TryAcquireOrRenew")
                    .guard(&["electors"])
                    .reads(&["electors", "record", "resource"])
                    .modifies(&["electors", "record", "resource"]),
                by(0),
                ELECTOR,
                |_, s| s.electors.those(|it| !it.paused),
                |p, s, [i, ..]| {
                    p.get(s, i);
                    p.update(s, i);
                },
            )
            .each(p.bounds.electors),
        ];
    }
    vec![
        Rule::new(
            class("Get").guard(&["electors"]).modifies(&["electors"]),
            by(0),
            ELECTOR,
            |_, s| s.electors.those(|it| !it.paused && it.got == Got::Nothing),
            |p, s, [i, ..]| p.get(s, i),
        )
        .each(p.bounds.electors),
        Rule::new(
            class("Update")
                .guard(&["electors"])
                .reads(&["electors", "record", "resource"])
                .modifies(&["electors", "record", "resource"]),
            by(0),
            ELECTOR,
            |_, s| s.electors.those(|it| !it.paused && it.got != Got::Nothing),
            |p, s, [i, ..]| p.update(s, i),
        )
        .each(p.bounds.electors),
    ]
}

/// How leaders stop and act.
pub(super) fn leaders(p: &LeaseElection) -> Vec<Rule> {
    let class = |name| ActionClass::new(name, "leaders");
    let mut rules = vec![
        Rule::new(
            class("Check").guard(&["electors"]).modifies(&["electors"]),
            by(0),
            ELECTOR,
            |p, s| s.electors.those(|it| p.believes(it) && !it.paused && !it.checked),
            |_, s, [i, ..]| s.electors[i].checked = true,
        ),
        Rule::new(
            class("Act")
                .guard(&["electors"])
                .reads(&["electors", "record", "resource"])
                .modifies(&["electors", "record", "resource"]),
            by(0),
            ELECTOR,
            |_, s| s.electors.those(|it| it.checked && !it.paused),
            |p, s, [i, ..]| p.act(s, i),
        )
        .each(p.bounds.electors),
    ];
    if !p.has("never-stops") {
        rules.push(
            Rule::new(
                class("StopLeading").guard(&["electors"]).modifies(&["electors"]),
                by(0),
                ELECTOR,
                |p, s| s.electors.those(|it| p.must_stop(it)),
                |_, s, [i, ..]| {
                    let elector = &mut s.electors[i];
                    elector.leads = false;
                    elector.got = Got::Nothing;
                },
            )
            .each(p.bounds.electors),
        );
    }
    if p.bounds.budgets.releases > 0 {
        rules.push(Rule::new(
            class("Release")
                .caused_by(Cause::Input)
                .guard(&["electors", "budgets"])
                .reads(&["electors", "record"])
                .modifies(&["electors", "record", "budgets"]),
            by(0),
            ELECTOR,
            |p, s| {
                let may = s.budgets.releases > 0;
                let done = |it: &Elector| !it.checked || p.has("releases-early");
                s.electors.those(|it| may && it.leads && !it.paused && done(it))
            },
            |p, s, [i, ..]| p.release(s, i),
        ));
    }
    rules
}

/// Time, pauses and crashes.
pub(super) fn environment(p: &LeaseElection) -> Vec<Rule> {
    let class = |name| ActionClass::new(name, "environment");
    let fault = |name| class(name).caused_by(Cause::Fault);
    let mut rules = vec![Rule::new(
        class("Tick").guard(&["electors"]).reads(&["half"]).modifies(&["electors", "half"]),
        By::One("time"),
        &[],
        // Whoever is not paused does what is due before more time passes.
        |p, s| {
            let due = |it: &Elector| !it.paused && (p.must_stop(it) || it.checked);
            once(!s.electors.iter().any(due))
        },
        |p, s, _| p.tick(s),
    )];
    if p.bounds.budgets.pauses > 0 {
        rules.push(Rule::new(
            fault("Pause").guard(&["electors", "budgets"]).modifies(&["electors", "budgets"]),
            by(0),
            ELECTOR,
            |_, s| {
                let may = s.budgets.pauses > 0;
                s.electors.those(|it| may && !it.paused)
            },
            |_, s, [i, ..]| {
                s.budgets.pauses -= 1;
                s.electors[i].paused = true;
            },
        ));
        rules.push(
            Rule::new(
                class("Resume").guard(&["electors"]).modifies(&["electors"]),
                by(0),
                ELECTOR,
                |_, s| s.electors.those(|it| it.paused),
                |_, s, [i, ..]| s.electors[i].paused = false,
            )
            .each(p.bounds.electors),
        );
    }
    if p.bounds.budgets.crashes > 0 {
        rules.push(Rule::new(
            fault("Crash")
                .guard(&["electors", "budgets"])
                .reads(&["electors", "record", "resource"])
                .modifies(&["electors", "record", "resource", "budgets"]),
            by(0),
            ELECTOR,
            |_, s| {
                let may = s.budgets.crashes > 0;
                s.electors.those(|_| may)
            },
            |_, s, [i, ..]| {
                s.budgets.crashes -= 1;
                s.electors[i] = Elector::STARTED;
                // Started again, it has another name.
                if s.record.holder == Some(i) {
                    s.record.holder = Some(GONE);
                }
                s.renumber();
            },
        ));
    }
    rules
}

impl LeaseElection {
    /// Whether an elector leads as far as it knows by its own clock.
    pub(super) fn believes(&self, elector: &Elector) -> bool {
        elector.leads && (elector.renewed < self.bounds.renew || self.has("never-stops"))
    }

    /// Whether an elector has to stop leading: it could not renew in time.
    fn must_stop(&self, elector: &Elector) -> bool {
        let late = elector.leads && elector.renewed >= self.bounds.renew;
        late && !elector.paused && !self.has("never-stops")
    }

    /// How long an elector waits after it saw the record change.
    fn patience(&self, i: u8) -> u8 {
        match () {
            () if self.has("own-duration") && i > 0 => 1,
            () if self.has("waits-for-release") => u8::MAX,
            () => self.bounds.lease,
        }
    }

    fn get(&self, s: &mut State, i: u8) {
        let elector = &mut s.electors[i];
        elector.got = Got::Record { current: true };
        if !elector.seen {
            elector.seen = true;
            // The time that the holder wrote, by a clock that is ahead, has passed already.
            let skewed = self.has("trusts-renew-time");
            elector.observed = if skewed { self.bounds.lease } else { 0 };
        }
    }

    /// Writes the record if it is free, or held by the elector, or has not been renewed for long;
    /// and if it is still what was read.
    fn update(&self, s: &mut State, i: u8) {
        let got = std::mem::replace(&mut s.electors[i].got, Got::Nothing);
        let own = s.record.holder == Some(i);
        let expired = s.electors[i].observed >= self.patience(i);
        let may = s.record.holder.is_none() || own || expired;
        let current = got == Got::Record { current: true } || self.has("writes-blindly");
        if !may || !current {
            return;
        }
        if !own || !s.electors[i].leads {
            s.record.token += 1;
        }
        s.record.holder = Some(i);
        Self::changed(s, i);
        let token = s.record.token;
        let elector = &mut s.electors[i];
        elector.leads = true;
        elector.renewed = 0;
        elector.token = token;
        s.renumber();
    }

    /// The record has changed: nobody but the writer has seen it as it is.
    fn changed(s: &mut State, writer: u8) {
        for (number, elector) in (0..).zip(s.electors.iter_mut()) {
            elector.seen = number == writer;
            if elector.got != Got::Nothing {
                elector.got = Got::Record { current: false };
            }
            if number == writer {
                elector.observed = 0;
            }
        }
    }

    fn act(&self, s: &mut State, i: u8) {
        s.electors[i].checked = false;
        let token = s.electors[i].token;
        let stale = token < s.resource.token;
        if stale && self.is_fenced() {
            return;
        }
        s.resource.stale |= stale;
        s.resource.token = s.resource.token.max(token);
        s.renumber();
    }

    /// Whether the resource refuses what comes under an earlier lease than it has seen.
    fn is_fenced(&self) -> bool {
        !self.has("unfenced") && !self.has("releases-early")
    }

    #[expect(clippy::unused_self, reason = "a method as the other steps are")]
    fn release(&self, s: &mut State, i: u8) {
        s.budgets.releases -= 1;
        let elector = &mut s.electors[i];
        elector.leads = false;
        elector.got = Got::Nothing;
        if s.record.holder == Some(i) {
            s.record.holder = None;
            Self::changed(s, i);
        }
    }

    /// Time passes: clocks go on, the first one at half the rate if it is slow.
    fn tick(&self, s: &mut State) {
        let slow = self.has("slow-clock");
        let waits = slow && !*s.half;
        *s.half = slow && !*s.half;
        for (number, elector) in (0..self.bounds.electors).zip(s.electors.iter_mut()) {
            if number == 0 && waits {
                continue;
            }
            // Only a leader's last renewal matters, and only what was seen grows old.
            let renewed = (elector.renewed + 1).min(self.bounds.renew);
            elector.renewed = if elector.leads { renewed } else { 0 };
            elector.observed = (elector.observed + 1).min(self.bounds.lease);
        }
    }
}
