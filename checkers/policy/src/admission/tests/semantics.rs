//! What policies mean beyond the examples: matching, failures, budgets, the undecided.

use super::*;

fn pod(metadata: &str, spec: &str) -> String {
    format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: p, {metadata}}}\nspec: {{{spec}}}\n")
}

#[track_caller]
fn expect(expression: &str, object: &str, expected: &str) {
    let quoted = expression.replace('\'', "''");
    let found = shown(&outcome(&format!("validations: [{{expression: '{quoted}'}}]"), object));
    let matches =
        if expected == "denied" { found.starts_with("denied") } else { found == expected };
    assert!(matches, "{expression}: {found}");
}

#[test]
fn expressions_that_have_failed_elsewhere() {
    let object = pod(
        "namespace: shop, labels: {app.kubernetes.io/name: web, a.b: c}",
        "priority: 3, containers: [{name: a, resources: {limits: {memory: 1.5Gi}}}]",
    );
    for (expression, expected) in [
        ("object.metadata.labels['app.kubernetes.io/name'] == 'web'", "passes"),
        ("'app.kubernetes.io/name' in object.metadata.labels", "passes"),
        ("object.metadata.labels['a.b'] == 'x'", "denied"),
        ("object.metadata.namespace == 'shop'", "passes"),
        ("object.metadata.__namespace__ == 'shop'", "passes"),
        ("object.?metadata.?annotations.orValue({}).size() == 0", "passes"),
        ("object.metadata.?labels['a.b'].orValue('') == 'c'", "passes"),
        ("object.metadata.?labels['none'].orValue('') == 'c'", "denied"),
        ("object.spec.priority == 3.0", "passes"),
        ("object.spec.priority < 3.5", "passes"),
        ("object.spec.containers.all(i, c, i == 0 && c.name == 'a')", "passes"),
        ("object.metadata.labels.all(k, v, k.contains('.') && v.size() == 3)", "denied"),
        ("has(object.spec.priority) && !has(object.spec.hostNetwork)", "passes"),
        (
            "object.spec.containers.all(c, quantity(c.resources.limits.memory).isLessThan(quantity('2Gi')))",
            "passes",
        ),
        (
            "quantity(object.spec.containers[0].resources.limits['memory']).compareTo(quantity('1Gi')) < 0",
            "denied",
        ),
        // These are well-formed, but do not type-check when they run.
        ("object.metadata.name + 1 == 'p1'", "failed: no such overload"),
        ("object.spec.priority.startsWith('x')", "failed: no such overload"),
        ("object.spec.containers.name == 'a'", "failed: no such key: name"),
        ("object.spec.priority && true", "failed: no such overload"),
        ("object.spec.priority", "denied"),
        ("object.metadata.labels['none'] == ''", "failed: no such key: none"),
        // Nobody here knows who may do what, or who asks.
        (
            "authorizer.group('').resource('pods').check('get').allowed()",
            "undecided: who may do what is known to the cluster alone",
        ),
        ("object.spec.priority == 3 || authorizer.path('/x').check('get').allowed()", "passes"),
        ("authorizer.requestResource.check('x').allowed() || object.spec.priority == 3", "passes"),
        ("object.spec.priority == 4 && authorizer.path('/x').check('get').allowed()", "denied"),
        ("request.userInfo.username == 'x'", "undecided: who sends the request is not known here"),
        (
            "request.operation == 'CREATE' && request.name == 'p' && request.namespace == 'shop'",
            "passes",
        ),
        (
            "request.kind.kind == 'Pod' && request.resource.resource == 'pods' && request.kind.group == ''",
            "passes",
        ),
        ("namespaceObject.metadata.name == 'shop'", "passes"),
        (
            "has(namespaceObject.metadata.labels)",
            "undecided: the namespace is not among the manifests",
        ),
        (
            "namespaceObject.metadata.?labels.?env.orValue('') == 'x'",
            "undecided: the namespace is not among the manifests",
        ),
        (
            "namespaceObject.metadata['labels']['env'] == 'x'",
            "undecided: the namespace is not among the manifests",
        ),
        ("oldObject == null", "passes"),
        ("oldObject.spec.priority == 1", "failed: no such key: spec"),
    ] {
        expect(expression, &object, expected);
    }
}

#[test]
fn the_server_writes_the_namespace_into_an_object_without_one() {
    expect("object.metadata.namespace == 'default'", &pod("labels: {}", ""), "passes");
    expect("has(object.metadata.namespace)", &pod("labels: {}", ""), "passes");
    let role = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: r}\n";
    expect(
        "!has(object.metadata.namespace) && namespaceObject == null && request.namespace == ''",
        role,
        "passes",
    );
    let namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: team, labels: {a: b}}\n";
    expect(
        "request.namespace == 'team' && namespaceObject.metadata.labels.a == 'b'",
        namespace,
        "passes",
    );
}

#[test]
fn the_server_fills_in_defaults() {
    let deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    \
                      spec: {containers: [{name: a, ports: [{containerPort: 80}], livenessProbe: {}}]}\n";
    for (expression, expected) in [
        ("object.spec.replicas == 1", "passes"),
        ("has(object.spec.replicas)", "passes"),
        ("object.spec.replicas >= 2", "denied"),
        ("object.spec.template.spec.restartPolicy == 'Always'", "passes"),
        (
            "object.spec.template.spec.containers.all(c, c.ports.all(p, p.protocol == 'TCP'))",
            "passes",
        ),
        ("object.spec.template.spec.containers[0].livenessProbe.periodSeconds == 10", "passes"),
        ("has(object.spec.template.spec.containers[0].livenessProbe.replicas)", "denied"),
        ("has(object.spec.paused)", "denied"),
    ] {
        expect(expression, deployment, expected);
    }
    let job =
        "apiVersion: batch/v1\nkind: Job\nmetadata: {name: j}\nspec: {template: {spec: {}}}\n";
    expect(
        "!has(object.spec.template.spec.restartPolicy) && object.spec.backoffLimit == 6",
        job,
        "passes",
    );
    let other = "apiVersion: example.com/v1\nkind: Deployment\nmetadata: {name: d}\nspec: {}\n";
    expect("!has(object.spec.replicas)", other, "passes");
}

#[test]
fn a_null_field_is_one_that_is_not_set() {
    expect("!has(object.spec.securityContext)", &pod("labels: {}", "securityContext: "), "passes");
    expect(
        "object.spec.?securityContext.?runAsNonRoot.orValue(true)",
        &pod("labels: {}", "securityContext: null"),
        "passes",
    );
}

#[test]
fn a_policy_that_runs_away_fails_within_its_budget() {
    let containers = vec!["{name: a}"; 100].join(", ");
    let object = pod("labels: {}", &format!("containers: [{containers}]"));
    let all = |inner: &str, name: &str| format!("object.spec.containers.all({name}, {inner})");
    // One expression beyond its own limit fails; budgets are not absorbed.
    let cubic = all(&all(&all("a.name == b.name && b.name == c.name", "c"), "b"), "a");
    let spec = format!("validations: [{{expression: '{cubic}'}}, {{expression: 'true'}}]");
    match verdict(&policy(&spec), &tree(&object), None) {
        Evaluation::Checked { validations, .. } => {
            assert_eq!(shown(&validations[0]), "failed: cost budget exceeded");
            assert_eq!(validations[1], Outcome::Passes);
        }
        other => panic!("{other:?}"),
    }
    // Many dear expressions use up the budget of the policy as a whole.
    let square = all(&all("a.name == b.name && b.name == a.name && a.name == a.name", "b"), "a");
    let spec =
        format!("validations: [{}]", vec![format!("{{expression: '{square}'}}"); 150].join(", "));
    match verdict(&policy(&spec), &tree(&object), None) {
        Evaluation::Failed { message, failure_policy } => {
            assert_eq!(
                (message.as_str(), failure_policy),
                ("cost budget exceeded", FailurePolicy::Fail)
            );
        }
        other => panic!("{other:?}"),
    }
    let spec = format!(
        "matchConditions: [{{name: a, expression: '{cubic} || true'}}]\nvalidations: [{{expression: 'true'}}]"
    );
    assert!(matches!(verdict(&policy(&spec), &tree(&object), None), Evaluation::Failed { .. }));
}

#[test]
fn variables_are_computed_once_and_paid_once() {
    let containers = vec!["{name: a}"; 60].join(", ");
    let object = pod("labels: {}", &format!("containers: [{containers}]"));
    // 60³ steps are beyond an expression's limit only if the variable counted each time.
    let spec = "variables:\n- name: dear\n  expression: \
                object.spec.containers.all(a, object.spec.containers.all(b, a.name == b.name))\n\
                validations:\n- expression: object.spec.containers.all(c, variables.dear) && variables.dear";
    assert_eq!(outcome(spec, &object), Outcome::Passes);
}

#[test]
fn variables_cannot_build_a_value_too_deep_to_walk() {
    let mut spec = String::from("variables:\n- {name: v0, expression: '[1]'}\n");
    for level in 1..60 {
        let nested = format!("{}variables.v{}{}", "[".repeat(100), level - 1, "]".repeat(100));
        spec.extend(["- {name: v", &level.to_string(), ", expression: \"", &nested, "\"}\n"]);
    }
    spec += "validations:\n";
    for level in 0..60 {
        let variable = format!("variables.v{level}");
        spec.extend(["- {expression: ", &variable, " == ", &variable, "}\n"]);
    }
    match verdict(&policy(&spec), &tree(&pod("labels: {}", "")), None) {
        Evaluation::Checked { validations, .. } => {
            assert_eq!(validations[1], Outcome::Passes);
            assert!(shown(&validations[59]).ends_with("the value nests too deeply"));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn errors_of_variables_surface_where_they_are_used() {
    let spec = "variables:\n- {name: a, expression: object.spec.missing}\n- {name: b, expression: variables.a + 1}\n\
                validations:\n- {expression: 'true || variables.b == 1'}\n- {expression: variables.b == 1}";
    match verdict(&policy(spec), &tree(&pod("labels: {}", "")), None) {
        Evaluation::Checked { validations, .. } => {
            assert_eq!(validations[0], Outcome::Passes);
            let message = "failed: variable `b`: variable `a`: no such key: missing";
            assert_eq!(shown(&validations[1]), message);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn policies_share_variables_of_the_same_meaning_only() {
    let object = tree(&pod("labels: {}", "priority: 1"));
    let with = |base: &str, check: &str| {
        policy(&format!(
            "paramKind: {{apiVersion: v1, kind: ConfigMap}}\nvariables:\n- {{name: base, expression: {base}}}\n\
             - {{name: twice, expression: variables.base * 2}}\nvalidations: [{{expression: {check}}}]"
        ))
    };
    let one = with("object.spec.priority", "variables.twice == 2");
    let two = with("params.x", "variables.twice == 20");
    let three = with("params.x", "variables.twice == 40");
    let (ten, twenty) = (tree("x: 10"), tree("x: 20"));
    let id = id_of(&object);
    let info = native_kind("", "Pod").unwrap();
    let review = Review::new(Request::create(&id, &info, &object, "default"));
    for (policy, params) in
        [(&one, None), (&two, Some(&ten)), (&three, Some(&twenty)), (&one, Some(&ten))]
    {
        match policy.evaluate(&review, params) {
            Evaluation::Checked { validations, .. } => assert_eq!(validations, [Outcome::Passes]),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn messages_fall_back_as_on_the_server() {
    let object = pod("labels: {}", "");
    for (fields, expected) in [
        ("", "denied: failed expression: false"),
        (", message: fixed", "denied: fixed"),
        (
            ", message: fixed, messageExpression: \"'computed ' + object.metadata.name\"",
            "denied: computed p",
        ),
        (", message: fixed, messageExpression: \"'  '\"", "denied: fixed"),
        (", message: fixed, messageExpression: \"'two\\\\nlines'\"", "denied: fixed"),
        (", message: fixed, messageExpression: object.spec.missing", "denied: fixed"),
        (", messageExpression: '1'", "denied: failed expression: false"),
    ] {
        let spec = format!("validations: [{{expression: 'false'{fields}}}]");
        assert_eq!(shown(&outcome(&spec, &object)), expected, "{fields}");
    }
}

#[test]
fn constraints_match_as_on_the_server() {
    let service = tree(
        "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop, labels: {a: b}}\n",
    );
    let node = tree("apiVersion: v1\nkind: Node\nmetadata: {name: n}\n");
    let matched = |constraints: &str, object: &Node| {
        let spec =
            format!("matchConstraints: {{{constraints}}}\nvalidations: [{{expression: 'true'}}]");
        match verdict(&policy(&spec), object, None) {
            Evaluation::Checked { .. } => "yes",
            Evaluation::NotMatched => "no",
            Evaluation::Undecided(_) => "undecided",
            Evaluation::Failed { .. } => "failed",
        }
    };
    let rule = |groups: &str, versions: &str, resources: &str, more: &str| {
        format!(
            "resourceRules: [{{apiGroups: [{groups}], apiVersions: [{versions}], operations: [CREATE], resources: [{resources}]{more}}}]"
        )
    };
    for (constraints, expected) in [
        (rule("''", "v1", "services", ""), "yes"),
        (rule("'*'", "'*'", "'*'", ""), "yes"),
        (rule("''", "v1", "'*/*'", ""), "yes"),
        (rule("''", "v1", "services/*", ""), "yes"),
        (rule("''", "v1", "services/status", ""), "no"),
        (rule("''", "v1", "'*/scale'", ""), "no"),
        (rule("apps", "v1", "services", ""), "no"),
        (rule("''", "v1", "pods", ""), "no"),
        (rule("''", "v2", "services", ""), "undecided"),
        (rule("''", "v2", "services", "") + ", matchPolicy: Exact", "no"),
        (rule("''", "v1", "services", ", scope: Cluster"), "no"),
        (rule("''", "v1", "services", ", scope: Namespaced"), "yes"),
        (rule("''", "v1", "services", ", resourceNames: [web]"), "yes"),
        (rule("''", "v1", "services", ", resourceNames: [db]"), "no"),
        (rule("''", "v1", "services", "") + ", objectSelector: {matchLabels: {a: b}}", "yes"),
        (rule("''", "v1", "services", "") + ", objectSelector: {matchLabels: {a: c}}", "no"),
        (
            rule("''", "v1", "services", "")
                + ", namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: shop}}",
            "yes",
        ),
        (
            rule("''", "v1", "services", "")
                + ", namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: x}}",
            "no",
        ),
        (
            rule("''", "v1", "services", "") + ", namespaceSelector: {matchLabels: {env: prod}}",
            "undecided",
        ),
        (rule("''", "v1", "pods", "") + ", namespaceSelector: {matchLabels: {env: prod}}", "no"),
        (
            rule("''", "v1", "'*'", "")
                + ", excludeResourceRules: [{apiGroups: [''], apiVersions: [v1], operations: ['*'], resources: [services]}]",
            "no",
        ),
    ] {
        assert_eq!(matched(&constraints, &service), expected, "{constraints}");
    }
    let selecting = rule("''", "v1", "'*'", "") + ", namespaceSelector: {matchLabels: {env: prod}}";
    assert_eq!(matched(&selecting, &node), "yes", "objects without namespace always match");
    let policy = tree(
        "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicy\nmetadata: {name: x}\n",
    );
    assert_eq!(matched(&rule("'*'", "'*'", "'*'", ""), &policy), "no", "policies are exempt");
}

#[test]
fn a_failing_condition_is_overruled_by_a_false_one() {
    let object = pod("labels: {}", "");
    let of = |conditions: &str| {
        let spec =
            format!("matchConditions: [{conditions}]\nvalidations: [{{expression: 'true'}}]");
        verdict(&policy(&spec), &tree(&object), None)
    };
    let fails = "{name: fails, expression: object.spec.missing}";
    let lets = "{name: lets, expression: 'false'}";
    assert_eq!(of(&format!("{fails}, {lets}")), Evaluation::NotMatched);
    assert_eq!(
        of(fails),
        Evaluation::Failed {
            message: "condition `fails`: no such key: missing".to_owned(),
            failure_policy: FailurePolicy::Fail
        }
    );
}

#[test]
fn deletion_reviews_the_old_object() {
    let object = tree(&pod("labels: {}", ""));
    let id = id_of(&object);
    let info = native_kind("", "Pod").unwrap();
    let mut request = Request::create(&id, &info, &object, "default");
    request.operation = Operation::Delete;
    let policy =
        policy("validations: [{expression: \"object == null && oldObject.metadata.name == 'p'\"}]");
    match policy.evaluate(&Review::new(request), None) {
        Evaluation::Checked { validations, .. } => assert_eq!(validations, [Outcome::Passes]),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_wrong_with_a_policy_is_said_with_its_place() {
    let text = "metadata: {name: x}\nspec:\n  failurePolicy: Maybe\n  matchConstraint: {}\n  matchConstraints:\n    \
                resourceRules:\n    - {apiGroups: [''], apiVersions: [v1], operations: [CREAT], resources: []}\n  \
                variables:\n  - {name: a, expression: '1'}\n  - {name: a, expression: ''}\n  validations:\n  \
                - {message: x}\n  - {expression: 1}\n  - {expression: 'true', reason: Bad}\n";
    let (_, problems) = Policy::read(&tree(text));
    let said: Vec<String> = problems
        .iter()
        .map(|problem| {
            let place = &text[problem.span.start as usize..problem.span.end as usize];
            format!("{} @ {}", problem.message, place.lines().next().unwrap_or_default())
        })
        .collect();
    assert_eq!(
        said,
        [
            "unknown field `matchConstraint` @ matchConstraint",
            "`failurePolicy` must be one of `Fail`, `Ignore` @ Maybe",
            "`resources` must name at least one @ []",
            "unknown operation `CREAT` @ [CREAT]",
            "`expression` must not be empty @ ''",
            "`a` occurs twice @ a",
            "missing `expression` @ {message: x}",
            "`expression` must be a string, found integer @ 1",
            "`reason` must be one of `Unauthorized`, `Forbidden`, `Invalid`, `RequestEntityTooLarge` @ Bad",
        ]
    );
}

#[test]
fn what_does_not_compile_is_said_with_its_place() {
    let policy = policy(
        "matchConditions: [{name: a, expression: objct == null}]\n\
         variables:\n- {name: b, expression: variables.c}\n- {name: c, expression: '1'}\n\
         validations:\n- {expression: params.x == 1}\n- {expression: 'true', messageExpression: 'authorizer == null'}",
    );
    let said: Vec<_> = policy.compile_problems().into_iter().map(|p| (p.message, p.help)).collect();
    let wrong = |what: &str| format!("the expression does not compile: {what}");
    assert_eq!(
        said,
        [
            (wrong("undeclared reference to `objct`"), Some("did you mean `object`?".to_owned())),
            (wrong("undefined variable `c`"), None),
            (wrong("undeclared reference to `params`"), None),
            (wrong("undeclared reference to `authorizer`"), None),
        ]
    );
    // Evaluated all the same, it fails.
    let object = tree(&pod("labels: {}", ""));
    assert!(matches!(verdict(&policy, &object, None), Evaluation::Failed { .. }));
}

#[test]
fn policies_are_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Policy>();
    shared::<crate::Binding>();
    shared::<crate::CompiledRule>();
}
