//! What the pods of each class allow in one direction, for all classes at the other end.

use std::borrow::Cow;

use rustc_hash::FxHashMap;

use super::classes::{Class, Classes, Who};
use super::model::{Direction, Network, PodSet, Rule, Tier};
use super::tiers::{Judge, Met, Reach, evaluate};
use super::{PortSet, Truth};
use crate::AtomSet;

/// A position in [`Reaches`].
pub(crate) type ReachId = u32;

/// All different decisions of sides, each once.
#[derive(Debug)]
pub(crate) struct Reaches {
    all: Vec<Reach>,
    ids: FxHashMap<Reach, ReachId>,
}

impl Default for Reaches {
    fn default() -> Self {
        let mut reaches = Self { all: Vec::new(), ids: FxHashMap::default() };
        reaches.id(Reach::all());
        reaches
    }
}

impl Reaches {
    /// The id of the decision that allows everything.
    pub(crate) const ALL: ReachId = 0;

    /// The id of a decision.
    pub(crate) fn id(&mut self, reach: Reach) -> ReachId {
        if let Some(&known) = self.ids.get(&reach) {
            return known;
        }
        let id = ReachId::try_from(self.all.len()).unwrap_or(ReachId::MAX);
        self.all.push(reach.clone());
        self.ids.insert(reach, id);
        id
    }

    /// The decision of an id.
    pub(crate) fn get(&self, id: ReachId) -> Option<&Reach> {
        self.all.get(id as usize)
    }
}

/// What pods that have the same policies allow: the classes at the other end, by what is decided
/// for them. The sets share out all classes, the largest comes first.
#[derive(Debug, Clone, Default)]
pub(crate) struct Row {
    parts: Vec<(ReachId, AtomSet)>,
}

impl Row {
    /// What is decided for a class.
    pub(crate) fn at(&self, class: usize) -> ReachId {
        // All but the largest set are asked; what is in none of them is in that.
        let part = self.parts.iter().skip(1).find(|part| part.1.contains(class));
        part.or(self.parts.first()).map_or(Reaches::ALL, |part| part.0)
    }

    /// The classes by what is decided for them.
    pub(crate) fn parts(&self) -> &[(ReachId, AtomSet)] {
        &self.parts
    }

    /// What is decided for some class.
    pub(crate) fn reaches(&self) -> Vec<ReachId> {
        self.parts.iter().map(|part| part.0).collect()
    }

    /// What is decided for each class.
    pub(crate) fn expand(&self, classes: usize) -> Vec<ReachId> {
        let largest = self.parts.first().map_or(Reaches::ALL, |part| part.0);
        let mut expanded = vec![largest; classes];
        for (reach, set) in self.parts.iter().skip(1) {
            for class in set.iter() {
                if let Some(at) = expanded.get_mut(class) {
                    *at = *reach;
                }
            }
        }
        expanded
    }
}

/// All rows of a direction.
#[derive(Debug)]
pub(crate) struct Rows {
    /// The rows; the first allows everything.
    pub(crate) rows: Vec<Row>,
    /// The row of each class.
    pub(crate) of_class: Vec<usize>,
}

/// A policy with an effect in a direction.
struct Policy<'n> {
    rank: Option<(Tier, i64)>,
    subjects: &'n PodSet,
    raw: &'n str,
    rules: Vec<(&'n Rule, Who)>,
}

/// A policy that is or may be about a pod, by position.
type Applied = Vec<(usize, Truth)>;

impl Rows {
    /// Decides a direction for all classes.
    pub(crate) fn of(
        network: &Network,
        classes: &Classes<'_>,
        direction: Direction,
        reaches: &mut Reaches,
    ) -> Self {
        let policies = policies(network, classes, direction);
        let mut rows = Self { rows: vec![Row::default()], of_class: vec![0; classes.all.len()] };
        let mut known: FxHashMap<(Applied, usize), usize> = FxHashMap::default();
        let named =
            |policy: &Policy<'_>| policy.rules.iter().any(|it| !it.0.ports.named.is_empty());
        let tables = Tables::of(classes, direction);
        for (class, applied) in applied(&policies, classes).into_iter().enumerate() {
            if applied.is_empty() {
                continue;
            }
            let mut judging = applied.iter().filter_map(|&(at, _)| policies.get(at));
            let is_named = judging.any(named);
            let own = classes.ports.get(class).copied().unwrap_or(0);
            let table = if is_named && direction == Direction::Ingress { own } else { 0 };
            let row = *known.entry((applied, table)).or_insert_with_key(|(applied, table)| {
                let row = Builder { policies: &policies, tables: &tables, is_named }
                    .row(applied, *table, reaches);
                rows.rows.push(row);
                rows.rows.len() - 1
            });
            if let Some(at) = rows.of_class.get_mut(class) {
                *at = row;
            }
        }
        rows
    }

    /// The row of a class.
    pub(crate) fn row(&self, class: usize) -> Option<&Row> {
        self.rows.get(*self.of_class.get(class)?)
    }

    /// For each row, what it decides for a class.
    pub(crate) fn column(&self, class: usize) -> Vec<ReachId> {
        self.rows.iter().map(|row| row.at(class)).collect()
    }
}

/// The policies that have an effect in a direction: by tier, priority and name.
fn policies<'n>(
    network: &'n Network,
    classes: &Classes<'_>,
    direction: Direction,
) -> Vec<Policy<'n>> {
    let with_who = |rules: &'n [Rule]| -> Vec<(&'n Rule, Who)> {
        rules.iter().map(|rule| (rule, classes.peers(rule))).collect()
    };
    let cluster = network.cluster_policies.iter().filter_map(|policy| {
        let rules = Rule::of(policy, direction);
        (!rules.is_empty()).then(|| Policy {
            rank: Some((policy.tier, policy.priority)),
            subjects: &policy.subject,
            raw: &policy.raw,
            rules: with_who(rules),
        })
    });
    let namespaced = network.policies.iter().filter_map(|policy| {
        let rules = with_who(policy.rules(direction)?);
        Some(Policy { rank: None, subjects: &policy.subject, raw: &policy.raw, rules })
    });
    cluster.chain(namespaced).collect()
}

/// The policies that are or may be about the pods of each class.
fn applied(policies: &[Policy<'_>], classes: &Classes<'_>) -> Vec<Applied> {
    let mut applied = vec![Applied::new(); classes.all.len()];
    for (at, policy) in policies.iter().enumerate() {
        let subject = classes.subject(policy.subjects);
        for class in subject.possible.iter() {
            if let Some(applied) = applied.get_mut(class) {
                applied.push((at, subject.truth(class)));
            }
        }
    }
    applied
}

/// The classes by the ports that names stand for at a destination.
struct Tables<'c> {
    classes: &'c Classes<'c>,
    all: AtomSet,
    /// For what goes out, by the table of the destination; else all classes under any table.
    by_table: Vec<AtomSet>,
}

impl<'c> Tables<'c> {
    fn of(classes: &'c Classes<'c>, direction: Direction) -> Self {
        let mut by_table = Vec::new();
        if direction == Direction::Egress {
            by_table = vec![AtomSet::new(); classes.port_tables.len()];
            for (class, &table) in classes.ports.iter().enumerate() {
                if let Some(set) = by_table.get_mut(table) {
                    set.insert(class);
                }
            }
        }
        Self { classes, all: AtomSet::full(classes.all.len()), by_table }
    }
}

/// Classes at the other end to which the same rules stand in the same way.
struct Group {
    classes: AtomSet,
    /// The rules that are or may be about them: position of the policy and of the rule.
    met: Vec<(usize, usize, Truth)>,
}

/// Builds rows.
struct Builder<'b, 'n> {
    policies: &'b [Policy<'n>],
    tables: &'b Tables<'b>,
    is_named: bool,
}

impl Builder<'_, '_> {
    fn row(&self, applied: &Applied, table: usize, reaches: &mut Reaches) -> Row {
        let mut parts: FxHashMap<ReachId, AtomSet> = FxHashMap::default();
        for group in self.groups(applied) {
            for (classes, table) in self.by_ports(&group, table) {
                let id = reaches.id(self.decide(applied, &group, table));
                let part = parts.entry(id).or_default();
                *part = part.union(&classes);
            }
        }
        let mut parts: Vec<_> = parts.into_iter().collect();
        parts.sort_by_key(|(id, set)| (std::cmp::Reverse(set.len()), *id));
        Row { parts }
    }

    /// Shares out all classes by the rules they meet.
    fn groups(&self, applied: &Applied) -> Vec<Group> {
        let mut groups = vec![Group { classes: self.tables.all.clone(), met: Vec::new() }];
        for &(at, _) in applied {
            let rules = self.policies.get(at).map_or(&[][..], |policy| &policy.rules);
            for (position, (_, who)) in rules.iter().enumerate() {
                let split = groups.into_iter().flat_map(|group| group.split(at, position, who));
                groups = split.collect();
            }
        }
        groups
    }

    /// A group, shared out by the ports that names stand for, where that counts.
    fn by_ports(&self, group: &Group, table: usize) -> Vec<(AtomSet, usize)> {
        if !self.is_named || self.tables.by_table.is_empty() {
            return vec![(group.classes.clone(), table)];
        }
        let by_table = self.tables.by_table.iter().enumerate();
        let shares = by_table.map(|(table, set)| (group.classes.intersection(set), table));
        shares.filter(|(set, _)| !set.is_empty()).collect()
    }

    fn decide(&self, applied: &Applied, group: &Group, table: usize) -> Reach {
        let declared = self.tables.classes.port_tables.get(table).map_or(&[][..], Vec::as_slice);
        let mut met = group.met.iter().peekable();
        let mut judges = Vec::with_capacity(applied.len());
        for &(at, subject) in applied {
            let Some(policy) = self.policies.get(at) else { continue };
            let mut rules = Vec::new();
            while let Some(&(_, position, peer)) = met.next_if(|it| it.0 == at) {
                let Some((rule, _)) = policy.rules.get(position) else { continue };
                let (sure, possible) = ports(rule, declared);
                rules.push(Met { rule, peer, sure, possible });
            }
            let Policy { rank, subjects, raw, .. } = *policy;
            judges.push(Judge { rank, subjects, subject, raw, rules });
        }
        evaluate(&judges)
    }
}

impl Group {
    fn split(self, policy: usize, rule: usize, who: &Who) -> Vec<Self> {
        let sure = self.classes.intersection(&who.sure);
        let perhaps = self.classes.intersection(&who.possible).difference(&sure);
        let not = self.classes.difference(&who.possible);
        let with = |truth| {
            let mut met = self.met.clone();
            met.push((policy, rule, truth));
            met
        };
        let mut groups = Vec::with_capacity(3);
        if !sure.is_empty() {
            groups.push(Self { classes: sure, met: with(Truth::Yes) });
        }
        if !perhaps.is_empty() {
            groups.push(Self { classes: perhaps, met: with(Truth::Maybe) });
        }
        if !not.is_empty() {
            groups.push(Self { classes: not, met: self.met });
        }
        groups
    }
}

/// The ports that a rule surely means at a destination, and those that it may mean.
fn ports<'r>(
    rule: &'r Rule,
    declared: &[super::ContainerPort],
) -> (Cow<'r, PortSet>, Cow<'r, PortSet>) {
    if rule.ports.named.is_empty() && rule.ports.unreadable.is_empty() {
        return (Cow::Borrowed(&rule.ports.numbers), Cow::Borrowed(&rule.ports.numbers));
    }
    let (sure, possible) = rule.ports.resolve(declared);
    (Cow::Owned(sure), Cow::Owned(possible))
}

/// Whether a class is of workloads.
pub(crate) fn is_workloads(class: Option<&Class>) -> bool {
    matches!(class, Some(Class::Workloads(_)))
}
