//! Policies of a mesh, as what they ask of a request.

use std::fmt;

use seatrial_core::Finding;

use crate::Source;
use crate::network::{AddressSet, LabelSelector, Labels, Name, Truth, Unmodelled};

/// All that bears on requests in a mesh.
#[derive(Debug, Clone, Default)]
pub struct Mesh {
    /// The workloads, by their names.
    pub targets: Vec<Target>,
    /// The policies, by namespace and name.
    pub policies: Vec<Policy>,
    /// Objects that are not modelled.
    pub unmodelled: Vec<Unmodelled>,
    /// What is wrong with objects that were read.
    pub findings: Vec<Finding>,
}

/// A workload that takes requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// `namespace/name[Kind]`.
    pub id: Name,
    /// Its namespace.
    pub namespace: Name,
    /// The labels of its pods.
    pub labels: Labels,
}

/// An `AuthorizationPolicy`.
#[derive(Debug, Clone)]
pub struct Policy {
    /// What it does with requests that it matches.
    pub action: Action,
    /// The workloads that it is about.
    pub scope: Scope,
    /// It matches if one of these does; without any, it never does.
    pub rules: Vec<Rule>,
    /// What it says, as JSON: two policies that say the same are about the same unknowns.
    pub text: Name,
    /// Where it stands.
    pub source: Source,
}

/// What a policy does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Another service decides.
    Custom,
    /// What matches is denied.
    Deny,
    /// What matches is allowed, and what no such policy matches is denied.
    Allow,
    /// What matches is written down; nothing is decided.
    Audit,
}

/// The workloads that a policy is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope {
    /// The namespace; all, for a policy of the root namespace.
    pub namespace: Option<Name>,
    /// The workloads in it.
    pub selector: LabelSelector,
}

/// A rule: one of the sources, one of the operations, and all conditions.
#[derive(Debug, Clone)]
pub struct Rule {
    /// What is asked of the source, one of these; at least one.
    pub from: Vec<Vec<Condition>>,
    /// What is asked of the operation, one of these; at least one.
    pub to: Vec<Vec<Condition>>,
    /// What else is asked.
    pub when: Vec<Condition>,
    /// Where it stands.
    pub source: Source,
}

/// What is asked of one attribute of a request.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Condition {
    /// One of the first holds (if there are any), and none of the second.
    Is(Attribute, Vec<Test>, Vec<Test>),
    /// Something that is not modelled, for this reason.
    Unmodelled(Name),
}

/// An attribute of a request.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Attribute {
    /// The identity of the source; absent without mutual TLS.
    Principal,
    /// The address that the connection comes from.
    SourceAddress,
    /// The address of the client, as headers and the proxy protocol tell it.
    RemoteAddress,
    /// The host that is asked for.
    Host,
    /// The HTTP method.
    Method,
    /// The path, without the query.
    Path,
    /// The port of the workload.
    Port,
    /// A header or the server name, by the key of a condition.
    Key(Name),
}

impl Attribute {
    /// The name of the dimension.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Principal => "principal",
            Self::SourceAddress => "source address",
            Self::RemoteAddress => "remote address",
            Self::Host => "host",
            Self::Method => "method",
            Self::Path => "path",
            Self::Port => "port",
            Self::Key(_) => "when",
        }
    }
}

/// What is asked of a value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Test {
    /// The text fits a pattern.
    Text(Pattern),
    /// The identity is of a namespace that fits a pattern.
    Namespace(Pattern),
    /// The identity is this service account, of a namespace.
    Account(Name, Name),
    /// The address is in a set.
    Block(AddressSet),
    /// The port is this.
    Port(u16),
}

/// A pattern of texts. None fits an absent or an empty text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Pattern {
    /// `*`: any text.
    Present,
    /// The text itself.
    Exact(Name),
    /// `text*`.
    Prefix(Name),
    /// `*text`.
    Suffix(Name),
}

impl Pattern {
    /// Reads a pattern as Istio does: a `*` in front counts before one at the end.
    pub fn of(text: &str) -> Self {
        if text == "*" {
            Self::Present
        } else if let Some(rest) = text.strip_prefix('*') {
            Self::Suffix(rest.into())
        } else if let Some(rest) = text.strip_suffix('*') {
            Self::Prefix(rest.into())
        } else {
            Self::Exact(text.into())
        }
    }

    /// Whether a text fits.
    pub fn fits(&self, text: &str) -> bool {
        !text.is_empty()
            && match self {
                Self::Present => true,
                Self::Exact(exact) => **exact == *text,
                Self::Prefix(prefix) => text.starts_with(&**prefix),
                Self::Suffix(suffix) => text.ends_with(&**suffix),
            }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Present => f.write_str("*"),
            Self::Exact(text) => f.write_str(text),
            Self::Prefix(text) => write!(f, "{text}*"),
            Self::Suffix(text) => write!(f, "*{text}"),
        }
    }
}

/// The namespace and the service account of an identity.
pub(crate) fn identity(principal: &str) -> Option<(&str, &str)> {
    let (_, rest) = principal.split_once("/ns/")?;
    rest.split_once("/sa/")
}

impl Mesh {
    /// The workload of this name.
    pub fn target(&self, id: &str) -> Option<&Target> {
        let at = self.targets.binary_search_by(|target| (*target.id).cmp(id)).ok()?;
        self.targets.get(at)
    }

    /// The policies that are or may be about a workload, but for those that decide nothing.
    pub fn policies_of(&self, target: &Target) -> Vec<(&Policy, Truth)> {
        let about = |policy: &Policy| {
            let namespace = policy.scope.namespace.as_ref();
            let inside = namespace.is_none_or(|namespace| *namespace == target.namespace);
            Truth::from(inside).and(policy.scope.selector.selects(&target.labels))
        };
        let policies = self.policies.iter().map(|policy| (policy, about(policy)));
        policies
            .filter(|(policy, truth)| *truth > Truth::No && policy.action != Action::Audit)
            .collect()
    }
}
