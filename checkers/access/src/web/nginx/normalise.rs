//! From the path that a client sends to the one that locations are chosen by.

/// Where in a path we are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Usual,
    Slash,
    Dot,
    DotDot,
}

/// Decodes a path once, resolves `.` and `..`, and merges slashes that follow one another if that is
/// asked for; `None` if nginx refuses the request. What follows `?` or `#` is no part of the path.
pub(super) fn normalised(raw: &str, merge_slashes: bool) -> Option<Vec<u8>> {
    if !raw.starts_with('/') {
        return None;
    }
    let mut path =
        Path { bytes: Vec::with_capacity(raw.len()), state: State::Usual, merge_slashes };
    let mut rest = raw.as_bytes();
    while let Some((&byte, behind)) = rest.split_first() {
        rest = behind;
        match byte {
            b'?' | b'#' => break,
            b'%' => {
                let (digits, behind) = rest.split_at_checked(2)?;
                rest = behind;
                let decoded = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
                match decoded {
                    0 => return None,
                    // These mean themselves, and nothing that follows.
                    b'%' | b'#' | b'?' => {
                        path.bytes.push(decoded);
                        path.state = State::Usual;
                    }
                    _ => path.add(decoded)?,
                }
            }
            0..=b' ' | 0x7f => return None,
            _ => path.add(byte)?,
        }
    }
    match path.state {
        State::Dot => {
            path.bytes.pop();
        }
        State::DotDot => path.up()?,
        State::Usual | State::Slash => {}
    }
    Some(path.bytes)
}

struct Path {
    bytes: Vec<u8>,
    state: State,
    merge_slashes: bool,
}

impl Path {
    fn add(&mut self, byte: u8) -> Option<()> {
        self.state = match (self.state, byte) {
            (State::Slash, b'/') if self.merge_slashes => State::Slash,
            (State::Slash, b'.') => {
                self.bytes.push(byte);
                State::Dot
            }
            (State::Dot, b'/') => {
                self.bytes.pop();
                State::Slash
            }
            (State::Dot, b'.') => {
                self.bytes.push(byte);
                State::DotDot
            }
            (State::DotDot, b'/') => {
                self.up()?;
                State::Slash
            }
            (_, b'/') => {
                self.bytes.push(byte);
                State::Slash
            }
            _ => {
                self.bytes.push(byte);
                State::Usual
            }
        };
        Some(())
    }

    /// Takes `/..` and the part before it away; `None` above the root.
    fn up(&mut self) -> Option<()> {
        // Behind the slash before the dots is nothing but them.
        let kept = self.bytes.len().checked_sub(3)?;
        let before = self.bytes.get(..kept)?;
        let slash = before.iter().rposition(|&byte| byte == b'/')?;
        self.bytes.truncate(slash + 1);
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_normalised_as_nginx_does() {
        for (raw, merged, kept) in [
            ("/", Some("/"), Some("/")),
            ("/a/b", Some("/a/b"), Some("/a/b")),
            ("/%65xact", Some("/exact"), Some("/exact")),
            ("/x/../exact", Some("/exact"), Some("/exact")),
            ("//exact", Some("/exact"), Some("//exact")),
            ("/admin%2fx", Some("/admin/x"), Some("/admin/x")),
            ("/a/%2e%2e/b", Some("/b"), Some("/b")),
            ("/a/./b/.", Some("/a/b/"), Some("/a/b/")),
            ("/a/..", Some("/"), Some("/")),
            ("/a//../b", Some("/b"), Some("/a/b")),
            ("/..", None, None),
            ("/a/../..", None, None),
            ("/a%00", None, None),
            ("/a%2", None, None),
            ("/a%zz", None, None),
            ("a", None, None),
            ("/a?b/../c", Some("/a"), Some("/a")),
            ("/a%3fb", Some("/a?b"), Some("/a?b")),
            ("/a%23b", Some("/a#b"), Some("/a#b")),
            ("/a%252e", Some("/a%2e"), Some("/a%2e")),
            ("/...", Some("/..."), Some("/...")),
            ("/.a/..b", Some("/.a/..b"), Some("/.a/..b")),
            ("/a+b", Some("/a+b"), Some("/a+b")),
            ("/%2f%2fa", Some("/a"), Some("///a")),
        ] {
            let text = |merge| normalised(raw, merge).map(|it| String::from_utf8(it).unwrap());
            assert_eq!((text(true).as_deref(), text(false).as_deref()), (merged, kept), "{raw}");
        }
    }
}
