//! Giving a finding the edits that mend it.

use seatrial_core::{Edit, Finding, Safety, only_nearest};
use seatrial_manifests::Object;
use seatrial_parse::edit::{Change, replacement};
use serde_json::Value;

/// Adds the edits that carry out changes to an object, if its text can be changed by itself at all
/// of the places.
#[must_use]
pub(crate) fn mended(
    finding: Finding,
    object: &Object,
    safety: Safety,
    changes: &[Change],
) -> Finding {
    let edit = |change| {
        let made = replacement(object.file.text(), &object.node, change)?;
        Some(Edit { location: object.location(made.span), replacement: made.text })
    };
    match changes.iter().map(edit).collect() {
        Some(edits) => finding.edited(safety, edits),
        None => finding,
    }
}

/// Adds the edit that writes another value where the finding points to.
#[must_use]
pub(crate) fn rewritten(
    finding: Finding,
    object: &Object,
    safety: Safety,
    value: impl Into<Value>,
) -> Finding {
    let Some(pointer) = finding.pointer.clone() else { return finding };
    mended(finding, object, safety, &[Change::Set { pointer, value: value.into() }])
}

/// Adds the edit that writes the name nearest to the one that the finding points to, if there is no
/// second one as near.
#[must_use]
pub(crate) fn respelt<'c>(
    finding: Finding,
    object: &Object,
    name: &str,
    known: impl IntoIterator<Item = &'c str>,
) -> Finding {
    match only_nearest(name, known) {
        Some(meant) => rewritten(finding, object, Safety::Unsafe, meant),
        None => finding,
    }
}
