//! Breadth-first search, level by level.
//!
//! A batch of chunks is expanded in parallel against a visited set that nobody writes; then the
//! new fingerprints are inserted, each shard by one worker and in the order of their generation;
//! then the new states are numbered in that order. No step depends on which worker does what, so
//! that any number of workers finds the same states in the same order, by the same parents, and
//! the first violation is one of the shallowest.

use crate::frontier::{Frontier, Packed};
use crate::limits::{Budget, Stop};
use crate::space::{Outcome, Space};
use crate::tally::{Marks, Tally, evaluate};
use crate::visited::{NO_PARENT, Origins, Visited};
use crate::{Protocol, Refusal, verify_declarations};
use rayon::prelude::*;

/// Chunks a batch: enough to keep many workers busy, few enough to hold all their successors.
/// The same for any number of workers, since a run may stop only between batches.
const BATCH: usize = 64;

/// About one in so many new states is compared with its representative in builds without debug
/// assertions (in others, all are).
const SYMMETRY_SAMPLE: u32 = 64;

/// One in so many expanded states has its actions held against their declarations, in builds
/// with debug assertions.
const DECLARATION_SAMPLE: u32 = 16;

/// What a run reports while it goes on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Levels entered; the initial states are level 1.
    pub depth: u64,
    /// Successors generated.
    pub generated: u64,
    /// Distinct states.
    pub distinct: u64,
    /// States that wait to be expanded.
    pub queue: u64,
}

/// A breadth-first search between two batches.
#[derive(Debug)]
pub(crate) struct Search<'s, 'p, P: Protocol> {
    pub(crate) space: &'s Space<'p, P>,
    pub(crate) visited: Visited,
    pub(crate) origins: Origins,
    /// What is left of the level that is being expanded.
    pub(crate) level: Frontier,
    /// What was found of the next one.
    pub(crate) next: Frontier,
    /// Levels entered.
    pub(crate) depth: u64,
    pub(crate) tally: Tally,
    /// The most bytes that the frontier held, and the states in it then.
    pub(crate) widest: (u64, u64),
    check_deadlock: bool,
    /// What the chunks of the last batch generated: the next one takes over the room.
    expansions: Vec<Expansion>,
}

/// What the expansion of one chunk generated: successors that were not visited before it.
#[derive(Debug, Default)]
struct Expansion {
    parents: Vec<u32>,
    ordinals: Vec<u16>,
    classes: Vec<u16>,
    fingerprints: Vec<u64>,
    states: Packed,
    /// Which of the successors proved to be new.
    new: Vec<bool>,
    /// What was found, as `(position, bits)`.
    found: Vec<(u32, u64)>,
    deadlocks: Vec<u32>,
    tally: Tally,
    /// The packed form of the state at hand.
    packed: Vec<u8>,
}

impl<'s, 'p, P: Protocol> Search<'s, 'p, P> {
    /// A search that has seen the initial states.
    pub(crate) fn new(space: &'s Space<'p, P>, check_deadlock: bool) -> Result<Self, Refusal> {
        let tally = Tally::new(space.protocol.classes().len(), space.properties.len());
        let mut search = Self {
            space,
            visited: Visited::new(),
            origins: Origins::default(),
            level: Frontier::default(),
            next: Frontier::default(),
            depth: 1,
            tally,
            widest: (0, 0),
            check_deadlock,
            expansions: Vec::new(),
        };
        let mut packed = Vec::new();
        for (ordinal, state) in space.initial().iter().enumerate() {
            search.tally.generated += 1;
            if search.visited.insert(space.pack(state, &mut packed)) {
                let index = search.number()?;
                let ordinal = u16::try_from(ordinal).map_err(|_| too_many("initial states"))?;
                search.origins.push(NO_PARENT, ordinal);
                let marks = evaluate(space.protocol, &space.properties, state);
                search.tally.record(index, marks);
                search.level.push(&packed);
            }
        }
        search.level.seal();
        search.next = Frontier::starting_at(search.number()?);
        Ok(search)
    }

    /// The number that the next new state gets.
    fn number(&self) -> Result<u32, Refusal> {
        u32::try_from(self.origins.len())
            .ok()
            .filter(|&number| number < NO_PARENT)
            .ok_or_else(|| too_many("distinct states"))
    }

    /// Distinct states so far.
    pub(crate) fn distinct(&self) -> u64 {
        self.origins.len() as u64
    }

    /// Bytes that the search holds.
    pub(crate) fn bytes(&self) -> u64 {
        self.visited.bytes() + self.origins.bytes() + self.level.bytes() + self.next.bytes()
    }

    /// Where the search stands.
    pub(crate) fn progress(&self) -> Progress {
        Progress {
            depth: self.depth,
            generated: self.tally.generated,
            distinct: self.distinct(),
            queue: self.level.states() + self.next.states(),
        }
    }

    /// Explores until all is explored, a limit is reached, or more than `tolerated` violations
    /// were found.
    pub(crate) fn run(
        &mut self,
        budget: &Budget,
        tolerated: u64,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Stop, Refusal> {
        let mut batch_bytes = 0;
        loop {
            if self.tally.violations(&self.space.properties) > tolerated {
                return Ok(Stop::Violation);
            }
            if self.level.is_empty() && !self.enter_next_level() {
                return Ok(Stop::Complete);
            }
            if let Some(stop) = budget.spent(self.distinct(), self.depth) {
                return Ok(stop);
            }
            let growth = self.visited.bytes_after(BATCH * crate::frontier::CHUNK * 4);
            let growth = growth.saturating_sub(self.visited.bytes());
            if budget.out_of_memory(self.bytes() + growth + 2 * batch_bytes) {
                return Ok(Stop::Memory);
            }
            batch_bytes = self.batch()?;
            let held =
                (self.level.bytes() + self.next.bytes(), self.level.states() + self.next.states());
            self.widest = self.widest.max(held);
            progress(self.progress());
        }
    }

    /// Makes the next level the current one; `false` if there is none.
    fn enter_next_level(&mut self) -> bool {
        if self.next.is_empty() {
            return false;
        }
        self.next.seal();
        let first = u32::try_from(self.origins.len()).unwrap_or(NO_PARENT);
        self.level = std::mem::replace(&mut self.next, Frontier::starting_at(first));
        self.depth += 1;
        true
    }

    /// Expands the next batch of the level; the bytes that its successors took.
    fn batch(&mut self) -> Result<u64, Refusal> {
        let chunks = self.level.take(BATCH);
        let mut expansions = std::mem::take(&mut self.expansions);
        expansions.resize_with(chunks.len(), Expansion::default);
        let shared: &Self = self;
        let expanded: Vec<Result<(), Refusal>> = chunks
            .par_iter()
            .zip(&mut expansions)
            .map(|((first, chunk), expansion)| shared.expand(*first, chunk, expansion))
            .collect();
        expanded.into_iter().collect::<Result<(), _>>()?;
        insert(&mut self.visited, &mut expansions);
        let mut bytes = 0;
        for expansion in &expansions {
            self.accept(expansion)?;
            bytes += expansion.bytes();
        }
        self.expansions = expansions;
        Ok(bytes)
    }

    /// Expands the states of one chunk, of which the first has the number `first`.
    fn expand(&self, first: u32, chunk: &Packed, expansion: &mut Expansion) -> Result<(), Refusal> {
        let protocol = self.space.protocol;
        expansion.clear(self.tally.classes.len());
        let (mut actions, mut room) = (Vec::new(), None);
        for (index, bytes) in (first..).zip(chunk.iter()) {
            let state = self.space.unpack(bytes)?;
            let next = room.get_or_insert_with(|| state.clone());
            if cfg!(debug_assertions) && index.is_multiple_of(DECLARATION_SAMPLE) {
                verify_declarations(protocol, &state)?;
            }
            actions.clear();
            protocol.enabled(&state, &mut actions);
            if actions.len() > usize::from(u16::MAX) {
                return Err(too_many("actions enabled in one state"));
            }
            let mut lives = false;
            for (ordinal, action) in (0_u16..).zip(&actions) {
                lives |= self.follow(&state, action, (index, ordinal), next, expansion)?;
            }
            if self.check_deadlock && !lives && !protocol.may_stop(&state) {
                expansion.deadlocks.push(index);
            }
        }
        Ok(())
    }

    /// Generates one successor, in the room of `next`; `true` if there is one, even behind a bound.
    #[inline]
    fn follow(
        &self,
        state: &P::State,
        action: &P::Action,
        (index, ordinal): (u32, u16),
        next: &mut P::State,
        expansion: &mut Expansion,
    ) -> Result<bool, Refusal> {
        let outcome = self.space.step_into(state, action, next);
        let Some(outcome) = outcome else { return Ok(false) };
        let class = self.space.protocol.class_of(action);
        match outcome {
            Outcome::Bounded(bound) => expansion.tally.bounded(class, bound),
            Outcome::Outside => expansion.tally.outside += 1,
            Outcome::To(()) => {
                expansion.tally.generated += 1;
                expansion.tally.class(class, |count| count.generated += 1);
                self.offer(next, (index, ordinal, class), expansion)?;
            }
        }
        Ok(true)
    }

    /// Keeps a successor unless it was visited before this batch.
    #[inline]
    fn offer(
        &self,
        next: &P::State,
        (parent, ordinal, class): (u32, u16, usize),
        expansion: &mut Expansion,
    ) -> Result<(), Refusal> {
        let space = self.space;
        let fingerprint = space.pack(next, &mut expansion.packed);
        if self.visited.contains(fingerprint) {
            return Ok(());
        }
        let sampled =
            cfg!(debug_assertions) || (parent ^ u32::from(ordinal)).is_multiple_of(SYMMETRY_SAMPLE);
        if space.is_symmetric() && sampled {
            space.check_symmetry(next, &space.unpack(&expansion.packed)?)?;
        }
        // Properties are invariant under the symmetry and read nothing that is hidden.
        let Marks { found, relevant } = evaluate(space.protocol, &space.properties, next);
        expansion.tally.relevant |= relevant;
        if found != 0 {
            expansion
                .found
                .push((u32::try_from(expansion.fingerprints.len()).unwrap_or(u32::MAX), found));
        }
        expansion.parents.push(parent);
        expansion.ordinals.push(ordinal);
        expansion.classes.push(u16::try_from(class).unwrap_or(u16::MAX));
        expansion.fingerprints.push(fingerprint);
        expansion.states.push(&expansion.packed);
        Ok(())
    }

    /// Numbers the states of an expansion that proved to be new.
    fn accept(&mut self, expansion: &Expansion) -> Result<(), Refusal> {
        self.tally.add(&expansion.tally);
        for &deadlock in &expansion.deadlocks {
            self.tally.deadlocks.add(deadlock);
        }
        let mut found = expansion.found.iter().peekable();
        let origins = expansion.parents.iter().zip(&expansion.ordinals).zip(&expansion.classes);
        let states = origins.zip(expansion.states.iter()).zip(&expansion.new);
        for (position, ((((parent, ordinal), class), state), new)) in (0_u32..).zip(states) {
            let marks = found.next_if(|(at, _)| *at == position).map_or(0, |(_, marks)| *marks);
            if *new {
                let index = self.number()?;
                self.origins.push(*parent, *ordinal);
                self.tally.class(usize::from(*class), |count| count.distinct += 1);
                self.tally.record(index, Marks { found: marks, relevant: 0 });
                self.next.push(state);
            }
        }
        Ok(())
    }
}

impl Expansion {
    /// Forgets what is in it, and keeps the room.
    fn clear(&mut self, classes: usize) {
        let Self { parents, ordinals, classes: taken, fingerprints, new, .. } = self;
        parents.clear();
        ordinals.clear();
        taken.clear();
        fingerprints.clear();
        new.clear();
        self.states.clear();
        self.found.clear();
        self.deadlocks.clear();
        self.tally = Tally::new(classes, 0);
    }

    fn bytes(&self) -> u64 {
        self.fingerprints.capacity() as u64 * 17 + self.states.bytes()
    }
}

/// Inserts all generated fingerprints, each shard by one worker; notes which were new.
fn insert(visited: &mut Visited, expansions: &mut [Expansion]) {
    let generated: &[Expansion] = expansions;
    let new_by_shard: Vec<Vec<(usize, usize)>> = visited
        .shards_mut()
        .par_iter_mut()
        .enumerate()
        .map(|(number, shard)| {
            let mut new = Vec::new();
            for (chunk, expansion) in generated.iter().enumerate() {
                for (position, &fingerprint) in expansion.fingerprints.iter().enumerate() {
                    if Visited::shard_of(fingerprint) == number && shard.insert(fingerprint) {
                        new.push((chunk, position));
                    }
                }
            }
            new
        })
        .collect();
    for expansion in &mut *expansions {
        expansion.new.resize(expansion.fingerprints.len(), false);
    }
    for (chunk, position) in new_by_shard.into_iter().flatten() {
        let expansion = expansions.get_mut(chunk);
        if let Some(new) = expansion.and_then(|expansion| expansion.new.get_mut(position)) {
            *new = true;
        }
    }
}

pub(crate) fn too_many(what: &str) -> Refusal {
    Refusal::new(format!("too many {what} to number"))
}

#[cfg(test)]
mod tests;
