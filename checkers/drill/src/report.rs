//! What a drill found, for people and for programs.

mod mermaid;

pub use mermaid::mermaid;

use std::fmt::Write as _;

use seatrial_core::Location;
use seatrial_explore::Answer;
use serde_json::{Value, json};

use crate::{Answered, Drilled, Judged, Kind, Question, Row, Story};

/// So many parts that are left out are listed for people.
const SHOWN: usize = 30;

/// The report for programs.
pub fn json(drilled: &Drilled) -> Value {
    let count = |verdict: Answer| {
        let answers = drilled.workloads.iter().flat_map(|row| &row.answers);
        let verdicts = answers.map(|answer| answer.verdict);
        let verdicts = verdicts.chain(drilled.properties.iter().map(|it| it.verdict));
        verdicts.filter(|it| *it == verdict).count()
    };
    json!({
        "version": 1,
        "tool": {"name": "seatrial", "version": env!("CARGO_PKG_VERSION")},
        "command": "drill",
        "summary": {
            "verdict": drilled.verdict(),
            "workloads": drilled.workloads.len(),
            "holds": count(Answer::Holds),
            "violated": count(Answer::Violated),
            "undecided": count(Answer::Undecided),
        },
        "bounds": drilled.bounds,
        "assumed": drilled.assumed,
        "left_out": drilled.left_out,
        "workloads": drilled.workloads,
        "properties": drilled.properties,
    })
}

/// The report for people: a table, the stories, and under which bounds it holds.
pub fn text(drilled: &Drilled) -> String {
    let mut text = table(drilled);
    for row in &drilled.workloads {
        for answer in &row.answers {
            match answer.verdict {
                Answer::Violated => story(&mut text, row, answer),
                Answer::Undecided => {
                    let (name, question) = (&row.workload, answer.question.name());
                    let reason = answer.reason.as_deref().unwrap_or("no reason is known");
                    let states = answer.states;
                    let _ = writeln!(
                        text,
                        "\n{name}: {question}: undecided after {states} states: {reason}"
                    );
                }
                Answer::Holds => {}
            }
        }
    }
    for judged in &drilled.properties {
        stated(&mut text, judged);
    }
    footer(&mut text, drilled);
    text
}

/// A property that the user states.
fn stated(text: &mut String, judged: &Judged) {
    let (name, place) = (&judged.name, place(&judged.location));
    let (workload, faults, states) = (&judged.workload, &judged.faults, judged.states);
    let word = match judged.verdict {
        Answer::Holds => "holds",
        Answer::Violated => "not so",
        Answer::Undecided => "undecided",
    };
    let reason = judged.reason.iter().map(|reason| format!(": {reason}")).collect::<String>();
    let _ = writeln!(
        text,
        "\n{name}: {word}: `{}` ({place}) of {workload}, faults {faults}, {states} states{reason}",
        judged.expression
    );
    if let Some(story) = &judged.story {
        steps(text, story);
    }
}

fn steps(text: &mut String, story: &Story) {
    for (number, step) in (1..).zip(&story.steps) {
        let _ = writeln!(text, "  {number:2}. {}: {} [{} ready]", step.who, step.what, step.ready);
    }
    let _ = writeln!(text, "  {}", story.end);
    for because in &story.because {
        let _ = writeln!(text, "  because {} ({})", because.what, place(&because.location));
    }
}

/// A line for each workload, a column for each question that is asked about one; in several tables
/// where one would be too wide.
fn table(drilled: &Drilled) -> String {
    let rows = &drilled.workloads;
    let asked = |question: &Question| {
        rows.iter().flat_map(|row| &row.answers).any(|answer| answer.question == *question)
    };
    let questions: Vec<Question> = Question::ALL.into_iter().filter(asked).collect();
    let mut lines = vec![vec!["workload".to_owned(), "pods".to_owned()]];
    if let Some(head) = lines.first_mut() {
        head.extend(questions.iter().map(|question| question.name().to_owned()));
    }
    for row in rows {
        let name = match row.kind {
            Kind::Deployment => row.workload.clone(),
            kind => format!("{} ({})", row.workload, kind.name()),
        };
        let mut line = vec![name, row.replicas.to_string()];
        line.extend(questions.iter().map(|question| {
            let answer = row.answers.iter().find(|answer| answer.question == *question);
            answer.map_or_else(|| "-".to_owned(), cell)
        }));
        lines.push(line);
    }
    let widths: Vec<usize> = (0..questions.len() + 2)
        .map(|column| {
            let cells = lines.iter().filter_map(|line| line.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        })
        .collect();
    let tables = stacked(&widths).into_iter().map(|columns| {
        let cells = |line: &Vec<String>| {
            let columns = columns.iter().filter_map(|&it| Some((line.get(it)?, widths.get(it)?)));
            let cells: Vec<String> =
                columns.map(|(cell, width)| format!("{cell:width$}")).collect();
            cells.join(GAP).trim_end().to_owned() + "\n"
        };
        lines.iter().map(cells).collect::<String>()
    });
    tables.collect::<Vec<_>>().join("\n")
}

/// The columns of each of several tables, one below the other, so that each line fits; the first
/// column begins each of them.
fn stacked(widths: &[usize]) -> Vec<Vec<usize>> {
    let width = |column: usize| widths.get(column).copied().unwrap_or(0);
    let mut tables = vec![vec![0]];
    let mut used = width(0);
    for column in 1..widths.len() {
        let more = GAP.len() + width(column);
        if used + more > WIDTH && tables.last().is_some_and(|table| table.len() > 1) {
            tables.push(vec![0]);
            used = width(0);
        }
        used += more;
        tables.last_mut().into_iter().for_each(|table| table.push(column));
    }
    tables
}

/// Between two columns of a table.
const GAP: &str = "  ";
/// How many columns of a terminal a table has room in.
const WIDTH: usize = 100;

/// What is violated is marked.
fn cell(answer: &Answered) -> String {
    match answer.verdict {
        Answer::Violated => format!("{} !", answer.says),
        _ => answer.says.clone(),
    }
}

fn place(location: &Location) -> String {
    format!("{}:{}", location.path, location.line)
}

fn story(text: &mut String, row: &Row, answer: &Answered) {
    let violated = answer.claims.iter().find(|claim| claim.verdict == Answer::Violated);
    let claim = violated.map_or("", |claim| claim.claim.as_str());
    let name = &row.workload;
    let _ = writeln!(text, "\n{name}: not so: `{claim}` ({})", place(&row.location));
    let Some(story) = &answer.story else { return };
    steps(text, story);
    let Some(suggestion) = &answer.suggestion else { return };
    let changes = suggestion.changes.iter();
    let changes: Vec<String> =
        changes.map(|change| format!("{} ({})", change.what, place(&change.location))).collect();
    let names: Vec<&str> = suggestion.rechecked.iter().map(|question| question.name()).collect();
    let _ =
        writeln!(text, "  mended by {}; tried: {} hold", changes.join(" and "), names.join(", "));
}

fn footer(text: &mut String, drilled: &Drilled) {
    let _ = writeln!(text);
    for bound in &drilled.bounds {
        let _ = writeln!(text, "{}: {}", bound.name, bound.value);
    }
    let states: u64 =
        drilled.workloads.iter().flat_map(|row| &row.answers).map(|answer| answer.states).sum();
    let _ = writeln!(text, "states: {states}");
    for row in &drilled.workloads {
        if !row.with.is_empty() {
            let _ = writeln!(text, "{} is explored with {}", row.workload, row.with.join(", "));
        }
        for bound in &row.bounds {
            let _ = writeln!(text, "{}: as if {bound}", row.workload);
        }
    }
    if !drilled.left_out.is_empty() {
        let _ = writeln!(text, "left out:");
    }
    for part in drilled.left_out.iter().take(SHOWN) {
        let _ = writeln!(text, "  {} ({}): {}", part.what, place(&part.location), part.weakens);
    }
    if let Some(rest) = drilled.left_out.len().checked_sub(SHOWN).filter(|rest| *rest > 0) {
        let _ = writeln!(text, "  and {rest} more");
    }
    let _ = writeln!(text, "taken for granted:");
    for line in drilled.assumed {
        let _ = writeln!(text, "  {line}");
    }
}
