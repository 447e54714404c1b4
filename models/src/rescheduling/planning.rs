//! The planner, and the others who place machines.

use seatrial_explore::{ActionClass, Cause};

use super::state::{Move, Phase, fragments, load};
use super::{CAPACITY, Rescheduling, Rule};
use crate::rules::{By, once, pairs};

const PLANNER: By = By::One("planner");

/// What the planner does: it looks once, and plans by what it saw.
pub(super) fn planner(_: &Rescheduling) -> Vec<Rule> {
    let class = |name| ActionClass::new(name, "planning").guard(&["plan"]).modifies(&["plan"]);
    vec![
        Rule::new(
            class("TakeSnapshot").caused_by(Cause::Input).reads(&["machines"]),
            PLANNER,
            &[],
            |_, s| once(s.plan.phase == Phase::Idle),
            |p, s, _| {
                let placement = s.placement();
                s.plan.before = fragments(&placement, p.bounds.hosts);
                s.plan.planned = placement;
                s.plan.phase = Phase::Planning;
            },
        ),
        Rule::new(
            class("PlanMove").caused_by(Cause::Input),
            PLANNER,
            &["machine", "host"],
            |p, s| {
                let more = s.plan.phase == Phase::Planning
                    && s.plan.moves.len() < usize::from(p.bounds.migrations);
                pairs((p.bounds.machines, p.bounds.hosts), |machine, host| {
                    let at = s.plan.planned.get(usize::from(machine)).copied().flatten();
                    let elsewhere = at.is_some_and(|at| at != host);
                    let planned = s.plan.moves.iter().any(|(other, _)| *other == machine);
                    more && elsewhere && !planned && load(&s.plan.planned, host) < CAPACITY
                })
            },
            |_, s, [machine, host, _]| {
                s.plan.moves.push((machine, host));
                if let Some(at) = s.plan.planned.get_mut(usize::from(machine)) {
                    *at = Some(host);
                }
            },
        ),
        Rule::new(
            class("Execute").caused_by(Cause::Input),
            PLANNER,
            &[],
            |p, s| {
                let better = fragments(&s.plan.planned, p.bounds.hosts) < s.plan.before;
                let planned = s.plan.phase == Phase::Planning && !s.plan.moves.is_empty();
                once(planned && (better || p.has("any-plan")))
            },
            |_, s, _| s.plan.phase = Phase::Executing,
        ),
        Rule::new(
            class("Discard"),
            PLANNER,
            &[],
            |_, s| once(s.plan.phase == Phase::Planning),
            |_, s, _| {
                s.plan.phase = Phase::Done;
                s.plan.moves.clear();
                s.plan.disturbed = true;
            },
        ),
    ]
}

/// Others place machines, and take them away.
pub(super) fn others(p: &Rescheduling) -> Vec<Rule> {
    if p.bounds.changes == 0 {
        return Vec::new();
    }
    let class = |name| {
        ActionClass::new(name, "others")
            .caused_by(Cause::Input)
            .guard(&["machines", "environment"])
            .modifies(&["machines", "environment", "plan"])
    };
    vec![
        Rule::new(
            class("Place"),
            By::One("other scheduler"),
            &["machine", "host"],
            |p, s| {
                pairs((p.bounds.machines, p.bounds.hosts), |machine, host| {
                    let absent = s.machines[machine].host.is_none();
                    s.environment.changes > 0 && absent && p.room(s, host) > 0
                })
            },
            |_, s, [machine, host, _]| {
                s.environment.changes -= 1;
                s.machines[machine].host = Some(host);
                s.plan.disturbed = true;
            },
        ),
        Rule::new(
            class("TakeAway"),
            By::One("user"),
            &["machine"],
            |_, s| {
                let may = s.environment.changes > 0;
                s.machines.those(|m| may && m.host.is_some() && m.step == Move::None)
            },
            |_, s, [machine, ..]| {
                s.environment.changes -= 1;
                s.machines[machine].host = None;
                s.plan.disturbed = true;
            },
        ),
    ]
}
