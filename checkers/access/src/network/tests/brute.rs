//! A third evaluator: one connection in one possible world, in which everything is known. Knows
//! nothing of the crate but protocols.

use std::net::{IpAddr, Ipv4Addr};

use super::world::{Act, Cp, CpRule, Label, Np, NpRule, Op, Pod, Port, Sel, Who, World};
use crate::network::Protocol;

/// What the manifests leave open, fixed.
#[derive(Debug, Clone)]
pub(super) struct Facts {
    /// The labels of each namespace, that of its name apart.
    pub(super) namespaces: Vec<Vec<Label>>,
    /// The addresses of the pods.
    pub(super) addresses: Vec<Ipv4Addr>,
    /// Whether policies of namespaces apply to pods on the host's network: as subject, as peer.
    pub(super) host: (bool, bool),
}

/// An end: a pod by position, or an address outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum At {
    Pod(usize),
    Outside(IpAddr),
}

pub(super) struct Brute<'w> {
    pub(super) world: &'w World,
    pub(super) facts: &'w Facts,
    pub(super) protocol: Protocol,
    pub(super) port: u16,
    pub(super) from: At,
    pub(super) to: At,
}

/// Whether a connection may be allowed, and whether it may be denied: both, if policies of the same
/// priority disagree.
pub(super) type May = (bool, bool);

impl Brute<'_> {
    pub(super) fn decide(&self) -> May {
        let egress = self.side(self.from, self.to, false);
        let ingress = self.side(self.to, self.from, true);
        (egress.0 && ingress.0, egress.1 || ingress.1)
    }

    fn side(&self, own: At, other: At, ingress: bool) -> May {
        let At::Pod(pod) = own else { return (true, false) };
        if own == other {
            return (true, false);
        }
        let mut outcomes = (false, false);
        if self.tier(pod, other, ingress, false, &mut outcomes)
            && let Some(allowed) = self.namespaced(pod, other, ingress)
        {
            if allowed { outcomes.0 = true } else { outcomes.1 = true }
        } else if self.reaches_baseline(pod, other, ingress)
            && self.tier(pod, other, ingress, true, &mut outcomes)
        {
            outcomes.0 = true;
        }
        outcomes
    }

    /// Whether the baseline may be reached: the admin tier lets by, and no policy isolates.
    fn reaches_baseline(&self, pod: usize, other: At, ingress: bool) -> bool {
        self.tier(pod, other, ingress, false, &mut (false, false))
            && self.namespaced(pod, other, ingress).is_none()
    }

    /// Whether a tier of the cluster may let the connection by.
    fn tier(&self, pod: usize, other: At, ingress: bool, baseline: bool, out: &mut May) -> bool {
        let policies = self.world.cluster.iter();
        let policies: Vec<_> = policies.filter(|it| it.kind.is_baseline() == baseline).collect();
        let mut priorities: Vec<_> = policies.iter().map(|it| it.priority).collect();
        priorities.sort_unstable();
        priorities.dedup();
        for priority in priorities {
            let same = policies.iter().filter(|it| it.priority == priority);
            let acts: Vec<_> =
                same.filter_map(|it| self.first_match(it, pod, other, ingress)).collect();
            out.0 |= acts.contains(&Act::Allow);
            out.1 |= acts.contains(&Act::Deny);
            if !acts.is_empty() {
                return acts.contains(&Act::Pass);
            }
        }
        true
    }

    fn first_match(&self, policy: &Cp, pod: usize, other: At, ingress: bool) -> Option<Act> {
        let about = &self.world.pods[pod];
        let subject = !about.host
            && self.namespace(about, &policy.subject.0)
            && policy.subject.1.as_ref().is_none_or(|sel| fits(sel, &about.labels));
        let rules = if ingress { &policy.ingress } else { &policy.egress };
        let matches = |rule: &&CpRule| {
            let peer = rule.peers.iter().any(|who| match (who, other) {
                (Who::Pods(namespaces, pods), At::Pod(other)) => {
                    let other = &self.world.pods[other];
                    !other.host
                        && namespaces.as_ref().is_none_or(|sel| self.namespace(other, sel))
                        && pods.as_ref().is_none_or(|sel| fits(sel, &other.labels))
                }
                (Who::Pods(..), At::Outside(_)) => false,
                (Who::Block(cidr, _), at) => inside(self.address(at), cidr),
            });
            let ports = rule.ports.as_ref();
            peer && ports.is_none_or(|ports| ports.iter().any(|port| self.is_port(port, false)))
        };
        subject.then(|| rules.iter().find(matches).map(|rule| rule.act)).flatten()
    }

    /// What the policies of the namespace decide, if one isolates the pod.
    fn namespaced(&self, pod: usize, other: At, ingress: bool) -> Option<bool> {
        let about = &self.world.pods[pod];
        let isolates = |it: &&Np| {
            let by_rules = it.egress.as_ref().is_some_and(|rules| !rules.is_empty());
            let (for_ingress, for_egress) = match it.types {
                Some((false, false)) | None => (true, by_rules),
                Some(types) => types,
            };
            it.namespace == about.namespace
                && fits(&it.subject, &about.labels)
                && (!about.host || self.facts.host.0)
                && if ingress { for_ingress } else { for_egress }
        };
        let isolating: Vec<_> = self.world.policies.iter().filter(isolates).collect();
        let allows = |it: &&Np| {
            let rules = if ingress { &it.ingress } else { &it.egress };
            rules.iter().flatten().any(|rule| self.np_rule(rule, it.namespace, other))
        };
        (!isolating.is_empty()).then(|| isolating.iter().any(allows))
    }

    fn np_rule(&self, rule: &NpRule, namespace: &str, other: At) -> bool {
        let is_peer = |who: &Who| match (who, other) {
            (Who::Pods(namespaces, pods), At::Pod(other)) => {
                let other = &self.world.pods[other];
                let inside = match namespaces {
                    Some(sel) => self.namespace(other, sel),
                    None => other.namespace == namespace,
                };
                inside
                    && pods.as_ref().is_none_or(|sel| fits(sel, &other.labels))
                    && (!other.host || self.facts.host.1)
            }
            (Who::Pods(..), At::Outside(_)) => false,
            (Who::Block(cidr, except), at) => {
                let address = self.address(at);
                inside(address, cidr) && !except.iter().any(|block| inside(address, block))
            }
        };
        let peer = rule.peers.is_empty() || rule.peers.iter().any(is_peer);
        let port = |port: &Port| self.is_port(port, true);
        peer && (rule.ports.is_empty() || rule.ports.iter().any(port))
    }

    fn is_port(&self, port: &Port, by_protocol: bool) -> bool {
        match port {
            Port::All(protocol) => *protocol == self.protocol,
            Port::Range(protocol, first, last) => {
                *protocol == self.protocol && (*first..=*last).contains(&self.port)
            }
            Port::Named(protocol, name) => {
                let At::Pod(to) = self.to else { return false };
                let fits = |port: &&(&str, Protocol, u16)| {
                    port.0 == *name && (port.1, port.2) == (self.protocol, self.port)
                };
                (!by_protocol || *protocol == self.protocol)
                    && self.world.pods[to].ports.iter().any(|port| fits(&port))
            }
        }
    }

    fn namespace(&self, pod: &Pod, sel: &Sel) -> bool {
        let at = self.world.namespaces.iter().position(|ns| ns.name == pod.namespace).unwrap();
        let mut labels = self.facts.namespaces[at].clone();
        labels.push(("kubernetes.io/metadata.name", pod.namespace));
        fits(sel, &labels)
    }

    fn address(&self, at: At) -> IpAddr {
        match at {
            At::Pod(pod) => self.facts.addresses[pod].into(),
            At::Outside(address) => address,
        }
    }
}

pub(super) fn fits(sel: &Sel, labels: &[Label]) -> bool {
    sel.0.iter().all(|req| {
        let value = labels.iter().find(|label| label.0 == req.key).map(|label| label.1);
        match &req.op {
            Op::In(values) => value.is_some_and(|value| values.contains(&value)),
            Op::NotIn(values) => value.is_none_or(|value| !values.contains(&value)),
            Op::Exists => value.is_some(),
            Op::DoesNotExist => value.is_none(),
        }
    })
}

pub(super) fn inside(address: IpAddr, cidr: &str) -> bool {
    let (network, bits) = cidr.split_once('/').unwrap();
    let bits: u32 = bits.parse().unwrap();
    match (address, network.parse().unwrap()) {
        (IpAddr::V4(address), IpAddr::V4(network)) => {
            let same = u32::from(address) ^ u32::from(network);
            bits == 0 || same >> (32 - bits) == 0
        }
        (IpAddr::V6(address), IpAddr::V6(network)) => {
            let same = u128::from(address) ^ u128::from(network);
            bits == 0 || same >> (128 - bits) == 0
        }
        _ => false,
    }
}
