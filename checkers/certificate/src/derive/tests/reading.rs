use super::{QUESTION, derived, node, pod, refusal};
use crate::derive::{Refusal, derive};
use crate::{Instance, Objective, Question};

fn read(documents: &[&str]) -> Result<Instance, Refusal> {
    let documents: Vec<_> = documents.iter().map(|document| document.as_bytes()).collect();
    derive(&documents, &QUESTION).map(|derived| derived.instance)
}

const LIST: &str = "apiVersion: v1
items:
- apiVersion: v1
  kind: Node
  metadata:
    name: n
  status:
    allocatable:
      cpu: \"4\"
- apiVersion: v1
  kind: Pod
  metadata:
    annotations:
      note: |
        a text
        - of two lines
    name: p
  spec:
    nodeName: n
kind: List
metadata:
  resourceVersion: \"\"
";

#[test]
fn all_forms_of_a_snapshot_say_the_same() {
    let node = "apiVersion: v1\nkind: Node\nmetadata: {name: n}\nstatus: {allocatable: {cpu: 4}}\n";
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {nodeName: n}\n";
    let json_node = r#"{"apiVersion":"v1","kind":"Node","metadata":{"name":"n"},"status":{"allocatable":{"cpu":"4"}}}"#;
    let json_pod = r#"{"spec":{"nodeName":"n"},"metadata":{"name":"p","labels":null},"kind":"Pod","apiVersion":"v1"}"#;
    let expected = read(&[LIST]).unwrap();
    assert_eq!(expected.pods[0].node, Some(0));
    for form in [
        &[node, pod][..],
        &[&format!("{pod}---\n---\n# nothing\n---\n{node}")],
        &[json_pod, node],
        &[&format!("{json_pod}\n{json_node}")],
        &[&format!(r#"{{"apiVersion":"v1","items":[{json_node},{json_pod}],"kind":"List"}}"#)],
        &[&format!(r#" {{"kind":"List","apiVersion":"v1","items":[{json_node},{json_pod}]}}"#)],
        &[&LIST.replace("\n  ", "\n    ").replace("\n- ", "\n  - ")],
        &[&LIST.replace("items:\n", "items:\n# all of them\n")],
        &[&LIST
            .replace("- apiVersion: v1\n  kind: Pod", "\n# a pod\n- apiVersion: v1\n  kind: Pod")],
        &[&format!("---\n{LIST}")],
        &["apiVersion: v1\nkind: List\nitems: []\n", LIST, ""],
        &[LIST, "apiVersion: v1\nkind: List\nitems:\n"],
    ] {
        assert_eq!(read(form).unwrap(), expected, "{form:?}");
    }
}

#[test]
fn kinds_that_are_not_read_are_remarked() {
    let service = "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {}\n";
    let workload = "kind: Deployment\nspec: {replicas: 3}\napiVersion: apps/v1\n";
    let documents = [LIST, service, service, workload].map(str::as_bytes);
    let found = derive(&documents, &QUESTION).unwrap();
    assert_eq!(
        found.remarks,
        ["1 objects of kind `Deployment` are not read", "2 objects of kind `Service` are not read"]
    );
}

#[test]
fn what_cannot_be_read_is_refused() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let deep_spec = |open: &str| {
        format!("{{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"spec\":{}", open.repeat(100_000))
    };
    for (text, problem) in [
        ("{", "EOF"),
        ("hello", "expected an object"),
        ("- 1", "expected an object"),
        ("{}", "an object has no `apiVersion`"),
        ("apiVersion: v1\nmetadata: {name: x}", "an object has no `kind`"),
        ("apiVersion: v1\nkind: 3", "an object has no `kind`"),
        ("apiVersion: v2\nkind: Pod\nmetadata: {name: p}", "`Pod` of `v2` is not known"),
        ("apiVersion: v1\nkind: Pod", "a pod has no name"),
        ("apiVersion: v1\nkind: Pod\nmetadata: {name: [p]}", "expected a string"),
        (
            r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","labels":{"a":1}}}"#,
            "expected a string",
        ),
        (
            "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {priority: 3000000000}",
            "expected i32",
        ),
        ("apiVersion: v1\nkind: Pod\nmetadata: {name: p, name: q}", "duplicate field `name`"),
        ("a: *b", "anchor"),
        (&deep, "too deep"),
        (&deep_spec("{\"affinity\":"), ""),
        (&deep_spec("["), ""),
        (&LIST.replace("kind: List", "kind: Bundle"), "no `List`"),
        (&LIST.replace("kind: Node", "kind: Node: x"), "item from line 3"),
        (&LIST.replace("  spec:\n    nodeName: n", "  spec: \"\n- x"), "item from line 10"),
    ] {
        let message = read(&[text]).unwrap_err().to_string();
        assert!(message.contains(problem), "{text:.60}: {message}");
    }
    assert!(derive(&[b"a: \xff"], &QUESTION).is_err());
    assert_eq!(
        refusal(&[pod("p", "", ""), pod("p", "", "")]),
        "pod `default/p` stands twice in the snapshot"
    );
    assert_eq!(
        refusal(&[node("n", "", ""), node("n", "", "")]),
        "node `n` stands twice in the snapshot"
    );
}

#[test]
fn anchors_are_for_small_documents() {
    let small = "apiVersion: v1\nkind: Pod\nmetadata: {name: p, labels: &l {a: b}}\nspec: {nodeSelector: *l}\n";
    assert_eq!(read(&[small]).unwrap().pods.len(), 1);
    let padding = "# a comment, as long as it takes\n".repeat(40_000);
    let message = read(&[&format!("{padding}{small}")]).unwrap_err().to_string();
    assert!(message.contains("no anchors"), "{message}");
    let harmless = small.replace("&l ", "").replace("*l", "{a: 'x?a=1&b=2'}");
    assert_eq!(read(&[&format!("{padding}{harmless}")]).unwrap().pods.len(), 1);
    let laughs: String = (1..40).map(|i| format!("a{i}: &a{i} [*a{0}, *a{0}]\n", i - 1)).collect();
    let bomb = format!("apiVersion: v1\na0: &a0 [x]\n{laughs}kind: ConfigMap\n");
    assert!(read(&[&bomb]).unwrap_err().to_string().contains("repetition limit"));
}

#[test]
fn the_question_is_taken_over_and_checked() {
    let fragments = |resource, unit| Question {
        objective: Objective::Fragments { resource, unit },
        move_limit: Some(3),
        live: true,
    };
    let asked = derive(&[LIST.as_bytes()], &fragments(0, 16_000)).unwrap().instance;
    assert_eq!(asked.question, fragments(0, 16_000));
    assert!(derive(&[LIST.as_bytes()], &fragments(3, 1)).is_err());
    assert!(derive(&[LIST.as_bytes()], &fragments(0, 0)).is_err());
}

#[test]
fn an_empty_snapshot_has_an_instance() {
    let instance = derived(&[]);
    assert_eq!((instance.nodes.len(), instance.pods.len(), instance.shapes.len()), (0, 0, 0));
    assert_eq!(instance.resources, ["cpu", "memory", "pods"]);
    assert!(instance.trusted.is_empty());
}
