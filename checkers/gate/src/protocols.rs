//! `seatrial check --protocols`: the team's own models of protocols, checked by the programs that
//! the team builds on `seatrial-explore`.
//!
//! Each place of the settings is a crate, or a program that is there. It is asked which models it
//! has (since a commit: which of them have changed modules), and to check each. It runs code of the
//! repository, so that only the command line can ask for it.

mod rules;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use seatrial_core::{Finding, Found, Location, Rule, Story, Undecided};
use seatrial_explore::{Answer, Trace};
use seatrial_report::story::of_states;
use serde::Deserialize;
use serde_json::Value;

use crate::cache::Key;
use crate::check::Models;
use crate::config::Config;
use crate::files;
use crate::tool::{self, Failure};

pub(crate) use self::rules::RULES;

/// How long a model is checked at most.
pub(crate) const TIME_LIMIT: Duration = Duration::from_secs(120);
/// A crate may take longer to build; that does not count as a check.
const BUILD_LIMIT: Duration = Duration::from_secs(1800);
/// A program gets so much longer than it was told to take.
const GRACE: Duration = Duration::from_secs(10);
/// The most that a program prints, in bytes.
const MOST_BYTES: u64 = 256 << 20;

/// Where models are.
pub(crate) struct Place {
    /// What findings point to: the manifest of the crate, or the settings.
    at: Location,
    crate_folder: Option<PathBuf>,
    program: Vec<String>,
}

/// A model to check.
pub(crate) struct Check {
    at: Location,
    program: Vec<String>,
    /// A digest of the program that a crate built: what it says depends on nothing else. What a
    /// program that is there depends on, nobody knows.
    built: Option<String>,
    model: String,
    changed: Vec<String>,
}

/// What `model list` says, as far as it is of use here.
#[derive(Deserialize)]
struct Listed {
    models: Vec<ListedModel>,
}

#[derive(Deserialize)]
struct ListedModel {
    name: String,
    #[serde(default)]
    changed: Vec<String>,
}

/// What `model check` says, as far as it is of use here.
#[derive(Deserialize)]
struct Checked {
    verdict: Answer,
    reason: Option<String>,
    property: Option<String>,
    trace: Option<Trace>,
}

/// The places of the settings.
pub(crate) fn places(config: &Config) -> Vec<Place> {
    let place = |settings: &crate::config::ProtocolSettings| {
        let crate_folder = settings.path.as_ref().map(|path| config.path(path));
        let manifest = crate_folder.as_ref().map(|folder| folder.join("Cargo.toml"));
        let of_config = config.file.as_ref().map(|file| Arc::clone(file.path()));
        let at = manifest.map(|manifest| files::shown(&manifest)).or(of_config);
        let mut program = settings.program.clone();
        if let Some(first) = program.first_mut().filter(|_| crate_folder.is_none()) {
            *first = config.root.join(&*first).to_string_lossy().into_owned();
        }
        Place {
            at: Location::start_of(at.unwrap_or_else(|| crate::config::FILE_NAME.into())),
            crate_folder,
            program,
        }
    };
    config.settings.protocols.iter().map(place).collect()
}

impl Place {
    /// The models to check: all, or those of which a module has changed since a commit.
    ///
    /// # Errors
    ///
    /// What is wrong with the crate or its program, as what was found.
    pub(crate) fn checks(&self, which: &Models, limit: Duration) -> Result<Vec<Check>, Found> {
        let program = self.program().map_err(|why| self.unusable(&why))?;
        let mut words = vec!["list".to_owned(), "--output-format=json".to_owned()];
        if let Models::ChangedSince(commit) = which {
            words.push(format!("--changed-since={commit}"));
        }
        let listed = ask(&program, &words, limit).map_err(|why| self.unusable(&why))?;
        let listed: Listed = read(&listed).map_err(|why| self.unusable(&why))?;
        let built = self.crate_folder.as_ref().and_then(|_| digest(&program));
        let check = |model: ListedModel| Check {
            at: self.at.clone(),
            program: program.clone(),
            built: built.clone(),
            model: model.name,
            changed: model.changed,
        };
        Ok(listed.models.into_iter().map(check).collect())
    }

    /// The words that start the program: those of the settings, or what the crate builds.
    fn program(&self) -> Result<Vec<String>, String> {
        let Some(folder) = &self.crate_folder else { return Ok(self.program.clone()) };
        let manifest = folder.join("Cargo.toml");
        let words = ["cargo", "build", "--release", "--message-format=json-render-diagnostics"];
        let mut words = words.map(str::to_owned).to_vec();
        words.extend(["--manifest-path".to_owned(), manifest.to_string_lossy().into_owned()]);
        let output = run(&words, BUILD_LIMIT, &[0])?;
        let text = String::from_utf8_lossy(&output);
        let messages = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        // Only what was built has this, and only if it is a program.
        let program = |message: Value| message.get("executable")?.as_str().map(str::to_owned);
        let built: Vec<String> = messages.filter_map(program).collect();
        match built.as_slice() {
            [program] => Ok([std::slice::from_ref(program), &self.program].concat()),
            [] => Err("the crate builds no program".to_owned()),
            _ => Err(format!("the crate builds {} programs: which one?", built.len())),
        }
    }

    fn unusable(&self, why: &str) -> Found {
        Found { findings: vec![unusable(&self.at, why)], undecided: Vec::new() }
    }
}

impl Check {
    /// All that the answer depends on, if that is known.
    pub(crate) fn key(&self) -> Option<Key> {
        let key = Key::of_program("protocol").and(self.built.as_ref()?).and(&self.model);
        Some(key.and(self.at.path.as_bytes()).all(&self.program).all(&self.changed))
    }

    /// Checks the model within a time.
    pub(crate) fn run(&self, limit: Duration) -> Found {
        let mut words = vec!["check".to_owned(), self.model.clone()];
        words.extend(self.changed.iter().map(|module| format!("--changed={module}")));
        words.push(format!("--time-limit={}ms", limit.as_millis().max(1)));
        words.push("--output-format=json".to_owned());
        let checked = ask(&self.program, &words, limit + GRACE);
        match checked.and_then(|text| read::<Checked>(&text)) {
            Ok(checked) => self.judge(&checked),
            Err(why) => {
                let why = format!("model `{}`: {why}", self.model);
                Found { findings: vec![unusable(&self.at, &why)], undecided: Vec::new() }
            }
        }
    }

    fn judge(&self, checked: &Checked) -> Found {
        let model = &self.model;
        match checked.verdict {
            Answer::Holds => Found::default(),
            Answer::Undecided => {
                let why = checked.reason.as_deref().unwrap_or("no reason is known");
                let reason = format!("the model `{model}` is undecided: {why}");
                let (location, rule) = (self.at.clone(), rules::VIOLATED.id.clone());
                let undecided = vec![Undecided { location, rule, reason, resource: None }];
                Found { findings: Vec::new(), undecided }
            }
            Answer::Violated => {
                let property = checked.property.as_deref().unwrap_or("a property");
                let message = format!("`{property}` does not hold in the model `{model}`");
                let mut finding = of_rule(&rules::VIOLATED, &self.at, message);
                finding.story = checked.trace.as_ref().map(story);
                let changed: Vec<_> = self.changed.iter().map(|it| format!("`{it}`")).collect();
                if !changed.is_empty() {
                    let fine = format!("modelled finely, as changed: {}", changed.join(", "));
                    finding = finding.because(fine);
                }
                Found { findings: vec![finding], undecided: Vec::new() }
            }
        }
    }
}

fn story(trace: &Trace) -> Story {
    let who = |actor: &Option<String>| actor.clone().unwrap_or_else(|| "environment".to_owned());
    let steps = trace.steps.iter();
    let steps = steps.map(|step| (who(&step.actor), step.action.clone(), &step.changed));
    of_states(&trace.initial, steps, trace.loop_to)
}

fn unusable(at: &Location, why: &str) -> Finding {
    of_rule(&rules::UNUSABLE, at, format!("the protocols cannot be checked: {why}"))
}

fn of_rule(rule: &Rule, at: &Location, message: String) -> Finding {
    Finding::new(rule.id.clone(), rule.severity, at.clone(), message)
}

/// What a program of models prints, whatever it says of them.
fn ask(program: &[String], words: &[String], limit: Duration) -> Result<Vec<u8>, String> {
    run(&[program, words].concat(), limit, &[0, 1, 3])
}

fn run(words: &[String], limit: Duration, codes: &[i32]) -> Result<Vec<u8>, String> {
    let name = words.first().map_or("", String::as_str);
    tool::run(words, MOST_BYTES, limit, codes).map_err(|failure| match failure {
        Failure::Missing => format!("there is no program `{name}`"),
        Failure::Failed(why) => format!("`{name}`: {why}"),
    })
}

fn read<'t, T: Deserialize<'t>>(text: &'t [u8]) -> Result<T, String> {
    serde_json::from_slice(text).map_err(|error| format!("its answer is not understood: {error}"))
}

fn digest(program: &[String]) -> Option<String> {
    let bytes = files::bytes(Path::new(program.first()?)).ok()?;
    Some(Key::of("program").and(bytes).name())
}
