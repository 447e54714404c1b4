//! Structural schemas: the types of a custom resource.
//!
//! Source: `apiextensions-apiserver/pkg/apiserver/schema` (`validation.go`) and the section
//! "Specifying a structural schema" of the Kubernetes documentation.

use seatrial_core::Span;
use seatrial_parse::{Entry, Node};

use super::definition::invalid;
use super::expressions::KEYWORD;
use crate::schema::site::{Site, span_of};

/// A structural schema.
#[derive(Debug, Default)]
pub(super) struct Schema {
    /// The type of the value.
    pub(super) of: Type,
    /// Whether null is a value of its own.
    pub(super) nullable: bool,
    /// Whether fields that the schema lacks are kept.
    pub(super) preserves_unknown: bool,
    /// Whether the value is an object of Kubernetes, with `apiVersion`, `kind` and `metadata`.
    pub(super) embedded: bool,
    /// Pointer to this schema in its definition, if it has CEL rules.
    pub(super) rules_at: Option<String>,
    /// The value that the API server fills in where there is none.
    pub(super) default: Option<serde_json::Value>,
}

/// The type of a value.
#[derive(Debug, Default)]
pub(super) enum Type {
    /// Anything.
    #[default]
    Any,
    /// A boolean.
    Boolean,
    /// An integer.
    Integer,
    /// A number.
    Number,
    /// A string.
    Text,
    /// An integer or a string.
    IntOrString,
    /// A list.
    List(ListKind, Box<Schema>),
    /// A map with values of one schema, or whatever values.
    Map(Option<Box<Schema>>, Box<[Box<str>]>),
    /// A map with these keys, sorted, some of which are required.
    Object(Box<[(Box<str>, Schema)]>, Box<[Box<str>]>),
}

/// How the items of a list are told apart.
#[derive(Debug)]
pub(super) enum ListKind {
    /// By their place.
    Atomic,
    /// By their value.
    Set,
    /// By the values of these fields.
    Map(Box<[Box<str>]>),
}

impl Schema {
    /// The schema of a field of an object or of a value of a map.
    pub(super) fn field(&self, name: &str) -> Option<&Self> {
        match &self.of {
            Type::Object(fields, _) => {
                let at = fields.binary_search_by(|(known, _)| (**known).cmp(name)).ok()?;
                fields.get(at).map(|(_, schema)| schema)
            }
            Type::Map(values, _) => values.as_deref(),
            _ => None,
        }
    }
}

/// Reads the schema of a version; reports what is wrong with it, and then has none.
pub(super) fn read_root(site: &mut Site<'_>, node: &Node, key: Span) -> Option<Schema> {
    let before = site.count();
    let schema = read(site, node, key);
    if !matches!(schema.of, Type::Object(..) | Type::Map(..)) && site.count() == before {
        invalid(site, key, "the schema of a version must be that of an object".to_owned())
            .label("needs `type: object`");
    }
    (site.count() == before).then_some(schema)
}

/// Keywords of JSON Schema that a structural schema may not have.
const FORBIDDEN: [&str; 4] = ["$ref", "additionalItems", "definitions", "dependencies"];

fn read(site: &mut Site<'_>, node: &Node, key: Span) -> Schema {
    for entry in node.entries().iter().filter(|entry| !entry.value.is_null()) {
        let forbidden = FORBIDDEN.contains(&&*entry.key.text)
            || (&*entry.key.text == "uniqueItems" && entry.value.as_bool() == Some(true));
        if forbidden {
            invalid(site, entry.key.span, format!("`{}` is not supported", entry.key.text))
                .at_key(&entry.key.text)
                .label("a schema of a custom resource may not have this");
        }
    }
    check_pattern(site, node);
    for junctor in ["allOf", "anyOf", "oneOf", "not"] {
        if let Some(entry) = node.entry(junctor) {
            check_junctor(site, entry, flag(node, "x-kubernetes-int-or-string"));
        }
    }
    let preserves_unknown = flag(node, "x-kubernetes-preserve-unknown-fields");
    let of = read_type(site, node, key, preserves_unknown);
    Schema {
        of,
        nullable: flag(node, "nullable"),
        preserves_unknown,
        embedded: flag(node, "x-kubernetes-embedded-resource"),
        rules_at: node
            .get(KEYWORD)
            .filter(|list| !list.items().is_empty())
            .map(|_| site.pointer().to_owned()),
        default: node.get("default").filter(|node| !node.is_null()).map(Node::to_json),
    }
}

fn read_type(site: &mut Site<'_>, node: &Node, key: Span, preserves_unknown: bool) -> Type {
    let name = node.get("type").filter(|node| !node.is_null() && node.as_str() != Some(""));
    let Some(name) = name else {
        if flag(node, "x-kubernetes-int-or-string") {
            return Type::IntOrString;
        }
        if !preserves_unknown {
            invalid(site, key, format!("the schema of `{}` has no type", site.field()))
                .label("a structural schema needs `type` at every level");
        }
        return Type::Any;
    };
    match name.as_str() {
        Some("boolean") => Type::Boolean,
        Some("integer") => Type::Integer,
        Some("number") => Type::Number,
        Some("string") => Type::Text,
        Some("array") => read_list(site, node, key),
        Some("object") => read_object(site, node),
        Some(other) => {
            invalid(site, name.span, format!("`{other}` is no type"))
                .at_key("type")
                .label("one of `array`, `boolean`, `integer`, `number`, `object`, `string`");
            Type::Any
        }
        // Of a wrong type itself, which the native schema reports; nothing more can be said.
        None => Type::Any,
    }
}

fn read_list(site: &mut Site<'_>, node: &Node, key: Span) -> Type {
    let Some(items) = node.entry("items").filter(|entry| entry.value.as_mapping().is_some()) else {
        let many = node.entry("items").filter(|entry| !entry.value.items().is_empty());
        match many {
            Some(entry) => invalid(site, entry.key.span, "`items` must be one schema".to_owned())
                .at_key("items")
                .label("a list of schemas is not supported"),
            None => invalid(site, key, "the schema of a list has no `items`".to_owned())
                .label("needs `items`"),
        };
        return Type::Any;
    };
    let item = site.within_key("items", |site| read(site, &items.value, items.key.span));
    Type::List(read_list_kind(site, node, key), Box::new(item))
}

fn read_list_kind(site: &mut Site<'_>, node: &Node, key: Span) -> ListKind {
    let Some(kind) = node.get("x-kubernetes-list-type").filter(|kind| !kind.is_null()) else {
        return ListKind::Atomic;
    };
    match kind.as_str() {
        Some("map") => {
            let keys = node.get("x-kubernetes-list-map-keys").map_or(&[][..], Node::items);
            if keys.is_empty() {
                invalid(site, key, "a list of type `map` has no keys".to_owned())
                    .label("needs `x-kubernetes-list-map-keys`");
            }
            ListKind::Map(keys.iter().filter_map(Node::as_str).map(Into::into).collect())
        }
        Some("set") => ListKind::Set,
        Some("atomic") | None => ListKind::Atomic,
        Some(other) => {
            invalid(site, kind.span, format!("`{other}` is no type of a list"))
                .at_key("x-kubernetes-list-type")
                .label("one of `atomic`, `map`, `set`");
            ListKind::Atomic
        }
    }
}

fn read_object(site: &mut Site<'_>, node: &Node) -> Type {
    let required = node.get("required").map_or(&[][..], Node::items);
    let required = required.iter().filter_map(Node::as_str).map(Into::into).collect();
    let fields = node.get("properties").map_or(&[][..], Node::entries);
    let values = node.entry("additionalProperties").filter(|entry| !entry.value.is_null());
    let allowed = values.filter(|entry| entry.value.as_bool() != Some(false));
    match allowed {
        Some(Entry { key, .. }) if !fields.is_empty() => {
            invalid(
                site,
                key.span,
                "`properties` and `additionalProperties` exclude each other".to_owned(),
            )
            .at_key("additionalProperties")
            .label("remove one of the two");
            Type::Any
        }
        Some(Entry { key, value }) if value.as_mapping().is_some() => {
            let values =
                site.within_key("additionalProperties", |site| read(site, value, key.span));
            Type::Map(Some(Box::new(values)), required)
        }
        Some(_) => Type::Map(None, required),
        None => {
            let mut fields: Vec<(Box<str>, Schema)> = site.within_key("properties", |site| {
                let read = |Entry { key, value }: &Entry| {
                    let schema = site.within_key(&key.text, |site| read(site, value, key.span));
                    (key.text.clone(), schema)
                };
                fields.iter().map(read).collect()
            });
            fields.sort_by(|a, b| a.0.cmp(&b.0));
            Type::Object(fields.into(), required)
        }
    }
}

/// What a part of a schema within `allOf`, `anyOf`, `oneOf` or `not` may not have: the structure
/// is stated outside of them.
const STRUCTURE: [&str; 4] = ["additionalProperties", "default", "nullable", "type"];

fn check_junctor(site: &mut Site<'_>, junctor: &Entry, int_or_string: bool) {
    let key = &*junctor.key.text;
    site.within_key(key, |site| match junctor.value.items() {
        [] => check_part(site, &junctor.value, int_or_string),
        parts => {
            for (at, part) in parts.iter().enumerate() {
                site.within_item(at, |site| check_part(site, part, int_or_string));
            }
        }
    });
}

fn check_part(site: &mut Site<'_>, part: &Node, int_or_string: bool) {
    check_pattern(site, part);
    for Entry { key, value } in part.entries() {
        // `nullable: false` and the like are as good as absent.
        let is_set = !value.is_null() && value.as_bool() != Some(false);
        let is_structure = STRUCTURE.contains(&&*key.text)
            || (key.text.starts_with("x-kubernetes-") && &*key.text != "x-kubernetes-validations");
        if is_set && is_structure && !int_or_string {
            let message = format!("`{}` may not stand within a combination of schemas", key.text);
            invalid(site, key.span, message)
                .at_key(&key.text)
                .label("move it out of `allOf`, `anyOf`, `oneOf` or `not`");
        }
    }
    for entry in part.get("properties").map_or(&[][..], Node::entries) {
        site.within_key("properties", |site| {
            site.within_key(&entry.key.text, |site| check_part(site, &entry.value, false));
        });
    }
    // An alternative of an int-or-string says nothing but its type, so nothing is below it.
    for junctor in ["allOf", "anyOf", "oneOf", "not"] {
        if let Some(entry) = part.entry(junctor) {
            check_junctor(site, entry, int_or_string);
        }
    }
}

/// A pattern must be one of Go's. Its syntax is close to that of the `regex` crate, but not the
/// same, so that only what neither of them has is reported.
fn check_pattern(site: &mut Site<'_>, node: &Node) {
    let Some(entry) = node.entry("pattern") else { return };
    let Some(pattern) = entry.value.as_str() else { return };
    let reason = if ["(?=", "(?!", "(?<=", "(?<!"].iter().any(|look| pattern.contains(look)) {
        "it looks ahead or behind"
    } else if is_unbalanced(pattern) {
        "its parentheses do not match"
    } else {
        return;
    };
    // Go has `\Q…\E` for literal text, which the crate has not.
    if !pattern.contains("\\Q") && regex::Regex::new(pattern).is_err() {
        let span = span_of(&entry.value, entry.key.span);
        invalid(site, span, format!("the pattern `{pattern}` does not compile"))
            .at_key("pattern")
            .label(reason)
            .because("patterns follow the RE2 syntax");
    }
}

/// Whether parentheses outside of classes do not match.
fn is_unbalanced(pattern: &str) -> bool {
    let (mut depth, mut in_class, mut escaped) = (0_i32, false, false);
    for c in pattern.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '[' => in_class = true,
            ']' => in_class = false,
            '(' if !in_class => depth += 1,
            ')' if !in_class => depth -= 1,
            _ => {}
        }
        if depth < 0 {
            return true;
        }
    }
    depth != 0
}

/// Whether a keyword is set to true.
fn flag(node: &Node, keyword: &str) -> bool {
    node.get(keyword).and_then(Node::as_bool).unwrap_or(false)
}
