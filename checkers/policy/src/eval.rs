//! Evaluating programs.
//!
//! Errors and what cannot be decided propagate, and `&&`, `||` and the macros built on them absorb
//! them where another operand decides, as CEL defines it. Every step costs about what the API server's
//! tracker charges for it, and an evaluation ends when its budget is used up.

mod access;
mod macros;
mod operators;

use crate::error::{Evaluated, Failure};
use crate::library::{Call, Cost, Function};
use crate::program::{Expr, Input, Kind, Program};
use crate::syntax::Literal;
use crate::value::{Key, MapValue, Plain, Value};

use seatrial_parse::Node;

use access::index;
pub(crate) use macros::elements;
pub(crate) use operators::{add, contains};

/// The cost limit of one expression: the API server's `PerCallLimit`.
pub const EXPRESSION_COST_LIMIT: u64 = 1_000_000;

/// How deeply evaluations may nest, variables within variables included.
const MAX_EVALUATION_DEPTH: u32 = 150;

/// How deeply computed lists, maps and optionals may nest.
const MAX_VALUE_DEPTH: u32 = 200;

/// What it costs to match a pattern that was computed, beside the match itself: it has to be
/// compiled, unless it is remembered, which the cost must not depend on.
const COMPUTED_PATTERN_COST: u64 = 500;

/// What an evaluation reads from outside the expression.
pub(crate) trait Inputs<'a> {
    /// The value of an input.
    fn input(&self, input: Input) -> Evaluated<Value<'a>>;

    /// The value of a variable; `depth` is how deeply evaluations nest already.
    fn variable(&self, index: usize, depth: u32) -> Evaluated<Value<'a>>;

    /// The program of a variable.
    fn program(&self, index: usize) -> Option<&'a Program>;

    /// What the API server fills in for a field that a map of an object does not have.
    fn absent(&self, map: &'a Node, field: &str) -> Option<Value<'a>>;
}

/// The state of one evaluation.
pub(crate) struct Machine<'m, 'a> {
    pub(crate) program: &'a Program,
    pub(crate) inputs: &'m dyn Inputs<'a>,
    /// The variables of the macros around.
    pub(crate) locals: Vec<Value<'a>>,
    /// The cost so far.
    pub(crate) cost: u64,
    pub(crate) depth: u32,
}

/// The value of a program, and what it cost.
pub(crate) fn evaluate<'a>(
    program: &'a Program,
    inputs: &dyn Inputs<'a>,
    depth: u32,
) -> (Evaluated<Value<'a>>, u64) {
    let mut machine = Machine { program, inputs, locals: Vec::new(), cost: 0, depth };
    let value = machine.eval(&program.root);
    (value, machine.cost)
}

/// The error of an operation on types that it does not take.
pub(crate) fn no_such_overload() -> Failure {
    Failure::error("no such overload")
}

impl<'a> Machine<'_, 'a> {
    /// Adds to the cost.
    pub(crate) fn charge(&mut self, cost: u64) -> Evaluated<()> {
        self.cost = self.cost.saturating_add(cost);
        if self.cost > EXPRESSION_COST_LIMIT { Err(Failure::OutOfBudget) } else { Ok(()) }
    }

    /// The value of a part of the program.
    pub(crate) fn eval(&mut self, expr: &'a Expr) -> Evaluated<Value<'a>> {
        self.depth += 1;
        if self.depth > MAX_EVALUATION_DEPTH {
            return Err(Failure::error("the evaluation nests too deeply"));
        }
        let value = self.eval_kind(&expr.kind);
        self.depth -= 1;
        match value {
            Ok(Value::Unknown(reason)) => Err(Failure::undecided(reason)),
            // Variables could otherwise build a value too deep for any walk over it.
            Ok(value) if value.depth() > MAX_VALUE_DEPTH => {
                Err(Failure::error("the value nests too deeply"))
            }
            value => value,
        }
    }

    fn eval_kind(&mut self, kind: &'a Kind) -> Evaluated<Value<'a>> {
        match kind {
            Kind::Literal(literal) => Ok(literal_value(literal)),
            Kind::Type(name) => Ok(Value::Type(name)),
            Kind::Input(input) => {
                self.charge(1)?;
                self.inputs.input(*input)
            }
            Kind::Variable(index) => {
                self.charge(2)?;
                self.inputs.variable(*index, self.depth)
            }
            Kind::Local(slot) => {
                self.charge(1)?;
                Ok(self.locals.get(*slot).cloned().unwrap_or(Value::Null))
            }
            Kind::Select { operand, field, optional } => {
                let operand = self.eval(operand)?;
                self.charge(1)?;
                access::select(self.inputs, &operand, field, *optional)
            }
            Kind::Has { operand, field } => {
                let operand = self.eval(operand)?;
                Ok(access::has(self.inputs, &operand, field))
            }
            Kind::Index { operand, index: key, optional } => {
                let operand = self.eval(operand)?;
                let key = self.eval(key)?;
                self.charge(1)?;
                index(&operand, &key, *optional)
            }
            Kind::Call { functions, args } => self.call(functions, args),
            Kind::List(items) => self.list(items),
            Kind::Map(entries) => self.map(entries),
            Kind::And(parts) => self.decide(parts, false),
            Kind::Or(parts) => self.decide(parts, true),
            Kind::Not(operand) => {
                let operand = self.eval(operand)?;
                self.charge(1)?;
                operand.as_bool().map(|value| Value::Bool(!value)).ok_or_else(no_such_overload)
            }
            Kind::Negate(operand) => {
                let operand = self.eval(operand)?;
                self.charge(1)?;
                operators::negate(&operand)
            }
            Kind::Conditional(parts) => {
                let [condition, then, otherwise] = &**parts;
                match self.eval(condition)?.as_bool() {
                    Some(true) => self.eval(then),
                    Some(false) => self.eval(otherwise),
                    None => Err(no_such_overload()),
                }
            }
            Kind::Binary(operator, parts) => {
                let [left, right] = &**parts;
                let (left, right) = (self.eval(left)?, self.eval(right)?);
                self.charge(operators::cost(*operator, &left, &right))?;
                operators::binary(*operator, &left, &right)
            }
            Kind::Macro(macro_) => self.eval_macro(macro_),
        }
    }

    /// `&&` and `||`: the first operand with the deciding value decides, whatever the others are.
    fn decide(&mut self, parts: &'a [Expr], deciding: bool) -> Evaluated<Value<'a>> {
        let mut failure = None;
        for part in parts {
            match self.truth(part) {
                Ok(value) if value == deciding => return Ok(Value::Bool(deciding)),
                Ok(_) => {}
                Err(found) => absorb(&mut failure, found)?,
            }
        }
        failure.map_or(Ok(Value::Bool(!deciding)), Err)
    }

    /// The truth value of a part.
    pub(crate) fn truth(&mut self, expr: &'a Expr) -> Evaluated<bool> {
        self.eval(expr)?.as_bool().ok_or_else(no_such_overload)
    }

    fn call(
        &mut self,
        functions: &'a [&'static Function],
        args: &'a [Expr],
    ) -> Evaluated<Value<'a>> {
        let mut values = Vec::with_capacity(args.len());
        for arg in args {
            values.push(self.eval(arg)?);
        }
        let regexes = &self.program.regexes;
        for function in functions {
            // The cost comes first: it bounds the work that follows.
            let mut cost = function.cost.of(&values);
            if function.cost == Cost::Pattern && !regexes.is_literal(values.get(1)) {
                cost = cost.saturating_add(COMPUTED_PATTERN_COST);
            }
            if self.cost.saturating_add(cost) > EXPRESSION_COST_LIMIT {
                return Err(Failure::OutOfBudget);
            }
            if let Some(result) = (function.run)(Call { args: &values, regexes }) {
                // What is made has to be paid for, too, so that memory is bounded as well.
                self.charge(cost.saturating_add(result.as_ref().map_or(0, made)))?;
                return result;
            }
        }
        Err(no_such_overload())
    }

    fn list(&mut self, items: &'a [(Expr, bool)]) -> Evaluated<Value<'a>> {
        self.charge(10)?;
        let mut values = Vec::with_capacity(items.len());
        for (item, optional) in items {
            let value = self.eval(item)?;
            values.extend(if *optional { contents(&value)? } else { Some(value) });
        }
        Ok(Value::list(values))
    }

    fn map(&mut self, entries: &'a [(Expr, Expr, bool)]) -> Evaluated<Value<'a>> {
        self.charge(30)?;
        let mut map = MapValue::default();
        for (key, value, optional) in entries {
            let name = self.eval(key)?;
            let key = Key::of(&name)
                .filter(|_| !matches!(name.plain(), Plain::Double(_)))
                .ok_or_else(|| Failure::error("unsupported key type"))?;
            let value = self.eval(value)?;
            let value = if *optional { contents(&value)? } else { Some(value) };
            if let Some(value) = value {
                let shown = key.to_string();
                if !map.insert(key, name, value) {
                    return Err(Failure::error(format!("duplicate key `{shown}`")));
                }
            }
        }
        Ok(Value::Map(map.into()))
    }
}

/// What it costs that a call has made a text or a list.
fn made(value: &Value<'_>) -> u64 {
    match value {
        Value::Text(text) => u64::try_from(text.len() / 10).unwrap_or(u64::MAX),
        Value::List(_) => value.cost_size(),
        _ => 0,
    }
}

/// Keeps a failure for later; running out of budget is not kept but returned.
pub(crate) fn absorb(kept: &mut Option<Failure>, found: Failure) -> Evaluated<()> {
    if found == Failure::OutOfBudget {
        return Err(found);
    }
    *kept = Some(match kept.take() {
        Some(earlier) => earlier.or(found),
        None => found,
    });
    Ok(())
}

/// What an optional holds.
fn contents<'a>(value: &Value<'a>) -> Evaluated<Option<Value<'a>>> {
    match value.plain() {
        Plain::Optional(value) => Ok(value.cloned()),
        _ => Err(no_such_overload()),
    }
}

/// The value of a literal, borrowed where it can be.
fn literal_value(literal: &Literal) -> Value<'_> {
    match literal {
        Literal::Null => Value::Null,
        Literal::Bool(value) => Value::Bool(*value),
        Literal::Int(value) => Value::Int(*value),
        Literal::UInt(value) => Value::UInt(*value),
        Literal::Double(value) => Value::Double(*value),
        Literal::String(text) => Value::Str(text),
        Literal::Bytes(bytes) => Value::Bytes((&**bytes).into()),
    }
}

#[cfg(test)]
mod tests;
