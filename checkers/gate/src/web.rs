//! From a path to a configuration of nginx, with the files that it includes.

pub mod httpd;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use globset::Glob;
use seatrial_access::web::nginx::{Config, read};
use seatrial_core::{Location, Severity, SourceFile};

use crate::access::LoadError;
use crate::files;

/// The main file of a folder.
const MAIN: &str = "nginx.conf";

/// Where Debian installs the configuration: what is included from there is sought in the folder of
/// the main file.
const INSTALLED: &str = "/etc/nginx/";

/// Reads the configuration of nginx at a path: a main file, or a folder with an `nginx.conf`. Files
/// are included from the folder of the main file alone.
///
/// # Errors
///
/// A file that cannot be read, and anything that nginx would refuse: what it decides is not known.
pub fn load(path: &Path) -> Result<Config, LoadError> {
    let main = if files::is_folder(path) { path.join(MAIN) } else { path.to_owned() };
    let root = main.parent().map_or_else(PathBuf::new, Path::to_owned);
    let file = source(&main).map_err(|message| LoadError::File {
        location: Location::start_of(shown(&main).into()),
        message,
    })?;
    let config = read(&file, &mut |pattern| included(&root, pattern));
    match config.findings.iter().find(|finding| finding.severity == Severity::Error) {
        Some(fault) => Err(LoadError::File {
            location: fault.location.clone(),
            message: fault.message.clone(),
        }),
        None => Ok(config),
    }
}

fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

fn source(path: &Path) -> Result<Arc<SourceFile>, String> {
    files::text_of(path).map(|text| Arc::new(SourceFile::new(shown(path), text)))
}

/// The files that a pattern means.
fn included(root: &Path, pattern: &str) -> Result<Vec<Arc<SourceFile>>, String> {
    let below = pattern.strip_prefix(INSTALLED).unwrap_or(pattern).trim_start_matches('/');
    if below.split('/').any(|part| part == "..") {
        return Err("it leaves the folder of the configuration".to_owned());
    }
    if !below.contains(['*', '?', '[']) {
        return source(&root.join(below)).map(|file| vec![file]);
    }
    let mut found = vec![root.to_owned()];
    for part in below.split('/') {
        let glob = Glob::new(part).map_err(|error| error.kind().to_string())?.compile_matcher();
        let inside = found.iter().flat_map(|folder| {
            let names = files::names_in(folder).into_iter().filter(|name| {
                // Wildcards match no hidden files.
                glob.is_match(name) && (part.starts_with('.') || !name.starts_with('.'))
            });
            names.map(|name| folder.join(name)).collect::<Vec<_>>()
        });
        found = inside.collect();
    }
    found.iter().filter(|path| !files::is_folder(path)).map(|path| source(path)).collect()
}
