//! Findings of drills, on the corpus.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use seatrial_core::{Found, SourceFile};

use super::{Asked, Stated, check};

fn drilled(case: &str, file: &str, only: &[&str], limit: Duration) -> Found {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/drill").join(case);
    let text = std::fs::read_to_string(root.join(file)).unwrap();
    let objects = seatrial_manifests::read(Arc::new(SourceFile::new(file, text))).objects;
    let own = root.join("properties.yaml");
    let own = if own.exists() { vec![own] } else { Vec::new() };
    let stated = Stated::load(&own).unwrap();
    let asked = Asked { base: None, stated: &stated, threads: 1 };
    check(asked, &objects, limit, |id| only.contains(&id)).unwrap().found
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

#[test]
fn a_rollout_that_crashes_is_found_where_nothing_holds_it() {
    let only = ["crashing-rollout"];
    let found = drilled("unprobed-rollout", "bad.yaml", &only, Duration::from_secs(300));
    let [finding] = found.findings.as_slice() else { panic!("{found:?}") };
    let message = "a rollout of Deployment `shop/web` takes pods that are ready for a revision \
                   whose containers crash";
    assert_eq!((&*finding.rule, finding.message.as_str()), ("crashing-rollout", message));
    let good = drilled("unprobed-rollout", "good.yaml", &only, Duration::from_secs(300));
    assert_eq!((good.findings.len(), good.undecided.len()), (0, 0));
}

#[test]
fn a_property_of_ones_own_is_a_finding_at_its_place() {
    let only = ["violated-property"];
    let case = "maintenance-of-one-node";
    let found = drilled(case, "bad.yaml", &only, Duration::from_secs(300));
    let [finding] = found.findings.as_slice() else { panic!("{found:?}") };
    assert!(finding.location.path.ends_with("properties.yaml"), "{finding:?}");
    assert!(finding.message.starts_with("`misses-one-at-most` does not hold of `shop/web`"));
    assert!(finding.facts().any(|fact| fact.contains("cordons node")), "{finding:?}");
    let good = drilled(case, "good.yaml", &only, Duration::from_secs(300));
    assert_eq!((good.findings.len(), good.undecided.len()), (0, 0), "{good:?}");
    // About a workload that is not there.
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/drill").join(case);
    let stated = Stated::load(&[root.join("properties.yaml")]).unwrap();
    let asked = Asked { base: None, stated: &stated, threads: 1 };
    let none = check(asked, &[], Duration::from_secs(300), |id| only.contains(&id)).unwrap().found;
    assert_eq!((none.findings.len(), none.undecided.len()), (0, 2));
    let reason = "`misses-one-at-most` is about `shop/web`, which is no workload here";
    assert_eq!(none.undecided[0].reason, reason);
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

#[test]
fn of_two_manifests_of_one_name_the_first_is_drilled() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/drill");
    let text = std::fs::read_to_string(root.join("budget-without-slack/bad.yaml")).unwrap();
    let twice = format!("{text}\n---\n{text}");
    let objects =
        seatrial_manifests::read(Arc::new(SourceFile::new("twice.yaml", &*twice))).objects;
    let asked = Asked { base: None, stated: &Stated::default(), threads: 1 };
    let limit = Duration::from_secs(300);
    let found = check(asked, &objects, limit, |id| id == "stuck-drain").unwrap().found;
    let reasons: Vec<_> = found.undecided.iter().map(|it| &*it.reason).collect();
    assert_eq!(reasons, ["another manifest of the same name is drilled"]);
    assert_eq!(found.findings.len(), 1);
}
