//! What is claimed.

use seatrial_explore::Property;

use super::execution::taken;
use super::state::{Phase, fragments};
use super::{CAPACITY, Rescheduling};
use crate::rules::Machine;

type Claim = crate::rules::Claim<Rescheduling>;

/// All properties, with the names of the catalogue.
pub(super) fn all() -> Vec<Property<Machine<Rescheduling>>> {
    vec![
        Claim::always(
            (
                "CapacityRespected",
                "no host holds more than it has room for, moves under way included",
                &["machines"],
            ),
            |p, s| (0..p.bounds.hosts).all(|host| taken(s, host, false) <= CAPACITY),
        ),
        Claim::always(
            ("MigrationsBounded", "a plan starts no more migrations than its bound", &["plan"]),
            |p, s| s.plan.started <= p.bounds.migrations,
        ),
        Claim::always(
            (
                "FewerFragments",
                "a plan that is carried out undisturbed leaves fewer fragments",
                &["machines", "plan"],
            ),
            |p, s| {
                let done = s.plan.phase == Phase::Done && !s.plan.disturbed;
                !done || fragments(&s.placement(), p.bounds.hosts) < s.plan.before
            },
        ),
        Claim::leads_to(
            ("PlansEnd", "every plan is carried out or abandoned", &["plan"]),
            |_, s| matches!(s.plan.phase, Phase::Planning | Phase::Executing),
            |_, s| s.plan.phase == Phase::Done,
        ),
        Claim::leads_to(
            ("RoomReturns", "room that is kept for a move is used or given back", &["machines"]),
            |_, s| !s.rests(),
            |_, s| s.rests(),
        ),
        Claim::sometimes(
            ("CanImprove", "a plan may leave fewer fragments", &["machines", "plan"]),
            |p, s| {
                let after = fragments(&s.placement(), p.bounds.hosts);
                s.plan.phase == Phase::Done && after < s.plan.before
            },
        ),
    ]
}
