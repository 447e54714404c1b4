use std::sync::Arc;

use seatrial_core::SourceFile;

use super::*;
use crate::read;

fn object(text: &str) -> Object {
    let mut objects = read(Arc::new(SourceFile::new("a.yaml", text))).objects;
    assert_eq!(objects.len(), 1, "{text}");
    objects.remove(0)
}

#[test]
fn the_template_of_every_kind_of_workload_is_found() {
    const POD: &str = "metadata: {labels: {a: b}}, spec: {containers: [{name: c}]}";
    let template = format!("spec: {{template: {{{POD}}}}}");
    let job = format!("spec: {{jobTemplate: {{{template}}}}}");
    let bare = format!("template: {{{POD}}}");
    for (api_version, kind, body, expected) in [
        ("v1", "Pod", POD, Workload::Pod),
        ("v1", "PodTemplate", &bare, Workload::PodTemplate),
        ("v1", "ReplicationController", &template, Workload::ReplicationController),
        ("apps/v1", "ReplicaSet", &template, Workload::ReplicaSet),
        ("apps/v1beta2", "Deployment", &template, Workload::Deployment),
        ("extensions/v1beta1", "Deployment", &template, Workload::Deployment),
        ("apps/v1", "StatefulSet", &template, Workload::StatefulSet),
        ("apps/v1", "DaemonSet", &template, Workload::DaemonSet),
        ("batch/v1", "Job", &template, Workload::Job),
        ("batch/v1beta1", "CronJob", &job, Workload::CronJob),
        ("argoproj.io/v1alpha1", "Rollout", &template, Workload::Custom),
        ("serving.knative.dev/v1", "Service", &template, Workload::Custom),
    ] {
        let object = object(&format!("{{apiVersion: {api_version}, kind: {kind}, {body}}}"));
        let found = PodTemplate::of(&object).unwrap_or_else(|| panic!("{api_version} {kind}"));
        assert_eq!(found.workload, expected);
        assert_eq!(found.label("a"), PodLabel::Is("b"), "{kind}");
        let pointers: Vec<_> = found.containers().map(|container| container.pointer()).collect();
        assert_eq!(pointers, [format!("{}/containers/0", found.spec_pointer())]);
        assert!(object.node.pointer(&found.labels_pointer()).is_some(), "{kind}");
    }
}

#[test]
fn objects_that_make_no_pods_have_no_template() {
    for text in [
        "{apiVersion: v1, kind: Service, spec: {selector: {a: b}}}",
        // A Deployment of another group, with nothing of a workload about it.
        "{apiVersion: example.com/v1, kind: Deployment, spec: {template: {}}}",
        // A patch of a Deployment.
        "{apiVersion: apps/v1, kind: Deployment, spec: {replicas: 3}}",
        "{apiVersion: v1, kind: StatefulSet, spec: {template: {spec: {containers: [{}]}}}}",
    ] {
        assert!(PodTemplate::of(&object(text)).is_none(), "{text}");
    }
}

#[test]
fn containers_of_all_lists_come_in_the_order_they_start_and_sidecars_serve() {
    let pod = object(
        "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - {name: web, ports: [{name: http, \
         containerPort: 80}, {containerPort: 53, protocol: UDP}]}\n  initContainers:\n  - {name: \
         init}\n  - {name: proxy, restartPolicy: Always}\n  ephemeralContainers: [{name: debug}]\n",
    );
    let template = PodTemplate::of(&pod).unwrap();
    let all: Vec<_> = template.containers().map(|c| (c.list, c.name(), c.pointer())).collect();
    let expected = [
        (ContainerList::Init, "init", "/spec/initContainers/0".to_owned()),
        (ContainerList::Init, "proxy", "/spec/initContainers/1".to_owned()),
        (ContainerList::Regular, "web", "/spec/containers/0".to_owned()),
        (ContainerList::Ephemeral, "debug", "/spec/ephemeralContainers/0".to_owned()),
    ];
    assert_eq!(all, expected);
    let serving: Vec<_> = template.serving_containers().collect();
    assert_eq!(serving.iter().map(Container::name).collect::<Vec<_>>(), ["proxy", "web"]);
    let ports: Vec<_> = serving.iter().flat_map(Container::ports).collect();
    let ports: Vec<_> = ports.iter().map(|p| (p.name(), p.number(), p.protocol())).collect();
    assert_eq!(ports, [(Some("http"), Some(80), "TCP"), (None, Some(53), "UDP")]);
}

#[test]
fn env_and_volumes_carry_their_pointers() {
    let pod = object(
        "{apiVersion: v1, kind: Pod, spec: {containers: [{env: [{name: A}], envFrom: [{prefix: \
         P}]}], volumes: [{name: v}, {name: w}], imagePullSecrets: [{name: s}]}}",
    );
    let template = PodTemplate::of(&pod).unwrap();
    let container = template.containers().next().unwrap();
    let parts = container
        .env()
        .chain(container.env_from())
        .chain(template.volumes())
        .chain(template.image_pull_secrets());
    for part in parts {
        assert_eq!(pod.node.pointer(&part.pointer), Some(part.node), "{}", part.pointer);
    }
    assert_eq!(template.volumes().count(), 2);
}

#[test]
fn labels_that_controllers_set_are_known_as_far_as_they_can_be() {
    let set = |kind: &str, group: &str| {
        object(&format!(
            "{{apiVersion: {group}/v1, kind: {kind}, metadata: {{name: db}}, spec: {{template: \
             {{spec: {{}}}}}}}}"
        ))
    };
    let (stateful, job, deployment) =
        (set("StatefulSet", "apps"), set("Job", "batch"), set("Deployment", "apps"));
    for (object, key, value, expected) in [
        (&stateful, "statefulset.kubernetes.io/pod-name", "db-0", true),
        (&stateful, "statefulset.kubernetes.io/pod-name", "db-10", true),
        (&stateful, "statefulset.kubernetes.io/pod-name", "dx-0", false),
        (&stateful, "statefulset.kubernetes.io/pod-name", "db", false),
        (&stateful, "apps.kubernetes.io/pod-index", "0", true),
        (&deployment, "statefulset.kubernetes.io/pod-name", "db-0", false),
        (&job, "job-name", "db", true),
        (&job, "job-name", "other", false),
        (&deployment, "pod-template-hash", "abc", true),
        (&deployment, "app", "db", false),
    ] {
        let template = PodTemplate::of(object).unwrap();
        assert_eq!(template.label(key).may_be(value), expected, "{key}={value}");
    }
}
