//! What must be true of access, written down: proved, or refuted by a replayed witness.
//!
//! An assertion is a file of its own, `invariants/access/NAME.yaml`:
//!
//! ```yaml
//! title: somebody but the vault reads secrets of the shop   # what is wrong if it is refuted
//! severity: error          # error, warning or note; error if absent
//! why: Card numbers are in them.
//! nobody:                  # a claim about requests to the API server
//!   but: [service account shop/vault, group ops]   # who may; nobody if absent
//!   among: [group system:authenticated]            # who is asked about; everybody if absent
//!   verbs: [get, list, watch]                      # any if absent
//!   resources: [secrets, deployments.apps/scale]   # RESOURCE[.GROUP][/SUBRESOURCE]; `*` is any
//!   names: [cards]                                 # any if absent
//!   namespaces: [shop]                             # any if absent
//! ```
//!
//! or, with `urls: [/metrics, /debug/*]` in place of `resources`, about URLs; or
//!
//! ```yaml
//! title: something outside of the shop reaches its database
//! nothing:                 # a claim about connections
//!   outside: [shop/]       # whose connections are no matter, see below
//!   reaches: [shop/db]
//!   ports: [5432, UDP 53, 8000-8100]               # TCP where nothing is said; any if absent
//! ```
//!
//! or, about web servers,
//!
//! ```yaml
//! title: somebody outside of the office reaches the metrics
//! no-visitor:              # a claim about requests to web servers
//!   but: [10.0.0.0/8, a user from 192.0.2.0/24]   # who may; nobody if absent
//!   paths: [/metrics, "= /status", "~ \\.php$"]   # any if absent
//!   methods: [GET, POST]                          # any if absent
//!   hosts: [shop.example, "*.example.com"]        # any, and none, if absent
//! ```
//!
//! A path is itself and all below it, `= PATH` itself alone, `~ EXPRESSION` (`~*` in any case) all in
//! which the expression is found; paths are as the server makes them of those that are sent. Who may
//! is `a user` (whose credentials a file of users accepts), `a permission` (of a service that the server
//! asks, as by `auth_request`), `a local process` (by a socket in the file system), an address or a
//! block of them, or one of the first with ` from ` and addresses. A redirect, and that there is no
//! such file, is nothing that a visitor reaches.
//!
//! Subjects are `user NAME`, `group NAME`, `service account NAMESPACE/NAME` and `anonymous`; a `*`
//! stands for any name or namespace of a service account. Members of `system:masters` may do
//! everything and are not asked about. Ends of connections are `NAMESPACE/`, `NAMESPACE/NAME`,
//! `NAMESPACE/NAME[KIND]`, an address or a block of addresses.
//!
//! A claim about requests is refuted by anybody else who may make *some* of the requests, by grants
//! of their own; one about connections by workloads, addresses outside of the cluster, and pods that
//! do not exist yet, with any labels, in any namespace. What cannot be known is undecided.

mod network;
mod rbac;
mod read;
mod subject;
mod web;

pub use read::{Assertion, Claim, Misread, NoVisitor, Nobody, Nothing, Resource};
pub use subject::Who;

use seatrial_core::Location;
use seatrial_manifests::Object;

use crate::Source;
use crate::network::Network;
use crate::rbac::Policy;
use crate::web::WebServer;

/// What is known of an assertion.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judgement {
    /// What refutes it, in order; without any, and nothing undecided, it is proved.
    pub refuted: Vec<Refutation>,
    /// Why it is not decided, where it is not.
    pub undecided: Vec<Doubt>,
}

/// What refutes an assertion.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Refutation {
    /// Who can do what, such as `group devs may get secrets -n shop`.
    pub message: String,
    /// The request or connection, decided by a direct evaluator.
    pub witness: String,
    /// How to ask a cluster or a server, where that is one command.
    pub replay: Option<String>,
    /// What allows it; empty where nothing forbids it.
    pub sources: Vec<Source>,
}

/// What is not known of an assertion.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Doubt {
    /// Why.
    pub reason: String,
    /// Where.
    pub source: Option<Source>,
}

/// A configuration, read once for all assertions.
#[derive(Debug)]
pub struct World<'a> {
    /// Its roles and bindings.
    pub policy: Policy<'a>,
    /// What bears on its connections.
    pub network: Network,
    /// The web servers.
    pub servers: Vec<&'a dyn WebServer>,
    /// Where configurations of web servers are that cannot be read, so that it is not known what
    /// they allow.
    pub unread: Vec<Location>,
}

impl<'a> World<'a> {
    /// Reads a configuration; roles that every cluster has are taken from the built-in set.
    pub fn read(objects: &'a [Object]) -> Self {
        let baseline = crate::rbac::Baseline::kubernetes();
        let assumptions = crate::network::Assumptions::default();
        Self {
            policy: Policy::read(objects, Some(baseline)),
            network: crate::network::read(objects, &assumptions),
            servers: Vec::new(),
            unread: Vec::new(),
        }
    }
}

impl Assertion {
    /// Proves or refutes it.
    pub fn judge(&self, world: &World<'_>) -> Judgement {
        let mut judgement = match &self.claim {
            Claim::Nobody(claim) => rbac::judge(claim, &world.policy),
            Claim::Nothing(claim) => network::judge(claim, &world.network),
            Claim::NoVisitor(claim) => web::judge(claim, world),
        };
        judgement.refuted.sort_unstable();
        judgement.refuted.dedup();
        judgement.undecided.sort_unstable();
        judgement.undecided.dedup();
        judgement
    }
}

#[cfg(test)]
mod tests;
