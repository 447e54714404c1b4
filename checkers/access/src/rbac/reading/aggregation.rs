//! Cluster roles that collect the rules of others.

use seatrial_core::Severity;
use seatrial_manifests::Selector;
use seatrial_parse::Node;

use crate::rbac::{Baseline, Policy};

/// The cluster roles that an aggregated one collects, by their positions.
struct Aggregate {
    role: usize,
    contributors: Vec<usize>,
}

impl Policy<'_> {
    /// Gives each aggregated cluster role the rules of its contributors, of theirs, and so on. Its
    /// own `rules` do not count: the controller overwrites them.
    ///
    /// `stated` is how many roles are not from the baseline. Where nothing contributes, or roles
    /// that every cluster has would and are not there, the role is unknown.
    pub(super) fn aggregate(&mut self, stated: usize, with_baseline: bool) {
        let mut aggregates = Vec::new();
        for at in 0..self.roles.len() {
            let Some(role) = self.roles.get(at).filter(|role| role.namespace.is_none()) else {
                continue;
            };
            let Some(aggregation) = role.object.node.get("aggregationRule") else { continue };
            if aggregation.is_null() {
                continue;
            }
            let object = role.object;
            let Some(selectors) = selectors(aggregation) else {
                let message = "its selectors cannot be read".to_owned();
                let pointer = "/aggregationRule";
                self.find(object, pointer, "access-rbac-invalid", Severity::Error, message);
                self.set_unknown(at, "its aggregation rule cannot be read".to_owned());
                continue;
            };
            let matches = |object: &seatrial_manifests::Object| {
                selectors.iter().any(|selector| selector.matches(object.labels()))
            };
            let contributors: Vec<_> = (0..self.roles.len())
                .filter(|&other| other != at)
                .filter(|&other| {
                    let other = self.roles.get(other);
                    other.is_some_and(|other| other.namespace.is_none() && matches(other.object))
                })
                .collect();
            let missing = Baseline::kubernetes().roles().iter().find(|built_in| {
                !with_baseline
                    && matches(built_in)
                    && !self.role_at.contains_key(&(None, built_in.name()))
            });
            let reason = match missing {
                Some(missing) => Some(format!("`ClusterRole {}` is not there", missing.name())),
                None => contributors.is_empty().then(|| "no role contributes to it".to_owned()),
            };
            if let Some(reason) = reason {
                let message = format!("what it collects is not known: {reason}");
                let pointer = "/aggregationRule";
                if at < stated {
                    let severity = Severity::Warning;
                    self.find(object, pointer, "access-rbac-aggregation", severity, message);
                }
                self.set_unknown(at, format!("`ClusterRole {}`: {reason}", object.name()));
            }
            aggregates.push(Aggregate { role: at, contributors });
        }
        self.collect(&aggregates);
    }

    fn set_unknown(&mut self, at: usize, reason: String) {
        if let Some(role) = self.roles.get_mut(at) {
            role.unknown = Some(reason);
        }
    }

    /// The least solution: an aggregated role has the rules of all plain roles that it reaches.
    fn collect(&mut self, aggregates: &[Aggregate]) {
        let further = |at: usize| aggregates.iter().find(|aggregate| aggregate.role == at);
        let mut collected = Vec::new();
        for aggregate in aggregates {
            let (mut seen, mut open) = (vec![aggregate.role], aggregate.contributors.clone());
            let (mut rules, mut unknown) = (Vec::new(), None);
            while let Some(at) = open.pop() {
                if seen.contains(&at) {
                    continue;
                }
                seen.push(at);
                let Some(role) = self.roles.get(at) else { continue };
                unknown = unknown.or_else(|| role.unknown.clone());
                match further(at) {
                    Some(nested) => open.extend(&nested.contributors),
                    None => rules.extend(&role.rules),
                }
            }
            rules.sort_unstable();
            collected.push((aggregate.role, rules, unknown));
        }
        for (at, rules, unknown) in collected {
            if let Some(role) = self.roles.get_mut(at) {
                role.rules = rules;
                role.unknown = role.unknown.take().or(unknown);
            }
        }
    }
}

/// The selectors of an aggregation rule; `None` if one cannot be read.
fn selectors(aggregation: &Node) -> Option<Vec<Selector<'_>>> {
    let items = aggregation.get("clusterRoleSelectors").map_or(&[][..], Node::items);
    items.iter().map(|item| Selector::from_label_selector(Some(item))).collect()
}
