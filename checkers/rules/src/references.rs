//! References between objects: what one manifest says of another must be so.
//!
//! A rule is one file and one line of [`REFERENCES`]. What a reference points at may live outside
//! the inspected files, so its absence is a note, unless the world is closed or something shows
//! that it was meant to be among them.

mod absent;
mod addresses;
mod affinity_without_pods;
mod autoscaler_without_requests;
mod blocked_eviction;
mod claim_does_not_fit_volume;
mod cluster_names_out_of_reach;
mod common;
mod competing_autoscalers;
mod duplicate_object;
mod fixed_replicas_under_autoscaler;
mod init_container_deadlock;
mod job_never_completes;
mod limit_range_violated;
mod limits;
mod local_traffic_without_local_pods;
mod mesh_tls_disagreement;
mod missing_claim;
mod missing_class;
mod missing_config;
mod missing_disruption_budget;
mod missing_gateway;
mod missing_governing_service;
mod missing_object;
mod missing_reference_grant;
mod missing_service;
mod missing_service_account;
mod missing_service_port;
mod missing_subset;
mod monitor_without_targets;
mod network_policy_cuts_connection;
mod overlapping_budgets;
mod overlapping_selectors;
mod places;
mod pods_without_network_policy;
mod port_conflict;
mod probe_port_missing;
mod quota_exceeded;
mod reversed_autoscaler_bounds;
mod scale_target_missing;
mod service_selects_strangers;
mod service_without_pods;
mod service_without_running_pods;
mod services;
mod shadowed_variable;
mod shared_claim;
mod sub_path_missing;
mod target_port_not_exposed;
mod unknown_namespace;
mod unresolved_address;
mod webhook_selects_own_backend;
mod wrong_secret_type;

use seatrial_core::{Finding, Severity};
use seatrial_manifests::Index;

use crate::Rule;
use crate::invariants::Profile;

/// What the rules look at.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The inspected objects and what resolves references between them.
    pub index: &'a Index<'a>,
    /// Whether the inspected objects are all there will be, so that what is not among them is
    /// missing.
    pub closed_world: bool,
}

impl Context<'_> {
    /// How bad it is that something is not among the inspected objects.
    const fn absence(&self) -> Severity {
        if self.closed_world { Severity::Error } else { Severity::Note }
    }
}

/// A rule on references between objects.
#[derive(Debug, Clone, Copy)]
pub struct Reference {
    /// What the rule says about itself.
    pub rule: &'static Rule,
    /// Adds its findings, in an order that the objects determine.
    pub check: fn(&Context<'_>, &mut Vec<Finding>),
    /// The profiles that it belongs to; all if empty.
    pub profiles: &'static [Profile],
}

impl Reference {
    /// A rule that belongs to all profiles.
    const fn new(rule: &'static Rule, check: fn(&Context<'_>, &mut Vec<Finding>)) -> Self {
        Self { rule, check, profiles: &[] }
    }

    /// The same rule, as one of these profiles only.
    const fn in_profiles(self, profiles: &'static [Profile]) -> Self {
        Self { profiles, ..self }
    }
}

/// All rules on references, by id.
pub static REFERENCES: &[Reference] = &[
    Reference::new(&affinity_without_pods::RULE, affinity_without_pods::check),
    Reference::new(&autoscaler_without_requests::RULE, autoscaler_without_requests::check),
    Reference::new(&blocked_eviction::RULE, blocked_eviction::check),
    Reference::new(&claim_does_not_fit_volume::RULE, claim_does_not_fit_volume::check),
    Reference::new(&cluster_names_out_of_reach::RULE, cluster_names_out_of_reach::check),
    Reference::new(&competing_autoscalers::RULE, competing_autoscalers::check),
    Reference::new(&duplicate_object::RULE, duplicate_object::check),
    Reference::new(&fixed_replicas_under_autoscaler::RULE, fixed_replicas_under_autoscaler::check),
    Reference::new(&init_container_deadlock::RULE, init_container_deadlock::check),
    Reference::new(&job_never_completes::RULE, job_never_completes::check),
    Reference::new(&limit_range_violated::RULE, limit_range_violated::check),
    Reference::new(
        &local_traffic_without_local_pods::RULE,
        local_traffic_without_local_pods::check,
    ),
    Reference::new(&mesh_tls_disagreement::RULE, mesh_tls_disagreement::check),
    Reference::new(&missing_claim::RULE, missing_claim::check),
    Reference::new(&missing_class::RULE, missing_class::check),
    Reference::new(&missing_config::RULE, missing_config::check),
    Reference::new(&missing_disruption_budget::RULE, missing_disruption_budget::check),
    Reference::new(&missing_gateway::RULE, missing_gateway::check),
    Reference::new(&missing_governing_service::RULE, missing_governing_service::check),
    Reference::new(&missing_object::RULE, missing_object::check),
    Reference::new(&missing_reference_grant::RULE, missing_reference_grant::check),
    Reference::new(&missing_service::RULE, missing_service::check),
    Reference::new(&missing_service_account::RULE, missing_service_account::check),
    Reference::new(&missing_service_port::RULE, missing_service_port::check),
    Reference::new(&missing_subset::RULE, missing_subset::check),
    Reference::new(&monitor_without_targets::RULE, monitor_without_targets::check),
    Reference::new(&network_policy_cuts_connection::RULE, network_policy_cuts_connection::check),
    Reference::new(&overlapping_budgets::RULE, overlapping_budgets::check),
    Reference::new(&overlapping_selectors::RULE, overlapping_selectors::check),
    Reference::new(&pods_without_network_policy::RULE, pods_without_network_policy::check)
        .in_profiles(&[Profile::Strict, Profile::Cis]),
    Reference::new(&port_conflict::RULE, port_conflict::check),
    Reference::new(&probe_port_missing::RULE, probe_port_missing::check),
    Reference::new(&quota_exceeded::RULE, quota_exceeded::check),
    Reference::new(&reversed_autoscaler_bounds::RULE, reversed_autoscaler_bounds::check),
    Reference::new(&scale_target_missing::RULE, scale_target_missing::check),
    Reference::new(&service_selects_strangers::RULE, service_selects_strangers::check),
    Reference::new(&service_without_pods::RULE, service_without_pods::check),
    Reference::new(&service_without_running_pods::RULE, service_without_running_pods::check),
    Reference::new(&shadowed_variable::RULE, shadowed_variable::check),
    Reference::new(&shared_claim::RULE, shared_claim::check),
    Reference::new(&sub_path_missing::RULE, sub_path_missing::check),
    Reference::new(&target_port_not_exposed::RULE, target_port_not_exposed::check),
    Reference::new(&unknown_namespace::RULE, unknown_namespace::check),
    Reference::new(&unresolved_address::RULE, unresolved_address::check),
    Reference::new(&webhook_selects_own_backend::RULE, webhook_selects_own_backend::check),
    Reference::new(&wrong_secret_type::RULE, wrong_secret_type::check),
];

#[cfg(test)]
mod tests;
