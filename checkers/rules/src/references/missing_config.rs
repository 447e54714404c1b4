//! `missing-config`: a reference to a ConfigMap, a Secret or a key of one that is not there.

mod present;
mod uses;

use std::borrow::Cow;
use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use seatrial_core::{Finding, Location, Safety, Severity, nearest};
use seatrial_manifests::Object;
use seatrial_parse::Node;
use seatrial_parse::edit::Change;

use self::present::{Elsewhere, Present};
use self::uses::{Config, Use, uses};
use super::Context;
use super::absent::may_be_made;
use super::common::{finding, in_other_namespace, is_placeholder, listed, named, namespace};
use crate::fix::{mended, respelt};
use crate::{Part, Rule};

pub(super) static RULE: Rule = Rule {
    id: Cow::Borrowed("missing-config"),
    part: Part::Reference,
    severity: Severity::Error,
    summary: Cow::Borrowed("a ConfigMap, a Secret or a key of one is used but not there"),
    explanation: Cow::Borrowed(
        "\
## What it checks

Every place that names a ConfigMap or a Secret: `env`, `envFrom`, volumes (projected ones and the
credentials of storage drivers included) and `imagePullSecrets` of all kinds of workloads,
`imagePullSecrets` of ServiceAccounts, `secretName` in the `tls` section of Ingresses, certificates
of Gateways, and the Secrets and ConfigMaps of KEDA's TriggerAuthentications.

* The object is there, but not the key: an error.
* The object is not there, but one of a name that is one slip of the hand away is: an error.
* The object is not there: it may live outside the inspected files, so a note; with
  `--closed-world` an error.

References marked `optional: true` are fine. So are objects that a controller makes from another
inspected object (`ExternalSecret`, `SealedSecret`, `Certificate` and the like), those that an
operator names after its custom resource (`orders-ca-cert` of a `Kafka` named `orders`), and
`kube-root-ca.crt`, which every namespace has.

## Why it matters

The API server does not check these names. The pod is created and then hangs in
`CreateContainerConfigError` or `ContainerCreating`, often only when the next rollout starts.

## What to do

Correct the name or the key, add the missing object, or mark the reference `optional: true` if the
application does without.

## Fix

`--fix --unsafe` writes the near name or key, if there is one alone.

## Known limits

The keys of Secrets that a controller fills in are not known and not judged. Where a namespace is
not stated, any namespace is taken to fit. Files that a mount picks by `subPath` are not looked up.

## References

* <https://kubernetes.io/docs/concepts/configuration/configmap/>
* <https://kubernetes.io/docs/concepts/configuration/secret/>
",
    ),
};

/// How many keys are looked at in search of a near one.
const COMPARED: usize = 256;

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let elsewhere = Elsewhere::of(context.index.objects());
    // Of what is used in many places, the keys are read once.
    let mut known = FxHashMap::default();
    for object in context.index.objects() {
        let from = namespace(object);
        let mut absent = BTreeMap::<_, Vec<Use<'_>>>::new();
        for used in uses(object) {
            let Some(name) = used.name.as_str() else { continue };
            if used.optional || is_placeholder(name) || elsewhere.makes(used.config, name) {
                continue;
            }
            let config = used.config;
            let present = known.entry((from, config, name)).or_insert_with(|| {
                Present::of(context.index.resolve(from, "", config.kind(), name))
            });
            let Some(present) = present else {
                if may_be_made(context, from, name) {
                    continue;
                }
                absent.entry((config, name)).or_default().push(used);
                continue;
            };
            let keys = used.keys.iter();
            findings.extend(
                keys.filter_map(|(key, pointer)| {
                    judge_key(object, (key, pointer), config, present)
                }),
            );
        }
        let absent = absent.into_iter();
        findings.extend(absent.filter_map(|((config, name), uses)| {
            report_absent(context, object, config, name, &uses)
        }));
    }
}

/// The finding on a key of an object that is there.
fn judge_key(
    object: &Object,
    (key, pointer): (&Node, &str),
    config: Config,
    present: &Present<'_>,
) -> Option<Finding> {
    let wanted = key.as_str().filter(|key| !is_placeholder(key))?;
    if present.has(wanted) {
        return None;
    }
    let named = named(present.first);
    let place = (key.span, pointer.to_owned());
    if present.keys.is_empty() {
        let message = format!("{named} has no keys, so something else must add `{wanted}`");
        let finding = finding(&RULE, Severity::Note, object, place, message)
            .labelled("not a key of it yet")
            .related_to(present.first.name_location(), format!("this {} is empty", config.kind()));
        return Some(finding);
    }
    let message = format!("{named} has no key `{wanted}`");
    let keys = listed(present.keys.keys().map(|key| format!("`{key}`")));
    let near = nearest(wanted, present.keys.keys().copied().take(COMPARED));
    let shown = match near {
        Some(_) => "this key is there".to_owned(),
        None => format!("the keys of this {} are here", config.kind()),
    };
    let finding = finding(&RULE, Severity::Error, object, place, message)
        .labelled("no such key")
        .related_to(present.location(near), shown)
        .because(format!("the keys of {named} are {keys}"));
    Some(match near {
        Some(near) => {
            let finding = finding.help(format!("did you mean `{near}`?"));
            respelt(finding, object, wanted, present.keys.keys().copied().take(COMPARED))
        }
        None => finding.help("add the key, or mark the reference `optional: true`"),
    })
}

/// The finding on an object that is not there, at the first place that uses it.
fn report_absent(
    context: &Context<'_>,
    object: &Object,
    config: Config,
    name: &str,
    uses: &[Use<'_>],
) -> Option<Finding> {
    let first = uses.first()?;
    let (kind, from) = (config.kind(), namespace(object));
    let place = (first.name.span, first.pointer.clone());
    let all = context.index.near_names(from, "", kind, name);
    let near = all.first();
    let severity = if near.is_some() { Severity::Error } else { context.absence() };
    let message = format!("no inspected {kind} is named `{name}`");
    let mut finding =
        finding(&RULE, severity, object, place, message).labelled("not among the inspected files");
    if uses.len() > 1 {
        finding = finding.because(format!("it is used at {} places of this object", uses.len()));
    }
    if let Some(near) = near {
        let finding = finding
            .related_to(near.name_location(), format!("this {kind} has a near name"))
            .help(format!("did you mean `{}`?", near.name()));
        if all.iter().any(|other| other.name() != near.name()) {
            return Some(finding);
        }
        let change = |used: &Use<'_>| Change::Set {
            pointer: used.pointer.clone(),
            value: near.name().into(),
        };
        let changes: Vec<_> = uses.iter().map(change).collect();
        return Some(mended(finding, object, Safety::Unsafe, &changes));
    }
    Some(match other_place(context, from, config, name) {
        Some((location, message)) => finding.related_to(location, message),
        None => finding,
    })
}

/// Something else of this name: in another namespace, or of the other kind.
fn other_place(
    context: &Context<'_>,
    from: Option<&str>,
    config: Config,
    name: &str,
) -> Option<(Location, String)> {
    let kind = config.kind();
    if let Some(other) = in_other_namespace(context, from, ("", kind, name)) {
        let namespace = namespace(other).unwrap_or_default();
        let message = format!("this {kind} is in the namespace `{namespace}`, out of reach");
        return Some((other.name_location(), message));
    }
    let other = context.index.resolve(from, "", config.other().kind(), name).next()?;
    Some((other.name_location(), format!("this is a {}, not a {kind}", other.kind())))
}

#[cfg(test)]
mod tests;
