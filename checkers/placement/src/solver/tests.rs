use seatrial_certificate::brute::Truth;
use seatrial_certificate::plan::replay;
use seatrial_certificate::testing::{Mix, instance};

use super::*;
use crate::generate::small;

const LONG: Duration = Duration::from_secs(60);

fn ask(instance: &Instance, target: Target, bound: u64, placed: &[u64]) -> Refutation {
    let claim = Claim { target, bound, placed, fragments: None };
    refute(instance, &claim, Manner::Simplex, &Limits::time(LONG))
}

/// What brute force reaches is not refuted; where nothing runs yet, the wish is nearly always
/// reached in its order.
#[test]
fn wishes_are_reached_in_their_order() {
    let (mut wishes, mut reached) = (0, 0);
    for seed in 0..300 {
        let mut instance = instance(seed, Mix::ALL);
        instance.pods.iter_mut().for_each(|pod| (pod.node, pod.fixed) = (None, false));
        let truth = Truth::of(&instance);
        let best = truth.best().unwrap();
        let Some(bound) = best.placed[0].checked_sub(1) else { continue };
        let Refutation::Model(wish) = ask(&instance, Target::Tier(0), bound, &best.placed) else {
            panic!("{seed}: refuted what is possible")
        };
        let filters = Filters::new(&instance);
        wishes += 1;
        // A gang that the order leaves torn is no plan; every step itself is feasible.
        let outcome = replay(&filters, &straight(&filters, &wish));
        reached += i32::from(outcome.is_ok_and(|outcome| outcome.placed[0] > bound));
    }
    assert!(wishes > 100 && reached * 100 >= wishes * 95, "{reached} of {wishes}");
}

/// A cluster on which no counting closes the second tier, but the solver does at once.
#[test]
fn what_counting_leaves_open_is_refuted() {
    let instance = small::cluster(6).instance();
    let placed = [20, 26, 52];
    let said = ask(&instance, Target::Tier(2), 52, &placed);
    assert!(matches!(&said, Refutation::Refuted { by } if by.starts_with("z3 ")), "{said:?}");
    let said = ask(&instance, Target::Tier(2), 51, &placed);
    assert!(matches!(said, Refutation::Model(_)), "{said:?}");
}

#[test]
fn what_takes_too_long_is_not_known() {
    let instance = small::cluster(8).instance();
    let placed = instance.priorities().iter().map(|_| 0).collect::<Vec<u64>>();
    let claim = Claim { target: Target::Tier(2), bound: 0, placed: &placed, fragments: None };
    let limits = Limits { stop: Some(&|| true), ..Limits::time(LONG) };
    let said = refute(&instance, &claim, Manner::General, &limits);
    assert!(matches!(said, Refutation::Unknown(_)), "{said:?}");
}
