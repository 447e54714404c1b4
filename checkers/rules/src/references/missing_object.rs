//! `missing-object`: an object of an extension, or of a rarer kind, that is named but not there.

use seatrial_core::{Finding, Severity};
use seatrial_manifests::{Object, Part as Place, PodTemplate};

use super::Context;
use super::absent::{Named, Otherwise, absent};
use super::common::{namespace, text};
use super::places::{all, at, one, pod_spec, root};
use crate::{Part, Rule};

pub(super) static RULE: Rule = Rule::fixed(
    "missing-object",
    Part::Reference,
    Severity::Error,
    "an object that another one names is not there",
    "\
## What it checks

References by name between objects of extensions, and of some rarer built-in kinds:

* network attachments of Multus in the annotation `k8s.v1.cni.cncf.io/networks` of pods;
* `resourceClaims` of pods: ResourceClaims and ResourceClaimTemplates;
* the `policyName` of a ValidatingAdmissionPolicyBinding;
* the `authenticationRef` of KEDA's triggers;
* the `issuerRef` of cert-manager's Certificates, and the `secretStoreRef` of ExternalSecrets;
* the `workflowTemplateRef` of Argo's Workflows and CronWorkflows;
* the `dataSource` of claims on storage: snapshots and other claims.

An object of a name one slip of the hand away is an error; the name in another namespace is a
warning. Otherwise the object may live outside the inspected files, and it is a note; with
`--closed-world` an error.

## Why it matters

The API server looks at none of these names. What is missed shows late: pods that stay in
`ContainerCreating`, autoscalers without metrics, certificates that are never issued, a policy that
is never enforced.

## What to do

Correct the name, or add the object.

## Fix

`--fix --unsafe` writes the near name, if there is one alone.

## Example

```yaml
kind: TriggerAuthentication
metadata: {name: queue-access}
---
kind: ScaledObject
spec:
  triggers:
  - type: rabbitmq
    authenticationRef: {name: queue-acess}
```

## References

* <https://kubernetes.io/docs/concepts/scheduling-eviction/dynamic-resource-allocation/>
* <https://keda.sh/docs/latest/concepts/authentication/>
",
);

/// A reference whose kind is known, or stated beside the name.
struct Form {
    group: &'static str,
    kind: &'static str,
    /// Where the references are.
    path: &'static str,
    /// The field of the name.
    name: &'static str,
    /// Group and kind of what is named; the kind unless another is stated in the field `kind`.
    target: (&'static str, &'static str),
}

const fn form(
    (group, kind): (&'static str, &'static str),
    (path, name): (&'static str, &'static str),
    target: (&'static str, &'static str),
) -> Form {
    Form { group, kind, path, name, target }
}

const KEDA: &str = "keda.sh";
const ARGO: &str = "argoproj.io";
const AUTHENTICATION: (&str, &str) = (KEDA, "TriggerAuthentication");
const STORE: (&str, &str) = ("external-secrets.io", "SecretStore");
const WORKFLOW: (&str, &str) = (ARGO, "WorkflowTemplate");
const ADMISSION: &str = "admissionregistration.k8s.io";

static FORMS: &[Form] = &[
    form((KEDA, "ScaledObject"), ("spec/triggers/*/authenticationRef", "name"), AUTHENTICATION),
    form((KEDA, "ScaledJob"), ("spec/triggers/*/authenticationRef", "name"), AUTHENTICATION),
    form(
        ("cert-manager.io", "Certificate"),
        ("spec/issuerRef", "name"),
        ("cert-manager.io", "Issuer"),
    ),
    form(("external-secrets.io", "ExternalSecret"), ("spec/secretStoreRef", "name"), STORE),
    form((ARGO, "Workflow"), ("spec/workflowTemplateRef", "name"), WORKFLOW),
    form((ARGO, "CronWorkflow"), ("spec/workflowSpec/workflowTemplateRef", "name"), WORKFLOW),
    form(
        (ADMISSION, "ValidatingAdmissionPolicyBinding"),
        ("spec", "policyName"),
        (ADMISSION, "ValidatingAdmissionPolicy"),
    ),
    form(
        (ADMISSION, "MutatingAdmissionPolicyBinding"),
        ("spec", "policyName"),
        (ADMISSION, "MutatingAdmissionPolicy"),
    ),
];

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for object in context.index.objects() {
        let mut used = by_form(object);
        used.extend(data_source(object));
        if let Some(template) = PodTemplate::of(object) {
            used.extend(resource_claims(object, &template));
            used.extend(attachments(object, &template));
        }
        let used = used.iter();
        findings.extend(used.filter_map(|used| absent(context, &RULE, used, Otherwise::Note)));
    }
}

fn by_form(object: &Object) -> Vec<Named<'_>> {
    let forms = FORMS.iter();
    let forms = forms.filter(|form| form.kind == object.kind() && form.group == object.group());
    let used = forms.flat_map(|form| {
        let places = all(object, form.path).into_iter();
        places.filter_map(|place| {
            // A binding has a `kind` of its own; what it names has one only where it is a choice.
            let stated = text(place.node, "kind").filter(|_| form.path != "spec");
            let group = text(place.node, "group").filter(|group| !group.is_empty());
            let target = (group.unwrap_or(form.target.0), stated.unwrap_or(form.target.1));
            Named::by(object, one(&place, form.name)?, target)
        })
    });
    // Kinds such as `ClusterIssuer` live in no namespace.
    let used = used.map(|used| {
        if used.kind.starts_with("Cluster") { Named { namespace: None, ..used } } else { used }
    });
    used.collect()
}

/// What a claim on storage is filled from.
fn data_source(object: &Object) -> Option<Named<'_>> {
    if object.kind() != "PersistentVolumeClaim" {
        return None;
    }
    let source = one(&root(object), "spec/dataSource")?;
    let target = (text(source.node, "apiGroup").unwrap_or_default(), text(source.node, "kind")?);
    Named::by(object, one(&source, "name")?, target)
}

/// The claims on devices that pods make.
fn resource_claims<'a>(object: &'a Object, template: &PodTemplate<'a>) -> Vec<Named<'a>> {
    const GROUP: &str = "resource.k8s.io";
    let Some(spec) = pod_spec(template) else { return Vec::new() };
    let of = |path, kind| {
        let places = at(&spec, path).into_iter();
        places.filter_map(move |place| Named::by(object, place, (GROUP, kind)))
    };
    of("resourceClaims/*/resourceClaimName", "ResourceClaim")
        .chain(of("resourceClaims/*/resourceClaimTemplateName", "ResourceClaimTemplate"))
        .collect()
}

/// The networks that pods are attached to, as `NAME`, `NAMESPACE/NAME` and `…@INTERFACE`.
fn attachments<'a>(object: &'a Object, template: &PodTemplate<'a>) -> Vec<Named<'a>> {
    const KEY: &str = "k8s.v1.cni.cncf.io/networks";
    const TARGET: (&str, &str) = ("k8s.cni.cncf.io", "NetworkAttachmentDefinition");
    let annotations = template.metadata.and_then(|metadata| metadata.get("annotations"));
    let Some(node) = annotations.and_then(|annotations| annotations.get(KEY)) else {
        return Vec::new();
    };
    // A list in JSON is not read.
    let listed = node.as_str().filter(|listed| !listed.trim_start().starts_with('['));
    let key = seatrial_parse::escape_pointer_token(KEY);
    let pointer = format!("{}/metadata/annotations/{key}", template.pointer);
    let names = listed.into_iter().flat_map(|listed| listed.split(',')).map(str::trim);
    let used = names.filter(|name| !name.is_empty()).map(|text| {
        let text = text.split('@').next().unwrap_or_default();
        let (own, name) = match text.split_once('/') {
            Some((namespace, name)) => (Some(namespace), name),
            None => (namespace(object), text),
        };
        let place = Place { node, pointer: pointer.clone() };
        Named { object, place, namespace: own, group: TARGET.0, kind: TARGET.1, name }
    });
    used.collect()
}
