//! Who holds grants: the subjects that are compared.

use std::fmt;

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};

use super::model::Subject;
use super::partition::unnamed;
use super::request::{
    ANONYMOUS, AUTHENTICATED, MASTERS, SERVICE_ACCOUNTS, UNAUTHENTICATED, split_service_account,
};
use super::shape::{Content, Values};
use super::{Policy, User};

/// Someone whose requests are decided: a named user, group or service account, or all those that no
/// rule names, group by group as authentication tells them apart.
///
/// Requests without credentials are one subject: user `system:anonymous` in group
/// `system:unauthenticated`. Members of `system:masters` are none: they may do everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Holder<'a> {
    /// A request without credentials.
    Anonymous,
    /// Any user that was authenticated, and is no other subject.
    OtherUser,
    /// Any service account that is not named, of a namespace that is not.
    OtherServiceAccount,
    /// Any service account of this namespace that is not named.
    ServiceAccountOf(&'a str),
    /// The service account of this namespace and name.
    ServiceAccount(&'a str, &'a str),
    /// The user of this name.
    User(&'a str),
    /// Any member of this group that is not named as a user.
    Group(&'a str),
}

impl<'a> Holder<'a> {
    /// Whose grants the grants to a subject are; nobody's if they add nothing.
    pub(super) fn of(subject: Subject<'a>) -> Option<Self> {
        Some(match subject {
            Subject::User(ANONYMOUS) | Subject::Group(UNAUTHENTICATED) => Self::Anonymous,
            Subject::Group(AUTHENTICATED) => Self::OtherUser,
            Subject::Group(SERVICE_ACCOUNTS) => Self::OtherServiceAccount,
            Subject::Group(MASTERS) => return None,
            Subject::ServiceAccount(namespace, name) => Self::ServiceAccount(namespace, name),
            Subject::User(name) => Self::User(name),
            Subject::Group(name) => {
                let accounts = name.strip_prefix(SERVICE_ACCOUNTS);
                let of = accounts.and_then(|rest| rest.strip_prefix(':'));
                of.map_or(Self::Group(name), Self::ServiceAccountOf)
            }
        })
    }

    /// The holder that a user is, by name.
    pub fn of_user(user: &'a User) -> Self {
        match split_service_account(&user.user) {
            Some((namespace, name)) => Self::ServiceAccount(namespace, name),
            None if user.user == ANONYMOUS => Self::Anonymous,
            None => Self::User(&user.user),
        }
    }

    /// The holder that the members of a group are; `None` for `system:masters`, whose members may do
    /// everything.
    pub fn of_group(name: &'a str) -> Option<Self> {
        Self::of(Subject::Group(name))
    }

    /// All whose grants it has: its own first, then those of its groups.
    pub(super) fn with_groups(self) -> impl Iterator<Item = Self> {
        let accounts = match self {
            Self::ServiceAccount(namespace, _) => Some(Self::ServiceAccountOf(namespace)),
            _ => None,
        };
        let account = matches!(self, Self::ServiceAccount(..) | Self::ServiceAccountOf(_));
        let all_accounts = account.then_some(Self::OtherServiceAccount);
        let user = !matches!(self, Self::Anonymous | Self::OtherUser);
        let groups = [accounts, all_accounts, user.then_some(Self::OtherUser)];
        std::iter::once(self).chain(groups.into_iter().flatten())
    }
}

impl fmt::Display for Holder<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Anonymous => f.write_str("anonymous"),
            Self::OtherUser => f.write_str("any other authenticated user"),
            Self::OtherServiceAccount => f.write_str("any other service account"),
            Self::ServiceAccountOf(namespace) => {
                write!(f, "any other service account of {namespace}")
            }
            Self::ServiceAccount(namespace, name) => {
                write!(f, "service account {namespace}/{name}")
            }
            Self::User(name) => write!(f, "user {name}"),
            Self::Group(name) => write!(f, "group {name}"),
        }
    }
}

/// The names that are taken, so that a user who is no named one can be made up.
#[derive(Debug, Default)]
pub(super) struct Names<'a> {
    users: FxHashSet<&'a str>,
    accounts: FxHashSet<(&'a str, &'a str)>,
    namespaces: FxHashSet<&'a str>,
}

impl<'a> Names<'a> {
    pub(super) fn of(holders: impl Iterator<Item = Holder<'a>>) -> Self {
        let mut names = Self::default();
        for holder in holders {
            match holder {
                Holder::User(name) => {
                    names.users.insert(name);
                }
                Holder::ServiceAccount(namespace, name) => {
                    names.accounts.insert((namespace, name));
                    names.namespaces.insert(namespace);
                }
                Holder::ServiceAccountOf(namespace) => {
                    names.namespaces.insert(namespace);
                }
                _ => {}
            }
        }
        names
    }

    /// A user who is this holder, and no other.
    pub(super) fn user(&self, holder: Holder<'_>) -> User {
        let somebody = || unnamed(&["somebody"], |name| self.users.contains(name));
        let account = |namespace: &str| {
            unnamed(&["other"], |name| self.accounts.contains(&(namespace, name)))
        };
        match holder {
            Holder::Anonymous => User::named(ANONYMOUS),
            Holder::OtherUser => User::named(somebody()),
            Holder::OtherServiceAccount => {
                let namespace = unnamed(&["other"], |name| self.namespaces.contains(name));
                User::service_account(&namespace, "other")
            }
            Holder::ServiceAccountOf(namespace) => {
                User::service_account(namespace, &account(namespace))
            }
            Holder::ServiceAccount(namespace, name) => User::service_account(namespace, name),
            Holder::User(name) => User::named(name),
            Holder::Group(name) => User::with_groups(somebody(), [name.to_owned()]),
        }
    }
}

/// Contents of roles, and reasons why grants are unknown, as small numbers: equal ones have the same
/// on both sides of a comparison.
#[derive(Debug, Default)]
pub(super) struct Interner<'a> {
    pub(super) contents: Vec<Content<'a>>,
    at: FxHashMap<Content<'a>, u32>,
    reasons: FxHashMap<String, u32>,
}

impl<'a> Interner<'a> {
    fn content(&mut self, content: Content<'a>) -> u32 {
        let next = u32::try_from(self.contents.len()).unwrap_or(u32::MAX);
        *self.at.entry(content).or_insert_with_key(|content| {
            self.contents.push(content.clone());
            next
        })
    }

    fn reason(&mut self, reason: String) -> u32 {
        let next = u32::try_from(self.reasons.len()).unwrap_or(u32::MAX);
        *self.reasons.entry(reason).or_insert(next)
    }
}

/// What is granted, as far as it counts for decisions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Granted {
    /// The content of this number.
    Known(u32),
    /// Something unknown, for the reason of this number.
    Unknown(u32),
}

/// What is granted, where, and by which binding. Ordered by the former two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Entry<'a> {
    pub(super) granted: Granted,
    /// The namespace; `None` for everywhere.
    pub(super) namespace: Option<&'a str>,
    /// The binding, by its position in [`Policy::bindings`].
    pub(super) binding: usize,
}

/// The grants of a policy, holder by holder.
#[derive(Debug, Default)]
pub(super) struct Grants<'a> {
    pub(super) by_holder: BTreeMap<Holder<'a>, Vec<Entry<'a>>>,
}

impl<'a> Grants<'a> {
    pub(super) fn of(policy: &Policy<'a>, interner: &mut Interner<'a>) -> Self {
        let contents: Vec<Option<u32>> = policy
            .roles
            .iter()
            .map(|role| {
                let content = Content::of_rules(policy.rules_of(role).map(|(_, rule)| rule));
                (content != Content::default()).then(|| interner.content(content))
            })
            .collect();
        let mut grants = Self::default();
        for (at, binding) in policy.bindings.iter().enumerate() {
            let known = match binding.target {
                super::Target::Role(role) => contents.get(role).copied().flatten(),
                super::Target::Missing => None,
            };
            let unknown = policy.unknown_because(binding).map(|reason| interner.reason(reason));
            let granted =
                [known.map(Granted::Known), unknown.map(Granted::Unknown)].into_iter().flatten();
            for granted in granted {
                let entry = Entry { granted, namespace: binding.namespace, binding: at };
                for &(_, subject) in &binding.subjects {
                    if let Some(holder) = Holder::of(subject) {
                        grants.by_holder.entry(holder).or_default().push(entry);
                    }
                }
            }
        }
        for entries in grants.by_holder.values_mut() {
            entries.sort_unstable();
        }
        grants
    }

    /// The grants that a holder has, its own and those of its groups.
    pub(super) fn entries(&self, holder: Holder<'a>) -> impl Iterator<Item = &Entry<'a>> {
        holder.with_groups().filter_map(|holder| self.by_holder.get(&holder)).flatten()
    }

    /// Whether a holder has the same grants of its own on another side.
    pub(super) fn same(&self, other: &Self, holder: Holder<'a>) -> bool {
        let own = |grants: &Self| {
            let entries = grants.by_holder.get(&holder).map_or(&[][..], Vec::as_slice);
            let mut own: Vec<_> =
                entries.iter().map(|entry| (entry.granted, entry.namespace)).collect();
            own.dedup();
            own
        };
        own(self) == own(other)
    }
}

/// Where something is granted: everywhere, or in some namespaces.
pub(super) fn places<'a>(entries: &[(Granted, Option<&'a str>)]) -> Values<'a> {
    let named: Option<Vec<&str>> = entries.iter().map(|(_, namespace)| *namespace).collect();
    named.map_or(Values::All, Values::only)
}
