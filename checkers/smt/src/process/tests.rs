use std::path::Path;
use std::time::Duration;

use super::*;

const SHELL: &str = "/bin/sh";

fn says(program: &str) -> Answer {
    solve_with(Path::new(SHELL), &["-c", program], "(check-sat)\n", Duration::from_secs(5))
}

#[test]
fn only_the_first_line_counts() {
    assert_eq!(says("cat >/dev/null; echo unsat; echo sat"), Answer::Unsat);
    assert!(matches!(says("cat >/dev/null; echo ' sat '; echo unsat"), Answer::Sat(_)));
    assert_eq!(says("echo unknown; echo unsat"), Answer::Unknown("unknown".to_owned()));
    let error = "(error \"line 1\")";
    assert_eq!(says(&format!("echo '{error}'; echo unsat")), Answer::Unknown(error.to_owned()));
    assert!(matches!(says("exit 3"), Answer::Unknown(_)));
}

#[test]
fn the_script_is_on_the_standard_input() {
    assert_eq!(says("read line; test \"$line\" = '(check-sat)' && echo unsat"), Answer::Unsat);
}

#[test]
fn a_solver_that_takes_too_long_is_killed_and_one_that_is_not_there_named() {
    let slow = Duration::from_millis(50);
    let answer = solve_with(Path::new("/bin/sleep"), &["60"], "", slow);
    assert_eq!(answer, Answer::Unknown("the solver took too long".to_owned()));
    let missing = solve_with(Path::new("/no/such/solver"), &[], "", slow);
    let Answer::Unknown(reason) = missing else { panic!("{missing:?}") };
    assert!(reason.starts_with("the solver `/no/such/solver` could not be started"), "{reason}");
}
