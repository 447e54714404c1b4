//! What a workload lets in from, and out to, pods that do not exist yet.
//!
//! Such a pod has any labels, in a namespace that exists or in a new one with any labels. Of each
//! key that selectors name, the values they name, any other value, and the absence of the label are
//! told apart, so that the regions cover all pods that there may ever be. Only the workload's own
//! side is looked at: what policies do to the other pod is not.

mod strangers;

use std::collections::BTreeMap;
use std::fmt;

use serde::{Serialize, Serializer};

use self::strangers::{Peers, Space};
use super::connectivity::Flow;
use super::model::{Direction, Network, Rule, Workload};
use super::tiers::{Judge, Met, Reach, evaluate};
use super::{Name, PortSet, Protocol, Truth};
use crate::Region;

/// Pods that do not exist yet, and what they may do.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Exposure {
    /// The pods.
    pub strangers: Strangers,
    /// What the workload's side decides; all other ports are denied.
    pub flow: Flow,
}

/// Pods that do not exist yet.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Strangers {
    /// The namespaces that they are in, if these exist; else they are in new ones.
    pub namespaces: Vec<Name>,
    /// The labels of new namespaces.
    pub namespace_labels: Vec<LabelValues>,
    /// The labels of the pods.
    pub pod_labels: Vec<LabelValues>,
}

/// What values a label has.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LabelValues {
    /// The key.
    pub key: Name,
    /// Values, sorted.
    pub values: Vec<Name>,
    /// Whether it has any value but these, rather than one of them.
    pub all_but: bool,
    /// Whether it may be absent.
    pub may_be_absent: bool,
}

impl fmt::Display for LabelValues {
    /// Writes it as `kubectl` takes it where it can: `app=web`, `app in (a,b)`, `app notin (a)`,
    /// `app`, `!app`; and `app in (a) or absent`, `app notin (a) but there` where it cannot.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, values, all_but, may_be_absent } = self;
        match (all_but, may_be_absent, values.as_slice()) {
            (false, true, []) => write!(f, "!{key}"),
            (false, false, [value]) => write!(f, "{key}={value}"),
            (false, false, _) => write!(f, "{key} in ({})", values.join(",")),
            (false, true, _) => write!(f, "{key} in ({}) or absent", values.join(",")),
            (true, false, []) => write!(f, "{key}"),
            (true, true, []) => write!(f, "any {key}"),
            (true, true, _) => write!(f, "{key} notin ({})", values.join(",")),
            (true, false, _) => write!(f, "{key} notin ({}) but there", values.join(",")),
        }
    }
}

impl fmt::Display for Strangers {
    /// Writes `any pod in any new namespace`, or with the labels and namespaces in words.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let with = |labels: &[LabelValues]| {
            let labels: Vec<_> = labels.iter().map(ToString::to_string).collect();
            if labels.is_empty() { String::new() } else { format!(" with {}", labels.join(", ")) }
        };
        write!(f, "any pod{} in ", with(&self.pod_labels))?;
        match self.namespaces.as_slice() {
            [] => write!(f, "any new namespace{}", with(&self.namespace_labels)),
            [one] => write!(f, "namespace {one}"),
            many => write!(f, "namespaces {}", many.join(", ")),
        }
    }
}

impl Serialize for Strangers {
    /// Writes it as it is shown.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What the policies of a workload's side decide for pods that do not exist yet: what it lets in
/// (`Ingress`) or lets out (`Egress`). Pods for which everything is denied are left out.
pub fn exposure(network: &Network, workload: &Workload, direction: Direction) -> Vec<Exposure> {
    let policies = applied(network, workload, direction);
    let mut found = Vec::new();
    let new = Space::new_namespace(network, &policies);
    for (region, reach) in decide(network, workload, direction, &policies, &new) {
        found.extend(read(&new, &region, &[], &reach));
    }
    // Namespaces in which the same is true of all pods come together.
    let mut alike: BTreeMap<Vec<Exposure>, Vec<Name>> = BTreeMap::new();
    for (name, namespace) in &network.namespaces {
        let space = Space::of_namespace(name, &namespace.labels, &policies);
        let regions = decide(network, workload, direction, &policies, &space);
        let read = regions.iter().flat_map(|(region, reach)| read(&space, region, &[], reach));
        alike.entry(read.collect()).or_default().push(name.clone());
    }
    for (exposures, names) in alike {
        found.extend(exposures.into_iter().map(|mut exposure| {
            exposure.strangers.namespaces.clone_from(&names);
            exposure
        }));
    }
    found.sort_unstable();
    found
}

/// A policy that is or may be about the workload.
pub(super) struct Applied<'n> {
    judge: Judge<'n>,
    pub(super) rules: &'n [Rule],
}

fn applied<'n>(
    network: &'n Network,
    workload: &Workload,
    direction: Direction,
) -> Vec<Applied<'n>> {
    let cluster = network.cluster_policies.iter().map(|policy| {
        let rank = Some((policy.tier, policy.priority));
        (rank, &policy.subject, &policy.raw, Some(Rule::of(policy, direction)))
    });
    let namespaced = network
        .policies
        .iter()
        .map(|policy| (None, &policy.subject, &policy.raw, policy.rules(direction)));
    let all = cluster.chain(namespaced).filter_map(|(rank, subjects, raw, rules)| {
        let subject = network.is_in(workload, subjects);
        let judge = Judge { rank, subjects, subject, raw, rules: Vec::new() };
        Some(Applied { judge, rules: rules? }).filter(|_| subject > Truth::No)
    });
    all.collect()
}

/// Pods to which the same rules stand in the same way.
struct Group<'n> {
    region: Region,
    met: Vec<(usize, Met<'n>)>,
}

/// Shares out the pods of a space by what is decided for them.
fn decide(
    network: &Network,
    workload: &Workload,
    direction: Direction,
    policies: &[Applied<'_>],
    space: &Space,
) -> Vec<(Region, Reach)> {
    let mut groups = vec![Group { region: space.whole(), met: Vec::new() }];
    for (at, policy) in policies.iter().enumerate() {
        for rule in policy.rules {
            let peers = space.peers(network, rule);
            let met = |peer| (at, met(rule, peer, workload, direction));
            groups = groups.into_iter().flat_map(|group| group.split(&peers, &met)).collect();
        }
    }
    let mut by_reach: BTreeMap<Reach, Region> = BTreeMap::new();
    for group in groups {
        let mut judges: Vec<_> = policies.iter().map(|policy| policy.judge.clone()).collect();
        for (at, met) in group.met {
            if let Some(judge) = judges.get_mut(at) {
                judge.rules.push(met);
            }
        }
        let region = by_reach.entry(evaluate(&judges)).or_default();
        group.region.rectangles().iter().for_each(|rectangle| region.add(rectangle.clone()));
    }
    by_reach.into_iter().map(|(reach, region)| (region, reach)).collect()
}

impl<'n> Group<'n> {
    fn split(self, peers: &Peers, met: &impl Fn(Truth) -> (usize, Met<'n>)) -> Vec<Self> {
        let sure = self.region.intersection(&peers.sure);
        let rest = self.region.minus(peers.sure.rectangles());
        let perhaps = rest.intersection(&peers.possible);
        let not = rest.minus(peers.possible.rectangles());
        let with = |truth| {
            let mut all = self.met.clone();
            all.push(met(truth));
            all
        };
        let mut groups = vec![
            Self { region: sure, met: with(Truth::Yes) },
            Self { region: perhaps, met: with(Truth::Maybe) },
        ];
        groups.push(Self { region: not, met: self.met });
        groups.retain(|group| !group.region.is_empty());
        groups
    }
}

/// A rule as it stands to pods that are, or may be, its peers. What names of ports stand for at a
/// pod that does not exist yet is not known.
fn met<'n>(rule: &'n Rule, peer: Truth, workload: &Workload, direction: Direction) -> Met<'n> {
    let (sure, mut possible) = match direction {
        Direction::Ingress => rule.ports.resolve(&workload.ports),
        Direction::Egress => rule.ports.resolve(&[]),
    };
    if direction == Direction::Egress {
        for (protocol, _) in &rule.ports.named {
            let ports = |protocol: Protocol| PortSet::range(protocol, 1, u16::MAX);
            possible = possible.union(&protocol.map_or_else(PortSet::all, ports));
        }
    }
    Met { rule, peer, sure: sure.into(), possible: possible.into() }
}

impl From<PortSet> for std::borrow::Cow<'_, PortSet> {
    fn from(ports: PortSet) -> Self {
        Self::Owned(ports)
    }
}

/// A region of pods for people, unless everything is denied to them.
fn read(space: &Space, region: &Region, namespaces: &[Name], reach: &Reach) -> Vec<Exposure> {
    let flow = Flow::of(reach, &Reach::all());
    if flow.is_none() {
        return Vec::new();
    }
    let rectangles = region.maximal();
    let strangers = rectangles.iter().map(|rectangle| space.strangers(rectangle, namespaces));
    strangers.map(|strangers| Exposure { strangers, flow: flow.clone() }).collect()
}
