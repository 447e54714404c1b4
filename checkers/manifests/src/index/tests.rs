use std::sync::Arc;

use proptest::prelude::*;
use proptest::sample::select;
use seatrial_core::SourceFile;

use super::*;
use crate::read;

fn objects(text: &str) -> Vec<Object> {
    read(Arc::new(SourceFile::new("a.yaml", text))).objects
}

fn names<'a>(objects: impl IntoIterator<Item = &'a Object>) -> Vec<String> {
    objects.into_iter().map(|object| object.id.to_string()).collect()
}

#[test]
fn references_are_resolved_with_absent_namespaces_as_wildcards() {
    let objects = objects(
        "{apiVersion: v1, kind: Secret, metadata: {name: s, namespace: a}}\n---\n\
         {apiVersion: v1, kind: Secret, metadata: {name: s, namespace: b}}\n---\n\
         {apiVersion: v1, kind: Secret, metadata: {name: t}}\n---\n\
         {apiVersion: v1, kind: Secret, metadata: {name: t, namespace: a}}\n---\n\
         {apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: {name: p}}\n---\n\
         {apiVersion: apps/v1, kind: Deployment, metadata: {name: s, namespace: a}}\n",
    );
    let index = Index::build(&objects);
    for (namespace, group, kind, name, expected) in [
        (Some("a"), "", "Secret", "s", vec!["Secret a/s"]),
        (Some("c"), "", "Secret", "s", vec![]),
        (None, "", "Secret", "s", vec!["Secret a/s", "Secret b/s"]),
        (Some("a"), "", "Secret", "t", vec!["Secret a/t"]),
        (Some("b"), "", "Secret", "t", vec!["Secret t"]),
        (None, "", "Secret", "t", vec!["Secret t"]),
        (None, "", "ConfigMap", "t", vec![]),
        (Some("a"), "scheduling.k8s.io", "PriorityClass", "p", vec!["PriorityClass p"]),
        (Some("a"), "apps", "Deployment", "s", vec!["Deployment a/s"]),
        (Some("a"), "extensions", "Deployment", "s", vec![]),
    ] {
        assert_eq!(names(index.resolve(namespace, group, kind, name)), expected, "{kind} {name}");
    }
    assert_eq!(names(index.resolve_name(Some("a"), "s")), ["Secret a/s", "Deployment a/s"]);
    assert_eq!(names(index.of_kind("apps", "Deployment")), ["Deployment a/s"]);
}

#[test]
fn custom_resources_live_in_no_namespace_where_their_definition_says_so() {
    let objects = objects(
        "{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name: x}, \
         spec: {group: example.com, scope: Cluster, names: {kind: Fleet}}}\n---\n\
         {apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name: y}, \
         spec: {group: example.com, scope: Namespaced, names: {kind: Ship}}}\n",
    );
    let index = Index::build(&objects);
    assert!(index.is_cluster_scoped("example.com", "Fleet"));
    assert!(!index.is_cluster_scoped("example.com", "Ship"));
    assert!(index.is_cluster_scoped("", "Namespace") && !index.is_cluster_scoped("", "Pod"));
}

#[test]
fn near_names_are_of_the_same_kind_in_sight() {
    let objects = objects(
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: web-config, namespace: a}}\n---\n\
         {apiVersion: v1, kind: ConfigMap, metadata: {name: web-confog}}\n---\n\
         {apiVersion: v1, kind: Secret, metadata: {name: web-config, namespace: a}}\n",
    );
    let index = Index::build(&objects);
    let near = |namespace| names(index.near_names(namespace, "", "ConfigMap", "web-confg"));
    assert_eq!(near(Some("a")), ["ConfigMap a/web-config", "ConfigMap web-confog"]);
    assert_eq!(near(Some("b")), ["ConfigMap web-confog"]);
    assert_eq!(near(None), ["ConfigMap web-confog"]);
}

#[test]
fn near_label_values_are_those_of_the_same_key_in_sight() {
    let objects = objects(
        "{apiVersion: v1, kind: Pod, metadata: {namespace: a, labels: {app: front, x: fronl}}}\n---\n\
         {apiVersion: v1, kind: Pod, metadata: {labels: {app: fronti}}}\n---\n\
         {apiVersion: v1, kind: Pod, metadata: {namespace: b, labels: {app: fron}}}\n",
    );
    let index = Index::build(&objects);
    assert_eq!(index.near_label_values(Some("a"), "app", "fornt"), ["front"]);
    assert_eq!(index.near_label_values(Some("a"), "app", "frontx"), ["front", "fronti"]);
    assert_eq!(index.near_label_values(None, "app", "frontx"), ["fronti"]);
    assert!(index.near_label_values(Some("a"), "y", "fornt").is_empty());
}

#[test]
fn a_limited_selection_looks_at_the_first_templates_only() {
    let objects = objects(
        "{apiVersion: v1, kind: Pod, metadata: {name: a, labels: {app: x}}}\n---\n\
         {apiVersion: v1, kind: Pod, metadata: {name: b, labels: {app: x}}}\n---\n\
         {apiVersion: v1, kind: Service, spec: {selector: {app: x}}}\n",
    );
    let index = Index::build(&objects);
    let selector = Selector::of(&objects[2]).unwrap();
    assert_eq!(index.select(None, &selector).len(), 2);
    assert_eq!(index.select_some(None, &selector, 1)[0].object.name(), "a");
    assert_eq!(index.select_some(None, &selector, 1).len(), 1);
}

#[test]
fn pods_of_a_stateful_set_are_found_by_their_names() {
    let objects = objects(
        "{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: db}, spec: {template: {}}}\n---\n\
         {apiVersion: apps/v1, kind: StatefulSet, metadata: {name: kv}, spec: {template: {}}}\n---\n\
         {apiVersion: v1, kind: Service, spec: {selector: {statefulset.kubernetes.io/pod-name: db-1}}}\n",
    );
    let index = Index::build(&objects);
    let selector = Selector::of(&objects[2]).unwrap();
    assert_eq!(index.candidates(Scope::Unnamed, &selector, usize::MAX).len(), 1);
    assert_eq!(index.select(None, &selector)[0].object.name(), "db");
}

/// The effort is counted, not timed: of many applications, each Service looks at its own pods.
#[test]
fn resolving_all_selectors_looks_at_each_template_once() {
    const APPLICATIONS: u32 = 500;
    let text: String = (0..APPLICATIONS)
        .map(|n| {
            format!(
                "---\n{{apiVersion: v1, kind: Pod, metadata: {{name: p{n}, labels: {{app: a{n}, \
                 team: all}}}}, spec: {{}}}}\n---\n{{apiVersion: v1, kind: Service, metadata: \
                 {{name: s{n}}}, spec: {{selector: {{team: all, app: a{n}}}}}}}\n"
            )
        })
        .collect();
    let objects = objects(&text);
    let index = Index::build(&objects);
    let looked_at: usize = index
        .of_kind("", "Service")
        .map(|service| {
            let selector = Selector::of(service).unwrap();
            index.candidates(Scope::Unnamed, &selector, usize::MAX).len()
        })
        .sum();
    assert_eq!(looked_at, APPLICATIONS as usize);
}

const NAMESPACES: [&str; 3] = ["", "namespace: a, ", "namespace: b, "];
const PODS: [(&str, &str); 3] =
    [("v1", "Pod"), ("apps/v1", "Deployment"), ("apps/v1", "StatefulSet")];

fn labels() -> impl Strategy<Value = String> {
    let label = (select(vec!["app", "tier", "x.io/y"]), select(vec!["p", "q", "r"]));
    proptest::collection::btree_map(label.0, label.1, 0..3).prop_map(|labels| {
        let entries: Vec<_> = labels.iter().map(|(key, value)| format!("{key}: {value}")).collect();
        format!("{{{}}}", entries.join(", "))
    })
}

fn workload() -> impl Strategy<Value = String> {
    let parts =
        (select(PODS.to_vec()), select(NAMESPACES.to_vec()), select(vec!["m", "n"]), labels());
    parts.prop_map(|((api_version, kind), namespace, name, labels)| {
        let pod = format!("metadata: {{{namespace}name: {name}, labels: {labels}}}, spec: {{}}");
        let body = match kind {
            "Pod" => pod,
            _ => format!("metadata: {{{namespace}name: {name}}}, spec: {{template: {{{pod}}}}}"),
        };
        format!("---\n{{apiVersion: {api_version}, kind: {kind}, {body}}}\n")
    })
}

fn budget() -> impl Strategy<Value = String> {
    let key =
        select(vec!["app", "tier", "statefulset.kubernetes.io/pod-name", "pod-template-hash"]);
    let operator = select(vec![
        "operator: In, values: [p, m-0]",
        "operator: In, values: [q]",
        "operator: NotIn, values: [p, q]",
        "operator: Exists",
        "operator: DoesNotExist",
    ]);
    let expressions = proptest::collection::vec((key, operator), 0..3).prop_map(|expressions| {
        let each = |(key, operator)| format!("{{key: {key}, {operator}}}");
        expressions.into_iter().map(each).collect::<Vec<_>>().join(", ")
    });
    (select(NAMESPACES.to_vec()), labels(), expressions).prop_map(|(namespace, labels, expressions)| {
        format!(
            "---\n{{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {{{namespace}name: \
             b}}, spec: {{selector: {{matchLabels: {labels}, matchExpressions: [{expressions}]}}}}}}\n"
        )
    })
}

/// All templates, looked at one by one, by the definition in the module's documentation.
fn select_by_brute_force<'a>(
    objects: &'a [Object],
    namespace: Option<&str>,
    selector: &Selector<'_>,
) -> Vec<&'a Object> {
    let matching = |fits: &dyn Fn(Option<&str>) -> bool| -> Vec<&'a Object> {
        let templates = objects.iter().filter_map(PodTemplate::of);
        let selected = templates
            .filter(|template| fits(template.namespace()) && selector.matches_pods_of(template));
        selected.map(|template| template.object).collect()
    };
    let same = matching(&|other| other == namespace);
    if same.is_empty() { matching(&|other| namespace.is_none() || other.is_none()) } else { same }
}

proptest! {
    #[test]
    fn the_index_selects_what_looking_at_everything_selects(
        workloads in proptest::collection::vec(workload(), 0..12),
        budgets in proptest::collection::vec(budget(), 1..6),
    ) {
        let objects = objects(&(workloads.concat() + &budgets.concat()));
        prop_assert_eq!(objects.len(), workloads.len() + budgets.len());
        let index = Index::build(&objects);
        for budget in index.of_kind("policy", "PodDisruptionBudget") {
            let selector = Selector::of(budget).unwrap();
            let namespace = budget.id.namespace.as_deref();
            let found: Vec<_> =
                index.select(namespace, &selector).iter().map(|template| &template.object.id).collect();
            let expected = select_by_brute_force(&objects, namespace, &selector);
            let expected: Vec<_> = expected.iter().map(|object| &object.id).collect();
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn the_index_resolves_what_looking_at_everything_resolves(
        workloads in proptest::collection::vec(workload(), 0..12),
        namespace in select(vec![None, Some("a"), Some("b")]),
        (api_version, kind) in select(PODS.to_vec()),
        name in select(vec!["m", "n", "o"]),
    ) {
        let objects = objects(&workloads.concat());
        let group = api_version.split_once('/').map_or("", |(group, _)| group);
        let matching = |fits: &dyn Fn(Option<&str>) -> bool| -> Vec<&Object> {
            let of_name = objects.iter().filter(|object| {
                (object.group(), object.kind(), object.name()) == (group, kind, name)
            });
            of_name.filter(|object| fits(object.id.namespace.as_deref())).collect()
        };
        let same = matching(&|other| other == namespace);
        let expected = if same.is_empty() {
            matching(&|other| namespace.is_none() || other.is_none())
        } else {
            same
        };
        let index = Index::build(&objects);
        let found = index.resolve(namespace, group, kind, name);
        prop_assert_eq!(names(found), names(expected));
    }
}
