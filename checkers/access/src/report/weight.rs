//! Which of what was opened is as good as much more.

use super::words::of;
use super::{Kind, Region};
use crate::{Extent, Members};

/// Rights that lead to others: verbs on a resource of a group with a subresource, and what for.
type Power = (&'static [&'static str], &'static str, &'static str, &'static str, &'static str);

const WRITE: &[&str] = &["create", "update", "patch"];
const RBAC: &str = "rbac.authorization.k8s.io";

/// Sources: the Kubernetes documentation of good practices for RBAC, and the API server's checks
/// for `escalate`, `bind` and `impersonate`.
const POWERS: &[Power] = &[
    (&["get", "list", "watch"], "", "secrets", "", "reads secrets"),
    (&["escalate"], RBAC, "roles", "", "may write roles with any rules"),
    (&["escalate"], RBAC, "clusterroles", "", "may write roles with any rules"),
    (&["bind"], RBAC, "roles", "", "may bind roles it does not have"),
    (&["bind"], RBAC, "clusterroles", "", "may bind roles it does not have"),
    (&["impersonate"], "", "users", "", "acts as other users"),
    (&["impersonate"], "", "groups", "", "acts as members of other groups"),
    (&["impersonate"], "", "serviceaccounts", "", "acts as service accounts"),
    (&["create"], "", "serviceaccounts", "token", "makes tokens of service accounts"),
    (&["create"], "", "pods", "", "runs pods as any service account of the namespace"),
    (&["create", "get"], "", "pods", "exec", "runs commands in pods"),
    (&["create", "get"], "", "pods", "attach", "attaches to pods"),
    (WRITE, "", "pods", "ephemeralcontainers", "adds containers to pods"),
    (&["get", "create"], "", "nodes", "proxy", "runs commands in pods through the kubelet"),
    (
        WRITE,
        "certificates.k8s.io",
        "certificatesigningrequests",
        "approval",
        "approves certificates",
    ),
    (WRITE, RBAC, "rolebindings", "", "writes bindings"),
    (WRITE, RBAC, "clusterrolebindings", "", "writes bindings"),
    (
        WRITE,
        "admissionregistration.k8s.io",
        "mutatingwebhookconfigurations",
        "",
        "changes webhooks",
    ),
    (
        WRITE,
        "admissionregistration.k8s.io",
        "validatingwebhookconfigurations",
        "",
        "changes webhooks",
    ),
];

/// Holders that nobody has chosen.
const EVERYBODY: [(&str, &str); 3] = [
    ("anonymous", "it is open to requests without credentials"),
    ("any other authenticated user", "it is open to all users"),
    ("any other service account", "it is open to all service accounts"),
];

/// How all addresses outside of the cluster read.
const ANYWHERE: &str = "any address";

impl Region {
    /// Why what is in it is as good as much more, if it is.
    pub fn weight(&self) -> Option<&'static str> {
        match self.kind {
            Kind::Rbac => subject(&self.extents).or_else(|| power(&self.extents)),
            Kind::Network => {
                let open = has(of(&self.extents, "source"), ANYWHERE);
                open.then_some("it is open to any address")
            }
            Kind::Istio | Kind::Admission => None,
        }
    }
}

fn subject(extents: &[Extent]) -> Option<&'static str> {
    let subject = of(extents, "subject");
    EVERYBODY.iter().find(|(holder, _)| has(subject, holder)).map(|(_, why)| *why)
}

fn power(extents: &[Extent]) -> Option<&'static str> {
    let of = |dimension| of(extents, dimension);
    of("resource")?;
    if matches!(of("name"), Some(Members::Only(_))) {
        return None; // somebody has chosen these objects
    }
    let found = POWERS.iter().find(|(verbs, group, resource, subresource, _)| {
        verbs.iter().any(|verb| has(of("verb"), verb))
            && has(of("group"), shown(group))
            && has(of("resource"), resource)
            && has(of("subresource"), shown(subresource))
    });
    found.map(|(.., why)| *why)
}

/// The empty text as regions name it.
fn shown(text: &'static str) -> &'static str {
    if text.is_empty() { "\"\"" } else { text }
}

/// Whether a value is among those of a dimension.
fn has(members: Option<&Members>, value: &str) -> bool {
    match members {
        None | Some(Members::Any) => true,
        Some(Members::Only(names)) => names.iter().any(|name| **name == *value),
        Some(Members::AllBut(names)) => names.iter().all(|name| **name != *value),
    }
}
