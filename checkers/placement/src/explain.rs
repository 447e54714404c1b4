//! Why a pod cannot be placed, in Kubernetes' words and as few of them as will do.
//!
//! First against empty nodes, asking only what no other pod can change: then it never fits. If that
//! leaves it a node, against the pods that are at least as important and run in the best placement;
//! less important ones would make room. In either case each reason of a filter keeps the pod from
//! some nodes; that it has to run on one contradicts all of them together, and the reasons given
//! are an unsatisfiable core of which none can be spared.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use seatrial_scheduling::{Bindings, Cluster, Filters, Plugin, Prepared};
use seatrial_smt::{Claims, Limits, minimal_core};

/// How long finding the fewest reasons may take; without, all are given.
const LIMIT: Duration = Duration::from_secs(1);

/// A reason that keeps a pod from some nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The filter.
    pub plugin: Plugin,
    /// What it says, such as `Insufficient cpu`.
    pub text: String,
    /// The nodes, ascending.
    pub nodes: Vec<usize>,
    /// What the pod asks for, if it is about a resource.
    pub demand: Option<Demand>,
}

/// What a pod asks for of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Demand {
    /// The name of the resource.
    pub resource: String,
    /// How much of it.
    pub amount: u64,
    /// The most that one of the nodes has of it, or has left.
    pub most: u64,
}

impl Demand {
    /// An amount of this resource as a manifest would have it: `8`, `1500m`, `64Gi`.
    fn written(&self, amount: u64) -> String {
        const BINARY: [(u64, &str); 4] =
            [(1 << 40, "Ti"), (1 << 30, "Gi"), (1 << 20, "Mi"), (1 << 10, "Ki")];
        let exactly = |(unit, suffix): &(u64, &str)| {
            (amount > 0 && amount.is_multiple_of(*unit))
                .then(|| format!("{}{suffix}", amount / unit))
        };
        match self.resource.as_str() {
            "cpu" if amount.is_multiple_of(1000) => (amount / 1000).to_string(),
            "cpu" => format!("{amount}m"),
            "memory" | "ephemeral-storage" => {
                BINARY.iter().find_map(exactly).unwrap_or_else(|| amount.to_string())
            }
            _ => amount.to_string(),
        }
    }
}

/// Why a pod cannot be placed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Explanation {
    /// It fits no node, even if nothing else runs.
    NeverFits(Vec<Reason>),
    /// All nodes that it may use are taken by pods that are at least as important, as the best
    /// placement has them.
    NoRoom {
        /// How many nodes it may use.
        usable: usize,
        /// Why it does not fit these.
        reasons: Vec<Reason>,
    },
    /// The filters would let it run where less important pods do: a budget, a limit, a gang or a
    /// pod that has to stay holds it back.
    HeldBack {
        /// The nodes.
        nodes: Vec<String>,
    },
}

/// Why a pod does not run in the best placement, which says where each pod does; none if it runs.
pub fn explain(filters: &Filters<'_>, places: &[Option<usize>], pod: usize) -> Option<Explanation> {
    let cluster = filters.cluster();
    let template = cluster.pods.get(pod)?.template;
    let own = cluster.templates.get(template)?.spec.priority;
    if places.get(pod).copied().flatten().is_some() {
        return None;
    }
    let empty = Bindings::none(cluster);
    let alone = Question { cluster, bindings: &empty, template, alone: true };
    let all = (0..cluster.nodes.len()).collect();
    let (reasons, usable) = alone.ask(&filters.prepare(&empty, template)?, &all);
    if usable.is_empty() {
        return Some(Explanation::NeverFits(fewest(reasons, &all)));
    }
    let mut bindings = Bindings::none(cluster);
    for (other, (it, place)) in cluster.pods.iter().zip(places).enumerate() {
        let priority = cluster.templates.get(it.template).map(|template| template.spec.priority);
        if let Some(node) = place.filter(|_| it.fixed || priority.is_some_and(|it| it >= own)) {
            bindings.bind(other, node);
        }
    }
    let question = Question { cluster, bindings: &bindings, template, alone: false };
    let (reasons, left) = question.ask(&filters.prepare(&bindings, template)?, &usable);
    if left.is_empty() {
        let reasons = fewest(reasons, &usable);
        return Some(Explanation::NoRoom { usable: usable.len(), reasons });
    }
    let name = |node: usize| cluster.nodes.get(node).map(|node| node.name.clone());
    Some(Explanation::HeldBack { nodes: left.into_iter().filter_map(name).collect() })
}

/// What is asked of the filters.
struct Question<'a> {
    cluster: &'a Cluster,
    bindings: &'a Bindings<'a>,
    template: usize,
    /// Only what no other pod can change.
    alone: bool,
}

impl Question<'_> {
    /// What keeps the pod from which of these nodes, the most telling first, and the nodes that
    /// are left.
    fn ask(
        &self,
        prepared: &Prepared<'_>,
        nodes: &BTreeSet<usize>,
    ) -> (Vec<Reason>, BTreeSet<usize>) {
        let mut reasons: BTreeMap<(usize, Plugin, String), Vec<usize>> = BTreeMap::new();
        let mut left = BTreeSet::new();
        for &node in nodes {
            let mut admitted = true;
            for verdict in prepared.verdicts(self.bindings, node) {
                let Some(rejection) = verdict.rejection else { continue };
                let lonely = verdict.plugin == Plugin::InterPodAffinity;
                if self.alone && lonely {
                    continue;
                }
                admitted = false;
                for text in rejection.reasons {
                    let key = (rank(verdict.plugin, &text), verdict.plugin, text);
                    reasons.entry(key).or_default().push(node);
                }
            }
            if admitted {
                left.insert(node);
            }
        }
        let reason = |((_, plugin, text), nodes): ((usize, Plugin, String), Vec<usize>)| {
            let demand = self.demand(&text, &nodes);
            Reason { plugin, text, nodes, demand }
        };
        (reasons.into_iter().map(reason).collect(), left)
    }

    fn demand(&self, text: &str, nodes: &[usize]) -> Option<Demand> {
        let resource = text.strip_prefix("Insufficient ")?;
        let at = self.cluster.resource(resource)?;
        let spec = &self.cluster.templates.get(self.template)?.spec;
        let free = nodes.iter().filter_map(|&node| {
            let used = self.bindings.used(node).get(at).copied().unwrap_or(0);
            Some(self.cluster.nodes.get(node)?.allocatable.get(at)?.saturating_sub(used))
        });
        Some(Demand {
            resource: resource.to_owned(),
            amount: spec.requests.get(at).copied()?,
            most: free.max().unwrap_or(0),
        })
    }
}

/// What tells more comes first and is spared last: devices, then what nodes are and let in, then
/// processor and memory.
fn rank(plugin: Plugin, text: &str) -> usize {
    let common = ["Insufficient cpu", "Insufficient memory", "Too many pods"];
    match plugin {
        Plugin::NodeResourcesFit if common.contains(&text) => 2,
        Plugin::NodeResourcesFit => 0,
        _ => 1,
    }
}

/// Of reasons that together exclude some nodes, so few that none can be spared.
fn fewest(reasons: Vec<Reason>, nodes: &BTreeSet<usize>) -> Vec<Reason> {
    // Nodes that the same reasons exclude are one to the solver.
    let mut alike: BTreeSet<Vec<usize>> = BTreeSet::new();
    for node in nodes {
        let excluded =
            |(at, reason): (usize, &Reason)| reason.nodes.binary_search(node).is_ok().then_some(at);
        alike.insert(reasons.iter().enumerate().filter_map(excluded).collect());
    }
    let alike: Vec<Vec<usize>> = alike.into_iter().collect();
    let declared = (0..alike.len()).map(|node| format!("(declare-const n_{node} Bool)"));
    let some: Vec<String> = (0..alike.len()).map(|node| format!("n_{node}")).collect();
    let given = format!(
        "{}\n(assert (or false {}))",
        declared.collect::<Vec<String>>().join("\n"),
        some.join(" ")
    );
    let claim = |at: usize| {
        let excluded = alike.iter().zip(&some).filter(|(reasons, _)| reasons.contains(&at));
        let each: Vec<String> = excluded.map(|(_, name)| format!("(not {name})")).collect();
        format!("(and true {})", each.join(" "))
    };
    let claims = Claims { given, claims: (0..reasons.len()).map(claim).collect() };
    let Some(core) = minimal_core(&claims, &Limits::time(LIMIT)) else { return reasons };
    let numbered = reasons.into_iter().enumerate();
    numbered.filter(|(at, _)| core.contains(at)).map(|(_, reason)| reason).collect()
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NeverFits(reasons) => never_fits(f, reasons),
            Self::NoRoom { usable: 1, reasons } => {
                write!(
                    f,
                    "the only node that it may use is taken by pods at least as important: "
                )?;
                listed(f, reasons)
            }
            Self::NoRoom { usable, reasons } => {
                write!(
                    f,
                    "all {usable} nodes that it may use are taken by pods at least as important: "
                )?;
                listed(f, reasons)
            }
            Self::HeldBack { nodes } => write!(
                f,
                "it would fit {} if less important pods made room, but a disruption budget, a \
                 limit on moves or a gang holds it back",
                nodes.join(", ")
            ),
        }
    }
}

fn never_fits(f: &mut fmt::Formatter<'_>, reasons: &[Reason]) -> fmt::Result {
    let demands: Vec<&Demand> = reasons.iter().filter_map(|it| it.demand.as_ref()).collect();
    let others: Vec<&Reason> = reasons.iter().filter(|it| it.demand.is_none()).collect();
    match (demands.as_slice(), others.as_slice()) {
        ([demand], []) => {
            let (amount, most) = (demand.written(demand.amount), demand.written(demand.most));
            write!(f, "needs {amount} {}; the most that a node has is {most}", demand.resource)
        }
        ([demand], others) => {
            let amount = demand.written(demand.amount);
            let resource = &demand.resource;
            write!(f, "needs {amount} {resource}; the only nodes that have enough ")?;
            for (at, reason) in others.iter().enumerate() {
                let text = reason.text.strip_prefix("node(s) ").unwrap_or(&reason.text);
                write!(f, "{}{text}", if at > 0 { ", or " } else { "" })?;
            }
            Ok(())
        }
        _ => listed(f, reasons),
    }
}

/// `3 Insufficient cpu (needs 4, 500m left at most), 2 node(s) were unschedulable`.
fn listed(f: &mut fmt::Formatter<'_>, reasons: &[Reason]) -> fmt::Result {
    for (at, Reason { text, nodes, demand, .. }) in reasons.iter().enumerate() {
        write!(f, "{}{} {text}", if at > 0 { ", " } else { "" }, nodes.len())?;
        if let Some(demand) = demand {
            let (amount, most) = (demand.written(demand.amount), demand.written(demand.most));
            write!(f, " (needs {amount}, the most that is left is {most})")?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
