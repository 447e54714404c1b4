//! What the API server wants beyond, or does not want although, the published schema says so.
//!
//! The OpenAPI document is made from the Go types; native objects are validated by code. Its
//! `required` is a rendering of struct tags, and where the code accepts a missing field, an
//! object without it is no error ([`OPTIONAL`]). The source has no enumerations and no ranges;
//! those that the code always enforces are in [`TABLE`].
//!
//! Sources: `pkg/apis/*/validation` of kubernetes/kubernetes, and the constants of
//! kubernetes/api. Values are the union over the supported versions, so that a value which a
//! version does not know yet is accepted rather than a good one rejected.

mod table;

use table::TABLE;

/// A demand on the value of a field, or, where the value is a list, on each of its items.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Constraint {
    /// One of these texts; the empty text counts as absent.
    OneOf(&'static [&'static str]),
    /// An integer from the first to the second. A text passes: it is a port's name.
    Range(i64, i64),
    /// No two items of the list agree in the fields that the schema names as keys.
    UniqueItems,
    /// A map of labels.
    Labels,
}

/// A row of the table: group and type of the definition, field, demand.
type Row = (&'static str, &'static str, &'static str, Constraint);

/// Fields that the schema requires, and that the API server accepts absent; `*` stands for all
/// fields of the type or all types of the group.
const OPTIONAL: &[(&str, &str, &str)] = &[
    ("apiserverinternal", "*", "*"),
    ("apps", "ControllerRevision", "revision"),
    ("apps", "StatefulSetSpec", "serviceName"),
    ("authentication", "*", "*"),
    ("authorization", "*", "*"),
    ("batch", "PodFailurePolicy", "rules"),
    ("batch", "PodFailurePolicyOnPodConditionsPattern", "status"),
    ("batch", "PodFailurePolicyRule", "onPodConditions"),
    ("core", "ComponentCondition", "*"),
    ("core", "ConfigMapNodeConfigSource", "*"),
    ("core", "Event", "*"),
    ("core", "EvictionResponder", "*"),
    ("core", "HTTPHeader", "value"),
    ("core", "ISCSIPersistentVolumeSource", "lun"),
    ("core", "ISCSIVolumeSource", "lun"),
    ("core", "LimitRangeSpec", "limits"),
    ("core", "PreferredSchedulingTerm", "preference"),
    ("core", "ScaleIOPersistentVolumeSource", "secretRef"),
    ("core", "ScaleIOVolumeSource", "secretRef"),
    ("core", "SleepAction", "seconds"),
    ("core", "Sysctl", "value"),
    ("discovery", "EndpointSlice", "endpoints"),
    ("discovery", "ForNode", "name"),
    ("discovery", "ForZone", "name"),
    ("events", "*", "*"),
    ("lifecycle", "*", "*"),
    ("networking", "NetworkPolicySpec", "podSelector"),
    ("rbac", "RoleRef", "apiGroup"),
    ("resource", "CapacityRequestPolicyRange", "min"),
    ("resource", "Counter", "value"),
    ("resource", "DeviceCapacity", "value"),
    ("resource", "DeviceClass", "spec"),
    ("resource", "ResourceClaim", "spec"),
    ("resource", "ResourceClaimTemplate", "spec"),
    ("resource", "ResourceClaimTemplateSpec", "spec"),
    ("resource", "ResourcePool", "generation"),
    ("scheduling", "PriorityClass", "value"),
    ("storage", "CSIDriver", "spec"),
    ("storage", "CSINode", "*"),
    ("storage", "CSINodeSpec", "drivers"),
    ("storage", "TokenRequest", "audience"),
    ("storagemigration", "*", "*"),
    ("apiextensions", "CustomResourceDefinitionVersion", "served"),
    ("apiextensions", "CustomResourceDefinitionVersion", "storage"),
    ("meta", "GroupResource", "*"),
];

/// Fields that the schema does not require, and without which the API server rejects the object:
/// what is required within them is required.
const REQUIRED: &[(&str, &str, &str)] = &[
    ("apps", "DaemonSet", "spec"),
    ("apps", "Deployment", "spec"),
    ("apps", "ReplicaSet", "spec"),
    ("apps", "ReplicaSetSpec", "template"),
    ("apps", "StatefulSet", "spec"),
    ("autoscaling", "HorizontalPodAutoscaler", "spec"),
    ("batch", "CronJob", "spec"),
    ("batch", "Job", "spec"),
    ("batch", "JobTemplateSpec", "spec"),
    ("core", "Container", "image"),
    ("core", "PersistentVolume", "spec"),
    ("core", "PersistentVolumeClaim", "spec"),
    ("core", "Pod", "spec"),
    ("core", "PodTemplateSpec", "spec"),
    ("core", "ReplicationController", "spec"),
    ("core", "ReplicationControllerSpec", "template"),
    ("networking", "Ingress", "spec"),
];

/// Types that the API server reads as they come, although the schema calls them objects.
pub(super) const ANYTHING: [&str; 3] = [
    "io.k8s.apimachinery.pkg.runtime.RawExtension",
    "io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1",
    "io.k8s.apimachinery.pkg.apis.meta.v1.Patch",
];

/// Whether the API server rejects a `definition` without a field that the schema does or does not
/// require.
pub(super) fn is_required(definition: &str, field: &str, by_schema: bool) -> bool {
    let Some((group, of)) = group_and_type(definition) else { return by_schema };
    // What is observed is not validated when an object is applied.
    if of.contains("Status") || of.ends_with("Condition") {
        return false;
    }
    let matches = |(in_group, in_type, in_field): &(&str, &str, &str)| {
        *in_group == group
            && (*in_type == of || *in_type == "*")
            && (*in_field == field || *in_field == "*")
    };
    if by_schema { !OPTIONAL.iter().any(matches) } else { REQUIRED.iter().any(matches) }
}

/// What is demanded of a field of a definition.
pub(super) fn of(definition: &str, field: &str) -> Box<[&'static Constraint]> {
    let Some((group, of)) = group_and_type(definition) else { return Box::default() };
    let rows = TABLE.iter().filter(|(in_group, in_type, in_field, _)| {
        (*in_group, *in_type, *in_field) == (group, of, field)
    });
    rows.map(|(_, _, _, constraint)| constraint).collect()
}

/// Group and type of a definition's name, whatever its version: `core` and `Container` of
/// `io.k8s.api.core.v1.Container`.
fn group_and_type(definition: &str) -> Option<(&str, &str)> {
    let mut parts = definition.rsplit('.');
    let (of, _version, group) = (parts.next()?, parts.next()?, parts.next()?);
    Some((group, of))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::bundle::{Bundle, Name};
    use crate::schema::definition::{Type, field};
    use crate::schema::version::Version;

    /// Whether some version has a type of a group with a field, and whether the schema, before
    /// the corrections, is of use for asking.
    fn exists(group: &str, of: &str, wanted: &str) -> bool {
        Version::all().any(|version| {
            (0..u16::MAX).map(Name).map_while(|name| Bundle::get().has(name).then_some(name)).any(
                |name| {
                    Bundle::get().definition(name, version).is_some_and(|definition| {
                        let Some((in_group, in_type)) = group_and_type(definition.name) else {
                            return false;
                        };
                        let Type::Object(fields) = &definition.of else { return false };
                        in_group == group
                            && (of == "*" || in_type == of)
                            && (wanted == "*" || field(fields, wanted).is_some())
                    })
                },
            )
        })
    }

    #[test]
    fn every_row_is_about_a_field_that_some_version_has() {
        for (group, of, field) in OPTIONAL.iter().chain(REQUIRED) {
            assert!(exists(group, of, field), "{group} {of} {field}");
        }
        for (group, of, field, _) in TABLE {
            assert!(exists(group, of, field), "{group} {of} {field}");
        }
    }

    #[test]
    fn what_the_server_accepts_absent_is_not_required() {
        let required = |definition: &str, field| is_required(definition, field, true);
        assert!(required("io.k8s.api.apps.v1.DeploymentSpec", "selector"));
        assert!(!required("io.k8s.api.apps.v1.StatefulSetSpec", "serviceName"));
        assert!(!required("io.k8s.api.apps.v1.DeploymentCondition", "type"));
        assert!(is_required("io.k8s.api.core.v1.Pod", "spec", false));
        assert!(!is_required("io.k8s.api.core.v1.Service", "spec", false));
    }
}
