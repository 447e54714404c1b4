//! Objects held against learned rules: what departs from them.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashSet;
use seatrial_core::{Location, ResourceId};
use seatrial_manifests::Object;

use super::corpus::{Doc, World};
use super::lexicon::{Lexicon, Sym};
use super::partial::patches;
use super::related::{Read, other_ends};
use super::rows::{self, ANYWHERE, Cell, Place, RowPlaces};
use super::rule::Rule;
use super::template::{Bench, Breach, Template};

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
    by_context: BTreeMap<Sym, Vec<usize>>,
    lexicon: Lexicon,
}

impl Checker {
    /// Prepares rules.
    pub fn new(rules: &[Rule]) -> Self {
        let mut lexicon = Lexicon::default();
        lexicon.intern(ANYWHERE);
        lexicon.intern("");
        let rules: Vec<_> = rules
            .iter()
            .map(|rule| (lexicon.intern(&rule.context), rule.template.interned(&mut lexicon)))
            .collect();
        let mut by_context: BTreeMap<Sym, Vec<usize>> = BTreeMap::new();
        for (at, (context, _)) in rules.iter().enumerate() {
            by_context.entry(*context).or_default().push(at);
        }
        Self { rules, by_context, lexicon }
    }

    /// Holds objects against the rules. References are looked for in all that is given, wherever
    /// there is something of the kind in the same folder. At one place of an object, only the rule with the smallest number speaks; give
    /// the most important ones first.
    pub fn check<'a>(&mut self, objects: &[&'a Object]) -> Vec<Departure<'a>> {
        let mut docs = Vec::with_capacity(objects.len());
        let mut places = Vec::with_capacity(objects.len());
        for object in objects {
            let (rows, of_rows) = rows::read(object, &mut self.lexicon);
            let path = object.file.path();
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            docs.push(Doc::of_rows(rows, path, folder, "", &mut self.lexicon));
            places.push(of_rows);
        }
        let targets: FxHashSet<(Sym, Sym)> = self
            .rules
            .iter()
            .filter_map(|(_, template)| match template {
                Template::Refers { context, to, .. } => Some((*context, *to)),
                _ => None,
            })
            .collect();
        let all: Vec<&Doc> = docs.iter().collect();
        let world = World::of(&all, &targets, &self.lexicon).shared();
        let bench = Bench::new(&self.lexicon, &world);
        let patches = patches(objects);
        let mut departures = Vec::new();
        let read = Read { docs: &docs, places: &places, objects };
        let items = docs.iter().zip(&places).zip(objects).enumerate();
        for (number, ((doc, of_rows), object)) in items {
            let first = departures.len();
            let broken =
                self.check_one((bench, &patches), (number, doc), of_rows, object, &mut departures);
            let new = departures.iter_mut().skip(first);
            for (departure, breach) in new.zip(broken) {
                let Some((_, template)) = self.rules.get(departure.rule) else { continue };
                departure.related = other_ends(bench, template, &read, (number, breach));
            }
        }
        departures
    }

    fn check_one<'a>(
        &self,
        (bench, patches): (Bench<'_>, &BTreeSet<String>),
        (number, doc): (usize, &Doc),
        places: &[RowPlaces],
        object: &'a Object,
        departures: &mut Vec<Departure<'a>>,
    ) -> Vec<Breach> {
        let mut shown = Vec::new();
        let mut broken: BTreeMap<String, (usize, Breach)> = BTreeMap::new();
        let mut breaches = Vec::new();
        let partial = patches.contains(&**object.file.path());
        for context in doc.contexts().into_iter().chain(bench.anywhere) {
            for at in self.by_context.get(&context).into_iter().flatten() {
                let Some((_, template)) = self.rules.get(*at) else { continue };
                if partial && !template.is_on_values() {
                    continue;
                }
                breaches.clear();
                bench.judge(template, context, doc, &mut breaches);
                for breach in &breaches {
                    let Some(place) = place_of(*breach, places) else { continue };
                    let pointer = self.pointer(template, place);
                    let entry = broken.entry(pointer).or_insert((*at, *breach));
                    if entry.0 > *at {
                        *entry = (*at, *breach);
                    }
                }
            }
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
