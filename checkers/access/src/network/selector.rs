//! Label selectors over labels of which not everything may be known.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use seatrial_manifests as manifests;
use seatrial_parse::Node;

/// A name, key or value; shared, as there are few different ones.
pub type Name = Arc<str>;

/// Whether something holds, where that need not be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Truth {
    /// It does not.
    No,
    /// That is not known.
    Maybe,
    /// It does.
    Yes,
}

impl Truth {
    /// Whether both hold.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        self.min(other)
    }

    /// Whether one of the two holds.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        self.max(other)
    }

    /// Whether it is not known to hold, if it may hold at all.
    #[must_use]
    pub fn at_most_maybe(self) -> Self {
        self.min(Self::Maybe)
    }
}

impl From<bool> for Truth {
    fn from(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }
}

/// What is known of the value that an object has of a label.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Label {
    /// It is this.
    Is(Name),
    /// It is this with `-` and an ordinal, another one on each pod.
    OrdinalOf(Name),
    /// It has one, but which is not known.
    Unknown,
}

/// The labels of an object.
#[derive(Debug, Clone, PartialEq, Eq, Default, PartialOrd, Ord, Hash)]
pub struct Labels {
    /// Those that are known.
    pub known: BTreeMap<Name, Label>,
    /// Whether there may be others.
    pub may_have_others: bool,
}

impl Labels {
    /// Labels with known values, and no others.
    pub fn of<K: Into<Name>, V: Into<Name>>(labels: impl IntoIterator<Item = (K, V)>) -> Self {
        let known = labels.into_iter().map(|(key, value)| (key.into(), Label::Is(value.into())));
        Self { known: known.collect(), may_have_others: false }
    }
}

/// What is required of the value of a label.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operator {
    /// The label is there, with one of these values (sorted).
    In(Vec<Name>),
    /// The label is not there, or has none of these values (sorted).
    NotIn(Vec<Name>),
    /// The label is there.
    Exists,
    /// The label is not there.
    DoesNotExist,
}

/// A requirement on one label.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Requirement {
    /// The label's key.
    pub key: Name,
    /// What is required of its value.
    pub operator: Operator,
}

/// Requirements on labels, all of which must hold; without any, everything is selected.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct LabelSelector {
    /// The requirements, sorted.
    pub requirements: Vec<Requirement>,
    /// Whether the manifest's selector cannot be read, so that it is not known what it selects.
    pub unreadable: bool,
}

impl LabelSelector {
    /// The selector of everything.
    pub const fn everything() -> Self {
        Self { requirements: Vec::new(), unreadable: false }
    }

    /// The selector of what has one label with one value.
    pub fn equal(key: impl Into<Name>, value: impl Into<Name>) -> Self {
        let operator = Operator::In(vec![value.into()]);
        Self { requirements: vec![Requirement { key: key.into(), operator }], unreadable: false }
    }

    /// Reads a `LabelSelector`; what cannot be read selects nobody knows what.
    pub(crate) fn read(node: &Node) -> Self {
        match manifests::Selector::from_label_selector(Some(node)) {
            Some(selector) if !selector.is_nothing() => Self::of_read(&selector),
            _ => Self { requirements: Vec::new(), unreadable: true },
        }
    }

    fn of_read(selector: &manifests::Selector<'_>) -> Self {
        let mut requirements: Vec<_> =
            selector.requirements().iter().map(Requirement::of).collect();
        requirements.sort_unstable();
        requirements.dedup();
        Self { requirements, unreadable: false }
    }

    /// The selector of a Service, a map of labels; `None` where it selects nothing by itself.
    pub(crate) fn of_service(node: Option<&Node>) -> Option<Self> {
        let selector = manifests::Selector::from_map(node)?;
        (!selector.is_nothing()).then(|| Self::of_read(&selector))
    }

    /// Whether it selects an object with these labels.
    pub fn selects(&self, labels: &Labels) -> Truth {
        if self.unreadable {
            return Truth::Maybe;
        }
        let truths = self.requirements.iter().map(|requirement| requirement.holds(labels));
        truths.fold(Truth::Yes, Truth::and)
    }

    /// Whether no object whatever can be selected, as two requirements contradict each other.
    pub fn is_contradictory(&self) -> bool {
        self.requirements.iter().enumerate().any(|(at, one)| {
            let others = self.requirements.iter().skip(at + 1);
            others.filter(|other| other.key == one.key).any(|other| one.excludes(other))
        }) || self.contradicted_key().is_some()
    }

    /// A key of which several `In` and `NotIn` leave no value.
    fn contradicted_key(&self) -> Option<&Name> {
        self.requirements.iter().find_map(|one| {
            let Operator::In(values) = &one.operator else { return None };
            let same = || self.requirements.iter().filter(|other| other.key == one.key);
            let admitted = |value: &Name| {
                let labels = Labels::of([(Arc::clone(&one.key), Arc::clone(value))]);
                same().all(|other| other.holds(&labels) == Truth::Yes)
            };
            (!values.iter().any(admitted)).then_some(&one.key)
        })
    }
}

impl Requirement {
    fn of(requirement: &manifests::Requirement<'_>) -> Self {
        let names = |values: &[&str]| {
            let mut names: Vec<Name> = values.iter().map(|&value| value.into()).collect();
            names.sort_unstable();
            names.dedup();
            names
        };
        let operator = match &requirement.operator {
            manifests::Operator::In(values) => Operator::In(names(values)),
            manifests::Operator::NotIn(values) => Operator::NotIn(names(values)),
            manifests::Operator::Exists => Operator::Exists,
            manifests::Operator::DoesNotExist => Operator::DoesNotExist,
        };
        Self { key: requirement.key.into(), operator }
    }

    /// Whether an object with these labels fulfils it.
    pub fn holds(&self, labels: &Labels) -> Truth {
        let Some(label) = labels.known.get(&self.key) else {
            let absent = matches!(self.operator, Operator::NotIn(_) | Operator::DoesNotExist);
            return if labels.may_have_others { Truth::Maybe } else { absent.into() };
        };
        match &self.operator {
            Operator::In(values) => label.is_in(values),
            Operator::NotIn(values) => match label.is_in(values) {
                Truth::Yes => Truth::No,
                Truth::Maybe => Truth::Maybe,
                Truth::No => Truth::Yes,
            },
            Operator::Exists => Truth::Yes,
            Operator::DoesNotExist => Truth::No,
        }
    }

    /// Whether the two, on the same key, can never hold together: one asks for the label, the
    /// other for its absence.
    fn excludes(&self, other: &Self) -> bool {
        use Operator::{DoesNotExist, Exists, In};
        matches!(
            (&self.operator, &other.operator),
            (DoesNotExist, Exists | In(_)) | (Exists | In(_), DoesNotExist)
        )
    }
}

impl Label {
    /// Whether its value is one of these.
    fn is_in(&self, values: &[Name]) -> Truth {
        match self {
            Self::Is(value) => values.binary_search(value).is_ok().into(),
            Self::OrdinalOf(name) => {
                let is_ordinal =
                    |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
                let may_be = |value: &Name| {
                    let rest = value.strip_prefix(&**name).and_then(|rest| rest.strip_prefix('-'));
                    rest.is_some_and(is_ordinal)
                };
                Truth::from(values.iter().any(may_be)).at_most_maybe()
            }
            Self::Unknown => Truth::Maybe,
        }
    }
}

impl fmt::Display for Requirement {
    /// Writes it as `kubectl` takes it: `app=web`, `app in (a,b)`, `app notin (a)`, `app`, `!app`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = &self.key;
        match &self.operator {
            Operator::In(values) => match values.as_slice() {
                [value] => write!(f, "{key}={value}"),
                values => write!(f, "{key} in ({})", values.join(",")),
            },
            Operator::NotIn(values) => write!(f, "{key} notin ({})", values.join(",")),
            Operator::Exists => write!(f, "{key}"),
            Operator::DoesNotExist => write!(f, "!{key}"),
        }
    }
}

impl fmt::Display for LabelSelector {
    /// Writes the requirements as `kubectl` takes them; `everything` and `unreadable` for the rest.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.unreadable {
            return f.write_str("unreadable");
        }
        if self.requirements.is_empty() {
            return f.write_str("everything");
        }
        let shown: Vec<_> = self.requirements.iter().map(ToString::to_string).collect();
        f.write_str(&shown.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn requirement(key: &str, operator: Operator) -> Requirement {
        Requirement { key: key.into(), operator }
    }

    fn values(values: &[&str]) -> Vec<Name> {
        values.iter().map(|&value| value.into()).collect()
    }

    #[test]
    fn what_is_not_known_of_labels_is_not_known_of_selectors() {
        use Operator::{DoesNotExist, Exists, In, NotIn};
        let mut labels = Labels::of([("app", "web")]);
        labels.known.insert("pod".into(), Label::OrdinalOf("db".into()));
        labels.known.insert("hash".into(), Label::Unknown);
        for (key, operator, known, open) in [
            ("app", In(values(&["db", "web"])), Truth::Yes, Truth::Yes),
            ("app", NotIn(values(&["web"])), Truth::No, Truth::No),
            ("app", DoesNotExist, Truth::No, Truth::No),
            ("tier", In(values(&["a"])), Truth::No, Truth::Maybe),
            ("tier", NotIn(values(&["a"])), Truth::Yes, Truth::Maybe),
            ("tier", DoesNotExist, Truth::Yes, Truth::Maybe),
            ("pod", In(values(&["db-0"])), Truth::Maybe, Truth::Maybe),
            ("pod", In(values(&["db-x"])), Truth::No, Truth::No),
            ("pod", NotIn(values(&["db"])), Truth::Yes, Truth::Yes),
            ("hash", In(values(&["x"])), Truth::Maybe, Truth::Maybe),
            ("hash", Exists, Truth::Yes, Truth::Yes),
        ] {
            let requirement = requirement(key, operator);
            labels.may_have_others = false;
            assert_eq!(requirement.holds(&labels), known, "{requirement}");
            labels.may_have_others = true;
            assert_eq!(requirement.holds(&labels), open, "{requirement}, others possible");
        }
    }

    #[test]
    fn contradictions_are_seen_and_nothing_else_is() {
        use Operator::{DoesNotExist, Exists, In, NotIn};
        for (operators, contradictory) in [
            (vec![In(values(&["a"])), In(values(&["b"]))], true),
            (vec![In(values(&["a", "b"])), In(values(&["b", "c"]))], false),
            (vec![In(values(&["a"])), NotIn(values(&["a", "b"]))], true),
            (vec![In(values(&["a", "c"])), NotIn(values(&["a"]))], false),
            (vec![Exists, DoesNotExist], true),
            (vec![DoesNotExist, In(values(&["a"]))], true),
            (vec![DoesNotExist, NotIn(values(&["a"]))], false),
            (vec![NotIn(values(&["a"])), Exists], false),
            (vec![In(values(&["a", "b"])), In(values(&["b", "c"])), NotIn(values(&["b"]))], true),
            (vec![], false),
        ] {
            let requirements = operators.into_iter().map(|it| requirement("k", it)).collect();
            let selector = LabelSelector { requirements, unreadable: false };
            assert_eq!(selector.is_contradictory(), contradictory, "{selector}");
        }
    }
}
