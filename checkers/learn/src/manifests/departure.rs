//! Objects held against learned rules: what departs from them.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;
use seatrial_core::{Location, ResourceId};
use seatrial_manifests::Object;

use super::corpus::{Doc, World};
use super::index::Index;
use super::lexicon::{Lexicon, Sym};
use super::partial::patches;
use super::related::other_end;
use super::rows::{self, ANYWHERE, Cell, Place, RowPlaces};
use super::rule::Rule;
use super::template::{Bench, Breach, Template};
use super::texts::Texts;

/// An object that departs from a rule.
#[derive(Clone, Debug)]
pub struct Departure<'a> {
    /// The number of the object, as it was given.
    pub object: usize,
    /// The number of the rule, as it was given.
    pub rule: usize,
    /// The object.
    pub resource: &'a ResourceId,
    /// Where it is.
    pub location: Location,
    /// JSON pointer into the object.
    pub pointer: String,
    /// What it is, as a lower-case fragment with user text in backticks.
    pub message: String,
    /// Other places that it has to do with, and what each is.
    pub related: Vec<(Location, String)>,
    /// What the place should probably say, and the share of objects that do, in percent.
    pub suggestion: Option<(String, f64)>,
}

/// Rules ready to be applied.
#[derive(Debug)]
pub struct Checker {
    rules: Vec<(Sym, Template<Sym>)>,
    index: Index,
    lexicon: Lexicon,
}

impl Checker {
    /// Prepares rules.
    pub fn new<'r>(rules: impl IntoIterator<Item = &'r Rule>) -> Self {
        let mut lexicon = Lexicon::default();
        lexicon.intern(ANYWHERE);
        lexicon.intern("");
        let rules: Vec<_> = rules
            .into_iter()
            .map(|rule| (lexicon.intern(&rule.context), rule.template.interned(&mut lexicon)))
            .collect();
        let index = Index::of(&rules, &lexicon);
        Self { rules, index, lexicon }
    }

    /// Holds objects against the rules. References are looked for in all that is given, wherever
    /// there is something of the kind in the same folder. At one place of an object, only the rule with the smallest number speaks; give
    /// the most important ones first.
    pub fn check<'a>(&mut self, objects: &[&'a Object]) -> Vec<Departure<'a>> {
        let docs = self.docs(objects);
        let all: Vec<&Doc> = docs.iter().collect();
        let texts = self.rules.iter().any(|(_, it)| matches!(it, Template::Consistent { .. }));
        let texts = if texts { Texts::of(&all, &self.lexicon) } else { Texts::default() };
        let world = World::of(&all, &self.targets(), texts).shared();
        let patches = patches(objects);
        let bench = Bench::new(&self.lexicon, &world);
        let broken: Vec<_> = (docs.iter().zip(objects).enumerate())
            .map(|(number, (doc, object))| {
                let partial = patches.contains(&**object.file.path());
                (number, self.broken(bench, doc, partial))
            })
            .filter(|(_, broken)| !broken.is_empty())
            .collect();
        // Few objects depart from a rule: only theirs are read again, with places.
        let mut places = Places { objects, by_object: FxHashMap::default() };
        for (number, _) in &broken {
            places.of(*number, &mut self.lexicon);
        }
        let bench = Bench::new(&self.lexicon, &world);
        let mut departures = Vec::new();
        let mut ends = Vec::new();
        for (number, broken) in &broken {
            let first = departures.len();
            let shown = self.departures(bench, (*number, &docs), broken, &places, &mut departures);
            for (at, breach) in (first..).zip(shown) {
                let rule = departures.get(at).and_then(|it| self.rules.get(it.rule));
                let end = rule
                    .and_then(|(_, template)| other_end(bench, template, &docs, (*number, breach)));
                ends.extend(end.map(|end| (at, end)));
            }
        }
        for (at, ((object, row, cell), message)) in ends {
            let place = places.of(object, &mut self.lexicon).get(row);
            let span = place.and_then(|row| row.cells.get(cell)).map(|place| place.span);
            let location =
                objects.get(object).zip(span).map(|(object, span)| object.location(span));
            if let (Some(location), Some(departure)) = (location, departures.get_mut(at)) {
                departure.related.push((location, message));
            }
        }
        departures
    }

    /// The objects as rows.
    fn docs(&mut self, objects: &[&Object]) -> Vec<Doc> {
        let mut doc = |object: &&Object| {
            let (rows, _) = rows::read(object, &mut self.lexicon, rows::Wanted::Rows);
            let path = object.file.path();
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            Doc::of_rows(rows, path, folder, "", &mut self.lexicon)
        };
        objects.iter().map(&mut doc).collect()
    }

    /// What references name: tables and columns.
    fn targets(&self) -> BTreeSet<(Sym, Sym)> {
        let target = |(_, template): &(Sym, Template<Sym>)| match template {
            Template::Refers { context, to, .. } => Some((*context, *to)),
            _ => None,
        };
        self.rules.iter().filter_map(target).collect()
    }

    /// Where an object breaks which rules, in the order of the rules. What a part of an object lacks
    /// stands elsewhere.
    fn broken(&self, bench: Bench<'_>, doc: &Doc, partial: bool) -> Vec<(usize, Breach)> {
        let mut broken = Vec::new();
        let mut breaches = Vec::new();
        self.index.visit(doc, bench, |at, context, part| {
            let Some((_, template)) = self.rules.get(at) else { return };
            if partial && !template.is_on_values() {
                return;
            }
            bench.judge_part(template, context, part, doc, &mut breaches);
            broken.extend(breaches.drain(..).map(|breach| (at, breach)));
        });
        broken.sort_unstable();
        broken
    }

    /// Adds what an object departs from; returns the breach that each is about.
    fn departures<'a>(
        &self,
        bench: Bench<'_>,
        (number, docs): (usize, &[Doc]),
        all: &[(usize, Breach)],
        places: &Places<'_, 'a>,
        departures: &mut Vec<Departure<'a>>,
    ) -> Vec<Breach> {
        let mut shown = Vec::new();
        let (Some(doc), Some(object)) = (docs.get(number), places.objects.get(number)) else {
            return shown;
        };
        let places = places.known(number);
        let mut broken: BTreeMap<String, (usize, Breach)> = BTreeMap::new();
        for (at, breach) in all {
            let (Some((_, template)), Some(place)) =
                (self.rules.get(*at), place_of(*breach, places))
            else {
                continue;
            };
            broken.entry(self.pointer(template, place)).or_insert((*at, *breach));
        }
        let mut said: BTreeSet<usize> = BTreeSet::new();
        for (pointer, (at, breach)) in broken {
            // What breaks a rule at many places of an object is said once.
            if !said.insert(at) {
                continue;
            }
            let (Some((_, template)), Some(place)) = (self.rules.get(at), place_of(breach, places))
            else {
                continue;
            };
            let cell = breach.cell.and_then(|cell| doc.rows.get(breach.row)?.cells.get(cell));
            let of_key = matches!(template, Template::Keys { .. } | Template::Required { .. });
            let span = if of_key || breach.cell.is_none() { place.key } else { place.span };
            let (message, suggestion) = self.message((bench, doc), template, cell);
            departures.push(Departure {
                object: number,
                rule: at,
                resource: &object.id,
                location: object.location(first_line(object, span)),
                pointer,
                message,
                related: Vec::new(),
                suggestion,
            });
            shown.push(breach);
        }
        shown
    }

    /// What is missing is pointed at as if it were there.
    fn pointer(&self, template: &Template<Sym>, place: &Place) -> String {
        match template {
            Template::Required { column } => {
                let leaf = self.lexicon.text(self.lexicon.leaf(*column));
                format!("{}/{}", place.pointer, seatrial_parse::escape_pointer_token(leaf))
            }
            _ => place.pointer.clone(),
        }
    }

    #[expect(clippy::too_many_lines, reason = "a table: one entry a template")]
    fn message(
        &self,
        (bench, doc): (Bench<'_>, &Doc),
        template: &Template<Sym>,
        cell: Option<&Cell>,
    ) -> (String, Option<(String, f64)>) {
        let text = |sym: Sym| self.lexicon.text(sym).to_owned();
        let value = cell.map(|cell| text(cell.value)).unwrap_or_default();
        let field = cell.map(|cell| text(self.lexicon.leaf(cell.column))).unwrap_or_default();
        let plain = |message: String| (message, None);
        match template {
            Template::Type { sort, .. } => plain(format!("`{value}` is not {}", sort.in_words())),
            Template::Values { values, .. } | Template::Spelling { values, .. } => {
                let meant = cell.and_then(|cell| bench.meant(cell.value, values));
                let hint = meant
                    .map_or_else(String::new, |meant| format!(", one slip from `{}`", text(meant)));
                (
                    format!("`{value}` is not a usual value of `{field}`{hint}"),
                    meant.map(|meant| (text(meant), 0.0)),
                )
            }
            Template::Range { low, high, .. } => plain(format!(
                "`{value}` is far from the usual values of `{field}`, {low} to {high}"
            )),
            Template::Shape { .. } => {
                plain(format!("`{value}` does not have the usual shape of `{field}`"))
            }
            Template::Consistent { .. } => {
                let meant = cell.and_then(|cell| {
                    bench.world.texts().meant(doc, cell.value, cell.line, bench.lexicon)
                });
                let shown = meant.map(text).unwrap_or_default();
                (
                    format!(
                        "`{value}` is one slip from `{shown}`, which stands here more than once"
                    ),
                    meant.map(|meant| (text(meant), 0.0)),
                )
            }
            Template::Units { .. } => plain(format!("`{value}` has an unusual unit for `{field}`")),
            Template::Required { column } => plain(format!("`{}` is not set", text(*column))),
            Template::Keys { keys, .. } => {
                let of = |key: Sym| self.lexicon.leaf(key);
                let near = |cell: &Cell| {
                    let known = keys.iter().map(|key| of(*key));
                    bench.near(of(cell.column), known)
                };
                let meant = cell.and_then(near).map(text);
                let shown = meant.clone().unwrap_or_default();
                (
                    format!("the key `{field}` is not a usual one, one slip from `{shown}`"),
                    meant.map(|meant| (meant, 0.0)),
                )
            }
            Template::Implies { given, then } => {
                let ((given, _), (then, value)) = (given.parts(), then.parts());
                let then = match value {
                    Some(value) => format!("`{}` is not `{}`", text(*then), text(*value)),
                    None => format!("`{}` is not set", text(*then)),
                };
                plain(format!("{then}, as it usually is beside `{}`", text(*given)))
            }
            Template::Excludes { one, other } => plain(format!(
                "`{}` and `{}` are not usually set together",
                text(*one),
                text(*other)
            )),
            Template::Equal { column, to } => plain(format!(
                "`{value}` in `{}` does not agree with `{}`",
                text(*column),
                text(*to)
            )),
            Template::Refers { context, to, .. } => {
                plain(format!("`{value}` names no `{}` of `{}`", text(*to), text(*context)))
            }
            Template::Unique { column } => {
                plain(format!("`{value}` occurs twice as `{}` in one list", text(*column)))
            }
            Template::Before { first, then, .. } => {
                plain(format!("`{}` does not stand before `{}`", text(*first), text(*then)))
            }
            Template::AtMost { lesser, greater } => {
                plain(format!("`{}` is greater than `{}`", text(*lesser), text(*greater)))
            }
            Template::Affix { column, of, .. } => {
                plain(format!("`{}` is not a part of `{}`", text(*column), text(*of)))
            }
            Template::Count { column, .. } => {
                plain(format!("`{}` has {value} items, which is unusual", text(*column)))
            }
        }
    }
}

/// Where the rows of objects stand, read when it is asked for.
struct Places<'o, 'a> {
    objects: &'o [&'a Object],
    by_object: FxHashMap<usize, Vec<RowPlaces>>,
}

impl Places<'_, '_> {
    fn of(&mut self, number: usize, lexicon: &mut Lexicon) -> &[RowPlaces] {
        let mut read = || {
            let object = self.objects.get(number)?;
            Some(rows::read(object, lexicon, rows::Wanted::Places).1)
        };
        self.by_object.entry(number).or_insert_with(|| read().unwrap_or_default())
    }

    /// Those that were read already.
    fn known(&self, number: usize) -> &[RowPlaces] {
        self.by_object.get(&number).map_or(&[], Vec::as_slice)
    }
}

fn place_of(breach: Breach, places: &[RowPlaces]) -> Option<&Place> {
    let row = places.get(breach.row)?;
    match breach.cell {
        Some(cell) => row.cells.get(cell),
        None => Some(&row.row),
    }
}

/// What spans a whole map is shown by its first line.
fn first_line(object: &Object, span: seatrial_core::Span) -> seatrial_core::Span {
    let text = object.file.slice(span);
    let end = text.find('\n').map_or(text.len(), |end| end);
    let start = span.start as usize;
    seatrial_core::Span::new(start, start + end)
}
