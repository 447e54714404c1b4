//! Candidates of rules on two columns of a row: T6 to T8, T12 and T13.

use std::collections::BTreeMap;

use super::learn::{Candidate, Miner};
use super::lexicon::Sym;
use super::rows::Row;
use super::sort::Json;
use super::tables::{Column, Table};
use super::template::{Atom, Part, Template, atom_holds};
use crate::statistics::Table as Crossed;

/// Only so many conditions of a table are paired.
const MOST_ATOMS: usize = 160;

/// Only so many columns of a table are compared as numbers, and so many as texts.
const MOST_NUMBERS: usize = 40;
const MOST_TEXTS: usize = 24;

/// Only so many conditions are kept that imply the same one.
const MOST_GIVEN: usize = 3;

/// A set of rows.
struct Rows(Vec<u64>);

impl Rows {
    fn of(rows: &[(usize, &Row)], holds: impl Fn(&Row) -> bool) -> Self {
        let word = |chunk: &[(usize, &Row)]| {
            chunk
                .iter()
                .enumerate()
                .fold(0, |word, (bit, (_, row))| word | (u64::from(holds(row)) << bit))
        };
        Self(rows.chunks(64).map(word).collect())
    }

    fn count(&self) -> u32 {
        self.0.iter().map(|word| word.count_ones()).sum()
    }

    fn common(&self, other: &Self) -> u32 {
        self.0.iter().zip(&other.0).map(|(a, b)| (a & b).count_ones()).sum()
    }
}

impl Miner<'_> {
    /// The candidates on pairs of columns of a table.
    pub(crate) fn pairs(&self, context: Sym, table: &Table<'_>, found: &mut Vec<Candidate>) {
        self.conditions(context, table, found);
        self.equal(context, table, found);
        self.ordered(context, table, found);
        self.affixes(context, table, found);
    }

    /// T6 and T7: conditions that imply or exclude each other.
    fn conditions(&self, context: Sym, table: &Table<'_>, found: &mut Vec<Candidate>) {
        let atoms = self.atoms(table);
        let sets: Vec<_> =
            atoms.iter().map(|atom| Rows::of(&table.rows, |row| atom_holds(atom, row))).collect();
        let counts: Vec<u32> = sets.iter().map(Rows::count).collect();
        let total = u32::try_from(table.rows.len()).unwrap_or(u32::MAX);
        let mut given_of: BTreeMap<usize, usize> = BTreeMap::new();
        // Common conditions come first, so that the general ones are kept.
        for (given, (given_set, given_count)) in atoms.iter().zip(sets.iter().zip(&counts)) {
            if *given_count < self.settings.objects {
                continue;
            }
            for (at, (then, (then_set, then_count))) in
                atoms.iter().zip(sets.iter().zip(&counts)).enumerate()
            {
                let (a, b) = (column_of(given), column_of(then));
                if a == b || self.is_below(a, b) || self.lexicon.parent(b) == Some(a) {
                    continue;
                }
                let both = given_set.common(then_set);
                let crossed = Crossed {
                    both,
                    first: given_count - both,
                    second: then_count - both,
                    neither: total - given_count - (then_count - both),
                };
                if both * 20 >= given_count * 19 && crossed.lift() >= 1.25 {
                    let kept = given_of.entry(at).or_default();
                    *kept += 1;
                    if *kept <= MOST_GIVEN {
                        let template =
                            Template::Implies { given: given.clone(), then: then.clone() };
                        found.push(Candidate::tested(context, template, crossed.fisher()));
                    }
                }
                if let (Atom::Present(one), Atom::Present(other)) = (given, then)
                    && self.lexicon.text(*one) < self.lexicon.text(*other)
                    && both * 20 <= (*given_count).min(*then_count)
                    && self.lexicon.parent(*one) == self.lexicon.parent(*other)
                    && f64::from(*given_count) * f64::from(*then_count) >= 10.0 * f64::from(total)
                {
                    let opposite = Crossed {
                        both: crossed.first,
                        first: crossed.both,
                        second: crossed.neither,
                        neither: crossed.second,
                    };
                    let template = Template::Excludes { one: *one, other: *other };
                    found.push(Candidate::tested(context, template, opposite.fisher()));
                }
            }
        }
    }

    /// The conditions of a table worth pairing, the most common first.
    fn atoms(&self, table: &Table<'_>) -> Vec<Atom<Sym>> {
        let mut atoms: Vec<(u32, String, Atom<Sym>)> = Vec::new();
        let least = self.settings.objects / 2;
        for (name, column) in table.sorted(self.lexicon) {
            let text = self.lexicon.text(name);
            let parent = self.lexicon.parent(name).and_then(|parent| table.columns.get(&parent));
            let among = parent.map_or(table.all, |parent| parent.all);
            let optional = column.all.objects * 50 <= among.objects * 49;
            // A pod of its own has an identity, a template has none: that is no rule of pods.
            let identity = ["apiVersion", "kind", "metadata.name"].contains(&text);
            if identity || column.all.objects < least || text.ends_with(['}', ']', '*']) {
                continue;
            }
            if optional {
                atoms.push((column.all.objects, text.to_owned(), Atom::Present(name)));
            }
            let values = column.values(self.lexicon);
            if !column.is_scalar() || values.len() > 40 || values.len() < 2 {
                continue;
            }
            for (_, value, count) in values {
                if count.objects >= least
                    && count.sources >= 2
                    && count.objects * 50 <= column.all.objects * 49
                {
                    let shown = format!("{text}={}", self.lexicon.text(value));
                    atoms.push((count.objects, shown, Atom::Is(name, value)));
                }
            }
        }
        atoms.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        atoms.truncate(MOST_ATOMS);
        atoms.into_iter().map(|(_, _, atom)| atom).collect()
    }

    /// Whether a column lies below another one.
    pub(crate) fn is_below(&self, column: Sym, above: Sym) -> bool {
        let (column, above) = (self.lexicon.text(column), self.lexicon.text(above));
        column.strip_prefix(above).is_some_and(|rest| rest.starts_with('.'))
    }

    /// T8: columns with the same values.
    fn equal(&self, context: Sym, table: &Table<'_>, found: &mut Vec<Candidate>) {
        let mut counts: BTreeMap<(Sym, Sym), u32> = BTreeMap::new();
        for (_, row) in &table.rows {
            let mut cells: Vec<_> =
                row.cells.iter().filter(|cell| self.can_be_equal(cell.json, cell.value)).collect();
            cells.sort_by_key(|cell| (cell.value, cell.column));
            cells.dedup_by_key(|cell| (cell.value, cell.column));
            let mut pairs: Vec<_> = (cells.chunk_by(|a, b| a.value == b.value))
                .flat_map(|same| {
                    same.iter().flat_map(move |a| same.iter().map(move |b| (a.column, b.column)))
                })
                .filter(|(a, b)| a != b)
                .collect();
            pairs.sort_unstable();
            pairs.dedup();
            for pair in pairs {
                *counts.entry(pair).or_default() += 1;
            }
        }
        for ((column, to), count) in counts {
            let (Some(a), Some(b)) = (table.columns.get(&column), table.columns.get(&to)) else {
                continue;
            };
            let texts = (self.lexicon.text(column), self.lexicon.text(to));
            let pairs = texts.0.ends_with('}') && texts.1.ends_with('}');
            let kinds_differ = texts.0.ends_with('}') != texts.1.ends_with('}');
            let enough = count >= self.settings.objects
                && count * 10 >= a.all.objects.min(b.all.objects) * 9;
            // Labels are given, not named: what names them is a selector.
            let given = texts.0.ends_with("metadata.labels{}");
            if kinds_differ || given || !enough || (!pairs && texts.0 > texts.1) || a.distinct() < 5
            {
                continue;
            }
            let chance = same_by_chance(a, b);
            found.push(Candidate::beyond(context, Template::Equal { column, to }, chance));
        }
    }

    /// Small numbers and booleans are often equal without a reason.
    fn can_be_equal(&self, json: Json, value: Sym) -> bool {
        match json {
            Json::Text => self.lexicon.text(value).len() > 1,
            Json::Integer => self.lexicon.text(value).len() > 2,
            _ => false,
        }
    }

    /// T12: one number at most the other.
    fn ordered(&self, context: Sym, table: &Table<'_>, found: &mut Vec<Candidate>) {
        let is_number = |column: &Column| {
            let values = column.values(self.lexicon);
            let number = |value| self.numeric(value);
            values.len() > 1
                && values.iter().all(|(json, value, _)| {
                    !matches!(json, Json::Map | Json::List | Json::Bool) && number(*value)
                })
        };
        let numeric = table
            .sorted(self.lexicon)
            .into_iter()
            .filter(|(_, column)| column.all.objects >= self.settings.objects && is_number(column));
        let numeric: Vec<Sym> = numeric.take(MOST_NUMBERS).map(|(name, _)| name).collect();
        for lesser in &numeric {
            for greater in numeric.iter().filter(|greater| *greater != lesser) {
                let pairs: Vec<(f64, f64)> = table
                    .rows
                    .iter()
                    .filter_map(|(_, row)| self.bench.numbers(row, *lesser, *greater))
                    .collect();
                let held = pairs.iter().filter(|(low, high)| low <= high).count();
                let strict = pairs.iter().filter(|(low, high)| low < high).count();
                if pairs.len() < self.settings.objects as usize
                    || held * 20 < pairs.len() * 19
                    || strict * 10 < held
                {
                    continue;
                }
                let chance = ordered_by_chance(&pairs);
                let template = Template::AtMost { lesser: *lesser, greater: *greater };
                found.push(Candidate::beyond(context, template, chance));
            }
        }
    }

    fn numeric(&self, value: Sym) -> bool {
        use super::lexicon::Dimension;
        let number = |dimension| self.lexicon.number(value, dimension).is_some();
        number(Dimension::Amount) || number(Dimension::Time)
    }

    /// T13: one text a part of another.
    fn affixes(&self, context: Sym, table: &Table<'_>, found: &mut Vec<Candidate>) {
        let texts = table.sorted(self.lexicon).into_iter().filter(|(name, column)| {
            let many = column.distinct() * 4 > column.all.objects as usize && column.distinct() > 9;
            many && column.all.objects >= self.settings.objects
                && column.is_scalar()
                && !self.lexicon.text(*name).ends_with(['}', ']', '*'])
        });
        let texts: Vec<Sym> = texts.take(MOST_TEXTS).map(|(name, _)| name).collect();
        for column in &texts {
            for of in texts.iter().filter(|of| *of != column) {
                let pairs: Vec<(Sym, Sym)> = (table.rows.iter())
                    .filter_map(|(_, row)| {
                        let (short, long) =
                            (row.cells_of(*column).first()?, row.cells_of(*of).first()?);
                        Some((short.value, long.value))
                    })
                    .collect();
                if pairs.len() >= self.settings.objects as usize {
                    found.extend(self.affix(context, (*column, *of), &pairs));
                }
            }
        }
    }

    fn affix(
        &self,
        context: Sym,
        (column, of): (Sym, Sym),
        pairs: &[(Sym, Sym)],
    ) -> Option<Candidate> {
        let longer = pairs.iter().filter(|(short, long)| short != long).count();
        let holds = |part: Part| {
            let held = |(short, long): &&(Sym, Sym)| {
                self.lexicon.text(*short).len() >= 3 && self.bench.is_part(*short, *long, part)
            };
            pairs.iter().filter(held).count() * 20 >= pairs.len() * 19
        };
        if longer * 5 < pairs.len() {
            return None;
        }
        let part =
            [Part::Prefix, Part::Suffix, Part::Within].into_iter().find(|part| holds(*part))?;
        // By chance: against the text of the next object.
        let next = pairs.iter().zip(pairs.iter().cycle().skip(1));
        let by_chance =
            next.filter(|((short, _), (_, long))| self.bench.is_part(*short, *long, part)).count();
        let chance = share(by_chance, pairs.len());
        Some(Candidate::beyond(context, Template::Affix { column, of, part }, chance))
    }
}

/// The column of a condition.
pub(crate) const fn column_of(atom: &Atom<Sym>) -> Sym {
    match atom {
        Atom::Present(column) | Atom::Is(column, _) => *column,
    }
}

/// How often two columns are equal if they are independent.
fn same_by_chance(a: &Column, b: &Column) -> f64 {
    let (a, b) = (a.shares(), b.shares());
    a.iter().filter_map(|(value, share)| Some(share * b.get(value)?)).sum()
}

/// How often the first number of one pair is at most the second of another.
fn ordered_by_chance(pairs: &[(f64, f64)]) -> f64 {
    let mut high: Vec<f64> = pairs.iter().map(|(_, high)| *high).collect();
    high.sort_by(f64::total_cmp);
    let at_least = |low: f64| high.len() - high.partition_point(|high| *high < low);
    let all: usize = pairs.iter().map(|(low, _)| at_least(*low)).sum();
    share(all, pairs.len() * pairs.len())
}

/// A share of counts.
fn share(part: usize, whole: usize) -> f64 {
    let number = |count: usize| u32::try_from(count).map_or(f64::from(u32::MAX), f64::from);
    if whole == 0 { 1.0 } else { number(part) / number(whole) }
}
