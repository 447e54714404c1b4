//! A comparison for people.

use std::fmt::Write;

use super::words::{NEW, lines, place, replay};
use super::{Comparison, Coverage, Region, Verdict};
use crate::{Change, Source};

/// The comparison in full: what opened and closed, for whom, by which rules, with a witness each.
pub fn text(comparison: &Comparison) -> String {
    let mut text = String::new();
    for region in &comparison.regions {
        add_region(&mut text, region);
    }
    let more = comparison.total() - comparison.regions.len();
    if more > 0 {
        let _ = writeln!(text, "and {}\n", count(more, "more region", "more regions"));
    }
    for way in &comparison.reach {
        let _ = writeln!(text, "new reach: {}", way.text());
    }
    let more = comparison.reach_total - comparison.reach.len();
    if more > 0 {
        let _ = writeln!(text, "and {} of new reach\n", count(more, "more end", "more ends"));
    }
    for (names, what) in [(&comparison.added, "new"), (&comparison.removed, "gone")] {
        if !names.is_empty() {
            let names = names.join(", ");
            let _ = writeln!(text, "{what}, so that their connections are not compared: {names}\n");
        }
    }
    for undecided in &comparison.undecided {
        let at = &undecided.location;
        let place = format!("{}:{}:{}", at.path, at.line, at.column);
        let _ = writeln!(text, "unknown: {}\n  at       {place}\n", undecided.reason);
    }
    for finding in &comparison.refused {
        let at = &finding.location;
        let place = format!("{}:{}:{}", at.path, at.line, at.column);
        let _ = writeln!(text, "invalid: {}\n  at       {place}\n", finding.message);
    }
    text + &summary(comparison)
}

fn add_region(text: &mut String, region: &Region) {
    let mut lines = lines(region).into_iter();
    let (_, first) = lines.next().unwrap_or_default();
    let _ = writeln!(text, "{}: {first}", title(region.change));
    for (heading, line) in lines {
        add_line(text, heading, &line);
    }
    add_sources(text, "old", &region.old);
    add_sources(text, "new", &region.new);
    if let Some(reason) = &region.reason {
        add_line(text, "because", reason);
    }
    add_line(text, "witness", &region.witness.to_string());
    if let Some(command) = replay(&region.witness, NEW) {
        add_line(text, "replay", &command);
    }
    text.push('\n');
}

/// A change as a reviewer reads it.
fn title(change: Change) -> &'static str {
    match change {
        Change::Opened => "opened",
        Change::MayOpen => "may open",
        Change::MayChange => "may change",
        Change::Closed => "closed",
        Change::MayClose => "may close",
    }
}

fn add_line(text: &mut String, heading: &str, line: &str) {
    let _ = writeln!(text, "  {heading:<8} {line}");
}

fn add_sources(text: &mut String, side: &str, sources: &[Source]) {
    for (at, source) in sources.iter().enumerate() {
        add_line(text, if at == 0 { side } else { "" }, &place(source));
    }
}

/// What was compared, and what it comes to.
fn summary(comparison: &Comparison) -> String {
    let mut text = match comparison.verdict() {
        Verdict::Equal => "equal: no request is decided differently".to_owned(),
        Verdict::Changed => format!("changed: {}", counts(comparison)),
        Verdict::Undecided => format!("unknown: {}", counts(comparison)),
    };
    text.push('\n');
    let kinds: Vec<_> = comparison.kinds.iter().map(|kind| kind.as_str()).collect();
    let [old, new] = &comparison.coverage;
    let recognised = |side: &Coverage| side.objects - side.others();
    let _ = writeln!(
        text,
        "  compared ({}): {} before, {} after",
        kinds.join(", "),
        count(recognised(old), "object", "objects"),
        recognised(new)
    );
    if old.not_recognised == new.not_recognised {
        add_others(&mut text, "", old);
    } else {
        add_others(&mut text, " before", old);
        add_others(&mut text, " after", new);
    }
    if let Some(items) = comparison.items {
        let _ = writeln!(
            text,
            "  admission: for lists of up to {items} items, and fields of the types that expressions \
             use them with"
        );
    }
    if comparison.unreplayed > 0 {
        let number = count(comparison.unreplayed, "object", "objects");
        let _ = writeln!(text, "  admission: {number} of the solver not confirmed, so unknown");
    }
    if let Some((name, roles)) = &comparison.assumed {
        let roles: Vec<_> = roles.iter().map(String::as_str).collect();
        let _ = writeln!(text, "  taken from {name}: {}", roles.join(", "));
    }
    text
}

/// What was not recognised, by kind.
fn add_others(text: &mut String, side: &str, coverage: &Coverage) {
    let others = coverage.not_recognised.iter();
    let others: Vec<_> =
        others.map(|it| format!("{} {} ({})", it.api_version, it.kind, it.count)).collect();
    if !others.is_empty() {
        let number = count(coverage.others(), "object", "objects");
        let _ = writeln!(text, "  not compared{side}: {number}: {}", others.join(", "));
    }
}

/// `2 regions opened, 1 closed`.
fn counts(comparison: &Comparison) -> String {
    let mut parts = Vec::new();
    for change in Change::ALL {
        let number = comparison.of_change(change);
        if number > 0 {
            parts.push(format!("{} {}", count(number, "region", "regions"), title(change)));
        }
    }
    if comparison.reach_total > 0 {
        parts.push(count(comparison.reach_total, "end newly reached", "ends newly reached"));
    }
    let workloads = comparison.added.len() + comparison.removed.len();
    if workloads > 0 {
        parts.push(format!("{} new or gone", count(workloads, "workload", "workloads")));
    }
    if !comparison.undecided.is_empty() {
        let number = comparison.undecided.len();
        parts.push(format!("{} not modelled", count(number, "difference", "differences")));
    }
    parts.join(", ")
}

/// `1 region`, `2 regions`.
pub(super) fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}
