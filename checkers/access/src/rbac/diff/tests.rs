use std::collections::BTreeSet;

use super::*;
use crate::rbac::testing::{self, Dice};
use crate::rbac::{Action, User};

/// What brute force says about one request.
fn expected(old: &Policy<'_>, new: &Policy<'_>, request: &Request) -> Option<Change> {
    let answers = [old, new].map(|side| (side, side.authorize(request)));
    let decisions = answers.each_ref().map(|(_, answer)| answer.decision);
    if decisions != [Decision::Unknown; 2] {
        return Change::between(decisions[0], decisions[1]);
    }
    let [old, new] = answers.map(|(side, answer)| -> BTreeSet<String> {
        let reasons = answer.unknown.iter().map(|&at| side.unknown_because(&side.bindings[at]));
        reasons.map(Option::unwrap).collect()
    });
    match (old.is_subset(&new), new.is_subset(&old)) {
        (true, true) => None,
        (true, false) => Some(Change::MayOpen),
        (false, true) => Some(Change::MayClose),
        (false, false) => Some(Change::MayChange),
    }
}

/// What the regions say about one request.
fn found(changes: &Changes<'_>, action: &Action) -> Option<Change> {
    let contains = |piece: &&Piece| match action {
        Action::Resource(action) => {
            !piece.of_urls && piece.rectangle.contains(&changes.resources.cell(action))
        }
        Action::Url { verb, path } => {
            piece.of_urls && piece.rectangle.contains(&changes.urls.cell(verb, path))
        }
    };
    let mut found = changes.pieces.iter().filter(contains).map(|piece| piece.change);
    let first = found.next();
    assert!(found.all(|other| Some(other) == first), "one request, two changes: {action}");
    first
}

/// Holds the regions of two policies against brute force, for every holder and action.
fn compare(old: &Policy<'_>, new: &Policy<'_>, actions: &[Action]) -> usize {
    let comparison = Comparison::new(old, new);
    let situations = comparison.situations();
    let mut subjects: Vec<_> = comparison
        .holders
        .iter()
        .map(|holder| {
            let situation = situations.iter().find(|(_, holders)| holders.contains(holder));
            let changes =
                situation.map(|(situation, _)| Changes::of(situation, &comparison.interner));
            (comparison.names.user(*holder), changes)
        })
        .collect();
    let mut differing = 0;
    for (at, action) in actions.iter().enumerate() {
        let mut request = Request { user: User::named("nobody"), action: action.clone() };
        for (user, changes) in &mut subjects {
            // Of those for whom nothing is said to have changed, every eighth request is asked.
            if changes.is_none() && at % 8 != user.user.len() % 8 {
                continue;
            }
            std::mem::swap(&mut request.user, user);
            let expected = expected(old, new, &request);
            let found = changes.as_ref().and_then(|changes| found(changes, action));
            assert_eq!(found, expected, "{request}\n{old:#?}\n{new:#?}");
            differing += usize::from(expected.is_some());
            std::mem::swap(&mut request.user, user);
        }
    }
    differing
}

fn compare_many(seed: u64, count: usize) {
    let mut dice = Dice(seed);
    let mut differing = 0;
    for _ in 0..count {
        let old = testing::policy(&mut dice);
        let new = testing::changed(&mut dice, &old);
        let actions = testing::actions(&[&old, &new]);
        let requests = compare(&old, &new, &actions);
        let differences = diff(&old, &new, usize::MAX).unwrap();
        assert_eq!(differences.total() == 0, requests == 0);
        assert_eq!(differences.total(), differences.listed.len());
        differing += usize::from(requests > 0);
    }
    // The test is about something: most changes change a decision, some do not.
    assert!(differing > count / 3 && differing < count, "{differing} of {count}");
}

#[test]
fn regions_agree_with_brute_force_on_10_000_changes() {
    compare_many(1, 10_000);
}

#[test]
fn regions_agree_with_brute_force_on_10_000_other_changes() {
    compare_many(2, 10_000);
}
