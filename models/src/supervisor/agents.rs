//! What the agents, the user, the gate and the API server do.

use seatrial_explore::{ActionClass, Cause};

use super::state::{ACTIONS, Call, FORBIDDEN, Phase, READ, State};
use super::{Rule, Supervisor};
use crate::rules::{By, pairs};

const CONVERSATION: &[&str] = &["conversation"];
const ALL: &[&str] = &["conversations", "checkpoints", "gates", "calls", "effects"];

const ALL_LOST: &[&str] = &["conversations", "checkpoints", "gates", "calls", "effects", "losses"];

fn planning(name: &'static str) -> ActionClass {
    ActionClass::new(name, "planning")
}

/// How the model plans, and the user approves.
#[expect(clippy::too_many_lines, reason = "a list: one entry a rule")]
pub(super) fn supervisor(p: &Supervisor) -> Vec<Rule> {
    let mut rules = vec![
        Rule::new(
            planning("Plan").guard(&["conversations"]).modifies(&["conversations"]),
            By::One("supervisor"),
            &["conversation", "action"],
            |p, s| {
                pairs((p.bounds.conversations, ACTIONS), |c, _| {
                    let conversation = &s.conversations[c];
                    conversation.phase == Phase::Planning && conversation.plans < p.bounds.plans
                })
            },
            |_, s, [c, action, _]| {
                let conversation = &mut s.conversations[c];
                conversation.plan = action;
                conversation.plans += 1;
                // What changes nothing needs no approval.
                conversation.phase = if action == READ { Phase::Ready } else { Phase::Waiting };
            },
        )
        .each(p.bounds.conversations),
        ends("GiveUp", |p, s| {
            let may = |plans| plans >= p.bounds.plans;
            s.conversations.those(|it| it.phase == Phase::Planning && may(it.plans))
        })
        .each(p.bounds.conversations),
        Rule::new(
            planning("Approve")
                .caused_by(Cause::Input)
                .guard(&["conversations"])
                .reads(&["conversations"])
                .modifies(&["conversations", "checkpoints", "gates", "effects"]),
            By::One("user"),
            CONVERSATION,
            |_, s| s.conversations.those(|it| it.phase == Phase::Waiting),
            |_, s, [c, ..]| {
                let action = s.conversations[c].plan;
                s.gates[c].approved = Some(action);
                s.effects[c][action].approved = (s.effects[c][action].approved + 1).min(2);
                s.conversations[c].phase = Phase::Ready;
                s.checkpoints[c] = Some(s.conversations[c]);
            },
        ),
        Rule::new(
            planning("Deny")
                .caused_by(Cause::Input)
                .guard(&["conversations"])
                .reads(&["conversations"])
                .modifies(&["conversations", "gates"]),
            By::One("user"),
            CONVERSATION,
            |_, s| s.conversations.those(|it| it.phase == Phase::Waiting),
            |_, s, [c, ..]| {
                s.gates[c].denied |= 1 << s.conversations[c].plan;
                s.conversations[c].phase = Phase::Planning;
            },
        ),
    ];
    if !p.has("waits-for-ever") {
        let waiting =
            ends("ApprovalTimeout", |_, s| s.conversations.those(|it| it.phase == Phase::Waiting));
        rules.push(waiting.each(p.bounds.conversations));
    }
    if p.bounds.budgets.edits > 0 {
        rules.push(Rule::new(
            planning("EditPlan")
                .caused_by(Cause::Fault)
                .guard(&["conversations", "budgets"])
                .modifies(&["conversations", "budgets"]),
            By::One("supervisor"),
            &["conversation", "action"],
            |p, s| {
                pairs((p.bounds.conversations, ACTIONS), |c, action| {
                    let it = &s.conversations[c];
                    s.budgets.edits > 0 && it.phase == Phase::Ready && it.plan != action
                })
            },
            |_, s, [c, action, _]| {
                s.budgets.edits -= 1;
                s.conversations[c].plan = action;
            },
        ));
    }
    if p.bounds.budgets.restores > 0 {
        rules.push(Rule::new(
            planning("Restore")
                .caused_by(Cause::Fault)
                .guard(&["checkpoints", "budgets"])
                .reads(&["checkpoints"])
                .modifies(&["conversations", "budgets"]),
            By::One("supervisor"),
            CONVERSATION,
            |_, s| {
                let may = s.budgets.restores > 0;
                s.checkpoints.those(|saved| may && saved.is_some())
            },
            |_, s, [c, ..]| {
                s.budgets.restores -= 1;
                if let Some(saved) = s.checkpoints[c] {
                    s.conversations[c] = saved;
                }
            },
        ));
    }
    rules
}

/// A rule by which a conversation ends.
fn ends(name: &'static str, enabled: fn(&Supervisor, &State) -> Vec<[u8; 3]>) -> Rule {
    Rule::new(
        planning(name).guard(&["conversations"]).modifies(&["conversations"]),
        By::One("supervisor"),
        CONVERSATION,
        enabled,
        |_, s, [c, ..]| s.conversations[c].phase = Phase::Ended,
    )
}

/// How plans that are ready are executed.
#[expect(clippy::too_many_lines, reason = "a list: one entry a rule")]
pub(super) fn execution(p: &Supervisor) -> Vec<Rule> {
    let class = |name| ActionClass::new(name, "execution");
    let count = p.bounds.conversations;
    if !p.fine {
        return vec![
            Rule::new(
                class("Execute").guard(&["conversations", "losses"]).reads(ALL).modifies(ALL_LOST),
                By::One("executor"),
                &["conversation", "answered?"],
                |_, s| {
                    let ready = |c| s.conversations[c].phase == Phase::Ready;
                    pairs((s.conversations.count(), 2), |c, answered| {
                        ready(c) && (answered == 1 || *s.losses > 0)
                    })
                },
                |p, s, [c, answered, _]| {
                    let done = p.take_effect(s, c, s.conversations[c].plan);
                    if answered == 1 {
                        Supervisor::go_on(s, c, done);
                    } else {
                        *s.losses -= 1;
                    }
                },
            )
            .each(count),
        ];
    }
    let mut rules = vec![
        Rule::new(
            class("Call")
                .guard(&["conversations", "calls"])
                .reads(&["conversations"])
                .modifies(&["conversations", "calls"]),
            By::One("executor"),
            CONVERSATION,
            |_, s| {
                s.conversations
                    .those_numbered(|c, it| it.phase == Phase::Ready && s.calls[c] == Call::None)
            },
            |_, s, [c, ..]| {
                s.conversations[c].phase = Phase::Executing;
                s.calls[c] = Call::Asked(s.conversations[c].plan);
            },
        )
        .each(count),
        Rule::new(
            class("TakeEffect").guard(&["calls"]).reads(ALL).modifies(ALL),
            By::One("API server"),
            CONVERSATION,
            |_, s| s.calls.those(|call| matches!(call, Call::Asked(_))),
            |p, s, [c, ..]| {
                if let Call::Asked(action) = s.calls[c] {
                    s.calls[c] = Call::Answered { done: p.take_effect(s, c, action) };
                }
            },
        )
        .each(count),
        Rule::new(
            class("Answer").guard(&["conversations", "calls"]).reads(ALL).modifies(ALL),
            By::One("executor"),
            CONVERSATION,
            |_, s| s.calls.those(|call| matches!(call, Call::Answered { .. })),
            |_, s, [c, ..]| {
                let call = std::mem::replace(&mut s.calls[c], Call::None);
                // An answer to what was asked before a restore is not waited for.
                if let Call::Answered { done } = call
                    && s.conversations[c].phase == Phase::Executing
                {
                    Supervisor::go_on(s, c, done);
                }
            },
        )
        .each(count),
        Rule::new(
            class("Retry").guard(&["conversations", "calls"]).modifies(&["conversations"]),
            By::One("executor"),
            CONVERSATION,
            |_, s| {
                s.conversations.those_numbered(|c, it| {
                    it.phase == Phase::Executing && s.calls[c] == Call::None
                })
            },
            |_, s, [c, ..]| s.conversations[c].phase = Phase::Ready,
        )
        .each(count),
    ];
    if p.bounds.losses > 0 {
        rules.push(Rule::new(
            class("LoseCall")
                .caused_by(Cause::Fault)
                .guard(&["calls", "losses"])
                .modifies(&["calls", "losses"]),
            By::One("network"),
            CONVERSATION,
            |_, s| {
                let may = *s.losses > 0;
                s.calls.those(|call| may && *call != Call::None)
            },
            |_, s, [c, ..]| {
                *s.losses -= 1;
                s.calls[c] = Call::None;
            },
        ));
    }
    rules
}

impl Supervisor {
    /// The gate lets a write through that the user approved, may do, and that was not done yet.
    fn take_effect(&self, s: &mut State, c: u8, action: u8) -> bool {
        if action == READ {
            return true;
        }
        let approved = match s.gates[c].approved {
            None => false,
            Some(_) if self.has("approves-any-plan") => true,
            Some(approved) => approved == action,
        };
        let may = action != FORBIDDEN || self.has("service-account");
        let denied = s.gates[c].denied & (1 << action) != 0;
        if !(approved && may) || denied && !self.has("asks-again") {
            return false;
        }
        if !self.has("approval-stays") {
            s.gates[c].approved = None;
        }
        let effects = &mut s.effects[c][action];
        effects.done = (effects.done + 1).min(3);
        effects.defied |= denied;
        true
    }

    /// A conversation ends with what it was to do, or plans again.
    fn go_on(s: &mut State, c: u8, done: bool) {
        s.conversations[c].phase = if done { Phase::Ended } else { Phase::Planning };
    }
}
