//! The direct evaluator: one request, decided from the definition of the policies.
//!
//! Architecture invariant: shares no code with the partition but what a pattern is.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;

use serde::Serialize;

use super::model::{Action, Attribute, Condition, Mesh, Policy, Rule, Target, Test, identity};
use crate::network::{Name, Truth};
use crate::{Decision, Source};

/// A request to a workload.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Request {
    /// The workload, by its name.
    pub target: String,
    /// The identity of the source; none without mutual TLS.
    pub principal: Option<String>,
    /// Where the connection comes from.
    pub source: IpAddr,
    /// Where the client is, as headers tell it.
    pub remote: IpAddr,
    /// The host asked for.
    pub host: String,
    /// The HTTP method.
    pub method: String,
    /// The path.
    pub path: String,
    /// The port.
    pub port: u16,
    /// Headers and the server name, by the keys of conditions.
    pub keys: BTreeMap<Name, String>,
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { method, host, path, target, port, source, remote, .. } = self;
        let principal = self.principal.as_deref().unwrap_or("nobody");
        write!(f, "{method} {host}{path} to {target} on {port} by {principal} at {source}")?;
        if remote != source {
            write!(f, " for {remote}")?;
        }
        self.keys.iter().try_for_each(|(key, value)| write!(f, ", {key}={value}"))
    }
}

/// A decision with what it rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The decision.
    pub decision: Decision,
    /// The rules that decide, or, where none allows, the policies.
    pub sources: Vec<Source>,
    /// What would have to be known, where it is not decided.
    pub reason: Option<String>,
}

impl Mesh {
    /// Decides a request to a workload.
    pub fn decide(&self, target: &Target, request: &Request) -> Answer {
        let policies = self.policies_of(target);
        let of = |action| policies.iter().filter(move |(policy, _)| policy.action == action);
        let mut unknown: Vec<(String, &Source)> = Vec::new();
        for (policy, about) in of(Action::Custom) {
            for (rule, _) in matching(policy, *about, request) {
                unknown.push(("another service decides".to_owned(), &rule.source));
            }
        }
        for (policy, about) in of(Action::Deny) {
            for (rule, truth) in matching(policy, *about, request) {
                if truth == Truth::Yes {
                    return Answer::known(Decision::Denied, &[&rule.source]);
                }
                unknown.push((why(rule, *about), &rule.source));
            }
        }
        let mut allowing = Vec::new();
        let mut perhaps = Vec::new();
        for (policy, about) in of(Action::Allow) {
            for (rule, truth) in matching(policy, *about, request) {
                match truth {
                    Truth::Yes => allowing.push(&rule.source),
                    _ => perhaps.push((why(rule, *about), &rule.source)),
                }
            }
        }
        let surely = of(Action::Allow).any(|(_, about)| *about == Truth::Yes);
        let none = of(Action::Allow).next().is_none();
        if none || !allowing.is_empty() {
            return Answer::unless(&unknown, Decision::Allowed, &allowing);
        }
        if surely && perhaps.is_empty() {
            let policies: Vec<_> = of(Action::Allow).map(|(policy, _)| &policy.source).collect();
            return Answer::known(Decision::Denied, &policies);
        }
        if perhaps.is_empty() {
            let reason = "whether a policy is about the workload is not known".to_owned();
            perhaps.extend(of(Action::Allow).map(|(policy, _)| (reason.clone(), &policy.source)));
        }
        unknown.extend(perhaps);
        Answer::unless(&unknown, Decision::Unknown, &[])
    }
}

impl Answer {
    fn known(decision: Decision, sources: &[&Source]) -> Self {
        let mut sources: Vec<_> = sources.iter().map(|&source| source.clone()).collect();
        sources.sort_unstable();
        sources.dedup();
        Self { decision, sources, reason: None }
    }

    /// A decision, unless something is unknown.
    fn unless(unknown: &[(String, &Source)], otherwise: Decision, sources: &[&Source]) -> Self {
        let Some((reason, _)) = unknown.first() else { return Self::known(otherwise, sources) };
        let reason = Some(reason.clone());
        let sources: Vec<_> = unknown.iter().map(|(_, source)| *source).collect();
        Self { reason, ..Self::known(Decision::Unknown, &sources) }
    }
}

/// The rules of a policy that match or may match.
fn matching<'p>(policy: &'p Policy, about: Truth, request: &Request) -> Vec<(&'p Rule, Truth)> {
    let rules = policy.rules.iter().map(|rule| (rule, about.and(rule_matches(rule, request))));
    rules.filter(|(_, truth)| *truth > Truth::No).collect()
}

fn rule_matches(rule: &Rule, request: &Request) -> Truth {
    let all = |conditions: &[Condition]| {
        conditions.iter().fold(Truth::Yes, |truth, it| truth.and(condition_holds(it, request)))
    };
    let any = |alternatives: &[Vec<Condition>]| {
        alternatives.iter().fold(Truth::No, |truth, it| truth.or(all(it)))
    };
    any(&rule.from).and(any(&rule.to)).and(all(&rule.when))
}

fn condition_holds(condition: &Condition, request: &Request) -> Truth {
    let Condition::Is(attribute, values, nots) = condition else { return Truth::Maybe };
    let holds = |test: &Test| test_holds(attribute, test, request);
    let one = values.is_empty() || values.iter().any(holds);
    (one && !nots.iter().any(holds)).into()
}

fn test_holds(attribute: &Attribute, test: &Test, request: &Request) -> bool {
    let host = request.host.to_lowercase();
    let value = match attribute {
        Attribute::Principal => request.principal.as_deref(),
        Attribute::Host => Some(host.as_str()),
        Attribute::Method => Some(request.method.as_str()),
        Attribute::Path => Some(request.path.as_str()),
        Attribute::Key(key) => request.keys.get(key).map(String::as_str),
        _ => None,
    };
    let address = match attribute {
        Attribute::RemoteAddress => request.remote,
        _ => request.source,
    };
    match test {
        Test::Text(pattern) => value.is_some_and(|value| pattern.fits(value)),
        Test::Namespace(pattern) => {
            value.and_then(identity).is_some_and(|(namespace, _)| pattern.fits(namespace))
        }
        Test::Account(namespace, account) => {
            value.and_then(identity) == Some((&**namespace, &**account))
        }
        Test::Block(block) => block.contains(address),
        Test::Port(port) => *port == request.port,
    }
}

/// Why it is not known whether a rule matches.
fn why(rule: &Rule, about: Truth) -> String {
    if about == Truth::Maybe {
        return "whether the policy is about the workload is not known".to_owned();
    }
    let parts = rule.from.iter().chain(&rule.to).flatten().chain(&rule.when);
    let mut reasons = parts.filter_map(|condition| match condition {
        Condition::Unmodelled(reason) => Some(format!("{reason} is not modelled")),
        Condition::Is(..) => None,
    });
    reasons.next().unwrap_or_default()
}
