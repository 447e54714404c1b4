//! JSON, with spans. Several values may follow each other, as in `kubectl` output piped together.

use seatrial_core::{MAX_DEPTH, Span};

use crate::mapping::MappingBuilder;
use crate::problem::{Problem, ProblemKind};
use crate::scalar::closing_quote;
use crate::tree::{Entry, Key, Node, Number, Value};
use crate::{Document, Parsed, Unreadable};

/// Reads all values of a JSON file. After a syntax error, the rest of the file is not read.
pub fn json(text: &str) -> Parsed {
    let mut parsed = Parsed::default();
    let mut reader = Reader { text, at: 0, depth: 0, problems: Vec::new() };
    if text.starts_with('\u{feff}') {
        reader.at = 3;
    }
    reader.skip_space();
    while reader.at < text.len() {
        let start = reader.at;
        match reader.value() {
            Ok(root) if root.is_null() => parsed.empty += 1,
            Ok(root) => parsed.documents.push(Document { root }),
            Err(problem) => {
                let text = Span::new(start, text.len());
                parsed.unreadable.push(Unreadable { text, problem });
                break;
            }
        }
        reader.skip_space();
    }
    parsed.problems = reader.problems;
    parsed
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    problems: Vec<Problem>,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
    }

    /// Takes a byte if it is next, after white space.
    fn take(&mut self, byte: u8) -> bool {
        self.skip_space();
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn problem(&self, kind: ProblemKind, message: impl Into<String>) -> Problem {
        let length =
            self.rest().chars().next().filter(|c| !c.is_control()).map_or(0, char::len_utf8);
        Problem {
            span: Span::new(self.at, self.at + length),
            kind,
            message: message.into(),
            help: None,
            related: None,
        }
    }

    fn expected(&self, what: &str) -> Problem {
        let found = match self.rest().chars().next() {
            Some(c) => format!("`{}`", c.escape_debug()),
            None => "the end of the file".to_owned(),
        };
        self.problem(ProblemKind::Syntax, format!("not valid JSON: expected {what}, found {found}"))
    }

    fn value(&mut self) -> Result<Node, Problem> {
        self.skip_space();
        let start = self.at;
        let value = match self.peek() {
            Some(b'{') => self.nested(Self::object)?,
            Some(b'[') => self.nested(Self::array)?,
            Some(b'"') => Value::String(self.string()?.into()),
            Some(b'-' | b'0'..=b'9') => self.number()?,
            _ => self.word()?,
        };
        Ok(Node { value, span: Span::new(start, self.at) })
    }

    fn nested(&mut self, read: fn(&mut Self) -> Result<Value, Problem>) -> Result<Value, Problem> {
        if self.depth >= MAX_DEPTH {
            let message = format!("nested deeper than {MAX_DEPTH} levels");
            return Err(self.problem(ProblemKind::TooDeep, message));
        }
        self.depth += 1;
        self.at += 1;
        let value = read(self);
        self.depth -= 1;
        value
    }

    fn array(&mut self) -> Result<Value, Problem> {
        let mut items = Vec::new();
        if self.take(b']') {
            return Ok(Value::Sequence(items));
        }
        loop {
            items.push(self.value()?);
            if self.take(b']') {
                return Ok(Value::Sequence(items));
            }
            if !self.take(b',') {
                return Err(self.expected("`,` or `]`"));
            }
        }
    }

    fn object(&mut self) -> Result<Value, Problem> {
        let mut map = MappingBuilder::default();
        if self.take(b'}') {
            return Ok(Value::Mapping(map.finish()));
        }
        loop {
            self.skip_space();
            if self.peek() != Some(b'"') {
                return Err(self.expected("a key in double quotes"));
            }
            let start = self.at;
            let text = self.string()?.into();
            let key = Key { text, span: Span::new(start, self.at) };
            if !self.take(b':') {
                return Err(self.expected("`:`"));
            }
            let value = self.value()?;
            map.insert(Entry { key, value }, &mut self.problems);
            if self.take(b'}') {
                return Ok(Value::Mapping(map.finish()));
            }
            if !self.take(b',') {
                return Err(self.expected("`,` or `}`"));
            }
        }
    }

    fn word(&mut self) -> Result<Value, Problem> {
        let words =
            [("null", Value::Null), ("true", Value::Bool(true)), ("false", Value::Bool(false))];
        for (word, value) in words {
            if self.rest().starts_with(word) {
                self.at += word.len();
                return Ok(value);
            }
        }
        Err(self.expected("a value"))
    }

    fn number(&mut self) -> Result<Value, Problem> {
        let rest = self.rest();
        let is_part = |c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | 'E');
        let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        let text = rest.get(..end).unwrap_or_default();
        let value: serde_json::Number = text.parse().map_err(|_| {
            self.problem(ProblemKind::Syntax, format!("not valid JSON: `{text}` is not a number"))
        })?;
        let number = match (value.as_i64(), value.as_u64(), value.as_f64()) {
            (Some(value), ..) => Number::Int(value),
            (None, Some(value), _) => Number::UInt(value),
            (None, None, value) => Number::Float(value.unwrap_or_default()),
        };
        self.at += end;
        Ok(Value::Number(number))
    }

    /// Reads a string in double quotes. Its end is found here, its escapes are resolved by
    /// `serde_json`.
    fn string(&mut self) -> Result<String, Problem> {
        let quoted = closing_quote(self.rest()).and_then(|end| self.rest().get(..=end));
        let Some(quoted) = quoted.filter(|quoted| !quoted.contains('\n')) else {
            let message = "not valid JSON: this string is not closed";
            return Err(self.problem(ProblemKind::Syntax, message));
        };
        let text = serde_json::from_str(quoted).map_err(|_| {
            let message = "not valid JSON: this string holds a control character or a wrong escape";
            let mut problem = self.problem(ProblemKind::Syntax, message);
            problem.span = Span::new(self.at, self.at + quoted.len());
            problem
        })?;
        self.at += quoted.len();
        Ok(text)
    }
}
