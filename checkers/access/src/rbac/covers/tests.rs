use super::*;
use crate::rbac::testing::{self, Dice};
use crate::rbac::{Action, Policy};

/// What a part allows, decided by the authorizer: it is a rule, too.
fn as_rule<'a>(part: &Atomic<'a>, like: &Rule<'a>) -> Rule<'a> {
    let mut rule = Rule { names: vec![], urls: vec![], ..like.clone() };
    (rule.verbs, rule.groups, rule.resources) = (vec![], vec![], vec![]);
    match *part {
        Atomic::Resource { verb, group, resource, name } => {
            (rule.verbs, rule.groups, rule.resources) = (vec![verb], vec![group], vec![resource]);
            rule.names = name.into_iter().collect();
        }
        Atomic::Url { verb, url } => (rule.verbs, rule.urls) = (vec![verb], vec![url]),
    }
    rule
}

/// The requests over the literals of both sides and fresh values.
fn actions(owner: &Policy<'static>, servant: &Policy<'static>) -> Vec<Action> {
    let mut actions = testing::actions(&[owner, servant]);
    // One namespace is enough: rules do not ask for it.
    actions.retain(|action| action.namespace().is_empty());
    actions
}

#[test]
fn a_part_is_uncovered_exactly_if_the_owner_is_denied_some_of_it() {
    let mut dice = Dice(3);
    let (mut covered, mut uncovered) = (0, 0);
    for _ in 0..1_500 {
        let (owner, servant) = (testing::policy(&mut dice), testing::policy(&mut dice));
        let owner_rules: Vec<_> = owner.rules.iter().collect();
        let found = covers(&owner_rules, &servant.rules);
        let actions = actions(&owner, &servant);
        for rule in &servant.rules {
            for part in Atomic::parts_of(rule) {
                let allowed = as_rule(&part, rule);
                let mut asked = actions.iter().filter(|action| allowed.allows(action)).peekable();
                // What matches no request (`*/*`, `r/`) is compared as it is written.
                if asked.peek().is_none() {
                    continue;
                }
                let held = asked.all(|action| owner_rules.iter().any(|owner| owner.allows(action)));
                assert_eq!(!found.contains(&part), held, "{part:?}\n{:#?}", owner.rules);
                if held { covered += 1 } else { uncovered += 1 }
            }
        }
    }
    assert!(covered > 500 && uncovered > 500, "{covered} {uncovered}");
}
