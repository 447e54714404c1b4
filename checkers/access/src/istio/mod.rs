//! Who may send which request to whom in a mesh: `AuthorizationPolicy` of Istio.
//!
//! A request to a workload is decided by the policies of its namespace, and of the root namespace,
//! that select it: first those with the action `CUSTOM` (what another service decides is unknown),
//! then `DENY` (any match denies), then `ALLOW`: without any such policy the request is allowed,
//! else if one matches. `AUDIT` decides nothing. Source: `pilot/pkg/security/authz` of `istio/istio`
//! and the reference of the API.
//!
//! Taken for granted: workloads are in the mesh, requests are HTTP, and identities have the form
//! `domain/ns/namespace/sa/account` of Kubernetes. Unknown, with a reason: what rests on tokens
//! (`request.auth.*`, `requestPrincipals`), path templates, metadata of filters, and policies that
//! may apply to a workload only by labels that are not known. Policies with `targetRefs` are about
//! gateways and waypoints; they are named as not modelled.

mod decide;
mod diff;
mod lints;
mod model;
mod partition;
mod read;
pub mod rules;
mod texts;

pub use decide::{Answer, Request};
pub use diff::{IstioDifferences, diff};
pub use lints::lint;
pub use model::{Action, Attribute, Condition, Mesh, Pattern, Policy, Rule, Scope, Target, Test};
pub use read::{ROOT_NAMESPACE, read};

#[cfg(test)]
mod tests;
