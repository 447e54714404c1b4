//! One request decided, and who may make one.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde::Serialize;

use super::place;
use super::words::can_i;
use crate::rbac::{Action, Explanation, Policy, Request, Subject};
use crate::{Decision, Source};

/// The decision on one request, with what it rests on.
#[derive(Debug, Clone, Serialize)]
pub struct Answer {
    /// The decision.
    pub decision: Decision,
    /// What was asked.
    pub request: Request,
    /// How to ask a cluster.
    pub replay: String,
    /// The bindings, roles and rules that grant it, or may; if it is denied, those that come nearest.
    pub rules: Vec<Source>,
    /// Why, where no rule says so.
    pub reasons: Vec<String>,
}

impl Answer {
    /// Decides a request.
    pub fn of(policy: &Policy<'_>, request: Request) -> Self {
        let Explanation { decision, privileged, chains, nearest } = policy.can(&request);
        let mut reasons = Vec::new();
        if privileged {
            reasons.push("members of `system:masters` may do everything".to_owned());
        }
        if decision == Decision::Unknown {
            reasons.extend(chains.iter().filter_map(|chain| chain.unknown.clone()));
        }
        match &nearest {
            Some(miss) => {
                let because = miss.because.iter();
                reasons.extend(because.map(|why| format!("the nearest rule does not fit: {why}")));
            }
            None if decision == Decision::Denied => {
                reasons.push("no binding grants the user anything there".to_owned());
            }
            None => {}
        }
        let chains = chains.into_iter().chain(nearest.map(|miss| miss.chain));
        let rules = chains.flat_map(|chain| [Some(chain.binding), chain.role, chain.rule]);
        let mut rules: Vec<_> = rules.flatten().collect();
        rules.dedup();
        Self { decision, rules, replay: can_i(&request), request, reasons }
    }

    /// The answer in words.
    pub fn text(&self) -> String {
        let mut text = format!("{}: {}\n", self.decision, self.request);
        for reason in &self.reasons {
            let _ = writeln!(text, "  because  {reason}");
        }
        for rule in &self.rules {
            let _ = writeln!(text, "  {:<8} {}", rule.role, place(rule));
        }
        text + &format!("  replay   {}\n", self.replay)
    }
}

/// Who may do something.
#[derive(Debug, Clone, Serialize)]
pub struct WhoCan {
    /// What was asked for.
    pub action: Action,
    /// Those who may, with what grants it.
    pub subjects: Vec<Holder>,
    /// Those of whom it is not known, with the reason.
    pub unknown: Vec<Holder>,
}

/// A subject of a binding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Holder {
    /// The subject, such as `group devs`.
    pub subject: String,
    /// The binding and the rule.
    pub rules: Vec<Source>,
    /// Why it is not known, if it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl WhoCan {
    /// All subjects whom a binding grants an action, and those whom one may grant it.
    ///
    /// Listed is who is named by a binding. A user or service account may do what any of these
    /// subjects may that it is, or in which group it is.
    pub fn of(policy: &Policy<'_>, action: Action) -> Self {
        let masters = Holder {
            subject: "group system:masters".to_owned(),
            rules: Vec::new(),
            reason: Some("may do everything, whatever the roles say".to_owned()),
        };
        let (mut subjects, mut unknown) = (BTreeSet::from([masters]), BTreeSet::new());
        for (_, binding) in policy.bindings_for(action.namespace()) {
            let rules = policy.role_of(binding).into_iter().flat_map(|role| policy.rules_of(role));
            let allowing: Vec<_> = rules.filter(|(_, rule)| rule.allows(&action)).collect();
            let reason = policy.unknown_because(binding);
            for &(index, subject) in &binding.subjects {
                let holder = |rules: Vec<Source>, reason| Holder {
                    subject: name(subject),
                    rules: std::iter::once(binding.subject_source(index)).chain(rules).collect(),
                    reason,
                };
                if !allowing.is_empty() {
                    let rules = allowing.iter().map(|(_, rule)| rule.source()).collect();
                    subjects.insert(holder(rules, None));
                } else if reason.is_some() {
                    unknown.insert(holder(Vec::new(), reason.clone()));
                }
            }
        }
        let (subjects, unknown) = (subjects.into_iter().collect(), unknown.into_iter().collect());
        Self { action, subjects, unknown }
    }

    /// The answer in words.
    pub fn text(&self) -> String {
        let mut text = format!("who can {}:\n", self.action);
        for holder in &self.subjects {
            let _ = writeln!(text, "  {}", holder.subject);
            let lines = holder.reason.iter().cloned().chain(holder.rules.iter().map(place));
            text.extend(lines.map(|line| format!("    {line}\n")));
        }
        for holder in &self.unknown {
            let _ = writeln!(text, "  unknown: {}", holder.subject);
            let lines = holder.reason.iter().cloned().chain(holder.rules.iter().map(place));
            text.extend(lines.map(|line| format!("    {line}\n")));
        }
        text + "listed are subjects of bindings; members of these groups may, too, and are not named\n"
    }
}

fn name(subject: Subject<'_>) -> String {
    match subject {
        Subject::User(name) => format!("user {name}"),
        Subject::Group(name) => format!("group {name}"),
        Subject::ServiceAccount(namespace, name) => format!("service account {namespace}/{name}"),
    }
}
