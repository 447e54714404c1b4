//! Comments of flat and XML configurations.

use seatrial_core::Span;

use super::scan::lines;
use super::{Dialect, Settings};
use crate::Comment;

/// The comments of a text that was read so. What looks like one within a value is none.
pub fn comments<'a>(text: &'a str, dialect: Dialect, settings: &Settings) -> Vec<Comment<'a>> {
    // Each setting ends behind the one before, so that the last one that begins before a place is
    // the only one that it can lie in.
    let mut taken: Vec<Span> = settings
        .settings
        .iter()
        .filter(|setting| setting.value_span.start < setting.value_span.end)
        .map(|setting| setting.value_span)
        .collect();
    taken.sort_unstable();
    let is_taken = |at: usize| {
        let before = taken.partition_point(|span| span.start as usize <= at);
        let last = before.checked_sub(1).and_then(|last| taken.get(last));
        last.is_some_and(|span| at < span.end as usize)
    };
    match dialect {
        Dialect::HadoopXml => of_xml(text, &is_taken),
        _ => lines(text)
            .filter_map(|(start, line)| of_line(line, start, dialect, &is_taken))
            .collect(),
    }
}

fn of_line<'a>(
    line: &'a str,
    start: usize,
    dialect: Dialect,
    is_taken: &impl Fn(usize) -> bool,
) -> Option<Comment<'a>> {
    let marks: &[char] = match dialect {
        Dialect::KeyValue | Dialect::Ini => &['#', ';'],
        Dialect::Properties => &['#', '!'],
        _ => &['#'],
    };
    let indent = line.len() - line.trim_start().len();
    let behind = matches!(dialect, Dialect::Postgresql | Dialect::Django | Dialect::Yaml);
    let begins = |(at, _): &(usize, &str)| {
        let alone = *at == indent;
        let spaced = line.get(..*at).is_some_and(|before| before.ends_with([' ', '\t']));
        (alone || (behind && (spaced || dialect != Dialect::Yaml))) && !is_taken(start + at)
    };
    let (at, _) = line.match_indices(marks).find(begins)?;
    let text = line.get(at + 1..).unwrap_or_default().trim();
    Some(Comment { span: Span::new(start + at, start + line.len()), text, alone: at == indent })
}

fn of_xml<'a>(text: &'a str, is_taken: &impl Fn(usize) -> bool) -> Vec<Comment<'a>> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(begin) = text.get(from..).and_then(|rest| rest.find("<!--")) {
        let start = from + begin;
        let inner = text.get(start + 4..).unwrap_or_default();
        let Some(length) = inner.find("-->") else { break };
        from = start + 4 + length + 3;
        if !is_taken(start) {
            let before = text.get(..start).unwrap_or_default();
            let line =
                before.rfind('\n').map_or(before, |at| before.get(at + 1..).unwrap_or_default());
            let span = Span::new(start, from);
            let text = inner.get(..length).unwrap_or_default().trim();
            found.push(Comment { span, text, alone: line.trim().is_empty() });
        }
    }
    found
}
