//! The filters and scores of kube-scheduler, and its preemption.
//!
//! A [`Cluster`] is what the scheduler sees: nodes, pods, and what pods refer to. Selectors,
//! tolerations and quantities are typed here, but not yet resolved: the filters are those of
//! kube-scheduler, plugin by plugin.
//!
//! The behaviour followed is that of Kubernetes 1.33 with its default feature gates; files of the
//! `kubernetes/kubernetes` repository are cited where a rule stands.

mod cluster;
mod pod;
mod read;
mod selector;
mod volume;

pub use cluster::{Budget, Cluster, Effect, Node, PodGroup, Taint};
pub use pod::{
    HostPort, NodeAffinity, Owner, Pod, PodSpec, PodTerm, PreferredNodes, PreferredPods,
    SpreadConstraint, TaintMatch, Template, Toleration,
};
pub use read::{ReadError, read};
pub use selector::{LabelSelector, Labels, NodeSelector, NodeSelectorTerm, Operator, Requirement};
pub use volume::{Claim, StorageClass, Volume};

pub mod tie;
