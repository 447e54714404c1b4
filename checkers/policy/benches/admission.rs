//! Fifteen policies over many objects, as `seatrial check` runs them.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use seatrial_core::ResourceId;
use seatrial_parse::{Node, yaml};
use seatrial_policy::{Evaluation, Outcome, Policy, Request, Review, native_kind};

const OBJECTS: usize = 1_000;

/// What written invariants look like: all containers of any workload, and one thing about each.
fn policies() -> Vec<Policy> {
    let checks = [
        "variables.containers.all(c, !c.?securityContext.?privileged.orValue(false))",
        "variables.containers.all(c, c.image.contains(':') && !c.image.endsWith(':latest'))",
        "variables.containers.all(c, has(c.resources) && has(c.resources.limits))",
        "variables.containers.all(c, c.?resources.?requests.?memory.hasValue())",
        "variables.containers.all(c, c.?ports.orValue([]).all(p, !has(p.hostPort)))",
        "variables.containers.all(c, c.?env.orValue([]).all(e, !e.name.matches('(?i)password') || !has(e.value)))",
        "variables.containers.all(c, quantity(c.resources.limits.memory).compareTo(quantity('8Gi')) <= 0)",
        "variables.containers.all(c, c.?securityContext.?capabilities.?add.orValue([]).size() == 0)",
        "!variables.pod.?hostNetwork.orValue(false)",
        "!variables.pod.?hostPID.orValue(false)",
        "variables.pod.?volumes.orValue([]).all(v, !has(v.hostPath))",
        "has(object.metadata.labels) && 'app' in object.metadata.labels",
        "variables.containers.map(c, c.name).distinct().size() == variables.containers.size()",
        "variables.containers.exists(c, c.name == 'app')",
        "object.metadata.name.size() <= 63",
    ];
    checks.iter().enumerate().map(|(index, check)| policy(index, check)).collect()
}

fn policy(index: usize, check: &str) -> Policy {
    let text = format!(
        "metadata: {{name: policy-{index}}}\nspec:\n  matchConstraints:\n    resourceRules:\n    \
         - {{apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: [deployments, statefulsets]}}\n  \
         variables:\n  - {{name: pod, expression: object.spec.template.spec}}\n  \
         - name: containers\n    expression: variables.pod.containers + variables.pod.?initContainers.orValue([])\n  \
         validations:\n  - expression: \"{check}\"\n"
    );
    let (policy, problems) = Policy::read(&yaml(&text).documents.remove(0).root);
    assert!(problems.is_empty() && policy.compile_problems().is_empty(), "{problems:?}");
    policy
}

fn objects() -> Vec<(ResourceId, Node)> {
    let object = |index: usize| {
        let text = format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web-{index}\n  labels: {{app: web}}\n\
             spec:\n  replicas: 3\n  template:\n    spec:\n      containers:\n      - name: app\n        \
             image: example.com/app:{index}\n        ports: [{{containerPort: 80}}]\n        env:\n        \
             - {{name: A, value: b}}\n        - {{name: C, value: d}}\n        resources:\n          \
             limits: {{memory: 1Gi, cpu: 1}}\n          requests: {{memory: 1Gi, cpu: 100m}}\n        \
             securityContext: {{runAsNonRoot: true}}\n      - name: side\n        image: example.com/side:1\n        \
             resources:\n          limits: {{memory: 64Mi}}\n          requests: {{memory: 64Mi}}\n"
        );
        let id = ResourceId {
            api_version: "apps/v1".to_owned(),
            kind: "Deployment".to_owned(),
            namespace: None,
            name: format!("web-{index}"),
        };
        (id, yaml(&text).documents.remove(0).root)
    };
    (0..OBJECTS).map(object).collect()
}

fn review_all(policies: &[Policy], objects: &[(ResourceId, Node)]) -> usize {
    let Some(info) = native_kind("apps", "Deployment") else { return 0 };
    let mut passes = 0;
    for (id, node) in objects {
        let review = Review::new(Request::create(id, &info, node, "default"));
        for policy in policies {
            if let Evaluation::Checked { validations, .. } = policy.evaluate(&review, None) {
                passes += validations.iter().filter(|outcome| **outcome == Outcome::Passes).count();
            }
        }
    }
    passes
}

fn bench(criterion: &mut Criterion) {
    let (policies, objects) = (policies(), objects());
    assert_eq!(review_all(&policies, &objects), OBJECTS * policies.len());
    criterion.bench_function("1000 objects, 15 policies", |bencher| {
        bencher.iter(|| review_all(black_box(&policies), black_box(&objects)));
    });
    criterion.bench_function("read and compile 15 policies", |bencher| {
        bencher.iter_batched(|| (), |()| self::policies(), BatchSize::SmallInput);
    });
}

criterion_group!(benches, bench);
criterion_main!(benches);
