//! A configuration of nginx as it is in force: what is inherited is in its place.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

use seatrial_core::{Finding, SourceFile};

use crate::network::AddressSet;
use crate::web::condition::{Ground, Opaque, Users};
use crate::web::pattern::Pattern;
use crate::web::request::Endpoint;

/// A place in the text, with what stands there.
pub type At = Arc<Ground>;

/// A configuration.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// The files, the main one first.
    pub files: Vec<Arc<SourceFile>>,
    /// The servers of HTTP, in order.
    pub servers: Vec<Server>,
    /// What nginx refuses, or what has another meaning than it seems.
    pub findings: Vec<Finding>,
    /// The users of files of users of which the content is known.
    pub users: Users,
}

/// A server.
#[derive(Clone, Debug)]
pub struct Server {
    /// Where it listens.
    pub listens: Vec<Listen>,
    /// Its names, in lower case.
    pub names: Vec<ServerName>,
    /// Whether slashes that follow one another are one.
    pub merge_slashes: bool,
    /// What the certificates of clients are checked against, where they are demanded.
    pub client_certificate: Option<Opaque>,
    /// Where the handshake of TLS is refused.
    pub reject_handshake: Option<At>,
    /// The levels: its own first, then those of all its locations.
    pub levels: Vec<Level>,
    /// Named locations.
    pub named: BTreeMap<String, usize>,
    /// Where it stands.
    pub at: At,
    /// Its text with all that it inherits and uses.
    pub text: Arc<str>,
}

/// Where a server listens.
#[derive(Clone, Debug)]
pub struct Listen {
    /// The endpoints.
    pub endpoints: Vec<Endpoint>,
    /// Whether it is the default server there.
    pub default: bool,
    /// Whether it speaks TLS.
    pub tls: bool,
}

/// A name of a server.
#[derive(Clone, Debug)]
pub enum ServerName {
    /// This name; the empty one is that of requests without a host.
    Exact(String),
    /// Names that end in this text, which begins with a dot.
    EndsIn(String),
    /// Names that begin with this text, which ends in a dot.
    BeginsWith(String),
    /// Names in which an expression is found.
    Pattern(Pattern),
    /// An expression that is not modelled.
    Opaque(Opaque),
}

/// A server, a location, an `if` in one, or a `limit_except`: what is in force there.
#[derive(Clone, Debug)]
pub struct Level {
    /// Which requests it is for.
    pub name: Name,
    /// What is in force.
    pub settings: Settings,
    /// The directives of the rewrite phase.
    pub script: Vec<Step>,
    /// The files that are tried.
    pub try_files: Option<TryFiles>,
    /// `limit_except`.
    pub limit: Option<Limit>,
    /// The locations in it.
    pub inner: Locations,
    /// Where it stands.
    pub at: At,
}

/// Which requests a level is for.
#[derive(Clone, Debug)]
pub enum Name {
    /// All: a server, an `if` or a `limit_except`.
    None,
    /// Paths that begin with a text; `^~` keeps expressions from being tried.
    Prefix(String, bool),
    /// This path.
    Exact(String),
    /// Paths in which an expression is found.
    Pattern(Pattern),
    /// An expression that is not modelled.
    Opaque(Opaque),
    /// None but those that are sent to `@name`.
    Named(String),
}

/// Locations of one level, by their positions in the server.
#[derive(Clone, Debug, Default)]
pub struct Locations {
    /// `location = /path`.
    pub exact: BTreeMap<Vec<u8>, usize>,
    /// `location /path` and `location ^~ /path`.
    pub prefix: BTreeMap<Vec<u8>, usize>,
    /// `location ~ expression`, in order.
    pub pattern: Vec<usize>,
}

/// `limit_except`: the methods that it does not concern, and the level of all others.
#[derive(Clone, Debug)]
pub struct Limit {
    /// These methods are not limited.
    pub methods: BTreeSet<String>,
    /// The level of the others.
    pub level: usize,
}

/// Where clients are let in from, and where not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// `allow` and `deny`, in order.
    pub rules: Vec<Rule>,
}

/// `allow` or `deny`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Whether it allows.
    pub allow: bool,
    /// The addresses.
    pub addresses: AddressSet,
    /// Whether it is about sockets in the file system.
    pub unix: bool,
    /// Where it stands.
    pub at: At,
}

/// What is in force at a level.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Rules on addresses.
    pub rules: Arc<Rules>,
    /// `auth_basic`, unless it is off or never said.
    pub realm: Option<At>,
    /// Where the realm is made of variables: it may turn out `off`.
    pub dynamic_realm: Option<Opaque>,
    /// `auth_basic_user_file`.
    pub user_file: Option<Arc<str>>,
    /// `auth_request`, unless it is off or never said.
    pub auth_request: Option<(String, At)>,
    /// `satisfy any`.
    pub satisfy_any: Option<At>,
    /// `error_page`.
    pub error_pages: Arc<Vec<ErrorPage>>,
    /// `internal`.
    pub internal: Option<At>,
    /// `root` or `alias`.
    pub root: Option<Root>,
    /// `index`.
    pub index: Arc<Vec<String>>,
    /// What answers in place of files.
    pub handler: Option<(Arc<str>, At)>,
    /// From where addresses of clients are taken out of headers.
    pub real_ip: Option<(AddressSet, Opaque)>,
    /// What decides on access and is not modelled.
    pub unmodelled: Vec<Opaque>,
    /// An included file that cannot be looked at: anything may stand in it.
    pub unread: Option<Opaque>,
}

/// Where files are.
#[derive(Clone, Debug)]
pub struct Root {
    /// The directory or file.
    pub path: String,
    /// For `alias`: the length of the prefix that it stands for; `None` for `root`.
    pub alias: Option<usize>,
    /// Where it stands.
    pub at: At,
}

/// `error_page`.
#[derive(Clone, Debug)]
pub struct ErrorPage {
    /// The statuses.
    pub statuses: Vec<u16>,
    /// Whether another status is sent.
    pub replaces: bool,
    /// The page.
    pub page: String,
    /// Where it stands.
    pub at: At,
    /// It as a condition, where what it leads to is not modelled.
    pub opaque: Opaque,
}

/// `try_files`.
#[derive(Clone, Debug)]
pub struct TryFiles {
    /// The files, in order.
    pub files: Vec<String>,
    /// What is done if there is none of them.
    pub last: Goal,
    /// Where it stands.
    pub at: At,
}

/// Where a request is sent inside of the server.
#[derive(Clone, Debug)]
pub enum Goal {
    /// An answer with this status.
    Status(u16),
    /// A named location.
    Named(String),
    /// This path.
    Path(String),
    /// The path with something behind it.
    Behind(String),
    /// Something that is not modelled.
    Opaque(Opaque),
}

/// A directive of the rewrite phase.
#[derive(Clone, Debug)]
pub enum Step {
    /// `return`.
    Return {
        /// The status.
        status: u16,
        /// Whether a text is sent with it, so that no error page is.
        text: bool,
        /// Where it stands.
        at: At,
    },
    /// `rewrite`.
    Rewrite {
        /// When.
        test: Test,
        /// To what; `None` is a redirect.
        to: Option<Goal>,
        /// What is done then.
        flag: Flag,
        /// Where it stands.
        at: At,
    },
    /// `set` to a value, if it is one without variables.
    Set(String, Option<String>),
    /// `break`.
    Break,
    /// `if`: in a location, with the level that is then in force.
    If(Test, Option<usize>, Vec<Step>),
    /// Something that may do anything.
    Opaque(Opaque),
}

/// What follows a `rewrite`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flag {
    /// The next directive.
    None,
    /// Another location is sought.
    Last,
    /// The phase is over.
    Break,
}

/// A condition of `if`.
#[derive(Clone, Debug)]
pub enum Test {
    /// The path is this text.
    Path(String),
    /// An expression is found in the path.
    PathMatches(Pattern),
    /// The host is this name.
    Host(String),
    /// An expression is found in the host.
    HostMatches(Pattern),
    /// The method is one of these.
    Method(BTreeSet<String>),
    /// The port is this.
    Port(u16),
    /// The client is here.
    From(IpAddr),
    /// A variable that `set` set is not empty and not `0`.
    Set(String, Opaque),
    /// A variable that `set` set has this value.
    SetTo(String, String, Opaque),
    /// A file exists.
    Exists(String),
    /// The contrary.
    Not(Box<Test>),
    /// Not modelled.
    Opaque(Opaque),
}
