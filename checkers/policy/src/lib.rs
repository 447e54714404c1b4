//! `ValidatingAdmissionPolicy` and CEL as the API server runs them.
//!
//! [`Policy::read`] reads a policy, [`Review::new`] begins the review of an object, and
//! [`Policy::evaluate`] says of each validation whether it passes, is denied (with the places of
//! the object that made it false), cannot be decided here, or fails. [`CompiledRule`] does the same
//! for the rules of custom resources.
//!
//! What the server knows and a directory of manifests does not (who sends the request, what the
//! authorizer would say, the labels of a namespace that is not there) is *undecided*, which
//! propagates as errors do in CEL and is never taken for a pass.
//!
//! ```
//! use seatrial_core::ResourceId;
//! use seatrial_parse::yaml;
//! use seatrial_policy::{Evaluation, Outcome, Policy, Request, Review, native_kind};
//!
//! let manifest = "
//! metadata: {name: few-replicas}
//! spec:
//!   matchConstraints:
//!     resourceRules:
//!     - {apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: [deployments]}
//!   validations:
//!   - expression: object.spec.replicas <= 5
//! ";
//! let (policy, problems) = Policy::read(&yaml(manifest).documents[0].root);
//! assert!(problems.is_empty() && policy.compile_problems().is_empty());
//!
//! let parsed = yaml("metadata: {name: web}\nspec: {replicas: 9}\n");
//! let object = &parsed.documents[0].root;
//! let id = ResourceId {
//!     api_version: "apps/v1".to_owned(),
//!     kind: "Deployment".to_owned(),
//!     namespace: None,
//!     name: "web".to_owned(),
//! };
//! let resource = native_kind("apps", "Deployment").ok_or("a native kind")?;
//! let review = Review::new(Request::create(&id, &resource, object, "default"));
//! let Evaluation::Checked { validations, .. } = policy.evaluate(&review, None) else {
//!     return Err("the policy matches".into());
//! };
//! let [Outcome::Denied { message, blame, .. }] = validations.as_slice() else {
//!     return Err("nine replicas are too many".into());
//! };
//! assert_eq!(message, "failed expression: object.spec.replicas <= 5");
//! assert_eq!(blame[0].pointer, "/spec/replicas");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Every evaluation ends: its cost is counted nearly as the API server counts it (computed texts,
//! lists and patterns cost more here, so that memory is bounded, too), and limited by
//! [`EXPRESSION_COST_LIMIT`] (1,000,000) for an expression, [`POLICY_COST_LIMIT`] (10,000,000) for a
//! policy, [`CONDITIONS_COST_LIMIT`] (2,500,000) for its conditions and [`RULES_COST_LIMIT`]
//! (10,000,000) for the rules of a custom resource. Expressions are at most
//! [`MAX_EXPRESSION_LENGTH`] bytes long and [`MAX_EXPRESSION_HEIGHT`] levels high.
//!
//! Known limits. Expressions are not type-checked: what the server rejects as ill-typed when a
//! policy is created fails here when it is evaluated. Of what the server fills into objects before
//! policies see them, the namespace and fixed values of single fields are filled in here, too
//! (`replicas: 1`); what it computes is not. Empty lists and `false` count as set, though the server
//! drops some of them. Functions are those of the newest Kubernetes.
//!
//! Architecture invariant: nothing here reads a file or a clock, and no evaluation changes a
//! policy.

mod admission;
mod blame;
mod compile;
mod error;
mod escape;
mod eval;
mod formula;
mod kinds;
mod library;
mod program;
mod rule;
pub mod syntax;
mod time;
mod typed;
mod value;

pub use admission::{
    Action, AuditAnnotation, AuditExpression, Binding, CONDITIONS_COST_LIMIT, Condition,
    Evaluation, Expression, FailurePolicy, KnownNamespace, LabelSelector, MatchPolicy,
    MatchResources, Matching, NotFoundAction, Operation, Outcome, POLICY_COST_LIMIT, ParamKind,
    ParamLookup, ParamRef, Params, Policy, PolicyProblem, Request, Review, Rule, Validation,
    Variable, place_in_source,
};
pub use blame::Culprit;
pub use compile::CompileError;
pub use error::Failure;
pub use eval::EXPRESSION_COST_LIMIT;
pub use formula::Formula;
pub use kinds::native_kinds;
pub use kinds::{ResourceInfo, is_native_group, native_kind, native_resource};
pub use library::quantity_in_nanos;
pub use program::Program;
pub use rule::{CompiledRule, RULES_COST_LIMIT, RuleBudget, RuleInput, RuleOutcome};
pub use syntax::{MAX_EXPRESSION_HEIGHT, MAX_EXPRESSION_LENGTH};
pub use value::Value;
