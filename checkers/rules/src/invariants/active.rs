//! Running the invariants that are in force.

use rustc_hash::FxHashMap;
use seatrial_core::{Finding, Found, Related, Severity, Undecided};
use seatrial_manifests::Object;
use seatrial_parse::Node;
use seatrial_policy::{
    Binding, Culprit, Evaluation, FailurePolicy, KnownNamespace, Matching, Outcome, ParamKind,
    ParamLookup, Params, Request, ResourceInfo, Review, native_kind,
};

use super::{Invariant, Origin};

/// The invariants in force, with what they may look up. To be shared by threads.
#[derive(Debug)]
pub struct Active<'a> {
    invariants: Vec<&'a Invariant>,
    /// The parameters of the built-in policies.
    parameters: Option<&'a Node>,
    own: World<'a>,
    inspected: World<'a>,
}

/// Namespace, name and tree of an object.
type Named<'a> = (&'a str, &'a str, &'a Node);

/// Objects that policies may look up.
#[derive(Debug)]
struct World<'a> {
    /// By API version and kind, sorted.
    objects: FxHashMap<(&'a str, &'a str), Vec<Named<'a>>>,
    namespaces: FxHashMap<&'a str, &'a Node>,
    /// The kinds of custom resource definitions, by group and kind.
    custom: FxHashMap<(&'a str, &'a str), ResourceInfo>,
}

impl<'a> World<'a> {
    /// Keeps the objects of the kinds that are parameters, and all namespaces and definitions.
    fn new(objects: &'a [Object], params: &[&ParamKind]) -> Self {
        let mut world = Self {
            objects: FxHashMap::default(),
            namespaces: FxHashMap::default(),
            custom: FxHashMap::default(),
        };
        for object in objects {
            let (version, kind) = (object.id.api_version.as_str(), object.kind());
            if params.iter().any(|param| &*param.api_version == version && &*param.kind == kind) {
                let entry = (object.namespace(), object.name(), &object.node);
                world.objects.entry((version, kind)).or_default().push(entry);
            }
            match (object.group(), kind) {
                ("", "Namespace") => {
                    world.namespaces.insert(object.name(), &object.node);
                }
                ("apiextensions.k8s.io", "CustomResourceDefinition") => {
                    world.custom.extend(custom_kind(&object.node));
                }
                _ => {}
            }
        }
        #[expect(clippy::iter_over_hash_type, reason = "each list is sorted by itself")]
        for objects in world.objects.values_mut() {
            objects.sort_by_key(|&(namespace, name, node)| (name, namespace, node.span));
        }
        world
    }

    fn resource(&self, group: &str, kind: &str) -> Option<ResourceInfo> {
        native_kind(group, kind).or_else(|| self.custom.get(&(group, kind)).cloned())
    }
}

/// Group and kind of a custom resource definition, and how it is served.
fn custom_kind(node: &Node) -> Option<((&str, &str), ResourceInfo)> {
    let text = |path: &[&str]| node.at(path).and_then(Node::as_str);
    let plural = text(&["spec", "names", "plural"])?.to_owned();
    let namespaced = text(&["spec", "scope"]) != Some("Cluster");
    let key = (text(&["spec", "group"])?, text(&["spec", "names", "kind"])?);
    Some((key, ResourceInfo { plural: plural.into(), namespaced }))
}

impl<'a> ParamLookup<'a> for World<'a> {
    fn namespaced(&self, kind: &ParamKind) -> Option<bool> {
        let group = kind.api_version.split_once('/').map_or("", |(group, _)| group);
        self.resource(group, &kind.kind).map(|resource| resource.namespaced)
    }

    fn objects(&self, kind: &ParamKind, namespace: Option<&str>) -> Vec<(&'a str, &'a Node)> {
        let all = self.objects.get(&(&*kind.api_version, &*kind.kind)).into_iter().flatten();
        all.filter(|(found, ..)| namespace.is_none_or(|namespace| namespace == *found))
            .map(|&(_, name, node)| (name, node))
            .collect()
    }
}

impl<'a> Active<'a> {
    pub(super) fn new(
        invariants: Vec<&'a Invariant>,
        parameters: Option<&'a Node>,
        own: &'a [Object],
        inspected: &'a [Object],
    ) -> Self {
        let kinds = invariants.iter().filter_map(|known| known.policy.param_kind.as_ref());
        let kinds: Vec<_> = kinds.collect();
        let (own, inspected) = (World::new(own, &kinds), World::new(inspected, &kinds));
        Self { invariants, parameters, own, inspected }
    }

    /// How many policies are in force.
    pub fn len(&self) -> usize {
        self.invariants.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.invariants.is_empty()
    }

    /// Their ids, in the order in which they run.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.invariants.iter().map(|invariant| &*invariant.rule.id)
    }

    /// Runs all of them over an object. `done` is called after each, with its index.
    pub fn check(&self, object: &Object, found: &mut Found, mut done: impl FnMut(usize)) {
        let (group, kind) = (object.group(), object.kind());
        let resource =
            self.inspected.resource(group, kind).unwrap_or_else(|| ResourceInfo::guess(kind));
        let mut request = Request::create(&object.id, &resource, &object.node, object.namespace());
        if let Some(namespace) = self.inspected.namespaces.get(object.namespace()) {
            request.namespace_object = KnownNamespace::Object(namespace);
        }
        let review = Review::new(request);
        for (index, invariant) in self.invariants.iter().enumerate() {
            let mut say = Say { object, invariant, binding: None, found };
            if invariant.bindings.is_empty() {
                let parameters = self.parameters.filter(|_| invariant.takes_parameters());
                say.evaluation(invariant.policy.evaluate(&review, parameters));
            }
            for binding in &invariant.bindings {
                say.binding = Some(binding);
                self.check_bound(&review, binding, &mut say);
            }
            done(index);
        }
    }

    /// Runs an invariant under a binding: with each of its parameters.
    fn check_bound(&self, review: &Review<'a>, binding: &Binding, say: &mut Say<'_, 'a>) {
        let policy = &say.invariant.policy;
        // What the policy is not about is not for the binding to ask.
        if policy.constraints.matches(review.request()) == Matching::No {
            return;
        }
        match binding.matches(review.request()) {
            Matching::No => return,
            Matching::Undecided(reason) => return say.undecided(reason),
            Matching::Yes => {}
        }
        let inspected = say.invariant.origin == Origin::Inspected;
        let world = if inspected { &self.inspected } else { &self.own };
        match binding.params(policy, review.request(), world) {
            Params::None => say.evaluation(policy.evaluate(review, None)),
            Params::Objects(params) => {
                for param in params {
                    say.evaluation(policy.evaluate(review, Some(param)));
                }
            }
            // Whatever the binding says of parameters that are not there: they may be in the
            // cluster already.
            Params::NotFound(_) => {
                let name = &binding.name;
                say.undecided(format!("the parameters of the binding `{name}` are not at hand"));
            }
            Params::Misconfigured(message) => say.failed(&message, policy.failure_policy, &[]),
        }
    }
}

/// Turns what policies say of an object into findings.
struct Say<'s, 'a> {
    object: &'s Object,
    invariant: &'a Invariant,
    binding: Option<&'s Binding>,
    found: &'s mut Found,
}

impl Say<'_, '_> {
    fn evaluation(&mut self, evaluation: Evaluation) {
        match evaluation {
            Evaluation::NotMatched => {}
            Evaluation::Undecided(reason) => self.undecided(reason),
            Evaluation::Failed { message, failure_policy } => {
                self.failed(&message, failure_policy, &[]);
            }
            Evaluation::Checked { validations, audit_annotations: _ } => {
                for outcome in validations {
                    self.outcome(outcome);
                }
            }
        }
    }

    fn outcome(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Passes => {}
            Outcome::Denied { message, reason: _, blame } => {
                self.report(self.invariant.severity(self.binding), &message, &blame);
            }
            Outcome::Undecided(reason) => self.undecided(reason),
            Outcome::Failed { message, failure_policy, blame } => {
                self.failed(&message, failure_policy, &blame);
            }
        }
    }

    /// An evaluation that failed denies the object, or is passed over, as the policy says.
    fn failed(&mut self, message: &str, failure_policy: FailurePolicy, blame: &[Culprit]) {
        let severity = match failure_policy {
            FailurePolicy::Fail => self.invariant.severity(self.binding),
            FailurePolicy::Ignore => Severity::Note,
        };
        self.report(severity, &format!("the policy cannot be evaluated: {message}"), blame);
    }

    fn undecided(&mut self, reason: String) {
        self.found.undecided.push(Undecided {
            location: self.object.name_location(),
            rule: self.invariant.rule.id.clone(),
            reason,
            resource: Some(self.object.id.clone()),
        });
    }

    fn with_remedy(&self, finding: Finding, culprits: &[&Culprit]) -> Finding {
        let finding = match &self.invariant.remedy {
            Some(remedy) => finding.help(remedy.clone()),
            None => finding,
        };
        match &self.invariant.recipe {
            Some(recipe) => recipe.mend(finding, self.object, culprits),
            None => finding,
        }
    }

    /// Adds a finding for each fault, so that each can be accepted where it stands.
    fn report(&mut self, severity: Severity, message: &str, blame: &[Culprit]) {
        let rule = &self.invariant.rule.id;
        let id = &self.object.id;
        if blame.is_empty() {
            let location = self.object.name_location();
            let finding = Finding::new(rule.clone(), severity, location, message).of(id, "");
            self.found.findings.push(self.with_remedy(finding, &[]));
        }
        let mut faults: Vec<(usize, Finding)> = Vec::new();
        for culprit in blame {
            let location = self.object.location(culprit.span);
            match faults.iter_mut().find(|(fault, _)| *fault == culprit.fault) {
                Some((_, finding)) => {
                    let message = label(culprit).unwrap_or_else(|| "and this".to_owned());
                    finding.related.push(Related { location, message });
                }
                None => {
                    let finding = Finding::new(rule.clone(), severity, location, message)
                        .of(id, culprit.pointer.clone());
                    let same = |other: &&Culprit| other.fault == culprit.fault;
                    let culprits: Vec<_> = blame.iter().filter(same).collect();
                    let finding = self.with_remedy(finding, &culprits);
                    let finding = Finding { label: label(culprit), ..finding };
                    faults.push((culprit.fault, finding));
                }
            }
        }
        self.found.findings.extend(faults.into_iter().map(|(_, finding)| finding));
    }
}

/// The words for the underlined text: what is missing there, if that is the fault.
fn label(culprit: &Culprit) -> Option<String> {
    let missing = culprit.missing.as_ref()?;
    Some(match &culprit.subject {
        Some(name) => format!("`{missing}` is not set in `{name}`"),
        None => format!("`{missing}` is not set"),
    })
}
