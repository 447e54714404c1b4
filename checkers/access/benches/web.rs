//! Configurations of nginx and of httpd compared, and how that grows with locations and sections.
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
use seatrial_access::web::{WebServer, diff, httpd, nginx};
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

fn of_nginx(text: &str) -> nginx::Config {
    let file = Arc::new(SourceFile::new("nginx.conf", text));
    nginx::read(&file, &mut |_| Err("no such file".to_owned()))
}

/// A site of httpd: of twenty sections, one is for files, one for paths by an expression (up to thirty
/// of these), nine are for directories, and all others for paths.
fn sections(number: usize, changed: bool) -> String {
    let mut text = "Listen 80\nServerName example.com\nDocumentRoot \"/srv/www\"\n<Directory />\n\
         Require all denied\n</Directory>\n"
        .to_owned();
    for at in 0..number {
        let more = if changed && at % 20 == 3 { " 192.168.0.0/16" } else { "" };
        let rules = format!("Require ip 10.{}.0.0/16{more}", at % 7);
        let (name, what) = match at % 20 {
            0 if at < 600 => ("LocationMatch", format!("^/files/{at}/.*\\.(php|inc)$")),
            1 if at < 600 => ("Files", format!("secret-{at}.txt")),
            kind if kind % 2 == 0 => ("Directory", format!("/srv/www/service-{kind}/part-{at}")),
            kind => ("Location", format!("/service-{kind}/part-{at}/")),
        };
        let _ = writeln!(text, "<{name} \"{what}\">\n{rules}\n</{name}>");
    }
    text
}

/// A configuration without other files.
struct Alone;

impl httpd::Files for Alone {
    fn included(&mut self, _: &str) -> Result<Vec<Arc<SourceFile>>, String> {
        Ok(Vec::new())
    }

    fn in_directories(&mut self, _: &str) -> Vec<(String, Arc<SourceFile>)> {
        Vec::new()
    }
}

fn of_httpd(text: &str) -> httpd::Config {
    let file = Arc::new(SourceFile::new("httpd.conf", text));
    httpd::read(&file, &mut Alone)
}

fn regions(old: &dyn WebServer, new: &dyn WebServer) -> usize {
    diff(old, new, LISTED).expect("the evaluators agree").differences.total()
}

fn growth<S: WebServer>(
    what: &str,
    text: &dyn Fn(usize, bool) -> String,
    config: &dyn Fn(&str) -> S,
) {
    println!("milliseconds on the processor, one run each:");
    println!("{what} | read | diff | regions");
    for number in [20, 50, 100, 200, 500, 1_000, 2_000] {
        let [old, new] = [false, true].map(|changed| text(number, changed));
        let (before, reading) = timed(|| config(&old));
        let after = config(&new);
        let (regions, diffing) = timed(|| regions(&before, &after));
        let (reading, diffing) = (milliseconds(reading), milliseconds(diffing));
        println!("{number:>9} | {reading} | {diffing} | {regions}");
    }
}

fn benchmarks(criterion: &mut Criterion) {
    growth("locations of nginx", &text, &of_nginx);
    growth("sections of httpd", &sections, &of_httpd);
    let nginx = [false, true].map(|changed| of_nginx(&text(200, changed)));
    let httpd = [false, true].map(|changed| of_httpd(&sections(200, changed)));
    let mut group = criterion.benchmark_group("web/200 locations");
    group.sample_size(10).warm_up_time(Duration::from_millis(500));
    group.measurement_time(Duration::from_secs(3));
    group.bench_function("diff nginx", |bencher| {
        let [old, new] = &nginx;
        bencher.iter(|| regions(black_box(old), black_box(new)));
    });
    group.bench_function("diff httpd", |bencher| {
        let [old, new] = &httpd;
        bencher.iter(|| regions(black_box(old), black_box(new)));
    });
    group.finish();
}

criterion_group!(web_benches, benchmarks);
criterion_main!(web_benches);
