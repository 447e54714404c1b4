//! Why a document is refused before anything in it is checked.

use crate::{Certificate, Instance};

/// Why a document is not even looked into.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The bytes are not the JSON that the format wants; unknown fields and kinds are among these.
    #[error("the {document} cannot be read: {problem}")]
    Unreadable {
        /// `instance` or `certificate`.
        document: &'static str,
        /// What the reader said, with line and column.
        problem: String,
    },
    /// Another format, or a version that this checker does not know.
    #[error(
        "the {document} is of format `{format}` version {version}, known is `{known}` version {known_version}"
    )]
    Unknown {
        /// `instance` or `certificate`.
        document: &'static str,
        /// The format that it names.
        format: String,
        /// The version that it names.
        version: u32,
        /// The format that is known.
        known: &'static str,
        /// The version that is known.
        known_version: u32,
    },
    /// More of something than the checker takes on.
    #[error("{count} {what} are more than the {limit} that are taken on")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many there are.
        count: u64,
        /// How many there may be.
        limit: u64,
    },
    /// Something is not as the format documents it.
    #[error("`{place}` {problem}")]
    Malformed {
        /// Where, as a path into the document: `shapes[3].spread[0].nodes`.
        place: String,
        /// What is wrong with it.
        problem: &'static str,
    },
}

/// The two fields that say how to read the rest.
#[derive(serde::Deserialize)]
struct Header {
    format: String,
    version: u32,
}

/// The most bytes that are read of a document.
const MOST_BYTES: usize = 1 << 29;

impl Instance {
    /// Reads an instance and validates it.
    ///
    /// The time is linear in the bytes, of which there may be 512 MiB; nesting beyond the 128
    /// levels of `serde_json` is an error like any other.
    pub fn from_slice(bytes: &[u8]) -> Result<Self, Refusal> {
        let instance: Self = read(bytes, "instance", Self::FORMAT, Self::VERSION)?;
        instance.validate()?;
        Ok(instance)
    }
}

impl Certificate {
    /// Reads a certificate. Whether it fits an instance is seen when it is checked.
    ///
    /// As for [`Instance::from_slice`]. The nesting allowed suffices for proofs that are some 60
    /// splits deep.
    pub fn from_slice(bytes: &[u8]) -> Result<Self, Refusal> {
        read(bytes, "certificate", Self::FORMAT, Self::VERSION)
    }
}

fn read<T: serde::de::DeserializeOwned>(
    bytes: &[u8],
    document: &'static str,
    known: &'static str,
    known_version: u32,
) -> Result<T, Refusal> {
    at_most("bytes", bytes.len(), MOST_BYTES)?;
    let unreadable =
        |error: serde_json::Error| Refusal::Unreadable { document, problem: error.to_string() };
    let Header { format, version } = serde_json::from_slice(bytes).map_err(unreadable)?;
    if format != known || version != known_version {
        return Err(Refusal::Unknown { document, format, version, known, known_version });
    }
    serde_json::from_slice(bytes).map_err(unreadable)
}

/// Refuses more of something than a limit.
pub(crate) fn at_most(what: &'static str, count: usize, limit: usize) -> Result<(), Refusal> {
    let (count, limit) = (count as u64, limit as u64);
    if count <= limit { Ok(()) } else { Err(Refusal::TooMany { what, count, limit }) }
}
