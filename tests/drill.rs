//! `seatrial drill` as its users meet it: through the binary.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::needless_pass_by_value,
    reason = "a test that fails here fails as it should"
)]

#[path = "check/run.rs"]
#[allow(dead_code, reason = "some of it is for `seatrial check` only")]
mod run;

use run::seatrial_in;

fn drill(case: &str, arguments: &[&str]) -> run::Ran {
    let folder = run::root().join("corpus/drill").join(case);
    seatrial_in(&folder, &[&["drill"], arguments].concat())
}

#[test]
fn exit_codes_tell_the_verdict() {
    let drain = ["--property=drain"];
    for (file, more, code) in [
        ("good.yaml", &[][..], 0),
        ("bad.yaml", &[], 1),
        ("bad.yaml", &["--exit-zero"], 0),
        ("good.yaml", &["--time-limit=0s"], 3),
        ("good.yaml", &["--faults=drains=1"], 2),
        ("good.yaml", &["--property=drains"], 2),
        ("nothing.yaml", &[], 2),
        ("good.yaml", &["--cluster=bad.yaml"], 2),
    ] {
        let ran = drill("budget-without-slack", &[&[file], &drain[..], more].concat());
        assert_eq!(ran.code, code, "{file} {more:?}: {}", ran.stderr);
    }
}

#[test]
fn the_report_names_bounds_and_the_responsible_line() {
    let ran = drill("budget-without-slack", &["bad.yaml", "--property=drain"]);
    for wanted in [
        "shop/web  2     may get stuck !",
        "wants 2 healthy pods, and 2 are (bad.yaml:",
        "faults: pod=1,kill=1,node=1,zone=0,drain=1,",
        "time limit: 60 s",
    ] {
        assert!(ran.stdout.contains(wanted), "{wanted}: {}", ran.stdout);
    }
    let ran = drill(
        "uneven-zones",
        &["bad.yaml", "--cluster=cluster.yaml", "--property=start-up", "--output-format=json"],
    );
    let json: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(json["command"], "drill");
    assert_eq!(json["summary"]["verdict"], "violated");
    assert_eq!(json["workloads"][0]["answers"][0]["says"], "may get stuck");
}

#[test]
fn the_report_shows_a_change_that_was_tried() {
    let ran = drill("budget-without-slack", &["bad.yaml", "--property=drain"]);
    let wanted = "mended by `spec.minAvailable: 1` in PodDisruptionBudget shop/web (bad.yaml:";
    assert!(ran.stdout.contains(wanted), "{}", ran.stdout);
    let ran =
        drill("waits-for-itself", &["bad.yaml", "--property=start-up", "--output-format=json"]);
    let json: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let suggestion = &json["workloads"][0]["answers"][0]["suggestion"];
    assert_eq!(
        suggestion["changes"][0]["what"],
        "`spec.publishNotReadyAddresses: true` in Service shop/db"
    );
    assert_eq!(suggestion["rechecked"][0], "start-up");
}

#[test]
fn a_check_with_drill_reports_findings_at_the_responsible_line() {
    let folder = run::root().join("corpus/drill/ordered-and-broken");
    let select = "--select=stuck-rollback,stuck-drain";
    let plain = seatrial_in(&folder, &["check", "bad.yaml", select]);
    assert_eq!(plain.code, 0, "without --drill nothing is drilled: {}", plain.stdout);
    let arguments = ["check", "bad.yaml", select, "--drill", "--output-format=concise"];
    let ran = seatrial_in(&folder, &[&arguments[..], &["--fail-on=warning"]].concat());
    assert_eq!(ran.code, 1, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("stuck-rollback"), "{}", ran.stdout);
    assert!(!ran.stdout.contains("stuck-drain"), "{}", ran.stdout);
    let late = seatrial_in(&folder, &[&arguments[..], &["--time-limit=0s"]].concat());
    assert_eq!(late.code, 3, "{}{}", late.stdout, late.stderr);
}

/// Kivi's case c6: the maintenance of a node on which all pods are.
#[test]
fn properties_of_ones_own_are_violated_with_a_story_and_hold_when_mended() {
    let arguments = ["--property=start-up", "--properties=properties.yaml"];
    let ran = drill("maintenance-of-one-node", &[&["bad.yaml"], &arguments[..]].concat());
    assert_eq!(ran.code, 1, "{}{}", ran.stdout, ran.stderr);
    for wanted in [
        "misses-one-at-most: not so: `workloads['shop/web'].ready >= \
         workloads['shop/web'].replicas - 1` (properties.yaml:6) of shop/web, faults drain=1",
        "drain: evicts a pod of shop/web",
        "comes-back-after-maintenance: holds:",
    ] {
        assert!(ran.stdout.contains(wanted), "{wanted}: {}", ran.stdout);
    }
    let ran = drill("maintenance-of-one-node", &[&["good.yaml"], &arguments[..]].concat());
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
}

/// What the settings name is drilled by the gate too, and decides what is kept of a run.
#[test]
fn properties_of_the_settings_are_findings_and_part_of_what_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let cache = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    let app = run::root().join("corpus/drill/maintenance-of-one-node/bad.yaml");
    std::fs::copy(app, folder.path().join("app.yaml")).unwrap();
    write("seatrial.yaml", "drill: true\nproperties: [own/web.yaml]\nexclude: [own/**]\n");
    std::fs::create_dir(folder.path().join("own")).unwrap();
    let keeps = |count: u8| {
        let text = format!(
            "properties:\n- name: keeps-some\n  kind: always\n  workload: shop/web\n  \
             faults: {{drain: 1}}\n  expression: workloads['shop/web'].ready >= {count}\n"
        );
        write("own/web.yaml", &text);
        let arguments = ["check", "app.yaml", "--select=violated-property"];
        run::seatrial_cached(folder.path(), cache.path(), &arguments)
    };
    for (count, code) in [(0, 0), (1, 1), (0, 0)] {
        let ran = keeps(count);
        assert_eq!(ran.code, code, "{count}: {}{}", ran.stdout, ran.stderr);
        let found = ran.stdout.contains("`keeps-some` does not hold of `shop/web`");
        assert_eq!(found, code == 1, "{count}: {}", ran.stdout);
    }
    write("own/web.yaml", "properties: [{name: 1}]\n");
    let ran = run::seatrial_cached(folder.path(), cache.path(), &["check", "app.yaml"]);
    assert_eq!(ran.code, 2, "{}", ran.stdout);
    assert!(ran.stderr.contains("own/web.yaml:1:"), "{}", ran.stderr);
}

#[test]
fn controllers_that_are_not_atomic_are_named_with_the_bounds() {
    let arguments = ["good.yaml", "--property=rollout", "--grain=all=cached"];
    let ran = drill("budget-without-slack", &arguments);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    let grains = "grains: deployment=cached:1,replica-set=cached:1,stateful-set=cached:1,\
                  disruption=cached:1, all others atomic";
    assert!(ran.stdout.contains(grains), "{}", ran.stdout);
    let anew = [&arguments[..], &["--faults=restart=1"]].concat();
    let ran = drill("budget-without-slack", &anew);
    assert_eq!(ran.code, 1, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("the controllers start anew"), "{}", ran.stdout);
    let ran = drill("budget-without-slack", &["good.yaml", "--grain=scheduler=cached"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("unknown controller `scheduler`"), "{}", ran.stderr);
}

#[test]
fn what_is_wrong_with_a_property_stands_at_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    let app = run::root().join("corpus/drill/maintenance-of-one-node/good.yaml");
    std::fs::copy(app, folder.path().join("app.yaml")).unwrap();
    write(
        "own.yaml",
        "properties:\n- name: own\n  kind: always\n  workload: shop/web\n  expression: >-\n    \
         workloads['shop/web'].ready > 0 &&\n    happend.drain == 0\n",
    );
    let ran = seatrial_in(folder.path(), &["drill", "app.yaml", "--properties=own.yaml"]);
    assert_eq!(ran.code, 2, "{}", ran.stdout);
    let wanted = "own.yaml:7:5: `expression` does not compile: undeclared reference to `happend`";
    assert!(ran.stderr.contains(wanted), "{}", ran.stderr);
    assert!(ran.stderr.contains("did you mean `happened`?"), "{}", ran.stderr);
}

/// Every field that a report can have is met in one of these.
#[test]
fn json_is_as_its_schema_says() {
    let schema = std::fs::read_to_string(run::root().join("configs/output/drill.schema.json"));
    let schema: serde_json::Value = serde_json::from_str(&schema.unwrap()).unwrap();
    jsonschema::meta::validate(&schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for (case, arguments) in [
        ("budget-without-slack", &["bad.yaml", "--property=drain"][..]),
        (
            "maintenance-of-one-node",
            &["bad.yaml", "--property=start-up", "--properties=properties.yaml"],
        ),
        ("named-node", &["bad.yaml", "--cluster=cluster.yaml", "--property=start-up"]),
        (
            "replicas-on-one-node",
            &["bad.yaml", "--property=node", "--property=together", "--time-limit=0s"],
        ),
        ("ordered-and-broken", &["bad.yaml", "--property=rollback", "--property=pod"]),
    ] {
        let ran = drill(case, &[arguments, &["--output-format=json"]].concat());
        let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
        let errors: Vec<String> =
            validator.iter_errors(&report).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{case}: {errors:?}");
    }
    let mut broken = serde_json::json!({"version": 1});
    broken["command"] = "check".into();
    assert!(!validator.is_valid(&broken));
}

#[test]
fn each_step_of_a_story_names_actor_objects_changes_and_lines() {
    let arguments = ["bad.yaml", "--property=drain", "--output-format=json"];
    let ran = drill("budget-without-slack", &arguments);
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let steps = report["workloads"][0]["answers"][0]["story"]["steps"].as_array().unwrap();
    let drain = steps.iter().find(|step| step["who"] == "operator").unwrap();
    assert!(drain["objects"][0].as_str().unwrap().starts_with("node "), "{drain}");
    assert_eq!(drain["changes"][0]["field"], "status", "{drain}");
    assert_eq!(
        (&drain["changes"][0]["from"], &drain["changes"][0]["to"]),
        (&"up".into(), &"draining".into())
    );
    assert_eq!(steps[0]["objects"][0], "Deployment shop/web");
    assert_eq!(steps[0]["lines"][0]["path"], "bad.yaml");
}

#[test]
fn stories_are_drawn_as_sequence_diagrams() {
    let ran = drill(
        "named-node",
        &["bad.yaml", "--cluster=cluster.yaml", "--property=start-up", "--trace-format=mermaid"],
    );
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    for wanted in
        ["## start-up\n", "```mermaid\nsequenceDiagram\n", "    loop for ever\n", "    end\n```\n"]
    {
        assert!(ran.stdout.contains(wanted), "{wanted}: {}", ran.stdout);
    }
    let good =
        ["good.yaml", "--cluster=cluster.yaml", "--property=start-up", "--trace-format=mermaid"];
    assert_eq!(drill("named-node", &good).stdout, "Nothing is violated.\n");
    let both =
        ["good.yaml", "--cluster=cluster.yaml", "--trace-format=mermaid", "--output-format=json"];
    assert_eq!(drill("named-node", &both).code, 2);
}
