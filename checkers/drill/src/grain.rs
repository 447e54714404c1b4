//! How finely controllers are modelled: each by itself, as the modules of any protocol.
//!
//! *Atomic*: a controller reads the state as it is and reconciles in one step. *Cached*: it may also
//! act on what it read some changes ago; its writes are compare-and-swap where they are in
//! Kubernetes, and a replica set waits until it sees what it wrote (its expectations). *Calls*: it
//! reads, through the same cache, in one step, and each of its calls to the API server is a step of
//! its own; between them others act, and the controller may be started anew.
//!
//! Nothing of this grows: a cache is the list of what would have been done at each of the last few
//! changes, and pods that have to be told apart are numbered anew in every state.

mod memory;
mod plan;
mod steps;

use std::fmt;

use seatrial_core::nearest;

pub(crate) use memory::number;
pub use memory::{Lag, Memory, Mind, Plan, Task};
pub(crate) use plan::told;
pub(crate) use steps::{enabled, fairness, remember};

use crate::{Kind, Workload};

/// How finely a controller is modelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Grain {
    /// It reads the state as it is, and reconciles in one step.
    #[default]
    Atomic,
    /// It may act on what it read, so many changes behind at most.
    Cached(u8),
    /// The same, and each of its calls is a step.
    Calls(u8),
}

impl Grain {
    /// How many changes it may be behind.
    pub fn staleness(self) -> u8 {
        match self {
            Self::Atomic => 0,
            Self::Cached(changes) | Self::Calls(changes) => changes,
        }
    }
}

impl fmt::Display for Grain {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Atomic => formatter.write_str("atomic"),
            Self::Cached(changes) => write!(formatter, "cached:{changes}"),
            Self::Calls(changes) => write!(formatter, "calls:{changes}"),
        }
    }
}

/// A controller that has finer grains. All others are atomic.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
pub enum Reader {
    /// The Deployment controller.
    Deployment,
    /// The replica set controller.
    ReplicaSet,
    /// The StatefulSet controller.
    StatefulSet,
    /// The disruption controller, whose statuses the eviction API goes by.
    Disruption,
}

impl Reader {
    /// All, in their order.
    pub const ALL: [Self; 4] =
        [Self::Deployment, Self::ReplicaSet, Self::StatefulSet, Self::Disruption];

    /// The name that `--grain` uses.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Deployment => "deployment",
            Self::ReplicaSet => "replica-set",
            Self::StatefulSet => "stateful-set",
            Self::Disruption => "disruption",
        }
    }
}

/// The grain of each controller: a composition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grains {
    of: [Grain; 4],
    /// Whether a replica set waits until its cache shows what it wrote. Without, it is a mutant.
    pub(crate) expects: bool,
}

impl Default for Grains {
    fn default() -> Self {
        Self { of: [Grain::Atomic; 4], expects: true }
    }
}

/// A cache that is further behind is refused: no exploration would end.
const MOST: u8 = 4;
/// Pods of a workload with more are not told apart.
const MOST_PODS: usize = 64;

impl Grains {
    /// The grain of a controller.
    pub fn of(&self, reader: Reader) -> Grain {
        self.of.get(reader as usize).copied().unwrap_or_default()
    }

    /// Whether every controller is atomic.
    pub fn are_atomic(&self) -> bool {
        self.of.iter().all(|grain| *grain == Grain::Atomic)
    }

    /// Sets the grain of a controller.
    pub fn set(&mut self, reader: Reader, grain: Grain) {
        if let Some(slot) = self.of.get_mut(reader as usize) {
            *slot = grain;
        }
    }

    /// Reads `deployment=cached,stateful-set=calls:2`; `all` is every controller that has finer
    /// grains. What is not named is atomic, and a cache is one change behind unless it is said.
    ///
    /// # Errors
    ///
    /// What is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut grains = Self::default();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let Some((name, grain)) = part.split_once('=') else {
                return Err(format!("expected CONTROLLER=GRAIN, found `{part}`"));
            };
            let grain = parse_grain(grain)?;
            let named = Reader::ALL.into_iter().filter(|it| name == "all" || it.name() == name);
            let named: Vec<Reader> = named.collect();
            if named.is_empty() {
                return Err(unknown(name));
            }
            for reader in named {
                // Evictions are single calls as it is.
                let grain = match (reader, grain) {
                    (Reader::Disruption, Grain::Calls(_)) if name != "all" => {
                        return Err(
                            "`disruption` is atomic or cached: each eviction is one call, \
                                    and its status has no others"
                                .to_owned(),
                        );
                    }
                    (Reader::Disruption, Grain::Calls(changes)) => Grain::Cached(changes),
                    _ => grain,
                };
                grains.set(reader, grain);
            }
        }
        Ok(grains)
    }
}

fn unknown(name: &str) -> String {
    let known: Vec<&str> = Reader::ALL.into_iter().map(Reader::name).chain(["all"]).collect();
    let near = nearest(name, known.iter().copied());
    let hint = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
    format!("unknown controller `{name}`{hint} (known: {})", known.join(", "))
}

fn parse_grain(text: &str) -> Result<Grain, String> {
    let (name, changes) = text.split_once(':').map_or((text, None), |(name, it)| (name, Some(it)));
    let behind = match changes.map(str::parse::<u8>) {
        None => 1,
        Some(Ok(changes)) if (1..=MOST).contains(&changes) && name != "atomic" => changes,
        _ => return Err(format!("expected a number of changes from 1 to {MOST}, found `{text}`")),
    };
    match name {
        "atomic" => Ok(Grain::Atomic),
        "cached" => Ok(Grain::Cached(behind)),
        "calls" => Ok(Grain::Calls(behind)),
        _ => Err(format!("unknown grain `{name}` (known: atomic, cached, calls)")),
    }
}

impl fmt::Display for Grains {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.are_atomic() {
            return formatter.write_str("all atomic");
        }
        let finer = Reader::ALL.into_iter().filter(|it| self.of(*it) != Grain::Atomic);
        let parts: Vec<String> =
            finer.map(|reader| format!("{}={}", reader.name(), self.of(reader))).collect();
        write!(formatter, "{}, all others atomic", parts.join(","))
    }
}

/// Whether the pods of a workload can be told apart by small numbers: up to so many at once.
pub(crate) fn fits(most_pods: usize) -> bool {
    most_pods <= MOST_PODS
}

/// Whether a controller makes pods of a workload.
pub(crate) fn serves(reader: Reader, workload: &Workload) -> bool {
    match reader {
        Reader::Deployment | Reader::ReplicaSet => workload.kind() == Kind::Deployment,
        Reader::StatefulSet => workload.kind() == Kind::StatefulSet,
        Reader::Disruption => !workload.budgets.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grains_are_read_and_printed() {
        for (text, expected) in [
            ("", "all atomic"),
            ("deployment=atomic", "all atomic"),
            ("deployment=cached", "deployment=cached:1, all others atomic"),
            (
                "stateful-set=calls:2, replica-set=cached",
                "replica-set=cached:1,stateful-set=calls:2, all others atomic",
            ),
            (
                "all=calls,deployment=atomic",
                "replica-set=calls:1,stateful-set=calls:1,disruption=cached:1, all others atomic",
            ),
        ] {
            assert_eq!(Grains::parse(text).unwrap().to_string(), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_grain_is_refused() {
        for (text, expected) in [
            ("deployment", "expected CONTROLLER=GRAIN"),
            ("deployments=cached", "unknown controller `deployments`; did you mean `deployment`?"),
            ("scheduler=cached", "unknown controller `scheduler`"),
            ("deployment=fine", "unknown grain `fine`"),
            ("deployment=cached:0", "expected a number of changes from 1 to 4"),
            ("deployment=cached:9", "expected a number of changes from 1 to 4"),
            ("deployment=atomic:1", "expected a number of changes from 1 to 4"),
            ("disruption=calls", "`disruption` is atomic or cached"),
        ] {
            let error = Grains::parse(text).unwrap_err();
            assert!(error.starts_with(expected), "{error}");
        }
    }
}
