//! What happens to a request: where its path leads, which sections are in force, and who is let in.

use std::borrow::Cow;
use std::sync::Arc;

use super::merge::{Merged, OfFile, Sections, Walked, Within};
use super::model::{Action, At, MapTo, Matcher, Redirect, Rewrite, RewriteTest, Scope, Site};
use super::site::collapsed;
use crate::web::condition::{Ask, Condition, Ground, Leaf, Opaque};
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
pub(super) struct Path {
    pub(super) text: Vec<u8>,
    pub(super) shown: String,
    /// Of an index, the directory that it is sought in.
    pub(super) within: Option<Arc<Within>>,
}

/// A request that is let in.
struct Admitted {
    target: Target,
    scope: Scope,
    /// What the sections for directories come to.
    walked: Walked,
    /// The sections that judged it.
    merged: Merged,
}

impl Path {
    fn of(text: Vec<u8>, shown: &str) -> Self {
        Self { text, shown: shown.to_owned(), within: None }
    }
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
        let path = Path::of(self.situation.path.to_vec(), "$uri");
        let admitted = self.admitted(&path, self.situation.method, None)?;
        let (file, shown) = match &admitted.target {
            Target::Proxy(to) | Target::Through(to) => {
                return Ok(self.leaf(true, None, Some(to.clone())));
            }
            Target::File(file, shown) => (file.clone(), shown.clone()),
        };
        if let Some(leaf) = self.fallback(&admitted.scope, &shown)? {
            return Ok(leaf);
        }
        let leaf = self.leaf(true, None, Some(file.clone()));
        if !path.text.ends_with(b"/") {
            return Ok(leaf);
        }
        Ok(self.index(admitted, &path, &file, &shown)?.unwrap_or(leaf))
    }

    /// Whether the method of the request is that by which an index is asked for.
    pub(super) fn is_get(&self) -> bool {
        matches!(self.situation.method, "GET" | "HEAD")
    }

    /// `FallbackResource`: what answers for what is not there.
    fn fallback(&mut self, scope: &Scope, shown: &str) -> Result<Option<Leaf>, Stop> {
        let Some(Some(resource)) = &scope.fallback else { return Ok(None) };
        let handled = scope.handler.as_ref().is_some_and(Option::is_some);
        if handled || self.known.ask(Condition::Exists(shown.into()))? {
            return Ok(None);
        }
        let text = resource.clone().into_bytes();
        let path = Path::of(text, resource);
        match self.admitted(&path, "GET", None)?.target {
            Target::Proxy(to) | Target::Through(to) => Ok(Some(self.leaf(true, None, Some(to)))),
            Target::File(file, shown) => {
                let there = self.known.ask(Condition::Exists(shown.into()))?;
                Ok(there.then(|| self.leaf(true, None, Some(file))))
            }
        }
    }

    /// `DirectoryIndex`: the first file that is there and let in. If none is, a refusal of one is the
    /// answer.
    fn index(
        &mut self,
        of: Admitted,
        path: &Path,
        directory: &str,
        shown: &str,
    ) -> Result<Option<Leaf>, Stop> {
        let Admitted { scope, walked, merged, .. } = of;
        let within = Arc::new(Within { directory: directory.to_owned(), walked });
        let default = [INDEX.to_owned()];
        let names = scope.index.as_deref().unwrap_or(&default);
        let mut refused = None;
        for (at, name) in names.iter().enumerate() {
            let mut inner = if name.starts_with('/') {
                Path::of(name.clone().into_bytes(), name)
            } else {
                let text = [&path.text, name.as_bytes()].concat();
                Path::of(text, &format!("{}{name}", path.shown))
            };
            inner.within = Some(Arc::clone(&within));
            let before = self.because.len();
            match self.admitted(&inner, "GET", Some(&merged)) {
                Ok(Admitted { target: Target::Proxy(to) | Target::Through(to), .. }) => {
                    return Ok(Some(self.leaf(true, None, Some(to))));
                }
                Ok(Admitted { target: Target::File(file, shown), .. }) => {
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

    /// Where a path leads and what is in force there, if the request is let in. An index is let in
    /// unasked where it is judged by the sections of its directory, which was.
    fn admitted(
        &mut self,
        path: &Path,
        method: &str,
        directory: Option<&Merged>,
    ) -> Result<Admitted, Stop> {
        let site = self.site;
        self.rewritten(&site.rewrites, path)?;
        let target = self.target(path)?;
        let OfFile { leads_on, scope, walked, mut merged } = match &target {
            Target::File(file, shown) => self.of_file(file, shown, path)?,
            Target::Proxy(url) | Target::Through(url) => self.of_server(url),
        };
        let target = leads_on.map_or(target, Target::Through);
        let (mut scope, locations) = self.located(&scope, path)?;
        let mut conditions = Sections::new();
        for chain in std::mem::take(&mut scope.ifs) {
            if let Some(section) = self.alternative(&chain, path)? {
                scope = scope.merged(&section);
                conditions.push(section);
            }
        }
        let [_, of_paths, of_conditions] = &mut merged.others;
        (*of_paths, *of_conditions) = (locations, conditions);
        if self.because.is_empty() {
            self.because.push(Arc::clone(&site.at));
        }
        if !self.is_admitted(&merged, directory, path)? {
            self.admit(&scope, method)?;
        }
        if scope.rewriting == Some(true)
            && let Some(rules) = &scope.rewrites
        {
            self.rewritten(rules, path)?;
        }
        let redirects = scope.redirect.iter().chain(&scope.redirects).map(|it| &**it);
        self.redirected(redirects, path)?;
        Ok(Admitted { target, scope, walked, merged })
    }

    /// Whether an index is admitted as its directory is. With the method by which it is asked for,
    /// that makes no difference.
    fn is_admitted(
        &self,
        merged: &Merged,
        directory: Option<&Merged>,
        path: &Path,
    ) -> Result<bool, Ask> {
        let Some(directory) = directory.filter(|_| !self.is_get()) else { return Ok(false) };
        if let Some(known) = merged.is_of(directory, self.site.asks_once) {
            return Ok(known);
        }
        let unasked = Opaque {
            what: "whether modules make httpd ask for the index anew".into(),
            key: format!("for the index in {}", self.site.text).into(),
            location: self.site.at.location.clone(),
        };
        self.holds(&unasked, path)
    }

    /// Where a path leads.
    fn target(&mut self, path: &Path) -> Result<Target, Stop> {
        let site = self.site;
        let before = if site.tests.early {
            self.located(&site.defaults, path)?.0
        } else {
            Scope::clone(&site.defaults)
        };
        if let Some(opaque) = before.mapping.first() {
            return Err(self.either(opaque, path)?);
        }
        if let Some(url) = self.proxied(&before, path)? {
            return Ok(Target::Proxy(url));
        }
        let redirects = before.redirect.iter().map(|it| &**it).chain(&site.redirects);
        self.redirected(redirects, path)?;
        self.mapped(path)
    }

    /// What is in force for another server.
    fn of_server(&self, url: &str) -> OfFile {
        let sections = self.site.proxies.iter().filter(|it| within_url(&it.what, url));
        let directories: Sections = sections.map(|it| Arc::clone(&it.scope)).collect();
        let scope = fold(directories.iter().map(|it| &**it), &self.site.defaults);
        let merged = Merged { directories, anew: true, ..Merged::default() };
        OfFile { leads_on: None, scope, walked: Walked::default(), merged }
    }

    /// `<If>` and its alternatives: the one that is in force.
    fn alternative(
        &self,
        chain: &[super::model::Alternative],
        path: &Path,
    ) -> Result<Option<Arc<Scope>>, Stop> {
        for alternative in chain {
            let holds = match &alternative.test {
                Some(opaque) => self.holds(opaque, path)?,
                None => true,
            };
            if holds {
                return Ok(Some(Arc::clone(&alternative.scope)));
            }
        }
        Ok(None)
    }

    /// What `<Location>` adds, and which sections these are.
    fn located(&self, scope: &Scope, path: &Path) -> Result<(Scope, Sections), Stop> {
        let (site, merged) = (self.site, merged_slashes(&path.text));
        let by_text = beginnings(&merged).filter_map(|it| site.tests.by_path.get(it));
        let mut fitting: Vec<usize> = by_text.flatten().copied().collect();
        for &at in &site.tests.other_paths {
            let what = site.locations.get(at).map(|it| &it.what);
            if let Some(what) = what
                && self.fits(what, &path.text, path)?
            {
                fitting.push(at);
            }
        }
        fitting.sort_unstable();
        let sections = fitting.iter().filter_map(|at| site.locations.get(*at));
        let found: Sections = sections.map(|it| Arc::clone(&it.scope)).collect();
        Ok((fold(found.iter().map(|it| &**it), scope), found))
    }

    /// Whether an expression is found in a text that belongs to a path.
    pub(super) fn fits(&self, what: &Matcher, text: &[u8], path: &Path) -> Result<bool, Ask> {
        match what {
            // Slashes that follow one another are one for prefixes, whatever is said of them.
            Matcher::Literal(prefix) => Ok(within(&merged_slashes(text), prefix)),
            Matcher::Pattern(pattern) => Ok(pattern.is_found_in(text)),
            Matcher::Wildcards(pattern) => Ok(pattern.is_found_in(&merged_slashes(text))),
            Matcher::Glob(..) => Ok(false),
            Matcher::OpaqueGlob(opaque) | Matcher::Opaque(opaque) => self.holds(opaque, path),
        }
    }

    pub(super) fn holds(&self, opaque: &Opaque, path: &Path) -> Result<bool, Ask> {
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
        self.refused_with(Some(status), at)
    }

    /// A refusal with a status that may be unknown.
    pub(super) fn refused_with(&mut self, status: Option<u16>, at: Option<At>) -> Stop {
        self.because.extend(at);
        Stop::Decided(self.leaf(false, status, None))
    }

    pub(super) fn answered(&mut self, status: u16, at: Option<At>) -> Stop {
        self.because.extend(at);
        Stop::Decided(self.leaf(status < 400, Some(status), None))
    }

    fn leaf(&self, allowed: bool, status: Option<u16>, target: Option<String>) -> Leaf {
        Leaf { allowed, status, target, because: self.because.clone() }
    }
}

/// Sections merged with each other, and then into what was in force.
pub(super) fn fold<'s>(sections: impl Iterator<Item = &'s Scope>, base: &Scope) -> Scope {
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
        Matcher::Wildcards(pattern) | Matcher::Pattern(pattern) => {
            pattern.is_found_in(url.as_bytes())
        }
        Matcher::Glob(..) | Matcher::OpaqueGlob(_) | Matcher::Opaque(_) => true,
    }
}

/// A path in which no slash follows another.
pub(super) fn merged_slashes(path: &[u8]) -> Cow<'_, [u8]> {
    if !path.windows(2).any(|it| it == b"//") {
        return Cow::Borrowed(path);
    }
    let mut out: Vec<u8> = Vec::with_capacity(path.len());
    for &byte in path {
        if byte != b'/' || out.last() != Some(&b'/') {
            out.push(byte);
        }
    }
    Cow::Owned(out)
}

/// The texts that a path is [`within`], from the shortest on.
pub(super) fn beginnings(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    let slash = |at: usize| path.get(at) == Some(&b'/');
    let ends = move |at: &usize| {
        let before = at.checked_sub(1);
        before.is_none_or(slash) || slash(*at) || *at == path.len()
    };
    (0..=path.len()).filter(ends).filter_map(|at| path.get(..at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beginnings_of_a_path_are_what_it_is_within() {
        for path in ["/", "/a", "/a/", "/ab/c", "", "/a/b/c/", "a/b"] {
            let all: Vec<&[u8]> = beginnings(path.as_bytes()).collect();
            for prefix in ["", "/", "/a", "/a/", "/ab", "/ab/", "/a/b", "/a/b/", "/x", "a", "/ab/c"]
            {
                let expected = within(path.as_bytes(), prefix);
                assert_eq!(all.contains(&prefix.as_bytes()), expected, "{path} in {prefix}");
            }
        }
    }
}
