//! Whether a request is let in: `Require`, `Order`, `Allow`, `Deny`, `Satisfy` and credentials.

use std::sync::Arc;

use super::model::{At, Authn, Compat, Node, Order, Origin, Provider, Scope, What};
use super::require::block;
use super::walk::{Stop, Trial};
use crate::network::AddressSet;
use crate::web::condition::{Ask, Condition, Opaque};
use crate::web::credentials::{grouped, named};
use crate::web::request::Local;

/// What a condition of authorization comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Granted,
    Denied,
    /// A user might change it.
    DeniedNoUser,
    Neutral,
}

/// A verdict and what it rests on.
type Judged = (Verdict, Option<At>);

impl Trial<'_> {
    /// Lets a request in that what is in force admits.
    pub(super) fn admit(&mut self, scope: &Scope, method: &str) -> Result<(), Stop> {
        for opaque in &scope.unmodelled {
            if !self.known.ask(Condition::Opaque(opaque.clone()))? {
                let at = self.ground(opaque);
                return Err(self.refused(403, Some(at)));
            }
        }
        let any = scope.compat.as_ref().is_some_and(|compat| {
            let last = compat.satisfy_any.iter().rfind(|(methods, _)| methods.contains(method));
            last.is_some_and(|(_, any)| *any)
        });
        match self.checked(scope, method)? {
            Some(_) if any => {}
            Some((status, at)) => return Err(self.refused(status, Some(at))),
            None if any => return Ok(()),
            None => {}
        }
        self.authorized(scope, method)
    }

    /// What refuses a request whoever the user is: `AllowMethods`, `Allow` and `Deny`.
    fn checked(&self, scope: &Scope, method: &str) -> Result<Option<(u16, At)>, Ask> {
        if let Some((Some(methods), at)) = &scope.methods
            && !methods.contains(method)
        {
            return Ok(Some((405, Arc::clone(at))));
        }
        match &scope.compat {
            Some(compat) => Ok(self.addresses(compat, method)?.map(|at| (403, at))),
            None => Ok(None),
        }
    }

    /// `Order`, `Allow` and `Deny`: what refuses.
    fn addresses(&self, compat: &Compat, method: &str) -> Result<Option<At>, Ask> {
        let order = compat.order.iter().rfind(|(methods, ..)| methods.contains(method));
        let found = |list: &[(super::methods::Methods, Origin, At)]| {
            for (methods, origin, at) in list {
                if methods.contains(method) && self.is_from(origin)? {
                    return Ok(Some(Arc::clone(at)));
                }
            }
            Ok::<_, Ask>(None)
        };
        let written = order.map(|(_, _, at)| Arc::clone(at));
        let any = || {
            let lists = compat.deny.iter().chain(&compat.allow);
            written.clone().or_else(|| lists.map(|(_, _, at)| Arc::clone(at)).next())
        };
        Ok(match order.map_or(Order::DenyAllow, |(_, order, _)| *order) {
            Order::AllowDeny => match found(&compat.deny)? {
                Some(denied) => Some(denied),
                None if found(&compat.allow)?.is_some() => None,
                None => any(),
            },
            Order::DenyAllow => match found(&compat.allow)? {
                Some(_) => None,
                None => found(&compat.deny)?,
            },
            Order::MutualFailure => match found(&compat.allow)? {
                Some(_) => found(&compat.deny)?,
                None => any(),
            },
        })
    }

    fn is_from(&self, origin: &Origin) -> Result<bool, Ask> {
        match origin {
            Origin::All => Ok(true),
            Origin::Addresses(addresses) => self.is_at(addresses),
            Origin::Opaque(opaque) => self.known.ask(Condition::Opaque(opaque.clone())),
        }
    }

    /// Whether the client is at one of some addresses; behind a proxy that is trusted, it is where a
    /// header says.
    fn is_at(&self, addresses: &AddressSet) -> Result<bool, Ask> {
        if let Some((proxies, header)) = &self.site.remote_ip
            && self.known.ask(Condition::From(proxies.clone(), false))?
        {
            let key = format!("{} {addresses}", header.key).into();
            return self.known.ask(Condition::Opaque(Opaque { key, ..header.clone() }));
        }
        self.known.ask(Condition::From(addresses.clone(), false))
    }

    /// `Require`: first without a user, then with one if that may help.
    fn authorized(&mut self, scope: &Scope, method: &str) -> Result<(), Stop> {
        let kind = scope.authn.kind.as_ref().filter(|(kind, _)| kind != "none");
        let Some(section) = &scope.authz.section else {
            return match kind {
                Some((_, at)) => Err(self.refused(500, Some(Arc::clone(at)))),
                None => Ok(()),
            };
        };
        let (verdict, at) = self.judged(section, true, method, scope, None)?;
        match verdict {
            Verdict::Granted => {
                self.because.extend(at);
                return Ok(());
            }
            Verdict::Denied | Verdict::Neutral => {
                return Err(self.refused(403, at.or_else(|| Some(Arc::clone(&section.at)))));
            }
            Verdict::DeniedNoUser => {}
        }
        let Some((kind, kind_at)) = kind else { return Err(self.refused(500, at)) };
        let Some(file) = users(&scope.authn, kind) else {
            // Without a realm, 500; without a file of users, 401 for whoever gives no name.
            let status = (!has_realm(&scope.authn, kind)).then_some(500);
            return Err(self.refused_with(status, Some(Arc::clone(kind_at))));
        };
        let file: Arc<str> = file.into();
        if !self.known.ask(Condition::Accepts(Arc::clone(&file)))? {
            return Err(self.refused(401, at));
        }
        let (verdict, at) = self.judged(section, true, method, scope, Some(&file))?;
        if verdict == Verdict::Granted {
            self.because.extend(at);
            return Ok(());
        }
        let forbidden = scope.authz.forbidden == Some(true) && verdict != Verdict::DeniedNoUser;
        Err(self.refused(if forbidden { 403 } else { 401 }, at))
    }

    /// What a condition comes to, within all of several or within any of them.
    fn judged(
        &self,
        node: &Node,
        within_all: bool,
        method: &str,
        scope: &Scope,
        user: Option<&Arc<str>>,
    ) -> Result<Judged, Ask> {
        if !node.limited.contains(method) {
            let verdict = if within_all { Verdict::Granted } else { Verdict::Neutral };
            return Ok((verdict, Some(Arc::clone(&node.at))));
        }
        let (verdict, at) = match &node.what {
            What::Provider(provider) => {
                let verdict = self.provided(provider, method, scope, user)?;
                (verdict, Some(Arc::clone(&node.at)))
            }
            What::Section(all, children) => self.together(*all, children, method, scope, user)?,
        };
        Ok(match verdict {
            Verdict::Granted if node.negate => (Verdict::Denied, at),
            Verdict::Denied | Verdict::DeniedNoUser if node.negate => (Verdict::Neutral, at),
            verdict => (verdict, at),
        })
    }

    fn together(
        &self,
        all: bool,
        children: &[Arc<Node>],
        method: &str,
        scope: &Scope,
        user: Option<&Arc<str>>,
    ) -> Result<Judged, Ask> {
        let mut found = (Verdict::Neutral, None);
        let stops = if all { Verdict::Denied } else { Verdict::Granted };
        for child in children {
            let judged = self.judged(child, all, method, scope, user)?;
            if judged.0 == Verdict::Neutral {
                continue;
            }
            if judged.0 == stops {
                return Ok(judged);
            }
            // That a user may help is more than what another condition says.
            if judged.0 == Verdict::DeniedNoUser || found.0 == Verdict::Neutral {
                found = judged;
            }
        }
        Ok(found)
    }

    fn provided(
        &self,
        provider: &Provider,
        method: &str,
        scope: &Scope,
        user: Option<&Arc<str>>,
    ) -> Result<Verdict, Ask> {
        let is = |holds| if holds { Verdict::Granted } else { Verdict::Denied };
        let about_user = matches!(
            provider,
            Provider::ValidUser
                | Provider::User(_)
                | Provider::Group(_)
                | Provider::Opaque(_, true)
        );
        let file = match user {
            None if about_user => return Ok(Verdict::DeniedNoUser),
            file => file,
        };
        Ok(is(match provider {
            Provider::All(granted) => *granted,
            Provider::Ip(addresses) => self.is_at(addresses)?,
            Provider::Local => self.is_at(&self.machine())?,
            Provider::Method(methods) => methods.contains(method),
            Provider::ValidUser => true,
            Provider::User(names) => {
                let file = file.map_or("", |it| &**it);
                self.known.ask(Condition::Accepts(named(file, names).into()))?
            }
            Provider::Group(groups) => {
                let members = scope.authn.groups.as_ref().filter(|it| !it.is_empty());
                let Some(members) = members else { return Ok(Verdict::Denied) };
                let file = file.map_or("", |it| &**it);
                for group in groups {
                    let key = grouped(file, group, members).into();
                    if self.known.ask(Condition::Accepts(key))? {
                        return Ok(Verdict::Granted);
                    }
                }
                false
            }
            Provider::Opaque(opaque, _) => self.known.ask(Condition::Opaque(opaque.clone()))?,
        }))
    }

    /// The addresses of the machine itself, as far as they are known.
    fn machine(&self) -> AddressSet {
        let known = ["127.0.0.0/8", "::1"].map(block).into_iter().flatten();
        let here = match &self.situation.endpoint.local {
            Local::Address(address) => Some(AddressSet::one(*address)),
            _ => None,
        };
        AddressSet::of(&known.chain(here).collect::<Vec<_>>())
    }
}

/// Whether there is an `AuthName` if this kind of credentials needs one.
fn has_realm(authn: &Authn, kind: &str) -> bool {
    authn.name || !matches!(kind, "basic" | "digest")
}

/// What says who a user is; `None` if httpd cannot tell.
pub(super) fn users(authn: &Authn, kind: &str) -> Option<String> {
    if !has_realm(authn, kind) {
        return None;
    }
    let file = authn.users.get("authuserfile").filter(|it| !it.is_empty());
    match (kind, authn.providers.as_deref()) {
        ("basic", None | Some("file")) => file.cloned(),
        ("digest", None | Some("file")) => file.map(|it| format!("{it} (digest)")),
        (kind, providers) => {
            let all: Vec<_> = authn.users.values().map(String::as_str).collect();
            Some(format!("{kind} {} {}", providers.unwrap_or("default"), all.join(" ")))
        }
    }
}
