//! What comes in through Services.

use super::network;
use crate::network::{Connections, entered};

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
