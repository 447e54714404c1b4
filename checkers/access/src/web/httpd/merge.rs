//! Which sections are in force for a file: `<Directory>`, `.htaccess` and `<Files>`, as httpd walks
//! from the root on.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use super::model::{At, Links, Matcher, Override, Scope, Section, Site};
use super::walk::{Path, Stop, Trial, fold};
use crate::web::condition::{Ask, Condition, Opaque};
use crate::web::pattern::Pattern;

/// Sections that are in force, in the order in which they are merged.
pub(super) type Sections = Vec<Arc<Scope>>;

/// What the sections for directories come to.
#[derive(Clone, Debug, Default)]
pub(super) struct Walked {
    /// What they say, if there are any.
    scope: Option<Scope>,
    /// The sections.
    sections: Sections,
}

impl Walked {
    fn add(&mut self, section: &Arc<Scope>) {
        let merged = self.scope.as_ref().map(|it| it.merged(section));
        self.scope = Some(merged.unwrap_or_else(|| Scope::clone(section)));
        self.sections.push(Arc::clone(section));
    }
}

/// The sections by which a request is judged. httpd admits the index of a directory unasked if it is
/// judged by the same as the directory.
#[derive(Clone, Debug, Default)]
pub(super) struct Merged {
    /// Those for directories, and for servers that are asked.
    pub(super) directories: Sections,
    /// Whether these are not simply what was found for the directory of an index.
    pub(super) anew: bool,
    /// Those for names of files, for paths, and on conditions.
    pub(super) others: [Sections; 3],
}

impl Merged {
    /// Whether httpd takes an index as judged by the same sections as its directory, where
    /// `asks_once` is as in [`Site::asks_once`]; `None` if it is not known.
    pub(super) fn is_of(&self, directory: &Self, asks_once: Option<bool>) -> Option<bool> {
        let same = |(a, b): (&Sections, &Sections)| {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| Arc::ptr_eq(a, b))
        };
        let empty = |(a, b): (&Sections, &Sections)| a.is_empty() && b.is_empty();
        let directories = (&self.directories, &directory.directories);
        let mut others = self.others.iter().zip(&directory.others);
        // What is merged again is something else, even of the same sections.
        let again = others.clone().all(empty) && (!self.anew || empty(directories));
        let once = others.all(same) && (!self.anew || same(directories));
        match asks_once {
            Some(true) => Some(once),
            Some(false) => Some(again),
            None => (once == again).then_some(once),
        }
    }
}

/// The directory that a file is in, as httpd has found it.
#[derive(Debug)]
pub(super) struct Within {
    /// Its path, with a slash at the end.
    pub(super) directory: String,
    /// The sections in force there.
    pub(super) walked: Walked,
}

/// What is known of a file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// It is there, as all that is asked for.
    There,
    /// More stands behind it in the path: it is a file.
    LeadsOn,
    /// It is not there.
    Missing,
}

/// What is in force for a file.
pub(super) struct OfFile {
    /// The file, if more stands behind it in the path.
    pub(super) leads_on: Option<String>,
    /// What is in force.
    pub(super) scope: Scope,
    /// The sections for directories.
    pub(super) walked: Walked,
    /// The sections.
    pub(super) merged: Merged,
}

impl Trial<'_> {
    /// What is in force for a file.
    pub(super) fn of_file(&mut self, file: &str, shown: &str, path: &Path) -> Result<OfFile, Stop> {
        let (file, path) = &self.without_info(file, path, shown)?;
        let leads_on = path.shown.contains(" up to its part ");
        let (walked, anew) = self.walked(file, shown, leads_on, path)?;
        let base = match &walked.scope {
            Some(found) => self.site.defaults.merged(found),
            None => Scope::clone(&self.site.defaults),
        };
        let name = file.rsplit('/').next().unwrap_or_default().as_bytes();
        let mut files = Sections::new();
        for section in &base.files {
            let fits = match &section.what {
                Matcher::Opaque(opaque) => self.holds(opaque, path)?,
                what => self.fits(what, name, path)?,
            };
            if fits {
                files.push(Arc::clone(&section.scope));
            }
        }
        let scope = fold(files.iter().map(|it| &**it), &base);
        let directories = walked.sections.clone();
        let merged = Merged { directories, anew, others: [files, Vec::new(), Vec::new()] };
        let leads_on = leads_on.then(|| file.clone());
        Ok(OfFile { leads_on, scope, walked, merged })
    }

    /// The sections for directories, and whether they were sought anew: for an index that is there,
    /// those of its directory are taken over, and no expression is tried on the file.
    fn walked(
        &mut self,
        file: &str,
        shown: &str,
        leads_on: bool,
        path: &Path,
    ) -> Result<(Walked, bool), Stop> {
        if leads_on {
            return Ok((self.directories(file, Kind::LeadsOn, shown, path)?, true));
        }
        let Some(within) = &path.within else {
            return Ok((self.directories(file, Kind::There, shown, path)?, true));
        };
        let parent = file.rfind('/').and_then(|at| file.get(..=at));
        let is_taken_over = parent == Some(within.directory.as_str());
        let may_differ = match self.by_expression(file).zip(self.by_expression(&within.directory)) {
            Some((here, there)) => here != there || !is_taken_over,
            None => true,
        };
        // Whether the index is there matters for its method, too.
        if may_differ || !self.is_get() {
            if !self.known.ask(Condition::Exists(shown.into()))? {
                return Ok((self.directories(file, Kind::Missing, shown, path)?, true));
            }
            if !is_taken_over {
                return Ok((self.directories(file, Kind::There, shown, path)?, true));
            }
        }
        Ok((within.walked.clone(), false))
    }

    /// Ends without a decision where a section is not modelled that others follow.
    fn doubt(&mut self, opaque: &Opaque, at: &At, path: &Path) -> Result<(), Stop> {
        if !self.holds(opaque, path)? {
            return Ok(());
        }
        let what = format!("whether `{}` admits to it", at.text).into();
        let key = format!("{} admits", opaque.key).into();
        let admits = self.holds(&Opaque { what, key, ..opaque.clone() }, path)?;
        let at = Some(Arc::clone(at));
        Err(if admits { self.answered(200, at) } else { self.refused(403, at) })
    }

    /// The file that a path leads through, where it goes on behind one (`/x.php/more`): there the
    /// sections of that file are in force. It is asked about where that makes a difference.
    fn without_info(&self, file: &str, path: &Path, shown: &str) -> Result<(String, Path), Stop> {
        let site = self.site;
        if path.within.is_some() {
            return Ok((file.to_owned(), path.clone()));
        }
        let slashes: Vec<usize> = file.match_indices('/').map(|(at, _)| at).collect();
        // Behind the last directory that there must be.
        let is_there = |at: &usize| is_named(site, file.get(..=*at).unwrap_or_default());
        let there = slashes.iter().rposition(is_there);
        let root = shown.split("$uri").next().and_then(|it| it.split("[behind").next());
        let root = root.unwrap_or_default().trim_end_matches('/').len();
        let whole = self.signature(file, false);
        for (part, end) in slashes.iter().enumerate().skip(there.map_or(1, |it| it + 1)) {
            let until = file.get(..*end).unwrap_or_default();
            if until.len() <= root || whole.is_some() && self.signature(until, true) == whole {
                continue;
            }
            let key = format!("{shown} up to its part {part}");
            if self.known.ask(Condition::Exists(key.as_str().into()))? {
                return Ok((until.to_owned(), Path { shown: key, ..path.clone() }));
            }
        }
        Ok((file.to_owned(), path.clone()))
    }

    /// Which sections that name no directory are for a file, or for a file behind which the path goes
    /// on; `None` if that is not modelled.
    fn signature(&self, file: &str, leads_on: bool) -> Option<(Vec<bool>, Vec<bool>, Vec<usize>)> {
        let site = self.site;
        if site.tests.opaque_names {
            return None;
        }
        let name = file.rsplit('/').next().unwrap_or_default();
        let names = site.tests.names.iter().map(|it| it.is_found_in(name.as_bytes()));
        let mut globs = Vec::new();
        for (level, (at, _)) in file.match_indices('/').enumerate() {
            globs.extend(globs_of(site, file.get(..=at).unwrap_or_default(), level + 1));
        }
        if !leads_on && !file.ends_with('/') {
            globs.extend(globs_of(site, &format!("{file}/"), file.matches('/').count() + 1));
        }
        Some((names.collect(), self.by_expression(file)?, globs))
    }

    /// Which sections by expressions are for a file; `None` if that is not modelled.
    fn by_expression(&self, file: &str) -> Option<Vec<bool>> {
        let each = expressions(self.site).filter_map(|section| match &section.what {
            Matcher::Pattern(pattern) => Some(Some(pattern.is_found_in(file.as_bytes()))),
            Matcher::Opaque(_) | Matcher::OpaqueGlob(_) => Some(None),
            Matcher::Literal(_) | Matcher::Wildcards(_) | Matcher::Glob(..) => None,
        });
        each.collect()
    }

    /// What is said for the directories of a file, from the root on, and then by expressions.
    fn directories(
        &mut self,
        file: &str,
        kind: Kind,
        shown: &str,
        path: &Path,
    ) -> Result<Walked, Stop> {
        let site = self.site;
        for section in expressions(site) {
            if let Matcher::OpaqueGlob(opaque) = &section.what {
                self.doubt(opaque, &section.at, path)?;
            }
        }
        let mut on = OnTheWay::from(&*site.defaults);
        for (level, (at, _)) in file.match_indices('/').enumerate() {
            self.enter(file.get(..=at).unwrap_or_default(), level + 1, &mut on)?;
        }
        if kind == Kind::There && self.is_level(file, shown, on.links)? {
            self.enter(&format!("{file}/"), file.matches('/').count() + 1, &mut on)?;
        }
        for section in expressions(site) {
            let fits = match &section.what {
                Matcher::Pattern(pattern) => pattern.is_found_in(file.as_bytes()),
                Matcher::Opaque(opaque) => self.holds(opaque, path)?,
                _ => false,
            };
            if fits {
                on.found.add(&section.scope);
            }
        }
        Ok(on.found)
    }

    /// Merges what is said for one directory: its sections, then its `.htaccess`.
    fn enter(&mut self, directory: &str, level: usize, on: &mut OnTheWay) -> Result<(), Stop> {
        let site = self.site;
        for section in sections_of(site, directory, level) {
            on.meets(&section.scope);
        }
        let Some(htaccess) = site.htaccess.get(directory) else { return Ok(()) };
        match htaccess.under.get(&Override::of(on.overrides.as_ref(), &on.names)) {
            Some(Ok(scope)) => on.meets(scope),
            Some(Err(at)) => return Err(self.refused(500, Some(Arc::clone(at)))),
            None => {}
        }
        Ok(())
    }

    /// Whether what a path leads to is taken for one more directory. A section or a `.htaccess` says
    /// that it is one. Where httpd follows all links, it takes a file for one, too.
    fn is_level(&self, file: &str, shown: &str, links: Links) -> Result<bool, Ask> {
        if file.ends_with('/') {
            return Ok(false);
        }
        let itself = format!("{file}/");
        if is_named(self.site, &itself) {
            return Ok(true);
        }
        if globs_of(self.site, &itself, itself.matches('/').count()).is_empty() {
            return Ok(false);
        }
        Ok(links.unseen() || self.known.ask(Condition::Exists(format!("{shown}/").into()))?)
    }
}

/// What is in force so far on the way from the root to a file.
struct OnTheWay {
    found: Walked,
    overrides: Option<std::collections::BTreeSet<char>>,
    names: std::collections::BTreeSet<String>,
    links: Links,
}

impl From<&Scope> for OnTheWay {
    fn from(defaults: &Scope) -> Self {
        Self {
            found: Walked::default(),
            overrides: defaults.overrides.clone(),
            names: defaults.override_list.clone().unwrap_or_default(),
            links: defaults.links,
        }
    }
}

impl OnTheWay {
    fn meets(&mut self, section: &Arc<Scope>) {
        if let Some(overrides) = &section.overrides {
            self.overrides = Some(overrides.clone());
        }
        if let Some(names) = &section.override_list {
            self.names.clone_from(names);
        }
        self.links = self.links.then(section.links);
        self.found.add(section);
    }
}

impl Site {
    /// What `AllowOverride` comes to in a directory; `None` where sections are not modelled.
    pub(super) fn overrides_in(&self, directory: &str) -> Option<Override> {
        if expressions(self).any(|it| matches!(it.what, Matcher::OpaqueGlob(_))) {
            return None;
        }
        let mut on = OnTheWay::from(&*self.defaults);
        for (level, (at, _)) in directory.match_indices('/').enumerate() {
            let sections = sections_of(self, directory.get(..=at).unwrap_or_default(), level + 1);
            for section in sections {
                on.meets(&section.scope);
            }
        }
        Some(Override::of(on.overrides.as_ref(), &on.names))
    }
}

/// Whether a directory must be there: a section or a `.htaccess` is for it, or for one below.
fn is_named(site: &Site, directory: &str) -> bool {
    names_below(&site.by_directory, directory) || names_below(&site.htaccess, directory)
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

/// The sections with wildcards that are for a directory at a level.
fn globs_of(site: &Site, directory: &str, level: usize) -> Vec<usize> {
    let fits = |at: &usize| match site.directories.get(*at).map(|it| &it.what) {
        Some(Matcher::Glob(slashes, patterns)) if *slashes == level => {
            let [whole, _]: &[Pattern; 2] = patterns;
            whole.is_found_in(directory.as_bytes())
        }
        _ => false,
    };
    site.tests.by_expression.iter().copied().filter(fits).collect()
}

/// The sections for a directory at a level, in order.
fn sections_of<'s>(site: &'s Site, directory: &str, level: usize) -> Vec<&'s Section> {
    let mut found: Vec<usize> = site.by_directory.get(directory).cloned().unwrap_or_default();
    found.extend(globs_of(site, directory, level));
    found.sort_unstable();
    found.iter().filter_map(|at| site.directories.get(*at)).collect()
}
