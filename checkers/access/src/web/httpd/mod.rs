//! Apache httpd 2.4: which site, which sections, and what they decide.
//!
//! Sources: the code of httpd and its reference; each rule is compared with a running server (2.4).
//! A path is normalised, led to a file or another server, and meets the sections of its directories,
//! of the file, and of the path, merged in this order; then methods, addresses and credentials decide.
//!
//! Taken for granted: files of users and other programs do not change. What is there to protect is
//! there: a path that leads to nothing is decided as if it led to a file, and a directory that
//! `<Directory>` names is one. There are no `.htaccess` files but those that were read. A virtual host
//! without a `ServerName` is asked for by no name. Symbolic links, listings of directories, caches,
//! `mod_negotiation`, and error pages are no matter; rates and sizes are not limited.

mod admit;
mod directives;
mod focus;
mod htaccess;
mod lint;
mod merge;
mod methods;
mod model;
mod normalise;
mod paths;
mod read;
mod require;
mod rewrite;
pub mod rules;
mod scope;
mod site;
mod walk;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

pub(in crate::web) use focus::Focus;
pub use lint::lint;
pub use methods::Methods;
pub use model::{
    Action, Alternative, At, Authn, Authz, Compat, Config, EncodedSlashes, HostName, Htaccess,
    Links, Map, MapTo, Matcher, Merging, Node, Order, Origin, Override, Plain, Provider, Redirect,
    Rewrite, RewriteTest, Scope, Section, Site, SiteAddress, SiteTests, What,
};
pub use read::{Files, read};

use self::walk::Trial;
use super::condition::{Ask, Leaf, Users};
use super::credentials::group_of;
use super::partition::Tests;
use super::pattern::Pattern;
use super::request::{Endpoint, Local};
use super::side::{Oracle, Situation, WebServer};

impl Config {
    /// The virtual hosts that a connection comes to: those at this very address, or else those at
    /// any; with this very port, or else with any.
    fn hosts(&self, endpoint: &Endpoint) -> Vec<usize> {
        let exact: Option<IpAddr> = match &endpoint.local {
            Local::Address(address) => Some(*address),
            _ => None,
        };
        let wanted = [
            exact.map(|it| (Some(it), Some(endpoint.port))),
            exact.map(|it| (Some(it), None)),
            Some((None, Some(endpoint.port))),
            Some((None, None)),
        ];
        let at = |address: (Option<IpAddr>, Option<u16>)| {
            let hosts = self.sites.iter().enumerate().filter(|(_, site)| {
                site.addresses.iter().any(|it| (it.address, it.port) == address)
            });
            hosts.map(|(at, _)| at).collect::<Vec<_>>()
        };
        let mut found = wanted.into_iter().flatten().map(at);
        found.find(|it| !it.is_empty()).unwrap_or_default()
    }

    fn listens(&self, endpoint: &Endpoint) -> bool {
        let any = match &endpoint.local {
            Local::Address(address) if address.is_ipv4() => Local::AnyV4,
            Local::Address(_) => Local::AnyV6,
            other => other.clone(),
        };
        let any = Endpoint { local: any, port: endpoint.port };
        self.endpoints.contains(endpoint) || self.endpoints.contains(&any)
    }

    fn site_of(&self, endpoint: &Endpoint, host: &str) -> Option<&Site> {
        self.sites.get(self.site(endpoint, host)?)
    }

    /// Notes who is in the groups of a file: lines `group: user user`.
    pub fn add_groups(&mut self, file: &str, text: &str) {
        let mut groups: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for (group, users) in text.lines().filter_map(|line| line.split_once(':')) {
            let users = users.split_whitespace().map(str::to_owned);
            groups.entry(group.trim()).or_default().extend(users);
        }
        for (group, users) in groups {
            self.users.insert(group_of(group, file), users);
        }
    }
}

impl Site {
    fn is_named(&self, host: &str) -> bool {
        self.names.iter().any(|name| match name {
            HostName::Exact(name) => name == host,
            HostName::Pattern(pattern) => pattern.is_found_in(host.as_bytes()),
        })
    }
}

impl WebServer for Config {
    fn name(&self) -> &'static str {
        "httpd"
    }

    fn endpoints(&self) -> BTreeSet<Endpoint> {
        self.endpoints.clone()
    }

    fn host_patterns(&self) -> Vec<Pattern> {
        let mut patterns = Vec::new();
        let mut add = |name: &str| {
            let escaped: String = name
                .chars()
                .map(|it| match it {
                    'a'..='z' | 'A'..='Z' | '0'..='9' | '_' | '-' => it.to_string(),
                    other => format!("\\{other}"),
                })
                .collect();
            patterns.extend(Pattern::read(&format!("^{escaped}$"), false).ok());
        };
        for site in self.sites.iter().skip(1) {
            for name in &site.names {
                if let HostName::Exact(name) = name {
                    add(name);
                }
            }
            site.addresses.iter().filter(|it| it.address.is_some()).for_each(|it| add(&it.written));
        }
        let names = self.sites.iter().flat_map(|site| &site.names);
        patterns.extend(names.filter_map(|name| match name {
            HostName::Pattern(pattern) => Some(pattern.clone()),
            HostName::Exact(_) => None,
        }));
        patterns
    }

    fn site(&self, endpoint: &Endpoint, host: &str) -> Option<usize> {
        if !self.listens(endpoint) {
            return None;
        }
        let hosts = self.hosts(endpoint);
        let named =
            hosts.iter().find(|at| self.sites.get(**at).is_some_and(|it| it.is_named(host)));
        let by_address = || {
            hosts.iter().find(|at| {
                let addresses = self.sites.get(**at).map(|it| it.addresses.as_slice());
                addresses.unwrap_or_default().iter().any(|it| it.written == host)
            })
        };
        Some(named.or_else(by_address).or(hosts.first()).copied().unwrap_or(0))
    }

    fn regards_host(&self, _: usize) -> bool {
        false
    }

    fn text(&self, site: usize) -> &str {
        self.sites.get(site).map_or("", |site| &site.text)
    }

    fn merges_slashes(&self, endpoint: &Endpoint, host: &str) -> bool {
        self.site_of(endpoint, host).is_none_or(|site| site.merge_slashes)
    }

    fn encoded_slashes(&self, endpoint: &Endpoint, host: &str) -> EncodedSlashes {
        self.site_of(endpoint, host).map_or(EncodedSlashes::On, |site| site.encoded_slashes)
    }

    fn methods(&self, site: usize) -> BTreeSet<&str> {
        let methods = self.sites.get(site).map(|site| &site.tests.methods);
        methods.into_iter().flatten().map(String::as_str).collect()
    }

    fn tests(&self, site: usize) -> Tests<'_> {
        let mut tests = Tests::default();
        let Some(site) = self.sites.get(site) else { return tests };
        tests.prefixes.extend(site.tests.prefixes.iter().map(Vec::as_slice));
        tests.exact.extend(site.tests.exact.iter().map(Vec::as_slice));
        site.tests.patterns.iter().for_each(|it| tests.add_pattern(it));
        tests.indexes.extend(site.tests.indexes.iter().map(String::as_str));
        tests
    }

    fn normalised(&self, endpoint: &Endpoint, host: &str, path: &str) -> Result<Vec<u8>, Leaf> {
        let refused = |status| Leaf { allowed: false, status, target: None, because: Vec::new() };
        let site = self.site_of(endpoint, host).ok_or_else(|| refused(None))?;
        let found = normalise::normalised(path, site.merge_slashes, site.encoded_slashes);
        found.map_err(|status| refused(Some(status)))
    }

    fn site_of_httpd(&self, site: usize) -> Option<&Site> {
        self.sites.get(site)
    }

    fn users(&self) -> &Users {
        &self.users
    }

    fn run(&self, situation: &Situation<'_>, known: &dyn Oracle) -> Result<Leaf, Ask> {
        let refused = Leaf { allowed: false, status: None, target: None, because: Vec::new() };
        match self.site_of(situation.endpoint, situation.host) {
            Some(site) => Trial::new(site, situation, known).run(),
            None => Ok(refused),
        }
    }
}
