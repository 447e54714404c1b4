//! What each template prefers: everything that the scores need and that does not change while the
//! scheduler runs.

use std::collections::BTreeMap;

use crate::filter::{Plugin, alone};
use crate::resolve::{NodeSet, TemplateSet};
use crate::score::{self, DEFAULT_SPREAD, HOSTNAME};
use crate::{Cluster, Effect, LabelSelector, Node, PodTerm, SpreadConstraint, Template, Topology};

/// A soft topology spread constraint.
#[derive(Clone, Debug)]
pub(super) struct SoftSpread {
    /// The topology, by index.
    pub(super) topology: usize,
    /// Whether each node is a domain of its own: then all nodes of the topology count.
    pub(super) hosts: bool,
    /// The nodes whose pods are counted, by index of the set.
    pub(super) nodes: usize,
    /// The templates that are counted, by index of the set.
    pub(super) members: usize,
    pub(super) max_skew: u32,
}

/// Pods that are preferred nearby, or not.
#[derive(Clone, Debug)]
pub(super) struct Nearby {
    /// The topology, by index.
    pub(super) topology: usize,
    /// The templates, by index of the set.
    pub(super) members: usize,
    /// What each pod counts for.
    pub(super) weight: i64,
}

/// What a template prefers.
#[derive(Clone, Debug, Default)]
pub(super) struct Taste {
    /// Thousandths of a core and bytes of memory, as they are scored.
    pub(super) scored: [u64; 2],
    /// The same as they are asked for.
    pub(super) asked: [u64; 2],
    /// The raw scores of the nodes that depend on nothing else; empty where all are 0.
    pub(super) taints: Vec<i64>,
    pub(super) node_affinity: Vec<i64>,
    pub(super) images: Vec<i64>,
    pub(super) spread: Vec<SoftSpread>,
    /// Whether the constraints are its own, and nodes without one of the labels not scored.
    pub(super) own_spread: bool,
    pub(super) nearby: Vec<Nearby>,
}

/// The preferences of a cluster's templates.
#[derive(Clone, Debug, Default)]
pub(super) struct Tastes {
    /// By template.
    pub(super) of: Vec<Taste>,
    pub(super) topologies: Vec<Topology>,
    pub(super) template_sets: Vec<TemplateSet>,
    pub(super) node_sets: Vec<NodeSet>,
    /// The places of cpu and memory among the resources.
    pub(super) scored_resources: [Option<usize>; 2],
}

/// The preferences while they are made: each set once.
struct Maker<'a> {
    cluster: &'a Cluster,
    topologies: BTreeMap<&'a str, usize>,
    template_sets: BTreeMap<TemplateSet, usize>,
    node_sets: BTreeMap<NodeSet, usize>,
    /// The set of templates that a selector means in a namespace.
    selected: BTreeMap<(&'a str, LabelSelector), usize>,
    /// The templates that a term means.
    meant: BTreeMap<&'a PodTerm, TemplateSet>,
}

impl Tastes {
    /// What the templates of a cluster prefer.
    pub(super) fn of(cluster: &Cluster) -> Self {
        let mut maker = Maker {
            cluster,
            topologies: BTreeMap::new(),
            template_sets: BTreeMap::new(),
            node_sets: BTreeMap::new(),
            selected: BTreeMap::new(),
            meant: BTreeMap::new(),
        };
        let scored_resources = [cluster.resource("cpu"), cluster.resource("memory")];
        let holders = image_holders(cluster);
        let mut of = Vec::new();
        for template in &cluster.templates {
            let spec = &template.spec;
            let asked = scored_resources
                .map(|at| at.and_then(|at| spec.requests.get(at)).copied().unwrap_or_default());
            of.push(Taste {
                scored: [spec.scored_cpu, spec.scored_memory],
                asked,
                taints: unless_all_zero(cluster, |node| intolerable(template, node)),
                node_affinity: unless_all_zero(cluster, |node| preferred(template, node)),
                images: unless_all_zero(cluster, |node| images(cluster, &holders, template, node)),
                spread: maker.spread(template),
                own_spread: !spec.spread.is_empty(),
                nearby: maker.own_preferences(template),
            });
        }
        maker.mutual_preferences(&mut of);
        let topologies = numbered(maker.topologies);
        Self {
            of,
            topologies: topologies.into_iter().map(|key| Topology::of(cluster, key)).collect(),
            template_sets: numbered(maker.template_sets),
            node_sets: numbered(maker.node_sets),
            scored_resources,
        }
    }

    /// The templates of a set.
    pub(super) fn members(&self, set: usize) -> &[usize] {
        self.template_sets.get(set).map_or(&[], Vec::as_slice)
    }
}

impl<'a> Maker<'a> {
    /// The soft constraints of a template, or those of the system if it has none at all.
    fn spread(&mut self, template: &'a Template) -> Vec<SoftSpread> {
        let own: Vec<&'a SpreadConstraint> =
            template.spec.spread.iter().filter(|one| !one.hard).collect();
        let labels: Vec<&str> = own.iter().map(|one| one.topology.as_str()).collect();
        let mut all = Vec::new();
        for constraint in own {
            let nodes = self.nodes_that_count(template, constraint, &labels);
            all.push(self.soft_spread(template, constraint, &constraint.topology, nodes));
        }
        let default = template.spread_by_default.as_ref();
        if let Some(selector) = default.filter(|_| template.spec.spread.is_empty()) {
            for (topology, max_skew) in DEFAULT_SPREAD {
                let constraint = default_constraint(topology, max_skew, selector);
                if self.cluster.nodes.iter().any(|node| node.labels.contains_key(topology)) {
                    let nodes = self.nodes_that_count(template, &constraint, &[]);
                    all.push(self.soft_spread(template, &constraint, topology, nodes));
                }
            }
        }
        all
    }

    fn soft_spread(
        &mut self,
        template: &'a Template,
        constraint: &SpreadConstraint,
        topology: &'a str,
        nodes: NodeSet,
    ) -> SoftSpread {
        let hosts = topology == HOSTNAME;
        let nodes = if hosts { vec![true; nodes.len()] } else { nodes };
        SoftSpread {
            topology: number(&mut self.topologies, topology),
            hosts,
            nodes: number(&mut self.node_sets, nodes),
            members: self.selected(template, &constraint.selector),
            max_skew: constraint.max_skew,
        }
    }

    /// Whose pods a constraint counts: of nodes with these labels that the constraint's policies do
    /// not leave out (`matchNodeInclusionPolicies` in `plugins/podtopologyspread/common.go`).
    fn nodes_that_count(
        &self,
        template: &Template,
        constraint: &SpreadConstraint,
        labels: &[&str],
    ) -> NodeSet {
        let spec = &template.spec;
        let passes = |plugin, node: &Node| alone(plugin, self.cluster, template, node).is_none();
        let selective = !spec.node_selector.is_empty() || spec.node_affinity.required.is_some();
        let honors_affinity = constraint.honors_affinity && selective;
        let counts = |node: &Node| {
            labels.iter().all(|label| node.labels.contains_key(*label))
                && (!honors_affinity || passes(Plugin::NodeAffinity, node))
                && (!constraint.honors_taints || passes(Plugin::TaintToleration, node))
        };
        self.cluster.nodes.iter().map(counts).collect()
    }

    /// The templates whose pods a constraint counts.
    fn selected(&mut self, by: &'a Template, selector: &LabelSelector) -> usize {
        let key = (by.namespace.as_str(), selector.clone());
        if let Some(&known) = self.selected.get(&key) {
            return known;
        }
        let templates = self.cluster.templates.iter().enumerate();
        let selected = templates.filter(|(_, other)| by.counts(other, selector));
        let selected = selected.map(|(at, _)| at).collect();
        let set = number(&mut self.template_sets, selected);
        self.selected.insert(key, set);
        set
    }

    fn own_preferences(&mut self, template: &'a Template) -> Vec<Nearby> {
        let preferred = template.spec.preferred_pods.iter();
        preferred
            .map(|preferred| {
                let members = self.meant(&preferred.term);
                self.nearby(&preferred.term, members, preferred.weight.into())
            })
            .collect()
    }

    /// What other pods' terms mean for each template that they match: preferences of pods that run
    /// hold both ways, and required affinity counts as if it were preferred.
    fn mutual_preferences(&mut self, tastes: &mut [Taste]) {
        let mut holders: BTreeMap<(&PodTerm, i64), TemplateSet> = BTreeMap::new();
        for (at, template) in self.cluster.templates.iter().enumerate() {
            let mut weights: BTreeMap<&PodTerm, i64> = BTreeMap::new();
            for term in &template.spec.affinity {
                *weights.entry(term).or_default() += score::weight::REQUIRED_AFFINITY;
            }
            for preferred in &template.spec.preferred_pods {
                *weights.entry(&preferred.term).or_default() += i64::from(preferred.weight);
            }
            for weighted in weights {
                holders.entry(weighted).or_default().push(at);
            }
        }
        for ((term, weight), holders) in holders {
            let nearby = self.nearby(term, holders, weight);
            for template in self.meant(term) {
                if let Some(taste) = tastes.get_mut(template) {
                    taste.nearby.push(nearby.clone());
                }
            }
        }
    }

    fn nearby(&mut self, term: &'a PodTerm, members: TemplateSet, weight: i64) -> Nearby {
        Nearby {
            topology: number(&mut self.topologies, term.topology.as_str()),
            members: number(&mut self.template_sets, members),
            weight,
        }
    }

    /// The templates that a term means.
    fn meant(&mut self, term: &'a PodTerm) -> TemplateSet {
        let cluster = self.cluster;
        let meant = self.meant.entry(term).or_insert_with(|| {
            let templates = cluster.templates.iter().enumerate();
            let meant = templates.filter(|(_, other)| {
                let labels = cluster.namespace_labels(&other.namespace);
                term.matches(&other.namespace, &labels, &other.labels)
            });
            meant.map(|(at, _)| at).collect()
        });
        meant.clone()
    }
}

/// A constraint of the system for pods that have none.
fn default_constraint(topology: &str, max_skew: u32, selector: &LabelSelector) -> SpreadConstraint {
    SpreadConstraint {
        topology: topology.to_owned(),
        max_skew,
        hard: false,
        min_domains: 1,
        selector: selector.clone(),
        honors_affinity: true,
        honors_taints: false,
    }
}

/// How many taints the pod does not tolerate that ask for other nodes to be preferred.
fn intolerable(template: &Template, node: &Node) -> i64 {
    let soft = node.taints.iter().filter(|taint| taint.effect == Effect::PreferNoSchedule);
    let tolerations = &template.spec.tolerations;
    let intolerable = soft.filter(|taint| !tolerations.iter().any(|one| one.tolerates(taint)));
    i64::try_from(intolerable.count()).unwrap_or(i64::MAX)
}

/// The sum of the weights of the node preferences that a node meets.
fn preferred(template: &Template, node: &Node) -> i64 {
    let preferred = template.spec.node_affinity.preferred.iter();
    let met = preferred.filter(|one| one.nodes.matches(&node.name, &node.labels));
    met.map(|one| i64::from(one.weight)).sum()
}

/// The score for the images that a node has.
fn images(
    cluster: &Cluster,
    holders: &BTreeMap<&str, usize>,
    template: &Template,
    node: &Node,
) -> i64 {
    let images = &template.spec.images;
    let found = images.iter().filter_map(|image| {
        let size = node.images.get(image).copied()?;
        Some((size, holders.get(image.as_str()).copied().unwrap_or_default()))
    });
    let found: Vec<(u64, usize)> = found.collect();
    score::image_locality(&found, images.len(), cluster.nodes.len())
}

/// How many nodes have each image.
fn image_holders(cluster: &Cluster) -> BTreeMap<&str, usize> {
    let mut holders = BTreeMap::new();
    for image in cluster.nodes.iter().flat_map(|node| node.images.keys()) {
        *holders.entry(image.as_str()).or_default() += 1;
    }
    holders
}

/// A number for each node; nothing if all are 0.
fn unless_all_zero(cluster: &Cluster, of: impl Fn(&Node) -> i64) -> Vec<i64> {
    let numbers: Vec<i64> = cluster.nodes.iter().map(of).collect();
    if numbers.iter().all(|&number| number == 0) { Vec::new() } else { numbers }
}

/// The number of something, a new one if it is new.
fn number<Item: Ord>(numbers: &mut BTreeMap<Item, usize>, item: Item) -> usize {
    let next = numbers.len();
    *numbers.entry(item).or_insert(next)
}

/// Things in the order of their numbers.
fn numbered<Item>(numbers: BTreeMap<Item, usize>) -> Vec<Item> {
    let by_number: BTreeMap<usize, Item> =
        numbers.into_iter().map(|(item, number)| (number, item)).collect();
    by_number.into_values().collect()
}
