//! From a path to a configuration of httpd, with the files that it includes and `.htaccess` files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use seatrial_access::web::httpd::{Files, lint, read};
use seatrial_core::{Severity, SourceFile};

use super::reads::step;
use super::{Reads, Site, WebKind};
use crate::files;

/// The names of main files.
pub(super) const MAIN: [&str; 2] = ["apache2.conf", "httpd.conf"];

/// Where distributions install the configuration: what is included from there is sought in the
/// folder of the main file.
const INSTALLED: [&str; 3] = ["/etc/apache2/", "/etc/httpd/", "/usr/local/apache2/"];

/// How many folders are looked through for `.htaccess` files.
const MOST_FOLDERS: usize = 100_000;

/// Reads a configuration, with what is certainly wrong with it. What lies below the folder of the main file at `srv/www/.htaccess` is the
/// file of the directory `/srv/www`.
pub(super) fn site(main: &Arc<SourceFile>, root: &Path, reads: &dyn Reads) -> Site {
    let mut folder = Folder { root: root.to_owned(), reads };
    let mut config = read(main, &mut folder);
    for name in config.group_files.clone() {
        if let Ok(Some(path)) = folder.below(&name)
            && let Ok(file) = reads.text(&path)
        {
            config.add_groups(&name, file.text());
        }
    }
    let mut findings = config.findings.clone();
    let readable = findings.iter().all(|finding| finding.severity < Severity::Error);
    let found = lint(&config);
    findings.extend(found.findings);
    let (files, servers) = (config.files.clone(), config.sites.len());
    let (kind, server, undecided) = (WebKind::Httpd, Box::new(config), found.undecided);
    Site { kind, server, servers, files, findings, undecided, readable, record: Vec::new() }
}

/// The main file of a folder.
pub(super) fn main_in(folder: &Path) -> PathBuf {
    let [default, ..] = MAIN;
    let is_there = |main: &&str| files::exists(&folder.join(*main));
    folder.join(MAIN.iter().copied().find(is_there).unwrap_or(default))
}

/// The folder of a configuration.
struct Folder<'r> {
    root: PathBuf,
    reads: &'r dyn Reads,
}

impl Folder<'_> {
    /// Where a path of the configuration lies; `None` if there is no such file.
    fn below(&self, path: &str) -> Result<Option<PathBuf>, String> {
        let parts = Self::parts(path)?;
        let path = self.root.join(&parts);
        Ok(self.reads.exists(&path).then_some(path))
    }

    fn parts(path: &str) -> Result<String, String> {
        let below = INSTALLED.iter().find_map(|it| path.strip_prefix(it)).unwrap_or(path);
        let below = below.trim_start_matches('/').trim_end_matches('/');
        if below.split('/').any(|part| part == "..") {
            return Err("it leaves the folder of the configuration".to_owned());
        }
        Ok(below.to_owned())
    }

    /// The files that match a pattern, part by part, in the order of their names.
    fn matching(&self, pattern: &str) -> Result<Vec<PathBuf>, String> {
        let mut found = vec![self.root.clone()];
        for part in pattern.split('/') {
            found = if part.contains(['*', '?', '[']) {
                step(&found, part, self.reads)?
            } else {
                let below = found.into_iter().map(|it| it.join(part));
                below.filter(|it| self.reads.exists(it)).collect()
            };
        }
        Ok(found)
    }

    /// All files of a folder and of those in it, in the order of their names.
    fn all_in(&self, folder: &Path, into: &mut Vec<PathBuf>, folders: &mut usize) {
        *folders += 1;
        for name in self.reads.names_in(folder) {
            let path = folder.join(name);
            let is_link = path.is_symlink();
            if !self.reads.is_folder(&path) {
                into.push(path);
            } else if !is_link && *folders < MOST_FOLDERS {
                self.all_in(&path, into, folders);
            }
        }
    }
}

impl Files for Folder<'_> {
    fn included(&mut self, pattern: &str) -> Result<Vec<Arc<SourceFile>>, String> {
        let mut paths = Vec::new();
        for path in self.matching(&Self::parts(pattern)?)? {
            if self.reads.is_folder(&path) {
                self.all_in(&path, &mut paths, &mut 0);
            } else {
                paths.push(path);
            }
        }
        paths.iter().map(|path| self.reads.text(path)).collect()
    }

    fn in_directories(&mut self, name: &str) -> Vec<(String, Arc<SourceFile>)> {
        let mut paths = Vec::new();
        self.all_in(&self.root, &mut paths, &mut 0);
        let named = paths.iter().filter(|path| path.file_name().is_some_and(|it| it == name));
        let found = named.filter_map(|path| {
            let below = path.parent()?.strip_prefix(&self.root).ok()?;
            // One that cannot be read makes httpd refuse all of its directory, as a broken one does.
            let unreadable =
                |why| Arc::new(SourceFile::new(files::shown(path), format!("</ {why}")));
            Some((
                format!("/{}", files::shown(below)),
                self.reads.text(path).unwrap_or_else(unreadable),
            ))
        });
        found.collect()
    }
}
