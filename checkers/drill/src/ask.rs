//! What is asked of a drill, as properties for the engine. All are about the first member.

use seatrial_explore::Property;

use crate::{Drill, Event, NodeStatus, State, autoscaler};

/// A claim, or a witness against vacuity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    /// It becomes complete.
    Starts,
    /// With exactly so many events of a kind, a pod is ready at any time.
    Survives(Event, u8),
    /// With exactly so many events of a kind, it becomes complete again.
    Recovers(Event, u8),
    /// So many pods are ready at any time.
    Keeps(u8),
    /// A drain comes to its end.
    Drained,
    /// A rollout comes to its end.
    RolledOut,
    /// Whatever happens, it becomes complete again.
    Settles,
    /// The number of replicas stays within the autoscaler's bounds.
    WithinBounds,
    /// From some time on it is complete and stays so.
    Rests,
    /// Taking the broken revision back makes it complete again.
    Heals,
    /// At most one pod of each identity may run.
    OneOfEach,
    /// Applying the same manifest again leaves the number of replicas alone.
    KeepsScale,
    /// The number of replicas follows the load.
    Follows,
    /// All events of a kind can happen (a witness).
    Happens(Event),
}

impl Ask {
    /// The name of the property.
    pub fn name(&self) -> String {
        match self {
            Self::Starts => "starts".to_owned(),
            Self::Survives(event, count) => format!("survives {}", event.times(*count)),
            Self::Recovers(event, count) => format!("recovers from {}", event.times(*count)),
            Self::Keeps(count) => format!("keeps {count} ready"),
            Self::Drained => "drains end".to_owned(),
            Self::RolledOut => "rollouts end".to_owned(),
            Self::Settles => "settles".to_owned(),
            Self::Rests => "comes to rest".to_owned(),
            Self::Heals => "is mended by a rollback".to_owned(),
            Self::OneOfEach => "at most one pod of each identity runs".to_owned(),
            Self::WithinBounds => "stays within the autoscaler's bounds".to_owned(),
            Self::KeepsScale => "keeps its scale when applied again".to_owned(),
            Self::Follows => "follows the load".to_owned(),
            Self::Happens(event) => format!("meets {}", event.name()),
        }
    }

    /// Whether it is a witness, not a claim.
    pub fn is_witness(&self) -> bool {
        matches!(self, Self::Happens(_))
    }

    /// The property.
    pub fn property(&self) -> Property<Drill> {
        let name = self.name();
        match *self {
            Self::Starts => Property::eventually(&name, |_, state: &State| state.is_complete(0)),
            Self::Survives(event, count) => Property::always_when(
                &name,
                move |drill: &Drill, state: &State| state.up && drill.used(state, event) == count,
                |_, state: &State| state.ready(0) > 0,
            ),
            Self::Recovers(event, count) => Property::leads_to(
                &name,
                move |drill: &Drill, state: &State| {
                    state.up && drill.used(state, event) == count && !state.is_complete(0)
                },
                move |drill: &Drill, state: &State| {
                    state.is_complete(0) || drill.used(state, event) > count
                },
            ),
            Self::Keeps(count) => Property::always_when(
                &name,
                |_, state: &State| state.up,
                move |_, state: &State| state.ready(0) >= usize::from(count),
            ),
            Self::Drained => Property::leads_to(
                &name,
                |_, state: &State| state.nodes.contains(&NodeStatus::Draining),
                |_, state: &State| !state.nodes.contains(&NodeStatus::Draining),
            ),
            Self::RolledOut => Property::leads_to(
                &name,
                |_, state: &State| state.up && state.is_rolling(0),
                |_, state: &State| state.is_complete(0),
            ),
            Self::Settles => Property::leads_to(
                &name,
                |_, state: &State| state.up && !state.is_complete(0),
                |_, state: &State| state.is_complete(0),
            ),
            Self::Rests => {
                Property::eventually_always(&name, |_, state: &State| state.is_complete(0))
            }
            Self::Heals => Property::leads_to(
                &name,
                |drill: &Drill, state: &State| drill.used(state, Event::Rollback) > 0,
                |_, state: &State| state.is_complete(0),
            ),
            Self::OneOfEach => Property::always_when(
                &name,
                |_, state: &State| state.up,
                |_, state: &State| has_one_of_each(state),
            ),
            Self::WithinBounds => Property::always_when(
                &name,
                |_, state: &State| state.up,
                |drill: &Drill, state: &State| within_bounds(drill, state),
            ),
            Self::KeepsScale => Property::always_when(
                &name,
                |drill: &Drill, state: &State| drill.used(state, Event::Apply) > 0,
                |_, state: &State| state.set(0).is_none_or(|set| !set.rescaled),
            ),
            Self::Follows => follows(&name),
            Self::Happens(event) => {
                Property::sometimes(&name, move |drill: &Drill, state: &State| {
                    state.left.get(event as usize) == Some(&0) && drill.faults.of(event) > 0
                })
            }
        }
    }
}

/// The number of replicas becomes the one that the load asks for.
fn follows(name: &str) -> Property<Drill> {
    let lags = |drill: &Drill, state: &State| autoscaler::lags(&drill.scope, state, 0);
    Property::leads_to(
        name,
        move |drill: &Drill, state: &State| state.up && lags(drill, state),
        move |drill: &Drill, state: &State| !lags(drill, state),
    )
}

/// Whether no two pods of one identity may run.
fn has_one_of_each(state: &State) -> bool {
    let running = || state.pods.iter().filter(|pod| pod.workload == 0 && pod.may_run());
    running().all(|pod| running().filter(|other| other.slot == pod.slot).count() == 1)
}

fn within_bounds(drill: &Drill, state: &State) -> bool {
    let scaler = drill.scope.workload(0).and_then(|workload| workload.scaler.as_ref());
    match (scaler, state.set(0)) {
        (Some(scaler), Some(set)) => {
            set.replicas == 0 || (scaler.min..=scaler.max).contains(&set.replicas)
        }
        _ => true,
    }
}
