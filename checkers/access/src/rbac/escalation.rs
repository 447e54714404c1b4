//! What a subject can come to, step by step, by what it may do.
//!
//! Some rights are as good as others: who may create pods in a namespace acts as every service
//! account in it. A [`Technique`] is one such step; [`Closure::reach`] follows them to the end. What
//! decides whether a step works in a cluster (which pods run, what admission lets through) is not in
//! the roles: steps are what the rights allow, an upper bound.

mod nodes;
mod powers;
mod techniques;

use std::collections::BTreeMap;
use std::fmt;

use rustc_hash::FxHashSet;

use super::holders::{Grants, Interner};
use super::shape::Content;
use super::{Holder, Policy, RoleKind};
use crate::Source;
use nodes::Node;
use powers::Powers;
pub use powers::{Right, weighty_rights};
pub use techniques::Technique;

/// What a step gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Gain<'a> {
    /// Everything in the cluster.
    Everything,
    /// Everything in a namespace; `None` for all namespaces.
    EverythingIn(Option<&'a str>),
    /// Code on the nodes, and so every pod there with its service account.
    Nodes,
    /// The rights of a subject.
    ActAs(Holder<'a>),
    /// The rights of all service accounts of a namespace; `None` for all namespaces.
    ActAsAccounts(Option<&'a str>),
    /// What the role of this kind and name grants, in a namespace or everywhere.
    Role(RoleKind, &'a str, Option<&'a str>),
    /// The secrets of a namespace; `None` for all namespaces.
    Secrets(Option<&'a str>),
    /// The label by which a namespace holds pods to a standard; `None` for all namespaces.
    PodSecurity(Option<&'a str>),
    /// Ids and extra attributes of users, which webhooks and policies may trust.
    Attributes,
    /// A way to hand its own rights to all who are bound to an aggregated role.
    Aggregation,
}

impl fmt::Display for Gain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = |place: Option<&str>| match place {
            Some(place) => format!("namespace {place}"),
            None => "all namespaces".to_owned(),
        };
        match self {
            Self::Everything => f.write_str("everything in the cluster"),
            Self::EverythingIn(at) => write!(f, "everything in {}", place(*at)),
            Self::Nodes => f.write_str("code on the nodes"),
            Self::ActAs(holder) => write!(f, "the rights of {holder}"),
            Self::ActAsAccounts(at) => {
                write!(f, "the rights of every service account of {}", place(*at))
            }
            Self::Role(kind, name, None) => {
                write!(f, "what {} {name} grants, everywhere", kind.as_str())
            }
            Self::Role(kind, name, at) => {
                write!(f, "what {} {name} grants in {}", kind.as_str(), place(*at))
            }
            Self::Secrets(at) => write!(f, "the secrets of {}", place(*at)),
            Self::PodSecurity(at) => write!(f, "the pod security level of {}", place(*at)),
            Self::Attributes => f.write_str("ids and extra attributes of users"),
            Self::Aggregation => f.write_str("aggregated roles, fed with its own rights"),
        }
    }
}

/// One step: who has these rights gains something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step<'a> {
    /// Whose rights they are: the start, or the gain of an earlier step (by its position).
    pub from: Option<usize>,
    /// How.
    pub technique: Technique,
    /// What it gives.
    pub gain: Gain<'a>,
    /// What else has to be the case, if something does.
    pub unless: Option<&'static str>,
    /// The bindings and rules that grant the rights.
    pub sources: Vec<Source>,
}

/// All that a subject can come to, the nearest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach<'a> {
    /// The steps; each gain once, by a shortest way.
    pub steps: Vec<Step<'a>>,
}

impl<'a> Reach<'a> {
    /// The gains, sorted.
    pub fn gains(&self) -> Vec<Gain<'a>> {
        let mut gains: Vec<_> = self.steps.iter().map(|step| step.gain).collect();
        gains.sort_unstable();
        gains
    }

    /// The steps from the start to a step, by its position.
    pub fn path(&self, step: usize) -> Vec<&Step<'a>> {
        let mut path = Vec::new();
        let mut at = Some(step);
        // A step comes from an earlier one, so that this ends.
        while let Some(step) = at.and_then(|at| self.steps.get(at)) {
            path.push(step);
            at = step.from.filter(|from| Some(*from) < at);
        }
        path.reverse();
        path
    }
}

/// The rights of a policy, ready to be followed.
#[derive(Debug)]
pub struct Closure<'p, 'a> {
    policy: &'p Policy<'a>,
    grants: Grants<'a>,
    /// The powers of each content, by its number.
    powers: Vec<Powers<'a>>,
    /// The powers of each role, by its position in the policy.
    role_powers: Vec<Powers<'a>>,
    /// All powers.
    all: Powers<'a>,
    /// The holders that are service accounts, namespace by namespace.
    accounts: BTreeMap<&'a str, Vec<Holder<'a>>>,
}

impl<'p, 'a> Closure<'p, 'a> {
    /// Takes the rights out of a policy.
    pub fn new(policy: &'p Policy<'a>) -> Self {
        let mut interner = Interner::default();
        let grants = Grants::of(policy, &mut interner);
        let powers = interner.contents.iter().map(Powers::of).collect();
        let of_role =
            |role| Powers::of(&Content::of_rules(policy.rules_of(role).map(|(_, rule)| rule)));
        let role_powers = policy.roles.iter().map(of_role).collect();
        let mut accounts: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for &holder in grants.by_holder.keys() {
            if let Holder::ServiceAccount(namespace, _) | Holder::ServiceAccountOf(namespace) =
                holder
            {
                accounts.entry(namespace).or_default().push(holder);
            }
        }
        Self { policy, grants, powers, role_powers, all: Powers::all(), accounts }
    }

    /// All subjects with grants of their own, in order.
    pub fn holders(&self) -> impl Iterator<Item = Holder<'a>> {
        self.grants.by_holder.keys().copied()
    }

    /// All that a subject can come to. Nothing is followed behind everything.
    pub fn reach(&self, holder: Holder<'a>) -> Reach<'a> {
        let mut walk = Walk { closure: self, reach: Reach::default(), seen: FxHashSet::default() };
        walk.seen.extend(holder.with_groups().map(Gain::ActAs));
        walk.expand(&Node::Holder(holder), None);
        let mut next = 0;
        while let Some(step) = walk.reach.steps.get(next) {
            if walk.seen.contains(&Gain::Everything) {
                break;
            }
            let gain = step.gain;
            for node in self.nodes(gain) {
                walk.expand(&node, Some(next));
            }
            next += 1;
        }
        walk.reach
    }
}

/// A walk along the steps, breadth first.
struct Walk<'c, 'p, 'a> {
    closure: &'c Closure<'p, 'a>,
    reach: Reach<'a>,
    seen: FxHashSet<Gain<'a>>,
}

impl<'a> Walk<'_, '_, 'a> {
    /// Adds what a node leads to. Of many service accounts, those that lead to something new are
    /// named by a step of their own.
    fn expand(&mut self, node: &Node<'a>, mut from: Option<usize>) {
        for found in self.closure.steps_of(node) {
            if !self.is_new(found.gain) {
                continue;
            }
            let many = from
                .and_then(|from| self.reach.steps.get(from))
                .is_some_and(|from| matches!(from.gain, Gain::ActAsAccounts(_) | Gain::Nodes));
            if let (Node::Holder(holder), true) = (node, many) {
                let (technique, gain) = (Technique::OneOfThem, Gain::ActAs(*holder));
                let sources = Vec::new();
                self.reach.steps.push(Step { from, technique, gain, unless: None, sources });
                from = Some(self.reach.steps.len() - 1);
            }
            let sources = self.closure.sources(node, &found.needs, found.place);
            let techniques::Found { technique, gain, unless, .. } = found;
            self.reach.steps.push(Step { from, technique, gain, unless, sources });
        }
    }

    /// Whether a gain is no part of an earlier one; notes it.
    fn is_new(&mut self, gain: Gain<'a>) -> bool {
        let covered = match gain {
            Gain::ActAs(Holder::OtherServiceAccount) => {
                self.seen.contains(&Gain::ActAsAccounts(None))
            }
            Gain::ActAs(
                Holder::ServiceAccount(namespace, _) | Holder::ServiceAccountOf(namespace),
            )
            | Gain::ActAsAccounts(Some(namespace)) => {
                self.seen.contains(&Gain::ActAsAccounts(None))
                    || self.seen.contains(&Gain::ActAsAccounts(Some(namespace)))
            }
            Gain::EverythingIn(Some(_)) => self.seen.contains(&Gain::EverythingIn(None)),
            Gain::Role(kind @ RoleKind::ClusterRole, name, Some(_)) => {
                self.seen.contains(&Gain::Role(kind, name, None))
            }
            Gain::Secrets(Some(_)) => self.seen.contains(&Gain::Secrets(None)),
            Gain::PodSecurity(Some(_)) => self.seen.contains(&Gain::PodSecurity(None)),
            _ => false,
        };
        !covered && self.seen.insert(gain)
    }
}

/// What a subject can come to now and could not before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewReach<'a> {
    /// Who.
    pub holder: Holder<'a>,
    /// All that it can come to now.
    pub reach: Reach<'a>,
    /// The steps of it whose gain is new, by their positions.
    pub new: Vec<usize>,
}

/// Who can come to what it could not before, in order. A subject whose own rights did not change is
/// here, too, if what it can act as has more.
pub fn new_reach<'a>(old: &Policy<'a>, new: &Policy<'a>) -> Vec<NewReach<'a>> {
    let [old, new] = [old, new].map(Closure::new);
    let mut found = Vec::new();
    for holder in new.holders() {
        let reach = new.reach(holder);
        if reach.steps.is_empty() {
            continue;
        }
        let before = old.reach(holder).gains();
        if before.contains(&Gain::Everything) {
            continue;
        }
        let steps = reach.steps.iter().enumerate();
        let fresh: Vec<_> = steps
            .filter(|(_, step)| before.binary_search(&step.gain).is_err())
            .map(|(at, _)| at)
            .collect();
        if !fresh.is_empty() {
            found.push(NewReach { holder, reach, new: fresh });
        }
    }
    found
}

#[cfg(test)]
mod brute;
#[cfg(test)]
mod tests;
