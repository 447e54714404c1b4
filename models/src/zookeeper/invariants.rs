//! The invariants I-1 to I-14.
//!
//! I-1 to I-10 are those of the protocol; they hold of what servers have delivered, which is the
//! committed part of their history. I-11 to I-14 are conditions in the code: where it throws, or
//! asserts, or warns of what cannot be.

use super::ZooKeeper;
use super::state::{Flaw, Flaws, State};
use super::types::{Phase, Role, Txn};
use crate::Server;
use seatrial_explore::Property;

/// An invariant: its name, its predicate, the variables that this reads, what it says.
type Invariant<const N: usize> =
    (&'static str, fn(&State<N>) -> bool, &'static [&'static str], &'static str);

/// All invariants.
pub(super) fn all<const N: usize>() -> Vec<Property<ZooKeeper<N>>> {
    let stated = protocol().into_iter().chain(code());
    let property = |(name, holds, reads, summary): Invariant<N>| {
        let property = Property::always(name, move |_: &ZooKeeper<N>, state| holds(state));
        property.reads(reads).summary(summary).terms(|_, state| {
            found(*state.flaws.peek()).map(|flaw| ("flaw".to_owned(), flaw)).collect()
        })
    };
    stated.map(property).collect()
}

#[rustfmt::skip]
fn protocol<const N: usize>() -> [Invariant<N>; 10] {
    const DELIVERED: &[&str] = &["history", "queuedRequests", "lastCommitted"];
    [
        ("I-1", primary_uniqueness, &["state", "zabState", "acceptedEpoch", "epochLeader"],
            "primary uniqueness: an epoch has one established leader at most"),
        ("I-2", integrity, &["history", "queuedRequests", "lastCommitted", "proposalMsgsLog"],
            "integrity: what a server delivers, a primary has broadcast"),
        ("I-3", agreement, DELIVERED,
            "agreement: of what two servers deliver, one has delivered the other's"),
        ("I-4", total_order, DELIVERED,
            "total order: if a server delivers a before b, any server that delivers b delivers a before b"),
        ("I-5", local_primary_order, &["history", "queuedRequests", "lastCommitted", "proposalMsgsLog"],
            "local primary order: what a primary broadcasts in its epoch is delivered in that order"),
        ("I-6", global_primary_order, DELIVERED,
            "global primary order: transactions of an earlier epoch are delivered before those of a later one"),
        ("I-7", primary_integrity,
            &["state", "zabState", "learners", "leaderAddr", "currentEpoch", "history", "queuedRequests", "lastCommitted"],
            "primary integrity: a primary has delivered what its followers deliver of earlier epochs"),
        ("I-8", |s| !s.flaws.has(Flaw::InitialHistoryIncomplete), &["flaws"],
            "initial history integrity: what an earlier leader has committed, a later one begins with and nobody truncates"),
        ("I-9", commit_consistency,
            &["state", "zabState", "leaderAddr", "currentEpoch", "acceptedEpoch", "initialHistory", "history",
              "queuedRequests", "committedRequests", "lastCommitted"],
            "commit consistency: servers agree on what they have committed, which begins with the initial history of their epoch"),
        ("I-10", history_consistency,
            &["state", "zabState", "learners", "leaderAddr", "currentEpoch", "history"],
            "history consistency: the history of a follower is a prefix of that of its leader once both are in the same epoch"),
    ]
}

#[rustfmt::skip]
fn code<const N: usize>() -> [Invariant<N>; 4] {
    [
        ("I-11", bad_states, &["flaws"],
            "bad states: no message reaches a server in a state in which the code throws or asserts"),
        ("I-12", bad_acknowledgments, &["flaws"],
            "bad acknowledgments: the leader gets the acknowledgment that it waits for"),
        ("I-13", bad_proposals, &["flaws"],
            "bad proposals: a follower gets the proposal that follows its last one"),
        ("I-14", bad_commits, &["flaws"],
            "bad commits: what is committed is the next transaction, and is there"),
    ]
}

fn bad_states<const N: usize>(s: &State<N>) -> bool {
    free_of(
        s,
        &[
            Flaw::SyncMessageOutsideSync,
            Flaw::EpochWaitedForOutsideDiscovery,
            Flaw::LeaderInfoOutsideDiscovery,
            Flaw::ElectionUnfinishedOutsideDiscovery,
            Flaw::UpToDateBeforeCommit,
        ],
    )
}

fn bad_acknowledgments<const N: usize>(s: &State<N>) -> bool {
    free_of(
        s,
        &[
            Flaw::AckBeforeAckOfNewLeader,
            Flaw::AckOfNewLeaderFromOtherEpoch,
            Flaw::AckOutOfOrder,
            Flaw::IllegalMessage,
        ],
    )
}

fn bad_proposals<const N: usize>(s: &State<N>) -> bool {
    free_of(s, &[Flaw::ProposalInSyncNotNext, Flaw::ProposalNotNext, Flaw::TruncFails])
}

fn bad_commits<const N: usize>(s: &State<N>) -> bool {
    free_of(s, &[Flaw::CommitWithoutPacket, Flaw::CommitNotNext, Flaw::CommitNotFirst])
}

fn free_of<const N: usize>(s: &State<N>, flaws: &[Flaw]) -> bool {
    !flaws.iter().any(|flaw| s.flaws.has(*flaw))
}

/// What was found wrong, by name.
fn found(flaws: Flaws) -> impl Iterator<Item = String> {
    Flaw::ALL.into_iter().filter(move |flaw| flaws.has(*flaw)).map(|flaw| format!("{flaw:?}"))
}

/// What was found wrong, as a trace shows it.
pub(super) fn flaw_names(flaws: Flaws) -> serde_json::Value {
    found(flaws).collect()
}

/// What server `i` has delivered.
fn delivered<const N: usize>(s: &State<N>, i: Server) -> impl Iterator<Item = &Txn> + Clone {
    s.history[i].iter().chain(s.queued_requests[i].iter()).take(s.committed_count(i))
}

/// Whether all pairs of different servers satisfy `relation`.
fn all_pairs<const N: usize>(relation: impl Fn(Server, Server) -> bool) -> bool {
    Server::all(N).all(|i| Server::all(N).all(|j| i == j || relation(i, j)))
}

fn has<'t>(mut txns: impl Iterator<Item = &'t Txn>, txn: Txn) -> bool {
    txns.any(|other| other.same(txn))
}

fn primary_uniqueness<const N: usize>(s: &State<N>) -> bool {
    let established = |i: Server| {
        s.is_leader(i) && matches!(s.zab_state[i], Phase::Synchronization | Phase::Broadcast)
    };
    let one_now = all_pairs::<N>(|i, j| {
        !established(i) || !established(j) || s.accepted_epoch[i] != s.accepted_epoch[j]
    });
    one_now && s.epoch_leader.iter().all(|leaders| leaders.len() <= 1)
}

fn integrity<const N: usize>(s: &State<N>) -> bool {
    let proposed = |txn: &Txn| s.proposal_msgs_log.iter().any(|proposal| proposal.is(*txn));
    Server::all(N).all(|i| delivered(s, i).all(proposed))
}

fn agreement<const N: usize>(s: &State<N>) -> bool {
    all_pairs::<N>(|i, j| {
        let (mine, theirs) = (delivered(s, i), delivered(s, j));
        mine.clone().all(|txn| has(theirs.clone(), *txn))
            || theirs.clone().all(|txn| has(mine.clone(), *txn))
    })
}

fn total_order<const N: usize>(s: &State<N>) -> bool {
    all_pairs::<N>(|i, j| {
        delivered(s, i).enumerate().all(|(at, b)| {
            match delivered(s, j).position(|txn| txn.same(*b)) {
                None => true,
                Some(end) => delivered(s, i).take(at).all(|a| has(delivered(s, j).take(end), *a)),
            }
        })
    })
}

/// The published formula quantifies existentially over two transactions that may be equal, and is
/// true of every state. This one quantifies universally, as its comment says.
fn local_primary_order<const N: usize>(s: &State<N>) -> bool {
    let log = &s.proposal_msgs_log;
    log.iter().all(|first| {
        let later = log.iter().filter(|later| {
            (later.source, later.epoch) == (first.source, first.epoch) && later.zxid > first.zxid
        });
        later.into_iter().all(|later| {
            Server::all(N).all(|j| match delivered(s, j).position(|txn| later.is(*txn)) {
                None => true,
                Some(end) => delivered(s, j).take(end).any(|txn| first.is(*txn)),
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
        let mut earlier = delivered(s, j).filter(|txn| txn.zxid.epoch < s.current_epoch[i]);
        !(primary && follower) || earlier.all(|txn| has(delivered(s, i), *txn))
    })
}

/// Prefix consistency, as published; and once a follower that serves has nothing left to log or to
/// commit, it has delivered what its leader began with.
fn commit_consistency<const N: usize>(s: &State<N>) -> bool {
    let agree =
        |i, j| delivered(s, i).zip(delivered(s, j)).all(|(mine, theirs)| mine.same(*theirs));
    let delivers_initial = |i: Server| {
        let Some(leader) = s.leader_addr[i] else { return true };
        let is_settled = s.state[i] == Role::Following
            && s.zab_state[i] == Phase::Broadcast
            && s.accepted_epoch[i] == s.accepted_epoch[leader]
            && s.queued_requests[i].is_empty()
            && s.committed_requests[i].is_empty();
        let initial = &s.initial_history[leader];
        !is_settled
            || s.committed_count(i) >= initial.len()
                && initial.iter().zip(s.history[i].iter()).all(|(one, other)| one.same(*other))
    };
    all_pairs::<N>(agree) && Server::all(N).all(delivers_initial)
}

fn history_consistency<const N: usize>(s: &State<N>) -> bool {
    all_pairs::<N>(|i, j| {
        let in_epoch = s.is_leader(i)
            && s.is_my_learner(i, j)
            && s.is_follower(j)
            && s.is_my_leader(j, i)
            && s.zab_state[i] != Phase::Discovery
            && s.current_epoch[i] == s.current_epoch[j];
        let (longer, shorter) = (&s.history[i], &s.history[j]);
        !in_epoch
            || longer.len() >= shorter.len()
                && longer.iter().zip(shorter.iter()).all(|(one, other)| one.same(*other))
    })
}
