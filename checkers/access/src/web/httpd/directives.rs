//! The directives of httpd 2.4 with all modules that Debian builds, and where each may stand.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

/// One directive a line: its name, its module, and letters. The first says where it may stand in
/// files of the configuration: `a`nywhere, only in sections for `d`irectories, files and paths, or
/// only out`s`ide of them. The others say what `AllowOverride` must include for `.htaccess`: `A`uthConfig,
/// `F`ileInfo, `I`ndexes, `L`imit, `O`ptions, anything (`*`), or that it may not stand there (`-`).
const TABLE: &str = include_str!("directives.txt");

/// Modules that are part of the program.
const BUILT_IN: [&str; 9] =
    ["core", "so", "watchdog", "http_core", "log_config", "logio", "version", "unixd", "mpm_event"];

/// Beginnings of the names of directives of other modules that decide who gets in, or run programs
/// that may.
const DECIDING: [&str; 8] =
    ["Sec", "Perl", "LuaHook", "OIDC", "CAS", "MellonEnable", "Auth", "Shib"];

/// Beginnings of those of other modules that do not.
const FOREIGN: [&str; 12] = [
    "php_",
    "WSGI",
    "Passenger",
    "MD",
    "Rack",
    "Rails",
    "Mellon",
    "PageSpeed",
    "mod_pagespeed",
    "QS_",
    "Evasive",
    "DOS",
];

/// Modules that ask about each request anew, whichever sections are in force.
const ASKING: [&str; 4] = ["allowmethods", "auth_form", "log_debug", "lua"];

/// Beginnings of the names of modules that have no directives, and ask about no request.
const QUIET: [&str; 13] = [
    "asis",
    "authz_host",
    "authz_owner",
    "authz_user",
    "lbmethod_",
    "ldap",
    "mpm_",
    "proxy_",
    "ratelimit",
    "slotmem_",
    "socache_",
    "status",
    "unique_id",
];

/// What is known of a directive.
#[derive(Clone, Copy, Debug)]
pub(super) enum Known {
    /// It is this one.
    Here(&'static Entry),
    /// It is of a module that is not Debian's, and has its say on access.
    Decides,
    /// It is of a module that is not Debian's, and has none.
    Foreign,
    /// It is not known.
    Not,
}

/// A directive of the table.
#[derive(Debug)]
pub(super) struct Entry {
    /// As it is written.
    pub(super) name: &'static str,
    /// The module, without `mod_`.
    pub(super) module: &'static str,
    /// `a`, `d` or `s`.
    pub(super) place: char,
    /// What `AllowOverride` must include.
    pub(super) classes: &'static str,
}

fn table() -> &'static BTreeMap<String, Entry> {
    static DIRECTIVES: OnceLock<BTreeMap<String, Entry>> = OnceLock::new();
    DIRECTIVES.get_or_init(|| {
        let lines = TABLE.lines().filter_map(|line| {
            let mut words = line.split(' ');
            let (name, module, letters) = (words.next()?, words.next()?, words.next()?);
            let (place, classes) = (letters.chars().next()?, letters.get(1..)?);
            let module = module.strip_prefix("mod_").unwrap_or(module);
            Some((name.to_lowercase(), Entry { name, module, place, classes }))
        });
        lines.collect()
    })
}

/// What is known of a directive; of a section, its name begins with `<`.
pub(super) fn known(name: &str) -> Known {
    let begins = |all: &[&str]| {
        let lower = name.trim_start_matches('<').to_lowercase();
        all.iter().any(|it| lower.starts_with(&it.to_lowercase()))
    };
    match table().get(&name.to_lowercase()) {
        Some(entry) => Known::Here(entry),
        None if begins(&DECIDING) => Known::Decides,
        None if begins(&FOREIGN) => Known::Foreign,
        None => Known::Not,
    }
}

/// The names of all directives of the table.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    table().values().map(|entry| entry.name)
}

/// The modules that are loaded.
#[derive(Clone, Debug, Default)]
pub(super) struct Modules {
    loaded: BTreeSet<String>,
}

impl Modules {
    /// Notes `LoadModule rewrite_module …`.
    pub(super) fn load(&mut self, name: &str) {
        self.loaded.insert(name.trim_end_matches("_module").to_owned());
    }

    /// Whether a module is loaded: `rewrite`, `mod_rewrite.c` or `rewrite_module`. A configuration
    /// that loads none is taken for a part of one that loads all.
    pub(super) fn has(&self, name: &str) -> bool {
        let name = name.strip_prefix("mod_").unwrap_or(name);
        let name = name.trim_end_matches(".c").trim_end_matches("_module");
        let name = if name == "util_ldap" { "ldap" } else { name };
        let known = || table().values().any(|it| it.module == name) || name.starts_with("mpm_");
        BUILT_IN.contains(&name)
            || self.loaded.contains(name)
            || self.loaded.is_empty() && known()
            || !name.contains('_') && matches!(name, "event" | "worker" | "prefork" | "mpm_common")
    }
}

impl Modules {
    /// Whether httpd takes a request for admitted that meets the same merged sections as one which
    /// was; `None` where the modules are not known. A module that asks anew for each request makes
    /// it ask all of them anew.
    pub(super) fn ask_once(&self) -> Option<bool> {
        let known = |name: &String| {
            table().values().any(|it| it.module == name.as_str())
                || QUIET.iter().any(|it| name.starts_with(it))
        };
        if self.loaded.iter().any(|name| ASKING.contains(&name.as_str())) {
            return Some(false);
        }
        (!self.loaded.is_empty() && self.loaded.iter().all(known)).then_some(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directives_and_modules_are_known_by_name() {
        assert!(
            matches!(known("require"), Known::Here(it) if it.classes == "A" && it.place == 'd')
        );
        assert!(matches!(known("<Directory"), Known::Here(it) if it.place == 's'));
        assert!(matches!(known("SecRuleEngine"), Known::Decides));
        assert!(matches!(known("php_value"), Known::Foreign));
        assert!(matches!(known("Requir"), Known::Not));
        let mut modules = Modules::default();
        assert!(modules.has("mod_rewrite.c") && !modules.has("mod_nothing.c"));
        modules.load("alias_module");
        assert!(
            modules.has("alias_module") && modules.has("core") && !modules.has("mod_rewrite.c")
        );
    }
}
