//! What is claimed.

use seatrial_explore::Property;

use super::ExpertService;
use super::state::{Phase, Slot};
use crate::rules::Machine;

type Claim = crate::rules::Claim<ExpertService>;

/// All properties, with the names of the catalogue.
pub(super) fn all() -> Vec<Property<Machine<ExpertService>>> {
    let mut all = vec![
        Claim::always(
            ("CombinesOnce", "a layer combines one answer of each expert at most", &["slots"]),
            |_, s| s.slots.iter().all(|slot| slot.answers.len() <= 1),
        ),
        Claim::always(
            ("LateNeverLands", "no answer of an earlier layer is combined", &["slots"]),
            |_, s| s.slots.iter().flat_map(|slot| &slot.answers).all(|answer| !answer.late),
        ),
        Claim::always(
            ("RightExpert", "an answer was computed by the expert that was called", &["slots"]),
            |_, s| {
                let mut slots = (0..).zip(s.slots.iter());
                slots.all(|(e, slot)| slot.answers.iter().all(|answer| answer.of == e))
            },
        ),
        Claim::always(
            (
                "BarrierComplete",
                "a layer is passed only with the answers of all experts",
                &["layer", "slots"],
            ),
            |_, s| {
                let none = s.slots.iter().all(|slot| *slot == Slot::EMPTY);
                let passed = s.layer.phase == Phase::Passed && !none;
                !passed || s.slots.iter().all(Slot::is_filled)
            },
        ),
        Claim::always(
            (
                "BilledOnce",
                "an expert is billed once for a layer that is passed, and never more often",
                &["layer", "slots"],
            ),
            |_, s| {
                let none = s.slots.iter().all(|slot| *slot == Slot::EMPTY);
                let passed = s.layer.phase == Phase::Passed && !none;
                let billed = |slot: &Slot| slot.billed == 1 || !passed && slot.billed == 0;
                s.slots.iter().all(billed)
            },
        ),
    ];
    all.extend(ending());
    all
}

/// How layers end.
fn ending() -> Vec<Property<Machine<ExpertService>>> {
    vec![
        Claim::always(
            (
                "NoNeedlessError",
                "a layer fails only if no server is listed for an expert",
                &["layer"],
            ),
            |_, s| !s.layer.needless,
        ),
        Claim::leads_to(
            ("LayersEnd", "a layer is passed, or ends in an error", &["layer"]),
            |_, s| s.layer.phase == Phase::Running,
            |_, s| s.layer.phase != Phase::Running,
        ),
        Claim::sometimes(
            (
                "CanFailOver",
                "a layer may pass though a server is down",
                &["layer", "slots", "servers"],
            ),
            |_, s| {
                let passed = s.layer.phase == Phase::Passed && s.slots.iter().all(Slot::is_filled);
                passed && s.servers.iter().any(|server| !server.up)
            },
        ),
    ]
}
