//! Verdicts on small applications, with the stories behind them.

use super::super::testing::{answer, budget, deployment, drilled, objects, world, zones};
use crate::{Question, Surroundings, report};
use seatrial_explore::Answer;

#[test]
fn three_replicas_without_spread_survive_one_pod_and_not_one_node() {
    let text = deployment(3, "", "");
    let three = zones(&[3]);
    let pod = answer(&text, &three, "pod=2", Question::Pod);
    assert_eq!(
        (pod.verdict, pod.survived, pod.says.as_str()),
        (Answer::Holds, Some((2, 2)), "survives at least 2")
    );
    let node = answer(&text, &three, "", Question::Node);
    assert_eq!((node.verdict, node.survived), (Answer::Violated, Some((0, 1))));
    let story = node.story.unwrap();
    assert!(story.steps[0].what.contains("3 on node a-0"), "{story:?}");
    assert_eq!(story.because[0].what, "nothing keeps the pods from all being on node a-0");
}

#[test]
fn pods_that_keep_apart_survive_a_node() {
    let apart = "affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: \
        [{topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: web}}}]}}";
    let text = deployment(2, "", apart);
    let node = answer(&text, &zones(&[3]), "", Question::Node);
    assert_eq!((node.verdict, node.survived), (Answer::Holds, Some((1, 1))));
    // As many replicas as nodes: the pod of the lost node has nowhere to go.
    let node = answer(&text, &zones(&[2]), "", Question::Node);
    assert_eq!((node.verdict, node.survived), (Answer::Violated, Some((0, 1))));
    let claims: Vec<_> = node.claims.iter().map(|it| (it.claim.as_str(), it.verdict)).collect();
    assert_eq!(
        claims,
        [("survives 1 lost node", Answer::Holds), ("recovers from 1 lost node", Answer::Violated)]
    );
}

#[test]
fn all_replicas_crash_if_enough_may() {
    let text = deployment(2, "", "");
    let pod = answer(&text, &zones(&[2]), "pod=3", Question::Pod);
    assert_eq!((pod.verdict, pod.survived), (Answer::Violated, Some((1, 3))));
}

#[test]
fn a_zone_is_survived_only_if_the_pods_are_spread_over_zones() {
    let spread = "topologySpreadConstraints: [{maxSkew: 1, topologyKey: \
        topology.kubernetes.io/zone, whenUnsatisfiable: DoNotSchedule, labelSelector: \
        {matchLabels: {app: web}}}]";
    let surroundings = zones(&[1, 2]);
    for (pod, expected) in [("", 0), (spread, 1)] {
        let zone = answer(&deployment(2, "", pod), &surroundings, "zone=1", Question::Zone);
        assert_eq!(zone.survived, Some((expected, 1)), "{pod}");
    }
}

#[test]
fn a_rollout_keeps_what_its_strategy_promises_and_no_more() {
    for (strategy, replicas, kept) in [
        ("", 2, 2),
        ("strategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 0}}", 2, 1),
        ("strategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: 1}}", 3, 2),
        ("strategy: {rollingUpdate: {maxUnavailable: 100%}}", 2, 0),
        ("strategy: {type: Recreate}", 2, 0),
    ] {
        let text = deployment(replicas, strategy, "");
        for question in [Question::Rollout, Question::BrokenRollout] {
            let answer = answer(&text, &zones(&[2]), "", question);
            assert_eq!((answer.verdict, answer.kept), (Answer::Holds, Some(kept)), "{strategy}");
        }
    }
}

#[test]
fn drains_keep_what_the_budget_asks_for() {
    for (spec, kept) in [
        ("minAvailable: 1", 1),
        ("minAvailable: 50%", 2),
        ("maxUnavailable: 1", 2),
        ("maxUnavailable: 30%", 2),
        ("minAvailable: 0", 0),
    ] {
        let text = deployment(3, "", "") + &budget(spec);
        let drain = answer(&text, &zones(&[2]), "", Question::Drain);
        assert_eq!((drain.verdict, drain.kept), (Answer::Holds, Some(kept)), "{spec}");
    }
}

#[test]
fn two_budgets_over_one_pod_stop_its_eviction() {
    let text = deployment(2, "", "")
        + &budget("minAvailable: 1")
        + &budget("minAvailable: 1").replace("name: web", "name: other");
    let drain = answer(&text, &zones(&[2]), "", Question::Drain);
    assert_eq!((drain.verdict, drain.says.as_str()), (Answer::Violated, "may get stuck"));
    let because = drain.story.unwrap().because;
    assert!(because.iter().any(|it| it.what.contains("more than one budget")), "{because:?}");
}

#[test]
fn a_replica_that_waits_for_a_rollout_and_a_lost_node_at_once_settles() {
    let text = deployment(2, "", "");
    let together = answer(&text, &zones(&[3]), "kill=0", Question::Together);
    assert_eq!(together.verdict, Answer::Holds, "{together:?}");
}

#[test]
fn what_cannot_be_drilled_is_said() {
    let web = deployment(1, "", "");
    let none = Surroundings::among_the_manifests();
    let many = zones(&[65]);
    let one = zones(&[1]);
    for (text, surroundings, expected) in [
        (web.clone(), &none, "the cluster has no nodes"),
        (web.clone(), &many, "the cluster has 65 nodes, and at most 64 are explored"),
        (
            web.replace("replicas: 1", "replicas: 101"),
            &one,
            "expected 0 to 100 replicas, found 101",
        ),
        (web.replace("replicas: 1", "replicas: x"), &one, "expected a number of replicas"),
        (deployment(1, "strategy: {type: Rolling}", ""), &one, "unknown strategy `Rolling`"),
        (
            deployment(1, "strategy: {rollingUpdate: {maxSurge: 1.5}}", ""),
            &one,
            "expected a number or a percentage for `maxSurge`, found `1.5`",
        ),
        (
            web.clone() + &budget("minAvailable: 1\n  maxUnavailable: 1"),
            &one,
            "a budget has both `minAvailable` and `maxUnavailable`",
        ),
        (
            web.clone()
                + "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: web}\n\
                   spec: {minReplicas: 3, maxReplicas: 2, scaleTargetRef: {kind: Deployment, name: web}}\n",
            &one,
            "`minReplicas` 3 is more than `maxReplicas` 2",
        ),
    ] {
        let errors = world(&text, surroundings).unwrap_err();
        assert!(errors[0].to_string().starts_with(expected), "{errors:?}");
    }
    let options = crate::Options {
        faults: crate::Faults::default(),
        questions: Vec::new(),
        time_limit: std::time::Duration::from_secs(1),
        threads: 1,
        stated: Vec::new(),
        grains: crate::Grains::default(),
    };
    let errors = crate::drill(&objects(&budget("minAvailable: 1")), &one, &options).unwrap_err();
    assert_eq!(errors[0].message, "there is no workload to drill");
}

#[test]
fn a_drill_that_runs_out_of_time_is_undecided() {
    let options = crate::Options {
        faults: crate::Faults::default(),
        questions: vec![Question::Node],
        time_limit: std::time::Duration::ZERO,
        threads: 1,
        stated: Vec::new(),
        grains: crate::Grains::default(),
    };
    let text = deployment(3, "", "");
    let drilled = crate::drill(&objects(&text), &zones(&[3]), &options).unwrap();
    assert_eq!(drilled.verdict(), Answer::Undecided);
    let answer = &drilled.workloads[0].answers[0];
    assert_eq!(answer.reason.as_deref(), Some("the time limit was reached"));
    assert_eq!(answer.says, "undecided");
}

#[test]
fn what_is_not_modelled_is_named_with_what_it_weakens() {
    let text = deployment(1, "", "schedulerName: mine")
        + "apiVersion: apps/v1\nkind: ReplicaSet\nmetadata: {name: db}\nspec: {\
           selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: []}}}\n---\n"
        + "apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: q}\nspec: {hard: {services: 1, pods: 9}}\n";
    let world = world(&text, &zones(&[1])).unwrap();
    let left_out: Vec<_> = world.left_out.iter().map(|it| it.what.as_str()).collect();
    assert_eq!(
        left_out,
        [
            "ReplicaSet default/db",
            "`schedulerName` of Deployment default/web",
            "`services` of ResourceQuota default/q",
        ]
    );
    assert_eq!(world.quotas[0].room.len(), 1);
    for (image, expected) in [
        ("registry.example/autoscaling/cluster-autoscaler:v1.35.0", 1),
        ("registry.example/cluster-autoscaler-exporter/web:1", 0),
    ] {
        let text = deployment(1, "", "").replace("image: i,", &format!("image: '{image}',"));
        let left_out = super::super::testing::world(&text, &zones(&[1])).unwrap().left_out;
        assert_eq!(left_out.len(), expected, "{left_out:?}");
        let nodes = "nodes are neither added for pods that wait nor taken away";
        assert!(left_out.iter().all(|it| it.weakens == nodes));
    }
}

#[test]
fn the_reports_say_the_same() {
    let text = deployment(2, "", "") + &budget("minAvailable: 2");
    let mut drilled = drilled(&text, &zones(&[2]), "", &[Question::Pod, Question::Drain]);
    for answer in &mut drilled.workloads[0].answers {
        answer.seconds = 0.0;
    }
    insta::assert_snapshot!("text", report::text(&drilled));
    let json = report::json(&drilled);
    assert_eq!(json["summary"]["verdict"], "violated");
    assert_eq!(json["workloads"][0]["answers"][1]["story"]["because"][0]["location"]["line"], 19);
}

#[test]
fn what_is_violated_comes_with_a_change_that_was_tried() {
    let two = deployment(2, "", "") + &budget("minAvailable: 2");
    let one = deployment(1, "", "") + &budget("minAvailable: 1");
    let apart = "affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: \
        [{topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: web}}}]}}";
    for (text, question, changes) in [
        (two, Question::Drain, &["`spec.minAvailable: 1` in PodDisruptionBudget default/web"][..]),
        (one, Question::Drain, &["`spec.replicas: 2` in Deployment default/web"]),
        (
            deployment(2, "", ""),
            Question::Node,
            &[
                "a hard spread of `maxSkew` 1 over `kubernetes.io/hostname` in Deployment default/web",
            ],
        ),
        (
            deployment(1, "", ""),
            Question::Node,
            &[
                "`spec.replicas: 2` in Deployment default/web",
                "a hard spread of `maxSkew` 1 over `kubernetes.io/hostname` in Deployment default/web",
            ],
        ),
        (deployment(1, "", ""), Question::Kill, &["`spec.replicas: 2` in Deployment default/web"]),
        (
            deployment(3, "", apart),
            Question::Rollout,
            &[
                "`spec.strategy: {\"rollingUpdate\":{\"maxSurge\":0,\"maxUnavailable\":1}}` in Deployment \
               default/web",
            ],
        ),
        // No number of replicas survives the loss of the one node.
        (deployment(1, "", "nodeSelector: {kubernetes.io/hostname: a-0}"), Question::Node, &[]),
    ] {
        let answer = answer(&text, &zones(&[3]), "", question);
        assert_eq!(answer.verdict, Answer::Violated, "{text}");
        let found = answer.suggestion.map_or_else(Vec::new, |it| it.changes);
        let found: Vec<_> = found.iter().map(|change| change.what.as_str()).collect();
        assert_eq!(found, changes, "{text}");
    }
}
