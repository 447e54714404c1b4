//! The ends that are in both networks, by what neither tells apart.

use std::collections::BTreeMap;
use std::net::IpAddr;

use rustc_hash::FxHashMap;

use super::super::classes::Class;
use super::super::connectivity::Connectivity;
use super::super::model::{End, Network};
use super::super::rows::{ReachId, Reaches, Rows};
use super::super::{AddressSet, Name};
use crate::{AtomSet, Extent, Members};

/// The classes of the ends that are in both networks.
pub(super) struct Joint<'n> {
    pub(super) old: &'n Connectivity<'n>,
    pub(super) new: &'n Connectivity<'n>,
    classes: Vec<JointClass>,
}

/// Ends that neither network tells apart.
struct JointClass {
    /// Its class in the old and in the new network.
    of: (usize, usize),
    members: Ends,
}

enum Ends {
    /// Workloads, by name, and whether they are never more than one pod.
    Workloads(Vec<(Name, bool)>),
    Addresses(AddressSet),
}

/// A member of a class.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    class: usize,
    member: usize,
}

/// An end by its name, which stands for it in both networks.
pub(super) enum Named {
    Workload(Name),
    Address(IpAddr),
}

impl Named {
    /// The end in a network.
    pub(super) fn end<'n>(&self, network: &'n Network) -> Option<End<'n>> {
        match self {
            Self::Workload(id) => network.workload(id).map(End::Pod),
            Self::Address(address) => Some(End::Address(*address)),
        }
    }
}

/// What both sides of a connection decide: egress and ingress, old and new.
pub(super) type Sides = [ReachId; 4];

impl<'n> Joint<'n> {
    pub(super) fn of(old: &'n Connectivity<'n>, new: &'n Connectivity<'n>) -> Self {
        let mut classes = Vec::new();
        let mut workloads: BTreeMap<(usize, usize), Vec<(Name, bool)>> = BTreeMap::new();
        for (workload, &of_old) in old.network.workloads.iter().zip(&old.classes.of_workload) {
            let position = new.network.workloads.binary_search_by(|it| it.id.cmp(&workload.id));
            let Some(&of_new) = position.ok().and_then(|at| new.classes.of_workload.get(at)) else {
                continue;
            };
            let member = (workload.id.clone(), workload.single);
            workloads.entry((of_old, of_new)).or_default().push(member);
        }
        for (of, members) in workloads {
            classes.push(JointClass { of, members: Ends::Workloads(members) });
        }
        for (of_old, a) in addresses(old) {
            for (of_new, b) in addresses(new) {
                let both = a.intersection(b);
                if !both.is_empty() {
                    let members = Ends::Addresses(both);
                    classes.push(JointClass { of: (of_old, of_new), members });
                }
            }
        }
        Self { old, new, classes }
    }

    /// The workloads that are only in the old network.
    pub(super) fn only_old(&self) -> Vec<Name> {
        only(self.old.network, self.new.network)
    }

    /// The workloads that are only in the new network.
    pub(super) fn only_new(&self) -> Vec<Name> {
        only(self.new.network, self.old.network)
    }

    /// For each class as source, the classes for which one of the sides decides otherwise.
    pub(super) fn candidates(&self) -> Vec<AtomSet> {
        let mut candidates = vec![AtomSet::new(); self.classes.len()];
        let egress = self.changed_rows(&self.old.egress, &self.new.egress);
        for (candidates, changed) in candidates.iter_mut().zip(&egress) {
            *candidates = candidates.union(changed);
        }
        let ingress = self.changed_rows(&self.old.ingress, &self.new.ingress);
        for (destination, changed) in ingress.iter().enumerate() {
            for source in changed.iter() {
                if let Some(candidates) = candidates.get_mut(source) {
                    candidates.insert(destination);
                }
            }
        }
        let outside: AtomSet = (0..self.classes.len()).filter(|&at| self.is_outside(at)).collect();
        for source in outside.iter() {
            if let Some(candidates) = candidates.get_mut(source) {
                *candidates = candidates.difference(&outside);
            }
        }
        for (at, candidates) in candidates.iter_mut().enumerate() {
            if self.is_alone(at) {
                *candidates = candidates.difference(&AtomSet::single(at));
            }
        }
        candidates
    }

    /// For each class, the classes at the other end for which its row changed.
    fn changed_rows(&self, old: &Rows, new: &Rows) -> Vec<AtomSet> {
        let mut known: FxHashMap<(usize, usize), AtomSet> = FxHashMap::default();
        let row = |rows: &Rows, class: usize| rows.of_class.get(class).copied().unwrap_or(0);
        let changed = |class: &JointClass| {
            let rows = (row(old, class.of.0), row(new, class.of.1));
            let changed = known.entry(rows).or_insert_with(|| self.changed_row(old, new, class.of));
            changed.clone()
        };
        self.classes.iter().map(changed).collect()
    }

    fn changed_row(&self, old: &Rows, new: &Rows, of: (usize, usize)) -> AtomSet {
        let expand = |rows: &Rows, class: usize, count: usize| {
            rows.row(class).map(|row| row.expand(count)).unwrap_or_default()
        };
        let before = expand(old, of.0, self.old.classes.all.len());
        let after = expand(new, of.1, self.new.classes.all.len());
        let differs = |class: &JointClass| before.get(class.of.0) != after.get(class.of.1);
        let all = self.classes.iter().enumerate();
        all.filter(|(_, class)| differs(class)).map(|(at, _)| at).collect()
    }

    /// What both sides decide for connections between two classes.
    pub(super) fn sides(&self, source: usize, destination: usize) -> Sides {
        let of = |at: usize| self.classes.get(at).map_or((0, 0), |class| class.of);
        let (from, to) = (of(source), of(destination));
        let at = |rows: &Rows, own: usize, other: usize| {
            rows.row(own).map_or(Reaches::ALL, |row| row.at(other))
        };
        [
            at(&self.old.egress, from.0, to.0),
            at(&self.old.ingress, to.0, from.0),
            at(&self.new.egress, from.1, to.1),
            at(&self.new.ingress, to.1, from.1),
        ]
    }

    fn is_outside(&self, class: usize) -> bool {
        let members = self.classes.get(class).map(|class| &class.members);
        matches!(members, Some(Ends::Addresses(_)))
    }

    /// Whether a class is one pod and nothing else, so that it has no connections with itself.
    fn is_alone(&self, class: usize) -> bool {
        match self.classes.get(class).map(|class| &class.members) {
            Some(Ends::Workloads(members)) => matches!(members.as_slice(), [(_, true)]),
            _ => false,
        }
    }

    /// Two different pods, or a pod and an address, of these classes.
    pub(super) fn witness(&self, sources: &AtomSet, destinations: &AtomSet) -> (Place, Place) {
        let pairs = sources.iter().flat_map(|s| destinations.iter().map(move |d| (s, d)));
        let possible = |&(source, destination): &(usize, usize)| {
            let outside = self.is_outside(source) && self.is_outside(destination);
            !outside && (source != destination || !self.is_alone(source))
        };
        let (source, destination) = pairs.into_iter().find(possible).unwrap_or((0, 0));
        let first = Place { class: source, member: 0 };
        let other = usize::from(source == destination && self.is_many(source));
        (first, Place { class: destination, member: other })
    }

    /// Whether a class has several workloads.
    fn is_many(&self, class: usize) -> bool {
        match self.classes.get(class).map(|class| &class.members) {
            Some(Ends::Workloads(members)) => members.len() > 1,
            _ => false,
        }
    }

    /// What a place is called in both networks.
    pub(super) fn named(&self, place: Place) -> Named {
        let unspecified = Named::Address(IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED));
        match self.classes.get(place.class).map(|class| &class.members) {
            Some(Ends::Workloads(members)) => {
                let member = members.get(place.member).or(members.first());
                member.map_or(unspecified, |member| Named::Workload(member.0.clone()))
            }
            Some(Ends::Addresses(addresses)) => {
                addresses.first().map_or(unspecified, Named::Address)
            }
            None => unspecified,
        }
    }

    /// What a place is called, for people.
    pub(super) fn name(&self, place: Place) -> String {
        match self.named(place) {
            Named::Workload(id) => id.to_string(),
            Named::Address(address) => address.to_string(),
        }
    }

    /// Ends as people read them: those that are meant, or, if they are fewer, all others.
    pub(super) fn extent(&self, dimension: &'static str, set: &AtomSet) -> Extent {
        let (inside, outside) = (self.names(set, true), self.names(set, false));
        let members = if outside.is_empty() {
            Members::Any
        } else if outside.len() < inside.len() {
            Members::AllBut(outside)
        } else {
            Members::Only(inside)
        };
        Extent { dimension, members }
    }

    fn names(&self, set: &AtomSet, inside: bool) -> Vec<Name> {
        let mut names = Vec::new();
        let mut addresses = Vec::new();
        let chosen = self.classes.iter().enumerate();
        for (_, class) in chosen.filter(|&(at, _)| set.contains(at) == inside) {
            match &class.members {
                Ends::Workloads(members) => names.extend(members.iter().map(|it| it.0.clone())),
                Ends::Addresses(some) => addresses.push(some),
            }
        }
        names.sort_unstable();
        let addresses = AddressSet::of(addresses);
        if !addresses.is_empty() {
            names.push(addresses.to_string().into());
        }
        names
    }
}

/// The workloads of one network that the other lacks.
fn only(one: &Network, other: &Network) -> Vec<Name> {
    let ids = one.workloads.iter().map(|workload| &workload.id);
    ids.filter(|id| other.workload(id).is_none()).cloned().collect()
}

/// The classes of addresses.
fn addresses<'c>(of: &'c Connectivity<'_>) -> Vec<(usize, &'c AddressSet)> {
    let all = of.classes.all.iter().enumerate();
    all.filter_map(|(at, class)| match class {
        Class::Addresses(addresses) => Some((at, addresses)),
        Class::Workloads(_) => None,
    })
    .collect()
}
