//! The commands beside `check`, and what all share: exit codes, formats, files.

use std::fs;

use crate::run::{CLEAN, FAULTY, check, folder, root, seatrial_in};

#[test]
fn exit_codes_tell_clean_found_undecided_and_trouble() {
    assert_eq!(check(&[("a.yaml", CLEAN)], &[]).code, 0);
    assert_eq!(check(&[("a.yaml", FAULTY)], &[]).code, 1);
    assert_eq!(check(&[("a.yaml", CLEAN)], &["missing"]).code, 2);
    let limited = check(&[("a.yaml", CLEAN)], &["--time-limit=0s"]);
    assert_eq!(limited.code, 3);
    assert_eq!(limited.json()["undecided"][0]["rule"], "time-limit");
    assert_eq!(check(&[("a.yaml", CLEAN)], &["--time-limit=0s", "--exit-zero"]).code, 0);
    assert_eq!(check(&[("a.yaml", CLEAN)], &["--no-such-flag"]).code, 2);
    assert_eq!(check(&[("a.yaml", CLEAN)], &["--time-limit=60s"]).code, 0);
}

#[test]
fn several_formats_go_to_their_files_and_one_to_standard_output() {
    let folder = folder(&[("a.yaml", FAULTY)]);
    let ran = seatrial_in(
        folder.path(),
        &[
            "check",
            "--output-format=sarif",
            "--output=out.sarif",
            "--output-format=junit",
            "--output=out.xml",
            "--output-format=concise",
        ],
    );
    assert!(ran.stdout.starts_with("a.yaml:5:1: error[unknown-field]"), "{}", ran.stdout);
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    let sarif: serde_json::Value = serde_json::from_str(&read("out.sarif")).unwrap();
    assert_eq!(sarif["runs"][0]["results"][0]["ruleId"], "unknown-field");
    assert!(read("out.xml").contains("<testsuites"), "{}", read("out.xml"));
    let twice =
        seatrial_in(folder.path(), &["check", "--output-format=json", "--output-format=full"]);
    assert_eq!(twice.code, 2);
    assert!(twice.stderr.contains("only one format can go to standard output"), "{}", twice.stderr);
    let nowhere = seatrial_in(folder.path(), &["check", "--output=no/such/folder/out"]);
    assert_eq!(nowhere.code, 2);
    assert!(nowhere.stderr.contains("cannot be written"), "{}", nowhere.stderr);
}

#[test]
fn every_rule_explains_itself() {
    let listed = seatrial_in(&root(), &["rules", "list", "--output-format=json"]).json();
    let rules = listed["rules"].as_array().unwrap();
    assert!(rules.len() >= 30, "{}", rules.len());
    for rule in rules {
        let id = rule["id"].as_str().unwrap();
        let page = seatrial_in(&root(), &["explain", id]);
        assert_eq!(page.code, 0, "{id}");
        for part in [id, "WHAT IT CHECKS", "WHY IT MATTERS", "WHAT TO DO"] {
            assert!(page.stdout.contains(part), "{id} lacks {part}:\n{}", page.stdout);
        }
    }
    let near = seatrial_in(&root(), &["explain", "unknown-feild"]);
    assert_eq!(near.code, 2);
    assert!(near.stderr.contains("did you mean `unknown-field`?"), "{}", near.stderr);
}

#[test]
fn the_list_of_rules_and_a_page_as_a_user_sees_them() {
    insta::assert_snapshot!("rules_list", seatrial_in(&root(), &["rules", "list"]).stdout);
    insta::assert_snapshot!(
        "explain",
        seatrial_in(&root(), &["explain", "privileged-container"]).stdout
    );
    insta::assert_snapshot!("help", seatrial_in(&root(), &["check", "--help"]).stdout);
}

#[test]
fn completions_are_printed_for_the_usual_shells() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let ran = seatrial_in(&root(), &["completions", shell]);
        assert!(ran.code == 0 && ran.stdout.contains("closed-world"), "{shell}");
    }
}

#[test]
fn colours_are_used_only_where_they_are_wanted() {
    let folder = folder(&[("a.yaml", FAULTY)]);
    let run = |arguments: &[&str]| seatrial_in(folder.path(), arguments).stdout;
    assert!(run(&["check", "--color=always"]).contains('\u{1b}'));
    assert!(!run(&["check"]).contains('\u{1b}'), "the output of the test is no terminal");
}
