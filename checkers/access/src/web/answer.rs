//! One request decided.

use std::fmt::Write as _;

use serde::Serialize;

use super::condition::{Condition, Leaf};
use super::request::Request;
use super::side::{Situation, WebServer, tree};
use super::condition::{Facts, TooMany};
use crate::report::place;
use crate::{Decision, Source};

/// The decision on one request, with what it rests on.
#[derive(Debug, Clone, Serialize)]
pub struct WebAnswer {
    /// The decision.
    pub decision: Decision,
    /// The status, where the server itself answers, and always in the same way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// What is served: a file, or the service that the request is handed to.
    pub served: Vec<String>,
    /// What was asked.
    pub request: Request,
    /// How to ask a server.
    pub replay: String,
    /// The directives that it rests on.
    pub rules: Vec<Source>,
    /// What it depends on and is not known.
    pub reasons: Vec<String>,
}

impl WebAnswer {
    /// Decides a request.
    pub fn of(server: &dyn WebServer, request: Request) -> Self {
        let (decision, leaves, reasons) = decided(server, &request);
        let mut statuses: Vec<_> = leaves.iter().map(|leaf| leaf.status).collect();
        statuses.sort_unstable();
        statuses.dedup();
        let status = if statuses.len() == 1 { statuses.into_iter().flatten().next() } else { None };
        let mut served: Vec<_> = leaves.iter().filter_map(|leaf| leaf.target.clone()).collect();
        served.sort_unstable();
        served.dedup();
        let because = leaves.iter().flat_map(|leaf| &leaf.because);
        let mut rules: Vec<_> = because.map(|ground| ground.source(server.name())).collect();
        rules.sort_unstable();
        rules.dedup();
        let replay = request.curl();
        Self { decision, status, served, request, replay, rules, reasons }
    }

    /// The answer in words.
    pub fn text(&self) -> String {
        let status = self.status.map_or_else(String::new, |status| format!(" ({status})"));
        let mut text = format!("{}{status}: {}\n", self.decision, self.request);
        for reason in &self.reasons {
            let _ = writeln!(text, "  because  {reason}");
        }
        for served in &self.served {
            let _ = writeln!(text, "  served   {served}");
        }
        for rule in &self.rules {
            let _ = writeln!(text, "  {:<8} {}", rule.role, place(rule));
        }
        text + &format!("  replay   {}\n", self.replay)
    }
}

/// What a condition is, as a reason for not knowing.
pub(super) fn reason(condition: &Condition) -> String {
    match condition {
        Condition::From(addresses, _) => format!("whether the client is at {addresses}"),
        Condition::Accepts(file) => format!("whether `{file}` accepts the credentials"),
        Condition::Answers(service, _) => format!("what {service} answers"),
        Condition::Exists(file) => format!("whether `{file}` exists"),
        Condition::Opaque(opaque) => {
            let at = &opaque.location;
            format!("{} is not modelled ({}:{})", opaque.what, at.path, at.line)
        }
    }
}

fn decided(server: &dyn WebServer, request: &Request) -> (Decision, Vec<Leaf>, Vec<String>) {
    let path = match server.normalised(&request.endpoint, &request.host, &request.path) {
        Ok(path) => path,
        Err(leaf) => {
            let why = if leaf.status.is_none() { "nothing listens there" } else { "it is no valid request" };
            return (Decision::Denied, vec![leaf], vec![why.to_owned()]);
        }
    };
    let Request { endpoint, host, method, .. } = request;
    let situation = Situation { endpoint, host, method, path: &path };
    let facts = Facts { request, users: server.users() };
    let Ok(tree): Result<_, TooMany> = tree(server, &situation, Some(&facts)) else {
        let why = "it depends on more conditions than are looked at".to_owned();
        return (Decision::Unknown, Vec::new(), vec![why]);
    };
    let decision = tree.decision();
    let mut conditions = std::collections::BTreeSet::new();
    if decision == Decision::Unknown {
        tree.conditions(&mut conditions);
    }
    let mut reasons: Vec<_> = conditions.into_iter().map(reason).collect();
    reasons.dedup();
    (decision, tree.leaves().into_iter().cloned().collect(), reasons)
}
