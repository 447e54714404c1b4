//! Carrying out a command.

use super::arguments::{
    CheckArguments, LimitArguments, ModelCommand, OutputFormat, SelectArguments,
};
use super::changes::changed_since;
use crate::render::{self, TraceFormat};
use crate::{Catalogue, Instance, ModelId, Progress, Refusal, Selection, Trace};
use seatrial_core::Bound;
use serde::Serialize;
use serde_json::{Value, json};
use std::path::Path;

/// What a command has to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// The text to print.
    pub text: String,
    /// The exit code: 0 holds, 1 violated, 3 undecided.
    pub code: u8,
}

impl Output {
    fn new(text: String) -> Self {
        Self { text, code: 0 }
    }
}

/// Carries out a command. A [`Refusal`] is a usage error, exit code 2.
pub fn run(
    catalogue: &Catalogue,
    command: &ModelCommand,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<Output, Refusal> {
    match command {
        ModelCommand::List { output_format } => Ok(list(catalogue, *output_format)),
        ModelCommand::Check(arguments) => check(catalogue, arguments, progress),
        ModelCommand::Refine { select, limits, trace_format, output_format } => {
            refine(catalogue, select, limits, (*trace_format, *output_format))
        }
        ModelCommand::Replay { name, trace, output_format } => {
            replay(catalogue, name, trace, *output_format)
        }
        ModelCommand::Explore { select, address } => {
            let (instance, id) = select_instance(catalogue, select)?;
            crate::explorer::serve(instance.as_ref(), &id, address)?;
            Ok(Output::new(String::new()))
        }
        ModelCommand::Explain { select, output_format } => {
            explain(catalogue, select, *output_format)
        }
    }
}

/// The selection with the modules that changed since a revision.
fn selection(catalogue: &Catalogue, select: &SelectArguments) -> Result<Selection, Refusal> {
    let mut selection = select.selection()?;
    if let Some(revision) = &select.changed_since {
        let files = changed_since(revision)?;
        let description = catalogue.family(&select.name)?.description();
        selection.changed.extend(description.modules_of(files.iter().map(String::as_str)));
        if selection.changed.is_empty() {
            let name = &select.name;
            return Err(Refusal::new(format!("no module of `{name}` changed since `{revision}`")));
        }
    }
    Ok(selection)
}

fn select_instance(
    catalogue: &Catalogue,
    select: &SelectArguments,
) -> Result<(Box<dyn Instance>, ModelId), Refusal> {
    catalogue.instance(&select.name, &selection(catalogue, select)?)
}

fn list(catalogue: &Catalogue, format: OutputFormat) -> Output {
    let all = catalogue.descriptions();
    Output::new(match format {
        OutputFormat::Full => all.iter().map(render::description).collect(),
        OutputFormat::Concise => {
            let lines: Vec<String> =
                all.iter().map(|model| format!("{}: {}", model.name, model.summary)).collect();
            format!("{}\n", lines.join("\n"))
        }
        OutputFormat::Json => {
            document("model list", &format!("{} models", all.len()), &[], &json!({ "models": all }))
        }
    })
}

fn check(
    catalogue: &Catalogue,
    arguments: &CheckArguments,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<Output, Refusal> {
    if arguments.output_format == OutputFormat::Json
        && !matches!(arguments.trace_format, TraceFormat::Full | TraceFormat::Json)
    {
        return Err(Refusal::new(
            "a JSON document holds its trace as JSON: leave `--trace-format` out",
        ));
    }
    let (instance, id) = select_instance(catalogue, &arguments.select)?;
    let report = instance.check(&id, &arguments.options()?, progress)?;
    let verdict = render::verdict(&report);
    let text = match arguments.output_format {
        OutputFormat::Full => render::check(&report, arguments.trace_format),
        OutputFormat::Concise => format!("{}: {verdict}\n", id.name),
        OutputFormat::Json => document("model check", &verdict, &report.bounds, &json!(report)),
    };
    Ok(Output { text, code: report.decision.exit_code() })
}

fn refine(
    catalogue: &Catalogue,
    select: &SelectArguments,
    limits: &LimitArguments,
    (trace_format, format): (TraceFormat, OutputFormat),
) -> Result<Output, Refusal> {
    let selection = selection(catalogue, select)?;
    let report = catalogue.refine(&select.name, &selection, &limits.limits()?)?;
    let summary = match report.decision.exit_code() {
        0 => "the baseline is within the composition",
        1 => "the composition lacks a behaviour of the baseline",
        _ => "undecided",
    };
    let text = match format {
        OutputFormat::Full => render::refine(&report, trace_format),
        OutputFormat::Concise => format!("{}: {summary}\n", select.name),
        OutputFormat::Json => {
            document("model refine", summary, &bounds(&selection), &json!(report))
        }
    };
    Ok(Output { text, code: report.decision.exit_code() })
}

fn replay(
    catalogue: &Catalogue,
    name: &str,
    path: &Path,
    format: OutputFormat,
) -> Result<Output, Refusal> {
    let failed = |reason: String| {
        Refusal::new(format!("trace `{}` cannot be read: {reason}", path.display()))
    };
    let text = std::fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
    let value: Value = serde_json::from_str(&text).map_err(|error| failed(error.to_string()))?;
    // A whole report of `model check` will do: its trace is taken.
    let value = value.get("trace").cloned().unwrap_or(value);
    let trace: Trace = serde_json::from_value(value).map_err(|error| failed(error.to_string()))?;
    let replay = catalogue.replay(name, &trace)?;
    let summary = render::replay(&replay);
    let code = u8::from(replay.confirmed == Some(false));
    let text = match format {
        OutputFormat::Full | OutputFormat::Concise => summary,
        OutputFormat::Json => document("model replay", summary.trim(), &[], &json!(replay)),
    };
    Ok(Output { text, code })
}

fn explain(
    catalogue: &Catalogue,
    select: &SelectArguments,
    format: OutputFormat,
) -> Result<Output, Refusal> {
    let description = catalogue.family(&select.name)?.description();
    let (instance, _) = select_instance(catalogue, select)?;
    let properties = instance.properties();
    if format == OutputFormat::Json {
        let body = json!({ "model": description, "properties": properties, "fairness": instance.fairness(), "actions": instance.classes() });
        return Ok(Output::new(document("model explain", description.summary, &[], &body)));
    }
    let mut lines = Vec::new();
    for (name, kind, summary) in properties {
        lines.push(format!("  property {name} ({}): {summary}", word(&kind)));
    }
    for (name, strength) in instance.fairness() {
        lines.push(format!("  fairness {name}: {}", word(&strength)));
    }
    for class in instance.classes() {
        let assigned: Vec<&str> = class.assigns().collect();
        let (name, module) = (class.name, class.module);
        let (guard, reads) = (class.guard.join(" "), class.reads.join(" "));
        lines.push(format!(
            "  action {name} of {module}: guard reads {guard}; update reads {reads}; writes {}",
            assigned.join(" ")
        ));
    }
    Ok(Output::new(format!("{}{}\n", render::description(&description), lines.join("\n"))))
}

/// The word that stands for a value in JSON.
fn word(value: &impl Serialize) -> String {
    json!(value).as_str().unwrap_or_default().to_owned()
}

fn bounds(selection: &Selection) -> Vec<Bound> {
    let bound =
        |(name, value): &(String, u64)| Bound { name: name.clone(), value: value.to_string() };
    selection.bounds.iter().map(bound).collect()
}

/// A JSON document with the fields that all documents have.
fn document(command: &str, summary: &str, bounds: &[Bound], body: &impl Serialize) -> String {
    let mut document = json!({
        "version": 1,
        "tool": concat!("seatrial ", env!("CARGO_PKG_VERSION")),
        "command": command,
        "summary": summary,
        "bounds": bounds,
    });
    if let (Value::Object(fields), Value::Object(own)) = (&mut document, json!(body)) {
        fields.extend(own);
    }
    format!("{document:#}\n")
}
