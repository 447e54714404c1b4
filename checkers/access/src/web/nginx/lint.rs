//! What is certainly wrong with a configuration: each finding rests on a request that is decided.
//!
//! A *demand* is what a location itself states of who gets in. A finding says that a request gets in
//! which a demand would refuse, if the demand were asked; both are decided in all cases, so that what
//! is not modelled is never reported.

mod addresses;
mod locations;
mod served;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use seatrial_core::{Finding, Found, Location, Severity, Undecided};

use super::locate::{Located, locate};
use super::model::{At, Config, Level, Server, Settings};
use super::phases::Trial;
use super::rules;
use crate::web::condition::{Answered, Leaf, Tree};
use crate::web::gap::{Gap, beside, gap, named};
use crate::web::partition::{self, PathClass};
use crate::web::places::{first_place, pairs};
use crate::web::request::{Endpoint, Local};
use crate::web::side::{Situation, WebServer, tree};

/// What is certainly wrong; nothing for a configuration that nginx refuses. A server that has more
/// paths than can be told apart is undecided.
pub fn lint(config: &Config) -> Found {
    let mut found = Found::default();
    if config.findings.iter().any(|it| it.severity == Severity::Error) {
        return found;
    }
    let Ok(pairs) = pairs(config, config, &[]) else {
        let place = config.files.first().map(|file| Location::start_of(Arc::clone(file.path())));
        let place = place.unwrap_or_else(|| Location::start_of("".into()));
        found.undecided.push(too_many(place, "the names of servers"));
        return found;
    };
    let mut seen = BTreeSet::new();
    for (pair, places) in pairs {
        let [Some(site), _] = pair.sites else { continue };
        let server = config.servers.get(site).filter(|_| seen.insert(site));
        let Some((server, (endpoint, host))) = server.zip(first_place(&places)) else { continue };
        let merged = config.merges_slashes(endpoint, host);
        let Ok(classes) = partition::paths(&config.tests(site), merged) else {
            found.undecided.push(too_many(server.at.location.clone(), "the paths of this server"));
            continue;
        };
        let mut ward = Ward { config, server, endpoint, host, classes, at: BTreeMap::new() };
        ward.place();
        ward.locations(&mut found.findings);
        ward.rules(&mut found.findings);
        ward.served(&mut found.findings);
    }
    found.findings.sort();
    found.findings.dedup();
    found
}

fn too_many(location: Location, what: &str) -> Undecided {
    let reason = format!("{what} are too many to be told apart: mistakes are not looked for");
    Undecided { location, rule: rules::STOLEN_PREFIX.into(), reason, resource: None }
}

/// A server that is looked at.
struct Ward<'c> {
    config: &'c Config,
    server: &'c Server,
    endpoint: &'c Endpoint,
    host: &'c str,
    classes: Vec<PathClass>,
    /// The classes of paths of each location.
    at: BTreeMap<usize, Vec<usize>>,
}

/// Knows nothing of conditions but what has been asked on the way.
type Asking<'a, 'f> = &'a Answered<'f>;

impl<'c> Ward<'c> {
    /// Finds the location of each class of paths.
    fn place(&mut self) {
        let mut at: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (class, path) in self.classes.iter().enumerate() {
            if let Some(level) = self.located(&path.witness) {
                at.entry(level).or_default().push(class);
            }
        }
        self.at = at;
    }

    /// The location of a path, where that depends on nothing.
    fn located(&self, path: &[u8]) -> Option<usize> {
        let known = Answered::default();
        match locate(self.server, path, "$uri", &known) {
            Ok(Located::Level(level)) => Some(level),
            Ok(Located::Slash(_)) | Err(_) => None,
        }
    }

    /// The levels with their positions.
    fn levels(&self) -> impl Iterator<Item = (usize, &'c Level)> {
        self.server.levels.iter().enumerate()
    }

    /// The paths of a location, one of each class.
    fn paths_of(&self, level: usize) -> impl Iterator<Item = &[u8]> {
        let classes = self.at.get(&level).into_iter().flatten();
        classes.filter_map(|&at| self.classes.get(at)).map(|class| class.witness.as_slice())
    }

    fn situation<'s>(&'s self, method: &'s str, path: &'s [u8]) -> Situation<'s> {
        Situation { endpoint: self.endpoint, host: self.host, method, path }
    }

    /// Who reaches something by a request.
    fn reached(&self, method: &str, path: &[u8]) -> Option<Tree> {
        let tree = tree(self.config, &self.situation(method, path), None).ok()?;
        Some(tree.reaching().reduced())
    }

    /// Who is not refused.
    fn allowed(&self, method: &str, path: &[u8]) -> Option<Tree> {
        Some(tree(self.config, &self.situation(method, path), None).ok()?.reduced())
    }

    /// Whom the demands of a level let in, if they are asked.
    fn demand(&self, level: usize, method: &str, path: &[u8]) -> Option<Tree> {
        let situation = self.situation(method, path);
        let decide =
            |known: Asking<'_, '_>| Trial::new(self.server, &situation, known).admitted(level);
        Some(Tree::of(None, &decide).ok()?.reduced())
    }

    /// A request that gets in for certain where the demand refuses it for certain, by `wanted` of
    /// what is served.
    fn gap(
        &self,
        (method, path): (&str, &[u8]),
        demand: &Tree,
        wanted: &dyn Fn(Option<&str>) -> bool,
    ) -> Option<Gap> {
        let reached = self.reached(method, path)?;
        let served = |is: &Leaf, _: &Leaf| wanted(is.target.as_deref());
        gap(self.config, &self.situation(method, path), &reached, demand, &served)
    }

    /// The first directive by which a level itself demands something.
    fn states(level: &Level) -> Option<At> {
        let own = |at: &&At| (at.kind, &at.name) == (level.at.kind, &level.at.name);
        Self::demands(&level.settings).into_iter().find(|at| own(at)).cloned()
    }

    /// The directives that demand something.
    fn demands(settings: &Settings) -> Vec<&At> {
        let denials = settings.rules.rules.iter().filter(|rule| !rule.allow).map(|rule| &rule.at);
        let realm = settings.user_file.as_ref().and(settings.realm.as_ref());
        let asked = settings.auth_request.as_ref().map(|(_, at)| at);
        denials.chain(realm).chain(asked).collect()
    }

    /// The families of addresses that clients of the server have: IPv4, IPv6.
    fn families(&self) -> [bool; 2] {
        let endpoints = self.server.listens.iter().flat_map(|listen| &listen.endpoints);
        endpoints.fold([false; 2], |[v4, v6], endpoint| match &endpoint.local {
            Local::AnyV4 => [true, v6],
            Local::AnyV6 => [v4, true],
            Local::Address(address) => [v4 || address.is_ipv4(), v6 || address.is_ipv6()],
            Local::Unix(_) | Local::Name(_) => [v4, v6],
        })
    }
}

/// A finding at a directive.
fn finding(rule: &'static str, severity: Severity, at: &At, message: String) -> Finding {
    at.finding("nginx", rule, severity, message)
}

/// Everything that is served.
const ANYTHING: &dyn Fn(Option<&str>) -> bool = &|_| true;

fn is_same(a: &At, b: &At) -> bool {
    Arc::ptr_eq(a, b) || a == b
}

#[cfg(test)]
mod tests;
