//! Two sets of policies compared on all requests.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use seatrial_core::Location;
use seatrial_manifests::Object;
use seatrial_smt::{Answer, Limits as Work, Manner, solve};
use serde::Serialize;

use super::facts::Filled;
use super::formula::{Formulas, Rejections};
use super::reading::Side;
use super::scope::{Scope, scopes, subresources};
use super::term::Term;
use super::witness::{Concrete, Witness};
use crate::{Change, Decision, Difference, Differences, Extent, Members, Source};

/// How much is looked at, and how much is said.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How many items of a list are modelled: a proof is one for lists of up to so many.
    pub items: usize,
    /// How long one question to the solver may take.
    pub time: Duration,
    /// How much work one question may be, in the solver's own units: answers are then the same on
    /// every machine, if the time is long enough.
    pub work: Option<u32>,
    /// How many questions are asked at most.
    pub questions: usize,
    /// How many differences are listed; all are counted.
    pub listed: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            items: 3,
            time: Duration::from_secs(10),
            work: Some(20_000_000),
            questions: 2_000,
            listed: 100,
        }
    }
}

/// What is not known of two sets of policies.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Unknown {
    /// What may have changed: [`Change::MayOpen`] or [`Change::MayClose`].
    pub change: Change,
    /// The requests.
    pub region: Vec<Extent>,
    /// Why it is not known.
    pub reason: String,
    /// What it is about: the expression that is not modelled, or the validation.
    pub location: Location,
    /// What may decide otherwise.
    pub rule: Vec<Source>,
}

/// What an answer rests on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Bounds {
    /// How many items a list may have for the answer to hold; none where no list matters.
    pub items: Option<usize>,
    /// How many shapes of requests were looked at.
    pub shapes: usize,
    /// How many questions the solver was asked.
    pub questions: usize,
}

/// What two sets of policies decide differently.
#[derive(Clone, Debug, Default, Serialize)]
pub struct AdmissionDifferences {
    /// The requests that were rejected and are admitted ([`Change::Opened`]), and the reverse
    /// ([`Change::Closed`]), by the validation that does or did reject them.
    pub differences: Differences<Witness>,
    /// What is not known.
    pub unknown: Vec<Unknown>,
    /// What the answer rests on.
    pub bounds: Bounds,
}

impl AdmissionDifferences {
    /// Whether the new policies are proved to reject all that the old ones reject.
    #[must_use]
    pub fn is_as_strict(&self) -> bool {
        self.differences.of(Change::Opened) == 0
            && self.unknown.iter().all(|unknown| unknown.change == Change::MayClose)
    }

    /// Whether both are proved to decide alike.
    #[must_use]
    pub fn is_equal(&self) -> bool {
        self.differences.total() == 0 && self.unknown.is_empty()
    }
}

/// A request on which the direct evaluation disagrees with the formulas: an error of this program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotReplayed {
    /// The request.
    pub witness: Witness,
    /// The change that the formulas say.
    pub change: Change,
    /// What the policies say, old and new.
    pub decisions: [Decision; 2],
}

impl fmt::Display for NotReplayed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { witness, change, decisions: [old, new] } = self;
        write!(f, "internal error: `{witness}` was found {change}, but is {old}, then {new}")
    }
}

impl std::error::Error for NotReplayed {}

/// Compares the policies in force of two configurations on all requests.
///
/// Policies, bindings and parameters are taken from all objects; what else there is does not matter.
/// Fields are taken to be of the types that expressions use them with.
pub fn compare(
    old: &[Object],
    new: &[Object],
    limits: &Limits,
) -> Result<AdmissionDifferences, Box<NotReplayed>> {
    let (old, new) = (Side::read(old), Side::read(new));
    let mut comparison = Comparison::new([&old, &new], limits);
    comparison.subresources();
    if comparison.changed.iter().any(|changed| !changed.is_empty()) {
        let scopes = scopes([&old, &new]);
        comparison.learn(&scopes);
        for scope in &scopes {
            comparison.scope(scope)?;
        }
        comparison.bounds.shapes = scopes.len();
    }
    Ok(comparison.finish())
}

/// Which way a difference goes, and the unit and validation that rejects.
type Rule = (Change, usize, Option<usize>);

/// Requests that one rule decides otherwise.
#[derive(Debug)]
enum Found {
    Request(Box<Concrete>),
    Unknown(String, Location),
}

struct Comparison<'s, 'a> {
    sides: [&'s Side<'a>; 2],
    limits: &'s Limits,
    /// The units of each side that are not on the other.
    changed: [Vec<usize>; 2],
    formulas: Formulas,
    answers: BTreeMap<String, Answer>,
    filled: Filled,
    names: BTreeSet<String>,
    namespaces: BTreeSet<String>,
    found: BTreeMap<Rule, Vec<(Scope, Found)>>,
    unknown: Vec<Unknown>,
    bounds: Bounds,
}

impl<'s, 'a> Comparison<'s, 'a> {
    fn new(sides: [&'s Side<'a>; 2], limits: &'s Limits) -> Self {
        let [old, new] = sides;
        let only = |one: &Side<'_>, other: &Side<'_>| {
            let known: BTreeSet<&String> = other.units.iter().map(|unit| &unit.key).collect();
            let units = one.units.iter().enumerate();
            units.filter(|(_, unit)| !known.contains(&unit.key)).map(|(at, _)| at).collect()
        };
        let mut formulas = Formulas::default();
        formulas.values.items = limits.items;
        Self {
            sides,
            limits,
            changed: [only(old, new), only(new, old)],
            formulas,
            answers: BTreeMap::new(),
            filled: Filled::new(),
            names: BTreeSet::new(),
            namespaces: BTreeSet::new(),
            found: BTreeMap::new(),
            unknown: Vec::new(),
            bounds: Bounds::default(),
        }
    }

    /// Requests to subresources are not modelled: what changed about them is unknown.
    fn subresources(&mut self) {
        for (side, changed, change) in [
            (self.sides[0], &self.changed[0], Change::MayOpen),
            (self.sides[1], &self.changed[1], Change::MayClose),
        ] {
            for (resource, unit) in subresources(side) {
                if changed
                    .iter()
                    .all(|&at| side.units.get(at).is_none_or(|one| one.key != unit.key))
                {
                    continue;
                }
                let names = Members::Only(vec![resource.into()]);
                self.unknown.push(Unknown {
                    change,
                    region: vec![Extent { dimension: "resource", members: names }],
                    reason: format!("requests to subresources (`{resource}`) are not modelled"),
                    location: unit.object.location(unit.policy.span),
                    rule: unit.sources(None),
                });
            }
        }
    }

    /// Learns the types of fields from all expressions, until nothing more is learned.
    fn learn(&mut self, scopes: &[Scope]) {
        const MOST: usize = 8;
        self.names = scopes.iter().filter_map(|scope| scope.name.clone()).collect();
        self.namespaces = scopes.iter().filter_map(|scope| scope.namespace.clone()).collect();
        let mut shapes: BTreeMap<_, &Scope> = BTreeMap::new();
        for scope in scopes {
            shapes.entry((scope.operation, scope.resource.namespaced)).or_insert(scope);
        }
        for _ in 0..MOST {
            let before = self.formulas.values.leaves.learned;
            for scope in shapes.values() {
                for side in self.sides {
                    for unit in &side.units {
                        self.formulas.rejections(side, unit, scope);
                    }
                }
            }
            self.formulas.values.leaves.spread();
            if self.formulas.values.leaves.learned == before {
                break;
            }
        }
        self.formulas.values.bounded = false;
    }

    /// Compares all requests of one shape.
    fn scope(&mut self, scope: &Scope) -> Result<(), Box<NotReplayed>> {
        let rejections = self.sides.map(|side| {
            let units = side.units.iter();
            units.map(|unit| self.formulas.rejections(side, unit, scope)).collect::<Vec<_>>()
        });
        for (from, change) in [(0, Change::Opened), (1, Change::Closed)] {
            let (Some(rejecting), Some(other), Some(changed)) =
                (rejections.get(from), rejections.get(1 - from), self.changed.get(from).cloned())
            else {
                continue;
            };
            let terms = &mut self.formulas.values.terms;
            let rejected = terms.or(other.iter().flat_map(Rejections::all));
            let admitted = terms.not(rejected);
            let of_changed = changed.iter().filter_map(|&at| rejecting.get(at));
            let any = terms.or(of_changed.flat_map(Rejections::all));
            let question = terms.and([any, admitted]);
            if !matches!(self.ask(question, scope).0, Answer::Unsat) {
                for unit in changed {
                    let Some(rejections) = rejecting.get(unit) else { continue };
                    self.unit(scope, (change, unit), rejections, admitted)?;
                }
            }
        }
        Ok(())
    }

    /// Compares what the validations of one unit reject.
    fn unit(
        &mut self,
        scope: &Scope,
        (change, unit): (Change, usize),
        rejections: &Rejections,
        admitted: Term,
    ) -> Result<(), Box<NotReplayed>> {
        let by_validation = rejections.by_validation.iter().enumerate();
        let each = by_validation.map(|(at, term)| (Some(at), *term));
        for (validation, term) in each.chain([(None, rejections.otherwise)]) {
            let question = self.formulas.values.terms.and([term, admitted]);
            let (answer, asserted) = self.ask(question, scope);
            let rule = (change, unit, validation);
            let found = match answer {
                Answer::Unsat => continue,
                Answer::Unknown(reason) => Found::Unknown(
                    format!("the solver did not decide it: {reason}"),
                    self.location(rule),
                ),
                Answer::Sat(model) => {
                    match Concrete::of(scope, &model, &self.formulas.values.leaves) {
                        Some(concrete) => self.replay(rule, concrete, &asserted)?,
                        None => Found::Unknown(
                            "the solver found no object that can be written".to_owned(),
                            self.location(rule),
                        ),
                    }
                }
            };
            self.found.entry(rule).or_default().push((scope.clone(), found));
        }
        Ok(())
    }

    /// Whether a formula can be true of a request of a shape.
    fn ask(&mut self, question: Term, scope: &Scope) -> (Answer, Vec<Term>) {
        if self.formulas.values.terms.as_bool(question) == Some(false) {
            return (Answer::Unsat, Vec::new());
        }
        let Self { formulas, names, namespaces, filled, .. } = self;
        let asserted = formulas.with_facts(question, scope, names, namespaces, filled);
        let script = formulas.values.terms.script(&asserted);
        if let Some(known) = self.answers.get(&script) {
            return (known.clone(), asserted);
        }
        if self.bounds.questions >= self.limits.questions {
            let reason = format!("more than {} questions", self.limits.questions);
            return (Answer::Unknown(reason), asserted);
        }
        self.bounds.questions += 1;
        let work = Work { work: self.limits.work, ..Work::time(self.limits.time) };
        let answer = solve(&script, Manner::General, &work);
        self.answers.insert(script, answer.clone());
        (answer, asserted)
    }

    /// Asks the policies themselves about a request that a rule is found to decide otherwise.
    fn replay(
        &self,
        rule: Rule,
        concrete: Concrete,
        asserted: &[Term],
    ) -> Result<Found, Box<NotReplayed>> {
        let (change, unit, validation) = rule;
        let differs = |concrete: &Concrete| {
            let (rejects, admits) = self.rejecting_first(change);
            let by = concrete.ask(rejects);
            by.rejecting.contains(&(unit, validation))
                && concrete.ask(admits).decision == Decision::Allowed
        };
        if differs(&concrete) {
            return Ok(Found::Request(Box::new(concrete.minimal(differs))));
        }
        let constants = self.formulas.values.terms.constants(asserted);
        let unmodelled = constants.iter().find_map(|name| self.formulas.opaques.of(name));
        if let Some(unmodelled) = unmodelled {
            let mut location = unmodelled.location.clone();
            if location.path.is_empty() {
                location = self.location(rule);
            }
            return Ok(Found::Unknown(unmodelled.what.clone(), location));
        }
        let decisions = self.sides.map(|side| concrete.ask(side).decision);
        Err(Box::new(NotReplayed { witness: concrete.shown(), change, decisions }))
    }

    /// The side that rejects and the side that admits.
    fn rejecting_first(&self, change: Change) -> (&'s Side<'a>, &'s Side<'a>) {
        let [old, new] = self.sides;
        if change == Change::Opened { (old, new) } else { (new, old) }
    }

    fn location(&self, (change, unit, validation): Rule) -> Location {
        let (side, _) = self.rejecting_first(change);
        let sources = side.units.get(unit).map(|unit| unit.sources(validation));
        let first = sources.and_then(|sources| sources.into_iter().next());
        first.map_or_else(|| Location::start_of("".into()), |source| source.location)
    }

    /// What rejects, and what on the other side has its name.
    fn sources(&self, (change, unit, validation): Rule) -> [Vec<Source>; 2] {
        let (rejects, admits) = self.rejecting_first(change);
        let Some(unit) = rejects.units.get(unit) else { return [Vec::new(), Vec::new()] };
        let same = |other: &&super::reading::Unit<'_>| {
            other.id() == unit.id() && other.binding.name == unit.binding.name
        };
        let same_policy = |other: &&super::reading::Unit<'_>| other.id() == unit.id();
        let mut others = admits.units.iter();
        let other = admits.units.iter().find(same).or_else(|| others.find(same_policy));
        let admitting = other.map(|other| other.sources(validation)).unwrap_or_default();
        match change {
            Change::Opened => [unit.sources(validation), admitting],
            _ => [admitting, unit.sources(validation)],
        }
    }

    /// Joins the shapes that a rule decides otherwise to regions.
    fn finish(mut self) -> AdmissionDifferences {
        let mut differences = Differences::default();
        for (rule, found) in std::mem::take(&mut self.found) {
            let (mut requests, mut unknown) = (Vec::new(), BTreeMap::<_, Vec<Scope>>::new());
            for (scope, one) in found {
                match one {
                    Found::Request(concrete) => requests.push((scope, concrete)),
                    Found::Unknown(reason, location) => {
                        unknown.entry((reason, location)).or_default().push(scope);
                    }
                }
            }
            let [old, new] = self.sources(rule);
            for region in regions(requests.iter().map(|(scope, _)| scope)) {
                let Some((_, concrete)) = requests.iter().find(|(scope, _)| region.1 == *scope)
                else {
                    continue;
                };
                differences.count(rule.0, 1);
                differences.listed.push(Difference {
                    change: rule.0,
                    region: region.0,
                    witness: concrete.shown(),
                    old: old.clone(),
                    new: new.clone(),
                    reason: None,
                });
            }
            let opened = rule.0 == Change::Opened;
            for ((reason, location), scopes) in unknown {
                self.unknown.extend(regions(scopes.iter()).into_iter().map(|(region, _)| {
                    Unknown {
                        change: if opened { Change::MayOpen } else { Change::MayClose },
                        region,
                        reason: reason.clone(),
                        location: location.clone(),
                        rule: if opened { old.clone() } else { new.clone() },
                    }
                }));
            }
        }
        differences.listed.sort();
        differences.listed.truncate(self.limits.listed);
        self.unknown.sort();
        self.bounds.items = self.formulas.values.bounded.then_some(self.limits.items);
        AdmissionDifferences { differences, unknown: self.unknown, bounds: self.bounds }
    }
}

/// Shapes as products of operations, resources, names and namespaces, each with one of its shapes.
fn regions<'x>(scopes: impl Iterator<Item = &'x Scope>) -> Vec<(Vec<Extent>, Scope)> {
    let mut by_resource: BTreeMap<_, BTreeSet<&Scope>> = BTreeMap::new();
    for scope in scopes {
        let key = (scope.resource_name(), &scope.name, &scope.namespace);
        by_resource.entry(key).or_default().insert(scope);
    }
    let mut by_operations: BTreeMap<_, Vec<(String, &Scope)>> = BTreeMap::new();
    for ((resource, name, namespace), scopes) in by_resource {
        let operations: BTreeSet<&str> = scopes.iter().map(|one| one.operation.as_str()).collect();
        let Some(first) = scopes.first().copied() else { continue };
        by_operations.entry((operations, name, namespace)).or_default().push((resource, first));
    }
    let named = |dimension, names: Vec<std::sync::Arc<str>>| Extent {
        dimension,
        members: Members::Only(names),
    };
    by_operations
        .into_iter()
        .filter_map(|((operations, name, namespace), resources)| {
            let (_, first) = resources.first()?;
            let mut region = vec![
                named("operation", operations.into_iter().map(Into::into).collect()),
                named("resource", resources.iter().map(|(name, _)| name.as_str().into()).collect()),
            ];
            region.extend(name.as_ref().map(|name| named("name", vec![name.as_str().into()])));
            let namespace = namespace.as_ref();
            region.extend(namespace.map(|name| named("namespace", vec![name.as_str().into()])));
            Some((region, (*first).clone()))
        })
        .collect()
}
