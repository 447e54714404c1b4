//! The partition as a proof: Z3 finds no request, of any values whatever, on which the regions and
//! the rules disagree, nor a value that is in no atom or in two.
//!
//! Values are integers, one a literal; all others stand for values that nothing names. Paths are
//! strings.

use std::collections::BTreeMap;
use std::time::Duration;

use seatrial_smt::{Answer, Limits, Manner, solve};

use super::*;
use crate::rbac::partition::Pattern;
use crate::rbac::{Rule, User};
use crate::{Dimension, Rectangle};

const RESOURCE: [&str; 6] = ["namespace", "verb", "group", "resource", "subresource", "name"];

/// Numbers for literals.
#[derive(Default)]
struct Codes(BTreeMap<String, usize>);

impl Codes {
    fn is(&mut self, variable: &str, value: &str) -> String {
        let next = self.0.len();
        let code = *self.0.entry(value.to_owned()).or_insert(next);
        format!("(= {variable} {code})")
    }

    fn list(&mut self, variable: &str, values: &[&str]) -> String {
        if values.contains(&"*") {
            return "true".to_owned();
        }
        any(values.iter().map(|value| self.is(variable, value)))
    }

    fn resource(&mut self, entry: &str) -> String {
        match entry.split_once('/') {
            None if entry == "*" => "true".to_owned(),
            None => format!("(and {} {})", self.is("resource", entry), self.is("subresource", "")),
            Some((_, subresource)) if subresource.is_empty() || subresource.contains('/') => {
                "false".to_owned()
            }
            Some(("*", subresource)) => self.is("subresource", subresource),
            Some((resource, subresource)) => {
                format!(
                    "(and {} {})",
                    self.is("resource", resource),
                    self.is("subresource", subresource)
                )
            }
        }
    }

    /// A rule, from its text: about resources, or about URLs.
    fn rule(&mut self, rule: &Rule<'_>, of_urls: bool) -> String {
        let verb = self.list("verb", &rule.verbs);
        if of_urls {
            return format!(
                "(and {verb} {})",
                any(rule.urls.iter().map(|url| path(Pattern::of(url))))
            );
        }
        let group = self.list("group", &rule.groups);
        let resource = any(rule.resources.iter().map(|entry| self.resource(entry)));
        let name = match rule.names.as_slice() {
            [] => "true".to_owned(),
            names => any(names.iter().map(|name| self.is("name", name))),
        };
        format!("(and {verb} {group} {resource} {name})")
    }

    /// What a policy allows a user.
    fn policy(&mut self, policy: &Policy<'_>, user: &User, of_urls: bool) -> String {
        let mut allowed = Vec::new();
        for binding in &policy.bindings {
            let matches = binding.subjects.iter().any(|(_, subject)| subject.is(user));
            let role = policy.role_of(binding).filter(|_| matches);
            let place = match binding.namespace {
                None => "true".to_owned(),
                Some(_) if of_urls => "false".to_owned(),
                Some(namespace) => self.is("namespace", namespace),
            };
            for (_, rule) in role.into_iter().flat_map(|role| policy.rules_of(role)) {
                allowed.push(format!("(and {place} {})", self.rule(rule, of_urls)));
            }
        }
        any(allowed)
    }

    /// The atoms of a dimension of literals.
    fn atoms(&mut self, dimension: &Dimension) -> Vec<String> {
        let all: Vec<_> = dimension.atoms.iter().flat_map(|atom| atom.names.clone()).collect();
        let mut is = |name: &str| self.is(dimension.name, if name == "\"\"" { "" } else { name });
        let atoms = dimension.atoms.iter().map(|atom| {
            if atom.is_other() {
                format!("(not {})", any(all.iter().map(|name| is(name))))
            } else {
                any(atom.names.iter().map(|name| is(name)))
            }
        });
        atoms.collect()
    }
}

fn any(formulas: impl IntoIterator<Item = String>) -> String {
    format!("(or false {})", formulas.into_iter().collect::<Vec<_>>().join(" "))
}

fn path(pattern: Pattern<'_>) -> String {
    match pattern {
        Pattern::Exact(text) => format!("(= path \"{text}\")"),
        Pattern::Prefix(prefix) => format!("(str.prefixof \"{prefix}\" path)"),
    }
}

/// The atoms of paths: the longest prefix counts, and what is named is by itself.
fn path_atoms(patterns: &[Pattern<'_>]) -> Vec<String> {
    let atom = |own: &Pattern<'_>| {
        let narrower = patterns.iter().filter(|other| match (own, other) {
            (Pattern::Exact(_), _) => false,
            (Pattern::Prefix(_), Pattern::Exact(_)) => true,
            (Pattern::Prefix(own), Pattern::Prefix(other)) => other.len() > own.len(),
        });
        format!("(and {} (not {}))", path(*own), any(narrower.map(|other| path(*other))))
    };
    patterns.iter().map(atom).collect()
}

fn region(rectangles: &[&Rectangle], atoms: &[Vec<String>]) -> String {
    any(rectangles.iter().map(|rectangle| {
        let sets = rectangle.sets().iter().zip(atoms);
        let sets = sets.map(|(set, atoms)| any(set.iter().map(|atom| atoms[atom].clone())));
        format!("(and true {})", sets.collect::<Vec<_>>().join(" "))
    }))
}

fn prove(claim: &str) {
    let variables = RESOURCE.map(|variable| format!("(declare-const {variable} Int)\n")).concat();
    let script =
        format!("(declare-const path String)\n{variables}(assert (not {claim}))\n(check-sat)\n");
    let limits = Limits::time(Duration::from_secs(60));
    assert_eq!(solve(&script, Manner::General, &limits), Answer::Unsat, "{script}");
}

/// Exactly one of these is true.
fn one_of(atoms: &[String]) -> String {
    let pairs = atoms
        .iter()
        .enumerate()
        .flat_map(|(at, a)| atoms[at + 1..].iter().map(move |b| format!("(and {a} {b})")));
    format!("(and {} (not {}))", any(atoms.to_vec()), any(pairs))
}

#[test]
fn the_regions_are_all_requests_on_which_the_rules_disagree() {
    let mut dice = Dice(7);
    let (mut proofs, mut opened) = (0, 0);
    while proofs < 60 {
        let old = testing::policy(&mut dice);
        let new = testing::changed(&mut dice, &old);
        let unknown =
            |side: &Policy<'_>| side.bindings.iter().any(|binding| side.is_unknown(binding));
        if unknown(&old) || unknown(&new) {
            continue;
        }
        let comparison = Comparison::new(&old, &new);
        for (situation, holders) in comparison.situations() {
            let changes = Changes::of(&situation, &comparison.interner);
            let user = comparison.names.user(holders[0]);
            for of_urls in [false, true] {
                let mut codes = Codes::default();
                let atoms = if of_urls {
                    let verbs = codes.atoms(&changes.urls.space.dimensions[0]);
                    vec![verbs, path_atoms(&changes.urls.paths)]
                } else {
                    changes.resources.space.dimensions.iter().map(|d| codes.atoms(d)).collect()
                };
                let [before, after] = [&old, &new].map(|side| codes.policy(side, &user, of_urls));
                let mut claims: Vec<_> = atoms.iter().map(|atoms| one_of(atoms)).collect();
                for (change, from, to) in
                    [(Change::Opened, &before, &after), (Change::Closed, &after, &before)]
                {
                    let pieces = changes.pieces.iter();
                    let of = pieces.filter(|p| p.of_urls == of_urls && p.change == change);
                    let rectangles: Vec<_> = of.map(|piece| &piece.rectangle).collect();
                    opened += rectangles.len();
                    let region = region(&rectangles, &atoms);
                    claims.push(format!("(= {region} (and (not {from}) {to}))"));
                }
                prove(&format!("(and {})", claims.join(" ")));
                proofs += 1;
            }
        }
    }
    assert!(opened > 30, "{opened}");
}
