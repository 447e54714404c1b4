//! Reading a custom resource definition.

use std::sync::{Arc, OnceLock};

use seatrial_core::{Found, Span};
use seatrial_manifests::Object;
use seatrial_parse::{Entry, Node};

use super::expressions::Rules;
use super::structural::{self, Schema};
use super::values::Compiled;
use crate::schema::names;
use crate::schema::site::Site;

/// A custom resource definition.
#[derive(Debug)]
pub(super) struct Definition {
    /// The object that it was read from.
    pub(super) object: Arc<Object>,
    /// The group of its custom resources.
    pub(super) group: Box<str>,
    /// Their kind.
    pub(super) kind: Box<str>,
    /// Its versions, in the order of its text.
    pub(super) versions: Vec<CustomVersion>,
}

/// A version of a custom resource.
#[derive(Debug)]
pub(super) struct CustomVersion {
    /// The object that it was read from.
    pub(super) object: Arc<Object>,
    /// Its name, such as `v1beta1`.
    pub(super) name: Box<str>,
    /// Whether it is served.
    pub(super) served: bool,
    /// Whether `status` is a subresource, which is ignored when an object is applied.
    pub(super) has_status: bool,
    /// Pointer to its schema in the object.
    pub(super) pointer: String,
    /// Its schema; `None` where it is not valid.
    pub(super) schema: Option<Schema>,
    /// What the schema demands of values, compiled when it is first needed.
    pub(super) compiled: OnceLock<Option<Compiled>>,
    /// Its CEL rules, compiled when they are first needed.
    pub(super) rules: OnceLock<Rules>,
}

impl Definition {
    /// Reads a definition; also returns what is wrong with it, apart from rules that do not
    /// compile. `None` where it has no group or kind, which its native schema reports.
    pub(super) fn read(object: &Arc<Object>) -> (Option<Self>, Found) {
        let mut found = Found::default();
        let mut site = Site::new(object, &mut found);
        let definition = site.within_key("spec", |site| read(site, object));
        (definition, found)
    }
}

fn read(site: &mut Site<'_>, object: &Arc<Object>) -> Option<Definition> {
    let spec = object.node.get("spec")?;
    let text = |path: &[&str]| spec.at(path).and_then(Node::as_str).filter(|text| !text.is_empty());
    let (group, kind, plural) =
        (text(&["group"])?, text(&["names", "kind"])?, text(&["names", "plural"])?);
    check_name(site, object, &format!("{plural}.{group}"));
    if !group.contains('.') {
        let span = spec.get("group").map_or(spec.span, |node| node.span);
        invalid(site, span, format!("the group `{group}` is no domain"))
            .at_key("group")
            .label("needs at least one dot");
    }
    let items = spec.get("versions").map_or(&[][..], Node::items);
    let versions = site.within_key("versions", |site| {
        check_storage(site, items, spec.entry("versions"));
        let versions = items.iter().enumerate();
        versions
            .filter_map(|(at, node)| site.within_item(at, |site| version(site, object, node)))
            .collect()
    });
    Some(Definition {
        object: Arc::clone(object),
        group: group.into(),
        kind: kind.into(),
        versions,
    })
}

/// The name of a definition is that of its plural and its group.
fn check_name(site: &mut Site<'_>, object: &Object, expected: &str) {
    let Some(name) = object.node.at(&["metadata", "name"]) else { return };
    if name.as_str().is_some_and(|name| name != expected) {
        let draft = invalid(site, name.span, format!("the name must be `{expected}`"));
        draft.at("/metadata/name").label("must be `spec.names.plural`, a dot, and `spec.group`");
    }
}

/// Exactly one version is stored.
fn check_storage(site: &mut Site<'_>, versions: &[Node], entry: Option<&Entry>) {
    let is_stored = |node: &&Node| node.get("storage").and_then(Node::as_bool) == Some(true);
    let stored: Vec<_> = versions.iter().filter(is_stored).collect();
    let Some(key) = entry.map(|entry| entry.key.span).filter(|_| !versions.is_empty()) else {
        return;
    };
    match stored.as_slice() {
        [_] => {}
        [] => {
            invalid(site, key, "no version is stored".to_owned())
                .label("exactly one version must have `storage: true`");
        }
        [_, second, ..] => {
            let span = second.entry("storage").map_or(key, |entry| entry.key.span);
            invalid(site, span, "several versions are stored".to_owned())
                .label("exactly one version may have `storage: true`");
        }
    }
}

fn version(site: &mut Site<'_>, object: &Arc<Object>, node: &Node) -> Option<CustomVersion> {
    let name = node.get("name").and_then(Node::as_str)?;
    let served = node.get("served").and_then(Node::as_bool).unwrap_or(false);
    let own = node.at(&["schema", "openAPIV3Schema"]).filter(|schema| !schema.is_null());
    let (schema, pointer) = match own {
        Some(schema) => site.within_key("schema", |site| {
            let key = node.at(&["schema"]).and_then(|s| s.entry("openAPIV3Schema"));
            let key = key.map_or(schema.span, |entry| entry.key.span);
            site.within_key("openAPIV3Schema", |site| {
                (structural::read_root(site, schema, key), site.pointer().to_owned())
            })
        }),
        None => {
            let key = node.entry("name").map_or(node.span, |entry| entry.key.span);
            invalid(site, key, format!("version `{name}` has no schema"))
                .label("`schema.openAPIV3Schema` is required");
            (None, String::new())
        }
    };
    Some(CustomVersion {
        object: Arc::clone(object),
        name: name.into(),
        served,
        has_status: node.at(&["subresources", "status"]).is_some_and(|node| !node.is_null()),
        pointer,
        schema,
        compiled: OnceLock::new(),
        rules: OnceLock::new(),
    })
}

/// Begins a finding about the definition itself.
pub(super) fn invalid<'s, 'a>(
    site: &'s mut Site<'a>,
    span: Span,
    message: String,
) -> crate::schema::site::Draft<'s, 'a> {
    site.error(names::INVALID_CRD, span, message)
}
