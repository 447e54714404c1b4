//! The door to git: the files of a commit, as they were committed.

use std::ffi::OsStr;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;

use thiserror::Error;

/// Why files cannot be had from git.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum GitError {
    /// The program is missing, or cannot be started.
    #[error("`git` cannot be started: {0}")]
    NotStarted(String),
    /// The directory is in no repository.
    #[error("`{0}` is not in a git repository")]
    NoRepository(PathBuf),
    /// What the user named is no commit.
    #[error("there is no commit `{0}` in this git repository")]
    NoCommit(String),
    /// The commit has no such path.
    #[error("`{path}` is not in commit `{commit}`")]
    NoPath {
        /// The path.
        path: String,
        /// The commit as the user named it.
        commit: String,
    },
    /// Anything else that git says.
    #[error("git failed: {0}")]
    Failed(String),
}

/// A file of a commit.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Blob {
    /// Its path, relative to the directory that was asked in.
    pub(crate) path: String,
    /// Its content, or nothing if it is larger than what was asked for.
    pub(crate) bytes: Option<Vec<u8>>,
}

/// The files of a commit below a path, sorted, that are wanted: their contents up to `most` bytes.
///
/// Paths are relative to `folder`. Links and submodules are left out. Without a path, all files
/// below `folder` are meant, of which there may be none.
pub(crate) fn files(
    folder: &Path,
    commit: &str,
    path: Option<&str>,
    most: u64,
    wanted: impl Fn(&str) -> bool,
) -> Result<Vec<Blob>, GitError> {
    let id = resolve(folder, commit)?;
    let path = path.map(|path| path.trim_start_matches("./")).filter(|path| !path.is_empty());
    let mut arguments = vec!["ls-tree", "-r", "-z", "-l", &id];
    if let Some(path) = path.filter(|path| *path != ".") {
        arguments.extend(["--", path.trim_end_matches('/')]);
    }
    let listing = checked(&run(folder, &arguments)?)?;
    let entries: Vec<Entry> = listing.split('\0').filter_map(Entry::read).collect();
    if let (true, Some(path)) = (entries.is_empty(), path) {
        return Err(GitError::NoPath { path: path.to_owned(), commit: commit.to_owned() });
    }
    let mut entries: Vec<_> = entries.into_iter().filter(|entry| wanted(&entry.path)).collect();
    entries.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    let small = entries.iter().filter(|entry| entry.size <= most);
    let mut contents = contents(folder, small.map(|entry| &*entry.id))?.into_iter();
    let blob = |Entry { path, size, .. }: Entry| {
        let bytes = if size <= most { contents.next() } else { None };
        Blob { path, bytes }
    };
    Ok(entries.into_iter().map(blob).collect())
}

/// The branch that changes are merged into, as far as git knows: the one that the origin checks out,
/// else `main` or `master`.
pub(crate) fn main_branch(folder: &Path) -> Option<String> {
    let head = run(folder, &["symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD"]);
    if let Some(head) = head.ok().filter(|output| output.status.success()) {
        return Some(String::from_utf8_lossy(&head.stdout).trim().to_owned());
    }
    let names = ["origin/main", "origin/master", "main", "master"];
    names.into_iter().find(|name| resolve(folder, name).is_ok()).map(str::to_owned)
}

/// The id of a commit that the user named.
fn resolve(folder: &Path, commit: &str) -> Result<String, GitError> {
    let unknown = || GitError::NoCommit(commit.to_owned());
    // A name must not be taken for an option.
    if commit.is_empty() || commit.starts_with('-') {
        return Err(unknown());
    }
    let name = format!("{commit}^{{commit}}");
    let output = run(folder, &["rev-parse", "--verify", "--quiet", &name])?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
    }
    let inside = run(folder, &["rev-parse", "--is-inside-work-tree"])?;
    Err(if inside.status.success() { unknown() } else { GitError::NoRepository(folder.to_owned()) })
}

/// A line of `git ls-tree -l`: mode, type, id and size, then a tab and the path.
struct Entry {
    id: String,
    size: u64,
    path: String,
}

impl Entry {
    /// Reads a line; nothing for what is no plain file.
    fn read(line: &str) -> Option<Self> {
        let (facts, path) = line.split_once('\t')?;
        let mut facts = facts.split_ascii_whitespace();
        let mode = facts.next().filter(|mode| mode.starts_with("100"));
        let (id, size) = (mode.and(facts.nth(1))?, facts.next()?);
        Some(Self { id: id.to_owned(), size: size.parse().ok()?, path: path.to_owned() })
    }
}

/// The contents of blobs, in the order of their ids.
fn contents<'i>(
    folder: &Path,
    ids: impl Iterator<Item = &'i str>,
) -> Result<Vec<Vec<u8>>, GitError> {
    let ids: Vec<_> = ids.collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut child = git(folder, &["cat-file", "--batch"])
        .stdin(Stdio::piped())
        .spawn()
        .map_err(|error| GitError::NotStarted(error.to_string()))?;
    let asked: String = ids.iter().map(|id| format!("{id}\n")).collect();
    let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
    let answered = thread::scope(|scope| {
        // Asked from another thread, so that neither waits for the other's pipe to empty.
        scope.spawn(move || stdin.map(|mut stdin| stdin.write_all(asked.as_bytes())));
        let mut bytes = Vec::new();
        stdout.map(|mut stdout| stdout.read_to_end(&mut bytes)).transpose().map(|_| bytes)
    });
    let failed = |message: String| GitError::Failed(message);
    let ended = child.wait_with_output().map_err(|error| failed(error.to_string()))?;
    let answered = answered.map_err(|error| failed(error.to_string()))?;
    let contents = batch(&answered);
    match contents.filter(|contents| contents.len() == ids.len()) {
        Some(contents) => Ok(contents),
        None => Err(failed(message(&ended.stderr))),
    }
}

/// Reads the answers of `git cat-file --batch`: id, type and size, a line break, the content and
/// another line break.
fn batch(mut bytes: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut contents = Vec::new();
    while !bytes.is_empty() {
        let end = bytes.iter().position(|&byte| byte == b'\n')?;
        let (head, rest) = bytes.split_at_checked(end + 1)?;
        let head = std::str::from_utf8(head).ok()?;
        let size: usize = head.split_ascii_whitespace().nth(2)?.parse().ok()?;
        let (content, rest) = rest.split_at_checked(size)?;
        contents.push(content.to_vec());
        bytes = rest.get(1..)?;
    }
    Some(contents)
}

/// What git prints for these arguments.
fn run(folder: &Path, arguments: &[&str]) -> Result<Output, GitError> {
    git(folder, arguments).output().map_err(|error| GitError::NotStarted(error.to_string()))
}

fn git<A: AsRef<OsStr>>(folder: &Path, arguments: &[A]) -> Command {
    let mut command = Command::new("git");
    command
        .args(arguments)
        .current_dir(folder)
        // Reading must not change anything, ask anybody, or fetch from elsewhere.
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_NO_LAZY_FETCH", "1")
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn checked(output: &Output) -> Result<String, GitError> {
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(GitError::Failed(message(&output.stderr)))
}

/// The first line of what git complains about.
fn message(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let line = text.lines().next().unwrap_or("it gave no reason");
    line.trim_start_matches("fatal: ").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A repository with one commit: `a.yaml`, `deploy/b.yaml` and a link.
    fn repository() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path();
        std::fs::create_dir(at.join("deploy")).unwrap();
        std::fs::write(at.join("a.yaml"), "a: 1\n").unwrap();
        std::fs::write(at.join("deploy/b.yaml"), "b: 22\n").unwrap();
        std::fs::write(at.join("deploy/c.txt"), "no\n").unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink("a.yaml", at.join("link.yaml")).unwrap();
        let identity = ["-c", "user.name=a", "-c", "user.email=a@example.com"];
        for arguments in [&["init", "-q"][..], &["add", "."], &["commit", "-q", "-m", "first"]] {
            let output = run(at, &[&identity[..], arguments].concat()).unwrap();
            assert!(output.status.success(), "{output:?}");
        }
        folder
    }

    #[test]
    fn the_files_of_a_commit_are_read_as_they_were_committed() {
        let folder = repository();
        std::fs::write(folder.path().join("a.yaml"), "changed").unwrap();
        let read = |below: &str, path, most| {
            let wanted = |path: &str| Path::new(path).extension() == Some("yaml".as_ref());
            let blobs = files(&folder.path().join(below), "HEAD", path, most, wanted)?;
            let texts = blobs.into_iter().map(|Blob { path, bytes }| {
                (path, bytes.map(|bytes| String::from_utf8(bytes).unwrap()))
            });
            Ok::<Vec<_>, GitError>(texts.collect())
        };
        let (a, b) = (("a.yaml".to_owned(), Some("a: 1\n".to_owned())), Some("b: 22\n".to_owned()));
        let deep = ("deploy/b.yaml".to_owned(), b.clone());
        assert_eq!(read("", None, 99), Ok(vec![a.clone(), deep.clone()]));
        assert_eq!(read("", Some("./deploy/"), 99), Ok(vec![deep]));
        assert_eq!(read("deploy", None, 99), Ok(vec![("b.yaml".to_owned(), b)]));
        assert_eq!(read("", None, 5), Ok(vec![a, ("deploy/b.yaml".to_owned(), None)]));
        let missing = GitError::NoPath { path: "no".to_owned(), commit: "HEAD".to_owned() };
        assert_eq!(read("", Some("no"), 99), Err(missing));
    }

    #[test]
    fn what_is_no_commit_or_no_repository_is_said() {
        let folder = repository();
        let read = |folder: &Path, commit: &str| files(folder, commit, None, 9, |_| true);
        for commit in ["nowhere", "", "--help", "HEAD:a.yaml"] {
            let expected = GitError::NoCommit(commit.to_owned());
            assert_eq!(read(folder.path(), commit), Err(expected), "{commit}");
        }
        let outside = tempfile::tempdir().unwrap();
        let expected = GitError::NoRepository(outside.path().to_owned());
        assert_eq!(read(outside.path(), "HEAD"), Err(expected));
    }
}
