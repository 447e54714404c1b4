//! Values of the types that Kubernetes adds to CEL.

use std::cmp::Ordering;
use std::net::IpAddr;

use ipnet::IpNet;

use super::format::NamedFormat;
use super::quantity::Quantity;
use super::urls::Url;

/// A value of a type that Kubernetes adds to CEL.
#[derive(Debug, Clone)]
pub enum Opaque {
    /// An amount of a resource.
    Quantity(Quantity),
    /// An IP address.
    Ip(IpAddr),
    /// A network.
    Cidr(IpNet),
    /// A URL.
    Url(Url),
    /// A semantic version.
    Semver(semver::Version),
    /// A named string format.
    Format(&'static NamedFormat),
}

impl Opaque {
    pub(crate) const QUANTITY: &'static str = "kubernetes.Quantity";
    pub(crate) const IP: &'static str = "net.IP";
    pub(crate) const CIDR: &'static str = "net.CIDR";
    pub(crate) const URL: &'static str = "kubernetes.URL";
    pub(crate) const SEMVER: &'static str = "kubernetes.Semver";

    /// The name of its CEL type.
    pub(crate) const fn type_name(&self) -> &'static str {
        match self {
            Self::Quantity(_) => Self::QUANTITY,
            Self::Ip(_) => Self::IP,
            Self::Cidr(_) => Self::CIDR,
            Self::Url(_) => Self::URL,
            Self::Semver(_) => Self::SEMVER,
            Self::Format(_) => "kubernetes.NamedFormat",
        }
    }

    /// Whether both are the same amount, address, ...
    pub(crate) fn equals(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Quantity(a), Self::Quantity(b)) => a.cmp(b) == Ordering::Equal,
            (Self::Ip(a), Self::Ip(b)) => a == b,
            (Self::Cidr(a), Self::Cidr(b)) => a == b,
            (Self::Url(a), Self::Url(b)) => a.text() == b.text(),
            (Self::Semver(a), Self::Semver(b)) => a.cmp_precedence(b) == Ordering::Equal,
            (Self::Format(a), Self::Format(b)) => std::ptr::eq(*a, *b),
            _ => false,
        }
    }
}
