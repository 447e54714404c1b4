//! The regions as a proof, in two steps: Z3 finds no value of an attribute that is in no atom, or in
//! two; and no outcome of the tests that an atom can have on which regions and policies disagree.
//!
//! The formula is written from what policies mean, and knows nothing of the regions.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::IpAddr;
use std::time::Duration;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use seatrial_smt::{Answer, Limits, Manner, solve};

use super::generate::policies;
use super::{PODS, mesh};
use crate::Region;
use crate::istio::model::{Action, Attribute, Condition, Pattern, Policy, Rule, Test};
use crate::istio::partition::Requests;
use crate::network::{AddressSet, Truth};

fn any(formulas: impl IntoIterator<Item = String>) -> String {
    format!("(or false {})", formulas.into_iter().collect::<Vec<_>>().join(" "))
}

fn all(formulas: impl IntoIterator<Item = String>) -> String {
    format!("(and true {})", formulas.into_iter().collect::<Vec<_>>().join(" "))
}

fn not(formula: &str) -> String {
    format!("(not {formula})")
}

fn prove(declarations: &str, claim: &str) {
    let script = format!("{declarations}(assert (not {claim}))\n(check-sat)\n");
    let limits = Limits::time(Duration::from_secs(60));
    assert_eq!(solve(&script, Manner::General, &limits), Answer::Unsat, "{script}");
}

/// What an attribute's values are: a text that may be absent, an identity of three parts, an address of
/// either family, or a port.
const VALUES: &str = "
(declare-const present Bool)
(declare-const text String)
(declare-const domain String)
(declare-const namespace String)
(declare-const account String)
(declare-const six Bool)
(declare-const address Int)
(declare-const port Int)
(assert (not (or (= domain \"\") (= namespace \"\") (= account \"\"))))
(assert (and (<= 1 port 65535) (<= 0 address)))
(assert (< address (ite six 340282366920938463463374607431768211456 4294967296)))
(assert (not (and six (<= 281470681743360 address 281474976710655))))
";

/// Whether a text is so; one of the values, or a part that all identities have.
fn has(value: &str, what: &str, text: &str) -> String {
    match value {
        "ns" | "sa" => match what {
            "=" => value == text,
            "str.prefixof" => value.starts_with(text),
            _ => value.ends_with(text),
        }
        .to_string(),
        _ if what == "=" => format!("(= {value} \"{text}\")"),
        _ => format!("({what} \"{text}\" {value})"),
    }
}

fn fits(pattern: &Pattern, value: &str) -> String {
    let fits = match pattern {
        Pattern::Present => "true".to_owned(),
        Pattern::Exact(text) => has(value, "=", text),
        Pattern::Prefix(text) => has(value, "str.prefixof", text),
        Pattern::Suffix(text) => has(value, "str.suffixof", text),
    };
    all([not(&format!("(= {value} \"\")")), fits])
}

/// Whether `domain/ns/namespace/sa/account`, none of which has a `/`, fits a pattern: the pieces of
/// the pattern between two `/` are such parts, from the end that is fixed, the last of them open.
fn identity_fits(pattern: &Pattern) -> String {
    let mut parts = ["domain", "ns", "namespace", "sa", "account"];
    let (text, open) = match pattern {
        Pattern::Present => return "true".to_owned(),
        Pattern::Exact(text) => (text, "="),
        Pattern::Prefix(text) => (text, "str.prefixof"),
        Pattern::Suffix(text) => (text, "str.suffixof"),
    };
    let mut pieces: Vec<_> = text.split('/').collect();
    if open == "str.suffixof" {
        parts.reverse();
        pieces.reverse();
    }
    let many = pieces.len();
    if many > parts.len() || (open == "=" && many < parts.len()) {
        return "false".to_owned();
    }
    let pairs = pieces.into_iter().zip(parts).enumerate();
    all(pairs.map(|(at, (piece, part))| has(part, if at + 1 == many { open } else { "=" }, piece)))
}

fn block(set: &AddressSet) -> String {
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

/// What a test asks of the value of an attribute.
fn passes(attribute: &Attribute, test: &Test) -> String {
    let asks = match (attribute, test) {
        (Attribute::Principal, Test::Text(pattern)) => identity_fits(pattern),
        (_, Test::Text(pattern)) => fits(pattern, "text"),
        (_, Test::Namespace(pattern)) => fits(pattern, "namespace"),
        (_, Test::Account(namespace, account)) => {
            all([has("namespace", "=", namespace), has("account", "=", account)])
        }
        (_, Test::Block(set)) => block(set),
        (_, Test::Port(port)) => format!("(= port {port})"),
    };
    match attribute {
        Attribute::Principal | Attribute::Key(_) => all(["present".to_owned(), asks]),
        _ => asks,
    }
}

/// The tests of a space, each as a Boolean, and what the atoms are in them.
struct Outcomes {
    names: BTreeMap<(Attribute, Test), String>,
    /// The atoms, attribute by attribute.
    atoms: Vec<Vec<String>>,
}

impl Outcomes {
    fn of(requests: &Requests) -> Self {
        let mut names = BTreeMap::new();
        let mut atoms = Vec::new();
        for (attribute, of_attribute) in requests.atoms() {
            for (test, _) in of_attribute.iter().flatten() {
                let next = format!("t{}", names.len());
                names.entry((attribute.clone(), (*test).clone())).or_insert(next);
            }
            let literal = |&(test, passed): &(&Test, bool)| {
                let name = &names[&(attribute.clone(), test.clone())];
                if passed { name.clone() } else { not(name) }
            };
            let atom = |atom: &Vec<(&Test, bool)>| all(atom.iter().map(literal));
            atoms.push(of_attribute.iter().map(atom).collect());
        }
        Self { names, atoms }
    }

    fn region(&self, region: &Region) -> String {
        any(region.rectangles().iter().map(|rectangle| {
            let sets = rectangle.sets().iter().zip(&self.atoms);
            all(sets.map(|(set, atoms)| any(set.iter().map(|atom| atoms[atom].clone()))))
        }))
    }

    /// What a policy matches for sure, and what it may match.
    fn matches(&self, policy: &Policy, about: Truth) -> [String; 2] {
        let sure = |rule: &Rule| self.rule(rule, "false");
        let may = |rule: &Rule| self.rule(rule, "true");
        let sure = any(policy.rules.iter().filter(|_| about == Truth::Yes).map(sure));
        [sure, any(policy.rules.iter().map(may))]
    }

    fn rule(&self, rule: &Rule, unmodelled: &str) -> String {
        let every = |conditions: &[Condition]| {
            all(conditions.iter().map(|condition| match condition {
                Condition::Unmodelled(_) => unmodelled.to_owned(),
                Condition::Is(attribute, values, nots) => {
                    let is = |test: &Test| self.names[&(attribute.clone(), test.clone())].clone();
                    let one = (!values.is_empty()).then(|| any(values.iter().map(is)));
                    all(one.into_iter().chain([not(&any(nots.iter().map(is)))]))
                }
            }))
        };
        let one = |alternatives: &[Vec<Condition>]| any(alternatives.iter().map(|it| every(it)));
        all([one(&rule.from), one(&rule.to), every(&rule.when)])
    }

    /// What policies allow and what they deny; the rest is not known.
    fn decided(&self, policies: &[(&Policy, Truth)]) -> [String; 2] {
        let of = |action| policies.iter().filter(move |(policy, _)| policy.action == action);
        let matched = |action, at: usize| {
            any(of(action).map(|(policy, about)| self.matches(policy, *about)[at].clone()))
        };
        let (denied, may_deny) = (matched(Action::Deny, 0), matched(Action::Deny, 1));
        let (allowed, may_allow) = (matched(Action::Allow, 0), matched(Action::Allow, 1));
        let no_allow = of(Action::Allow).next().is_none();
        let some_allow = of(Action::Allow).any(|(_, about)| *about == Truth::Yes);
        let allowed = any([no_allow.to_string(), allowed]);
        let unmatched = all([some_allow.to_string(), not(&may_allow)]);
        [all([not(&matched(Action::Custom, 1)), not(&may_deny), allowed]), any([denied, unmatched])]
    }
}

/// Exactly one of these is true.
fn one_of(atoms: &[String]) -> String {
    let pairs = atoms
        .iter()
        .enumerate()
        .flat_map(|(at, one)| atoms[at + 1..].iter().map(move |it| format!("(and {one} {it})")));
    all([any(atoms.to_vec()), not(&any(pairs))])
}

/// That each value of each attribute is in one atom.
fn atoms_cover(requests: &Requests) -> usize {
    let all_atoms = requests.atoms();
    for (attribute, atoms) in &all_atoms {
        let literal = |&(test, passed): &(&Test, bool)| {
            let passes = passes(attribute, test);
            if passed { passes } else { not(&passes) }
        };
        let atoms: Vec<_> = atoms.iter().map(|atom| all(atom.iter().map(literal))).collect();
        // A request has a method and a path; it may lack a host.
        let there = matches!(attribute, Attribute::Method | Attribute::Path);
        let what = if there { "(assert (not (= text \"\")))\n" } else { "" };
        prove(&format!("{VALUES}{what}"), &one_of(&atoms));
    }
    all_atoms.len()
}

#[test]
fn atoms_are_all_values_and_regions_all_requests_that_policies_decide_so() {
    let mut runner = TestRunner::deterministic();
    let (mut attributes, mut spaces) = (0, 0);
    while spaces < 60 {
        let text = policies().new_tree(&mut runner).unwrap().current();
        let mesh = mesh(&format!("{PODS}{text}"));
        let target = mesh.target("a/web[Pod]").unwrap();
        let policies = mesh.policies_of(target);
        let requests = Requests::of(&policies);
        if policies.is_empty() {
            continue;
        }
        attributes += atoms_cover(&requests);
        let outcomes = Outcomes::of(&requests);
        let mut declarations = String::new();
        for name in outcomes.names.values() {
            writeln!(declarations, "(declare-const {name} Bool)").unwrap();
        }
        for atoms in &outcomes.atoms {
            writeln!(declarations, "(assert {})", any(atoms.clone())).unwrap();
        }
        let decided = requests.decide(&policies);
        let [allowed, denied] = outcomes.decided(&policies);
        let claims = [(&decided.allowed, allowed), (&decided.denied, denied)]
            .map(|(region, formula)| format!("(= {} {formula})", outcomes.region(region)));
        prove(&declarations, &all(claims));
        spaces += 1;
    }
    assert!(attributes > 100, "{attributes}");
}
