//! Authorization policies of a mesh compared, and how that grows with policies and workloads.
//!
//! `cargo bench -p seatrial-access --bench istio` prints a table of growth before the benchmarks.

#![allow(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a program that prints tables of what it measures"
)]

mod clock;

use std::fmt::Write as _;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use seatrial_access::istio::{Mesh, ROOT_NAMESPACE, diff, read};
use seatrial_core::SourceFile;
use seatrial_manifests::Object;

use clock::{milliseconds, timed};

const LISTED: usize = 100;

/// Workloads and policies: those of each namespace, of which a half is about one workload each and
/// a half about the namespace, and one of the mesh. `changed`: each tenth lets in one more path.
fn objects(workloads: usize, policies: usize, changed: bool) -> Vec<Object> {
    let namespaces = (workloads / 20).max(1);
    let mut text = format!(
        "{{apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, metadata: {{name: all, namespace: \
         {ROOT_NAMESPACE}}}, spec: {{action: DENY, rules: [{{from: [{{source: {{ipBlocks: [203.0.113.0/24]}}}}]}}]}}}}\n"
    );
    for at in 0..workloads {
        let _ = writeln!(
            text,
            "---\n{{apiVersion: v1, kind: Pod, metadata: {{name: w-{at}, namespace: ns-{}, labels: {{app: app-{at}}}}}}}",
            at % namespaces
        );
    }
    for at in 0..policies {
        let namespace = at % namespaces;
        let selector = if at % 2 == 0 {
            format!("selector: {{matchLabels: {{app: app-{}}}}}, ", at % workloads)
        } else {
            String::new()
        };
        let more = if changed && at % 10 == 1 { ", /status" } else { "" };
        let _ = writeln!(
            text,
            "---\n{{apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, metadata: {{name: p-{at}, namespace: \
             ns-{namespace}}}, spec: {{{selector}rules: [{{from: [{{source: {{principals: \
             [cluster.local/ns/ns-{}/sa/app-{at}]}}}}], to: [{{operation: {{methods: [GET, POST], paths: \
             [/api-{}/*{more}]}}}}]}}]}}}}",
            (namespace + 1) % namespaces,
            at % 7,
        );
    }
    seatrial_manifests::read(Arc::new(SourceFile::new("mesh.yaml", text))).objects
}

fn meshes(workloads: usize, policies: usize) -> (Mesh, Mesh) {
    let [old, new] = [false, true].map(|changed| objects(workloads, policies, changed));
    (read(&old, ROOT_NAMESPACE), read(&new, ROOT_NAMESPACE))
}

fn regions(old: &Mesh, new: &Mesh) -> usize {
    diff(old, new, LISTED).expect("the evaluators agree").differences.total()
}

const SIZES: [(usize, usize); 6] =
    [(100, 100), (1_000, 100), (100, 200), (1_000, 1_000), (5_000, 1_000), (1_000, 3_000)];

fn growth() {
    println!("milliseconds on the processor, one run each:");
    println!("workloads policies | read | diff | regions");
    for (workloads, policies) in SIZES {
        let objects = objects(workloads, policies, false);
        let (_, reading) = timed(|| read(&objects, ROOT_NAMESPACE));
        let (old, new) = meshes(workloads, policies);
        let (regions, diffing) = timed(|| regions(&old, &new));
        let (reading, diffing) = (milliseconds(reading), milliseconds(diffing));
        println!("{workloads:>9} {policies:>8} | {reading} | {diffing} | {regions}");
    }
}

fn benchmarks(criterion: &mut Criterion) {
    growth();
    let (old, new) = meshes(1_000, 1_000);
    let mut group = criterion.benchmark_group("istio/1000 workloads, 1000 policies");
    group.sample_size(10).warm_up_time(Duration::from_millis(500));
    group.measurement_time(Duration::from_secs(3));
    group.bench_function("diff", |bencher| {
        bencher.iter(|| regions(black_box(&old), black_box(&new)));
    });
    group.finish();
}

criterion_group!(istio_benches, benchmarks);
criterion_main!(istio_benches);
