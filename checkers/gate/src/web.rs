//! Configurations of web servers: which files they are, read with all that belongs to them.
//!
//! Each kind of server is a module with a function that makes a [`Site`] of a main file; what is
//! checked and compared knows no kind.

mod compare;
mod httpd;
mod nginx;
mod reads;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use seatrial_access::report::Kind;
use seatrial_access::web::WebServer;
use seatrial_core::{Finding, Location, Severity, SourceFile, Undecided};
use serde::{Deserialize, Serialize};

use crate::access::LoadError;
use crate::config::Config;
use crate::files;

pub(crate) use compare::Before;
pub(crate) use reads::{Commit, Disk, Edited, Reads, Recorded};

/// A kind of web server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WebKind {
    /// nginx.
    Nginx,
    /// Apache httpd.
    Httpd,
}

impl WebKind {
    /// The kind of which a file is the main file, where its name leaves no doubt.
    pub(crate) fn of_file_name(name: &str) -> Option<Self> {
        match name {
            nginx::MAIN => Some(Self::Nginx),
            name if httpd::MAIN.contains(&name) => Some(Self::Httpd),
            _ => None,
        }
    }

    /// The kind in comparisons.
    const fn kind(self) -> Kind {
        match self {
            Self::Nginx => Kind::Nginx,
            Self::Httpd => Kind::Httpd,
        }
    }

    /// The main file at a path: itself, or the one of a folder.
    fn main_at(self, path: &Path) -> PathBuf {
        match self {
            _ if !files::is_folder(path) => path.to_owned(),
            Self::Nginx => path.join(nginx::MAIN),
            Self::Httpd => httpd::main_in(path),
        }
    }
}

/// A configuration that was read.
#[derive(Debug)]
pub(crate) struct Site {
    /// The kind of server.
    pub(crate) kind: WebKind,
    /// What it decides.
    pub(crate) server: Box<dyn WebServer>,
    /// How many virtual servers it has.
    pub(crate) servers: usize,
    /// The files; one that is included twice is there twice.
    pub(crate) files: Vec<Arc<SourceFile>>,
    /// What is wrong with it.
    pub(crate) findings: Vec<Finding>,
    /// What could not be looked at.
    pub(crate) undecided: Vec<Undecided>,
    /// Whether the server takes it, so that it is known what it decides.
    pub(crate) readable: bool,
    /// All that was asked of the file system and answered.
    pub(crate) record: Vec<String>,
}

impl Site {
    /// Reads the configuration of a main file.
    ///
    /// # Errors
    ///
    /// Why the main file cannot be read.
    pub(crate) fn read(kind: WebKind, main: &Path, reads: &dyn Reads) -> Result<Self, String> {
        let root = main.parent().map_or_else(PathBuf::new, Path::to_owned);
        let recorded = Recorded::new(reads);
        let file = recorded.text(main)?;
        let site = match kind {
            WebKind::Nginx => nginx::site(&file, &root, &recorded),
            WebKind::Httpd => httpd::site(&file, &root, &recorded),
        };
        Ok(Self { record: recorded.into_record(), ..site })
    }

    /// Why the server does not take it, if it does not.
    fn refusal(&self) -> Option<&Finding> {
        let errors = |it: &&Finding| it.severity == Severity::Error;
        self.findings.iter().filter(|_| !self.readable).find(errors)
    }
}

/// The configurations of a check.
#[derive(Debug, Default)]
pub(crate) struct Sites(pub(crate) Vec<(PathBuf, Site)>);

impl Sites {
    /// Those that can be read.
    pub(crate) fn servers(&self) -> Vec<&dyn WebServer> {
        let readable = self.0.iter().filter(|(_, site)| site.readable);
        readable.map(|(_, site)| &*site.server).collect()
    }

    /// Where those are that cannot.
    pub(crate) fn unread(&self) -> Vec<Location> {
        let refusals = self.0.iter().filter_map(|(_, site)| site.refusal());
        refusals.map(|finding| finding.location.clone()).collect()
    }

    /// All files, each once.
    pub(crate) fn files(&self) -> Vec<Arc<SourceFile>> {
        let files = self.0.iter().flat_map(|(_, site)| &site.files);
        let files: BTreeMap<&Arc<str>, _> = files.map(|file| (file.path(), file)).collect();
        files.into_values().cloned().collect()
    }
}

/// The kind of server that a file is the main file of: by its name, or by the settings.
pub(crate) fn kind_of(path: &Path, config: &Config) -> Option<WebKind> {
    let name = path.file_name().and_then(|name| name.to_str());
    name.and_then(WebKind::of_file_name).or_else(|| config.web_kind(path))
}

/// A web server as it is configured, with the number of its virtual servers.
pub type Served = (Box<dyn WebServer>, usize);

/// Reads the configuration of a web server at a path: a main file, or the folder of one. Files are
/// included from the folder of the main file alone.
///
/// # Errors
///
/// A file that cannot be read, and anything that the server would refuse: what it decides is not
/// known.
pub fn load(kind: WebKind, path: &Path) -> Result<Served, LoadError> {
    let main = kind.main_at(path);
    let refuse = |location, message| Err(LoadError::File { location, message });
    let site = match Site::read(kind, &main, &Disk) {
        Ok(site) => site,
        Err(message) => return refuse(Location::start_of(files::shown(&main)), message),
    };
    match site.refusal() {
        Some(fault) => refuse(fault.location.clone(), fault.message.clone()),
        None => Ok((site.server, site.servers)),
    }
}
