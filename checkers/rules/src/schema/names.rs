//! The ids of the rules about schemas.

/// A field that the schema does not have.
pub(super) const UNKNOWN_FIELD: &str = "unknown-field";
/// A value of another type than the schema's.
pub(super) const WRONG_TYPE: &str = "wrong-type";
/// A field that must be there and is not.
pub(super) const MISSING_FIELD: &str = "missing-field";
/// A value of the right type that the API server does not take.
pub(super) const INVALID_VALUE: &str = "invalid-value";
/// Two items of a list that may not agree.
pub(super) const DUPLICATE_ITEM: &str = "duplicate-item";
/// A kind that exists, but not in this group and version.
pub(super) const UNKNOWN_API_VERSION: &str = "unknown-api-version";
/// A kind that a group of Kubernetes does not have.
pub(super) const UNKNOWN_KIND: &str = "unknown-kind";
/// A group and version that this version of Kubernetes no longer serves.
pub(super) const REMOVED_API: &str = "removed-api";
/// A group and version that a later version of Kubernetes no longer serves.
pub(super) const DEPRECATED_API: &str = "deprecated-api";
/// An object without a name.
pub(super) const MISSING_NAME: &str = "missing-name";
/// A name that the API server does not take.
pub(super) const INVALID_NAME: &str = "invalid-name";
/// A label or the key of an annotation that the API server does not take.
pub(super) const INVALID_LABEL: &str = "invalid-label";
/// A custom resource definition that the API server does not take.
pub(super) const INVALID_CRD: &str = "invalid-crd";
