//! The classic mistakes of `corpus/access/web/nginx/`.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use seatrial_access::web::nginx::{Config, lint, read, rules};
use seatrial_core::SourceFile;

fn config(folder: &Path) -> Config {
    let text = fs::read_to_string(folder.join("nginx.conf")).unwrap();
    let file = Arc::new(SourceFile::new("nginx.conf", text));
    let config = read(&file, &mut |_| Err("no such file".to_owned()));
    assert_eq!(config.findings, [], "{}", folder.display());
    config
}

#[test]
fn mistakes_open_what_they_are_said_to_open() {
    let lint = |config: &Config| lint(config).findings;
    let shown = crate::server::gallery::check("nginx", 11, &config, &lint);
    let without: Vec<_> = rules::LINTS.iter().filter(|rule| !shown.contains(**rule)).collect();
    assert!(without.is_empty(), "no case shows {without:?}");
}
