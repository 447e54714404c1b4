//! The corpus: manifests labelled with what must be found in them, no more and no less.

use std::fs;
use std::path::PathBuf;

use crate::run::{root, seatrial_in};

/// All cases below `corpus/`: a file with a sibling `NAME.expected`.
fn cases() -> Vec<PathBuf> {
    let mut folders = vec![root().join("corpus")];
    let mut cases = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "expected") {
                cases.push(path);
            }
        }
    }
    cases.sort();
    cases
}

#[test]
fn each_case_has_just_the_findings_it_is_labelled_with() {
    let cases = cases();
    assert!(cases.len() >= 20, "{} cases", cases.len());
    let mut wrong = Vec::new();
    for case in cases {
        let manifest = ["yaml", "json"].map(|ending| case.with_extension(ending));
        let manifest = manifest.into_iter().find(|path| path.is_file()).unwrap();
        let name = manifest.file_name().unwrap().to_str().unwrap().to_owned();
        let folder = manifest.parent().unwrap();
        let ran = seatrial_in(
            folder,
            &["check", "--no-config", "--output-format=json", "--ignore=invariant", &name],
        );
        let prefix = format!("{name}:");
        let mut found: Vec<_> =
            ran.findings().iter().map(|f| f.trim_start_matches(&prefix).to_owned()).collect();
        found.sort();
        let text = fs::read_to_string(&case).unwrap();
        let lines = text.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#'));
        let mut expected: Vec<_> = lines.map(str::to_owned).collect();
        expected.sort();
        if found != expected {
            wrong.push(format!(
                "{}\n  expected {expected:?}\n  found    {found:?}",
                manifest.display()
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
