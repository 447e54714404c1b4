//! Nodes as bars: what the pods of each priority take of them, before and after.

use super::capital;
use super::markup::Markup;
use super::prose;
use crate::text::count;
use crate::{Node, Nodes, Resource, Unplaced};

/// With more nodes than this, each is shown by the resource that its pods take most of.
const MOST_IN_FULL: usize = 64;
/// So many names of pods, and so many steps, are listed.
pub(super) const LISTED: usize = 2000;
/// Lists of at most so many pods are open when the page opens.
const OPEN: usize = 12;
/// There are so many colours for priorities; they repeat.
const COLOURS: usize = 6;
/// How wide a bar is drawn, in units of its picture.
const BAR: u128 = 1000;

/// Writes the bars with their legend.
pub(super) fn bars(out: &mut Markup, shown: &Nodes) {
    legend(out, shown);
    let in_full = shown.nodes.len() <= MOST_IN_FULL;
    out.element("div", &[("class", "nodes")], |out| {
        out.element("p", &[("class", "node head")], |out| {
            out.leaf("b", &[], "Node");
            for side in &shown.sides {
                out.leaf("b", &[], &capital(side));
            }
        });
        for node in &shown.nodes {
            write_node(out, shown, node, in_full);
            out.line_break();
        }
    });
}

/// The colour of a priority, by its number.
pub(super) fn key(out: &mut Markup, at: usize) {
    let class = format!("key tier{}", at % COLOURS);
    out.leaf("span", &[("class", &class), ("aria-hidden", "true")], "");
}

/// The pods without a place, by reason.
pub(super) fn unplaced(out: &mut Markup, reasons: &[Unplaced]) {
    for reason in reasons {
        names(out, &reason.reason, &reason.pods);
    }
}

/// Names of pods below a title.
pub(super) fn names(out: &mut Markup, title: &str, names: &[String]) {
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

/// How many of a list are not shown.
pub(super) fn more(out: &mut Markup, all: usize) {
    if let Some(rest) = all.checked_sub(LISTED).filter(|rest| *rest > 0) {
        out.leaf("p", &[], &format!("And {rest} more: the JSON document lists all."));
    }
}

fn legend(out: &mut Markup, shown: &Nodes) {
    out.element("ul", &[("class", "legend")], |out| {
        for (at, priority) in shown.priorities.iter().enumerate() {
            out.element("li", &[], |out| {
                key(out, at);
                out.text(&format!("priority {priority}"));
            });
        }
    });
}

fn write_node(out: &mut Markup, all: &Nodes, node: &Node, in_full: bool) {
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
        for (side, title) in all.sides.iter().enumerate() {
            out.element("div", &[("class", "bars")], |out| {
                for resource in &shown {
                    bar(out, all, resource, (side, title));
                }
            });
        }
    });
}

/// In thousandths.
fn share(taken: u128, capacity: u64) -> u128 {
    taken * BAR / u128::from(capacity.max(1))
}

fn bar(out: &mut Markup, all: &Nodes, resource: &Resource, (side, title): (usize, &str)) {
    let Some(taken) = resource.taken.get(side) else { return };
    let percent = share(taken.iter().sum(), resource.capacity) / 10;
    let parts: Vec<String> = all
        .priorities
        .iter()
        .zip(taken)
        .filter(|(_, taken)| **taken > 0)
        .map(|(priority, taken)| format!("priority {priority}: {taken}"))
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
