//! What can happen.

use seatrial_explore::{ActionClass, Cause};
use std::fmt;

use super::state::{Agent, BROKEN, Command, OUTAGE, Phase, State, Undo, at, set, severity};
use super::variants::Faults;
use super::{Grains, NoRegression};

/// An action; agents are known by their numbers from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// An agent takes the lock and a checkpoint.
    Begin(u8),
    /// An agent plans a command: the dry run says how to undo it.
    DryRun(u8, CommandOf),
    /// The planned command takes effect.
    Apply(u8),
    /// The planned command takes effect, and then ends in an error.
    ApplyError(u8),
    /// A command in one step: the coarse grain.
    Execute(u8, CommandOf),
    /// An agent compares the severity with that of its checkpoint.
    Validate(u8),
    /// An agent carries out the undo operation on top of its stack.
    UndoOne(u8),
    /// The undo operation on top leaves the resource broken: A2 dropped.
    UndoBadly(u8),
    /// The undo operation on top ends in an error, without an effect.
    UndoError(u8),
    /// Nothing is left to undo.
    Abort(u8),
    /// All undo operations in one step: the coarse grain.
    RollBack(u8),
    /// An agent ends its transaction and releases the lock.
    Release(u8),
    /// Somebody else writes a resource.
    EnvWrite(u8, u8),
    /// A deleted object is gone.
    Finalize(u8),
    /// An agent that only reads drains a node: D7.
    Drain(u8),
}

/// A command as an action carries it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommandOf(pub(super) Command);

const MITIGATION: [ActionClass; 3] = [
    ActionClass::new("Begin", "mitigation")
        .guard(&["agents", "lock"])
        .reads(&["resources"])
        .writes(&["lock"])
        .modifies(&["agents"]),
    ActionClass::new("Validate", "mitigation")
        .guard(&["agents"])
        .reads(&["resources"])
        .modifies(&["agents"]),
    ActionClass::new("Release", "mitigation")
        .guard(&["agents"])
        .writes(&["lock"])
        .modifies(&["agents"]),
];

const FINE_EXECUTION: [ActionClass; 3] = [
    ActionClass::new("DryRun", "execution")
        .guard(&["agents", "resources", "terminating"])
        .modifies(&["agents"]),
    ActionClass::new("Apply", "execution").guard(&["agents"]).modifies(&[
        "agents",
        "resources",
        "terminating",
    ]),
    ActionClass::new("ApplyError", "execution")
        .caused_by(Cause::Fault)
        .guard(&["agents", "environment"])
        .modifies(&["agents", "resources", "terminating", "environment"]),
];

const COARSE_EXECUTION: [ActionClass; 1] = [ActionClass::new("Execute", "execution")
    .guard(&["agents", "resources", "terminating"])
    .modifies(&["agents", "resources", "terminating"])];

const FINE_UNDO: [ActionClass; 3] = [
    ActionClass::new("UndoOne", "undo")
        .guard(&["agents", "terminating"])
        .modifies(&["agents", "resources"]),
    ActionClass::new("UndoError", "undo")
        .caused_by(Cause::Fault)
        .guard(&["agents", "environment"])
        .modifies(&["agents", "environment"]),
    ActionClass::new("Abort", "undo").guard(&["agents"]).modifies(&["agents"]),
];

const UNFAITHFUL_UNDO: ActionClass = ActionClass::new("UndoBadly", "undo")
    .caused_by(Cause::Fault)
    .guard(&["agents", "terminating"])
    .modifies(&["agents", "resources"]);

const COARSE_UNDO: [ActionClass; 1] = [ActionClass::new("RollBack", "undo")
    .guard(&["agents", "terminating"])
    .modifies(&["agents", "resources"])];

const ENVIRONMENT: [ActionClass; 2] = [
    ActionClass::new("EnvWrite", "environment")
        .caused_by(Cause::Fault)
        .guard(&["agents", "resources", "terminating", "environment"])
        .modifies(&["resources", "environment"]),
    ActionClass::new("Finalize", "environment")
        .guard(&["terminating"])
        .modifies(&["resources", "terminating"]),
];

const DRAIN: ActionClass = ActionClass::new("Drain", "environment")
    .caused_by(Cause::Input)
    .guard(&["observerWrote", "resources"])
    .writes(&["observerWrote"])
    .modifies(&["resources"]);

/// The classes of a choice of grains, with those that only faulty code has.
pub(super) fn classes(grains: Grains, faults: Faults) -> Vec<ActionClass> {
    let execution: &[_] = if grains.fine_execution { &FINE_EXECUTION } else { &COARSE_EXECUTION };
    let undo: &[_] = if grains.fine_undo { &FINE_UNDO } else { &COARSE_UNDO };
    let mut classes: Vec<_> =
        [&MITIGATION[..], execution, undo, &ENVIRONMENT].concat().into_iter().collect();
    if faults.unfaithful_undo && grains.fine_undo {
        classes.push(UNFAITHFUL_UNDO);
    }
    if faults.drain_is_safe {
        classes.push(DRAIN);
    }
    classes
}

impl NoRegression {
    /// The enabled actions of one class.
    pub(super) fn enabled_of(&self, class: &str, s: &State, actions: &mut Vec<Action>) {
        match class {
            "DryRun" => self.each_command(s, actions, Action::DryRun),
            "Execute" => self.each_command(s, actions, Action::Execute),
            "EnvWrite" => self.env_writes(s, actions),
            "Finalize" => {
                let gone = self.resources().filter(|&r| at(&s.terminating, r));
                actions.extend(gone.map(Action::Finalize));
            }
            "Drain" => {
                let can = |r: &u8| !*s.observer_wrote && at(&s.resources, *r) < BROKEN;
                actions.extend(self.resources().filter(can).map(Action::Drain));
            }
            _ => {
                for (number, agent) in (0..).zip(s.agents.iter()) {
                    actions.extend(self.of_agent(class, s, number, agent));
                }
            }
        }
    }

    fn resources(&self) -> impl Iterator<Item = u8> + use<> {
        0..self.bounds.resources
    }

    /// The action of a class that an agent can take; there is at most one.
    fn of_agent(&self, class: &str, s: &State, number: u8, agent: &Agent) -> Option<Action> {
        let is = |phase: Phase| agent.phase == phase;
        let top_is_ready = || {
            let top = agent.stack.last().filter(|_| is(Phase::Undoing));
            top.is_some_and(|undo| self.can_be_applied(s, *undo))
        };
        let (enabled, action): (bool, fn(u8) -> Action) = match class {
            "Begin" => {
                let free = self.faults.no_lock || s.lock.is_none();
                (is(Phase::Idle) && free, Action::Begin)
            }
            "Apply" => (agent.pending.is_some(), Action::Apply),
            "ApplyError" => {
                (agent.pending.is_some() && s.environment.errors > 0, Action::ApplyError)
            }
            "Validate" => {
                let planned = agent.commands > 0 && agent.pending.is_none();
                (is(Phase::Mitigating) && planned, Action::Validate)
            }
            "UndoOne" => (top_is_ready(), Action::UndoOne),
            "UndoBadly" => (top_is_ready(), Action::UndoBadly),
            "UndoError" => {
                let errs = !agent.stack.is_empty() && s.environment.errors > 0;
                (is(Phase::Undoing) && errs, Action::UndoError)
            }
            "Abort" => (is(Phase::Undoing) && agent.stack.is_empty(), Action::Abort),
            "RollBack" => {
                let ready = || agent.stack.iter().all(|undo| self.can_be_applied(s, *undo));
                (is(Phase::Undoing) && ready(), Action::RollBack)
            }
            _ => (agent.phase.is_boundary(), Action::Release),
        };
        enabled.then(|| action(number))
    }

    /// An object that is terminating has to be gone before it is applied again.
    fn can_be_applied(&self, s: &State, undo: Undo) -> bool {
        self.faults.hasty_recreation || !at(&s.terminating, undo.resource)
    }

    /// Every command that every agent may choose.
    fn each_command(
        &self,
        s: &State,
        actions: &mut Vec<Action>,
        action: fn(u8, CommandOf) -> Action,
    ) {
        let most = self.bounds.commands + u8::from(self.faults.no_window);
        for (number, agent) in (0..).zip(s.agents.iter()) {
            let may = agent.phase == Phase::Mitigating && agent.pending.is_none();
            if !may || agent.commands >= most {
                continue;
            }
            for resource in self.resources().filter(|&r| !at(&s.terminating, r)) {
                let other = (0..=BROKEN).filter(|&level| level != at(&s.resources, resource));
                let sets = other.map(|level| Command::Set(resource, level));
                let all = sets.chain([Command::Delete(resource)]);
                actions.extend(all.map(|command| action(number, CommandOf(command))));
            }
        }
    }

    /// What others may write; by A4 only between transactions.
    fn env_writes(&self, s: &State, actions: &mut Vec<Action>) {
        let quiet = s.agents.iter().all(|agent| !agent.phase.is_in_transaction());
        if s.environment.writes == 0 || !(quiet || self.faults.noisy_environment) {
            return;
        }
        for resource in self.resources().filter(|&r| !at(&s.terminating, r)) {
            let other = (0..=BROKEN).filter(|&level| level != at(&s.resources, resource));
            actions.extend(other.map(|level| Action::EnvWrite(resource, level)));
        }
    }

    /// Takes an action that is enabled.
    pub(super) fn take(&self, s: &mut State, action: Action) {
        match action {
            Action::EnvWrite(resource, level) => {
                set(&mut s.resources, resource, level);
                s.environment.writes -= 1;
            }
            Action::Finalize(resource) => {
                set(&mut s.terminating, resource, false);
                set(&mut s.resources, resource, BROKEN);
            }
            Action::Drain(resource) => {
                let level = at(&s.resources, resource) + 1;
                set(&mut s.resources, resource, level);
                *s.observer_wrote = true;
            }
            _ => {
                let Some(a) = action.agent() else { return };
                let Some(mut agent) = s.agents.get(usize::from(a)).cloned() else { return };
                self.act(s, &mut agent, action);
                set(&mut s.agents, a, agent);
            }
        }
    }

    /// What an action of an agent does to it and to the rest.
    fn act(&self, s: &mut State, agent: &mut Agent, action: Action) {
        match action {
            Action::Begin(number) => {
                agent.phase = Phase::Mitigating;
                agent.attempts += 1;
                agent.checkpoint.clone_from(&s.resources);
                *s.lock = Some(number);
            }
            Action::DryRun(_, CommandOf(command)) => {
                agent.pending = Some(command);
                agent.commands += 1;
                if !self.faults.pushes_late {
                    agent.push(s, command);
                }
            }
            Action::Apply(_) => {
                if let Some(command) = agent.pending.take() {
                    if self.faults.pushes_late {
                        agent.push(s, command);
                    }
                    apply(s, command);
                }
            }
            Action::ApplyError(_) => {
                if let Some(command) = agent.pending.take() {
                    apply(s, command);
                }
                s.environment.errors -= 1;
            }
            Action::Execute(_, CommandOf(command)) => {
                agent.commands += 1;
                agent.push(s, command);
                apply(s, command);
            }
            Action::Validate(_) => self.validate(s, agent),
            Action::UndoError(_) => {
                s.environment.errors -= 1;
                if self.faults.pops_early {
                    agent.stack.pop();
                }
            }
            Action::UndoBadly(_) => {
                if let Some(undo) = agent.stack.pop() {
                    set(&mut s.resources, undo.resource, BROKEN);
                }
            }
            Action::UndoOne(_) => self.undo_one(s, agent),
            Action::RollBack(_) => {
                while let Some(undo) = agent.stack.pop() {
                    set(&mut s.resources, undo.resource, undo.old);
                }
                agent.phase = Phase::Aborted;
            }
            Action::Abort(_) => agent.phase = Phase::Aborted,
            _ => self.release(s, agent),
        }
    }

    fn validate(&self, s: &State, agent: &mut Agent) {
        agent.validated = severity(&s.resources);
        let before = severity(&agent.checkpoint);
        let passes = if self.faults.all_or_nothing {
            agent.validated == 0
        } else {
            agent.validated <= before
        };
        let is_last = agent.attempts >= self.bounds.attempts;
        let submits = passes || (self.faults.submits_anyway && is_last);
        agent.phase = if submits { Phase::Committed } else { Phase::Undoing };
    }

    fn undo_one(&self, s: &mut State, agent: &mut Agent) {
        let Some(undo) = agent.stack.last().copied() else { return };
        let is_up = at(&s.resources, undo.resource) != OUTAGE;
        if self.faults.recreates && is_up {
            set(&mut s.resources, undo.resource, OUTAGE);
        } else {
            agent.stack.pop();
            set(&mut s.resources, undo.resource, undo.old);
        }
    }

    fn release(&self, s: &mut State, agent: &mut Agent) {
        let was_undone = agent.phase == Phase::Aborted;
        agent.phase = match () {
            () if !was_undone => Phase::Done,
            () if agent.attempts >= self.bounds.attempts => Phase::Escalated,
            () => Phase::Idle,
        };
        agent.checkpoint.clear();
        agent.stack.clear();
        agent.commands = 0;
        agent.validated = 0;
        if !(self.faults.keeps_lock && was_undone) {
            *s.lock = None;
        }
    }
}

impl Agent {
    /// Remembers how to undo a command, before it takes effect.
    fn push(&mut self, s: &State, command: Command) {
        let resource = command.resource();
        self.stack.push(Undo { resource, old: at(&s.resources, resource) });
    }
}

/// The effect of a command.
fn apply(s: &mut State, command: Command) {
    match command {
        Command::Set(resource, level) => set(&mut s.resources, resource, level),
        Command::Delete(resource) => {
            set(&mut s.resources, resource, BROKEN);
            set(&mut s.terminating, resource, true);
        }
    }
}

impl Action {
    /// The name of its class.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Begin(_) => "Begin",
            Self::DryRun(..) => "DryRun",
            Self::Apply(_) => "Apply",
            Self::ApplyError(_) => "ApplyError",
            Self::Execute(..) => "Execute",
            Self::Validate(_) => "Validate",
            Self::UndoOne(_) => "UndoOne",
            Self::UndoBadly(_) => "UndoBadly",
            Self::UndoError(_) => "UndoError",
            Self::Abort(_) => "Abort",
            Self::RollBack(_) => "RollBack",
            Self::Release(_) => "Release",
            Self::EnvWrite(..) => "EnvWrite",
            Self::Finalize(_) => "Finalize",
            Self::Drain(_) => "Drain",
        }
    }

    /// The agent that acts, if it is one that mitigates.
    const fn agent(self) -> Option<u8> {
        match self {
            Self::Begin(a)
            | Self::DryRun(a, _)
            | Self::Apply(a)
            | Self::ApplyError(a)
            | Self::Execute(a, _)
            | Self::Validate(a)
            | Self::UndoOne(a)
            | Self::UndoBadly(a)
            | Self::UndoError(a)
            | Self::Abort(a)
            | Self::RollBack(a)
            | Self::Release(a) => Some(a),
            Self::EnvWrite(..) | Self::Finalize(_) | Self::Drain(_) => None,
        }
    }

    /// Who acts.
    pub(super) fn actor(self) -> String {
        match self {
            Self::EnvWrite(..) => "environment".to_owned(),
            Self::Finalize(_) => "API server".to_owned(),
            Self::Drain(_) => "diagnosis".to_owned(),
            _ => format!("mitigation {}", self.agent().unwrap_or_default() + 1),
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.name();
        match self {
            Self::DryRun(a, CommandOf(command)) | Self::Execute(a, CommandOf(command)) => {
                match command {
                    Command::Set(r, level) => {
                        write!(f, "{name}({}, set r{} to {level})", a + 1, r + 1)
                    }
                    Command::Delete(r) => write!(f, "{name}({}, delete r{})", a + 1, r + 1),
                }
            }
            Self::EnvWrite(r, level) => write!(f, "{name}(r{} to {level})", r + 1),
            Self::Finalize(r) | Self::Drain(r) => write!(f, "{name}(r{})", r + 1),
            _ => write!(f, "{name}({})", self.agent().unwrap_or_default() + 1),
        }
    }
}
