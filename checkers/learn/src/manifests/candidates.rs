//! Candidates of rules on one column: T1 to T5, T10, T11 and T14.

use std::collections::{BTreeMap, BTreeSet};

use super::learn::{Candidate, Miner};
use super::lexicon::{Dimension, Sym};
use super::rows::POD;
use super::sort::{self, Json, Sort};
use super::tables::{Column, Count, Table};
use super::template::Template;
use crate::statistics::unseen_mass;

/// Sets of values are closed only up to this many.
const MOST_VALUES: usize = 12;

/// The share of what is yet to come that a closed set may be expected to miss.
const UNSEEN: f64 = 0.06;

/// The same for an open set that is only used to find slips of the hand.
const UNSEEN_OPEN: f64 = 0.5;

/// Bands reach this many times beyond what was seen.
const MARGIN: f64 = 30.0;

/// The least and the greatest of numbers.
fn ends(numbers: &[f64]) -> (f64, f64) {
    numbers.iter().fold((f64::MAX, f64::MIN), |(min, max), n| (min.min(*n), max.max(*n)))
}

/// Numbers without the few at the upper end that stand alone, each farther from the next than bands
/// reach: what one place has by mistake is not usual.
fn without_outliers(mut numbers: Vec<f64>) -> Vec<f64> {
    numbers.sort_by(f64::total_cmp);
    for _ in 0..numbers.len().div_ceil(50) {
        match numbers.as_slice() {
            [.., next, last] if *last > next.max(1.0) * MARGIN => drop(numbers.pop()),
            _ => break,
        }
    }
    numbers
}

/// Sorts of names: that names looked alike so far says little of the next one.
const fn is_name(sort: Sort) -> bool {
    matches!(sort, Sort::Label | Sort::Subdomain | Sort::Word)
}

impl Miner<'_> {
    /// The candidates on single columns of a table.
    pub(crate) fn columns(&self, context: Sym, table: &Table<'_>, found: &mut Vec<Candidate>) {
        let mut add = |template| found.push(Candidate::new(context, template));
        let whole = !self.lexicon.text(context).contains(':');
        for (name, column) in table.sorted(self.lexicon) {
            // An object of another kind is in another table, and one without is none.
            if whole && ["apiVersion", "kind"].contains(&self.lexicon.text(name)) {
                continue;
            }
            let is_pairs = self.lexicon.text(name).ends_with('}');
            if !is_pairs {
                self.required(context, name, column, table, &mut add);
            }
            if column.is_map(self.empty) {
                self.keys(name, table, &mut add);
            }
            if !self.is_enough(column.all) || is_pairs {
                continue;
            }
            self.values(name, column, &mut add);
            self.range(name, column, &mut add);
            self.units(name, column, &mut add);
            self.shapes(name, column, &mut add);
            self.count(name, column, &mut add);
            self.sort_of(Some(context), name, column, &mut add);
        }
        if let Some(empty) = self.empty {
            self.keys(empty, table, &mut add);
        }
        self.before(context, table, found);
        self.unique(context, table, found);
    }

    /// The candidates on a field wherever it occurs.
    pub(crate) fn field(
        &self,
        anywhere: Sym,
        leaf: Sym,
        column: &Column,
        found: &mut Vec<Candidate>,
    ) {
        let mut add = |template| found.push(Candidate::new(anywhere, template));
        if !column.has_lists() {
            self.sort_of(Some(anywhere), leaf, column, &mut add);
        }
        self.spelling(leaf, column, &mut add);
        add(Template::Consistent { column: leaf });
        self.units(leaf, column, &mut add);
        self.range(leaf, column, &mut add);
    }

    /// The candidates on fields that share the last word of their names: what they measure.
    pub(crate) fn word(
        &self,
        anywhere: Sym,
        word: Sym,
        column: &Column,
        found: &mut Vec<Candidate>,
    ) {
        let mut add = |template| {
            if !matches!(template, Template::Type { sort: Sort::Text | Sort::Map | Sort::List, .. })
            {
                found.push(Candidate::new(anywhere, template));
            }
        };
        self.sort_of(Some(anywhere), word, column, &mut add);
        self.units(word, column, &mut add);
        self.range(word, column, &mut add);
    }

    /// The candidates on all fields and on all texts of an object.
    pub(crate) fn vocabulary(
        &self,
        anywhere: Sym,
        fields: &BTreeMap<Sym, (Column, u32)>,
        found: &mut Vec<Candidate>,
    ) {
        let Some(empty) = self.empty else { return };
        let keys = fields.keys().copied().collect();
        found.push(Candidate::new(anywhere, Template::Keys { column: empty, keys }));
        found.push(Candidate::new(anywhere, Template::Consistent { column: empty }));
    }

    pub(crate) fn is_enough(&self, count: Count) -> bool {
        count.objects >= self.settings.objects && count.sources >= self.settings.sources
    }

    fn sort_of(
        &self,
        context: Option<Sym>,
        name: Sym,
        column: &Column,
        add: &mut impl FnMut(Template<Sym>),
    ) {
        let values = column.values(self.lexicon);
        let known = values.iter().filter(|(json, ..)| *json != Json::Null);
        let total: u32 = known.clone().map(|(_, _, count)| count.objects).sum();
        let share = |sort: Sort| {
            let of_sort = known
                .clone()
                .filter(|(json, value, _)| self.lexicon.sorts(*json, *value).has(sort));
            f64::from(of_sort.map(|(_, _, count)| count.objects).sum::<u32>())
                / f64::from(total.max(1))
        };
        // Much looks like an image by accident, and names looked alike so far often enough.
        let field = self.lexicon.text(self.lexicon.leaf(name)).to_ascii_lowercase();
        let chosen = context == self.bench.anywhere || self.lexicon.is_chosen(name);
        let many = !chosen
            && column.all.objects >= 2 * self.settings.objects
            && column.all.sources >= 3 * self.settings.sources;
        let fits = |sort: Sort| match sort {
            Sort::Image => field.ends_with("image") && share(sort) >= 0.97,
            Sort::Label => many && share(sort) >= 1.0,
            sort => !is_name(sort) && share(sort) >= 0.97,
        };
        if let Some(sort) = Sort::ALL.into_iter().find(|sort| fits(*sort)) {
            add(Template::Type { column: name, sort });
        }
    }

    fn values(&self, name: Sym, column: &Column, add: &mut impl FnMut(Template<Sym>)) {
        self.spelling(name, column, add);
        let values = column.values(self.lexicon);
        // Other numbers than before are no surprise: those are bands.
        let worded = |(json, ..): &(Json, Sym, Count)| matches!(json, Json::Text | Json::Bool);
        if !values.iter().all(worded) {
            return;
        }
        let repeated: BTreeSet<Sym> = values
            .iter()
            .filter(|(_, _, count)| count.sources >= 2)
            .map(|(_, value, _)| *value)
            .collect();
        let sources: Vec<u32> = values.iter().map(|(_, _, count)| count.sources).collect();
        if (1..=MOST_VALUES).contains(&repeated.len()) && unseen_mass(&sources) < UNSEEN {
            add(Template::Values { column: name, values: repeated });
        }
    }

    fn spelling(&self, name: Sym, column: &Column, add: &mut impl FnMut(Template<Sym>)) {
        let values = column.values(self.lexicon);
        let is_word = |value: Sym| {
            let text = self.lexicon.text(value);
            text.len() >= 5 && text.bytes().filter(u8::is_ascii_alphabetic).count() * 2 > text.len()
        };
        let known = values.iter().filter(|(json, value, count)| {
            *json == Json::Text && count.sources >= 2 && is_word(*value)
        });
        let known: BTreeSet<Sym> = known.map(|(_, value, _)| *value).collect();
        let sources: Vec<u32> = values.iter().map(|(_, _, count)| count.sources).collect();
        if !known.is_empty() && unseen_mass(&sources) < UNSEEN_OPEN {
            add(Template::Spelling { column: name, values: known });
        }
    }

    fn range(&self, name: Sym, column: &Column, add: &mut impl FnMut(Template<Sym>)) {
        let values = column.values(self.lexicon);
        let scalars =
            values.iter().filter(|(json, ..)| !matches!(json, Json::Map | Json::List | Json::Null));
        let total = scalars.clone().count();
        for dimension in [Dimension::Amount, Dimension::Time] {
            let number = |value: Sym| self.lexicon.number(value, dimension);
            let numbers: Vec<f64> =
                scalars.clone().filter_map(|(_, value, _)| number(*value)).collect();
            if numbers.len() < 3 || numbers.len() * 20 < total * 19 {
                continue;
            }
            // What has units has a magnitude: one source alone does not stretch it far.
            let units = scalars.clone().any(|(json, ..)| *json == Json::Text);
            let repeated = scalars.clone().filter(|(_, _, count)| count.sources >= 2);
            let repeated: Vec<f64> = repeated.filter_map(|(_, value, _)| number(*value)).collect();
            if units && repeated.len() >= 3 {
                let (min, max) = ends(&repeated);
                let (low, high) = (min / MARGIN, max * MARGIN);
                add(Template::Range { column: name, low, high, dimension });
                continue;
            }
            let (min, max) = ends(&without_outliers(numbers));
            let high = if max < 100.0 { max * MARGIN * MARGIN } else { max * MARGIN };
            let whole = scalars.clone().all(|(json, ..)| *json == Json::Integer);
            let low = if whole && min < 1_000.0 { min.min(0.0) } else { min / MARGIN };
            add(Template::Range { column: name, low, high, dimension });
        }
    }

    fn units(&self, name: Sym, column: &Column, add: &mut impl FnMut(Template<Sym>)) {
        let mut units = BTreeMap::<Sym, u32>::new();
        let mut objects = BTreeMap::<Sym, u32>::new();
        for (json, value, count) in column.values(self.lexicon) {
            let unit = sort::unit(self.lexicon.text(value)).map(sort::magnitude);
            let unit = unit.and_then(|unit| self.lexicon.find(unit));
            let Some(unit) = unit.filter(|_| !matches!(json, Json::Map | Json::List)) else {
                continue;
            };
            *units.entry(unit).or_default() += count.sources;
            *objects.entry(unit).or_default() += count.objects;
        }
        let counts: Vec<u32> = units.values().copied().collect();
        let repeated: BTreeSet<Sym> =
            units.iter().filter(|(_, sources)| **sources >= 2).map(|(unit, _)| *unit).collect();
        // Where many write units of their own, all that were seen are usual.
        let of_repeated: u32 = repeated.iter().filter_map(|unit| objects.get(unit)).sum();
        let few = of_repeated * 20 < objects.values().sum::<u32>() * 19;
        let repeated = if few { units.keys().copied().collect() } else { repeated };
        // Things grow: the next larger unit is no slip.
        let next = |unit: &Sym| {
            let next = sort::next_magnitude(self.lexicon.text(*unit))?;
            self.lexicon.find(next)
        };
        let larger: BTreeSet<Sym> = repeated.iter().filter_map(next).collect();
        let repeated: BTreeSet<Sym> = repeated.union(&larger).copied().collect();
        let bare = repeated.iter().all(|unit| Some(*unit) == self.empty);
        if !bare && !repeated.is_empty() && unseen_mass(&counts) < 2.0 * UNSEEN {
            add(Template::Units { column: name, units: repeated });
        }
    }

    fn shapes(&self, name: Sym, column: &Column, add: &mut impl FnMut(Template<Sym>)) {
        let mut shapes = BTreeMap::<Sym, u32>::new();
        let values = column.values(self.lexicon);
        let name_like = |text: &str| text.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-');
        if values.iter().all(|(_, value, _)| name_like(self.lexicon.text(*value))) {
            return; // names come in too many shapes
        }
        for (json, value, count) in &values {
            let shape = sort::shape(self.lexicon.text(*value));
            match self.lexicon.find(&shape) {
                Some(shape) if *json == Json::Text => {
                    *shapes.entry(shape).or_default() += count.sources;
                }
                _ => return,
            }
        }
        let counts: Vec<u32> = shapes.values().copied().collect();
        let repeated: BTreeSet<Sym> =
            shapes.iter().filter(|(_, sources)| **sources >= 2).map(|(shape, _)| *shape).collect();
        if values.len() > MOST_VALUES
            && (1..=4).contains(&repeated.len())
            && unseen_mass(&counts) < UNSEEN
        {
            add(Template::Shape { column: name, shapes: repeated });
        }
    }

    fn required(
        &self,
        context: Sym,
        name: Sym,
        column: &Column,
        table: &Table<'_>,
        add: &mut impl FnMut(Template<Sym>),
    ) {
        // Pods of their own have metadata, templates need none: which of both is common says little.
        if self.lexicon.text(context) == POD && self.lexicon.text(name).starts_with("metadata") {
            return;
        }
        let Some(parent) = self.lexicon.parent(name) else { return };
        let all = match table.columns.get(&parent) {
            _ if Some(parent) == self.empty => table.all,
            Some(parent) => parent.all,
            None => return,
        };
        let is_item =
            self.lexicon.text(name).ends_with(']') || self.lexicon.text(name).ends_with(".*");
        if !is_item && self.is_enough(all) && column.all.objects * 10 >= all.objects * 9 {
            add(Template::Required { column: name });
        }
    }

    fn keys(&self, parent: Sym, table: &Table<'_>, add: &mut impl FnMut(Template<Sym>)) {
        let children = table.columns.iter().filter(|(name, column)| {
            let text = self.lexicon.text(**name);
            self.lexicon.parent(**name) == Some(parent)
                && !text.ends_with(['}', ']', '*'])
                && self.lexicon.text(self.lexicon.leaf(**name)).len() >= 4
                && column.all.sources >= self.settings.sources
        });
        let keys: BTreeSet<Sym> = children.map(|(name, _)| *name).collect();
        if !keys.is_empty() {
            add(Template::Keys { column: parent, keys });
        }
    }

    fn count(&self, name: Sym, column: &Column, add: &mut impl FnMut(Template<Sym>)) {
        let values = column.values(self.lexicon);
        let lists = values.iter().filter(|(json, ..)| *json == Json::List);
        let lengths = lists.filter_map(|(_, value, count)| {
            Some((self.lexicon.text(*value).parse::<u32>().ok()?, count))
        });
        let lengths: Vec<_> = lengths.collect();
        if lengths.is_empty() {
            return;
        }
        // Longer lists than before are no surprise, and nor are shorter ones that are not empty.
        let least =
            lengths.iter().filter(|(_, count)| count.sources >= 2).map(|(length, _)| *length);
        if least.min().is_some_and(|least| least > 0) {
            add(Template::Count { column: name, low: 1, high: u32::MAX });
        }
    }

    fn unique(&self, context: Sym, table: &Table<'_>, found: &mut Vec<Candidate>) {
        if table.rows.iter().all(|(_, row)| row.list == 0) {
            return;
        }
        for (name, column) in table.sorted(self.lexicon) {
            let is_one = !self.lexicon.text(name).ends_with([']', '}', '*']);
            if !is_one || !column.is_scalar() || !self.is_enough(column.all) {
                continue;
            }
            let lists = table.rows.chunk_by(|a, b| (a.0, a.1.list) == (b.0, b.1.list));
            let having = lists.map(|list| list.iter().filter(|(_, row)| row.has(name)).count());
            let pairs: usize = having.map(|rows| rows * rows.saturating_sub(1) / 2).sum();
            let collision: f64 = column.shares().values().map(|share| share * share).sum();
            let pairs = u32::try_from(pairs).map_or(f64::MAX, f64::from);
            let chance = (pairs * (-collision).ln_1p()).exp();
            found.push(Candidate::tested(context, Template::Unique { column: name }, chance));
        }
    }

    fn before(&self, context: Sym, table: &Table<'_>, found: &mut Vec<Candidate>) {
        for (name, column) in table.sorted(self.lexicon) {
            if !self.lexicon.text(name).ends_with("[*]") || !self.is_enough(column.all) {
                continue;
            }
            let values = column.values(self.lexicon);
            let common = values.iter().filter(|(_, _, count)| self.is_enough(*count));
            let common: Vec<Sym> = common.take(MOST_VALUES).map(|(_, value, _)| *value).collect();
            for first in &common {
                for then in common.iter().filter(|then| *then != first) {
                    let template = Template::Before { column: name, first: *first, then: *then };
                    found.push(Candidate::beyond(context, template, 0.5));
                }
            }
        }
    }
}
