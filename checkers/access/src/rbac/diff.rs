//! How two policies differ, on all requests.

mod regions;
mod situation;
mod sources;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use super::holders::{Grants, Interner, Names};
use super::{Holder, Policy, Request};
use crate::{Change, Decision, Difference, Differences, Extent, Members};
use regions::{Changes, Piece};
use situation::{Overlaps, Situation};

/// A witness on which the direct authorizer disagrees with the regions: an error of this program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotReplayed {
    /// The request.
    pub witness: Request,
    /// The change that the regions say.
    pub change: Change,
    /// What the direct authorizer says, on the old and on the new side.
    pub decisions: [Decision; 2],
}

impl fmt::Display for NotReplayed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { witness, change, decisions: [old, new] } = self;
        write!(f, "internal error: `{witness}` was found {change}, but is {old}, then {new}")
    }
}

impl std::error::Error for NotReplayed {}

/// All requests on which two policies decide differently, as regions; no more than `limit` of them
/// are listed, all are counted.
///
/// Each region is maximal and has one change; regions of one subject and change may overlap. What
/// is listed comes with a witness, which the direct authorizer has decided on both sides, and with
/// the rules that allow some of the region.
///
/// Only subjects with other grants than before are looked at, and of their grants only those that
/// share requests with one that changed.
pub fn diff<'a>(
    old: &Policy<'a>,
    new: &Policy<'a>,
    limit: usize,
) -> Result<Differences<Request>, Box<NotReplayed>> {
    let comparison = Comparison::new(old, new);
    let situations = comparison.situations();
    let changes: Vec<_> =
        situations.keys().map(|situation| Changes::of(situation, &comparison.interner)).collect();
    // Who differs in the same way is named together.
    let mut found: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (holders, changes) in situations.values().zip(&changes) {
        for piece in &changes.pieces {
            let key = (piece.change, changes.extents(piece));
            found.entry(key).or_default().push((holders, changes, piece));
        }
    }
    let mut differences = Differences::default();
    for (at, ((change, extents), alike)) in found.into_iter().enumerate() {
        differences.count(change, 1);
        let Some((first, changes, piece)) = alike.first().filter(|_| at < limit) else { continue };
        let Some(&holder) = first.first() else { continue };
        let holders: BTreeSet<_> =
            alike.iter().flat_map(|(holders, ..)| *holders).copied().collect();
        let region = std::iter::once(comparison.subject(&holders)).chain(extents).collect();
        differences.listed.extend(comparison.difference(holder, changes, piece, region)?);
    }
    Ok(differences)
}

/// Two policies side by side.
struct Comparison<'p, 'a> {
    sides: [&'p Policy<'a>; 2],
    grants: [Grants<'a>; 2],
    interner: Interner<'a>,
    /// All that are told apart, sorted.
    holders: BTreeSet<Holder<'a>>,
    names: Names<'a>,
}

impl<'p, 'a> Comparison<'p, 'a> {
    fn new(old: &'p Policy<'a>, new: &'p Policy<'a>) -> Self {
        let mut interner = Interner::default();
        let grants = [old, new].map(|side| Grants::of(side, &mut interner));
        let fresh = [Holder::Anonymous, Holder::OtherUser, Holder::OtherServiceAccount];
        let granted = grants.iter().flat_map(|grants| grants.by_holder.keys().copied());
        let holders: BTreeSet<_> = fresh.into_iter().chain(granted).collect();
        let names = Names::of(holders.iter().copied());
        Self { sides: [old, new], grants, interner, holders, names }
    }

    /// What changed for those for whom something did: who is in the same situation has the same
    /// differences.
    fn situations(&self) -> BTreeMap<Situation<'a>, Vec<Holder<'a>>> {
        let [old, new] = &self.grants;
        let changed: BTreeSet<_> =
            self.holders.iter().filter(|&&holder| !old.same(new, holder)).copied().collect();
        let touched = self
            .holders
            .iter()
            .filter(|holder| holder.with_groups().any(|holder| changed.contains(&holder)));
        let mut overlaps = Overlaps::default();
        let mut situations: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for &holder in touched {
            let situation = Situation::of(old.entries(holder), new.entries(holder));
            if let Some(situation) = situation.relevant(&mut overlaps, &self.interner) {
                situations.entry(situation).or_default().push(holder);
            }
        }
        situations
    }

    /// Subjects as people read them.
    fn subject(&self, holders: &BTreeSet<Holder<'a>>) -> Extent {
        fn names<'h>(holders: impl Iterator<Item = &'h Holder<'h>>) -> Vec<Arc<str>> {
            holders.map(|holder| holder.to_string().into()).collect()
        }
        let others = self.holders.len() - holders.len();
        let members = if others == 0 {
            Members::Any
        } else if holders.contains(&Holder::OtherUser) && others < holders.len() {
            Members::AllBut(names(self.holders.difference(holders)))
        } else {
            Members::Only(names(holders.iter()))
        };
        Extent { dimension: "subject", members }
    }

    /// A difference with its witness, replayed, and its sources; nothing if it has no witness, which
    /// is impossible.
    fn difference(
        &self,
        holder: Holder<'a>,
        changes: &Changes<'_>,
        piece: &Piece,
        region: Vec<Extent>,
    ) -> Result<Option<Difference<Request>>, Box<NotReplayed>> {
        let Some(action) = changes.witness(piece) else { return Ok(None) };
        let witness = Request { user: self.names.user(holder), action };
        let answers = self.sides.map(|side| side.authorize(&witness));
        let [old, new] = &answers;
        if !agrees(piece.change, old.decision, new.decision) {
            let decisions = [old.decision, new.decision];
            return Err(Box::new(NotReplayed { witness, change: piece.change, decisions }));
        }
        let mut reasons: Vec<_> = self
            .sides
            .iter()
            .zip(&answers)
            .flat_map(|(side, answer)| answer.unknown.iter().map(|&at| (*side, at)))
            .filter_map(|(side, at)| side.unknown_because(side.bindings.get(at)?))
            .collect();
        reasons.sort_unstable();
        reasons.dedup();
        let reason = (!piece.change.is_certain()).then(|| reasons.join("; "));
        let [old, new] = self.sources(holder, changes, piece);
        Ok(Some(Difference { change: piece.change, region, witness, old, new, reason }))
    }
}

/// Whether decisions on a witness are what a change says.
fn agrees(change: Change, old: Decision, new: Decision) -> bool {
    let unknown = old == Decision::Unknown && new == Decision::Unknown;
    let may = matches!(change, Change::MayOpen | Change::MayClose);
    Change::between(old, new) == Some(change) || (unknown && may)
}

#[cfg(test)]
mod tests;
