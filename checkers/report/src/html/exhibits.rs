//! What the parts of a check have to show: who and what, nodes, workloads.

use serde::Deserialize;
use serde_json::Value;

use super::markup::Markup;
use super::nodes::{bars, unplaced};
use super::page::section;
use super::{access, drill};
use crate::{Exhibit, Nodes};

/// The ids and titles of the sections.
pub(super) fn sections(exhibits: &[Exhibit]) -> Vec<(String, String)> {
    (1..).zip(exhibits).map(|(number, exhibit)| (id(number), title(exhibit))).collect()
}

/// Writes each in a section of its own.
pub(super) fn write(out: &mut Markup, exhibits: &[Exhibit]) {
    for (number, exhibit) in (1..).zip(exhibits) {
        let id = id(number);
        section(out, &id, &title(exhibit), |out| match exhibit {
            Exhibit::Access { document, .. } => {
                of_document(out, document, |out, diff| access::exhibit(out, diff, &id));
            }
            Exhibit::Nodes(shown) => nodes(out, shown),
            Exhibit::Drill(document) => of_document(out, document, drill::exhibit),
        });
    }
}

fn id(number: usize) -> String {
    format!("x{number}")
}

fn title(exhibit: &Exhibit) -> String {
    match exhibit {
        Exhibit::Access { of, .. } => format!("Who can do what now: {of}"),
        Exhibit::Nodes(shown) => format!("Nodes ({})", shown.nodes.len()),
        Exhibit::Drill(_) => "Workloads under faults".to_owned(),
    }
}

fn of_document<'d, D: Deserialize<'d>>(
    out: &mut Markup,
    document: &'d Value,
    write: impl FnOnce(&mut Markup, &D),
) {
    match D::deserialize(document) {
        Ok(document) => write(out, &document),
        Err(error) => out.leaf("p", &[], &format!("This cannot be shown: {error}.")),
    }
}

fn nodes(out: &mut Markup, shown: &Nodes) {
    let [before, after] = &shown.sides;
    let words = format!("What the pods of each priority take of each node: {before}, and {after}.");
    out.leaf("p", &[], &words);
    if !shown.unplaced.is_empty() {
        out.leaf("h3", &[], "Without a place");
        unplaced(out, &shown.unplaced);
    }
    bars(out, shown);
}
