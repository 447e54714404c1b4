//! The templates of rules, and whether an object keeps one.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::corpus::{Doc, World};
use super::index;
use super::lexicon::{Dimension, Lexicon, Sym};
use super::rows::{ANYWHERE, Cell, Row};
use super::sort::{self, Json, Sort};
use super::texts::is_slip_of;

/// A condition on a row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Atom<T> {
    /// The column has a value.
    Present(T),
    /// The column has this value.
    Is(T, T),
}

/// Where the other end of a reference lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// In the same object.
    Object,
    /// In any object of the same source, where the same file has something of the kind.
    File,
    /// In any object of the same source, where there is something of the kind.
    Source,
}

/// Where one text lies in another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// At its start.
    Prefix,
    /// At its end.
    Suffix,
    /// Anywhere.
    Within,
}

/// What a rule says of the rows of its context. `T` is a text, or its number in a lexicon.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the sentence of each template names its fields")]
pub enum Template<T: Ord> {
    /// T1: the column's values are of a sort.
    Type { column: T, sort: Sort },
    /// T2: the column has one of these values.
    Values { column: T, values: BTreeSet<T> },
    /// T2, open: no value of the column is one slip of the hand from one of these.
    Spelling { column: T, values: BTreeSet<T> },
    /// T3: the column's numbers lie in a band.
    Range { column: T, low: f64, high: f64, dimension: Dimension },
    /// T4: the column's texts have one of these shapes.
    Shape { column: T, shapes: BTreeSet<T> },
    /// T2, open: a text of the object is not one slip of the hand from another text of it.
    Consistent { column: T },
    /// T3: the column's quantities have one of these units.
    Units { column: T, units: BTreeSet<T> },
    /// T5: the column is there wherever the map that it stands in is.
    Required { column: T },
    /// T5, open: no key of a map is one slip of the hand from one of these; empty: the whole row.
    Keys { column: T, keys: BTreeSet<T> },
    /// T6: rows with the one have the other.
    Implies { given: Atom<T>, then: Atom<T> },
    /// T7: no row has both.
    Excludes { one: T, other: T },
    /// T8: every value of the column is one of the other's.
    Equal { column: T, to: T },
    /// T9: the column names what another context has in a column.
    Refers { column: T, context: T, to: T, scope: Scope },
    /// T10: no two rows of one list have the same value.
    Unique { column: T },
    /// T11: where a list has both, the one stands before the other.
    Before { column: T, first: T, then: T },
    /// T12: one number is at most the other.
    AtMost { lesser: T, greater: T },
    /// T13: one text is a part of another.
    Affix { column: T, of: T, part: Part },
    /// T14: the list has so many items.
    Count { column: T, low: u32, high: u32 },
}

/// Where a rule is broken: a row, and the cell in it if there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Breach {
    pub(crate) row: usize,
    pub(crate) cell: Option<usize>,
}

/// What an object is held against.
#[derive(Clone, Copy)]
pub(crate) struct Bench<'a> {
    pub(crate) lexicon: &'a Lexicon,
    pub(crate) world: &'a World,
    pub(crate) anywhere: Option<Sym>,
}

impl<'a> Bench<'a> {
    pub(crate) fn new(lexicon: &'a Lexicon, world: &'a World) -> Self {
        Self { lexicon, world, anywhere: lexicon.find(ANYWHERE) }
    }

    /// Whether a rule says anything of an object; where it is broken goes to `breaches`.
    pub(crate) fn judge(
        self,
        template: &Template<Sym>,
        context: Sym,
        doc: &Doc,
        breaches: &mut Vec<Breach>,
    ) -> bool {
        let mut applies = false;
        if let Template::Consistent { column } = template {
            return self.consistent(*column, doc, breaches);
        }
        let anywhere = Some(context) == self.anywhere;
        if let Template::Unique { column } = template
            && !anywhere
        {
            return self.unique(*column, context, doc, breaches);
        }
        for (at, row) in doc.rows.iter().enumerate() {
            if anywhere || row.is_in(context) {
                applies |= self.judge_row(template, context, (at, row), doc, breaches);
            }
        }
        applies
    }

    /// As [`Self::judge`], of one part of the object.
    pub(crate) fn judge_part(
        self,
        template: &Template<Sym>,
        context: Sym,
        part: index::Part,
        doc: &Doc,
        breaches: &mut Vec<Breach>,
    ) {
        match part {
            index::Part::Table => {
                self.judge(template, context, doc, breaches);
            }
            index::Part::Row(at) => {
                if let Some(row) = doc.rows.get(at) {
                    self.judge_row(template, context, (at, row), doc, breaches);
                }
            }
            index::Part::Cell(at, nth) => {
                let cell = doc.rows.get(at).and_then(|row| row.cells.get(nth));
                let holds = cell.and_then(|cell| self.anywhere_in_cell(template, cell));
                if holds == Some(false) {
                    breaches.push(Breach { row: at, cell: Some(nth) });
                }
            }
        }
    }

    fn judge_row(
        self,
        template: &Template<Sym>,
        context: Sym,
        row: (usize, &Row),
        doc: &Doc,
        breaches: &mut Vec<Breach>,
    ) -> bool {
        if Some(context) == self.anywhere {
            self.anywhere_in_row(template, row, breaches)
        } else {
            self.judge_row_of_table(template, row, doc, breaches)
        }
    }

    /// Rules of a field wherever it occurs speak of single cells.
    fn anywhere_in_row(
        self,
        template: &Template<Sym>,
        (at, row): (usize, &Row),
        breaches: &mut Vec<Breach>,
    ) -> bool {
        match template {
            Template::Required { column } => {
                return self.required_in_nests(*column, (at, row), breaches);
            }
            Template::Keys { column, keys } if !self.lexicon.text(*column).is_empty() => {
                return self.keys_in_nests((*column, keys), (at, row), breaches);
            }
            _ => {}
        }
        let mut applies = false;
        for (nth, cell) in row.cells.iter().enumerate() {
            let holds = self.anywhere_in_cell(template, cell);
            applies |= holds.is_some();
            if holds == Some(false) {
                breaches.push(Breach { row: at, cell: Some(nth) });
            }
        }
        applies
    }

    /// Whether a cell keeps a rule of a field wherever it occurs; `None` where it says nothing of it.
    pub(crate) fn anywhere_in_cell(self, template: &Template<Sym>, cell: &Cell) -> Option<bool> {
        let (Template::Type { column, .. }
        | Template::Values { column, .. }
        | Template::Spelling { column, .. }
        | Template::Units { column, .. }
        | Template::Range { column, .. }
        | Template::Keys { column, .. }) = template
        else {
            return None;
        };
        let leaf = self.lexicon.leaf(cell.column);
        let is_of = || *column == leaf || Some(*column) == self.lexicon.word(cell.column);
        match template {
            Template::Keys { keys, .. } => {
                let chosen = self.lexicon.is_chosen(cell.column);
                (!chosen).then(|| !self.is_key_slip(leaf, keys))
            }
            _ if !is_of() => None,
            Template::Type { sort, .. } if *sort < Sort::Map && is_nested(cell) => None,
            _ => self.cell_holds(template, cell),
        }
    }

    #[expect(clippy::too_many_lines, reason = "a table: one entry a template")]
    fn judge_row_of_table(
        self,
        template: &Template<Sym>,
        (at, row): (usize, &Row),
        doc: &Doc,
        breaches: &mut Vec<Breach>,
    ) -> bool {
        let of = |column: Sym, nth| Breach { row: at, cell: Some(row.index_of(column, nth)) };
        match template {
            Template::Type { column, .. }
            | Template::Values { column, .. }
            | Template::Spelling { column, .. }
            | Template::Range { column, .. }
            | Template::Shape { column, .. }
            | Template::Units { column, .. }
            | Template::Count { column, .. } => {
                let mut applies = false;
                for (nth, cell) in row.cells_of(*column).iter().enumerate() {
                    let holds = self.cell_holds(template, cell);
                    applies |= holds.is_some();
                    if holds == Some(false) {
                        breaches.push(of(*column, nth));
                    }
                }
                applies
            }
            Template::Required { column } => self.required(*column, (at, row), breaches),
            Template::Keys { column, keys } => self.keys(*column, keys, (at, row), breaches),
            Template::Implies { given, then } => {
                let applies = atom_holds(given, row);
                if applies && !atom_holds(then, row) {
                    let (Atom::Present(column) | Atom::Is(column, _)) = then;
                    let (Atom::Present(given) | Atom::Is(given, _)) = given;
                    let blamed = if row.has(*column) { *column } else { *given };
                    breaches.push(of(blamed, 0));
                }
                applies
            }
            Template::Excludes { one, other } => {
                let (one_is, other_is) = (row.has(*one), row.has(*other));
                if one_is && other_is {
                    breaches.push(of(*other, 0));
                }
                one_is || other_is
            }
            Template::Equal { column, to } => {
                let targets = row.cells_of(*to);
                let applies = !targets.is_empty() && row.has(*column);
                if applies {
                    for (nth, cell) in row.cells_of(*column).iter().enumerate() {
                        if !targets.iter().any(|target| target.value == cell.value) {
                            breaches.push(of(*column, nth));
                        }
                    }
                }
                applies
            }
            Template::Refers { column, context, to, scope } => {
                let mut applies = false;
                for (nth, cell) in row.cells_of(*column).iter().enumerate() {
                    let resolved = self.resolves(cell, (*context, *to), *scope, doc);
                    applies |= resolved.is_some();
                    if resolved == Some(false) {
                        breaches.push(of(*column, nth));
                    }
                }
                applies
            }
            Template::Before { column, first, then } => {
                let cells = row.cells_of(*column);
                let place = |value: Sym| cells.iter().position(|cell| cell.value == value);
                let (Some(first), Some(then)) = (place(*first), place(*then)) else { return false };
                if first > then {
                    breaches.push(of(*column, first));
                }
                true
            }
            Template::AtMost { lesser, greater } => {
                let Some((low, high)) = self.numbers(row, *lesser, *greater) else { return false };
                if low > high {
                    breaches.push(of(*lesser, 0));
                }
                true
            }
            Template::Affix { column, of: whole, part } => {
                let (Some(short), Some(long)) =
                    (row.cells_of(*column).first(), row.cells_of(*whole).first())
                else {
                    return false;
                };
                if !self.is_part(short.value, long.value, *part) {
                    breaches.push(of(*column, 0));
                }
                true
            }
            Template::Unique { .. } | Template::Consistent { .. } => false,
        }
    }

    /// Whether a cell keeps a rule on single values; `None` where it says nothing of it.
    fn cell_holds(self, template: &Template<Sym>, cell: &Cell) -> Option<bool> {
        if cell.json == Json::Null || is_placeholder(cell, self.lexicon) {
            return None;
        }
        let scalar = !matches!(cell.json, Json::Map | Json::List);
        match template {
            Template::Type { sort, .. } => {
                Some(self.lexicon.sorts(cell.json, cell.value).has(*sort))
            }
            Template::Values { values, .. } => scalar.then(|| values.contains(&cell.value)),
            Template::Spelling { values, .. } => scalar.then(|| !self.is_slip(cell.value, values)),
            Template::Range { low, high, dimension, .. } => {
                let number =
                    scalar.then(|| self.lexicon.number(cell.value, *dimension)).flatten()?;
                Some((*low..=*high).contains(&number))
            }
            Template::Units { units, .. } => {
                let unit = scalar.then(|| sort::unit(self.lexicon.text(cell.value))).flatten()?;
                let unit = sort::magnitude(unit);
                Some(self.lexicon.find(unit).is_some_and(|unit| units.contains(&unit)))
            }
            Template::Shape { shapes, .. } => (cell.json == Json::Text).then(|| {
                let shape = self.lexicon.find(&sort::shape(self.lexicon.text(cell.value)));
                shape.is_some_and(|shape| shapes.contains(&shape))
            }),
            Template::Count { low, high, .. } => (cell.json == Json::List).then(|| {
                let length = self.lexicon.text(cell.value).parse().unwrap_or(u32::MAX);
                (*low..=*high).contains(&length)
            }),
            _ => None,
        }
    }

    /// The first of the known keys that is one slip away.
    pub(crate) fn near(self, key: Sym, mut known: impl Iterator<Item = Sym>) -> Option<Sym> {
        let key = self.lexicon.text(key);
        known.find(|known| seatrial_manifests::one_slip_apart(key, self.lexicon.text(*known)))
    }

    /// Whether an unknown key is one slip from a known one.
    fn is_key_slip(self, key: Sym, known: &BTreeSet<Sym>) -> bool {
        let text = self.lexicon.text(key);
        // Slips of the first letter are rare, and another end is often another word.
        let first = text.chars().next();
        let is_word = |other: &str| {
            let shorter = other.len().min(text.len());
            let same = other.bytes().zip(text.bytes()).take_while(|(a, b)| a == b).count();
            other.chars().next() != first || same + 1 >= other.len().max(text.len()) || shorter < 5
        };
        !known.contains(&key)
            && text.len() >= 5
            && self.meant(key, known).is_some_and(|meant| !is_word(self.lexicon.text(meant)))
    }

    /// Whether a text that is not known is one slip from one that is.
    pub(crate) fn is_slip(self, text: Sym, known: &BTreeSet<Sym>) -> bool {
        !known.contains(&text) && self.meant(text, known).is_some()
    }

    /// The first of the known texts that is one slip away.
    pub(crate) fn meant(self, text: Sym, known: &BTreeSet<Sym>) -> Option<Sym> {
        let text = self.lexicon.text(text);
        let near = |other: &str| {
            text.len() == other.len() && text.eq_ignore_ascii_case(other) || is_slip_of(text, other)
        };
        known.iter().copied().find(|known| near(self.lexicon.text(*known)))
    }

    fn required(self, column: Sym, (at, row): (usize, &Row), breaches: &mut Vec<Breach>) -> bool {
        let Some(parent) = self.lexicon.parent(column) else { return false };
        let within = match row.cells_of(parent) {
            _ if self.lexicon.text(parent).is_empty() => None,
            [cell, ..] if cell.json == Json::Map => Some(parent),
            _ => return false,
        };
        if !row.has(column) {
            breaches.push(Breach { row: at, cell: within.map(|within| row.index_of(within, 0)) });
        }
        true
    }

    /// Texts that stand alone in their source and are nearly another one of it.
    fn consistent(self, field: Sym, doc: &Doc, breaches: &mut Vec<Breach>) -> bool {
        let mut applies = false;
        let all = self.lexicon.text(field).is_empty();
        for (at, row) in doc.rows.iter().enumerate() {
            for (nth, cell) in row.cells.iter().enumerate() {
                let leaf = self.lexicon.leaf(cell.column);
                let is_text = cell.json == Json::Text && (all || leaf == field);
                if !is_text || self.lexicon.text(leaf).ends_with(['}', '*']) {
                    continue;
                }
                applies = true;
                if self.world.texts().meant(doc, cell.value, cell.line, self.lexicon).is_some() {
                    breaches.push(Breach { row: at, cell: Some(nth) });
                }
            }
        }
        applies
    }

    fn keys(
        self,
        column: Sym,
        keys: &BTreeSet<Sym>,
        (at, row): (usize, &Row),
        breaches: &mut Vec<Breach>,
    ) -> bool {
        let mut applies = false;
        for (nth, cell) in row.cells.iter().enumerate() {
            let is_pair = || self.lexicon.text(cell.column).ends_with(['}', ']']);
            if self.lexicon.parent(cell.column) != Some(column) || is_pair() {
                continue;
            }
            applies = true;
            if keys.contains(&cell.column) {
                continue;
            }
            let leaf = self.lexicon.text(self.lexicon.leaf(cell.column));
            let meant = keys.iter().find(|key| {
                let known = self.lexicon.text(self.lexicon.leaf(**key));
                seatrial_manifests::one_slip_apart(leaf, known)
            });
            if meant.is_some_and(|meant| row.cells_of(*meant).is_empty()) {
                breaches.push(Breach { row: at, cell: Some(nth) });
            }
        }
        applies
    }

    #[expect(clippy::unused_self, reason = "a method like those of the other templates")]
    fn unique(self, column: Sym, context: Sym, doc: &Doc, breaches: &mut Vec<Breach>) -> bool {
        let mut applies = false;
        let mut seen: Vec<(u32, Sym)> = Vec::new();
        for (at, row) in doc.rows_of(context) {
            let Some(cell) = row.cells_of(column).first() else { continue };
            applies |= seen.iter().any(|(list, _)| *list == row.list);
            if seen.contains(&(row.list, cell.value)) {
                breaches.push(Breach { row: at, cell: Some(row.index_of(column, 0)) });
            }
            seen.push((row.list, cell.value));
        }
        applies
    }

    /// Whether what a cell names is there; `None` where there is nothing of the kind to name.
    pub(crate) fn resolves(
        self,
        cell: &Cell,
        target: (Sym, Sym),
        scope: Scope,
        doc: &Doc,
    ) -> Option<bool> {
        if matches!(cell.json, Json::Map | Json::List | Json::Null) {
            return None;
        }
        // A label that nothing here has is set by others: a controller, say.
        if !self.world.has_label(target, doc.source, cell.value, self.lexicon) {
            return None;
        }
        match scope {
            Scope::Source => self.world.has(target, doc.source, cell.value),
            Scope::File if !self.world.is_in_file(target, doc.file) => None,
            Scope::File => self.world.has(target, doc.source, cell.value),
            Scope::Object => {
                let mut targets = doc.rows_of(target.0).flat_map(|(_, row)| row.cells_of(target.1));
                let found = targets.any(|other| other.value == cell.value);
                // What the object names elsewhere is not missing: a claim's template, say.
                Some(found || self.is_named_in(cell.value, doc))
            }
        }
    }

    fn is_named_in(self, value: Sym, doc: &Doc) -> bool {
        let is_name =
            |cell: &Cell| cell.value == value && self.lexicon.text(cell.column) == "metadata.name";
        doc.rows.iter().any(|row| row.cells.iter().any(is_name))
    }

    /// Both numbers of a row, in a dimension that they share.
    pub(crate) fn numbers(self, row: &Row, one: Sym, other: Sym) -> Option<(f64, f64)> {
        let (one, other) = (row.cells_of(one).first()?, row.cells_of(other).first()?);
        let number = |cell: &Cell, dimension| {
            let scalar = !matches!(cell.json, Json::Map | Json::List);
            scalar.then(|| self.lexicon.number(cell.value, dimension)).flatten()
        };
        [Dimension::Amount, Dimension::Time]
            .into_iter()
            .find_map(|dimension| Some((number(one, dimension)?, number(other, dimension)?)))
    }

    pub(crate) fn is_part(self, short: Sym, long: Sym, part: Part) -> bool {
        let (short, long) = (self.lexicon.text(short), self.lexicon.text(long));
        match part {
            Part::Prefix => long.starts_with(short),
            Part::Suffix => long.ends_with(short),
            Part::Within => long.contains(short),
        }
    }
}

/// Whether a value is yet to be put in by another tool: `${PORT}`, `{{ .Values.port }}`, `$(PORT)`.
fn is_placeholder(cell: &Cell, lexicon: &Lexicon) -> bool {
    let text = lexicon.text(cell.value).as_bytes();
    let opens = |pair: &[u8]| matches!(pair, [b'$', b'{' | b'('] | [b'{', b'{']);
    cell.json == Json::Text && text.windows(2).any(opens)
}

const fn is_nested(cell: &Cell) -> bool {
    matches!(cell.json, Json::Map | Json::List)
}

/// Whether a row meets a condition.
pub(crate) fn atom_holds(atom: &Atom<Sym>, row: &Row) -> bool {
    match atom {
        Atom::Present(column) => row.has(*column),
        Atom::Is(column, value) => row.cells_of(*column).iter().any(|cell| cell.value == *value),
    }
}
