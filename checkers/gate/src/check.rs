//! `seatrial check`: files to findings.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use seatrial_core::{Bound, Found, Severity, SourceFile, Undecided};
use seatrial_manifests::Object;
use seatrial_report::{CheckedObject, Coverage, Exhibit, Report, Sources};
use seatrial_rules::invariants::Invariants;
use seatrial_rules::schema::Version;
use seatrial_rules::{Part, Rule};
use thiserror::Error;

use crate::access::Assertions;
use crate::baseline::{self, Baseline, BaselineError};
use crate::cache::{Cache, Key};
use crate::catalogue::{all_rules, load_assertions, load_invariants};
use crate::config::Config;
use crate::files::{MAX_FILE_BYTES, Texts};
use crate::inputs::Inputs;
use crate::learned::{LearnError, LearnedRules};
use crate::parameters::System;
use crate::parts::Parts;
use crate::progress::Progress;
use crate::render::Root;
use crate::selection::Selection;
use crate::suppress::{self, Suppression};
use crate::timings::{Timing, Timings};
use crate::web::Sites;
use crate::{access, cluster, drill, opinion, placement, protocols};

/// What to check, and how.
#[derive(Debug, Clone)]
pub struct Options {
    /// Files and directories; `-` is standard input.
    pub paths: Vec<PathBuf>,
    /// The settings in force, those of the command line already in them.
    pub config: Config,
    /// Directories with the team's own invariants.
    pub invariants: Vec<PathBuf>,
    /// The system that the files named by the user configure; without, their names tell.
    pub system: Option<System>,
    /// Files of learned rules; `kubernetes` is the shipped set.
    pub rules: Vec<PathBuf>,
    /// The day on which reviews of learned rules expire, as `2026-12-31`.
    pub today: String,
    /// The language model that is asked for its opinion.
    pub model: Option<opinion::Model>,
    /// The cluster that the manifests are put into: a snapshot, or a cluster profile.
    pub cluster: Option<PathBuf>,
    /// Whether the workloads are drilled.
    pub drill: bool,
    /// Files of properties that are drilled too.
    pub properties: Vec<PathBuf>,
    /// Which of the team's own models of protocols are checked; none without, as that runs code of
    /// the repository.
    pub protocols: Option<Models>,
    /// The only parts to run; all without.
    pub only: Vec<Part>,
    /// Parts not to run.
    pub skip: Vec<Part>,
    /// Where results are kept, so that nothing is checked twice.
    pub cache: Option<PathBuf>,
    /// What the change is compared with: a commit, a directory or a file.
    pub base: Option<String>,
    /// What to do about findings that were there before.
    pub baseline: Known,
    /// When to stop; what is not done by then is undecided.
    pub time_limit: Option<Duration>,
    /// How many threads to use; one a processor if absent.
    pub threads: Option<usize>,
    /// Whether the report counts findings by rule.
    pub statistics: bool,
    /// Whether to measure what each rule costs.
    pub timings: bool,
}

/// Which models of protocols are checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Models {
    /// All.
    All,
    /// Those of which a module has changed since a commit.
    ChangedSince(String),
}

/// What to do about findings that were there before.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Known {
    /// They are findings like all others.
    #[default]
    Report,
    /// Those that this baseline names are accepted.
    Accept(PathBuf),
    /// All are accepted, and a baseline of them is made.
    Write,
}

/// What a check comes to.
#[derive(Debug)]
pub struct Checked {
    /// What is to be said.
    pub report: Report,
    /// The texts it speaks of.
    pub sources: Sources,
    /// Whether the operating system refused a file, so that not all was seen.
    pub refused: bool,
    /// The text of the baseline, if one was to be made, and how many findings it accepts.
    pub baseline: Option<(String, usize)>,
    /// What each rule cost, if that was asked for.
    pub timings: Vec<Timing>,
}

/// Why no check could be made.
#[derive(Debug, Error)]
pub enum CheckError {
    /// The Kubernetes version is not one that has schemas.
    #[error("{0}")]
    Version(String),
    /// A setting names a rule that does not exist.
    #[error("there is no rule or part `{name}`{hint}")]
    UnknownRule {
        /// The name.
        name: String,
        /// `; did you mean …?`, or nothing.
        hint: String,
    },
    /// A directory of invariants cannot be used.
    #[error("{0}")]
    Invariants(String),
    /// A file of learned rules cannot be used.
    #[error("{0}")]
    Learned(#[from] LearnError),
    /// The findings that were there before cannot be read.
    #[error("{0}")]
    Baseline(#[from] BaselineError),
    /// The cluster that the manifests are to be put into cannot be used.
    #[error("{0}")]
    Cluster(#[from] cluster::Unfit),
    /// What the change is to be compared with cannot be read.
    #[error("{0}")]
    Base(#[from] access::LoadError),
    /// Two evaluators disagree: a fault of this program.
    #[error("{0}")]
    Faulty(#[from] seatrial_access::report::Faulty),
    /// Threads cannot be started.
    #[error("threads cannot be started: {0}")]
    Threads(#[from] rayon::ThreadPoolBuildError),
}

/// Checks the files below the paths.
pub fn check(options: &Options, progress: &Progress) -> Result<Checked, CheckError> {
    check_texts(options, progress, &Texts::new())
}

/// Checks the files below the paths, some with other texts than they have.
pub fn check_texts(
    options: &Options,
    progress: &Progress,
    texts: &Texts,
) -> Result<Checked, CheckError> {
    let threads = options.threads.unwrap_or(0);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
    pool.install(|| Run::new(options, progress, texts)?.run())
}

/// One check, with all that it needs.
pub(crate) struct Run<'a> {
    pub(crate) options: &'a Options,
    pub(crate) progress: &'a Progress,
    pub(crate) texts: &'a Texts,
    pub(crate) started: Instant,
    pub(crate) version: Version,
    fail_on: Severity,
    pub(crate) timings: Timings,
    pub(crate) cache: Cache,
}

/// What a run has come to so far.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) found: Found,
    pub(crate) exhibits: Vec<Exhibit>,
    pub(crate) coverage: Coverage,
}

impl Tally {
    /// Adds what a part has found and has to show.
    pub(crate) fn add(&mut self, Shown { found, exhibits }: Shown) {
        self.found.extend(found);
        self.exhibits.extend(exhibits);
    }
}

/// What a part has found, and what it has to show beside that.
#[derive(Default)]
pub(crate) struct Shown {
    pub(crate) found: Found,
    pub(crate) exhibits: Vec<Exhibit>,
}

impl Shown {
    /// Adds all of another.
    pub(crate) fn extend(&mut self, other: Self) {
        self.found.extend(other.found);
        self.exhibits.extend(other.exhibits);
    }
}

impl From<Found> for Shown {
    fn from(found: Found) -> Self {
        Self { found, exhibits: Vec::new() }
    }
}

impl<'a> Run<'a> {
    fn new(
        options: &'a Options,
        progress: &'a Progress,
        texts: &'a Texts,
    ) -> Result<Self, CheckError> {
        let settings = &options.config.settings;
        let version = match &settings.kubernetes_version {
            Some(text) => text.parse().map_err(CheckError::Version)?,
            None => Version::NEWEST,
        };
        let fail_on = settings.fail_on.unwrap_or(Severity::Error);
        let timings = Timings::new(options.timings);
        let cache = Cache::new(options.cache.clone());
        let started = Instant::now();
        Ok(Self { options, progress, texts, started, version, fail_on, timings, cache })
    }

    fn run(&self) -> Result<Checked, CheckError> {
        let mut invariants = load_invariants(&self.options.invariants)?;
        invariants.set_parameters(&self.parameters());
        let assertions = load_assertions(&self.options.invariants)?;
        let learned = LearnedRules::load(&self.options.rules, &self.options.today)?;
        let before = match &self.options.baseline {
            Known::Accept(path) => Some(Baseline::read(path)?),
            Known::Report | Known::Write => None,
        };
        let mut tally = Tally::default();
        let Inputs { mut manifests, of_systems, rendered, sites, refused } = self.read(&mut tally);
        let (mut suppressions, about_suppressions) = suppress::collect(&manifests);
        let (of_settings, about_settings) = suppress::collect_settings(&of_systems);
        let (of_web, about_web) = suppress::collect_web(&sites.files());
        suppressions.extend(of_settings.into_iter().chain(of_web));
        let about = about_suppressions.into_iter().chain(about_settings).chain(about_web);
        tally.found.findings.extend(about);
        let objects: Vec<Object> = manifests
            .iter_mut()
            .flat_map(|manifest| std::mem::take(&mut manifest.objects))
            .collect();
        invariants.add_inspected(&objects);
        tally.found.findings.extend(invariants.problems().iter().cloned());
        let rules = all_rules(&invariants, &assertions, &learned);
        let selection = Selection::new(&rules, &invariants, self.options)?;
        let cluster = self.options.cluster.as_deref().map(cluster::base).transpose()?;
        let asked = if self.options.drill { self.options.properties.as_slice() } else { &[] };
        let stated = drill::Stated::load(asked)?;
        let files = manifests.iter().map(|manifest| &*manifest.file);
        let parts = Parts {
            run: self,
            selection: &selection,
            objects: &objects,
            sites: &sites,
            rendered: &rendered,
            invariants: &invariants,
            assertions: &assertions,
            cluster: cluster.as_ref(),
            stated: &stated,
            read: self.key(files, &sites, &rendered, (&invariants, &assertions)),
        };
        let of_base = parts.run(&mut tally)?;
        parts.learned(&learned, &mut tally)?;
        self.cache.prune();
        let of_cluster = cluster.iter().flat_map(|base| &base.files).chain(&stated.files);
        let of_cluster = of_cluster.map(Arc::clone);
        self.ask(&objects, &of_systems, &learned, &selection, &mut tally);
        for finding in &mut tally.found.findings {
            if let Some(root) = rendered.get(&finding.location.path) {
                root.add_source(finding);
            }
        }
        let mut report = self.report(&objects, &suppressions, &rules, &selection, tally);
        let of_manifests = manifests.iter().map(|manifest| Arc::clone(&manifest.file));
        let of_systems = of_systems.into_iter().map(|(file, _)| file);
        let files: Vec<_> = of_manifests.chain(of_systems).chain(sites.files()).collect();
        let of_baseline = before.as_ref().map(|baseline| Arc::clone(&baseline.file));
        let baseline = self.sort_out_known(before, &files, &selection, &mut report);
        let of_config = self.options.config.file.iter().cloned().chain(of_baseline);
        let of_invariants = invariants.files().cloned();
        let of_base = of_base.iter().map(Arc::clone);
        let sources = of_base.chain(of_cluster).chain(of_config).chain(of_invariants).chain(files);
        let sources = sources.collect();
        Ok(Checked { report, sources, refused, baseline, timings: self.timings.sorted() })
    }

    /// What every part depends on: the files that were read, and some of the settings.
    fn key<'f>(
        &self,
        files: impl Iterator<Item = &'f SourceFile>,
        sites: &Sites,
        rendered: &BTreeMap<Arc<str>, Root>,
        (invariants, assertions): (&Invariants, &Assertions),
    ) -> Key {
        let settings = &self.options.config.settings;
        let parameters = self.parameters();
        let parameters = parameters.iter().flat_map(|(name, value)| [name, value]);
        Key::of_program("part")
            .and([u8::from(settings.closed_world)])
            .all(parameters)
            .files(files)
            .all(sites.0.iter().flat_map(|(_, site)| &site.record))
            .all(rendered.keys().map(|path| path.as_bytes()))
            .files(invariants.files().map(Arc::as_ref))
            .files(assertions.files())
    }

    /// The parameters of the built-in invariants: those of the settings, and the version.
    fn parameters(&self) -> BTreeMap<String, String> {
        let mut parameters = self.options.config.settings.parameters.clone();
        parameters.insert("kubernetes-version".to_owned(), self.version.to_string());
        parameters
    }

    /// How long a part may take, of so much at most.
    pub(crate) fn time_for(&self, most: Duration) -> Duration {
        let left =
            self.options.time_limit.map(|limit| limit.saturating_sub(self.started.elapsed()));
        left.map_or(most, |left| left.min(most))
    }

    /// Asks the language model for its opinion, if there is one.
    fn ask(
        &self,
        objects: &[Object],
        systems: &[(Arc<SourceFile>, System)],
        learned: &LearnedRules,
        selection: &Selection<'_>,
        tally: &mut Tally,
    ) {
        let Some(model) = &self.options.model else { return };
        if selection.runs(&opinion::OPINION.id) == Some(true) {
            let asking = opinion::Asking { objects, systems, rules: &learned.teaching() };
            let found = opinion::ask(model, &asking, &tally.found.findings, self.progress);
            tally.found.findings.extend(found);
        }
    }

    fn report(
        &self,
        objects: &[Object],
        suppressions: &[Suppression],
        rules: &[Rule],
        selection: &Selection<'_>,
        mut tally: Tally,
    ) -> Report {
        tally.found.findings.retain(|finding| selection.runs(&finding.rule) != Some(false));
        tally.found.undecided.retain(|undecided| selection.runs(&undecided.rule) != Some(false));
        let config = &self.options.config;
        for finding in &mut tally.found.findings {
            if selection.is_enforced(&finding.rule) {
                finding.severity = Severity::Error;
            }
            if let Some(severity) = config.settings.severity.get(&*finding.rule) {
                finding.severity = *severity;
            }
        }
        let sorted =
            suppress::apply(tally.found.findings, suppressions, config, |id| selection.runs(id));
        let mut report = Report::new(env!("CARGO_PKG_VERSION"), "check", &self.version.to_string());
        report.fail_on = self.fail_on;
        report.bounds = self.bounds();
        report.coverage = tally.coverage;
        report.findings = sorted.findings;
        report.findings.retain(|finding| selection.runs(&finding.rule) != Some(false));
        // Whatever severities are set, advice stays advice.
        for finding in report.findings.iter_mut().filter(|f| opinion::is_advice(&f.rule)) {
            finding.severity = Severity::Note;
        }
        report.advice = [&opinion::OPINION, &opinion::UNAVAILABLE].map(|r| r.id.clone()).to_vec();
        report.suppressed = sorted.suppressed;
        report.undecided = tally.found.undecided;
        report.exhibits = tally.exhibits;
        report.rules = rules.to_vec();
        report.with_statistics = self.options.statistics;
        let checked = |object: &Object| CheckedObject {
            location: object.name_location(),
            resource: object.id.clone(),
        };
        report.objects = objects.iter().map(checked).collect();
        report.sorted()
    }

    /// Takes the findings that were there before out of a report; returns the text of a baseline of
    /// them, if one is to be made, with how many it accepts.
    fn sort_out_known(
        &self,
        before: Option<Baseline>,
        files: &[Arc<SourceFile>],
        selection: &Selection<'_>,
        report: &mut Report,
    ) -> Option<(String, usize)> {
        let findings = std::mem::take(&mut report.findings);
        let mut written = None;
        let known;
        if let Some(mut baseline) = before {
            (report.findings, known) = baseline.accept(findings);
            let paths: BTreeSet<&str> = files.iter().map(|file| &**file.path()).collect();
            let unreadable = &report.coverage.files.unreadable;
            let is_checked =
                |path: &str| paths.contains(path) || unreadable.iter().any(|it| it == path);
            let stale = baseline.stale(|id| selection.runs(id), is_checked);
            if selection.runs(&baseline::STALE.id) == Some(true) {
                report.findings.extend(stale);
                report.findings.sort();
            }
        } else if self.options.baseline == Known::Write {
            let text;
            (text, known, report.findings) = baseline::write(findings);
            written = Some((text, known.len()));
        } else {
            report.findings = findings;
            return None;
        }
        report.suppressed.extend(known);
        report.suppressed.sort();
        written
    }

    fn bounds(&self) -> Vec<Bound> {
        let bound = |name: &str, value: String| Bound { name: name.to_owned(), value };
        let mut bounds = vec![
            bound("bytes per file", MAX_FILE_BYTES.to_string()),
            bound("levels of nesting", seatrial_core::MAX_DEPTH.to_string()),
            bound("cost per CEL expression", seatrial_policy::EXPRESSION_COST_LIMIT.to_string()),
            bound("cost per policy and object", seatrial_policy::POLICY_COST_LIMIT.to_string()),
        ];
        if self.options.cluster.is_some() {
            let limit = self.options.time_limit.unwrap_or(placement::TIME_LIMIT);
            let seconds = limit.min(placement::TIME_LIMIT).as_secs_f64();
            bounds.push(bound("seconds for placements", seconds.to_string()));
        }
        if self.options.drill {
            let limit = self.options.time_limit.unwrap_or(drill::TIME_LIMIT);
            let seconds = limit.min(drill::TIME_LIMIT).as_secs_f64();
            bounds.push(bound("seconds for drills", seconds.to_string()));
        }
        if self.options.protocols.is_some() {
            let limit = self.options.time_limit.unwrap_or(protocols::TIME_LIMIT);
            let seconds = limit.min(protocols::TIME_LIMIT).as_secs_f64();
            bounds.push(bound("seconds per protocol", seconds.to_string()));
        }
        if let Some(model) = &self.options.model {
            let seconds = model.time_limit.as_secs_f64().to_string();
            bounds.push(bound("seconds for a language model", seconds));
        }
        if let Some(limit) = self.options.time_limit {
            bounds.push(bound("seconds", limit.as_secs_f64().to_string()));
        }
        bounds
    }

    pub(crate) fn out_of_time(&self) -> bool {
        self.options.time_limit.is_some_and(|limit| self.started.elapsed() >= limit)
    }

    /// Why something was not checked.
    pub(crate) fn too_late(&self) -> String {
        let seconds = self.options.time_limit.unwrap_or_default().as_secs_f64();
        format!("not checked within {seconds} s")
    }

    pub(crate) fn not_reached(&self, object: &Object) -> Undecided {
        Undecided {
            location: object.name_location(),
            rule: "time-limit".into(),
            reason: self.too_late(),
            resource: Some(object.id.clone()),
        }
    }
}
