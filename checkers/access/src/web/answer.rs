//! One request decided.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde::Serialize;

use super::condition::{Condition, Facts, Leaf, TooMany};
use super::request::Request;
use super::side::{Situation, WebServer, tree};
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
    /// The same as conditions.
    #[serde(skip)]
    pub open: Vec<Condition>,
}

impl WebAnswer {
    /// Decides a request.
    pub fn of(server: &dyn WebServer, request: Request) -> Self {
        let Decided { decision, leaves, reasons, open } = decided(server, &request);
        let mut statuses: Vec<_> = leaves.iter().map(|leaf| leaf.status).collect();
        statuses.sort_unstable();
        statuses.dedup();
        let status = if statuses.len() == 1 { statuses.into_iter().flatten().next() } else { None };
        let mut targets: Vec<_> = leaves.iter().filter_map(|leaf| leaf.target.clone()).collect();
        targets.sort_unstable();
        targets.dedup();
        let because = leaves.iter().flat_map(|leaf| &leaf.because);
        let mut rules: Vec<_> = because.map(|ground| ground.source(server.name())).collect();
        rules.sort_unstable();
        rules.dedup();
        let replay = request.curl();
        Self { decision, status, served: targets, request, replay, rules, reasons, open }
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

struct Decided {
    decision: Decision,
    leaves: Vec<Leaf>,
    reasons: Vec<String>,
    open: Vec<Condition>,
}

fn decided(server: &dyn WebServer, request: &Request) -> Decided {
    let simple = |decision, leaves, why: &str| Decided {
        decision,
        leaves,
        reasons: vec![why.to_owned()],
        open: Vec::new(),
    };
    let path = match server.normalised(&request.endpoint, &request.host, &request.path) {
        Ok(path) => path,
        Err(leaf) => {
            let why = if leaf.status.is_none() {
                "nothing listens there"
            } else {
                "it is no valid request"
            };
            return simple(Decision::Denied, vec![leaf], why);
        }
    };
    let Request { endpoint, host, method, .. } = request;
    let situation = Situation { endpoint, host, method, path: &path };
    let facts = Facts { request, users: server.users() };
    let Ok(tree): Result<_, TooMany> = tree(server, &situation, Some(&facts)) else {
        let why = "it depends on more conditions than are looked at";
        return simple(Decision::Unknown, Vec::new(), why);
    };
    let mut conditions = BTreeSet::new();
    tree.conditions(&mut conditions);
    let open: Vec<_> = conditions.into_iter().cloned().collect();
    let decision = tree.decision();
    let unknown = open.iter().filter(|_| decision == Decision::Unknown);
    let mut reasons: Vec<_> = unknown.map(reason).collect();
    reasons.dedup();
    let leaves = tree.leaves().into_iter().cloned().collect();
    Decided { decision, leaves, reasons, open }
}
