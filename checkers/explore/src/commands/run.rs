//! Carrying out a command.

use super::arguments::{
    CheckArguments, LimitArguments, ModelCommand, OutputArguments, OutputFormat, SelectArguments,
    TraceArguments,
};
use super::changes::changed_since;
use super::outputs::{Output, Outputs};
use crate::render::{self, TraceFormat};
use crate::{
    Catalogue, Description, Instance, ModelId, Progress, Refusal, Selection, Trace, dependencies,
    interaction,
};
use seatrial_core::Bound;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;

/// What there is to say while a command runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// How far a search has come.
    Progress(Progress),
    /// `model explore` serves its page at this address.
    Serving(SocketAddr),
}

/// Carries out a command. A [`Refusal`] is a usage error, exit code 2.
pub fn run(
    catalogue: &Catalogue,
    command: &ModelCommand,
    notice: &mut (dyn FnMut(Notice) + Send),
) -> Result<Output, Refusal> {
    match command {
        ModelCommand::List { changed_since, output } => {
            list(catalogue, changed_since.as_deref(), output)
        }
        ModelCommand::Check(arguments) => {
            check(catalogue, arguments, &mut |progress| notice(Notice::Progress(progress)))
        }
        ModelCommand::Refine { select, limits, trace_format, output } => {
            refine(catalogue, (select, limits), *trace_format, output)
        }
        ModelCommand::Replay { name, trace, traces, output } => {
            replay(catalogue, (name, trace), traces, output)
        }
        ModelCommand::Explore { select, address } => {
            let (instance, id) = select_instance(catalogue, select)?;
            let serving = &mut |address| notice(Notice::Serving(address));
            crate::explorer::serve(instance.as_ref(), &id, address, serving)?;
            Ok(Output { texts: Vec::new(), pages: Vec::new(), code: 0 })
        }
        ModelCommand::Explain { select, output } => explain(catalogue, select, output),
    }
}

/// The selection with the modules that changed since a revision.
fn selection(catalogue: &Catalogue, select: &SelectArguments) -> Result<Selection, Refusal> {
    let description = catalogue.family(&select.name)?.description();
    let mut selection = select.selection(&description)?;
    if let Some(revision) = &select.changed_since {
        let files = changed_since(revision)?;
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

/// A model of a list, with the modules that changed if that was asked.
#[derive(Serialize)]
struct Listed {
    #[serde(flatten)]
    description: Description,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    changed: Vec<String>,
}

fn list(
    catalogue: &Catalogue,
    since: Option<&str>,
    output: &OutputArguments,
) -> Result<Output, Refusal> {
    let outputs = Outputs::new(output, &TraceArguments::default())?;
    let files = since.map(changed_since).transpose()?;
    let files: Option<Vec<&str>> = files.as_ref().map(|it| it.iter().map(String::as_str).collect());
    let listed = |description: Description| {
        let changed = files.iter().flatten().copied();
        let changed = description.modules_of(changed);
        Listed { description, changed }
    };
    let concerned = |description: &Description| {
        files.as_ref().is_none_or(|files| description.may_change_with(files.iter().copied()))
    };
    let all = catalogue.descriptions().into_iter().filter(concerned);
    let all: Vec<_> = all.map(listed).collect();
    Ok(outputs.write(0, None, |format| match format {
        OutputFormat::Full => all.iter().map(|it| render::description(&it.description)).collect(),
        OutputFormat::Concise => {
            let line = |it: &Listed| {
                let Description { name, summary, .. } = &it.description;
                format!("{name}: {summary}\n")
            };
            all.iter().map(line).collect()
        }
        OutputFormat::Json | OutputFormat::Html => {
            document("model list", &format!("{} models", all.len()), &[], &json!({ "models": all }))
        }
    }))
}

fn check(
    catalogue: &Catalogue,
    arguments: &CheckArguments,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<Output, Refusal> {
    let outputs = Outputs::with_page(&arguments.output, &arguments.traces)?;
    let (instance, id) = select_instance(catalogue, &arguments.select)?;
    let report = instance.check(&id, &arguments.options(), progress)?;
    let verdict = render::verdict(&report);
    let text = |format| match format {
        OutputFormat::Full => render::check(&report, outputs.shown.unwrap_or_default()),
        OutputFormat::Concise => format!("{}: {verdict}\n", id.name),
        OutputFormat::Json | OutputFormat::Html => {
            document("model check", &verdict, &report.bounds, &json!(report))
        }
    };
    Ok(outputs.write(report.decision.exit_code(), report.trace.as_ref(), text))
}

fn refine(
    catalogue: &Catalogue,
    (select, limits): (&SelectArguments, &LimitArguments),
    trace_format: Option<TraceFormat>,
    output: &OutputArguments,
) -> Result<Output, Refusal> {
    let traces =
        TraceArguments { trace_format: trace_format.into_iter().collect(), trace_output: vec![] };
    let outputs = Outputs::new(output, &traces)?;
    let (selection, limits) = (selection(catalogue, select)?, limits.limits());
    let report = catalogue.refine(&select.name, &selection, &limits)?;
    let summary = match report.decision.exit_code() {
        0 => "the baseline is within the composition",
        1 => "the composition lacks a behaviour of the baseline",
        _ => "undecided",
    };
    let configuration = catalogue.family(&select.name)?.description().configure(&selection)?;
    let bounds = [configuration.to_id(&select.name).bounds(), limits.bounds()].concat();
    Ok(outputs.write(report.decision.exit_code(), None, |format| match format {
        OutputFormat::Full => render::refine(&report, outputs.shown.unwrap_or_default()),
        OutputFormat::Concise => format!("{}: {summary}\n", select.name),
        OutputFormat::Json | OutputFormat::Html => {
            document("model refine", summary, &bounds, &json!(report))
        }
    }))
}

fn replay(
    catalogue: &Catalogue,
    (name, path): (&str, &Path),
    traces: &TraceArguments,
    output: &OutputArguments,
) -> Result<Output, Refusal> {
    let outputs = Outputs::new(output, traces)?;
    let trace = read_trace(path)?;
    let replay = catalogue.replay(name, &trace)?;
    let summary = render::replay(&replay);
    let code = u8::from(replay.confirmed == Some(false));
    Ok(outputs.write(code, Some(&trace), |format| match format {
        OutputFormat::Full => {
            let shown = outputs.shown.map(|format| render::trace(&trace, format));
            shown.unwrap_or_default() + &summary
        }
        OutputFormat::Concise => summary.clone(),
        OutputFormat::Json | OutputFormat::Html => {
            document("model replay", summary.trim(), &trace.model.bounds(), &json!(replay))
        }
    }))
}

/// The trace in a file, or in a report of `model check` in a file.
fn read_trace(path: &Path) -> Result<Trace, Refusal> {
    let failed = |reason: String| {
        Refusal::new(format!("trace `{}` cannot be read: {reason}", path.display()))
    };
    let text = std::fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
    let value = serde_json::from_str(&text);
    let mut value: Value = value.map_err(|error| failed(format!("it is no JSON: {error}")))?;
    match value.get_mut("trace").map(Value::take) {
        Some(Value::Null) => return Err(failed("the report has no counterexample".to_owned())),
        Some(trace) => value = trace,
        None if value.get("vars").is_some() && value.get("states").is_some() => {
            return Err(failed(
                "ITF has no actions: write it with `--trace-format json`".to_owned(),
            ));
        }
        None => {}
    }
    serde_json::from_value(value).map_err(|error| failed(error.to_string()))
}

fn explain(
    catalogue: &Catalogue,
    select: &SelectArguments,
    output: &OutputArguments,
) -> Result<Output, Refusal> {
    let outputs = Outputs::new(output, &TraceArguments::default())?;
    let description = catalogue.family(&select.name)?.description();
    let (instance, id) = select_instance(catalogue, select)?;
    Ok(outputs.write(0, None, |format| match format {
        OutputFormat::Full => {
            format!("{}{}", render::description(&description), details(instance.as_ref()))
        }
        OutputFormat::Concise => format!("{}: {}\n", description.name, description.summary),
        OutputFormat::Json | OutputFormat::Html => {
            let body = json!({
                "model": description,
                "properties": instance.properties(),
                "fairness": instance.fairness(),
                "actions": instance.classes(),
                "dependencies": dependencies(instance.classes()),
                "interaction": interaction(instance.classes()),
            });
            document("model explain", description.summary, &id.bounds(), &body)
        }
    }))
}

/// Properties, fairness and actions of a model as configured, a line each, and the variables on
/// which its modules depend and through which they interact.
fn details(instance: &dyn Instance) -> String {
    let mut lines = Vec::new();
    for (name, kind, summary) in instance.properties() {
        lines.push(format!("  property {name} ({}): {summary}\n", word(&kind)));
    }
    for (name, strength) in instance.fairness() {
        lines.push(format!("  fairness {name}: {}\n", word(&strength)));
    }
    for class in instance.classes() {
        let assigned: Vec<&str> = class.assigns().collect();
        let (name, module) = (class.name, class.module);
        let (guard, reads) = (class.guard.join(" "), class.reads.join(" "));
        lines.push(format!(
            "  action {name} of {module}: guard reads {guard}; update reads {reads}; writes {}\n",
            assigned.join(" ")
        ));
    }
    let listed = |names: BTreeSet<&str>| names.into_iter().collect::<Vec<_>>().join(" ");
    for (module, variables) in dependencies(instance.classes()) {
        lines.push(format!("  module {module} depends on {}\n", listed(variables)));
    }
    let shared = listed(interaction(instance.classes()));
    lines.push(format!("  modules interact through {shared}\n"));
    lines.concat()
}

/// The word that stands for a value in JSON.
fn word(value: &impl Serialize) -> String {
    json!(value).as_str().unwrap_or_default().to_owned()
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
