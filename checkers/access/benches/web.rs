//! Configurations of nginx compared, and how that grows with locations.
//!
//! `cargo bench -p seatrial-access --bench web` prints a table of growth before the benchmarks.

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
use seatrial_access::web::diff;
use seatrial_access::web::nginx::{Config, read};
use seatrial_core::SourceFile;

use clock::{milliseconds, timed};

const LISTED: usize = 100;

/// A server: of twenty locations, two are exact, one has an expression (up to thirty of these), and
/// all others are prefixes. `changed`: each twentieth lets in one more network.
fn text(locations: usize, changed: bool) -> String {
    let mut text = "http { server { listen 80; server_name example.com;\n".to_owned();
    for at in 0..locations {
        let more = if changed && at % 20 == 3 { " allow 192.168.0.0/16;" } else { "" };
        let rules = format!("allow 10.{}.0.0/16;{more} deny all;", at % 7);
        let _ = match at % 20 {
            0 if at < 600 => {
                writeln!(text, "location ~ ^/files/{at}/.*\\.(php|inc)$ {{ deny all; }}")
            }
            1 | 2 => writeln!(text, "location = /exact/{at} {{ {rules} }}"),
            kind => writeln!(
                text,
                "location /service-{kind}/part-{at}/ {{ {rules} proxy_pass http://127.0.0.1:9; }}"
            ),
        };
    }
    text + "location / { }\nlocation ~ \\.php$ { fastcgi_pass 127.0.0.1:9; }\n} }\n"
}

fn config(text: &str) -> Config {
    let file = Arc::new(SourceFile::new("nginx.conf", text));
    read(&file, &mut |_| Err("no such file".to_owned()))
}

fn regions(old: &Config, new: &Config) -> usize {
    diff(old, new, LISTED).expect("the evaluators agree").differences.total()
}

fn growth() {
    println!("milliseconds on the processor, one run each:");
    println!("locations | read | diff | regions");
    for locations in [20, 50, 100, 200, 500, 1_000, 2_000] {
        let [old, new] = [false, true].map(|changed| text(locations, changed));
        let (before, reading) = timed(|| config(&old));
        let after = config(&new);
        let (regions, diffing) = timed(|| regions(&before, &after));
        let (reading, diffing) = (milliseconds(reading), milliseconds(diffing));
        println!("{locations:>9} | {reading} | {diffing} | {regions}");
    }
}

fn benchmarks(criterion: &mut Criterion) {
    growth();
    let [old, new] = [false, true].map(|changed| config(&text(200, changed)));
    let mut group = criterion.benchmark_group("web/200 locations");
    group.sample_size(10).warm_up_time(Duration::from_millis(500));
    group.measurement_time(Duration::from_secs(3));
    group.bench_function("diff", |bencher| {
        bencher.iter(|| regions(black_box(&old), black_box(&new)));
    });
    group.finish();
}

criterion_group!(web_benches, benchmarks);
criterion_main!(web_benches);
