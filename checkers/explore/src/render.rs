//! Reports and traces as text.

mod trace;

pub use trace::{TraceFormat, mermaid_text, trace};

use crate::{Answer, CheckReport, Decision, Description, Kind, RefineReport, Replay};
use std::fmt::Write as _;

/// A check for a reader.
pub fn check(report: &CheckReport, format: TraceFormat) -> String {
    let mut text = String::new();
    for property in &report.properties {
        let mark = word(&property.decision);
        let vacuous = if property.vacuous { " (vacuously)" } else { "" };
        let found = if property.states > 0 {
            format!(", {}", states(property.states))
        } else {
            String::new()
        };
        let reason = property
            .decision
            .reason
            .as_ref()
            .map(|reason| format!(": {reason}"))
            .unwrap_or_default();
        line(&mut text, &format!("{mark:<9} {}{vacuous}{found}{reason}", property.name));
    }
    let violated =
        report.properties.iter().find(|property| property.decision.verdict == Answer::Violated);
    if let Some(property) = violated {
        let summary = if property.summary.is_empty() { "" } else { ": " };
        let nowhere = if property.kind == Kind::Sometimes { " (no state has it)" } else { "" };
        line(
            &mut text,
            &format!("\n`{}` is violated{nowhere}{summary}{}", property.name, property.summary),
        );
    }
    if let Some(shown) = &report.trace {
        text.push_str(&trace(shown, format));
    }
    text.push('\n');
    text.push_str(&summary(report));
    text
}

/// What a check covered, and under which limits.
pub fn summary(report: &CheckReport) -> String {
    let mut text = String::new();
    line(&mut text, &verdict(report));
    line(
        &mut text,
        &format!(
            "{} generated, {} distinct, {} on queue; diameter {}",
            states(report.generated),
            report.distinct,
            report.queue,
            report.diameter
        ),
    );
    for bound in &report.bounds {
        line(&mut text, &format!("  {}: {}", bound.name, bound.value));
    }
    line(&mut text, "actions (generated / distinct):");
    for coverage in &report.coverage {
        let count = coverage.count;
        let bounded = if count.bounded > 0 {
            format!(", {} cut by a bound", count.bounded)
        } else {
            String::new()
        };
        let counts = format!("{} / {}{bounded}", count.generated, count.distinct);
        line(&mut text, &format!("  {:<34} {counts}", coverage.action));
    }
    for warning in &report.warnings {
        line(&mut text, &format!("warning: {warning}"));
    }
    if let Some(path) = report.checkpoint.as_ref().map(|path| path.display()) {
        line(&mut text, &format!("checkpoint `{path}`: `--resume {path}` goes on with the search"));
    }
    line(&mut text, &engine(report));
    if let Some(cost) = report.engine.liveness {
        line(
            &mut text,
            &format!(
                "liveness: {}, {} edges, {} bytes",
                states(cost.states),
                cost.edges,
                cost.bytes
            ),
        );
    }
    text
}

/// Spaces with fewer states fit into the tables with which a search starts: what they take by the
/// state says nothing.
const TELLING: u64 = 100_000;

/// How the answer was reached, and at what cost.
fn engine(report: &CheckReport) -> String {
    let engine = &report.engine;
    let workers = if engine.workers == 1 { "worker" } else { "workers" };
    let mut text = format!("{}, {}, {} {workers}", engine.version, engine.strategy, engine.workers);
    if engine.symmetry {
        text.push_str(", up to symmetry");
    }
    if !engine.hidden.is_empty() {
        let _ = write!(text, ", without {}", engine.hidden.join(" "));
    }
    if report.distinct >= TELLING {
        let _ = write!(text, "; {:.1} bytes a visited state", engine.bytes_per_state);
        if engine.bytes_per_frontier_state > 0.0 {
            let _ = write!(text, ", {:.0} a waiting one", engine.bytes_per_frontier_state);
        }
    }
    let (collision, seconds) = (engine.collision_probability, report.seconds);
    let _ = write!(
        text,
        "; a collision of fingerprints has probability at most {collision:.1e}; {seconds:.2} s"
    );
    text
}

/// The answer in one line.
pub fn verdict(report: &CheckReport) -> String {
    match (&report.property, &report.decision.reason) {
        (Some(property), _) => format!("violated: {property}, {} states deep", report.depth),
        (None, Some(reason)) => format!("undecided: {reason}"),
        (None, None) => "holds within the bounds".to_owned(),
    }
}

/// A refinement check for a reader.
pub fn refine(report: &RefineReport, format: TraceFormat) -> String {
    let mut text = String::new();
    for (name, inclusion, trace_of, whose) in [
        (
            "baseline within composition",
            &report.baseline_in_composition,
            &report.lost,
            "the composition lacks",
        ),
        (
            "composition within baseline",
            &report.composition_in_baseline,
            &report.added,
            "the baseline lacks",
        ),
    ] {
        let mark = word(&inclusion.decision);
        let reason = inclusion
            .decision
            .reason
            .as_ref()
            .map(|reason| format!(": {reason}"))
            .unwrap_or_default();
        line(
            &mut text,
            &format!(
                "{mark:<9} {name} ({}, {} pairs){reason}",
                states(inclusion.states as u64),
                inclusion.pairs
            ),
        );
        if let Some(shown) = trace_of {
            line(&mut text, &format!("a behaviour that {whose}:"));
            text.push_str(&trace(shown, format));
        }
    }
    let same = if report.same_projection { "the same" } else { "different" };
    line(&mut text, &format!("both show {same} observations and steps between them"));
    line(&mut text, "this compares these bounds, and no others");
    text
}

/// A replay for a reader.
pub fn replay(replay: &Replay) -> String {
    let states = states(replay.states as u64);
    match (&replay.property, replay.confirmed) {
        (Some(property), Some(true)) => {
            format!("the trace replays: {states}, `{property}` is confirmed\n")
        }
        (Some(property), Some(false)) => {
            format!("the trace replays: {states}, but does not bear on `{property}`\n")
        }
        _ => format!("the trace replays: {states}\n"),
    }
}

/// A protocol's description for a reader.
pub fn description(description: &Description) -> String {
    let mut text = String::new();
    line(&mut text, &format!("{}: {}", description.name, description.summary));
    for module in &description.modules {
        let grains: Vec<&str> = module.grains.iter().map(|grain| grain.name).collect();
        line(&mut text, &format!("  module {}: {}", module.name, grains.join(", ")));
    }
    for composition in &description.compositions {
        line(&mut text, &format!("  composition {}: {}", composition.name, composition.summary));
    }
    for variant in &description.variants {
        let breaks = if variant.breaks.is_empty() {
            String::new()
        } else {
            format!(" (breaks {})", variant.breaks.join(", "))
        };
        line(&mut text, &format!("  variant {}: {}{breaks}", variant.name, variant.summary));
    }
    for mask in &description.masks {
        line(&mut text, &format!("  mask {}: {}", mask.name, mask.summary));
    }
    for bound in &description.bounds {
        let (name, min, max) = (bound.name, bound.min, bound.max);
        line(
            &mut text,
            &format!("  bound {name}={} ({min} to {max}): {}", bound.default, bound.summary),
        );
    }
    text
}

fn states(count: u64) -> String {
    format!("{count} {}", if count == 1 { "state" } else { "states" })
}

fn word(decision: &Decision) -> &'static str {
    match decision.verdict {
        Answer::Holds => "holds",
        Answer::Undecided => "undecided",
        Answer::Violated => "violated",
    }
}

fn line(text: &mut String, line: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{line}");
}
