//! A rule with its evidence, in texts.

use std::collections::BTreeSet;

use super::corpus::{hash, mix};
use super::lexicon::{Lexicon, Sym};
use super::template::{Atom, Scope, Template};

/// A learned rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// What it says.
    pub template: Template<String>,
    /// The table that it speaks of: the kind and the path of the list, `pod` for all pod templates,
    /// `*` for a field wherever it occurs.
    pub context: String,
    /// Why it is believed.
    pub evidence: Evidence,
}

/// Why a rule is believed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evidence {
    /// Objects that it says something of.
    pub objects: u32,
    /// Those that keep it.
    pub holding: u32,
    /// Independent sources of those that keep it.
    pub sources: u32,
    /// Collections or repositories of those that keep it.
    pub groups: u32,
    /// Objects of sources that were held out on which it was tested, and those that broke it there.
    pub tested: u32,
    /// See [`Self::tested`].
    pub broken: u32,
    /// Three places that agree, as `file:line`.
    pub examples: Vec<String>,
    /// The first place that does not, as `file:line`.
    pub dissenter: Option<String>,
    /// The most common values of the column with how many objects have them.
    pub values: Vec<(String, u32)>,
}

impl Rule {
    /// The id: a hash of template, context and operands, but not of what was counted or collected,
    /// so that it survives relearning.
    pub fn id(&self) -> String {
        let (name, operands) = self.template.slot();
        let texts = std::iter::once(self.context.as_str()).chain(operands);
        let hashed = texts.fold(hash(name.as_bytes()), |sum, text| mix(sum, hash(text.as_bytes())));
        format!("{name}-{:012x}", hashed >> 16)
    }

    /// The kind of object, `pod` or `*`: the part of the context before the path.
    pub fn head(&self) -> &str {
        head(&self.context)
    }

    /// The share of objects that keep it, in percent.
    pub fn percent(&self) -> f64 {
        100.0 * f64::from(self.evidence.holding) / f64::from(self.evidence.objects.max(1))
    }
}

/// The part of a context before the path.
pub(crate) fn head(context: &str) -> &str {
    context.split_once(':').map_or(context, |(head, _)| head)
}

impl<T: Ord> Template<T> {
    /// The name of the template.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Type { .. } => "type",
            Self::Values { .. } => "values",
            Self::Spelling { .. } => "spelling",
            Self::Range { .. } => "range",
            Self::Shape { .. } => "shape",
            Self::Consistent { .. } => "consistent",
            Self::Units { .. } => "units",
            Self::Required { .. } => "required",
            Self::Keys { .. } => "keys",
            Self::Implies { .. } => "implies",
            Self::Excludes { .. } => "excludes",
            Self::Equal { .. } => "equal",
            Self::Refers { .. } => "refers",
            Self::Unique { .. } => "unique",
            Self::Before { .. } => "before",
            Self::AtMost { .. } => "at-most",
            Self::Affix { .. } => "affix",
            Self::Count { .. } => "count",
        }
    }

    /// Whether it says what people usually do rather than how things fit together: such rules need
    /// more evidence.
    pub const fn is_convention(&self) -> bool {
        matches!(
            self,
            Self::Values { .. }
                | Self::Shape { .. }
                | Self::Affix { .. }
                | Self::Count { .. }
                | Self::Excludes { .. }
                | Self::Implies { .. }
                | Self::Required { .. }
                | Self::Equal { .. }
        )
    }

    /// What it collected: values, units, shapes or keys.
    pub(crate) const fn set(&self) -> Option<&BTreeSet<T>> {
        match self {
            Self::Values { values: set, .. }
            | Self::Spelling { values: set, .. }
            | Self::Shape { shapes: set, .. }
            | Self::Units { units: set, .. }
            | Self::Keys { keys: set, .. } => Some(set),
            _ => None,
        }
    }

    /// Whether it speaks of values that are there alone: what holds of a part of an object too.
    pub(crate) const fn is_on_values(&self) -> bool {
        matches!(
            self,
            Self::Type { .. }
                | Self::Values { .. }
                | Self::Spelling { .. }
                | Self::Range { .. }
                | Self::Shape { .. }
                | Self::Units { .. }
                | Self::Keys { .. }
                | Self::Unique { .. }
                | Self::Before { .. }
                | Self::AtMost { .. }
        )
    }

    /// The same template with other operands.
    pub fn map<U: Ord>(&self, mut to: impl FnMut(&T) -> U) -> Template<U> {
        let mut set = |all: &BTreeSet<T>| all.iter().map(&mut to).collect::<BTreeSet<U>>();
        match self {
            Self::Values { column, values } => {
                let values = set(values);
                Template::Values { column: to(column), values }
            }
            Self::Spelling { column, values } => {
                let values = set(values);
                Template::Spelling { column: to(column), values }
            }
            Self::Shape { column, shapes } => {
                let shapes = set(shapes);
                Template::Shape { column: to(column), shapes }
            }
            Self::Units { column, units } => {
                let units = set(units);
                Template::Units { column: to(column), units }
            }
            Self::Consistent { column } => Template::Consistent { column: to(column) },
            Self::Keys { column, keys } => {
                let keys = set(keys);
                Template::Keys { column: to(column), keys }
            }
            Self::Type { column, sort } => Template::Type { column: to(column), sort: *sort },
            Self::Range { column, low, high, dimension } => Template::Range {
                column: to(column),
                low: *low,
                high: *high,
                dimension: *dimension,
            },
            Self::Required { column } => Template::Required { column: to(column) },
            Self::Implies { given, then } => {
                Template::Implies { given: given.map(&mut to), then: then.map(&mut to) }
            }
            Self::Excludes { one, other } => Template::Excludes { one: to(one), other: to(other) },
            Self::Equal { column, to: other } => {
                Template::Equal { column: to(column), to: to(other) }
            }
            Self::Refers { column, context, to: other, scope } => {
                let (column, context, other) = (to(column), to(context), to(other));
                Template::Refers { column, context, to: other, scope: *scope }
            }
            Self::Unique { column } => Template::Unique { column: to(column) },
            Self::Before { column, first, then } => {
                Template::Before { column: to(column), first: to(first), then: to(then) }
            }
            Self::AtMost { lesser, greater } => {
                Template::AtMost { lesser: to(lesser), greater: to(greater) }
            }
            Self::Affix { column, of, part } => {
                Template::Affix { column: to(column), of: to(of), part: *part }
            }
            Self::Count { column, low, high } => {
                Template::Count { column: to(column), low: *low, high: *high }
            }
        }
    }
}

impl<T> Atom<T> {
    fn map<U>(&self, to: &mut impl FnMut(&T) -> U) -> Atom<U> {
        match self {
            Self::Present(column) => Atom::Present(to(column)),
            Self::Is(column, value) => Atom::Is(to(column), to(value)),
        }
    }

    /// The column and the value, if there is one.
    pub(crate) const fn parts(&self) -> (&T, Option<&T>) {
        match self {
            Self::Present(column) => (column, None),
            Self::Is(column, value) => (column, Some(value)),
        }
    }
}

impl Template<String> {
    /// The name of the template and its operands, without what was collected from values.
    pub fn slot(&self) -> (&'static str, Vec<&str>) {
        let operands: Vec<&str> = match self {
            Self::Type { column, .. }
            | Self::Values { column, .. }
            | Self::Spelling { column, .. }
            | Self::Range { column, .. }
            | Self::Shape { column, .. }
            | Self::Consistent { column }
            | Self::Units { column, .. }
            | Self::Required { column }
            | Self::Keys { column, .. }
            | Self::Unique { column }
            | Self::Count { column, .. } => vec![column],
            Self::Implies { given, then } => {
                let (a, is) = given.parts();
                let (b, then_is) = then.parts();
                vec![a, is.map_or("\0", String::as_str), b, then_is.map_or("\0", String::as_str)]
            }
            Self::Excludes { one, other } => vec![one, other],
            Self::Equal { column, to } => vec![column, to],
            Self::Refers { column, context, to, scope: Scope::Object } => {
                vec![column, context, to, "object"]
            }
            Self::Refers { column, context, to, scope: Scope::File } => {
                vec![column, context, to, "file"]
            }
            Self::Refers { column, context, to, scope: Scope::Source } => {
                vec![column, context, to, "source"]
            }
            Self::Before { column, first, then } => vec![column, first, then],
            Self::AtMost { lesser, greater } => vec![lesser, greater],
            Self::Affix { column, of, .. } => vec![column, of],
        };
        (self.name(), operands)
    }

    /// The column that a finding points at.
    pub fn column(&self) -> &str {
        match self {
            Self::Implies { then, .. } => then.parts().0,
            Self::Excludes { other, .. } => other,
            Self::AtMost { lesser, .. } => lesser,
            _ => self.slot().1.first().copied().unwrap_or_default(),
        }
    }

    /// The same template with its texts as numbers of a lexicon. Columns are stored as such.
    pub(crate) fn interned(&self, lexicon: &mut Lexicon) -> Template<Sym> {
        for column in self.slot().1 {
            lexicon.column(column);
        }
        if let Self::Keys { keys, .. } = self {
            for key in keys {
                lexicon.column(key);
            }
        }
        self.map(|text| lexicon.intern(text))
    }

    /// The rule in words, as a sentence fragment.
    pub fn in_words(&self) -> String {
        let list = |texts: &BTreeSet<String>| {
            let shown: Vec<_> = texts.iter().take(8).map(|text| format!("`{text}`")).collect();
            let more = if texts.len() > 8 {
                format!(" and {} more", texts.len() - 8)
            } else {
                String::new()
            };
            format!("{}{more}", shown.join(", "))
        };
        let atom = |atom: &Atom<String>| match atom.parts() {
            (column, None) => format!("`{column}` is set"),
            (column, Some(value)) => format!("`{column}` is `{value}`"),
        };
        match self {
            Self::Type { column, sort } => format!("`{column}` is {}", sort.in_words()),
            Self::Values { column, values } => format!("`{column}` is one of {}", list(values)),
            Self::Spelling { column, .. } => format!("`{column}` is not a misspelt common value"),
            Self::Range { column, low, high, .. } => {
                format!("`{column}` lies between {low} and {high}")
            }
            Self::Shape { column, shapes } => format!("`{column}` has the shape {}", list(shapes)),
            Self::Consistent { .. } => "no text is a misspelt one of the same object".to_owned(),
            Self::Units { column, units } => {
                format!("the unit of `{column}` is one of {}", list(units))
            }
            Self::Required { column } => format!("`{column}` is set"),
            Self::Keys { column, .. } if column.is_empty() => {
                "no key is a misspelt common one".to_owned()
            }
            Self::Keys { column, .. } => format!("no key of `{column}` is a misspelt common one"),
            Self::Implies { given, then } => format!("where {}, {}", atom(given), atom(then)),
            Self::Excludes { one, other } => format!("`{one}` and `{other}` are not both set"),
            Self::Equal { column, to } => format!("`{column}` agrees with `{to}`"),
            Self::Refers { column, context, to, scope } => {
                let place = match scope {
                    Scope::Object => "of the same object",
                    Scope::File => "beside it, where its file has one",
                    Scope::Source => "beside it",
                };
                format!("`{column}` names a `{to}` of `{context}` {place}")
            }
            Self::Unique { column } => format!("`{column}` differs between the items of a list"),
            Self::Before { column, first, then } => {
                format!("in `{column}`, `{first}` stands before `{then}`")
            }
            Self::AtMost { lesser, greater } => format!("`{lesser}` is at most `{greater}`"),
            Self::Affix { column, of, .. } => format!("`{column}` is a part of `{of}`"),
            Self::Count { column, low, high: u32::MAX } => {
                format!("`{column}` has at least {low} items")
            }
            Self::Count { column, low, high } if low == high => {
                format!("`{column}` has {low} items")
            }
            Self::Count { column, low, high } => format!("`{column}` has {low} to {high} items"),
        }
    }
}
