//! `recorder`: counters that bound the environment, and what checks need after each action.

use super::ZooKeeper;
use super::actions::{Action, Class};
use super::state::{Flaw, Pc, State};
use super::types::{History, Phase, Txn};
use crate::{Server, ServerSet};

impl<const N: usize> ZooKeeper<N> {
    /// `CheckExternalFailure`: faults neither follow each other without an election between, nor
    /// come too often.
    fn check_external_failure(s: &State<N>) -> bool {
        usize::from(*s.n_consequent_failure) + 1 < N
            && usize::from(*s.n_crash + *s.n_partition) <= (N - 1) * usize::from(*s.max_epoch + 1)
    }

    /// The bound that forbids an action, or none.
    pub(super) fn bound_of(&self, s: &State<N>, action: Action) -> Option<&'static str> {
        let bounds = &self.bounds;
        let spaced = |is_released: bool| {
            (bounds.spaced_faults && !(is_released && Self::check_external_failure(s)))
                .then_some("spaced-faults")
        };
        let timeout = |is_looking: bool| {
            (!is_looking && *s.n_timeout >= bounds.timeouts).then_some("timeouts")
        };
        let i = action.i;
        let j = action.j.unwrap_or(i);
        match action.class {
            Class::NodeCrash => timeout(s.is_looking(i))
                .or((*s.n_crash >= bounds.crashes).then_some("crashes"))
                .or_else(|| spaced(!s.no_execute.crash.contains(i))),
            Class::PartitionStart => timeout(false)
                .or((*s.n_partition >= bounds.partitions).then_some("partitions"))
                .or_else(|| spaced(!s.no_execute.partition_start[i].contains(j))),
            Class::NodeStart => {
                (bounds.spaced_faults && s.no_execute.start.contains(i)).then_some("spaced-faults")
            }
            Class::PartitionRecover => (bounds.spaced_faults
                && s.no_execute.partition_recover[i].contains(j))
            .then_some("spaced-faults"),
            Class::LeaderProcessRequest => (*s.n_transaction >= bounds.txns).then_some("txns"),
            Class::LeaderProcessFOLLOWERINFO => (*s.max_epoch >= bounds.epochs).then_some("epochs"),
            Class::ElectionAndDiscovery => {
                (usize::from(*s.max_epoch) >= super::state::MAX_EPOCH).then_some("epochs")
            }
            _ => None,
        }
    }

    /// The counters of a fault, before it occurs: `RecorderSetFailure`, `RecorderSetNoExecute`.
    pub(super) fn count_fault(&self, s: &mut State<N>, was_looking: bool) {
        if !was_looking {
            *s.n_timeout += 1;
        }
        if self.bounds.spaced_faults {
            *s.n_consequent_failure += 1;
        }
    }

    /// `RecorderSetTransactionNum`: the length of the longest history.
    pub(super) fn count_transactions(s: &mut State<N>) {
        let longest = s.history.iter().map(History::len).max().unwrap_or_default();
        *s.n_transaction = u8::try_from(longest).unwrap_or(u8::MAX);
    }

    /// `RecorderSetMaxEpoch`.
    pub(super) fn count_epochs(s: &mut State<N>) {
        *s.max_epoch = s.accepted_epoch.iter().copied().max().unwrap_or_default();
    }

    /// `ReleaseNoExecute`: a quorum has elected a leader, so that faults may occur again.
    pub(super) fn release_faults(&self, s: &mut State<N>, quorum: ServerSet) {
        if !self.bounds.spaced_faults {
            return;
        }
        *s.n_consequent_failure = 0;
        let released = &mut *s.no_execute;
        released.start = ServerSet::EMPTY;
        released.partition_recover = crate::PerServer::default();
        for i in Server::all(N) {
            if quorum.contains(i) {
                released.crash = released.crash.without(i);
                released.partition_start[i] = ServerSet::EMPTY;
            }
            for j in quorum.iter() {
                released.partition_start[i] = released.partition_start[i].without(j);
            }
        }
    }

    /// `UpdateRecorder` as far as the last action is concerned, and `UpdateAfterAction`. What is
    /// only used to check properties is no part of the action: nothing is noted as read.
    pub(super) fn after_action(s: &mut State<N>, before: &State<N>, action: Action) {
        // This action leaves the recorder as it is.
        if action.class != Class::FilterNonexistentMessage {
            *s.pc.peek_mut() = Self::record(s, before, action);
        }
        let is_incomplete = Self::loses_committed(s, before, action);
        s.flaws.peek_mut().set(Flaw::InitialHistoryIncomplete, is_incomplete);
        if let Some(leader) = Self::oracle_in_broadcast(s) {
            let count = s.last_committed.peek()[leader].count();
            let committed_log = s.committed_log.peek_mut();
            committed_log.clone_from(&s.history.peek()[leader]);
            committed_log.truncate(count);
        }
    }

    /// The action with its arguments.
    fn record(s: &State<N>, before: &State<N>, action: Action) -> Pc {
        let (i, j) = (action.i, action.j);
        let zxid = match action.class {
            Class::LeaderProcessRequest => Some(s.history.peek()[i].last_zxid()),
            Class::FollowerSyncProcessorLogRequest => {
                before.queued_requests.peek()[i].at(1).map(|txn| txn.zxid)
            }
            Class::FollowerCommitProcessorCommit => before.committed_requests.peek()[i].first(),
            class if class.records_zxid() => j
                .and_then(|j| before.rcv_buffer.peek()[j][i].head())
                .and_then(super::types::Message::zxid),
            _ => None,
        };
        let followers = action.quorum.without(i);
        Pc { class: action.class as u8 + 1, i: Some(i), j, zxid, followers }
    }

    /// The leader that the last election named, if it serves.
    fn oracle_in_broadcast(s: &State<N>) -> Option<Server> {
        let leads = |&l: &Server| Self::leads(s, l) && s.zab_state.peek()[l] == Phase::Broadcast;
        s.leader_oracle.peek().filter(leads)
    }

    /// Whether a server leads an epoch: at the baseline, discovery comes first.
    fn leads(s: &State<N>, l: Server) -> bool {
        s.status.peek()[l] == super::state::Status::Online
            && s.zab_state.peek()[l] != Phase::Discovery
            && s.state.peek()[l] == super::types::Role::Leading
    }

    /// Whether the action loses what has been committed: `LeaderLogCompleteness`,
    /// `CommittedLogMonotonicity` and `CommittedLogDurability` of the specification.
    fn loses_committed(s: &State<N>, before: &State<N>, action: Action) -> bool {
        let committed = before.committed_log.peek();
        let keeps = |leader: Server, count: usize| {
            let history = s.history.peek()[leader].prefix(count);
            let same =
                history.iter().zip(committed.iter()).all(|(mine, theirs)| mine.same(*theirs));
            count >= committed.len() && same
        };
        let leader = s.leader_oracle.peek().filter(|&l| Self::leads(s, l));
        let is_kept = leader.is_none_or(|leader| {
            let is_serving = s.zab_state.peek()[leader] == Phase::Broadcast;
            let initial = s.initial_history.peek()[leader].len();
            let served = s.last_committed.peek()[leader].count();
            keeps(leader, if is_serving { served } else { initial })
        });
        !is_kept
            || action.class == Class::FollowerProcessSyncMessage
                && Self::truncates(
                    &before.history.peek()[action.i],
                    s.history.peek()[action.i].len(),
                    committed,
                )
    }

    /// Whether a log cut down to `length` loses a committed transaction.
    fn truncates(log: &History, length: usize, committed: &History) -> bool {
        let lost = |(mine, theirs): (&Txn, &Txn)| mine.same(*theirs);
        log.iter().zip(committed.iter()).skip(length).any(lost)
    }
}
