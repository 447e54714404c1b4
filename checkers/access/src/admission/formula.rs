//! When a policy rejects requests of a shape, as formulas over their objects.

use std::collections::BTreeMap;
use std::rc::Rc;

use seatrial_parse::{Node, Value as Tree};
use seatrial_policy::{Expression, FailurePolicy, Matching, Operation};

use super::leaf::{Leaves, Path, Root, Type};
use super::reading::{Given, Side, Unit};
use super::scope::{Part, Scope};
use super::term::{Sort, Term};
use super::translate::{Opaques, Translator, Unmodelled};
use super::value::{List, Truth, Union, Value, Values};

/// The label of a namespace that the server sets to its name.
pub(super) const NAME_LABEL: &str = "kubernetes.io/metadata.name";

/// When a unit rejects a request: by each of its validations, and otherwise.
#[derive(Clone, Debug)]
pub(super) struct Rejections {
    pub(super) by_validation: Vec<Term>,
    /// By a condition that fails, by parameters that are wrong, or where nothing is known of it.
    pub(super) otherwise: Term,
}

impl Rejections {
    pub(super) fn all(&self) -> impl Iterator<Item = Term> {
        self.by_validation.iter().copied().chain([self.otherwise])
    }
}

/// Formulas of one comparison.
#[derive(Debug, Default)]
pub(super) struct Formulas {
    pub(super) values: Values,
    pub(super) opaques: Opaques,
}

impl Formulas {
    /// No formulas yet, over lists of up to so many items.
    pub(super) fn of_lists(items: usize) -> Self {
        Self { values: Values { items, ..Values::default() }, opaques: Opaques::default() }
    }

    /// Learns the types of fields from all expressions about requests of a shape, until nothing more
    /// is learned; whether it comes to that. What is likely is only taken where nothing is said.
    pub(super) fn learn(&mut self, sides: [&Side<'_>; 2], scope: &Scope) -> bool {
        const MOST: usize = 8;
        let mut settled = false;
        for likely in [false, true] {
            self.values.likely = likely;
            settled = (0..MOST).any(|_| {
                let before = self.values.leaves.learned;
                for side in sides {
                    self.of_side(side, scope);
                }
                self.values.leaves.spread();
                self.values.leaves.learned == before
            });
        }
        self.values.bounded = false;
        settled
    }

    /// When each unit of a side rejects requests of a shape.
    pub(super) fn of_side(&mut self, side: &Side<'_>, scope: &Scope) -> Vec<Rejections> {
        side.units.iter().map(|unit| self.rejections(side, unit, scope)).collect()
    }

    /// When a unit rejects requests of a shape.
    fn rejections(&mut self, side: &Side<'_>, unit: &Unit<'_>, scope: &Scope) -> Rejections {
        let never = self.values.terms.bool(false);
        let none = vec![never; unit.policy.validations.len()];
        let whole = |otherwise| Rejections { by_validation: none.clone(), otherwise };
        if let Some(reason) = &unit.broken {
            return whole(self.unknown(unit, reason));
        }
        match scope.matches(unit) {
            Matching::No => return whole(never),
            Matching::Undecided(reason) => return whole(self.unknown(unit, &reason)),
            Matching::Yes => {}
        }
        let selected = self.selected(unit, scope);
        match scope.with_request(|request| side.given(unit, request)) {
            Given::Unknown => {
                let unknown = self.unknown(unit, "the parameters are not in the configuration");
                whole(self.values.terms.and([selected, unknown]))
            }
            Given::Fails if unit.policy.failure_policy == FailurePolicy::Fail => whole(selected),
            Given::Fails => whole(never),
            Given::Each(params) => {
                let each: Vec<_> = params
                    .into_iter()
                    .map(|node| self.with_params(unit, scope, selected, node))
                    .collect();
                self.joined(unit.policy.validations.len(), &each)
            }
        }
    }

    /// What rejects with any of the parameters.
    fn joined(&mut self, validations: usize, each: &[Rejections]) -> Rejections {
        let terms = &mut self.values.terms;
        let by_validation = (0..validations)
            .map(|at| terms.or(each.iter().filter_map(|one| one.by_validation.get(at).copied())))
            .collect();
        Rejections { by_validation, otherwise: terms.or(each.iter().map(|one| one.otherwise)) }
    }

    /// A condition that is not known, the same for units that are the same.
    fn unknown(&mut self, unit: &Unit<'_>, reason: &str) -> Term {
        let name = self.opaques.name(&format!("{}{reason}", unit.key), || Unmodelled {
            what: reason.to_owned(),
            location: unit.object.location(unit.policy.span),
        });
        let terms = &mut self.values.terms;
        let (constant, one) = (terms.constant(&name, Sort::Int), terms.int(1));
        terms.equal(constant, one)
    }

    fn with_params(
        &mut self,
        unit: &Unit<'_>,
        scope: &Scope,
        selected: Term,
        params: Option<&Node>,
    ) -> Rejections {
        let mut inputs = self.inputs(scope);
        let params = match params {
            Some(node) => self.concrete(node),
            None => self.values.one(Value::Null),
        };
        inputs.insert("params", params);
        let policy = &unit.policy;
        let strict = policy.failure_policy == FailurePolicy::Fail;
        let expressions: Vec<&Expression> = policy
            .conditions
            .iter()
            .map(|condition| &condition.expression)
            .chain(policy.validations.iter().map(|validation| &validation.expression))
            .collect();
        let never = self.values.terms.bool(false);
        let Some(&first) = expressions.first() else {
            return Rejections { by_validation: Vec::new(), otherwise: never };
        };
        let place = (unit.object, policy);
        let mut translator =
            Translator::new(&mut self.values, &mut self.opaques, inputs, place, first);
        let (conditions, validations) =
            expressions.split_at_checked(policy.conditions.len()).unwrap_or_default();
        let conditions: Vec<Truth> =
            conditions.iter().map(|expression| translator.truth_of(expression)).collect();
        let validations: Vec<Truth> =
            validations.iter().map(|expression| translator.verdict_of(expression)).collect();
        let terms = &mut self.values.terms;
        let met = terms.and(conditions.iter().map(|truth| truth.yes));
        let unmet = terms.or(conditions.iter().map(|truth| truth.no));
        let failed = terms.or([met, unmet]);
        let failed = terms.not(failed);
        let by_validation = validations
            .iter()
            .map(|truth| {
                let rejects = if strict { terms.not(truth.yes) } else { truth.no };
                terms.and([selected, met, rejects])
            })
            .collect();
        let otherwise = if strict { terms.and([selected, failed]) } else { never };
        Rejections { by_validation, otherwise }
    }

    /// What expressions read.
    fn inputs(&mut self, scope: &Scope) -> BTreeMap<&'static str, Union> {
        let [object, old, namespace] =
            [Root::Object, Root::Old, Root::Namespace].map(|root| self.root(root));
        let null = self.values.one(Value::Null);
        let (object, old) = match scope.operation {
            Operation::Create | Operation::Connect => (object, null.clone()),
            Operation::Update => (object, old),
            Operation::Delete => (null.clone(), object),
        };
        let namespace = match (scope.is_namespace(), scope.resource.namespaced) {
            (true, _) => self.root(Root::Object),
            (_, true) => namespace,
            _ => null,
        };
        let unknown = |formulas: &mut Self, what: &str| {
            // Nobody's place: what is read of it is reported where it is read.
            let name = formulas.opaques.name(what, || Unmodelled {
                what: format!("`{what}` is not known"),
                location: seatrial_core::Location::start_of("".into()),
            });
            let constant = formulas.values.terms.constant(&name, Sort::Int);
            formulas.values.one(Value::Opaque(constant))
        };
        let request = self.request(scope);
        let mut request = request;
        for field in ["userInfo", "options", "dryRun"] {
            request.insert(field.into(), unknown(self, &format!("request.{field}")));
        }
        let request = self.values.one(Value::Map(Rc::new(request)));
        let authorizer = unknown(self, "authorizer");
        BTreeMap::from([
            ("object", object),
            ("oldObject", old),
            ("namespaceObject", namespace),
            ("request", request),
            ("authorizer", authorizer),
        ])
    }

    fn root(&mut self, root: Root) -> Union {
        let leaf = self.values.leaves.at(&Path::to(root, &[]));
        self.values.one(Value::Leaf(leaf))
    }

    fn request(&mut self, scope: &Scope) -> BTreeMap<Box<str>, Union> {
        let name = self.name();
        let mut kind = |last: &str, part: Part| {
            let fields = [("group", Part::Group), ("version", Part::Version), (last, part)];
            let fields = fields.map(|(name, part)| {
                let word = Value::Text(self.word(scope, part));
                (Box::from(name), self.values.one(word))
            });
            Value::Map(Rc::new(BTreeMap::from(fields)))
        };
        let (of_kind, of_resource) = (kind("kind", Part::Kind), kind("resource", Part::Plural));
        let mut text = |text: &str| {
            let text = Value::Text(self.values.terms.text(text));
            self.values.one(text)
        };
        let (operation, empty) = (text(scope.operation.as_str()), text(""));
        let namespace = if scope.resource.namespaced {
            Value::Text(self.namespace())
        } else if scope.is_namespace() {
            Value::Text(name)
        } else {
            Value::Text(self.values.terms.text(""))
        };
        let fields = [
            ("kind", of_kind.clone()),
            ("requestKind", of_kind),
            ("resource", of_resource.clone()),
            ("requestResource", of_resource),
            ("name", Value::Text(name)),
            ("namespace", namespace),
        ];
        let mut request: BTreeMap<Box<str>, Union> =
            fields.into_iter().map(|(name, value)| (name.into(), self.values.one(value))).collect();
        request.insert("operation".into(), operation);
        request.insert("subResource".into(), empty.clone());
        request.insert("requestSubResource".into(), empty);
        request
    }

    /// A word that says what the request is about, as a constant where no rule names it.
    pub(super) fn word(&mut self, scope: &Scope, part: Part) -> Term {
        match scope.apart(part) {
            Some(_) => self.values.terms.constant(part.constant(), Sort::Text),
            None => self.values.terms.text(scope.word(part)),
        }
    }

    /// The name of the object.
    pub(super) fn name(&mut self) -> Term {
        self.text_at(Root::Object, &["metadata", "name"])
    }

    /// The namespace of the request.
    pub(super) fn namespace(&mut self) -> Term {
        self.text_at(Root::Object, &["metadata", "namespace"])
    }

    fn text_at(&mut self, root: Root, fields: &[&str]) -> Term {
        // The fields on the way are known, too, so that all of them are in the object.
        (0..fields.len()).for_each(|end| {
            let path = Path::to(root, fields.get(..end).unwrap_or_default());
            let parent = self.values.leaves.at(&path);
            self.values.leaves.demand(parent, Type::Map);
        });
        let leaf = self.values.leaves.at(&Path::to(root, fields));
        self.values.leaves.demand(leaf, Type::Text);
        Leaves::text(&mut self.values.terms, leaf)
    }

    /// A value that is known: fields that are null are not set.
    fn concrete(&mut self, node: &Node) -> Union {
        let terms = &mut self.values.terms;
        let value = match &node.value {
            Tree::Null => Value::Null,
            Tree::Bool(value) => Value::Bool(terms.bool(*value)),
            Tree::Number(number) => match number.as_i64() {
                Some(value) => Value::Int(terms.int(value)),
                None => {
                    let name = self.opaques.name(&node.to_string(), || Unmodelled {
                        what: format!("the number `{node}` is not modelled"),
                        location: seatrial_core::Location::start_of("".into()),
                    });
                    Value::Opaque(terms.constant(&name, Sort::Int))
                }
            },
            Tree::String(text) => Value::Text(terms.text(text)),
            Tree::Sequence(items) => {
                let always = terms.bool(true);
                List::of(items.iter().map(|item| (always, self.concrete(item))).collect(), true)
            }
            Tree::Mapping(_) => {
                let set = node.entries().iter().filter(|entry| !entry.value.is_null());
                let fields = set.map(|entry| (entry.key.text.clone(), self.concrete(&entry.value)));
                Value::Map(Rc::new(fields.collect()))
            }
        };
        self.values.one(value)
    }

    /// When the selectors of a unit select a request.
    fn selected(&mut self, unit: &Unit<'_>, scope: &Scope) -> Term {
        let nodes = [
            unit.object.node.at(&["spec", "matchConstraints"]),
            unit.binding_object.node.at(&["spec", "matchResources"]),
        ];
        let mut all = Vec::new();
        for node in nodes.into_iter().flatten() {
            if let Some(selector) = node.get("objectSelector") {
                let own = self.selects(selector, Root::Object, None);
                let old = match scope.operation {
                    Operation::Update => self.selects(selector, Root::Old, None),
                    _ => self.values.terms.bool(false),
                };
                all.push(self.values.terms.or([own, old]));
            }
            if let Some(selector) = node.get("namespaceSelector") {
                if scope.is_namespace() {
                    let name = self.name();
                    all.push(self.selects(selector, Root::Object, Some(name)));
                } else if scope.resource.namespaced {
                    let name = self.namespace();
                    all.push(self.selects(selector, Root::Namespace, Some(name)));
                }
            }
        }
        self.values.terms.and(all)
    }

    /// When a selector selects the labels of an object; of a namespace, with its name, which the
    /// server sets as a label.
    fn selects(&mut self, selector: &Node, root: Root, name: Option<Term>) -> Term {
        let mut all = Vec::new();
        for entry in selector.get("matchLabels").map_or(&[][..], Node::entries) {
            let value = entry.value.as_str().unwrap_or_default();
            let label = self.label(root, &entry.key.text, name);
            all.push(self.is_one_of(label, &[value]));
        }
        for item in selector.get("matchExpressions").map_or(&[][..], Node::items) {
            let text = |field: &str| item.get(field).and_then(Node::as_str).unwrap_or_default();
            let values: Vec<&str> = item
                .get("values")
                .map_or(&[][..], Node::items)
                .iter()
                .filter_map(Node::as_str)
                .collect();
            let negated = matches!(text("operator"), "NotIn" | "DoesNotExist");
            let label = self.label(root, text("key"), name);
            let holds = match text("operator") {
                "In" | "NotIn" => self.is_one_of(label, &values),
                _ => label.0,
            };
            all.push(if negated { self.values.terms.not(holds) } else { holds });
        }
        self.values.terms.and(all)
    }

    /// Whether a label is set, and its value.
    fn label(&mut self, root: Root, key: &str, name: Option<Term>) -> (Term, Term) {
        if let (Some(name), NAME_LABEL) = (name, key) {
            return (self.values.terms.bool(true), name);
        }
        let value = self.text_at(root, &["metadata", "labels", key]);
        let leaf = self.values.leaves.at(&Path::to(root, &["metadata", "labels", key]));
        (Leaves::present(&mut self.values.terms, leaf), value)
    }

    /// Whether a label is set to one of some values.
    fn is_one_of(&mut self, (present, value): (Term, Term), values: &[&str]) -> Term {
        let terms = &mut self.values.terms;
        let mut any = Vec::new();
        for wanted in values {
            let wanted = terms.text(wanted);
            any.push(terms.equal(value, wanted));
        }
        let any = terms.or(any);
        terms.and([present, any])
    }
}
