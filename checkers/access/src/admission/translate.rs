//! Expressions to values over all requests at once.

use std::collections::BTreeMap;
use std::rc::Rc;

use seatrial_core::{Location, Span};
use seatrial_manifests::Object;
use seatrial_policy::syntax::{Ast, AstKind, Literal, UnaryOperator, parse};
use seatrial_policy::{Expression, Policy, place_in_source};

use super::leaf::{Leaves, Step, Type};
use super::term::{Sort, Term};
use super::value::{List, Truth, Union, Value, Values};

/// A part of an expression that is not modelled.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Unmodelled {
    pub(super) what: String,
    pub(super) location: Location,
}

/// The parts of expressions that are not modelled, each with a constant of its own: the same part
/// over the same values is the same on both sides.
#[derive(Debug, Default)]
pub(super) struct Opaques {
    numbers: BTreeMap<String, usize>,
    found: Vec<Unmodelled>,
}

impl Opaques {
    /// The name of the constant of a part, known by a key.
    pub(super) fn name(&mut self, key: &str, unmodelled: impl FnOnce() -> Unmodelled) -> String {
        let next = self.numbers.len();
        let number = *self.numbers.entry(key.to_owned()).or_insert(next);
        if number == self.found.len() {
            self.found.push(unmodelled());
        }
        format!("opaque{number}")
    }

    /// What a constant stands for.
    pub(super) fn of(&self, constant: &str) -> Option<&Unmodelled> {
        self.found.get(constant.strip_prefix("opaque")?.parse::<usize>().ok()?)
    }
}

/// Translates the expressions of a policy for requests of one shape.
#[derive(Debug)]
pub(super) struct Translator<'m> {
    pub(super) values: &'m mut Values,
    opaques: &'m mut Opaques,
    /// `object`, `request`, `params` and the like.
    inputs: BTreeMap<&'static str, Union>,
    object: &'m Object,
    policy: &'m Policy,
    /// The variables whose values are known already.
    computed: BTreeMap<usize, Union>,
    /// How many variables may be read: those before the one that is translated.
    readable: usize,
    /// The variables of the macros around, innermost last.
    locals: Vec<(Box<str>, Union)>,
    expression: &'m Expression,
}

impl<'m> Translator<'m> {
    pub(super) fn new(
        values: &'m mut Values,
        opaques: &'m mut Opaques,
        inputs: BTreeMap<&'static str, Union>,
        (object, policy): (&'m Object, &'m Policy),
        expression: &'m Expression,
    ) -> Self {
        Self {
            values,
            opaques,
            inputs,
            object,
            policy,
            computed: BTreeMap::new(),
            readable: policy.variables.len(),
            locals: Vec::new(),
            expression,
        }
    }

    /// When an expression of the policy is true and when it is false.
    pub(super) fn truth_of(&mut self, expression: &'m Expression) -> Truth {
        let value = self.expression(expression);
        self.values.truth(&value)
    }

    /// When a validation passes and when it is denied, which it is by all that is no error and not
    /// true.
    pub(super) fn verdict_of(&mut self, expression: &'m Expression) -> Truth {
        let value = self.expression(expression);
        let value = self.values.forced(&value, Some(Type::Bool));
        let truth = self.values.truth(&value);
        let of_other_types = value.0.iter().filter(|(_, value)| {
            !matches!(value, Value::Bool(_) | Value::Opaque(_) | Value::Error)
        });
        let mut denied: Vec<Term> =
            of_other_types.map(|(guard, _)| *guard).chain([truth.no]).collect();
        for (guard, value) in &value.0 {
            if let Value::Opaque(constant) = value {
                let terms = &mut self.values.terms;
                let (zero, one) = (terms.int(0), terms.int(1));
                let (fails, passes) = (terms.equal(*constant, zero), terms.equal(*constant, one));
                let passes_or_fails = terms.or([fails, passes]);
                let neither = terms.not(passes_or_fails);
                denied.push(terms.and([*guard, neither]));
            }
        }
        Truth { yes: truth.yes, no: self.values.terms.or(denied) }
    }

    fn expression(&mut self, expression: &'m Expression) -> Union {
        let outer = std::mem::replace(&mut self.expression, expression);
        let union = match parse(&expression.text) {
            Ok(ast) => self.expr(&ast),
            // Never seen: policies whose expressions do not compile are not translated.
            Err(_) => self.values.one(Value::Error),
        };
        self.expression = outer;
        union
    }

    /// A value of which nothing is known but that equal keys mean equal values.
    pub(super) fn opaque(&mut self, key: &str, at: Span) -> Value {
        let (file, expression) = (&self.object.file, self.expression);
        let what = expression.text.get(at.start as usize..at.end as usize);
        let what = what.unwrap_or(&expression.text);
        let name = self.opaques.name(key, || Unmodelled {
            what: format!("`{what}` is not modelled"),
            location: file.location(place_in_source(
                file.text(),
                expression.span,
                &expression.text,
                at,
            )),
        });
        Value::Opaque(self.values.terms.constant(&name, Sort::Int))
    }

    /// A part that is known by its text alone, and by all that it may read.
    fn by_text(&mut self, ast: &Ast) -> Union {
        let text = self.text(ast).to_owned();
        let variables: Vec<&str> =
            self.policy.variables.iter().map(|variable| &*variable.expression.text).collect();
        let key = format!("{text} {:?} {:?} {variables:?}", self.locals, self.inputs);
        let value = self.opaque(&key, ast.at);
        self.values.one(value)
    }

    fn text(&self, ast: &Ast) -> &'m str {
        let range = ast.at.start as usize..ast.at.end as usize;
        self.expression.text.get(range).unwrap_or(&self.expression.text)
    }

    pub(super) fn expr(&mut self, ast: &Ast) -> Union {
        match &ast.kind {
            AstKind::Literal(literal) => self.literal(literal, ast),
            AstKind::Ident(name) => match self.named(name) {
                Some(value) => value,
                None => self.by_text(ast),
            },
            AstKind::Select { operand, field, optional } => {
                if let Some(variable) = self.variable(operand, field) {
                    return variable;
                }
                let operand = self.expr(operand);
                self.select(&operand, field, *optional, ast.at)
            }
            AstKind::Index { operand, index, optional } => {
                let (operand, index) = (self.expr(operand), self.expr(index));
                self.index(&operand, &index, *optional, ast.at)
            }
            AstKind::Call { target, name, args } => {
                self.call_ast(target.as_deref(), name, args, ast)
            }
            AstKind::List(items) => self.list(items, ast),
            AstKind::And(parts) => self.chain(parts, false),
            AstKind::Or(parts) => self.chain(parts, true),
            AstKind::Conditional(parts) => {
                let [condition, then, otherwise] = &**parts;
                let Truth { yes, no } = self.truth(condition);
                let (then, otherwise) = (self.expr(then), self.expr(otherwise));
                let mut all = self.values.under(yes, &then);
                all.extend(self.values.under(no, &otherwise));
                let known = self.values.terms.or([yes, no]);
                all.push((self.values.terms.not(known), Value::Error));
                self.values.union(all)
            }
            AstKind::Unary(UnaryOperator::Not, operand) => {
                let Truth { yes, no } = self.truth(operand);
                self.values.of_truth(Truth { yes: no, no: yes })
            }
            AstKind::Unary(UnaryOperator::Negate, operand) => self.negate(operand, ast),
            AstKind::Binary(operator, parts) => {
                let [left, right] = &**parts;
                let (left, right) = (self.expr(left), self.expr(right));
                self.binary(*operator, &left, &right, ast.at)
            }
            AstKind::Map(_) | AstKind::Message(_) => self.by_text(ast),
        }
    }

    fn literal(&mut self, literal: &Literal, ast: &Ast) -> Union {
        let terms = &mut self.values.terms;
        let value = match literal {
            Literal::Null => Value::Null,
            Literal::Bool(value) => Value::Bool(terms.bool(*value)),
            Literal::Int(value) => Value::Int(terms.int(*value)),
            Literal::String(text) => Value::Text(terms.text(text)),
            Literal::UInt(_) | Literal::Double(_) | Literal::Bytes(_) => return self.by_text(ast),
        };
        self.values.one(value)
    }

    fn negate(&mut self, operand: &Ast, ast: &Ast) -> Union {
        let operand = self.expr(operand);
        let operand = self.values.forced(&operand, Some(Type::Int));
        self.call(&[operand], "-", ast.at, |translator, values| match values {
            [Value::Int(value)] => {
                let zero = translator.values.terms.int(0);
                Some(translator.within("-", zero, *value))
            }
            [Value::Opaque(_)] => None,
            _ => Some(translator.values.one(Value::Error)),
        })
    }

    fn named(&mut self, name: &str) -> Option<Union> {
        let local = self.locals.iter().rev().find(|(local, _)| **local == *name);
        local.map(|(_, value)| value).or_else(|| self.inputs.get(name)).cloned()
    }

    /// The value of `variables.name`.
    fn variable(&mut self, operand: &Ast, name: &str) -> Option<Union> {
        if !matches!(&operand.kind, AstKind::Ident(known) if &**known == "variables") {
            return None;
        }
        let policy = self.policy;
        let at = policy.variables.iter().take(self.readable).position(|one| *one.name == *name)?;
        if let Some(known) = self.computed.get(&at) {
            return Some(known.clone());
        }
        let readable = std::mem::replace(&mut self.readable, at);
        let locals = std::mem::take(&mut self.locals);
        let value = self.expression(&policy.variables.get(at)?.expression);
        (self.readable, self.locals) = (readable, locals);
        self.computed.insert(at, value.clone());
        Some(value)
    }

    pub(super) fn truth(&mut self, ast: &Ast) -> Truth {
        let value = self.expr(ast);
        self.values.truth(&value)
    }

    /// `&&` and `||`: an operand with the deciding value decides, whatever the others are.
    fn chain(&mut self, parts: &[Ast], deciding: bool) -> Union {
        let truths: Vec<Truth> = parts.iter().map(|part| self.truth(part)).collect();
        let terms = &mut self.values.terms;
        let (yes, no) = (truths.iter().map(|one| one.yes), truths.iter().map(|one| one.no));
        let truth = if deciding {
            Truth { yes: terms.or(yes), no: terms.and(no) }
        } else {
            Truth { yes: terms.and(yes), no: terms.or(no) }
        };
        self.values.of_truth(truth)
    }

    /// A list literal, which is an error where an element is one.
    fn list(&mut self, parts: &[(Ast, bool)], ast: &Ast) -> Union {
        if parts.iter().any(|(_, optional)| *optional) {
            return self.by_text(ast);
        }
        let always = self.values.terms.bool(true);
        let items: Vec<(Term, Union)> =
            parts.iter().map(|(part, _)| (always, self.expr(part))).collect();
        self.strict_list(items, true)
    }

    /// A list that is an error where an item that is there is one.
    pub(super) fn strict_list(&mut self, items: Vec<(Term, Union)>, dense: bool) -> Union {
        let mut errors = Vec::new();
        let mut kept = Vec::new();
        for (guard, mut item) in items {
            let error = self.values.error(&item);
            errors.push(self.values.terms.and([guard, error]));
            item.0.retain(|(_, value)| *value != Value::Error);
            kept.push((guard, item));
        }
        let error = self.values.terms.or(errors);
        let fine = self.values.terms.not(error);
        self.values.union(vec![(fine, List::of(kept, dense)), (error, Value::Error)])
    }

    /// `operand.field`, or `operand.?field`.
    fn select(&mut self, operand: &Union, field: &str, optional: bool, at: Span) -> Union {
        let mut all = Vec::new();
        for (guard, value) in operand.0.clone() {
            let found = self.field(&value, field, optional, at);
            all.extend(self.values.under(guard, &found));
        }
        self.values.union(all)
    }

    fn field(&mut self, value: &Value, field: &str, optional: bool, at: Span) -> Union {
        // An escaped name may stand for another.
        let unmodelled = matches!(value, Value::Opaque(_) | Value::Any(_)) || field.contains("__");
        match value {
            _ if unmodelled => {
                let value = self.opaque(&format!(".{field}{optional}{value:?}"), at);
                self.values.one(value)
            }
            Value::Leaf(leaf) => {
                self.values.leaves.demand(*leaf, Type::Map);
                let Some(child) = self.values.leaves.child(*leaf, Step::Field(field.into())) else {
                    return self.values.one(Value::Error);
                };
                let present = Leaves::present(&mut self.values.terms, child);
                let absent = self.values.terms.not(present);
                let found = self.values.one(Value::Leaf(child));
                self.found(present, &found, absent, optional)
            }
            Value::Map(map) => {
                let always = self.values.terms.bool(true);
                let never = self.values.terms.bool(false);
                match map.get(field) {
                    Some(found) => self.found(always, found, never, optional),
                    None => self.found(never, &Union(Vec::new()), always, optional),
                }
            }
            Value::Optional(Some(inner)) => self.select(&Rc::clone(inner), field, true, at),
            Value::Optional(None) => self.values.one(Value::Optional(None)),
            Value::Error => self.values.one(Value::Error),
            _ if optional => self.values.one(Value::Optional(None)),
            _ => self.values.one(Value::Error),
        }
    }

    /// What is found under a condition, as an optional or not.
    fn found(&mut self, present: Term, found: &Union, absent: Term, optional: bool) -> Union {
        let missing = if optional { Value::Optional(None) } else { Value::Error };
        let mut all = if optional && !found.0.is_empty() {
            vec![(present, Value::Optional(Some(Rc::new(found.clone()))))]
        } else {
            self.values.under(present, found)
        };
        all.push((absent, missing));
        self.values.union(all)
    }

    /// `has(operand.field)`.
    pub(super) fn has(&mut self, operand: &Ast, field: &str, at: Span) -> Union {
        if self.variable(operand, field).is_some() {
            let always = self.values.terms.bool(true);
            return self.values.one(Value::Bool(always));
        }
        let operand = self.expr(operand);
        let found = self.select(&operand, field, true, at);
        let mut all = Vec::new();
        for (guard, value) in &found.0 {
            let result = match value {
                Value::Optional(inner) => Value::Bool(self.values.terms.bool(inner.is_some())),
                Value::Opaque(_) => self.opaque(&format!("has{value:?}"), at),
                _ => Value::Error,
            };
            all.push((*guard, result));
        }
        self.values.union(all)
    }

    /// `operand[index]`, or `operand[?index]`, by a text or a number that is written out.
    fn index(&mut self, operand: &Union, index: &Union, optional: bool, at: Span) -> Union {
        let wanted =
            index.kind().map(|kind| if kind == Type::Int { Type::List } else { Type::Map });
        let operand = self.values.forced(operand, wanted);
        let index = self.values.forced(index, None);
        self.call(&[operand, index], "[]", at, |translator, values| {
            let [operand, index] = values else { return None };
            translator.element(operand, index, optional, at)
        })
    }

    fn element(
        &mut self,
        operand: &Value,
        index: &Value,
        optional: bool,
        at: Span,
    ) -> Option<Union> {
        match (operand, index) {
            (Value::Opaque(_) | Value::Any(_), _) | (_, Value::Opaque(_) | Value::Any(_)) => None,
            (Value::Optional(None), _) => Some(self.values.one(Value::Optional(None))),
            (Value::Optional(Some(inner)), _) => {
                let index = self.values.one(index.clone());
                Some(self.index(&Rc::clone(inner), &index, true, at))
            }
            (Value::Leaf(_) | Value::Map(_), Value::Text(key)) => {
                let key = self.values.terms.as_text(*key)?.to_owned();
                (!key.contains("__")).then(|| self.field(operand, &key, optional, at))
            }
            (Value::List(list), Value::Int(position)) => {
                let position = self.values.terms.as_int(*position)?;
                Some(self.item(list, position, optional))
            }
            _ => Some(self.values.one(Value::Error)),
        }
    }

    /// The item at a position of those that are there.
    fn item(&mut self, list: &List, position: i64, optional: bool) -> Union {
        let wanted = self.values.terms.int(position);
        let (mut all, mut cases, mut before) = (Vec::new(), Vec::new(), Vec::new());
        for (guard, item) in list.items.iter() {
            let passed = self.values.count(&before);
            let reached = self.values.terms.equal(passed, wanted);
            let here = self.values.terms.and([*guard, reached]);
            let found = if optional {
                self.values.one(Value::Optional(Some(Rc::new(item.clone()))))
            } else {
                item.clone()
            };
            all.extend(self.values.under(here, &found));
            cases.push(here);
            before.push(*guard);
        }
        let found = self.values.terms.or(cases);
        let missing = if optional { Value::Optional(None) } else { Value::Error };
        all.push((self.values.terms.not(found), missing));
        self.values.union(all)
    }

    fn call_ast(&mut self, target: Option<&Ast>, name: &str, args: &[Ast], ast: &Ast) -> Union {
        let Some(target) = target else {
            if let ("has", [Ast { kind: AstKind::Select { operand, field, .. }, .. }]) =
                (name, args)
            {
                return self.has(operand, field, ast.at);
            }
            let args: Vec<Union> = args.iter().map(|arg| self.expr(arg)).collect();
            return self.function(name, &args, ast.at);
        };
        if let AstKind::Ident(library) = &target.kind
            && self.named(library).is_none()
        {
            let args: Vec<Union> = args.iter().map(|arg| self.expr(arg)).collect();
            return self.function(&format!("{library}.{name}"), &args, ast.at);
        }
        let is_macro = matches!(args, [Ast { kind: AstKind::Ident(_), .. }, _, ..])
            && matches!(name, "all" | "exists" | "exists_one" | "existsOne" | "filter" | "map");
        if is_macro {
            let range = self.expr(target);
            return self.over(name, &range, args, ast);
        }
        if OTHER_MACROS.contains(&name) {
            return self.by_text(ast);
        }
        let parts: Vec<Union> =
            std::iter::once(target).chain(args).map(|arg| self.expr(arg)).collect();
        self.function(name, &parts, ast.at)
    }

    /// A part of a macro with its variables bound.
    pub(super) fn bound<T>(
        &mut self,
        names: &[(&str, &Union)],
        part: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let depth = self.locals.len();
        self.locals.extend(names.iter().map(|(name, value)| ((*name).into(), (*value).clone())));
        let result = part(self);
        self.locals.truncate(depth);
        result
    }

    /// Leaves a part as it is.
    pub(super) fn unmodelled(&mut self, ast: &Ast) -> Union {
        self.by_text(ast)
    }
}

/// Macros that are not modelled: their arguments are no values.
const OTHER_MACROS: [&str; 6] =
    ["optFlatMap", "optMap", "sortBy", "transformList", "transformMap", "transformMapEntry"];
