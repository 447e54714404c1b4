//! What happens to a request: where its path leads, which sections are in force, and who is let in.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use super::model::{
    Action, At, MapTo, Matcher, Override, Redirect, Rewrite, RewriteTest, Scope, Section, Site,
};
use super::site::collapsed;
use crate::web::condition::{Ask, Condition, Ground, Leaf, Opaque};
use crate::web::pattern::Pattern;
use crate::web::side::{Oracle, Situation};

/// What a directory is served by if nothing is said.
const INDEX: &str = "index.html";

/// The request goes no further.
pub(super) enum Stop {
    /// It is decided.
    Decided(Leaf),
    /// Something has to be known.
    Ask(Ask),
}

impl From<Ask> for Stop {
    fn from(ask: Ask) -> Self {
        Self::Ask(ask)
    }
}

/// One request on its way.
pub(super) struct Trial<'t> {
    pub(super) site: &'t Site,
    pub(super) situation: &'t Situation<'t>,
    pub(super) known: &'t dyn Oracle,
    pub(super) because: Vec<At>,
}

/// Where a path leads.
enum Target {
    /// To a file: its path, and the same as a function of the path of the request.
    File(String, String),
    /// Through a file, behind which it goes on.
    Through(String),
    /// To another server.
    Proxy(String),
}

/// A path in the server, and the same as a function of that of the request.
#[derive(Clone)]
struct Path {
    text: Vec<u8>,
    shown: String,
    /// Whether it is that of a file in a directory which is known to be one.
    within: bool,
}

impl<'t> Trial<'t> {
    pub(super) const fn new(
        site: &'t Site,
        situation: &'t Situation<'t>,
        known: &'t dyn Oracle,
    ) -> Self {
        Self { site, situation, known, because: Vec::new() }
    }

    /// Decides the request.
    pub(super) fn run(mut self) -> Result<Leaf, Ask> {
        if self.situation.method == "TRACE" {
            // It is answered before anything is asked, with nothing but itself.
            let (allowed, status) = if self.site.trace { (true, 200) } else { (false, 405) };
            return Ok(self.leaf(allowed, Some(status), None));
        }
        match self.decided() {
            Ok(leaf) | Err(Stop::Decided(leaf)) => Ok(leaf),
            Err(Stop::Ask(ask)) => Err(ask),
        }
    }

    fn decided(&mut self) -> Result<Leaf, Stop> {
        let path =
            Path { text: self.situation.path.to_vec(), shown: "$uri".to_owned(), within: false };
        let (target, scope) = self.admitted(&path, self.situation.method)?;
        let (file, shown) = match target {
            Target::Proxy(to) | Target::Through(to) => {
                return Ok(self.leaf(true, None, Some(to)));
            }
            Target::File(file, shown) => {
                if let Some(leaf) = self.fallback(&scope, &shown)? {
                    return Ok(leaf);
                }
                (file, shown)
            }
        };
        let admitted = self.leaf(true, None, Some(file));
        if !path.text.ends_with(b"/") {
            return Ok(admitted);
        }
        match self.index(&scope, &path, &shown)? {
            Some(refused) if !refused.allowed && self.situation.method != "GET" => {
                // What is in force for an index is asked anew, and for GET, only where it is something
                // else than what is in force for the directory.
                let anew = Opaque {
                    what: "whether httpd asks for the index anew, by GET".into(),
                    key: format!("by GET in {}", self.site.text).into(),
                    location: self.site.at.location.clone(),
                };
                Ok(if self.holds(&anew, &path)? { refused } else { admitted })
            }
            Some(leaf) => Ok(leaf),
            None => Ok(admitted),
        }
    }

    /// `FallbackResource`: what answers for what is not there.
    fn fallback(&mut self, scope: &Scope, shown: &str) -> Result<Option<Leaf>, Stop> {
        let Some(Some(resource)) = &scope.fallback else { return Ok(None) };
        let handled = scope.handler.as_ref().is_some_and(Option::is_some);
        if handled || self.known.ask(Condition::Exists(shown.into()))? {
            return Ok(None);
        }
        let text = resource.clone().into_bytes();
        let path = Path { text, shown: resource.clone(), within: false };
        match self.admitted(&path, "GET")?.0 {
            Target::Proxy(to) | Target::Through(to) => Ok(Some(self.leaf(true, None, Some(to)))),
            Target::File(file, shown) => {
                let there = self.known.ask(Condition::Exists(shown.into()))?;
                Ok(there.then(|| self.leaf(true, None, Some(file))))
            }
        }
    }

    /// `DirectoryIndex`: the first file that is there and let in. If none is, a refusal of one is the
    /// answer.
    fn index(&mut self, scope: &Scope, path: &Path, shown: &str) -> Result<Option<Leaf>, Stop> {
        let default = [INDEX.to_owned()];
        let names = scope.index.as_deref().unwrap_or(&default);
        let mut refused = None;
        for (at, name) in names.iter().enumerate() {
            let inner = if name.starts_with('/') {
                Path { text: name.clone().into_bytes(), shown: name.clone(), within: false }
            } else {
                let text = [&path.text, name.as_bytes()].concat();
                Path { text, shown: format!("{}{name}", path.shown), within: true }
            };
            let before = self.because.len();
            match self.admitted(&inner, "GET") {
                Ok((Target::Proxy(to) | Target::Through(to), _)) => {
                    return Ok(Some(self.leaf(true, None, Some(to))));
                }
                Ok((Target::File(file, shown), _)) => {
                    if self.known.ask(Condition::Exists(shown.into()))? {
                        return Ok(Some(self.leaf(true, None, Some(file))));
                    }
                    self.because.truncate(before);
                }
                Err(Stop::Decided(leaf)) => {
                    self.because.truncate(before);
                    let last = at + 1 == names.len();
                    let ends = leaf.allowed || last && leaf.status == Some(401);
                    refused = Some(leaf);
                    if ends {
                        break;
                    }
                }
                Err(stop) => return Err(stop),
            }
        }
        // What ends in a slash behind a file is no directory.
        match refused {
            Some(leaf) => {
                let is = self.known.ask(Condition::Exists(shown.into()))?;
                Ok(is.then_some(leaf))
            }
            None => Ok(None),
        }
    }

    /// Where a path leads and what is in force there, if the request is let in.
    fn admitted(&mut self, path: &Path, method: &str) -> Result<(Target, Scope), Stop> {
        let site = self.site;
        self.rewritten(&site.rewrites, path)?;
        let before = if site.tests.early {
            self.located(&site.defaults, path)?
        } else {
            Scope::clone(&site.defaults)
        };
        if let Some(opaque) = before.mapping.first() {
            return Err(self.either(opaque, path)?);
        }
        let target = match self.proxied(&before, path)? {
            Some(url) => Target::Proxy(url),
            None => {
                let redirects = before.redirect.iter().map(|it| &**it).chain(&site.redirects);
                self.redirected(redirects, path)?;
                self.mapped(path)?
            }
        };
        let (target, scope) = match target {
            Target::File(file, shown) => {
                let (info, scope) = self.walked(&file, &shown, path)?;
                (info.map_or(Target::File(file, shown), Target::Through), scope)
            }
            Target::Proxy(url) | Target::Through(url) => {
                let sections = site.proxies.iter().filter(|it| within_url(&it.what, &url));
                let scope = fold(sections.map(|it| &*it.scope), &site.defaults);
                (Target::Proxy(url), scope)
            }
        };
        let mut scope = self.located(&scope, path)?;
        let chains = std::mem::take(&mut scope.ifs);
        for chain in chains {
            scope = self.alternative(&chain, scope, path)?;
        }
        if self.because.is_empty() {
            self.because.push(Arc::clone(&site.at));
        }
        self.admit(&scope, method)?;
        if scope.rewriting == Some(true)
            && let Some(rules) = &scope.rewrites
        {
            self.rewritten(rules, path)?;
        }
        let redirects = scope.redirect.iter().chain(&scope.redirects).map(|it| &**it);
        self.redirected(redirects, path)?;
        Ok((target, scope))
    }

    /// `<If>` and its alternatives.
    fn alternative(
        &self,
        chain: &[super::model::Alternative],
        scope: Scope,
        path: &Path,
    ) -> Result<Scope, Stop> {
        for alternative in chain {
            let holds = match &alternative.test {
                Some(opaque) => self.holds(opaque, path)?,
                None => true,
            };
            if holds {
                return Ok(scope.merged(&alternative.scope));
            }
        }
        Ok(scope)
    }

    /// What `<Location>` adds.
    fn located(&self, scope: &Scope, path: &Path) -> Result<Scope, Stop> {
        let mut found: Option<Scope> = None;
        let merged = merged_slashes(&path.text);
        for section in &self.site.locations {
            let fits = match &section.what {
                Matcher::Literal(prefix) => within(&merged, prefix),
                what => self.fits(what, &merged, path)?,
            };
            if fits {
                found = Some(match found {
                    Some(known) => known.merged(&section.scope),
                    None => Scope::clone(&section.scope),
                });
            }
        }
        Ok(found.map_or_else(|| scope.clone(), |found| scope.merged(&found)))
    }

    /// Whether an expression is found in a text that belongs to a path.
    fn fits(&self, what: &Matcher, text: &[u8], path: &Path) -> Result<bool, Ask> {
        match what {
            // Slashes that follow one another are one for prefixes, whatever is said of them.
            Matcher::Literal(prefix) => Ok(within(&merged_slashes(text), prefix)),
            Matcher::Pattern(pattern) => Ok(pattern.is_found_in(text)),
            Matcher::Glob(..) => Ok(false),
            Matcher::Opaque(opaque) => self.holds(opaque, path),
        }
    }

    fn holds(&self, opaque: &Opaque, path: &Path) -> Result<bool, Ask> {
        let key = format!("{} of {}", opaque.key, path.shown).into();
        self.known.ask(Condition::Opaque(Opaque { key, ..opaque.clone() }))
    }

    /// The server that `ProxyPass` hands a path to.
    fn proxied(&mut self, scope: &Scope, path: &Path) -> Result<Option<String>, Stop> {
        if let Some((url, at)) = &scope.proxy {
            self.because.push(Arc::clone(at));
            return Ok(Some(url.clone()));
        }
        let site = self.site;
        for map in &site.maps {
            if !matches!(map.to, MapTo::Proxy(_) | MapTo::NoProxy) {
                continue;
            }
            if self.fits(&map.what, &path.text, path)? {
                return Ok(match &map.to {
                    MapTo::Proxy(url) => {
                        self.because.push(Arc::clone(&map.at));
                        Some(url.clone())
                    }
                    _ => None,
                });
            }
        }
        Ok(None)
    }

    /// The file that a path leads to.
    fn mapped(&self, path: &Path) -> Result<Target, Stop> {
        let merged = merged_slashes(&path.text);
        let text = String::from_utf8_lossy(&merged);
        for map in &self.site.maps {
            let fits = match &map.what {
                Matcher::Literal(prefix) if prefix.ends_with('~') => text.starts_with(prefix),
                what => self.fits(what, &path.text, path)?,
            };
            match (&map.to, &map.what) {
                _ if !fits => {}
                (MapTo::Opaque(opaque), _) => return Err(self.either(opaque, path)?),
                (MapTo::File(to), Matcher::Literal(prefix)) => {
                    let rest = text.get(prefix.len()..).unwrap_or_default();
                    let shown = if prefix.is_empty() {
                        format!("{to}{}", path.shown)
                    } else if path.shown.starts_with("$uri") {
                        format!("{to}[behind {prefix}]{}", path.shown)
                    } else {
                        format!("{to}{rest}")
                    };
                    return Ok(Target::File(collapsed(&format!("{to}{rest}")), shown));
                }
                _ => {}
            }
        }
        Ok(Target::File(text.into_owned(), path.shown.clone()))
    }

    /// Answers of `RewriteRule`.
    fn rewritten(&mut self, rules: &[Rewrite], path: &Path) -> Result<(), Stop> {
        for rule in rules {
            let fits = match &rule.test {
                RewriteTest::Always => true,
                RewriteTest::Pattern(pattern, negated) => {
                    pattern.is_found_in(&path.text) != *negated
                }
                RewriteTest::Opaque(opaque) => self.holds(opaque, path)?,
            };
            let holds = match &rule.conditions {
                Some(opaque) if fits => self.holds(opaque, path)?,
                _ => fits,
            };
            if !holds {
                continue;
            }
            match &rule.action {
                Action::Answer(status) => {
                    let at = Some(Arc::clone(&rule.at));
                    return Err(self.answered(*status, at));
                }
                Action::Opaque(opaque) => return Err(self.either(opaque, path)?),
                Action::Nothing if rule.last => return Ok(()),
                Action::Nothing => {}
            }
        }
        Ok(())
    }

    /// Answers of `Redirect`.
    fn redirected<'r>(
        &mut self,
        redirects: impl Iterator<Item = &'r Redirect>,
        path: &Path,
    ) -> Result<(), Stop> {
        for redirect in redirects {
            let all = matches!(&redirect.what, Matcher::Literal(text) if text.is_empty());
            if all || self.fits(&redirect.what, &path.text, path)? {
                return Err(self.answered(redirect.status, Some(Arc::clone(&redirect.at))));
            }
        }
        Ok(())
    }

    /// Whatever it comes to is not modelled.
    fn either(&self, opaque: &Opaque, path: &Path) -> Result<Stop, Stop> {
        let allowed = self.holds(opaque, path)?;
        let mut leaf = self.leaf(allowed, None, None);
        leaf.because.push(self.ground(opaque));
        Ok(Stop::Decided(leaf))
    }

    pub(super) fn ground(&self, opaque: &Opaque) -> At {
        Arc::new(Ground {
            location: opaque.location.clone(),
            kind: self.site.at.kind,
            name: Arc::clone(&self.site.at.name),
            text: Arc::clone(&opaque.what),
        })
    }

    /// A refusal.
    pub(super) fn refused(&mut self, status: u16, at: Option<At>) -> Stop {
        self.because.extend(at);
        Stop::Decided(self.leaf(false, Some(status), None))
    }

    fn answered(&mut self, status: u16, at: Option<At>) -> Stop {
        self.because.extend(at);
        Stop::Decided(self.leaf(status < 400, Some(status), None))
    }

    fn leaf(&self, allowed: bool, status: Option<u16>, target: Option<String>) -> Leaf {
        Leaf { allowed, status, target, because: self.because.clone() }
    }
}

/// `<Directory>`, `.htaccess` and `<Files>`.
impl Trial<'_> {
    /// What is in force for a file, and the file that the path leads through to more, if it does.
    fn walked(
        &mut self,
        file: &str,
        shown: &str,
        path: &Path,
    ) -> Result<(Option<String>, Scope), Stop> {
        let (file, path) = &self.without_info(file, path, shown)?;
        let is_info = path.shown.contains(" up to its part ");
        self.stop_at_doubt(file, is_info, path)?;
        let directories = self.directories(file, if is_info { None } else { Some(shown) }, path)?;
        let scope = match directories {
            Some(found) => self.site.defaults.merged(&found),
            None => Scope::clone(&self.site.defaults),
        };
        let name = file.rsplit('/').next().unwrap_or_default().as_bytes();
        let mut found = Vec::new();
        for section in &scope.files {
            let fits = match &section.what {
                Matcher::Opaque(opaque) => self.holds(opaque, path)?,
                what => self.fits(what, name, path)?,
            };
            if fits {
                found.push(&*section.scope);
            }
        }
        let info = is_info.then(|| file.clone());
        Ok((info, fold(found.into_iter(), &scope)))
    }

    /// Ends in doubt where it depends on the files that there are whether a section by an expression is
    /// in force: httpd takes a file that is there for one more directory, and looks for the sections of
    /// an index anew.
    fn stop_at_doubt(&mut self, file: &str, is_info: bool, path: &Path) -> Result<(), Stop> {
        let site = self.site;
        let Some(section) = expressions(site).find(|it| self.is_doubtful(it, file, is_info)) else {
            return Ok(());
        };
        self.doubt(Arc::clone(&section.at), path)
    }

    /// Ends without a decision: what a directive does depends on the files that there are.
    fn doubt(&mut self, at: At, path: &Path) -> Result<(), Stop> {
        let site = self.site;
        let opaque = |what: &str| Opaque {
            what: format!("whether the files there make `{}` {what}", at.text).into(),
            key: format!("{} {}: {what} in {}", at.name, at.text, site.text).into(),
            location: at.location.clone(),
        };
        if !self.holds(&opaque("speak of the path"), path)? {
            return Ok(());
        }
        let admits = self.holds(&opaque("admit to it"), path)?;
        Err(if admits { self.answered(200, Some(at)) } else { self.refused(403, Some(at)) })
    }

    /// Whether it depends on the files there whether a section by an expression is in force for one.
    fn is_doubtful(&self, section: &Section, file: &str, is_info: bool) -> bool {
        let is_directory = file.ends_with('/');
        match &section.what {
            Matcher::Pattern(_) => is_directory || is_info,
            Matcher::Glob(slashes, patterns) => {
                let [whole, bare] = &**patterns;
                let known = |directory: &str| {
                    names_below(&self.site.by_directory, directory)
                        || names_below(&self.site.htaccess, directory)
                };
                let mut levels = file.match_indices('/').filter_map(|(at, _)| file.get(..=at));
                is_directory && *slashes > file.matches('/').count()
                    || !is_directory && bare.is_found_in(file.as_bytes())
                    || levels.any(|it| whole.is_found_in(it.as_bytes()) && !known(it))
            }
            Matcher::Opaque(_) => {
                section.scope.overrides.is_some() || section.scope.override_list.is_some()
            }
            Matcher::Literal(_) => false,
        }
    }

    /// The file that a path leads through, where it goes on behind one (`/x.php/more`): there the
    /// sections of that file are in force. It is asked about where that makes a difference.
    fn without_info(&self, file: &str, path: &Path, shown: &str) -> Result<(String, Path), Stop> {
        let site = self.site;
        if path.within {
            return Ok((file.to_owned(), path.clone()));
        }
        let known = |directory: &str| {
            site.by_directory.contains_key(directory) || site.htaccess.contains_key(directory)
        };
        let slashes: Vec<usize> = file.match_indices('/').map(|(at, _)| at).collect();
        // Behind the last directory that there must be.
        let there = slashes.iter().rposition(|at| known(file.get(..=*at).unwrap_or_default()));
        let root = shown.split("$uri").next().and_then(|it| it.split("[behind").next());
        let root = root.unwrap_or_default().trim_end_matches('/').len();
        let whole = self.signature(file);
        for (part, end) in slashes.iter().enumerate().skip(there.map_or(1, |it| it + 1)) {
            let until = file.get(..*end).unwrap_or_default();
            if until.len() <= root || whole.is_some() && self.signature(until) == whole {
                continue;
            }
            let key = format!("{shown} up to its part {part}");
            if self.known.ask(Condition::Exists(key.as_str().into()))? {
                return Ok((until.to_owned(), Path { shown: key, ..path.clone() }));
            }
        }
        Ok((file.to_owned(), path.clone()))
    }

    /// Which sections by expressions are for a file; `None` if that is not modelled.
    fn signature(&self, file: &str) -> Option<Vec<bool>> {
        let site = self.site;
        if site.tests.opaque_names {
            return None;
        }
        let name = file.rsplit('/').next().unwrap_or_default();
        let names = site.tests.names.iter().map(|it| Some(it.is_found_in(name.as_bytes())));
        let expressions = site.tests.by_expression.iter();
        let directories = expressions.filter_map(|at| site.directories.get(*at)).map(|section| {
            match &section.what {
                Matcher::Pattern(pattern) => Some(pattern.is_found_in(file.as_bytes())),
                Matcher::Glob(_, patterns) => {
                    let [whole, bare] = &**patterns;
                    let found = |it: &Pattern| it.is_found_in(file.as_bytes());
                    Some(found(whole) || found(bare))
                }
                Matcher::Literal(_) => Some(false),
                Matcher::Opaque(_) => None,
            }
        });
        names.chain(directories).collect()
    }

    /// What is said for the directories of a file, from the root on.
    fn directories(
        &mut self,
        file: &str,
        shown: Option<&str>,
        path: &Path,
    ) -> Result<Option<Scope>, Stop> {
        let site = self.site;
        let mut found: Option<Scope> = None;
        let add = |found: &mut Option<Scope>, scope: &Scope| {
            *found = Some(found.as_ref().map_or_else(|| scope.clone(), |it| it.merged(scope)));
        };
        let mut over = site.defaults.overrides.as_ref();
        let mut names = site.defaults.override_list.clone().unwrap_or_default();
        for (level, directory) in self.levels(file, shown)?.into_iter().enumerate() {
            for section in sections_of(site, &directory, level + 1) {
                over = section.scope.overrides.as_ref().or(over);
                names = section.scope.override_list.clone().unwrap_or(names);
                add(&mut found, &section.scope);
            }
            let Some(htaccess) = site.htaccess.get(&directory) else { continue };
            let allowed = Override::of(over, &names);
            if allowed.nonfatal {
                self.doubt(Arc::clone(&site.at), path)?;
            }
            match htaccess.under.get(&allowed) {
                Some(Ok(scope)) => add(&mut found, scope),
                Some(Err(at)) => return Err(self.refused(500, Some(Arc::clone(at)))),
                None => {}
            }
        }
        for section in expressions(site) {
            let fits = match &section.what {
                Matcher::Pattern(pattern) => pattern.is_found_in(file.as_bytes()),
                Matcher::Opaque(opaque) => self.holds(opaque, path)?,
                _ => false,
            };
            if fits {
                add(&mut found, &section.scope);
            }
        }
        Ok(found)
    }

    /// The directories of a file, each with a slash at the end. What a section names is one, and what
    /// a section with wildcards may mean is asked about.
    fn levels(&self, file: &str, shown: Option<&str>) -> Result<Vec<String>, Ask> {
        let ends = file.match_indices('/').map(|(at, _)| at);
        let mut levels: Vec<String> =
            ends.filter_map(|at| file.get(..=at).map(str::to_owned)).collect();
        let itself = format!("{file}/");
        if file.ends_with('/') {
            return Ok(levels);
        }
        let site = self.site;
        let named = site.by_directory.contains_key(&itself) || site.htaccess.contains_key(&itself);
        let may = |section: &Section| match &section.what {
            Matcher::Glob(_, patterns) => {
                let [_, bare] = &**patterns;
                bare.is_found_in(file.as_bytes())
            }
            _ => false,
        };
        let Some(shown) = shown else { return Ok(levels) };
        if named
            || expressions(site).any(may)
                && self.known.ask(Condition::Exists(format!("{shown}/").into()))?
        {
            levels.push(itself);
        }
        Ok(levels)
    }
}

/// Whether any of these paths begins with a directory.
fn names_below<T>(paths: &BTreeMap<String, T>, directory: &str) -> bool {
    let mut from = paths.range::<str, _>((Bound::Included(directory), Bound::Unbounded));
    from.next().is_some_and(|(path, _)| path.starts_with(directory))
}

/// The sections for directories that are not for one by its text.
fn expressions(site: &Site) -> impl Iterator<Item = &Section> {
    site.tests.by_expression.iter().filter_map(|at| site.directories.get(*at))
}

/// The sections for a directory at a level, in order.
fn sections_of<'s>(site: &'s Site, directory: &str, level: usize) -> Vec<&'s Section> {
    let mut found: Vec<usize> = site.by_directory.get(directory).cloned().unwrap_or_default();
    for &at in &site.tests.by_expression {
        if let Some(Matcher::Glob(slashes, patterns)) = site.directories.get(at).map(|it| &it.what)
            && *slashes == level
        {
            let [whole, _] = &**patterns;
            if whole.is_found_in(directory.as_bytes()) {
                found.push(at);
            }
        }
    }
    found.sort_unstable();
    found.iter().filter_map(|at| site.directories.get(*at)).collect()
}

/// Sections merged with each other, and then into what was in force.
fn fold<'s>(sections: impl Iterator<Item = &'s Scope>, base: &Scope) -> Scope {
    let mut found: Option<Scope> = None;
    for scope in sections {
        found = Some(found.map_or_else(|| scope.clone(), |it| it.merged(scope)));
    }
    found.map_or_else(|| base.clone(), |found| base.merged(&found))
}

/// Whether a path is a text, or goes on behind it with a slash.
fn within(path: &[u8], prefix: &str) -> bool {
    path.strip_prefix(prefix.as_bytes()).is_some_and(|rest| {
        prefix.is_empty() || prefix.ends_with('/') || matches!(rest.first(), None | Some(b'/'))
    })
}

/// Whether `<Proxy>` is for a server.
fn within_url(what: &Matcher, url: &str) -> bool {
    match what {
        Matcher::Literal(prefix) => prefix == "*" || url.starts_with(prefix),
        Matcher::Pattern(pattern) => pattern.is_found_in(url.as_bytes()),
        Matcher::Glob(..) | Matcher::Opaque(_) => true,
    }
}

fn merged_slashes(path: &[u8]) -> Vec<u8> {
    let mut out: Vec<u8> = Vec::with_capacity(path.len());
    for &byte in path {
        if byte != b'/' || out.last() != Some(&b'/') {
            out.push(byte);
        }
    }
    out
}
