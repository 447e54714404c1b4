//! Which pods the terms of other pods mean.

use std::collections::{BTreeMap, BTreeSet};

use super::Refusal;
use super::objects::{LabelSelector, Labels, Pod, PodTerm, SpreadConstraint};
use super::reading::Objects;
use super::selector::Selector;

/// At most so many pairs of a question and a kind of pod are tried.
const LIMIT: usize = 100_000_000;

/// Pods that no question tells apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Seen {
    namespace: String,
    terminating: bool,
    /// The labels that some question looks at.
    labels: Labels,
    /// The claims that it shares and that one pod at a time can use.
    claims: Vec<String>,
}

/// Which pods are meant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Question {
    /// Those which all of the terms select.
    Selected {
        /// The terms.
        terms: Vec<Term>,
        /// Whether pods that terminate are meant too.
        terminating: bool,
    },
    /// Those that mount a claim.
    Mounting(String),
}

/// Pods of some namespaces, by their labels; none without a selector.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Term {
    namespaces: BTreeSet<String>,
    selector: Option<Selector>,
}

impl Term {
    /// A term of required affinity or anti-affinity (`scheduler/framework/types.go`,
    /// `newAffinityTerm`; `plugins/interpodaffinity/plugin.go`; `registry/core/pod/strategy.go`).
    pub(super) fn of_affinity(
        term: &PodTerm,
        pod: &Pod,
        namespaces: &BTreeMap<String, Labels>,
    ) -> Result<Self, String> {
        let mut named: BTreeSet<_> = term.namespaces.iter().cloned().collect();
        match &term.namespace_selector {
            Some(selector) => {
                let selector = Selector::of_labels(selector)?;
                let selected = namespaces.iter().filter(|(_, labels)| selector.matches(labels));
                named.extend(selected.map(|(name, _)| name.clone()));
            }
            None if named.is_empty() => {
                named.insert(pod.metadata.namespace().to_owned());
            }
            None => {}
        }
        let mut selector = optional(term.label_selector.as_ref())?;
        require(&mut selector, &term.match_label_keys, pod, true);
        require(&mut selector, &term.mismatch_label_keys, pod, false);
        Ok(Self { namespaces: named, selector })
    }

    /// The pods that a spread constraint counts (`plugins/podtopologyspread/common.go`); with an
    /// empty selector it counts none.
    pub(super) fn of_spread(constraint: &SpreadConstraint, pod: &Pod) -> Result<Self, String> {
        let mut selector = optional(constraint.label_selector.as_ref())?;
        if selector.is_none() && !constraint.match_label_keys.is_empty() {
            return Err("`matchLabelKeys` stands without a `labelSelector`".to_owned());
        }
        require(&mut selector, &constraint.match_label_keys, pod, true);
        let selector = selector.filter(|selector| !selector.is_empty());
        Ok(Self { namespaces: [pod.metadata.namespace().to_owned()].into(), selector })
    }

    fn matches(&self, seen: &Seen) -> bool {
        self.namespaces.contains(&seen.namespace)
            && self.selector.as_ref().is_some_and(|selector| selector.matches(&seen.labels))
    }
}

fn optional(selector: Option<&LabelSelector>) -> Result<Option<Selector>, String> {
    selector.map(Selector::of_labels).transpose()
}

/// Adds that labels are as the pod's, or are not.
fn require(selector: &mut Option<Selector>, keys: &[String], pod: &Pod, equal: bool) {
    let Some(selector) = selector else { return };
    for key in keys {
        if let Some(value) = pod.metadata.labels.get(key) {
            selector.require(key, value, equal);
        }
    }
}

impl Question {
    fn matches(&self, seen: &Seen) -> bool {
        match self {
            Self::Selected { terms, terminating } => {
                (*terminating || !seen.terminating) && terms.iter().all(|term| term.matches(seen))
            }
            Self::Mounting(claim) => seen.claims.contains(claim),
        }
    }

    fn keys(&self) -> impl Iterator<Item = &str> {
        let terms: &[Term] = match self {
            Self::Selected { terms, .. } => terms,
            Self::Mounting(_) => &[],
        };
        terms.iter().filter_map(|term| term.selector.as_ref()).flat_map(Selector::keys)
    }
}

/// The labels of all namespaces that are there or have pods.
pub(super) fn namespaces(objects: &Objects) -> BTreeMap<String, Labels> {
    let of_pods = objects.pods.values().map(|pod| (pod.metadata.namespace(), None));
    let there =
        objects.namespaces.iter().map(|(name, it)| (name.as_str(), Some(&it.metadata.labels)));
    let all: BTreeMap<_, _> = of_pods.chain(there).collect();
    let labelled = all.into_iter().map(|(name, labels)| {
        let mut labels = labels.map(|labels| (**labels).clone()).unwrap_or_default();
        labels.insert("kubernetes.io/metadata.name".to_owned(), name.to_owned());
        (name.to_owned(), labels)
    });
    labelled.collect()
}

/// A set of pods that is the answer to some question; equal sets have equal numbers.
pub(super) type SetId = usize;

/// The answers to all questions of the pods of an instance.
#[derive(Debug)]
pub(super) struct Answers {
    sets: BTreeMap<Question, SetId>,
    /// For each pod, the sets that it is in, ascending.
    member_of: Vec<Vec<SetId>>,
}

impl Answers {
    /// Answers questions about pods, of which each comes with the exclusive claims it shares.
    pub(super) fn find(
        questions: BTreeSet<Question>,
        pods: &[(&Pod, Vec<String>)],
    ) -> Result<Self, Refusal> {
        let keys: BTreeSet<_> = questions.iter().flat_map(Question::keys).collect();
        let mut kinds: BTreeMap<Seen, Vec<SetId>> = BTreeMap::new();
        let seen: Vec<_> = pods.iter().map(|(pod, claims)| Seen::of(pod, claims, &keys)).collect();
        kinds.extend(seen.iter().map(|seen| (seen.clone(), Vec::new())));
        if kinds.len().saturating_mul(questions.len()) > LIMIT {
            return Err(Refusal::unreadable("too many different selectors and labels"));
        }
        let (mut ids, mut sets) = (BTreeMap::new(), BTreeMap::new());
        for question in questions {
            let answer: Vec<_> = kinds.keys().map(|seen| question.matches(seen)).collect();
            let next = ids.len();
            let id = *ids.entry(answer.clone()).or_insert(next);
            sets.insert(question, id);
            if id == next {
                let members = kinds.values_mut().zip(answer).filter(|(_, member)| *member);
                members.for_each(|(sets, _)| sets.push(id));
            }
        }
        let of_pod = |seen| kinds.get(seen).cloned().unwrap_or_default();
        Ok(Self { sets, member_of: seen.iter().map(of_pod).collect() })
    }

    /// The set that answers a question which was asked.
    pub(super) fn set(&self, question: &Question) -> SetId {
        self.sets.get(question).copied().unwrap_or(SetId::MAX)
    }

    /// The sets that a pod is in.
    pub(super) fn member_of(&self, pod: usize) -> &[SetId] {
        self.member_of.get(pod).map_or(&[], Vec::as_slice)
    }
}

impl Seen {
    fn of(pod: &Pod, claims: &[String], keys: &BTreeSet<&str>) -> Self {
        let labels = pod.metadata.labels.iter().filter(|(key, _)| keys.contains(key.as_str()));
        Self {
            namespace: pod.metadata.namespace().to_owned(),
            terminating: pod.metadata.deletion_timestamp.is_some(),
            labels: labels.map(|(key, value)| (key.clone(), value.clone())).collect(),
            claims: claims.to_vec(),
        }
    }
}
