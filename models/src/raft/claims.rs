//! What is claimed: the invariants of the published etcd specification by their names, and more.

use seatrial_explore::Property;

use super::Raft;
use super::state::{Entry, Read, Server, State, just};
use crate::rules::Machine;

type Claim = crate::rules::Claim<Raft>;

/// All properties, with the names of the catalogue.
pub(super) fn all() -> Vec<Property<Machine<Raft>>> {
    let mut all = of_logs();
    all.extend([
        Claim::always(
            ("MoreThanOneLeaderInv", "no two servers lead in one term", &["servers"]),
            |_, s| {
                pairs(s).all(|(one, other)| {
                    !(one.is_leader() && other.is_leader() && one.term == other.term)
                })
            },
        ),
        Claim::always(
            (
                "ElectionSafetyInv",
                "no server has more entries of a leader's term than the leader",
                &["servers"],
            ),
            |_, s| {
                let last =
                    |server: &Server, term| server.log.iter().rposition(|entry| entry.term == term);
                pairs(s).all(|(leader, other)| {
                    !leader.is_leader() || last(other, leader.term) <= last(leader, leader.term)
                })
            },
        ),
        Claim::always(
            (
                "ReadsAreLinearizable",
                "a read sees all that clients knew to be committed when it began",
                &["read"],
            ),
            |_, s| !matches!(*s.read, Read::Done { index, floor } if index < floor),
        ),
        Claim::leads_to(
            (
                "WritesCommit",
                "what the last leader has in its log is committed, or another term begins",
                &["servers"],
            ),
            has_open_entries,
            |p, s| !has_open_entries(p, s),
        ),
        Claim::sometimes(
            ("CanCommit", "all servers may know of a committed entry", &["servers"]),
            |p, s| s.servers.iter().take(usize::from(p.bounds.members)).all(|it| it.commit > 0),
        ),
    ]);
    all
}

/// What is claimed of logs.
#[expect(clippy::too_many_lines, reason = "a list: one entry a claim")]
fn of_logs() -> Vec<Property<Machine<Raft>>> {
    vec![
        Claim::always(
            ("LogInv", "of any two committed logs, one begins with the other", &["servers"]),
            |_, s| {
                pairs(s).all(|(one, other)| {
                    let shared = one.commit.min(other.commit);
                    begins(&one.log, prefix(other, shared))
                })
            },
        ),
        Claim::always(
            (
                "LogMatchingInv",
                "logs that have an entry of one term at one index are the same up to there",
                &["servers"],
            ),
            |_, s| {
                pairs(s).all(|(one, other)| {
                    let shared = 1..=one.length().min(other.length());
                    let same = |index: &u8| one.term_at(*index) == other.term_at(*index);
                    let last = shared.rev().find(same).unwrap_or_default();
                    begins(&one.log, prefix(other, last))
                })
            },
        ),
        Claim::always(
            (
                "QuorumLogInv",
                "all committed entries are in the log of some server of every quorum",
                &["servers"],
            ),
            |p, s| {
                s.servers.iter().all(|server| {
                    let holders = (0..s.servers.count())
                        .filter(|j| begins(&s.servers[*j].log, server.committed()));
                    let holders = holders.fold(0, |all, j| all | just(j));
                    !p.members(server).quorum(!holders)
                })
            },
        ),
        Claim::always(
            (
                "MoreUpToDateCorrectInv",
                "a log that is as up to date as another has all that is committed there",
                &["servers"],
            ),
            |_, s| {
                pairs(s).all(|(one, other)| {
                    one.last() < other.last() || begins(&one.log, other.committed())
                })
            },
        ),
        Claim::always(
            (
                "LeaderCompletenessInv",
                "the leader of the latest term has all that is committed anywhere",
                &["servers"],
            ),
            |_, s| {
                let latest = s.servers.iter().map(|server| server.term).max();
                let leaders = s.servers.iter().filter(|server| server.is_leader());
                leaders.filter(|leader| Some(leader.term) == latest).all(|leader| {
                    s.servers.iter().all(|other| begins(&leader.log, other.committed()))
                })
            },
        ),
        Claim::always(
            (
                "CommittedIsDurableInv",
                "what a leader has committed outlasts its restart",
                &["servers"],
            ),
            |_, s| s.servers.iter().all(|server| server.commit <= server.durable),
        ),
    ]
}

/// All ordered pairs of servers.
fn pairs(s: &State) -> impl Iterator<Item = (&Server, &Server)> {
    s.servers
        .iter()
        .flat_map(|one| s.servers.iter().map(move |other| (one, other)))
        .filter(|(one, other)| !std::ptr::eq(*one, *other))
}

fn prefix(server: &Server, length: u8) -> &[Entry] {
    server.log.get(..usize::from(length)).unwrap_or(&server.log)
}

fn begins(log: &[Entry], with: &[Entry]) -> bool {
    log.starts_with(with)
}

/// Whether a leader of the latest term has entries that are not committed.
fn has_open_entries(_: &Raft, s: &State) -> bool {
    let latest = s.servers.iter().map(|server| server.term).max().unwrap_or_default();
    let leaders = s.servers.iter().filter(|server| server.is_leader() && server.term == latest);
    leaders.into_iter().any(|leader| leader.commit < leader.length())
}
