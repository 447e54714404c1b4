//! Prose in lines.

use unicode_width::UnicodeWidthStr;

/// Breaks text into lines of at most `width` columns, at spaces that are not in `code`; what is
/// longer than a line gets its own.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in words(text) {
        let Some(line) = lines.last_mut() else { break };
        if line.is_empty() {
            line.push_str(&word);
        } else if columns(line) + 1 + columns(&word) <= width {
            line.push(' ');
            line.push_str(&word);
        } else {
            lines.push(word);
        }
    }
    lines
}

/// Folds the lines of a text that are longer than `width` columns at spaces, the rest indented.
/// Those of a table, in which words stand several spaces apart, stay as they are.
pub fn folded(text: &str, width: usize) -> String {
    let fold = |line: &str| {
        let prose = line.trim_start_matches(' ');
        if columns(line) <= width || prose.contains("  ") {
            return format!("{line}\n");
        }
        let indent = line.len() - prose.len();
        let lines = wrap(prose, width.saturating_sub(indent + HANGING));
        let rest = format!("\n{:1$}", "", indent + HANGING);
        format!("{:indent$}{}\n", "", lines.join(&rest))
    };
    text.lines().map(fold).collect()
}

/// How much further the folded rest of a line is indented.
const HANGING: usize = 4;

/// What stands between spaces; `code` with its spaces is one word.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let has_code = text.matches('`').count().is_multiple_of(2);
    let mut in_code = false;
    for piece in text.split_whitespace() {
        match words.last_mut().filter(|_| in_code) {
            Some(word) => {
                word.push(' ');
                word.push_str(piece);
            }
            None => words.push(piece.to_owned()),
        }
        in_code ^= has_code && !piece.matches('`').count().is_multiple_of(2);
    }
    words
}

/// How many columns a text takes, colours aside.
pub(crate) fn columns(text: &str) -> usize {
    let mut pieces = text.split('\u{1b}');
    let plain = pieces.next().map_or(0, UnicodeWidthStr::width);
    plain
        + pieces
            .map(|piece| piece.split_once('m').map_or(0, |(_, rest)| rest.width()))
            .sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_at_spaces_and_never_in_code() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("run `a b c d` now", 8), ["run", "`a b c d`", "now"]);
        assert_eq!(wrap("`a` b `c d", 5), ["`a` b", "`c d"]);
        assert_eq!(wrap("", 5), [""]);
    }

    #[test]
    fn long_lines_are_folded_and_tables_are_not() {
        let text = "short\n  one two three four\na  table of many columns\n";
        let wanted = "short\n  one two\n      three\n      four\na  table of many columns\n";
        assert_eq!(folded(text, 14), wanted);
        assert_eq!(folded(text, 100), text);
    }
}
