use proptest::prelude::*;

use super::*;

fn near(left: f64, right: f64) {
    assert!((left - right).abs() < 5e-4, "{left} is not {right}");
}

#[test]
fn the_lower_bound_asks_for_many_cases() {
    // n / (n + z²) where all agree.
    for (k, n, bound) in [
        (0, 0, 0.0),
        (0, 10, 0.0),
        (1, 1, 0.2699),
        (10, 10, 0.7871),
        (52, 52, 0.9505),
        (50, 100, 0.4189),
        (990, 1000, 0.9834),
    ] {
        near(wilson_lower(k, n, Z_95), bound);
    }
}

#[test]
fn the_beta_bound_is_the_quantile_where_it_has_a_closed_form() {
    // After n of n, the distribution function is p to the n + 1.
    for n in [0, 1, 10, 58] {
        near(beta_lower(n, n, 0.05), 0.05_f64.powf(1.0 / f64::from(n + 1)));
    }
    // After none of n, one minus (1 - p) to the n + 1.
    near(beta_lower(0, 9, 0.05), 1.0 - 0.95_f64.powf(0.1));
}

#[test]
fn entropy_is_measured_in_bits() {
    for (counts, bits) in [
        (&[] as &[u32], 0.0),
        (&[0], 0.0),
        (&[7], 0.0),
        (&[5, 5], 1.0),
        (&[1, 1, 1, 1], 2.0),
        (&[3, 1, 0], 0.8113),
    ] {
        near(entropy(counts), bits);
    }
}

#[test]
fn values_seen_once_stand_for_those_not_seen() {
    for (counts, mass) in
        [(&[] as &[u32], 1.0), (&[1], 1.0), (&[20], 0.0), (&[19, 1], 0.05), (&[1, 1, 2], 0.5)]
    {
        near(unseen_mass(counts), mass);
    }
}

#[test]
fn fishers_test_knows_the_lady_tasting_tea() {
    for (table, probability) in [
        (Table { both: 4, first: 0, second: 0, neither: 4 }, 1.0 / 70.0),
        (Table { both: 3, first: 1, second: 1, neither: 3 }, 17.0 / 70.0),
        (Table { both: 0, first: 4, second: 4, neither: 0 }, 1.0),
        (Table::default(), 1.0),
    ] {
        near(table.fisher(), probability);
    }
}

#[test]
fn lift_and_leverage_are_neutral_where_two_are_independent() {
    let independent = Table { both: 10, first: 10, second: 40, neither: 40 };
    near(independent.lift(), 1.0);
    near(independent.leverage(), 0.0);
    let together = Table { both: 20, first: 0, second: 0, neither: 60 };
    near(together.lift(), 4.0);
    near(together.leverage(), 0.1875);
    near(Table::default().lift(), 1.0);
    near(Table::default().leverage(), 0.0);
}

#[test]
fn false_discoveries_are_limited_as_in_the_paper() {
    // The example of Benjamini and Hochberg: of fifteen tests, the first four are believed.
    let probabilities = [
        0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262,
        0.5719, 0.6528, 0.7590, 1.0,
    ];
    let believed = benjamini_hochberg(&probabilities, 0.05);
    assert_eq!(believed.iter().filter(|b| **b).count(), 4);
    assert_eq!(benjamini_hochberg(&[0.9, 0.01], 0.05), [false, true]);
    assert_eq!(benjamini_hochberg(&[0.9, 0.8], 0.05), [false, false]);
    assert!(benjamini_hochberg(&[], 0.05).is_empty());
}

proptest! {
    #[test]
    fn the_binomial_tail_is_what_adding_up_all_outcomes_gives(
        n in 0_u32..12, k in 0_u32..14, p in 0.0..1.0_f64,
    ) {
        let outcomes = (0..1_u32 << n).filter(|outcome| outcome.count_ones() >= k);
        let weight = |outcome: u32| {
            (0..n).map(|trial| if outcome >> trial & 1 == 1 { p } else { 1.0 - p }).product::<f64>()
        };
        let expected: f64 = outcomes.map(weight).sum();
        prop_assert!((binomial_tail(k, n, p) - expected).abs() < 1e-9);
    }

    #[test]
    fn bounds_stay_below_the_share_and_grow_with_it(n in 1_u32..200, k in 0_u32..200) {
        let k = k.min(n);
        let share = f64::from(k) / f64::from(n);
        prop_assert!(wilson_lower(k, n, Z_95) <= share + 1e-12);
        prop_assert!(wilson_lower(k, n, Z_95) <= wilson_lower(k + 1, n + 1, Z_95));
        prop_assert!(beta_lower(k, n, 0.05) <= beta_lower(k + 1, n + 1, 0.05));
    }

    #[test]
    fn fishers_test_is_a_probability(both in 0_u32..9, first in 0_u32..9, second in 0_u32..9, neither in 0_u32..9) {
        let p = Table { both, first, second, neither }.fisher();
        prop_assert!((0.0..=1.0).contains(&p));
    }
}
