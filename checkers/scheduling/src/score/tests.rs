use super::*;

fn usages(cpu: (u64, u64), memory: (u64, u64)) -> [Usage; 2] {
    [cpu, memory].map(|(requested, allocatable)| Usage { requested, allocatable })
}

#[test]
fn least_allocated_is_the_mean_of_the_free_percentages() {
    for (cpu, memory, expected) in [
        ((0, 4000), (0, 10_000), 100),
        // 25 % and 50 % are free.
        ((3000, 4000), (5000, 10_000), 37),
        // 50 % and 50 %.
        ((3000, 6000), (5000, 10_000), 50),
        // 66 and 33, each rounded down, and so is their mean.
        ((1, 3), (2, 3), 49),
        // More is asked for than there is.
        ((5000, 4000), (5000, 10_000), 25),
        ((5000, 4000), (20_000, 10_000), 0),
        // What the node does not have does not count.
        ((0, 0), (5000, 10_000), 50),
        ((0, 0), (0, 0), 0),
        // Nothing overflows.
        ((0, 1 << 62), (1 << 61, 1 << 62), 75),
    ] {
        assert_eq!(expected, least_allocated(usages(cpu, memory)), "{cpu:?} {memory:?}");
    }
}

#[test]
fn balanced_allocation_is_best_where_shares_are_equal() {
    for (cpu, memory, expected) in [
        ((0, 4000), (0, 10_000), 100),
        ((3000, 6000), (5000, 10_000), 100),
        // 75 % and 50 %: the deviation is 12.5 %.
        ((3000, 4000), (5000, 10_000), 87),
        ((6000, 10_000), (0, 20_000), 70),
        ((6000, 10_000), (5000, 20_000), 82),
        ((10, 10), (0, 10), 50),
        // No share is above 1.
        ((20, 10), (10, 10), 100),
        // With one resource there is no deviation.
        ((5, 10), (7, 0), 100),
    ] {
        assert_eq!(expected, balanced_allocation(usages(cpu, memory)), "{cpu:?} {memory:?}");
    }
}

#[test]
fn scores_are_scaled_to_the_highest() {
    for (raw, expected, reversed) in [
        (vec![], vec![], vec![]),
        (vec![0, 0], vec![0, 0], vec![100, 100]),
        (vec![1, 2, 3, 4], vec![25, 50, 75, 100], vec![75, 50, 25, 0]),
        (vec![1, 2, 3], vec![33, 66, 100], vec![67, 34, 0]),
        (vec![1000, 10], vec![100, 1], vec![0, 99]),
    ] {
        let mut scores = raw.clone();
        normalize(&mut scores);
        assert_eq!(expected, scores);
        let mut scores = raw;
        normalize_reversed(&mut scores);
        assert_eq!(reversed, scores);
    }
}

#[test]
fn the_raw_spread_grows_with_pods_and_skew() {
    let weight = spread_weight(4);
    for (matching, max_skew, expected) in [(0, 1, 0), (0, 3, 2), (1, 1, 2), (2, 1, 4), (3, 3, 7)] {
        assert_eq!(expected, spread_raw(spread_term(matching, max_skew, weight)));
    }
    assert!((spread_weight(0) - 2_f64.ln()).abs() < f64::EPSILON);
}

#[test]
fn spreading_prefers_domains_with_few_pods() {
    for (raw, expected) in [
        (vec![], vec![]),
        (vec![Some(0), Some(0)], vec![100, 100]),
        (vec![Some(2), Some(1), Some(0), Some(3)], vec![33, 66, 100, 0]),
        (vec![Some(4), Some(4)], vec![100, 100]),
        (vec![Some(5), Some(8), Some(5)], vec![100, 62, 100]),
        // Nodes without the label are the worst, and leave the others alone.
        (vec![Some(1), None, Some(2)], vec![100, 0, 50]),
        (vec![None], vec![0]),
    ] {
        let mut scores = vec![7];
        normalize_spread(&raw, &mut scores);
        assert_eq!(expected, scores, "{raw:?}");
    }
}

#[test]
fn pods_nearby_are_scored_between_the_extremes() {
    for (raw, expected) in [
        (vec![], vec![]),
        (vec![0, 0, 0], vec![0, 0, 0]),
        (vec![7, 7], vec![0, 0]),
        (vec![5, 0, -5], vec![100, 50, 0]),
        (vec![-2, -8], vec![100, 0]),
        (vec![1, 2, 4], vec![0, 33, 100]),
    ] {
        let mut scores = raw.clone();
        normalize_pods(&mut scores);
        assert_eq!(expected, scores, "{raw:?}");
    }
}

#[test]
fn images_count_by_size_and_by_how_many_nodes_have_them() {
    const MEBIBYTE: u64 = 1024 * 1024;
    for (images, containers, nodes, expected) in [
        (vec![], 1, 2, 0),
        // 40 MiB on one of two nodes is below the least.
        (vec![(40 * MEBIBYTE, 1)], 2, 2, 0),
        (vec![(300 * MEBIBYTE, 1), (40 * MEBIBYTE, 1)], 2, 2, 7),
        (vec![(300 * MEBIBYTE, 2)], 1, 2, 28),
        (vec![(2000 * MEBIBYTE, 3)], 1, 3, 100),
        (vec![(2000 * MEBIBYTE, 1)], 1, 2, 100),
        (vec![(1000 * MEBIBYTE, 1)], 1, 4, 23),
        (vec![(u64::MAX, 1), (u64::MAX, 1)], 2, 1, 100),
    ] {
        assert_eq!(expected, image_locality(&images, containers, nodes), "{images:?}");
    }
}
