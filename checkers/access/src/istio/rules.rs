//! The ids of what is found in Istio's policies.

/// Istio would refuse the object, or what it asks is never so.
pub const INVALID: &str = "authorization-policy-invalid";
/// A policy of which no workload is subject.
pub const SELECTS_NOTHING: &str = "authorization-policy-selects-nothing";
/// A policy without rules, which matches no request.
pub const WITHOUT_RULES: &str = "authorization-policy-without-rules";
/// A rule that requests without an identity get around.
pub const WITHOUT_IDENTITY: &str = "authorization-policy-plain-text";
