//! Both evaluators against a third, on worlds of a few pods and many policies.

mod agreement;
mod brute;
mod changes;
mod entries;
mod exposure;
mod generate;
mod mistakes;
mod semantics;
mod solver;
mod world;

use std::sync::Arc;

use proptest::prelude::ProptestConfig;
use seatrial_core::SourceFile;
use seatrial_manifests::Object;

use super::{Assumptions, Network};

/// The objects of a text.
pub(crate) fn objects(text: &str) -> Vec<Object> {
    seatrial_manifests::read(Arc::new(SourceFile::new("net.yaml", text))).objects
}

/// The network of a text.
pub(crate) fn network(text: &str) -> Network {
    super::read(&objects(text), &Assumptions::default())
}

/// As many cases, unless another number is asked for (`PROPTEST_CASES=20000 cargo test`).
pub(crate) fn cases(usual: u32) -> ProptestConfig {
    let config = ProptestConfig::default();
    let asked = config.cases != 256;
    ProptestConfig { cases: if asked { config.cases } else { usual }, ..config }
}
