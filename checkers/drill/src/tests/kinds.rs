//! `StatefulSets`, `DaemonSets`, Jobs and pods of their own, under what may happen to them.

use super::super::testing::{answer, budget, deployment, zones};
use crate::{Answered, Question};
use seatrial_explore::Answer;

fn stateful(replicas: u8, spec: &str, pod: &str) -> String {
    deployment(replicas, &format!("serviceName: web\n  {spec}"), pod)
        .replace("kind: Deployment", "kind: StatefulSet")
}

fn daemon(spec: &str, pod: &str) -> String {
    deployment(1, spec, pod)
        .replace("kind: Deployment", "kind: DaemonSet")
        .replace("  replicas: 1\n", "")
}

fn job(spec: &str, pod: &str) -> String {
    deployment(1, spec, pod)
        .replace("apiVersion: apps/v1\nkind: Deployment", "apiVersion: batch/v1\nkind: Job")
        .replace("  replicas: 1\n  selector: {matchLabels: {app: web}}\n", "")
}

fn because(answer: &Answered) -> String {
    let story = answer.story.as_ref().unwrap();
    story.because.iter().map(|it| it.what.as_str()).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_stateful_set_starts_in_order_and_rolls_out_pod_by_pod() {
    for (spec, kept) in [("", 1), ("podManagementPolicy: Parallel", 1)] {
        let text = stateful(2, spec, "");
        let start = answer(&text, &zones(&[2]), "", Question::StartUp);
        assert_eq!(start.verdict, Answer::Holds, "{spec}");
        let rollout = answer(&text, &zones(&[2]), "", Question::Rollout);
        assert_eq!((rollout.verdict, rollout.kept), (Answer::Holds, Some(kept)), "{spec}");
        let broken = answer(&text, &zones(&[2]), "", Question::BrokenRollout);
        assert_eq!((broken.verdict, broken.kept), (Answer::Holds, Some(kept)), "{spec}");
        let resize = answer(&text, &zones(&[2]), "", Question::Resize);
        assert_eq!(resize.verdict, Answer::Holds, "{spec}");
    }
    // In order there are fewer states.
    let states = |spec| answer(&stateful(3, spec, ""), &zones(&[1]), "", Question::StartUp).states;
    assert!(states("") < states("podManagementPolicy: Parallel"));
}

#[test]
fn a_partition_keeps_the_pods_below_it() {
    let spec = "updateStrategy: {rollingUpdate: {partition: 1}}";
    let rollout = answer(&stateful(2, spec, ""), &zones(&[1]), "", Question::Rollout);
    assert_eq!(rollout.verdict, Answer::Holds, "{rollout:?}");
    let all = "updateStrategy: {rollingUpdate: {partition: 2}}";
    let rollout = answer(&stateful(2, all, ""), &zones(&[1]), "", Question::Rollout);
    assert_eq!((rollout.verdict, rollout.kept), (Answer::Holds, Some(2)), "nothing is replaced");
    let third = answer(&stateful(2, spec, ""), &zones(&[1]), "rollout=2", Question::Rollout);
    assert_eq!(third.verdict, Answer::Undecided, "a third revision is not modelled");
}

#[test]
fn a_stateful_set_waits_for_a_node_that_is_cut_off_and_a_deployment_does_not() {
    let lost = answer(&stateful(2, "", ""), &zones(&[2]), "", Question::Node);
    let claims: Vec<_> = lost.claims.iter().map(|it| (it.claim.as_str(), it.verdict)).collect();
    assert_eq!(claims[1], ("recovers from 1 lost node", Answer::Holds));
    let cut = answer(&stateful(2, "", ""), &zones(&[2]), "partition=1", Question::Partition);
    assert_eq!(cut.verdict, Answer::Violated);
    let claims: Vec<_> = cut.claims.iter().map(|it| (it.claim.as_str(), it.verdict)).collect();
    assert_eq!(claims[1], ("recovers from 1 node cut off", Answer::Violated));
    let cut = answer(&deployment(2, "", ""), &zones(&[2]), "partition=1", Question::Partition);
    assert_eq!(cut.claims[1].verdict, Answer::Holds, "{cut:?}");
}

#[test]
fn two_pods_of_one_identity_need_force_or_no_grace() {
    let text = stateful(2, "", "");
    let identity = |faults: &str| answer(&text, &zones(&[2]), faults, Question::Identity);
    assert_eq!(identity("").verdict, Answer::Holds);
    assert_eq!(identity("partition=1").verdict, Answer::Holds);
    let forced = identity("partition=1,force-delete=1");
    assert_eq!((forced.verdict, forced.says.as_str()), (Answer::Violated, "two of one"));
    assert!(because(&forced).contains("before its kubelet said"), "{forced:?}");
}

#[test]
fn a_daemon_set_has_a_pod_a_node_and_drains_pass_over_it() {
    let text = daemon("", "");
    for (question, kept) in [
        (Question::StartUp, None),
        (Question::Kill, None),
        (Question::Rollout, Some(2)),
        (Question::BrokenRollout, Some(2)),
        (Question::Together, None),
    ] {
        let answer = answer(&text, &zones(&[3]), "drain=0,pod=0", question);
        assert_eq!((answer.verdict, answer.kept), (Answer::Holds, kept), "{question:?}");
    }
    let two = daemon("updateStrategy: {rollingUpdate: {maxUnavailable: 50%}}", "");
    let rollout = answer(&two, &zones(&[3]), "", Question::Rollout);
    assert_eq!(rollout.kept, Some(1), "a share is rounded up");
    let on_delete = daemon("updateStrategy: {type: OnDelete}", "");
    let drilled = super::super::testing::drilled(
        &on_delete,
        &zones(&[2]),
        "",
        &[Question::Rollout, Question::Drain, Question::StartUp],
    );
    let asked: Vec<_> = drilled.workloads[0].answers.iter().map(|it| it.question).collect();
    assert_eq!(asked, [Question::StartUp]);
}

#[test]
fn a_job_fails_after_as_many_crashes_as_it_does_not_forgive() {
    for (spec, pod, faults, verdict) in [
        ("backoffLimit: 1", "restartPolicy: Never", "pod=1", Answer::Holds),
        ("backoffLimit: 1", "restartPolicy: Never", "pod=2", Answer::Violated),
        ("backoffLimit: 0", "restartPolicy: OnFailure", "pod=1", Answer::Violated),
        ("completions: 2\n  parallelism: 2", "restartPolicy: Never", "pod=2", Answer::Holds),
    ] {
        let crashed = answer(&job(spec, pod), &zones(&[1]), faults, Question::Pod);
        assert_eq!(crashed.verdict, verdict, "{spec} {pod} {faults}");
    }
    let strict = "backoffLimit: 0";
    let forgiving = "backoffLimit: 0\n  podFailurePolicy: {rules: [{action: Ignore, \
        onPodConditions: [{type: DisruptionTarget}]}]}";
    for (spec, verdict) in [(strict, Answer::Violated), (forgiving, Answer::Holds)] {
        let drained = answer(&job(spec, "restartPolicy: Never"), &zones(&[2]), "", Question::Drain);
        assert_eq!(drained.verdict, verdict, "{spec}");
    }
    let failed = answer(&job(strict, "restartPolicy: Never"), &zones(&[1]), "", Question::Pod);
    assert!(because(&failed).contains("gives up after 0 failed pods"), "{failed:?}");
}

#[test]
fn nobody_makes_a_pod_of_its_own_anew() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: web, labels: {app: web}}\nspec:\n  \
        containers: [{name: c, image: i}]\n---\n";
    for (text, question, verdict) in [
        (pod.to_owned(), Question::StartUp, Answer::Holds),
        (pod.to_owned(), Question::Kill, Answer::Violated),
        (pod.to_owned(), Question::Drain, Answer::Violated),
        // A share of no replicas: nothing may be disrupted.
        (pod.to_owned() + &budget("maxUnavailable: 1"), Question::Drain, Answer::Violated),
    ] {
        let answer = answer(&text, &zones(&[2]), "", question);
        assert_eq!(answer.verdict, verdict, "{question:?}");
    }
    let crash = |text: &str| answer(text, &zones(&[1]), "", Question::Pod).claims[1].verdict;
    assert_eq!(crash(pod), Answer::Holds, "its containers are started again");
    let never = pod.replace("spec:\n", "spec:\n  restartPolicy: Never\n");
    assert_eq!(crash(&never), Answer::Violated);
}

#[test]
fn nodes_taken_out_of_service_leave_fewer_places() {
    let apart = "affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: \
        [{topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: web}}}]}}";
    let text = deployment(2, "", apart);
    for (nodes, verdict) in [(3, Answer::Holds), (2, Answer::Violated)] {
        for (question, faults) in [(Question::Cordon, "cordon=1"), (Question::Taint, "taint=1")] {
            let answer = answer(&text, &zones(&[nodes]), faults, question);
            assert_eq!(answer.verdict, verdict, "{question:?} of {nodes}");
        }
    }
}

#[test]
fn a_stale_cache_makes_too_many_pods_for_a_while() {
    let stale = answer(&deployment(2, "", ""), &zones(&[1]), "stale=1", Question::Stale);
    assert_eq!((stale.verdict, stale.says.as_str()), (Answer::Holds, "settles"));
}

#[test]
fn an_init_container_waits_for_a_service_that_it_names_in_a_loop() {
    let service =
        "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: web}}\n---\n";
    let waiting = |command: &str| {
        let init =
            format!("initContainers: [{{name: i, image: i, command: [sh, -c, {command:?}]}}]");
        service.to_owned() + &deployment(1, "", &init)
    };
    for (command, verdict) in [
        ("until nc -z web 80; do sleep 1; done", Answer::Violated),
        ("while ! curl http://web.default.svc:80; do :; done", Answer::Violated),
        ("nc -z web 80", Answer::Holds),
        ("until nc -z webs 80; do sleep 1; done", Answer::Holds),
        ("[ $(hostname) = web-0 ] || until nc -z web-0.web 80; do :; done", Answer::Holds),
    ] {
        let start = answer(&waiting(command), &zones(&[1]), "", Question::StartUp);
        assert_eq!(start.verdict, verdict, "{command}");
        assert_eq!(start.suggestion.is_some(), verdict == Answer::Violated, "{command}");
    }
}

#[test]
fn together_says_what_it_covered_when_time_runs_out() {
    let text = stateful(3, "podManagementPolicy: Parallel", "");
    let options = crate::Options {
        faults: crate::Faults::default(),
        questions: vec![Question::Together],
        time_limit: std::time::Duration::ZERO,
        threads: 1,
        stated: Vec::new(),
        grains: crate::Grains::default(),
    };
    let objects = super::super::testing::objects(&text);
    let drilled = crate::drill(&objects, &zones(&[3]), &options).unwrap();
    let reason = drilled.workloads[0].answers[0].reason.clone().unwrap();
    assert!(reason.contains("; of 10 pairs of kinds of events, it settles after "), "{reason}");
}

const PROBED: &str = "readinessProbe: {httpGet: {path: /, port: 80}}";

/// A Deployment whose container has this probe.
fn probed(replicas: u8, spec: &str, probe: &str) -> String {
    deployment(replicas, spec, "").replace("image: i,", &format!("image: i, {probe},"))
}

/// Without a probe a pod that crashes is ready in between, and the rollout goes on.
#[test]
fn a_probe_or_min_ready_seconds_hold_a_revision_that_crashes() {
    let ask = |text: &str| answer(text, &zones(&[2]), "", Question::CrashingRollout);
    let bare = ask(&deployment(2, "", ""));
    assert_eq!((bare.verdict, bare.kept), (Answer::Violated, Some(0)), "{bare:?}");
    assert!(because(&bare).contains("there is no readiness probe"), "{bare:?}");
    let changes = &bare.suggestion.as_ref().unwrap().changes;
    assert_eq!(changes[0].what, "`spec.minReadySeconds: 10` in Deployment default/web");
    for text in [
        probed(2, "", PROBED),
        probed(2, "", "startupProbe: {tcpSocket: {port: 80}}"),
        deployment(2, "minReadySeconds: 5", ""),
    ] {
        let held = ask(&text);
        assert_eq!((held.verdict, held.kept), (Answer::Holds, Some(2)), "{text}{held:?}");
    }
    let liveness = ask(&probed(2, "", "livenessProbe: {tcpSocket: {port: 80}}"));
    assert_eq!(liveness.kept, Some(0), "a liveness probe keeps nobody from being ready");
    for (kind, text) in [("StatefulSet", stateful(2, "", "")), ("DaemonSet", daemon("", ""))] {
        assert_eq!(ask(&text).kept, Some(0), "{kind}");
        let waits = text.replacen("spec:\n", "spec:\n  minReadySeconds: 5\n", 1);
        assert_eq!((ask(&waits).verdict, ask(&waits).kept), (Answer::Holds, Some(1)), "{kind}");
    }
}

#[test]
fn probes_and_min_ready_seconds_end_in_availability() {
    for text in [
        probed(2, "minReadySeconds: 5", PROBED),
        stateful(2, "minReadySeconds: 5", ""),
        daemon("minReadySeconds: 5", ""),
    ] {
        for question in [Question::StartUp, Question::Rollout, Question::Together] {
            let answer = answer(&text, &zones(&[2]), "node=0,drain=0", question);
            assert_eq!(answer.verdict, Answer::Holds, "{question:?} {text}{answer:?}");
        }
    }
}

#[test]
fn a_failed_probe_is_survived_by_two_and_not_by_one() {
    let ask = |text: &str, faults: &str| answer(text, &zones(&[2]), faults, Question::Probe);
    for (replicas, faults, verdict) in [
        (1, "probe=1", Answer::Violated),
        (2, "probe=1", Answer::Holds),
        (2, "probe=2", Answer::Violated),
    ] {
        for probe in [PROBED, "livenessProbe: {tcpSocket: {port: 80}}"] {
            let answer = ask(&probed(replicas, "", probe), faults);
            assert_eq!(answer.verdict, verdict, "{replicas} {faults} {probe}: {answer:?}");
        }
    }
    // Nothing is asked of pods without probes.
    let none = super::super::testing::drilled(
        &deployment(2, "", ""),
        &zones(&[2]),
        "probe=1",
        &[Question::Probe],
    );
    assert!(none.workloads[0].answers.is_empty());
}
