//! `cargo xtask gen`: what is written from the rules, the protocols and the settings themselves.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::book::{self, Pages};
use crate::{corpus, models};

/// Where the book lies, from the top of the repository.
const DOCS: &str = "docs";

/// The folders of it that hold nothing but generated pages.
const GENERATED: [&str; 2] = ["rules", "protocols"];

/// Writes all generated documents.
pub(crate) fn run() -> Result<String, String> {
    let docs = root().join(DOCS);
    let pages = book::pages(&docs)?;
    for stale in stale(&docs, &pages) {
        fs::remove_file(&stale)
            .map_err(|error| format!("{} cannot be removed: {error}", stale.display()))?;
    }
    for (name, text) in &pages {
        let path = docs.join(name);
        fs::create_dir_all(path.parent().unwrap_or(&docs))
            .and_then(|()| fs::write(&path, text))
            .map_err(|error| format!("{} cannot be written: {error}", path.display()))?;
    }
    for (path, text) in tables()? {
        fs::write(&path, text)
            .map_err(|error| format!("{} cannot be written: {error}", path.display()))?;
    }
    Ok(format!("wrote {} pages of {DOCS}, and the tables of corpus and models", pages.len()))
}

/// The pages with a table of what lies beside them.
fn tables() -> Result<[(PathBuf, String); 2], String> {
    Ok([corpus::page(root())?, models::page(root())?])
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}

/// Files among the generated pages that are none any more.
fn stale(docs: &Path, pages: &Pages) -> BTreeSet<PathBuf> {
    let wanted = |path: &Path| {
        let name = path.strip_prefix(docs).ok().and_then(Path::to_str);
        name.is_some_and(|name| pages.contains_key(name))
    };
    let entries = GENERATED.iter().flat_map(|folder| fs::read_dir(docs.join(folder)));
    let files = entries.flatten().flatten().map(|entry| entry.path());
    files.filter(|path| !wanted(path)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Those marked as rules on references are listed by their part; all others must exist.
    #[test]
    fn the_table_of_coverage_names_rules_that_exist() {
        let rules = seatrial_gate::rules(&[]).unwrap();
        let text = fs::read_to_string(root().join("docs/coverage.md")).unwrap();
        let rows = text.lines().filter(|line| line.starts_with("| `"));
        let mut named = 0;
        for row in rows {
            let cell = row.split('|').nth(2).unwrap().trim();
            for name in cell.split(", ").filter(|name| *name != "left out") {
                let id = name.trim_end_matches(" (reference)").trim_matches('`');
                let exists = rules.iter().any(|rule| rule.id == id);
                assert!(exists || name.ends_with("(reference)"), "no rule `{id}`: {row}");
                named += 1;
            }
        }
        assert!(named > 250, "{named}");
    }

    #[test]
    fn the_pages_of_the_book_are_fresh() {
        let docs = root().join(DOCS);
        let pages = book::pages(&docs).unwrap();
        for (name, text) in &pages {
            let written = fs::read_to_string(docs.join(name)).unwrap_or_default();
            assert!(written == *text, "docs/{name} is stale: run `make gen`");
        }
        assert_eq!(stale(&docs, &pages), BTreeSet::new(), "run `make gen`");
        assert!(pages.len() > 200, "{}", pages.len());
        let raft = &pages["protocols/raft.md"];
        for part in ["`MoreThanOneLeaderInv`", "| `forgets-vote` |", "## Bounds"] {
            assert!(raft.contains(part), "{part} is not in {raft}");
        }
        let settings = &pages["configuration.md"];
        for part in
            ["| `fail-on` | `note`, `warning`, `error` |", "| `exclude` | list of: string |"]
        {
            assert!(settings.contains(part), "{part} is not in {settings}");
        }
    }

    #[test]
    fn the_tables_of_the_corpus_and_of_the_models_are_fresh() {
        for (path, text) in tables().unwrap() {
            let written = fs::read_to_string(&path).unwrap_or_default();
            assert!(written == text, "{} is stale: run `make gen`", path.display());
        }
    }
}
