use super::*;
use seatrial_explore::{CheckOptions, CheckReport, ModelId, check};

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
/// the initial state is its own mirror image, so that 26,695 states make (26,695 + 1) / 2 orbits;
/// the 13,399 reported for TLC there are 51 more than there can be.
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

/// The further anchors: a restart counts as a timeout too, and three servers.
#[test]
fn the_other_published_bounds_agree() {
    let options = CheckOptions { symmetry: true, workers: 2, ..CheckOptions::default() };
    assert_eq!(counts(&run::<2>([0, 2, 3, 2], &options)), (25_959, 18_626, 38));
    assert_eq!(counts(&run::<2>([1, 2, 3, 1], &options)), (26_865, 19_572, 38));
    assert_eq!(counts(&run::<3>([1, 2, 3, 0], &options)), (610_035, 251_332, 43));
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
