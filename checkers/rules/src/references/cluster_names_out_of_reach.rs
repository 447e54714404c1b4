//! `cluster-names-out-of-reach`: pods that call Services by name, and cannot resolve the names.

use seatrial_core::{Finding, Safety, Severity};
use seatrial_manifests::PodTemplate;
use seatrial_parse::Node;
use seatrial_parse::edit::Change;

use super::Context;
use super::addresses::{Address, Meant, is_alias, meant, namespaces, of_pods};
use super::common::{entry_span, finding, named};
use crate::fix::mended;
use crate::{Part, Rule};

pub(super) static RULE: Rule = Rule::fixed(
    "cluster-names-out-of-reach",
    Part::Reference,
    Severity::Error,
    "pods ask a name server that does not know the Services they call",
    "\
## What it checks

The name servers of pods whose variables or arguments have the address of an inspected Service
(`http://cart:8080`).

* `dnsPolicy: None` without `dnsConfig.nameservers`: an error, which the API server rejects, whether
  or not the pods call a Service.
* `dnsPolicy: Default`, the name servers of the node: a warning.
* `hostNetwork: true` with the policy `ClusterFirst`, also where it is only the default: a warning,
  for such pods use the name servers of the node, too.

## Why it matters

The node's name servers know nothing of `cart` or `cart.shop.svc.cluster.local`: every call fails
with `no such host`.

## What to do

Leave `dnsPolicy` out; for pods in the network of the node, write `ClusterFirstWithHostNet`.

## Fix

`--fix --unsafe` removes `dnsPolicy: Default`, or adds `ClusterFirstWithHostNet`.

## Example

```yaml
spec:
  hostNetwork: true            # and no `dnsPolicy: ClusterFirstWithHostNet`
  containers:
  - env: [{name: CART_URL, value: 'http://cart:8080'}]
```

## References

* <https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/#pod-s-dns-policy>
",
);

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let known = namespaces(context);
    for template in context.index.templates() {
        let Some(spec) = template.spec else { continue };
        let policy = spec.get("dnsPolicy").and_then(Node::as_str);
        let of_host = spec.get("hostNetwork").and_then(Node::as_bool) == Some(true);
        let servers = spec.at(&["dnsConfig", "nameservers"]).map_or(&[][..], Node::items);
        match policy {
            None | Some("ClusterFirst") if of_host => {}
            Some("None") if servers.is_empty() => {
                findings.extend(report_no_servers(template, spec));
                continue;
            }
            Some("Default") => {}
            _ => continue,
        }
        if !servers.is_empty() {
            continue;
        }
        let addresses = of_pods(template);
        let called = addresses.iter().find_map(|address| {
            let Meant::Service(name, namespace) = meant(context, &known, address)? else {
                return None;
            };
            let service = context.index.resolve(namespace, "", "Service", name).next()?;
            (!is_alias(address)).then_some((address, service))
        });
        let Some((address, service)) = called else { continue };
        findings.extend(report(template, spec, policy, address).map(|finding| {
            finding.related_to(
                service.name_location(),
                format!("{} is called by name", named(service)),
            )
        }));
    }
}

fn report_no_servers(template: &PodTemplate<'_>, spec: &Node) -> Option<Finding> {
    let entry = spec.entry("dnsPolicy")?;
    let message = "`dnsPolicy: None` without name servers".to_owned();
    let place = (entry_span(entry), format!("{}/dnsPolicy", template.spec_pointer()));
    let finding = finding(&RULE, Severity::Error, template.object, place, message)
        .labelled("asks nobody")
        .because("the API server wants at least one of `dnsConfig.nameservers` with it")
        .help("remove `dnsPolicy`, or add `dnsConfig.nameservers`");
    Some(match spec.entry("dnsConfig") {
        Some(config) => {
            finding.related_to(template.object.location(config.key.span), "it has no `nameservers`")
        }
        None => finding,
    })
}

fn report(
    template: &PodTemplate<'_>,
    spec: &Node,
    policy: Option<&str>,
    address: &Address<'_>,
) -> Option<Finding> {
    let object = template.object;
    let (field, why) = match policy {
        Some("Default") => ("dnsPolicy", "`dnsPolicy: Default`"),
        _ => ("hostNetwork", "`hostNetwork: true` without `ClusterFirstWithHostNet`"),
    };
    let entry = spec.entry(field)?;
    let message = format!("with {why}, `{}` does not resolve", address.written());
    let place = (entry_span(entry), format!("{}/{field}", template.spec_pointer()));
    let pointer = format!("{}/dnsPolicy", template.spec_pointer());
    let (help, change) = match policy {
        Some("Default") => ("remove `dnsPolicy`", Change::Remove { pointer }),
        _ => (
            "add `dnsPolicy: ClusterFirstWithHostNet`",
            Change::Set { pointer, value: "ClusterFirstWithHostNet".into() },
        ),
    };
    let finding = finding(&RULE, Severity::Warning, object, place, message)
        .labelled("asks the name servers of the node")
        .related_to(object.location(address.span()), "this name is known in the cluster only")
        .help(help);
    Some(mended(finding, object, Safety::Unsafe, &[change]))
}
