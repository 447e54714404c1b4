//! `seatrial check --fix`: findings to fixed texts, each fix tried before it counts.
//!
//! Fixes are applied in rounds. A round takes the fixes of all findings that do not get into each
//! other's way, of those that do the first by rule and place; makes sure that the trees differ
//! only where edits were made; and checks the texts again in memory. A fix whose finding is still
//! there, or after which there is an error that was not there before, is taken back and not tried
//! again. Rounds go on until nothing is left to fix.
//!
//! Architecture invariant: nothing here writes a file.

mod recheck;
mod round;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use seatrial_core::{Finding, Safety, SourceFile};
use seatrial_report::{Fixes, RefusedFix};

use crate::check::{CheckError, Checked, Options, check_texts};
use crate::files::Texts;
use crate::progress::Progress;
use recheck::{Failed, Tally};
use round::Round;

/// The most rounds. Each adds at least one setting to what lacks some; nothing lacks so many.
const MOST_ROUNDS: usize = 40;

/// How often a round is tried again without the fixes that failed, before it is given up.
const MOST_TRIES: usize = 16;

/// What fixing came to.
#[derive(Debug)]
pub struct Fixed {
    /// The check of the texts as they were.
    pub before: Checked,
    /// The check of the texts as they are fixed.
    pub after: Checked,
    /// The files that change, by path.
    pub files: Vec<FixedFile>,
}

/// A file that changes.
#[derive(Debug)]
pub struct FixedFile {
    /// The text as it was.
    pub before: Arc<SourceFile>,
    /// The text as it is fixed.
    pub after: Arc<SourceFile>,
}

/// A finding as it is recognised in the next round: by rule, file, object and pointer.
type Key = (String, Arc<str>, String, Option<String>);

fn key(finding: &Finding) -> Key {
    let resource = finding.resource.as_ref().map_or_else(String::new, ToString::to_string);
    (
        finding.rule.to_string(),
        Arc::clone(&finding.location.path),
        resource,
        finding.pointer.clone(),
    )
}

/// Checks, fixes what is safe (and the rest with `with_unsafe`), and checks what has become of it.
/// Both reports say how many fixes were applied.
pub fn fix(options: &Options, with_unsafe: bool, progress: &Progress) -> Result<Fixed, CheckError> {
    let mut before = check_texts(options, progress, &Texts::new())?;
    let inspected: BTreeSet<_> =
        before.report.objects.iter().map(|object| Arc::clone(&object.location.path)).collect();
    let originals: Texts = (before.sources.iter())
        .filter(|file| inspected.contains(file.path()))
        .map(|file| (Arc::clone(file.path()), Arc::clone(file)))
        .collect();
    // Who can do what, where pods have a place and what a model thinks comes when all is fixed.
    let quick = Options {
        base: None,
        cluster: None,
        drill: false,
        properties: Vec::new(),
        protocols: None,
        cache: None,
        model: None,
        timings: false,
        ..options.clone()
    };
    let mut fixer = Fixer {
        options: &quick,
        progress,
        with_unsafe,
        texts: originals.clone(),
        refused: BTreeMap::new(),
        suspects: BTreeSet::new(),
        applied: BTreeMap::new(),
    };
    fixer.run(before.report.findings.clone())?;
    let Fixer { texts, refused, applied, .. } = fixer;
    let mut after = check_texts(options, progress, &texts)?;
    let changed: Vec<_> = (originals.iter())
        .zip(texts.values())
        .filter(|((_, before), after)| before.text() != after.text())
        .map(|((_, before), after)| FixedFile {
            before: Arc::clone(before),
            after: Arc::clone(after),
        })
        .collect();
    let available = |finding: &&Finding| {
        let fixable = finding.fix.as_ref().is_some_and(|fix| !fix.edits.is_empty());
        !with_unsafe && fixable && !refused.contains_key(&key(finding))
    };
    let with_unsafe = after.report.findings.iter().filter(available).count();
    let outcome = Fixes {
        applied: applied.values().sum(),
        by_rule: applied,
        files: changed.iter().map(|file| file.before.path().to_string()).collect(),
        refused: refused.into_values().collect(),
        with_unsafe,
    };
    before.report.fixes = Some(outcome.clone());
    after.report.fixes = Some(outcome);
    Ok(Fixed { before, after, files: changed })
}

/// The state between rounds.
struct Fixer<'a> {
    options: &'a Options,
    progress: &'a Progress,
    with_unsafe: bool,
    texts: Texts,
    refused: BTreeMap<Key, RefusedFix>,
    /// Fixes that failed together with others: of each file one is tried at a time.
    suspects: BTreeSet<Key>,
    /// How many findings of each rule are fixed.
    applied: BTreeMap<String, usize>,
}

impl Fixer<'_> {
    fn run(&mut self, mut findings: Vec<Finding>) -> Result<(), CheckError> {
        for _ in 0..MOST_ROUNDS {
            match self.round(&findings)? {
                Some(left) => findings = left,
                None => break,
            }
        }
        Ok(())
    }

    /// Applies what can be applied together; the findings that are left, or `None` if nothing
    /// could be.
    fn round(&mut self, findings: &[Finding]) -> Result<Option<Vec<Finding>>, CheckError> {
        for tried in 1..=MOST_TRIES {
            let candidates = self.candidates(findings);
            let round = Round::of(&candidates);
            if round.is_empty() {
                return Ok(None);
            }
            let (texts, unclean) = round.apply(&self.texts);
            if !unclean.is_empty() {
                self.refuse(&unclean, "the text there cannot be changed by itself");
                continue;
            }
            let after = check_texts(self.options, self.progress, &texts)?.report.findings;
            let taken = round.taken();
            let failed = Tally::of(findings, &after).failed(&taken);
            if failed.is_empty() {
                for finding in taken {
                    *self.applied.entry(finding.rule.to_string()).or_default() += 1;
                }
                self.texts = texts;
                return Ok(Some(after));
            }
            for Failed { finding, reason, sure } in failed {
                if sure {
                    self.refuse(&[finding], reason);
                } else {
                    self.suspects.insert(key(finding));
                }
            }
            if tried == MOST_TRIES {
                self.refuse(&taken, "it fails together with others");
            }
        }
        // What else there is, without those that were given up.
        Ok(Some(findings.to_vec()))
    }

    /// The findings that may be fixed in this round.
    fn candidates<'f>(&self, findings: &'f [Finding]) -> Vec<&'f Finding> {
        let mut suspected = BTreeSet::new();
        let alone = |finding: &&'f Finding| {
            !self.suspects.contains(&key(finding)) || suspected.insert(&finding.location.path)
        };
        findings.iter().filter(|finding| self.is_candidate(finding)).filter(alone).collect()
    }

    fn is_candidate(&self, finding: &Finding) -> bool {
        let Some(fix) = &finding.fix else { return false };
        let allowed = fix.safety == Safety::Safe || self.with_unsafe;
        let editable = |path: &Arc<str>| self.texts.contains_key(path);
        allowed
            && !fix.edits.is_empty()
            && fix.edits.iter().all(|edit| {
                editable(&edit.location.path) && edit.location.path == finding.location.path
            })
            && !self.refused.contains_key(&key(finding))
    }

    fn refuse(&mut self, findings: &[&Finding], reason: &str) {
        for finding in findings {
            let refused = RefusedFix {
                rule: finding.rule.to_string(),
                location: finding.location.clone(),
                resource: finding.resource.clone(),
                pointer: finding.pointer.clone(),
                reason: reason.to_owned(),
            };
            self.refused.insert(key(finding), refused);
        }
    }
}

#[cfg(test)]
mod tests;
