//! Which rules an object can depart from at all: found by its rows, not by walking through all rules.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::corpus::Doc;
use super::lexicon::{Lexicon, Sym};
use super::rows::ANYWHERE;
use super::template::{Atom, Template};

/// Rules by the table and the column without which they say nothing, so that what an object costs
/// grows with its own size.
#[derive(Debug, Default)]
pub(crate) struct Index {
    /// Rules that speak of every row of a table, or of an object as a whole.
    always: BTreeMap<Sym, Vec<usize>>,
    by_column: FxHashMap<(Sym, Sym), Vec<usize>>,
}

impl Index {
    pub(crate) fn of(rules: &[(Sym, Template<Sym>)], lexicon: &Lexicon) -> Self {
        let mut index = Self::default();
        for (at, (context, template)) in rules.iter().enumerate() {
            let anywhere = lexicon.text(*context) == ANYWHERE;
            match needed(template, lexicon).filter(|_| !anywhere) {
                Some(column) => index.by_column.entry((*context, column)).or_default().push(at),
                None => index.always.entry(*context).or_default().push(at),
            }
        }
        index
    }

    /// Visits the rules that may find something wrong with an object, in no order that means anything:
    /// each with its table, and with the row where that is the only one to look at.
    pub(crate) fn visit(
        &self,
        doc: &Doc,
        anywhere: Option<Sym>,
        mut visit: impl FnMut(usize, Sym, Option<usize>),
    ) {
        for context in doc.contexts().into_iter().chain(anywhere) {
            self.always
                .get(&context)
                .into_iter()
                .flatten()
                .for_each(|at| visit(*at, context, None));
        }
        for (number, row) in doc.rows.iter().enumerate() {
            let [one, other] = row.contexts;
            let mut last = None;
            for cell in &row.cells {
                // Items of a list have the same column.
                if last.replace(cell.column) == Some(cell.column) {
                    continue;
                }
                let contexts = [Some(one), Some(other).filter(|other| *other != one)];
                for context in contexts.into_iter().flatten() {
                    let of_column = self.by_column.get(&(context, cell.column));
                    for at in of_column.into_iter().flatten() {
                        visit(*at, context, Some(number));
                    }
                }
            }
        }
    }
}

/// The column that a row must have for a rule to find anything wrong with it; nothing if any row may
/// depart.
fn needed(template: &Template<Sym>, lexicon: &Lexicon) -> Option<Sym> {
    let map = |column: Sym| Some(column).filter(|column| !lexicon.text(*column).is_empty());
    match template {
        Template::Type { column, .. }
        | Template::Values { column, .. }
        | Template::Spelling { column, .. }
        | Template::Range { column, .. }
        | Template::Shape { column, .. }
        | Template::Units { column, .. }
        | Template::Count { column, .. }
        | Template::Equal { column, .. }
        | Template::Refers { column, .. }
        | Template::Before { column, .. }
        | Template::Affix { column, .. }
        | Template::AtMost { lesser: column, .. }
        | Template::Excludes { one: column, .. }
        | Template::Implies { given: Atom::Present(column) | Atom::Is(column, _), .. } => {
            Some(*column)
        }
        // What is missing, or misspelt, stands in a map that is there.
        Template::Required { column } => map(lexicon.parent(*column)?),
        Template::Keys { column, .. } => map(*column),
        // These compare rows with each other.
        Template::Consistent { .. } | Template::Unique { .. } => None,
    }
}
