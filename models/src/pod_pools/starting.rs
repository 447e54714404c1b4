//! From an arrival to the start of the request, and from the last one to the end of the pod.

use seatrial_explore::{ActionClass, Cause};

use super::state::{Pod, Request, Stage, State};
use super::{PodPools, Rule};
use crate::rules::{About, By};

const OF_REQUEST: &[&str] = &["request", "pod"];
const POD: &[&str] = &["pod"];

fn router(name: &'static str) -> ActionClass {
    ActionClass::new(name, "starting")
        .guard(&["queue", "pods"])
        .modifies(&["queue", "pods", "requests"])
}

fn pod(name: &'static str) -> ActionClass {
    ActionClass::new(name, "starting").guard(&["pods"]).modifies(&["pods", "requests"])
}

/// The rules of the fine grain.
pub(super) fn fine(p: &PodPools) -> Vec<Rule> {
    let mut rules = vec![
        Rule::new(
            router("AssignWarm"),
            By::One("router"),
            OF_REQUEST,
            |p, s| p.choose(s, |p, f, pod| pod.is_warm_for(p.function_of(f))),
            |_, s, [r, number, _]| assign(s, r, number, Stage::Ready),
        ),
        Rule::new(
            router("TakeFromPool"),
            By::One("router"),
            OF_REQUEST,
            |p, s| if p.has_warm(s) { Vec::new() } else { p.choose(s, PodPools::is_in_pool_for) },
            |_, s, [r, number, _]| assign(s, r, number, Stage::Deploying),
        ),
        Rule::new(
            router("CreatePod"),
            By::One("router"),
            OF_REQUEST,
            |p, s| if p.must_create(s) { p.choose_absent(s) } else { Vec::new() },
            |p, s, [r, number, _]| {
                s.pods[number].runtime = p.runtime_of(p.function_of(r));
                assign(s, r, number, Stage::Creating);
            },
        ),
    ];
    if p.has("reuses-without-reset") {
        rules.push(Rule::new(
            router("ReuseIdle"),
            By::One("router"),
            OF_REQUEST,
            |p, s| {
                if p.has_warm(s) {
                    Vec::new()
                } else {
                    p.choose(s, |_, _, pod| pod.stage == Stage::Idle)
                }
            },
            |_, s, [r, number, _]| assign(s, r, number, Stage::Deploying),
        ));
    }
    rules.extend(deployment(p));
    rules.extend(keep_alive(p));
    rules
}

fn deployment(p: &PodPools) -> Vec<Rule> {
    let pods = p.pods();
    let mut rules = vec![
        Rule::new(
            pod("Created"),
            By::Of("pod", 0),
            POD,
            |_, s| s.pods.those(|pod| pod.stage == Stage::Creating),
            |_, s, [number, ..]| s.pods[number].stage = Stage::Deploying,
        )
        .each(pods),
        Rule::new(
            pod("Deploy"),
            By::Of("pod", 0),
            POD,
            |_, s| s.pods.those(|pod| pod.stage == Stage::Deploying),
            |p, s, [number, ..]| {
                let row = &mut s.pods[number];
                row.stage = Stage::Ready;
                p.load(row);
            },
        )
        .each(pods),
        Rule::new(
            pod("Start"),
            By::Of("pod", 0),
            POD,
            |_, s| s.pods.those(|pod| pod.stage == Stage::Ready),
            |_, s, [number, ..]| {
                s.pods[number].stage = Stage::Running;
                if let Some(request) = s.pods[number].request {
                    s.requests[request] = Request::Running;
                }
            },
        )
        .each(pods),
    ];
    if p.bounds.failures > 0 {
        rules.push(Rule::new(
            ActionClass::new("DeployFails", "starting")
                .caused_by(Cause::Fault)
                .guard(&["pods", "failures"])
                .modifies(&["pods", "failures", "requests", "queue"]),
            By::Of("pod", 0),
            POD,
            |_, s| {
                let may = *s.failures > 0;
                s.pods.those(|pod| may && pod.stage == Stage::Deploying)
            },
            |_, s, [number, ..]| {
                *s.failures -= 1;
                if let Some(request) = s.pods[number].request {
                    s.requests[request] = Request::Waiting;
                    s.queue.insert(0, request);
                }
                s.pods[number] = Pod::ABSENT;
            },
        ));
    }
    rules
}

fn keep_alive(p: &PodPools) -> Vec<Rule> {
    let pods = p.pods();
    vec![
        Rule::new(
            pod("Expire"),
            By::One("timer"),
            POD,
            |_, s| s.pods.those(|pod| pod.stage == Stage::Idle && !pod.doomed),
            |p, s, [number, ..]| {
                if p.has("expiry-races") {
                    s.pods[number].doomed = true;
                } else {
                    s.pods[number].stage = Stage::Draining;
                }
            },
        )
        .each(pods),
        Rule::new(
            pod("Kill"),
            By::One("pool manager"),
            POD,
            |_, s| s.pods.those(|pod| pod.stage == Stage::Draining || pod.doomed),
            |_, s, [number, ..]| {
                if let Some(request) = s.pods[number].request {
                    s.requests[request] = Request::Lost;
                }
                s.pods[number] = Pod::ABSENT;
            },
        )
        .each(pods),
    ]
}

/// A request starts in one step, and so does a pod end: the coarse grain.
pub(super) fn coarse(p: &PodPools) -> Vec<Rule> {
    vec![
        Rule::new(
            router("StartWarm"),
            By::One("router"),
            OF_REQUEST,
            |p, s| p.choose(s, |p, r, pod| pod.is_warm_for(p.function_of(r))),
            |_, s, [r, number, _]| run(s, r, number),
        ),
        Rule::new(
            router("StartCold"),
            By::One("router"),
            OF_REQUEST,
            |p, s| {
                let pooled = p.choose(s, PodPools::is_in_pool_for);
                match () {
                    () if p.has_warm(s) => Vec::new(),
                    () if p.must_create(s) => p.choose_absent(s),
                    () => pooled,
                }
            },
            |p, s, [r, number, _]| {
                s.pods[number].runtime = p.runtime_of(p.function_of(r));
                s.pods[number].request = Some(r);
                p.load(&mut s.pods[number]);
                run(s, r, number);
            },
        ),
        Rule::new(
            pod("Remove"),
            By::One("pool manager"),
            POD,
            |_, s| s.pods.those(|pod| pod.stage == Stage::Idle),
            |_, s, [number, ..]| s.pods[number] = Pod::ABSENT,
        )
        .each(p.pods()),
    ]
}

fn run(s: &mut State, r: u8, number: u8) {
    assign(s, r, number, Stage::Running);
    s.requests[r] = Request::Running;
}

fn assign(s: &mut State, r: u8, number: u8, stage: Stage) {
    s.queue.retain(|other| *other != r);
    s.requests[r] = Request::Assigned;
    s.pods[number].stage = stage;
    s.pods[number].request = Some(r);
}

impl PodPools {
    /// The pods that suit the request which has waited longest.
    fn choose(&self, s: &State, suits: impl Fn(&Self, u8, &Pod) -> bool) -> Vec<About> {
        let Some(&r) = s.queue.first() else { return Vec::new() };
        let suiting = s.pods.those(|pod| suits(self, r, pod));
        suiting.into_iter().map(|[number, ..]| [r, number, 0]).collect()
    }

    fn is_in_pool_for(&self, r: u8, pod: &Pod) -> bool {
        let same = pod.runtime == self.runtime_of(self.function_of(r));
        pod.stage == Stage::Pooled && (same || self.has("key-ignores-runtime"))
    }

    fn has_warm(&self, s: &State) -> bool {
        !self.choose(s, |p, r, pod| pod.is_warm_for(p.function_of(r))).is_empty()
    }

    /// The first place for a pod: they are all alike.
    fn choose_absent(&self, s: &State) -> Vec<About> {
        let mut places = self.choose(s, |_, _, pod| pod.stage == Stage::Absent);
        places.truncate(1);
        places
    }

    /// Whether the request which has waited longest needs a new pod, and the quota allows it.
    fn must_create(&self, s: &State) -> bool {
        let pooled = !self.choose(s, Self::is_in_pool_for).is_empty();
        !self.has_warm(s) && !pooled && self.is_within_quota(s)
    }

    /// Whether the quota allows one pod more.
    pub(super) fn is_within_quota(&self, s: &State) -> bool {
        let counts = |stage| match stage {
            Stage::Absent => false,
            Stage::Creating => !self.has("counts-late"),
            _ => true,
        };
        let there = s.pods.iter().filter(|pod| counts(pod.stage)).count();
        there < usize::from(self.bounds.quota)
    }

    /// Deploys the code of the request's function.
    fn load(&self, pod: &mut Pod) {
        let Some(request) = pod.request else { return };
        let function = self.function_of(request);
        pod.code = Some(function);
        pod.first = pod.first.or(Some(function));
    }
}
