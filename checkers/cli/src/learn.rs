//! `seatrial learn` and `seatrial rules review`: rules from manifests that work, and their review.

use std::io::{BufRead, Write};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use seatrial_core::Target;
use seatrial_gate::Progress;
use seatrial_gate::learned::{Lesson, learn_from, read_rules};
use seatrial_learn::manifests::{RuleFile, State, difference};

use crate::args::LearnArgs;
use crate::output::{Failure, say, write};
use crate::progress::with_bar;
use crate::{Exit, Outcome};

pub(crate) fn run(args: &LearnArgs) -> Outcome {
    let first = args.paths.first().map_or(".".as_ref(), |path| path.as_path());
    let config = crate::config::load(&args.config, first)?;
    let is_stdout = args.output == Path::new("-");
    let earlier_path = args.diff.as_deref().or((!is_stdout).then_some(args.output.as_path()));
    let needed = args.diff.is_some();
    let earlier = match earlier_path {
        Some(path) if needed || path.exists() => Some(read_rules(path).map_err(Failure::new)?),
        _ => None,
    };
    let progress = Progress::default();
    let threads = args.threads.map(usize::from);
    let lesson = with_bar(&progress, || learn_from(&args.paths, &config, threads, &progress));
    let Lesson { learned, unread } = lesson.map_err(Failure::new)?;
    if let Some(first) = unread.first() {
        say(&format!("not learned from, because it cannot be read: {first}{}", more(&unread)));
    }
    let mut file = RuleFile::of(&learned, earlier.as_ref());
    if let (Some(old), true) = (&earlier, needed) {
        write(&Target::Stdout, &difference(old, &file).to_string())?;
        return Ok(Exit::Clean);
    }
    let kept = earlier.map(|file| file.provenance).filter(|_| args.provenance.is_empty());
    file.provenance = kept.unwrap_or_else(|| args.provenance.clone());
    let text = file.write().map_err(Failure::new)?;
    let target = if is_stdout { Target::Stdout } else { Target::File(args.output.clone()) };
    write(&target, &text)?;
    say(&format!(
        "{} rules from {} objects ({} near-duplicates among them) of {} sources",
        learned.rules.len(),
        learned.objects,
        learned.duplicates,
        learned.sources,
    ));
    Ok(Exit::Clean)
}

/// How many there are besides the first.
fn more(all: &[String]) -> String {
    match all.len().saturating_sub(1) {
        0 => String::new(),
        more => format!(" (and {more} more)"),
    }
}

/// Asks about each rule that is pending. What was answered is written even if the answers end early.
pub(crate) fn review(path: &Path, reviewer: &str) -> Outcome {
    let mut file = read_rules(path).map_err(Failure::new)?;
    let mut answers = std::io::stdin().lock().lines();
    let total = file.rules.iter().filter(|rule| rule.state == State::Pending).count();
    let mut asked = 0;
    let mut decided = 0;
    for rule in file.rules.iter_mut().filter(|rule| rule.state == State::Pending) {
        asked += 1;
        let evidence = &rule.rule.evidence;
        let dissenter = evidence.dissenter.as_ref();
        let dissenter = dissenter.map_or(String::new(), |place| format!("; not in {place}"));
        let question = format!(
            "\n{asked}/{total}  {}\n  in `{}`, {}\n  {} of {} objects from {} sources; as in {}{dissenter}\n\
             accept, reject, mute, skip or quit, with a reason if you like [a/r/m/s/q]: ",
            rule.rule.id(),
            rule.rule.context,
            rule.rule.template.in_words(),
            evidence.holding,
            evidence.objects,
            evidence.sources,
            evidence.examples.join(", "),
        );
        write(&Target::Stdout, &question)?;
        let _ = std::io::stdout().flush();
        let Some(Ok(answer)) = answers.next() else { break };
        let (word, reason) = answer.trim().split_once(' ').unwrap_or((answer.trim(), ""));
        let state = match word {
            "a" | "accept" => State::Accepted,
            "r" | "reject" => State::Rejected,
            "m" | "mute" => State::Muted,
            "q" | "quit" => break,
            _ => continue,
        };
        rule.state = state;
        rule.reviewer = Some(reviewer.to_owned()).filter(|name| !name.is_empty());
        rule.reason = Some(reason.to_owned()).filter(|reason| !reason.is_empty());
        decided += 1;
    }
    if decided > 0 {
        let text = file.write().map_err(Failure::new)?;
        write(&Target::File(path.to_owned()), &text)?;
    }
    write(&Target::Stdout, &format!("\n{decided} of {total} pending rules decided\n"))?;
    Ok(Exit::Clean)
}

/// The day, as `2026-12-31`, in UTC.
pub(crate) fn today() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
    day(seconds / 86_400)
}

/// The date of a number of days after 1970-01-01, by the calendar of H. Hinnant,
/// "chrono-Compatible Low-Level Date Algorithms".
fn day(days: u64) -> String {
    let shifted = days + 719_468;
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let part = (5 * of_year + 2) / 153;
    let day = of_year - (153 * part + 2) / 5 + 1;
    let month = if part < 10 { part + 3 } else { part - 9 };
    let year = year + era * 400 + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_dates() {
        for (days, date) in
            [(0, "1970-01-01"), (59, "1970-03-01"), (19_782, "2024-02-29"), (20_779, "2026-11-22")]
        {
            assert_eq!(day(days), date);
        }
    }
}
