//! What a checker has to say.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::{Location, ResourceId, Severity, Story};

/// One thing that is wrong, or worth knowing, with its place and its evidence.
///
/// Findings are ordered by place first, so that a sorted report reads along the files.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Finding {
    /// Where it is.
    pub location: Location,
    /// Id of the rule, such as `unknown-field`.
    pub rule: Cow<'static, str>,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, as a lower-case fragment with user text in backticks.
    pub message: String,
    /// A few words for the underlined text, such as `no pod has this label`.
    pub label: Option<String>,
    /// The object concerned, where it is part of one.
    pub resource: Option<ResourceId>,
    /// JSON pointer (RFC 6901) into the object, such as `/spec/replicas`.
    pub pointer: Option<String>,
    /// Other places that belong to it: the other end of a reference, the first of two duplicates.
    pub related: Vec<Related>,
    /// Facts that make it believable, one sentence each.
    pub evidence: Vec<String>,
    /// A run that shows it, where there is one.
    pub story: Option<Story>,
    /// What to do about it.
    pub fix: Option<Fix>,
}

impl Finding {
    /// A finding with nothing but its rule, severity, place and message.
    pub fn new(
        rule: impl Into<Cow<'static, str>>,
        severity: Severity,
        location: Location,
        message: impl Into<String>,
    ) -> Self {
        Self {
            location,
            rule: rule.into(),
            severity,
            message: message.into(),
            label: None,
            resource: None,
            pointer: None,
            related: Vec::new(),
            evidence: Vec::new(),
            story: None,
            fix: None,
        }
    }

    /// Names the object concerned, and the pointer into it.
    #[must_use]
    pub fn of(mut self, resource: &ResourceId, pointer: impl Into<String>) -> Self {
        self.resource = Some(resource.clone());
        self.pointer = Some(pointer.into());
        self
    }

    /// Sets the words for the underlined text.
    #[must_use]
    pub fn labelled(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// Adds another place that belongs to it.
    #[must_use]
    pub fn related_to(mut self, location: Location, message: impl Into<String>) -> Self {
        self.related.push(Related { location, message: message.into() });
        self
    }

    /// Adds a fact.
    #[must_use]
    pub fn because(mut self, fact: impl Into<String>) -> Self {
        self.evidence.push(fact.into());
        self
    }

    /// Adds a run that shows it.
    #[must_use]
    pub fn told(mut self, story: Story) -> Self {
        self.story = Some(story);
        self
    }

    /// The story in plain lines, and the facts: all that makes it believable.
    pub fn facts(&self) -> impl Iterator<Item = Cow<'_, str>> {
        let told = self.story.iter().flat_map(Story::facts).map(Cow::Owned);
        told.chain(self.evidence.iter().map(|fact| Cow::Borrowed(fact.as_str())))
    }

    /// Says in words what to do about it.
    #[must_use]
    pub fn help(mut self, description: impl Into<String>) -> Self {
        self.fix = Some(Fix::of_words(description));
        self
    }

    /// Adds edits to what is said to do. Without words, or without edits, nothing changes.
    #[must_use]
    pub fn edited(mut self, safety: Safety, edits: Vec<Edit>) -> Self {
        if let Some(fix) = self.fix.as_mut().filter(|_| !edits.is_empty()) {
            fix.safety = safety;
            fix.edits = edits;
        }
        self
    }
}

/// Another place that belongs to a finding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Related {
    /// Where it is; may lie in another file.
    pub location: Location,
    /// What it is, such as `the pods are labelled here`.
    pub message: String,
}

/// What to do about a finding: in words, and as edits where they are certain.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Fix {
    /// In words, as a sentence fragment: ``write `replicas` ``.
    pub description: String,
    /// Whether the edits may be made without a look at each; unsafe where there are none.
    pub safety: Safety,
    /// The edits that carry it out; empty where only a person can decide.
    pub edits: Vec<Edit>,
}

impl Fix {
    /// What to do, in words alone.
    pub fn of_words(description: impl Into<String>) -> Self {
        Self { description: description.into(), safety: Safety::Unsafe, edits: Vec::new() }
    }
}

/// Whether a fix may be applied without a look at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Safety {
    /// What the cluster does stays as it is: the API server refuses the text as it stands, and only
    /// one thing can be meant by it, or both texts mean the same.
    Safe,
    /// The cluster will do something else, as the rule wants it; whether the workload bears that
    /// has to be tried.
    Unsafe,
}

impl Safety {
    /// The name in output: `safe` or `unsafe`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::Unsafe => "unsafe",
        }
    }
}

/// Replaces the text at one place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Edit {
    /// The text to replace.
    pub location: Location,
    /// What to write instead.
    pub replacement: String,
}

/// Something that a rule could not decide. Never shown as safe.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Undecided {
    /// The object or the file concerned.
    pub location: Location,
    /// Id of the rule.
    pub rule: Cow<'static, str>,
    /// Why it could not be decided.
    pub reason: String,
    /// The object concerned, where it is part of one.
    pub resource: Option<ResourceId>,
}

/// What a checker adds to: what it found, and what it could not decide.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// What is wrong, or worth knowing.
    pub findings: Vec<Finding>,
    /// What could not be decided.
    pub undecided: Vec<Undecided>,
}

impl Found {
    /// Adds all of another.
    pub fn extend(&mut self, other: Self) {
        self.findings.extend(other.findings);
        self.undecided.extend(other.undecided);
    }

    /// Passes every place in it to a function, in the same order each time.
    pub fn for_each_location(&mut self, mut visit: impl FnMut(&mut Location)) {
        for finding in &mut self.findings {
            visit(&mut finding.location);
            for related in &mut finding.related {
                visit(&mut related.location);
            }
            for step in finding.story.iter_mut().flat_map(|story| &mut story.steps) {
                step.location.iter_mut().for_each(&mut visit);
            }
            for edit in finding.fix.iter_mut().flat_map(|fix| &mut fix.edits) {
                visit(&mut edit.location);
            }
        }
        for undecided in &mut self.undecided {
            visit(&mut undecided.location);
        }
    }
}
