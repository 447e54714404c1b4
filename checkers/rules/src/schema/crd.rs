//! Custom resource definitions among the inspected objects, and the custom resources that they
//! define.

mod definition;
mod expressions;
mod formats;
mod structural;
mod values;
mod walk;

use std::collections::BTreeMap;
use std::sync::Arc;

use seatrial_core::{Found, Safety};
use seatrial_manifests::Object;

use definition::Definition;

use super::metadata::{self, NameSyntax};
use super::names;
use super::native;
use super::schemas::Coverage;
use super::site::Site;
use super::version::Version;

/// The group of custom resource definitions.
const GROUP: &str = "apiextensions.k8s.io";
/// Their kind.
const KIND: &str = "CustomResourceDefinition";

/// Custom resource definitions by group and kind.
#[derive(Debug, Default)]
pub(super) struct Definitions {
    by_group: BTreeMap<Box<str>, BTreeMap<Box<str>, Definition>>,
}

impl Definitions {
    /// Adds an object, if it is a custom resource definition. Of two for one kind, the last one
    /// counts. What is wrong with it is reported when it is checked itself.
    pub(super) fn add(&mut self, object: &Object) {
        if !is_definition(object) {
            return;
        }
        let (definition, _) = Definition::read(&Arc::new(object.clone()));
        if let Some(definition) = definition {
            let of_group = self.by_group.entry(definition.group.clone()).or_default();
            of_group.insert(definition.kind.clone(), definition);
        }
    }

    /// Checks a custom resource; `None` if there is no definition of its kind.
    pub(super) fn check(
        &self,
        object: &Object,
        found: &mut Found,
        kubernetes: Version,
    ) -> Option<Coverage> {
        let definition = self.by_group.get(object.group())?.get(object.kind())?;
        let mut site = Site::new(object, found);
        let version = definition.versions.iter().find(|v| &*v.name == object.id.version());
        let Some(version) = version.filter(|version| version.served) else {
            report_version(&mut site, definition);
            return Some(Coverage::NotServed);
        };
        let rules = version.rules.get_or_init(|| expressions::compile(version));
        let (Some(schema), Some(_)) = (&version.schema, rules) else {
            return Some(Coverage::NoSchema);
        };
        native::check_metadata(&mut site, kubernetes);
        metadata::check(&mut site, NameSyntax::Subdomain(metadata::SUBDOMAIN_SIZE_MAX));
        walk::check(&mut site, schema, version.has_status, kubernetes);
        let structure = site.pointers();
        values::check(&mut site, version, &structure);
        // The API server, too, runs the rules on sound objects only.
        if site.count() == 0 {
            expressions::check(&mut site, version);
        }
        Some(Coverage::Checked)
    }
}

/// Whether an object is a custom resource definition of the version that is served.
fn is_definition(object: &Object) -> bool {
    object.group() == GROUP && object.kind() == KIND && object.id.version() == "v1"
}

/// Checks a custom resource definition itself, beyond its native schema.
pub(super) fn check_definition(object: &Object, found: &mut Found) {
    if !is_definition(object) {
        return;
    }
    let (definition, problems) = Definition::read(&Arc::new(object.clone()));
    found.extend(problems);
    for version in definition.iter().flat_map(|definition| &definition.versions) {
        let Some(schema) = &version.schema else { continue };
        for pointer in expressions::schemas_with_rules(schema) {
            let list = object.node.pointer(pointer).and_then(|node| node.get(expressions::KEYWORD));
            if let Some(list) = list {
                expressions::report_problems(object, found, pointer, list);
            }
        }
    }
}

/// Reports a custom resource of a version that its definition does not serve.
fn report_version(site: &mut Site<'_>, definition: &Definition) {
    let object = site.object;
    let root = &object.node;
    let span = root.get("apiVersion").map_or(root.span, |node| node.span);
    let served: Vec<_> = definition.versions.iter().filter(|version| version.served).collect();
    let known = served.iter().map(|v| format!("`{}`", v.name)).collect::<Vec<_>>().join(", ");
    let message = format!("{} is not served in version `{}`", object.kind(), object.id.version());
    let label = if known.is_empty() {
        "its definition serves no version".to_owned()
    } else {
        format!("its definition serves {known}")
    };
    let draft = site
        .error(names::UNKNOWN_API_VERSION, span, message)
        .at_key("apiVersion")
        .label(label)
        .related_location(definition.object.name_location(), "the definition");
    if let [only] = served.as_slice() {
        draft.write(&format!("{}/{}", definition.group, only.name), Safety::Unsafe);
    }
}
