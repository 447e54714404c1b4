use super::super::Coverage;
use super::{brief, check_in, found};

/// A definition whose `spec` has this schema, and a custom resource with this `spec`.
fn ship(schema: &str, spec: &str) -> String {
    format!(
        "{}\n---\n{{apiVersion: a.example/v1, kind: Ship, metadata: {{name: a}}, spec: {spec}}}",
        definition(&format!("{{type: object, properties: {{spec: {schema}}}}}"))
    )
}

/// A definition of ships with this schema.
fn definition(schema: &str) -> String {
    format!(
        "{{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {{name: \
         ships.a.example}}, spec: {{group: a.example, scope: Namespaced, names: {{kind: Ship, \
         plural: ships}}, versions: [{{name: v1, served: true, storage: true, schema: \
         {{openAPIV3Schema: {schema}}}}}]}}}}"
    )
}

/// The schema of `spec`, what is accepted, and what is rejected, with its finding.
const SPECS: &[(&str, &str, &str, &str)] = &[
    ("{type: string}", "a", "1", "wrong-type /spec"),
    ("{type: integer}", "1.0", "1.5", "wrong-type /spec"),
    ("{type: number}", "1", "a", "wrong-type /spec"),
    ("{type: boolean}", "yes", "'yes'", "wrong-type /spec"),
    ("{x-kubernetes-int-or-string: true}", "a", "true", "wrong-type /spec"),
    (
        "{x-kubernetes-int-or-string: true, anyOf: [{type: integer}, {type: string}]}",
        "1",
        "1.5",
        "wrong-type /spec",
    ),
    ("{type: array, items: {type: string}}", "[a]", "[~]", "wrong-type /spec/0"),
    ("{type: array, items: {type: string, nullable: true}}", "[~]", "[1]", "wrong-type /spec/0"),
    (
        "{type: object, properties: {a: {type: string}}}",
        "{a: ~}",
        "{b: c}",
        "unknown-field /spec/b",
    ),
    ("{type: object}", "{}", "{a: b}", "unknown-field /spec/a"),
    (
        "{type: object, x-kubernetes-preserve-unknown-fields: true, properties: {a: {type: string}}}",
        "{b: {c: d}}",
        "{a: 1}",
        "wrong-type /spec/a",
    ),
    (
        "{type: object, additionalProperties: {type: integer}}",
        "{a: 1, b: ~}",
        "{a: b}",
        "wrong-type /spec/a",
    ),
    ("{type: object, additionalProperties: true}", "{a: {b: c}}", "[]", "wrong-type /spec"),
    (
        "{type: object, required: [a], properties: {a: {type: string}}}",
        "{a: b}",
        "{a: ~}",
        "missing-field /spec",
    ),
    (
        "{type: object, required: [a], properties: {a: {type: string, nullable: true}}}",
        "{a: ~}",
        "{}",
        "missing-field /spec",
    ),
    (
        "{type: object, required: [a, b], properties: {a: {type: string, default: x}, b: {type: string}}}",
        "{b: c}",
        "{}",
        "missing-field /spec",
    ),
    (
        "{type: array, x-kubernetes-list-type: set, items: {type: string}}",
        "[a, b]",
        "[a, b, a]",
        "duplicate-item /spec/2",
    ),
    (
        "{type: array, x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [a], items: {type: object, required: [a], properties: {a: {type: string}, b: {type: string}}}}",
        "[{a: x}, {a: z}]",
        "[{a: x}, {a: x, b: z}]",
        "duplicate-item /spec/1",
    ),
    (
        "{type: object, x-kubernetes-embedded-resource: true, x-kubernetes-preserve-unknown-fields: true}",
        "{apiVersion: v1, kind: Pod, metadata: {name: a}}",
        "{apiVersion: v1}",
        "missing-field /spec",
    ),
    (
        "{type: object, x-kubernetes-embedded-resource: true}",
        "{apiVersion: v1, kind: Pod}",
        "{apiVersion: v1, kind: Pod, metadata: {labels: {a: 1}}}",
        "wrong-type /spec/metadata/labels/a",
    ),
    ("{type: string, enum: [a, b]}", "a", "c", "invalid-value /spec"),
    ("{type: string, pattern: '^[0-9]+$'}", "'1'", "a", "invalid-value /spec"),
    ("{type: string, minLength: 2, maxLength: 3}", "éé", "abcd", "invalid-value /spec"),
    ("{type: integer, minimum: 1, exclusiveMinimum: true}", "2", "1", "invalid-value /spec"),
    ("{type: integer, maximum: 1}", "1", "2", "invalid-value /spec"),
    ("{type: integer, multipleOf: 5}", "10", "11", "invalid-value /spec"),
    ("{type: string, format: date-time}", "'2024-01-01T00:00:00Z'", "now", "invalid-value /spec"),
    ("{type: string, format: nonsense}", "a", "1", "wrong-type /spec"),
    ("{type: array, maxItems: 1, items: {type: string}}", "[a]", "[a, b]", "invalid-value /spec"),
    (
        "{type: object, minProperties: 1, properties: {a: {type: string}}}",
        "{a: b}",
        "{}",
        "invalid-value /spec",
    ),
    (
        "{type: object, properties: {a: {type: string}, b: {type: string}}, oneOf: [{required: [a]}, {required: [b]}]}",
        "{a: x}",
        "{a: x, b: z}",
        "invalid-value /spec",
    ),
    (
        "{type: object, properties: {a: {type: string}, b: {type: string, default: x}}, not: {required: [a, b]}}",
        "{}",
        "{a: x}",
        "invalid-value /spec",
    ),
    (
        "{type: object, properties: {a: {type: integer}}, anyOf: [{properties: {a: {minimum: 5}}}]}",
        "{a: 5}",
        "{a: 1}",
        "invalid-value /spec",
    ),
    (
        "{type: string, x-kubernetes-validations: [{rule: 'self != \"a\"'}]}",
        "b",
        "a",
        "invalid-value /spec",
    ),
    (
        "{type: object, properties: {a: {type: integer}, b: {type: integer, default: 3}}, x-kubernetes-validations: [{rule: self.a < self.b}]}",
        "{a: 1}",
        "{a: 4}",
        "invalid-value /spec/a",
    ),
    (
        "{type: object, properties: {a: {type: integer}}, x-kubernetes-validations: [{rule: self.a < 5, fieldPath: .a}]}",
        "{a: 1}",
        "{}",
        "invalid-value /spec/a",
    ),
    (
        "{type: integer, x-kubernetes-validations: [{rule: self >= oldSelf}]}",
        "1",
        "true",
        "wrong-type /spec",
    ),
];

#[test]
fn custom_resources_are_accepted_and_rejected_as_by_the_server() {
    for &(schema, right, wrong, finding) in SPECS {
        assert_eq!(found(&ship(schema, right)), [""; 0], "{schema}: {right}");
        assert_eq!(found(&ship(schema, wrong)), [finding], "{schema}: {wrong}");
    }
}

#[test]
fn a_broken_definition_is_reported_and_its_resources_have_no_schema() {
    for (schema, place) in [
        ("{type: object, properties: {a: {}}}", "/properties/a"),
        ("{type: object, properties: {a: {type: text}}}", "/properties/a/type"),
        ("{type: object, properties: {a: {type: array}}}", "/properties/a"),
        (
            "{type: object, properties: {a: {type: array, items: [{type: string}]}}}",
            "/properties/a/items",
        ),
        (
            "{type: object, properties: {a: {type: array, x-kubernetes-list-type: bag, items: {type: string}}}}",
            "/properties/a/x-kubernetes-list-type",
        ),
        (
            "{type: object, properties: {a: {type: array, x-kubernetes-list-type: map, items: {type: object}}}}",
            "/properties/a",
        ),
        (
            "{type: object, properties: {a: {type: string}}, additionalProperties: true}",
            "/additionalProperties",
        ),
        (
            "{type: object, properties: {a: {type: string, pattern: '(?=a)'}}}",
            "/properties/a/pattern",
        ),
        ("{type: object, properties: {a: {type: string, pattern: '(a'}}}", "/properties/a/pattern"),
        ("{type: object, properties: {a: {type: string, $ref: b}}}", "/properties/a/$ref"),
        (
            "{type: object, properties: {a: {type: array, uniqueItems: true, items: {type: string}}}}",
            "/properties/a/uniqueItems",
        ),
        (
            "{type: object, properties: {a: {type: string, allOf: [{type: string}]}}}",
            "/properties/a/allOf/0/type",
        ),
        (
            "{type: object, properties: {a: {type: string, not: {nullable: true}}}}",
            "/properties/a/not/nullable",
        ),
        ("{type: string}", ""),
        (
            "{type: object, x-kubernetes-validations: [{rule: 'self.a +'}]}",
            "/x-kubernetes-validations",
        ),
    ] {
        let ship = "{apiVersion: a.example/v1, kind: Ship, metadata: {name: a}, b: c}";
        let (coverage, findings) =
            check_in(&format!("{}\n---\n{ship}", definition(schema)), "1.37");
        let found: Vec<_> = findings.iter().map(brief).collect();
        let place = format!("invalid-crd /spec/versions/0/schema/openAPIV3Schema{place}");
        assert_eq!(found, [place], "{schema}");
        assert_eq!(coverage, [Coverage::Checked, Coverage::NoSchema], "{schema}");
    }
}

#[test]
fn names_groups_and_versions_of_definitions_fit_together() {
    let sound = definition("{type: object}");
    assert_eq!(found(&sound), [""; 0]);
    for (from, to, expected) in [
        ("name: ships.a.example", "name: ship.a.example", "invalid-crd /metadata/name"),
        ("storage: true", "storage: false", "invalid-crd /spec/versions"),
        (
            "}]}}",
            "}, {name: v2, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]}}",
            "invalid-crd /spec/versions",
        ),
        ("schema: {openAPIV3Schema: {type: object}}", "schema: {}", "invalid-crd /spec/versions/0"),
        ("scope: Namespaced", "scope: namespaced", "invalid-value /spec/scope"),
    ] {
        let text = sound.replacen(from, to, 1);
        assert_ne!(text, sound, "{from}");
        assert_eq!(found(&text), [expected], "{to}");
    }
    let old = sound.replace("k8s.io/v1,", "k8s.io/v1beta1,");
    assert_eq!(found(&old), ["removed-api /apiVersion"]);
}

#[test]
fn a_version_that_is_not_served_is_reported() {
    let of = |version: &str, change: &str| {
        let text = format!(
            "{}\n---\n{{apiVersion: a.example/{version}, kind: Ship, metadata: {{name: a}}}}",
            definition("{type: object}").replace("served: true", change)
        );
        let (coverage, findings) = check_in(&text, "1.30");
        (coverage[1], findings.iter().map(brief).collect::<Vec<_>>())
    };
    let reported = vec!["unknown-api-version /apiVersion".to_owned()];
    assert_eq!(of("v1", "served: true"), (Coverage::Checked, vec![]));
    assert_eq!(of("v2", "served: true"), (Coverage::NotServed, reported.clone()));
    assert_eq!(of("v1", "served: false"), (Coverage::NotServed, reported));
}

#[test]
fn a_status_subresource_is_ignored_and_metadata_is_not() {
    let with = |subresources: &str, rest: &str| {
        let schema = "{type: object, properties: {status: {type: string}}}";
        let text =
            definition(schema).replace("served: true", &format!("served: true, {subresources}"));
        found(&format!("{text}\n---\n{{apiVersion: a.example/v1, kind: Ship, {rest}}}"))
    };
    let none = "subresources: {}";
    let status = "subresources: {status: {}}";
    assert_eq!(with(none, "metadata: {name: a}, status: 1"), ["wrong-type /status"]);
    assert_eq!(with(status, "metadata: {name: a}, status: 1"), [""; 0]);
    assert_eq!(with(none, "metadata: {name: A_b}"), ["invalid-name /metadata/name"]);
    assert_eq!(
        with(none, "metadata: {name: a, labels: {a: 1}}"),
        ["wrong-type /metadata/labels/a"]
    );
    assert_eq!(with(none, "metadata: {name: a, lables: {}}"), ["unknown-field /metadata/lables"]);
}
