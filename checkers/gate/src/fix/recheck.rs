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

/// File, and kind, namespace and name of the object.
type Place<'a> = (&'a Arc<str>, Option<(&'a str, Option<&'a str>, &'a str)>);

type Groups<'a> = BTreeMap<Group<'a>, Vec<&'a Finding>>;

const STILL_THERE: &str = "the finding would still be there";
const NEW_ERROR: &str = "there would be a new error";

impl<'a> Tally<'a> {
    pub(super) fn of(before: &'a [Finding], after: &'a [Finding]) -> Self {
        Self { before: grouped(before), after: grouped(after) }
    }

    /// The fixes that failed: those whose findings are still there, and those near to new errors.
    pub(super) fn failed<'f>(&self, taken: &[&'f Finding]) -> Vec<Failed<'f>> {
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
                failed.extend(still_there(fixed, after));
            }
        }
        let errors = |all: &[&Finding]| {
            all.iter().filter(|finding| finding.severity == Severity::Error).count()
        };
        for (group, after) in &self.after {
            let before = self.before.get(group).unwrap_or(&none);
            if !fixed.contains_key(group) && errors(after) > errors(before) {
                let new = after.iter().copied().filter(|finding| !is_among(finding, before));
                failed.extend(near(&new.collect::<Vec<_>>(), taken));
            }
        }
        let mut seen = BTreeSet::new();
        failed.retain(|failed| seen.insert(failed.finding));
        failed
    }
}

/// A fix that failed.
pub(super) struct Failed<'a> {
    /// The finding that it was to mend.
    pub(super) finding: &'a Finding,
    /// What went wrong.
    pub(super) reason: &'static str,
    /// Whether it was this fix for sure, not another one of the same round.
    pub(super) sure: bool,
}

fn all_of<'f>(culprits: Vec<&'f Finding>, reason: &'static str, sure: bool) -> Vec<Failed<'f>> {
    let sure = sure || culprits.len() == 1;
    culprits.into_iter().map(|finding| Failed { finding, reason, sure }).collect()
}

/// The fixes of a rule in a file that left their findings.
fn still_there<'f>(fixed: &[&'f Finding], after: &[&Finding]) -> Vec<Failed<'f>> {
    let persists: Vec<_> = fixed.iter().copied().filter(|it| is_among(it, after)).collect();
    if persists.is_empty() {
        return all_of(fixed.to_vec(), STILL_THERE, false);
    }
    all_of(persists, STILL_THERE, true)
}

/// The fixes that a new error is put down to: of the same object, else of the same file, else all.
fn near<'f>(new: &[&Finding], taken: &[&'f Finding]) -> Vec<Failed<'f>> {
    let objects: BTreeSet<_> = new.iter().map(|finding| object(finding)).collect();
    let files: BTreeSet<_> = new.iter().map(|finding| &finding.location.path).collect();
    let of = |wanted: &dyn Fn(&Finding) -> bool| -> Vec<_> {
        taken.iter().copied().filter(|finding| wanted(finding)).collect()
    };
    let same_object = of(&|finding| objects.contains(&object(finding)));
    let same_file = of(&|finding| files.contains(&finding.location.path));
    let culprits = [same_object, same_file].into_iter().find(|some| !some.is_empty());
    all_of(culprits.unwrap_or_else(|| taken.to_vec()), NEW_ERROR, false)
}

/// The object of a finding; its API version may be what was fixed.
fn object(finding: &Finding) -> Place<'_> {
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
