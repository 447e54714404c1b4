//! Whether fixes did what they are for, told by the findings before and after.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use seatrial_core::{Finding, Severity};

/// Rule and file: findings are counted by these, as fixing one may shift the pointers of others.
type Group<'a> = (&'a str, &'a str);

/// The findings before and after a round.
pub(super) struct Tally<'a> {
    before: Groups<'a>,
    after: Groups<'a>,
}

type Groups<'a> = BTreeMap<Group<'a>, Vec<&'a Finding>>;

const STILL_THERE: &str = "the finding would still be there";
const NEW_ERROR: &str = "there would be a new error";

impl<'a> Tally<'a> {
    pub(super) fn of(before: &'a [Finding], after: &'a [Finding]) -> Self {
        Self { before: grouped(before), after: grouped(after) }
    }

    /// The fixes that failed, with the reason: those whose findings are still there, and those
    /// near to new errors.
    pub(super) fn failed<'f>(&self, taken: &[&'f Finding]) -> Vec<(&'f Finding, &'static str)> {
        let mut fixed = BTreeMap::<Group<'_>, Vec<&'f Finding>>::new();
        for finding in taken {
            fixed.entry(group(finding)).or_default().push(finding);
        }
        let none = Vec::new();
        let mut failed = Vec::new();
        for (group, fixed) in &fixed {
            let after = self.after.get(group).unwrap_or(&none);
            let before = self.before.get(group).map_or(0, Vec::len);
            if after.len() + fixed.len() > before {
                let persists: Vec<_> =
                    fixed.iter().copied().filter(|it| is_among(it, after)).collect();
                let culprits = if persists.is_empty() { fixed.clone() } else { persists };
                failed.extend(culprits.into_iter().map(|finding| (finding, STILL_THERE)));
            }
        }
        for (group, after) in &self.after {
            let before = self.before.get(group).unwrap_or(&none);
            let errors = |all: &[&Finding]| {
                all.iter().filter(|finding| finding.severity == Severity::Error).count()
            };
            if !fixed.contains_key(group) && errors(after) > errors(before) {
                let new = after.iter().filter(|finding| !is_among(finding, before));
                failed.extend(near(&new.copied().collect::<Vec<_>>(), taken));
            }
        }
        let mut seen = BTreeSet::new();
        failed.retain(|(finding, _)| seen.insert(*finding));
        failed
    }
}

/// The fixes that a new error is put down to: of the same object, else of the same file, else all.
fn near<'f>(new: &[&Finding], taken: &[&'f Finding]) -> Vec<(&'f Finding, &'static str)> {
    let objects: BTreeSet<_> = new.iter().map(|finding| object(finding)).collect();
    let files: BTreeSet<_> = new.iter().map(|finding| &finding.location.path).collect();
    let of = |wanted: &dyn Fn(&Finding) -> bool| -> Vec<_> {
        taken.iter().filter(|it| wanted(it)).map(|it| (*it, NEW_ERROR)).collect()
    };
    let same_object = of(&|finding| objects.contains(&object(finding)));
    let same_file = of(&|finding| files.contains(&finding.location.path));
    match (same_object.is_empty(), same_file.is_empty()) {
        (false, _) => same_object,
        (true, false) => same_file,
        (true, true) => of(&|_| true),
    }
}

/// The object of a finding; its API version may be what was fixed.
fn object(finding: &Finding) -> (&Arc<str>, Option<(&str, Option<&str>, &str)>) {
    let named = finding.resource.as_ref();
    let named = named.map(|id| (&*id.kind, id.namespace.as_deref(), &*id.name));
    (&finding.location.path, named)
}

/// Whether a finding is one of these, wherever its lines are now.
fn is_among(finding: &Finding, others: &[&Finding]) -> bool {
    others.iter().any(|other| other.pointer == finding.pointer && object(other) == object(finding))
}

fn group(finding: &Finding) -> Group<'_> {
    (&finding.rule, &finding.location.path)
}

fn grouped(findings: &[Finding]) -> Groups<'_> {
    let mut groups = Groups::new();
    for finding in findings {
        groups.entry(group(finding)).or_default().push(finding);
    }
    groups
}
