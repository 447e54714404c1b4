//! Whether anybody but some reaches a part of a server: all requests at once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use seatrial_core::Location;

use super::answer::reason;
use super::automaton::TooLarge;
use super::cases::Cases;
use super::condition::{Condition, Ground, Leaf, Tree};
use super::partition::{self, PathClass, Tests};
use super::pattern::Pattern;
use super::places::{OTHER_METHOD, Pair, Places, first_client, first_place, pairs};
use super::request::{Endpoint, Request, percent_encoded};
use super::side::{Situation, WebServer, decide, tree};
use crate::Decision;
use crate::network::AddressSet;

/// Paths, as the server makes them of those that are sent.
#[derive(Clone, Debug, PartialEq)]
pub enum PathRegion {
    /// This path and all below it: `/admin` is `/admin` and what begins with `/admin/`.
    Below(String),
    /// This path.
    Exact(String),
    /// Paths in which an expression is found.
    Found(Pattern),
}

/// A part of what servers serve; what is empty is anything.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WebRegion {
    /// The paths.
    pub paths: Vec<PathRegion>,
    /// The methods.
    pub methods: Vec<String>,
    /// The hosts, as expressions.
    pub hosts: Vec<Pattern>,
}

/// Who may reach something: whoever meets all that is said here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Visitor {
    /// With credentials that a file of users accepts.
    pub user: bool,
    /// With the permission of a service that is asked for it.
    pub permission: bool,
    /// From these addresses.
    pub from: Option<AddressSet>,
    /// A process of the same machine, by a socket in the file system.
    pub local: bool,
}

/// A request that reaches what it should not.
#[derive(Clone, Debug)]
pub struct Visit {
    /// The request, decided once more by itself.
    pub request: Request,
    /// What lets it in, the directive that settles it last.
    pub because: Vec<Arc<Ground>>,
}

/// Who reaches a region.
#[derive(Clone, Debug, Default)]
pub struct Visits {
    /// For each directive that lets somebody in, one request.
    pub allowed: Vec<Visit>,
    /// What is not known, and where.
    pub unknown: Vec<(Location, String)>,
}

impl Leaf {
    /// Whether the request reaches something: it is allowed, and is not merely sent elsewhere or
    /// told that there is nothing.
    pub fn reaches(&self) -> bool {
        self.allowed && !matches!(self.status, Some(300..=399 | 404))
    }
}

impl Tree {
    /// The same tree, asking who reaches something.
    pub(super) fn reaching(self) -> Self {
        match self {
            Self::Leaf(leaf) => Self::Leaf(Leaf { allowed: leaf.reaches(), ..leaf }),
            Self::Ask(condition, yes, no) => {
                Self::Ask(condition, Box::new(yes.reaching()), Box::new(no.reaching()))
            }
        }
    }
}

/// Who reaches a region of a server and is none of those who may.
pub fn visits(server: &dyn WebServer, region: &WebRegion, may: &[Visitor]) -> Visits {
    let mut found = Visits::default();
    let hosts: Vec<&Pattern> = region.hosts.iter().collect();
    let nowhere = |text: &str| (Location::start_of("".into()), text.to_owned());
    let Ok(pairs) = pairs(server, server, &hosts) else {
        found.unknown.push(nowhere("the names of servers are too many to be told apart"));
        return found;
    };
    let mut first: BTreeMap<Option<Arc<Ground>>, Visit> = BTreeMap::new();
    for (pair, places) in pairs {
        let asked = hosts.is_empty() || (0..hosts.len()).any(|at| pair.is_asked(at));
        let ([Some(site), _], true) = (pair.sites, asked) else { continue };
        let search = Search { server, region, may, site, pair: &pair, places: &places };
        search.search(&mut first, &mut found.unknown);
    }
    found.allowed = first.into_values().collect();
    found.unknown.sort();
    found.unknown.dedup();
    found
}

/// The search in one virtual server.
struct Search<'s> {
    server: &'s dyn WebServer,
    region: &'s WebRegion,
    may: &'s [Visitor],
    site: usize,
    pair: &'s Pair,
    places: &'s Places,
}

/// Requests that lead to the same tree: who of them reaches something and should not.
struct Group {
    tree: Tree,
    cases: Cases,
    /// The cases in which somebody does.
    allowed: Vec<Vec<usize>>,
    unknown: bool,
}

impl Search<'_> {
    fn search(
        &self,
        first: &mut BTreeMap<Option<Arc<Ground>>, Visit>,
        unknown: &mut Vec<(Location, String)>,
    ) {
        let Some((endpoint, host)) = first_place(self.places) else { return };
        let merged = self.pair.merges.contains(&true);
        let asked: Vec<Asked> = self.region.paths.iter().map(|it| Asked::of(it, merged)).collect();
        let mut tests = self.server.tests(self.site);
        for it in &asked {
            it.add_to(&mut tests);
        }
        let nowhere = |text: String| (Location::start_of("".into()), text);
        let classes = match partition::paths(&tests, merged) {
            Ok(classes) => classes,
            Err(TooLarge(most)) => {
                let text = format!("the paths are too many to be told apart: there may be {most}");
                unknown.push(nowhere(text));
                return;
            }
        };
        let is_asked =
            |it: &&PathClass| asked.is_empty() || asked.iter().any(|asked| asked.has(&it.witness));
        let mut groups: Vec<Group> = Vec::new();
        for class in classes.iter().filter(is_asked) {
            for method in self.methods() {
                let situation = Situation { endpoint, host, method, path: &class.witness };
                let Ok(tree) = tree(self.server, &situation, None) else {
                    let text = "depends on more conditions than are looked at";
                    unknown.push(nowhere(format!("`{}` {text}", class.name)));
                    continue;
                };
                let tree = tree.reaching().reduced();
                let known = groups.iter().position(|it| it.tree.same(&tree));
                let at = known.unwrap_or(groups.len());
                if known.is_none() {
                    let Some(group) = self.group(&tree, endpoint) else {
                        let text = "depends on more conditions than are compared";
                        unknown.push(nowhere(format!("`{}` {text}", class.name)));
                        continue;
                    };
                    groups.push(group);
                }
                let Some(group) = groups.get(at) else { continue };
                let path = percent_encoded(&class.witness);
                let client = first_client(endpoint);
                let request = Request::new(endpoint.clone(), host, method, &path, client);
                self.add(group, &tree, &request, first, unknown);
            }
        }
    }

    fn methods(&self) -> BTreeSet<&str> {
        if self.region.methods.is_empty() {
            let mut all = self.server.methods(self.site);
            all.insert(OTHER_METHOD);
            return all;
        }
        self.region.methods.iter().map(String::as_str).collect()
    }

    fn group(&self, tree: &Tree, endpoint: &Endpoint) -> Option<Group> {
        let told_apart = self.may.iter().filter_map(|it| it.from.as_ref());
        let cases = Cases::with(&[tree], endpoint, told_apart.collect()).ok()?;
        let (mut allowed, mut unknown) = (Vec::new(), false);
        for case in cases.all() {
            if self.may.iter().any(|visitor| cases.is_of(&case, visitor)) {
                continue;
            }
            match cases.compare(&case, tree, tree).0.decision() {
                Decision::Allowed => allowed.push(case),
                Decision::Unknown => unknown = true,
                Decision::Denied => {}
            }
        }
        Some(Group { tree: tree.clone(), cases, allowed, unknown })
    }

    /// Adds what a request comes to, for each directive that lets it in.
    fn add(
        &self,
        group: &Group,
        tree: &Tree,
        request: &Request,
        first: &mut BTreeMap<Option<Arc<Ground>>, Visit>,
        unknown: &mut Vec<(Location, String)>,
    ) {
        let doubts = group.cases.opaque.iter().filter(|_| group.unknown);
        for condition in doubts {
            let place = match condition {
                Condition::Opaque(opaque) => opaque.location.clone(),
                _ => Location::start_of("".into()),
            };
            let why = reason(condition);
            // One request for each reason is enough.
            if !unknown.iter().any(|(known, text)| *known == place && text.ends_with(&why)) {
                unknown.push((place, format!("`{} {}`: {why}", request.method, request.path)));
            }
        }
        for case in &group.allowed {
            let facts = |condition: &Condition| {
                // Whatever is not modelled, it comes to the same.
                group.cases.answer(case, condition).or(Some(true))
            };
            let Some(leaf) = tree.leaf(&facts) else { continue };
            let key = leaf.because.last().cloned();
            let shorter = first.get(&key).is_none_or(|known| {
                let of = |it: &Request| (it.path.len(), it.path.clone());
                of(request) < of(&known.request)
            });
            if !shorter {
                continue;
            }
            let mut witness = request.clone();
            group.cases.put(case, &mut witness);
            if decide(self.server, &witness).0 == Decision::Allowed {
                let visit = Visit { request: witness, because: leaf.because.clone() };
                first.insert(key, visit);
            } else {
                let text = format!("internal error: `{witness}` is not confirmed");
                unknown.push((Location::start_of("".into()), text));
            }
        }
    }
}

/// A region of paths, as classes are told apart by it.
enum Asked {
    /// This path, and what begins with the text.
    Below(Option<Vec<u8>>, Vec<u8>),
    Exact(Vec<u8>),
    Found(Pattern),
}

impl Asked {
    /// Where slashes are not merged, some of them stand for one here, too: what is behind the
    /// server takes them for one.
    fn of(region: &PathRegion, merged: bool) -> Self {
        match (region, merged) {
            (PathRegion::Found(pattern), _) => Self::Found(pattern.clone()),
            (PathRegion::Exact(path), true) => Self::Exact(path.clone().into_bytes()),
            (PathRegion::Below(path), true) => match path.strip_suffix('/') {
                Some(_) => Self::Below(None, path.clone().into_bytes()),
                None => {
                    Self::Below(Some(path.clone().into_bytes()), format!("{path}/").into_bytes())
                }
            },
            (PathRegion::Exact(path) | PathRegion::Below(path), false) => {
                let exact = matches!(region, PathRegion::Exact(_));
                let end = match (exact, path.ends_with('/')) {
                    (true, _) => "\\z",
                    (false, true) => "",
                    (false, false) => "(?:/|\\z)",
                };
                let text = format!("^{}{end}", quoted(path).replace('/', "/+"));
                match Pattern::read(&text, false) {
                    Ok(pattern) => Self::Found(pattern),
                    // What cannot be told apart is taken to be all.
                    Err(_) => Self::Below(None, b"/".to_vec()),
                }
            }
        }
    }

    fn add_to<'s>(&'s self, tests: &mut Tests<'s>) {
        match self {
            Self::Below(exact, prefix) => {
                tests.prefixes.insert(prefix);
                tests.exact.extend(exact.as_deref());
            }
            Self::Exact(path) => {
                tests.exact.insert(path);
            }
            Self::Found(pattern) => tests.add_pattern(pattern),
        }
    }

    fn has(&self, path: &[u8]) -> bool {
        match self {
            Self::Below(exact, prefix) => {
                path.starts_with(prefix) || exact.as_deref() == Some(path)
            }
            Self::Exact(exact) => path == exact,
            Self::Found(pattern) => pattern.is_found_in(path),
        }
    }
}

/// A text as an expression that matches just it.
pub fn quoted(text: &str) -> String {
    let plain =
        |it: char| it.is_ascii_alphanumeric() || matches!(it, '/' | '_' | '-') || !it.is_ascii();
    text.chars().map(|it| if plain(it) { it.to_string() } else { format!("\\{it}") }).collect()
}

#[cfg(test)]
mod tests;
