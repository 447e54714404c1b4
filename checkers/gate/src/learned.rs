//! Learned rules: learning them from directories, and holding objects against them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;
use seatrial_core::{Finding, Location, Part, ResourceId, Rule, Severity, SourceFile, Span};
use seatrial_learn::manifests::{
    Checker, Corpus, Departure, Learned, Reviewed, RuleFile, Settings, State, learn,
};
use seatrial_manifests::Object;
use seatrial_parse::Unreadable;
use thiserror::Error;

use crate::config::Config;
use crate::entailed::{Written, pointer_said};
use crate::files::{self, Input, Search};
use crate::progress::Progress;

/// The rules learned from public collections.
pub const SHIPPED: &str = include_str!("../../../corpus/learned/kubernetes.toml");

/// The name by which a user asks for [`SHIPPED`].
pub const SHIPPED_NAME: &str = "kubernetes";

/// So many files are read at once: their trees are dropped before the next are read.
const FILES_AT_ONCE: usize = 512;

/// Learned rules that cannot be had.
#[derive(Debug, Error)]
pub enum LearnError {
    /// A file of rules cannot be used.
    #[error("{0}")]
    Rules(String),
    /// The operating system refuses a file.
    #[error("`{path}`: {why}")]
    Refused {
        /// The file.
        path: String,
        /// What is wrong, as a lower-case fragment.
        why: String,
    },
    /// There is nothing to learn from.
    #[error("there are no Kubernetes objects below {paths}{unread}")]
    Nothing {
        /// Where they were looked for.
        paths: String,
        /// What could not be read there, or nothing.
        unread: String,
    },
    /// Two files have different reviews of one rule.
    #[error("the rule `{id}` is {one} in `{first}` and {other} in `{second}`: which review holds?")]
    Contradiction {
        /// The rule.
        id: String,
        /// The state in the one file.
        one: State,
        /// The one file.
        first: String,
        /// The state in the other file.
        other: State,
        /// The other file.
        second: String,
    },
    /// Threads cannot be started.
    #[error("threads cannot be started: {0}")]
    Threads(#[from] rayon::ThreadPoolBuildError),
    /// Everything comes from one place, so that nothing can be confirmed by another.
    #[error(
        "too few folders with objects, {sources}: a rule needs {needed} that agree independently"
    )]
    OneSource {
        /// How many folders have objects.
        sources: usize,
        /// How many are needed.
        needed: u32,
    },
}

/// What was learned, and what could not be read.
#[derive(Debug)]
pub struct Lesson {
    /// The rules.
    pub learned: Learned,
    /// The documents that could not be read, as `file:line: why`.
    pub unread: Vec<String>,
}

/// Learns rules from the manifests below the paths, on so many threads. A folder is a source; a collection is what lies
/// in one folder of a path, or the path itself where there are several.
pub fn learn_from(
    paths: &[PathBuf],
    config: &Config,
    threads: Option<usize>,
    progress: &Progress,
) -> Result<Lesson, LearnError> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.unwrap_or(0)).build()?;
    pool.install(|| learn_here(paths, config, progress))
}

fn learn_here(
    paths: &[PathBuf],
    config: &Config,
    progress: &Progress,
) -> Result<Lesson, LearnError> {
    let gitignore = config.settings.gitignore.unwrap_or(true);
    let search = Search { paths, config, gitignore, systems: false };
    let (found, _) = files::find(&search);
    let mut corpus = Corpus::default();
    let mut unread = Vec::new();
    progress.begin(0, found.len());
    for chunk in found.chunks(FILES_AT_ONCE) {
        let read: Vec<_> = chunk
            .par_iter()
            .map(|file| {
                progress.step();
                match files::read(file) {
                    Input::Text { file, .. } => Ok(seatrial_manifests::read(file)),
                    Input::Unreadable(unfit) => Err(unfit),
                    Input::Excluded(path) => {
                        Ok(seatrial_manifests::read(Arc::new(SourceFile::new(path, ""))))
                    }
                }
            })
            .collect();
        for read in read {
            let manifest = match read {
                Ok(manifest) => manifest,
                Err(unfit) if unfit.refused => {
                    let path = unfit.location.path.to_string();
                    return Err(LearnError::Refused { path, why: unfit.message });
                }
                Err(unfit) => {
                    unread.push(told(&unfit.location, &unfit.message));
                    continue;
                }
            };
            let told = |document: &Unreadable| {
                told(&manifest.file.location(document.problem.span), &document.problem.message)
            };
            unread.extend(manifest.unreadable.iter().map(told));
            for object in &manifest.objects {
                let (source, group) = origin(object.file.path(), paths);
                corpus.add(object, &source, &group);
            }
        }
    }
    let settings = Settings::default();
    if corpus.is_empty() {
        let shown: Vec<String> = paths.iter().map(|path| format!("`{}`", path.display())).collect();
        let first = unread.first().map(|first| format!("; what cannot be read: {first}"));
        let (paths, unread) = (shown.join(", "), first.unwrap_or_default());
        return Err(LearnError::Nothing { paths, unread });
    }
    if corpus.sources() < settings.sources as usize {
        let sources = corpus.sources();
        return Err(LearnError::OneSource { sources, needed: settings.sources });
    }
    progress.begin(3, corpus.len());
    let written = Written::default();
    let learned = learn(&mut corpus, &settings, &|rule| written.entails(rule));
    Ok(Lesson { learned, unread })
}

fn told(at: &Location, message: &str) -> String {
    format!("{}:{}: {message}", at.path, at.line)
}

/// The source and the collection of a file.
fn origin(file: &str, paths: &[PathBuf]) -> (String, String) {
    let source = file.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
    let root = paths.iter().enumerate().find_map(|(at, path)| {
        let root = path.to_string_lossy();
        let root = root.trim_start_matches("./").trim_end_matches('/');
        let rest =
            if root == "." || root.is_empty() { Some(file) } else { file.strip_prefix(root) };
        Some((at, rest?.trim_start_matches('/')))
    });
    let group = match root {
        Some((at, _)) if paths.len() > 1 => format!("path {at}"),
        Some((_, rest)) => rest.split_once('/').map_or("", |(first, _)| first).to_owned(),
        None => String::new(),
    };
    (source, group)
}

/// Reads a file of learned rules; `kubernetes`, where there is no such file, is the shipped set.
pub fn read_rules(path: &Path) -> Result<RuleFile, LearnError> {
    if path == Path::new(SHIPPED_NAME) && !files::exists(path) {
        return RuleFile::parse(SHIPPED)
            .map_err(|error| LearnError::Rules(format!("the shipped rules: {error}")));
    }
    let text = files::text_of(path)
        .map_err(|error| LearnError::Rules(format!("`{}`: {error}", path.display())))?;
    RuleFile::parse(&text).map_err(|error| {
        LearnError::Rules(format!("{}:{}: {}", path.display(), error.line, error.message))
    })
}

/// Rules in force, and how each is shown.
#[derive(Debug, Default)]
pub(crate) struct LearnedRules {
    rules: Vec<Reviewed>,
    shown: Vec<Rule>,
}

impl LearnedRules {
    /// Takes the rules of the files, the more certain first. A review holds over a rule that is
    /// pending in another file; two that differ are refused.
    pub(crate) fn load(paths: &[PathBuf], today: &str) -> Result<Self, LearnError> {
        let mut by_id: BTreeMap<String, (Reviewed, &Path)> = BTreeMap::new();
        for path in paths {
            for mut rule in read_rules(path)?.rules {
                rule.state = rule.state_on(today);
                let id = rule.rule.id();
                let earlier = by_id.get(&id).map(|(earlier, first)| (earlier.state, *first));
                match earlier {
                    Some((one, _)) if one == rule.state || rule.state == State::Pending => {}
                    Some((one, first)) if one != State::Pending => {
                        let (first, second) = (first.display(), path.display());
                        let (first, second) = (first.to_string(), second.to_string());
                        let other = rule.state;
                        return Err(LearnError::Contradiction { id, one, first, other, second });
                    }
                    _ => {
                        by_id.insert(id, (rule, path));
                    }
                }
            }
        }
        let mut all: Vec<Reviewed> = by_id.into_values().map(|(rule, _)| rule).collect();
        all.retain(|rule| matches!(rule.state, State::Pending | State::Accepted));
        // They are in the order of their ids.
        all.sort_by_key(|rule| (rule.state != State::Accepted, rule.rule.template.is_convention()));
        let shown = all.iter().map(shown).collect();
        Ok(Self { rules: all, shown })
    }

    /// What the rules say of themselves.
    pub(crate) fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.shown.iter()
    }

    /// All that decides what is said by the rules.
    pub(crate) fn texts(&self) -> impl Iterator<Item = String> {
        self.rules.iter().map(|rule| format!("{rule:?}"))
    }

    /// The rules that examples are made from: these, or the shipped ones if there are none.
    pub(crate) fn teaching(&self) -> Vec<seatrial_learn::manifests::Rule> {
        let own = self.rules.iter();
        if self.rules.is_empty() {
            let shipped = RuleFile::parse(SHIPPED).unwrap_or_default();
            return shipped.rules.into_iter().map(|reviewed| reviewed.rule).collect();
        }
        own.map(|reviewed| reviewed.rule.clone()).collect()
    }

    /// Holds objects against the rules; what a written rule has reported at the same place is left
    /// out.
    pub(crate) fn check(&self, objects: &[Object], written: &[Finding]) -> Vec<Finding> {
        if self.rules.is_empty() {
            return Vec::new();
        }
        let objects: Vec<&Object> = objects.iter().collect();
        let said: BTreeSet<Said<'_>> = written.iter().filter_map(said).collect();
        let departures = Checker::new(self.rules.iter().map(|rule| &rule.rule)).check(&objects);
        let files: BTreeMap<&str, &SourceFile> =
            objects.iter().map(|object| (&**object.file.path(), &*object.file)).collect();
        let findings = departures.iter().filter_map(|departure| self.finding(departure, &files));
        findings
            .filter(|finding| !self::said(finding).is_some_and(|place| said.contains(&place)))
            .collect()
    }

    fn finding(
        &self,
        departure: &Departure<'_>,
        files: &BTreeMap<&str, &SourceFile>,
    ) -> Option<Finding> {
        let Reviewed { rule, state, .. } = self.rules.get(departure.rule)?;
        let severity = if *state == State::Accepted { Severity::Error } else { Severity::Warning };
        let evidence = &rule.evidence;
        let mut finding = Finding::new(
            format!("learned-{}", rule.id()),
            severity,
            departure.location.clone(),
            departure.message.clone(),
        )
        .of(departure.resource, departure.pointer.clone())
        .because(format!(
            "learned: in `{}`, {}: so it is in {} of {} objects from {} sources ({:.1} %)",
            rule.context,
            rule.template.in_words(),
            evidence.holding,
            evidence.objects,
            evidence.sources,
            rule.percent(),
        ));
        for (location, message) in &departure.related {
            finding = finding.related_to(location.clone(), message.clone());
        }
        let of_others = [
            (evidence.examples.first(), "so it is here"),
            (evidence.dissenter.as_ref(), "not so here either"),
        ];
        for (place, message) in of_others {
            let location = place.and_then(|place| location_of(place, files));
            if let Some(location) = location.filter(|it| !is_same_line(it, &departure.location)) {
                finding = finding.related_to(location, message);
            }
        }
        if !evidence.examples.is_empty() {
            finding = finding.because(format!("as in {}", evidence.examples.join(", ")));
        }
        if let Some(dissenter) = &evidence.dissenter {
            finding = finding.because(format!("not so in {dissenter}"));
        }
        let total = evidence.values.iter().map(|(_, count)| *count).sum::<u32>().max(1);
        let share = |count: u32| 100.0 * f64::from(count) / f64::from(total);
        if !evidence.values.is_empty() {
            let shown: Vec<_> =
                evidence.values.iter().map(|(value, count)| format!("`{value}` {count}")).collect();
            finding = finding.because(format!("the most common values: {}", shown.join(", ")));
        }
        let of_value = |value: &str| evidence.values.iter().find(|(text, _)| text == value);
        let common = evidence.values.first().filter(|(_, count)| share(*count) >= 50.0);
        match (&departure.suggestion, common) {
            (Some((value, _)), _) => {
                let count = of_value(value)
                    .map_or(String::new(), |(_, n)| format!(", as {:.0} % do", share(*n)));
                finding = finding.help(format!("write `{value}`{count}"));
            }
            (None, Some((value, count))) => {
                finding = finding.help(format!("write `{value}`, as {:.0} % do", share(*count)));
            }
            _ => {}
        }
        Some(finding)
    }
}

/// The place that `file:line` means. Of a file that is not at hand, the line is all that is known.
fn location_of(place: &str, files: &BTreeMap<&str, &SourceFile>) -> Option<Location> {
    let (path, line) = place.rsplit_once(':')?;
    let line: u32 = line.parse().ok()?;
    let Some(file) = files.get(path) else {
        let somewhere = Span::new(1, 1);
        return Some(Location {
            line,
            end_line: line,
            span: somewhere,
            ..Location::start_of(path.into())
        });
    };
    let before = usize::try_from(line.checked_sub(1)?).ok()?;
    let mut lines = file.text().split_inclusive('\n');
    let start: usize = lines.by_ref().take(before).map(str::len).sum();
    let text = lines.next()?.trim_end();
    let indent = text.len() - text.trim_start().len();
    Some(file.location(Span::new(start + indent, start + text.len())))
}

fn is_same_line(one: &Location, other: &Location) -> bool {
    (&one.path, one.line) == (&other.path, other.line)
}

/// The place that a finding speaks of: file, object and pointer.
type Said<'a> = (&'a str, &'a ResourceId, String);

fn said(finding: &Finding) -> Option<Said<'_>> {
    Some((&finding.location.path, finding.resource.as_ref()?, pointer_said(finding)?))
}

/// A learned rule as one of the list of rules.
fn shown(reviewed: &Reviewed) -> Rule {
    let Reviewed { rule, state, .. } = reviewed;
    let evidence = &rule.evidence;
    let severity = if *state == State::Accepted { Severity::Error } else { Severity::Warning };
    Rule {
        id: format!("learned-{}", rule.id()).into(),
        part: Part::Learned,
        severity,
        summary: format!("departs from what is usual in `{}`: {}", rule.context, rule.template.in_words()).into(),
        explanation: format!(
            "## What it checks\n\nIn `{}`, {}.\n\n## Why it matters\n\nIt was learned: {} of {} objects from {} sources \
             keep it; of {} objects that it was not learned from, {} break it. State: {state}.\n\n## What to do\n\n\
             Look at the places that agree, and accept or reject the rule with `seatrial rules review`.\n",
            rule.context,
            rule.template.in_words(),
            evidence.holding,
            evidence.objects,
            evidence.sources,
            evidence.tested,
            evidence.broken,
        )
        .into(),
    }
}
