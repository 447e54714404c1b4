//! On which ports the decision on one pair of ends changes, and how.

use rustc_hash::FxHashMap;

use super::super::connectivity::Flow;
use super::super::rows::Reaches;
use super::super::tiers::Reach;
use super::super::{PortSet, Verdict};
use super::joint::Sides;
use crate::Change;

/// Ports on which the decision changes alike.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Shift {
    pub(super) change: Change,
    pub(super) old: Verdict,
    pub(super) new: Verdict,
    pub(super) ports: PortSet,
}

/// The shifts of all pairs of sides, each once.
pub(super) struct Pieces<'r> {
    reaches: &'r Reaches,
    known: FxHashMap<Sides, Vec<Shift>>,
}

impl<'r> Pieces<'r> {
    pub(super) fn new(reaches: &'r Reaches) -> Self {
        Self { reaches, known: FxHashMap::default() }
    }

    /// The shifts between what the sides decide.
    pub(super) fn of(&mut self, sides: Sides) -> &[Shift] {
        let reaches = self.reaches;
        self.known.entry(sides).or_insert_with(|| shifts(reaches, sides).unwrap_or_default())
    }
}

fn shifts(reaches: &Reaches, sides: Sides) -> Option<Vec<Shift>> {
    let [old_egress, old_ingress, new_egress, new_ingress] = sides;
    let old = (reaches.get(old_egress)?, reaches.get(old_ingress)?);
    let new = (reaches.get(new_egress)?, reaches.get(new_ingress)?);
    // Undecided for the same reason on both sides is no change.
    let same = same(old.0, new.0).intersection(&same(old.1, new.1));
    let (before, after) = (by_verdict(old), by_verdict(new));
    let pairs = before.iter().flat_map(|before| after.iter().map(move |after| (before, after)));
    let mut shifts = Vec::new();
    for ((old, old_ports), (new, new_ports)) in pairs {
        if let Some(change) = Change::between(old.decision(), new.decision()) {
            let mut ports = old_ports.intersection(new_ports);
            if change == Change::MayChange {
                ports = ports.difference(&same);
            }
            if !ports.is_empty() {
                shifts.push(Shift { change, old: *old, new: *new, ports });
            }
        }
    }
    Some(shifts)
}

/// The ports by what is decided.
fn by_verdict((egress, ingress): (&Reach, &Reach)) -> [(Verdict, PortSet); 4] {
    let Flow { allowed, ambiguous, unknown } = Flow::of(egress, ingress);
    let rest = PortSet::all().difference(&allowed).difference(&ambiguous).difference(&unknown);
    [
        (Verdict::Allowed, allowed),
        (Verdict::Denied, rest),
        (Verdict::Ambiguous, ambiguous),
        (Verdict::Unknown, unknown),
    ]
}

/// The ports that one side surely decides alike: both allow them, or both leave them open and rest
/// on the same.
fn same(old: &Reach, new: &Reach) -> PortSet {
    let both = old.allowed.intersection(&new.allowed);
    let pairs = old.open.iter().flat_map(|old| new.open.iter().map(move |new| (old, new)));
    let alike = pairs.filter(|(old, new)| old.basis == new.basis);
    alike.fold(both, |all, (old, new)| all.union(&old.ports.intersection(&new.ports)))
}
