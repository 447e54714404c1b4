//! Checking a protocol's specification.

use crate::bfs::Search;
use crate::checkpoint::{self, Subject};
use crate::dfs::DepthFirst;
use crate::graph::StateGraph;
use crate::limits::Budget;
use crate::liveness::counterexample;
use crate::report::{Coverage, Engine};
use crate::run::{Path, concrete, concrete_lasso, follow};
use crate::simulate::simulate;
use crate::space::Space;
use crate::tally::{Found, Tally};
use crate::visited::{Origins, Visited};
use crate::{
    CheckReport, Decision, Kind, Limits, ModelId, Progress, Property, PropertyReport, Protocol,
    Refusal, Stop, Trace, collision_probability,
};
use seatrial_core::Bound;
use std::path::PathBuf;

/// How the state space is searched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Strategy {
    /// Breadth-first: the shortest counterexample.
    #[default]
    Bfs,
    /// Depth-first: little memory for the queue, long counterexamples.
    Dfs,
    /// Random runs.
    Simulate,
}

impl Strategy {
    /// The name that the command line and reports use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bfs => "bfs",
            Self::Dfs => "dfs",
            Self::Simulate => "simulate",
        }
    }
}

/// What a check is asked to do.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckOptions {
    /// Names of the properties to check; all if empty.
    pub properties: Vec<String>,
    /// How to search.
    pub strategy: Strategy,
    /// Whether to explore states up to symmetry.
    pub symmetry: bool,
    /// Variables to project out of the state.
    pub hide: Vec<String>,
    /// Worker threads of a breadth-first search.
    pub workers: usize,
    /// What the run may spend.
    pub limits: Limits,
    /// Whether a state without successor is a violation.
    pub deadlock: bool,
    /// How many violating states to count before the run stops.
    pub max_violations: u64,
    /// The seed of a simulation.
    pub seed: u64,
    /// The number of random runs, each as long as the limit on depth (or 100 states).
    pub runs: u64,
    /// Where to write the search if a limit ends it.
    pub checkpoint: Option<PathBuf>,
    /// A search to go on with.
    pub resume: Option<PathBuf>,
}

impl CheckOptions {
    /// Violations that do not end the run.
    fn tolerated(&self) -> u64 {
        self.max_violations.saturating_sub(1)
    }
}

impl Default for CheckOptions {
    fn default() -> Self {
        Self {
            properties: Vec::new(),
            strategy: Strategy::Bfs,
            symmetry: false,
            hide: Vec::new(),
            workers: 1,
            limits: Limits::default(),
            deadlock: false,
            max_violations: 1,
            seed: 0,
            runs: 1000,
            checkpoint: None,
            resume: None,
        }
    }
}

/// Checks `protocol`. The answer is exact up to the collision of fingerprints: `holds` only if
/// everything within the protocol's bounds was explored.
pub fn check<P: Protocol>(
    protocol: &P,
    model: &ModelId,
    options: &CheckOptions,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<CheckReport, Refusal> {
    let properties = selected(protocol, &options.properties)?;
    let space = Space::new(protocol, properties, options.symmetry, &options.hide)?;
    let budget = Budget::new(&options.limits);
    if options.strategy != Strategy::Bfs
        && (options.checkpoint.is_some() || options.resume.is_some())
    {
        return Err(Refusal::new("only a breadth-first search has checkpoints"));
    }
    if options.strategy != Strategy::Bfs && options.workers > 1 {
        return Err(Refusal::new("only a breadth-first search has several workers"));
    }
    match options.strategy {
        Strategy::Bfs => bfs(&space, model, options, &budget, progress),
        Strategy::Dfs => dfs(&space, model, options, &budget, progress),
        Strategy::Simulate => sample(&space, model, options, &budget, progress),
    }
}

/// The properties with these names; all if there are no names.
fn selected<P: Protocol>(protocol: &P, names: &[String]) -> Result<Vec<Property<P>>, Refusal> {
    let mut properties = protocol.specification();
    if let Some(name) =
        names.iter().find(|name| !properties.iter().any(|property| property.name == **name))
    {
        let known = properties.iter().map(|property| property.name.as_str());
        return Err(Refusal::unknown("property", name, known));
    }
    properties.retain(|property| names.is_empty() || names.contains(&property.name));
    Ok(properties)
}

fn bfs<P: Protocol>(
    space: &Space<'_, P>,
    model: &ModelId,
    options: &CheckOptions,
    budget: &Budget,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<CheckReport, Refusal> {
    let workers = rayon::ThreadPoolBuilder::new().num_threads(options.workers).build();
    let workers =
        workers.map_err(|error| Refusal::new(format!("workers cannot be started: {error}")))?;
    options.checkpoint.as_deref().map_or(Ok(()), checkpoint::probe)?;
    let mut search = Search::new(space, options.deadlock)?;
    let subject = Subject::new(model, space, &options.hide, options.deadlock);
    if let Some(path) = &options.resume {
        checkpoint::read(path, &subject, budget, &mut search)?;
    }
    let stop = workers.install(|| search.run(budget, options.tolerated(), progress))?;
    let limited = !matches!(stop, Stop::Complete | Stop::Violation);
    let saved = options.checkpoint.clone().filter(|_| limited);
    if let Some(path) = &saved {
        checkpoint::write(path, &subject, &search)?;
    }
    let explored = Explored {
        stop,
        tally: &search.tally,
        visited: &search.visited,
        origins: &search.origins,
        depth: search.depth + u64::from(!search.next.is_empty()),
        queue: search.progress().queue,
        widest: search.widest,
    };
    let report = conclude(space, (model, options), (budget, progress), &explored)?;
    Ok(CheckReport { checkpoint: saved, ..report })
}

fn dfs<P: Protocol>(
    space: &Space<'_, P>,
    model: &ModelId,
    options: &CheckOptions,
    budget: &Budget,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<CheckReport, Refusal> {
    let mut search = DepthFirst::new(space, options.deadlock);
    let stop = search.run(budget, options.tolerated(), progress)?;
    let explored = Explored {
        stop,
        tally: &search.tally,
        visited: &search.visited,
        origins: &search.origins,
        depth: search.deepest,
        queue: 0,
        widest: (0, 0),
    };
    conclude(space, (model, options), (budget, progress), &explored)
}

/// What a search that numbers its states leaves behind.
struct Explored<'o> {
    stop: Stop,
    tally: &'o Tally,
    visited: &'o Visited,
    origins: &'o Origins,
    depth: u64,
    queue: u64,
    widest: (u64, u64),
}

/// Decides liveness if the search saw all states, and reports.
fn conclude<P: Protocol>(
    space: &Space<'_, P>,
    (model, options): (&ModelId, &CheckOptions),
    (budget, progress): (&Budget, &mut (dyn FnMut(Progress) + Send)),
    explored: &Explored<'_>,
) -> Result<CheckReport, Refusal> {
    let &Explored { stop, tally, visited, origins, depth, queue, widest } = explored;
    let outcome = Outcome {
        stop,
        tally,
        distinct: origins.len() as u64,
        depth,
        queue,
        visited_bytes: visited.bytes() + origins.bytes(),
        widest,
        path: &|index| follow(space, &origins.path(index)),
    };
    let graph = graph_if_complete(space, budget, stop, progress)?;
    report(space, model, options, budget, &outcome, graph.as_ref())
}

fn sample<P: Protocol>(
    space: &Space<'_, P>,
    model: &ModelId,
    options: &CheckOptions,
    budget: &Budget,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<CheckReport, Refusal> {
    let drawn = (options.seed, options.runs);
    let sample = simulate(space, budget, drawn, (options.tolerated(), options.deadlock), progress)?;
    let outcome = Outcome {
        stop: sample.stop,
        tally: &sample.tally,
        distinct: sample.distinct,
        depth: sample.deepest,
        queue: 0,
        visited_bytes: sample.visited.bytes(),
        widest: (0, 0),
        path: &|number| follow(space, sample.runs.get(number as usize).map_or(&[], Vec::as_slice)),
    };
    report(space, model, options, budget, &outcome, None)
}

/// The graph on which liveness is decided, if there is something to decide and all states are
/// known to fit.
fn graph_if_complete<P: Protocol>(
    space: &Space<'_, P>,
    budget: &Budget,
    stop: Stop,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<Option<StateGraph<P>>, Refusal> {
    let wanted = space.properties.iter().any(|property| property.kind().is_liveness());
    if !wanted || stop != Stop::Complete {
        return Ok(None);
    }
    StateGraph::explore(space, budget, progress).map(Some)
}

/// What a search hands to its report.
pub(crate) struct Outcome<'o, S> {
    pub(crate) stop: Stop,
    pub(crate) tally: &'o Tally,
    pub(crate) distinct: u64,
    pub(crate) depth: u64,
    pub(crate) queue: u64,
    pub(crate) visited_bytes: u64,
    /// Bytes and states of the frontier when it was widest.
    pub(crate) widest: (u64, u64),
    /// The path to the state with a number.
    pub(crate) path: &'o dyn Fn(u32) -> Result<Path<S>, Refusal>,
}

fn report<P: Protocol>(
    space: &Space<'_, P>,
    model: &ModelId,
    options: &CheckOptions,
    budget: &Budget,
    outcome: &Outcome<'_, P::State>,
    graph: Option<&StateGraph<P>>,
) -> Result<CheckReport, Refusal> {
    let mut properties = Vec::new();
    for (index, property) in space.properties.iter().enumerate() {
        properties.push(match graph {
            Some(graph) if property.kind().is_liveness() => {
                decide_liveness(space, model, graph, (index, property))?
            }
            _ => decide(space, model, outcome, (index, property))?,
        });
    }
    if options.deadlock {
        properties.push(deadlock(space, model, outcome)?);
    }
    let decision = Decision::all(properties.iter().map(|property| &property.decision));
    let violated = properties.iter().find(|property| property.decision == Decision::violated());
    let trace = violated.and_then(|property| property.trace.clone());
    let coverage = coverage(space.protocol, outcome.tally);
    Ok(CheckReport {
        property: violated.map(|property| property.name.clone()),
        depth: trace.as_ref().map_or(outcome.depth, |trace| trace.depth() as u64),
        generated: outcome.tally.generated,
        distinct: outcome.distinct,
        diameter: outcome.depth,
        seconds: budget.elapsed().as_secs_f64(),
        bounds: bounds(model, options, outcome.tally),
        warnings: warnings(&coverage, &properties, outcome),
        coverage,
        trace,
        properties,
        stop: outcome.stop,
        queue: outcome.queue,
        checkpoint: None,
        engine: Engine { liveness: graph.map(StateGraph::cost), ..engine(options, outcome) },
        decision,
    })
}

/// The answer to one property that is decided state by state.
fn decide<P: Protocol>(
    space: &Space<'_, P>,
    model: &ModelId,
    outcome: &Outcome<'_, P::State>,
    (index, property): (usize, &Property<P>),
) -> Result<PropertyReport, Refusal> {
    let found = outcome.tally.found.get(index).copied().unwrap_or_default();
    let complete = outcome.stop == Stop::Complete;
    let decision = match (property.kind(), found.count) {
        (Kind::Always, 1..) => Decision::violated(),
        (Kind::Sometimes, 1..) => Decision::holds(),
        (_, 0) if !complete => Decision::undecided(outcome.stop.reason()),
        (Kind::Sometimes, 0) => Decision::violated(),
        _ => Decision::holds(),
    };
    let implication = matches!(&property.formula, crate::Formula::Always { when: Some(_), .. });
    let trace = match found.first {
        Some(state) => Some(witness(space, model, outcome, state, Some(property))?),
        None => None,
    };
    Ok(PropertyReport {
        name: property.name.clone(),
        kind: property.kind(),
        summary: property.summary.clone(),
        vacuous: implication && complete && outcome.tally.relevant & (1 << index) == 0,
        decision,
        states: found.count,
        trace,
    })
}

/// The answer to a liveness property.
fn decide_liveness<P: Protocol>(
    space: &Space<'_, P>,
    model: &ModelId,
    graph: &StateGraph<P>,
    (index, property): (usize, &Property<P>),
) -> Result<PropertyReport, Refusal> {
    let mut trace = None;
    let decision = if let Some(lasso) = counterexample(graph, index, property) {
        let run = concrete_lasso(space, &lasso.stem, &lasso.cycle)?;
        if !run.is_fair(space.protocol) || !run.violates(space.protocol, property) {
            let name = &property.name;
            return Err(Refusal::new(format!("the lasso against `{name}` does not replay")));
        }
        let shown = Trace::of(space.protocol, model, &run, Some(property));
        shown.replay(space.protocol)?;
        trace = Some(shown);
        Decision::violated()
    } else if graph.stop != Stop::Complete {
        Decision::undecided(graph.stop.reason())
    } else if !graph.cuts.is_empty() {
        let cuts: Vec<&str> = graph.cuts.iter().map(String::as_str).collect();
        Decision::undecided(cuts.join("; "))
    } else {
        Decision::holds()
    };
    Ok(PropertyReport {
        name: property.name.clone(),
        kind: property.kind(),
        summary: property.summary.clone(),
        decision,
        states: 0,
        vacuous: false,
        trace,
    })
}

/// The name under which a deadlock is reported.
const DEADLOCK: &str = "deadlock";

fn deadlock<P: Protocol>(
    space: &Space<'_, P>,
    model: &ModelId,
    outcome: &Outcome<'_, P::State>,
) -> Result<PropertyReport, Refusal> {
    let Found { count, first } = outcome.tally.deadlocks;
    let trace = match first {
        Some(state) => Some(witness(space, model, outcome, state, None)?),
        None => None,
    };
    let decision = match (count, outcome.stop) {
        (1.., _) => Decision::violated(),
        (0, Stop::Complete) => Decision::holds(),
        (0, stop) => Decision::undecided(stop.reason()),
    };
    Ok(PropertyReport {
        name: DEADLOCK.to_owned(),
        kind: Kind::Always,
        summary: "some action is enabled in every state that may not stop".to_owned(),
        decision,
        states: count,
        vacuous: false,
        trace,
    })
}

/// The run to a state, taken again step by step before it is shown.
fn witness<P: Protocol>(
    space: &Space<'_, P>,
    model: &ModelId,
    outcome: &Outcome<'_, P::State>,
    state: u32,
    property: Option<&Property<P>>,
) -> Result<Trace, Refusal> {
    let run = concrete(space, &(outcome.path)(state)?)?;
    let trace = Trace::of(space.protocol, model, &run, property);
    trace.replay(space.protocol)?;
    Ok(trace)
}

fn coverage<P: Protocol>(protocol: &P, tally: &Tally) -> Vec<Coverage> {
    let classes = protocol.classes().iter().zip(&tally.classes);
    classes
        .map(|(class, &count)| Coverage {
            action: class.name.to_owned(),
            module: class.module.to_owned(),
            count,
        })
        .collect()
}

fn warnings<S>(
    coverage: &[Coverage],
    properties: &[PropertyReport],
    outcome: &Outcome<'_, S>,
) -> Vec<String> {
    let silent = coverage.iter().filter(|coverage| coverage.count.generated == 0).map(|coverage| {
        let bounded = if coverage.count.bounded > 0 { " (a bound forbids it)" } else { "" };
        format!("action `{}` never fires{bounded}", coverage.action)
    });
    let vacuous = properties.iter().filter(|property| property.vacuous);
    let vacuous = vacuous.map(|property| format!("property `{}` holds vacuously", property.name));
    let outside = (outcome.tally.outside > 0)
        .then(|| format!("{} successors are outside the model's boundary", outcome.tally.outside));
    silent.chain(vacuous).chain(outside).collect()
}

/// The model's bounds and the run's limits, and how often each was hit.
fn bounds(model: &ModelId, options: &CheckOptions, tally: &Tally) -> Vec<Bound> {
    let cut = tally.bounded.iter().map(|(name, count)| Bound {
        name: format!("steps cut by {name}"),
        value: count.to_string(),
    });
    let (configuration, limits) = (model.bounds(), options.limits.bounds());
    configuration.into_iter().chain(cut).chain(limits).collect()
}

#[expect(clippy::cast_precision_loss, reason = "sizes a state are shown with few digits")]
fn engine<S>(options: &CheckOptions, outcome: &Outcome<'_, S>) -> Engine {
    let (bytes, states) = outcome.widest;
    Engine {
        version: concat!("seatrial ", env!("CARGO_PKG_VERSION")).to_owned(),
        strategy: options.strategy.name().to_owned(),
        workers: options.workers,
        symmetry: options.symmetry,
        hidden: options.hide.clone(),
        seed: (options.strategy == Strategy::Simulate).then_some(options.seed),
        collision_probability: collision_probability(outcome.distinct),
        bytes_per_state: outcome.visited_bytes as f64 / outcome.distinct.max(1) as f64,
        bytes_per_frontier_state: bytes as f64 / states.max(1) as f64,
        liveness: None,
    }
}

#[cfg(test)]
mod tests;
