//! Stories as Mermaid sequence diagrams in Markdown.

use std::fmt::Write as _;

use seatrial_explore::render::mermaid_text;

use crate::{Drilled, Story};

/// Each story as a section of Markdown with a sequence diagram, which forges and many editors draw.
pub fn mermaid(drilled: &Drilled) -> String {
    let mut text = String::new();
    for row in &drilled.workloads {
        for answer in &row.answers {
            if let Some(story) = &answer.story {
                let head = format!("{} {}: {}", row.kind.name(), row.workload, answer.says);
                section(&mut text, answer.question.name(), &head, story);
            }
        }
    }
    for judged in &drilled.properties {
        if let Some(story) = &judged.story {
            section(&mut text, &judged.name, &format!("{}: violated", judged.workload), story);
        }
    }
    if text.is_empty() {
        text.push_str("Nothing is violated.\n");
    }
    text
}

fn section(text: &mut String, name: &str, head: &str, story: &Story) {
    if !text.is_empty() {
        text.push('\n');
    }
    let _ = writeln!(text, "## {name}\n\n{head}\n\n```mermaid");
    text.push_str(&sequence(story));
    let _ = writeln!(text, "```\n\n{}.", story.end);
    for because in &story.because {
        let (path, line) = (&because.location.path, because.location.line);
        let _ = writeln!(text, "Because {} ({path}:{line}).", because.what);
    }
}

/// Who acts on which object. A step is an arrow from the one to the other, what it changes a note.
fn sequence(story: &Story) -> String {
    let mut names: Vec<&str> = Vec::new();
    let target = |step: &'_ crate::Told| step.objects.last().cloned().unwrap_or_default();
    let targets: Vec<String> = story.steps.iter().map(target).collect();
    for (step, target) in story.steps.iter().zip(&targets) {
        for name in [step.who.as_str(), target.as_str()] {
            if !name.is_empty() && !names.contains(&name) {
                names.push(name);
            }
        }
    }
    let alias = |name: &str| names.iter().position(|it| *it == name).map_or(1, |place| place + 1);
    let mut text = "sequenceDiagram\n".to_owned();
    for (number, name) in (1..).zip(&names) {
        let _ = writeln!(text, "    participant p{number} as {}", mermaid_text(name));
    }
    for (number, (step, target)) in (1..).zip(story.steps.iter().zip(&targets)) {
        if story.repeats_from == Some(number) {
            text.push_str("    loop for ever\n");
        }
        let from = alias(&step.who);
        let to = if target.is_empty() { from } else { alias(target) };
        let what = mermaid_text(&step.what);
        let _ = writeln!(text, "    p{from}->>p{to}: {number}. {what}");
        let _ = writeln!(text, "    Note right of p{to}: {} ready", step.ready);
    }
    if story.repeats_from.is_some() {
        text.push_str("    end\n");
    }
    text
}
