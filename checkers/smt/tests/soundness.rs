//! The rules of the checker on small symbolic shapes: two classes of pods, two classes of nodes (or
//! two nodes of one), with requests, capacities, counts and multipliers left open. Z3 proves that
//! no placement that meets the inequalities is refuted; and that each rule, with one thing wrong
//! with it, does refute some.
//!
//! Over the reals where that is enough (it is then true of integers, too).

#![allow(clippy::format_push_string, reason = "scripts are put together line by line")]
#![allow(clippy::unwrap_used, reason = "a test that fails here fails as it should")]

use std::collections::BTreeSet;
use std::time::Duration;

use seatrial_smt::{Answer, Limits, Manner, solve};

fn answer(script: &str) -> Answer {
    solve(script, Manner::General, &Limits::time(Duration::from_secs(120)))
}

/// Declares constants that are at least 0.
fn amounts(sort: &str, names: &str) -> String {
    let one = |name: &str| format!("(declare-const {name} {sort}) (assert (>= {name} 0))\n");
    names.split_whitespace().map(one).collect()
}

fn assert(formulas: &[&str]) -> String {
    formulas.iter().map(|formula| format!("(assert {formula})\n")).collect()
}

/// What is said holds of everything, and with `wrong` in place of `right` it does not.
fn holds_but_not(name: &str, script: &str, right: &str, wrong: &str) {
    assert!(script.contains(right), "{name}: nothing to be wrong about");
    assert_eq!(answer(script), Answer::Unsat, "{name}");
    let broken = script.replace(right, wrong);
    let said = answer(&broken);
    assert!(matches!(said, Answer::Sat(_)), "{name}, broken: {said:?}");
}

/// The numbers `x_c_t` of pods of class `c` on nodes of class `t`; requests, room in all nodes of a
/// class together, supply, a tier before (of class 1 alone), the target; and their multipliers.
const NAMES: &str = "x_1_1 x_1_2 x_2_1 x_2_2 r_1 r_2 room_1 room_2 n_1 n_2 k bound \
                     u_1 u_2 v_1 v_2 l scale";

/// What is the case, and its product with what is not negative, multiplied out.
const PRODUCTS: &[(&str, &str)] = &[
    // Each row, with its multiplier.
    (
        "(<= (+ (* r_1 x_1_1) (* r_2 x_2_1)) room_1)",
        "(<= (+ (* u_1 r_1 x_1_1) (* u_1 r_2 x_2_1)) (* u_1 room_1))",
    ),
    (
        "(<= (+ (* r_1 x_1_2) (* r_2 x_2_2)) room_2)",
        "(<= (+ (* u_2 r_1 x_1_2) (* u_2 r_2 x_2_2)) (* u_2 room_2))",
    ),
    ("(<= (+ x_1_1 x_1_2) n_1)", "(<= (+ (* v_1 x_1_1) (* v_1 x_1_2)) (* v_1 n_1))"),
    ("(<= (+ x_2_1 x_2_2) n_2)", "(<= (+ (* v_2 x_2_1) (* v_2 x_2_2)) (* v_2 n_2))"),
    ("(>= (+ x_1_1 x_1_2) k)", "(>= (+ (* l x_1_1) (* l x_1_2)) (* l k))"),
    (
        "(>= (+ x_1_1 x_1_2 x_2_1 x_2_2) (+ bound 1))",
        "(>= (+ (* scale x_1_1) (* scale x_1_2) (* scale x_2_1) (* scale x_2_2)) \
         (+ (* scale bound) scale))",
    ),
    // Each number, with its coefficient, which supply keeps from being negative.
    (
        "(>= (+ v_1 (* u_1 r_1)) (+ scale l))",
        "(>= (+ (* v_1 x_1_1) (* u_1 r_1 x_1_1)) (+ (* scale x_1_1) (* l x_1_1)))",
    ),
    (
        "(>= (+ v_1 (* u_2 r_1)) (+ scale l))",
        "(>= (+ (* v_1 x_1_2) (* u_2 r_1 x_1_2)) (+ (* scale x_1_2) (* l x_1_2)))",
    ),
    ("(>= (+ v_2 (* u_1 r_2)) scale)", "(>= (+ (* v_2 x_2_1) (* u_1 r_2 x_2_1)) (* scale x_2_1))"),
    ("(>= (+ v_2 (* u_2 r_2)) scale)", "(>= (+ (* v_2 x_2_2) (* u_2 r_2 x_2_2)) (* scale x_2_2))"),
];

/// The proof: the right-hand sides add up to something negative.
const REFUTED: &str = "(< (+ (* u_1 room_1) (* u_2 room_2) (* v_1 n_1) (* v_2 n_2)) \
                       (+ (* scale bound) scale (* l k)))";

/// A formula with each product as a constant of its own, and their names.
fn linear(formula: &str, names: &mut BTreeSet<String>) -> String {
    let mut parts = formula.split("(* ");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (product, rest) = part.split_once(')').unwrap();
        names.insert(format!("|{product}|"));
        text += &format!("|{product}|{rest}");
    }
    text
}

#[test]
fn counting_refutes_no_placement() {
    for (fact, product) in PRODUCTS {
        let script = amounts("Real", NAMES) + &assert(&[fact, &format!("(not {product})")]);
        assert_eq!(answer(&(script + "(check-sat)")), Answer::Unsat, "{product}");
    }
    // With the products, what is left is linear.
    let mut names: BTreeSet<String> = NAMES.split_whitespace().map(str::to_owned).collect();
    let all = PRODUCTS.iter().map(|(_, product)| *product).chain([REFUTED]);
    let all: Vec<String> = all.map(|formula| linear(formula, &mut names)).collect();
    let declared = names.iter().map(|name| format!("(declare-const {name} Real)\n"));
    let mut script: String = declared.collect();
    for formula in all {
        script += &assert(&[&formula]);
    }
    assert_eq!(answer(&(script + "(check-sat)")), Answer::Unsat);
}

#[test]
fn counting_with_one_thing_wrong_refutes_placements() {
    let one = |name: &str| format!("(= {name} 1)");
    for (right, wrong, ones, others) in [
        // Supply is left out.
        ("(* v_1 n_1) ", "", "x_1_1 n_1 r_1 r_2 room_1 v_1 v_2", ""),
        // A class of nodes for which class 1 is eligible is forgotten.
        (
            "(>= (+ v_1 (* u_2 r_1)) (+ scale l))",
            "true",
            "x_1_2 n_1 r_1 r_2 room_2 u_1 v_2",
            "(= room_1 0) (= v_1 0) (= u_2 0) (= n_2 0)",
        ),
        // The tier before counts for more than is placed.
        ("(* l k)", "(* l (+ k 1))", "x_1_1 n_1 k l v_2", "(= v_1 2) (= u_1 u_2 n_2 bound 0)"),
    ] {
        let facts: Vec<&str> = PRODUCTS.iter().map(|(fact, _)| *fact).chain([REFUTED]).collect();
        let script = amounts("Real", NAMES) + &assert(&facts);
        assert!(script.contains(right));
        let witness: Vec<String> = ones.split(' ').chain(["scale"]).map(&one).collect();
        let witness = format!("(and {} {others})", witness.join(" "));
        let script = script.replace(right, wrong) + &assert(&[&witness]) + "(check-sat)";
        let said = answer(&script);
        assert!(matches!(said, Answer::Sat(_)), "{wrong} for {right}: {said:?}");
    }
}

/// Two nodes of one class, with a claim about each set of pods that fits one.
#[test]
fn a_claim_about_one_node_counts_once_for_each() {
    let script = amounts("Real", "y_1 y_2 z_1 z_2 w_1 w_2 most")
        + &assert(&[
            "(<= (+ (* w_1 y_1) (* w_2 y_2)) most)",
            "(<= (+ (* w_1 z_1) (* w_2 z_2)) most)",
            "(> (+ (* w_1 (+ y_1 z_1)) (* w_2 (+ y_2 z_2))) (* 2 most))",
        ])
        + "(check-sat)";
    holds_but_not("it counts once for both", &script, "(* 2 most)", "most");
}

/// Enumeration: the sum of all rows bounds what one node wastes, if it is not rounded.
#[test]
fn a_node_wastes_no_more_than_the_sum_of_the_rows_leaves() {
    let script = amounts("Int", "y_1 y_2 z_1 z_2 n_1 n_2 bound")
        + &amounts("Int", "r_1 r_2 left u v_1 v_2 c_1 c_2 scale")
        + &assert(&[
            // Shapes are small, so that all of them are looked at.
            "(and (<= r_1 3) (<= r_2 3) (<= left 6) (<= u 2) (<= scale 3) (<= v_1 3) (<= v_2 3))",
            "(and (<= y_1 2) (<= y_2 2) (<= z_1 2) (<= z_2 2) (<= n_1 4) (<= n_2 4))",
            "(>= scale 1)",
            "(<= (+ (* r_1 y_1) (* r_2 y_2)) left)",
            "(<= (+ (* r_1 z_1) (* r_2 z_2)) left)",
            "(<= (+ y_1 z_1) n_1)",
            "(<= (+ y_2 z_2) n_2)",
            "(>= (+ y_1 y_2 z_1 z_2) (+ bound 1))",
            // Reduced costs, with the least multipliers of supply.
            "(= c_1 (- (+ v_1 (* u r_1)) scale))",
            "(= c_2 (- (+ v_2 (* u r_2)) scale))",
            // What the first node wastes, against what is left in all.
            "(let ((waste (+ (* u (- left (+ (* r_1 y_1) (* r_2 y_2)))) (* c_1 y_1) (* c_2 y_2)))) \
             (> waste (- (+ (* 2 (* u left)) (* v_1 n_1) (* v_2 n_2)) (* scale (+ bound 1)))))",
        ])
        + "(check-sat)";
    let unrounded = "(- (+ (* 2 (* u left)) (* v_1 n_1) (* v_2 n_2)) (* scale (+ bound 1)))";
    let floored =
        "(* scale (- (div (+ (* 2 (* u left)) (* v_1 n_1) (* v_2 n_2)) scale) (+ bound 1)))";
    holds_but_not("the slack is rounded", &script, unrounded, floored);
}

#[test]
fn one_side_of_a_split_holds() {
    let script = amounts("Int", "x y at minimum running")
        + &assert(&["(not (or (<= (+ x y) at) (<= (- (+ x y)) (- (+ at 1)))))"])
        + "(check-sat)";
    holds_but_not("a gap between the sides", &script, "(+ at 1)", "(+ at 2)");
    let gang = amounts("Int", "running minimum")
        + &assert(&[
            "(or (= running 0) (>= running minimum))",
            "(not (or (<= running 0) (<= (- running) (- minimum))))",
        ])
        + "(check-sat)";
    holds_but_not("one more than the minimum", &gang, "(- minimum)", "(- (+ minimum 1))");
}

/// Of `n` pods that run here, `stay` are not touched, `moved` run elsewhere, the rest is evicted.
#[test]
fn budgets_and_costs_are_about_those_that_stay() {
    let places =
        amounts("Int", "n stay moved evicted allowed") + &assert(&["(= n (+ stay moved evicted))"]);
    let budget = places.clone()
        + &assert(&["(<= (+ moved evicted) allowed)", "(not (<= (- stay) (- allowed n)))"])
        + "(check-sat)";
    holds_but_not("one less", &budget, "(- allowed n)", "(- allowed (+ n 1))");
    let cost = places
        + &assert(&[
            "(<= (+ evicted (* 2 moved)) allowed)",
            "(not (<= (- moved stay) (- allowed n)))",
        ])
        + "(check-sat)";
    holds_but_not("moving costs 3", &cost, "(- moved stay)", "(- (* 2 moved) stay)");
}

/// Pods of one shape that keep apart, in three domains of which a fixed one may hold one.
#[test]
fn pods_that_are_apart_are_no_more_than_domains() {
    let script = amounts("Int", "x_1 x_2 x_3")
        + &assert(&[
            "(or (= x_1 0) (<= x_1 1))",
            "(<= x_2 1)",
            "(<= x_3 1)",
            "(> (+ x_1 x_2 x_3) 3)",
        ])
        + "(check-sat)";
    holds_but_not("one domain is forgotten", &script, "x_3) 3)", "x_3) 2)");
}

#[test]
fn a_move_saves_no_more_than_a_unit_of_fragments() {
    // Two nodes have `whole` units and `rest` free; a pod goes from the first to the second.
    let free = "(= (+ (* unit whole_1) rest_1 amount) (+ (* unit after_whole_1) after_1))";
    let taken = "(= (+ (* unit whole_2) rest_2 (- amount)) (+ (* unit after_whole_2) after_2))";
    let declared = "(declare-const unit Int) (declare-const amount Int)\n\
                    (declare-const whole_1 Int) (declare-const whole_2 Int)\n\
                    (declare-const after_whole_1 Int) (declare-const after_whole_2 Int)\n";
    let rests = "rest_1 rest_2 after_1 after_2";
    let below: String =
        rests.split_whitespace().map(|rest| format!("(assert (< {rest} unit))\n")).collect();
    // What is free of both together stays, so the rests differ by so many whole units.
    let wholes = "(* unit (- (+ after_whole_1 after_whole_2) (+ whole_1 whole_2)))";
    let saved = "(- (+ rest_1 rest_2) (+ after_1 after_2))";
    let script = format!("{declared}{}", amounts("Int", rests)) + &assert(&[free, taken]);
    let differ = script + &assert(&[&format!("(not (= {saved} {wholes}))")]) + "(check-sat)";
    assert_eq!(answer(&differ), Answer::Unsat);
    let script = "(declare-const unit Int) (declare-const wholes Int)\n".to_owned()
        + &amounts("Int", rests)
        + &below
        + &assert(&[&format!("(= {saved} (* unit wholes))"), &format!("(> {saved} unit)")])
        + "(check-sat)";
    holds_but_not("a move", &script, &format!("(> {saved} unit)"), &format!("(>= {saved} unit)"));
}
