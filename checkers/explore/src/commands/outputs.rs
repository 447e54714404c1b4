//! What goes where: reports to standard output and files, traces into reports and files.

use super::arguments::{OutputArguments, OutputFormat, TraceArguments};
use crate::render::{self, TraceFormat};
use crate::{Refusal, Trace};
use clap::ValueEnum;
use seatrial_core::{Target, Unpaired, pair};
use std::fmt::Display;

/// What a command has to say, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// The texts to write.
    pub texts: Vec<(Target, String)>,
    /// The JSON documents to write as pages: the caller knows how to draw one.
    pub pages: Vec<(Target, String)>,
    /// The exit code: 0 holds, 1 violated, 3 undecided; always 0 with `--exit-zero`.
    pub code: u8,
}

/// Where reports and traces go.
pub(super) struct Outputs {
    reports: Vec<(OutputFormat, Target)>,
    traces: Vec<(TraceFormat, Target)>,
    exit_zero: bool,
    /// How a full report shows a trace, if that was said.
    pub(super) shown: Option<TraceFormat>,
}

impl Outputs {
    /// For a command that has no page: as [`Self::with_page`] otherwise.
    pub(super) fn new(output: &OutputArguments, traces: &TraceArguments) -> Result<Self, Refusal> {
        if output.output_format.contains(&OutputFormat::Html) {
            return Err(Refusal::new("only `model check` has a page"));
        }
        Self::with_page(output, traces)
    }

    /// Pairs formats with files. Refuses a format of traces that no report has room for.
    pub(super) fn with_page(
        output: &OutputArguments,
        traces: &TraceArguments,
    ) -> Result<Self, Refusal> {
        let reports = pair(&output.output_format, &output.output)
            .map_err(|unpaired| refused(unpaired, &unpaired.help("--output-format", "--output")))?;
        let traces = trace_targets(traces)?;
        let (within, traces): (Vec<_>, Vec<_>) =
            traces.into_iter().partition(|(_, target)| *target == Target::Stdout);
        let shown = within.first().map(|(format, _)| *format);
        let has_room = |report: OutputFormat, format| match report {
            OutputFormat::Full => true,
            OutputFormat::Concise | OutputFormat::Html => false,
            OutputFormat::Json => format == TraceFormat::Json,
        };
        match shown {
            Some(shown) if !reports.iter().any(|(report, _)| has_room(*report, shown)) => {
                let format = shown.to_possible_value();
                let format = format.map(|value| value.get_name().to_owned()).unwrap_or_default();
                let why = format!("no report shows a trace as `{format}`");
                Err(refused(why, "write it to a file with `--trace-output`"))
            }
            _ => Ok(Self { reports, traces, exit_zero: output.exit_zero, shown }),
        }
    }

    /// Writes each report and, if there is one, the trace.
    pub(super) fn write(
        &self,
        code: u8,
        trace: Option<&Trace>,
        report: impl Fn(OutputFormat) -> String,
    ) -> Output {
        let of = |page: bool| {
            let reports = self.reports.iter();
            let reports =
                reports.filter(move |(format, _)| (*format == OutputFormat::Html) == page);
            reports.map(|(format, target)| (target.clone(), report(*format))).collect()
        };
        let (mut texts, pages): (Vec<_>, Vec<_>) = (of(false), of(true));
        texts.extend(trace.into_iter().flat_map(|trace| {
            let each = self.traces.iter();
            each.map(|(format, target)| (target.clone(), render::trace(trace, *format)))
        }));
        Output { texts, pages, code: if self.exit_zero { 0 } else { code } }
    }
}

/// Formats of traces with their files; at most one has none, and belongs into the report.
fn trace_targets(arguments: &TraceArguments) -> Result<Vec<(TraceFormat, Target)>, Refusal> {
    let TraceArguments { trace_format, trace_output } = arguments;
    if trace_format.is_empty() && trace_output.is_empty() {
        return Ok(Vec::new());
    }
    pair(trace_format, trace_output).map_err(|unpaired| {
        let help = unpaired.help("--trace-format", "--trace-output");
        match unpaired {
            Unpaired::MoreFiles => refused(unpaired, &help),
            Unpaired::MoreFormats => refused("a report shows a trace in one format only", &help),
        }
    })
}

fn refused(why: impl Display, help: &str) -> Refusal {
    Refusal::new(format!("{why}: {help}"))
}
