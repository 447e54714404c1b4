use super::*;
use crate::testing::{Mix, instance};

fn tier(instance: &Instance, bound: u64) -> String {
    let placed = vec![0; instance.priorities().len()];
    script(instance, &Claim { target: Target::Tier(0), bound, placed: &placed, fragments: None })
}

#[test]
fn a_script_is_a_function_of_instance_and_claim_and_asks_once() {
    for seed in 0..200 {
        let instance = instance(seed, Mix::ALL);
        let text = tier(&instance, 1);
        assert_eq!(text, tier(&instance, 1), "{seed}");
        assert_ne!(text, tier(&instance, 2), "{seed}");
        assert!(text.ends_with("(check-sat)\n"));
        assert_eq!(text.matches("(check-sat)").count(), 1);
        let open = text.matches('(').count();
        // Comments have names, but no parentheses of their own except in pairs.
        assert_eq!(open, text.matches(')').count(), "{seed}");
    }
}

#[test]
fn names_stay_within_their_comment() {
    let mut instance = instance(3, Mix::PACKING);
    for node in &mut instance.nodes {
        node.name = "a\n(assert false)".to_owned();
    }
    let text = tier(&instance, 0);
    let asserted = text.lines().filter(|line| line.starts_with("(assert false)"));
    assert_eq!(asserted.count(), 0);
}

#[test]
fn what_is_impossible_says_so() {
    let instance = instance(3, Mix::PACKING);
    // More pods than there are.
    assert!(tier(&instance, 1_000).contains("1001"));
    let mut none = instance.clone();
    for shape in &mut none.shapes {
        shape.nodes = IndexSet::default();
    }
    let text = tier(&none, 0);
    assert!(text.contains("(assert false)"), "{text}");
    assert!(!text.contains("declare-const"), "{text}");
}

#[test]
fn sums_and_formulas_are_simplified() {
    let x = Sum::one("x").plus(3, &Sum::one("y"));
    assert_eq!(x.at_most(-2).text(), "(<= (+ x (* 3 y)) (- 2))");
    assert_eq!(x.clone().plus(-1, &x).at_least(0).text(), "true");
    assert_eq!(Sum::constant(4).plus(-2, &Sum::one("z")).equals(0).text(), "(= (* (- 2) z) (- 4))");
    let f = |text: bool| Formula::from(text);
    let a = Sum::one("a").at_least(1);
    assert_eq!(Formula::all([f(true), a.clone()]), a);
    assert!(Formula::any([f(true), a.clone()]).is_trivial());
    assert_eq!(Formula::any([f(false)]), f(false));
    assert!(f(false).implies(a.clone()).is_trivial());
    assert_eq!(a.implies(f(false)).text(), "(not (>= a 1))");
}
