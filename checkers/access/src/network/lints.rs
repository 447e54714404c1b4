//! The classic mistakes: policies that are valid, and likely not what was meant.

use std::collections::{BTreeMap, BTreeSet};

use seatrial_core::{Finding, Severity};

use super::classes::Class;
use super::model::{Direction, End, NamespacedPolicy, Namespaces, Network, Peer, PodSet, Workload};
use super::rows::{Rows, is_workloads};
use super::selector::LabelSelector;
use super::{Connection, Connections, Protocol, Truth, Verdict, rules};
use crate::Source;
use crate::decision::finding;

/// The port on which pods ask for names.
const DNS: u16 = 53;

/// What policies likely do not mean; the findings of reading (see [`Network::findings`]) are not
/// among these.
pub fn lint(connections: &Connections<'_>) -> Vec<Finding> {
    let network = connections.network();
    let mut findings = select_nothing(network);
    findings.extend(or_for_and(network));
    findings.extend(without_dns(connections));
    findings.extend(same_priority(connections));
    findings.sort_unstable();
    findings.dedup();
    findings
}

/// Whether some workload is or may be in a set of pods.
fn selects_some(network: &Network, set: &PodSet) -> bool {
    network.workloads.iter().any(|workload| network.is_in(workload, set) > Truth::No)
}

/// Whether the input has workloads where a set of pods looks for them: without any, nothing is
/// known of what it selects.
fn has_workloads(network: &Network, set: &PodSet) -> bool {
    match &set.namespaces {
        Namespaces::Named(name) => network.workloads.iter().any(|it| it.namespace == *name),
        Namespaces::Labelled(_) => !network.workloads.is_empty(),
    }
}

/// Subjects and peers that are no workload of the input.
fn select_nothing(network: &Network) -> Vec<Finding> {
    let mut known: BTreeMap<&PodSet, bool> = BTreeMap::new();
    let mut nothing = |set| {
        let judge = || has_workloads(network, set) && !selects_some(network, set);
        *known.entry(set).or_insert_with(judge)
    };
    let mut findings = Vec::new();
    let subjects = network.cluster_policies.iter().map(|it| (&it.subject, &it.source));
    let subjects = subjects.chain(network.policies.iter().map(|it| (&it.subject, &it.source)));
    for (subject, source) in subjects.filter(|it| nothing(it.0)) {
        let message = format!("the policy selects no pod: none has `{}`", subject.pods);
        let hint = "select a label that the pod template of the workload has";
        findings.push(finding(rules::SELECTS_NOTHING, Severity::Warning, source, message, hint));
    }
    for rule in super::classes::all_rules(network) {
        for peer in &rule.peers {
            let Peer::Pods(set) = peer else { continue };
            if nothing(set) {
                let message = format!("no pod of the input is the peer `{}`", shown(set));
                let hint = "check the labels; pods that come from elsewhere cannot be seen";
                let at = &rule.source;
                findings.push(finding(
                    rules::PEER_SELECTS_NOTHING,
                    Severity::Note,
                    at,
                    message,
                    hint,
                ));
            }
        }
    }
    findings
}

/// A set of pods in words.
fn shown(set: &PodSet) -> String {
    match &set.namespaces {
        Namespaces::Named(name) => format!("{} in namespace {name}", set.pods),
        Namespaces::Labelled(selector) => format!("{} in namespaces with {selector}", set.pods),
    }
}

/// Two items of a list, one by namespaces and one by pods, where one item with both selectors was
/// likely meant: the second selects pods of the policy's own namespace, whatever the first says.
fn or_for_and(network: &Network) -> Vec<Finding> {
    let by_namespaces = |peer: &Peer| match peer {
        Peer::Pods(PodSet { namespaces: Namespaces::Labelled(selector), pods, .. }) => {
            *pods == LabelSelector::everything() && *selector != LabelSelector::everything()
        }
        _ => false,
    };
    let mut findings = Vec::new();
    let rules = network
        .policies
        .iter()
        .flat_map(|policy| policy.ingress.iter().flatten().chain(policy.egress.iter().flatten()));
    for rule in rules {
        for pair in rule.peers.windows(2) {
            let [first, Peer::Pods(own)] = pair else { continue };
            let in_own = matches!(own.namespaces, Namespaces::Named(_));
            if !by_namespaces(first) || !in_own || own.pods == LabelSelector::everything() {
                continue;
            }
            // If there are no such pods in the own namespace, hardly anything else was meant.
            let severity =
                if selects_some(network, own) { Severity::Note } else { Severity::Warning };
            let message = format!(
                "these are two peers: all pods of the namespaces, or pods `{}` of the policy's own",
                own.pods
            );
            let hint = "to mean pods with these labels in those namespaces, write both selectors \
                        in one item: no `-` before the second";
            findings.push(finding(rules::OR_FOR_AND, severity, &rule.source, message, hint));
        }
    }
    findings
}

/// Policies whose pods may open connections to pods, but cannot ask for their names.
fn without_dns(connections: &Connections<'_>) -> Vec<Finding> {
    let it = connections.connectivity();
    let network = it.network;
    let needs_names = |policy: &NamespacedPolicy| {
        let mut peers = policy.egress.iter().flatten().flat_map(|rule| &rule.peers);
        peers.any(|peer| matches!(peer, Peer::Pods(_) | Peer::Anyone | Peer::DomainNames(_)))
    };
    let mut known: BTreeMap<usize, bool> = BTreeMap::new();
    let mut cannot_ask = |class: usize| {
        let row = it.egress.of_class.get(class).copied().unwrap_or(0);
        *known.entry(row).or_insert_with(|| !asks(connections, &it.egress, row))
    };
    let mut findings = Vec::new();
    for policy in network.policies.iter().filter(|policy| needs_names(policy)) {
        let subject = it.classes.subject(&policy.subject);
        let mute: Vec<_> = subject.sure.iter().filter(|&class| cannot_ask(class)).collect();
        let Some(first) = mute.first().and_then(|&class| some_workload(connections, class)) else {
            continue;
        };
        let message =
            format!("`{}` may open connections, but not ask for names on port {DNS}", first.id);
        let hint = "allow egress to port 53, UDP and TCP, of the pods that answer for names";
        findings.push(finding(rules::NO_DNS, Severity::Warning, &policy.source, message, hint));
    }
    findings
}

/// Whether pods of a row may connect to anyone on the port for names.
fn asks(connections: &Connections<'_>, rows: &Rows, row: usize) -> bool {
    let reaches = rows.rows.get(row).map_or_else(Vec::new, super::rows::Row::reaches);
    let mut possible = reaches.into_iter().filter_map(|id| connections.reaches().get(id));
    row == 0 || possible.any(|reach| reach.possible().contains(Protocol::Udp, DNS))
}

fn some_workload<'n>(connections: &Connections<'n>, class: usize) -> Option<&'n Workload> {
    let it = connections.connectivity();
    match it.classes.all.get(class)? {
        Class::Workloads(members) => it.network.workloads.get(*members.first()?),
        Class::Addresses(_) => None,
    }
}

/// Policies of the same tier and priority that decide differently on some connection.
fn same_priority(connections: &Connections<'_>) -> Vec<Finding> {
    let it = connections.connectivity();
    let mut findings = Vec::new();
    let mut told: BTreeSet<Vec<Source>> = BTreeSet::new();
    for (direction, rows) in [(Direction::Egress, &it.egress), (Direction::Ingress, &it.ingress)] {
        let mut seen = BTreeSet::new();
        for (class, &row) in rows.of_class.iter().enumerate() {
            let is_new = is_workloads(it.classes.all.get(class)) && seen.insert(row);
            let own = some_workload(connections, class).filter(|_| is_new);
            let row = rows.rows.get(row).filter(|_| is_new);
            if let Some((own, row)) = own.zip(row) {
                for (id, others) in row.parts() {
                    let Some(reach) = connections.reaches().get(*id) else { continue };
                    let open = reach.open.iter().filter(|open| !open.is_unknown);
                    for port in open.filter_map(|open| open.ports.first()) {
                        let other = others.iter().find_map(|class| some_end(connections, class));
                        let Some(other) = other else { continue };
                        findings.extend(
                            disagreement(it.network, direction, own, other, port)
                                .filter(|(sources, _)| told.insert(sources.clone()))
                                .map(|(_, finding)| finding),
                        );
                    }
                }
            }
        }
    }
    findings
}

fn some_end<'n>(connections: &Connections<'n>, class: usize) -> Option<End<'n>> {
    match connections.connectivity().classes.all.get(class)? {
        Class::Workloads(_) => some_workload(connections, class).map(End::Pod),
        Class::Addresses(addresses) => addresses.first().map(End::Address),
    }
}

/// The finding of rules that disagree on a connection, with the rules.
fn disagreement(
    network: &Network,
    direction: Direction,
    own: &Workload,
    other: End<'_>,
    port: (Protocol, u16),
) -> Option<(Vec<Source>, Finding)> {
    let connection = match direction {
        Direction::Egress => Connection::new(End::Pod(own), other, port),
        Direction::Ingress => Connection::new(other, End::Pod(own), port),
    };
    let side = network.decide_side(&connection, direction);
    let (first, rest) = side.sources.split_first()?;
    let name = match other {
        End::Pod(pod) => pod.id.to_string(),
        End::Address(address) => address.to_string(),
    };
    let (from, to) = match direction {
        Direction::Egress => (own.id.to_string(), name),
        Direction::Ingress => (name, own.id.to_string()),
    };
    let message = format!(
        "rules of the same priority decide differently on {from} to {to} on {} {}",
        port.0, port.1
    );
    let hint = "give the policies different priorities";
    let mut found = finding(rules::SAME_PRIORITY, Severity::Warning, first, message, hint);
    for source in rest {
        found = found.related_to(source.location.clone(), "this one may count as well");
    }
    (side.verdict == Verdict::Ambiguous).then_some((side.sources, found))
}
