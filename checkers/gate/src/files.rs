//! The door to the file system: which files there are, and their texts.
//!
//! Nothing is lost on the way: every file met becomes an [`Input`], readable or not.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read, Take, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ignore::WalkBuilder;
use seatrial_core::{Location, Severity, SourceFile, Span};
use seatrial_learn::systems::System;

use crate::config::Config;
use crate::web;

/// The largest file that is read. Objects are limited to about 1.5 MiB by the cluster's store;
/// the largest published bundles of them stay below 10 MiB.
pub const MAX_FILE_BYTES: u64 = 32 << 20;

/// The largest snapshot of a cluster that is read: some 100,000 pods as `kubectl` prints them.
pub const MAX_SNAPSHOT_BYTES: u64 = 512 << 20;

/// The path that stands for standard input.
pub const STDIN: &str = "-";

/// The endings of the files that are looked at in a directory.
const ENDINGS: [&str; 3] = ["yaml", "yml", "json"];

/// A file met, in the order of paths.
#[derive(Debug)]
pub enum Input {
    /// A text.
    Text {
        /// The file.
        file: Arc<SourceFile>,
        /// Whether the user named this very file.
        named: bool,
    },
    /// A file that is not a text that can be read.
    Unreadable(Unfit),
    /// A file that the configuration leaves out.
    Excluded(Arc<str>),
}

/// A file that cannot be read.
#[derive(Debug)]
pub struct Unfit {
    /// The place: the start of the file, or the first byte that is no text.
    pub location: Location,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, as a lower-case fragment.
    pub message: String,
    /// What to do about it.
    pub help: Option<&'static str>,
    /// Whether the operating system refused it, rather than its content being unfit.
    pub refused: bool,
}

/// Where to look for files.
#[derive(Debug)]
pub struct Search<'a> {
    /// Files and directories; `-` is standard input.
    pub paths: &'a [PathBuf],
    /// The settings, which leave files out.
    pub config: &'a Config,
    /// Whether `.gitignore` and its kin are honoured in directories.
    pub gitignore: bool,
    /// Whether configurations of systems and of web servers are wanted too, where their names or the
    /// settings leave no doubt.
    pub systems: bool,
}

/// A file that is there, before it is read.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    shown: Arc<str>,
    path: PathBuf,
    named: bool,
}

impl Found {
    /// Where it lies.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Its path as the user would write it.
    pub(crate) const fn shown(&self) -> &Arc<str> {
        &self.shown
    }

    /// Whether it lies in a folder itself, not in one of that folder's.
    pub(crate) fn is_in(&self, folder: &Path) -> bool {
        self.path.parent() == Some(folder)
    }

    /// The system that it configures: the one given if the user named this very file, else the one
    /// that its name tells.
    pub(crate) fn system(&self, given: Option<System>) -> Option<System> {
        given.filter(|_| self.named).or_else(|| of_system(&self.path))
    }

    /// Whether the last part of its path is one of these.
    pub fn is_named(&self, names: &[&str]) -> bool {
        self.path.file_name().is_some_and(|name| names.iter().any(|known| name == *known))
    }
}

/// The system that a file configures, where its name leaves no doubt.
fn of_system(path: &Path) -> Option<System> {
    System::of_file_name(path.file_name()?.to_str()?)
}

/// Finds the files, each once, sorted by path; what cannot be entered is in the second list.
pub fn find(search: &Search<'_>) -> (Vec<Found>, Vec<Input>) {
    let mut found = BTreeSet::new();
    let mut others = Vec::new();
    for path in search.paths {
        if path.is_dir() {
            find_below(path, search, &mut found, &mut others);
        } else {
            found.insert(Found { shown: shown(path), path: path.clone(), named: true });
        }
    }
    let mut found: Vec<_> = found.into_iter().collect();
    found.dedup_by(|later, first| {
        let same = later.shown == first.shown;
        first.named |= same && later.named;
        same
    });
    (found, others)
}

fn find_below(
    folder: &Path,
    search: &Search<'_>,
    found: &mut BTreeSet<Found>,
    others: &mut Vec<Input>,
) {
    let walk = WalkBuilder::new(folder)
        .standard_filters(search.gitignore)
        .hidden(true)
        .require_git(false)
        .build();
    for entry in walk {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                others.push(Input::Unreadable(walk_problem(&error, folder)));
                continue;
            }
        };
        let path = entry.path();
        let is_link = entry.path_is_symlink();
        if is_link && path.is_dir() && entry.depth() > 0 {
            others.push(Input::Unreadable(link_to_directory(path)));
            continue;
        }
        // A link to a file is read like a file; one that leads nowhere is refused when it is read.
        let is_file = is_link || entry.file_type().is_some_and(|kind| kind.is_file());
        let ending = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
        let is_kustomization = path.file_name().is_some_and(|name| name == "Kustomization");
        let of_system = search.systems && of_system(path).is_some();
        let of_web = search.systems && web::kind_of(path, search.config).is_some();
        let wanted = ENDINGS.contains(&ending) || of_system || of_web || is_kustomization;
        // The settings are no manifest, and are checked when they are read.
        let of_settings = path.file_name().is_some_and(|name| name == crate::config::FILE_NAME);
        if !is_file || !wanted || of_settings {
            continue;
        }
        if search.config.excludes(path) {
            others.push(Input::Excluded(shown(path)));
        } else {
            found.insert(Found { shown: shown(path), path: path.to_owned(), named: false });
        }
    }
}

/// A link to a directory is not followed, as `kubectl` does not: it may lead anywhere, and back.
fn link_to_directory(path: &Path) -> Unfit {
    Unfit {
        location: Location::start_of(shown(path)),
        severity: Severity::Note,
        message: "a link to a directory is not followed".to_owned(),
        help: Some("name the directory as a path of its own if it is to be checked"),
        refused: false,
    }
}

fn walk_problem(error: &ignore::Error, folder: &Path) -> Unfit {
    let mut inner = error;
    let mut path = folder;
    loop {
        inner = match inner {
            ignore::Error::WithPath { path: at, err } => {
                path = at;
                err
            }
            ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => err,
            _ => break,
        };
    }
    let message = match inner {
        ignore::Error::Io(error) => lower_first(&error.to_string()),
        other => lower_first(&other.to_string()),
    };
    Unfit::refused(shown(path), message)
}

impl Unfit {
    fn refused(path: Arc<str>, message: String) -> Self {
        let location = Location::start_of(path);
        Self { location, severity: Severity::Error, message, help: None, refused: true }
    }

    /// A file whose content as a whole is unfit.
    fn whole(path: Arc<str>, message: String, help: Option<&'static str>) -> Self {
        let location = Location::start_of(path);
        Self { location, severity: Severity::Error, message, help, refused: false }
    }

    /// A file of more than so many bytes.
    pub(crate) fn too_large(path: Arc<str>, most: u64) -> Self {
        let message = format!("larger than {} MiB", most >> 20);
        Self::whole(path, message, Some("split it, or exclude it in `seatrial.yaml`"))
    }
}

/// Whether a path below a directory that is walked is one of a manifest: by its ending, and not
/// hidden.
pub(crate) fn is_manifest(path: &str) -> bool {
    let ending = Path::new(path).extension().and_then(|ending| ending.to_str());
    let hidden = path.split('/').any(|part| part.starts_with('.'));
    !hidden && ending.is_some_and(|ending| ENDINGS.contains(&ending))
}

/// A file of which the bytes are known.
pub(crate) fn of_bytes(path: &Arc<str>, bytes: Vec<u8>) -> Input {
    match text(path, bytes, MAX_FILE_BYTES) {
        Ok(file) => Input::Text { file: Arc::new(file), named: false },
        Err(unreadable) => Input::Unreadable(unreadable),
    }
}

/// Texts in place of those that files have, by path.
pub type Texts = BTreeMap<Arc<str>, Arc<SourceFile>>;

/// Reads a file that was found, unless its text is given.
pub(crate) fn read_unless(found: &Found, texts: &Texts) -> Input {
    match texts.get(&found.shown) {
        Some(file) => Input::Text { file: Arc::clone(file), named: found.named },
        None => read(found),
    }
}

/// Replaces the text of a file, whole or not at all; its permissions stay. Refused is a file that
/// has changed since it was read, and one that a link puts outside of the paths that the user
/// named.
pub fn replace(path: &str, before: &str, after: &str, within: &[PathBuf]) -> io::Result<()> {
    let refuse = |message: &str| Err(io::Error::other(message.to_owned()));
    // A link stays one; what it leads to is written.
    let target = Path::new(path).canonicalize()?;
    let within = within.iter().filter_map(|path| path.canonicalize().ok());
    if !within.into_iter().any(|path| target.starts_with(path)) {
        return refuse("it leads out of what is checked");
    }
    if std::fs::read(&target)? != before.as_bytes() {
        return refuse("it has changed in the meantime");
    }
    write(&target, after)
}

/// Writes a file whole or not at all: a reader never sees half of it. The permissions of one that
/// is there stay; a device or a pipe is written as it is.
///
/// # Errors
///
/// What the operating system refuses.
pub fn write(path: &Path, text: &str) -> io::Result<()> {
    let before = std::fs::metadata(path).ok();
    if before.as_ref().is_some_and(|data| !data.is_file()) {
        return std::fs::write(path, text);
    }
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}.tmp", std::process::id()));
    let draft = path.with_file_name(name);
    let permissions = before.map(|data| data.permissions());
    let written = write_draft(&draft, text, permissions);
    let written = written.and_then(|()| std::fs::rename(&draft, path));
    if written.is_err() {
        let _ = std::fs::remove_file(&draft);
    }
    written
}

/// Writes a new file.
fn write_draft(
    draft: &Path,
    text: &str,
    permissions: Option<std::fs::Permissions>,
) -> io::Result<()> {
    let mut file = std::fs::File::create_new(draft)?;
    if let Some(permissions) = permissions {
        file.set_permissions(permissions)?;
    }
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// Reads a file that was found. Safe to call for several files at once.
pub fn read(found: &Found) -> Input {
    read_within(found, MAX_FILE_BYTES)
}

/// Reads a file that was found, of so many bytes at most.
pub fn read_within(found: &Found, most: u64) -> Input {
    let bytes = if &*found.shown == STDIN {
        read_limited(std::io::stdin().take(most + 1))
    } else {
        // A directory is refused by the first read.
        std::fs::File::open(&found.path).and_then(|file| read_limited(file.take(most + 1)))
    };
    let refused = |error: std::io::Error| {
        Unfit::refused(Arc::clone(&found.shown), lower_first(&error.to_string()))
    };
    match bytes.map_err(refused).and_then(|bytes| text(&found.shown, bytes, most)) {
        Ok(file) => Input::Text { file: Arc::new(file), named: found.named },
        Err(unreadable) => Input::Unreadable(unreadable),
    }
}

/// The bytes of a file.
pub(crate) fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    std::fs::read(path)
}

/// Whether there is anything at a path.
pub(crate) fn exists(path: &Path) -> bool {
    path.exists()
}

/// The names of what lies in a folder, sorted; none if it cannot be entered.
pub(crate) fn names_in(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<_> =
        entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    names
}

/// Whether a path is a folder.
pub(crate) fn is_folder(path: &Path) -> bool {
    path.is_dir()
}

/// The text of a file that the user names.
pub(crate) fn text_of(path: &Path) -> Result<String, String> {
    let found = Found { shown: shown(path), path: path.to_owned(), named: true };
    match read(&found) {
        Input::Text { file, .. } => Ok(file.text().to_string()),
        Input::Unreadable(unfit) => Err(unfit.message),
        Input::Excluded(_) => Ok(String::new()),
    }
}

fn read_limited<R: Read>(mut source: Take<R>) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Makes a text of a file's bytes, or says why it is none.
fn text(path: &Arc<str>, bytes: Vec<u8>, most: u64) -> Result<SourceFile, Unfit> {
    let whole = |message: String, help| Unfit::whole(Arc::clone(path), message, help);
    if bytes.len() as u64 > most {
        return Err(Unfit::too_large(Arc::clone(path), most));
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(whole("written in UTF-16".to_owned(), Some("save it as UTF-8")));
    }
    if bytes.contains(&0) {
        let message = "a binary file: it holds NUL bytes".to_owned();
        return Err(whole(message, Some("exclude it in `seatrial.yaml`")));
    }
    String::from_utf8(bytes).map(|text| SourceFile::new(Arc::clone(path), text)).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let bytes = error.as_bytes();
        let byte = bytes.get(valid).copied().unwrap_or_default();
        let before = String::from_utf8_lossy(bytes.get(..valid).unwrap_or_default()).into_owned();
        let place = SourceFile::new(Arc::clone(path), before);
        Unfit {
            location: place.location(Span::new(valid, valid)),
            severity: Severity::Error,
            message: format!("not valid UTF-8: the byte 0x{byte:02x} does not fit"),
            help: Some("save it as UTF-8"),
            refused: false,
        }
    })
}

/// A path as the user would write it: with `/`, and without `./` before it.
pub fn shown(path: &Path) -> Arc<str> {
    let text = path.to_string_lossy().replace('\\', "/");
    let short = text.trim_start_matches("./");
    if short.is_empty() { ".".into() } else { short.into() }
}

/// Errors of the operating system begin with a capital letter, ours do not.
fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_bytes(bytes: &[u8]) -> Result<SourceFile, Unfit> {
        text(&"a.yaml".into(), bytes.to_vec(), MAX_FILE_BYTES)
    }

    #[test]
    fn what_is_no_text_is_refused_with_its_place() {
        let error = read_bytes(b"a: 1\nb: \xff\n").unwrap_err();
        assert_eq!((error.location.line, error.location.column), (2, 4));
        assert!(error.message.contains("0xff"), "{}", error.message);
        assert!(read_bytes(b"a\0b").unwrap_err().message.contains("binary"));
        assert!(read_bytes(b"\xff\xfea\0").unwrap_err().message.contains("UTF-16"));
        assert!(read_bytes("é".as_bytes()).is_ok());
    }

    #[test]
    fn directories_are_walked_in_order_and_each_file_is_found_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::create_dir(path("b")).unwrap();
        for name in ["b/x.yml", "a.yaml", "c.json", "d.txt", ".hidden.yaml", "skip.yaml"] {
            std::fs::write(path(name), "").unwrap();
        }
        std::fs::write(path(".gitignore"), "c.json\n").unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink("..", path("b/up")).unwrap();
        let file = SourceFile::new("seatrial.yaml", "exclude: ['skip.*']");
        let config = Config::parse(file, folder.path()).unwrap();
        let search = |paths: &[PathBuf], gitignore| {
            let (found, others) =
                find(&Search { paths, config: &config, gitignore, systems: true });
            let names =
                found.iter().map(|f| f.path.strip_prefix(folder.path()).unwrap().to_owned());
            (names.collect::<Vec<_>>(), others)
        };
        let all = [folder.path().to_owned(), path("a.yaml")];
        let (names, others) = search(&all, true);
        assert_eq!(names, [Path::new("a.yaml"), Path::new("b/x.yml")]);
        let excluded = others.iter().filter(|o| matches!(o, Input::Excluded(_))).count();
        let links = others.iter().filter(
            |o| matches!(o, Input::Unreadable(u) if u.message.contains("link") && !u.refused),
        );
        assert_eq!((excluded, links.count()), (1, usize::from(cfg!(unix))));
        assert_eq!(search(&all, false).0.len(), 3);
        std::fs::write(path("zoo.cfg"), "").unwrap();
        assert_eq!(search(&all, false).0.len(), 4);
    }

    #[test]
    fn a_missing_file_is_refused() {
        let path = PathBuf::from("does/not/exist.yaml");
        let found = Found { shown: shown(&path), path, named: true };
        let Input::Unreadable(unreadable) = read(&found) else { panic!("read") };
        assert!(unreadable.refused);
        assert!(unreadable.message.starts_with("no such file"), "{}", unreadable.message);
    }
}
