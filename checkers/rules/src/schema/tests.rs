//! Objects that the API server accepts and rejects.

mod custom;
mod native;
mod oracle;
mod shown;

use std::sync::Arc;

use seatrial_core::{Finding, Found, SourceFile};
use seatrial_manifests::Object;

use super::{Coverage, Schemas, Version};

/// The objects of a text.
fn objects(text: &str) -> Vec<Object> {
    let manifest = seatrial_manifests::read(Arc::new(SourceFile::new("a.yaml", text)));
    assert!(manifest.unreadable.is_empty(), "{:?}", manifest.unreadable);
    manifest.objects
}

/// Checks all objects of a text, the definitions among them applied.
fn check_in(text: &str, version: &str) -> (Vec<Coverage>, Vec<Finding>) {
    let objects = objects(text);
    let version: Version = version.parse().unwrap();
    let schemas = Schemas::for_version(version).with_crds(&objects);
    let mut found = Found::default();
    let coverage = objects.iter().map(|object| schemas.check(object, &mut found)).collect();
    assert!(found.undecided.is_empty(), "{:?}", found.undecided);
    (coverage, found.findings)
}

/// The findings of a text in the newest version, as `rule pointer` each.
fn found(text: &str) -> Vec<String> {
    let (_, findings) = check_in(text, &Version::NEWEST.to_string());
    findings.iter().map(brief).collect()
}

/// A finding in short: `rule pointer`.
fn brief(finding: &Finding) -> String {
    format!("{} {}", finding.rule, finding.pointer.as_deref().unwrap_or_default())
}

/// A sound pod whose container has these further lines.
fn container(lines: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec:\n  containers:\n  - name: a\n    \
         image: b\n    {}\n",
        lines.replace('\n', "\n    ")
    )
}
