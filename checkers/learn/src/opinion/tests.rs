use std::sync::Arc;

use proptest::prelude::*;
use seatrial_core::SourceFile;
use seatrial_parse::settings;

use super::*;
use crate::manifests::RuleFile;
use crate::systems::{System, learned};

fn subject(text: &str) -> Subject {
    let read = settings::read(text, System::Redis.dialect());
    of_settings(System::Redis, &read).swap_remove(0)
}

fn object(text: &str) -> Vec<Subject> {
    let file = Arc::new(SourceFile::new("a.yaml", text));
    seatrial_manifests::read(file).objects.iter().flat_map(of_object).collect()
}

fn shown(lines: &[Line]) -> Vec<String> {
    lines.iter().map(|line| format!("{} = {}", line.name, line.value)).collect()
}

#[test]
fn secrets_are_not_told() {
    let of = |text: &str| shown(&subject(text).lines);
    for (text, told) in [
        ("requirepass hunter2", "requirepass = (hidden)"),
        ("master-password hunter2", "master-password = (hidden)"),
        ("tls-key-file-pass-secret x", "tls-key-file-pass-secret = (hidden)"),
        ("use-token yes", "use-token = yes"),
        ("password-file /etc/p", "password-file = /etc/p"),
        ("url https://me:x@host/", "url = (hidden)"),
        ("url https://host/a@b:c", "url = https://host/a@b:c"),
        ("args --token=x", "args = (hidden)"),
        ("api-key-of-x abc", "api-key-of-x = (hidden)"),
    ] {
        assert_eq!(of(text), [told]);
    }
    let env = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: a\n    env:\n    - {name: DB_PASSWORD, value: x}\n    - {name: LEVEL, value: x}\n";
    let lines = shown(&object(env)[0].lines);
    assert!(lines.contains(&"/spec/containers/0/env/0/value = (hidden)".to_owned()), "{lines:?}");
    assert!(lines.contains(&"/spec/containers/0/env/1/value = \"x\"".to_owned()), "{lines:?}");
    assert_eq!(object("apiVersion: v1\nkind: Secret\nstringData: {a: b}\n"), []);
}

#[test]
fn long_configurations_are_asked_about_in_parts() {
    let text: String = (0..130).map(|at| format!("a{at} 1\n")).collect();
    let read = settings::read(&text, System::Redis.dialect());
    let parts = of_settings(System::Redis, &read);
    assert_eq!(parts.iter().map(|part| part.lines.len()).collect::<Vec<_>>(), [60, 60, 10]);
}

#[test]
fn only_well_formed_answers_about_what_is_there_count() {
    let subject = subject("port 6379\ntimeout 0\n");
    let yes = r#"{"hasError": true, "errParameter": ["port"], "reason": ["too\nlow"]}"#;
    let no = r#"{"hasError": false, "errParameter": [], "reason": []}"#;
    for (text, counts) in [
        (yes.to_owned(), true),
        (no.to_owned(), true),
        (format!("```json\n{yes}\n```"), true),
        (format!("Sure! {yes}"), false),
        (yes.replace("port", "prot"), false),
        (yes.replace("true", "false"), false),
        (no.replace("false", "true"), false),
        (yes.replace(r#"["too\nlow"]"#, "[]"), false),
        (yes.replace(r#"["too\nlow"]"#, r#""too low""#), false),
        (no.replace('}', r#", "more": 1}"#), false),
        ("null".to_owned(), false),
        (String::new(), false),
    ] {
        assert_eq!(Answer::read(&text, &subject).is_ok(), counts, "{text}");
    }
    let unknown = Answer::read(&yes.replace("port", "prot"), &subject);
    assert_eq!(unknown, Err(Refused::NotThere("prot".to_owned())));
}

#[test]
fn an_opinion_is_what_more_than_half_share() {
    let subject = subject("port 6379\ntimeout 0\n");
    let answer = |names: &[&str]| {
        let text = serde_json::json!({
            "hasError": !names.is_empty(),
            "errParameter": names,
            "reason": names.iter().map(|name| format!("{name} is odd")).collect::<Vec<_>>(),
        });
        Answer::read(&text.to_string(), &subject).ok()
    };
    for (answers, expected) in [
        (vec![answer(&["port"]), answer(&["port"]), answer(&[])], vec![(0, 2)]),
        (vec![answer(&["port"]), answer(&[])], vec![]),
        (vec![answer(&["port"]), None, None], vec![]),
        (vec![answer(&["port", "timeout"]), answer(&["timeout"])], vec![(1, 2)]),
        (vec![answer(&["port", "port"]), answer(&[]), answer(&[])], vec![]),
        (vec![], vec![]),
    ] {
        let found: Vec<_> =
            opinions(&answers, &subject).iter().map(|o| (o.line, o.votes)).collect();
        assert_eq!(found, expected);
    }
    assert_eq!(opinions(&[answer(&["port"])], &subject)[0].reason, "port is odd");
}

#[test]
fn replies_are_read_by_the_protocol() {
    let body =
        r#"{"id":"x","choices":[{"index":0,"message":{"role":"assistant","content":"hi"}}]}"#;
    assert_eq!(content(body), Ok("hi".to_owned()));
    for body in
        ["", "[]", "{}", r#"{"choices":[]}"#, r#"{"choices":[{"message":{"content":null}}]}"#]
    {
        assert!(content(body).is_err(), "{body}");
    }
}

#[test]
fn examples_are_the_nearest_of_what_was_learned() {
    let read = settings::read(
        "<configuration><property><name>dfs.namenode.http.policy.port</name><value>1</value></property></configuration>",
        System::Hdfs.dialect(),
    );
    let subject = of_settings(System::Hdfs, &read).swap_remove(0);
    let shots = shots::for_settings(System::Hdfs, learned::shipped(), &subject);
    let text: String = shots
        .iter()
        .map(|shot| format!("{}\n{}\n\n", shown(&shot.lines).join("\n"), shot.answer()))
        .collect();
    insta::assert_snapshot!("shots_settings", text);
    assert_eq!(shots, shots::for_settings(System::Hdfs, learned::shipped(), &subject));
    for shot in shots.iter().filter(|shot| shot.fault.is_some()) {
        let example = Subject { title: String::new(), lines: shot.lines.clone() };
        assert!(Answer::read(&shot.answer(), &example).is_ok(), "{shot:?}");
    }
}

#[test]
fn examples_for_an_object_are_of_its_kind_and_fields() {
    let text = include_str!("../../../../corpus/learned/kubernetes.toml");
    let rules = RuleFile::parse(text).unwrap().rules;
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - {name: a, image: b, imagePullPolicy: Alwasy}\n";
    let subject = object(pod).swap_remove(0);
    let shots = shots::for_object(rules.iter().map(|rule| &rule.rule), &subject);
    assert_eq!(shots.len(), 4, "{shots:?}");
    assert!(shots.iter().filter(|shot| shot.fault.is_some()).count() == 3);
    for shot in &shots {
        let example = Subject { title: String::new(), lines: shot.lines.clone() };
        assert!(Answer::read(&shot.answer(), &example).is_ok(), "{shot:?}");
        assert!(shot.lines.iter().all(|line| line.name.starts_with('/')), "{shot:?}");
    }
    let names: Vec<_> = shots.iter().flat_map(|shot| &shot.lines).map(|line| &line.name).collect();
    assert!(names.iter().any(|name| name.ends_with("/imagePullPolicy")), "{names:?}");
    assert_eq!(shots::for_object(std::iter::empty(), &subject), []);
}

proptest! {
    #[test]
    fn no_answer_panics_and_reasons_are_one_short_line(text in ".{0,400}", reason in ".{0,900}") {
        let subject = subject("port 6379\n");
        let _ = Answer::read(&text, &subject);
        let _ = content(&text);
        let whole = serde_json::json!({"hasError": true, "errParameter": ["port"], "reason": [reason]});
        let answer = Answer::read(&whole.to_string(), &subject).unwrap();
        let opinion = opinions(&[Some(answer)], &subject).swap_remove(0);
        prop_assert!(opinion.reason.chars().count() <= 301);
        prop_assert!(!opinion.reason.contains(|c: char| c.is_control()));
    }
}
