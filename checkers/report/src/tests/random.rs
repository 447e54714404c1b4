//! Properties that hold whatever a report says.

use std::collections::BTreeSet;
use std::sync::Arc;

use proptest::prelude::*;
use seatrial_core::{
    Bound, Changed, Edit, Finding, Fix, Location, Part, Related, ResourceId, Rule, Severity,
    SourceFile, Span, Step, Story, Undecided,
};
use serde_json::Value;

use super::schemas::problems;
use crate::{
    CheckedObject, FileOutcome, Format, Report, Sources, Style, Suppressed, SuppressedBy, render,
};

/// Texts with everything that a format or a terminal could stumble over.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        6 => "[a-z/ .-]{0,8}",
        1 => prop::sample::select(vec![
            "\n", "\r\n", "\r", "\t", "\u{1b}[31m", "\u{1b}]0;x\u{7}", "\u{9b}2J", "\0", "\u{85}",
            "\u{feff}", "\u{fffe}", "\u{ffff}", "\u{202e}", "\u{200d}", "]]>", "<&\"'>", "%0A", "::",
            "é", "名前", "👩‍💻", "`", "**", "{{", "\\", "e\u{301}", "\u{2028}", "#", "```", "* ",
        ])
        .prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

fn severity() -> impl Strategy<Value = Severity> {
    prop::sample::select(Severity::ALL.to_vec())
}

fn resource() -> impl Strategy<Value = ResourceId> {
    (text(), text(), prop::option::of(text()), text()).prop_map(
        |(api_version, kind, namespace, name)| ResourceId { api_version, kind, namespace, name },
    )
}

type Files = Arc<Vec<Arc<SourceFile>>>;

/// A place in one of the files, on character boundaries or not, within the file or not; or in a
/// file that is not there.
fn location(files: Files) -> impl Strategy<Value = Location> {
    let known = (any::<prop::sample::Index>(), 0..60_usize, 0..60_usize).prop_map(
        move |(file, start, length)| {
            let file = file.get(&files);
            file.location(Span::new(start, start + length))
        },
    );
    let unknown = (text(), 1..9_u32).prop_map(|(path, line)| {
        let start = Location::start_of(path.into());
        Location { line, end_line: line + 1, span: Span { start: 9, end: 3 }, ..start }
    });
    prop_oneof![
        6 => known,
        1 => unknown,
        1 => text().prop_map(|path| Location::start_of(path.into())),
    ]
}

fn fix(files: Files) -> impl Strategy<Value = Fix> {
    let edit = (location(files), text())
        .prop_map(|(location, replacement)| Edit { location, replacement });
    (text(), prop::collection::vec(edit, 0..3))
        .prop_map(|(description, edits)| Fix { edits, ..Fix::of_words(description) })
}

fn story(files: Files) -> impl Strategy<Value = Story> {
    let changed = (text(), prop::option::of(text()), prop::option::of(text()))
        .prop_map(|(place, from, to)| Changed { place, from, to });
    let step =
        (text(), text(), prop::collection::vec(changed, 0..3), prop::option::of(location(files)))
            .prop_map(|(who, what, changes, location)| Step { who, what, changes, location });
    let rest = (prop::option::of(0..3_usize), prop::option::of(text()), prop::option::of(text()));
    let initial = prop::collection::btree_map(text(), text(), 0..3);
    (initial, prop::collection::vec(step, 0..4), rest).prop_map(
        |(initial, steps, (repeats_from, end, gist))| Story {
            initial,
            steps,
            repeats_from,
            end,
            gist,
        },
    )
}

fn finding(files: Files) -> impl Strategy<Value = Finding> {
    let related = (location(files.clone()), text())
        .prop_map(|(location, message)| Related { location, message });
    let words = (text(), text(), prop::option::of(text()));
    let object = prop::option::of((resource(), text().prop_map(|text| format!("/{text}"))));
    (
        location(files.clone()),
        severity(),
        words,
        object,
        prop::collection::vec(related, 0..3),
        prop::collection::vec(text(), 0..3),
        prop::option::of(story(files.clone())),
        prop::option::of(fix(files)),
    )
        .prop_map(|(location, severity, words, object, related, evidence, story, fix)| {
            let (rule, message, label) = words;
            let (resource, pointer) = object.unzip();
            let plain = Finding::new(rule, severity, location, message);
            Finding { label, resource, pointer, related, evidence, story, fix, ..plain }
        })
}

fn suppressed(files: Files) -> impl Strategy<Value = Suppressed> {
    let by = prop::sample::select(vec![
        SuppressedBy::Comment,
        SuppressedBy::Annotation,
        SuppressedBy::Configuration,
        SuppressedBy::Baseline,
    ]);
    (finding(files.clone()), by, text(), prop::option::of(location(files))).prop_map(
        |(finding, suppressed_by, reason, suppressed_at)| Suppressed {
            finding,
            suppressed_by,
            reason,
            suppressed_at,
        },
    )
}

fn undecided(files: Files) -> impl Strategy<Value = Undecided> {
    (location(files), text(), text(), prop::option::of(resource())).prop_map(
        |(location, rule, reason, resource)| Undecided {
            location,
            rule: rule.into(),
            reason,
            resource,
        },
    )
}

fn part() -> impl Strategy<Value = Part> {
    prop::sample::select(vec![Part::Parse, Part::Schema, Part::Invariant, Part::Reference])
}

fn rule() -> impl Strategy<Value = Rule> {
    (text(), part(), severity(), text(), text()).prop_map(
        |(id, part, severity, summary, explanation)| Rule {
            id: id.into(),
            part,
            severity,
            summary: summary.into(),
            explanation: explanation.into(),
        },
    )
}

fn report_on(files: Files) -> impl Strategy<Value = Report> {
    let object = (location(files.clone()), resource())
        .prop_map(|(location, resource)| CheckedObject { location, resource });
    let bound = (text(), text()).prop_map(|(name, value)| Bound { name, value });
    let outcome = prop::sample::select(vec![
        FileOutcome::Checked,
        FileOutcome::Template,
        FileOutcome::Unreadable,
    ]);
    (
        prop::collection::vec(finding(files.clone()), 0..6),
        prop::collection::vec(suppressed(files.clone()), 0..2),
        prop::collection::vec(undecided(files), 0..3),
        prop::collection::vec(rule(), 0..3),
        prop::collection::vec(object, 0..4),
        (prop::collection::vec(bound, 0..2), severity(), any::<bool>(), text()),
        prop::collection::vec((text(), outcome, text()), 0..4),
    )
        .prop_map(|(findings, suppressed, undecided, rules, objects, more, met)| {
            let (bounds, fail_on, with_statistics, version) = more;
            let mut report = Report {
                fail_on,
                bounds,
                objects,
                findings,
                suppressed,
                undecided,
                rules,
                with_statistics,
                fixes: None,
                ..Report::new(&version, "check", &version)
            };
            for (path, outcome, kind) in met {
                report.coverage.files.add(&path, outcome);
                report.coverage.objects.add_without_schema(&path, &kind);
            }
            report.sorted()
        })
}

fn report() -> impl Strategy<Value = (Report, Sources)> {
    let file = |name: &'static str| {
        prop::collection::vec(text(), 0..6)
            .prop_map(move |lines| Arc::new(SourceFile::new(name, lines.join("\n"))))
    };
    (file("a.yaml"), file("dir/b c.yaml")).prop_flat_map(|(a, b)| {
        let files: Files = Arc::new(vec![a, b]);
        let sources: Sources = files.iter().cloned().collect();
        report_on(files).prop_map(move |report| {
            let files = sources.iter().cloned();
            (report, files.collect())
        })
    })
}

/// Whether a terminal merely shows a text.
fn is_shown(text: &str) -> bool {
    text.chars()
        .all(|c| c == '\n' || crate::text::clean(c.encode_utf8(&mut [0; 4])) == c.to_string())
}

/// The text without colours.
fn colorless(text: &str) -> String {
    let mut pieces = text.split("\u{1b}[");
    let plain = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(plain, |plain, piece| {
        let (codes, rest) = piece.split_once('m').unwrap();
        assert!(codes.chars().all(|c| c.is_ascii_digit() || c == ';'), "{codes:?}");
        plain + rest
    })
}

proptest! {
    #[test]
    fn any_report_is_written_in_every_format((report, sources) in report(), width in 0..200_usize) {
        for format in Format::ALL {
            let style = Style { color: false, width };
            let written = render(&report, &sources, format, style).unwrap();
            prop_assert_eq!(&written, &render(&report, &sources, format, style).unwrap());
            prop_assert!(written.ends_with('\n'));
            prop_assert_eq!(problems(format, &written), [""; 0], "{}", format);
        }
    }

    #[test]
    fn no_text_reaches_the_terminal_as_a_command((report, sources) in report()) {
        for format in [Format::Full, Format::Concise, Format::Github] {
            let plain = render(&report, &sources, format, Style::PLAIN).unwrap();
            prop_assert!(is_shown(&plain), "{plain:?}");
            let colored = Style { color: true, ..Style::PLAIN };
            let colored = render(&report, &sources, format, colored).unwrap();
            prop_assert_eq!(colorless(&colored), plain);
        }
        prop_assert!(is_shown(&crate::rules_text(&report.rules, Style::PLAIN)));
        for rule in &report.rules {
            let colored = crate::explain(rule, Style { color: true, width: 60 });
            let plain = crate::explain(rule, Style { color: false, width: 60 });
            prop_assert!(is_shown(&plain), "{plain:?}");
            prop_assert!(is_shown(&colorless(&colored)), "{colored:?}");
        }
    }

    #[test]
    fn every_finding_has_its_line_and_its_own_fingerprint((mut report, sources) in report()) {
        report.with_statistics = false;
        let items = report.findings.len() + report.undecided.len();
        for format in [Format::Concise, Format::Github] {
            let written = render(&report, &sources, format, Style::PLAIN).unwrap();
            prop_assert_eq!(written.lines().count(), items + 1);
            let command = |line: &&str| line.starts_with("::");
            let commands = written.lines().take(items).filter(command).count();
            prop_assert!(format == Format::Concise || commands == items);
        }
        let written = render(&report, &sources, Format::Gitlab, Style::PLAIN).unwrap();
        let issues: Vec<Value> = serde_json::from_str(&written).unwrap();
        let prints: BTreeSet<_> = issues.iter().map(|i| i["fingerprint"].to_string()).collect();
        prop_assert_eq!((issues.len(), prints.len()), (items, items));
    }
}
