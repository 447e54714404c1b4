//! Ruin and recreate: a plan is torn down in part and built up again under all constraints.

use super::Search;
use crate::plan::Insert;

impl Search<'_> {
    /// Tears down and builds up again, so often as patience says.
    pub(super) fn ruin(&mut self, patience: f64) {
        let rounds = (200.0 * patience) as u64;
        let mut current = self.shared.known().best;
        let now: Vec<Option<u32>> =
            self.planner.instance().pods.iter().map(|pod| pod.node).collect();
        for round in 0..rounds {
            if self.shared.clock.is_over() {
                return;
            }
            let places = current.as_ref().map_or(&now, |solution| &solution.places);
            let wanted = self.ruined(places);
            let noise = if round % 2 == 0 { 0.3 * self.random.unit() } else { 10.0 };
            let Some(next) =
                self.planner.realise(&wanted, Insert::BestFit(noise), &mut self.random)
            else {
                continue;
            };
            self.shared.offer(&next);
            // What is as good is a new place to start from; now and then what is worse, too.
            let worse = current.as_ref().is_some_and(|current| current.is_better_than(&next));
            if !worse || self.random.below(50) == 0 {
                current = Some(next);
            } else if self.random.below(20) == 0 {
                current = self.shared.known().best;
            }
        }
    }

    /// Where pods are wanted after some of them were torn from their places: those of a few nodes,
    /// of a few gangs, a few at random, or all; some of these are wanted back where they came from.
    fn ruined(&mut self, from: &[Option<u32>]) -> Vec<Option<u32>> {
        let instance = self.planner.instance();
        let mut wanted = from.to_vec();
        let count = instance.pods.len() as u32;
        let nodes = instance.nodes.len() as u32;
        let kind = self.random.below(10);
        let chosen: Vec<u32> = match kind {
            0 => (0..count).collect(),
            1..=4 => {
                let few = 1 + self.random.below(nodes.min(4));
                let hit: Vec<u32> = (0..few).map(|_| self.random.below(nodes)).collect();
                let on = |pod: &u32| {
                    let place = from.get(*pod as usize).copied().flatten();
                    place.is_none_or(|node| hit.contains(&node))
                };
                (0..count).filter(on).collect()
            }
            5..=6 if !instance.gangs.is_empty() => {
                let hit = self.random.below(instance.gangs.len() as u32);
                (0..count).filter(|&pod| self.planner.gang_of(pod) == Some(hit)).collect()
            }
            _ => {
                let few = 1 + self.random.below(count.clamp(1, 8));
                (0..few).map(|_| self.random.below(count)).collect()
            }
        };
        let returning = self.random.below(3) == 0;
        for pod in chosen {
            let Some(it) = instance.pods.get(pod as usize).filter(|it| !it.fixed) else { continue };
            let back = it.node.filter(|_| returning && self.random.below(2) == 0);
            let target = match self.random.below(6) {
                0 => instance.shape_of(it).and_then(|shape| {
                    let nth = self.random.below(shape.nodes.len() as u32);
                    shape.nodes.iter().nth(nth as usize)
                }),
                1 => it.node,
                _ => back,
            };
            wanted.get_mut(pod as usize).into_iter().for_each(|slot| *slot = target);
        }
        wanted
    }
}
