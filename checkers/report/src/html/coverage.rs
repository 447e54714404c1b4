//! What a run looked at, and what it did not: an account of every file and every object.

use super::markup::Markup;
use super::page::section;
use super::pairs;
use crate::Report;
use crate::text::count;

/// Lists of names are folded where there are more than so many.
const FOLDED: usize = 12;

/// Writes the account.
pub(super) fn write(out: &mut Markup, report: &Report) {
    section(out, "coverage", "What was looked at", |out| {
        let summary = report.summary();
        let (files, documents, objects) = (summary.files, summary.documents, summary.objects);
        let rows = [
            ("files", files.total),
            ("files that were checked", files.checked),
            ("documents", documents.total),
            ("objects", objects.total),
            ("objects held against a schema", objects.with_schema),
            ("policies", summary.policies),
        ];
        let rows = rows.map(|(name, number)| (name.to_owned(), number.to_string()));
        pairs(out, ["What", "How many"], &rows);
        for (one, many, names) in files.unchecked() {
            list(out, &count(names.len(), one, many), names);
        }
        let kinds: Vec<String> = objects
            .without_schema
            .iter()
            .map(|kind| format!("{} {} ({})", kind.api_version, kind.kind, kind.count))
            .collect();
        list(out, &count(kinds.len(), "kind without a schema", "kinds without a schema"), &kinds);
    });
}

/// A list of names under a title; nothing if there is none.
fn list(out: &mut Markup, title: &str, names: &[String]) {
    if names.is_empty() {
        return;
    }
    let mut attributes = vec![("class", "names")];
    if names.len() <= FOLDED {
        attributes.push(("open", ""));
    }
    out.element("details", &attributes, |out| {
        out.leaf("summary", &[], title);
        out.element("ul", &[], |out| {
            for name in names {
                out.leaf("li", &[], name);
            }
        });
    });
}
