//! Where two sites can differ at all of which only some sections differ that do nothing but let in.
//!
//! Sections that say nothing but `Require` ([`Plain`](super::Plain)) change nothing else: not to which
//! file a path leads, and not what other directives decide. Where no changed section of that kind is
//! for what a request leads to, both sites merge the same sections and decide the same. And where one
//! is that stands on both sides, what is merged before it does not count: it replaces that. So, if
//! only sections for paths and directories change, and those for paths where they stand:
//!
//! * which unchanged `<Files>` a name belongs to does not matter to changed sections for paths, which
//!   come later, and
//! * it matters to changed sections for directories only whether it is any: then both sides decide by
//!   that one.
//!
//! A path that leads through a file is decided as by that file. It is refused or let in as it is if
//! no more stands behind that file, so that the files on its way need not be told apart, either.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::model::{MapTo, Matcher, Merging, Section, Site};
use super::site::collapsed;
use super::walk::{beginnings, merged_slashes};
use crate::web::partition::Tests;
use crate::web::pattern::Pattern;

/// Where two sites may differ.
#[derive(Debug, Default)]
pub(in crate::web) struct Focus<'c> {
    /// Whether a changed section may be for all paths.
    everywhere: bool,
    /// What paths begin with that changed sections are for.
    prefixes: BTreeSet<Vec<u8>>,
    /// What is found in paths that changed sections are for.
    paths: Vec<&'c Pattern>,
    /// The same of paths in which no slash follows another.
    wildcards: Vec<&'c Pattern>,
    /// What is found in names of files that changed sections are for.
    names: Vec<&'c Pattern>,
    /// Names of files that directories are served by.
    indexes: BTreeSet<&'c str>,
    /// What is found in names of files that need not be told from one another.
    alike: Vec<&'c Pattern>,
    /// What tells these from all others, if that matters.
    any_of_them: Vec<Pattern>,
}

/// The sections of a list that are not on both sides what they are on the other.
#[derive(Default)]
struct Changed<'c> {
    sections: Vec<&'c Section>,
    /// Whether each stands on both sides, and says there who is let in.
    in_place: bool,
}

impl<'c> Focus<'c> {
    /// Where two sites may differ; `None` if more differs than plain sections.
    pub(in crate::web) fn of(old: &'c Site, new: &'c Site) -> Option<Self> {
        let alike = old.frame == new.frame
            && old.encoded_slashes == new.encoded_slashes
            && old.by_directory.keys().eq(new.by_directory.keys());
        if !alike || ![old, new].iter().all(|it| is_simple(it)) {
            return None;
        }
        let all = |sections: &'c [Section]| sections.iter().collect::<Vec<_>>();
        let paths = changed(&all(&old.locations), &all(&new.locations))?;
        let directories = changed(&all(&old.directories), &all(&new.directories))?;
        let files = changed(&files_of(old), &files_of(new))?;
        let mut focus = Self::default();
        for site in [old, new] {
            focus.indexes.extend(site.tests.indexes.iter().map(String::as_str));
        }
        paths.sections.iter().try_for_each(|it| focus.add_path(&it.what))?;
        for section in &directories.sections {
            [old, new].iter().try_for_each(|site| focus.add_directory(&section.what, site))?;
        }
        for section in &files.sections {
            [old, new].iter().try_for_each(|site| focus.add_name(&section.what, site))?;
        }
        if paths.in_place && files.sections.is_empty() {
            focus.blur([old, new], directories.sections.is_empty());
        }
        Some(focus)
    }

    fn add_path(&mut self, what: &'c Matcher) -> Option<()> {
        match what {
            Matcher::Literal(prefix) => drop(self.prefixes.insert(prefix.clone().into_bytes())),
            Matcher::Pattern(pattern) => self.paths.push(pattern),
            Matcher::Wildcards(pattern) => self.wildcards.push(pattern),
            Matcher::Glob(..) | Matcher::OpaqueGlob(_) | Matcher::Opaque(_) => return None,
        }
        Some(())
    }

    /// A section for a directory, as the paths that lead there.
    fn add_directory(&mut self, what: &Matcher, site: &Site) -> Option<()> {
        let Matcher::Literal(directory) = what else { return None };
        for (prefix, root) in site.roots() {
            let below = format!("{}/", root.trim_end_matches('/'));
            self.everywhere |= collapsed(&root) != root || below.starts_with(directory.as_str());
            if let Some(rest) = directory.strip_prefix(root.as_str()) {
                let path = format!("{prefix}{rest}");
                self.prefixes.insert(path.trim_end_matches('/').as_bytes().to_vec());
            }
        }
        Some(())
    }

    /// A section for names of files. Those of the directories that roots are in are in all paths.
    fn add_name(&mut self, what: &'c Matcher, site: &Site) -> Option<()> {
        let Matcher::Pattern(pattern) = what else { return None };
        for (prefix, root) in site.roots() {
            // What is behind such a prefix is no name of its own.
            let joins = prefix.ends_with('/') && !root.ends_with('/');
            let is_in = |name: &str| pattern.is_found_in(name.as_bytes());
            self.everywhere |= joins || root.split('/').any(is_in);
        }
        self.names.push(pattern);
        Some(())
    }

    /// Finds the unchanged `<Files>` that need not be told apart.
    fn blur(&mut self, sites: [&'c Site; 2], not_at_all: bool) {
        let is_alike = |section: &Section| {
            let Matcher::Pattern(pattern) = &section.what else { return false };
            let parts = self.indexes.iter().flat_map(|it| it.split('/'));
            let mut always = parts.chain(self.indexes.iter().copied()).chain([""]);
            section.plain.is_some()
                && section.scope.authz.section.is_some()
                && !always.any(|name| pattern.is_found_in(name.as_bytes()))
        };
        let mut kept: Vec<Pattern> = Vec::new();
        for site in sites {
            for scope in site.scopes() {
                let merges = matches!(scope.authz.merging, Some(Merging::And | Merging::Or));
                if merges {
                    return;
                }
                let own = Arc::ptr_eq(&scope, &site.defaults);
                for section in scope.files.iter().filter(|it| !(own && is_alike(it))) {
                    if let Matcher::Pattern(pattern) = &section.what {
                        kept.push(pattern.clone());
                    }
                }
            }
        }
        let mut alike: Vec<&Pattern> = Vec::new();
        for section in files_of(sites[0]).into_iter().filter(|it| is_alike(it)) {
            if let Matcher::Pattern(pattern) = &section.what
                && !kept.contains(pattern)
                && !alike.contains(&pattern)
            {
                alike.push(pattern);
            }
        }
        if !not_at_all {
            let both = [true, false].map(|last| Pattern::any_in_part(&alike, last));
            let [Ok(name), Ok(part)] = both else { return };
            self.any_of_them = vec![name, part];
        }
        self.alike = alike;
    }

    /// Leaves out of what tells paths apart what makes no difference.
    pub(in crate::web) fn narrow<'t>(&'t self, tests: &mut Tests<'t>) {
        let names: BTreeSet<String> = self
            .alike
            .iter()
            .flat_map(|it| [true, false].map(|last| it.text_in_part(last)))
            .collect();
        tests.patterns.retain(|it| !names.contains(it.text()));
        self.any_of_them.iter().for_each(|it| tests.add_pattern(it));
    }

    /// Whether the sites may decide differently on a path.
    pub(in crate::web) fn concerns(&self, path: &[u8]) -> bool {
        let is_served_by = |name: &&str| self.is_for(&[path, name.as_bytes()].concat());
        self.everywhere
            || self.is_for(path)
            || path.ends_with(b"/") && self.indexes.iter().any(is_served_by)
    }

    fn is_for(&self, path: &[u8]) -> bool {
        let merged = merged_slashes(path);
        let text = String::from_utf8_lossy(&merged);
        let is_named = |name: &str| self.names.iter().any(|it| it.is_found_in(name.as_bytes()));
        beginnings(&merged).any(|it| self.prefixes.contains(it))
            || self.paths.iter().any(|it| it.is_found_in(path))
            || self.wildcards.iter().any(|it| it.is_found_in(&merged))
            || !self.names.is_empty() && text.split('/').any(is_named)
    }
}

/// Whether paths lead nowhere but where they say, or to the files that directories are served by.
fn is_simple(site: &Site) -> bool {
    let leads_there = |scope: &Arc<super::model::Scope>| {
        scope.fallback.as_ref().is_none_or(Option::is_none)
            && !scope.index.iter().flatten().any(|it| it.starts_with('/'))
    };
    let is_known = |map: &super::model::Map| !matches!(map.to, MapTo::Opaque(_));
    site.merge_slashes && site.maps.iter().all(is_known) && site.scopes().iter().all(leads_there)
}

/// `<Files>` of the server itself.
fn files_of(site: &Site) -> Vec<&Section> {
    site.defaults.files.iter().map(|it| &**it).collect()
}

/// What each section of a list is called: the head of a plain one and how many of the same are before
/// it; of the others, of which all are on both sides, which of them it is.
fn keys<'c>(sections: &[&'c Section]) -> Vec<(Option<&'c str>, usize)> {
    let mut seen: BTreeMap<Option<&str>, usize> = BTreeMap::new();
    let each = sections.iter().map(|section| {
        let head = section.plain.as_ref().map(|it| it.head.as_str());
        let before = seen.entry(head).or_default();
        *before += 1;
        (head, *before)
    });
    each.collect()
}

/// The sections that changed; `None` if one did that is not plain.
fn changed<'c>(old: &[&'c Section], new: &[&'c Section]) -> Option<Changed<'c>> {
    let (before, after) = (keys(old), keys(new));
    let there: BTreeSet<_> = before.iter().collect();
    let mut moved = BTreeSet::new();
    let mut found = Changed { sections: Vec::new(), in_place: true };
    let alone = |section: &'c Section, found: &mut Changed<'c>| {
        found.sections.push(section);
        found.in_place = false;
        section.plain.is_some().then_some(())
    };
    let (mut left, mut right) = (0, 0);
    loop {
        let both = (old.get(left).zip(before.get(left)), new.get(right).zip(after.get(right)));
        match both {
            (None, None) => return Some(found),
            (Some((was, a)), Some((is, b))) if a == b => {
                if was.plain != is.plain {
                    let says = |it: &Section| it.scope.authz.section.is_some();
                    found.in_place &= says(was) && says(is);
                    found.sections.extend([was, is]);
                }
                (left, right) = (left + 1, right + 1);
            }
            (_, Some((is, key))) if moved.contains(key) || !there.contains(key) => {
                alone(is, &mut found)?;
                right += 1;
            }
            (Some((was, key)), _) => {
                alone(was, &mut found)?;
                moved.insert(key);
                left += 1;
            }
            (None, Some((is, _))) => {
                alone(is, &mut found)?;
                right += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests;
