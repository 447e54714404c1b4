//! All rules: those that are code, the built-in invariants and those of the user's directories.

use std::path::PathBuf;

use seatrial_core::Location;
use seatrial_manifests::Object;
use seatrial_parse::Unreadable;
use seatrial_rules::invariants::Invariants;
use seatrial_rules::{Rule, reading, references, schema};

use crate::access::Assertions;
use crate::check::CheckError;
use crate::config::Config;
use crate::files::{self, Input, Search};
use crate::learned::LearnedRules;
use crate::{access, baseline, drill, opinion, placement, protocols, render, suppress};

/// All rules: those that are code, the built-in invariants and those of the directories.
pub fn rules(invariants: &[PathBuf]) -> Result<Vec<Rule>, CheckError> {
    let learned = LearnedRules::default();
    Ok(all_rules(&load_invariants(invariants)?, &load_assertions(invariants)?, &learned))
}

pub(crate) fn load_assertions(folders: &[PathBuf]) -> Result<Assertions, CheckError> {
    Assertions::load(folders).map_err(CheckError::Invariants)
}

pub(crate) fn all_rules(
    invariants: &Invariants,
    assertions: &Assertions,
    learned: &LearnedRules,
) -> Vec<Rule> {
    let of_code = (reading::RULES.iter().copied())
        .chain(render::RULES)
        .chain(schema::rules())
        .chain(references::REFERENCES.iter().map(|reference| reference.rule))
        .chain(placement::RULES)
        .chain(drill::RULES)
        .chain(protocols::RULES)
        .chain(seatrial_learn::systems::rules::RULES)
        .chain([&suppress::INVALID, &suppress::UNUSED, &baseline::STALE])
        .chain([&opinion::OPINION, &opinion::UNAVAILABLE]);
    let written = invariants.rules().cloned().chain(assertions.rules());
    let written = written.chain(learned.rules().cloned());
    let mut rules: Vec<_> =
        of_code.cloned().chain(access::rules().cloned()).chain(written).collect();
    rules.sort();
    // An inspected policy may have the name of a built-in one.
    rules.dedup_by(|later, first| later.id == first.id);
    rules
}

/// Reads the built-in invariants and those of the directories.
pub(crate) fn load_invariants(folders: &[PathBuf]) -> Result<Invariants, CheckError> {
    let mut invariants = Invariants::builtin();
    for folder in folders {
        let config = Config::default();
        let paths = std::slice::from_ref(folder);
        let search = Search { paths, config: &config, gitignore: false, systems: false };
        let (found, _) = files::find(&search);
        let mut objects = Vec::new();
        // The cases of an invariant are no parameters of one.
        let policies = found.iter().filter(|file| !file.is_named(&["pass.yaml", "fail.yaml"]));
        for input in policies.map(files::read) {
            objects.extend(objects_of_invariants(input)?);
        }
        let has_assertions = folder.join("access").is_dir();
        if !invariants.add_own(objects) && !has_assertions {
            let message = format!("`{}` holds no ValidatingAdmissionPolicy", folder.display());
            return Err(CheckError::Invariants(message));
        }
    }
    Ok(invariants)
}

/// The objects of a file of a team's own invariants, all of which must be readable.
fn objects_of_invariants(input: Input) -> Result<Vec<Object>, CheckError> {
    let refuse = |location: &Location, message: &str| {
        let Location { path, line, column, .. } = location;
        Err(CheckError::Invariants(format!("{path}:{line}:{column}: {message}")))
    };
    match input {
        Input::Text { file, .. } => {
            let manifest = seatrial_manifests::read(file);
            match manifest.unreadable.first() {
                Some(Unreadable { problem, .. }) => {
                    refuse(&manifest.file.location(problem.span), &problem.message)
                }
                None => Ok(manifest.objects),
            }
        }
        Input::Unreadable(unfit) => refuse(&unfit.location, &unfit.message),
        Input::Excluded(_) => Ok(Vec::new()),
    }
}
