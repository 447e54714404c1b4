//! How long an editor waits: from a change to the diagnostics of that version, over pipes.
//!
//! A file of 2,000 lines by itself, and beside 100, 1,000 and 10,000 objects. Each change is one
//! character; the next is made when the answer is there.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::needless_pass_by_value,
    clippy::print_stdout,
    reason = "a measurement that cannot be made says so by failing"
)]

#[path = "../tests/lsp/client.rs"]
#[expect(dead_code, reason = "the client of the tests can more than is measured")]
mod client;
#[path = "support.rs"]
#[expect(dead_code, reason = "other benchmarks measure whole processes")]
mod support;

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use client::{Client, on_line};

const CHANGES: i32 = 40;

fn main() {
    for objects in [0, 100, 1_000, 10_000] {
        let text = deployments();
        let mut client = Client::over(&[("big.yaml", &text)]);
        if objects > 0 {
            let files = objects / 10;
            support::write_manifests(&client.path("others"), files, objects).unwrap();
        }
        let opened = Instant::now();
        client.open("big.yaml", 1, &text);
        client.diagnostics("big.yaml", 1);
        let open = opened.elapsed();
        // The first checks of the workspace are over.
        std::thread::sleep(Duration::from_secs(2) + open * 2);
        let mut waits: Vec<_> = (2..CHANGES + 2)
            .map(|version| {
                let started = Instant::now();
                client.edit("big.yaml", version, on_line(3, 10, 10), "x");
                client.diagnostics("big.yaml", version);
                let waited = started.elapsed();
                std::thread::sleep(Duration::from_millis(20));
                waited
            })
            .collect();
        waits.sort();
        let ms = |wait: Duration| wait.as_secs_f64() * 1e3;
        let (median, worst) = (waits[waits.len() / 2], waits[waits.len() - 1]);
        println!(
            "2,000 lines beside {objects:>6} objects: open {:.0} ms, change {:.0} ms (median), {:.0} ms (worst)",
            ms(open),
            ms(median),
            ms(worst)
        );
    }
}

/// Deployments of 40 lines each, as teams write them.
fn deployments() -> String {
    let mut text = String::new();
    for index in 0..52 {
        let _ = write!(
            text,
            "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web-{index}\n  namespace: shop\n  labels:\n    \
             app: web-{index}\nspec:\n  replicas: 3\n  selector:\n    matchLabels:\n      app: web-{index}\n  template:\n    \
             metadata:\n      labels:\n        app: web-{index}\n    spec:\n      serviceAccountName: web\n      \
             automountServiceAccountToken: false\n      containers:\n      - name: web\n        \
             image: registry.example/web:1.{index}\n        ports:\n        - name: http\n          containerPort: 8080\n        \
             resources:\n          requests:\n            cpu: 100m\n            memory: 128Mi\n          limits:\n            \
             memory: 128Mi\n        readinessProbe:\n          httpGet:\n            path: /ready\n            port: http\n        \
             securityContext:\n          runAsNonRoot: true\n          allowPrivilegeEscalation: false\n---\n"
        );
    }
    text
}
