//! Selectors resolved: which templates and which nodes they mean.

use std::collections::BTreeMap;

use crate::filter::{self, Plugin};
use crate::{Claim, Cluster, Labels, PodTerm, Template};

/// A partition of the nodes by the value of a label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topology {
    /// The label; the empty one puts all nodes into one domain.
    pub key: String,
    /// The domain of each node, numbered in the order of the first node of each; `None` where the
    /// node lacks the label.
    pub domains: Vec<Option<usize>>,
    /// How many domains there are.
    pub size: usize,
}

impl Topology {
    /// The partition of a cluster's nodes by a label.
    pub fn of(cluster: &Cluster, key: &str) -> Self {
        let mut values: BTreeMap<&str, usize> = BTreeMap::new();
        let mut domains = Vec::with_capacity(cluster.nodes.len());
        for node in &cluster.nodes {
            let label = node.labels.get(key).map(String::as_str);
            let value = if key.is_empty() { Some("") } else { label };
            let next = values.len();
            domains.push(value.map(|value| *values.entry(value).or_insert(next)));
        }
        Self { key: key.to_owned(), domains, size: values.len() }
    }
}

/// A set of templates, by index, ascending.
pub type TemplateSet = Vec<usize>;
/// A set of nodes: whether each is in it.
pub type NodeSet = Vec<bool>;

/// Required pod affinity, resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Near {
    /// The topologies of the terms, by index, ascending.
    pub topologies: Vec<usize>,
    /// The templates that match all terms, by index of the set.
    pub matches: usize,
}

/// A term of required pod anti-affinity, resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Away {
    /// The topology, by index.
    pub topology: usize,
    /// The templates, by index of the set.
    pub matches: usize,
}

/// A hard topology spread constraint, resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spread {
    /// The topology, by index.
    pub topology: usize,
    /// By how many pods domains may differ.
    pub max_skew: u32,
    /// With fewer eligible domains than this, the fewest counts as 0.
    pub min_domains: u32,
    /// The templates that are counted, by index of the set.
    pub matches: usize,
    /// The nodes whose pods are counted and whose domains are eligible, by index of the set.
    pub nodes: usize,
}

/// What a template asks for, resolved.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// The nodes that pass all filters which look at one pod and one node only, by index of the
    /// set.
    pub nodes: usize,
    /// Required pod affinity.
    pub near: Option<Near>,
    /// Required pod anti-affinity.
    pub away: Vec<Away>,
    /// The templates whose anti-affinity means this one: the topology and the template, by index.
    pub avoided: Vec<(usize, usize)>,
    /// Hard topology spread.
    pub spread: Vec<Spread>,
    /// For each claim that only one pod may use, the templates that mount it, by index of the set.
    pub claims_for_one: Vec<usize>,
}

/// A cluster's selectors, resolved.
#[derive(Debug, Clone, Default)]
pub struct Resolved {
    /// The topologies that required affinity, anti-affinity and hard spread name, sorted by key.
    pub topologies: Vec<Topology>,
    /// Sets of templates, each once.
    pub template_sets: Vec<TemplateSet>,
    /// Sets of nodes, each once.
    pub node_sets: Vec<NodeSet>,
    /// What each template asks for.
    pub asked: Vec<Asked>,
}

impl Resolved {
    /// Resolves the selectors of a cluster.
    pub fn new(cluster: &Cluster) -> Self {
        let mut maker = Maker::new(cluster);
        let asked = cluster.templates.iter().map(|template| maker.ask(template)).collect();
        let mut resolved = Self {
            topologies: maker.topologies.keys().map(|key| Topology::of(cluster, key)).collect(),
            template_sets: numbered(maker.template_sets),
            node_sets: numbered(maker.node_sets),
            asked,
        };
        resolved.turn_round();
        resolved
    }

    /// Tells each template whose anti-affinity means it.
    fn turn_round(&mut self) {
        let mut avoided: Vec<Vec<(usize, usize)>> = vec![Vec::new(); self.asked.len()];
        for (template, asked) in self.asked.iter().enumerate() {
            for away in &asked.away {
                for &other in self.template_set(away.matches) {
                    if let Some(list) = avoided.get_mut(other) {
                        list.push((away.topology, template));
                    }
                }
            }
        }
        for (asked, mut avoided) in self.asked.iter_mut().zip(avoided) {
            avoided.sort_unstable();
            avoided.dedup();
            asked.avoided = avoided;
        }
    }

    /// The templates of a set, ascending.
    pub fn template_set(&self, set: usize) -> &[usize] {
        self.template_sets.get(set).map_or(&[], Vec::as_slice)
    }

    /// Whether a template is in a set.
    pub fn has_template(&self, set: usize, template: usize) -> bool {
        self.template_set(set).binary_search(&template).is_ok()
    }

    /// Whether a node is in a set.
    pub fn has_node(&self, set: usize, node: usize) -> bool {
        self.node_sets.get(set).and_then(|nodes| nodes.get(node)).copied().unwrap_or(false)
    }

    /// The domain of a node in a topology.
    pub fn domain(&self, topology: usize, node: usize) -> Option<usize> {
        *self.topologies.get(topology)?.domains.get(node)?
    }
}

/// Sets in the order of their numbers.
fn numbered<T>(sets: BTreeMap<T, usize>) -> Vec<T> {
    let mut sets: Vec<(usize, T)> = sets.into_iter().map(|(set, number)| (number, set)).collect();
    sets.sort_by_key(|&(number, _)| number);
    sets.into_iter().map(|(_, set)| set).collect()
}

/// The number of a set, a new one if it is new.
fn number<T: Ord>(sets: &mut BTreeMap<T, usize>, set: T) -> usize {
    let next = sets.len();
    *sets.entry(set).or_insert(next)
}

struct Maker<'a> {
    cluster: &'a Cluster,
    /// The labels of the namespace of each template.
    namespaces: Vec<Labels>,
    topologies: BTreeMap<&'a str, usize>,
    template_sets: BTreeMap<TemplateSet, usize>,
    node_sets: BTreeMap<NodeSet, usize>,
    /// The templates that each term means.
    terms: BTreeMap<&'a PodTerm, TemplateSet>,
    /// The nodes that each kind of template may be bound to.
    places: BTreeMap<filter::Alone<'a>, usize>,
    /// The templates that mount each claim, by `namespace/name`.
    mounts: BTreeMap<String, TemplateSet>,
}

impl<'a> Maker<'a> {
    fn new(cluster: &'a Cluster) -> Self {
        let namespaces: Vec<Labels> = cluster
            .templates
            .iter()
            .map(|template| cluster.namespace_labels(&template.namespace))
            .collect();
        let specs = || cluster.templates.iter().map(|template| &template.spec);
        let terms = specs().flat_map(|spec| spec.affinity.iter().chain(&spec.anti_affinity));
        let spread = specs().flat_map(|spec| spec.spread.iter().filter(|one| one.hard));
        let mut keys: Vec<&str> = terms.map(|term| term.topology.as_str()).collect();
        keys.extend(spread.map(|one| one.topology.as_str()));
        keys.sort_unstable();
        keys.dedup();
        let topologies = keys.into_iter().enumerate().map(|(index, key)| (key, index)).collect();
        let mut mounts: BTreeMap<String, TemplateSet> = BTreeMap::new();
        for (index, template) in cluster.templates.iter().enumerate() {
            for (claim, _) in template.spec.claims.iter().filter(|(_, by_name)| *by_name) {
                mounts.entry(format!("{}/{claim}", template.namespace)).or_default().push(index);
            }
        }
        Self {
            cluster,
            namespaces,
            topologies,
            template_sets: BTreeMap::new(),
            node_sets: BTreeMap::new(),
            terms: BTreeMap::new(),
            places: BTreeMap::new(),
            mounts,
        }
    }

    fn ask(&mut self, template: &'a Template) -> Asked {
        Asked {
            nodes: self.places(template),
            near: self.near(template),
            away: self.away(template),
            avoided: Vec::new(),
            spread: self.spread(template),
            claims_for_one: self.claims_for_one(template),
        }
    }

    fn topology(&self, key: &str) -> usize {
        self.topologies.get(key).copied().unwrap_or(usize::MAX)
    }

    /// The nodes that pass all filters which look at one pod and one node only.
    fn places(&mut self, template: &'a Template) -> usize {
        let alone = filter::Alone::of(template);
        if let Some(&known) = self.places.get(&alone) {
            return known;
        }
        let passes = |node| {
            let mut plugins = Plugin::ALL.into_iter();
            plugins.all(|plugin| filter::alone(plugin, self.cluster, template, node).is_none())
        };
        let nodes = self.cluster.nodes.iter().map(passes).collect();
        let set = number(&mut self.node_sets, nodes);
        self.places.insert(alone, set);
        set
    }

    /// The templates that a term means.
    fn meant(&mut self, term: &'a PodTerm) -> TemplateSet {
        if let Some(known) = self.terms.get(term) {
            return known.clone();
        }
        let templates = self.cluster.templates.iter().zip(&self.namespaces).enumerate();
        let meant = templates.filter(|(_, (template, namespace))| {
            term.matches(&template.namespace, namespace, &template.labels)
        });
        let set: TemplateSet = meant.map(|(index, _)| index).collect();
        self.terms.insert(term, set.clone());
        set
    }

    fn near(&mut self, template: &'a Template) -> Option<Near> {
        let terms = &template.spec.affinity;
        let mut sets = terms.iter().map(|term| self.meant(term)).collect::<Vec<_>>().into_iter();
        let mut all = sets.next()?;
        for set in sets {
            all.retain(|index| set.binary_search(index).is_ok());
        }
        let mut topologies: Vec<usize> =
            terms.iter().map(|term| self.topology(&term.topology)).collect();
        topologies.sort_unstable();
        topologies.dedup();
        Some(Near { topologies, matches: number(&mut self.template_sets, all) })
    }

    fn away(&mut self, template: &'a Template) -> Vec<Away> {
        let mut away = Vec::new();
        for term in &template.spec.anti_affinity {
            let meant = self.meant(term);
            let matches = number(&mut self.template_sets, meant);
            away.push(Away { topology: self.topology(&term.topology), matches });
        }
        away.sort_unstable();
        away.dedup();
        away
    }

    fn spread(&mut self, template: &'a Template) -> Vec<Spread> {
        let mut all = Vec::new();
        for constraint in template.spec.spread.iter().filter(|constraint| constraint.hard) {
            let counts = |other: &Template| template.counts(other, &constraint.selector);
            let templates = self.cluster.templates.iter().enumerate();
            let counted = templates.filter(|(_, other)| counts(other)).map(|(index, _)| index);
            let matches = number(&mut self.template_sets, counted.collect());
            let eligible =
                |node| filter::pod_topology_spread::is_eligible(template, constraint, node);
            let nodes = self.cluster.nodes.iter().map(eligible).collect();
            all.push(Spread {
                topology: self.topology(&constraint.topology),
                max_skew: constraint.max_skew,
                min_domains: constraint.min_domains,
                matches,
                nodes: number(&mut self.node_sets, nodes),
            });
        }
        all
    }

    /// Sets of templates that share a claim which only one pod may use.
    fn claims_for_one(&mut self, template: &'a Template) -> Vec<usize> {
        let mut sets = Vec::new();
        for (claim, _) in template.spec.claims.iter().filter(|(_, by_name)| *by_name) {
            let full = format!("{}/{claim}", template.namespace);
            let for_one = self.cluster.claims.get(&full).is_some_and(Claim::is_for_one_pod);
            if let Some(set) = self.mounts.get(&full).filter(|_| for_one) {
                sets.push(number(&mut self.template_sets, set.clone()));
            }
        }
        sets.sort_unstable();
        sets.dedup();
        sets
    }
}
