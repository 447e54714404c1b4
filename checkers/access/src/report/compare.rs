//! Two configurations compared in all kinds of access.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use seatrial_core::{Finding, Location, Severity, Undecided};
use seatrial_manifests::Object;
use serde::Serialize;

use super::words::admission;
use super::{Coverage, Kind, Way};
use crate::admission as policies;
use crate::istio;
use crate::network::{self, Assumptions, Name, Unmodelled};
use crate::rbac::{self, Baseline, Policy};
use crate::web::{self, WebServer};
use crate::{Change, Differences, Extent, Source};

/// The rule under which what is not modelled is undecided.
const UNMODELLED: &str = "access-unmodelled";

/// What to compare, and how much of it to list.
#[derive(Clone, Debug)]
pub struct Options {
    /// The kinds of access.
    pub kinds: Vec<Kind>,
    /// How many regions are listed at most; all are counted.
    pub limit: usize,
    /// Whether roles that every cluster has are taken from the built-in set where they are not
    /// stated.
    pub builtin_roles: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { kinds: Kind::ALL.to_vec(), limit: 100, builtin_roles: true }
    }
}

/// A concrete request that is decided differently.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(untagged)]
pub enum Witness {
    /// A request to the API server.
    Rbac(rbac::Request),
    /// A connection.
    Network(network::Request),
    /// A request to a workload of a mesh.
    Istio(istio::Request),
    /// An object that is to be admitted.
    Admission(policies::Witness),
    /// A request to a web server.
    Web(web::Request),
}

impl fmt::Display for Witness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rbac(request) => request.fmt(f),
            Self::Network(request) => request.fmt(f),
            Self::Istio(request) => request.fmt(f),
            Self::Admission(request) => request.fmt(f),
            Self::Web(request) => request.fmt(f),
        }
    }
}

/// Requests of one kind on which both sides decide differently, in the same way.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Region {
    /// How the decision changed.
    pub change: Change,
    /// The kind of access.
    pub kind: Kind,
    /// What the region covers of each dimension.
    pub extents: Vec<Extent>,
    /// One of the requests, replayed on both sides by a direct evaluator.
    pub witness: Witness,
    /// What the old decision rests on.
    pub old: Vec<Source>,
    /// What the new decision rests on.
    pub new: Vec<Source>,
    /// Why a side is unknown, where one is.
    pub reason: Option<String>,
}

/// What a comparison comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Proved: no request is decided differently.
    Equal,
    /// Some request is decided differently.
    Changed,
    /// What differs is unknown on one side at least.
    Undecided,
}

/// The evaluators disagree about a witness: a fault of this program, not of a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faulty(String);

impl fmt::Display for Faulty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "internal error: {}", self.0)
    }
}

impl std::error::Error for Faulty {}

impl Faulty {
    /// Takes what an evaluator says.
    pub(crate) fn new(error: &impl fmt::Display) -> Self {
        Self(error.to_string().trim_start_matches("internal error: ").to_owned())
    }
}

/// All that differs between two configurations.
#[derive(Debug, Clone, Default)]
pub struct Comparison {
    /// The kinds that were compared.
    pub kinds: Vec<Kind>,
    /// What was looked at, old and new.
    pub coverage: [Coverage; 2],
    /// The regions, those that opened first; no more than were asked for.
    pub regions: Vec<Region>,
    /// How many regions there are of each kind, listed or not, in the order of [`Change::ALL`];
    /// regions of one change may overlap.
    pub totals: BTreeMap<Kind, [usize; 5]>,
    /// Workloads that are only in the new configuration: their connections are not compared.
    pub added: Vec<Name>,
    /// Workloads that are only in the old configuration.
    pub removed: Vec<Name>,
    /// What subjects can come to, step by step, that they could not before: the shortest way to
    /// each new end.
    pub reach: Vec<Way>,
    /// How many such ends there are, listed or not.
    pub reach_total: usize,
    /// How many items a list may have for what is said of admission to hold, where lists matter.
    pub items: Option<usize>,
    /// How many objects that the solver found to be admitted otherwise are not, by evaluation: what
    /// they are about is undecided.
    pub unreplayed: usize,
    /// What differs and cannot be compared.
    pub undecided: Vec<Undecided>,
    /// Objects that the API server would refuse: what they mean is not known.
    pub refused: Vec<Finding>,
    /// The roles that were taken from the built-in set, and its name.
    pub assumed: Option<(&'static str, BTreeSet<String>)>,
}

impl Comparison {
    /// Compares the objects of two configurations.
    ///
    /// # Errors
    ///
    /// If a witness is not confirmed by the direct evaluator.
    pub fn of(old: &[Object], new: &[Object], options: &Options) -> Result<Self, Faulty> {
        let kinds: Vec<_> =
            Kind::ALL.into_iter().filter(|kind| options.kinds.contains(kind)).collect();
        let coverage = [old, new].map(|objects| Coverage::of(objects, &kinds));
        let mut comparison = Self { coverage, ..Self::default() };
        for &kind in &kinds {
            match kind {
                Kind::Rbac => comparison.rbac(old, new, options)?,
                Kind::Network => comparison.network(old, new, options)?,
                Kind::Istio => comparison.istio(old, new, options)?,
                Kind::Admission => comparison.admission(old, new, options),
                Kind::Nginx | Kind::Httpd => {}
            }
        }
        comparison.kinds = kinds;
        comparison.regions.sort_unstable();
        comparison.regions.truncate(options.limit);
        comparison.undecided.sort_unstable();
        comparison.refused.sort_unstable();
        comparison.refused.dedup();
        Ok(comparison)
    }

    /// Compares two configurations of web servers of a kind, each with the number of its virtual
    /// servers.
    ///
    /// # Errors
    ///
    /// If a witness is not confirmed by deciding it once more.
    pub fn of_web(
        kind: Kind,
        sides: [(&dyn WebServer, usize); 2],
        limit: usize,
    ) -> Result<Self, Faulty> {
        let coverage = sides.map(|(_, servers)| Coverage {
            objects: servers,
            recognised: BTreeMap::from([(kind, servers)]),
            not_recognised: Vec::new(),
        });
        let mut comparison = Self { coverage, kinds: vec![kind], ..Self::default() };
        let [(old, _), (new, _)] = sides;
        let found = web::diff(old, new, limit)
            .map_err(|witness| Faulty::new(&format!("`{witness}` is not confirmed")))?;
        comparison.add(kind, found.differences, Witness::Web);
        let nowhere = |reason| (Location::start_of("".into()), reason);
        let users = other_users(old, new).map(nowhere);
        comparison.undecided.extend(found.undecided.into_iter().chain(users).map(
            |(location, reason)| Undecided {
                location,
                rule: UNMODELLED.into(),
                reason,
                resource: None,
            },
        ));
        comparison.regions.sort_unstable();
        Ok(comparison)
    }

    /// How many regions there are, listed or not.
    pub fn total(&self) -> usize {
        self.totals.values().flatten().sum()
    }

    /// How many regions of a change there are, listed or not.
    pub fn of_change(&self, change: Change) -> usize {
        let counts = self.totals.values().flat_map(|totals| Change::ALL.iter().zip(totals));
        counts.filter(|&(&known, _)| known == change).map(|(_, count)| count).sum()
    }

    /// What the comparison comes to.
    pub fn verdict(&self) -> Verdict {
        let certain = Change::ALL.into_iter().filter(|change| change.is_certain());
        let workloads = self.added.len() + self.removed.len();
        if certain.map(|change| self.of_change(change)).sum::<usize>() + workloads > 0 {
            Verdict::Changed
        } else if self.total() + self.undecided.len() > 0 {
            Verdict::Undecided
        } else {
            Verdict::Equal
        }
    }

    fn add<W>(&mut self, kind: Kind, differences: Differences<W>, witness: impl Fn(W) -> Witness) {
        self.totals.insert(kind, differences.totals);
        self.regions.extend(differences.listed.into_iter().map(|difference| Region {
            change: difference.change,
            kind,
            extents: difference.region,
            witness: witness(difference.witness),
            old: difference.old,
            new: difference.new,
            reason: difference.reason.filter(|reason| !reason.is_empty()),
        }));
    }

    fn rbac(&mut self, old: &[Object], new: &[Object], options: &Options) -> Result<(), Faulty> {
        let baseline = options.builtin_roles.then(Baseline::kubernetes);
        let sides = [old, new].map(|objects| Policy::read(objects, baseline));
        let [before, after] = &sides;
        let differences =
            rbac::diff(before, after, options.limit).map_err(|error| Faulty::new(&*error))?;
        self.add(Kind::Rbac, differences, Witness::Rbac);
        for reach in rbac::new_reach(before, after) {
            self.reach_total += reach.new.len();
            let room = options.limit.saturating_sub(self.reach.len());
            let new = reach.new.iter().take(room);
            self.reach.extend(new.map(|&step| Way::of(reach.holder, &reach.reach, step)));
        }
        let assumed: BTreeSet<_> =
            sides.iter().flat_map(|side| &side.assumed).map(|&name| name.to_owned()).collect();
        if let Some(baseline) = baseline.filter(|_| !assumed.is_empty()) {
            self.assumed = Some((baseline.name(), assumed));
        }
        self.refuse(sides.into_iter().flat_map(|side| side.found.findings));
        Ok(())
    }

    fn network(&mut self, old: &[Object], new: &[Object], options: &Options) -> Result<(), Faulty> {
        let read = |objects| network::read(objects, &Assumptions::default());
        let sides = [read(old), read(new)];
        let [before, after] = &sides;
        let found = network::diff(before, after, options.limit).map_err(|it| Faulty::new(&it))?;
        self.add(Kind::Network, found.differences, Witness::Network);
        // Workloads as such are nobody's access: without policies, everybody reaches everybody.
        let policies = |side: &network::Network| {
            !side.cluster_policies.is_empty() || !side.policies.is_empty()
        };
        if sides.iter().any(policies) {
            self.added = found.added;
            self.removed = found.removed;
        }
        self.unmodelled(found.unmodelled);
        self.refuse(sides.into_iter().flat_map(|side| side.findings));
        Ok(())
    }

    /// Keeps what the API server would refuse.
    fn refuse(&mut self, findings: impl Iterator<Item = Finding>) {
        self.refused.extend(findings.filter(|finding| finding.severity == Severity::Error));
    }

    fn istio(&mut self, old: &[Object], new: &[Object], options: &Options) -> Result<(), Faulty> {
        let is_policy = |object: &Object| object.kind() == "AuthorizationPolicy";
        let sides = [old, new].map(|objects| istio::read(objects, istio::ROOT_NAMESPACE));
        let [before, after] = &sides;
        let found = istio::diff(before, after, options.limit)
            .map_err(|witness| Faulty::new(&format!("`{witness}` is not confirmed")))?;
        self.add(Kind::Istio, found.differences, Witness::Istio);
        self.unmodelled(found.unmodelled);
        self.not_modelled(old, new, |object| Kind::Istio.recognises(object) && !is_policy(object));
        self.refuse(sides.into_iter().flat_map(|side| side.findings));
        Ok(())
    }

    fn admission(&mut self, old: &[Object], new: &[Object], options: &Options) {
        let limits = policies::Limits { listed: options.limit, ..policies::Limits::default() };
        let found = policies::compare(old, new, &limits);
        self.add(Kind::Admission, found.differences, Witness::Admission);
        self.undecided.extend(found.unknown.into_iter().map(|unknown| Undecided {
            location: unknown.location,
            rule: UNMODELLED.into(),
            reason: format!("{}: {}", admission(unknown.change, &unknown.region), unknown.reason),
            resource: unknown.rule.first().map(|source| source.resource.clone()),
        }));
        self.items = found.bounds.items;
        self.unreplayed = found.bounds.unreplayed;
    }

    /// Notes objects that differ and are not modelled.
    fn unmodelled(&mut self, unmodelled: Vec<Unmodelled>) {
        self.undecided.extend(unmodelled.into_iter().map(|it| Undecided {
            location: it.location,
            rule: UNMODELLED.into(),
            reason: it.reason,
            resource: Some(it.resource),
        }));
    }

    /// What cannot be modelled is unknown where it is not the same on both sides.
    fn not_modelled(&mut self, old: &[Object], new: &[Object], is: impl Fn(&Object) -> bool) {
        let stated = |objects: &[Object]| -> BTreeMap<String, Undecided> {
            let entry = |object: &Object| {
                let undecided = Undecided {
                    location: object.name_location(),
                    rule: UNMODELLED.into(),
                    reason: format!("what changes with {} is not modelled", object.id),
                    resource: Some(object.id.clone()),
                };
                (format!("{} {}", object.id, object.node), undecided)
            };
            objects.iter().filter(|object| is(object)).map(entry).collect()
        };
        let (old, new) = (stated(old), stated(new));
        for (one, other) in [(&old, &new), (&new, &old)] {
            let differs = one.iter().filter(|(text, _)| !other.contains_key(*text));
            self.undecided.extend(differs.map(|(_, undecided)| undecided.clone()));
        }
    }
}

/// Files of users whose users are known on both sides, and are not the same.
fn other_users<'s>(
    old: &'s dyn WebServer,
    new: &'s dyn WebServer,
) -> impl Iterator<Item = String> + 's {
    old.users().iter().filter_map(|(file, before)| {
        let after = new.users().get(file).filter(|after| *after != before)?;
        let names = |users: BTreeSet<&String>| {
            let names: Vec<_> = users.into_iter().map(|name| format!("`{name}`")).collect();
            if names.is_empty() { "nobody".to_owned() } else { names.join(", ") }
        };
        let (more, less) =
            (names(after.difference(before).collect()), names(before.difference(after).collect()));
        Some(format!("the users of `{file}` are not the same: {more} added, {less} removed"))
    })
}
