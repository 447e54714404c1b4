//! The cases of the conditions of some trees: dimensions of a space, and what each atom means.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use super::claim::Visitor;
use super::condition::{Condition, Reply, Tree};
use super::credentials::possible;
use super::request::{Client, Endpoint, Local, Request, User};
use crate::network::AddressSet;
use crate::{Atom, Dimension};

/// How many cases there may be.
const MOST_CASES: usize = 20_000;
/// How many files of users may be told apart.
const MOST_USER_FILES: usize = 6;

/// What one atom of a dimension says.
#[derive(Clone, Debug)]
enum Meaning {
    From(AddressSet),
    Unix,
    User(BTreeSet<String>),
    Answers(Arc<str>, Reply),
    Exists(Arc<str>, bool),
}

/// The dimensions of conditions.
#[derive(Debug, Default)]
pub(super) struct Cases {
    pub(super) dimensions: Vec<Dimension>,
    meanings: Vec<Vec<Meaning>>,
    /// The conditions that are not modelled.
    pub(super) opaque: Vec<Condition>,
}

/// More cases than can be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooManyCases;

impl Cases {
    /// The cases of some trees of requests to an endpoint.
    pub(super) fn of(trees: &[&Tree], endpoint: &Endpoint) -> Result<Self, TooManyCases> {
        Self::with(trees, endpoint, Vec::new())
    }

    /// The same, with more addresses told apart than the trees do.
    pub(super) fn with<'t>(
        trees: &[&'t Tree],
        endpoint: &Endpoint,
        mut sets: Vec<&'t AddressSet>,
    ) -> Result<Self, TooManyCases> {
        let mut conditions = BTreeSet::new();
        for tree in trees {
            tree.conditions(&mut conditions);
        }
        let mut cases = Self::default();
        let mut files: BTreeSet<&Arc<str>> = BTreeSet::new();
        let mut services: BTreeSet<&Arc<str>> = BTreeSet::new();
        let mut there: BTreeSet<&Arc<str>> = BTreeSet::new();
        for &condition in &conditions {
            match condition {
                Condition::From(set, _) => sets.push(set),
                Condition::Accepts(file) => {
                    files.insert(file);
                }
                Condition::Answers(service, _) => {
                    services.insert(service);
                }
                Condition::Exists(file) => {
                    there.insert(file);
                }
                Condition::Opaque(_) => cases.opaque.push(condition.clone()),
            }
        }
        cases.clients(&sets, endpoint);
        cases.users(&files)?;
        for service in services {
            let all = Reply::ALL.map(|reply| {
                (
                    Atom::literal(format!("{service} answers {reply}")),
                    Meaning::Answers(Arc::clone(service), reply),
                )
            });
            cases.add("asked", all.into());
        }
        for file in there {
            let all = [true, false].map(|is| {
                let text = format!("{file} {}", if is { "exists" } else { "does not exist" });
                (Atom::literal(text), Meaning::Exists(Arc::clone(file), is))
            });
            cases.add("file", all.into());
        }
        let sizes = cases.dimensions.iter().map(|it| it.atoms.len());
        let total = sizes.fold(1_usize, usize::saturating_mul);
        let opaque = 1_usize.checked_shl(u32::try_from(cases.opaque.len()).unwrap_or(u32::MAX));
        let total = total.saturating_mul(opaque.unwrap_or(usize::MAX).max(1));
        if total > MOST_CASES { Err(TooManyCases) } else { Ok(cases) }
    }

    fn add(&mut self, name: &'static str, atoms: Vec<(Atom, Meaning)>) {
        let (atoms, meanings) = atoms.into_iter().unzip();
        self.dimensions.push(Dimension::new(name, atoms));
        self.meanings.push(meanings);
    }

    fn clients(&mut self, sets: &[&AddressSet], endpoint: &Endpoint) {
        let universe = match &endpoint.local {
            Local::Unix(_) => {
                self.add("from", vec![(Atom::literal("unix:"), Meaning::Unix)]);
                return;
            }
            Local::AnyV4 | Local::Address(IpAddr::V4(_)) => AddressSet::all_v4(),
            Local::AnyV6 | Local::Address(IpAddr::V6(_)) => {
                AddressSet::all().difference(&AddressSet::all_v4())
            }
            Local::Name(_) => AddressSet::all(),
        };
        let parts = AddressSet::partition(sets.iter().copied());
        let mut parts: Vec<_> = parts.iter().map(|it| it.intersection(&universe)).collect();
        parts.retain(|part| !part.is_empty());
        // The part that holds most is what is not named.
        let other = parts.iter().position(|part| !sets.iter().any(|set| part.is_subset(set)));
        let atoms = parts.into_iter().enumerate().map(|(at, part)| {
            let witness = sample(&part).map_or_else(String::new, |it| it.to_string());
            let atom = if Some(at) == other {
                Atom::other(witness)
            } else {
                Atom { witness: witness.into(), names: vec![part.to_string().into()] }
            };
            (atom, Meaning::From(part))
        });
        let atoms = atoms.collect();
        self.add("from", atoms);
    }

    fn users(&mut self, files: &BTreeSet<&Arc<str>>) -> Result<(), TooManyCases> {
        if files.is_empty() {
            return Ok(());
        }
        if files.len() > MOST_USER_FILES {
            return Err(TooManyCases);
        }
        let all = files.iter().map(|file| &***file).collect();
        let chosen = (0..1_usize << files.len()).map(|bits| {
            let chosen = files.iter().enumerate().filter(|(at, _)| bits & (1 << at) != 0);
            chosen.map(|(_, file)| file.to_string()).collect::<BTreeSet<String>>()
        });
        let atoms = chosen.filter(|names| possible(names, &all)).map(|names| {
            let text = if names.is_empty() {
                "nobody".to_owned()
            } else {
                let names: Vec<_> = names.iter().map(String::as_str).collect();
                format!("a user of {}", names.join(" and "))
            };
            (Atom::literal(text), Meaning::User(names))
        });
        let atoms = atoms.collect();
        self.add("user", atoms);
        Ok(())
    }

    /// All cases, each one atom a dimension.
    pub(super) fn all(&self) -> Vec<Vec<usize>> {
        let mut all = vec![Vec::new()];
        for dimension in &self.dimensions {
            let longer = all.iter().flat_map(|case: &Vec<usize>| {
                (0..dimension.atoms.len()).map(move |atom| [case.as_slice(), &[atom]].concat())
            });
            all = longer.collect();
        }
        all
    }

    fn meanings_of<'c>(&'c self, case: &'c [usize]) -> impl Iterator<Item = &'c Meaning> {
        self.meanings.iter().zip(case).filter_map(|(meanings, &atom)| meanings.get(atom))
    }

    /// Whether a condition is true in a case; `None` for one that is not modelled.
    pub(super) fn answer(&self, case: &[usize], condition: &Condition) -> Option<bool> {
        self.meanings_of(case).find_map(|meaning| match (condition, meaning) {
            (Condition::From(set, _), Meaning::From(part)) => {
                Some(part.first().is_some_and(|address| set.contains(address)))
            }
            (Condition::From(_, unix), Meaning::Unix) => Some(*unix),
            (Condition::Accepts(file), Meaning::User(files)) => Some(files.contains(&**file)),
            (Condition::Answers(service, reply), Meaning::Answers(known, is)) => {
                (service == known).then_some(reply == is)
            }
            (Condition::Exists(file), Meaning::Exists(known, is)) => (file == known).then_some(*is),
            _ => None,
        })
    }

    /// Whether whoever makes a request of a case is a visitor of this kind.
    pub(super) fn is_of(&self, case: &[usize], visitor: &Visitor) -> bool {
        let any = |is: &dyn Fn(&Meaning) -> bool| self.meanings_of(case).any(is);
        let user = any(&|it| matches!(it, Meaning::User(files) if !files.is_empty()));
        let permission = any(&|it| matches!(it, Meaning::Answers(_, Reply::Success)));
        let local = any(&|it| matches!(it, Meaning::Unix));
        let from = visitor
            .from
            .as_ref()
            .is_none_or(|set| any(&|it| matches!(it, Meaning::From(part) if part.is_subset(set))));
        (user || !visitor.user)
            && (permission || !visitor.permission)
            && (local || !visitor.local)
            && from
    }

    /// Puts a request into a case.
    pub(super) fn put(&self, case: &[usize], request: &mut Request) {
        request.user = User::Of(BTreeSet::new());
        for meaning in self.meanings_of(case) {
            match meaning {
                Meaning::From(part) => {
                    request.client = sample(part).map_or(Client::Unix, Client::Address);
                }
                Meaning::Unix => request.client = Client::Unix,
                Meaning::User(files) => request.user = User::Of(files.clone()),
                Meaning::Answers(service, reply) => {
                    request.replies.insert(service.to_string(), *reply);
                }
                Meaning::Exists(file, is) => {
                    request.files.insert(file.to_string(), *is);
                }
            }
        }
    }

    /// What two trees come to in a case, over all ways of what is not modelled: whether each may be
    /// allowed or denied, and whether they ever differ.
    pub(super) fn compare(
        &self,
        case: &[usize],
        old: &Tree,
        new: &Tree,
    ) -> (Outcome, Outcome, bool) {
        let (mut was, mut is, mut differ) = (Outcome::default(), Outcome::default(), false);
        for bits in 0..1_usize << self.opaque.len() {
            let places: BTreeMap<&Condition, usize> =
                self.opaque.iter().enumerate().map(|(at, it)| (it, at)).collect();
            let facts = |condition: &Condition| match places.get(condition) {
                Some(at) => Some(bits & (1 << at) != 0),
                None => self.answer(case, condition),
            };
            let leaf = |tree: &Tree| tree.leaf(&facts).map(|leaf| leaf.allowed);
            let (before, after) = (leaf(old), leaf(new));
            was.add(before);
            is.add(after);
            differ |= before != after || before.is_none();
        }
        (was, is, differ)
    }
}

/// An address of a set: one for documentation, if there is one (RFC 5737, RFC 3849).
pub(super) fn sample(set: &AddressSet) -> Option<IpAddr> {
    let v6 = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 9);
    let nice = [IpAddr::from([203, 0, 113, 9]), IpAddr::from(v6)];
    nice.into_iter().find(|it| set.contains(*it)).or_else(|| set.first())
}

/// What may be decided.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Outcome {
    allowed: bool,
    denied: bool,
}

impl Outcome {
    fn add(&mut self, allowed: Option<bool>) {
        self.allowed |= allowed != Some(false);
        self.denied |= allowed != Some(true);
    }

    pub(super) const fn decision(self) -> crate::Decision {
        match (self.allowed, self.denied) {
            (true, true) => crate::Decision::Unknown,
            (true, false) => crate::Decision::Allowed,
            _ => crate::Decision::Denied,
        }
    }
}
