//! The filters and scores of kube-scheduler, and its preemption.
//!
//! A [`Cluster`] is what the scheduler sees: nodes, pods, and what pods refer to. Selectors,
//! tolerations and quantities are typed here, but not yet resolved: the filters are those of
//! kube-scheduler, plugin by plugin.
//!
//! The behaviour followed is that of Kubernetes 1.33 with its default feature gates; files of the
//! `kubernetes/kubernetes` repository are cited where a rule stands.

mod apply;
mod bindings;
mod cluster;
mod expand;
mod filter;
mod load;
mod pod;
mod profile;
mod read;
mod resolve;
mod selector;
#[cfg(test)]
mod testing;
mod tree;
mod volume;

pub use apply::remaining;
pub use bindings::Bindings;
pub use cluster::{Budget, Cluster, Effect, Node, PodGroup, Taint};
pub use expand::{Expanded, Scale, expand};
pub use filter::{Filters, Plugin, PluginVerdict, Prepared, Rejection};
pub use load::{load, objects};
pub use pod::{
    HostPort, NodeAffinity, Owner, Pod, PodSpec, PodTerm, PreferredNodes, PreferredPods,
    SpreadConstraint, TaintMatch, Template, Toleration,
};
pub use profile::Profile;
pub use read::{ReadError, read};
pub use resolve::{Asked, Away, Near, NodeSet, Resolved, Spread, TemplateSet, Topology};
pub use selector::{LabelSelector, Labels, NodeSelector, NodeSelectorTerm, Operator, Requirement};
pub use volume::{Claim, StorageClass, Volume};

pub mod preemption;
pub mod score;
pub mod simulate;
pub mod tie;
