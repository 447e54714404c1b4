//! The ids of what is found in network policies.

/// The API server would refuse the object: what it means is not known.
pub const INVALID: &str = "network-policy-invalid";
/// A version of a known kind that is not known.
pub const UNKNOWN_VERSION: &str = "network-policy-unknown-version";
/// A block with bits set behind its prefix.
pub const HOST_BITS: &str = "network-cidr-host-bits";
/// A label selector whose requirements contradict each other.
pub const CONTRADICTORY: &str = "network-selector-contradictory";
/// A policy of which no pod of any workload is subject.
pub const SELECTS_NOTHING: &str = "network-policy-selects-nothing";
/// A peer that no workload of the input is.
pub const PEER_SELECTS_NOTHING: &str = "network-peer-selects-nothing";
/// Two items of a list of peers where one with both selectors was probably meant.
pub const OR_FOR_AND: &str = "network-peer-or-for-and";
/// Pods that are isolated from what goes out and cannot ask for names.
pub const NO_DNS: &str = "network-egress-without-dns";
/// Policies of the same tier and priority that decide differently on a connection.
pub const SAME_PRIORITY: &str = "network-policy-same-priority";
/// Rules for a direction in which the policy does not apply.
pub const RULES_WITHOUT_EFFECT: &str = "network-rules-without-effect";
