//! `seatrial.yaml`, suppressions and selection.

use crate::run::{CLEAN, FAULTY, Ran, check, folder, seatrial_in};

#[test]
fn the_configuration_is_found_upward_and_its_overrides_apply() {
    let folder = folder(&[
        (
            "seatrial.yaml",
            "kubernetes-version: '1.30'\nexclude: ['vendor/**']\noverrides:\n\
             - files: ['old/**']\n  ignore: [unknown-field]\n  reason: leaves in spring\n",
        ),
        ("old/a.yaml", FAULTY),
        ("new/b.yaml", FAULTY),
        ("vendor/c.yaml", FAULTY),
    ]);
    let ran = seatrial_in(folder.path(), &["check", "--output-format=json"]);
    assert_eq!(ran.findings(), ["new/b.yaml:5:1 unknown-field"]);
    let report = ran.json();
    assert_eq!(report["summary"]["suppressed"], 1);
    assert_eq!(report["summary"]["files"]["excluded"][0], "vendor/c.yaml");
    let below = seatrial_in(&folder.path().join("old"), &["check", "--output-format=json", "."]);
    assert_eq!((below.code, below.findings().len()), (0, 0), "{}", below.stdout);
    let without =
        seatrial_in(&folder.path().join("old"), &["check", "--no-config", "--output-format=json"]);
    assert_eq!(without.findings(), ["a.yaml:5:1 unknown-field"]);
    let shown = seatrial_in(&folder.path().join("old"), &["config", "show"]);
    insta::assert_snapshot!(
        shown.stdout.replace(&*folder.path().canonicalize().unwrap().to_string_lossy(), "ROOT")
    );
}

#[test]
fn a_stale_override_is_reported_in_the_configuration() {
    let config = "overrides:\n- files: ['**']\n  ignore: [unknown-field]\n  reason: old\n";
    let ran = check(&[("seatrial.yaml", config), ("a.yaml", CLEAN)], &[]);
    assert_eq!(ran.findings(), ["seatrial.yaml:3:12 unused-suppression"]);
}

#[test]
fn a_wrong_configuration_is_trouble_with_place_and_hint() {
    for (config, message) in [
        (
            "fail-onn: error\n",
            "seatrial.yaml:1:1: unknown setting `fail-onn`; did you mean `fail-on`?",
        ),
        (
            "ignore: [unknown-feild]\n",
            "there is no rule or part `unknown-feild`; did you mean `unknown-field`?",
        ),
        ("kubernetes-version: '1.12'\n", "1.12"),
        ("invariants: [missing]\n", "missing"),
    ] {
        let ran = check(&[("seatrial.yaml", config), ("a.yaml", CLEAN)], &[]);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{config}");
        assert!(ran.stderr.contains(message), "{config}: {}", ran.stderr);
    }
}

#[test]
fn suppressions_need_a_reason_and_a_finding() {
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n\
                # seatrial: ignore[unknown-field] read by an operator\ndatta: {}\n\
                dattta: {} # seatrial: ignore[unknown-field]\n\
                data: {} # seatrial: ignore[wrong-type] not so\n";
    let ran = check(&[("a.yaml", text)], &[]);
    assert_eq!(
        ran.findings(),
        [
            "a.yaml:7:1 unknown-field",
            "a.yaml:7:12 invalid-suppression",
            "a.yaml:8:10 unused-suppression",
        ]
    );
    let report = ran.json();
    let accepted = &report["suppressed"][0];
    assert_eq!(accepted["reason"], "read by an operator", "{report}");
}

#[test]
fn rules_and_parts_are_selected_and_ignored() {
    let text = format!("{FAULTY}on: x\n");
    let run = |arguments: &[&str]| check(&[("a.yaml", &text)], arguments).findings();
    let (field, key) = ("a.yaml:5:1 unknown-field", "a.yaml:7:1 ambiguous-key");
    assert_eq!(run(&["--select=ambiguous-key"]), [key]);
    assert!(run(&["--select=schema"]).contains(&field.to_owned()));
    assert!(!run(&["--ignore=schema"]).contains(&field.to_owned()));
    assert_eq!(run(&["--ignore=schema,parse"]), [""; 0]);
    let objects =
        &check(&[("a.yaml", CLEAN)], &["--select=reference"]).json()["summary"]["objects"];
    assert_eq!((objects["total"].as_u64(), objects["with_schema"].as_u64()), (Some(1), Some(0)));
    assert_eq!(objects["without_schema"].as_array().map(Vec::len), Some(0));
    let ran = check(&[("a.yaml", &text)], &["--ignore=shcema"]);
    assert!(ran.stderr.contains("did you mean `schema`?"), "{}", ran.stderr);
    assert_eq!(ran.code, 2);
}

#[test]
fn severities_decide_the_exit_code() {
    let code = |config: &str, arguments: &[&str]| {
        check(&[("seatrial.yaml", config), ("a.yaml", FAULTY)], arguments).code
    };
    assert_eq!(code("", &[]), 1);
    assert_eq!(code("severity: {unknown-field: warning}\n", &[]), 0);
    assert_eq!(code("severity: {unknown-field: warning}\n", &["--fail-on=warning"]), 1);
    assert_eq!(code("fail-on: warning\nseverity: {unknown-field: note}\n", &[]), 0);
    assert_eq!(code("", &["--exit-zero"]), 0);
}

#[test]
fn gitignore_is_honoured_unless_asked_otherwise() {
    let files = [(".gitignore", "gen/\n"), ("gen/a.yaml", FAULTY), ("b.yaml", CLEAN)];
    assert_eq!(check(&files, &[]).findings().len(), 0);
    assert_eq!(check(&files, &["--no-gitignore"]).findings(), ["gen/a.yaml:5:1 unknown-field"]);
    assert_eq!(check(&files, &["gen/a.yaml"]).findings(), ["gen/a.yaml:5:1 unknown-field"]);
}

/// A pod that Baseline accepts and Restricted does not.
const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n  namespace: shop\nspec:\n  \
                   containers:\n  - name: web\n    image: registry.example/web:1.4.2\n";

/// The rules that report, in alphabetical order.
fn rules(ran: &Ran) -> Vec<String> {
    let findings = ran.findings();
    let mut rules: Vec<_> =
        findings.iter().map(|it| it.split(' ').nth(1).unwrap().to_owned()).collect();
    rules.sort();
    rules
}

#[test]
fn a_profile_chooses_among_the_written_invariants() {
    let run = |config: &str, arguments: &[&str]| {
        let all = [&["--select=invariant"], arguments].concat();
        check(&[("seatrial.yaml", config), ("a.yaml", POD)], &all)
    };
    let recommended = ["missing-memory-limit", "missing-resource-requests"];
    let restricted =
        ["missing-seccomp-profile", "privilege-escalation", "root-user", "undropped-capabilities"];
    assert_eq!(rules(&run("", &[])), recommended);
    assert_eq!(rules(&run("profile: pss-baseline\n", &[])), [""; 0]);
    let ran = run("profile: cis\n", &["--profile=pss-restricted"]);
    assert_eq!((ran.code, rules(&ran)), (1, restricted.map(str::to_owned).to_vec()));
    let report = ran.json();
    let severities = report["findings"].as_array().unwrap().iter().map(|it| &it["severity"]);
    assert!(severities.into_iter().all(|severity| severity == "error"), "{report}");
    let both = run("profile: [recommended, pss-restricted]\nseverity: {root-user: note}\n", &[]);
    assert_eq!(rules(&both).len(), recommended.len() + restricted.len());
    let enabled = run("enable: [root-user]\n", &["--enable=cached-image"]);
    let expected = ["cached-image", recommended[0], recommended[1], "root-user"];
    assert_eq!(rules(&enabled), expected);
    let by_id = check(&[("a.yaml", POD)], &["--select=image-without-digest"]);
    assert_eq!(rules(&by_id), ["image-without-digest"]);
    let unknown = check(&[("a.yaml", POD)], &["--profile=lenient"]);
    assert_eq!(unknown.code, 2);
    assert!(unknown.stderr.contains("pss-baseline"), "{}", unknown.stderr);
}

#[test]
fn parameters_and_the_version_reach_the_invariants() {
    let run = |config: &str, rule: &str, pod: &str| {
        let select = format!("--select={rule}");
        rules(&check(&[("seatrial.yaml", config), ("a.yaml", pod)], &[&select])).len()
    };
    let registries = |text: &str| format!("parameters: {{registries: {text}}}\n");
    assert_eq!(run("", "unlisted-registry", POD), 0);
    assert_eq!(run(&registries("registry.example/"), "unlisted-registry", POD), 0);
    assert_eq!(run(&registries("ghcr.io/"), "unlisted-registry", POD), 1);
    let probe = format!("{POD}    readinessProbe: {{httpGet: {{port: 80, host: db}}}}\n");
    assert_eq!(run("kubernetes-version: '1.33'\n", "probe-host", &probe), 0);
    assert_eq!(run("kubernetes-version: '1.34'\n", "probe-host", &probe), 1);
}

#[test]
fn timings_name_every_rule_that_ran() {
    let ran = check(&[("a.yaml", POD)], &["--timings", "--select=host-port,missing-config,schema"]);
    for rule in ["schemas", "host-port", "missing-config", "all"] {
        let named = ran.stderr.lines().filter(|line| line.ends_with(&format!(" {rule}"))).count();
        assert_eq!(named, 1, "{rule}: {}", ran.stderr);
    }
    assert_eq!(check(&[("a.yaml", POD)], &[]).stderr, "");
}
