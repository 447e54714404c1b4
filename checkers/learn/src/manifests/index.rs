//! Which rules an object can depart from at all: found by its rows, not by walking through all rules.

use rustc_hash::FxHashMap;

use super::corpus::Doc;
use super::lexicon::{Lexicon, Sym};
use super::rows::{ANYWHERE, Row};
use super::template::{Atom, Bench, Template};

/// The numbers of rules.
type Rules = Vec<usize>;

/// What there is for some texts. Those of rules have small numbers: they come first.
#[derive(Debug, Default)]
struct ByText<T>(Vec<T>);

impl<T: Default> ByText<T> {
    fn get(&self, text: Sym) -> Option<&T> {
        self.0.get(text.number())
    }

    fn change(&mut self, text: Sym, change: impl FnOnce(&mut T)) {
        let at = text.number();
        if self.0.len() <= at {
            self.0.resize_with(at + 1, T::default);
        }
        if let Some(of) = self.0.get_mut(at) {
            change(of);
        }
    }
}

/// What part of an object a rule is to be held against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    /// All rows of the table.
    Table,
    /// A row of the table.
    Row(usize),
    /// A cell of a row of any table.
    Cell(usize, usize),
}

/// Rules by the table and the column without which they say nothing, so that what an object costs
/// grows with its own size.
#[derive(Debug, Default)]
pub(crate) struct Index {
    /// Rules that speak of every row of a table, or of an object as a whole, by the table.
    always: ByText<Rules>,
    /// Rules on a column of a table.
    by_column: ByText<FxHashMap<Sym, Rules>>,
    /// Rules on a field of any table: by its name, or the last word of that.
    by_field: ByText<Rules>,
    /// Rules on the maps of a name in any table.
    by_map: ByText<Rules>,
}

impl Index {
    pub(crate) fn of(rules: &[(Sym, Template<Sym>)], lexicon: &Lexicon) -> Self {
        let mut index = Self::default();
        for (at, (context, template)) in rules.iter().enumerate() {
            let anywhere = lexicon.text(*context) == ANYWHERE;
            let add = |rules: &mut Rules| rules.push(at);
            match (needed(template, lexicon), template) {
                (None, _) => index.always.change(*context, add),
                (Some(map), Template::Required { .. } | Template::Keys { .. }) if anywhere => {
                    index.by_map.change(lexicon.leaf(map), add);
                }
                (Some(field), _) if anywhere => index.by_field.change(field, add),
                (Some(column), _) => {
                    index.by_column.change(*context, |of| add(of.entry(column).or_default()));
                }
            }
        }
        index
    }

    /// Visits the rules that may find something wrong with an object, in no order that means anything:
    /// each with its table, and with the part of the object that is to be looked at.
    pub(crate) fn visit(
        &self,
        doc: &Doc,
        bench: Bench<'_>,
        mut visit: impl FnMut(usize, Sym, Part),
    ) {
        for context in doc.contexts().into_iter().chain(bench.anywhere) {
            let always = self.always.get(context).into_iter().flatten();
            always.for_each(|at| visit(*at, context, Part::Table));
        }
        for (number, row) in doc.rows.iter().enumerate() {
            let [one, other] = row.contexts;
            let contexts = [Some(one), Some(other).filter(|other| *other != one)];
            for context in contexts.into_iter().flatten() {
                let Some(by_column) = self.by_column.get(context) else { continue };
                let rules = columns(row).filter_map(|column| by_column.get(&column));
                rules.flatten().for_each(|at| visit(*at, context, Part::Row(number)));
            }
            if let Some(anywhere) = bench.anywhere {
                self.of_any_table((number, row), bench.lexicon, |at, part| {
                    visit(at, anywhere, part);
                });
            }
        }
    }

    /// Visits the rules of any table that may find something wrong with a row.
    fn of_any_table(
        &self,
        (number, row): (usize, &Row),
        lexicon: &Lexicon,
        mut visit: impl FnMut(usize, Part),
    ) {
        let mut of_maps = Rules::new();
        of_maps.extend(self.by_map.get(lexicon.leaf(row.nest)).into_iter().flatten());
        for (nth, cell) in row.cells.iter().enumerate() {
            let leaf = lexicon.leaf(cell.column);
            let word = lexicon.word(cell.column);
            let of_word = word.and_then(|word| self.by_field.get(word));
            let of_cell = self.by_field.get(leaf).into_iter().chain(of_word).flatten();
            of_cell.for_each(|at| visit(*at, Part::Cell(number, nth)));
            of_maps.extend(self.by_map.get(leaf).into_iter().flatten());
        }
        of_maps.sort_unstable();
        of_maps.dedup();
        for at in of_maps {
            visit(at, Part::Row(number));
        }
    }
}

/// The columns of a row, each once: items of a list have the same.
fn columns(row: &Row) -> impl Iterator<Item = Sym> {
    let mut last = None;
    let new = move |column: &Sym| last.replace(*column) != Some(*column);
    row.cells.iter().map(|cell| cell.column).filter(new)
}

/// The column that a row must have for a rule to find anything wrong with it, the field or map in a
/// rule of any table; nothing if any row may depart.
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
