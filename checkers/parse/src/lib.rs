//! Text to trees with spans: YAML and JSON as the API server reads them, flat configurations, and
//! directives of web servers.
//!
//! [`yaml`] and [`json`] read a whole file and never fail: they return the documents that could be
//! read, and [`Problem`]s with their places for what could not. Scalars resolve as in
//! `sigs.k8s.io/yaml`, which the API server and kubectl use (YAML 1.1 booleans and numbers).
//!
//! Architecture invariant: nothing here reads a file, and nothing here knows Kubernetes.

mod comments;
pub mod edit;
pub mod httpd;
mod include;
mod json;
mod mapping;
pub mod nginx;
mod problem;
mod scalar;
pub mod settings;
mod tree;
mod yaml;

pub use comments::{Comment, comments};
pub use json::json;
pub use problem::{Problem, ProblemKind};
pub use tree::{Entry, Key, Mapping, Node, Number, Value, escape_pointer_token};
pub use yaml::yaml;

use seatrial_core::Span;

/// One document of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// The tree.
    pub root: Node,
}

/// A document that could not be read.
#[derive(Debug, Clone, PartialEq)]
pub struct Unreadable {
    /// The text of the document (with those after it that only `...` separates).
    pub text: Span,
    /// Why it could not be read.
    pub problem: Problem,
}

/// All that could be read from a file, and what could not.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Parsed {
    /// The documents that could be read, in the order of the file, empty ones left out.
    pub documents: Vec<Document>,
    /// The documents that could not be read.
    pub unreadable: Vec<Unreadable>,
    /// What reads otherwise than it looks in documents that could be read.
    pub problems: Vec<Problem>,
    /// How many documents were empty (nothing, or only comments).
    pub empty: usize,
}

/// Reads a file that is YAML or JSON: a text that begins with `{` or `[` is tried as JSON first, as
/// kubectl does.
pub fn yaml_or_json(text: &str) -> Parsed {
    let begins = text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
    if !begins.starts_with(['{', '[']) {
        return yaml(text);
    }
    let as_json = json(text);
    if as_json.unreadable.is_empty() {
        return as_json;
    }
    let as_yaml = yaml(text);
    if as_yaml.unreadable.is_empty() { as_yaml } else { as_json }
}
