//! Rules of custom resource definitions: `x-kubernetes-validations`.

use std::cell::Cell;

use seatrial_core::Span;
use seatrial_parse::Node;

use crate::admission::{Expression, MAX_MESSAGE, PolicyProblem, Reader};
use crate::blame::{Culprit, Places, explain_failure, explain_false};
use crate::compile::Scope;
use crate::error::{Evaluated, Failure};
use crate::eval::{Inputs, evaluate};
use crate::program::{Input, Program};
use crate::typed::typed;
use crate::value::Value;

/// The cost limit of all rules for one custom resource: the API server's `RuntimeCELCostBudget`.
pub const RULES_COST_LIMIT: u64 = 10_000_000;

/// What the rules of one custom resource may still cost together.
#[derive(Debug)]
pub struct RuleBudget(Cell<u64>);

impl Default for RuleBudget {
    fn default() -> Self {
        Self(Cell::new(RULES_COST_LIMIT))
    }
}

/// One rule of `x-kubernetes-validations`.
#[derive(Debug)]
pub struct CompiledRule {
    rule: Expression,
    message: Option<Box<str>>,
    message_expression: Option<Expression>,
    /// The reason in the server's answer, such as `FieldValueInvalid`.
    pub reason: Box<str>,
    /// The field to which a violation is attributed, such as `.spec.replicas`, below `self`.
    pub field_path: Option<Box<str>>,
    optional_old_self: bool,
}

/// What a rule is evaluated on.
#[derive(Debug, Clone, Copy)]
pub struct RuleInput<'a> {
    /// The value that the rule is attached to.
    pub value: &'a Node,
    /// The value before the change; `None` for a new one.
    pub old_value: Option<&'a Node>,
    /// The schema that the rule is attached to, which gives values their types and defaults.
    pub schema: &'a Node,
}

/// What a rule says of a value.
#[derive(Debug, Clone, PartialEq)]
pub enum RuleOutcome {
    /// It holds.
    Passes,
    /// It compares with an earlier value, and there is none.
    Skipped,
    /// It does not hold.
    Denied {
        /// What the rule says about it.
        message: String,
        /// The places that made it false, in the order of the file; pointers are relative to the
        /// value.
        blame: Vec<Culprit>,
    },
    /// It has no value; the API server rejects the object then.
    Failed {
        /// Why.
        message: String,
        /// The places that it failed at.
        blame: Vec<Culprit>,
    },
    /// It depends on something not known here. Never to be taken for a pass.
    Undecided(String),
}

const SCOPE: Scope<'static> = Scope { inputs: &[Input::OwnSelf, Input::OldSelf], variables: &[] };

impl CompiledRule {
    /// Reads the rules of a schema node (the list under `x-kubernetes-validations`), and compiles
    /// them; what is wrong with one is returned beside it, and such a rule is left out.
    pub fn read_all(list: &Node) -> (Vec<Self>, Vec<PolicyProblem>) {
        let mut reader = Reader::default();
        let rules = list.items().iter().filter_map(|item| Self::read(&mut reader, item)).collect();
        (rules, reader.problems)
    }

    fn read(reader: &mut Reader, node: &Node) -> Option<Self> {
        const FIELDS: [&str; 6] =
            ["fieldPath", "message", "messageExpression", "optionalOldSelf", "reason", "rule"];
        reader.fields(node, &FIELDS);
        let (text, span) = reader.required(node, "rule")?;
        let rule = Self::compile(text, span);
        let expression = |(text, span): (&str, Span)| Expression::new(text, span);
        let read = Self {
            message: reader.text(node, "message").map(|(text, _)| text.into()),
            message_expression: reader.text(node, "messageExpression").map(expression),
            reason: reader
                .text(node, "reason")
                .map_or("FieldValueInvalid", |(text, _)| text)
                .into(),
            field_path: reader.text(node, "fieldPath").map(|(text, _)| text.into()),
            optional_old_self: node.get("optionalOldSelf").and_then(Node::as_bool).unwrap_or(false),
            ..rule
        };
        let wrong: Vec<PolicyProblem> = [Some(&read.rule), read.message_expression.as_ref()]
            .into_iter()
            .flatten()
            .filter_map(|expression| expression.problem(SCOPE))
            .collect();
        let sound = read.rule.program(SCOPE).is_ok();
        reader.problems.extend(wrong);
        sound.then_some(read)
    }

    /// A rule of nothing but its expression; it fails when evaluated if it does not compile.
    pub fn compile(text: &str, span: Span) -> Self {
        Self {
            rule: Expression::new(text, span),
            message: None,
            message_expression: None,
            reason: "FieldValueInvalid".into(),
            field_path: None,
            optional_old_self: false,
        }
    }

    /// The expression.
    pub fn rule(&self) -> &Expression {
        &self.rule
    }

    /// Evaluates the rule on a value.
    pub fn evaluate<'a>(&'a self, input: RuleInput<'a>, budget: &RuleBudget) -> RuleOutcome {
        let program = match self.rule.program(SCOPE) {
            Ok(program) => program,
            Err(error) => {
                let message = format!("compilation error: {}", error.message);
                return RuleOutcome::Failed { message, blame: Vec::new() };
            }
        };
        let transition = program.inputs.contains(&Input::OldSelf);
        if transition && input.old_value.is_none() && !self.optional_old_self {
            return RuleOutcome::Skipped;
        }
        let inputs = RuleInputs { input, optional_old_self: self.optional_old_self };
        let blame = |evidence| Places::of(input.value).culprits(evidence);
        match run(program, &inputs, budget) {
            Ok(value) if value.as_bool() == Some(true) => RuleOutcome::Passes,
            Ok(_) => RuleOutcome::Denied {
                message: self.message_for(&inputs, budget),
                blame: blame(&explain_false(program, &inputs)),
            },
            Err(Failure::Undecided(reason)) => RuleOutcome::Undecided(reason.into()),
            Err(failure) => RuleOutcome::Failed {
                message: failure.to_string(),
                blame: blame(&explain_failure(program, &inputs)),
            },
        }
    }

    fn message_for<'a>(&'a self, inputs: &RuleInputs<'a>, budget: &RuleBudget) -> String {
        let program = self.message_expression.as_ref().map(|expression| expression.program(SCOPE));
        if let Some(Ok(program)) = program
            && let Ok(value) = run(program, inputs, budget)
            && let Some(text) = value.as_str().map(str::trim)
            && !text.is_empty()
            && text.len() <= MAX_MESSAGE
            && !text.contains('\n')
        {
            return text.to_owned();
        }
        match &self.message {
            Some(message) if !message.trim().is_empty() => message.trim().to_owned(),
            _ => format!("failed rule: {}", self.rule.text.trim()),
        }
    }
}

/// Runs a program and takes its cost from the budget.
fn run<'a>(
    program: &'a Program,
    inputs: &RuleInputs<'a>,
    budget: &RuleBudget,
) -> Evaluated<Value<'a>> {
    let (value, cost) = evaluate(program, inputs, 0);
    match budget.0.get().checked_sub(cost) {
        Some(left) => {
            budget.0.set(left);
            value
        }
        None => {
            budget.0.set(0);
            Err(Failure::OutOfBudget)
        }
    }
}

struct RuleInputs<'a> {
    input: RuleInput<'a>,
    optional_old_self: bool,
}

impl<'a> Inputs<'a> for RuleInputs<'a> {
    fn input(&self, input: Input) -> Evaluated<Value<'a>> {
        let schema = self.input.schema;
        match input {
            Input::OwnSelf => Ok(typed(self.input.value, schema)),
            Input::OldSelf => {
                let old = self.input.old_value.map(|old| typed(old, schema));
                match (old, self.optional_old_self) {
                    (old, true) => Ok(Value::Optional(old.map(Into::into))),
                    (Some(old), false) => Ok(old),
                    (None, false) => Err(Failure::error("no such attribute: oldSelf")),
                }
            }
            _ => Err(Failure::error("no such attribute")),
        }
    }

    fn variable(&self, _: usize, _: u32) -> Evaluated<Value<'a>> {
        Err(Failure::error("no such attribute"))
    }

    fn program(&self, _: usize) -> Option<&'a Program> {
        None
    }

    fn absent(&self, _: &'a Node, _: &str) -> Option<Value<'a>> {
        None
    }
}

#[cfg(test)]
mod tests;
