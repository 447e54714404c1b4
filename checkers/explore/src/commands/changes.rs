//! Which files changed: the one door to git.

use crate::Refusal;
use std::process::Command;

/// The files that differ from a revision, committed or not, relative to the repository's root.
pub(super) fn changed_since(revision: &str) -> Result<Vec<String>, Refusal> {
    let failed = |reason: String| {
        Refusal::new(format!("changes since `{revision}` cannot be listed: {reason}"))
    };
    if revision.starts_with('-') {
        return Err(failed("that is no revision".to_owned()));
    }
    let output = Command::new("git").args(["diff", "--name-only", "-z", revision, "--"]).output();
    let output = output.map_err(|error| failed(error.to_string()))?;
    if !output.status.success() {
        return Err(failed(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
    }
    let names = String::from_utf8_lossy(&output.stdout);
    Ok(names.split('\0').filter(|name| !name.is_empty()).map(str::to_owned).collect())
}
