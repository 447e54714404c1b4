//! Snapshots of every format over one example, and properties over random reports.

mod example;
mod html;
mod random;
mod schemas;
mod text;

use crate::{Format, Report, Sources, Style, render};

/// The report in a format, without colours.
fn plain(report: &Report, sources: &Sources, format: Format) -> String {
    render(report, sources, format, Style { color: false, width: 100 }).unwrap()
}

/// The report in a format, for a snapshot: of a page without what all pages have.
fn shown(report: &Report, sources: &Sources, format: Format) -> String {
    let text = plain(report, sources, format);
    if format == Format::Html { html::bare(&text) } else { text }
}

#[test]
fn the_example_is_written_in_every_format() {
    let (report, sources) = example::example();
    for format in Format::ALL {
        insta::assert_snapshot!(format!("example_{format}"), shown(&report, &sources, format));
    }
}

#[test]
fn a_report_without_findings_is_written_in_every_format() {
    let report = example::clean();
    for format in Format::ALL {
        insta::assert_snapshot!(format!("clean_{format}"), shown(&report, &Sources::new(), format));
    }
}
