//! The direct authorizer: one concrete request, every rule asked.
//!
//! Written from the authorizer's definition, and sharing nothing with the regions of the comparison
//! but the objects that were read: the two are held against each other.

use super::request::MASTERS;
use super::{Action, Binding, Policy, Request, ResourceAction, Rule, Subject, User};
use crate::Decision;

/// What the authorizer says about a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authorization {
    /// The decision.
    pub decision: Decision,
    /// Whether it is allowed because the user is in `system:masters`, which no rule is asked about.
    pub privileged: bool,
    /// All that grants it.
    pub grants: Vec<Grant>,
    /// Bindings that match the user and may grant it, as it is not known all that they grant, by
    /// their positions in [`Policy::bindings`].
    pub unknown: Vec<usize>,
}

/// A binding to a role with a rule: why a request is allowed. Positions in the lists of [`Policy`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Grant {
    /// The binding.
    pub binding: usize,
    /// The position of the first subject that matches in the binding's `subjects`.
    pub subject: usize,
    /// The rule.
    pub rule: usize,
}

impl<'a> Policy<'a> {
    /// Decides a request.
    ///
    /// Allowed by a rule of a cluster binding or of a binding in the request's namespace that
    /// matches the user; there are no rules that deny.
    pub fn authorize(&self, request: &Request) -> Authorization {
        let privileged = request.user.groups.iter().any(|group| group == MASTERS);
        let (mut grants, mut unknown) = (Vec::new(), Vec::new());
        for (at, subject, binding) in self.bindings_of(&request.user, request.action.namespace()) {
            if self.is_unknown(binding) {
                unknown.push(at);
            }
            let Some(role) = self.role_of(binding) else { continue };
            let allowing = self.rules_of(role).filter(|(_, rule)| rule.allows(&request.action));
            grants.extend(allowing.map(|(rule, _)| Grant { binding: at, subject, rule }));
        }
        let decision = if privileged || !grants.is_empty() {
            Decision::Allowed
        } else if unknown.is_empty() {
            Decision::Denied
        } else {
            Decision::Unknown
        };
        Authorization { decision, privileged, grants, unknown }
    }

    /// The bindings that apply to a user in a namespace (all cluster bindings, and those of the
    /// namespace, if one is given), each with the position of the first subject that matches.
    pub fn bindings_of<'p>(
        &'p self,
        user: &'p User,
        namespace: &'p str,
    ) -> impl Iterator<Item = (usize, usize, &'p Binding<'a>)> {
        self.bindings_for(namespace).filter_map(move |(at, binding)| {
            let mut subjects = binding.subjects.iter();
            let &(index, _) = subjects.find(|(_, subject)| subject.is(user))?;
            Some((at, index, binding))
        })
    }
}

impl Subject<'_> {
    /// Whether a user is this subject.
    pub fn is(&self, user: &User) -> bool {
        match self {
            Self::User(name) => user.user == *name,
            Self::Group(name) => user.groups.iter().any(|group| group == name),
            Self::ServiceAccount(namespace, name) => {
                let rest = user.user.strip_prefix("system:serviceaccount:");
                let rest = rest.and_then(|rest| rest.strip_prefix(namespace)?.strip_prefix(':'));
                rest == Some(name)
            }
        }
    }
}

impl Rule<'_> {
    /// Whether it allows an action.
    pub fn allows(&self, action: &Action) -> bool {
        let verb = self.verbs.iter().any(|verb| *verb == "*" || *verb == action.verb());
        verb && match action {
            Action::Resource(action) => {
                self.groups.iter().any(|group| *group == "*" || *group == action.group)
                    && self.resources.iter().any(|resource| names_resource(resource, action))
                    && (self.names.is_empty() || self.names.contains(&&*action.name))
            }
            Action::Url { path, .. } => self.urls.iter().any(|url| {
                *url == "*" || url == path || {
                    url.ends_with('*') && path.starts_with(url.trim_end_matches('*'))
                }
            }),
        }
    }
}

/// Whether an entry of a rule's `resources` names the resource of an action: `*` names all with all
/// their subresources, `pods` the resource alone, `pods/log` one subresource, `*/log` that of all.
/// There are no other wildcards.
fn names_resource(entry: &str, action: &ResourceAction) -> bool {
    let ResourceAction { resource, subresource, .. } = action;
    if subresource.is_empty() {
        return entry == "*" || entry == resource;
    }
    let is_subresource = |of: &str| {
        entry.strip_prefix(of).and_then(|rest| rest.strip_prefix('/')) == Some(subresource)
    };
    entry == "*" || is_subresource(resource) || is_subresource("*")
}

#[cfg(test)]
mod tests;
