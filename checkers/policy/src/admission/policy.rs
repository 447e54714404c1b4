//! `ValidatingAdmissionPolicy` as its manifest states it.

use std::sync::OnceLock;

use seatrial_core::Span;
use seatrial_parse::Node;

use crate::compile::{CompileError, Scope};
use crate::program::{Input, Program};

use super::expression::Expression;
use super::matching::MatchResources;
use super::read::{PolicyProblem, Reader};

/// What happens if a policy cannot be evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FailurePolicy {
    /// The request is denied.
    #[default]
    Fail,
    /// The policy does not count.
    Ignore,
}

/// The kind of object that parametrises a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParamKind {
    /// Group and version, such as `v1` or `rules.example.com/v1`.
    pub api_version: Box<str>,
    /// Kind.
    pub kind: Box<str>,
}

/// A `ValidatingAdmissionPolicy`.
#[derive(Debug)]
pub struct Policy {
    /// Its name.
    pub name: Box<str>,
    /// The place that stands for it as a whole: its name.
    pub span: Span,
    /// What happens if it cannot be evaluated.
    pub failure_policy: FailurePolicy,
    /// The kind of its parameters, if it has any.
    pub param_kind: Option<ParamKind>,
    /// Which requests it is about.
    pub constraints: MatchResources,
    /// Conditions that a request must meet, too.
    pub conditions: Vec<Condition>,
    /// Named expressions for the others to use.
    pub variables: Vec<Variable>,
    /// What must be true of an object.
    pub validations: Vec<Validation>,
    /// What goes into the audit log.
    pub audit_annotations: Vec<AuditExpression>,
}

/// A condition that a request must meet.
#[derive(Debug)]
pub struct Condition {
    /// Its name.
    pub name: Box<str>,
    /// What must be true.
    pub expression: Expression,
}

/// A named expression.
#[derive(Debug)]
pub struct Variable {
    /// Its name.
    pub name: Box<str>,
    /// Its value.
    pub expression: Expression,
    identity: OnceLock<Identity>,
}

/// What tells a variable from others of the same text: the variables that it reads, and whether
/// it reads the params.
#[derive(Debug)]
pub(super) struct Identity {
    pub(super) text: Box<str>,
    pub(super) reads_params: bool,
}

/// Something that must be true of an object.
#[derive(Debug)]
pub struct Validation {
    /// What must be true.
    pub expression: Expression,
    /// What to say if it is not.
    pub message: Option<Box<str>>,
    /// What to say if it is not, computed.
    pub message_expression: Option<Expression>,
    /// The reason in the server's answer; `Invalid` by default.
    pub reason: Box<str>,
}

/// A value for the audit log.
#[derive(Debug)]
pub struct AuditExpression {
    /// Its key.
    pub key: Box<str>,
    /// Its value: a text, or null for none.
    pub expression: Expression,
}

const OBJECT_INPUTS: [Input; 4] =
    [Input::Object, Input::OldObject, Input::Request, Input::NamespaceObject];

impl Policy {
    /// Reads a policy. What is wrong with its structure is returned beside it; whether its
    /// expressions compile is asked with [`Policy::compile_problems`].
    pub fn read(node: &Node) -> (Self, Vec<PolicyProblem>) {
        let mut reader = Reader::default();
        let name = node.at(&["metadata", "name"]);
        let empty = Node::null(node.span);
        let spec = node.get("spec").unwrap_or_else(|| {
            reader.problem(node.span, "missing `spec`");
            &empty
        });
        let policy = Self {
            name: name.and_then(Node::as_str).unwrap_or_default().into(),
            span: name.unwrap_or(node).span,
            ..Self::read_spec(&mut reader, spec)
        };
        (policy, reader.problems)
    }

    fn read_spec(reader: &mut Reader, spec: &Node) -> Self {
        const FIELDS: [&str; 7] = [
            "auditAnnotations",
            "failurePolicy",
            "matchConditions",
            "matchConstraints",
            "paramKind",
            "validations",
            "variables",
        ];
        if !spec.is_null() {
            reader.fields(spec, &FIELDS);
        }
        let words = [("Fail", FailurePolicy::Fail), ("Ignore", FailurePolicy::Ignore)];
        let policy = Self {
            name: Box::default(),
            span: spec.span,
            failure_policy: reader.one_of(spec, "failurePolicy", &words).unwrap_or_default(),
            param_kind: read_param_kind(reader, spec),
            constraints: read_constraints(reader, spec),
            conditions: read_named(reader, spec, "matchConditions", |name, expression| Condition {
                name,
                expression,
            }),
            variables: read_named(reader, spec, "variables", |name, expression| Variable {
                name,
                expression,
                identity: OnceLock::new(),
            }),
            validations: read_validations(reader, spec),
            audit_annotations: read_audit_annotations(reader, spec),
        };
        if policy.validations.is_empty() && policy.audit_annotations.is_empty() {
            reader.problem(spec.span, "a policy needs `validations` or `auditAnnotations`");
        }
        policy
    }

    /// Why expressions of the policy do not compile. Compiles all of them.
    pub fn compile_problems(&self) -> Vec<PolicyProblem> {
        let names = self.names();
        let all = names.as_slice();
        let mut problems = Vec::new();
        let conditions = self.conditions.iter().map(|condition| &condition.expression);
        let scope = self.scope(all, true);
        problems.extend(conditions.filter_map(|expression| expression.problem(scope)));
        for (index, variable) in self.variables.iter().enumerate() {
            let scope = self.scope(all.get(..index).unwrap_or_default(), true);
            problems.extend(variable.expression.problem(scope));
        }
        for validation in &self.validations {
            problems.extend(validation.expression.problem(scope));
            let message = validation.message_expression.as_ref();
            problems.extend(message.and_then(|message| message.problem(self.scope(all, false))));
        }
        let audit = self.audit_annotations.iter().map(|annotation| &annotation.expression);
        problems.extend(audit.filter_map(|audit| audit.problem(self.scope(all, false))));
        problems
    }

    fn names(&self) -> Vec<&str> {
        self.variables.iter().map(|variable| &*variable.name).collect()
    }

    fn scope<'s>(&self, variables: &'s [&'s str], authorizer: bool) -> Scope<'s> {
        const WITH_AUTHORIZER: [Input; 6] = [
            Input::Object,
            Input::OldObject,
            Input::Request,
            Input::NamespaceObject,
            Input::Authorizer,
            Input::Params,
        ];
        const WITHOUT: [Input; 5] = [
            Input::Object,
            Input::OldObject,
            Input::Request,
            Input::NamespaceObject,
            Input::Params,
        ];
        let inputs: &'static [Input] = if authorizer { &WITH_AUTHORIZER } else { &WITHOUT };
        // Params come last, so that a policy without them can leave them out.
        let known = inputs.len() - usize::from(self.param_kind.is_none());
        Scope { inputs: inputs.get(..known).unwrap_or(&OBJECT_INPUTS), variables }
    }

    /// The program of a condition or a validation.
    pub(super) fn check<'p>(
        &'p self,
        expression: &'p Expression,
    ) -> Result<&'p Program, &'p CompileError> {
        expression.compiled().unwrap_or_else(|| expression.program(self.scope(&self.names(), true)))
    }

    /// The program of a message or an audit annotation, which may not ask the authorizer.
    pub(super) fn text<'p>(
        &'p self,
        expression: &'p Expression,
    ) -> Result<&'p Program, &'p CompileError> {
        expression
            .compiled()
            .unwrap_or_else(|| expression.program(self.scope(&self.names(), false)))
    }

    /// The program of a variable, which may read those before it.
    pub(super) fn variable(
        &self,
        index: usize,
    ) -> Option<(&Variable, Result<&Program, &CompileError>)> {
        let variable = self.variables.get(index)?;
        let program = variable.expression.compiled().unwrap_or_else(|| {
            let names = self.names();
            let scope = self.scope(names.get(..index).unwrap_or_default(), true);
            variable.expression.program(scope)
        });
        Some((variable, program))
    }

    /// What tells a variable from others.
    pub(super) fn identity(&self, index: usize) -> Option<&Identity> {
        let (variable, program) = self.variable(index)?;
        Some(variable.identity.get_or_init(|| {
            let mut text = String::from(&*variable.expression.text);
            let mut reads_params = false;
            if let Ok(program) = program {
                reads_params = program.inputs.contains(&Input::Params);
                for &read in &program.variables {
                    if let (Some(inner), Some(name)) =
                        (self.identity(read), self.variables.get(read))
                    {
                        text.push('\u{0}');
                        text.push_str(&name.name);
                        text.push('\u{1}');
                        text.push_str(&inner.text);
                        reads_params |= inner.reads_params;
                    }
                }
            }
            Identity { text: text.into(), reads_params }
        }))
    }
}

fn read_param_kind(reader: &mut Reader, spec: &Node) -> Option<ParamKind> {
    let node = spec.get("paramKind").filter(|node| !node.is_null())?;
    reader.fields(node, &["apiVersion", "kind"]);
    let (api_version, kind) = (reader.required(node, "apiVersion"), reader.required(node, "kind"));
    Some(ParamKind { api_version: api_version?.0.into(), kind: kind?.0.into() })
}

fn read_constraints(reader: &mut Reader, spec: &Node) -> MatchResources {
    let Some(node) = spec.get("matchConstraints").filter(|node| !node.is_null()) else {
        reader.problem(spec.span, "missing `matchConstraints`");
        return MatchResources::default();
    };
    let constraints = MatchResources::read(reader, node);
    if constraints.rules.is_empty() && node.get("resourceRules").is_none() {
        reader.problem(node.span, "missing `resourceRules`");
    }
    constraints
}

/// Reads a list of named expressions.
fn read_named<T>(
    reader: &mut Reader,
    spec: &Node,
    field: &str,
    make: fn(Box<str>, Expression) -> T,
) -> Vec<T> {
    let mut names: Vec<&str> = Vec::new();
    let mut read = Vec::new();
    for item in reader.items(spec, field) {
        reader.fields(item, &["name", "expression"]);
        let (name, expression) =
            (reader.required(item, "name"), reader.required(item, "expression"));
        if let Some((name, span)) = name {
            if names.contains(&name) {
                reader.problem(span, format!("`{name}` occurs twice"));
            }
            names.push(name);
        }
        if let (Some((name, _)), Some((text, span))) = (name, expression) {
            read.push(make(name.into(), Expression::new(text, span)));
        }
    }
    read
}

fn read_validations(reader: &mut Reader, spec: &Node) -> Vec<Validation> {
    const REASONS: [(&str, &str); 4] = [
        ("Unauthorized", "Unauthorized"),
        ("Forbidden", "Forbidden"),
        ("Invalid", "Invalid"),
        ("RequestEntityTooLarge", "RequestEntityTooLarge"),
    ];
    let mut read = Vec::new();
    for item in reader.items(spec, "validations") {
        reader.fields(item, &["expression", "message", "messageExpression", "reason"]);
        let expression = reader.required(item, "expression");
        let message = reader.text(item, "message").map(|(text, _)| text.into());
        let message_expression = reader.text(item, "messageExpression");
        let reason = reader.one_of(item, "reason", &REASONS).unwrap_or("Invalid").into();
        if let Some((text, span)) = expression {
            read.push(Validation {
                expression: Expression::new(text, span),
                message,
                message_expression: message_expression
                    .map(|(text, span)| Expression::new(text, span)),
                reason,
            });
        }
    }
    read
}

fn read_audit_annotations(reader: &mut Reader, spec: &Node) -> Vec<AuditExpression> {
    let mut read = Vec::new();
    for item in reader.items(spec, "auditAnnotations") {
        reader.fields(item, &["key", "valueExpression"]);
        let (key, value) = (reader.required(item, "key"), reader.required(item, "valueExpression"));
        if let (Some((key, _)), Some((text, span))) = (key, value) {
            read.push(AuditExpression { key: key.into(), expression: Expression::new(text, span) });
        }
    }
    read
}
