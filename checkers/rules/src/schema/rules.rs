//! The rules about schemas, with their manual pages.

use std::borrow::Cow;

use seatrial_core::Severity;

use super::names;
use crate::{Part, Rule};

/// The rules about schemas, by id.
pub fn rules() -> &'static [Rule] {
    &RULES
}

const fn rule(
    id: &'static str,
    severity: Severity,
    summary: &'static str,
    explanation: &'static str,
) -> Rule {
    Rule {
        id: Cow::Borrowed(id),
        part: Part::Schema,
        severity,
        summary: Cow::Borrowed(summary),
        explanation: Cow::Borrowed(explanation),
    }
}

static RULES: [Rule; 13] = [
    rule(
        names::DEPRECATED_API,
        Severity::Warning,
        "the API version of this object is deprecated",
        "## What it checks

Whether the configured version of Kubernetes (`--kubernetes-version`) still serves the object's
`apiVersion` and kind, but warns that a later version will not.

## Why it matters

After the upgrade that removes it, the same manifest is rejected. Objects that are stored in the
cluster survive; pipelines that apply the manifest do not.

## What to do

Move to the named `apiVersion`. Fields may have been renamed or may have other defaults.

## Fix

`--fix` moves an object of a kind whose new version has the same fields with the same meaning;
`--fix --unsafe` the others, if their fields are those of the new version.

## References

- The methods `APILifecycleDeprecated` and `APILifecycleRemoved` of kubernetes/api
- <https://kubernetes.io/docs/reference/using-api/deprecation-guide/>
",
    ),
    rule(
        names::DUPLICATE_ITEM,
        Severity::Error,
        "two items of a list have the same identity",
        "## What it checks

Lists whose items are told apart by some of their fields, where the API server rejects two items
that agree in them: the names of containers and of volumes, the mount paths of a container, port and
protocol of a service's ports, the topology spread constraints of a pod. In custom resources, lists
that their definition declares as `x-kubernetes-list-type: map` or `set`.

## Why it matters

The API server rejects the object.

## What to do

Rename or remove one of the two.

## Fix

`--fix` removes an item that says the same as the first.

## Known limits

Other lists, such as `env`, are maps for server-side apply only: a plain create accepts duplicates
there, so that they are not reported.
",
    ),
    rule(
        names::INVALID_CRD,
        Severity::Error,
        "a custom resource definition is not valid",
        "## What it checks

The schemas and validation rules of a `CustomResourceDefinition`: that each served version has a
structural schema, that types, patterns and bounds can be used, that the name is that of the group
and the plural, that exactly one version is stored, and that the expressions in
`x-kubernetes-validations` compile.

## Why it matters

The API server rejects the definition, or never establishes it. Its custom resources then cannot be
created, and here they count as without a schema.

## What to do

Correct the definition at the underlined place.

## References

- <https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema>
",
    ),
    rule(
        names::INVALID_LABEL,
        Severity::Error,
        "a label or the key of an annotation is not valid",
        "## What it checks

Keys and values of labels, of label selectors and node selectors, and keys of annotations. A key is
a name of at most 63 letters, digits, `-`, `_` and `.`, with or without a DNS name and `/` before it.
A label's value is empty or follows the same rule as the name.

## Why it matters

The API server rejects the object.

## What to do

Shorten or rewrite it. Free text belongs in the value of an annotation.

## References

- <https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set>
",
    ),
    rule(
        names::INVALID_NAME,
        Severity::Error,
        "the name of an object is not valid for its kind",
        "## What it checks

`metadata.name` and `metadata.generateName` against the rule of the object's kind: for most kinds a
DNS subdomain, for namespaces and services a DNS label, for RBAC objects any part of a path.

## Why it matters

The API server rejects the object.

## What to do

Use lower-case letters, digits and `-`.

## References

- <https://kubernetes.io/docs/concepts/overview/working-with-objects/names/>
",
    ),
    rule(
        names::INVALID_VALUE,
        Severity::Error,
        "a value of the right type that the API server does not take",
        "## What it checks

Enumerations (`imagePullPolicy: Allways`), ranges (ports, weights, file modes), quantities (`1GB`),
times, and base64; that the selector of a workload is not empty and matches the labels of its pod
template, and that the restart policy is one that the workload can have. In custom resources,
everything that their definition demands of values: patterns, bounds, lengths, formats, combinations
and CEL rules.

## Why it matters

The API server rejects the object.

## What to do

Use one of the values that the message names. A file mode such as `644` is a decimal number in YAML:
write `0644`.

## Fix

`--fix` corrects the letter case of a choice; `--fix --unsafe` a choice that is misspelt.

## Known limits

The published schemas of native kinds carry no enumerations or ranges. The ones checked are those
that every supported version enforces; there are more in the API server's code. Before Kubernetes
1.33, the pod template of a StatefulSet was validated only when its pods were created.
",
    ),
    rule(
        names::MISSING_FIELD,
        Severity::Error,
        "a required field is missing",
        "## What it checks

Whether all fields are there without which the API server rejects the object. Null counts as absent.

## Why it matters

The API server rejects the object.

## What to do

Add the field. If it is there, look at its indentation: it may belong to another object than it
seems to.

## Known limits

The published schemas call some fields required without which the API server accepts the object,
such as `serviceName` of a StatefulSet. These are not reported.
",
    ),
    rule(
        names::MISSING_NAME,
        Severity::Error,
        "an object has no name",
        "## What it checks

Whether the object has `metadata.name` or `metadata.generateName`.

## Why it matters

The API server rejects an object without either. `kubectl apply` needs `name`.

## What to do

Add `metadata.name`.
",
    ),
    rule(
        names::REMOVED_API,
        Severity::Error,
        "the API version of this object is no longer served",
        "## What it checks

Whether the configured version of Kubernetes (`--kubernetes-version`) has stopped to serve the
object's `apiVersion` and kind.

## Why it matters

The API server knows no such resource, and the manifest cannot be applied.

## What to do

Move to the named `apiVersion`. Fields may have been renamed or may have other defaults: the schema
of the new version is checked once the `apiVersion` is changed.

## Fix

`--fix` moves an object of a kind whose new version has the same fields with the same meaning;
`--fix --unsafe` the others, if their fields are those of the new version.

## References

- <https://kubernetes.io/docs/reference/using-api/deprecation-guide/>
",
    ),
    rule(
        names::UNKNOWN_API_VERSION,
        Severity::Error,
        "the kind is not served in this API group and version",
        "## What it checks

Whether the object's kind belongs to its `apiVersion` in the configured version of Kubernetes
(`--kubernetes-version`), or, for custom resources, whether their definition serves that version.

## Why it matters

The API server knows no such resource, and the manifest cannot be applied.

## What to do

Write the `apiVersion` that the message names.

## Fix

`--fix --unsafe` writes the one that the message names, if there is one alone.

## Known limits

A group with a dot that is not Kubernetes' own may come from a definition outside the inspected
files: such objects are counted as without a schema, and not reported.
",
    ),
    rule(
        names::UNKNOWN_FIELD,
        Severity::Error,
        "a field that the API does not have",
        "## What it checks

Every key of an object against the fields of its schema.

## Why it matters

With strict validation, kubectl's default, the API server rejects the object. Without it, the field
is dropped silently: what it was meant to do does not happen.

## What to do

Correct the spelling (letter case counts), or move the field to where it belongs: most often it is
indented too far or not far enough.

## Fix

`--fix --unsafe` writes the field that is nearest, if there is one alone.

## References

- <https://kubernetes.io/docs/reference/using-api/api-concepts/#field-validation>
",
    ),
    rule(
        names::UNKNOWN_KIND,
        Severity::Error,
        "Kubernetes has no such kind in this API group and version",
        "## What it checks

Whether an API group and version of Kubernetes' own has the object's kind.

## Why it matters

The API server knows no such resource, and the manifest cannot be applied.

## What to do

Correct the spelling of `kind` (letter case counts), or the `apiVersion`.

## Fix

`--fix` corrects the letter case; `--fix --unsafe` a kind that is misspelt.

",
    ),
    rule(
        names::WRONG_TYPE,
        Severity::Error,
        "a value has another type than the API wants",
        "## What it checks

The type of every value against the schema. Whole floating-point numbers count as integers; null
counts as absent; integers must fit the bits of their field.

## Why it matters

The API server cannot read the object, and rejects it.

## What to do

Quote what must be a string: YAML reads a plain `8080` as a number, and `yes`, `on`, `true` as
booleans. The values of labels, annotations and environment variables are strings.

## Fix

`--fix` quotes what must be a text, and takes the quotes off what must be a number or a boolean.

",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_sorted_and_their_pages_have_all_sections() {
        assert!(RULES.windows(2).all(|pair| pair[0].id < pair[1].id));
        for rule in &RULES {
            let sections: Vec<_> =
                rule.explanation.lines().filter(|line| line.starts_with("## ")).collect();
            let (must, may) = sections.split_at(3.min(sections.len()));
            let expected = ["## What it checks", "## Why it matters", "## What to do"];
            assert_eq!(must, expected, "{}", rule.id);
            let order = ["## Fix", "## Known limits", "## References"];
            assert!(may.iter().all(|section| order.contains(section)), "{}", rule.id);
            assert!(!rule.summary.ends_with('.') && !rule.summary.contains('\n'));
        }
    }
}
