//! Regular expressions of web servers, as far as they are regular: what PCRE (without UTF-8, in the
//! C locale) finds anywhere in a text is found by an automaton.
//!
//! Look-around, back-references, atomic groups, possessive quantifiers and whatever else is not read
//! here is refused with a reason: what rests on it is then unknown. Whether a repetition is lazy
//! makes no difference to whether there is a match.

mod place;

use std::fmt;

use regex_automata::meta::Regex;
use regex_syntax::hir::{Class, ClassBytes, ClassBytesRange, Hir, Look, Repetition};

/// How large the program of one expression may get, in bytes.
const PROGRAM_BYTES: usize = 1 << 20;
/// How often a part may be repeated by number.
const MOST_REPEATS: u32 = 1000;
/// What ends a part of a path, where an expression is found in one part.
pub(crate) const PART_END: u8 = b'/';
/// How deeply groups may nest.
const DEPTH: usize = 64;

/// A regular expression.
#[derive(Clone)]
pub struct Pattern {
    text: String,
    caseless: bool,
    hir: Hir,
    program: Regex,
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pattern({self})")
    }
}

impl fmt::Display for Pattern {
    /// Writes `~ text`, or `~* text` where case makes no difference.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "~{} {}", if self.caseless { "*" } else { "" }, self.text)
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        (&self.text, self.caseless) == (&other.text, other.caseless)
    }
}

impl Pattern {
    /// Reads an expression.
    ///
    /// # Errors
    ///
    /// What in it is not modelled, as a lower-case fragment.
    pub fn read(text: &str, caseless: bool) -> Result<Self, String> {
        Self::of_dialect(text, caseless, false)
    }

    /// Reads an expression in which `.` is a line feed, too, and `$` is the very end, as httpd has it.
    ///
    /// # Errors
    ///
    /// What in it is not modelled, as a lower-case fragment.
    pub fn read_whole(text: &str, caseless: bool) -> Result<Self, String> {
        Self::of_dialect(text, caseless, true)
    }

    fn of_dialect(text: &str, caseless: bool, whole: bool) -> Result<Self, String> {
        let bytes = text.as_bytes();
        let mut reader = Reader { bytes, at: 0, caseless, whole, depth: 0, ended: false };
        let hir = reader.alternatives()?;
        if reader.at < reader.bytes.len() {
            return Err("an unmatched `)`".to_owned());
        }
        Self::built(text.to_owned(), caseless, hir)
    }

    /// An expression that is found by what was read of it.
    fn built(text: String, caseless: bool, hir: Hir) -> Result<Self, String> {
        let config = Regex::config()
            .nfa_size_limit(Some(PROGRAM_BYTES))
            .onepass_size_limit(Some(PROGRAM_BYTES))
            .line_terminator(PART_END)
            .utf8_empty(false);
        let program = Regex::builder().configure(config).build_from_hir(&hir);
        let program = program.map_err(|_| "an expression that is too large".to_owned())?;
        Ok(Self { text, caseless, hir, program })
    }

    /// Whether it is found anywhere in a text.
    pub fn is_found_in(&self, text: &[u8]) -> bool {
        self.program.is_match(text)
    }

    /// The expression, for automata.
    pub(crate) const fn hir(&self) -> &Hir {
        &self.hir
    }

    /// The text of the expression.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The texts that it matches as a whole, where these are a few that are written out:
    /// `^(GET|HEAD)$`.
    pub fn words(&self) -> Option<Vec<&str>> {
        let inner = self.text.strip_prefix('^')?.strip_suffix('$')?;
        let inner = match inner.strip_prefix("(?:").or_else(|| inner.strip_prefix('(')) {
            Some(rest) => rest.strip_suffix(')')?,
            None if inner.contains('|') => return None,
            None => inner,
        };
        let words: Vec<_> = inner.split('|').collect();
        let plain =
            |word: &&str| word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        (!self.caseless && words.iter().all(plain)).then_some(words)
    }
}

/// All bytes.
pub(crate) fn any_byte() -> Hir {
    Hir::class(Class::Bytes(ClassBytes::new([ClassBytesRange::new(0, 255)])))
}

/// Any bytes, as many as there are.
pub(crate) fn any_bytes() -> Hir {
    repeated(any_byte(), 0, None)
}

fn repeated(sub: Hir, min: u32, max: Option<u32>) -> Hir {
    Hir::repetition(Repetition { min, max, greedy: true, sub: Box::new(sub) })
}

struct Reader<'t> {
    bytes: &'t [u8],
    at: usize,
    caseless: bool,
    /// Whether line feeds are nothing special.
    whole: bool,
    depth: usize,
    /// Whether what was read last may end in `$`, behind which nothing can be modelled: it looks at
    /// a line feed without reading it.
    ended: bool,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn rest(&self) -> &[u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    fn take(&mut self, expected: &str) -> bool {
        let found = self.rest().starts_with(expected.as_bytes());
        if found {
            self.at += expected.len();
        }
        found
    }

    fn alternatives(&mut self) -> Result<Hir, String> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err("groups that nest too deeply".to_owned());
        }
        let mut alternatives = vec![self.sequence()?];
        let mut ended = self.ended;
        while self.take("|") {
            alternatives.push(self.sequence()?);
            ended |= self.ended;
        }
        self.ended = ended;
        self.depth -= 1;
        Ok(Hir::alternation(alternatives))
    }

    fn sequence(&mut self) -> Result<Hir, String> {
        let mut parts = Vec::new();
        self.ended = false;
        while let Some(next) = self.peek() {
            if matches!(next, b'|' | b')') {
                break;
            }
            if self.ended {
                return Err("a `$` that is not at the end".to_owned());
            }
            let part = self.atom()?;
            parts.push(self.quantified(part)?);
        }
        Ok(Hir::concat(parts))
    }

    fn quantified(&mut self, mut part: Hir) -> Result<Hir, String> {
        while let Some(next) = self.peek() {
            let (min, max) = match next {
                b'*' => (0, None),
                b'+' => (1, None),
                b'?' => (0, Some(1)),
                b'{' => self.bounds()?,
                _ => break,
            };
            if next != b'{' {
                self.at += 1;
            }
            if self.peek() == Some(b'+') {
                return Err("a possessive quantifier".to_owned());
            }
            self.take("?");
            part = repeated(part, min, max);
            if matches!(self.peek(), Some(b'*' | b'+' | b'?')) {
                return Err("a quantifier of a quantifier".to_owned());
            }
        }
        Ok(part)
    }

    /// `{n}`, `{n,}`, `{n,m}`.
    fn bounds(&mut self) -> Result<(u32, Option<u32>), String> {
        let refuse = || "a `{` that is no count of repetitions".to_owned();
        let end = self.rest().iter().position(|&byte| byte == b'}').ok_or_else(refuse)?;
        let text = self.bytes.get(self.at + 1..self.at + end).unwrap_or_default();
        let text = std::str::from_utf8(text).map_err(|_| refuse())?;
        let number = |text: &str| {
            let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            let number = text.parse().ok().filter(|&number: &u32| plain && number <= MOST_REPEATS);
            number.ok_or_else(refuse)
        };
        let bounds = match text.split_once(',') {
            None => (number(text)?, Some(number(text)?)),
            Some((min, "")) => (number(min)?, None),
            Some((min, max)) => (number(min)?, Some(number(max)?)),
        };
        if bounds.1.is_some_and(|max| max < bounds.0) {
            return Err(refuse());
        }
        self.at += end + 1;
        Ok(bounds)
    }

    fn atom(&mut self) -> Result<Hir, String> {
        let Some(next) = self.peek() else { return Ok(Hir::empty()) };
        self.at += 1;
        match next {
            b'(' => self.group(),
            b'[' => self.class(),
            b'.' if self.whole => Ok(any_byte()),
            b'.' => Ok(set(&negated(&[(b'\n', b'\n')]))),
            b'^' => Ok(Hir::look(Look::Start)),
            b'$' if self.whole => Ok(Hir::look(Look::End)),
            b'$' => Ok(self.end_or_last_line()),
            b'\\' => self.escape(),
            b'*' | b'+' | b'?' => Err("a quantifier of nothing".to_owned()),
            b'{' => Err("a `{` that is no count of repetitions".to_owned()),
            byte => Ok(self.literal(byte)),
        }
    }

    /// `$`: at the end, or before a line feed that is the last character.
    fn end_or_last_line(&mut self) -> Hir {
        self.ended = true;
        let before = Hir::concat(vec![Hir::literal([b'\n']), Hir::look(Look::End)]);
        Hir::alternation(vec![Hir::look(Look::End), before])
    }

    fn literal(&self, byte: u8) -> Hir {
        if self.caseless && byte.is_ascii_alphabetic() {
            let (low, high) = (byte.to_ascii_lowercase(), byte.to_ascii_uppercase());
            return set(&[(low, low), (high, high)]);
        }
        Hir::literal([byte])
    }

    fn group(&mut self) -> Result<Hir, String> {
        let caseless = self.caseless;
        if self.take("?") {
            if self.take(":") {
            } else if let Some(length) = name_of_group(self.rest()) {
                self.at += length;
            } else if self.take("i:") {
                self.caseless = true;
            } else if self.take("i)") {
                // To the end of the enclosing group, alternatives included: only at the beginning of
                // the whole is that the same as from here on.
                if self.at != "(?i)".len() {
                    return Err("an option in the midst".to_owned());
                }
                self.caseless = true;
                return Ok(Hir::empty());
            } else {
                return Err(unmodelled_group(self.rest()).to_owned());
            }
        } else if self.peek() == Some(b'*') {
            return Err("a verb of backtracking".to_owned());
        }
        let inner = self.alternatives()?;
        self.caseless = caseless;
        if self.take(")") { Ok(inner) } else { Err("an unclosed group".to_owned()) }
    }

    fn escape(&mut self) -> Result<Hir, String> {
        let Some(next) = self.peek() else { return Err("a backslash at the end".to_owned()) };
        self.at += 1;
        if let Some(ranges) = class_of_escape(next) {
            return Ok(set(&ranges));
        }
        Ok(match next {
            b'A' => Hir::look(Look::Start),
            b'z' => Hir::look(Look::End),
            b'Z' => self.end_or_last_line(),
            b'b' => Hir::look(Look::WordAscii),
            b'B' => Hir::look(Look::WordAsciiNegate),
            b'N' => set(&negated(&[(b'\n', b'\n')])),
            b'0'..=b'9' => return Err("a back-reference or an octal number".to_owned()),
            _ => {
                let byte = self.escaped_byte(next)?;
                self.literal(byte)
            }
        })
    }

    /// The byte that an escape stands for, in a class or outside.
    fn escaped_byte(&mut self, next: u8) -> Result<u8, String> {
        Ok(match next {
            b'n' => b'\n',
            b't' => b'\t',
            b'r' => b'\r',
            b'f' => 0x0c,
            b'a' => 0x07,
            b'e' => 0x1b,
            b'x' => {
                let digits = self.rest().get(..2).and_then(|it| std::str::from_utf8(it).ok());
                let byte = digits.and_then(|it| u8::from_str_radix(it, 16).ok());
                self.at += 2;
                byte.ok_or_else(|| "an escape `\\x` without two digits".to_owned())?
            }
            byte if !byte.is_ascii_alphanumeric() => byte,
            byte => return Err(format!("the escape `\\{}`", char::from(byte))),
        })
    }

    fn class(&mut self) -> Result<Hir, String> {
        let inverse = self.take("^");
        let mut ranges: Vec<(u8, u8)> = Vec::new();
        let mut first = true;
        loop {
            if !first && self.take("]") {
                break;
            }
            first = false;
            match self.class_item()? {
                Item::Set(mut set) => ranges.append(&mut set),
                Item::Byte(from) => {
                    let range = self.peek() == Some(b'-') && self.rest().get(1) != Some(&b']');
                    if !range {
                        ranges.push((from, from));
                        continue;
                    }
                    self.at += 1;
                    match self.class_item()? {
                        Item::Byte(to) if from <= to => ranges.push((from, to)),
                        _ => return Err("a range that is none".to_owned()),
                    }
                }
            }
        }
        if self.caseless {
            ranges.extend(other_cases(&ranges));
        }
        Ok(set(&if inverse { negated(&ranges) } else { ranges }))
    }

    fn class_item(&mut self) -> Result<Item, String> {
        let Some(next) = self.peek() else { return Err("an unclosed class".to_owned()) };
        if next == b'[' && matches!(self.rest().get(1), Some(b':' | b'.' | b'=')) {
            return self.posix().map(Item::Set);
        }
        self.at += 1;
        if next != b'\\' {
            return Ok(Item::Byte(next));
        }
        let Some(escaped) = self.peek() else { return Err("an unclosed class".to_owned()) };
        self.at += 1;
        if let Some(ranges) = class_of_escape(escaped) {
            return Ok(Item::Set(ranges));
        }
        match escaped {
            b'b' => Ok(Item::Byte(0x08)),
            b'0'..=b'9' => Err("an octal number".to_owned()),
            _ => self.escaped_byte(escaped).map(Item::Byte),
        }
    }

    /// `[:alpha:]` and its kin.
    fn posix(&mut self) -> Result<Vec<(u8, u8)>, String> {
        let refuse = || "a class by name that is not known".to_owned();
        let rest = self.rest();
        let end = rest.windows(2).position(|it| it == b":]").ok_or_else(refuse)?;
        let ranges: &[(u8, u8)] = match rest.get(2..end).unwrap_or_default() {
            b"alpha" => &[(b'a', b'z'), (b'A', b'Z')],
            b"digit" => &[(b'0', b'9')],
            b"alnum" => &[(b'a', b'z'), (b'A', b'Z'), (b'0', b'9')],
            b"lower" => &[(b'a', b'z')],
            b"upper" => &[(b'A', b'Z')],
            b"xdigit" => &[(b'a', b'f'), (b'A', b'F'), (b'0', b'9')],
            b"space" => &[(b'\t', b'\r'), (b' ', b' ')],
            b"punct" => &[(b'!', b'/'), (b':', b'@'), (b'[', b'`'), (b'{', b'~')],
            b"word" => &[(b'a', b'z'), (b'A', b'Z'), (b'0', b'9'), (b'_', b'_')],
            _ => return Err(refuse()),
        };
        self.at += end + 2;
        Ok(ranges.to_vec())
    }
}

enum Item {
    Byte(u8),
    Set(Vec<(u8, u8)>),
}

/// The length of `P<name>`, `<name>` or `'name'` behind `(?`, if that is what stands there.
fn name_of_group(rest: &[u8]) -> Option<usize> {
    let (open, close) = match rest {
        [b'P', b'<', ..] => (2, b'>'),
        [b'<', next, ..] if !matches!(next, b'=' | b'!') => (1, b'>'),
        [b'\'', ..] => (1, b'\''),
        _ => return None,
    };
    let name = rest.get(open..)?;
    let length = name.iter().take_while(|it| it.is_ascii_alphanumeric() || **it == b'_').count();
    (length > 0 && name.get(length) == Some(&close)).then_some(open + length + 1)
}

fn unmodelled_group(rest: &[u8]) -> &'static str {
    match rest.first() {
        Some(b'=' | b'!' | b'<') => "look-around",
        Some(b'>') => "an atomic group",
        _ => "a group of a kind that is not modelled",
    }
}

fn set(ranges: &[(u8, u8)]) -> Hir {
    let ranges = ranges.iter().map(|&(from, to)| ClassBytesRange::new(from, to));
    Hir::class(Class::Bytes(ClassBytes::new(ranges)))
}

fn negated(ranges: &[(u8, u8)]) -> Vec<(u8, u8)> {
    let inside = |byte: u8| ranges.iter().any(|&(from, to)| (from..=to).contains(&byte));
    (0..=u8::MAX).filter(|&byte| !inside(byte)).map(|byte| (byte, byte)).collect()
}

fn other_cases(ranges: &[(u8, u8)]) -> Vec<(u8, u8)> {
    let letters = ranges.iter().flat_map(|&(from, to)| from..=to);
    let letters = letters.filter(u8::is_ascii_alphabetic).map(|byte| byte ^ 0x20);
    letters.map(|byte| (byte, byte)).collect()
}

fn class_of_escape(next: u8) -> Option<Vec<(u8, u8)>> {
    let plain: &[(u8, u8)] = match next.to_ascii_lowercase() {
        b'd' => &[(b'0', b'9')],
        b'w' => &[(b'a', b'z'), (b'A', b'Z'), (b'0', b'9'), (b'_', b'_')],
        b's' => &[(b'\t', b'\r'), (b' ', b' ')],
        b'h' => &[(b'\t', b'\t'), (b' ', b' '), (0xa0, 0xa0)],
        _ => return None,
    };
    Some(if next.is_ascii_uppercase() { negated(plain) } else { plain.to_vec() })
}

#[cfg(test)]
mod tests;
