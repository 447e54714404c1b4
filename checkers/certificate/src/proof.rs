//! Proofs of bounds.
//!
//! A proof of a bound refutes its [`Target`]: that a reachable placement does better, and no worse
//! in what comes before. By induction over its structure, each part shows that no reachable
//! placement meets the target, the sides of the splits above it, and, where sets have been listed,
//! has only listed sets on its nodes:
//!
//! * **Trivial** (R0) is the combination of the target and the supply alone: there are no more
//!   pods, or nothing costs less than 0.
//! * **Rows** (R1, with patterns R2): the sum of the rows cannot be met ([`crate::rows`]). Each
//!   pattern claim is proven again; for classes of nodes with a list, over the list.
//! * **Split** (R3): a number is at most `at`, or at least `at + 1`. A gang is split at 0: none of
//!   its pods runs (there), or at least its minimum do (and all that run do so there). Whatever
//!   the placement, it is on one of the sides, and on both it is refuted.
//! * **Enumerate** (R2E, R2F): such a placement has only sets on its nodes that are listed
//!   ([`crate::enumerate`]). If some node has none, or the proof goes on to refute it over the lists,
//!   there is no such placement.
//! * **Arrivals** (RA): fragments are no fewer than what all pods that may arrive somewhere can save
//!   ([`crate::arrivals`]); and to leave so few, so many have to. Only as the whole proof.
//! * **Solver**: taken on the solver's word, and only as the whole proof.
//!
//! The depth of a proof, the steps of a claim and all steps together are limited, so hostile proofs
//! are refused in bounded time.

use std::collections::{BTreeMap, BTreeSet};

use crate::arrivals::{fewest_fragments, least_disruption};
use crate::document::{Combination, Proof, Quantity, Row};
use crate::enumerate::Lists;
use crate::patterns::OneNode;
use crate::rows::{Relaxation, RowError, Side, Target};
use crate::steps::{OutOfSteps, Steps};

/// Splits and enumerations within each other, at most.
const DEEPEST: usize = 100;

/// Classes of all slacks together that sets are listed by.
const MOST_IN_SUMS: usize = 1 << 23;
/// Entries of lists that are kept from one claim to the next, besides those of the last.
const MOST_KEPT: usize = 1 << 24;

/// A rule that a proof uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// R0: there is no more.
    All,
    /// R1: counting.
    Count,
    /// R2: one-node patterns.
    Pattern,
    /// R2E: enumeration of what the slack of a bound leaves.
    Enumerate,
    /// R2F: enumeration of what the slack of the cluster leaves if all pods are to run.
    Full,
    /// R3: branching.
    Branch,
    /// RA: what arrivals can save.
    Arrivals,
    /// A solver's word.
    Solver,
}

impl std::fmt::Display for Rule {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::All => "R0",
            Self::Count => "R1",
            Self::Pattern => "R2",
            Self::Enumerate => "R2E",
            Self::Full => "R2F",
            Self::Branch => "R3",
            Self::Arrivals => "RA",
            Self::Solver => "solver",
        })
    }
}

/// Why a proof proves nothing. The path leads from the outermost part to the one at fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("at `{path}`: {fault}")]
pub struct ProofError {
    /// `split.above.enumerate.then.rows[3]`.
    pub path: String,
    /// What is wrong there.
    pub fault: ProofFault,
}

/// What is wrong with a part of a proof.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProofFault {
    /// The sum does not contradict itself.
    #[error("the rows add up to `... <= {0}`, which contradicts nothing")]
    NoContradiction(i128),
    /// A set of pods weighs more than a pattern claims.
    #[error("a set of pods weighs more than the pattern claims")]
    Heavier,
    /// A row, or the sum, is not what it has to be.
    #[error(transparent)]
    Row(#[from] RowError),
    /// This kind of proof cannot be at this place.
    #[error("{0}")]
    Misplaced(&'static str),
}

impl From<OutOfSteps> for ProofFault {
    fn from(error: OutOfSteps) -> Self {
        Self::Row(error.into())
    }
}

/// Checks the proof of a bound, and says which rules it rests on.
///
/// Takes no more steps than there are in `steps`, and for each claim no more than it states.
pub fn refute(
    relaxation: &Relaxation<'_>,
    proof: &Proof,
    steps: &mut Steps,
) -> Result<BTreeSet<Rule>, ProofError> {
    let mut refuter = Refuter {
        relaxation,
        steps,
        splits: Vec::new(),
        path: Vec::new(),
        rules: BTreeSet::new(),
        nodes: BTreeMap::new(),
        steps_to_make: OneNode::steps_to_make(relaxation.facts, relaxation.partition),
        proven: BTreeSet::new(),
    };
    let trivial = Combination { scale: 1, rows: Vec::new() };
    let result = match proof {
        Proof::Solver { .. } => {
            refuter.rules.insert(Rule::Solver);
            Ok(())
        }
        Proof::Trivial | Proof::None => {
            if *proof == Proof::Trivial {
                refuter.rules.insert(Rule::All);
            }
            refuter.contradict(&trivial, &Lists::default())
        }
        Proof::Arrivals => refuter.arrivals(),
        _ => refuter.part(proof, &Lists::default(), 0),
    };
    match result {
        Ok(()) => Ok(refuter.rules),
        Err(fault) => Err(ProofError { path: refuter.path.join("."), fault }),
    }
}

/// A pattern claim that has been proven of all sets: nodes, weights, fragments, most.
type Claim = (u32, Vec<(u32, u64)>, u64, u64);

struct Refuter<'a, 'b> {
    relaxation: &'b Relaxation<'a>,
    steps: &'b mut Steps,
    splits: Vec<Side>,
    path: Vec<String>,
    rules: BTreeSet<Rule>,
    nodes: BTreeMap<u32, OneNode>,
    /// For one of them.
    steps_to_make: u64,
    proven: BTreeSet<Claim>,
}

impl Refuter<'_, '_> {
    fn part(&mut self, proof: &Proof, lists: &Lists, depth: usize) -> Result<(), ProofFault> {
        if depth > DEEPEST {
            return Err(ProofFault::Misplaced("the proof is too deep"));
        }
        match proof {
            Proof::Rows(combination) => self.at("rows", |this| this.rows(combination, lists)),
            Proof::Split { on, at, below, above } => {
                let gang = matches!(on, Quantity::Gang(_) | Quantity::GangIn(..));
                if gang && *at != 0 {
                    return Err(ProofFault::Misplaced("a gang is split at 0 only"));
                }
                self.rules.insert(Rule::Branch);
                let side = |above| Side { on: on.clone(), at: *at, above };
                self.at("below", |this| this.side(side(false), below, lists, depth))?;
                self.at("above", |this| this.side(side(true), above, lists, depth))
            }
            Proof::Enumerate { slacks, steps, then } => {
                self.at("enumerate", |this| match this.listed(slacks, *steps, lists)? {
                    Some(lists) => this.at("then", |this| this.part(then, &lists, depth + 1)),
                    None => Ok(()),
                })
            }
            Proof::Trivial | Proof::None | Proof::Arrivals | Proof::Solver { .. } => {
                Err(ProofFault::Misplaced("this can only be the whole proof"))
            }
        }
    }

    /// That no plan costs less than the bound, by what arrivals can save.
    fn arrivals(&mut self) -> Result<(), ProofFault> {
        let Relaxation { facts, target, bound, fragments, .. } = *self.relaxation;
        self.rules.insert(Rule::Arrivals);
        let least = match target {
            Target::Tier(_) => None,
            Target::Fragments => fewest_fragments(facts.instance),
            Target::Disruption => {
                fragments.and_then(|fragments| least_disruption(facts.instance, fragments))
            }
        };
        match least {
            Some(least) if bound <= least => Ok(()),
            Some(least) => {
                Err(ProofFault::NoContradiction(i128::from(bound) - 1 - i128::from(least)))
            }
            None => Err(ProofFault::Misplaced("arrivals bound only fragments and what they cost")),
        }
    }

    /// Does something a step further down the path, which is left as it is after a fault.
    fn at<T>(
        &mut self,
        place: impl Into<String>,
        work: impl FnOnce(&mut Self) -> Result<T, ProofFault>,
    ) -> Result<T, ProofFault> {
        self.path.push(place.into());
        let result = work(self)?;
        self.path.pop();
        Ok(result)
    }

    fn side(
        &mut self,
        side: Side,
        proof: &Proof,
        lists: &Lists,
        depth: usize,
    ) -> Result<(), ProofFault> {
        self.splits.push(side);
        self.part(proof, lists, depth + 1)?;
        self.splits.pop();
        Ok(())
    }

    fn rows(&mut self, combination: &Combination, lists: &Lists) -> Result<(), ProofFault> {
        let pattern = |(row, _): &(Row, u64)| matches!(row, Row::Pattern { .. });
        let patterns = combination.rows.iter().any(pattern);
        self.rules.insert(if patterns { Rule::Pattern } else { Rule::Count });
        self.contradict(combination, lists)
    }

    fn contradict(&mut self, combination: &Combination, lists: &Lists) -> Result<(), ProofFault> {
        let sum = self.relaxation.combine(combination, &self.splits, self.steps)?;
        if sum.rhs() >= 0 {
            return Err(ProofFault::NoContradiction(sum.rhs()));
        }
        self.claims(combination, lists)
    }

    /// Proves the pattern claims of a combination.
    fn claims(&mut self, combination: &Combination, lists: &Lists) -> Result<(), ProofFault> {
        for (at, (row, _)) in combination.rows.iter().enumerate() {
            if let Row::Pattern { nodes, weights, most, fragments, steps } = row {
                let claim = (*nodes, weights.clone(), *fragments, *most);
                self.at(format!("rows[{at}]"), |this| match lists.of(*nodes) {
                    Some(list) => this.holds_of(&claim, list),
                    None => this.holds(claim, *steps),
                })?;
            }
        }
        Ok(())
    }

    fn node(&mut self, nodes: u32) -> Result<OneNode, ProofFault> {
        if let Some(node) = self.nodes.remove(&nodes) {
            return Ok(node);
        }
        self.steps.take(self.steps_to_make)?;
        OneNode::new(self.relaxation.facts, self.relaxation.partition, nodes)
            .ok_or(ProofFault::Row(RowError::Unfit("names nodes that do not exist")))
    }

    /// Keeps a node for the next claim about it, and its lists if all that are kept are not too
    /// long together.
    fn keep(&mut self, nodes: u32, node: OneNode) {
        let others: usize = self.nodes.values().map(OneNode::kept).sum();
        if others + node.kept() > MOST_KEPT {
            self.nodes.values_mut().for_each(OneNode::forget_lists);
        }
        self.nodes.insert(nodes, node);
    }

    /// Whether no set that fits is heavier than a claim says.
    fn holds(&mut self, claim: Claim, limit: u64) -> Result<(), ProofFault> {
        if self.proven.contains(&claim) {
            return Ok(());
        }
        let (nodes, weights, fragments, most) = &claim;
        let mut node = self.node(*nodes)?;
        let floor = i64::try_from(*most).unwrap_or(i64::MAX);
        let best = self.steps.within(limit, |steps| {
            node.best_set(weights, *fragments, floor, steps).map_err(ProofFault::from)
        })?;
        self.keep(*nodes, node);
        if best.is_some() {
            return Err(ProofFault::Heavier);
        }
        self.proven.insert(claim);
        Ok(())
    }

    /// Whether no listed set is heavier than a claim says.
    fn holds_of(&mut self, claim: &Claim, list: &[crate::PodSet]) -> Result<(), ProofFault> {
        let (nodes, weights, fragments, most) = claim;
        let node = self.node(*nodes)?;
        self.steps.take(list.len() as u64)?;
        let weight = |class: &u32| {
            let at = weights.binary_search_by_key(class, |&(class, _)| class).ok();
            at.and_then(|at| weights.get(at)).map_or(0, |&(_, weight)| i128::from(weight))
        };
        for set in list {
            let weights = set.iter().map(|(class, count)| weight(class) * i128::from(*count));
            let fragmented = match (*fragments, node.counts(set)) {
                (0, _) | (_, None) => 0,
                (_, Some(counts)) => i128::from(node.fragments(&counts)) * i128::from(*fragments),
            };
            if weights.sum::<i128>() - fragmented > i128::from(*most) {
                return Err(ProofFault::Heavier);
            }
        }
        self.nodes.insert(*nodes, node);
        Ok(())
    }

    /// The sets that combinations leave; none if there is a class of nodes without any.
    fn listed(
        &mut self,
        slacks: &[Combination],
        limit: u64,
        lists: &Lists,
    ) -> Result<Option<Lists>, ProofFault> {
        let partition = self.relaxation.partition;
        let width = (partition.pods.len() + partition.nodes.len()).saturating_add(1);
        if slacks.len() > MOST_IN_SUMS / width {
            return Err(ProofFault::Misplaced("there are too many slacks"));
        }
        self.rules.insert(self.enumeration(slacks));
        let mut sums = Vec::new();
        for (at, combination) in slacks.iter().enumerate() {
            self.at(format!("slacks[{at}]"), |this| {
                sums.push(this.relaxation.combine(combination, &this.splits, this.steps)?);
                this.claims(combination, lists)
            })?;
        }
        if sums.iter().any(|sum| sum.rhs() < 0) {
            return Ok(None);
        }
        let facts = self.relaxation.facts;
        let numbers = (0_u32..).zip(&partition.nodes);
        let listed = numbers.filter(|(nodes, _)| sums.iter().any(|sum| sum.is_about(*nodes)));
        self.steps.take(self.steps_to_make.saturating_mul(listed.count() as u64))?;
        let relaxation = self.relaxation;
        let narrowed = self.steps.within(limit, |steps| {
            lists
                .narrowed(relaxation, &sums, steps, |nodes| OneNode::new(facts, partition, nodes))
                .map_err(ProofFault::from)
        })?;
        Ok(Some(narrowed).filter(|lists| !lists.has_empty()))
    }

    /// R2F, if all pods of the tier are to run and only capacity says what is left.
    fn enumeration(&self, slacks: &[Combination]) -> Rule {
        let Target::Tier(tier) = self.relaxation.target else { return Rule::Enumerate };
        let all = self.relaxation.facts.most_of(tier);
        let mut rows = slacks.iter().flat_map(|slack| &slack.rows);
        let plain = rows.all(|(row, _)| matches!(row, Row::Capacity { .. }));
        if plain && self.relaxation.bound.checked_add(1) == Some(all) {
            Rule::Full
        } else {
            Rule::Enumerate
        }
    }
}
