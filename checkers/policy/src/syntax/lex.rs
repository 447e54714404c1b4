//! CEL text to tokens.

use seatrial_core::Span;

use super::literal;
use super::{Literal, SyntaxError};

/// A token and its bytes in the text.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    pub(crate) at: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum TokenKind {
    /// An identifier or a reserved word.
    Ident(Box<str>),
    /// A field name in backticks.
    QuotedIdent(Box<str>),
    /// A literal, except for signed numbers, which the parser puts together.
    Literal(Literal),
    /// An integer without sign; its text still tells the base.
    Integer(Box<str>),
    /// An operator or a bracket.
    Symbol(&'static str),
    End,
}

/// Longest first, so that `<=` is not read as `<`.
const SYMBOLS: [&str; 25] = [
    "==", "!=", "<=", ">=", "&&", "||", "[", "]", "{", "}", "(", ")", ".", ",", "-", "+", "*", "/",
    "%", "?", ":", "!", "<", ">", "=",
];

/// The tokens of a text, the last one being [`TokenKind::End`].
pub(crate) fn tokens(text: &str) -> Result<Vec<Token>, SyntaxError> {
    let mut tokens = Vec::new();
    let mut at = 0;
    loop {
        at += blank(text.get(at..).unwrap_or_default());
        let rest = text.get(at..).unwrap_or_default();
        if rest.is_empty() {
            let at = Span::new(text.len(), text.len());
            tokens.push(Token { kind: TokenKind::End, at });
            return Ok(tokens);
        }
        let (kind, length) = token(rest).map_err(|message| {
            let length = rest.chars().next().map_or(0, char::len_utf8);
            SyntaxError { at: Span::new(at, at + length), message }
        })?;
        tokens.push(Token { kind, at: Span::new(at, at + length) });
        at += length;
    }
}

/// How many bytes of white space and comments a text begins with.
fn blank(text: &str) -> usize {
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches([' ', '\t', '\n', '\r', '\x0c']);
        match rest.strip_prefix("//") {
            Some(comment) => {
                rest = comment.find('\n').and_then(|end| comment.get(end..)).unwrap_or_default();
            }
            None => return text.len() - rest.len(),
        }
    }
}

/// The first token of a text that does not begin with white space, and its length.
fn token(text: &str) -> Result<(TokenKind, usize), String> {
    if let Some(length) = literal::quoted_length(text) {
        let source = text.get(..length?).unwrap_or_default();
        return Ok((TokenKind::Literal(literal::quoted(source)?), source.len()));
    }
    let first = text.chars().next().unwrap_or_default();
    let second_is_digit = text.chars().nth(1).is_some_and(|c| c.is_ascii_digit());
    if first.is_ascii_digit() || (first == '.' && second_is_digit) {
        return number(text);
    }
    if first.is_ascii_alphabetic() || first == '_' {
        let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
        return Ok((word(text.get(..end).unwrap_or_default()), end));
    }
    if let Some(rest) = text.strip_prefix('`') {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "_.-/ ".contains(c);
        let (name, _) = rest.split_once('`').ok_or("the backtick is not closed")?;
        if name.is_empty() || !name.chars().all(allowed) {
            return Err("not a field name".to_owned());
        }
        return Ok((TokenKind::QuotedIdent(name.into()), name.len() + 2));
    }
    match SYMBOLS.into_iter().find(|symbol| text.starts_with(symbol)) {
        Some(symbol) => Ok((TokenKind::Symbol(symbol), symbol.len())),
        None => Err(format!("`{first}` has no meaning here")),
    }
}

fn word(text: &str) -> TokenKind {
    match text {
        "true" => TokenKind::Literal(Literal::Bool(true)),
        "false" => TokenKind::Literal(Literal::Bool(false)),
        "null" => TokenKind::Literal(Literal::Null),
        "in" => TokenKind::Symbol("in"),
        _ => TokenKind::Ident(text.into()),
    }
}

/// Reads `12`, `12u`, `0x1F`, `0x1Fu`, `1.5`, `.5`, `1e3`.
fn number(text: &str) -> Result<(TokenKind, usize), String> {
    let hexadecimal = text.starts_with("0x") || text.starts_with("0X");
    let bytes = text.as_bytes();
    let run = |from: usize, part_of: fn(&u8) -> bool| {
        from + bytes.iter().skip(from).take_while(|byte| part_of(byte)).count()
    };
    let mut end =
        if hexadecimal { run(2, u8::is_ascii_hexdigit) } else { run(0, u8::is_ascii_digit) };
    let mut whole = true;
    if !hexadecimal {
        let fraction = run(end + 1, u8::is_ascii_digit);
        if bytes.get(end) == Some(&b'.') && fraction > end + 1 {
            (end, whole) = (fraction, false);
        }
        if matches!(bytes.get(end), Some(b'e' | b'E')) {
            let signed = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
            let exponent = run(end + 1 + signed, u8::is_ascii_digit);
            if exponent > end + 1 + signed {
                (end, whole) = (exponent, false);
            }
        }
    }
    let digits = text.get(..end).unwrap_or_default();
    if !whole {
        let value: f64 = digits.parse().map_err(|_| format!("`{digits}` is no number"))?;
        return Ok((TokenKind::Literal(Literal::Double(value)), end));
    }
    if matches!(bytes.get(end), Some(b'u' | b'U')) {
        let value = literal::magnitude(digits).ok_or_else(|| format!("`{digits}u` is no uint"))?;
        return Ok((TokenKind::Literal(Literal::UInt(value)), end + 1));
    }
    Ok((TokenKind::Integer(digits.into()), end))
}
