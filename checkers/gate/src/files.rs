//! The door to the file system: which files there are, and their texts.
//!
//! Nothing is lost on the way: every file met becomes an [`Input`], readable or not.

use std::collections::BTreeSet;
use std::io::{Read, Take};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use globset::GlobSet;
use ignore::WalkBuilder;
use seatrial_core::{Location, SourceFile, Span};

/// The largest file that is read. Objects are limited to about 1.5 MiB by the cluster's store;
/// the largest published bundles of them stay below 10 MiB.
pub const MAX_FILE_BYTES: u64 = 32 << 20;

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
    Unreadable(Unreadable),
    /// A file that the configuration leaves out.
    Excluded(Arc<str>),
}

/// A file that cannot be read.
#[derive(Debug)]
pub struct Unreadable {
    /// The place: the start of the file, or the first byte that is no text.
    pub location: Location,
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
    /// Files to leave out, matched against the path relative to `root`.
    pub exclude: &'a GlobSet,
    /// The directory that `exclude` is relative to.
    pub root: &'a Path,
    /// Whether `.gitignore` and its kin are honoured in directories.
    pub gitignore: bool,
}

/// A file that is there, before it is read.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    shown: Arc<str>,
    path: PathBuf,
    named: bool,
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
        .follow_links(true)
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
        let ending = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
        if !ENDINGS.contains(&ending) || !entry.file_type().is_some_and(|kind| kind.is_file()) {
            continue;
        }
        if search.exclude.is_match(path.strip_prefix(search.root).unwrap_or(path)) {
            others.push(Input::Excluded(shown(path)));
        } else {
            found.insert(Found { shown: shown(path), path: path.to_owned(), named: false });
        }
    }
}

fn walk_problem(error: &ignore::Error, folder: &Path) -> Unreadable {
    let mut inner = error;
    let mut path = None;
    loop {
        inner = match inner {
            ignore::Error::WithPath { path: at, err } => {
                path = Some(at.as_path());
                err
            }
            ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => err,
            _ => break,
        };
    }
    let (path, message, refused) = match inner {
        ignore::Error::Loop { child, ancestor } => {
            let message = format!("this link leads back to `{}`", shown(ancestor));
            (Some(child.as_path()), message, false)
        }
        ignore::Error::Io(error) => (path, lower_first(&error.to_string()), true),
        other => (path, lower_first(&other.to_string()), true),
    };
    let location = Location::start_of(shown(path.unwrap_or(folder)));
    Unreadable { location, message, help: None, refused }
}

/// Reads a file that was found. Safe to call for several files at once.
pub fn read(found: &Found) -> Input {
    let bytes = if &*found.shown == STDIN {
        read_limited(std::io::stdin().take(MAX_FILE_BYTES + 1))
    } else {
        // A directory is refused by the first read.
        std::fs::File::open(&found.path)
            .and_then(|file| read_limited(file.take(MAX_FILE_BYTES + 1)))
    };
    let refused = |error: std::io::Error| Unreadable {
        location: Location::start_of(Arc::clone(&found.shown)),
        message: lower_first(&error.to_string()),
        help: None,
        refused: true,
    };
    match bytes.map_err(refused).and_then(|bytes| text(&found.shown, bytes)) {
        Ok(file) => Input::Text { file: Arc::new(file), named: found.named },
        Err(unreadable) => Input::Unreadable(unreadable),
    }
}

fn read_limited<R: Read>(mut source: Take<R>) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Makes a text of a file's bytes, or says why it is none.
fn text(path: &Arc<str>, bytes: Vec<u8>) -> Result<SourceFile, Unreadable> {
    let whole = |message: String, help| Unreadable {
        location: Location::start_of(Arc::clone(path)),
        message,
        help,
        refused: false,
    };
    if bytes.len() as u64 > MAX_FILE_BYTES {
        let message = format!("larger than {} MiB", MAX_FILE_BYTES >> 20);
        return Err(whole(message, Some("split it, or exclude it in `seatrial.yaml`")));
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
        Unreadable {
            location: place.location(Span::new(valid, valid)),
            message: format!("not valid UTF-8: the byte 0x{byte:02x} does not fit"),
            help: Some("save it as UTF-8"),
            refused: false,
        }
    })
}

/// A path as the user would write it: with `/`, and without `./` before it.
fn shown(path: &Path) -> Arc<str> {
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

    fn read_bytes(bytes: &[u8]) -> Result<SourceFile, Unreadable> {
        text(&"a.yaml".into(), bytes.to_vec())
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
        std::os::unix::fs::symlink("..", path("b/loop")).unwrap();
        let exclude = globset::GlobSetBuilder::new()
            .add(globset::Glob::new("skip.*").unwrap())
            .build()
            .unwrap();
        let search = |paths: &[PathBuf], gitignore| {
            let root = folder.path();
            let (found, others) = find(&Search { paths, exclude: &exclude, root, gitignore });
            let names = found.iter().map(|f| f.path.strip_prefix(root).unwrap().to_owned());
            (names.collect::<Vec<_>>(), others)
        };
        let all = [folder.path().to_owned(), path("a.yaml")];
        let (names, others) = search(&all, true);
        assert_eq!(names, [Path::new("a.yaml"), Path::new("b/x.yml")]);
        let excluded = others.iter().filter(|o| matches!(o, Input::Excluded(_))).count();
        let loops = others.iter().filter(
            |o| matches!(o, Input::Unreadable(u) if u.message.contains("leads back") && !u.refused),
        );
        assert_eq!((excluded, loops.count()), (1, usize::from(cfg!(unix))));
        assert_eq!(search(&all, false).0.len(), 3);
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
