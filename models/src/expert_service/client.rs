//! The client: layer after layer.

use seatrial_explore::{ActionClass, Cause};

use super::Rule;
use super::state::{Call, Layer, Phase, Slot, State};
use crate::rules::{By, once};

/// What the client does.
pub(super) fn rules() -> Vec<Rule> {
    let class = |name| ActionClass::new(name, "client");
    vec![
        Rule::new(
            class("Begin").caused_by(Cause::Input).guard(&["layer"]).writes(&["layer", "slots"]),
            By::One("client"),
            &[],
            |_, s| once(s.layer.phase != Phase::Running),
            |p, s, _| {
                *s.layer = Layer { phase: Phase::Running, needless: false };
                *s.slots = crate::rules::Rows::new(p.bounds.experts, Slot::EMPTY);
            },
        ),
        Rule::new(
            class("Pass").guard(&["layer", "slots"]).modifies(&["layer", "slots", "messages"]),
            By::One("client"),
            &[],
            |p, s| {
                let mut filled = s.slots.iter().map(Slot::is_filled);
                let passes =
                    if p.has("passes-early") { filled.any(|f| f) } else { filled.all(|f| f) };
                once(s.layer.phase == Phase::Running && passes)
            },
            |_, s, _| end(s, Layer { phase: Phase::Passed, needless: false }),
        ),
        Rule::new(
            class("Fail")
                .guard(&["layer", "slots", "servers"])
                .modifies(&["layer", "slots", "messages"]),
            By::One("client"),
            &[],
            |p, s| {
                let waits = s.slots.iter().any(|slot| matches!(slot.call, Call::At(_)));
                let timed_out = |slot: &Slot| matches!(slot.call, Call::TimedOut(_));
                let gives_up = p.has("gives-up") && s.slots.iter().any(timed_out);
                once(s.layer.phase == Phase::Running && (gives_up || !waits && s.lacks_server()))
            },
            |_, s, _| {
                let needless = !s.lacks_server();
                end(s, Layer { phase: Phase::Failed, needless });
            },
        ),
    ]
}

/// The layer ends: whatever is still under way is late. Late messages that are alike count as one,
/// for none of them has an effect.
fn end(s: &mut State, layer: Layer) {
    *s.layer = layer;
    s.slots.iter_mut().for_each(|slot| slot.call = Call::None);
    s.messages.iter_mut().for_each(|message| message.late = true);
    s.messages.sort_unstable();
    s.messages.dedup();
}
