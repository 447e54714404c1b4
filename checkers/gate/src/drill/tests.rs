//! Findings of drills, on the corpus.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use seatrial_core::{Found, SourceFile};

use super::check;

fn drilled(case: &str, file: &str, only: &[&str], limit: Duration) -> Found {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/drill").join(case);
    let text = std::fs::read_to_string(root.join(file)).unwrap();
    let objects = seatrial_manifests::read(Arc::new(SourceFile::new(file, text))).objects;
    check(None, &objects, limit, 1, |id| only.contains(&id)).unwrap().found
}

#[test]
fn a_finding_stands_at_the_responsible_line_with_a_change_that_was_tried() {
    let only = ["stuck-drain", "unfinished-rollout"];
    let found = drilled("budget-without-slack", "bad.yaml", &only, Duration::from_secs(300));
    let [finding] = found.findings.as_slice() else { panic!("{found:?}") };
    assert_eq!(finding.rule, "stuck-drain");
    assert_eq!(finding.message, "a drain of the nodes of Deployment `shop/web` may never end");
    assert!(finding.facts().any(|fact| fact.contains("cordons node")), "{finding:?}");
    assert!(finding.related[0].message.contains("wants 2 healthy pods"), "{finding:?}");
    assert!(finding.fix.as_ref().unwrap().description.starts_with("tried: "), "{finding:?}");
    let good = drilled("budget-without-slack", "good.yaml", &only, Duration::from_secs(300));
    assert_eq!((good.findings.len(), good.undecided.len()), (0, 0));
}

#[test]
fn what_is_not_asked_is_not_found_and_what_is_not_finished_is_undecided() {
    let none = drilled("budget-without-slack", "bad.yaml", &[], Duration::from_secs(300));
    assert_eq!((none.findings.len(), none.undecided.len()), (0, 0));
    let late = drilled("budget-without-slack", "bad.yaml", &["stuck-drain"], Duration::ZERO);
    assert_eq!(late.findings.len(), 0);
    assert!(late.undecided[0].reason.starts_with("`drain` of Deployment `shop/web` is undecided"));
}

/// No other rule has the id of one of these.
#[test]
fn the_rules_are_in_the_catalogue_under_their_own_ids() {
    let all = crate::catalogue::rules(&[]).unwrap();
    for rule in super::RULES {
        let found = all.iter().find(|other| other.id == rule.id);
        assert_eq!(found.map(|other| &other.summary), Some(&rule.summary), "{}", rule.id);
    }
}
