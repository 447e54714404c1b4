//! The horizontal autoscaler (`pkg/controller/podautoscaler/horizontal.go`): it brings a number of
//! replicas that is out of its bounds back, and follows the load as far as it can read it.
//!
//! The load is steady, high or low: how high is not modelled, and neither are tolerance and the time
//! between two steps. A high load asks for the upper bound, a low one for the lower, in steps as
//! `behavior` allows them; stabilization is a delay, and a delay may be any.

use crate::{Kind, Load, Scaler, Scope, Set, State};

/// What the autoscaler makes of a number of replicas that is out of its bounds; a workload of no
/// replicas it leaves alone.
pub(crate) fn corrected(scaler: &Scaler, replicas: u8) -> Option<u8> {
    let within = replicas.max(scaler.min).min(scaler.max);
    (replicas > 0 && within != replicas).then_some(within)
}

/// The number of replicas that the autoscaler asks for next.
pub(crate) fn wanted(scaler: &Scaler, set: &Set) -> Option<u8> {
    let replicas = set.replicas;
    if replicas == 0 {
        return None;
    }
    if let Some(within) = corrected(scaler, replicas) {
        return Some(within);
    }
    // Where a metric cannot be read, it does not scale down; where none can, not at all
    // (`computeReplicasForMetrics`).
    let wanted = match set.load {
        Load::Steady => replicas,
        Load::High if scaler.blind.len() < scaler.metrics => {
            scaler.up.as_ref().map_or(replicas, |pace| pace.up(replicas).min(scaler.max))
        }
        Load::Low if scaler.blind.is_empty() => {
            scaler.down.as_ref().map_or(replicas, |pace| pace.down(replicas).max(scaler.min))
        }
        Load::High | Load::Low => replicas,
    };
    (wanted != replicas).then_some(wanted)
}

/// What the autoscaler makes of a member's number of replicas now. Bounds need no metrics; there
/// are none as long as no pod is ready, be it an old one (`GetResourceReplicas` in
/// `replica_calculator.go`). That others are not ready changes nothing: a load that asks for more
/// pods is divided among all of them, one that asks for fewer among those that are ready.
pub(crate) fn next(scope: &Scope, state: &State, member: u8) -> Option<u8> {
    let scaler = scope.workload(member)?.scaler.as_ref()?;
    let set = state.set(member)?;
    let corrected = corrected(scaler, set.replicas);
    if state.ready(member) == 0 { corrected } else { wanted(scaler, set) }
}

/// How the load of a member may change: it rises where there may be more pods, and falls where
/// there may be fewer.
pub(crate) fn loads(scope: &Scope, state: &State, member: u8) -> Vec<Load> {
    let scaler = scope.workload(member).and_then(|workload| workload.scaler.as_ref());
    let (Some(scaler), Some(set)) = (scaler, state.set(member)) else { return Vec::new() };
    if set.replicas == 0 || set.kind == Kind::Job {
        return Vec::new();
    }
    let rises = set.load != Load::High && set.replicas < scaler.max;
    let falls = set.load != Load::Low && set.replicas > scaler.min && scaler.min > 0;
    let all = [(rises, Load::High), (falls, Load::Low)];
    all.into_iter().filter(|(may, _)| *may).map(|(_, load)| load).collect()
}

/// Whether the number of replicas is not the one that the load asks for, in a direction in which the
/// autoscaler may go.
pub(crate) fn lags(scope: &Scope, state: &State, member: u8) -> bool {
    let scaler = scope.workload(member).and_then(|workload| workload.scaler.as_ref());
    let (Some(scaler), Some(set)) = (scaler, state.set(member)) else { return false };
    match set.load {
        Load::Steady => false,
        Load::High => scaler.up.is_some() && set.replicas < scaler.max,
        Load::Low => scaler.down.is_some() && set.replicas > scaler.min,
    }
}

/// The number of replicas after the same manifest has been applied: the one that it states. A
/// manifest that states none leaves the number alone.
pub(crate) fn applied(scope: &Scope, member: u8) -> Option<u8> {
    scope.workload(member)?.stated
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Blind, Pace, Share};

    fn scaler(min: u8, max: u8) -> Scaler {
        let file = std::sync::Arc::new(seatrial_core::SourceFile::new("a.yaml", ""));
        Scaler {
            name: "web".to_owned(),
            min,
            max,
            up: Some(Pace::UP),
            down: Some(Pace::DOWN),
            metrics: 1,
            blind: Vec::new(),
            location: file.location(seatrial_core::Span::default()),
        }
    }

    fn set(replicas: u8, load: Load) -> Set {
        Set {
            kind: Kind::Deployment,
            replicas,
            desired: [replicas, 0],
            current: 0,
            health: [crate::Health::Good; 2],
            settles: false,
            rescaled: false,
            sized_for: replicas,
            load,
        }
    }

    #[test]
    fn numbers_out_of_bounds_come_back() {
        let scaler = scaler(2, 4);
        for (replicas, expected) in [(0, None), (1, Some(2)), (2, None), (4, None), (9, Some(4))] {
            assert_eq!(corrected(&scaler, replicas), expected, "{replicas}");
            assert_eq!(wanted(&scaler, &set(replicas, Load::Steady)), expected, "{replicas}");
        }
    }

    /// Worked out by hand from the documentation of `behavior`.
    #[test]
    fn the_load_is_followed_in_the_steps_that_are_allowed() {
        let pace = |shares: &[Share], least: bool| Pace { shares: shares.to_vec(), least };
        let (two, half) = (Share::Number(2), Share::Percent(50));
        for (up, replicas, expected) in [
            (Pace::UP, 1, Some(5)),
            (Pace::UP, 6, Some(12)),
            (Pace::UP, 12, Some(20)),
            (Pace::UP, 20, None),
            (pace(&[two, half], false), 3, Some(5)),
            (pace(&[two, half], false), 5, Some(8)),
            (pace(&[two, half], true), 5, Some(7)),
        ] {
            let scaler = Scaler { up: Some(up), ..scaler(1, 20) };
            assert_eq!(wanted(&scaler, &set(replicas, Load::High)), expected, "{replicas}");
        }
        for (down, replicas, expected) in [
            (Pace::DOWN, 20, Some(1)),
            (pace(&[two, half], false), 9, Some(4)),
            (pace(&[two, half], true), 9, Some(7)),
            (pace(&[half], false), 1, None),
        ] {
            let scaler = Scaler { down: Some(down), ..scaler(1, 20) };
            assert_eq!(wanted(&scaler, &set(replicas, Load::Low)), expected, "{replicas}");
        }
    }

    #[test]
    fn what_cannot_be_read_or_is_disabled_is_not_followed() {
        let file = std::sync::Arc::new(seatrial_core::SourceFile::new("a.yaml", ""));
        let blind = Blind {
            what: "cpu".to_owned(),
            location: file.location(seatrial_core::Span::default()),
        };
        let one = Scaler { blind: vec![blind.clone()], ..scaler(1, 4) };
        assert_eq!(wanted(&one, &set(2, Load::High)), None);
        assert_eq!(wanted(&one, &set(9, Load::High)), Some(4), "bounds hold without metrics");
        let of_two = Scaler { metrics: 2, ..one };
        assert_eq!(wanted(&of_two, &set(2, Load::High)), Some(4), "up by what can be read");
        assert_eq!(wanted(&of_two, &set(2, Load::Low)), None, "and never down");
        let disabled = Scaler { down: None, ..scaler(1, 4) };
        assert_eq!(wanted(&disabled, &set(2, Load::Low)), None);
    }
}
