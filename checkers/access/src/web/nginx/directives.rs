//! The directives of nginx 1.22 as Debian builds it, and where each may stand.

use std::collections::BTreeMap;
use std::sync::OnceLock;

/// One directive a line, with its contexts as letters: see [`Context`].
const TABLE: &str = include_str!("directives.txt");

/// Where a directive stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Context {
    Main,
    Http,
    Server,
    Location,
    /// `if` in a location.
    If,
    /// `if` in a server.
    ServerIf,
    LimitExcept,
}

impl Context {
    const fn letter(self) -> char {
        match self {
            Self::Main => 'm',
            Self::Http => 'h',
            Self::Server => 's',
            Self::Location => 'l',
            Self::If => 'i',
            Self::ServerIf => 'j',
            Self::LimitExcept => 'x',
        }
    }

    /// The name in messages.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Main => "the main context",
            Self::Http => "`http`",
            Self::Server => "`server`",
            Self::Location => "`location`",
            Self::If | Self::ServerIf => "`if`",
            Self::LimitExcept => "`limit_except`",
        }
    }
}

/// What is known of a directive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// It may stand there.
    Here,
    /// It may stand elsewhere.
    Elsewhere,
    /// It is of a module that is not in Debian's build, and has its say on access.
    Decides,
    /// It is of a module that is not in Debian's build, and has none.
    Foreign,
    /// It is not known.
    Not,
}

/// Beginnings of the names of directives of other modules that decide who gets in, or run programs
/// that may.
const DECIDING: [&str; 13] = [
    "access_by_",
    "auth_",
    "rewrite_by_",
    "set_by_",
    "js_",
    "perl",
    "modsecurity",
    "naxsi",
    "SecRule",
    "BasicRule",
    "CheckRule",
    "server_rewrite_by_",
    "njs_",
];

/// Beginnings of those of other modules that do not.
const FOREIGN: [&str; 24] = [
    "lua_",
    "content_by_",
    "header_filter_by_",
    "body_filter_by_",
    "log_by_",
    "init_by_",
    "init_worker_by_",
    "exit_worker_by_",
    "balancer_by_",
    "ssl_certificate_by_",
    "brotli",
    "more_set_",
    "more_clear_",
    "vhost_traffic_",
    "zstd",
    "pagespeed",
    "passenger_",
    "geoip2",
    "otel_",
    "opentracing",
    "headers_more",
    "nchan_",
    "http3",
    "quic_",
];

fn table() -> &'static BTreeMap<&'static str, &'static str> {
    static DIRECTIVES: OnceLock<BTreeMap<&str, &str>> = OnceLock::new();
    DIRECTIVES.get_or_init(|| TABLE.lines().filter_map(|line| line.split_once(' ')).collect())
}

/// What is known of a directive in a context.
pub(super) fn known(name: &str, context: Context) -> Known {
    let begins = |known: &&&str| name.starts_with(**known);
    match table().get(name) {
        Some(contexts) if contexts.contains(context.letter()) => Known::Here,
        Some(_) => Known::Elsewhere,
        None if DECIDING.iter().any(|it| begins(&it)) => Known::Decides,
        None if FOREIGN.iter().any(|it| begins(&it)) => Known::Foreign,
        // `http2 on` came after 1.22.
        None if name == "http2" => Known::Foreign,
        None => Known::Not,
    }
}

/// The names of all directives of the table.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    table().keys().copied()
}
