//! Patterns of RE2 as regular expressions of SMT-LIB 2: literals, classes, groups, alternatives,
//! repetitions, and anchors at the two ends.

use super::term::quoted;

/// How often a part may be repeated by a number, which Z3 unrolls.
const MAX_REPEAT: u32 = 1000;

/// How deeply groups may nest.
const MAX_DEPTH: u32 = 50;

/// The largest character of SMT-LIB strings that Unicode has as well, up to its plane 2.
const LAST: char = '\u{2ffff}';

/// The regular expression that takes exactly the texts that a pattern matches anywhere; why not,
/// where it cannot be written.
pub(super) fn regular(pattern: &str) -> Result<String, String> {
    let mut reader = Reader { rest: pattern, depth: 0 };
    let written = reader.alternatives()?;
    if reader.rest.is_empty() {
        Ok(union(&written))
    } else {
        Err(format!("`{}` in this place", reader.rest))
    }
}

/// Reads a pattern from its beginning.
struct Reader<'p> {
    rest: &'p str,
    depth: u32,
}

type Read<T> = Result<T, String>;

impl Reader<'_> {
    fn next(&mut self) -> Option<char> {
        let mut rest = self.rest.chars();
        let next = rest.next();
        self.rest = rest.as_str();
        next
    }

    fn skip(&mut self, text: &str) -> bool {
        let after = self.rest.strip_prefix(text);
        self.rest = after.unwrap_or(self.rest);
        after.is_some()
    }

    /// Alternatives of the whole pattern, where each may be anchored at its ends.
    fn alternatives(&mut self) -> Read<Vec<String>> {
        let mut written = Vec::new();
        loop {
            let start = self.skip("^") || self.skip("\\A");
            let mut parts = self.sequence()?;
            let end = self.skip("$") || self.skip("\\z");
            if !start {
                parts.insert(0, "re.all".to_owned());
            }
            if !end {
                parts.push("re.all".to_owned());
            }
            written.push(joined(&parts));
            if !self.skip("|") {
                return Ok(written);
            }
        }
    }

    fn group(&mut self) -> Read<String> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err("groups nest too deeply".to_owned());
        }
        if self.rest.starts_with('?') && !self.skip("?:") {
            return Err("a group with flags or a name".to_owned());
        }
        let mut written = Vec::new();
        loop {
            written.push(joined(&self.sequence()?));
            if !self.skip("|") {
                break;
            }
        }
        self.depth -= 1;
        if self.skip(")") { Ok(union(&written)) } else { Err("a group with an anchor".to_owned()) }
    }

    /// Parts up to what ends a sequence: `|`, `)`, an anchor at the end, or the end.
    fn sequence(&mut self) -> Read<Vec<String>> {
        let mut parts = Vec::new();
        while !self.rest.is_empty() && !self.rest.starts_with(['|', ')', '$']) {
            if self.rest.starts_with("\\z") {
                break;
            }
            let part = self.part()?;
            parts.push(self.repeated(part)?);
        }
        Ok(parts)
    }

    fn part(&mut self) -> Read<String> {
        match self.next() {
            Some('(') => self.group(),
            Some('[') => self.class(),
            Some('.') => Ok("(re.diff re.allchar (str.to_re \"\\u{a}\"))".to_owned()),
            Some('^') => Err("an anchor within the pattern".to_owned()),
            Some('\\') => self.escape(),
            Some(repeat @ ('*' | '+' | '?')) => Err(format!("`{repeat}` repeats nothing")),
            Some(other) => Ok(literal(other)),
            None => Ok(literal_text("")),
        }
    }

    fn escape(&mut self) -> Read<String> {
        let set = |ranges: &[(char, char)]| ranges_of(ranges);
        Ok(match self.next() {
            Some('d') => set(DIGIT),
            Some('w') => set(WORD),
            Some('s') => set(SPACE),
            Some('D') => complement(&set(DIGIT)),
            Some('W') => complement(&set(WORD)),
            Some('S') => complement(&set(SPACE)),
            Some(other) => literal(control(other).ok_or(format!("the escape `\\{other}`"))?),
            None => return Err("a backslash at the end".to_owned()),
        })
    }

    fn repeated(&mut self, part: String) -> Read<String> {
        let written = match self.rest.chars().next() {
            Some('*') => format!("(re.* {part})"),
            Some('+') => format!("(re.+ {part})"),
            Some('?') => format!("(re.opt {part})"),
            Some('{') => return self.counted(&part),
            _ => return Ok(part),
        };
        self.next();
        self.no_further(written)
    }

    /// A lazy repetition takes the same texts; a repetition of a repetition is an error of RE2.
    fn no_further(&mut self, written: String) -> Read<String> {
        self.skip("?");
        if self.rest.starts_with(['*', '+', '?', '{']) {
            return Err("a repetition of a repetition".to_owned());
        }
        Ok(written)
    }

    fn counted(&mut self, part: &str) -> Read<String> {
        let inner = self.rest.get(1..).and_then(|rest| rest.split_once('}'));
        let Some((inner, after)) = inner else {
            return Err("a bracket that is not closed".to_owned());
        };
        let (least, most) = inner.split_once(',').unwrap_or((inner, inner));
        let number = |text: &str| {
            let number = text.parse::<u32>().ok().filter(|number| *number <= MAX_REPEAT);
            number.ok_or_else(|| format!("the repetition `{{{inner}}}`"))
        };
        let least = number(least)?;
        let written = if most.is_empty() {
            format!("(re.++ ((_ re.^ {least}) {part}) (re.* {part}))")
        } else {
            format!("((_ re.loop {least} {}) {part})", number(most)?)
        };
        self.rest = after;
        self.no_further(written)
    }

    /// A class, whose opening bracket has been read.
    fn class(&mut self) -> Read<String> {
        let negated = self.skip("^");
        let mut ranges: Vec<(char, char)> = Vec::new();
        let mut first = true;
        loop {
            let Some(character) = self.next() else { return Err("a class without end".to_owned()) };
            match character {
                ']' if !first => break,
                '[' if self.rest.starts_with(':') => return Err("a named class".to_owned()),
                '\\' => match self.next() {
                    Some('d') => ranges.extend(DIGIT),
                    Some('w') => ranges.extend(WORD),
                    Some('s') => ranges.extend(SPACE),
                    Some(other) => {
                        let from = control(other).ok_or(format!("the escape `\\{other}`"))?;
                        ranges.push(self.range(from)?);
                    }
                    None => return Err("a class without end".to_owned()),
                },
                from => ranges.push(self.range(from)?),
            }
            first = false;
        }
        let set = ranges_of(&ranges);
        Ok(if negated { complement(&set) } else { set })
    }

    /// A range that begins with a character, or the character alone.
    fn range(&mut self, from: char) -> Read<(char, char)> {
        let after = self.rest.strip_prefix('-').filter(|after| !after.starts_with(']'));
        let Some(after) = after else { return Ok((from, from)) };
        self.rest = after;
        let to = match self.next() {
            Some('\\') => self.next().and_then(control),
            other => other,
        };
        to.filter(|to| from <= *to).map(|to| (from, to)).ok_or_else(|| "an empty range".to_owned())
    }
}

const DIGIT: &[(char, char)] = &[('0', '9')];
const WORD: &[(char, char)] = &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')];
const SPACE: &[(char, char)] = &[('\t', '\n'), ('\u{c}', '\r'), (' ', ' ')];

/// The character that an escape means, if it is one character.
fn control(escaped: char) -> Option<char> {
    match escaped {
        'n' => Some('\n'),
        't' => Some('\t'),
        'r' => Some('\r'),
        'f' => Some('\u{c}'),
        'v' => Some('\u{b}'),
        other if other.is_ascii_punctuation() => Some(other),
        _ => None,
    }
}

fn literal(character: char) -> String {
    literal_text(character.encode_utf8(&mut [0; 4]))
}

fn literal_text(text: &str) -> String {
    format!("(str.to_re {})", quoted(text))
}

fn ranges_of(ranges: &[(char, char)]) -> String {
    let one = |&(from, to): &(char, char)| {
        let quote = |character: char| quoted(character.min(LAST).encode_utf8(&mut [0; 4]));
        format!("(re.range {} {})", quote(from), quote(to))
    };
    union(&ranges.iter().map(one).collect::<Vec<_>>())
}

fn complement(set: &str) -> String {
    format!("(re.diff re.allchar {set})")
}

fn joined(parts: &[String]) -> String {
    match parts {
        [] => literal_text(""),
        [one] => one.clone(),
        parts => format!("(re.++ {})", parts.join(" ")),
    }
}

fn union(parts: &[String]) -> String {
    match parts {
        [] => "re.none".to_owned(),
        [one] => one.clone(),
        parts => format!("(re.union {})", parts.join(" ")),
    }
}
