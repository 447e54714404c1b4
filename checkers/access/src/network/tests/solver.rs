//! The connections as a proof: Z3 finds no protocol, port or address at all on which what is listed
//! and what policies say by their definition differ, nor an address in no class or in two.
//!
//! The formula is written from a world, as the third evaluator is, and knows nothing of classes.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use seatrial_smt::{Answer, Limits, Manner, solve};

use super::brute::{fits, inside};
use super::generate::world;
use super::objects;
use super::world::{Act, Cp, CpRule, Np, Pod, Port, Sel, Who, World};
use crate::network::classes::Class;
use crate::network::{
    AddressSet, Assumptions, Connections, Link, Party, PortSet, Protocol, Wanted, read,
};

/// Where all pods are.
const PODS: Ipv4Addr = Ipv4Addr::new(10, 1, 2, 3);

/// All there are. IPv6 addresses that stand for those of IPv4 (`::ffff:0:0/96`) are these.
const DOMAIN: &str = "(and (<= 0 protocol 2) (<= 1 port 65535) (<= 0 address) \
                      (< address (ite six 340282366920938463463374607431768211456 4294967296)) \
                      (not (and six (<= 281470681743360 address 281474976710655))))";

fn any(formulas: impl IntoIterator<Item = String>) -> String {
    format!("(or false {})", formulas.into_iter().collect::<Vec<_>>().join(" "))
}

fn all(formulas: impl IntoIterator<Item = String>) -> String {
    format!("(and true {})", formulas.into_iter().collect::<Vec<_>>().join(" "))
}

/// An end: a pod by position, or the address that is asked for.
type At = Option<usize>;

/// Whether a connection may be allowed, and whether it may be denied.
struct May {
    allowed: String,
    denied: String,
}

/// One side of connections, as a formula over protocol, port and address.
struct Side<'w> {
    world: &'w World,
    own: usize,
    other: At,
    ingress: bool,
}

impl Side<'_> {
    fn may(&self) -> May {
        let admin = self.tier(false);
        let baseline = self.tier(true);
        let mut may = May { allowed: admin.allowed, denied: admin.denied };
        let add = |to: &mut String, formula: String| *to = any([to.clone(), formula]);
        if let Some(allowed) = self.namespaced() {
            add(&mut may.allowed, all([admin.passed.clone(), allowed.clone()]));
            add(&mut may.denied, all([admin.passed, format!("(not {allowed})")]));
        } else {
            let reached = |formula: String| all([admin.passed.clone(), formula]);
            add(&mut may.allowed, reached(any([baseline.allowed, baseline.passed])));
            add(&mut may.denied, reached(baseline.denied));
        }
        may
    }

    /// What a tier of the cluster may decide, and what it may let by.
    fn tier(&self, baseline: bool) -> Tier {
        let policies = self.world.cluster.iter().filter(|it| it.kind.is_baseline() == baseline);
        let priorities: BTreeSet<_> = policies.clone().map(|it| it.priority).collect();
        let mut live = "true".to_owned();
        let mut acted: [Vec<String>; 3] = Default::default();
        for priority in priorities {
            let same = policies.clone().filter(|it| it.priority == priority);
            let acts: Vec<_> = same.flat_map(|it| self.first_match(it)).collect();
            for (act, formulas) in [Act::Allow, Act::Deny, Act::Pass].iter().zip(&mut acted) {
                let own = acts.iter().filter(|it| it.0 == *act).map(|it| it.1.clone());
                formulas.push(all([live.clone(), any(own)]));
            }
            live = all([live, format!("(not {})", any(acts.into_iter().map(|it| it.1)))]);
        }
        let [allowed, denied, mut passed] = acted;
        passed.push(live);
        Tier { allowed: any(allowed), denied: any(denied), passed: any(passed) }
    }

    /// When each rule of a policy is the first that matches.
    fn first_match(&self, policy: &Cp) -> Vec<(Act, String)> {
        let about = &self.world.pods[self.own];
        let (namespaces, pods) = &policy.subject;
        let selected = self.namespace(about, namespaces)
            && pods.as_ref().is_none_or(|sel| fits(sel, &about.labels));
        let rules = if self.ingress { &policy.ingress } else { &policy.egress };
        let mut before = Vec::new();
        let mut found = Vec::new();
        for rule in rules.iter().filter(|_| selected) {
            let matches = self.rule(rule);
            found
                .push((rule.act, all([matches.clone(), format!("(not {})", any(before.clone()))])));
            before.push(matches);
        }
        found
    }

    fn rule(&self, rule: &CpRule) -> String {
        let peer = any(rule.peers.iter().map(|who| self.peer(who, None)));
        let ports = rule.ports.as_ref();
        let ports = ports.map(|ports| any(ports.iter().map(|port| self.port(port, false))));
        all([peer].into_iter().chain(ports))
    }

    /// What policies of the namespace decide, if one isolates the pod.
    fn namespaced(&self) -> Option<String> {
        let about = &self.world.pods[self.own];
        let isolates = |it: &&Np| {
            let has_egress = it.egress.as_ref().is_some_and(|rules| !rules.is_empty());
            let types = it.types.filter(|types| types.0 || types.1).unwrap_or((true, has_egress));
            let counts = if self.ingress { types.0 } else { types.1 };
            counts && it.namespace == about.namespace && fits(&it.subject, &about.labels)
        };
        let isolating: Vec<_> = self.world.policies.iter().filter(isolates).collect();
        let rules = isolating.iter().flat_map(|it| {
            let rules = if self.ingress { &it.ingress } else { &it.egress };
            rules.iter().flatten().map(|rule| (it.namespace, rule))
        });
        let allowing = rules.map(|(namespace, rule)| {
            let peers = rule.peers.iter().map(|who| self.peer(who, Some(namespace)));
            let ports = rule.ports.iter().map(|port| self.port(port, true));
            let peers = (!rule.peers.is_empty()).then(|| any(peers));
            let ports = (!rule.ports.is_empty()).then(|| any(ports));
            all(peers.into_iter().chain(ports))
        });
        (!isolating.is_empty()).then(|| any(allowing))
    }

    fn peer(&self, who: &Who, own_namespace: Option<&str>) -> String {
        match (who, self.other.map(|at| &self.world.pods[at])) {
            (Who::Pods(..), None) => "false".to_owned(),
            (Who::Pods(namespaces, pods), Some(other)) => {
                let inside = match namespaces {
                    Some(sel) => self.namespace(other, sel),
                    None => own_namespace.is_none_or(|own| own == other.namespace),
                };
                (inside && pods.as_ref().is_none_or(|sel| fits(sel, &other.labels))).to_string()
            }
            (Who::Block(cidr, except), Some(_)) => {
                let pod = IpAddr::V4(PODS);
                (inside(pod, cidr) && !except.iter().any(|it| inside(pod, it))).to_string()
            }
            (Who::Block(cidr, except), None) => {
                let except = any(except.iter().map(|it| block(it)));
                all([block(cidr), format!("(not {except})")])
            }
        }
    }

    fn port(&self, port: &Port, by_protocol: bool) -> String {
        match port {
            Port::All(protocol) => format!("(= protocol {})", *protocol as usize),
            Port::Range(protocol, first, last) => {
                format!("(and (= protocol {}) (<= {first} port {last}))", *protocol as usize)
            }
            Port::Named(protocol, name) => {
                let to = if self.ingress { Some(self.own) } else { self.other };
                let ports = to.map_or(&[][..], |at| &self.world.pods[at].ports).iter();
                let meant = ports
                    .filter(|it| it.0 == *name && (!by_protocol || it.1 == *protocol))
                    .map(|it| format!("(and (= protocol {}) (= port {}))", it.1 as usize, it.2));
                any(meant)
            }
        }
    }

    fn namespace(&self, pod: &Pod, sel: &Sel) -> bool {
        let namespace = self.world.namespaces.iter().find(|it| it.name == pod.namespace).unwrap();
        let mut labels = namespace.labels.clone();
        labels.push(("kubernetes.io/metadata.name", pod.namespace));
        fits(sel, &labels)
    }
}

struct Tier {
    allowed: String,
    denied: String,
    passed: String,
}

/// The addresses of a block.
fn block(cidr: &str) -> String {
    let (first, bits) = cidr.split_once('/').unwrap();
    let bits: u32 = bits.parse().unwrap();
    let (first, width, six) = match first.parse().unwrap() {
        IpAddr::V4(first) => (u128::from(u32::from(first)), 32, "(not six)"),
        IpAddr::V6(first) => (u128::from(first), 128, "six"),
    };
    let size = 1_u128.checked_shl(width - bits).map_or(u128::MAX, |size| size - 1);
    format!("(and {six} (<= {first} address {}))", first + size)
}

/// What the connections between two ends are by the policies: allowed, and ambiguous.
fn by_definition(world: &World, from: At, to: At) -> [String; 2] {
    let side = |own: At, other: At, ingress: bool| match own {
        Some(own) => Side { world, own, other, ingress }.may(),
        None => May { allowed: "true".to_owned(), denied: "false".to_owned() },
    };
    let (egress, ingress) = (side(from, to, false), side(to, from, true));
    let allowed = all([egress.allowed, ingress.allowed]);
    let denied = any([egress.denied, ingress.denied]);
    [all([allowed.clone(), format!("(not {denied})")]), all([allowed, denied])]
}

fn addresses(set: &AddressSet) -> String {
    any(set.ranges().into_iter().map(|(first, last)| match (first, last) {
        (IpAddr::V4(first), IpAddr::V4(last)) => {
            format!("(and (not six) (<= {} address {}))", u32::from(first), u32::from(last))
        }
        (IpAddr::V6(first), IpAddr::V6(last)) => {
            format!("(and six (<= {} address {}))", u128::from(first), u128::from(last))
        }
        _ => panic!("one range of two families"),
    }))
}

fn ports(set: &PortSet) -> String {
    any(set.ranges().map(|(protocol, first, last)| {
        format!("(and (= protocol {}) (<= {first} port {last}))", protocol as usize)
    }))
}

/// What is listed of the connections between two ends: allowed, and ambiguous.
fn as_listed(world: &World, links: &[Link], from: At, to: At) -> [String; 2] {
    let about = |party: &Party, at: At| match (party, at) {
        (Party::Workload(id), Some(pod)) => (**id == *world.id(pod)).then(|| "true".to_owned()),
        (Party::Addresses(set), None) => Some(addresses(set)),
        _ => None,
    };
    let mut listed: [Vec<String>; 2] = Default::default();
    for link in links {
        assert!(link.flow.unknown.is_empty(), "all is known");
        if let Some((source, destination)) =
            about(&link.source, from).zip(about(&link.destination, to))
        {
            let [allowed, ambiguous] = &mut listed;
            let ends = all([source, destination]);
            allowed.push(all([ends.clone(), ports(&link.flow.allowed)]));
            ambiguous.push(all([ends, ports(&link.flow.ambiguous)]));
        }
    }
    listed.map(any)
}

/// That each address is in one class, and in one only.
fn cover(connections: &Connections<'_>) -> String {
    let classes = &connections.connectivity().classes.all;
    let sets: Vec<_> = classes
        .iter()
        .filter_map(|class| match class {
            Class::Addresses(set) => Some(addresses(set)),
            Class::Workloads(_) => None,
        })
        .collect();
    let pairs = sets.iter().enumerate().flat_map(|(at, one)| {
        sets[at + 1..].iter().map(move |other| format!("(and {one} {other})"))
    });
    all([any(sets.clone()), format!("(not {})", any(pairs))])
}

#[test]
fn what_is_listed_is_what_the_policies_say_for_all_ports_and_addresses() {
    assert_eq!(Protocol::ALL.map(|protocol| protocol as usize), [0, 1, 2]);
    let address = AddressSet::one(IpAddr::V4(PODS));
    let assumptions =
        Assumptions { pod_addresses: Some(address.clone()), node_addresses: Some(address) };
    let mut runner = TestRunner::deterministic();
    let mut claimed = 0;
    for _ in 0..60 {
        let world = world(true).new_tree(&mut runner).unwrap().current();
        let network = read(&objects(&world.yaml()), &assumptions);
        let connections = Connections::of(&network);
        let links = connections.links(&Wanted::all(), &Wanted::all());
        let ends: Vec<At> = (0..world.pods.len()).map(Some).chain([None]).collect();
        let pairs = ends.iter().flat_map(|from| ends.iter().map(move |to| (*from, *to)));
        let mut claims = vec![cover(&connections)];
        for (from, to) in pairs.filter(|(from, to)| from != to) {
            let (expected, listed) =
                (by_definition(&world, from, to), as_listed(&world, &links, from, to));
            claims.extend(expected.iter().zip(&listed).map(|(a, b)| format!("(= {a} {b})")));
        }
        claimed += claims.len();
        let script = format!(
            "(declare-const protocol Int)\n(declare-const port Int)\n(declare-const six Bool)\n\
             (declare-const address Int)\n(assert {DOMAIN})\n(assert (not {}))\n(check-sat)\n",
            all(claims)
        );
        let answer = solve(&script, Manner::General, &Limits::time(Duration::from_secs(60)));
        assert_eq!(answer, Answer::Unsat, "{}", world.yaml());
    }
    assert!(claimed > 500, "{claimed}");
}
