//! What happens to a cluster, and how often.

use seatrial_core::nearest;
use std::fmt;

/// What happens to a cluster from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Event {
    /// The containers of a pod crash, and are started again where they are.
    Pod,
    /// A pod is deleted.
    Kill,
    /// A node is lost for good.
    Node,
    /// All nodes of a zone are lost for good.
    Zone,
    /// A node is drained, and put back into service once it is empty.
    Drain,
    /// A new revision is rolled out that becomes ready.
    Rollout,
    /// A new revision is rolled out that never becomes ready.
    BrokenRollout,
    /// The same manifest is applied once more.
    Apply,
    /// The autoscaler moves the number of replicas to one of its bounds.
    Load,
    /// The rollout of a revision that never becomes ready is taken back.
    Rollback,
    /// A node is cordoned, and stays so.
    Cordon,
    /// A node gets a taint `NoExecute`, and keeps it.
    Taint,
    /// Somebody changes the number of replicas by one.
    Scale,
    /// A controller starts anew with a cache that lacks the pods that there are.
    Stale,
    /// A node is cut off: it works, and nobody hears from it.
    Partition,
    /// A pod that is on its way out is deleted by force.
    ForceDelete,
    /// A new revision is rolled out whose containers start, and crash again and again.
    CrashingRollout,
    /// A probe of a pod fails once.
    Probe,
    /// All controllers start anew, with caches that may be behind: only where one is not atomic.
    Restart,
}

impl Event {
    /// How many kinds there are.
    pub const COUNT: usize = 19;
    /// All kinds, in their order.
    pub const ALL: [Self; Self::COUNT] = [
        Self::Pod,
        Self::Kill,
        Self::Node,
        Self::Zone,
        Self::Drain,
        Self::Rollout,
        Self::BrokenRollout,
        Self::Apply,
        Self::Load,
        Self::Rollback,
        Self::Cordon,
        Self::Taint,
        Self::Scale,
        Self::Stale,
        Self::Partition,
        Self::ForceDelete,
        Self::CrashingRollout,
        Self::Probe,
        Self::Restart,
    ];

    /// The name that `--faults` uses.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pod => "pod",
            Self::Kill => "kill",
            Self::Node => "node",
            Self::Zone => "zone",
            Self::Drain => "drain",
            Self::Rollout => "rollout",
            Self::BrokenRollout => "broken-rollout",
            Self::Apply => "apply",
            Self::Load => "load",
            Self::Rollback => "rollback",
            Self::Cordon => "cordon",
            Self::Taint => "taint",
            Self::Scale => "scale",
            Self::Stale => "stale",
            Self::Partition => "partition",
            Self::ForceDelete => "force-delete",
            Self::CrashingRollout => "crashing-rollout",
            Self::Probe => "probe",
            Self::Restart => "restart",
        }
    }

    /// What happens, for so many of it.
    pub fn times(self, count: u8) -> String {
        let (one, many) = match self {
            Self::Pod => ("pod crash", "pod crashes"),
            Self::Kill => ("deleted pod", "deleted pods"),
            Self::Node => ("lost node", "lost nodes"),
            Self::Zone => ("lost zone", "lost zones"),
            Self::Drain => ("drain", "drains"),
            Self::Rollout => ("rollout", "rollouts"),
            Self::BrokenRollout => ("broken rollout", "broken rollouts"),
            Self::Apply => ("apply", "applies"),
            Self::Load => ("change of load", "changes of load"),
            Self::Rollback => ("rollback", "rollbacks"),
            Self::Cordon => ("cordoned node", "cordoned nodes"),
            Self::Taint => ("tainted node", "tainted nodes"),
            Self::Scale => ("change of scale", "changes of scale"),
            Self::Stale => ("stale cache", "stale caches"),
            Self::Partition => ("node cut off", "nodes cut off"),
            Self::ForceDelete => ("deletion by force", "deletions by force"),
            Self::CrashingRollout => ("crashing rollout", "crashing rollouts"),
            Self::Probe => ("failed probe", "failed probes"),
            Self::Restart => ("restart of the controllers", "restarts of the controllers"),
        };
        format!("{count} {}", if count == 1 { one } else { many })
    }
}

/// How often each event happens at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Faults(pub [u8; Event::COUNT]);

/// More of one event is refused: no exploration would end.
const MOST: u8 = 9;

impl Default for Faults {
    /// One of each, but for zones (in the default cluster a zone is a node), for nodes that are
    /// taken out of service for good, and for what goes wrong with every manifest or is done
    /// against advice.
    fn default() -> Self {
        use Event::{Cordon, ForceDelete, Partition, Probe, Restart, Stale, Taint, Zone};
        let mut faults = Self([1; Event::COUNT]);
        for event in [Zone, Cordon, Taint, Stale, Partition, ForceDelete, Probe, Restart] {
            faults.set(event, 0);
        }
        faults
    }
}

impl Faults {
    /// Nothing happens.
    pub const NONE: Self = Self([0; Event::COUNT]);

    /// How often an event happens at most.
    pub fn of(&self, event: Event) -> u8 {
        self.0.get(event as usize).copied().unwrap_or_default()
    }

    /// Sets how often an event happens at most.
    pub fn set(&mut self, event: Event, count: u8) {
        if let Some(slot) = self.0.get_mut(event as usize) {
            *slot = count;
        }
    }

    /// Only this event, so often.
    pub fn only(event: Event, count: u8) -> Self {
        let mut faults = Self::NONE;
        faults.set(event, count);
        faults
    }

    /// Reads `node=1,pod=2`; what is not named keeps its default.
    ///
    /// # Errors
    ///
    /// What is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut faults = Self::default();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let Some((name, count)) = part.split_once('=') else {
                return Err(format!("expected KIND=NUMBER, found `{part}`"));
            };
            let known = || Event::ALL.into_iter().map(Event::name);
            let Some(event) = Event::ALL.into_iter().find(|event| event.name() == name) else {
                let near = nearest(name, known());
                let hint =
                    near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
                let list: Vec<_> = known().collect();
                return Err(format!("unknown fault `{name}`{hint} (known: {})", list.join(", ")));
            };
            match count.parse::<u8>() {
                Ok(count) if count <= MOST => faults.set(event, count),
                _ => return Err(format!("expected a number from 0 to {MOST}, found `{count}`")),
            }
        }
        Ok(faults)
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> = Event::ALL
            .into_iter()
            .map(|event| format!("{}={}", event.name(), self.of(event)))
            .collect();
        formatter.write_str(&parts.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_read_over_the_defaults() {
        let faults = Faults::parse("node=0, pod=2").unwrap();
        assert_eq!(
            (faults.of(Event::Node), faults.of(Event::Pod), faults.of(Event::Drain)),
            (0, 2, 1)
        );
        assert_eq!(Faults::parse("").unwrap(), Faults::default());
        assert_eq!(Faults::parse(&faults.to_string()).unwrap(), faults);
    }

    #[test]
    fn what_is_no_fault_is_refused() {
        for (text, expected) in [
            ("nodes=1", "unknown fault `nodes`; did you mean `node`?"),
            ("node", "expected KIND=NUMBER"),
            ("node=10", "expected a number from 0 to 9, found `10`"),
            ("node=-1", "expected a number from 0 to 9, found `-1`"),
        ] {
            let error = Faults::parse(text).unwrap_err();
            assert!(error.starts_with(expected), "{error}");
        }
    }
}
