//! `seatrial` as its users meet it: through the binary.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::needless_pass_by_value,
    reason = "a test that fails here fails as it should"
)]

#[path = "check/bad_input.rs"]
mod bad_input;
#[path = "check/baseline.rs"]
mod baseline;
#[path = "check/cluster.rs"]
mod cluster;
#[path = "check/commands.rs"]
mod commands;
#[path = "check/configuration.rs"]
mod configuration;
#[path = "check/corpus.rs"]
mod corpus;
#[path = "check/demo.rs"]
mod demo;
#[path = "check/fix.rs"]
mod fix;
#[path = "check/gate.rs"]
mod gate;
#[path = "check/init.rs"]
mod init;
#[path = "check/learned.rs"]
mod learned;
#[path = "check/opinion.rs"]
mod opinion;
#[path = "check/parameters.rs"]
mod parameters;
#[path = "check/policies.rs"]
mod policies;
#[path = "check/render.rs"]
mod render;
#[path = "check/repository.rs"]
mod repository;
#[path = "check/run.rs"]
mod run;
