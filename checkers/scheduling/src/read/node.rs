//! Nodes.

use std::collections::BTreeMap;

use seatrial_manifests::Object;

use super::affinity::effect;
use super::field::{Field, Read};
use super::quantity::LIMIT;
use super::requests::amounts;
use crate::{Cluster, Node, Taint};

/// The fields of a node's `spec`. Those that are not read have no say in what may run there.
const KNOWN: &[&str] =
    &["configSource", "externalID", "podCIDR", "podCIDRs", "providerID", "taints", "unschedulable"];

/// A node whose amounts have not been brought into order.
pub(super) struct NodeRead {
    pub(super) node: Node,
    /// What it can hold, by the name of the resource.
    pub(super) allocatable: BTreeMap<String, u64>,
}

/// Reads a node. What it can hold is rounded up to the unit, as kube-scheduler does.
pub(super) fn read(object: &Object) -> Read<NodeRead> {
    let field = Field::of(object);
    let known = field.at(&["status", "allocatable"]).map(|_| "allocatable");
    let list = match field.get("status") {
        Some(status) => amounts(status, known.unwrap_or("capacity"))?,
        None => BTreeMap::new(),
    };
    let units = |(name, amount): (String, super::quantity::Quantity)| {
        let units = amount.rounded_up(&name);
        if units < LIMIT { Ok((name, units)) } else { Err(too_much(field, &name)) }
    };
    let allocatable = list.into_iter().map(units).collect::<Read<_>>()?;
    let taint = |taint: Field<'_>| {
        let missing = || taint.error("`effect` is missing");
        Ok(Taint {
            key: taint.required_text("key")?.to_owned(),
            value: taint.text_at("value")?.unwrap_or_default().to_owned(),
            effect: effect(taint.get("effect").ok_or_else(missing)?)?,
        })
    };
    let spec = field.get("spec");
    spec.map_or(Ok(()), |spec| spec.knows_only(KNOWN))?;
    let taints = spec.map_or(Ok(Vec::new()), |spec| spec.list("taints"))?;
    let labels = field.get("metadata").map_or(Ok(BTreeMap::new()), |meta| meta.labels("labels"))?;
    let node = Node {
        name: object.name().to_owned(),
        labels,
        allocatable: Vec::new(),
        taints: taints.into_iter().map(taint).collect::<Read<_>>()?,
        unschedulable: spec.map_or(Ok(false), |spec| spec.is_true("unschedulable"))?,
        images: images(field)?,
        location: Some(object.name_location()),
    };
    Ok(NodeRead { node, allocatable })
}

/// More than is counted.
pub(super) fn too_much(field: Field<'_>, resource: &str) -> super::ReadError {
    field.error(format!("`{resource}` is absurdly much: amounts stay below 2^62"))
}

fn images(field: Field<'_>) -> Read<BTreeMap<String, u64>> {
    let mut images = BTreeMap::new();
    let Some(status) = field.get("status") else { return Ok(images) };
    for image in status.list("images")? {
        let size = image.get("sizeBytes").map_or(Ok(0), Field::integer::<u64>)?;
        for name in image.texts("names")? {
            images.insert(name, size);
        }
    }
    Ok(images)
}

/// How many volumes of each driver nodes can hold: by the name of the node, then the resource.
#[derive(Default)]
pub(super) struct VolumeLimits(pub(super) BTreeMap<String, BTreeMap<String, u64>>);

impl VolumeLimits {
    /// Reads a `CSINode`.
    pub(super) fn read(&mut self, object: &Object) -> Read<()> {
        let Some(spec) = Field::of(object).get("spec") else { return Ok(()) };
        for driver in spec.list("drivers")? {
            let Some(count) = driver.at(&["allocatable", "count"]) else { continue };
            let resource = format!("{}{}", Cluster::VOLUMES, driver.required_text("name")?);
            let limits = self.0.entry(object.name().to_owned()).or_default();
            limits.insert(resource, count.integer::<u32>()?.into());
        }
        Ok(())
    }

    /// Whether some node has a limit of this resource.
    pub(super) fn know(&self, resource: &str) -> bool {
        self.0.values().any(|limits| limits.contains_key(resource))
    }
}
