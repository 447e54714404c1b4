//! What a schema of the source says, in the words of the bundle.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// The type of a value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Type {
    Any,
    Text,
    Base64,
    DateTime,
    Integer,
    Int32,
    Int64,
    Number,
    Boolean,
    IntOrString,
    Quantity,
    /// A map of whatever values.
    AnyObject,
    List(ListKind, Box<Type>),
    Map(Box<Type>),
    Reference(String),
    Object(Vec<Field>),
}

/// What `x-kubernetes-list-type` says of a list.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ListKind {
    /// Atomic, or not said.
    Atomic,
    Set,
    /// Items are told apart by these fields.
    Map(Vec<String>),
}

/// A field of an object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) required: bool,
    pub(super) of: Type,
}

/// A named schema, with the kinds that it is the schema of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Definition {
    pub(super) of: Type,
    pub(super) kinds: BTreeSet<ApiKind>,
}

/// Group, version and kind of an object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ApiKind {
    pub(super) group: String,
    pub(super) version: String,
    pub(super) kind: String,
}

/// Reads a definition.
pub(super) fn parse(schema: &Value) -> Result<Definition, String> {
    let kinds = schema.get("x-kubernetes-group-version-kind").and_then(Value::as_array);
    let kinds = kinds.into_iter().flatten().map(kind).collect::<Result<_, _>>()?;
    Ok(Definition { of: parse_type(schema)?, kinds })
}

fn kind(value: &Value) -> Result<ApiKind, String> {
    let text = |key: &str| {
        let text = value.get(key).and_then(Value::as_str);
        text.map(str::to_owned).ok_or_else(|| format!("`{value}` names no {key}"))
    };
    Ok(ApiKind { group: text("group")?, version: text("version")?, kind: text("kind")? })
}

/// The keywords that this generator knows. One that is not here may carry a meaning that the
/// bundle would lose, so it stops the generator.
const KEYWORDS: [&str; 16] = [
    "$ref",
    "additionalProperties",
    "description",
    "enum",
    "format",
    "items",
    "oneOf",
    "properties",
    "required",
    "type",
    "x-kubernetes-group-version-kind",
    "x-kubernetes-list-map-keys",
    "x-kubernetes-list-type",
    // What follows says how clients merge, and nothing about what is valid.
    "x-kubernetes-map-type",
    "x-kubernetes-patch-merge-key",
    "x-kubernetes-patch-strategy",
];
/// Unions are stated for very few types, and the API server does not check them by this.
const UNIONS: &str = "x-kubernetes-unions";

fn parse_type(schema: &Value) -> Result<Type, String> {
    let keywords = schema.as_object().ok_or("a schema must be an object")?;
    if let Some(unknown) =
        keywords.keys().find(|key| *key != UNIONS && !KEYWORDS.contains(&key.as_str()))
    {
        return Err(format!("the keyword `{unknown}` is not known to this generator"));
    }
    if let Some(reference) = keywords.get("$ref").and_then(Value::as_str) {
        let name = reference.rsplit('/').next().unwrap_or(reference);
        return Ok(Type::Reference(name.to_owned()));
    }
    if let Some(choices) = keywords.get("oneOf") {
        return one_of(choices);
    }
    let format = keywords.get("format").and_then(Value::as_str);
    match (type_name(keywords)?, format) {
        (None, None) => Ok(Type::Any),
        (Some("string"), None) => Ok(Type::Text),
        (Some("string"), Some("byte")) => Ok(Type::Base64),
        (Some("string"), Some("date-time")) => Ok(Type::DateTime),
        (Some("integer"), None) => Ok(Type::Integer),
        (Some("integer"), Some("int32")) => Ok(Type::Int32),
        (Some("integer"), Some("int64")) => Ok(Type::Int64),
        (Some("number"), None | Some("double")) => Ok(Type::Number),
        (Some("boolean"), None) => Ok(Type::Boolean),
        (Some("array"), None) => list(keywords),
        (Some("object"), None) => object(keywords),
        (name, format) => Err(format!("type {name:?} with format {format:?} is not known")),
    }
}

/// The type beside `null`, which the API server takes for absent everywhere.
fn type_name(keywords: &Map<String, Value>) -> Result<Option<&str>, String> {
    let names: Vec<&str> = match keywords.get("type") {
        None => return Ok(None),
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        Some(other) => return Err(format!("type `{other}`")),
    };
    let mut others = names.into_iter().filter(|name| *name != "null");
    match (others.next(), others.next()) {
        (Some(name), None) => Ok(Some(name)),
        _ => Err("several types".to_owned()),
    }
}

/// The source states its two union types, of which `$ref`s remain, as choices of scalars.
fn one_of(choices: &Value) -> Result<Type, String> {
    let choices = choices.as_array().into_iter().flatten();
    let types = choices.map(parse_type).collect::<Result<Vec<_>, _>>()?;
    match types.as_slice() {
        [Type::Text, Type::Integer] => Ok(Type::IntOrString),
        [Type::Text, Type::Number] => Ok(Type::Quantity),
        other => Err(format!("the choice {other:?} is not known")),
    }
}

fn list(keywords: &Map<String, Value>) -> Result<Type, String> {
    let item = parse_type(keywords.get("items").ok_or("a list without items")?)?;
    let kind = match keywords.get("x-kubernetes-list-type").and_then(Value::as_str) {
        None | Some("atomic") => ListKind::Atomic,
        Some("set") => ListKind::Set,
        Some("map") => ListKind::Map(texts(keywords.get("x-kubernetes-list-map-keys"))),
        Some(other) => return Err(format!("list type `{other}`")),
    };
    Ok(Type::List(kind, Box::new(item)))
}

fn object(keywords: &Map<String, Value>) -> Result<Type, String> {
    let properties = keywords.get("properties").and_then(Value::as_object);
    match (properties, keywords.get("additionalProperties")) {
        (None, None) => Ok(Type::AnyObject),
        (None, Some(values)) => Ok(Type::Map(Box::new(parse_type(values)?))),
        (Some(_), Some(_)) => Err("both properties and additionalProperties".to_owned()),
        (Some(properties), None) => {
            let required = texts(keywords.get("required"));
            let mut fields = properties
                .iter()
                .map(|(name, schema)| field(name, schema, required.contains(name)))
                .collect::<Result<Vec<_>, _>>()?;
            fields.sort();
            Ok(Type::Object(fields))
        }
    }
}

fn field(name: &str, schema: &Value, required: bool) -> Result<Field, String> {
    // The only enumerations of the source repeat `x-kubernetes-group-version-kind`.
    if schema.get("enum").is_some() && !["apiVersion", "kind"].contains(&name) {
        return Err(format!("`{name}` has an enumeration"));
    }
    let of = parse_type(schema).map_err(|error| format!("`{name}`: {error}"))?;
    Ok(Field { name: name.to_owned(), required, of })
}

fn texts(value: Option<&Value>) -> Vec<String> {
    let items = value.and_then(Value::as_array).into_iter().flatten();
    items.filter_map(Value::as_str).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn schemas_are_read_and_null_is_nothing_of_its_own() {
        for (schema, expected) in [
            (json!({}), Type::Any),
            (json!({"type": ["string", "null"]}), Type::Text),
            (json!({"type": "string", "format": "byte"}), Type::Base64),
            (json!({"type": ["integer", "null"], "format": "int32"}), Type::Int32),
            (json!({"$ref": "#/$defs/a.b.C"}), Type::Reference("a.b.C".to_owned())),
            (json!({"oneOf": [{"type": "string"}, {"type": "integer"}]}), Type::IntOrString),
            (json!({"type": "object"}), Type::AnyObject),
            (
                json!({"type": "object", "additionalProperties": {"type": "boolean"}}),
                Type::Map(Box::new(Type::Boolean)),
            ),
            (
                json!({"type": "array", "items": {"type": "number"}, "x-kubernetes-list-type": "set"}),
                Type::List(ListKind::Set, Box::new(Type::Number)),
            ),
        ] {
            assert_eq!(parse_type(&schema), Ok(expected), "{schema}");
        }
    }

    #[test]
    fn what_the_bundle_would_lose_stops_the_generator() {
        for schema in [
            json!({"type": "string", "pattern": "a"}),
            json!({"type": "string", "format": "email"}),
            json!({"type": ["string", "integer"]}),
            json!({"type": "array"}),
            json!({"oneOf": [{"type": "boolean"}, {"type": "integer"}]}),
            json!({"type": "object", "properties": {"a": {"type": "string", "enum": ["b"]}}}),
            json!({"type": "object", "properties": {}, "additionalProperties": {}}),
        ] {
            assert!(parse_type(&schema).is_err(), "{schema}");
        }
    }
}
