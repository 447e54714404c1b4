//! The classic mistakes: policies that are valid, and likely not what was meant.

use seatrial_core::{Finding, Severity};
use seatrial_manifests::Object;
use seatrial_parse::Node;

use super::model::{Action, Attribute, Condition, Mesh, Policy, Rule};
use super::rules;
use crate::decision::finding;
use crate::network::Truth;

/// What policies likely do not mean; the findings of reading (see [`Mesh::findings`]) are not among
/// these. The objects say how strict mutual TLS is.
pub fn lint(mesh: &Mesh, objects: &[Object], root_namespace: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for policy in &mesh.policies {
        findings.extend(selects_nothing(mesh, policy));
        findings.extend(without_rules(policy));
        let namespace = policy.scope.namespace.as_deref().unwrap_or(root_namespace);
        let mode = mutual_tls(objects, namespace, root_namespace);
        let around = policy.rules.iter().filter(|rule| is_got_around(policy.action, rule));
        findings.extend(around.filter_map(|rule| plain_text(policy.action, rule, mode)));
    }
    findings.sort_unstable();
    findings
}

/// A policy that is about no workload, where there are workloads that it could be about.
fn selects_nothing(mesh: &Mesh, policy: &Policy) -> Option<Finding> {
    let inside =
        |namespace: &str| policy.scope.namespace.as_ref().is_none_or(|scope| **scope == *namespace);
    let mut targets = mesh.targets.iter().filter(|target| inside(&target.namespace)).peekable();
    targets.peek()?;
    let selector = &policy.scope.selector;
    if targets.any(|target| selector.selects(&target.labels) > Truth::No) {
        return None;
    }
    let message = format!("the policy is about no workload: none has `{selector}`");
    let hint = "select a label that the pod template of the workload has";
    let source = &policy.source;
    Some(finding(rules::SELECTS_NOTHING, Severity::Warning, source, message, hint))
}

/// A policy without rules matches no request: without effect, or, as one that allows what matches,
/// closed to all.
fn without_rules(policy: &Policy) -> Option<Finding> {
    if !policy.rules.is_empty() {
        return None;
    }
    let (severity, message, hint) = match policy.action {
        Action::Allow => (
            Severity::Note,
            "the policy has no rules: it allows nothing, and what no other policy allows is denied",
            "keep it if all shall be denied; `rules: [{}]` allows everything",
        ),
        Action::Deny | Action::Custom | Action::Audit => (
            Severity::Warning,
            "the policy has no rules: it matches no request and has no effect",
            "state what it is about; `rules: [{}]` matches every request",
        ),
    };
    Some(finding(rules::WITHOUT_RULES, severity, &policy.source, message.to_owned(), hint))
}

/// Whether a request without an identity is not denied by a rule that denies some by their identity,
/// or allowed by one that allows all but some.
fn is_got_around(action: Action, rule: &Rule) -> bool {
    let conditions = rule.from.iter().flatten().chain(&rule.when);
    let mut of_identity = conditions.filter_map(|condition| match condition {
        Condition::Is(Attribute::Principal, values, _) => Some(!values.is_empty()),
        _ => None,
    });
    match action {
        Action::Deny => of_identity.any(|positive| positive),
        Action::Allow => of_identity.any(|positive| !positive),
        Action::Custom | Action::Audit => false,
    }
}

/// How strict mutual TLS is in a namespace, as far as `PeerAuthentication` objects of the whole
/// namespace, or of the mesh, say.
fn mutual_tls<'o>(objects: &'o [Object], namespace: &str, root: &str) -> Option<&'o str> {
    let stated = |place: &str| {
        let mut all = objects.iter().filter(|object| {
            object.group() == "security.istio.io"
                && object.kind() == "PeerAuthentication"
                && object.namespace() == place
                && object.node.at(&["spec", "selector"]).is_none_or(Node::is_null)
        });
        let mode = all.find_map(|object| object.node.at(&["spec", "mtls", "mode"])?.as_str());
        mode.filter(|mode| *mode != "UNSET")
    };
    stated(namespace).or_else(|| stated(root))
}

fn plain_text(action: Action, rule: &Rule, mode: Option<&str>) -> Option<Finding> {
    let (severity, known) = match mode {
        Some("STRICT") => return None,
        Some(mode) => (Severity::Warning, format!("mutual TLS is {mode}")),
        None => (Severity::Note, "nothing here makes mutual TLS strict".to_owned()),
    };
    let what = if action == Action::Deny { "does not deny" } else { "allows" };
    let message =
        format!("the rule {what} requests in plain text, which have no identity: {known}");
    let hint = "require mutual TLS by a PeerAuthentication with `mode: STRICT`";
    Some(finding(rules::WITHOUT_IDENTITY, severity, &rule.source, message, hint))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use seatrial_core::SourceFile;

    use super::*;
    use crate::istio::{ROOT_NAMESPACE, read};

    /// What is found in a policy of namespace `a`, which has the pod `web`.
    fn found(spec: &str, others: &str) -> Vec<String> {
        let text = format!(
            "{{apiVersion: v1, kind: Pod, metadata: {{name: web, namespace: a, labels: {{app: web}}}}}}\n---\n\
             {{apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, metadata: {{name: p, namespace: a}}, \
             spec: {{{spec}}}}}\n{others}"
        );
        let objects =
            seatrial_manifests::read(Arc::new(SourceFile::new("mesh.yaml", text))).objects;
        let mesh = read(&objects, ROOT_NAMESPACE);
        assert_eq!(mesh.findings, [], "{spec}");
        let found = lint(&mesh, &objects, ROOT_NAMESPACE);
        found.iter().map(|it| format!("{} {}", it.severity.as_str(), it.rule)).collect()
    }

    #[test]
    fn policies_that_likely_mean_something_else_are_found_and_others_are_not() {
        let selector = |app: &str| {
            format!(
                "selector: {{matchLabels: {{app: {app}}}}}, rules: [{{to: [{{operation: {{methods: [GET]}}}}]}}]"
            )
        };
        for (spec, expected) in [
            (selector("web"), ""),
            (selector("wep"), "warning authorization-policy-selects-nothing"),
            ("action: DENY".to_owned(), "warning authorization-policy-without-rules"),
            ("action: AUDIT, rules: []".to_owned(), "warning authorization-policy-without-rules"),
            (String::new(), "note authorization-policy-without-rules"),
            ("rules: [{}]".to_owned(), ""),
            ("action: DENY, rules: [{}]".to_owned(), ""),
        ] {
            assert_eq!(found(&spec, "").join(", "), expected, "{spec}");
        }
    }

    #[test]
    fn identities_are_asked_for_where_there_may_be_none() {
        let rule = |action: &str, source: &str| {
            format!("action: {action}, rules: [{{from: [{{source: {{{source}}}}}]}}]")
        };
        let peer = |namespace: &str, mode: &str, selector: &str| {
            format!(
                "---\n{{apiVersion: security.istio.io/v1, kind: PeerAuthentication, metadata: {{name: default, \
                 namespace: {namespace}}}, spec: {{{selector}mtls: {{mode: {mode}}}}}}}\n"
            )
        };
        let plain = "authorization-policy-plain-text";
        let deny = rule("DENY", "namespaces: [b]");
        for (spec, others, expected) in [
            (deny.clone(), String::new(), format!("note {plain}")),
            (deny.clone(), peer("a", "STRICT", ""), String::new()),
            (deny.clone(), peer(ROOT_NAMESPACE, "STRICT", ""), String::new()),
            (deny.clone(), peer("a", "PERMISSIVE", ""), format!("warning {plain}")),
            (
                deny.clone(),
                peer("a", "DISABLE", "") + &peer(ROOT_NAMESPACE, "STRICT", ""),
                format!("warning {plain}"),
            ),
            (
                deny.clone(),
                peer("a", "UNSET", "") + &peer(ROOT_NAMESPACE, "STRICT", ""),
                String::new(),
            ),
            (
                deny.clone(),
                peer("a", "STRICT", "selector: {matchLabels: {app: x}}, "),
                format!("note {plain}"),
            ),
            (deny.clone(), peer("b", "STRICT", ""), format!("note {plain}")),
            (rule("DENY", "notNamespaces: [b]"), String::new(), String::new()),
            (rule("ALLOW", "notPrincipals: [x]"), String::new(), format!("note {plain}")),
            (rule("ALLOW", "principals: [x]"), String::new(), String::new()),
            (rule("DENY", "ipBlocks: [10.0.0.0/8]"), String::new(), String::new()),
        ] {
            assert_eq!(found(&spec, &others).join(", "), expected, "{spec} {others}");
        }
    }
}
