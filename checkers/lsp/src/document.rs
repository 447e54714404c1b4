//! An open document: its text, and what is shown of it.

use std::path::PathBuf;
use std::sync::Arc;

use lsp_types::{Diagnostic, Uri};
use seatrial_core::SourceFile;

use crate::convert::Item;
use crate::text::Shift;

/// An open document.
pub(crate) struct Document {
    /// Its address, as the client writes it.
    pub(crate) uri: Uri,
    /// The version by the client's count.
    pub(crate) version: i32,
    /// Which text of the whole conversation it is: no two have the same number.
    pub(crate) generation: u64,
    /// The text.
    pub(crate) file: Arc<SourceFile>,
    /// The scope that it belongs to.
    pub(crate) scope: PathBuf,
    /// What is shown.
    pub(crate) items: Vec<Item>,
    /// The generation that is shown; only its fixes can be carried out.
    pub(crate) shown: Option<u64>,
    /// What the last whole check said, and of which text.
    pub(crate) of_whole: Option<(Arc<SourceFile>, Vec<Item>)>,
    /// Whether it is to be checked quickly.
    pub(crate) wants_quick: bool,
    /// Whether it is being checked quickly.
    pub(crate) in_quick: bool,
}

impl Document {
    /// The items of a quick check, with what the last whole check said by rules that were not asked,
    /// where it is now.
    pub(crate) fn with_the_rest(
        &self,
        mut fresh: Vec<Item>,
        was_asked: impl Fn(&str) -> bool,
    ) -> Vec<Item> {
        if let Some((file, items)) = &self.of_whole {
            let shift = Shift::between(file.text(), self.file.text());
            let others = items.iter().filter(|item| !was_asked(&item.rule));
            fresh.extend(others.filter_map(|item| {
                let diagnostic = shift.moved(item.diagnostic.clone())?;
                Some(Item { diagnostic, rule: item.rule.clone(), offer: None })
            }));
            fresh.sort_by_key(|item| item.diagnostic.range.start);
        }
        fresh
    }

    /// What is to be published.
    pub(crate) fn diagnostics(&self) -> Vec<Diagnostic> {
        self.items.iter().map(|item| item.diagnostic.clone()).collect()
    }
}
