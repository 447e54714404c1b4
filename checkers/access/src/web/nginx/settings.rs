//! What is in force at a level: what it says itself, and what it inherits.

use std::net::IpAddr;
use std::sync::Arc;

use seatrial_core::{Finding, Severity};
use seatrial_parse::nginx::{Block, Directive};

use super::directives::{Context, Known};
use super::model::{ErrorPage, Goal, Root, Rule, Rules, Settings, TryFiles};
use super::read::{Reader, Scope, head};
use super::rules;
use crate::network::AddressSet;
use crate::web::condition::Opaque;

/// What answers in place of files.
const HANDLERS: [&str; 13] = [
    "proxy_pass",
    "fastcgi_pass",
    "uwsgi_pass",
    "scgi_pass",
    "grpc_pass",
    "memcached_pass",
    "empty_gif",
    "stub_status",
    "flv",
    "mp4",
    "content_by_lua",
    "content_by_lua_file",
    "content_by_lua_block",
];

/// Those of them that make a location whose name ends in a slash answer requests without it.
pub(super) const REDIRECTING: [&str; 6] =
    ["proxy_pass", "fastcgi_pass", "uwsgi_pass", "scgi_pass", "grpc_pass", "memcached_pass"];

/// Variables that say something of the file system or of a path, but nothing of access.
const STRUCTURE: [&str; 5] = ["location", "if", "limit_except", "server", "http"];

impl Reader<'_> {
    /// The settings of a level.
    pub(super) fn settings(
        &mut self,
        directives: &[Directive],
        scope: Scope<'_>,
        outer: &Settings,
    ) -> Settings {
        let mut settings = outer.clone();
        // What a level says of these replaces all that it would inherit.
        let mut rules = Rules::default();
        let mut error_pages = Vec::new();
        let mut real_ip: Option<(AddressSet, &Directive)> = None;
        for directive in directives {
            let known = self.known(directive, scope.context);
            if known == Known::Decides || known == Known::Not {
                self.unmodelled(directive, known, scope.context, &mut settings);
                continue;
            }
            if known != Known::Here && known != Known::Foreign {
                continue;
            }
            match directive.name.text.as_str() {
                "allow" | "deny" => rules.rules.extend(self.rule(directive, scope)),
                "include" => settings.unread = Some(self.unread(directive)),
                "error_page" => error_pages.extend(self.error_page(directive, scope)),
                "set_real_ip_from" => {
                    let text = directive.argument(0).unwrap_or_default();
                    let more = addresses(text).unwrap_or_else(AddressSet::all);
                    let known = real_ip.take().map_or_else(AddressSet::none, |it| it.0);
                    real_ip = Some((AddressSet::of([&known, &more]), directive));
                }
                _ => self.setting(directive, scope, &mut settings),
            }
        }
        if !rules.rules.is_empty() {
            settings.rules = Arc::new(rules);
        }
        if !error_pages.is_empty() {
            settings.error_pages = Arc::new(error_pages);
        }
        if let Some((addresses, directive)) = real_ip {
            let what = "the address of the client that a header names";
            settings.real_ip = Some((addresses, self.opaque(directive, what)));
        }
        settings
    }

    /// An `include` of a file that cannot be looked at.
    fn unread(&mut self, directive: &Directive) -> Opaque {
        let file = directive.argument(0).unwrap_or_default();
        let opaque = self.opaque(directive, &format!("what the included `{file}` holds"));
        let message =
            format!("`{file}` is not among the files, so that it is not known what it holds");
        let location = opaque.location.clone();
        let finding = Finding::new(rules::UNREAD_INCLUDE, Severity::Warning, location, message);
        self.findings.push(finding.help("put it where it is looked for, beside the main file"));
        opaque
    }

    /// What a directive that is not modelled may decide.
    fn unmodelled(
        &mut self,
        directive: &Directive,
        known: Known,
        context: Context,
        settings: &mut Settings,
    ) {
        let name = &directive.name.text;
        // Definitions of variables and of programs decide nothing by themselves.
        let passive = [
            "auth_request_set",
            "js_import",
            "js_path",
            "js_var",
            "js_set",
            "perl_set",
            "perl_modules",
            "perl_require",
            "js_content",
            "set_by_",
        ];
        if passive.iter().any(|it| name.starts_with(it)) || context == Context::Main {
            return;
        }
        if known == Known::Decides && name.ends_with("_by_lua") && directive.arguments.is_empty() {
            return;
        }
        let opaque = self.opaque(directive, &format!("what `{name}` decides"));
        settings.unmodelled.push(opaque);
    }

    fn setting(&mut self, directive: &Directive, scope: Scope<'_>, settings: &mut Settings) {
        let first = directive.argument(0);
        let name = directive.name.text.as_str();
        match (name, first) {
            _ if STRUCTURE.contains(&name) => {}
            ("internal", None) => settings.internal = Some(self.at(directive, scope)),
            ("stub_status" | "empty_gif" | "flv" | "mp4", _) => {
                self.handler(directive, scope, settings);
            }
            ("auth_basic", Some("off")) => (settings.realm, settings.dynamic_realm) = (None, None),
            ("auth_basic", Some(realm)) => {
                settings.realm = Some(self.at(directive, scope));
                let dynamic = realm.contains('$');
                let what = format!("whether `{realm}` is `off`");
                settings.dynamic_realm = dynamic.then(|| self.opaque(directive, &what));
            }
            ("auth_basic_user_file", Some(file)) => settings.user_file = Some(file.into()),
            ("auth_request", Some("off")) => settings.auth_request = None,
            ("auth_request", Some(path)) => {
                settings.auth_request = Some((path.to_owned(), self.at(directive, scope)));
            }
            ("satisfy", Some("any")) => settings.satisfy_any = Some(self.at(directive, scope)),
            ("satisfy", Some("all")) => settings.satisfy_any = None,
            ("satisfy", Some(other)) => {
                self.refuse(directive, format!("`{other}` is neither `any` nor `all`"));
            }
            ("root", Some(path)) => {
                let at = self.at(directive, scope);
                settings.root = Some(Root { path: path.to_owned(), alias: None, at });
            }
            ("alias", Some(path)) => {
                let at = self.at(directive, scope);
                let length = scope.name.trim_start_matches("^~ ").trim_start_matches("= ").len();
                settings.root = Some(Root { path: path.to_owned(), alias: Some(length), at });
            }
            ("index", Some(_)) => {
                let names = directive.arguments.iter().map(|word| word.text.clone());
                settings.index = Arc::new(names.collect());
            }
            _ if HANDLERS.contains(&name) => self.handler(directive, scope, settings),
            (
                "auth_basic"
                | "auth_basic_user_file"
                | "auth_request"
                | "satisfy"
                | "alias"
                | "root",
                None,
            ) => {
                self.refuse(directive, format!("`{name}` lacks its argument"));
            }
            _ => {}
        }
    }

    fn handler(&mut self, directive: &Directive, scope: Scope<'_>, settings: &mut Settings) {
        let lua = matches!(directive.block, Some(Block::Lua));
        let text = if lua { directive.name.text.clone() } else { head(directive) };
        settings.handler = Some((text.into(), self.at(directive, scope)));
    }

    fn rule(&mut self, directive: &Directive, scope: Scope<'_>) -> Option<Rule> {
        let [word] = directive.arguments.as_slice() else {
            self.refuse(directive, format!("`{}` takes one argument", directive.name.text));
            return None;
        };
        let (addresses, unix) = match word.text.as_str() {
            "all" => (AddressSet::all(), true),
            "unix:" => (AddressSet::none(), true),
            text => match addresses(text) {
                Some(addresses) => (addresses, false),
                None => {
                    self.refuse(directive, format!("`{text}` is no address and no block of them"));
                    return None;
                }
            },
        };
        let allow = directive.name.text == "allow";
        Some(Rule { allow, addresses, unix, at: self.at(directive, scope) })
    }

    fn error_page(&mut self, directive: &Directive, scope: Scope<'_>) -> Option<ErrorPage> {
        let (page, codes) = directive.arguments.split_last()?;
        let mut statuses = Vec::new();
        let mut replaces = false;
        for word in codes {
            match word.text.strip_prefix('=') {
                Some(_) => replaces = true,
                None => match word.text.parse() {
                    Ok(status) if (300..=599).contains(&status) => statuses.push(status),
                    _ => {
                        self.refuse(directive, format!("`{}` is no status of an error", word.text));
                    }
                },
            }
        }
        let at = self.at(directive, scope);
        let opaque = self.opaque(directive, &format!("what `{}` answers", head(directive)));
        Some(ErrorPage { statuses, replaces, page: page.text.clone(), at, opaque })
    }

    pub(super) fn try_files(
        &mut self,
        directive: &Directive,
        scope: Scope<'_>,
    ) -> Option<TryFiles> {
        let Some((last, files)) = directive.arguments.split_last().filter(|(_, it)| !it.is_empty())
        else {
            self.refuse(directive, "`try_files` takes two arguments at least");
            return None;
        };
        let last = match last.text.strip_prefix('=') {
            Some(status) => match status.parse() {
                Ok(status) => Goal::Status(status),
                Err(_) => {
                    self.refuse(directive, format!("`{status}` is no status"));
                    return None;
                }
            },
            None => self.goal(directive, &last.text),
        };
        let files = files.iter().map(|word| word.text.clone()).collect();
        Some(TryFiles { files, last, at: self.at(directive, scope) })
    }

    /// Where a path with variables leads inside of the server.
    pub(super) fn goal(&self, directive: &Directive, text: &str) -> Goal {
        if text.starts_with('@') {
            return Goal::Named(text.to_owned());
        }
        // A query does not choose locations.
        let text = text.split('?').next().unwrap_or_default();
        let text = text.split("$is_args").next().unwrap_or_default();
        let behind =
            ["$uri", "${uri}", "$document_uri"].iter().find_map(|it| text.strip_prefix(it));
        match behind {
            Some(suffix) if !suffix.contains('$') => Goal::Behind(suffix.to_owned()),
            None if !text.contains('$') => Goal::Path(text.to_owned()),
            _ => Goal::Opaque(self.opaque(directive, &format!("where `{text}` leads"))),
        }
    }
}

/// An address or a block of them, of which the bits behind the prefix do not count.
fn addresses(text: &str) -> Option<AddressSet> {
    let (address, bits) = match text.split_once('/') {
        None => return text.parse().ok().map(AddressSet::one),
        Some((address, bits)) => (address.parse::<IpAddr>().ok()?, bits.parse::<u32>().ok()?),
    };
    match address {
        IpAddr::V4(address) if bits <= 32 => {
            let host = u32::MAX.checked_shr(bits).unwrap_or(0);
            let first = u32::from(address) & !host;
            Some(AddressSet::span(IpAddr::V4(first.into()), IpAddr::V4((first | host).into())))
        }
        IpAddr::V6(address) if bits <= 128 => {
            let host = u128::MAX.checked_shr(bits).unwrap_or(0);
            let first = u128::from(address) & !host;
            Some(AddressSet::span_v6(first, first | host))
        }
        _ => None,
    }
}

/// Whether requests that lack the slash at the end of a location's name are sent there.
pub(super) fn redirects(server: &super::model::Server, level: usize) -> bool {
    let handler = server.levels.get(level).and_then(|level| level.settings.handler.as_ref());
    handler.is_some_and(|(text, _)| {
        REDIRECTING.iter().any(|name| text.split(' ').next() == Some(name))
    })
}
