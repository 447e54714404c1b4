//! What configurations that work have in common.
//!
//! Of every parameter it is counted what its values are. Over all systems it is counted, a
//! parameter once, what the values are of parameters whose names end in the same word or the same
//! two words; an ending becomes a rule if the lower bound of its share is high enough
//! ([`LEAST_SHARE`]) and two systems agree. A relation between parameters that a working
//! configuration breaks is kept as *tolerated*, and is never reported.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

use seatrial_core::SourceFile;
use seatrial_parse::settings::Settings;
use serde::{Deserialize, Serialize};

use super::{System, Wanted, names};
use crate::statistics::{Z_95, wilson_lower};
use crate::values::{Kind, kind};

/// The least plausible share of parameters with an ending that must agree: seven of seven suffice.
pub const LEAST_SHARE: f64 = 0.7;

/// A working configuration.
#[derive(Clone, Debug)]
pub struct Sample {
    /// The system it is for.
    pub system: System,
    /// Its text, and where it comes from, such as `hdfs/ValidConfig/3`.
    pub file: Arc<SourceFile>,
    /// What it says.
    pub settings: Settings,
}

/// What was learned, in the order of names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Learned {
    /// How many configurations were read.
    pub samples: u32,
    /// What the values of a parameter are, by system.
    pub parameters: BTreeMap<String, BTreeMap<String, Seen>>,
    /// What the values are of parameters whose names end alike.
    pub endings: BTreeMap<String, Ending>,
    /// Pairs of parameters, by system, of which a working configuration breaks the relation.
    pub tolerated: BTreeMap<String, BTreeSet<(String, String)>>,
}

/// What was seen of one parameter; in a file, its fields in this order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(String, u32, u32, String)", into = "(String, u32, u32, String)")]
pub struct Seen {
    /// What its values mostly are.
    pub is: String,
    /// In how many configurations they are.
    pub holds: u32,
    /// In how many it occurs.
    pub of: u32,
    /// The first of those that agree, with the line.
    pub example: String,
}

/// What was seen of names that end alike.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ending {
    /// What the values are.
    pub is: String,
    /// Of how many parameters.
    pub holds: u32,
    /// How many parameters end so.
    pub of: u32,
    /// In how many systems.
    pub systems: u32,
    /// Three that agree, with their places.
    pub examples: Vec<String>,
}

impl From<(String, u32, u32, String)> for Seen {
    fn from((is, holds, of, example): (String, u32, u32, String)) -> Self {
        Self { is, holds, of, example }
    }
}

impl From<Seen> for (String, u32, u32, String) {
    fn from(seen: Seen) -> Self {
        (seen.is, seen.holds, seen.of, seen.example)
    }
}

static SHIPPED: LazyLock<Learned> = LazyLock::new(|| from_toml(SHIPPED_TEXT).unwrap_or_default());

const SHIPPED_TEXT: &str = include_str!("../../../../corpus/learned/systems/learned.toml");

/// What was learned from the public collection and is part of the program.
pub fn shipped() -> &'static Learned {
    &SHIPPED
}

/// Reads a file of what was learned.
pub fn from_toml(text: &str) -> Result<Learned, toml::de::Error> {
    toml::from_str(text)
}

/// Counts of what values are, with the place of the first of each.
type Counts = BTreeMap<Wanted, (u32, String)>;

impl Learned {
    /// Learns from working configurations. Their order does not matter.
    pub fn of(samples: &[Sample]) -> Self {
        let mut counted: BTreeMap<System, BTreeMap<&str, Counts>> = BTreeMap::new();
        let mut sorted: Vec<_> = samples.iter().collect();
        sorted.sort_by_key(|sample| (sample.system, sample.file.path()));
        for sample in sorted {
            let of_system = counted.entry(sample.system).or_default();
            for setting in &sample.settings.settings {
                let Some(is) = class(&setting.value) else { continue };
                let line = sample.file.location(setting.name_span).line;
                let counts = of_system.entry(setting.name.as_str()).or_default();
                let first = || (0, format!("{} in {}:{line}", setting.value, sample.file.path()));
                counts.entry(is).or_insert_with(first).0 += 1;
            }
        }
        let parameters: BTreeMap<_, BTreeMap<_, _>> = counted
            .iter()
            .map(|(system, parameters)| {
                let seen = parameters
                    .iter()
                    .filter_map(|(name, counts)| Some(((*name).to_owned(), Seen::of(counts)?)));
                (system.to_string(), seen.collect())
            })
            .collect();
        let endings = endings(&parameters);
        // That a parameter holds text says something only if its name says otherwise.
        let text = Wanted::Anything.as_str();
        let telling = |(system, mut parameters): (String, BTreeMap<String, Seen>)| {
            parameters.retain(|name, seen| seen.is != text || names::meaning(name).is_some());
            (system, parameters)
        };
        let parameters = parameters.into_iter().map(telling).collect();
        let samples = u32::try_from(samples.len()).unwrap_or(u32::MAX);
        Self { samples, parameters, endings, tolerated: BTreeMap::new() }
    }

    /// Adds a pair of parameters whose relation a working configuration breaks.
    pub fn tolerate(&mut self, system: System, pair: (String, String)) {
        self.tolerated.entry(system.to_string()).or_default().insert(pair);
    }

    /// Whether a working configuration breaks the relation of these two.
    pub fn tolerates(&self, system: System, first: &str, second: &str) -> bool {
        let pair = (first.to_owned(), second.to_owned());
        self.tolerated.get(system.as_str()).is_some_and(|pairs| pairs.contains(&pair))
    }

    /// What was seen of a parameter.
    pub fn seen(&self, system: System, name: &str) -> Option<&Seen> {
        self.parameters.get(system.as_str())?.get(name)
    }

    /// The rule of the longest ending of a name that has one.
    pub fn ending(&self, name: &str) -> Option<(String, &Ending)> {
        let words = names::words(name);
        ends(&words).find_map(|end| self.endings.get(&end).map(|rule| (end.clone(), rule)))
    }

    /// The file that [`from_toml`] reads, with the comment before it.
    pub fn to_toml(&self, comment: &str) -> Result<String, toml::ser::Error> {
        let comment: String = comment.lines().map(|line| format!("# {line}\n")).collect();
        Ok(format!("{comment}\n{}", toml::to_string(self)?))
    }
}

impl Seen {
    fn of(counts: &Counts) -> Option<Self> {
        let of = counts.values().map(|(count, _)| count).sum();
        let most = counts.iter().rev().max_by_key(|(_, (count, _))| *count)?;
        let (is, (holds, example)) = most;
        Some(Self { is: is.as_str().to_owned(), holds: *holds, of, example: example.clone() })
    }
}

/// The endings of a name in words that rules may be about: the longer first.
fn ends(words: &[String]) -> impl Iterator<Item = String> {
    [2, 1].into_iter().filter_map(|length| {
        let start = words.len().checked_sub(length)?;
        Some(words.get(start..)?.join(" "))
    })
}

/// The rules on endings.
fn endings(parameters: &BTreeMap<String, BTreeMap<String, Seen>>) -> BTreeMap<String, Ending> {
    let mut groups: BTreeMap<String, Vec<(&str, &str, &Seen)>> = BTreeMap::new();
    for (system, parameters) in parameters {
        for (name, seen) in parameters {
            for end in ends(&names::words(name)) {
                groups.entry(end).or_default().push((system, name, seen));
            }
        }
    }
    groups.into_iter().filter_map(|(end, group)| Some((end, ending(&group)?))).collect()
}

/// The rule on the parameters that end alike, if they agree.
fn ending(group: &[(&str, &str, &Seen)]) -> Option<Ending> {
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    for (_, _, seen) in group {
        *counts.entry(seen.is.as_str()).or_default() += 1;
    }
    let (is, holds) = counts.into_iter().rev().max_by_key(|(_, count)| *count)?;
    let of = u32::try_from(group.len()).ok()?;
    let agreeing = || group.iter().filter(|(_, _, seen)| seen.is == is);
    let systems: BTreeSet<_> = agreeing().map(|(system, _, _)| system).collect();
    let telling = is != Wanted::Anything.as_str() && is != Wanted::Constant.as_str();
    if !telling || systems.len() < 2 || wilson_lower(holds, of, Z_95) < LEAST_SHARE {
        return None;
    }
    let example = |(_, name, seen): &(&str, &str, &Seen)| format!("{name}={}", seen.example);
    let examples = agreeing().take(3).map(example).collect();
    let systems = u32::try_from(systems.len()).ok()?;
    Some(Ending { is: is.to_owned(), holds, of, systems, examples })
}

/// What a value of a working configuration is; nothing if it says nothing about others.
pub(super) fn class(value: &str) -> Option<Wanted> {
    let capitals = |text: &str| {
        text.len() > 2
            && text.starts_with(|c: char| c.is_ascii_uppercase())
            && text.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
    };
    match kind(value) {
        Kind::Empty | Kind::Reference => None,
        Kind::Boolean => Some(Wanted::Boolean),
        Kind::Permission => Some(Wanted::Permission),
        Kind::Percent | Kind::Integer | Kind::Decimal | Kind::Duration | Kind::Size => {
            Some(Wanted::Number)
        }
        _ if super::typing::is_arithmetic(value) => Some(Wanted::Number),
        Kind::Word if capitals(value) => Some(Wanted::Constant),
        _ => Some(Wanted::Anything),
    }
}

#[cfg(test)]
mod tests;
