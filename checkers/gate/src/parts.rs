//! The parts of a check that look at what was read: the quick ones one after another, those that
//! search beside them, all under one limit of time. What a part came to is kept by all that it
//! looked at, so that it is not done again for the same.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::thread;

use rayon::prelude::*;
use seatrial_core::{Found, Location, Span, Undecided};
use seatrial_manifests::{Index, Object};
use seatrial_report::{Exhibit, Objects, Sources};
use seatrial_rules::invariants::Invariants;
use seatrial_rules::schema::{self, Schemas};
use seatrial_rules::{Part, references};
use serde::{Deserialize, Serialize};

use crate::access::{self, Assertions};
use crate::cache::Key;
use crate::check::{CheckError, Run, Shown, Tally};
use crate::learned::LearnedRules;
use crate::render::Root;
use crate::selection::Selection;
use crate::web::{Before, Sites};
use crate::{cluster, drill, placement, protocols};

/// What parts look at.
pub(crate) struct Parts<'a> {
    pub(crate) run: &'a Run<'a>,
    pub(crate) selection: &'a Selection<'a>,
    pub(crate) objects: &'a [Object],
    pub(crate) sites: &'a Sites,
    /// Directories that were rendered.
    pub(crate) rendered: &'a BTreeMap<Arc<str>, Root>,
    pub(crate) invariants: &'a Invariants,
    pub(crate) assertions: &'a Assertions,
    /// The cluster that the objects are put into.
    pub(crate) cluster: Option<&'a cluster::Base>,
    /// The properties that are drilled too.
    pub(crate) stated: &'a drill::Stated,
    /// The files that were read, and the settings that each part depends on.
    pub(crate) read: Key,
}

/// What a part came to.
#[derive(Default, Serialize, Deserialize)]
struct Came {
    found: Found,
    /// What it has to show beside that.
    exhibits: Vec<Exhibit>,
    /// What was held against schemas.
    objects: Objects,
    /// How many policies were evaluated.
    policies: usize,
}

/// What is kept of it: places have their bytes apart, as no report has them.
#[derive(Serialize, Deserialize)]
struct Kept {
    came: Came,
    spans: Vec<(u32, u32)>,
}

impl Kept {
    fn of(mut came: Came) -> Self {
        let mut spans = Vec::new();
        came.found.for_each_location(|at| spans.push((at.span.start, at.span.end)));
        Self { came, spans }
    }

    fn came(self) -> Came {
        let Self { mut came, spans } = self;
        let mut spans = spans.into_iter();
        came.found.for_each_location(|at| {
            at.span = spans.next().map_or_else(Span::default, |(start, end)| Span { start, end });
        });
        came
    }
}

impl From<Found> for Came {
    fn from(found: Found) -> Self {
        Self { found, ..Self::default() }
    }
}

impl From<Shown> for Came {
    fn from(Shown { found, exhibits }: Shown) -> Self {
        Self { found, exhibits, ..Self::default() }
    }
}

/// What the quick parts came to, and the texts of the base.
struct Quick {
    objects: Came,
    references: Came,
    access: Came,
    change: Came,
    of_base: Sources,
}

impl Parts<'_> {
    /// Runs all of them; returns the texts of the base.
    pub(crate) fn run(&self, tally: &mut Tally) -> Result<Sources, CheckError> {
        let (quick, placed, drilled, protocols) = if self.run.options.threads == Some(1) {
            (self.quick(), self.placement(), self.drill(), self.protocols())
        } else {
            thread::scope(|scope| {
                let placed = scope.spawn(|| self.placement());
                let drilled = scope.spawn(|| self.drill());
                let protocols = scope.spawn(|| self.protocols());
                (self.quick(), joined(placed), joined(drilled), joined(protocols))
            })
        };
        let Quick { objects, references, mut access, change, of_base } = quick?;
        tally.coverage.objects = objects.objects;
        tally.coverage.policies = objects.policies;
        tally.found.extend(objects.found);
        tally.found.extend(references.found);
        let known = &tally.found.findings;
        access.found.findings.retain(|finding| !access::is_repeated(finding, known));
        for came in [access, change, placed?, drilled?, protocols?] {
            tally.add(Shown { found: came.found, exhibits: came.exhibits });
        }
        Ok(of_base)
    }

    /// The parts that need no search.
    fn quick(&self) -> Result<Quick, CheckError> {
        let objects = self.each_object()?;
        let references = self.references()?;
        let access = self.access()?;
        let (change, of_base) = self.change()?;
        Ok(Quick { objects, references, access, change, of_base })
    }

    /// What a part comes to, unless that is known. What the clock decided is not kept.
    fn kept(
        &self,
        part: &str,
        key: Key,
        make: impl FnOnce() -> Result<Came, CheckError>,
    ) -> Result<Came, CheckError> {
        let cache = &self.run.cache;
        let key = key.name();
        let known = || serde_json::from_str::<Kept>(&cache.get(&key)?).ok();
        if let Some(kept) = (!self.run.options.timings).then(known).flatten() {
            return Ok(kept.came());
        }
        let mut lap = self.run.timings.start();
        let came = make()?;
        if !matches!(part, OBJECTS | REFERENCES) {
            lap.done(part); // these two are measured by rule
        }
        let searched = matches!(part, PLACEMENT | DRILL | PROTOCOLS);
        let by_clock = self.run.out_of_time() || searched && !came.found.undecided.is_empty();
        if by_clock || !cache.keeps() {
            return Ok(came);
        }
        let kept = Kept::of(came);
        if let Ok(text) = serde_json::to_string(&kept) {
            cache.put(&key, &text);
        }
        Ok(kept.came())
    }

    /// What a part depends on: what was read, and which of its rules run.
    fn key(&self, part: &str, rules: &[Part]) -> Key {
        let rules = rules.iter().flat_map(|part| self.selection.of_part(*part));
        self.read.clone().and(part).all(rules)
    }

    /// Each object by itself: schemas and invariants.
    fn each_object(&self) -> Result<Came, CheckError> {
        let key = self.key(OBJECTS, &[Part::Schema, Part::Invariant]);
        self.kept(OBJECTS, key, || Ok(self.check_objects()))
    }

    fn check_objects(&self) -> Came {
        let Self { run, selection, objects, invariants, .. } = *self;
        let schemas = Schemas::for_version(run.version).with_crds(objects);
        let with_schemas = selection.runs_any(Part::Schema);
        let active = invariants.active(objects, |id| selection.runs(id) == Some(true));
        let ids: Vec<_> = active.ids().collect();
        run.progress.begin(1, objects.len());
        let per_object: Vec<_> = objects
            .par_iter()
            .map(|object| {
                run.progress.step();
                let mut of_object = Found::default();
                if run.out_of_time() {
                    of_object.undecided.push(run.not_reached(object));
                    return (None, of_object);
                }
                let mut lap = run.timings.start();
                let coverage = with_schemas.then(|| schemas.check(object, &mut of_object));
                lap.done("schemas");
                active.check(object, &mut of_object, |index| {
                    lap.done(ids.get(index).copied().unwrap_or_default());
                });
                (coverage, of_object)
            })
            .collect();
        let mut came = Came { policies: active.len(), ..Came::default() };
        for (object, (coverage, of_object)) in objects.iter().zip(per_object) {
            came.found.extend(of_object);
            match coverage {
                None => came.objects.add_unchecked(),
                Some(schema::Coverage::NoSchema | schema::Coverage::NotServed) => {
                    came.objects.add_without_schema(&object.id.api_version, &object.id.kind);
                }
                Some(schema::Coverage::Checked) => came.objects.add_with_schema(),
            }
        }
        came
    }

    /// What objects say of each other.
    fn references(&self) -> Result<Came, CheckError> {
        if !self.selection.runs_any(Part::Reference) {
            return Ok(Came::default());
        }
        self.kept(REFERENCES, self.key(REFERENCES, &[Part::Reference]), || {
            Ok(self.check_references().into())
        })
    }

    fn check_references(&self) -> Found {
        let run = self.run;
        let index = Index::build(self.objects);
        let closed_world = run.options.config.settings.closed_world;
        let context = references::Context { index: &index, closed_world };
        let running = references::REFERENCES
            .par_iter()
            .filter(|reference| self.selection.runs(&reference.rule.id) == Some(true));
        let per_rule: Vec<_> = running
            .map(|reference| {
                if run.out_of_time() {
                    return None;
                }
                let mut findings = Vec::new();
                let mut lap = run.timings.start();
                (reference.check)(&context, &mut findings);
                lap.done(&reference.rule.id);
                Some(findings)
            })
            .collect();
        let late = per_rule.iter().filter(|findings| findings.is_none()).count();
        let undecided = (late > 0)
            .then(|| self.not_run(&format!("{late} of {} rules on references", per_rule.len())));
        let findings = per_rule.into_iter().flatten().flatten().collect();
        Found { findings, undecided: undecided.into_iter().collect() }
    }

    /// Who can do what.
    fn access(&self) -> Result<Came, CheckError> {
        if !self.selection.runs_any(Part::Access) {
            return Ok(Came::default());
        }
        if self.run.out_of_time() {
            return Ok(self.none_of("who can do what"));
        }
        self.kept(ACCESS, self.key(ACCESS, &[Part::Access]), || {
            let runs = |id: &str| self.selection.runs(id) == Some(true);
            Ok(access::check(self.objects, self.sites, self.assertions, &runs).into())
        })
    }

    /// What that is compared with the base, if there is one; and the texts of the base.
    fn change(&self) -> Result<(Came, Sources), CheckError> {
        let options = self.run.options;
        let Some(base) = options.base.as_ref().filter(|_| self.selection.runs_any(Part::Access))
        else {
            return Ok((Came::default(), Sources::new()));
        };
        let web = Before::read(base, &options.paths, self.sites)?;
        let base = access::load_base(base, &options.paths, &options.config)?;
        let files = web.files();
        let sources = base.sources.iter().map(Arc::clone).chain(files).collect();
        if self.run.out_of_time() {
            return Ok((self.none_of("what the change opens"), sources));
        }
        let key = self.key(CHANGE, &[Part::Access]).all(web.record());
        let key = key.files(base.sources.iter().map(Arc::as_ref));
        let came = self.kept(CHANGE, key, || {
            let mut shown = web.compare(self.sites)?;
            shown.found.undecided.extend(self.rendered.values().map(Root::not_compared));
            let mut of_files = Cow::Borrowed(self.objects);
            if !self.rendered.is_empty() {
                let rendered = self.rendered;
                of_files.to_mut().retain(|object| !rendered.contains_key(object.file.path()));
            }
            shown.extend(access::compare(&base.objects, &of_files)?);
            Ok(shown.into())
        })?;
        Ok((came, sources))
    }

    /// The objects in the cluster, if there is one.
    fn placement(&self) -> Result<Came, CheckError> {
        let Some(base) = self.cluster.filter(|_| self.selection.runs_any(Part::Placement)) else {
            return Ok(Came::default());
        };
        let time = self.run.time_for(placement::TIME_LIMIT);
        let key = self.of_cluster(self.key(PLACEMENT, &[Part::Placement]));
        self.kept(PLACEMENT, key, || {
            let threads = self.run.options.threads.unwrap_or(placement::MOST_THREADS);
            Ok(placement::check(base, self.objects, time, threads)?.into())
        })
    }

    /// The workloads under faults, if that is asked for.
    fn drill(&self) -> Result<Came, CheckError> {
        if !self.run.options.drill || !self.selection.runs_any(Part::Drill) {
            return Ok(Came::default());
        }
        let time = self.run.time_for(drill::TIME_LIMIT);
        let key = self.of_cluster(self.key(DRILL, &[Part::Drill]));
        let key = key.files(self.stated.files.iter().map(Arc::as_ref));
        self.kept(DRILL, key, || {
            let threads = self.run.options.threads.unwrap_or(drill::MOST_THREADS);
            let runs = |id: &str| self.selection.runs(id) == Some(true);
            let asked = drill::Asked { base: self.cluster, stated: self.stated, threads };
            Ok(drill::check(asked, self.objects, time, runs)?.into())
        })
    }

    /// The protocols of the team, if that is asked for.
    fn protocols(&self) -> Result<Came, CheckError> {
        let options = self.run.options;
        let running = self.selection.runs_any(Part::Protocol);
        let Some(models) = options.protocols.as_ref().filter(|_| running) else {
            return Ok(Came::default());
        };
        let mut found = Found::default();
        for place in protocols::places(&options.config) {
            let time = self.run.time_for(protocols::TIME_LIMIT);
            let checks = match place.checks(models, time) {
                Ok(checks) => checks,
                Err(unusable) => {
                    found.extend(unusable);
                    continue;
                }
            };
            for check in checks {
                let time = self.run.time_for(protocols::TIME_LIMIT);
                found.extend(match check.key() {
                    Some(key) => self.kept(PROTOCOLS, key, || Ok(check.run(time).into()))?.found,
                    None => check.run(time),
                });
            }
        }
        Ok(found.into())
    }

    fn of_cluster(&self, key: Key) -> Key {
        let files = self.cluster.iter().flat_map(|base| &base.files);
        key.files(files.map(Arc::as_ref))
    }

    /// A part of which nothing was done.
    fn none_of(&self, what: &str) -> Came {
        let undecided = vec![self.not_run(what)];
        Found { findings: Vec::new(), undecided }.into()
    }

    fn not_run(&self, what: &str) -> Undecided {
        let first = self.objects.first().map(|object| Arc::clone(object.file.path()));
        Undecided {
            location: Location::start_of(first.unwrap_or_else(|| ".".into())),
            rule: "time-limit".into(),
            reason: format!("{what}: {}", self.run.too_late()),
            resource: None,
        }
    }
}

const OBJECTS: &str = "objects";
const REFERENCES: &str = "references";
const ACCESS: &str = "access";
const CHANGE: &str = "change";
const PLACEMENT: &str = "placement";
const DRILL: &str = "drill";
const PROTOCOLS: &str = "protocols";
/// Learned rules, which leave out what other parts have said.
pub(crate) const LEARNED: &str = "learned";

impl Parts<'_> {
    /// Learned rules, but for what the other parts have said.
    pub(crate) fn learned(
        &self,
        learned: &LearnedRules,
        tally: &mut Tally,
    ) -> Result<(), CheckError> {
        if !self.selection.runs_any(Part::Learned) {
            return Ok(());
        }
        let said: Vec<_> = tally.found.findings.iter().map(|it| format!("{it:?}")).collect();
        let key = self.key(LEARNED, &[Part::Learned]).all(said);
        let key = key.all(learned.texts());
        let came = self.kept(LEARNED, key, || {
            let findings = learned.check(self.objects, &tally.found.findings);
            Ok(Found { findings, undecided: Vec::new() }.into())
        })?;
        tally.found.extend(came.found);
        Ok(())
    }
}

/// What a thread came to; its panic is ours.
fn joined<T>(thread: thread::ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}
