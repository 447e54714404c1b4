//! Assertions on access: those that are built in, and a team's own.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;
use seatrial_access::assertion::{Assertion, Claim, Doubt, Refutation, World};
use seatrial_core::{Finding, Found, Location, Part, Rule, SourceFile, Undecided};

use crate::config::Config;
use crate::files::{self, Input, Search};

/// Path and text of each file of `invariants/access/`.
const BUILTIN: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/assertions.rs"));

/// Where a team's own lie below a directory of invariants.
const FOLDER: &str = "access";

/// Assertions with the files that they stand in.
#[derive(Debug, Default)]
pub(crate) struct Assertions(Vec<(Assertion, Arc<SourceFile>)>);

impl Assertions {
    /// Reads the built-in assertions and those in the folder `access` of some directories.
    ///
    /// # Errors
    ///
    /// The place of what cannot be read, and what is wrong there.
    pub(crate) fn load(folders: &[PathBuf]) -> Result<Self, String> {
        let mut all = Self::default();
        for &(path, text) in BUILTIN {
            all.add(Arc::new(SourceFile::new(path, text)))?;
        }
        for folder in folders.iter().map(|folder| folder.join(FOLDER)).filter(|it| it.is_dir()) {
            all.add_folder(&folder)?;
        }
        all.0.sort_by(|a, b| a.0.name.cmp(&b.0.name));
        let twice = all.0.chunk_by(|a, b| a.0.name == b.0.name).find(|same| same.len() > 1);
        match twice.and_then(<[_]>::first) {
            Some((one, _)) => Err(format!("there are two assertions `{}`", one.name)),
            None => Ok(all),
        }
    }

    fn add_folder(&mut self, folder: &Path) -> Result<(), String> {
        let (config, paths) = (Config::default(), [folder.to_owned()]);
        let (found, _) = files::find(&Search {
            paths: &paths,
            config: &config,
            gitignore: false,
            systems: false,
        });
        // The cases of an assertion lie in a folder of its name.
        for file in found.iter().filter(|file| file.is_in(folder)) {
            match files::read(file) {
                Input::Text { file, .. } => self.add(file)?,
                Input::Unreadable(unfit) => return Err(shown(&unfit.location, &unfit.message)),
                Input::Excluded(_) => {}
            }
        }
        Ok(())
    }

    /// The files that they stand in.
    pub(crate) fn files(&self) -> impl Iterator<Item = &SourceFile> {
        self.0.iter().map(|(_, file)| &**file)
    }

    fn add(&mut self, file: Arc<SourceFile>) -> Result<(), String> {
        let read = Assertion::read(&file);
        let assertion = read.map_err(|it| shown(&file.location(it.span), &it.message))?;
        self.0.push((assertion, file));
        Ok(())
    }

    /// A rule for each.
    pub(crate) fn rules(&self) -> impl Iterator<Item = Rule> {
        self.0.iter().map(|(assertion, file)| Rule {
            id: Cow::Owned(assertion.name.clone()),
            part: Part::Access,
            severity: assertion.severity,
            summary: Cow::Owned(assertion.title.clone()),
            explanation: Cow::Owned(page(assertion, file)),
        })
    }

    /// Proves or refutes those that run.
    pub(crate) fn check(&self, world: &World<'_>, runs: &(dyn Fn(&str) -> bool + Sync)) -> Found {
        let judged: Vec<_> = (self.0.par_iter())
            .filter(|(assertion, _)| runs(&assertion.name))
            .map(|(assertion, file)| (assertion, file, assertion.judge(world)))
            .collect();
        let mut found = Found::default();
        for (assertion, file, judgement) in judged {
            let refuted = judgement.refuted.into_iter();
            found.findings.extend(refuted.map(|it| finding(assertion, file, it)));
            let doubts = judgement.undecided.into_iter();
            found.undecided.extend(doubts.map(|it| undecided(assertion, file, it)));
        }
        found
    }
}

fn shown(location: &Location, message: &str) -> String {
    format!("{}:{}:{}: {message}", location.path, location.line, location.column)
}

/// The manual page: the assertion itself is the best description.
fn page(assertion: &Assertion, file: &SourceFile) -> String {
    let why = if assertion.why.is_empty() { assertion.title.as_str() } else { &assertion.why };
    let text = file.text().trim();
    let todo = match assertion.claim {
        Claim::Nobody(_) | Claim::Nothing(_) => {
            "Change what the finding names: a subject of a binding, a rule of a role, or a network \
             policy. `seatrial access who-can` and `seatrial access connect` list who else is \
             concerned."
        }
        Claim::NoVisitor(_) => {
            "Change what the finding names: the location, or what it demands of those who ask. \
             `seatrial access can --web GET URL` says what decides on a request."
        }
    };
    format!(
        "## What it checks\n\nThe assertion on access\n\n```yaml\n{text}\n```\n\nis proved for all \
         requests or connections, or refuted by one that is decided again directly.\n\n## Why it \
         matters\n\n{why}\n\n## What to do\n\n{todo}\n"
    )
}

fn finding(assertion: &Assertion, file: &SourceFile, refutation: Refutation) -> Finding {
    let mut sources = refutation.sources.into_iter();
    let id = assertion.name.clone();
    let mut finding = match sources.next() {
        Some(first) => Finding::new(id, assertion.severity, first.location, refutation.message)
            .of(&first.resource, first.pointer),
        None => {
            let place = Location::start_of(Arc::clone(file.path()));
            Finding::new(id, assertion.severity, place, refutation.message)
        }
    };
    for source in sources {
        finding = finding
            .related_to(source.location, format!("{} `{}`", source.role, source.resource.name));
    }
    finding = finding.labelled(assertion.title.clone()).because(refutation.witness);
    match refutation.replay {
        Some(command) => {
            let whom = match assertion.claim {
                Claim::NoVisitor(_) => "the server",
                Claim::Nobody(_) | Claim::Nothing(_) => "a cluster",
            };
            finding.because(format!("ask {whom}: `{command}`"))
        }
        None => finding,
    }
}

fn undecided(assertion: &Assertion, file: &SourceFile, doubt: Doubt) -> Undecided {
    let (location, resource) = match doubt.source {
        Some(source) => (source.location, Some(source.resource)),
        None => (Location::start_of(Arc::clone(file.path())), None),
    };
    let rule = Cow::Owned(assertion.name.clone());
    Undecided { location, rule, reason: doubt.reason, resource }
}
