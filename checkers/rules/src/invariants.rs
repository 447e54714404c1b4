//! Written invariants: `ValidatingAdmissionPolicy` objects, run over every inspected object.
//!
//! They come from three places. The *built-in* ones are the folders of `invariants/` and always in
//! force. A team's *own* lie in directories that it names, and are in force too, with their
//! bindings and parameters if there are any; one with the name of a built-in one replaces it. Those
//! among the *inspected* manifests are in force where an inspected binding says so, as they would
//! be in the cluster.

mod about;
mod active;
mod profile;
mod recipe;

use std::collections::BTreeMap;
use std::sync::Arc;

use seatrial_core::{Finding, Rule, Severity, SourceFile, Span};
use seatrial_manifests::Object;
use seatrial_parse::Node;
use seatrial_policy::{Action, Binding, Policy, PolicyProblem, place_in_source};

pub use about::INVALID_POLICY;
pub use active::Active;
pub use profile::Profile;
use recipe::Recipe;

/// Name, `policy.yaml` and `fail.yaml` of every built-in invariant, by name.
static BUILTIN: &[(&str, &str, &str)] = include!(concat!(env!("OUT_DIR"), "/invariants.rs"));

/// Where an invariant comes from, and so when it is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    Builtin,
    Own,
    Inspected,
}

/// A policy with what it says about itself.
#[derive(Debug)]
struct Invariant {
    rule: Rule,
    /// The profiles that it belongs to; all if empty.
    profiles: Vec<Profile>,
    /// What to do, in short.
    remedy: Option<String>,
    /// What to change where it denies, if that is certain.
    recipe: Option<Recipe>,
    policy: Policy,
    origin: Origin,
    /// Whether the API server would take it; one that it refuses is never in force.
    works: bool,
    bindings: Vec<Binding>,
}

/// All invariants of a run.
#[derive(Debug, Default)]
pub struct Invariants {
    all: Vec<Invariant>,
    /// What the team's directories hold: their policies' parameters.
    own: Vec<Object>,
    /// The parameters of the built-in policies: a ConfigMap.
    parameters: Vec<Object>,
    files: Vec<Arc<SourceFile>>,
    problems: Vec<Finding>,
}

impl Invariants {
    /// The built-in invariants.
    pub fn builtin() -> Self {
        let mut all = Self::default();
        for (name, text, fails) in BUILTIN {
            let file = SourceFile::new(format!("invariants/{name}/policy.yaml"), *text);
            all.add(&seatrial_manifests::read(Arc::new(file)).objects, Origin::Builtin);
            if let Some(known) = all.all.last_mut() {
                about::add_example(&mut known.rule, fails);
            }
        }
        all
    }

    /// Sets the parameters of the built-in policies: the data of the ConfigMap that those with
    /// `paramKind` get.
    pub fn set_parameters(&mut self, data: &BTreeMap<String, String>) {
        let metadata = BTreeMap::from([("name", "seatrial")]);
        let text = serde_json::json!({
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data,
        });
        let file = SourceFile::new("parameters", text.to_string());
        self.parameters = seatrial_manifests::read(Arc::new(file)).objects;
    }

    /// Adds a team's own invariants: the policies of a directory, with their bindings and
    /// parameters. Whether there are any.
    pub fn add_own(&mut self, objects: Vec<Object>) -> bool {
        let names: Vec<_> =
            objects.iter().filter(|object| is_policy(object)).map(Object::name).collect();
        self.all.retain(|known| {
            known.origin != Origin::Builtin || !names.contains(&&*known.policy.name)
        });
        let any = !names.is_empty();
        self.add(&objects, Origin::Own);
        self.own.extend(objects);
        any
    }

    /// Adds the policies among the inspected objects.
    pub fn add_inspected(&mut self, objects: &[Object]) {
        self.add(objects, Origin::Inspected);
    }

    fn add(&mut self, objects: &[Object], origin: Origin) {
        let first = self.all.len();
        for object in objects.iter().filter(|object| is_policy(object)) {
            let (policy, mut problems) = Policy::read(&object.node);
            // Built-in policies are known to compile; theirs are compiled when they first match.
            if origin != Origin::Builtin {
                problems.extend(policy.compile_problems());
            }
            let works = problems.is_empty();
            self.problems.extend(problems.iter().map(|problem| about::invalid(object, problem)));
            self.files.push(Arc::clone(&object.file));
            let profiles = about::profiles(object);
            let rule = about::rule(object, &policy, &profiles, origin == Origin::Inspected);
            let remedy = about::remedy(object);
            let recipe = about::recipe(object, &mut self.problems);
            let bindings = Vec::new();
            self.all.push(Invariant {
                rule,
                profiles,
                remedy,
                recipe,
                policy,
                origin,
                works,
                bindings,
            });
        }
        for object in objects.iter().filter(|object| is_binding(object)) {
            let (binding, problems) = Binding::read(&object.node);
            self.problems.extend(problems.iter().map(|problem| about::invalid(object, problem)));
            let added = self.all.get_mut(first..).unwrap_or_default();
            match added.iter_mut().find(|known| known.policy.name == binding.policy_name) {
                Some(known) => known.bindings.push(binding),
                None if origin == Origin::Inspected => {
                    self.problems.push(about::unbound(object, &binding));
                }
                None => {}
            }
        }
    }

    /// The rules that are in force, or would be if they were bound; built-in first.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        std::iter::once(&INVALID_POLICY).chain(self.all.iter().map(|known| &known.rule))
    }

    /// The profiles that the invariants belong to, by id; one that is not here belongs to all.
    pub fn profiles(&self) -> BTreeMap<&str, &[Profile]> {
        let some = self.all.iter().filter(|known| !known.profiles.is_empty());
        some.map(|known| (&*known.rule.id, known.profiles.as_slice())).collect()
    }

    /// The files that the policies stand in.
    pub fn files(&self) -> impl Iterator<Item = &Arc<SourceFile>> {
        self.files.iter()
    }

    /// What is wrong with the policies and bindings themselves.
    pub fn problems(&self) -> &[Finding] {
        &self.problems
    }

    /// The invariants that are in force among those that run, for these inspected objects.
    pub fn active<'a>(&'a self, objects: &'a [Object], runs: impl Fn(&str) -> bool) -> Active<'a> {
        let in_force = |known: &&Invariant| {
            let bound = known.bindings.iter().any(|binding| !binding.actions.is_empty());
            known.works && runs(&known.rule.id) && (known.origin != Origin::Inspected || bound)
        };
        let parameters = self.parameters.first().map(|object| &object.node);
        Active::new(self.all.iter().filter(in_force).collect(), parameters, &self.own, objects)
    }
}

impl Invariant {
    /// Whether it is a built-in one that the settings have parameters for.
    fn takes_parameters(&self) -> bool {
        self.origin == Origin::Builtin && self.policy.param_kind.is_some()
    }

    /// How bad a violation is under a binding: as the policy says, else as the binding acts.
    fn severity(&self, binding: Option<&Binding>) -> Severity {
        let acts = |action| binding.is_some_and(|binding| binding.actions.contains(&action));
        match binding {
            Some(_) if self.origin == Origin::Inspected && !acts(Action::Deny) => {
                let mildest = if acts(Action::Warn) { Severity::Warning } else { Severity::Note };
                mildest.min(self.rule.severity)
            }
            _ => self.rule.severity,
        }
    }
}

fn is_policy(object: &Object) -> bool {
    object.group() == "admissionregistration.k8s.io" && object.kind() == "ValidatingAdmissionPolicy"
}

fn is_binding(object: &Object) -> bool {
    object.group() == "admissionregistration.k8s.io"
        && object.kind() == "ValidatingAdmissionPolicyBinding"
}

/// The place of a problem: within an expression as far as that can be told.
fn place(object: &Object, problem: &PolicyProblem) -> Span {
    let value = text_at(&object.node, problem.span);
    match (problem.within, value) {
        (Some(within), Some(value)) => {
            place_in_source(object.file.text(), problem.span, value, within)
        }
        _ => problem.span,
    }
}

/// The text of the scalar at a span.
fn text_at(node: &Node, span: Span) -> Option<&str> {
    if node.span == span && node.as_str().is_some() {
        return node.as_str();
    }
    let below = node.items().iter().chain(node.entries().iter().map(|entry| &entry.value));
    below
        .filter(|child| child.span.start <= span.start && span.end <= child.span.end)
        .find_map(|child| text_at(child, span))
}
