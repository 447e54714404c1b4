//! The functions that expressions may call: those of CEL and those the API server adds.
//!
//! One file a library; each lists its functions in a table. What CEL has but the API server does
//! not enable (`cel.bind`, `math.*`, `base64.*`, `reverse`) is not here.

mod addresses;
mod authorizer;
mod conversions;
mod format;
mod formatting;
mod lists;
mod opaque;
mod optionals;
mod quantity;
mod re2;
mod regexes;
mod semver;
mod sets;
mod strings;
mod times;
mod urls;

use crate::error::Evaluated;
use crate::value::{Items, Plain, Value};

pub(crate) use opaque::Opaque;
pub use quantity::in_nanos as quantity_in_nanos;
pub(crate) use regexes::RegexCache;

/// A function. Several may have one name; they then differ in the types they take.
#[derive(Debug)]
pub(crate) struct Function {
    pub(crate) name: &'static str,
    /// Whether it is called on a receiver, which is then the first argument.
    pub(crate) member: bool,
    /// How many arguments it takes, the receiver included.
    pub(crate) args: usize,
    pub(crate) cost: Cost,
    pub(crate) run: Implementation,
}

/// Computes the result; `None` where the arguments' types do not fit.
pub(crate) type Implementation = for<'c, 'a> fn(Call<'c, 'a>) -> Option<Evaluated<Value<'a>>>;

/// What a call costs, as the API server counts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cost {
    /// A constant.
    Fixed(u64),
    /// The size of the first argument.
    Elements,
    /// A tenth of the first argument's size.
    Traversal,
    /// A tenth of the first argument's size, twice.
    TwoTraversals,
    /// String times pattern.
    Pattern,
    /// String times substring.
    Substring,
    /// The product of both sizes.
    Product,
    /// The square of the first argument's size.
    Square,
    /// The first argument itself, a number of elements.
    Count,
}

impl Cost {
    pub(crate) fn of(self, args: &[Value<'_>]) -> u64 {
        let size = |index: usize| args.get(index).map_or(1, Value::cost_size);
        match self {
            Self::Fixed(cost) => cost,
            Self::Elements => size(0),
            Self::Traversal => size(0).div_ceil(10),
            Self::TwoTraversals => size(0).div_ceil(5),
            Self::Pattern => (1 + size(0)).div_ceil(10).saturating_mul(size(1).div_ceil(4)),
            Self::Substring => size(0).div_ceil(10).saturating_mul(size(1).div_ceil(10)),
            Self::Product => size(0).saturating_mul(size(1)).max(1),
            Self::Count => match args.first().map(Value::plain) {
                Some(Plain::Int(count)) => u64::try_from(count).unwrap_or(0).max(1),
                _ => 1,
            },
            Self::Square => size(0).saturating_mul(size(0)).max(1),
        }
    }
}

/// The arguments of a call.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Call<'c, 'a> {
    pub(crate) args: &'c [Value<'a>],
    pub(crate) regexes: &'c RegexCache,
}

impl<'c, 'a> Call<'c, 'a> {
    pub(crate) fn value(self, index: usize) -> Option<&'c Value<'a>> {
        self.args.get(index)
    }

    pub(crate) fn plain(self, index: usize) -> Option<Plain<'c, 'a>> {
        self.args.get(index).map(Value::plain)
    }

    pub(crate) fn str(self, index: usize) -> Option<&'c str> {
        match self.plain(index)? {
            Plain::Str(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn int(self, index: usize) -> Option<i64> {
        match self.plain(index)? {
            Plain::Int(value) => Some(value),
            _ => None,
        }
    }

    pub(crate) fn bool(self, index: usize) -> Option<bool> {
        match self.plain(index)? {
            Plain::Bool(value) => Some(value),
            _ => None,
        }
    }

    pub(crate) fn list(self, index: usize) -> Option<Items<'c, 'a>> {
        match self.plain(index)? {
            Plain::List(items) => Some(items),
            _ => None,
        }
    }

    pub(crate) fn opaque(self, index: usize) -> Option<&'c Opaque> {
        match self.plain(index)? {
            Plain::Opaque(value) => Some(value),
            _ => None,
        }
    }
}

/// A member function.
pub(crate) const fn member(
    name: &'static str,
    args: usize,
    cost: Cost,
    run: Implementation,
) -> Function {
    Function { name, member: true, args, cost, run }
}

/// A function without receiver.
pub(crate) const fn global(
    name: &'static str,
    args: usize,
    cost: Cost,
    run: Implementation,
) -> Function {
    Function { name, member: false, args, cost, run }
}

static LIBRARIES: [&[Function]; 17] = [
    conversions::FUNCTIONS,
    strings::FUNCTIONS,
    formatting::FUNCTIONS,
    lists::FUNCTIONS,
    sets::FUNCTIONS,
    regexes::FUNCTIONS,
    times::PARTS.as_flattened(),
    times::CLOCK.as_flattened(),
    times::DURATIONS,
    optionals::FUNCTIONS,
    quantity::FUNCTIONS,
    addresses::IP_FUNCTIONS,
    addresses::CIDR_FUNCTIONS,
    urls::FUNCTIONS,
    semver::FUNCTIONS,
    format::FUNCTIONS,
    authorizer::FUNCTIONS,
];

/// All functions.
pub(crate) fn all() -> impl Iterator<Item = &'static Function> {
    LIBRARIES.into_iter().flatten()
}

/// All functions of a name.
pub(crate) fn named(name: &str) -> impl Iterator<Item = &'static Function> {
    all().filter(move |function| function.name == name)
}

/// The functions that a call may mean.
pub(crate) fn find(name: &str, member: bool, args: usize) -> Vec<&'static Function> {
    named(name).filter(|function| function.member == member && function.args == args).collect()
}

/// The type that a name denotes, if it does.
pub(crate) fn type_named(name: &str) -> Option<&'static str> {
    const TYPES: [&str; 18] = [
        "bool",
        "bytes",
        "double",
        "int",
        "list",
        "map",
        "null_type",
        "optional_type",
        "string",
        "type",
        "uint",
        "google.protobuf.Duration",
        "google.protobuf.Timestamp",
        Opaque::QUANTITY,
        Opaque::IP,
        Opaque::CIDR,
        Opaque::URL,
        Opaque::SEMVER,
    ];
    TYPES.into_iter().find(|known| *known == name)
}
