//! What happens in one step, and who does it.

use seatrial_explore::{ActionClass, Cause};

use crate::preemption::{self, Choice};
use crate::{
    Event, Health, Load, NOWHERE, Phase, Plan, Pod, Reader, Scope, Shape, State, Task, grain,
};

/// One step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// The Deployment controller resizes the replica sets of a member to so many new and old pods.
    Resize(u8, u8, u8),
    /// The replica set controller makes so many pods of a revision.
    Create(u8, u8, u8),
    /// The replica set controller deletes a pod that is one too many.
    Delete(Pod),
    /// The scheduler binds a pod to a node.
    Bind(Pod, u8),
    /// The kubelet starts the containers of a pod.
    Start(Pod),
    /// The containers of a pod become ready.
    Ready(Pod),
    /// A pod on its way out ends.
    End(Pod),
    /// The drain evicts a pod.
    Evict(Pod),
    /// The drained node is put back into service.
    Uncordon(u8),
    /// The pods of a node that does not answer are deleted.
    EvictByTaint(u8),
    /// A node that does not answer is removed.
    Remove(u8),
    /// The autoscaler sets the number of replicas of a member: within its bounds, as the load asks.
    Autoscale(u8, u8),
    /// The containers of a pod crash.
    Crash(Pod),
    /// A pod is deleted from outside.
    Kill(Pod),
    /// A node is lost.
    LoseNode(u8),
    /// A zone is lost.
    LoseZone(u8),
    /// A node is cordoned, to be drained.
    Drain(u8),
    /// A new revision of a member is rolled out, be it a broken one.
    Rollout(u8, Health),
    /// The same manifest of a member is applied again, which sets its replicas.
    Apply(u8, u8),
    /// The load rises or falls.
    Load(u8, Load),
    /// The controller of a StatefulSet, a DaemonSet or a Job makes a pod.
    Make(Pod),
    /// The controller of a StatefulSet or a DaemonSet deletes a pod that is too many or old.
    Retire(Pod),
    /// The kubelet refuses a pod that came without the scheduler.
    Refuse(Pod),
    /// A pod of a Job succeeds.
    Succeed(Pod),
    /// The descheduler evicts a pod, by this strategy.
    Deschedule(Pod, u8),
    /// The broken revision of a member is taken back.
    Rollback(u8),
    /// A node is cordoned, and stays so.
    Cordon(u8),
    /// A node gets a taint `NoExecute`.
    Taint(u8),
    /// Somebody sets the replicas of a member.
    Scale(u8, u8),
    /// A controller whose cache is empty makes pods of a revision that are there already.
    Stale(u8, u8, u8),
    /// A node is cut off.
    CutOff(u8),
    /// The object of a pod on its way out is deleted at once.
    ForceDelete(Pod),
    /// A pod has been ready for `minReadySeconds`.
    Settle(Pod),
    /// The containers of a pod of a revision that crashes crash.
    CrashLoop(Pod),
    /// A probe of a pod fails: its liveness probe, else its readiness probe.
    FailProbe(Pod, bool),
    /// A controller acts on what it read some changes ago.
    Lag(Task, Plan),
    /// A controller reads what is to be done, so many changes late.
    Plan(Task, Plan, u8),
    /// A controller makes one of the calls that it has decided on.
    Call(Task, Plan),
    /// All controllers start anew, with caches that may be behind.
    Restart,
    /// The drain evicts a pod, which only a status allows that is behind.
    EvictLate(Pod),
    /// The scheduler deletes pods of a node, which are the bits among its less important ones, and
    /// nominates a pod to it.
    Preempt(Pod, u8, u128),
    /// The scheduler finds no room that could be made for a pod, and takes its nomination back.
    Unnominate(Pod),
}

/// The variables of a state. Every step may read and change all of them: a pod that becomes ready
/// may complete a workload, and a revision is named anew when it is the only one.
pub(crate) const VARIABLES: &[&str] = &["nodes", "pods", "workloads", "left", "up", "memory"];

const fn internal(name: &'static str, module: &'static str) -> ActionClass {
    ActionClass::new(name, module).guard(VARIABLES).reads(VARIABLES).writes(VARIABLES)
}

const fn fault(name: &'static str) -> ActionClass {
    internal(name, "events").caused_by(Cause::Fault)
}

/// The classes, in the order of the actions.
pub(crate) const CLASSES: [ActionClass; 42] = [
    internal("Resize", "deployment controller"),
    internal("Create", "replica set controller"),
    internal("Delete", "replica set controller"),
    internal("Bind", "scheduler"),
    internal("Start", "kubelet"),
    internal("Ready", "kubelet"),
    internal("End", "kubelet"),
    internal("Evict", "drain"),
    internal("Uncordon", "drain"),
    internal("EvictByTaint", "node lifecycle controller"),
    internal("Remove", "cloud"),
    internal("Autoscale", "autoscaler"),
    fault("Crash"),
    fault("Kill"),
    fault("LoseNode"),
    fault("LoseZone"),
    fault("Drain"),
    fault("Rollout"),
    fault("Apply"),
    fault("Load"),
    internal("Make", "workload controller"),
    internal("Retire", "workload controller"),
    internal("Refuse", "kubelet"),
    internal("Succeed", "kubelet"),
    internal("Deschedule", "descheduler"),
    fault("Rollback"),
    fault("Cordon"),
    fault("Taint"),
    fault("Scale"),
    fault("Stale"),
    fault("CutOff"),
    fault("ForceDelete"),
    internal("Settle", "kubelet"),
    internal("CrashLoop", "kubelet"),
    fault("FailProbe"),
    internal("Lag", "controller"),
    internal("Plan", "controller"),
    internal("Call", "controller"),
    fault("Restart"),
    internal("EvictLate", "drain"),
    internal("Preempt", "scheduler"),
    internal("Unnominate", "scheduler"),
];

impl Action {
    /// The place of its class.
    pub fn class(&self) -> usize {
        match self {
            Self::Resize(..) => 0,
            Self::Create(..) => 1,
            Self::Delete(_) => 2,
            Self::Bind(..) => 3,
            Self::Start(_) => 4,
            Self::Ready(_) => 5,
            Self::End(_) => 6,
            Self::Evict(_) => 7,
            Self::Uncordon(_) => 8,
            Self::EvictByTaint(_) => 9,
            Self::Remove(_) => 10,
            Self::Autoscale(..) => 11,
            Self::Crash(_) => 12,
            Self::Kill(_) => 13,
            Self::LoseNode(_) => 14,
            Self::LoseZone(_) => 15,
            Self::Drain(_) => 16,
            Self::Rollout(..) => 17,
            Self::Apply(..) => 18,
            Self::Load(..) => 19,
            Self::Make(_) => 20,
            Self::Retire(_) => 21,
            Self::Refuse(_) => 22,
            Self::Succeed(_) => 23,
            Self::Deschedule(..) => 24,
            Self::Rollback(_) => 25,
            Self::Cordon(_) => 26,
            Self::Taint(_) => 27,
            Self::Scale(..) => 28,
            Self::Stale(..) => 29,
            Self::CutOff(_) => 30,
            Self::ForceDelete(_) => 31,
            Self::Settle(_) => 32,
            Self::CrashLoop(_) => 33,
            Self::FailProbe(..) => 34,
            Self::Lag(..) => 35,
            Self::Plan(..) => 36,
            Self::Call(..) => 37,
            Self::Restart => 38,
            Self::EvictLate(_) => 39,
            Self::Preempt(..) => 40,
            Self::Unnominate(_) => 41,
        }
    }

    /// The event that it is, if it comes from outside.
    pub fn event(&self) -> Option<Event> {
        Some(match self {
            Self::Crash(_) => Event::Pod,
            Self::Kill(_) => Event::Kill,
            Self::LoseNode(_) => Event::Node,
            Self::LoseZone(_) => Event::Zone,
            Self::Drain(_) => Event::Drain,
            Self::Rollout(_, Health::Good) => Event::Rollout,
            Self::Rollout(_, Health::NeverReady) => Event::BrokenRollout,
            Self::Rollout(_, Health::Crashes) => Event::CrashingRollout,
            Self::Apply(..) => Event::Apply,
            Self::Load(..) => Event::Load,
            Self::Rollback(_) => Event::Rollback,
            Self::Cordon(_) => Event::Cordon,
            Self::Taint(_) => Event::Taint,
            Self::Scale(..) => Event::Scale,
            Self::Stale(..) => Event::Stale,
            Self::CutOff(_) => Event::Partition,
            Self::ForceDelete(_) => Event::ForceDelete,
            Self::FailProbe(..) => Event::Probe,
            Self::Restart => Event::Restart,
            _ => return None,
        })
    }

    /// The pod that it concerns, if it is one.
    pub fn pod(&self) -> Option<Pod> {
        Some(match self {
            Self::Delete(pod)
            | Self::Bind(pod, _)
            | Self::Start(pod)
            | Self::Ready(pod)
            | Self::End(pod)
            | Self::Evict(pod)
            | Self::Crash(pod)
            | Self::Kill(pod)
            | Self::Make(pod)
            | Self::Retire(pod)
            | Self::Refuse(pod)
            | Self::Succeed(pod)
            | Self::Deschedule(pod, _)
            | Self::Settle(pod)
            | Self::CrashLoop(pod)
            | Self::FailProbe(pod, _)
            | Self::EvictLate(pod)
            | Self::Preempt(pod, ..)
            | Self::Unnominate(pod)
            | Self::ForceDelete(pod) => *pod,
            _ => return None,
        })
    }

    /// The member that it concerns, if it is one.
    pub fn member(&self) -> Option<u8> {
        Some(match self {
            Self::Resize(member, ..)
            | Self::Create(member, ..)
            | Self::Autoscale(member, _)
            | Self::Rollout(member, _)
            | Self::Apply(member, _)
            | Self::Load(member, _)
            | Self::Rollback(member)
            | Self::Scale(member, _)
            | Self::Stale(member, ..) => *member,
            Self::Lag(task, _) | Self::Plan(task, ..) | Self::Call(task, _) => task.member,
            _ => return self.pod().map(|pod| pod.workload),
        })
    }

    /// Who does it.
    pub fn actor(&self) -> &'static str {
        match self {
            Self::Rollout(..)
            | Self::Rollback(_)
            | Self::Apply(..)
            | Self::Scale(..)
            | Self::Kill(_)
            | Self::ForceDelete(_)
            | Self::Drain(_)
            | Self::Cordon(_)
            | Self::Taint(_) => "operator",
            Self::LoseNode(_) | Self::LoseZone(_) | Self::CutOff(_) | Self::Crash(_) => "fault",
            Self::Stale(..) => "replica set controller",
            Self::Lag(task, _) | Self::Plan(task, ..) | Self::Call(task, _) => match task.reader {
                Reader::Deployment => "deployment controller",
                Reader::ReplicaSet => "replica set controller",
                Reader::StatefulSet | Reader::Disruption => "workload controller",
            },
            Self::Restart => "fault",
            Self::FailProbe(..) => "kubelet",
            Self::Load(..) => "load",
            _ => CLASSES.get(self.class()).map_or("", |class| class.module),
        }
    }

    /// What it does, in Kubernetes' words.
    pub fn describe(&self, scope: &Scope, state: Option<&State>) -> String {
        let pod = |pod: &Pod| describe(scope, state, *pod);
        let node = |node: u8| node_name(scope, node);
        let deployment =
            |member: u8| scope.workload(member).map_or_else(String::new, crate::Workload::title);
        match self {
            Self::Resize(member, new, old) => {
                let name = deployment(*member);
                format!("sizes the replica sets of {name}: {new} new, {old} old")
            }
            Self::Create(member, revision, count) => {
                let of = describe_revision(state, *member, *revision);
                let plural = if *count == 1 { "pod" } else { "pods" };
                format!("creates {count} {of}{plural} of {}", deployment(*member))
            }
            Self::Delete(it) => format!("deletes {}: it is one too many", pod(it)),
            Self::Bind(it, to) => format!("binds {} to {}", pod(it), node(*to)),
            Self::Start(it) => format!("starts the containers of {}", pod(it)),
            Self::Ready(it) => format!("finds {} ready", pod(it)),
            Self::End(it) => format!("ends {}", pod(it)),
            Self::Evict(it) => format!("evicts {}", pod(it)),
            Self::Uncordon(it) => format!("uncordons {}: it is empty", node(*it)),
            Self::EvictByTaint(it) => {
                format!(
                    "deletes the pods of {} that do not tolerate its taints for ever",
                    node(*it)
                )
            }
            Self::Remove(it) => format!("removes the object of {}", node(*it)),
            Self::Autoscale(member, to) => {
                format!("sets the replicas of {} to {to}", deployment(*member))
            }
            Self::Crash(it) => format!("the containers of {} crash", pod(it)),
            Self::Kill(it) => format!("deletes {}", pod(it)),
            Self::LoseNode(it) => format!("{} is lost", node(*it)),
            Self::LoseZone(it) => {
                let name = scope.world.zones.get(usize::from(*it)).map(|(name, _)| name.as_str());
                format!("zone {} is lost", name.unwrap_or_default())
            }
            Self::Drain(it) => format!("cordons {} to drain it", node(*it)),
            Self::Rollout(member, health) => {
                let name = deployment(*member);
                match health {
                    Health::Good => format!("rolls out a new revision of {name}"),
                    Health::NeverReady => {
                        format!("rolls out a revision of {name} that never becomes ready")
                    }
                    Health::Crashes => {
                        format!("rolls out a revision of {name} whose containers crash")
                    }
                }
            }
            Self::Apply(member, to) => {
                format!("applies {} again, which says {to} replicas", deployment(*member))
            }
            Self::Load(member, load) => {
                let word = if *load == Load::High { "rises" } else { "falls" };
                format!("the load of {} {word}", deployment(*member))
            }
            _ => self.describe_more(scope, state),
        }
    }
}

impl Action {
    fn describe_more(self, scope: &Scope, state: Option<&State>) -> String {
        let pod = |pod: Pod| describe(scope, state, pod);
        let node = |node: u8| node_name(scope, node);
        let title =
            |member: u8| scope.workload(member).map_or_else(String::new, crate::Workload::title);
        match self {
            Self::Make(it) => format!("creates {}", pod(it)),
            Self::Retire(it) => format!("deletes {}: it is old or too many", pod(it)),
            Self::Refuse(it) => format!("refuses {}: it cannot be there", pod(it)),
            Self::Succeed(it) => format!("{} succeeds", pod(it)),
            Self::Deschedule(it, rule) => {
                let rules = scope.world.descheduler.as_ref().map(|it| it.rules.as_slice());
                let rule = rules.and_then(|rules| rules.get(usize::from(rule)));
                format!("evicts {} by {}", pod(it), rule.map_or("", crate::Rule::name))
            }
            Self::Rollback(member) => format!("takes the new revision of {} back", title(member)),
            Self::Cordon(it) => format!("cordons {} for good", node(it)),
            Self::Taint(it) => format!("taints {} with effect NoExecute", node(it)),
            Self::Scale(member, to) => format!("scales {} to {to} replicas", title(member)),
            Self::Stale(member, revision, count) => format!(
                "starts anew, does not see the {}pods of {} yet, and creates {count}",
                describe_revision(state, member, revision),
                title(member)
            ),
            Self::CutOff(it) => format!("{} is cut off from all others", node(it)),
            Self::ForceDelete(it) => format!("deletes {} by force", pod(it)),
            Self::Settle(it) => format!("{} has been ready for `minReadySeconds`", pod(it)),
            Self::CrashLoop(it) => format!("the containers of {} crash again", pod(it)),
            Self::FailProbe(it, true) => {
                format!("the liveness probe of {} fails: its containers start anew", pod(it))
            }
            Self::FailProbe(it, false) => format!("the readiness probe of {} fails", pod(it)),
            Self::Lag(task, plan) => {
                format!("does what it read before: {}", grain::told(scope, state, task, plan))
            }
            Self::Plan(task, plan, age) => {
                let what = grain::told(scope, state, task, plan);
                let late = match age {
                    0 => String::new(),
                    1 => ", from a cache that is one change behind".to_owned(),
                    _ => format!(", from a cache that is {age} changes behind"),
                };
                format!("is to {what}{late}")
            }
            Self::Call(task, plan) => {
                format!("calls: {}", grain::told(scope, state, task, plan))
            }
            Self::Restart => "the controllers start anew, with caches that are behind".to_owned(),
            Self::EvictLate(it) => {
                format!("evicts {}: the status of the budget is behind", pod(it))
            }
            Self::Preempt(it, to, victims) => {
                let victims = describe_victims(scope, state, it, Choice { node: to, victims });
                format!("makes room on {} for {}: deletes {victims}", node(to), pod(it))
            }
            Self::Unnominate(it) => format!("finds no room that it could make for {}", pod(it)),
            _ => String::new(),
        }
    }
}

/// The victims of a preemption; without a state, which of the less important pods they are.
fn describe_victims(scope: &Scope, state: Option<&State>, pod: Pod, choice: Choice) -> String {
    let Some(state) = state else {
        let places = (0..u128::BITS).filter(|place| choice.victims >> place & 1 == 1);
        let places: Vec<String> = places.map(|place| (place + 1).to_string()).collect();
        return format!("less important pods {}", places.join(", "));
    };
    let victims = preemption::victims(scope, state, pod, choice);
    let victims: Vec<String> =
        victims.into_iter().map(|victim| describe(scope, Some(state), victim)).collect();
    victims.join(", ")
}

/// The name of a node.
pub(crate) fn node_name(scope: &Scope, node: u8) -> String {
    let node = scope.world.cluster.nodes.get(usize::from(node));
    node.map_or_else(|| "no node".to_owned(), |node| format!("node {}", node.name))
}

pub(crate) fn describe_revision(state: Option<&State>, member: u8, revision: u8) -> &'static str {
    let Some(set) = state.and_then(|state| state.set(member)) else {
        return if revision == 0 { "first-revision " } else { "second-revision " };
    };
    let rolls = state.is_some_and(|state| {
        set.kind == crate::Kind::Deployment && set.wants(set.other()) > 0
            || state.pods_of_revision(member, set.other()).next().is_some()
    });
    match (rolls, revision == set.current) {
        (false, _) => "",
        (true, true) => "new ",
        (true, false) => "old ",
    }
}

/// A pod, in words that tell it from all others but its likes.
pub(crate) fn describe(scope: &Scope, state: Option<&State>, pod: Pod) -> String {
    let of = describe_revision(state, pod.workload, pod.revision);
    let name = scope.workload(pod.workload).map_or("", |workload| workload.name.as_str());
    let phase = match pod.phase {
        Phase::Waiting => "pending",
        Phase::Starting => "starting",
        Phase::Running => "not ready",
        Phase::Ready => "ready",
        Phase::Available => "available",
        Phase::Leaving => "terminating",
        Phase::Ghost => "deleted, perhaps still running",
    };
    let place = match (pod.node, pod.nominated) {
        (NOWHERE, NOWHERE) => String::new(),
        (NOWHERE, nominated) => format!(", nominated to {}", node_name(scope, nominated)),
        (node, _) => format!(" on {}", node_name(scope, node)),
    };
    match scope.workload(pod.workload).map(|workload| &workload.shape) {
        Some(Shape::StatefulSet { .. }) => {
            format!("{of}pod {} of {name} ({phase}{place})", pod.slot)
        }
        Some(Shape::DaemonSet { .. }) if pod.node == NOWHERE => {
            let node = node_name(scope, pod.slot);
            format!("a {of}pod of {name} for {node} ({phase}{place})")
        }
        _ => format!("a {of}pod of {name} ({phase}{place})"),
    }
}
