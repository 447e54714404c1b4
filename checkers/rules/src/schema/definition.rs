//! What a schema says of a value.

use super::bundle::{Bundle, Name, Reader};
use super::constraints::{self, Constraint};

/// A named schema.
#[derive(Debug)]
pub(super) struct Definition {
    /// Its name, such as `io.k8s.api.core.v1.Container`.
    pub(super) name: &'static str,
    /// What it says.
    pub(super) of: Type,
}

/// The type of a value.
#[derive(Debug, PartialEq)]
pub(super) enum Type {
    /// Anything.
    Any,
    /// A string.
    Text,
    /// A string of base64.
    Base64,
    /// A string with a time (RFC 3339).
    DateTime,
    /// An integer of so many bits.
    Integer(u8),
    /// A number.
    Number,
    /// A boolean.
    Boolean,
    /// A string or an integer of 32 bits.
    IntOrString,
    /// A quantity, such as `500m` or `2`.
    Quantity,
    /// A map with whatever values.
    AnyObject,
    /// A list.
    List(ListKind, Box<Type>),
    /// A map with values of one type.
    Map(Box<Type>),
    /// What a name stands for.
    Reference(Name),
    /// A map with these keys and no others, sorted by name.
    Object(Box<[Field]>),
}

/// How the items of a list are told apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ListKind {
    /// By their place, as far as the schema says.
    Atomic,
    /// By their value.
    Set,
    /// By the values of these fields.
    Map(Box<[&'static str]>),
}

/// A field of an object.
#[derive(Debug, PartialEq)]
pub(super) struct Field {
    /// Its name.
    pub(super) name: &'static str,
    /// Whether the API server rejects objects without it.
    pub(super) required: bool,
    /// The type of its value.
    pub(super) of: Type,
    /// What the API server wants beyond the type.
    pub(super) constraints: Box<[&'static Constraint]>,
}

impl Definition {
    /// Completes what the bundle says with what the API server does.
    pub(super) fn new(name: &'static str, mut of: Type) -> Self {
        if constraints::ANYTHING.contains(&name) {
            of = Type::Any;
        }
        if let Type::Object(fields) = &mut of {
            for field in fields {
                field.required = constraints::is_required(name, field.name, field.required);
                field.constraints = constraints::of(name, field.name);
            }
        }
        Self { name, of }
    }
}

impl Type {
    /// Decodes a type: one byte for the type, then what the type needs.
    pub(super) fn read(reader: &mut Reader, bundle: &Bundle) -> Option<Self> {
        Some(match reader.u8()? {
            0 => Self::Any,
            1 => Self::Text,
            2 => Self::Base64,
            3 => Self::DateTime,
            4 | 6 => Self::Integer(64),
            5 => Self::Integer(32),
            7 => Self::Number,
            8 => Self::Boolean,
            9 => Self::IntOrString,
            10 => Self::Quantity,
            11 => Self::AnyObject,
            12 => Self::List(ListKind::Atomic, Self::read_boxed(reader, bundle)?),
            13 => Self::List(ListKind::Set, Self::read_boxed(reader, bundle)?),
            14 => {
                let count = reader.u8()?;
                let keys = (0..count).map(|_| bundle.text(reader.u16()?)).collect::<Option<_>>()?;
                Self::List(ListKind::Map(keys), Self::read_boxed(reader, bundle)?)
            }
            15 => Self::Map(Self::read_boxed(reader, bundle)?),
            16 => Self::Reference(Name(reader.u16()?)),
            17 => {
                let count = reader.u16()?;
                let fields = (0..count).map(|_| Field::read(reader, bundle));
                Self::Object(fields.collect::<Option<_>>()?)
            }
            _ => return None,
        })
    }

    fn read_boxed(reader: &mut Reader, bundle: &Bundle) -> Option<Box<Self>> {
        Self::read(reader, bundle).map(Box::new)
    }

    /// Calls a function with this type and all types within.
    #[cfg(test)]
    pub(super) fn visit(&self, f: &mut impl FnMut(&Self)) {
        f(self);
        match self {
            Self::List(_, inner) | Self::Map(inner) => inner.visit(f),
            Self::Object(fields) => fields.iter().for_each(|field| field.of.visit(f)),
            _ => {}
        }
    }
}

impl Field {
    fn read(reader: &mut Reader, bundle: &Bundle) -> Option<Self> {
        let name = bundle.text(reader.u16()?)?;
        let required = reader.u8()? == 1;
        let of = Type::read(reader, bundle)?;
        Some(Self { name, required, of, constraints: Box::default() })
    }
}

/// The field of a name.
pub(super) fn field<'a>(fields: &'a [Field], name: &str) -> Option<&'a Field> {
    let at = fields.binary_search_by(|field| field.name.cmp(name)).ok()?;
    fields.get(at)
}
