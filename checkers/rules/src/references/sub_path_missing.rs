//! `sub-path-missing`: a mount picks a file that its ConfigMap or Secret does not have.

use seatrial_core::{Finding, Severity, nearest};
use seatrial_manifests::{Object, Part as Place, PodTemplate};
use seatrial_parse::Node;

use super::Context;
use super::common::{finding, is_placeholder, listed, named, namespace, text};
use super::places::{at, child, one, pod_spec};
use crate::fix::respelt;
use crate::{Part, Rule};

pub(super) static RULE: Rule = Rule::fixed(
    "sub-path-missing",
    Part::Reference,
    Severity::Error,
    "a mount picks a file that its ConfigMap or Secret does not have",
    "\
## What it checks

The `subPath` of every mount of a volume made from an inspected ConfigMap or Secret, against the files
in that volume: its keys, or the `path`s of its `items`.

A file that is not there is an error. Secrets and ConfigMaps without any keys are not judged, for
something else fills them.

## Why it matters

For a `subPath` that is not there, the kubelet makes an empty *directory*. The pod starts, and the
application finds a directory where it wants its configuration file.

## What to do

Write the name of a key, with its ending: `app.yaml`, not `app.yml`.

## Fix

`--fix --unsafe` writes the near name, if there is one alone.

## Example

```yaml
kind: ConfigMap
metadata: {name: nginx}
data: {nginx.conf: '…'}
---
volumes: [{name: config, configMap: {name: nginx}}]
volumeMounts: [{name: config, mountPath: /etc/nginx/nginx.conf, subPath: nginx.cfg}]
```

## References

* <https://kubernetes.io/docs/concepts/storage/volumes/#using-subpath>
",
);

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for template in context.index.templates() {
        let Some(spec) = pod_spec(template) else { continue };
        for container in template.containers() {
            let here = Place { node: container.node, pointer: container.pointer() };
            for mount in at(&here, "volumeMounts/*") {
                let Some(path) = child(&mount, "subPath") else { continue };
                let volumes = at(&spec, "volumes/*");
                let name = text(mount.node, "name");
                let volume =
                    volumes.iter().find(|it| name.is_some() && text(it.node, "name") == name);
                findings.extend(volume.and_then(|volume| judge(context, template, volume, &path)));
            }
        }
    }
}

fn judge(
    context: &Context<'_>,
    template: &PodTemplate<'_>,
    volume: &Place<'_>,
    path: &Place<'_>,
) -> Option<Finding> {
    let wanted = path.node.as_str().filter(|path| !is_placeholder(path))?;
    let (kind, source, name) = match (one(volume, "configMap"), one(volume, "secret")) {
        (Some(source), _) => ("ConfigMap", source.clone(), text(source.node, "name")?.to_owned()),
        (_, Some(source)) => {
            ("Secret", source.clone(), text(source.node, "secretName")?.to_owned())
        }
        _ => return None,
    };
    let first_part = wanted.split('/').next().unwrap_or_default();
    let items = at(&source, "items/*/path");
    let paths: Vec<&str> = items.iter().filter_map(|item| item.node.as_str()).collect();
    let objects: Vec<&Object> =
        context.index.resolve(namespace(template.object), "", kind, &name).collect();
    let object = objects.first()?;
    let keys: Vec<&str> = if paths.is_empty() {
        objects.iter().flat_map(|object| keys(object)).collect()
    } else {
        paths
    };
    let has = |key: &&str| *key == wanted || key.split('/').next() == Some(first_part);
    if keys.is_empty() || keys.iter().any(has) || is_token(object) {
        return None;
    }
    let near = nearest(wanted, keys.iter().copied());
    let message = format!("{} has no file `{wanted}`", named(object));
    let place = (path.node.span, path.pointer.clone());
    let finding = finding(&RULE, Severity::Error, template.object, place, message)
        .labelled("becomes an empty directory")
        .related_to(
            location(object, near.or_else(|| keys.first().copied())),
            "what is there instead",
        )
        .because(format!(
            "the files of the volume are {}",
            listed(keys.iter().map(|key| format!("`{key}`")))
        ));
    Some(match near {
        Some(near) => {
            let finding = finding.help(format!("did you mean `{near}`?"));
            respelt(finding, template.object, wanted, keys.iter().copied())
        }
        None => finding.help("add the key, or pick another file"),
    })
}

fn is_token(object: &Object) -> bool {
    text(&object.node, "type") == Some("kubernetes.io/service-account-token")
}

fn keys(object: &Object) -> impl Iterator<Item = &str> {
    let fields = ["data", "binaryData", "stringData"].into_iter();
    let entries = fields.flat_map(|field| object.node.get(field).map_or(&[][..], Node::entries));
    entries.map(|entry| &*entry.key.text)
}

fn location(object: &Object, key: Option<&str>) -> seatrial_core::Location {
    let mut fields = ["data", "binaryData", "stringData"].into_iter();
    let entry = fields.find_map(|field| object.node.get(field)?.entry(key?));
    entry.map_or_else(|| object.name_location(), |entry| object.location(entry.key.span))
}
