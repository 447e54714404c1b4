//! From a blueprint to the canonical instance.

use std::collections::{BTreeMap, BTreeSet};

use seatrial_certificate::{
    Affinity, AntiAffinity, Budget, IndexSet, Instance, Node, Objective, Pod, Question, Shape,
    Spread, Topology,
};

use super::blueprint::{self, Blueprint, NAMESPACE, Workload, pod_name};

/// Everything by which pods can be told apart. Workloads with one signature share a shape.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Signature<'plan> {
    priority: i32,
    requests: Vec<u64>,
    nodes: IndexSet,
    near: &'plan [blueprint::Near],
    apart: &'plan [blueprint::Apart],
    spread: &'plan [blueprint::Spread],
    /// The workloads and the places in their lists of constraints that name this one.
    named_by: BTreeSet<(usize, usize)>,
}

/// A blueprint with everything sorted and numbered as the instance wants it.
struct Resolved<'plan> {
    plan: &'plan Blueprint,
    resources: Vec<&'plan str>,
    topologies: Vec<&'plan str>,
    /// The nodes of the blueprint by name.
    nodes: Vec<usize>,
    /// The shapes and the workloads that have them, in the order of the first pod of each.
    shapes: Vec<(Signature<'plan>, BTreeSet<usize>)>,
}

impl Blueprint {
    /// The canonical instance, with the question of who can run at all.
    #[must_use]
    pub fn instance(&self) -> Instance {
        let resolved = Resolved::of(self);
        let (pods, budgets) = resolved.pods_and_budgets();
        Instance {
            format: Instance::FORMAT.to_owned(),
            version: Instance::VERSION,
            resources: resolved.resources.iter().map(|&name| name.to_owned()).collect(),
            nodes: resolved.sorted_nodes(),
            topologies: resolved.sorted_topologies(),
            ports: Vec::new(),
            shapes: resolved.shapes.iter().map(|shape| resolved.shape(shape)).collect(),
            pods,
            budgets,
            gangs: Vec::new(),
            question: Question { objective: Objective::Placed, move_limit: None, live: false },
            trusted: Vec::new(),
        }
    }
}

impl<'plan> Resolved<'plan> {
    fn of(plan: &'plan Blueprint) -> Self {
        let mut resolved = Self {
            plan,
            resources: resources(plan).into_iter().collect(),
            topologies: topologies(plan).into_iter().collect(),
            nodes: (0..plan.nodes.len()).collect(),
            shapes: Vec::new(),
        };
        resolved.nodes.sort_by_key(|&node| plan.nodes.get(node).map(|node| &node.name));
        let mut shapes: BTreeMap<Signature, BTreeSet<usize>> = BTreeMap::new();
        for (at, workload) in plan.workloads.iter().enumerate() {
            if !workload.pods.is_empty() {
                shapes.entry(resolved.signature(at, workload)).or_default().insert(at);
            }
        }
        resolved.shapes = shapes.into_iter().collect();
        resolved.shapes.sort_by_key(|(_, workloads)| {
            workloads.iter().filter_map(|&at| first_pod(plan.workloads.get(at)?)).min()
        });
        resolved
    }

    fn signature(&self, at: usize, workload: &'plan Workload) -> Signature<'plan> {
        Signature {
            priority: workload.priority,
            requests: self.amounts(&workload.requests, 1),
            nodes: self.nodes_where(|node| workload.may_run_on(node)),
            near: &workload.near,
            apart: &workload.apart,
            spread: &workload.spread,
            named_by: named_by(self.plan, at),
        }
    }

    /// Quantities in the order of the resources; `pods` where none is stated is given.
    fn amounts(&self, of: &BTreeMap<String, u64>, pods: u64) -> Vec<u64> {
        let otherwise = |name: &str| if name == "pods" { pods } else { 0 };
        self.resources
            .iter()
            .map(|&name| of.get(name).copied().unwrap_or(otherwise(name)))
            .collect()
    }

    fn nodes_where(&self, may: impl Fn(&blueprint::Node) -> bool) -> IndexSet {
        let in_order = self.nodes.iter().filter_map(|&node| self.plan.nodes.get(node));
        in_order.zip(0..).filter(|(node, _)| may(node)).map(|(_, at)| at).collect()
    }

    fn sorted_nodes(&self) -> Vec<Node> {
        let in_order = self.nodes.iter().filter_map(|&node| self.plan.nodes.get(node));
        in_order
            .map(|node| Node {
                name: node.name.clone(),
                capacity: self.amounts(&node.capacity, blueprint::PODS_PER_NODE),
            })
            .collect()
    }

    fn sorted_topologies(&self) -> Vec<Topology> {
        self.topologies
            .iter()
            .map(|&key| {
                let mut numbers: BTreeMap<&str, u32> = BTreeMap::new();
                let in_order = self.nodes.iter().filter_map(|&node| self.plan.nodes.get(node));
                let domains = in_order.map(|node| {
                    let value = node.label(key)?;
                    let next = u32::try_from(numbers.len()).ok()?;
                    Some(*numbers.entry(value).or_insert(next))
                });
                Topology { domains: domains.collect(), key: key.to_owned() }
            })
            .collect()
    }

    fn topology(&self, key: &str) -> u32 {
        position(self.topologies.iter().position(|&other| other == key))
    }

    /// The shapes that some of the workloads have.
    fn shapes_of(&self, workloads: &BTreeSet<usize>) -> IndexSet {
        let shapes = self.shapes.iter().zip(0..);
        let some = shapes.filter(|((_, members), _)| !members.is_disjoint(workloads));
        some.map(|(_, at)| at).collect()
    }

    fn shape(&self, (signature, workloads): &(Signature, BTreeSet<usize>)) -> Shape {
        let workload = workloads.first().and_then(|&at| self.plan.workloads.get(at));
        let affinity = signature.near.iter().map(|term| term.to.clone());
        let affinity = affinity.reduce(|all, term| &all & &term).map(|matches| Affinity {
            topologies: sorted(signature.near.iter().map(|term| self.topology(&term.topology))),
            matches: self.shapes_of(&matches),
        });
        let anti_affinity = sorted(signature.apart.iter().map(|term| AntiAffinity {
            topology: self.topology(&term.topology),
            matches: self.shapes_of(&term.from),
        }));
        Shape {
            priority: signature.priority,
            requests: signature.requests.clone(),
            nodes: signature.nodes.clone(),
            ports: Vec::new(),
            affinity,
            anti_affinity,
            spread: sorted(
                signature.spread.iter().map(|term| self.spread(workload, signature, term)),
            ),
        }
    }

    /// Pods are counted on the nodes that the selector allows (taints do not matter by default)
    /// and that have the labels of all constraints.
    fn spread(
        &self,
        workload: Option<&Workload>,
        signature: &Signature,
        term: &blueprint::Spread,
    ) -> Spread {
        let keys: Vec<&str> =
            signature.spread.iter().map(|other| other.topology.as_str()).collect();
        Spread {
            topology: self.topology(&term.topology),
            max_skew: term.max_skew,
            min_domains: term.min_domains,
            matches: self.shapes_of(&term.of),
            nodes: self.nodes_where(|node| {
                workload.is_some_and(|workload| workload.selects(node))
                    && keys.iter().all(|key| node.label(key).is_some())
            }),
        }
    }

    fn pods_and_budgets(&self) -> (Vec<Pod>, Vec<Budget>) {
        let mut shape_of = BTreeMap::new();
        for (shape, (_, workloads)) in (0_u32..).zip(&self.shapes) {
            shape_of.extend(workloads.iter().map(|&workload| (workload, shape)));
        }
        let mut pods: Vec<(usize, Pod)> = Vec::new();
        for (at, workload) in self.plan.workloads.iter().enumerate() {
            pods.extend(workload.pods.iter().enumerate().map(|(pod, on)| {
                let node = on.map(|on| position(self.nodes.iter().position(|&node| node == on)));
                let name = format!("{NAMESPACE}/{}", pod_name(workload, pod));
                let shape = shape_of.get(&at).copied().unwrap_or_default();
                let fixed = workload.fixed && node.is_some();
                (at, Pod { name, shape, node, fixed })
            }));
        }
        pods.sort_by(|(_, one), (_, other)| one.cmp(other));
        let budgets = self.plan.budgets.iter().filter_map(|(&at, &allowed)| {
            let name = format!("{NAMESPACE}/{}", self.plan.workloads.get(at)?.name);
            let members =
                pods.iter().zip(0..).filter(|((of, pod), _)| *of == at && pod.node.is_some());
            Some(Budget { name, allowed, pods: members.map(|(_, pod)| pod).collect() })
        });
        let budgets = sorted(budgets);
        (pods.into_iter().map(|(_, pod)| pod).collect(), budgets)
    }
}

/// The resources that always count, and those that pods ask for.
fn resources(plan: &Blueprint) -> BTreeSet<&str> {
    let requests = plan.workloads.iter().flat_map(|workload| &workload.requests);
    let asked = requests.filter(|&(_, &amount)| amount > 0).map(|(name, _)| name.as_str());
    ["cpu", "memory", "pods"].into_iter().chain(asked).collect()
}

/// The name of the pod of a workload that comes first by name.
fn first_pod(workload: &Workload) -> Option<String> {
    (0..workload.pods.len()).map(|pod| pod_name(workload, pod)).min()
}

/// The topology keys that constraints name.
fn topologies(plan: &Blueprint) -> BTreeSet<&str> {
    let mut keys = BTreeSet::new();
    for workload in &plan.workloads {
        keys.extend(workload.near.iter().map(|term| term.topology.as_str()));
        keys.extend(workload.apart.iter().map(|term| term.topology.as_str()));
        keys.extend(workload.spread.iter().map(|term| term.topology.as_str()));
    }
    keys
}

/// Which constraints name a workload: by the workload that has them, and their place in its lists.
/// Of affinity it counts only whether all terms do.
fn named_by(plan: &Blueprint, at: usize) -> BTreeSet<(usize, usize)> {
    let mut names = BTreeSet::new();
    for (by, workload) in plan.workloads.iter().enumerate() {
        let near = workload.near.iter().all(|term| term.to.contains(&at));
        let near = near && !workload.near.is_empty();
        let apart = workload.apart.iter().map(|term| term.from.contains(&at));
        let spread = workload.spread.iter().map(|term| term.of.contains(&at));
        let all = std::iter::once(near).chain(apart).chain(spread).enumerate();
        names.extend(all.filter(|(_, named)| *named).map(|(term, _)| (by, term)));
    }
    names
}

fn sorted<Item: Ord>(items: impl IntoIterator<Item = Item>) -> Vec<Item> {
    let set: BTreeSet<Item> = items.into_iter().collect();
    set.into_iter().collect()
}

/// A place in a list as the instance writes it. What is looked up is always there.
fn position(found: Option<usize>) -> u32 {
    found.and_then(|at| u32::try_from(at).ok()).unwrap_or_default()
}
