//! The executor of a plan, and the hosts.

use seatrial_explore::{ActionClass, Cause};

use super::state::{Move, Phase, State};
use super::{CAPACITY, Rescheduling, Rule};
use crate::rules::{About, By, once};

const EXECUTOR: By = By::One("executor");
const MACHINE: &[&str] = &["machine"];

fn class(name: &'static str) -> ActionClass {
    ActionClass::new(name, "execution").guard(&["plan", "machines"]).modifies(&["plan", "machines"])
}

/// What both grains share: giving up, and coming to an end.
fn ending() -> Vec<Rule> {
    vec![
        Rule::new(
            class("Abandon"),
            EXECUTOR,
            &[],
            |p, s| once(p.is_stuck(s)),
            |_, s, _| {
                s.plan.moves.clear();
                s.plan.disturbed = true;
            },
        ),
        Rule::new(
            class("Finish"),
            EXECUTOR,
            &[],
            |_, s| once(s.plan.phase == Phase::Executing && s.plan.moves.is_empty() && s.rests()),
            |_, s, _| s.plan.phase = Phase::Done,
        ),
    ]
}

/// A migration as a reservation, a copy, and clearing up: the fine grain.
pub(super) fn fine(p: &Rescheduling) -> Vec<Rule> {
    let machines = p.bounds.machines;
    let mut rules = vec![
        Rule::new(
            class("StartCopy"),
            EXECUTOR,
            &["machine", "host"],
            Rescheduling::next,
            |_, s, [machine, host, _]| {
                s.plan.moves.remove(0);
                s.plan.counted += 1;
                s.plan.started += 1;
                s.machines[machine].step = Move::Copying(host);
            },
        ),
        Rule::new(
            class("CutOver"),
            By::One("host"),
            MACHINE,
            |_, s| s.machines.those(|m| matches!(m.step, Move::Copying(_))),
            |_, s, [machine, ..]| {
                let row = &mut s.machines[machine];
                if let (Some(from), Move::Copying(to)) = (row.host, row.step) {
                    row.host = Some(to);
                    row.step = Move::Clearing(from);
                }
            },
        )
        .each(machines),
        Rule::new(
            class("Clear"),
            By::One("host"),
            MACHINE,
            |_, s| s.machines.those(|m| matches!(m.step, Move::Clearing(_))),
            |_, s, [machine, ..]| s.machines[machine].step = Move::None,
        )
        .each(machines),
    ];
    rules.extend(ending());
    rules.extend(faults(p));
    rules
}

fn faults(p: &Rescheduling) -> Vec<Rule> {
    let mut rules = Vec::new();
    if p.bounds.failures > 0 {
        rules.push(Rule::new(
            ActionClass::new("CopyFails", "execution")
                .caused_by(Cause::Fault)
                .guard(&["machines", "failures"])
                .modifies(&["machines", "failures", "plan"]),
            By::One("host"),
            MACHINE,
            |_, s| {
                let may = *s.failures > 0;
                s.machines.those(|m| may && matches!(m.step, Move::Copying(_)))
            },
            |p, s, [machine, ..]| p.copy_fails(s, machine),
        ));
    }
    if p.bounds.crashes > 0 {
        rules.push(Rule::new(
            ActionClass::new("RestartExecutor", "execution")
                .caused_by(Cause::Fault)
                .guard(&["environment", "plan"])
                .modifies(&["environment", "plan"]),
            By::One("environment"),
            &[],
            |_, s| once(s.environment.crashes > 0 && s.plan.phase == Phase::Executing),
            |p, s, _| {
                s.environment.crashes -= 1;
                if p.has("forgets-count") {
                    s.plan.counted = 0;
                }
            },
        ));
    }
    rules
}

/// A migration in one step: the coarse grain.
pub(super) fn coarse(_: &Rescheduling) -> Vec<Rule> {
    let mut rules = vec![Rule::new(
        class("Migrate"),
        EXECUTOR,
        &["machine", "host"],
        Rescheduling::next,
        |_, s, [machine, host, _]| {
            s.plan.moves.remove(0);
            s.plan.counted += 1;
            s.plan.started += 1;
            s.machines[machine].host = Some(host);
        },
    )];
    rules.extend(ending());
    rules
}

impl Rescheduling {
    /// The room on a host: a machine that moves takes room on both.
    pub(super) fn room(&self, s: &State, host: u8) -> u8 {
        CAPACITY.saturating_sub(taken(s, host, self.has("frees-early")))
    }

    /// The next migration of the plan, if it can start.
    fn next(&self, s: &State) -> Vec<About> {
        let next = s.plan.moves.first().filter(|_| s.plan.phase == Phase::Executing);
        let startable = |&&(machine, host): &&(u8, u8)| {
            let row = &s.machines[machine];
            let room = self.room(s, host) > 0 || self.has("unchecked-room");
            row.step == Move::None && row.host.is_some_and(|at| at != host) && room
        };
        next.filter(startable).map(|&(machine, host)| [machine, host, 0]).into_iter().collect()
    }

    /// Whether the next migration cannot start, and nothing that moves can change that.
    fn is_stuck(&self, s: &State) -> bool {
        let waits = s.plan.phase == Phase::Executing && !s.plan.moves.is_empty() && s.rests();
        let gone =
            s.plan.moves.first().is_some_and(|&(machine, host)| {
                s.machines[machine].host.is_none_or(|at| at == host)
            });
        let may_give_up = gone || !self.has("waits-for-room");
        waits && self.next(s).is_empty() && may_give_up
    }

    /// A copy fails: it is tried again as long as the plan's bound allows.
    fn copy_fails(&self, s: &mut State, machine: u8) {
        *s.failures -= 1;
        s.plan.disturbed = true;
        let Move::Copying(host) = s.machines[machine].step else { return };
        let orphans = self.has("keeps-reservation");
        s.machines[machine].step = if orphans { Move::Orphaned(host) } else { Move::None };
        let left = s.plan.counted + u8::try_from(s.plan.moves.len()).unwrap_or(u8::MAX);
        if left < self.bounds.migrations {
            s.plan.moves.insert(0, (machine, host));
        }
    }
}

/// The room that is taken on a host; with `early`, without that of machines which are leaving.
pub(super) fn taken(s: &State, host: u8, early: bool) -> u8 {
    let here = s.machines.iter().map(|machine| {
        let kept = match machine.step {
            Move::Copying(to) | Move::Orphaned(to) => to == host,
            Move::Clearing(from) => from == host && !early,
            Move::None => false,
        };
        let leaves = early && matches!(machine.step, Move::Copying(_));
        let stays = machine.host == Some(host) && !leaves;
        u8::from(kept) + u8::from(stays)
    });
    here.sum()
}
