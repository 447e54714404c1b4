//! The walk against the `jsonschema` crate: the same definitions, as JSON Schema, must reject the
//! same places of random objects.

use seatrial_core::Found;
use std::collections::{BTreeMap, BTreeSet};

use jsonschema::{Draft, Validator};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::super::bundle::{Bundle, Name};
use super::super::constraints::Constraint;
use super::super::definition::{Field, Type};
use super::super::native;
use super::super::site::Site;
use super::{Version, objects};

const KINDS: [(&str, &str, &str); 12] = [
    ("", "v1", "Pod"),
    ("", "v1", "Service"),
    ("", "v1", "PersistentVolume"),
    ("", "v1", "Secret"),
    ("apps", "v1", "Deployment"),
    ("apps", "v1", "StatefulSet"),
    ("autoscaling", "v2", "HorizontalPodAutoscaler"),
    ("batch", "v1", "CronJob"),
    ("networking.k8s.io", "v1", "Ingress"),
    ("networking.k8s.io", "v1", "NetworkPolicy"),
    ("apiextensions.k8s.io", "v1", "CustomResourceDefinition"),
    ("admissionregistration.k8s.io", "v1", "ValidatingWebhookConfiguration"),
];

/// JSON Schemas of definitions, by what they are called in `$defs`.
struct Definitions {
    version: Version,
    found: BTreeMap<String, Value>,
}

impl Definitions {
    /// The schema of a type. What is only `read` has no required fields and no constraints.
    fn schema(&mut self, of: &Type, read: bool) -> Value {
        match of {
            Type::Any => json!({}),
            Type::Text => json!({"type": "string"}),
            Type::Base64 => json!({"anyOf": [
                {"type": "string", "pattern": "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"},
                {"type": "array", "items": {"type": "integer", "minimum": 0, "maximum": 255}},
            ]}),
            Type::DateTime => json!({"type": "string", "format": "date-time"}),
            Type::Integer(32) => {
                json!({"type": "integer", "minimum": i32::MIN, "maximum": i32::MAX})
            }
            Type::Integer(_) => {
                json!({"type": "integer", "minimum": i64::MIN, "maximum": i64::MAX})
            }
            Type::Number => json!({"type": "number"}),
            Type::Boolean => json!({"type": "boolean"}),
            Type::IntOrString => json!({"anyOf": [
                {"type": "integer", "minimum": i32::MIN, "maximum": i32::MAX},
                {"type": "string"},
            ]}),
            Type::Quantity => json!({"anyOf": [
                {"type": "number"},
                {"type": "string", "minLength": 1, "pattern":
                    "^[+-]?[0-9]*([.][0-9]*)?([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)?$"},
            ]}),
            Type::AnyObject => json!({"type": "object"}),
            Type::List(_, items) => json!({"type": "array", "items": self.schema(items, read)}),
            Type::Map(values) => {
                json!({"type": "object", "additionalProperties": self.schema(values, read)})
            }
            Type::Reference(name) => {
                json!({"$ref": format!("#/$defs/{}", self.define(*name, read))})
            }
            Type::Object(fields) => self.object(fields, read, false),
        }
    }

    fn object(&mut self, fields: &[Field], read: bool, root: bool) -> Value {
        let mut properties = Map::new();
        for field in fields {
            let read = read || (root && field.name == "status");
            let mut parts = vec![self.schema(&field.of, read)];
            if !read {
                parts.extend(
                    field.constraints.iter().map(|constraint| constrain(constraint, &field.of)),
                );
            }
            properties.insert(field.name.to_owned(), json!({"allOf": parts}));
        }
        let required: Vec<_> =
            fields.iter().filter(|field| field.required && !read).map(|field| field.name).collect();
        json!({
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": false,
        })
    }

    fn define(&mut self, name: Name, read: bool) -> String {
        let id = format!("{}-{read}", name.0);
        if !self.found.contains_key(&id) {
            self.found.insert(id.clone(), json!({}));
            let definition = Bundle::get().definition(name, self.version).unwrap();
            let schema = self.schema(&definition.of, read);
            self.found.insert(id.clone(), schema);
        }
        id
    }
}

/// A constraint on a value or on each item of a list.
fn constrain(constraint: &Constraint, of: &Type) -> Value {
    let own = match constraint {
        Constraint::OneOf(choices) => {
            let choices: Vec<_> = choices.iter().copied().chain([""]).collect();
            json!({"if": {"type": "string"}, "then": {"enum": choices}})
        }
        Constraint::Range(low, high) => {
            json!({"if": {"type": "integer"}, "then": {"minimum": low, "maximum": high}})
        }
        Constraint::UniqueItems | Constraint::Labels => return json!({}),
    };
    match of {
        Type::List(..) => json!({"items": own}),
        _ => own,
    }
}

fn oracle(name: Name, version: Version) -> Validator {
    let mut definitions = Definitions { version, found: BTreeMap::new() };
    let Type::Object(fields) = &Bundle::get().definition(name, version).unwrap().of else {
        panic!("a kind is an object")
    };
    let mut root = definitions.object(fields, false, true);
    root["$defs"] = json!(definitions.found);
    jsonschema::options()
        .with_draft(Draft::Draft202012)
        .should_validate_formats(true)
        .build(&root)
        .unwrap()
}

/// A stream of choices.
struct Dice(u64);

impl Dice {
    /// A number below a limit.
    fn roll(&mut self, limit: usize) -> usize {
        // A linear congruential generator; the constants are Knuth's (MMIX).
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }

    fn pick<'t>(&mut self, from: &[&'t str]) -> &'t str {
        from[self.roll(from.len())]
    }
}

/// A random value, mostly of a type.
fn value(of: &Type, version: Version, dice: &mut Dice, depth: usize) -> Value {
    if dice.roll(60) == 0 {
        return anything(dice);
    }
    match of {
        Type::Any => anything(dice),
        Type::Text => json!(dice.pick(&["a", "TCP", "Always", "", "Prefix", "Exact", "1"])),
        Type::Base64 => json!(dice.pick(&["YQ==", "", "YWJj", "a"])),
        Type::DateTime => json!("2024-01-01T00:00:00Z"),
        Type::Integer(_) => json!([1, 2, 80, 420][dice.roll(4)]),
        Type::Number => json!(0.5),
        Type::Boolean => json!(dice.roll(2) == 0),
        Type::IntOrString => [json!(80), json!("http")][dice.roll(2)].clone(),
        Type::Quantity => {
            [json!("1Gi"), json!(1), json!(0.5), json!("100m"), json!("1GB")][dice.roll(5)].clone()
        }
        Type::AnyObject => json!({"a": 1}),
        Type::List(_, items) => {
            (0..dice.roll(3)).map(|_| value(items, version, dice, depth + 1)).collect()
        }
        Type::Map(values) => json!({"a": value(values, version, dice, depth + 1)}),
        Type::Reference(name) => {
            let definition = Bundle::get().definition(*name, version).unwrap();
            value(&definition.of, version, dice, depth)
        }
        Type::Object(fields) => object(fields, version, dice, depth),
    }
}

fn object(fields: &[Field], version: Version, dice: &mut Dice, depth: usize) -> Value {
    let mut out = Map::new();
    for field in fields {
        let wanted = if field.required { dice.roll(40) > 0 } else { dice.roll(2 + 3 * depth) == 0 };
        if wanted && depth < 12 {
            out.insert(field.name.to_owned(), value(&field.of, version, dice, depth + 1));
        }
    }
    if dice.roll(60) == 0 {
        out.insert("nonsense".to_owned(), json!(1));
    }
    Value::Object(out)
}

fn anything(dice: &mut Dice) -> Value {
    let values = [
        json!(1),
        json!(-1),
        json!(1.5),
        json!(5_000_000_000_i64),
        json!("a"),
        json!(true),
        json!([]),
        json!(["a"]),
        json!({}),
        json!({"a": "b"}),
    ];
    values[dice.roll(values.len())].clone()
}

/// The places that the walk rejects for their structure.
fn places(text: &str, name: Name, version: Version) -> BTreeSet<String> {
    let mut found = Found::default();
    for object in &objects(text) {
        native::check(&mut Site::new(object, &mut found), name, version);
    }
    let structural = ["unknown-field", "wrong-type", "missing-field", "invalid-value"];
    let mut places = BTreeSet::new();
    for finding in found.findings.iter().filter(|finding| structural.contains(&&*finding.rule)) {
        let pointer = finding.pointer.as_deref().unwrap();
        let (parent, _) = pointer.rsplit_once('/').unwrap_or_default();
        let own = if finding.rule == "unknown-field" { parent } else { pointer };
        places.insert(own.to_owned());
    }
    places
}

/// A random object of a kind, and what the oracle rejects in it.
fn random(kind: usize, version: Version, seed: u64) -> Option<(Name, Value, BTreeSet<String>)> {
    let (group, api_version, kind) = KINDS[kind];
    let served = Bundle::get().kind(group, api_version, kind, version)?;
    let of = Type::Reference(served.name);
    let mut object = value(&of, version, &mut Dice(seed), 0);
    if !object.is_object() {
        return None;
    }
    object["apiVersion"] = json!(served.api_version());
    object["kind"] = json!(kind);
    let errors = oracle(served.name, version);
    let rejected = errors.iter_errors(&object).map(|error| error.instance_path().to_string());
    let rejected = rejected.collect();
    Some((served.name, object, rejected))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn the_walk_and_json_schema_reject_the_same_places(
        kind in 0..KINDS.len(),
        minor in Version::OLDEST.minor..=Version::NEWEST.minor,
        seed: u64,
    ) {
        let version = Version { minor };
        if let Some((name, object, rejected)) = random(kind, version, seed) {
            prop_assert_eq!(places(&object.to_string(), name, version), rejected, "{}", object);
        }
    }
}

#[test]
fn random_objects_are_large_sound_and_unsound() {
    let objects =
        (0..200).filter_map(|seed| random(seed % KINDS.len(), Version::NEWEST, seed as u64));
    let objects: Vec<_> = objects.collect();
    let sound = objects.iter().filter(|(.., rejected)| rejected.is_empty()).count();
    let size: usize = objects.iter().map(|(_, object, _)| object.to_string().len()).sum();
    let rejected: usize = objects.iter().map(|(.., rejected)| rejected.len()).sum();
    assert!(sound > 20, "{sound} of {}", objects.len());
    assert!(size / objects.len() > 200, "{size}");
    assert!(rejected > 200, "{rejected}");
}
