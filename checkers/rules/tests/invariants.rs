//! Every written invariant is broken by its `fail.yaml`, met by its `pass.yaml`, and says of itself
//! what its readers need.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::needless_pass_by_value,
    reason = "a test that fails here fails as it should"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use seatrial_core::{Found, Part, SourceFile};
use seatrial_manifests::{Manifest, Object, read};
use seatrial_rules::invariants::{Invariants, Profile};
use seatrial_rules::schema::{Coverage, Schemas, Version};
use seatrial_rules::{reading, references, schema};
use serde_json::{Value, json};

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

/// The built-in invariants, with the parameters of all `params.yaml`.
static INVARIANTS: LazyLock<Invariants> = LazyLock::new(|| {
    let mut data = BTreeMap::new();
    for file in folders().iter().map(|folder| folder.join("params.yaml")).filter(|it| it.is_file())
    {
        for object in &manifest(&file).objects {
            for entry in object.node.get("data").unwrap().entries() {
                data.insert(entry.key.text.to_string(), entry.value.as_str().unwrap().to_owned());
            }
        }
    }
    let mut invariants = Invariants::builtin();
    invariants.set_parameters(&data);
    invariants
});

/// Which of the objects the invariant of this name denies, without anything undecided.
fn denied(name: &str, objects: &[Object]) -> Vec<bool> {
    let active = INVARIANTS.active(objects, |id| id == name);
    assert_eq!(active.len(), 1, "{name}");
    let denies = |object| {
        let mut found = Found::default();
        active.check(object, &mut found, |_| {});
        let Found { findings, undecided } = found;
        assert!(undecided.is_empty(), "{undecided:?}");
        for finding in &findings {
            assert!(!finding.message.contains("cannot be evaluated"), "{name}: {finding:#?}");
        }
        !findings.is_empty()
    };
    objects.iter().map(denies).collect()
}

#[test]
fn each_is_broken_by_its_fail_and_met_by_its_pass() {
    let mut wrong = Vec::new();
    for folder in folders() {
        let name = name(&folder);
        for (file, expected) in [("fail.yaml", true), ("pass.yaml", false)] {
            let objects = manifest(&folder.join(file)).objects;
            assert!(objects.len() >= 2, "{name}/{file}");
            for (object, denied) in objects.iter().zip(denied(&name, &objects)) {
                let place = object.name_location();
                if denied != expected {
                    wrong.push(format!("{}:{} {}", place.path, place.line, object.id));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn policies_and_their_cases_are_valid_objects() {
    let schemas = Schemas::for_version(Version::NEWEST);
    for folder in folders() {
        let mut files: Vec<_> =
            fs::read_dir(&folder).unwrap().map(|entry| name(&entry.unwrap().path())).collect();
        files.sort();
        files.retain(|file| file != "params.yaml");
        assert_eq!(files, ["fail.yaml", "pass.yaml", "policy.yaml"], "{folder:?}");
        for file in files {
            for object in &manifest(&folder.join(&file)).objects {
                let mut found = Found::default();
                let coverage = schemas.check(object, &mut found);
                let foreign = ["kubelet.config.k8s.io", "security.openshift.io"];
                assert!(coverage == Coverage::Checked || foreign.contains(&object.group()));
                // Only the newest schemas know no such annotations; the rules are about them.
                let place = object.name_location();
                assert_eq!(found, Found::default(), "{}:{}", place.path, place.line);
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
        for key in ["title", "severity", "profiles", "rationale", "remedy", "reference"] {
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

/// The kinds that hold a pod, and the resource that a policy names each by.
const POD_KINDS: [(&str, &str, &str); 9] = [
    ("v1", "Pod", "pods"),
    ("v1", "PodTemplate", "podtemplates"),
    ("v1", "ReplicationController", "replicationcontrollers"),
    ("apps/v1", "DaemonSet", "daemonsets"),
    ("apps/v1", "Deployment", "deployments"),
    ("apps/v1", "ReplicaSet", "replicasets"),
    ("apps/v1", "StatefulSet", "statefulsets"),
    ("batch/v1", "CronJob", "cronjobs"),
    ("batch/v1", "Job", "jobs"),
];

/// A pod as another kind holds it.
fn wrapped(pod: &Value, api_version: &str, kind: &str) -> Value {
    let metadata = &pod["metadata"];
    let pod_metadata =
        json!({"annotations": metadata["annotations"], "labels": metadata["labels"]});
    let template = json!({"metadata": pod_metadata, "spec": pod["spec"]});
    let body = match kind {
        "Pod" => return pod.clone(),
        "PodTemplate" => json!({"template": template}),
        "CronJob" => json!({"spec": {"jobTemplate": {"spec": {"template": template}}}}),
        _ => json!({"spec": {"template": template}}),
    };
    let mut object = json!({"apiVersion": api_version, "kind": kind, "metadata": metadata});
    object.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
    object
}

fn objects_of(values: &[Value]) -> Vec<Object> {
    let texts: Vec<_> = values.iter().map(Value::to_string).collect();
    let text = texts.join("\n---\n");
    let manifest = read(Arc::new(SourceFile::new("derived.yaml", text)));
    assert!(manifest.unreadable.is_empty(), "{:?}", manifest.unreadable);
    manifest.objects
}

/// The pods of a file, and which resources the policy beside it names.
fn pods(folder: &Path, file: &str) -> Vec<Value> {
    let objects = manifest(&folder.join(file)).objects;
    let pods = objects.iter().filter(|object| object.kind() == "Pod");
    pods.map(|object| object.node.to_json()).collect()
}

fn matched_kinds(folder: &Path) -> Vec<(&'static str, &'static str)> {
    let policy = manifest(&folder.join("policy.yaml")).objects.remove(0).node.to_json();
    let rules = policy["spec"]["matchConstraints"]["resourceRules"].as_array().unwrap().iter();
    let resources: Vec<_> =
        rules.flat_map(|rule| rule["resources"].as_array().unwrap().clone()).collect();
    let named = POD_KINDS.iter().filter(|(.., name)| resources.contains(&json!(name)));
    named.map(|&(api_version, kind, _)| (api_version, kind)).collect()
}

#[test]
fn each_pod_is_judged_the_same_in_all_kinds_that_hold_one() {
    let mut wrong = Vec::new();
    for folder in folders() {
        let name = name(&folder);
        let kinds = matched_kinds(&folder);
        // Those that are about all pods: whatever is true of a Pod must be true of its template.
        if !kinds.contains(&("v1", "Pod")) {
            continue;
        }
        if kinds.len() != POD_KINDS.len() {
            wrong.push(format!("{name} leaves a kind out"));
        }
        for (file, expected) in [("fail.yaml", true), ("pass.yaml", false)] {
            for pod in pods(&folder, file) {
                let values: Vec<_> =
                    kinds.iter().map(|&(version, kind)| wrapped(&pod, version, kind)).collect();
                let objects = objects_of(&values);
                for (object, denied) in objects.iter().zip(denied(&name, &objects)) {
                    if denied != expected {
                        wrong.push(format!("{name}/{file}: {}", object.id));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// What belongs to the Pod Security Standards looks at all lists of containers: what is denied in
/// the first is denied in the others, and what is not, is not.
#[test]
fn containers_of_all_lists_are_judged_the_same_by_the_pod_security_standards() {
    const LISTS: [&str; 2] = ["initContainers", "ephemeralContainers"];
    let mut moved_faults = BTreeSet::new();
    for folder in folders() {
        let name = name(&folder);
        let profiles = INVARIANTS.profiles();
        let of_standard = [Profile::PssBaseline, Profile::PssRestricted];
        if !profiles[&*name].iter().any(|profile| of_standard.contains(profile)) {
            continue;
        }
        let passes = pods(&folder, "pass.yaml");
        let good = &passes[0]["spec"]["containers"];
        for (file, expected) in [("fail.yaml", true), ("pass.yaml", false)] {
            for pod in pods(&folder, file) {
                let mut with_good = pod.clone();
                with_good["spec"]["containers"] = good.clone();
                let is_of_container = denied(&name, &objects_of(&[with_good.clone()])) == [false];
                if !is_of_container {
                    continue;
                }
                for list in LISTS {
                    let mut moved = with_good.clone();
                    moved["spec"][list] = pod["spec"]["containers"].clone();
                    let found = denied(&name, &objects_of(&[moved]));
                    assert_eq!(found, [expected], "{name}/{file}, {}: {list}", pod["metadata"]);
                }
                if expected {
                    moved_faults.insert(name.clone());
                }
            }
        }
    }
    let of_pods = [
        "host-namespace",
        "host-path-volume",
        "restricted-volume-type",
        "runtime-socket",
        "sensitive-host-path",
        "unsafe-sysctl",
    ];
    assert!(moved_faults.iter().all(|name| !of_pods.contains(&&**name)));
    assert_eq!(moved_faults.len(), 16, "{moved_faults:?}");
}

#[test]
fn profiles_include_each_other() {
    let invariants = &*INVARIANTS;
    for (name, profiles) in invariants.profiles() {
        let mut sorted = profiles.to_vec();
        sorted.sort();
        sorted.dedup();
        assert_eq!(sorted, profiles, "{name}");
        assert!(profiles.contains(&Profile::Strict), "{name}");
        let restricted = profiles.contains(&Profile::PssRestricted);
        assert!(restricted || !profiles.contains(&Profile::PssBaseline), "{name}");
    }
    let unlisted = invariants.rules().filter(|rule| !invariants.profiles().contains_key(&*rule.id));
    assert_eq!(unlisted.map(|rule| &*rule.id).collect::<Vec<_>>(), ["invalid-policy"]);
}
