//! The opinion of a language model: asked about every file and object, and never more than advice.
//!
//! Whatever the endpoint does, a run says what it would say without it: opinions are notes that fail
//! no run, and if it is silent, slow or talks nonsense, one note says so.

mod endpoint;

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rayon::prelude::*;
use seatrial_core::{Finding, Location, Part, ResourceId, Rule, Severity, SourceFile};
use seatrial_learn::manifests::Rule as LearnedRule;
use seatrial_learn::opinion::{
    Answer, Opinion, Question, Subject, content, of_object, of_settings, opinions, shots,
};
use seatrial_learn::systems::{System, learned};
use seatrial_manifests::Object;
use seatrial_parse::settings;

use crate::cache::{Cache, Key as CacheKey};
use crate::progress::Progress;
use endpoint::Endpoint;

pub use endpoint::url_of;

/// So many requests are under way at once.
const REQUESTS_AT_ONCE: usize = 4;

/// What most answers of a language model say.
pub(crate) static OPINION: Rule = Rule::fixed(
    "model-opinion",
    Part::Learned,
    Severity::Note,
    "a language model thinks that a value is wrong",
    "## What it checks\n\nNothing by itself: with `--llm URL --model NAME`, a language model is asked about \
     every configuration and every object, several times. What more than half of its answers say is \
     passed on, with the votes. An answer counts only if it has the form asked for and names nothing \
     that is not there. What another rule has reported on the same line is left out.\n\n\
     ## Why it matters\n\nIt may not: a language model is often wrong. It is one more pair of eyes.\n\n\
     ## What to do\n\nLook at the value, and decide yourself. An opinion is always a note and never fails a \
     run, whatever `--fail-on` and the settings of severities say.\n\n\
     ## Known limits\n\nWhat is asked leaves this machine for the endpoint: the parameters and values, but no \
     object of kind `Secret`, no value whose name speaks of a password, a token or the like, and no \
     text of more than 200 bytes. More than 60 lines are asked about in parts, so that what relates \
     two parts is not seen. Answers are kept in `--cache-dir`: the same question is asked once.",
);

/// A language model that could not be asked, or whose answers could not be used.
pub(crate) static UNAVAILABLE: Rule = Rule::fixed(
    "model-unavailable",
    Part::Learned,
    Severity::Note,
    "a language model that could not be asked, or gave answers that do not count",
    "## What it checks\n\nWhether the endpoint of `--llm` answers, in time and in the form asked for.\n\n\
     ## Why it matters\n\nWithout answers there are no opinions: that there are none says nothing. All \
     other checks are made all the same.\n\n\
     ## What to do\n\nLook at the address, the name of the model and the key in `SEATRIAL_LLM_KEY`, or allow \
     more time with `--llm-timeout` and `--llm-time-limit`. Answers that came are kept.",
);

/// Whether the findings of a rule are advice, which fails no run.
pub(crate) fn is_advice(rule: &str) -> bool {
    rule == OPINION.id || rule == UNAVAILABLE.id
}

/// A key to an endpoint; never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Key(String);

impl Key {
    /// Takes the text of a key.
    pub const fn new(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

/// A language model, and how to ask it.
#[derive(Clone, Debug)]
pub struct Model {
    /// The address that requests go to, as [`url_of`] makes it.
    pub url: String,
    /// The name by which the endpoint knows it.
    pub name: String,
    /// The key, if the endpoint asks for one.
    pub key: Option<Key>,
    /// How often each question is asked.
    pub samples: u32,
    /// How long one answer may take.
    pub timeout: Duration,
    /// How long all of them may take.
    pub time_limit: Duration,
    /// Where answers are kept.
    pub cache: Option<PathBuf>,
}

/// One question, and where it comes from.
struct Asked<'a> {
    file: &'a Arc<SourceFile>,
    resource: Option<&'a ResourceId>,
    subject: Subject,
    examples: Vec<shots::Shot>,
}

/// What there is to ask about.
pub(crate) struct Asking<'a> {
    pub(crate) objects: &'a [Object],
    pub(crate) systems: &'a [(Arc<SourceFile>, System)],
    /// Learned rules, from which examples are made.
    pub(crate) rules: &'a [LearnedRule],
}

impl Asking<'_> {
    fn questions(&self) -> Vec<Asked<'_>> {
        let of_object = |object| {
            of_object(object).into_iter().map(move |subject| Asked {
                file: &object.file,
                resource: Some(&object.id),
                examples: shots::for_object(self.rules.iter(), &subject),
                subject,
            })
        };
        let of_file = |(file, system): &'_ (Arc<SourceFile>, System)| {
            let read = settings::read(file.text(), system.dialect_of(file.text()));
            of_settings(*system, &read)
        };
        let of_systems = self.systems.iter().flat_map(|entry| {
            of_file(entry).into_iter().map(move |subject| Asked {
                file: &entry.0,
                resource: None,
                examples: shots::for_settings(entry.1, learned::shipped(), &subject),
                subject,
            })
        });
        self.objects.iter().flat_map(of_object).chain(of_systems).collect()
    }
}

/// Asks a model about all that there is; what other rules have said already is left out.
pub(crate) fn ask(
    model: &Model,
    asking: &Asking<'_>,
    said: &[Finding],
    progress: &Progress,
) -> Vec<Finding> {
    let questions = asking.questions();
    let samples = model.samples as usize;
    let total = questions.len() * samples;
    progress.begin(4, total);
    let session = Session::new(model);
    let answer = |at: usize| {
        progress.step();
        let asked = questions.get(at / samples.max(1))?;
        session.answer(asked, at, u32::try_from(at % samples.max(1)).unwrap_or(0))
    };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(REQUESTS_AT_ONCE).build();
    let answers: Vec<Option<Answer>> = match pool {
        Ok(pool) => pool.install(|| (0..total).into_par_iter().map(answer).collect()),
        Err(_) => (0..total).map(answer).collect(),
    };
    let lines: BTreeSet<(&str, u32)> =
        said.iter().map(|finding| (&*finding.location.path, finding.location.line)).collect();
    let mut findings = Vec::new();
    for (asked, answers) in questions.iter().zip(answers.chunks(samples.max(1))) {
        let of_asked = opinions(answers, &asked.subject).into_iter();
        let new = of_asked.filter_map(|opinion| finding(model, asked, &opinion));
        findings.extend(new.filter(|f| !lines.contains(&(&*f.location.path, f.location.line))));
    }
    let first = questions.first().map(|asked| Location::start_of(Arc::clone(asked.file.path())));
    findings.extend(first.and_then(|at| session.trouble(at, &answers)));
    findings
}

fn finding(model: &Model, asked: &Asked<'_>, opinion: &Opinion) -> Option<Finding> {
    let line = asked.subject.lines.get(opinion.line)?;
    let message = format!(
        "a language model's opinion on `{}`, {} of {} votes: {}",
        line.name, opinion.votes, model.samples, opinion.reason
    );
    let at = asked.file.location(line.span);
    let finding = Finding::new(OPINION.id.clone(), OPINION.severity, at, message)
        .because(format!("said by the language model `{}`: advice, not a check", model.name));
    Some(match asked.resource {
        Some(resource) => finding.of(resource, line.name.as_str()),
        None => finding,
    })
}

/// The questions of one run.
struct Session<'a> {
    model: &'a Model,
    endpoint: Endpoint,
    cache: Cache,
    started: Instant,
    /// Why nothing more is asked: the number of the question, and the reason.
    failure: Mutex<Option<(usize, String)>>,
    /// The first answer that did not count, and why.
    refused: Mutex<Option<(usize, String)>>,
    refusals: AtomicUsize,
}

impl<'a> Session<'a> {
    fn new(model: &'a Model) -> Self {
        Self {
            model,
            endpoint: Endpoint::new(&model.url, model.key.clone()),
            cache: Cache::new(model.cache.clone()),
            started: Instant::now(),
            failure: Mutex::default(),
            refused: Mutex::default(),
            refusals: AtomicUsize::new(0),
        }
    }

    /// The answer to a question, kept or asked for; nothing if there is none that counts.
    fn answer(&self, asked: &Asked<'_>, number: usize, sample: u32) -> Option<Answer> {
        let question = Question { subject: &asked.subject, shots: &asked.examples };
        let body = question.request(&self.model.name, sample).to_string();
        // The questions are part of the body: other versions may ask the same.
        let key = CacheKey::of("opinion").and(&self.model.url).and(&body).name();
        let kept = self.cache.get(&key).and_then(|text| Answer::read(&text, &asked.subject).ok());
        if kept.is_some() {
            return kept;
        }
        let text = match self.reply(&body) {
            Ok(text) => text?,
            Err(why) => {
                first(&self.failure, number, why);
                return None;
            }
        };
        match Answer::read(&text, &asked.subject) {
            Ok(answer) => {
                self.cache.put(&key, &text);
                Some(answer)
            }
            Err(why) => {
                self.refusals.fetch_add(1, Ordering::Relaxed);
                first(&self.refused, number, why.to_string());
                None
            }
        }
    }

    /// The text of a reply; nothing if no more is asked.
    fn reply(&self, body: &str) -> Result<Option<String>, String> {
        loop {
            if self.failure.lock().unwrap_or_else(PoisonError::into_inner).is_some() {
                return Ok(None);
            }
            let left = self.model.time_limit.saturating_sub(self.started.elapsed());
            if left.is_zero() {
                let limit = self.model.time_limit.as_secs_f64();
                return Err(format!("not all was asked within {limit} s"));
            }
            match self.endpoint.post(body, self.model.timeout.min(left)) {
                Ok(reply) => {
                    let speaks = |why| format!("its reply is not one of this protocol: {why}");
                    return content(&reply).map(Some).map_err(speaks);
                }
                Err(failure) => match failure.later {
                    Some(wait) if wait < left => std::thread::sleep(wait),
                    _ => return Err(failure.message),
                },
            }
        }
    }

    /// One note on all that went wrong.
    fn trouble(&self, at: Location, answers: &[Option<Answer>]) -> Option<Finding> {
        let of = |part: &Mutex<Option<(usize, String)>>| {
            part.lock().unwrap_or_else(PoisonError::into_inner).clone().map(|(_, why)| why)
        };
        let (total, good) = (answers.len(), answers.iter().flatten().count());
        let refusals = self.refusals.load(Ordering::Relaxed);
        let refused =
            of(&self.refused).map(|why| format!("{refusals} of its answers do not count: {why}"));
        let (url, name) = (&self.model.url, &self.model.name);
        let message = match (of(&self.failure), &refused) {
            (Some(why), _) => format!("the language model `{name}` could not be asked: {why}"),
            (None, Some(refused)) => format!("of the language model `{name}`, {refused}"),
            (None, None) => return None,
        };
        let mut finding = Finding::new(UNAVAILABLE.id.clone(), UNAVAILABLE.severity, at, message)
            .because(format!("{good} of {total} answers were had, asking `{url}` or from before"));
        if let (Some(refused), Some(_)) = (refused, of(&self.failure)) {
            finding = finding.because(refused);
        }
        Some(finding.help("all other checks were made; see `seatrial explain model-unavailable`"))
    }
}

/// Keeps what belongs to the smallest number, so that it does not depend on who was faster.
fn first(kept: &Mutex<Option<(usize, String)>>, number: usize, why: String) {
    let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
    if kept.as_ref().is_none_or(|(other, _)| number < *other) {
        *kept = Some((number, why));
    }
}
