//! Addresses of Services in texts: `http://cart:8080/api`, `cart.shop.svc:80`, `cart:8080`.

use std::sync::LazyLock;

use regex::Regex;
use rustc_hash::FxHashSet;
use seatrial_core::Span;
use seatrial_manifests::{Object, Part as Place, PodTemplate};
use seatrial_parse::Node;

use super::Context;
use super::common::namespace;
use super::places::{at, child, items};

/// An address in a text of an object.
#[derive(Debug, Clone)]
pub(super) struct Address<'a> {
    /// The object.
    pub(super) object: &'a Object,
    /// The text that holds it.
    pub(super) place: Place<'a>,
    /// The name of the host, as written.
    pub(super) host: &'a str,
    /// The port: the one that is stated, or that of the scheme.
    pub(super) port: Option<i64>,
    /// The scheme that implies the port, where none is stated.
    pub(super) implied_by: Option<&'a str>,
    /// Whether it has the form of an address beyond doubt, rather than that of an image's tag.
    pub(super) certain: bool,
}

/// `SCHEME://[USER@]HOST[:PORT]`
static URL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"([a-z][a-z0-9+.-]*)://(?:[^\s/@"'$]*@)?([A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)(?::([0-9]{1,5}))?"#).ok()
});
/// `HOST:PORT`
static HOST_PORT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?:^|[\s,;="'(\[])([a-z](?:[a-z0-9.-]*[a-z0-9])?):([0-9]{2,5})"#).ok()
});
/// `NAME.NAMESPACE.svc`
static IN_CLUSTER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"((?:[a-z0-9-]+\.)+svc(?:\.cluster\.local)?)(?:[^A-Za-z0-9.-]|$)").ok()
});

/// The longest text that is searched, in bytes: configuration, not data.
const LONGEST: usize = 64 * 1024;

/// The port of a scheme that needs none to be stated.
fn port_of(scheme: &str) -> Option<i64> {
    Some(match scheme {
        "http" | "ws" => 80,
        "https" | "wss" => 443,
        "amqp" => 5672,
        "mongodb" => 27017,
        "mysql" => 3306,
        "postgres" | "postgresql" => 5432,
        "redis" => 6379,
        _ => return None,
    })
}

/// The addresses in the values of variables, and in the arguments, of the containers of a template.
pub(super) fn of_pods<'a>(template: &PodTemplate<'a>) -> Vec<Address<'a>> {
    let mut found = Vec::new();
    for container in template.containers() {
        let variables = container.env().filter_map(|variable| child(&variable, "value"));
        let here = Place { node: container.node, pointer: container.pointer() };
        let words = ["command", "args"].into_iter().filter_map(|field| child(&here, field));
        let words = words.flat_map(|list| items(&list).collect::<Vec<_>>());
        for place in variables.chain(words) {
            find(template.object, &place, true, &mut found);
        }
    }
    found
}

/// The addresses in the data of a `ConfigMap`.
pub(super) fn of_config(object: &Object) -> Vec<Address<'_>> {
    let mut found = Vec::new();
    if object.kind() == "ConfigMap" && object.group().is_empty() {
        for entry in object.node.get("data").map_or(&[][..], Node::entries) {
            let key = seatrial_parse::escape_pointer_token(&entry.key.text);
            let place = Place { node: &entry.value, pointer: format!("/data/{key}") };
            find(object, &place, false, &mut found);
        }
    }
    found
}

/// Adds the addresses in one text.
fn find<'a>(object: &'a Object, place: &Place<'a>, of_pods: bool, found: &mut Vec<Address<'a>>) {
    let Some(text) = place.node.as_str().filter(|text| text.len() <= LONGEST) else { return };
    let address = |host, port, implied_by, certain| Address {
        object,
        place: place.clone(),
        host,
        port,
        implied_by,
        certain,
    };
    let mut known = FxHashSet::default();
    if text.contains("://") {
        for captures in URL.iter().flat_map(|url| url.captures_iter(text)) {
            let (Some(scheme), Some(host)) = (captures.get(1), captures.get(2)) else { continue };
            let rest = text.get(host.end()..).unwrap_or_default();
            let stated = captures.get(3).and_then(|port| port.as_str().parse().ok());
            // What is put in later, or a host that goes on in other characters, is not known.
            if stated.is_none() && rest.starts_with([':', '$', '{', '%', '_', '*', '<']) {
                continue;
            }
            if known.insert((host.as_str(), stated)) {
                let implied_by = Some(scheme.as_str()).filter(|_| stated.is_none());
                let port = stated.or_else(|| port_of(scheme.as_str()));
                found.push(address(host.as_str(), port, implied_by, true));
            }
        }
    }
    if text.contains(':') {
        for captures in HOST_PORT.iter().flat_map(|it| it.captures_iter(text)) {
            let (Some(host), Some(port)) = (captures.get(1), captures.get(2)) else { continue };
            let rest = text.get(port.end()..).unwrap_or_default();
            if rest.starts_with(|c: char| c.is_ascii_alphanumeric() || "._:-@".contains(c)) {
                continue;
            }
            let port = port.as_str().parse().ok();
            let whole = text.len() == host.len() + 1 + captures.get(2).map_or(0, |it| it.len());
            if known.insert((host.as_str(), port)) {
                found.push(address(host.as_str(), port, None, of_pods || whole));
            }
        }
    }
    if text.contains(".svc") {
        for captures in IN_CLUSTER.iter().flat_map(|it| it.captures_iter(text)) {
            let Some(host) = captures.get(1).map(|host| host.as_str()) else { continue };
            if !known.iter().any(|(other, _)| *other == host) && known.insert((host, None)) {
                found.push(address(host, None, None, true));
            }
        }
    }
}

impl Address<'_> {
    /// The text of the address within its file: the name of the host, and the port if it follows.
    pub(super) fn span(&self) -> Span {
        let whole = self.place.node.span;
        let text = self.object.file.slice(whole);
        let written = match (self.port, self.implied_by) {
            (Some(port), None) => format!("{}:{port}", self.host),
            _ => self.host.to_owned(),
        };
        text.find(&written).map_or(whole, |at| {
            let start = whole.start as usize + at;
            Span::new(start, start + written.len())
        })
    }

    /// The address as it is written.
    pub(super) fn written(&self) -> String {
        match (self.port, self.implied_by) {
            (Some(port), None) => format!("{}:{port}", self.host),
            (_, Some(scheme)) => format!("{scheme}://{}", self.host),
            _ => self.host.to_owned(),
        }
    }
}

/// What a host name means in a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meant<'a> {
    /// A Service, by its name and namespace.
    Service(&'a str, Option<&'a str>),
    /// A pod of a headless Service, by the name and namespace of the Service.
    PodOf(&'a str, Option<&'a str>),
}

/// The namespaces that the inspected objects name or define.
pub(super) fn namespaces<'a>(context: &Context<'a>) -> FxHashSet<&'a str> {
    let objects = context.index.objects().iter();
    let defined = context.index.of_kind("", "Namespace").map(Object::name);
    objects.filter_map(namespace).chain(defined).collect()
}

/// What a host name means, seen from an object; `None` where it may be a name of another world.
pub(super) fn meant<'a>(
    context: &Context<'a>,
    known: &FxHashSet<&'a str>,
    address: &Address<'a>,
) -> Option<Meant<'a>> {
    let own = namespace(address.object);
    let host = address.host.strip_suffix(".cluster.local").unwrap_or(address.host);
    let labels: Vec<_> = host.split('.').collect();
    let headless = |name, namespace: Option<&str>| {
        let mut services = context.index.resolve(namespace, "", "Service", name);
        services.any(super::services::is_headless)
    };
    match *labels.as_slice() {
        [name] if name != "localhost" => Some(Meant::Service(name, own)),
        [_, name] if headless(name, own) => Some(Meant::PodOf(name, own)),
        [name, namespace] | [name, namespace, "svc"] if known.contains(namespace) => {
            Some(Meant::Service(name, Some(namespace)))
        }
        [_, name, namespace, "svc"] if known.contains(namespace) => {
            Some(Meant::PodOf(name, Some(namespace)))
        }
        _ => None,
    }
}

/// Whether the pods of an address' object give the host a meaning of their own.
pub(super) fn is_alias(address: &Address<'_>) -> bool {
    let spec =
        PodTemplate::of(address.object).and_then(|template| super::places::pod_spec(&template));
    spec.is_some_and(|spec| {
        let aliases = at(&spec, "hostAliases/*/hostnames/*");
        aliases.iter().any(|name| name.node.as_str() == Some(address.host))
    })
}
