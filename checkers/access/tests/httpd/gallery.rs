//! The classic mistakes of `corpus/access/web/httpd/`.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use seatrial_access::Change;
use seatrial_access::web::diff;
use seatrial_access::web::httpd::{Config, lint, read, rules};
use seatrial_core::SourceFile;

use crate::live::InMemory;

/// All `.htaccess` files below a folder.
fn htaccess(folder: &Path, below: &str, into: &mut InMemory) {
    for entry in fs::read_dir(folder.join(below)).unwrap().map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap();
        if entry.path().is_dir() {
            htaccess(folder, &format!("{below}{name}/"), into);
        } else if name == ".htaccess" {
            let text = fs::read_to_string(entry.path()).unwrap();
            let file = Arc::new(SourceFile::new(format!("{below}{name}"), text));
            into.0.insert(format!("/{}", below.trim_end_matches('/')), file);
        }
    }
}

fn config(folder: &Path) -> Config {
    let text = fs::read_to_string(folder.join("httpd.conf")).unwrap();
    let mut files = InMemory::default();
    htaccess(folder, "", &mut files);
    let config = read(&Arc::new(SourceFile::new("httpd.conf", text)), &mut files);
    assert_eq!(config.findings, [], "{}", folder.display());
    config
}

#[test]
fn mistakes_open_what_they_are_said_to_open() {
    let lint = |config: &Config| lint(config).findings;
    let shown = crate::server::gallery::check("httpd", 12, &config, &lint);
    let without: Vec<_> = rules::LINTS.iter().filter(|rule| !shown.contains(**rule)).collect();
    assert!(without.is_empty(), "no case shows {without:?}");
}

/// Requests with `%2f` are refused, decoded or taken as they are: what that changes is opened, and
/// never equal.
#[test]
fn a_change_of_encoded_slashes_is_seen() {
    let with = |setting: &str| {
        let text = format!(
            "Listen 80\nServerName x\nDocumentRoot /srv\n{setting}\n<Location />\nRequire all granted\n</Location>\n"
        );
        let file = Arc::new(SourceFile::new("httpd.conf", text));
        let config = read(&file, &mut InMemory::default());
        assert_eq!(config.findings, [], "{setting}");
        config
    };
    let settings = ["Off", "NoDecode", "On"].map(|it| with(&format!("AllowEncodedSlashes {it}")));
    let [off, no_decode, on] = &settings;
    for (old, new) in [(off, no_decode), (off, on)] {
        let found = diff(old, new, 10).unwrap();
        assert!(found.differences.listed.iter().any(|it| it.change == Change::Opened));
        assert!(!found.undecided.is_empty());
        let closed = diff(new, old, 10).unwrap();
        assert!(closed.differences.listed.iter().any(|it| it.change == Change::Closed));
    }
    assert!(!diff(no_decode, on, 10).unwrap().undecided.is_empty());
    let same = diff(on, on, 10).unwrap();
    assert_eq!((same.differences.total(), same.undecided.len()), (0, 0));
}
