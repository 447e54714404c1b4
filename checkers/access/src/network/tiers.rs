//! What one side of a connection allows, on all ports at once: the evaluation by classes.
//!
//! The ports that are still undecided run through the tiers, and leave at the rules that match.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;

use super::model::{Action, PodSet, Rule, Tier};
use super::{Name, PortSet, Truth};

/// What one side of a connection decides on its ports; all others are denied.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, PartialOrd, Ord)]
pub(crate) struct Reach {
    /// The ports that are allowed.
    pub(crate) allowed: PortSet,
    /// The ports on which that is not decided.
    pub(crate) open: Vec<OpenPorts>,
}

/// Ports on which it is not decided whether they are allowed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct OpenPorts {
    /// The ports.
    pub(crate) ports: PortSet,
    /// Whether that is because of what is not known; else policies of one priority disagree.
    pub(crate) is_unknown: bool,
    /// All that the decision rests on: if it is the same in two configurations, so is the decision.
    pub(crate) basis: Name,
}

impl Reach {
    /// Everything is allowed.
    pub(crate) fn all() -> Self {
        Self { allowed: PortSet::all(), open: Vec::new() }
    }

    /// Whether some port is allowed, and whether some is undecided.
    pub(crate) const fn state(&self) -> (bool, bool) {
        (!self.allowed.is_empty(), !self.open.is_empty())
    }

    /// The ports that are or may be allowed.
    pub(crate) fn possible(&self) -> PortSet {
        self.open.iter().fold(self.allowed.clone(), |all, open| all.union(&open.ports))
    }
}

/// A rule as it stands to one class of peers.
#[derive(Debug, Clone)]
pub(crate) struct Met<'p> {
    /// The rule.
    pub(crate) rule: &'p Rule,
    /// Whether it is about this class of peers.
    pub(crate) peer: Truth,
    /// The ports it is surely about.
    pub(crate) sure: Cow<'p, PortSet>,
    /// The ports it may be about, these included.
    pub(crate) possible: Cow<'p, PortSet>,
}

/// The rules of one policy.
#[derive(Debug, Clone)]
pub(crate) struct Judge<'p> {
    /// The tier and priority of a policy of the cluster; `None` for those of a namespace.
    pub(crate) rank: Option<(Tier, i64)>,
    /// The pods that it is about.
    pub(crate) subjects: &'p PodSet,
    /// Whether this pod is one of them.
    pub(crate) subject: Truth,
    /// What of it cannot be read, as it is written.
    pub(crate) raw: &'p str,
    /// Its rules that are or may be about the peers, in order.
    pub(crate) rules: Vec<Met<'p>>,
}

/// The ports as they run through the tiers.
#[derive(Debug, Default)]
struct Run {
    may_allow: PortSet,
    may_deny: PortSet,
    unknown: PortSet,
}

/// What the policies of one pod, by tier, priority and order, decide for one class of peers.
pub(crate) fn evaluate(policies: &[Judge<'_>]) -> Reach {
    let mut run = Run::default();
    let of = |tier| policies.iter().filter(move |it| it.rank.is_some_and(|rank| rank.0 == tier));
    let entering = run.cluster_tier(&of(Tier::Admin), PortSet::all());
    let entering = run.namespace_tier(policies.iter().filter(|it| it.rank.is_none()), entering);
    let rest = run.cluster_tier(&of(Tier::Baseline), entering);
    run.may_allow = run.may_allow.union(&rest);
    let undecided = run.may_allow.intersection(&run.may_deny);
    let allowed = run.may_allow.difference(&run.may_deny);
    Reach { allowed, open: open_ports(policies, &undecided, &run.unknown) }
}

impl Run {
    /// Lets ports run through a tier of the cluster; returns those that may reach the next.
    fn cluster_tier<'j, 'p: 'j>(
        &mut self,
        policies: &(impl Iterator<Item = &'j Judge<'p>> + Clone),
        entering: PortSet,
    ) -> PortSet {
        let priorities: BTreeSet<_> = policies.clone().map(|policy| policy.rank).collect();
        let (mut live, mut passed) = (entering, PortSet::none());
        for priority in priorities {
            // Each of them may be the one that counts; only what all let by goes on.
            let mut by_all = live.clone();
            for policy in policies.clone().filter(|policy| policy.rank == priority) {
                let left = self.cluster_policy(policy, &live, &mut passed);
                by_all = by_all.intersection(&left);
            }
            live = by_all;
        }
        live.union(&passed)
    }

    /// Lets ports run through the rules of a policy; returns those that none surely matches.
    fn cluster_policy(
        &mut self,
        policy: &Judge<'_>,
        entering: &PortSet,
        passed: &mut PortSet,
    ) -> PortSet {
        let mut live = entering.clone();
        for rule in &policy.rules {
            let hit = live.intersection(&rule.possible);
            let surely = match policy.subject.and(rule.peer) {
                Truth::Yes => live.intersection(&rule.sure),
                _ => PortSet::none(),
            };
            self.unknown = self.unknown.union(&hit.difference(&surely));
            if rule.rule.action == Action::Unreadable {
                self.unknown = self.unknown.union(&hit);
            }
            if matches!(rule.rule.action, Action::Allow | Action::Unreadable) {
                self.may_allow = self.may_allow.union(&hit);
            }
            if matches!(rule.rule.action, Action::Deny | Action::Unreadable) {
                self.may_deny = self.may_deny.union(&hit);
            }
            if matches!(rule.rule.action, Action::Pass | Action::Unreadable) {
                *passed = passed.union(&hit);
            }
            live = live.difference(&surely);
        }
        live
    }

    /// Lets ports run through the policies of the namespace; returns those that may reach the next
    /// tier: all if no policy surely isolates the pod.
    fn namespace_tier<'j, 'p: 'j>(
        &mut self,
        policies: impl Iterator<Item = &'j Judge<'p>>,
        entering: PortSet,
    ) -> PortSet {
        let mut isolated = false;
        let mut surely = PortSet::none();
        let mut denied_by_one = PortSet::none();
        for policy in policies {
            let own = self.isolating(policy, &entering);
            if policy.subject == Truth::Yes {
                isolated = true;
                surely = surely.union(&own);
            } else {
                self.unknown = self.unknown.union(&entering);
                denied_by_one = denied_by_one.union(&entering.difference(&own));
            }
        }
        if isolated {
            self.may_deny = self.may_deny.union(&entering.difference(&surely));
            return PortSet::none();
        }
        self.may_deny = self.may_deny.union(&denied_by_one);
        entering
    }

    /// The ports that a policy surely allows, if it isolates the pod.
    fn isolating(&mut self, policy: &Judge<'_>, entering: &PortSet) -> PortSet {
        let mut own = PortSet::none();
        for rule in &policy.rules {
            let hit = entering.intersection(&rule.possible);
            let surely = match rule.peer {
                Truth::Yes => entering.intersection(&rule.sure),
                _ => PortSet::none(),
            };
            self.unknown = self.unknown.union(&hit.difference(&surely));
            self.may_allow = self.may_allow.union(&hit);
            own = own.union(&surely);
        }
        own
    }
}

/// The undecided ports, cut where what they rest on differs.
///
/// What they rest on is written down: which policies isolate the pod, and in order all rules that
/// are or may be about the port, with what is not known of them.
fn open_ports(policies: &[Judge<'_>], undecided: &PortSet, unknown: &PortSet) -> Vec<OpenPorts> {
    if undecided.is_empty() {
        return Vec::new();
    }
    let isolates = |it: &Judge<'_>| it.rank.is_none() && it.subject == Truth::Yes;
    let head = if policies.iter().any(isolates) { "isolated" } else { "open" };
    let mut pieces = vec![(undecided.clone(), head.to_owned())];
    for policy in policies {
        let mut about = match policy.rank {
            Some((tier, priority)) => format!("; {} {priority}", tier.as_str()),
            None => "; namespace".to_owned(),
        };
        if policy.subject == Truth::Maybe {
            // Writing to a text never fails.
            let _ = write!(about, " perhaps {:?} {}", policy.subjects, policy.raw);
            if policy.rank.is_none() {
                for (_, text) in &mut pieces {
                    text.push_str(&about);
                }
            }
        }
        for rule in &policy.rules {
            pieces = pieces.into_iter().flat_map(|piece| cut(piece, &about, rule)).collect();
        }
    }
    let mut open = Vec::new();
    for (ports, basis) in pieces {
        let basis: Name = Arc::from(basis);
        let halves = [(ports.intersection(unknown), true), (ports.difference(unknown), false)];
        let open_ports =
            halves.map(|(ports, is_unknown)| OpenPorts { ports, is_unknown, basis: basis.clone() });
        open.extend(open_ports.into_iter().filter(|open| !open.ports.is_empty()));
    }
    open.sort_unstable();
    open
}

/// Cuts a piece into what a rule surely is about, only may be about, and is not about.
fn cut((ports, text): (PortSet, String), about: &str, met: &Met<'_>) -> Vec<(PortSet, String)> {
    let surely = ports.intersection(&met.sure);
    let perhaps = ports.intersection(&met.possible).difference(&met.sure);
    let not = ports.difference(&met.possible).difference(&met.sure);
    let said = |how: &str| {
        let mut text = format!("{text}{about} {how}{}", met.rule.action.as_str());
        if met.peer == Truth::Maybe {
            let _ = write!(text, " of perhaps {:?}", met.rule.peers);
        }
        text.push_str(&met.rule.raw);
        text
    };
    let pieces = [(surely, said("")), (perhaps, said("perhaps ")), (not, text.clone())];
    pieces.into_iter().filter(|(ports, _)| !ports.is_empty()).collect()
}
