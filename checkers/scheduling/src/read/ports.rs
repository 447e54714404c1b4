//! The ports of the node that a pod asks for.

use super::field::{Field, Read};
use crate::HostPort;

/// Whether a container is an init container that goes on running: a sidecar.
pub(super) fn stays(container: Field<'_>) -> Read<bool> {
    Ok(container.text_at("restartPolicy")? == Some("Always"))
}

/// The host ports of containers and sidecars, sorted (`GetHostPorts` in
/// `pkg/scheduler/util/utils.go`). On the host's network, a port that a container has is one of
/// the node, as the API server fills it in.
pub(super) fn of_pod(spec: Field<'_>) -> Read<Vec<HostPort>> {
    let host_network = spec.is_true("hostNetwork")?;
    let mut containers = spec.list("containers")?;
    for container in spec.list("initContainers")? {
        if stays(container)? {
            containers.push(container);
        }
    }
    let mut ports = Vec::new();
    for container in containers {
        for port in container.list("ports")? {
            ports.extend(host_port(port, host_network)?);
        }
    }
    ports.sort();
    ports.dedup();
    Ok(ports)
}

fn host_port(port: Field<'_>, host_network: bool) -> Read<Option<HostPort>> {
    let number = |key| port.get(key).map_or(Ok(0), Field::integer::<u16>);
    let given = number("hostPort")?;
    let container = number("containerPort")?;
    let number = if given == 0 && host_network { container } else { given };
    let ip = port.text_at("hostIP")?.filter(|ip| !ip.is_empty()).unwrap_or("0.0.0.0").to_owned();
    let protocol = match port.text_at("protocol")? {
        None | Some("") => "TCP",
        Some(known @ ("TCP" | "UDP" | "SCTP")) => known,
        Some(other) => return Err(port.error(format!("unknown protocol `{other}`"))),
    };
    Ok((number > 0).then(|| HostPort { ip, protocol: protocol.to_owned(), port: number }))
}
