//! The door to what is kept between runs: one file an answer, named by all that it depends on.
//!
//! A file holds a digest of its text and the text, so that one that was damaged is as one that is
//! not there. Nothing in it is trusted further than the folder that it lies in: whoever can write
//! there can say what a run would say.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use seatrial_core::SourceFile;
use sha2::{Digest, Sha256};

use crate::files;

/// The largest answer that is kept.
const MOST_BYTES: u64 = 64 << 20;
/// So many answers are kept; beyond, the oldest half goes.
const MOST_KEPT: usize = 4096;
/// So many bytes of answers are kept; beyond, the oldest half goes.
const MOST_BYTES_KEPT: u64 = 512 << 20;

/// All that decides what a check says, in the sources of this program.
const PROGRAM: &str = env!("SEATRIAL_PROGRAM");

/// What an answer depends on, as it is added up.
#[derive(Clone)]
pub(crate) struct Key(Sha256);

impl Key {
    /// Begins with what kind of answer it is.
    pub(crate) fn of(kind: &str) -> Self {
        Self(Sha256::new()).and(kind)
    }

    /// Begins with what kind of answer this program gives.
    pub(crate) fn of_program(kind: &str) -> Self {
        Self::of(kind).and(PROGRAM)
    }

    /// Adds one thing more.
    pub(crate) fn and(mut self, text: impl AsRef<[u8]>) -> Self {
        self.0.update((text.as_ref().len() as u64).to_le_bytes());
        self.0.update(text);
        self
    }

    /// Adds several things, and how many they are.
    pub(crate) fn all<T: AsRef<[u8]>>(self, texts: impl IntoIterator<Item = T>) -> Self {
        let (mut key, mut count) = (self, 0_u64);
        for text in texts {
            key = key.and(text);
            count += 1;
        }
        key.and(count.to_le_bytes())
    }

    /// Adds files: their paths and their texts.
    pub(crate) fn files<'f>(self, files: impl IntoIterator<Item = &'f SourceFile>) -> Self {
        let texts = files.into_iter().flat_map(|it| [it.path().as_bytes(), it.text().as_bytes()]);
        self.all(texts)
    }

    /// The digest.
    pub(crate) fn name(self) -> String {
        hex(self.0)
    }
}

fn hex(digest: Sha256) -> String {
    digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Answers by what they depend on.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cache {
    folder: Option<PathBuf>,
}

impl Cache {
    /// Keeps answers in a folder; without one, none.
    pub(crate) const fn new(folder: Option<PathBuf>) -> Self {
        Self { folder }
    }

    /// Whether anything is kept at all.
    pub(crate) const fn keeps(&self) -> bool {
        self.folder.is_some()
    }

    /// An answer that was kept, whole. One that cannot be read is asked for again.
    pub(crate) fn get(&self, key: &str) -> Option<String> {
        let file = std::fs::File::open(self.folder.as_ref()?.join(key)).ok()?;
        let mut text = String::new();
        file.take(MOST_BYTES).read_to_string(&mut text).ok()?;
        let (digest, text) = text.split_once('\n')?;
        (digest == digest_of(text)).then(|| text.to_owned())
    }

    /// Keeps an answer, whole or not at all. One that cannot be kept is asked for again.
    pub(crate) fn put(&self, key: &str, text: &str) {
        let Some(folder) = &self.folder else { return };
        let kept = format!("{}\n{text}", digest_of(text));
        if kept.len() as u64 <= MOST_BYTES && std::fs::create_dir_all(folder).is_ok() {
            // What stands in the way of keeping an answer costs time, and nothing else.
            let _ = files::write(&folder.join(key), &kept);
        }
    }

    /// Removes the oldest half of the answers, if there are too many.
    pub(crate) fn prune(&self) {
        self.prune_to(MOST_KEPT);
    }

    fn prune_to(&self, most: usize) {
        let Some(folder) = &self.folder else { return };
        let mut kept = answers(folder);
        let bytes: u64 = kept.iter().map(|(_, bytes, _)| bytes).sum();
        if kept.len() > most || bytes > MOST_BYTES_KEPT {
            kept.sort();
            for (_, _, path) in kept.iter().take(kept.len().div_ceil(2)) {
                let _ = std::fs::remove_file(path);
            }
        }
    }
}

fn digest_of(text: &str) -> String {
    hex(Sha256::new_with_prefix(text))
}

/// The answers in a folder: when each was written, its bytes, its path.
fn answers(folder: &Path) -> Vec<(SystemTime, u64, PathBuf)> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let is_answer = |path: &Path| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    let answers = entries.map(|entry| entry.path()).filter(|path| is_answer(path));
    let with_age = answers.filter_map(|path| {
        let data = path.metadata().ok().filter(std::fs::Metadata::is_file)?;
        Some((data.modified().ok()?, data.len(), path))
    });
    with_age.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_kept_comes_back_unless_it_was_damaged() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(Some(folder.path().join("a/b")));
        let key = Key::of("test").and("x").name();
        assert_eq!(cache.get(&key), None);
        cache.put(&key, "an answer\nof two lines");
        assert_eq!(cache.get(&key).as_deref(), Some("an answer\nof two lines"));
        let path = folder.path().join("a/b").join(&key);
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text.replace("two", "ten")).unwrap();
        assert_eq!(cache.get(&key), None);
        cache.put(&key, "again");
        assert_eq!(cache.get(&key).as_deref(), Some("again"));
        assert_eq!(Cache::new(None).get(&key), None);
    }

    #[test]
    fn things_are_told_apart_by_where_one_ends() {
        let names = [
            Key::of("a").and("bc"),
            Key::of("ab").and("c"),
            Key::of("a").and("b").and("c"),
            Key::of("a").all(["b", "c"]),
            Key::of("a").all(["b"]).all(["c"]),
            Key::of("a").and("bc").all::<&str>([]),
        ]
        .map(Key::name);
        let distinct: std::collections::BTreeSet<_> = names.iter().collect();
        assert_eq!(distinct.len(), names.len());
    }

    #[test]
    fn the_oldest_half_goes_when_there_are_too_many() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(Some(folder.path().to_owned()));
        let put = |number: usize| cache.put(&Key::of("n").and(number.to_string()).name(), "x");
        let other = folder.path().join("of-somebody-else");
        std::fs::write(&other, "").unwrap();
        (0..8).for_each(put);
        cache.prune_to(8);
        assert_eq!(answers(folder.path()).len(), 8);
        put(8);
        cache.prune_to(8);
        assert_eq!(answers(folder.path()).len(), 4);
        assert!(other.exists());
    }
}
