//! Simulated annealing over assignments of items to bins that may overflow.
//!
//! Which items are left out changes only within what is asked ([`Item::rank`]), so the counts per
//! tier stand still and what is annealed is the overflow alone: the sum over bins and resources of
//! what does not fit, as a share of the capacity. No overflow is a packing. Near full usage this
//! finds packings that no order of insertion leads to, because items change places two or three at
//! a time and the slack of all bins flows together.

use super::random::Random;

/// Where an item is that is in no bin.
pub(crate) const OUT: u32 = u32::MAX;

/// An item to be packed.
#[derive(Clone, Debug)]
pub(crate) struct Item<const R: usize> {
    /// What it takes, by resource.
    pub(crate) requests: [i64; R],
    /// The importance of its tier: an item may be left out in favour of one that is no less
    /// important.
    pub(crate) rank: u32,
    /// Items of one kind are alike: exchanging them changes nothing.
    pub(crate) kind: u32,
    /// The bin that it would rather not leave; [`OUT`] if it is in none now.
    pub(crate) home: u32,
}

impl<const R: usize> Item<R> {
    /// What it disturbs to have the item in a bin: 1 to leave it out, 2 to move it.
    fn disturbance(&self, bin: u32) -> u32 {
        if self.home == OUT || bin == self.home {
            0
        } else if bin == OUT {
            1
        } else {
            2
        }
    }
}

/// Items and bins.
#[derive(Clone, Debug)]
pub(crate) struct Packing<const R: usize> {
    /// The items.
    pub(crate) items: Vec<Item<R>>,
    /// What the bins hold, by resource.
    pub(crate) capacities: Vec<[i64; R]>,
    /// For each kind, whether it may be in each bin; empty if it may be in all of them.
    pub(crate) allowed: Vec<Vec<bool>>,
}

impl<const R: usize> Packing<R> {
    fn allows(&self, item: u32, bin: u32) -> bool {
        let kind = self.items.get(item as usize).map_or(0, |item| item.kind as usize);
        self.allowed
            .get(kind)
            .is_none_or(|bins| bins.is_empty() || bins.get(bin as usize).is_some_and(|&may| may))
    }
}

/// An assignment of the items of a packing, with the overflow of each bin.
#[derive(Clone, Debug)]
pub(crate) struct Annealing<'a, const R: usize> {
    packing: &'a Packing<R>,
    /// The bin of each item, or [`OUT`].
    bins: Vec<u32>,
    /// The position of each item in the list of its bin.
    positions: Vec<u32>,
    /// The items of each bin; the last list is of those in no bin.
    contents: Vec<Vec<u32>>,
    loads: Vec<[i64; R]>,
    overflows: Vec<f64>,
    /// The bins that overflow, and the place of each bin in this list.
    overflowing: Vec<u32>,
    listed: Vec<u32>,
    /// One over the capacity, by bin and resource.
    units: Vec<[f64; R]>,
    total: f64,
    /// What being disturbed once weighs against overflow.
    weight: f64,
}

/// How an annealing goes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Schedule {
    /// The temperature at the start and at the end, as a share of a bin.
    pub(crate) from: f64,
    pub(crate) to: f64,
    /// How many exchanges are tried.
    pub(crate) steps: u64,
}

impl<'a, const R: usize> Annealing<'a, R> {
    /// Starts from an assignment; what is not allowed in its bin is left out.
    pub(crate) fn new(packing: &'a Packing<R>, assignment: &[u32]) -> Self {
        let count = packing.capacities.len();
        let units = packing.capacities.iter().map(|capacity| capacity.map(unit)).collect();
        let mut start = Self {
            packing,
            bins: vec![OUT; packing.items.len()],
            positions: vec![0; packing.items.len()],
            contents: vec![Vec::new(); count + 1],
            loads: vec![[0; R]; count],
            overflows: vec![0.0; count],
            overflowing: Vec::new(),
            listed: vec![OUT; count],
            units,
            total: 0.0,
            weight: 0.0,
        };
        for (item, &bin) in (0_u32..).zip(assignment) {
            let bin = if bin != OUT && packing.allows(item, bin) { bin } else { OUT };
            start.insert(item, bin);
        }
        start.refresh();
        start
    }

    /// The bin of each item, or [`OUT`].
    pub(crate) fn assignment(&self) -> &[u32] {
        &self.bins
    }

    /// How much the assignment disturbs.
    pub(crate) fn disturbance(&self) -> u32 {
        self.packing.items.iter().zip(&self.bins).map(|(item, &bin)| item.disturbance(bin)).sum()
    }

    /// The items in no bin.
    pub(crate) fn left_out(&self) -> &[u32] {
        self.contents.last().map_or(&[], Vec::as_slice)
    }

    /// Puts an item that is in no bin where it overflows least.
    pub(crate) fn force(&mut self, item: u32) -> bool {
        let best = (0_u32..)
            .zip(&self.loads)
            .filter(|&(bin, _)| self.packing.allows(item, bin))
            .map(|(bin, load)| (self.overflow_of(bin, &plus(load, &self.requests(item))), bin))
            .min_by(|left, right| left.0.total_cmp(&right.0));
        let Some((_, bin)) = best else { return false };
        self.remove(item);
        self.insert(item, bin);
        self.refresh();
        true
    }

    /// Anneals until nothing overflows (then true), the steps are done, or it is told to stop,
    /// which it asks now and then.
    pub(crate) fn run(
        &mut self,
        schedule: Schedule,
        random: &mut Random,
        stop: &dyn Fn() -> bool,
    ) -> bool {
        const BATCH: u64 = 512;
        let batches = (schedule.steps / BATCH).max(1);
        let cooling = (schedule.to / schedule.from).powf(1.0 / batches as f64);
        let mut temperature = schedule.from;
        for batch in 0..batches {
            if batch % 16 == 0 && stop() {
                return false;
            }
            for _ in 0..BATCH {
                self.step(temperature, random);
            }
            if self.total < 1e-7 {
                self.refresh();
                if self.total <= 0.0 {
                    return true;
                }
            }
            temperature *= cooling;
        }
        false
    }

    /// Anneals with disturbance weighed against overflow, and returns the assignment without
    /// overflow that disturbed least, if that is less than given.
    pub(crate) fn calm(
        &mut self,
        schedule: Schedule,
        weight: f64,
        most: u32,
        random: &mut Random,
        stop: &dyn Fn() -> bool,
    ) -> Option<Vec<u32>> {
        const BATCH: u64 = 256;
        self.weight = weight;
        let batches = (schedule.steps / BATCH).max(1);
        let cooling = (schedule.to / schedule.from).powf(1.0 / batches as f64);
        let mut temperature = schedule.from;
        let mut best = (most, None);
        for batch in 0..batches {
            if batch % 16 == 0 && stop() {
                break;
            }
            for _ in 0..BATCH {
                self.step(temperature, random);
            }
            if self.overflowing.is_empty() && self.disturbance() < best.0 {
                best = (self.disturbance(), Some(self.bins.clone()));
            }
            temperature *= cooling;
        }
        self.weight = 0.0;
        best.1
    }

    fn step(&mut self, temperature: f64, random: &mut Random) {
        let choice = random.below(64);
        let budget = temperature * random.exponential();
        let Some(item) = self.pick(random) else { return };
        let bin = self.bin(item);
        if choice < 10 {
            let other = random.below(self.loads.len() as u32);
            self.try_exchange(&[item], bin, &[], other, budget);
            return;
        }
        let Some(second) = self.any(random) else { return };
        let other = self.bin(second);
        if other == bin {
            return;
        }
        if choice < 40 || other == OUT {
            self.try_exchange(&[item], bin, &[second], other, budget);
        } else if choice < 60 {
            let Some(third) = self.in_bin(other, random) else { return };
            if third != second {
                self.try_exchange(&[item], bin, &[second, third], other, budget);
            }
        } else {
            let (Some(third), Some(fourth)) =
                (self.in_bin(bin, random), self.in_bin(other, random))
            else {
                return;
            };
            if third != item && fourth != second {
                self.try_exchange(&[item, third], bin, &[second, fourth], other, budget);
            }
        }
    }

    /// An item in a bin; mostly in one that overflows, if there is one.
    fn pick(&self, random: &mut Random) -> Option<u32> {
        let focus = random.below(self.overflowing.len() as u32 * 2 + 2) as usize / 2;
        if random.below(4) > 0
            && let Some(&bin) = self.overflowing.get(focus)
            && let Some(item) = self.in_bin(bin, random)
        {
            return Some(item);
        }
        self.any(random).filter(|&item| self.bin(item) != OUT)
    }

    fn any(&self, random: &mut Random) -> Option<u32> {
        let count = self.bins.len() as u32;
        (count > 0).then(|| random.below(count))
    }

    fn in_bin(&self, bin: u32, random: &mut Random) -> Option<u32> {
        let list = self.contents.get(bin as usize)?;
        list.get(random.below(list.len() as u32) as usize).copied()
    }

    /// Exchanges items of one bin with items of another, if what overflows more is within budget.
    fn try_exchange(&mut self, ours: &[u32], bin: u32, theirs: &[u32], other: u32, budget: f64) {
        if bin == other || !self.may_exchange(ours, bin, theirs, other) {
            return;
        }
        let mut difference = [0_i64; R];
        for &item in ours {
            difference = minus(&difference, &self.requests(item));
        }
        for &item in theirs {
            difference = plus(&difference, &self.requests(item));
        }
        let here = self.overflow_with(bin, &difference);
        let there = self.overflow_with(other, &difference.map(|part| -part));
        let before = self.overflow_at(bin) + self.overflow_at(other);
        let disturbed = self.disturbed_by(ours, bin, other) + self.disturbed_by(theirs, other, bin);
        if here + there - before + self.weight * f64::from(disturbed) > budget {
            return;
        }
        for &item in ours.iter().chain(theirs) {
            let target = if self.bin(item) == bin { other } else { bin };
            self.remove(item);
            self.insert(item, target);
        }
        self.set_overflow(bin, here);
        self.set_overflow(other, there);
        self.total += here + there - before;
    }

    fn may_exchange(&self, ours: &[u32], bin: u32, theirs: &[u32], other: u32) -> bool {
        let kinds = |items: &[u32]| -> [u32; 2] {
            let mut kinds = [u32::MAX; 2];
            for (kind, &item) in kinds.iter_mut().zip(items) {
                *kind = self.packing.items.get(item as usize).map_or(0, |item| item.kind);
            }
            kinds
        };
        if kinds(ours) == kinds(theirs) {
            return false;
        }
        if other == OUT {
            // One for one, and what comes in is at least as important as what goes out.
            let rank = |items: &[u32]| {
                items
                    .first()
                    .and_then(|&item| self.packing.items.get(item as usize))
                    .map(|item| item.rank)
            };
            return theirs.len() == 1
                && rank(theirs) >= rank(ours)
                && theirs.iter().all(|&item| self.packing.allows(item, bin));
        }
        ours.iter().all(|&item| self.packing.allows(item, other))
            && theirs.iter().all(|&item| self.packing.allows(item, bin))
    }

    /// How much more is disturbed if items change from one bin to another.
    fn disturbed_by(&self, items: &[u32], from: u32, to: u32) -> i32 {
        if self.weight <= 0.0 {
            return 0;
        }
        let items = items.iter().filter_map(|&item| self.packing.items.get(item as usize));
        items.map(|item| item.disturbance(to) as i32 - item.disturbance(from) as i32).sum()
    }

    fn overflow_with(&self, bin: u32, difference: &[i64; R]) -> f64 {
        match self.loads.get(bin as usize) {
            Some(load) => self.overflow_of(bin, &plus(load, difference)),
            None => 0.0,
        }
    }

    fn overflow_of(&self, bin: u32, load: &[i64; R]) -> f64 {
        let capacity = self.packing.capacities.get(bin as usize);
        let (Some(capacity), Some(units)) = (capacity, self.units.get(bin as usize)) else {
            return 0.0;
        };
        let over =
            |((load, capacity), unit): ((&i64, &i64), &f64)| (load - capacity).max(0) as f64 * unit;
        load.iter().zip(capacity).zip(units).map(over).sum()
    }

    fn overflow_at(&self, bin: u32) -> f64 {
        self.overflows.get(bin as usize).copied().unwrap_or(0.0)
    }

    fn set_overflow(&mut self, bin: u32, overflow: f64) {
        let Some(slot) = self.overflows.get_mut(bin as usize) else { return };
        let was = std::mem::replace(slot, overflow);
        if (was > 0.0) == (overflow > 0.0) {
            return;
        }
        let Some(listed) = self.listed.get_mut(bin as usize) else { return };
        if overflow > 0.0 {
            *listed = self.overflowing.len() as u32;
            self.overflowing.push(bin);
            return;
        }
        let at = std::mem::replace(listed, OUT);
        self.overflowing.swap_remove(at as usize);
        if let Some(&moved) = self.overflowing.get(at as usize)
            && let Some(listed) = self.listed.get_mut(moved as usize)
        {
            *listed = at;
        }
    }

    /// Counts everything anew, which also drops what rounding has added up.
    fn refresh(&mut self) {
        self.total = 0.0;
        for bin in 0..self.loads.len() as u32 {
            let overflow = self.overflow_with(bin, &[0; R]);
            self.set_overflow(bin, overflow);
            self.total += overflow;
        }
    }

    fn bin(&self, item: u32) -> u32 {
        self.bins.get(item as usize).copied().unwrap_or(OUT)
    }

    fn requests(&self, item: u32) -> [i64; R] {
        self.packing.items.get(item as usize).map_or([0; R], |item| item.requests)
    }

    fn slot(&self, bin: u32) -> usize {
        (bin as usize).min(self.loads.len())
    }

    fn remove(&mut self, item: u32) {
        let bin = self.bin(item);
        let slot = self.slot(bin);
        let position = self.positions.get(item as usize).map_or(0, |&at| at as usize);
        let Some(list) = self.contents.get_mut(slot) else { return };
        if position >= list.len() {
            return;
        }
        list.swap_remove(position);
        if let Some(moved) = list.get(position)
            && let Some(at) = self.positions.get_mut(*moved as usize)
        {
            *at = position as u32;
        }
        let requests = self.requests(item);
        if let Some(load) = self.loads.get_mut(slot) {
            *load = minus(load, &requests);
        }
        if let Some(bin) = self.bins.get_mut(item as usize) {
            *bin = OUT;
        }
    }

    fn insert(&mut self, item: u32, bin: u32) {
        let slot = self.slot(bin);
        let requests = self.requests(item);
        let Some(list) = self.contents.get_mut(slot) else { return };
        if let Some(at) = self.positions.get_mut(item as usize) {
            *at = list.len() as u32;
        }
        list.push(item);
        if let Some(load) = self.loads.get_mut(slot) {
            *load = plus(load, &requests);
        }
        if let Some(own) = self.bins.get_mut(item as usize) {
            *own = bin;
        }
    }
}

fn unit(capacity: i64) -> f64 {
    1.0 / capacity.max(1) as f64
}

fn plus<const R: usize>(left: &[i64; R], right: &[i64; R]) -> [i64; R] {
    let mut sum = *left;
    for (part, &other) in sum.iter_mut().zip(right) {
        *part += other;
    }
    sum
}

fn minus<const R: usize>(left: &[i64; R], right: &[i64; R]) -> [i64; R] {
    let mut difference = *left;
    for (part, &other) in difference.iter_mut().zip(right) {
        *part -= other;
    }
    difference
}
