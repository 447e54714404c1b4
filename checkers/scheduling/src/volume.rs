//! What pods keep their data on.

use crate::{Labels, NodeSelector};

/// A `PersistentVolumeClaim`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Claim {
    /// The volume that it is bound to (`spec.volumeName`).
    pub volume: Option<String>,
    /// The storage class, where one is named.
    pub class: Option<String>,
    /// The access modes that are asked for.
    pub access_modes: Vec<String>,
    /// Whether it is on its way out (`deletionTimestamp`).
    pub terminating: bool,
    /// Whether its volume is lost (`status.phase`).
    pub lost: bool,
}

impl Claim {
    /// Whether only one pod of the cluster may use it at a time.
    pub fn is_for_one_pod(&self) -> bool {
        self.access_modes.iter().any(|mode| mode == "ReadWriteOncePod")
    }
}

/// A `PersistentVolume`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Volume {
    /// Its labels; those of zones and regions bind it to nodes that have them, too.
    pub labels: Labels,
    /// The nodes that can reach it (`spec.nodeAffinity.required`); all, where it is not given.
    pub nodes: Option<NodeSelector>,
    /// The CSI driver, if it is a CSI volume.
    pub driver: Option<String>,
}

/// A `StorageClass`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StorageClass {
    /// Whether a claim waits for its first pod (`volumeBindingMode: WaitForFirstConsumer`).
    pub waits: bool,
    /// The provisioner, none for `kubernetes.io/no-provisioner`.
    pub provisioner: Option<String>,
    /// Where volumes can be made (`allowedTopologies`); everywhere, where it is not given.
    pub nodes: Option<NodeSelector>,
}
