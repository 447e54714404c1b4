//! `PodTopologySpread`: hard constraints on how evenly pods are spread
//! (`podtopologyspread/filtering.go`).

use super::{Rejection, node_affinity, taint_toleration};
use crate::resolve::{Asked, Resolved, Spread};
use crate::{Bindings, Node, SpreadConstraint, Template};

/// Whether the pods of a node are counted, and its domain is one of those that are compared: it
/// has the labels of all of the pod's hard constraints, and this constraint's policies allow it.
pub(crate) fn is_eligible(template: &Template, one: &SpreadConstraint, node: &Node) -> bool {
    let mut hard = template.spec.spread.iter().filter(|constraint| constraint.hard);
    hard.all(|constraint| node.labels.contains_key(&constraint.topology))
        && (!one.honors_affinity || node_affinity::allows(&template.spec, node))
        && (!one.honors_taints || taint_toleration::untolerated(&template.spec, node).is_none())
}

/// For each hard constraint of a pod, how many pods each domain has.
#[derive(Debug, Clone)]
pub(super) struct Skews(Vec<Skew>);

#[derive(Debug, Clone)]
struct Skew {
    constraint: Spread,
    /// 1 if the pod counts itself.
    own: u32,
    /// The pods that are counted, by domain.
    counts: Vec<u32>,
    /// The domains that are compared.
    eligible: Vec<bool>,
    /// The fewest pods of a domain.
    fewest: u32,
}

impl Skews {
    pub(super) fn count(
        resolved: &Resolved,
        bindings: &Bindings<'_>,
        template: usize,
        asked: &Asked,
    ) -> Self {
        let skew = |constraint: &Spread| Skew::count(resolved, bindings, template, constraint);
        Self(asked.spread.iter().map(skew).collect())
    }

    pub(super) fn note(&mut self, resolved: &Resolved, template: usize, node: usize, bound: bool) {
        for skew in &mut self.0 {
            if resolved.has_template(skew.constraint.matches, template) {
                skew.change(resolved, node, 1, bound);
                skew.find_fewest();
            }
        }
    }

    pub(super) fn reject(&self, resolved: &Resolved, node: usize) -> Option<Rejection> {
        self.0.iter().find_map(|skew| skew.reject(resolved, node))
    }
}

impl Skew {
    fn count(
        resolved: &Resolved,
        bindings: &Bindings<'_>,
        template: usize,
        constraint: &Spread,
    ) -> Self {
        let size = resolved.topologies.get(constraint.topology).map_or(0, |it| it.size);
        let mut skew = Self {
            own: u32::from(resolved.has_template(constraint.matches, template)),
            counts: vec![0; size],
            eligible: vec![false; size],
            fewest: 0,
            constraint: constraint.clone(),
        };
        for node in 0..bindings.cluster().nodes.len() {
            let domain = resolved.domain(constraint.topology, node);
            let counted = domain.filter(|_| resolved.has_node(constraint.nodes, node));
            if let Some(eligible) = counted.and_then(|domain| skew.eligible.get_mut(domain)) {
                *eligible = true;
            }
        }
        for &counted in resolved.template_set(constraint.matches) {
            for (node, count) in bindings.nodes_of(counted) {
                skew.change(resolved, node, count, true);
            }
        }
        skew.find_fewest();
        skew
    }

    fn change(&mut self, resolved: &Resolved, node: usize, by: u32, more: bool) {
        if !resolved.has_node(self.constraint.nodes, node) {
            return;
        }
        let domain = resolved.domain(self.constraint.topology, node);
        if let Some(count) = domain.and_then(|domain| self.counts.get_mut(domain)) {
            *count = if more { *count + by } else { count.saturating_sub(by) };
        }
    }

    fn find_fewest(&mut self) {
        let eligible = || self.counts.iter().zip(&self.eligible).filter(|(_, eligible)| **eligible);
        let few = eligible().count() < self.constraint.min_domains as usize;
        let fewest = eligible().map(|(count, _)| *count).min();
        self.fewest = if few { 0 } else { fewest.unwrap_or(0) };
    }

    fn reject(&self, resolved: &Resolved, node: usize) -> Option<Rejection> {
        let reason = "node(s) didn't match pod topology spread constraints";
        let Some(domain) = resolved.domain(self.constraint.topology, node) else {
            return Some(Rejection::for_good(format!("{reason} (missing required label)")));
        };
        let count = self.counts.get(domain).copied().unwrap_or(0);
        let skewed = count + self.own > self.fewest.saturating_add(self.constraint.max_skew);
        skewed.then(|| Rejection::for_now(reason))
    }
}
