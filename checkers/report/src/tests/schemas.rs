//! The schemas of the formats, and whether a text obeys them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::LazyLock;

use jsonschema::Validator;
use serde_json::Value;
use uppsala::XsdValidator;

use super::{example, plain};
use crate::{Fixes, Format, RefusedFix, Sources};

/// Ours, of `check --output-format json`.
static CHECK: LazyLock<Validator> =
    LazyLock::new(|| ours(include_str!("../../../../configs/output/check.schema.json")));

/// Ours, of `rules list --output-format json`.
static RULES: LazyLock<Validator> =
    LazyLock::new(|| ours(include_str!("../../../../configs/output/rules.schema.json")));

fn ours(text: &str) -> Validator {
    let schema = serde_json::from_str(text).unwrap();
    jsonschema::meta::validate(&schema).unwrap();
    jsonschema::options().should_validate_formats(true).build(&schema).unwrap()
}

/// The official one of SARIF 2.1.0, as the crate that we write it with carries it.
static SARIF: LazyLock<Validator> = LazyLock::new(|| {
    let text = std::fs::read_to_string(folder_of("serde-sarif").join("src/schema.json")).unwrap();
    // A bracket that JavaScript takes for itself and other engines for an error; we write no
    // language tags.
    let text = text.replace("[a-zA-Z]{2}]?$", "[a-zA-Z]{2}\\\\]?$");
    let schema: Value = serde_json::from_str(&text).unwrap();
    let id = schema["$id"].as_str().unwrap();
    assert!(id.ends_with("/sarif-schema-2.1.0.json"), "{id}");
    jsonschema::options().should_validate_formats(true).build(&schema).unwrap()
});

/// The folder of a crate that this one depends on.
fn folder_of(name: &str) -> PathBuf {
    let metadata = cargo_metadata::MetadataCommand::new()
        .manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .other_options(["--filter-platform".to_owned(), host()])
        .exec()
        .unwrap();
    let package = metadata.packages.iter().find(|package| package.name == name).unwrap();
    package.manifest_path.parent().unwrap().into()
}

/// The platform that the tests were built for, as rustc names it. Of other platforms' crates,
/// nothing need have been fetched.
fn host() -> String {
    let rustc = std::process::Command::new("rustc").arg("-vV").output().unwrap();
    let text = String::from_utf8(rustc.stdout).unwrap();
    text.lines().find_map(|line| line.strip_prefix("host: ")).unwrap().to_owned()
}

fn json_problems(validator: &Validator, text: &str) -> Vec<String> {
    let document: Value = serde_json::from_str(text).unwrap();
    validator.iter_errors(&document).map(|e| format!("{}: {e}", e.instance_path())).collect()
}

/// What is wrong with a text in a format that has a schema.
pub(super) fn problems(format: Format, text: &str) -> Vec<String> {
    match format {
        Format::Json => json_problems(&CHECK, text),
        Format::Sarif => json_problems(&SARIF, text),
        Format::Junit => {
            let schema = uppsala::parse(include_str!("junit.xsd")).unwrap();
            let validator = XsdValidator::from_schema(&schema).unwrap();
            match uppsala::parse(text) {
                Ok(document) => {
                    validator.validate(&document).iter().map(ToString::to_string).collect()
                }
                Err(error) => vec![error.to_string()],
            }
        }
        Format::Full
        | Format::Concise
        | Format::Html
        | Format::Markdown
        | Format::Github
        | Format::Gitlab => Vec::new(),
    }
}

#[test]
fn the_examples_obey_the_schemas() {
    let (mut report, sources) = example::example();
    report.with_statistics = true;
    let first = &report.findings[0];
    report.fixes = Some(Fixes {
        applied: 2,
        by_rule: BTreeMap::from([(first.rule.to_string(), 2)]),
        files: vec![first.location.path.to_string()],
        refused: vec![RefusedFix {
            rule: first.rule.to_string(),
            location: first.location.clone(),
            resource: first.resource.clone(),
            pointer: first.pointer.clone(),
            reason: "there would be a new error".to_owned(),
        }],
        with_unsafe: 1,
    });
    for format in Format::ALL {
        assert_eq!(problems(format, &plain(&report, &sources, format)), [""; 0], "{format}");
        let clean = plain(&example::clean(), &Sources::new(), format);
        assert_eq!(problems(format, &clean), [""; 0], "{format}");
    }
}

#[test]
fn the_list_of_rules_obeys_its_schema() {
    let list = crate::rules_json(&example::example().0.rules).unwrap();
    assert_eq!(json_problems(&RULES, &list), [""; 0]);
    assert!(!json_problems(&RULES, &list.replace("\"part\"", "\"group\"")).is_empty());
}

#[test]
fn the_schemas_reject_what_is_not_of_the_format() {
    let (report, sources) = example::example();
    for (format, right, wrong) in [
        (Format::Json, "\"version\": \"1\"", "\"version\": \"2\""),
        (Format::Json, "\"label\": null", "\"lable\": null"),
        (Format::Json, "\"suppressed_by\": \"annotation\"", "\"suppressed_by\": \"luck\""),
        (Format::Json, "\"pointer\": \"/spec/selector\"", "\"pointer\": \"spec/selector\""),
        (Format::Json, "\"line\": 8", "\"line\": 0"),
        (Format::Sarif, "\"version\": \"2.1.0\"", "\"version\": \"2.2\""),
        (Format::Sarif, "\"startLine\": 8", "\"startLine\": 0"),
        (Format::Sarif, "\"level\": \"error\"", "\"level\": \"fatal\""),
        (Format::Sarif, "\"uri\": \"apps/web.yaml\"", "\"uri\": \"apps/web page.yaml\""),
        (Format::Junit, "<testsuite name=\"apps/web.yaml\"", "<testsuite"),
        (Format::Junit, "classname=", "class="),
        (Format::Junit, "<testsuites ", "<testsuites skipped=\"0\" "),
    ] {
        let text = plain(&report, &sources, format);
        let broken = text.replacen(right, wrong, 1);
        assert_ne!(text, broken, "{right}");
        assert!(!problems(format, &broken).is_empty(), "{format} accepts {wrong}");
    }
}
