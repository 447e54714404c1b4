//! Claims, volumes and storage classes.

use seatrial_manifests::Object;

use super::affinity::node_selector;
use super::field::{Field, Read};
use crate::{Claim, NodeSelector, NodeSelectorTerm, Operator, Requirement, StorageClass, Volume};

/// Reads a `PersistentVolumeClaim`.
pub(super) fn claim(object: &Object) -> Read<Claim> {
    let field = Field::of(object);
    let spec = field.get("spec");
    let text = |key| {
        let text = spec.map_or(Ok(None), |spec| spec.text_at(key))?;
        Ok(text.filter(|text| !text.is_empty()).map(str::to_owned))
    };
    let modes = spec.map_or(Ok(Vec::new()), |spec| spec.texts("accessModes"))?;
    let phase = field.at(&["status", "phase"]).map(Field::text).transpose()?;
    Ok(Claim {
        volume: text("volumeName")?,
        class: text("storageClassName")?,
        access_modes: modes,
        terminating: field.at(&["metadata", "deletionTimestamp"]).is_some(),
        lost: phase == Some("Lost"),
    })
}

/// Reads a `PersistentVolume`.
pub(super) fn volume(object: &Object) -> Read<Volume> {
    let field = Field::of(object);
    let nodes = field.at(&["spec", "nodeAffinity", "required"]).map(node_selector).transpose()?;
    let driver = field.at(&["spec", "csi", "driver"]).map(Field::text).transpose()?;
    let labels = field.get("metadata").map(|meta| meta.labels("labels")).transpose()?;
    Ok(Volume { labels: labels.unwrap_or_default(), nodes, driver: driver.map(str::to_owned) })
}

/// Reads a `StorageClass`.
pub(super) fn class(object: &Object) -> Read<StorageClass> {
    let field = Field::of(object);
    let provisioner = field.required_text("provisioner")?;
    let waits = match field.text_at("volumeBindingMode")? {
        None | Some("Immediate") => false,
        Some("WaitForFirstConsumer") => true,
        Some(other) => return Err(field.error(format!("unknown `volumeBindingMode` `{other}`"))),
    };
    let terms = field.list("allowedTopologies")?;
    let terms = terms.into_iter().map(topology_term).collect::<Read<Vec<_>>>()?;
    Ok(StorageClass {
        waits,
        provisioner: (provisioner != "kubernetes.io/no-provisioner")
            .then(|| provisioner.to_owned()),
        nodes: (!terms.is_empty()).then_some(NodeSelector { terms }),
    })
}

fn topology_term(term: Field<'_>) -> Read<NodeSelectorTerm> {
    let requirement = |one: Field<'_>| {
        let key = one.required_text("key")?.to_owned();
        Ok(Requirement { key, operator: Operator::In(one.texts("values")?) })
    };
    let labels = term.list("matchLabelExpressions")?;
    let labels = labels.into_iter().map(requirement).collect::<Read<_>>()?;
    Ok(NodeSelectorTerm { labels, fields: Vec::new() })
}
