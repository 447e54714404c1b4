//! The corpus: manifests with the faults that threads in public tell of, and the same mended.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use seatrial_core::SourceFile;
use seatrial_explore::Answer;

use crate::{Drilled, Faults, Grains, Options, Question, Surroundings};

/// Case, the question that it fails, and what the story says.
const CASES: [(&str, Question, &str); 23] = [
    ("budget-without-slack", Question::Drain, "wants 2 healthy pods, and 2 are"),
    ("one-pod-a-node", Question::Rollout, "didn't match pod anti-affinity rules"),
    ("volume-of-one-node", Question::Rollout, "its volume is attached to"),
    ("quota-without-surge", Question::Rollout, "has no room for another pod"),
    (
        "apply-under-autoscaler",
        Question::Scale,
        "says 1 replicas, which HorizontalPodAutoscaler shop/web decides on",
    ),
    (
        "autoscaler-that-cannot-read",
        Question::Scale,
        "cannot tell the use of cpu: container `proxy` asks for none",
    ),
    ("uneven-zones", Question::StartUp, "didn't match pod topology spread constraints"),
    ("replicas-on-one-node", Question::Node, "nothing keeps the pods from all being on"),
    ("scaled-into-uneven-zones", Question::Scale, "didn't match pod topology spread constraints"),
    ("named-node", Question::StartUp, "which has a taint that it does not tolerate"),
    ("tolerated-for-a-while", Question::StartUp, "tolerates its taint for a while only"),
    (
        "descheduler-against-scores",
        Question::Descheduler,
        "RemovePodsViolatingTopologySpreadConstraint evicts",
    ),
    ("duplicates-with-nowhere-to-go", Question::Descheduler, "RemoveDuplicates evicts"),
    ("utilization-of-one-pool", Question::Descheduler, "LowNodeUtilization evicts"),
    ("ordered-and-broken", Question::Rollback, "touches no other pod before"),
    ("waits-for-itself", Question::StartUp, "whose only pods are its own"),
    ("no-grace", Question::Identity, "before its kubelet said that it had ended"),
    ("unprobed-rollout", Question::CrashingRollout, "count as ready as soon as they run"),
    (
        "preempted-past-its-budget",
        Question::Preemption,
        "preemption passes over PodDisruptionBudget shop/reports",
    ),
    ("preempted-while-old-pods-end", Question::Preemption, "(priority 1000) takes the room of"),
    ("starved-by-an-autoscaler", Question::Preemption, "(priority 1000) takes the room of"),
    ("rolled-at-full-scale", Question::ScaledRollout, "didn't match pod anti-affinity rules"),
    ("pod-of-nobody", Question::Kill, "nothing makes Pod shop/web anew"),
];

fn drill(case: &str, file: &str, question: Question) -> Drilled {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/drill").join(case);
    let read = |file: &str| std::fs::read_to_string(root.join(file));
    let source = |file: &str, text: String| Arc::new(SourceFile::new(file, text));
    let manifests = seatrial_scheduling::objects(&[source(file, read(file).unwrap())]).unwrap();
    let surroundings = match read("cluster.yaml") {
        Ok(text) => Surroundings {
            objects: Vec::new(),
            profile: Some(
                seatrial_scheduling::Profile::read(&source("cluster.yaml", text)).unwrap(),
            ),
            name: "the cluster of the case".to_owned(),
        },
        Err(_) => Surroundings::by_default().unwrap(),
    };
    let options = Options {
        faults: Faults::default(),
        questions: vec![question],
        time_limit: Duration::from_secs(600),
        threads: 1,
        stated: Vec::new(),
        grains: Grains::default(),
    };
    crate::drill(&manifests, &surroundings, &options).unwrap()
}

#[test]
fn each_case_fails_as_its_thread_tells_and_its_twin_does_not() {
    for (case, question, says) in CASES {
        let bad = drill(case, "bad.yaml", question);
        assert_eq!(bad.verdict(), Answer::Violated, "{case}: {bad:?}");
        let mut answers = bad.workloads.iter().flat_map(|row| &row.answers);
        let story = answers.find_map(|answer| answer.story.as_ref()).unwrap();
        let told = story.because.iter().map(|because| because.what.as_str()).collect::<Vec<_>>();
        assert!(told.join("\n").contains(says), "{case}: {story:?}");
        let good = drill(case, "good.yaml", question);
        assert_eq!(good.verdict(), Answer::Holds, "{case}: {good:?}");
    }
}
