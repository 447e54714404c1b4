//! The report for people.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::fmt::Write;

use seatrial_certificate::check::{CostVerified, Status};
use seatrial_certificate::{Rule, Step, Verification};

use super::{names, weakest, word_of_all};
use crate::rerun::{Rerun, Word};
use crate::study::Study;

/// So many steps and pods are listed; the certificate has all.
const LISTED: usize = 24;

/// The report of a study.
pub fn text(study: &Study) -> String {
    let mut out = head(study);
    let default = study.default_counts();
    out += &tiers(&study.verification, Some(&default));
    out += &costs(&study.verification, study.fragments_now());
    out += &plan(study);
    out += &unplaced(study);
    out += &trusted(study);
    out += "\n";
    out += &verdict(study);
    out
}

fn head(study: &Study) -> String {
    let running = study.instance.pods.iter().filter(|pod| pod.node.is_some()).count();
    format!(
        "{}, {} ({running} running), {:.1} s\n\n",
        count(study.instance.nodes.len(), "node"),
        count(study.instance.pods.len(), "pod"),
        study.placed.figures.elapsed.as_secs_f64(),
    )
}

/// `1 pod`, `2 pods`.
fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// A row for each tier: how many pods of this priority and above.
fn tiers(verification: &Verification, default: Option<&[u64]>) -> String {
    let mut rows = vec![["priority", "pods", "default", "placed", "at most", ""].map(String::from)];
    for (index, tier) in verification.tiers.iter().enumerate() {
        let by_default = default.and_then(|counts| counts.get(index)).map(u64::to_string);
        rows.push([
            format!(">= {}", tier.priority),
            tier.pods.to_string(),
            by_default.unwrap_or_default(),
            tier.placed.to_string(),
            tier.bound.to_string(),
            rests_on(tier.status, &tier.rules, tier.bound.saturating_sub(tier.placed)),
        ]);
    }
    let skipped = default.is_none().then_some(2);
    table(&rows, skipped)
}

/// Right-aligned columns, but for the last.
fn table(rows: &[[String; 6]], skipped: Option<usize>) -> String {
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max()
    };
    let mut out = String::new();
    for row in rows {
        let mut line = String::new();
        for (column, cell) in row.iter().enumerate() {
            if Some(column) == skipped {
                continue;
            }
            if column + 1 == row.len() {
                line += "  ";
                line += cell;
            } else {
                let _ = write!(line, "  {cell:>width$}", width = width(column).unwrap_or(0));
            }
        }
        out += line.trim_end();
        out += "\n";
    }
    out
}

fn rests_on(status: Status, rules: &BTreeSet<Rule>, gap: u64) -> String {
    let solver = rules.contains(&Rule::Solver);
    let names = names(rules);
    match status {
        Status::Certified if solver => "optimal, refuted by the solver again".to_owned(),
        Status::Certified => format!("optimal, checked ({names})"),
        Status::Solver if solver => "optimal on a solver's word".to_owned(),
        Status::Solver => format!("optimal ({names}) if the tiers above are"),
        Status::Gap => format!("gap of {gap}"),
        Status::Conditional if gap == 0 => "optimal if the tiers above are".to_owned(),
        Status::Conditional => format!("gap of {gap}, if the tiers above stay as they are"),
    }
}

fn costs(verification: &Verification, fragments_now: Option<u64>) -> String {
    let mut out = String::new();
    let line = |what: &str, cost: &CostVerified, now: Option<u64>| {
        let gap = cost.cost.saturating_sub(cost.bound);
        let why = match cost.status {
            Status::Certified if cost.rules.contains(&Rule::Solver) => {
                "the least, refuted by the solver again".to_owned()
            }
            Status::Certified => format!("the least, checked ({})", names(&cost.rules)),
            Status::Solver => "the least on a solver's word".to_owned(),
            Status::Conditional if gap == 0 => "the least for these counts".to_owned(),
            Status::Gap => format!("at least {}: gap of {gap}", cost.bound),
            Status::Conditional => format!("at least {} for these counts", cost.bound),
        };
        let now = now.map_or(String::new(), |now| format!(" ({now} now)"));
        match (cost.cost, why.as_str()) {
            (0, _) => format!("{what}: none{now}\n"),
            (cost, why) => format!("{what}: {cost}{now}, {why}\n"),
        }
    };
    out += "\n";
    if let Some(fragments) = &verification.fragments {
        out += &line("fragments", fragments, fragments_now);
    }
    out += &line("disruption", &verification.disruption, None);
    out
}

fn plan(study: &Study) -> String {
    let steps = study.placed.plan();
    let of = |wanted: fn(&Step) -> bool| steps.iter().filter(|step| wanted(step)).count();
    let kinds = [
        (of(|step| matches!(step, Step::Evict(_))), "eviction"),
        (of(|step| matches!(step, Step::Move(..))), "move"),
        (of(|step| matches!(step, Step::Bind(..))), "binding"),
    ];
    let kinds: Vec<_> =
        kinds.iter().filter(|(n, _)| *n > 0).map(|(n, what)| count(*n, what)).collect();
    if kinds.is_empty() {
        return "\nplan: nothing to do\n".to_owned();
    }
    let mut out = format!("\nplan: {}\n", kinds.join(", then "));
    for step in steps.iter().take(LISTED) {
        let _ = writeln!(out, "  {}", study.step(*step));
    }
    out + &more(steps.len())
}

fn more(all: usize) -> String {
    match all.checked_sub(LISTED) {
        None | Some(0) => String::new(),
        Some(rest) => format!("  and {rest} more (`--output-format json` lists all)\n"),
    }
}

/// The pods without a place, by reason.
fn unplaced(study: &Study) -> String {
    const NAMED: usize = 3;
    let reasons = study.unplaced_by_reason();
    if reasons.is_empty() {
        return String::new();
    }
    let all: usize = reasons.iter().map(|(_, pods)| pods.len()).sum();
    let mut out = format!("\nwithout a place: {}\n", count(all, "pod"));
    for (reason, pods) in reasons.iter().take(LISTED) {
        let names: Vec<&str> = pods.iter().take(NAMED).map(|pod| study.pod_name(*pod)).collect();
        let rest = match pods.len().saturating_sub(NAMED) {
            0 => String::new(),
            rest => format!(" and {rest} more"),
        };
        let _ = writeln!(out, "  {}{rest}\n      {reason}", names.join(", "));
    }
    out + &more(reasons.len())
}

fn trusted(study: &Study) -> String {
    if study.instance.trusted.is_empty() {
        return String::new();
    }
    let mut out = "\ntaken on trust, not read from node and pod objects\n".to_owned();
    for line in study.instance.trusted.iter().take(LISTED) {
        let _ = writeln!(out, "  {line}");
    }
    out + &more(study.instance.trusted.len())
}

fn verdict(study: &Study) -> String {
    let all = study.unplaced().next().is_none();
    let first = match weakest(&study.verification) {
        _ if all => "all pods have a place",
        Status::Certified => "no placement is better; the certificate proves it",
        Status::Solver => "no placement is better, if the solver is right",
        Status::Gap | Status::Conditional => "there may be a better placement: a gap remains",
    };
    let second = match study.against_default() {
        Ordering::Greater if study.default_leaves_out() => {
            "the default scheduler leaves pods waiting that have a place"
        }
        Ordering::Greater => "the default scheduler places as many, but less important ones",
        Ordering::Equal => "the default scheduler does as well",
        Ordering::Less => "the default scheduler places more, in ways that are not allowed here",
    };
    format!("{first}; {second}\n")
}

/// The report of a verification.
pub fn text_of_verification(verification: &Verification, reruns: &[Rerun]) -> String {
    let mut out = tiers(verification, None);
    out += &costs(verification, None);
    for rerun in reruns {
        if let Word::Unknown(why) = &rerun.word {
            let _ = writeln!(out, "the solver does not refute `{}`: {why}", rerun.bound);
        }
    }
    let _ = writeln!(out, "\naccepted: {}", sentence(verification));
    out
}

fn sentence(verification: &Verification) -> &'static str {
    match word_of_all(verification) {
        "certified" => "the plan is feasible, and no placement is better",
        "rerun" => "the plan is feasible, and no placement is better: a solver refuted it again",
        "solver" => "the plan is feasible, and no placement is better if the solver is right",
        _ => "the plan is feasible and the bounds hold, but a gap remains",
    }
}
