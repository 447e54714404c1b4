use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

const SIZES: [usize; 3] = [3, 4, 2];

type Cells = BTreeSet<[usize; 3]>;

fn all_cells() -> impl Iterator<Item = [usize; 3]> {
    let [a, b, c] = SIZES;
    (0..a).flat_map(move |x| (0..b).flat_map(move |y| (0..c).map(move |z| [x, y, z])))
}

fn rectangle() -> impl Strategy<Value = Rectangle> {
    let set = |size: usize| {
        let atoms = proptest::collection::vec(0..size, 1..=size);
        atoms.prop_map(|atoms| atoms.into_iter().collect::<AtomSet>())
    };
    let [a, b, c] = SIZES;
    (set(a), set(b), set(c)).prop_map(|(x, y, z)| Rectangle::new(vec![x, y, z]).unwrap())
}

fn rectangles() -> impl Strategy<Value = Vec<Rectangle>> {
    proptest::collection::vec(rectangle(), 0..6)
}

fn cells_of(rectangles: &[Rectangle]) -> Cells {
    all_cells().filter(|cell| rectangles.iter().any(|r| r.contains(cell))).collect()
}

/// The cells of a region, after a look at whether it keeps its promise.
fn cells(region: &Region) -> Cells {
    let pieces = region.rectangles();
    for (at, piece) in pieces.iter().enumerate() {
        assert!(pieces[at + 1..].iter().all(|other| piece.is_disjoint(other)));
    }
    let cells = cells_of(pieces);
    assert_eq!(region.cells(), cells.len() as u128);
    cells
}

proptest! {
    #[test]
    fn regions_are_sets_of_cells(a in rectangles(), b in rectangles()) {
        let (x, y) = (Region::union_of(a.clone()), Region::union_of(b.clone()));
        let (p, q) = (cells_of(&a), cells_of(&b));
        prop_assert_eq!(&cells(&x), &p);
        prop_assert_eq!(cells(&x.intersection(&y)), &p & &q);
        prop_assert_eq!(cells(&x.clone().minus(&b)), &p - &q);
        prop_assert_eq!(x.same_cells(&y), p == q);
        prop_assert_eq!(x.is_empty(), p.is_empty());
        prop_assert!(all_cells().all(|cell| x.contains(&cell) == p.contains(&cell)));
    }

    #[test]
    fn maximal_rectangles_cover_the_region_and_cannot_grow(a in rectangles()) {
        let region = Region::union_of(a.clone());
        let maximal = region.maximal();
        let cells = cells_of(&a);
        prop_assert_eq!(&cells_of(&maximal), &cells);
        for rectangle in &maximal {
            for (at, &size) in SIZES.iter().enumerate() {
                for atom in (0..size).filter(|&atom| !rectangle.sets[at].contains(atom)) {
                    let mut larger = rectangle.clone();
                    larger.sets[at].insert(atom);
                    prop_assert!(!cells_of(&[larger]).is_subset(&cells));
                }
            }
        }
        prop_assert!(maximal.len() <= region.rectangles().len());
        prop_assert_eq!(maximal, region.maximal());
    }
}

#[test]
fn a_rectangle_without_cells_is_none() {
    assert_eq!(Rectangle::new(vec![AtomSet::single(1), AtomSet::new()]), None);
    assert!(Rectangle::new(vec![]).is_some(), "the product of no dimensions has one cell");
}
