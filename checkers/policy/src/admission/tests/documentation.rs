//! The examples of the Kubernetes documentation: <https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/>
//! and the pages that use policies, each with objects to accept and to reject.

use super::*;
use crate::{Binding, NotFoundAction, ParamKind, ParamLookup, Params};

fn deployment(replicas: i64) -> Node {
    tree(&format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web, namespace: shop}}\n\
         spec: {{replicas: {replicas}, template: {{spec: {{containers: [{{name: a, image: nginx}}]}}}}}}\n"
    ))
}

const DEPLOYMENTS: &str = "matchConstraints: {resourceRules: [{apiGroups: [apps], apiVersions: [v1], \
                           operations: [CREATE, UPDATE], resources: [deployments]}]}\n";

fn first(evaluation: Evaluation) -> String {
    match evaluation {
        Evaluation::Checked { validations, .. } => shown(&validations[0]),
        Evaluation::NotMatched => "not matched".to_owned(),
        Evaluation::Undecided(reason) => format!("undecided: {reason}"),
        Evaluation::Failed { message, .. } => format!("failed: {message}"),
    }
}

#[test]
fn basic_example() {
    let policy = policy(&format!(
        "failurePolicy: Fail\n{DEPLOYMENTS}validations: [{{expression: object.spec.replicas <= 5}}]"
    ));
    assert_eq!(first(verdict(&policy, &deployment(5), None)), "passes");
    let denied = "denied: failed expression: object.spec.replicas <= 5";
    assert_eq!(first(verdict(&policy, &deployment(6), None)), denied);
    let service = tree("apiVersion: v1\nkind: Service\nmetadata: {name: web}\n");
    assert_eq!(first(verdict(&policy, &service, None)), "not matched");
}

#[test]
fn replicas_at_least_two() {
    let policy =
        policy(&format!("{DEPLOYMENTS}validations: [{{expression: object.spec.replicas >= 2}}]"));
    assert_eq!(first(verdict(&policy, &deployment(2), None)), "passes");
    assert!(first(verdict(&policy, &deployment(1), None)).starts_with("denied"));
}

#[test]
fn parameters_and_a_message_expression() {
    let policy = policy(&format!(
        "paramKind: {{apiVersion: rules.example.com/v1, kind: ReplicaLimit}}\n{DEPLOYMENTS}\
         validations:\n- expression: object.spec.replicas <= params.maxReplicas\n  messageExpression: \
         \"'object.spec.replicas must be no greater than ' + string(params.maxReplicas)\"\n  reason: Invalid"
    ));
    let params = tree("apiVersion: rules.example.com/v1\nkind: ReplicaLimit\nmaxReplicas: 3\n");
    assert_eq!(first(verdict(&policy, &deployment(3), Some(&params))), "passes");
    assert_eq!(
        first(verdict(&policy, &deployment(5), Some(&params))),
        "denied: object.spec.replicas must be no greater than 3"
    );
    // Without a binding that names parameters, `params` is null.
    assert_eq!(first(verdict(&policy, &deployment(3), None)), "failed: no such key: maxReplicas");
}

#[test]
fn parameters_that_must_be_there_and_optional_ones() {
    let policy = policy(
        "paramKind: {apiVersion: rules.example.com/v1, kind: Limit}\nvalidations:\n\
         - {expression: params != null, message: params missing}\n\
         - expression: '!has(params.optionalNumber) || (params.optionalNumber >= 5 && params.optionalNumber <= 10)'",
    );
    let outcomes = |params: Option<&str>| {
        let params = params.map(tree);
        match verdict(&policy, &deployment(1), params.as_ref()) {
            Evaluation::Checked { validations, .. } => {
                validations.iter().map(shown).collect::<Vec<_>>()
            }
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(outcomes(None)[0], "denied: params missing");
    assert_eq!(outcomes(Some("x: 1")), ["passes", "passes"]);
    assert_eq!(outcomes(Some("optionalNumber: 7")), ["passes", "passes"]);
    assert!(outcomes(Some("optionalNumber: 11"))[1].starts_with("denied"));
}

#[test]
fn failure_policy_ignore() {
    let policy = policy(
        "failurePolicy: Ignore\nparamKind: {apiVersion: v1, kind: ConfigMap}\n\
         validations: [{expression: object.spec.xyz == params.x}]",
    );
    match verdict(&policy, &deployment(1), None) {
        Evaluation::Checked { validations, .. } => match &validations[0] {
            Outcome::Failed { message, failure_policy, .. } => {
                assert_eq!(message, "no such key: xyz");
                assert_eq!(*failure_policy, FailurePolicy::Ignore);
            }
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

#[test]
fn match_conditions() {
    let spec = "matchConditions:\n\
        - name: exclude-leases\n  expression: '!(request.resource.group == \"coordination.k8s.io\" && \
        request.resource.resource == \"leases\")'\n\
        - name: exclude-kubelet-requests\n  expression: '!(\"system:nodes\" in request.userInfo.groups)'\n\
        - name: rbac\n  expression: 'request.resource.group != \"rbac.authorization.k8s.io\"'\n\
        validations: [{expression: \"object.metadata.name.startsWith('demo')\"}]";
    let policy = policy(spec);
    let review = |kind: &str, name: &str, user: Option<&str>| {
        let object = tree(&format!("{kind}\nmetadata: {{name: {name}}}\n"));
        let id = id_of(&object);
        let info = native_kind(id.group(), &id.kind).unwrap();
        let user = user.map(tree);
        let mut request = Request::create(&id, &info, &object, "default");
        request.user_info = user.as_ref();
        first(policy.evaluate(&Review::new(request), None))
    };
    let lease = "apiVersion: coordination.k8s.io/v1\nkind: Lease";
    let role = "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role";
    let config = "apiVersion: v1\nkind: ConfigMap";
    // A condition that is false decides, though who asks is not known.
    assert_eq!(review(lease, "x", None), "not matched");
    assert_eq!(review(role, "x", None), "not matched");
    assert_eq!(review(config, "x", None), "undecided: who sends the request is not known here");
    assert_eq!(review(config, "x", Some("groups: ['system:nodes']")), "not matched");
    assert_eq!(review(config, "demo-x", Some("groups: [dev]")), "passes");
    assert!(review(config, "x", Some("groups: [dev]")).starts_with("denied"));
}

#[test]
fn audit_annotation() {
    let policy = policy(&format!(
        "{DEPLOYMENTS}auditAnnotations:\n- key: high-replica-count\n  valueExpression: \
         \"object.spec.replicas > 50 ? 'Deployment spec.replicas set to ' + string(object.spec.replicas) : null\""
    ));
    let annotation = |replicas| match verdict(&policy, &deployment(replicas), None) {
        Evaluation::Checked { audit_annotations, .. } => audit_annotations[0].clone(),
        other => panic!("{other:?}"),
    };
    let high = annotation(128);
    assert_eq!(high.key, "test/high-replica-count");
    assert_eq!(high.value, Ok(Some("Deployment spec.replicas set to 128".to_owned())));
    assert_eq!(annotation(5).value, Ok(None));
}

#[test]
fn variables_that_compose() {
    let policy = policy(&format!(
        "{DEPLOYMENTS}variables:\n\
         - name: environment\n  expression: \"'environment' in namespaceObject.metadata.labels ? \
         namespaceObject.metadata.labels['environment'] : 'prod'\"\n\
         - name: exempt\n  expression: \"has(object.metadata.labels) && 'exempt' in object.metadata.labels \
         && object.metadata.labels['exempt'] == 'true'\"\n\
         - {{name: containers, expression: object.spec.template.spec.containers}}\n\
         - name: containersToCheck\n  expression: \"variables.containers.filter(c, c.image.contains('example.com'))\"\n\
         validations:\n- expression: \"variables.exempt || variables.containersToCheck.all(c, \
         c.image.startsWith(variables.environment + '.'))\"\n  messageExpression: \"'only ' + \
         variables.environment + ' images are allowed in namespace ' + namespaceObject.metadata.name\""
    ));
    let namespace = tree(
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {environment: prod}}\n",
    );
    let review = |image: &str, exempt: bool, namespace: Option<&Node>| {
        let labels = if exempt { ", labels: {exempt: 'true'}" } else { "" };
        let object = tree(&format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web, namespace: shop{labels}}}\n\
             spec: {{template: {{spec: {{containers: [{{name: a, image: {image}}}]}}}}}}\n"
        ));
        let id = id_of(&object);
        let info = native_kind("apps", "Deployment").unwrap();
        let mut request = Request::create(&id, &info, &object, "shop");
        if let Some(namespace) = namespace {
            request.namespace_object = KnownNamespace::Object(namespace);
        }
        first(policy.evaluate(&Review::new(request), None))
    };
    assert_eq!(review("prod.example.com/nginx", false, Some(&namespace)), "passes");
    assert_eq!(
        review("dev.example.com/nginx", false, Some(&namespace)),
        "denied: only prod images are allowed in namespace shop"
    );
    assert_eq!(review("dev.example.com/nginx", true, Some(&namespace)), "passes");
    // Where the namespace is not known, what does not need it is still decided.
    assert_eq!(review("dev.example.com/nginx", true, None), "passes");
    assert_eq!(review("nginx", false, None), "passes");
    assert_eq!(
        review("dev.example.com/nginx", false, None),
        "undecided: the namespace is not among the manifests"
    );
}

#[test]
fn privileged_containers_outside_one_namespace() {
    let policy = policy(
        "validations:\n- expression: >-\n    !object.spec.containers.exists(c,\n    \
         has(c.securityContext) && has(c.securityContext.privileged) &&\n    \
         c.securityContext.privileged == true)\n  message: not allowed",
    );
    let (binding, problems) = Binding::read(&tree(
        "metadata: {name: b}\nspec:\n  policyName: test\n  validationActions: [Deny]\n  matchResources:\n    \
         namespaceSelector:\n      matchExpressions:\n      - {key: kubernetes.io/metadata.name, \
         operator: NotIn, values: [kube-system]}\n",
    ));
    assert_eq!(problems, []);
    let pod = |privileged: bool| {
        tree(&format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec:\n  containers:\n  - name: a\n    \
             securityContext: {{privileged: {privileged}}}\n  - name: b\n"
        ))
    };
    assert_eq!(first(verdict(&policy, &pod(false), None)), "passes");
    assert_eq!(first(verdict(&policy, &pod(true), None)), "denied: not allowed");
    let object = pod(true);
    let id = id_of(&object);
    let info = native_kind("", "Pod").unwrap();
    for (namespace, matching) in [("default", Matching::Yes), ("kube-system", Matching::No)] {
        assert_eq!(binding.matches(&Request::create(&id, &info, &object, namespace)), matching);
    }
}

#[test]
fn delegated_signing() {
    let policy = policy(
        "paramKind: {apiVersion: v1, kind: ConfigMap}\nvariables:\n\
         - name: rules\n  expression: \"object.?rules.orValue([]).filter(rule, rule.apiGroups.exists(group, \
         group == 'certificates.k8s.io'))\"\n\
         - name: signerRules\n  expression: \"variables.rules.filter(rule, rule.resources.exists(resource, \
         resource == 'signers'))\"\n\
         - name: inDomain\n  expression: \"variables.signerRules.all(rule, rule.resourceNames.all(name, \
         name.startsWith(params.data.domain + '/')))\"\n\
         validations:\n- expression: variables.inDomain == true\n  reason: Forbidden\n  messageExpression: \
         \"string(request.operation) + ' ' + string(request.name)\"",
    );
    let params = tree("apiVersion: v1\nkind: ConfigMap\ndata: {domain: example.com}\n");
    let role = |names: &str| {
        tree(&format!(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {{name: r}}\nrules:\n\
             - {{apiGroups: [certificates.k8s.io], resources: [signers], verbs: [sign], \
             resourceNames: [{names}]}}\n"
        ))
    };
    assert_eq!(first(verdict(&policy, &role("example.com/a"), Some(&params))), "passes");
    let none =
        tree("apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: r}\n");
    assert_eq!(first(verdict(&policy, &none, Some(&params))), "passes");
    match verdict(&policy, &role("example.com/a, evil.com/b"), Some(&params)) {
        Evaluation::Checked { validations, .. } => match &validations[0] {
            Outcome::Denied { message, reason, blame } => {
                assert_eq!((message.as_str(), reason.as_str()), ("CREATE r", "Forbidden"));
                let pointers: Vec<_> =
                    blame.iter().map(|culprit| culprit.pointer.as_str()).collect();
                assert_eq!(pointers, ["/rules/0/resourceNames/1"]);
            }
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

#[test]
fn expressions_of_the_table() {
    let object = tree(
        "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: ab-x}\nprefix: ab\n\
         minReplicas: 1\nreplicas: 2\nmaxReplicas: 3\nstateCounts: {Available: 1}\nlist1: []\nlist2: [1]\n\
         map1: {MY_KEY: abc}\nenvars: [{name: MY_ENV, value: abc}]\nhealth: ok!\nwidgets: [{key: x, foo: 5}]\n\
         set1: [a]\nset2: [b]\nnames: [a]\ndetails: {a: 1}\nprimary: p\nclusters: [{name: p}, {name: q}]\n",
    );
    for (expression, negative) in [
        (
            "object.minReplicas <= object.replicas && object.replicas <= object.maxReplicas",
            "object.maxReplicas < object.replicas",
        ),
        ("'Available' in object.stateCounts", "'Gone' in object.stateCounts"),
        ("(size(object.list1) == 0) != (size(object.list2) == 0)", "size(object.list2) == 0"),
        (
            "!('MY_KEY' in object.map1) || object.map1['MY_KEY'].matches('^[a-zA-Z]*$')",
            "object.map1['MY_KEY'].matches('^[0-9]*$')",
        ),
        (
            "object.envars.filter(e, e.name == 'MY_ENV').all(e, e.value.matches('^[a-zA-Z]*$'))",
            "object.envars.all(e, e.value.matches('^[0-9]+$'))",
        ),
        (
            "!has(object.expired) || object.created + object.ttl < object.expired",
            "has(object.expired)",
        ),
        ("object.health.startsWith('ok')", "object.health.startsWith('no')"),
        (
            "object.widgets.exists(w, w.key == 'x' && w.foo < 10)",
            "object.widgets.exists(w, w.foo > 10)",
        ),
        (
            "type(object.prefix) == string ? object.prefix == 'ab' : object.prefix == 1000",
            "type(object.prefix) == int",
        ),
        (
            "object.metadata.name.startsWith(object.prefix)",
            "object.metadata.name.endsWith(object.prefix)",
        ),
        ("object.set1.all(e, !(e in object.set2))", "object.set1.all(e, e in object.set2)"),
        (
            "size(object.names) == size(object.details) && object.names.all(n, n in object.details)",
            "size(object.names) > size(object.details)",
        ),
        (
            "size(object.clusters.filter(c, c.name == object.primary)) == 1",
            "size(object.clusters) == 1",
        ),
    ] {
        let of = |expression: &str| {
            let quoted = expression.replace('\'', "''");
            first(verdict(
                &policy(&format!("validations: [{{expression: '{quoted}'}}]")),
                &object,
                None,
            ))
        };
        assert_eq!(of(expression), "passes", "{expression}");
        assert!(of(negative).starts_with("denied"), "{negative}");
    }
}

/// One cluster-scoped limit, and a namespaced one in each of two namespaces.
struct Limits(Vec<(&'static str, Option<&'static str>, Node)>);

impl Limits {
    fn lookup(&self) -> LimitsLookup<'_> {
        LimitsLookup(&self.0)
    }
}

struct LimitsLookup<'a>(&'a [(&'static str, Option<&'static str>, Node)]);

impl<'a> ParamLookup<'a> for LimitsLookup<'a> {
    fn namespaced(&self, kind: &ParamKind) -> Option<bool> {
        Some(&*kind.kind != "ClusterLimit")
    }

    fn objects(&self, _: &ParamKind, namespace: Option<&str>) -> Vec<(&'a str, &'a Node)> {
        let there =
            |found: &&(&str, Option<&str>, Node)| namespace.is_none() || found.1 == namespace;
        self.0.iter().filter(there).map(|(name, _, node)| (*name, node)).collect()
    }
}

#[test]
fn a_binding_finds_its_parameters() {
    let limits = Limits(vec![
        ("a", Some("test"), tree("metadata: {labels: {tier: front}}\nmax: 1")),
        ("b", Some("test"), tree("metadata: {labels: {tier: back}}\nmax: 2")),
        ("a", Some("prod"), tree("max: 3")),
    ]);
    let params = |kind: &str, reference: &str, object: &str| {
        let policy = policy(&format!(
            "paramKind: {{apiVersion: v1, kind: {kind}}}\nvalidations: [{{expression: 'true'}}]"
        ));
        let (binding, problems) = Binding::read(&tree(&format!(
            "metadata: {{name: b}}\nspec: {{policyName: test, validationActions: [Deny], paramRef: {{{reference}}}}}"
        )));
        assert_eq!(problems, [], "{reference}");
        let object = tree(object);
        let id = id_of(&object);
        let info = native_kind(id.group(), &id.kind).unwrap();
        let namespace = id.namespace.clone().unwrap_or_default();
        let request = Request::create(&id, &info, &object, &namespace);
        match binding.params(&policy, &request, &limits.lookup()) {
            Params::None => "none".to_owned(),
            Params::Objects(found) => found
                .iter()
                .map(|node| node.get("max").unwrap().to_string())
                .collect::<Vec<_>>()
                .join(","),
            Params::NotFound(action) => format!("{action:?}"),
            Params::Misconfigured(message) => message,
        }
    };
    let (pod, node) = (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: test}",
        "apiVersion: v1\nkind: Node\nmetadata: {name: n}",
    );
    let deny = "parameterNotFoundAction: Deny";
    for (kind, reference, object, expected) in [
        ("Limit", "name: a", pod, "1"),
        ("Limit", "name: a, namespace: prod", pod, "3"),
        ("Limit", "selector: {}", pod, "1,2"),
        ("Limit", "selector: {matchLabels: {tier: back}}", pod, "2"),
        ("Limit", "name: c", pod, "Deny"),
        ("Limit", "name: a, namespace: prod", node, "3"),
        (
            "Limit",
            "name: a",
            node,
            "the binding looks for parameters in the namespace of an object without one",
        ),
        ("ClusterLimit", "name: b", pod, "2"),
        (
            "ClusterLimit",
            "name: b, namespace: test",
            pod,
            "`ClusterLimit` has no namespace to look in",
        ),
    ] {
        let reference = format!("{reference}, {deny}");
        assert_eq!(params(kind, &reference, object), expected, "{kind} {reference}");
    }
    assert_eq!(NotFoundAction::Deny, NotFoundAction::Deny);
}
