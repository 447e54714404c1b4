//! What the documentation of a system states about its parameters.
//!
//! The tables lie in `corpus/learned/systems` and are part of the program.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde::Deserialize;

use super::System;

/// The facts about one system.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// Where they come from.
    pub source: Origin,
    /// What the values of parameters are.
    pub types: Types,
    /// The words that a parameter may have.
    pub choices: BTreeMap<String, Vec<String>>,
    /// Parameters without effect unless another has a certain value.
    pub needs: Needs,
    /// Pairs of which the first must not exceed the second.
    pub order: Order,
    /// Parameters that the version does not have: since when, and what took their place (or
    /// nothing). `>` before a version: it came with that one.
    pub removed: BTreeMap<String, (String, String)>,
}

/// Where facts come from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Origin {
    /// The system's name on the command line.
    pub system: String,
    /// Its own name.
    pub name: String,
    /// The version described.
    pub version: String,
    /// The documents.
    pub documents: Vec<String>,
    /// Beginnings of names that users make up.
    pub open: Vec<String>,
}

/// Parameters by what their values are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Types {
    /// On or off.
    pub boolean: BTreeSet<String>,
    /// Numbers, with a unit or without.
    pub number: BTreeSet<String>,
    /// Octal permissions.
    pub permission: BTreeSet<String>,
    /// Ports.
    pub port: BTreeSet<String>,
    /// Anything else.
    pub text: BTreeSet<String>,
}

/// Rules on what has no effect.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Needs {
    /// The rules.
    pub rules: Vec<Need>,
}

/// Some parameters have no effect unless another has one of these values.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Need {
    /// The parameter that decides.
    pub parameter: String,
    /// The values that give the others effect.
    pub values: Vec<String>,
    /// The others.
    #[serde(rename = "for")]
    pub dependents: Vec<String>,
}

/// Rules on what must not exceed what.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// The smaller first.
    pub rules: Vec<(String, String)>,
}

static ALL: LazyLock<BTreeMap<System, Facts>> = LazyLock::new(|| {
    System::ALL.into_iter().filter_map(|system| Some((system, read(system).ok()?))).collect()
});

macro_rules! table {
    ($system:literal) => {
        include_str!(concat!("../../../../corpus/learned/systems/", $system, ".toml"))
    };
}

/// Reads the table of a system; an error is a fault of the table, and a test keeps it from being.
fn read(system: System) -> Result<Facts, toml::de::Error> {
    toml::from_str(match system {
        System::Alluxio => table!("alluxio"),
        System::Django => table!("django"),
        System::Etcd => table!("etcd"),
        System::Hbase => table!("hbase"),
        System::Hcommon => table!("hcommon"),
        System::Hdfs => table!("hdfs"),
        System::Postgresql => table!("postgresql"),
        System::Redis => table!("redis"),
        System::Yarn => table!("yarn"),
        System::Zookeeper => table!("zookeeper"),
    })
}

/// The facts about a system.
pub fn of(system: System) -> Option<&'static Facts> {
    ALL.get(&system)
}

impl Facts {
    /// The name and version described, such as `HDFS 3.3.0`.
    pub fn title(&self) -> String {
        format!("{} {}", self.source.name, self.source.version)
    }

    /// Whether a parameter is one of the system's, or of the kind that users make up.
    pub fn knows(&self, name: &str) -> bool {
        self.names().any(|known| known == name)
            || self.source.open.iter().any(|open| is_made_up(name, open))
            || is_variant(name, |shorter| self.names().any(|known| known == shorter))
    }

    /// All parameters of the system.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let types = &self.types;
        [&types.boolean, &types.number, &types.permission, &types.port, &types.text]
            .into_iter()
            .flatten()
            .chain(self.choices.keys())
            .map(String::as_str)
    }
}

/// Whether a name begins, and ends behind a `*`, like those that users make up.
fn is_made_up(name: &str, open: &str) -> bool {
    let (start, end) = open.split_once('*').unwrap_or((open, ""));
    name.strip_prefix(start).is_some_and(|rest| rest.ends_with(end))
}

/// Whether a name is a known one with parts behind it: `dfs.namenode.rpc-address.ns1.nn1`.
fn is_variant(name: &str, knows: impl Fn(&str) -> bool) -> bool {
    let mut shorter = name;
    while let Some((front, _)) = shorter.rsplit_once('.') {
        shorter = front;
        if front.split('.').count() >= 3 && knows(front) {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_is_read_and_hangs_together() {
        for system in System::ALL {
            let facts = read(system).unwrap_or_else(|error| panic!("{system}: {error}"));
            assert_eq!(facts.source.system, system.as_str());
            let names: Vec<_> = facts.names().collect();
            let unique: BTreeSet<_> = names.iter().collect();
            assert_eq!(names.len(), unique.len(), "{system}: a parameter stands in two types");
            for (name, words) in &facts.choices {
                assert!(!words.is_empty(), "{system}: {name} may be nothing");
            }
            for (low, high) in &facts.order.rules {
                assert_ne!(low, high, "{system}");
                let back = (high.clone(), low.clone());
                assert!(!facts.order.rules.contains(&back), "{system}: {low} and {high} both ways");
                for name in [low, high] {
                    assert!(facts.knows(name), "{system}: unknown {name} in order");
                }
            }
            for need in &facts.needs.rules {
                assert!(!need.dependents.contains(&need.parameter), "{system}: {}", need.parameter);
                assert!(facts.knows(&need.parameter), "{system}: unknown {}", need.parameter);
            }
            for name in facts.removed.keys() {
                assert!(!names.contains(&name.as_str()), "{system}: {name} is removed and there");
            }
        }
    }

    #[test]
    fn names_with_parts_behind_them_are_known() {
        let hdfs = of(System::Hdfs).unwrap();
        for (name, known) in [
            ("dfs.replication", true),
            ("dfs.namenode.rpc-address.ns1.nn1", true),
            ("dfs.replicatoin", false),
            ("dfs.ha.namenodes.ns1", true),
            ("dfs.namenode.nonsense", false),
        ] {
            assert_eq!(hdfs.knows(name), known, "{name}");
        }
        let common = of(System::Hcommon).unwrap();
        for (name, known) in [("fs.gs.impl", true), ("fs.gs.block", false)] {
            assert_eq!(common.knows(name), known, "{name}");
        }
    }
}
