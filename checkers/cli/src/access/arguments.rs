//! The arguments of `seatrial access`.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use seatrial_access::report::{Kind, Which};

#[derive(Debug, Subcommand)]
pub(crate) enum AccessCommand {
    /// Compare two configurations: what is opened, what is closed, or a proof that nothing is.
    Diff(DiffArgs),
    /// Decide one request, and say why.
    Can(CanArgs),
    /// Name all whom a binding lets do something; the members of groups among them are not named.
    WhoCan(WhoCanArgs),
    /// Show what a subject can come to, step by step, by what it may do.
    Reach(ReachArgs),
    /// List the connections that network policies allow.
    Connect(ConnectArgs),
}

/// How a comparison is printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum TableFormat {
    /// For people.
    #[default]
    Full,
    /// For programs.
    Json,
    /// As a table.
    Csv,
    /// For people and browsers: one page that loads nothing.
    Html,
}

/// How an answer is printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum AnswerFormat {
    /// For people.
    #[default]
    Full,
    /// For programs.
    Json,
}

/// How connections are printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum GraphFormat {
    /// For people, one line a connection.
    #[default]
    Full,
    /// For programs.
    Json,
    /// As a table.
    Csv,
    /// For Graphviz.
    Dot,
    /// As a picture.
    Svg,
}

/// A kind of access, as it is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum KindName {
    /// Roles and bindings.
    Rbac,
    /// Network policies of all tiers.
    Network,
    /// Istio's authorization policies.
    Istio,
    /// Validating admission policies.
    Admission,
    /// Configurations of nginx: OLD and NEW are its main file, or a folder with an `nginx.conf`.
    Nginx,
    /// Configurations of Apache httpd: OLD and NEW are its main file, or a folder with an `apache2.conf`
    /// or `httpd.conf`; `.htaccess` files lie below the folder as they do below the root.
    Httpd,
}

impl From<KindName> for Kind {
    fn from(name: KindName) -> Self {
        match name {
            KindName::Rbac => Self::Rbac,
            KindName::Network => Self::Network,
            KindName::Istio => Self::Istio,
            KindName::Admission => Self::Admission,
            KindName::Nginx => Self::Nginx,
            KindName::Httpd => Self::Httpd,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct DiffArgs {
    /// The old configuration: a directory, a file, `-`, or `git:REF[:PATH]`, with paths relative to
    /// the current directory.
    #[arg(value_name = "OLD")]
    pub(crate) old: PathBuf,
    /// The new configuration.
    #[arg(value_name = "NEW")]
    pub(crate) new: PathBuf,
    /// The kind of access to compare; repeatable [default: all that is recognised].
    #[arg(long, value_name = "KIND", value_enum, value_delimiter = ',')]
    pub(crate) kind: Vec<KindName>,
    /// List no more regions than this; all are counted.
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub(crate) limit: usize,
    /// Take no cluster role from the built-in set: what a binding to one that is not stated grants
    /// is then unknown.
    #[arg(long)]
    pub(crate) no_builtin_roles: bool,
    /// How to print the result; repeatable, each with its --output.
    #[arg(long, value_name = "FORMAT", value_enum)]
    pub(crate) output_format: Vec<TableFormat>,
    /// Where to write the result (`-` is standard output); pairs with --output-format by position.
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Vec<PathBuf>,
    /// Exit with 0 where it would be 1 or 3.
    #[arg(long)]
    pub(crate) exit_zero: bool,
}

/// What is asked for.
#[derive(Debug, Args)]
pub(crate) struct ActionArgs {
    /// The verb, such as `get` or `deletecollection`; of a URL, the HTTP method in lower case.
    #[arg(value_name = "VERB")]
    pub(crate) verb: String,
    /// `RESOURCE[.GROUP][/SUBRESOURCE]`, such as `deployments.apps/scale`, or a URL such as
    /// `/healthz`. The group of a resource of Kubernetes' own need not be said.
    #[arg(value_name = "RESOURCE|URL")]
    pub(crate) resource: String,
    #[command(flatten)]
    pub(crate) object: ObjectArgs,
}

/// The object that is asked about.
#[derive(Debug, Args)]
pub(crate) struct ObjectArgs {
    /// The name of the object.
    #[arg(value_name = "NAME", default_value = "")]
    pub(crate) name: String,
    /// The namespace [default: `default`, for what lives in namespaces].
    #[arg(long, short, value_name = "NAMESPACE")]
    pub(crate) namespace: Option<String>,
    /// Across all namespaces.
    #[arg(long, short = 'A', conflicts_with = "namespace")]
    pub(crate) all_namespaces: bool,
}

/// Where roles and bindings are, and where the answer goes.
#[derive(Debug, Args)]
pub(crate) struct AnswerArgs {
    /// The configuration: directories, files, `-`, or `git:REF[:PATH]`; repeatable.
    #[arg(long, short, value_name = "PATH", default_value = ".")]
    pub(crate) filename: Vec<PathBuf>,
    /// Take no cluster role from the built-in set.
    #[arg(long)]
    pub(crate) no_builtin_roles: bool,
    /// How to print the answer; repeatable, each with its --output.
    #[arg(long, value_name = "FORMAT", value_enum)]
    pub(crate) output_format: Vec<AnswerFormat>,
    /// Where to write the answer (`-` is standard output); pairs with --output-format by position.
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Vec<PathBuf>,
    /// Exit with 0 where it would be 1 or 3.
    #[arg(long)]
    pub(crate) exit_zero: bool,
}

/// A kind of web server, as it is typed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum WebKindName {
    /// nginx: its main file, or a folder with an `nginx.conf`.
    #[default]
    Nginx,
    /// Apache httpd: its main file, or a folder with an `apache2.conf` or `httpd.conf`.
    Httpd,
}

#[derive(Debug, Args)]
pub(crate) struct CanArgs {
    /// The verb, such as `get` or `deletecollection`; of a URL, the HTTP method in lower case.
    #[arg(value_name = "VERB", required_unless_present = "web", conflicts_with = "web")]
    pub(crate) verb: Option<String>,
    /// `RESOURCE[.GROUP][/SUBRESOURCE]`, such as `deployments.apps/scale`, or a URL such as
    /// `/healthz`. The group of a resource of Kubernetes' own need not be said.
    #[arg(value_name = "RESOURCE|URL", required_unless_present = "web")]
    pub(crate) resource: Option<String>,
    #[command(flatten)]
    pub(crate) object: ObjectArgs,
    /// The user; a service account is `system:serviceaccount:NAMESPACE:NAME`.
    #[arg(
        long = "as",
        value_name = "USER",
        required_unless_present = "web",
        conflicts_with = "web"
    )]
    pub(crate) user: Option<String>,
    /// A group of the user besides those that authentication gives; repeatable.
    #[arg(long = "as-group", value_name = "GROUP")]
    pub(crate) groups: Vec<String>,
    /// Ask a web server in place of a cluster: its configuration is what --filename names.
    #[arg(long, num_args = 2, value_names = ["METHOD", "URL"])]
    pub(crate) web: Option<Vec<String>>,
    /// From where the request to the web server is made [default: from anywhere, told apart].
    #[arg(long, value_name = "IP", requires = "web")]
    pub(crate) from: Option<IpAddr>,
    /// The user whose credentials the request to the web server has [default: it has none].
    #[arg(long = "user", value_name = "USER", requires = "web")]
    pub(crate) web_user: Option<String>,
    /// The kind of the web server [default: nginx].
    #[arg(long, value_name = "KIND", value_enum, requires = "web")]
    pub(crate) kind: Option<WebKindName>,
    #[command(flatten)]
    pub(crate) answer: AnswerArgs,
}

#[derive(Debug, Args)]
pub(crate) struct WhoCanArgs {
    #[command(flatten)]
    pub(crate) action: ActionArgs,
    #[command(flatten)]
    pub(crate) answer: AnswerArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ReachArgs {
    /// `user NAME`, `group NAME`, `service account NAMESPACE/NAME` (`*` is any), or `anonymous`.
    #[arg(value_name = "SUBJECT", required = true, num_args = 1..)]
    pub(crate) subject: Vec<String>,
    /// The configuration: directories, files, `-`, or `git:REF[:PATH]`; repeatable.
    #[arg(long, short, value_name = "PATH", default_value = ".")]
    pub(crate) filename: Vec<PathBuf>,
    /// Take no cluster role from the built-in set.
    #[arg(long)]
    pub(crate) no_builtin_roles: bool,
    /// How to print the result; repeatable, each with its --output.
    #[arg(long, value_name = "FORMAT", value_enum)]
    pub(crate) output_format: Vec<GraphFormat>,
    /// Where to write the result (`-` is standard output); pairs with --output-format by position.
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct ConnectArgs {
    /// The configuration: directories, files, `-`, or `git:REF[:PATH]`.
    #[arg(default_value = ".", value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Who opens the connections: `namespace/name[Kind]`, `namespace/name`, `namespace/`, an
    /// address or a block of addresses.
    #[arg(long, value_name = "END")]
    pub(crate) from: Option<Which>,
    /// Who takes them.
    #[arg(long, value_name = "END")]
    pub(crate) to: Option<Which>,
    /// List no more connections than this; all are counted.
    #[arg(long, value_name = "N", default_value_t = 1000)]
    pub(crate) limit: usize,
    /// How to print the result; repeatable, each with its --output.
    #[arg(long, value_name = "FORMAT", value_enum)]
    pub(crate) output_format: Vec<GraphFormat>,
    /// Where to write the result (`-` is standard output); pairs with --output-format by position.
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Vec<PathBuf>,
}
