//! What a solver has to refute: a script in SMT-LIB 2, written from the instance alone.
//!
//! [`script`] says that a reachable placement does better than a bound, no worse in what comes
//! before. It states only what every reachable placement meets, so *if the script is
//! unsatisfiable, the bound holds*; that it is satisfiable proves nothing. The same instance and
//! claim give the same bytes: a certificate does not carry the script, whoever verifies writes it
//! again and hands it to a solver of their choice. Logic `QF_LIA`, integers only.
//!
//! # What it is about
//!
//! Movable pods of the same shape, gang and budgets are of one *kind*. `a_k_j` is how many pods of
//! kind `k` arrive on node `j` (are bound or moved there) and are there in the end; `s_k_j` how
//! many run there now and are not touched. A pod arrives at most once, and leaves, if at all,
//! before it arrives; so what has arrived stays, and what is on `j` in the end are `a + s` and the
//! fixed pods. Write `X = a + s`; sums over kinds and nodes are meant as they read.
//!
//! # What every reachable placement meets
//!
//! Each is argued by looking at *the last arrival* (or the first) of which it speaks, at which all
//! filters passed. "There before" are pods that an arriving pod can find without their having
//! arrived: those that stay and fixed ones; where pods move alive, all that run now (they may leave
//! later).
//!
//! * **Supply.** `sum of X[k, j] <= n[k]`. Nothing comes back to its node: `a[k, j]` are pods that
//!   were pending or taken from other nodes.
//! * **Capacity.** At the last arrival on `j` that asks for a resource, all that is there in the
//!   end and asks for it was there; so it fits. Without such an arrival (or, evictions aside,
//!   before it) no more is used than now, which matters only where more is used now than there is.
//!   The row is divided by the common divisor of the requests and rounded down.
//! * **Host ports, anti-affinity.** Of two pods that keep apart and share the node (the domain) in
//!   the end, one arrived last and was refused, unless both stayed.
//! * **Required affinity.** `t_k_c` is when the first pod of kind `k` arrives in cell `c` (nodes in
//!   the same domains of all topologies of affinity). It arrives if each of its domains has a
//!   matching pod that was there before, or the first of some kind in some cell there that is
//!   earlier; or if it matches itself and is earlier than each matching first on nodes that have
//!   one of the topologies, and none stays there. All that arrive later of this kind in this cell
//!   are near the first, or ask no more than it did. But for other filters, this is exact.
//! * **Hard spread.** Look at the last arrival in domain `d` of a pod with the constraint that
//!   matches it itself. All that do so arrived by then, and what stays was there: with the pod
//!   itself, `stay[d] + arrived with the constraint[d] <= max_skew + fewest then`. Without live
//!   moves counts only grow, so the fewest then is at most the fewest in the end, `f_i`; with live
//!   moves it is at most the fewest of what runs now or arrives. If the constraint does not match
//!   the pod, only `stay[d]` is known to be there. With fewer eligible domains than `min_domains`,
//!   the fewest is 0.
//! * **In the end.** Gangs (none or the minimum; in one domain), budgets, move limit, what goes on
//!   running, counts of tiers, costs: as [`crate::plan`] and [`crate::Target`] define them, where
//!   `m_k`, the pods of a kind that move, are at least its arrivals less its pending pods.
//! * **Symmetry.** One placement of each class of exchangeable ones: see [`symmetry`].

mod alone;
mod end;
mod kinds;
mod symmetry;
mod term;
mod together;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use self::kinds::{Kind, total};
use self::term::{Formula, Sum};
use crate::document::{Bounded, Proof};
use crate::{Certificate, Filter, IndexSet, Instance, Shape, Target};

/// A bound that a solver is to prove: no reachable placement does better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim<'a> {
    /// In what.
    pub target: Target,
    /// What is not exceeded (a tier), or not gone below (a cost).
    pub bound: u64,
    /// For each tier, how many pods the plan places; only those before the target count.
    pub placed: &'a [u64],
    /// The fragments that the plan leaves; count where disruption is the target.
    pub fragments: Option<u64>,
}

/// Some of what a script states.
#[derive(Clone, Debug)]
struct Part {
    /// What it is about.
    title: String,
    /// The filter that it states, of some kinds.
    filter: Option<Filter>,
    /// Constants with their upper bounds, and what they are.
    constants: Vec<(String, Option<u64>, String)>,
    assertions: Vec<Formula>,
}

impl Part {
    fn new(title: &str) -> Self {
        let title = title.to_owned();
        Self { title, filter: None, constants: Vec::new(), assertions: Vec::new() }
    }

    /// A constant that is at least 0.
    fn declare(&mut self, name: String, most: Option<u64>, what: String) {
        self.constants.push((name, most, what));
    }

    fn assert(&mut self, formula: Formula) {
        if !formula.is_trivial() && !self.assertions.contains(&formula) {
            self.assertions.push(formula);
        }
    }

    fn write(&self, text: &mut String) {
        if self.constants.is_empty() && self.assertions.is_empty() {
            return;
        }
        // Writing to a string cannot fail.
        let _ = writeln!(text, "; {}", self.title);
        for (name, most, what) in &self.constants {
            let most = most.map(|most| format!(" {most}")).unwrap_or_default();
            let _ =
                writeln!(text, "(declare-const {name} Int) (assert (<= 0 {name}{most})) ; {what}");
        }
        for formula in &self.assertions {
            let _ = writeln!(text, "(assert {})", formula.text());
        }
    }
}

/// An instance, prepared for questions about it.
#[derive(Clone, Debug)]
struct Query<'a> {
    instance: &'a Instance,
    nodes: Vec<u32>,
    kinds: Vec<Kind<'a>>,
}

impl<'a> Query<'a> {
    fn new(instance: &'a Instance) -> Self {
        let nodes = (0_u32..).zip(&instance.nodes).map(|(node, _)| node).collect();
        Self { instance, nodes, kinds: kinds::kinds(instance) }
    }

    /// The shapes of the fixed pods that run on a node.
    fn fixed_shapes_on(&self, node: u32) -> impl Iterator<Item = u32> + '_ {
        let on_node = move |pod: &&crate::Pod| pod.fixed && pod.node == Some(node);
        self.instance.pods.iter().filter(on_node).map(|pod| pod.shape)
    }

    fn fixed_on(&self, node: u32) -> impl Iterator<Item = &'a Shape> + '_ {
        let instance = self.instance;
        self.fixed_shapes_on(node).filter_map(|shape| instance.shapes.get(shape as usize))
    }

    /// How many fixed pods of some shapes run on some nodes.
    fn fixed(&self, shapes: &IndexSet, nodes: &[u32]) -> Sum {
        let fixed = nodes.iter().flat_map(|&node| self.fixed_shapes_on(node));
        Sum::constant(fixed.filter(|&shape| shapes.contains(shape)).count() as i128)
    }

    fn of(&self, shapes: &IndexSet) -> impl Iterator<Item = &Kind<'a>> {
        self.kinds.iter().filter(|kind| shapes.contains(kind.shape_number))
    }

    /// How many pods of some shapes run on some nodes and are not touched.
    fn staying(&self, shapes: &IndexSet, nodes: &[u32]) -> Sum {
        total(self.of(shapes), nodes, Kind::stay).plus(1, &self.fixed(shapes, nodes))
    }

    /// How many an arriving pod can find there that have not arrived.
    fn there_before(&self, shapes: &IndexSet, nodes: &[u32]) -> Sum {
        if !self.instance.question.live {
            return self.staying(shapes, nodes);
        }
        let now = total(self.of(shapes), nodes, |kind, node| Sum::constant(kind.running_on(node)));
        now.plus(1, &self.fixed(shapes, nodes))
    }

    /// How many there are at most, at any arrival.
    fn most_counted(&self, shapes: &IndexSet, nodes: &[u32]) -> Sum {
        let arrivals = total(self.of(shapes), nodes, Kind::arrive);
        self.there_before(shapes, nodes).plus(1, &arrivals)
    }

    /// The nodes of each domain of a topology.
    fn domains(&self, topology: u32) -> BTreeMap<u32, Vec<u32>> {
        let mut domains: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for &node in &self.nodes {
            if let Some(domain) = self.instance.domain(topology, node) {
                domains.entry(domain).or_default().push(node);
            }
        }
        domains
    }

    /// The nodes of a set in each domain of a topology that has some.
    fn domains_of(&self, topology: u32, set: &IndexSet) -> BTreeMap<u32, Vec<u32>> {
        let mut domains = self.domains(topology);
        for nodes in domains.values_mut() {
            nodes.retain(|&node| set.contains(node));
        }
        domains.retain(|_, nodes| !nodes.is_empty());
        domains
    }

    /// The numbers that all else is about.
    fn numbers(&self) -> Part {
        let mut part = Part::new("pods of kind k that arrive on node j (a_k_j), and stay (s_k_j)");
        for kind in &self.kinds {
            let pod = kind.pods.first().and_then(|&pod| self.instance.pods.get(pod as usize));
            for (&node, it) in self.nodes.iter().zip(&self.instance.nodes) {
                let what = |does| {
                    let pod = pod.map_or("", |pod| pod.name.as_str());
                    format!("{pod:?} and its like that {does} on {:?}", it.name)
                };
                for (name, most, does) in [
                    (kinds::arrive(kind.number, node), kind.room_on(node), "arrive"),
                    (kinds::stay(kind.number, node), kind.running_on(node), "stay"),
                ] {
                    if most > 0 {
                        part.declare(name, u64::try_from(most).ok(), what(does));
                    }
                }
            }
        }
        part
    }

    fn parts(&self, claim: &Claim<'_>) -> Vec<Part> {
        let mut parts = vec![self.numbers(), alone::supply(self)];
        let resources = (0_u32..).zip(&self.instance.resources).map(|(resource, _)| resource);
        parts.extend(resources.map(|resource| alone::capacity(self, resource)));
        parts.extend([
            alone::ports(self),
            alone::anti_affinity(self),
            together::affinity(self),
            together::spread(self),
            end::gangs(self),
            end::limits(self),
            symmetry::order(self),
            end::target(self, claim),
        ]);
        parts
    }
}

/// The script that is unsatisfiable only if a bound holds.
///
/// The instance has to be valid ([`Instance::validate`]). Takes time, and gives lines, in the
/// number of kinds of pods times the number of nodes, and more where pods keep apart: for small
/// clusters.
pub fn script(instance: &Instance, claim: &Claim<'_>) -> String {
    let mut text = String::from("; Unsatisfiable only if no reachable placement ");
    let bound = claim.bound;
    let what = match claim.target {
        Target::Tier(tier) => {
            let priority = instance.priorities().get(tier as usize).copied().unwrap_or_default();
            format!("runs more than {bound} pods of priority {priority} and above")
        }
        Target::Fragments => format!("leaves fewer than {bound} fragments"),
        Target::Disruption => format!("disrupts less than {bound}"),
    };
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{what},");
    let _ = writeln!(text, "; with no fewer pods in the tiers before than the plan.");
    text.push_str("(set-logic QF_LIA)\n");
    for part in Query::new(instance).parts(claim) {
        part.write(&mut text);
    }
    text.push_str("(check-sat)\n");
    text
}

/// The bounds of a certificate that rest on a solver, with their names in it.
pub fn claims<'a>(certificate: &Certificate, placed: &'a [u64]) -> Vec<(String, Claim<'a>)> {
    let solved = |proof: &Proof| matches!(proof, Proof::Solver { .. });
    let cost = certificate.fragments.as_ref().map(|bounded| bounded.cost);
    let claim = |target, bound| Claim { target, bound, placed, fragments: cost };
    let mut claims = Vec::new();
    for (at, tier) in (0_u32..).zip(&certificate.tiers) {
        if solved(&tier.proof) {
            claims.push((format!("tiers[{at}]"), claim(Target::Tier(at), tier.bound)));
        }
    }
    let mut add = |name: &str, target, bounded: &Bounded| {
        if solved(&bounded.proof) {
            claims.push((name.to_owned(), claim(target, bounded.bound)));
        }
    };
    if let Some(bounded) = &certificate.fragments {
        add("fragments", Target::Fragments, bounded);
    }
    add("disruption", Target::Disruption, &certificate.disruption);
    claims
}

/// What a model of a script says: where pods may run, which need not be reachable.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    /// The node of each pod.
    pub places: Vec<Option<u32>>,
    /// The pods that arrive somewhere, in an order in which affinity lets them.
    pub order: Vec<u32>,
}

/// Reads the values that a solver gives to the constants of a script.
pub fn wish(instance: &Instance, value: impl Fn(&str) -> Option<u64>) -> Wish {
    let query = Query::new(instance);
    let cell_of = together::cell_of_node(&query);
    let mut places: Vec<Option<u32>> =
        instance.pods.iter().map(|pod| pod.node.filter(|_| pod.fixed)).collect();
    let mut order = Vec::new();
    for kind in &query.kinds {
        let now = |pod: u32| instance.pods.get(pod as usize).and_then(|pod| pod.node);
        let mut left = kind.pods.clone();
        let mut take = |count: u64, fits: &dyn Fn(u32) -> bool| -> Vec<u32> {
            let taken = left.iter().copied().filter(|&pod| fits(pod));
            let taken: Vec<u32> = taken.take(usize::try_from(count).unwrap_or(0)).collect();
            left.retain(|pod| !taken.contains(pod));
            taken
        };
        let mut put = |pods: &[u32], node: u32| {
            for &pod in pods {
                places.get_mut(pod as usize).into_iter().for_each(|slot| *slot = Some(node));
            }
        };
        for &node in &query.nodes {
            let stay = value(&kinds::stay(kind.number, node)).unwrap_or(0);
            put(&take(stay, &|pod| now(pod) == Some(node)), node);
        }
        for &node in &query.nodes {
            let arrive = value(&kinds::arrive(kind.number, node)).unwrap_or(0);
            let arriving = take(arrive, &|pod| now(pod) != Some(node));
            put(&arriving, node);
            let cell = cell_of.get(node as usize).copied().unwrap_or(0);
            let when = value(&together::first(kind.number, cell)).unwrap_or(u64::MAX);
            order.extend(arriving.into_iter().map(|pod| (when, pod)));
        }
    }
    order.sort_by_key(|&(when, _)| when);
    Wish { places, order: order.into_iter().map(|(_, pod)| pod).collect() }
}

/// Whether a script would be short enough to be of use: so many numbers at most.
pub fn is_small(instance: &Instance, most: usize) -> bool {
    let kinds =
        instance.shapes.len().saturating_mul(instance.budgets.len() + instance.gangs.len() + 1);
    let bound = kinds.min(instance.pods.len()).saturating_mul(instance.nodes.len());
    bound <= most.saturating_mul(4) && {
        let query = Query::new(instance);
        query.numbers().constants.len() <= most
    }
}

#[cfg(test)]
mod tests;
