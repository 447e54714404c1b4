//! Evaluating a policy for a request, as the API server does.

use std::cell::{Cell, RefCell};

use crate::blame::{Culprit, Evidence, explain_failure, explain_false};
use crate::compile::CompileError;
use crate::error::{Evaluated, Failure};
use crate::eval::{Inputs, evaluate};
use crate::program::{Input, Program};
use crate::value::{Plain, Value};

use seatrial_parse::Node;

use super::defaults::{filled, is_filled};
use super::matching::Matching;
use super::policy::{FailurePolicy, Policy, Validation};
use super::request::{Kept, Review};

/// The cost limit of all validations of a policy: the API server's `RuntimeCELCostBudget`.
pub const POLICY_COST_LIMIT: u64 = 10_000_000;

/// The cost limit of all conditions of a policy: the API server's
/// `RuntimeCELCostBudgetMatchConditions`.
pub const CONDITIONS_COST_LIMIT: u64 = 2_500_000;

/// How long a computed message may be, in bytes; the API server drops a longer one.
pub(crate) const MAX_MESSAGE: usize = 5 * 1024;

/// What a policy says of a request.
#[derive(Debug, Clone, PartialEq)]
pub enum Evaluation {
    /// It is not about this request.
    NotMatched,
    /// Whether it is about this request depends on something not known here.
    Undecided(String),
    /// It could not be evaluated as a whole: a condition failed, or the budget is used up.
    Failed {
        /// Why.
        message: String,
        /// What the API server makes of this.
        failure_policy: FailurePolicy,
    },
    /// It was evaluated.
    Checked {
        /// One outcome for each validation, in their order.
        validations: Vec<Outcome>,
        /// What goes into the audit log.
        audit_annotations: Vec<AuditAnnotation>,
    },
}

/// What a validation says of an object.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// It holds.
    Passes,
    /// It does not hold.
    Denied {
        /// What the policy says about it.
        message: String,
        /// The reason in the server's answer.
        reason: String,
        /// The places that made it false, in the order of the file.
        blame: Vec<Culprit>,
    },
    /// It depends on something not known here. Never to be taken for a pass.
    Undecided(String),
    /// Its expression has no value, for example because it reads a field that is not set.
    Failed {
        /// Why.
        message: String,
        /// What the API server makes of this.
        failure_policy: FailurePolicy,
        /// The places that it failed at.
        blame: Vec<Culprit>,
    },
}

/// What goes into the audit log under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditAnnotation {
    /// The key: the policy's name, `/`, and the key in the policy.
    pub key: String,
    /// The value; none where the expression gives none, an error where it fails.
    pub value: Result<Option<String>, Failure>,
}

impl Policy {
    /// Evaluates the policy for a request, with these params or without.
    pub fn evaluate<'a>(&'a self, review: &Review<'a>, params: Option<&'a Node>) -> Evaluation {
        let matched = match self.constraints.matches(review.request()) {
            Matching::No => return Evaluation::NotMatched,
            matched => matched,
        };
        match self.meets_conditions(review, params) {
            Ok(true) => {}
            Ok(false) => return Evaluation::NotMatched,
            Err(Failure::Undecided(reason)) => return Evaluation::Undecided(reason.into()),
            Err(failure) => return self.failed(&failure),
        }
        if let Matching::Undecided(reason) = matched {
            return Evaluation::Undecided(reason);
        }
        let run = Run::new(self, review, params, POLICY_COST_LIMIT);
        let mut validations = Vec::with_capacity(self.validations.len());
        for validation in &self.validations {
            match run.validate(validation) {
                Ok(outcome) => validations.push(outcome),
                Err(failure) => return self.failed(&failure),
            }
        }
        let run = Run::new(self, review, params, POLICY_COST_LIMIT);
        let audit_annotations = match run.audit_annotations() {
            Ok(annotations) => annotations,
            Err(failure) => return self.failed(&failure),
        };
        Evaluation::Checked { validations, audit_annotations }
    }

    fn failed(&self, failure: &Failure) -> Evaluation {
        let message = failure.to_string();
        Evaluation::Failed { message, failure_policy: self.failure_policy }
    }

    /// Whether a request meets all conditions: one that it does not meet decides, whatever the
    /// others are.
    fn meets_conditions<'a>(
        &'a self,
        review: &Review<'a>,
        params: Option<&'a Node>,
    ) -> Evaluated<bool> {
        let run = Run::new(self, review, params, CONDITIONS_COST_LIMIT);
        let mut failure: Option<Failure> = None;
        for condition in &self.conditions {
            let met = run.run(self.check(&condition.expression))?.and_then(|value| {
                value.as_bool().ok_or_else(|| Failure::error("a condition must be true or false"))
            });
            match met {
                Ok(true) => {}
                Ok(false) => return Ok(false),
                Err(found) => {
                    let found = match found {
                        Failure::Error(message) => {
                            Failure::error(format!("condition `{}`: {message}", condition.name))
                        }
                        other => other,
                    };
                    failure = Some(failure.map_or(found.clone(), |earlier| earlier.or(found)));
                }
            }
        }
        failure.map_or(Ok(true), Err)
    }
}

/// Why a program is as it is.
type Explain = for<'m, 'a> fn(&'a Program, &'m dyn Inputs<'a>) -> Vec<Evidence<'a>>;

/// One evaluation of a policy: its inputs, and the budget that is left.
struct Run<'m, 'a> {
    policy: &'a Policy,
    review: &'m Review<'a>,
    params: Option<&'a Node>,
    /// The cost that is left for the whole.
    budget: Cell<u64>,
    /// The cost of variables since the expression at hand began.
    variables_cost: Cell<u64>,
    /// The variables that have been paid for.
    paid: RefCell<Vec<usize>>,
}

impl<'m, 'a> Run<'m, 'a> {
    fn new(
        policy: &'a Policy,
        review: &'m Review<'a>,
        params: Option<&'a Node>,
        budget: u64,
    ) -> Self {
        Self {
            policy,
            review,
            params,
            budget: Cell::new(budget),
            variables_cost: Cell::new(0),
            paid: RefCell::default(),
        }
    }

    /// Runs a program. The outer failure is a budget used up, which ends the whole evaluation.
    fn run(
        &self,
        program: Result<&'a Program, &'a CompileError>,
    ) -> Evaluated<Evaluated<Value<'a>>> {
        let program = match program {
            Ok(program) => program,
            Err(error) => {
                return Ok(Err(Failure::error(format!("compilation error: {}", error.message))));
            }
        };
        self.variables_cost.set(0);
        let (value, cost) = evaluate(program, self, 0);
        let left = self.budget.get().checked_sub(cost.saturating_add(self.variables_cost.get()));
        self.budget.set(left.ok_or(Failure::OutOfBudget)?);
        Ok(value)
    }

    fn validate(&self, validation: &'a Validation) -> Evaluated<Outcome> {
        let policy = self.policy;
        Ok(match self.run(policy.check(&validation.expression))? {
            Ok(value) if value.as_bool() == Some(true) => Outcome::Passes,
            Ok(_) => Outcome::Denied {
                message: self.message(validation)?,
                reason: validation.reason.to_string(),
                blame: self.blame(validation, explain_false),
            },
            Err(Failure::Undecided(reason)) => Outcome::Undecided(reason.into()),
            Err(failure) => Outcome::Failed {
                message: failure.to_string(),
                failure_policy: policy.failure_policy,
                blame: self.blame(validation, explain_failure),
            },
        })
    }

    /// The places that made a validation false, or that it failed at.
    fn blame(&self, validation: &'a Validation, explain: Explain) -> Vec<Culprit> {
        match self.policy.check(&validation.expression) {
            Ok(program) => self.review.places().culprits(&explain(program, self)),
            Err(_) => Vec::new(),
        }
    }

    /// The message of a validation that does not hold: the computed one if it is fit to print,
    /// else the fixed one, else the expression.
    fn message(&self, validation: &'a Validation) -> Evaluated<String> {
        if let Some(expression) = &validation.message_expression
            && let Ok(value) = self.run(self.policy.text(expression))?
            && let Some(text) = value.as_str().map(str::trim)
            && !text.is_empty()
            && text.len() <= MAX_MESSAGE
            && !text.contains('\n')
        {
            return Ok(text.to_owned());
        }
        Ok(match &validation.message {
            Some(message) if !message.trim().is_empty() => message.trim().to_owned(),
            _ => format!("failed expression: {}", validation.expression.text.trim()),
        })
    }

    fn audit_annotations(&self) -> Evaluated<Vec<AuditAnnotation>> {
        let mut annotations = Vec::new();
        for annotation in &self.policy.audit_annotations {
            let value = self.run(self.policy.text(&annotation.expression))?.and_then(|value| {
                match value.plain() {
                    Plain::Str(text) if text.trim().is_empty() => Ok(None),
                    Plain::Str(text) => Ok(Some(text.trim().to_owned())),
                    Plain::Null => Ok(None),
                    _ => Err(Failure::error("an audit annotation must be a string or null")),
                }
            });
            let key = format!("{}/{}", self.policy.name, annotation.key);
            annotations.push(AuditAnnotation { key, value });
        }
        Ok(annotations)
    }

    /// Charges a variable and those it reads, each once in an evaluation.
    fn pay(&self, index: usize, cost: u64) {
        let mut paid = self.paid.borrow_mut();
        if !paid.contains(&index) {
            paid.push(index);
            self.variables_cost.set(self.variables_cost.get().saturating_add(cost));
        }
    }

    /// The value of a variable, kept by the review if another policy has had the same one.
    fn kept(&self, index: usize, depth: u32) -> Evaluated<Kept<'a>> {
        let policy = self.policy;
        let (Some((_, program)), Some(identity)) = (policy.variable(index), policy.identity(index))
        else {
            return Err(Failure::error("undefined variable"));
        };
        let params = if identity.reads_params {
            self.params.map_or(0, |node| std::ptr::from_ref(node).addr())
        } else {
            0
        };
        let key = (&*identity.text, params);
        if let Some(kept) = self.review.kept(key) {
            return Ok(kept);
        }
        let (value, cost) = match program {
            Ok(program) => evaluate(program, self, depth),
            Err(error) => {
                // Not kept: in another policy the same text may compile.
                return Err(Failure::error(format!("compilation error: {}", error.message)));
            }
        };
        let kept = Kept { value, cost };
        self.review.keep(key, kept.clone());
        Ok(kept)
    }
}

impl<'a> Inputs<'a> for Run<'_, 'a> {
    fn input(&self, input: Input) -> Evaluated<Value<'a>> {
        match input {
            Input::Object => Ok(self.review.object()),
            Input::OldObject => Ok(self.review.old_object()),
            Input::Request => Ok(self.review.request_value()),
            Input::Params => Ok(self.params.map_or(Value::Null, Value::Node)),
            Input::NamespaceObject => Ok(self.review.namespace_object()),
            Input::Authorizer => {
                Err(Failure::undecided("who may do what is known to the cluster alone"))
            }
            Input::OwnSelf | Input::OldSelf | Input::Named(_) => {
                Err(Failure::error("no such attribute"))
            }
        }
    }

    fn variable(&self, index: usize, depth: u32) -> Evaluated<Value<'a>> {
        let kept = self.kept(index, depth)?;
        self.pay(index, kept.cost);
        kept.value.map_err(|failure| match failure {
            Failure::Error(message) => {
                let name = self.policy.variables.get(index).map_or("", |variable| &*variable.name);
                Failure::error(format!("variable `{name}`: {message}"))
            }
            other => other,
        })
    }

    fn program(&self, index: usize) -> Option<&'a Program> {
        let policy = self.policy;
        policy.variable(index)?.1.ok()
    }

    fn absent(&self, map: &'a Node, field: &str) -> Option<Value<'a>> {
        let request = self.review.request();
        let metadata = request.object.get("metadata");
        // The server writes the namespace of the request into an object that names none.
        if field == "namespace" && metadata.is_some_and(|metadata| std::ptr::eq(map, metadata)) {
            return request.resource.namespaced.then_some(Value::Str(request.namespace));
        }
        if !is_filled(field) {
            return None;
        }
        filled(request.id, &self.review.places().pointer_of(map)?, field)
    }
}
