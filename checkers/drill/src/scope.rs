//! The workloads of one model: one that is asked about, and those that it depends on.

use std::collections::BTreeSet;
use std::sync::Arc;

use seatrial_scheduling::{PodSpec, PodTerm, Template};

use crate::{Workload, World};

/// Some workloads of a world. The first is the one that is asked about; events happen to it.
#[derive(Debug, Clone)]
pub struct Scope {
    /// The world.
    pub world: Arc<World>,
    /// The workloads, by their places in the world.
    pub members: Vec<usize>,
}

impl Scope {
    /// A workload with all others that its pods depend on other than for room: through affinity
    /// to pods, a budget, or a claim.
    ///
    /// Where room may run out, workloads of another priority belong to them, since the one may take
    /// the room of the other: all of them if they are few, else those of another priority than the
    /// subject's if these are, else none.
    pub fn around(world: &Arc<World>, subject: usize) -> Self {
        let alone = Self { world: Arc::clone(world), members: closed(world, vec![subject]) };
        if alone.is_roomy() {
            return alone;
        }
        let rivals = |members: &[usize]| -> Vec<usize> {
            let all = 0..world.workloads.len();
            let rivals = |other: &usize| members.iter().any(|it| are_rivals(world, *it, *other));
            let found: Vec<usize> =
                all.filter(|other| !members.contains(other) && rivals(other)).collect();
            closed(world, [members, &found].concat())
        };
        let near = rivals(&alone.members);
        let all = rivals(&near);
        let few = [all, near].into_iter().find(|members| members.len() <= MOST_RIVALS);
        few.map_or_else(|| alone.clone(), |members| Self { members, ..alone.clone() })
    }

    /// What the pods of a member ask of the scheduler.
    pub(crate) fn spec(&self, member: u8) -> Option<&PodSpec> {
        let template = self.workload(member)?.templates[0];
        self.world.cluster.templates.get(template).map(|template| &template.spec)
    }

    /// The priority of the pods of a member.
    pub fn priority(&self, member: u8) -> i32 {
        self.spec(member).map_or(0, |spec| spec.priority)
    }

    /// Whether a member is less important than a workload.
    pub(crate) fn has_inferiors(&self, workload: &Workload) -> bool {
        let template = self.world.cluster.templates.get(workload.templates[0]);
        let own = template.map_or(0, |template| template.spec.priority);
        self.workloads().any(|(member, _)| self.priority(member) < own)
    }

    /// Whether all members are as important as a workload.
    pub(crate) fn is_as_important(&self, workload: &Workload) -> bool {
        let template = self.world.cluster.templates.get(workload.templates[0]);
        let own = template.map_or(0, |template| template.spec.priority);
        self.workloads().all(|(member, _)| self.priority(member) == own)
    }

    /// The members that are more important than the first.
    pub fn superiors(&self) -> Vec<u8> {
        let members = self.workloads().map(|(member, _)| member);
        members.filter(|member| self.priority(*member) > self.priority(0)).collect()
    }

    /// A member, by its place among them.
    pub fn workload(&self, member: u8) -> Option<&Workload> {
        self.world.workloads.get(*self.members.get(usize::from(member))?)
    }

    /// The members with their places.
    pub fn workloads(&self) -> impl Iterator<Item = (u8, &Workload)> {
        (0_u8..).zip(self.members.iter().filter_map(|member| self.world.workloads.get(*member)))
    }

    /// The workloads that are not members.
    pub fn others(&self) -> impl Iterator<Item = &Workload> {
        let all = (0..).zip(&self.world.workloads);
        all.filter(|(place, _)| !self.members.contains(place)).map(|(_, workload)| workload)
    }

    /// What a pod of a workload takes, in the order of the cluster's resources.
    pub fn requests(&self, workload: &Workload) -> &[u64] {
        let template = self.world.cluster.templates.get(workload.templates[0]);
        template.map_or(&[], |template| template.spec.requests.as_slice())
    }

    /// Whether each node has room for all pods of all workloads at once, surge included: then the
    /// other workloads make no difference to the members.
    pub fn is_roomy(&self) -> bool {
        let cluster = &self.world.cluster;
        (0..).zip(&cluster.nodes).all(|(node, said): (usize, _)| {
            let mut free = said.allocatable.clone();
            let residents = cluster.pods.iter().filter(|pod| pod.node == Some(node));
            let residents = residents.filter_map(|pod| cluster.templates.get(pod.template));
            let taken = residents.map(|template| (1, template.spec.requests.as_slice()));
            let most = |workload: &Workload| {
                let replicas = workload.scaler.as_ref().map_or(workload.replicas, |it| it.max);
                2 * u64::from(replicas.max(workload.replicas))
                    + u64::from(workload.strategy.fenceposts(replicas).0)
            };
            let workloads = self.world.workloads.iter();
            let asked = workloads.map(|workload| (most(workload), self.requests(workload)));
            taken.chain(asked).all(|(count, requests)| take(&mut free, count, requests))
        })
    }
}

/// With workloads of other priorities, no more members than these are explored together.
const MOST_RIVALS: usize = 3;

/// Some workloads with all others that their pods depend on other than for room.
fn closed(world: &World, mut members: Vec<usize>) -> Vec<usize> {
    let mut next = 0;
    while let Some(&member) = members.get(next) {
        next += 1;
        let others = (0..world.workloads.len()).filter(|other| !members.contains(other));
        let bound: Vec<usize> = others.filter(|other| are_bound(world, member, *other)).collect();
        members.extend(bound);
    }
    members
}

/// Whether one of two workloads is more important than the other, and there are pods of both.
fn are_rivals(world: &World, a: usize, b: usize) -> bool {
    let priority = |workload: usize| {
        let workload = world.workloads.get(workload).filter(|it| it.replicas > 0)?;
        Some(world.cluster.templates.get(workload.templates[0])?.spec.priority)
    };
    priority(a).zip(priority(b)).is_some_and(|(a, b)| a != b)
}

/// Takes so many times the requests from what is free, if they fit.
fn take(free: &mut [u64], count: u64, requests: &[u64]) -> bool {
    free.iter_mut().zip(requests).all(|(free, request)| {
        match free.checked_sub(request.saturating_mul(count)) {
            Some(rest) => {
                *free = rest;
                true
            }
            None => false,
        }
    })
}

/// Whether two workloads depend on each other other than for room.
fn are_bound(world: &World, a: usize, b: usize) -> bool {
    let (Some(a), Some(b)) = (world.workloads.get(a), world.workloads.get(b)) else { return false };
    let shares = |a: &[usize], b: &[usize]| a.iter().any(|one| b.contains(one));
    let claims: BTreeSet<_> = a.attached.iter().collect();
    shares(&a.budgets, &b.budgets)
        || b.attached.iter().any(|claim| claims.contains(claim))
        || a.waits.iter().any(|wait| wait.selected.contains(&b.name))
        || sees(world, a, b)
        || sees(world, b, a)
}

/// Whether the scheduler counts pods of the second for those of the first.
fn sees(world: &World, a: &Workload, b: &Workload) -> bool {
    let template = |workload: &Workload| world.cluster.templates.get(workload.templates[0]);
    let (Some(a), Some(b)) = (template(a), template(b)) else { return false };
    let labels = world.cluster.namespace_labels(&b.namespace);
    let term = |term: &PodTerm| term.matches(&b.namespace, &labels, &b.labels);
    let counts = |a: &Template| {
        a.namespace == b.namespace
            && a.spec.spread.iter().any(|it| it.hard && it.selector.matches(&b.labels))
    };
    a.spec.affinity.iter().any(term)
        || a.spec.anti_affinity.iter().any(term)
        || counts(a)
        || a.spec
            .host_ports
            .iter()
            .any(|port| b.spec.host_ports.iter().any(|other| port.conflicts_with(other)))
}
