//! Pages: that they are whole, that nothing gets out of its place, that what is open is not green.

use std::collections::BTreeSet;

use seatrial_core::{Changed, Finding, Location, Severity, Step, Story, Undecided};
use serde_json::{Value, json};

use super::{example, plain};
use crate::html::{SCRIPT, STYLE};
use crate::{
    DocumentError, Exhibit, Format, Node, Nodes, Report, Resource, Sources, Unplaced, document_page,
};

/// What a browser would run or load, if it got out of its place.
const HOSTILE: &str = "</script><img src=x onerror=alert(1)>\"' onmouseover=alert(1) x='`<b>`";

/// A page without its style, its script and their digests.
pub(super) fn bare(page: &str) -> String {
    let page = page.replacen(STYLE, "[style]", 1).replacen(SCRIPT, "[script]", 1);
    let pieces = page.split("sha256-").map(|piece| {
        piece.split_once("=&#39;").map_or(piece.to_owned(), |(_, rest)| ["=&#39;", rest].concat())
    });
    let joined: Vec<String> = pieces.collect();
    let first = page.split("sha256-").next().unwrap_or_default().to_owned();
    let rest = joined.get(1..).unwrap_or_default();
    [first, rest.iter().map(|piece| format!("sha256-[digest]{piece}")).collect()].concat()
}

/// The names of all elements of a page, and all its ids and targets of links.
struct Read {
    elements: BTreeSet<String>,
    attributes: BTreeSet<String>,
    ids: Vec<String>,
    targets: BTreeSet<String>,
}

/// Reads a page as a browser splits it into tags. In what we write, `<` begins a tag and nothing
/// else.
fn read(page: &str) -> Read {
    let page = bare(page);
    let mut read = Read {
        elements: BTreeSet::new(),
        attributes: BTreeSet::new(),
        ids: Vec::new(),
        targets: BTreeSet::new(),
    };
    let mut depth: Vec<String> = Vec::new();
    for piece in page.split('<').skip(1) {
        let (tag, _) = piece.split_once('>').unwrap();
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(depth.pop().as_deref(), Some(name), "{piece}");
            continue;
        }
        let name = tag.split(' ').next().unwrap();
        read.elements.insert(name.to_owned());
        if !["!doctype", "meta", "input"].contains(&name) {
            depth.push(name.to_owned());
        }
        let mut rest = tag[name.len()..].trim_start();
        while !rest.is_empty() && name != "!doctype" {
            let end = rest.find([' ', '=']).unwrap_or(rest.len());
            let attribute = rest[..end].to_owned();
            rest = &rest[end..];
            let mut value = "";
            if let Some(quoted) = rest.strip_prefix("=\"") {
                (value, rest) = quoted.split_once('"').unwrap();
            }
            rest = rest.trim_start();
            match attribute.as_str() {
                "id" => read.ids.push(value.to_owned()),
                "href" => {
                    read.targets.insert(value.to_owned());
                }
                _ => {}
            }
            read.attributes.insert(attribute);
        }
    }
    assert_eq!(depth, [""; 0], "elements are not closed");
    read
}

/// Checks what every page owes its readers.
fn check_page(page: &str) {
    let read = read(page);
    for forbidden in ["img", "b onerror", "iframe", "link", "object", "base"] {
        assert!(!read.elements.contains(forbidden), "{forbidden}");
    }
    let handlers: Vec<_> = read.attributes.iter().filter(|name| name.starts_with("on")).collect();
    assert!(handlers.is_empty(), "{handlers:?}");
    for never in ["src", "srcset", "style"] {
        assert!(!read.attributes.contains(never), "{never}");
    }
    let ids: BTreeSet<&String> = read.ids.iter().collect();
    assert_eq!(ids.len(), read.ids.len(), "an id is there twice");
    for target in &read.targets {
        match target.strip_prefix('#') {
            Some(id) => assert!(ids.contains(&id.to_owned()), "no element has the id {id}"),
            None => assert!(target.starts_with("https://"), "{target}"),
        }
    }
}

#[test]
fn every_page_is_whole_and_every_link_works() {
    let (mut report, sources) = example::example();
    check_page(&plain(&report, &sources, Format::Html));
    check_page(&plain(&example::clean(), &Sources::new(), Format::Html));
    report.findings.clear();
    report.exhibits = exhibits("plain");
    let page = plain(&report, &sources, Format::Html);
    check_page(&page);
    for shown in ["class=\"matrix\"", "class=\"nodes\"", "Workloads under faults"] {
        assert!(page.contains(shown), "{shown}");
    }
    assert!(!page.contains("This cannot be shown"));
    for document in documents("plain") {
        check_page(&document_page(&document.to_string()).unwrap());
    }
}

#[test]
fn no_text_of_a_file_becomes_markup() {
    let location = Location::start_of(HOSTILE.into());
    let mut report = Report::new(HOSTILE, "check", HOSTILE);
    let finding = Finding::new(HOSTILE, Severity::Error, location.clone(), HOSTILE)
        .labelled(HOSTILE)
        .related_to(location.clone(), HOSTILE)
        .because(HOSTILE)
        .told(story(HOSTILE))
        .help(HOSTILE);
    report.findings = vec![finding.clone(), finding];
    let (rule, reason) = (HOSTILE.into(), HOSTILE.to_owned());
    report.undecided.push(Undecided { location, rule, reason, resource: None });
    report.coverage.files.add(HOSTILE, crate::FileOutcome::Template);
    let mut rule = example::example().0.rules[0].clone();
    (rule.id, rule.summary, rule.explanation) = (
        HOSTILE.into(),
        HOSTILE.into(),
        format!("## {HOSTILE}\n\n* {HOSTILE}\n```\n{HOSTILE}").into(),
    );
    report.rules.push(rule);
    report.exhibits = exhibits(HOSTILE);
    check_page(&plain(&report, &Sources::new(), Format::Html));
    for document in documents(HOSTILE) {
        check_page(&document_page(&document.to_string()).unwrap());
    }
}

#[test]
fn what_is_open_or_unseen_is_not_green() {
    let green = |report: &Report| {
        plain(report, &Sources::new(), Format::Html).contains("class=\"verdict good\"")
    };
    let mut report = example::clean();
    assert!(green(&report));
    report.undecided = example::example().0.undecided;
    assert!(!green(&report));
    assert!(!green(&Report::new("0.1.0", "check", "1.37")));
    for document in documents("plain") {
        assert!(!document_page(&document.to_string()).unwrap().contains("class=\"verdict good\""));
    }
}

#[test]
fn other_documents_have_no_page() {
    let page = |document: &str| document_page(document);
    assert!(matches!(page("{}"), Err(DocumentError::Json(_))));
    assert!(matches!(page("{\"command\": \"verify\"}"), Err(DocumentError::Command(_))));
    assert!(matches!(page("{\"command\": \"drill\"}"), Err(DocumentError::Json(_))));
}

/// A story with a text in all places.
fn story(text: &str) -> Story {
    let value = || Some(text.to_owned());
    let changes = vec![Changed { place: text.to_owned(), from: value(), to: value() }];
    let step = Step { who: text.to_owned(), what: text.to_owned(), changes, location: None };
    let pairs = [(text.to_owned(), text.to_owned()), ("other".to_owned(), text.to_owned())];
    let (initial, end) = (pairs.into_iter().collect(), Some(text.to_owned()));
    Story { initial, steps: vec![step.clone(), step], end, ..Story::default() }
}

/// What each part shows, with a text in all places.
fn exhibits(text: &str) -> Vec<Exhibit> {
    let resource = Resource { name: text.to_owned(), capacity: 10, taken: [vec![4], vec![12]] };
    let nodes = Nodes {
        sides: [text.to_owned(), text.to_owned()],
        priorities: vec![0],
        nodes: vec![Node { name: text.to_owned(), pods: [1, 2], resources: vec![resource] }],
        unplaced: vec![Unplaced { reason: text.to_owned(), pods: vec![text.to_owned()] }],
    };
    vec![
        Exhibit::Access { of: text.to_owned(), document: access_document(text) },
        Exhibit::Access { of: text.to_owned(), document: access_document(text) },
        Exhibit::Nodes(nodes),
        Exhibit::Drill(drill_document(text)),
    ]
}

/// A document of each command that has a page, with a text in all places. None is good news.
fn documents(text: &str) -> [Value; 4] {
    [drill_document(text), model_document(text), access_document(text), place_document(text)]
}

fn place_of(text: &str) -> Value {
    json!({"path": text, "line": 3, "column": 1, "end_line": 3, "end_column": 2})
}

fn tool() -> Value {
    json!({"name": "seatrial", "version": "0.1.0"})
}

fn drill_document(text: &str) -> Value {
    let place = place_of(text);
    let answer = |verdict: &str, question: &str| {
        json!({
            "question": question, "verdict": verdict, "says": text, "reason": text,
            "claims": [{"claim": text, "verdict": verdict}],
            "story": (verdict == "violated").then(|| json!({
                "steps": [
                    {"who": text, "what": text, "ready": 1, "changes": [], "lines": []},
                    {"who": "b", "what": text, "ready": 0, "lines": [place], "changes":
                        [{"object": text, "field": text, "from": text, "to": null}]},
                ],
                "end": text, "repeats": false, "because": [{"what": text, "location": place}],
            })),
            "suggestion": {"changes": [{"what": text, "location": place}], "rechecked": [text]},
            "states": 4, "seconds": 0.1,
        })
    };
    let stated = |verdict: &str| {
        let mut property = answer(verdict, "");
        property["name"] = text.into();
        property["kind"] = "always".into();
        property["workload"] = text.into();
        property["expression"] = text.into();
        property["location"] = place.clone();
        property["faults"] = text.into();
        property
    };
    json!({
        "version": 1, "tool": tool(), "command": "drill",
        "bounds": [{"name": text, "value": text}],
        "summary":
            {"verdict": "violated", "workloads": 1, "holds": 0, "violated": 1, "undecided": 1},
        "assumed": [text], "left_out": [{"what": text, "weakens": text, "location": place}],
        "workloads": [{"workload": text, "kind": text, "location": place, "replicas": 2,
            "with": [text], "bounds": [text],
            "answers": [answer("violated", "drain"), answer("undecided", "node")]}],
        "properties": [stated("violated"), stated("undecided")],
    })
}

fn model_document(text: &str) -> Value {
    let trace = json!({
        "model": {"name": text, "configuration": {}}, "property": "p",
        "initial": {(text): {"a": 1, "b": text}},
        "steps": [{"state": 2, "actor": text, "action": text, "class": text,
                   "changed": {(text): {"a": 2, "b": text}}}],
        "loop_to": 1, "final": {}, "terms": [[text, text]],
    });
    json!({
        "version": 1, "tool": "seatrial 0.1.0", "command": "model check", "summary": text,
        "bounds": [{"name": text, "value": text}], "verdict": "undecided", "reason": text,
        "property": null, "depth": 2, "generated": 3, "distinct": 2, "diameter": 2,
        "trace": trace, "stop": text, "queue": 1,
        "coverage":
            [{"action": text, "module": text, "generated": 1, "distinct": 1, "bounded": 0}],
        "properties": [{"name": "p", "kind": text, "summary": text, "verdict": "undecided",
            "reason": text, "states": 0, "vacuous": true, "trace": trace}],
        "warnings": [text], "engine": {"version": text, "strategy": text, "hidden": [text]},
    })
}

fn access_document(text: &str) -> Value {
    let place = place_of(text);
    let members = json!({"members": "only", "names": [text]});
    let source = json!({
        "resource": {"apiVersion": "v1", "kind": text, "name": text},
        "location": place, "pointer": text, "role": text,
    });
    let coverage = json!({"objects": 1, "recognised": {}, "not_recognised": [
        {"apiVersion": text, "kind": text, "count": 1}]});
    json!({
        "version": "1", "tool": tool(), "command": "access diff",
        "bounds": [{"name": text, "value": text}],
        "summary": {"verdict": "undecided", "regions": 2, "listed": 2, "reach": 1,
            "changes": {"opened": 1, "may-open": 1}, "kinds": {"rbac": {}},
            "old": coverage, "new": coverage},
        "regions": [
            {"kind": "rbac", "change": "may-open", "subject": members,
             "request": {"verb": members, "resource": members, "group": members},
             "witness": {"user": text}, "replay": text, "old_rule": [], "new_rule": [source],
             "reason": text},
            {"kind": "network", "change": "opened", "source": members,
             "destination": {"members": "any"},
             "ports": {"members": "all-but", "names": [text]}, "witness": {"port": 1},
             "old_rule": [source], "new_rule": []},
        ],
        "reach": [{"subject": text, "end": text,
            "steps": [{"technique": text, "gain": text, "unless": text, "rules": []}]}],
        "workloads": {"added": [text], "removed": [text]},
        "undecided": [{"location": place, "rule": text, "reason": text}],
        "invalid": [{"location": place, "message": text}],
        "assumed": {"version": text, "roles": [text]},
    })
}

fn place_document(text: &str) -> Value {
    json!({
        "version": "1", "tool": tool(), "command": "place",
        "bounds": {"time_limit_seconds": 1.0},
        "summary": {"nodes": 1, "pods": 3, "placed": 2, "improved": true, "rests_on": "gap"},
        "tiers": [{"priority": 0, "pods": 3, "placed": 2, "bound": 3, "certified": false,
            "rests_on": "gap", "rule": text, "default": 1}],
        "fragments": null,
        "disruption": {"cost": 0, "bound": 0, "rests_on": "certified", "rule": ""},
        "plan": [{"step": "bind", "pod": text, "node": text}],
        "unplaced": [{"reason": text, "pods": [text]}], "trusted": [text],
        "nodes": [{"name": text, "pods": [1, 2], "resources": [
            {"name": text, "capacity": 10, "taken": [[4], [12]]}]}],
        "waiting": [text],
    })
}
