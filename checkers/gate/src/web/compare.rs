//! Configurations of web servers against those of a base.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use seatrial_access::report::{Comparison, Faulty};
use seatrial_core::{Finding, Location, Severity, SourceFile, Undecided};

use super::{Commit, Disk, Reads, Site, Sites};
use crate::access::{self, LoadError};
use crate::check::Shown;

/// The configurations as they were before, beside those of a check.
#[derive(Debug, Default)]
pub(crate) struct Before(Vec<Old>);

/// What stood where a main file stands.
#[derive(Debug)]
enum Old {
    /// Nothing.
    Absent,
    /// What cannot be read, and why.
    Unread(String),
    /// A configuration.
    Site(Site),
}

impl Before {
    /// Reads the configurations of the base.
    ///
    /// # Errors
    ///
    /// A base that there is not.
    pub(crate) fn read(base: &str, paths: &[PathBuf], sites: &Sites) -> Result<Self, LoadError> {
        if sites.0.is_empty() {
            return Ok(Self::default());
        }
        let base = Base::of(base)?;
        let old = |(main, site): &(PathBuf, Site)| {
            let old = base.main(main, paths).filter(|old| base.reads().exists(old));
            let Some(old) = old else { return Old::Absent };
            Site::read(site.kind, &old, base.reads()).map_or_else(Old::Unread, Old::Site)
        };
        Ok(Self(sites.0.iter().map(old).collect()))
    }

    /// The texts.
    pub(crate) fn files(&self) -> Vec<Arc<SourceFile>> {
        self.sites().flat_map(|site| site.files.iter().map(Arc::clone)).collect()
    }

    fn sites(&self) -> impl Iterator<Item = &Site> {
        self.0.iter().filter_map(|old| match old {
            Old::Site(site) => Some(site),
            Old::Absent | Old::Unread(_) => None,
        })
    }

    /// All that the comparison depends on.
    pub(crate) fn record(&self) -> Vec<&str> {
        let records = self.0.iter().map(|old| match old {
            Old::Absent => vec!["absent"],
            Old::Unread(why) => vec!["unread", why],
            Old::Site(site) => site.record.iter().map(String::as_str).collect(),
        });
        records.flat_map(|record| record.into_iter().chain(["end"])).collect()
    }

    /// What the configurations of a check open and close.
    ///
    /// # Errors
    ///
    /// A witness that is not confirmed.
    pub(crate) fn compare(&self, sites: &Sites) -> Result<Shown, Faulty> {
        let mut shown = Shown::default();
        for ((main, site), old) in sites.0.iter().zip(&self.0) {
            match old {
                Old::Absent => {
                    let at = Location::start_of(crate::files::shown(main));
                    let message =
                        "this web server is not in the base: all that it allows is opened";
                    let opened = Finding::new(access::OPENED, Severity::Warning, at, message);
                    shown.found.findings.push(opened);
                }
                Old::Unread(why) => {
                    let why = format!("the base cannot be read: {why}");
                    shown.found.undecided.push(undecided(main, &why));
                }
                Old::Site(old) if old.readable && site.readable => {
                    let both = [(&*old.server, old.servers), (&*site.server, site.servers)];
                    let kind = site.kind.kind();
                    let comparison = Comparison::of_web(kind, both, access::LOOKED_AT)?;
                    let of = crate::files::shown(main);
                    shown.extend(access::shown(&of, comparison, &[]));
                }
                Old::Site(_) => {
                    let side = if site.readable { "the base" } else { "it" };
                    let why =
                        format!("{side} cannot be read, so that it is not known what changes");
                    shown.found.undecided.push(undecided(main, &why));
                }
            }
        }
        Ok(shown)
    }
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
