//! Preemption: which pods give way to one of higher priority, and on which node.
//!
//! Read in `kubernetes/kubernetes` at v1.35.4: `pkg/scheduler/framework/preemption/preemption.go`,
//! `plugins/defaultpreemption/default_preemption.go` and `pkg/scheduler/util/utils.go`. What here
//! is left to the caller: whether the pod fits once others are gone.

use std::cmp::Reverse;

use crate::Cluster;

/// When a pod started, for the question which of two came first. The ones that ran at the outset
/// come before those without a known start, and these before what is bound later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Start {
    /// So many seconds after 1970.
    At(i64),
    /// It ran at the outset; nobody knows since when.
    Unknown,
    /// It was bound as the so-manieth event since.
    Since(u64),
}

/// A pod that runs, as preemption sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Victim {
    /// The pod, by index.
    pub pod: usize,
    /// Its priority.
    pub priority: i32,
    /// When it started.
    pub start: Start,
}

impl Victim {
    /// The more important, the smaller: by priority, then by who started earlier
    /// (`MoreImportantPod`); by index where that leaves it open.
    #[must_use]
    pub fn importance(&self) -> (Reverse<i32>, Start, usize) {
        (Reverse(self.priority), self.start, self.pod)
    }
}

/// A node on which a pod fits once some others are gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The node, by index.
    pub node: usize,
    /// Who has to go, the most important first. Never empty.
    pub victims: Vec<Victim>,
    /// How many of them a disruption budget would keep.
    pub violations: usize,
}

impl Candidate {
    /// The better, the smaller (`pickOneNodeForPreemption`): few victims that budgets would keep;
    /// a low highest priority; a low sum of priorities, each raised above 0; few victims; the
    /// longest-running of those of the highest priority started late.
    #[must_use]
    pub fn harm(&self) -> (usize, i32, i64, usize, Reverse<Start>) {
        let highest = self.victims.iter().map(|victim| victim.priority).max().unwrap_or(i32::MIN);
        let raised = |victim: &Victim| i64::from(victim.priority) + (1 << 31);
        let of_highest = self.victims.iter().filter(|victim| victim.priority == highest);
        let earliest = of_highest.map(|victim| victim.start).min().unwrap_or(Start::Unknown);
        let sum = self.victims.iter().map(raised).sum();
        (self.violations, highest, sum, self.victims.len(), Reverse(earliest))
    }
}

/// The candidate that does the least harm; the first of equals.
#[must_use]
pub fn least_harm(candidates: Vec<Candidate>) -> Option<Candidate> {
    candidates.into_iter().min_by_key(Candidate::harm)
}

/// How many candidates are enough, of so many nodes that may become one (`calculateNumCandidates`):
/// a tenth, but at least 100.
#[must_use]
pub fn enough(nodes: usize) -> usize {
    (nodes / 10).max(100).min(nodes)
}

/// Which budgets a pod of each template counts against (`filterPodsWithPDBViolation`): those of its
/// namespace whose selector matches its labels; an empty selector and a pod without labels match
/// nothing.
#[must_use]
pub fn budgets_of_templates(cluster: &Cluster) -> Vec<Vec<usize>> {
    let everything = crate::LabelSelector::all_of(Vec::new());
    let covers = |budget: &crate::Budget, template: &crate::Template| {
        budget.namespace == template.namespace
            && budget.selector != everything
            && !template.labels.is_empty()
            && budget.selector.matches(&template.labels)
    };
    cluster
        .templates
        .iter()
        .map(|template| {
            let budgets = cluster.budgets.iter().enumerate();
            budgets.filter(|(_, budget)| covers(budget, template)).map(|(at, _)| at).collect()
        })
        .collect()
}

/// Splits pods, the most important first, into those that a budget would keep and the others.
/// `budgets` says against which a pod counts, `allowed` how many disruptions each still allows.
#[must_use]
pub fn split_by_budgets(
    pods: &[Victim],
    budgets: impl Fn(usize) -> Vec<usize>,
    allowed: &[i64],
) -> (Vec<Victim>, Vec<Victim>) {
    let mut left = allowed.to_vec();
    pods.iter().partition(|victim| {
        let mut violated = false;
        for budget in budgets(victim.pod) {
            let Some(left) = left.get_mut(budget) else { continue };
            *left -= 1;
            violated |= *left < 0;
        }
        violated
    })
}

#[cfg(test)]
mod tests;
