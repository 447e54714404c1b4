//! What a definition demands of values: patterns, bounds, lengths, formats, combinations.
//!
//! These keywords are those of JSON Schema (draft 4, for its boolean `exclusiveMinimum`), so that
//! the `jsonschema` crate checks them. Types and required fields are left to the walk, apart from
//! those within combinations.

use jsonschema::error::ValidationErrorKind as Kind;
use jsonschema::{Draft, PatternOptions, ValidationError, Validator};
use seatrial_core::Span;
use seatrial_parse::{Entry, Node, Value};
use serde_json::{Map, Value as Json};

use super::definition::CustomVersion;
use super::formats;
use super::structural::{Schema, Type};
use crate::schema::names;
use crate::schema::native::write_choice;
use crate::schema::site::{Site, span_of, span_of_item};

/// The compiled demands of a version.
#[derive(Debug)]
pub(super) struct Compiled {
    validator: Validator,
}

/// Keywords that carry over as they are.
const PLAIN: [&str; 13] = [
    "enum",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "pattern",
];

/// Checks the values of a custom resource, apart from those at or below the pointers of findings
/// about its structure.
pub(super) fn check(site: &mut Site<'_>, version: &CustomVersion, structure: &[String]) {
    let Some(schema) = &version.schema else { return };
    let compiled = version.compiled.get_or_init(|| compile(version));
    let Some(Compiled { validator }) = compiled else { return };
    let root = site.object;
    let instance = instance(&root.node, schema, version.has_status);
    for error in validator.iter_errors(&instance) {
        let pointer = error.instance_path().as_str();
        let is_known = |known: &String| {
            pointer
                .strip_prefix(known.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        if !structure.iter().any(is_known) {
            report(site, &error, version);
        }
    }
}

fn compile(version: &CustomVersion) -> Option<Compiled> {
    let node = version.object.node.pointer(&version.pointer)?;
    let mut demands = demands(node, Level::Structure);
    // What the API server checks of metadata is its own affair.
    if let Some(properties) = demands.get_mut("properties").and_then(Json::as_object_mut) {
        properties.remove("apiVersion");
        properties.remove("kind");
    }
    let mut options = jsonschema::options()
        .with_draft(Draft::Draft4)
        .with_pattern_options(PatternOptions::regex())
        .should_validate_formats(true);
    for (name, check) in formats::ALL {
        options = options.with_format(*name, *check);
    }
    let validator = options.build(&demands).ok()?;
    Some(Compiled { validator })
}

/// Where a schema stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    /// Outside of combinations: its structure is checked by the walk.
    Structure,
    /// Within `allOf`, `anyOf`, `oneOf` or `not`.
    Combination,
}

/// The demands of a schema, as a schema of draft 4 of the same shape.
fn demands(node: &Node, level: Level) -> Json {
    let mut out = Map::new();
    for Entry { key, value } in node.entries().iter().filter(|entry| !entry.value.is_null()) {
        let name = &*key.text;
        let converted = match name {
            "pattern" if value.as_str().is_none_or(|text| regex::Regex::new(text).is_err()) => None,
            "enum" => Some(choices(value, node)),
            _ if PLAIN.contains(&name) => Some(value.to_json()),
            "format" => value.as_str().filter(|name| formats::is_known(name)).map(Json::from),
            "type" | "required" if level == Level::Combination => Some(value.to_json()),
            "allOf" | "anyOf" | "oneOf" => {
                let parts = value.items().iter().map(|part| demands(part, Level::Combination));
                Some(parts.collect())
            }
            "not" => Some(demands(value, Level::Combination)),
            "items" | "additionalProperties" if value.as_mapping().is_some() => {
                Some(demands(value, level))
            }
            "properties" => {
                let fields = value.entries().iter();
                let fields = fields.map(|e| (e.key.text.to_string(), demands(&e.value, level)));
                Some(Json::Object(fields.collect()))
            }
            _ => None,
        };
        if let Some(converted) = converted {
            out.insert(name.to_owned(), converted);
        }
    }
    Json::Object(out)
}

/// The choices of an enumeration, with null where the value may be null.
fn choices(value: &Node, schema: &Node) -> Json {
    let nullable = schema.get("nullable").and_then(Node::as_bool) == Some(true);
    let null = nullable.then_some(Json::Null);
    value.items().iter().map(Node::to_json).chain(null).collect()
}

/// The value that the API server validates: pruned, without nulls, with defaults.
fn instance(node: &Node, schema: &Schema, drops_status: bool) -> Json {
    match (&schema.of, &node.value) {
        (Type::List(_, items), Value::Sequence(list)) => {
            list.iter().map(|item| instance(item, items, false)).collect()
        }
        (Type::Object(fields, _), Value::Mapping(map)) => {
            let is_own = |name: &str| matches!(name, "apiVersion" | "kind" | "metadata");
            let mut out = Map::new();
            for Entry { key, value } in &map.entries {
                let name = &*key.text;
                let field = schema.field(name);
                let dropped = (drops_status && name == "status")
                    || (value.is_null() && field.is_some_and(|field| !field.nullable));
                if dropped {
                    continue;
                }
                let value = match field {
                    Some(field) if !is_own(name) => instance(value, field, false),
                    _ => value.to_json(),
                };
                out.insert(name.to_owned(), value);
            }
            fill_in(&mut out, fields);
            Json::Object(out)
        }
        (Type::Map(Some(values), _), Value::Mapping(map)) => {
            let kept = map.entries.iter().filter(|e| values.nullable || !e.value.is_null());
            let kept = kept.map(|e| (e.key.text.to_string(), instance(&e.value, values, false)));
            Json::Object(kept.collect())
        }
        _ => node.to_json(),
    }
}

/// Fills in the defaults of absent fields, and those within them.
fn fill_in(map: &mut Map<String, Json>, fields: &[(Box<str>, Schema)]) {
    for (name, schema) in fields {
        let Some(default) = &schema.default else { continue };
        map.entry(&**name).or_insert_with(|| with_defaults(default, schema));
    }
}

fn with_defaults(value: &Json, schema: &Schema) -> Json {
    let mut value = value.clone();
    if let (Json::Object(map), Type::Object(fields, _)) = (&mut value, &schema.of) {
        for (name, schema) in fields {
            if let Some(own) = map.get_mut(&**name) {
                *own = with_defaults(own, schema);
            }
        }
        fill_in(map, fields);
    }
    value
}

fn report(site: &mut Site<'_>, error: &ValidationError<'_>, version: &CustomVersion) {
    let pointer = error.instance_path().as_str();
    let (span, field) = place(&site.object.node, pointer);
    let message = describe(error, &field);
    let object = site.object;
    let demand = version
        .object
        .node
        .pointer(&format!("{}{}", version.pointer, error.schema_path().as_str()))
        .map(|node| version.object.location(span_of_demand(node)));
    let mut draft = site.error(names::INVALID_VALUE, span, message).at(pointer);
    if let Some(demand) = demand {
        draft = draft.related_location(demand, "demanded here");
    }
    if let (Kind::Enum { options }, Some(text)) =
        (error.kind(), object.node.pointer(pointer).and_then(Node::as_str))
    {
        let options: Vec<_> =
            options.as_array().into_iter().flatten().filter_map(Json::as_str).collect();
        write_choice(draft, text, options.into_iter());
    }
}

/// The first line or so of a demand: a scalar as it is, of a list its first item.
fn span_of_demand(node: &Node) -> Span {
    node.items().first().map_or_else(|| span_of_item(node), span_of_item)
}

/// What to underline for a pointer, and the field's name: the nearest value that is written.
fn place(root: &Node, pointer: &str) -> (Span, String) {
    let mut key = root.get("kind").map_or(root.span, |kind| kind.span);
    let mut node = root;
    let mut field = "the object".to_owned();
    for token in pointer.split('/').skip(1) {
        let name = token.replace("~1", "/").replace("~0", "~");
        match &node.value {
            Value::Mapping(map) => {
                let Some(entry) = map.entry(&name) else { return (key, name) };
                (key, node, field) = (entry.key.span, &entry.value, name);
            }
            Value::Sequence(items) => {
                let Some(item) = token.parse().ok().and_then(|at: usize| items.get(at)) else {
                    break;
                };
                (key, node) = (span_of_item(item), item);
            }
            _ => break,
        }
    }
    (span_of(node, key), field)
}

/// What is wrong with a value, and what is demanded of it.
fn describe(error: &ValidationError<'_>, field: &str) -> String {
    let value = match &**error.instance() {
        Json::String(text) if text.is_empty() => "the empty text".to_owned(),
        Json::String(text) if text.len() <= 80 => format!("`{text}`"),
        value @ (Json::Number(_) | Json::Bool(_) | Json::Null) => format!("`{value}`"),
        _ => "this".to_owned(),
    };
    let demand = match error.kind() {
        Kind::Enum { options } => {
            let options = options.as_array().into_iter().flatten();
            let options = options.map(|option| match option {
                Json::String(text) => format!("`{text}`"),
                other => format!("`{other}`"),
            });
            format!("must be one of {}", options.collect::<Vec<_>>().join(", "))
        }
        Kind::Pattern { pattern } => format!("does not match `{pattern}`"),
        Kind::Format { format } => format!("not of the format `{format}`"),
        Kind::Minimum { limit } => format!("must be at least {limit}"),
        Kind::Maximum { limit } => format!("must be at most {limit}"),
        Kind::ExclusiveMinimum { limit } => format!("must be more than {limit}"),
        Kind::ExclusiveMaximum { limit } => format!("must be less than {limit}"),
        Kind::MultipleOf { multiple_of } => format!("must be a multiple of {multiple_of}"),
        Kind::MinLength { limit } => format!("must have at least {}", count(*limit, "character")),
        Kind::MaxLength { limit } => format!("must have at most {}", count(*limit, "character")),
        Kind::MinItems { limit } => format!("must have at least {}", count(*limit, "item")),
        Kind::MaxItems { limit } => format!("must have at most {}", count(*limit, "item")),
        Kind::MinProperties { limit } => format!("must have at least {}", count(*limit, "field")),
        Kind::MaxProperties { limit } => format!("must have at most {}", count(*limit, "field")),
        Kind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            return format!(
                "missing field `{name}` in `{field}`: a combination of schemas requires it"
            );
        }
        Kind::AnyOf { .. } => "none of the alternatives (`anyOf`) fits".to_owned(),
        Kind::OneOfNotValid { .. } => "none of the alternatives (`oneOf`) fits".to_owned(),
        Kind::OneOfMultipleValid { .. } => {
            "several of the alternatives (`oneOf`) fit, exactly one may".to_owned()
        }
        Kind::Not { .. } => "fits a schema that it must not fit (`not`)".to_owned(),
        _ => error.to_string(),
    };
    format!("{value} is no valid value of `{field}`: {demand}")
}

fn count(number: u64, unit: &str) -> String {
    if number == 1 { format!("1 {unit}") } else { format!("{number} {unit}s") }
}
