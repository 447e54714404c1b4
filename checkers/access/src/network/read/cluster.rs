//! The policies of the whole cluster (`policy.networking.k8s.io`): `AdminNetworkPolicy` and its
//! baseline of v1alpha1, `ClusterNetworkPolicy` of v1alpha2.

use super::super::PortSet;
use super::super::model::{Action, ClusterPolicy, Namespaces, Peer, PodSet, PortRule, Rule, Tier};
use super::super::selector::LabelSelector;
use super::place::{Place, Reader};
use super::{peers, ports};

/// What differs between the kinds.
struct Shape {
    /// The word for letting through.
    allow: &'static str,
    /// Whether a rule may pass a connection on.
    may_pass: bool,
    /// How many rules a direction may have.
    most_rules: usize,
    /// The field of a rule's ports.
    ports: &'static str,
    /// How that field is read.
    read_ports: fn(&mut Reader<'_>, Option<Place<'_>>) -> PortRule,
}

const V1ALPHA1: Shape = Shape {
    allow: "Allow",
    may_pass: true,
    most_rules: 100,
    ports: "ports",
    read_ports: ports::admin,
};

const V1ALPHA2: Shape = Shape {
    allow: "Accept",
    may_pass: true,
    most_rules: 25,
    ports: "protocols",
    read_ports: ports::cluster,
};

pub(super) fn read_admin(reader: &mut Reader<'_>) -> ClusterPolicy {
    let priority = read_priority(reader);
    read(reader, Tier::Admin, priority, &V1ALPHA1)
}

/// Reads a baseline, of which there is one, named `default`.
pub(super) fn read_baseline(reader: &mut Reader<'_>) -> ClusterPolicy {
    if reader.object.name() != "default" {
        let root = reader.root();
        let place = root.get("metadata").and_then(|at| at.get("name")).unwrap_or(root);
        reader.refuse(&place, "the only baseline policy there can be has the name `default`");
    }
    read(reader, Tier::Baseline, 0, &Shape { may_pass: false, ..V1ALPHA1 })
}

/// Reads a `ClusterNetworkPolicy`: of its tier, or, if that cannot be read, of both.
pub(super) fn read_cluster(reader: &mut Reader<'_>) -> Vec<ClusterPolicy> {
    let mark = reader.mark();
    let priority = read_priority(reader);
    let root = reader.root();
    let tier = root.get("spec").and_then(|spec| spec.get("tier"));
    match tier.as_ref().and_then(|tier| tier.node.as_str()) {
        Some("Admin") => vec![read(reader, Tier::Admin, priority, &V1ALPHA2)],
        Some("Baseline") => vec![read(reader, Tier::Baseline, priority, &V1ALPHA2)],
        _ => {
            reader.refuse(&tier.unwrap_or(root), "`tier` must be `Admin` or `Baseline`");
            let mut policy = read(reader, Tier::Admin, priority, &V1ALPHA2);
            policy.subject.pods.unreadable = true;
            let root = reader.root();
            policy.raw = reader.raw(mark, &root);
            vec![ClusterPolicy { tier: Tier::Baseline, ..policy.clone() }, policy]
        }
    }
}

/// Reads the priority; one that cannot be read counts as the highest.
fn read_priority(reader: &mut Reader<'_>) -> i64 {
    let root = reader.root();
    let at = root.get("spec").and_then(|spec| spec.get("priority"));
    let priority = at.as_ref().and_then(|at| at.node.as_i64());
    let valid = priority.filter(|priority| (0..=1000).contains(priority));
    if valid.is_none() {
        reader.refuse(&at.unwrap_or(root), "`priority` must be a number from 0 to 1000");
    }
    valid.unwrap_or(0)
}

fn read(reader: &mut Reader<'_>, tier: Tier, priority: i64, shape: &Shape) -> ClusterPolicy {
    let root = reader.root();
    let spec = root.get("spec");
    let field = |key: &str| spec.as_ref().and_then(|spec| spec.get(key));
    let mark = reader.mark();
    let subject = read_subject(reader, field("subject").as_ref(), &root);
    let raw = reader.raw(mark, spec.as_ref().unwrap_or(&root));
    let ingress = read_rules(reader, field("ingress"), "from", shape);
    let egress = read_rules(reader, field("egress"), "to", shape);
    let source = reader.source(&root, "policy");
    ClusterPolicy { tier, priority, subject, ingress, egress, raw, source }
}

fn read_subject(reader: &mut Reader<'_>, subject: Option<&Place<'_>>, root: &Place<'_>) -> PodSet {
    let given = subject.map(|subject| subject.having(&["namespaces", "pods"]));
    let read = match (subject, given.as_deref()) {
        (Some(subject), Some([_])) => peers::pod_set(reader, subject),
        _ => None,
    };
    read.unwrap_or_else(|| {
        let place = subject.unwrap_or(root);
        reader.refuse(place, "the subject is one of `namespaces` and `pods`");
        PodSet {
            namespaces: Namespaces::Labelled(LabelSelector::everything()),
            pods: LabelSelector { requirements: Vec::new(), unreadable: true },
            without_host_network: true,
        }
    })
}

fn read_rules(
    reader: &mut Reader<'_>,
    rules: Option<Place<'_>>,
    peers: &'static str,
    shape: &Shape,
) -> Vec<Rule> {
    let items: Vec<_> = rules.iter().flat_map(Place::items).collect();
    if let Some(rules) = rules.filter(|_| items.len() > shape.most_rules) {
        let most = shape.most_rules;
        reader.refuse(&rules, format!("{} rules, of which there may be {most}", items.len()));
    }
    items.iter().map(|item| read_rule(reader, item, peers, shape)).collect()
}

fn read_rule(
    reader: &mut Reader<'_>,
    item: &Place<'_>,
    peers: &'static str,
    shape: &Shape,
) -> Rule {
    let mark = reader.mark();
    let mut rule = Rule {
        action: Action::Deny,
        peers: peers::cluster(reader, item, peers),
        ports: (shape.read_ports)(reader, item.get(shape.ports)),
        raw: reader.name(""),
        source: reader.source(item, "rule"),
    };
    let at = item.get("action");
    match at.as_ref().and_then(|at| at.node.as_str()) {
        Some("Deny") => {}
        Some("Pass") if shape.may_pass => rule.action = Action::Pass,
        Some(word) if word == shape.allow => rule.action = Action::Allow,
        _ => {
            let pass = if shape.may_pass { ", `Deny` or `Pass`" } else { " or `Deny`" };
            reader.refuse(
                at.as_ref().unwrap_or(item),
                format!("`action` must be `{}`{pass}", shape.allow),
            );
            rule.action = Action::Unreadable;
        }
    }
    let named = !rule.ports.named.is_empty();
    if named && rule.peers.iter().any(|peer| !matches!(peer, Peer::Pods(_) | Peer::Unreadable)) {
        reader.refuse(item, "ports have no names at addresses, nodes and domain names");
        rule.ports.unreadable = PortSet::all();
    }
    rule.raw = reader.raw(mark, item);
    rule
}
