//! The other ends of what departs from a rule: the field it is compared with, the text that was
//! meant, what could be named.

use super::corpus::Doc;
use super::lexicon::Sym;
use super::rows::Cell;
use super::template::{Atom, Bench, Breach, Scope, Template};

/// A cell: the number of its object, of its row, and its own.
type At = (usize, usize, usize);

/// The first cell of some objects that is looked for, the own object first.
fn find(
    docs: &[Doc],
    own: usize,
    source: Sym,
    is: impl Fn(&Doc, usize, &Cell) -> bool,
) -> Option<At> {
    let others = docs.iter().enumerate().filter(|(at, doc)| *at != own && doc.source == source);
    let all = docs.get(own).map(|doc| (own, doc)).into_iter().chain(others);
    all.into_iter().find_map(|(at, doc)| {
        doc.rows.iter().enumerate().find_map(|(row_at, row)| {
            let nth = row.cells.iter().position(|cell| is(doc, row_at, cell))?;
            Some((at, row_at, nth))
        })
    })
}

/// The other end of a breach of an object, and what it is.
pub(crate) fn other_end(
    bench: Bench<'_>,
    template: &Template<Sym>,
    docs: &[Doc],
    (number, breach): (usize, Breach),
) -> Option<(At, String)> {
    let doc = docs.get(number)?;
    let own = || doc.rows.get(breach.row)?.cells.get(breach.cell?);
    let beside = |column: Sym| {
        let row = doc.rows.get(breach.row)?;
        let cell = row.cells_of(column).first().map(|_| row.index_of(column, 0))?;
        Some((number, breach.row, cell))
    };
    let text = |sym: Sym| bench.lexicon.text(sym);
    let (place, message) = match template {
        Template::AtMost { greater, .. } => (beside(*greater), "at most this".to_owned()),
        Template::Equal { to, .. } => (beside(*to), "it agrees with this elsewhere".to_owned()),
        Template::Excludes { one, .. } => (beside(*one), "set together with this".to_owned()),
        Template::Affix { of, .. } => (beside(*of), "a part of this elsewhere".to_owned()),
        Template::Implies { given: Atom::Present(given) | Atom::Is(given, _), .. } => {
            (beside(*given), "because of this".to_owned())
        }
        Template::Unique { column } => {
            let same = |of: &Doc, row: usize, cell: &Cell| {
                let list = |at: usize| of.rows.get(at).map(|row| row.list);
                cell.column == *column
                    && list(row) == list(breach.row)
                    && own().is_some_and(|own| own.value == cell.value)
            };
            let first = find(docs, number, doc.source, same)
                .filter(|(of, row, _)| *of == number && *row != breach.row);
            (first, "the same here".to_owned())
        }
        Template::Consistent { .. } => {
            let meant = own()
                .and_then(|own| bench.world.texts().meant(doc, own.value, own.line, bench.lexicon));
            let meant = meant?;
            let place = find(docs, number, doc.source, |_, _, cell| cell.value == meant);
            (place, format!("`{}` here", text(meant)))
        }
        Template::Refers { context, to, scope, .. } => {
            let is_target = |of: &Doc, row: usize, cell: &Cell| {
                cell.column == *to && of.rows.get(row).is_some_and(|row| row.is_in(*context))
            };
            let near = |of: &Doc, row: usize, cell: &Cell| {
                let slip = |own: &Cell| bench.near(own.value, [cell.value].into_iter()).is_some();
                is_target(of, row, cell) && own().is_some_and(slip)
            };
            let place = find(docs, number, doc.source, near)
                .or_else(|| find(docs, number, doc.source, is_target))
                .filter(|(of, ..)| *scope != Scope::Object || *of == number);
            (place, "what could be named".to_owned())
        }
        _ => return None,
    };
    place.map(|place| (place, message))
}
