//! What two configurations of web servers decide differently.

use std::collections::{BTreeMap, BTreeSet};

use seatrial_core::Location;

use super::answer::reason;
use super::automaton::TooLarge;
use super::cases::Cases;
use super::condition::Tree;
use super::httpd::Focus;
use super::partition::{self, PathClass};
use super::places::{OTHER_METHOD, Pair, Places, first_client, first_place, pairs, sources};
use super::request::{Endpoint, Request, percent_encoded};
use super::side::{Situation, WebServer, decide, tree};
use crate::{
    Atom, AtomSet, Change, Decision, Difference, Differences, Dimension, Extent, Members,
    Rectangle, Region, Space,
};

/// What changed between two configurations.
#[derive(Debug, Clone, Default)]
pub struct WebDifferences {
    /// The requests on which they decide differently.
    pub differences: Differences<Request>,
    /// What could not be compared, and where.
    pub undecided: Vec<(Location, String)>,
}

/// Compares two configurations; lists no more than `limit` differences, but counts all.
///
/// # Errors
///
/// The request on which deciding it once more does not confirm what the regions say: a fault of this
/// program.
pub fn diff(
    old: &dyn WebServer,
    new: &dyn WebServer,
    limit: usize,
) -> Result<WebDifferences, Box<Request>> {
    let mut found = WebDifferences::default();
    let Ok(pairs) = pairs(old, new, &[]) else {
        found.undecided.push(nowhere("the names of servers are too many to be told apart"));
        return Ok(found);
    };
    for (pair, places) in pairs {
        let comparison = Comparison { old, new, pair: &pair, places: &places, limit };
        comparison.compare(&mut found)?;
    }
    found.differences.listed.sort();
    found.undecided.sort();
    found.undecided.dedup();
    Ok(found)
}

fn nowhere(text: &str) -> (Location, String) {
    (Location::start_of("".into()), text.to_owned())
}

/// The comparison of two virtual servers.
struct Comparison<'c> {
    old: &'c dyn WebServer,
    new: &'c dyn WebServer,
    pair: &'c Pair,
    places: &'c Places,
    limit: usize,
}

/// Paths and methods that lead to the same two trees.
struct Group {
    old: Tree,
    new: Tree,
    /// The methods of each path class.
    requests: BTreeMap<usize, AtomSet>,
}

impl Comparison<'_> {
    fn compare(&self, found: &mut WebDifferences) -> Result<(), Box<Request>> {
        let [before, after] = self.pair.sites;
        let same_text = match (before, after) {
            (None, None) => return Ok(()),
            (Some(before), Some(after)) => self.old.text(before) == self.new.text(after),
            _ => false,
        };
        let [merged_before, merged_after] = self.pair.merges;
        if same_text && merged_before == merged_after {
            return Ok(());
        }
        let Some((endpoint, host)) = first_place(self.places) else { return Ok(()) };
        let mut tests = before.map(|site| self.old.tests(site)).unwrap_or_default();
        tests.extend(after.map(|site| self.new.tests(site)).unwrap_or_default());
        let focus = self.focus();
        if let Some(focus) = &focus {
            focus.narrow(&mut tests);
        }
        let classes = match partition::paths(&tests, merged_before || merged_after) {
            Ok(classes) => classes,
            Err(TooLarge(most)) => {
                let text = format!("the paths are too many to be told apart: there may be {most}");
                found.undecided.push(nowhere(&text));
                return Ok(());
            }
        };
        let mut methods: Vec<&str> =
            before.map(|it| self.old.methods(it)).unwrap_or_default().into_iter().collect();
        methods.extend(after.map(|it| self.new.methods(it)).unwrap_or_default());
        methods.push(OTHER_METHOD);
        methods.sort_unstable();
        methods.dedup();
        let is_concerned =
            |it: &PathClass| focus.as_ref().is_none_or(|focus| focus.concerns(&it.witness));
        let concerned: Vec<_> =
            classes.iter().enumerate().filter(|(_, it)| is_concerned(it)).collect();
        let groups = self.groups(endpoint, host, &concerned, &methods, found);
        if merged_before != merged_after {
            self.slashes(endpoint, host, (&classes, &MERGED), found);
        }
        if self.old.encoded_slashes(endpoint, host) != self.new.encoded_slashes(endpoint, host) {
            self.slashes(endpoint, host, (&classes, &ENCODED), found);
        }
        let differences = Found { classes: &classes, methods: &methods, endpoint, host };
        for group in groups {
            self.group(&group, &differences, found)?;
        }
        Ok(())
    }

    /// Where the sides can differ at all, if that is known before anything is decided.
    fn focus(&self) -> Option<Focus<'_>> {
        let [before, after] = self.pair.sites;
        let old = self.old.site_of_httpd(before?)?;
        Focus::of(old, self.new.site_of_httpd(after?)?).filter(|_| self.pair.merges == [true; 2])
    }

    /// The paths and methods on which the sides may differ, by what both decide.
    fn groups(
        &self,
        endpoint: &Endpoint,
        host: &str,
        classes: &[(usize, &PathClass)],
        methods: &[&str],
        found: &mut WebDifferences,
    ) -> Vec<Group> {
        let mut groups: Vec<Group> = Vec::new();
        for &(class, path) in classes {
            for (at, method) in methods.iter().enumerate() {
                let situation = Situation { endpoint, host, method, path: &path.witness };
                let trees = (tree(self.old, &situation, None), tree(self.new, &situation, None));
                let (Ok(before), Ok(after)) = trees else {
                    let text =
                        format!("`{}` depends on more conditions than are looked at", path.name);
                    found.undecided.push(nowhere(&text));
                    continue;
                };
                let (before, after) = (before.reduced(), after.reduced());
                if before.same(&after) {
                    continue;
                }
                let known =
                    groups.iter_mut().find(|it| it.old.same(&before) && it.new.same(&after));
                match known {
                    Some(group) => group.requests.entry(class).or_default().insert(at),
                    None => groups.push(Group {
                        old: before,
                        new: after,
                        requests: BTreeMap::from([(class, AtomSet::single(at))]),
                    }),
                }
            }
        }
        groups
    }

    fn group(
        &self,
        group: &Group,
        all: &Found<'_>,
        found: &mut WebDifferences,
    ) -> Result<(), Box<Request>> {
        let Ok(cases) = Cases::of(&[&group.old, &group.new], all.endpoint) else {
            let path = group.requests.keys().next().and_then(|at| all.classes.get(*at));
            let text = format!(
                "`{}` depends on more conditions than are compared",
                path.map_or("", |path| path.name.as_str())
            );
            found.undecided.push(nowhere(&text));
            return Ok(());
        };
        // The paths by the methods that they are asked for with.
        let mut by_methods: BTreeMap<&AtomSet, AtomSet> = BTreeMap::new();
        for (class, methods) in &group.requests {
            by_methods.entry(methods).or_default().insert(*class);
        }
        let mut changes: BTreeMap<(Change, Decision, Decision), Vec<Rectangle>> = BTreeMap::new();
        for case in cases.all() {
            let (was, is, differ) = cases.compare(&case, &group.old, &group.new);
            let (was, is) = (was.decision(), is.decision());
            let Some(change) = Change::between(was, is).filter(|_| differ) else { continue };
            for (methods, paths) in &by_methods {
                let single = case.iter().map(|&atom| AtomSet::single(atom));
                let sets = [paths.clone(), (*methods).clone()].into_iter().chain(single);
                changes
                    .entry((change, was, is))
                    .or_default()
                    .extend(Rectangle::new(sets.collect()));
            }
        }
        let path_atoms = all.classes.iter().map(|it| Atom::literal(percent_encoded(&it.witness)));
        let method_atoms = all
            .methods
            .iter()
            .map(|&it| if it == OTHER_METHOD { Atom::other(it) } else { Atom::literal(it) });
        let mut dimensions = vec![
            Dimension::new("path", path_atoms.collect()),
            Dimension::new("method", method_atoms.collect()),
        ];
        dimensions.extend(cases.dimensions.iter().cloned());
        let space = Space::new(dimensions);
        for ((change, was, is), rectangles) in changes {
            let rectangles = Region::union_of(rectangles).maximal();
            found.differences.count(change, rectangles.len());
            for rectangle in rectangles {
                if found.differences.listed.len() >= self.limit {
                    break;
                }
                let listed = self.difference((change, was, is), &rectangle, &space, &cases, all)?;
                found.differences.listed.push(listed);
            }
        }
        Ok(())
    }

    fn difference(
        &self,
        (change, was, is): (Change, Decision, Decision),
        rectangle: &Rectangle,
        space: &Space,
        cases: &Cases,
        all: &Found<'_>,
    ) -> Result<Difference<Request>, Box<Request>> {
        let cell: Vec<usize> =
            rectangle.sets().iter().filter_map(|set| set.iter().next()).collect();
        let (path, method) = match cell.as_slice() {
            [path, method, ..] => (all.classes.get(*path), all.methods.get(*method)),
            _ => (None, None),
        };
        let path = path.map_or_else(String::new, |path| percent_encoded(&path.witness));
        let client = first_client(all.endpoint);
        let method = method.copied().unwrap_or("GET");
        let mut witness = Request::new(all.endpoint.clone(), all.host, method, &path, client);
        cases.put(cell.get(2..).unwrap_or_default(), &mut witness);
        let (before, old_leaves) = decide(self.old, &witness);
        let (after, new_leaves) = decide(self.new, &witness);
        if (before, after) != (was, is) {
            return Err(Box::new(witness));
        }
        let unknown = cases.opaque.iter().map(reason);
        let reasons: BTreeSet<String> = unknown.collect();
        let reasons: Vec<_> = reasons.into_iter().collect();
        let reason = (!change.is_certain()).then(|| reasons.join("; "));
        let region = self.region(rectangle, space, all);
        let old = sources(&old_leaves, self.old.name());
        let new = sources(&new_leaves, self.new.name());
        Ok(Difference { change, region, witness, old, new, reason })
    }

    /// What a rectangle covers, in words.
    fn region(&self, rectangle: &Rectangle, space: &Space, all: &Found<'_>) -> Vec<Extent> {
        let endpoints: BTreeSet<String> =
            self.places.keys().map(|(endpoint, _)| endpoint.to_string()).collect();
        let hosts: BTreeSet<&String> = self.places.values().collect();
        let only = |names: Vec<std::sync::Arc<str>>| Members::Only(names);
        let mut region = vec![
            Extent {
                dimension: "at",
                members: only(endpoints.into_iter().map(Into::into).collect()),
            },
            Extent {
                dimension: "host",
                members: only(hosts.into_iter().map(|it| it.as_str().into()).collect()),
            },
        ];
        for (extent, set) in rectangle.extents(space).into_iter().zip(rectangle.sets()) {
            if extent.dimension == "path" {
                let members = all.paths(set);
                region.push(Extent { dimension: "path", members });
            } else if extent.members != Members::Any {
                region.push(extent);
            }
        }
        region
    }

    /// One side takes slashes that are spelled so otherwise than the other side: whether a path with
    /// such slashes is decided as on the other side.
    fn slashes(
        &self,
        endpoint: &Endpoint,
        host: &str,
        (classes, slashes): (&[PathClass], &Slashes),
        found: &mut WebDifferences,
    ) {
        let mut worst: BTreeMap<Change, Request> = BTreeMap::new();
        for class in classes {
            let path = percent_encoded(&class.witness);
            for spelled in (slashes.spelled)(&path) {
                let client = first_client(endpoint);
                let request = Request::new(endpoint.clone(), host, "GET", &spelled, client);
                let (was, is) = (decide(self.old, &request).0, decide(self.new, &request).0);
                if let Some(change) = Change::between(was, is).filter(|it| it.is_certain()) {
                    worst.entry(change).or_insert(request);
                }
            }
        }
        for (change, witness) in worst {
            found.differences.count(change, 1);
            let (_, old) = decide(self.old, &witness);
            let (_, new) = decide(self.new, &witness);
            let path = Members::Only(vec![format!("paths with {}", slashes.name).into()]);
            let region = vec![Extent { dimension: "path", members: path }];
            let (old, new) = (sources(&old, self.old.name()), sources(&new, self.new.name()));
            let difference = Difference { change, region, witness, old, new, reason: None };
            found.differences.listed.push(difference);
        }
        let Slashes { name, directive, .. } = slashes;
        let text = format!("{directive} differs: of the paths with {name}, not all are compared");
        found.undecided.push(nowhere(&text));
    }
}

/// Slashes that a server takes one way or another.
struct Slashes {
    name: &'static str,
    directive: &'static str,
    /// Spellings of a path with one of them.
    spelled: fn(&str) -> Vec<String>,
}

/// `merge_slashes` of nginx, `MergeSlashes` of httpd.
const MERGED: Slashes = Slashes {
    name: "slashes that follow one another",
    directive: "`merge_slashes`",
    spelled: |path| {
        let slashes = path.match_indices('/').map(|(at, _)| path.split_at(at));
        slashes.map(|(before, behind)| format!("{before}/{behind}")).collect()
    },
};

/// `AllowEncodedSlashes`.
const ENCODED: Slashes = Slashes {
    name: "slashes that are written as `%2f`",
    directive: "`AllowEncodedSlashes`",
    spelled: |path| {
        let inner = path.match_indices('/').map(|(at, _)| path.split_at(at));
        let inner = inner.filter(|(before, _)| !before.is_empty());
        let inner =
            inner.map(|(before, behind)| format!("{before}{}", behind.replacen('/', "%2f", 1)));
        inner.chain([format!("{path}%2f")]).collect()
    },
};

/// What the regions of one comparison speak of.
struct Found<'f> {
    classes: &'f [PathClass],
    methods: &'f [&'f str],
    endpoint: &'f Endpoint,
    host: &'f str,
}

impl Found<'_> {
    /// The names of some classes; where only those of a name are in it that end in a slash, or those
    /// that do not, it is said.
    fn paths(&self, set: &AtomSet) -> Members {
        if set.len() == self.classes.len() {
            return Members::Any;
        }
        let mut names: BTreeSet<String> = BTreeSet::new();
        for class in set.iter().filter_map(|at| self.classes.get(at)) {
            let alike = |other: &PathClass| other.name == class.name;
            let all = self.classes.iter().enumerate().filter(|(_, it)| alike(it));
            let left_out = all.clone().any(|(at, _)| !set.contains(at));
            let by_slash =
                all.clone().all(|(at, it)| set.contains(at) == (it.slash == class.slash));
            names.insert(match (left_out, by_slash, class.slash) {
                (false, ..) => class.name.clone(),
                (_, true, true) => format!("{} (with a slash at the end)", class.name),
                (_, true, false) => format!("{} (without a slash at the end)", class.name),
                _ => format!("{} (such as {})", class.name, percent_encoded(&class.witness)),
            });
        }
        Members::Only(names.into_iter().map(Into::into).collect())
    }
}
