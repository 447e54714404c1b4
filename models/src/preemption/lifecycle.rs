//! Grace periods, controllers that make pods again, and evictions under a budget.

use seatrial_explore::{ActionClass, Cause};

use super::state::{Phase, State};
use super::{COVERED, Preemption, Rule};
use crate::rules::{By, once};

const POD: &[&str] = &["pod"];

fn class(name: &'static str) -> ActionClass {
    ActionClass::new(name, "lifecycle")
}

/// What happens to pods besides scheduling.
pub(super) fn rules(p: &Preemption) -> Vec<Rule> {
    let pods = p.pods();
    let mut rules = vec![
        Rule::new(
            class("GraceEnds").guard(&["pods"]).modifies(&["pods"]),
            By::One("kubelet"),
            POD,
            |_, s| s.pods.those(|pod| matches!(pod.phase, Phase::Terminating(_))),
            |_, s, [pod, ..]| s.pods[pod].phase = Phase::Gone,
        )
        .each(pods),
        Rule::new(
            class("Recreate").guard(&["pods"]).reads(&["raised"]).modifies(&["pods"]),
            By::One("controller"),
            POD,
            |_, s| s.pods.those(|pod| pod.phase == Phase::Gone),
            |p, s, [pod, ..]| {
                s.pods[pod].phase = Phase::Pending;
                if *s.raised && pod < p.bounds.low {
                    s.pods[pod].priority = p.bounds.high + 1;
                }
            },
        )
        .each(pods),
    ];
    rules.extend(budget());
    if p.bounds.evictions > 0 {
        rules.push(Rule::new(
            class("Evict")
                .caused_by(Cause::Input)
                .guard(&["pods", "budget", "evictions"])
                .modifies(&["pods", "budget", "evictions", "wrongs"]),
            By::One("operator"),
            POD,
            |p, s| {
                let may = *s.evictions > 0 && s.budget.allowed > 0;
                s.pods.those_numbered(|number, pod| {
                    may && p.is_covered(number) && matches!(pod.phase, Phase::Running(_))
                })
            },
            |p, s, [pod, ..]| {
                *s.evictions -= 1;
                let forbidden = p.allowed(s) == 0 && !s.budget.behind;
                s.wrongs.overrun |= forbidden;
                // The API server takes the disruption off the status as it grants it.
                if !p.has("lagging-budget") {
                    s.budget.allowed -= 1;
                }
                if let Phase::Running(node) = s.pods[pod].phase {
                    s.pods[pod].phase = Phase::Terminating(node);
                }
            },
        ));
    }
    if p.has("default-raised") {
        rules.push(Rule::new(
            class("RaiseDefault").caused_by(Cause::Input).guard(&["raised"]).writes(&["raised"]),
            By::One("operator"),
            &[],
            |_, s| once(!*s.raised),
            |_, s, _| *s.raised = true,
        ));
    }
    rules
}

/// The status of the budget.
fn budget() -> Vec<Rule> {
    vec![Rule::new(
        class("UpdateBudget").guard(&["pods", "budget"]).modifies(&["budget"]),
        By::One("disruption controller"),
        &[],
        |p, s| once(s.budget.behind || s.budget.allowed != p.allowed(s)),
        |p, s, _| {
            s.budget.allowed = p.allowed(s);
            s.budget.behind = false;
        },
    )]
}

impl Preemption {
    /// The disruptions that the budget allows by the pods that run.
    fn allowed(&self, s: &State) -> u8 {
        let running = s
            .pods
            .iter()
            .take(usize::from(COVERED.min(self.bounds.low)))
            .filter(|pod| matches!(pod.phase, Phase::Running(_)));
        let healthy = u8::try_from(running.count()).unwrap_or(u8::MAX);
        healthy.saturating_sub(self.bounds.available)
    }
}
