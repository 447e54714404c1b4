//! What a section says, as it is read, and how a later section is merged into an earlier one.

use std::collections::BTreeSet;
use std::sync::Arc;

use seatrial_parse::httpd::Directive;

use super::methods::Methods;
use super::model::{
    Alternative, Authz, Compat, Links, Merging, Node, Order, Origin, Redirect, Scope, Section, What,
};
use super::read::{Place, Reader, plain, rendered};
use super::require::{Container, block, container};

impl Scope {
    /// This one with what a later section says.
    #[must_use]
    pub fn merged(&self, new: &Self) -> Self {
        let mut users = self.authn.users.clone();
        users.extend(new.authn.users.clone());
        Self {
            authz: self.authz.merged(&new.authz),
            compat: new.compat.clone().or_else(|| self.compat.clone()),
            authn: super::model::Authn {
                kind: new.authn.kind.clone().or_else(|| self.authn.kind.clone()),
                name: self.authn.name || new.authn.name,
                users,
                groups: new.authn.groups.clone().or_else(|| self.authn.groups.clone()),
                providers: new.authn.providers.clone().or_else(|| self.authn.providers.clone()),
            },
            methods: new.methods.clone().or_else(|| self.methods.clone()),
            files: [self.files.as_slice(), &new.files].concat(),
            ifs: [self.ifs.as_slice(), &new.ifs].concat(),
            overrides: new.overrides.clone().or_else(|| self.overrides.clone()),
            override_list: new.override_list.clone().or_else(|| self.override_list.clone()),
            links: self.links.then(new.links),
            handler: new.handler.clone().or_else(|| self.handler.clone()),
            index: new.index.clone().or_else(|| self.index.clone()),
            fallback: new.fallback.clone().or_else(|| self.fallback.clone()),
            redirects: [new.redirects.as_slice(), &self.redirects].concat(),
            redirect: new.redirect.clone().or_else(|| self.redirect.clone()),
            proxy: new.proxy.clone().or_else(|| self.proxy.clone()),
            rewriting: new.rewriting.or(self.rewriting),
            rewrites: new.rewrites.clone().or_else(|| self.rewrites.clone()),
            unmodelled: [self.unmodelled.as_slice(), &new.unmodelled].concat(),
            mapping: [self.mapping.as_slice(), &new.mapping].concat(),
        }
    }
}

impl Authz {
    /// As `AuthMerging` of the later section says.
    fn merged(&self, new: &Self) -> Self {
        let forbidden = new.forbidden.or(self.forbidden);
        if new.merging.is_none() && new.section.is_none() && self.section.is_some() {
            return Self { forbidden, ..self.clone() };
        }
        let (merging, section) = match (new.merging, &self.section, &new.section) {
            (None | Some(Merging::Off), ..) => return Self { forbidden, ..new.clone() },
            (merging, Some(base), Some(new)) => {
                let all = merging == Some(Merging::And);
                let limited = base.limited.union(&new.limited);
                let what = What::Section(all, vec![Arc::clone(base), Arc::clone(new)]);
                let at = Arc::clone(&new.at);
                (merging, Some(Arc::new(Node { limited, negate: false, what, at })))
            }
            (merging, base, new) => (merging, base.clone().or_else(|| new.clone())),
        };
        Self { section, merging, forbidden }
    }
}

/// What is being read of a section.
pub(super) struct Draft {
    pub(super) scope: Scope,
    root: Option<Container>,
    compat: Option<Compat>,
    rewriting: super::rewrite::Draft,
}

impl Draft {
    /// Says of `mod_access_compat` that nothing is said.
    pub(super) fn without_compat(&mut self) {
        self.compat.get_or_insert_default();
    }
}

impl Reader<'_> {
    /// What directives say that stand in a section.
    pub(super) fn scope(&mut self, directives: &[Directive], place: &Place<'_>) -> Scope {
        let mut draft = Draft {
            scope: Scope::default(),
            root: None,
            compat: None,
            rewriting: super::rewrite::Draft::default(),
        };
        self.said(directives, place, &Methods::all(), &mut draft, None);
        self.closed(draft, directives, place)
    }

    fn closed(&mut self, draft: Draft, directives: &[Directive], place: &Place<'_>) -> Scope {
        let mut scope = draft.scope;
        if let Some(root) = draft.root {
            let first = directives.iter().find(|it| it.is("Require")).or(directives.first());
            if let Some(first) = first {
                let at = self.at(first, place);
                scope.authz.section = Some(Arc::new(self.settled(first, root, at, place)));
            }
        }
        scope.compat = draft.compat.map(Arc::new);
        let (rewriting, rewrites) = self.rewrites(draft.rewriting);
        (scope.rewriting, scope.rewrites) = (rewriting, rewrites.map(Arc::new));
        scope
    }

    /// Reads directives in a section or in a container in it.
    fn said(
        &mut self,
        directives: &[Directive],
        place: &Place<'_>,
        limited: &Methods,
        draft: &mut Draft,
        mut outer: Option<&mut Container>,
    ) {
        for directive in directives {
            if self.passes_over(directive, draft) || !self.known(directive, place) {
                continue;
            }
            if let Some(mut inner) = container(directive) {
                let whole = Some(&mut inner);
                self.said(directive.inner(), place, limited, draft, whole);
                let at = self.at(directive, place);
                let root = || Container::new(false, false);
                match outer.as_deref_mut() {
                    Some(outer) => self.close(directive, inner, outer, at, place),
                    None => {
                        let root = draft.root.get_or_insert_with(root);
                        self.close(directive, inner, root, at, place);
                    }
                }
            } else if directive.is("Limit") || directive.is("LimitExcept") {
                let methods = self.limited(directive, limited, place);
                self.said(directive.inner(), place, &methods, draft, outer.as_deref_mut());
            } else if directive.is("Require") {
                let at = self.at(directive, place);
                let root = || Container::new(false, false);
                match outer.as_deref_mut() {
                    Some(outer) => self.require(directive, limited, outer, at),
                    None => {
                        let root = draft.root.get_or_insert_with(root);
                        self.require(directive, limited, root, at);
                    }
                }
            } else if !self.compatible(directive, place, limited, &mut draft.compat)
                && !self.section_in_scope(directive, place, &mut draft.scope)
                && !self.rewriting(directive, place, &mut draft.rewriting)
            {
                self.setting(directive, place, &mut draft.scope);
            }
        }
        if draft.root.as_ref().is_some_and(|root| root.children.is_empty()) {
            draft.root = None;
        }
    }

    /// `<Limit>` and `<LimitExcept>`.
    fn limited(&mut self, directive: &Directive, outer: &Methods, place: &Place<'_>) -> Methods {
        let except = directive.is("LimitExcept");
        let named: Vec<&str> = directive.arguments.iter().map(|word| word.text.as_str()).collect();
        if named.contains(&"TRACE") && !except {
            self.refuse(directive, "TRACE cannot be limited: see `TraceEnable`");
        }
        if place.htaccess {
            self.known_methods(directive, &named);
        }
        self.methods.extend(named.iter().map(|it| (*it).to_owned()));
        if named.is_empty() {
            self.refuse(directive, format!("`<{}>` lacks its methods", directive.name.text));
        }
        let named = Methods::of(named);
        let named = if except { named.complement() } else { named };
        let limited = outer.intersection(&named);
        if limited.is_empty() {
            self.refuse(directive, format!("`<{}>` excludes all methods", directive.name.text));
        }
        limited
    }

    /// Directives of `mod_access_compat`; whether it is one.
    fn compatible(
        &mut self,
        directive: &Directive,
        place: &Place<'_>,
        limited: &Methods,
        compat: &mut Option<Compat>,
    ) -> bool {
        let words: Vec<&str> = directive.arguments.iter().map(|it| it.text.as_str()).collect();
        let at = self.at(directive, place);
        if directive.is("Order") {
            let order = match words.join(" ").to_lowercase().as_str() {
                "allow,deny" => Order::AllowDeny,
                "deny,allow" => Order::DenyAllow,
                "mutual-failure" => Order::MutualFailure,
                other => {
                    self.refuse(directive, format!("`{other}` is no order"));
                    return true;
                }
            };
            compat.get_or_insert_default().order.push((limited.clone(), order, at));
        } else if directive.is("Satisfy") {
            let any = words.first().map(|it| it.to_lowercase());
            match any.as_deref() {
                Some(word @ ("any" | "all")) => {
                    let satisfy = &mut compat.get_or_insert_default().satisfy_any;
                    satisfy.push((limited.clone(), word == "any"));
                }
                _ => self.refuse(directive, "`Satisfy` is `any` or `all`"),
            }
        } else if directive.is("Allow") || directive.is("Deny") {
            let Some((from, origins)) = words.split_first().filter(|(_, it)| !it.is_empty()) else {
                self.refuse(directive, format!("`{}` lacks its arguments", directive.name.text));
                return true;
            };
            if !from.eq_ignore_ascii_case("from") {
                self.refuse(directive, format!("`from` must follow `{}`", directive.name.text));
            }
            for origin in origins {
                let origin = self.origin(directive, origin);
                let compat = compat.get_or_insert_default();
                let list = if directive.is("Allow") { &mut compat.allow } else { &mut compat.deny };
                list.push((limited.clone(), origin, Arc::clone(&at)));
            }
        } else {
            return false;
        }
        true
    }

    fn origin(&mut self, directive: &Directive, text: &str) -> Origin {
        if text.eq_ignore_ascii_case("all") {
            return Origin::All;
        }
        if let Some(addresses) = block(text) {
            return Origin::Addresses(addresses);
        }
        if text.contains('/') {
            self.refuse(directive, format!("`{text}` is no block of addresses"));
        }
        let environment = text.to_lowercase().starts_with("env=");
        let what = if environment {
            format!("whether `{text}` is set")
        } else {
            format!("whether the client's name is `{text}`")
        };
        let mut opaque = self.opaque(directive, &what);
        let set = if environment { self.environment.as_str() } else { "" };
        opaque.key = format!("{what} {set}").into();
        Origin::Opaque(opaque)
    }

    /// `<Files>` and `<If>` in a section; whether it is one.
    fn section_in_scope(
        &mut self,
        directive: &Directive,
        place: &Place<'_>,
        scope: &mut Scope,
    ) -> bool {
        if directive.is("Files") || directive.is("FilesMatch") {
            if place.kind == "Location" {
                self.refuse(directive, "`<Files>` cannot stand in `<Location>`");
                return true;
            }
            if let Some(what) = self.file_matcher(directive) {
                let name = directive.rest.text.as_str();
                let inner = Place { kind: "Files", name, ..*place };
                let at = self.at(directive, &inner);
                let said = Arc::new(self.scope(directive.inner(), &inner));
                let of_server = place.kind.is_empty() && !place.htaccess;
                let plain = plain(directive).filter(|_| of_server);
                scope.files.push(Arc::new(Section { what, scope: said, at, plain }));
            }
            return true;
        }
        let (first, last) = (directive.is("If"), directive.is("Else"));
        if !first && !last && !directive.is("ElseIf") {
            return false;
        }
        let inner = Place { kind: "If", name: &directive.rest.text, ..*place };
        let said = Arc::new(self.scope(directive.inner(), &inner));
        let test = (!last).then(|| {
            let what = format!("whether `{}` is true", directive.rest.text);
            let mut opaque = self.opaque(directive, &what);
            opaque.key = format!("{what} {}", self.environment).into();
            opaque
        });
        let alternative = Alternative { test, scope: said };
        match scope.ifs.last_mut().filter(|_| !first) {
            Some(chain) => Arc::make_mut(chain).push(alternative),
            None if first => scope.ifs.push(Arc::new(vec![alternative])),
            None => {
                self.refuse(directive, format!("`<{}>` follows no `<If>`", directive.name.text));
            }
        }
        true
    }

    /// A directive that stands by itself.
    fn setting(&mut self, directive: &Directive, place: &Place<'_>, scope: &mut Scope) {
        let first = directive.argument(0).unwrap_or_default();
        let name = directive.name.text.to_lowercase();
        let on = first.eq_ignore_ascii_case("on");
        if self.of_user(directive, place, &name, first, scope) {
            return;
        }
        match name.as_str() {
            "authmerging" => {
                scope.authz.merging = Some(match first.to_lowercase().as_str() {
                    "off" => Merging::Off,
                    "and" => Merging::And,
                    "or" => Merging::Or,
                    _ => {
                        self.refuse(directive, "`AuthMerging` is `Off`, `And` or `Or`");
                        return;
                    }
                });
            }
            "authzsendforbiddenonfailure" => scope.authz.forbidden = Some(on),
            "allowoverride" => scope.overrides = Some(self.overrides(directive)),
            "options" => scope.links = scope.links.then(self.links(directive)),
            "allowoverridelist" => {
                let words = directive.arguments.iter().map(|word| word.text.to_lowercase());
                scope.override_list = Some(words.filter(|it| it != "none").collect());
            }
            "allowmethods" => {
                let words: Vec<&str> =
                    directive.arguments.iter().map(|it| it.text.as_str()).collect();
                let reset = words.iter().any(|it| it.eq_ignore_ascii_case("reset"));
                if !reset {
                    self.known_methods(directive, &words);
                }
                let methods = (!reset).then(|| Methods::of(words));
                scope.methods = Some((methods, self.at(directive, place)));
            }
            "sethandler" => {
                let none = first.eq_ignore_ascii_case("none");
                scope.handler = Some((!none).then(|| first.to_owned()));
            }
            "directoryindex" => self.index(directive, scope),
            "fallbackresource" => {
                let none = first.eq_ignore_ascii_case("disabled");
                scope.fallback = Some((!none).then(|| first.to_owned()));
            }
            "redirect" | "redirectpermanent" | "redirecttemp" | "redirectmatch" => {
                if let Some((redirect, all)) = self.redirect(directive, place) {
                    if all {
                        scope.redirect = Some(Arc::new(redirect));
                    } else {
                        scope.redirects.push(Arc::new(redirect));
                    }
                }
            }
            "proxypass" | "proxypassmatch" if place.kind == "Location" => {
                let target = first.to_owned();
                scope.proxy = (target != "!").then(|| (target, self.at(directive, place)));
            }
            "alias" | "scriptalias" if place.kind == "Location" => {
                scope.mapping.push(self.opaque(directive, "which file `Alias` leads to"));
            }
            _ => self.unmodelled(directive, &name, scope),
        }
    }

    /// A directive on who a user is; whether it is one.
    fn of_user(
        &mut self,
        directive: &Directive,
        place: &Place<'_>,
        name: &str,
        first: &str,
        scope: &mut Scope,
    ) -> bool {
        match name {
            "authtype" => {
                scope.authn.kind = Some((first.to_lowercase(), self.at(directive, place)));
            }
            "authname" => scope.authn.name = true,
            "authbasicprovider" | "authdigestprovider" | "authformprovider" => {
                scope.authn.providers = Some(directive.rest.text.to_lowercase());
            }
            "authgroupfile" => {
                scope.authn.groups = Some(first.to_owned());
                self.group_files.insert(first.to_owned());
            }
            "authuserfile" | "authdbmuserfile" | "authldapurl" | "authdbduserpwquery" => {
                scope.authn.users.insert(name.to_owned(), first.to_owned());
            }
            _ => return false,
        }
        true
    }

    #[expect(clippy::unused_self, reason = "a method as those of other directives are")]
    fn index(&self, directive: &Directive, scope: &mut Scope) {
        let names: Vec<_> = directive.arguments.iter().map(|word| word.text.clone()).collect();
        if names.len() == 1 && names.iter().any(|it| it.eq_ignore_ascii_case("disabled")) {
            scope.index = Some(Vec::new());
        } else {
            scope.index.get_or_insert_default().extend(names);
        }
    }

    /// `AllowOverride`, of which `All` and `None` take back what stands in front of them.
    fn overrides(&mut self, directive: &Directive) -> BTreeSet<char> {
        let mut classes = BTreeSet::new();
        for word in &directive.arguments {
            let word = word.text.to_lowercase();
            let (name, value) = word.split_once('=').unwrap_or((&word, ""));
            match (name, value) {
                ("none", _) => classes.clear(),
                ("all", _) => classes = "AFILO".chars().collect(),
                ("authconfig", _) => drop(classes.insert('A')),
                ("fileinfo", _) => drop(classes.insert('F')),
                ("indexes", _) => drop(classes.insert('I')),
                ("limit", _) => drop(classes.insert('L')),
                ("options", _) => drop(classes.insert('O')),
                ("nonfatal", "override") => drop(classes.insert('n')),
                ("nonfatal", "unknown") => drop(classes.insert('u')),
                ("nonfatal", "all") => classes.extend("nu".chars()),
                _ => self.refuse(directive, format!("`{word}` is nothing to override")),
            }
        }
        classes
    }

    /// `Options`, as far as it is about symbolic links.
    fn links(&mut self, directive: &Directive) -> Links {
        if let Some((message, help)) = fault_of_options(directive) {
            self.refuse_with(directive, message, help);
        }
        let mut links = Links::default();
        for word in &directive.arguments {
            let word = word.text.to_lowercase();
            let (said, name) = match (word.strip_prefix('+'), word.strip_prefix('-')) {
                (Some(name), _) => (true, name),
                (_, Some(name)) => (false, name),
                (None, None) => {
                    // What is said without a sign is all that there is.
                    links.follow.get_or_insert(false);
                    links.owner.get_or_insert(false);
                    (true, word.as_str())
                }
            };
            match name {
                "followsymlinks" | "all" => links.follow = Some(said),
                "symlinksifownermatch" => links.owner = Some(said),
                _ => {}
            }
        }
        links
    }

    /// What a directive that is not modelled may decide.
    fn unmodelled(&self, directive: &Directive, name: &str, scope: &mut Scope) {
        let deciding = ["sslrequire", "sslverifyclient", "sslrequiressl"];
        let hooks = ["luahook", "perlaccesshandler", "perlauthenhandler", "perlauthzhandler"];
        let none = directive.argument(0).is_some_and(|it| it.eq_ignore_ascii_case("none"));
        let decides = deciding.contains(&name) && !none
            || hooks.iter().any(|it| name.starts_with(it))
            || name.starts_with("secrule")
            || name.starts_with("secaction");
        if decides {
            let mut opaque = self.opaque(directive, &format!("what `{name}` decides"));
            opaque.key = format!("{} {}", rendered(directive), self.environment).into();
            scope.unmodelled.push(opaque);
        }
    }

    /// `Redirect`; whether it is for all that the section is for.
    pub(super) fn redirect(
        &mut self,
        directive: &Directive,
        place: &Place<'_>,
    ) -> Option<(Redirect, bool)> {
        let mut words: Vec<&str> = directive.arguments.iter().map(|it| it.text.as_str()).collect();
        let mut status = if directive.is("RedirectPermanent") { 301 } else { 302 };
        let named = match words.first().map(|it| it.to_lowercase()).as_deref() {
            Some("permanent") => Some(301),
            Some("temp") => Some(302),
            Some("seeother") => Some(303),
            Some("gone") => Some(410),
            Some(number) => number.parse().ok(),
            None => None,
        };
        if let Some(named) = named {
            status = named;
            words.remove(0);
        }
        let at = self.at(directive, place);
        let redirects = (300..400).contains(&status);
        let all = !place.kind.is_empty() && words.len() == usize::from(redirects);
        let path = match words.as_slice() {
            _ if all => "",
            [path, _] if redirects => path,
            [path] if !redirects => path,
            _ => {
                self.refuse(directive, "`Redirect` takes a status, a path, and where it leads");
                return None;
            }
        };
        let what = if directive.is("RedirectMatch") {
            self.url_pattern(directive, path)
        } else {
            super::model::Matcher::Literal(path.to_owned())
        };
        Some((Redirect { what, status, at }, all))
    }
}

/// What httpd refuses of `Options`, and what to write instead.
fn fault_of_options(directive: &Directive) -> Option<(&'static str, &'static str)> {
    let mixed = (
        "some of these options have a sign, others have none",
        "write `+` or `-` in front of each, or in front of none",
    );
    let (mut signed, mut all_or_none) = (false, false);
    for (at, word) in directive.arguments.iter().enumerate() {
        let name = word.text.strip_prefix(['+', '-']);
        match name {
            Some(_) if !signed && at > 0 && !all_or_none => return Some(mixed),
            None if signed => return Some(mixed),
            _ => signed |= name.is_some(),
        }
        let name = name.unwrap_or(&word.text).to_lowercase();
        if matches!(name.as_str(), "all" | "none") {
            if at > 0 || signed {
                return Some((
                    "`All` and `None` are the first option, and have no sign",
                    "write them first and without a sign, or name options",
                ));
            }
            all_or_none = true;
        }
    }
    None
}
