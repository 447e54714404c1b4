//! The configuration that Debian installs, as far as it is installed here.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use seatrial_access::Decision;
use seatrial_access::web::httpd::{Files, read};
use seatrial_access::web::{Client, Request, WebAnswer, WebServer, diff};
use seatrial_core::SourceFile;

use crate::server::program;

const FOLDER: &str = "/etc/apache2";

/// Files below the folder, by names with one `*` at most.
struct Installed;

impl Files for Installed {
    fn included(&mut self, pattern: &str) -> Result<Vec<Arc<SourceFile>>, String> {
        let path = Path::new(FOLDER).join(pattern);
        let name = path.file_name().unwrap().to_str().unwrap();
        let (begin, end) = name.split_once('*').unwrap_or((name, ""));
        let folder = path.parent().unwrap();
        let mut names: Vec<_> = fs::read_dir(folder)
            .into_iter()
            .flatten()
            .map(|it| it.unwrap().file_name().into_string().unwrap())
            .filter(|it| {
                if name.contains('*') {
                    it.ends_with(end) && it.starts_with(begin)
                } else {
                    it == name
                }
            })
            .collect();
        names.sort();
        let file = |name: &String| {
            let text = fs::read_to_string(folder.join(name)).unwrap();
            Arc::new(SourceFile::new(folder.join(name).to_str().unwrap(), text))
        };
        Ok(names.iter().map(file).collect())
    }

    fn in_directories(&mut self, _: &str) -> Vec<(String, Arc<SourceFile>)> {
        Vec::new()
    }
}

#[test]
fn what_debian_ships_is_read_and_decided() {
    if program("apache2").is_none() {
        return;
    }
    let text = fs::read_to_string(Path::new(FOLDER).join("apache2.conf")).unwrap();
    let file = Arc::new(SourceFile::new("apache2.conf", text));
    let config = read(&file, &mut Installed);
    assert_eq!(config.findings, []);
    let (mut requests, mut unknown) = (0_usize, 0_usize);
    for endpoint in config.endpoints() {
        for path in [
            "/",
            "/index.html",
            "/icons/x.png",
            "/icons/",
            "/.htaccess",
            "/a/.htpasswd/b",
            "/server-status",
            "/cgi-bin/x",
            "/manual/",
            "/a/b.php/c",
            "/javascript/x.js",
            "/~ann/x",
            "/a%2fb",
            "//x",
        ] {
            for method in ["GET", "POST", "OTHER"] {
                for from in ["127.0.0.1", "203.0.113.9", "2001:db8::1"] {
                    let client = Client::Address(from.parse().unwrap());
                    let mut request =
                        Request::new(endpoint.clone(), "localhost", method, path, client);
                    // Files are there, and none leads to more.
                    let mut answer = WebAnswer::of(&config, request.clone());
                    for condition in answer.open.clone() {
                        if let seatrial_access::web::Condition::Exists(file) = condition {
                            let there = !file.contains(" up to its part ");
                            request.files.insert(file.to_string(), there);
                        }
                    }
                    answer = WebAnswer::of(&config, request);
                    requests += 1;
                    unknown += usize::from(answer.decision == Decision::Unknown);
                }
            }
        }
    }
    eprintln!(
        "what Debian ships: {} files, {} sites, {requests} requests, {unknown} unknown",
        config.files.len(),
        config.sites.len()
    );
    assert!(config.sites.len() > 1 && requests > 100);
    assert_eq!(unknown, 0);
    let found = diff(&config, &config, 10).unwrap();
    assert_eq!((found.differences.total(), found.undecided.len()), (0, 0));
}
