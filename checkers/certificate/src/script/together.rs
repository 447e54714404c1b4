//! Required affinity and hard spread: what holds of every order of arrivals.

use std::collections::{BTreeMap, BTreeSet};

use super::kinds::{Kind, total};
use super::term::{Formula, Sum};
use super::{Part, Query};
use crate::{Affinity, Filter, IndexSet, Spread};

/// Nodes that are in the same domain of each topology that some affinity names.
struct Cells {
    topologies: Vec<u32>,
    /// The domain of each cell in each topology, and its nodes.
    cells: Vec<(Vec<Option<u32>>, Vec<u32>)>,
}

impl Cells {
    fn of(query: &Query<'_>) -> Self {
        let named = query.instance.shapes.iter().filter_map(|shape| shape.affinity.as_ref());
        let topologies: BTreeSet<u32> =
            named.flat_map(|affinity| affinity.topologies.iter().copied()).collect();
        let topologies: Vec<u32> = topologies.into_iter().collect();
        let mut cells: BTreeMap<Vec<Option<u32>>, Vec<u32>> = BTreeMap::new();
        for &node in &query.nodes {
            let domains = topologies.iter().map(|&it| query.instance.domain(it, node)).collect();
            cells.entry(domains).or_default().push(node);
        }
        let mut cells: Vec<_> = cells.into_iter().collect();
        cells.sort_by(|(_, one), (_, other)| one.cmp(other));
        Self { topologies, cells }
    }

    /// The domain of a cell in a topology.
    fn domain(&self, cell: usize, topology: u32) -> Option<u32> {
        let at = self.topologies.iter().position(|&it| it == topology)?;
        *self.cells.get(cell)?.0.get(at)?
    }

    fn nodes(&self, cell: usize) -> &[u32] {
        self.cells.get(cell).map(|(_, nodes)| nodes.as_slice()).unwrap_or_default()
    }
}

/// The cell of each node.
pub(super) fn cell_of_node(query: &Query<'_>) -> Vec<usize> {
    let cells = Cells::of(query);
    let of = |node: &u32| cells.cells.iter().position(|(_, nodes)| nodes.contains(node));
    query.nodes.iter().map(|node| of(node).unwrap_or(0)).collect()
}

/// The name of when the first pod of a kind arrives in a cell.
pub(super) fn first(kind: usize, cell: usize) -> String {
    format!("t_{kind}_{cell}")
}

/// Required affinity. `t_k_c` is the place in the order of arrivals of the first pod of kind `k`
/// that arrives in cell `c`.
pub(super) fn affinity(query: &Query<'_>) -> Part {
    let mut part = Part::new("required affinity, with the order of arrivals");
    part.filter = Some(Filter::Affinity);
    let cells = Cells::of(query);
    let mut used = BTreeSet::new();
    for kind in &query.kinds {
        let Some(affinity) = &kind.shape.affinity else { continue };
        for cell in 0..cells.cells.len() {
            let arrivals = total([kind], cells.nodes(cell), Kind::arrive);
            if !arrivals.is_constant() {
                let near = Near { query, cells: &cells, kind, cell, affinity };
                let admitted = Formula::any([near.seeds(), near.is_near()]);
                part.assert(arrivals.at_least(1).implies(admitted));
                used.insert((kind.number, cell));
                used.extend(near.others(|_| true).map(|(kind, cell)| (kind.number, cell)));
            }
        }
    }
    for (kind, cell) in used {
        part.declare(first(kind, cell), None, format!("kind {kind} in {:?}", cells.nodes(cell)));
    }
    part
}

/// The first pod of a kind that arrives in a cell.
struct Near<'a> {
    query: &'a Query<'a>,
    cells: &'a Cells,
    kind: &'a Kind<'a>,
    cell: usize,
    affinity: &'a Affinity,
}

impl<'a> Near<'a> {
    /// The kinds that match.
    fn matching(&self) -> impl Iterator<Item = &'a Kind<'a>> {
        let matches = &self.affinity.matches;
        self.query.kinds.iter().filter(|kind| matches.contains(kind.shape_number))
    }

    /// The kinds that match, and cells where they may arrive, but the pod's own with its own.
    fn others(
        &self,
        wanted: impl Fn(usize) -> bool,
    ) -> impl Iterator<Item = (&'a Kind<'a>, usize)> {
        let cells = (0..self.cells.cells.len()).filter(move |&cell| wanted(cell));
        let pairs = cells.flat_map(move |cell| self.matching().map(move |kind| (kind, cell)));
        pairs.filter(move |&(kind, cell)| {
            let arrivals = total([kind], self.cells.nodes(cell), Kind::arrive);
            (kind.number, cell) != (self.kind.number, self.cell) && !arrivals.is_constant()
        })
    }

    fn arrivals(&self, kind: &Kind<'_>, cell: usize) -> Sum {
        total([kind], self.cells.nodes(cell), Kind::arrive)
    }

    /// That the first of one kind in one cell arrives before the first of another in another.
    fn earlier(one: (usize, usize), other: (usize, usize)) -> Formula {
        let (one, other) = (first(one.0, one.1), first(other.0, other.1));
        Sum::one(other).plus(-1, &Sum::one(one)).at_least(1)
    }

    fn own(&self) -> (usize, usize) {
        (self.kind.number, self.cell)
    }

    /// That in each of the domains there is a matching pod already.
    fn is_near(&self) -> Formula {
        Formula::all(self.affinity.topologies.iter().map(|&topology| {
            let Some(domain) = self.cells.domain(self.cell, topology) else {
                return Formula::from(false);
            };
            let nodes = self.query.domains(topology).remove(&domain).unwrap_or_default();
            let there = self.query.there_before(&self.affinity.matches, &nodes).at_least(1);
            let inside = |cell| self.cells.domain(cell, topology) == Some(domain);
            let arrived = self.others(inside).map(|(kind, cell)| {
                let before = Self::earlier((kind.number, cell), self.own());
                Formula::all([self.arrivals(kind, cell).at_least(1), before])
            });
            Formula::any(std::iter::once(there).chain(arrived))
        }))
    }

    /// That there is no matching pod yet on any node that has one of the topologies, and that the
    /// pod matches itself.
    fn seeds(&self) -> Formula {
        if !self.affinity.matches.contains(self.kind.shape_number) {
            return Formula::from(false);
        }
        let labelled = |cell: usize| {
            self.affinity.topologies.iter().any(|&it| self.cells.domain(cell, it).is_some())
        };
        let cells = 0..self.cells.cells.len();
        let nodes: Vec<u32> = cells
            .filter(|&cell| labelled(cell))
            .flat_map(|cell| self.cells.nodes(cell).iter().copied())
            .collect();
        let staying = self.query.staying(&self.affinity.matches, &nodes).at_most(0);
        let later = self.others(labelled).map(|(kind, cell)| {
            let after = Self::earlier(self.own(), (kind.number, cell));
            Formula::any([self.arrivals(kind, cell).at_most(0), after])
        });
        Formula::all(std::iter::once(staying).chain(later))
    }
}

/// Hard spread. `f_i` is at most the fewest pods that the constraint counts in an eligible domain
/// in the end.
pub(super) fn spread(query: &Query<'_>) -> Part {
    let mut part = Part::new("hard topology spread");
    part.filter = Some(Filter::Spread(0));
    let all: BTreeSet<&Spread> = query.kinds.iter().flat_map(|kind| &kind.shape.spread).collect();
    let mut fewest: BTreeMap<(u32, &IndexSet, &IndexSet), Sum> = BTreeMap::new();
    for spread in all {
        let eligible: BTreeMap<u32, Vec<u32>> = query.domains_of(spread.topology, &spread.nodes);
        let few = eligible.is_empty() || (eligible.len() as u64) < u64::from(spread.min_domains);
        let number = fewest.len();
        let fewest = if few {
            Sum::default()
        } else {
            let key = (spread.topology, &spread.matches, &spread.nodes);
            let known = fewest.entry(key).or_insert_with(|| {
                let name = format!("f_{number}");
                part.declare(name.clone(), None, "the fewest in a domain".to_owned());
                for nodes in eligible.values() {
                    let count = query.most_counted(&spread.matches, nodes);
                    part.assert(count.plus(-1, &Sum::one(name.clone())).at_least(0));
                }
                Sum::one(name)
            });
            known.clone()
        };
        for (domain, nodes) in query.domains(spread.topology) {
            let counted = eligible.get(&domain).map(Vec::as_slice).unwrap_or_default();
            skew(query, &mut part, spread, (&nodes, counted), &fewest);
        }
    }
    part
}

/// The last pod with a constraint that arrived in a domain found it admitted.
fn skew(
    query: &Query<'_>,
    part: &mut Part,
    spread: &Spread,
    (nodes, counted): (&[u32], &[u32]),
    fewest: &Sum,
) {
    let skew = i128::from(spread.max_skew);
    let staying = query.staying(&spread.matches, counted);
    for itself in [true, false] {
        let constrained = || {
            query.kinds.iter().filter(|kind| {
                kind.shape.spread.contains(spread)
                    && spread.matches.contains(kind.shape_number) == itself
            })
        };
        let arrivals = total(constrained(), nodes, Kind::arrive);
        let mut count = staying.clone();
        if itself {
            count = count.plus(1, &total(constrained(), counted, Kind::arrive));
        }
        let admitted = count.plus(-1, fewest).at_most(skew);
        part.assert(arrivals.at_least(1).implies(admitted));
    }
}
