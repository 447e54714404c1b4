//! The demo: the first thing that a new user sees.

use std::collections::BTreeMap;
use std::fs;

use crate::run::{Ran, root, seatrial_in};

fn check(arguments: &[&str]) -> Ran {
    let all: Vec<_> = ["check", "configs/demo"].iter().chain(arguments).copied().collect();
    seatrial_in(&root(), &all)
}

/// How often each rule reports in each file, as the table in the demo's README has it.
fn planted() -> BTreeMap<(String, String), usize> {
    let text = fs::read_to_string(root().join("configs/demo/README.md")).unwrap();
    let mut planted = BTreeMap::new();
    for line in text.lines().filter(|line| line.starts_with("| `")) {
        let mut cells =
            line.split('|').map(|cell| cell.trim().trim_matches('`').to_owned()).skip(1);
        let (file, rule) = (cells.next().unwrap(), cells.next().unwrap());
        *planted.entry((file, rule)).or_default() += 1;
    }
    planted
}

#[test]
fn just_the_planted_defects_are_reported() {
    let report = check(&["--output-format=json"]).json();
    let mut found = BTreeMap::new();
    for finding in report["findings"].as_array().unwrap() {
        let path = finding["location"]["path"].as_str().unwrap();
        let file = path.strip_prefix("configs/demo/").unwrap().to_owned();
        *found.entry((file, finding["rule"].as_str().unwrap().to_owned())).or_default() += 1;
    }
    let planted = planted();
    assert!(planted.len() >= 20, "{planted:?}");
    assert_eq!(found, planted);
}

#[test]
fn the_demo_as_a_user_sees_it() {
    let ran = check(&[]);
    assert_eq!((ran.code, ran.stderr.as_str()), (1, ""));
    insta::assert_snapshot!("demo_full", ran.stdout);
    insta::assert_snapshot!("demo_concise", check(&["--output-format=concise"]).stdout);
    insta::assert_snapshot!(
        "demo_statistics",
        check(&["--output-format=concise", "--statistics"]).stdout
    );
}

#[test]
fn the_bytes_do_not_depend_on_threads_or_repetition() {
    for format in ["full", "json", "sarif", "junit", "github", "gitlab"] {
        let format = format!("--output-format={format}");
        let one = check(&[&format, "--threads=1"]).stdout;
        for threads in ["--threads=2", "--threads=7", "--threads=7"] {
            assert!(check(&[&format, threads]).stdout == one, "{format} {threads}");
        }
    }
}

#[test]
fn json_is_as_its_schema_says() {
    let schema = fs::read_to_string(root().join("configs/output/check.schema.json")).unwrap();
    let schema = serde_json::from_str(&schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let report = check(&["--output-format=json", "--statistics"]).json();
    let errors: Vec<_> = validator.iter_errors(&report).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
}

#[test]
fn the_summary_accounts_for_every_file() {
    let report = check(&["--output-format=json"]).json();
    let files = &report["summary"]["files"];
    let named =
        ["templates", "not_kubernetes", "empty", "malformed", "unreadable", "excluded", "rendered"];
    let named: usize = named.iter().map(|key| files[key].as_array().unwrap().len()).sum();
    let checked = files["checked"].as_u64().unwrap();
    assert_eq!(files["total"].as_u64().unwrap(), checked + named as u64);
    assert_eq!(files["templates"].as_array().unwrap().len(), 1);
}

#[test]
fn the_readme_opens_with_the_real_output() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let shown = readme.split("```text\n").nth(1).unwrap().split("```").next().unwrap();
    let output = check(&[]).stdout;
    for excerpt in shown.split("[…]\n").map(str::trim).filter(|excerpt| !excerpt.is_empty()) {
        assert!(output.contains(excerpt), "not in the output of the demo:\n{excerpt}");
    }
}
