//! Patterns of RE2, which the API server uses, in the syntax of the `regex` crate.
//!
//! Both are of one family, but some characters mean more here: `\d`, `\w`, `\s` and `\b` would take
//! all of Unicode instead of ASCII, brackets would nest within brackets, `&&` and `~~` would combine
//! sets, `\<` and `\>` would match where words begin and end, and `\Q…\E` would be an error.

/// The same pattern in the other syntax.
pub(super) fn translated(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() + 16);
    let mut rest = pattern.chars();
    while let Some(character) = rest.next() {
        match character {
            '\\' => escape(&mut rest, false, &mut out),
            '[' => class(&mut rest, &mut out),
            other => out.push(other),
        }
    }
    out
}

/// Writes an escape, whose backslash has been read.
fn escape(rest: &mut std::str::Chars<'_>, in_class: bool, out: &mut String) {
    const DIGIT: &str = "0-9";
    const WORD: &str = "0-9A-Za-z_";
    const SPACE: &str = r"\t\n\x0C\r ";
    let Some(kind) = rest.next() else {
        out.push('\\');
        return;
    };
    let mut set = |members: &str, negated: bool| match (in_class, negated) {
        (true, false) => out.push_str(members),
        (_, true) => out.extend(["[^", members, "]"]),
        (false, false) => out.extend(["[", members, "]"]),
    };
    match kind {
        'd' => set(DIGIT, false),
        'D' => set(DIGIT, true),
        'w' => set(WORD, false),
        'W' => set(WORD, true),
        's' => set(SPACE, false),
        'S' => set(SPACE, true),
        'b' | 'B' if !in_class => out.extend(["(?-u:\\", &kind.to_string(), ")"]),
        '<' | '>' => out.push(kind),
        'Q' if !in_class => {
            let text = rest.as_str();
            let (quoted, after) = text.split_once("\\E").unwrap_or((text, ""));
            out.push_str(&regex::escape(quoted));
            *rest = after.chars();
        }
        other => out.extend(['\\', other]),
    }
}

/// Writes a bracketed class, whose opening bracket has been read.
fn class(rest: &mut std::str::Chars<'_>, out: &mut String) {
    out.push('[');
    if let Some(after) = rest.as_str().strip_prefix('^') {
        out.push('^');
        *rest = after.chars();
    }
    // A bracket that closes nothing yet stands for itself.
    if let Some(after) = rest.as_str().strip_prefix(']') {
        out.push_str("\\]");
        *rest = after.chars();
    }
    while let Some(character) = rest.next() {
        match character {
            ']' => {
                out.push(']');
                return;
            }
            '\\' => escape(rest, true, out),
            '[' => match rest.as_str().strip_prefix(':').and_then(|name| name.split_once(":]")) {
                Some((name, after)) => {
                    out.extend(["[:", name, ":]"]);
                    *rest = after.chars();
                }
                None => out.push_str("\\["),
            },
            '&' | '~' => out.extend(['\\', character]),
            other => out.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use regex::Regex;

    use super::*;

    #[test]
    fn patterns_match_as_in_re2() {
        for (pattern, text, matches) in [
            (r"^\d+$", "123", true),
            (r"^\d+$", "١٢٣", false),
            (r"^\D$", "١", true),
            (r"^\w+$", "a_1", true),
            (r"^\w+$", "é", false),
            (r"^[\w.-]+$", "a.b-c", true),
            (r"^[^\s]+$", "a\u{a0}", true),
            (r"^[\S]+$", "ab", true),
            (r"\bfoo\b", "a foo b", true),
            (r"\bfoo\b", "éfoo", true),
            ("^[a[b]$", "[", true),
            ("^[a&&b]$", "&", true),
            ("^[]a]$", "]", true),
            ("^[[:alpha:]]+$", "abc", true),
            (r"^\Qa.b\E$", "a.b", true),
            (r"^\Qa.b\E$", "axb", false),
            (r"^\<a\>$", "<a>", true),
            (r"^(?i)é$", "É", true),
            (r"^.$", "é", true),
            (r"^\.\/\-$", "./-", true),
            (r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$", "a-b.c", true),
            (r"^[^:]+:[^:]+$", "a:b", true),
            (r"^\\$", r"\", true),
        ] {
            let regex = Regex::new(&translated(pattern)).unwrap();
            assert_eq!(regex.is_match(text), matches, "{pattern} on {text}");
        }
    }
}
