//! Why a request is allowed, or what would have come nearest to allowing it.

use super::{Action, Authorization, Policy, Request, Rule};
use crate::{Decision, Source};

/// The decision on a request, with its reasons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The decision.
    pub decision: Decision,
    /// Whether the user is in `system:masters`, which may do everything.
    pub privileged: bool,
    /// How it comes to be allowed, or may: binding to role to rule, in the order of the bindings.
    pub chains: Vec<Chain>,
    /// If it is denied: what would have come nearest to allowing it.
    pub nearest: Option<Miss>,
}

/// A binding, the role that it refers to, and a rule of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    /// The subject of the binding that matches the user.
    pub binding: Source,
    /// The role that the binding refers to; `None` if it is not there.
    pub role: Option<Source>,
    /// The rule; of an aggregated role, in the role that states it. `None` if what is granted is not
    /// known.
    pub rule: Option<Source>,
    /// Why what is granted is not known, if it is not.
    pub unknown: Option<String>,
}

/// A rule that does not allow a request, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Miss {
    /// The binding and the rule.
    pub chain: Chain,
    /// What does not fit, one sentence fragment each: at least one.
    pub because: Vec<String>,
}

impl Policy<'_> {
    /// Decides a request, and says why.
    pub fn can(&self, request: &Request) -> Explanation {
        let Authorization { decision, privileged, grants, unknown } = self.authorize(request);
        let known = grants
            .iter()
            .filter_map(|grant| self.chain(grant.binding, grant.subject, Some(grant.rule)));
        let subject = |at: usize| {
            let subjects = &self.bindings.get(at)?.subjects;
            subjects.iter().find(|(_, subject)| subject.is(&request.user)).map(|(index, _)| *index)
        };
        let unknown = unknown.iter().filter_map(|&at| self.chain(at, subject(at)?, None));
        let chains = known.chain(unknown).collect();
        let nearest = (decision == Decision::Denied).then(|| self.nearest(request)).flatten();
        Explanation { decision, privileged, chains, nearest }
    }

    fn chain(&self, binding: usize, subject: usize, rule: Option<usize>) -> Option<Chain> {
        let binding = self.bindings.get(binding)?;
        let rule = rule.and_then(|rule| self.rules.get(rule));
        Some(Chain {
            binding: binding.subject_source(subject),
            role: self.role_of(binding).map(super::Role::source),
            unknown: self.unknown_because(binding).filter(|_| rule.is_none()),
            rule: rule.map(Rule::source),
        })
    }

    /// The rule that differs from the request in the fewest respects: of the rules granted to the
    /// user, in whatever namespace, and of the others; the first in the order of the bindings.
    fn nearest(&self, request: &Request) -> Option<Miss> {
        let mut best: Option<(Vec<String>, usize, usize, usize)> = None;
        for (at, binding) in self.bindings.iter().enumerate() {
            let Some(role) = self.role_of(binding) else { continue };
            let mut subjects = binding.subjects.iter();
            let own = subjects.find(|(_, subject)| subject.is(&request.user));
            let Some(&(subject, _)) = own.or(binding.subjects.first()) else { continue };
            let mut around = Vec::new();
            if own.is_none() {
                around.push("the binding does not name the user or a group of it".to_owned());
            }
            let namespace = request.action.namespace();
            if let Some(place) = binding.namespace.filter(|place| *place != namespace) {
                around.push(format!("the binding grants in namespace `{place}` alone"));
            }
            for (rule_at, rule) in self.rules_of(role) {
                let because = [around.clone(), misses(rule, &request.action)].concat();
                if best.as_ref().is_none_or(|(best, ..)| because.len() < best.len()) {
                    best = Some((because, at, subject, rule_at));
                }
            }
        }
        let (because, binding, subject, rule) = best?;
        Some(Miss { chain: self.chain(binding, subject, Some(rule))?, because })
    }
}

/// In what respects a rule does not allow an action.
fn misses(rule: &Rule<'_>, action: &Action) -> Vec<String> {
    let list = |values: &[&str]| values.join(", ");
    let mut misses = Vec::new();
    if !rule.verbs.iter().any(|verb| *verb == "*" || *verb == action.verb()) {
        misses.push(format!("the verb `{}` is not one of `{}`", action.verb(), list(&rule.verbs)));
    }
    let action = match action {
        Action::Url { path, .. } if rule.urls.is_empty() => {
            misses.push(format!("the rule is about resources, not about the URL `{path}`"));
            return misses;
        }
        Action::Url { path, .. } => {
            misses.push(format!("the URL `{path}` is not one of `{}`", list(&rule.urls)));
            return misses;
        }
        Action::Resource(action) => action,
    };
    if rule.resources.is_empty() {
        misses.push("the rule is about URLs, not about resources".to_owned());
        return misses;
    }
    if !rule.groups.iter().any(|group| *group == "*" || *group == action.group) {
        let groups = list(&rule.groups);
        misses.push(format!("the API group `{}` is not one of `{groups}`", action.group));
    }
    let any_name = Rule { names: Vec::new(), verbs: vec!["*"], groups: vec!["*"], ..rule.clone() };
    if !any_name.allows(&Action::Resource(action.clone())) {
        let slash = if action.subresource.is_empty() { "" } else { "/" };
        let resource = format!("{}{slash}{}", action.resource, action.subresource);
        misses.push(format!("the resource `{resource}` is not one of `{}`", list(&rule.resources)));
    }
    if !rule.names.is_empty() && !rule.names.contains(&&*action.name) {
        let names = list(&rule.names);
        misses.push(if action.name.is_empty() {
            format!("the request names no object, and the rule is limited to `{names}`")
        } else {
            format!("the name `{}` is not one of `{names}`", action.name)
        });
    }
    misses
}

#[cfg(test)]
mod tests;
