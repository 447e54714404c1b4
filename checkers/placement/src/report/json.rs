//! The report for programs.

use seatrial_certificate::check::{CostVerified, Status};
use seatrial_certificate::{Step, Verification};
use serde_json::{Value, json as object};

use super::{names, word, word_of_all};
use crate::rerun::{Rerun, Word};
use crate::study::Study;

/// The version of the documents.
const VERSION: &str = "1";

/// The report of a study. `bounds` is what it was limited by.
pub fn json(study: &Study, bounds: &Value) -> Value {
    let verification = &study.verification;
    let unplaced: Vec<Value> = study
        .unplaced_by_reason()
        .into_iter()
        .map(|(reason, pods)| {
            let pods: Vec<&str> = pods.into_iter().map(|pod| study.pod_name(pod)).collect();
            object!({ "reason": reason, "pods": pods })
        })
        .collect();
    let figures = &study.placed.figures;
    object!({
        "version": VERSION,
        "tool": tool(),
        "command": "place",
        "summary": {
            "nodes": study.instance.nodes.len(),
            "pods": study.instance.pods.len(),
            "placed": verification.tiers.last().map_or(0, |tier| tier.placed),
            "improved": study.against_default().is_gt(),
            "rests_on": word_of_all(verification),
        },
        "bounds": bounds,
        "tiers": tiers(verification, Some(&study.default_counts())),
        "fragments": verification.fragments.as_ref().map(cost),
        "disruption": cost(&verification.disruption),
        "plan": study.placed.plan().iter().map(|step| plan_step(study, *step)).collect::<Vec<_>>(),
        "unplaced": unplaced,
        "trusted": study.instance.trusted,
        "figures": {
            "seconds": figures.elapsed.as_secs_f64(),
            "best_after_seconds": figures.best_after.as_secs_f64(),
            "checker_steps": verification.steps,
        },
    })
}

/// The report of a verification.
pub fn json_of_verification(
    verification: &Verification,
    reruns: &[Rerun],
    bounds: &Value,
) -> Value {
    let solver = |rerun: &Rerun| match &rerun.word {
        Word::Confirmed => object!({ "bound": rerun.bound, "answer": "confirmed" }),
        Word::Contradicted => object!({ "bound": rerun.bound, "answer": "contradicted" }),
        Word::Unknown(why) => {
            object!({ "bound": rerun.bound, "answer": "unknown", "reason": why })
        }
    };
    object!({
        "version": VERSION,
        "tool": tool(),
        "command": "verify",
        "summary": { "accepted": true, "rests_on": word_of_all(verification) },
        "bounds": bounds,
        "tiers": tiers(verification, None),
        "fragments": verification.fragments.as_ref().map(cost),
        "disruption": cost(&verification.disruption),
        "solver": reruns.iter().map(solver).collect::<Vec<_>>(),
        "figures": { "checker_steps": verification.steps },
    })
}

/// The report of a certificate that is rejected.
pub fn json_of_rejection(reason: &str, bounds: &Value) -> Value {
    object!({
        "version": VERSION,
        "tool": tool(),
        "command": "verify",
        "summary": { "accepted": false, "reason": reason },
        "bounds": bounds,
    })
}

fn tool() -> Value {
    object!({ "name": "seatrial", "version": env!("CARGO_PKG_VERSION") })
}

fn tiers(verification: &Verification, default: Option<&[u64]>) -> Vec<Value> {
    let tiers = verification.tiers.iter().enumerate();
    tiers
        .map(|(index, tier)| {
            let mut row = object!({
                "priority": tier.priority,
                "pods": tier.pods,
                "placed": tier.placed,
                "bound": tier.bound,
                "certified": tier.status == Status::Certified,
                "rests_on": word(tier.status, &tier.rules),
                "rule": names(&tier.rules),
            });
            if let (Some(counts), Some(row)) = (default, row.as_object_mut()) {
                row.insert("default".to_owned(), object!(counts.get(index)));
            }
            row
        })
        .collect()
}

fn cost(cost: &CostVerified) -> Value {
    object!({
        "cost": cost.cost,
        "bound": cost.bound,
        "rests_on": word(cost.status, &cost.rules),
        "rule": names(&cost.rules),
    })
}

fn plan_step(study: &Study, step: Step) -> Value {
    let pod = |pod: u32| study.instance.pods.get(pod as usize).map(|it| it.name.as_str());
    let node = |node: u32| study.instance.nodes.get(node as usize).map(|it| it.name.as_str());
    match step {
        Step::Evict(it) => object!({ "step": "evict", "pod": pod(it) }),
        Step::Bind(it, to) => object!({ "step": "bind", "pod": pod(it), "node": node(to) }),
        Step::Move(it, to) => object!({ "step": "move", "pod": pod(it), "node": node(to) }),
    }
}
