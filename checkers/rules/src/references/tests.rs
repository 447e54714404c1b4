use std::fmt::Write;
use std::sync::Arc;

use seatrial_core::SourceFile;
use seatrial_manifests::{Object, read};

use super::*;

/// The objects of some files `0.yaml`, `1.yaml` and so on.
pub(super) fn objects(files: &[&str]) -> Vec<Object> {
    let read = |(at, text): (usize, &&str)| {
        let manifest = read(Arc::new(SourceFile::new(format!("{at}.yaml"), *text)));
        let all_read = manifest.unreadable.is_empty() && manifest.skipped.is_empty();
        assert!(all_read && manifest.problems.is_empty(), "{manifest:?}");
        manifest.objects
    };
    files.iter().enumerate().flat_map(read).collect()
}

/// What a rule finds, one line each, with the text that would be underlined between `<` and `>`.
pub(super) fn found(rule: &Rule, files: &[&str], closed_world: bool) -> Vec<String> {
    let objects = objects(files);
    let index = Index::build(&objects);
    let reference = REFERENCES.iter().find(|reference| reference.rule.id == rule.id).unwrap();
    let mut findings = Vec::new();
    (reference.check)(&Context { index: &index, closed_world }, &mut findings);
    let underlined = |location: &seatrial_core::Location| {
        let file = objects.iter().find(|object| *object.file.path() == location.path).unwrap();
        file.file.slice(location.span).split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let shown = findings.iter().map(|finding| {
        let pointer = finding.pointer.as_deref().unwrap();
        let object = objects.iter().find(|object| {
            Some(&object.id) == finding.resource.as_ref() && object.node.pointer(pointer).is_some()
        });
        assert!(object.is_some(), "{finding:?} points at nothing");
        assert_eq!(finding.rule, rule.id);
        let mut line = format!(
            "{} {pointer} <{}> {}",
            finding.severity,
            underlined(&finding.location),
            finding.message
        );
        for related in &finding.related {
            write!(line, "; <{}> {}", underlined(&related.location), related.message).unwrap();
        }
        if let Some(fix) = &finding.fix {
            write!(line, "; help: {}", fix.description).unwrap();
        }
        line
    });
    shown.collect()
}

/// Checks what a rule finds in one file, with the world open.
pub(super) fn expect(rule: &Rule, text: &str, expected: &[&str]) {
    assert_eq!(found(rule, &[text], false), expected, "{text}");
}

#[test]
fn the_registry_is_sorted_and_every_rule_has_its_manual_page() {
    let ids: Vec<_> = REFERENCES.iter().map(|reference| &reference.rule.id).collect();
    assert!(ids.is_sorted() && ids.windows(2).all(|pair| pair[0] != pair[1]), "{ids:?}");
    for Reference { rule, .. } in REFERENCES {
        assert_eq!(rule.part, crate::Part::Reference);
        for section in ["## What it checks", "## Why it matters", "## What to do"] {
            assert!(rule.explanation.contains(section), "{} lacks {section}", rule.id);
        }
    }
}

#[test]
fn an_empty_directory_has_no_findings() {
    for reference in REFERENCES {
        assert!(found(reference.rule, &[], true).is_empty());
    }
}
