//! Which places are blamed.

use super::*;

const POD: &str = "\
apiVersion: v1
kind: Pod
metadata:
  name: p
  labels:
    app.kubernetes.io/name: web
spec:
  hostNetwork: true
  containers:
  - name: a
    image: nginx
    securityContext:
      privileged: true
  - name: b
    image: redis:7
    securityContext: {}
    resources:
      limits: {memory: 1Gi}
  initContainers:
  - image: busybox
    name: c
    ports:
    - 80
    - 443
";

/// What is blamed, as `subject: underlined text (missing field)`.
fn blamed(spec: &str, object: &str) -> Vec<String> {
    let blame = match outcome(spec, object) {
        Outcome::Denied { blame, .. } | Outcome::Failed { blame, .. } => blame,
        other => panic!("{other:?}"),
    };
    let tree = tree(object);
    let show = |culprit: &crate::Culprit| {
        assert!(tree.pointer(&culprit.pointer).is_some(), "{}", culprit.pointer);
        let text = &object[culprit.span.start as usize..culprit.span.end as usize];
        let subject = culprit.subject.as_ref().map_or(String::new(), |name| format!("{name}: "));
        let missing =
            culprit.missing.as_ref().map_or(String::new(), |field| format!(" (no {field})"));
        format!("{subject}{text}{missing}")
    };
    blame.iter().map(show).collect()
}

#[track_caller]
fn check(expression: &str, expected: &[&str]) {
    let quoted = expression.replace('\'', "''");
    let spec = format!(
        "variables:\n- name: containers\n  expression: \"object.spec.containers + object.spec.?initContainers.orValue([])\"\n\
         - {{name: images, expression: 'variables.containers.map(c, c.image)'}}\n\
         - {{name: tagged, expression: \"variables.containers.all(c, c.image.contains(':'))\"}}\n\
         validations: [{{expression: '{quoted}'}}]"
    );
    assert_eq!(blamed(&spec, POD), expected, "{expression}");
}

#[test]
fn each_element_that_makes_all_false_is_a_culprit() {
    check("object.spec.containers.all(c, c.image.contains(':'))", &["a: image: nginx"]);
    check(
        "variables.containers.all(c, c.image.contains(':'))",
        &["a: image: nginx", "c: image: busybox"],
    );
    check("variables.tagged", &["a: image: nginx", "c: image: busybox"]);
    check("!(!variables.tagged)", &["a: image: nginx", "c: image: busybox"]);
    check("variables.images.all(i, i.contains(':'))", &["a: image: nginx", "c: image: busybox"]);
    check("object.spec.containers.all(i, c, c.image.contains(':'))", &["a: image: nginx"]);
    check("object.spec.initContainers.all(c, c.ports.all(p, p > 100))", &["c: 80"]);
}

#[test]
fn a_field_that_is_not_set_is_blamed_on_what_lacks_it() {
    check(
        "variables.containers.all(c, has(c.resources) && has(c.resources.limits))",
        &["a: name: a (no resources)", "c: name: c (no resources)"],
    );
    check(
        "variables.containers.all(c, c.?securityContext.?runAsNonRoot.orValue(false))",
        &[
            "a: securityContext (no runAsNonRoot)",
            "b: securityContext (no runAsNonRoot)",
            "c: name: c (no securityContext)",
        ],
    );
    check("has(object.spec.priorityClassName)", &["spec (no priorityClassName)"]);
    check("has(object.metadata.annotations)", &["name: p (no annotations)"]);
    check("has(object.data)", &["name: p (no data)"]);
    check("'team' in object.metadata.labels", &["labels"]);
    check("object.metadata.?labels['team'].hasValue()", &["labels (no team)"]);
}

#[test]
fn exists_and_filter_blame_what_they_looked_for() {
    check(
        "!object.spec.containers.exists(c, c.?securityContext.?privileged.orValue(false))",
        &["a: privileged: true"],
    );
    check(
        "!variables.containers.exists(c, has(c.securityContext) && has(c.securityContext.privileged) && c.securityContext.privileged == true)",
        &["a: privileged: true"],
    );
    check("object.spec.containers.exists(c, c.name == 'z')", &["containers"]);
    check(
        "object.spec.containers.all(c, object.spec.initContainers.exists(i, i.name == c.name))",
        &["a: name: a", "b: name: b"],
    );
    check(
        "object.spec.containers.filter(c, c.?securityContext.?privileged.orValue(false)).size() == 0",
        &["a: privileged: true"],
    );
    check("object.spec.containers.map(c, c.name) == ['a']", &["a: name: a", "b: name: b"]);
    check(
        "object.spec.containers.exists_one(c, has(c.image))",
        &["a: image: nginx", "b: image: redis:7"],
    );
    check("object.spec.containers.filter(c, c.name == 'z').size() > 0", &["containers"]);
}

#[test]
fn of_logic_the_operands_that_decide_are_blamed() {
    check("object.metadata.name == 'p' && !object.spec.hostNetwork", &["hostNetwork: true"]);
    check(
        "object.metadata.name == 'q' || !object.spec.hostNetwork",
        &["name: p", "hostNetwork: true"],
    );
    check(
        "!(object.metadata.name == 'p' && object.spec.hostNetwork)",
        &["name: p", "hostNetwork: true"],
    );
    check("object.spec.hostNetwork ? false : true", &["hostNetwork: true"]);
    check("object.spec.hostNetwork ? object.metadata.name == 'q' : true", &["name: p"]);
    check("object.metadata.labels.all(k, !k.contains('/'))", &["app.kubernetes.io/name"]);
    check("object.metadata.labels.all(k, v, v != 'web')", &["app.kubernetes.io/name: web"]);
    check("size(object.spec.containers) < 2", &["containers"]);
}

#[test]
fn a_failure_is_blamed_on_the_place_where_it_arises() {
    check("object.spec.replicas > 2", &["spec (no replicas)"]);
    check(
        "object.spec.terminationGracePeriodSeconds > 60",
        &["spec (no terminationGracePeriodSeconds)"],
    );
    check(
        "object.spec.containers.all(c, c.resources.limits.memory != '')",
        &["a: name: a (no resources)"],
    );
    check("object.spec.containers[7].name == 'a'", &["containers (no item)"]);
    check("object.metadata.name + 1 == ''", &["name: p"]);
}

#[test]
fn params_are_no_place_of_the_object() {
    let policy = policy(
        "paramKind: {apiVersion: v1, kind: ConfigMap}\n\
         validations: [{expression: object.metadata.name == params.data.name}]",
    );
    let params = tree("data: {name: x}");
    match verdict(&policy, &tree(POD), Some(&params)) {
        Evaluation::Checked { validations, .. } => match &validations[0] {
            Outcome::Denied { blame, .. } => {
                assert_eq!(blame.len(), 1);
                assert_eq!(blame[0].pointer, "/metadata/name");
            }
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

#[test]
fn explaining_the_deepest_expression_fits_the_stack() {
    let levels = 110;
    let text = format!(
        "{}c.name == ''{}",
        "object.spec.containers.all(c, ".repeat(levels),
        ")".repeat(levels)
    );
    let object =
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: a}]}\n";
    let spec = format!("validations: [{{expression: \"{text}\"}}]");
    assert_eq!(blamed(&spec, object), ["a: name: a"]);
}

#[test]
fn places_that_make_the_same_element_offend_are_one_fault() {
    let faults = |expression: &str| {
        let spec = format!("validations: [{{expression: \"{expression}\"}}]");
        let Outcome::Denied { blame, .. } = outcome(&spec, POD) else { panic!("{expression}") };
        blame.iter().map(|culprit| culprit.fault).collect::<Vec<_>>()
    };
    let both = "c.name == 'z' || c.image == 'z'";
    assert_eq!(faults(&format!("object.spec.containers.all(c, {both})")), [1, 1, 2, 2]);
    assert_eq!(
        faults(&format!("object.spec.containers.filter(c, !({both})).size() == 0")),
        [1, 1, 2, 2]
    );
    assert_eq!(faults("object.metadata.name == 'q' || !object.spec.hostNetwork"), [0, 0]);
}
