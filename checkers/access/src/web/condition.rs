//! What a decision depends on beside host, method and path, and decisions as trees of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use seatrial_core::{Location, ResourceId};
use serde::Serialize;

use super::credentials::accepts;
use super::request::{Client, Request, User};
use crate::network::AddressSet;
use crate::{Decision, Source};

/// What a service answers that is asked whether a request is to be let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Reply {
    /// A status of 200 to 299.
    Success,
    /// 401.
    Unauthorized,
    /// 403.
    Forbidden,
    /// Anything else, which the server takes as an error.
    Other,
}

impl Reply {
    /// All answers.
    pub const ALL: [Self; 4] = [Self::Success, Self::Unauthorized, Self::Forbidden, Self::Other];

    /// The answer that a status is.
    pub const fn of_status(status: u16) -> Self {
        match status {
            200..=299 => Self::Success,
            401 => Self::Unauthorized,
            403 => Self::Forbidden,
            _ => Self::Other,
        }
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Success => "2xx",
            Self::Unauthorized => "401",
            Self::Forbidden => "403",
            Self::Other => "an error",
        })
    }
}

/// A condition that is not modelled.
#[derive(Clone, Debug)]
pub struct Opaque {
    /// What it is, as a noun: `what access_by_lua_block decides`.
    pub what: Arc<str>,
    /// All that it depends on: two conditions with equal keys are equally true of a request.
    pub key: Arc<str>,
    /// Where it is written.
    pub location: Location,
}

impl PartialEq for Opaque {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for Opaque {}

impl PartialOrd for Opaque {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Opaque {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key.cmp(&other.key)
    }
}

/// Something that is true of a request, or is not.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Condition {
    /// The client is at one of these addresses, or is a process of the same machine.
    From(AddressSet, bool),
    /// The credentials are those of a user of this file.
    Accepts(Arc<str>),
    /// A service answers so.
    Answers(Arc<str>, Reply),
    /// A file exists.
    Exists(Arc<str>),
    /// Not modelled.
    Opaque(Opaque),
}

/// A question to which the answer is not known yet.
#[derive(Clone, Debug)]
pub struct Ask(pub Condition);

/// What is known of conditions.
pub trait Fact {
    /// Whether a condition is true, if that is known.
    fn answer(&self, condition: &Condition) -> Option<bool>;
}

/// The users of files of which the content is known.
pub type Users = BTreeMap<String, BTreeSet<String>>;

/// What a request says of conditions.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts<'r> {
    pub(super) request: &'r Request,
    pub(super) users: &'r Users,
}

impl Fact for Facts<'_> {
    fn answer(&self, condition: &Condition) -> Option<bool> {
        let request = self.request;
        match condition {
            Condition::From(addresses, unix) => Some(match request.client {
                Client::Address(address) => addresses.contains(address),
                Client::Unix => *unix,
            }),
            Condition::Accepts(file) => Some(match &request.user {
                User::None => false,
                User::Named(name) => accepts(file, name, self.users),
                User::Of(files) => files.contains(&**file),
            }),
            Condition::Answers(service, reply) => {
                request.replies.get(&**service).map(|known| known == reply)
            }
            Condition::Exists(file) => request.files.get(&**file).copied(),
            Condition::Opaque(opaque) => request.assumed.get(&*opaque.key).copied(),
        }
    }
}

/// A decision at the end of a tree.
#[derive(Clone, Debug)]
pub struct Leaf {
    /// Whether the request is allowed; never unknown.
    pub allowed: bool,
    /// The status, where the server itself answers.
    pub status: Option<u16>,
    /// What is served: a file, or the service that the request is handed to.
    pub target: Option<String>,
    /// What the decision rests on.
    pub because: Vec<Arc<Ground>>,
}

/// A directive that a decision rests on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ground {
    /// Where it stands.
    pub location: Location,
    /// In what, such as `location` or `server`.
    pub kind: &'static str,
    /// The name of that, such as `~ \.php$`.
    pub name: Arc<str>,
    /// The directive, such as `deny all`.
    pub text: Arc<str>,
}

impl Ground {
    /// It as a source of a decision of some server, such as `nginx`.
    pub fn source(&self, server: &str) -> Source {
        let resource = ResourceId {
            api_version: server.to_owned(),
            kind: self.kind.to_owned(),
            namespace: None,
            name: self.name.to_string(),
        };
        Source {
            resource,
            location: self.location.clone(),
            pointer: String::new(),
            role: "rule",
            text: Some(Box::from(&*self.text)),
        }
    }
}

/// Decisions by conditions.
#[derive(Clone, Debug)]
pub enum Tree {
    /// A decision.
    Leaf(Leaf),
    /// What is decided if a condition is true, and if it is not.
    Ask(Condition, Box<Tree>, Box<Tree>),
}

/// How many conditions one decision may depend on.
const MOST_CONDITIONS: usize = 24;
/// How many leaves a tree may have.
const MOST_LEAVES: usize = 512;

/// Too many conditions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooMany;

/// What has been answered on the way to a leaf.
#[derive(Debug, Default)]
pub(super) struct Answered<'f> {
    facts: Option<&'f dyn FactDebug>,
    answers: Vec<(Condition, bool)>,
}

/// [`Fact`] that can be shown.
pub(super) trait FactDebug: Fact + fmt::Debug {}
impl<T: Fact + fmt::Debug> FactDebug for T {}

impl Answered<'_> {
    /// Whether a condition is true.
    ///
    /// # Errors
    ///
    /// The condition, if it is not known.
    pub(super) fn ask(&self, condition: Condition) -> Result<bool, Ask> {
        if let Some(answer) = self.facts.and_then(|facts| facts.answer(&condition)) {
            return Ok(answer);
        }
        if let Condition::Answers(service, reply) = &condition {
            // One answer rules out the others.
            let settled = self.answers.iter().any(|(known, is)| {
                *is && matches!(known, Condition::Answers(other, it) if other == service && it != reply)
            });
            if settled {
                return Ok(false);
            }
        }
        if let Some(implied) = self.implied(&condition) {
            return Ok(implied);
        }
        let known = self.answers.iter().find(|(known, _)| *known == condition);
        known.map(|(_, answer)| *answer).ok_or(Ask(condition))
    }
}

impl Answered<'_> {
    /// What is known of where a client is settles some questions about it.
    fn implied(&self, condition: &Condition) -> Option<bool> {
        let Condition::From(asked, asked_unix) = condition else { return None };
        self.answers.iter().find_map(|(known, answer)| {
            let Condition::From(set, unix) = known else { return None };
            if *answer {
                let within = set.is_subset(asked) && (!unix || *asked_unix);
                let apart = set.is_disjoint(asked) && !(*unix && *asked_unix);
                (within || apart).then_some(within)
            } else {
                let within = asked.is_subset(set) && (!asked_unix || *unix);
                within.then_some(false)
            }
        })
    }
}

impl Tree {
    /// All that a decision can come to: `decide` is run once for each way of answering what it asks.
    ///
    /// # Errors
    ///
    /// If it asks too much.
    pub(super) fn of(
        facts: Option<&dyn FactDebug>,
        decide: &dyn Fn(&Answered<'_>) -> Result<Leaf, Ask>,
    ) -> Result<Self, TooMany> {
        let mut answered = Answered { facts, answers: Vec::new() };
        let mut leaves = 0;
        Self::grown(&mut answered, &mut leaves, decide)
    }

    fn grown(
        answered: &mut Answered<'_>,
        leaves: &mut usize,
        decide: &dyn Fn(&Answered<'_>) -> Result<Leaf, Ask>,
    ) -> Result<Self, TooMany> {
        match decide(answered) {
            Ok(leaf) => {
                *leaves += 1;
                if *leaves > MOST_LEAVES { Err(TooMany) } else { Ok(Self::Leaf(leaf)) }
            }
            Err(Ask(condition)) => {
                if answered.answers.len() >= MOST_CONDITIONS {
                    return Err(TooMany);
                }
                let mut side = |answer| {
                    answered.answers.push((condition.clone(), answer));
                    let tree = Self::grown(answered, leaves, decide);
                    answered.answers.pop();
                    tree.map(Box::new)
                };
                let (yes, no) = (side(true)?, side(false)?);
                Ok(Self::Ask(condition, yes, no))
            }
        }
    }

    /// The leaf that facts lead to; `None` if they do not say enough.
    pub(super) fn leaf(&self, facts: &dyn Fn(&Condition) -> Option<bool>) -> Option<&Leaf> {
        match self {
            Self::Leaf(leaf) => Some(leaf),
            Self::Ask(condition, yes, no) => {
                if facts(condition)? {
                    yes.leaf(facts)
                } else {
                    no.leaf(facts)
                }
            }
        }
    }

    /// The leaves that facts may lead to: all below a condition of which nothing is known.
    pub(super) fn leaves_in(&self, facts: &dyn Fn(&Condition) -> Option<bool>) -> Vec<&Leaf> {
        match self {
            Self::Leaf(leaf) => vec![leaf],
            Self::Ask(condition, yes, no) => match facts(condition) {
                Some(true) => yes.leaves_in(facts),
                Some(false) => no.leaves_in(facts),
                None => [yes.leaves_in(facts), no.leaves_in(facts)].concat(),
            },
        }
    }

    /// The leaves, those of true conditions first.
    pub(super) fn leaves(&self) -> Vec<&Leaf> {
        match self {
            Self::Leaf(leaf) => vec![leaf],
            Self::Ask(_, yes, no) => [yes.leaves(), no.leaves()].concat(),
        }
    }

    /// The conditions, in order.
    pub(super) fn conditions<'t>(&'t self, into: &mut BTreeSet<&'t Condition>) {
        if let Self::Ask(condition, yes, no) = self {
            into.insert(condition);
            yes.conditions(into);
            no.conditions(into);
        }
    }

    /// The tree without conditions that make no difference.
    #[must_use]
    pub(super) fn reduced(self) -> Self {
        let Self::Ask(condition, yes, no) = self else { return self };
        let (yes, no) = (yes.reduced(), no.reduced());
        if yes.same(&no) { yes } else { Self::Ask(condition, Box::new(yes), Box::new(no)) }
    }

    /// What is decided in any case: unknown if leaves differ.
    pub(super) fn decision(&self) -> Decision {
        let leaves = self.leaves();
        let allowed = leaves.iter().filter(|leaf| leaf.allowed).count();
        match allowed {
            0 => Decision::Denied,
            _ if allowed == leaves.len() => Decision::Allowed,
            _ => Decision::Unknown,
        }
    }

    /// Whether it asks the same and decides the same as another, whatever it rests on.
    pub(super) fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Leaf(a), Self::Leaf(b)) => a.allowed == b.allowed,
            (Self::Ask(a, yes, no), Self::Ask(b, other_yes, other_no)) => {
                a == b && yes.same(other_yes) && no.same(other_no)
            }
            _ => false,
        }
    }
}
