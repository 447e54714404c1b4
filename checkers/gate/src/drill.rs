//! `seatrial check --drill`: what happens to the workloads, in all schedules, as findings.
//!
//! Each question that a rule stands for is asked of each workload, under the default faults and
//! one limit of time; what is not answered by then is undecided, by name. So are the properties
//! that `properties` in `seatrial.yaml` names.

mod properties;
mod rules;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::time::Duration;

use seatrial_core::{Finding, Found, Location, ResourceId, Rule, Undecided};
use seatrial_drill::report::json;
use seatrial_drill::{
    Answered, Faults, Grains, NO_WORKLOAD, Options, Question, Row, Story, Surroundings, drill,
};
use seatrial_explore::Answer;
use seatrial_manifests::Object;
use seatrial_report::Exhibit;
use seatrial_report::story::Drilled;

use crate::check::Shown;
use crate::cluster::{Base, Unfit, has_nodes};
use crate::distinct::distinct;

pub(crate) use self::properties::Stated;
pub(crate) use self::rules::RULES;

/// How long is drilled at most.
pub(crate) const TIME_LIMIT: Duration = Duration::from_secs(30);
/// An exploration uses no more threads.
pub(crate) const MOST_THREADS: usize = 2;

/// The rule that stands for a question; none for what takes longest, and for what no manifest can
/// help.
fn rule(question: Question) -> Option<&'static Rule> {
    Some(match question {
        Question::StartUp => &rules::STUCK_START_UP,
        Question::Pod | Question::Kill | Question::Node => &rules::NOT_SURVIVED,
        Question::Drain => &rules::STUCK_DRAIN,
        Question::Rollout | Question::BrokenRollout => &rules::UNFINISHED_ROLLOUT,
        Question::CrashingRollout => &rules::CRASHING_ROLLOUT,
        Question::Rollback => &rules::STUCK_ROLLBACK,
        Question::Scale => &rules::CONTESTED_SCALE,
        Question::Resize => &rules::STUCK_RESIZE,
        Question::Identity => &rules::DUPLICATE_IDENTITY,
        Question::Descheduler => &rules::ENDLESS_EVICTION,
        _ => return None,
    })
}

/// The rule that an answer belongs to: a scale that is stuck is not contested.
fn rule_of(answer: &Answered) -> Option<&'static Rule> {
    if answer.ignores_load() {
        // That an autoscaler cannot read its metrics is found without a drill.
        None
    } else if answer.question == Question::Scale && answer.never_settles() {
        Some(&rules::STUCK_RESIZE)
    } else {
        rule(answer.question)
    }
}

/// What is drilled beside the objects, and how.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'a> {
    /// The cluster; without, the nodes among the objects, or those of the default.
    pub(crate) base: Option<&'a Base>,
    /// The properties.
    pub(crate) stated: &'a Stated,
    /// How many threads explore.
    pub(crate) threads: usize,
}

/// Drills the workloads among objects; only rules that run are asked for.
///
/// # Errors
///
/// What is wrong with the cluster that is taken where none is given.
pub(crate) fn check(
    asked: Asked<'_>,
    objects: &[Object],
    limit: Duration,
    runs: impl Fn(&str) -> bool,
) -> Result<Shown, Unfit> {
    let runs_for = |question: &Question| {
        rule(*question).is_some_and(|rule| runs(&rule.id))
            || *question == Question::Scale && runs(&rules::STUCK_RESIZE.id)
    };
    let mut questions: Vec<Question> = Question::ALL.into_iter().filter(runs_for).collect();
    let mut found = Found::default();
    let mut stated = Vec::new();
    if runs(&rules::VIOLATED_PROPERTY.id) {
        stated = asked.stated.about(objects, &mut found);
    }
    if questions.is_empty() && stated.is_empty() {
        return Ok(found.into());
    }
    if questions.is_empty() {
        // No question at all would be all of them.
        questions.push(Question::StartUp);
    }
    let surroundings = match asked.base {
        Some(base) => Surroundings {
            objects: base.objects.clone(),
            profile: base.profile.clone(),
            name: "the cluster".to_owned(),
        },
        None if has_nodes(objects) => Surroundings::among_the_manifests(),
        None => Surroundings::by_default().map_err(Unfit::from)?,
    };
    let options = Options {
        faults: Faults::default(),
        questions,
        time_limit: limit,
        threads: asked.threads,
        stated,
        grains: Grains::default(),
    };
    let (once, others) = distinct(objects);
    found.undecided.extend(others.iter().map(|object| again(object)));
    let mut drilled = Cow::Borrowed(objects);
    if once.len() < objects.len() {
        drilled = once.into_iter().cloned().collect();
    }
    let drilled = match drill(&drilled, &surroundings, &options) {
        Ok(drilled) => drilled,
        Err(errors) => {
            found.extend(not_read(objects, errors));
            return Ok(found.into());
        }
    };
    for judged in &drilled.properties {
        found.extend(properties::judge(judged, objects));
    }
    for row in &drilled.workloads {
        let mut of_row = Found::default();
        for rule in RULES.into_iter().filter(|rule| runs(&rule.id)) {
            of_row.extend(judge(rule, row, objects));
        }
        if never_comes_up(row) {
            of_row.undecided = vec![nothing_else(row, objects)];
        }
        found.extend(of_row);
    }
    Ok(Shown { found, exhibits: vec![Exhibit::Drill(json(&drilled))] })
}

/// Whether a workload may never come up, so that nothing can be said of what happens to it then.
fn never_comes_up(row: &Row) -> bool {
    let start_up = |answer: &&Answered| answer.question == Question::StartUp;
    row.answers.iter().filter(start_up).any(|answer| answer.verdict == Answer::Violated)
}

fn nothing_else(row: &Row, objects: &[Object]) -> Undecided {
    Undecided {
        location: row.location.clone(),
        rule: rules::STUCK_START_UP.id.clone(),
        reason: format!("{} may never come up: nothing else is known of it", title(row)),
        resource: resource(row, objects),
    }
}

fn again(object: &Object) -> Undecided {
    Undecided {
        location: object.name_location(),
        rule: rules::STUCK_START_UP.id.clone(),
        reason: "another manifest of the same name is drilled".to_owned(),
        resource: Some(object.id.clone()),
    }
}

/// What cannot be read has not been drilled.
fn not_read(objects: &[Object], errors: Vec<seatrial_scheduling::ReadError>) -> Found {
    let first = objects.first().map(Object::name_location);
    let undecided = errors.into_iter().filter(|error| error.message != NO_WORKLOAD);
    let undecided = undecided.filter_map(|error| {
        Some(Undecided {
            location: error.location.or_else(|| first.clone())?,
            rule: rules::STUCK_START_UP.id.clone(),
            reason: format!("nothing was drilled: {}", error.message),
            resource: None,
        })
    });
    Found { findings: Vec::new(), undecided: undecided.collect() }
}

/// What one rule says of a workload: one finding for all questions that it stands for.
fn judge(rule: &'static Rule, row: &Row, objects: &[Object]) -> Found {
    let own = |answer: &&Answered| rule_of(answer).is_some_and(|it| it.id == rule.id);
    let with = |verdict: Answer| {
        row.answers.iter().filter(own).filter(move |answer| answer.verdict == verdict)
    };
    let mut found = Found::default();
    let violated: Vec<&Answered> = with(Answer::Violated).collect();
    found.findings.extend(finding(rule, row, &violated, objects));
    found.undecided.extend(with(Answer::Undecided).map(|answer| Undecided {
        location: row.location.clone(),
        rule: rule.id.clone(),
        reason: format!(
            "`{}` of {} is undecided after {} states: {}",
            answer.question.name(),
            title(row),
            answer.states,
            answer.reason.as_deref().unwrap_or("no reason is known")
        ),
        resource: resource(row, objects),
    }));
    found
}

fn finding(
    rule: &'static Rule,
    row: &Row,
    violated: &[&Answered],
    objects: &[Object],
) -> Option<Finding> {
    let first = violated.first()?;
    let story = first.story.as_ref();
    let location = story.map_or_else(|| row.location.clone(), |story| place(story, row));
    let message = rules::message(rule, &title(row), violated);
    let mut finding = Finding::new(rule.id.clone(), rule.severity, location, message);
    finding.resource = resource(row, objects);
    if let Some(story) = story {
        finding = tell(finding, story);
    }
    let changes = first.suggestion.iter().flat_map(|suggestion| &suggestion.changes);
    let changes: Vec<&str> = changes.map(|change| change.what.as_str()).collect();
    if !changes.is_empty() {
        finding = finding.help(format!("tried: {}", changes.join(" and ")));
    }
    Some(finding)
}

/// Adds a story to a finding: its steps, and the lines that are responsible.
fn tell(mut finding: Finding, story: &Story) -> Finding {
    let told = serde_json::to_value(story).and_then(serde_json::from_value::<Drilled>);
    finding.story = told.ok().as_ref().map(Drilled::story);
    for because in &story.because {
        finding = finding.related_to(because.location.clone(), because.what.clone());
    }
    finding
}

/// The first line that is responsible.
fn place(story: &Story, row: &Row) -> Location {
    let first = story.because.first();
    first.map_or_else(|| row.location.clone(), |because| because.location.clone())
}

fn title(row: &Row) -> String {
    format!("{} `{}`", row.kind.name(), row.workload)
}

fn resource(row: &Row, objects: &[Object]) -> Option<ResourceId> {
    let is_it = |object: &&Object| {
        object.kind() == row.kind.name()
            && row.workload == format!("{}/{}", object.namespace(), object.name())
    };
    objects.iter().find(is_it).map(|object| object.id.clone())
}
