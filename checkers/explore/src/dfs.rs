//! Depth-first search: one path in memory, counterexamples of any length.

use crate::bfs::{Progress, too_many};
use crate::limits::{Budget, Stop};
use crate::space::{Outcome, Space};
use crate::tally::{Tally, evaluate};
use crate::visited::{NO_PARENT, Origins, Visited};
use crate::{Protocol, Refusal};

/// A depth-first search.
pub(crate) struct DepthFirst<'s, 'p, P: Protocol> {
    space: &'s Space<'p, P>,
    pub(crate) visited: Visited,
    pub(crate) origins: Origins,
    pub(crate) tally: Tally,
    /// The most states on one path.
    pub(crate) deepest: u64,
    check_deadlock: bool,
    /// The packed form of the state at hand.
    packed: Vec<u8>,
}

/// A state on the current path.
struct Frame<P: stateright::Model> {
    number: u32,
    state: P::State,
    actions: Vec<P::Action>,
    next: usize,
    lives: bool,
}

impl<'s, 'p, P: Protocol> DepthFirst<'s, 'p, P> {
    pub(crate) fn new(space: &'s Space<'p, P>, check_deadlock: bool) -> Self {
        let tally = Tally::new(space.protocol.classes().len(), space.properties.len());
        let (visited, origins) = (Visited::new(), Origins::default());
        Self { space, visited, origins, tally, deepest: 0, check_deadlock, packed: Vec::new() }
    }

    /// Explores until all is explored, a limit is reached, or more than `tolerated` violations
    /// were found. A limit on depth cuts paths, and ends the search once all others are done.
    pub(crate) fn run(
        &mut self,
        budget: &Budget,
        tolerated: u64,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Stop, Refusal> {
        let mut cut = false;
        for (ordinal, state) in self.space.initial().into_iter().enumerate() {
            let ordinal = u16::try_from(ordinal).map_err(|_| too_many("initial states"))?;
            self.tally.generated += 1;
            let mut path: Vec<Frame<P>> =
                self.arrive(state, NO_PARENT, ordinal, None)?.into_iter().collect();
            let mut steps = 0_u64;
            while !path.is_empty() {
                self.deepest = self.deepest.max(path.len() as u64);
                steps += 1;
                if self.tally.violations(&self.space.properties) > tolerated {
                    return Ok(Stop::Violation);
                }
                if steps.is_multiple_of(1024)
                    && let Some(stop) = self.spent(budget, &path, progress)
                {
                    return Ok(stop);
                }
                let room = budget.limits.depth.is_none_or(|limit| (path.len() as u64) < limit);
                cut |= self.advance(&mut path, room)?;
            }
        }
        let stop = if self.tally.violations(&self.space.properties) > tolerated {
            Stop::Violation
        } else {
            Stop::Complete
        };
        Ok(if cut && stop == Stop::Complete { Stop::Depth } else { stop })
    }

    fn spent(
        &self,
        budget: &Budget,
        path: &[Frame<P>],
        progress: &mut dyn FnMut(Progress),
    ) -> Option<Stop> {
        let (distinct, depth) = (self.origins.len() as u64, path.len() as u64);
        progress(Progress { depth, generated: self.tally.generated, distinct, queue: depth });
        let bytes = self.visited.bytes_after(1024) + self.origins.bytes();
        let spent = budget.spent(distinct, 0).filter(|stop| *stop != Stop::Depth);
        spent.or_else(|| budget.out_of_memory(bytes).then_some(Stop::Memory))
    }

    /// Takes the next action of the last state on the path, or leaves it. `true` if the limit on
    /// depth kept it from looking.
    fn advance(&mut self, path: &mut Vec<Frame<P>>, room: bool) -> Result<bool, Refusal> {
        let Some(frame) = path.last_mut() else { return Ok(false) };
        let Some(action) = frame.actions.get(frame.next).cloned() else {
            if self.check_deadlock && !frame.lives && !self.space.protocol.may_stop(&frame.state) {
                self.tally.deadlocks.add(frame.number);
            }
            path.pop();
            return Ok(false);
        };
        let ordinal =
            u16::try_from(frame.next).map_err(|_| too_many("actions enabled in one state"))?;
        frame.next += 1;
        let class = self.space.protocol.class_of(&action);
        match self.space.step(&frame.state, &action) {
            None => {}
            Some(Outcome::Bounded(bound)) => {
                frame.lives = true;
                self.tally.bounded(class, bound);
            }
            Some(Outcome::Outside) => {
                frame.lives = true;
                self.tally.outside += 1;
            }
            Some(Outcome::To(next)) => {
                frame.lives = true;
                if !room {
                    return Ok(true);
                }
                self.tally.generated += 1;
                self.tally.class(class, |count| count.generated += 1);
                let parent = frame.number;
                path.extend(self.arrive(next, parent, ordinal, Some(class))?);
            }
        }
        Ok(false)
    }

    /// Numbers what stands for a state and looks at it, unless it was visited.
    fn arrive(
        &mut self,
        state: P::State,
        parent: u32,
        ordinal: u16,
        class: Option<usize>,
    ) -> Result<Option<Frame<P>>, Refusal> {
        if !self.visited.insert(self.space.pack(&state, &mut self.packed)) {
            return Ok(None);
        }
        let state = self.space.normalise(state);
        let number = u32::try_from(self.origins.len()).map_err(|_| too_many("distinct states"))?;
        self.origins.push(parent, ordinal);
        if let Some(class) = class {
            self.tally.class(class, |count| count.distinct += 1);
        }
        let marks = evaluate(self.space.protocol, &self.space.properties, &state);
        self.tally.record(number, marks);
        let mut actions = Vec::new();
        self.space.protocol.enabled(&state, &mut actions);
        Ok(Some(Frame { number, state, actions, next: 0, lives: false }))
    }
}
