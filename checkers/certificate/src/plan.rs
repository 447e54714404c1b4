//! A plan, replayed step by step.
//!
//! A plan is *feasible* if each of its steps is, and if in the end budgets, move limit and gangs
//! are respected. A placement is *reachable* if a feasible plan leads to it: bounds are about all
//! reachable placements.
//!
//! * Not [`crate::Question::live`]: all evictions come first, then the bindings. A pod is evicted
//!   at most once and bound at most once, and not to the node that it was evicted from.
//! * Live: pods move or are bound, each at most once, in any order; none is evicted, and every pod
//!   that ran goes on running.
//! * Fixed pods are left alone.

use crate::{Filter, Filters, Gang, Instance, Objective, State, Step};

/// Why a plan is not feasible.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// A step is about something that does not exist.
    #[error("step {step} names a pod or a node that does not exist")]
    Unknown {
        /// Which step, from 0.
        step: usize,
    },
    /// A step may not be at its place in the plan.
    #[error("step {step} {problem}")]
    Order {
        /// Which step, from 0.
        step: usize,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A filter refuses a binding or a move.
    #[error("step {step} is refused: {filter}")]
    Refused {
        /// Which step, from 0.
        step: usize,
        /// By which filter.
        filter: Filter,
    },
    /// More pods of a budget are taken from their nodes than it allows.
    #[error("budget {budget} allows {allowed} pods to be taken from their nodes, not {taken}")]
    Budget {
        /// Which budget, by index.
        budget: usize,
        /// How many pods it allows.
        allowed: u32,
        /// How many are taken.
        taken: u64,
    },
    /// More pods are taken from their nodes than the move limit allows.
    #[error("the move limit is {limit} pods, not {taken}")]
    MoveLimit {
        /// How many pods it allows.
        limit: u32,
        /// How many are taken.
        taken: u64,
    },
    /// Some of a gang run, but fewer than its minimum.
    #[error("of gang {gang}, {running} pods run, fewer than its minimum")]
    Gang {
        /// Which gang, by index.
        gang: usize,
        /// How many of its pods run.
        running: u64,
    },
    /// A gang that has to stay in one domain does not.
    #[error("gang {gang} does not run in one domain of its topology")]
    GangApart {
        /// Which gang, by index.
        gang: usize,
    },
    /// A pod that has to go on running does not.
    #[error("pod {pod} does not go on running")]
    Stopped {
        /// Which pod, by index.
        pod: u32,
    },
}

/// What a feasible plan leads to.
#[derive(Clone, Debug)]
pub struct Outcome<'a> {
    /// Where every pod runs in the end.
    pub state: State<'a>,
    /// For each of [`Instance::priorities`], the pods of this priority and above that run.
    pub placed: Vec<u64>,
    /// Pods that ran and do not any more count 1, those that run elsewhere 2.
    pub disruption: u64,
    /// The fragments that are left, with [`Objective::Fragments`].
    pub fragments: Option<u64>,
}

/// Carries out a plan from the state of the instance now.
///
/// The time is linear in the steps, the constraints of their pods, and the size of the instance.
pub fn replay<'a>(filters: &'a Filters<'a>, plan: &[Step]) -> Result<Outcome<'a>, PlanError> {
    let mut replay = Replay::new(filters);
    for (at, &step) in plan.iter().enumerate() {
        replay.step(at, step)?;
    }
    let state = replay.state;
    check_end(&state)?;
    Ok(Outcome {
        placed: placed(&state),
        disruption: disruption(&state),
        fragments: fragments(&state),
        state,
    })
}

struct Replay<'a> {
    state: State<'a>,
    /// Whether a binding or a move has been.
    binding: bool,
    /// Which pods have been bound or moved.
    arrived: Vec<bool>,
}

impl<'a> Replay<'a> {
    fn new(filters: &'a Filters<'a>) -> Self {
        let state = State::now(filters);
        let arrived = vec![false; filters.instance().pods.len()];
        Self { state, binding: false, arrived }
    }

    fn step(&mut self, at: usize, step: Step) -> Result<(), PlanError> {
        let (Step::Evict(pod) | Step::Bind(pod, _) | Step::Move(pod, _)) = step;
        let instance = self.state.instance();
        let live = instance.question.live;
        let order = |problem| Err(PlanError::Order { step: at, problem });
        let Some(known) = instance.pods.get(pod as usize) else {
            return Err(PlanError::Unknown { step: at });
        };
        if known.fixed {
            return order("touches a fixed pod");
        }
        match step {
            Step::Evict(_) if live => order("evicts, though all moves are to be alive"),
            Step::Evict(_) if self.binding => order("evicts after something was bound"),
            Step::Evict(_) => match self.state.evict(pod) {
                Some(_) => Ok(()),
                None => order("evicts a pod that does not run"),
            },
            Step::Move(..) if !live => order("moves a pod alive, which is not asked for"),
            Step::Move(_, to) => match self.state.node_of(pod) {
                None => order("moves a pod that does not run"),
                Some(from) if from == to => order("moves a pod to the node that it runs on"),
                Some(_) => {
                    self.state.evict(pod);
                    self.arrive(at, pod, to)
                }
            },
            Step::Bind(..) if self.state.node_of(pod).is_some() => order("binds a pod that runs"),
            Step::Bind(_, to) if known.node == Some(to) => {
                order("binds a pod to the node that it was evicted from")
            }
            Step::Bind(_, to) => self.arrive(at, pod, to),
        }
    }

    fn arrive(&mut self, at: usize, pod: u32, node: u32) -> Result<(), PlanError> {
        if node as usize >= self.state.instance().nodes.len() {
            return Err(PlanError::Unknown { step: at });
        }
        self.binding = true;
        match self.arrived.get_mut(pod as usize) {
            Some(arrived @ false) => *arrived = true,
            _ => return Err(PlanError::Order { step: at, problem: "binds or moves a pod again" }),
        }
        self.state.admits(pod, node).map_err(|filter| PlanError::Refused { step: at, filter })?;
        self.state.bind(pod, node);
        Ok(())
    }
}

/// Whether every pod that runs has to go on running.
pub(crate) fn keeps_running(instance: &Instance) -> bool {
    instance.question.live || matches!(instance.question.objective, Objective::Fragments { .. })
}

/// Whether a pod ran and has been taken from its node.
fn taken(state: &State<'_>, pod: u32) -> bool {
    let before = state.instance().pods.get(pod as usize).and_then(|pod| pod.node);
    before.is_some() && before != state.node_of(pod)
}

/// What holds of every reachable placement, however it is reached.
fn check_end(state: &State<'_>) -> Result<(), PlanError> {
    let instance = state.instance();
    for (budget, it) in instance.budgets.iter().enumerate() {
        let taken = it.pods.iter().filter(|&pod| taken(state, pod)).count() as u64;
        if taken > u64::from(it.allowed) {
            return Err(PlanError::Budget { budget, allowed: it.allowed, taken });
        }
    }
    if let Some(limit) = instance.question.move_limit {
        let taken = instance.numbered_pods().filter(|&(pod, _)| taken(state, pod)).count() as u64;
        if taken > u64::from(limit) {
            return Err(PlanError::MoveLimit { limit, taken });
        }
    }
    for (at, gang) in instance.gangs.iter().enumerate() {
        check_gang(state, at, gang)?;
    }
    if keeps_running(instance) {
        let stopped =
            |&(pod, it): &(u32, &crate::Pod)| it.node.is_some() && state.node_of(pod).is_none();
        if let Some((pod, _)) = instance.numbered_pods().find(stopped) {
            return Err(PlanError::Stopped { pod });
        }
    }
    Ok(())
}

fn check_gang(state: &State<'_>, at: usize, gang: &Gang) -> Result<(), PlanError> {
    let nodes: Vec<u32> = gang.pods.iter().filter_map(|pod| state.node_of(pod)).collect();
    let running = nodes.len() as u64;
    if running > 0 && running < u64::from(gang.minimum) {
        return Err(PlanError::Gang { gang: at, running });
    }
    let Some(topology) = gang.within else { return Ok(()) };
    let mut domains = nodes.iter().map(|&node| state.instance().domain(topology, node));
    let together = match domains.next() {
        None => true,
        Some(first) => first.is_some() && domains.all(|domain| domain == first),
    };
    together.then_some(()).ok_or(PlanError::GangApart { gang: at })
}

fn placed(state: &State<'_>) -> Vec<u64> {
    let instance = state.instance();
    let tiers = instance.priorities();
    let mut placed = vec![0; tiers.len()];
    for (pod, it) in instance.numbered_pods() {
        let Some(shape) = instance.shape_of(it) else { continue };
        if state.node_of(pod).is_some() {
            let tier = tiers.partition_point(|&priority| priority > shape.priority);
            placed.get_mut(tier).into_iter().for_each(|count| *count += 1);
        }
    }
    let mut sum = 0;
    for count in &mut placed {
        sum += *count;
        *count = sum;
    }
    placed
}

fn disruption(state: &State<'_>) -> u64 {
    let cost = |pod| match (taken(state, pod), state.node_of(pod)) {
        (false, _) => 0,
        (true, None) => 1,
        (true, Some(_)) => 2,
    };
    state.instance().numbered_pods().map(|(pod, _)| cost(pod)).sum()
}

/// The fragments in a state, with [`Objective::Fragments`]: what is free of the resource modulo the
/// unit, summed over the nodes.
pub fn fragments(state: &State<'_>) -> Option<u64> {
    let Objective::Fragments { resource, unit } = state.instance().question.objective else {
        return None;
    };
    let nodes = (0_u32..).zip(&state.instance().nodes);
    let of = |node| state.free(node, resource).checked_rem(unit).unwrap_or(0);
    Some(nodes.map(|(node, _)| of(node)).fold(0, u64::saturating_add))
}
