//! Evaluation against brute force: truth tables, checked arithmetic, exact comparison.

use proptest::prelude::*;

use super::value_of;
use crate::value::Value;

/// A boolean expression, and its value under the strong logic of three values that CEL's `&&` and
/// `||` define, where an error is the third.
fn logic() -> impl Strategy<Value = (String, Option<bool>)> {
    let leaf = prop_oneof![
        Just(("true".to_owned(), Some(true))),
        Just(("false".to_owned(), Some(false))),
        Just(("1 / 0 == 0".to_owned(), None)),
    ];
    leaf.prop_recursive(5, 40, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|((a, x), (b, y))| {
                let value = match (x, y) {
                    (Some(false), _) | (_, Some(false)) => Some(false),
                    (Some(true), Some(true)) => Some(true),
                    _ => None,
                };
                (format!("({a} && {b})"), value)
            }),
            (inner.clone(), inner.clone()).prop_map(|((a, x), (b, y))| {
                let value = match (x, y) {
                    (Some(true), _) | (_, Some(true)) => Some(true),
                    (Some(false), Some(false)) => Some(false),
                    _ => None,
                };
                (format!("({a} || {b})"), value)
            }),
            inner.clone().prop_map(|(a, x)| (format!("!({a})"), x.map(|x| !x))),
            (inner.clone(), inner.clone(), inner).prop_map(|((a, x), (b, y), (c, z))| {
                (format!("({a} ? {b} : {c})"), x.and_then(|x| if x { y } else { z }))
            }),
        ]
    })
}

type Operation = fn(i64, i64) -> Option<i64>;

/// An integer expression, and its value in checked arithmetic.
fn arithmetic() -> impl Strategy<Value = (String, Option<i64>)> {
    let leaf = prop_oneof![
        (-9_i64..9).prop_map(|n| (n.to_string(), Some(n))),
        Just((i64::MAX.to_string(), Some(i64::MAX))),
        Just((i64::MIN.to_string(), Some(i64::MIN))),
    ];
    let operations: [(&str, Operation); 5] = [
        ("+", i64::checked_add),
        ("-", i64::checked_sub),
        ("*", i64::checked_mul),
        ("/", i64::checked_div),
        ("%", i64::checked_rem),
    ];
    leaf.prop_recursive(5, 40, 2, move |inner| {
        (inner.clone(), 0..operations.len(), inner).prop_map(move |((a, x), which, (b, y))| {
            let (symbol, operation) = operations[which];
            (format!("({a} {symbol} {b})"), x.zip(y).and_then(|(x, y)| operation(x, y)))
        })
    })
}

proptest! {
    #[test]
    fn logic_agrees_with_a_truth_table((text, value) in logic()) {
        let expected = value.map_or("error: division by zero".to_owned(), |value| value.to_string());
        prop_assert_eq!(value_of(&text), expected, "{}", text);
    }

    #[test]
    fn arithmetic_agrees_with_checked_arithmetic((text, value) in arithmetic()) {
        let found = value_of(&text);
        match value {
            Some(value) => prop_assert_eq!(found, value.to_string(), "{}", text),
            None => prop_assert!(found.starts_with("error: "), "{} is {}", text, found),
        }
    }

    #[test]
    fn precedence_is_that_of_brackets(a in -9_i64..9, b in -9_i64..9, c in 1_i64..9, d in -9_i64..9) {
        let flat = format!("{a} - {b} * {c} / {c} + {d} < {a} == ({b} < {c}) || {a} > {d} && {b} > {c}");
        let expected = ((a - b * c / c + d < a) == (b < c)) || (a > d && b > c);
        prop_assert_eq!(value_of(&flat), expected.to_string(), "{}", flat);
    }

    #[test]
    fn no_text_makes_the_compiler_panic(text in ".{0,60}") {
        let _ = value_of(&text);
    }

    #[test]
    fn no_sequence_of_tokens_makes_the_compiler_panic(
        tokens in proptest::collection::vec(
            prop::sample::select(vec![
                "object", ".", "?", "(", ")", "[", "]", "{", "}", "'a'", "1", "1u", ".5", "-", "!",
                "all", "x", ",", ":", "&&", "in", "==", "has", "map", "namespace", "`a b`", "null",
            ]),
            0..25,
        )
    ) {
        let _ = value_of(&tokens.concat());
        let _ = value_of(&tokens.join(" "));
    }

    #[test]
    fn numbers_are_ordered_as_their_exact_values(a in any::<i64>(), b in any::<f64>()) {
        prop_assume!(b.is_finite());
        let exact = |b: f64| -> std::cmp::Ordering {
            if b >= 9.3e18 { return std::cmp::Ordering::Less; }
            if b <= -9.3e18 { return std::cmp::Ordering::Greater; }
            #[expect(clippy::cast_possible_truncation, reason = "below 2^64 in size")]
            let whole = b.trunc() as i128;
            i128::from(a).cmp(&whole).then_with(|| 0.0.partial_cmp(&b.fract()).unwrap())
        };
        prop_assert_eq!(Value::Int(a).compare(&Value::Double(b)), Some(exact(b)));
        prop_assert_eq!(Value::Double(b).compare(&Value::Int(a)), Some(exact(b).reverse()));
    }
}
