//! Comments, which trees do not carry.

use seatrial_core::Span;

use crate::tree::{Node, Value};

/// A comment of a YAML file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Comment<'a> {
    /// From the `#` to the end of the line.
    pub span: Span,
    /// The text behind the `#`, without surrounding white space.
    pub text: &'a str,
    /// Whether nothing else stands on its line.
    pub alone: bool,
}

/// The comments of a YAML file whose documents have these trees. A `#` within one of their scalars
/// is none.
pub fn comments<'a, 'n>(
    text: &'a str,
    trees: impl IntoIterator<Item = &'n Node>,
) -> Vec<Comment<'a>> {
    let mut scalars = Vec::new();
    for tree in trees {
        collect_scalars(tree, &mut scalars);
    }
    scalars.sort_unstable();
    let mut found = Vec::new();
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        if let Some(comment) = comment_of_line(line, offset, &scalars) {
            found.push(comment);
        }
        offset += line.len();
    }
    found
}

fn comment_of_line<'a>(line: &'a str, offset: usize, scalars: &[Span]) -> Option<Comment<'a>> {
    let content = line.trim_end();
    let hash = content.match_indices('#').map(|(at, _)| at).find(|&at| {
        let before = content.get(..at).unwrap_or_default();
        (before.is_empty() || before.ends_with([' ', '\t'])) && !within(offset + at, scalars)
    })?;
    Some(Comment {
        span: Span::new(offset + hash, offset + content.len()),
        text: content.get(hash + 1..)?.trim(),
        alone: content.get(..hash)?.trim().is_empty(),
    })
}

/// Whether an offset lies in one of the spans, which are sorted and do not overlap but for
/// repetitions (a node behind an alias).
fn within(offset: usize, scalars: &[Span]) -> bool {
    let after = scalars.partition_point(|span| span.start as usize <= offset);
    after.checked_sub(1).and_then(|i| scalars.get(i)).is_some_and(|s| offset < s.end as usize)
}

fn collect_scalars(node: &Node, spans: &mut Vec<Span>) {
    match &node.value {
        Value::Sequence(items) => items.iter().for_each(|item| collect_scalars(item, spans)),
        Value::Mapping(map) => {
            for entry in &map.entries {
                spans.push(entry.key.span);
                collect_scalars(&entry.value, spans);
            }
        }
        _ => spans.push(node.span),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_in_a_scalar_is_no_comment() {
        let text = "# top\na: 'x # y' # one\nb: c#d\nc: |\n  # not\n  text\n# end";
        let parsed = crate::yaml(text);
        let found = comments(text, parsed.documents.iter().map(|document| &document.root));
        let texts: Vec<_> = found.iter().map(|c| (c.text, c.alone)).collect();
        assert_eq!(texts, [("top", true), ("one", false), ("end", true)]);
    }
}
