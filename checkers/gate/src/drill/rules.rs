//! What the rules on drills say about themselves.

use seatrial_core::{Part, Rule, Severity};
use seatrial_drill::Answered;

/// The rules, by id.
pub(crate) static RULES: [&Rule; 11] = [
    &CONTESTED_SCALE,
    &CRASHING_ROLLOUT,
    &DUPLICATE_IDENTITY,
    &ENDLESS_EVICTION,
    &NOT_SURVIVED,
    &STUCK_DRAIN,
    &STUCK_RESIZE,
    &STUCK_ROLLBACK,
    &STUCK_START_UP,
    &UNFINISHED_ROLLOUT,
    &VIOLATED_PROPERTY,
];

/// What a rule says of a workload, from the questions that are answered by *violated*.
pub(super) fn message(rule: &Rule, title: &str, violated: &[&Answered]) -> String {
    let stuck = violated.iter().any(|answer| answer.says.contains("stuck"));
    match &*rule.id {
        "contested-scale" => format!("applying {title} again changes its number of replicas"),
        "crashing-rollout" => format!(
            "a rollout of {title} takes pods that are ready for a revision whose containers crash"
        ),
        "duplicate-identity" => format!("two pods of {title} may run with one identity"),
        "endless-eviction" => format!("the descheduler evicts pods of {title} for ever"),
        "not-survived" => format!("{title} does not get through {}", faults(violated)),
        "stuck-drain" if stuck => format!("a drain of the nodes of {title} may never end"),
        "stuck-drain" => format!("a drain leaves fewer pods of {title} than its budget asks for"),
        "stuck-resize" => format!("{title} may not come up when its number of replicas changes"),
        "stuck-rollback" => format!("a rollback does not mend a broken revision of {title}"),
        "unfinished-rollout" if stuck => format!("a rollout of {title} may never end"),
        "unfinished-rollout" => {
            format!("a rollout leaves fewer ready pods of {title} than its strategy promises")
        }
        _ => format!("{title} may never come up"),
    }
}

/// What is not survived, such as `1 pod crash and 1 lost node`.
fn faults(violated: &[&Answered]) -> String {
    let parts = violated.iter().filter_map(|answer| {
        let survived = answer.survived.map_or(0, |(survived, _)| survived);
        Some(answer.question.fault()?.times(survived.saturating_add(1)))
    });
    parts.collect::<Vec<_>>().join(", ")
}

/// A number of replicas that the manifest and the autoscaler both decide on.
pub(super) static CONTESTED_SCALE: Rule = Rule::fixed(
    "contested-scale",
    Part::Drill,
    Severity::Error,
    "a number of replicas that the manifest and the autoscaler both decide on",
    "\
## What it checks

With `--drill`, workloads with a HorizontalPodAutoscaler are explored while the load moves their
number of replicas and the same manifest is applied again. Reported is one whose number of replicas
is changed by that.

## Why it matters

With each apply the workload falls back to the stated number, whatever load there is, until the
autoscaler has moved it again.

## What to do

Leave `replicas` out of the manifest.

## Known limits

The autoscaler is modelled by its bounds: metrics, tolerance and stabilisation are not. What every
drill takes for granted, `seatrial drill` prints: each controller reads the cluster as it is, and
other workloads take no room.

## References

* <https://kubernetes.io/docs/concepts/workloads/>
",
);

/// A rollout that goes on though the containers of the new revision crash.
pub(super) static CRASHING_ROLLOUT: Rule = Rule::fixed(
    "crashing-rollout",
    Part::Drill,
    Severity::Warning,
    "a rollout that goes on though the containers of the new revision crash",
    "\
## What it checks

With `--drill`, each workload is explored while a revision is rolled out whose containers start, and
crash again and again. Reported is one of which fewer pods stay ready than its strategy promises.

## Why it matters

Without a readiness probe a container counts as ready as soon as it runs, and without
`minReadySeconds` its pod as available at once. In between two crashes the rollout takes the old pods,
until none is left that answers.

## What to do

Add a readiness probe, or set `minReadySeconds` to more than the containers take to crash.

## Known limits

That containers crash before the probe passes, or before `minReadySeconds` are over, is taken for
granted. What every drill takes for granted, `seatrial drill` prints: each controller reads the
cluster as it is, and other workloads take no room.

## References

* <https://kubernetes.io/docs/concepts/workloads/>
",
);

/// A StatefulSet of which two pods with one name may run at once.
pub(super) static DUPLICATE_IDENTITY: Rule = Rule::fixed(
    "duplicate-identity",
    Part::Drill,
    Severity::Error,
    "a StatefulSet of which two pods with one name may run at once",
    "\
## What it checks

With `--drill`, each StatefulSet is explored while a pod is deleted and a node is lost. Reported is
one of which two pods with the same ordinal may run at the same time.

## Why it matters

Programs that rely on their ordinal, their name or their volume write into each other's data.

## What to do

Leave `terminationGracePeriodSeconds` at more than 0, so that the name of a pod is free only when
its kubelet says that its containers have ended.

## Known limits

Deletion by force does the same; `seatrial drill --faults force-delete=1,partition=1` shows it. What
every drill takes for granted, `seatrial drill` prints: each controller reads the cluster as it is,
and other workloads take no room.

## References

* <https://kubernetes.io/docs/concepts/workloads/>
",
);

/// Pods that the descheduler evicts and the scheduler puts back for ever.
pub(super) static ENDLESS_EVICTION: Rule = Rule::fixed(
    "endless-eviction",
    Part::Drill,
    Severity::Error,
    "pods that the descheduler evicts and the scheduler puts back for ever",
    "\
## What it checks

With `--drill`, and a `DeschedulerPolicy` among the manifests or in a ConfigMap, workloads are
explored with its strategies `RemoveDuplicates`, `RemovePodsViolatingTopologySpreadConstraint` and
`LowNodeUtilization`. Reported is one whose pods are evicted again and again. The scheduler takes a
node that scores best.

## Why it matters

Each eviction is a restart, and nothing is gained by it.

## What to do

Set `nodeFit`, make soft constraints hard or leave them to the scheduler, or raise the thresholds.

## Known limits

One eviction is one step; other strategies are named and not followed. Other workloads take no room.
What every drill takes for granted, `seatrial drill` prints: each controller reads the cluster as it
is, and other workloads take no room.

## References

* <https://kubernetes.io/docs/concepts/workloads/>
",
);

/// A workload that is not up through one crash, one deleted pod or one lost node.
pub(super) static NOT_SURVIVED: Rule = Rule::fixed(
    "not-survived",
    Part::Drill,
    Severity::Warning,
    "a workload that is not up through one crash, one deleted pod or one lost node",
    "\
## What it checks

With `--drill`, each workload is explored in all schedules while a pod crashes, a pod is deleted, or
a node is lost: one question each. Reported is a workload of which at some time no pod is ready, or
which does not become complete again.

## Why it matters

Nodes are drained, die and are replaced as a matter of course.

## What to do

More than one replica, and a topology spread constraint or anti-affinity that keeps them on several
nodes. What is suggested was tried.

## Known limits

A lost node is removed some day, but does not come back. Containers become ready; how long that
takes is open. What every drill takes for granted, `seatrial drill` prints: each controller reads
the cluster as it is, and other workloads take no room.

## References

* <https://kubernetes.io/docs/concepts/workloads/>
",
);

/// A drain that may never end, or that leaves fewer pods than the budget asks for.
pub(super) static STUCK_DRAIN: Rule = Rule::fixed(
    "stuck-drain",
    Part::Drill,
    Severity::Error,
    "a drain that may never end, or that leaves fewer pods than the budget asks for",
    "\
## What it checks

With `--drill`, each workload is explored while a node is drained: its pods are evicted as far as
disruption budgets allow. Reported is one whose drain gets stuck in some schedule.

## Why it matters

Upgrades of the nodes wait for it.

## What to do

Leave the budget room for one eviction; write `unhealthyPodEvictionPolicy: AlwaysAllow`.

## Known limits

Pods of a DaemonSet are passed over, and pods that nobody makes anew are evicted like others. What
every drill takes for granted, `seatrial drill` prints: each controller reads the cluster as it is,
and other workloads take no room.

## References

* <https://kubernetes.io/docs/concepts/workloads/>
",
);

/// A workload that does not come up when its number of replicas changes.
pub(super) static STUCK_RESIZE: Rule = Rule::fixed(
    "stuck-resize",
    Part::Drill,
    Severity::Warning,
    "a workload that does not come up when its number of replicas changes",
    "\
## What it checks

With `--drill`, each Deployment and StatefulSet is explored while somebody scales it by one, up or
down, or, where it has a HorizontalPodAutoscaler, the load moves it between the bounds of that.
Reported is one that may not become complete then.

## Why it matters

The next pod that is needed has no place.

## What to do

Make room for one more pod: in constraints, in quotas and on nodes.

## Known limits

Other workloads take no room. What every drill takes for granted, `seatrial drill` prints: each
controller reads the cluster as it is, and other workloads take no room.

## References

* <https://kubernetes.io/docs/concepts/workloads/>
",
);

/// A broken revision that a rollback does not mend.
pub(super) static STUCK_ROLLBACK: Rule = Rule::fixed(
    "stuck-rollback",
    Part::Drill,
    Severity::Warning,
    "a broken revision that a rollback does not mend",
    "\
## What it checks

With `--drill`, each workload is explored while a revision is rolled out that never becomes ready
and is taken back then. Reported is one that may never become complete again.

## Why it matters

A StatefulSet in order waits for the broken pod before it touches any other, and the broken pod
never becomes ready: somebody has to delete it.

## What to do

`podManagementPolicy: Parallel`, where the order does not matter.

## Known limits

The field cannot be changed in place: the StatefulSet has to be made anew. What every drill takes
for granted, `seatrial drill` prints: each controller reads the cluster as it is, and other
workloads take no room.

## References

* <https://kubernetes.io/docs/concepts/workloads/>
",
);

/// A rollout that may never end, or that leaves fewer pods than its strategy promises.
pub(super) static UNFINISHED_ROLLOUT: Rule = Rule::fixed(
    "unfinished-rollout",
    Part::Drill,
    Severity::Error,
    "a rollout that may never end, or that leaves fewer pods than its strategy promises",
    "\
## What it checks

With `--drill`, each workload is explored while a new revision is rolled out. Reported is one whose
rollout gets stuck in some schedule: since surge has no room by anti-affinity, quota or a volume of
one node, say.

## Why it matters

The old revision stays, and what waits for the rollout with it.

## What to do

`maxSurge: 0` with `maxUnavailable: 1`, or `type: Recreate`. What is suggested was tried.

## Known limits

`minReadySeconds` and probes may take any time; the progress deadline is only a report. What every drill
takes for granted, `seatrial drill` prints: each controller reads the cluster as it is, and other
workloads take no room.

## References

* <https://kubernetes.io/docs/concepts/workloads/>
",
);

/// A workload that may never come up, or never come to rest.
pub(super) static STUCK_START_UP: Rule = Rule::fixed(
    "stuck-start-up",
    Part::Drill,
    Severity::Error,
    "a workload that may never come up, or never come to rest",
    "\
## What it checks

With `--drill`, each workload is explored from no pods on, wherever its pods may be placed. Reported
is one that in some schedule does not become complete, or does not stay so: for constraints that
contradict each other in some orders, for a node by name that does not take the pods, for an init
container that waits for its own Service, for a taint that is tolerated for a while only.

## Why it matters

What is stuck in one order only shows on some day, mostly when nodes come and go.

## What to do

The finding names the line that is responsible, and tells the steps.

## Known limits

An init container whose command has a loop and names a Service is taken to wait for it. What every
drill takes for granted, `seatrial drill` prints: each controller reads the cluster as it is, and
other workloads take no room.

## References

* <https://kubernetes.io/docs/concepts/workloads/>
",
);

/// A property of the team's own that does not hold.
pub(super) static VIOLATED_PROPERTY: Rule = Rule::fixed(
    "violated-property",
    Part::Drill,
    Severity::Error,
    "a property of your own that a drill shows not to hold",
    "\
## What it checks

With `--drill`, each property of the files that `properties` in `seatrial.yaml` names is explored, in
all schedules of its workloads and the faults that it states. Reported is one that some run violates,
with the steps of that run.

## Why it matters

It is what the team has written down that the workload has to keep.

## What to do

The steps tell what happens, and the lines that are responsible are named.

## Known limits

A property about a workload that is not among the checked files is undecided. So is one that applies
to no state, or whose expression has no value in some state. What every drill takes for granted,
`seatrial drill` prints: each controller reads the cluster as it is, and other workloads take no room.

## References

* <https://kubernetes.io/docs/concepts/workloads/>
",
);
