//! What is true of every request of a shape, whatever the policies: what its objects are called,
//! and what the API server fills in before policies see them.

use std::collections::{BTreeMap, BTreeSet};

use seatrial_parse::yaml;
use seatrial_policy::{Evaluation, Operation, Outcome, Policy, Request, Review, native_kind};

use super::formula::{Formulas, NAME_LABEL};
use super::leaf::{Leaves, Path, Root, Step, Type};
use super::scope::{Part, Scope};
use super::term::{Sort, Term};
use super::witness::known;

/// What a field of every request is.
enum Fixed {
    Text(Term),
    Map,
    Absent,
}

/// Fields that are filled in, by kind and path.
pub(super) type Filled = BTreeMap<(String, String), bool>;

impl Formulas {
    /// A question with all that bears on what it asks about.
    pub(super) fn with_facts(
        &mut self,
        question: Term,
        scope: &Scope,
        names: &BTreeSet<String>,
        namespaces: &BTreeSet<String>,
        filled: &mut Filled,
    ) -> Vec<Term> {
        let fixed = self.fixed(scope);
        let of_name = self.called(scope.name.as_deref(), names, true);
        let of_namespace = self.called(scope.namespace.as_deref(), namespaces, false);
        let mut asserted = vec![question];
        loop {
            let before = asserted.len();
            let items = self.values.items;
            let mut more = self.values.leaves.constraints(&mut self.values.terms, &asserted, items);
            let seen: Vec<Term> = asserted.iter().chain(&more).copied().collect();
            let constants: BTreeSet<String> =
                self.values.terms.constants(&seen).into_iter().map(str::to_owned).collect();
            let constants: BTreeSet<&str> = constants.iter().map(String::as_str).collect();
            for (path, value) in &fixed {
                let Some(leaf) = self.values.leaves.get(path) else { continue };
                if !known(&constants, leaf) {
                    continue;
                }
                more.push(self.is(leaf, value));
                match (path.root, path.steps.as_slice()) {
                    (Root::Object, [_, Step::Field(last)]) if **last == *"name" => {
                        more.push(of_name);
                    }
                    (Root::Object, [_, Step::Field(last)])
                        if **last == *"namespace" && scope.resource.namespaced =>
                    {
                        more.push(of_namespace);
                    }
                    _ => {}
                }
            }
            more.extend(self.filled_in(scope, &constants, filled));
            more.extend(self.words(scope, &constants));
            let new = more.into_iter().filter(|term| !asserted.contains(term));
            let new: BTreeSet<Term> = new.collect();
            asserted.extend(new);
            if asserted.len() == before {
                return asserted;
            }
        }
    }

    fn is(&mut self, leaf: super::leaf::Leaf, value: &Fixed) -> Term {
        let terms = &mut self.values.terms;
        match value {
            Fixed::Text(text) => {
                let (present, own) =
                    (Leaves::is(terms, leaf, Type::Text), Leaves::text(terms, leaf));
                let equal = terms.equal(own, *text);
                terms.and([present, equal])
            }
            Fixed::Map => Leaves::is(terms, leaf, Type::Map),
            Fixed::Absent => {
                let present = Leaves::present(terms, leaf);
                terms.not(present)
            }
        }
    }

    fn fixed(&mut self, scope: &Scope) -> Vec<(Path, Fixed)> {
        let (name, namespace) = (self.name(), self.namespace());
        let mut fixed = Vec::new();
        for root in [Root::Object, Root::Old, Root::Namespace] {
            let of_namespace = root == Root::Namespace;
            let (version, kind) = if of_namespace {
                let terms = &mut self.values.terms;
                (terms.text("v1"), terms.text("Namespace"))
            } else {
                (self.api_version(scope), self.word(scope, Part::Kind))
            };
            fixed.push((Path::to(root, &["apiVersion"]), Fixed::Text(version)));
            fixed.push((Path::to(root, &["kind"]), Fixed::Text(kind)));
            fixed.push((Path::to(root, &["metadata"]), Fixed::Map));
            let own = if of_namespace { namespace } else { name };
            fixed.push((Path::to(root, &["metadata", "name"]), Fixed::Text(own)));
            let inside = !of_namespace && scope.resource.namespaced;
            let place = if inside { Fixed::Text(namespace) } else { Fixed::Absent };
            fixed.push((Path::to(root, &["metadata", "namespace"]), place));
            if of_namespace {
                let label = Path::to(root, &["metadata", "labels", NAME_LABEL]);
                fixed.push((label, Fixed::Text(namespace)));
            }
        }
        fixed
    }

    fn api_version(&mut self, scope: &Scope) -> Term {
        if scope.apart(Part::Group).is_none() && scope.apart(Part::Version).is_none() {
            return self.values.terms.text(&scope.api_version());
        }
        let (group, version) = (self.word(scope, Part::Group), self.word(scope, Part::Version));
        let terms = &mut self.values.terms;
        let slash = terms.text("/");
        terms.call("str.++", vec![group, slash, version], Sort::Text)
    }

    /// What is true of the words that no rule names: what they can be, and that they are others.
    fn words(&mut self, scope: &Scope, constants: &BTreeSet<&str>) -> Vec<Term> {
        let mut facts = Vec::new();
        for part in Part::ALL.into_iter().filter(|part| constants.contains(part.constant())) {
            let Some(apart) = scope.apart(part) else { continue };
            let word = self.word(scope, part);
            let terms = &mut self.values.terms;
            let class = terms.pattern(part.class());
            facts.push(terms.test("str.in_re", vec![word, class]));
            for other in apart {
                let other = terms.text(other);
                let equal = terms.equal(word, other);
                facts.push(terms.not(equal));
            }
        }
        facts
    }

    /// What is true of a name or a namespace: that it is the one of the shape, or none of those
    /// that have a shape of their own.
    fn called(&mut self, own: Option<&str>, others: &BTreeSet<String>, is_name: bool) -> Term {
        let value = if is_name { self.name() } else { self.namespace() };
        let terms = &mut self.values.terms;
        if let Some(own) = own {
            let own = terms.text(own);
            return terms.equal(value, own);
        }
        let mut all = Vec::new();
        for other in others {
            let other = terms.text(other);
            let equal = terms.equal(value, other);
            all.push(terms.not(equal));
        }
        // Names are not empty; namespaces are of lower-case letters, digits and hyphens.
        let class = if is_name {
            "(re.+ (re.range \"\\u{21}\" \"\\u{7e}\"))"
        } else {
            "(re.+ (re.union (re.range \"a\" \"z\") (re.range \"0\" \"9\") (str.to_re \"\\u{2d}\")))"
        };
        let pattern = terms.pattern(class);
        all.push(terms.test("str.in_re", vec![value, pattern]));
        let star = terms.text("*");
        let starred = terms.test("str.suffixof", vec![star, value]);
        all.push(terms.not(starred));
        terms.and(all)
    }

    /// That fields which the server fills in are there wherever their map is.
    fn filled_in(
        &mut self,
        scope: &Scope,
        constants: &BTreeSet<&str>,
        cache: &mut Filled,
    ) -> Vec<Term> {
        let in_question: Vec<(Path, super::leaf::Leaf)> = self
            .values
            .leaves
            .all()
            .filter(|(path, leaf)| path.root == Root::Object && known(constants, *leaf))
            .map(|(path, leaf)| (path.clone(), leaf))
            .collect();
        let mut facts = Vec::new();
        for (path, leaf) in in_question {
            let mut parent = path.clone();
            if !matches!(parent.steps.pop(), Some(Step::Field(_))) {
                continue;
            }
            let Some(parent) = self.values.leaves.get(&parent) else { continue };
            // All items of a list are alike.
            let steps = path.steps.iter().map(|step| match step {
                Step::Item(_) => Step::Item(0),
                field @ Step::Field(_) => field.clone(),
            });
            let first = Path { root: path.root, steps: steps.collect() };
            let key = (format!("{}/{}", scope.group, scope.kind), first.to_string());
            let is_filled = *cache.entry(key).or_insert_with(|| is_filled(scope, &first));
            if is_filled {
                let terms = &mut self.values.terms;
                let (map, present) =
                    (Leaves::is(terms, parent, Type::Map), Leaves::present(terms, leaf));
                facts.push(terms.implies(map, present));
            }
        }
        facts
    }
}

/// Whether the server fills a field in: what policies see of an object that has all but the field.
fn is_filled(scope: &Scope, path: &Path) -> bool {
    let simple = |step: &Step| match step {
        Step::Field(name) => name.bytes().all(|byte| byte.is_ascii_alphanumeric()),
        Step::Item(_) => true,
    };
    let of_namespace =
        matches!(path.steps.as_slice(), [_, Step::Field(last)] if **last == *"namespace");
    if native_kind(&scope.group, &scope.kind).is_none()
        || of_namespace
        || !path.steps.iter().all(simple)
    {
        return false;
    }
    let Some((_, before)) = path.steps.split_last() else { return false };
    let mut object = "{}".to_owned();
    for step in before.iter().rev() {
        object = match step {
            Step::Field(name) => format!("{{\"{name}\": {object}}}"),
            Step::Item(_) => format!("[{object}]"),
        };
    }
    let policy = format!(
        "metadata: {{name: probe}}\nspec:\n  matchConstraints: {{resourceRules: [{{apiGroups: ['*'], \
         apiVersions: ['*'], operations: ['*'], resources: ['*']}}]}}\n  validations: \
         [{{expression: 'has({path})'}}]\n"
    );
    let (policy, object) = (yaml(&policy), yaml(&object));
    let (Some(policy), Some(object)) = (policy.documents.first(), object.documents.first()) else {
        return false;
    };
    let (policy, _) = Policy::read(&policy.root);
    let id = scope.id();
    let request = Request {
        operation: Operation::Create,
        ..Request::create(&id, &scope.resource, &object.root, scope.namespace_name())
    };
    matches!(
        policy.evaluate(&Review::new(request), None),
        Evaluation::Checked { validations, .. } if validations == [Outcome::Passes]
    )
}
