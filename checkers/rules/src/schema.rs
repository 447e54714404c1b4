//! Objects against the schemas of the API.
//!
//! [`Schemas`] checks objects against the schemas of one version of Kubernetes: the native ones,
//! which are embedded, and those of custom resource definitions among the inspected objects. What
//! it reports as an error, the API server rejects; where the server's code is more lenient than
//! the published schema, so is the check.

mod bundle;
mod constraints;
mod crd;
mod definition;
mod formats;
mod identity;
mod lifecycle;
mod metadata;
mod names;
mod native;
mod rules;
mod schemas;
mod site;
mod version;
mod workload;

pub use rules::rules;
pub use schemas::{Coverage, Schemas};
pub use version::Version;

#[cfg(test)]
mod tests;
