//! From directives to sites and sections.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;

use seatrial_core::{Finding, Location, Severity, SourceFile, nearest};
use seatrial_parse::httpd::{Directive, Environment, Expanded, expand, location};

use super::directives::{Known, Modules, known, names};
use super::model::{At, Config, Matcher, Plain};
use super::rules;
use crate::web::condition::{Ground, Opaque};
use crate::web::pattern::Pattern;

/// The version of httpd whose rules are followed.
const VERSION: [u32; 3] = [2, 4, 71];

/// Directives that set variables which conditions may ask for.
const ENVIRONMENT: [&str; 9] = [
    "SetEnv",
    "SetEnvIf",
    "SetEnvIfNoCase",
    "SetEnvIfExpr",
    "BrowserMatch",
    "BrowserMatchNoCase",
    "PassEnv",
    "UnsetEnv",
    "RewriteMap",
];

/// What a configuration is read from.
pub trait Files {
    /// The files that a path or a pattern of `Include` means, in the order of their names.
    ///
    /// # Errors
    ///
    /// Why they cannot be read, as a lower-case fragment.
    fn included(&mut self, pattern: &str) -> Result<Vec<Arc<SourceFile>>, String>;

    /// The files of a name (`.htaccess`) with the directories that they are in, as absolute paths.
    fn in_directories(&mut self, name: &str) -> Vec<(String, Arc<SourceFile>)>;
}

/// Reads a configuration: a main file, and all that it includes.
pub fn read(main: &Arc<SourceFile>, files: &mut dyn Files) -> Config {
    let mut reading = Reading { files, modules: Modules::default() };
    let mut expanded = expand(main, &mut reading);
    let modules = reading.modules;
    let problems = std::mem::take(&mut expanded.problems);
    let htaccess = htaccess(&mut expanded, files);
    let mut reader = Reader::new(&expanded, modules);
    reader.htaccess = htaccess;
    let (sites, endpoints) = reader.main();
    let Reader { mut findings, users, group_files, .. } = reader;
    findings.extend(problems.iter().map(|(at, problem)| {
        Finding::new(rules::INVALID, Severity::Error, at.clone(), problem.message.clone())
    }));
    findings.sort_unstable();
    findings.dedup();
    Config { files: expanded.files, sites, endpoints, findings, users, group_files }
}

/// `.htaccess` files as directives, or the place at which one cannot be read.
fn htaccess(expanded: &mut Expanded, files: &mut dyn Files) -> Vec<ReadHtaccess> {
    let is_naming = |it: &&Directive| it.is("AccessFileName");
    let named = expanded.directives.iter().rfind(is_naming).map(|it| &it.arguments);
    let wanted: Vec<String> = match named {
        Some(words) => words.iter().map(|word| word.text.clone()).collect(),
        None => vec![".htaccess".to_owned()],
    };
    let mut found: BTreeMap<String, Arc<SourceFile>> = BTreeMap::new();
    for name in wanted.iter().rev() {
        found.extend(files.in_directories(name));
    }
    let each = found.into_iter().map(|(directory, file)| {
        let mut reading = Reading { files, modules: Modules::default() };
        let inner = expand(&file, &mut reading);
        let base = expanded.files.len();
        expanded.files.extend(inner.files);
        let mut directives = inner.directives;
        moved(&mut directives, base);
        let directory = format!("{}/", directory.trim_end_matches('/'));
        let fault = inner.problems.into_iter().next();
        ReadHtaccess { directory, directives, fault: fault.map(|(at, it)| (at, it.message)) }
    });
    each.collect()
}

/// Counts the files of directives from another one on.
fn moved(directives: &mut [Directive], base: usize) {
    for directive in directives {
        directive.file += base;
        moved(directive.section.as_deref_mut().unwrap_or_default(), base);
    }
}

/// A `.htaccess` file.
pub(super) struct ReadHtaccess {
    pub(super) directory: String,
    pub(super) directives: Vec<Directive>,
    pub(super) fault: Option<(Location, String)>,
}

/// The files and modules while conditions are decided.
struct Reading<'f> {
    files: &'f mut dyn Files,
    modules: Modules,
}

impl Environment for Reading<'_> {
    fn files(&mut self, pattern: &str) -> Result<Vec<Arc<SourceFile>>, String> {
        self.files.included(pattern)
    }

    fn holds(
        &mut self,
        section: &Directive,
        defined: &dyn Fn(&str) -> bool,
    ) -> Option<Result<bool, String>> {
        let text = section.rest.text.trim_matches('"');
        let (name, wanted) = match text.strip_prefix('!') {
            Some(name) => (name, false),
            None => (text, true),
        };
        let table = |name: &str| match known(name) {
            Known::Here(entry) => self.modules.has(entry.module),
            _ => false,
        };
        let holds = match section.name.text.to_lowercase().as_str() {
            "ifmodule" => self.modules.has(name),
            "ifdefine" => defined(name),
            "ifdirective" => table(name),
            "ifsection" => table(&format!("<{name}")),
            "iffile" => match self.files.included(name) {
                Ok(found) => !found.is_empty(),
                Err(why) => return Some(Err(format!("`{name}`: {why}"))),
            },
            "ifversion" => {
                let why = || format!("`{text}` is no comparison of versions");
                return Some(version(name).map(|it| it == wanted).ok_or_else(why));
            }
            "macro" => return Some(Err("macros are not read".to_owned())),
            _ => return None,
        };
        Some(Ok(holds == wanted))
    }

    fn meets(&mut self, directive: &Directive) {
        if directive.is("LoadModule") {
            self.modules.load(directive.argument(0).unwrap_or_default());
        }
    }
}

/// Whether a comparison with the version holds: `>= 2.4`.
fn version(text: &str) -> Option<bool> {
    let mut words = text.split_whitespace();
    let (operator, number) = match (words.next()?, words.next()) {
        (operator, Some(number)) => (operator, number),
        (number, None) => ("=", number),
    };
    let parts: Option<Vec<u32>> = number.split('.').map(|it| it.parse().ok()).collect();
    let mut wanted = [0_u32; 3];
    wanted.iter_mut().zip(&parts?).for_each(|(slot, part)| *slot = *part);
    Some(match operator {
        "=" | "==" => VERSION == wanted,
        ">" => VERSION > wanted,
        ">=" => VERSION >= wanted,
        "<" => VERSION < wanted,
        "<=" => VERSION <= wanted,
        _ => return None,
    })
}

/// A directive as one line, with all that it encloses.
pub(super) fn rendered(directive: &Directive) -> String {
    let Some(inner) = &directive.section else { return format!("{};", head(directive)) };
    let mut text = format!("<{}>", head(directive));
    for it in inner {
        let _ = write!(text, " {}", rendered(it));
    }
    text + " </>"
}

/// A directive's name and arguments.
pub(super) fn head(directive: &Directive) -> String {
    let words = std::iter::once(&directive.name).chain(&directive.arguments);
    words.map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ")
}

/// The text of a section that says nothing but `Require`, and of which all paths can be told that it
/// is for.
pub(super) fn plain(directive: &Directive) -> Option<Arc<Plain>> {
    let name = directive.name.text.to_lowercase();
    let is_known = match name.as_str() {
        "location" | "locationmatch" | "files" | "filesmatch" => true,
        "directory" => {
            !directive.arguments.iter().any(|it| has_wildcards(&it.text) || it.text == "~")
        }
        _ => false,
    };
    if !is_known || !directive.inner().iter().all(requires) {
        return None;
    }
    Some(Arc::new(Plain { head: head(directive), text: rendered(directive) }))
}

fn requires(directive: &Directive) -> bool {
    let container = ["RequireAll", "RequireAny", "RequireNone"].iter().any(|it| directive.is(it));
    directive.is("Require") || container && directive.inner().iter().all(requires)
}

/// Where a directive stands: in which kind of section (none in a server), of which name.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) kind: &'static str,
    pub(super) name: &'a str,
    pub(super) htaccess: bool,
}

pub(super) struct Reader<'e> {
    pub(super) expanded: &'e Expanded,
    pub(super) modules: Modules,
    pub(super) findings: Vec<Finding>,
    /// All that sets variables which conditions may ask for.
    pub(super) environment: String,
    /// `<AuthzProviderAlias>`: what stands for which provider, with the definition.
    pub(super) provider_aliases: BTreeMap<String, (String, String)>,
    pub(super) group_files: BTreeSet<String>,
    pub(super) users: crate::web::Users,
    pub(super) htaccess: Vec<ReadHtaccess>,
    /// Methods that `<Limit>` has made known.
    pub(super) methods: BTreeSet<String>,
    /// Where the directives stand in a `.htaccess` that are passed over.
    pub(super) passed_over: BTreeSet<(usize, u32)>,
}

impl<'e> Reader<'e> {
    fn new(expanded: &'e Expanded, modules: Modules) -> Self {
        let mut reader = Self {
            expanded,
            modules,
            findings: Vec::new(),
            environment: String::new(),
            provider_aliases: BTreeMap::new(),
            group_files: BTreeSet::new(),
            users: BTreeMap::new(),
            htaccess: Vec::new(),
            methods: BTreeSet::new(),
            passed_over: BTreeSet::new(),
        };
        reader.gather(&expanded.directives);
        reader
    }

    /// Notes what may change the meaning of directives elsewhere.
    fn gather(&mut self, directives: &[Directive]) {
        for directive in directives {
            if ENVIRONMENT.iter().any(|name| directive.is(name)) {
                self.environment.push_str(&rendered(directive));
            }
            if directive.is("AuthzProviderAlias")
                && let [provider, name, ..] = directive.arguments.as_slice()
            {
                let definition = (provider.text.to_lowercase(), rendered(directive));
                self.provider_aliases.insert(name.text.to_lowercase(), definition);
            }
            self.gather(directive.inner());
        }
    }

    /// What stands at a directive.
    pub(super) fn at(&self, directive: &Directive, place: &Place<'_>) -> At {
        Arc::new(Ground {
            location: location(&self.expanded.files, directive),
            kind: if place.kind.is_empty() { "server" } else { place.kind },
            name: place.name.into(),
            text: head(directive).into(),
        })
    }

    /// What stands at a condition that is not modelled.
    #[expect(clippy::unused_self, reason = "a method as those of other directives are")]
    pub(super) fn ground(&self, opaque: &Opaque) -> At {
        Arc::new(Ground {
            location: opaque.location.clone(),
            kind: "server",
            name: "".into(),
            text: Arc::clone(&opaque.what),
        })
    }

    /// A condition that is not modelled.
    pub(super) fn opaque(&self, directive: &Directive, what: &str) -> Opaque {
        Opaque {
            what: what.into(),
            key: format!("{what} {}", rendered(directive)).into(),
            location: location(&self.expanded.files, directive),
        }
    }

    /// Notes something that httpd refuses.
    pub(super) fn refuse(&mut self, directive: &Directive, message: impl Into<String>) {
        let location = location(&self.expanded.files, directive);
        self.findings.push(Finding::new(rules::INVALID, Severity::Error, location, message.into()));
    }

    /// The same, with what can be done.
    pub(super) fn refuse_with(&mut self, directive: &Directive, message: &str, help: &str) {
        let location = location(&self.expanded.files, directive);
        let finding = Finding::new(rules::INVALID, Severity::Error, location, message);
        self.findings.push(finding.help(help));
    }

    /// Whether a directive is one that may stand here; says so if not.
    pub(super) fn known(&mut self, directive: &Directive, place: &Place<'_>) -> bool {
        let written = directive.name.text.as_str();
        let section = directive.section.is_some();
        let name = if section { format!("<{written}") } else { written.to_owned() };
        let Known::Here(entry) = known(&name) else {
            return match known(&name) {
                Known::Not => {
                    self.unknown(directive, &name);
                    false
                }
                _ => true,
            };
        };
        if !self.modules.has(entry.module) {
            let location = location(&self.expanded.files, directive);
            let message =
                format!("`{written}` is of the module `{}`, which is not loaded", entry.module);
            let rule = rules::UNKNOWN_DIRECTIVE;
            self.findings.push(Finding::new(rule, Severity::Error, location, message));
            return false;
        }
        let inside = !place.kind.is_empty();
        let fits = match entry.place {
            'd' => inside,
            's' => !inside,
            _ => true,
        };
        if !fits {
            let where_ = if inside { format!("`<{}>`", place.kind) } else { "a server".to_owned() };
            self.refuse(directive, format!("`{written}` is not allowed in {where_}"));
        } else if place.htaccess && entry.classes == "-" {
            self.refuse(directive, format!("`{written}` is not allowed in `.htaccess`"));
        }
        fits
    }

    fn unknown(&mut self, directive: &Directive, name: &str) {
        let location = location(&self.expanded.files, directive);
        let message = format!("unknown directive `{name}`");
        let finding = Finding::new(rules::UNKNOWN_DIRECTIVE, Severity::Error, location, message);
        let help = match nearest(name, names()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "httpd refuses it unless a module brings it".to_owned(),
        };
        self.findings.push(finding.help(help));
    }

    /// An expression as it is compiled without options.
    pub(super) fn expression(&self, text: &str, caseless: bool) -> Result<Pattern, String> {
        if self.expanded.directives.iter().any(|it| it.is("RegexDefaultOptions")) {
            return Err("`RegexDefaultOptions`".to_owned());
        }
        Pattern::read_whole(text, caseless)
    }

    /// An expression on paths of URLs.
    pub(super) fn url_pattern(&self, directive: &Directive, text: &str) -> Matcher {
        match self.expression(text, false) {
            Ok(pattern) => Matcher::Pattern(pattern),
            Err(why) => {
                let what = format!("whether the path matches `{text}` ({why})");
                let mut opaque = self.opaque(directive, &what);
                opaque.key = what.into();
                Matcher::Opaque(opaque)
            }
        }
    }

    /// What `<Files>` is for: names of files.
    pub(super) fn file_matcher(&mut self, directive: &Directive) -> Option<Matcher> {
        let (tilde, text) = match directive.arguments.as_slice() {
            [first, second] if first.text == "~" => (true, second.text.as_str()),
            [only] => (false, only.text.as_str()),
            _ => {
                self.refuse(directive, format!("`<{}>` takes a name", directive.name.text));
                return None;
            }
        };
        let expression = tilde || directive.is("FilesMatch");
        let read = if expression {
            self.expression(text, false)
        } else {
            Pattern::read(&wildcards(text, true), false)
        };
        // All names of all parts of a path are asked about.
        let usable = read.and_then(|it| it.in_part(true).and(it.in_part(false)).map(|_| it));
        Some(match usable {
            Ok(pattern) => Matcher::Pattern(pattern),
            Err(why) => {
                let what = format!("whether the name of the file matches `{text}` ({why})");
                let mut opaque = self.opaque(directive, &what);
                opaque.key = what.into();
                Matcher::Opaque(opaque)
            }
        })
    }
}

/// Whether a text has wildcards.
pub(super) fn has_wildcards(text: &str) -> bool {
    text.contains(['*', '?', '['])
}

/// The expression of a text with wildcards; `*`, `?` and `[!a]` match a slash only if that is said.
/// Where they do not, no part of a path is empty but the last.
pub(super) fn wildcards(text: &str, slash: bool) -> String {
    let any = if slash { "(?:.|\\n)" } else { "[^/]" };
    let mut out = "^".to_owned();
    let mut chars = text.chars().peekable();
    let mut last = None;
    while let Some(next) = chars.next() {
        match next {
            '*' => {
                while chars.next_if_eq(&'*').is_some() {}
                out.push_str(any);
                let whole = !slash && last == Some('/') && chars.peek() == Some(&'/');
                out.push(if whole { '+' } else { '*' });
            }
            '?' => out.push_str(any),
            '[' => {
                // Up to the closing bracket, which may stand first.
                let mut class = String::new();
                while let Some(&it) = chars.peek() {
                    if it == ']' && !class.is_empty() && class != "^" {
                        break;
                    }
                    chars.next();
                    class.push(if it == '!' && class.is_empty() { '^' } else { it });
                }
                chars.next();
                if !slash && class.starts_with('^') {
                    class.insert(1, '/');
                }
                let _ = write!(out, "[{class}]");
            }
            '\\' => {
                let _ = write!(out, "\\{}", chars.next().unwrap_or('\\'));
            }
            _ if next.is_ascii_alphanumeric() || !next.is_ascii() || next == '_' => out.push(next),
            _ => {
                let _ = write!(out, "\\{next}");
            }
        }
        last = Some(next);
    }
    out.push_str("\\z");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_are_expressions() {
        for (text, slash, yes, no) in [
            ("a*.b?", false, "ax.bc", "a/.bc"),
            ("a*", true, "a/b", "b"),
            ("[ab]c.", false, "bc.", "cc."),
            ("[!a]", false, "b", "a"),
            ("a[!b]c", false, "axc", "a/c"),
            ("/*/b", false, "/a/b", "//b"),
            ("/**", false, "/", "/a/b"),
            (".ht*", true, ".htaccess", "xhtaccess"),
        ] {
            let pattern = Pattern::read(&wildcards(text, slash), false).unwrap();
            assert!(pattern.is_found_in(yes.as_bytes()), "{text}");
            assert!(!pattern.is_found_in(no.as_bytes()), "{text}");
        }
    }

    #[test]
    fn versions_are_compared() {
        for (text, holds) in [
            (">= 2.4", Some(true)),
            ("< 2.4", Some(false)),
            ("2.4.71", Some(true)),
            ("> 2.4.71", Some(false)),
            ("~ 2", None),
        ] {
            assert_eq!(version(text), holds, "{text}");
        }
    }
}
