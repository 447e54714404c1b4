//! The descheduler's policy: an object of its own, or a text in a ConfigMap.

use std::sync::Arc;

use seatrial_manifests::Object;
use seatrial_parse::Node;
use seatrial_scheduling::Cluster;

use crate::{Descheduler, LeftOut, Rule};

/// The policy among objects, with what of it is not modelled.
pub(super) fn read(objects: &[Object], cluster: &Cluster) -> (Option<Descheduler>, Vec<LeftOut>) {
    let mut left_out = Vec::new();
    for object in objects {
        if object.kind() == "DeschedulerPolicy" {
            return (Some(policy(object, &object.node, cluster, &mut left_out)), left_out);
        }
        let texts = object.node.get("data").filter(|_| object.kind() == "ConfigMap");
        for entry in texts.map_or(&[][..], Node::entries) {
            let Some(text) = entry.value.as_str().filter(|it| it.contains("DeschedulerPolicy"))
            else {
                continue;
            };
            let parsed = seatrial_parse::yaml(text);
            if let Some(document) = parsed.documents.first() {
                let found = policy(object, &document.root, cluster, &mut left_out);
                let location = object.location(entry.key.span);
                return (Some(Descheduler { location, ..found }), left_out);
            }
        }
    }
    (None, left_out)
}

fn policy(
    object: &Object,
    node: &Node,
    cluster: &Cluster,
    left_out: &mut Vec<LeftOut>,
) -> Descheduler {
    let mut found =
        Descheduler { rules: Vec::new(), node_fit: false, location: object.name_location() };
    let profiles = node.get("profiles").map_or(&[][..], Node::items);
    for profile in profiles {
        let enabled: Vec<&str> = profile
            .get("plugins")
            .map_or(&[][..], Node::entries)
            .iter()
            .filter_map(|kind| kind.value.get("enabled"))
            .flat_map(Node::items)
            .filter_map(Node::as_str)
            .collect();
        let configs = profile.get("pluginConfig").map_or(&[][..], Node::items);
        let args = |name: &str| {
            let own = |config: &&Node| config.get("name").and_then(Node::as_str) == Some(name);
            configs.iter().find(own).and_then(|config| config.get("args"))
        };
        found.node_fit |=
            args("DefaultEvictor").and_then(|args| args.get("nodeFit")).and_then(Node::as_bool)
                == Some(true);
        for name in enabled {
            match rule(name, args(name), cluster) {
                Some(rule) => found.rules.push(rule),
                None if name == "DefaultEvictor" => {}
                None => left_out.push(LeftOut {
                    what: format!("strategy `{name}` of DeschedulerPolicy {}", object.name()),
                    weakens: "the descheduler evicts nothing by it".to_owned(),
                    location: Arc::new(object).name_location(),
                }),
            }
        }
    }
    found
}

fn rule(name: &str, args: Option<&Node>, cluster: &Cluster) -> Option<Rule> {
    match name {
        "RemoveDuplicates" => Some(Rule::Duplicates),
        "RemovePodsViolatingTopologySpreadConstraint" => {
            let kinds = args.and_then(|args| args.get("constraints")).map_or(&[][..], Node::items);
            let soft = kinds.iter().any(|kind| kind.as_str() == Some("ScheduleAnyway"));
            Some(Rule::Spread { soft })
        }
        "LowNodeUtilization" => {
            let shares = |key: &str| -> Vec<(usize, u64)> {
                let entries = args.and_then(|args| args.get(key)).map_or(&[][..], Node::entries);
                let share = |entry: &seatrial_parse::Entry| {
                    let resource = cluster.resource(&entry.key.text)?;
                    Some((resource, u64::try_from(entry.value.as_i64()?).ok()?))
                };
                entries.iter().filter_map(share).collect()
            };
            let (low, high) = (shares("thresholds"), shares("targetThresholds"));
            Some(Rule::Utilization { low, high })
        }
        _ => None,
    }
}
