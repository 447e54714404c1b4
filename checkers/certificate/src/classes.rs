//! Pods and nodes that no inequality tells apart.
//!
//! Bounds speak about the numbers `x[c, t]` of pods of class `c` that run on nodes of class `t` in
//! the end. Only pods that may be moved are in classes; fixed ones are constants.
//!
//! A pod is *eligible* for a node if the node is among its shape's, or is where it runs now
//! (pods that are not touched are exempt from filters); and, where its gang has to be within one
//! domain of a topology, if the node is in a domain of it. In every reachable placement each pod
//! that runs is on a node for which it is eligible.
//!
//! What is *left* for movable pods on a node is, per resource, the greater of the capacity and of
//! what is used now, less what fixed pods take. Every reachable placement keeps to that: a binding
//! that takes some of a resource leaves no more in use than the capacity, and everything else only
//! lessens what was in use at the start.
//!
//! Classes are those of equal keys, numbered in the order of their first member:
//!
//! * Pods: shape and gang, and the node where they run if it is not among their shape's. With
//!   [`Classes::Place`] also the node where they run, whichever, and if they run, their budgets.
//! * Nodes: what is left of each resource; which of the sets of nodes of movable pods' shapes they
//!   are in; their domain in each topology that a gang has to be within; whether they have the
//!   label of each topology of an anti-affinity term; with [`Objective::Fragments`], what its
//!   resource leaves free of fixed pods. A node is a class of its own if a movable pod runs on it
//!   that is eligible nowhere else by its shape's nodes, or, with [`Classes::Place`], if any
//!   movable pod runs on it.

use std::collections::{BTreeMap, BTreeSet};

use crate::{Classes, IndexSet, Instance, Objective};

/// Pods that no inequality tells apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodClass {
    /// Their shape.
    pub shape: u32,
    /// Their gang.
    pub gang: Option<u32>,
    /// The class of the node on which all of them run, if that is part of the key.
    pub here: Option<u32>,
    /// The budgets that they are in, if that is part of the key.
    pub budgets: Vec<u32>,
    /// The pods, ascending.
    pub pods: Vec<u32>,
    /// How many of them run now.
    pub running: u64,
    /// Which of the lists of eligible classes of nodes is theirs.
    list: usize,
    /// Whether `here` is eligible too, though not in the list.
    exceptional: bool,
}

impl PodClass {
    /// How many pods the class has.
    pub fn size(&self) -> u64 {
        self.pods.len() as u64
    }
}

/// Nodes that no inequality tells apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeClass {
    /// The nodes, ascending.
    pub nodes: Vec<u32>,
    /// What is left on each of them for movable pods, by resource.
    pub left: Vec<u64>,
    /// What of the resource of [`Objective::Fragments`] fixed pods leave of the capacity.
    pub free: u64,
}

impl NodeClass {
    /// How many nodes the class has.
    pub fn size(&self) -> u64 {
        self.nodes.len() as u64
    }
}

/// The classes of an instance.
#[derive(Clone, Debug)]
pub struct Partition {
    /// By which keys.
    pub by: Classes,
    /// The classes of pods.
    pub pods: Vec<PodClass>,
    /// The classes of nodes.
    pub nodes: Vec<NodeClass>,
    /// The class of each pod; none of fixed ones.
    pub class_of_pod: Vec<Option<u32>>,
    /// The class of each node.
    pub class_of_node: Vec<u32>,
    lists: Vec<Vec<u32>>,
}

impl Partition {
    /// The classes of an instance that is valid.
    ///
    /// Takes time in the sizes of the sets of nodes of distinct shapes.
    pub fn new(instance: &Instance, by: Classes) -> Self {
        let gangs = gangs_of_pods(instance);
        let class_of_node = classes_of_nodes(instance, by);
        let nodes = node_classes(instance, &class_of_node);
        let mut partition = Self {
            by,
            pods: Vec::new(),
            nodes,
            class_of_pod: vec![None; instance.pods.len()],
            class_of_node,
            lists: Vec::new(),
        };
        partition.class_pods(instance, &gangs);
        partition
    }

    /// The classes of nodes for which a class of pods is eligible: ascending, but for the
    /// exceptional one at the end.
    pub fn eligible(&self, class: &PodClass) -> impl Iterator<Item = u32> + '_ {
        let list = self.lists.get(class.list).map(Vec::as_slice).unwrap_or_default();
        let exceptional = class.here.filter(|_| class.exceptional);
        list.iter().copied().chain(exceptional)
    }

    /// Whether a class of pods is eligible for a class of nodes.
    pub fn is_eligible(&self, class: &PodClass, nodes: u32) -> bool {
        let list = self.lists.get(class.list).map(Vec::as_slice).unwrap_or_default();
        list.binary_search(&nodes).is_ok() || (class.exceptional && class.here == Some(nodes))
    }

    /// The first node of a class.
    pub fn first_node(&self, nodes: u32) -> Option<u32> {
        self.nodes.get(nodes as usize)?.nodes.first().copied()
    }

    fn class_pods(&mut self, instance: &Instance, gangs: &[Option<u32>]) {
        let budgets = match self.by {
            Classes::Place => budgets_of_pods(instance),
            Classes::Shape => BTreeMap::new(),
        };
        let mut known = BTreeMap::new();
        let mut lists = BTreeMap::new();
        for ((at, pod), gang) in instance.numbered_pods().zip(gangs) {
            let Some(shape) = instance.shape_of(pod).filter(|_| !pod.fixed) else { continue };
            let exceptional = pod.node.is_some_and(|node| !shape.nodes.contains(node));
            let node = pod.node.filter(|_| exceptional || self.by == Classes::Place);
            let held = budgets.get(&at).filter(|_| node.is_some()).cloned().unwrap_or_default();
            let next = u32::try_from(self.pods.len()).unwrap_or(u32::MAX);
            let number = *known.entry((pod.shape, *gang, node, held.clone())).or_insert(next);
            if number == next {
                let within = gang_topology(instance, *gang);
                let list = *lists.entry((&shape.nodes, within)).or_insert_with(|| {
                    self.lists.push(self.list(instance, &shape.nodes, within));
                    self.lists.len() - 1
                });
                let here = node.and_then(|node| self.class_of_node.get(node as usize).copied());
                let labelled =
                    |topology| node.is_some_and(|node| instance.domain(topology, node).is_some());
                let exceptional = exceptional && within.is_none_or(labelled);
                self.pods.push(PodClass {
                    shape: pod.shape,
                    gang: *gang,
                    here,
                    budgets: held,
                    pods: Vec::new(),
                    running: 0,
                    list,
                    exceptional,
                });
            }
            if let Some(class) = self.pods.get_mut(number as usize) {
                class.pods.push(at);
                class.running += u64::from(pod.node.is_some());
            }
            if let Some(slot) = self.class_of_pod.get_mut(at as usize) {
                *slot = Some(number);
            }
        }
    }

    /// The classes of the nodes that are in a set, and in a domain of a topology: all nodes of a
    /// class are, or none.
    fn list(&self, instance: &Instance, set: &IndexSet, within: Option<u32>) -> Vec<u32> {
        let labelled =
            |node: &u32| within.is_none_or(|topology| instance.domain(topology, *node).is_some());
        let class = |node: u32| self.class_of_node.get(node as usize).copied();
        let mut classes: Vec<u32> = set.iter().filter(labelled).filter_map(class).collect();
        classes.sort_unstable();
        classes.dedup();
        classes
    }
}

/// The gang of each pod.
fn gangs_of_pods(instance: &Instance) -> Vec<Option<u32>> {
    let mut gangs = vec![None; instance.pods.len()];
    for (number, gang) in (0_u32..).zip(&instance.gangs) {
        for pod in gang.pods.iter() {
            gangs.get_mut(pod as usize).into_iter().for_each(|slot| *slot = Some(number));
        }
    }
    gangs
}

/// The topology that a gang has to be within.
fn gang_topology(instance: &Instance, gang: Option<u32>) -> Option<u32> {
    instance.gangs.get(gang? as usize)?.within
}

/// The budgets of each pod that is in some.
fn budgets_of_pods(instance: &Instance) -> BTreeMap<u32, Vec<u32>> {
    let mut budgets: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for (number, budget) in (0_u32..).zip(&instance.budgets) {
        for pod in budget.pods.iter() {
            budgets.entry(pod).or_default().push(number);
        }
    }
    budgets
}

/// What is left on each node for movable pods, by node and resource, and what fixed pods use.
fn left_on_nodes(instance: &Instance) -> Vec<(Vec<u64>, Vec<u64>)> {
    let width = instance.resources.len();
    let mut used = vec![(vec![0_u64; width], vec![0_u64; width]); instance.nodes.len()];
    for pod in &instance.pods {
        let slot = pod.node.and_then(|node| used.get_mut(node as usize));
        let (Some((all, fixed)), Some(shape)) = (slot, instance.shape_of(pod)) else { continue };
        for ((all, fixed), request) in all.iter_mut().zip(fixed).zip(&shape.requests) {
            *all = all.saturating_add(*request);
            if pod.fixed {
                *fixed = fixed.saturating_add(*request);
            }
        }
    }
    for ((all, fixed), node) in used.iter_mut().zip(&instance.nodes) {
        for ((all, fixed), &capacity) in all.iter_mut().zip(fixed).zip(&node.capacity) {
            *all = (*all).max(capacity).saturating_sub(*fixed);
        }
    }
    used
}

/// What fixed pods leave free of the resource that fragments are about.
fn free_on_node(instance: &Instance, node: u32, fixed: &[u64]) -> u64 {
    let Objective::Fragments { resource, .. } = instance.question.objective else { return 0 };
    let fixed = fixed.get(resource as usize).copied().unwrap_or(0);
    instance.capacity(node, resource).saturating_sub(fixed)
}

/// The class of each node.
fn classes_of_nodes(instance: &Instance, by: Classes) -> Vec<u32> {
    let mut classes = vec![0; instance.nodes.len()];
    let left = left_on_nodes(instance);
    split(
        &mut classes,
        (0_u32..).zip(&left).map(|(node, (left, fixed))| {
            (node, (left.clone(), free_on_node(instance, node, fixed)))
        }),
    );
    let within: BTreeSet<u32> = instance.gangs.iter().filter_map(|gang| gang.within).collect();
    for topology in within {
        split(&mut classes, numbers(instance).map(|node| (node, instance.domain(topology, node))));
    }
    let apart = instance.shapes.iter().flat_map(|shape| &shape.anti_affinity);
    let apart: BTreeSet<u32> = apart.map(|term| term.topology).collect();
    for topology in apart {
        let labelled = |node| instance.domain(topology, node).is_some();
        split(&mut classes, numbers(instance).map(|node| (node, labelled(node))));
    }
    let mut sets = BTreeSet::new();
    let mut own = BTreeSet::new();
    for pod in instance.pods.iter().filter(|pod| !pod.fixed) {
        let Some(shape) = instance.shape_of(pod) else { continue };
        sets.insert(&shape.nodes);
        if let Some(node) = pod.node
            && (by == Classes::Place || !shape.nodes.contains(node))
        {
            own.insert(node);
        }
    }
    split(&mut classes, own.into_iter().map(|node| (node, node)));
    for set in sets {
        split(&mut classes, set.iter().map(|node| (node, ())));
    }
    renumber(&mut classes);
    classes
}

fn numbers(instance: &Instance) -> impl Iterator<Item = u32> {
    (0_u32..).zip(&instance.nodes).map(|(number, _)| number)
}

/// Splits each class by the keys of those of its members that have one: they leave it, and those
/// of one key stay together.
fn split<Key: Ord>(classes: &mut [u32], keys: impl Iterator<Item = (u32, Key)>) {
    let mut next = classes.iter().max().map_or(0, |last| last + 1);
    let mut known = BTreeMap::new();
    for (node, key) in keys {
        let Some(class) = classes.get_mut(node as usize) else { continue };
        *class = *known.entry((*class, key)).or_insert_with(|| {
            next += 1;
            next - 1
        });
    }
}

/// Numbers classes in the order of their first member.
fn renumber(classes: &mut [u32]) {
    let mut known = BTreeMap::new();
    for class in classes {
        let next = u32::try_from(known.len()).unwrap_or(u32::MAX);
        *class = *known.entry(*class).or_insert(next);
    }
}

fn node_classes(instance: &Instance, class_of_node: &[u32]) -> Vec<NodeClass> {
    let mut classes: Vec<NodeClass> = Vec::new();
    let left = left_on_nodes(instance);
    for ((node, &class), (left, fixed)) in (0_u32..).zip(class_of_node).zip(left) {
        if let Some(class) = classes.get_mut(class as usize) {
            class.nodes.push(node);
        } else {
            let free = free_on_node(instance, node, &fixed);
            classes.push(NodeClass { nodes: vec![node], left, free });
        }
    }
    classes
}
