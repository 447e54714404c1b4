//! What subjects can come to, step by step.

use std::fmt::Write as _;

use serde::Serialize;

use super::csv::row;
use super::picture::{Edge, Graph};
use super::place;
use crate::Source;
use crate::assertion::Who;
use crate::rbac::{Closure, Holder, Policy, Reach, Step};

/// A way from a subject to what it can come to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Way {
    /// Who.
    pub subject: String,
    /// What it comes to in the end.
    pub end: String,
    /// The steps.
    pub steps: Vec<Hop>,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Hop {
    /// How.
    pub technique: String,
    /// What it gives.
    pub gain: String,
    /// What else has to be the case, if something does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unless: Option<&'static str>,
    /// The bindings and rules that grant the right to it.
    pub rules: Vec<Source>,
}

impl Hop {
    fn of(step: &Step<'_>) -> Self {
        Self {
            technique: step.technique.to_string(),
            gain: step.gain.to_string(),
            unless: step.unless,
            rules: step.sources.clone(),
        }
    }
}

impl Way {
    /// The way to a step of what a holder reaches.
    pub fn of(holder: Holder<'_>, reach: &Reach<'_>, step: usize) -> Self {
        let steps: Vec<_> = reach.path(step).into_iter().map(Hop::of).collect();
        let end = steps.last().map(|hop| hop.gain.clone()).unwrap_or_default();
        Self { subject: holder.to_string(), end, steps }
    }

    /// The way in words: its two ends, then a line for each step and its rules.
    pub fn text(&self) -> String {
        let mut text = format!("{} comes to {}\n", self.subject, self.end);
        for hop in &self.steps {
            let _ = writeln!(text, "  by       {}: {}", hop.technique, hop.gain);
            if let Some(unless) = hop.unless {
                let _ = writeln!(text, "           unless {unless}");
            }
            text.extend(hop.rules.iter().map(|rule| format!("           {}\n", place(rule))));
        }
        text
    }
}

/// All that some subjects can come to.
#[derive(Debug, Clone, Serialize)]
pub struct Ways {
    /// A shortest way to each end, subject by subject, the nearest first.
    pub ways: Vec<Way>,
    /// How many subjects were looked at.
    #[serde(skip)]
    pub subjects: usize,
}

impl Ways {
    /// What the subjects of a policy that are meant can come to.
    pub fn of<'a>(policy: &Policy<'a>, who: &'a Who) -> Self {
        let closure = Closure::new(policy);
        let holders: Vec<_> = match who.holder() {
            Some(holder) => vec![holder],
            None => closure.holders().filter(|holder| who.covers(*holder)).collect(),
        };
        let ways = holders.iter().flat_map(|&holder| {
            let reach = closure.reach(holder);
            let all: Vec<_> =
                (0..reach.steps.len()).map(|step| Way::of(holder, &reach, step)).collect();
            all
        });
        Self { ways: ways.collect(), subjects: holders.len() }
    }

    /// The ways in words.
    pub fn text(&self) -> String {
        if self.ways.is_empty() {
            return "nothing beyond its own rights\n".to_owned();
        }
        let ways: Vec<_> = self.ways.iter().map(Way::text).collect();
        ways.join("\n")
    }

    /// The steps as a picture.
    pub fn graph(&self) -> Graph {
        let mut edges: Vec<Edge> = Vec::new();
        for way in &self.ways {
            let mut from = way.subject.clone();
            for hop in &way.steps {
                let edge = Edge {
                    from: std::mem::replace(&mut from, hop.gain.clone()),
                    to: hop.gain.clone(),
                    label: hop.technique.clone(),
                    certain: hop.unless.is_none(),
                };
                if !edges.contains(&edge) {
                    edges.push(edge);
                }
            }
        }
        Graph { edges }
    }

    /// One line a way: who, what it comes to, and how.
    pub fn csv(&self) -> String {
        let header = ["subject", "end", "steps"].map(str::to_owned);
        let rows = self.ways.iter().map(|way| {
            let hops: Vec<_> = way.steps.iter().map(|hop| hop.technique.clone()).collect();
            row(&[way.subject.clone(), way.end.clone(), hops.join("; ")])
        });
        std::iter::once(row(&header)).chain(rows).collect()
    }
}
