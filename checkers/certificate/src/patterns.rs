//! One node: which sets of pods fit it, and which of them weighs most.
//!
//! A set is given by how many pods it has of each class. It *fits* a node of a class if
//!
//! * each class has no more pods in it than there are, and is eligible for the node,
//! * for each resource, its pods take no more than what is left there ([`crate::classes`]),
//! * no two of its pods conflict. Shapes conflict if they have host ports that do, or if one has an
//!   anti-affinity term that matches the other, on whose topology the node has the label: whatever
//!   the domains are, two pods on one node are in the same.
//!
//! The set of movable pods that run on a node in a reachable placement fits it. Resources and
//! eligibility: [`crate::classes`]. Conflicts: of two pods that conflict, one was bound or moved
//! last, and was refused, unless both ran there at the start and were not touched; then both are in
//! conflict with another *at the start*, and a conflict counts only if one of its two shapes, one
//! with ports or terms, has no such pod.
//! (Nor do those count beyond the first 64 classes on a node that conflict with another: to know
//! less is no mistake.)
//!
//! **A pattern claim** says that no set that fits weighs more than `most`; then over the `N` nodes
//! of the class, the pods there weigh at most `N * most`. It is proven by search: first depth
//! first, passing over what cannot weigh enough by the fractional bound of each resource and of all
//! together; then by meeting in the middle ([`crate::halves`]), which does not mind that sums of
//! sizes are hard to tell apart.

use crate::halves::middle::Middle;
use crate::halves::{Halves, Item};
use crate::steps::{OutOfSteps, Steps};
use crate::{Facts, Objective, Partition, Shape};

/// A set of pods: how many of which classes, ascending by class, none of them 0.
pub type PodSet = Vec<(u32, u32)>;

/// The heaviest set that fits, and its weight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Best {
    /// The weight, less what its fragments weigh.
    pub weight: i64,
    /// The set.
    pub set: PodSet,
}

/// How many nodes of its tree the depth-first search looks at before lists are made.
const DEPTH_FIRST: u64 = 20_000;
/// Linear functions of a set stay below this.
pub(crate) const MOST_SUM: i128 = 1 << 61;

/// A node of a class, and what fits it.
#[derive(Clone, Debug)]
pub struct OneNode {
    /// The class of each item.
    classes: Vec<u32>,
    items: Vec<Item>,
    /// What is left of the resources that can run out.
    left: Vec<i64>,
    /// What one of each item takes of the resource that fragments are about.
    fragment_sizes: Vec<u64>,
    /// What is free of it without movable pods, and the unit.
    free: u64,
    unit: u64,
    /// The lists, and the items that they are of.
    halves: Option<(Vec<bool>, Halves)>,
}

impl OneNode {
    /// A node of a class (by its number).
    pub fn new(facts: &Facts<'_>, partition: &Partition, nodes: u32) -> Option<Self> {
        let class = partition.nodes.get(nodes as usize)?;
        let mut one = Self {
            classes: Vec::new(),
            items: Vec::new(),
            left: Vec::new(),
            fragment_sizes: Vec::new(),
            free: class.free,
            unit: 1,
            halves: None,
        };
        let mut shapes = Vec::new();
        for (number, pods) in (0_u32..).zip(&partition.pods) {
            let shape = facts.instance.shapes.get(pods.shape as usize)?;
            let room = shape.requests.iter().zip(&class.left);
            let room = room.filter_map(|(&request, left)| left.checked_div(request)).min();
            let most = room.unwrap_or(u64::MAX).min(pods.size());
            if most > 0 && partition.is_eligible(pods, nodes) {
                one.classes.push(number);
                shapes.push((pods.shape, shape));
                let most = u32::try_from(most).unwrap_or(u32::MAX);
                one.items.push(Item { most, sizes: Vec::new(), bit: 0, conflicts: 0 });
            }
        }
        one.keep_scarce(&shapes, &class.left);
        if let Objective::Fragments { resource, unit } = facts.instance.question.objective {
            one.unit = unit.max(1);
            let size = |shape: &Shape| shape.requests.get(resource as usize).copied().unwrap_or(0);
            one.fragment_sizes = shapes.iter().map(|(_, shape)| size(shape)).collect();
        }
        one.find_conflicts(facts, &shapes, partition.first_node(nodes)?);
        Some(one)
    }

    /// How many steps it takes to make one: pairs of shapes of which one can conflict are looked at
    /// by their ports and terms, many of them at a step.
    pub(crate) fn steps_to_make(facts: &Facts<'_>, partition: &Partition) -> u64 {
        let size = |pods: &crate::PodClass| {
            let shape = facts.instance.shapes.get(pods.shape as usize);
            shape.map_or(1, |it| 1 + it.ports.len() as u64 + it.anti_affinity.len() as u64)
        };
        let all: u64 = partition.pods.iter().map(size).sum();
        let can_conflict = partition.pods.iter().filter(|pods| facts.can_conflict(pods.shape));
        let pairs = all.saturating_mul(can_conflict.map(size).sum());
        (partition.pods.len() as u64).saturating_add(pairs / 16)
    }

    /// Keeps the resources that can run out.
    fn keep_scarce(&mut self, shapes: &[(u32, &Shape)], left: &[u64]) {
        for (resource, &left) in left.iter().enumerate() {
            let size = |shape: &Shape| shape.requests.get(resource).copied().unwrap_or(0);
            let wanted = self
                .items
                .iter()
                .zip(shapes)
                .map(|(item, (_, shape))| u128::from(item.most) * u128::from(size(shape)));
            if wanted.sum::<u128>() <= u128::from(left) {
                continue;
            }
            self.left.push(i64::try_from(left).unwrap_or(i64::MAX));
            for (item, (_, shape)) in self.items.iter_mut().zip(shapes) {
                item.sizes.push(i64::try_from(size(shape)).unwrap_or(i64::MAX));
            }
        }
    }

    fn find_conflicts(&mut self, facts: &Facts<'_>, shapes: &[(u32, &Shape)], node: u32) {
        let mut bits = 0;
        for (at, &(number, shape)) in shapes.iter().enumerate() {
            if !facts.can_conflict(number) {
                continue;
            }
            for (other_at, &(other_number, other)) in shapes.iter().enumerate() {
                if !facts.conflict((number, shape), (other_number, other), node) {
                    continue;
                }
                if number == other_number && at == other_at {
                    self.items.get_mut(at).into_iter().for_each(|item| item.most = 1);
                } else {
                    self.add_conflict(at, other_at, &mut bits);
                }
            }
        }
    }

    /// Two items cannot be in one set. Each gets a bit, as long as there are any.
    fn add_conflict(&mut self, at: usize, other: usize, bits: &mut u32) {
        for item in [at, other] {
            if let Some(item) = self.items.get_mut(item)
                && item.bit == 0
                && *bits < u64::BITS
            {
                item.bit = 1 << *bits;
                *bits += 1;
            }
        }
        let bit = |at: usize| self.items.get(at).map_or(0, |item| item.bit);
        let (one, two) = (bit(at), bit(other));
        if one == 0 || two == 0 {
            return;
        }
        for (item, bit) in [(at, two), (other, one)] {
            self.items.get_mut(item).into_iter().for_each(|item| item.conflicts |= bit);
        }
    }

    /// The classes of pods of which a set may have some, ascending.
    pub fn classes(&self) -> &[u32] {
        &self.classes
    }

    /// How many pods of each of [`OneNode::classes`] fit at most.
    pub fn most(&self) -> impl Iterator<Item = u32> {
        self.items.iter().map(|item| item.most)
    }

    /// How many entries the lists have that are kept for the next claim.
    pub(crate) fn kept(&self) -> usize {
        self.halves.as_ref().map_or(0, |(_, halves)| halves.len())
    }

    /// Forgets these lists: they are made again when they are needed.
    pub(crate) fn forget_lists(&mut self) {
        self.halves = None;
    }

    pub(crate) fn left(&self) -> &[i64] {
        &self.left
    }

    /// The most fragments that a set can leave.
    pub(crate) fn most_fragments(&self) -> u64 {
        self.free.min(self.unit - 1)
    }

    /// The fragments that are left besides a set.
    pub(crate) fn fragments(&self, counts: &[u32]) -> u64 {
        let taken = counts.iter().zip(&self.fragment_sizes);
        let taken: u128 = taken.map(|(&n, &size)| u128::from(n) * u128::from(size)).sum();
        let free = u128::from(self.free).saturating_sub(taken);
        u64::try_from(free % u128::from(self.unit)).unwrap_or(0)
    }

    /// Whether a set fits, by how many it has of each item.
    pub(crate) fn fits(&self, counts: &[u32]) -> bool {
        let mut taken = vec![0_i128; self.left.len()];
        let (mut bits, mut conflicts) = (0, 0);
        for (item, &count) in self.items.iter().zip(counts).filter(|(_, count)| **count > 0) {
            if count > item.most {
                return false;
            }
            for (taken, &size) in taken.iter_mut().zip(&item.sizes) {
                *taken += i128::from(size) * i128::from(count);
            }
            bits |= item.bit;
            conflicts |= item.conflicts;
        }
        bits & conflicts == 0
            && taken.iter().zip(&self.left).all(|(&taken, &left)| taken <= i128::from(left))
    }

    /// How many of each item a set has; none if it has some of a class that does not fit at all.
    pub(crate) fn counts(&self, set: &[(u32, u32)]) -> Option<Vec<u32>> {
        let mut counts = vec![0; self.classes.len()];
        for (class, count) in set {
            let at = self.classes.binary_search(class).ok()?;
            *counts.get_mut(at)? = *count;
        }
        Some(counts)
    }

    pub(crate) fn set(&self, counts: &[u32]) -> PodSet {
        let numbered = self.classes.iter().copied().zip(counts.iter().copied());
        numbered.filter(|&(_, count)| count > 0).collect()
    }

    /// A linear function per item (by its place). None if it could leave the range in which sums
    /// are safe.
    pub(crate) fn per_item(&self, value_of: impl Fn(usize) -> i128) -> Option<Vec<i64>> {
        let mut sum = 0_i128;
        let mut values = Vec::with_capacity(self.items.len());
        for (at, item) in self.items.iter().enumerate() {
            let value = value_of(at);
            sum = sum.checked_add(value.checked_abs()?.checked_mul(i128::from(item.most))?)?;
            values.push(i64::try_from(value).ok()?);
        }
        (sum < MOST_SUM).then_some(values)
    }

    /// The heaviest of the sets that fit and weigh more than `floor`; none if no set does. The
    /// weights are by class, ascending, and each fragment that is left weighs `fragments` less.
    ///
    /// Exact. Takes no more steps with a higher floor.
    pub fn best_set(
        &mut self,
        weights: &[(u32, u64)],
        fragments: u64,
        floor: i64,
        steps: &mut Steps,
    ) -> Result<Option<Best>, OutOfSteps> {
        let (values, fragments) = self.values(weights, fragments)?;
        let mut found = Found { floor, counts: None };
        let mut few = Steps::new(DEPTH_FIRST.min(steps.left()));
        let done = DepthFirst::new(self, &values, fragments).run(&mut found, &mut few);
        steps.take(few.taken())?;
        if done.is_err() {
            self.meet(&values, fragments, &mut found, steps)?;
        }
        let best = |counts: Vec<u32>| Best { weight: found.floor, set: self.set(&counts) };
        Ok(found.counts.map(best))
    }

    /// The weight of each item and of a fragment, if sums of them are safe.
    fn values(
        &self,
        weights: &[(u32, u64)],
        fragments: u64,
    ) -> Result<(Vec<i64>, i64), OutOfSteps> {
        let weight = |item: usize| {
            let class = self.classes.get(item).copied().unwrap_or(u32::MAX);
            let at = weights.binary_search_by_key(&class, |&(class, _)| class);
            at.ok().and_then(|at| weights.get(at)).map_or(0, |&(_, weight)| i128::from(weight))
        };
        let most = i128::from(fragments) * i128::from(self.most_fragments());
        let values = self.per_item(weight).filter(|_| most < MOST_SUM).ok_or(OutOfSteps)?;
        Ok((values, i64::try_from(fragments).map_err(|_| OutOfSteps)?))
    }

    /// [`OneNode::best_set`] by lists alone.
    #[cfg(test)]
    pub(crate) fn best_by_meeting(
        &mut self,
        weights: &[(u32, u64)],
        fragments: u64,
        steps: &mut Steps,
    ) -> Option<Best> {
        let (values, fragments) = self.values(weights, fragments).ok()?;
        let mut found = Found { floor: i64::MIN / 2, counts: None };
        self.meet(&values, fragments, &mut found, steps).ok()?;
        let best = |counts: Vec<u32>| Best { weight: found.floor, set: self.set(&counts) };
        found.counts.map(best)
    }

    /// The lists of sets of all items, which are not kept: there may be many.
    pub(crate) fn take_halves(&mut self, steps: &mut Steps) -> Result<Halves, OutOfSteps> {
        match self.halves.take() {
            Some((chosen, halves)) if chosen.iter().all(|&it| it) => Ok(halves),
            _ => Halves::new(&self.items, |_| true, &self.left, steps),
        }
    }

    /// The list of heads and tails of all sets.
    pub(crate) fn middle(&self, steps: &mut Steps) -> Result<Middle, OutOfSteps> {
        Middle::new(&self.items, &self.left, steps)
    }

    /// The lists of sets of some items, made if they are not the last ones that were made.
    fn halves(&mut self, chosen: Vec<bool>, steps: &mut Steps) -> Result<&mut Halves, OutOfSteps> {
        let halves = match self.halves.take() {
            Some((known, halves)) if known == chosen => halves,
            _ => {
                let is_chosen = |at: usize| chosen.get(at) == Some(&true);
                Halves::new(&self.items, is_chosen, &self.left, steps)?
            }
        };
        Ok(&mut self.halves.insert((chosen, halves)).1)
    }

    fn meet(
        &mut self,
        values: &[i64],
        fragments: i64,
        found: &mut Found,
        steps: &mut Steps,
    ) -> Result<(), OutOfSteps> {
        let chosen = values.iter().map(|&value| value > 0 || fragments > 0).collect();
        self.halves(chosen, steps)?;
        let Some((chosen, mut halves)) = self.halves.take() else { return Ok(()) };
        let negative = vec![values.iter().map(|value| -value).collect()];
        let limits = [found.floor.saturating_add(1).saturating_neg()];
        let this = &*self;
        let result = halves.visit(&this.left, &negative, &limits, steps, |counts, limits| {
            if found.offer(this.weight(values, fragments, counts), counts) {
                let limit = found.floor.saturating_add(1).saturating_neg();
                limits.first_mut().into_iter().for_each(|slot| *slot = limit);
            }
        });
        self.halves = Some((chosen, halves));
        result
    }

    /// What a set weighs, less its fragments.
    fn weight(&self, values: &[i64], fragments: i64, counts: &[u32]) -> i64 {
        let weight: i64 = counts.iter().zip(values).map(|(&n, value)| i64::from(n) * value).sum();
        if fragments == 0 {
            return weight;
        }
        weight - i64::try_from(self.fragments(counts)).unwrap_or(0) * fragments
    }
}

/// The heaviest set so far.
struct Found {
    floor: i64,
    counts: Option<Vec<u32>>,
}

impl Found {
    fn offer(&mut self, weight: i64, counts: &[u32]) -> bool {
        let better = weight > self.floor;
        if better {
            self.floor = weight;
            self.counts = Some(counts.to_vec());
        }
        better
    }
}

/// One bound on what can be added: items by value per size, and what of the size is left.
struct Fractional {
    /// Places in the order of the search, from dense to thin.
    places: Vec<usize>,
    sizes: Vec<i64>,
}

/// A depth-first search for the heaviest set: items in a fixed order, each taken as often as it
/// goes before the next is.
struct DepthFirst<'a> {
    one: &'a OneNode,
    values: &'a [i64],
    fragments: i64,
    /// The items that may help, dense ones first.
    order: Vec<usize>,
    /// A bound for each resource, and one for all of them together.
    bounds: Vec<Fractional>,
    counts: Vec<u32>,
    room: Vec<i64>,
    value: i64,
}

/// What a whole resource is, where sizes of several are added up.
const WHOLE: i128 = 1 << 20;

impl<'a> DepthFirst<'a> {
    fn new(one: &'a OneNode, values: &'a [i64], fragments: i64) -> Self {
        let mut search = Self {
            one,
            values,
            fragments,
            order: (0..values.len()).collect(),
            bounds: Vec::new(),
            counts: vec![0; values.len()],
            room: one.left.clone(),
            value: 0,
        };
        let helps = |item: usize| fragments > 0 || values.get(item).is_some_and(|&value| value > 0);
        search.order.retain(|&item| helps(item));
        let together: Vec<i64> =
            one.items.iter().map(|item| part(&item.sizes, &one.left)).collect();
        let denser = |sizes: &[i64], a: usize, b: usize| {
            let value = |item: usize| i128::from(values.get(item).copied().unwrap_or(0));
            // What has no value is as thin as it gets, also if it has no size: 0 by 0 would be as
            // dense as everything, which is no order.
            let size = |item: usize| match value(item) {
                0 => 1,
                _ => i128::from(sizes.get(item).copied().unwrap_or(0)),
            };
            (value(b) * size(a)).cmp(&(value(a) * size(b))).then(a.cmp(&b))
        };
        search.order.sort_by(|&a, &b| denser(&together, a, b));
        let mut all: Vec<Vec<i64>> = Vec::new();
        for resource in 0..one.left.len() {
            let size = |item: &Item| item.sizes.get(resource).copied().unwrap_or(0);
            all.push(one.items.iter().map(size).collect());
        }
        all.push(together);
        for sizes in all {
            let item = |place: usize| search.order.get(place).copied().unwrap_or(0);
            let mut places: Vec<usize> = (0..search.order.len()).collect();
            places.sort_by(|&a, &b| denser(&sizes, item(a), item(b)));
            search.bounds.push(Fractional { places, sizes });
        }
        search
    }

    fn value_of(&self, item: usize) -> i64 {
        self.values.get(item).copied().unwrap_or(0)
    }

    fn run(mut self, found: &mut Found, steps: &mut Steps) -> Result<(), OutOfSteps> {
        found.offer(self.one.weight(self.values, self.fragments, &self.counts), &self.counts);
        let mut chosen: Vec<usize> = Vec::new();
        let mut next = 0;
        loop {
            steps.take(1 + self.order.len() as u64 / 16)?;
            if let Some(&item) = self.order.get(next)
                && self.can_exceed(next, found.floor)
            {
                if self.take(item) {
                    chosen.push(next);
                    let weight = self.one.weight(self.values, self.fragments, &self.counts);
                    found.offer(weight, &self.counts);
                } else {
                    next += 1;
                }
            } else if let Some(last) = chosen.pop() {
                self.put_back(last);
                next = last + 1;
            } else {
                return Ok(());
            }
        }
    }

    /// One more of an item, if it fits.
    fn take(&mut self, item: usize) -> bool {
        let Some(it) = self.one.items.get(item) else { return false };
        let others = self.one.items.iter().zip(&self.counts).filter(|(_, count)| **count > 0);
        let banned = others.fold(0, |bits, (other, _)| bits | other.conflicts);
        let Some(count) = self.counts.get_mut(item) else { return false };
        let fits = self.room.iter().zip(&it.sizes).all(|(room, size)| size <= room);
        if !fits || *count >= it.most || banned & it.bit != 0 {
            return false;
        }
        *count += 1;
        self.room.iter_mut().zip(&it.sizes).for_each(|(room, size)| *room -= size);
        self.value += self.values.get(item).copied().unwrap_or(0);
        true
    }

    fn put_back(&mut self, place: usize) {
        let item = self.order.get(place).copied().unwrap_or(0);
        let Some(it) = self.one.items.get(item) else { return };
        self.counts.get_mut(item).into_iter().for_each(|count| *count -= 1);
        self.room.iter_mut().zip(&it.sizes).for_each(|(room, size)| *room += size);
        self.value -= self.values.get(item).copied().unwrap_or(0);
    }

    /// Whether items from a place on can bring the weight above a floor, as far as bounds say.
    fn can_exceed(&self, next: usize, floor: i64) -> bool {
        let together = self.room.iter().zip(&self.one.left).map(|(&room, &left)| {
            let (room, left) = (i128::from(room) * WHOLE, i128::from(left.max(1)));
            (room + left - 1) / left
        });
        let rooms = self.room.iter().map(|&room| i128::from(room)).chain([together.sum()]);
        let mut bounds = self.bounds.iter().zip(rooms);
        bounds.all(|(bound, room)| self.at_most(bound, room, next) > i128::from(floor))
    }

    fn at_most(&self, bound: &Fractional, mut room: i128, next: usize) -> i128 {
        let mut sum = i128::from(self.value);
        for &place in bound.places.iter().filter(|&&place| place >= next) {
            let Some(&item) = self.order.get(place) else { continue };
            let Some(it) = self.one.items.get(item) else { continue };
            let taken = self.counts.get(item).copied().unwrap_or(0);
            let more = i128::from(it.most.saturating_sub(taken));
            let value = i128::from(self.value_of(item));
            let size = i128::from(bound.sizes.get(item).copied().unwrap_or(0));
            let whole = room.checked_div(size).map_or(more, |whole| whole.min(more));
            sum += value * whole;
            room -= size * whole;
            if whole < more {
                return sum + (value * room).checked_div(size).unwrap_or(0);
            }
        }
        sum
    }
}

/// The parts that sizes are of what is left, added up and rounded down.
fn part(sizes: &[i64], left: &[i64]) -> i64 {
    let part = |(&size, &left): (&i64, &i64)| i128::from(size) * WHOLE / i128::from(left.max(1));
    i64::try_from(sizes.iter().zip(left).map(part).sum::<i128>()).unwrap_or(i64::MAX)
}
