//! `InterPodAffinity`: pods that have to be near others, or away from them
//! (`interpodaffinity/filtering.go`).

use super::Rejection;
use crate::Bindings;
use crate::resolve::{Asked, Resolved};

/// The pods that matter to a new one, by the domains that they are in.
#[derive(Debug, Clone)]
pub(super) struct Neighbours {
    /// Those that required affinity means, for each topology of it.
    near: Vec<Count>,
    /// Whether required affinity means the pod itself.
    means_itself: bool,
    /// Those that each term of its anti-affinity means.
    away: Vec<Count>,
    /// Those whose anti-affinity means it.
    avoiding: Vec<Count>,
}

/// The pods of some templates, by domain.
#[derive(Debug, Clone)]
struct Count {
    topology: usize,
    templates: Templates,
    by_domain: Vec<u32>,
    /// In all domains.
    total: u32,
}

/// The templates that are counted.
#[derive(Debug, Clone)]
enum Templates {
    /// Those of a set, by index.
    Set(usize),
    /// These, ascending.
    These(Vec<usize>),
}

impl Count {
    fn new(
        resolved: &Resolved,
        bindings: &Bindings<'_>,
        topology: usize,
        templates: Templates,
    ) -> Self {
        let size = resolved.topologies.get(topology).map_or(0, |it| it.size);
        let mut count = Self { topology, templates, by_domain: vec![0; size], total: 0 };
        let templates = match &count.templates {
            Templates::Set(set) => resolved.template_set(*set).to_vec(),
            Templates::These(templates) => templates.clone(),
        };
        for template in templates {
            for (node, pods) in bindings.nodes_of(template) {
                count.change(resolved, node, pods, true);
            }
        }
        count
    }

    fn change(&mut self, resolved: &Resolved, node: usize, by: u32, more: bool) {
        let domain = resolved.domain(self.topology, node);
        let Some(count) = domain.and_then(|domain| self.by_domain.get_mut(domain)) else { return };
        let changed = |count: u32| if more { count + by } else { count.saturating_sub(by) };
        *count = changed(*count);
        self.total = changed(self.total);
    }

    fn note(&mut self, resolved: &Resolved, template: usize, node: usize, bound: bool) {
        let counted = match &self.templates {
            Templates::Set(set) => resolved.has_template(*set, template),
            Templates::These(templates) => templates.binary_search(&template).is_ok(),
        };
        if counted {
            self.change(resolved, node, 1, bound);
        }
    }

    /// How many there are in the domain of a node; `None` if it is in none.
    fn around(&self, resolved: &Resolved, node: usize) -> Option<u32> {
        let domain = resolved.domain(self.topology, node)?;
        Some(self.by_domain.get(domain).copied().unwrap_or(0))
    }
}

impl Neighbours {
    pub(super) fn count(
        resolved: &Resolved,
        bindings: &Bindings<'_>,
        template: usize,
        asked: &Asked,
    ) -> Self {
        let of_set = |topology, set| Count::new(resolved, bindings, topology, Templates::Set(set));
        let near = asked.near.iter().flat_map(|near| {
            near.topologies.iter().map(|&topology| of_set(topology, near.matches))
        });
        let away = asked.away.iter().map(|away| of_set(away.topology, away.matches));
        let avoiding = asked.avoided.chunk_by(|a, b| a.0 == b.0).filter_map(|chunk| {
            let topology = chunk.first()?.0;
            let templates = chunk.iter().map(|&(_, template)| template).collect();
            Some(Count::new(resolved, bindings, topology, Templates::These(templates)))
        });
        let means_itself = |set| resolved.has_template(set, template);
        Self {
            near: near.collect(),
            means_itself: asked.near.as_ref().is_some_and(|near| means_itself(near.matches)),
            away: away.collect(),
            avoiding: avoiding.collect(),
        }
    }

    pub(super) fn note(&mut self, resolved: &Resolved, template: usize, node: usize, bound: bool) {
        for count in self.near.iter_mut().chain(&mut self.away).chain(&mut self.avoiding) {
            count.note(resolved, template, node, bound);
        }
    }

    /// Its own affinity is asked first, then its anti-affinity, then that of the others.
    pub(super) fn reject(&self, resolved: &Resolved, node: usize) -> Option<Rejection> {
        let any = |counts: &[Count]| {
            counts.iter().any(|count| count.around(resolved, node).is_some_and(|pods| pods > 0))
        };
        if !self.is_near(resolved, node) {
            return Some(Rejection::for_good("node(s) didn't match pod affinity rules"));
        }
        if any(&self.away) {
            return Some(Rejection::for_now("node(s) didn't match pod anti-affinity rules"));
        }
        let reason = "node(s) didn't satisfy existing pods anti-affinity rules";
        any(&self.avoiding).then(|| Rejection::for_now(reason))
    }

    /// Whether there is a pod that required affinity means in the domain of a node in each of its
    /// topologies. The first of several pods that are to be near each other may go to any node
    /// that is in all topologies.
    fn is_near(&self, resolved: &Resolved, node: usize) -> bool {
        let around: Option<Vec<u32>> =
            self.near.iter().map(|count| count.around(resolved, node)).collect();
        let Some(around) = around else { return false };
        let first = || self.means_itself && self.near.iter().all(|count| count.total == 0);
        around.iter().all(|&pods| pods > 0) || first()
    }
}
