//! Requirements on labels: of pods, of namespaces, of nodes.

use std::collections::BTreeMap;

/// Labels of an object.
pub type Labels = BTreeMap<String, String>;

/// A requirement on the value of one label (or, of a node, one field).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Requirement {
    /// The key.
    pub key: String,
    /// What is required of the value.
    pub operator: Operator,
}

/// What is required of a value (`labels.Requirement.Matches` in `apimachinery/pkg/labels`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operator {
    /// It is there, and one of these.
    In(Vec<String>),
    /// It is not there, or none of these.
    NotIn(Vec<String>),
    /// It is there.
    Exists,
    /// It is not there.
    DoesNotExist,
    /// It is there, an integer, and greater (nodes only).
    Gt(i64),
    /// It is there, an integer, and less (nodes only).
    Lt(i64),
}

impl Requirement {
    /// The requirement that a key has this value.
    pub fn equals(key: impl Into<String>, value: impl Into<String>) -> Self {
        Self { key: key.into(), operator: Operator::In(vec![value.into()]) }
    }

    /// Whether it holds of a value; `None` where the key is not there.
    pub fn holds(&self, value: Option<&str>) -> bool {
        let integer = || value.and_then(|value| value.parse::<i64>().ok());
        match &self.operator {
            Operator::In(values) => value.is_some_and(|value| values.iter().any(|v| v == value)),
            Operator::NotIn(values) => {
                !value.is_some_and(|value| values.iter().any(|v| v == value))
            }
            Operator::Exists => value.is_some(),
            Operator::DoesNotExist => value.is_none(),
            Operator::Gt(bound) => integer().is_some_and(|number| number > *bound),
            Operator::Lt(bound) => integer().is_some_and(|number| number < *bound),
        }
    }
}

/// Whether labels meet all requirements.
fn all_hold(requirements: &[Requirement], labels: &Labels) -> bool {
    requirements.iter().all(|one| one.holds(labels.get(&one.key).map(String::as_str)))
}

/// A label selector. The default selects nothing, as an absent one does.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LabelSelector(Option<Vec<Requirement>>);

impl LabelSelector {
    /// The selector that selects what meets all of these; with none of them, everything. Their
    /// order does not matter.
    pub fn all_of(mut requirements: Vec<Requirement>) -> Self {
        requirements.sort();
        requirements.dedup();
        Self(Some(requirements))
    }

    /// The selector of a map of labels.
    pub fn of_labels(labels: &Labels) -> Self {
        Self::all_of(labels.iter().map(|(key, value)| Requirement::equals(key, value)).collect())
    }

    /// Whether it selects what has these labels.
    pub fn matches(&self, labels: &Labels) -> bool {
        self.0.as_ref().is_some_and(|requirements| all_hold(requirements, labels))
    }

    /// Whether it selects everything, whatever there is.
    pub fn is_everything(&self) -> bool {
        self.0.as_ref().is_some_and(Vec::is_empty)
    }

    /// What selects only what both do.
    #[must_use]
    pub fn and_all(self, other: Self) -> Self {
        match (self.0, other.0) {
            (Some(mut own), Some(more)) => {
                own.extend(more);
                Self::all_of(own)
            }
            _ => Self(None),
        }
    }

    /// The same selector with one more requirement; what selects nothing still does.
    #[must_use]
    pub fn and(self, requirement: Requirement) -> Self {
        self.and_all(Self(Some(vec![requirement])))
    }
}

/// A selector of nodes: a node is selected if one of the terms selects it.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeSelector {
    /// The terms; with none of them, no node is selected.
    pub terms: Vec<NodeSelectorTerm>,
}

impl NodeSelector {
    /// Whether it selects a node of this name with these labels.
    pub fn matches(&self, name: &str, labels: &Labels) -> bool {
        self.terms.iter().any(|term| term.matches(name, labels))
    }
}

/// A term of a node selector: all of its requirements hold. Without any, it selects no node
/// (`isEmptyNodeSelectorTerm` in `component-helpers/scheduling/corev1/nodeaffinity`).
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeSelectorTerm {
    /// `matchExpressions`.
    pub labels: Vec<Requirement>,
    /// `matchFields`; the only field there is, is `metadata.name`.
    pub fields: Vec<Requirement>,
}

impl NodeSelectorTerm {
    /// Whether it selects a node of this name with these labels.
    pub fn matches(&self, name: &str, labels: &Labels) -> bool {
        let field = |one: &Requirement| one.holds((one.key == "metadata.name").then_some(name));
        !(self.labels.is_empty() && self.fields.is_empty())
            && all_hold(&self.labels, labels)
            && self.fields.iter().all(field)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(operator: Operator) -> Requirement {
        Requirement { key: "k".to_owned(), operator }
    }

    #[test]
    fn operators_hold_as_in_the_api_server() {
        let values = || vec!["a".to_owned(), "b".to_owned()];
        for (operator, value, expected) in [
            (Operator::In(values()), Some("a"), true),
            (Operator::In(values()), Some("c"), false),
            (Operator::In(values()), None, false),
            (Operator::NotIn(values()), Some("a"), false),
            (Operator::NotIn(values()), Some("c"), true),
            (Operator::NotIn(values()), None, true),
            (Operator::Exists, Some(""), true),
            (Operator::Exists, None, false),
            (Operator::DoesNotExist, None, true),
            (Operator::DoesNotExist, Some(""), false),
            (Operator::Gt(1), Some("2"), true),
            (Operator::Gt(2), Some("2"), false),
            (Operator::Gt(1), Some("two"), false),
            (Operator::Gt(1), None, false),
            (Operator::Lt(2), Some("1"), true),
            (Operator::Lt(1), Some("1"), false),
        ] {
            assert_eq!(one(operator.clone()).holds(value), expected, "{operator:?} {value:?}");
        }
    }

    #[test]
    fn an_absent_selector_selects_nothing_and_an_empty_one_everything() {
        let labels = Labels::from([("k".to_owned(), "v".to_owned())]);
        assert!(!LabelSelector::default().matches(&labels));
        assert!(!LabelSelector::default().and(one(Operator::Exists)).matches(&labels));
        assert!(LabelSelector::all_of(Vec::new()).matches(&labels));
        assert!(LabelSelector::of_labels(&labels).matches(&labels));
        assert!(!LabelSelector::of_labels(&labels).matches(&Labels::new()));
    }

    #[test]
    fn terms_are_alternatives_and_an_empty_term_is_none() {
        let labels = Labels::from([("k".to_owned(), "3".to_owned())]);
        let term = |labels, fields| NodeSelectorTerm { labels, fields };
        let name = |name: &str| Requirement::equals("metadata.name", name);
        for (terms, expected) in [
            (vec![], false),
            (vec![term(vec![], vec![])], false),
            (vec![term(vec![one(Operator::Gt(2))], vec![])], true),
            (vec![term(vec![one(Operator::Gt(2))], vec![name("other")])], false),
            (vec![term(vec![one(Operator::Gt(2))], vec![name("node")])], true),
            (vec![term(vec![], vec![name("other")]), term(vec![], vec![name("node")])], true),
        ] {
            let selector = NodeSelector { terms };
            assert_eq!(selector.matches("node", &labels), expected, "{selector:?}");
        }
    }
}
