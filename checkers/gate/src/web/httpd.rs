//! From a path to a configuration of httpd, with the files that it includes and `.htaccess` files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use globset::Glob;
use seatrial_access::web::httpd::{Config, Files, read};
use seatrial_core::{Location, Severity, SourceFile};

use crate::access::LoadError;
use crate::files;

/// The main files of a folder.
const MAIN: [&str; 2] = ["apache2.conf", "httpd.conf"];

/// Where distributions install the configuration: what is included from there is sought in the
/// folder of the main file.
const INSTALLED: [&str; 3] = ["/etc/apache2/", "/etc/httpd/", "/usr/local/apache2/"];

/// How many folders are looked through for `.htaccess` files.
const MOST_FOLDERS: usize = 100_000;

/// Reads the configuration of httpd at a path: a main file, or a folder with an `apache2.conf` or
/// `httpd.conf`. Files are included from the folder of the main file alone; what lies below it at
/// `srv/www/.htaccess` is the file of the directory `/srv/www`.
///
/// # Errors
///
/// A file that cannot be read, and anything that httpd would refuse: what it decides is not known.
pub fn load(path: &Path) -> Result<Config, LoadError> {
    let main = if files::is_folder(path) { main_in(path) } else { path.to_owned() };
    let root = main.parent().map_or_else(PathBuf::new, Path::to_owned);
    let file = source(&main).map_err(|message| LoadError::File {
        location: Location::start_of(shown(&main).into()),
        message,
    })?;
    let mut folder = Folder { root };
    let mut config = read(&file, &mut folder);
    for name in config.group_files.clone() {
        if let Ok(Some(path)) = folder.below(&name)
            && let Ok(text) = files::text_of(&path)
        {
            config.add_groups(&name, &text);
        }
    }
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

fn main_in(folder: &Path) -> PathBuf {
    let names = files::names_in(folder);
    let found = MAIN.into_iter().find(|main| names.iter().any(|name| name == main));
    folder.join(found.unwrap_or("apache2.conf"))
}

/// The folder of a configuration.
struct Folder {
    root: PathBuf,
}

impl Folder {
    /// Where a path of the configuration lies; `None` if there is no such file.
    fn below(&self, path: &str) -> Result<Option<PathBuf>, String> {
        let parts = Self::parts(path)?;
        let path = self.root.join(&parts);
        Ok(path.exists().then_some(path))
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
            if !part.contains(['*', '?', '[']) {
                found =
                    found.into_iter().map(|it| it.join(part)).filter(|it| it.exists()).collect();
                continue;
            }
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
        Ok(found)
    }
}

/// All files of a folder and of those in it, in the order of their names.
fn all_in(folder: &Path, into: &mut Vec<PathBuf>, folders: &mut usize) {
    *folders += 1;
    for name in files::names_in(folder) {
        let path = folder.join(name);
        let is_link = path.is_symlink();
        if !files::is_folder(&path) {
            into.push(path);
        } else if !is_link && *folders < MOST_FOLDERS {
            all_in(&path, into, folders);
        }
    }
}

impl Files for Folder {
    fn included(&mut self, pattern: &str) -> Result<Vec<Arc<SourceFile>>, String> {
        let mut paths = Vec::new();
        for path in self.matching(&Self::parts(pattern)?)? {
            if files::is_folder(&path) {
                all_in(&path, &mut paths, &mut 0);
            } else {
                paths.push(path);
            }
        }
        paths.iter().map(|path| source(path)).collect()
    }

    fn in_directories(&mut self, name: &str) -> Vec<(String, Arc<SourceFile>)> {
        let mut paths = Vec::new();
        all_in(&self.root, &mut paths, &mut 0);
        let named = paths.iter().filter(|path| path.file_name().is_some_and(|it| it == name));
        let found = named.filter_map(|path| {
            let below = path.parent()?.strip_prefix(&self.root).ok()?;
            // One that cannot be read makes httpd refuse all of its directory, as a broken one does.
            let unreadable = |why| Arc::new(SourceFile::new(shown(path), format!("</ {why}")));
            Some((format!("/{}", shown(below)), source(path).unwrap_or_else(unreadable)))
        });
        found.collect()
    }
}
