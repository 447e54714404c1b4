//! The corpus: manifests labelled with what must be found in them, no more and no less.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::run::{root, seatrial_in};

/// All cases below `corpus/`: a file with a sibling `NAME.expected`.
fn cases() -> Vec<PathBuf> {
    files(|path| path.extension().is_some_and(|ending| ending == "expected"))
}

/// All cases below `corpus/` that are a folder: `bad.yaml`, `good.yaml` and `expected.json`.
fn folders() -> Vec<PathBuf> {
    let expected = files(|path| path.ends_with("expected.json"));
    expected.iter().map(|path| path.parent().unwrap().to_owned()).collect()
}

/// The files below `corpus/` that are wanted, sorted.
fn files(wanted: impl Fn(&Path) -> bool) -> Vec<PathBuf> {
    let mut folders = vec![root().join("corpus")];
    let mut cases = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if wanted(&path) {
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

/// What every container should have, and these small ones do not.
const OF_EVERY_CONTAINER: &str =
    "--ignore=missing-memory-limit,missing-readiness-probe,missing-resource-requests";

/// What is found in a file of a folder, as `LINE RULE SEVERITY`, sorted. Rules that are in few
/// profiles only are named under `enable`.
fn found_in(folder: &Path, name: &str) -> Vec<String> {
    let mut arguments =
        vec!["check", "--no-config", "--output-format=json", OF_EVERY_CONTAINER, name];
    let label = label(folder);
    let enabled = label["enable"].as_array().into_iter().flatten();
    arguments.extend(enabled.flat_map(|rule| ["--enable", rule.as_str().unwrap()]));
    let report = seatrial_in(folder, &arguments).json();
    let findings = report["findings"].as_array().unwrap().iter();
    let mut found: Vec<_> =
        findings.map(|finding| line(&finding["location"]["line"], finding)).collect();
    found.sort();
    found
}

fn line(line: &serde_json::Value, finding: &serde_json::Value) -> String {
    let text = |key: &str| finding[key].as_str().unwrap().to_owned();
    format!("{line} {} {}", text("rule"), text("severity"))
}

/// What a case is labelled with.
fn label(folder: &Path) -> serde_json::Value {
    let text = fs::read_to_string(folder.join("expected.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// What is expected of a case.
fn expected_of(folder: &Path) -> Vec<String> {
    let expected = label(folder);
    let findings = expected["findings"].as_array().unwrap().iter();
    let mut lines: Vec<_> = findings.map(|finding| line(&finding["line"], finding)).collect();
    lines.sort();
    lines
}

#[test]
fn each_folder_has_just_the_findings_it_is_labelled_with_and_none_when_mended() {
    let mut wrong = Vec::new();
    for folder in folders() {
        let expected = expected_of(&folder);
        let mut files = vec![("good.yaml", Vec::new())];
        if folder.join("bad.yaml").is_file() {
            assert!(!expected.is_empty(), "{}", folder.display());
            files.push(("bad.yaml", expected));
        }
        for (name, expected) in files {
            let found = found_in(&folder, name);
            if found != expected {
                let path = folder.join(name);
                wrong.push(format!(
                    "{}\n  expected {expected:?}\n  found    {found:?}",
                    path.display()
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_rule_on_references_has_a_bad_and_a_good_case() {
    let listed = seatrial_in(&root(), &["rules", "list", "--output-format=json"]).json();
    let rules = listed["rules"].as_array().unwrap().iter();
    let rules = rules.filter(|rule| rule["part"] == "reference");
    let folders = folders();
    let shown: BTreeSet<_> = folders
        .iter()
        .flat_map(|folder| expected_of(folder))
        .map(|line| line.split(' ').nth(1).unwrap().to_owned())
        .collect();
    let without: Vec<_> =
        rules.map(|rule| rule["id"].as_str().unwrap()).filter(|id| !shown.contains(*id)).collect();
    assert!(without.is_empty(), "no case shows {without:?}");
}
