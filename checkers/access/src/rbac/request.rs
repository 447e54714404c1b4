//! One concrete request.

use std::fmt;

use serde::Serialize;

/// The group of all users that were authenticated.
pub(super) const AUTHENTICATED: &str = "system:authenticated";
/// The group of requests without credentials.
pub(super) const UNAUTHENTICATED: &str = "system:unauthenticated";
/// The name of the user of requests without credentials.
pub(super) const ANONYMOUS: &str = "system:anonymous";
/// The group that may do everything, whatever the roles say.
pub(super) const MASTERS: &str = "system:masters";
/// The group of all service accounts; followed by `:` and a namespace, of those of the namespace.
pub(super) const SERVICE_ACCOUNTS: &str = "system:serviceaccounts";
/// What the user name of a service account begins with.
pub(super) const SERVICE_ACCOUNT: &str = "system:serviceaccount:";

/// Who asks, for what.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Request {
    /// Who.
    #[serde(flatten)]
    pub user: User,
    /// What.
    #[serde(flatten)]
    pub action: Action,
}

/// A user as authentication knows it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct User {
    /// The name; of a service account, `system:serviceaccount:<namespace>:<name>`.
    pub user: String,
    /// The groups.
    pub groups: Vec<String>,
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(untagged)]
pub enum Action {
    /// Something about API objects.
    Resource(ResourceAction),
    /// A URL of the API server that is no API object.
    Url {
        /// The HTTP method in lower case.
        verb: String,
        /// The path, such as `/healthz`.
        path: String,
    },
}

/// Something about API objects.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct ResourceAction {
    /// The verb, such as `get` or `deletecollection`.
    pub verb: String,
    /// The API group; empty for the core group.
    pub group: String,
    /// The resource, such as `pods`.
    pub resource: String,
    /// The subresource, such as `log`; empty for none.
    pub subresource: String,
    /// The namespace; empty for what lives in none, and for requests across all.
    pub namespace: String,
    /// The name; empty for requests that name no object. A list or watch has one if its field
    /// selector asks for one `metadata.name`.
    pub name: String,
}

impl User {
    /// A user of this name with the groups that authentication gives: a service account is in
    /// `system:serviceaccounts` and in the group of its namespace, `system:anonymous` is in
    /// `system:unauthenticated`, and everybody else in `system:authenticated`.
    pub fn named(name: impl Into<String>) -> Self {
        Self::with_groups(name, [])
    }

    /// A user of this name in these groups besides those that authentication gives.
    pub fn with_groups(name: impl Into<String>, groups: impl IntoIterator<Item = String>) -> Self {
        let name = name.into();
        let mut groups: Vec<String> = groups.into_iter().collect();
        if name == ANONYMOUS {
            groups.push(UNAUTHENTICATED.to_owned());
        } else {
            groups.push(AUTHENTICATED.to_owned());
        }
        if let Some((namespace, _)) = split_service_account(&name) {
            groups.push(SERVICE_ACCOUNTS.to_owned());
            groups.push(format!("{SERVICE_ACCOUNTS}:{namespace}"));
        }
        groups.sort_unstable();
        groups.dedup();
        Self { user: name, groups }
    }

    /// The service account of a namespace and name.
    pub fn service_account(namespace: &str, name: &str) -> Self {
        Self::named(format!("{SERVICE_ACCOUNT}{namespace}:{name}"))
    }
}

/// Namespace and name of the service account that a user name stands for.
pub(super) fn split_service_account(user: &str) -> Option<(&str, &str)> {
    let (namespace, name) = user.strip_prefix(SERVICE_ACCOUNT)?.split_once(':')?;
    let plain = |text: &str| !text.is_empty() && !text.contains(':');
    (plain(namespace) && plain(name)).then_some((namespace, name))
}

impl Action {
    /// The namespace; empty for none.
    pub fn namespace(&self) -> &str {
        match self {
            Self::Resource(action) => &action.namespace,
            Self::Url { .. } => "",
        }
    }

    /// The verb.
    pub fn verb(&self) -> &str {
        match self {
            Self::Resource(action) => &action.verb,
            Self::Url { verb, .. } => verb,
        }
    }
}

impl fmt::Display for User {
    /// Writes the name, and the groups where they are no consequence of the name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let implied = Self::named(&*self.user).groups;
        let further: Vec<_> =
            self.groups.iter().filter(|group| !implied.contains(group)).cloned().collect();
        f.write_str(&self.user)?;
        if further.is_empty() { Ok(()) } else { write!(f, " of {}", further.join(", ")) }
    }
}

impl fmt::Display for Action {
    /// Writes the action as `kubectl auth can-i` takes it: `get pods.apps/log/name -n namespace`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url { verb, path } => write!(f, "{verb} {path}"),
            Self::Resource(action) => {
                write!(f, "{} {}", action.verb, action.resource)?;
                if !action.group.is_empty() {
                    write!(f, ".{}", action.group)?;
                }
                if !action.name.is_empty() {
                    write!(f, "/{}", action.name)?;
                }
                if !action.subresource.is_empty() {
                    write!(f, " --subresource={}", action.subresource)?;
                }
                if action.namespace.is_empty() {
                    return Ok(());
                }
                write!(f, " -n {}", action.namespace)
            }
        }
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.user, self.action)
    }
}
