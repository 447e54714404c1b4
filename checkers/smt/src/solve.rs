//! Scripts in SMT-LIB 2, answered by Z3 in this process.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use z3::ast::{Bool, Int};
use z3::{Config, Context, Params, SatResult, Solver, Tactic, with_z3_config};

/// How much may be spent on an answer.
#[derive(Clone, Copy)]
pub struct Limits<'a> {
    /// How long.
    pub time: Duration,
    /// How many of Z3's own units of work: the answer is then the same on every machine, if the
    /// time is long enough.
    pub work: Option<u32>,
    /// Is asked now and then whether to stop.
    pub stop: Option<&'a (dyn Fn() -> bool + Sync)>,
}

impl Limits<'_> {
    /// So long, and no other limit.
    #[must_use]
    pub fn time(time: Duration) -> Self {
        Self { time, work: None, stop: None }
    }
}

impl fmt::Debug for Limits<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Limits")
            .field("time", &self.time)
            .field("work", &self.work)
            .finish_non_exhaustive()
    }
}

/// What a solver says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Nothing satisfies the script.
    Unsat,
    /// Something does: this, as far as the solver says.
    Sat(Model),
    /// It does not know, for this reason.
    Unknown(String),
}

/// Values of the integer and the string constants of a script.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Model {
    values: BTreeMap<String, i64>,
    texts: BTreeMap<String, String>,
}

impl Model {
    /// The value of a constant.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<i64> {
        self.values.get(name).copied()
    }

    /// The value of a string constant; `None` also where it has a character that Unicode has not.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.texts.get(name).map(String::as_str)
    }

    /// All values of integers, by name.
    pub fn values(&self) -> impl Iterator<Item = (&str, i64)> {
        self.values.iter().map(|(name, value)| (name.as_str(), *value))
    }
}

impl fmt::Display for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value) in self.values() {
            writeln!(f, "{name} = {value}")?;
        }
        Ok(())
    }
}

/// How Z3 goes about a script: some take one manner a blink and the other forever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// As Z3 chooses.
    General,
    /// Without its preparations, and with its older simplex.
    Simplex,
}

/// Answers a script that ends in one `(check-sat)`.
///
/// A script that Z3 does not understand is answered by [`Answer::Unknown`], as is one that takes
/// more than the limits.
#[must_use]
pub fn solve(script: &str, manner: Manner, limits: &Limits<'_>) -> Answer {
    with_z3_config(&Config::new(), || {
        let solver = match manner {
            Manner::General => Solver::new(),
            Manner::Simplex => simplex(),
        };
        if let Err(problem) = read(&solver, script) {
            return Answer::Unknown(problem);
        }
        limit_work(&solver, limits);
        match watched(limits, || solver.check()) {
            SatResult::Unsat => Answer::Unsat,
            SatResult::Sat => Answer::Sat(model(&solver)),
            SatResult::Unknown => Answer::Unknown(reason(&solver)),
        }
    })
}

fn simplex() -> Solver {
    let mut params = Params::new();
    params.set_u32("arith.solver", 2);
    Tactic::new("smt").with(&params).solver()
}

/// Hands a script to a solver; Z3 reports no errors on this way, so its assertions are counted.
fn read(solver: &Solver, script: &str) -> Result<(), String> {
    if script.contains('\0') {
        return Err("the script contains a zero byte".to_owned());
    }
    solver.from_string(script);
    let written = script.lines().map(without_comment);
    let written: usize = written.map(|line| line.matches("(assert ").count()).sum();
    let read = solver.get_assertions().len();
    if read == written {
        return Ok(());
    }
    Err(format!("of {written} assertions, Z3 understood {read}"))
}

fn without_comment(line: &str) -> &str {
    line.split(';').next().unwrap_or_default()
}

fn limit_work(solver: &Solver, limits: &Limits<'_>) {
    if let Some(work) = limits.work {
        let mut params = Params::new();
        params.set_u32("rlimit", work);
        solver.set_params(&params);
    }
}

fn reason(solver: &Solver) -> String {
    match solver.get_reason_unknown() {
        Some(reason) if !reason.is_empty() => reason,
        _ => "no reason given".to_owned(),
    }
}

/// Does something in Z3, and interrupts it when time is up or somebody says so.
fn watched<T>(limits: &Limits<'_>, work: impl FnOnce() -> T) -> T {
    const PAUSE: Duration = Duration::from_millis(5);
    let context = Context::thread_local();
    let handle = context.handle();
    let done = AtomicBool::new(false);
    let deadline = Instant::now().checked_add(limits.time);
    let stop = limits.stop;
    std::thread::scope(|scope| {
        let (done, handle) = (&done, &handle);
        scope.spawn(move || {
            while !done.load(Ordering::Acquire) {
                let over = deadline.is_some_and(|deadline| Instant::now() >= deadline);
                if over || stop.is_some_and(|stop| stop()) {
                    handle.interrupt();
                }
                std::thread::sleep(PAUSE);
            }
        });
        let result = work();
        done.store(true, Ordering::Release);
        result
    })
}

fn model(solver: &Solver) -> Model {
    let mut found = Model::default();
    let Some(model) = solver.get_model() else { return found };
    for constant in &model {
        if constant.arity() > 0 {
            continue;
        }
        let value = constant.apply(&[]);
        let number: Option<Int> = value.as_int().and_then(|value| model.eval(&value, true));
        if let Some(number) = number.and_then(|value| value.as_i64()) {
            found.values.insert(constant.name(), number);
        }
        let text: Option<z3::ast::String> =
            value.as_string().and_then(|value| model.eval(&value, true));
        if let Some(text) = text.and_then(|text| unescaped(&text.as_string()?)) {
            found.texts.insert(constant.name(), text);
        }
    }
    found
}

/// The text that Z3 writes with `\u{…}` for what is not printable ASCII.
fn unescaped(written: &str) -> Option<String> {
    let mut parts = written.split("\\u{");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (code, rest) = part.split_once('}')?;
        text.push(char::from_u32(u32::from_str_radix(code, 16).ok()?)?);
        text.push_str(rest);
    }
    Some(text)
}

/// What is true under all circumstances, and what only if a claim is made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claims {
    /// Declarations and assertions in SMT-LIB 2.
    pub given: String,
    /// Formulas in SMT-LIB 2, one a claim.
    pub claims: Vec<String>,
}

/// The claims, by their places, that contradict each other and of which none can be spared, or
/// nothing if they can all be, or if that was not found out. Where there is a choice, the later
/// claims are spared first.
#[must_use]
pub fn minimal_core(claims: &Claims, limits: &Limits<'_>) -> Option<Vec<usize>> {
    with_z3_config(&Config::new(), || {
        let solver = Solver::new();
        let claimed = claims.claims.iter().enumerate().map(|(at, claim)| {
            format!("\n(declare-const claim_{at} Bool)\n(assert (=> claim_{at} {claim}))")
        });
        let script: String = std::iter::once(claims.given.clone()).chain(claimed).collect();
        read(&solver, &script).ok()?;
        limit_work(&solver, limits);
        let literals: Vec<Bool> =
            (0..claims.claims.len()).map(|at| Bool::new_const(format!("claim_{at}"))).collect();
        let contradict = |kept: &[usize]| {
            let assumed: Vec<Bool> =
                kept.iter().filter_map(|&at| literals.get(at).cloned()).collect();
            watched(limits, || solver.check_assumptions(&assumed)) == SatResult::Unsat
        };
        let mut kept: Vec<usize> = (0..literals.len()).collect();
        if !contradict(&kept) {
            return None;
        }
        for at in (0..literals.len()).rev() {
            let fewer: Vec<usize> = kept.iter().copied().filter(|&other| other != at).collect();
            if contradict(&fewer) {
                kept = fewer;
            }
        }
        Some(kept)
    })
}

#[cfg(test)]
mod tests;
