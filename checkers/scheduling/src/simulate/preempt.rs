//! What the scheduler does for a pod that fits nowhere: it looks for others that give way.

use crate::Cluster;
use crate::preemption::{self, Candidate, Victim};

use super::Preemption;
use super::scheduler::{Scheduler, Wish, preempts, priority, template};

impl Scheduler<'_> {
    /// Changes what the budgets of a pod allow.
    pub(super) fn charge(&mut self, pod: usize, by: i64) {
        for budget in budgets_of(self.cluster, &self.budgets, pod) {
            self.allowed.get_mut(budget).into_iter().for_each(|allowed| *allowed += by);
        }
    }

    /// The node on which a pod would fit if others went, with the least harm.
    pub(super) fn preemptible(&mut self, wish: &mut Wish) -> Option<Candidate> {
        if !preempts(self.cluster, wish.pod) {
            return None;
        }
        let potential = self.potential(wish);
        let wanted = preemption::enough(potential.len());
        let offset = match u32::try_from(potential.len()) {
            Ok(count) if wanted < potential.len() => self.ties.below(count),
            _ => 0,
        };
        let offset = usize::try_from(offset).unwrap_or_default();
        let (late, early) = potential.split_at_checked(offset).unwrap_or_default();
        let mut candidates: Vec<Candidate> = Vec::new();
        for &node in early.iter().chain(late) {
            candidates.extend(self.candidate(wish, node).ok());
            let harmless = candidates.iter().any(|candidate| candidate.violations == 0);
            if harmless && candidates.len() >= wanted {
                break;
            }
        }
        preemption::least_harm(candidates)
    }

    /// The nodes where what is in the way could be evicted.
    pub(super) fn potential(&mut self, wish: &mut Wish) -> Vec<usize> {
        let order = self.order.clone();
        let may = |&node: &usize| {
            self.rejection(wish, node).is_some_and(|rejection| rejection.resolvable)
        };
        order.into_iter().filter(may).collect()
    }

    /// Who would have to go from a node (`SelectVictimsOnNode`); else why that does not help.
    pub(super) fn candidate(
        &mut self,
        wish: &mut Wish,
        node: usize,
    ) -> Result<Candidate, Vec<String>> {
        let lower = self.state.lower(node, wish.priority);
        if lower.is_empty() {
            return Err(vec!["No preemption victims found for incoming pod".to_owned()]);
        }
        for victim in &lower {
            self.try_out(wish, victim.pod, node, None);
        }
        if let Some(rejection) = self.rejection(wish, node) {
            for victim in &lower {
                self.try_out(wish, victim.pod, node, Some(victim.start));
            }
            return Err(rejection.reasons);
        }
        let (cluster, budgets) = (self.cluster, &self.budgets);
        let of_pod = |pod| budgets_of(cluster, budgets, pod);
        let (kept, others) = preemption::split_by_budgets(&lower, of_pod, &self.allowed);
        let mut victims = self.not_reprieved(wish, node, &kept);
        let violations = victims.len();
        victims.extend(self.not_reprieved(wish, node, &others));
        victims.sort_by_key(Victim::importance);
        for victim in &victims {
            self.try_out(wish, victim.pod, node, Some(victim.start));
        }
        Ok(Candidate { node, victims, violations })
    }

    /// Puts each of the pods back if the one to be placed still fits next to it; who does not come
    /// back.
    fn not_reprieved(&mut self, wish: &mut Wish, node: usize, pods: &[Victim]) -> Vec<Victim> {
        let mut victims = Vec::new();
        for victim in pods {
            self.try_out(wish, victim.pod, node, Some(victim.start));
            if !self.fits(wish, node) {
                self.try_out(wish, victim.pod, node, None);
                victims.push(*victim);
            }
        }
        victims
    }

    /// Evicts the victims, puts the pod in their place, and tries all again that were parked.
    pub(super) fn preempt(&mut self, pod: usize, candidate: &Candidate) {
        let cluster = self.cluster;
        for victim in &candidate.victims {
            self.state.remove(victim.pod);
            self.charge(victim.pod, -1);
            self.away.insert(victim.pod);
            if cluster.pods.get(victim.pod).is_some_and(|pod| pod.node.is_some()) {
                self.outcome.evicted.push(victim.pod);
            }
            self.clock += 1;
            let template = cluster.template_of(victim.pod);
            if template.is_some_and(|one| one.owner.is_some() && !one.terminating) {
                self.enqueue(victim.pod);
            }
        }
        let own = priority(cluster, pod);
        let nominated = self.nominated.get_mut(candidate.node).into_iter();
        nominated.for_each(|pods| pods.retain(|&other| priority(cluster, other) >= own));
        self.bind(pod, candidate.node);
        self.queue.extend(self.parked.drain(..));
        self.outcome.preemptions.push(Preemption {
            pod,
            node: candidate.node,
            victims: candidate.victims.iter().map(|victim| victim.pod).collect(),
        });
    }
}

/// The budgets that a pod counts against, without those that have counted its eviction already.
fn budgets_of(cluster: &Cluster, budgets: &[Vec<usize>], pod: usize) -> Vec<usize> {
    let of_template = template(cluster, pod).and_then(|template| budgets.get(template));
    let name = cluster.pods.get(pod).and_then(|pod| pod.name.split_once('/'));
    let counted = |budget: usize| {
        let disrupted = cluster.budgets.get(budget).map(|budget| &budget.disrupted);
        let disrupted = disrupted.zip(name);
        disrupted.is_some_and(|(pods, (_, name))| pods.iter().any(|pod| pod == name))
    };
    of_template.into_iter().flatten().copied().filter(|&budget| !counted(budget)).collect()
}
