use super::super::tests::expect;
use super::*;

/// A Service with one list of ports, and a Pod with a spec.
fn pair(ports: &str, spec: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Service\nmetadata: {{name: s}}\nspec: {{selector: {{app: a}}, ports: \
         [{ports}]}}\n---\napiVersion: v1\nkind: Pod\nmetadata: {{name: p, labels: {{app: a}}}}\nspec: \
         {{{spec}}}\n"
    )
}

/// The spec of a pod with one container.
fn container(ports: &str) -> String {
    format!("containers: [{{name: c, image: i, ports: [{ports}]}}]")
}

#[test]
fn declared_ports_are_fine() {
    for (ports, declared) in [
        ("{port: 80, targetPort: http}", "{name: http, containerPort: 8080}"),
        ("{port: 80, targetPort: 8080}", "{containerPort: 8080}"),
        ("{port: 80}", "{containerPort: 80}"),
        ("{port: 80, targetPort: null}", "{containerPort: 80}"),
        (
            "{port: 53, protocol: UDP, targetPort: dns}",
            "{name: dns, containerPort: 53, protocol: UDP}",
        ),
        // Pods that declare nothing are not compared with numbers.
        ("{port: 80, targetPort: 8080}", ""),
        ("{port: 80, targetPort: '${PORT}'}", "{containerPort: 80}"),
    ] {
        expect(&RULE, &pair(ports, &container(declared)), &[]);
    }
}

#[test]
fn a_name_that_no_pod_declares_is_an_error() {
    for (ports, declared, expected) in [
        (
            "{port: 80, targetPort: htpp}",
            "{name: http, containerPort: 8080}",
            "error /spec/ports/0/targetPort <htpp> none of the selected pods declares a port `htpp`; \
             <http> the pods of Pod `p` declare this one; help: did you mean `http`?",
        ),
        (
            "{port: 80, targetPort: web}",
            "{name: http, containerPort: 80}, {name: metrics, containerPort: 90}",
            "error /spec/ports/0/targetPort <web> none of the selected pods declares a port `web`; \
             <http> the pods of Pod `p` declare this one; help: the pods declare `http`, `metrics`",
        ),
        (
            "{port: 80, targetPort: http}",
            "{containerPort: 8080}",
            "error /spec/ports/0/targetPort <http> none of the selected pods declares a port `http`; \
             <8080> the pods of Pod `p` declare this port without a name; help: add `name: http` to the \
             port",
        ),
        (
            "{port: 80, targetPort: http}",
            "",
            "error /spec/ports/0/targetPort <http> none of the selected pods declares a port `http`; \
             help: add `name: http` to the port",
        ),
        (
            "{port: 53, targetPort: dns}",
            "{name: dns, containerPort: 53, protocol: UDP}",
            "error /spec/ports/0/targetPort <dns> the pods of Pod `p` declare the port `dns` for UDP, \
             not TCP; <UDP> declared for UDP; help: write `protocol: UDP` in the Service, or `TCP` in \
             the pods",
        ),
        (
            "{port: 80, targetPort: '8080'}",
            "{containerPort: 8080}",
            "error /spec/ports/0/targetPort <'8080'> the target port `\"8080\"` is text, which names a \
             port; help: write `8080` without quotes",
        ),
    ] {
        expect(&RULE, &pair(ports, &container(declared)), &[expected]);
    }
}

#[test]
fn a_number_that_no_pod_declares_is_milder() {
    for (ports, declared, expected) in [
        (
            "{port: 80, targetPort: 8081}",
            "{containerPort: 8080}",
            "warning /spec/ports/0/targetPort <8081> none of the selected pods declares the port 8081; \
             <8080> the pods of Pod `p` declare 8080; help: did you mean 8080?",
        ),
        (
            "{port: 80}",
            "{containerPort: 8080}, {containerPort: 9090}",
            "note /spec/ports/0/port <80> none of the selected pods declares the port 80; <8080> the \
             pods of Pod `p` declare 8080; help: the pods declare 8080, 9090",
        ),
        (
            "{port: 80, targetPort: 8080}, {port: 9090}",
            "{containerPort: 8080}",
            "note /spec/ports/1/port <9090> none of the selected pods declares the port 9090; <8080> \
             the pods of Pod `p` declare 8080; help: did you mean 8080?",
        ),
        (
            "{port: 53}",
            "{containerPort: 53, protocol: UDP}",
            "note /spec/ports/0/port <53> the pods of Pod `p` declare the port 53 for UDP, not TCP; \
             <UDP> declared for UDP; help: write `protocol: UDP` in the Service, or `TCP` in the pods",
        ),
    ] {
        expect(&RULE, &pair(ports, &container(declared)), &[expected]);
    }
}

#[test]
fn sidecars_serve_and_other_init_containers_do_not() {
    let ports = "{port: 80, targetPort: http}";
    let init = "image: i, ports: [{name: http, containerPort: 80}]";
    for (restart, findings) in [(", restartPolicy: Always", 0), ("", 1)] {
        let spec = format!(
            "containers: [{{name: c, image: i}}], initContainers: [{{name: d, {init}{restart}}}]"
        );
        let text = pair(ports, &spec);
        assert_eq!(super::super::tests::found(&RULE, &[&text], false).len(), findings, "{text}");
    }
}

#[test]
fn patches_are_not_judged_and_one_of_several_workloads_suffices() {
    let patch = "containers: [{name: c, ports: [{containerPort: 1}]}]";
    expect(&RULE, &pair("{port: 80, targetPort: http}", patch), &[]);
    let other = "---\n{apiVersion: v1, kind: Pod, metadata: {name: q, labels: {app: a}}, spec: \
                 {containers: [{image: i, ports: [{name: http, containerPort: 2}]}]}}\n";
    let text = pair("{port: 80, targetPort: http}", &container("{containerPort: 1}")) + other;
    expect(&RULE, &text, &[]);
}
