//! What exploration costs: distinct states per CPU second and bytes per state, beside
//! stateright's own breadth-first search on the same model; the gain of a second worker; the cost
//! of deciding liveness; and growth from 10^4 to 10^7 states.
//!
//! Each row is a process of its own, so that none inherits another's memory. `-- --large` adds the
//! rows that take minutes.

#![allow(
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a program that prints tables of what it measures"
)]

use std::io;
use std::process::Command;
use std::time::Instant;

use nix::sys::resource::{UsageWho, getrusage};
use seatrial_explore::{CheckOptions, CheckReport, ModelId, Protocol, check};
use seatrial_models::two_phase_commit::{Agreement, TwoPhaseCommit};
use seatrial_models::zab::{Bounds, ElectionGrain, Zab};
use seatrial_models::zookeeper::{
    self, BroadcastGrain, Code, Grains, SynchronizationGrain, ZooKeeper,
};
use stateright::{Checker, Model};

/// Zab's servers, transactions, timeouts and restarts, in the order of the published counts.
type Space = [u8; 4];

const COMPARED: Space = [3, 2, 1, 0];
const GROWING: [Space; 4] = [[2, 2, 2, 0], [2, 3, 2, 0], [3, 2, 1, 0], [3, 2, 0, 1]];
const LARGE: [Space; 2] = [[2, 3, 2, 2], [3, 2, 2, 0]];
const SMALL: Space = [2, 2, 1, 0];

/// `ZooKeeper`'s timeouts, transactions, crashes and partitions: without `pc` in the state, up to a
/// million states.
const GRANULAR: Space = [6, 2, 2, 1];
const SMALL_GRANULAR: Space = [6, 2, 1, 0];

/// More than any of the spaces reaches.
const EPOCHS: u8 = 10;

/// Each row of a comparison is measured so often, the rows taking turns; the best counts.
const ROUNDS: usize = 3;

fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    if let [flag, row] = arguments.as_slice()
        && flag == "--row"
    {
        let row = Row::parse(row).ok_or(io::ErrorKind::InvalidInput)?;
        return row
            .run()
            .map(|cost| println!("{}", cost.to_line()))
            .ok_or(io::ErrorKind::Other.into());
    }
    // `cargo test --benches` calls this with `--test`: small rows show that it works.
    let only_test = has("--test");
    compare(if only_test { SMALL } else { COMPARED }, if only_test { 1 } else { ROUNDS })?;
    granularity(if only_test { SMALL_GRANULAR } else { GRANULAR })?;
    liveness(if only_test { &[2] } else { &[4, 6, 8] })?;
    let growing = if only_test { vec![SMALL] } else { GROWING.to_vec() };
    grow(growing.into_iter().chain(LARGE.into_iter().filter(|_| has("--large"))))
}

/// Both engines on one space, with one worker and two.
fn compare(space: Space, rounds: usize) -> io::Result<()> {
    println!("zab, servers transactions timeouts restarts {space:?}, best of {rounds}\n");
    println!(
        "{:<11} {:>7} {:>8} {:>9} {:>7} {:>7} {:>9} {:>12} {:>8} {:>9} {:>10} {:>6}",
        "engine",
        "workers",
        "symmetry",
        "distinct",
        "cpu s",
        "wall s",
        "states/s",
        "x stateright",
        "speed-up",
        "B/visited",
        "B/frontier",
        "MiB"
    );
    let engines = [
        (Engine::Stateright, 1),
        (Engine::Stateright, 2),
        (Engine::Plain, 1),
        (Engine::Plain, 2),
        (Engine::Symmetric, 1),
        (Engine::Symmetric, 2),
    ];
    let mut best = [Cost::NONE; 6];
    for _ in 0..rounds {
        for (best, (engine, workers)) in best.iter_mut().zip(engines) {
            *best = best.or(Row { engine, workers, space }.measure()?);
        }
    }
    let mut wall_of_one = 0.0;
    let [stateright, ..] = best;
    for (cost, (engine, workers)) in best.into_iter().zip(engines) {
        wall_of_one = if workers == 1 { cost.wall } else { wall_of_one };
        println!(
            "{:<11} {workers:>7} {:>8} {:>9} {:>7.2} {:>7.2} {:>9.0} {:>12.2} {:>8.2} {:>9.1} {:>10.1} {:>6.0}",
            if engine == Engine::Stateright { "stateright" } else { "seatrial" },
            if engine == Engine::Symmetric { "yes" } else { "no" },
            cost.distinct,
            cost.cpu,
            cost.wall,
            cost.rate(),
            cost.rate() / stateright.rate(),
            wall_of_one / cost.wall,
            cost.visited,
            cost.frontier,
            cost.mebibytes,
        );
    }
    println!(
        "\nstates/s: distinct states per CPU second; speed-up: wall time of one worker / of two"
    );
    println!("stateright's breadth-first search ignores symmetry; it reports no sizes\n");
    Ok(())
}

/// `ZooKeeper` at the grains of the published compositions, with one worker and two.
fn granularity(space: Space) -> io::Result<()> {
    println!("zookeeper with all fixes, timeouts transactions crashes partitions {space:?}\n");
    println!(
        "{:<11} {:>7} {:>9} {:>7} {:>7} {:>9} {:>9} {:>10} {:>6}",
        "composition",
        "workers",
        "distinct",
        "cpu s",
        "wall s",
        "states/s",
        "B/visited",
        "B/frontier",
        "MiB"
    );
    for (engine, name) in
        [(Engine::Mspec1, "mspec-1"), (Engine::Mspec2, "mspec-2"), (Engine::Mspec3, "mspec-3")]
    {
        for workers in [1, 2] {
            let cost = Row { engine, workers, space }.measure()?;
            println!(
                "{name:<11} {workers:>7} {:>9} {:>7.2} {:>7.2} {:>9.0} {:>9.1} {:>10.1} {:>6.0}",
                cost.distinct,
                cost.cpu,
                cost.wall,
                cost.rate(),
                cost.visited,
                cost.frontier,
                cost.mebibytes
            );
        }
    }
    println!();
    Ok(())
}

/// Termination of two-phase commit, which is decided on the graph with its edges.
fn liveness(managers: &[u8]) -> io::Result<()> {
    println!("liveness: two-phase commit, safety first, then termination under weak fairness\n");
    println!(
        "{:>8} {:>9} {:>9} {:>7} {:>9} {:>7} {:>6}",
        "managers", "distinct", "edges", "cpu s", "states/s", "B/state", "MiB"
    );
    for &managers in managers {
        let row = Row { engine: Engine::Liveness, workers: 1, space: [managers, 0, 0, 0] };
        let cost = row.measure()?;
        println!(
            "{managers:>8} {:>9} {:>9} {:>7.2} {:>9.0} {:>7.0} {:>6.0}",
            cost.distinct,
            cost.generated,
            cost.cpu,
            cost.rate(),
            cost.visited,
            cost.mebibytes
        );
    }
    println!();
    Ok(())
}

/// Zab under symmetry with two workers, in order of size.
fn grow(spaces: impl Iterator<Item = Space>) -> io::Result<()> {
    println!("growth: zab with symmetry, two workers\n");
    println!(
        "{:<13} {:>9} {:>9} {:>7} {:>7} {:>9} {:>9} {:>10} {:>6}",
        "space",
        "generated",
        "distinct",
        "cpu s",
        "wall s",
        "states/s",
        "B/visited",
        "B/frontier",
        "MiB"
    );
    for space in spaces {
        let cost = Row { engine: Engine::Symmetric, workers: 2, space }.measure()?;
        println!(
            "{:<13} {:>9} {:>9} {:>7.2} {:>7.2} {:>9.0} {:>9.1} {:>10.1} {:>6.0}",
            format!("{space:?}"),
            cost.generated,
            cost.distinct,
            cost.cpu,
            cost.wall,
            cost.rate(),
            cost.visited,
            cost.frontier,
            cost.mebibytes
        );
    }
    Ok(())
}

/// Who explores what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Engine {
    /// Stateright's own breadth-first search.
    Stateright,
    /// Ours.
    Plain,
    /// Ours, up to symmetry.
    Symmetric,
    /// Ours, on two-phase commit with its termination.
    Liveness,
    /// Ours, on `ZooKeeper` at the grains of this composition.
    Mspec1,
    Mspec2,
    Mspec3,
}

const ENGINES: [Engine; 7] = [
    Engine::Stateright,
    Engine::Plain,
    Engine::Symmetric,
    Engine::Liveness,
    Engine::Mspec1,
    Engine::Mspec2,
    Engine::Mspec3,
];

/// A measurement in a process of its own.
#[derive(Clone, Copy, Debug)]
struct Row {
    engine: Engine,
    workers: usize,
    space: Space,
}

impl Row {
    fn parse(text: &str) -> Option<Self> {
        let numbers: Vec<u8> = text.split(',').filter_map(|number| number.parse().ok()).collect();
        let (&[engine, workers], space) = numbers.split_first_chunk()?;
        let engine = *ENGINES.get(usize::from(engine))?;
        Some(Self { engine, workers: workers.into(), space: space.try_into().ok()? })
    }

    /// Runs the row in a process of its own.
    fn measure(self) -> io::Result<Cost> {
        let [servers, txns, timeouts, restarts] = self.space;
        let row = format!(
            "{},{},{servers},{txns},{timeouts},{restarts}",
            self.engine as u8, self.workers
        );
        let output = Command::new(std::env::current_exe()?).args(["--row", &row]).output()?;
        let line = String::from_utf8_lossy(&output.stdout);
        Cost::parse(&line).ok_or_else(|| io::Error::other(format!("row {row}: {line}")))
    }

    /// Runs the row in this process.
    fn run(self) -> Option<Cost> {
        let [servers, txns, timeouts, restarts] = self.space;
        let bounds = Bounds { timeouts, txns, epochs: EPOCHS, restarts };
        match (self.engine, servers) {
            (Engine::Liveness, managers) => {
                let managers = usize::from(managers);
                let report =
                    self.check(&TwoPhaseCommit::new(managers, Agreement::Baseline, false))?;
                let graph = report.0.engine.liveness?;
                let mut cost = report.1;
                cost.generated = graph.edges;
                cost.visited = graph.bytes as f64 / graph.states as f64;
                Some(cost)
            }
            (Engine::Mspec1 | Engine::Mspec2 | Engine::Mspec3, _) => {
                self.check(&self.zookeeper()).map(|(_, cost)| cost)
            }
            (_, 2) => self.explore(&|| Zab::<2>::new(bounds, ElectionGrain::Baseline, None)),
            (_, 3) => self.explore(&|| Zab::<3>::new(bounds, ElectionGrain::Baseline, None)),
            _ => None,
        }
    }

    fn zookeeper(self) -> ZooKeeper<3> {
        let [timeouts, txns, crashes, partitions] = self.space;
        let (spaced_faults, running, epochs) = (true, true, EPOCHS);
        let bounds = zookeeper::Bounds {
            timeouts,
            txns,
            epochs,
            crashes,
            partitions,
            spaced_faults,
            running,
        };
        let (synchronization, broadcast) = match self.engine {
            Engine::Mspec2 => (SynchronizationGrain::FineAtomic, BroadcastGrain::Baseline),
            Engine::Mspec3 => {
                (SynchronizationGrain::FineConcurrent, BroadcastGrain::FineConcurrent)
            }
            _ => (SynchronizationGrain::Baseline, BroadcastGrain::Baseline),
        };
        let election = zookeeper::ElectionGrain::Coarse;
        ZooKeeper::new(bounds, Grains { election, synchronization, broadcast }, Code::FIXED, None)
    }

    fn explore<const N: usize>(self, zab: &dyn Fn() -> Zab<N>) -> Option<Cost> {
        if self.engine != Engine::Stateright {
            return self.check(&zab()).map(|(_, cost)| cost);
        }
        let start = Instant::now();
        let checker = zab().checker().threads(self.workers).spawn_bfs().join();
        let mut cost = Cost::since(start)?;
        cost.distinct = checker.unique_state_count() as u64;
        cost.generated = checker.state_count() as u64;
        Some(cost)
    }

    fn check<P: Protocol>(self, protocol: &P) -> Option<(CheckReport, Cost)> {
        let symmetry = self.engine == Engine::Symmetric;
        // What nothing reads is left out of the states of ZooKeeper.
        let is_granular = matches!(self.engine, Engine::Mspec1 | Engine::Mspec2 | Engine::Mspec3);
        let hide = is_granular.then(|| "pc".to_owned()).into_iter().collect();
        let options =
            CheckOptions { workers: self.workers, symmetry, hide, ..CheckOptions::default() };
        let start = Instant::now();
        let report = check(protocol, &ModelId::default(), &options, &mut |_| {}).ok()?;
        let mut cost = Cost::since(start)?;
        (cost.distinct, cost.generated) = (report.distinct, report.generated);
        cost.visited = report.engine.bytes_per_state;
        cost.frontier = report.engine.bytes_per_frontier_state;
        Some((report, cost))
    }
}

/// What a row cost.
#[derive(Clone, Copy, Debug)]
struct Cost {
    distinct: u64,
    generated: u64,
    /// Seconds on all threads, in user and system mode.
    cpu: f64,
    /// Seconds on the clock.
    wall: f64,
    /// Bytes per visited state.
    visited: f64,
    /// Bytes per waiting state, when most were waiting.
    frontier: f64,
    /// The largest resident size.
    mebibytes: f64,
}

impl Cost {
    const NONE: Self = Self {
        distinct: 0,
        generated: 0,
        cpu: f64::INFINITY,
        wall: f64::INFINITY,
        visited: 0.0,
        frontier: 0.0,
        mebibytes: 0.0,
    };

    /// What this process has spent; nothing is counted yet.
    fn since(start: Instant) -> Option<Self> {
        let wall = start.elapsed().as_secs_f64();
        let usage = getrusage(UsageWho::RUSAGE_SELF).ok()?;
        let seconds =
            |time: nix::sys::time::TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
        let cpu = seconds(usage.user_time()) + seconds(usage.system_time());
        let mebibytes = usage.max_rss() as f64 / 1024.0;
        Some(Self { cpu, wall, mebibytes, ..Self::NONE })
    }

    /// The same row measured once more: the least times.
    fn or(self, other: Self) -> Self {
        Self { cpu: self.cpu.min(other.cpu), wall: self.wall.min(other.wall), ..other }
    }

    /// Distinct states per CPU second.
    fn rate(&self) -> f64 {
        self.distinct as f64 / self.cpu
    }

    fn to_line(self) -> String {
        let Self { distinct, generated, cpu, wall, visited, frontier, mebibytes } = self;
        format!("{distinct} {generated} {cpu} {wall} {visited} {frontier} {mebibytes}")
    }

    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace();
        let (distinct, generated) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
        let mut number = || words.next()?.parse().ok();
        Some(Self {
            distinct,
            generated,
            cpu: number()?,
            wall: number()?,
            visited: number()?,
            frontier: number()?,
            mebibytes: number()?,
        })
    }
}
