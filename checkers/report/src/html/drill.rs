//! The page of `seatrial drill`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::document::{Common, Place};
use super::markup::Markup;
use super::page::{Head, Tone, badge, bounds, page as whole, section, table_head};
use super::prose;
use super::sequence;
use crate::story::Drilled;
use crate::text::{count, enumerate};

#[derive(Debug, Deserialize)]
pub(super) struct Drill {
    #[serde(flatten)]
    common: Common<Summary>,
    assumed: Vec<String>,
    left_out: Vec<LeftOut>,
    workloads: Vec<Row>,
    #[serde(default)]
    properties: Vec<Property>,
}

/// A property that the user states.
#[derive(Debug, Deserialize)]
struct Property {
    name: String,
    kind: String,
    workload: String,
    expression: String,
    location: Place,
    faults: String,
    verdict: String,
    reason: Option<String>,
    story: Option<Shown>,
    states: u64,
}

#[derive(Debug, Deserialize)]
struct Summary {
    verdict: String,
    workloads: usize,
    holds: usize,
    violated: usize,
    undecided: usize,
}

#[derive(Debug, Deserialize)]
struct LeftOut {
    what: String,
    weakens: String,
    location: Place,
}

#[derive(Debug, Deserialize)]
struct Row {
    workload: String,
    kind: String,
    location: Place,
    replicas: u64,
    with: Vec<String>,
    bounds: Vec<String>,
    answers: Vec<Answer>,
}

#[derive(Debug, Deserialize)]
struct Answer {
    question: String,
    verdict: String,
    says: String,
    reason: Option<String>,
    claims: Vec<Claim>,
    story: Option<Shown>,
    suggestion: Option<Suggestion>,
    states: u64,
}

#[derive(Debug, Deserialize)]
struct Claim {
    claim: String,
    verdict: String,
}

#[derive(Debug, Deserialize)]
struct Shown {
    #[serde(flatten)]
    told: Drilled,
    because: Vec<Said>,
}

#[derive(Debug, Deserialize)]
struct Said {
    what: String,
    location: Place,
}

#[derive(Debug, Deserialize)]
struct Suggestion {
    changes: Vec<Said>,
    rechecked: Vec<String>,
}

/// Writes the page.
pub(super) fn page(drill: &Drill) -> String {
    let summary = &drill.common.summary;
    let verdict = match summary.verdict.as_str() {
        "holds" => "Everything asked holds".to_owned(),
        "violated" => format!("{} violated", count(summary.violated, "claim is", "claims are")),
        _ => format!("Undecided: {}", count(summary.undecided, "question", "questions")),
    };
    let remarks = [format!(
        "{}: {} hold, {} violated, {} undecided.",
        count(summary.workloads, "workload", "workloads"),
        summary.holds,
        summary.violated,
        summary.undecided
    )];
    let mut sections = vec![
        ("undecided", format!("Undecided ({})", summary.undecided)),
        ("answers", "Answers".to_owned()),
        ("properties", format!("Properties of your own ({})", drill.properties.len())),
        ("stories", format!("Counterexamples ({})", of(drill, "violated").count())),
        ("left-out", format!("Not modelled ({})", drill.left_out.len())),
        ("bounds", "Bounds and versions".to_owned()),
        ("assumed", "Taken for granted".to_owned()),
    ];
    sections.retain(|(_, title)| !title.ends_with("(0)"));
    let head = Head {
        command: &drill.common.command,
        version: &drill.common.version(),
        tone: Tone::of(&summary.verdict),
        verdict: &verdict,
        remarks: &remarks,
        unknown: unknown(drill),
        sections: &sections,
    };
    whole(&head, |out| {
        undecided(out, drill);
        section(out, "answers", "Answers", |out| answers(out, drill, true));
        properties(out, drill);
        stories(out, drill);
        left_out(out, drill);
        bounds(out, &limits(drill));
        section(out, "assumed", "Taken for granted", |out| {
            out.element("ul", &[], |out| {
                for line in &drill.assumed {
                    out.element("li", &[], |out| prose::sentence(out, line));
                }
            });
        });
    })
}

/// All answers of a verdict, with the ids of their places on the page.
fn of<'d>(
    drill: &'d Drill,
    wanted: &'d str,
) -> impl Iterator<Item = (String, &'d Row, &'d Answer)> {
    let all = drill.workloads.iter().enumerate().flat_map(|(at, workload)| {
        workload.answers.iter().map(move |answer| (id(at, answer), workload, answer))
    });
    all.filter(move |(_, _, answer)| answer.verdict == wanted)
}

/// The questions without an answer.
fn unknown(drill: &Drill) -> Option<String> {
    let questions = of(drill, "undecided")
        .map(|(_, workload, answer)| format!("`{}` of {}", answer.question, workload.workload));
    let stated = drill.properties.iter().filter(|it| it.verdict == "undecided");
    let names: Vec<String> =
        questions.chain(stated.map(|it| format!("`{}` of {}", it.name, it.workload))).collect();
    let text = format!("Not decided, and so not known to hold: {}.", enumerate(&names));
    (!names.is_empty()).then_some(text)
}

fn id(workload: usize, answer: &Answer) -> String {
    format!("w{}-{}", workload + 1, answer.question)
}

fn undecided(out: &mut Markup, drill: &Drill) {
    let open = || drill.properties.iter().filter(|it| it.verdict == "undecided");
    let number = of(drill, "undecided").count() + open().count();
    if number == 0 {
        return;
    }
    section(out, "undecided", &format!("Undecided ({number})"), |out| {
        out.leaf("p", &[], "These questions have no answer. That is not the same as a good one.");
        out.element("ul", &[("class", "open")], |out| {
            for (id, workload, answer) in of(drill, "undecided") {
                let reason = answer.reason.as_deref().unwrap_or("no reason is known");
                let states =
                    count(usize::try_from(answer.states).unwrap_or(usize::MAX), "state", "states");
                out.element("li", &[("id", &id)], |out| {
                    out.leaf("b", &[], &format!("{}: {}", workload.workload, answer.question));
                    out.text(&format!(" after {states}: "));
                    prose::sentence(out, reason);
                });
            }
            for property in open() {
                let reason = property.reason.as_deref().unwrap_or("no reason is known");
                out.element("li", &[], |out| {
                    out.leaf("b", &[], &format!("{}: {}: ", property.workload, property.name));
                    prose::sentence(out, reason);
                });
            }
        });
    });
}

/// The properties that the user states, with the story of each that is violated.
fn properties(out: &mut Markup, drill: &Drill) {
    if drill.properties.is_empty() {
        return;
    }
    let title = format!("Properties of your own ({})", drill.properties.len());
    section(out, "properties", &title, |out| {
        for (at, property) in drill.properties.iter().enumerate() {
            let id = format!("p{}", at + 1);
            let attributes = [("class", "page"), ("id", id.as_str()), ("tabindex", "-1")];
            out.element("article", &attributes, |out| property_of(out, &id, property));
            out.line_break();
        }
    });
}

fn property_of(out: &mut Markup, id: &str, property: &Property) {
    out.element("h3", &[], |out| {
        out.text(&format!("{}: {} ", property.workload, property.name));
        badge(out, Tone::of(&property.verdict).class(), &property.verdict);
    });
    let states = count(usize::try_from(property.states).unwrap_or(usize::MAX), "state", "states");
    let text = format!(
        "{}: `{}` ({}), faults {}, {states}.",
        property.kind, property.expression, property.location, property.faults
    );
    out.element("p", &[("class", "lead")], |out| prose::sentence(out, &text));
    if let Some(story) = &property.story {
        told(out, id, story);
    }
}

/// Writes the answers for the page of a check, where the stories stand with their findings.
pub(super) fn exhibit(out: &mut Markup, drill: &Drill) {
    answers(out, drill, false);
}

/// A row for each workload, a column for each question that is asked about one. An answer is a link
/// to its story, if that stands on the page.
fn answers(out: &mut Markup, drill: &Drill, linked: bool) {
    let mut questions: Vec<&str> = Vec::new();
    for answer in drill.workloads.iter().flat_map(|row| &row.answers) {
        if !questions.contains(&answer.question.as_str()) {
            questions.push(&answer.question);
        }
    }
    let head = [&["Workload", "Pods"], questions.as_slice()].concat();
    out.element("div", &[("class", "scroll")], |out| {
        out.element("table", &[("class", "matrix")], |out| {
            table_head(out, &head);
            out.element("tbody", &[], |out| {
                for (at, row) in drill.workloads.iter().enumerate() {
                    let by: BTreeMap<&str, &Answer> = row
                        .answers
                        .iter()
                        .map(|answer| (answer.question.as_str(), answer))
                        .collect();
                    out.element("tr", &[], |out| {
                        out.element("th", &[("scope", "row")], |out| {
                            out.text(&row.workload);
                            out.leaf("small", &[], &format!("{} · {}", row.kind, row.location));
                        });
                        out.leaf("td", &[], &row.replicas.to_string());
                        for question in &questions {
                            out.element("td", &[], |out| match by.get(question) {
                                Some(answer) => cell(out, linked.then(|| id(at, answer)), answer),
                                None => out.text("–"),
                            });
                        }
                    });
                }
            });
        });
    });
}

fn cell(out: &mut Markup, id: Option<String>, answer: &Answer) {
    let class = Tone::of(&answer.verdict).class();
    let Some(id) = id.filter(|_| answer.verdict != "holds") else {
        return badge(out, class, &answer.says);
    };
    let (class, target) = (format!("badge {class}"), format!("#{id}"));
    out.leaf("a", &[("class", &class), ("href", &target)], &answer.says);
}

fn stories(out: &mut Markup, drill: &Drill) {
    let number = of(drill, "violated").count();
    if number == 0 {
        return;
    }
    section(out, "stories", &format!("Counterexamples ({number})"), |out| {
        for (id, workload, answer) in of(drill, "violated") {
            let attributes = [("class", "page"), ("id", id.as_str()), ("tabindex", "-1")];
            out.element("article", &attributes, |out| story(out, &id, workload, answer));
            out.line_break();
        }
    });
}

fn story(out: &mut Markup, id: &str, workload: &Row, answer: &Answer) {
    out.element("h3", &[], |out| {
        out.text(&format!("{}: {} ", workload.workload, answer.question));
        badge(out, "bad", &answer.says);
    });
    for claim in answer.claims.iter().filter(|claim| claim.verdict == "violated").take(1) {
        let text = format!("Not so: `{}` ({}).", claim.claim, workload.location);
        out.element("p", &[("class", "lead")], |out| prose::sentence(out, &text));
    }
    let Some(story) = &answer.story else { return };
    told(out, id, story);
    if let Some(suggestion) = &answer.suggestion {
        let tried = suggestion.rechecked.join(", ");
        said(out, &format!("Mended by (tried: {tried} hold)"), &suggestion.changes);
    }
}

/// The steps of a story, and why it is so.
fn told(out: &mut Markup, id: &str, story: &Shown) {
    sequence::write(out, &story.told.story(), &format!("{id}-steps"));
    said(out, "Because", &story.because);
}

fn said(out: &mut Markup, title: &str, lines: &[Said]) {
    if lines.is_empty() {
        return;
    }
    out.leaf("h4", &[], title);
    out.element("ul", &[], |out| {
        for line in lines {
            out.element("li", &[], |out| {
                prose::sentence(out, &line.what);
                out.leaf("span", &[("class", "where")], &format!(" {}", line.location));
            });
        }
    });
}

fn left_out(out: &mut Markup, drill: &Drill) {
    if drill.left_out.is_empty() {
        return;
    }
    section(out, "left-out", &format!("Not modelled ({})", drill.left_out.len()), |out| {
        out.leaf("p", &[], "Parts of these manifests that the answers know nothing of.");
        out.element("div", &[("class", "scroll")], |out| {
            out.element("table", &[], |out| {
                table_head(out, &["What", "Where", "What it weakens"]);
                out.element("tbody", &[], |out| {
                    for part in &drill.left_out {
                        out.element("tr", &[], |out| {
                            out.element("td", &[], |out| prose::sentence(out, &part.what));
                            out.leaf("td", &[("class", "where")], &part.location.to_string());
                            out.element("td", &[], |out| prose::sentence(out, &part.weakens));
                        });
                    }
                });
            });
        });
    });
}

fn limits(drill: &Drill) -> Vec<(String, String)> {
    let mut rows = drill.common.limits();
    let states: u64 = drill.workloads.iter().flat_map(|row| &row.answers).map(|it| it.states).sum();
    rows.push(("states".to_owned(), states.to_string()));
    for row in &drill.workloads {
        if !row.with.is_empty() {
            rows.push((row.workload.clone(), format!("explored with {}", row.with.join(", "))));
        }
        rows.extend(row.bounds.iter().map(|it| (row.workload.clone(), format!("as if {it}"))));
    }
    rows
}
