//! A story as a sequence diagram: a lane for each actor, a row for each step.
//!
//! The picture is drawn here and says nothing that the table below it does not; the script walks
//! both, forward and back, and shows the values in each state.

use std::collections::BTreeSet;

use seatrial_core::{Changed, Step, Story};

use super::markup::Markup;
use super::page::table_head;
use super::prose;

const LEFT: usize = 76;
const LANE: usize = 124;
const ROW: usize = 34;
const TOP: usize = 64;
/// Room for the words of a step on the last lane.
const WORDS: usize = 400;
/// So many characters of a step, and of an actor's name, are drawn.
const MOST_WORDS: usize = 54;
const MOST_NAME: usize = 17;

/// Writes the diagram, the table of steps and the values. `id` is to be unique on the page.
pub(super) fn write(out: &mut Markup, story: &Story, id: &str) {
    let last = story.steps.len().to_string();
    let attributes = [("class", "sequence"), ("id", id), ("aria-label", "Step by step")];
    out.element("figure", &attributes, |out| {
        stepper(out, &last);
        out.element("div", &[("class", "diagram")], |out| picture(out, story));
        out.element("div", &[("class", "scroll")], |out| table(out, story));
        if let Some(end) = story.ending() {
            out.element("p", &[("class", "end")], |out| prose::sentence(out, &end));
        }
        values(out, story);
    });
    out.line_break();
}

/// The actors in the order in which they first act.
fn actors(story: &Story) -> Vec<&str> {
    let mut actors: Vec<&str> = Vec::new();
    for step in &story.steps {
        if !actors.contains(&step.who.as_str()) {
            actors.push(&step.who);
        }
    }
    actors
}

fn picture(out: &mut Markup, story: &Story) {
    let actors = actors(story);
    let bottom = TOP + ROW * story.steps.len();
    let width = (LEFT + LANE * actors.len().max(1) + WORDS - LANE).to_string();
    let height = (bottom + 8).to_string();
    let view = format!("0 0 {width} {height}");
    let attributes = [
        ("viewBox", view.as_str()),
        ("width", &width),
        ("height", &height),
        ("aria-hidden", "true"),
        ("focusable", "false"),
    ];
    out.element("svg", &attributes, |out| {
        for (lane, name) in actors.iter().enumerate() {
            lifeline(out, lane, name, bottom);
        }
        if let Some(from) = story.repeats_from.filter(|from| *from < story.steps.len()) {
            bracket(out, row(from) - ROW / 2 + 4, bottom - 4);
        }
        let lane = |step: &Step| actors.iter().position(|name| *name == step.who).unwrap_or(0);
        let lanes: Vec<usize> = story.steps.iter().map(lane).collect();
        for (at, (step, lane)) in story.steps.iter().zip(&lanes).enumerate() {
            let before = at.checked_sub(1).and_then(|before| lanes.get(before)).copied();
            drawn_step(out, at, step, (*lane, before));
        }
    });
}

fn table(out: &mut Markup, story: &Story) {
    let changing = story.steps.iter().any(|step| !step.changes.is_empty());
    out.element("table", &[("class", "steps")], |out| {
        let head = ["Step", "Who", "What happens", "What changes"];
        table_head(out, head.get(..3 + usize::from(changing)).unwrap_or(&head));
        out.element("tbody", &[], |out| {
            for (number, step) in (1_usize..).zip(&story.steps) {
                out.element("tr", &[("data-step", &*number.to_string())], |out| {
                    out.leaf("th", &[("scope", "row")], &number.to_string());
                    out.leaf("td", &[], &step.who);
                    out.element("td", &[], |out| prose::sentence(out, &step.what));
                    if changing {
                        out.element("td", &[], |out| changes(out, &step.changes));
                    }
                });
            }
        });
    });
}

/// What a step changes, as `place: before → after`.
fn changes(out: &mut Markup, changes: &[Changed]) {
    if changes.is_empty() {
        return;
    }
    out.element("ul", &[("class", "changes")], |out| {
        for Changed { place, from, to } in changes {
            out.element("li", &[("data-place", place)], |out| {
                out.leaf("code", &[], place);
                out.text(" ");
                if let Some(from) = from {
                    out.leaf("del", &[], from);
                    out.text(" → ");
                }
                out.leaf("ins", &[], to.as_deref().unwrap_or("gone"));
            });
        }
    });
}

/// All values, where they are known: those before the first step, until the script shows others.
fn values(out: &mut Markup, story: &Story) {
    if story.initial.len() < 2 {
        return;
    }
    let changes = story.steps.iter().flat_map(|step| &step.changes);
    let places = story.initial.keys().chain(changes.map(|it| &it.place));
    let places: BTreeSet<&String> = places.collect();
    out.element("details", &[("class", "state")], |out| {
        out.leaf("summary", &[], "All values before the first step");
        out.element("div", &[("class", "scroll")], |out| {
            out.element("table", &[("class", "pairs")], |out| {
                table_head(out, &["What", "Value"]);
                out.element("tbody", &[], |out| {
                    for place in places {
                        let value = story.initial.get(place).map_or("", String::as_str);
                        out.element("tr", &[("data-place", place)], |out| {
                            out.element("th", &[("scope", "row")], |out| {
                                out.leaf("code", &[], place);
                            });
                            out.leaf("td", &[], value);
                        });
                    }
                });
            });
        });
    });
}

/// The buttons that walk the steps; the script shows them.
fn stepper(out: &mut Markup, last: &str) {
    let attributes =
        [("class", "stepper"), ("role", "group"), ("aria-label", "Walk the steps"), ("hidden", "")];
    out.element("div", &attributes, |out| {
        for (to, sign, label) in [
            ("first", "|◀", "Before the first step"),
            ("back", "◀", "One step back"),
            ("on", "▶", "One step on"),
            ("last", "▶|", "Last step"),
        ] {
            let attributes = [("type", "button"), ("data-to", to), ("aria-label", label)];
            out.leaf("button", &attributes, sign);
        }
        out.empty(
            "input",
            &[
                ("type", "range"),
                ("min", "0"),
                ("max", last),
                ("value", "0"),
                ("aria-label", "Step"),
            ],
        );
        out.leaf("output", &[("aria-live", "polite")], "");
    });
}

const fn row(at: usize) -> usize {
    TOP + ROW * at + ROW / 2
}

const fn lane_at(lane: usize) -> usize {
    LEFT + LANE * lane
}

fn lifeline(out: &mut Markup, lane: usize, name: &str, bottom: usize) {
    let (x, y) = (lane_at(lane).to_string(), bottom.to_string());
    let top = (TOP - 16).to_string();
    let box_x = (lane_at(lane) - LANE / 2 + 4).to_string();
    let width = (LANE - 8).to_string();
    let frame = [
        ("class", "actor"),
        ("x", box_x.as_str()),
        ("y", "14"),
        ("width", &width),
        ("height", "30"),
        ("rx", "6"),
    ];
    out.element("g", &[], |out| {
        out.leaf("title", &[], name);
        let ends =
            [("class", "life"), ("x1", x.as_str()), ("x2", &x), ("y1", top.as_str()), ("y2", &y)];
        out.element("line", &ends, |_| {});
        out.element("rect", &frame, |_| {});
        let at = [("class", "name"), ("x", x.as_str()), ("y", "34"), ("text-anchor", "middle")];
        out.leaf("text", &at, &shortened(name, MOST_NAME));
    });
}

/// What repeats for ever.
fn bracket(out: &mut Markup, top: usize, bottom: usize) {
    let path = format!("M22 {top} H12 V{bottom} H22");
    out.element("path", &[("class", "loop"), ("d", &path)], |_| {});
}

/// A step: where the one before it was, a numbered dot, and the words.
fn drawn_step(out: &mut Markup, at: usize, step: &Step, (lane, before): (usize, Option<usize>)) {
    let (x, y) = (lane_at(lane), row(at));
    let number = (at + 1).to_string();
    out.element("g", &[("class", "step"), ("data-step", &number)], |out| {
        out.leaf("title", &[], &format!("{number}. {}: {}", step.who, step.what));
        if let Some(before) = before.filter(|before| *before != lane) {
            let from = lane_at(before);
            let (above, middle) = (row(at - 1) + 11, y - ROW / 2);
            let path = format!("M{from} {above} C{from} {y} {x} {middle} {x} {}", y - 11);
            out.element("path", &[("class", "hand"), ("d", &path)], |_| {});
        }
        let (cx, cy) = (x.to_string(), y.to_string());
        let dot = [("class", "dot"), ("cx", cx.as_str()), ("cy", &cy), ("r", "11")];
        out.element("circle", &dot, |_| {});
        let (text_y, words_x) = ((y + 4).to_string(), (x + 18).to_string());
        let at =
            [("class", "number"), ("x", cx.as_str()), ("y", &text_y), ("text-anchor", "middle")];
        out.leaf("text", &at, &number);
        let at = [("class", "words"), ("x", words_x.as_str()), ("y", &text_y)];
        out.leaf("text", &at, &shortened(&step.what, MOST_WORDS));
    });
}

/// The text, or as much of its beginning as fits.
fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most - 1).chain(std::iter::once('…')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(pairs: &[(&str, &str)]) -> seatrial_core::Values {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn step(who: &str, what: &str, changes: &[(&str, Option<&str>, Option<&str>)]) -> Step {
        let change = |(place, from, to): &(&str, Option<&str>, Option<&str>)| Changed {
            place: (*place).to_owned(),
            from: from.map(str::to_owned),
            to: to.map(str::to_owned),
        };
        let changes = changes.iter().map(change).collect();
        Step { who: who.to_owned(), what: what.to_owned(), changes, location: None }
    }

    fn written(story: &Story) -> String {
        let mut out = Markup::default();
        write(&mut out, story, "s1");
        out.finish()
    }

    #[test]
    fn a_step_shows_what_it_changes_and_nothing_else() {
        let all =
            [("b", Some("<2>"), Some("<3>")), ("new", None, Some("y")), ("gone", Some("x"), None)];
        let story = Story {
            initial: values(&[("a", "1"), ("b", "<2>"), ("gone", "x")]),
            steps: vec![step("p", "adds", &all), step("q", "waits", &[])],
            ..Story::default()
        };
        let text = written(&story);
        for wanted in [
            "<code>b</code> <del>&lt;2&gt;</del> → <ins>&lt;3&gt;</ins>",
            "<code>new</code> <ins>y</ins>",
            "<code>gone</code> <del>x</del> → <ins>gone</ins>",
            "<tr data-place=\"a\"><th scope=\"row\"><code>a</code></th><td>1</td></tr>",
        ] {
            assert!(text.contains(wanted), "{wanted}: {text}");
        }
        assert_eq!(text.matches("<li data-place").count(), 3);
        assert_eq!(text.matches("class=\"life\"").count(), 2);
        assert!(!text.contains("for ever"));
    }

    #[test]
    fn a_loop_is_told_from_a_stop() {
        let of = |repeats_from| {
            let steps = vec![step("p", "a", &[]), step("p", "b", &[])];
            written(&Story { steps, repeats_from, ..Story::default() })
        };
        assert!(of(Some(1)).contains("the steps from 2 on repeat for ever"));
        assert!(of(Some(1)).contains("class=\"loop\""));
        assert!(of(Some(2)).contains("here the run may stop for ever"));
        assert!(!of(Some(2)).contains("class=\"loop\""));
    }

    #[test]
    fn long_words_are_cut_in_the_picture_alone() {
        let long = "x".repeat(200);
        let text = written(&Story { steps: vec![step(&long, &long, &[])], ..Story::default() });
        assert!(text.contains(&format!("<td>{long}</td>")));
        assert!(text.contains(&format!(">{}…</text>", "x".repeat(MOST_WORDS - 1))));
    }
}
