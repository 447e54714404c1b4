//! Whether rules cover others: what the API server asks before it lets somebody grant them.

use super::Rule;

/// A part of a rule that cannot be split: one verb, and one group, resource and name, or one URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Atomic<'a> {
    /// A verb on a resource of a group; without a name, on all.
    Resource {
        /// The verb, or `*`.
        verb: &'a str,
        /// The API group, or `*`.
        group: &'a str,
        /// The resource: `pods`, `pods/log`, `*/scale` or `*`.
        resource: &'a str,
        /// The only name, if it is limited to one.
        name: Option<&'a str>,
    },
    /// A verb on a URL, which may end in `*`.
    Url {
        /// The verb, or `*`.
        verb: &'a str,
        /// The URL: `/healthz`, `/api/*` or `*`.
        url: &'a str,
    },
}

impl<'a> Atomic<'a> {
    /// The parts of a rule.
    pub fn parts_of(rule: &Rule<'a>) -> Vec<Self> {
        let names = if rule.names.is_empty() {
            vec![None]
        } else {
            rule.names.iter().copied().map(Some).collect()
        };
        let mut parts = Vec::new();
        for &group in &rule.groups {
            for &resource in &rule.resources {
                for &verb in &rule.verbs {
                    let part = |&name| Self::Resource { verb, group, resource, name };
                    parts.extend(names.iter().map(part));
                }
            }
        }
        for &url in &rule.urls {
            parts.extend(rule.verbs.iter().map(|&verb| Self::Url { verb, url }));
        }
        parts
    }

    /// Whether one rule allows all that this part allows.
    pub fn is_covered_by(&self, owner: &Rule<'_>) -> bool {
        match *self {
            Self::Resource { verb, group, resource, name } => {
                has(&owner.verbs, verb)
                    && has(&owner.groups, group)
                    && (has(&owner.resources, resource)
                        || has_subresource(&owner.resources, resource))
                    && (owner.names.is_empty()
                        || name.is_some_and(|name| owner.names.contains(&name)))
            }
            Self::Url { verb, url } => {
                let covers = |owner: &str| {
                    let prefix = owner.ends_with('*').then(|| owner.trim_end_matches('*'));
                    owner == url || prefix.is_some_and(|prefix| url.starts_with(prefix))
                };
                has(&owner.verbs, verb) && owner.urls.iter().any(|owner| covers(owner))
            }
        }
    }
}

fn has(list: &[&str], value: &str) -> bool {
    list.iter().any(|entry| *entry == "*" || *entry == value)
}

/// Whether `*/log` is there for `pods/log`.
fn has_subresource(list: &[&str], resource: &str) -> bool {
    let Some((_, subresource)) = resource.split_once('/') else { return false };
    list.iter().any(|entry| entry.strip_prefix("*/") == Some(subresource))
}

/// The parts of the servant's rules that no rule of the owner covers, in order; none if the owner
/// may grant them all.
///
/// As `Covers` of kubernetes/component-helpers decides. No part needs two rules of the owner: a
/// value that none of its rules names has to be covered by one with a wildcard in that place.
pub fn covers<'a, 'r>(
    owner: &[&Rule<'_>],
    servant: impl IntoIterator<Item = &'r Rule<'a>>,
) -> Vec<Atomic<'a>>
where
    'a: 'r,
{
    let mut parts: Vec<_> = servant.into_iter().flat_map(Atomic::parts_of).collect();
    parts.retain(|part| !owner.iter().any(|rule| part.is_covered_by(rule)));
    parts.sort_unstable();
    parts.dedup();
    parts
}

#[cfg(test)]
mod tests;
