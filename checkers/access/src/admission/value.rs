//! Values of expressions over all requests at once: alternatives, each with the condition under
//! which it is the value.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::leaf::{Leaf, Leaves, Step, Type, longer};
use super::term::{Sort, Term, Terms};

/// A value, as far as it is known. A field of an object stays a [`Value::Leaf`] until something
/// needs its type; of a leaf that was forced, it is a map.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Error,
    Null,
    Bool(Term),
    Int(Term),
    Text(Term),
    List(List),
    Map(Rc<BTreeMap<Box<str>, Union>>),
    /// A field of which only its identity matters.
    Any(Term),
    Leaf(Leaf),
    Optional(Option<Rc<Union>>),
    /// Not modelled: equal for equal expressions over equal values, and nothing else is known. The
    /// constant says what it is as a condition: 0 for an error, 1 for true, 2 for false, and
    /// anything else for a value that is no condition.
    Opaque(Term),
}

/// The items of a list that may be there, each with the condition that it is.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct List {
    pub(super) items: Rc<Vec<(Term, Union)>>,
    /// Whether those that are there come first.
    pub(super) dense: bool,
}

impl List {
    pub(super) fn of(items: Vec<(Term, Union)>, dense: bool) -> Value {
        Value::List(Self { items: Rc::new(items), dense })
    }
}

/// Alternatives whose conditions exclude each other and of which one always holds.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Union(pub(super) Vec<(Term, Value)>);

/// When a condition is true and when it is false; where neither holds, it is an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Truth {
    pub(super) yes: Term,
    pub(super) no: Term,
}

impl Value {
    /// The type, if it is known and one that a field can have.
    pub(super) const fn kind(&self) -> Option<Type> {
        match self {
            Self::Bool(_) => Some(Type::Bool),
            Self::Int(_) => Some(Type::Int),
            Self::Text(_) => Some(Type::Text),
            Self::List(_) => Some(Type::List),
            Self::Map(_) => Some(Type::Map),
            _ => None,
        }
    }
}

impl Union {
    /// The first type that an alternative is known to have.
    pub(super) fn kind(&self) -> Option<Type> {
        self.0.iter().find_map(|(_, value)| value.kind())
    }

    /// The field that it is, if it is nothing else or an error.
    pub(super) fn leaves(&self) -> impl Iterator<Item = Leaf> {
        self.0.iter().filter_map(|(_, value)| match value {
            Value::Leaf(leaf) => Some(*leaf),
            _ => None,
        })
    }
}

/// Formulas and fields: what values are made of.
#[derive(Debug, Default)]
pub(super) struct Values {
    pub(super) terms: Terms,
    pub(super) leaves: Leaves,
    /// How many items of a list are modelled.
    pub(super) items: usize,
    /// Whether that mattered.
    pub(super) bounded: bool,
    /// Whether fields that no expression gives a type have the likely one.
    pub(super) likely: bool,
}

impl Values {
    /// A value without alternatives.
    pub(super) fn one(&mut self, value: Value) -> Union {
        Union(vec![(self.terms.bool(true), value)])
    }

    /// Joins alternatives: impossible ones are left out, those of one type become one.
    pub(super) fn union(&mut self, alternatives: Vec<(Term, Value)>) -> Union {
        let mut kept: Vec<(Term, Value)> = Vec::new();
        for (guard, value) in alternatives {
            if self.terms.as_bool(guard) == Some(false) {
                continue;
            }
            let same =
                kept.iter_mut().find(|(_, other)| *other == value || mergeable(other, &value));
            match same {
                Some((known, other)) => {
                    *other = merged(&mut self.terms, guard, &value, other);
                    *known = self.terms.or([*known, guard]);
                }
                None => kept.push((guard, value)),
            }
        }
        Union(kept)
    }

    /// All alternatives of a union under a further condition.
    pub(super) fn under(&mut self, guard: Term, union: &Union) -> Vec<(Term, Value)> {
        let alternatives = union.0.iter();
        alternatives.map(|(own, value)| (self.terms.and([guard, *own]), value.clone())).collect()
    }

    /// What is made of each alternative.
    pub(super) fn each(
        &mut self,
        union: &Union,
        mut make: impl FnMut(&mut Self, &Value) -> Union,
    ) -> Union {
        let mut all = Vec::new();
        for (guard, value) in &union.0 {
            let result = make(self, value);
            all.extend(self.under(*guard, &result));
        }
        self.union(all)
    }

    /// A field by its types; by the wanted one, too, which is learned.
    pub(super) fn force(&mut self, leaf: Leaf, wanted: Option<Type>) -> Union {
        if let Some(wanted) = wanted {
            self.leaves.demand(leaf, wanted);
        }
        let types = self.leaves.types(leaf);
        let terms = &mut self.terms;
        let mut all = Vec::new();
        for &kind in &types {
            let guard =
                if types.len() == 1 { terms.bool(true) } else { Leaves::is(terms, leaf, kind) };
            let value = match kind {
                Type::Bool => Value::Bool(Leaves::truth(terms, leaf)),
                Type::Int => Value::Int(Leaves::int(terms, leaf)),
                Type::Text => Value::Text(Leaves::text(terms, leaf)),
                Type::Map => Value::Leaf(leaf),
                Type::Any => Value::Any(Leaves::identity(terms, leaf)),
                Type::List => {
                    self.bounded = true;
                    let items = 0..self.items;
                    let items = items.filter_map(|at| {
                        let item = self.leaves.child(leaf, Step::Item(at))?;
                        let always = terms.bool(true);
                        Some((longer(terms, leaf, at), Union(vec![(always, Value::Leaf(item))])))
                    });
                    List::of(items.collect(), true)
                }
            };
            all.push((guard, value));
        }
        Union(all)
    }

    /// A union whose fields have types.
    pub(super) fn forced(&mut self, union: &Union, wanted: Option<Type>) -> Union {
        self.each(union, |values, value| match value {
            Value::Leaf(leaf) => values.force(*leaf, wanted),
            other => values.one(other.clone()),
        })
    }

    /// The type that the fields of a union likely have, where no expression says it and such types
    /// are given.
    pub(super) fn likely(&self, union: &Union, of: impl Fn(&Leaves, Leaf) -> Type) -> Option<Type> {
        let mut leaves = union.leaves().peekable();
        let first = *leaves.peek()?;
        let untyped = leaves.all(|leaf| self.leaves.is_untyped(leaf));
        (self.likely && untyped).then(|| of(&self.leaves, first))
    }

    /// A value as a condition.
    pub(super) fn truth(&mut self, union: &Union) -> Truth {
        let union = self.forced(union, Some(Type::Bool));
        let (mut yes, mut no) = (Vec::new(), Vec::new());
        let terms = &mut self.terms;
        for (guard, value) in &union.0 {
            let (is_true, is_false) = match value {
                Value::Bool(value) => (*value, terms.not(*value)),
                Value::Opaque(constant) => {
                    let (one, two) = (terms.int(1), terms.int(2));
                    (terms.equal(*constant, one), terms.equal(*constant, two))
                }
                _ => (terms.bool(false), terms.bool(false)),
            };
            yes.push(terms.and([*guard, is_true]));
            no.push(terms.and([*guard, is_false]));
        }
        Truth { yes: terms.or(yes), no: terms.or(no) }
    }

    /// A condition as a value.
    pub(super) fn of_truth(&mut self, truth: Truth) -> Union {
        let known = self.terms.or([truth.yes, truth.no]);
        let error = self.terms.not(known);
        self.union(vec![(known, Value::Bool(truth.yes)), (error, Value::Error)])
    }

    /// When a value that is not modelled is an error.
    pub(super) fn fails(&mut self, constant: Term) -> Term {
        let zero = self.terms.int(0);
        self.terms.equal(constant, zero)
    }

    /// When a union is an error.
    pub(super) fn error(&mut self, union: &Union) -> Term {
        let mut errors = Vec::new();
        for (guard, value) in &union.0 {
            match value {
                Value::Error => errors.push(*guard),
                Value::Opaque(constant) => {
                    let fails = self.fails(*constant);
                    errors.push(self.terms.and([*guard, fails]));
                }
                _ => {}
            }
        }
        self.terms.or(errors)
    }

    /// When two values are equal; `None` where that is not modelled.
    pub(super) fn equal(&mut self, left: &Value, right: &Value) -> Option<Term> {
        let terms = &mut self.terms;
        Some(match (left, right) {
            (Value::Opaque(_) | Value::Error, _) | (_, Value::Opaque(_) | Value::Error) => {
                return None;
            }
            (Value::Null, Value::Null) => terms.bool(true),
            (Value::Bool(a), Value::Bool(b)) => terms.equal(*a, *b),
            (Value::Int(a), Value::Int(b))
            | (Value::Text(a), Value::Text(b))
            | (Value::Any(a), Value::Any(b)) => terms.equal(*a, *b),
            (Value::Leaf(a), Value::Leaf(b)) if a == b => terms.bool(true),
            // A field that is null is not there.
            (Value::Any(_), Value::Null) | (Value::Null, Value::Any(_)) => terms.bool(false),
            (Value::Any(_), _) | (_, Value::Any(_)) => return None,
            (Value::List(a), Value::List(b)) => return self.equal_lists(a, b),
            (Value::Optional(None), Value::Optional(None)) => terms.bool(true),
            (Value::Optional(Some(a)), Value::Optional(Some(b))) => return self.equal_unions(a, b),
            (Value::Leaf(_) | Value::Map(_), Value::Leaf(_) | Value::Map(_)) => return None,
            _ => terms.bool(false),
        })
    }

    /// When two values without errors are equal.
    pub(super) fn equal_unions(&mut self, left: &Union, right: &Union) -> Option<Term> {
        self.hint_equal(left, right);
        let (left, right) = (self.forced(left, right.kind()), self.forced(right, left.kind()));
        let mut cases = Vec::new();
        for (guard, a) in &left.0 {
            for (other, b) in &right.0 {
                let equal = self.equal(a, b)?;
                cases.push(self.terms.and([*guard, *other, equal]));
            }
        }
        Some(self.terms.or(cases))
    }

    /// Learns from a comparison of fields that they are of one type.
    pub(super) fn hint_equal(&mut self, left: &Union, right: &Union) {
        for one in left.leaves() {
            for other in right.leaves() {
                self.leaves.link(one, other);
            }
        }
    }

    fn equal_lists(&mut self, left: &List, right: &List) -> Option<Term> {
        if !(left.dense && right.dense) {
            return None;
        }
        let never = self.terms.bool(false);
        let mut all = Vec::new();
        for at in 0..left.items.len().max(right.items.len()) {
            let there = |list: &List| list.items.get(at).map_or(never, |(guard, _)| *guard);
            let (in_left, in_right) = (there(left), there(right));
            all.push(self.terms.equal(in_left, in_right));
            if let (Some((_, a)), Some((_, b))) = (left.items.get(at), right.items.get(at)) {
                let equal = self.equal_unions(a, b)?;
                all.push(self.terms.implies(in_left, equal));
            }
        }
        Some(self.terms.and(all))
    }

    /// How many of some conditions hold.
    pub(super) fn count(&mut self, conditions: &[Term]) -> Term {
        let (zero, one) = (self.terms.int(0), self.terms.int(1));
        let mut fixed = 0;
        let mut parts = Vec::new();
        for &condition in conditions {
            match self.terms.as_bool(condition) {
                Some(true) => fixed += 1,
                Some(false) => {}
                None => parts.push(self.terms.choice(condition, one, zero)),
            }
        }
        let fixed = self.terms.int(fixed);
        if parts.is_empty() {
            return fixed;
        }
        parts.push(fixed);
        self.terms.call("+", parts, Sort::Int)
    }
}

/// Whether two alternatives can be one.
fn mergeable(one: &Value, other: &Value) -> bool {
    matches!(
        (one, other),
        (Value::Bool(_), Value::Bool(_))
            | (Value::Int(_), Value::Int(_))
            | (Value::Text(_), Value::Text(_))
    )
}

/// The first value where the condition holds, else the other.
fn merged(terms: &mut Terms, guard: Term, value: &Value, other: &Value) -> Value {
    match (value, other) {
        (Value::Bool(a), Value::Bool(b)) if a != b => {
            let not = terms.not(guard);
            let (first, second) = (terms.implies(guard, *a), terms.implies(not, *b));
            Value::Bool(terms.and([first, second]))
        }
        (Value::Int(a), Value::Int(b)) => Value::Int(terms.choice(guard, *a, *b)),
        (Value::Text(a), Value::Text(b)) => Value::Text(terms.choice(guard, *a, *b)),
        _ => other.clone(),
    }
}
