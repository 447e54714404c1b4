//! What tells the paths and the methods of a site apart.

use std::sync::Arc;

use super::model::{
    MapTo, Matcher, Node, Provider, Rewrite, RewriteTest, Scope, Section, Site, SiteTests, What,
};
use crate::web::condition::Opaque;
use crate::web::pattern::Pattern;

impl Site {
    /// Gathers what tells paths apart; what cannot be told is made a condition that is not modelled.
    pub(super) fn settle(&mut self) {
        let mut tests = SiteTests::default();
        tests.methods.extend(["GET", "POST"].map(str::to_owned));
        if !self.trace {
            tests.methods.insert("TRACE".to_owned());
        }
        let merged = self.merge_slashes;
        let urls = self.locations.iter().map(|it| &it.what);
        let urls = urls.chain(self.maps.iter().map(|it| &it.what));
        for what in urls.chain(self.redirects.iter().map(|it| &it.what)) {
            tests.add_url(what, merged);
        }
        tests.add_rewrites(&self.rewrites);
        for (prefix, root) in self.roots() {
            for directory in self.by_directory.keys().chain(self.htaccess.keys()) {
                if let Some(rest) = directory.strip_prefix(root.as_str()) {
                    tests.add_literal(&format!("{prefix}{rest}"), merged);
                }
            }
        }
        for section in &mut self.locations {
            if let Matcher::Wildcards(pattern) = &section.what {
                match with_slashes(pattern.clone(), merged) {
                    Ok(pattern) => tests.add_pattern(pattern),
                    Err(why) => section.what = Matcher::Opaque(unknown(section, &why)),
                }
            }
        }
        let roots: Vec<_> = self.roots().collect();
        for section in &mut self.directories {
            tests.add_directory(section, &roots, merged);
        }
        let scopes: Vec<Arc<Scope>> = self.scopes();
        for scope in scopes {
            tests.add_scope(&scope, merged);
        }
        if tests.indexes.is_empty() {
            tests.indexes.insert("index.html".to_owned());
        }
        let directories = self.directories.iter().enumerate();
        let expressions = directories.filter(|(_, it)| !matches!(it.what, Matcher::Literal(_)));
        tests.by_expression = expressions.map(|(at, _)| at).collect();
        for (at, section) in self.locations.iter().enumerate() {
            match &section.what {
                Matcher::Literal(path) => {
                    tests.by_path.entry(path.clone().into_bytes()).or_default().push(at);
                }
                _ => tests.other_paths.push(at),
            }
        }
        tests.early = self.locations.iter().map(|it| &it.scope).any(|scope| {
            scope.redirect.is_some() || scope.proxy.is_some() || !scope.mapping.is_empty()
        });
        self.tests = tests;
    }

    /// Prefixes of paths, with the text that stands for them in paths of files.
    pub(super) fn roots(&self) -> impl Iterator<Item = (String, String)> {
        self.maps.iter().filter_map(|map| match (&map.what, &map.to) {
            (Matcher::Literal(prefix), MapTo::File(to)) => Some((prefix.clone(), to.clone())),
            _ => None,
        })
    }

    /// All that may be in force.
    pub(super) fn scopes(&self) -> Vec<Arc<Scope>> {
        let sections = self.directories.iter().chain(&self.locations).chain(&self.proxies);
        let mut all = vec![Arc::clone(&self.defaults)];
        all.extend(sections.map(|section| Arc::clone(&section.scope)));
        let files = self.htaccess.values().flat_map(|it| it.under.values());
        all.extend(files.filter_map(|it| it.as_ref().ok().cloned()));
        let mut at = 0;
        while let Some(scope) = all.get(at).cloned() {
            all.extend(scope.files.iter().map(|section| Arc::clone(&section.scope)));
            let alternatives = scope.ifs.iter().flat_map(|chain| chain.iter());
            all.extend(alternatives.map(|it| Arc::clone(&it.scope)));
            at += 1;
        }
        all
    }
}

impl SiteTests {
    fn add_pattern(&mut self, pattern: Pattern) {
        if !self.patterns.contains(&pattern) {
            self.patterns.push(pattern);
        }
    }

    fn add_url(&mut self, what: &Matcher, merged: bool) {
        match what {
            Matcher::Literal(prefix) if prefix.ends_with('~') => {
                self.prefixes.insert(prefix.clone().into_bytes());
                self.add_literal(prefix, merged);
            }
            Matcher::Literal(prefix) => self.add_literal(prefix, merged),
            Matcher::Pattern(pattern) => self.add_pattern(pattern.clone()),
            Matcher::Wildcards(_)
            | Matcher::Glob(..)
            | Matcher::OpaqueGlob(_)
            | Matcher::Opaque(_) => {}
        }
    }

    /// A path and all behind it. Where slashes are not merged, each may be many.
    fn add_literal(&mut self, prefix: &str, merged: bool) {
        let bare = prefix.trim_end_matches('/');
        if merged {
            self.prefixes.insert(format!("{bare}/").into_bytes());
            self.exact.insert(bare.as_bytes().to_vec());
            return;
        }
        let mut text = "^".to_owned();
        for next in bare.chars() {
            match next {
                '/' => text.push_str("/+"),
                'a'..='z' | 'A'..='Z' | '0'..='9' | '_' => text.push(next),
                _ if next.is_ascii() => text.extend(['\\', next]),
                _ => text.push(next),
            }
        }
        for end in ["/", "\\z"] {
            if let Ok(pattern) = Pattern::read(&format!("{text}{end}"), false) {
                self.add_pattern(pattern);
            }
        }
    }

    fn add_rewrites(&mut self, rules: &[Rewrite]) {
        for rule in rules {
            if let RewriteTest::Pattern(pattern, _) = &rule.test {
                self.add_pattern(pattern.clone());
            }
        }
    }

    /// A section for directories by an expression, as what it means for paths of each root.
    fn add_directory(&mut self, section: &mut Section, roots: &[(String, String)], merged: bool) {
        let patterns: Vec<&Pattern> = match &section.what {
            Matcher::Pattern(pattern) => vec![pattern],
            Matcher::Glob(_, both) => both.iter().collect(),
            _ => return,
        };
        let is_glob = matches!(section.what, Matcher::Glob(..));
        let behind = |prefix: &str, root: &str, pattern: &Pattern| {
            let found = pattern.behind(prefix, root)?;
            if is_glob {
                with_slashes(found, merged)
            } else if merged {
                Ok(found)
            } else {
                Err("slashes are not merged".to_owned())
            }
        };
        let found: Result<Vec<Pattern>, String> = roots
            .iter()
            .flat_map(|(prefix, root)| patterns.iter().map(|it| behind(prefix, root, it)))
            .collect();
        match found {
            Ok(patterns) => patterns.into_iter().for_each(|it| self.add_pattern(it)),
            Err(why) => {
                let opaque = unknown(section, &why);
                section.what =
                    if is_glob { Matcher::OpaqueGlob(opaque) } else { Matcher::Opaque(opaque) };
            }
        }
    }

    fn add_scope(&mut self, scope: &Scope, merged: bool) {
        for section in &scope.files {
            match &section.what {
                Matcher::Pattern(pattern) => {
                    if !self.names.contains(pattern) {
                        self.names.push(pattern.clone());
                        // Whoever reads them has made sure that there are such.
                        let both = [true, false].map(|last| pattern.in_part(last));
                        both.into_iter().flatten().for_each(|it| self.add_pattern(it));
                    }
                }
                _ => self.opaque_names = true,
            }
        }
        for redirect in scope.redirects.iter().filter(|it| !is_all(&it.what)) {
            self.add_url(&redirect.what, merged);
        }
        self.add_rewrites(scope.rewrites.as_deref().map_or(&[], Vec::as_slice));
        self.indexes
            .extend(scope.index.iter().flatten().filter(|it| !it.starts_with('/')).cloned());
        if scope.index.is_none() {
            self.indexes.insert("index.html".to_owned());
        }
        if let Some((Some(methods), _)) = &scope.methods {
            self.methods.extend(methods.names().map(str::to_owned));
        }
        if let Some(node) = &scope.authz.section {
            self.add_node(node);
        }
        if let Some(compat) = &scope.compat {
            let order = compat.order.iter().map(|(methods, ..)| methods);
            let lists = compat.allow.iter().chain(&compat.deny).map(|(methods, ..)| methods);
            let satisfy = compat.satisfy_any.iter().map(|(methods, _)| methods);
            let all = order.chain(lists).chain(satisfy);
            self.methods.extend(all.flat_map(super::methods::Methods::names).map(str::to_owned));
        }
    }

    fn add_node(&mut self, node: &Node) {
        self.methods.extend(node.limited.names().map(str::to_owned));
        match &node.what {
            What::Section(_, children) => children.iter().for_each(|it| self.add_node(it)),
            What::Provider(Provider::Method(methods)) => {
                self.methods.extend(methods.names().map(str::to_owned));
            }
            What::Provider(_) => {}
        }
    }
}

/// An expression in which slashes are written out, where those of paths may be merged or not.
fn with_slashes(pattern: Pattern, merged: bool) -> Result<Pattern, String> {
    if merged { Ok(pattern) } else { pattern.with_many_slashes() }
}

/// Whether a section is for a path, where that is not modelled.
fn unknown(section: &Section, why: &str) -> Opaque {
    let what = format!("whether `<{} {}>` is concerned ({why})", section.at.kind, section.at.name);
    let (key, location) = (Arc::from(what.as_str()), section.at.location.clone());
    Opaque { what: what.into(), key, location }
}

fn is_all(what: &Matcher) -> bool {
    matches!(what, Matcher::Literal(text) if text.is_empty())
}
