//! From files to manifests and parameters: what is found, rendered and read, and what became of it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rayon::prelude::*;
use seatrial_core::{Finding, Severity, SourceFile};
use seatrial_manifests::{Manifest, SkippedReason};
use seatrial_report::FileOutcome;
use seatrial_rules::reading;

use crate::access;
use crate::check::{Run, Tally};
use crate::files::{self, Found, Input, Search, Unfit};
use crate::parameters::{self, System};
use crate::render::{self, Plan, Root};
use crate::web::{self, Site, Sites};

/// What a file holds.
enum Content {
    /// A manifest, and whether the user named its file.
    Manifest(Box<Manifest>, bool),
    /// The parameters of another system, and what is wrong with them.
    Parameters(Arc<SourceFile>, System, Vec<Finding>),
}

/// What was read.
#[derive(Default)]
pub(crate) struct Inputs {
    pub(crate) manifests: Vec<Manifest>,
    /// Files of other systems, which are checked already.
    pub(crate) of_systems: Vec<(Arc<SourceFile>, System)>,
    /// Directories that were rendered; each text is among the manifests.
    pub(crate) rendered: BTreeMap<Arc<str>, Root>,
    /// Configurations of web servers.
    pub(crate) sites: Sites,
    /// Whether the operating system refused a file.
    pub(crate) refused: bool,
}

impl Inputs {
    fn add(&mut self, read: Result<Content, Input>, tally: &mut Tally) {
        let files = &mut tally.coverage.files;
        match read {
            Ok(Content::Manifest(manifest, named)) => {
                files.add(manifest.file.path(), access::outcome(&manifest));
                report_documents(&manifest, named, tally);
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

impl Run<'_> {
    /// Finds and reads the files; says what became of each.
    pub(crate) fn read(&self, tally: &mut Tally) -> Inputs {
        let config = &self.options.config;
        let search = Search {
            paths: &self.options.paths,
            config,
            gitignore: config.settings.gitignore.unwrap_or(true),
            systems: true,
        };
        let (mut files, others) = files::find(&search);
        let plan = Plan::of(&files);
        let mut inputs = Inputs::default();
        if config.settings.render {
            files.retain(|file| {
                let covered = plan.covers(file);
                if covered {
                    tally.coverage.files.add(file.shown(), FileOutcome::Rendered);
                }
                !covered
            });
            self.render(plan, &mut inputs, tally);
        } else {
            tally.found.findings.extend(plan.roots.iter().map(Root::note));
        }
        let (of_web, files): (Vec<_>, Vec<_>) =
            files.into_iter().partition(|file| web::kind_of(file.path(), config).is_some());
        self.sites(&of_web, &mut inputs, tally);
        self.progress.begin(0, files.len());
        let read: Vec<_> = files
            .par_iter()
            .map(|file| {
                self.progress.step();
                (file.system(self.options.system), files::read_unless(file, self.texts))
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
        for result in read.into_iter().chain(others.into_iter().map(Err)) {
            inputs.add(result, tally);
        }
        inputs
    }

    /// Reads configurations of web servers. A main file that another one includes is a part of that.
    fn sites(&self, main_files: &[Found], inputs: &mut Inputs, tally: &mut Tally) {
        let config = &self.options.config;
        let texts = web::Edited(self.texts);
        let mut sites = Vec::new();
        for file in main_files {
            let Some(kind) = web::kind_of(file.path(), config) else { continue };
            match files::read_unless(file, self.texts) {
                // What is rendered first is no configuration yet.
                Input::Text { file: text, .. } if text.text().contains("{{") => {
                    tally.coverage.files.add(file.shown(), FileOutcome::Template);
                }
                Input::Text { .. } => match Site::read(kind, file.path(), &texts) {
                    Ok(site) => sites.push((file.path().to_owned(), site)),
                    Err(_) => tally.coverage.files.add(file.shown(), FileOutcome::Unreadable),
                },
                other => inputs.add(Err(other), tally),
            }
        }
        let included = |main: &Path| {
            let main = files::shown(main);
            sites.iter().any(|(other, site)| {
                files::shown(other) != main && site.files.iter().any(|it| *it.path() == main)
            })
        };
        let parts: Vec<bool> = sites.iter().map(|(main, _)| included(main)).collect();
        let mut parts = parts.into_iter();
        sites.retain(|_| parts.next() == Some(false));
        inputs.sites = Sites(sites);
        for file in inputs.sites.files() {
            tally.coverage.files.add(file.path(), FileOutcome::Checked);
        }
    }

    /// Renders directories, and reads what comes out.
    fn render(&self, plan: Plan, inputs: &mut Inputs, tally: &mut Tally) {
        let left = |limit: Duration| limit.saturating_sub(self.started.elapsed());
        let limit = self.options.time_limit.map_or(render::TIME_LIMIT, left);
        let limit = limit.min(render::TIME_LIMIT);
        let texts: Vec<_> = plan.roots.par_iter().map(|root| root.render(limit)).collect();
        for (root, text) in plan.roots.into_iter().zip(texts) {
            match text {
                Ok(file) => {
                    let manifest = seatrial_manifests::read(Arc::clone(&file));
                    report_documents(&manifest, true, tally);
                    inputs.manifests.push(manifest);
                    inputs.rendered.insert(Arc::clone(file.path()), root);
                }
                Err(failed) => {
                    inputs.refused |= failed.tool_is_missing;
                    tally.found.findings.push(failed.finding);
                }
            }
        }
    }
}

/// Says what became of the documents of a file that was read, and what reading them found.
fn report_documents(manifest: &Manifest, named: bool, tally: &mut Tally) {
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
