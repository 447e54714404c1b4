//! `ip("…")` and `cidr("…")`.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::error::{Evaluated, Failure};
use crate::value::{Plain, Value};

use super::{Call, Cost, Function, Opaque, global, member};

pub(super) const IP_FUNCTIONS: &[Function] = &[
    global("ip", 1, Cost::Traversal, |call| {
        Some(parse_ip(call.str(0)?).map(|address| Value::Opaque(Opaque::Ip(address).into())))
    }),
    global("isIP", 1, Cost::Traversal, |call| {
        Some(Ok(Value::Bool(parse_ip(call.str(0)?).is_ok())))
    }),
    global("ip.isCanonical", 1, Cost::TwoTraversals, |call| {
        let text = call.str(0)?;
        Some(parse_ip(text).map(|address| Value::Bool(address.to_string() == text)))
    }),
    member("family", 1, Cost::Fixed(1), |call| {
        Some(Ok(Value::Int(if ip(call, 0)?.is_ipv4() { 4 } else { 6 })))
    }),
    member("isUnspecified", 1, Cost::Fixed(1), |call| bool(ip(call, 0)?.is_unspecified())),
    member("isLoopback", 1, Cost::Fixed(1), |call| bool(ip(call, 0)?.is_loopback())),
    member("isLinkLocalMulticast", 1, Cost::Fixed(1), |call| {
        bool(is_link_local_multicast(ip(call, 0)?))
    }),
    member("isLinkLocalUnicast", 1, Cost::Fixed(1), |call| {
        bool(is_link_local_unicast(ip(call, 0)?))
    }),
    member("isGlobalUnicast", 1, Cost::Fixed(1), |call| {
        let address = ip(call, 0)?;
        let broadcast = matches!(address, IpAddr::V4(v4) if v4.is_broadcast());
        bool(
            !(address.is_unspecified()
                || address.is_loopback()
                || address.is_multicast()
                || is_link_local_unicast(address)
                || broadcast),
        )
    }),
];

pub(super) const CIDR_FUNCTIONS: &[Function] = &[
    global("cidr", 1, Cost::Traversal, |call| {
        Some(parse_cidr(call.str(0)?).map(|network| Value::Opaque(Opaque::Cidr(network).into())))
    }),
    global("isCIDR", 1, Cost::Traversal, |call| {
        Some(Ok(Value::Bool(parse_cidr(call.str(0)?).is_ok())))
    }),
    member("containsIP", 2, Cost::Fixed(10), |call| {
        let network = cidr(call, 0)?;
        let address = match call.plain(1)? {
            Plain::Str(text) => parse_ip(text),
            _ => Ok(ip(call, 1)?),
        };
        Some(address.map(|address| Value::Bool(network.contains(&address))))
    }),
    member("containsCIDR", 2, Cost::Fixed(10), |call| {
        let network = cidr(call, 0)?;
        let other = match call.plain(1)? {
            Plain::Str(text) => parse_cidr(text),
            _ => Ok(cidr(call, 1)?),
        };
        Some(other.map(|other| Value::Bool(network.trunc().contains(&other.trunc()))))
    }),
    member("ip", 1, Cost::Fixed(1), |call| {
        Some(Ok(Value::Opaque(Opaque::Ip(cidr(call, 0)?.addr()).into())))
    }),
    member("prefixLength", 1, Cost::Fixed(1), |call| {
        Some(Ok(Value::Int(cidr(call, 0)?.prefix_len().into())))
    }),
    member("masked", 1, Cost::Fixed(1), |call| {
        Some(Ok(Value::Opaque(Opaque::Cidr(cidr(call, 0)?.trunc()).into())))
    }),
];

#[expect(clippy::unnecessary_wraps, reason = "the type of all results here")]
fn bool<'a>(value: bool) -> Option<Evaluated<Value<'a>>> {
    Some(Ok(Value::Bool(value)))
}

fn ip(call: Call<'_, '_>, index: usize) -> Option<IpAddr> {
    match call.opaque(index)? {
        Opaque::Ip(address) => Some(*address),
        _ => None,
    }
}

fn cidr(call: Call<'_, '_>, index: usize) -> Option<IpNet> {
    match call.opaque(index)? {
        Opaque::Cidr(network) => Some(*network),
        _ => None,
    }
}

/// Reads an address; one of version 4 in the clothes of version 6 is refused, as is a zone.
pub(super) fn parse_ip(text: &str) -> Evaluated<IpAddr> {
    let address: Option<IpAddr> = text.parse().ok();
    let mapped = matches!(address, Some(IpAddr::V6(v6)) if v6.to_ipv4_mapped().is_some());
    address.filter(|_| !mapped).ok_or_else(|| Failure::error(format!("`{text}` is no IP address")))
}

fn parse_cidr(text: &str) -> Evaluated<IpNet> {
    let network: Option<IpNet> = text.parse().ok();
    let mapped = matches!(network, Some(IpNet::V6(v6)) if v6.addr().to_ipv4_mapped().is_some());
    network.filter(|_| !mapped).ok_or_else(|| Failure::error(format!("`{text}` is no CIDR")))
}

fn is_link_local_unicast(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_link_local(),
        IpAddr::V6(v6) => v6.segments().first().is_some_and(|first| first & 0xffc0 == 0xfe80),
    }
}

fn is_link_local_multicast(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => matches!(v4.octets(), [224, 0, 0, _]),
        IpAddr::V6(v6) => v6.segments().first().is_some_and(|first| first & 0xff0f == 0xff02),
    }
}
