//! Pages of the commands that have a JSON document of their own.

use serde::Deserialize;
use serde_json::Value;

use super::{access, drill, model, placement};

/// Why a document has no page.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// It is no document of a command that has a page.
    #[error("there is no page for `{0}`")]
    Command(String),
    /// It is not as its command writes it.
    #[error("the document cannot be read: {0}")]
    Json(#[from] serde_json::Error),
}

/// What all documents have.
#[derive(Debug, Deserialize)]
pub(super) struct Common<Summary> {
    pub(super) tool: Value,
    pub(super) command: String,
    pub(super) summary: Summary,
    #[serde(default)]
    bounds: Value,
}

impl<Summary> Common<Summary> {
    /// The version of seatrial that wrote it.
    pub(super) fn version(&self) -> String {
        match &self.tool {
            Value::String(tool) => tool.trim_start_matches("seatrial ").to_owned(),
            tool => tool.get("version").map(plain).unwrap_or_default(),
        }
    }

    /// The version and the limits, as rows of a table.
    pub(super) fn limits(&self) -> Vec<(String, String)> {
        let mut rows = vec![("seatrial".to_owned(), self.version())];
        match &self.bounds {
            Value::Array(bounds) => rows.extend(bounds.iter().map(|bound| {
                let field = |name| bound.get(name).map(plain).unwrap_or_default();
                (field("name"), field("value"))
            })),
            Value::Object(bounds) => {
                let known = bounds.iter().filter(|(_, value)| !value.is_null());
                rows.extend(known.map(|(name, value)| (name.replace('_', " "), plain(value))));
            }
            _ => {}
        }
        rows
    }
}

/// A place as documents have it.
#[derive(Debug, Deserialize)]
pub(super) struct Place {
    path: String,
    line: u32,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.path.is_empty() {
            return Ok(());
        }
        write!(f, "{}:{}", self.path, self.line)
    }
}

/// Writes the page of a JSON document of `drill`, `model check`, `access diff` or `place`.
///
/// # Errors
///
/// If it is the document of another command, or none at all.
pub fn document_page(document: &str) -> Result<String, DocumentError> {
    #[derive(Deserialize)]
    struct Named {
        command: String,
    }
    let Named { command } = serde_json::from_str(document)?;
    match command.as_str() {
        "drill" => Ok(drill::page(&serde_json::from_str(document)?)),
        "model check" => Ok(model::page(&serde_json::from_str(document)?)),
        "access diff" => Ok(access::page(&serde_json::from_str(document)?)),
        "place" => Ok(placement::page(&serde_json::from_str(document)?)),
        _ => Err(DocumentError::Command(command)),
    }
}

/// A value without quotation marks.
pub(crate) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            format!("[{}]", items.iter().map(plain).collect::<Vec<_>>().join(", "))
        }
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| format!("{name}: {}", plain(value)));
            format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}
