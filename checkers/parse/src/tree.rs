//! The tree: values with the spans of every key and value.

use std::borrow::Cow;
use std::fmt;

use seatrial_core::Span;

/// A value and the text it was read from.
///
/// A node behind an alias or a merge key has the span of the anchored text.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The value.
    pub value: Value,
    /// The text it was read from; for block collections, from the first key or item on.
    pub span: Span,
}

/// A JSON value. `PartialEq` compares spans too; see [`Node::same_value`].
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `null`, `~`, or nothing where a value is expected.
    Null,
    /// A boolean.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A string.
    String(Box<str>),
    /// A list.
    Sequence(Vec<Node>),
    /// A map with text keys.
    Mapping(Mapping),
}

/// A number as JSON carries it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number {
    /// An integer that fits 64 bits.
    Int(i64),
    /// An integer above [`i64::MAX`].
    UInt(u64),
    /// Any other finite number.
    Float(f64),
}

/// A map in the order of its text. After a duplicate key, only the last entry is here.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Mapping {
    /// The entries, keys unique.
    pub entries: Vec<Entry>,
}

/// A key with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: Key,
    /// The value.
    pub value: Node,
}

/// A key and the text it was read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// The key; of a boolean or number key, its JSON text.
    pub text: Box<str>,
    /// The text it was read from.
    pub span: Span,
}

impl Mapping {
    /// The entry of a key.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| &*entry.key.text == key)
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }
}

impl Node {
    /// The null node at a place.
    pub const fn null(span: Span) -> Self {
        Self { value: Value::Null, span }
    }

    /// The value of a key, if this is a map that has it.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.as_mapping()?.get(key)
    }

    /// The entry (key and value) of a key, if this is a map that has it.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.as_mapping()?.entry(key)
    }

    /// Follows a path of keys from here.
    pub fn at(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }

    /// The node at a JSON pointer (RFC 6901): `/spec/containers/0/image`; the empty text is this
    /// node itself.
    pub fn pointer(&self, pointer: &str) -> Option<&Self> {
        let mut tokens = pointer.split('/');
        if tokens.next() != Some("") {
            return None;
        }
        tokens.try_fold(self, |node, token| match &node.value {
            Value::Sequence(items) => items.get(token.parse::<usize>().ok()?),
            Value::Mapping(map) => map.get(&unescape_pointer_token(token)),
            _ => None,
        })
    }

    /// The text, if this is a string.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The truth value, if this is a boolean.
    pub fn as_bool(&self) -> Option<bool> {
        match self.value {
            Value::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// The integer, if this is one (`3.0` counts, as in the API server's decoder).
    pub fn as_i64(&self) -> Option<i64> {
        match self.value {
            Value::Number(number) => number.as_i64(),
            _ => None,
        }
    }

    /// The items; empty unless this is a list.
    pub fn items(&self) -> &[Self] {
        match &self.value {
            Value::Sequence(items) => items,
            _ => &[],
        }
    }

    /// The entries; empty unless this is a map.
    pub fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Mapping(map) => &map.entries,
            _ => &[],
        }
    }

    /// The map, if this is one.
    pub fn as_mapping(&self) -> Option<&Mapping> {
        match &self.value {
            Value::Mapping(map) => Some(map),
            _ => None,
        }
    }

    /// Whether this is null.
    pub fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }

    /// The name of this value's JSON type: `null`, `boolean`, `integer`, `number`, `string`,
    /// `array` or `object`.
    pub fn type_name(&self) -> &'static str {
        match &self.value {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(Number::Float(_)) => "number",
            Value::Number(_) => "integer",
            Value::String(_) => "string",
            Value::Sequence(_) => "array",
            Value::Mapping(_) => "object",
        }
    }

    /// Whether both stand for the same JSON value: spans and the order of keys do not count, and
    /// numbers compare by value (`1` and `1.0` are the same).
    pub fn same_value(&self, other: &Self) -> bool {
        match (&self.value, &other.value) {
            (Value::Number(a), Value::Number(b)) => a.same_value(*b),
            (Value::Sequence(a), Value::Sequence(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.same_value(b))
            }
            (Value::Mapping(a), Value::Mapping(b)) => {
                a.entries.len() == b.entries.len()
                    && a.entries.iter().all(|entry| {
                        b.get(&entry.key.text).is_some_and(|other| entry.value.same_value(other))
                    })
            }
            (a, b) => a == b,
        }
    }

    /// The same value without spans.
    pub fn to_json(&self) -> serde_json::Value {
        match &self.value {
            Value::Null => serde_json::Value::Null,
            Value::Bool(value) => (*value).into(),
            Value::Number(Number::Int(value)) => (*value).into(),
            Value::Number(Number::UInt(value)) => (*value).into(),
            Value::Number(Number::Float(value)) => (*value).into(),
            Value::String(text) => (&**text).into(),
            Value::Sequence(items) => items.iter().map(Self::to_json).collect(),
            Value::Mapping(map) => map
                .entries
                .iter()
                .map(|entry| (entry.key.text.to_string(), entry.value.to_json()))
                .collect(),
        }
    }
}

impl fmt::Display for Node {
    /// Writes the value as compact JSON.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_json().fmt(f)
    }
}

impl Number {
    /// The integer, if the number is one that fits 64 bits with a sign.
    pub fn as_i64(self) -> Option<i64> {
        match self {
            Self::Int(value) => Some(value),
            Self::UInt(_) => None,
            Self::Float(value) => float_to_i64(value),
        }
    }

    /// The nearest floating-point number.
    #[expect(clippy::cast_precision_loss, reason = "the nearest one is what is asked for")]
    pub fn as_f64(self) -> f64 {
        match self {
            Self::Int(value) => value as f64,
            Self::UInt(value) => value as f64,
            Self::Float(value) => value,
        }
    }

    /// Whether both are the same number.
    #[expect(clippy::float_cmp, reason = "equality of numbers, not nearness")]
    pub fn same_value(self, other: Self) -> bool {
        match (self, other) {
            (Self::Float(a), Self::Float(b)) => a == b,
            (Self::Float(a), b) | (b, Self::Float(a)) => {
                float_to_i64(a).is_some_and(|a| Self::Int(a) == b)
                    || (a == b.as_f64() && matches!(b, Self::UInt(_)))
            }
            (a, b) => a == b,
        }
    }
}

/// The integer equal to a float, if there is one within ±2^63.
fn float_to_i64(value: f64) -> Option<i64> {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0; // 2^63
    let whole = value.fract() == 0.0 && (-LIMIT..LIMIT).contains(&value);
    #[expect(clippy::cast_possible_truncation, reason = "whole and in range")]
    whole.then_some(value as i64)
}

/// A key as a token of a JSON pointer: `~` becomes `~0`, `/` becomes `~1` (RFC 6901).
pub fn escape_pointer_token(key: &str) -> Cow<'_, str> {
    if key.contains(['~', '/']) {
        key.replace('~', "~0").replace('/', "~1").into()
    } else {
        key.into()
    }
}

/// The key that a token of a JSON pointer stands for.
pub(crate) fn unescape_pointer_token(token: &str) -> Cow<'_, str> {
    if token.contains('~') {
        token.replace("~1", "/").replace("~0", "~").into()
    } else {
        token.into()
    }
}
