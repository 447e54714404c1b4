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
}

/// All rules on references, by id.
pub static REFERENCES: &[Reference] = &[
    Reference { rule: &affinity_without_pods::RULE, check: affinity_without_pods::check },
    Reference {
        rule: &autoscaler_without_requests::RULE,
        check: autoscaler_without_requests::check,
    },
    Reference { rule: &blocked_eviction::RULE, check: blocked_eviction::check },
    Reference { rule: &claim_does_not_fit_volume::RULE, check: claim_does_not_fit_volume::check },
    Reference { rule: &cluster_names_out_of_reach::RULE, check: cluster_names_out_of_reach::check },
    Reference { rule: &competing_autoscalers::RULE, check: competing_autoscalers::check },
    Reference { rule: &duplicate_object::RULE, check: duplicate_object::check },
    Reference {
        rule: &fixed_replicas_under_autoscaler::RULE,
        check: fixed_replicas_under_autoscaler::check,
    },
    Reference { rule: &init_container_deadlock::RULE, check: init_container_deadlock::check },
    Reference { rule: &job_never_completes::RULE, check: job_never_completes::check },
    Reference { rule: &limit_range_violated::RULE, check: limit_range_violated::check },
    Reference {
        rule: &local_traffic_without_local_pods::RULE,
        check: local_traffic_without_local_pods::check,
    },
    Reference { rule: &mesh_tls_disagreement::RULE, check: mesh_tls_disagreement::check },
    Reference { rule: &missing_claim::RULE, check: missing_claim::check },
    Reference { rule: &missing_class::RULE, check: missing_class::check },
    Reference { rule: &missing_config::RULE, check: missing_config::check },
    Reference { rule: &missing_disruption_budget::RULE, check: missing_disruption_budget::check },
    Reference { rule: &missing_gateway::RULE, check: missing_gateway::check },
    Reference { rule: &missing_governing_service::RULE, check: missing_governing_service::check },
    Reference { rule: &missing_object::RULE, check: missing_object::check },
    Reference { rule: &missing_reference_grant::RULE, check: missing_reference_grant::check },
    Reference { rule: &missing_service::RULE, check: missing_service::check },
    Reference { rule: &missing_service_account::RULE, check: missing_service_account::check },
    Reference { rule: &missing_service_port::RULE, check: missing_service_port::check },
    Reference { rule: &missing_subset::RULE, check: missing_subset::check },
    Reference { rule: &monitor_without_targets::RULE, check: monitor_without_targets::check },
    Reference {
        rule: &network_policy_cuts_connection::RULE,
        check: network_policy_cuts_connection::check,
    },
    Reference { rule: &overlapping_budgets::RULE, check: overlapping_budgets::check },
    Reference { rule: &overlapping_selectors::RULE, check: overlapping_selectors::check },
    Reference { rule: &port_conflict::RULE, check: port_conflict::check },
    Reference { rule: &probe_port_missing::RULE, check: probe_port_missing::check },
    Reference { rule: &quota_exceeded::RULE, check: quota_exceeded::check },
    Reference { rule: &reversed_autoscaler_bounds::RULE, check: reversed_autoscaler_bounds::check },
    Reference { rule: &scale_target_missing::RULE, check: scale_target_missing::check },
    Reference { rule: &service_selects_strangers::RULE, check: service_selects_strangers::check },
    Reference { rule: &service_without_pods::RULE, check: service_without_pods::check },
    Reference {
        rule: &service_without_running_pods::RULE,
        check: service_without_running_pods::check,
    },
    Reference { rule: &shadowed_variable::RULE, check: shadowed_variable::check },
    Reference { rule: &shared_claim::RULE, check: shared_claim::check },
    Reference { rule: &sub_path_missing::RULE, check: sub_path_missing::check },
    Reference { rule: &target_port_not_exposed::RULE, check: target_port_not_exposed::check },
    Reference { rule: &unknown_namespace::RULE, check: unknown_namespace::check },
    Reference { rule: &unresolved_address::RULE, check: unresolved_address::check },
    Reference {
        rule: &webhook_selects_own_backend::RULE,
        check: webhook_selects_own_backend::check,
    },
    Reference { rule: &wrong_secret_type::RULE, check: wrong_secret_type::check },
];

#[cfg(test)]
mod tests;
