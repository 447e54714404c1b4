//! Directories that are rendered before they are checked.

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::run::{Ran, folder, seatrial_in, seatrial_with_path};

const JSON: &str = "--output-format=json";

const DEPLOYMENT: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  \
    selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n      \
    containers: [{name: web, image: 'registry.example/web:1'}]\n";

/// A base and an overlay whose patch has a fault that neither file has alone.
fn overlay() -> TempDir {
    folder(&[
        ("base/kustomization.yaml", "resources: [web.yaml]\n"),
        ("base/web.yaml", DEPLOYMENT),
        (
            "prod/kustomization.yaml",
            "bases: [../base]\nnamePrefix: prod-\npatchesStrategicMerge: [patch.yaml]\n",
        ),
        (
            "prod/patch.yaml",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replikas: 3}\n",
        ),
        ("plain.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: plain}\ndatta: {}\n"),
    ])
}

/// A program that stands for a tool: it says how it was called, and what it is told to.
fn tool(folder: &Path, name: &str, script: &str) {
    let path = folder.join(name);
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
}

/// Checks a folder with only these tools within reach.
fn with_tools(at: &Path, tools: &[(&str, &str)], arguments: &[&str]) -> Ran {
    let programs = folder(&[]);
    for (name, script) in tools {
        tool(programs.path(), name, script);
    }
    let path = format!("{}:/usr/bin:/bin", programs.path().display());
    let path = if tools.is_empty() { "/nowhere".to_owned() } else { path };
    let all = [&["check", JSON, "--select=parse,schema"], arguments].concat();
    seatrial_with_path(at, &all, &path)
}

#[test]
fn what_kubectl_renders_is_checked_in_place_of_what_went_in() {
    let folder = overlay();
    let script = format!(
        "[ \"$*\" = 'kustomize prod' ] || exit 9\ncat <<'END'\n{}END",
        DEPLOYMENT.replace("name: web}\nspec:", "name: prod-web}\nspec:\n  replikas: 3")
    );
    let ran = with_tools(folder.path(), &[("kubectl", &script)], &["--render"]);
    assert_eq!(
        ran.findings(),
        ["plain.yaml:4:1 unknown-field", "prod/rendered.yaml:5:3 unknown-field"],
        "{}{}",
        ran.stdout,
        ran.stderr
    );
    let report = ran.json();
    let finding = &report["findings"][1];
    assert_eq!(finding["resource"]["name"], "prod-web");
    assert_eq!(finding["related"][0]["location"]["path"], "prod/kustomization.yaml");
    assert_eq!(finding["related"][0]["message"], "rendered by `kubectl kustomize prod`");
    assert_eq!(report["summary"]["files"]["rendered"].as_array().unwrap().len(), 4);
    assert_eq!(report["summary"]["objects"]["total"], 2);
    fs::write(folder.path().join("seatrial.yaml"), "render: true\n").unwrap();
    let configured = with_tools(folder.path(), &[("kubectl", &script)], &[]);
    assert_eq!(configured.findings(), ran.findings());
}

#[test]
fn kubectl_itself_renders() {
    if Command::new("kubectl").args(["kustomize", "--help"]).output().is_err() {
        assert!(std::env::var_os("CI").is_none(), "CI needs kubectl to render");
        eprintln!("skipped: no kubectl to render with");
        return;
    }
    let folder = overlay();
    let ran = seatrial_in(folder.path(), &["check", JSON, "--render", "--select=parse,schema"]);
    let at = |rule: &str| format!("prod/rendered.yaml:{rule}");
    assert_eq!(
        ran.findings(),
        ["plain.yaml:4:1 unknown-field".to_owned(), at("6:3 unknown-field")],
        "{}",
        ran.stdout
    );
    fs::write(folder.path().join("prod/patch.yaml"), "kind: Nothing\n").unwrap();
    let broken = seatrial_in(folder.path(), &["check", JSON, "--render", "--select=parse,schema"]);
    assert_eq!(broken.code, 1);
    assert_eq!(broken.findings()[1], "prod/kustomization.yaml:1:1 render-failed");
}

#[test]
fn charts_are_rendered_by_helm() {
    let folder = folder(&[
        ("shop/Chart.yaml", "apiVersion: v2\nname: shop\nversion: 1.0.0\n"),
        ("shop/values.yaml", "image: web\n"),
        ("shop/templates/web.yaml", "kind: {{ .Values.kind }}\n"),
        ("shop/charts/db/Chart.yaml", "apiVersion: v2\nname: db\nversion: 1.0.0\n"),
    ]);
    let script = "[ \"$*\" = 'template shop shop --include-crds' ] || exit 9\n\
                  printf 'apiVersion: v1\\nkind: ConfigMap\\nmetadata: {name: a}\\ndatta: {}\\n'";
    let ran = with_tools(folder.path(), &[("helm", script)], &["--render"]);
    assert_eq!(ran.findings(), ["shop/rendered.yaml:4:1 unknown-field"], "{}", ran.stdout);
    assert_eq!(ran.json()["summary"]["files"]["rendered"].as_array().unwrap().len(), 4);
}

#[test]
fn without_rendering_a_note_says_what_was_skipped() {
    let folder = overlay();
    let ran = with_tools(folder.path(), &[], &["--ignore=schema"]);
    assert_eq!(ran.findings(), ["prod/kustomization.yaml:1:1 unrendered-directory"]);
    let finding = &ran.json()["findings"][0];
    assert_eq!((ran.code, finding["severity"].as_str()), (0, Some("note")));
    insta::assert_snapshot!(finding["fix"]["description"].as_str().unwrap());
}

#[test]
fn what_does_not_render_is_no_secret() {
    let folder = overlay();
    let missing = with_tools(folder.path(), &[], &["--render", "--ignore=schema"]);
    assert_eq!(missing.code, 2, "what was not seen is trouble");
    let message = |ran: &Ran| ran.json()["findings"][0]["message"].as_str().unwrap().to_owned();
    assert_eq!(message(&missing), "`kubectl` or `kustomize` is not installed");
    let run = |tools: &[(&str, &str)], arguments: &[&str]| {
        with_tools(folder.path(), tools, &[&["--render", "--ignore=schema"], arguments].concat())
    };
    let broken = run(&[("kubectl", "echo 'error: no such base' >&2; exit 1")], &[]);
    assert_eq!(broken.code, 1);
    assert_eq!(message(&broken), "`kubectl kustomize prod` fails: no such base");
    let hanging = run(&[("kubectl", "exec sleep 30")], &["--time-limit=300ms"]);
    assert!(message(&hanging).contains("fails: it takes longer than 0."), "{}", hanging.stdout);
    let other = run(&[("kustomize", "[ \"$*\" = 'build prod' ] && echo")], &[]);
    assert_eq!((other.code, other.findings()), (0, Vec::new()), "{}", other.stdout);
}
