//! From a blueprint to Kubernetes objects, as `kubectl get nodes,pods,priorityclasses,pdb -o yaml`
//! prints them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::blueprint::{Blueprint, HOSTNAME, NAMESPACE, Node, PODS_PER_NODE, Workload, pod_name};

/// The label that a workload's pods have, with the name of the workload.
const WORKLOAD: &str = "app";
/// The annotation of pods that have to stay where they run.
const STAYS: &str = "cluster-autoscaler.kubernetes.io/safe-to-evict";

impl Blueprint {
    /// The objects as YAML documents: priority classes, nodes, pods in the order of their
    /// workloads, budgets. Each workload is created a second after the one before it.
    #[must_use]
    pub fn manifests(&self) -> String {
        let priorities: BTreeSet<i32> = self.workloads.iter().map(|one| one.priority).collect();
        let workloads = self.workloads.iter().enumerate();
        let pods = workloads.flat_map(|(at, workload)| {
            (0..workload.pods.len()).map(move |pod| self.pod(at, workload, pod))
        });
        let objects = priorities
            .into_iter()
            .map(priority_class)
            .chain(self.nodes.iter().map(node))
            .chain(pods)
            .chain(self.budgets.iter().filter_map(|(&at, &allowed)| self.budget(at, allowed)));
        let mut text = String::new();
        for object in objects {
            text.push_str("---\n");
            text.push_str(&serde_yaml::to_string(&object).unwrap_or_default());
        }
        text
    }

    fn pod(&self, at: usize, workload: &Workload, pod: usize) -> Value {
        let node = workload.pods.get(pod).copied().flatten().and_then(|on| self.nodes.get(on));
        let created = timestamp(at);
        let mut spec = json!({
            "priorityClassName": class_name(workload.priority),
            "priority": workload.priority,
            "schedulerName": "default-scheduler",
            "containers": [{
                "name": "main",
                "image": "registry.example/main:1",
                "resources": {"requests": quantities(&workload.requests)},
            }],
        });
        let mut status = json!({"phase": "Pending"});
        if let Some(node) = node {
            set(&mut spec, "nodeName", json!(node.name));
            status = json!({"phase": "Running", "startTime": created});
        }
        if !workload.selector.is_empty() {
            set(&mut spec, "nodeSelector", json!(workload.selector));
        }
        if !workload.tolerates.is_empty() {
            let all = workload.tolerates.iter();
            let all = all.map(|key| json!({"key": key, "operator": "Exists"}));
            set(&mut spec, "tolerations", all.collect());
        }
        let affinity = self.affinity(workload);
        if !affinity.is_empty() {
            set(&mut spec, "affinity", Value::Object(affinity));
        }
        if !workload.spread.is_empty() {
            let all = workload.spread.iter().map(|term| {
                json!({
                    "topologyKey": term.topology,
                    "maxSkew": term.max_skew,
                    "minDomains": term.min_domains,
                    "whenUnsatisfiable": "DoNotSchedule",
                    "labelSelector": self.selector(&term.of),
                })
            });
            set(&mut spec, "topologySpreadConstraints", all.collect());
        }
        let mut metadata = json!({
            "name": pod_name(workload, pod),
            "namespace": NAMESPACE,
            "creationTimestamp": created,
            "labels": {WORKLOAD: workload.name},
            "ownerReferences": [{
                "apiVersion": "apps/v1",
                "kind": "ReplicaSet",
                "name": workload.name,
                "uid": workload.name,
                "controller": true,
            }],
        });
        if workload.fixed {
            set(&mut metadata, "annotations", json!({STAYS: "false"}));
        }
        json!({
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": metadata,
            "spec": spec,
            "status": status,
        })
    }

    fn affinity(&self, workload: &Workload) -> Map<String, Value> {
        let term = |topology: &str, workloads: &BTreeSet<usize>| json!({"topologyKey": topology, "labelSelector": self.selector(workloads)});
        let near = workload.near.iter().map(|near| term(&near.topology, &near.to));
        let apart = workload.apart.iter().map(|apart| term(&apart.topology, &apart.from));
        let required =
            |terms: Vec<Value>| json!({"requiredDuringSchedulingIgnoredDuringExecution": terms});
        let kinds = [("podAffinity", near.collect()), ("podAntiAffinity", apart.collect())];
        let kinds = kinds.into_iter().filter(|(_, terms): &(&str, Vec<Value>)| !terms.is_empty());
        kinds.map(|(kind, terms)| (kind.to_owned(), required(terms))).collect()
    }

    /// The label selector of the pods of some workloads.
    fn selector(&self, workloads: &BTreeSet<usize>) -> Value {
        let names = workloads.iter().filter_map(|&at| Some(&self.workloads.get(at)?.name));
        let names: Vec<&String> = names.collect();
        json!({"matchExpressions": [{"key": WORKLOAD, "operator": "In", "values": names}]})
    }

    fn budget(&self, workload: usize, allowed: u32) -> Option<Value> {
        let name = &self.workloads.get(workload)?.name;
        Some(json!({
            "apiVersion": "policy/v1",
            "kind": "PodDisruptionBudget",
            "metadata": {"name": name, "namespace": NAMESPACE},
            "spec": {
                "selector": {"matchLabels": {WORKLOAD: name}},
                "maxUnavailable": allowed,
            },
            "status": {"disruptionsAllowed": allowed},
        }))
    }
}

fn node(node: &Node) -> Value {
    let mut labels = node.labels.clone();
    labels.insert(HOSTNAME.to_owned(), node.name.clone());
    let mut capacity = node.capacity.clone();
    capacity.entry("pods".to_owned()).or_insert(PODS_PER_NODE);
    let capacity = quantities(&capacity);
    let taints: Vec<Value> =
        node.taint.iter().map(|key| json!({"key": key, "effect": "NoSchedule"})).collect();
    let spec = if taints.is_empty() { json!({}) } else { json!({"taints": taints}) };
    json!({
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": node.name, "labels": labels},
        "spec": spec,
        "status": {"allocatable": capacity, "capacity": capacity},
    })
}

fn class_name(priority: i32) -> String {
    format!("p{priority}").replace('-', "minus-")
}

fn priority_class(priority: i32) -> Value {
    json!({
        "apiVersion": "scheduling.k8s.io/v1",
        "kind": "PriorityClass",
        "metadata": {"name": class_name(priority)},
        "value": priority,
    })
}

/// Quantities as text; those of `cpu` are in thousandths.
fn quantities(of: &BTreeMap<String, u64>) -> BTreeMap<&str, String> {
    let text = |name: &str, amount: u64| {
        let mut text = amount.to_string();
        if name == "cpu" {
            text.push('m');
        }
        text
    };
    of.iter().map(|(name, &amount)| (name.as_str(), text(name, amount))).collect()
}

/// So many seconds into a year.
fn timestamp(seconds: usize) -> String {
    const DAY: usize = 24 * 60 * 60;
    let (day, rest) = (seconds / DAY + 1, seconds % DAY);
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("2025-01-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

fn set(object: &mut Value, key: &str, value: Value) {
    if let Some(map) = object.as_object_mut() {
        map.insert(key.to_owned(), value);
    }
}
