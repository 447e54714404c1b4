//! Label selectors.

use seatrial_core::Span;
use seatrial_parse::Node;

use super::matching::Matching;
use super::read::Reader;

/// A label selector: all its requirements must hold; none at all select everything.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct LabelSelector {
    requirements: Vec<Requirement>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Requirement {
    key: Box<str>,
    operator: Operator,
    values: Vec<Box<str>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    In,
    NotIn,
    Exists,
    DoesNotExist,
}

/// What is known of a label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Label<'a> {
    /// Its value, or that it is not set.
    Known(Option<&'a str>),
    Unknown,
}

impl LabelSelector {
    pub(super) fn read(reader: &mut Reader, node: &Node) -> Self {
        reader.fields(node, &["matchLabels", "matchExpressions"]);
        let mut requirements = Vec::new();
        for entry in node.get("matchLabels").map_or(&[][..], Node::entries) {
            let value = entry.value.as_str().unwrap_or_else(|| {
                reader.problem(entry.value.span, "the value of a label must be a string");
                ""
            });
            let (key, values) = (entry.key.text.clone(), vec![value.into()]);
            requirements.push(Requirement { key, operator: Operator::In, values });
        }
        for item in reader.items(node, "matchExpressions") {
            requirements.extend(Requirement::read(reader, item));
        }
        Self { requirements }
    }

    /// Whether it selects everything.
    pub fn is_empty(&self) -> bool {
        self.requirements.is_empty()
    }

    /// Whether it selects an object with these labels.
    pub fn matches(&self, labels: Option<&Node>) -> bool {
        let label = |key: &str| Label::Known(labels.and_then(|labels| labels.get(key)?.as_str()));
        self.decide(label, "") == Matching::Yes
    }

    /// Whether it selects something of whose labels not all may be known.
    pub(super) fn decide<'l>(&self, label: impl Fn(&str) -> Label<'l>, unknown: &str) -> Matching {
        let mut matching = Matching::Yes;
        for requirement in &self.requirements {
            match label(&requirement.key) {
                Label::Known(value) if requirement.holds(value) => {}
                Label::Known(_) => return Matching::No,
                Label::Unknown => matching = Matching::Undecided(unknown.to_owned()),
            }
        }
        matching
    }
}

impl Requirement {
    fn read(reader: &mut Reader, node: &Node) -> Option<Self> {
        reader.fields(node, &["key", "operator", "values"]);
        let (key, _) = reader.required(node, "key")?;
        let words = [
            ("In", Operator::In),
            ("NotIn", Operator::NotIn),
            ("Exists", Operator::Exists),
            ("DoesNotExist", Operator::DoesNotExist),
        ];
        if node.get("operator").is_none() {
            reader.problem(node.span, "missing `operator`");
        }
        let operator = reader.one_of(node, "operator", &words)?;
        let values = reader.texts(node, "values");
        let wants_values = matches!(operator, Operator::In | Operator::NotIn);
        if wants_values == values.is_empty() {
            let span: Span = node.get("values").unwrap_or(node).span;
            let must = if wants_values { "needs" } else { "takes no" };
            reader.problem(span, format!("this operator {must} `values`"));
        }
        Some(Self { key: key.into(), operator, values })
    }

    fn holds(&self, value: Option<&str>) -> bool {
        let listed = || value.is_some_and(|value| self.values.iter().any(|one| **one == *value));
        match self.operator {
            Operator::In => listed(),
            Operator::NotIn => !listed(),
            Operator::Exists => value.is_some(),
            Operator::DoesNotExist => value.is_none(),
        }
    }
}
