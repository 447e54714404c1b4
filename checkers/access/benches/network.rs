//! Connectivity and its differences, and how they grow with workloads and policies.
//!
//! Before the benchmarks, a table of growth: one run each, with what was decided.

#![allow(
    clippy::print_stdout,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a program that prints tables of what it measures"
)]

use std::fmt::Write as _;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use criterion::{Criterion, criterion_group, criterion_main};
use rand_pcg::Pcg64;
use rand_pcg::rand_core::Rng;
use seatrial_access::network::{Assumptions, Connections, Network, diff, read};
use seatrial_core::SourceFile;

/// What a cluster is like.
#[derive(Clone, Copy)]
struct Shape {
    namespaces: u64,
    workloads: u64,
    policies: u64,
    /// Whether each workload is a pod by itself, with labels that no other has, or one of some
    /// tiers of a Deployment of ten pods.
    distinct: bool,
}

/// A cluster: workloads shared out over namespaces, each with policies for one application or a
/// whole tier, in and out, by pods, by namespaces, and by blocks; ten policies of the cluster.
fn manifests(shape: Shape, seed: u128) -> String {
    let mut random = Pcg64::new(seed, 1);
    let mut below = |count: u64| random.next_u64() % count.max(1);
    let mut text = String::new();
    for ns in 0..shape.namespaces {
        let team = ns % 10;
        let _ = writeln!(
            text,
            "---\n{{apiVersion: v1, kind: Namespace, metadata: {{name: ns-{ns}, labels: {{team: t-{team}}}}}}}"
        );
    }
    for at in 0..shape.workloads {
        let ns = at % shape.namespaces;
        let labels = format!("{{app: app-{at}, tier: tier-{}}}", at / shape.namespaces % 4);
        let ports = "[{name: main, ports: [{name: http, containerPort: 8080}]}]";
        let _ = if shape.distinct {
            writeln!(
                text,
                "---\n{{apiVersion: v1, kind: Pod, metadata: {{name: w-{at}, namespace: ns-{ns}, labels: {labels}}}, spec: {{containers: {ports}}}}}"
            )
        } else {
            writeln!(
                text,
                "---\n{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: w-{at}, namespace: ns-{ns}}}, spec: {{replicas: 10, template: {{metadata: {{labels: {labels}}}, spec: {{containers: {ports}}}}}}}}}"
            )
        };
    }
    for at in 0..shape.policies {
        let ns = at % shape.namespaces;
        let app = |random: u64| random * shape.namespaces + ns;
        let apps = shape.workloads / shape.namespaces;
        let subject = match below(4) {
            0 => format!("{{matchLabels: {{tier: tier-{}}}}}", below(4)),
            1 if at < shape.namespaces => "{}".to_owned(),
            _ => format!("{{matchLabels: {{app: app-{}}}}}", app(below(apps))),
        };
        let mut peer = || match below(5) {
            0 => format!("{{podSelector: {{matchLabels: {{tier: tier-{}}}}}}}", below(4)),
            1 => format!("{{namespaceSelector: {{matchLabels: {{team: t-{}}}}}}}", below(10)),
            2 => format!("{{ipBlock: {{cidr: 203.0.{}.0/24}}}}", below(256)),
            _ => format!("{{podSelector: {{matchLabels: {{app: app-{}}}}}}}", app(below(apps))),
        };
        let (first, second, third) = (peer(), peer(), peer());
        let port = 8000 + below(50);
        let _ = writeln!(
            text,
            "---\n{{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {{name: np-{at}, namespace: ns-{ns}}}, \
             spec: {{podSelector: {subject}, ingress: [{{from: [{first}, {second}], ports: [{{port: {port}}}, {{port: http}}]}}], \
             egress: [{{to: [{third}]}}, {{ports: [{{port: 53, protocol: UDP}}]}}], policyTypes: [Ingress{}]}}}}",
            if at % 2 == 0 { ", Egress" } else { "" },
        );
    }
    for at in 0..10 {
        let action = ["Deny", "Pass", "Accept"][at % 3];
        let _ = writeln!(
            text,
            "---\n{{apiVersion: policy.networking.k8s.io/v1alpha2, kind: ClusterNetworkPolicy, metadata: {{name: cp-{at}}}, \
             spec: {{tier: Admin, priority: {at}, subject: {{namespaces: {{matchLabels: {{team: t-{at}}}}}}}, \
             ingress: [{{action: {action}, from: [{{namespaces: {{matchLabels: {{team: t-{}}}}}}}], \
             protocols: [{{tcp: {{destinationPort: {{number: {}}}}}}}]}}]}}}}",
            (at + 3) % 10,
            8000 + at,
        );
    }
    text
}

fn network(text: &str) -> Network {
    let objects = seatrial_manifests::read(Arc::new(SourceFile::new("net.yaml", text))).objects;
    let network = read(&objects, &Assumptions::default());
    assert!(network.findings.iter().all(|it| it.severity != seatrial_core::Severity::Error));
    network
}

/// The same cluster with another port in each tenth policy.
fn changed(text: &str) -> String {
    let line = |(at, line): (usize, &str)| {
        let one = line.contains("kind: NetworkPolicy") && at % 10 == 1;
        if one { line.replace("port: 53", "port: 54") } else { line.to_owned() }
    };
    text.lines().enumerate().map(line).map(|line| line + "\n").collect()
}

const SIZES: [Shape; 8] = [
    Shape { namespaces: 10, workloads: 100, policies: 100, distinct: false },
    Shape { namespaces: 50, workloads: 500, policies: 500, distinct: false },
    Shape { namespaces: 100, workloads: 1_000, policies: 1_000, distinct: false },
    Shape { namespaces: 100, workloads: 1_000, policies: 1_000, distinct: true },
    Shape { namespaces: 100, workloads: 3_000, policies: 1_000, distinct: true },
    Shape { namespaces: 100, workloads: 10_000, policies: 1_000, distinct: true },
    Shape { namespaces: 10, workloads: 10_000, policies: 1_000, distinct: true },
    Shape { namespaces: 100, workloads: 10_000, policies: 10_000, distinct: true },
];

fn growth() {
    println!(
        "namespaces workloads pods policies | classes | read ms | decide ms | count ms | pairs allowed of all | diff ms, regions"
    );
    for shape in SIZES {
        let text = manifests(shape, 1);
        let objects =
            seatrial_manifests::read(Arc::new(SourceFile::new("net.yaml", &*text))).objects;
        let start = Instant::now();
        let one = read(&objects, &Assumptions::default());
        let reading = start.elapsed();
        let start = Instant::now();
        let connections = Connections::of(&one);
        let deciding = start.elapsed();
        let start = Instant::now();
        let totals = connections.totals();
        let counting = start.elapsed();
        let (classes, addresses) = connections.classes();
        let other = network(&changed(&text));
        let start = Instant::now();
        let differences = diff(&one, &other, 100).expect("the evaluators agree").differences;
        let diffing = start.elapsed();
        let pods = shape.workloads * if shape.distinct { 1 } else { 10 };
        println!(
            "{:>10} {:>9} {pods:>5} {:>8} | {classes}+{addresses} | {:.1} | {:.1} | {:.1} | {} of {} | {:.1}, {}",
            shape.namespaces,
            shape.workloads,
            shape.policies,
            reading.as_secs_f64() * 1e3,
            deciding.as_secs_f64() * 1e3,
            counting.as_secs_f64() * 1e3,
            totals.between_workloads,
            totals.pairs,
            diffing.as_secs_f64() * 1e3,
            differences.total(),
        );
    }
}

fn benchmarks(criterion: &mut Criterion) {
    growth();
    let deployments = Shape { namespaces: 100, workloads: 1_000, policies: 1_000, distinct: false };
    let pods = Shape { namespaces: 100, workloads: 10_000, policies: 1_000, distinct: true };
    for (name, shape) in [("1000 workloads", deployments), ("10000 pods, all different", pods)] {
        let text = manifests(shape, 1);
        let (one, other) = (network(&text), network(&changed(&text)));
        let mut group = criterion.benchmark_group(format!("network/{name}, 1000 policies"));
        group.sample_size(10);
        group.bench_function("connectivity", |bencher| {
            bencher.iter(|| Connections::of(black_box(&one)).totals());
        });
        group.bench_function("diff", |bencher| {
            bencher.iter(|| diff(black_box(&one), black_box(&other), 100));
        });
        group.finish();
    }
}

criterion_group!(network_benches, benchmarks);
criterion_main!(network_benches);
