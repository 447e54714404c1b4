//! One drill: every question about every workload, under one budget of time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use seatrial_core::{Bound, Location};
use seatrial_explore::{Answer, CheckOptions, Limits, ModelId, check};
use seatrial_manifests::Object;
use seatrial_scheduling::ReadError;
use serde::Serialize;

use crate::answer::answer;
use crate::question::asks;
use crate::{
    Drill, Event, Faults, Grains, Judged, Kind, LeftOut, Question, Scope, Stated, Story,
    Suggestion, Surroundings, World, again, read, suggest,
};

/// What every verdict takes for granted.
pub const ASSUMED: &[&str] = &[
    "each controller whose grain is atomic reads the cluster as it is and reconciles in one step: no stale caches",
    "each controller acts again and again for each workload (weak fairness); what takes time may take any",
    "the scheduler may choose any node that passes its filters: scores and soft rules do not count (but for `descheduler`: there it takes one that scores best)",
    "which of several pods of one priority are preempted is open: ages are not modelled",
    "a container that starts becomes ready, at once where no readiness or startup probe has to pass, unless its revision is broken or its node is lost; the pod of a Job succeeds in the end, unless it crashes or is deleted",
    "probes fail only where `probe` happens, and pass again; containers of a revision that crashes do so before a probe passes or `minReadySeconds` are over",
    "a lost node never comes back, and its object is removed some day; that of a node that is cut off is not",
    "a drained node is put back once it is empty; drains pass over DaemonSets, and take pods of nobody",
    "which of several equally useful pods a replica set deletes is open: ages are not modelled",
    "a volume can be reached from every node that its class allows, wherever it was made",
    "events happen once the workload has been complete (a Job: under way), and one rollout at a time",
    "the descheduler acts only where `descheduler` is asked, and one eviction at a time",
];

/// What is wrong with manifests that have nothing to drill.
pub const NO_WORKLOAD: &str = "there is no workload to drill";

/// What to ask, and how long.
#[derive(Debug, Clone)]
pub struct Options {
    /// What happens, and how often at most.
    pub faults: Faults,
    /// The questions; all if there are none.
    pub questions: Vec<Question>,
    /// How long all of it may take.
    pub time_limit: Duration,
    /// How many threads explore.
    pub threads: usize,
    /// What the user states.
    pub stated: Vec<Arc<Stated>>,
    /// How finely each controller is modelled.
    pub grains: Grains,
}

impl Options {
    /// What happens beside these events: controllers that are not atomic start anew.
    pub(crate) fn with_restarts(&self, mut events: Faults) -> Faults {
        let restarts = if self.grains.are_atomic() { 0 } else { self.faults.of(Event::Restart) };
        events.set(Event::Restart, restarts);
        events
    }
}

/// What a drill found.
#[derive(Debug, Serialize)]
pub struct Drilled {
    /// The workloads.
    pub workloads: Vec<Row>,
    /// The properties that the user states.
    pub properties: Vec<Judged>,
    /// The bounds of all verdicts.
    pub bounds: Vec<Bound>,
    /// What all verdicts take for granted.
    pub assumed: &'static [&'static str],
    /// What is not modelled of these manifests.
    pub left_out: Vec<LeftOut>,
}

/// What was found of one workload.
#[derive(Debug, Serialize)]
pub struct Row {
    /// `namespace/name`.
    pub workload: String,
    /// What it is.
    pub kind: Kind,
    /// The manifest.
    pub location: Location,
    /// How many pods it begins with.
    pub replicas: u8,
    /// The other workloads that are explored with it.
    pub with: Vec<String>,
    /// What its verdicts take for granted beside what all do.
    pub bounds: Vec<String>,
    /// The answers.
    pub answers: Vec<Answered>,
}

/// The answer to a question.
#[derive(Debug, Serialize)]
pub struct Answered {
    /// The question.
    pub question: Question,
    /// The answer in one word.
    pub verdict: Answer,
    /// The answer in a few words.
    pub says: String,
    /// Why it is undecided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The largest number of faults survived, of those asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub survived: Option<(u8, u8)>,
    /// How many pods are ready at any time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept: Option<u8>,
    /// Each claim by itself.
    pub claims: Vec<Claim>,
    /// The story of the first claim that is violated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub story: Option<Story>,
    /// A change that mends it, tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suggestion: Option<Suggestion>,
    /// Distinct states.
    pub states: u64,
    /// Wall time.
    pub seconds: f64,
}

/// A claim and its verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Claim {
    /// What is claimed.
    pub claim: String,
    /// The verdict.
    pub verdict: Answer,
}

impl Drilled {
    /// The verdict over everything: violated if one is, else undecided if one is.
    pub fn verdict(&self) -> Answer {
        let all = self.workloads.iter().flat_map(|row| &row.answers).map(|answer| answer.verdict);
        all.chain(self.properties.iter().map(|it| it.verdict)).max().unwrap_or(Answer::Holds)
    }
}

/// Asks every question about every workload of the manifests.
///
/// # Errors
///
/// What is wrong with manifests or cluster; and if there is nothing to ask about.
pub fn drill(
    manifests: &[Object],
    surroundings: &Surroundings,
    options: &Options,
) -> Result<Drilled, Vec<ReadError>> {
    let place = manifests.first().map(Object::name_location);
    let world = Arc::new(read(manifests.to_vec(), surroundings)?);
    if world.workloads.is_empty() {
        return Err(vec![ReadError {
            location: place,
            message: NO_WORKLOAD.to_owned(),
            help: Some(
                "Deployments, StatefulSets, DaemonSets, Jobs and pods are modelled".to_owned(),
            ),
        }]);
    }
    // A part of the time is kept for trying changes.
    let end = Instant::now() + options.time_limit;
    let asked_until = Instant::now() + options.time_limit.mul_f64(1.0 - FOR_CHANGES);
    let plans: Vec<(Scope, Vec<Question>)> = (0..world.workloads.len())
        .map(|subject| Scope::around(&world, subject))
        .map(|scope| (scope.clone(), questions(&scope, options)))
        .collect();
    let scopes: Result<Vec<Scope>, ReadError> =
        options.stated.iter().map(|stated| stated.scope(&world)).collect();
    let scopes = scopes.map_err(|error| vec![error])?;
    let mut left: u32 = plans.iter().map(|(_, questions)| weight(questions)).sum();
    let mut properties = Vec::new();
    left += STATED * u32::try_from(scopes.len()).unwrap_or(u32::MAX);
    for (stated, scope) in options.stated.iter().zip(&scopes) {
        let slice = slice(asked_until, STATED, &mut left);
        properties.push(stated.judge(scope, options, slice));
    }
    let mut asked = Vec::new();
    for (scope, questions) in plans {
        let mut answers = Vec::new();
        for question in questions {
            let slice = slice(asked_until, weight(&[question]), &mut left);
            answers.push(ask(&scope, question, options, slice));
        }
        asked.push((scope, answers));
    }
    again::ask(&mut asked, (&options.stated, &scopes, &mut properties), options, asked_until);
    let rows =
        asked.into_iter().filter_map(|(scope, answers)| row(&scope, answers, options.grains));
    let mut rows: Vec<Row> = rows.collect();
    let parts = suggest::Drilled { manifests, surroundings, world: &world, options };
    add_suggestions(&parts, &mut rows, end);
    let bounds = bounds(&world, options);
    Ok(Drilled {
        workloads: rows,
        properties,
        bounds,
        assumed: ASSUMED,
        left_out: world.left_out.clone(),
    })
}

/// How much of the time a property of the user's gets.
const STATED: u32 = 4;

/// The part of the time that is left that so much of all that is left gets.
fn slice(until: Instant, share: u32, left: &mut u32) -> Duration {
    let rest = until.saturating_duration_since(Instant::now());
    let slice = rest.mul_f64(f64::from(share) / f64::from((*left).max(1)));
    *left = left.saturating_sub(share);
    slice
}

/// How much of the time is kept for trying changes.
const FOR_CHANGES: f64 = 0.2;

/// Looks for changes that mend what is violated, each with its share of the time.
fn add_suggestions(parts: &suggest::Drilled, rows: &mut [Row], end: Instant) {
    let is_violated = |answer: &&Answered| answer.verdict == Answer::Violated;
    let mut left: u32 =
        rows.iter().flat_map(|row| row.answers.iter().filter(is_violated)).map(|_| 1).sum();
    for row in rows {
        let is_same = |it: &&crate::Workload| it.name == row.workload && it.kind() == row.kind;
        let Some(workload) = parts.world.workloads.iter().find(is_same) else { continue };
        let questions: Vec<Question> =
            row.answers.iter().filter(is_violated).map(|answer| answer.question).collect();
        for question in questions {
            let now = Instant::now();
            let share = end.saturating_duration_since(now) / left.max(1);
            left = left.saturating_sub(1);
            let found = parts.suggest(workload, &row.answers, question, now + share);
            let answer = row.answers.iter_mut().find(|answer| answer.question == question);
            if let Some(answer) = answer {
                answer.suggestion = found;
            }
        }
    }
}

/// How much of the time questions get: the last one has the most states by far.
fn weight(questions: &[Question]) -> u32 {
    questions.iter().map(|question| if *question == Question::Together { 6 } else { 1 }).sum()
}

/// What is asked about a workload: of what it has, and of what may happen.
fn questions(scope: &Scope, options: &Options) -> Vec<Question> {
    let Some(workload) = scope.workload(0) else { return Vec::new() };
    let asked =
        |question: &Question| options.questions.is_empty() || options.questions.contains(question);
    let all = Question::ALL.into_iter().filter(|question| asked(question));
    let concerns = |question: &Question| question.concerns(scope, workload, &options.faults);
    // Nothing can be asked of no pods.
    all.filter(|question| workload.replicas > 0 && concerns(question)).collect()
}

fn bounds(world: &World, options: &Options) -> Vec<Bound> {
    let bound = |name: &str, value: String| Bound { name: name.to_owned(), value };
    vec![
        bound("cluster", world.cluster_name.clone()),
        bound("nodes", world.cluster.nodes.len().to_string()),
        bound("faults", options.faults.to_string()),
        bound("grains", options.grains.to_string()),
        bound("time limit", format!("{} s", options.time_limit.as_secs_f64())),
    ]
}

fn row(scope: &Scope, answers: Vec<Answered>, grains: Grains) -> Option<Row> {
    let workload = scope.workload(0)?;
    let with = scope.workloads().skip(1).map(|(_, it)| it.name.clone()).collect();
    let mut bounds = Vec::new();
    if !scope.is_roomy() && scope.others().next().is_some() {
        let names: Vec<&str> = scope.others().map(|it| it.name.as_str()).collect();
        let own = |other: &&crate::Workload| !scope.is_as_important(other);
        let rivals = if scope.others().any(|it| own(&it)) { ", and preempt nobody" } else { "" };
        bounds.push(format!("the pods of {} take no room on the nodes{rivals}", names.join(", ")));
    }
    let drill = Drill::new(scope.clone(), Faults::NONE, Vec::new()).with_grains(grains);
    for title in drill.left_atomic() {
        bounds.push(format!(
            "{title} has too many pods for finer grains: its controllers are atomic"
        ));
    }
    for wait in &workload.waits {
        bounds.push(format!("an init container waits until Service {} answers", wait.service));
    }
    Some(Row {
        workload: workload.name.clone(),
        kind: workload.kind(),
        location: workload.location.clone(),
        replicas: workload.replicas,
        with,
        bounds,
        answers,
    })
}

/// Asks one question.
pub(crate) fn ask(
    scope: &Scope,
    question: Question,
    options: &Options,
    slice: Duration,
) -> Answered {
    let Some(workload) = scope.workload(0) else {
        return failed(question, "there is no such workload", Instant::now());
    };
    let events = match question {
        Question::Preemption => Question::of_superiors(scope, &options.faults),
        _ => question.events(workload, &options.faults),
    };
    match question {
        Question::Together => together(scope, events, options, slice),
        _ => explore(scope, question, events, options, slice),
    }
}

/// Asks what happens after all events at once: first of each two kinds of them, which are small
/// spaces, so that there is something to say where all of them take too long.
fn together(scope: &Scope, events: Faults, options: &Options, slice: Duration) -> Answered {
    let start = Instant::now();
    let kinds: Vec<Event> = Event::ALL.into_iter().filter(|event| events.of(*event) > 0).collect();
    let places = || (0..).zip(&kinds);
    let pairs: Vec<(Event, Event)> = places()
        .flat_map(|(place, one)| kinds.iter().skip(place + 1).map(|other| (*one, *other)))
        .collect();
    let question = Question::Together;
    let (mut states, mut settle) = (0, 0);
    // Of two kinds, the pair is all.
    let pairs = if kinds.len() > 2 { pairs } else { Vec::new() };
    for (place, (one, other)) in (0_u32..).zip(&pairs) {
        let mut both = Faults::only(*one, events.of(*one));
        both.set(*other, events.of(*other));
        let left = u32::try_from(pairs.len()).unwrap_or(u32::MAX).saturating_sub(place);
        let share = (slice / 2).saturating_sub(start.elapsed()) / left.max(1);
        let mut answer = explore(scope, question, both, options, share);
        states += answer.states;
        match answer.verdict {
            Answer::Violated => {
                answer.states = states;
                answer.seconds = start.elapsed().as_secs_f64();
                return answer;
            }
            Answer::Holds => settle += 1,
            Answer::Undecided => {}
        }
    }
    let mut answer =
        explore(scope, question, events, options, slice.saturating_sub(start.elapsed()));
    answer.states += states;
    answer.seconds = start.elapsed().as_secs_f64();
    if let Some(reason) = answer.reason.as_mut().filter(|_| !pairs.is_empty()) {
        let covered =
            format!("; of {} pairs of kinds of events, it settles after {settle}", pairs.len());
        reason.push_str(&covered);
    }
    answer
}

/// Asks a question while these events happen.
fn explore(
    scope: &Scope,
    question: Question,
    events: Faults,
    options: &Options,
    slice: Duration,
) -> Answered {
    let start = Instant::now();
    let Some(workload) = scope.workload(0) else {
        return failed(question, "there is no such workload", start);
    };
    let asks = asks(workload, question, &events);
    let events = options.with_restarts(events);
    let mut drill = Drill::new(scope.clone(), events, asks).with_grains(options.grains);
    if question == Question::Descheduler {
        drill = drill.with_descheduler();
    }
    if question == Question::Preemption {
        drill.changed = scope.superiors();
    }
    let limits = Limits { time: Some(slice), memory: Some(3 << 30), ..Limits::default() };
    let settings = CheckOptions {
        workers: options.threads.max(1),
        limits,
        max_violations: u64::MAX,
        ..CheckOptions::default()
    };
    let model = ModelId { name: workload.name.clone(), ..ModelId::default() };
    match check(&drill, &model, &settings, &mut |_| {}) {
        Ok(report) => answer(&drill, question, &report, start),
        Err(refusal) => failed(question, &refusal.message, start),
    }
}

/// What could not be asked is undecided.
pub(crate) fn failed(question: Question, reason: &str, start: Instant) -> Answered {
    Answered {
        question,
        verdict: Answer::Undecided,
        says: "undecided".to_owned(),
        reason: Some(reason.to_owned()),
        survived: None,
        kept: None,
        claims: Vec::new(),
        story: None,
        suggestion: None,
        states: 0,
        seconds: start.elapsed().as_secs_f64(),
    }
}
