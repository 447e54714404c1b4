//! Checks, each in a thread of its own.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc::Sender};
use std::time::{Duration, Instant};

use seatrial_gate::config::Config;
use seatrial_gate::files::Texts;
use seatrial_gate::{CheckError, Checked, Known, Options, Progress, check_texts};

use crate::{Event, Provider, Unusable};

/// The longest that a whole check may take; what is not done by then is undecided.
const TIME_LIMIT: Duration = Duration::from_secs(60);

/// A check to be made.
pub(crate) struct Job {
    /// The scope that is checked.
    pub(crate) scope: PathBuf,
    /// How much is looked at.
    pub(crate) extent: Extent,
    /// The texts of open documents.
    pub(crate) texts: Texts,
    /// Which texts these are.
    pub(crate) generations: BTreeMap<PathBuf, u64>,
}

/// How much is looked at.
pub(crate) enum Extent {
    /// One document, with what the last whole check was made with.
    Quick {
        /// The document.
        document: PathBuf,
        /// The options of the last whole check.
        options: Arc<Options>,
        /// Files that it is checked by.
        beside: Vec<PathBuf>,
        /// The names of the parts that are left out.
        left_out: Vec<String>,
    },
    /// The scope, and open documents of it that are no files yet.
    Whole {
        /// Those documents.
        drafts: Vec<PathBuf>,
    },
}

/// A check that was made.
pub(crate) struct Done {
    /// What was asked for.
    pub(crate) job: Job,
    /// What it came to.
    pub(crate) outcome: Result<Made, Unusable>,
    /// How long it took.
    pub(crate) took: Duration,
}

/// What a check came to.
pub(crate) struct Made {
    /// The result.
    pub(crate) checked: Checked,
    /// The options that it was made with.
    pub(crate) options: Arc<Options>,
    /// What the settings ask for and an editor does not wait for.
    pub(crate) left_out: Vec<&'static str>,
}

/// Starts a check, whose end will be an event.
pub(crate) fn start(job: Job, provider: &Arc<Provider>, events: &Sender<Event>) {
    let (provider, events) = (Arc::clone(provider), events.clone());
    std::thread::spawn(move || {
        let started = Instant::now();
        // A fault in one check must not leave the editor with what an older one said.
        let outcome = catch_unwind(AssertUnwindSafe(|| run(&job, &provider)));
        let outcome = outcome.unwrap_or_else(|_| {
            Err(Unusable {
                message: "internal error: the check broke off".to_owned(),
                location: None,
            })
        });
        let done = Done { job, outcome, took: started.elapsed() };
        // Nobody waits any more when the conversation is over.
        let _ = events.send(Event::Done(Box::new(done)));
    });
}

fn run(job: &Job, provider: &Arc<Provider>) -> Result<Made, Unusable> {
    let mut left_out = Vec::new();
    let options = match &job.extent {
        Extent::Quick { document, options, beside, left_out } => {
            quick(options.as_ref().clone(), document, beside, left_out)
        }
        Extent::Whole { drafts } => {
            let options = provider(&job.scope)?;
            left_out.extend(options.base.as_ref().map(|_| "base"));
            left_out.extend(options.cluster.as_ref().map(|_| "cluster"));
            left_out.extend(options.drill.then_some("drill"));
            whole(options, &job.scope, drafts)
        }
    };
    let run = check_texts(&options, &Progress::default(), &job.texts);
    let unusable = |error: CheckError| Unusable { message: error.to_string(), location: None };
    Ok(Made { checked: run.map_err(unusable)?, options: Arc::new(options), left_out })
}

/// The options for a whole scope, without what an editor does not wait for.
fn whole(options: Options, scope: &Path, drafts: &[PathBuf]) -> Options {
    let paths = std::iter::once(scope.to_owned()).chain(drafts.iter().cloned());
    Options {
        paths: paths.collect(),
        base: None,
        cluster: None,
        drill: false,
        properties: Vec::new(),
        protocols: None,
        cache: None,
        model: None,
        time_limit: Some(options.time_limit.unwrap_or(TIME_LIMIT)),
        statistics: false,
        timings: false,
        ..options
    }
}

/// The options for one document and the rules that look at one file.
fn quick(options: Options, document: &Path, beside: &[PathBuf], left_out: &[String]) -> Options {
    let mut config: Config = options.config;
    config.settings.ignore.extend_from_slice(left_out);
    config.settings.render = false;
    let beside = beside.iter().filter(|path| *path != document);
    let paths = std::iter::once(document.to_owned()).chain(beside.cloned());
    let baseline = match options.baseline {
        Known::Write => Known::Report,
        known => known,
    };
    // Each letter makes another text, of which nothing is worth keeping.
    Options { paths: paths.collect(), config, baseline, cache: None, ..options }
}
