//! What the rules on placement say about themselves.

use seatrial_core::{Part, Rule, Severity};

/// The rules, by id.
pub(crate) static RULES: [&Rule; 3] = [&NEEDS_EVICTION, &UNPLACEABLE, &UNSATISFIABLE_SPREAD];

/// Pods that cannot be placed.
pub(super) static UNPLACEABLE: Rule = Rule::fixed(
    "unplaceable-pod",
    Part::Placement,
    Severity::Error,
    "pods that no placement in the cluster can run",
    "\
## What it checks

With `--cluster`, the manifests are put into a cluster: a snapshot, in which they replace the
objects of the same kind, namespace and name, or the nodes of a cluster profile. Workloads are
expanded to the pods that their controllers make, at `replicas` or at the `minReplicas` of their
HorizontalPodAutoscaler if that is more. Then, one workload after another, the most important first:

* a pod that the filters of kube-scheduler keep from every node even when nothing else runs: for
  its requests, node selector, affinity, taints, ports, volumes or topology;
* more pods of a workload than the nodes hold when nothing else runs;
* pods for which there is no room beside the pods that run, and those of workloads before, that are
  at least as important: no placement whatever runs all of them, whoever is evicted or moved.

What is reported is proven: by the filters, by counting, or by a bound whose proof was checked.
Where neither a placement nor a proof was found in time, the workload is undecided. One finding
speaks of all pods of a workload; a workload with a finding takes no room from those after it.

## Why it matters

Such pods stay `Pending` for ever, and a rollout that waits for them never ends.

## What to do

Ask for less, tolerate or select other nodes, or add nodes. `seatrial place --explain POD` shows
what every filter says about a pod on every node.

## Known limits

The pods that run of a workload among the manifests are taken to be replaced, as by a rollout that
makes room first: surge is not counted, and unchanged pods may take other places. Pods of the
snapshot that wait, and those of other workloads that are not there yet, take no room. CronJobs and
custom workloads make no pods here, nor do cluster autoscalers make nodes. Volumes need the storage
classes: `kubectl get` does not print them unless `sc` is among what it is asked for; without any,
pods with claims that are not bound are undecided. Of several manifests of one workload, the first
is placed and the others are undecided. With a larger time limit, more may be decided.

## References

* <https://kubernetes.io/docs/concepts/scheduling-eviction/kube-scheduler/>
* <https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/>
",
);

/// Pods that only fit if others go.
pub(super) static NEEDS_EVICTION: Rule = Rule::fixed(
    "needs-eviction",
    Part::Placement,
    Severity::Warning,
    "pods that only fit if other pods are evicted or moved",
    "\
## What it checks

With `--cluster`, the manifests are put into a cluster as for `unplaceable-pod`. Reported are
workloads all of whose pods can be placed, but proven only if less important pods lose their place
or other pods are moved.

## Why it matters

The default scheduler evicts less important pods, and these may find no other place; it never moves
a pod to make room, so that pods wait although there would be room for them.

## What to do

Add nodes or ask for less. `seatrial place` shows the placement that disturbs least, and its plan.

## Known limits

Those of `unplaceable-pod`. What is said is that a placement exists, not that the default scheduler
finds it.

## References

* <https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/>
",
);

/// Spread or anti-affinity that the nodes cannot meet.
pub(super) static UNSATISFIABLE_SPREAD: Rule = Rule::fixed(
    "unsatisfiable-spread",
    Part::Placement,
    Severity::Error,
    "topology spread or anti-affinity that the nodes cannot meet for so many pods",
    "\
## What it checks

With `--cluster`, for each workload that is put into the cluster: whether its hard topology spread
constraints (`DoNotSchedule`) and its required pod anti-affinity against its own pods allow as many
pods as it has, first at the stated number, then at the `maxReplicas` of its
HorizontalPodAutoscaler. The message says at which of the two they do not.

* Anti-affinity: one pod in each domain of the topology that has a node for it.
* Spread: the domain with the fewest pods can have no more than it has room for, and none may exceed
  it by more than `maxSkew`. A domain that is compared but has no node for the pods, because of a
  taint, say, stays at none and holds all others at `maxSkew`; so it is if there are fewer domains
  than `minDomains`.
* Nodes that would do, but lack the label of a constraint, are no place at all.

## Why it matters

The pods beyond stay `Pending`. At the maximum of an autoscaler they do so when the load is highest.

## What to do

Prefer (`ScheduleAnyway`, `preferredDuringSchedulingIgnoredDuringExecution`) where it need not be
strict, raise `maxSkew`, write `nodeTaintsPolicy: Honor` where tainted nodes are none of its
business, or lower the number of pods.

## Known limits

What is reported holds on empty nodes, whatever else runs. Each constraint is looked at by itself;
two that contradict each other are found only if `unplaceable-pod` finds out. Workloads whose pods
differ in requests or nodes, such as DaemonSets, are not counted.

## References

* <https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/>
",
);
