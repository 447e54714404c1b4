//! Protocol models, one folder a protocol, one file a module, a grain or a concern.
//!
//! Architecture invariant: this crate knows no YAML, prints nothing and reads nothing.

mod adapter_queues;
mod attestation;
mod expert_service;
mod fragment_chain;
mod gang_scheduling;
mod kernel_extension;
mod lease_election;
mod live_migration;
pub mod no_regression;
mod packing;
mod per_server;
pub mod ping_pong;
mod pod_pools;
mod preemption;
mod prefill_decode;
mod raft;
mod rescheduling;
mod rules;
mod serverless_scaling;
mod supervisor;
pub mod two_phase_commit;
pub mod zab;
pub mod zookeeper;

pub use per_server::{PerServer, Server, ServerSet};

use seatrial_explore::Catalogue;

/// All protocols of the project: one line each.
pub fn catalogue() -> Catalogue {
    Catalogue::new(vec![
        Box::new(rules::RuledFamily::<adapter_queues::AdapterQueues>::new()),
        Box::new(rules::RuledFamily::<attestation::Attestation>::new()),
        Box::new(rules::RuledFamily::<expert_service::ExpertService>::new()),
        Box::new(rules::RuledFamily::<fragment_chain::FragmentChain>::new()),
        Box::new(rules::RuledFamily::<gang_scheduling::GangScheduling>::new()),
        Box::new(rules::RuledFamily::<kernel_extension::KernelExtension>::new()),
        Box::new(rules::RuledFamily::<lease_election::LeaseElection>::new()),
        Box::new(rules::RuledFamily::<live_migration::LiveMigration>::new()),
        Box::new(no_regression::NoRegressionFamily),
        Box::new(ping_pong::PingPongFamily),
        Box::new(rules::RuledFamily::<pod_pools::PodPools>::new()),
        Box::new(rules::RuledFamily::<preemption::Preemption>::new()),
        Box::new(rules::RuledFamily::<prefill_decode::PrefillDecode>::new()),
        Box::new(rules::RuledFamily::<raft::Raft>::new()),
        Box::new(rules::RuledFamily::<rescheduling::Rescheduling>::new()),
        Box::new(rules::RuledFamily::<serverless_scaling::ServerlessScaling>::new()),
        Box::new(rules::RuledFamily::<supervisor::Supervisor>::new()),
        Box::new(two_phase_commit::TwoPhaseCommitFamily),
        Box::new(zab::ZabFamily),
        Box::new(zookeeper::ZooKeeperFamily),
    ])
}
