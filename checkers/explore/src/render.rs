//! Reports and traces as text.

mod trace;

pub use trace::{TraceFormat, trace};

use crate::{Answer, CheckReport, Decision, Description, Kind, RefineReport, Replay};
use std::fmt::Write as _;

/// A check for a reader.
pub fn check(report: &CheckReport, format: TraceFormat) -> String {
    let mut text = String::new();
    for property in &report.properties {
        let mark = word(&property.decision);
        let vacuous = if property.vacuous { " (vacuously)" } else { "" };
        let states = if property.states > 0 {
            format!(", {} states", property.states)
        } else {
            String::new()
        };
        let reason = property
            .decision
            .reason
            .as_ref()
            .map(|reason| format!(": {reason}"))
            .unwrap_or_default();
        line(&mut text, &format!("{mark:<9} {}{vacuous}{states}{reason}", property.name));
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
            "{} states generated, {} distinct, {} on queue; diameter {}",
            report.generated, report.distinct, report.queue, report.diameter
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
    let engine = &report.engine;
    line(
        &mut text,
        &format!(
            "{}, {}, {} worker(s){}; {:.1} bytes a visited state, {:.0} a waiting one; a collision of fingerprints has probability at most {:.1e}; {:.2} s",
            engine.version,
            engine.strategy,
            engine.workers,
            if engine.symmetry { ", up to symmetry" } else { "" },
            engine.bytes_per_state,
            engine.bytes_per_frontier_state,
            engine.collision_probability,
            report.seconds
        ),
    );
    if let Some(cost) = engine.liveness {
        line(
            &mut text,
            &format!(
                "liveness: {} states, {} edges, {} bytes",
                cost.states, cost.edges, cost.bytes
            ),
        );
    }
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
                "{mark:<9} {name} ({} states, {} pairs){reason}",
                inclusion.states, inclusion.pairs
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
    let states = replay.states;
    match (&replay.property, replay.confirmed) {
        (Some(property), Some(true)) => {
            format!("the trace replays: {states} states, `{property}` is confirmed\n")
        }
        (Some(property), Some(false)) => {
            format!("the trace replays: {states} states, but does not bear on `{property}`\n")
        }
        _ => format!("the trace replays: {states} states\n"),
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
