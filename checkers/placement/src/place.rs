//! The best placement that can be found in a given time, and a certificate of how good it is.

#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use seatrial_certificate::{Certificate, Classes, Facts, Filters, Instance, Partition, Step};

use crate::bounds::{Prover, trivial_bounds};
use crate::budget::Clock;
use crate::plan::Planner;
use crate::search::Search;
use crate::search::shared::Shared;

/// Is told what is known.
pub type OnProgress = Arc<dyn Fn(&Progress) + Send + Sync>;

/// How a placement is searched for.
#[derive(Clone)]
pub struct Options {
    /// How long at most; kept to within a tenth. Less, if all is proven; or if all tiers are, no
    /// way is left to prove that no plan disturbs less, and the search for one has gone on for
    /// several times as long as it took to find the best.
    pub time_limit: Duration,
    /// With one thread, plans are searched for in the first half of the time, then bounds; with
    /// two, both all the time. More are not used.
    pub threads: usize,
    /// What the search draws is a function of this.
    pub seed: u64,
    /// Placements to start from, such as that of the default scheduler: where every pod runs.
    pub starts: Vec<Vec<Option<u32>>>,
    /// Is told what is known, whenever that changes.
    pub progress: Option<OnProgress>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            time_limit: Duration::from_secs(10),
            threads: 2,
            seed: 0,
            starts: Vec::new(),
            progress: None,
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Options")
            .field("time_limit", &self.time_limit)
            .field("threads", &self.threads)
            .field("seed", &self.seed)
            .field("starts", &self.starts.len())
            .finish_non_exhaustive()
    }
}

/// What is known at a moment of the search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// How long the search has been going on.
    pub elapsed: Duration,
    /// How many pods of each priority and above the best plan places.
    pub placed: Vec<u64>,
    /// How many can be placed at most.
    pub bounds: Vec<u64>,
}

/// A placement and its certificate.
#[derive(Clone, Debug)]
pub struct Placed {
    /// Where every pod runs when the plan is done.
    pub places: Vec<Option<u32>>,
    /// The plan, the counts that it reaches, and what is proven about them; accepted by the
    /// checker.
    pub certificate: Certificate,
    /// What it took.
    pub figures: Figures,
}

impl Placed {
    /// The plan.
    #[must_use]
    pub fn plan(&self) -> &[Step] {
        &self.certificate.plan
    }

    /// Whether every tier is proven to be as full as can be.
    #[must_use]
    pub fn is_certified(&self) -> bool {
        self.certificate.tiers.iter().all(|tier| tier.placed == tier.bound)
    }
}

/// What a search took.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// From the beginning to the end.
    pub elapsed: Duration,
    /// When the best plan was found.
    pub best_after: Duration,
    /// How many plans were the best in their time.
    pub plans: u64,
    /// How many claims of the search for bounds were not accepted by the checker.
    pub rejected: u64,
}

/// No feasible plan was found, not even that of leaving everything as it is: the cluster breaks a
/// promise (a torn gang, say) that no step was found to mend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "no feasible plan was found: the cluster as it is breaks a rule, such as a gang of which too few run"
)]
pub struct NoPlan;

/// Searches for the best placement, and for proofs that there is no better one, until either is
/// found or time is up. What is claimed has been accepted by [`seatrial_certificate::check`].
///
/// The instance has to be valid ([`Instance::validate`]).
pub fn place(instance: &Instance, options: &Options) -> Result<Placed, NoPlan> {
    let filters = Filters::new(instance);
    let planner = Planner::new(&filters);
    // Some of the time is for what comes after the search.
    let limit = options.time_limit.mul_f64(0.97);
    let facts = Facts::new(&filters);
    let partition = Partition::new(instance, Classes::Shape);
    let shared = Shared::new(Clock::new(limit), trivial_bounds(&facts, &partition));
    let mut prover = Prover::new(&planner, &shared, &facts, partition);
    std::thread::scope(|scope| {
        if options.progress.is_some() {
            scope.spawn(|| report(&shared, options));
        }
        let search = || {
            Search::new(&planner, &shared, options.seed).run(&options.starts);
            shared.update(|known| known.searched = true);
        };
        if options.threads > 1 {
            scope.spawn(search);
        } else {
            shared.clock.set_limit(limit / 2);
            search();
            shared.clock.set_limit(limit);
        }
        prover.run();
        shared.clock.stop();
    });
    let known = shared.known();
    let best = known.best.ok_or(NoPlan)?;
    let (certificate, rejected) = prover.certificate(&best);
    let figures = Figures {
        elapsed: shared.clock.elapsed(),
        best_after: known.best_after,
        plans: known.version,
        rejected,
    };
    Ok(Placed { places: best.places, certificate, figures })
}

/// Tells what is known whenever that changes.
fn report(shared: &Shared, options: &Options) {
    let Some(progress) = &options.progress else { return };
    let mut last = None;
    while !shared.clock.is_over() {
        shared.wait(Duration::from_millis(100));
        let known = shared.known();
        let placed = known.best.map(|best| best.placed).unwrap_or_default();
        let now = (placed, known.bounds);
        if last.as_ref() != Some(&now) {
            let (placed, bounds) = now.clone();
            progress(&Progress { elapsed: shared.clock.elapsed(), placed, bounds });
            last = Some(now);
        }
    }
}
