//! Texts told apart by regular expressions: one automaton for all of them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use regex_automata::Anchored;
use regex_automata::MatchKind;
use regex_automata::dfa::{Automaton, StartKind, dense};
use regex_automata::nfa::thompson;
use regex_automata::util::look::LookMatcher;
use regex_automata::util::start;
use regex_syntax::hir::Hir;
use rustc_hash::FxHashMap;

use super::pattern::{PART_END, Pattern, any_bytes};

/// How much memory an automaton may take, in bytes.
const AUTOMATON_BYTES: usize = 32 << 20;
/// How many states it may have.
const MOST_STATES: usize = 100_000;

/// The texts that there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Universe {
    /// Paths as normalisation leaves them: from the root, without `.` and `..`; where slashes are
    /// merged, none follows another.
    Paths {
        /// Whether slashes are merged.
        merge_slashes: bool,
    },
    /// Names of hosts: lower-case letters, digits, `-` and `_`, in parts with one dot between two.
    Hosts,
}

/// Where in a text of the universe we are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Stage {
    Start,
    /// Behind a slash, or behind the dot between two parts of a name.
    Between,
    Dot,
    DotDot,
    Inside,
}

impl Universe {
    /// The next stage; `None` if no text goes on like this.
    fn next(self, stage: Stage, byte: u8) -> Option<Stage> {
        match self {
            Self::Paths { merge_slashes } => match (stage, byte) {
                (_, 0) => None,
                (Stage::Start, b'/') => Some(Stage::Between),
                (Stage::Start, _) => None,
                (Stage::Between, b'/') => (!merge_slashes).then_some(Stage::Between),
                (Stage::Between, b'.') => Some(Stage::Dot),
                (Stage::Dot | Stage::DotDot, b'/') => None,
                (Stage::Dot, b'.') => Some(Stage::DotDot),
                (Stage::Inside, b'/') => Some(Stage::Between),
                _ => Some(Stage::Inside),
            },
            Self::Hosts => match byte {
                b'.' => (stage == Stage::Inside).then_some(Stage::Between),
                b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' => Some(Stage::Inside),
                _ => None,
            },
        }
    }

    /// Whether a text may end here.
    const fn may_end(self, stage: Stage) -> bool {
        match self {
            Self::Paths { .. } => matches!(stage, Stage::Between | Stage::Inside),
            Self::Hosts => matches!(stage, Stage::Inside),
        }
    }
}

/// The bytes in the order in which witnesses take them.
fn preferred() -> impl Iterator<Item = u8> {
    let nice =
        (b'x'..=b'z').chain(b'a'..=b'w').chain(b'0'..=b'9').chain(*b"/.-_").chain(b'A'..=b'Z');
    nice.chain(33..127).chain(1..=u8::MAX).chain([0])
}

/// A state of an automaton.
pub(super) type State = u32;
/// No text of the universe goes on like this.
pub(super) const GONE: State = 0;
/// A set of expressions, by its position.
pub(super) type Label = u32;

/// An automaton that reads texts of a universe and knows which expressions are found in them.
#[derive(Debug)]
pub(super) struct Machine {
    class_of: Vec<u8>,
    /// One byte of each class, the first that witnesses like.
    sample: Vec<u8>,
    next: Vec<State>,
    /// What holds at the end of a text that ends here; `None` where none does.
    label: Vec<Option<Label>>,
    between: Vec<bool>,
    labels: Vec<BTreeSet<usize>>,
    start: State,
}

/// There is more than is handled, and how much that would be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooLarge(pub(super) &'static str);

/// An automaton would be larger than its limit.
const TOO_LARGE: TooLarge =
    TooLarge("an automaton of more than 32 MiB or 100,000 states for all their expressions");

impl Machine {
    /// The automaton of some expressions.
    pub(super) fn build(patterns: &[&Pattern], universe: Universe) -> Result<Self, TooLarge> {
        let around =
            |pattern: &&Pattern| Hir::concat(vec![any_bytes(), pattern.hir().clone(), any_bytes()]);
        let wrapped: Vec<Hir> = patterns.iter().map(around).collect();
        let mut ends = LookMatcher::new();
        ends.set_line_terminator(PART_END);
        let config = thompson::Config::new()
            .utf8(false)
            .look_matcher(ends)
            .nfa_size_limit(Some(AUTOMATON_BYTES));
        let mut compiler = thompson::Compiler::new();
        let nfa =
            compiler.configure(config).build_many_from_hir(&wrapped).map_err(|_| TOO_LARGE)?;
        let config = dense::Config::new()
            .match_kind(MatchKind::All)
            .start_kind(StartKind::Anchored)
            .accelerate(false)
            .dfa_size_limit(Some(AUTOMATON_BYTES))
            .determinize_size_limit(Some(AUTOMATON_BYTES));
        let dfa = dense::Builder::new().configure(config).build_from_nfa(&nfa);
        let dfa = dfa.map_err(|_| TOO_LARGE)?;
        let mut class_of = vec![0_u8; 256];
        let mut classes: BTreeMap<(u8, u8), u8> = BTreeMap::new();
        let mut sample = Vec::new();
        for byte in preferred() {
            // The bytes that the universe tells apart.
            let kind = match (universe, byte) {
                (Universe::Paths { .. }, 0) => 1,
                (_, b'/') => 2,
                (_, b'.') => 3,
                (Universe::Hosts, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_') => 4,
                _ => 0,
            };
            let next = u8::try_from(classes.len()).unwrap_or(u8::MAX);
            let class = *classes.entry((nfa.byte_classes().get(byte), kind)).or_insert_with(|| {
                sample.push(byte);
                next
            });
            if let Some(slot) = class_of.get_mut(usize::from(byte)) {
                *slot = class;
            }
        }
        let machine = Self {
            class_of,
            sample,
            next: Vec::new(),
            label: Vec::new(),
            between: Vec::new(),
            labels: Vec::new(),
            start: GONE,
        };
        machine.explored(&dfa, universe)
    }

    fn explored(
        mut self,
        dfa: &dense::DFA<Vec<u32>>,
        universe: Universe,
    ) -> Result<Self, TooLarge> {
        let config = start::Config::new().anchored(Anchored::Yes);
        let first = dfa.start_state(&config).map_err(|_| TOO_LARGE)?;
        let mut ids = FxHashMap::default();
        let mut labels: BTreeMap<BTreeSet<usize>, Label> = BTreeMap::new();
        let mut queue = VecDeque::from([(first, Stage::Start)]);
        let classes = self.sample.len();
        self.add_state(None, false);
        ids.insert((first, Stage::Start), self.add_state(None, false));
        self.start = 1;
        while let Some((at, stage)) = queue.pop_front() {
            let id = ids.get(&(at, stage)).copied().unwrap_or(GONE) as usize;
            if universe.may_end(stage) {
                let end = dfa.next_eoi_state(at);
                let found = if dfa.is_match_state(end) {
                    (0..dfa.match_len(end))
                        .map(|it| dfa.match_pattern(end, it).as_usize())
                        .collect()
                } else {
                    BTreeSet::new()
                };
                let next = Label::try_from(labels.len()).map_err(|_| TOO_LARGE)?;
                let label = *labels.entry(found).or_insert(next);
                if let Some(slot) = self.label.get_mut(id) {
                    *slot = Some(label);
                }
            }
            for class in 0..classes {
                let byte = self.sample.get(class).copied().unwrap_or_default();
                let Some(next_stage) = universe.next(stage, byte) else { continue };
                let next = (dfa.next_state(at, byte), next_stage);
                let known = ids.get(&next).copied();
                let target = match known {
                    Some(target) => target,
                    None => {
                        let target = self.add_state(None, next_stage == Stage::Between);
                        if target as usize > MOST_STATES {
                            return Err(TOO_LARGE);
                        }
                        ids.insert(next, target);
                        queue.push_back(next);
                        target
                    }
                };
                if let Some(slot) = self.next.get_mut(id * classes + class) {
                    *slot = target;
                }
            }
        }
        let mut sets: Vec<_> = labels.into_iter().map(|(set, label)| (label, set)).collect();
        sets.sort_unstable();
        self.labels = sets.into_iter().map(|(_, set)| set).collect();
        Ok(self)
    }

    fn add_state(&mut self, label: Option<Label>, between: bool) -> State {
        let id = State::try_from(self.label.len()).unwrap_or(State::MAX);
        self.label.push(label);
        self.between.push(between);
        self.next.extend(std::iter::repeat_n(GONE, self.sample.len()));
        id
    }

    /// The state before any byte.
    pub(super) const fn start(&self) -> State {
        self.start
    }

    /// How many states there are.
    pub(super) fn len(&self) -> usize {
        self.label.len()
    }

    /// The state behind a byte.
    pub(super) fn step(&self, state: State, byte: u8) -> State {
        let class = self.class_of.get(usize::from(byte)).copied().unwrap_or_default();
        self.step_class(state, class)
    }

    fn step_class(&self, state: State, class: u8) -> State {
        let at = state as usize * self.sample.len() + usize::from(class);
        self.next.get(at).copied().unwrap_or(GONE)
    }

    /// The state behind some bytes.
    pub(super) fn walk(&self, state: State, bytes: &[u8]) -> State {
        bytes.iter().fold(state, |state, &byte| self.step(state, byte))
    }

    /// What holds of a text that ends in a state; `None` if none does.
    pub(super) fn label(&self, state: State) -> Option<Label> {
        self.label.get(state as usize).copied().flatten()
    }

    /// Whether a state is behind a slash.
    pub(super) fn is_between(&self, state: State) -> bool {
        self.between.get(state as usize).copied().unwrap_or_default()
    }

    /// The expressions of a label.
    pub(super) fn expressions(&self, label: Label) -> Option<&BTreeSet<usize>> {
        self.labels.get(label as usize)
    }

    /// The successors of a state: of each class of bytes that has any but these, one of the bytes and
    /// the state behind it.
    pub(super) fn successors<'m>(
        &'m self,
        state: State,
        but: &'m dyn Fn(u8) -> bool,
    ) -> impl Iterator<Item = (u8, State)> + 'm {
        self.sample.iter().enumerate().filter_map(move |(class, &sample)| {
            let class = u8::try_from(class).unwrap_or_default();
            let next = self.step_class(state, class);
            if next == GONE {
                return None;
            }
            let byte = if but(sample) {
                let mut others = preferred().filter(|&byte| !but(byte));
                others.find(|&byte| self.class_of.get(usize::from(byte)) == Some(&class))?
            } else {
                sample
            };
            Some((byte, next))
        })
    }

    /// For each kind of end that `kind` sees in a state: how each state comes to it on a shortest
    /// way. The ways are lists of a next byte and state; those of a state that is such an end are
    /// empty.
    pub(super) fn ways<K: Ord + Clone>(&self, kind: &[Option<K>]) -> BTreeMap<K, Ways> {
        let mut back: Vec<Vec<(State, u8)>> = vec![Vec::new(); self.len()];
        for state in 1..self.len() {
            let state = State::try_from(state).unwrap_or(GONE);
            for (byte, next) in self.successors(state, &|_| false) {
                if let Some(list) = back.get_mut(next as usize) {
                    list.push((state, byte));
                }
            }
        }
        let mut ends: BTreeMap<K, Vec<State>> = BTreeMap::new();
        for (state, kind) in kind.iter().enumerate() {
            if let Some(kind) = kind {
                ends.entry(kind.clone()).or_default().push(State::try_from(state).unwrap_or(GONE));
            }
        }
        ends.into_iter().map(|(kind, ends)| (kind, Ways::to(&ends, &back))).collect()
    }
}

/// Shortest ways to some states.
#[derive(Debug)]
pub(super) struct Ways {
    next: Vec<Step>,
}

/// How a way goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Lost,
    Here,
    To(u8, State),
}

impl Ways {
    fn to(ends: &[State], back: &[Vec<(State, u8)>]) -> Self {
        let mut next = vec![Step::Lost; back.len()];
        let mut queue = VecDeque::new();
        for &end in ends {
            if let Some(slot) = next.get_mut(end as usize) {
                *slot = Step::Here;
                queue.push_back(end);
            }
        }
        while let Some(state) = queue.pop_front() {
            for &(before, byte) in back.get(state as usize).into_iter().flatten() {
                if let Some(slot @ Step::Lost) = next.get_mut(before as usize) {
                    *slot = Step::To(byte, state);
                    queue.push_back(before);
                }
            }
        }
        Self { next }
    }

    /// The bytes on the way from a state; `None` if there is no way.
    pub(super) fn from(&self, state: State) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        let mut at = state;
        loop {
            match *self.next.get(at as usize)? {
                Step::Lost => return None,
                Step::Here => return Some(bytes),
                Step::To(byte, next) => {
                    bytes.push(byte);
                    at = next;
                }
            }
        }
    }

    /// Whether there is a way from a state.
    pub(super) fn leads_from(&self, state: State) -> bool {
        self.next.get(state as usize).is_some_and(|step| *step != Step::Lost)
    }
}
