//! `seatrial check --cluster`: the manifests put into a cluster, and which of their pods have no
//! place there.
//!
//! Workloads are put in one after another, the most important first, so that what is said of one
//! does not depend on which of several best placements a search happens to meet. Each is judged by
//! what is cheap and certain first: its pods against empty nodes, then counting, then a placement
//! in which nothing else moves, found without a clock. Only where none of these decides is there a
//! search with one, and a finding then rests on a proven bound. A workload that is reported does
//! not take room from those after it.

mod alone;
mod counting;
mod fitting;
mod nodes;
mod rules;
mod wording;
mod world;

#[cfg(test)]
mod tests;

use std::time::Duration;

use seatrial_core::{Finding, Found, Undecided};
use seatrial_manifests::Object;
use seatrial_report::Exhibit;
use seatrial_scheduling::{Filters, Scale};

use self::alone::Nowhere;
use self::counting::Limit;
use self::fitting::{Fit, Fitting};
pub(crate) use self::rules::RULES;
use self::world::{Manifests, Workload, World};
use crate::check::Shown;
use crate::cluster::{Base, Unfit};

/// How long placements are searched for at most.
pub(crate) const TIME_LIMIT: Duration = Duration::from_secs(5);
/// A search uses no more threads.
pub(crate) const MOST_THREADS: usize = 2;

/// Puts objects into a cluster and says which of their pods cannot be placed, or only at the cost
/// of others.
///
/// # Errors
///
/// What is wrong with the cluster; what is wrong with the objects is undecided.
pub(crate) fn check(
    base: &Base,
    objects: &[Object],
    limit: Duration,
    threads: usize,
) -> Result<Shown, Unfit> {
    let mut found = Found::default();
    let mut manifests = Manifests::new(objects, &mut found);
    let world = manifests.world(base, Scale::Stated, &mut found)?;
    let scaled = manifests.has_autoscalers(base).then(|| {
        let mut ignored = Found::default();
        manifests.world(base, Scale::Maximum, &mut ignored)
    });
    let filters = Filters::new(&world.cluster);
    let mut fitting = Fitting::new(&filters, limit, threads.min(MOST_THREADS));
    let mut judged = Vec::new();
    let mut reasons = Vec::new();
    for workload in world.by_importance(&filters) {
        let said = judge(&world, &filters, workload, &mut fitting, limit);
        if said.findings.is_empty() {
            judged.push(workload.object);
        }
        let open = said.undecided.iter().map(|it| &it.reason);
        let reason = said.findings.iter().map(|it| &it.message).chain(open).next();
        reasons.extend(reason.map(|reason| (workload, reason.clone())));
        found.extend(said);
    }
    let nodes = nodes::nodes(fitting.bindings(), &reasons);
    if let Some(scaled) = scaled.transpose()? {
        let most = scaled
            .workloads
            .iter()
            .filter(|workload| judged.iter().any(|object| std::ptr::eq(*object, workload.object)));
        found.findings.extend(at_maximum(&world, &scaled, most));
    }
    Ok(Shown { found, exhibits: vec![Exhibit::Nodes(nodes)] })
}

/// What is to be said of a workload.
fn judge(
    world: &World<'_>,
    filters: &Filters<'_>,
    workload: &Workload<'_>,
    fitting: &mut Fitting<'_>,
    limit: Duration,
) -> Found {
    let one = |finding: Finding| Found { findings: vec![finding], undecided: Vec::new() };
    let none = |reason: String| Found {
        findings: Vec::new(),
        undecided: vec![Undecided {
            location: wording::place(workload.object).0,
            rule: rules::UNPLACEABLE.id.clone(),
            reason,
            resource: Some(workload.object.id.clone()),
        }],
    };
    match alone::nowhere(filters, workload) {
        Some(Nowhere::Unknown(reason)) => return none(reason),
        Some(nowhere) => return one(wording::nowhere(workload, &nowhere)),
        None => {}
    }
    match counting::limit(filters, workload) {
        Some(Limit::Room(most)) => return one(wording::no_room(workload, most)),
        Some(Limit::Spread(spread)) => {
            return one(wording::spread(workload, &spread, world.autoscaler(workload), false));
        }
        None => {}
    }
    match fitting.fit(workload) {
        Fit::Fits => Found::default(),
        Fit::Evicts => one(wording::evicts(workload)),
        Fit::Lacks(lacks) => one(wording::lacks(workload, &lacks)),
        Fit::Open(Some(reason)) => none(reason),
        Fit::Open(None) => none(format!(
            "whether {} can be placed was not decided within {} s",
            wording::all_pods(workload),
            limit.as_secs_f64()
        )),
    }
}

/// What constraints on spread do not allow once autoscalers have made the most of workloads.
fn at_maximum<'a>(
    stated: &World<'_>,
    scaled: &World<'a>,
    workloads: impl Iterator<Item = &'a Workload<'a>>,
) -> Vec<Finding> {
    let filters = Filters::new(&scaled.cluster);
    let grown = workloads.filter(|workload| {
        let before = stated.workloads.iter().find(|it| std::ptr::eq(it.object, workload.object));
        before.is_some_and(|before| before.pods.len() < workload.pods.len())
    });
    let spread = grown.filter_map(|workload| match counting::limit(&filters, workload)? {
        Limit::Spread(spread) => {
            Some(wording::spread(workload, &spread, scaled.autoscaler(workload), true))
        }
        Limit::Room(_) => None,
    });
    spread.collect()
}
