//! Which files changed: the one door to git.

use crate::Refusal;
use std::process::Command;

/// The files that differ from a revision, committed or not, new ones included; relative to the
/// repository's root. A file that was moved counts under both names.
pub(super) fn changed_since(revision: &str) -> Result<Vec<String>, Refusal> {
    let failed = |reason: &str| {
        Refusal::new(format!("changes since `{revision}` cannot be listed: {reason}"))
    };
    if revision.starts_with('-') {
        return Err(failed("that is no revision"));
    }
    let listed = |arguments: &[&str]| -> Result<String, Refusal> {
        let output = Command::new("git").args(arguments).output();
        let output = output.map_err(|error| failed(&format!("git does not run: {error}")))?;
        let (names, errors) = (output.stdout, String::from_utf8_lossy(&output.stderr));
        if !output.status.success() {
            return Err(failed(errors.lines().next().unwrap_or("git failed").trim()));
        }
        Ok(String::from_utf8_lossy(&names).into_owned())
    };
    // Asked first, since outside a repository `git diff` compares any two paths.
    listed(&["rev-parse", "--quiet", "--verify", &format!("{revision}^{{commit}}")])
        .map_err(|_| failed("git knows no such commit here"))?;
    let differing = listed(&["diff", "--name-only", "--no-renames", "-z", revision, "--"])?;
    let new =
        listed(&["ls-files", "--others", "--exclude-standard", "--full-name", "-z", "--", ":/"])?;
    let names = differing.split('\0').chain(new.split('\0'));
    Ok(names.filter(|name| !name.is_empty()).map(str::to_owned).collect())
}
