//! The state: nodes, what the verifier knows of them, quotes under way, taints, pods.

use seatrial_explore::Var;
use serde::{Deserialize, Serialize};

use super::Bounds;
use crate::rules::Rows;

/// An entry of a measurement list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) enum Entry {
    /// The runtime policy lists it.
    Allowed,
    Bad,
}

/// The measurement list of a boot; it stands for the value of PCR 10 as well, which is its hash.
pub(crate) type Log = Vec<Entry>;

/// A node of the cluster.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Node {
    pub(crate) boot: u8,
    /// What IMA has measured in this boot.
    pub(crate) log: Log,
    /// The ticks since something bad ran in this boot, if it did.
    pub(crate) compromised: Option<u8>,
}

/// The state of an agent at the verifier, by Keylime's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) enum OperationalState {
    /// Added or added again: no quote has been accepted since.
    Start,
    /// The last quote was accepted.
    GetQuote,
    /// The same, but no answer came since.
    GetQuoteRetry,
    /// It did not answer too often.
    Failed,
    InvalidQuote,
}

/// What the verifier knows of an agent.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Agent {
    pub(crate) state: OperationalState,
    /// The ticks until it is asked for a quote.
    pub(crate) wait: u8,
    /// How often in a row it did not answer.
    pub(crate) retries: u8,
    /// The boot of the last quote that was accepted.
    pub(crate) boot: u8,
    /// The part of that boot's list that was judged; the next quote goes on from there.
    pub(crate) verified: Log,
    /// It failed, and nobody has reactivated it since.
    pub(crate) revoked: bool,
    /// The verifier asks it no more.
    pub(crate) stopped: bool,
}

impl Agent {
    pub(crate) fn is_trusted(&self) -> bool {
        matches!(self.state, OperationalState::GetQuote | OperationalState::GetQuoteRetry)
    }

    pub(crate) fn has_failed(&self) -> bool {
        matches!(self.state, OperationalState::Failed | OperationalState::InvalidQuote)
    }

    /// Whether the verifier goes on asking it.
    pub(crate) fn is_polled(&self) -> bool {
        !self.has_failed() && !self.stopped
    }
}

/// A quote and the list that comes with it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Quote {
    /// The TPM made it for the nonce of the last request.
    pub(crate) fresh: bool,
    /// The boot and the PCR that the TPM signed.
    pub(crate) boot: u8,
    pub(crate) pcr: Log,
    /// The list that the agent sends with it.
    pub(crate) log: Log,
}

/// What is under way between verifier and agent.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) enum Exchange {
    None,
    Asked,
    Answered(Quote),
    /// What came back cannot be read.
    Garbled,
    /// Nothing will come back.
    Lost,
}

/// The taint of a node, and who has seen it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(crate) struct Taint {
    pub(crate) untrusted: bool,
    /// What the scheduler's cache says.
    pub(crate) cached: bool,
    /// The operator has left it as it is for a tick though it should change.
    pub(crate) operator_due: bool,
    pub(crate) cache_due: bool,
}

/// A pod that may run on trusted nodes only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) enum Pod {
    Absent,
    Pending,
    /// Bound to a node, and whether it has to start before more time passes.
    Bound {
        node: u8,
        due: bool,
    },
    /// Running on a node, and whether it has to be evicted before more time passes.
    Running {
        node: u8,
        due: bool,
    },
}

/// What must not happen, once it has.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(crate) struct Wrongs {
    /// A quote was accepted that the TPM had made for an earlier request.
    pub(crate) stale_quote: bool,
    /// A quote was accepted whose PCR holds something bad.
    pub(crate) bad_quote: bool,
    /// A quote of a node on which nothing bad ran was found invalid.
    pub(crate) false_alarm: bool,
    /// A pod started later than the window after something bad ran.
    pub(crate) late_start: bool,
}

/// What may still happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Budgets {
    pub(crate) executions: u8,
    pub(crate) attacks: u8,
    pub(crate) reboots: u8,
    pub(crate) losses: u8,
    pub(crate) restarts: u8,
    pub(crate) reactivations: u8,
}

/// A state.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct State {
    pub(crate) nodes: Var<0, Rows<Node>>,
    pub(crate) agents: Var<1, Rows<Agent>>,
    pub(crate) exchanges: Var<2, Rows<Exchange>>,
    /// The last quote of each node that an attacker has kept.
    pub(crate) captured: Var<3, Rows<Option<Quote>>>,
    pub(crate) taints: Var<4, Rows<Taint>>,
    pub(crate) pods: Var<5, Rows<Pod>>,
    /// Whether a clock of half the rate has let one tick of two pass.
    pub(crate) half: Var<6, bool>,
    pub(crate) wrongs: Var<7, Wrongs>,
    pub(crate) budgets: Var<8, Budgets>,
}

impl State {
    pub(crate) fn initial(bounds: Bounds) -> Self {
        let node = Node { boot: 0, log: Log::new(), compromised: None };
        let agent = Agent {
            state: OperationalState::Start,
            wait: 0,
            retries: 0,
            boot: 0,
            verified: Log::new(),
            revoked: false,
            stopped: false,
        };
        let taint = Taint { untrusted: true, cached: true, operator_due: false, cache_due: false };
        let count = bounds.nodes;
        Self {
            nodes: Var::new(Rows::new(count, node)),
            agents: Var::new(Rows::new(count, agent)),
            exchanges: Var::new(Rows::new(count, Exchange::None)),
            captured: Var::new(Rows::new(count, None)),
            taints: Var::new(Rows::new(count, taint)),
            pods: Var::new(Rows::new(bounds.pods, Pod::Absent)),
            half: Var::new(false),
            wrongs: Var::default(),
            budgets: Var::new(bounds.budgets),
        }
    }
}
