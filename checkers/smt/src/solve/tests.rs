#![allow(clippy::format_push_string, reason = "scripts are put together line by line")]

use super::*;

const MANNERS: [Manner; 2] = [Manner::General, Manner::Simplex];
const LONG: Duration = Duration::from_secs(60);

/// So many pigeons in one hole fewer, which takes long to refute.
fn pigeons(count: usize) -> String {
    let mut script = String::new();
    for pigeon in 0..count {
        let mut holes = String::new();
        for hole in 1..count {
            script += &format!("(declare-const p_{pigeon}_{hole} Bool)\n");
            holes += &format!(" p_{pigeon}_{hole}");
        }
        script += &format!("(assert (or{holes}))\n");
    }
    for hole in 1..count {
        for (one, two) in (0..count).flat_map(|one| (0..one).map(move |two| (one, two))) {
            script += &format!("(assert (not (and p_{one}_{hole} p_{two}_{hole})))\n");
        }
    }
    script + "(check-sat)\n"
}

#[test]
fn both_manners_answer_and_give_values() {
    let script = "(set-logic QF_LIA)\n(declare-const x Int) (assert (< 3 x 6)) ; (assert false)\n";
    for manner in MANNERS {
        let limits = Limits::time(LONG);
        let more = |what: &str| solve(&format!("{script}{what}(check-sat)\n"), manner, &limits);
        let Answer::Sat(model) = more("(assert (distinct x 4))\n") else { panic!("{manner:?}") };
        assert_eq!(model.value("x"), Some(5));
        assert_eq!(model.value("y"), None);
        assert_eq!(model.to_string(), "x = 5\n");
        assert_eq!(more("(assert (distinct x 4))\n(assert (distinct x 5))\n"), Answer::Unsat);
    }
}

#[test]
fn what_is_not_understood_is_not_known() {
    for script in [
        "(assert (> x 3))\n(assert false)\n",
        "(declare-const x Int)\n(assert (and (> x 3) (< x 3)))\n(assert (> x\n",
        "(assert false\n",
        "(assert false)\0",
    ] {
        let said = solve(script, Manner::General, &Limits::time(LONG));
        assert!(matches!(said, Answer::Unknown(_)), "{script}: {said:?}");
    }
}

#[test]
fn limits_are_kept() {
    let script = pigeons(30);
    for manner in MANNERS {
        let short = Limits::time(Duration::from_millis(50));
        assert!(matches!(solve(&script, manner, &short), Answer::Unknown(_)), "{manner:?}");
        let stopped = Limits { stop: Some(&|| true), ..Limits::time(LONG * 60) };
        assert!(matches!(solve(&script, manner, &stopped), Answer::Unknown(_)), "{manner:?}");
        let small = Limits { work: Some(1_000), ..Limits::time(LONG * 60) };
        assert!(matches!(solve(&script, manner, &small), Answer::Unknown(_)), "{manner:?}");
    }
    assert_eq!(solve(&pigeons(4), Manner::Simplex, &Limits::time(LONG)), Answer::Unsat);
}

#[test]
fn a_core_has_nothing_to_spare() {
    let claims = |claims: &[&str]| Claims {
        given: "(declare-const x Int)\n(assert (>= x 0))".to_owned(),
        claims: claims.iter().map(|&claim| claim.to_owned()).collect(),
    };
    let core = |list: &[&str]| minimal_core(&claims(list), &Limits::time(LONG));
    assert_eq!(core(&["(< x 5)", "(> x 7)", "(= x 2)", "(> x 8)"]), Some(vec![0, 1]));
    assert_eq!(core(&["(< x 5)", "(> x 2)"]), None);
    assert_eq!(core(&["(< x 0)", "(= x 1)"]), Some(vec![0]));
    assert_eq!(core(&["(< x"]), None);
}
