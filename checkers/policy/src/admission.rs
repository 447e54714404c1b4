//! Admission: policies, their bindings, what they match, and what they say of an object.

mod binding;
mod defaults;
mod evaluate;
mod expression;
mod matching;
mod policy;
mod read;
mod request;
mod selector;

pub use binding::{Action, Binding, NotFoundAction, ParamLookup, ParamRef, Params};
pub(crate) use evaluate::MAX_MESSAGE;
pub use evaluate::{
    AuditAnnotation, CONDITIONS_COST_LIMIT, Evaluation, Outcome, POLICY_COST_LIMIT,
};
pub use expression::{Expression, place_in_source};
pub use matching::{MatchPolicy, MatchResources, Matching, Rule};
pub use policy::{
    AuditExpression, Condition, FailurePolicy, ParamKind, Policy, Validation, Variable,
};
pub use read::PolicyProblem;
pub(crate) use read::Reader;
pub use request::{KnownNamespace, Operation, Request, Review};
pub use selector::LabelSelector;

#[cfg(test)]
pub(crate) mod tests;
