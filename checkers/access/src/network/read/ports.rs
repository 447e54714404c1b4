//! The ports of rules.

use super::super::model::PortRule;
use super::super::{PortSet, Protocol};
use super::place::{Place, Reader};

/// A port as people number it.
fn number(place: &Place<'_>) -> Option<u16> {
    let number = place.node.as_i64()?;
    u16::try_from(number).ok().filter(|&number| number > 0)
}

/// Reads a port number; `None`, with a finding, where it is none.
fn port(reader: &mut Reader<'_>, place: &Place<'_>) -> Option<u16> {
    let read = number(place);
    if read.is_none() {
        reader.refuse(place, format!("`{}` is no port from 1 to 65535", place.node));
    }
    read
}

/// The protocol that a place names, TCP if there is none; `None`, with a finding, where it is none.
fn protocol(reader: &mut Reader<'_>, place: Option<Place<'_>>) -> Option<Protocol> {
    let Some(place) = place else { return Some(Protocol::Tcp) };
    let read = place.node.as_str().and_then(Protocol::of_name);
    if read.is_none() {
        let message = format!("unknown protocol `{}`: one of `TCP`, `UDP`, `SCTP`", shown(&place));
        reader.refuse(&place, message);
    }
    read
}

/// A value as the message of a finding shows it: a text without its quotes.
pub(super) fn shown(place: &Place<'_>) -> String {
    place.node.as_str().map_or_else(|| place.node.to_string(), str::to_owned)
}

/// All ports of a protocol, or of all if it is not known.
fn whole(protocol: Option<Protocol>) -> PortSet {
    protocol.map_or_else(PortSet::all, |protocol| PortSet::range(protocol, 1, u16::MAX))
}

/// The ports of a rule of a `NetworkPolicy`: all if none are given.
pub(super) fn namespaced(reader: &mut Reader<'_>, ports: Option<Place<'_>>) -> PortRule {
    let Some(ports) = ports.filter(|ports| !ports.node.items().is_empty()) else {
        return PortRule::all();
    };
    let mut rule = PortRule::default();
    for item in ports.items() {
        read_namespaced(reader, &item, &mut rule);
    }
    rule
}

fn read_namespaced(reader: &mut Reader<'_>, item: &Place<'_>, rule: &mut PortRule) {
    let protocol = protocol(reader, item.get("protocol"));
    let (first, end) = (item.get("port"), item.get("endPort"));
    let ports = match (protocol, &first, &end) {
        (None, _, _) => None,
        (Some(protocol), None, None) => Some(whole(Some(protocol))),
        (_, None, Some(end)) => {
            reader.refuse(end, "`endPort` without `port`");
            None
        }
        (Some(protocol), Some(first), end) if first.node.as_str().is_some() => {
            return named(reader, first, end.as_ref(), protocol, rule);
        }
        (Some(protocol), Some(first), end) => range(reader, first, end.as_ref(), protocol),
    };
    match ports {
        Some(ports) => rule.numbers = rule.numbers.union(&ports),
        None => rule.unreadable = rule.unreadable.union(&whole(protocol)),
    }
}

/// A port by name. The API server takes no name of digits alone.
fn named(
    reader: &mut Reader<'_>,
    name: &Place<'_>,
    end: Option<&Place<'_>>,
    protocol: Protocol,
    rule: &mut PortRule,
) {
    let text = name.node.as_str().unwrap_or_default();
    if let Some(end) = end {
        reader.refuse(end, "`endPort` needs a `port` that is a number");
    } else if is_port_name(text) {
        let text = reader.name(text);
        return rule.named.push((Some(protocol), text));
    } else if text.parse::<u16>().is_ok() {
        reader.refuse(
            name,
            format!("`\"{text}\"` is a text, and no port has it for a name: write {text}"),
        );
    } else {
        reader.refuse(name, format!("`{text}` is no name of a port"));
    }
    rule.unreadable = rule.unreadable.union(&whole(Some(protocol)));
}

/// Whether a text is a name of a service as IANA has it (RFC 6335, section 5.1).
fn is_port_name(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=15).contains(&text.len())
        && text.bytes().all(plain)
        && text.bytes().any(|byte| byte.is_ascii_lowercase())
        && !text.starts_with('-')
        && !text.ends_with('-')
        && !text.contains("--")
}

/// The ports from one number to another, or one alone.
fn range(
    reader: &mut Reader<'_>,
    first: &Place<'_>,
    end: Option<&Place<'_>>,
    protocol: Protocol,
) -> Option<PortSet> {
    let from = port(reader, first)?;
    let Some(end) = end else { return Some(PortSet::range(protocol, from, from)) };
    let to = port(reader, end)?;
    if to < from {
        reader.refuse(end, format!("the range ends at {to}, before it begins at {from}"));
        return None;
    }
    Some(PortSet::range(protocol, from, to))
}

/// The ports of a rule of an `AdminNetworkPolicy` or its baseline (v1alpha1).
pub(super) fn admin(reader: &mut Reader<'_>, ports: Option<Place<'_>>) -> PortRule {
    listed(reader, ports, |reader, item, rule| {
        match item.having(&["portNumber", "namedPort", "portRange"]).as_slice() {
            ["portNumber"] => {
                let at = item.get("portNumber")?;
                let protocol = protocol(reader, at.get("protocol"))?;
                numbered(reader, &at, "port", None, protocol)
            }
            ["portRange"] => {
                let at = item.get("portRange")?;
                let protocol = protocol(reader, at.get("protocol"))?;
                numbered(reader, &at, "start", Some("end"), protocol)
            }
            ["namedPort"] => by_name(reader, &item.get("namedPort")?, rule),
            _ => {
                reader
                    .refuse(item, "one of `portNumber`, `namedPort` and `portRange` must be given");
                None
            }
        }
    })
}

/// The ports of a rule of a `ClusterNetworkPolicy` (v1alpha2).
pub(super) fn cluster(reader: &mut Reader<'_>, protocols: Option<Place<'_>>) -> PortRule {
    listed(reader, protocols, |reader, item, rule| {
        let keys = ["tcp", "udp", "sctp", "destinationNamedPort"];
        let protocol = match item.having(&keys).as_slice() {
            ["tcp"] => Protocol::Tcp,
            ["udp"] => Protocol::Udp,
            ["sctp"] => Protocol::Sctp,
            ["destinationNamedPort"] => {
                return by_name(reader, &item.get("destinationNamedPort")?, rule);
            }
            _ => {
                reader.refuse(
                    item,
                    "one of `tcp`, `udp`, `sctp` and `destinationNamedPort` must be given",
                );
                return None;
            }
        };
        let at = item.get(&protocol.as_str().to_lowercase())?;
        let Some(port) = at.get("destinationPort") else {
            reader.refuse(&at, "`destinationPort` must be given");
            return None;
        };
        match port.having(&["number", "range"]).as_slice() {
            ["number"] => numbered(reader, &port, "number", None, protocol),
            ["range"] => numbered(reader, &port.get("range")?, "start", Some("end"), protocol),
            _ => {
                reader.refuse(&port, "one of `number` and `range` must be given");
                None
            }
        }
    })
}

/// The ports of a list that, where it is given, has at least one item; an item that cannot be read
/// (`None`) may mean any port.
fn listed(
    reader: &mut Reader<'_>,
    ports: Option<Place<'_>>,
    read: impl Fn(&mut Reader<'_>, &Place<'_>, &mut PortRule) -> Option<PortSet>,
) -> PortRule {
    let Some(ports) = ports else { return PortRule::all() };
    let mut rule = PortRule::default();
    if ports.node.items().is_empty() {
        reader.refuse(&ports, "at least one item must be given, or the field left out");
        rule.unreadable = PortSet::all();
    }
    for item in ports.items() {
        match read(reader, &item, &mut rule) {
            Some(ports) => rule.numbers = rule.numbers.union(&ports),
            None => rule.unreadable = PortSet::all(),
        }
    }
    rule
}

/// The ports that two fields of a map give.
fn numbered(
    reader: &mut Reader<'_>,
    at: &Place<'_>,
    first: &str,
    end: Option<&str>,
    protocol: Protocol,
) -> Option<PortSet> {
    let Some(from) = at.get(first) else {
        reader.refuse(at, format!("`{first}` must be given"));
        return None;
    };
    let to = end.and_then(|end| at.get(end));
    if let (Some(end), None) = (end, &to) {
        reader.refuse(at, format!("`{end}` must be given"));
        return None;
    }
    range(reader, &from, to.as_ref(), protocol)
}

/// A port by its name alone: of whatever protocol the destination declares it with.
fn by_name(reader: &mut Reader<'_>, name: &Place<'_>, rule: &mut PortRule) -> Option<PortSet> {
    let Some(text) = name.node.as_str().filter(|text| !text.is_empty()) else {
        reader.refuse(name, format!("`{}` is no name of a port", name.node));
        return None;
    };
    let text = reader.name(text);
    rule.named.push((None, text));
    Some(PortSet::none())
}
