//! What a pod takes, from what its containers request.

use std::collections::BTreeMap;

use super::field::{Field, Read};
use super::quantity::Quantity;

/// Amounts by the name of the resource.
pub(super) type Amounts = BTreeMap<String, Quantity>;

/// What a container that requests no processor counts for when nodes are scored
/// (`DefaultMilliCPURequest` in `pkg/scheduler/util/pod_resources.go`).
const SCORED_CPU: &str = "100m";
/// The same of memory (`DefaultMemoryRequest`).
const SCORED_MEMORY: &str = "200Mi";

/// A container of a pod, as far as its resources go.
struct Container {
    requests: Amounts,
    /// Whether it is an init container that goes on running (`restartPolicy: Always`).
    stays: bool,
}

/// What a pod takes: for the filters, and as scores count it (in thousandths of a core and bytes).
pub(super) struct Requests {
    /// What it really takes.
    pub(super) amounts: Amounts,
    /// What it takes if each container that requests none takes a default.
    pub(super) scored_cpu: u64,
    /// The same of memory.
    pub(super) scored_memory: u64,
}

/// What a pod of this `spec` takes (`PodRequests` in `component-helpers/resource/helpers.go`,
/// without what the status says of a resize under way).
pub(super) fn of_pod(spec: Field<'_>) -> Read<Requests> {
    let mut containers = containers(spec, "containers")?;
    let mut init = containers_before(spec)?;
    let amounts = with_pod_level(spec, together(&containers, &init))?;
    for container in containers.iter_mut().chain(&mut init) {
        for (resource, amount) in [("cpu", SCORED_CPU), ("memory", SCORED_MEMORY)] {
            let amount = Quantity::parse(amount).unwrap_or_default();
            container.requests.entry(resource.to_owned()).or_insert(amount);
        }
    }
    let scored = with_pod_level(spec, together(&containers, &init))?;
    let scored = |resource| scored.get(resource).map_or(0, |amount| amount.rounded_up(resource));
    Ok(Requests { amounts, scored_cpu: scored("cpu"), scored_memory: scored("memory") })
}

fn containers_before(spec: Field<'_>) -> Read<Vec<Container>> {
    containers(spec, "initContainers")
}

fn containers(spec: Field<'_>, list: &str) -> Read<Vec<Container>> {
    let read = |container: Field<'_>| {
        let requests = container.get("resources").map_or(Ok(Amounts::new()), requests_or_limits)?;
        Ok(Container { requests, stays: super::ports::stays(container)? })
    };
    spec.list(list)?.into_iter().map(read).collect()
}

/// Requests; of what has only a limit, the limit, as the API server fills it in.
fn requests_or_limits(resources: Field<'_>) -> Read<Amounts> {
    let mut amounts = amounts(resources, "limits")?;
    amounts.extend(self::amounts(resources, "requests")?);
    Ok(amounts)
}

/// The amounts of a field.
pub(super) fn amounts(field: Field<'_>, key: &str) -> Read<Amounts> {
    let Some(list) = field.get(key) else { return Ok(Amounts::new()) };
    list.entries()?.map(|(name, amount)| Ok((name.to_owned(), amount.quantity()?))).collect()
}

/// What the containers take together: all that stay, at once; and before, one init container after
/// another, each beside those sidecars that were started before it.
fn together(containers: &[Container], init: &[Container]) -> Amounts {
    let mut running = Amounts::new();
    for container in containers {
        add(&mut running, &container.requests);
    }
    let mut sidecars = Amounts::new();
    let mut starting = Amounts::new();
    for container in init {
        if container.stays {
            add(&mut running, &container.requests);
            add(&mut sidecars, &container.requests);
            raise(&mut starting, &sidecars);
        } else {
            let mut beside = sidecars.clone();
            add(&mut beside, &container.requests);
            raise(&mut starting, &beside);
        }
    }
    raise(&mut running, &starting);
    running
}

/// With what is requested for the pod as a whole (`spec.resources`) in place of what its
/// containers request, and with the overhead of its runtime.
fn with_pod_level(spec: Field<'_>, mut taken: Amounts) -> Read<Amounts> {
    if let Some(resources) = spec.get("resources") {
        let is_of_pods =
            |name: &String| name == "cpu" || name == "memory" || name.starts_with("hugepages-");
        // The API server fills in a request from the limit where no container requests any, and
        // of huge pages always (`defaultPodRequests` in `pkg/apis/core/v1/defaults.go`).
        let limits = amounts(resources, "limits")?;
        for (name, limit) in limits.into_iter().filter(|(name, _)| is_of_pods(name)) {
            if name.starts_with("hugepages-") || !taken.contains_key(&name) {
                taken.insert(name, limit);
            }
        }
        let requests = amounts(resources, "requests")?;
        taken.extend(requests.into_iter().filter(|(name, _)| is_of_pods(name)));
    }
    add(&mut taken, &amounts(spec, "overhead")?);
    Ok(taken)
}

fn add(total: &mut Amounts, more: &Amounts) {
    for (name, amount) in more {
        let entry = total.entry(name.clone()).or_default();
        *entry = entry.plus(*amount);
    }
}

fn raise(total: &mut Amounts, least: &Amounts) {
    for (name, amount) in least {
        let entry = total.entry(name.clone()).or_default();
        *entry = (*entry).max(*amount);
    }
}
