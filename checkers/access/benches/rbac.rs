//! How long the comparison of roles and bindings takes, and how it grows.
//!
//! `cargo bench -p seatrial-access --bench rbac` prints a table of growth before the benchmarks: the
//! built-in roles against a change of one, and
//! bindings by the thousand: one changed, all changed, and one that concerns everybody; and what
//! every service account can come to. Reading the objects' roles and bindings counts, parsing does
//! not. Milliseconds of CPU, least of five, on one busy core (the built-in roles take less than 4):
//!
//! | bindings | one changed | all changed | everybody concerned | reach of all |
//! |---------:|------------:|------------:|--------------------:|-------------:|
//! |    1,000 |          11 |          40 |                  40 |           16 |
//! |    2,000 |          24 |         115 |                  96 |           38 |
//! |    5,000 |          63 |         247 |                 250 |           95 |
//! |   10,000 |         161 |         500 |                 545 |          200 |

#![allow(clippy::print_stdout, reason = "a program that prints tables of what it measures")]

mod clock;

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use seatrial_access::rbac::{Baseline, Closure, Policy, diff};
use seatrial_core::SourceFile;
use seatrial_manifests::{Object, read};

use clock::{milliseconds, timed};

const LISTED: usize = 100;
const LARGEST: usize = 10_000;
const SIZES: [usize; 4] = [1_000, 2_000, 5_000, LARGEST];

fn objects(text: String) -> Vec<Object> {
    read(Arc::new(SourceFile::new("rbac.yaml", text))).objects
}

/// Every tenant has a namespace with a role, a service account, and a binding of one to the other;
/// the resource of the last tenant's role, and of all with `resource`, can be chosen.
fn tenants(count: usize, resource: &str, last: &str, everybody: &str) -> Vec<Object> {
    let api = "apiVersion: rbac.authorization.k8s.io/v1";
    let tenant = |number: usize| {
        let resource = if number + 1 == count { last } else { resource };
        format!(
            "---\n{api}\nkind: Role\nmetadata: {{name: app, namespace: team-{number}}}\nrules:\n\
             - {{apiGroups: [''], resources: [{resource}, configmaps], verbs: [get, list, watch]}}\n\
             - {{apiGroups: [''], resources: [secrets], resourceNames: [s-{number}], verbs: [get]}}\n\
             ---\n{api}\nkind: RoleBinding\nmetadata: {{name: app, namespace: team-{number}}}\n\
             roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: Role, name: app}}\n\
             subjects: [{{kind: ServiceAccount, name: app}}]\n"
        )
    };
    let all = format!(
        "{api}\nkind: ClusterRole\nmetadata: {{name: everybody}}\nrules:\n\
         - {{apiGroups: [''], resources: [{everybody}], verbs: [get]}}\n---\n\
         {api}\nkind: ClusterRoleBinding\nmetadata: {{name: everybody}}\n\
         roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: everybody}}\n\
         subjects: [{{kind: Group, name: 'system:authenticated'}}]\n"
    );
    objects((0..count).map(tenant).fold(all, |text, tenant| text + &tenant))
}

fn compare(old: &[Object], new: &[Object]) -> usize {
    let (old, new) = (Policy::read(old, None), Policy::read(new, None));
    diff(&old, &new, LISTED).map_or(0, |differences| differences.total())
}

/// Everything that every service account can come to.
fn all_reach(objects: &[Object]) -> usize {
    let policy = Policy::read(objects, None);
    let closure = Closure::new(&policy);
    closure.holders().map(|holder| closure.reach(holder).steps.len()).sum()
}

/// The least time on the processor of three runs.
fn least<T>(work: impl Fn() -> T) -> String {
    let times = (0..3).map(|_| timed(|| black_box(work())).1);
    milliseconds(times.min().unwrap_or_default())
}

/// What a change is about, and what comes of it.
fn changes(size: usize) -> [(&'static str, Vec<Object>); 3] {
    [
        ("one changed", tenants(size, "pods", "'*'", "events")),
        ("all changed", tenants(size, "services", "services", "events")),
        ("everybody concerned", tenants(size, "pods", "pods", "secrets")),
    ]
}

fn growth() {
    println!("milliseconds on the processor, least of three:");
    println!("bindings | one changed | all changed | everybody concerned | reach of all");
    for size in SIZES {
        let old = tenants(size, "pods", "pods", "events");
        let changed = changes(size);
        let times = changed.each_ref().map(|(_, new)| least(|| compare(&old, new)));
        let [one, all, everybody] = times;
        let reach = least(|| all_reach(&old));
        println!("{size:>8} | {one:>11} | {all:>11} | {everybody:>19} | {reach:>12}");
    }
}

fn built_in(criterion: &mut Criterion) {
    growth();
    let old = Baseline::kubernetes().objects();
    // The scheduler gets to write secrets, and everybody one more method on all public URLs.
    let changed = |object: &Object| {
        let text =
            object.file.text().replace("[bindings, pods/binding]", "[secrets, pods/binding]");
        text.replace(
            "/version, /version/], verbs: [get]",
            "/version, /version/], verbs: [get, head]",
        )
    };
    let new = old.first().map(|object| objects(changed(object))).unwrap_or_default();
    assert!(compare(old, &new) > 0);
    criterion.bench_function("built-in roles", |bencher| {
        bencher.iter(|| compare(black_box(old), black_box(&new)));
    });
}

/// Few runs: the table shows how times grow.
fn brief<M: criterion::measurement::Measurement>(group: &mut criterion::BenchmarkGroup<'_, M>) {
    group.sample_size(10).warm_up_time(Duration::from_millis(500));
    group.measurement_time(Duration::from_secs(3));
}

fn bindings(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("bindings");
    brief(&mut group);
    let old = tenants(LARGEST, "pods", "pods", "events");
    for (name, new) in changes(LARGEST) {
        assert!(compare(&old, &new) > 0);
        group.bench_function(BenchmarkId::new(name, LARGEST), |bencher| {
            bencher.iter(|| compare(black_box(&old), black_box(&new)));
        });
    }
}

fn reach(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("reach of all");
    brief(&mut group);
    let objects = tenants(LARGEST, "pods", "pods", "events");
    group.bench_function(BenchmarkId::from_parameter(LARGEST), |bencher| {
        bencher.iter(|| all_reach(black_box(&objects)));
    });
}

criterion_group!(benches, built_in, bindings, reach);
criterion_main!(benches);
