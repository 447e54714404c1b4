//! `seatrial explain` and `seatrial rules`: what is checked.

use std::path::PathBuf;

use seatrial_core::{Target, nearest};
use seatrial_report::explain as render_page;

use crate::args::{Color, ListFormat};
use crate::output::{Failure, style, write};
use crate::{Exit, Outcome};

pub(crate) fn explain(id: &str, invariants: &[PathBuf], color: Color) -> Outcome {
    let rules = seatrial_gate::rules(invariants).map_err(Failure::new)?;
    let Some(rule) = rules.iter().find(|rule| rule.id == id) else {
        let failure = Failure::new(format!("there is no rule `{id}`"));
        return Err(match nearest(id, rules.iter().map(|rule| &*rule.id)) {
            Some(near) => failure.help(format!("did you mean `{near}`?")),
            None => failure.help("`seatrial rules list` lists them"),
        });
    };
    write(&Target::Stdout, &render_page(rule, style(&Target::Stdout, color)))?;
    Ok(Exit::Clean)
}

pub(crate) fn list(format: ListFormat, invariants: &[PathBuf], color: Color) -> Outcome {
    let rules = seatrial_gate::rules(invariants).map_err(Failure::new)?;
    let text = match format {
        ListFormat::Text => seatrial_report::rules_text(&rules, style(&Target::Stdout, color)),
        ListFormat::Json => seatrial_report::rules_json(&rules).map_err(Failure::new)?,
    };
    write(&Target::Stdout, &text)?;
    Ok(Exit::Clean)
}
