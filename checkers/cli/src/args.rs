//! The arguments, as they are typed.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use seatrial_core::{Part, Severity, duration};
use seatrial_explore::commands::ModelCommand;
use seatrial_gate::Profile;
use seatrial_gate::init::Target;
use seatrial_gate::parameters::System;
use seatrial_report::Format;

use crate::access::AccessCommand;
use crate::drill::DrillArgs;
use crate::eval::EvalCommand;
use crate::lsp::LspArgs;
use crate::opinion::ModelArgs;
use crate::place::PlaceArgs;
use crate::verify::VerifyArgs;

/// Sea trials for a cluster change: what is wrong, what breaks, and what cannot happen.
///
/// Exit codes: 2 usage, unreadable input or internal error; 1 a finding at or above --fail-on;
/// 3 something is undecided; 0 clean. The first that applies in this order.
#[derive(Debug, Parser)]
#[command(name = "seatrial", version, max_term_width = 100)]
pub(crate) struct Args {
    /// Whether to use colours; `auto` means on a terminal, unless `NO_COLOR` is set.
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub(crate) color: Color,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Check manifests: schemas, written invariants, references between objects.
    Check(Box<CheckArgs>),
    /// Who can do what: compare configurations, ask for single requests and for all connections.
    ///
    /// Exit codes: 2 usage, unreadable input or internal error; 1 changed (`diff`) or denied
    /// (`can`); 3 unknown; 0 proved equal, or allowed.
    #[command(subcommand)]
    Access(Box<AccessCommand>),
    /// Model-check protocols: explore them, compare their grains, replay counterexamples.
    #[command(subcommand)]
    Model(Box<ModelCommand>),
    /// Drill manifests: what happens to their Deployments under faults, in all schedules.
    ///
    /// Exit codes: 2 usage or unreadable input; 1 something is violated; 3 something is undecided;
    /// 0 all holds, within the bounds that are printed.
    Drill(Box<DrillArgs>),
    /// Place pods: what the default scheduler does, what is best, and a certificate of that.
    ///
    /// Exit codes: 2 usage or unreadable input; 1 the default scheduler leaves pods waiting that
    /// have a place; 3 a gap remains; 0 all pods placed, or the placement proven optimal.
    Place(Box<PlaceArgs>),
    /// Check a certificate of a placement, without any of the code that made it.
    ///
    /// Exit codes: 2 usage or unreadable input; 1 rejected; 3 a gap remains, or a tier rests on a
    /// solver that was not run again; 0 accepted.
    Verify(Box<VerifyArgs>),
    /// Write `seatrial.yaml` for what lies in a folder, or what runs the check in CI.
    Init(InitArgs),
    /// Learn rules from manifests that work, with the evidence for each.
    Learn(Box<LearnArgs>),
    /// Judge the checks on labelled data.
    #[command(subcommand)]
    Eval(EvalCommand),
    /// Show the manual page of a rule.
    Explain {
        /// The id of the rule, such as `unknown-field`.
        id: String,
        /// Directory with invariants of your own; repeatable.
        #[arg(long, value_name = "DIR")]
        invariants: Vec<PathBuf>,
    },
    /// What is checked.
    #[command(subcommand)]
    Rules(RulesCommand),
    /// The configuration.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Serve an editor: findings as one types, manual pages, fixes (Language Server Protocol).
    ///
    /// Speaks over standard input and output; editors start it. Exit codes: 0 the editor asked to
    /// shut down; 1 it left without a word; 2 usage.
    Lsp(LspArgs),
    /// Print the completions of a shell.
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// Print the manual page, or write those of all commands into a folder.
    Man {
        /// The folder.
        #[arg(value_name = "DIR")]
        folder: Option<PathBuf>,
    },
}

#[derive(Debug, ClapArgs)]
pub(crate) struct InitArgs {
    /// What to write: the settings, a workflow of GitHub Actions, a job of GitLab CI, or a hook of
    /// pre-commit.
    #[arg(default_value = "settings", value_name = "TARGET", value_parser = parser::<Target>(&Target::ALL.map(Target::as_str)))]
    pub(crate) target: Target,
    /// The folder of the repository.
    #[arg(long, default_value = ".", value_name = "DIR")]
    pub(crate) folder: PathBuf,
    /// Where to write it; `-` is standard output [default: where it is looked for].
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Replace a file that is there.
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct LearnArgs {
    /// Files and directories with manifests that work.
    #[arg(default_value = ".", value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
    /// Where to write the rules. Reviews in an existing file are kept. `-` is standard output.
    #[arg(short, long, value_name = "FILE", default_value = "rules.toml")]
    pub(crate) output: PathBuf,
    /// Write nothing; show which rules appeared, vanished or changed since this file.
    #[arg(long, value_name = "OLD", conflicts_with = "output")]
    pub(crate) diff: Option<PathBuf>,
    /// How many threads to use [default: one a processor].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
    /// A sentence on where the manifests come from, to be kept in the file; repeatable.
    #[arg(long, value_name = "TEXT")]
    pub(crate) provenance: Vec<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RulesCommand {
    /// Walk through the learned rules of a file that are pending, and accept or reject them.
    Review {
        /// The file.
        file: PathBuf,
        /// Who reviews.
        #[arg(long, value_name = "NAME", env = "USER", default_value = "")]
        reviewer: String,
    },
    /// List all rules with their severities.
    List {
        /// How to print the list.
        #[arg(long = "output-format", value_enum, default_value_t = ListFormat::Text)]
        format: ListFormat,
        /// Directory with invariants of your own; repeatable.
        #[arg(long, value_name = "DIR")]
        invariants: Vec<PathBuf>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ListFormat {
    Text,
    Json,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Show the settings in force for a path, and where they come from.
    Show {
        /// The path for which `seatrial.yaml` is looked up.
        #[arg(default_value = ".")]
        path: PathBuf,
        #[command(flatten)]
        config: ConfigArgs,
    },
}

#[derive(Debug, ClapArgs)]
pub(crate) struct ConfigArgs {
    /// Use this configuration file instead of looking for `seatrial.yaml` upward.
    #[arg(long, value_name = "FILE", conflicts_with = "no_config")]
    pub(crate) config: Option<PathBuf>,
    /// Use no configuration file.
    #[arg(long)]
    pub(crate) no_config: bool,
}

#[derive(Debug, ClapArgs)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(crate) struct CheckArgs {
    /// Files and directories; `-` is standard input.
    #[arg(default_value = ".", value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
    /// How to print the result; repeatable, each with its --output. `html` is one page for a browser,
    /// `markdown` the summary of a CI job.
    #[arg(long, value_name = "FORMAT", value_parser = parser::<Format>(&Format::ALL.map(Format::as_str)))]
    pub(crate) output_format: Vec<Format>,
    /// Where to write the result (`-` is standard output); pairs with --output-format by position.
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Vec<PathBuf>,
    /// The files named are configurations of this system, not manifests. Without, files are told by
    /// their names, such as `hdfs-site.xml`, `zoo.cfg` or `redis.conf`.
    #[arg(long, value_name = "SYSTEM", value_parser = parser::<System>(&System::ALL.map(System::as_str)))]
    pub(crate) system: Option<System>,
    /// The Kubernetes version of the cluster, 1.25 to 1.37 [default: the newest].
    #[arg(long, value_name = "VERSION")]
    pub(crate) kubernetes_version: Option<String>,
    /// Hold the manifests against the learned rules of this file, too; repeatable. `kubernetes` is
    /// the set that comes with seatrial.
    #[arg(long, value_name = "FILE")]
    pub(crate) rules: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) model: ModelArgs,
    /// Put the manifests into this cluster, a snapshot or a cluster profile, and say which of their
    /// pods have no place there.
    #[arg(long, value_name = "FILE")]
    pub(crate) cluster: Option<PathBuf>,
    /// Drill the workloads, in the cluster or in a small one: what may get stuck, what they do not
    /// survive (`seatrial drill` asks more).
    #[arg(long)]
    pub(crate) drill: bool,
    /// Check the team's own models of protocols, which `protocols` of `seatrial.yaml` names. This
    /// builds and runs code of the repository.
    #[arg(long)]
    pub(crate) protocols: bool,
    /// Of these models, check those of which a module has changed since this commit.
    #[arg(long, value_name = "GITREF", requires = "protocols")]
    pub(crate) changed_since: Option<String>,
    /// The only parts to run; repeatable. Files are always read, and settings always looked at.
    #[arg(long, value_name = "PART", value_delimiter = ',', value_parser = parser::<Part>(&Part::OPTIONAL.map(Part::as_str)))]
    pub(crate) only: Vec<Part>,
    /// Parts not to run; repeatable.
    #[arg(long, value_name = "PART", value_delimiter = ',', value_parser = parser::<Part>(&Part::OPTIONAL.map(Part::as_str)))]
    pub(crate) skip: Vec<Part>,
    /// Use no results of earlier checks, and keep none.
    #[arg(long, env = "SEATRIAL_NO_CACHE", value_parser = clap::builder::FalseyValueParser::new(), hide_env_values = true)]
    pub(crate) no_cache: bool,
    /// Compare who can do what with this base, and report what is opened and closed: a commit, a
    /// directory or a file.
    #[arg(long, value_name = "REF|PATH")]
    pub(crate) base: Option<String>,
    /// Accept the findings that this baseline names: only those that are new count.
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// Write a baseline of all that is found, and accept it.
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true, conflicts_with = "fixing", default_missing_value = seatrial_gate::baseline::FILE_NAME)]
    pub(crate) write_baseline: Option<PathBuf>,
    /// The mildest severity that fails the run [default: error].
    #[arg(long, value_name = "SEVERITY", value_parser = parser::<Severity>(&Severity::ALL.map(Severity::as_str)))]
    pub(crate) fail_on: Option<Severity>,
    /// The profile whose written invariants run; repeatable [default: recommended].
    #[arg(long, value_name = "NAME", value_delimiter = ',', value_parser = parser::<Profile>(&Profile::ALL.map(Profile::as_str)))]
    pub(crate) profile: Vec<Profile>,
    /// Written invariants to run besides those of the profile; repeatable.
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub(crate) enable: Vec<String>,
    /// Rules or parts (parse, schema, invariant, reference, learned, access, placement, drill,
    /// protocol, parameter) to run; repeatable [default: all].
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub(crate) select: Vec<String>,
    /// Rules or parts not to run; repeatable.
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub(crate) ignore: Vec<String>,
    /// Directory with invariants of your own (ValidatingAdmissionPolicy); repeatable.
    #[arg(long, value_name = "DIR")]
    pub(crate) invariants: Vec<PathBuf>,
    /// Render directories with `Chart.yaml` or `kustomization.yaml` by your own `helm` and `kubectl`,
    /// and check what comes out.
    #[arg(long)]
    pub(crate) render: bool,
    /// Every object that is referred to must be among the checked ones.
    #[arg(long)]
    pub(crate) closed_world: bool,
    /// Do not honour `.gitignore` in directories.
    #[arg(long)]
    pub(crate) no_gitignore: bool,
    /// Stop after this time, such as `30s`; what is not done by then is undecided.
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(crate) time_limit: Option<Duration>,
    /// How many threads to use [default: one a processor].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
    /// Fix what is safe to fix, in the files, then report what is left; of standard input, the fixed
    /// text goes to standard output.
    #[arg(long, group = "fixing")]
    pub(crate) fix: bool,
    /// Print what --fix would change, as a unified diff, and write nothing. The exit code is that of
    /// the check.
    #[arg(long, group = "fixing")]
    pub(crate) diff: bool,
    /// With --fix or --diff: what makes the cluster do something else, too, such as hardened
    /// security contexts.
    #[arg(long = "unsafe", requires = "fixing")]
    pub(crate) with_unsafe: bool,
    /// Count the findings by rule.
    #[arg(long)]
    pub(crate) statistics: bool,
    /// Say on standard error what each rule cost.
    #[arg(long)]
    pub(crate) timings: bool,
    /// Exit with 0 where it would be 1 or 3.
    #[arg(long)]
    pub(crate) exit_zero: bool,
}

/// A parser that reads one of the names, which completions and help then list.
fn parser<T>(names: &[&'static str]) -> impl TypedValueParser<Value = T>
where
    T: FromStr<Err = String> + Clone + Send + Sync + 'static,
{
    PossibleValuesParser::new(names.to_vec()).try_map(|name| name.parse::<T>())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        Args::command().debug_assert();
    }
}
