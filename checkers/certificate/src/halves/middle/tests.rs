use super::*;
use crate::testing::Random;

fn number(random: &mut Random, least: u64, most: u64) -> i64 {
    i64::try_from(random.within(least, most)).unwrap()
}

fn items(random: &mut Random, resources: u64) -> Vec<Item> {
    let conflicts = random.chance(30);
    let count = random.within(0, 6);
    let item = |at: u64| Item {
        most: u32::try_from(random.within(1, 3)).unwrap(),
        sizes: (0..resources).map(|_| number(random, 0, 9)).collect(),
        bit: if conflicts { 1 << at } else { 0 },
        conflicts: if conflicts { 1 << random.within(0, 9) } else { 0 },
    };
    let mut items: Vec<Item> = (0..count).map(item).collect();
    for at in 0..items.len() {
        let own = items[at].bit;
        for other in 0..items.len() {
            if items[other].conflicts & own != 0 && other != at {
                items[at].conflicts |= items[other].bit;
            }
        }
        items[at].conflicts &= !own;
    }
    items
}

fn fits(items: &[Item], left: &[i64], counts: &[u32]) -> bool {
    let sum = |resource: usize| -> i64 {
        items.iter().zip(counts).map(|(it, &n)| it.sizes[resource] * i64::from(n)).sum()
    };
    let inside = || items.iter().zip(counts).filter(|it| *it.1 > 0).map(|it| it.0);
    let banned = inside().fold(0, |bits, item| bits | item.conflicts);
    items.iter().zip(counts).all(|(item, &n)| n <= item.most)
        && inside().all(|item| item.bit & banned == 0)
        && left.iter().enumerate().all(|(resource, &left)| sum(resource) <= left)
}

/// All numbers of items up to what there is of each.
fn all(items: &[Item]) -> Vec<Vec<u32>> {
    items.iter().fold(vec![Vec::new()], |sets, item| {
        let more = |set: &Vec<u32>| -> Vec<Vec<u32>> {
            (0..=item.most).map(|n| set.iter().copied().chain([n]).collect()).collect()
        };
        sets.iter().flat_map(more).collect()
    })
}

/// Each set that fits and is within the window is visited, and nothing twice.
#[test]
fn visits_each_set_once() {
    let (mut found, mut around) = (0, 0);
    for seed in 0..4000 {
        let random = &mut Random::new(seed);
        let resources = random.within(0, 3);
        let items = items(random, resources);
        let left: Vec<i64> = (0..resources).map(|_| number(random, 0, 30)).collect();
        let value = |_: &Item| number(random, 0, 12) - 6;
        let per_item: Vec<i64> = items.iter().map(value).collect();
        let least = number(random, 0, 40) - 30;
        let window = (least, least + number(random, 0, 12));
        let sum = |counts: &[u32]| -> i64 {
            per_item.iter().zip(counts).map(|(value, &n)| value * i64::from(n)).sum()
        };
        let steps = &mut Steps::new(1_000_000);
        let middle = Middle::new(&items, &left, steps).unwrap();
        let mut visited = Vec::new();
        let visit = |counts: &[u32]| visited.push(counts.to_vec());
        assert_eq!(middle.visit(&per_item, window, 1_000_000, steps, visit), Ok(true));
        visited.sort();
        assert!(visited.is_sorted_by(|a, b| a < b), "{seed}: {visited:?}");
        assert!(visited.iter().all(|it| (window.0..=window.1).contains(&sum(it))), "{seed}");
        visited.retain(|counts| fits(&items, &left, counts));
        let mut truth = all(&items);
        truth.retain(|it| fits(&items, &left, it) && (window.0..=window.1).contains(&sum(it)));
        assert_eq!(visited, truth, "{seed}");
        found += truth.len();
        around += truth.len().saturating_sub(middle.len());
    }
    assert!(found > 20_000 && around > 1_000, "{found} {around}");
}

/// A window with too many pairs, or too few steps, is not run through.
#[test]
fn stops_where_it_has_to() {
    let item = Item { most: 4, sizes: vec![1], bit: 0, conflicts: 0 };
    let items = vec![item; 6];
    let steps = &mut Steps::new(1_000_000);
    let middle = Middle::new(&items, &[12], steps).unwrap();
    let values = [1, 2, 3, 4, 5, 6];
    assert_eq!(middle.visit(&values, (0, 100), 100, steps, |_| ()), Ok(false));
    assert_eq!(middle.visit(&values, (0, 100), 1 << 30, steps, |_| ()), Ok(true));
    let few = &mut Steps::new(middle.len() as u64);
    assert_eq!(middle.visit(&values, (0, 100), 1 << 30, few, |_| ()), Err(OutOfSteps));
    assert!(matches!(Middle::new(&items, &[12], &mut Steps::new(10)), Err(OutOfSteps)));
}
