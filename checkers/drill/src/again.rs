//! The time that questions did not take, for those that it was too short for.
//!
//! Each question gets its part of the time before it is known how much the others take. What is
//! left in the end goes to those that the clock cut off. An exploration begins anew, so that one
//! that would get hardly more than before leaves its part to the others.

use std::sync::Arc;
use std::time::{Duration, Instant};

use seatrial_explore::Answer;

use crate::{Answered, Judged, Options, Scope, Stated, run};

/// So many times what it had is worth another try.
const WORTH: f64 = 1.5;

/// Asks again what the clock cut off, as long as there is time.
pub(crate) fn ask(
    asked: &mut [(Scope, Vec<Answered>)],
    (stated, scopes, properties): (&[Arc<Stated>], &[Scope], &mut [Judged]),
    options: &Options,
    until: Instant,
) {
    loop {
        let answers = asked.iter().flat_map(|(_, answers)| answers);
        let answers = answers.filter(|it| is_cut(it.verdict, it.reason.as_deref())).count();
        let judged = properties.iter().filter(|it| is_cut(it.verdict, it.reason.as_deref()));
        let mut turns = Turns { left: answers + judged.count(), until };
        let mut one_was_asked = false;
        for ((stated, scope), judged) in stated.iter().zip(scopes).zip(properties.iter_mut()) {
            if is_cut(judged.verdict, judged.reason.as_deref())
                && let Some(slice) = turns.next(judged.seconds)
            {
                let before = judged.seconds;
                *judged = stated.judge(scope, options, slice);
                judged.seconds += before;
                one_was_asked = true;
            }
        }
        for (scope, answers) in asked.iter_mut() {
            let cut = |it: &&mut Answered| is_cut(it.verdict, it.reason.as_deref());
            for answer in answers.iter_mut().filter(cut) {
                if let Some(slice) = turns.next(answer.seconds) {
                    let before = answer.seconds;
                    *answer = run::ask(scope, answer.question, options, slice);
                    answer.seconds += before;
                    one_was_asked = true;
                }
            }
        }
        if !one_was_asked {
            return;
        }
    }
}

/// Whether it was the clock that left an answer open.
fn is_cut(verdict: Answer, reason: Option<&str>) -> bool {
    verdict == Answer::Undecided
        && reason.is_some_and(|reason| reason.contains("the time limit was reached"))
}

/// How much of the time that is left each of them gets.
struct Turns {
    left: usize,
    until: Instant,
}

impl Turns {
    /// The part of the next one, which took so many seconds; none if that is hardly more.
    fn next(&mut self, had: f64) -> Option<Duration> {
        let rest = self.until.saturating_duration_since(Instant::now());
        let share = rest / u32::try_from(self.left.max(1)).unwrap_or(u32::MAX);
        self.left = self.left.saturating_sub(1);
        (share.as_secs_f64() > WORTH * had).then_some(share)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_get_hardly_more_leaves_its_part_to_the_others() {
        let until = Instant::now() + Duration::from_secs(300);
        let mut turns = Turns { left: 3, until };
        assert_eq!(turns.next(90.0), None);
        let second = turns.next(90.0).unwrap();
        assert!(second > Duration::from_secs(140) && second <= Duration::from_secs(150));
        // Of which it took nothing here.
        assert!(turns.next(90.0).unwrap() > Duration::from_secs(290));
        assert_eq!(turns.next(250.0), None);
    }

    #[test]
    fn only_what_the_clock_left_open_is_asked_again() {
        for (verdict, reason, expected) in [
            (Answer::Undecided, Some("the time limit was reached; of 10 pairs"), true),
            (Answer::Undecided, Some("the memory limit was reached"), false),
            (Answer::Undecided, None, false),
            (Answer::Holds, Some("the time limit was reached"), false),
        ] {
            assert_eq!(is_cut(verdict, reason), expected, "{reason:?}");
        }
    }
}
