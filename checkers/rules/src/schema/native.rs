//! An object of a native kind against its schema, on the tree itself.
//!
//! The API server reads native objects into Go types: null counts as absent, a field that the
//! type lacks is rejected (strict field validation, kubectl's default), a value of another type
//! cannot be read.

use std::collections::BTreeMap;

use seatrial_core::{Safety, Span, nearest, only_nearest};
use seatrial_parse::{Entry, Mapping, Node, Number, Value};

use super::bundle::{Bundle, Name};
use super::constraints::Constraint;
use super::definition::{Definition, Field, ListKind, Type, field};
use super::site::{Draft, Site, span_of, span_of_item};
use super::version::Version;
use super::{formats, metadata, names};

/// The definition of pod templates, whose metadata is validated like an object's own.
const POD_TEMPLATE: &str = "io.k8s.api.core.v1.PodTemplateSpec";

/// The definition of objects' metadata.
const OBJECT_META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

/// Checks an object against a definition.
pub(super) fn check(site: &mut Site<'_>, name: Name, version: Version) {
    let walk = Walk { bundle: Bundle::get(), version };
    let root = &site.object.node;
    let key = root.get("kind").map_or(root.span, |kind| kind.span);
    walk.value(site, root, &Type::Reference(name), key, Validation::Full);
}

/// Checks the metadata of an object that is not native itself.
pub(super) fn check_metadata(site: &mut Site<'_>, version: Version) {
    if let Some(entry) = site.object.node.entry("metadata") {
        site.within_key("metadata", |site| check_object_meta(site, &entry.value, version));
    }
}

/// Checks a value against the type of objects' metadata.
pub(super) fn check_object_meta(site: &mut Site<'_>, node: &Node, version: Version) {
    let walk = Walk { bundle: Bundle::get(), version };
    if let Some(name) = walk.bundle.find_name(OBJECT_META) {
        walk.value(site, node, &Type::Reference(name), node.span, Validation::Full);
    }
}

/// How much of a value the API server validates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Validation {
    /// It must be readable, and right.
    Full,
    /// It must be readable, and is then ignored: the status of an object that is applied.
    Reading,
}

/// The part of a walk that does not change on the way.
#[derive(Debug, Clone, Copy)]
struct Walk {
    bundle: &'static Bundle,
    version: Version,
}

impl Walk {
    fn value(self, site: &mut Site<'_>, node: &Node, of: &Type, key: Span, how: Validation) {
        match (of, &node.value) {
            (Type::Any, _) | (_, Value::Null) => {}
            (Type::Reference(name), _) => {
                if let Some(definition) = self.bundle.definition(*name, self.version) {
                    self.definition(site, node, definition, key, how);
                }
            }
            (Type::Object(fields), Value::Mapping(map)) => self.object(site, map, fields, key, how),
            (Type::AnyObject, Value::Mapping(_)) => {}
            (Type::Map(values), Value::Mapping(map)) => {
                for Entry { key, value } in &map.entries {
                    site.within_key(&key.text, |site| {
                        self.value(site, value, values, key.span, how);
                    });
                }
            }
            (Type::List(_, of), Value::Sequence(items)) => {
                for (at, item) in items.iter().enumerate() {
                    site.within_item(at, |site| self.item(site, item, of, how));
                }
            }
            _ => scalar(site, node, of, key),
        }
    }

    /// An item of a list: null stands for an object without any fields.
    fn item(self, site: &mut Site<'_>, item: &Node, of: &Type, how: Validation) {
        let key = span_of_item(item);
        if let (Value::Null, Type::Reference(name)) = (&item.value, of)
            && let Some(Definition { of: Type::Object(fields), .. }) =
                self.bundle.definition(*name, self.version)
        {
            missing_fields(site, &Mapping::default(), fields, key, how);
            return;
        }
        self.value(site, item, of, key, how);
    }

    fn definition(
        self,
        site: &mut Site<'_>,
        node: &Node,
        definition: &Definition,
        key: Span,
        how: Validation,
    ) {
        self.value(site, node, &definition.of, key, how);
        if definition.name == POD_TEMPLATE
            && let Some(own) = node.get("metadata")
        {
            site.within_key("metadata", |site| metadata::labels_and_annotations(site, own));
        }
    }

    fn object(
        self,
        site: &mut Site<'_>,
        map: &Mapping,
        fields: &[Field],
        key: Span,
        how: Validation,
    ) {
        for entry in &map.entries {
            let Some(field) = field(fields, &entry.key.text) else {
                unknown_field(site, entry, fields.iter().map(|field| field.name));
                continue;
            };
            let status = field.name == "status" && site.pointer().is_empty();
            let how = if status { Validation::Reading } else { how };
            site.within_key(field.name, |site| {
                self.value(site, &entry.value, &field.of, entry.key.span, how);
                if how == Validation::Full {
                    for constraint in &field.constraints {
                        constrain(site, entry, constraint, &field.of);
                    }
                }
            });
        }
        missing_fields(site, map, fields, key, how);
    }
}

/// Reports the required fields that a map lacks.
fn missing_fields(
    site: &mut Site<'_>,
    map: &Mapping,
    fields: &[Field],
    key: Span,
    how: Validation,
) {
    if how == Validation::Reading {
        return;
    }
    let is_missing =
        |field: &&Field| field.required && map.get(field.name).is_none_or(Node::is_null);
    for field in fields.iter().filter(is_missing) {
        missing_field(site, field.name, key);
    }
}

/// Reports a field that is missing where the walk is.
pub(super) fn missing_field(site: &mut Site<'_>, field: &str, key: Span) {
    let within = site.field();
    let message = if site.pointer().is_empty() {
        format!("missing field `{field}`")
    } else {
        format!("missing field `{field}` in `{within}`")
    };
    site.error(names::MISSING_FIELD, key, message)
        .label(format!("`{field}` is required here"))
        .help(format!("add `{field}`"));
}

/// Reports a key that is no field of where the walk is.
pub(super) fn unknown_field<'f>(
    site: &mut Site<'_>,
    entry: &Entry,
    fields: impl Iterator<Item = &'f str> + Clone,
) {
    let key = &entry.key;
    let meant = nearest(&key.text, fields.clone());
    let draft = site
        .error(names::UNKNOWN_FIELD, key.span, format!("unknown field `{}`", key.text))
        .at_key(&key.text);
    match meant {
        Some(meant) => {
            let label = format!("did you mean `{meant}`?");
            let draft = draft.label(label).help(format!("write `{meant}`"));
            if only_nearest(&key.text, fields).is_some() { draft.rename(meant) } else { draft }
        }
        None => draft
            .label("the API has no such field here")
            .help("remove it, or move it to where it belongs"),
    };
}

/// A scalar, or a collection in the place of one.
fn scalar(site: &mut Site<'_>, node: &Node, of: &Type, key: Span) {
    let right = match (of, &node.value) {
        (Type::Text | Type::IntOrString, Value::String(_))
        | (Type::Boolean, Value::Bool(_))
        | (Type::Number | Type::Quantity, Value::Number(_)) => true,
        (Type::Base64, Value::Sequence(items)) => {
            // A list of bytes reads as well.
            items.iter().all(|item| item.as_i64().is_some_and(|byte| (0..=255).contains(&byte)))
        }
        (Type::Base64, Value::String(text)) => return base64(site, node, text),
        (Type::DateTime, Value::String(text)) => return date_time(site, node, text),
        (Type::Quantity, Value::String(text)) => return quantity(site, node, text),
        (Type::Integer(bits), Value::Number(number)) => return integer(site, node, *number, *bits),
        (Type::IntOrString, Value::Number(number)) => return integer(site, node, *number, 32),
        _ => false,
    };
    if !right {
        wrong_type(site, node, of, key);
    }
}

fn integer(site: &mut Site<'_>, node: &Node, number: Number, bits: u8) {
    let field = site.field();
    let Some(value) = number.as_i64() else {
        let message = format!("`{field}` must be an integer, not `{node}`");
        site.error(names::WRONG_TYPE, node.span, message).label("not an integer of 64 bits");
        return;
    };
    if bits == 32 && i32::try_from(value).is_err() {
        let message = format!("`{field}` must be an integer of 32 bits, not `{value}`");
        site.error(names::WRONG_TYPE, node.span, message).label(format!(
            "not between {} and {}",
            i32::MIN,
            i32::MAX
        ));
    }
}

fn quantity(site: &mut Site<'_>, node: &Node, text: &str) {
    if formats::is_quantity(text) {
        return;
    }
    let field = site.field();
    let draft = site
        .error(names::INVALID_VALUE, node.span, format!("`{text}` is no quantity (`{field}`)"))
        .label("a quantity is a number with a suffix such as `m`, `k`, `M`, `Mi` or `Gi`");
    let unit = text.trim_start_matches(|c: char| !c.is_ascii_alphabetic());
    match unit {
        "K" | "KB" | "kB" | "kb" => draft.help("write `k` for 1000, or `Ki` for 1024"),
        "MB" | "Mb" | "mb" => draft.help("write `M` for 1000², or `Mi` for 1024²"),
        "GB" | "Gb" | "gb" | "g" => draft.help("write `G` for 1000³, or `Gi` for 1024³"),
        "TB" | "Tb" | "tb" => draft.help("write `T` for 1000⁴, or `Ti` for 1024⁴"),
        _ => draft,
    };
}

fn base64(site: &mut Site<'_>, node: &Node, text: &str) {
    if formats::is_base64(text) {
        return;
    }
    let (field, is_secret) = (site.field(), site.object.kind() == "Secret");
    let draft = site
        .error(names::INVALID_VALUE, node.span, format!("the value of `{field}` is not base64"))
        .label("not base64");
    if is_secret {
        draft.help("encode it, or write it as it is under `stringData`");
    }
}

fn date_time(site: &mut Site<'_>, node: &Node, text: &str) {
    if formats::is_date_time(text) {
        return;
    }
    let field = site.field();
    site.error(names::INVALID_VALUE, node.span, format!("`{text}` is no time (`{field}`)"))
        .label("not a time as in `2006-01-02T15:04:05Z`");
}

/// Reports a value of another type than the schema's, with the likely reason.
fn wrong_type(site: &mut Site<'_>, node: &Node, of: &Type, key: Span) {
    let (expected, found) = (expected(of), with_article(node.type_name()));
    mismatch(site, node, expected, found, key, matches!(of, Type::Text));
}

/// Reports that a value is `found` where `expected` is wanted.
pub(super) fn mismatch(
    site: &mut Site<'_>,
    node: &Node,
    expected: &str,
    found: &str,
    key: Span,
    wants_text: bool,
) {
    let field = site.field();
    let written = site.plain_text(node);
    let draft = site
        .error(
            names::WRONG_TYPE,
            span_of(node, key),
            format!("`{field}` must be {expected}, not {found}"),
        )
        .label(format!("this is {found}"));
    match (&node.value, written) {
        (Value::Bool(value), Some(written)) if wants_text => {
            let draft = match written {
                "true" | "false" => draft,
                _ => draft.because(format!("YAML 1.1 reads a plain `{written}` as `{value}`")),
            };
            draft.help("quote it").set(written, Safety::Safe)
        }
        (Value::Number(_), Some(written)) if wants_text => {
            draft.help("quote it").set(written, Safety::Safe)
        }
        (Value::String(text), _) => match reading(text, expected) {
            Some(value) => draft.help("remove the quotes").set(value, Safety::Safe),
            None => draft,
        },
        _ => draft,
    };
}

/// What a text is without quotes, if that is what is expected.
fn reading(text: &str, expected: &str) -> Option<serde_json::Value> {
    let value: serde_json::Value = text.parse().ok()?;
    let fits = match expected {
        "an integer" => value.is_i64(),
        "a number" => value.is_number(),
        "a boolean" => value.is_boolean(),
        _ => false,
    };
    fits.then_some(value)
}

fn expected(of: &Type) -> &'static str {
    match of {
        Type::Text | Type::DateTime | Type::Base64 => "a string",
        Type::Integer(_) => "an integer",
        Type::Number => "a number",
        Type::Boolean => "a boolean",
        Type::IntOrString => "an integer or a string",
        Type::Quantity => "a quantity (a string or a number)",
        Type::List(..) => "a list",
        Type::AnyObject | Type::Map(_) | Type::Object(_) | Type::Reference(_) => "a map",
        Type::Any => "a value",
    }
}

/// The name of a JSON type in a sentence.
pub(super) fn with_article(type_name: &'static str) -> &'static str {
    match type_name {
        "boolean" => "a boolean",
        "integer" => "an integer",
        "number" => "a number",
        "string" => "a string",
        "array" => "a list",
        "object" => "a map",
        other => other,
    }
}

/// Checks the value of a field, or the items of a list, against a demand.
fn constrain(site: &mut Site<'_>, entry: &Entry, constraint: &Constraint, of: &Type) {
    match (constraint, of, &entry.value.value) {
        (Constraint::Labels, ..) => metadata::labels(site, &entry.value),
        (Constraint::UniqueItems, Type::List(ListKind::Map(keys), _), Value::Sequence(items)) => {
            unique(site, items, keys);
        }
        (Constraint::UniqueItems, ..) => {}
        (_, Type::List(_, of), Value::Sequence(items)) => {
            for (at, item) in items.iter().enumerate() {
                site.within_item(at, |site| constrain_value(site, item, constraint, of));
            }
        }
        _ => constrain_value(site, &entry.value, constraint, of),
    }
}

/// Checks a scalar against a demand; one that does not fit its type is reported as such already.
fn constrain_value(site: &mut Site<'_>, node: &Node, constraint: &Constraint, of: &Type) {
    match constraint {
        Constraint::OneOf(choices) => one_of(site, node, choices),
        Constraint::Range(low, high) => {
            let fits = |value: i64| *of == Type::Integer(64) || i32::try_from(value).is_ok();
            if node.as_i64().is_some_and(fits) {
                range(site, node, *low, *high);
            }
        }
        Constraint::UniqueItems | Constraint::Labels => {}
    }
}

fn one_of(site: &mut Site<'_>, node: &Node, choices: &[&str]) {
    let Some(text) = node.as_str().filter(|text| !text.is_empty() && !choices.contains(text))
    else {
        return;
    };
    let field = site.field();
    let known = choices.iter().map(|choice| format!("`{choice}`")).collect::<Vec<_>>().join(", ");
    let demand = if choices.len() == 1 { known } else { format!("one of {known}") };
    let span = node.span;
    let message = format!("`{text}` is no valid value of `{field}`: must be {demand}");
    let draft = site.error(names::INVALID_VALUE, span, message);
    write_choice(draft, text, choices.iter().copied());
}

/// Says to write the nearest of the choices: of those that differ in letter case alone, surely.
pub(super) fn write_choice<'c>(
    draft: Draft<'_, '_>,
    text: &str,
    choices: impl Iterator<Item = &'c str> + Clone,
) {
    let Some(meant) = nearest(text, choices.clone()) else { return };
    if only_nearest(text, choices).is_some() {
        let same = meant.eq_ignore_ascii_case(text);
        draft.write(meant, if same { Safety::Safe } else { Safety::Unsafe });
    } else {
        draft.help(format!("write `{meant}`"));
    }
}

fn range(site: &mut Site<'_>, node: &Node, low: i64, high: i64) {
    let Some(value) = node.as_i64().filter(|value| !(low..=high).contains(value)) else { return };
    let field = site.field();
    let octal = (high == 0o777).then(|| i64::from_str_radix(&value.to_string(), 8).ok()).flatten();
    let demand = match high {
        i64::MAX => format!("must be at least {low}"),
        0o777 => "must be between 0 and 0777 (octal), 511 in decimal".to_owned(),
        _ => format!("must be between {low} and {high}"),
    };
    let span = node.span;
    let message = format!("`{value}` is no valid value of `{field}`: {demand}");
    let draft = site.error(names::INVALID_VALUE, span, message);
    if octal.is_some_and(|octal| octal <= high) {
        draft.help(format!("write `0{value}` if the octal number is meant"));
    }
}

/// Reports items that agree in all keys with an earlier one.
fn unique(site: &mut Site<'_>, items: &[Node], keys: &[&'static str]) {
    let mut seen: BTreeMap<Vec<String>, &Node> = BTreeMap::new();
    for (at, item) in items.iter().enumerate() {
        let Some(identity) = identity(item, keys) else { continue };
        let Some(first) = seen.get(&identity) else {
            seen.insert(identity, item);
            continue;
        };
        let (field, named) = (site.field(), identity.join("`, `"));
        let place = |item: &Node| {
            let shown = keys.iter().find_map(|key| item.get(key));
            shown.map_or_else(|| span_of_item(item), |node| node.span)
        };
        let same = first.same_value(item);
        let (first, here) = (place(first), place(item));
        site.within_item(at, |site| {
            let draft = site.error(
                names::DUPLICATE_ITEM,
                here,
                format!("`{named}` occurs twice in `{field}` (by `{}`)", keys.join("`, `")),
            );
            let draft = draft.label("the second one").related(first, "the first one");
            if same {
                draft.help("remove it: it says the same").remove(Safety::Safe);
            }
        });
    }
}

/// The values of the keys of an item; `None` where one is missing and has no default.
fn identity(item: &Node, keys: &[&'static str]) -> Option<Vec<String>> {
    let part = |key: &&'static str| match item.get(key).filter(|node| !node.is_null()) {
        Some(Node { value: Value::String(text), .. }) => Some(text.to_string()),
        Some(node) => Some(node.to_string()),
        None if *key == "protocol" => Some("TCP".to_owned()),
        None => None,
    };
    keys.iter().map(part).collect()
}
