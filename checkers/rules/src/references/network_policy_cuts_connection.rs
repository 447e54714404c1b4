//! `network-policy-cuts-connection`: a policy keeps out what has to get through.

use rustc_hash::FxHashMap;
use seatrial_core::{Finding, Severity};
use seatrial_manifests::{Object, Part as Place, PodTemplate, Selector};
use seatrial_parse::Node;

use super::Context;
use super::addresses::{Address, Meant, meant, namespaces, of_pods};
use super::common::{finding, named, namespace, selects_namespace_of, text};
use super::places::{all, at, one};
use crate::{Part, Rule};

pub(super) static RULE: Rule = Rule::fixed(
    "network-policy-cuts-connection",
    Part::Reference,
    Severity::Warning,
    "a NetworkPolicy cuts a connection that the workloads are made for",
    "\
## What it checks

Pods that NetworkPolicies of their namespace isolate, for what comes in:

* a Service selects them, and none of the policies allows its target port from anywhere: a warning;
* another workload has the address of such a Service (`http://cart:8080` in a variable or argument),
  and none of the policies allows its pods: an error.

Peers given by blocks of addresses, and by labels of namespaces that are not among the inspected
files, are taken to allow. What goes out of the caller is judged in the same way, where its policies
name the peers by labels of pods alone.

## Why it matters

Policies add up to what is allowed; once one selects a pod, the rest is dropped without a message.
The caller waits until its own timeout, and everything else looks healthy.

## What to do

Allow the callers and the port: `ingress: [{from: [{podSelector: …}], ports: [{port: …}]}]`. The port
is the one of the pods, not that of the Service.

## Example

```yaml
kind: NetworkPolicy
metadata: {name: db}
spec:
  podSelector: {matchLabels: {app: db}}
  ingress: [{from: [{podSelector: {matchLabels: {app: api}}}], ports: [{port: 5433}]}]
---
kind: Service
metadata: {name: db}
spec: {selector: {app: db}, ports: [{port: 5432}]}
```

## References

* <https://kubernetes.io/docs/concepts/services-networking/network-policies/>
",
);

/// The policies that isolate some pods in one direction.
struct Policies<'a> {
    of: FxHashMap<*const Object, Vec<&'a Object>>,
    field: &'static str,
}

/// How many policies on one workload are looked at.
const COMPARED: usize = 64;

impl<'a> Policies<'a> {
    fn of(context: &Context<'a>, field: &'static str, kind: &str) -> Self {
        let mut of = FxHashMap::<_, Vec<&Object>>::default();
        for policy in context.index.of_kind("networking.k8s.io", "NetworkPolicy") {
            if !isolates(policy, kind, field) {
                continue;
            }
            let Some(selector) = Selector::of(policy) else { continue };
            for template in context.index.select(namespace(policy), &selector) {
                let policies = of.entry(std::ptr::from_ref(template.object)).or_default();
                if policies.len() < COMPARED {
                    policies.push(policy);
                }
            }
        }
        Self { of, field }
    }

    fn on(&self, template: &PodTemplate<'_>) -> &[&'a Object] {
        self.of.get(&std::ptr::from_ref(template.object)).map_or(&[], Vec::as_slice)
    }

    /// Whether a policy allows a port, and a peer if one is given, on pods that it isolates.
    fn allow(&self, context: &Context<'_>, pods: &PodTemplate<'_>, edge: &Edge<'_, '_>) -> bool {
        self.on(pods).iter().any(|policy| {
            let rules = all(policy, &format!("spec/{}/*", self.field));
            rules.iter().any(|rule| allows(context, policy, rule, self.peers(), edge))
        })
    }

    fn peers(&self) -> &'static str {
        if self.field == "ingress" { "from" } else { "to" }
    }
}

/// A connection: to a port of some pods, perhaps with a known other end.
struct Edge<'a, 'c> {
    /// The pods that listen.
    server: &'c PodTemplate<'a>,
    target: &'c Node,
    protocol: &'c str,
    /// The other end, seen from the policy.
    peer: Option<&'c PodTemplate<'a>>,
}

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    if context.index.of_kind("networking.k8s.io", "NetworkPolicy").next().is_none() {
        return;
    }
    let ingress = Policies::of(context, "ingress", "Ingress");
    let egress = Policies::of(context, "egress", "Egress");
    for service in context.index.of_kind("", "Service") {
        findings.extend(closed(context, service, &ingress));
    }
    let known = namespaces(context);
    for caller in context.index.templates() {
        let addresses = of_pods(caller);
        let mut cut = addresses.iter().filter_map(|address| {
            judge_call(context, &known, caller, address, [&ingress, &egress])
        });
        findings.extend(cut.next());
    }
}

/// Whether a policy isolates the pods that it selects in a direction.
fn isolates(policy: &Object, kind: &str, field: &str) -> bool {
    let types = all(policy, "spec/policyTypes/*");
    if types.is_empty() {
        field == "ingress" || policy.node.at(&["spec", field]).is_some()
    } else {
        types.iter().any(|it| it.node.as_str() == Some(kind))
    }
}

/// The pods of a Service, all of one namespace.
fn pods_of<'a>(context: &Context<'a>, service: &'a Object) -> Vec<PodTemplate<'a>> {
    let selector = Selector::of(service).filter(|it| !it.is_nothing());
    selector.map_or_else(Vec::new, |it| context.index.select(namespace(service), &it))
}

/// The target of a port of a Service.
fn target(port: &Node) -> Option<&Node> {
    port.get("targetPort").filter(|it| !it.is_null()).or_else(|| port.get("port"))
}

/// The finding on a Service whose pods take nothing on any of its ports.
fn closed(context: &Context<'_>, service: &Object, ingress: &Policies<'_>) -> Option<Finding> {
    let pods = pods_of(context, service);
    let isolated = pods.iter().all(|it| !ingress.on(it).is_empty());
    let ports = all(service, "spec/ports/*");
    if pods.is_empty() || !isolated || ports.is_empty() {
        return None;
    }
    let open = |port: &Place<'_>| {
        let Some(target) = target(port.node) else { return true };
        let protocol = text(port.node, "protocol").unwrap_or("TCP");
        pods.iter().any(|server| {
            ingress.allow(context, server, &Edge { server, target, protocol, peer: None })
        })
    };
    let closed = ports.iter().find(|port| !open(port))?;
    let first = pods.first()?;
    let policy = ingress.on(first).first()?;
    let target = target(closed.node)?;
    let message = format!(
        "no NetworkPolicy lets anybody reach the port {} of {}",
        target.to_json().to_string().replace('"', "`"),
        named(first.object)
    );
    // A policy that closes all there is, on purpose, closes no particular port.
    let all_closed = ports.iter().all(|port| !open(port));
    let denies_all = ingress.on(first).iter().all(|it| all(it, "spec/ingress/*").is_empty());
    let severity = if all_closed && denies_all { Severity::Note } else { Severity::Warning };
    let place = (closed.node.span, closed.pointer.clone());
    Some(
        finding(&RULE, severity, service, place, message)
            .labelled("out of reach for everybody")
            .related_to(shown(policy, "ingress"), format!("{} isolates the pods", named(policy)))
            .help("allow the port in `ingress`: that of the pods, not that of the Service"),
    )
}

fn shown(policy: &Object, field: &str) -> seatrial_core::Location {
    let node = policy.node.at(&["spec", field]);
    node.map_or_else(|| policy.name_location(), |node| policy.location(node.span))
}

/// The finding on a call that policies cut.
fn judge_call(
    context: &Context<'_>,
    known: &rustc_hash::FxHashSet<&str>,
    caller: &PodTemplate<'_>,
    address: &Address<'_>,
    [ingress, egress]: [&Policies<'_>; 2],
) -> Option<Finding> {
    let Meant::Service(name, from) = meant(context, known, address)? else { return None };
    let services: Vec<_> = context.index.resolve(from, "", "Service", name).collect();
    let [service] = services[..] else { return None };
    let ports = all(service, "spec/ports/*");
    let number = |port: &&Place<'_>| port.node.get("port").and_then(Node::as_i64);
    let port = ports.iter().find(|port| address.port.is_some() && number(port) == address.port)?;
    let target = target(port.node)?;
    let protocol = text(port.node, "protocol").unwrap_or("TCP");
    let pods = pods_of(context, service);
    let of_host = |it: &PodTemplate<'_>| {
        it.spec.and_then(|spec| spec.get("hostNetwork")).and_then(Node::as_bool) == Some(true)
    };
    if pods.is_empty() || of_host(caller) || pods.iter().any(of_host) {
        return None;
    }
    let kept_out = pods.iter().all(|server| {
        let edge = Edge { server, target, protocol, peer: Some(caller) };
        !ingress.on(server).is_empty() && !ingress.allow(context, server, &edge)
    });
    let kept_in = !egress.on(caller).is_empty()
        && pods.iter().all(|server| {
            let edge = Edge { server, target, protocol, peer: Some(server) };
            !egress.allow(context, caller, &edge)
        });
    let (policies, field, why) = match (kept_out, kept_in) {
        (true, _) => (ingress.on(pods.first()?), "ingress", "does not let the caller in"),
        (_, true) => (egress.on(caller), "egress", "does not let the caller out"),
        _ => return None,
    };
    let policy = policies.first()?;
    let message =
        format!("{} calls {}, and a NetworkPolicy cuts it", named(caller.object), named(service));
    let place = (address.span(), address.place.pointer.clone());
    Some(
        finding(&RULE, Severity::Error, caller.object, place, message)
            .labelled("never gets an answer")
            .related_to(shown(policy, field), format!("{} {why}", named(policy)))
            .related_to(service.name_location(), "this Service is called")
            .help(match field {
                "ingress" => {
                    "allow the labels of the caller in `ingress`, with the port of the pods"
                }
                _ => "allow the labels of the pods in `egress`, with their port",
            }),
    )
}

/// Whether a rule of a policy allows a connection, or may allow it.
fn allows(
    context: &Context<'_>,
    policy: &Object,
    rule: &Place<'_>,
    peers: &str,
    edge: &Edge<'_, '_>,
) -> bool {
    let ports = at(rule, "ports/*");
    let port_fits = ports.is_empty() || ports.iter().any(|port| fits(port.node, edge));
    let Some(list) = one(rule, peers).filter(|list| !list.node.items().is_empty()) else {
        return port_fits;
    };
    let Some(peer) = edge.peer else { return port_fits };
    port_fits && super::places::items(&list).any(|it| may_be(context, policy, &it, peer))
}

/// Whether a port of a rule is the target of a connection.
fn fits(port: &Node, edge: &Edge<'_, '_>) -> bool {
    if text(port, "protocol").unwrap_or("TCP") != edge.protocol {
        return false;
    }
    let Some(allowed) = port.get("port").filter(|it| !it.is_null()) else { return true };
    // Names are told from numbers by the pods.
    let number = |node: &Node| -> Option<i64> {
        node.as_i64().or_else(|| {
            let name = node.as_str()?;
            let mut ports = edge.server.serving_containers().flat_map(|it| it.ports());
            ports.find(|it| it.name() == Some(name))?.number()
        })
    };
    if allowed.as_str().is_some() && allowed.as_str() == edge.target.as_str() {
        return true;
    }
    let (Some(low), Some(wanted)) = (number(allowed), number(edge.target)) else {
        // A name that the pods do not tell.
        return allowed.as_str().is_some() || edge.target.as_str().is_some();
    };
    let high = port.get("endPort").and_then(Node::as_i64).unwrap_or(low);
    (low..=high).contains(&wanted)
}

/// Whether a peer of a rule is some pods, or may be.
fn may_be(
    context: &Context<'_>,
    policy: &Object,
    peer: &Place<'_>,
    pods: &PodTemplate<'_>,
) -> bool {
    if peer.node.get("ipBlock").is_some() {
        return true;
    }
    let pods_fit = peer.node.get("podSelector").is_none_or(|node| {
        Selector::from_label_selector(Some(node)).is_none_or(|it| it.matches_pods_of(pods))
    });
    let namespace_fits = match peer.node.get("namespaceSelector") {
        None => namespace(policy).zip(pods.namespace()).is_none_or(|(a, b)| a == b),
        Some(node) => Selector::from_label_selector(Some(node)).is_none_or(|selector| {
            let own = pods.namespace().or_else(|| namespace(policy));
            let Some(own) = own else { return true };
            selects_namespace_of(context, &selector, own).unwrap_or(true)
        }),
    };
    pods_fit && namespace_fits
}
