use super::*;
use crate::Server;
use seatrial_explore::{CheckOptions, CheckReport, Family, ModelId, Var, check};

fn run<const N: usize>(bounds: [u8; 4], options: &CheckOptions) -> CheckReport {
    let [timeouts, txns, epochs, restarts] = bounds;
    let zab =
        Zab::<N>::new(Bounds { timeouts, txns, epochs, restarts }, ElectionGrain::Baseline, None);
    check(&zab, &ModelId::default(), options, &mut |_| {}).unwrap()
}

fn counts(report: &CheckReport) -> (u64, u64, u64) {
    assert_eq!(report.property, None);
    assert_eq!(report.decision.exit_code(), 0);
    (report.generated, report.distinct, report.diameter)
}

/// The anchors of the published specification: TLC counts the same, but for the third row. Only
/// the initial state is its own mirror image, so that 26,695 states make (26,695 + 1) / 2 orbits.
/// TLC reports 13,399 there: it picks the representative of a whole state before it applies the
/// view, so that `pc`, which the view leaves out, can decide which of two mirror images stands for
/// both. It does for 51 orbits, of which TLC keeps both, and for none once the variable `recorder`
/// is renamed so that TLC compares it after `leaderOracle`: then TLC, too, counts 13,348.
#[test]
fn the_published_counts_are_met_exactly() {
    for (symmetry, hide, expected) in [
        (true, None, (19_980, 15_497, 38)),
        (false, None, (39_957, 30_993, 38)),
        (true, Some("pc"), (16_762, 13_348, 38)),
        (false, Some("pc"), (33_521, 26_695, 38)),
    ] {
        let hide: Vec<String> = hide.map(str::to_owned).into_iter().collect();
        let options = CheckOptions { symmetry, hide: hide.clone(), ..CheckOptions::default() };
        assert_eq!(counts(&run::<2>([2, 2, 3, 0], &options)), expected, "{symmetry} {hide:?}");
    }
}

/// Under every seeded fault, too, what a server does must not depend on its name: only the initial
/// state is its own mirror image, and all others make orbits of two.
#[test]
fn two_servers_have_half_the_states_up_to_symmetry() {
    let bounds = Bounds { timeouts: 1, txns: 2, epochs: 3, restarts: 1 };
    let faults = family::MUTANTS.iter().map(|(_, fault, ..)| Some(*fault)).chain([None]);
    for fault in faults {
        let distinct = |symmetry| {
            let zab = Zab::<2>::new(bounds, ElectionGrain::Baseline, fault);
            let options =
                CheckOptions { symmetry, max_violations: u64::MAX, ..CheckOptions::default() };
            check(&zab, &ModelId::default(), &options, &mut |_| {}).unwrap().distinct
        };
        assert_eq!(2 * distinct(true) - 1, distinct(false), "{fault:?}");
    }
}

/// The further anchors: a restart counts as a timeout too, and three servers.
#[test]
fn the_other_published_bounds_agree() {
    let options = CheckOptions { symmetry: true, workers: 2, ..CheckOptions::default() };
    assert_eq!(counts(&run::<2>([0, 2, 3, 2], &options)), (25_959, 18_626, 38));
    assert_eq!(counts(&run::<2>([1, 2, 3, 1], &options)), (26_865, 19_572, 38));
    assert_eq!(counts(&run::<3>([1, 2, 3, 0], &options)), (610_035, 251_332, 43));
}

/// A restart counts as a timeout too and is not limited by their bound: first all timeouts, then all
/// restarts.
#[test]
fn the_counter_of_timeouts_holds_all_faults() {
    let most = |name: &str| {
        let bounds = ZabFamily.description().bounds;
        u8::try_from(bounds.iter().find(|bound| bound.name == name).unwrap().max).unwrap()
    };
    let (timeouts, restarts) = (most("timeouts"), most("restarts"));
    let bounds = Bounds { timeouts, txns: 0, epochs: 0, restarts };
    let zab = Zab::<2>::new(bounds, ElectionGrain::Baseline, None);
    let (leader, follower) = (Server(0), Server(1));
    let losing = [
        Action::FollowLeader(leader),
        Action::FollowLeader(follower),
        Action::ConnectAndFollowerSendCEPOCH(leader, follower),
        Action::Timeout(leader, follower),
    ];
    let mut state = State::<2> { leader_oracle: Var::new(Some(leader)), ..State::default() };
    let faults = (0..timeouts).flat_map(|_| losing);
    for action in faults.chain((0..restarts).map(|_| Action::Restart(leader))) {
        let mut enabled = Vec::new();
        zab.actions(&state, &mut enabled);
        assert!(enabled.contains(&action), "{action}");
        state = zab.next_state(&state, action).unwrap();
    }
    assert_eq!(u16::from(*state.n_timeout.peek()), u16::from(timeouts) + u16::from(restarts));
}

#[test]
fn only_what_nothing_reads_can_be_hidden() {
    let zab = Zab::<2>::new(
        Bounds { timeouts: 1, txns: 1, epochs: 1, restarts: 0 },
        ElectionGrain::Baseline,
        None,
    );
    for (variable, reason) in [
        ("nTimeout", "the guard of `Timeout` reads it"),
        ("nClientRequest", "the update of `LeaderProcessRequest` reads it"),
        ("epochLeader", "property `Leadership2` reads it"),
    ] {
        let options = CheckOptions { hide: vec![variable.to_owned()], ..CheckOptions::default() };
        let refusal = check(&zab, &ModelId::default(), &options, &mut |_| {}).unwrap_err();
        assert_eq!(refusal.message, format!("variable `{variable}` cannot be hidden: {reason}"));
    }
}

/// What TLC counts for the published specification at the ends of the ranges.
#[test]
fn one_server_five_servers_and_many_epochs_agree() {
    let reduced = CheckOptions { symmetry: true, ..CheckOptions::default() };
    let whole = CheckOptions::default();
    assert_eq!(counts(&run::<1>([1, 1, 2, 0], &reduced)), (2, 2, 2));
    assert_eq!(counts(&run::<1>([0, 1, 2, 2], &reduced)), (12, 10, 5));
    assert_eq!(counts(&run::<1>([2, 2, 2, 1], &whole)), (6, 6, 4));
    assert_eq!(counts(&run::<5>([0, 0, 1, 0], &reduced)), (1_580, 623, 22));
    assert_eq!(counts(&run::<5>([0, 0, 2, 0], &reduced)), (4_144, 1_399, 34));
    assert_eq!(counts(&run::<2>([1, 1, 11, 0], &reduced)), (402, 355, 24));
}
