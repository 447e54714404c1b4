//! The direct evaluator: one connection, decided from the definition of the policies.
//!
//! Architecture invariant: shares no code with the evaluation by classes, which is held against it.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::model::{
    Action, ClusterPolicy, Direction, End, NamespacedPolicy, Namespaces, Network, Peer, PodSet,
    PortRule, Rule, Tier, Workload,
};
use super::{Protocol, Truth};
use crate::Source;

/// Whether a connection is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// It is.
    Allowed,
    /// It is not.
    Denied,
    /// Policies of the same tier and priority disagree, and which counts is not defined.
    Ambiguous,
    /// That depends on what is not known.
    Unknown,
}

impl Verdict {
    /// The name in output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Denied => "denied",
            Self::Ambiguous => "ambiguous",
            Self::Unknown => "unknown",
        }
    }
}

/// A connection.
#[derive(Debug, Clone, Copy)]
pub struct Connection<'a> {
    /// Who opens it.
    pub source: End<'a>,
    /// Who is to take it.
    pub destination: End<'a>,
    /// Whether both ends are the same pod.
    pub to_itself: bool,
    /// The protocol.
    pub protocol: Protocol,
    /// The destination's port, from 1.
    pub port: u16,
}

/// A decision with what it rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The decision.
    pub verdict: Verdict,
    /// The source's side: whether it may open the connection.
    pub egress: Side,
    /// The destination's side: whether it may take the connection.
    pub ingress: Side,
}

/// The decision of one side of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Side {
    /// The decision.
    pub verdict: Verdict,
    /// The rules that decide, or, where pods are isolated and no rule allows, the policies; several
    /// where they agree, or where it is not known which counts. Empty for the default.
    pub sources: Vec<Source>,
    /// What would have to be known, where that is not decided.
    pub reasons: Vec<String>,
}

impl Network {
    /// Decides one connection.
    pub fn decide(&self, connection: &Connection<'_>) -> Explanation {
        let egress = self.decide_side(connection, Direction::Egress);
        let ingress = self.decide_side(connection, Direction::Ingress);
        let verdicts = [egress.verdict, ingress.verdict];
        let verdict = if verdicts.contains(&Verdict::Denied) {
            Verdict::Denied
        } else {
            verdicts.into_iter().max().unwrap_or(Verdict::Allowed)
        };
        Explanation { verdict, egress, ingress }
    }

    /// Decides one side: that of the pod whose policies count in this direction.
    pub fn decide_side(&self, connection: &Connection<'_>, direction: Direction) -> Side {
        let (own, other) = match direction {
            Direction::Egress => (connection.source, connection.destination),
            Direction::Ingress => (connection.destination, connection.source),
        };
        let mut walk =
            Walk { network: self, connection, direction, other, found: Found::default() };
        match own {
            // An address outside of the cluster is no pod's, and so subject of no policy.
            End::Pod(pod) if !connection.to_itself => walk.all_tiers(pod),
            _ => walk.found.allow(&[]),
        }
        walk.found.side()
    }
}

/// What may be decided, and why.
#[derive(Debug, Default)]
struct Found {
    may_allow: bool,
    may_deny: bool,
    is_unknown: bool,
    sources: BTreeSet<Source>,
    reasons: BTreeSet<String>,
}

impl Found {
    fn allow(&mut self, sources: &[&Source]) {
        self.may_allow = true;
        self.sources.extend(sources.iter().map(|&source| source.clone()));
    }

    fn deny(&mut self, sources: &[&Source]) {
        self.may_deny = true;
        self.sources.extend(sources.iter().map(|&source| source.clone()));
    }

    /// That something only may hold.
    fn unknown(&mut self, reason: String) {
        self.is_unknown = true;
        self.reasons.insert(reason);
    }

    fn side(self) -> Side {
        let verdict = match (self.may_allow, self.may_deny) {
            (true, false) => Verdict::Allowed,
            (false, _) => Verdict::Denied,
            (true, true) if self.is_unknown => Verdict::Unknown,
            (true, true) => Verdict::Ambiguous,
        };
        let open = verdict == Verdict::Unknown;
        let reasons = self.reasons.into_iter().filter(|_| open).collect();
        Side { verdict, sources: self.sources.into_iter().collect(), reasons }
    }
}

/// Which ways are open behind a rule, a policy or a tier.
#[derive(Debug, Clone, Copy, Default)]
struct Open {
    /// To the next rule.
    next: bool,
    /// To the next tier.
    pass: bool,
}

/// The way of one connection through the tiers of one pod.
struct Walk<'n> {
    network: &'n Network,
    connection: &'n Connection<'n>,
    direction: Direction,
    other: End<'n>,
    found: Found,
}

impl<'n> Walk<'n> {
    fn all_tiers(&mut self, pod: &Workload) {
        if self.cluster_tier(pod, Tier::Admin)
            && self.namespace_tier(pod)
            && self.cluster_tier(pod, Tier::Baseline)
        {
            self.found.allow(&[]);
        }
    }

    /// Goes through the policies of a tier of the cluster; whether the next tier may be reached.
    fn cluster_tier(&mut self, pod: &Workload, tier: Tier) -> bool {
        let network = self.network;
        let mut priorities = BTreeSet::new();
        for policy in network.cluster_policies.iter().filter(|policy| policy.tier == tier) {
            priorities.insert(policy.priority);
        }
        let mut passed = false;
        for priority in priorities {
            let same: Vec<_> = network
                .cluster_policies
                .iter()
                .filter(|policy| policy.tier == tier && policy.priority == priority)
                .collect();
            let open = self.same_priority(pod, &same);
            passed |= open.pass;
            if !open.next {
                return passed;
            }
        }
        true
    }

    /// Any of the policies of one priority that match may be the one that counts.
    fn same_priority(&mut self, pod: &Workload, policies: &[&ClusterPolicy]) -> Open {
        let mut open = Open { next: true, pass: false };
        for policy in policies {
            let one = self.cluster_policy(pod, policy);
            open.next &= one.next;
            open.pass |= one.pass;
        }
        open
    }

    fn cluster_policy(&mut self, pod: &Workload, policy: &ClusterPolicy) -> Open {
        let subject = self.network.is_in(pod, &policy.subject);
        let mut open = Open { next: true, pass: false };
        if subject == Truth::No {
            return open;
        }
        for rule in Rule::of(policy, self.direction) {
            let truth = subject.and(self.matches(rule));
            if truth == Truth::No {
                continue;
            }
            if truth == Truth::Maybe {
                let reason = self.why(pod, &policy.subject, rule);
                self.found.unknown(reason);
            }
            match rule.action {
                Action::Allow => self.found.allow(&[&rule.source]),
                Action::Deny => self.found.deny(&[&rule.source]),
                Action::Pass => open.pass = true,
                Action::Unreadable => {
                    self.found.unknown("what the rule does cannot be read".to_owned());
                    self.found.allow(&[&rule.source]);
                    self.found.deny(&[&rule.source]);
                    open.pass = true;
                }
            }
            if truth == Truth::Yes {
                open.next = false;
                break;
            }
        }
        open
    }

    /// Goes through the policies of the pod's namespace; whether the next tier may be reached.
    fn namespace_tier(&mut self, pod: &Workload) -> bool {
        let network = self.network;
        let mut isolating: Vec<(&NamespacedPolicy, &[Rule], Truth)> = Vec::new();
        for policy in &network.policies {
            let subject = network.is_in(pod, &policy.subject);
            if let Some(rules) = policy.rules(self.direction).filter(|_| subject > Truth::No) {
                isolating.push((policy, rules, subject));
            }
        }
        if isolating.is_empty() {
            return true;
        }
        let isolated = isolating.iter().any(|(_, _, subject)| *subject == Truth::Yes);
        let mut surely = false;
        let mut may_be_denied = isolated;
        for (policy, rules, subject) in &isolating {
            if *subject == Truth::Maybe {
                let reason = self.why_subject(pod, &policy.subject);
                self.found.unknown(reason);
            }
            let admits = self.admits(pod, policy, rules);
            surely |= admits == Truth::Yes && *subject == Truth::Yes;
            // If this policy were the only one to isolate the pod, what it lacks would be denied.
            may_be_denied |= !isolated && admits < Truth::Yes;
        }
        if may_be_denied && !surely {
            let policies: Vec<_> = isolating.iter().map(|(policy, ..)| &policy.source).collect();
            self.found.deny(&policies);
        }
        !isolated
    }

    /// Whether the rules of a policy that may isolate a pod allow the connection.
    fn admits(&mut self, pod: &Workload, policy: &NamespacedPolicy, rules: &'n [Rule]) -> Truth {
        let mut admits = Truth::No;
        for rule in rules {
            let truth = self.matches(rule);
            if truth == Truth::No {
                continue;
            }
            if truth == Truth::Maybe {
                let reason = self.why(pod, &policy.subject, rule);
                self.found.unknown(reason);
            }
            self.found.allow(&[&rule.source]);
            admits = admits.or(truth);
        }
        admits
    }

    /// Whether a rule is about the connection.
    fn matches(&self, rule: &Rule) -> Truth {
        let mut peer = Truth::No;
        for one in &rule.peers {
            peer = peer.or(self.network.is_peer(self.other, one));
        }
        peer.and(self.has_port(&rule.ports))
    }

    fn has_port(&self, ports: &PortRule) -> Truth {
        let Connection { protocol, port, destination, .. } = *self.connection;
        if ports.numbers.contains(protocol, port) {
            return Truth::Yes;
        }
        if let End::Pod(workload) = destination {
            for (of, name) in &ports.named {
                let same = |at: &&super::ContainerPort| {
                    at.name.as_ref() == Some(name) && at.protocol == protocol && at.number == port
                };
                let right = of.is_none_or(|of| of == protocol);
                if right && workload.ports.iter().any(|at| same(&at)) {
                    return Truth::Yes;
                }
            }
        }
        if ports.unreadable.contains(protocol, port) { Truth::Maybe } else { Truth::No }
    }

    /// Why it is not known whether a rule applies.
    fn why(&self, pod: &Workload, subject: &PodSet, rule: &Rule) -> String {
        if self.network.is_in(pod, subject) == Truth::Maybe {
            return self.why_subject(pod, subject);
        }
        if self.has_port(&rule.ports) == Truth::Maybe {
            return "the ports of the rule cannot be read".to_owned();
        }
        let open = |peer: &&Peer| self.network.is_peer(self.other, peer) == Truth::Maybe;
        let peer = rule.peers.iter().find(open);
        peer.map_or_else(String::new, |peer| self.network.why_peer(self.other, peer))
    }

    fn why_subject(&self, pod: &Workload, subject: &PodSet) -> String {
        self.network.why_in(pod, subject)
    }
}

/// Who is meant.
impl Network {
    /// Whether a pod is in a set of pods.
    pub fn is_in(&self, pod: &Workload, set: &PodSet) -> Truth {
        let namespace = match &set.namespaces {
            Namespaces::Named(name) => Truth::from(*name == pod.namespace),
            Namespaces::Labelled(selector) => {
                selector.selects(&self.namespace_labels(&pod.namespace))
            }
        };
        let inside = namespace.and(set.pods.selects(&pod.labels));
        match (pod.host_network, set.without_host_network) {
            (true, true) => Truth::No,
            (true, false) => inside.at_most_maybe(),
            (false, _) => inside,
        }
    }

    /// Whether an end of a connection is a peer.
    pub fn is_peer(&self, end: End<'_>, peer: &Peer) -> Truth {
        match (peer, end) {
            (Peer::Anyone, _) => Truth::Yes,
            (Peer::Unreadable, _) => Truth::Maybe,
            (Peer::Pods(set), End::Pod(pod)) => self.is_in(pod, set),
            (Peer::Pods(_), End::Address(_)) => Truth::No,
            (Peer::Addresses(block), End::Address(address)) => block.contains(address).into(),
            (Peer::Addresses(block), End::Pod(pod)) => {
                let possible = self.addresses_of(pod);
                if possible.is_subset(block) {
                    Truth::Yes
                } else if possible.is_disjoint(block) {
                    Truth::No
                } else {
                    Truth::Maybe
                }
            }
            (Peer::Nodes(_) | Peer::DomainNames(_), End::Address(_)) => Truth::Maybe,
            (Peer::Nodes(_) | Peer::DomainNames(_), End::Pod(pod)) => {
                Truth::from(pod.host_network).at_most_maybe()
            }
        }
    }

    fn why_peer(&self, end: End<'_>, peer: &Peer) -> String {
        match (peer, end) {
            (Peer::Pods(set), End::Pod(pod)) => self.why_in(pod, set),
            (Peer::Addresses(block), _) => {
                format!("whether the pods have addresses in {block} is not known")
            }
            (Peer::Nodes(_), _) => "which addresses are those of nodes is not known".to_owned(),
            (Peer::DomainNames(names), _) => {
                format!("what `{}` resolves to is not known", names.join("`, `"))
            }
            _ => "the peer cannot be read".to_owned(),
        }
    }

    /// Why it is not known whether a pod is in a set of pods.
    fn why_in(&self, pod: &Workload, set: &PodSet) -> String {
        let namespace = &pod.namespace;
        let labels = self.namespace_labels(namespace);
        if set.pods.unreadable {
            return "the pod selector cannot be read".to_owned();
        }
        match &set.namespaces {
            Namespaces::Labelled(selector) if selector.unreadable => {
                "the namespace selector cannot be read".to_owned()
            }
            Namespaces::Labelled(selector) if selector.selects(&labels) == Truth::Maybe => {
                format!(
                    "`{selector}` asks for labels of namespace `{namespace}`, which has no object"
                )
            }
            _ if pod.host_network => format!(
                "`{}` is on the host's network, where plugins differ in applying policies",
                pod.id
            ),
            _ => format!("`{}` asks for a label that a controller sets on `{}`", set.pods, pod.id),
        }
    }
}

impl<'a> Connection<'a> {
    /// A connection to a port of another pod or of an address.
    pub const fn new(
        source: End<'a>,
        destination: End<'a>,
        (protocol, port): (Protocol, u16),
    ) -> Self {
        Self { source, destination, to_itself: false, protocol, port }
    }
}

impl<'a> From<&'a Workload> for End<'a> {
    fn from(workload: &'a Workload) -> Self {
        Self::Pod(workload)
    }
}

impl From<IpAddr> for End<'_> {
    fn from(address: IpAddr) -> Self {
        Self::Address(address)
    }
}
