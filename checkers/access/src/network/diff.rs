//! What two configurations decide differently on connections between ends that are in both.

mod joint;
mod pieces;

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use self::joint::Joint;
use self::pieces::{Pieces, Shift};
use super::connectivity::Connectivity;
use super::model::{Network, Unmodelled};
use super::rows::Reaches;
use super::{Connection, Explanation, Name, PortSet, Protocol, Verdict};
use crate::{AtomSet, Change, Decision, Difference, Differences, Extent, Members, Source};

/// What changed between two networks.
#[derive(Debug, Clone, Serialize)]
pub struct NetworkDifferences {
    /// The connections, between ends that are in both, on which they decide differently: regions of
    /// `source`, `destination` and `ports`. They speak of connections between different pods.
    pub differences: Differences<Request>,
    /// The workloads that are only in the new one, by their names.
    pub added: Vec<Name>,
    /// The workloads that are only in the old one, by their names.
    pub removed: Vec<Name>,
    /// Objects that differ, bear on connections and are not modelled: what they change is unknown.
    #[serde(skip)]
    pub unmodelled: Vec<Unmodelled>,
}

/// A concrete connection, by the names of its ends.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Request {
    /// Who opens it: a workload or an address.
    pub source: String,
    /// Who is to take it.
    pub destination: String,
    /// The protocol.
    pub protocol: Protocol,
    /// The destination's port.
    pub port: u16,
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { source, destination, protocol, port } = self;
        write!(f, "{source} to {destination} on {protocol} {port}")
    }
}

/// The two evaluators disagree on a witness: a fault of this program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disagreement {
    /// The witness.
    pub witness: Request,
    /// What the classes say, old and new.
    pub by_classes: (Verdict, Verdict),
    /// What the direct evaluator says, old and new.
    pub direct: (Verdict, Verdict),
}

impl fmt::Display for Disagreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = |(old, new): (Verdict, Verdict)| format!("{}, {}", old.as_str(), new.as_str());
        let (classes, direct) = (words(self.by_classes), words(self.direct));
        write!(f, "{}: by classes {classes}; directly {direct}", self.witness)
    }
}

impl std::error::Error for Disagreement {}

/// Compares two networks; lists no more than `limit` differences, but counts all.
///
/// # Errors
///
/// If the direct evaluator does not confirm a witness.
pub fn diff(
    old: &Network,
    new: &Network,
    limit: usize,
) -> Result<NetworkDifferences, Disagreement> {
    let mut reaches = Reaches::default();
    let connectivity =
        (Connectivity::with(old, &mut reaches), Connectivity::with(new, &mut reaches));
    let joint = Joint::of(&connectivity.0, &connectivity.1);
    let mut regions = regions(&joint, &reaches);
    regions.sort();
    let mut differences = Differences::default();
    for region in &regions {
        differences.count(region.change(), 1);
    }
    for region in regions.iter().take(limit) {
        differences.listed.push(region.difference(&joint)?);
    }
    Ok(NetworkDifferences {
        differences,
        added: joint.only_new(),
        removed: joint.only_old(),
        unmodelled: Unmodelled::changed(&old.unmodelled, &new.unmodelled),
    })
}

/// Connections between any of these ends, on these ports, on which the decision changes alike.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Changed {
    shift: Shift,
    sources: AtomSet,
    destinations: AtomSet,
}

/// All regions in which the two decide differently.
fn regions(joint: &Joint<'_>, reaches: &Reaches) -> Vec<Changed> {
    let mut pieces = Pieces::new(reaches);
    let mut by_shift: BTreeMap<Shift, BTreeMap<usize, AtomSet>> = BTreeMap::new();
    for (source, destinations) in joint.candidates().into_iter().enumerate() {
        for destination in destinations.iter() {
            for shift in pieces.of(joint.sides(source, destination)) {
                let by_source = by_shift.entry(shift.clone()).or_default();
                by_source.entry(source).or_default().insert(destination);
            }
        }
    }
    by_shift.into_iter().flat_map(|(shift, pairs)| rectangles(&shift, &pairs)).collect()
}

/// Pairs as rectangles: sources with the same destinations come together, or destinations with the
/// same sources, whichever gives fewer.
fn rectangles(shift: &Shift, pairs: &BTreeMap<usize, AtomSet>) -> Vec<Changed> {
    let mut turned: BTreeMap<usize, AtomSet> = BTreeMap::new();
    for (&source, destinations) in pairs {
        for destination in destinations.iter() {
            turned.entry(destination).or_default().insert(source);
        }
    }
    let grouped = |by: &BTreeMap<usize, AtomSet>| {
        let mut groups: BTreeMap<AtomSet, AtomSet> = BTreeMap::new();
        for (&one, others) in by {
            groups.entry(others.clone()).or_default().insert(one);
        }
        groups
    };
    let (by_source, by_destination) = (grouped(pairs), grouped(&turned));
    let shift = || shift.clone();
    if by_source.len() <= by_destination.len() {
        let rows = by_source.into_iter();
        rows.map(|(destinations, sources)| Changed { shift: shift(), sources, destinations })
            .collect()
    } else {
        let columns = by_destination.into_iter();
        columns
            .map(|(sources, destinations)| Changed { shift: shift(), sources, destinations })
            .collect()
    }
}

impl Changed {
    fn change(&self) -> Change {
        self.shift.change
    }

    /// The region as people read it, with a witness that the direct evaluator confirmed.
    fn difference(&self, joint: &Joint<'_>) -> Result<Difference<Request>, Disagreement> {
        let ends = joint.witness(&self.sources, &self.destinations);
        let (protocol, port) = self.shift.ports.first().unwrap_or((Protocol::Tcp, 1));
        let witness =
            Request { source: joint.name(ends.0), destination: joint.name(ends.1), protocol, port };
        let (source, destination) = (joint.named(ends.0), joint.named(ends.1));
        let explain = |network: &Network| {
            let ends = source.end(network).zip(destination.end(network));
            ends.map(|(from, to)| network.decide(&Connection::new(from, to, (protocol, port))))
        };
        let (old, new) = (explain(joint.old.network), explain(joint.new.network));
        let verdict =
            |it: &Option<Explanation>| it.as_ref().map_or(Verdict::Denied, |it| it.verdict);
        let direct = (verdict(&old), verdict(&new));
        let by_classes = (self.shift.old, self.shift.new);
        if direct != by_classes {
            return Err(Disagreement { witness, by_classes, direct });
        }
        let reasons: Vec<_> = old.iter().chain(&new).filter_map(Explanation::reason).collect();
        let sources =
            |it: &Option<Explanation>| it.as_ref().map_or_else(Vec::new, Explanation::sources);
        Ok(Difference {
            change: self.change(),
            region: vec![
                joint.extent("source", &self.sources),
                joint.extent("destination", &self.destinations),
                ports_extent(&self.shift.ports),
            ],
            witness,
            old: sources(&old),
            new: sources(&new),
            reason: reasons.into_iter().next_back(),
        })
    }
}

fn ports_extent(ports: &PortSet) -> Extent {
    let members =
        if ports.is_all() { Members::Any } else { Members::Only(vec![ports.to_string().into()]) };
    Extent { dimension: "ports", members }
}

impl Explanation {
    /// What the decision rests on: both sides, or, if it is denied, the sides that deny it.
    pub fn sources(&self) -> Vec<Source> {
        let denied = self.verdict == Verdict::Denied;
        let sides = [&self.egress, &self.ingress].into_iter();
        let sides = sides.filter(|side| !denied || side.verdict == Verdict::Denied);
        let mut sources: Vec<_> = sides.flat_map(|side| side.sources.iter().cloned()).collect();
        sources.sort_unstable();
        sources.dedup();
        sources
    }

    /// Why it is not decided, if it is not.
    pub fn reason(&self) -> Option<String> {
        let sides = [&self.egress, &self.ingress];
        match self.verdict {
            Verdict::Allowed | Verdict::Denied => None,
            Verdict::Unknown => {
                let mut reasons: Vec<_> =
                    sides.iter().flat_map(|side| side.reasons.iter().cloned()).collect();
                reasons.sort_unstable();
                reasons.dedup();
                Some(reasons.join("; "))
            }
            Verdict::Ambiguous => Some(
                "policies of the same tier and priority decide differently, and which counts is \
                 not defined"
                    .to_owned(),
            ),
        }
    }
}

impl Verdict {
    /// The decision in the words of all kinds of access: what is ambiguous is not known.
    pub const fn decision(self) -> Decision {
        match self {
            Self::Allowed => Decision::Allowed,
            Self::Denied => Decision::Denied,
            Self::Ambiguous | Self::Unknown => Decision::Unknown,
        }
    }
}
