//! The claims of a pod: where their volumes are, and what they count for.

use std::collections::{BTreeMap, BTreeSet};

use super::Refusal;
use super::objects::{BindingMode, Claim, CsiNode, Node, Pod, StorageClass, Volume};
use super::reading::Objects;
use super::selector::NodeFilter;

/// The labels of a volume that confine it to a zone or region, with what a node may have instead
/// (`plugins/volumezone/volume_zone.go`).
const ZONES: [(&str, &str); 4] = [
    ("failure-domain.beta.kubernetes.io/zone", "topology.kubernetes.io/zone"),
    ("failure-domain.beta.kubernetes.io/region", "topology.kubernetes.io/region"),
    ("topology.kubernetes.io/zone", "topology.kubernetes.io/zone"),
    ("topology.kubernetes.io/region", "topology.kubernetes.io/region"),
];

/// A claim that a pod mounts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Mounted {
    /// `namespace/name` of the claim.
    pub name: String,
    /// Whether it is mounted by its name, and was not made for the pod alone (`ephemeral`).
    pub named: bool,
}

/// The claims of a pod, each once.
pub(super) fn mounted(pod: &Pod) -> BTreeSet<Mounted> {
    let namespace = pod.metadata.namespace();
    let claims = pod.spec.volumes.iter().filter_map(|volume| {
        let (claim, named) = match &volume.persistent_volume_claim {
            Some(claim) => (claim.claim_name.clone(), true),
            None if volume.ephemeral.is_some() => {
                (format!("{}-{}", pod.metadata.name, volume.name), false)
            }
            None => return None,
        };
        Some(Mounted { name: format!("{namespace}/{claim}"), named })
    });
    claims.collect()
}

/// Where the volume of a claim can be mounted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reach {
    /// Nowhere: the claim is not ready.
    Nowhere,
    /// On the nodes that pass the filter and are in the zones.
    Nodes(Option<NodeFilter>, Vec<Zone>),
}

/// A label of a volume, what a node may have instead, and the values of which a node has to have
/// one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Zone(&'static str, &'static str, BTreeSet<String>);

impl Reach {
    /// Where a claim can be mounted (`plugins/volumebinding/volume_binding.go` and `binder.go`).
    pub(super) fn of(mounted: &Mounted, objects: &Objects) -> Result<Self, Refusal> {
        let Some(claim) = objects.claims.get(&mounted.name) else { return Ok(Self::Nowhere) };
        if claim.metadata.deletion_timestamp.is_some() || *claim.status.phase == "Lost" {
            return Ok(Self::Nowhere);
        }
        let refused =
            |reason| Refusal::Unsupported { object: format!("claim `{}`", mounted.name), reason };
        if !claim.spec.volume_name.is_empty() {
            return match objects.volumes.get(&*claim.spec.volume_name) {
                Some(volume) => Self::of_volume(volume, mounted.named).map_err(refused),
                None => Ok(Self::Nowhere),
            };
        }
        match objects.storage_classes.get(&*claim.spec.storage_class_name) {
            Some(class) if *class.volume_binding_mode == BindingMode::WaitForFirstConsumer => {
                Self::of_class(class).map_err(refused)
            }
            _ => Ok(Self::Nowhere),
        }
    }

    fn of_volume(volume: &Volume, named: bool) -> Result<Self, String> {
        let filter = volume.spec.node_affinity.required.as_ref().map(NodeFilter::of_terms);
        let zones = ZONES.iter().filter(|_| named).filter_map(|&(key, other)| {
            let value = volume.metadata.labels.get(key)?;
            let values: BTreeSet<_> = value.split("__").map(str::to_owned).collect();
            // A value with an empty part is passed over (`LabelZonesToSet`).
            (!values.contains("")).then_some(Zone(key, other, values))
        });
        Ok(Self::Nodes(filter.transpose()?, zones.collect()))
    }

    fn of_class(class: &StorageClass) -> Result<Self, String> {
        if class.provisioner == "kubernetes.io/no-provisioner" {
            return Err("it is not bound, and its class has no provisioner".to_owned());
        }
        let terms = &class.allowed_topologies;
        let filter = (!terms.is_empty()).then(|| NodeFilter::of_topologies(terms));
        Ok(Self::Nodes(filter, Vec::new()))
    }

    /// Whether a node is within reach.
    pub(super) fn admits(&self, node: &Node) -> bool {
        let Self::Nodes(filter, zones) = self else { return false };
        let labels = &node.metadata.labels;
        let located = ZONES.iter().any(|(key, _)| labels.contains_key(*key));
        filter.as_ref().is_none_or(|filter| filter.admits(node))
            && (!located
                || zones.iter().all(|Zone(key, other, values)| {
                    let value = labels.get(*key).or_else(|| labels.get(*other));
                    value.is_some_and(|value| values.contains(value))
                }))
    }
}

/// The CSI driver of a claim (`plugins/nodevolumelimits/csi.go`, `getCSIDriverInfo`): that of its
/// volume, or the provisioner of its class while there is no volume.
fn driver<'a>(claim: &'a Claim, objects: &'a Objects) -> Option<&'a str> {
    if let Some(volume) = objects.volumes.get(&*claim.spec.volume_name) {
        return volume.spec.csi.as_ref().map(|csi| csi.driver.as_str());
    }
    let class = objects.storage_classes.get(&*claim.spec.storage_class_name)?;
    Some(&class.provisioner)
}

/// How the names of the resources begin that volumes of a CSI driver count for.
pub(super) const ATTACHABLE: &str = "attachable-volumes-csi-";

/// How many volumes a pod has, by resource.
pub(super) fn attached(mounted: &BTreeSet<Mounted>, objects: &Objects) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for claim in mounted.iter().filter_map(|mounted| objects.claims.get(&mounted.name)) {
        if let Some(driver) = driver(claim, objects) {
            *counts.entry(format!("{ATTACHABLE}{driver}")).or_default() += 1;
        }
    }
    counts
}

/// How many volumes a node can have, by resource.
pub(super) fn limits(node: &CsiNode) -> BTreeMap<String, u64> {
    let limited = node.spec.drivers.iter().filter_map(|driver| {
        Some((format!("{ATTACHABLE}{}", driver.name), u64::from(driver.allocatable.count?)))
    });
    limited.collect()
}

/// Whether only one pod at a time can use a claim
/// (`plugins/volumerestrictions/volume_restrictions.go`).
pub(super) fn is_exclusive(mounted: &Mounted, objects: &Objects) -> bool {
    let claim = objects.claims.get(&mounted.name).filter(|_| mounted.named);
    claim.is_some_and(|claim| claim.spec.access_modes.iter().any(|mode| mode == "ReadWriteOncePod"))
}
