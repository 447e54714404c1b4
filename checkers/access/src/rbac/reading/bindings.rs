//! Bindings: whom they name, and what they refer to.

use rustc_hash::FxHashSet;
use seatrial_core::{Severity, nearest};
use seatrial_manifests::Object;
use seatrial_parse::{Node, Value};

use crate::rbac::request::split_service_account;
use crate::rbac::{Baseline, Binding, GROUP, Policy, RoleKind, Subject, Target};

/// Resources that live in no namespace, so that a grant inside one is of no use. (Namespaces are
/// not among them: a request about one namespace counts as one in it.)
const CLUSTER_SCOPED: [&str; 14] = [
    "certificatesigningrequests",
    "clusterrolebindings",
    "clusterroles",
    "componentstatuses",
    "csidrivers",
    "csinodes",
    "customresourcedefinitions",
    "mutatingwebhookconfigurations",
    "nodes",
    "persistentvolumes",
    "priorityclasses",
    "storageclasses",
    "validatingwebhookconfigurations",
    "volumeattachments",
];

impl<'a> Policy<'a> {
    pub(super) fn add_binding(&mut self, object: &'a Object, namespace: Option<&'a str>) {
        let Some(role) = self.role_ref(object, namespace.is_some()) else { return };
        let list = object.node.get("subjects").filter(|node| !node.is_null());
        if list.is_some_and(|node| !matches!(node.value, Value::Sequence(_))) {
            let message = "the subjects have to be a list".to_owned();
            self.find(object, "/subjects", "access-rbac-invalid", Severity::Error, message);
        }
        let subjects = list.map_or(&[][..], Node::items);
        let subjects = subjects.iter().enumerate().filter_map(|(index, node)| {
            let subject = self.subject(object, namespace, index, node)?;
            Some((index, subject))
        });
        let subjects = subjects.collect();
        let binding = Binding { object, namespace, role, target: Target::Missing, subjects };
        match self.binding_at.get(&(namespace, object.name())).copied() {
            None => {
                self.binding_at.insert((namespace, object.name()), self.bindings.len());
                self.bindings_in.entry(namespace).or_default().push(self.bindings.len());
                self.bindings.push(binding);
            }
            Some(at) => {
                self.find_duplicate(object);
                if let Some(known) = self.bindings.get_mut(at) {
                    *known = binding;
                }
            }
        }
    }

    /// The kind and name that a binding refers to; without them, the API server refuses it.
    fn role_ref(&mut self, object: &'a Object, namespaced: bool) -> Option<(RoleKind, &'a str)> {
        let text = |key: &str| object.node.at(&["roleRef", key])?.as_str();
        let group = text("apiGroup").unwrap_or(GROUP);
        let kind = match text("kind") {
            Some("ClusterRole") => Some(RoleKind::ClusterRole),
            Some("Role") if namespaced => Some(RoleKind::Role),
            _ => None,
        };
        let name = text("name").filter(|name| !name.is_empty());
        let (pointer, message) = match (kind, name) {
            _ if group != GROUP => {
                ("/roleRef/apiGroup", format!("`{group}` has no roles; write `{GROUP}`"))
            }
            (Some(kind), Some(name)) => return Some((kind, name)),
            (Some(_), None) => ("/roleRef", "it refers to no role: a name is missing".to_owned()),
            (None, _) => {
                let kind = text("kind").unwrap_or_default();
                let kinds = if namespaced { "`Role` or `ClusterRole`" } else { "`ClusterRole`" };
                ("/roleRef", format!("it cannot refer to a `{kind}`, only to a {kinds}"))
            }
        };
        self.find(object, pointer, "access-rbac-invalid", Severity::Error, message);
        None
    }

    /// A subject that can match a user.
    fn subject(
        &mut self,
        object: &'a Object,
        binding: Option<&'a str>,
        index: usize,
        node: &'a Node,
    ) -> Option<Subject<'a>> {
        let text = |key: &str| node.get(key).and_then(Node::as_str).filter(|text| !text.is_empty());
        let (kind, group) = (text("kind").unwrap_or_default(), text("apiGroup"));
        let namespace = text("namespace").or(binding);
        let complaint = match (kind, text("name")) {
            ("User" | "Group" | "ServiceAccount", None) => "a name is missing".to_owned(),
            ("User" | "Group", _) if group.is_some_and(|group| group != GROUP) => {
                format!("`apiGroup` of a {kind} is `{GROUP}`")
            }
            ("ServiceAccount", _) if group.is_some() => {
                "`apiGroup` of a ServiceAccount is empty".to_owned()
            }
            ("User", Some(name)) => {
                if name == "*" {
                    let message = "`*` is a user of that name, and no wildcard".to_owned();
                    let pointer = format!("/subjects/{index}/name");
                    let severity = Severity::Warning;
                    self.find(object, &pointer, "access-rbac-subject", severity, message);
                }
                return Some(match split_service_account(name) {
                    Some((namespace, name)) => Subject::ServiceAccount(namespace, name),
                    None => Subject::User(name),
                });
            }
            ("Group", Some(name)) => return Some(Subject::Group(name)),
            ("ServiceAccount", Some(name)) => match namespace {
                None => "a ServiceAccount needs a namespace in a ClusterRoleBinding".to_owned(),
                Some(namespace) if format!("{namespace}{name}").contains(':') => {
                    format!("`{name}` is no name of a ServiceAccount")
                }
                Some(namespace) => return Some(Subject::ServiceAccount(namespace, name)),
            },
            _ => format!("`{kind}` is no kind of subject: `User`, `Group` or `ServiceAccount`"),
        };
        let message = format!("this subject matches nobody: {complaint}");
        let pointer = format!("/subjects/{index}");
        self.find(object, &pointer, "access-rbac-subject", Severity::Error, message);
        None
    }

    /// Resolves what the bindings refer to, and names what was taken from the baseline; `stated` is
    /// how many roles were not.
    pub(super) fn resolve(&mut self, stated: usize) {
        let built_in = |at: usize, policy: &Self| {
            let object = policy.roles.get(at).filter(|_| at >= stated)?.object;
            Some(object.name())
        };
        for at in 0..self.bindings.len() {
            let Some(binding) = self.bindings.get(at) else { continue };
            let (kind, name) = binding.role;
            let namespace = binding.namespace.filter(|_| kind == RoleKind::Role);
            let Some(&role) = self.role_at.get(&(namespace, name)) else {
                self.report_missing(binding.object, kind, namespace, name);
                continue;
            };
            self.assumed.extend(built_in(role, self));
            self.review_grant(at, role);
            if let Some(binding) = self.bindings.get_mut(at) {
                binding.target = Target::Role(role);
            }
        }
        // Of an aggregated role, what contributes counts, too.
        let contributors: FxHashSet<_> = self
            .bindings
            .iter()
            .filter_map(|binding| self.role_of(binding))
            .flat_map(|role| self.rules_of(role).map(|(_, rule)| rule.object.name()))
            .collect();
        let built_in = self.roles.get(stated..).unwrap_or_default();
        let built_in = built_in.iter().map(|role| role.object.name());
        self.assumed.extend(built_in.filter(|name| contributors.contains(name)));
        self.assumed.sort_unstable();
        self.assumed.dedup();
    }

    fn report_missing(
        &mut self,
        object: &Object,
        kind: RoleKind,
        namespace: Option<&str>,
        name: &str,
    ) {
        let known = self.roles.iter().filter(|role| role.namespace == namespace);
        let near = nearest(name, known.map(|role| role.object.name()));
        let kind_name = kind.as_str();
        let message = format!("`{kind_name} {name}` is not there: what this grants is unknown");
        let mut finding = super::finding(
            object,
            "/roleRef/name",
            "access-rbac-missing-role",
            Severity::Warning,
            message,
        );
        let built_in = Baseline::kubernetes();
        if kind == RoleKind::ClusterRole && built_in.roles().iter().any(|role| role.name() == name)
        {
            finding =
                finding.because(format!("{} has a built-in role of this name", built_in.name()));
        } else if let Some(near) = near {
            finding = finding.help(format!("did you mean `{near}`?"));
        }
        self.found.findings.push(finding);
    }

    /// What a binding of a namespace grants in vain: URLs, and what lives in no namespace.
    fn review_grant(&mut self, binding: usize, role: usize) {
        let (Some(binding), Some(role)) = (self.bindings.get(binding), self.roles.get(role)) else {
            return;
        };
        if binding.namespace.is_none() || role.namespace.is_some() {
            return;
        }
        let urls =
            self.rules_of(role).filter(|(_, rule)| !rule.urls.is_empty()).map(|(_, rule)| {
                (rule, format!("URLs such as `{}`", rule.urls.first().copied().unwrap_or_default()))
            });
        let resources = self.rules_of(role).filter_map(|(_, rule)| {
            let scoped =
                rule.resources.iter().find(|resource| CLUSTER_SCOPED.contains(resource))?;
            Some((rule, format!("`{scoped}`, which live in no namespace")))
        });
        let findings: Vec<_> = urls
            .chain(resources)
            .take(1)
            .map(|(rule, what)| {
                let message = format!(
                    "`ClusterRole {}` is granted inside one namespace, where its rule on {what} \
                     allows nothing",
                    role.object.name()
                );
                let id = "access-rbac-dead-grant";
                super::finding(binding.object, "/roleRef", id, Severity::Note, message)
                    .related_to(rule.source().location, "the rule")
            })
            .collect();
        self.found.findings.extend(findings);
    }
}
