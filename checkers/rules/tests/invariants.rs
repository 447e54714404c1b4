//! Every written invariant is broken by its `fail.yaml`, met by its `pass.yaml`, and says of itself
//! what its readers need.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::needless_pass_by_value,
    reason = "a test that fails here fails as it should"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use seatrial_core::{Found, Part, SourceFile};
use seatrial_manifests::{Manifest, Object, read};
use seatrial_rules::invariants::Invariants;
use seatrial_rules::schema::{Coverage, Schemas, Version};
use seatrial_rules::{reading, references, schema};

fn folders() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../invariants");
    let entries = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path());
    // Those of protocols and of access are no policies; `models` and `access` hold them against
    // their own.
    let others = ["protocols", "access"];
    let is_policy = |path: &PathBuf| path.is_dir() && !others.iter().any(|it| path.ends_with(it));
    let policies = entries.filter(is_policy);
    let mut folders: Vec<_> = policies.collect();
    folders.sort();
    assert!(folders.len() >= 12, "{}", folders.len());
    folders
}

fn name(folder: &Path) -> String {
    folder.file_name().unwrap().to_string_lossy().into_owned()
}

fn manifest(path: &Path) -> Manifest {
    let text = fs::read_to_string(path).unwrap();
    let manifest = read(Arc::new(SourceFile::new(path.to_string_lossy(), text)));
    let path = path.display();
    assert!(manifest.unreadable.is_empty() && manifest.problems.is_empty(), "{path}");
    assert!(manifest.skipped.is_empty(), "{path} has documents that are no objects");
    manifest
}

/// Which of the objects the invariant of this name denies, without anything undecided.
fn denied(name: &str, objects: &[Object]) -> Vec<bool> {
    let invariants = Invariants::builtin();
    let active = invariants.active(objects, |id| id == name);
    assert_eq!(active.len(), 1, "{name}");
    let denies = |object| {
        let mut found = Found::default();
        active.check(object, &mut found);
        let Found { findings, undecided } = found;
        assert!(undecided.is_empty(), "{undecided:?}");
        for finding in &findings {
            assert!(!finding.message.contains("cannot be evaluated"), "{finding:?}");
        }
        !findings.is_empty()
    };
    objects.iter().map(denies).collect()
}

#[test]
fn each_is_broken_by_its_fail_and_met_by_its_pass() {
    for folder in folders() {
        let name = name(&folder);
        for (file, expected) in [("fail.yaml", true), ("pass.yaml", false)] {
            let objects = manifest(&folder.join(file)).objects;
            assert!(objects.len() >= 2, "{name}/{file}");
            for (object, denied) in objects.iter().zip(denied(&name, &objects)) {
                let place = object.name_location();
                assert_eq!(denied, expected, "{}:{} {}", place.path, place.line, object.id);
            }
        }
    }
}

#[test]
fn policies_and_their_cases_are_valid_objects() {
    let schemas = Schemas::for_version(Version::NEWEST);
    for folder in folders() {
        let mut files: Vec<_> =
            fs::read_dir(&folder).unwrap().map(|entry| name(&entry.unwrap().path())).collect();
        files.sort();
        assert_eq!(files, ["fail.yaml", "pass.yaml", "policy.yaml"], "{folder:?}");
        for file in files {
            for object in &manifest(&folder.join(&file)).objects {
                let mut found = Found::default();
                assert_eq!(schemas.check(object, &mut found), Coverage::Checked);
                assert_eq!(found, Found::default());
            }
        }
    }
}

#[test]
fn each_policy_compiles_is_named_as_its_folder_and_describes_itself() {
    for folder in folders() {
        let name = name(&folder);
        let objects = manifest(&folder.join("policy.yaml")).objects;
        let [object] = objects.as_slice() else { panic!("{name} is not one policy") };
        assert_eq!(
            (object.name(), object.id.api_version.as_str()),
            (&*name, "admissionregistration.k8s.io/v1")
        );
        let (policy, problems) = seatrial_policy::Policy::read(&object.node);
        assert_eq!((problems, policy.compile_problems()), (Vec::new(), Vec::new()), "{name}");
        for key in ["title", "severity", "rationale", "remedy", "reference"] {
            let text = object.annotation(&format!("seatrial.dev/{key}")).unwrap_or_default();
            assert!(!text.trim().is_empty(), "{name} does not say its {key}");
        }
        let title = object.annotation("seatrial.dev/title").unwrap_or_default();
        assert!(!title.starts_with(char::is_uppercase) && !title.ends_with('.'), "{name}: {title}");
    }
}

#[test]
fn the_registry_the_folders_and_the_ids_agree() {
    let invariants = Invariants::builtin();
    assert!(invariants.problems().is_empty(), "{:?}", invariants.problems());
    let built_in = invariants.rules().map(|rule| rule.id.to_string());
    let mut built_in: Vec<_> = built_in.filter(|id| id != "invalid-policy").collect();
    built_in.sort();
    assert_eq!(built_in, folders().iter().map(|folder| name(folder)).collect::<Vec<_>>());
    let of_code = reading::RULES.iter().copied().chain(schema::rules());
    let of_code = of_code.chain(references::REFERENCES.iter().map(|known| known.rule));
    let mut ids = BTreeSet::new();
    for rule in of_code.chain(invariants.rules()) {
        assert!(ids.insert(rule.id.clone()), "{} occurs twice", rule.id);
        let kebab = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        assert!(rule.id.chars().all(kebab), "{}", rule.id);
        for section in ["## What it checks", "## Why it matters", "## What to do"] {
            assert!(rule.explanation.contains(section), "{} lacks {section}", rule.id);
        }
        assert!(!ids.contains(rule.part.as_str()), "a part has the name of a rule");
    }
    assert!(invariants.rules().all(|rule| rule.part == Part::Invariant));
}
