//! Random policies for tests, and what brute force says about them.

use std::sync::{Arc, OnceLock};

use rustc_hash::FxHashMap;
use seatrial_core::{SourceFile, Span};
use seatrial_manifests::{Object, read};

use super::{Action, Binding, Policy, ResourceAction, Role, RoleKind, Rule, Subject, Target};

/// Random numbers from a seed (splitmix64).
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below a bound.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).unwrap()
    }

    pub(crate) fn one_in(&mut self, bound: usize) -> bool {
        self.below(bound) == 0
    }

    pub(crate) fn pick<T: Copy>(&mut self, values: &[T]) -> T {
        values[self.below(values.len())]
    }

    /// Some of the values, at least `least`.
    fn some<T: Copy>(&mut self, values: &[T], least: usize) -> Vec<T> {
        let count = least + usize::from(self.one_in(3));
        (0..count).map(|_| self.pick(values)).collect()
    }
}

pub(crate) const NAMESPACES: &[&str] = &["a", "b"];
const VERBS: &[&str] = &["get", "list", "*"];
const GROUPS: &[&str] = &["", "g", "*"];
const RESOURCES: &[&str] =
    &["r", "s", "r/x", "s/x", "s/y", "*/x", "*", "*/*", "r/*", "r/x/y", "r/", "/x"];
const NAMES: &[&str] = &["p", "q"];
const URLS: &[&str] = &["*", "/", "/a", "/a/*", "/a/b*", "/a/bc", "/o*", "/e**", "/x*y"];
const SUBJECTS: &[Subject<'static>] = &[
    Subject::User("u"),
    Subject::User("v"),
    Subject::User("system:anonymous"),
    Subject::Group("g"),
    Subject::Group("system:authenticated"),
    Subject::Group("system:unauthenticated"),
    Subject::Group("system:serviceaccounts"),
    Subject::Group("system:serviceaccounts:a"),
    Subject::Group("system:masters"),
    Subject::ServiceAccount("a", "m"),
    Subject::ServiceAccount("b", "m"),
];

/// An object that stands for all.
fn object() -> &'static Object {
    static OBJECT: OnceLock<Vec<Object>> = OnceLock::new();
    let text = "apiVersion: v1\nkind: Role\nmetadata: {name: x}\n";
    let objects = || read(Arc::new(SourceFile::new("a.yaml", text))).objects;
    OBJECT.get_or_init(objects).first().unwrap()
}

fn rule(dice: &mut Dice) -> Rule<'static> {
    let mut rule = Rule {
        object: object(),
        index: 0,
        span: Span::default(),
        verbs: dice.some(VERBS, 1),
        groups: vec![],
        resources: vec![],
        names: vec![],
        urls: vec![],
    };
    if dice.one_in(4) {
        rule.urls = dice.some(URLS, 1);
    } else {
        rule.groups = dice.some(GROUPS, 1);
        rule.resources = dice.some(RESOURCES, 1);
        rule.names = if dice.one_in(2) { dice.some(NAMES, 1) } else { vec![] };
        // A rule that the API server refuses; the authorizer takes it as it is.
        rule.urls = if dice.one_in(20) { dice.some(URLS, 1) } else { vec![] };
    }
    rule
}

/// A random policy of a few roles and bindings.
pub(crate) fn policy(dice: &mut Dice) -> Policy<'static> {
    let mut policy = Policy::default();
    for _ in 0..=dice.below(2) {
        add_role(dice, &mut policy);
    }
    for _ in 0..=dice.below(3) {
        add_binding(dice, &mut policy);
    }
    index(&mut policy);
    policy
}

fn add_role(dice: &mut Dice, policy: &mut Policy<'static>) {
    let first = policy.rules.len();
    let rules = 1 + usize::from(dice.one_in(3));
    policy.rules.extend((0..rules).map(|_| rule(dice)));
    let rules = (first..policy.rules.len()).collect();
    let unknown = dice.one_in(12).then(|| format!("reason {}", dice.below(2)));
    policy.roles.push(Role { object: object(), namespace: None, rules, unknown });
}

fn add_binding(dice: &mut Dice, policy: &mut Policy<'static>) {
    let namespace = (!dice.one_in(3)).then(|| dice.pick(NAMESPACES));
    let missing = dice.one_in(12);
    let target =
        if missing { Target::Missing } else { Target::Role(dice.below(policy.roles.len())) };
    let subjects = dice.some(SUBJECTS, 1).into_iter().enumerate().collect();
    let role = (RoleKind::ClusterRole, dice.pick(&["lost", "gone"]));
    policy.bindings.push(Binding { object: object(), namespace, role, target, subjects });
}

fn index(policy: &mut Policy<'static>) {
    let mut bindings_in: FxHashMap<_, Vec<_>> = FxHashMap::default();
    for (at, binding) in policy.bindings.iter().enumerate() {
        bindings_in.entry(binding.namespace).or_default().push(at);
    }
    policy.bindings_in = bindings_in;
}

/// The same policy with one thing changed, sometimes two.
pub(crate) fn changed(dice: &mut Dice, policy: &Policy<'static>) -> Policy<'static> {
    let mut new = Policy {
        rules: policy.rules.clone(),
        roles: policy.roles.iter().map(copy_of_role).collect(),
        bindings: policy.bindings.iter().map(copy_of_binding).collect(),
        ..Policy::default()
    };
    for _ in 0..=dice.below(2) {
        change(dice, &mut new);
    }
    index(&mut new);
    new
}

fn change(dice: &mut Dice, new: &mut Policy<'static>) {
    let bindings = new.bindings.len();
    match dice.below(6) {
        0 => {
            let at = dice.below(new.rules.len());
            new.rules[at] = rule(dice);
        }
        1 => add_binding(dice, new),
        2 if bindings > 1 => {
            new.bindings.remove(dice.below(bindings));
        }
        3 => {
            let subject = dice.pick(SUBJECTS);
            new.bindings[dice.below(bindings)].subjects.push((9, subject));
        }
        4 => {
            let namespace = (!dice.one_in(3)).then(|| dice.pick(NAMESPACES));
            new.bindings[dice.below(bindings)].namespace = namespace;
        }
        _ => {
            let role = dice.below(new.roles.len());
            new.bindings[dice.below(bindings)].target = Target::Role(role);
        }
    }
}

fn copy_of_role(role: &Role<'static>) -> Role<'static> {
    Role {
        object: role.object,
        namespace: role.namespace,
        rules: role.rules.clone(),
        unknown: role.unknown.clone(),
    }
}

fn copy_of_binding(binding: &Binding<'static>) -> Binding<'static> {
    Binding {
        object: binding.object,
        namespace: binding.namespace,
        role: binding.role,
        target: binding.target,
        subjects: binding.subjects.clone(),
    }
}

/// All actions over the literals of policies and values that none of them has.
pub(crate) fn actions(policies: &[&Policy<'static>]) -> Vec<Action> {
    let rules = || policies.iter().flat_map(|policy| &policy.rules);
    let bindings = policies.iter().flat_map(|policy| &policy.bindings);
    let with = |literals: Vec<&'static str>, fresh: &[&'static str]| {
        // `*` is a wildcard where a fresh value is asked for, but for parts of resources.
        let literals = literals.into_iter().filter(|value| *value != "*" || fresh.contains(&"*"));
        let mut values: Vec<_> = literals.chain(fresh.iter().copied()).collect();
        values.sort_unstable();
        values.dedup();
        values
    };
    let parts = |part: usize| -> Vec<&'static str> {
        rules().flat_map(|rule| &rule.resources).filter_map(|r| r.split('/').nth(part)).collect()
    };
    let namespaces = with(bindings.filter_map(|b| b.namespace).collect(), &["", "fresh"]);
    let verbs = with(rules().flat_map(|rule| rule.verbs.clone()).collect(), &["fresh"]);
    let groups = with(rules().flat_map(|rule| rule.groups.clone()).collect(), &["fresh"]);
    let resources = with(parts(0), &["fresh"]);
    let subresources = with(parts(1), &["", "*"]);
    let names = with(rules().flat_map(|rule| rule.names.clone()).collect(), &["", "fresh"]);
    let mut actions = Vec::new();
    for namespace in &namespaces {
        for verb in &verbs {
            for group in &groups {
                for resource in &resources {
                    for subresource in &subresources {
                        for name in &names {
                            let [verb, group, resource, subresource, namespace, name] =
                                [verb, group, resource, subresource, namespace, name]
                                    .map(|text| (*text).to_owned());
                            actions.push(Action::Resource(ResourceAction {
                                verb,
                                group,
                                resource,
                                subresource,
                                namespace,
                                name,
                            }));
                        }
                    }
                }
            }
        }
    }
    let literals: Vec<_> = rules().flat_map(|rule| rule.urls.clone()).collect();
    let ends = ["", "/", "b", "c", "~"];
    for verb in &verbs {
        for url in literals.iter().copied().chain(["", "/", "fresh"]) {
            for end in ends {
                let path = format!("{}{end}", url.trim_end_matches('*'));
                actions.push(Action::Url { verb: (*verb).to_owned(), path });
            }
            actions.push(Action::Url { verb: (*verb).to_owned(), path: url.to_owned() });
        }
    }
    actions
}

/// The objects of a text.
pub(crate) fn objects(text: &str) -> Vec<Object> {
    read(Arc::new(SourceFile::new("a.yaml", text))).objects
}

/// A cluster role of rules in YAML's flow style, and a binding of it: to a subject everywhere, or in
/// a namespace.
pub(crate) fn granted(name: &str, rules: &str, place: Option<&str>, subject: &str) -> String {
    let api = "apiVersion: rbac.authorization.k8s.io/v1";
    let (kind, metadata) = match place {
        None => ("ClusterRoleBinding", format!("{{name: '{name}'}}")),
        Some(place) => ("RoleBinding", format!("{{name: '{name}', namespace: '{place}'}}")),
    };
    format!(
        "---\n{api}\nkind: ClusterRole\nmetadata: {{name: '{name}'}}\nrules: [{rules}]\n\
         ---\n{api}\nkind: {kind}\nmetadata: {metadata}\nroleRef: {{apiGroup: \
         rbac.authorization.k8s.io, kind: ClusterRole, name: '{name}'}}\nsubjects: [{subject}]\n"
    )
}
