//! How many pods a workload has.

use std::collections::BTreeMap;

use seatrial_manifests::Object;

use super::Scale;
use crate::read::{Field, Read};

/// No workload has more pods.
const MOST: u64 = 1_000_000;

/// What autoscalers make of workloads: by kind, namespace and name, the fewest and the most.
pub(super) struct Scales {
    scale: Scale,
    bounds: BTreeMap<(String, String, String), (u64, u64)>,
}

impl Scales {
    pub(super) fn read(objects: &[Object], scale: Scale) -> Read<Self> {
        let mut bounds = BTreeMap::new();
        let scalers = objects.iter().filter(|object| {
            object.group() == "autoscaling" && object.kind() == "HorizontalPodAutoscaler"
        });
        for object in scalers {
            let Some(spec) = Field::of(object).get("spec") else { continue };
            let Some(target) = spec.get("scaleTargetRef") else { continue };
            let number = |key| spec.get(key).map_or(Ok(1), Field::integer::<u64>);
            let text = |key| Ok::<_, crate::ReadError>(target.required_text(key)?.to_owned());
            let key = (text("kind")?, object.namespace().to_owned(), text("name")?);
            bounds.insert(key, (number("minReplicas")?, number("maxReplicas")?));
        }
        Ok(Self { scale, bounds })
    }

    /// How many pods a workload has; one, if it does not say.
    pub(super) fn replicas(&self, object: &Object) -> Read<u64> {
        let stated = Field::of(object).at(&["spec", "replicas"]);
        let stated = stated.map_or(Ok(1), Field::integer::<u64>)?;
        let (kind, namespace) = (object.kind().to_owned(), object.namespace().to_owned());
        let bounds = self.bounds.get(&(kind, namespace, object.name().to_owned()));
        let replicas = match (bounds, self.scale) {
            // An autoscaler leaves a workload of no pods alone.
            (Some(_), _) if stated == 0 => 0,
            (Some(&(fewest, _)), Scale::Stated) => stated.max(fewest),
            (Some(&(_, most)), Scale::Maximum) => stated.max(most),
            (None, _) => stated,
        };
        bounded(object, replicas)
    }
}

/// Refuses what nobody can have meant.
pub(super) fn bounded(object: &Object, count: u64) -> Read<u64> {
    if count <= MOST {
        return Ok(count);
    }
    let spec = Field::of(object);
    Err(spec.get("spec").unwrap_or(spec).error(format!("{count} pods are more than {MOST}")))
}

/// A bounded count as a size.
pub(super) fn size(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}
