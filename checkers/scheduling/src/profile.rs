//! Cluster profiles: nodes in groups, for manifests that are not yet in a cluster.
//!
//! A profile is a YAML file with one field, `groups`. Each group is so many nodes of one kind:
//!
//! ```yaml
//! groups:
//! - name: worker            # the nodes are worker-0, worker-1, ...
//!   count: 3
//!   allocatable: {cpu: "3.5", memory: 14Gi, pods: 110}
//!   labels: {node-role.kubernetes.io/worker: ""}
//!   cycle:                  # the first node gets the first value, and so on, round and round
//!     topology.kubernetes.io/zone: [a, b, c]
//!   blocks:                 # so many nodes in a row get the same value: worker-0, worker-1, ...
//!     example.com/rack: 16
//!   taints: [{key: dedicated, value: db, effect: NoSchedule}]
//! ```
//!
//! Instead of `allocatable`, `capacity` can be given; what the system itself takes is then not
//! subtracted. Each node has the label `kubernetes.io/hostname`.

use std::collections::BTreeMap;
use std::sync::Arc;

use seatrial_core::{ResourceId, SourceFile};
use seatrial_manifests::Object;
use seatrial_parse::Node;
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::{ReadError, tree};

/// No profile has more nodes.
const MOST_NODES: usize = 100_000;

/// A cluster profile.
#[derive(Debug, Clone)]
pub struct Profile {
    groups: Vec<Group>,
    /// For each group, what is written of it.
    written: Vec<Node>,
    file: Arc<SourceFile>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Contents {
    groups: Vec<Group>,
}

/// So many nodes of one kind.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "what is taken from the tree, with its places, is listed all the same")]
struct Group {
    name: String,
    count: usize,
    #[serde(default)]
    allocatable: Option<IgnoredAny>,
    #[serde(default)]
    capacity: Option<IgnoredAny>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    #[serde(default)]
    cycle: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    blocks: BTreeMap<String, usize>,
    #[serde(default)]
    taints: Vec<IgnoredAny>,
}

impl Profile {
    /// Reads a profile.
    ///
    /// # Errors
    ///
    /// What is wrong with it first; amounts and taints are looked at when the nodes are read.
    pub fn read(file: &Arc<SourceFile>) -> Result<Self, ReadError> {
        let at = |line: usize, column: usize, message: String| ReadError {
            location: Some(place(file, line, column)),
            message,
            help: None,
        };
        let contents: Contents = serde_yaml::from_str(file.text()).map_err(|error| {
            let (line, column) = error.location().map_or((1, 1), |it| (it.line(), it.column()));
            at(line, column, format!("no cluster profile: {error}"))
        })?;
        let mut parsed = seatrial_parse::yaml(file.text());
        let root = (!parsed.documents.is_empty()).then(|| parsed.documents.remove(0).root);
        let written: Vec<Node> = root
            .iter()
            .filter_map(|root| root.get("groups"))
            .flat_map(Node::items)
            .cloned()
            .collect();
        let profile = Self { groups: contents.groups, written, file: Arc::clone(file) };
        profile.check()?;
        Ok(profile)
    }

    fn check(&self) -> Result<(), ReadError> {
        let mut nodes = 0_usize;
        for (group, written) in self.groups.iter().zip(&self.written) {
            let error = |message: String| {
                Err(ReadError {
                    location: Some(self.file.location(written.span)),
                    message,
                    help: None,
                })
            };
            let name = &group.name;
            nodes = nodes.saturating_add(group.count);
            if nodes > MOST_NODES {
                return error(format!("the groups have more than {MOST_NODES} nodes"));
            }
            if group.allocatable.is_none() && group.capacity.is_none() {
                return error(format!("group `{name}` has neither `allocatable` nor `capacity`"));
            }
            if let Some((label, _)) = group.cycle.iter().find(|(_, values)| values.is_empty()) {
                return error(format!(
                    "group `{name}` has no value for `{label}` to cycle through"
                ));
            }
            if let Some((label, _)) = group.blocks.iter().find(|(_, size)| **size == 0) {
                return error(format!("group `{name}` has blocks of 0 nodes for `{label}`"));
            }
        }
        Ok(())
    }

    /// The nodes, as objects. Their places are those of their groups.
    pub fn nodes(&self) -> Vec<Object> {
        let groups = self.groups.iter().zip(&self.written);
        groups
            .flat_map(|(group, written)| (0..group.count).map(|at| self.node(group, written, at)))
            .collect()
    }

    /// In words, what the nodes are expanded from.
    pub fn trusted(&self) -> Vec<String> {
        let group = |group: &Group| {
            let Group { name, count, .. } = group;
            let nodes = if *count == 1 { "node" } else { "nodes" };
            format!("{count} {nodes} of the group `{name}` of the profile `{}`", self.file.path())
        };
        self.groups.iter().map(group).collect()
    }

    fn node(&self, group: &Group, written: &Node, at: usize) -> Object {
        let span = written.span;
        let width = group.count.saturating_sub(1).to_string().len();
        let name = format!("{}-{at:0width$}", group.name);
        let part = |key: &str| written.get(key).filter(|part| !part.is_null()).cloned();
        let mut labels = part("labels").unwrap_or_else(|| tree::map([], span));
        tree::set(&mut labels, "kubernetes.io/hostname", tree::text(name.clone(), span));
        for (label, values) in &group.cycle {
            let value = values.get(at % values.len().max(1)).cloned().unwrap_or_default();
            tree::set(&mut labels, label, tree::text(value, span));
        }
        for (label, size) in &group.blocks {
            let value = format!("{}-{}", group.name, at / (*size).max(1));
            tree::set(&mut labels, label, tree::text(value, span));
        }
        let metadata =
            tree::map([("name", tree::text(name.clone(), span)), ("labels", labels)], span);
        let mut spec = tree::map([], span);
        if let Some(taints) = part("taints") {
            tree::set(&mut spec, "taints", taints);
        }
        let amounts = part("allocatable").or_else(|| part("capacity"));
        let amounts = amounts.unwrap_or_else(|| tree::map([], span));
        let node = tree::map(
            [
                ("apiVersion", tree::text("v1", span)),
                ("kind", tree::text("Node", span)),
                ("metadata", metadata),
                ("spec", spec),
                ("status", tree::map([("allocatable", amounts)], span)),
            ],
            span,
        );
        let id = ResourceId {
            api_version: "v1".to_owned(),
            kind: "Node".to_owned(),
            namespace: None,
            name,
        };
        Object { id, file: Arc::clone(&self.file), node }
    }
}

/// The place of a line and a column of a file.
fn place(file: &SourceFile, line: usize, column: usize) -> seatrial_core::Location {
    let lines = file.text().split_inclusive('\n').take(line.saturating_sub(1));
    let start = lines.map(str::len).sum::<usize>() + column.saturating_sub(1);
    file.location(seatrial_core::Span::new(start, start + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(text: &str) -> Result<Profile, ReadError> {
        Profile::read(&Arc::new(SourceFile::new("profile.yaml", text)))
    }

    #[test]
    fn groups_become_nodes() {
        let text = "groups:\n- name: w\n  count: 12\n  allocatable: {cpu: 4, memory: 8Gi, pods: 110}\n  \
                    labels: {tier: web}\n  cycle: {zone: [a, b]}\n  blocks: {rack: 5}\n  \
                    taints: [{key: k, effect: NoSchedule}]\n- name: one\n  count: 1\n  capacity: {cpu: '0.5'}\n";
        let cluster = crate::read(&profile(text).unwrap().nodes()).unwrap();
        assert_eq!(cluster.nodes.len(), 13);
        let node = &cluster.nodes[cluster.node("w-11").unwrap()];
        let labels =
            [("kubernetes.io/hostname", "w-11"), ("rack", "w-2"), ("tier", "web"), ("zone", "b")];
        assert!(node.labels.iter().map(|(k, v)| (k.as_str(), v.as_str())).eq(labels));
        assert_eq!(
            (node.allocatable.as_slice(), node.taints.len()),
            (&[4000, 8 << 30, 110][..], 1)
        );
        let other = &cluster.nodes[cluster.node("one-0").unwrap()];
        assert_eq!(other.allocatable, [500, 0, 0]);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        let group = |more: &str| format!("groups:\n- name: w\n  count: 1\n{more}");
        for (text, expected) in [
            ("nodes: []".to_owned(), "1:1: no cluster profile: unknown field `nodes`"),
            (group("  cpu: 1\n"), "4:3: no cluster profile: groups[0]: unknown field `cpu`"),
            (group(""), "2:3: group `w` has neither `allocatable` nor `capacity`"),
            (
                group("  capacity: {}\n  cycle: {z: []}\n"),
                "2:3: group `w` has no value for `z` to cycle through",
            ),
            (
                group("  capacity: {}\n  blocks: {z: 0}\n"),
                "2:3: group `w` has blocks of 0 nodes for `z`",
            ),
            (
                "groups:\n- {name: w, count: 100001, capacity: {}}\n".to_owned(),
                "2:3: the groups have more than 100000 nodes",
            ),
        ] {
            let error = profile(&text).unwrap_err();
            let at = error.location.clone().unwrap();
            let found = format!("{}:{}: {error}", at.line, at.column);
            assert!(found.starts_with(expected), "{found}");
        }
        let text = group("  capacity: {cpu: 4, memory: 8GB}\n");
        let errors = crate::read(&profile(&text).unwrap().nodes()).unwrap_err();
        let at = errors[0].location.clone().unwrap();
        assert_eq!(
            (errors[0].to_string().as_str(), at.line, at.column),
            ("unknown unit `GB` in `8GB`", 4, 30)
        );
    }

    #[test]
    fn the_examples_are_clusters() {
        for (text, nodes, gpus) in [
            (include_str!("../../../configs/clusters/small.yaml"), 4, 0),
            (include_str!("../../../configs/clusters/thousand.yaml"), 1000, 76 * 4 + 64 * 8),
        ] {
            let cluster = crate::read(&profile(text).unwrap().nodes()).unwrap();
            let gpu = cluster.resource("nvidia.com/gpu");
            let of = |node: &crate::Node| gpu.map_or(0, |gpu| node.allocatable[gpu]);
            assert_eq!(cluster.nodes.len(), nodes);
            assert_eq!(cluster.nodes.iter().map(of).sum::<u64>(), gpus);
        }
    }
}
