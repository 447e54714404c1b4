//! What is claimed.

use seatrial_explore::Property;

use super::Supervisor;
use super::state::{Effects, FORBIDDEN, Phase, State};
use crate::rules::Machine;

type Claim = crate::rules::Claim<Supervisor>;

/// All properties, with the names of the catalogue.
pub(super) fn all() -> Vec<Property<Machine<Supervisor>>> {
    vec![
        Claim::always(
            ("ApprovedOnce", "no write is done more often than the user approved it", &["effects"]),
            |_, s| of_all(s, |_, it| it.done <= it.approved),
        ),
        Claim::always(
            ("WithinRights", "no write is done that the user may not do", &["effects"]),
            |_, s| of_all(s, |action, it| action != FORBIDDEN || it.done == 0),
        ),
        Claim::always(
            ("DenialIsFinal", "no write is done that the user denied", &["effects"]),
            |_, s| of_all(s, |_, it| !it.defied),
        ),
        Claim::leads_to(
            ("ConversationsEnd", "every conversation ends", &["conversations"]),
            |_, s| !have_ended(s),
            |_, s| have_ended(s),
        ),
        Claim::sometimes(("CanWrite", "an approved write may be done", &["effects"]), |_, s| {
            !of_all(s, |_, it| it.done == 0)
        }),
    ]
}

fn of_all(s: &State, holds: impl Fn(u8, &Effects) -> bool) -> bool {
    s.effects.iter().all(|of| (0..).zip(of.iter()).all(|(action, effects)| holds(action, effects)))
}

fn have_ended(s: &State) -> bool {
    s.conversations.iter().all(|conversation| conversation.phase == Phase::Ended)
}
