use super::super::*;
use crate::Change;
use seatrial_core::SourceFile;
use seatrial_manifests::{Object, read};

pub(super) fn objects(text: &str) -> Vec<Object> {
    let manifest = read(SourceFile::new("policies.yaml", text).into());
    assert!(manifest.unreadable.is_empty(), "{text}: {:?}", manifest.unreadable);
    manifest.objects
}

/// A policy for deployments with the given fields of its `spec` in flow style, and a binding.
pub(super) fn set(spec: &str) -> Vec<Object> {
    let constraints = "matchConstraints: {resourceRules: [{apiGroups: [apps], apiVersions: [v1], \
                       operations: [CREATE], resources: [deployments]}]}";
    let constraints = if spec.contains("matchConstraints") { "" } else { constraints };
    let binding =
        if spec.contains("BINDING") { "" } else { "{policyName: p, validationActions: [Deny]}" };
    let (spec, bound) = spec.split_once("BINDING").unwrap_or((spec, binding));
    objects(&format!(
        "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicy\n\
         metadata: {{name: p}}\nspec:\n  {constraints}\n{}\n---\n\
         apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicyBinding\n\
         metadata: {{name: b}}\nspec: {bound}\n",
        spec.trim_matches('\n').lines().map(|line| format!("  {line}\n")).collect::<String>()
    ))
}

/// A policy with one validation.
pub(super) fn rule(expression: &str) -> Vec<Object> {
    set(&format!("validations:\n- expression: |-\n    {expression}\n"))
}

fn limits() -> Limits {
    Limits { items: 2, ..Limits::default() }
}

/// How two sets compare, in letters: `o`pened, `c`losed, `u`nknown, and `=` for a proof that nothing
/// changed.
fn shown(old: &[Object], new: &[Object]) -> String {
    let found = compare(old, new, &limits());
    let mut shown = String::new();
    for (letter, count) in [
        ("o", found.differences.of(Change::Opened)),
        ("c", found.differences.of(Change::Closed)),
        ("u", found.unknown.len()),
    ] {
        if count > 0 {
            shown.push_str(letter);
        }
    }
    if found.is_equal() { "=".to_owned() } else { shown }
}

fn check(pairs: &[(&str, &str, &str)]) {
    let mut wrong = Vec::new();
    for (old, new, expected) in pairs {
        let found = shown(&rule(old), &rule(new));
        if found != *expected {
            wrong.push(format!("{old}  ->  {new}: {found}, not {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn rewritten_expressions_are_equal() {
    check(&[
        ("object.spec.a > 5", "object.spec.a >= 6", "="),
        ("!(object.spec.a && object.spec.b)", "!object.spec.a || !object.spec.b", "="),
        ("!(object.spec.a || object.spec.b)", "!object.spec.a && !object.spec.b", "="),
        ("object.spec.x == oldObject.spec.x", "oldObject.spec.x == object.spec.x", "="),
        ("type(object.spec.a) == int", "int == type(object.spec.a)", "="),
        ("!(object.spec.a > 5 && object.spec.b)", "object.spec.a <= 5 || !object.spec.b", "="),
        ("has(object.spec.a) && object.spec.a > 5", "object.spec.?a.orValue(0) > 5", "="),
        ("object.spec.s in ['a', 'b']", "object.spec.s == 'a' || object.spec.s == 'b'", "="),
        ("object.spec.s.startsWith('ab')", "object.spec.s.matches('^ab')", "="),
        ("object.spec.s.size() > 0", "object.spec.s != ''", "="),
        ("object.spec.l.all(x, x != 'a')", "!object.spec.l.exists(y, y == 'a')", "="),
        (
            "object.spec.l.filter(x, x == 'a').size() == 1",
            "object.spec.l.exists_one(x, x == 'a')",
            "=",
        ),
        (
            "object.spec.l.all(x, x.n.startsWith('a'))",
            "object.spec.l.map(x, x.n).all(n, n.startsWith('a'))",
            "=",
        ),
        ("'a' in object.metadata.labels", "has(object.metadata.labels.a)", "="),
        ("object.spec.b ? object.spec.a == 1 : true", "!object.spec.b || object.spec.a == 1", "o"),
        ("object.spec.a + 1 > 5", "object.spec.a > 4 && object.spec.a < 9223372036854775807", "="),
        ("object.spec.s == object.spec.t", "object.spec.t == object.spec.s", "="),
        ("object.spec.l == ['a']", "object.spec.l.size() == 1 && object.spec.l[0] == 'a'", "="),
        ("object.kind == 'Deployment'", "true", "="),
        ("has(object.spec.replicas)", "has(object.spec)", "="),
        (
            "object.metadata.name == request.name",
            "request.namespace == object.metadata.namespace",
            "=",
        ),
        (
            "authorizer.group('').resource('pods').check('get').allowed() || object.spec.a > 1",
            "object.spec.a > 1 || authorizer.group('').resource('pods').check('get').allowed()",
            "=",
        ),
        ("object.spec.s.lowerAscii() == 'a'", "'a' == object.spec.s.lowerAscii()", "="),
    ]);
}

#[test]
fn stricter_and_looser_expressions_are_told_apart() {
    check(&[
        ("object.spec.a < 5", "object.spec.a < 6", "o"),
        ("object.spec.a < 6", "object.spec.a < 5", "c"),
        ("object.spec.a == 1", "object.spec.a == 2", "oc"),
        (
            "has(object.spec.a) && object.spec.a > 5",
            "!has(object.spec.a) || object.spec.a > 5",
            "o",
        ),
        ("object.spec.s.matches('^[a-c]+$')", "object.spec.s.matches('^[a-d]+$')", "o"),
        ("object.spec.s.matches('a')", "object.spec.s.contains('a')", "="),
        ("object.spec.s.endsWith('.io')", "object.spec.s.matches('.io$')", "o"),
        ("object.spec.l.all(x, x.a > 1)", "object.spec.l.exists(x, x.a > 1)", "oc"),
        (
            "object.spec.l.all(x, has(x.i) && x.i.startsWith('r/'))",
            "object.spec.l.all(x, !has(x.i) || x.i.startsWith('r/'))",
            "o",
        ),
        ("oldObject == null", "true", "="),
        ("object.spec.s < 'b'", "object.spec.s <= 'b'", "o"),
        ("has(object.spec.a)", "has(object.spec)", "o"),
        ("object.spec.a > 1 || object.spec.a <= 1", "has(object.spec.a)", "="),
        ("object.spec.a > 1 || object.spec.a <= 1", "true", "o"),
        ("object.spec.l.exists(x, x == 'a')", "object.spec.l.all(x, x == 'a')", "oc"),
        ("request.dryRun || object.spec.b", "object.spec.b", "u"),
        ("[quantity(object.spec.s)].size() == 1", "has(object.spec.s)", "o"),
        ("authorizer.group('').resource('pods').check('get').allowed()", "true", "u"),
        ("object.spec.s.lowerAscii() == 'x'", "object.spec.s.upperAscii() == 'X'", "u"),
        ("request.operation == 'CREATE'", "false", "c"),
        ("request.userInfo.username == 'x'", "true", "u"),
        ("quantity(object.spec.s).isLessThan(quantity('1'))", "true", "o"),
        ("object.spec.a / 2 == 1", "object.spec.a / 2 == 2", "u"),
    ]);
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn the_rest_of_a_policy_counts() {
    let v = "validations: [{expression: object.spec.a > 1}]";
    let two = "validations: [{expression: object.spec.a > 1}, {expression: object.spec.b}]";
    let rules = |operations: &str, resources: &str, more: &str| {
        format!(
            "matchConstraints: {{resourceRules: [{{apiGroups: [apps], apiVersions: [v1], operations: \
             [{operations}], resources: [{resources}]}}]{more}}}\n{v}\n"
        )
    };
    let wide = rules("CREATE, UPDATE", "deployments, statefulsets", "");
    let labelled =
        |words: &str| rules("CREATE", "deployments", &format!(", objectSelector: {words}"));
    let in_namespace =
        |words: &str| rules("CREATE", "deployments", &format!(", namespaceSelector: {words}"));
    let any = |expression: &str| {
        format!(
            "matchConstraints: {{resourceRules: [{{apiGroups: ['*'], apiVersions: ['*'], operations: \
             [CREATE], resources: ['*']}}]}}\nvalidations:\n- expression: \"{expression}\"\n"
        )
    };
    let bound = |more: &str| format!("{v}\nBINDING{{policyName: p, {more}}}");
    for (old, new, expected) in [
        (two.to_owned(), v.to_owned(), "o"),
        (v.to_owned(), two.to_owned(), "c"),
        (v.to_owned(), format!("failurePolicy: Ignore\n{v}"), "o"),
        (format!("failurePolicy: Fail\n{v}"), v.to_owned(), "="),
        (wide.clone(), rules("CREATE", "deployments, statefulsets", ""), "o"),
        (wide.clone(), rules("CREATE, UPDATE", "deployments", ""), "o"),
        (rules("CREATE", "deployments", ""), wide.clone(), "c"),
        (wide.clone(), rules("UPDATE, CREATE", "statefulsets, deployments", ""), "="),
        (rules("'*'", "'*'", ""), wide, "o"),
        (v.to_owned(), labelled("{matchLabels: {t: x}}"), "o"),
        (
            labelled("{matchLabels: {t: x}}"),
            labelled("{matchExpressions: [{key: t, operator: In, values: [x]}]}"),
            "=",
        ),
        (
            labelled("{matchLabels: {t: x}}"),
            labelled("{matchExpressions: [{key: t, operator: In, values: [x, z]}]}"),
            "c",
        ),
        (v.to_owned(), in_namespace("{matchLabels: {env: prod}}"), "o"),
        (v.to_owned(), in_namespace("{matchLabels: {kubernetes.io/metadata.name: prod}}"), "o"),
        (in_namespace("{matchExpressions: [{key: env, operator: Exists}]}"), v.to_owned(), "c"),
        (v.to_owned(), bound("validationActions: [Warn]"), "o"),
        (v.to_owned(), bound("validationActions: [Audit, Deny]"), "="),
        (
            v.to_owned(),
            bound("validationActions: [Deny], matchResources: {objectSelector: {matchLabels: {a: b}}}"),
            "o",
        ),
        (v.to_owned(), format!("matchConditions: [{{name: c, expression: has(object.spec.a)}}]\n{v}"), "o"),
        (
            "variables: [{name: x, expression: object.spec.a}]\nvalidations: [{expression: variables.x > 1}]"
                .to_owned(),
            "variables: [{name: w, expression: object.spec.a}]\nvalidations: [{expression: variables.w >= 2}]"
                .to_owned(),
            "=",
        ),
    ] {
        assert_eq!(shown(&set(&old), &set(&new)), expected, "{old}\n->\n{new}");
    }
    for (old, new, expected) in [
        (format!("failurePolicy: Ignore\n{v}"), "failurePolicy: Ignore\nvalidations: [{expression: '!has(object.spec.a) || object.spec.a > 1'}]".to_owned(), "="),
        (v.to_owned(), rules("CREATE", "deployments", ", matchPolicy: Exact"), "="),
        (
            rules("CREATE", "deployments", ""),
            rules("CREATE", "deployments", ", excludeResourceRules: [{apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: [deployments], resourceNames: [web]}]"),
            "o",
        ),
        (rules("CREATE", "deployments, deployments/scale", ""), rules("CREATE", "deployments", ""), "u"),
        (rules("CREATE", "'*'", ""), rules("CREATE", "'*'", ", matchPolicy: Exact"), "="),
        (
            "matchConstraints: {resourceRules: [{apiGroups: ['*'], apiVersions: ['*'], operations: [CREATE], resources: [widgets]}]}\nvalidations: [{expression: object.spec.a > 1}]".to_owned(),
            "matchConstraints: {resourceRules: [{apiGroups: ['*'], apiVersions: ['*'], operations: [CREATE], resources: [widgets]}]}\nvalidations: [{expression: object.spec.a > 0}]".to_owned(),
            "o",
        ),
        (
            "matchConstraints: {resourceRules: [{apiGroups: [x.io], apiVersions: ['*'], operations: [CREATE], resources: [widgets]}]}\nvalidations: [{expression: object.spec.a > 1}]".to_owned(),
            "matchConstraints: {resourceRules: [{apiGroups: [x.io], apiVersions: [v1], operations: [CREATE], resources: [widgets]}]}\nvalidations: [{expression: object.spec.a > 1}]".to_owned(),
            "u",
        ),
        (any("object.kind != 'Widget'"), any("true"), "o"),
        (any("request.resource.resource != 'widgets'"), any("true"), "o"),
        (any("request.kind.group != 'x.io'"), any("!object.apiVersion.startsWith('x.io/')"), "="),
        (any("object.apiVersion != 'x.io/v7'"), any("true"), "o"),
        (any("object.kind != 'Pod'"), any("request.kind.kind != 'Pod'"), "="),
        (v.to_owned(), bound("validationActions: [Deny], paramRef: {name: a, parameterNotFoundAction: Allow}"), "="),
    ] {
        assert_eq!(shown(&set(&old), &set(&new)), expected, "{old}\n->\n{new}");
    }
    assert_eq!(shown(&set(v), &[]), "o");
    assert_eq!(shown(&[], &set(v)), "c");
    assert_eq!(shown(&set(v), &set(v)), "=");
}

#[test]
fn parameters_count_by_their_values() {
    let with = |most: &str| {
        let mut all = set("paramKind: {apiVersion: v1, kind: ConfigMap}\n\
             validations: [{expression: object.spec.s == params.data.s}]\n\
             BINDING{policyName: p, validationActions: [Deny], paramRef: {name: c, namespace: ns, \
             parameterNotFoundAction: Deny}}");
        if !most.is_empty() {
            let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: ns}\n";
            all.extend(objects(&format!("{text}data: {{s: '{most}'}}\n")));
        }
        all
    };
    assert_eq!(shown(&with("x"), &with("x")), "=");
    assert_eq!(shown(&with("x"), &with("y")), "oc");
    assert_eq!(shown(&with("x"), &rule("object.spec.s == 'x'")), "=");
    assert_eq!(shown(&with("x"), &with("")), "u");
}

#[test]
fn without_answers_of_the_solver_nothing_is_proved() {
    let (old, new) = (rule("object.spec.a > 5"), rule("object.spec.a >= 6"));
    assert!(compare(&old, &new, &limits()).is_equal());
    for limits in [
        Limits { questions: 0, ..limits() },
        Limits { questions: 1, ..limits() },
        Limits { work: Some(1), ..limits() },
    ] {
        let found = compare(&old, &new, &limits);
        assert!(!found.is_equal() && !found.is_as_strict(), "{limits:?}: {found:?}");
        assert_eq!(found.differences.total(), 0, "{limits:?}");
    }
}

#[test]
fn a_witness_is_small_and_names_both_rules() {
    let (old, new) = (rule("object.spec.replicas <= 5"), rule("object.spec.replicas <= 50"));
    let found = compare(&old, &new, &limits());
    let [difference] = found.differences.listed.as_slice() else { panic!("{found:?}") };
    assert_eq!(difference.change, Change::Opened);
    assert_eq!(difference.old[0].pointer, "/spec/validations/0/expression");
    assert_eq!(difference.new[0].location.line, 8);
    let object = &difference.witness.object;
    assert!(
        object.starts_with("{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{"),
        "{object}"
    );
    assert!(!found.is_as_strict());
    assert!(compare(&new, &old, &limits()).is_as_strict());
    assert_eq!(found.bounds.items, None);
    assert_eq!(difference.region[1].members.to_string(), "deployments.apps");
}
