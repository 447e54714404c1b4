//! nginx: a main file, with what it includes and the users that its files of users name.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use seatrial_access::web::nginx::{Config, lint, read};
use seatrial_core::{Severity, SourceFile};

use super::reads::step;
use super::{Reads, Site, WebKind};

/// The main file of a folder.
pub(super) const MAIN: &str = "nginx.conf";

/// Where nginx's packages install the configuration: what is included from there is sought in the
/// folder of the main file.
const INSTALLED: &str = "/etc/nginx/";

/// Files that every package of nginx has, and in which nothing decides on access: types of files, and
/// what is handed to services.
const SHIPPED: [&str; 9] = [
    "fastcgi.conf",
    "fastcgi_params",
    "koi-utf",
    "koi-win",
    "mime.types",
    "proxy_params",
    "scgi_params",
    "uwsgi_params",
    "win-utf",
];

/// Reads a configuration with what is certainly wrong with it.
pub(super) fn site(main: &Arc<SourceFile>, root: &Path, reads: &dyn Reads) -> Site {
    let config = config(main, root, reads);
    let mut findings = config.findings.clone();
    let readable = findings.iter().all(|finding| finding.severity < Severity::Error);
    let found = lint(&config);
    findings.extend(found.findings);
    let files = config.files.iter().filter(|it| !it.text().is_empty()).cloned().collect();
    let servers = config.servers.len();
    let (kind, server, undecided) = (WebKind::Nginx, Box::new(config), found.undecided);
    Site { kind, server, servers, files, findings, undecided, readable, record: Vec::new() }
}

/// Reads a configuration.
pub(super) fn config(main: &Arc<SourceFile>, root: &Path, reads: &dyn Reads) -> Config {
    let mut config = read(main, &mut |pattern| included(root, pattern, reads));
    let levels = config.servers.iter().flat_map(|server| &server.levels);
    let files: BTreeSet<_> = levels.filter_map(|it| it.settings.user_file.clone()).collect();
    for file in files {
        let path = root.join(below(&file));
        let plain = !file.contains('$') && !leaves(below(&file));
        if let Some(text) = plain.then(|| reads.text(&path).ok()).flatten() {
            config.users.insert(file.to_string(), users(text.text()));
        }
    }
    config
}

/// The users of a file of users: `NAME:HASH` a line, besides comments.
fn users(text: &str) -> BTreeSet<String> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let names = lines.filter_map(|line| line.split_once(':').map(|(name, _)| name));
    names.filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// A path as seen from the folder of the main file.
fn below(path: &str) -> &str {
    path.strip_prefix(INSTALLED).unwrap_or(path).trim_start_matches('/')
}

fn leaves(path: &str) -> bool {
    path.split('/').any(|part| part == "..")
}

/// The files that a pattern means. One at an absolute path elsewhere that is not below the folder, as
/// if it were the root of a machine, is there for all that is known, and not to be looked at.
fn included(root: &Path, pattern: &str, reads: &dyn Reads) -> Result<Vec<Arc<SourceFile>>, String> {
    let inside = below(pattern);
    if leaves(inside) {
        return Err("it leaves the folder of the configuration".to_owned());
    }
    if !inside.contains(['*', '?', '[']) {
        return one(&root.join(inside), pattern, inside, reads);
    }
    let mut found = vec![root.to_owned()];
    for part in inside.split('/') {
        found = step(&found, part, reads)?;
    }
    found.iter().filter(|path| !reads.is_folder(path)).map(|path| reads.text(path)).collect()
}

fn one(
    path: &Path,
    pattern: &str,
    inside: &str,
    reads: &dyn Reads,
) -> Result<Vec<Arc<SourceFile>>, String> {
    if reads.exists(path) {
        return reads.text(path).map(|file| vec![file]);
    }
    let is_installed = !pattern.starts_with('/') || pattern.starts_with(INSTALLED);
    if is_installed && SHIPPED.contains(&inside) {
        return Ok(vec![Arc::new(SourceFile::new(pattern, ""))]);
    }
    if is_installed { Err("no such file".to_owned()) } else { Ok(Vec::new()) }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// Files by path.
    #[derive(Debug)]
    struct Texts(BTreeMap<&'static str, &'static str>);

    impl Reads for Texts {
        fn text(&self, path: &Path) -> Result<Arc<SourceFile>, String> {
            let path = path.to_str().unwrap();
            let text = self.0.get(path).ok_or("no such file")?;
            Ok(Arc::new(SourceFile::new(path, *text)))
        }

        fn names_in(&self, folder: &Path) -> Vec<String> {
            let prefix = format!("{}/", folder.display());
            let below = self.0.keys().filter_map(|path| path.strip_prefix(&prefix));
            let names: BTreeSet<_> = below.filter_map(|path| path.split('/').next()).collect();
            names.into_iter().map(str::to_owned).collect()
        }

        fn is_folder(&self, path: &Path) -> bool {
            !self.exists(path)
        }

        fn exists(&self, path: &Path) -> bool {
            self.0.contains_key(path.to_str().unwrap())
        }
    }

    #[test]
    fn files_are_sought_in_the_folder_of_the_main_file() {
        let texts = Texts(BTreeMap::from([
            ("c/sites/a.conf", "server { }"),
            ("c/sites/.hidden.conf", "server { }"),
            ("c/etc/x.conf", ""),
            ("c/users", "ann:x\n# bob:y\ncarl:z:a comment\nnobody"),
        ]));
        let found = |pattern: &str| {
            let found = included(Path::new("c"), pattern, &texts);
            found.map(|files| files.iter().map(|it| it.path().to_string()).collect::<Vec<_>>())
        };
        assert_eq!(found("sites/*.conf").unwrap(), ["c/sites/a.conf"]);
        assert_eq!(found("/etc/nginx/sites/a.conf").unwrap(), ["c/sites/a.conf"]);
        assert_eq!(found("/etc/x.conf").unwrap(), ["c/etc/x.conf"]);
        assert_eq!(found("/etc/y.conf").unwrap(), [""; 0]);
        assert_eq!(found("mime.types").unwrap(), ["mime.types"]);
        assert!(found("missing.conf").is_err() && found("../x").is_err());
        let main = "http { auth_basic_user_file /etc/nginx/users; include sites/*; server { } }";
        let main = Arc::new(SourceFile::new("c/nginx.conf", main));
        let config = config(&main, Path::new("c"), &texts);
        assert_eq!(config.servers.len(), 2);
        let users = config.users.get("/etc/nginx/users").unwrap();
        assert_eq!(users.iter().map(String::as_str).collect::<Vec<_>>(), ["ann", "carl"]);
    }
}
