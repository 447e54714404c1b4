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
    fn what_is_removed_is_not_in_the_bundle_of_that_version() {
        for row in TABLE {
            for version in Version::all().filter(|version| row.is_removed_in(*version)) {
                let served = Bundle::get().kind(row.group, row.version, row.kind, version);
                assert_eq!(served, None, "{row:?} in {version}");
            }
        }
    }
}
