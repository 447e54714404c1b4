//! The house keeps its order: who depends on whom, where the doors to the outside are, how long a
//! file may get, and what lies at the top of the repository.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::needless_pass_by_value,
    reason = "a test that fails here fails as it should"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Which crates of ours each crate may use: dependencies point inward and never back.
const INWARD: &[(&str, &[&str])] = &[
    ("seatrial-core", &[]),
    ("seatrial-smt", &[]),
    ("seatrial-parse", &["core"]),
    ("seatrial-manifests", &["core", "parse"]),
    ("seatrial-policy", &["core", "parse"]),
    ("seatrial-report", &["core"]),
    ("seatrial-rules", &["core", "manifests", "parse", "policy"]),
    // Learning reads objects and their identity as the checks do.
    ("seatrial-learn", &["core", "manifests", "parse"]),
    ("seatrial-access", &["core", "manifests", "parse", "policy", "smt"]),
    (
        "seatrial-gate",
        &[
            "access",
            "core",
            "drill",
            "explore",
            "learn",
            "manifests",
            "parse",
            "placement",
            "policy",
            "report",
            "rules",
            "scheduling",
        ],
    ),
    ("seatrial-lsp", &["core", "gate"]),
    ("seatrial-explore", &["core"]),
    ("seatrial-models", &["explore"]),
    ("seatrial-scheduling", &["core", "manifests", "parse"]),
    ("seatrial-drill", &["core", "explore", "manifests", "parse", "policy", "scheduling"]),
    ("seatrial-certificate", &[]),
    ("seatrial-placement", &["certificate", "core", "manifests", "parse", "scheduling", "smt"]),
    (
        "seatrial",
        &[
            "access",
            "certificate",
            "core",
            "drill",
            "explore",
            "gate",
            "learn",
            "lsp",
            "models",
            "placement",
            "report",
        ],
    ),
    ("xtask", &["core", "explore", "gate", "models"]),
];

/// The files outside `cli` and `xtask` that may name the file system, the environment or
/// processes.
const DOORS: &[&str] = &[
    "checkers/explore/src/checkpoint.rs",
    "checkers/explore/src/commands/changes.rs",
    "checkers/explore/src/commands/run.rs",
    "checkers/explore/src/memory.rs",
    "checkers/gate/src/cache.rs",
    "checkers/gate/src/config.rs",
    "checkers/gate/src/files.rs",
    "checkers/gate/src/git.rs",
    "checkers/gate/src/opinion/endpoint.rs",
    "checkers/gate/src/tool.rs",
    "checkers/smt/src/process.rs",
];

/// What reaches outside.
const OUTSIDE: &[&str] =
    &["std::fs", "std::env", "std::process", "std::net::Tcp", "std::net::Udp", "ureq::"];

/// What may lie at the top of the repository.
const TOP: &[&str] = &[
    ".cargo",
    ".ci",
    ".containerignore",
    ".git",
    ".gitignore",
    ".tools",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "Containerfile",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "Makefile",
    "README.md",
    "action.yml",
    "benches",
    "checkers",
    "clippy.toml",
    "configs",
    "corpus",
    "docs",
    "invariants",
    "models",
    "rustfmt.toml",
    "target",
    "tests",
    "xtask",
];

const LONGEST_FILE: usize = 700;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// All Rust sources below a folder, with their paths from the root.
fn sources(below: &str) -> Vec<(String, String)> {
    let mut folders = vec![root().join(below)];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() && !["target", "fuzz"].contains(&name.as_str()) {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let shown = path.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
                files.push((shown, fs::read_to_string(path).unwrap()));
            }
        }
    }
    files.sort();
    files
}

#[test]
fn dependencies_point_inward() {
    let metadata = cargo_metadata::MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .no_deps()
        .other_options(vec!["--offline".to_owned()])
        .exec()
        .unwrap();
    let allowed: BTreeMap<_, _> = INWARD.iter().copied().collect();
    for package in metadata.workspace_packages() {
        let name = package.name.as_str();
        let allowed = allowed.get(name).unwrap_or_else(|| panic!("{name} has no place in INWARD"));
        for dependency in &package.dependencies {
            // What only the tests of a crate use does not end up in what it builds.
            let built = dependency.kind == cargo_metadata::DependencyKind::Normal;
            if let Some(ours) = dependency.name.strip_prefix("seatrial-").filter(|_| built) {
                assert!(allowed.contains(&ours), "{name} must not depend on {}", dependency.name);
            }
            if dependency.name.starts_with("z3") {
                assert_eq!(name, "seatrial-smt", "only seatrial-smt may name {}", dependency.name);
            }
        }
    }
}

#[test]
fn only_the_doors_reach_outside() {
    let all = ["checkers", "models"].map(sources).concat();
    for (path, text) in all {
        let exempt = path.starts_with("checkers/cli/")
            || path.ends_with("build.rs")
            || path.contains("/tests")
            || path.contains("/benches/")
            || path.contains("/examples/")
            || DOORS.contains(&path.as_str());
        let product = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        // What a comment shows is not done: the example of a library may write files.
        let code = product.lines().filter(|line| !line.trim_start().starts_with("//"));
        let product: String = code.collect();
        for outside in OUTSIDE {
            assert!(exempt || !product.contains(*outside), "{path} names {outside}");
        }
    }
}

#[test]
fn no_file_is_too_long() {
    for below in ["checkers", "models", "tests", "xtask"] {
        for (path, text) in sources(below) {
            let lines = text.lines().count();
            assert!(lines <= LONGEST_FILE, "{path} has {lines} lines: which concept wants a home?");
        }
    }
}

#[test]
fn nothing_is_ignored_or_left_to_do() {
    for below in ["checkers", "models", "tests", "xtask"] {
        for (path, text) in sources(below) {
            for word in ["#[ignore", "todo!", "unimplemented!"] {
                let code = text.lines().filter(|line| !line.contains("for word in"));
                assert!(!code.clone().any(|line| line.contains(word)), "{path} has {word}");
            }
        }
    }
}

#[test]
fn the_top_of_the_repository_is_as_designed() {
    for entry in fs::read_dir(root()).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        assert!(
            TOP.contains(&name.as_str()),
            "{name} does not belong to the top of the repository"
        );
    }
}

/// All Markdown files below a folder, without what is fetched or built.
fn texts(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && !name.starts_with('.') && name != "target" {
            texts(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "md") {
            found.push(path);
        }
    }
}

/// The targets of the links of a text, without those in code.
fn links(text: &str) -> Vec<String> {
    let mut fenced = false;
    let mut links = Vec::new();
    for line in text.lines() {
        fenced ^= line.trim_start().starts_with("```");
        if !fenced {
            let plain: String = line.split('`').step_by(2).collect();
            let targets = plain.split("](").skip(1).filter_map(|rest| rest.split(')').next());
            links.extend(targets.map(str::to_owned));
        }
    }
    links
}

#[test]
fn links_between_files_lead_somewhere() {
    let mut files = Vec::new();
    texts(&root(), &mut files);
    files.sort();
    let mut checked = 0;
    for file in files {
        for link in links(&fs::read_to_string(&file).unwrap()) {
            let target = link.split('#').next().unwrap_or_default();
            if target.is_empty() || target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            let there = file.parent().unwrap().join(target).exists();
            assert!(there, "{} links to {target}, which is not there", file.display());
            checked += 1;
        }
    }
    assert!(checked > 300, "{checked}");
}
