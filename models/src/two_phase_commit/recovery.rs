//! The agreement with managers that crash and recover from their logs, after Bernstein, Hadzilacos
//! and Goodman, "Concurrency Control and Recovery in Database Systems" (1987), chapter 7: presumed
//! abort, and cooperative termination.

use seatrial_explore::{ActionClass, Cause, Configuration, Description, Family, Property, Var};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Status, TwoPhaseCommitFamily};
use crate::rules::{By, Machine, Rows, Ruled, each, once, pairs};

type Rule = crate::rules::Rule<Recovery>;
type Claim = crate::rules::Claim<Recovery>;

/// A resource manager: what it has done is in its log, but for work that is not prepared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(super) struct Participant {
    status: Status,
    up: bool,
}

/// The transaction manager.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(super) struct Coordinator {
    status: Status,
    up: bool,
    /// Its log says that the transaction is committed; that it is aborted needs no entry.
    logged: bool,
}

/// A message that is under way, as one bit for each manager that it is from or to.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub(super) struct Messages {
    prepared: u8,
    commit: u8,
    abort: u8,
}

/// How often what may happen yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(super) struct Budgets {
    crashes: u8,
    losses: u8,
}

/// A state.
#[expect(clippy::struct_field_names, reason = "the names of the specification")]
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct State {
    rm_state: Var<0, Rows<Participant>>,
    tm_state: Var<1, Coordinator>,
    tm_prepared: Var<2, u8>,
    msgs: Var<3, Messages>,
    budgets: Var<4, Budgets>,
}

/// The protocol as configured.
#[derive(Debug)]
pub(super) struct Recovery {
    managers: u8,
    budgets: Budgets,
    variant: &'static str,
}

const MANAGER: &[&str] = &["rm"];

/// A rule about a resource manager, taken by it.
fn of_manager(
    class: ActionClass,
    enabled: fn(&Recovery, &State) -> Vec<[u8; 3]>,
    effect: fn(&Recovery, &mut State, [u8; 3]),
) -> Rule {
    Rule::new(class, By::Of("rm", 0), MANAGER, enabled, effect)
}

/// A rule of the transaction manager.
fn of_coordinator(
    class: ActionClass,
    enabled: fn(&Recovery, &State) -> Vec<[u8; 3]>,
    effect: fn(&Recovery, &mut State, [u8; 3]),
) -> Rule {
    Rule::new(class, By::One("tm"), &[], enabled, effect)
}

fn bit(manager: u8) -> u8 {
    1 << manager
}

impl Ruled for Recovery {
    type State = State;
    const VARIABLES: &'static [&'static str] =
        &["rmState", "tmState", "tmPrepared", "msgs", "budgets"];

    fn description() -> Description {
        TwoPhaseCommitFamily.description()
    }

    fn configured(configuration: &Configuration) -> Self {
        let bound = |name| configuration.small_bound(name);
        let budgets = Budgets { crashes: bound("crashes"), losses: bound("losses") };
        Self { managers: bound("managers"), budgets, variant: configuration.variant() }
    }

    fn initial(&self) -> Vec<State> {
        let participant = Participant { status: Status::Working, up: true };
        let coordinator = Coordinator { status: Status::Working, up: true, logged: false };
        vec![State {
            rm_state: Var::new(Rows::new(self.managers, participant)),
            tm_state: Var::new(coordinator),
            tm_prepared: Var::default(),
            msgs: Var::default(),
            budgets: Var::new(self.budgets),
        }]
    }

    fn rules(&self) -> Vec<Rule> {
        let mut rules = participants(self);
        rules.extend(decision(self));
        rules.extend(delivery(self));
        rules.extend(recovery(self));
        rules.extend(termination(self));
        rules
    }

    fn claims() -> Vec<Property<Machine<Self>>> {
        vec![
            Claim::always(super::CONSISTENT, |_, s| {
                !(s.some_is(Status::Committed) && s.some_is(Status::Aborted))
            }),
            Claim::always(super::LOGGED, |_, s| s.msgs.commit == 0 || s.tm_state.logged),
            Claim::sometimes(super::CAN_COMMIT, |_, s| {
                s.rm_state.iter().all(|rm| rm.status == Status::Committed)
            }),
            Claim::eventually(super::TERMINATION, |_, s| s.is_decided()),
            Claim::leads_to(
                super::SPREADS,
                |_, s| s.some_is(Status::Committed) || s.some_is(Status::Aborted),
                |_, s| s.is_decided(),
            ),
        ]
    }

    /// What the managers have done, as without crashes.
    fn observation(&self, s: &State) -> Option<Value> {
        let managers = s.rm_state.peek().iter().map(|rm| json!(rm.status));
        Some(Value::Array(managers.collect()))
    }
}

impl State {
    fn some_is(&self, status: Status) -> bool {
        self.rm_state.iter().any(|rm| rm.status == status)
    }

    fn is_decided(&self) -> bool {
        self.rm_state.iter().all(|rm| matches!(rm.status, Status::Committed | Status::Aborted))
    }

    /// The managers that run and have this status.
    fn up(&self, status: Status) -> Vec<[u8; 3]> {
        self.rm_state.those(|rm| rm.up && rm.status == status)
    }

    /// The transaction manager runs and has this status.
    fn coordinates(&self, status: Status) -> bool {
        self.tm_state.up && self.tm_state.status == status
    }

    /// The transaction manager decides, and tells all.
    fn decide(&mut self, status: Status, managers: u8) {
        self.tm_state.status = status;
        self.tell(status, bit(managers) - 1);
    }

    fn tell(&mut self, status: Status, managers: u8) {
        match status {
            Status::Committed => self.msgs.commit |= managers,
            _ => self.msgs.abort |= managers,
        }
    }
}

/// What resource managers do of their own accord.
fn participants(p: &Recovery) -> Vec<Rule> {
    let class = |name| ActionClass::new(name, "participants").guard(&["rmState"]);
    let mut rules = vec![
        of_manager(
            class("RMPrepare").modifies(&["rmState", "msgs"]),
            |_, s| s.up(Status::Working),
            |_, s, [rm, ..]| {
                s.rm_state[rm].status = Status::Prepared;
                s.msgs.prepared |= bit(rm);
            },
        )
        .each(p.managers),
        of_manager(
            class("RMChooseToAbort").caused_by(Cause::Fault).modifies(&["rmState"]),
            |_, s| s.up(Status::Working),
            |_, s, [rm, ..]| s.rm_state[rm].status = Status::Aborted,
        ),
    ];
    if p.variant == "aborts-on-timeout" {
        rules.push(of_manager(
            class("RMTimeout").modifies(&["rmState"]),
            |_, s| s.up(Status::Prepared),
            |_, s, [rm, ..]| s.rm_state[rm].status = Status::Aborted,
        ));
    }
    rules
}

/// How the transaction manager decides.
fn decision(p: &Recovery) -> Vec<Rule> {
    let class = |name| ActionClass::new(name, "agreement").guard(&["tmState"]);
    let mut rules = vec![
        of_manager(
            class("TMRcvPrepared").guard(&["tmState", "msgs"]).modifies(&["tmPrepared", "msgs"]),
            |p, s| {
                let may = s.coordinates(Status::Working);
                each(p.managers, |rm| may && s.msgs.prepared & bit(rm) != 0)
            },
            |_, s, [rm, ..]| {
                s.msgs.prepared &= !bit(rm);
                *s.tm_prepared |= bit(rm);
            },
        )
        .each(p.managers),
        of_coordinator(
            class("TMLogCommit").guard(&["tmState", "tmPrepared"]).modifies(&["tmState"]),
            |p, s| once(!s.tm_state.logged && p.may_commit(s)),
            |_, s, _| s.tm_state.logged = true,
        ),
        of_coordinator(
            class("TMCommit").guard(&["tmState", "tmPrepared"]).modifies(&["tmState", "msgs"]),
            |p, s| {
                let early = p.variant == "commits-before-log" && p.may_commit(s);
                once(s.coordinates(Status::Working) && (s.tm_state.logged || early))
            },
            |p, s, _| s.decide(Status::Committed, p.managers),
        ),
        of_coordinator(
            class("TMAbort").modifies(&["tmState", "msgs"]),
            |_, s| once(s.coordinates(Status::Working) && !s.tm_state.logged),
            |p, s, _| s.decide(Status::Aborted, p.managers),
        ),
    ];
    if p.variant == "backup-manager" {
        rules.push(Rule::new(
            class("BTMAbort").guard(&["rmState", "msgs"]).modifies(&["msgs"]),
            By::One("btm"),
            &[],
            |_, s| once(!s.some_is(Status::Committed) && s.msgs.abort == 0),
            |p, s, _| s.tell(Status::Aborted, bit(p.managers) - 1),
        ));
    }
    rules
}

/// How managers learn of a decision.
fn delivery(p: &Recovery) -> Vec<Rule> {
    let class = |name| ActionClass::new(name, "agreement");
    let told = |name| class(name).guard(&["rmState", "msgs"]).modifies(&["rmState", "msgs"]);
    let mut rules = vec![
        of_manager(
            told("RMRcvCommitMsg"),
            |_, s| s.rm_state.those_numbered(|rm, it| it.up && s.msgs.commit & bit(rm) != 0),
            |_, s, [rm, ..]| {
                s.msgs.commit &= !bit(rm);
                s.rm_state[rm].status = Status::Committed;
            },
        )
        .each(p.managers),
        of_manager(
            told("RMRcvAbortMsg"),
            |_, s| s.rm_state.those_numbered(|rm, it| it.up && s.msgs.abort & bit(rm) != 0),
            |_, s, [rm, ..]| {
                s.msgs.abort &= !bit(rm);
                s.rm_state[rm].status = Status::Aborted;
            },
        )
        .each(p.managers),
        // A manager that waits asks the transaction manager, which answers by what it knows.
        of_manager(
            class("RMAskTM").guard(&["rmState", "tmState", "msgs"]).modifies(&["msgs"]),
            |_, s| {
                let known = s.msgs.commit | s.msgs.abort;
                let decided = s.tm_state.up && s.tm_state.status != Status::Working;
                s.rm_state.those_numbered(|rm, it| {
                    let waits = it.up && it.status == Status::Prepared;
                    waits && decided && known & bit(rm) == 0
                })
            },
            |_, s, [rm, ..]| s.tell(s.tm_state.status, bit(rm)),
        )
        .each(p.managers),
    ];
    if p.budgets.losses > 0 {
        rules.push(Rule::new(
            class("Lose")
                .caused_by(Cause::Fault)
                .guard(&["msgs", "budgets"])
                .modifies(&["msgs", "budgets"]),
            By::One("network"),
            MANAGER,
            |p, s| {
                let all = s.msgs.prepared | s.msgs.commit | s.msgs.abort;
                each(p.managers, |rm| s.budgets.losses > 0 && all & bit(rm) != 0)
            },
            |_, s, [rm, ..]| {
                s.budgets.losses -= 1;
                s.msgs.prepared &= !bit(rm);
                s.msgs.commit &= !bit(rm);
                s.msgs.abort &= !bit(rm);
            },
        ));
    }
    rules
}

/// How managers crash and recover.
fn recovery(p: &Recovery) -> Vec<Rule> {
    let class = |name| ActionClass::new(name, "agreement");
    let mut rules = vec![
        of_manager(
            class("RMRestart").guard(&["rmState"]).modifies(&["rmState"]),
            |_, s| s.rm_state.those(|rm| !rm.up),
            |p, s, [rm, ..]| {
                let it = &mut s.rm_state[rm];
                it.up = true;
                match it.status {
                    // Nothing in the log: the work is lost.
                    Status::Working => it.status = Status::Aborted,
                    Status::Prepared if p.variant == "forgets-prepared" => {
                        it.status = Status::Aborted;
                    }
                    _ => {}
                }
            },
        )
        .each(p.managers),
    ];
    if p.variant != "coordinator-lost" && p.variant != "no-cooperation" {
        rules.push(of_coordinator(
            class("TMRestart").guard(&["tmState"]).modifies(&["tmState", "msgs"]),
            |_, s| once(!s.tm_state.up),
            |p, s, _| {
                s.tm_state.up = true;
                let status = if s.tm_state.logged { Status::Committed } else { Status::Aborted };
                s.decide(status, p.managers);
            },
        ));
    }
    if p.budgets.crashes > 0 {
        rules.push(of_coordinator(
            class("TMCrash").caused_by(Cause::Fault).guard(&["tmState", "budgets"]).modifies(&[
                "tmState",
                "tmPrepared",
                "budgets",
            ]),
            |_, s| once(s.tm_state.up && s.budgets.crashes > 0),
            |_, s, _| {
                s.budgets.crashes -= 1;
                s.tm_state.up = false;
                s.tm_state.status = Status::Working;
                *s.tm_prepared = 0;
            },
        ));
        rules.push(of_manager(
            class("RMCrash")
                .caused_by(Cause::Fault)
                .guard(&["rmState", "budgets"])
                .modifies(&["rmState", "budgets"]),
            |_, s| s.rm_state.those(|rm| rm.up && s.budgets.crashes > 0),
            |_, s, [rm, ..]| {
                s.budgets.crashes -= 1;
                s.rm_state[rm].up = false;
            },
        ));
    }
    rules
}

/// Cooperative termination: a manager that waits asks another, which knows, or has not prepared and
/// aborts so that both know.
fn termination(p: &Recovery) -> Vec<Rule> {
    if p.variant == "no-cooperation" {
        return Vec::new();
    }
    vec![
        Rule::new(
            ActionClass::new("RMAskRM", "agreement").guard(&["rmState"]).modifies(&["rmState"]),
            By::Of("rm", 0),
            &["rm", "of rm"],
            |p, s| {
                pairs((p.managers, p.managers), |asks, asked| {
                    let (asks, asked) = (&s.rm_state[asks], &s.rm_state[asked]);
                    let waits = asks.up && asks.status == Status::Prepared;
                    waits && asked.up && asked.status != Status::Prepared
                })
            },
            |_, s, [asks, asked, _]| {
                if s.rm_state[asked].status == Status::Working {
                    s.rm_state[asked].status = Status::Aborted;
                } else {
                    s.rm_state[asks].status = s.rm_state[asked].status;
                }
            },
        )
        .each(p.managers),
    ]
}

impl Recovery {
    fn may_commit(&self, s: &State) -> bool {
        let ready = if self.variant == "hasty-commit" {
            *s.tm_prepared != 0
        } else {
            *s.tm_prepared == bit(self.managers) - 1
        };
        s.coordinates(Status::Working) && ready
    }
}
