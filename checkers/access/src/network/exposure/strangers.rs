//! The space of pods that do not exist yet: one dimension a label that selectors name.

use std::collections::{BTreeMap, BTreeSet};

use super::super::model::{NAME_LABEL, Namespaces, Network, Peer, PodSet, Rule};
use super::super::selector::{LabelSelector, Labels, Operator, Requirement};
use super::super::{Name, Truth};
use super::{Applied, LabelValues, Strangers};
use crate::{AtomSet, Rectangle, Region};

/// Whose label it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Whose {
    Namespace,
    Pod,
}

/// One label: the atoms are its values, in order, then any other value, then its absence.
struct Dimension {
    whose: Whose,
    key: Name,
    values: Vec<Name>,
    /// The atoms that are possible.
    universe: AtomSet,
}

/// All pods that there may be in a namespace.
pub(super) struct Space {
    /// The namespace, with its labels, if it exists.
    namespace: Option<(Name, Labels)>,
    dimensions: Vec<Dimension>,
}

/// The pods that are the peers of a rule.
pub(super) struct Peers {
    /// Those that surely are.
    pub(super) sure: Region,
    /// Those that may be, these included.
    pub(super) possible: Region,
}

/// The values that selectors name, by key.
type Named = BTreeMap<Name, BTreeSet<Name>>;

impl Space {
    /// The pods of a namespace that exists.
    pub(super) fn of_namespace(name: &Name, labels: &Labels, policies: &[Applied<'_>]) -> Self {
        let (_, pods) = named(policies);
        let dimensions = pods.into_iter().map(|it| Dimension::new(Whose::Pod, it)).collect();
        Self { namespace: Some((name.clone(), labels.clone())), dimensions }
    }

    /// The pods of namespaces that do not exist yet.
    pub(super) fn new_namespace(network: &Network, policies: &[Applied<'_>]) -> Self {
        let (namespaces, pods) = named(policies);
        let namespaces = namespaces.into_iter().map(|it| Dimension::new(Whose::Namespace, it));
        let pods = pods.into_iter().map(|it| Dimension::new(Whose::Pod, it));
        let mut dimensions: Vec<_> = namespaces.chain(pods).collect();
        let name = |it: &&mut Dimension| it.whose == Whose::Namespace && &*it.key == NAME_LABEL;
        if let Some(name) = dimensions.iter_mut().find(name) {
            // The name is always there, and none that is taken.
            let values = name.values.iter().enumerate();
            let taken = values.filter(|(_, value)| network.namespaces.contains_key(*value));
            let taken: AtomSet = taken.map(|(at, _)| at).chain([name.absent()]).collect();
            name.universe = name.universe.difference(&taken);
        }
        Self { namespace: None, dimensions }
    }

    /// All pods.
    pub(super) fn whole(&self) -> Region {
        let sets = self.dimensions.iter().map(|dimension| dimension.universe.clone());
        Rectangle::new(sets.collect()).into_iter().collect()
    }

    /// The pods that are the peers of a rule.
    pub(super) fn peers(&self, network: &Network, rule: &Rule) -> Peers {
        let mut peers = Peers { sure: Region::new(), possible: Region::new() };
        for peer in &rule.peers {
            let (truth, rectangle) = match peer {
                Peer::Pods(set) => self.rectangle(set),
                Peer::Anyone => (Truth::Yes, self.whole_rectangle()),
                Peer::Unreadable => (Truth::Maybe, self.whole_rectangle()),
                Peer::Nodes(_) | Peer::DomainNames(_) => (Truth::No, None),
                Peer::Addresses(block) => {
                    let possible = &network.pod_addresses;
                    let truth = match (possible.is_subset(block), possible.is_disjoint(block)) {
                        (true, _) => Truth::Yes,
                        (false, true) => Truth::No,
                        (false, false) => Truth::Maybe,
                    };
                    (truth, self.whole_rectangle())
                }
            };
            if let Some(rectangle) = rectangle.filter(|_| truth > Truth::No) {
                if truth == Truth::Yes {
                    peers.sure.add(rectangle.clone());
                }
                peers.possible.add(rectangle);
            }
        }
        peers
    }

    fn whole_rectangle(&self) -> Option<Rectangle> {
        self.whole().rectangles().first().cloned()
    }

    /// The pods of a set, and whether they surely are in it.
    fn rectangle(&self, set: &PodSet) -> (Truth, Option<Rectangle>) {
        let by_namespace = match (&self.namespace, &set.namespaces) {
            (Some((name, labels)), namespaces) => namespaces.has(name, labels),
            (None, Namespaces::Named(_)) => Truth::No,
            (None, Namespaces::Labelled(selector)) => readable(selector),
        };
        let truth = by_namespace.and(readable(&set.pods));
        let sets = self.dimensions.iter().map(|dimension| {
            let selector = match (dimension.whose, &set.namespaces) {
                (Whose::Pod, _) => &set.pods,
                (Whose::Namespace, Namespaces::Labelled(selector)) => selector,
                (Whose::Namespace, Namespaces::Named(_)) => return dimension.universe.clone(),
            };
            let own = selector.requirements.iter().filter(|it| it.key == dimension.key);
            own.fold(dimension.universe.clone(), |all, requirement| {
                all.intersection(&dimension.fulfilling(requirement))
            })
        });
        (truth, Rectangle::new(sets.collect()))
    }

    /// A rectangle of pods for people.
    pub(super) fn strangers(&self, rectangle: &Rectangle, namespaces: &[Name]) -> Strangers {
        let labels = |whose| {
            let all = self.dimensions.iter().zip(rectangle.sets());
            let own = all
                .filter(|(dimension, set)| dimension.whose == whose && **set != dimension.universe);
            own.map(|(dimension, set)| dimension.values(set)).collect()
        };
        Strangers {
            namespaces: namespaces.to_vec(),
            namespace_labels: labels(Whose::Namespace),
            pod_labels: labels(Whose::Pod),
        }
    }
}

/// Whether what a selector requires can be read.
fn readable(selector: &LabelSelector) -> Truth {
    if selector.unreadable { Truth::Maybe } else { Truth::Yes }
}

impl Dimension {
    fn new(whose: Whose, (key, values): (Name, BTreeSet<Name>)) -> Self {
        let values: Vec<_> = values.into_iter().collect();
        let universe = AtomSet::full(values.len() + 2);
        Self { whose, key, values, universe }
    }

    fn other(&self) -> usize {
        self.values.len()
    }

    fn absent(&self) -> usize {
        self.values.len() + 1
    }

    /// The atoms that fulfil a requirement.
    fn fulfilling(&self, requirement: &Requirement) -> AtomSet {
        let of = |values: &[Name]| -> AtomSet {
            values.iter().filter_map(|value| self.values.binary_search(value).ok()).collect()
        };
        let all = AtomSet::full(self.values.len() + 2);
        let absent = AtomSet::single(self.absent());
        match &requirement.operator {
            Operator::In(values) => of(values),
            Operator::NotIn(values) => all.difference(&of(values)),
            Operator::Exists => all.difference(&absent),
            Operator::DoesNotExist => absent,
        }
    }

    /// A set of atoms for people.
    fn values(&self, set: &AtomSet) -> LabelValues {
        let all_but = set.contains(self.other());
        let named = self.values.iter().enumerate();
        let named = named.filter(|&(at, _)| set.contains(at) != all_but);
        LabelValues {
            key: self.key.clone(),
            values: named.map(|(_, value)| value.clone()).collect(),
            all_but,
            may_be_absent: set.contains(self.absent()),
        }
    }
}

/// The keys and values that the selectors of rules name, of namespaces and of pods.
fn named(policies: &[Applied<'_>]) -> (Named, Named) {
    let (mut namespaces, mut pods) = (Named::new(), Named::new());
    let peers = policies.iter().flat_map(|policy| policy.rules).flat_map(|rule| &rule.peers);
    for set in peers.filter_map(|peer| if let Peer::Pods(set) = peer { Some(set) } else { None }) {
        if let Namespaces::Labelled(selector) = &set.namespaces {
            add(selector, &mut namespaces);
        }
        add(&set.pods, &mut pods);
    }
    (namespaces, pods)
}

fn add(selector: &LabelSelector, named: &mut Named) {
    for requirement in &selector.requirements {
        let values = named.entry(requirement.key.clone()).or_default();
        if let Operator::In(of) | Operator::NotIn(of) = &requirement.operator {
            values.extend(of.iter().cloned());
        }
    }
}
