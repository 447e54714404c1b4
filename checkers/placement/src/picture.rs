//! A picture of the nodes, before and after, as SVG.
//!
//! Two columns: the default scheduler, and the best placement found. Each node is a row of bars, one
//! for each resource that pods ask for: what the pods take of it, the most important at the left, in
//! the colour of their tier. With many nodes each is a small upright bar instead: what its pods take
//! of the resource that they take most of.

use std::fmt::Write;

use crate::study::Study;

const ROW: u32 = 13;
const BAR: u32 = 250;
const NAME: u32 = 132;
const LABEL: u32 = 62;
const SHARE: u32 = 40;
const COLUMN: u32 = NAME + LABEL + BAR + SHARE;
const GAP: u32 = 36;
/// Places for this many tiers in a line of the legend.
const TIERS_A_LINE: u32 = 7;
/// So many nodes have a row of their own.
const MOST_ROWS: usize = 64;
/// The upright bars of many nodes: so many in a line, so wide, so high.
const IN_LINE: u32 = 40;
const THIN: u32 = 12;
const HIGH: u32 = 40;
/// From the most important tier to the least; repeated if there are more.
const COLOURS: [&str; 6] = ["#1f3a5f", "#2f6690", "#3a8fb7", "#81b1c9", "#b3cdd8", "#d9cfc1"];

/// Draws the nodes under the default scheduler and under the plan.
pub fn svg(study: &Study) -> String {
    let resources = drawn_resources(study);
    let compact = study.instance.nodes.len() > MOST_ROWS;
    let nodes = u32::try_from(study.instance.nodes.len()).unwrap_or(u32::MAX);
    let lines = if compact { nodes.div_ceil(IN_LINE) } else { nodes };
    let lane = if compact { HIGH + 8 } else { lane(&resources) };
    let tiers = u32::try_from(study.verification.tiers.len()).unwrap_or(1);
    let top = 56 + 18 * tiers.div_ceil(TIERS_A_LINE);
    let height = top.saturating_add(lane.saturating_mul(lines)).saturating_add(16);
    let width = 2 * COLUMN + 3 * GAP;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         width=\"{width}\" height=\"{height}\" font-family=\"sans-serif\" font-size=\"11\" \
         fill=\"#222222\">\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n"
    );
    out += &legend(study);
    let before = study.default_places();
    let columns = [("default scheduler", &before), ("best placement found", &study.placed.places)];
    for (column, (title, places)) in (0..).zip(columns) {
        let left = GAP + column * (COLUMN + GAP);
        let running = places.iter().flatten().count();
        let _ = writeln!(
            out,
            "<text x=\"{left}\" y=\"{}\" font-size=\"13\" font-weight=\"bold\">{title}: {running} of {} pods</text>",
            top - 16,
            places.len(),
        );
        for ((number, node), pods) in (0..).zip(&study.instance.nodes).zip(by_node(study, places)) {
            let node = Drawn { study, name: &node.name, capacity: &node.capacity, pods };
            if compact {
                let (x, y) = (number % IN_LINE * THIN, number / IN_LINE * lane);
                out += &node.upright(&resources, (left + x, top + y));
            } else {
                out += &node.row(&resources, (left, top + lane * number));
            }
        }
    }
    out + "</svg>\n"
}

/// How high the row of a node is.
fn lane(resources: &[usize]) -> u32 {
    ROW * u32::try_from(resources.len().max(1)).unwrap_or(1) + 9
}

/// The resources of which some pod asks for some, but for the number of pods; by index.
pub(crate) fn drawn_resources(study: &Study) -> Vec<usize> {
    let asked = |resource: usize| {
        let shapes = study.instance.shapes.iter();
        shapes.filter_map(|shape| shape.requests.get(resource)).any(|request| *request > 0)
    };
    let names = study.instance.resources.iter().enumerate();
    names.filter(|(at, name)| *name != "pods" && asked(*at)).map(|(at, _)| at).collect()
}

fn legend(study: &Study) -> String {
    let mut out = String::new();
    for (at, tier) in (0_u32..).zip(&study.verification.tiers) {
        let (x, y) = (GAP + 150 * (at % TIERS_A_LINE), 14 + 18 * (at / TIERS_A_LINE));
        let _ = writeln!(
            out,
            "<rect x=\"{x}\" y=\"{y}\" width=\"12\" height=\"12\" fill=\"{}\"/>\
             <text x=\"{}\" y=\"{}\">priority {}</text>",
            colour(at as usize),
            x + 17,
            y + 10,
            tier.priority,
        );
    }
    out
}

fn colour(tier: usize) -> &'static str {
    COLOURS.iter().cycle().nth(tier).copied().unwrap_or("#888888")
}

/// The pods on each node, the most important first.
pub(crate) fn by_node(study: &Study, places: &[Option<u32>]) -> Vec<Vec<usize>> {
    let mut by_node: Vec<Vec<usize>> = vec![Vec::new(); study.instance.nodes.len()];
    for (pod, place) in places.iter().enumerate() {
        let node = place.and_then(|node| by_node.get_mut(node as usize));
        if let Some(pods) = node {
            pods.push(pod);
        }
    }
    for pods in &mut by_node {
        pods.sort_by_key(|pod| (tier(study, *pod), *pod));
    }
    by_node
}

/// The tier of a pod: 0 is the most important.
pub(crate) fn tier(study: &Study, pod: usize) -> usize {
    let shape = study.instance.pods.get(pod).map(|pod| pod.shape as usize);
    let priority = shape.and_then(|it| study.instance.shapes.get(it)).map(|it| it.priority);
    study.verification.tiers.iter().position(|tier| Some(tier.priority) == priority).unwrap_or(0)
}

/// How much of a resource a pod asks for.
pub(crate) fn request(study: &Study, pod: usize, resource: usize) -> u64 {
    let pod = study.instance.pods.get(pod);
    let shape = pod.and_then(|it| study.instance.shape_of(it));
    shape.and_then(|it| it.requests.get(resource)).copied().unwrap_or(0)
}

/// A node with its pods.
struct Drawn<'a> {
    study: &'a Study,
    name: &'a str,
    capacity: &'a [u64],
    pods: Vec<usize>,
}

impl Drawn<'_> {
    /// A bar for each resource.
    fn row(&self, resources: &[usize], (left, top): (u32, u32)) -> String {
        let mut out = format!(
            "<text x=\"{left}\" y=\"{}\">{}<title>{}</title></text>\n",
            top + 10,
            escape(&shortened(self.name)),
            escape(self.name),
        );
        for (line, &resource) in (0..).zip(resources) {
            let (x, y) = (left + NAME, top + ROW * line);
            let bar = x + LABEL;
            let _ = writeln!(
                out,
                "<text x=\"{x}\" y=\"{}\" font-size=\"9\" fill=\"#777777\">{}</text>\
                 <rect x=\"{bar}\" y=\"{y}\" width=\"{BAR}\" height=\"{}\" fill=\"#f1efec\"/>\
                 <text x=\"{}\" y=\"{}\" font-size=\"9\" fill=\"#777777\">{:.0} %</text>",
                y + 9,
                escape(&label(self.resource(resource))),
                ROW - 2,
                bar + BAR + 6,
                y + 9,
                100.0 * self.share(resource),
            );
            for part in self.parts(resource) {
                let (from, to) = (f64::from(BAR) * part.from, f64::from(BAR) * part.to);
                let _ = writeln!(
                    out,
                    "<rect x=\"{:.2}\" y=\"{y}\" width=\"{:.2}\" height=\"{}\" fill=\"{}\" \
                     stroke=\"#ffffff\" stroke-width=\"0.6\"><title>{}</title></rect>",
                    f64::from(bar) + from,
                    to - from,
                    ROW - 2,
                    part.colour,
                    escape(&part.title),
                );
            }
        }
        out
    }

    /// One upright bar, of the resource that the pods take most of.
    fn upright(&self, resources: &[usize], (left, top): (u32, u32)) -> String {
        let most = resources.iter().copied();
        let most = most.max_by(|a, b| self.share(*a).total_cmp(&self.share(*b))).unwrap_or(0);
        let title = format!(
            "{}: {} pods, {:.0} % of {}",
            self.name,
            self.pods.len(),
            100.0 * self.share(most),
            self.resource(most)
        );
        let mut out = format!(
            "<g><title>{}</title><rect x=\"{left}\" y=\"{top}\" width=\"{}\" height=\"{HIGH}\" \
             fill=\"#f1efec\"/>",
            escape(&title),
            THIN - 2
        );
        // Pods of one colour are one piece: a thousand nodes have ten thousand pods.
        let mut pieces: Vec<(f64, f64, &str)> = Vec::new();
        for part in self.parts(most) {
            match pieces.last_mut() {
                Some(last) if last.2 == part.colour => last.1 = part.to,
                _ => pieces.push((part.from, part.to, part.colour)),
            }
        }
        for (from, to, colour) in pieces {
            let (from, to) = (f64::from(HIGH) * from, f64::from(HIGH) * to);
            let _ = write!(
                out,
                "<rect x=\"{left}\" y=\"{:.2}\" width=\"{}\" height=\"{:.2}\" fill=\"{colour}\"/>",
                f64::from(top + HIGH) - to,
                THIN - 2,
                to - from,
            );
        }
        out + "</g>\n"
    }

    fn resource(&self, resource: usize) -> &str {
        self.study.instance.resources.get(resource).map_or("", String::as_str)
    }

    /// How much of a resource the pods take: 1 is all of it.
    fn share(&self, resource: usize) -> f64 {
        let all = self.pods.iter().map(|pod| u128::from(request(self.study, *pod, resource))).sum();
        part_of(all, self.capacity.get(resource).copied().unwrap_or(0))
    }

    /// What each pod takes, one after another.
    fn parts(&self, resource: usize) -> Vec<Part> {
        let capacity = self.capacity.get(resource).copied().unwrap_or(0);
        let (mut from, mut parts) = (0_u128, Vec::new());
        for &pod in &self.pods {
            let request = request(self.study, pod, resource);
            if request == 0 {
                continue;
            }
            let to = from + u128::from(request);
            parts.push(Part {
                from: part_of(from, capacity).min(1.0),
                to: part_of(to, capacity).min(1.0),
                colour: colour(tier(self.study, pod)),
                title: format!(
                    "{}: {request} {}",
                    self.study.pod_name(pod),
                    self.resource(resource)
                ),
            });
            from = to;
        }
        parts
    }
}

/// What a pod takes, from where to where in the bar.
struct Part {
    from: f64,
    to: f64,
    colour: &'static str,
    title: String,
}

#[allow(clippy::cast_precision_loss, reason = "a place in a picture")]
fn part_of(amount: u128, capacity: u64) -> f64 {
    amount as f64 / capacity.max(1) as f64
}

/// A name of at most so many characters that it fits: its ends tell nodes apart.
fn shortened(name: &str) -> String {
    const MOST: usize = 20;
    let characters: Vec<char> = name.chars().collect();
    let (Some(head), Some(tail)) =
        (characters.get(..8), characters.get(characters.len().saturating_sub(11)..))
    else {
        return name.to_owned();
    };
    if characters.len() <= MOST {
        return name.to_owned();
    }
    format!("{}…{}", head.iter().collect::<String>(), tail.iter().collect::<String>())
}

/// The name of a resource without its domain.
fn label(resource: &str) -> String {
    let name = resource.rsplit('/').next().unwrap_or(resource);
    name.chars().take(12).collect()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
