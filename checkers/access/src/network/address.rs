//! Addresses and blocks of addresses, of both families on one line.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use super::intervals::{Intervals, Point};

/// Where the addresses of IPv4 lie on the line: those that IPv6 sets aside for them (RFC 4291,
/// section 2.5.5.2) and that therefore no IPv6 packet carries.
const V4: u128 = 0xffff_0000_0000;
const V4_LAST: u128 = 0xffff_ffff_ffff;

/// The point of an address on the line of all addresses.
pub(crate) fn point(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => V4 | u128::from(u32::from(address)),
        IpAddr::V6(address) => u128::from(address),
    }
}

/// The address of a point of the line.
fn address(point: u128) -> IpAddr {
    match (V4..=V4_LAST).contains(&point).then(|| u32::try_from(point - V4)) {
        Some(Ok(short)) => IpAddr::V4(short.into()),
        _ => IpAddr::V6(Ipv6Addr::from(point)),
    }
}

/// A set of addresses of both families.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AddressSet(Intervals<u128>);

impl AddressSet {
    /// No address.
    pub const fn none() -> Self {
        Self(Intervals::empty())
    }

    /// All addresses of both families.
    pub fn all() -> Self {
        Self(Intervals::range(u128::MIN, u128::MAX))
    }

    /// All addresses of IPv4.
    pub fn all_v4() -> Self {
        Self(Intervals::range(V4, V4_LAST))
    }

    /// One address.
    pub fn one(address: IpAddr) -> Self {
        Self(Intervals::range(point(address), point(address)))
    }

    /// The addresses from one to another of the same family; none if they are in the wrong order.
    pub(crate) fn span(first: IpAddr, last: IpAddr) -> Self {
        let (first, last) = (point(first), point(last));
        if first <= last { Self(Intervals::range(first, last)) } else { Self::none() }
    }

    /// The addresses of IPv6, as numbers, from one to another, without those that stand for IPv4.
    pub(crate) fn span_v6(first: u128, last: u128) -> Self {
        Self(Intervals::range(first, last)).difference(&Self::all_v4())
    }

    /// The addresses of all these sets.
    pub fn of<'a>(sets: impl IntoIterator<Item = &'a Self>) -> Self {
        let ranges = sets.into_iter().flat_map(|set| set.0.ranges().iter().copied());
        Self(Intervals::of(ranges))
    }

    /// The addresses in which pods and nodes are assumed to be where nothing else is said: those
    /// that IPv4 sets aside for private networks (RFC 1918, RFC 6598).
    pub fn private() -> Self {
        let blocks = ["10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16"];
        let blocks: Vec<_> =
            blocks.into_iter().filter_map(|block| read_block(block).ok()).collect();
        Self::of(blocks.iter().map(|block| &block.addresses))
    }

    /// Whether it holds an address.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(point(address))
    }

    /// Whether it holds no address.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Its least address, those of IPv4 before those of IPv6.
    pub fn first(&self) -> Option<IpAddr> {
        let v4 = self.0.intersection(&Self::all_v4().0).first();
        v4.or_else(|| self.0.first()).map(address)
    }

    /// The coarsest sets, together all addresses, that none of these blocks cuts in two.
    pub(crate) fn partition<'a>(blocks: impl Iterator<Item = &'a Self>) -> Vec<Self> {
        // At each point where blocks begin or end: the blocks that do.
        let mut turns: BTreeMap<u128, BTreeSet<usize>> = BTreeMap::from([(0, BTreeSet::new())]);
        for (block, set) in blocks.enumerate() {
            for &(first, last) in set.0.ranges() {
                let after = last.next();
                for point in std::iter::once(first).chain(after) {
                    turns.entry(point).or_default().insert(block);
                }
            }
        }
        // Going along the line, a block that turns is left if we were in it, else entered.
        let mut inside: BTreeSet<usize> = BTreeSet::new();
        let mut classes: BTreeMap<Vec<usize>, Vec<(u128, u128)>> = BTreeMap::new();
        let ends = turns.keys().skip(1).map(|&next| next - 1).chain([u128::MAX]);
        for ((&first, turning), last) in turns.iter().zip(ends) {
            inside = inside.symmetric_difference(turning).copied().collect();
            let blocks = inside.iter().copied().collect();
            classes.entry(blocks).or_default().push((first, last));
        }
        let mut sets: Vec<_> = classes.into_values().map(|it| Self(Intervals::of(it))).collect();
        sets.sort_unstable();
        sets
    }

    /// The addresses of both sets.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        Self(self.0.intersection(&other.0))
    }

    /// The addresses of this set that are not in the other.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        Self(self.0.difference(&other.0))
    }

    /// Whether all its addresses are in the other set.
    pub fn is_subset(&self, other: &Self) -> bool {
        self.0.is_subset(&other.0)
    }

    /// Whether the two have no address in common.
    pub fn is_disjoint(&self, other: &Self) -> bool {
        self.0.is_disjoint(&other.0)
    }

    /// Its ranges, those of IPv4 before those of IPv6, each as its first and last address.
    pub fn ranges(&self) -> Vec<(IpAddr, IpAddr)> {
        let v4 = Self::all_v4().0;
        let (short, long) = (self.0.intersection(&v4), self.0.difference(&v4));
        let points = short.ranges().iter().chain(long.ranges());
        points.map(|&(first, last)| (address(first), address(last))).collect()
    }
}

impl fmt::Display for AddressSet {
    /// Writes blocks as `10.0.0.0/8`, other ranges as `10.0.0.0-10.0.0.9`, single addresses alone.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::all() {
            return f.write_str("any address");
        }
        let shown: Vec<_> = self.ranges().into_iter().map(show).collect();
        if shown.is_empty() { f.write_str("no address") } else { f.write_str(&shown.join(", ")) }
    }
}

fn show((first, last): (IpAddr, IpAddr)) -> String {
    if first == last {
        return first.to_string();
    }
    let bits = if first.is_ipv4() { 32 } else { 128 };
    let differing = point(first) ^ point(last);
    let host = u128::BITS - differing.leading_zeros();
    // The two ends of a block differ in all bits of the host part, which is 0 and 1 throughout.
    let is_block = differing.count_ones() == host && point(first) & differing == 0;
    if is_block && host <= bits {
        format!("{first}/{}", bits - host)
    } else {
        format!("{first}-{last}")
    }
}

/// A block of addresses in CIDR notation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Block {
    /// Its addresses.
    pub(crate) addresses: AddressSet,
    /// Whether it is of IPv4.
    pub(crate) is_v4: bool,
    /// The number of leading bits that are the same in all its addresses.
    pub(crate) prefix: u32,
    /// The notation in which no bit behind the prefix is set.
    pub(crate) canonical: String,
    /// Whether the text is that notation, so far as the bits go.
    pub(crate) has_host_bits: bool,
}

/// Reads a block in CIDR notation; the error says what is wrong as a fragment.
///
/// Stricter than the API server used to be: numbers with leading zeros mean different things to
/// different readers, and so do addresses of IPv4 written as IPv6.
pub(crate) fn read_block(text: &str) -> Result<Block, String> {
    let Some((written, bits)) = text.split_once('/') else {
        return Err("it has no prefix length (`/24`, say)".to_owned());
    };
    let address: IpAddr = written.parse().map_err(|_| {
        let padded = written.split('.').any(|part| part.len() > 1 && part.starts_with('0'));
        let why = if padded { "leading zeros are ambiguous" } else { "it is no address" };
        format!("`{written}`: {why}")
    })?;
    let is_v4 = address.is_ipv4();
    if !is_v4 && (V4..=V4_LAST).contains(&point(address)) {
        return Err("an IPv4 address in the form of IPv6".to_owned());
    }
    let width = if is_v4 { 32 } else { 128 };
    let prefix = bits.parse::<u32>().ok().filter(|&prefix| prefix <= width);
    let prefix = prefix
        .filter(|_| bits.bytes().all(|byte| byte.is_ascii_digit()))
        .ok_or_else(|| format!("the prefix length `{bits}` is no number from 0 to {width}"))?;
    let host = 1_u128.checked_shl(width - prefix).map_or(u128::MAX, |bit| bit - 1);
    let (first, last) = (point(address) & !host, point(address) | host);
    let mut range = Intervals::range(first, last);
    if !is_v4 {
        range = range.difference(&AddressSet::all_v4().0);
    }
    let canonical = format!("{}/{prefix}", self::address(first));
    let has_host_bits = first != point(address);
    Ok(Block { addresses: AddressSet(range), is_v4, prefix, canonical, has_host_bits })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(blocks: &[&str]) -> AddressSet {
        let blocks: Vec<_> = blocks.iter().map(|block| read_block(block).unwrap()).collect();
        AddressSet::of(blocks.iter().map(|block| &block.addresses))
    }

    #[test]
    fn blocks_hold_what_cidr_notation_says() {
        for (block, inside, outside) in [
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.0"),
            ("10.0.0.7/32", "10.0.0.7", "10.0.0.6"),
            ("0.0.0.0/0", "255.255.255.255", "::1"),
            ("::/0", "2001:db8::1", "1.2.3.4"),
            ("fd00::/8", "fdff::", "fe00::"),
            ("fd00::1/128", "fd00::1", "fd00::2"),
        ] {
            let set = set(&[block]);
            assert!(set.contains(inside.parse().unwrap()), "{inside} is in {block}");
            assert!(!set.contains(outside.parse().unwrap()), "{outside} is not in {block}");
        }
        assert_eq!(set(&["0.0.0.0/0", "::/0"]), AddressSet::all());
    }

    #[test]
    fn sets_read_as_blocks_and_ranges() {
        let internet = set(&["0.0.0.0/0"]).difference(&set(&["10.0.0.0/8"]));
        for (set, expected) in [
            (set(&["10.0.0.0/9", "10.128.0.0/9"]), "10.0.0.0/8"),
            (set(&["10.0.0.1/32", "fd00::/8"]), "10.0.0.1, fd00::/8"),
            (internet, "0.0.0.0-9.255.255.255, 11.0.0.0-255.255.255.255"),
            (AddressSet::all(), "any address"),
            (AddressSet::none(), "no address"),
            (set(&["0.0.0.0/0"]), "0.0.0.0/0"),
        ] {
            assert_eq!(set.to_string(), expected);
        }
        assert_eq!(set(&["::/0"]).first(), Some("::".parse().unwrap()));
        assert_eq!(AddressSet::all().first(), Some("0.0.0.0".parse().unwrap()));
    }

    #[test]
    fn a_partition_cuts_no_block_and_is_the_coarsest() {
        let blocks = ["10.0.0.0/8", "10.1.0.0/16", "10.1.2.0/24", "fd00::/8"].map(|it| set(&[it]));
        let twins = [set(&["192.0.2.0/24"]), set(&["192.0.2.0/24"])];
        let classes = AddressSet::partition(blocks.iter().chain(&twins));
        assert_eq!(AddressSet::of(&classes), AddressSet::all());
        assert_eq!(classes.len(), 6, "{classes:?}");
        for (class, block) in classes.iter().flat_map(|c| blocks.iter().map(move |b| (c, b))) {
            assert!(class.is_subset(block) || class.is_disjoint(block), "{class} and {block}");
        }
        assert_eq!(AddressSet::partition([].into_iter()), [AddressSet::all()]);
    }

    #[test]
    fn what_is_no_block_is_refused_with_the_reason() {
        for (text, reason) in [
            ("10.0.0.0", "it has no prefix length"),
            ("10.0.0.0/33", "no number from 0 to 32"),
            ("fd00::/129", "no number from 0 to 128"),
            ("10.0.0.0/+8", "no number"),
            ("10.0.0.0/", "no number"),
            ("10.0.0/8", "it is no address"),
            ("010.0.0.0/8", "leading zeros"),
            ("::ffff:10.0.0.0/104", "in the form of IPv6"),
            ("localhost/8", "it is no address"),
        ] {
            let problem = read_block(text).unwrap_err();
            assert!(problem.contains(reason), "{text}: {problem}");
        }
        let block = read_block("10.1.2.3/8").unwrap();
        assert!(block.has_host_bits);
        assert_eq!((block.canonical.as_str(), block.prefix, block.is_v4), ("10.0.0.0/8", 8, true));
    }
}
