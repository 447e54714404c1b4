//! The Deployment controller: how many pods of the old and the new revision there shall be
//! (`pkg/controller/deployment/{sync,rolling,recreate}.go`).
//!
//! One reconciliation is one step: it reads the replica sets and their pods as they are, and writes
//! the sizes of both.

use crate::{Kind, Scope, State, Strategy};

/// The numbers that one reconciliation reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seen {
    /// `spec.replicas` of the Deployment.
    pub replicas: u8,
    /// `spec.replicas` of the new replica set.
    pub new: u8,
    /// `spec.replicas` of the old one.
    pub old: u8,
    /// Available pods of the new one.
    pub new_available: u8,
    /// Available pods of the old one.
    pub old_available: u8,
    /// Whether there are pods of the old one, be it on their way out.
    pub old_pods: bool,
    /// `spec.replicas` of the Deployment when the replica sets were sized last.
    pub sized_for: u8,
    /// Whether the new one was made after the old one: not so after a rollback.
    pub is_newer: bool,
}

/// The sizes of the new and the old replica set after one reconciliation; `None` if it changes
/// neither. A change of the number of replicas comes before the rollout goes on
/// (`syncDeployment`).
pub(crate) fn reconcile(strategy: Strategy, seen: Seen) -> Option<(u8, u8)> {
    if seen.sized_for != seen.replicas && seen.old > 0 {
        return Some(scaled(strategy, seen));
    }
    let (new, old) = match strategy {
        Strategy::Recreate | Strategy::OnDelete => recreate(seen),
        Strategy::RollingUpdate { .. } => rolling(strategy, seen),
    };
    ((new, old) != (seen.new, seen.old)).then_some((new, old))
}

/// `scale` in `sync.go`: the one replica set that has pods gets all replicas. Two of them share a
/// change by their sizes, with room for the surge; what is left over is the larger one's.
fn scaled(strategy: Strategy, seen: Seen) -> (u8, u8) {
    if seen.new == 0 {
        return (0, seen.replicas);
    }
    let Strategy::RollingUpdate { .. } = strategy else { return (seen.new, seen.old) };
    let with_surge = |replicas: u8| match replicas {
        0 => 0,
        _ => i32::from(replicas) + i32::from(strategy.fenceposts(replicas).0),
    };
    let (most, before) = (with_surge(seen.replicas), with_surge(seen.sized_for));
    let sizes = [i32::from(seen.new), i32::from(seen.old)];
    let missing = most - sizes.iter().sum::<i32>();
    if missing == 0 {
        return (seen.new, seen.old);
    }
    // Of two that are as large, the newer one grows first, and the older one shrinks first.
    let new_first = sizes[0] > sizes[1] || sizes[0] == sizes[1] && seen.is_newer == (missing > 0);
    let [first, second] = if new_first { sizes } else { [sizes[1], sizes[0]] };
    let share = |size: i32, rest: i32| {
        let part = fraction(size, most, before);
        if missing > 0 { part.min(rest) } else { part.max(rest) }
    };
    let of_first = share(first, missing);
    let of_second = if of_first == missing { 0 } else { share(second, missing - of_first) };
    let left_over = missing - of_first - of_second;
    let size = |size: i32| u8::try_from(size.max(0)).unwrap_or(u8::MAX);
    let (first, second) = (size(first + of_first + left_over), size(second + of_second));
    if new_first { (first, second) } else { (second, first) }
}

/// By how much a replica set changes with the most pods that there may be (`getReplicaSetFraction`):
/// in proportion, rounded to the nearest number.
fn fraction(size: i32, most: i32, before: i32) -> i32 {
    // Half of a pod is rounded up: sizes are not negative.
    let new_size = if before == 0 { 0 } else { (2 * size * most + before) / (2 * before) };
    new_size - size
}

/// All old pods go, and when the last one has gone, the new ones come.
fn recreate(seen: Seen) -> (u8, u8) {
    if seen.old > 0 {
        return (seen.new, 0);
    }
    if seen.old_pods { (seen.new, 0) } else { (seen.replicas, 0) }
}

/// First the new replica set, as far as the surge allows; if it needs nothing, the old one.
fn rolling(strategy: Strategy, seen: Seen) -> (u8, u8) {
    let (surge, unavailable) = strategy.fenceposts(seen.replicas);
    let new = new_size(seen, surge);
    if new == seen.new {
        (new, old_size(seen, seen.replicas.saturating_sub(unavailable)))
    } else {
        (new, seen.old)
    }
}

/// `NewRSNewReplicas`.
fn new_size(seen: Seen, surge: u8) -> u8 {
    if seen.new >= seen.replicas {
        return seen.replicas;
    }
    let most = seen.replicas.saturating_add(surge);
    let room = most.saturating_sub(seen.new.saturating_add(seen.old));
    seen.new + room.min(seen.replicas - seen.new)
}

/// `reconcileOldReplicaSets`: unhealthy pods go first, then as many available ones as can be
/// missed.
fn old_size(seen: Seen, fewest: u8) -> u8 {
    let (old, new) = (i32::from(seen.old), i32::from(seen.new));
    let (old_available, new_available) =
        (i32::from(seen.old_available), i32::from(seen.new_available));
    let most = old + new - i32::from(fewest) - (new - new_available);
    // With more available pods than it asks for, the clean-up fails, and waits for them to go.
    if old == 0 || most <= 0 || old_available > old {
        return seen.old;
    }
    let cleaned = old - most.min(old - old_available);
    let spare = (old_available + new_available - i32::from(fewest)).max(0);
    u8::try_from(cleaned - spare.min(cleaned)).unwrap_or(seen.old)
}

/// What a reconciliation of a member reads.
pub(crate) fn seen(state: &State, member: u8) -> Option<Seen> {
    let set = state.set(member)?;
    let available = |revision: u8| {
        let pods = state.pods_of_revision(member, revision);
        u8::try_from(pods.filter(|pod| state.is_available(**pod)).count()).unwrap_or(u8::MAX)
    };
    Some(Seen {
        replicas: set.replicas,
        new: set.wants(set.current),
        old: set.wants(set.other()),
        new_available: available(set.current),
        old_available: available(set.other()),
        old_pods: state.pods_of_revision(member, set.other()).next().is_some(),
        sized_for: set.sized_for,
        is_newer: set.current == 1,
    })
}

/// The sizes of the new and the old replica set of a member after one reconciliation; `None` if
/// there is nothing to do.
pub(crate) fn next(scope: &Scope, state: &State, member: u8) -> Option<(u8, u8)> {
    let workload = scope.workload(member).filter(|it| it.kind() == Kind::Deployment)?;
    reconcile(workload.strategy, seen(state, member)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Share;

    fn seen(replicas: u8, new: (u8, u8), old: (u8, u8)) -> Seen {
        Seen {
            replicas,
            new: new.0,
            new_available: new.1,
            old: old.0,
            old_available: old.1,
            old_pods: old.0 > 0,
            sized_for: replicas,
            is_newer: true,
        }
    }

    /// The sizes of the new and the old replica set after the number of replicas has changed from
    /// one to the other while a rollout is under way. Worked out by hand from the controller's
    /// source; the third is the example of the documentation of proportional scaling.
    #[test]
    fn a_change_of_replicas_is_shared_in_proportion() {
        let of = |surge, unavailable| Strategy::RollingUpdate { surge, unavailable };
        let quarter = of(Share::Percent(25), Share::Percent(25));
        let three = of(Share::Number(3), Share::Number(2));
        for (strategy, (from, to), (new, old), expected) in [
            (quarter, (2, 3), (0, 2), (0, 3)), // only the old one has pods
            (quarter, (2, 3), (1, 2), (1, 3)),
            (three, (10, 15), (5, 8), (7, 11)),
            (three, (15, 10), (7, 11), (5, 8)),
            (quarter, (4, 2), (1, 4), (1, 2)),
            (quarter, (10, 2), (8, 5), (2, 1)),
            (quarter, (4, 0), (2, 3), (0, 0)),
            (of(Share::Number(0), Share::Number(1)), (2, 4), (1, 1), (2, 2)),
            (of(Share::Number(1), Share::Number(0)), (3, 4), (2, 2), (3, 2)), // the newer one grows
            (of(Share::Number(1), Share::Number(0)), (3, 2), (2, 2), (2, 1)), // the older one shrinks
            (Strategy::Recreate, (2, 3), (1, 1), (1, 1)),
        ] {
            let seen = Seen { sized_for: from, ..seen(to, (new, 0), (old, old)) };
            assert_eq!(reconcile(strategy, seen), Some(expected), "{strategy:?} {seen:?}");
        }
        let older = Seen { is_newer: false, sized_for: 3, ..seen(4, (2, 0), (2, 2)) };
        let one = of(Share::Number(1), Share::Number(0));
        assert_eq!(reconcile(one, older), Some((2, 3)), "after a rollback the old one is newer");
    }

    /// The sizes after one reconciliation of new and old replica sets of so many pods, of which so
    /// many are available. Worked out by hand from the controller's source.
    #[test]
    fn a_rolling_update_moves_as_its_controller_does() {
        let of = |surge, unavailable| Strategy::RollingUpdate { surge, unavailable };
        let quarter = of(Share::Percent(25), Share::Percent(25));
        let numbers = |surge, unavailable| of(Share::Number(surge), Share::Number(unavailable));
        for (strategy, seen, expected) in [
            (quarter, seen(3, (0, 0), (3, 3)), Some((1, 3))),
            (quarter, seen(3, (1, 0), (3, 3)), None), // the new pod is not available yet
            (quarter, seen(3, (1, 1), (3, 3)), Some((1, 2))),
            (quarter, seen(3, (1, 1), (2, 2)), Some((2, 2))),
            (quarter, seen(3, (3, 3), (1, 1)), Some((3, 0))),
            (quarter, seen(4, (0, 0), (4, 4)), Some((1, 4))),
            (quarter, seen(4, (1, 0), (4, 4)), Some((1, 3))),
            (quarter, seen(10, (0, 0), (10, 10)), Some((3, 10))),
            (quarter, seen(10, (3, 0), (10, 10)), Some((3, 8))),
            (numbers(0, 0), seen(2, (0, 0), (2, 2)), Some((0, 1))),
            (numbers(0, 1), seen(2, (0, 0), (1, 2)), Some((1, 1))),
            // An old pod that is not ready can go though nothing may be unavailable.
            (numbers(1, 0), seen(3, (1, 1), (3, 2)), Some((1, 2))),
            (numbers(1, 0), seen(3, (1, 0), (3, 2)), None),
            (numbers(0, 1), seen(3, (0, 0), (3, 2)), Some((0, 2))),
            (numbers(1, 0), seen(3, (5, 5), (0, 0)), Some((3, 0))), // scaled down
            (numbers(1, 0), seen(3, (3, 3), (0, 0)), None),
        ] {
            assert_eq!(reconcile(strategy, seen), expected, "{strategy:?} {seen:?}");
        }
    }

    #[test]
    fn recreate_waits_until_the_last_old_pod_has_gone() {
        let last = Seen { old_pods: true, ..seen(2, (0, 0), (0, 0)) };
        for (seen, expected) in [
            (seen(2, (0, 0), (2, 2)), Some((0, 0))),
            (last, None),
            (seen(2, (0, 0), (0, 0)), Some((2, 0))),
            (seen(2, (2, 0), (0, 0)), None),
        ] {
            assert_eq!(reconcile(Strategy::Recreate, seen), expected, "{seen:?}");
        }
    }
}
