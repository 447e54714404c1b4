//! `make eval-learn`: learned rules of manifests on collections that they were not learned from.
//!
//! `SEATRIAL_DATA` names a folder with `manifests/<collection>/…`. Every collection is left out in
//! turn; then every fifth of the folders; then, if `SEATRIAL_HELD_OUT` names one, all collections are
//! learned from and those of this folder judged. Printed are alarms per 100 objects held out, and how
//! many of the mistakes planted in those objects are reported, by class: by learned rules alone, and
//! by these, schemas and recommended invariants together.

#![allow(clippy::print_stdout, reason = "it prints a table")]

mod mutants;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use mutants::{Class, Random, mutate};
use seatrial_core::SourceFile;
use seatrial_gate::entailed::Written;
use seatrial_learn::manifests::{Checker, Corpus, Rule, RuleFile, Settings, learn};
use seatrial_manifests::Object;

struct Item {
    object: Object,
    source: String,
    group: String,
}

fn main() -> ExitCode {
    let Some(data) = std::env::var_os("SEATRIAL_DATA") else {
        println!("skipped: SEATRIAL_DATA names no folder with `manifests/<collection>/…`");
        return ExitCode::SUCCESS;
    };
    let root = PathBuf::from(data).join("manifests");
    if !root.is_dir() {
        println!("skipped: `{}` is no folder", root.display());
        return ExitCode::SUCCESS;
    }
    let items = read(&root);
    if std::env::args().nth(1).as_deref() == Some("write") {
        return write(&items);
    }
    println!("{} objects in {}", items.len(), root.display());
    let groups = |key: &dyn Fn(&Item) -> String| {
        let mut parts: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (at, item) in items.iter().enumerate() {
            parts.entry(key(item)).or_default().push(at);
        }
        parts
    };
    println!("\nleft out: one collection");
    evaluate(&items, &groups(&|item| item.group.clone()));
    println!("\nleft out: one fifth of the folders");
    evaluate(&items, &groups(&|item| format!("fifth {}", part(&item.source))));
    let elsewhere = std::env::var_os("SEATRIAL_HELD_OUT").filter(|folder| !folder.is_empty());
    if let Some(folder) = elsewhere {
        println!("\nlearned from all, held out: {}", Path::new(&folder).display());
        evaluate_elsewhere(&items, &read(Path::new(&folder)));
    }
    ExitCode::SUCCESS
}

/// Prints the shipped set: what is learned from all of them.
fn write(items: &[Item]) -> ExitCode {
    let written = Written::default();
    let mut corpus = Corpus::default();
    for item in items {
        corpus.add(&item.object, &item.source, &item.group);
    }
    let learned = learn(&mut corpus, &Settings::default(), &|rule| written.entails(rule));
    let mut file = RuleFile::of(&learned, None);
    file.provenance = vec![
        "istio/istio, `samples/` at 86c9f01f (Apache-2.0)".to_owned(),
        "kubernetes/examples at 279e8e4f (Apache-2.0)".to_owned(),
        "ContainerSolutions/kubernetes-examples (MIT)".to_owned(),
        format!(
            "{} objects, {} near-duplicates among them, from {} folders",
            learned.objects, learned.duplicates, learned.sources
        ),
        "regenerate with `make learned DATA=DIR`, the collections in `DIR/manifests`".to_owned(),
    ];
    match file.write() {
        Ok(text) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            println!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn part(source: &str) -> u32 {
    source.bytes().fold(7_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte))) % 5
}

fn read(root: &Path) -> Vec<Item> {
    let mut files = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(&folder).into_iter().flatten().flatten();
        for path in entries.map(|entry| entry.path()) {
            let hidden =
                path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
            let ending = path.extension().map(|ending| ending.to_string_lossy().into_owned());
            match ending.as_deref() {
                _ if hidden => {}
                _ if path.is_dir() => folders.push(path),
                Some("yaml" | "yml" | "json") => files.push(path),
                _ => {}
            }
        }
    }
    files.sort();
    let mut items = Vec::new();
    for path in files {
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        let shown = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().into_owned();
        let source = shown.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
        let group = shown.split('/').next().unwrap_or_default().to_owned();
        for object in seatrial_manifests::read(Arc::new(SourceFile::new(shown, text))).objects {
            items.push(Item { object, source: source.clone(), group: group.clone() });
        }
    }
    items
}

#[derive(Default)]
struct Score {
    objects: usize,
    alarms: usize,
    rules: usize,
    /// Mistakes planted, found by learned rules, and by these or written ones.
    classes: BTreeMap<Class, [usize; 3]>,
}

fn evaluate(items: &[Item], parts: &BTreeMap<String, Vec<usize>>) {
    let written = Written::default();
    let mut total = Score::default();
    print_head();
    for (name, held_out) in parts {
        let mut corpus = Corpus::default();
        for (at, item) in items.iter().enumerate() {
            if !held_out.contains(&at) {
                corpus.add(&item.object, &item.source, &item.group);
            }
        }
        let learned = learn(&mut corpus, &Settings::default(), &|rule| written.entails(rule));
        let held_out: Vec<&Object> =
            held_out.iter().filter_map(|at| items.get(*at)).map(|item| &item.object).collect();
        total.add(name, score(&learned.rules, &held_out, &written));
    }
    print_recall(&total);
}

/// Learns from all items and tests on others, collection by collection.
fn evaluate_elsewhere(items: &[Item], elsewhere: &[Item]) {
    let written = Written::default();
    let mut corpus = Corpus::default();
    for item in items {
        corpus.add(&item.object, &item.source, &item.group);
    }
    let rules = learn(&mut corpus, &Settings::default(), &|rule| written.entails(rule)).rules;
    let mut collections: BTreeMap<&str, Vec<&Object>> = BTreeMap::new();
    for item in elsewhere {
        collections.entry(&item.group).or_default().push(&item.object);
    }
    let mut total = Score::default();
    print_head();
    for (name, objects) in collections {
        total.add(name, score(&rules, &objects, &written));
    }
    print_recall(&total);
}

impl Score {
    /// Prints the score of a part and adds it.
    fn add(&mut self, name: &str, part: Self) {
        print(name, &part);
        self.objects += part.objects;
        self.alarms += part.alarms;
        self.rules = self.rules.max(part.rules);
        for (class, counts) in part.classes {
            let sums = self.classes.entry(class).or_default();
            sums.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
        }
    }
}

fn print_head() {
    println!(
        "{:<28} {:>6} {:>8} {:>7} {:>11}",
        "held out", "rules", "objects", "alarms", "per 100"
    );
}

fn print_recall(total: &Score) {
    print("all", total);
    let head = ["mistake", "planted", "found", "recall", "with written rules"];
    let [mistake, planted, found, recall, either] = head;
    println!("\n{mistake:<28} {planted:>8} {found:>8} {recall:>8} {either:>20}");
    for (class, name) in Class::ALL {
        let [all, found, either] = total.classes.get(&class).copied().unwrap_or_default();
        let (recall, either) = (percent(found, all), percent(either, all));
        println!("{name:<28} {all:>8} {found:>8} {recall:>7.1}% {either:>19.1}%");
    }
}

fn print(name: &str, score: &Score) {
    let per_100 = percent(score.alarms, score.objects);
    println!(
        "{name:<28} {:>6} {:>8} {:>7} {per_100:>11.2}",
        score.rules, score.objects, score.alarms
    );
}

#[expect(clippy::cast_precision_loss, reason = "small counts")]
fn percent(part: usize, whole: usize) -> f64 {
    100.0 * part as f64 / whole.max(1) as f64
}

fn score(rules: &[Rule], objects: &[&Object], written: &Written) -> Score {
    let mut checker = Checker::new(rules);
    let verbose = std::env::var_os("SEATRIAL_VERBOSE").is_some();
    let clean = checker.check(objects);
    if verbose {
        for departure in &clean {
            let rule = rules.get(departure.rule);
            let evidence = rule.map(|rule| {
                (rule.id(), rule.context.clone(), rule.evidence.holding, rule.evidence.objects)
            });
            println!(
                "  {}:{} {} {evidence:?}",
                departure.location.path, departure.location.line, departure.message
            );
        }
    }
    let mut score = Score {
        objects: objects.len(),
        alarms: clean.len(),
        rules: rules.len(),
        ..Score::default()
    };
    let known: Vec<(usize, usize, String)> =
        clean.iter().map(|d| (d.object, d.rule, d.pointer.clone())).collect();
    let folder = |object: &Object| object.file.path().rsplit_once('/').map(|(f, _)| f.to_owned());
    let folders: Vec<_> = objects.iter().map(|object| folder(object)).collect();
    for (at, object) in objects.iter().enumerate() {
        // What stands beside it decides what it may name.
        let beside: Vec<usize> =
            (0..objects.len()).filter(|other| folders.get(*other) == folders.get(at)).collect();
        let here = beside.iter().position(|other| *other == at).unwrap_or(0);
        let reported = written.reports(object);
        for (number, (class, _)) in Class::ALL.into_iter().enumerate() {
            let mut random = Random((at * Class::ALL.len() + number) as u64);
            let Some((node, path)) = mutate(&object.node, class, &mut random) else { continue };
            let mutant = Object { node, id: object.id.clone(), file: Arc::clone(&object.file) };
            let with_mutant: Vec<&Object> = beside
                .iter()
                .filter_map(
                    |other| if *other == at { Some(&mutant) } else { objects.get(*other).copied() },
                )
                .collect();
            let departures = checker.check(&with_mutant);
            let new = departures
                .iter()
                .filter(|d| d.object == here)
                .any(|d| !known.contains(&(at, d.rule, d.pointer.clone())));
            if verbose && !new {
                println!("  missed {class:?} {} {path}", object.id.kind);
            }
            let either = new || !written.reports(&mutant).is_subset(&reported);
            let sums = score.classes.entry(class).or_default();
            let counts = [1, usize::from(new), usize::from(either)];
            sums.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
        }
    }
    score
}
