//! Every place that names a Service, and perhaps a port of it.

use seatrial_manifests::{Object, Part};
use seatrial_parse::{Node, Value};

use super::absent::Named;
use super::common::{namespace, text};
use super::places::{all, one, text_at};

/// A place that names a Service.
pub(super) struct ServiceUse<'a> {
    /// The reference by name.
    pub(super) named: Named<'a>,
    /// The port that it asks for.
    pub(super) port: Option<PortUse<'a>>,
}

/// The port of a Service that a place asks for.
pub(super) struct PortUse<'a> {
    /// Where it is stated; of a default, the place that lacks it.
    pub(super) place: Part<'a>,
    /// Which port.
    pub(super) wanted: Wanted<'a>,
}

/// A port by its number or its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted<'a> {
    /// The `port` of a Service.
    Number(i64),
    /// The `name` of a port of a Service.
    Name(&'a str),
}

impl<'a> Wanted<'a> {
    fn of(node: &'a Node) -> Option<Self> {
        match &node.value {
            Value::String(name) => Some(Self::Name(name)),
            _ => node.as_i64().map(Self::Number),
        }
    }
}

impl std::fmt::Display for Wanted<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Name(name) => write!(f, "`{name}`"),
        }
    }
}

/// How a kind of object names Services.
struct Form {
    group: &'static str,
    kind: &'static str,
    /// Where the references are.
    path: &'static str,
    /// The field of the name.
    name: &'static str,
    /// The fields of the port, of which one is stated.
    ports: &'static [&'static str],
    /// The port where none is stated.
    default_port: Option<i64>,
}

const fn form(
    group: &'static str,
    kind: &'static str,
    path: &'static str,
    name: &'static str,
    ports: &'static [&'static str],
) -> Form {
    Form { group, kind, path, name, ports, default_port: None }
}

const fn called_over_tls(group: &'static str, kind: &'static str, path: &'static str) -> Form {
    Form { group, kind, path, name: "name", ports: &["port"], default_port: Some(443) }
}

const INGRESS: &str = "networking.k8s.io";
const GATEWAY: &str = "gateway.networking.k8s.io";
const ISTIO: &str = "networking.istio.io";
const ADMISSION: &str = "admissionregistration.k8s.io";
const BACKENDS: &str = "spec/rules/*/backendRefs/*";
const MIRRORS: &str = "spec/rules/*/filters/*/requestMirror/backendRef";
const IN_PATHS: &str = "spec/rules/*/http/paths/*/backend";

static FORMS: &[Form] = &[
    form(INGRESS, "Ingress", "spec/defaultBackend/service", "name", &["port/number", "port/name"]),
    form(
        INGRESS,
        "Ingress",
        "spec/rules/*/http/paths/*/backend/service",
        "name",
        &["port/number", "port/name"],
    ),
    form(INGRESS, "Ingress", "spec/backend", "serviceName", &["servicePort"]),
    form(INGRESS, "Ingress", IN_PATHS, "serviceName", &["servicePort"]),
    form("extensions", "Ingress", "spec/backend", "serviceName", &["servicePort"]),
    form("extensions", "Ingress", IN_PATHS, "serviceName", &["servicePort"]),
    form(GATEWAY, "HTTPRoute", BACKENDS, "name", &["port"]),
    form(GATEWAY, "HTTPRoute", MIRRORS, "name", &["port"]),
    form(GATEWAY, "GRPCRoute", BACKENDS, "name", &["port"]),
    form(GATEWAY, "GRPCRoute", MIRRORS, "name", &["port"]),
    form(GATEWAY, "TCPRoute", BACKENDS, "name", &["port"]),
    form(GATEWAY, "TLSRoute", BACKENDS, "name", &["port"]),
    form(GATEWAY, "UDPRoute", BACKENDS, "name", &["port"]),
    form(ISTIO, "VirtualService", "spec/http/*/route/*/destination", "host", &["port/number"]),
    form(ISTIO, "VirtualService", "spec/http/*/mirror", "host", &["port/number"]),
    form(ISTIO, "VirtualService", "spec/tcp/*/route/*/destination", "host", &["port/number"]),
    form(ISTIO, "VirtualService", "spec/tls/*/route/*/destination", "host", &["port/number"]),
    form(ISTIO, "DestinationRule", "spec", "host", &[]),
    form("projectcontour.io", "HTTPProxy", "spec/routes/*/services/*", "name", &["port"]),
    form("projectcontour.io", "HTTPProxy", "spec/tcpproxy/services/*", "name", &["port"]),
    form("route.openshift.io", "Route", "spec/to", "name", &[]),
    form("route.openshift.io", "Route", "spec/alternateBackends/*", "name", &[]),
    form("traefik.containo.us", "IngressRoute", "spec/routes/*/services/*", "name", &["port"]),
    form("traefik.io", "IngressRoute", "spec/routes/*/services/*", "name", &["port"]),
    form("traefik.io", "IngressRouteTCP", "spec/routes/*/services/*", "name", &["port"]),
    called_over_tls(ADMISSION, "MutatingWebhookConfiguration", "webhooks/*/clientConfig/service"),
    called_over_tls(ADMISSION, "ValidatingWebhookConfiguration", "webhooks/*/clientConfig/service"),
    called_over_tls("apiregistration.k8s.io", "APIService", "spec/service"),
    called_over_tls(
        "apiextensions.k8s.io",
        "CustomResourceDefinition",
        "spec/conversion/webhook/clientConfig/service",
    ),
];

/// The places of an object that name Services, in the order of [`FORMS`].
pub(super) fn service_uses(object: &Object) -> Vec<ServiceUse<'_>> {
    let of_object = |form: &&Form| form.kind == object.kind() && form.group == object.group();
    let forms = FORMS.iter().filter(of_object);
    forms
        .flat_map(|form| {
            let places = all(object, form.path);
            places.into_iter().filter_map(|place| service_use(object, &place, form))
        })
        .collect()
}

fn service_use<'a>(object: &'a Object, place: &Part<'a>, form: &Form) -> Option<ServiceUse<'a>> {
    let kind = text(place.node, "kind").unwrap_or("Service");
    let group = text(place.node, "group").unwrap_or_default();
    if kind != "Service" || !group.is_empty() {
        return None;
    }
    let name_place = one(place, form.name)?;
    let text = name_place.node.as_str()?;
    let own = text_at(place, "namespace").or_else(|| namespace(object));
    let (name, namespace) = match form.name {
        "host" => in_cluster(text, own)?,
        _ => (text, own),
    };
    let stated = form.ports.iter().find_map(|path| one(place, path));
    let port = match (stated, form.default_port) {
        (Some(place), _) => Wanted::of(place.node).map(|wanted| PortUse { place, wanted }),
        (None, Some(port)) => Some(PortUse { place: place.clone(), wanted: Wanted::Number(port) }),
        (None, None) => None,
    };
    let named = Named { object, place: name_place, namespace, group: "", kind: "Service", name };
    Some(ServiceUse { named, port })
}

/// The Service that a host name means, seen from a namespace, by its name and namespace: `web`,
/// `web.shop.svc` and `web.shop.svc.cluster.local`; `None` where it may be a name of another world.
pub(super) fn in_cluster<'a>(
    host: &'a str,
    own: Option<&'a str>,
) -> Option<(&'a str, Option<&'a str>)> {
    if host.contains(['*', '$', '{', ':', '/']) {
        return None;
    }
    let mut labels = host.trim_end_matches('.').split('.');
    let (name, namespace) = (labels.next().filter(|name| !name.is_empty())?, labels.next());
    match (namespace, labels.next()) {
        (None, _) => Some((name, own)),
        (Some(namespace), Some("svc")) => Some((name, Some(namespace))),
        _ => None,
    }
}

/// The ports of some manifests of a Service; `None` where they are not known, as of one that is a
/// name for something outside.
pub(super) fn ports_of<'a>(manifests: &[&'a Object]) -> Option<Vec<(&'a Object, &'a Node)>> {
    let outside = |service: &&Object| {
        service.node.at(&["spec", "type"]).and_then(Node::as_str) == Some("ExternalName")
    };
    if manifests.iter().any(outside) {
        return None;
    }
    let ports = manifests.iter().flat_map(|service| {
        let ports = service.node.at(&["spec", "ports"]).map_or(&[][..], Node::items);
        ports.iter().map(|port| (*service, port))
    });
    let ports: Vec<_> = ports.collect();
    (!ports.is_empty()).then_some(ports)
}

/// Whether a Service has no address of its own, so that its name stands for its pods.
pub(super) fn is_headless(service: &Object) -> bool {
    service.node.at(&["spec", "clusterIP"]).and_then(Node::as_str) == Some("None")
}
