//! Random walks of the model, held step by step against the contracts of the controllers; and the
//! reduction by symmetry, held against the whole state space.

use std::sync::Arc;

use proptest::prelude::*;
use seatrial_explore::{Answer, CheckOptions, CheckReport, Limits, ModelId, Protocol, check};
use stateright::Model;

use super::super::testing::{budget, deployment, world, zones};
use crate::{Ask, Drill, Event, Faults, Grains, Scope, contract};

fn spread(key: &str) -> String {
    format!(
        "topologySpreadConstraints: [{{maxSkew: 1, topologyKey: {key}, whenUnsatisfiable: \
         DoNotSchedule, labelSelector: {{matchLabels: {{app: web}}}}}}]"
    )
}

const ANTI: &str = "affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: \
    [{topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: web}}}]}}";

/// A small application of every shape.
fn texts() -> impl Strategy<Value = String> {
    let strategy = prop_oneof![
        Just("strategy: {type: Recreate}".to_owned()),
        (0_u8..3, 0_u8..3).prop_map(|(surge, unavailable)| format!(
            "strategy: {{rollingUpdate: {{maxSurge: {surge}, maxUnavailable: {unavailable}}}}}"
        )),
        Just("strategy: {}".to_owned()),
    ];
    let probe = prop_oneof![
        2 => Just(String::new()),
        1 => Just("readinessProbe: {tcpSocket: {port: 80}}, ".to_owned()),
        1 => Just("livenessProbe: {tcpSocket: {port: 80}}, ".to_owned()),
    ];
    let settles = prop_oneof![2 => Just(""), 1 => Just("  minReadySeconds: 5\n")];
    let pod = prop_oneof![
        Just(String::new()),
        Just(ANTI.to_owned()),
        Just(spread("topology.kubernetes.io/zone")),
        Just(spread("kubernetes.io/hostname")),
        Just("tolerations: [{operator: Exists}]".to_owned()),
    ];
    let guard = prop_oneof![
        Just(String::new()),
        (0_u8..3).prop_map(|least| budget(&format!("minAvailable: {least}"))),
        (1_u8..100).prop_map(|share| budget(&format!("maxUnavailable: {share}%"))),
    ];
    let quota = prop_oneof![
        3 => Just(String::new()),
        1 => (2_u8..5).prop_map(|pods| format!(
            "apiVersion: v1\nkind: ResourceQuota\nmetadata: {{name: q}}\nspec: {{hard: {{pods: {pods}}}}}\n---\n"
        )),
    ];
    let scaler = prop_oneof![
        3 => Just(String::new()),
        1 => Just("apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: web}\n\
            spec: {minReplicas: 1, maxReplicas: 4, scaleTargetRef: {kind: Deployment, name: web}, behavior: {scaleUp: {policies: [{type: Pods, value: 1, periodSeconds: 15}]}}}\n---\n".to_owned()),
    ];
    let rival = prop_oneof![
        2 => Just(None),
        1 => (1_u8..3, 1000_u32..3500, -5_i32..9).prop_map(Some),
    ];
    (0_usize..8, 1_u8..4, strategy, pod, guard, quota, scaler, (probe, settles, rival)).prop_map(
        |(kind, replicas, strategy, pod, guard, quota, scaler, (probe, settles, rival))| {
            let deployment = deployment(replicas, &strategy, &pod);
            let workload = of_kind(kind, replicas, &strategy, &deployment)
                .replace("image: i, ", &format!("image: i, {probe}"))
                .replacen("spec:\n", &format!("spec:\n{settles}"), 1);
            beside(rival, workload) + &guard + &quota + &scaler
        },
    )
}

/// With a larger workload of another priority, `zed`, of so many pods that ask for so many thousandths
/// of a core.
fn beside(rival: Option<(u8, u32, i32)>, text: String) -> String {
    let Some((replicas, cpu, priority)) = rival else { return text };
    let zed = deployment(replicas, "", &format!("priority: {priority}"))
        .replace("web", "zed")
        .replace("cpu: 100m", &format!("cpu: {cpu}m"));
    text.replace("cpu: 100m", "cpu: 1900m") + &zed
}

/// The same as another kind of workload: in half of the cases as it is.
fn of_kind(kind: usize, replicas: u8, strategy: &str, text: &str) -> String {
    let own = format!(
        "  replicas: {replicas}\n  selector: {{matchLabels: {{app: web}}}}\n  {strategy}\n"
    );
    let like = |kind: &str, spec: &str| {
        text.replace("kind: Deployment", &format!("kind: {kind}")).replace(&own, spec)
    };
    let set = |more: &str| {
        format!("  replicas: {replicas}\n  selector: {{matchLabels: {{app: web}}}}\n  {more}\n")
    };
    match kind {
        0 => like("StatefulSet", &set("updateStrategy: {rollingUpdate: {partition: 1}}")),
        1 => like("StatefulSet", &set("podManagementPolicy: Parallel")).replace(
            "      containers",
            "      terminationGracePeriodSeconds: 0\n      containers",
        ),
        2 => like("DaemonSet", "  selector: {matchLabels: {app: web}}\n"),
        3 => like(
            "Job",
            &format!("  completions: {replicas}\n  parallelism: 2\n  backoffLimit: 2\n"),
        )
        .replacen("apps/v1", "batch/v1", 1)
        .replace("      containers", "      restartPolicy: Never\n      containers"),
        _ => text.to_owned(),
    }
}

/// A composition of grains.
fn grains() -> impl Strategy<Value = Grains> {
    let texts = ["", "all=cached", "all=calls", "replica-set=calls:2,deployment=cached:2"];
    prop::sample::select(texts.to_vec()).prop_map(|text| Grains::parse(text).unwrap())
}

fn scope(text: &str, counts: &[usize]) -> Scope {
    Scope::around(&Arc::new(world(text, &zones(counts)).unwrap()), 0)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(160))]

    #[test]
    fn every_step_keeps_the_contracts(
        text in texts(),
        grains in grains(),
        choices in prop::collection::vec(any::<prop::sample::Index>(), 120),
    ) {
        let mut drill = Drill::new(scope(&text, &[2, 1]), Faults([2; Event::COUNT]), Vec::new())
            .with_grains(grains);
        drill.symmetric = false;
        drill.changed = drill.scope.workloads().map(|(member, _)| member).collect();
        let mut state = drill.init_states().remove(0);
        for choice in choices {
            let mut actions = Vec::new();
            drill.actions(&state, &mut actions);
            if actions.is_empty() {
                break;
            }
            let mut labels: Vec<String> = actions.iter().map(|it| drill.label(it)).collect();
            labels.sort();
            labels.dedup();
            prop_assert_eq!(labels.len(), actions.len(), "labels differ");
            let action = actions[choice.index(actions.len())];
            let next = drill.next_state(&state, action).unwrap();
            let kept = contract::step(&drill.scope, &state, &action, &next);
            prop_assert_eq!(kept, Ok(()), "{:?}\n{:?}\n{:?}\n{}", state, action, next, text);
            state = next;
        }
    }
}

fn asks() -> Vec<Ask> {
    vec![
        Ask::Starts,
        Ask::Settles,
        Ask::Drained,
        Ask::RolledOut,
        Ask::Keeps(1),
        Ask::Keeps(2),
        Ask::Survives(Event::Node, 1),
        Ask::Recovers(Event::Node, 1),
        Ask::Happens(Event::Node),
    ]
}

fn checked(text: &str, counts: &[usize], symmetric: bool) -> CheckReport {
    let mut faults = Faults::NONE;
    faults.set(Event::Node, 1);
    faults.set(Event::Rollout, 1);
    let mut drill = Drill::new(scope(text, counts), faults, asks());
    drill.symmetric = symmetric;
    let options = CheckOptions {
        max_violations: u64::MAX,
        limits: Limits { states: Some(200_000), ..Limits::default() },
        ..CheckOptions::default()
    };
    check(&drill, &ModelId::default(), &options, &mut |_| {}).unwrap()
}

#[test]
fn nodes_that_can_be_swapped_change_no_answer() {
    for (text, counts) in [
        (deployment(2, "", ""), &[3][..]),
        (deployment(2, "", ANTI), &[2]),
        (deployment(2, "", &spread("topology.kubernetes.io/zone")), &[2, 1]),
        (deployment(2, "", &spread("topology.kubernetes.io/zone")), &[1, 1]),
        (deployment(2, "strategy: {type: Recreate}", ""), &[1, 2]),
        (of_kind(1, 2, "", &deployment(2, "", "")), &[2]),
        (of_kind(2, 2, "", &deployment(2, "", "")), &[2]),
        (beside(Some((1, 2500, 5)), deployment(2, "", "")), &[2]),
    ] {
        let (all, reduced) = (checked(&text, counts, false), checked(&text, counts, true));
        let verdicts = |report: &CheckReport| -> Vec<(String, Answer, bool)> {
            let properties = report.properties.iter();
            properties.map(|it| (it.name.clone(), it.decision.verdict, it.vacuous)).collect()
        };
        assert_eq!(verdicts(&all), verdicts(&reduced), "{text}");
        assert!(
            reduced.distinct < all.distinct,
            "{} of {}: {text}",
            reduced.distinct,
            all.distinct
        );
        assert!(!verdicts(&all).iter().any(|it| it.1 == Answer::Undecided), "{:?}", verdicts(&all));
    }
}

#[test]
fn a_step_that_breaks_a_contract_is_found() {
    let drill = Drill::new(scope(&deployment(2, "", ANTI), &[2]), Faults::NONE, Vec::new());
    let mut state = drill.init_states().remove(0);
    let take = |state: &mut crate::State, wanted: &str| {
        let mut actions = Vec::new();
        drill.enabled(state, &mut actions);
        let action = actions.into_iter().find(|it| drill.label(it).contains(wanted)).unwrap();
        *state = drill.after(state, &action);
        action
    };
    take(&mut state, "creates");
    let bind = take(&mut state, "binds");
    let crate::Action::Bind(pod, node) = bind else { panic!("{bind:?}") };
    // The second pod on the node of the first: affinity forbids it.
    let again = crate::Action::Bind(pod, node);
    let next = drill.after(&state, &again);
    let broken = contract::step(&drill.scope, &state, &again, &next).unwrap_err();
    assert_eq!(broken, "no pod is bound near pods that it has to be away from");
    // A pod that comes from nowhere.
    let mut more = state.clone();
    more.pods.push(pod);
    let broken =
        contract::step(&drill.scope, &state, &crate::Action::Start(pod), &more).unwrap_err();
    assert_eq!(broken, "pods come and go one by one, and only where a step says so");
    // An eviction that nobody asked for.
    let ready = pod.at(crate::Phase::Ready);
    let ready = crate::Pod { node, ..ready };
    state.pods = vec![ready];
    let next = drill.after(&state, &crate::Action::Evict(ready));
    let broken = contract::step(&drill.scope, &state, &crate::Action::Evict(ready), &next);
    assert_eq!(broken.unwrap_err(), "only a drain evicts");
}
