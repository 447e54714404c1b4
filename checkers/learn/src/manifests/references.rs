//! Candidates of references: T9.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use super::corpus::Doc;
use super::learn::{Candidate, Miner};
use super::lexicon::{Lexicon, Sym};
use super::rows::ANYWHERE;
use super::sort::Json;
use super::tables::Table;
use super::template::{Scope, Template};

/// A column names something only if it has so many different values.
const LEAST_VALUES: usize = 4;

/// Only the best targets of a column are kept.
const MOST_TARGETS: usize = 2;

/// Fields that give a thing its identity for others.
const IDENTITIES: &[&str] = &["name", "containerPort", "port", "number"];

type Target = (Sym, Sym);

/// The columns that others may name.
pub(crate) fn targets(docs: &[&Doc], lexicon: &Lexicon) -> BTreeSet<Target> {
    let is_identity = |column: Sym| {
        let text = lexicon.text(column);
        IDENTITIES.contains(&lexicon.text(lexicon.leaf(column)))
            && (text == "metadata.name" || !text.contains('.'))
            || text == "metadata.labels{}"
    };
    let mut targets = BTreeSet::new();
    for row in docs.iter().flat_map(|doc| &doc.rows) {
        for cell in row.cells.iter().filter(|cell| is_identity(cell.column)) {
            targets.extend(row.contexts.map(|context| (context, cell.column)));
        }
    }
    targets
}

/// How often the values of a column are found at a target.
#[derive(Default)]
struct Resolved {
    objects: u32,
    last: Option<usize>,
    chance: f64,
}

impl Miner<'_> {
    /// The candidates of references of all tables.
    pub(crate) fn references(&self, tables: &BTreeMap<Sym, Table<'_>>, found: &mut Vec<Candidate>) {
        let mut targets = targets(self.docs, self.lexicon);
        targets.retain(|target| is_identity(*target, tables));
        let by_source = self.index(&targets, |_, doc| doc.source);
        for (context, table) in tables {
            for (name, column) in table.sorted(self.lexicon) {
                let text = self.lexicon.text(name);
                let names = column.is_scalar()
                    && column.distinct() >= LEAST_VALUES
                    && column.all.objects >= self.settings.objects
                    && column.all.sources >= self.settings.sources
                    && text != "metadata.name"
                    && !text.ends_with("metadata.labels{}")
                    && self.lexicon.text(*context) != ANYWHERE;
                if names {
                    self.references_of((*context, name), table, &by_source, found);
                }
            }
        }
    }

    fn index(
        &self,
        targets: &BTreeSet<Target>,
        key: impl Fn(usize, &Doc) -> Sym,
    ) -> FxHashMap<(Sym, Sym), Vec<Target>> {
        let mut index: FxHashMap<(Sym, Sym), Vec<Target>> = FxHashMap::default();
        for (at, doc) in self.docs.iter().enumerate() {
            for row in &doc.rows {
                for cell in &row.cells {
                    for context in row.contexts {
                        if targets.contains(&(context, cell.column)) {
                            let named = index.entry((key(at, doc), cell.value)).or_default();
                            if !named.contains(&(context, cell.column)) {
                                named.push((context, cell.column));
                            }
                        }
                    }
                }
            }
        }
        index
    }

    fn references_of(
        &self,
        (context, name): Target,
        table: &Table<'_>,
        by_source: &FxHashMap<(Sym, Sym), Vec<Target>>,
        found: &mut Vec<Candidate>,
    ) {
        let mut counts: BTreeMap<(Scope, Target), Resolved> = BTreeMap::new();
        for (object, row) in &table.rows {
            let Some(doc) = self.docs.get(*object) else { continue };
            for cell in row.cells_of(name) {
                if matches!(cell.json, Json::Map | Json::List | Json::Null) {
                    continue;
                }
                let named =
                    by_source.get(&(doc.source, cell.value)).map_or(&[] as &[_], Vec::as_slice);
                for target in named.iter().filter(|target| **target != (context, name)) {
                    let own = doc.rows.iter().any(|row| row.is_in(target.0));
                    let scope = if own { Scope::Object } else { Scope::Source };
                    // The same line in another table is the same text, not one that names it.
                    let elsewhere = || {
                        let mut rows =
                            doc.rows_of(target.0).flat_map(|(_, row)| row.cells_of(target.1));
                        rows.any(|other| other.value == cell.value && other.line != cell.line)
                    };
                    if scope == Scope::Object && !elsewhere() {
                        continue;
                    }
                    let resolved = counts.entry((scope, *target)).or_default();
                    if resolved.last != Some(*object) {
                        resolved.objects += 1;
                        resolved.last = Some(*object);
                        resolved.chance += self.world.chance(*target, cell.value);
                    }
                }
            }
        }
        // A selector selects things of one kind.
        let most = if self.lexicon.text(name).ends_with('}') { 1 } else { MOST_TARGETS };
        let enough = |resolved: &Resolved| resolved.objects >= self.settings.objects;
        let mut best: Vec<_> =
            counts.into_iter().filter(|(_, resolved)| enough(resolved)).collect();
        best.sort_by(|(a, x), (b, y)| {
            let shown = |(scope, target): &(Scope, Target)| {
                (
                    *scope,
                    self.lexicon.text(target.0).to_owned(),
                    self.lexicon.text(target.1).to_owned(),
                )
            };
            let most = y.objects.cmp(&x.objects);
            most.then_with(|| x.chance.total_cmp(&y.chance)).then_with(|| shown(a).cmp(&shown(b)))
        });
        for ((scope, (of, to)), resolved) in best.into_iter().take(most) {
            let template = Template::Refers { column: name, context: of, to, scope };
            let chance = resolved.chance / f64::from(resolved.objects);
            found.push(Candidate::beyond(context, template, chance));
            if scope == Scope::Source {
                let (column, context_of) = (name, of);
                let template =
                    Template::Refers { column, context: context_of, to, scope: Scope::File };
                found.push(Candidate::beyond(context, template, chance));
            }
        }
    }
}

/// Whether a column tells the items of a list from each other: what does not is named by nobody.
fn is_identity((context, column): Target, tables: &BTreeMap<Sym, Table<'_>>) -> bool {
    let Some(table) = tables.get(&context) else { return false };
    let lists = table.rows.chunk_by(|a, b| (a.0, a.1.list) == (b.0, b.1.list));
    let (mut several, mut twice) = (0_usize, 0_usize);
    for list in lists {
        let values = list.iter().filter_map(|(_, row)| row.cells_of(column).first());
        let mut values: Vec<Sym> = values.map(|cell| cell.value).collect();
        let all = values.len();
        values.sort_unstable();
        values.dedup();
        several += usize::from(all > 1);
        twice += usize::from(values.len() < all);
    }
    twice * 50 <= several
}
