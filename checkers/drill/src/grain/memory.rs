//! What controllers remember: what they would have done at the last few changes, and the calls that
//! they have yet to make.

use serde::{Deserialize, Serialize};

use super::Reader;
use crate::disruption::Status;
use crate::{Kind, Phase, Pod, State};

/// What one controller does for one object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Task {
    /// The controller.
    pub reader: Reader,
    /// The workload, by its place among the members of the model.
    pub member: u8,
    /// Of a replica set its revision; else 0.
    pub revision: u8,
}

/// The calls of one reconciliation, in any order.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Plan {
    /// The sizes of the replica sets by revision, as they were read and as they shall be: written
    /// only over what was read (compare-and-swap).
    pub resize: Option<[[u8; 2]; 2]>,
    /// How many pods a replica set makes.
    pub creates: u8,
    /// The ordinals of which a pod is made, as bits, by revision.
    pub makes: [u64; 2],
    /// The pods that are deleted, as bits: by number, or by ordinal, which is all that the call
    /// names.
    pub deletes: u64,
    /// Pods of one rank of which only some are deleted.
    pub ties: u64,
    /// How many of them.
    pub of_ties: u8,
}

/// What a controller would have done at some time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Lag {
    /// What.
    pub plan: Plan,
    /// Whether its cache may still be there; else only when it starts anew.
    pub live: bool,
}

/// What a controller remembers of one object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Mind {
    /// Of what.
    pub task: Task,
    /// The calls that it has yet to make.
    pub pending: Plan,
    /// What it would have done before each of the last changes, the latest first.
    pub past: Vec<Lag>,
}

/// What all controllers remember. With atomic ones it is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Memory {
    /// By task, those that remember something.
    pub minds: Vec<Mind>,
    /// By budget, the statuses that the eviction API may still go by, the latest first.
    pub(crate) statuses: Vec<(u8, Vec<Status>)>,
}

impl Plan {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Only the deletion or the making of one pod.
    pub(super) fn deleting(bit: u64) -> Self {
        Self { deletes: bit, ..Self::default() }
    }

    /// Each call by itself, the ties left aside.
    pub(super) fn calls(&self) -> Vec<Self> {
        let mut all = Vec::new();
        if self.resize.is_some() {
            all.push(Self { resize: self.resize, ..Self::default() });
        }
        if self.creates > 0 {
            all.push(Self { creates: 1, ..Self::default() });
        }
        all.extend(bits(self.makes[0]).map(|bit| Self { makes: [bit, 0], ..Self::default() }));
        all.extend(bits(self.makes[1]).map(|bit| Self { makes: [0, bit], ..Self::default() }));
        all.extend(bits(self.deletes).map(Self::deleting));
        all
    }

    /// What is left when one of its calls has been made.
    pub(super) fn without(self, call: &Self) -> Self {
        Self {
            resize: if call.resize.is_some() { None } else { self.resize },
            creates: self.creates.saturating_sub(call.creates),
            makes: [self.makes[0] & !call.makes[0], self.makes[1] & !call.makes[1]],
            deletes: self.deletes & !call.deletes,
            ..self
        }
    }

    /// The same without pods that are gone: deleting them does nothing.
    fn among(self, there: u64) -> Self {
        let ties = self.ties & there;
        let of_ties = self.of_ties.min(u8::try_from(ties.count_ones()).unwrap_or(u8::MAX));
        let mut kept = Self { deletes: self.deletes & there, ties, of_ties, ..self };
        if u32::from(of_ties) == ties.count_ones() {
            kept = Self { deletes: kept.deletes | ties, ties: 0, of_ties: 0, ..kept };
        }
        kept
    }

    /// The same with pods that have other numbers.
    fn numbered(self, to: &[(u8, u8)]) -> Self {
        let renumber = |mask: u64| {
            let new = to.iter().filter(|(old, _)| mask & bit(*old) != 0).map(|(_, new)| bit(*new));
            new.fold(0, |all, one| all | one)
        };
        Self { deletes: renumber(self.deletes), ties: renumber(self.ties), ..self }
    }

    /// The same when revision 1 is named 0.
    fn renamed(self) -> Self {
        Self {
            resize: self.resize.map(|sizes| sizes.map(|[old, new]| [new, old])),
            makes: [self.makes[1], 0],
            ..self
        }
    }
}

/// The bit of a pod's number.
pub(super) fn bit(slot: u8) -> u64 {
    1_u64.checked_shl(u32::from(slot)).unwrap_or(0)
}

/// The single bits of a mask.
pub(super) fn bits(mask: u64) -> impl Iterator<Item = u64> {
    (0..64).map(|place| 1_u64 << place).filter(move |bit| mask & bit != 0)
}

impl Memory {
    /// What is remembered of a task.
    pub(super) fn mind(&self, task: Task) -> Option<&Mind> {
        self.minds.iter().find(|mind| mind.task == task)
    }

    /// Changes what is remembered of a task.
    pub(super) fn change(&mut self, task: Task, change: impl FnOnce(&mut Mind)) {
        let mut mind = match self.minds.iter().position(|mind| mind.task == task) {
            Some(place) => self.minds.remove(place),
            None => Mind { task, pending: Plan::default(), past: Vec::new() },
        };
        change(&mut mind);
        // Nothing to do is what a controller also finds when it does not look.
        while mind.past.last().is_some_and(|lag| lag.plan.is_empty()) {
            mind.past.pop();
        }
        if !mind.pending.is_empty() || !mind.past.is_empty() {
            let place = self.minds.partition_point(|other| other.task < task);
            self.minds.insert(place, mind);
        }
    }

    /// Forgets deletions of pods that are gone or on their way out, which do nothing.
    pub(super) fn prune(&mut self, task: Task, there: u64) {
        if task.reader == Reader::ReplicaSet && self.mind(task).is_some() {
            self.change(task, |mind| {
                mind.pending = mind.pending.among(there);
                for lag in &mut mind.past {
                    lag.plan = lag.plan.among(there);
                }
            });
        }
    }

    /// The revision 1 of a member is named 0: what was remembered of 0 is about nothing that is
    /// left.
    pub(crate) fn rename(&mut self, member: u8) {
        let is_old = |task: Task| task.reader == Reader::ReplicaSet && task.revision == 0;
        self.minds.retain(|mind| mind.task.member != member || !is_old(mind.task));
        for mind in self.minds.iter_mut().filter(|mind| mind.task.member == member) {
            mind.task.revision = 0;
            mind.pending = mind.pending.renamed();
            for lag in &mut mind.past {
                lag.plan = lag.plan.renamed();
            }
        }
        self.minds.sort_unstable_by_key(|mind| mind.task);
    }

    /// How a pod of a Deployment is remembered, as bits: whatever its number.
    pub(crate) fn mark(&self, pod: Pod) -> u64 {
        let own = |mind: &&Mind| {
            mind.task.reader == Reader::ReplicaSet && mind.task.member == pod.workload
        };
        let mut mark = 0;
        for mind in self.minds.iter().filter(own) {
            let past = mind.past.iter().map(|lag| lag.plan);
            for plan in std::iter::once(mind.pending).chain(past) {
                let number = bit(pod.slot);
                let is_in = |mask: u64| u64::from(mask & number != 0);
                mark = mark << 2 | is_in(plan.deletes) << 1 | is_in(plan.ties);
            }
        }
        mark
    }
}

/// Numbers the pods of a member that are told apart anew: by what they do, where, and how they are
/// remembered, so that states that differ only by numbers are one.
pub(crate) fn number(state: &mut State, member: u8) {
    if state.set(member).is_none_or(|set| set.kind != Kind::Deployment) {
        return;
    }
    let pods = state.pods.iter().filter(|pod| pod.workload == member);
    let mut order: Vec<_> = pods
        .map(|pod| {
            let looks = (pod.revision, pod.phase, pod.node, pod.nominated);
            ((looks, state.memory.mark(*pod)), pod.slot)
        })
        .collect();
    order.sort_unstable();
    let to: Vec<(u8, u8)> = (0_u8..).zip(&order).map(|(new, (_, old))| (*old, new)).collect();
    for pod in state.pods.iter_mut().filter(|pod| pod.workload == member) {
        let new = to.iter().find(|(old, _)| *old == pod.slot);
        pod.slot = new.map_or(pod.slot, |(_, new)| *new);
    }
    state.pods.sort_unstable();
    for mind in &mut state.memory.minds {
        if mind.task.reader == Reader::ReplicaSet && mind.task.member == member {
            mind.pending = mind.pending.numbered(&to);
            for lag in &mut mind.past {
                lag.plan = lag.plan.numbered(&to);
            }
        }
    }
}

/// Numbers the last so many pods, which have just been made.
pub(super) fn number_fresh(state: &mut State, member: u8, count: usize) {
    let old = state.pods.len().saturating_sub(count);
    let fresh = state.pods.split_off(old);
    for pod in fresh {
        let slot = free_number(state, member);
        state.pods.push(Pod { slot, ..pod });
    }
}

/// A number that no pod of a member has.
pub(super) fn free_number(state: &State, member: u8) -> u8 {
    let taken = |number: u8| state.pods.iter().any(|it| it.workload == member && it.slot == number);
    (0..u8::MAX).find(|number| !taken(*number)).unwrap_or(u8::MAX)
}

/// The numbers of the pods of a member that are not on their way out.
pub(super) fn active(state: &State, member: u8) -> u64 {
    let pods = state.pods.iter().filter(|pod| pod.workload == member);
    let active = pods.filter(|pod| !matches!(pod.phase, Phase::Leaving | Phase::Ghost));
    active.fold(0, |mask, pod| mask | bit(pod.slot))
}
