//! Enumeration: so little slack that on each node only few sets of pods can be (R2E, R2F).
//!
//! Let a [`Combination`](crate::Combination) add up to `coefficients * (x, f) <= U` with no
//! coefficient negative, as in [`crate::rows`], and suppose a reachable placement that meets the
//! target (and all else that is in the sum). Split the sum into its local rows, those of capacity
//! and patterns, which hold node by node, and all the others (target, tiers, splits, supply and so
//! on), which add up to `g * (x, f) <= G`. For the placement, each single row has a slack that is
//! not negative; hence
//!
//! ```text
//! slack of the local rows + coefficients * (x, f)  =  U - slack of the others  <=  U.
//! ```
//!
//! The left-hand side is a sum over the nodes. For one node of class `t` on which the set `y` runs
//! it is, as local rows take back exactly what they brought into the coefficients,
//!
//! ```text
//! loss(y) = (sum over the local rows of t of multiplier * right-hand side per node)
//!           + sum over c of g[c, t] y[c] + g[f] fragments(y),
//! ```
//!
//! which is not negative on any node: slack of local rows of a set that fits is not, coefficients
//! are not. So **every node has `loss(y) <= U`**, with this `U` and not with one that is rounded to
//! multiples of the scale: what is rounded away is slack that some node may use. With several
//! combinations, every node is within each of them. The sets that fit and are within all are
//! *listed*, and from then on, under the same target and splits, a pattern claim about nodes of
//! this class has to hold for listed sets only. If none is listed for some class of nodes, there is
//! no such placement.
//!
//! That a class of pods is in no listed set does not by itself refute anything, unless the target
//! needs that pod: the patterns that follow say how many can be left out.
//!
//! All sets are found by meeting in the middle: of halves by item, or, where those are many, around
//! a pod in the middle ([`crate::halves::middle`]).
//!
//! Only classes of nodes that a local row of some combination is about are listed. Those for which
//! a list exists already are only filtered.

use std::rc::Rc;

use crate::halves::Halves;
use crate::patterns::{MOST_SUM, OneNode, PodSet};
use crate::rows::{Relaxation, RowError, Sum};
use crate::steps::{OutOfSteps, Steps};

/// The most sets that are listed, in all lists together.
const MOST_LISTED: usize = 1 << 21;
/// Lists of halves beyond this are only run through in order of a narrow window.
const MOST_IN_TREES: usize = 1 << 22;
/// Halves that take more steps than this to list are long: sets around a middle may be fewer.
const SHORT_HALVES: u64 = 300_000;

/// By class of nodes, the sets that one of them may have; none given: all that fit.
#[derive(Clone, Debug, Default)]
pub struct Lists {
    by_class: Vec<Option<Rc<Vec<PodSet>>>>,
    /// How many sets there are in them and in the lists that they were narrowed from.
    listed: usize,
}

impl Lists {
    /// The listed sets of a class of nodes.
    pub fn of(&self, nodes: u32) -> Option<&[PodSet]> {
        self.by_class.get(nodes as usize)?.as_ref().map(|list| list.as_slice())
    }

    /// Whether some class of nodes has no set at all.
    pub fn has_empty(&self) -> bool {
        self.by_class.iter().flatten().any(|list| list.is_empty())
    }

    /// The lists under what combinations add up to, the old ones filtered.
    ///
    /// `node` gives the node of a class; it is asked only for classes that have no list yet.
    pub fn narrowed(
        &self,
        relaxation: &Relaxation<'_>,
        sums: &[Sum<'_>],
        steps: &mut Steps,
        mut node: impl FnMut(u32) -> Option<OneNode>,
    ) -> Result<Self, RowError> {
        let (mut by_class, mut listed) = (Vec::new(), self.listed);
        for (nodes, _) in (0_u32..).zip(&relaxation.partition.nodes) {
            if !sums.iter().any(|sum| sum.is_about(nodes)) {
                by_class.push(self.by_class.get(nodes as usize).cloned().flatten());
                continue;
            }
            let mut one = node(nodes).ok_or(RowError::Unfit("names nodes that do not exist"))?;
            let losses = sums.iter().map(|sum| Loss::new(&one, sum, nodes));
            let losses = losses.collect::<Result<Vec<Loss>, RowError>>()?;
            let most = MOST_LISTED.saturating_sub(listed);
            let list = match self.of(nodes) {
                Some(list) => filter(&one, list, &losses, steps)?,
                None => list(&mut one, &losses, most, steps)?,
            };
            listed += list.len();
            if listed > MOST_LISTED {
                return Err(OutOfSteps.into());
            }
            let empty = list.is_empty();
            by_class.push(Some(Rc::new(list)));
            if empty {
                break;
            }
        }
        Ok(Self { by_class, listed })
    }
}

/// What a combination says that a set loses on a node, and how much may be lost.
#[derive(Clone, Debug)]
struct Loss {
    /// Without pods.
    base: i128,
    /// By item.
    per_item: Vec<i128>,
    per_fragment: i128,
    limit: i128,
}

impl Loss {
    fn new(one: &OneNode, sum: &Sum<'_>, nodes: u32) -> Result<Self, RowError> {
        let per_item = one.classes().iter().map(|&class| sum.coefficient(class, nodes));
        Ok(Self {
            base: sum.per_node(nodes),
            per_item: per_item.collect::<Result<_, _>>()?,
            per_fragment: sum.fragments(),
            limit: sum.rhs(),
        })
    }

    /// Whether a set loses no more than it may. Numbers that leave 128 bits do not.
    fn allows(&self, one: &OneNode, counts: &[u32]) -> bool {
        let fragments = i128::from(one.fragments(counts));
        let parts = self.per_item.iter().zip(counts).map(|(&value, &n)| (value, i128::from(n)));
        let parts = parts.chain([(self.per_fragment, fragments)]);
        let add = |sum: i128, (a, b): (i128, i128)| sum.checked_add(a.checked_mul(b)?);
        parts.into_iter().try_fold(self.base, add).is_none_or(|loss| loss <= self.limit)
    }
}

/// A loss as a function that is safe to add up in 64 bits: at most `most` if the loss is within
/// its limit, and at least `least` if the set fits at all.
struct Rounded {
    per_item: Vec<i64>,
    least: i64,
    most: i64,
    /// The greatest absolute value.
    extent: i128,
}

impl Rounded {
    /// Divides by a power of two and rounds each part down: what is at most a limit stays so.
    fn new(one: &OneNode, loss: &Loss) -> Result<Self, RowError> {
        let overflow = || RowError::Overflow;
        let mut extent = 0_i128;
        for (value, most) in loss.per_item.iter().zip(one.most()) {
            let part = value.checked_abs().and_then(|value| value.checked_mul(i128::from(most)));
            extent = part.and_then(|part| extent.checked_add(part)).ok_or_else(overflow)?;
        }
        let bits = i128::BITS - extent.leading_zeros();
        let shift = bits.saturating_sub(MOST_SUM.ilog2() - 1);
        let rounding: i128 = if shift > 0 { one.most().map(i128::from).sum() } else { 0 };
        let fragments = i128::from(one.most_fragments()).checked_mul(loss.per_fragment);
        let most = loss.limit.checked_sub(loss.base).ok_or_else(overflow)?;
        let least = loss.base.checked_neg().and_then(|least| least.checked_sub(fragments?));
        let least = least.ok_or_else(overflow)?;
        let clamp = |value: i128| i64::try_from(value.clamp(-2 * MOST_SUM, 2 * MOST_SUM));
        let clamp = |value: i128| clamp(value).map_err(|_| overflow());
        let rounded = one.per_item(|item| loss.per_item.get(item).map_or(0, |it| it >> shift));
        Ok(Self {
            per_item: rounded.ok_or_else(overflow)?,
            least: clamp((least >> shift) - rounding)?,
            most: clamp(most >> shift)?,
            extent: (extent >> shift) + 1,
        })
    }

    fn width(&self) -> i128 {
        i128::from(self.most) - i128::from(self.least) + 1
    }
}

fn filter(
    one: &OneNode,
    list: &[PodSet],
    losses: &[Loss],
    steps: &mut Steps,
) -> Result<Vec<PodSet>, OutOfSteps> {
    steps.take(list.len() as u64)?;
    let allowed = |set: &&PodSet| {
        one.counts(set).is_some_and(|counts| losses.iter().all(|loss| loss.allows(one, &counts)))
    };
    Ok(list.iter().filter(allowed).cloned().collect())
}

/// All sets that fit and are within all losses.
fn list(
    one: &mut OneNode,
    losses: &[Loss],
    most: usize,
    steps: &mut Steps,
) -> Result<Vec<PodSet>, RowError> {
    let rounded = losses.iter().map(|loss| Rounded::new(one, loss));
    let rounded = rounded.collect::<Result<Vec<Rounded>, RowError>>()?;
    if rounded.iter().any(|it| it.most < it.least) {
        return Ok(Vec::new());
    }
    let mut few = Steps::new(SHORT_HALVES.min(steps.left()));
    let halves = one.take_halves(&mut few);
    steps.take(few.taken())?;
    if let Ok(mut halves) = halves {
        return within(one, losses, &rounded, &mut halves, most, steps);
    }
    if let Some(list) = around_middles(one, losses, &rounded, most, steps)? {
        return Ok(list);
    }
    let mut halves = one.take_halves(steps)?;
    within(one, losses, &rounded, &mut halves, most, steps)
}

/// The loss that leaves the narrowest window, for how much there is of it.
fn narrowest(rounded: &[Rounded]) -> Option<&Rounded> {
    rounded.iter().min_by(|a, b| {
        (a.width().saturating_mul(b.extent)).cmp(&b.width().saturating_mul(a.extent))
    })
}

/// All sets by [`crate::halves::middle`], unless no window is narrow enough.
fn around_middles(
    one: &OneNode,
    losses: &[Loss],
    rounded: &[Rounded],
    most: usize,
    steps: &mut Steps,
) -> Result<Option<Vec<PodSet>>, RowError> {
    let Some(key) = narrowest(rounded) else { return Ok(None) };
    let middle = one.middle(steps)?;
    let (mut listed, mut full) = (Vec::new(), false);
    let pairs = 4 * middle.len() as u64;
    let done = middle.visit(&key.per_item, (key.least, key.most), pairs, steps, |counts| {
        if one.fits(counts) && losses.iter().all(|loss| loss.allows(one, counts)) {
            full |= listed.len() >= most;
            if !full {
                listed.push(one.set(counts));
            }
        }
    })?;
    if full { Err(OutOfSteps.into()) } else { Ok(done.then_some(listed)) }
}

fn within(
    one: &OneNode,
    losses: &[Loss],
    rounded: &[Rounded],
    halves: &mut Halves,
    most: usize,
    steps: &mut Steps,
) -> Result<Vec<PodSet>, RowError> {
    let mut listed = Vec::new();
    let mut full = false;
    let mut look = |counts: &[u32]| {
        if one.fits(counts) && losses.iter().all(|loss| loss.allows(one, counts)) {
            full |= listed.len() >= most;
            if !full {
                listed.push(one.set(counts));
            }
        }
    };
    let few = |halves: &Halves| halves.len() <= MOST_IN_TREES;
    let mut done = false;
    if let Some(key) = narrowest(rounded) {
        if !few(halves) {
            halves.forget_sizes();
        }
        steps.take(halves.len() as u64 / 4 * u64::from(halves.len().ilog2() / 4 + 1))?;
        let sorted = halves.sorted(&key.per_item);
        let count = sorted.count(key.least, key.most);
        if count <= 4 * halves.len() as u64 || !few(halves) {
            steps.take(count)?;
            sorted.window(key.least, key.most).for_each(|pair| look(&halves.counts(pair)));
            done = true;
        }
    }
    if !done {
        let extra: Vec<Vec<i64>> = rounded.iter().map(|it| it.per_item.clone()).collect();
        let limits: Vec<i64> = rounded.iter().map(|it| it.most).collect();
        halves.visit(one.left(), &extra, &limits, steps, |counts, _| look(counts))?;
    }
    if full { Err(OutOfSteps.into()) } else { Ok(listed) }
}
