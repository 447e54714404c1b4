//! Policies, bindings and parameters as they are read, and what they directly say of a request.

use std::collections::BTreeMap;

use seatrial_core::ResourceId;
use seatrial_manifests::Object;
use seatrial_parse::Node;
use seatrial_policy::{
    Action, Binding, Evaluation, FailurePolicy, Matching, NotFoundAction, Outcome, ParamKind,
    ParamLookup, Params, Policy, Request, Review, native_kind,
};

use crate::{Decision, Source};

const GROUP: &str = "admissionregistration.k8s.io";

/// One side of a comparison: the policies in force, each under each of its bindings that denies.
#[derive(Debug)]
pub(super) struct Side<'a> {
    pub(super) units: Vec<Unit<'a>>,
    world: World<'a>,
}

/// A policy under a binding.
#[derive(Debug)]
pub(super) struct Unit<'a> {
    pub(super) object: &'a Object,
    pub(super) policy: Policy,
    pub(super) binding_object: &'a Object,
    pub(super) binding: Binding,
    /// All that bears on what it decides: units with the same text are the same.
    pub(super) key: String,
    /// Why what it says is not known, whatever the request.
    pub(super) broken: Option<String>,
}

/// The objects that can be parameters.
#[derive(Debug)]
struct World<'a>(BTreeMap<(&'a str, &'a str), Vec<&'a Object>>);

impl<'a> ParamLookup<'a> for World<'a> {
    fn namespaced(&self, kind: &ParamKind) -> Option<bool> {
        let group = kind.api_version.split_once('/').map_or("", |(group, _)| group);
        native_kind(group, &kind.kind).map(|info| info.namespaced)
    }

    fn objects(&self, kind: &ParamKind, namespace: Option<&str>) -> Vec<(&'a str, &'a Node)> {
        let all = self.0.get(&(&*kind.api_version, &*kind.kind)).into_iter().flatten();
        all.filter(|object| namespace.is_none_or(|namespace| namespace == object.namespace()))
            .map(|object| (object.name(), &object.node))
            .collect()
    }
}

/// What a side says of a request.
#[derive(Debug, PartialEq)]
pub(super) struct Answer {
    pub(super) decision: Decision,
    /// What rejects it: units, each with the validation that fails; none where a condition or the
    /// parameters do.
    pub(super) rejecting: Vec<(usize, Option<usize>)>,
    /// Why it is not known, where it is not.
    pub(super) reason: Option<String>,
}

/// The parameters of a unit for requests of one shape.
#[derive(Debug)]
pub(super) enum Given<'a> {
    /// One evaluation with each of these; none is null.
    Each(Vec<Option<&'a Node>>),
    /// It fails as by the failure policy.
    Fails,
    /// They are not in the configuration.
    Unknown,
}

impl<'a> Side<'a> {
    pub(super) fn read(objects: &'a [Object]) -> Self {
        let of_kind = |kind: &'static str| {
            let all = objects.iter().filter(move |one| one.group() == GROUP && one.kind() == kind);
            // Of several manifests of one object the last counts.
            all.map(|object| (object.name(), object)).collect::<BTreeMap<_, _>>()
        };
        let policies = of_kind("ValidatingAdmissionPolicy");
        let mut world = World(BTreeMap::new());
        for object in objects {
            let key = (&*object.id.api_version, object.kind());
            world.0.entry(key).or_default().push(object);
        }
        world.0.values_mut().for_each(|all| all.sort_by_key(|object| &object.id));
        let mut units = Vec::new();
        for binding_object in of_kind("ValidatingAdmissionPolicyBinding").into_values() {
            let (binding, problems) = Binding::read(&binding_object.node);
            if !binding.actions.contains(&Action::Deny) {
                continue;
            }
            let found = policies.get(&*binding.policy_name);
            let object = found.copied().unwrap_or(binding_object);
            let (policy, more) = Policy::read(&object.node);
            let broken = if found.is_none() {
                Some(format!("the policy `{}` is not in the configuration", binding.policy_name))
            } else {
                let mut all = problems.into_iter().chain(more).chain(policy.compile_problems());
                all.next().map(|problem| problem.message)
            };
            let params: Vec<String> = policy
                .param_kind
                .iter()
                .filter_map(|kind| world.0.get(&(&*kind.api_version, &*kind.kind)))
                .flatten()
                .map(|object| format!("{}", object.node))
                .collect();
            let spec = |object: &Object| object.node.get("spec").map(ToString::to_string);
            let key = format!("{:?}{:?}{params:?}", spec(object), spec(binding_object));
            units.push(Unit { object, policy, binding_object, binding, key, broken });
        }
        Self { units, world }
    }

    /// The parameters of a unit for a request.
    pub(super) fn given(&self, unit: &Unit<'a>, request: &Request<'_>) -> Given<'a> {
        match unit.binding.params(&unit.policy, request, &self.world) {
            Params::None => Given::Each(vec![None]),
            Params::Objects(nodes) => Given::Each(nodes.into_iter().map(Some).collect()),
            Params::NotFound(NotFoundAction::Allow | NotFoundAction::Deny) => Given::Unknown,
            Params::Misconfigured(_) => Given::Fails,
        }
    }

    /// The namespaces in which parameters live that are looked for in the namespace of a request.
    pub(super) fn param_namespaces(&self) -> Vec<&'a str> {
        let units = self.units.iter().filter(|unit| {
            unit.binding.param_ref.as_ref().is_some_and(|reference| reference.namespace.is_none())
        });
        units
            .filter_map(|unit| unit.policy.param_kind.as_ref())
            .filter(|kind| self.world.namespaced(kind) == Some(true))
            .filter_map(|kind| self.world.0.get(&(&*kind.api_version, &*kind.kind)))
            .flatten()
            .map(|object| object.namespace())
            .collect()
    }

    /// What the policies say of a request, each asked by itself.
    pub(super) fn decide(&self, request: Request<'_>) -> Answer {
        let mut answer =
            Answer { decision: Decision::Allowed, rejecting: Vec::new(), reason: None };
        for (at, unit) in self.units.iter().enumerate() {
            self.ask(at, unit, request, &mut answer);
        }
        answer.decision = match (answer.rejecting.is_empty(), &answer.reason) {
            (false, _) => Decision::Denied,
            (true, Some(_)) => Decision::Unknown,
            (true, None) => Decision::Allowed,
        };
        answer
    }

    fn ask(&self, at: usize, unit: &Unit<'_>, request: Request<'_>, answer: &mut Answer) {
        if let Some(broken) = &unit.broken {
            answer.reason = Some(broken.clone());
            return;
        }
        let (bound, constrained) =
            (unit.binding.matches(&request), unit.policy.constraints.matches(&request));
        match (bound, constrained) {
            (Matching::No, _) | (_, Matching::No) => return,
            (Matching::Undecided(reason), _) => {
                answer.reason = Some(reason);
                return;
            }
            _ => {}
        }
        let fails = unit.policy.failure_policy == FailurePolicy::Fail;
        // The parameters are looked up again: those of the unit outlive the request.
        match unit.binding.params(&unit.policy, &request, &self.world) {
            Params::None => evaluate(at, unit, request, None, answer),
            Params::Objects(nodes) => {
                for node in nodes {
                    evaluate(at, unit, request, Some(node), answer);
                }
            }
            Params::NotFound(_) => {
                answer.reason = Some("the parameters are not in the configuration".to_owned());
            }
            Params::Misconfigured(_) if fails => answer.rejecting.push((at, None)),
            Params::Misconfigured(_) => {}
        }
    }
}

fn evaluate(
    at: usize,
    unit: &Unit<'_>,
    request: Request<'_>,
    params: Option<&Node>,
    answer: &mut Answer,
) {
    // A review of its own: what others computed may live shorter.
    match unit.policy.evaluate(&Review::new(request), params) {
        Evaluation::NotMatched => {}
        Evaluation::Undecided(reason) => answer.reason = Some(reason),
        Evaluation::Failed { failure_policy: FailurePolicy::Fail, .. } => {
            answer.rejecting.push((at, None));
        }
        Evaluation::Failed { .. } => {}
        Evaluation::Checked { validations, .. } => {
            for (index, outcome) in validations.into_iter().enumerate() {
                match outcome {
                    Outcome::Denied { .. }
                    | Outcome::Failed { failure_policy: FailurePolicy::Fail, .. } => {
                        answer.rejecting.push((at, Some(index)));
                    }
                    Outcome::Undecided(reason) => answer.reason = Some(reason),
                    Outcome::Passes | Outcome::Failed { .. } => {}
                }
            }
        }
    }
}

impl Unit<'_> {
    /// Which policy it is.
    pub(super) fn id(&self) -> &ResourceId {
        &self.object.id
    }

    /// Where one of its validations stands; without one, the policy, and always the binding.
    pub(super) fn sources(&self, validation: Option<usize>) -> Vec<Source> {
        let found = validation.and_then(|at| Some((at, self.policy.validations.get(at)?)));
        let (span, pointer, role, text) = match found {
            Some((at, validation)) => {
                let pointer = format!("/spec/validations/{at}/expression");
                let text = validation.expression.text.trim();
                (validation.expression.span, pointer, "validation", Some(text.into()))
            }
            None => (self.policy.span, "/spec".to_owned(), "policy", None),
        };
        let location = self.object.location(span);
        let policy = Source { resource: self.object.id.clone(), location, pointer, role, text };
        let binding = Source {
            resource: self.binding_object.id.clone(),
            location: self.binding_object.location(self.binding.span),
            pointer: "/spec".to_owned(),
            role: "binding",
            text: None,
        };
        vec![policy, binding]
    }
}
