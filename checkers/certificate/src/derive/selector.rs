//! Selectors of labels and of nodes, taints and tolerations.

use super::objects::{
    Effect, LabelSelector, Labels, Node, NodeSelector, NodeTerm, Operator, Requirement, Taint,
    Toleration, TolerationOperator, TopologyTerm,
};

/// Requirements that labels have to meet all.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Selector(Vec<Test>);

/// A requirement on the label `key`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Test {
    key: String,
    condition: Condition,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Condition {
    In(Vec<String>),
    NotIn(Vec<String>),
    Exists,
    Absent,
    Above(i64),
    Below(i64),
}

impl Selector {
    /// The selector of a label selector, which knows no `Gt` and no `Lt`.
    pub(super) fn of_labels(selector: &LabelSelector) -> Result<Self, String> {
        let mut result = Self::equal(&selector.match_labels);
        for requirement in selector.match_expressions.iter() {
            if matches!(requirement.operator, Operator::Gt | Operator::Lt) {
                return Err(format!(
                    "a label selector has no operator `{:?}`",
                    requirement.operator
                ));
            }
            result.0.push(Test::new(requirement)?);
        }
        Ok(result)
    }

    /// The labels are as given.
    fn equal(labels: &Labels) -> Self {
        Self(labels.iter().map(|(key, value)| Test::is(key, value)).collect())
    }

    /// Adds `key in (value)`, or `key notin (value)`.
    pub(super) fn require(&mut self, key: &str, value: &str, equal: bool) {
        let values = vec![value.to_owned()];
        let condition = if equal { Condition::In(values) } else { Condition::NotIn(values) };
        self.0.push(Test { key: key.to_owned(), condition });
    }

    /// Whether it asks for nothing, so that everything meets it.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The keys that the answer depends on.
    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|test| test.key.as_str())
    }

    /// Whether labels meet all requirements.
    pub(super) fn matches(&self, labels: &Labels) -> bool {
        self.0.iter().all(|test| test.holds(labels.get(&test.key).map(String::as_str)))
    }
}

impl Test {
    fn is(key: &str, value: &str) -> Self {
        Self { key: key.to_owned(), condition: Condition::In(vec![value.to_owned()]) }
    }

    /// Reads a requirement (`apimachinery/pkg/labels/selector.go`, `NewRequirement`).
    fn new(requirement: &Requirement) -> Result<Self, String> {
        let Requirement { key, operator, values } = requirement;
        let wrong = || format!("`{operator:?}` on `{key}` cannot have {} values", values.len());
        let number = || match values.as_slice() {
            [value] => value.parse().map_err(|_| format!("`{value}` is no whole number")),
            _ => Err(wrong()),
        };
        let condition = match operator {
            Operator::In if !values.is_empty() => Condition::In(values.to_vec()),
            Operator::NotIn if !values.is_empty() => Condition::NotIn(values.to_vec()),
            Operator::Exists if values.is_empty() => Condition::Exists,
            Operator::DoesNotExist if values.is_empty() => Condition::Absent,
            Operator::Gt => Condition::Above(number()?),
            Operator::Lt => Condition::Below(number()?),
            _ => return Err(wrong()),
        };
        Ok(Self { key: key.clone(), condition })
    }

    /// Whether it holds of the value of the label (`Requirement.Matches`).
    fn holds(&self, value: Option<&str>) -> bool {
        let among =
            |values: &[String]| value.is_some_and(|value| values.iter().any(|v| v == value));
        let number = || value.and_then(|value| value.parse::<i64>().ok());
        match &self.condition {
            Condition::In(values) => among(values),
            Condition::NotIn(values) => !among(values),
            Condition::Exists => value.is_some(),
            Condition::Absent => value.is_none(),
            Condition::Above(least) => number().is_some_and(|number| number > *least),
            Condition::Below(most) => number().is_some_and(|number| number < *most),
        }
    }
}

/// What a node selector or node affinity asks for: all of one of the terms
/// (`component-helpers/scheduling/corev1/nodeaffinity/nodeaffinity.go`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct NodeFilter(Vec<(Selector, Selector)>);

impl NodeFilter {
    /// Reads the terms. An empty one matches nothing, and so does no term.
    pub(super) fn of_terms(selector: &NodeSelector) -> Result<Self, String> {
        let terms = selector.node_selector_terms.iter();
        let empty = |t: &NodeTerm| t.match_expressions.is_empty() && t.match_fields.is_empty();
        terms.filter(|term| !empty(term)).map(Self::term).collect::<Result<_, _>>().map(Self)
    }

    fn term(term: &NodeTerm) -> Result<(Selector, Selector), String> {
        let labels = term.match_expressions.iter().map(Test::new).collect::<Result<_, _>>()?;
        let fields = term.match_fields.iter().map(|requirement| {
            let known = matches!(requirement.operator, Operator::In | Operator::NotIn);
            if requirement.key == "metadata.name" && known && requirement.values.len() == 1 {
                Test::new(requirement)
            } else {
                Err("`matchFields` can only compare `metadata.name` with one value".to_owned())
            }
        });
        Ok((Selector(labels), Selector(fields.collect::<Result<_, _>>()?)))
    }

    /// The terms of a storage class's `allowedTopologies`, of which there are some.
    pub(super) fn of_topologies(terms: &[TopologyTerm]) -> Self {
        let filled = terms.iter().filter(|term| !term.match_label_expressions.is_empty());
        let term = |term: &TopologyTerm| {
            let tests = term.match_label_expressions.iter().map(|expression| Test {
                key: expression.key.clone(),
                condition: Condition::In(expression.values.to_vec()),
            });
            (Selector(tests.collect()), Selector::default())
        };
        Self(filled.map(term).collect())
    }

    /// Whether a node is what is asked for.
    pub(super) fn admits(&self, node: &Node) -> bool {
        self.0.iter().any(|(labels, names)| {
            labels.matches(&node.metadata.labels)
                && names.0.iter().all(|test| test.holds(Some(&node.metadata.name)))
        })
    }
}

/// Whether labels are as a node selector says.
pub(super) fn has_labels(node: &Node, wanted: &Labels) -> bool {
    wanted.iter().all(|(key, value)| node.metadata.labels.get(key) == Some(value))
}

/// Whether all taints that keep pods away are tolerated.
pub(super) fn tolerates_taints(tolerations: &[Toleration], node: &Node) -> bool {
    let taints = node.spec.taints.iter().filter(|taint| taint.effect != Effect::PreferNoSchedule);
    let mut repelling = taints.filter(|taint| !tolerates(tolerations, taint));
    repelling.next().is_none()
}

/// Whether a node takes new pods, or the pod tolerates that it does not
/// (`plugins/nodeunschedulable/node_unschedulable.go`).
pub(super) fn tolerates_cordon(tolerations: &[Toleration], node: &Node) -> bool {
    let cordon = Taint {
        key: "node.kubernetes.io/unschedulable".to_owned(),
        value: super::objects::Maybe::default(),
        effect: Effect::NoSchedule,
    };
    !*node.spec.unschedulable || tolerates(tolerations, &cordon)
}

/// Whether some toleration is for a taint (`api/core/v1/toleration.go`, `ToleratesTaint`).
fn tolerates(tolerations: &[Toleration], taint: &Taint) -> bool {
    tolerations.iter().any(|toleration| {
        toleration.effect.is_none_or(|effect| effect == taint.effect)
            && (toleration.key.is_empty() || *toleration.key == taint.key)
            && match *toleration.operator {
                TolerationOperator::Exists => true,
                TolerationOperator::Equal => *toleration.value == *taint.value,
            }
    })
}
