//! What the tests of all protocols of rules ask.

use seatrial_explore::{Answer, CheckOptions, CheckReport, Limits, RefineReport, Selection};

use crate::catalogue;

/// Bounds by name.
pub(crate) type Bounds<'b> = &'b [(&'b str, u64)];

/// The default variant and grains with these bounds.
pub(crate) fn with(bounds: Bounds<'_>) -> Selection {
    let bounds = bounds.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect();
    Selection { bounds, ..Selection::default() }
}

/// The report of a protocol as selected.
pub(crate) fn check(protocol: &str, selection: &Selection) -> CheckReport {
    let (instance, id) = catalogue().instance(protocol, selection).unwrap();
    instance.check(&id, &CheckOptions::default(), &mut |_| {}).unwrap()
}

/// All properties hold, safety and liveness, every action fires, and there are so many states.
pub(crate) fn holds(protocol: &str, selection: &Selection, states: u64) {
    let report = check(protocol, selection);
    let (violated, trace) = (&report.property, &report.trace);
    assert_eq!(report.decision.exit_code(), 0, "{violated:?} {trace:#?}");
    assert_eq!(report.warnings, Vec::<String>::new(), "{selection:?}");
    assert_eq!(report.distinct, states, "{selection:?}");
}

/// Each variant breaks first the property named, in a counterexample of so many states.
pub(crate) fn stories(protocol: &str, stories: &[(&str, Bounds<'_>, &str, usize)]) {
    for &(variant, bounds, property, states) in stories {
        let selection = Selection { variant: Some(variant.to_owned()), ..with(bounds) };
        let report = check(protocol, &selection);
        let story = report.trace.map(|trace| trace.depth());
        let found = (report.property.as_deref(), story);
        assert_eq!(found, (Some(property), Some(states)), "{variant}");
    }
}

/// A composition shows what the baseline shows, and the other way round.
pub(crate) fn refines(protocol: &str, composition: &str, bounds: Bounds<'_>) -> RefineReport {
    let composition = Some(composition.to_owned());
    let selection = Selection { composition, ..with(bounds) };
    let report = catalogue().refine(protocol, &selection, &Limits::default()).unwrap();
    assert_eq!(report.decision.verdict, Answer::Holds, "{:#?}", report.lost);
    let added = &report.composition_in_baseline;
    assert_eq!(added.decision.verdict, Answer::Holds, "{:#?}", report.added);
    assert!(added.states < report.baseline_in_composition.states);
    report
}
