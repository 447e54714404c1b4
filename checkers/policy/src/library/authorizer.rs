//! `authorizer`: who may do what is known to the cluster alone.
//!
//! The functions are here so that expressions compile; their receiver is undecided before any of
//! them could run.

use super::{Cost, Function, member};

const fn asking(name: &'static str, args: usize) -> Function {
    // An authorization check costs 350,000 on the server; here nothing is asked.
    member(name, args, Cost::Fixed(1), |_| None)
}

pub(super) const FUNCTIONS: &[Function] = &[
    asking("path", 2),
    asking("group", 2),
    asking("serviceAccount", 3),
    asking("resource", 2),
    asking("subresource", 2),
    asking("namespace", 2),
    asking("name", 2),
    asking("fieldSelector", 2),
    asking("labelSelector", 2),
    asking("check", 2),
    asking("allowed", 1),
    asking("reason", 1),
    asking("errored", 1),
    asking("error", 1),
];
