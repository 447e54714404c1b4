//! The identity of a Kubernetes object.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The identity of a Kubernetes object, as its manifest states it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ResourceId {
    /// Group and version, such as `apps/v1` or `v1`.
    #[serde(rename = "apiVersion")]
    pub api_version: String,
    /// Kind, such as `Deployment`.
    pub kind: String,
    /// Namespace, where the manifest names one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Name; `generateName` followed by `*` where the name is generated; empty where there is none.
    pub name: String,
}

impl ResourceId {
    /// The API group: `apps` of `apps/v1`, and the empty text for the core group.
    pub fn group(&self) -> &str {
        self.api_version.split_once('/').map_or("", |(group, _)| group)
    }

    /// The version within the group: `v1` of `apps/v1`.
    pub fn version(&self) -> &str {
        self.api_version.split_once('/').map_or(self.api_version.as_str(), |(_, version)| version)
    }
}

impl fmt::Display for ResourceId {
    /// Writes `Kind namespace/name`, or `Kind name` where no namespace is stated.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.namespace {
            Some(namespace) => write!(f, "{} {namespace}/{}", self.kind, self.name),
            None => write!(f, "{} {}", self.kind, self.name),
        }
    }
}
