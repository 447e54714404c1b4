//! Two-phase commit, after the TLA+ specifications `TwoPhase` and `TCommit` of Gray and Lamport,
//! "Consensus on Transaction Commit" (2006).
//!
//! The agreement is modelled at three grains: as one atomic decision, with a transaction manager and
//! messages as published, and with managers that crash and recover. Two more grains are wrong on
//! purpose, to show how they are rejected.

mod recovery;
#[cfg(test)]
mod tests;

use crate::rules::{Machine, Naming, Ruled, bound, variant};
use crate::{Server, ServerSet};
use seatrial_explore::{
    ActionClass, BASELINE, Cause, Choice, Composition, Configuration, Description, Fairness,
    Family, Instance, Module, Property, Protocol, Refusal, Strength, Var, Variant,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use stateright::Model;
use std::fmt;

/// What a resource manager, or the transaction manager, has done.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
enum Status {
    #[default]
    Working,
    Prepared,
    Committed,
    Aborted,
}

/// The messages that were sent; none is ever received twice with another effect.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
struct Messages {
    prepared: ServerSet,
    commit: bool,
    abort: bool,
}

/// A state.
#[expect(clippy::struct_field_names, reason = "the names of the specification")]
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct State {
    rm_state: Var<0, Vec<Status>>,
    tm_state: Var<1, Status>,
    tm_prepared: Var<2, ServerSet>,
    msgs: Var<3, Messages>,
}

const VARIABLES: [&str; 4] = ["rmState", "tmState", "tmPrepared", "msgs"];

/// An action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// A manager is ready to commit and says so.
    RMPrepare(Server),
    /// A manager aborts of its own accord.
    RMChooseToAbort(Server),
    /// The transaction manager learns that a manager is ready.
    TMRcvPrepared(Server),
    /// The transaction manager commits.
    TMCommit,
    /// The transaction manager aborts.
    TMAbort,
    /// A manager is told to commit.
    RMRcvCommitMsg(Server),
    /// A manager is told to abort.
    RMRcvAbortMsg(Server),
    /// A manager commits, since all can: the coarse grain.
    DecideCommit(Server),
    /// A manager aborts, since nobody has committed: the coarse grain.
    DecideAbort(Server),
    /// A decision that is not carried out: a grain that is wrong.
    DecideSilently,
}

/// The claims of all grains, with the names of the catalogue.
const CONSISTENT: Naming<'static> =
    ("TCConsistent", "no manager commits while another aborts", &["rmState"]);
const LOGGED: Naming<'static> = (
    "LoggedBeforeSent",
    "a commit is sent only once the transaction manager has it on record",
    &["tmState", "msgs"],
);
const CAN_COMMIT: Naming<'static> = ("CanCommit", "all managers may commit", &["rmState"]);
const TERMINATION: Naming<'static> =
    ("Termination", "every manager commits or aborts some day", &["rmState"]);
const SPREADS: Naming<'static> = (
    "DecisionSpreads",
    "once a manager has committed or aborted, every manager does",
    &["rmState"],
);

/// How finely the agreement is modelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agreement {
    /// One atomic decision a manager.
    Coarse,
    /// The same without the abort of a manager that is ready: wrong.
    NoAbort,
    /// A decision that nobody learns of: wrong.
    Silent,
    /// A transaction manager and messages.
    Baseline,
}

const PARTICIPANTS: [ActionClass; 2] = [
    ActionClass::new("RMPrepare", "participants")
        .guard(&["rmState"])
        .modifies(&["rmState", "msgs"]),
    ActionClass::new("RMChooseToAbort", "participants")
        .caused_by(Cause::Fault)
        .guard(&["rmState"])
        .modifies(&["rmState"]),
];

const MESSAGES: [ActionClass; 5] = [
    ActionClass::new("TMRcvPrepared", "agreement")
        .guard(&["tmState", "msgs"])
        .modifies(&["tmPrepared"]),
    ActionClass::new("TMCommit", "agreement")
        .guard(&["tmState", "tmPrepared"])
        .writes(&["tmState"])
        .modifies(&["msgs"]),
    ActionClass::new("TMAbort", "agreement")
        .guard(&["tmState"])
        .writes(&["tmState"])
        .modifies(&["msgs"]),
    ActionClass::new("RMRcvCommitMsg", "agreement").guard(&["msgs"]).modifies(&["rmState"]),
    ActionClass::new("RMRcvAbortMsg", "agreement").guard(&["msgs"]).modifies(&["rmState"]),
];

const DECISIONS: [ActionClass; 2] = [
    ActionClass::new("DecideCommit", "agreement").guard(&["rmState"]).modifies(&["rmState"]),
    ActionClass::new("DecideAbort", "agreement").guard(&["rmState"]).modifies(&["rmState"]),
];

const SILENT: [ActionClass; 1] =
    [ActionClass::new("DecideSilently", "agreement").guard(&["tmState"]).writes(&["tmState"])];

/// Two-phase commit with some number of resource managers.
#[derive(Debug)]
pub struct TwoPhaseCommit {
    managers: usize,
    /// The transaction manager commits before all are ready: a seeded fault.
    hasty: bool,
    classes: Vec<ActionClass>,
}

impl TwoPhaseCommit {
    /// The protocol with so many resource managers (at most eight), at a grain.
    pub fn new(managers: usize, agreement: Agreement, hasty: bool) -> Self {
        let own: &[ActionClass] = match agreement {
            Agreement::Baseline => &MESSAGES,
            Agreement::Coarse => &DECISIONS,
            Agreement::NoAbort => DECISIONS.split_at(1).0,
            Agreement::Silent => &SILENT,
        };
        let classes = PARTICIPANTS.iter().chain(own).cloned().collect();
        Self { managers, hasty, classes }
    }

    fn all(&self) -> impl Iterator<Item = Server> + use<> {
        Server::all(self.managers)
    }

    fn status(state: &[Status], manager: Server) -> Status {
        state.get(usize::from(manager.0)).copied().unwrap_or_default()
    }

    /// The enabled actions of one class.
    fn enabled_of(&self, class: &str, s: &State, actions: &mut Vec<Action>) {
        let undecided = |s: &State| *s.tm_state == Status::Working;
        let is = |r: &Server, status: Status| Self::status(&s.rm_state, *r) == status;
        let open = |r: &Server| is(r, Status::Working) || is(r, Status::Prepared);
        let mut each = |guard: &dyn Fn(&Server) -> bool, action: fn(Server) -> Action| {
            actions.extend(self.all().filter(guard).map(action));
        };
        match class {
            "RMPrepare" => each(&|r| is(r, Status::Working), Action::RMPrepare),
            "RMChooseToAbort" => each(&|r| is(r, Status::Working), Action::RMChooseToAbort),
            "TMRcvPrepared" => {
                each(&|r| undecided(s) && s.msgs.prepared.contains(*r), Action::TMRcvPrepared);
            }
            "RMRcvCommitMsg" => each(&|_| s.msgs.commit, Action::RMRcvCommitMsg),
            "RMRcvAbortMsg" => each(&|_| s.msgs.abort, Action::RMRcvAbortMsg),
            "DecideCommit" => {
                let ready =
                    |status: &Status| matches!(status, Status::Prepared | Status::Committed);
                let can_commit = s.rm_state.iter().all(ready);
                each(&|r| can_commit && open(r), Action::DecideCommit);
            }
            "DecideAbort" => {
                let none_committed = !s.rm_state.contains(&Status::Committed);
                each(&|r| none_committed && open(r), Action::DecideAbort);
            }
            "TMCommit" => {
                let ready = if self.hasty {
                    !s.tm_prepared.is_empty()
                } else {
                    s.tm_prepared.len() == self.managers
                };
                actions.extend((undecided(s) && ready).then_some(Action::TMCommit));
            }
            "TMAbort" => actions.extend(undecided(s).then_some(Action::TMAbort)),
            _ => actions.extend(undecided(s).then_some(Action::DecideSilently)),
        }
    }
}

impl State {
    fn set(&mut self, manager: Server, status: Status) {
        if let Some(slot) = self.rm_state.get_mut(usize::from(manager.0)) {
            *slot = status;
        }
    }
}

impl Model for TwoPhaseCommit {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State {
            rm_state: Var::new(vec![Status::Working; self.managers]),
            tm_state: Var::default(),
            tm_prepared: Var::default(),
            msgs: Var::default(),
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        for class in &self.classes {
            self.enabled_of(class.name, state, actions);
        }
    }

    fn next_state(&self, last_state: &State, action: Action) -> Option<State> {
        let mut s = last_state.clone();
        match action {
            Action::RMPrepare(r) => {
                s.set(r, Status::Prepared);
                s.msgs.prepared = s.msgs.prepared.with(r);
            }
            Action::RMChooseToAbort(r) | Action::RMRcvAbortMsg(r) | Action::DecideAbort(r) => {
                s.set(r, Status::Aborted);
            }
            Action::RMRcvCommitMsg(r) | Action::DecideCommit(r) => s.set(r, Status::Committed),
            Action::TMRcvPrepared(r) => *s.tm_prepared = s.tm_prepared.with(r),
            Action::TMCommit => {
                *s.tm_state = Status::Committed;
                s.msgs.commit = true;
            }
            Action::TMAbort => {
                *s.tm_state = Status::Aborted;
                s.msgs.abort = true;
            }
            Action::DecideSilently => *s.tm_state = Status::Aborted,
        }
        Some(s)
    }
}

impl Protocol for TwoPhaseCommit {
    fn classes(&self) -> &[ActionClass] {
        &self.classes
    }

    fn class_of(&self, action: &Action) -> usize {
        let name = action.name();
        self.classes.iter().position(|class| class.name == name).unwrap_or(usize::MAX)
    }

    fn enabled_in(&self, class: usize, state: &State, actions: &mut Vec<Action>) {
        if let Some(class) = self.classes.get(class) {
            self.enabled_of(class.name, state, actions);
        }
    }

    fn actor(&self, action: &Action) -> Option<String> {
        Some(action.manager().map_or_else(|| "tm".to_owned(), |r| format!("rm{}", r.0 + 1)))
    }

    fn label(&self, action: &Action) -> String {
        action.to_string()
    }

    fn specification(&self) -> Vec<Property<Self>> {
        let is = |status: &Status| matches!(status, Status::Committed | Status::Aborted);
        let decided = move |s: &State| s.rm_state.iter().all(is);
        let has = |s: &State, status: Status| s.rm_state.contains(&status);
        let named = |property: Property<Self>, (_, summary, reads): Naming<'_>| {
            property.summary(summary).reads(reads)
        };
        vec![
            named(
                Property::always(CONSISTENT.0, move |_, s: &State| {
                    !(has(s, Status::Committed) && has(s, Status::Aborted))
                }),
                CONSISTENT,
            ),
            named(
                Property::always(LOGGED.0, move |_, s: &State| {
                    !s.msgs.commit || *s.tm_state == Status::Committed
                }),
                LOGGED,
            ),
            named(
                Property::sometimes(CAN_COMMIT.0, move |_, s: &State| {
                    s.rm_state.iter().all(|status| *status == Status::Committed)
                }),
                CAN_COMMIT,
            ),
            named(Property::eventually(TERMINATION.0, move |_, s: &State| decided(s)), TERMINATION),
            named(
                Property::leads_to(
                    SPREADS.0,
                    move |_, s: &State| s.rm_state.iter().any(is),
                    move |_, s: &State| decided(s),
                ),
                SPREADS,
            ),
        ]
    }

    fn fairness(&self) -> Vec<Fairness<Self>> {
        let internal = self.classes.iter().filter(|class| class.cause == Cause::Internal);
        internal.map(|class| Fairness::of_class(class.name, Strength::Weak)).collect()
    }

    fn may_stop(&self, _: &State) -> bool {
        true
    }

    fn variables(&self) -> &[&'static str] {
        &VARIABLES
    }

    fn observe(&self, s: &State) -> Vec<Value> {
        let rm_state = s
            .rm_state
            .peek()
            .iter()
            .zip(1..)
            .map(|(status, number)| (format!("rm{number}"), json!(status)));
        let set = |set: &ServerSet| -> Value {
            set.iter().map(|r| json!(format!("rm{}", r.0 + 1))).collect()
        };
        let msgs = s.msgs.peek();
        vec![
            Value::Object(rm_state.collect()),
            json!(s.tm_state.peek()),
            set(s.tm_prepared.peek()),
            json!({ "prepared": set(&msgs.prepared), "commit": msgs.commit, "abort": msgs.abort }),
        ]
    }

    fn observation(&self, s: &State) -> Option<Value> {
        Some(json!(s.rm_state.peek()))
    }

    fn is_symmetric(&self) -> bool {
        true
    }

    /// The managers sorted by all that is known of each.
    fn representative(&self, s: State) -> State {
        let (prepared, received) = (s.msgs.peek().prepared, *s.tm_prepared.peek());
        let known = s.rm_state.peek().iter().copied().zip(self.all());
        let mut known: Vec<(Status, bool, bool)> =
            known.map(|(status, r)| (status, received.contains(r), prepared.contains(r))).collect();
        known.sort_unstable();
        let those = |has: fn(&(Status, bool, bool)) -> bool| -> ServerSet {
            self.all().zip(&known).filter(|(_, known)| has(known)).map(|(r, _)| r).collect()
        };
        let mut sorted = s;
        *sorted.rm_state.peek_mut() = known.iter().map(|known| known.0).collect();
        *sorted.tm_prepared.peek_mut() = those(|known| known.1);
        sorted.msgs.peek_mut().prepared = those(|known| known.2);
        sorted
    }
}

impl Action {
    fn name(self) -> &'static str {
        match self {
            Self::RMPrepare(_) => "RMPrepare",
            Self::RMChooseToAbort(_) => "RMChooseToAbort",
            Self::TMRcvPrepared(_) => "TMRcvPrepared",
            Self::TMCommit => "TMCommit",
            Self::TMAbort => "TMAbort",
            Self::RMRcvCommitMsg(_) => "RMRcvCommitMsg",
            Self::RMRcvAbortMsg(_) => "RMRcvAbortMsg",
            Self::DecideCommit(_) => "DecideCommit",
            Self::DecideAbort(_) => "DecideAbort",
            Self::DecideSilently => "DecideSilently",
        }
    }

    /// The resource manager that acts.
    fn manager(self) -> Option<Server> {
        match self {
            Self::RMPrepare(r)
            | Self::RMChooseToAbort(r)
            | Self::RMRcvCommitMsg(r)
            | Self::RMRcvAbortMsg(r)
            | Self::DecideCommit(r)
            | Self::DecideAbort(r) => Some(r),
            Self::TMRcvPrepared(_) | Self::TMCommit | Self::TMAbort | Self::DecideSilently => None,
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let about = match self {
            Self::TMRcvPrepared(r) => Some(*r),
            other => other.manager(),
        };
        match about {
            Some(r) => write!(formatter, "{}(rm{})", self.name(), r.0 + 1),
            None => write!(formatter, "{}", self.name()),
        }
    }
}

/// The protocol in the catalogue.
#[derive(Clone, Copy, Debug)]
pub struct TwoPhaseCommitFamily;

impl Family for TwoPhaseCommitFamily {
    fn description(&self) -> Description {
        let choice = |name, summary| Choice { name, summary };
        Description {
            name: "two-phase-commit",
            summary: "resource managers agree to commit or to abort a transaction",
            modules: vec![
                Module {
                    name: "participants",
                    grains: vec![choice(
                        BASELINE,
                        "managers prepare, or abort of their own accord",
                    )],
                    paths: &[],
                },
                Module {
                    name: "agreement",
                    grains: vec![
                        choice("coarse", "one atomic decision a manager"),
                        choice("no-abort", "wrong on purpose: a prepared manager never aborts"),
                        choice("silent", "wrong on purpose: a decision that nobody learns of"),
                        choice(BASELINE, "a transaction manager and messages"),
                        choice("recovery", "managers that crash, recover from logs and ask others"),
                    ],
                    paths: &[],
                },
            ],
            merged: &[],
            paths: &[
                "models/src/two_phase_commit/",
                "models/src/per_server.rs",
                "models/src/rules/",
            ],
            compositions: vec![
                Composition {
                    name: "coarse-agreement",
                    summary: "the agreement in one step, for work on the participants",
                    grains: vec![("agreement", "coarse")],
                },
                Composition {
                    name: "recovery",
                    summary: "crashes, logs and cooperative termination, for work on recovery",
                    grains: vec![("agreement", "recovery")],
                },
            ],
            variants: variants(),
            masks: vec![],
            bounds: vec![
                bound("managers", "resource managers", (3, 1, 8)),
                bound("crashes", "crashes of managers, in the grain `recovery`", (1, 0, 3)),
                bound("losses", "messages lost, in the grain `recovery`", (1, 0, 2)),
            ],
        }
    }

    fn instance(&self, configuration: &Configuration) -> Result<Box<dyn Instance>, Refusal> {
        let agreement = match configuration.grain("agreement") {
            "recovery" => {
                return Ok(Box::new(Machine::new(recovery::Recovery::configured(configuration))));
            }
            "coarse" => Agreement::Coarse,
            "no-abort" => Agreement::NoAbort,
            "silent" => Agreement::Silent,
            _ => Agreement::Baseline,
        };
        let managers = usize::from(configuration.small_bound("managers"));
        Ok(Box::new(TwoPhaseCommit::new(
            managers,
            agreement,
            configuration.variant() == "hasty-commit",
        )))
    }
}

/// All variants; the first is what is claimed.
fn variants() -> Vec<Variant> {
    vec![
        variant("published", "as published", &[]),
        variant(
            "hasty-commit",
            "the transaction manager commits before all managers are prepared",
            &["TCConsistent"],
        ),
        variant(
            "aborts-on-timeout",
            "a prepared manager that waits too long aborts (grain `recovery`)",
            &["TCConsistent"],
        ),
        variant(
            "commits-before-log",
            "a commit is sent before it is in the log (grain `recovery`)",
            &["LoggedBeforeSent", "TCConsistent"],
        ),
        variant(
            "forgets-prepared",
            "a manager that restarts has forgotten that it was prepared (grain `recovery`)",
            &["TCConsistent"],
        ),
        variant(
            "backup-manager",
            "a backup takes over from a manager that only seems dead (grain `recovery`)",
            &["TCConsistent"],
        ),
        variant(
            "coordinator-lost",
            "the transaction manager never restarts: two-phase commit blocks (grain `recovery`)",
            &["Termination"],
        ),
        variant(
            "no-cooperation",
            "the same, and managers do not ask each other (grain `recovery`)",
            &["Termination", "DecisionSpreads"],
        ),
    ]
}
