//! Protocol models, one folder a protocol, one file a module, a grain or a concern.
//!
//! Architecture invariant: this crate knows no YAML, prints nothing and reads nothing.

mod per_server;
pub mod zab;

pub use per_server::{PerServer, Server, ServerSet};
