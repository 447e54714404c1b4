//! The page of `seatrial place`.

use serde::Deserialize;

use super::document::Common;
use super::markup::Markup;
use super::nodes::{LISTED, bars, key, more, names, unplaced as unplaced_pods};
use super::page::{Head, Tone, badge, bounds, page as whole, section, table_head};
use super::prose;
use crate::text::{count, enumerate};
use crate::{Node, Nodes, Unplaced};

#[derive(Debug, Deserialize)]
pub(super) struct Place {
    #[serde(flatten)]
    common: Common<Summary>,
    tiers: Vec<Tier>,
    fragments: Option<Priced>,
    disruption: Priced,
    plan: Vec<Planned>,
    unplaced: Vec<Unplaced>,
    trusted: Vec<String>,
    #[serde(default)]
    nodes: Vec<Node>,
    #[serde(default)]
    waiting: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Summary {
    nodes: usize,
    pods: usize,
    placed: usize,
    improved: bool,
    rests_on: String,
}

#[derive(Debug, Deserialize)]
struct Tier {
    priority: i64,
    pods: u64,
    placed: u64,
    bound: u64,
    rests_on: String,
    rule: String,
    default: Option<u64>,
}

#[derive(Debug, Deserialize)]
struct Priced {
    cost: u64,
    bound: u64,
    rests_on: String,
}

#[derive(Debug, Deserialize)]
struct Planned {
    step: String,
    pod: Option<String>,
    node: Option<String>,
}

/// Writes the page.
pub(super) fn page(place: &Place) -> String {
    let summary = &place.common.summary;
    let (tone, verdict) = verdict(place);
    let waiting: usize = place.unplaced.iter().map(|reason| reason.pods.len()).sum();
    let remarks = [
        format!(
            "{} of {} have a place on {}; {}.",
            summary.placed,
            count(summary.pods, "pod", "pods"),
            count(summary.nodes, "node", "nodes"),
            if summary.improved {
                "the default scheduler does worse"
            } else {
                "the default scheduler does as well, or breaks rules that hold here"
            }
        ),
        format!("What is said of the best rests on: `{}`.", summary.rests_on),
    ];
    let mut sections = vec![
        ("unplaced", format!("Without a place ({waiting})")),
        ("tiers", "By priority".to_owned()),
        ("nodes", format!("Nodes ({})", place.nodes.len())),
        ("plan", format!("Plan ({})", place.plan.len())),
        ("trusted", format!("Taken on trust ({})", place.trusted.len())),
        ("bounds", "Bounds and versions".to_owned()),
    ];
    sections.retain(|(_, title)| !title.ends_with("(0)"));
    let head = Head {
        command: &place.common.command,
        version: &place.common.version(),
        tone,
        verdict: &verdict,
        remarks: &remarks,
        unknown: unknown(place),
        sections: &sections,
    };
    whole(&head, |out| {
        unplaced(out, place, waiting);
        section(out, "tiers", "By priority", |out| tiers(out, place));
        nodes(out, place);
        plan(out, place);
        trusted(out, place);
        bounds(out, &place.common.limits());
    })
}

/// Only what the independent checker has certified is good.
fn verdict(place: &Place) -> (Tone, String) {
    let summary = &place.common.summary;
    let last = place.tiers.last();
    let missed = last.is_some_and(|tier| tier.default.is_some_and(|default| default < tier.placed));
    let all = summary.placed == summary.pods;
    let rest = match summary.rests_on.as_str() {
        _ if all && place.fragments.is_none() => None,
        "certified" | "rerun" => {
            Some((Tone::Plain, "no placement is better, and that is certified"))
        }
        "solver" => Some((Tone::Undecided, "no placement is better, on a solver's word")),
        _ => Some((Tone::Undecided, "there may be a better placement: a gap remains")),
    };
    let missed_words = "The default scheduler leaves pods waiting that have a place";
    match (missed, rest) {
        (true, None) => (Tone::Bad, missed_words.to_owned()),
        (true, Some((_, words))) => (Tone::Bad, format!("{missed_words}; {words}")),
        (false, None) => (Tone::Good, "All pods have a place".to_owned()),
        (false, Some((tone, words))) => {
            let left = summary.pods.saturating_sub(summary.placed);
            (tone, format!("{} without a place; {words}", count(left, "pod", "pods")))
        }
    }
}

/// The tiers of which it is not known whether more pods have a place.
fn unknown(place: &Place) -> Option<String> {
    let open = place.tiers.iter().filter(|tier| !["certified", "rerun"].contains(&&*tier.rests_on));
    let names: Vec<String> = open.map(|tier| format!("`{}`", tier.priority)).collect();
    let text = format!("Not certified to be the best: priorities {}.", enumerate(&names));
    (!names.is_empty()).then_some(text)
}

fn unplaced(out: &mut Markup, place: &Place, waiting: usize) {
    if waiting == 0 {
        return;
    }
    section(out, "unplaced", &format!("Without a place ({waiting})"), |out| {
        unplaced_pods(out, &place.unplaced);
    });
}

fn tiers(out: &mut Markup, place: &Place) {
    out.element("div", &[("class", "scroll")], |out| {
        out.element("table", &[], |out| {
            table_head(out, &["Priority", "Pods", "Default", "Placed", "At most", "Rests on"]);
            out.element("tbody", &[], |out| {
                for (at, tier) in place.tiers.iter().enumerate() {
                    out.element("tr", &[], |out| {
                        out.element("th", &[("scope", "row")], |out| {
                            key(out, at);
                            out.text(&format!("from {} up", tier.priority));
                        });
                        let default =
                            tier.default.map_or_else(|| "–".to_owned(), |it| it.to_string());
                        let numbers = [
                            tier.pods.to_string(),
                            default,
                            tier.placed.to_string(),
                            tier.bound.to_string(),
                        ];
                        for number in numbers {
                            out.leaf("td", &[("class", "number")], &number);
                        }
                        out.element("td", &[], |out| rests_on(out, tier));
                    });
                }
            });
        });
    });
    let mut costs = vec![("Disruption", &place.disruption)];
    costs.extend(place.fragments.as_ref().map(|cost| ("Fragments", cost)));
    for (name, cost) in costs {
        let text = format!("{name}: {}, at least {} (`{}`).", cost.cost, cost.bound, cost.rests_on);
        out.element("p", &[], |out| prose::sentence(out, &text));
    }
}

fn rests_on(out: &mut Markup, tier: &Tier) {
    let gap = tier.bound.saturating_sub(tier.placed);
    match tier.rests_on.as_str() {
        "certified" | "rerun" => badge(out, "good", "optimal, checked"),
        "solver" => badge(out, "undecided", "on a solver's word"),
        _ if gap == 0 => badge(out, "undecided", "if the tiers above are"),
        _ => badge(out, "undecided", &format!("gap of {gap}")),
    }
    out.text(" ");
    out.leaf("small", &[], &tier.rule);
}

fn nodes(out: &mut Markup, place: &Place) {
    if place.nodes.is_empty() {
        return;
    }
    section(out, "nodes", &format!("Nodes ({})", place.nodes.len()), |out| {
        let words = "What the pods of each priority take of each node: under the default scheduler, \
                     and in the best placement found.";
        out.leaf("p", &[], words);
        if !place.waiting.is_empty() {
            names(out, "Waiting under the default scheduler", &place.waiting);
        }
        bars(
            out,
            &Nodes {
                sides: ["default scheduler", "best placement found"].map(str::to_owned),
                priorities: place.tiers.iter().map(|tier| tier.priority).collect(),
                nodes: place.nodes.clone(),
                unplaced: Vec::new(),
            },
        );
    });
}

fn plan(out: &mut Markup, place: &Place) {
    if place.plan.is_empty() {
        return;
    }
    section(out, "plan", &format!("Plan ({})", place.plan.len()), |out| {
        out.leaf("p", &[], "The steps from here to the best placement found, in their order.");
        out.element("ol", &[("class", "plan")], |out| {
            for step in place.plan.iter().take(LISTED) {
                let pod = step.pod.as_deref().unwrap_or_default();
                out.element("li", &[], |out| {
                    out.text(&format!("{} ", step.step));
                    out.leaf("b", &[], pod);
                    if let Some(node) = &step.node {
                        out.text(" to ");
                        out.leaf("b", &[], node);
                    }
                });
            }
        });
        more(out, place.plan.len());
    });
}

fn trusted(out: &mut Markup, place: &Place) {
    if place.trusted.is_empty() {
        return;
    }
    section(out, "trusted", &format!("Taken on trust ({})", place.trusted.len()), |out| {
        out.leaf("p", &[], "Not read from node and pod objects.");
        out.element("ul", &[], |out| {
            for line in place.trusted.iter().take(LISTED) {
                out.element("li", &[], |out| prose::sentence(out, line));
            }
        });
        more(out, place.trusted.len());
    });
}
