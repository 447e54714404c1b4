//! From the user's files to a cluster: a snapshot, or manifests with a cluster profile.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use seatrial_core::{Location, SourceFile};
use seatrial_manifests::Object;
pub use seatrial_scheduling::Scale;
use seatrial_scheduling::{Cluster, Expanded, Profile, ReadError};

use crate::config::Config;
use crate::files::{self, Input, MAX_SNAPSHOT_BYTES, Search};

/// What files say of a cluster.
#[derive(Debug)]
pub struct Loaded {
    /// The cluster.
    pub cluster: Cluster,
    /// Its objects, with the nodes of the profile and the pods of the workloads.
    pub expanded: Expanded,
}

/// What is wrong with the files.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.lines().join("\n"))]
pub struct Unfit(Vec<ReadError>);

impl Unfit {
    /// A line for each problem: place, what is wrong, what to do.
    pub fn lines(&self) -> Vec<String> {
        const SHOWN: usize = 20;
        let mut lines: Vec<String> = self.0.iter().take(SHOWN).map(line).collect();
        if let Some(rest) = self.0.len().checked_sub(SHOWN).filter(|rest| *rest > 0) {
            lines.push(format!("and {rest} more"));
        }
        lines
    }

    fn at(location: Location, message: impl Into<String>) -> Self {
        Self(vec![ReadError { location: Some(location), message: message.into(), help: None }])
    }
}

impl From<Vec<ReadError>> for Unfit {
    fn from(errors: Vec<ReadError>) -> Self {
        Self(errors)
    }
}

fn line(error: &ReadError) -> String {
    let place = error.location.as_ref();
    let place =
        place.map(|Location { path, line, column, .. }| format!("{path}:{line}:{column}: "));
    let help = error.help.as_ref().map(|help| format!(" ({help})"));
    format!("{}{}{}", place.unwrap_or_default(), error.message, help.unwrap_or_default())
}

/// Loads a cluster from files and directories, with the nodes of a profile if one is given.
/// Workloads are expanded to pods.
///
/// # Errors
///
/// Everything that is wrong, each with its place.
pub fn load(paths: &[PathBuf], profile: Option<&Path>, scale: Scale) -> Result<Loaded, Unfit> {
    let files = texts(paths)?;
    let profile = profile.map(read_profile).transpose()?;
    let expanded = seatrial_scheduling::load(&files, profile.as_ref(), scale).map_err(Unfit)?;
    let cluster = expanded.read().map_err(Unfit)?;
    Ok(Loaded { cluster, expanded })
}

/// The objects of files and directories, as they are written.
///
/// # Errors
///
/// Everything that is wrong, each with its place.
pub fn manifests(paths: &[PathBuf]) -> Result<Vec<Object>, Unfit> {
    seatrial_scheduling::objects(&texts(paths)?).map_err(Unfit)
}

/// Whether there is a node among objects.
pub fn has_nodes(objects: &[Object]) -> bool {
    objects.iter().any(|object| object.group().is_empty() && object.kind() == "Node")
}

/// A cluster that manifests are to be put into.
#[derive(Debug)]
pub struct Base {
    /// The objects of a snapshot.
    pub objects: Vec<Object>,
    /// In place of a snapshot, or beside it, the nodes.
    pub profile: Option<Profile>,
    /// The files that it stands in.
    pub files: Vec<Arc<SourceFile>>,
}

/// Reads a snapshot, a file or a directory, or a cluster profile: a file without objects that has
/// `groups`.
///
/// # Errors
///
/// Everything that is wrong, each with its place.
pub fn base(path: &Path) -> Result<Base, Unfit> {
    let files = texts(&[path.to_owned()])?;
    let objects = seatrial_scheduling::objects(&files).map_err(Unfit)?;
    let profile = match files.as_slice() {
        [file] if objects.is_empty() && has_groups(file) => {
            Some(Profile::read(file).map_err(|error| Unfit(vec![error]))?)
        }
        _ => None,
    };
    if profile.is_none() && !has_nodes(&objects) {
        let message = "there are no nodes: this is neither a snapshot nor a cluster profile";
        return Err(Unfit::at(Location::start_of(path.display().to_string().into()), message));
    }
    Ok(Base { objects, profile, files })
}

/// Whether a file is a profile of a cluster.
pub(crate) fn is_profile(file: &Arc<SourceFile>) -> bool {
    has_groups(file) && Profile::read(file).is_ok()
}

fn has_groups(file: &SourceFile) -> bool {
    let parsed = seatrial_parse::yaml_or_json(file.text());
    parsed.documents.iter().any(|document| document.root.get("groups").is_some())
}

/// The texts below the paths.
///
/// # Errors
///
/// What cannot be read.
pub fn texts(paths: &[PathBuf]) -> Result<Vec<Arc<SourceFile>>, Unfit> {
    let config = Config::default();
    let (found, others) =
        files::find(&Search { paths, config: &config, gitignore: true, systems: false });
    let mut texts = Vec::new();
    let read = |found| files::read_within(found, MAX_SNAPSHOT_BYTES);
    for input in found.iter().map(read).chain(others) {
        match input {
            Input::Text { file, .. } => texts.push(file),
            Input::Unreadable(unfit) => return Err(Unfit::at(unfit.location, unfit.message)),
            Input::Excluded(_) => {}
        }
    }
    Ok(texts)
}

fn read_profile(path: &Path) -> Result<Profile, Unfit> {
    let paths = [path.to_owned()];
    let texts = texts(&paths)?;
    let file = texts.first().ok_or_else(|| {
        let shown: Arc<str> = path.display().to_string().into();
        Unfit::at(Location::start_of(shown), "no cluster profile")
    })?;
    Profile::read(file).map_err(|error| Unfit(vec![error]))
}
