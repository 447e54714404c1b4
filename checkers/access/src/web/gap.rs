//! A request that gets in where something that is looked at would refuse it.

use seatrial_core::{Finding, Severity};

use super::cases::Cases;
use super::condition::{Condition, Ground, Leaf, Tree};
use super::places::first_client;
use super::request::{Request, percent_encoded};
use super::side::{Situation, WebServer, decide};
use crate::Decision;

/// A request that gets in.
pub(super) struct Gap {
    pub(super) request: Request,
    /// How it gets in.
    pub(super) is: Leaf,
    /// How it would be refused.
    pub(super) would_be: Leaf,
}

/// A request of a situation that gets in for certain, by `is`, where `would_be` refuses it for
/// certain, and both are `wanted`.
pub(super) fn gap(
    server: &dyn WebServer,
    situation: &Situation<'_>,
    is: &Tree,
    would_be: &Tree,
    wanted: &dyn Fn(&Leaf, &Leaf) -> bool,
) -> Option<Gap> {
    if would_be.decision() == Decision::Allowed || is.decision() == Decision::Denied {
        return None;
    }
    let cases = Cases::of(&[is, would_be], situation.endpoint).ok()?;
    for case in cases.all() {
        let (now, then, _) = cases.compare(&case, is, would_be);
        if (now.decision(), then.decision()) != (Decision::Allowed, Decision::Denied) {
            continue;
        }
        let facts = |condition: &Condition| cases.answer(&case, condition).or(Some(true));
        let (Some(is), Some(would_be)) = (is.leaf(&facts), would_be.leaf(&facts)) else { continue };
        if !wanted(is, would_be) {
            continue;
        }
        let Situation { endpoint, host, method, path } = situation;
        let client = first_client(endpoint);
        let text = percent_encoded(path);
        let mut request = Request::new((*endpoint).clone(), host, method, &text, client);
        cases.put(&case, &mut request);
        if decide(server, &request).0 == Decision::Allowed {
            return Some(Gap { request, is: is.clone(), would_be: would_be.clone() });
        }
    }
    None
}

impl Gap {
    /// Adds the request to a finding.
    pub(super) fn shown(&self, finding: Finding) -> Finding {
        let request = &self.request;
        let served =
            self.is.target.as_ref().map_or_else(String::new, |it| format!(", from `{it}`"));
        finding
            .because(format!("`{request}` is let in{served}"))
            .because(format!("ask the server: `{}`", request.curl()))
    }

    /// `GET /admin/x.php`.
    pub(super) fn line(&self) -> String {
        format!("{} {}", self.request.method, self.request.path)
    }
}

impl Ground {
    /// A finding at a directive of a server of this name.
    pub(super) fn finding(
        &self,
        server: &str,
        rule: &'static str,
        severity: Severity,
        message: String,
    ) -> Finding {
        let source = self.source(server);
        Finding::new(rule, severity, source.location, message).of(&source.resource, "")
    }
}

/// What a directive stands in, in words: `location /admin/`.
pub(super) fn named(at: &Ground) -> String {
    if at.name.is_empty() {
        format!("the {}", at.kind)
    } else {
        format!("`{} {}`", at.kind, at.name)
    }
}

/// A directive as another place of a finding.
pub(super) fn beside(finding: Finding, at: &Ground) -> Finding {
    finding.related_to(at.location.clone(), format!("`{}` of {}", at.text, named(at)))
}
