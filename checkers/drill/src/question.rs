//! The questions about a workload, with the events and the claims of each.

use serde::Serialize;

use crate::{Ask, Event, Faults, Kind, Scope, Strategy, Workload};

/// A question about a workload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Question {
    /// Does it start, wherever its pods are placed, and stay so?
    StartUp,
    /// How many crashes does it survive?
    Pod,
    /// How many deletions of pods?
    Kill,
    /// How many failed probes?
    Probe,
    /// How many lost nodes?
    Node,
    /// How many lost zones?
    Zone,
    /// How many nodes that are cut off?
    Partition,
    /// How many nodes that are cordoned, one of their pods deleted?
    Cordon,
    /// How many nodes that get a taint `NoExecute`?
    Taint,
    /// Do drains end, and what do they leave?
    Drain,
    /// Do rollouts end, and what do they leave?
    Rollout,
    /// What does a revision that never becomes ready leave?
    BrokenRollout,
    /// What does a revision leave whose containers crash again and again?
    CrashingRollout,
    /// Does taking such a revision back mend it?
    Rollback,
    /// Does it keep its scale, within its bounds?
    Scale,
    /// Does it follow when somebody changes its scale?
    Resize,
    /// Is there at most one pod of each identity?
    Identity,
    /// Does it come to rest after a controller has acted on a stale cache?
    Stale,
    /// Does the descheduler leave it alone in the end?
    Descheduler,
    /// Do rollouts end while it follows its load?
    ScaledRollout,
    /// What is left of it while more important workloads are rolled out or follow their load?
    Preemption,
    /// Does it become complete again after all of these at once?
    Together,
}

impl Question {
    /// All questions, in their order.
    pub const ALL: [Self; 22] = [
        Self::StartUp,
        Self::Pod,
        Self::Kill,
        Self::Probe,
        Self::Node,
        Self::Zone,
        Self::Partition,
        Self::Cordon,
        Self::Taint,
        Self::Drain,
        Self::Rollout,
        Self::BrokenRollout,
        Self::CrashingRollout,
        Self::Rollback,
        Self::Scale,
        Self::Resize,
        Self::Identity,
        Self::Stale,
        Self::Descheduler,
        Self::ScaledRollout,
        Self::Preemption,
        Self::Together,
    ];

    /// The name that `--property` uses.
    pub const fn name(self) -> &'static str {
        match self {
            Self::StartUp => "start-up",
            Self::Pod => "pod",
            Self::Kill => "kill",
            Self::Probe => "probe",
            Self::Node => "node",
            Self::Zone => "zone",
            Self::Partition => "partition",
            Self::Cordon => "cordon",
            Self::Taint => "taint",
            Self::Drain => "drain",
            Self::Rollout => "rollout",
            Self::BrokenRollout => "broken-rollout",
            Self::CrashingRollout => "crashing-rollout",
            Self::Rollback => "rollback",
            Self::Scale => "scale",
            Self::Resize => "resize",
            Self::Identity => "identity",
            Self::Stale => "stale",
            Self::Descheduler => "descheduler",
            Self::ScaledRollout => "scaled-rollout",
            Self::Preemption => "preemption",
            Self::Together => "together",
        }
    }

    /// Reads a name.
    ///
    /// # Errors
    ///
    /// The names that there are.
    pub fn parse(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|question| question.name() == text);
        found.ok_or_else(|| {
            let known: Vec<&str> = Self::ALL.into_iter().map(Self::name).collect();
            format!("unknown property `{text}` (known: {})", known.join(", "))
        })
    }

    /// The fault whose survival it asks for.
    pub const fn fault(self) -> Option<Event> {
        match self {
            Self::Pod => Some(Event::Pod),
            Self::Kill => Some(Event::Kill),
            Self::Probe => Some(Event::Probe),
            Self::Node => Some(Event::Node),
            Self::Zone => Some(Event::Zone),
            Self::Partition => Some(Event::Partition),
            Self::Cordon => Some(Event::Cordon),
            Self::Taint => Some(Event::Taint),
            _ => None,
        }
    }

    /// The events without which it is not asked.
    const fn needs(self) -> &'static [Event] {
        match self {
            Self::Pod => &[Event::Pod],
            Self::Kill => &[Event::Kill],
            Self::Probe => &[Event::Probe],
            Self::Node => &[Event::Node],
            Self::Zone => &[Event::Zone],
            Self::Partition => &[Event::Partition],
            Self::Cordon => &[Event::Cordon],
            Self::Taint => &[Event::Taint],
            Self::Drain => &[Event::Drain],
            Self::Rollout => &[Event::Rollout],
            Self::BrokenRollout => &[Event::BrokenRollout],
            Self::CrashingRollout => &[Event::CrashingRollout],
            Self::Rollback => &[Event::BrokenRollout, Event::Rollback],
            Self::Resize => &[Event::Scale],
            Self::Stale => &[Event::Stale],
            Self::ScaledRollout => &[Event::Rollout, Event::Load],
            Self::StartUp
            | Self::Scale
            | Self::Identity
            | Self::Descheduler
            | Self::Preemption
            | Self::Together => &[],
        }
    }

    /// The events that happen too, as often as they may.
    const fn takes(self) -> &'static [Event] {
        match self {
            Self::Cordon => &[Event::Kill],
            Self::Scale => &[Event::Load, Event::Apply],
            Self::Identity => &[Event::Kill, Event::Node, Event::Partition, Event::ForceDelete],
            _ => &[],
        }
    }

    /// What happens while it is asked, of all that may.
    pub(crate) fn events(self, workload: &Workload, faults: &Faults) -> Faults {
        const ALL: [Event; 5] =
            [Event::Pod, Event::Kill, Event::Node, Event::Drain, Event::Rollout];
        let mut some = Faults::NONE;
        for event in self.needs().iter().chain(self.takes()) {
            some.set(*event, faults.of(*event));
        }
        if self == Self::Together {
            for event in ALL {
                some.set(event, faults.of(event).min(1));
            }
        }
        for event in Event::ALL.into_iter().filter(|event| !can_happen(workload, *event)) {
            some.set(event, 0);
        }
        some
    }

    /// What happens to the members that are more important while [`Self::Preemption`] is asked: they
    /// are rolled out, and their load changes.
    pub(crate) fn of_superiors(scope: &Scope, faults: &Faults) -> Faults {
        let mut some = Faults::NONE;
        for superior in scope.superiors().into_iter().filter_map(|it| scope.workload(it)) {
            for event in [Event::Rollout, Event::Load] {
                if can_happen(superior, event) {
                    some.set(event, faults.of(event));
                }
            }
        }
        some
    }

    /// Whether it is asked about the first workload of a scope.
    pub(crate) fn concerns(self, scope: &Scope, workload: &Workload, faults: &Faults) -> bool {
        let kind = workload.kind();
        let events = self.events(workload, faults);
        let happen = self.needs().iter().all(|event| events.of(*event) > 0);
        let named = match self {
            Self::Identity => kind == Kind::StatefulSet && events != Faults::NONE,
            Self::Scale => workload.scaler.is_some() && events != Faults::NONE,
            Self::Descheduler => scope.world.descheduler.is_some() && is_descheduled(kind),
            Self::ScaledRollout => kind == Kind::Deployment,
            Self::Preemption => Self::of_superiors(scope, faults) != Faults::NONE,
            // A drain passes over the pods of a DaemonSet.
            Self::Drain => kind != Kind::DaemonSet,
            Self::Together => events != Faults::NONE,
            _ => true,
        };
        happen && named
    }
}

fn is_descheduled(kind: Kind) -> bool {
    matches!(kind, Kind::Deployment | Kind::StatefulSet)
}

/// Whether an event can happen to a workload at all.
fn can_happen(workload: &Workload, event: Event) -> bool {
    let kind = workload.kind();
    let has_replicas = matches!(kind, Kind::Deployment | Kind::StatefulSet);
    match event {
        Event::Rollout | Event::BrokenRollout | Event::CrashingRollout | Event::Rollback => {
            let is_still = workload.paused || workload.strategy == Strategy::OnDelete;
            (has_replicas || kind == Kind::DaemonSet) && !is_still
        }
        Event::Apply => workload.scaler.is_some() && workload.stated.is_some(),
        Event::Load => workload.scaler.as_ref().is_some_and(|it| it.min < it.max),
        Event::Scale => has_replicas && workload.scaler.is_none(),
        Event::Stale => kind == Kind::Deployment,
        Event::ForceDelete => kind == Kind::StatefulSet,
        Event::Probe => workload.probes.readiness || workload.probes.liveness,
        _ => true,
    }
}

/// The claims and witnesses of a question, while these events happen.
pub(crate) fn asks(workload: &Workload, question: Question, events: &Faults) -> Vec<Ask> {
    let most =
        workload.scaler.as_ref().map_or(workload.replicas, |it| it.max.max(workload.replicas));
    let keeps = (1..=workload.replicas.min(16)).map(Ask::Keeps);
    let mut asks = Vec::new();
    match question {
        Question::StartUp => asks.extend([Ask::Starts, Ask::Rests]),
        Question::Descheduler => asks.push(Ask::Rests),
        Question::Drain => {
            asks.extend([Ask::Drained, Ask::Settles]);
            asks.extend(keeps.filter(|_| workload.kind() != Kind::Job));
        }
        Question::ScaledRollout => {
            asks.extend([Ask::RolledOut, Ask::WithinBounds, Ask::Follows]);
        }
        Question::Preemption => {
            asks.push(Ask::Settles);
            asks.extend(keeps.filter(|_| workload.kind() != Kind::Job));
        }
        Question::Rollout => {
            asks.push(Ask::RolledOut);
            asks.extend(keeps);
        }
        Question::BrokenRollout | Question::CrashingRollout => asks.extend(keeps),
        Question::Rollback => asks.push(Ask::Heals),
        Question::Scale => {
            asks.extend([Ask::WithinBounds, Ask::KeepsScale, Ask::Settles]);
            asks.extend((events.of(Event::Load) > 0).then_some(Ask::Follows));
            if workload.stated.is_some_and(|stated| stated == 0) || most == 0 {
                asks.clear();
            }
        }
        Question::Resize | Question::Stale | Question::Together => asks.push(Ask::Settles),
        Question::Identity => asks.push(Ask::OneOfEach),
        Question::Pod
        | Question::Kill
        | Question::Probe
        | Question::Node
        | Question::Zone
        | Question::Partition
        | Question::Cordon
        | Question::Taint => {
            let Some(event) = question.fault() else { return asks };
            for count in 1..=events.of(event) {
                // Nobody asks whether a Job answers; and with a cordon, the pod that is deleted may
                // have been the only one.
                if workload.kind() != Kind::Job && question != Question::Cordon {
                    asks.push(Ask::Survives(event, count));
                }
                asks.push(Ask::Recovers(event, count));
            }
        }
    }
    let witnessed = Event::ALL.into_iter().filter(|event| events.of(*event) > 0);
    // There may be nothing on its way out that could be deleted by force.
    asks.extend(witnessed.filter(|event| *event != Event::ForceDelete).map(Ask::Happens));
    asks
}
