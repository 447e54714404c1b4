//! Configurations of web servers against those of a base.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use seatrial_access::report::Comparison;
use seatrial_core::{Finding, Found, Location, Severity, SourceFile, Undecided};

use super::{Commit, Disk, Reads, Site, Sites};
use crate::access::{self, LoadError};
use crate::check::CheckError;

/// What the configurations open and close, compared with those of a base; and the texts of the base.
///
/// # Errors
///
/// A base that cannot be read, or a witness that is not confirmed.
pub(crate) fn compare(
    base: &str,
    paths: &[PathBuf],
    sites: &Sites,
) -> Result<(Found, Vec<Arc<SourceFile>>), CheckError> {
    let mut found = Found::default();
    let mut texts = Vec::new();
    if sites.0.is_empty() {
        return Ok((found, texts));
    }
    let base = Base::of(base).map_err(LoadError::from)?;
    for (main, site) in &sites.0 {
        let old = base.main(main, paths).filter(|old| base.reads().exists(old));
        let Some(old) = old else {
            let at = Location::start_of(crate::files::shown(main));
            let message = "this web server is not in the base: all that it allows is opened";
            found.findings.push(Finding::new(access::OPENED, Severity::Warning, at, message));
            continue;
        };
        let old = match Site::read(site.kind, &old, base.reads()) {
            Ok(old) if old.readable && site.readable => old,
            Ok(old) => {
                let side = if site.readable { "the base" } else { "it" };
                let why = format!("{side} cannot be read, so that it is not known what changes");
                found.undecided.push(undecided(main, &why));
                texts.extend(old.files);
                continue;
            }
            Err(why) => {
                found.undecided.push(undecided(main, &format!("the base cannot be read: {why}")));
                continue;
            }
        };
        let both = [(&*old.server, old.servers), (&*site.server, site.servers)];
        let comparison = Comparison::of_web(site.kind.kind(), both, access::LOOKED_AT)?;
        found.extend(access::found(comparison, &[]));
        texts.extend(old.files);
    }
    Ok((found, texts))
}

fn undecided(main: &Path, reason: &str) -> Undecided {
    let location = Location::start_of(crate::files::shown(main));
    let rule = access::OPENED.into();
    Undecided { location, rule, reason: reason.to_owned(), resource: None }
}

/// Where the base is.
struct Base {
    /// The folder or file; `None` for the same paths of a commit.
    at: Option<PathBuf>,
    commit: Option<Commit>,
}

impl Base {
    fn of(base: &str) -> Result<Self, crate::git::GitError> {
        let named = base.strip_prefix(access::GIT);
        if named.is_none() && crate::files::exists(Path::new(base)) {
            return Ok(Self { at: Some(base.into()), commit: None });
        }
        let (commit, at) = match named.unwrap_or(base).split_once(':') {
            Some((commit, at)) if named.is_some() => (commit, Some(PathBuf::from(at))),
            _ => (named.unwrap_or(base), None),
        };
        Ok(Self { at, commit: Some(Commit::of(commit)?) })
    }

    fn reads(&self) -> &dyn Reads {
        match &self.commit {
            Some(commit) => commit,
            None => &Disk,
        }
    }

    /// The main file of the base that stands where this one does.
    fn main(&self, main: &Path, paths: &[PathBuf]) -> Option<PathBuf> {
        let Some(at) = &self.at else { return Some(main.to_owned()) };
        let below = paths.iter().find_map(|path| main.strip_prefix(path).ok())?;
        let is_folder = self.reads().is_folder(at);
        match (below.as_os_str().is_empty(), is_folder) {
            (false, true) => Some(at.join(below)),
            // The user named the very file: it stands in the folder, or is the base.
            (true, true) => Some(at.join(main.file_name()?)),
            (true, false) => Some(at.clone()),
            (false, false) => None,
        }
    }
}
