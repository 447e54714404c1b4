//! One drill: every question about every workload, under one budget of time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use seatrial_core::{Bound, Location};
use seatrial_explore::{Answer, CheckOptions, CheckReport, Limits, ModelId, PropertyReport, check};
use seatrial_manifests::Object;
use seatrial_scheduling::ReadError;
use serde::Serialize;

use crate::{
    Ask, Drill, Event, Faults, Floor, LeftOut, Scope, Story, Strategy, Surroundings, Workload,
    World, read,
};

/// What every verdict takes for granted.
pub const ASSUMED: &[&str] = &[
    "each controller reads the cluster as it is and reconciles in one step: no stale caches",
    "each controller acts again and again for each workload (weak fairness); what takes time may take any",
    "the scheduler may choose any node that passes its filters: scores, preemption and soft rules do not count",
    "a container that starts becomes ready, unless its revision is broken or its node is lost",
    "a lost node never comes back, and its object is removed some day; a drained node is put back once it is empty",
    "which of several equally useful pods a replica set deletes is open: ages are not modelled",
    "a volume can be reached from every node that its class allows, wherever it was made",
    "events happen once the workload has been complete, and one rollout at a time",
];

/// A question about a workload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Question {
    /// Does it start, wherever its pods are placed?
    StartUp,
    /// How many crashes does it survive?
    Pod,
    /// How many deletions of pods?
    Kill,
    /// How many lost nodes?
    Node,
    /// How many lost zones?
    Zone,
    /// Do drains end, and what do they leave?
    Drain,
    /// Do rollouts end, and what do they leave?
    Rollout,
    /// What does a revision that never becomes ready leave?
    BrokenRollout,
    /// Does it keep its scale, within its bounds?
    Scale,
    /// Does it become complete again after all of these at once?
    Together,
}

impl Question {
    /// All questions, in their order.
    pub const ALL: [Self; 10] = [
        Self::StartUp,
        Self::Pod,
        Self::Kill,
        Self::Node,
        Self::Zone,
        Self::Drain,
        Self::Rollout,
        Self::BrokenRollout,
        Self::Scale,
        Self::Together,
    ];

    /// The name that `--property` uses.
    pub const fn name(self) -> &'static str {
        match self {
            Self::StartUp => "start-up",
            Self::Pod => "pod",
            Self::Kill => "kill",
            Self::Node => "node",
            Self::Zone => "zone",
            Self::Drain => "drain",
            Self::Rollout => "rollout",
            Self::BrokenRollout => "broken-rollout",
            Self::Scale => "scale",
            Self::Together => "together",
        }
    }

    /// Reads a name.
    ///
    /// # Errors
    ///
    /// The names that there are.
    pub fn parse(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|question| question.name() == text);
        found.ok_or_else(|| {
            let known: Vec<&str> = Self::ALL.into_iter().map(Self::name).collect();
            format!("unknown property `{text}` (known: {})", known.join(", "))
        })
    }

    /// The fault whose survival it asks for.
    const fn fault(self) -> Option<Event> {
        match self {
            Self::Pod => Some(Event::Pod),
            Self::Kill => Some(Event::Kill),
            Self::Node => Some(Event::Node),
            Self::Zone => Some(Event::Zone),
            _ => None,
        }
    }

    /// What happens while it is asked, of all that may.
    fn events(self, faults: &Faults) -> Faults {
        let mut some = Faults::NONE;
        let events: &[Event] = match self {
            Self::StartUp => &[],
            Self::Drain => &[Event::Drain],
            Self::Rollout => &[Event::Rollout],
            Self::BrokenRollout => &[Event::BrokenRollout],
            Self::Scale => &[Event::Load, Event::Apply],
            Self::Together => {
                for event in [Event::Pod, Event::Kill, Event::Node, Event::Drain, Event::Rollout] {
                    some.set(event, faults.of(event).min(1));
                }
                return some;
            }
            Self::Pod => &[Event::Pod],
            Self::Kill => &[Event::Kill],
            Self::Node => &[Event::Node],
            Self::Zone => &[Event::Zone],
        };
        for event in events {
            some.set(*event, faults.of(*event));
        }
        some
    }
}

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
}

/// What a drill found.
#[derive(Debug, Serialize)]
pub struct Drilled {
    /// The workloads.
    pub workloads: Vec<Row>,
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
        all.max().unwrap_or(Answer::Holds)
    }
}

/// Asks every question about every workload of the manifests.
///
/// # Errors
///
/// What is wrong with manifests or cluster; and if there is nothing to ask about.
pub fn drill(
    manifests: Vec<Object>,
    surroundings: &Surroundings,
    options: &Options,
) -> Result<Drilled, Vec<ReadError>> {
    let place = manifests.first().map(Object::name_location);
    let world = Arc::new(read(manifests, surroundings)?);
    if world.workloads.is_empty() {
        return Err(vec![ReadError {
            location: place,
            message: "there is no Deployment to drill".to_owned(),
            help: Some("other workloads are not modelled yet".to_owned()),
        }]);
    }
    let end = Instant::now() + options.time_limit;
    let mut rows = Vec::new();
    let mut plans: Vec<(usize, Vec<Question>)> = (0..world.workloads.len())
        .map(|subject| (subject, questions(&world, subject, options)))
        .collect();
    let mut left: u32 = plans.iter().map(|(_, questions)| weight(questions)).sum();
    for (subject, questions) in &mut plans {
        let scope = Scope::around(&world, *subject);
        let mut answers = Vec::new();
        for question in questions.drain(..) {
            let share = weight(&[question]);
            let rest = end.saturating_duration_since(Instant::now());
            let slice = rest.mul_f64(f64::from(share) / f64::from(left.max(1)));
            left = left.saturating_sub(share);
            answers.push(ask(&scope, question, options, slice));
        }
        rows.extend(row(&scope, answers));
    }
    let bounds = bounds(&world, options);
    Ok(Drilled { workloads: rows, bounds, assumed: ASSUMED, left_out: world.left_out.clone() })
}

/// How much of the time questions get: the last one has the most states by far.
fn weight(questions: &[Question]) -> u32 {
    questions.iter().map(|question| if *question == Question::Together { 6 } else { 1 }).sum()
}

/// What is asked about a workload: of what it has, and of what may happen.
fn questions(world: &World, subject: usize, options: &Options) -> Vec<Question> {
    let Some(workload) = world.workloads.get(subject) else { return Vec::new() };
    let applies = |question: &Question| match question {
        Question::StartUp => true,
        Question::Scale => {
            workload.scaler.is_some() && question.events(&options.faults) != Faults::NONE
        }
        Question::Rollout | Question::BrokenRollout if workload.paused => false,
        _ => question.events(&options.faults) != Faults::NONE,
    };
    let asked =
        |question: &Question| options.questions.is_empty() || options.questions.contains(question);
    let all = Question::ALL.into_iter().filter(|question| asked(question));
    // Nothing can be asked of no pods.
    all.filter(|question| workload.replicas > 0 && applies(question)).collect()
}

fn bounds(world: &World, options: &Options) -> Vec<Bound> {
    let bound = |name: &str, value: String| Bound { name: name.to_owned(), value };
    vec![
        bound("cluster", world.cluster_name.clone()),
        bound("nodes", world.cluster.nodes.len().to_string()),
        bound("faults", options.faults.to_string()),
        bound("time limit", format!("{} s", options.time_limit.as_secs_f64())),
    ]
}

fn row(scope: &Scope, answers: Vec<Answered>) -> Option<Row> {
    let workload = scope.workload(0)?;
    let with = scope.workloads().skip(1).map(|(_, it)| it.name.clone()).collect();
    let mut bounds = Vec::new();
    if !scope.is_roomy() && scope.others().next().is_some() {
        let names: Vec<&str> = scope.others().map(|it| it.name.as_str()).collect();
        bounds.push(format!("the pods of {} take no room on the nodes", names.join(", ")));
    }
    Some(Row {
        workload: workload.name.clone(),
        location: workload.location.clone(),
        replicas: workload.replicas,
        with,
        bounds,
        answers,
    })
}

/// The claims and witnesses of a question.
fn asks(workload: &Workload, question: Question, faults: &Faults) -> Vec<Ask> {
    let events = question.events(faults);
    let most =
        workload.scaler.as_ref().map_or(workload.replicas, |it| it.max.max(workload.replicas));
    let keeps = (1..=workload.replicas.min(16)).map(Ask::Keeps);
    let mut asks = Vec::new();
    match question {
        Question::StartUp => asks.push(Ask::Starts),
        Question::Drain => {
            asks.extend([Ask::Drained, Ask::Settles]);
            asks.extend(keeps);
        }
        Question::Rollout => {
            asks.push(Ask::RolledOut);
            asks.extend(keeps);
        }
        Question::BrokenRollout => asks.extend(keeps),
        Question::Scale => {
            asks.extend([Ask::WithinBounds, Ask::KeepsScale]);
            if workload.stated.is_some_and(|stated| stated == 0) || most == 0 {
                asks.clear();
            }
        }
        Question::Together => asks.push(Ask::Settles),
        Question::Pod | Question::Kill | Question::Node | Question::Zone => {
            let Some(event) = question.fault() else { return asks };
            for count in 1..=events.of(event) {
                asks.extend([Ask::Survives(event, count), Ask::Recovers(event, count)]);
            }
        }
    }
    let witnessed = Event::ALL.into_iter().filter(|event| events.of(*event) > 0);
    let possible = |event: &Event| match event {
        Event::Apply => workload.stated.is_some(),
        Event::Load => workload.scaler.as_ref().is_some_and(|it| it.min < it.max),
        _ => true,
    };
    asks.extend(witnessed.filter(possible).map(Ask::Happens));
    asks
}

/// Asks one question.
fn ask(scope: &Scope, question: Question, options: &Options, slice: Duration) -> Answered {
    let start = Instant::now();
    let Some(workload) = scope.workload(0) else {
        return failed(question, "there is no such workload", start);
    };
    let asks = asks(workload, question, &options.faults);
    let drill = Drill::new(scope.clone(), question.events(&options.faults), asks);
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
fn failed(question: Question, reason: &str, start: Instant) -> Answered {
    Answered {
        question,
        verdict: Answer::Undecided,
        says: "undecided".to_owned(),
        reason: Some(reason.to_owned()),
        survived: None,
        kept: None,
        claims: Vec::new(),
        story: None,
        states: 0,
        seconds: start.elapsed().as_secs_f64(),
    }
}

/// From the engine's answers to one.
fn answer(drill: &Drill, question: Question, report: &CheckReport, start: Instant) -> Answered {
    let found = Found { drill, report };
    let (claims, witnesses): (Vec<Ask>, Vec<Ask>) =
        drill.asks.iter().copied().partition(|ask| !ask.is_witness());
    let required: Vec<Ask> =
        claims.iter().copied().filter(|ask| found.is_required(question, *ask)).collect();
    let verdict = |ask: &Ask| found.of(*ask).map_or(Answer::Undecided, |it| it.decision.verdict);
    let mut worst = required.iter().map(&verdict).max().unwrap_or(Answer::Holds);
    let mut reason = None;
    if worst == Answer::Undecided {
        let mut undecided = required.iter().filter_map(|ask| found.of(*ask));
        reason = undecided.find_map(|it| it.decision.reason.clone());
    }
    // What never happens has not been survived.
    if worst == Answer::Holds
        && let Some(missing) = witnesses.iter().find(|ask| verdict(ask) != Answer::Holds)
    {
        worst = Answer::Undecided;
        reason = Some(format!("no run {}: nothing has been shown", missing.name()));
    }
    let violated = required.iter().filter(|ask| verdict(ask) == Answer::Violated);
    let trace = violated.filter_map(|ask| found.of(*ask)).find_map(|it| it.trace.as_ref());
    let mut story = None;
    match trace.map(|trace| Story::of(drill, trace)) {
        None => {}
        Some(Ok(told)) => story = Some(told),
        Some(Err(broken)) => {
            worst = Answer::Undecided;
            reason = Some(format!("the model is wrong: {broken}"));
        }
    }
    let mut answered = Answered {
        verdict: worst,
        reason,
        survived: found.survived(question),
        kept: found.kept(question),
        claims: claims
            .iter()
            .map(|ask| Claim { claim: ask.name(), verdict: verdict(ask) })
            .collect(),
        story,
        states: report.distinct,
        ..failed(question, "", start)
    };
    answered.says = says(drill, &answered);
    answered
}

/// The engine's report on the properties of a drill.
struct Found<'a> {
    drill: &'a Drill,
    report: &'a CheckReport,
}

impl Found<'_> {
    fn of(&self, ask: Ask) -> Option<&PropertyReport> {
        let name = ask.name();
        self.report.properties.iter().find(|property| property.name == name)
    }

    fn holds(&self, ask: Ask) -> bool {
        self.of(ask).is_some_and(|it| it.decision.verdict == Answer::Holds && !it.vacuous)
    }

    /// Whether the manifests promise a claim: how many pods are kept is promised up to a number
    /// only.
    fn is_required(&self, question: Question, ask: Ask) -> bool {
        match ask {
            Ask::Keeps(count) => count <= self.promised(question),
            _ => true,
        }
    }

    /// How many ready pods the manifests promise: in drains as many as the budget asks for, in
    /// rollouts as many as the strategy leaves.
    fn promised(&self, question: Question) -> u8 {
        let Some(workload) = self.drill.scope.workload(0) else { return 0 };
        let replicas = u32::from(workload.replicas);
        let small = |count: u32| u8::try_from(count.min(replicas)).unwrap_or(u8::MAX);
        match question {
            Question::Rollout | Question::BrokenRollout => match workload.strategy {
                Strategy::Recreate => 0,
                strategy @ Strategy::RollingUpdate { .. } => {
                    workload.replicas - strategy.fenceposts(workload.replicas).1
                }
            },
            Question::Drain => match workload.budgets.as_slice() {
                // A budget of several workloads promises nothing of one of them.
                [budget] if self.drill.scope.members.len() == 1 => {
                    let floor = self.drill.scope.world.budgets.get(*budget).map(|it| it.floor);
                    match floor {
                        Some(Floor::MinAvailable(share)) => small(share.up(replicas)),
                        Some(Floor::MaxUnavailable(share)) => {
                            small(replicas.saturating_sub(share.up(replicas)))
                        }
                        None => 0,
                    }
                }
                _ => 0,
            },
            _ => 0,
        }
    }

    /// How many faults are survived, of how many that were asked for.
    fn survived(&self, question: Question) -> Option<(u8, u8)> {
        let event = question.fault()?;
        let most = self.drill.faults.of(event);
        let both = |count: &u8| {
            self.holds(Ask::Survives(event, *count)) && self.holds(Ask::Recovers(event, *count))
        };
        let survived = (1..=most).take_while(both).last().unwrap_or(0);
        Some((survived, most))
    }

    /// How many pods are kept ready at any time.
    fn kept(&self, question: Question) -> Option<u8> {
        if !matches!(question, Question::Drain | Question::Rollout | Question::BrokenRollout) {
            return None;
        }
        let counts = self.drill.asks.iter().filter_map(|ask| match ask {
            Ask::Keeps(count) if self.holds(*ask) => Some(*count),
            _ => None,
        });
        Some(counts.max().unwrap_or(0))
    }
}

/// An answer in a few words.
fn says(drill: &Drill, answered: &Answered) -> String {
    if answered.verdict == Answer::Undecided {
        return "undecided".to_owned();
    }
    let fails = answered.verdict == Answer::Violated;
    let first = answered.claims.iter().find(|claim| claim.verdict == Answer::Violated);
    let first = first.map_or("", |claim| claim.claim.as_str());
    let replicas = drill.scope.workload(0).map_or(0, |workload| workload.replicas);
    let keeps = answered.kept.map(|kept| format!("keeps {kept} of {replicas}"));
    match (answered.question, keeps) {
        (Question::StartUp, _) if fails => "may get stuck".to_owned(),
        (Question::StartUp, _) => "completes".to_owned(),
        (Question::Pod | Question::Kill | Question::Node | Question::Zone, _) => {
            let (survived, asked) = answered.survived.unwrap_or_default();
            let word = if survived == asked { "at least " } else { "" };
            format!("survives {word}{survived}")
        }
        (Question::Drain, _) if fails && first == Ask::Drained.name() => "may get stuck".to_owned(),
        (Question::Rollout, _) if fails && first == Ask::RolledOut.name() => {
            "may get stuck".to_owned()
        }
        (_, Some(keeps)) => keeps,
        (Question::Scale, _) if fails => "changes".to_owned(),
        (Question::Scale, _) => "is kept".to_owned(),
        (_, None) if fails => "may get stuck".to_owned(),
        (_, None) => "settles".to_owned(),
    }
}
