//! What is claimed.

use seatrial_explore::Property;

use super::scaling::pooled;
use super::state::{Executor, Progress, Stage};
use super::{ServerlessScaling, TASKS};
use crate::rules::Machine;

type Claim = crate::rules::Claim<ServerlessScaling>;

/// All properties, with the names of the catalogue.
pub(super) fn all() -> Vec<Property<Machine<ServerlessScaling>>> {
    let mut all = safety();
    all.extend([
        Claim::leads_to(
            ("JobsEnd", "every job that is submitted ends", &["tasks"]),
            |_, s| s.tasks[0].progress != Progress::New,
            |_, s| s.tasks[TASKS - 1].progress == Progress::Done,
        ),
        Claim::leads_to(
            ("ForksEnd", "every fork ends, whatever becomes of its source", &["executors"]),
            |_, s| s.executors.iter().any(is_forking),
            |_, s| !s.executors.iter().any(is_forking),
        ),
        Claim::leads_to(
            ("PoolRefills", "an empty pool is refilled", &["pool"]),
            |_, s| pooled(s).is_none(),
            |_, s| pooled(s).is_some(),
        ),
        Claim::sometimes(("CanScale", "all NPUs may serve", &["executors"]), |p, s| {
            let ready = s.executors.iter().filter(|e| e.stage == Stage::Ready).count();
            ready == usize::from(p.bounds.npus)
        }),
    ]);
    all
}

fn is_forking(executor: &Executor) -> bool {
    matches!(executor.stage, Stage::Forking { .. } | Stage::Waiting)
}

fn safety() -> Vec<Property<Machine<ServerlessScaling>>> {
    vec![
        Claim::always(
            ("PodsNotShared", "no pod has two executors", &["executors", "pool"]),
            |_, s| {
                let holds = |pod: u8| {
                    let mine = s.executors.iter().filter(|executor| {
                        executor.pod == Some(pod) && executor.stage != Stage::Choosing
                    });
                    mine.count() + usize::from(s.pool[pod])
                };
                (0..s.pool.count()).all(|pod| holds(pod) <= 1)
            },
        ),
        Claim::always(
            ("NpusRespected", "there are no more executors than NPUs", &["executors"]),
            |p, s| {
                let there = s.executors.iter().filter(|e| e.stage != Stage::Absent).count();
                there <= usize::from(p.bounds.npus)
            },
        ),
        Claim::always(
            ("ServesFullWeights", "no executor is ready before it has all weights", &["executors"]),
            |_, s| s.executors.iter().all(|e| e.stage != Stage::Ready || e.full),
        ),
        Claim::always(
            ("OneVersion", "no executor has weights of two versions", &["executors"]),
            |_, s| s.executors.iter().all(|executor| !executor.mixed),
        ),
        Claim::always(
            ("SourceKept", "the source of a fork is not scaled in", &["cluster"]),
            |_, s| !s.cluster.cut,
        ),
        Claim::always(("EffectOnce", "no task takes effect twice", &["tasks"]), |_, s| {
            s.tasks.iter().all(|task| task.effects <= 1)
        }),
    ]
}
