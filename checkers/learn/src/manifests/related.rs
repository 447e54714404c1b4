//! The other ends of what departs from a rule: the field it is compared with, the text that was
//! meant, what could be named.

use seatrial_core::Location;
use seatrial_manifests::Object;

use super::corpus::Doc;
use super::lexicon::Sym;
use super::rows::{Cell, RowPlaces};
use super::template::{Atom, Bench, Breach, Scope, Template};

/// What is checked: the objects as rows, and where these stand.
pub(crate) struct Read<'r, 'a> {
    pub(crate) docs: &'r [Doc],
    pub(crate) places: &'r [Vec<RowPlaces>],
    pub(crate) objects: &'r [&'a Object],
}

impl Read<'_, '_> {
    fn location(&self, (doc, row, cell): (usize, usize, usize)) -> Option<Location> {
        let place = self.places.get(doc)?.get(row)?.cells.get(cell)?;
        Some(self.objects.get(doc)?.location(place.span))
    }

    /// The first cell of some objects that is looked for, the own object first.
    fn find(
        &self,
        own: usize,
        source: Sym,
        is: impl Fn(&Doc, usize, &Cell) -> bool,
    ) -> Option<(usize, usize, usize)> {
        let others =
            self.docs.iter().enumerate().filter(|(at, doc)| *at != own && doc.source == source);
        let all = self.docs.get(own).map(|doc| (own, doc)).into_iter().chain(others);
        all.into_iter().find_map(|(at, doc)| {
            doc.rows.iter().enumerate().find_map(|(row_at, row)| {
                let nth = row.cells.iter().position(|cell| is(doc, row_at, cell))?;
                Some((at, row_at, nth))
            })
        })
    }
}

/// The other ends of a breach of an object.
pub(crate) fn other_ends(
    bench: Bench<'_>,
    template: &Template<Sym>,
    read: &Read<'_, '_>,
    (number, breach): (usize, Breach),
) -> Vec<(Location, String)> {
    let Some(doc) = read.docs.get(number) else { return Vec::new() };
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
            let first = read
                .find(number, doc.source, same)
                .filter(|(of, row, _)| *of == number && *row != breach.row);
            (first, "the same here".to_owned())
        }
        Template::Consistent { .. } => {
            let meant = own()
                .and_then(|own| bench.world.texts().meant(doc, own.value, own.line, bench.lexicon));
            let Some(meant) = meant else { return Vec::new() };
            let place = read.find(number, doc.source, |_, _, cell| cell.value == meant);
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
            let place = read
                .find(number, doc.source, near)
                .or_else(|| read.find(number, doc.source, is_target))
                .filter(|(of, ..)| *scope != Scope::Object || *of == number);
            (place, "what could be named".to_owned())
        }
        _ => return Vec::new(),
    };
    place.and_then(|place| read.location(place)).map(|place| (place, message)).into_iter().collect()
}
