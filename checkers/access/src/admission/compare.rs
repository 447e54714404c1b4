//! Two sets of policies compared on all requests.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use seatrial_core::Location;
use seatrial_smt::{Answer, Limits as Work, Manner, Model, solve};
use serde::Serialize;

use super::facts::Filled;
use super::formula::{Formulas, Rejections};
use super::reading::{Side, Unit};
use super::regions::regions;
use super::scope::{Scope, scopes, subresources};
use super::term::Term;
use super::witness::{Concrete, Witness};
use crate::{Change, Decision, Difference, Differences, Extent, Members, Source};
use seatrial_manifests::Object;

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
    /// How many objects that the solver found were not decided otherwise by evaluation, so that
    /// they are reported as unknown.
    pub unreplayed: usize,
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
    /// Whether the new policies are proved to reject all that the old ones reject, within
    /// [`AdmissionDifferences::bounds`].
    #[must_use]
    pub fn is_as_strict(&self) -> bool {
        self.differences.of(Change::Opened) == 0
            && self.unknown.iter().all(|unknown| unknown.change == Change::MayClose)
    }

    /// Whether both are proved to decide alike, within [`AdmissionDifferences::bounds`].
    #[must_use]
    pub fn is_equal(&self) -> bool {
        self.differences.total() == 0 && self.unknown.is_empty()
    }
}

/// Compares the policies in force of two configurations on all requests.
///
/// Policies, bindings and parameters are taken from all objects; what else there is does not matter.
/// Fields are taken to be of the types that expressions use them with.
#[must_use]
pub fn compare(old: &[Object], new: &[Object], limits: &Limits) -> AdmissionDifferences {
    let (old, new) = (Side::read(old), Side::read(new));
    let mut comparison = Comparison::new([&old, &new], limits);
    comparison.subresources();
    if comparison.changed.iter().any(|changed| !changed.is_empty()) {
        let scopes = scopes([&old, &new]);
        comparison.names = scopes.iter().filter_map(|scope| scope.name.clone()).collect();
        comparison.namespaces = scopes.iter().filter_map(|scope| scope.namespace.clone()).collect();
        for scope in &scopes {
            comparison.scope(scope);
        }
        comparison.bounds.shapes = scopes.len();
    }
    comparison.finish()
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
    /// Of the shape at hand.
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
        Self {
            sides,
            limits,
            changed: [only(old, new), only(new, old)],
            formulas: Formulas::default(),
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
            let changed: Vec<_> = changed.iter().filter_map(|&at| side.units.get(at)).collect();
            for (resource, unit) in subresources(&changed) {
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

    /// Compares all requests of one shape.
    fn scope(&mut self, scope: &Scope) {
        self.formulas = Formulas::of_lists(self.limits.items);
        let settled = self.formulas.learn(self.sides, scope);
        let learned = self.formulas.values.leaves.learned;
        let rejections = self.sides.map(|side| self.formulas.of_side(side, scope));
        let settled = settled && self.formulas.values.leaves.learned == learned;
        if self.formulas.values.bounded {
            self.bounds.items = Some(self.limits.items);
        }
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
            let is_none = terms.as_bool(any) == Some(false);
            if is_none
                || self.ask(question, scope).0 == Answer::Unsat
                    && settled
                    && self.is_confirmed(change, any, scope)
            {
                continue;
            }
            let mut differs = false;
            for &unit in &changed {
                let Some(rejections) = rejecting.get(unit) else { continue };
                differs |= self.unit(scope, (change, unit), rejections, (admitted, settled));
            }
            if let (false, Some(&unit)) = (differs, changed.first()) {
                self.disagrees((change, unit, None), scope);
            }
        }
    }

    /// Compares what the validations of one unit reject; whether anything is found.
    fn unit(
        &mut self,
        scope: &Scope,
        (change, unit): (Change, usize),
        rejections: &Rejections,
        (admitted, settled): (Term, bool),
    ) -> bool {
        let mut differs = false;
        let by_validation = rejections.by_validation.iter().enumerate();
        let each = by_validation.map(|(at, term)| (Some(at), *term));
        for (validation, term) in each.chain([(None, rejections.otherwise)]) {
            if self.formulas.values.terms.as_bool(term) == Some(false) {
                continue;
            }
            let question = self.formulas.values.terms.and([term, admitted]);
            let rule = (change, unit, validation);
            let (answer, asserted) = self.ask(question, scope);
            let found = match answer {
                Answer::Unsat if settled && self.is_confirmed(change, term, scope) => continue,
                Answer::Unsat => {
                    self.disagrees(rule, scope);
                    differs = true;
                    continue;
                }
                Answer::Unknown(reason) => Found::Unknown(
                    format!("the solver did not decide it: {reason}"),
                    self.location(rule),
                ),
                Answer::Sat(model) => match self.replay(rule, scope, &model) {
                    Some(concrete) => Found::Request(Box::new(concrete)),
                    None => self.without_opaques(rule, scope, question, &asserted),
                },
            };
            self.found.entry(rule).or_default().push((scope.clone(), found));
            differs = true;
        }
        differs
    }

    /// Notes that formulas and evaluation do not agree, so that nothing is known.
    fn disagrees(&mut self, rule: Rule, scope: &Scope) {
        let reason = "the formulas do not agree with evaluation, or types are not settled";
        let found = Found::Unknown(reason.to_owned(), self.location(rule));
        self.bounds.unreplayed += 1;
        self.found.entry(rule).or_default().push((scope.clone(), found));
    }

    /// Whether a formula can be true of a request of a shape. That nothing satisfies it counts only
    /// if some request of the shape is possible at all.
    fn ask(&mut self, question: Term, scope: &Scope) -> (Answer, Vec<Term>) {
        if self.formulas.values.terms.as_bool(question) == Some(false) {
            return (Answer::Unsat, Vec::new());
        }
        let Self { formulas, names, namespaces, filled, .. } = self;
        let asserted = formulas.with_facts(question, scope, names, namespaces, filled);
        let answer = self.solve(&asserted);
        if answer != Answer::Unsat {
            return (answer, asserted);
        }
        let facts: Vec<Term> = asserted.iter().copied().filter(|term| *term != question).collect();
        let answer = match self.solve(&facts) {
            Answer::Sat(_) => Answer::Unsat,
            Answer::Unsat => Answer::Unknown(
                "what is taken for granted of such requests contradicts itself".to_owned(),
            ),
            unknown @ Answer::Unknown(_) => unknown,
        };
        (answer, asserted)
    }

    fn solve(&mut self, asserted: &[Term]) -> Answer {
        let script = self.formulas.values.terms.script(asserted);
        if let Some(known) = self.answers.get(&script) {
            return known.clone();
        }
        if self.bounds.questions >= self.limits.questions {
            return Answer::Unknown(format!("more than {} questions", self.limits.questions));
        }
        self.bounds.questions += 1;
        let work = Work { work: self.limits.work, ..Work::time(self.limits.time) };
        let answer = solve(&script, Manner::General, &work);
        self.answers.insert(script, answer.clone());
        answer
    }

    /// Whether evaluation agrees that a side rejects a request that a formula says it rejects, and
    /// that the other side rejects it, too: a guard against formulas that mean something else.
    fn is_confirmed(&mut self, change: Change, rejecting: Term, scope: &Scope) -> bool {
        let (answer, asserted) = self.ask(rejecting, scope);
        let Answer::Sat(model) = answer else { return true };
        if self.opaque(&asserted).is_some() {
            return true;
        }
        let concrete = Concrete::of(scope, &model, &self.formulas.values.leaves);
        let (rejects, admits) = self.rejecting_first(change);
        let is_denied = |side| concrete.ask(side).decision == Decision::Denied;
        is_denied(rejects) && concrete.ask(admits).decision != Decision::Allowed
    }

    /// The request of a model, if evaluation confirms that a rule decides it otherwise, made small.
    fn replay(&self, rule: Rule, scope: &Scope, model: &Model) -> Option<Concrete> {
        let (change, unit, validation) = rule;
        let concrete = Concrete::of(scope, model, &self.formulas.values.leaves);
        let (rejects, admits) = self.rejecting_first(change);
        let differs = |concrete: &Concrete| {
            let by = concrete.ask(rejects);
            by.rejecting.contains(&(unit, validation))
                && concrete.ask(admits).decision == Decision::Allowed
        };
        differs(&concrete).then(|| concrete.minimal(differs))
    }

    /// A request that a rule decides otherwise whatever the parts mean that are not modelled.
    fn without_opaques(
        &mut self,
        rule: Rule,
        scope: &Scope,
        question: Term,
        asserted: &[Term],
    ) -> Found {
        let unmodelled = self.opaque(asserted);
        if unmodelled.is_some() {
            let terms = &mut self.formulas.values.terms;
            let each = [0, 1, 2]
                .map(|value| terms.with_number(question, value, |name| name.starts_with("opaque")));
            let question = terms.and(each);
            if let (Answer::Sat(model), _) = self.ask(question, scope)
                && let Some(concrete) = self.replay(rule, scope, &model)
            {
                return Found::Request(Box::new(concrete));
            }
        }
        let (reason, location) = match unmodelled {
            Some((what, location)) => (what, location),
            None => {
                self.bounds.unreplayed += 1;
                let reason = "the object that the solver found is not decided otherwise";
                (reason.to_owned(), None)
            }
        };
        Found::Unknown(reason, location.unwrap_or_else(|| self.location(rule)))
    }

    /// A part of some formulas that is not modelled, and where it stands if it stands anywhere.
    fn opaque(&self, asserted: &[Term]) -> Option<(String, Option<Location>)> {
        let constants = self.formulas.values.terms.constants(asserted);
        let opaque = constants.iter().find_map(|name| self.formulas.opaques.of(name))?;
        let location = Some(opaque.location.clone()).filter(|at| !at.path.is_empty());
        Some((opaque.what.clone(), location))
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
        let of_policy = |other: &&Unit<'_>| other.id() == unit.id();
        let same = |other: &&Unit<'_>| of_policy(other) && other.binding.name == unit.binding.name;
        let other = admits.units.iter().find(same);
        let other = other.or_else(|| admits.units.iter().find(of_policy));
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
            let (mut requests, mut unknown) = (BTreeMap::new(), BTreeMap::<_, Vec<Scope>>::new());
            for (scope, one) in found {
                match one {
                    Found::Request(concrete) => {
                        requests.insert(scope, concrete);
                    }
                    Found::Unknown(reason, location) => {
                        unknown.entry((reason, location)).or_default().push(scope);
                    }
                }
            }
            let [old, new] = self.sources(rule);
            for (region, scope) in regions(requests.keys()) {
                let Some(concrete) = requests.get(&scope) else { continue };
                differences.count(rule.0, 1);
                differences.listed.push(Difference {
                    change: rule.0,
                    region,
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
        AdmissionDifferences { differences, unknown: self.unknown, bounds: self.bounds }
    }
}
