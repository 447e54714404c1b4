//! How much of what Debian's package installs is unknown here: of all requests, none.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use seatrial_access::web::nginx::{Config, lint, read};
use seatrial_access::web::{WebRegion, visits};
use seatrial_core::{Found, SourceFile};

use crate::server::program;

/// The files that a pattern means, with `*` at the end or before an ending.
fn included(pattern: &str) -> Result<Vec<Arc<SourceFile>>, String> {
    let path = Path::new("/etc/nginx").join(pattern);
    let text = path.to_str().unwrap();
    let Some((folder, ending)) = text.split_once('*') else {
        let read = fs::read_to_string(&path).map_err(|error| error.to_string())?;
        return Ok(vec![Arc::new(SourceFile::new(text, read))]);
    };
    let entries = fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path());
    let mut paths: Vec<_> =
        entries.filter(|path| path.to_str().unwrap().ends_with(ending)).collect();
    paths.sort();
    let file = |path: &std::path::PathBuf| {
        let read = fs::read_to_string(path).map_err(|error| error.to_string())?;
        Ok(Arc::new(SourceFile::new(path.to_str().unwrap(), read)))
    };
    paths.iter().map(file).collect()
}

fn config(text: &str) -> Config {
    let main = Arc::new(SourceFile::new("/etc/nginx/nginx.conf", text));
    let config = read(&main, &mut included);
    assert_eq!(config.findings, []);
    config
}

/// The site for PHP that the package explains in a comment, with its snippet.
const PHP: &str = "http { include mime.types; server { listen 80 default_server; root /var/www/html;
index index.html index.htm; server_name _;
location / { try_files $uri $uri/ =404; }
location ~ \\.php$ { include snippets/fastcgi-php.conf; fastcgi_pass unix:/run/php/php7.4-fpm.sock; }
location ~ /\\.ht { deny all; } } }";

#[test]
fn nothing_of_what_debian_ships_is_unknown() {
    if program("nginx").is_none() || !Path::new("/etc/nginx/sites-available/default").exists() {
        eprintln!("SKIPPED: Debian's nginx is not installed, so that its files were not read");
        return;
    }
    let main = fs::read_to_string("/etc/nginx/nginx.conf").unwrap();
    for text in [main.as_str(), PHP] {
        let config = config(text);
        assert!(!config.servers.is_empty());
        let found = visits(&config, &WebRegion::default(), &[]);
        assert_eq!(found.unknown, [], "{text}");
        assert!(!found.allowed.is_empty());
        assert_eq!(lint(&config), Found::default());
    }
}
