//! Properties that users state.

use std::sync::Arc;
use std::time::Duration;

use seatrial_core::SourceFile;
use seatrial_explore::Answer;
use seatrial_scheduling::ReadError;

use super::super::testing::{deployment, objects, zones};
use crate::{Faults, Grains, Judged, Options, Question, Stated};

fn read(text: &str) -> Result<Vec<Arc<Stated>>, Vec<ReadError>> {
    Stated::read(&Arc::new(SourceFile::new("properties.yaml", text)))
}

fn judged(manifests: &str, properties: &str) -> Result<Vec<Judged>, Vec<ReadError>> {
    let options = Options {
        faults: Faults::default(),
        questions: vec![Question::Identity],
        time_limit: Duration::from_secs(600),
        threads: 1,
        stated: read(properties)?,
        grains: Grains::default(),
    };
    crate::drill(&objects(manifests), &zones(&[2]), &options).map(|drilled| drilled.properties)
}

/// One property of a Deployment `default/web` of two pods.
fn one(fields: &str) -> Judged {
    let text = format!("properties: [{{name: own, workload: default/web, {fields}}}]");
    judged(&deployment(2, "", ""), &text).unwrap().remove(0)
}

#[test]
fn each_kind_of_property_holds_or_is_violated_with_a_story() {
    for (fields, verdict, steps) in [
        (
            "kind: always, faults: {pod: 1}, expression: \"workloads['default/web'].ready >= 1\"",
            Answer::Holds,
            0,
        ),
        (
            "kind: always, faults: {pod: 1}, expression: \"workloads['default/web'].ready >= 2\"",
            Answer::Violated,
            2,
        ),
        (
            "kind: always, faults: {pod: 2}, when: \"happened.pod < 2\", \
          expression: \"workloads['default/web'].ready >= 1\"",
            Answer::Holds,
            0,
        ),
        (
            "kind: always, faults: {pod: 2}, when: \"happened.pod == 2\", \
          expression: \"workloads['default/web'].ready >= 1\"",
            Answer::Violated,
            3,
        ),
        (
            "kind: eventually, faults: {}, expression: \"workloads['default/web'].complete\"",
            Answer::Holds,
            0,
        ),
        (
            "kind: eventually, faults: {}, expression: \"workloads['default/web'].pods == 3\"",
            Answer::Violated,
            1,
        ),
        (
            "kind: leads-to, faults: {kill: 1}, when: \"happened.kill > 0\", \
          expression: \"workloads['default/web'].available == 2\"",
            Answer::Holds,
            0,
        ),
        (
            "kind: leads-to, faults: {kill: 1}, when: \"happened.kill > 0\", \
          expression: \"workloads['default/web'].replicas == 3\"",
            Answer::Violated,
            2,
        ),
        // What names nodes is asked without the reduction by nodes that can be swapped.
        (
            "kind: always, faults: {node: 1}, expression: \"nodes.exists(n, n.status == 'up')\"",
            Answer::Holds,
            0,
        ),
        (
            "kind: always, faults: {node: 1}, \
          expression: \"pods.filter(p, p.ready).all(p, p.node != nodes[0].name)\"",
            Answer::Violated,
            1,
        ),
    ] {
        let found = one(fields);
        assert_eq!(found.verdict, verdict, "{fields}: {found:?}");
        let story = found.story.as_ref().map_or(0, |story| story.steps.len());
        assert!(story >= steps && (story > 0) == (verdict == Answer::Violated), "{found:?}");
    }
}

#[test]
fn what_shows_nothing_or_has_no_value_is_undecided() {
    for (fields, expected) in [
        (
            "kind: always, faults: {pod: 1}, when: \"happened.pod > 1\", expression: \"false\"",
            "no state is met to which `own` applies: nothing has been shown",
        ),
        (
            "kind: always, faults: {load: 1}, expression: \"true\"",
            "no run meets load: nothing has been shown",
        ),
        (
            "kind: always, faults: {}, expression: \"1 / workloads['default/web'].pending >= 0\"",
            "`1 / workloads['default/web'].pending >= 0` has no value in some state",
        ),
    ] {
        let found = one(fields);
        assert_eq!(found.verdict, Answer::Undecided, "{fields}");
        assert!(found.reason.as_ref().unwrap().starts_with(expected), "{found:?}");
    }
}

#[test]
fn other_workloads_are_explored_where_they_are_named() {
    let other = deployment(1, "", "").replace("web", "db");
    let text = "properties:\n- name: both\n  kind: always\n  workload: default/web\n  \
        with: [default/db]\n  faults: {kill: 1}\n  expression: workloads.all(w, workloads[w].ready > 0)\n";
    let found = judged(&(deployment(2, "", "") + &other), text).unwrap();
    assert_eq!(found[0].verdict, Answer::Holds, "{found:?}");
}

#[test]
fn what_is_wrong_with_a_file_stands_at_its_place() {
    let field = |fields: &str| {
        format!("properties:\n- {{name: own, kind: always, workload: default/web, {fields}}}\n")
    };
    for (text, line, expected) in [
        ("a: [", 1, ""),
        ("", 1, "expected one document with `properties`, found 0"),
        ("properties: []", 1, "expected a list `properties`"),
        (
            "properties:\n- {name: own, kind: sometimes, workload: w, expression: a}",
            2,
            "unknown kind `sometimes`",
        ),
        (
            "properties:\n- {name: own, kind: always, expression: 'true'}",
            2,
            "a property needs `workload`",
        ),
        (
            "properties:\n- {name: own, kind: leads-to, workload: w, expression: 'true'}",
            2,
            "a property of kind `leads-to`",
        ),
        (&field("expression: 1"), 2, "expected a text for `expression`"),
        (&field("expresion: 'true', expression: 'true'"), 2, "unknown field `expresion`"),
        (
            &field("expression: 'workload.size() > 0'"),
            2,
            "`expression` does not compile: undeclared reference",
        ),
        (&field("faults: {drains: 1}, expression: 'true'"), 2, "unknown fault `drains`"),
        (&field("expression: \"workloads['default/wbe'].ready > 0\""), 2, "`own`: `workloads"),
        (&field("expression: \"workloads['default/web'].ready\""), 2, "`own`: `workloads"),
        (&field("with: [default/wep], expression: 'true'"), 2, "`own` is about `default/wep`"),
        (
            &(field("expression: 'true'")
                + "- {name: own, kind: always, workload: default/web, expression: 'true'}"),
            3,
            "`own` is stated twice",
        ),
    ] {
        let errors = judged(&deployment(2, "", ""), text).unwrap_err();
        let location = errors[0].location.as_ref().unwrap();
        assert!(errors[0].message.starts_with(expected), "{text}: {errors:?}");
        assert_eq!(location.line, line, "{text}: {errors:?}");
    }
}
