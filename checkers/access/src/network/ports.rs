//! Protocols and sets of ports.

use std::fmt;

use serde::{Serialize, Serializer};

use super::intervals::Intervals;

/// A protocol that policies tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// TCP, what a port is if nothing is said.
    Tcp,
    /// UDP.
    Udp,
    /// SCTP.
    Sctp,
}

impl Protocol {
    /// All protocols. What others there are (ICMP, say) is up to the network plugin.
    pub const ALL: [Self; 3] = [Self::Tcp, Self::Udp, Self::Sctp];

    /// The name as manifests write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tcp => "TCP",
            Self::Udp => "UDP",
            Self::Sctp => "SCTP",
        }
    }

    /// The protocol of a name; names are case-sensitive.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|protocol| protocol.as_str() == name)
    }

    /// Where on the line of all ports the port 0 of this protocol is.
    const fn origin(self) -> u32 {
        match self {
            Self::Tcp => 0,
            Self::Udp => 1 << 16,
            Self::Sctp => 2 << 16,
        }
    }
}

impl Serialize for Protocol {
    /// Writes the name.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A set of ports of the three protocols, each from 1 to 65535.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PortSet(Intervals<u32>);

impl PortSet {
    /// No port.
    pub const fn none() -> Self {
        Self(Intervals::empty())
    }

    /// All ports of all protocols.
    pub fn all() -> Self {
        Self::of(Protocol::ALL.into_iter().map(|protocol| (protocol, 1, u16::MAX)))
    }

    /// The ports from `first` to `last` of a protocol, both included.
    pub fn range(protocol: Protocol, first: u16, last: u16) -> Self {
        Self::of([(protocol, first, last)])
    }

    /// The ports of all these ranges; port 0 is none.
    pub fn of(ranges: impl IntoIterator<Item = (Protocol, u16, u16)>) -> Self {
        Self(Intervals::of(ranges.into_iter().map(|(protocol, first, last)| {
            (protocol.origin() + u32::from(first.max(1)), protocol.origin() + u32::from(last))
        })))
    }

    /// The ranges, by protocol and then ascending.
    pub fn ranges(&self) -> impl Iterator<Item = (Protocol, u16, u16)> + '_ {
        self.0.ranges().iter().filter_map(|&(first, last)| {
            let protocol = Protocol::ALL.into_iter().rfind(|at| at.origin() <= first)?;
            let port = |at: u32| u16::try_from(at - protocol.origin()).ok();
            Some((protocol, port(first)?, port(last)?))
        })
    }

    /// How many ports it holds.
    pub fn len(&self) -> u32 {
        self.0.ranges().iter().map(|(first, last)| last - first + 1).sum()
    }

    /// Whether it holds no port.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it holds all ports of all protocols.
    pub fn is_all(&self) -> bool {
        *self == Self::all()
    }

    /// Whether it holds a port.
    pub fn contains(&self, protocol: Protocol, port: u16) -> bool {
        port > 0 && self.0.contains(protocol.origin() + u32::from(port))
    }

    /// The least port of the first protocol it has one of.
    pub fn first(&self) -> Option<(Protocol, u16)> {
        self.ranges().next().map(|(protocol, first, _)| (protocol, first))
    }

    /// The ports of either set.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self(self.0.union(&other.0))
    }

    /// The ports of both sets.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        Self(self.0.intersection(&other.0))
    }

    /// The ports of this set that are not in the other.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        Self(self.0.difference(&other.0))
    }

    /// Whether all its ports are in the other set.
    pub fn is_subset(&self, other: &Self) -> bool {
        self.0.is_subset(&other.0)
    }
}

impl fmt::Display for PortSet {
    /// Writes `all ports`, `no ports`, or protocol by protocol `TCP 80, 8000-8080; all UDP`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("no ports");
        }
        if self.is_all() {
            return f.write_str("all ports");
        }
        let mut between = "";
        for protocol in Protocol::ALL {
            let ranges: Vec<_> = self.ranges().filter(|range| range.0 == protocol).collect();
            match ranges.as_slice() {
                [] => continue,
                [(_, 1, u16::MAX)] => write!(f, "{between}all {protocol}")?,
                ranges => {
                    let shown: Vec<_> = ranges.iter().map(|range| show(*range)).collect();
                    write!(f, "{between}{protocol} {}", shown.join(", "))?;
                }
            }
            between = "; ";
        }
        Ok(())
    }
}

fn show((_, first, last): (Protocol, u16, u16)) -> String {
    if first == last { first.to_string() } else { format!("{first}-{last}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_of_ports_read_as_people_write_them() {
        use Protocol::{Sctp, Tcp, Udp};
        for (ranges, expected) in [
            (vec![], "no ports"),
            (vec![(Tcp, 80, 80), (Tcp, 8000, 8080)], "TCP 80, 8000-8080"),
            (vec![(Udp, 0, 65535), (Tcp, 1, 1)], "TCP 1; all UDP"),
            (vec![(Tcp, 1, 9), (Tcp, 10, 12)], "TCP 1-12"),
            (vec![(Tcp, 1, 65535), (Udp, 1, 65535), (Sctp, 1, 65535)], "all ports"),
        ] {
            assert_eq!(PortSet::of(ranges).to_string(), expected);
        }
    }

    #[test]
    fn protocols_do_not_run_into_each_other() {
        let last = PortSet::range(Protocol::Tcp, 65535, 65535);
        let first = PortSet::range(Protocol::Udp, 1, 1);
        assert_eq!(last.union(&first).ranges().count(), 2);
        assert!(!last.contains(Protocol::Udp, 65535) && !first.contains(Protocol::Tcp, 1));
        assert_eq!(PortSet::all().len(), 3 * 65535);
        assert!(!PortSet::all().contains(Protocol::Tcp, 0));
    }
}
