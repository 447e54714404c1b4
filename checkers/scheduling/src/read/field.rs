//! Fields of an object, with their places.

use seatrial_core::Location;
use seatrial_manifests::Object;
use seatrial_parse::{Key, Node, Value};

use super::quantity::Quantity;
use crate::{LabelSelector, Labels, Operator, Requirement};

/// Why a cluster cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[error("{message}")]
pub struct ReadError {
    /// Where.
    pub location: Option<Location>,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl ReadError {
    /// An error at a place.
    pub(crate) fn new(location: Location, message: impl Into<String>) -> Self {
        Self { location: Some(location), message: message.into(), help: None }
    }

    /// The same with advice.
    #[must_use]
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// A result of reading.
pub(crate) type Read<T> = Result<T, ReadError>;

/// A node of an object's tree. What is `null` counts as absent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field<'a> {
    object: &'a Object,
    node: &'a Node,
}

impl<'a> Field<'a> {
    /// The whole object.
    pub(crate) fn of(object: &'a Object) -> Self {
        Self { object, node: &object.node }
    }

    /// A node of an object.
    pub(crate) fn within(object: &'a Object, node: &'a Node) -> Self {
        Self { object, node }
    }

    /// A field of this one.
    pub(crate) fn get(self, key: &str) -> Option<Self> {
        let node = self.node.get(key).filter(|node| !node.is_null())?;
        Some(Self { node, ..self })
    }

    /// A field below this one.
    pub(crate) fn at(self, path: &[&str]) -> Option<Self> {
        path.iter().try_fold(self, |field, key| field.get(key))
    }

    /// Where it stands.
    pub(crate) fn location(self) -> Location {
        self.object.location(self.node.span)
    }

    /// What is wrong with it.
    pub(crate) fn error(self, message: impl Into<String>) -> ReadError {
        ReadError::new(self.location(), message)
    }

    fn no(self, wanted: &str) -> ReadError {
        self.error(format!("expected {wanted}, found {}", self.node.type_name()))
    }

    /// It as a text.
    pub(crate) fn text(self) -> Read<&'a str> {
        self.node.as_str().ok_or_else(|| self.no("a string"))
    }

    /// It as a truth value.
    pub(crate) fn truth(self) -> Read<bool> {
        self.node.as_bool().ok_or_else(|| self.no("a boolean"))
    }

    /// It as an integer of a type.
    pub(crate) fn integer<T: TryFrom<i64>>(self) -> Read<T> {
        let number = self.node.as_i64().ok_or_else(|| self.no("an integer"))?;
        T::try_from(number).map_err(|_| self.error(format!("`{number}` is out of range")))
    }

    /// Its items.
    pub(crate) fn items(self) -> Read<impl Iterator<Item = Self>> {
        match &self.node.value {
            Value::Sequence(items) => Ok(items.iter().map(move |node| Self { node, ..self })),
            _ => Err(self.no("an array")),
        }
    }

    /// Its entries.
    pub(crate) fn entries(self) -> Read<impl Iterator<Item = (&'a str, Self)>> {
        match &self.node.value {
            Value::Mapping(map) => Ok(map
                .entries
                .iter()
                .map(move |entry| (&*entry.key.text, Self { node: &entry.value, ..self }))),
            _ => Err(self.no("an object")),
        }
    }

    /// Refuses a field of it that is not known: it could restrict where pods may run.
    pub(super) fn knows_only(self, known: &[&str]) -> Read<()> {
        let Value::Mapping(map) = &self.node.value else { return Err(self.no("an object")) };
        let unknown = |key: &&Key| !known.contains(&&*key.text);
        let Some(key) = map.entries.iter().map(|entry| &entry.key).find(unknown) else {
            return Ok(());
        };
        let help = match seatrial_core::nearest(&key.text, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "leave it out, if it does not say where pods may run".to_owned(),
        };
        let error =
            ReadError::new(self.object.location(key.span), format!("unknown field `{}`", key.text));
        Err(error.help(help))
    }

    /// The text of a field of it, if there is one.
    pub(crate) fn text_at(self, key: &str) -> Read<Option<&'a str>> {
        self.get(key).map(Self::text).transpose()
    }

    /// The text of a field that has to be there.
    pub(crate) fn required_text(self, key: &str) -> Read<&'a str> {
        self.text_at(key)?.ok_or_else(|| self.error(format!("`{key}` is missing")))
    }

    /// Whether a field of it is there and true.
    pub(crate) fn is_true(self, key: &str) -> Read<bool> {
        self.get(key).map_or(Ok(false), Self::truth)
    }

    /// The items of a field of it; none if it is not there.
    pub(crate) fn list(self, key: &str) -> Read<Vec<Self>> {
        self.get(key).map_or(Ok(Vec::new()), |field| Ok(field.items()?.collect()))
    }

    /// The texts of a field of it; none if it is not there.
    pub(crate) fn texts(self, key: &str) -> Read<Vec<String>> {
        self.list(key)?.into_iter().map(|item| Ok(item.text()?.to_owned())).collect()
    }

    /// A field of it as labels; none if it is not there.
    pub(crate) fn labels(self, key: &str) -> Read<Labels> {
        let Some(field) = self.get(key) else { return Ok(Labels::new()) };
        let entry = |(key, value): (&str, Self)| Ok((key.to_owned(), value.text()?.to_owned()));
        field.entries()?.map(entry).collect()
    }

    /// It as an amount.
    pub(super) fn quantity(self) -> Read<Quantity> {
        let text = match &self.node.value {
            Value::String(text) => text.to_string(),
            Value::Number(_) => self.node.to_string(),
            _ => return Err(self.no("a quantity")),
        };
        Quantity::parse(&text)
            .map_err(|bad| ReadError { help: bad.help(), ..self.error(bad.to_string()) })
    }

    /// It as a `LabelSelector`.
    pub(crate) fn label_selector(self) -> Read<LabelSelector> {
        self.knows_only(&["matchExpressions", "matchLabels"])?;
        let labels = self.labels("matchLabels")?;
        let mut all: Vec<Requirement> =
            labels.into_iter().map(|(key, value)| Requirement::equals(key, value)).collect();
        for expression in self.list("matchExpressions")? {
            all.push(expression.requirement(false)?);
        }
        Ok(LabelSelector::all_of(all))
    }

    /// It as a requirement on labels, `numbers` with the operators for nodes.
    pub(crate) fn requirement(self, numbers: bool) -> Read<Requirement> {
        self.knows_only(&["key", "operator", "values"])?;
        let key = self.required_text("key")?.to_owned();
        let mut values = self.texts("values")?;
        values.sort();
        values.dedup();
        let operator = match (self.required_text("operator")?, values.as_slice()) {
            ("In", [_, ..]) => Operator::In(values),
            ("NotIn", [_, ..]) => Operator::NotIn(values),
            ("Exists", []) => Operator::Exists,
            ("DoesNotExist", []) => Operator::DoesNotExist,
            (name @ ("Gt" | "Lt"), [value]) if numbers => {
                let bound = value.parse().map_err(|_| {
                    self.error(format!("`{value}` is no integer, which `{name}` compares with"))
                })?;
                if name == "Gt" { Operator::Gt(bound) } else { Operator::Lt(bound) }
            }
            (name @ ("In" | "NotIn" | "Exists" | "DoesNotExist"), _) => {
                let wrong = format!("`{name}` does not go with {} values", values.len());
                return Err(self.error(wrong));
            }
            (other, _) => return Err(self.error(format!("unknown operator `{other}`"))),
        };
        Ok(Requirement { key, operator })
    }
}
