//! From what the engine found to an answer.

use std::time::Instant;

use seatrial_explore::{Answer, CheckReport, PropertyReport};

use crate::run::failed;
use crate::{Answered, Ask, Claim, Drill, Floor, Question, Story, Strategy};

/// From the engine's answers to one.
pub(crate) fn answer(
    drill: &Drill,
    question: Question,
    report: &CheckReport,
    start: Instant,
) -> Answered {
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
            Question::Rollout | Question::BrokenRollout | Question::CrashingRollout => {
                match workload.strategy {
                    Strategy::Recreate | Strategy::OnDelete => 0,
                    Strategy::RollingUpdate { .. } => {
                        workload.replicas - workload.misses(workload.replicas)
                    }
                }
            }
            Question::Drain => self.budgeted().map_or(0, |floor| small(floor_of(floor, replicas))),
            // Budgets are not obeyed by preemption; that one pod is left is asked for without.
            Question::Preemption => {
                self.budgeted().map_or(1, |floor| small(floor_of(floor, replicas)))
            }
            _ => 0,
        }
    }

    /// What the one budget of the workload keeps. A budget of several workloads promises nothing of
    /// one of them.
    fn budgeted(&self) -> Option<Floor> {
        let scope = &self.drill.scope;
        let [budget] = scope.workload(0)?.budgets.as_slice() else { return None };
        let shared = scope.workloads().filter(|(_, it)| it.budgets.contains(budget)).count() > 1;
        scope.world.budgets.get(*budget).filter(|_| !shared).map(|it| it.floor)
    }

    /// How many faults are survived, of how many that were asked for.
    fn survived(&self, question: Question) -> Option<(u8, u8)> {
        let event = question.fault()?;
        let most = self.drill.faults.of(event);
        let both = |count: &u8| {
            let answers = Ask::Survives(event, *count);
            let asked = self.drill.asks.contains(&answers);
            (!asked || self.holds(answers)) && self.holds(Ask::Recovers(event, *count))
        };
        let survived = (1..=most).take_while(both).last().unwrap_or(0);
        Some((survived, most))
    }

    /// How many pods are kept ready at any time.
    fn kept(&self, question: Question) -> Option<u8> {
        use Question::{BrokenRollout, CrashingRollout, Drain, Preemption, Rollout};
        if !matches!(question, Drain | Rollout | BrokenRollout | CrashingRollout | Preemption) {
            return None;
        }
        let counts = self.drill.asks.iter().filter_map(|ask| match ask {
            Ask::Keeps(count) if self.holds(*ask) => Some(*count),
            _ => None,
        });
        Some(counts.max().unwrap_or(0))
    }
}

/// How many healthy pods a budget asks for, of so many replicas.
fn floor_of(floor: Floor, replicas: u32) -> u32 {
    match floor {
        Floor::MinAvailable(share) => share.up(replicas),
        Floor::MaxUnavailable(share) => replicas.saturating_sub(share.up(replicas)),
    }
}

impl Answered {
    /// The first claim that is violated.
    fn violates(&self) -> Option<&str> {
        let first = self.claims.iter().find(|claim| claim.verdict == Answer::Violated);
        first.map(|claim| claim.claim.as_str())
    }

    /// Whether it is violated because the autoscaler does not follow the load.
    pub fn ignores_load(&self) -> bool {
        self.verdict == Answer::Violated && self.violates() == Some(Ask::Follows.name().as_str())
    }

    /// Whether it is violated because the workload never comes to rest as its manifest says.
    pub fn never_settles(&self) -> bool {
        self.verdict == Answer::Violated && self.violates() == Some(Ask::Settles.name().as_str())
    }
}

/// An answer in a few words.
fn says(drill: &Drill, answered: &Answered) -> String {
    if answered.verdict == Answer::Undecided {
        return "undecided".to_owned();
    }
    let fails = answered.verdict == Answer::Violated;
    let first = answered.violates().unwrap_or_default();
    let replicas = drill.scope.workload(0).map_or(0, |workload| workload.replicas);
    let keeps = answered.kept.map(|kept| format!("keeps {kept} of {replicas}"));
    match (answered.question, keeps) {
        (Question::StartUp, _) if fails => match answered.story.as_ref().map(|it| it.repeats) {
            Some(true) => "never rests".to_owned(),
            _ => "may get stuck".to_owned(),
        },
        (Question::StartUp, _) => "completes".to_owned(),
        (Question::Descheduler, _) if fails => "never rests".to_owned(),
        (Question::Descheduler, _) => "rests".to_owned(),
        (Question::Rollback, _) if fails => "stays broken".to_owned(),
        (Question::Rollback, _) => "mends".to_owned(),
        (Question::Identity, _) if fails => "two of one".to_owned(),
        (Question::Identity, _) => "one of each".to_owned(),
        (question, _) if question.fault().is_some() => {
            let (survived, asked) = answered.survived.unwrap_or_default();
            let word = if survived == asked { "at least " } else { "" };
            format!("survives {word}{survived}")
        }
        (Question::Drain, _) if fails && first == Ask::Drained.name() => "may get stuck".to_owned(),
        (Question::Rollout, _) if fails && first == Ask::RolledOut.name() => {
            "may get stuck".to_owned()
        }
        (Question::Preemption, _) if answered.never_settles() => "may starve".to_owned(),
        (_, Some(keeps)) => keeps,
        (Question::ScaledRollout, _) if answered.ignores_load() => "ignores the load".to_owned(),
        (Question::ScaledRollout, _) if !fails => "completes".to_owned(),
        (Question::Scale, _) if answered.never_settles() => "may get stuck".to_owned(),
        (Question::Scale, _) if answered.ignores_load() => "ignores the load".to_owned(),
        (Question::Scale, _) if fails => "changes".to_owned(),
        (Question::Scale, _) => "is kept".to_owned(),
        (_, None) if fails => "may get stuck".to_owned(),
        (_, None) => "settles".to_owned(),
    }
}
