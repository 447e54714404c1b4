//! From the cluster that the scheduler sees to the canonical instance.
//!
//! What the instance of a cluster is, is defined at the types of [`Instance`]; this resolves the
//! typed cluster to it. The checker derives the instance of a snapshot by itself and compares.

use std::collections::{BTreeMap, BTreeSet};

use seatrial_certificate::{
    Affinity, AntiAffinity, Budget, Gang, HostPort, IndexSet, Instance, Node, Pod, Question, Shape,
    Spread, Topology,
};
use seatrial_scheduling::{Asked, Cluster, Filters, PodGroup, Resolved, Template};

/// The topology in which all nodes are in one domain.
const EVERYWHERE: &str = "";

/// The instance of a cluster.
pub fn instance(filters: &Filters<'_>, question: Question) -> Instance {
    let cluster = filters.cluster();
    let resources = resources(cluster);
    let (whole, stuck) = groups(cluster);
    let sets = Sets::find(filters);
    let topologies = topologies(filters, &sets, &whole);
    let shapes = Shapes::find(filters, &sets, &resources, &topologies);
    let pods = cluster.pods.iter().map(|pod| {
        let template = cluster.templates.get(pod.template);
        let waits = pod.node.is_none() && template.is_some_and(|template| template.spec.gated);
        Pod {
            name: pod.name.clone(),
            shape: shapes.of_template.get(&pod.template).copied().unwrap_or(u32::MAX),
            node: pod.node.map(index),
            fixed: pod.fixed || waits || pod.group.is_some_and(|group| stuck.contains(&group)),
        }
    });
    Instance {
        format: Instance::FORMAT.to_owned(),
        version: Instance::VERSION,
        nodes: cluster
            .nodes
            .iter()
            .map(|node| Node {
                name: node.name.clone(),
                capacity: pick(&node.allocatable, &resources),
            })
            .collect(),
        pods: pods.collect(),
        budgets: cluster.budgets.iter().map(|budget| self::budget(cluster, budget)).collect(),
        gangs: whole.iter().map(|gang| self::gang(gang, &topologies)).collect(),
        topologies: topologies.iter().map(|key| topology(cluster, key)).collect(),
        ports: shapes.ports,
        shapes: shapes.all,
        resources: resources.into_iter().map(|(_, name)| name.to_owned()).collect(),
        question,
        trusted: cluster.trusted.clone(),
    }
}

/// An index as the instance writes it. What can be read has far fewer pods and nodes.
fn index(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

/// The amounts of the resources that the instance lists.
fn pick(amounts: &[u64], resources: &[(usize, &str)]) -> Vec<u64> {
    resources.iter().map(|&(at, _)| amounts.get(at).copied().unwrap_or(0)).collect()
}

/// The resources that matter, with their places among those of the cluster: processor, memory and
/// the number of pods, and what some pod asks for.
fn resources(cluster: &Cluster) -> Vec<(usize, &str)> {
    let asked: BTreeSet<usize> = cluster
        .pods
        .iter()
        .filter_map(|pod| cluster.templates.get(pod.template))
        .flat_map(|template| template.spec.requests.iter().enumerate())
        .filter(|(_, request)| **request > 0)
        .map(|(at, _)| at)
        .collect();
    let always = ["cpu", "memory", Cluster::PODS];
    let names = cluster.resources.iter().map(String::as_str).enumerate();
    names.filter(|(at, name)| always.contains(name) || asked.contains(at)).collect()
}

/// A group with its pods.
struct Whole<'a> {
    group: &'a PodGroup,
    pods: IndexSet,
}

/// The groups that have as many pods as they need, by name; and those, by index, that have fewer:
/// their pods stay as they are.
fn groups(cluster: &Cluster) -> (Vec<Whole<'_>>, BTreeSet<usize>) {
    let mut members: BTreeMap<usize, Vec<u32>> = BTreeMap::new();
    for (pod, found) in (0..).zip(&cluster.pods) {
        if let Some(group) = found.group {
            members.entry(group).or_default().push(pod);
        }
    }
    let (mut whole, mut stuck) = (Vec::new(), BTreeSet::new());
    for (index, pods) in members {
        match cluster.groups.get(index) {
            Some(group) if pods.len() >= group.minimum as usize => {
                whole.push(Whole { group, pods: pods.into_iter().collect() });
            }
            _ => {
                stuck.insert(index);
            }
        }
    }
    (whole, stuck)
}

fn gang(whole: &Whole<'_>, topologies: &[&str]) -> Gang {
    Gang {
        name: whole.group.name.clone(),
        pods: whole.pods.clone(),
        minimum: whole.group.minimum,
        within: whole.group.within.as_deref().map(|key| place(topologies, key)),
    }
}

/// The number of a key in a sorted list.
fn place(keys: &[&str], key: &str) -> u32 {
    keys.binary_search(&key).map_or(u32::MAX, index)
}

fn budget(cluster: &Cluster, budget: &seatrial_scheduling::Budget) -> Budget {
    let covers = |template: &Template| budget.covers(template);
    let covered: Vec<bool> = cluster.templates.iter().map(covers).collect();
    let pods = (0..).zip(&cluster.pods).filter(|(_, pod)| {
        pod.node.is_some() && covered.get(pod.template).copied().unwrap_or(false)
    });
    Budget {
        name: budget.name.clone(),
        pods: pods.map(|(pod, _)| pod).collect(),
        allowed: budget.allowed,
    }
}

fn topology(cluster: &Cluster, key: &str) -> Topology {
    let found = seatrial_scheduling::Topology::of(cluster, key);
    let domains = found.domains.into_iter().map(|domain| domain.map(index)).collect();
    Topology { key: found.key, domains }
}

/// The topologies that some shape or gang names, sorted.
fn topologies<'a>(filters: &'a Filters<'_>, sets: &Sets, whole: &[Whole<'a>]) -> Vec<&'a str> {
    let resolved = filters.resolved();
    let mut numbers = BTreeSet::new();
    let mut keys = BTreeSet::new();
    for &template in &sets.used {
        let Some(asked) = resolved.asked.get(template) else { continue };
        numbers.extend(asked.near.iter().flat_map(|near| &near.topologies));
        numbers.extend(asked.away.iter().map(|away| &away.topology));
        numbers.extend(asked.spread.iter().map(|spread| &spread.topology));
        if sets.shared_claims(asked).next().is_some() {
            keys.insert(EVERYWHERE);
        }
    }
    let key = |&number: &usize| resolved.topologies.get(number).map(|it| it.key.as_str());
    keys.extend(numbers.into_iter().filter_map(key));
    keys.extend(whole.iter().filter_map(|whole| whole.group.within.as_deref()));
    keys.into_iter().collect()
}

/// The sets of templates that matter, among the templates of which there are pods.
struct Sets {
    /// The templates of which there are pods, in the order of the first of each.
    used: Vec<usize>,
    /// For each set of the resolved cluster, the number of the first that holds the same of these.
    same_as: Vec<usize>,
    /// The sets that hold several pods.
    several: BTreeSet<usize>,
}

impl Sets {
    fn find(filters: &Filters<'_>) -> Self {
        let cluster = filters.cluster();
        let mut pods = vec![0_u64; cluster.templates.len()];
        let mut used = Vec::new();
        for pod in &cluster.pods {
            if let Some(count) = pods.get_mut(pod.template) {
                if *count == 0 {
                    used.push(pod.template);
                }
                *count += 1;
            }
        }
        let count = |template: &usize| pods.get(*template).copied().unwrap_or(0);
        let (mut first, mut same_as, mut several) = (BTreeMap::new(), Vec::new(), BTreeSet::new());
        for (number, set) in filters.resolved().template_sets.iter().enumerate() {
            let held: Vec<usize> =
                set.iter().copied().filter(|template| count(template) > 0).collect();
            if held.iter().map(count).sum::<u64>() > 1 {
                several.insert(number);
            }
            same_as.push(*first.entry(held).or_insert(number));
        }
        Self { used, same_as, several }
    }

    fn number(&self, set: usize) -> usize {
        self.same_as.get(set).copied().unwrap_or(set)
    }

    /// The sets of templates that share a claim with this one which only one pod may use.
    fn shared_claims<'a>(&'a self, asked: &'a Asked) -> impl Iterator<Item = usize> + 'a {
        asked.claims_for_one.iter().copied().filter(|set| self.several.contains(set))
    }

    /// All sets that a template names.
    fn named<'a>(&'a self, asked: &'a Asked) -> impl Iterator<Item = usize> + 'a {
        let near = asked.near.iter().map(|near| near.matches);
        let away = asked.away.iter().map(|away| away.matches);
        let spread = asked.spread.iter().map(|spread| spread.matches);
        let all = near.chain(away).chain(spread).chain(self.shared_claims(asked));
        all.map(|set| self.number(set))
    }
}

/// All that a shape says, with sets of templates in place of sets of shapes, and the sets that the
/// template is in: templates that have the same share a shape.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Kind<'a> {
    priority: i32,
    requests: Vec<u64>,
    nodes: usize,
    ports: &'a [seatrial_scheduling::HostPort],
    affinity: Option<(Vec<u32>, usize)>,
    anti_affinity: BTreeSet<(u32, usize)>,
    /// Topology, skew, domains, pods, nodes.
    spread: BTreeSet<(u32, u32, u32, usize, usize)>,
    member_of: Vec<usize>,
}

impl<'a> Kind<'a> {
    fn of(
        template: &'a Template,
        asked: &Asked,
        sets: &Sets,
        resources: &[(usize, &str)],
        topology: impl Fn(usize) -> u32,
        everywhere: u32,
    ) -> Self {
        let affinity = asked.near.as_ref().map(|near| {
            let topologies = near.topologies.iter().map(|&it| topology(it)).collect();
            (topologies, sets.number(near.matches))
        });
        let away = asked.away.iter().map(|it| (topology(it.topology), sets.number(it.matches)));
        let claims = sets.shared_claims(asked).map(|set| (everywhere, sets.number(set)));
        let spread = asked.spread.iter().map(|it| {
            let matches = sets.number(it.matches);
            (topology(it.topology), it.max_skew, it.min_domains, matches, it.nodes)
        });
        Self {
            priority: template.spec.priority,
            requests: pick(&template.spec.requests, resources),
            nodes: asked.nodes,
            ports: &template.spec.host_ports,
            affinity,
            anti_affinity: away.chain(claims).collect(),
            spread: spread.collect(),
            member_of: Vec::new(),
        }
    }

    fn shape(
        &self,
        resolved: &Resolved,
        ports: &BTreeMap<&seatrial_scheduling::HostPort, u32>,
        members: &BTreeMap<usize, IndexSet>,
    ) -> Shape {
        let matches = |set: usize| members.get(&set).cloned().unwrap_or_default();
        let affinity = self.affinity.as_ref();
        let away = self.anti_affinity.iter();
        let away = away.map(|&(topology, set)| AntiAffinity { topology, matches: matches(set) });
        let spread = self.spread.iter().map(|&(topology, max_skew, min_domains, set, nodes)| {
            let nodes = nodes_of(resolved, nodes);
            Spread { topology, max_skew, min_domains, matches: matches(set), nodes }
        });
        Shape {
            priority: self.priority,
            requests: self.requests.clone(),
            nodes: nodes_of(resolved, self.nodes),
            ports: self.ports.iter().filter_map(|port| ports.get(port).copied()).collect(),
            affinity: affinity.map(|(topologies, set)| Affinity {
                topologies: topologies.clone(),
                matches: matches(*set),
            }),
            anti_affinity: away.collect::<BTreeSet<_>>().into_iter().collect(),
            spread: spread.collect::<BTreeSet<_>>().into_iter().collect(),
        }
    }
}

fn nodes_of(resolved: &Resolved, set: usize) -> IndexSet {
    let nodes = resolved.node_sets.get(set).into_iter().flatten();
    (0..).zip(nodes).filter(|(_, is_in)| **is_in).map(|(node, _)| node).collect()
}

/// The shapes of the templates of which there are pods.
struct Shapes {
    all: Vec<Shape>,
    of_template: BTreeMap<usize, u32>,
    ports: Vec<HostPort>,
}

impl Shapes {
    fn find(
        filters: &Filters<'_>,
        sets: &Sets,
        resources: &[(usize, &str)],
        topologies: &[&str],
    ) -> Self {
        let (cluster, resolved) = (filters.cluster(), filters.resolved());
        let key = |number: usize| resolved.topologies.get(number).map(|it| it.key.as_str());
        let topology = |number| key(number).map_or(u32::MAX, |key| place(topologies, key));
        let everywhere = place(topologies, EVERYWHERE);
        let named = sets.used.iter().filter_map(|&template| resolved.asked.get(template));
        let named: BTreeSet<usize> = named.flat_map(|asked| sets.named(asked)).collect();
        let mut memberships: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for set in named {
            for &template in resolved.template_set(set) {
                memberships.entry(template).or_default().push(set);
            }
        }
        let mut kinds = BTreeMap::new();
        let mut of_template = BTreeMap::new();
        for &used in &sets.used {
            let template = cluster.templates.get(used);
            let Some((template, asked)) = template.zip(resolved.asked.get(used)) else { continue };
            let kind = Kind::of(template, asked, sets, resources, topology, everywhere);
            let member_of = memberships.remove(&used).unwrap_or_default();
            let next = index(kinds.len());
            let number = *kinds.entry(Kind { member_of, ..kind }).or_insert(next);
            of_template.insert(used, number);
        }
        let (all, ports) = Self::number(resolved, &kinds);
        Self { all, of_template, ports }
    }

    /// The shapes in the order of their numbers, and the ports that they ask for.
    fn number(resolved: &Resolved, kinds: &BTreeMap<Kind<'_>, u32>) -> (Vec<Shape>, Vec<HostPort>) {
        let mut members: BTreeMap<usize, Vec<u32>> = BTreeMap::new();
        for (kind, &number) in kinds {
            for &set in &kind.member_of {
                members.entry(set).or_default().push(number);
            }
        }
        let members =
            members.into_iter().map(|(set, shapes)| (set, shapes.into_iter().collect())).collect();
        let ports: BTreeSet<_> = kinds.keys().flat_map(|kind| kind.ports).collect();
        let numbers = ports.iter().copied().zip(0..).collect();
        let mut shapes: Vec<(u32, Shape)> = kinds
            .iter()
            .map(|(kind, &number)| (number, kind.shape(resolved, &numbers, &members)))
            .collect();
        shapes.sort_unstable_by_key(|&(number, _)| number);
        let ports = ports.into_iter().map(|port| HostPort {
            ip: port.ip.clone(),
            protocol: port.protocol.clone(),
            port: port.port,
        });
        (shapes.into_iter().map(|(_, shape)| shape).collect(), ports.collect())
    }
}

#[cfg(test)]
mod tests;
