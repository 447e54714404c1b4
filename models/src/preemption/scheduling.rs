//! The scheduler: filters, bindings, and preemption.

use seatrial_explore::{ActionClass, Cause};

use super::state::{Phase, State};
use super::{CAPACITY, Preemption, Rule};
use crate::rules::{About, By, pairs};

const SCHEDULER: By = By::One("scheduler");

/// Where the victims of a preemption would be, and what they cost.
struct Candidate {
    node: u8,
    /// The victims, as bits.
    victims: u8,
    /// Victims that the budget protects, and all of them.
    cost: (u8, u8),
}

/// Scheduling and binding.
pub(super) fn scheduling(p: &Preemption) -> Vec<Rule> {
    let class = |name| ActionClass::new(name, "scheduling").guard(&["pods"]).modifies(&["pods"]);
    let pods = p.pods();
    let mut rules = vec![
        Rule::new(
            class("Schedule"),
            SCHEDULER,
            &["pod", "node"],
            |p, s| {
                pairs((p.pods(), p.bounds.nodes), |pod, node| {
                    let row = &s.pods[pod];
                    row.phase == Phase::Pending && row.victims == 0 && p.fits(s, pod, node)
                })
            },
            |_, s, [pod, node, _]| {
                s.pods[pod].phase = Phase::Assumed(node);
                s.pods[pod].nominated = None;
            },
        )
        .each(pods),
        Rule::new(
            class("Bind"),
            By::One("API server"),
            &["pod"],
            |_, s| s.pods.those(|pod| matches!(pod.phase, Phase::Assumed(_))),
            |_, s, [pod, ..]| {
                if let Phase::Assumed(node) = s.pods[pod].phase {
                    s.pods[pod].phase = Phase::Running(node);
                }
            },
        )
        .each(pods),
    ];
    if p.bounds.failures > 0 {
        rules.push(Rule::new(
            ActionClass::new("BindFails", "scheduling")
                .caused_by(Cause::Fault)
                .guard(&["pods", "failures"])
                .modifies(&["pods", "failures"]),
            By::One("API server"),
            &["pod"],
            |_, s| {
                let may = *s.failures > 0;
                s.pods.those(|pod| may && matches!(pod.phase, Phase::Assumed(_)))
            },
            |_, s, [pod, ..]| {
                *s.failures -= 1;
                s.pods[pod].phase = Phase::Pending;
            },
        ));
    }
    rules
}

/// Preemption in its steps: the fine grain.
pub(super) fn fine(p: &Preemption) -> Vec<Rule> {
    let class = |name| ActionClass::new(name, "preemption");
    let pods = p.pods();
    vec![
        Rule::new(
            class("Preempt").guard(&["pods", "budget"]).modifies(&["pods", "wrongs"]),
            SCHEDULER,
            &["pod", "node"],
            Preemption::preemptions,
            |p, s, [pod, node, _]| {
                let Some(chosen) = p.candidate(s, pod, node) else { return };
                p.note(s, pod, &chosen);
                s.pods[pod].nominated = Some(node);
                s.pods[pod].victims = chosen.victims;
            },
        )
        .each(pods),
        Rule::new(
            class("DeleteVictim").guard(&["pods"]).modifies(&["pods", "budget"]),
            SCHEDULER,
            &["pod", "victim"],
            |p, s| {
                pairs((p.pods(), p.pods()), |pod, victim| s.pods[pod].victims & 1 << victim != 0)
            },
            |_, s, [pod, victim, _]| {
                s.pods[pod].victims &= !(1 << victim);
                if let Phase::Running(node) = s.pods[victim].phase {
                    s.pods[victim].phase = Phase::Terminating(node);
                    s.budget.behind = true;
                }
            },
        )
        .each(pods),
        Rule::new(
            class("Unnominate").guard(&["pods", "budget"]).modifies(&["pods"]),
            SCHEDULER,
            &["pod"],
            |p, s| {
                s.pods.those_numbered(|number, pod| {
                    let helpless = !p.preemptions(s).iter().any(|about| about[0] == number);
                    pod.nominated.is_some() && p.is_eligible(s, number) && helpless
                })
            },
            |_, s, [pod, ..]| s.pods[pod].nominated = None,
        )
        .each(pods),
    ]
}

/// The victims are gone and the pod runs in one step: the coarse grain.
pub(super) fn coarse(p: &Preemption) -> Vec<Rule> {
    vec![
        Rule::new(
            ActionClass::new("PreemptAtOnce", "preemption")
                .guard(&["pods", "budget"])
                .modifies(&["pods", "budget", "wrongs"]),
            SCHEDULER,
            &["pod", "node"],
            Preemption::preemptions,
            |p, s, [pod, node, _]| {
                let Some(chosen) = p.candidate(s, pod, node) else { return };
                p.note(s, pod, &chosen);
                for (number, victim) in (0..).zip(s.pods.iter_mut()) {
                    if chosen.victims & 1 << number != 0 {
                        victim.phase = Phase::Gone;
                    }
                }
                s.pods[pod].phase = Phase::Running(node);
                s.budget.behind = true;
            },
        )
        .each(p.pods()),
    ]
}

impl Preemption {
    /// The room that a node has for a pod, without those for which `leaves` is true.
    fn room(&self, s: &State, pod: u8, node: u8, leaves: impl Fn(u8) -> bool) -> u8 {
        let mut taken = 0;
        for (number, other) in (0..).zip(s.pods.iter()) {
            let unseen = matches!(other.phase, Phase::Assumed(_)) && self.has("no-assume");
            let here = other.phase.node() == Some(node) && !unseen && !leaves(number);
            // Room that is made for a pod is kept from those that are no more important.
            let kept = other.nominated == Some(node)
                && number != pod
                && other.priority >= s.pods[pod].priority
                && !self.has("ignores-nominations");
            taken += if here || kept { self.size(number) } else { 0 };
        }
        CAPACITY.saturating_sub(taken)
    }

    fn fits(&self, s: &State, pod: u8, node: u8) -> bool {
        self.room(s, pod, node, |_| false) >= self.size(pod)
    }

    /// Whether a pod may preempt: it fits nowhere, and nothing terminates for it.
    fn is_eligible(&self, s: &State, pod: u8) -> bool {
        let row = &s.pods[pod];
        let terminates = |other: &super::state::Pod| match other.phase {
            Phase::Terminating(node) => row.nominated == Some(node),
            _ => false,
        };
        row.phase == Phase::Pending
            && row.victims == 0
            && !(0..self.bounds.nodes).any(|node| self.fits(s, pod, node))
            && !s.pods.iter().any(terminates)
    }

    /// The preemptions that the scheduler may choose: by the fewest violations of budgets, then
    /// by the fewest victims.
    fn preemptions(&self, s: &State) -> Vec<About> {
        let mut all = Vec::new();
        for pod in (0..self.pods()).filter(|pod| self.is_eligible(s, *pod)) {
            let candidates = self.candidates(s, pod);
            let least = candidates.iter().map(|candidate| candidate.cost).min();
            let any = self.has("ignores-budgets");
            let chosen = candidates.iter().filter(|c| any || Some(c.cost) == least);
            all.extend(chosen.map(|candidate| [pod, candidate.node, 0]));
        }
        all
    }

    fn candidates(&self, s: &State, pod: u8) -> Vec<Candidate> {
        (0..self.bounds.nodes).filter_map(|node| self.candidate(s, pod, node)).collect()
    }

    /// The victims on a node: all that are less important, without those that may stay after all.
    fn candidate(&self, s: &State, pod: u8, node: u8) -> Option<Candidate> {
        let is_victim = |number: u8| {
            let other = &s.pods[number];
            let less = other.priority < s.pods[pod].priority || self.has("ignores-priority");
            less && other.phase == Phase::Running(node) && number != pod
        };
        let mut victims: Vec<u8> = (0..self.pods()).filter(|n| is_victim(*n)).collect();
        let goes = |number: u8| matches!(s.pods[number].phase, Phase::Terminating(_));
        let left = |victims: &[u8]| {
            self.room(s, pod, node, |number| victims.contains(&number) || goes(number))
        };
        if left(&victims) < self.size(pod) {
            return None;
        }
        // Those that the budget protects are spared first, then the more important ones.
        let mut spared: Vec<u8> = victims.clone();
        spared.sort_by_key(|n| (!self.is_covered(*n), u8::MAX - s.pods[*n].priority, *n));
        for number in spared {
            let without: Vec<u8> = victims.iter().copied().filter(|n| *n != number).collect();
            if left(&without) >= self.size(pod) {
                victims = without;
            }
        }
        let count = |holds: &dyn Fn(u8) -> bool| {
            u8::try_from(victims.iter().filter(|n| holds(**n)).count()).unwrap_or(u8::MAX)
        };
        let protected = count(&|n| self.is_covered(n)).saturating_sub(s.budget.allowed);
        let cost = (protected, count(&|_| true));
        Some(Candidate { node, victims: victims.iter().fold(0, |bits, n| bits | 1 << n), cost })
    }

    /// Notes what is wrong about a choice.
    fn note(&self, s: &mut State, pod: u8, chosen: &Candidate) {
        let violations = self.candidates(s, pod).iter().map(|c| c.cost.0).min();
        s.wrongs.needless |= Some(chosen.cost.0) > violations;
        let more_important =
            |n: u8| chosen.victims & 1 << n != 0 && s.pods[n].priority >= s.pods[pod].priority;
        let inverted = (0..self.pods()).any(more_important);
        s.wrongs.inverted |= inverted;
    }
}
