//! Messages on a stream: a header with a length, an empty line, JSON.
//!
//! A message that cannot be read is answered and left; it does not end the conversation.

use std::io::{self, BufRead, Read, Write};

use lsp_server::{ErrorCode, Message};
use serde_json::{Value, json};

/// The largest message: more than the largest file that is checked.
const MOST_BYTES: u64 = 64 << 20;
/// The longest line of a header.
const MOST_HEADER_BYTES: u64 = 4 << 10;
/// After so many unreadable messages in a row, what comes is no conversation.
const MOST_MALFORMED: usize = 100;

/// What comes from the client.
#[derive(Debug)]
pub(crate) enum Incoming {
    /// A message.
    Message(Message),
    /// Something that is none.
    Malformed(Fault),
    /// Nothing any more.
    End,
}

/// What is wrong with a message.
#[derive(Debug)]
pub(crate) struct Fault {
    code: ErrorCode,
    message: String,
}

fn malformed(code: ErrorCode, message: impl Into<String>) -> Incoming {
    Incoming::Malformed(Fault { code, message: message.into() })
}

/// Reads messages until the stream ends or nobody wants more.
pub(crate) fn read_all(mut input: impl BufRead, mut wanted: impl FnMut(Incoming) -> bool) {
    let mut in_a_row = 0;
    while in_a_row < MOST_MALFORMED {
        let incoming = read(&mut input).unwrap_or(Incoming::End);
        in_a_row = if matches!(incoming, Incoming::Malformed(_)) { in_a_row + 1 } else { 0 };
        let ended = matches!(incoming, Incoming::End);
        if !wanted(incoming) || ended {
            return;
        }
    }
    wanted(Incoming::End);
}

/// Reads one message.
fn read(input: &mut impl BufRead) -> io::Result<Incoming> {
    let mut length = None;
    let mut line = Vec::new();
    loop {
        line.clear();
        if input.by_ref().take(MOST_HEADER_BYTES).read_until(b'\n', &mut line)? == 0 {
            return Ok(Incoming::End);
        }
        let header = String::from_utf8_lossy(&line);
        let header = header.trim();
        if header.is_empty() {
            break;
        }
        if let Some((name, value)) = header.split_once(':')
            && name.trim().eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse::<u64>().ok();
        }
    }
    let Some(length) = length else {
        return Ok(malformed(ErrorCode::InvalidRequest, "a header without a Content-Length"));
    };
    if length > MOST_BYTES {
        io::copy(&mut input.by_ref().take(length), &mut io::sink())?;
        let most = MOST_BYTES >> 20;
        return Ok(malformed(ErrorCode::InvalidRequest, format!("larger than {most} MiB")));
    }
    let mut body = Vec::new();
    if input.by_ref().take(length).read_to_end(&mut body)? as u64 != length {
        return Ok(Incoming::End);
    }
    Ok(parse(&body))
}

fn parse(body: &[u8]) -> Incoming {
    let value: Value = match serde_json::from_slice(body) {
        Ok(value) => value,
        Err(error) => return malformed(ErrorCode::ParseError, error.to_string()),
    };
    match serde_json::from_value(value) {
        Ok(message) => Incoming::Message(message),
        Err(error) => malformed(ErrorCode::InvalidRequest, error.to_string()),
    }
}

/// Answers a message that cannot be read, of which not even the id is known.
pub(crate) fn write_refusal(output: &mut impl Write, fault: &Fault) -> io::Result<()> {
    let error = json!({ "code": fault.code as i32, "message": fault.message });
    let body = json!({ "jsonrpc": "2.0", "id": null, "error": error }).to_string();
    write!(output, "Content-Length: {}\r\n\r\n{body}", body.len())?;
    output.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes of a stream, a word each.
    fn words(stream: &str) -> Vec<String> {
        let mut words = Vec::new();
        read_all(stream.as_bytes(), |incoming| {
            words.push(match incoming {
                Incoming::Message(Message::Request(request)) => request.method,
                Incoming::Message(Message::Notification(notification)) => notification.method,
                Incoming::Message(Message::Response(_)) => "response".to_owned(),
                Incoming::Malformed(fault) => format!("{}", fault.code as i32),
                Incoming::End => "end".to_owned(),
            });
            true
        });
        words
    }

    fn frame(body: &str) -> String {
        format!("Content-Length: {}\r\n\r\n{body}", body.len())
    }

    #[test]
    fn what_cannot_be_read_is_left_and_the_rest_is_read() {
        let hello = frame(r#"{"jsonrpc":"2.0","id":1,"method":"hello","params":{}}"#);
        let note = frame(r#"{"jsonrpc":"2.0","method":"note"}"#);
        let deep = "[".repeat(100_000);
        for (stream, expected) in [
            (format!("{hello}{note}"), vec!["hello", "note", "end"]),
            (format!("{}{hello}", frame("{")), vec!["-32700", "hello", "end"]),
            (format!("{}{hello}", frame("{}")), vec!["-32600", "hello", "end"]),
            (format!("{}{hello}", frame("[1]")), vec!["-32600", "hello", "end"]),
            (format!("{}{hello}", frame(&deep)), vec!["-32700", "hello", "end"]),
            (format!("Content-Length: x\r\n\r\n{hello}"), vec!["-32600", "hello", "end"]),
            (format!("nonsense\r\n\r\n{hello}"), vec!["-32600", "hello", "end"]),
            (format!("content-length:{}", &note[15..]), vec!["note", "end"]),
            ("Content-Length: 99999999999999999\r\n\r\n".to_owned(), vec!["-32600", "end"]),
            ("Content-Length: 9\r\n\r\n{".to_owned(), vec!["end"]),
            (String::new(), vec!["end"]),
        ] {
            assert_eq!(words(&stream), expected, "{stream:.60}");
        }
    }

    #[test]
    fn endless_nonsense_ends() {
        let words = words(&"\r\n".repeat(1_000));
        assert_eq!(words.len(), MOST_MALFORMED + 1);
        assert_eq!(words.last().map(String::as_str), Some("end"));
    }

    #[test]
    fn a_refusal_has_no_id() {
        let mut output = Vec::new();
        let fault = Fault { code: ErrorCode::ParseError, message: "no".to_owned() };
        write_refusal(&mut output, &fault).unwrap();
        let text = String::from_utf8(output).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert_eq!(head, format!("Content-Length: {}", body.len()));
        assert!(text.contains(r#""id":null"#) && text.contains("-32700"), "{text}");
    }
}
