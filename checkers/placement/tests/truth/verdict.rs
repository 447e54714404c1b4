//! Whether what a certificate says is true, without the checker: the plan is followed by the brute
//! force's own filters, and what it reaches and the bounds are compared with all that can be
//! reached.

use std::collections::BTreeSet;

use seatrial_certificate::brute::{Places, Reached, Truth, may_arrive};
use seatrial_certificate::{Certificate, Instance, Objective, Step};

/// Whether all that a certificate says is true.
pub(crate) fn is_true(instance: &Instance, certificate: &Certificate, truth: &Truth) -> bool {
    let Some(places) = follow(instance, &certificate.plan) else { return false };
    let Some(reached) = truth.reached.iter().find(|it| it.places == places) else { return false };
    says_what_is_reached(instance, certificate, reached) && bounds_hold(certificate, reached, truth)
}

/// Where a plan leads, if each of its steps is feasible.
fn follow(instance: &Instance, plan: &[Step]) -> Option<Places> {
    let now: Places = instance.pods.iter().map(|pod| pod.node).collect();
    let mut places = now.clone();
    let (mut evicted, mut arrived) = (BTreeSet::new(), BTreeSet::new());
    for step in plan {
        let (Step::Evict(pod) | Step::Bind(pod, _) | Step::Move(pod, _)) = *step;
        let at = pod as usize;
        if instance.pods.get(at)?.fixed {
            return None;
        }
        let allowed = match *step {
            Step::Evict(_) => {
                let first = arrived.is_empty() && evicted.insert(pod);
                let runs = places[at].is_some();
                places[at] = None;
                first && runs && !instance.question.live
            }
            Step::Bind(_, node) | Step::Move(_, node) => {
                let moves = matches!(step, Step::Move(..));
                let once = arrived.insert(pod) && now[at] != Some(node);
                let fits =
                    places[at].is_some() == moves && may_arrive(instance, &places, pod, node);
                places[at] = Some(node);
                once && fits && (instance.question.live || !moves)
            }
        };
        if !allowed {
            return None;
        }
    }
    Some(places)
}

fn says_what_is_reached(instance: &Instance, it: &Certificate, reached: &Reached) -> bool {
    let said = it.tiers.iter().map(|tier| (tier.priority, tier.placed));
    let is = instance.priorities().into_iter().zip(reached.placed.iter().copied());
    let counts = matches!(instance.question.objective, Objective::Fragments { .. });
    said.eq(is)
        && it.fragments.as_ref().map(|it| it.cost) == counts.then_some(reached.fragments)
        && it.disruption.cost == reached.disruption
}

fn bounds_hold(it: &Certificate, reached: &Reached, truth: &Truth) -> bool {
    let (placed, fragments) = (&reached.placed, reached.fragments);
    let mut tiers = it.tiers.iter().enumerate();
    tiers.all(|(at, tier)| truth.most(at, placed).is_some_and(|most| tier.bound >= most))
        && it.fragments.as_ref().is_none_or(|it| Some(it.bound) <= truth.least_fragments(placed))
        && Some(it.disruption.bound) <= truth.least_disruption(placed, fragments)
}

#[cfg(test)]
mod tests {
    use seatrial_certificate::testing::{Mix, instance};

    use super::*;

    /// The plan of everything that can be reached leads there.
    #[test]
    fn plans_are_followed() {
        for seed in 0..300 {
            let instance = instance(seed, Mix::ALL);
            for reached in Truth::of(&instance).reached {
                let places = follow(&instance, &reached.plan);
                assert_eq!(places, Some(reached.places), "{seed}: {:?}", reached.plan);
            }
        }
    }
}
