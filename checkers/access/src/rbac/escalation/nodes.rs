//! Whose rights are followed.

use std::collections::BTreeSet;

use super::powers::{Power, Powers};
use super::{Closure, Gain};
use crate::Source;
use crate::rbac::holders::Granted;
use crate::rbac::shape::{Content, Values};
use crate::rbac::{Holder, Policy, RoleKind, Rule};

/// How many places are named for a step.
const MOST: usize = 8;

/// Someone or something with rights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Node<'a> {
    Holder(Holder<'a>),
    /// What a role grants at a place.
    Role(RoleKind, &'a str, Option<&'a str>),
    /// Everything at a place.
    All(Option<&'a str>),
}

/// The powers of a node, each with the namespace in which it has them; `None` for everywhere.
pub(super) struct Held<'c, 'a> {
    entries: Vec<(Option<&'a str>, &'c Powers<'a>)>,
}

impl<'a> Held<'_, 'a> {
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The names for which a power is held in a namespace, or everywhere (`None`).
    pub(super) fn names(&self, power: Power, place: Option<&str>) -> Option<Values<'a>> {
        let here = self.entries.iter().filter(|(at, _)| at.is_none() || *at == place);
        let mut lists = here.flat_map(|(_, powers)| powers.names(power)).peekable();
        lists.peek()?;
        let mut names = Vec::new();
        for list in lists {
            let Values::Only(list) = list else { return Some(Values::All) };
            names.extend(list);
        }
        Some(Values::only(names))
    }

    /// Whether all of some powers are held in a namespace, or everywhere (`None`).
    pub(super) fn has_all(&self, powers: &[Power], place: Option<&str>) -> bool {
        powers.iter().all(|power| self.names(*power, place).is_some())
    }

    /// The namespaces in which all of some powers are held; everywhere (`None`) if they are.
    pub(super) fn places(&self, powers: &[Power]) -> Vec<Option<&'a str>> {
        if self.has_all(powers, None) {
            return vec![None];
        }
        let places: BTreeSet<_> = self.entries.iter().map(|(place, _)| *place).collect();
        let held = places.into_iter().flatten().map(Some);
        held.filter(|place| self.has_all(powers, *place)).collect()
    }

    /// The namespaces in which all of some powers are held, and everywhere (`None`) before them if
    /// they are there: for what is limited to names, which may be more in a namespace.
    pub(super) fn places_by_name(&self, powers: &[Power]) -> Vec<Option<&'a str>> {
        let places = self.entries.iter().map(|(place, _)| *place).chain([None]);
        let places: BTreeSet<_> = places.collect();
        places.into_iter().filter(|place| self.has_all(powers, *place)).collect()
    }
}

impl<'a> Closure<'_, 'a> {
    /// Whose rights come with a gain.
    pub(super) fn nodes(&self, gain: Gain<'a>) -> Vec<Node<'a>> {
        // Besides those with grants of their own each namespace has some, `default` at least.
        let accounts = |namespace: &'a str| {
            let accounts = self.accounts.get(namespace).into_iter().flatten().copied();
            accounts.chain([Holder::ServiceAccountOf(namespace)]).map(Node::Holder)
        };
        match gain {
            Gain::ActAs(holder) => vec![Node::Holder(holder)],
            Gain::ActAsAccounts(Some(namespace)) => accounts(namespace).collect(),
            Gain::ActAsAccounts(None) | Gain::Nodes => {
                let named = self.accounts.keys().flat_map(|namespace| accounts(namespace));
                named.chain([Node::Holder(Holder::OtherServiceAccount)]).collect()
            }
            Gain::EverythingIn(place) => vec![Node::All(place)],
            Gain::Role(kind, name, place) => vec![Node::Role(kind, name, place)],
            _ => Vec::new(),
        }
    }

    pub(super) fn held(&self, node: &Node<'a>) -> Held<'_, 'a> {
        let powers = |granted: Granted| match granted {
            Granted::Known(at) => self.powers.get(at as usize).filter(|powers| !powers.is_empty()),
            Granted::Unknown(_) => None,
        };
        let entries = match *node {
            Node::Holder(holder) => {
                let entries = self.grants.entries(holder);
                let held =
                    entries.filter_map(|entry| Some((entry.namespace, powers(entry.granted)?)));
                held.collect()
            }
            Node::All(place) => vec![(place, &self.all)],
            Node::Role(kind, name, place) => {
                let content = self.content_of(kind, name, place);
                content.map(|powers| (place, powers)).into_iter().collect()
            }
        };
        Held { entries }
    }

    fn content_of(
        &self,
        kind: RoleKind,
        name: &'a str,
        place: Option<&'a str>,
    ) -> Option<&Powers<'a>> {
        let namespace = place.filter(|_| kind == RoleKind::Role);
        let role = *self.policy.role_at.get(&(namespace, name))?;
        self.role_powers.get(role)
    }

    /// The bindings and rules that give a node some powers at a place.
    pub(super) fn sources(
        &self,
        node: &Node<'a>,
        needs: &[Power],
        place: Option<&str>,
    ) -> Vec<Source> {
        let mut sources = match *node {
            Node::Holder(holder) => {
                let entries = self.grants.entries(holder);
                let here = entries
                    .filter(|entry| entry.namespace.is_none() || entry.namespace == place)
                    .filter_map(|entry| self.policy.bindings.get(entry.binding));
                let granted = here.filter_map(|binding| {
                    let role = self.policy.role_of(binding)?;
                    let mut rules = giving(self.policy, &role.rules, needs).peekable();
                    rules.peek()?;
                    let binding = binding.source();
                    Some(
                        std::iter::once(binding).chain(rules.map(Rule::source).collect::<Vec<_>>()),
                    )
                });
                granted.flatten().take(4 * MOST).collect()
            }
            Node::Role(kind, name, place) => {
                let namespace = place.filter(|_| kind == RoleKind::Role);
                let role = self.policy.role(namespace, name);
                let rules = role.map_or(&[][..], |role| &role.rules);
                giving(self.policy, rules, needs).map(Rule::source).collect()
            }
            Node::All(_) => Vec::new(),
        };
        sources.sort_unstable();
        sources.dedup();
        sources.truncate(MOST);
        sources
    }
}

/// The rules that give some of these powers.
fn giving<'p, 'a>(
    policy: &'p Policy<'a>,
    rules: &'p [usize],
    needs: &'p [Power],
) -> impl Iterator<Item = &'p Rule<'a>> {
    rules.iter().filter_map(|&at| policy.rules.get(at)).filter(|rule| {
        let powers = Powers::of(&Content::of_rules([*rule]));
        needs.iter().any(|need| powers.names(*need).next().is_some())
    })
}
