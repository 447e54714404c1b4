//! The classic mistakes, each beside what is right.

use super::network;
use crate::network::{Connections, lint, rules};

const PODS: &str = "
---
{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {team: a}}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: infra, labels: {team: infra}}}
---
{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop, labels: {app: web}}}
---
{apiVersion: v1, kind: Pod, metadata: {name: db, namespace: shop, labels: {app: db}}}
---
{apiVersion: v1, kind: Pod, metadata: {name: dns, namespace: infra, labels: {app: dns}}}
";

/// What is found in a text beside the pods.
fn found(policies: &str) -> Vec<(String, String, u32)> {
    let network = network(&format!("{PODS}---\n{policies}"));
    assert!(network.findings.is_empty(), "{:?}", network.findings);
    let findings = lint(&Connections::of(&network));
    let shown = |it: seatrial_core::Finding| (it.rule.into_owned(), it.message, it.location.line);
    findings.into_iter().map(shown).collect()
}

fn policy(spec: &str) -> String {
    format!(
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n\
         metadata: {{name: np, namespace: shop}}\nspec:\n{spec}"
    )
}

#[test]
fn each_mistake_is_found_and_what_is_right_is_not() {
    for (rule, message, wrong, right) in [
        (
            rules::SELECTS_NOTHING,
            "the policy selects no pod: none has `app=wbe`",
            "  podSelector: {matchLabels: {app: wbe}}\n",
            "  podSelector: {matchLabels: {app: web}}\n",
        ),
        (
            rules::PEER_SELECTS_NOTHING,
            "no pod of the input is the peer `app=wbe in namespace shop`",
            "  podSelector: {}\n  ingress: [{from: [{podSelector: {matchLabels: {app: wbe}}}]}]\n",
            "  podSelector: {}\n  ingress: [{from: [{podSelector: {matchLabels: {app: web}}}]}]\n",
        ),
        (
            rules::OR_FOR_AND,
            "these are two peers: all pods of the namespaces, or pods `app=db` of the policy's own",
            "  podSelector: {}\n  ingress:\n  - from:\n    - namespaceSelector: {matchLabels: {team: infra}}\n    \
             - podSelector: {matchLabels: {app: db}}\n",
            "  podSelector: {}\n  ingress:\n  - from:\n    - namespaceSelector: {matchLabels: {team: infra}}\n      \
             podSelector: {matchLabels: {app: dns}}\n",
        ),
        (
            rules::NO_DNS,
            "`shop/web[Pod]` may open connections, but not ask for names on port 53",
            "  podSelector: {matchLabels: {app: web}}\n  policyTypes: [Egress]\n  \
             egress: [{to: [{podSelector: {matchLabels: {app: db}}}], ports: [{port: 5432}]}]\n",
            "  podSelector: {matchLabels: {app: web}}\n  policyTypes: [Egress]\n  \
             egress: [{to: [{podSelector: {matchLabels: {app: db}}}], ports: [{port: 5432}]}, \
             {to: [{namespaceSelector: {matchLabels: {team: infra}}}], ports: [{port: 53, protocol: UDP}]}]\n",
        ),
    ] {
        let wrong = found(&policy(wrong));
        let [(id, text, line)] = wrong.as_slice() else { panic!("{rule}: {wrong:?}") };
        assert_eq!((id.as_str(), text.as_str()), (rule, message));
        assert!(*line >= 14, "in the policy: {line}");
        assert_eq!(found(&policy(right)), [], "{rule}");
    }
}

#[test]
fn to_deny_all_is_no_mistake() {
    assert_eq!(found(&policy("  podSelector: {}\n  policyTypes: [Ingress, Egress]\n")), []);
}

#[test]
fn policies_of_one_priority_that_disagree_are_found_with_a_connection() {
    let policy = |name: &str, priority: i64, action: &str| {
        format!(
            "apiVersion: policy.networking.k8s.io/v1alpha2\nkind: ClusterNetworkPolicy\n\
             metadata: {{name: {name}}}\nspec:\n  tier: Admin\n  priority: {priority}\n  \
             subject: {{namespaces: {{matchLabels: {{team: a}}}}}}\n  ingress:\n  - action: {action}\n    \
             from: [{{namespaces: {{matchLabels: {{team: infra}}}}}}]\n    \
             protocols: [{{tcp: {{destinationPort: {{number: 80}}}}}}]\n---\n"
        )
    };
    let both = |priorities: (i64, i64), actions: (&str, &str)| {
        found(&(policy("one", priorities.0, actions.0) + &policy("two", priorities.1, actions.1)))
    };
    let disagree = both((5, 5), ("Accept", "Deny"));
    let expected = "rules of the same priority decide differently on infra/dns[Pod] to \
                    shop/db[Pod] on TCP 80";
    let shown: Vec<_> = disagree.iter().map(|it| (it.0.as_str(), it.1.as_str(), it.2)).collect();
    assert_eq!(shown, [(rules::SAME_PRIORITY, expected, 21)]);
    assert_eq!(both((5, 6), ("Accept", "Deny")), [], "there is an order");
    assert_eq!(both((5, 5), ("Deny", "Deny")), [], "they agree");
    assert_eq!(both((5, 5), ("Accept", "Pass")), [], "all ways lead to the same");
}
