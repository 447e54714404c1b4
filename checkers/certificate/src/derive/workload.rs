//! What one pod asks for: amounts, ports, priority, and whether it can be moved.

use std::collections::BTreeMap;

use super::Refusal;
use super::objects::{Amounts, Container, Pod, PriorityClass, Resources};
use super::quantity::Quantity;
use crate::HostPort;

/// Amounts by resource, while they are added up.
type Sum<'a> = BTreeMap<&'a str, Quantity>;

/// The requests of a pod (`component-helpers/resource/helpers.go`, `PodRequests`): of its
/// containers or, if that is more, of the most that runs at once while it is started; what is said
/// for the pod as a whole instead; and the overhead on top.
pub(super) fn requests(pod: &Pod) -> Sum<'_> {
    let mut total = Sum::new();
    pod.spec.containers.iter().for_each(|container| add(&mut total, &container.requests()));
    let (mut sidecars, mut starting) = (Sum::new(), Sum::new());
    for container in pod.spec.init_containers.iter() {
        let own = container.requests();
        let mut now = sidecars.clone();
        add(&mut now, &own);
        raise(&mut starting, &now);
        if container.is_sidecar() {
            add(&mut total, &own);
            sidecars = now;
        }
    }
    raise(&mut total, &starting);
    for (name, amount) in whole_pod(&pod.spec.resources, &total) {
        total.insert(name, amount);
    }
    add(&mut total, &borrowed(&pod.spec.overhead));
    total
}

/// The requests for a pod as a whole, where it has some. The API server fills in the sum over the
/// containers or else the limit (`apis/core/v1/defaults.go`, `defaultPodRequests`).
fn whole_pod<'a>(resources: &'a Resources, sum: &Sum<'_>) -> Sum<'a> {
    let huge = |name: &str| name.starts_with("hugepages-");
    let mut result = borrowed(&resources.requests);
    for (name, limit) in resources.limits.iter() {
        if huge(name) || !sum.contains_key(name.as_str()) {
            result.entry(name).or_insert(*limit);
        }
    }
    result.retain(|name, _| huge(name) || matches!(*name, "cpu" | "memory"));
    result
}

impl Container {
    /// Its requests; a limit is one, where none is given.
    fn requests(&self) -> Sum<'_> {
        let mut requests = borrowed(&self.resources.limits);
        requests.extend(borrowed(&self.resources.requests));
        requests
    }

    fn is_sidecar(&self) -> bool {
        *self.restart_policy == "Always"
    }
}

fn borrowed(amounts: &Amounts) -> Sum<'_> {
    amounts.iter().map(|(name, amount)| (name.as_str(), *amount)).collect()
}

fn add<'a>(sum: &mut Sum<'a>, more: &Sum<'a>) {
    for (name, amount) in more {
        let entry = sum.entry(name).or_default();
        *entry = entry.plus(*amount);
    }
}

fn raise<'a>(sum: &mut Sum<'a>, least: &Sum<'a>) {
    for (name, amount) in least {
        let entry = sum.entry(name).or_default();
        *entry = (*entry).max(*amount);
    }
}

/// The host ports of containers and sidecars (`scheduler/util/utils.go`, `GetHostPorts`), sorted,
/// each once.
pub(super) fn host_ports(pod: &Pod) -> Vec<HostPort> {
    let sidecars = pod.spec.init_containers.iter().filter(|container| container.is_sidecar());
    let all =
        pod.spec.containers.iter().chain(sidecars).flat_map(|container| container.ports.iter());
    let ports = all.filter_map(|port| {
        let implied = if *pod.spec.host_network { port.inner } else { 0 };
        let number = if *port.outer == 0 { implied } else { *port.outer };
        let ip = if port.ip.is_empty() { "0.0.0.0" } else { port.ip.as_str() };
        (number > 0).then(|| HostPort {
            ip: ip.to_owned(),
            protocol: format!("{:?}", *port.protocol).to_uppercase(),
            port: number,
        })
    });
    let mut ports: Vec<_> = ports.collect();
    ports.sort_unstable();
    ports.dedup();
    ports
}

/// The priority of a pod (`plugin/pkg/admission/priority/admission.go`).
pub(super) fn priority(
    pod: &Pod,
    classes: &BTreeMap<String, PriorityClass>,
) -> Result<i32, Refusal> {
    if let Some(priority) = pod.spec.priority {
        return Ok(priority);
    }
    let defaults = || classes.values().filter(|class| *class.global_default);
    match (pod.spec.priority_class_name.as_str(), classes.get(&*pod.spec.priority_class_name)) {
        (_, Some(class)) => Ok(class.value),
        ("", None) => Ok(defaults().map(|class| class.value).min().unwrap_or(0)),
        ("system-cluster-critical", None) => Ok(2_000_000_000),
        ("system-node-critical", None) => Ok(2_000_001_000),
        (name, None) => Err(Refusal::of_pod(pod, format!("priority class `{name}` is not there"))),
    }
}

/// Whether a running pod has to stay, or a pending one has to wait.
pub(super) fn is_fixed(pod: &Pod, runs: bool) -> bool {
    let metadata = &pod.metadata;
    let owned = metadata.owner_references.iter().any(|o| o.kind == "DaemonSet" && *o.controller);
    let stays = metadata.deletion_timestamp.is_some()
        || metadata.annotations.mirror.is_some()
        || metadata.annotations.safe_to_evict.as_deref() == Some("false")
        || owned;
    if runs { stays } else { !pod.spec.scheduling_gates.is_empty() }
}

/// Whether a pod is no part of the instance any more.
pub(super) fn is_done(pod: &Pod) -> bool {
    let ends = pod.metadata.deletion_timestamp.is_some() && pod.spec.node_name.is_empty();
    ends || matches!(pod.status.phase.as_str(), "Succeeded" | "Failed")
}

/// Refuses what an instance cannot say of a pod.
pub(super) fn refuse_unknown(pod: &Pod) -> Result<(), Refusal> {
    let spec = &pod.spec;
    let exclusive = spec.volumes.iter().any(|volume| {
        volume.gce_persistent_disk.is_some()
            || volume.aws_elastic_block_store.is_some()
            || volume.iscsi.is_some()
            || volume.rbd.is_some()
    });
    let unknown = [
        (!spec.resource_claims.is_empty(), "`resourceClaims`"),
        (spec.workload_ref.is_some(), "`workloadRef`"),
        (spec.scheduling_group.is_some(), "`schedulingGroup`"),
        (exclusive, "an inline volume that excludes others on its node"),
    ];
    match unknown.iter().find(|(there, _)| *there) {
        Some((_, what)) => Err(Refusal::of_pod(pod, format!("{what} has no place in an instance"))),
        None => Ok(()),
    }
}
