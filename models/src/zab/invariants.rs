//! The invariants, by the names of the specification.

use super::Zab;
use super::state::{Phase, Role, State};
use super::types::Txn;
use crate::Server;
use seatrial_explore::Property;

/// An invariant: its name, its predicate, the variables that this reads, what it says.
type Invariant<const N: usize> =
    (&'static str, fn(&State<N>) -> bool, &'static [&'static str], &'static str);

/// All invariants.
pub(super) fn all<const N: usize>() -> Vec<Property<Zab<N>>> {
    let stated = leadership().into_iter().chain(delivery());
    let property = |(name, holds, reads, summary): Invariant<N>| {
        Property::always(name, move |_: &Zab<N>, state| holds(state)).reads(reads).summary(summary)
    };
    stated.map(property).collect()
}

#[rustfmt::skip]
fn leadership<const N: usize>() -> [Invariant<N>; 3] {
    [
        ("DuringActionCheck", during_action_check, &["violatedInvariants"],
            "no action meets what should be impossible there"),
        ("Leadership1", leadership1, &["state", "zabState", "currentEpoch"],
            "at most one established leader leads an epoch now"),
        ("Leadership2", leadership2, &["epochLeader"],
            "at most one leader was ever established in an epoch"),
    ]
}

#[rustfmt::skip]
fn delivery<const N: usize>() -> [Invariant<N>; 7] {
    [
        ("PrefixConsistency", prefix_consistency, &["lastCommitted", "history"],
            "any two servers agree on the prefix that both have committed"),
        ("Integrity", integrity, &["state", "lastCommitted", "history", "proposalMsgsLog"],
            "what a follower delivers, a primary has broadcast"),
        ("Agreement", agreement, &["state", "lastCommitted", "history"],
            "of what two followers deliver, one has delivered the other's"),
        ("TotalOrder", total_order, &["lastCommitted", "history"],
            "if a server delivers a before b, any server that delivers b delivers a before b"),
        ("LocalPrimaryOrder", local_primary_order, &["lastCommitted", "history", "proposalMsgsLog"],
            "what a primary broadcasts in an epoch is delivered in that order"),
        ("GlobalPrimaryOrder", global_primary_order, &["lastCommitted", "history"],
            "transactions of an earlier epoch are delivered before those of a later one"),
        ("PrimaryIntegrity", primary_integrity,
            &["state", "zabState", "learners", "connectInfo", "currentEpoch", "lastCommitted", "history"],
            "a primary has delivered what its followers deliver of earlier epochs"),
    ]
}

/// Whether all invariants hold.
pub(super) fn hold<const N: usize>(s: &State<N>) -> bool {
    during_action_check(s)
        && leadership1(s)
        && leadership2(s)
        && prefix_consistency(s)
        && integrity(s)
        && agreement(s)
        && total_order(s)
        && local_primary_order(s)
        && global_primary_order(s)
        && primary_integrity(s)
}

/// What server `i` has delivered.
fn delivered<const N: usize>(s: &State<N>, i: Server) -> &[Txn] {
    s.history[i].prefix(s.last_committed[i].count())
}

/// Whether server `i` has delivered as many transactions as it believes to.
fn is_complete<const N: usize>(s: &State<N>, i: Server) -> bool {
    delivered(s, i).len() == s.last_committed[i].count()
}

/// Whether all pairs of servers satisfy `relation`.
fn all_pairs<const N: usize>(relation: impl Fn(Server, Server) -> bool) -> bool {
    Server::all(N).all(|i| Server::all(N).all(|j| relation(i, j)))
}

#[inline]
fn place(txns: &[Txn], txn: Txn) -> Option<usize> {
    txns.iter().position(|other| other.same(txn))
}

fn during_action_check<const N: usize>(s: &State<N>) -> bool {
    *s.violated_invariants == super::state::Violated::default()
}

fn leadership1<const N: usize>(s: &State<N>) -> bool {
    let established = |i: Server| {
        s.state[i] == Role::Leading
            && matches!(s.zab_state[i], Phase::Synchronization | Phase::Broadcast)
    };
    all_pairs::<N>(|i, j| {
        i == j || !established(i) || !established(j) || s.current_epoch[i] != s.current_epoch[j]
    })
}

fn leadership2<const N: usize>(s: &State<N>) -> bool {
    s.epoch_leader.iter().all(|leaders| leaders.len() <= 1)
}

fn prefix_consistency<const N: usize>(s: &State<N>) -> bool {
    all_pairs::<N>(|i, j| {
        let smaller = s.last_committed[i].count().min(s.last_committed[j].count());
        (1..=smaller).all(|index| match (s.history[i].at(index), s.history[j].at(index)) {
            (Some(mine), Some(other)) => mine.same(*other),
            _ => false,
        })
    })
}

fn integrity<const N: usize>(s: &State<N>) -> bool {
    let proposed = |txn: &Txn| s.proposal_msgs_log.iter().any(|proposal| proposal.is(*txn));
    let followers = Server::all(N).filter(|&i| s.is_follower(i));
    followers.into_iter().all(|i| is_complete(s, i) && delivered(s, i).iter().all(proposed))
}

fn agreement<const N: usize>(s: &State<N>) -> bool {
    all_pairs::<N>(|i, j| {
        let (mine, theirs) = (delivered(s, i), delivered(s, j));
        !s.is_follower(i)
            || !s.is_follower(j)
            || mine.iter().all(|a| {
                theirs.iter().all(|b| place(theirs, *a).is_some() || place(mine, *b).is_some())
            })
    })
}

fn total_order<const N: usize>(s: &State<N>) -> bool {
    all_pairs::<N>(|i, j| {
        let (mine, theirs) = (delivered(s, i), delivered(s, j));
        let kept = |(at, b): (usize, &Txn)| match place(theirs, *b) {
            None => true,
            Some(end) => {
                let before = theirs.get(..end).unwrap_or_default();
                mine.iter().take(at).all(|a| place(before, *a).is_some())
            }
        };
        mine.len() < 2 || theirs.len() < 2 || mine.iter().enumerate().all(kept)
    })
}

/// The published formula quantifies existentially over the two transactions and lets them be
/// equal, so that it is true of every state. This one quantifies universally, as its comment
/// says.
fn local_primary_order<const N: usize>(s: &State<N>) -> bool {
    let log = &s.proposal_msgs_log;
    log.iter().all(|first| {
        let later = log.iter().filter(|later| {
            (later.source, later.epoch) == (first.source, first.epoch) && later.zxid > first.zxid
        });
        later.into_iter().all(|later| {
            Server::all(N).all(|j| {
                let delivered = delivered(s, j);
                let end = delivered.iter().position(|txn| later.is(*txn));
                let before = end.and_then(|end| delivered.get(..end)).unwrap_or_default();
                end.is_none() || delivered.len() < 2 || before.iter().any(|txn| first.is(*txn))
            })
        })
    })
}

fn global_primary_order<const N: usize>(s: &State<N>) -> bool {
    Server::all(N).all(|i| delivered(s, i).is_sorted_by_key(|txn| txn.zxid.epoch))
}

fn primary_integrity<const N: usize>(s: &State<N>) -> bool {
    let serves = |i: Server| s.zab_state[i] == Phase::Broadcast;
    all_pairs::<N>(|i, j| {
        let primary = s.is_leader(i) && s.is_my_learner(i, j) && serves(i);
        let follower = s.is_follower(j) && s.is_my_leader(j, i) && serves(j);
        let earlier = |txn: &&Txn| txn.zxid.epoch < s.current_epoch[i];
        !(primary && follower)
            || delivered(s, j)
                .iter()
                .filter(earlier)
                .all(|txn| place(delivered(s, i), *txn).is_some())
    })
}
