//! Which virtual servers the requests to an endpoint and a host come to.

use std::collections::{BTreeMap, BTreeSet};

use super::cases::sample;
use super::condition::Leaf;
use super::partition;
use super::pattern::Pattern;
use super::request::{Client, Endpoint, Local};
use super::side::WebServer;
use crate::Source;
use crate::network::AddressSet;

/// A method that nothing names.
pub(super) const OTHER_METHOD: &str = "OTHER";

/// Two virtual servers that the same requests come to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Pair {
    pub(super) sites: [Option<usize>; 2],
    pub(super) merges: [bool; 2],
    /// The kind of addresses that clients have.
    family: u8,
    /// The endpoint and host, where what is decided may depend on them once more.
    place: Option<(Endpoint, String)>,
    /// Which of the expressions that are asked about are found in the host.
    asked: BTreeSet<usize>,
}

impl Pair {
    /// Whether the host is one that an expression is found in, by its position among those that are
    /// asked about.
    pub(super) fn is_asked(&self, at: usize) -> bool {
        self.asked.contains(&at)
    }
}

/// Endpoints and hosts, with the names of the hosts.
pub(super) type Places = BTreeMap<(Endpoint, String), String>;

/// More than can be told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooManyHosts;

/// All pairs of virtual servers of two configurations, with where they are; `asked` are expressions
/// about hosts that are told apart as well.
pub(super) fn pairs(
    old: &dyn WebServer,
    new: &dyn WebServer,
    asked: &[&Pattern],
) -> Result<BTreeMap<Pair, Places>, TooManyHosts> {
    let mut patterns: Vec<Pattern> = asked.iter().map(|&it| it.clone()).collect();
    for pattern in old.host_patterns().into_iter().chain(new.host_patterns()) {
        if !patterns.contains(&pattern) {
            patterns.push(pattern);
        }
    }
    let patterns: Vec<&Pattern> = patterns.iter().collect();
    let mut hosts = partition::hosts(&patterns).map_err(|_| TooManyHosts)?;
    hosts.push((String::new(), BTreeSet::new()));
    let mut pairs: BTreeMap<Pair, Places> = BTreeMap::new();
    for endpoint in old.endpoints().union(&new.endpoints()) {
        for (host, found) in &hosts {
            let sides = [old, new];
            let sites = sides.map(|side| side.site(endpoint, host));
            let merges = sides.map(|side| side.merges_slashes(endpoint, host));
            let regards = |(side, site): (&dyn WebServer, Option<usize>)| {
                site.is_some_and(|site| side.regards_host(site))
            };
            let regards = sides.into_iter().zip(sites).any(regards);
            let place = regards.then(|| (endpoint.clone(), host.clone()));
            let name = name_of_host(host, found, &patterns);
            let asked = found.iter().copied().filter(|at| *at < asked.len()).collect();
            let pair = Pair { sites, merges, family: family(endpoint), place, asked };
            pairs.entry(pair).or_default().insert((endpoint.clone(), host.clone()), name);
        }
    }
    Ok(pairs)
}

const fn family(endpoint: &Endpoint) -> u8 {
    match &endpoint.local {
        Local::Address(address) => address.is_ipv6() as u8,
        Local::AnyV4 => 0,
        Local::AnyV6 => 1,
        Local::Unix(_) => 2,
        Local::Name(_) => 3,
    }
}

fn name_of_host(host: &str, found: &BTreeSet<usize>, patterns: &[&Pattern]) -> String {
    let patterns: Vec<_> = found.iter().filter_map(|at| patterns.get(*at)).collect();
    let literal = format!("^{}$", host.replace('.', "\\."));
    match patterns.as_slice() {
        _ if host.is_empty() => "no host".to_owned(),
        [] => "other hosts".to_owned(),
        all if all.iter().any(|it| it.text() == literal) => host.to_owned(),
        all => {
            let texts: Vec<_> = all.iter().map(ToString::to_string).collect();
            format!("hosts {}", texts.join(" "))
        }
    }
}

/// The endpoint and host that stand for all of some places: with a host, if there is one.
pub(super) fn first_place(places: &Places) -> Option<(&Endpoint, &str)> {
    let named = places.keys().find(|(_, host)| !host.is_empty());
    named.or(places.keys().next()).map(|(endpoint, host)| (endpoint, host.as_str()))
}

/// A client that may connect to an endpoint.
pub(super) fn first_client(endpoint: &Endpoint) -> Client {
    let v6 = match endpoint.local {
        Local::Unix(_) => return Client::Unix,
        Local::AnyV6 => true,
        Local::Address(address) => address.is_ipv6(),
        Local::AnyV4 | Local::Name(_) => false,
    };
    let all = AddressSet::all();
    let part = if v6 { all.difference(&AddressSet::all_v4()) } else { AddressSet::all_v4() };
    sample(&part).map_or(Client::Unix, Client::Address)
}

/// The directives that settle some decisions.
pub(super) fn sources(leaves: &[Leaf], server: &str) -> Vec<Source> {
    let grounds = leaves.iter().filter_map(|leaf| leaf.because.last());
    let sources: BTreeSet<_> = grounds.map(|ground| ground.source(server)).collect();
    sources.into_iter().collect()
}
