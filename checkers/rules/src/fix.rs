//! Giving a finding the edits that mend it.

use seatrial_core::{Edit, Finding, Safety};
use seatrial_manifests::Object;
use seatrial_parse::edit::{Change, replacement};
use serde_json::Value;

/// Adds the edit that carries out a change to an object, if its text can be changed by itself.
#[must_use]
pub(crate) fn mended(
    finding: Finding,
    object: &Object,
    safety: Safety,
    change: &Change,
) -> Finding {
    match replacement(object.file.text(), &object.node, change) {
        Some(made) => {
            let location = object.location(made.span);
            finding.edited(safety, vec![Edit { location, replacement: made.text }])
        }
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
    mended(finding, object, safety, &Change::Set { pointer, value: value.into() })
}
