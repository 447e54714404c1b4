//! The certificate: a plan, what it reaches, and for each tier a proof that no plan reaches more.
//!
//! # What a proof is
//!
//! Every proof is a *refutation*: it shows that no reachable placement does better than the bound
//! it stands beside (tier: "at least `bound + 1` pods of this priority and above run, and at least
//! `placed` of each tier before"; disruption: "costs at most `bound - 1`, and at least `placed` of
//! each tier"). Variables are the numbers `x[c, t] >= 0` of pods of class `c` on nodes of class
//! `t`. A [`Combination`] adds up inequalities that every reachable placement meets, each with a
//! multiplier; the checker adds what the supply of pods (`sum over t of x[c, t] <= n_c`) has to
//! contribute, and the sum says `0 <= something negative`. Everything is an integer.

use serde::{Deserialize, Serialize};

/// A certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    /// Always [`Certificate::FORMAT`].
    pub format: String,
    /// Always [`Certificate::VERSION`].
    pub version: u32,
    /// What to do, in this order.
    pub plan: Vec<Step>,
    /// One for each priority that some pod has, from high to low.
    pub tiers: Vec<Tier>,
    /// How much is disturbed, and how little it has to be.
    pub disruption: Bounded,
    /// With [`crate::Objective::Fragments`], the fragments that are left, and the fewest possible.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fragments: Option<Bounded>,
}

impl Certificate {
    /// The name of the format.
    pub const FORMAT: &str = "seatrial/certificate";
    /// The version of the format.
    pub const VERSION: u32 = 1;
}

/// A step of a plan. Pods and nodes are meant by their index in the instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// Takes a running pod from its node.
    Evict(u32),
    /// Puts a pod that does not run onto a node.
    Bind(u32, u32),
    /// Moves a running pod to another node alive ([`crate::Question::live`] only).
    Move(u32, u32),
}

/// How many pods of a priority and above run, and how many can.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tier {
    /// The priority.
    pub priority: i32,
    /// How many pods of this priority and above run when the plan is done.
    pub placed: u64,
    /// No plan places more, provided that each tier before has at least what this plan places.
    pub bound: u64,
    /// Over which classes of pods and nodes the proof speaks.
    pub classes: Classes,
    /// Why.
    pub proof: Proof,
}

/// A cost that the plan has, and a bound that no plan with the same counts goes below.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bounded {
    /// What the plan costs.
    pub cost: u64,
    /// No plan that places as many in each tier (and, for disruption, leaves no more fragments)
    /// costs less.
    pub bound: u64,
    /// Over which classes of pods and nodes the proof speaks.
    pub classes: Classes,
    /// Why.
    pub proof: Proof,
}

/// What pods and nodes have in common that are of one class (see [`crate::classes`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Classes {
    /// Pods: shape and gang. Nodes: what they have room for.
    Shape,
    /// Pods: also the node that they run on, and their budgets. Nodes: those on which a pod runs
    /// that may be moved are a class each.
    Place,
}

/// Why a bound holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Proof {
    /// There is no more: the bound of a tier is the number of its pods; a cost is bounded by 0.
    Trivial,
    /// Each pod that arrives on a node saves at most a unit of fragments, and only so many can
    /// arrive: bounds fragments, and disruption where fragments are counted. Only as the whole
    /// proof of a bound.
    Arrivals,
    /// Rules R1 (count) and R2 (pattern): inequalities that contradict each other.
    Rows(Combination),
    /// Rule R3: a number is at most `at`, or at least `at + 1`; neither can be.
    Split {
        /// The number.
        on: Quantity,
        /// Where it is split.
        at: u64,
        /// Why it is not at most `at`.
        below: Box<Proof>,
        /// Why it is not more.
        above: Box<Proof>,
    },
    /// Enumeration (rule R2E; with the plain slack of the whole cluster, R2F): the rows leave so
    /// little slack that on each node only few sets of pods can be. The checker lists them, and
    /// the proof goes on with patterns that are about listed sets only.
    Enumerate {
        /// Capacity and pattern rows among these say what a node wastes; the others count as in
        /// [`Proof::Rows`]. A set is listed if it is within the slack of each of them: one alone
        /// is R2E; with one per resource, where all pods have to run, they are R2F.
        slacks: Vec<Combination>,
        /// How many sets are looked at, over all classes of nodes, before the checker gives up.
        steps: u64,
        /// Why it cannot be with the listed sets. [`Proof::Rows`] with no rows, if some class of
        /// nodes has no listed set at all.
        then: Box<Proof>,
    },
    /// A solver refuted it: the checker derives the same SMT-LIB 2 script from the instance; who
    /// does not run a solver on it takes the word of the one that was run. Only as the whole proof
    /// of a bound.
    Solver {
        /// The name and version of the solver that refuted it.
        by: String,
    },
    /// Nothing is proven beyond what is trivial.
    None,
}

/// A sum of inequalities, each with a multiplier.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Combination {
    /// The multiplier of what is to be refuted: the common scale of the others.
    pub scale: u64,
    /// The inequalities and their multipliers.
    pub rows: Vec<(Row, u64)>,
}

/// An inequality that every reachable placement meets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Row {
    /// The nodes of a class have so much of a resource.
    Capacity {
        /// The class of nodes.
        nodes: u32,
        /// The resource.
        resource: u32,
    },
    /// Every set of pods that fits one node of a class weighs at most `most`. The checker proves
    /// this again.
    Pattern {
        /// The class of nodes.
        nodes: u32,
        /// The weights of the pod classes that have one, ascending by class.
        weights: Vec<(u32, u64)>,
        /// The claim.
        most: u64,
        /// What a fragment weighs against the pods ([`crate::Objective::Fragments`]): the claim is
        /// then about the weight of the set less this many times the fragments that it leaves.
        #[serde(default, skip_serializing_if = "is_zero")]
        fragments: u64,
        /// How many steps the checker may take.
        steps: u64,
    },
    /// A tier before has at least what the plan places in it; by its index.
    Tier(u32),
    /// The split at this depth above (0 is the outermost).
    Split(u32),
    /// A disruption budget, by its index.
    Budget(u32),
    /// The move limit.
    MoveLimit,
    /// All pods of a class that run now go on running ([`crate::Objective::Fragments`], or
    /// [`crate::Question::live`]).
    KeepRunning(u32),
    /// Pods of a class keep away from each other in a topology, so that no more can run than there
    /// are domains in which they may.
    Apart {
        /// The class of pods.
        pods: u32,
        /// The topology.
        topology: u32,
    },
    /// The fragments that the plan leaves; where disruption is bounded.
    Fragments,
}

/// A number of pods that a proof splits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Quantity {
    /// How many pods of a class run.
    Class(u32),
    /// How many pods of a class run on nodes of a class.
    ClassOn(u32, u32),
    /// How many pods of a gang run; split at 0, the other side is at least the gang's minimum.
    Gang(u32),
    /// How many pods of a gang run in a domain of its topology; split at 0, on the other side all
    /// of them run there.
    GangIn(u32, u32),
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}
