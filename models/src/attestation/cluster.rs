//! Taints, pods and time.

use seatrial_explore::{ActionClass, Cause};

use super::state::{Exchange, Pod, State};
use super::{Attestation, Rule};
use crate::rules::{About, By, once, pairs};

const NODE: &[&str] = &["node"];
const POD: &[&str] = &["pod"];

fn class(name: &'static str) -> ActionClass {
    ActionClass::new(name, "cluster")
}

/// What operator, scheduler, kubelets and users do, and time.
pub(super) fn rules(p: &Attestation) -> Vec<Rule> {
    let mut rules = vec![
        Rule::new(
            class("Reconcile")
                .guard(&["agents", "taints"])
                .reads(&["agents"])
                .modifies(&["taints", "pods"]),
            By::One("operator"),
            NODE,
            |_, s| s.taints.those_numbered(|n, taint| taint.operator_due || misjudges(s, n)),
            |_, s, [n, ..]| reconcile(s, n),
        )
        .each(p.bounds.nodes),
        Rule::new(
            class("SeeTaint").guard(&["taints"]).modifies(&["taints"]),
            By::One("scheduler"),
            NODE,
            |_, s| s.taints.those(|taint| taint.cache_due || taint.cached != taint.untrusted),
            |_, s, [n, ..]| {
                s.taints[n].cached = s.taints[n].untrusted;
                s.taints[n].cache_due = false;
            },
        )
        .each(p.bounds.nodes),
        Rule::new(
            class("Tick")
                .guard(&["agents", "exchanges", "taints", "pods"])
                .reads(&["agents", "exchanges", "taints", "pods"])
                .modifies(&["nodes", "agents", "taints", "pods", "half"]),
            By::One("time"),
            &[],
            |_, s| once(!is_due(s)),
            |p, s, _| p.tick(s),
        ),
    ];
    if p.bounds.pods > 0 {
        rules.extend(pods(p));
    }
    rules
}

/// Pods that may run on trusted nodes only, which come again and again.
fn pods(p: &Attestation) -> Vec<Rule> {
    let pods = |name| class(name).guard(&["pods"]);
    let mut rules = vec![
        Rule::new(
            pods("Create").caused_by(Cause::Input).modifies(&["pods"]),
            By::One("user"),
            POD,
            |_, s| s.pods.those(|pod| *pod == Pod::Absent),
            |_, s, [pod, ..]| s.pods[pod] = Pod::Pending,
        ),
        Rule::new(
            pods("Bind").guard(&["pods", "taints"]).modifies(&["pods"]),
            By::One("scheduler"),
            &["pod", "node"],
            |p, s| {
                let pending = |pod: u8| s.pods[pod] == Pod::Pending;
                pairs((p.bounds.pods, p.bounds.nodes), |pod, n| pending(pod) && !s.taints[n].cached)
            },
            |_, s, [pod, node, _]| s.pods[pod] = Pod::Bound { node, due: false },
        )
        .each(p.bounds.pods),
        Rule::new(
            pods("Start").reads(&["nodes"]).modifies(&["pods", "wrongs"]),
            By::One("kubelet"),
            POD,
            |_, s| s.pods.those(|pod| matches!(pod, Pod::Bound { .. })),
            |p, s, [pod, ..]| {
                if let Pod::Bound { node, .. } = s.pods[pod] {
                    let since = s.nodes[node].compromised;
                    s.wrongs.late_start |= since.is_some_and(|since| since > p.window());
                    s.pods[pod] = Pod::Running { node, due: false };
                }
            },
        )
        .each(p.bounds.pods),
        Rule::new(
            pods("Finish").caused_by(Cause::Input).modifies(&["pods"]),
            By::One("kubelet"),
            POD,
            |_, s| s.pods.those(|pod| matches!(pod, Pod::Running { .. })),
            |_, s, [pod, ..]| s.pods[pod] = Pod::Absent,
        ),
    ];
    if p.has("node-name") {
        rules.push(Rule::new(
            pods("CreateWithNodeName").caused_by(Cause::Input).modifies(&["pods"]),
            By::One("user"),
            &["pod", "node"],
            |p, s| {
                let absent = |pod: u8| s.pods[pod] == Pod::Absent;
                pairs((p.bounds.pods, p.bounds.nodes), |pod, _| absent(pod))
            },
            |_, s, [pod, node, _]| s.pods[pod] = Pod::Bound { node, due: false },
        ));
    }
    if !p.has("no-schedule") {
        rules.push(
            Rule::new(
                pods("Evict").guard(&["pods", "taints"]).modifies(&["pods"]),
                By::One("taint-eviction-controller"),
                POD,
                |_, s| s.pods.those(|pod| is_to_go(s, *pod)),
                |_, s, [pod, ..]| s.pods[pod] = Pod::Absent,
            )
            .each(p.bounds.pods),
        );
    }
    rules
}

/// The operator looks at an agent and sets the taint of its node.
fn reconcile(s: &mut State, n: u8) {
    let untrusted = !s.agents[n].is_trusted();
    s.taints[n].untrusted = untrusted;
    s.taints[n].operator_due = false;
    if !untrusted {
        // Whoever runs there may stay.
        for pod in s.pods.iter_mut() {
            if let Pod::Running { node, due } = pod {
                *due &= *node != n;
            }
        }
    }
}

/// Whether the taint of a node is not what its agent's state asks for.
fn misjudges(s: &State, n: u8) -> bool {
    s.taints[n].untrusted == s.agents[n].is_trusted()
}

/// Whether a pod runs on a node that is tainted.
fn is_to_go(s: &State, pod: Pod) -> bool {
    matches!(pod, Pod::Running { node, .. } if s.taints[node].untrusted)
}

/// Whether something has to be done before more time passes.
fn is_due(s: &State) -> bool {
    let asked = s.agents.those_numbered(|n, agent| {
        s.exchanges[n] != Exchange::None || agent.is_polled() && agent.wait == 0
    });
    let seen = s.taints.iter().any(|taint| taint.operator_due || taint.cache_due);
    let pods = s
        .pods
        .iter()
        .any(|pod| matches!(pod, Pod::Bound { due: true, .. } | Pod::Running { due: true, .. }));
    !asked.is_empty() || seen || pods
}

impl Attestation {
    /// Time passes: what is to be done is due before it passes again.
    fn tick(&self, s: &mut State) {
        let slow = self.has("slow-clock");
        let waits = slow && !*s.half;
        *s.half = waits;
        for agent in s.agents.iter_mut().filter(|_| !waits) {
            agent.wait = agent.wait.saturating_sub(1);
        }
        let longest = self.poll() + 4;
        for node in s.nodes.iter_mut() {
            node.compromised = node.compromised.map(|since| (since + 1).min(longest));
        }
        for [n, ..] in s.taints.those(|_| true) {
            s.taints[n].operator_due = misjudges(s, n);
            s.taints[n].cache_due = s.taints[n].cached != s.taints[n].untrusted;
        }
        for [number, ..] in s.pods.those(|_| true) {
            let goes = is_to_go(s, s.pods[number]) && !self.has("no-schedule");
            match &mut s.pods[number] {
                Pod::Bound { due, .. } => *due = true,
                Pod::Running { due, .. } => *due = goes,
                Pod::Absent | Pod::Pending => {}
            }
        }
    }
}

/// The pods that run on a node whose agent has failed.
pub(super) fn stays_on_failed(s: &State) -> Vec<About> {
    s.pods.those(|pod| matches!(pod, Pod::Running { node, .. } if s.agents[*node].has_failed()))
}
