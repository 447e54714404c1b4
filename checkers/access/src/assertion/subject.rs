//! Subjects as assertions name them.

use std::str::FromStr;

use crate::rbac::Holder;

/// Some subjects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// Requests without credentials.
    Anonymous,
    /// A user.
    User(String),
    /// The members of a group.
    Group(String),
    /// Service accounts, of any namespace or name where there is none.
    ServiceAccount(Option<String>, Option<String>),
}

impl FromStr for Who {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let part = |text: &str| (text != "*").then(|| text.to_owned());
        let account = text
            .strip_prefix("system:serviceaccount:")
            .or(text.strip_prefix("user system:serviceaccount:"));
        if let Some((namespace, name)) = account.and_then(|rest| rest.split_once(':')) {
            return Ok(Self::ServiceAccount(part(namespace), part(name)));
        }
        if let Some(name) = text.strip_prefix("service account ") {
            return match name.split_once('/') {
                Some((namespace, name)) if !namespace.is_empty() && !name.is_empty() => {
                    Ok(Self::ServiceAccount(part(namespace), part(name)))
                }
                _ => Err("expected `service account NAMESPACE/NAME`".to_owned()),
            };
        }
        match text.split_once(' ') {
            None if text == "anonymous" => Ok(Self::Anonymous),
            Some(("user", "system:anonymous") | ("group", "system:unauthenticated")) => {
                Ok(Self::Anonymous)
            }
            Some(("user", name)) => Ok(Self::User(name.to_owned())),
            Some(("group", name)) => Ok(Self::Group(name.to_owned())),
            _ => Err("expected `user NAME`, `group NAME`, `service account NAMESPACE/NAME` or \
                      `anonymous`"
                .to_owned()),
        }
    }
}

impl Who {
    /// The one subject that is meant, if it is one.
    pub fn holder(&self) -> Option<Holder<'_>> {
        Some(match self {
            Self::Anonymous => Holder::Anonymous,
            Self::User(name) => Holder::User(name),
            Self::Group(name) => of_group(name),
            Self::ServiceAccount(Some(namespace), Some(name)) => {
                Holder::ServiceAccount(namespace, name)
            }
            Self::ServiceAccount(..) => return None,
        })
    }

    /// Whether all that a holder stands for are among these subjects.
    pub fn covers(&self, holder: Holder<'_>) -> bool {
        match self {
            Self::ServiceAccount(namespace, name) => {
                let fits = |pattern: &Option<String>, text: &str| {
                    pattern.as_ref().is_none_or(|pattern| pattern == text)
                };
                match holder {
                    Holder::ServiceAccount(of, account) => {
                        fits(namespace, of) && fits(name, account)
                    }
                    Holder::ServiceAccountOf(of) => fits(namespace, of) && name.is_none(),
                    Holder::OtherServiceAccount => namespace.is_none() && name.is_none(),
                    _ => false,
                }
            }
            Self::Group(name) => within(holder, of_group(name)),
            Self::Anonymous | Self::User(_) => self.holder() == Some(holder),
        }
    }

    /// Whether grants to a holder are grants to some of these subjects as such: to the group that is
    /// named, not to each of its members, but also to groups that it is in as a whole.
    pub fn meets(&self, holder: Holder<'_>) -> bool {
        match self {
            Self::ServiceAccount(namespace, _) => match holder {
                Holder::ServiceAccountOf(of) => {
                    namespace.as_ref().is_none_or(|namespace| namespace == of)
                }
                Holder::OtherServiceAccount | Holder::OtherUser => true,
                _ => self.covers(holder),
            },
            _ => self.holder().is_some_and(|own| within(own, holder)),
        }
    }
}

/// The holder that a group is.
fn of_group(name: &str) -> Holder<'_> {
    match name {
        "system:unauthenticated" => Holder::Anonymous,
        "system:authenticated" => Holder::OtherUser,
        "system:serviceaccounts" => Holder::OtherServiceAccount,
        _ => match name.strip_prefix("system:serviceaccounts:") {
            Some(namespace) => Holder::ServiceAccountOf(namespace),
            None => Holder::Group(name),
        },
    }
}

/// Whether all that a holder stands for are in the group that another stands for, or are it.
fn within(holder: Holder<'_>, group: Holder<'_>) -> bool {
    match (holder, group) {
        (Holder::Anonymous, _) => group == Holder::Anonymous,
        (_, Holder::OtherUser) => true,
        (Holder::ServiceAccount(..) | Holder::ServiceAccountOf(_), Holder::OtherServiceAccount) => {
            true
        }
        (Holder::ServiceAccount(namespace, _), Holder::ServiceAccountOf(of)) => namespace == of,
        _ => holder == group,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subjects_are_read_and_matched() {
        let who = |text: &str| text.parse::<Who>().unwrap();
        let account = Holder::ServiceAccount("shop", "default");
        for (text, holder, covers, meets) in [
            ("user ann", Holder::User("ann"), true, true),
            ("user ann", Holder::Group("devs"), false, false),
            ("system:serviceaccount:shop:default", account, true, true),
            ("group devs", Holder::Group("devs"), true, true),
            ("group devs", Holder::OtherUser, false, true),
            ("service account shop/default", account, true, true),
            ("service account */default", account, true, true),
            ("service account */default", Holder::ServiceAccountOf("a"), false, true),
            ("service account other/*", account, false, false),
            ("service account shop/*", Holder::ServiceAccountOf("shop"), true, true),
            ("group system:serviceaccounts", Holder::OtherServiceAccount, true, true),
            ("group system:serviceaccounts", account, true, false),
            ("group system:serviceaccounts:shop", account, true, false),
            ("group system:serviceaccounts:shop", Holder::OtherServiceAccount, false, true),
            ("anonymous", Holder::Anonymous, true, true),
            ("group system:unauthenticated", Holder::Anonymous, true, true),
            ("anonymous", Holder::OtherUser, false, false),
            ("group system:authenticated", Holder::OtherUser, true, true),
            ("group system:authenticated", account, true, false),
        ] {
            assert_eq!(who(text).covers(holder), covers, "{text} covers {holder}");
            assert_eq!(who(text).meets(holder), meets, "{text} meets {holder}");
        }
        for text in ["", "ann", "service account shop", "service account /a", "role x"] {
            assert!(text.parse::<Who>().is_err(), "{text}");
        }
    }
}
