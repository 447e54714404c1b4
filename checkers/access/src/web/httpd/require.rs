//! `Require` and its containers, as they are read.

use std::sync::Arc;

use seatrial_parse::httpd::Directive;

use super::methods::Methods;
use super::model::{At, Node, Provider, What};
use super::read::{Place, Reader};
use crate::network::AddressSet;

/// The methods that httpd knows by itself.
const METHODS: [&str; 27] = [
    "GET",
    "HEAD",
    "PUT",
    "POST",
    "DELETE",
    "CONNECT",
    "OPTIONS",
    "TRACE",
    "PATCH",
    "PROPFIND",
    "PROPPATCH",
    "MKCOL",
    "COPY",
    "MOVE",
    "LOCK",
    "UNLOCK",
    "VERSION-CONTROL",
    "CHECKOUT",
    "UNCHECKOUT",
    "CHECKIN",
    "UPDATE",
    "LABEL",
    "REPORT",
    "MKWORKSPACE",
    "MKACTIVITY",
    "BASELINE-CONTROL",
    "MERGE",
];

/// A container that is being read.
#[derive(Debug)]
pub(super) struct Container {
    pub(super) all: bool,
    pub(super) negate: bool,
    pub(super) limited: Methods,
    pub(super) children: Vec<Arc<Node>>,
}

impl Container {
    pub(super) const fn new(all: bool, negate: bool) -> Self {
        Self { all, negate, limited: Methods::none(), children: Vec::new() }
    }

    /// It as a condition. In files of the configuration, a negated container in one of the other kind
    /// becomes a list of negated conditions.
    fn node(self, at: At, in_configuration: bool) -> Node {
        let mut children = Vec::new();
        for child in self.children {
            match &child.what {
                What::Section(all, inner)
                    if in_configuration && child.negate && *all != self.all =>
                {
                    let negated = inner
                        .iter()
                        .map(|it| Arc::new(Node { negate: !it.negate, ..Node::clone(it) }));
                    children.extend(negated);
                }
                _ => children.push(child),
            }
        }
        let what = What::Section(self.all, children);
        Node { limited: self.limited, negate: self.negate, what, at }
    }

    const fn name(&self) -> &'static str {
        match (self.all, self.negate) {
            (true, _) => "<RequireAll>",
            (false, false) => "<RequireAny>",
            (false, true) => "<RequireNone>",
        }
    }

    fn add(&mut self, limited: &Methods, child: Vec<Arc<Node>>) {
        self.limited = self.limited.union(limited);
        self.children.extend(child);
    }
}

/// Whether a directive is a container of `Require`.
pub(super) fn container(directive: &Directive) -> Option<Container> {
    if directive.is("RequireAll") {
        Some(Container::new(true, false))
    } else if directive.is("RequireAny") {
        Some(Container::new(false, false))
    } else if directive.is("RequireNone") {
        Some(Container::new(false, true))
    } else {
        None
    }
}

impl Reader<'_> {
    /// Puts a container that was read into the one around it.
    pub(super) fn close(
        &mut self,
        directive: &Directive,
        inner: Container,
        outer: &mut Container,
        at: At,
        place: &Place<'_>,
    ) {
        if inner.children.is_empty() {
            let message = format!("{} contains no authorization directives", inner.name());
            self.refuse(directive, message);
            return;
        }
        if inner.negate && !outer.all {
            let message = format!("{} has no effect in {}", inner.name(), outer.name());
            self.refuse(directive, message);
            return;
        }
        let limited = inner.limited.clone();
        if !inner.negate && inner.all == outer.all {
            // It is a part of the one around it, of which alone httpd asks for something positive.
            outer.add(&limited, inner.children);
        } else {
            let node = self.settled(directive, inner, at, place);
            outer.add(&limited, vec![Arc::new(node)]);
        }
    }

    /// A container as a condition. httpd refuses one that holds nothing but what is negated; it does
    /// not look at `.htaccess` for that.
    pub(super) fn settled(
        &mut self,
        directive: &Directive,
        container: Container,
        at: At,
        place: &Place<'_>,
    ) -> Node {
        if !place.htaccess && container.children.iter().all(|it| it.negate) {
            let name = container.name();
            let message = format!("{name} contains only negative authorization directives");
            self.refuse(directive, message);
        }
        container.node(at, !place.htaccess)
    }

    /// `Require`.
    pub(super) fn require(
        &mut self,
        directive: &Directive,
        limited: &Methods,
        outer: &mut Container,
        at: At,
    ) {
        let mut words = directive.arguments.iter().map(|word| word.text.as_str());
        let mut name = words.next().unwrap_or_default().to_lowercase();
        let negate = name == "not";
        if negate {
            name = words.next().unwrap_or_default().to_lowercase();
        }
        let words: Vec<&str> = words.collect();
        if negate && !outer.all {
            let name = outer.name();
            let message = format!("negative `Require` has no effect in {name}");
            self.refuse(directive, message);
            return;
        }
        let Some(provider) = self.provider(directive, &name, &words) else { return };
        let what = What::Provider(provider);
        let node = Node { limited: limited.clone(), negate, what, at };
        outer.add(limited, vec![Arc::new(node)]);
    }

    fn provider(&mut self, directive: &Directive, name: &str, words: &[&str]) -> Option<Provider> {
        let dynamic = directive.rest.text.contains("%{");
        let names = || words.iter().map(|it| (*it).to_owned()).collect();
        Some(match name {
            "all" => match words.first().map(|it| it.to_lowercase()).as_deref() {
                Some("granted") if words.len() == 1 => Provider::All(true),
                Some("denied") if words.len() == 1 => Provider::All(false),
                _ => {
                    self.refuse(directive, "`Require all` is `granted` or `denied`");
                    return None;
                }
            },
            "ip" => {
                if words.is_empty() {
                    self.refuse(directive, "`Require ip` lacks an address");
                }
                let sets: Vec<_> =
                    words.iter().filter_map(|it| self.block(directive, it)).collect();
                Provider::Ip(AddressSet::of(&sets))
            }
            "local" => Provider::Local,
            "method" => {
                self.known_methods(directive, words);
                Provider::Method(Methods::of(words.iter().copied()))
            }
            "valid-user" => Provider::ValidUser,
            "user" if !dynamic => Provider::User(names()),
            "group" if !dynamic => Provider::Group(names()),
            _ => return self.other_provider(directive, name),
        })
    }

    /// Says which methods httpd does not know.
    pub(super) fn known_methods(&mut self, directive: &Directive, words: &[&str]) {
        for word in words {
            if !METHODS.contains(word) && !self.methods.contains(*word) {
                self.refuse(directive, format!("`{word}` is no method that is known"));
            }
        }
    }

    /// A provider that is not modelled.
    fn other_provider(&mut self, directive: &Directive, name: &str) -> Option<Provider> {
        let (userless, with_user) = (
            ["host", "forward-dns", "env", "expr", "ssl", "ssl-verify-client"],
            [
                "user",
                "group",
                "ldap-user",
                "ldap-group",
                "ldap-dn",
                "ldap-attribute",
                "ldap-filter",
                "ldap-search",
                "dbm-group",
                "dbm-file-group",
                "file-owner",
                "file-group",
                "dbd-group",
                "dbd-login",
                "dbd-logout",
            ],
        );
        let alias = self.provider_aliases.get(name).cloned();
        let kind = alias.as_ref().map_or(name, |(provider, _)| provider.as_str());
        let known = with_user.contains(&kind) || kind == "valid-user";
        let simple = ["all", "ip", "method", "local"].contains(&kind);
        if !known && !simple && !userless.contains(&kind) {
            let message = format!("unknown authorization provider `{name}`");
            self.refuse(directive, message);
            return None;
        }
        let what = format!("whether `Require {}` holds", directive.rest.text);
        let mut opaque = self.opaque(directive, &what);
        // An alias is all that its definition says.
        let definition = alias.map_or_else(String::new, |(_, text)| text);
        opaque.key = format!("{what} {definition} {}", self.environment).into();
        let about_user = known || directive.rest.text.contains("REMOTE_USER");
        Some(Provider::Opaque(opaque, about_user))
    }

    /// An address or a block of them.
    pub(super) fn block(&mut self, directive: &Directive, text: &str) -> Option<AddressSet> {
        let found = block(text);
        if found.is_none() {
            let message = format!("`{text}` is no address and no block of them");
            self.refuse(directive, message);
        }
        found
    }
}

/// An address, the beginning of one (`10.1`), or a block of them by its length or its mask.
pub(super) fn block(text: &str) -> Option<AddressSet> {
    use std::net::{IpAddr, Ipv4Addr};

    let (address, mask) = text.split_once('/').map_or((text, None), |(a, m)| (a, Some(m)));
    if address.contains(':') {
        let IpAddr::V6(address) = address.parse().ok()? else { return None };
        let bits: u32 =
            mask.map_or(Some(128), |it| it.parse().ok()).filter(|it| (1..=128).contains(it))?;
        let host = u128::MAX.checked_shr(bits).unwrap_or(0);
        let first = u128::from(address) & !host;
        return Some(AddressSet::span_v6(first, first | host));
    }
    let parts: Option<Vec<u8>> =
        address.trim_end_matches('.').split('.').map(|it| it.parse().ok()).collect();
    let parts = parts.filter(|it| it.len() <= 4)?;
    let mut bytes = [0_u8; 4];
    bytes.iter_mut().zip(&parts).for_each(|(byte, part)| *byte = *part);
    let all = u32::from(Ipv4Addr::from(bytes));
    let host = match mask {
        // The beginning of an address is a block of all that begin so.
        None => u32::MAX.checked_shr(8 * u32::try_from(parts.len()).ok()?).unwrap_or(0),
        Some(mask) if parts.len() == 4 || !mask.contains('.') => match mask.parse::<u32>() {
            Ok(bits) if (1..=32).contains(&bits) => u32::MAX.checked_shr(bits).unwrap_or(0),
            Ok(_) => return None,
            Err(_) => !u32::from(mask.parse::<Ipv4Addr>().ok()?),
        },
        Some(_) => return None,
    };
    // A mask with holes is no block.
    if host & host.wrapping_add(1) != 0 {
        return None;
    }
    let first = all & !host;
    let last = first | host;
    Some(AddressSet::span(IpAddr::V4(first.into()), IpAddr::V4(last.into())))
}
