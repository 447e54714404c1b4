//! What comes in through Services, Ingresses and routes.

use super::network;
use crate::network::{Connections, entered, routed};

#[test]
fn what_comes_in_through_a_service_is_what_policies_let_in_on_its_ports() {
    let pods = "{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop, labels: {app: web}}}\n---\n\
                {apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop}, spec: {type: LoadBalancer, \
                selector: {app: web}, ports: [{port: 80, targetPort: 8080}, {port: 443, targetPort: 8443}]}}\n---\n\
                {apiVersion: v1, kind: Service, metadata: {name: inner, namespace: shop}, spec: {selector: \
                {app: web}, ports: [{port: 9090}]}}\n";
    let shown = |policies: &str| -> Vec<String> {
        let network = network(&format!("{pods}{policies}"));
        let found = entered(&Connections::of(&network));
        let shown = found.iter().map(|it| {
            let link = &it.link;
            format!(
                "{}: {} => {}: {}",
                it.service, link.source, link.destination, link.flow.allowed
            )
        });
        shown.collect()
    };
    assert_eq!(shown(""), ["shop/web: any address => shop/web[Pod]: TCP 8080, 8443"]);
    let policy = "---\n{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p, namespace: shop}, \
                  spec: {podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 203.0.113.0/24}}], \
                  ports: [{port: 8080}, {port: 9090}]}]}}\n";
    assert_eq!(shown(policy), ["shop/web: 203.0.113.0/24 => shop/web[Pod]: TCP 8080"]);
    assert!(shown(&policy.replace("ingress: [{", "egress: [{").replace("from:", "to:")).is_empty());
}

#[test]
fn what_routes_lead_to_is_up_to_the_policies_of_the_workload_and_to_grants() {
    let pods = "{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop, labels: {app: web}}}\n---\n\
                {apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop}, spec: {\
                selector: {app: web}, ports: [{port: 80, targetPort: 8080}, {port: 443, targetPort: 8443}]}}\n---\n";
    let ingress = "{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: front, namespace: shop}, \
                   spec: {defaultBackend: {service: {name: web, port: {number: 80}}}}}\n";
    let route = |place: &str| {
        format!(
            "{{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {{name: r, namespace: {place}}}, \
             spec: {{rules: [{{backendRefs: [{{name: web, namespace: shop, port: 443}}, {{name: other}}, \
             {{kind: Bucket, name: web}}]}}]}}}}\n"
        )
    };
    let grant = |from: &str, to: &str| {
        format!(
            "---\n{{apiVersion: gateway.networking.k8s.io/v1beta1, kind: ReferenceGrant, metadata: {{name: g, \
             namespace: shop}}, spec: {{from: [{{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: \
             {from}}}], to: [{{group: '', kind: Service{to}}}]}}}}\n"
        )
    };
    let policy = |port: u16| {
        format!(
            "---\n{{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {{name: p, namespace: shop}}, \
             spec: {{podSelector: {{}}, ingress: [{{ports: [{{port: {port}}}]}}]}}}}\n"
        )
    };
    let shown = |text: &str| -> String {
        let network = network(&format!("{pods}{text}"));
        let connections = Connections::of(&network);
        let found = routed(&connections);
        let shown = found.iter().map(|it| {
            let (allowed, unknown) = (&it.flow.allowed, &it.flow.unknown);
            format!("{} => {}: {allowed}, {unknown} unknown", it.by.resource, it.workload.id)
        });
        shown.collect::<Vec<_>>().join("; ")
    };
    let open = "Ingress shop/front => shop/web[Pod]: TCP 8080, no ports unknown";
    assert_eq!(shown(ingress), open);
    let to = |port| shown(&format!("{ingress}{}", policy(port)));
    assert_eq!(to(8080), "Ingress shop/front => shop/web[Pod]: no ports, TCP 8080 unknown");
    assert_eq!(to(8443), "Ingress shop/front => shop/web[Pod]: no ports, no ports unknown");
    let by_route =
        |place| format!("HTTPRoute {place}/r => shop/web[Pod]: TCP 8443, no ports unknown");
    assert_eq!(shown(&route("shop")), by_route("shop"));
    for (grant, expected) in [
        (String::new(), String::new()),
        (grant("edge", ""), by_route("edge")),
        (grant("edge", ", name: web"), by_route("edge")),
        (grant("edge", ", name: db"), String::new()),
        (grant("else", ""), String::new()),
    ] {
        assert_eq!(shown(&format!("{}{grant}", route("edge"))), expected, "{grant}");
    }
}
