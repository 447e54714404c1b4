//! The YAML reader against the real one: `kubectl` decodes the same file, offline.
//!
//! Skipped with a line on standard error where there is no kubectl; required where `CI` is set.

#![allow(
    clippy::print_stderr,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::needless_pass_by_value,
    reason = "a test that fails here fails as it should, and one that is skipped says so"
)]

use std::process::{Command, Output};

/// Plain scalars and small flow values, each the value of one key.
const VALUES: &[&str] = &[
    "yes",
    "no",
    "on",
    "off",
    "y",
    "n",
    "Y",
    "N",
    "True",
    "FALSE",
    "tRUE",
    "~",
    "null",
    "Null",
    "NULL",
    "nULL",
    "",
    "0",
    "-0",
    "+1",
    "-1",
    "012",
    "0777",
    "0o17",
    "0O17",
    "0x1F",
    "0X1f",
    "-0x1f",
    "0b11",
    "0B11",
    "-0b11",
    "08",
    "09.5",
    "1_000",
    "1__0",
    "_1",
    "1_",
    "0x_1",
    "1_0.5",
    "1.0",
    "1.",
    ".5",
    "-.5",
    "+.5e3",
    "._5",
    ".",
    "1e3",
    "1E+3",
    "1e-3",
    "1e",
    "e3",
    "1.5e300",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "-9223372036854775808",
    "-9223372036854775809",
    "+9223372036854775808",
    "2001-01-01",
    "2001-01-01T10:00:00Z",
    "12:30:45",
    "190:20:30",
    "=",
    "<<",
    "100m",
    "1Gi",
    "'yes'",
    "\"0777\"",
    "!!str yes",
    "!!str 0777",
    "!!int '5'",
    "!!float 3",
    "!!binary aGk=",
    "!!bool 'true'",
    "a b",
    "a#b",
    "'it''s'",
    "\"\\u00e9\\n\"",
    "[]",
    "{}",
    "[a, yes, 1]",
    "{b: 1, yes: 2}",
    "|\n    text\n    more\n",
    ">-\n    text\n    more\n",
    "1.2.3",
    "--1",
    "0.1",
    "[fe80::, b]",
    "[1.2.3.4, 001:db8::]",
    "{x: fe80::}",
    "[a:]",
    "{a:}",
    "[a:b:]",
    "{g: h:, i: 'j:,'}",
    "'a:]'",
    "|\n    a:,\n",
    "a:,b",
    "{'a':1}",
    "{\"a\":[1]}",
    "1e400",
    "123456789.123456789",
    "0b",
    "0x",
    "0o",
    "0o8",
    "00",
    "0_7",
];

#[test]
fn scalars_and_merges_read_as_kubectl_reads_them() {
    let Some(kubectl) = kubectl() else { return };
    let keys = VALUES.iter().enumerate();
    let data: String = keys.map(|(index, value)| format!("  k{index}: {value}\n")).collect();
    let merges = "base: &base {a: 1, b: 2}\nover: &over {b: 3}\none:\n  b: 0\n  <<: *base\n  a: 9\n\
                  two:\n  <<: [*over, *base]\nthree: *base\n12: int key\n1.5: float key\nno: bool key\n";
    let head = "apiVersion: example.org/v1\nkind: Foo\nmetadata: {name: x}\n";
    let text = format!("{head}data:\n{data}{merges}");
    let output = annotate(kubectl, &text);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let theirs: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let parsed = seatrial_parse::yaml(&text);
    assert!(parsed.unreadable.is_empty(), "{:?}", parsed.unreadable);
    let ours = parsed.documents[0].root.to_json();
    for (index, value) in VALUES.iter().enumerate() {
        let key = format!("k{index}");
        assert!(
            same(&ours["data"][&key], &theirs["data"][&key]),
            "`{value}`: ours {}, kubectl {}",
            ours["data"][&key],
            theirs["data"][&key]
        );
    }
    for key in ["one", "two", "three", "12", "1.5", "false"] {
        assert!(same(&ours[key], &theirs[key]), "{key}: {} {}", ours[key], theirs[key]);
    }
}

/// Equal, numbers by value: kubectl writes `1.0` as `1`.
fn same(a: &serde_json::Value, b: &serde_json::Value) -> bool {
    match (a, b) {
        (serde_json::Value::Number(a), serde_json::Value::Number(b)) => a.as_f64() == b.as_f64(),
        (serde_json::Value::Array(a), serde_json::Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (serde_json::Value::Object(a), serde_json::Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        (a, b) => a == b,
    }
}

fn kubectl() -> Option<&'static str> {
    if Command::new("kubectl").args(["version", "--client"]).output().is_ok() {
        return Some("kubectl");
    }
    assert!(std::env::var_os("CI").is_none(), "CI needs kubectl for the comparison of readers");
    eprintln!("skipped: no kubectl to compare the YAML reader with");
    None
}

#[test]
fn lines_within_brackets_and_quotes_may_be_indented_as_they_like() {
    let Some(kubectl) = kubectl() else { return };
    let text = "apiVersion: example.org/v1\nkind: Foo\nmetadata: {\nname: x,\nlabels: {a: b}\n}\nspec:\n  \
                args: [\n    \"a\", # [\n  ]\n  b:\n  - {c: \"x\n  y\",\n d: 'z\n\n w'}\n  \
                e: \"f\n g\"\n";
    let output = annotate(kubectl, text);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let theirs: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let parsed = seatrial_parse::yaml(text);
    assert!(parsed.unreadable.is_empty(), "{:?}", parsed.unreadable);
    let root = &parsed.documents[0].root;
    assert_eq!(root.to_json()["spec"], theirs["spec"]);
    let written = |pointer: &str| {
        let span = root.pointer(pointer).unwrap().span;
        &text[span.start as usize..span.end as usize]
    };
    assert_eq!((written("/metadata/name"), written("/spec/args/0")), ("x", "\"a\""));
    assert_eq!(written("/spec/e"), "\"f\n g\"");
}

#[test]
fn a_colon_at_the_beginning_of_a_text_in_brackets_is_refused_by_both() {
    let Some(kubectl) = kubectl() else { return };
    for value in ["[::1]", "[0.0.0.0/0, ::/0]", "{a: ::1}", "{y: ::}"] {
        let text =
            format!("apiVersion: example.org/v1\nkind: Foo\nmetadata: {{name: x}}\na: {value}\n");
        assert!(!seatrial_parse::yaml(&text).unreadable.is_empty(), "{value}");
        let output = annotate(kubectl, &text);
        assert!(!output.status.success(), "{value}");
    }
}

/// Lets kubectl decode a text, add an annotation and print the object as JSON.
fn annotate(kubectl: &str, text: &str) -> Output {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    Command::new(kubectl)
        .args(["annotate", "--local", "seen=yes", "--output=json", "--filename"])
        .arg(file.path())
        .output()
        .unwrap()
}
