//! From objects to roles and bindings.

mod aggregation;
mod bindings;
mod rules;

use seatrial_core::{Finding, Severity};
use seatrial_manifests::Object;
use seatrial_parse::Node;

use super::{Baseline, GROUP, Policy, Role};

/// What is wrong with roles and bindings: the ids of the findings, with a line on each.
pub const FINDINGS: &[(&str, &str)] = &[
    ("access-rbac-version", "a role or binding in a version of the API that is not known"),
    ("access-rbac-duplicate", "a role or binding that is stated more than once"),
    ("access-rbac-invalid", "a role or binding that the API server refuses"),
    ("access-rbac-dead-rule", "an entry of a rule that matches no request"),
    ("access-rbac-names", "resource names on verbs whose requests carry no name"),
    ("access-rbac-dead-grant", "a rule that grants nothing in a namespace, granted in one"),
    ("access-rbac-missing-role", "a binding to a role that is not there"),
    ("access-rbac-subject", "a subject that matches nobody"),
    ("access-rbac-aggregation", "an aggregated role whose contributors are not there"),
];

/// What a role or binding is, by its kind.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Role,
    ClusterRole,
    RoleBinding,
    ClusterRoleBinding,
}

impl Kind {
    fn of(object: &Object) -> Option<Self> {
        match object.kind() {
            "Role" => Some(Self::Role),
            "ClusterRole" => Some(Self::ClusterRole),
            "RoleBinding" => Some(Self::RoleBinding),
            "ClusterRoleBinding" => Some(Self::ClusterRoleBinding),
            _ => None,
        }
        .filter(|_| object.group() == GROUP)
    }

    fn namespace(self, object: &Object) -> Option<&str> {
        matches!(self, Self::Role | Self::RoleBinding).then(|| object.namespace())
    }
}

impl<'a> Policy<'a> {
    /// Whether an object is read by [`Policy::read`].
    pub fn recognises(object: &Object) -> bool {
        Kind::of(object).is_some()
    }

    /// Reads the roles and bindings among objects; those without a namespace live in `default`.
    ///
    /// With a baseline, the cluster roles that every cluster has and that are not stated here are
    /// taken from there; [`Policy::assumed`] names those that count. Without one, what a binding to
    /// them grants is unknown.
    pub fn read(objects: &'a [Object], baseline: Option<&'a Baseline>) -> Self {
        let mut policy = Self::default();
        for object in objects {
            let Some(kind) = Kind::of(object) else { continue };
            if !matches!(object.id.version(), "v1" | "v1beta1") {
                let message = format!("`{}` is not known", object.id.api_version);
                policy.find(object, "/apiVersion", "access-rbac-version", Severity::Error, message);
                continue;
            }
            match kind {
                Kind::Role | Kind::ClusterRole => policy.add_role(object, kind.namespace(object)),
                Kind::RoleBinding | Kind::ClusterRoleBinding => {
                    policy.add_binding(object, kind.namespace(object));
                }
            }
        }
        let stated = policy.roles.len();
        for object in baseline.map_or(&[][..], Baseline::roles) {
            if !policy.role_at.contains_key(&(None, object.name())) {
                policy.add_role(object, None);
            }
        }
        policy.aggregate(stated, baseline.is_some());
        policy.resolve(stated);
        policy
    }

    fn add_role(&mut self, object: &'a Object, namespace: Option<&'a str>) {
        let first = self.rules.len();
        let rules = object.node.get("rules").map_or(&[][..], Node::items);
        for (index, node) in rules.iter().enumerate() {
            self.add_rule(object, namespace.is_some(), index, node);
        }
        let mut rules: Vec<_> = (first..self.rules.len()).collect();
        let unknown = self.unreadable(object);
        if unknown.is_some() {
            rules.clear();
        }
        let role = Role { object, namespace, rules, unknown };
        match self.role_at.get(&(namespace, object.name())).copied() {
            None => {
                self.role_at.insert((namespace, object.name()), self.roles.len());
                self.roles.push(role);
            }
            Some(at) => {
                self.find_duplicate(object);
                if let Some(known) = self.roles.get_mut(at) {
                    *known = role;
                }
            }
        }
    }

    fn find_duplicate(&mut self, object: &'a Object) {
        let message = "stated more than once; the last statement is taken".to_owned();
        self.find(object, "", "access-rbac-duplicate", Severity::Warning, message);
    }

    /// Adds a finding at a pointer into an object, under an id of [`FINDINGS`].
    fn find(
        &mut self,
        object: &Object,
        pointer: &str,
        id: &'static str,
        severity: Severity,
        message: String,
    ) {
        let finding = finding(object, pointer, id, severity, message);
        self.found.findings.push(finding);
    }
}

fn finding(
    object: &Object,
    pointer: &str,
    id: &'static str,
    severity: Severity,
    message: String,
) -> Finding {
    let node = object.node.pointer(pointer).filter(|_| !pointer.is_empty());
    let location = node.map_or_else(|| object.name_location(), |node| object.location(node.span));
    Finding::new(id, severity, location, message).of(&object.id, pointer)
}

/// The texts of a list.
fn texts<'a>(node: &'a Node, key: &str) -> Vec<&'a str> {
    let items = node.get(key).map_or(&[][..], Node::items);
    items.iter().filter_map(Node::as_str).collect()
}

#[cfg(test)]
mod tests;
