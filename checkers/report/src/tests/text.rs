//! What people read: colours, long lines, repeated questions, manual pages, statistics.

use std::sync::Arc;

use seatrial_core::{Edit, Finding, Fix, Location, Severity, SourceFile, Span, Undecided};

use super::{example, plain};
use crate::{
    Format, Report, Sources, Style, explain, render, render_statistics, rules_json, rules_text,
};

/// Escape characters made visible.
fn escaped(text: &str) -> String {
    text.replace('\u{1b}', "␛")
}

/// A report with one finding on some text of one file, and the file.
fn one(text: &str, at: &str, finding: impl FnOnce(Location) -> Finding) -> (Report, Sources) {
    let file = Arc::new(SourceFile::new("a.yaml", text));
    let start = text.find(at).unwrap();
    let location = file.location(Span::new(start, start + at.len()));
    let mut report = Report::new("0.1.0", "check", "1.37");
    report.findings.push(finding(location));
    (report, std::iter::once(file).collect())
}

fn full(report: &Report, sources: &Sources) -> String {
    let text = plain(report, sources, Format::Full);
    let (finding, _summary) = text.split_once("\n\n").unwrap();
    finding.to_owned()
}

#[test]
fn colors_are_written_where_they_are_wanted() {
    let (report, sources) = example::example();
    let style = Style { color: true, width: 100 };
    for format in [Format::Full, Format::Concise] {
        let text = render(&report, &sources, format, style).unwrap();
        insta::assert_snapshot!(format!("colored_{format}"), escaped(&text));
    }
}

#[test]
fn notes_and_labels_keep_to_the_width() {
    let long = "StatefulSet shop/search goes in order: it touches no other pod before old pod 2 of \
                shop/search (not ready on node worker-2) is ready";
    let (report, sources) = one("metadata:\n  name: search\n", "search", |location| {
        Finding::new("stuck-rollback", Severity::Error, location.clone(), "a rollback gets stuck")
            .labelled(long)
            .related_to(Location { line: 1, column: 1, ..location }, long)
            .because(long)
            .because("ask a cluster: `kubectl auth can-i get pods/example --namespace=default --as=somebody --as-group=developers`")
            .help(long)
    });
    insta::assert_snapshot!(full(&report, &sources));
}

#[test]
fn a_long_line_is_trimmed_around_the_place() {
    let text =
        format!("{{\"a\": \"{}\", \"b\": 1, \"c\": \"{}\"}}", "x".repeat(900), "y".repeat(900));
    let (report, sources) = one(&text, "\"b\"", |location| {
        Finding::new("unknown-field", Severity::Error, location, "unknown field `b`")
            .labelled("not a field")
    });
    insta::assert_snapshot!(full(&report, &sources));
}

#[test]
fn a_place_far_to_the_right_is_named_but_not_shown() {
    let text = format!("\"{}\": here", "x".repeat(20_000));
    let (report, sources) = one(&text, "here", |location| {
        Finding::new("unknown-field", Severity::Error, location, "unknown field `x`")
            .labelled("not a field")
    });
    insta::assert_snapshot!(full(&report, &sources));
}

#[test]
fn a_long_place_is_shown_by_its_first_line() {
    let text = "spec:\n  a: 1\n  b: 2\n  c: 3\n  d: 4\n  e: 5\n  f: 6\n  g: 7\nnext: 1\n";
    let (report, sources) = one(text, &text[..54], |location| {
        Finding::new("x", Severity::Warning, location, "the whole `spec` is odd")
    });
    insta::assert_snapshot!(full(&report, &sources));
}

#[test]
fn tabs_and_wide_characters_do_not_move_the_underline() {
    let (report, sources) = one("\t名前:\tvalue # ü\r\nx: 1\r\n", "value", |location| {
        Finding::new("x", Severity::Error, location, "wrong").labelled("this")
    });
    insta::assert_snapshot!(full(&report, &sources));
}

#[test]
fn places_far_apart_in_a_file_are_shown_apart() {
    let text = format!("first: 1\n{}last: 2\n", "# between\n".repeat(100));
    let (mut report, sources) = one(&text, "last", |location| {
        Finding::new("duplicate-key", Severity::Error, location, "defined twice")
    });
    let file = sources.get("a.yaml").unwrap();
    let first = file.location(Span::new(0, 5));
    report.findings[0] = report.findings[0].clone().related_to(first, "first defined here");
    insta::assert_snapshot!(full(&report, &sources));
}

#[test]
fn certain_edits_are_shown_as_changed_lines_and_overlapping_ones_in_words() {
    let text = "apiVersion: extensions/v1beta1\nkind: Ingress\nx: 1\n";
    let (mut report, sources) = one(text, "extensions/v1beta1", |location| {
        Finding::new("removed-api", Severity::Error, location, "removed in 1.22")
    });
    let file = sources.get("a.yaml").unwrap();
    let edit = |start, end, replacement: &str| Edit {
        location: file.location(Span::new(start, end)),
        replacement: replacement.to_owned(),
    };
    let apart = vec![edit(12, 30, "networking.k8s.io/v1"), edit(45, 50, "")];
    report.findings[0].fix = Some(Fix { edits: apart, ..Fix::of_words("write this") });
    insta::assert_snapshot!("edits_apart", full(&report, &sources));
    let overlapping = vec![edit(12, 30, "a"), edit(20, 25, "b")];
    report.findings[0].fix = Some(Fix { edits: overlapping, ..Fix::of_words("write this") });
    assert!(full(&report, &sources).ends_with("= help: write this"));
}

#[test]
fn a_question_is_asked_once_for_all_its_places() {
    let mut report = Report::new("0.1.0", "check", "1.37");
    report.undecided = (1..=5)
        .map(|line| Undecided {
            location: Location { line, ..Location::start_of("a.yaml".into()) },
            rule: "deploy-rights".into(),
            reason: "`authorizer` needs a cluster".into(),
            resource: None,
        })
        .collect();
    insta::assert_snapshot!(plain(&report, &Sources::new(), Format::Full));
}

#[test]
fn a_run_that_met_nothing_says_so() {
    let mut report = Report::new("0.1.0", "check", "1.37");
    let concise = |report: &Report| plain(report, &Sources::new(), Format::Concise);
    assert_eq!(concise(&report), "no manifest found: nothing was checked\n");
    report.coverage.files.add("a.yaml", crate::FileOutcome::Template);
    assert_eq!(
        concise(&report),
        "no Kubernetes object in 1 file: nothing was checked (1 template)\n"
    );
}

#[test]
fn undecided_is_not_shown_in_the_colour_of_success() {
    let style = Style { color: true, width: 80 };
    let mut report = example::clean();
    let painted = |report: &Report| {
        let text = render(report, &Sources::new(), Format::Concise, style).unwrap();
        escaped(text.lines().last().unwrap()).starts_with("␛")
    };
    assert!(painted(&report));
    report.undecided.push(Undecided {
        location: Location::start_of("a.yaml".into()),
        rule: "x".into(),
        reason: "y".into(),
        resource: None,
    });
    assert!(!painted(&report));
}

#[test]
fn statistics_are_a_table() {
    let (mut report, sources) = example::example();
    report.with_statistics = true;
    insta::assert_snapshot!(render_statistics(&report.statistics(), Style::PLAIN));
    for format in [Format::Full, Format::Concise] {
        assert!(plain(&report, &sources, format).contains("severity  rule"));
    }
    let none = example::clean().statistics();
    assert_eq!(render_statistics(&none, Style::PLAIN), "");
}

#[test]
fn rules_are_listed_by_part_and_id() {
    let rules = example::example().0.rules;
    insta::assert_snapshot!("rules", rules_text(&rules, Style::PLAIN));
    let reversed: Vec<_> = rules.iter().rev().cloned().collect();
    assert_eq!(rules_text(&reversed, Style::PLAIN), rules_text(&rules, Style::PLAIN));
    assert_eq!(rules_json(&reversed).unwrap(), rules_json(&rules).unwrap());
}

#[test]
fn a_manual_page_is_laid_out() {
    let rule = seatrial_core::Rule {
        id: "service-selector-unmatched".into(),
        part: seatrial_core::Part::Reference,
        severity: Severity::Error,
        summary: "a Service whose `selector` matches no pod".into(),
        explanation: PAGE.into(),
    };
    insta::assert_snapshot!("page", explain(&rule, Style { color: false, width: 60 }));
    let colored = explain(&rule, Style { color: true, width: 60 });
    insta::assert_snapshot!("page_colored", escaped(&colored));
}

const PAGE: &str = "\
## What it checks

That the labels of at least one pod template in the namespace of a Service
match **all** of `spec.selector`.

## What to do

* Compare `spec.selector` with the labels of the pod template, which stand in \
`spec.template.metadata.labels`.
- Or leave the selector away:
  the endpoints are then managed by hand.

1. First.
2. Second, with an unclosed ` backtick and 2 ** 3.

```yaml
selector:
\tapp: web   # \u{1b}[31mred
```
## References
<https://kubernetes.io/docs/concepts/services-networking/service/>
";
