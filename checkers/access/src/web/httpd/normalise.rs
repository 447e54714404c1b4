//! From the path that a client sends to the one that sections are chosen by.

use super::model::EncodedSlashes;

/// Decodes a path and resolves `.` and `..`; where slashes are merged, none follows another.
///
/// # Errors
///
/// The status with which such a request is refused.
pub(super) fn normalised(
    raw: &str,
    merge_slashes: bool,
    encoded: EncodedSlashes,
) -> Result<Vec<u8>, u16> {
    let path = raw.split('?').next().unwrap_or_default();
    if !path.starts_with('/') || path.bytes().any(|byte| byte <= b' ' || byte == 0x7f) {
        return Err(400);
    }
    // The slashes that a path begins with are one in any case.
    let path = format!("/{}", path.trim_start_matches('/'));
    let plain = unreserved(path.as_bytes()).ok_or(400_u16)?;
    let resolved = resolved(&plain, merge_slashes).ok_or(400_u16)?;
    let decoded = decoded(&resolved, encoded)?;
    if encoded == EncodedSlashes::On {
        // A slash that was encoded may have made new parts; above the root is no fault any more.
        return Ok(resolved_again(&decoded, merge_slashes));
    }
    Ok(decoded)
}

fn byte_at(path: &[u8], at: usize) -> Option<u8> {
    let digits = path.get(at + 1..at + 3)?;
    if !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

/// Decodes letters, digits, `-`, `.`, `_` and `~`; `None` at a `%` that no digits follow.
fn unreserved(path: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(path.len());
    let mut at = 0;
    while let Some(&byte) = path.get(at) {
        let decoded = if byte == b'%' { Some(byte_at(path, at)?) } else { None };
        match decoded.filter(|it| it.is_ascii_alphanumeric() || b"-._~".contains(it)) {
            Some(decoded) => {
                out.push(decoded);
                at += 3;
            }
            None => {
                out.push(byte);
                at += 1;
            }
        }
    }
    Some(out)
}

/// Resolves `.` and `..`; `None` above the root.
fn resolved(path: &[u8], merge_slashes: bool) -> Option<Vec<u8>> {
    let mut above = false;
    let out = resolve(path, merge_slashes, &mut above);
    (!above).then_some(out)
}

fn resolved_again(path: &[u8], merge_slashes: bool) -> Vec<u8> {
    resolve(path, merge_slashes, &mut false)
}

fn resolve(path: &[u8], merge_slashes: bool, above: &mut bool) -> Vec<u8> {
    let mut out = vec![b'/'];
    let mut at = 1;
    while let Some(&byte) = path.get(at) {
        let ends = |at: usize| matches!(path.get(at), None | Some(b'/'));
        if out.last() == Some(&b'/') {
            if merge_slashes && byte == b'/' {
                at += 1;
                continue;
            }
            if byte == b'.' && ends(at + 1) {
                at += 2;
                continue;
            }
            if byte == b'.' && path.get(at + 1) == Some(&b'.') && ends(at + 2) {
                if out.len() > 1 {
                    out.pop();
                    while out.len() > 1 && out.last() != Some(&b'/') {
                        out.pop();
                    }
                } else {
                    *above = true;
                }
                at += 3;
                continue;
            }
        }
        out.push(byte);
        at += 1;
    }
    out
}

/// Decodes what is left, once.
fn decoded(path: &[u8], encoded: EncodedSlashes) -> Result<Vec<u8>, u16> {
    let mut out = Vec::with_capacity(path.len());
    let mut at = 0;
    while let Some(&byte) = path.get(at) {
        if byte != b'%' {
            out.push(byte);
            at += 1;
            continue;
        }
        match byte_at(path, at).ok_or(400_u16)? {
            0 => return Err(404),
            b'/' if encoded == EncodedSlashes::Off => return Err(404),
            b'/' if encoded == EncodedSlashes::NoDecode => {
                out.extend(path.get(at..at + 3).unwrap_or_default());
            }
            decoded => out.push(decoded),
        }
        at += 3;
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_normalised_as_httpd_does() {
        use EncodedSlashes::{NoDecode, Off, On};
        for (raw, merge, encoded, expected) in [
            ("/", true, Off, Ok("/")),
            ("/%65xact", true, Off, Ok("/exact")),
            ("/x/../exact", true, Off, Ok("/exact")),
            ("//exact", true, Off, Ok("/exact")),
            ("//exact", false, Off, Ok("/exact")),
            ("//..", false, Off, Err(400)),
            ("/a//b", false, Off, Ok("/a//b")),
            ("/a//../b", false, Off, Ok("/a/b")),
            ("/a/%2e%2e/b", true, Off, Ok("/b")),
            ("/a/./b/.", true, Off, Ok("/a/b/")),
            ("/a%2fb", true, Off, Err(404)),
            ("/a%2fb", true, On, Ok("/a/b")),
            ("/a%2fb", true, NoDecode, Ok("/a%2fb")),
            ("/a/b%2f..%2fc", true, On, Ok("/a/c")),
            ("/a%2f%2fb", true, On, Ok("/a/b")),
            ("/..", true, Off, Err(400)),
            ("/a%2f..%2f..%2fb", true, On, Ok("/b")),
            ("/a%00", true, Off, Err(404)),
            ("/a%2", true, Off, Err(400)),
            ("/a%zz", true, Off, Err(400)),
            ("a", true, Off, Err(400)),
            ("/a?b/../c", true, Off, Ok("/a")),
            ("/a%3fb%23", true, Off, Ok("/a?b#")),
            ("/a%252e%2561", true, Off, Ok("/a%2e%61")),
            ("/...", true, Off, Ok("/...")),
            ("/a/..", true, Off, Ok("/")),
        ] {
            let found = normalised(raw, merge, encoded);
            let found = found.map(|it| String::from_utf8(it).unwrap());
            assert_eq!(found, expected.map(str::to_owned), "{raw}");
        }
    }
}
