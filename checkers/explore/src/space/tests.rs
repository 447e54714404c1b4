use crate::{
    ActionClass, Answer, CheckOptions, CheckReport, Fairness, ModelId, Property, Protocol,
    Strength, check,
};
use proptest::prelude::*;
use serde_json::{Value, json};
use stateright::Model;

/// Three processes that all follow the same random program. A step may need another process to
/// be in some place.
#[derive(Clone, Debug)]
struct Crowd {
    /// From, to, the place where another must be, the class.
    program: Vec<(u8, u8, Option<u8>, usize)>,
    bad: u8,
    limit: usize,
    fair: Option<Strength>,
    live: bool,
    /// Declares as symmetric what is not.
    lies: bool,
}

const CLASSES: [ActionClass; 2] = [
    ActionClass::new("A", "crowd").modifies(&["places"]),
    ActionClass::new("B", "crowd").modifies(&["places"]),
];

impl Model for Crowd {
    type State = [u8; 3];
    type Action = (usize, u8, usize);

    fn init_states(&self) -> Vec<[u8; 3]> {
        vec![[0, 0, 1], [1, 0, 0]]
    }

    fn actions(&self, state: &[u8; 3], actions: &mut Vec<Self::Action>) {
        for (process, &place) in state.iter().enumerate() {
            for &(_, to, needs, class) in self.program.iter().filter(|step| step.0 == place) {
                let mut others = state.iter().enumerate().filter(|(other, _)| *other != process);
                if needs.is_none_or(|needs| others.any(|(_, &place)| place == needs)) {
                    actions.push((process, to, class));
                }
            }
        }
    }

    fn next_state(&self, state: &[u8; 3], (process, to, _): Self::Action) -> Option<[u8; 3]> {
        let mut next = *state;
        next[process] = to;
        Some(next)
    }
}

impl Protocol for Crowd {
    fn classes(&self) -> &[ActionClass] {
        &CLASSES
    }

    fn class_of(&self, action: &Self::Action) -> usize {
        action.2
    }

    fn specification(&self) -> Vec<Property<Self>> {
        let crowded = |crowd: &Self, s: &[u8; 3]| {
            s.map(|place| usize::from(place == crowd.bad)).iter().sum::<usize>() >= crowd.limit
        };
        vec![if self.lies {
            Property::always("claim", |_, s: &[u8; 3]| s[0] != 3)
        } else if self.live {
            Property::eventually("claim", crowded)
        } else {
            Property::always("claim", move |crowd: &Self, s: &[u8; 3]| !crowded(crowd, s))
        }]
    }

    fn fairness(&self) -> Vec<Fairness<Self>> {
        self.fair.map(|strength| Fairness::of_class("A", strength)).into_iter().collect()
    }

    fn variables(&self) -> &[&'static str] {
        &["places"]
    }

    fn observe(&self, state: &[u8; 3]) -> Vec<Value> {
        vec![json!(state)]
    }

    fn is_symmetric(&self) -> bool {
        true
    }

    fn representative(&self, mut state: [u8; 3]) -> [u8; 3] {
        state.sort_unstable();
        state
    }
}

fn crowds() -> impl proptest::strategy::Strategy<Value = Crowd> {
    let step = (0_u8..4, 0_u8..4, prop::option::of(0_u8..4), 0_usize..2);
    let fair = prop_oneof![Just(None), Just(Some(Strength::Weak)), Just(Some(Strength::Strong))];
    (prop::collection::vec(step, 0..10), 0_u8..4, 1_usize..4, fair, any::<bool>()).prop_map(
        |(program, bad, limit, fair, live)| Crowd { program, bad, limit, fair, live, lies: false },
    )
}

fn run(crowd: &Crowd, symmetry: bool) -> CheckReport {
    let options = CheckOptions { symmetry, ..CheckOptions::default() };
    check(crowd, &ModelId::default(), &options, &mut |_| {}).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    /// Safety and liveness have the same answer up to symmetry, invariants at the same depth, and
    /// each counterexample is a run of the protocol itself: `check` replays it.
    #[test]
    fn symmetry_changes_no_answer(crowd in crowds()) {
        let (plain, reduced) = (run(&crowd, false), run(&crowd, true));
        prop_assert_eq!(&plain.decision, &reduced.decision);
        prop_assert!(reduced.distinct <= plain.distinct);
        if !crowd.live && plain.decision.verdict == Answer::Violated {
            prop_assert_eq!(plain.depth, reduced.depth);
        }
        prop_assert_ne!(plain.decision.verdict, Answer::Undecided);
    }
}

#[test]
fn a_false_claim_of_symmetry_is_refused() {
    let program = vec![(0, 3, None, 0), (1, 2, None, 0)];
    let crowd = Crowd { program, bad: 0, limit: 1, fair: None, live: false, lies: true };
    let options = CheckOptions { symmetry: true, ..CheckOptions::default() };
    let refusal = check(&crowd, &ModelId::default(), &options, &mut |_| {}).unwrap_err();
    assert_eq!(
        refusal.message,
        "property `claim` is declared invariant under the symmetry but is not"
    );
}
