//! A configuration of httpd: sites, and sections with what each says itself.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

use seatrial_core::{Finding, SourceFile};

use super::methods::Methods;
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
    /// The main server, then the virtual hosts in order.
    pub sites: Vec<Site>,
    /// Where it listens.
    pub endpoints: BTreeSet<Endpoint>,
    /// What httpd refuses.
    pub findings: Vec<Finding>,
    /// The users of files of users of which the content is known.
    pub users: Users,
    /// The files of groups that are asked about.
    pub group_files: BTreeSet<String>,
}

/// The main server or a virtual host, with all that it inherits.
#[derive(Clone, Debug)]
pub struct Site {
    /// The addresses of a virtual host.
    pub addresses: Vec<SiteAddress>,
    /// `ServerName` and `ServerAlias`.
    pub names: Vec<HostName>,
    /// Whether slashes that follow one another are one.
    pub merge_slashes: bool,
    /// What becomes of `%2f`.
    pub encoded_slashes: EncodedSlashes,
    /// Whether TRACE is answered.
    pub trace: bool,
    /// Whether it speaks TLS.
    pub tls: bool,
    /// From where addresses of clients are taken out of a header.
    pub remote_ip: Option<(AddressSet, Opaque)>,
    /// `RewriteRule` of the server.
    pub rewrites: Vec<Rewrite>,
    /// `Redirect` of the server.
    pub redirects: Vec<Redirect>,
    /// From paths to files or other servers, the first that fits; the document root is the last.
    pub maps: Vec<Map>,
    /// Where in `directories` those are that name one by its text.
    pub by_directory: BTreeMap<String, Vec<usize>>,
    /// What is in force before any section.
    pub defaults: Arc<Scope>,
    /// `<Directory>` in the order in which they are merged.
    pub directories: Vec<Section>,
    /// `.htaccess`, by the directory with a slash at the end.
    pub htaccess: BTreeMap<String, Htaccess>,
    /// `<Location>`, in order.
    pub locations: Vec<Section>,
    /// `<Proxy>`, in order.
    pub proxies: Vec<Section>,
    /// The text of all that decides, without the sections that are [`Plain`].
    pub frame: Arc<str>,
    /// What tells paths apart.
    pub tests: SiteTests,
    /// Whether a request by the same merged sections as one that was let in is let in unasked, too;
    /// `None` where that depends on modules which are not known.
    pub asks_once: Option<bool>,
    /// Where it stands.
    pub at: At,
    /// Its text with all that it inherits and uses.
    pub text: Arc<str>,
}

/// What tells the paths of a site apart.
#[derive(Clone, Debug, Default)]
pub struct SiteTests {
    /// Texts that paths may begin with.
    pub prefixes: BTreeSet<Vec<u8>>,
    /// Texts that paths may be.
    pub exact: BTreeSet<Vec<u8>>,
    /// Expressions that may be found in them.
    pub patterns: Vec<Pattern>,
    /// Expressions that may be found in names of files.
    pub names: Vec<Pattern>,
    /// Whether there are conditions on names of files that are not modelled.
    pub opaque_names: bool,
    /// Which sections for directories are not for one by its text.
    pub by_expression: Vec<usize>,
    /// Which sections are for paths by their text.
    pub by_path: BTreeMap<Vec<u8>, Vec<usize>>,
    /// Which other sections for paths there are.
    pub other_paths: Vec<usize>,
    /// Whether a section for paths decides before files are sought.
    pub early: bool,
    /// Names of files that directories are served by.
    pub indexes: BTreeSet<String>,
    /// Methods that are told apart.
    pub methods: BTreeSet<String>,
}

/// An address of a virtual host; what is missing is any.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SiteAddress {
    /// The address.
    pub address: Option<IpAddr>,
    /// The port.
    pub port: Option<u16>,
    /// The host as it is written.
    pub written: String,
}

/// A name of a site.
#[derive(Clone, Debug)]
pub enum HostName {
    /// This name, in lower case.
    Exact(String),
    /// A name with wildcards.
    Pattern(Pattern),
}

/// `AllowEncodedSlashes`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EncodedSlashes {
    /// Such requests are answered with 404.
    #[default]
    Off,
    /// They are slashes.
    On,
    /// They stay as they are written.
    NoDecode,
}

/// What a section is for.
#[derive(Clone, Debug)]
pub enum Matcher {
    /// A path or a directory by its text; a directory ends in a slash.
    Literal(String),
    /// An expression: found anywhere in a path; of a text with wildcards, the whole of it.
    Pattern(Pattern),
    /// A path with wildcards: the whole of it, whatever is said of slashes that follow one another.
    Wildcards(Pattern),
    /// A directory with wildcards: how many slashes it has, the whole path of the directory, and
    /// the same without its slash.
    Glob(usize, Box<[Pattern; 2]>),
    /// A directory with wildcards that are not modelled.
    OpaqueGlob(Opaque),
    /// Not modelled.
    Opaque(Opaque),
}

/// A section.
#[derive(Clone, Debug)]
pub struct Section {
    /// What it is for.
    pub what: Matcher,
    /// What it says.
    pub scope: Arc<Scope>,
    /// Where it stands.
    pub at: At,
    /// Its text, if it says nothing but `Require`.
    pub plain: Option<Arc<Plain>>,
}

/// The text of a section of a server that says who is let in, and nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plain {
    /// What it is for.
    pub head: String,
    /// All of it.
    pub text: String,
}

/// `.htaccess` of a directory: what it says under each `AllowOverride` that there is, or the directive
/// that is not allowed there.
#[derive(Clone, Debug)]
pub struct Htaccess {
    /// The first directive that may refuse somebody.
    pub first: Option<At>,
    /// By what may be overridden.
    pub under: BTreeMap<Override, Result<Arc<Scope>, At>>,
}

/// `AllowOverride` and `AllowOverrideList`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Override {
    /// The classes, as letters: `A`uthConfig, `F`ileInfo, `I`ndexes, `L`imit, `O`ptions. What is
    /// not allowed is passed over with `n`, and what is not known with `u`.
    pub classes: BTreeSet<char>,
    /// Directives by their names, in lower case.
    pub names: BTreeSet<String>,
    /// Whether nothing was said: then files are read, and may say nothing.
    pub unsaid: bool,
}

impl Override {
    /// What `AllowOverride`, if anything, and `AllowOverrideList` say.
    pub fn of(classes: Option<&BTreeSet<char>>, names: &BTreeSet<String>) -> Self {
        let (unsaid, classes) = (classes.is_none(), classes.cloned().unwrap_or_default());
        Self { classes, names: names.clone(), unsaid }
    }

    /// Whether `.htaccess` files are read at all.
    pub fn reads(&self) -> bool {
        self.unsaid || !self.classes.is_empty() || !self.names.is_empty()
    }

    /// Whether a directive of one of these classes (`*`: of any) may be said.
    pub fn allows(&self, classes: &str) -> bool {
        let mut allowed = self.classes.iter().filter(|it| it.is_uppercase());
        allowed.any(|class| classes == "*" || classes.contains(*class))
    }

    /// Whether a directive that is not allowed is passed over.
    pub fn skips_forbidden(&self) -> bool {
        self.classes.contains(&'n')
    }

    /// Whether a directive that is not known is passed over.
    pub fn skips_unknown(&self) -> bool {
        self.classes.contains(&'u')
    }
}

/// What `Options` says of symbolic links: whether they are followed, and whether only those of the
/// same owner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Links {
    /// `FollowSymLinks`.
    pub follow: Option<bool>,
    /// `SymLinksIfOwnerMatch`.
    pub owner: Option<bool>,
}

impl Links {
    /// This with what is said later.
    #[must_use]
    pub const fn then(self, later: Self) -> Self {
        let follow = if later.follow.is_some() { later.follow } else { self.follow };
        let owner = if later.owner.is_some() { later.owner } else { self.owner };
        Self { follow, owner }
    }

    /// Whether httpd looks at no part of a path, as all links are followed.
    pub fn unseen(self) -> bool {
        self.follow.unwrap_or(true) && !self.owner.unwrap_or(false)
    }
}

/// What a section says; `None` where it says nothing.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// `Require`.
    pub authz: Authz,
    /// `Order`, `Allow`, `Deny` and `Satisfy`.
    pub compat: Option<Arc<Compat>>,
    /// Who a user is.
    pub authn: Authn,
    /// `AllowMethods`.
    pub methods: Option<(Option<Methods>, At)>,
    /// `<Files>` in it.
    pub files: Vec<Arc<Section>>,
    /// `<If>` in it, each with those that are its alternatives.
    pub ifs: Vec<Arc<Vec<Alternative>>>,
    /// `AllowOverride`.
    pub overrides: Option<BTreeSet<char>>,
    /// `Options`, on symbolic links.
    pub links: Links,
    /// `AllowOverrideList`.
    pub override_list: Option<BTreeSet<String>>,
    /// `SetHandler`, unless it is `none`.
    pub handler: Option<Option<String>>,
    /// `DirectoryIndex`.
    pub index: Option<Vec<String>>,
    /// `FallbackResource`, unless it is `disabled`.
    pub fallback: Option<Option<String>>,
    /// `Redirect` with a path.
    pub redirects: Vec<Arc<Redirect>>,
    /// `Redirect` of all that the section is for.
    pub redirect: Option<Arc<Redirect>>,
    /// `ProxyPass` of all that the section is for.
    pub proxy: Option<(String, At)>,
    /// `RewriteEngine`.
    pub rewriting: Option<bool>,
    /// `RewriteRule`; there are some, or there is another directive of rewriting.
    pub rewrites: Option<Arc<Vec<Rewrite>>>,
    /// What decides on access and is not modelled.
    pub unmodelled: Vec<Opaque>,
    /// What decides before files are sought and is not modelled.
    pub mapping: Vec<Opaque>,
}

/// `<If>`, `<ElseIf>` or `<Else>`.
#[derive(Clone, Debug)]
pub struct Alternative {
    /// When; always for `<Else>`.
    pub test: Option<Opaque>,
    /// What it says.
    pub scope: Arc<Scope>,
}

/// `Require` and how it is merged.
#[derive(Clone, Debug, Default)]
pub struct Authz {
    /// What is required.
    pub section: Option<Arc<Node>>,
    /// `AuthMerging`.
    pub merging: Option<Merging>,
    /// `AuthzSendForbiddenOnFailure`.
    pub forbidden: Option<bool>,
}

/// `AuthMerging`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Merging {
    /// What a later section requires replaces what an earlier one does.
    Off,
    /// Both are required.
    And,
    /// One of them is.
    Or,
}

/// A condition of authorization.
#[derive(Clone, Debug)]
pub struct Node {
    /// The methods that it is for.
    pub limited: Methods,
    /// Whether it is the contrary.
    pub negate: bool,
    /// What it is.
    pub what: What,
    /// Where it stands.
    pub at: At,
}

/// What is required.
#[derive(Clone, Debug)]
pub enum What {
    /// All of these (`true`) or any of them.
    Section(bool, Vec<Arc<Node>>),
    /// `Require` of something.
    Provider(Provider),
}

/// `Require` of something.
#[derive(Clone, Debug)]
pub enum Provider {
    /// `all granted` or `all denied`.
    All(bool),
    /// `ip`.
    Ip(AddressSet),
    /// `local`: the machine itself.
    Local,
    /// `method`.
    Method(Methods),
    /// `valid-user`.
    ValidUser,
    /// `user`, in order.
    User(BTreeSet<String>),
    /// `group`, in order.
    Group(BTreeSet<String>),
    /// Not modelled, and whether it is about a user.
    Opaque(Opaque, bool),
}

/// `Order`, `Allow`, `Deny` and `Satisfy`; the later ones of the same methods are in force.
#[derive(Clone, Debug, Default)]
pub struct Compat {
    /// `Order`.
    pub order: Vec<(Methods, Order, At)>,
    /// `Allow from`.
    pub allow: Vec<(Methods, Origin, At)>,
    /// `Deny from`.
    pub deny: Vec<(Methods, Origin, At)>,
    /// `Satisfy`: whether any is enough.
    pub satisfy_any: Vec<(Methods, bool)>,
}

/// `Order`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Denied unless allowed and not denied.
    AllowDeny,
    /// Allowed unless denied and not allowed.
    DenyAllow,
    /// Allowed and not denied.
    MutualFailure,
}

/// Behind `from`.
#[derive(Clone, Debug)]
pub enum Origin {
    /// `all`.
    All,
    /// Addresses.
    Addresses(AddressSet),
    /// Not modelled.
    Opaque(Opaque),
}

/// Who a user is.
#[derive(Clone, Debug, Default)]
pub struct Authn {
    /// `AuthType`, in lower case.
    pub kind: Option<(String, At)>,
    /// Whether there is an `AuthName`.
    pub name: bool,
    /// `AuthUserFile` and its kin; an empty text takes back one that was said before.
    pub users: BTreeMap<String, String>,
    /// `AuthGroupFile`, in the same way.
    pub groups: Option<String>,
    /// `AuthBasicProvider`.
    pub providers: Option<String>,
}

/// `Redirect`, `RedirectMatch`.
#[derive(Clone, Debug)]
pub struct Redirect {
    /// Which paths.
    pub what: Matcher,
    /// With which status.
    pub status: u16,
    /// Where it stands.
    pub at: At,
}

/// From paths to files or other servers.
#[derive(Clone, Debug)]
pub struct Map {
    /// Which paths; the document root is for all.
    pub what: Matcher,
    /// To what.
    pub to: MapTo,
    /// Where it stands.
    pub at: At,
}

/// To what a path leads.
#[derive(Clone, Debug)]
pub enum MapTo {
    /// This text, with what is behind the prefix.
    File(String),
    /// Another server.
    Proxy(String),
    /// Nothing: it goes on with files.
    NoProxy,
    /// Not modelled.
    Opaque(Opaque),
}

/// `RewriteRule` with its `RewriteCond`.
#[derive(Clone, Debug)]
pub struct Rewrite {
    /// Which paths.
    pub test: RewriteTest,
    /// What else must be true.
    pub conditions: Option<Opaque>,
    /// What is done.
    pub action: Action,
    /// Whether it is the last one then.
    pub last: bool,
    /// Where it stands.
    pub at: At,
}

/// Which paths a rule is for.
#[derive(Clone, Debug)]
pub enum RewriteTest {
    /// All.
    Always,
    /// Those in which an expression is found, or is not.
    Pattern(Pattern, bool),
    /// Not modelled.
    Opaque(Opaque),
}

/// What a rule does.
#[derive(Clone, Debug)]
pub enum Action {
    /// Nothing.
    Nothing,
    /// It answers.
    Answer(u16),
    /// It leads elsewhere, which is not modelled.
    Opaque(Opaque),
}
