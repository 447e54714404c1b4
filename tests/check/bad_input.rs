//! Bad input: a clear message at file and line, and the rest of the run unharmed.

use std::fmt::Write;

use crate::run::{FAULTY, check, folder, seatrial_in, seatrial_with};

/// The finding of the good file beside the bad one: the rest of the run is unharmed.
const UNHARMED: &str = "z.yaml:5:1 unknown-field";

/// Checks one bad file beside a good one with a fault; the bad one's findings, with messages.
fn findings_of(bad: &str) -> Vec<(String, String)> {
    let ran = check(&[("a.yaml", bad), ("z.yaml", FAULTY)], &["a.yaml", "z.yaml"]);
    let mut shown = ran.findings();
    assert_eq!(shown.pop().as_deref(), Some(UNHARMED), "{shown:?} {}", ran.stderr);
    assert_eq!(ran.code, 1);
    let report = ran.json();
    let messages = report["findings"].as_array().unwrap().iter();
    let messages = messages.map(|finding| finding["message"].as_str().unwrap().to_owned());
    shown.into_iter().zip(messages).collect()
}

/// The one finding of a bad file: its place, and a part of its message.
fn expect(bad: &str, place: &str, message: &str) {
    let found = findings_of(bad);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].0, format!("a.yaml:{place}"), "{found:?}");
    assert!(found[0].1.contains(message), "{found:?}");
}

#[test]
fn texts_that_are_no_yaml_are_named_with_their_place() {
    expect("a: 'b\n", "1:4 invalid-yaml", "quote");
    expect("a:\n\tb: 1\n", "2:1 invalid-yaml", "tab");
    expect("a: b: c\n", "1:5 invalid-yaml", "mapping values");
    expect("a: *x\n", "1:4 invalid-yaml", "anchor");
    expect("? [a]\n: b\n", "1:3 invalid-yaml", "a key must be a text");
    expect("a: @b\n", "1:4 invalid-yaml", "@");
}

#[test]
fn one_bad_document_takes_no_other_with_it() {
    let found = findings_of(&format!("a: 'b\n---\n{FAULTY}---\nc: [\n"));
    let places: Vec<_> = found.iter().map(|(place, _)| place.as_str()).collect();
    assert_eq!(places[..2], ["a.yaml:1:4 invalid-yaml", "a.yaml:7:1 unknown-field"]);
    assert_eq!(found.len(), 3, "{found:?}");
}

#[test]
fn nesting_and_aliases_are_limited() {
    let deep = format!("a: {}{}\n", "[".repeat(10_000), "]".repeat(10_000));
    expect(&deep, "1:259 invalid-yaml", "nested");
    let mut blocks = String::new();
    for level in 0..3_000 {
        let _ = writeln!(blocks, "{}a:", " ".repeat(level));
    }
    expect(&blocks, "257:257 invalid-yaml", "nested deeper than 256 levels");
    let json = format!("{}1{}", "{\"a\":".repeat(10_000), "}".repeat(10_000));
    expect(&json, "1:1281 invalid-yaml", "nested deeper than 256 levels");
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..10 {
        let below = vec![format!("*a{}", level - 1); 10].join(", ");
        let _ = writeln!(bomb, "a{level}: &a{level} [{below}]");
    }
    let found = findings_of(&bomb);
    assert!(found.len() == 1 && found[0].1.contains("excessive aliasing"), "{found:?}");
}

#[test]
fn duplicate_and_ambiguous_keys_are_named() {
    let found = findings_of(
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  x: a\n  x: b\n  on: c\n",
    );
    let places: Vec<_> = found.iter().map(|(place, _)| place.as_str()).collect();
    assert_eq!(places, ["a.yaml:7:3 duplicate-key", "a.yaml:8:3 ambiguous-key"]);
}

#[test]
fn files_that_are_no_text_are_named() {
    let folder = folder(&[("z.yaml", FAULTY)]);
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("binary.yaml"), b"a: \0b\n").unwrap();
    std::fs::write(path("latin.yaml"), b"a: 1\nb: caf\xe9\n").unwrap();
    std::fs::write(path("utf16.yaml"), b"\xff\xfea\0:\0").unwrap();
    std::fs::write(
        path("large.yaml"),
        "# 64 bytes of a comment, and again, and again, and again....\n".repeat(3 << 20),
    )
    .unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink("..", path("up")).unwrap();
    let ran = seatrial_in(folder.path(), &["check", "--output-format=json", "."]);
    let links: &[&str] = if cfg!(unix) { &["up:1:1 unreadable-file"] } else { &[] };
    let mut expected = vec![
        "binary.yaml:1:1 unreadable-file",
        "large.yaml:1:1 unreadable-file",
        "latin.yaml:2:7 unreadable-file",
    ];
    expected.extend(links);
    expected.extend(["utf16.yaml:1:1 unreadable-file", UNHARMED]);
    assert_eq!(ran.findings(), expected);
    assert_eq!(ran.code, 1, "unfit content is a finding, not trouble");
}

#[test]
fn what_the_system_refuses_is_trouble_and_the_rest_is_checked() {
    let folder = folder(&[("z.yaml", FAULTY)]);
    #[cfg(unix)]
    std::os::unix::fs::symlink("gone.yaml", folder.path().join("dangling.yaml")).unwrap();
    for missing in ["missing.yaml", "dangling.yaml"] {
        let ran = seatrial_in(folder.path(), &["check", "--output-format=json", missing, "z.yaml"]);
        assert_eq!(ran.findings(), [&format!("{missing}:1:1 unreadable-file"), UNHARMED]);
        assert_eq!(ran.code, 2);
    }
}

#[test]
fn empty_files_and_documents_are_counted() {
    for text in ["", "\n", "# nothing\n", "---\n---\n", "null\n", "---\n...\n", "\u{feff}"] {
        let ran = check(&[("a.yaml", text)], &[]);
        assert_eq!((ran.code, ran.findings().len()), (0, 0), "{text:?}");
        assert_eq!(ran.json()["summary"]["files"]["empty"][0], "a.yaml", "{text:?}");
    }
}

#[test]
fn terminal_escapes_in_a_manifest_do_not_reach_the_terminal() {
    let text = FAULTY.replace("datta", "\"d\\e[31mtta\"").replace("a: b", "a: \"\u{9b}31m\"");
    let folder = folder(&[("a.yaml", &text)]);
    for format in ["full", "concise", "github"] {
        let ran = seatrial_in(folder.path(), &["check", "--output-format", format]);
        assert!(ran.stdout.contains("tta"), "{}", ran.stdout);
        assert!(!ran.stdout.contains(['\u{1b}', '\u{9b}']), "{format}: {:?}", ran.stdout);
    }
}

#[test]
fn standard_input_is_checked_like_a_file() {
    let folder = folder(&[]);
    let ran =
        seatrial_with(folder.path(), &["check", "--output-format=concise", "-"], FAULTY.as_bytes());
    assert!(ran.stdout.starts_with("-:5:1: error[unknown-field]"), "{}", ran.stdout);
    assert_eq!(ran.code, 1);
}
