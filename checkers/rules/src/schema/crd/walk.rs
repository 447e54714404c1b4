//! The structure of a custom resource: types, unknown and missing fields, repeated items.
//!
//! The API server prunes what the schema lacks (which strict validation reports), drops nulls of
//! fields that are not nullable, and fills in defaults before it validates.

use std::collections::BTreeMap;

use seatrial_core::Span;
use seatrial_parse::{Entry, Mapping, Node, Value};

use super::structural::{ListKind, Schema, Type};
use crate::schema::metadata;
use crate::schema::names;
use crate::schema::native;
use crate::schema::site::{Site, span_of_item};
use crate::schema::version::Version;

/// The fields that every object has, whatever its schema says.
const OWN_FIELDS: [&str; 3] = ["apiVersion", "kind", "metadata"];

/// Checks a custom resource. Of its status, if that is a subresource, nothing is kept.
pub(super) fn check(site: &mut Site<'_>, schema: &Schema, has_status: bool, kubernetes: Version) {
    let root = &site.object.node;
    let key = root.get("kind").map_or(root.span, |kind| kind.span);
    if let Some(map) = root.as_mapping() {
        Walk { kubernetes, has_status }.object(site, map, schema, key, Place::Root);
    }
}

/// Where an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Root,
    Within,
}

#[derive(Debug, Clone, Copy)]
struct Walk {
    kubernetes: Version,
    has_status: bool,
}

impl Walk {
    fn value(self, site: &mut Site<'_>, node: &Node, schema: &Schema, key: Span) {
        match (&schema.of, &node.value) {
            (Type::Any, _)
            | (Type::Boolean, Value::Bool(_))
            | (Type::Number, Value::Number(_))
            | (Type::Text | Type::IntOrString, Value::String(_)) => {}
            (Type::Integer | Type::IntOrString, Value::Number(number))
                if number.as_i64().is_some() => {}
            (Type::List(kind, items), Value::Sequence(list)) => {
                for (at, item) in list.iter().enumerate() {
                    site.within_item(at, |site| self.item(site, item, items));
                }
                unique(site, list, kind);
            }
            (Type::Object(..) | Type::Map(..), Value::Mapping(map)) => {
                self.object(site, map, schema, key, Place::Within);
                if schema.embedded {
                    self.embedded(site, node, key);
                }
            }
            _ => {
                let found = native::with_article(node.type_name());
                let wants_text = matches!(schema.of, Type::Text);
                native::mismatch(site, node, expected(&schema.of), found, key, wants_text);
            }
        }
    }

    /// An item of a list, of which null is not dropped.
    fn item(self, site: &mut Site<'_>, item: &Node, schema: &Schema) {
        if !(item.is_null() && schema.nullable) {
            self.value(site, item, schema, span_of_item(item));
        }
    }

    fn object(self, site: &mut Site<'_>, map: &Mapping, schema: &Schema, key: Span, place: Place) {
        let is_own =
            |name: &str| (place == Place::Root || schema.embedded) && OWN_FIELDS.contains(&name);
        for entry in &map.entries {
            let name = &*entry.key.text;
            let ignored = place == Place::Root && name == "status" && self.has_status;
            if is_own(name) || ignored {
                continue;
            }
            match schema.field(name) {
                Some(_) if entry.value.is_null() => {}
                Some(field) => site.within_key(name, |site| {
                    self.value(site, &entry.value, field, entry.key.span);
                }),
                None => unknown(site, entry, schema),
            }
        }
        let (Type::Object(_, required) | Type::Map(_, required)) = &schema.of else { return };
        for name in required.iter().filter(|name| !is_own(name)) {
            let field = schema.field(name);
            let has_default = field.is_some_and(|field| field.default.is_some());
            let nullable = field.is_some_and(|field| field.nullable);
            let is_there = map.get(name).is_some_and(|node| nullable || !node.is_null());
            if !is_there && !has_default {
                native::missing_field(site, name, key);
            }
        }
    }

    /// What every object within an object needs.
    fn embedded(self, site: &mut Site<'_>, node: &Node, key: Span) {
        for name in ["apiVersion", "kind"] {
            if node.get(name).is_none_or(Node::is_null) {
                native::missing_field(site, name, key);
            }
        }
        if let Some(own) = node.get("metadata") {
            site.within_key("metadata", |site| {
                native::check_object_meta(site, own, self.kubernetes);
                metadata::labels_and_annotations(site, own);
            });
        }
    }
}

fn unknown(site: &mut Site<'_>, entry: &Entry, schema: &Schema) {
    match &schema.of {
        _ if schema.preserves_unknown => {}
        Type::Object(fields, _) => {
            native::unknown_field(site, entry, fields.iter().map(|(name, _)| &**name));
        }
        _ => {} // a map with whatever values
    }
}

fn expected(of: &Type) -> &'static str {
    match of {
        Type::Any => "a value",
        Type::Boolean => "a boolean",
        Type::Integer => "an integer",
        Type::Number => "a number",
        Type::Text => "a string",
        Type::IntOrString => "an integer or a string",
        Type::List(..) => "a list",
        Type::Map(..) | Type::Object(..) => "a map",
    }
}

/// Reports items of a set or a map that occur twice.
fn unique(site: &mut Site<'_>, items: &[Node], kind: &ListKind) {
    let identity = |item: &Node| match kind {
        ListKind::Atomic => None,
        ListKind::Set => Some(item.to_string()),
        // A missing key may have a default, or is reported as missing.
        ListKind::Map(keys) => {
            let values = keys.iter().map(|key| item.get(key).map(Node::to_string));
            values.collect::<Option<Vec<_>>>().map(|values| values.join(", "))
        }
    };
    let mut seen: BTreeMap<String, &Node> = BTreeMap::new();
    for (at, item) in items.iter().enumerate() {
        let Some(identity) = identity(item) else { continue };
        let Some(first) = seen.get(&identity) else {
            seen.insert(identity, item);
            continue;
        };
        let place = |item: &Node| match kind {
            ListKind::Map(keys) => {
                let shown = keys.iter().find_map(|key| item.get(key));
                shown.map_or_else(|| span_of_item(item), |node| node.span)
            }
            _ => span_of_item(item),
        };
        let (first, here) = (place(first), place(item));
        let message = match kind {
            ListKind::Map(keys) => {
                format!("two items of `{}` agree in `{}`", site.field(), keys.join("`, `"))
            }
            _ => format!("`{item}` occurs twice in `{}`", site.field()),
        };
        site.within_item(at, |site| {
            site.error(names::DUPLICATE_ITEM, here, message)
                .label("the second one")
                .related(first, "the first one");
        });
    }
}
