//! Which pods share a shape.

use std::collections::{BTreeMap, BTreeSet};

use super::Refusal;
use super::matching::{Answers, Question, SetId, Term, namespaces};
use super::nodes::{Demand, NodeSets};
use super::objects::{Labels, Node, Pod, PodTerm, SpreadConstraint, WhenUnsatisfiable};
use super::reading::Objects;
use super::storage::{self, Mounted, Reach};
use super::workload;
use crate::{Affinity, AntiAffinity, HostPort, IndexSet, Shape, Spread};

/// What a pod says about others: topologies, by key, and the pods that are meant.
#[derive(Debug, Default)]
struct Terms<'a> {
    affinity: Option<(BTreeSet<&'a str>, Question)>,
    anti_affinity: BTreeSet<(&'a str, Question)>,
    spread: Vec<(&'a SpreadConstraint, Question)>,
}

impl<'a> Terms<'a> {
    fn of(
        pod: &'a Pod,
        spaces: &BTreeMap<String, Labels>,
        shared: &[String],
    ) -> Result<Self, String> {
        let selected = |terms, terminating| Question::Selected { terms, terminating };
        let term = |term: &'a PodTerm| {
            Ok::<_, String>((key(&term.topology_key)?, Term::of_affinity(term, pod, spaces)?))
        };
        let spec = &pod.spec;
        let affinity: Result<Vec<_>, _> = spec.affinity.pod.required.iter().map(term).collect();
        let (keys, terms): (BTreeSet<_>, Vec<_>) = affinity?.into_iter().unzip();
        let mut anti_affinity = BTreeSet::new();
        for anti in spec.affinity.anti.required.iter() {
            let (key, term) = term(anti)?;
            anti_affinity.insert((key, selected(vec![term], true)));
        }
        anti_affinity.extend(shared.iter().map(|claim| ("", Question::Mounting(claim.clone()))));
        let mut spread = Vec::new();
        for constraint in hard(pod) {
            key(&constraint.topology_key)?;
            if constraint.max_skew == 0 || constraint.min_domains == Some(0) {
                return Err("`maxSkew` and `minDomains` are at least 1".to_owned());
            }
            let term = Term::of_spread(constraint, pod)?;
            spread.push((constraint, selected(vec![term], false)));
        }
        let affinity = (!terms.is_empty()).then(|| (keys, selected(terms, true)));
        Ok(Self { affinity, anti_affinity, spread })
    }

    fn questions(&self) -> impl Iterator<Item = &Question> {
        let affinity = self.affinity.iter().map(|(_, question)| question);
        let anti_affinity = self.anti_affinity.iter().map(|(_, question)| question);
        affinity.chain(anti_affinity).chain(self.spread.iter().map(|(_, question)| question))
    }

    fn topologies(&self) -> impl Iterator<Item = &'a str> {
        let affinity = self.affinity.iter().flat_map(|(keys, _)| keys.iter().copied());
        let anti_affinity = self.anti_affinity.iter().map(|(key, _)| *key);
        let spread = self.spread.iter().map(|(constraint, _)| constraint.topology_key.as_str());
        affinity.chain(anti_affinity).chain(spread)
    }
}

/// The hard spread constraints of a pod.
fn hard(pod: &Pod) -> impl Iterator<Item = &SpreadConstraint> {
    let constraints = pod.spec.topology_spread_constraints.iter();
    constraints
        .filter(|constraint| constraint.when_unsatisfiable == WhenUnsatisfiable::DoNotSchedule)
}

fn key(key: &str) -> Result<&str, String> {
    if key.is_empty() { Err("a term has no `topologyKey`".to_owned()) } else { Ok(key) }
}

/// All that a shape says, with sets of pods in place of sets of shapes, and the sets that the pod
/// is in: pods that have the same share a shape.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Kind<'a> {
    priority: i32,
    requests: &'a [u64],
    nodes: IndexSet,
    ports: &'a [HostPort],
    affinity: Option<(BTreeSet<&'a str>, SetId)>,
    anti_affinity: BTreeSet<(&'a str, SetId)>,
    spread: BTreeSet<(&'a str, u32, u32, SetId, IndexSet)>,
    member_of: &'a [SetId],
}

/// The shapes of the pods of an instance.
#[derive(Debug)]
pub(super) struct Shapes {
    /// The shapes, in the order of the first pod of each.
    pub all: Vec<Shape>,
    /// The shape of each pod.
    pub of_pod: Vec<u32>,
    /// The topology keys that some shape names, or that were given; sorted.
    pub topologies: Vec<String>,
    /// The host ports that some shape asks for, sorted.
    pub ports: Vec<HostPort>,
}

/// Finds the shapes of pods, given what they request, and topologies that have to be listed too.
pub(super) fn find(
    objects: &Objects,
    nodes: &[&Node],
    pods: &[&Pod],
    requests: &[Vec<u64>],
    more_topologies: &BTreeSet<&str>,
) -> Result<Shapes, Refusal> {
    let mounted: Vec<_> = pods.iter().map(|pod| storage::mounted(pod)).collect();
    let with_claims = shared_claims(objects, pods, &mounted);
    let spaces = namespaces(objects);
    let terms = with_claims.iter().map(|(pod, shared)| {
        Terms::of(pod, &spaces, shared).map_err(|reason| Refusal::of_pod(pod, reason))
    });
    let terms: Vec<_> = terms.collect::<Result<_, _>>()?;
    let questions = terms.iter().flat_map(Terms::questions).cloned().collect();
    let answers = Answers::find(questions, &with_claims)?;
    let all_ports: Vec<_> = pods.iter().map(|pod| workload::host_ports(pod)).collect();
    let mut node_sets = NodeSets::new(nodes.to_vec());
    let mut kinds = Vec::with_capacity(pods.len());
    for (at, pod) in pods.iter().enumerate() {
        let reaches = mounted.get(at).into_iter().flatten().map(|claim| Reach::of(claim, objects));
        let demand = Demand::of_filters(pod, reaches.collect::<Result<_, _>>()?);
        let mut kind = Kind {
            priority: workload::priority(pod, &objects.priority_classes)?,
            requests: requests.get(at).map_or(&[], Vec::as_slice),
            nodes: node_sets.find(demand, pod)?,
            ports: all_ports.get(at).map_or(&[], Vec::as_slice),
            affinity: None,
            anti_affinity: BTreeSet::new(),
            spread: BTreeSet::new(),
            member_of: answers.member_of(at),
        };
        if let Some(terms) = terms.get(at) {
            kind.resolve(pod, terms, &answers, &mut node_sets)?;
        }
        kinds.push(kind);
    }
    let topologies =
        terms.iter().flat_map(Terms::topologies).chain(more_topologies.iter().copied());
    Ok(number(kinds, topologies.collect(), all_ports.iter().flatten().collect()))
}

impl<'a> Kind<'a> {
    fn resolve(
        &mut self,
        pod: &'a Pod,
        terms: &Terms<'a>,
        answers: &Answers,
        node_sets: &mut NodeSets<'a>,
    ) -> Result<(), Refusal> {
        let affinity = terms.affinity.as_ref();
        self.affinity = affinity.map(|(keys, question)| (keys.clone(), answers.set(question)));
        let anti_affinity = terms.anti_affinity.iter();
        self.anti_affinity = anti_affinity.map(|(key, asked)| (*key, answers.set(asked))).collect();
        for (constraint, question) in &terms.spread {
            let keys = hard(pod).map(|constraint| constraint.topology_key.as_str()).collect();
            let nodes = node_sets.find(Demand::of_spread(pod, constraint, keys), pod)?;
            let fewest = constraint.min_domains.unwrap_or(1);
            let key = constraint.topology_key.as_str();
            self.spread.insert((key, constraint.max_skew, fewest, answers.set(question), nodes));
        }
        Ok(())
    }

    /// The shape, given the numbers of topologies and ports and the shapes in each set.
    fn shape(
        &self,
        topologies: &BTreeMap<&str, u32>,
        ports: &BTreeMap<&HostPort, u32>,
        sets: &BTreeMap<SetId, IndexSet>,
    ) -> Shape {
        let topology = |key: &str| topologies.get(key).copied().unwrap_or(u32::MAX);
        let matches = |set| sets.get(&set).cloned().unwrap_or_default();
        let affinity = self.affinity.as_ref().map(|(keys, set)| Affinity {
            topologies: keys.iter().map(|key| topology(key)).collect(),
            matches: matches(*set),
        });
        let anti_affinity = self
            .anti_affinity
            .iter()
            .map(|(key, set)| AntiAffinity { topology: topology(key), matches: matches(*set) });
        let spread = self.spread.iter().map(|(key, max_skew, min_domains, set, nodes)| Spread {
            topology: topology(key),
            max_skew: *max_skew,
            min_domains: *min_domains,
            matches: matches(*set),
            nodes: nodes.clone(),
        });
        Shape {
            priority: self.priority,
            requests: self.requests.to_vec(),
            nodes: self.nodes.clone(),
            ports: self.ports.iter().filter_map(|port| ports.get(port).copied()).collect(),
            affinity,
            anti_affinity: anti_affinity.collect::<BTreeSet<_>>().into_iter().collect(),
            spread: spread.collect::<BTreeSet<_>>().into_iter().collect(),
        }
    }
}

/// For each pod, the `ReadWriteOncePod` claims that it shares with others.
fn shared_claims<'a>(
    objects: &Objects,
    pods: &[&'a Pod],
    mounted: &[BTreeSet<Mounted>],
) -> Vec<(&'a Pod, Vec<String>)> {
    let exclusive = |claim: &&Mounted| storage::is_exclusive(claim, objects);
    let mut users: BTreeMap<&str, usize> = BTreeMap::new();
    for claim in mounted.iter().flatten().filter(exclusive) {
        *users.entry(&claim.name).or_default() += 1;
    }
    let shared = |claims: &BTreeSet<Mounted>| {
        let names = claims.iter().filter(exclusive).map(|claim| claim.name.clone());
        names.filter(|name| users.get(name.as_str()).is_some_and(|&users| users > 1)).collect()
    };
    pods.iter().copied().zip(mounted.iter().map(shared)).collect()
}

/// Numbers kinds by the first pod of each, topologies and ports by their order.
fn number(kinds: Vec<Kind<'_>>, topologies: BTreeSet<&str>, ports: BTreeSet<&HostPort>) -> Shapes {
    let mut numbers: BTreeMap<Kind<'_>, u32> = BTreeMap::new();
    let mut of_pod = Vec::with_capacity(kinds.len());
    let mut next = 0;
    for kind in kinds {
        let number = *numbers.entry(kind).or_insert(next);
        next = next.max(number + 1);
        of_pod.push(number);
    }
    let mut members: BTreeMap<SetId, Vec<u32>> = BTreeMap::new();
    for (kind, number) in &numbers {
        kind.member_of.iter().for_each(|set| members.entry(*set).or_default().push(*number));
    }
    let sets =
        members.into_iter().map(|(set, shapes)| (set, shapes.into_iter().collect())).collect();
    let topology_numbers = topologies.iter().copied().zip(0..).collect();
    let port_numbers = ports.iter().copied().zip(0..).collect();
    let mut shapes: Vec<_> = numbers
        .iter()
        .map(|(kind, number)| (*number, kind.shape(&topology_numbers, &port_numbers, &sets)))
        .collect();
    shapes.sort_unstable_by_key(|(number, _)| *number);
    Shapes {
        all: shapes.into_iter().map(|(_, shape)| shape).collect(),
        of_pod,
        topologies: topologies.into_iter().map(str::to_owned).collect(),
        ports: ports.into_iter().cloned().collect(),
    }
}
