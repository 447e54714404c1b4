//! Tokens of nginx's configurations; together they are the whole text.

use seatrial_core::Span;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// White space.
    Space,
    /// From `#` to the end of the line.
    Comment,
    /// A word, quoted or not.
    Word,
    /// A quoted word that does not end as one must.
    Broken,
    /// `{`.
    Open,
    /// `}`.
    Close,
    /// `;`.
    End,
    /// A block of Lua, with its braces.
    Lua,
}

/// A token and its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Where it is.
    pub span: Span,
}

/// White space, as nginx has it.
fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// Splits a text into tokens without a gap.
pub fn tokens(text: &str) -> Vec<Token> {
    let bytes = text.as_bytes();
    let mut tokens: Vec<Token> = Vec::new();
    let mut at = 0;
    // The name of the directive whose words are being read.
    let mut name: Option<Span> = None;
    while let Some(&byte) = bytes.get(at) {
        let start = at;
        let kind = match byte {
            _ if is_space(byte) => {
                at = position(bytes, at, |byte| !is_space(byte));
                TokenKind::Space
            }
            b'#' => {
                at = position(bytes, at, |byte| byte == b'\n');
                TokenKind::Comment
            }
            b';' | b'}' => {
                at += 1;
                if byte == b';' { TokenKind::End } else { TokenKind::Close }
            }
            b'{' => {
                let lua = name.is_some_and(|span| {
                    text.get(span.start as usize..span.end as usize).is_some_and(super::holds_lua)
                });
                at = if lua { end_of_lua(bytes, at) } else { at + 1 };
                if lua { TokenKind::Lua } else { TokenKind::Open }
            }
            b'"' | b'\'' => quoted(bytes, &mut at, byte),
            _ => {
                at = end_of_word(bytes, at);
                TokenKind::Word
            }
        };
        let span = Span::new(start, at);
        match kind {
            TokenKind::Word | TokenKind::Broken => name = name.or(Some(span)),
            TokenKind::Space | TokenKind::Comment => {}
            _ => name = None,
        }
        tokens.push(Token { kind, span });
    }
    tokens
}

/// The next position of a byte, or the end.
fn position(bytes: &[u8], from: usize, is: impl Fn(u8) -> bool) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    rest.iter().position(|&byte| is(byte)).map_or(bytes.len(), |found| from + found)
}

/// A word without quotes ends at white space, `;` or a `{` that no `$` stands before; a backslash
/// takes any meaning from the next character.
fn end_of_word(bytes: &[u8], mut at: usize) -> usize {
    let mut variable = false;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'{' if variable => variable = false,
            _ if is_space(byte) || byte == b';' || byte == b'{' => break,
            b'\\' => {
                at += 1;
                variable = false;
            }
            _ => variable = byte == b'$',
        }
        at += 1;
    }
    whole(bytes, at)
}

/// Reads a quoted word, behind which a space, `;`, `{` or `)` must stand.
fn quoted(bytes: &[u8], at: &mut usize, quote: u8) -> TokenKind {
    *at += 1;
    while let Some(&byte) = bytes.get(*at) {
        match byte {
            b'\\' => *at += 2,
            _ if byte == quote => {
                *at += 1;
                return match bytes.get(*at) {
                    None | Some(b';' | b'{' | b')') => TokenKind::Word,
                    Some(&next) if is_space(next) => TokenKind::Word,
                    Some(_) => TokenKind::Broken,
                };
            }
            _ => *at += 1,
        }
    }
    *at = whole(bytes, *at);
    TokenKind::Broken
}

/// A position no further than the end, and not in the midst of a character.
fn whole(bytes: &[u8], at: usize) -> usize {
    let inside = |at: usize| bytes.get(at).is_some_and(|byte| byte & 0xc0 == 0x80);
    (at.min(bytes.len())..=bytes.len()).find(|&at| !inside(at)).unwrap_or(bytes.len())
}

/// What is wrong with a broken word.
pub(super) fn broken(text: &str, span: Span) -> String {
    let word = text.get(span.start as usize..span.end as usize).unwrap_or_default();
    let quote = word.chars().next().unwrap_or('"');
    let closed = word.len() > 1 && word.ends_with(quote);
    if closed && (span.end as usize) < text.len() {
        "a space, `;` or `{` must follow a quoted word".to_owned()
    } else {
        format!("the quoted word is not closed: `{quote}` is missing")
    }
}

/// The end of the block of Lua that begins with `{`: braces in its texts and comments do not count.
fn end_of_lua(bytes: &[u8], mut at: usize) -> usize {
    let mut depth = 0_usize;
    while let Some(&byte) = bytes.get(at) {
        let rest = bytes.get(at..).unwrap_or_default();
        match byte {
            b'{' => depth += 1,
            b'}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at + 1;
                }
            }
            b'"' | b'\'' => {
                at = end_of_lua_text(bytes, at, byte);
                continue;
            }
            b'-' if rest.starts_with(b"--") => {
                at = end_of_brackets(bytes, at + 2)
                    .unwrap_or_else(|| position(bytes, at, |byte| byte == b'\n'));
                continue;
            }
            b'[' => {
                if let Some(end) = end_of_brackets(bytes, at) {
                    at = end;
                    continue;
                }
            }
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}

/// The end of a text in quotes; without a closing one, the end of its line.
fn end_of_lua_text(bytes: &[u8], start: usize, quote: u8) -> usize {
    let mut at = start + 1;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            b'\n' => return at,
            _ if byte == quote => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// The end of a text in long brackets, `[[…]]` or `[=[…]=]`, if one begins here.
fn end_of_brackets(bytes: &[u8], start: usize) -> Option<usize> {
    let rest = bytes.get(start..)?.strip_prefix(b"[")?;
    let level = rest.iter().take_while(|&&byte| byte == b'=').count();
    if rest.get(level) != Some(&b'[') {
        return None;
    }
    let close: Vec<u8> = [b"]".as_slice(), "=".repeat(level).as_bytes(), b"]".as_slice()].concat();
    let inside = rest.get(level + 1..)?;
    let found = inside.windows(close.len()).position(|it| it == close.as_slice());
    let length = found.map_or(inside.len(), |found| found + close.len());
    Some(start + 2 + level + length)
}

/// The text that a word means: without its quotes, escapes resolved. A backslash before anything but
/// a quote, a backslash, `t`, `r` or `n` stays, so that regular expressions need no more of them.
pub(super) fn unescaped(text: &str, span: Span) -> String {
    let word = text.get(span.start as usize..span.end as usize).unwrap_or_default();
    let inner = match word.chars().next() {
        Some(quote @ ('"' | '\'')) => {
            let rest = word.get(1..).unwrap_or_default();
            rest.strip_suffix(quote).unwrap_or(rest)
        }
        _ => word,
    };
    let mut out = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(next) = chars.next() {
        match (next, chars.clone().next()) {
            ('\\', Some(escaped @ ('"' | '\'' | '\\'))) => out.push(escaped),
            ('\\', Some('t')) => out.push('\t'),
            ('\\', Some('r')) => out.push('\r'),
            ('\\', Some('n')) => out.push('\n'),
            ('\\', Some(other)) => out.extend(['\\', other]),
            _ => {
                out.push(next);
                continue;
            }
        }
        chars.next();
    }
    out
}
