//! Examples before a question, made from what was learned.
//!
//! As Ciri does (ICSE 2025), a question follows one example without a fault and up to three with one
//! fault each. What was learned nearest to the subject comes first: of parameters, those whose names
//! share most words with one of its own; of learned rules on manifests, those about its kind and its
//! fields. The example without a fault shows values that working configurations have; each of the
//! others has one of them broken in the way that the rule on it forbids.

use std::collections::BTreeSet;

use seatrial_core::Span;
use serde_json::json;

use super::subject::{Line, Subject};
use crate::manifests::{Rule, Template};
use crate::systems::learned::Learned;
use crate::systems::{System, Wanted, names};

/// Lines of an example, as many as a configuration of Ciri's has.
const LINES: usize = 8;

/// Examples with a fault, as many as Ciri's best prompt has.
const FAULTY: usize = 3;

/// One example.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shot {
    /// Its lines.
    pub lines: Vec<Line>,
    /// The name that is to be blamed, and why; nothing if all is right.
    pub fault: Option<(String, String)>,
}

impl Shot {
    /// The answer to it.
    pub fn answer(&self) -> String {
        let (names, reasons): (Vec<_>, Vec<_>) = self.fault.iter().cloned().unzip();
        json!({"hasError": self.fault.is_some(), "errParameter": names, "reason": reasons})
            .to_string()
    }
}

/// Something learned that an example can show: lines that keep it, and how it is broken.
struct Lesson {
    lines: Vec<Line>,
    /// The value of the first line that breaks it, and why it does.
    broken: Option<(String, String)>,
}

/// Examples for the configuration of a system.
pub fn for_settings(system: System, learned: &Learned, subject: &Subject) -> Vec<Shot> {
    let asked: Vec<BTreeSet<String>> =
        subject.lines.iter().map(|line| word_set(&line.name)).collect();
    let of_system = learned.parameters.get(system.as_str()).into_iter().flatten();
    let mut nearest: Vec<_> = of_system
        .map(|(name, seen)| {
            let own = word_set(name);
            let near = asked.iter().map(|words| shared(&own, words)).max().unwrap_or_default();
            (std::cmp::Reverse(near), name, seen)
        })
        .collect();
    nearest.sort_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)));
    let lessons = nearest.into_iter().map(|(_, name, seen)| {
        let value = seen.example.rsplit_once(" in ").map_or("", |(value, _)| value);
        let wanted = Wanted::named(&seen.is);
        let broken = wanted.as_ref().and_then(|wanted| Some((breach(wanted)?, wanted)));
        let broken = broken.map(|(other, wanted)| {
            (other.to_owned(), format!("`{other}` is not {wanted}, as in {}", seen.example))
        });
        Lesson { lines: vec![line(name, value)], broken }
    });
    examples(lessons)
}

/// Examples for an object, from learned rules.
pub fn for_object<'a>(rules: impl Iterator<Item = &'a Rule>, subject: &Subject) -> Vec<Shot> {
    let leaf = |name: &str| name.rsplit('/').next().unwrap_or_default().to_owned();
    let asked: BTreeSet<String> = subject.lines.iter().map(|line| leaf(&line.name)).collect();
    let kind = subject.lines.iter().find(|line| line.name == "/kind");
    let kind = kind.map_or("", |line| line.value.trim_matches('"'));
    let has_pods = subject.lines.iter().any(|line| line.name.contains("/containers/"));
    let mut nearest: Vec<_> = rules
        .filter_map(|rule| {
            let lesson = lesson(rule)?;
            let same_field = lesson.lines.iter().any(|line| asked.contains(&leaf(&line.name)));
            let head = rule.head();
            let of_kind = head.split('.').next() == Some(kind) || (head == "pod" && has_pods);
            let near = 2 * u32::from(same_field) + u32::from(of_kind);
            (near > 0)
                .then(|| (std::cmp::Reverse((near, rule.evidence.holding)), rule.id(), lesson))
        })
        .collect();
    nearest.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
    let mut told = BTreeSet::new();
    let lessons = nearest.into_iter().map(|(_, _, lesson)| lesson);
    examples(
        lessons
            .filter(move |lesson| lesson.lines.iter().all(|line| told.insert(line.name.clone()))),
    )
}

/// One example without a fault, and some with one.
fn examples(lessons: impl Iterator<Item = Lesson>) -> Vec<Shot> {
    let lessons: Vec<Lesson> = lessons.take(LINES * (FAULTY + 1)).collect();
    let all = |lessons: &[&Lesson]| -> Vec<Line> {
        lessons.iter().flat_map(|lesson| lesson.lines.clone()).take(LINES).collect()
    };
    let near: Vec<&Lesson> = lessons.iter().take(LINES).collect();
    if near.is_empty() {
        return Vec::new();
    }
    let mut shots = Vec::new();
    let breakable = lessons.iter().enumerate().filter(|(_, lesson)| lesson.broken.is_some());
    for (at, lesson) in breakable.take(FAULTY) {
        let Some((value, reason)) = &lesson.broken else { continue };
        let others = near.iter().copied().filter(|other| !std::ptr::eq(*other, lesson));
        let mut lines = lesson.lines.clone();
        let Some(first) = lines.first_mut() else { continue };
        value.clone_into(&mut first.value);
        let fault = Some((first.name.clone(), reason.clone()));
        lines.extend(all(&others.collect::<Vec<_>>()));
        lines.truncate(LINES);
        // The fault does not always stand first.
        let length = lines.len().max(1);
        lines.rotate_right(at * 3 % length);
        shots.push(Shot { lines, fault });
    }
    shots.push(Shot { lines: all(&near), fault: None });
    shots
}

/// What a rule teaches, if a value shows it.
fn lesson(rule: &Rule) -> Option<Lesson> {
    let path = |column: &str| pointer(&rule.context, column);
    let (common, _) = rule.evidence.values.first()?;
    let because = |what: String| {
        let evidence = &rule.evidence;
        format!("{what}: so it is in {} of {} objects", evidence.holding, evidence.objects)
    };
    let words = || because(rule.template.in_words());
    let one = |column: &str, broken: Option<String>| {
        let broken = broken.map(|value| (written(&value), words()));
        Some(Lesson { lines: vec![line(&path(column)?, &written(common))], broken })
    };
    match &rule.template {
        Template::Values { column, values } | Template::Spelling { column, values } => {
            one(column, slip(common).filter(|slip| !values.contains(slip)))
        }
        Template::Type { column, .. } => {
            let other = if common.parse::<f64>().is_ok() { "many" } else { "-1" };
            one(column, Some(other.to_owned()))
        }
        Template::Range { column, high, .. } => {
            one(column, Some(format!("{:.0}", high.max(1.0) * 1000.0)))
        }
        Template::Shape { column, .. } | Template::Units { column, .. } => one(column, None),
        Template::AtMost { lesser, greater } => Some(Lesson {
            lines: vec![line(&path(lesser)?, "1"), line(&path(greater)?, "2")],
            broken: Some(("3".to_owned(), words())),
        }),
        _ => None,
    }
}

/// Where a column of a context stands, in the first item of each list.
fn pointer(context: &str, column: &str) -> Option<String> {
    let below = context.split_once(':').map_or("", |(_, path)| path);
    let plain = !column.contains(['{', '"', '*']) || column.ends_with("[*]");
    let path = if below.is_empty() { column.to_owned() } else { format!("{below}.{column}") };
    let path = path.replace("[name=*]", ".0").replace("[*]", ".0");
    plain.then(|| format!("/{}", path.replace('.', "/")))
}

/// A value as JSON would have it.
fn written(value: &str) -> String {
    let plain = value.parse::<f64>().is_ok() || value == "true" || value == "false";
    if plain { value.to_owned() } else { json!(value).to_string() }
}

/// A text with its middle letters swapped.
fn slip(text: &str) -> Option<String> {
    let mut letters: Vec<char> = text.chars().collect();
    let middle = letters.len() / 2;
    let differ = middle > 1 && letters.get(middle - 1) != letters.get(middle);
    differ.then(|| {
        letters.swap(middle - 1, middle);
        letters.into_iter().collect()
    })
}

/// A value that is not what is wanted.
const fn breach(wanted: &Wanted) -> Option<&'static str> {
    match wanted {
        Wanted::Boolean => Some("-1"),
        Wanted::Number => Some("ten"),
        Wanted::Port => Some("70000"),
        Wanted::Permission => Some("0888"),
        Wanted::Constant => Some("something"),
        Wanted::Choice(_) | Wanted::Anything => None,
    }
}

fn line(name: &str, value: &str) -> Line {
    Line { name: name.to_owned(), value: value.to_owned(), span: Span::default() }
}

fn word_set(name: &str) -> BTreeSet<String> {
    names::words(name).into_iter().collect()
}

/// The share of words that two names have in common, in thousandths of all their words.
fn shared(a: &BTreeSet<String>, b: &BTreeSet<String>) -> usize {
    let all = a.union(b).count().max(1);
    a.intersection(b).count() * 1000 / all
}
