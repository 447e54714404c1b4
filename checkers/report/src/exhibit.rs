//! What the parts of a check have to show beside their findings.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Something to look at, on the page of a check.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Exhibit {
    /// What a change makes of access.
    Access {
        /// What is compared, such as the main file of a web server.
        of: String,
        /// As `seatrial access diff` writes it in JSON.
        document: Value,
    },
    /// What the nodes carry, before and after.
    Nodes(Nodes),
    /// What workloads bear, as `seatrial drill` writes it in JSON.
    Drill(Value),
}

/// Nodes, and what the pods of each priority take of them, before and after.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Nodes {
    /// What is before and what is after, such as `now` and `with the manifests`.
    pub sides: [String; 2],
    /// The priorities, the most important first.
    pub priorities: Vec<i64>,
    /// The nodes.
    pub nodes: Vec<Node>,
    /// The pods that have no place, by reason.
    pub unplaced: Vec<Unplaced>,
}

/// A node and what its pods take, before and after.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// How many pods it has.
    pub pods: [usize; 2],
    /// What they take.
    pub resources: Vec<Resource>,
}

/// How much of a resource the pods of each priority take, before and after.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Resource {
    /// Its name, such as `cpu`.
    pub name: String,
    /// How much there is, in the same unit as what is taken.
    pub capacity: u64,
    /// By priority, in their order.
    pub taken: [Vec<u128>; 2],
}

/// Pods without a place.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Unplaced {
    /// Why.
    pub reason: String,
    /// Their names.
    pub pods: Vec<String>,
}
