//! `ValidatingAdmissionPolicyBinding`: where a policy is in force, and with which parameters.

use seatrial_core::Span;
use seatrial_parse::Node;

use super::matching::{MatchResources, Matching};
use super::policy::{ParamKind, Policy};
use super::read::{PolicyProblem, Reader};
use super::request::Request;
use super::selector::LabelSelector;

/// What happens to a request that fails a validation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// It is denied.
    Deny,
    /// Its sender is warned.
    Warn,
    /// It is noted in the audit log.
    Audit,
}

/// What happens where no parameters are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotFoundAction {
    /// The binding does not count.
    Allow,
    /// The request fails as by the failure policy.
    Deny,
}

/// A `ValidatingAdmissionPolicyBinding`.
#[derive(Debug)]
pub struct Binding {
    /// Its name.
    pub name: Box<str>,
    /// The place that stands for it as a whole: its name.
    pub span: Span,
    /// The policy that it puts in force.
    pub policy_name: Box<str>,
    /// Where it names that policy.
    pub policy_span: Span,
    /// The parameters.
    pub param_ref: Option<ParamRef>,
    /// The requests to which the policy is narrowed.
    pub resources: MatchResources,
    /// What happens to a request that fails; in the order of the list.
    pub actions: Vec<Action>,
}

/// Which objects parametrise a policy.
#[derive(Debug)]
pub struct ParamRef {
    /// The place of the reference.
    pub span: Span,
    /// The name of the one.
    pub name: Option<Box<str>>,
    /// The namespace to look in; by default that of the request.
    pub namespace: Option<Box<str>>,
    /// All that have these labels.
    pub selector: Option<LabelSelector>,
    /// What happens where none is found.
    pub not_found: NotFoundAction,
}

/// The objects that can be parameters.
pub trait ParamLookup<'a> {
    /// Whether objects of the kind live in namespaces; `None` where the kind is not known.
    fn namespaced(&self, kind: &ParamKind) -> Option<bool>;

    /// All objects of the kind, in a namespace or, if it has none, anywhere, with their names, in
    /// the order of their names.
    fn objects(&self, kind: &ParamKind, namespace: Option<&str>) -> Vec<(&'a str, &'a Node)>;
}

/// The parameters with which a policy is to be evaluated.
#[derive(Debug, Clone, PartialEq)]
pub enum Params<'a> {
    /// Once, with `params` being null.
    None,
    /// Once with each of these.
    Objects(Vec<&'a Node>),
    /// Nothing was found, and the binding says what this means.
    NotFound(NotFoundAction),
    /// The reference cannot be resolved by its form: fails as by the failure policy.
    Misconfigured(String),
}

impl Binding {
    /// Reads a binding, and what is wrong with it.
    pub fn read(node: &Node) -> (Self, Vec<PolicyProblem>) {
        const FIELDS: [&str; 4] = ["matchResources", "paramRef", "policyName", "validationActions"];
        const ACTIONS: [(&str, Action); 3] =
            [("Deny", Action::Deny), ("Warn", Action::Warn), ("Audit", Action::Audit)];
        let mut reader = Reader::default();
        let name = node.at(&["metadata", "name"]);
        let empty = Node::null(node.span);
        let spec = node.get("spec").unwrap_or(&empty);
        reader.fields(spec, &FIELDS);
        let policy = reader.required(spec, "policyName");
        let mut actions = Vec::new();
        for item in reader.items(spec, "validationActions") {
            let known = ACTIONS.iter().find(|(word, _)| item.as_str() == Some(word));
            match known {
                Some((_, action)) if !actions.contains(action) => actions.push(*action),
                Some((word, _)) => reader.problem(item.span, format!("`{word}` occurs twice")),
                None => reader.problem(item.span, "must be one of `Deny`, `Warn`, `Audit`"),
            }
        }
        if actions.is_empty() {
            let span = spec.get("validationActions").unwrap_or(spec).span;
            reader.problem(span, "`validationActions` must name at least one");
        }
        if actions.contains(&Action::Deny) && actions.contains(&Action::Warn) {
            let span = spec.get("validationActions").unwrap_or(spec).span;
            reader.problem(span, "`Deny` and `Warn` must not be used together");
        }
        let given = |field: &str| spec.get(field).filter(|node| !node.is_null());
        let binding = Self {
            name: name.and_then(Node::as_str).unwrap_or_default().into(),
            span: name.unwrap_or(node).span,
            policy_name: policy.map_or("", |(text, _)| text).into(),
            policy_span: policy.map_or(spec.span, |(_, span)| span),
            param_ref: given("paramRef").map(|node| ParamRef::read(&mut reader, node)),
            resources: given("matchResources")
                .map(|node| MatchResources::read(&mut reader, node))
                .unwrap_or_default(),
            actions,
        };
        (binding, reader.problems)
    }

    /// Whether a request is one that the binding is about (the policy narrows it further).
    pub fn matches(&self, request: &Request<'_>) -> Matching {
        self.resources.matches(request)
    }

    /// The parameters of its policy for a request.
    pub fn params<'a>(
        &self,
        policy: &Policy,
        request: &Request<'_>,
        lookup: &dyn ParamLookup<'a>,
    ) -> Params<'a> {
        let (Some(kind), Some(reference)) = (&policy.param_kind, &self.param_ref) else {
            return Params::None;
        };
        let namespace = match (lookup.namespaced(kind), &reference.namespace) {
            (Some(false), Some(_)) => {
                let kind = &kind.kind;
                return Params::Misconfigured(format!("`{kind}` has no namespace to look in"));
            }
            (Some(false) | None, None) => None,
            (Some(true), None) if request.namespace().is_empty() => {
                return Params::Misconfigured(
                    "the binding looks for parameters in the namespace of an object without one"
                        .to_owned(),
                );
            }
            (Some(true), None) => Some(request.namespace()),
            (_, Some(namespace)) => Some(&**namespace),
        };
        let all = lookup.objects(kind, namespace).into_iter();
        let found: Vec<&Node> = match (&reference.name, &reference.selector) {
            (Some(name), _) => {
                all.filter(|(found, _)| **name == **found).map(|(_, node)| node).collect()
            }
            (None, Some(selector)) => all
                .map(|(_, node)| node)
                .filter(|node| selector.matches(node.at(&["metadata", "labels"])))
                .collect(),
            (None, None) => Vec::new(),
        };
        if found.is_empty() {
            Params::NotFound(reference.not_found)
        } else {
            Params::Objects(found)
        }
    }
}

impl ParamRef {
    fn read(reader: &mut Reader, node: &Node) -> Self {
        reader.fields(node, &["name", "namespace", "parameterNotFoundAction", "selector"]);
        let words = [("Allow", NotFoundAction::Allow), ("Deny", NotFoundAction::Deny)];
        let mut text = |field: &str| reader.text(node, field).map(|(text, _)| text.into());
        let (name, namespace): (Option<Box<str>>, _) = (text("name"), text("namespace"));
        let selector = node.get("selector").filter(|node| !node.is_null());
        let selector = selector.map(|node| LabelSelector::read(reader, node));
        if name.is_some() == selector.is_some() {
            reader.problem(node.span, "exactly one of `name` and `selector` must be set");
        }
        if node.get("parameterNotFoundAction").is_none() {
            reader.problem(node.span, "missing `parameterNotFoundAction`");
        }
        let not_found = reader.one_of(node, "parameterNotFoundAction", &words);
        Self {
            span: node.span,
            name,
            namespace,
            selector,
            not_found: not_found.unwrap_or(NotFoundAction::Deny),
        }
    }
}
