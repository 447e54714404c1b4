//! What a comparison asks of a kind of web server.

use std::collections::BTreeSet;
use std::fmt;

use super::condition::{Answered, FactDebug, Facts};
use super::condition::{Ask, Leaf, TooMany, Tree, Users};
use super::httpd::EncodedSlashes;
use super::partition::Tests;
use super::pattern::Pattern;
use super::request::{Endpoint, Request};
use crate::Decision;

/// A request as far as its conditions are not concerned.
#[derive(Clone, Copy, Debug)]
pub struct Situation<'r> {
    /// Where it is made.
    pub endpoint: &'r Endpoint,
    /// The host that it names.
    pub host: &'r str,
    /// The method.
    pub method: &'r str,
    /// The path as normalisation leaves it.
    pub path: &'r [u8],
}

/// A configuration of a web server.
pub trait WebServer: fmt::Debug + Send + Sync {
    /// What the server is called, such as `nginx`.
    fn name(&self) -> &'static str;

    /// Where it listens.
    fn endpoints(&self) -> BTreeSet<Endpoint>;

    /// What it tells hosts apart by.
    fn host_patterns(&self) -> Vec<Pattern>;

    /// The virtual server of an endpoint and a host, by its position; `None` if nothing listens.
    fn site(&self, endpoint: &Endpoint, host: &str) -> Option<usize>;

    /// Whether what a virtual server decides may depend on host and endpoint once more.
    fn regards_host(&self, site: usize) -> bool;

    /// All that decides what a virtual server does: equal texts, equal decisions.
    fn text(&self, site: usize) -> &str;

    /// Whether slashes are merged in requests to an endpoint.
    fn merges_slashes(&self, endpoint: &Endpoint, host: &str) -> bool;

    /// What becomes of slashes that are written as `%2f`; nginx decodes them.
    fn encoded_slashes(&self, _endpoint: &Endpoint, _host: &str) -> EncodedSlashes {
        EncodedSlashes::On
    }

    /// The methods that a virtual server tells apart.
    fn methods(&self, site: usize) -> BTreeSet<&str>;

    /// What a virtual server tells paths apart by.
    fn tests(&self, site: usize) -> Tests<'_>;

    /// The path that the server makes of one that is sent.
    ///
    /// # Errors
    ///
    /// That it is refused as no valid request.
    fn normalised(&self, endpoint: &Endpoint, host: &str, path: &str) -> Result<Vec<u8>, Leaf>;

    /// A virtual server of httpd, of which it is known where two such may differ.
    fn site_of_httpd(&self, _: usize) -> Option<&super::httpd::Site> {
        None
    }

    /// The users of files of users of which the content is known.
    fn users(&self) -> &Users;

    /// Decides a request, as far as conditions are answered.
    ///
    /// # Errors
    ///
    /// The next condition that has to be known.
    fn run(&self, situation: &Situation<'_>, known: &dyn Oracle) -> Result<Leaf, Ask>;
}

/// What answers questions about conditions.
pub trait Oracle {
    /// Whether a condition is true.
    ///
    /// # Errors
    ///
    /// The condition, if it is not known.
    fn ask(&self, condition: super::Condition) -> Result<bool, Ask>;
}

impl Oracle for Answered<'_> {
    fn ask(&self, condition: super::Condition) -> Result<bool, Ask> {
        Answered::ask(self, condition)
    }
}

/// All that a situation can come to.
pub(super) fn tree(
    server: &dyn WebServer,
    situation: &Situation<'_>,
    facts: Option<&dyn FactDebug>,
) -> Result<Tree, TooMany> {
    Tree::of(facts, &|answered| server.run(situation, answered))
}

/// Decides a concrete request.
pub(super) fn decide(server: &dyn WebServer, request: &Request) -> (Decision, Vec<Leaf>) {
    let normalised = server.normalised(&request.endpoint, &request.host, &request.path);
    let path = match normalised {
        Ok(path) => path,
        Err(leaf) => return (Decision::Denied, vec![leaf]),
    };
    let Request { endpoint, host, method, .. } = request;
    let situation = Situation { endpoint, host, method, path: &path };
    let facts = Facts { request, users: server.users() };
    match tree(server, &situation, Some(&facts)) {
        Ok(tree) => (tree.decision(), tree.leaves().into_iter().cloned().collect()),
        Err(TooMany) => (Decision::Unknown, Vec::new()),
    }
}
