//! From what the user names to the objects of one side of a comparison: directories, files,
//! standard input, or a commit.

mod assertions;
mod checks;
mod rules;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;
use seatrial_core::{Location, Severity};
use seatrial_manifests::{Manifest, Object, SkippedReason};
use seatrial_report::{FileOutcome, Files, Sources};
use thiserror::Error;

use crate::config::Config;
use crate::files::{self, Input, MAX_FILE_BYTES, Search, Unfit};
use crate::git::{self, GitError};

pub(crate) use assertions::Assertions;
pub(crate) use checks::{LOOKED_AT, check, compare, is_repeated, shown};
pub(crate) use rules::{OPENED, is_of_change, rules};

/// What a commit is named by: `git:REF` or `git:REF:PATH`.
pub(crate) const GIT: &str = "git:";

/// Objects with the files that they come from.
#[derive(Debug, Default)]
pub struct Loaded {
    /// The objects, in the order of paths and of the files.
    pub objects: Vec<Object>,
    /// What became of each file.
    pub files: Files,
    /// The texts.
    pub sources: Sources,
}

/// Why objects cannot be read.
#[derive(Debug, Error)]
pub enum LoadError {
    /// A commit cannot be read.
    #[error("{0}")]
    Git(#[from] GitError),
    /// A file cannot be read, or holds a manifest that cannot.
    #[error("{}:{}:{}: {message}", location.path, location.line, location.column)]
    File {
        /// Where.
        location: Location,
        /// What is wrong.
        message: String,
    },
}

/// Reads the objects of the files and directories that the user names; `-` is standard input, and
/// `git:REF[:PATH]` are files as they are in a commit, with paths relative to the current directory.
///
/// # Errors
///
/// What may hold an object but cannot be read: it is not known what it allows.
pub fn load(paths: &[PathBuf], config: &Config) -> Result<Loaded, LoadError> {
    let mut loaded = Loaded::default();
    let mut plain = Vec::new();
    for path in paths {
        match path.to_str().and_then(|text| text.strip_prefix(GIT)) {
            Some(named) => {
                let (commit, path) = match named.split_once(':') {
                    Some((commit, path)) => (commit, Some(path)),
                    None => (named, None),
                };
                loaded.add(of_commit(commit, path, config)?)?;
            }
            None => plain.push(path.clone()),
        }
    }
    let gitignore = config.settings.gitignore.unwrap_or(true);
    let (found, others) = files::find(&Search { paths: &plain, config, gitignore, systems: false });
    let mut inputs: Vec<_> = found.par_iter().map(files::read).collect();
    inputs.extend(others);
    loaded.add(inputs)?;
    loaded.files.sort();
    Ok(loaded)
}

/// Reads the base that a change is compared with: a directory or file, or the same paths as they are
/// in a commit, of which those that are not there yet hold nothing.
///
/// # Errors
///
/// As [`load`].
pub fn load_base(base: &str, paths: &[PathBuf], config: &Config) -> Result<Loaded, LoadError> {
    let commit = match base.strip_prefix(GIT) {
        Some(named) if named.contains(':') => return load(&[base.into()], config),
        Some(commit) => commit,
        None if Path::new(base).exists() => return load(&[base.into()], config),
        None => base,
    };
    let mut loaded = Loaded::default();
    for path in paths {
        match of_commit(commit, Some(&path.to_string_lossy()), config) {
            Ok(inputs) => loaded.add(inputs)?,
            Err(GitError::NoPath { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    loaded.files.sort();
    Ok(loaded)
}

/// The manifests of a commit, shown as `git:COMMIT:PATH`.
fn of_commit(commit: &str, path: Option<&str>, config: &Config) -> Result<Vec<Input>, GitError> {
    let shown = |path: &str| format!("{GIT}{commit}:{path}");
    let wanted = |file: &str| {
        let below = path.map_or("", |path| path.trim_start_matches("./").trim_end_matches('/'));
        below == file || files::is_manifest(file.strip_prefix(below).unwrap_or(file))
    };
    let blobs = git::files(Path::new("."), commit, path, MAX_FILE_BYTES, wanted)?;
    let inputs = blobs.into_iter().map(|blob| {
        let name: Arc<str> = shown(&blob.path).into();
        match blob.bytes {
            _ if config.excludes(Path::new(&blob.path)) => Input::Excluded(name),
            Some(bytes) => files::of_bytes(&name, bytes),
            None => Input::Unreadable(Unfit::too_large(name, MAX_FILE_BYTES)),
        }
    });
    Ok(inputs.collect())
}

impl Loaded {
    /// Adds what was read.
    fn add(&mut self, inputs: Vec<Input>) -> Result<(), LoadError> {
        for input in inputs {
            match input {
                Input::Text { file, named } => {
                    self.add_manifest(seatrial_manifests::read(file), named)?;
                }
                Input::Excluded(path) => self.files.add(&path, FileOutcome::Excluded),
                Input::Unreadable(unfit) if unfit.severity < Severity::Error => {
                    self.files.add(&unfit.location.path, FileOutcome::Unreadable);
                }
                Input::Unreadable(Unfit { location, message, .. }) => {
                    return Err(LoadError::File { location, message });
                }
            }
        }
        Ok(())
    }

    fn add_manifest(&mut self, manifest: Manifest, named: bool) -> Result<(), LoadError> {
        for unreadable in &manifest.unreadable {
            // What is broken and no manifest is none of this comparison's business.
            if named || manifest.file.slice(unreadable.text).contains("apiVersion") {
                let location = manifest.file.location(unreadable.problem.span);
                return Err(LoadError::File {
                    location,
                    message: unreadable.problem.message.clone(),
                });
            }
        }
        self.files.add(manifest.file.path(), outcome(&manifest));
        self.sources.add(Arc::clone(&manifest.file));
        self.objects.extend(manifest.objects);
        Ok(())
    }
}

/// What became of a file that was read.
pub(crate) fn outcome(manifest: &Manifest) -> FileOutcome {
    let skipped = |reason| manifest.skipped.iter().any(|skipped| skipped.reason == reason);
    match () {
        () if manifest.documents > 0 => FileOutcome::Checked,
        () if !manifest.unreadable.is_empty() => FileOutcome::Malformed,
        () if skipped(SkippedReason::Template) => FileOutcome::Template,
        () if skipped(SkippedReason::NotKubernetes) => FileOutcome::NotKubernetes,
        () => FileOutcome::Empty,
    }
}
