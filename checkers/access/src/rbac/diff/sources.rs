//! What decisions in a region rest on, on both sides.

use super::Comparison;
use super::regions::{Changes, Piece};
use crate::rbac::shape::{ResourceShape, UrlShape, Values};
use crate::rbac::{Binding, Holder, Policy, Rule};
use crate::{Change, Source};

/// How many places are named for a side. More only repeat themselves: one role bound again and
/// again.
const MOST: usize = 16;

impl<'a> Comparison<'_, 'a> {
    /// The rules that allow some of a region, and the bindings that grant them, by side. Where none
    /// does, the roles and bindings that do on the other side, as far as they are there.
    pub(super) fn sources(
        &self,
        holder: Holder<'a>,
        changes: &Changes<'_>,
        piece: &Piece,
    ) -> [Vec<Source>; 2] {
        let [old, new] = [0, 1].map(|side| self.granting(side, holder, changes, piece));
        let [old_side, new_side] = self.sides;
        let mut sources = match piece.change {
            Change::Opened | Change::MayOpen => [counterparts(old_side, &new), placed(&new)],
            Change::Closed | Change::MayClose => [placed(&old), counterparts(new_side, &old)],
            Change::MayChange => [placed(&old), placed(&new)],
        };
        if !piece.change.is_certain() {
            for (sources, granting) in sources.iter_mut().zip([&old, &new]) {
                sources.extend(placed(granting));
            }
        }
        for sources in &mut sources {
            sources.sort_unstable();
            sources.dedup();
            sources.truncate(MOST);
        }
        sources
    }

    /// The bindings and rules of a side that may allow some of a region.
    fn granting(
        &self,
        side: usize,
        holder: Holder<'a>,
        changes: &Changes<'_>,
        piece: &Piece,
    ) -> Vec<Granting<'_, 'a>> {
        let (Some(policy), Some(grants)) = (self.sides.get(side), self.grants.get(side)) else {
            return Vec::new();
        };
        let mut granting = Vec::new();
        for entry in grants.entries(holder) {
            let Some(binding) = policy.bindings.get(entry.binding) else { continue };
            let rules = policy.role_of(binding).into_iter().flat_map(|role| policy.rules_of(role));
            let allowing = rules.filter(|(_, rule)| allows_some(rule, binding, changes, piece));
            granting.extend(allowing.map(|(_, rule)| Granting { binding, rule: Some(rule) }));
            if policy.is_unknown(binding) && in_place(binding, changes, piece) {
                granting.push(Granting { binding, rule: None });
            }
        }
        granting
    }
}

/// A binding with a rule that it grants; without one, what it grants is unknown.
struct Granting<'p, 'a> {
    binding: &'p Binding<'a>,
    rule: Option<&'p Rule<'a>>,
}

fn placed(granting: &[Granting<'_, '_>]) -> Vec<Source> {
    let sources = granting.iter().flat_map(|granting| {
        [Some(granting.binding.source()), granting.rule.map(Rule::source)].into_iter().flatten()
    });
    sources.collect()
}

/// The same bindings and roles in another policy, as far as they are there.
fn counterparts(policy: &Policy<'_>, granting: &[Granting<'_, '_>]) -> Vec<Source> {
    let sources = granting.iter().flat_map(|granting| {
        let Granting { binding, rule } = granting;
        let there = policy.binding(binding.namespace, binding.object.name());
        let role = rule.and_then(|rule| {
            let namespace = (rule.object.kind() == "Role").then(|| rule.object.namespace());
            policy.role(namespace, rule.object.name()).map(crate::rbac::Role::source)
        });
        [there.map(Binding::source), role].into_iter().flatten()
    });
    sources.collect()
}

fn places<'a>(binding: &Binding<'a>) -> Values<'a> {
    binding.namespace.map_or(Values::All, |namespace| Values::only(vec![namespace]))
}

/// Whether a rule allows some of a region where a binding grants it.
fn allows_some(
    rule: &Rule<'_>,
    binding: &Binding<'_>,
    changes: &Changes<'_>,
    piece: &Piece,
) -> bool {
    if piece.of_urls {
        let shape = UrlShape::of_rule(rule).filter(|_| binding.namespace.is_none());
        let rectangle = shape.and_then(|shape| changes.urls.rectangle(&shape));
        return rectangle.is_some_and(|rectangle| !rectangle.is_disjoint(&piece.rectangle));
    }
    let places = places(binding);
    let shapes = ResourceShape::of_rule(rule);
    let mut rectangles =
        shapes.iter().filter_map(|shape| changes.resources.rectangle(&places, shape));
    rectangles.any(|rectangle| !rectangle.is_disjoint(&piece.rectangle))
}

/// Whether a binding grants something where a region is.
fn in_place(binding: &Binding<'_>, changes: &Changes<'_>, piece: &Piece) -> bool {
    if piece.of_urls {
        return binding.namespace.is_none();
    }
    let here = changes.resources.within(changes.resources.namespaces(&places(binding)));
    here.is_some_and(|here| !here.is_disjoint(&piece.rectangle))
}
