//! Who can connect to whom, for those who ask about some ends only.

use std::fmt::Write as _;
use std::net::IpAddr;
use std::str::FromStr;

use seatrial_manifests::Object;
use serde::{Serialize, Serializer};

use super::csv::row;
use super::picture::{Edge, Graph};
use super::text::count;
use crate::network::{
    self, AddressSet, Assumptions, Connections, Flow, Link, Network, Party, PortSet, Totals, Truth,
    Wanted, Workload, entered, read_block, routed,
};

/// Ends of connections as a user names them: `namespace/name[Kind]`, `namespace/name`, `namespace/`
/// for all workloads of a namespace, an address, or a block of addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Which {
    /// All workloads and addresses.
    #[default]
    All,
    /// All workloads of this namespace.
    Namespace(String),
    /// The workloads of this name, of one kind or of any.
    Named(String),
    /// Addresses outside of the cluster.
    Addresses(AddressSet),
}

impl FromStr for Which {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(Self::Addresses(AddressSet::one(address)));
        }
        if let Ok(block) = read_block(text) {
            return Ok(Self::Addresses(block.addresses));
        }
        match text.split_once('/') {
            Some((namespace, "" | "*")) if !namespace.is_empty() => {
                Ok(Self::Namespace(namespace.to_owned()))
            }
            Some((namespace, name)) if !namespace.is_empty() && !name.is_empty() => {
                Ok(Self::Named(text.to_owned()))
            }
            _ => {
                Err("expected `namespace/name`, `namespace/name[Kind]`, `namespace/`, an address \
                      or a block of addresses"
                    .to_owned())
            }
        }
    }
}

impl Which {
    /// Whether a workload is meant.
    pub fn has(&self, workload: &Workload) -> bool {
        match self {
            Self::All => true,
            Self::Namespace(namespace) => *workload.namespace == **namespace,
            Self::Named(name) => {
                let rest = workload.id.strip_prefix(&**name);
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('['))
            }
            Self::Addresses(_) => false,
        }
    }

    /// The addresses that are meant.
    pub fn addresses(&self) -> AddressSet {
        match self {
            Self::All => AddressSet::all(),
            Self::Addresses(addresses) => addresses.clone(),
            Self::Namespace(_) | Self::Named(_) => AddressSet::none(),
        }
    }

    /// Whether nothing of a network is meant.
    fn misses(&self, network: &Network) -> bool {
        matches!(self, Self::Namespace(_) | Self::Named(_))
            && !network.workloads.iter().any(|workload| self.has(workload))
    }
}

/// The connections of a configuration, or those between some ends.
#[derive(Debug, Serialize)]
pub struct Connectivity {
    /// The connections that are or may be allowed.
    pub connections: Vec<Row>,
    /// The ways in from outside: what Services, Ingresses and routes lead to.
    pub entries: Vec<EntryRow>,
    /// How many connections there are, listed or not.
    #[serde(skip)]
    pub total: usize,
    /// The pairs of ends of the whole configuration.
    #[serde(skip)]
    pub totals: Totals,
    /// How many workloads there are.
    #[serde(skip)]
    pub workloads: usize,
}

/// The connections from one end to another.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// Who opens them: a workload, or addresses.
    pub source: String,
    /// Who takes them.
    pub destination: String,
    /// The ports on which they are allowed.
    #[serde(serialize_with = "shown")]
    pub allowed: PortSet,
    /// The ports on which policies of the same priority disagree.
    #[serde(serialize_with = "shown")]
    pub ambiguous: PortSet,
    /// The ports on which it depends on what is not known.
    #[serde(serialize_with = "shown")]
    pub unknown: PortSet,
}

/// A way in from outside to a workload.
#[derive(Debug, Clone, Serialize)]
pub struct EntryRow {
    /// What it is, such as `Service of type LoadBalancer` or `Ingress`, with its name.
    pub by: String,
    /// The Service that it leads through, as `namespace/name`.
    pub service: String,
    /// Whether the workload surely is behind it.
    pub certain: bool,
    /// The addresses that connect, or the controller of an Ingress or a route.
    pub source: String,
    /// The workload.
    pub destination: String,
    /// The ports on which they are allowed.
    #[serde(serialize_with = "shown")]
    pub allowed: PortSet,
    /// The ports on which policies of the same priority disagree.
    #[serde(serialize_with = "shown")]
    pub ambiguous: PortSet,
    /// The ports on which it depends on what is not known.
    #[serde(serialize_with = "shown")]
    pub unknown: PortSet,
}

/// Writes ports as they are shown; none as nothing.
fn shown<S: Serializer>(ports: &PortSet, serializer: S) -> Result<S::Ok, S::Error> {
    if ports.is_empty() { serializer.serialize_none() } else { serializer.collect_str(ports) }
}

impl Connectivity {
    /// The connections from some ends to others, of which no more than `limit` are listed.
    ///
    /// # Errors
    ///
    /// If no workload is what the user names.
    pub fn of(
        objects: &[Object],
        (from, to): (&Which, &Which),
        limit: usize,
    ) -> Result<Self, String> {
        let network = network::read(objects, &Assumptions::default());
        for which in [from, to] {
            if let (Which::Namespace(name) | Which::Named(name), true) =
                (which, which.misses(&network))
            {
                return Err(format!("there is no workload `{name}`"));
            }
        }
        let connections = Connections::of(&network);
        let (has_from, has_to) = (|it: &Workload| from.has(it), |it: &Workload| to.has(it));
        let links = connections.links(
            &Wanted { workloads: &has_from, addresses: from.addresses() },
            &Wanted { workloads: &has_to, addresses: to.addresses() },
        );
        Ok(Self {
            total: links.len(),
            connections: links.into_iter().take(limit).map(Row::of).collect(),
            entries: entries(&connections, from, to),
            totals: connections.totals(),
            workloads: network.workloads.len(),
        })
    }

    /// One line a connection, followed by what is counted.
    pub fn text(&self) -> String {
        let mut text: String = self.connections.iter().map(Row::line).collect();
        let more = self.total - self.connections.len();
        if more > 0 {
            let _ = writeln!(text, "and {}", count(more, "more connection", "more connections"));
        }
        text.extend(self.entries.iter().map(EntryRow::line));
        let Totals { between_workloads, from_outside, to_outside, undecided, pairs } = self.totals;
        text + &format!(
            "{}: {between_workloads} of {pairs} pairs can connect, {undecided} are not decided; \
             {from_outside} reachable from outside, {to_outside} reach it\n",
            count(self.workloads, "workload", "workloads")
        )
    }

    /// One line a connection, as a table.
    pub fn csv(&self) -> String {
        let header = ["source", "destination", "allowed", "ambiguous", "unknown"];
        let ports =
            |ports: &PortSet| if ports.is_empty() { String::new() } else { ports.to_string() };
        let rows = self.connections.iter().map(|it| {
            let ends = [it.source.clone(), it.destination.clone()];
            let ports = [&it.allowed, &it.ambiguous, &it.unknown].map(ports);
            row(&[&ends[..], &ports].concat())
        });
        std::iter::once(row(&header.map(str::to_owned))).chain(rows).collect()
    }

    /// The connections as a picture.
    pub fn graph(&self) -> Graph {
        let edges = self.connections.iter().map(|it| Edge {
            from: it.source.clone(),
            to: it.destination.clone(),
            label: if it.allowed.is_empty() {
                "unknown".to_owned()
            } else {
                it.allowed.to_string()
            },
            certain: !it.allowed.is_empty(),
        });
        Graph { edges: edges.collect() }
    }
}

impl Row {
    fn of(link: Link) -> Self {
        let Link { source, destination, flow } = link;
        Self {
            source: source.to_string(),
            destination: destination.to_string(),
            allowed: flow.allowed,
            ambiguous: flow.ambiguous,
            unknown: flow.unknown,
        }
    }

    fn line(&self) -> String {
        let Self { source, destination, allowed, ambiguous, unknown } = self;
        format!("{source} => {destination}: {}\n", decided([allowed, ambiguous, unknown]))
    }
}

/// `TCP 80; unknown TCP 81`.
fn decided(ports: [&PortSet; 3]) -> String {
    let sets = ["", "ambiguous ", "unknown "].into_iter().zip(ports);
    let sets = sets.filter(|(_, ports)| !ports.is_empty());
    let ports: Vec<_> = sets.map(|(word, ports)| format!("{word}{ports}")).collect();
    ports.join("; ")
}

/// The ways in to some workloads, if addresses outside are asked for.
fn entries(connections: &Connections<'_>, from: &Which, to: &Which) -> Vec<EntryRow> {
    let addresses = from.addresses();
    if addresses.is_empty() {
        return Vec::new();
    }
    let is_asked = |id: &str| connections.network().workload(id).is_some_and(|it| to.has(it));
    let row = |by: String, service: &str, is_target, (source, destination), flow: Flow| EntryRow {
        by,
        service: service.to_owned(),
        certain: is_target == Truth::Yes,
        source,
        destination,
        allowed: flow.allowed,
        ambiguous: flow.ambiguous,
        unknown: flow.unknown,
    };
    let mut rows = Vec::new();
    for it in entered(connections) {
        let Party::Addresses(source) = &it.link.source else { continue };
        let source = source.intersection(&addresses);
        let destination = it.link.destination.to_string();
        if !source.is_empty() && is_asked(&destination) {
            let by = format!("{} {}", it.kind, it.service);
            let ends = (source.to_string(), destination);
            rows.push(row(by, it.service, it.is_target, ends, it.link.flow));
        }
    }
    for it in routed(connections).into_iter().filter(|it| to.has(it.workload)) {
        let controller = "its controller".to_owned();
        let ends = (controller, it.workload.id.to_string());
        rows.push(row(it.by.resource.to_string(), it.service, it.is_target, ends, it.flow));
    }
    rows
}

impl EntryRow {
    fn line(&self) -> String {
        let Self { by, service, certain, source, destination, .. } = self;
        let ports = match decided([&self.allowed, &self.ambiguous, &self.unknown]) {
            ports if ports.is_empty() => "nothing, as policies let nobody in".to_owned(),
            ports => ports,
        };
        let perhaps = if *certain { "" } else { "perhaps " };
        let through =
            if by.ends_with(&**service) { String::new() } else { format!(" ({service})") };
        format!("{perhaps}by {by}{through}: {source} => {destination}: {ports}\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_named_by_workload_namespace_or_address() {
        let block = |text: &str| Which::Addresses(read_block(text).unwrap().addresses);
        for (text, expected) in [
            ("10.0.0.0/8", block("10.0.0.0/8")),
            ("::1", block("::1/128")),
            ("shop/", Which::Namespace("shop".to_owned())),
            ("shop/*", Which::Namespace("shop".to_owned())),
            ("shop/web", Which::Named("shop/web".to_owned())),
            ("shop/web[Pod]", Which::Named("shop/web[Pod]".to_owned())),
        ] {
            assert_eq!(text.parse(), Ok(expected), "{text}");
        }
        for text in ["", "shop", "/web", "10.0.0.0.0"] {
            assert!(text.parse::<Which>().is_err(), "{text}");
        }
    }
}
