//! `rules.toml`: learned rules with their reviews, one stanza a rule, sorted by id.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use toml::Spanned;

use super::learn::Learned;
use super::lexicon::Dimension;
use super::rule::{Evidence, Rule};
use super::sort::Sort;
use super::template::{Atom, Part, Scope, Template};

/// What a team thinks of a rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Nobody has looked at it: it warns.
    #[default]
    Pending,
    /// It holds: departures from it are errors.
    Accepted,
    /// It is wrong: it says nothing, and stays rejected when rules are learned again.
    Rejected,
    /// It says nothing, until its date if it has one.
    Muted,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pending => "pending",
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Muted => "muted",
        })
    }
}

/// A rule with its review.
#[derive(Clone, Debug, PartialEq)]
pub struct Reviewed {
    /// The rule.
    pub rule: Rule,
    /// What the team thinks of it.
    pub state: State,
    /// Who said so.
    pub reviewer: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// Until when it is so, as `2026-12-31`; then the rule is pending again.
    pub expires: Option<String>,
}

impl Reviewed {
    /// The state on a day, as `2026-12-31`.
    pub fn state_on(&self, today: &str) -> State {
        let over = self.expires.as_deref().is_some_and(|expires| expires < today);
        if over { State::Pending } else { self.state }
    }
}

/// A file of rules.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RuleFile {
    /// Where the rules come from, one sentence each.
    pub provenance: Vec<String>,
    /// The rules, sorted by id.
    pub rules: Vec<Reviewed>,
}

/// A file of rules that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("line {line}: {message}")]
pub struct FileError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong, as a lower-case fragment.
    pub message: String,
}

/// The version of the format.
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: u32,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    provenance: Vec<String>,
    #[serde(default)]
    rule: Vec<Spanned<Stanza>>,
}

/// A rule as it is written. Which operands there are depends on the template.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stanza {
    id: String,
    #[serde(default)]
    state: State,
    #[serde(skip_serializing_if = "Option::is_none")]
    reviewer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires: Option<String>,
    /// The rule in words; written for readers, not read.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    says: String,
    context: String,
    template: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    operands: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sort: Option<Sort>,
    #[serde(skip_serializing_if = "Option::is_none")]
    set: Option<BTreeSet<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    low: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    high: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dimension: Option<Dimension>,
    #[serde(skip_serializing_if = "Option::is_none")]
    part: Option<Part>,
    #[serde(skip_serializing_if = "Option::is_none")]
    given: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    then: Option<String>,
    k: u32,
    n: u32,
    s: u32,
    #[serde(default)]
    groups: u32,
    #[serde(default)]
    tested: u32,
    #[serde(default)]
    broken: u32,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    examples: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dissenter: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    values: Vec<(String, u32)>,
}

impl RuleFile {
    /// The file of a learning run, with the reviews of an earlier one: a rule keeps its review, and
    /// what was reviewed stays in the file even if it was not learned again.
    pub fn of(learned: &Learned, earlier: Option<&Self>) -> Self {
        let mut rules: BTreeMap<String, Reviewed> = BTreeMap::new();
        let reviewed = earlier.into_iter().flat_map(|file| &file.rules);
        let reviewed: BTreeMap<String, &Reviewed> =
            reviewed.map(|rule| (rule.rule.id(), rule)).collect();
        for (id, rule) in reviewed.iter().filter(|(_, rule)| rule.state != State::Pending) {
            rules.insert(id.clone(), (*rule).clone());
        }
        for rule in &learned.rules {
            let new = Reviewed {
                rule: rule.clone(),
                state: State::Pending,
                reviewer: None,
                reason: None,
                expires: None,
            };
            let review = reviewed
                .get(&rule.id())
                .map_or(new, |old| Reviewed { rule: rule.clone(), ..(*old).clone() });
            rules.insert(rule.id(), review);
        }
        Self { provenance: Vec::new(), rules: rules.into_values().collect() }
    }

    /// Reads a file.
    pub fn parse(text: &str) -> Result<Self, FileError> {
        let breaks: Vec<usize> = text.match_indices('\n').map(|(at, _)| at).collect();
        let line_of = |offset: usize| 1 + breaks.partition_point(|at| *at < offset);
        let document: Document = toml::from_str(text).map_err(|error| FileError {
            line: line_of(error.span().map_or(0, |span| span.start)),
            message: error.message().trim().replace('\n', ", "),
        })?;
        if document.version != VERSION {
            let message =
                format!("version {} is not one that can be read: {VERSION}", document.version);
            return Err(FileError { line: 1, message });
        }
        let mut lines: BTreeMap<String, usize> = BTreeMap::new();
        let mut rules = Vec::with_capacity(document.rule.len());
        for stanza in document.rule {
            let line = line_of(stanza.span().start);
            let rule = read(stanza.into_inner()).map_err(|message| FileError { line, message })?;
            if let Some(first) = lines.insert(rule.rule.id(), line) {
                let message = format!(
                    "the rule `{}` is on line {first} already: which review holds?",
                    rule.rule.id()
                );
                return Err(FileError { line, message });
            }
            rules.push(rule);
        }
        rules.sort_by_cached_key(|rule| rule.rule.id());
        Ok(Self { provenance: document.provenance, rules })
    }

    /// Writes the file.
    pub fn write(&self) -> Result<String, String> {
        let mut sorted: Vec<&Reviewed> = self.rules.iter().collect();
        sorted.sort_by_cached_key(|rule| rule.rule.id());
        let rule = sorted.into_iter().map(|rule| Spanned::new(0..0, write(rule))).collect();
        let document = Document { version: VERSION, provenance: self.provenance.clone(), rule };
        let text = toml::to_string(&document).map_err(|error| error.to_string())?;
        Ok(format!(
            "# Learned rules. Review them like code: `state` is pending, accepted, rejected or muted;\n\
             # `reviewer`, `reason` and `expires` (2026-12-31) say who, why and until when.\n\n{text}"
        ))
    }
}

fn write(reviewed: &Reviewed) -> Stanza {
    let Reviewed { rule, state, reviewer, reason, expires } = reviewed;
    let Evidence { objects, holding, sources, groups, tested, broken, .. } = rule.evidence;
    let mut stanza = Stanza {
        id: rule.id(),
        state: *state,
        reviewer: reviewer.clone(),
        reason: reason.clone(),
        expires: expires.clone(),
        says: rule.template.in_words(),
        context: rule.context.clone(),
        template: rule.template.name().to_owned(),
        k: holding,
        n: objects,
        s: sources,
        groups,
        tested,
        broken,
        examples: rule.evidence.examples.clone(),
        dissenter: rule.evidence.dissenter.clone(),
        values: rule.evidence.values.clone(),
        ..Stanza::default()
    };
    let value = |atom: &Atom<String>| atom.parts().1.cloned();
    stanza.operands = match &rule.template {
        Template::Implies { given, then } => {
            (stanza.given, stanza.then) = (value(given), value(then));
            vec![given.parts().0.clone(), then.parts().0.clone()]
        }
        other => other.slot().1.into_iter().map(str::to_owned).collect(),
    };
    match &rule.template {
        Template::Type { sort, .. } => stanza.sort = Some(*sort),
        Template::Values { values: set, .. }
        | Template::Spelling { values: set, .. }
        | Template::Shape { shapes: set, .. }
        | Template::Units { units: set, .. }
        | Template::Keys { keys: set, .. } => stanza.set = Some(set.clone()),
        Template::Range { low, high, dimension, .. } => {
            (stanza.low, stanza.high, stanza.dimension) =
                (Some(*low), Some(*high), Some(*dimension));
        }
        Template::Affix { part, .. } => stanza.part = Some(*part),
        Template::Count { low, high, .. } => {
            stanza.low = Some(f64::from(*low));
            stanza.high = (*high < u32::MAX).then(|| f64::from(*high));
        }
        _ => {}
    }
    stanza
}

fn read(stanza: Stanza) -> Result<Reviewed, String> {
    let template = template(&stanza)?;
    let is_date = |text: &str| {
        let parts: Vec<&str> = text.split('-').collect();
        let within = |at: usize, last: u32| {
            let number = parts.get(at).and_then(|part: &&str| part.parse().ok());
            number.is_some_and(|number| (1..=last).contains(&number))
        };
        let digits = |c: u8| c.is_ascii_digit() || c == b'-';
        text.len() == 10
            && text.bytes().all(digits)
            && parts.iter().map(|part| part.len()).eq([4, 2, 2])
            && within(1, 12)
            && within(2, 31)
    };
    if let Some(date) = stanza.expires.as_deref().filter(|date| !is_date(date)) {
        return Err(format!("`{date}` is not a date such as `2026-12-31`"));
    }
    if stanza.k > stanza.n {
        return Err(format!("{} of {} objects cannot be", stanza.k, stanza.n));
    }
    let evidence = Evidence {
        objects: stanza.n,
        holding: stanza.k,
        sources: stanza.s,
        groups: stanza.groups,
        tested: stanza.tested,
        broken: stanza.broken,
        examples: stanza.examples,
        dissenter: stanza.dissenter,
        values: stanza.values,
    };
    let rule = Rule { template, context: stanza.context, evidence };
    if rule.id() != stanza.id {
        let (id, is) = (&stanza.id, rule.id());
        return Err(format!(
            "the id `{id}` is not that of this rule, `{is}`: was it edited by hand?"
        ));
    }
    let Stanza { state, reviewer, reason, expires, .. } = stanza;
    Ok(Reviewed { rule, state, reviewer, reason, expires })
}

fn needed<T>(field: &str, value: Option<T>, name: &str) -> Result<T, String> {
    value.ok_or_else(|| format!("the template `{name}` needs `{field}`"))
}

/// A number of items.
fn whole(number: f64) -> Result<u32, String> {
    let text = number.to_string();
    text.parse().map_err(|_| format!("`{text}` is not a count"))
}

/// The template of a stanza, if it has the operands that it needs.
fn template(stanza: &Stanza) -> Result<Template<String>, String> {
    let name = stanza.template.as_str();
    let operand = |at: usize| {
        let found = stanza.operands.get(at).cloned();
        found.ok_or_else(|| format!("the template `{name}` needs {} operands", at + 1))
    };
    let set = || needed("set", stanza.set.clone(), name);
    let column = operand(0);
    Ok(match name {
        "type" => Template::Type { column: column?, sort: needed("sort", stanza.sort, name)? },
        "values" => Template::Values { column: column?, values: set()? },
        "spelling" => Template::Spelling { column: column?, values: set()? },
        "shape" => Template::Shape { column: column?, shapes: set()? },
        "units" => Template::Units { column: column?, units: set()? },
        "keys" => Template::Keys { column: column?, keys: set()? },
        "range" => Template::Range {
            column: column?,
            low: needed("low", stanza.low, name)?,
            high: needed("high", stanza.high, name)?,
            dimension: needed("dimension", stanza.dimension, name)?,
        },
        "consistent" => Template::Consistent { column: column? },
        "required" => Template::Required { column: column? },
        "unique" => Template::Unique { column: column? },
        "implies" => {
            let atom = |column: String, value: &Option<String>| match value {
                Some(value) => Atom::Is(column, value.clone()),
                None => Atom::Present(column),
            };
            let (given, then) = (atom(column?, &stanza.given), atom(operand(1)?, &stanza.then));
            Template::Implies { given, then }
        }
        "excludes" => Template::Excludes { one: column?, other: operand(1)? },
        "equal" => Template::Equal { column: column?, to: operand(1)? },
        "refers" => {
            let scope = match operand(3)?.as_str() {
                "object" => Scope::Object,
                "file" => Scope::File,
                "source" => Scope::Source,
                other => {
                    return Err(format!("unknown scope `{other}`: `object`, `file` or `source`"));
                }
            };
            Template::Refers { column: column?, context: operand(1)?, to: operand(2)?, scope }
        }
        "before" => Template::Before { column: column?, first: operand(1)?, then: operand(2)? },
        "at-most" => Template::AtMost { lesser: column?, greater: operand(1)? },
        "affix" => Template::Affix {
            column: column?,
            of: operand(1)?,
            part: needed("part", stanza.part, name)?,
        },
        "count" => {
            let low = whole(needed("low", stanza.low, name)?)?;
            let high = stanza.high.map_or(Ok(u32::MAX), whole)?;
            Template::Count { column: column?, low, high }
        }
        _ => return Err(format!("unknown template `{name}`")),
    })
}
