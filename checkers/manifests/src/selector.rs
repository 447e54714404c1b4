//! Label selectors, as each kind of object understands its own.

use seatrial_parse::{Entry, Node};

use crate::{Object, PodLabel, PodTemplate};

/// A set of requirements on labels, all of which must hold.
///
/// Ordered, so that objects with the same selector can be brought together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Selector<'a> {
    requirements: Vec<Requirement<'a>>,
    nothing: bool,
}

/// A requirement on the value of one label.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Requirement<'a> {
    /// The label's key.
    pub key: &'a str,
    /// What is required of its value.
    pub operator: Operator<'a>,
}

/// What is required of the value of a label.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operator<'a> {
    /// The label is there, with one of these values.
    In(Vec<&'a str>),
    /// The label is not there, or has none of these values.
    NotIn(Vec<&'a str>),
    /// The label is there.
    Exists,
    /// The label is not there.
    DoesNotExist,
}

impl<'a> Selector<'a> {
    /// The selector that selects nothing.
    pub const fn nothing() -> Self {
        Self { requirements: Vec::new(), nothing: true }
    }

    /// The selector of a Service or a `ReplicationController`, a map of labels: absent or empty,
    /// it selects nothing. `None` where it is not readable.
    pub fn from_map(node: Option<&'a Node>) -> Option<Self> {
        let entries = node.map_or(&[][..], Node::entries);
        if entries.is_empty() {
            return node
                .is_none_or(|node| node.is_null() || node.as_mapping().is_some())
                .then(Self::nothing);
        }
        let requirements = entries.iter().map(equality).collect::<Option<_>>()?;
        Some(Self { requirements, nothing: false })
    }

    /// A `LabelSelector`, `matchLabels` and `matchExpressions`: absent, it selects nothing; empty,
    /// everything. `None` where it is not readable.
    pub fn from_label_selector(node: Option<&'a Node>) -> Option<Self> {
        let Some(node) = node.filter(|node| !node.is_null()) else { return Some(Self::nothing()) };
        node.as_mapping()?;
        let labels = node.get("matchLabels").map_or(&[][..], Node::entries);
        let expressions = node.get("matchExpressions").map_or(&[][..], Node::items);
        let requirements = labels.iter().map(equality).chain(expressions.iter().map(expression));
        Some(Self { requirements: requirements.collect::<Option<_>>()?, nothing: false })
    }

    /// The selector by which an object selects pods: that of a Service, a workload, a
    /// `PodDisruptionBudget` or a `NetworkPolicy`. `None` for other kinds, and where it is not
    /// readable.
    pub fn of(object: &'a Object) -> Option<Self> {
        let selector = object.node.at(&["spec", "selector"]);
        match (object.group(), object.kind()) {
            ("", "Service" | "ReplicationController") => Self::from_map(selector),
            ("policy", "PodDisruptionBudget") => {
                let selector = Self::from_label_selector(selector)?;
                // In v1beta1 the empty selector selected nothing, in v1 it selects everything.
                let nothing = selector.is_everything() && object.id.version() == "v1beta1";
                Some(if nothing { Self::nothing() } else { selector })
            }
            ("apps" | "extensions", "Deployment" | "ReplicaSet" | "DaemonSet" | "StatefulSet")
            | ("batch", "Job") => Self::from_label_selector(selector),
            ("networking.k8s.io" | "extensions", "NetworkPolicy") => {
                Self::from_label_selector(object.node.at(&["spec", "podSelector"]))
            }
            _ => None,
        }
    }

    /// The requirements.
    pub fn requirements(&self) -> &[Requirement<'a>] {
        &self.requirements
    }

    /// Whether it selects nothing, whatever there is.
    pub const fn is_nothing(&self) -> bool {
        self.nothing
    }

    /// Whether it selects everything, whatever there is.
    pub const fn is_everything(&self) -> bool {
        !self.nothing && self.requirements.is_empty()
    }

    /// The same selector without its requirements on one label.
    #[must_use]
    pub fn without(&self, key: &str) -> Self {
        let mut other = self.clone();
        other.requirements.retain(|requirement| requirement.key != key);
        other
    }

    /// The same selector with another value required of a label.
    #[must_use]
    pub fn with(&self, key: &'a str, value: &'a str) -> Self {
        let mut other = self.without(key);
        other.requirements.push(Requirement { key, operator: Operator::In(vec![value]) });
        other
    }

    /// Whether it selects an object with these labels.
    pub fn matches(&self, labels: &[Entry]) -> bool {
        self.holds(|key| {
            let entry = labels.iter().find(|entry| &*entry.key.text == key);
            entry.and_then(|entry| entry.value.as_str()).map_or(PodLabel::Absent, PodLabel::Is)
        })
    }

    /// Whether it selects some pod of this template, or may select one: what controllers set in
    /// ways that the manifest does not tell counts as fitting.
    pub fn matches_pods_of(&self, template: &PodTemplate<'_>) -> bool {
        self.holds(|key| template.label(key))
    }

    fn holds<'l>(&self, label: impl Fn(&str) -> PodLabel<'l>) -> bool {
        let holds = |requirement: &Requirement<'_>| requirement.admits(label(requirement.key));
        !self.nothing && self.requirements.iter().all(holds)
    }
}

impl Requirement<'_> {
    /// Whether a label of which this is known fulfils the requirement, or may do so.
    pub fn admits(&self, label: PodLabel<'_>) -> bool {
        match &self.operator {
            Operator::In(values) => values.iter().any(|value| label.may_be(value)),
            Operator::NotIn(values) => match label {
                PodLabel::Is(known) => !values.contains(&known),
                _ => true,
            },
            Operator::Exists => label != PodLabel::Absent,
            Operator::DoesNotExist => label == PodLabel::Absent,
        }
    }
}

/// The requirement that a label has the value of this entry.
fn equality(entry: &Entry) -> Option<Requirement<'_>> {
    let operator = Operator::In(vec![entry.value.as_str()?]);
    Some(Requirement { key: &entry.key.text, operator })
}

/// An item of `matchExpressions`; `None` where the API server would not take it.
fn expression(node: &Node) -> Option<Requirement<'_>> {
    let items = node.get("values").map_or(&[][..], Node::items);
    let values = items.iter().map(Node::as_str).collect::<Option<Vec<_>>>()?;
    let operator = match (node.get("operator")?.as_str()?, values.is_empty()) {
        ("In", false) => Operator::In(values),
        ("NotIn", false) => Operator::NotIn(values),
        ("Exists", true) => Operator::Exists,
        ("DoesNotExist", true) => Operator::DoesNotExist,
        _ => return None,
    };
    Some(Requirement { key: node.get("key")?.as_str()?, operator })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use seatrial_core::SourceFile;

    use super::*;
    use crate::read;

    fn objects(text: &str) -> Vec<Object> {
        read(Arc::new(SourceFile::new("a.yaml", text))).objects
    }

    fn object(text: &str) -> Object {
        objects(text).remove(0)
    }

    #[test]
    fn requirements_hold_as_in_the_api_server() {
        let labelled = object("{apiVersion: v1, kind: Pod, metadata: {labels: {app: web, t: ''}}}");
        for (selector, expected) in [
            ("{matchLabels: {app: web}}", true),
            ("{matchLabels: {app: web, t: ''}}", true),
            ("{matchLabels: {app: db}}", false),
            ("{matchLabels: {app: web, tier: a}}", false),
            ("{matchExpressions: [{key: app, operator: In, values: [db, web]}]}", true),
            ("{matchExpressions: [{key: app, operator: In, values: [db]}]}", false),
            ("{matchExpressions: [{key: app, operator: NotIn, values: [db]}]}", true),
            ("{matchExpressions: [{key: app, operator: NotIn, values: [web]}]}", false),
            ("{matchExpressions: [{key: tier, operator: NotIn, values: [web]}]}", true),
            ("{matchExpressions: [{key: t, operator: Exists}]}", true),
            ("{matchExpressions: [{key: tier, operator: Exists}]}", false),
            ("{matchExpressions: [{key: tier, operator: DoesNotExist}]}", true),
            ("{matchExpressions: [{key: app, operator: DoesNotExist}]}", false),
            ("{}", true),
            ("null", false),
        ] {
            let text = format!(
                "{{apiVersion: policy/v1, kind: PodDisruptionBudget, spec: {{selector: {selector}}}}}"
            );
            let budget = object(&text);
            let selector = Selector::of(&budget).unwrap();
            assert_eq!(selector.matches(labelled.labels()), expected, "{text}");
            assert_eq!(selector.matches_pods_of(&PodTemplate::of(&labelled).unwrap()), expected);
        }
    }

    #[test]
    fn absent_and_empty_selectors_differ_by_kind() {
        for (text, nothing, everything) in [
            ("{apiVersion: v1, kind: Service, spec: {}}", true, false),
            ("{apiVersion: v1, kind: Service, spec: {selector: {}}}", true, false),
            ("{apiVersion: policy/v1, kind: PodDisruptionBudget}", true, false),
            (
                "{apiVersion: policy/v1, kind: PodDisruptionBudget, spec: {selector: {}}}",
                false,
                true,
            ),
            (
                "{apiVersion: policy/v1beta1, kind: PodDisruptionBudget, spec: {selector: {}}}",
                true,
                false,
            ),
            (
                "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, spec: {podSelector: {}}}",
                false,
                true,
            ),
        ] {
            let object = object(text);
            let selector = Selector::of(&object).unwrap();
            assert_eq!(
                (selector.is_nothing(), selector.is_everything()),
                (nothing, everything),
                "{text}"
            );
        }
    }

    #[test]
    fn what_the_api_server_would_not_take_is_no_selector() {
        for selector in [
            "{matchExpressions: [{key: a, operator: Like, values: [b]}]}",
            "{matchExpressions: [{key: a, operator: In}]}",
            "{matchExpressions: [{key: a, operator: Exists, values: [b]}]}",
            "{matchExpressions: [{operator: Exists}]}",
            "{matchLabels: {a: 1}}",
            "[a]",
        ] {
            let budget = object(&format!(
                "{{apiVersion: policy/v1, kind: PodDisruptionBudget, spec: {{selector: {selector}}}}}"
            ));
            assert_eq!(Selector::of(&budget), None, "{selector}");
        }
        assert_eq!(Selector::of(&object("{apiVersion: v1, kind: ConfigMap}")), None);
    }
}
