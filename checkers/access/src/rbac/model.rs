//! Roles and bindings as they are read.

use rustc_hash::FxHashMap;
use seatrial_core::{Found, Span};
use seatrial_manifests::Object;

use crate::Source;

/// The roles and bindings of a configuration, references resolved and aggregation expanded.
#[derive(Debug, Default)]
pub struct Policy<'a> {
    /// The rules that are stated, role after role.
    pub rules: Vec<Rule<'a>>,
    /// The roles and cluster roles; of several manifests of one, the last.
    pub roles: Vec<Role<'a>>,
    /// The bindings and cluster bindings; of several manifests of one, the last.
    pub bindings: Vec<Binding<'a>>,
    /// What is wrong, and what could not be decided.
    pub found: Found,
    /// The built-in roles that were taken from the baseline, and its name.
    pub assumed: Vec<&'a str>,
    pub(super) role_at: FxHashMap<(Option<&'a str>, &'a str), usize>,
    pub(super) binding_at: FxHashMap<(Option<&'a str>, &'a str), usize>,
    pub(super) bindings_in: FxHashMap<Option<&'a str>, Vec<usize>>,
}

/// A rule as its role states it.
#[derive(Debug, Clone)]
pub struct Rule<'a> {
    /// The role that states it; of an aggregated role, the contributor.
    pub object: &'a Object,
    /// Its position in the role's `rules`.
    pub index: usize,
    /// The text it was read from.
    pub span: Span,
    /// The verbs, or `*`.
    pub verbs: Vec<&'a str>,
    /// The API groups, or `*`.
    pub groups: Vec<&'a str>,
    /// The resources: `pods`, `pods/log`, `*/scale` or `*`.
    pub resources: Vec<&'a str>,
    /// The names that it is limited to; empty for all.
    pub names: Vec<&'a str>,
    /// The URLs: `/healthz`, `/api/*` or `*`.
    pub urls: Vec<&'a str>,
}

/// A role or a cluster role.
#[derive(Debug)]
pub struct Role<'a> {
    /// The object.
    pub object: &'a Object,
    /// The namespace; `None` for a cluster role.
    pub namespace: Option<&'a str>,
    /// The rules that count, by their positions in [`Policy::rules`]: its own, or those of the roles
    /// that it aggregates.
    pub rules: Vec<usize>,
    /// Why not all its rules are known, if they are not.
    pub unknown: Option<String>,
}

/// A binding or a cluster binding.
#[derive(Debug)]
pub struct Binding<'a> {
    /// The object.
    pub object: &'a Object,
    /// The namespace that it grants in; `None` for a cluster binding.
    pub namespace: Option<&'a str>,
    /// The kind and name that it refers to.
    pub role: (RoleKind, &'a str),
    /// What that is.
    pub target: Target,
    /// The subjects that can match a user, each with its position in `subjects`.
    pub subjects: Vec<(usize, Subject<'a>)>,
}

/// The kind of a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RoleKind {
    /// A `Role` of the binding's namespace.
    Role,
    /// A `ClusterRole`.
    ClusterRole,
}

/// What a binding refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// A role, by its position in [`Policy::roles`].
    Role(usize),
    /// A role that is not there.
    Missing,
}

/// Whom a binding grants something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject<'a> {
    /// The user of this name.
    User(&'a str),
    /// The members of this group.
    Group(&'a str),
    /// The service account of this namespace and name.
    ServiceAccount(&'a str, &'a str),
}

impl<'a> Policy<'a> {
    /// The role of a namespace, or the cluster role, of a name.
    pub fn role<'p>(&'p self, namespace: Option<&'p str>, name: &'p str) -> Option<&'p Role<'a>> {
        self.roles.get(*self.role_at.get(&(namespace, name))?)
    }

    /// The binding of a namespace, or the cluster binding, of a name.
    pub fn binding<'p>(
        &'p self,
        namespace: Option<&'p str>,
        name: &'p str,
    ) -> Option<&'p Binding<'a>> {
        self.bindings.get(*self.binding_at.get(&(namespace, name))?)
    }

    /// The role that a binding refers to, if it is there.
    pub fn role_of(&self, binding: &Binding<'a>) -> Option<&Role<'a>> {
        let Target::Role(role) = binding.target else { return None };
        self.roles.get(role)
    }

    /// Whether it is not known all that a binding grants.
    pub fn is_unknown(&self, binding: &Binding<'a>) -> bool {
        self.role_of(binding).is_none_or(|role| role.unknown.is_some())
    }

    /// Why it is not known all that a binding grants; `None` if it is.
    pub fn unknown_because(&self, binding: &Binding<'a>) -> Option<String> {
        match binding.target {
            Target::Role(role) => self.roles.get(role)?.unknown.clone(),
            Target::Missing => {
                let (kind, name) = binding.role;
                let place = binding.namespace.filter(|_| kind == RoleKind::Role);
                let place = place.map(|place| format!("{place}/")).unwrap_or_default();
                Some(format!("`{} {place}{name}` is not there", kind.as_str()))
            }
        }
    }

    /// The rules of a role.
    pub fn rules_of<'p>(
        &'p self,
        role: &'p Role<'a>,
    ) -> impl Iterator<Item = (usize, &'p Rule<'a>)> {
        role.rules.iter().filter_map(|&at| Some((at, self.rules.get(at)?)))
    }

    /// The bindings that count in a namespace: those of the namespace, if one is given, behind all
    /// cluster bindings.
    pub fn bindings_for<'p>(
        &'p self,
        namespace: &'p str,
    ) -> impl Iterator<Item = (usize, &'p Binding<'a>)> {
        let cluster = self.bindings_in.get(&None);
        let local = self.bindings_in.get(&Some(namespace)).filter(|_| !namespace.is_empty());
        let positions = cluster.into_iter().chain(local).flatten();
        positions.filter_map(|&at| Some((at, self.bindings.get(at)?)))
    }
}

impl Rule<'_> {
    /// The rule as a place that a decision rests on.
    pub fn source(&self) -> Source {
        Source {
            resource: self.object.id.clone(),
            location: self.object.location(self.span),
            pointer: format!("/rules/{}", self.index),
            role: "rule",
            text: None,
        }
    }
}

impl Role<'_> {
    /// The role as a place that a decision rests on.
    pub fn source(&self) -> Source {
        whole(self.object, "role")
    }
}

impl Binding<'_> {
    /// The binding as a place that a decision rests on.
    pub fn source(&self) -> Source {
        whole(self.object, "binding")
    }

    /// One of its subjects, by its position in `subjects`, as a place that a decision rests on.
    pub fn subject_source(&self, index: usize) -> Source {
        let pointer = format!("/subjects/{index}");
        let node = self.object.node.pointer(&pointer);
        let location = node.map(|node| self.object.location(node.span));
        Source {
            resource: self.object.id.clone(),
            location: location.unwrap_or_else(|| self.object.name_location()),
            pointer,
            role: "binding",
            text: None,
        }
    }
}

fn whole(object: &Object, role: &'static str) -> Source {
    Source {
        resource: object.id.clone(),
        location: object.name_location(),
        pointer: String::new(),
        role,
        text: None,
    }
}

impl RoleKind {
    /// The name of the kind.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Role => "Role",
            Self::ClusterRole => "ClusterRole",
        }
    }

    /// The resource of the kind.
    pub const fn resource(self) -> &'static str {
        match self {
            Self::Role => "roles",
            Self::ClusterRole => "clusterroles",
        }
    }
}
