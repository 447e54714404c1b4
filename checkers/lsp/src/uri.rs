//! Addresses of files and their paths (RFC 8089).

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use lsp_types::Uri;

/// The path of a file on this machine; none for another address, such as that of an unsaved draft.
pub(crate) fn path_of(uri: &Uri) -> Option<PathBuf> {
    let rest = uri.as_str().strip_prefix("file://")?;
    let slash = rest.find('/')?;
    let (host, path) = rest.split_at(slash);
    if !host.is_empty() && host != "localhost" {
        return None;
    }
    let path = path.split(['?', '#']).next().unwrap_or_default();
    decode(path).map(PathBuf::from)
}

/// The address of a file; none where the path is not absolute.
pub(crate) fn uri_of(path: &Path) -> Option<Uri> {
    let text = path.to_str().filter(|text| text.starts_with('/'))?;
    let mut address = "file://".to_owned();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            address.push(char::from(byte));
        } else {
            let _ = write!(address, "%{byte:02X}");
        }
    }
    address.parse().ok()
}

/// A text with its `%41` read; none where that is no UTF-8.
fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
        let read = match byte {
            b'%' => digit(rest.next())? * 16 + digit(rest.next())?,
            _ => u32::from(byte),
        };
        bytes.push(u8::try_from(read).ok()?);
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn path(uri: &str) -> Option<PathBuf> {
        path_of(&uri.parse().unwrap())
    }

    #[test]
    fn files_of_this_machine_have_paths() {
        for (uri, expected) in [
            ("file:///a/b.yaml", Some("/a/b.yaml")),
            ("file://localhost/a", Some("/a")),
            ("file:///a%20b/zo%C3%AB%23.yaml", Some("/a b/zoë#.yaml")),
            ("file:///%C3", None),
            ("file://server/a", None),
            ("untitled:Untitled-1", None),
            ("https://example.com/a", None),
        ] {
            assert_eq!(path(uri), expected.map(PathBuf::from), "{uri}");
        }
        assert_eq!(uri_of(Path::new("a.yaml")), None);
    }

    proptest! {
        #[test]
        fn a_path_survives_its_address(name in "[^\u{0}]{1,20}") {
            let path = PathBuf::from(format!("/{name}"));
            prop_assert_eq!(path_of(&uri_of(&path).unwrap()), Some(path));
        }
    }
}
