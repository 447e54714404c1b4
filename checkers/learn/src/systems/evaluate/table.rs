//! Scores as a table.

use std::fmt::Write;

use super::{Counts, Scores};

/// The scores of one mode as text: per system, their average, and per category.
pub fn render(scores: &Scores, with_details: bool) -> String {
    let mut text = format!("{}\n\n", scores.mode.title());
    let _ = writeln!(
        text,
        "{:<12} {:>5} {:>5} {:>5} {:>5}   {:>5} {:>5} {:>5}",
        "system", "files", "prec", "rec", "F1", "prec", "rec", "F1"
    );
    for (system, score) in &scores.systems {
        let files = score.files;
        let number = files.found + files.missed + files.false_alarms + files.passed;
        let _ = writeln!(
            text,
            "{:<12} {number:>5} {}   {}",
            system.as_str(),
            figures(files),
            figures(score.parameters)
        );
    }
    let average = |of: fn(&Counts) -> f64| {
        (scores.average(|score| of(&score.files)), scores.average(|score| of(&score.parameters)))
    };
    let precision = average(|counts| counts.precision());
    let recall = average(|counts| counts.recall());
    let f1 = average(|counts| counts.f1());
    let _ = writeln!(
        text,
        "{:<12} {:>5} {:>5.3} {:>5.3} {:>5.3}   {:>5.3} {:>5.3} {:>5.3}",
        "average", "", precision.0, recall.0, f1.0, precision.1, recall.1, f1.1
    );
    text.push_str("(left: files; right: parameters)\n\nfault found, of\n");
    for ((category, subcategory), (found, of)) in &scores.categories {
        let name = format!("{category}, {subcategory}");
        let _ = writeln!(text, "{name:<36} {found:>4} {of:>4}");
    }
    if with_details {
        text.push('\n');
        for line in &scores.details {
            let _ = writeln!(text, "{line}");
        }
    }
    text
}

fn figures(counts: Counts) -> String {
    format!("{:>5.3} {:>5.3} {:>5.3}", counts.precision(), counts.recall(), counts.f1())
}
