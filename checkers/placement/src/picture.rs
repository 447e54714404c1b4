//! A picture of the nodes, before and after, as SVG.
//!
//! Each node is a row of bars, one for each resource that more than nothing of is asked for: how
//! much of it the pods take, the most important at the left, in the colour of their tier. Two
//! columns: the default scheduler, and the best placement found. Beside the node's name stands how
//! many pods it has.

use std::fmt::Write;

use crate::study::Study;

const ROW: u32 = 14;
const BAR: u32 = 260;
const NAME: u32 = 150;
const GAP: u32 = 40;
const TOP: u32 = 74;
/// From the most important tier to the least; repeated if there are more.
const COLOURS: [&str; 6] = ["#1f3a5f", "#2f6690", "#3a8fb7", "#81b1c9", "#b8c9d0", "#d9cfc1"];

/// Draws the nodes under the default scheduler and under the plan.
pub fn svg(study: &Study) -> String {
    let resources = drawn_resources(study);
    let lane = ROW * u32::try_from(resources.len()).unwrap_or(1) + 10;
    let nodes = u32::try_from(study.instance.nodes.len()).unwrap_or(u32::MAX);
    let height = TOP.saturating_add(lane.saturating_mul(nodes)).saturating_add(20);
    let width = 2 * (NAME + BAR) + 3 * GAP;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         width=\"{width}\" height=\"{height}\" font-family=\"sans-serif\" font-size=\"11\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n"
    );
    out += &legend(study);
    let before = study.default_places();
    let columns = [("default scheduler", &before), ("best placement found", &study.placed.places)];
    for (column, (title, places)) in (0..).zip(columns) {
        let left = GAP + column * (NAME + BAR + GAP);
        let running = places.iter().flatten().count();
        let _ = writeln!(
            out,
            "<text x=\"{left}\" y=\"{}\" font-size=\"13\" font-weight=\"bold\">{title}: {running} of {} pods</text>",
            TOP - 14,
            places.len(),
        );
        out += &column_of_nodes(study, places, &resources, left, lane);
    }
    out + "</svg>\n"
}

/// The resources of which some pod asks for some, but for the number of pods; by index.
fn drawn_resources(study: &Study) -> Vec<usize> {
    let asked = |resource: usize| {
        let shapes = study.instance.shapes.iter();
        shapes.filter_map(|shape| shape.requests.get(resource)).any(|request| *request > 0)
    };
    let names = study.instance.resources.iter().enumerate();
    names.filter(|(at, name)| *name != "pods" && asked(*at)).map(|(at, _)| at).collect()
}

fn legend(study: &Study) -> String {
    let mut out = String::new();
    for (at, tier) in (0..).zip(&study.verification.tiers) {
        let x = GAP + 110 * at;
        let _ = writeln!(
            out,
            "<rect x=\"{x}\" y=\"14\" width=\"12\" height=\"12\" fill=\"{}\"/>\
             <text x=\"{}\" y=\"24\">priority {}</text>",
            colour(at as usize),
            x + 17,
            tier.priority,
        );
    }
    out
}

fn colour(tier: usize) -> &'static str {
    COLOURS.iter().cycle().nth(tier).copied().unwrap_or("#888888")
}

fn column_of_nodes(
    study: &Study,
    places: &[Option<u32>],
    resources: &[usize],
    left: u32,
    lane: u32,
) -> String {
    let mut by_node: Vec<Vec<usize>> = vec![Vec::new(); study.instance.nodes.len()];
    for (pod, place) in places.iter().enumerate() {
        let node = place.and_then(|node| by_node.get_mut(node as usize));
        node.into_iter().for_each(|pods| pods.push(pod));
    }
    let mut out = String::new();
    for ((number, node), mut pods) in (0..).zip(&study.instance.nodes).zip(by_node) {
        let top = TOP + lane * number;
        pods.sort_by_key(|pod| (tier(study, *pod), *pod));
        let _ = writeln!(
            out,
            "<text x=\"{left}\" y=\"{}\">{} ({})</text>",
            top + 11,
            escape(&node.name),
            pods.len()
        );
        for (line, resource) in (0..).zip(resources) {
            let capacity = node.capacity.get(*resource).copied().unwrap_or(0);
            let y = top + ROW * line;
            out += &bar(study, &pods, *resource, capacity, (left + NAME, y));
        }
    }
    out
}

/// The tier of a pod: 0 is the most important.
fn tier(study: &Study, pod: usize) -> usize {
    let shape = study.instance.pods.get(pod).map(|pod| pod.shape as usize);
    let priority = shape.and_then(|it| study.instance.shapes.get(it)).map(|it| it.priority);
    study.verification.tiers.iter().position(|tier| Some(tier.priority) == priority).unwrap_or(0)
}

/// What the pods take of one resource of a node.
fn bar(
    study: &Study,
    pods: &[usize],
    resource: usize,
    capacity: u64,
    (left, top): (u32, u32),
) -> String {
    let name = study.instance.resources.get(resource).map_or("", String::as_str);
    let mut out = format!(
        "<rect x=\"{left}\" y=\"{top}\" width=\"{BAR}\" height=\"{}\" fill=\"#f1efec\" stroke=\"#b5b0a8\" stroke-width=\"0.5\"/>\n",
        ROW - 3
    );
    let mut from = 0_u64;
    for pod in pods {
        let pod_of = study.instance.pods.get(*pod);
        let shape = pod_of.and_then(|it| study.instance.shapes.get(it.shape as usize));
        let request = shape.and_then(|it| it.requests.get(resource)).copied().unwrap_or(0);
        if request == 0 {
            continue;
        }
        let (x, to) = (scale(from, capacity), scale(from.saturating_add(request), capacity));
        from = from.saturating_add(request);
        let _ = writeln!(
            out,
            "<rect x=\"{:.2}\" y=\"{top}\" width=\"{:.2}\" height=\"{}\" fill=\"{}\" stroke=\"#ffffff\" stroke-width=\"0.5\"><title>{}: {request} {}</title></rect>",
            f64::from(left) + x,
            (to - x).max(0.0),
            ROW - 3,
            colour(tier(study, *pod)),
            escape(pod_of.map_or("", |it| it.name.as_str())),
            escape(name),
        );
    }
    out
}

/// How far along the bar an amount reaches; no farther than its end.
#[allow(clippy::cast_precision_loss, reason = "a place in a picture")]
fn scale(amount: u64, capacity: u64) -> f64 {
    f64::from(BAR) * (amount as f64 / capacity.max(1) as f64).min(1.0)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
