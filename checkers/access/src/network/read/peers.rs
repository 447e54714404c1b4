//! The peers of rules, and the blocks of addresses among them.

use seatrial_core::Severity;
use seatrial_parse::Node;

use super::super::address::{Block, read_block};
use super::super::model::{Namespaces, Peer, PodSet};
use super::super::selector::{LabelSelector, Name};
use super::super::{AddressSet, rules};
use super::place::{Place, Reader};
use super::ports::shown;

/// The peers of a rule of a `NetworkPolicy`: anyone if none are given.
pub(super) fn namespaced(
    reader: &mut Reader<'_>,
    peers: Option<Place<'_>>,
    namespace: &Name,
) -> Vec<Peer> {
    let Some(peers) = peers.filter(|peers| !peers.node.items().is_empty()) else {
        return vec![Peer::Anyone];
    };
    peers.items().map(|peer| namespaced_peer(reader, &peer, namespace)).collect()
}

fn namespaced_peer(reader: &mut Reader<'_>, peer: &Place<'_>, namespace: &Name) -> Peer {
    let (pods, namespaces) = (peer.get("podSelector"), peer.get("namespaceSelector"));
    match (peer.get("ipBlock"), &pods, &namespaces) {
        (Some(block), None, None) => ip_block(reader, &block),
        (Some(block), _, _) => {
            reader.refuse(&block, "`ipBlock` cannot stand beside a selector");
            Peer::Unreadable
        }
        (None, None, None) => {
            reader.refuse(
                peer,
                "a peer is given by `podSelector`, `namespaceSelector` or `ipBlock` (to mean \
                 anyone, leave out the list)",
            );
            Peer::Unreadable
        }
        (None, _, _) => {
            let everything = LabelSelector::everything;
            let namespaces = namespaces.map_or_else(
                || Namespaces::Named(namespace.clone()),
                |selector| Namespaces::Labelled(reader.selector(&selector)),
            );
            let pods = pods.map_or_else(everything, |selector| reader.selector(&selector));
            Peer::Pods(PodSet { namespaces, pods, without_host_network: false })
        }
    }
}

fn ip_block(reader: &mut Reader<'_>, at: &Place<'_>) -> Peer {
    let Some(cidr) = at.get("cidr") else {
        reader.refuse(at, "`ipBlock` needs a `cidr`");
        return Peer::Unreadable;
    };
    let block = block(reader, &cidr);
    let mut excepted = Vec::new();
    for item in at.get("except").iter().flat_map(Place::items) {
        let except = self::block(reader, &item);
        let inside = block.as_ref().zip(except.as_ref()).is_none_or(|(block, except)| {
            except.prefix > block.prefix && except.addresses.is_subset(&block.addresses)
        });
        if !inside {
            let message = format!("`{}` is no part of `{}`", shown(&item), shown(&cidr));
            reader.refuse(&item, message);
        }
        excepted.push(except.filter(|_| inside));
    }
    let excepted: Option<Vec<Block>> = excepted.into_iter().collect();
    match (block, excepted) {
        (Some(block), Some(excepted)) => {
            let excepted = AddressSet::of(excepted.iter().map(|except| &except.addresses));
            Peer::Addresses(block.addresses.difference(&excepted))
        }
        _ => Peer::Unreadable,
    }
}

/// Reads a block; says what is wrong with one that cannot be read, or that reads otherwise than it
/// looks.
fn block(reader: &mut Reader<'_>, place: &Place<'_>) -> Option<Block> {
    let Some(text) = place.node.as_str() else {
        reader.refuse(place, format!("`{}` is no block of addresses", place.node));
        return None;
    };
    match read_block(text) {
        Ok(block) => {
            if block.has_host_bits {
                let width = if block.is_v4 { 32 } else { 128 };
                let written = text.split('/').next().unwrap_or_default();
                let message = format!("`{text}` stands for all of `{}`", block.canonical);
                let hint =
                    format!("write `{}`, or `{written}/{width}` for one address", block.canonical);
                reader.report(rules::HOST_BITS, Severity::Warning, place, message, Some(hint));
            }
            Some(block)
        }
        Err(problem) => {
            reader.refuse(place, format!("`{text}` is no block of addresses: {problem}"));
            None
        }
    }
}

/// The peers of a rule of a policy of the cluster: at least one must be given.
pub(super) fn cluster(reader: &mut Reader<'_>, rule: &Place<'_>, field: &'static str) -> Vec<Peer> {
    let Some(peers) = rule.get(field).filter(|peers| !peers.node.items().is_empty()) else {
        reader.refuse(rule, format!("`{field}` must have at least one item"));
        return vec![Peer::Unreadable];
    };
    peers.items().map(|peer| cluster_peer(reader, &peer, field == "to")).collect()
}

fn cluster_peer(reader: &mut Reader<'_>, peer: &Place<'_>, egress: bool) -> Peer {
    let keys = ["namespaces", "pods", "nodes", "networks", "domainNames"];
    let keys = if egress { &keys[..] } else { &["namespaces", "pods"] };
    match peer.having(keys).as_slice() {
        ["namespaces" | "pods"] => pod_set(reader, peer).map_or(Peer::Unreadable, Peer::Pods),
        ["nodes"] => {
            peer.get("nodes").map_or(Peer::Unreadable, |at| Peer::Nodes(reader.selector(&at)))
        }
        ["networks"] => peer.get("networks").map_or(Peer::Unreadable, |at| networks(reader, &at)),
        ["domainNames"] => {
            let names = peer.get("domainNames");
            let names = names.iter().flat_map(|names| names.node.items());
            let names = names.filter_map(Node::as_str);
            Peer::DomainNames(names.map(|name| reader.name(name)).collect())
        }
        given => {
            let known: Vec<_> = keys.iter().map(|key| format!("`{key}`")).collect();
            let what = if given.is_empty() { "none of these is" } else { "only one may be" };
            reader.refuse(peer, format!("a peer is one of {}: {what} given", known.join(", ")));
            Peer::Unreadable
        }
    }
}

fn networks(reader: &mut Reader<'_>, at: &Place<'_>) -> Peer {
    let blocks: Vec<_> = at.items().map(|item| block(reader, &item)).collect();
    if blocks.is_empty() {
        reader.refuse(at, "`networks` must have at least one item");
    }
    let read: Option<Vec<Block>> = blocks.into_iter().collect();
    match read.filter(|blocks| !blocks.is_empty()) {
        Some(blocks) => {
            Peer::Addresses(AddressSet::of(blocks.iter().map(|block| &block.addresses)))
        }
        None => Peer::Unreadable,
    }
}

/// The pods that a subject or a peer of a policy of the cluster means: those of `namespaces`, or
/// those of `pods` with its two selectors.
pub(super) fn pod_set(reader: &mut Reader<'_>, at: &Place<'_>) -> Option<PodSet> {
    if let Some(namespaces) = at.get("namespaces") {
        let namespaces = Namespaces::Labelled(reader.selector(&namespaces));
        let pods = LabelSelector::everything();
        return Some(PodSet { namespaces, pods, without_host_network: true });
    }
    let at = at.get("pods")?;
    let mut selector = |key: &str| match at.get(key) {
        Some(selector) => reader.selector(&selector),
        None => {
            reader.refuse(&at, format!("`{key}` must be given; `{{}}` selects all"));
            LabelSelector { requirements: Vec::new(), unreadable: true }
        }
    };
    let namespaces = Namespaces::Labelled(selector("namespaceSelector"));
    let pods = selector("podSelector");
    Some(PodSet { namespaces, pods, without_host_network: true })
}
