//! What is claimed.

use seatrial_explore::Property;

use super::NoRegression;
use super::state::{Agent, BROKEN, Phase, State, severity};

/// All properties, with the names of the catalogue.
pub(super) fn properties() -> Vec<Property<NoRegression>> {
    let each = |s: &State, holds: &dyn Fn(&Agent) -> bool| s.agents.iter().all(holds);
    let some = |s: &State, phase: Phase| s.agents.iter().any(|agent| agent.phase == phase);
    vec![
        Property::always("NoRegression", move |_, s: &State| {
            let after = severity(&s.resources);
            each(s, &|agent| !agent.phase.is_boundary() || after <= severity(&agent.checkpoint))
        })
        .summary("at the end of a transaction nothing is worse than at its checkpoint")
        .reads(&["agents", "resources"]),
        Property::always("WriterExclusivity", |_, s: &State| {
            s.agents.iter().filter(|agent| agent.phase.is_in_transaction()).count() <= 1
        })
        .summary("at most one agent is in a transaction")
        .reads(&["agents"]),
        Property::always("ReadersNeverWrite", |_, s: &State| !*s.observer_wrote)
            .summary("agents that only read never write")
            .reads(&["observerWrote"]),
        Property::always("FaithfulAbort", move |_, s: &State| {
            each(s, &|agent| agent.phase != Phase::Aborted || agent.checkpoint == *s.resources)
        })
        .summary("a transaction that was undone leaves all as it was at its checkpoint")
        .reads(&["agents", "resources"]),
        Property::always("BoundedWindow", move |p: &NoRegression, s: &State| {
            each(s, &|agent| agent.commands <= p.bounds.commands)
        })
        .summary("a transaction has at most K commands")
        .reads(&["agents"]),
        Property::always("BoundedRisk", move |p: &NoRegression, s: &State| {
            let now = severity(&s.resources);
            each(s, &|agent| {
                let most = severity(&agent.checkpoint) + p.bounds.commands * BROKEN;
                !agent.phase.is_in_transaction() || now <= most
            })
        })
        .summary("within a transaction nothing gets worse than its K commands can make it")
        .reads(&["agents", "resources"]),
        Property::always("OnlyRegressionsUndone", move |_, s: &State| {
            each(s, &|agent| {
                agent.phase != Phase::Undoing || agent.validated > severity(&agent.checkpoint)
            })
        })
        .summary("what is undone had made things worse")
        .reads(&["agents"]),
        Property::eventually("Termination", move |_, s: &State| {
            each(s, &|agent| agent.phase.is_last())
        })
        .summary("every agent is done or escalates some day")
        .reads(&["agents"]),
        Property::sometimes("CanImprove", |_, s: &State| {
            let after = severity(&s.resources);
            s.agents
                .iter()
                .any(|agent| agent.phase == Phase::Committed && after < severity(&agent.checkpoint))
        })
        .summary("a transaction may make things better")
        .reads(&["agents", "resources"]),
        Property::sometimes("CanEscalate", move |_, s: &State| some(s, Phase::Escalated))
            .summary("an agent may run out of attempts")
            .reads(&["agents"]),
    ]
}
