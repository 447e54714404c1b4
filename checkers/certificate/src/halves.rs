//! Meet in the middle: all sets of pods that fit a node, as pairs of two lists.
//!
//! The items (classes of pods) are dealt into two halves, and for each half all multisets that fit
//! the node by themselves are listed. Every set that fits is one pair of entries, and a linear
//! function of a set is the sum of what it is for the two. So questions about all sets become
//! questions about pairs, and are answered without looking at most of them: a balanced tree over
//! each list holds, for each subtree, the least value of each function, and two subtrees whose
//! least values already add up to more than some limit are passed over ([`pairs`]); or, where one
//! function leaves a narrow window, both lists are sorted by it and run through in opposite
//! directions ([`Sorted::window`]).

pub(crate) mod middle;

use crate::steps::{OutOfSteps, Steps};

/// The most entries in both lists together: some 700 MB at worst.
const MOST_ENTRIES: usize = 1 << 25;
/// Entries per leaf of a tree.
const LEAF: usize = 16;

/// What the lists are made of.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    /// How many there may be of it in a set.
    pub(crate) most: u32,
    /// What one takes of each resource that can run out.
    pub(crate) sizes: Vec<i64>,
    /// Its own bit, if it conflicts with another item.
    pub(crate) bit: u64,
    /// The bits of the items that it conflicts with.
    pub(crate) conflicts: u64,
}

/// One list: each entry is its parent and one more of an item; the first is the empty set.
#[derive(Clone, Debug)]
pub(crate) struct Half {
    parents: Vec<u32>,
    items: Vec<u16>,
    /// By resource, then entry.
    sizes: Vec<Vec<i64>>,
    /// The bits and conflicts of an entry; no entries if no items conflict.
    bits: Vec<(u64, u64)>,
}

impl Half {
    fn empty(resources: usize, conflicts: bool) -> Self {
        Self {
            parents: vec![0],
            items: vec![0],
            sizes: vec![vec![0]; resources],
            bits: if conflicts { vec![(0, 0)] } else { Vec::new() },
        }
    }

    fn len(&self) -> usize {
        self.parents.len()
    }

    /// Adds all sets that have some of an item besides.
    fn extend(
        &mut self,
        number: u16,
        item: &Item,
        left: &[i64],
        steps: &mut Steps,
        most: usize,
    ) -> Result<(), OutOfSteps> {
        let mut layer = 0..self.len();
        for _ in 0..item.most {
            let start = self.len();
            steps.take(layer.len() as u64)?;
            for parent in layer {
                if self.fits(parent, item, left) {
                    self.push(parent, number, item)?;
                }
            }
            if self.len() > most {
                return Err(OutOfSteps);
            }
            layer = start..self.len();
            if layer.is_empty() {
                break;
            }
        }
        Ok(())
    }

    fn fits(&self, entry: usize, item: &Item, left: &[i64]) -> bool {
        let size = |column: &Vec<i64>| column.get(entry).copied().unwrap_or(0);
        let mut sizes = self.sizes.iter().zip(&item.sizes).zip(left);
        sizes.all(|((column, more), left)| size(column) + more <= *left)
            && self.bits.get(entry).is_none_or(|(_, conflicts)| conflicts & item.bit == 0)
    }

    fn push(&mut self, parent: usize, number: u16, item: &Item) -> Result<(), OutOfSteps> {
        for (column, more) in self.sizes.iter_mut().zip(&item.sizes) {
            let size = column.get(parent).copied().unwrap_or(0);
            column.push(size + more);
        }
        if let Some(&(bits, conflicts)) = self.bits.get(parent) {
            self.bits.push((bits | item.bit, conflicts | item.conflicts));
        }
        self.parents.push(u32::try_from(parent).map_err(|_| OutOfSteps)?);
        self.items.push(number);
        Ok(())
    }

    /// A linear function of the entries, by what one of each item adds to it.
    fn column(&self, per_item: &[i64]) -> Vec<i64> {
        let mut column: Vec<i64> = Vec::with_capacity(self.len());
        column.push(0);
        for (&parent, &item) in self.parents.iter().zip(&self.items).skip(1) {
            let more = per_item.get(usize::from(item)).copied().unwrap_or(0);
            let before = column.get(parent as usize).copied().unwrap_or(0);
            column.push(before + more);
        }
        column
    }

    /// Adds how many an entry has of each item.
    fn add_counts(&self, entry: u32, counts: &mut [u32]) {
        let mut entry = entry as usize;
        while entry > 0 {
            let item = self.items.get(entry).map_or(usize::MAX, |&item| usize::from(item));
            counts.get_mut(item).into_iter().for_each(|count| *count += 1);
            entry = self.parents.get(entry).map_or(0, |&parent| parent as usize);
        }
    }

    fn bits(&self, entry: u32) -> (u64, u64) {
        self.bits.get(entry as usize).copied().unwrap_or((0, 0))
    }
}

/// Both lists.
#[derive(Clone, Debug)]
pub(crate) struct Halves {
    first: Half,
    second: Half,
    items: usize,
    trees: Option<(Tree, Tree)>,
}

impl Halves {
    /// Lists the halves: the items from large to small, each into the list that is shorter.
    pub(crate) fn new(
        items: &[Item],
        chosen: impl Fn(usize) -> bool,
        left: &[i64],
        steps: &mut Steps,
    ) -> Result<Self, OutOfSteps> {
        let conflicts = items.iter().any(|item| item.bit != 0);
        let mut first = Half::empty(left.len(), conflicts);
        let mut second = first.clone();
        let mut order: Vec<(usize, &Item)> =
            items.iter().enumerate().filter(|&(number, _)| chosen(number)).collect();
        order.sort_by_key(|(number, item)| {
            (std::cmp::Reverse(relative(&item.sizes, left)), *number)
        });
        for (number, item) in order {
            let number = u16::try_from(number).map_err(|_| OutOfSteps)?;
            let (half, other) = if first.len() <= second.len() {
                (&mut first, &second)
            } else {
                (&mut second, &first)
            };
            half.extend(number, item, left, steps, MOST_ENTRIES.saturating_sub(other.len()))?;
        }
        Ok(Self { first, second, items: items.len(), trees: None })
    }

    /// How many entries there are.
    pub(crate) fn len(&self) -> usize {
        self.first.len() + self.second.len()
    }

    /// How many of each item a pair of entries has.
    pub(crate) fn counts(&self, pair: (u32, u32)) -> Vec<u32> {
        let mut counts = vec![0; self.items];
        self.first.add_counts(pair.0, &mut counts);
        self.second.add_counts(pair.1, &mut counts);
        counts
    }

    /// Whether no item of one entry conflicts with one of the other.
    fn is_at_peace(&self, pair: (u32, u32)) -> bool {
        self.first.bits(pair.0).0 & self.second.bits(pair.1).1 == 0
    }

    fn trees(&mut self, left: &[i64], steps: &mut Steps) -> Result<&(Tree, Tree), OutOfSteps> {
        let trees = match self.trees.take() {
            Some(trees) => trees,
            None => {
                let depth = u64::from(self.len().ilog2());
                steps.take(self.len() as u64 * depth / 4)?;
                (Tree::new(&self.first, left), Tree::new(&self.second, left))
            }
        };
        Ok(self.trees.insert(trees))
    }

    /// Visits the pairs that fit a node and whose linear functions `extra` are at most their
    /// limits, with how many they have of each item; the visitor may lower the limits. Not in any
    /// particular order.
    pub(crate) fn visit(
        &mut self,
        left: &[i64],
        extra: &[Vec<i64>],
        limits: &[i64],
        steps: &mut Steps,
        mut visitor: impl FnMut(&[u32], &mut [i64]),
    ) -> Result<(), OutOfSteps> {
        self.trees(left, steps)?;
        steps.take((self.len() * extra.len()) as u64 / 4)?;
        let Some((a, b)) = &self.trees else { return Ok(()) };
        let columns = |half: &Half, tree: &Tree| -> Vec<Column> {
            extra.iter().map(|per_item| Column::new(&half.column(per_item), &tree.ids)).collect()
        };
        let (more_a, more_b) = (columns(&self.first, a), columns(&self.second, b));
        let mut all: Vec<i64> = left.to_vec();
        all.extend(limits);
        let mut search = Search {
            a: a.columns.iter().chain(&more_a).collect(),
            b: b.columns.iter().chain(&more_b).collect(),
            limits: all,
            steps,
            visitor: |x: usize, y: usize, limits: &mut [i64]| {
                let id = |tree: &Tree, at: usize| tree.ids.get(at).copied().unwrap_or(0);
                let pair = (id(a, x), id(b, y));
                if self.is_at_peace(pair) {
                    let extra = limits.split_at_mut_checked(left.len()).map(|it| it.1);
                    visitor(&self.counts(pair), extra.unwrap_or_default());
                }
            },
        };
        search.pairs(Subtree::root(a.ids.len()), Subtree::root(b.ids.len()))
    }

    /// Both lists sorted by a linear function, the second in descending order.
    pub(crate) fn sorted(&self, per_item: &[i64]) -> Sorted {
        let sort = |half: &Half| {
            let numbered = half.column(per_item).into_iter().zip(0_u32..);
            let mut keys: Vec<Key> = numbered.map(|(value, entry)| Key { value, entry }).collect();
            keys.sort_unstable_by_key(|key| (key.value, key.entry));
            keys
        };
        Sorted { first: sort(&self.first), second: sort(&self.second) }
    }

    /// Forgets what only trees need: long lists are memory.
    pub(crate) fn forget_sizes(&mut self) {
        self.trees = None;
        for half in [&mut self.first, &mut self.second] {
            half.sizes = Vec::new();
        }
    }
}

/// What an item takes of the resource of which it takes the largest part, in millionths.
fn relative(sizes: &[i64], left: &[i64]) -> i128 {
    let part =
        |(&size, &left): (&i64, &i64)| i128::from(size) * 1_000_000 / i128::from(left.max(1));
    sizes.iter().zip(left).map(part).max().unwrap_or(0)
}

/// An entry and the value that it is sorted by; in 12 bytes, for there are many.
#[derive(Clone, Copy, Debug)]
#[repr(C, packed(4))]
struct Key {
    value: i64,
    entry: u32,
}

/// Both lists, ascending by a linear function.
#[derive(Debug)]
pub(crate) struct Sorted {
    first: Vec<Key>,
    second: Vec<Key>,
}

impl Sorted {
    fn windows(&self, least: i64, most: i64) -> impl Iterator<Item = (Key, &[Key])> {
        windows(self.first.iter().copied(), &self.second, least, most)
    }

    /// How many pairs are within bounds.
    pub(crate) fn count(&self, least: i64, most: i64) -> u64 {
        self.windows(least, most).map(|(_, window)| window.len() as u64).sum()
    }

    /// The pairs for which the function is within bounds.
    pub(crate) fn window(&self, least: i64, most: i64) -> impl Iterator<Item = (u32, u32)> {
        let windows = self.windows(least, most);
        windows.flat_map(|(key, window)| window.iter().map(move |other| (key.entry, other.entry)))
    }
}

/// For each entry of one ascending list, those of another with which the function is within bounds
/// (both included).
fn windows(
    first: impl Iterator<Item = Key>,
    second: &[Key],
    least: i64,
    most: i64,
) -> impl Iterator<Item = (Key, &[Key])> {
    let (mut low, mut high) = (second.len(), second.len());
    first.map(move |key| {
        let value = key.value;
        let above = |at: usize, bound: i64| {
            let before = at.checked_sub(1).and_then(|at| second.get(at));
            before.is_some_and(|other| value.saturating_add(other.value) > bound)
        };
        while above(high, most) {
            high -= 1;
        }
        while above(low, least.saturating_sub(1)) {
            low -= 1;
        }
        (key, second.get(low.min(high)..high).unwrap_or_default())
    })
}

/// A part of a tree: the number of its root (that of the whole is 1, children of `n` are `2n` and
/// `2n + 1`) and the entries that it holds.
#[derive(Clone, Copy)]
struct Subtree {
    number: usize,
    start: usize,
    end: usize,
}

impl Subtree {
    fn root(entries: usize) -> Self {
        Self { number: 1, start: 0, end: entries }
    }

    fn len(&self) -> usize {
        self.end - self.start
    }

    fn children(&self) -> Option<(Self, Self)> {
        if self.len() <= LEAF {
            return None;
        }
        let middle = self.start.midpoint(self.end);
        let child = |offset, start, end| Self { number: 2 * self.number + offset, start, end };
        Some((child(0, self.start, middle), child(1, middle, self.end)))
    }
}

/// The entries of a list in an order in which near ones are alike, and their sizes.
#[derive(Clone, Debug)]
struct Tree {
    ids: Vec<u32>,
    columns: Vec<Column>,
}

impl Tree {
    fn new(half: &Half, left: &[i64]) -> Self {
        let mut ids: Vec<u32> = (0_u32..).zip(&half.parents).map(|(id, _)| id).collect();
        arrange(&mut ids, &half.sizes, left);
        let columns = half.sizes.iter().map(|column| Column::new(column, &ids)).collect();
        Self { ids, columns }
    }
}

/// Halves the entries by the resource in which they differ most, and so on.
fn arrange(ids: &mut [u32], sizes: &[Vec<i64>], left: &[i64]) {
    if ids.len() <= LEAF {
        return;
    }
    let value = |column: &[i64], id: u32| column.get(id as usize).copied().unwrap_or(0);
    let extent = |(column, &left): (&Vec<i64>, &i64)| {
        let of = |id: &u32| value(column, *id);
        let (least, most) = (ids.iter().map(of).min(), ids.iter().map(of).max());
        i128::from(most.unwrap_or(0) - least.unwrap_or(0)) * 1_000_000 / i128::from(left.max(1))
    };
    let widest = sizes.iter().zip(left).map(|it| (extent(it), it.0)).max_by_key(|it| it.0);
    let middle = 0_usize.midpoint(ids.len());
    if let Some((_, column)) = widest {
        ids.select_nth_unstable_by_key(middle, |&id| (value(column, id), id));
    }
    if let Some((below, above)) = ids.split_at_mut_checked(middle) {
        arrange(below, sizes, left);
        arrange(above, sizes, left);
    }
}

/// A linear function of the entries, in the order of a tree, and its least value per subtree.
#[derive(Clone, Debug)]
struct Column {
    values: Vec<i64>,
    least: Vec<i64>,
}

impl Column {
    fn new(by_id: &[i64], ids: &[u32]) -> Self {
        let value = |id: &u32| by_id.get(*id as usize).copied().unwrap_or(0);
        let mut column = Self { values: ids.iter().map(value).collect(), least: Vec::new() };
        column.least = vec![i64::MAX; 4 * (ids.len() / LEAF + 1).next_power_of_two()];
        column.fill(Subtree::root(ids.len()));
        column
    }

    fn fill(&mut self, part: Subtree) -> i64 {
        let least = match part.children() {
            Some((below, above)) => self.fill(below).min(self.fill(above)),
            None => {
                let values = self.values.get(part.start..part.end).unwrap_or_default();
                values.iter().copied().min().unwrap_or(i64::MAX)
            }
        };
        self.least.get_mut(part.number).into_iter().for_each(|slot| *slot = least);
        least
    }

    fn least(&self, part: Subtree) -> i64 {
        self.least.get(part.number).copied().unwrap_or(i64::MAX)
    }

    fn value(&self, at: usize) -> i64 {
        self.values.get(at).copied().unwrap_or(i64::MAX)
    }
}

/// A walk over pairs of entries within limits.
struct Search<'a, Visitor> {
    a: Vec<&'a Column>,
    b: Vec<&'a Column>,
    limits: Vec<i64>,
    steps: &'a mut Steps,
    visitor: Visitor,
}

impl<Visitor: FnMut(usize, usize, &mut [i64])> Search<'_, Visitor> {
    /// Visits the pairs of two subtrees, those with the least last function first.
    fn pairs(&mut self, x: Subtree, y: Subtree) -> Result<(), OutOfSteps> {
        self.steps.take(1)?;
        let least = self.a.iter().zip(&self.b).map(|(a, b)| a.least(x).saturating_add(b.least(y)));
        if least.zip(&self.limits).any(|(sum, limit)| sum > *limit) {
            return Ok(());
        }
        if x.len() >= y.len()
            && let Some((below, above)) = x.children()
        {
            let order = self.a.last().is_some_and(|it| it.least(above) < it.least(below));
            let (one, two) = if order { (above, below) } else { (below, above) };
            self.pairs(one, y)?;
            return self.pairs(two, y);
        }
        if let Some((below, above)) = y.children() {
            let order = self.b.last().is_some_and(|it| it.least(above) < it.least(below));
            let (one, two) = if order { (above, below) } else { (below, above) };
            self.pairs(x, one)?;
            return self.pairs(x, two);
        }
        self.leaves(x, y)
    }

    fn leaves(&mut self, x: Subtree, y: Subtree) -> Result<(), OutOfSteps> {
        for i in x.start..x.end {
            let mut functions = self.a.iter().zip(&self.b).zip(&self.limits);
            if functions.any(|((a, b), &limit)| a.value(i).saturating_add(b.least(y)) > limit) {
                continue;
            }
            self.steps.take(1)?;
            for j in y.start..y.end {
                let mut functions = self.a.iter().zip(&self.b).zip(&self.limits);
                if functions.all(|((a, b), &limit)| a.value(i).saturating_add(b.value(j)) <= limit)
                {
                    (self.visitor)(i, j, &mut self.limits);
                }
            }
        }
        Ok(())
    }
}
