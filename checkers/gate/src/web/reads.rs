//! Where the files of a configuration are read: the file system, or a commit.

use std::cell::RefCell;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use globset::Glob;
use seatrial_core::SourceFile;

use crate::files::{self, Input, MAX_FILE_BYTES, Texts};
use crate::git::{self, GitError};

/// Files by their paths.
pub(crate) trait Reads: fmt::Debug {
    /// The text of a file.
    ///
    /// # Errors
    ///
    /// Why it cannot be read, as a lower-case fragment.
    fn text(&self, path: &Path) -> Result<Arc<SourceFile>, String>;

    /// The names of what lies in a folder, sorted.
    fn names_in(&self, folder: &Path) -> Vec<String>;

    /// Whether there is a folder.
    fn is_folder(&self, path: &Path) -> bool;

    /// Whether there is anything.
    fn exists(&self, path: &Path) -> bool;
}

/// What lies in folders under names that match a pattern, which leads one step down.
///
/// # Errors
///
/// What is wrong with the pattern, as a lower-case fragment.
pub(crate) fn step(
    folders: &[PathBuf],
    pattern: &str,
    reads: &dyn Reads,
) -> Result<Vec<PathBuf>, String> {
    let glob = Glob::new(pattern).map_err(|error| error.kind().to_string())?.compile_matcher();
    let inside = folders.iter().flat_map(|folder| {
        let names = reads.names_in(folder).into_iter().filter(|name| {
            // Wildcards match no hidden files.
            glob.is_match(name) && (pattern.starts_with('.') || !name.starts_with('.'))
        });
        names.map(|name| folder.join(name)).collect::<Vec<_>>()
    });
    Ok(inside.collect())
}

/// The file system.
#[derive(Debug)]
pub(crate) struct Disk;

impl Reads for Disk {
    fn text(&self, path: &Path) -> Result<Arc<SourceFile>, String> {
        files::text_of(path).map(|text| Arc::new(SourceFile::new(files::shown(path), text)))
    }

    fn names_in(&self, folder: &Path) -> Vec<String> {
        files::names_in(folder)
    }

    fn is_folder(&self, path: &Path) -> bool {
        files::is_folder(path)
    }

    fn exists(&self, path: &Path) -> bool {
        files::exists(path)
    }
}

/// The file system, with some other texts than files have.
#[derive(Debug)]
pub(crate) struct Edited<'t>(pub(crate) &'t Texts);

impl Reads for Edited<'_> {
    fn text(&self, path: &Path) -> Result<Arc<SourceFile>, String> {
        match self.0.get(&files::shown(path)) {
            Some(file) => Ok(Arc::clone(file)),
            None => Disk.text(path),
        }
    }

    fn names_in(&self, folder: &Path) -> Vec<String> {
        Disk.names_in(folder)
    }

    fn is_folder(&self, path: &Path) -> bool {
        Disk.is_folder(path)
    }

    fn exists(&self, path: &Path) -> bool {
        Disk.exists(path)
    }
}

/// Files as somebody else reads them, with a record of all that was asked and answered: what is made
/// of the files depends on nothing else.
#[derive(Debug)]
pub(crate) struct Recorded<'r> {
    reads: &'r dyn Reads,
    record: RefCell<Vec<String>>,
}

impl<'r> Recorded<'r> {
    pub(crate) const fn new(reads: &'r dyn Reads) -> Self {
        Self { reads, record: RefCell::new(Vec::new()) }
    }

    /// What was asked and answered.
    pub(crate) fn into_record(self) -> Vec<String> {
        self.record.into_inner()
    }

    fn note(&self, question: &str, path: &Path, answer: &str) {
        self.record.borrow_mut().push(format!("{question} {}\n{answer}", path.display()));
    }
}

impl Reads for Recorded<'_> {
    fn text(&self, path: &Path) -> Result<Arc<SourceFile>, String> {
        let answer = self.reads.text(path);
        match &answer {
            Ok(file) => self.note("text", path, file.text()),
            Err(why) => self.note("none", path, why),
        }
        answer
    }

    fn names_in(&self, folder: &Path) -> Vec<String> {
        let names = self.reads.names_in(folder);
        self.note("names", folder, &names.join("\n"));
        names
    }

    fn is_folder(&self, path: &Path) -> bool {
        let answer = self.reads.is_folder(path);
        self.note("folder", path, &answer.to_string());
        answer
    }

    fn exists(&self, path: &Path) -> bool {
        let answer = self.reads.exists(path);
        self.note("exists", path, &answer.to_string());
        answer
    }
}

/// A commit, of which the names of all files are known.
#[derive(Debug)]
pub(crate) struct Commit {
    commit: String,
    names: Vec<PathBuf>,
}

impl Commit {
    /// The files of a commit below the current directory.
    pub(crate) fn of(commit: &str) -> Result<Self, GitError> {
        let names = RefCell::new(Vec::new());
        git::files(Path::new("."), commit, None, MAX_FILE_BYTES, |path| {
            names.borrow_mut().push(PathBuf::from(path));
            false
        })?;
        let mut names = names.into_inner();
        names.sort();
        Ok(Self { commit: commit.to_owned(), names })
    }
}

impl Reads for Commit {
    fn text(&self, path: &Path) -> Result<Arc<SourceFile>, String> {
        let path = files::shown(path);
        let wanted = |file: &str| *file == *path;
        let found = git::files(Path::new("."), &self.commit, Some(&path), MAX_FILE_BYTES, wanted);
        let blob = found.map_err(|error| error.to_string())?.into_iter().next();
        let bytes = blob.and_then(|blob| blob.bytes).ok_or("no such file")?;
        match files::of_bytes(&format!("git:{}:{path}", self.commit).into(), bytes) {
            Input::Text { file, .. } => Ok(file),
            Input::Unreadable(unfit) => Err(unfit.message),
            Input::Excluded(_) => Err("it is left out".to_owned()),
        }
    }

    fn names_in(&self, folder: &Path) -> Vec<String> {
        let folder = folder.strip_prefix(".").unwrap_or(folder);
        let below = self.names.iter().filter_map(|path| path.strip_prefix(folder).ok());
        let mut names: Vec<_> = below
            .filter_map(|path| path.components().next())
            .filter_map(|part| part.as_os_str().to_str().map(str::to_owned))
            .collect();
        names.dedup();
        names
    }

    fn is_folder(&self, path: &Path) -> bool {
        self.exists(path) && !self.is_file(path)
    }

    fn exists(&self, path: &Path) -> bool {
        let path = path.strip_prefix(".").unwrap_or(path);
        self.names.iter().any(|name| name.starts_with(path))
    }
}

impl Commit {
    fn is_file(&self, path: &Path) -> bool {
        let path = path.strip_prefix(".").unwrap_or(path);
        self.names.binary_search_by(|name| name.as_path().cmp(path)).is_ok()
    }
}
