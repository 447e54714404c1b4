//! What placement achieves, measured: `make eval-placement`. Without a subcommand, all of it.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    reason = "a measurement: it prints, and stops where something is wrong"
)]

use std::path::PathBuf;
use std::sync::Arc;

use clap::{Parser, Subcommand};
use seatrial_core::SourceFile;
use seatrial_scheduling::Cluster;

mod family;
mod growth;
mod machine;
mod slices;
mod table;
mod variants;
mod veripb;

#[derive(Parser)]
#[command(name = "evaluate", about = "Measures placements and their certificates")]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// The table of "Priority Matters"
    Table(table::Table),
    /// The share of small clusters with affinity, anti-affinity and spread that are solved
    Family(family::Family),
    /// Growth from 32 to 1,000 nodes
    Growth(growth::Growth),
    /// Gangs, groups in one domain, rescheduling
    Variants(variants::Variants),
    /// Exported proofs, checked by veripb
    Veripb(veripb::Veripb),
    /// Verifies a certificate in a process of its own, whose memory is then told
    #[command(hide = true)]
    Verify {
        /// The instance as JSON, or a snapshot as YAML
        instance: PathBuf,
        /// The certificate
        certificate: PathBuf,
    },
}

fn main() {
    match Arguments::parse().command {
        Some(Command::Table(table)) => table.run(),
        Some(Command::Family(family)) => family.run(),
        Some(Command::Growth(growth)) => growth.run(),
        Some(Command::Variants(variants)) => variants.run(),
        Some(Command::Veripb(veripb)) => veripb.run(),
        Some(Command::Verify { instance, certificate }) => growth::verify(&instance, &certificate),
        None => {
            for part in ["variants", "family", "growth", "table"] {
                match Arguments::parse_from(["evaluate", part]).command {
                    Some(Command::Table(table)) => table.run(),
                    Some(Command::Family(family)) => family.run(),
                    Some(Command::Growth(growth)) => growth.run(),
                    Some(Command::Variants(variants)) => variants.run(),
                    _ => {}
                }
            }
        }
    }
}

/// The cluster that a snapshot describes.
fn read(text: &str) -> Cluster {
    let manifest = seatrial_manifests::read(Arc::new(SourceFile::new("snapshot.yaml", text)));
    assert!(manifest.unreadable.is_empty() && manifest.skipped.is_empty());
    seatrial_scheduling::read(&manifest.objects).unwrap()
}
