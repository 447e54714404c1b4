//! `seatrial init`: the settings for what lies in a folder, and the files by which a forge or a hook
//! runs the check.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use seatrial_access::report::Kind;

use crate::config::{Config, FILE_NAME};
use crate::files::{self, Input, Search};
use crate::{baseline, cluster, git, web};

/// So many folders deep crates with models are looked for.
const MOST_DEPTH: usize = 6;

/// What is written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// `seatrial.yaml`: the settings.
    Settings,
    /// A workflow of GitHub Actions.
    Github,
    /// A job of GitLab CI.
    Gitlab,
    /// A hook of pre-commit.
    PreCommit,
}

impl Target {
    /// All, the settings first.
    pub const ALL: [Self; 4] = [Self::Settings, Self::Github, Self::Gitlab, Self::PreCommit];

    /// The name on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Settings => "settings",
            Self::Github => "github",
            Self::Gitlab => "gitlab",
            Self::PreCommit => "pre-commit",
        }
    }

    /// The file, below the folder.
    pub const fn file(self) -> &'static str {
        match self {
            Self::Settings => FILE_NAME,
            Self::Github => ".github/workflows/seatrial.yml",
            Self::Gitlab => ".gitlab/seatrial.yml",
            Self::PreCommit => ".pre-commit-config.yaml",
        }
    }

    /// What is left to do by hand.
    pub const fn next(self) -> &'static str {
        match self {
            Self::Settings => "run `seatrial check`; accept what is there by `--write-baseline`",
            Self::Github => "commit it: the next pull request is checked",
            Self::Gitlab => "add `include: [{local: .gitlab/seatrial.yml}]` to .gitlab-ci.yml",
            Self::PreCommit => "run `pre-commit install`",
        }
    }

    /// The text of the file.
    pub fn text(self, facts: &Facts) -> String {
        match self {
            Self::Settings => settings(facts),
            Self::Github => with_protocols(include_str!("init/github.yml"), facts),
            Self::Gitlab => with_protocols(include_str!("init/gitlab.yml"), facts),
            Self::PreCommit => include_str!("init/pre-commit.yaml").to_owned(),
        }
    }
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = Self::ALL.into_iter().find(|target| target.as_str() == text);
        known.ok_or_else(|| format!("there is no target `{text}`"))
    }
}

/// What lies in a folder.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// How many Kubernetes objects there are.
    pub objects: usize,
    /// How many of them are workloads.
    pub workloads: usize,
    /// Whether something decides on access.
    pub access: bool,
    /// Whether there are charts or kustomizations.
    pub rendered: bool,
    /// Main files of web servers that their names tell.
    pub web: Vec<String>,
    /// Folders with invariants of the team.
    pub invariants: BTreeSet<String>,
    /// A snapshot or a profile of a cluster.
    pub cluster: Option<String>,
    /// Crates with models of protocols.
    pub crates: Vec<String>,
    /// The branch that changes are merged into, if git knows it.
    pub branch: Option<String>,
}

impl Facts {
    /// Looks into a folder.
    pub fn of(folder: &Path) -> Self {
        let config = Config::default();
        let paths = [folder.to_owned()];
        let search = Search { paths: &paths, config: &config, gitignore: true, systems: true };
        let (found, _) = files::find(&search);
        let mut facts = Self { branch: git::main_branch(folder), ..Self::default() };
        let below = |path: &Path| {
            let below = path.strip_prefix(folder).unwrap_or(path);
            files::shown(below).to_string()
        };
        for file in &found {
            let parent = file.path().parent().unwrap_or(folder);
            if file.is_named(&["Chart.yaml", "kustomization.yaml", "kustomization.yml"]) {
                facts.rendered = true;
            } else if web::kind_of(file.path(), &config).is_some() {
                facts.web.push(below(file.path()));
            } else if file.is_named(&["policy.yaml"]) && parent.join("fail.yaml").is_file() {
                let of_all = parent.parent().unwrap_or(folder);
                facts.invariants.insert(below(of_all));
            } else if let Input::Text { file: text, .. } = files::read(file) {
                facts.add(&seatrial_manifests::read(text), &below(file.path()));
            }
        }
        crates(folder, &below, &mut facts.crates);
        facts
    }

    fn add(&mut self, manifest: &seatrial_manifests::Manifest, path: &str) {
        let bears = |object| Kind::ALL.iter().any(|kind| kind.recognises(object));
        let is_workload = |kind: &str| {
            matches!(kind, "Deployment" | "StatefulSet" | "DaemonSet" | "Job" | "ReplicaSet")
        };
        let objects = &manifest.objects;
        self.objects += objects.len();
        self.workloads += objects.iter().filter(|object| is_workload(object.kind())).count();
        self.access |= objects.iter().any(bears);
        let is_cluster = cluster::has_nodes(objects) || cluster::is_profile(&manifest.file);
        if self.cluster.is_none() && is_cluster {
            self.cluster = Some(path.to_owned());
        }
    }
}

/// The crates below a folder that depend on the engine.
fn crates(folder: &Path, below: &dyn Fn(&Path) -> String, crates: &mut Vec<String>) {
    let mut walk = ignore::WalkBuilder::new(folder);
    walk.max_depth(Some(MOST_DEPTH)).sort_by_file_name(Ord::cmp);
    for entry in walk.build().flatten() {
        let path: PathBuf = entry.into_path();
        let is_manifest = path.file_name().is_some_and(|name| name == "Cargo.toml");
        let depends = |text: String| {
            text.lines().any(|line| line.trim_start().starts_with("seatrial-explore"))
        };
        let of_crate = path.parent().unwrap_or(folder);
        let has_program = is_manifest && of_crate.join("src/main.rs").is_file();
        if has_program && files::text_of(&path).is_ok_and(depends) {
            crates.push(below(of_crate));
        }
    }
}

/// The text with the flag that runs the team's models, where there are some.
fn with_protocols(text: &str, facts: &Facts) -> String {
    let flags = if facts.crates.is_empty() { "" } else { " --protocols --changed-since $BASE" };
    text.replace(" $PROTOCOLS", flags)
}

/// The settings, each with a comment; what does not apply is commented out.
fn settings(facts: &Facts) -> String {
    let mut text = String::from(
        "# Settings of seatrial: `seatrial check` looks for this file upward from the first path.\n\
         # `seatrial config show` prints what is in force, `seatrial explain RULE` a rule's page.\n",
    );
    let mut say = |comment: &str, setting: &str, applies: bool| {
        let _ = writeln!(text, "\n# {}", comment.replace('\n', "\n# "));
        for line in setting.lines() {
            let _ = writeln!(text, "{}{line}", if applies { "" } else { "# " });
        }
    };
    let objects = facts.objects;
    say(
        &format!("The version of the cluster; {objects} objects were found here."),
        "kubernetes-version: \"1.34\"",
        false,
    );
    say("The mildest severity that fails: note, warning or error.", "fail-on: error", true);
    say(
        "Written invariants: recommended, strict, pss-baseline, pss-restricted, cis.",
        "profile: [recommended]",
        true,
    );
    say(
        "Rules that were learned from public collections; findings are warnings.",
        "rules: [kubernetes]",
        facts.objects > 0,
    );
    say(
        "Charts and kustomizations are rendered by your own helm and kubectl first.",
        "render: true",
        facts.rendered,
    );
    list(&mut say, "Invariants of your own.", "invariants", facts.invariants.iter(), "policies");
    let of_web = format!(
        "Main files of web servers that their names do not tell.{}",
        facts.web.iter().map(|path| format!("\nKnown by its name: {path}")).collect::<String>()
    );
    say(&of_web, "web: {nginx: [edge/site.conf]}", false);
    let branch = facts.branch.as_deref().unwrap_or("origin/main");
    say(
        "What a change is compared with: who can do what that could not before?",
        &format!("base: {branch}"),
        facts.branch.is_some() && (facts.access || !facts.web.is_empty()),
    );
    say(
        "The cluster that the pods must have a place in: a snapshot\n\
         (`kubectl get nodes,pods,… -A -o yaml`) or a profile with `groups` of nodes.",
        &format!("cluster: {}", facts.cluster.as_deref().unwrap_or("cluster.yaml")),
        facts.cluster.is_some(),
    );
    let cluster = facts.cluster.as_deref();
    say(
        "What directory walks leave out: the cluster is not one of the checked manifests.",
        &format!("exclude: [{}]", cluster.unwrap_or("vendor/**")),
        cluster.is_some(),
    );
    say(
        "Every workload under faults, in all schedules; up to 30 s where something changed.",
        "drill: true",
        facts.workloads > 0,
    );
    let crates = facts.crates.iter().map(|path| format!("\n- path: {path}")).collect::<String>();
    let none = "\n- path: protocols/orders".to_owned();
    say(
        "Crates with models of your own protocols; checked with --protocols, as that runs their code.",
        &format!("protocols:{}", if crates.is_empty() { none } else { crates }),
        !facts.crates.is_empty(),
    );
    say("What is not done by then is undecided, by name.", "time-limit: 5m", true);
    say(
        "Findings that were there before are accepted: write them by `seatrial check --write-baseline`.",
        &format!("baseline: {}", baseline::FILE_NAME),
        false,
    );
    text
}

/// A setting that is a list of paths.
fn list<'p>(
    say: &mut impl FnMut(&str, &str, bool),
    comment: &str,
    name: &str,
    paths: impl Iterator<Item = &'p String>,
    example: &str,
) {
    let paths: Vec<&str> = paths.map(String::as_str).collect();
    let shown = if paths.is_empty() { example.to_owned() } else { paths.join(", ") };
    say(comment, &format!("{name}: [{shown}]"), !paths.is_empty());
}
