use std::sync::Arc;

use seatrial_core::{Edit, Finding, Safety, Severity, SourceFile, Span};
use seatrial_parse::edit::Replacement;

use super::recheck::Tally;
use super::round::{Round, cleanly};
use crate::files::Texts;

fn at(start: u32, end: u32, text: &str) -> Replacement {
    Replacement { span: Span { start, end }, text: text.to_owned() }
}

#[test]
fn a_text_is_taken_only_if_its_trees_differ_just_where_it_was_edited() {
    for (text, replacement, expected) in [
        ("a: 1\nb: 2\n", at(3, 4, "3"), Some("a: 3\nb: 2\n")),
        ("a: 1\nb: 2\n", at(4, 4, "\nc: 3"), Some("a: 1\nc: 3\nb: 2\n")),
        ("a: 1\nb: 2\n", at(0, 5, ""), Some("b: 2\n")),
        // The value behind the alias changes, too.
        ("a: &x 1\nb: *x\n", at(6, 7, "3"), None),
        // What follows becomes part of the text.
        ("a: |\n  x\nb: 2\n", at(8, 8, "\n  y\n "), None),
        ("a: 1\n---\nb: 2\n", at(4, 9, ""), None),
        ("a: 1\n", at(3, 4, "["), None),
        ("a: 1\n", at(4, 4, " # same"), None),
    ] {
        assert_eq!(cleanly(text, &[replacement]).as_deref(), expected, "{text:?}");
    }
}

fn finding(file: &SourceFile, rule: &'static str, edit: (u32, u32, &str)) -> Finding {
    let location = file.location(Span { start: edit.0, end: edit.1 });
    let edits = vec![Edit { location: location.clone(), replacement: edit.2.to_owned() }];
    Finding::new(rule, Severity::Error, location, rule).help("so").edited(Safety::Safe, edits)
}

#[test]
fn of_fixes_that_meet_the_first_by_rule_is_taken() {
    let file = Arc::new(SourceFile::new("a.yaml", "a: 1\nb: 2\n"));
    let later = finding(&file, "later", (3, 4, "5"));
    let same = finding(&file, "same", (3, 4, "3"));
    let first = finding(&file, "first", (3, 4, "3"));
    let other = finding(&file, "other", (8, 9, "4"));
    let round = Round::of(&[&later, &same, &first, &other]);
    let rules: Vec<_> = round.taken().iter().map(|finding| finding.rule.to_string()).collect();
    assert_eq!(rules, ["first", "same", "other"]);
    let texts: Texts = [(Arc::clone(file.path()), file)].into_iter().collect();
    let (fixed, unclean) = round.apply(&texts);
    assert!(unclean.is_empty());
    assert_eq!(&**fixed["a.yaml"].text(), "a: 3\nb: 4\n");
}

#[test]
fn a_fix_that_leaves_its_finding_or_brings_an_error_has_failed() {
    let file = SourceFile::new("a.yaml", "a: 1\nb: 2\n");
    let (one, two) = (finding(&file, "one", (3, 4, "5")), finding(&file, "two", (8, 9, "5")));
    let new = finding(&file, "new", (3, 4, ""));
    let before = [one.clone(), two.clone()];
    for (after, expected) in [
        (vec![], vec![]),
        (vec![two.clone()], vec![("two", true)]),
        (vec![one.clone(), two.clone()], vec![("one", true), ("two", true)]),
        (vec![new.clone()], vec![("one", false), ("two", false)]),
        (vec![Finding { severity: Severity::Warning, ..new.clone() }], vec![]),
    ] {
        let failed = Tally::of(&before, &after).failed(&[&one, &two]);
        let failed: Vec<_> = failed.iter().map(|it| (&*it.finding.rule, it.sure)).collect();
        assert_eq!(failed, expected, "{after:?}");
    }
}
