//! `NetworkPolicy` (`networking.k8s.io/v1`).

use seatrial_core::Severity;

use super::super::model::{Action, NamespacedPolicy, Namespaces, PodSet, Rule};
use super::super::rules;
use super::super::selector::{LabelSelector, Name};
use super::place::{Place, Reader};
use super::{peers, ports};

/// Reads a policy. Without `policyTypes` it isolates from what comes in, and from what goes out if
/// it has rules for that.
pub(super) fn read(reader: &mut Reader<'_>) -> NamespacedPolicy {
    let namespace = reader.name(reader.object.namespace());
    let mark = reader.mark();
    let root = reader.root();
    let spec = root.get("spec");
    let field = |key: &str| spec.as_ref().and_then(|spec| spec.get(key));
    // The API server takes a missing selector for the empty one, which selects all.
    let mut pods = field("podSelector")
        .map_or_else(LabelSelector::everything, |selector| reader.selector(&selector));
    let types = read_types(reader, field("policyTypes"));
    let (ingress, egress) = (field("ingress"), field("egress"));
    let has_rules = |rules: &Option<Place<'_>>| {
        rules.as_ref().is_some_and(|rules| !rules.node.items().is_empty())
    };
    let isolates = match types {
        Some(types) => types,
        None => Types { ingress: true, egress: has_rules(&egress), unreadable: false },
    };
    pods.unreadable |= isolates.unreadable;
    let raw = reader.raw(mark, spec.as_ref().unwrap_or(&root));
    for (field, isolated) in [(&ingress, isolates.ingress), (&egress, isolates.egress)] {
        if let Some(at) = field.as_ref().filter(|_| !isolated) {
            report_without_effect(reader, at);
        }
    }
    let ingress =
        isolates.ingress.then(|| read_rules(reader, ingress.as_ref(), "from", &namespace));
    let egress = isolates.egress.then(|| read_rules(reader, egress.as_ref(), "to", &namespace));
    let namespaces = Namespaces::Named(namespace);
    let subject = PodSet { namespaces, pods, without_host_network: false };
    NamespacedPolicy { subject, ingress, egress, raw, source: reader.source(&root, "policy") }
}

/// From what a policy isolates its pods.
struct Types {
    ingress: bool,
    egress: bool,
    unreadable: bool,
}

/// Reads `policyTypes`; `None` where none are given. If one of them is unknown, all is possible.
fn read_types(reader: &mut Reader<'_>, types: Option<Place<'_>>) -> Option<Types> {
    let types = types.filter(|types| !types.node.items().is_empty())?;
    let mut read = Types { ingress: false, egress: false, unreadable: false };
    for item in types.items() {
        match item.node.as_str() {
            Some("Ingress") => read.ingress = true,
            Some("Egress") => read.egress = true,
            _ => {
                let shown = ports::shown(&item);
                reader
                    .refuse(&item, format!("unknown policy type `{shown}`: `Ingress` or `Egress`"));
                read = Types { ingress: true, egress: true, unreadable: true };
            }
        }
    }
    Some(read)
}

/// Says that rules of a direction have no effect, as the policy is not of that type.
fn report_without_effect(reader: &mut Reader<'_>, at: &Place<'_>) {
    let egress = at.pointer.ends_with("/egress");
    let (field, policy_type) = if egress { ("egress", "Egress") } else { ("ingress", "Ingress") };
    let message = format!("`{field}` has no effect: the policy is not of type `{policy_type}`");
    let hint = format!("add `{policy_type}` to `policyTypes`, or remove `{field}`");
    reader.report(rules::RULES_WITHOUT_EFFECT, Severity::Warning, at, message, Some(hint));
}

fn read_rules(
    reader: &mut Reader<'_>,
    rules: Option<&Place<'_>>,
    peers: &'static str,
    namespace: &Name,
) -> Vec<Rule> {
    let items: Vec<_> = rules.into_iter().flat_map(Place::items).collect();
    let rule = |item: &Place<'_>| {
        let mark = reader.mark();
        let peers = peers::namespaced(reader, item.get(peers), namespace);
        let ports = ports::namespaced(reader, item.get("ports"));
        let raw = reader.raw(mark, item);
        Rule { action: Action::Allow, peers, ports, raw, source: reader.source(item, "rule") }
    };
    items.iter().map(rule).collect()
}
