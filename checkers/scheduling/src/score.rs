//! The scores of kube-scheduler's default plugins, as pure functions of what each looks at.
//!
//! Read in `kubernetes/kubernetes` at v1.35.4; files are named below `pkg/scheduler/framework`. A
//! score is an integer from 0 to 100; a node's total is the sum over the plugins of weight and
//! score.

/// The best score that a plugin gives (`MaxNodeScore`).
pub const MOST: i64 = 100;

/// What each plugin's score counts for (`apis/config/v1/default_plugins.go`).
pub mod weight {
    /// `TaintToleration`.
    pub const TAINTS: i64 = 3;
    /// `NodeAffinity`.
    pub const NODE_AFFINITY: i64 = 2;
    /// `PodTopologySpread`.
    pub const SPREAD: i64 = 2;
    /// `InterPodAffinity`.
    pub const PODS: i64 = 2;
    /// `NodeResourcesFit`.
    pub const LEAST_ALLOCATED: i64 = 1;
    /// `NodeResourcesBalancedAllocation`.
    pub const BALANCED_ALLOCATION: i64 = 1;
    /// `ImageLocality`.
    pub const IMAGES: i64 = 1;
    /// What a required affinity of a pod that runs counts for, as if it were preferred
    /// (`hardPodAffinityWeight`).
    pub const REQUIRED_AFFINITY: i64 = 1;
}

/// The constraints by which pods are spread that have none themselves: the topology and the
/// tolerated skew (`systemDefaultConstraints` in `plugins/podtopologyspread/plugin.go`).
pub const DEFAULT_SPREAD: [(&str, u32); 2] = [(HOSTNAME, 3), ("topology.kubernetes.io/zone", 5)];

/// The label by which nodes are told apart; spreading over it looks at each node alone.
pub const HOSTNAME: &str = "kubernetes.io/hostname";

/// What is asked of a node and what it has, of one resource, with the pod that is to be placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// What its pods and the new one ask for.
    pub requested: u64,
    /// What it has (`status.allocatable`).
    pub allocatable: u64,
}

/// `LeastAllocated` of `NodeResourcesFit` (`plugins/noderesources/least_allocated.go`): the mean of
/// the free shares in percent, both rounded down; resources that the node does not have are left
/// out. Containers that ask for nothing count as if they asked for a little.
#[must_use]
pub fn least_allocated(usages: [Usage; 2]) -> i64 {
    let mut sum = 0;
    let mut count = 0;
    for usage in usages.into_iter().filter(|usage| usage.allocatable > 0) {
        sum += free_percent(usage);
        count += 1;
    }
    if count == 0 { 0 } else { sum / count }
}

/// What is left, in percent rounded down; 0 if nothing is.
fn free_percent(usage: Usage) -> i64 {
    let Some(free) = usage.allocatable.checked_sub(usage.requested) else { return 0 };
    let percent = match free.checked_mul(100) {
        Some(hundredfold) => hundredfold / usage.allocatable,
        None => {
            let percent = u128::from(free) * 100 / u128::from(usage.allocatable);
            u64::try_from(percent).unwrap_or_default()
        }
    };
    i64::try_from(percent).unwrap_or(MOST)
}

/// `NodeResourcesBalancedAllocation` (`plugins/noderesources/balanced_allocation.go`): 100 less the
/// standard deviation of the used shares, in percent. What pods really ask for is counted; that a
/// pod which asks for neither is not scored is up to the caller.
#[must_use]
#[allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "the original computes in double precision, and cuts off; the result is 50 to 100"
)]
pub fn balanced_allocation(usages: [Usage; 2]) -> i64 {
    let share = |usage: Usage| (usage.requested as f64 / usage.allocatable as f64).min(1.0);
    let [one, other] = usages;
    let deviation = if one.allocatable == 0 || other.allocatable == 0 {
        0.0
    } else {
        ((share(one) - share(other)) / 2.0).abs()
    };
    ((1.0 - deviation) * 100.0) as i64
}

/// Scales scores that are not negative so that the highest becomes 100 (`DefaultNormalizeScore` in
/// `plugins/helper/normalize_score.go`): for `NodeAffinity`.
pub fn normalize(scores: &mut [i64]) {
    let highest = scores.iter().copied().max().unwrap_or_default();
    if highest > 0 {
        for score in scores {
            *score = MOST * *score / highest;
        }
    }
}

/// The same the other way round, the lower the better: for `TaintToleration`, whose raw score is
/// the number of taints `PreferNoSchedule` that are not tolerated.
pub fn normalize_reversed(scores: &mut [i64]) {
    normalize(scores);
    for score in scores {
        *score = MOST - *score;
    }
}

/// What one soft constraint adds to the raw score of `PodTopologySpread`
/// (`plugins/podtopologyspread/scoring.go`): the more matching pods in the node's domain, the
/// worse; scaled so that topologies with few domains and those with many count alike.
#[must_use]
#[allow(clippy::cast_precision_loss, reason = "the original computes in double precision")]
pub fn spread_term(matching: u64, max_skew: u32, weight: f64) -> f64 {
    matching as f64 * weight + f64::from(max_skew.saturating_sub(1))
}

/// What a matching pod counts for in a topology with so many domains.
#[must_use]
#[allow(clippy::cast_precision_loss, reason = "the original computes in double precision")]
pub fn spread_weight(domains: usize) -> f64 {
    (domains as f64 + 2.0).ln()
}

/// The raw score of `PodTopologySpread`, from the sum of its terms.
#[must_use]
#[allow(clippy::cast_possible_truncation, reason = "a count of pods times a small factor")]
pub fn spread_raw(terms: f64) -> i64 {
    terms.round() as i64
}

/// The scores of `PodTopologySpread` from the raw ones; `None` stands for a node that lacks a
/// label of the pod's own constraints and gets 0.
pub fn normalize_spread(raw: &[Option<i64>], scores: &mut Vec<i64>) {
    let known = || raw.iter().flatten().copied();
    let highest = known().max().unwrap_or_default().max(0);
    let lowest = known().min().unwrap_or_default();
    scores.clear();
    scores.extend(raw.iter().map(|score| match score {
        None => 0,
        Some(_) if highest == 0 => MOST,
        Some(score) => MOST * (highest + lowest - score) / highest,
    }));
}

/// The scores of `InterPodAffinity` from the sums of the weights of what matches
/// (`plugins/interpodaffinity/scoring.go`): the lowest becomes 0 and the highest 100; all 0 if there
/// is no difference.
#[allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "the original computes in double precision, and cuts off"
)]
pub fn normalize_pods(scores: &mut [i64]) {
    let highest = scores.iter().copied().max().unwrap_or_default();
    let lowest = scores.iter().copied().min().unwrap_or_default();
    let range = highest - lowest;
    for score in scores {
        let above = *score - lowest;
        *score = if range > 0 { (100.0 * (above as f64 / range as f64)) as i64 } else { 0 };
    }
}

/// `ImageLocality` (`plugins/imagelocality/image_locality.go`): how much of the pod's images is on
/// the node, between 23 MiB and 1000 MiB for each container; an image counts by the share of
/// `nodes` that have it. `images` are those of the pod's `containers` that the node has: its size in
/// bytes, and how many nodes have it.
#[must_use]
#[allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the original computes in double precision, and cuts off"
)]
pub fn image_locality(images: &[(u64, usize)], containers: usize, nodes: usize) -> i64 {
    const MEBIBYTE: u64 = 1024 * 1024;
    const LEAST: u64 = 23 * MEBIBYTE;
    let scaled = |&(size, on): &(u64, usize)| (size as f64 * (on as f64 / nodes as f64)) as u64;
    let containers = u64::try_from(containers).unwrap_or(u64::MAX).max(1);
    let most = containers.saturating_mul(1000 * MEBIBYTE);
    let sum: u64 = images.iter().map(scaled).fold(0, u64::saturating_add);
    let above = u128::from(sum.clamp(LEAST, most) - LEAST);
    i64::try_from(100 * above / u128::from(most - LEAST)).unwrap_or(MOST)
}

#[cfg(test)]
mod tests;
