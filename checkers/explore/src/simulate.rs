//! Random runs from a seed.

use crate::bfs::{Progress, too_many};
use crate::limits::{Budget, Stop};
use crate::space::{Outcome, Space};
use crate::tally::{Tally, evaluate};
use crate::visited::Visited;
use crate::{Protocol, Refusal};
use rand_pcg::Pcg64Mcg;
use rand_pcg::rand_core::{Rng, SeedableRng};

/// States a run, if no limit on depth says otherwise.
const DEFAULT_DEPTH: u64 = 100;

/// What random runs found. Each run is its ordinals, numbered as the tally refers to it.
pub(crate) struct Sample {
    pub(crate) stop: Stop,
    pub(crate) tally: Tally,
    pub(crate) visited: Visited,
    pub(crate) distinct: u64,
    pub(crate) deepest: u64,
    /// The runs to what was found first, by the number that stands for it.
    pub(crate) runs: Vec<Vec<u16>>,
    check_deadlock: bool,
    /// The packed form of the state at hand.
    packed: Vec<u8>,
}

/// Takes `runs` random runs. The same seed takes the same runs.
pub(crate) fn simulate<P: Protocol>(
    space: &Space<'_, P>,
    budget: &Budget,
    (seed, runs): (u64, u64),
    (tolerated, check_deadlock): (u64, bool),
    progress: &mut dyn FnMut(Progress),
) -> Result<Sample, Refusal> {
    let tally = Tally::new(space.protocol.classes().len(), space.properties.len());
    let mut sample = Sample {
        stop: Stop::Sampled,
        tally,
        visited: Visited::new(),
        distinct: 0,
        deepest: 0,
        runs: Vec::new(),
        check_deadlock,
        packed: Vec::new(),
    };
    let mut random = Pcg64Mcg::seed_from_u64(seed);
    for _ in 0..runs {
        sample.run(space, budget.limits.depth.unwrap_or(DEFAULT_DEPTH), &mut random)?;
        if sample.tally.violations(&space.properties) > tolerated {
            sample.stop = Stop::Violation;
            break;
        }
        let bytes = sample.visited.bytes_after(1024);
        let spent = budget.spent(sample.distinct, 0).filter(|stop| *stop != Stop::Depth);
        if let Some(stop) = spent.or_else(|| budget.out_of_memory(bytes).then_some(Stop::Memory)) {
            sample.stop = stop;
            break;
        }
        let (depth, generated) = (sample.deepest, sample.tally.generated);
        progress(Progress { depth, generated, distinct: sample.distinct, queue: 0 });
    }
    Ok(sample)
}

impl Sample {
    fn run<P: Protocol>(
        &mut self,
        space: &Space<'_, P>,
        depth: u64,
        random: &mut Pcg64Mcg,
    ) -> Result<(), Refusal> {
        let initial = space.initial();
        let Some(choice) = choose(random, initial.len()) else { return Ok(()) };
        let mut run = vec![u16::try_from(choice).map_err(|_| too_many("initial states"))?];
        let Some(state) = initial.into_iter().nth(choice) else { return Ok(()) };
        let mut state = space.normalise(state);
        self.tally.generated += 1;
        let mut new = self.look(space, &state, &run, None);
        let mut actions = Vec::new();
        loop {
            let last = run.len() as u64 >= depth;
            let asked = new && self.check_deadlock;
            if last && !asked {
                break;
            }
            actions.clear();
            space.protocol.enabled(&state, &mut actions);
            let (successors, lives) = self.successors(space, &state, &actions);
            if asked && !lives && !space.protocol.may_stop(&state) {
                let number = self.keep(&run);
                self.tally.deadlocks.add(number);
            }
            if last {
                break;
            }
            let Some(choice) = choose(random, successors.len()) else { break };
            let Some((ordinal, next)) = successors.into_iter().nth(choice) else { break };
            run.push(u16::try_from(ordinal).map_err(|_| too_many("actions enabled in one state"))?);
            state = space.normalise(next);
            let class = actions.get(ordinal).map(|action| space.protocol.class_of(action));
            self.tally.generated += 1;
            new = self.look(space, &state, &run, class);
        }
        self.deepest = self.deepest.max(run.len() as u64);
        Ok(())
    }

    /// The states that can be next, and whether any step is possible: one that a bound cuts is.
    fn successors<P: Protocol>(
        &mut self,
        space: &Space<'_, P>,
        state: &P::State,
        actions: &[P::Action],
    ) -> (Vec<(usize, P::State)>, bool) {
        let mut successors = Vec::with_capacity(actions.len());
        let mut lives = false;
        for (ordinal, action) in actions.iter().enumerate() {
            let step = space.step(state, action);
            lives |= step.is_some();
            match step {
                None => {}
                Some(Outcome::Bounded(bound)) => {
                    self.tally.bounded(space.protocol.class_of(action), bound);
                }
                Some(Outcome::Outside) => self.tally.outside += 1,
                Some(Outcome::To(next)) => successors.push((ordinal, next)),
            }
        }
        (successors, lives)
    }

    /// Keeps a run, and says by which number.
    fn keep(&mut self, run: &[u16]) -> u32 {
        self.runs.push(run.to_vec());
        u32::try_from(self.runs.len().saturating_sub(1)).unwrap_or(u32::MAX)
    }

    /// Looks at the state that a run has come to, and says whether it is a new one.
    fn look<P: Protocol>(
        &mut self,
        space: &Space<'_, P>,
        state: &P::State,
        run: &[u16],
        class: Option<usize>,
    ) -> bool {
        let new = self.visited.insert(space.pack(state, &mut self.packed));
        self.distinct += u64::from(new);
        if let Some(class) = class {
            self.tally.class(class, |count| {
                count.generated += 1;
                count.distinct += u64::from(new);
            });
        }
        if new {
            let marks = evaluate(space.protocol, &space.properties, state);
            let number = if marks.found == 0 { 0 } else { self.keep(run) };
            self.tally.record(number, marks);
        }
        new
    }
}

/// A number below `count`; `None` if there is none.
fn choose(random: &mut Pcg64Mcg, count: usize) -> Option<usize> {
    let wide = u128::from(random.next_u64()) * count as u128;
    (count > 0).then(|| usize::try_from(wide >> 64).unwrap_or_default())
}
