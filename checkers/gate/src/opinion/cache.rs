//! The door to the answers that are kept: one file each, named by what was asked.

use std::io::Read;
use std::path::PathBuf;

use sha2::{Digest, Sha256};

/// The largest answer that is kept.
const MOST_BYTES: u64 = 1 << 20;

/// Answers by what was asked.
pub(super) struct Cache {
    folder: Option<PathBuf>,
}

/// The name of an answer: a digest of the address and of the whole request, the model in it.
pub(super) fn key(url: &str, body: &str) -> String {
    let mut digest = Sha256::new();
    // What is read from an answer may change with the version of seatrial's questions, which are
    // part of the body; the address ends where the line does.
    digest.update(format!("{url}\n{body}"));
    digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Cache {
    pub(super) const fn new(folder: Option<PathBuf>) -> Self {
        Self { folder }
    }

    /// An answer that was kept. One that cannot be read is asked for again.
    pub(super) fn get(&self, key: &str) -> Option<String> {
        let file = std::fs::File::open(self.folder.as_ref()?.join(key)).ok()?;
        let mut text = String::new();
        file.take(MOST_BYTES).read_to_string(&mut text).ok()?;
        Some(text)
    }

    /// Keeps an answer, whole or not at all. One that cannot be kept is asked for again.
    pub(super) fn put(&self, key: &str, text: &str) {
        let Some(folder) = &self.folder else { return };
        let draft = folder.join(format!("{key}.{}.tmp", std::process::id()));
        let kept = std::fs::create_dir_all(folder)
            .and_then(|()| std::fs::write(&draft, text))
            .and_then(|()| std::fs::rename(&draft, folder.join(key)));
        if kept.is_err() {
            let _ = std::fs::remove_file(&draft);
        }
    }
}
