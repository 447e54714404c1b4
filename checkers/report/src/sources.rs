//! The texts of the files that findings lie in.

use std::collections::BTreeMap;
use std::sync::Arc;

use seatrial_core::SourceFile;

/// The texts of the files that findings lie in, by path.
///
/// A file that is missing here is named but not shown.
#[derive(Debug, Default)]
pub struct Sources(BTreeMap<Arc<str>, Arc<SourceFile>>);

impl Sources {
    /// No files.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file, under its own path.
    pub fn add(&mut self, file: Arc<SourceFile>) {
        self.0.insert(Arc::clone(file.path()), file);
    }

    /// All files, by path.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<SourceFile>> {
        self.0.values()
    }

    /// The file of a path.
    pub fn get(&self, path: &str) -> Option<&SourceFile> {
        self.0.get(path).map(Arc::as_ref)
    }
}

impl FromIterator<Arc<SourceFile>> for Sources {
    fn from_iter<I: IntoIterator<Item = Arc<SourceFile>>>(files: I) -> Self {
        Self(files.into_iter().map(|file| (Arc::clone(file.path()), file)).collect())
    }
}
