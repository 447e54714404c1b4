//! CEL values, borrowed from objects wherever possible.
//!
//! A value that stands in an object stays a reference to its node ([`Value::Node`]): nothing is
//! copied, and blame can tell where it came from. Operators look at any value as a [`Plain`] one.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;

use seatrial_parse::{Entry, Node, Number, Value as Tree};

use crate::library::Opaque;
use crate::time::{Duration, Timestamp};
use crate::typed;

/// A CEL value. Cheap to clone.
#[derive(Debug, Clone)]
pub enum Value<'a> {
    /// What stands at a place of an object.
    Node(&'a Node),
    /// A list or a map at a place of an object, with its schema.
    Typed(&'a Node, &'a Node),
    /// `null`.
    Null,
    /// A truth value.
    Bool(bool),
    /// A signed integer.
    Int(i64),
    /// An unsigned integer.
    UInt(u64),
    /// A floating-point number.
    Double(f64),
    /// A string that stands in an expression or an object.
    Str(&'a str),
    /// A string that was computed.
    Text(Rc<str>),
    /// Bytes.
    Bytes(Rc<[u8]>),
    /// A list that was computed.
    List(Rc<ListValue<'a>>),
    /// A map that was computed.
    Map(Rc<MapValue<'a>>),
    /// A length of time.
    Duration(Duration),
    /// A point in time.
    Timestamp(Timestamp),
    /// A type.
    Type(&'static str),
    /// An optional value.
    Optional(Option<Rc<Value<'a>>>),
    /// A value of a Kubernetes library: a quantity, an address, ...
    Opaque(Rc<Opaque>),
    /// A part of a request or a namespace that is not known here; whoever reads it is undecided.
    Unknown(&'static str),
}

/// A value as operators look at it: whether it was computed or stands in an object is no matter.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Plain<'v, 'a> {
    Null,
    Bool(bool),
    Int(i64),
    UInt(u64),
    Double(f64),
    Str(&'v str),
    Bytes(&'v [u8]),
    List(Items<'v, 'a>),
    Map(Fields<'v, 'a>),
    Duration(Duration),
    Timestamp(Timestamp),
    Type(&'static str),
    Optional(Option<&'v Value<'a>>),
    Opaque(&'v Opaque),
}

/// The elements of a list.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Items<'v, 'a> {
    Nodes(&'a [Node]),
    /// The items and the list's schema.
    Typed(&'a [Node], &'a Node),
    Values(&'v [Value<'a>]),
}

/// The entries of a map.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fields<'v, 'a> {
    /// A node that is a map.
    Nodes(&'a Node),
    /// The same, and its schema.
    Typed(&'a Node, &'a Node),
    Values(&'v MapValue<'a>),
}

/// A list that was computed.
#[derive(Debug, Clone, Default)]
pub struct ListValue<'a> {
    items: Vec<Value<'a>>,
    weight: u64,
    depth: u32,
}

/// A map that was computed, in the order of its keys.
#[derive(Debug, Clone, Default)]
pub struct MapValue<'a> {
    entries: BTreeMap<Key, (Value<'a>, Value<'a>)>,
    weight: u64,
    depth: u32,
}

/// A key of a map: numbers that are equal are the same key, whatever their type.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Key {
    Bool(bool),
    Int(i64),
    /// Above [`i64::MAX`].
    UInt(u64),
    Text(Box<str>),
}

impl Key {
    /// The key that a value stands for; `None` for a value that is no key.
    pub(crate) fn of(value: &Value<'_>) -> Option<Self> {
        match value.plain() {
            Plain::Bool(value) => Some(Self::Bool(value)),
            Plain::Int(value) => Some(Self::Int(value)),
            Plain::UInt(value) => Some(i64::try_from(value).map_or(Self::UInt(value), Self::Int)),
            Plain::Double(value) => match Number::Float(value).as_i64() {
                Some(value) => Some(Self::Int(value)),
                None => whole_u64(value).map(Self::UInt),
            },
            Plain::Str(text) => Some(Self::Text(text.into())),
            _ => None,
        }
    }
}

/// The unsigned integer above `i64::MAX` that a float equals.
fn whole_u64(value: f64) -> Option<u64> {
    const LIMIT: f64 = 18_446_744_073_709_551_616.0; // 2^64
    let whole = value.fract() == 0.0 && (0.0..LIMIT).contains(&value);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "in range")]
    whole.then_some(value as u64)
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => value.fmt(f),
            Self::Int(value) => value.fmt(f),
            Self::UInt(value) => value.fmt(f),
            Self::Text(value) => value.fmt(f),
        }
    }
}

impl<'a> MapValue<'a> {
    /// Adds an entry; false if the key is there already.
    pub(crate) fn insert(&mut self, key: Key, name: Value<'a>, value: Value<'a>) -> bool {
        self.weight = self.weight.saturating_add(value.weight());
        self.depth = self.depth.max(value.depth());
        self.entries.insert(key, (name, value)).is_none()
    }

    pub(crate) fn get(&self, key: &Key) -> Option<&Value<'a>> {
        self.entries.get(key).map(|(_, value)| value)
    }

    /// Keys and values, in the order of the keys.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &(Value<'a>, Value<'a>)> {
        self.entries.values()
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }
}

impl<'v, 'a> Items<'v, 'a> {
    pub(crate) fn len(self) -> usize {
        match self {
            Self::Nodes(nodes) | Self::Typed(nodes, _) => nodes.len(),
            Self::Values(values) => values.len(),
        }
    }

    pub(crate) fn get(self, index: usize) -> Option<Value<'a>> {
        match self {
            Self::Nodes(nodes) => nodes.get(index).map(Value::Node),
            Self::Typed(nodes, schema) => nodes.get(index).map(|node| typed::item(node, schema)),
            Self::Values(values) => values.get(index).cloned(),
        }
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = Value<'a>> + use<'v, 'a> {
        (0..self.len()).filter_map(move |index| self.get(index))
    }

    /// Whether the order of the elements counts.
    fn is_ordered(self) -> bool {
        match self {
            Self::Typed(_, schema) => typed::is_ordered(schema),
            _ => true,
        }
    }

    /// The elements as a list of its own.
    pub(crate) fn to_vec(self) -> Vec<Value<'a>> {
        self.iter().collect()
    }
}

impl<'a> Fields<'_, 'a> {
    pub(crate) fn len(self) -> usize {
        match self {
            Self::Nodes(node) | Self::Typed(node, _) => node.entries().len(),
            Self::Values(map) => map.len(),
        }
    }

    /// The value of a key.
    pub(crate) fn get(self, key: &Value<'_>) -> Option<Value<'a>> {
        match self {
            Self::Nodes(node) => match key.plain() {
                Plain::Str(text) => node.get(text).map(Value::Node),
                _ => None,
            },
            Self::Typed(node, schema) => match key.plain() {
                Plain::Str(text) => typed::field(node, schema, text),
                _ => None,
            },
            Self::Values(map) => map.get(&Key::of(key)?).cloned(),
        }
    }

    /// Keys and values.
    pub(crate) fn entries(self) -> Vec<(Value<'a>, Value<'a>)> {
        let node = |entry: &'a Entry| (Value::Str(&entry.key.text), Value::Node(&entry.value));
        match self {
            Self::Nodes(map) => map.entries().iter().map(node).collect(),
            Self::Typed(map, schema) => {
                let typed = |entry: &'a Entry| {
                    let name = &*entry.key.text;
                    let value = typed::field(map, schema, name);
                    (Value::Str(name), value.unwrap_or(Value::Null))
                };
                map.entries().iter().map(typed).collect()
            }
            Self::Values(map) => map.iter().cloned().collect(),
        }
    }
}

impl<'a> Value<'a> {
    /// The place of an object that it stands for.
    pub(crate) fn node(&self) -> Option<&'a Node> {
        match self {
            Self::Node(node) | Self::Typed(node, _) => Some(node),
            _ => None,
        }
    }

    /// A list of its own.
    pub(crate) fn list(items: Vec<Self>) -> Self {
        let weight = items.iter().map(Self::weight).fold(0, u64::saturating_add);
        let depth = items.iter().map(Self::depth).max().unwrap_or(0);
        Self::List(Rc::new(ListValue { items, weight, depth }))
    }

    /// How deeply computed lists, maps and optionals nest in it.
    pub(crate) fn depth(&self) -> u32 {
        match self {
            Self::List(list) => list.depth.saturating_add(1),
            Self::Map(map) => map.depth.saturating_add(1),
            Self::Optional(Some(value)) => value.depth().saturating_add(1),
            _ => 0,
        }
    }

    /// How many values it takes to walk through it. Computed lists may share their elements, so
    /// that a short expression can make one that is far larger than the memory it uses.
    fn weight(&self) -> u64 {
        match self {
            Self::List(list) => list.weight.saturating_add(1),
            Self::Map(map) => map.weight.saturating_add(1),
            Self::Optional(Some(value)) => value.weight(),
            _ => 1,
        }
    }

    /// A string of its own.
    pub(crate) fn text(text: impl Into<Rc<str>>) -> Self {
        Self::Text(text.into())
    }

    /// An optional value that is there.
    pub(crate) fn some(value: Self) -> Self {
        Self::Optional(Some(Rc::new(value)))
    }

    /// A number of elements or characters.
    pub(crate) fn size(size: usize) -> Self {
        Self::Int(i64::try_from(size).unwrap_or(i64::MAX))
    }

    /// The value as operators look at it.
    pub(crate) fn plain(&self) -> Plain<'_, 'a> {
        match self {
            Self::Node(node) => plain_node(node),
            Self::Typed(node, schema) => match &node.value {
                Tree::Sequence(items) => Plain::List(Items::Typed(items, schema)),
                Tree::Mapping(_) => Plain::Map(Fields::Typed(node, schema)),
                _ => plain_node(node),
            },
            Self::Null | Self::Unknown(_) => Plain::Null,
            Self::Bool(value) => Plain::Bool(*value),
            Self::Int(value) => Plain::Int(*value),
            Self::UInt(value) => Plain::UInt(*value),
            Self::Double(value) => Plain::Double(*value),
            Self::Str(text) => Plain::Str(text),
            Self::Text(text) => Plain::Str(text),
            Self::Bytes(bytes) => Plain::Bytes(bytes),
            Self::List(list) => Plain::List(Items::Values(&list.items)),
            Self::Map(map) => Plain::Map(Fields::Values(map)),
            Self::Duration(value) => Plain::Duration(*value),
            Self::Timestamp(value) => Plain::Timestamp(*value),
            Self::Type(name) => Plain::Type(name),
            Self::Optional(value) => Plain::Optional(value.as_deref()),
            Self::Opaque(value) => Plain::Opaque(value),
        }
    }

    /// The truth value, if it is one.
    pub(crate) fn as_bool(&self) -> Option<bool> {
        match self.plain() {
            Plain::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// The text, if it is a string.
    pub(crate) fn as_str(&self) -> Option<&str> {
        match self.plain() {
            Plain::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The name of the value's CEL type.
    pub(crate) fn type_name(&self) -> &'static str {
        match self.plain() {
            Plain::Null => "null_type",
            Plain::Bool(_) => "bool",
            Plain::Int(_) => "int",
            Plain::UInt(_) => "uint",
            Plain::Double(_) => "double",
            Plain::Str(_) => "string",
            Plain::Bytes(_) => "bytes",
            Plain::List(_) => "list",
            Plain::Map(_) => "map",
            Plain::Duration(_) => "google.protobuf.Duration",
            Plain::Timestamp(_) => "google.protobuf.Timestamp",
            Plain::Type(_) => "type",
            Plain::Optional(_) => "optional_type",
            Plain::Opaque(value) => value.type_name(),
        }
    }

    /// Whether both are equal, as `==` sees it: numbers by their value, lists and maps by their
    /// elements, and values of different types never.
    pub(crate) fn equals(&self, other: &Value<'_>) -> bool {
        match (self.plain(), other.plain()) {
            (Plain::Null, Plain::Null) => true,
            (Plain::Bool(a), Plain::Bool(b)) => a == b,
            (Plain::Str(a), Plain::Str(b)) => a == b,
            (Plain::Bytes(a), Plain::Bytes(b)) => a == b,
            (Plain::List(a), Plain::List(b)) => {
                let ordered = a.is_ordered() && b.is_ordered();
                a.len() == b.len()
                    && if ordered {
                        a.iter().zip(b.iter()).all(|(a, b)| a.equals(&b))
                    } else {
                        a.iter().all(|a| b.iter().any(|b| a.equals(&b)))
                    }
            }
            (Plain::Map(a), Plain::Map(b)) => {
                a.len() == b.len()
                    && a.entries().iter().all(|(key, a)| b.get(key).is_some_and(|b| a.equals(&b)))
            }
            (Plain::Duration(a), Plain::Duration(b)) => a == b,
            (Plain::Timestamp(a), Plain::Timestamp(b)) => a == b,
            (Plain::Type(a), Plain::Type(b)) => a == b,
            (Plain::Optional(a), Plain::Optional(b)) => match (a, b) {
                (Some(a), Some(b)) => a.equals(b),
                (a, b) => a.is_none() && b.is_none(),
            },
            (Plain::Opaque(a), Plain::Opaque(b)) => a.equals(b),
            (a, b) => compare_numbers(a, b) == Some(Ordering::Equal),
        }
    }

    /// The order of two values that have one; `None` for values of different or unordered types
    /// (and for NaN).
    pub(crate) fn compare(&self, other: &Value<'_>) -> Option<Ordering> {
        match (self.plain(), other.plain()) {
            (Plain::Bool(a), Plain::Bool(b)) => Some(a.cmp(&b)),
            (Plain::Str(a), Plain::Str(b)) => Some(a.cmp(b)),
            (Plain::Bytes(a), Plain::Bytes(b)) => Some(a.cmp(b)),
            (Plain::Duration(a), Plain::Duration(b)) => Some(a.cmp(&b)),
            (Plain::Timestamp(a), Plain::Timestamp(b)) => Some(a.cmp(&b)),
            (a, b) => compare_numbers(a, b),
        }
    }

    /// Whether both have an order at all (it may still be undefined for NaN).
    pub(crate) fn comparable(&self, other: &Value<'_>) -> bool {
        let number = |plain| matches!(plain, Plain::Int(_) | Plain::UInt(_) | Plain::Double(_));
        (number(self.plain()) && number(other.plain())) || self.compare(other).is_some()
    }

    /// How large it is for the purpose of cost: characters, bytes, elements; otherwise 1.
    pub(crate) fn cost_size(&self) -> u64 {
        if let Self::List(_) | Self::Map(_) = self {
            return self.weight() - 1;
        }
        let size = match self.plain() {
            Plain::Str(text) => text.len(),
            Plain::Bytes(bytes) => bytes.len(),
            Plain::List(items) => items.len(),
            Plain::Map(map) => map.len(),
            Plain::Optional(Some(value)) => return value.cost_size(),
            _ => 1,
        };
        u64::try_from(size).unwrap_or(u64::MAX)
    }
}

/// How the API server sees a value of an object: a whole number is an integer even where it was
/// written `3.0`, because JSON writes it `3` on its way to the server.
fn plain_node<'v, 'a>(node: &'a Node) -> Plain<'v, 'a>
where
    'a: 'v,
{
    match &node.value {
        Tree::Null => Plain::Null,
        Tree::Bool(value) => Plain::Bool(*value),
        Tree::Number(number) => match number.as_i64() {
            Some(value) => Plain::Int(value),
            None => Plain::Double(number.as_f64()),
        },
        Tree::String(text) => Plain::Str(text),
        Tree::Sequence(items) => Plain::List(Items::Nodes(items)),
        Tree::Mapping(_) => Plain::Map(Fields::Nodes(node)),
    }
}

/// Compares numbers of any type by their exact values.
fn compare_numbers(a: Plain<'_, '_>, b: Plain<'_, '_>) -> Option<Ordering> {
    match (a, b) {
        (Plain::Int(a), Plain::Int(b)) => Some(a.cmp(&b)),
        (Plain::UInt(a), Plain::UInt(b)) => Some(a.cmp(&b)),
        (Plain::Double(a), Plain::Double(b)) => a.partial_cmp(&b),
        (Plain::Int(a), Plain::UInt(b)) => Some(i128::from(a).cmp(&i128::from(b))),
        (Plain::UInt(a), Plain::Int(b)) => Some(i128::from(a).cmp(&i128::from(b))),
        (Plain::Int(a), Plain::Double(b)) => compare_to_double(a.into(), b),
        (Plain::UInt(a), Plain::Double(b)) => compare_to_double(a.into(), b),
        (Plain::Double(a), Plain::Int(b)) => compare_to_double(b.into(), a).map(Ordering::reverse),
        (Plain::Double(a), Plain::UInt(b)) => compare_to_double(b.into(), a).map(Ordering::reverse),
        _ => None,
    }
}

/// Compares an integer of 64 bits with a float exactly.
fn compare_to_double(integer: i128, float: f64) -> Option<Ordering> {
    const LIMIT: f64 = 36_893_488_147_419_103_232.0; // 2^65: beyond any integer here
    if float.is_nan() {
        return None;
    }
    if float.abs() >= LIMIT {
        return Some(if float > 0.0 { Ordering::Less } else { Ordering::Greater });
    }
    #[expect(clippy::cast_possible_truncation, reason = "below 2^65 in size")]
    let floor = float.floor() as i128;
    let at_floor = integer.cmp(&floor);
    let has_fraction = float.fract() != 0.0;
    Some(if at_floor == Ordering::Equal && has_fraction { Ordering::Less } else { at_floor })
}
