//! The page of `seatrial place`.

use serde::Deserialize;

use super::document::Common;
use super::markup::Markup;
use super::page::{Head, Tone, badge, bounds, page as whole, section, table_head};
use super::prose;
use crate::text::{count, enumerate};

/// With more nodes than this, each is shown by the resource that its pods take most of.
const MOST_IN_FULL: usize = 64;
/// So many names of pods, and so many steps, are listed.
const LISTED: usize = 2000;
/// Lists of at most so many pods are open when the page opens.
const OPEN: usize = 12;
/// There are so many colours for tiers; they repeat.
const COLOURS: usize = 6;
/// How wide a bar is drawn, in units of its picture.
const BAR: u128 = 1000;

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

#[derive(Debug, Deserialize)]
struct Unplaced {
    reason: String,
    pods: Vec<String>,
}

/// A node and what its pods take, before and after.
#[derive(Debug, Deserialize)]
struct Node {
    name: String,
    pods: [usize; 2],
    resources: Vec<Resource>,
}

/// How much of a resource the pods of each tier take, before and after.
#[derive(Debug, Deserialize)]
struct Resource {
    name: String,
    capacity: u64,
    taken: [Vec<u128>; 2],
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
        for reason in &place.unplaced {
            names(out, &reason.reason, &reason.pods);
        }
    });
}

fn names(out: &mut Markup, title: &str, names: &[String]) {
    let mut attributes = vec![("class", "f undecided")];
    if names.len() <= OPEN {
        attributes.push(("open", ""));
    }
    out.element("details", &attributes, |out| {
        out.element("summary", &[], |out| {
            out.element("span", &[("class", "m")], |out| prose::sentence(out, title));
            out.leaf("span", &[("class", "at")], &count(names.len(), "pod", "pods"));
        });
        out.element("ul", &[("class", "columns")], |out| {
            for name in names.iter().take(LISTED) {
                out.leaf("li", &[], name);
            }
        });
        more(out, names.len());
    });
}

fn more(out: &mut Markup, all: usize) {
    if let Some(rest) = all.checked_sub(LISTED).filter(|rest| *rest > 0) {
        out.leaf("p", &[], &format!("And {rest} more: the JSON document lists all."));
    }
}

fn tiers(out: &mut Markup, place: &Place) {
    out.element("div", &[("class", "scroll")], |out| {
        out.element("table", &[], |out| {
            table_head(out, &["Priority", "Pods", "Default", "Placed", "At most", "Rests on"]);
            out.element("tbody", &[], |out| {
                for (at, tier) in place.tiers.iter().enumerate() {
                    out.element("tr", &[], |out| {
                        out.element("th", &[("scope", "row")], |out| {
                            let class = format!("key tier{}", at % COLOURS);
                            out.leaf("span", &[("class", &class), ("aria-hidden", "true")], "");
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
        legend(out, place);
        if !place.waiting.is_empty() {
            names(out, "Waiting under the default scheduler", &place.waiting);
        }
        let in_full = place.nodes.len() <= MOST_IN_FULL;
        out.element("div", &[("class", "nodes")], |out| {
            out.element("p", &[("class", "node head")], |out| {
                for title in ["Node", "Default scheduler", "Best placement found"] {
                    out.leaf("b", &[], title);
                }
            });
            for node in &place.nodes {
                write_node(out, place, node, in_full);
                out.line_break();
            }
        });
    });
}

fn legend(out: &mut Markup, place: &Place) {
    out.element("ul", &[("class", "legend")], |out| {
        for (at, tier) in place.tiers.iter().enumerate() {
            let class = format!("key tier{}", at % COLOURS);
            out.element("li", &[], |out| {
                out.leaf("span", &[("class", &class), ("aria-hidden", "true")], "");
                out.text(&format!("priority {}", tier.priority));
            });
        }
    });
}

fn write_node(out: &mut Markup, place: &Place, node: &Node, in_full: bool) {
    let most = node.resources.iter().max_by_key(|resource| {
        let [before, after] = &resource.taken;
        let sum = |taken: &[u128]| share(taken.iter().sum(), resource.capacity);
        sum(before).max(sum(after))
    });
    let shown: Vec<&Resource> =
        if in_full { node.resources.iter().collect() } else { most.into_iter().collect() };
    out.element("div", &[("class", "node")], |out| {
        out.element("div", &[("class", "name")], |out| {
            out.leaf("b", &[], &node.name);
            let [before, after] = node.pods;
            out.leaf("small", &[], &format!("{before} → {}", count(after, "pod", "pods")));
        });
        for (side, title) in ["default scheduler", "best placement"].into_iter().enumerate() {
            out.element("div", &[("class", "bars")], |out| {
                for resource in &shown {
                    bar(out, place, resource, (side, title));
                }
            });
        }
    });
}

/// In thousandths.
fn share(taken: u128, capacity: u64) -> u128 {
    taken * BAR / u128::from(capacity.max(1))
}

fn bar(out: &mut Markup, place: &Place, resource: &Resource, (side, title): (usize, &str)) {
    let Some(taken) = resource.taken.get(side) else { return };
    let percent = share(taken.iter().sum(), resource.capacity) / 10;
    let parts: Vec<String> = place
        .tiers
        .iter()
        .zip(taken)
        .filter(|(_, taken)| **taken > 0)
        .map(|(tier, taken)| format!("priority {}: {taken}", tier.priority))
        .collect();
    let parts = if parts.is_empty() { "nothing".to_owned() } else { parts.join(", ") };
    let label =
        format!("{title}, {}: {percent} % of {} ({parts})", resource.name, resource.capacity);
    out.element("div", &[("class", "bar")], |out| {
        let short = resource.name.rsplit('/').next().unwrap_or_default();
        out.leaf("span", &[("class", "what")], short);
        let attributes = [
            ("viewBox", "0 0 1000 10"),
            ("preserveAspectRatio", "none"),
            ("role", "img"),
            ("aria-label", label.as_str()),
        ];
        out.element("svg", &attributes, |out| {
            out.leaf("title", &[], &label);
            let mut from = 0;
            for (tier, amount) in taken.iter().enumerate().filter(|(_, amount)| **amount > 0) {
                let (start, end) =
                    (share(from, resource.capacity), share(from + amount, resource.capacity));
                let (x, width) = (start.min(BAR), end.min(BAR) - start.min(BAR));
                let (class, x, width) =
                    (format!("tier{}", tier % COLOURS), x.to_string(), width.to_string());
                let place =
                    [("class", class.as_str()), ("x", &x), ("width", &width), ("height", "10")];
                out.element("rect", &place, |_| {});
                from += amount;
            }
        });
        out.leaf("span", &[("class", "share")], &format!("{percent} %"));
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
