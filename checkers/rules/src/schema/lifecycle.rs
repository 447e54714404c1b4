//! Deprecation and removal of the API's versions.

mod table;

use table::TABLE;

use super::version::Version;

/// When a kind of a group and version was deprecated and removed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Lifecycle {
    group: &'static str,
    version: &'static str,
    kind: &'static str,
    /// Minor version of Kubernetes from which on the API server warns.
    pub(super) deprecated: u8,
    /// Minor version of Kubernetes from which on it is not served.
    pub(super) removed: Option<u8>,
    /// `apiVersion` (and kind, where it differs) to use, where it is not the same group's.
    pub(super) instead: Option<&'static str>,
}

impl Lifecycle {
    /// Whether a version of Kubernetes no longer serves it.
    pub(super) fn is_removed_in(&self, kubernetes: Version) -> bool {
        self.removed.is_some_and(|removed| removed <= kubernetes.minor)
    }

    /// Whether a version of Kubernetes warns of it.
    pub(super) fn is_deprecated_in(&self, kubernetes: Version) -> bool {
        self.deprecated <= kubernetes.minor
    }
}

/// The lifecycle of a kind, if it was ever deprecated.
pub(super) fn of(group: &str, version: &str, kind: &str) -> Option<&'static Lifecycle> {
    let wanted = (group, version, kind);
    let at = TABLE.binary_search_by(|row| (row.group, row.version, row.kind).cmp(&wanted)).ok()?;
    TABLE.get(at)
}

/// Kinds of beta versions whose stable version has the same fields with the same meaning: "no
/// notable changes" in the "Deprecated API Migration Guide" of kubernetes.io.
const UNCHANGED: &[(&str, &str, &[&str])] = &[
    ("apiregistration.k8s.io", "v1beta1", &["APIService"]),
    ("batch", "v1beta1", &["CronJob"]),
    ("coordination.k8s.io", "v1beta1", &["Lease"]),
    ("networking.k8s.io", "v1beta1", &["IngressClass"]),
    ("node.k8s.io", "v1beta1", &["RuntimeClass"]),
    (
        "rbac.authorization.k8s.io",
        "v1beta1",
        &["ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"],
    ),
    ("scheduling.k8s.io", "v1beta1", &["PriorityClass"]),
    (
        "storage.k8s.io",
        "v1beta1",
        &["CSIDriver", "CSINode", "CSIStorageCapacity", "StorageClass", "VolumeAttachment"],
    ),
];

/// Whether an object of this kind means the same in the stable version of its group.
pub(super) fn is_unchanged(group: &str, version: &str, kind: &str) -> bool {
    UNCHANGED.iter().any(|(g, v, kinds)| (*g, *v) == (group, version) && kinds.contains(&kind))
}

/// Whether a group is, or was, one of Kubernetes' own.
pub(super) fn knows_group(group: &str) -> bool {
    TABLE.iter().any(|row| row.group == group)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::bundle::Bundle;

    #[test]
    fn the_table_is_sorted_and_its_numbers_are_in_order() {
        let key = |row: &Lifecycle| (row.group, row.version, row.kind);
        assert!(TABLE.windows(2).all(|pair| key(&pair[0]) < key(&pair[1])));
        assert!(TABLE.iter().all(|row| row.removed.is_none_or(|removed| row.deprecated < removed)));
    }

    #[test]
    fn what_is_unchanged_has_a_successor_of_the_same_kind() {
        for (group, version, kinds) in UNCHANGED {
            for kind in *kinds {
                assert_eq!(of(group, version, kind).map(|row| row.instead), Some(None), "{kind}");
                let stable = Bundle::get().kind(group, "v1", kind, Version::NEWEST);
                assert!(stable.is_some(), "{group} {kind}");
            }
        }
        assert!(!is_unchanged("batch", "v1", "CronJob"));
        assert!(!is_unchanged("policy", "v1beta1", "PodDisruptionBudget"));
    }

    #[test]
    fn what_is_removed_is_not_in_the_bundle_of_that_version() {
        for row in TABLE {
            for version in Version::all().filter(|version| row.is_removed_in(*version)) {
                let served = Bundle::get().kind(row.group, row.version, row.kind, version);
                assert_eq!(served, None, "{row:?} in {version}");
            }
        }
    }
}
