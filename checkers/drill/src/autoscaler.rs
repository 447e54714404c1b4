//! The horizontal autoscaler, as far as its bounds go: it brings a number of replicas that is out
//! of them back, and the load moves it to one of them.

use crate::{Kind, Scaler, Scope, State};

/// What the autoscaler makes of a number of replicas that is out of its bounds; a workload of no
/// replicas it leaves alone.
pub(crate) fn corrected(scaler: &Scaler, replicas: u8) -> Option<u8> {
    let within = replicas.max(scaler.min).min(scaler.max);
    (replicas > 0 && within != replicas).then_some(within)
}

/// What the autoscaler makes of a member's number of replicas now. While a revision is rolled out
/// it does nothing: how replica sets share a change of their number is not modelled.
pub(crate) fn next(scope: &Scope, state: &State, member: u8) -> Option<u8> {
    let scaler = scope.workload(member)?.scaler.as_ref()?;
    if state.is_rolling(member) { None } else { corrected(scaler, state.set(member)?.replicas) }
}

/// The numbers to which the load may move a member.
pub(crate) fn loads(scope: &Scope, state: &State, member: u8) -> Vec<u8> {
    let scaler = scope.workload(member).and_then(|workload| workload.scaler.as_ref());
    let (Some(scaler), Some(set)) = (scaler, state.set(member)) else { return Vec::new() };
    if state.is_rolling(member) || set.replicas == 0 {
        return Vec::new();
    }
    if set.kind == Kind::Job {
        return Vec::new();
    }
    let mut bounds = vec![scaler.min, scaler.max];
    bounds.retain(|bound| *bound != set.replicas && *bound > 0);
    bounds.dedup();
    bounds
}

/// The number of replicas after the same manifest has been applied: the one that it states. A
/// manifest that states none leaves the number alone.
pub(crate) fn applied(scope: &Scope, member: u8) -> Option<u8> {
    scope.workload(member)?.stated
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_out_of_bounds_come_back() {
        let file = std::sync::Arc::new(seatrial_core::SourceFile::new("a.yaml", ""));
        let scaler = Scaler {
            name: "web".to_owned(),
            min: 2,
            max: 4,
            location: file.location(seatrial_core::Span::default()),
        };
        for (replicas, expected) in [(0, None), (1, Some(2)), (2, None), (4, None), (9, Some(4))] {
            assert_eq!(corrected(&scaler, replicas), expected, "{replicas}");
        }
    }
}
