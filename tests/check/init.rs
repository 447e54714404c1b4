//! `seatrial init`: files for what lies in a repository.

use std::fs;
use std::process::Command;

use crate::run::{CLEAN, folder, seatrial_in};

const WORKLOAD: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n";

#[test]
fn settings_are_written_for_what_lies_there_and_are_valid() {
    let folder = folder(&[
        ("app/web.yaml", WORKLOAD),
        (
            "app/rbac.yaml",
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: r}\n",
        ),
        ("chart/Chart.yaml", "name: c\n"),
        ("edge/nginx.conf", "events { }\n"),
        ("policies/ours/policy.yaml", CLEAN),
        ("policies/ours/fail.yaml", CLEAN),
        (
            "cluster.yaml",
            "groups:\n- name: w\n  count: 2\n  capacity: {cpu: 4, memory: 8Gi, pods: 110}\n",
        ),
        ("protocols/orders/Cargo.toml", "[dependencies]\nseatrial-explore = \"0.1\"\n"),
        ("protocols/orders/src/main.rs", "fn main() {}\n"),
    ]);
    let ran = seatrial_in(folder.path(), &["init"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(ran.stdout, "");
    insta::assert_snapshot!(fs::read_to_string(folder.path().join("seatrial.yaml")).unwrap());
    let shown = seatrial_in(folder.path(), &["config", "show"]);
    assert_eq!(shown.code, 0, "{}", shown.stderr);
    let again = seatrial_in(folder.path(), &["init"]);
    assert_eq!(again.code, 2);
    assert!(again.stderr.contains("`./seatrial.yaml` is there already"), "{}", again.stderr);
    assert_eq!(seatrial_in(folder.path(), &["init", "--force"]).code, 0);
}

#[test]
fn an_empty_folder_gets_settings_that_work_too() {
    let folder = folder(&[]);
    assert_eq!(seatrial_in(folder.path(), &["init"]).code, 0);
    let text = fs::read_to_string(folder.path().join("seatrial.yaml")).unwrap();
    // Every setting that is commented out is valid when it is not, as far as its files are there.
    let on: String = text
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(setting)
                if setting.starts_with(char::is_lowercase) && setting.contains(": ")
                    || setting.starts_with("- path")
                    || setting == "protocols:" =>
            {
                setting
            }
            _ => line,
        })
        .flat_map(|line| [line, "\n"])
        .collect();
    fs::write(folder.path().join("seatrial.yaml"), on).unwrap();
    let shown = seatrial_in(folder.path(), &["config", "show"]);
    assert_eq!(shown.code, 0, "{}", shown.stderr);
    for setting in ["cluster:", "base:", "drill: true", "web:", "protocols:", "baseline:"] {
        assert!(shown.stdout.contains(setting), "{setting}: {}", shown.stdout);
    }
}

#[test]
fn files_for_forges_and_hooks_are_printed_or_written() {
    let folder = folder(&[("app/web.yaml", WORKLOAD)]);
    for (target, path) in [
        ("github", ".github/workflows/seatrial.yml"),
        ("gitlab", ".gitlab/seatrial.yml"),
        ("pre-commit", ".pre-commit-config.yaml"),
    ] {
        let printed = seatrial_in(folder.path(), &["init", target, "--output=-"]);
        insta::assert_snapshot!(target, printed.stdout);
        let ran = seatrial_in(folder.path(), &["init", target]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert_eq!(fs::read_to_string(folder.path().join(path)).unwrap(), printed.stdout);
        let yaml: serde_json::Value = serde_yaml::from_str(&printed.stdout).unwrap();
        assert!(yaml.is_object());
    }
    assert_eq!(seatrial_in(folder.path(), &["init", "jenkins"]).code, 2);
    assert_eq!(seatrial_in(folder.path(), &["init", "--folder=none"]).code, 2);
}

#[test]
fn the_command_of_the_hook_runs() {
    let folder = folder(&[("app/web.yaml", CLEAN)]);
    let hook = seatrial_in(folder.path(), &["init", "pre-commit", "--output=-"]).stdout;
    let hook: serde_json::Value = serde_yaml::from_str(&hook).unwrap();
    let entry = hook["repos"][0]["hooks"][0]["entry"].as_str().unwrap();
    let words: Vec<&str> = entry.split(' ').skip(1).collect();
    let ran = seatrial_in(folder.path(), &words);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
}

/// The script of a step of the action, with its inputs filled in.
fn script(step: &str, paths: &str, arguments: &str) -> String {
    let action = fs::read_to_string(crate::run::root().join("action.yml")).unwrap();
    let action: serde_json::Value = serde_yaml::from_str(&action).unwrap();
    let steps = action["runs"]["steps"].as_array().unwrap();
    let step = steps.iter().find(|it| it["name"] == step).unwrap();
    let script = step["run"].as_str().unwrap().replace("${{ inputs.paths }}", paths);
    script.replace("${{ inputs.arguments }}", arguments)
}

#[test]
fn the_steps_of_the_action_check_and_leave_their_reports() {
    let repository = folder(&[("app/web.yaml", crate::run::FAULTY)]);
    let built = tempfile::tempdir().unwrap();
    let release = built.path().join("target/release");
    fs::create_dir_all(&release).unwrap();
    let run = |script: &str| {
        let mut bash = Command::new("bash");
        bash.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", script]);
        bash.current_dir(repository.path()).env("GITHUB_ACTION_PATH", built.path());
        bash.env("GITHUB_STEP_SUMMARY", repository.path().join("summary.md")).env("BASE", "app");
        bash.output().unwrap()
    };
    // Nothing is built yet, and there is no Makefile here to build it.
    assert!(!run(&script("Build", ".", "")).status.success());
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_seatrial"), release.join("seatrial")).unwrap();
    assert!(run(&script("Build", ".", "")).status.success());
    let checked = run(&script("Check", "app", "--base $BASE"));
    let said = String::from_utf8(checked.stdout).unwrap();
    assert_eq!(checked.status.code(), Some(1), "{said}");
    assert!(said.contains("file=app/web.yaml,line=5"), "{said}");
    for (file, content) in [
        ("seatrial.sarif", "sarif-schema"),
        ("seatrial.html", "<!doctype html"),
        ("summary.md", "unknown-field"),
    ] {
        let text = fs::read_to_string(repository.path().join(file)).unwrap();
        assert!(text.to_lowercase().contains(content), "{file}: {text}");
    }
}
