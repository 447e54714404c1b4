use super::*;
use crate::{
    ActionClass, BASELINE, BoundChoice, Catalogue, Choice, Configuration, Description, Family,
    Instance, Module, Property, Protocol, Refusal, Selection, Variant, within_bounds,
};
use clap::Parser;
use stateright::Model;

/// A counter up to a bound; the coarse grain counts by two.
struct Counter {
    limit: u8,
    step: u8,
}

impl Model for Counter {
    type State = u8;
    type Action = u8;

    fn init_states(&self) -> Vec<u8> {
        vec![0]
    }

    fn actions(&self, state: &u8, actions: &mut Vec<u8>) {
        within_bounds(self, state, actions);
    }

    fn next_state(&self, state: &u8, step: u8) -> Option<u8> {
        state.checked_add(step)
    }
}

impl Protocol for Counter {
    fn classes(&self) -> &[ActionClass] {
        const COUNT: [ActionClass; 1] =
            [ActionClass::new("Count", "counter").reads(&["state"]).writes(&["state"])];
        &COUNT
    }

    fn class_of(&self, _: &u8) -> usize {
        0
    }

    fn enabled(&self, _: &u8, actions: &mut Vec<u8>) {
        actions.push(self.step);
    }

    fn bound_on(&self, state: &u8, step: &u8) -> Option<&'static str> {
        (state + step > self.limit).then_some("limit")
    }

    fn specification(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("BelowThree", |_, state: &u8| *state < 3)
                .terms(|_, state: &u8| vec![("state + 1".to_owned(), (state + 1).to_string())]),
            Property::always_when("NoTwenty", |_, state: &u8| *state == 20, |_, _| false),
        ]
    }
}

struct Counters;

impl Family for Counters {
    fn description(&self) -> Description {
        Description {
            name: "counter",
            summary: "a counter",
            modules: vec![Module {
                name: "counter",
                grains: vec![
                    Choice { name: "coarse", summary: "by two" },
                    Choice { name: BASELINE, summary: "by one" },
                ],
                paths: &["counter/"],
            }],
            variants: vec![Variant { name: "only", summary: "the only one", breaks: &[] }],
            bounds: vec![BoundChoice {
                name: "limit",
                summary: "the last value",
                default: 5,
                min: 1,
                max: 200,
            }],
            ..Description::default()
        }
    }

    fn instance(&self, configuration: &Configuration) -> Result<Box<dyn Instance>, Refusal> {
        let step = if configuration.grain("counter") == "coarse" { 2 } else { 1 };
        Ok(Box::new(Counter { limit: configuration.small_bound("limit"), step }))
    }
}

#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: ModelCommand,
}

fn invoke(arguments: &[&str]) -> Result<Output, Refusal> {
    let catalogue = Catalogue::new(vec![Box::new(Counters)]);
    let arguments = std::iter::once("model").chain(arguments.iter().copied());
    run(&catalogue, &Arguments::try_parse_from(arguments).unwrap().command, &mut |_| {})
}

/// What goes to standard output.
fn stdout(output: &Output) -> &str {
    let mut texts = output.texts.iter();
    texts.find(|(target, _)| *target == Target::Stdout).map_or("", |(_, text)| text)
}

/// The report without what differs from run to run.
fn stable(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.starts_with("seatrial "));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_violation_is_shown_step_by_step() {
    let output = invoke(&["check", "counter"]).unwrap();
    assert_eq!(output.code, 1);
    insta::assert_snapshot!(stable(stdout(&output)));
}

#[test]
fn a_trace_is_written_in_each_format() {
    for format in ["json", "itf", "mermaid"] {
        let output = invoke(&["check", "counter", "--trace-format", format]).unwrap();
        insta::assert_snapshot!(format!("trace_{format}"), stable(stdout(&output)));
    }
}

#[test]
fn a_document_replays() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.json");
    let output = invoke(&["check", "counter", "--output-format", "json"]).unwrap();
    let document = stdout(&output);
    std::fs::write(&path, document).unwrap();
    let path = path.to_str().unwrap();
    let output = invoke(&["replay", "counter", path]).unwrap();
    assert_eq!(
        (stdout(&output), output.code),
        ("the trace replays: 4 states, `BelowThree` is confirmed\n", 0)
    );
    for (from, to, message) in [
        ("\"action\": \"1\"", "\"action\": \"7\"", "step 2 is not enabled: unknown action `7`"),
        ("\"state\": \"1\"", "\"state\": \"9\"", "step 2: `1` leads to another `state`"),
        (
            "\"name\": \"counter\"",
            "\"name\": \"zab\"",
            "the trace is of the model `zab`, not of `counter`",
        ),
        (
            "\"bound limit\": \"5\"",
            "\"bound limit\": \"x\"",
            "bound `limit` of the trace is no number",
        ),
    ] {
        assert!(document.contains(from), "{from}");
        std::fs::write(path, document.replace(from, to)).unwrap();
        let refusal = invoke(&["replay", "counter", path]).unwrap_err();
        assert!(refusal.message.starts_with(message), "{refusal}");
    }
}

#[test]
fn formats_pair_with_files() {
    let check = |flags: &str| {
        let flags = flags.split(' ').filter(|flag| !flag.is_empty());
        invoke(&["check", "counter"].into_iter().chain(flags).collect::<Vec<_>>())
    };
    let both = check("--output-format=json --output-format=full --output=r --trace-format=itf --trace-output=t --trace-format=mermaid").unwrap();
    let file = |name: &str| Target::File(name.into());
    let targets: Vec<&Target> = both.texts.iter().map(|(target, _)| target).collect();
    assert_eq!(targets, [&file("r"), &Target::Stdout, &file("t")]);
    for ((_, text), part) in both.texts.iter().zip(["\"verdict\"", "sequenceDiagram", "\"ITF\""]) {
        assert!(text.contains(part), "{text}");
    }
    let held = check("--property=NoTwenty --trace-output=t").unwrap();
    assert_eq!(held.texts.len(), 1, "there is no trace to write");
    for (flags, message) in [
        (
            "--output-format=json --output-format=full",
            "only one format can go to standard output: write the others to files with `--output`",
        ),
        (
            "--output=a --output=b",
            "there are more files than formats: give each `--output` its `--output-format`",
        ),
        (
            "--trace-format=itf --trace-format=json",
            "a report shows a trace in one format only: write the others to files with `--trace-output`",
        ),
        (
            "--output-format=json --trace-format=itf",
            "no report shows a trace as `itf`: write it to a file with `--trace-output`",
        ),
        (
            "--trace-output=a --trace-output=b",
            "there are more files than formats: give each `--trace-output` its `--trace-format`",
        ),
    ] {
        assert_eq!(check(flags).unwrap_err().message, message);
    }
}

#[test]
fn a_coarse_grain_that_loses_behaviour_is_shown() {
    let output = invoke(&["refine", "counter", "--grain", "counter=coarse"]).unwrap();
    assert_eq!(output.code, 1);
    insta::assert_snapshot!(stdout(&output));
}

#[test]
fn bad_input_names_what_is_near() {
    for (arguments, message) in [
        (
            &["check", "conter"] as &[&str],
            "unknown model `conter`; did you mean `counter`? (known: `counter`)",
        ),
        (
            &["check", "counter", "--grain", "counter=corse"],
            "unknown grain `corse`; did you mean `coarse`? (known: `coarse`, `baseline`)",
        ),
        (&["check", "counter", "--grain", "x=coarse"], "unknown module `x` (known: `counter`)"),
        (&["check", "counter", "--grain", "coarse"], "`coarse` is not of the form MODULE=GRAIN"),
        (
            &["check", "counter", "--variant", "onl"],
            "unknown variant `onl`; did you mean `only`? (known: `only`)",
        ),
        (
            &["check", "counter", "--bounds", "limt=3"],
            "unknown bound `limt`; did you mean `limit`? (known: `limit`)",
        ),
        (
            &["check", "counter", "--bounds", "limit=300"],
            "bound `limit=300` is not a number within 1 to 200",
        ),
        (
            &["check", "counter", "--bounds", "limit=99999999999999999999"],
            "bound `limit=99999999999999999999` is not a number within 1 to 200",
        ),
        (
            &["check", "counter", "--bounds", "limit=-1"],
            "bound `limit=-1` is not a number within 1 to 200",
        ),
        (
            &["check", "counter", "--bounds", "limt=x"],
            "unknown bound `limt`; did you mean `limit`? (known: `limit`)",
        ),
        (&["check", "counter", "--bounds", "limit=2,limit=3"], "bound `limit` is given twice"),
        (&["check", "counter", "--mask", "x"], "unknown bug to mask `x` (there is none)"),
        (&["check", "counter", "--composition", "x"], "unknown composition `x` (there is none)"),
        (
            &["check", "counter", "--strategy=dfs", "--threads=2"],
            "only a breadth-first search has several workers",
        ),
        (
            &["check", "counter", "--checkpoint=/no/such/folder/x"],
            "checkpoint `/no/such/folder/x` cannot be written: No such file or directory (os error 2)",
        ),
        (
            &["refine", "counter"],
            "the composition is the baseline: choose another with `--composition` or `--grain`",
        ),
    ] {
        assert_eq!(invoke(arguments).unwrap_err().message, message);
    }
}

#[test]
fn a_limit_is_undecided_and_vacuity_is_said() {
    let cut =
        invoke(&["check", "counter", "--max-depth", "2", "--output-format", "concise"]).unwrap();
    assert_eq!(
        (stdout(&cut), cut.code),
        ("counter: undecided: the limit on depth was reached\n", 3)
    );
    let vacuous = invoke(&["check", "counter", "--property", "NoTwenty"]).unwrap();
    assert_eq!(vacuous.code, 0);
    let text = stdout(&vacuous);
    assert!(text.contains("warning: property `NoTwenty` holds vacuously"), "{text}");
}

#[test]
fn changed_modules_are_fine_and_others_coarse() {
    let description = Counters.description();
    assert_eq!(description.modules_of(["counter/a.rs", "README"]), ["counter"]);
    assert!(description.modules_of(["README"]).is_empty());
    assert!(description.may_change_with(["README", "counter/a.rs"]));
    assert!(!description.may_change_with(["README"]));
    let untold = Description { modules: Vec::new(), paths: &[], ..description.clone() };
    assert!(untold.may_change_with(["README"]), "nobody knows which files are its own");
    let pair = Module { paths: &["a/one"], ..description.modules[0].clone() };
    let other = Module { name: "other", paths: &["a/two"], ..pair.clone() };
    let shared = Description { modules: vec![pair, other], paths: &["a/"], ..description };
    assert_eq!(shared.modules_of(["a/one.rs"]), ["counter"]);
    assert_eq!(shared.modules_of(["a/three.rs"]), ["counter", "other"]);
    let one = Selection { changed: vec!["other".to_owned()], ..Selection::default() };
    let grains = |description: &Description| {
        let configuration = description.configure(&one).unwrap();
        ["counter", "other"].map(|module| configuration.grain(module))
    };
    assert_eq!(grains(&shared), ["coarse", BASELINE]);
    let merged = Description { merged: &[&["counter", "other"]], ..shared };
    assert_eq!(grains(&merged), [BASELINE, BASELINE]);
    for changed in [vec![], vec!["--changed", "counter"]] {
        let arguments = [vec!["check", "counter", "--property", "NoTwenty"], changed].concat();
        assert!(stdout(&invoke(&arguments).unwrap()).contains("6 distinct"));
    }
    let refusal = invoke(&["check", "counter", "--changed-since=-x"]);
    assert!(refusal.unwrap_err().message.ends_with("that is no revision"));
}
