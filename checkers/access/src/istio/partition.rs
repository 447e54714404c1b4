//! All requests to a workload at once: the evaluation by regions.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};

use super::decide::Request;
use super::model::{Action, Attribute, Condition, Policy, Rule, Test, identity};
use super::texts::{candidates, identities};
use crate::network::{AddressSet, Truth};
use crate::{Atom, AtomSet, Dimension, Rectangle, Region, Space};

/// A policy that is or may be about a workload.
pub(super) type Applied<'p> = (&'p Policy, Truth);

/// The space of the requests that policies can tell apart.
pub(super) struct Requests {
    pub(super) space: Space,
    attributes: Vec<Column>,
}

/// One attribute: which atoms pass each test.
struct Column {
    attribute: Attribute,
    passing: BTreeMap<Test, AtomSet>,
    /// The atoms' values; `None` for an absent one.
    values: Vec<Option<String>>,
    #[cfg(test)]
    tests: BTreeSet<Test>,
}

/// Tests, each with whether a value passes it.
#[cfg(test)]
pub(super) type Outcome<'t> = Vec<(&'t Test, bool)>;

/// Requests by what is decided; all others are unknown.
pub(super) struct Decided {
    pub(super) allowed: Region,
    pub(super) denied: Region,
    /// What is asked for sure, apart from all that is not known; see `diff`.
    pub(super) sure: Sure,
}

/// What rules surely match.
pub(super) struct Sure {
    pub(super) denied: Region,
    pub(super) allowed: Region,
}

impl Requests {
    /// The space that these policies need.
    pub(super) fn of(policies: &[Applied<'_>]) -> Self {
        let mut tests: BTreeMap<Attribute, BTreeSet<Test>> = BTreeMap::new();
        let rules = policies.iter().flat_map(|(policy, _)| &policy.rules);
        for condition in rules.flat_map(conditions) {
            if let Condition::Is(attribute, values, nots) = condition {
                let known = tests.entry(attribute.clone()).or_default();
                known.extend(values.iter().chain(nots).cloned());
            }
        }
        let mut dimensions = Vec::new();
        let mut attributes = Vec::new();
        for (attribute, tests) in tests {
            let (dimension, column) = Column::of(attribute, &tests);
            dimensions.push(dimension);
            attributes.push(column);
        }
        Self { space: Space::new(dimensions), attributes }
    }

    /// What policies decide on all requests.
    pub(super) fn decide(&self, policies: &[Applied<'_>]) -> Decided {
        let of = |action| policies.iter().filter(move |(policy, _)| policy.action == action);
        let matched = |action| -> (Region, Region) {
            let (mut sure, mut possible) = (Region::new(), Region::new());
            for (policy, about) in of(action) {
                for rule in &policy.rules {
                    self.add(rule, *about, &mut sure, &mut possible);
                }
            }
            (sure, possible)
        };
        let (_, custom) = matched(Action::Custom);
        let (denied, may_deny) = matched(Action::Deny);
        let (allowed, may_allow) = matched(Action::Allow);
        let whole: Region = Rectangle::whole(&self.space).into_iter().collect();
        let none = of(Action::Allow).next().is_none();
        let surely = of(Action::Allow).any(|(_, about)| *about == Truth::Yes);
        let allowed = if none { whole.clone() } else { allowed };
        let unanswered = if surely { whole.minus(may_allow.rectangles()) } else { Region::new() };
        let mut denied_in_all = denied.clone();
        unanswered.rectangles().iter().for_each(|it| denied_in_all.add(it.clone()));
        let in_doubt = custom.rectangles().iter().chain(may_deny.rectangles());
        Decided {
            allowed: allowed.clone().minus(in_doubt),
            denied: denied_in_all,
            sure: Sure { denied, allowed },
        }
    }

    /// Adds what a rule matches.
    fn add(&self, rule: &Rule, about: Truth, sure: &mut Region, possible: &mut Region) {
        for from in &rule.from {
            for to in &rule.to {
                let conditions = || from.iter().chain(to).chain(&rule.when);
                let known = !conditions().any(|it| matches!(it, Condition::Unmodelled(_)));
                let sets = self.attributes.iter().zip(&self.space.dimensions);
                let sets = sets.map(|(column, dimension)| {
                    let own = conditions().filter_map(|it| column.meant(it));
                    own.fold(dimension.all(), |all, set| all.intersection(&set))
                });
                if let Some(rectangle) = Rectangle::new(sets.collect()) {
                    if known && about == Truth::Yes {
                        sure.add(rectangle.clone());
                    }
                    possible.add(rectangle);
                }
            }
        }
    }

    /// The cell of a request: the atom of each attribute that passes the same tests.
    #[cfg(test)]
    pub(super) fn cell(&self, request: &Request) -> Option<Vec<usize>> {
        let atom = |column: &Column| {
            let value = match &column.attribute {
                Attribute::Principal => request.principal.clone(),
                Attribute::SourceAddress => Some(request.source.to_string()),
                Attribute::RemoteAddress => Some(request.remote.to_string()),
                Attribute::Host => Some(request.host.to_lowercase()),
                Attribute::Method => Some(request.method.clone()),
                Attribute::Path => Some(request.path.clone()),
                Attribute::Port => Some(request.port.to_string()),
                Attribute::Key(key) => request.keys.get(key).cloned(),
            };
            let fits = |at: &usize| {
                let mut tests = column.tests.iter();
                tests.all(|test| {
                    let passing = column.passing.get(test);
                    passing.is_some_and(|set| set.contains(*at)) == passes(test, value.as_deref())
                })
            };
            (0..column.values.len()).find(fits)
        };
        self.attributes.iter().map(atom).collect()
    }

    /// Attribute by attribute, what each atom passes of all tests.
    #[cfg(test)]
    pub(super) fn atoms(&self) -> Vec<(&Attribute, Vec<Outcome<'_>>)> {
        self.attributes.iter().map(Column::outcomes).collect()
    }

    /// A request of a rectangle, to a workload.
    pub(super) fn witness(&self, rectangle: &Rectangle, target: &str) -> Request {
        let nowhere = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
        let mut request = Request {
            target: target.to_owned(),
            principal: Some("cluster.local/ns/default/sa/default".to_owned()),
            source: nowhere,
            remote: nowhere,
            host: "example.com".to_owned(),
            method: "GET".to_owned(),
            path: "/".to_owned(),
            port: 80,
            keys: BTreeMap::new(),
        };
        for (column, set) in self.attributes.iter().zip(rectangle.sets()) {
            let value = set.iter().next().and_then(|atom| column.values.get(atom)).cloned();
            let value = value.flatten();
            let text = value.clone().unwrap_or_default();
            match &column.attribute {
                Attribute::Principal => request.principal = value,
                Attribute::SourceAddress => request.source = text.parse().unwrap_or(nowhere),
                Attribute::RemoteAddress => request.remote = text.parse().unwrap_or(nowhere),
                Attribute::Host => request.host = text,
                Attribute::Method => request.method = text,
                Attribute::Path => request.path = text,
                Attribute::Port => request.port = text.parse().unwrap_or(80),
                Attribute::Key(key) => {
                    request.keys.extend(value.map(|value| (key.clone(), value)));
                }
            }
        }
        request
    }
}

fn conditions(rule: &Rule) -> impl Iterator<Item = &Condition> {
    rule.from.iter().chain(&rule.to).flatten().chain(&rule.when)
}

impl Column {
    /// The values that these tests tell apart: one for each set of tests that some value passes.
    fn of(attribute: Attribute, tests: &BTreeSet<Test>) -> (Dimension, Self) {
        let mut by_passed: BTreeMap<Vec<&Test>, Vec<Value>> = BTreeMap::new();
        for (value, name) in values(&attribute, tests) {
            let passed = tests.iter().filter(|test| passes(test, value.as_deref())).collect();
            by_passed.entry(passed).or_default().push((value, name));
        }
        let mut column = Self {
            attribute,
            passing: BTreeMap::new(),
            values: Vec::new(),
            #[cfg(test)]
            tests: tests.clone(),
        };
        let mut atoms = Vec::new();
        for (at, (passed, values)) in by_passed.into_iter().enumerate() {
            for test in passed {
                column.passing.entry(test.clone()).or_default().insert(at);
            }
            let key = match &column.attribute {
                Attribute::Key(key) => format!("{key}="),
                _ => String::new(),
            };
            // What no test names is the rest, though a name may be given to a part of it.
            let rest = values.iter().any(|(_, name)| name.is_none());
            let names = values.iter().filter_map(|(_, name)| name.as_ref()).filter(|_| !rest);
            let names: Vec<_> = names.map(|name| format!("{key}{name}").into()).collect();
            let first = values.into_iter().next().and_then(|(value, _)| value);
            atoms.push(Atom { witness: first.clone().unwrap_or_default().into(), names });
            column.values.push(first);
        }
        (Dimension::new(column.attribute.as_str(), atoms), column)
    }

    /// What each atom passes of all tests.
    #[cfg(test)]
    fn outcomes(&self) -> (&Attribute, Vec<Outcome<'_>>) {
        let passed = |test: &Test, at| self.passing.get(test).is_some_and(|set| set.contains(at));
        let atom = |at| self.tests.iter().map(|test| (test, passed(test, at))).collect();
        (&self.attribute, (0..self.values.len()).map(atom).collect())
    }

    /// The atoms that a condition means, if it is about this attribute.
    fn meant(&self, condition: &Condition) -> Option<AtomSet> {
        let Condition::Is(attribute, values, nots) = condition else { return None };
        if *attribute != self.attribute {
            return None;
        }
        let any = |tests: &[Test]| {
            let sets = tests.iter().filter_map(|test| self.passing.get(test));
            sets.fold(AtomSet::new(), |all, set| all.union(set))
        };
        let all = AtomSet::full(self.values.len());
        let meant = if values.is_empty() { all } else { any(values) };
        Some(meant.difference(&any(nots)))
    }
}

/// A value, `None` if absent, and what it is called; nothing for the value of all that are not
/// named.
type Value = (Option<String>, Option<String>);

/// Values of every kind that tests can tell apart.
fn values(attribute: &Attribute, tests: &BTreeSet<Test>) -> Vec<Value> {
    let absent = || (None, Some("absent".to_owned()));
    let of = |found: BTreeSet<(String, Option<String>)>| -> Vec<Value> {
        found.into_iter().map(|(text, name)| (Some(text), name)).collect()
    };
    match attribute {
        Attribute::Principal => {
            let mut values = of(identities(&tests.iter().collect::<Vec<_>>()));
            values.push(absent());
            values
        }
        Attribute::Port => ports(tests),
        Attribute::SourceAddress | Attribute::RemoteAddress => addresses(tests),
        Attribute::Host | Attribute::Method | Attribute::Path | Attribute::Key(_) => {
            let patterns = tests.iter().filter_map(|test| match test {
                Test::Text(pattern) => Some(pattern),
                _ => None,
            });
            let mut values = of(candidates(&patterns.collect::<Vec<_>>()));
            match attribute {
                Attribute::Key(_) => values.push(absent()),
                // A request need not name a host; it always has a method and a path.
                Attribute::Host => values.push((Some(String::new()), Some("no host".to_owned()))),
                _ => {}
            }
            values
        }
    }
}

fn ports(tests: &BTreeSet<Test>) -> Vec<Value> {
    let named: BTreeSet<u16> = tests
        .iter()
        .filter_map(|test| if let Test::Port(port) = test { Some(*port) } else { None })
        .collect();
    let other = (1..=u16::MAX).find(|port| !named.contains(port));
    let value = |port: &u16| Some(port.to_string());
    let mut values: Vec<_> = named.iter().map(|port| (value(port), value(port))).collect();
    values.extend(other.map(|port| (value(&port), None)));
    values
}

fn addresses(tests: &BTreeSet<Test>) -> Vec<Value> {
    let blocks = tests.iter().filter_map(|test| match test {
        Test::Block(block) => Some(block),
        _ => None,
    });
    let named = AddressSet::of(blocks.clone());
    let sets = AddressSet::partition(blocks).into_iter().filter_map(|set| {
        let name = (!set.is_disjoint(&named)).then(|| set.to_string());
        Some((Some(set.first()?.to_string()), name))
    });
    sets.collect()
}

/// Whether a value passes a test.
fn passes(test: &Test, value: Option<&str>) -> bool {
    let Some(value) = value else { return false };
    match test {
        Test::Text(pattern) => pattern.fits(value),
        Test::Namespace(pattern) => identity(value).is_some_and(|it| pattern.fits(it.0)),
        Test::Account(namespace, account) => identity(value) == Some((namespace, account)),
        Test::Block(block) => value.parse().is_ok_and(|address| block.contains(address)),
        Test::Port(port) => value.parse() == Ok(*port),
    }
}
