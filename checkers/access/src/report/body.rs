//! A comparison for programs.

use std::collections::BTreeMap;

use seatrial_core::{Finding, Undecided};
use serde::Serialize;

use super::words::{NEW, of, replay};
use super::{Comparison, Coverage, Kind, Region, Verdict, Way, Witness};
use crate::network::Name;
use crate::{Change, Extent, Members, Source};

/// The result of a comparison in numbers.
#[derive(Debug, Serialize)]
pub struct Summary<'c> {
    verdict: Verdict,
    regions: usize,
    listed: usize,
    reach: usize,
    changes: BTreeMap<&'static str, usize>,
    kinds: BTreeMap<Kind, BTreeMap<&'static str, usize>>,
    old: &'c Coverage,
    new: &'c Coverage,
}

impl<'c> Summary<'c> {
    /// The numbers of a comparison.
    pub fn of(comparison: &'c Comparison) -> Self {
        let by_change = |totals: &[usize; 5]| {
            Change::ALL
                .iter()
                .zip(totals)
                .map(|(change, &count)| (change.as_str(), count))
                .collect()
        };
        let [old, new] = &comparison.coverage;
        Self {
            verdict: comparison.verdict(),
            regions: comparison.total(),
            listed: comparison.regions.len(),
            reach: comparison.reach_total,
            changes: by_change(&Change::ALL.map(|change| comparison.of_change(change))),
            kinds: comparison
                .totals
                .iter()
                .map(|(&kind, totals)| (kind, by_change(totals)))
                .collect(),
            old,
            new,
        }
    }
}

/// What a comparison says beside its numbers.
#[derive(Debug, Serialize)]
pub struct Body<'c> {
    regions: Vec<Row<'c>>,
    reach: &'c [Way],
    workloads: Workloads<'c>,
    undecided: &'c [Undecided],
    invalid: &'c [Finding],
    #[serde(skip_serializing_if = "Option::is_none")]
    assumed: Option<Assumed<'c>>,
}

#[derive(Debug, Serialize)]
struct Workloads<'c> {
    added: &'c [Name],
    removed: &'c [Name],
}

/// The roles that were taken from the built-in set.
#[derive(Debug, Serialize)]
struct Assumed<'c> {
    version: &'static str,
    roles: Vec<&'c str>,
}

/// A region: who (`subject`, or `source` and `destination`), for what, with a witness and the rules.
#[derive(Debug, Serialize)]
struct Row<'c> {
    kind: Kind,
    change: Change,
    #[serde(flatten)]
    covers: Covers<'c>,
    witness: &'c Witness,
    #[serde(skip_serializing_if = "Option::is_none")]
    replay: Option<String>,
    old_rule: &'c [Source],
    new_rule: &'c [Source],
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'c str>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Covers<'c> {
    Request {
        subject: Option<&'c Members>,
        request: BTreeMap<&'static str, &'c Members>,
    },
    Connection {
        source: Option<&'c Members>,
        destination: Option<&'c Members>,
        ports: Option<&'c Members>,
    },
}

impl<'c> Body<'c> {
    /// What a comparison says.
    pub fn of(comparison: &'c Comparison) -> Self {
        let assumed = comparison.assumed.as_ref().map(|(version, roles)| Assumed {
            version,
            roles: roles.iter().map(String::as_str).collect(),
        });
        Self {
            regions: comparison.regions.iter().map(Row::of).collect(),
            reach: &comparison.reach,
            workloads: Workloads { added: &comparison.added, removed: &comparison.removed },
            undecided: &comparison.undecided,
            invalid: &comparison.refused,
            assumed,
        }
    }
}

impl<'c> Row<'c> {
    fn of(region: &'c Region) -> Self {
        Self {
            kind: region.kind,
            change: region.change,
            covers: Covers::of(region.kind, &region.extents),
            witness: &region.witness,
            replay: replay(&region.witness, NEW),
            old_rule: &region.old,
            new_rule: &region.new,
            reason: region.reason.as_deref(),
        }
    }
}

impl<'c> Covers<'c> {
    fn of(kind: Kind, extents: &'c [Extent]) -> Self {
        let of = |dimension| of(extents, dimension);
        if kind == Kind::Network {
            let (source, destination) = (of("source"), of("destination"));
            return Self::Connection { source, destination, ports: of("ports") };
        }
        let request = extents.iter().filter(|extent| extent.dimension != "subject");
        let request = request.map(|extent| (extent.dimension, &extent.members)).collect();
        Self::Request { subject: of("subject"), request }
    }
}
