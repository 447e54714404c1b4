//! Scores on labelled configurations, laid out and labelled like those of Ciri.
//!
//! File level: a faulty file with any report counts as found, a correct one with any as a false
//! alarm. Parameter level: each reported parameter that is at fault is found, each other one is a
//! false alarm, in correct files too, and each parameter at fault that is not reported is missed.
//! Two parameters are at fault where a relation of their values is. Averages over systems weigh
//! each system the same. Notes do not count as reports.
//!
//! Source of the layout and of the scores: xlab-uiuc/ciri (ICSE 2025).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use seatrial_core::{Severity, SourceFile};
use seatrial_parse::settings;
use serde::Deserialize;
use thiserror::Error;

use super::check::learn;
use super::learned::{Learned, Sample};
use super::{Knowledge, System, learned};

mod table;

pub use table::render;

/// A labelled configuration.
#[derive(Clone, Debug)]
pub struct Case {
    /// The system.
    pub system: System,
    /// The path below the directory, such as `hdfs/Misconfig/3_syntax`.
    pub place: String,
    /// The configuration alone.
    pub text: String,
    /// What is wrong with it.
    pub fault: Option<Fault>,
}

/// What is wrong with a faulty configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The category, by the file's name: `syntax`, `range`, `dependency` or `version`.
    pub category: String,
    /// The subcategory, told from the reason; `other` if it cannot be told.
    pub subcategory: &'static str,
    /// The parameters at fault.
    pub parameters: BTreeSet<String>,
}

/// Why a file is no labelled configuration.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Unlabelled {
    /// There is no answer in the file.
    #[error("`{0}` has no label: no line `Answer:` with a JSON object behind it")]
    NoAnswer(String),
    /// The answer cannot be read.
    #[error("the label of `{0}` cannot be read: {1}")]
    BadAnswer(String, String),
    /// The answer contradicts itself or the folder.
    #[error("the label of `{0}` contradicts itself: {1}")]
    Contradictory(String, &'static str),
}

#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "hasError")]
    has_error: bool,
    #[serde(rename = "errParameter")]
    parameters: Vec<String>,
    #[serde(default)]
    reason: Vec<String>,
}

impl Case {
    /// Reads a file of which the folder has this name; `place` is its path for messages.
    pub fn read(system: System, place: &str, text: &str) -> Result<Self, Unlabelled> {
        let no_answer = || Unlabelled::NoAnswer(place.to_owned());
        let (configuration, question) = text.split_once("Question:").ok_or_else(no_answer)?;
        let (_, answer) = question.split_once("Answer:").ok_or_else(no_answer)?;
        let start = answer.find('{').ok_or_else(no_answer)?;
        let end = answer.rfind('}').ok_or_else(no_answer)?;
        let json = answer.get(start..=end).ok_or_else(no_answer)?;
        let answer: Answer = serde_json::from_str(json)
            .map_err(|error| Unlabelled::BadAnswer(place.to_owned(), error.to_string()))?;
        if answer.has_error == answer.parameters.is_empty() {
            let message = "`hasError` and `errParameter` do not agree";
            return Err(Unlabelled::Contradictory(place.to_owned(), message));
        }
        let fault = answer.has_error.then(|| fault(place, &answer));
        let (place, text) = (place.to_owned(), configuration.to_owned());
        Ok(Self { system, place, text, fault })
    }

    /// The configuration as one to learn from.
    pub fn sample(&self) -> Sample {
        let settings = settings::read(&self.text, self.system.dialect_of(&self.text));
        let file = Arc::new(SourceFile::new(self.place.as_str(), self.text.as_str()));
        Sample { system: self.system, file, settings }
    }
}

fn fault(place: &str, answer: &Answer) -> Fault {
    let name = place.rsplit('/').next().unwrap_or_default();
    let category = name.split_once('_').map_or("unknown", |(_, category)| category).to_owned();
    let reason = answer.reason.join(" ");
    let subcategory = subcategory(&category, &reason);
    let mut parameters: BTreeSet<_> = answer.parameters.iter().cloned().collect();
    if subcategory == "value relationship" {
        parameters.extend(reason.split('\'').skip(1).step_by(2).map(str::to_owned));
    }
    Fault { category, subcategory, parameters }
}

/// The subcategory that a reason speaks of.
fn subcategory(category: &str, reason: &str) -> &'static str {
    let phrases = [
        ("correct type", "data type"),
        ("incorrect unit", "data type"),
        ("path format", "path"),
        ("URL format", "url"),
        ("IP address", "ip address"),
        ("port format", "port"),
        ("a port", "port"),
        ("permission", "permission"),
        ("exceeds the range", "basic numeric"),
        ("{true,false}", "bool"),
        ("accepted value", "enum"),
        ("to enable", "control"),
        ("smaller or equal", "value relationship"),
    ];
    if category == "version" {
        return "parameter change";
    }
    let found = phrases.into_iter().find(|(phrase, _)| reason.contains(phrase));
    found.map_or("other", |(_, subcategory)| subcategory)
}

/// With what the configurations are checked; each mode is reported by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mode {
    /// What was learned from working configurations, and what names mean in any system.
    Shots,
    /// The documentation of the systems too.
    Facts,
    /// The full list of the names of parameters too.
    Names,
}

impl Mode {
    /// All modes, from the least knowledge to the most.
    pub const ALL: [Self; 3] = [Self::Shots, Self::Facts, Self::Names];

    /// What is printed above the scores.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Shots => "shots: learned from working configurations, and words of names",
            Self::Facts => "documentation: that, and documented facts about parameters",
            Self::Names => "key list: that, and the full list of the names of parameters",
        }
    }

    fn knowledge(self, system: System, learned: &Learned) -> Knowledge<'_> {
        let knowledge = Knowledge::learned(system, learned);
        match self {
            Self::Shots => knowledge,
            Self::Facts => knowledge.with_facts(),
            Self::Names => knowledge.with_names(),
        }
    }
}

/// Hits and misses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Counts {
    /// Faults found.
    pub found: u32,
    /// False alarms.
    pub false_alarms: u32,
    /// Faults missed.
    pub missed: u32,
    /// What is correct and not reported.
    pub passed: u32,
}

impl Counts {
    /// The share of reports that are right; one if there is none.
    pub fn precision(self) -> f64 {
        ratio(self.found, self.found + self.false_alarms)
    }

    /// The share of faults that are reported; one if there is none.
    pub fn recall(self) -> f64 {
        ratio(self.found, self.found + self.missed)
    }

    /// The harmonic mean of the two.
    pub fn f1(self) -> f64 {
        ratio(2 * self.found, 2 * self.found + self.false_alarms + self.missed)
    }
}

fn ratio(part: u32, whole: u32) -> f64 {
    if whole == 0 { 1.0 } else { f64::from(part) / f64::from(whole) }
}

/// Scores of files and of parameters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Score {
    /// Of files.
    pub files: Counts,
    /// Of parameters.
    pub parameters: Counts,
}

/// What one mode comes to.
#[derive(Clone, Debug)]
pub struct Scores {
    /// The mode.
    pub mode: Mode,
    /// By system.
    pub systems: BTreeMap<System, Score>,
    /// By category and subcategory: faults found (by a parameter at fault), and how many there are.
    pub categories: BTreeMap<(String, &'static str), (u32, u32)>,
    /// Faults of which no parameter was reported, and false alarms, with what was said.
    pub details: Vec<String>,
}

/// What the checks are learned from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Training {
    /// What is shipped: for files that it was not learned from.
    Shipped,
    /// The correct files that are judged, always without the one being judged.
    LeaveOneOut,
}

/// Judges all files in one mode.
pub fn evaluate(cases: &[Case], mode: Mode, training: Training) -> Scores {
    let correct = || cases.iter().filter(|case| case.fault.is_none());
    let all: Vec<_> = correct().map(Case::sample).collect();
    let whole = match training {
        Training::Shipped => learned::shipped().clone(),
        Training::LeaveOneOut => learn(&all),
    };
    let mut scores =
        Scores { mode, systems: BTreeMap::new(), categories: BTreeMap::new(), details: Vec::new() };
    for case in cases {
        let without = (training == Training::LeaveOneOut && case.fault.is_none()).then(|| {
            let others: Vec<_> =
                all.iter().filter(|sample| **sample.file.path() != *case.place).cloned().collect();
            learn(&others)
        });
        let learned = without.as_ref().unwrap_or(&whole);
        scores.judge(case, &mode.knowledge(case.system, learned));
    }
    scores
}

impl Scores {
    fn judge(&mut self, case: &Case, knowledge: &Knowledge<'_>) {
        let file = SourceFile::new(case.place.as_str(), case.text.as_str());
        let settings = settings::read(&case.text, case.system.dialect_of(&case.text));
        let mut alarms = knowledge.check(&file, &settings);
        alarms.retain(|alarm| alarm.finding.severity >= Severity::Warning);
        let reported: BTreeSet<&str> =
            alarms.iter().flat_map(|alarm| alarm.parameters.iter().map(String::as_str)).collect();
        let at_fault: BTreeSet<&str> = case.fault.iter().flat_map(Fault::names).collect();
        let score = self.systems.entry(case.system).or_default();
        let counts = &mut score.files;
        let counter = match (case.fault.is_some(), !reported.is_empty()) {
            (true, true) => &mut counts.found,
            (true, false) => &mut counts.missed,
            (false, true) => &mut counts.false_alarms,
            (false, false) => &mut counts.passed,
        };
        *counter += 1;
        let count = |names: usize| u32::try_from(names).unwrap_or(u32::MAX);
        let parameters = &mut score.parameters;
        let found = count(reported.intersection(&at_fault).count());
        parameters.found += found;
        parameters.false_alarms += count(reported.difference(&at_fault).count());
        parameters.missed += count(at_fault.difference(&reported).count());
        parameters.passed += count(settings.settings.len().saturating_sub(reported.len()));
        if let Some(fault) = &case.fault {
            let of =
                self.categories.entry((fault.category.clone(), fault.subcategory)).or_default();
            of.0 += u32::from(found > 0);
            of.1 += 1;
            if found == 0 {
                let names = fault.parameters.iter().cloned().collect::<Vec<_>>().join(", ");
                self.details.push(format!("missed in {}: {names}", case.place));
            }
        }
        for alarm in alarms
            .iter()
            .filter(|alarm| !alarm.parameters.iter().any(|name| at_fault.contains(name.as_str())))
        {
            let message = &alarm.finding.message;
            self.details.push(format!("false alarm in {}: {message}", case.place));
        }
    }

    /// The average over the systems of a figure, each weighing the same.
    pub fn average(&self, figure: impl Fn(&Score) -> f64) -> f64 {
        let systems = u32::try_from(self.systems.len()).unwrap_or(u32::MAX);
        if systems == 0 {
            0.0
        } else {
            self.systems.values().map(figure).sum::<f64>() / f64::from(systems)
        }
    }
}

impl Fault {
    fn names(&self) -> impl Iterator<Item = &str> {
        self.parameters.iter().map(String::as_str)
    }
}

#[cfg(test)]
mod tests;
