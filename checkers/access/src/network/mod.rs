//! Who can connect to whom: network policies of all tiers.
//!
//! [`read`] turns objects into a [`Network`]. [`Network::decide`] decides one connection from the
//! definition of the policies; [`Connections`] decides all of them at once, by classes of
//! workloads and addresses that no policy tells apart.
//!
//! # Semantics
//!
//! A connection needs to be let out by the policies of its source and let in by those of its
//! destination. In each direction the first tier that decides does: rules of the Admin tier by
//! priority and order, then the `NetworkPolicy` objects that isolate the pod (the union of what
//! they allow, nothing else), then rules of the Baseline tier; what is left is allowed. Sources:
//! the Kubernetes documentation of network policies, and `apis/` of
//! `kubernetes-sigs/network-policy-api`.
//!
//! What is not known is kept apart from what is allowed and what is denied:
//!
//! * the labels of a namespace without an object (but for its name), and labels that controllers
//!   set;
//! * whether a pod's address is in a block: see [`Assumptions`];
//! * whether a `NetworkPolicy` applies to pods on the host's network, as plugins differ; policies of
//!   the cluster never do;
//! * what nodes and domain names stand for, outside of the cluster;
//! * what an object means that the API server would refuse.
//!
//! A pod's traffic to itself is always allowed. Replies to allowed connections are, and are not
//! looked at; protocols other than TCP, UDP and SCTP are up to the plugin. What nodes do to
//! connections (address translation, traffic from the node of a pod) is not modelled.

mod address;
mod allows;
mod classes;
mod connectivity;
mod diff;
mod entered;
mod exposure;
mod intervals;
mod lints;
mod model;
mod ports;
mod read;
mod rows;
pub mod rules;
mod selector;
mod tiers;

pub use address::AddressSet;
pub use allows::{Connection, Explanation, Side, Verdict};
pub use connectivity::{Connections, Flow, Link, Party, Totals, Wanted};
pub use diff::{Disagreement, NetworkDifferences, Request, diff};
pub use entered::{Entered, Routed, entered, routed};
pub use exposure::{Exposure, LabelValues, Strangers, exposure};
pub use lints::lint;
pub use model::{
    Action, Assumptions, ClusterPolicy, ContainerPort, Direction, End, Entry, NAME_LABEL,
    Namespace, NamespacedPolicy, Namespaces, Network, Peer, PodSet, PortRule, Rule, Tier,
    Unmodelled, Workload,
};
pub use ports::{PortSet, Protocol};
pub use read::read;
pub use selector::{Label, LabelSelector, Labels, Name, Operator, Requirement, Truth};

pub(crate) use address::read_block;
pub(crate) use model::Names;

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) use tests::cases;
