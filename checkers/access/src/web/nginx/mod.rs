//! nginx: which server, which location, and what it decides.
//!
//! Sources: the code of nginx and its reference; each rule is compared with a running server (1.22).
//! A request goes through the phases of [`phases`](self): the server by endpoint and host, the
//! server's own directives of the rewrite phase, the location, its directives of that phase, access,
//! `try_files`, and what answers. What sends it elsewhere inside of the server begins again.
//!
//! Taken for granted: files of users, services behind the server and other programs do not change;
//! the host that TLS names is that of the request; pages that are put together of others
//! (`ssi`, `add_before_body`), caches, and redirects that an application asks for (`X-Accel-Redirect`)
//! are no matter; rates and sizes are not limited.

mod admit;
mod directives;
mod lint;
mod locate;
mod model;
mod normalise;
mod phases;
mod read;
mod rewrite;
pub mod rules;
mod script;
mod settings;

use std::collections::BTreeSet;

pub use lint::lint;
pub use model::{
    At, Config, ErrorPage, Flag, Goal, Level, Limit, Listen, Locations, Name, Root, Rule, Rules,
    Server, ServerName, Settings, Step, Test, TryFiles,
};
pub use read::read;

use self::phases::Trial;
use super::condition::{Ask, Condition, Leaf, Opaque, Users};
use super::partition::Tests;
use super::pattern::Pattern;
use super::request::{Endpoint, Local};
use super::side::{Oracle, Situation, WebServer};

impl Config {
    /// The endpoint of the servers that a connection comes to: one for this very address, or else
    /// for all of its family.
    fn listening(&self, endpoint: &Endpoint) -> Option<Endpoint> {
        let any = match &endpoint.local {
            Local::Address(address) if address.is_ipv4() => Some(Local::AnyV4),
            Local::Address(_) => Some(Local::AnyV6),
            Local::Name(_) => Some(Local::AnyV4),
            _ => None,
        };
        let candidates = std::iter::once(endpoint.local.clone()).chain(any);
        let mut candidates = candidates.map(|local| Endpoint { local, port: endpoint.port });
        candidates.find(|it| self.servers.iter().any(|server| server.listens_at(it)))
    }

    /// The default server of an endpoint.
    fn default_server(&self, endpoint: &Endpoint) -> Option<usize> {
        let endpoint = self.listening(endpoint)?;
        let all = self.servers.iter().enumerate().filter(|(_, it)| it.listens_at(&endpoint));
        let mut all = all.map(|(at, server)| (at, server.is_default_at(&endpoint)));
        let first = all.clone().next();
        all.find(|(_, default)| *default).or(first).map(|(at, _)| at)
    }

    /// The server whose settings the path of a request is read by: the host of a plain request is
    /// not known yet then.
    fn reader(&self, endpoint: &Endpoint, host: &str) -> Option<&Server> {
        let default = self.servers.get(self.default_server(endpoint)?)?;
        let listening = self.listening(endpoint)?;
        let tls = default.listens.iter().any(|it| it.tls && it.endpoints.contains(&listening));
        if tls { self.servers.get(self.site(endpoint, host)?) } else { Some(default) }
    }
}

impl Server {
    fn listens_at(&self, endpoint: &Endpoint) -> bool {
        self.listens.iter().any(|it| it.endpoints.contains(endpoint))
    }

    fn is_default_at(&self, endpoint: &Endpoint) -> bool {
        self.listens.iter().any(|it| it.default && it.endpoints.contains(endpoint))
    }

    /// All tests of the rewrite phase.
    fn steps<'s>(steps: &'s [Step], visit: &mut dyn FnMut(&'s Step)) {
        for step in steps {
            visit(step);
            if let Step::If(_, _, inner) = step {
                Self::steps(inner, visit);
            }
        }
    }

    fn visit_tests<'s>(&'s self, visit: &mut dyn FnMut(&'s Test)) {
        fn inside<'s>(test: &'s Test, visit: &mut dyn FnMut(&'s Test)) {
            match test {
                Test::Not(inner) => inside(inner, visit),
                test => visit(test),
            }
        }
        for level in &self.levels {
            Self::steps(&level.script, &mut |step| match step {
                Step::If(test, ..) | Step::Rewrite { test, .. } => inside(test, visit),
                _ => {}
            });
        }
    }
}

impl WebServer for Config {
    fn name(&self) -> &'static str {
        "nginx"
    }

    fn endpoints(&self) -> BTreeSet<Endpoint> {
        let listens = self.servers.iter().flat_map(|server| &server.listens);
        listens.flat_map(|listen| listen.endpoints.iter().cloned()).collect()
    }

    fn host_patterns(&self) -> Vec<Pattern> {
        let mut patterns = Vec::new();
        let escaped = |text: &str| {
            let each = text.chars().map(|it| match it {
                'a'..='z' | 'A'..='Z' | '0'..='9' | '_' | '-' => it.to_string(),
                other => format!("\\{other}"),
            });
            each.collect::<String>()
        };
        let mut add = |text: String| patterns.extend(Pattern::read(&text, false).ok());
        let mut found = Vec::new();
        for server in &self.servers {
            for name in &server.names {
                match name {
                    ServerName::Exact(name) => add(format!("^{}$", escaped(name))),
                    ServerName::EndsIn(name) => add(format!("{}$", escaped(name))),
                    ServerName::BeginsWith(name) => add(format!("^{}", escaped(name))),
                    ServerName::Pattern(pattern) => found.push(pattern.clone()),
                    ServerName::Opaque(_) => {}
                }
            }
            server.visit_tests(&mut |test| match test {
                Test::Host(host) => add(format!("^{}$", escaped(host))),
                Test::HostMatches(pattern) => found.push(pattern.clone()),
                _ => {}
            });
        }
        patterns.extend(found);
        patterns
    }

    fn site(&self, endpoint: &Endpoint, host: &str) -> Option<usize> {
        let default = self.default_server(endpoint)?;
        let endpoint = self.listening(endpoint)?;
        let here = || self.servers.iter().enumerate().filter(|(_, it)| it.listens_at(&endpoint));
        let names = || here().flat_map(|(at, server)| server.names.iter().map(move |it| (at, it)));
        let exact = |name: &ServerName| match name {
            ServerName::Exact(name) => name == host,
            _ => false,
        };
        let ends = |name: &ServerName| match name {
            ServerName::EndsIn(name) => host.ends_with(name.as_str()).then_some(name.len()),
            _ => None,
        };
        let begins = |name: &ServerName| match name {
            ServerName::BeginsWith(name) => {
                (host.starts_with(name.as_str()) && host.len() > name.len()).then_some(name.len())
            }
            _ => None,
        };
        // The first of the longest ones.
        let longest = |length: &dyn Fn(&ServerName) -> Option<usize>| {
            let found = names().filter_map(|(at, name)| length(name).map(|length| (length, at)));
            found.reduce(|best, next| if next.0 > best.0 { next } else { best }).map(|(_, at)| at)
        };
        let pattern = || {
            names().find_map(|(at, name)| match name {
                ServerName::Pattern(pattern) => pattern.is_found_in(host.as_bytes()).then_some(at),
                _ => None,
            })
        };
        let found = names().find(|(_, name)| exact(name)).map(|(at, _)| at);
        let found = found.or_else(|| longest(&ends)).or_else(|| longest(&begins)).or_else(pattern);
        Some(found.unwrap_or(default))
    }

    fn regards_host(&self, site: usize) -> bool {
        let mut regards = false;
        if let Some(server) = self.servers.get(site) {
            regards = server.client_certificate.is_some() || server.reject_handshake.is_some();
            server.visit_tests(&mut |test| {
                regards |= matches!(test, Test::Host(_) | Test::HostMatches(_) | Test::Port(_));
            });
        }
        regards
    }

    fn text(&self, site: usize) -> &str {
        self.servers.get(site).map_or("", |server| &server.text)
    }

    fn merges_slashes(&self, endpoint: &Endpoint, host: &str) -> bool {
        self.reader(endpoint, host).is_none_or(|server| server.merge_slashes)
    }

    fn methods(&self, site: usize) -> BTreeSet<&str> {
        let mut methods = BTreeSet::from(["GET", "POST"]);
        let Some(server) = self.servers.get(site) else { return methods };
        let limits = server.levels.iter().filter_map(|level| level.limit.as_ref());
        methods.extend(limits.flat_map(|limit| limit.methods.iter().map(String::as_str)));
        server.visit_tests(&mut |test| {
            if let Test::Method(known) = test {
                methods.extend(known.iter().map(String::as_str));
                methods.insert("HEAD");
            }
        });
        methods
    }

    fn tests(&self, site: usize) -> Tests<'_> {
        let mut tests = Tests::default();
        let Some(server) = self.servers.get(site) else { return tests };
        for level in &server.levels {
            match &level.name {
                Name::Prefix(path, _) => {
                    tests.prefixes.insert(path.as_bytes());
                    tests.exact.extend(path.strip_suffix('/').map(str::as_bytes));
                }
                Name::Exact(path) => {
                    tests.exact.insert(path.as_bytes());
                    tests.exact.extend(path.strip_suffix('/').map(str::as_bytes));
                }
                Name::Pattern(pattern) => tests.add_pattern(pattern),
                Name::None | Name::Named(_) | Name::Opaque(_) => {}
            }
            let plain = level.settings.handler.is_none();
            let names = level.settings.index.iter().filter(|_| plain);
            tests.indexes.extend(names.map(String::as_str));
            if plain && level.settings.index.is_empty() {
                tests.indexes.insert("index.html");
            }
            if let Some(TryFiles { last: Goal::Behind(suffix), .. }) = &level.try_files {
                tests.suffixes.insert(suffix);
            }
        }
        server.visit_tests(&mut |test| match test {
            Test::Path(path) => {
                tests.exact.insert(path.as_bytes());
            }
            Test::PathMatches(pattern) => tests.add_pattern(pattern),
            _ => {}
        });
        tests
    }

    fn normalised(&self, endpoint: &Endpoint, host: &str, path: &str) -> Result<Vec<u8>, Leaf> {
        let refused = |status| Leaf { allowed: false, status, target: None, because: Vec::new() };
        if self.default_server(endpoint).is_none() {
            return Err(refused(None));
        }
        let merge = self.merges_slashes(endpoint, host);
        normalise::normalised(path, merge).ok_or_else(|| refused(Some(400)))
    }

    fn users(&self) -> &Users {
        &self.users
    }

    fn run(&self, situation: &Situation<'_>, known: &dyn Oracle) -> Result<Leaf, Ask> {
        let refused = Leaf { allowed: false, status: None, target: None, because: Vec::new() };
        let Some(site) = self.site(situation.endpoint, situation.host) else { return Ok(refused) };
        let endpoint = self.listening(situation.endpoint);
        let here = |it: &&Server| endpoint.as_ref().is_some_and(|at| it.listens_at(at));
        let names: Vec<_> = self.servers.iter().filter(here).flat_map(|it| &it.names).collect();
        let written =
            |name: &&ServerName| matches!(name, ServerName::Exact(name) if name == situation.host);
        // A name that is not modelled comes behind those that are written out.
        let unknown = names.iter().filter(|_| !names.iter().any(&written));
        for name in unknown {
            if let ServerName::Opaque(opaque) = name
                && known.ask(Condition::Opaque(opaque.clone()))?
            {
                let key = format!("{} decides in {}", opaque.key, self.text(site)).into();
                let allowed = known.ask(Condition::Opaque(Opaque { key, ..opaque.clone() }))?;
                return Ok(Leaf { allowed, ..refused });
            }
        }
        let Some(server) = self.servers.get(site) else { return Ok(refused) };
        Trial::new(server, situation, known).run()
    }
}

#[cfg(test)]
mod tests;
