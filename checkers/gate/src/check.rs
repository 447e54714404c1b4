//! `seatrial check`: files to findings.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rayon::prelude::*;
use seatrial_core::{Bound, Finding, Found, Location, Severity, SourceFile, Undecided, nearest};
use seatrial_manifests::{Index, Manifest, Object, SkippedReason};
use seatrial_parse::Unreadable;
use seatrial_report::{CheckedObject, Coverage, FileOutcome, Report, Sources};
use seatrial_rules::invariants::{Invariants, Profile};
use seatrial_rules::schema::{self, Schemas, Version};
use seatrial_rules::{Part, Rule, reading, references};
use thiserror::Error;

use crate::access::Assertions;
use crate::config::Config;
use crate::files::{self, Input, MAX_FILE_BYTES, Search, Unfit};
use crate::learned::{LearnError, LearnedRules};
use crate::parameters::System;
use crate::progress::Progress;
use crate::suppress::{self, Suppression};
use crate::timings::{Timing, Timings};
use crate::{access, cluster, opinion, parameters, placement};

/// What to check, and how.
#[derive(Debug)]
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
    /// What the change is compared with: a commit, a directory or a file.
    pub base: Option<String>,
    /// When to stop; what is not done by then is undecided.
    pub time_limit: Option<Duration>,
    /// How many threads to use; one a processor if absent.
    pub threads: Option<usize>,
    /// Whether the report counts findings by rule.
    pub statistics: bool,
    /// Whether to measure what each rule costs.
    pub timings: bool,
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
    let threads = options.threads.unwrap_or(0);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
    pool.install(|| Run::new(options, progress)?.run())
}

/// All rules: those that are code, the built-in invariants and those of the directories.
pub fn rules(invariants: &[PathBuf]) -> Result<Vec<Rule>, CheckError> {
    let learned = LearnedRules::default();
    Ok(all_rules(&load_invariants(invariants)?, &load_assertions(invariants)?, &learned))
}

fn load_assertions(folders: &[PathBuf]) -> Result<Assertions, CheckError> {
    Assertions::load(folders).map_err(CheckError::Invariants)
}

fn all_rules(
    invariants: &Invariants,
    assertions: &Assertions,
    learned: &LearnedRules,
) -> Vec<Rule> {
    let of_code = (reading::RULES.iter().copied())
        .chain(schema::rules())
        .chain(references::REFERENCES.iter().map(|reference| reference.rule))
        .chain(placement::RULES)
        .chain(seatrial_learn::systems::rules::RULES)
        .chain([&suppress::INVALID, &suppress::UNUSED])
        .chain([&opinion::OPINION, &opinion::UNAVAILABLE]);
    let written = invariants.rules().cloned().chain(assertions.rules());
    let written = written.chain(learned.rules().cloned());
    let mut rules: Vec<_> =
        of_code.cloned().chain(access::rules().cloned()).chain(written).collect();
    rules.sort();
    // An inspected policy may have the name of a built-in one.
    rules.dedup_by(|later, first| later.id == first.id);
    rules
}

/// Reads the built-in invariants and those of the directories.
fn load_invariants(folders: &[PathBuf]) -> Result<Invariants, CheckError> {
    let mut invariants = Invariants::builtin();
    for folder in folders {
        let config = Config::default();
        let paths = std::slice::from_ref(folder);
        let search = Search { paths, config: &config, gitignore: false, systems: false };
        let (found, _) = files::find(&search);
        let mut objects = Vec::new();
        // The cases of an invariant are no parameters of one.
        let policies = found.iter().filter(|file| !file.is_named(&["pass.yaml", "fail.yaml"]));
        for input in policies.map(files::read) {
            objects.extend(objects_of_invariants(input)?);
        }
        let has_assertions = folder.join("access").is_dir();
        if !invariants.add_own(objects) && !has_assertions {
            let message = format!("`{}` holds no ValidatingAdmissionPolicy", folder.display());
            return Err(CheckError::Invariants(message));
        }
    }
    Ok(invariants)
}

/// The objects of a file of a team's own invariants, all of which must be readable.
fn objects_of_invariants(input: Input) -> Result<Vec<Object>, CheckError> {
    let refuse = |location: &Location, message: &str| {
        let Location { path, line, column, .. } = location;
        Err(CheckError::Invariants(format!("{path}:{line}:{column}: {message}")))
    };
    match input {
        Input::Text { file, .. } => {
            let manifest = seatrial_manifests::read(file);
            match manifest.unreadable.first() {
                Some(Unreadable { problem, .. }) => {
                    refuse(&manifest.file.location(problem.span), &problem.message)
                }
                None => Ok(manifest.objects),
            }
        }
        Input::Unreadable(unfit) => refuse(&unfit.location, &unfit.message),
        Input::Excluded(_) => Ok(Vec::new()),
    }
}

/// Which rules run.
struct Selection<'a> {
    rules: &'a [Rule],
    select: &'a [String],
    ignore: &'a [String],
    enable: &'a [String],
    /// The profiles in force.
    profiles: &'a [Profile],
    /// The profiles of the rules that belong to some only.
    profiles_of: BTreeMap<&'a str, &'a [Profile]>,
    /// Whether there is a cluster: without, no rule on placement runs.
    with_cluster: bool,
    /// Whether there is a language model: without, no rule on its opinion runs.
    with_model: bool,
}

impl<'a> Selection<'a> {
    /// Takes the settings; a name that is neither a rule nor a part is an error.
    fn new(
        rules: &'a [Rule],
        invariants: &'a Invariants,
        options: &'a Options,
    ) -> Result<Self, CheckError> {
        let settings = &options.config.settings;
        // Rules are learned or not: the part is there even without any.
        let parts = rules.iter().map(|rule| rule.part.as_str()).chain([Part::Learned.as_str()]);
        let names: Vec<&str> = rules.iter().map(|rule| &*rule.id).chain(parts).collect();
        let of_overrides = settings.overrides.iter().flat_map(|rule| rule.severity.keys());
        let severities = settings.severity.keys().chain(of_overrides);
        let selected = settings.select.iter().chain(&settings.enable);
        let mut asked = selected.chain(&settings.ignore).chain(severities);
        if let Some(name) = asked.find(|name| !names.contains(&name.as_str())) {
            let hint = nearest(name, names)
                .map_or_else(String::new, |name| format!("; did you mean `{name}`?"));
            return Err(CheckError::UnknownRule { name: name.clone(), hint });
        }
        Ok(Self {
            rules,
            select: &settings.select,
            ignore: &settings.ignore,
            enable: &settings.enable,
            profiles: settings.profiles(),
            profiles_of: invariants.profiles(),
            with_cluster: options.cluster.is_some(),
            with_model: options.model.is_some(),
        })
    }

    /// Whether a rule belongs to the profiles in force, or is asked for by its id.
    fn is_chosen(&self, id: &str) -> bool {
        let Some(profiles) = self.profiles_of.get(id) else { return true };
        let by_id = self.select.iter().chain(self.enable).any(|name| name == id);
        by_id || profiles.iter().any(|profile| self.profiles.contains(profile))
    }

    /// Whether the API server itself rejects what breaks a rule, under the profiles in force.
    fn is_enforced(&self, id: &str) -> bool {
        let profiles = self.profiles_of.get(id).copied().unwrap_or_default();
        profiles.iter().any(|profile| profile.is_enforced() && self.profiles.contains(profile))
    }

    /// Whether a rule runs; `None` for one that does not exist.
    fn runs(&self, id: &str) -> Option<bool> {
        let at = self.rules.binary_search_by(|rule| (*rule.id).cmp(id)).ok()?;
        self.rules.get(at).map(|rule| {
            let named =
                |names: &[String]| names.iter().any(|n| *n == rule.id || n == rule.part.as_str());
            let possible = (self.with_cluster || rule.part != Part::Placement)
                && (self.with_model || !opinion::is_advice(id));
            let selected = self.select.is_empty() || named(self.select);
            possible && selected && self.is_chosen(id) && !named(self.ignore)
        })
    }

    /// Whether any rule of a part runs.
    fn runs_any(&self, part: Part) -> bool {
        self.rules.iter().any(|rule| rule.part == part && self.runs(&rule.id) == Some(true))
    }
}

/// One check, with all that it needs.
struct Run<'a> {
    options: &'a Options,
    progress: &'a Progress,
    started: Instant,
    version: Version,
    fail_on: Severity,
    timings: Timings,
}

/// What a file holds.
enum Content {
    /// A manifest, and whether the user named its file.
    Manifest(Box<Manifest>, bool),
    /// The parameters of another system, and what is wrong with them.
    Parameters(Arc<SourceFile>, System, Vec<Finding>),
}

/// What was read.
#[derive(Default)]
struct Inputs {
    manifests: Vec<Manifest>,
    /// Files of other systems, which are checked already.
    of_systems: Vec<(Arc<SourceFile>, System)>,
    /// Whether the operating system refused a file.
    refused: bool,
}

impl Inputs {
    fn add(&mut self, read: Result<Content, Input>, tally: &mut Tally) {
        let files = &mut tally.coverage.files;
        match read {
            Ok(Content::Manifest(manifest, named)) => {
                report_reading(&manifest, named, tally);
                self.manifests.push(*manifest);
            }
            Ok(Content::Parameters(file, system, findings)) => {
                files.add(file.path(), FileOutcome::Checked);
                tally.found.findings.extend(findings);
                self.of_systems.push((file, system));
            }
            Err(Input::Unreadable(unreadable)) => {
                self.refused |= unreadable.refused;
                files.add(&unreadable.location.path, FileOutcome::Unreadable);
                tally.found.findings.push(unreadable_finding(unreadable));
            }
            Err(Input::Excluded(path)) => files.add(&path, FileOutcome::Excluded),
            Err(Input::Text { .. }) => {}
        }
    }
}

/// What a run has come to so far.
#[derive(Default)]
struct Tally {
    found: Found,
    coverage: Coverage,
}

impl<'a> Run<'a> {
    fn new(options: &'a Options, progress: &'a Progress) -> Result<Self, CheckError> {
        let settings = &options.config.settings;
        let version = match &settings.kubernetes_version {
            Some(text) => text.parse().map_err(CheckError::Version)?,
            None => Version::NEWEST,
        };
        let fail_on = settings.fail_on.unwrap_or(Severity::Error);
        let timings = Timings::new(options.timings);
        Ok(Self { options, progress, started: Instant::now(), version, fail_on, timings })
    }

    fn run(&self) -> Result<Checked, CheckError> {
        let mut invariants = load_invariants(&self.options.invariants)?;
        invariants.set_parameters(&self.parameters());
        let assertions = load_assertions(&self.options.invariants)?;
        let learned = LearnedRules::load(&self.options.rules, &self.options.today)?;
        let mut tally = Tally::default();
        let Inputs { mut manifests, of_systems, refused } = self.read(&mut tally);
        let (mut suppressions, about_suppressions) = suppress::collect(&manifests);
        let (of_settings, about_settings) = suppress::collect_settings(&of_systems);
        suppressions.extend(of_settings);
        tally.found.findings.extend(about_suppressions.into_iter().chain(about_settings));
        let objects: Vec<Object> = manifests
            .iter_mut()
            .flat_map(|manifest| std::mem::take(&mut manifest.objects))
            .collect();
        invariants.add_inspected(&objects);
        tally.found.findings.extend(invariants.problems().iter().cloned());
        let rules = all_rules(&invariants, &assertions, &learned);
        let selection = Selection::new(&rules, &invariants, self.options)?;
        self.check_objects(&objects, &invariants, &selection, &mut tally);
        self.check_references(&objects, &selection, &mut tally);
        let of_base = self.check_access(&objects, &assertions, &selection, &mut tally)?;
        let of_cluster = self.check_placement(&objects, &selection, &mut tally)?;
        if selection.runs_any(Part::Learned) {
            let of_learned = learned.check(&objects, &tally.found.findings);
            tally.found.findings.extend(of_learned);
        }
        self.ask(&objects, &of_systems, &learned, &selection, &mut tally);
        let report = self.report(&objects, &suppressions, &rules, &selection, tally);
        let of_config = self.options.config.file.iter().cloned();
        let of_invariants = invariants.files().cloned();
        let files = manifests.iter().map(|manifest| Arc::clone(&manifest.file));
        let of_base = of_base.iter().map(Arc::clone);
        let files = files.chain(of_systems.into_iter().map(|(file, _)| file));
        let sources = of_base.chain(of_cluster).chain(of_config).chain(of_invariants).chain(files);
        let sources = sources.collect();
        Ok(Checked { report, sources, refused, timings: self.timings.sorted() })
    }

    /// The parameters of the built-in invariants: those of the settings, and the version.
    fn parameters(&self) -> BTreeMap<String, String> {
        let mut parameters = self.options.config.settings.parameters.clone();
        parameters.insert("kubernetes-version".to_owned(), self.version.to_string());
        parameters
    }

    /// Finds and reads the files; says what became of each.
    fn read(&self, tally: &mut Tally) -> Inputs {
        let config = &self.options.config;
        let search = Search {
            paths: &self.options.paths,
            config,
            gitignore: config.settings.gitignore.unwrap_or(true),
            systems: true,
        };
        let (files, others) = files::find(&search);
        self.progress.begin(0, files.len());
        let read: Vec<_> = files
            .par_iter()
            .map(|file| {
                self.progress.step();
                (file.system(self.options.system), files::read(file))
            })
            .map(|(system, input)| match (system, input) {
                (Some(system), Input::Text { file, .. }) => {
                    let findings = parameters::check(&file, system);
                    Ok(Content::Parameters(file, system, findings))
                }
                (None, Input::Text { file, named }) => {
                    Ok(Content::Manifest(Box::new(seatrial_manifests::read(file)), named))
                }
                (_, other) => Err(other),
            })
            .collect();
        let mut inputs = Inputs::default();
        for result in read.into_iter().chain(others.into_iter().map(Err)) {
            inputs.add(result, tally);
        }
        inputs
    }

    /// Checks each object by itself: schemas and invariants.
    fn check_objects(
        &self,
        objects: &[Object],
        invariants: &Invariants,
        selection: &Selection<'_>,
        tally: &mut Tally,
    ) {
        let schemas = Schemas::for_version(self.version).with_crds(objects);
        let with_schemas = selection.runs_any(Part::Schema);
        let active = invariants.active(objects, |id| selection.runs(id) == Some(true));
        tally.coverage.policies = active.len();
        let ids: Vec<_> = active.ids().collect();
        self.progress.begin(1, objects.len());
        let per_object: Vec<_> = objects
            .par_iter()
            .map(|object| {
                self.progress.step();
                let mut of_object = Found::default();
                if self.out_of_time() {
                    of_object.undecided.push(self.not_reached(object));
                    return (None, of_object);
                }
                let mut lap = self.timings.start();
                let coverage = with_schemas.then(|| schemas.check(object, &mut of_object));
                lap.done("schemas");
                active.check(object, &mut of_object, |index| {
                    lap.done(ids.get(index).copied().unwrap_or_default());
                });
                (coverage, of_object)
            })
            .collect();
        for (object, (coverage, of_object)) in objects.iter().zip(per_object) {
            tally.found.extend(of_object);
            match coverage {
                None => tally.coverage.objects.add_unchecked(),
                Some(schema::Coverage::NoSchema | schema::Coverage::NotServed) => {
                    let id = &object.id;
                    tally.coverage.objects.add_without_schema(&id.api_version, &id.kind);
                }
                Some(schema::Coverage::Checked) => tally.coverage.objects.add_with_schema(),
            }
        }
    }

    fn check_references(&self, objects: &[Object], selection: &Selection<'_>, tally: &mut Tally) {
        if !selection.runs_any(Part::Reference) {
            return;
        }
        let index = Index::build(objects);
        let closed_world = self.options.config.settings.closed_world;
        let context = references::Context { index: &index, closed_world };
        let running = references::REFERENCES
            .par_iter()
            .filter(|reference| selection.runs(&reference.rule.id) == Some(true));
        let per_rule: Vec<_> = running
            .map(|reference| {
                let mut findings = Vec::new();
                let mut lap = self.timings.start();
                (reference.check)(&context, &mut findings);
                lap.done(&reference.rule.id);
                findings
            })
            .collect();
        tally.found.findings.extend(per_rule.into_iter().flatten());
    }

    /// Who can do what, and what that is compared with the base, if there is one; returns the texts
    /// of the base.
    fn check_access(
        &self,
        objects: &[Object],
        assertions: &Assertions,
        selection: &Selection<'_>,
        tally: &mut Tally,
    ) -> Result<Sources, CheckError> {
        if !selection.runs_any(Part::Access) {
            return Ok(Sources::new());
        }
        let runs = |id: &str| selection.runs(id) == Some(true);
        let mut of_access = access::check(objects, assertions, &runs);
        of_access.findings.retain(|finding| !access::is_repeated(finding, &tally.found.findings));
        tally.found.extend(of_access);
        let Some(base) = &self.options.base else { return Ok(Sources::new()) };
        let base = access::load_base(base, &self.options.paths, &self.options.config)?;
        tally.found.extend(access::compare(&base.objects, objects)?);
        Ok(base.sources)
    }

    /// Puts the objects into the cluster, if there is one; returns its files.
    fn check_placement(
        &self,
        objects: &[Object],
        selection: &Selection<'_>,
        tally: &mut Tally,
    ) -> Result<Vec<Arc<SourceFile>>, CheckError> {
        let Some(path) = &self.options.cluster else { return Ok(Vec::new()) };
        let base = cluster::base(path)?;
        if selection.runs_any(Part::Placement) {
            let threads = self.options.threads.unwrap_or(placement::MOST_THREADS);
            let time = self.placement_time();
            tally.found.extend(placement::check(&base, objects, time, threads)?);
        }
        Ok(base.files)
    }

    /// How long placements may be searched for.
    fn placement_time(&self) -> Duration {
        let left =
            self.options.time_limit.map(|limit| limit.saturating_sub(self.started.elapsed()));
        left.map_or(placement::TIME_LIMIT, |left| left.min(placement::TIME_LIMIT))
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
        report.rules = rules.to_vec();
        report.with_statistics = self.options.statistics;
        let checked = |object: &Object| CheckedObject {
            location: object.name_location(),
            resource: object.id.clone(),
        };
        report.objects = objects.iter().map(checked).collect();
        report.sorted()
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
        if let Some(model) = &self.options.model {
            let seconds = model.time_limit.as_secs_f64().to_string();
            bounds.push(bound("seconds for a language model", seconds));
        }
        if let Some(limit) = self.options.time_limit {
            bounds.push(bound("seconds", limit.as_secs_f64().to_string()));
        }
        bounds
    }

    fn out_of_time(&self) -> bool {
        self.options.time_limit.is_some_and(|limit| self.started.elapsed() >= limit)
    }

    fn not_reached(&self, object: &Object) -> Undecided {
        let seconds = self.options.time_limit.unwrap_or_default().as_secs_f64();
        Undecided {
            location: object.name_location(),
            rule: "time-limit".into(),
            reason: format!("not checked within {seconds} s"),
            resource: Some(object.id.clone()),
        }
    }
}

/// Says what became of a file that was read, and what reading it found.
fn report_reading(manifest: &Manifest, named: bool, tally: &mut Tally) {
    let documents = &mut tally.coverage.documents;
    let skipped = |reason| manifest.skipped.iter().filter(|s| s.reason == reason).count();
    let templates = skipped(SkippedReason::Template);
    let other = skipped(SkippedReason::NotKubernetes);
    documents.total +=
        manifest.documents + manifest.skipped.len() + manifest.empty + manifest.unreadable.len();
    documents.kubernetes += manifest.documents;
    documents.empty += manifest.empty;
    documents.not_kubernetes += other;
    documents.templates += templates;
    documents.malformed += manifest.unreadable.len();
    tally.coverage.files.add(manifest.file.path(), access::outcome(manifest));
    for unreadable in &manifest.unreadable {
        let mut finding = reading::finding(&manifest.file, &unreadable.problem);
        if !named && !manifest.file.slice(unreadable.text).contains("apiVersion") {
            finding.severity = Severity::Note;
        }
        tally.found.findings.push(finding);
    }
    // What a document means that is no manifest is not ours to say.
    let foreign = |problem: &&seatrial_parse::Problem| {
        manifest.skipped.iter().any(|skipped| {
            skipped.span.start <= problem.span.start && problem.span.end <= skipped.span.end
        })
    };
    let problems = manifest.problems.iter().filter(|problem| !foreign(problem));
    tally.found.findings.extend(problems.map(|problem| reading::finding(&manifest.file, problem)));
}

fn unreadable_finding(unreadable: Unfit) -> Finding {
    let rule = &reading::UNREADABLE_FILE;
    let Unfit { location, severity, message, help, refused: _ } = unreadable;
    let finding = Finding::new(rule.id.clone(), severity, location, message);
    match help {
        Some(help) => finding.help(help),
        None => finding,
    }
}
