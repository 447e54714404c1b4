use crate::rules::testing::{holds, refines, stories, with};

const ONE: &[(&str, u64)] = &[("jobs", 1), ("crashes", 1)];

#[test]
fn the_claims_hold() {
    holds("serverless-scaling", &with(ONE), 5_872);
    holds("serverless-scaling", &with(&[]), 96_181);
}

/// What is done does not show how executors got their weights.
#[test]
fn one_step_shows_what_forks_show() {
    refines("serverless-scaling", "atomic", ONE);
}

#[test]
fn each_fault_has_its_story() {
    stories(
        "serverless-scaling",
        &[
            ("double-take", &[], "PodsNotShared", 7),
            ("counts-ready", &[], "NpusRespected", 6),
            ("serves-early", &[], "ServesFullWeights", 7),
            ("updates-source", &[], "OneVersion", 11),
            ("scales-in-source", &[], "SourceKept", 9),
            ("reruns-tasks", &[], "EffectOnce", 10),
            ("waits-for-source", &[], "ForksEnd", 16),
            ("loses-tasks", &[], "JobsEnd", 4),
            ("never-refills", &[], "PoolRefills", 12),
        ],
    );
}
