//! A running httpd, and requests to it.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use seatrial_access::web::httpd::{Config, Files, read};
use seatrial_access::web::{Client, Condition, Endpoint, Local, Request, WebAnswer, WebServer};
use seatrial_core::SourceFile;

use crate::server::{Running, ask, free_port, program, wait, write_files};

/// The files of the document root, each with its name as its content.
pub(crate) const FILES: [&str; 13] = [
    "index.html",
    "a.txt",
    "open.txt",
    "secret.txt",
    ".htsecret",
    "images/pic.txt",
    "d/index.html",
    "d/x.php",
    "d/sub/b.txt",
    "d/sub/x.php",
    "p/a.txt",
    "p/secret/f.txt",
    "x.php",
];

/// The modules that are loaded, in an order in which they find one another.
const MODULES: [&str; 20] = [
    "mpm_prefork",
    "authz_core",
    "authn_core",
    "authz_host",
    "authz_user",
    "authz_groupfile",
    "authn_file",
    "auth_basic",
    "access_compat",
    "alias",
    "dir",
    "mime",
    "env",
    "setenvif",
    "rewrite",
    "allowmethods",
    "proxy",
    "proxy_http",
    "negotiation",
    "remoteip",
];

/// Files in memory: `.htaccess` files by the directories that they are in.
#[derive(Default)]
pub(crate) struct InMemory(pub(crate) BTreeMap<String, Arc<SourceFile>>);

impl Files for InMemory {
    fn included(&mut self, _: &str) -> Result<Vec<Arc<SourceFile>>, String> {
        Ok(Vec::new())
    }

    fn in_directories(&mut self, _: &str) -> Vec<(String, Arc<SourceFile>)> {
        self.0.iter().map(|(name, file)| (name.clone(), Arc::clone(file))).collect()
    }
}

/// A configuration with the folder that it is about, and the server if there is one.
pub(crate) struct Trial {
    pub(crate) config: Config,
    folder: tempfile::TempDir,
    pub(crate) port: u16,
    server: Option<Running>,
}

/// `.htaccess` files: a directory of the document root (`d/sub`), and what is in it.
pub(crate) type Htaccess = Vec<(&'static str, String)>;

impl Trial {
    /// Reads a configuration for no folder that is there.
    pub(crate) fn read(text: &str, htaccess: &Htaccess) -> Config {
        let folder = Path::new("/srv/x");
        config(&replaced(&with_modules(text), folder, 8080), folder, htaccess)
    }

    /// Starts a server with this configuration, in which `PORT`, `ROOT`, `USERS` and `GROUPS` are replaced.
    pub(crate) fn start(text: &str, htaccess: &Htaccess) -> Self {
        let folder = tempfile::Builder::new().prefix("seatrial-httpd").tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        write_files(folder.path(), &FILES);
        // The passwords are `one` and `two`.
        let ann = "ann:{SHA}/gW83NxJKAEngaXxoqd8u1OY4QY=\n";
        let bob = "bob:{SHA}rXguzax3D8brmmLkT5CHP7l/sms=\n";
        fs::write(folder.path().join("users1"), ann).unwrap();
        fs::write(folder.path().join("users2"), format!("{bob}{ann}")).unwrap();
        fs::write(folder.path().join("groups"), "staff: ann\nall: ann bob\n").unwrap();
        let program = program("apache2");
        for _ in 0..5 {
            let port = free_port();
            let replaced = |text: &str| replaced(text, folder.path(), port);
            for (directory, text) in htaccess {
                let path = folder.path().join("root").join(directory).join(".htaccess");
                fs::write(path, replaced(text)).unwrap();
            }
            let text = replaced(&with_modules(text));
            let config = config(&text, folder.path(), htaccess);
            let Some(program) = &program else {
                return Self { config, folder, port, server: None };
            };
            let mut child = run(program, folder.path(), &text);
            if wait(&mut child, port) {
                return Self { config, folder, port, server: Some(Running(child)) };
            }
            let _ = child.kill();
            let output = child.wait_with_output().unwrap();
            let mut error = String::from_utf8_lossy(&output.stderr).into_owned();
            error += &fs::read_to_string(folder.path().join("error.log")).unwrap_or_default();
            assert!(error.contains("Address already in use"), "{error}\n{text}");
        }
        panic!("no free ports")
    }

    pub(crate) fn request(&self, method: &str, path: &str) -> Request {
        let client = Client::Address("127.0.0.1".parse().unwrap());
        let local = Local::Address("127.0.0.1".parse().unwrap());
        Request::new(Endpoint { local, port: self.port }, "localhost", method, path, client)
    }

    pub(crate) const fn is_live(&self) -> bool {
        self.server.is_some()
    }

    /// Where the files are.
    pub(crate) fn root(&self) -> std::path::PathBuf {
        self.folder.path().join("root")
    }

    /// Whether what a condition names exists.
    fn exists(&self, key: &str, request: &Request) -> bool {
        let plain = self.config.normalised(&request.endpoint, &request.host, &request.path);
        let plain = String::from_utf8(plain.unwrap()).unwrap();
        let (key, part) =
            key.split_once(" up to its part ").map_or((key, None), |(k, p)| (k, Some(p)));
        let named = match key.split_once("[behind ") {
            Some((to, rest)) => {
                let (prefix, rest) = rest.split_once(']').unwrap();
                let more = rest.strip_prefix("$uri").unwrap();
                let merged = plain.replace("//", "/").replace("//", "/");
                format!("{to}{}{more}", merged.strip_prefix(prefix).unwrap())
            }
            None => key.replace("$uri", &plain),
        };
        let mut named = named;
        while named.contains("//") {
            named = named.replace("//", "/");
        }
        if let Some(part) = part {
            let slash = named.match_indices('/').nth(part.parse().unwrap()).unwrap().0;
            return Path::new(&named[..slash]).is_file();
        }
        let path = Path::new(&named);
        assert!(path.starts_with(self.folder.path()), "{key}");
        if named.ends_with('/') { path.is_dir() } else { path.is_file() }
    }

    /// Decides a request here; files are as they are.
    pub(crate) fn decide(&self, request: &Request) -> WebAnswer {
        let mut request = request.clone();
        for _ in 0..40 {
            let answer = WebAnswer::of(&self.config, request.clone());
            let mut more = false;
            for condition in &answer.open {
                if let Condition::Exists(file) = condition {
                    let there = self.exists(file, &request);
                    more |= request.files.insert(file.to_string(), there).is_none();
                }
            }
            if !more {
                return answer;
            }
        }
        panic!("conditions without end")
    }

    /// Asks the server: its status and the body.
    pub(crate) fn ask(&self, request: &Request) -> (u16, String) {
        ask(self.port, request, "")
    }
}

fn replaced(text: &str, folder: &Path, port: u16) -> String {
    let folder = folder.to_str().unwrap();
    text.replace("PORT", &port.to_string())
        .replace("ROOT", &format!("{folder}/root"))
        .replace("USERS", &format!("{folder}/users"))
        .replace("GROUPS", &format!("{folder}/groups"))
}

/// A configuration with the modules that it needs. `mod_allowmethods` makes httpd ask more often: it
/// is there where its directive is.
pub(crate) fn with_modules(text: &str) -> String {
    let wanted =
        MODULES.into_iter().filter(|it| *it != "allowmethods" || text.contains("AllowMethods"));
    let modules = wanted
        .map(|name| format!("LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n"));
    modules.collect::<String>() + text
}

/// The configuration as it is read here, for a folder with a root.
pub(crate) fn config(text: &str, folder: &Path, htaccess: &Htaccess) -> Config {
    let file = Arc::new(SourceFile::new("httpd.conf", text));
    let root = folder.join("root");
    let files = htaccess.iter().map(|(directory, text)| {
        let path = root.join(directory);
        let path = path.to_str().unwrap().trim_end_matches('/').to_owned();
        let text = replaced(text, folder, 0);
        (path.clone(), Arc::new(SourceFile::new(format!("{path}/.htaccess"), text)))
    });
    let mut config = read(&file, &mut InMemory(files.collect()));
    let users = [("users1", &["ann"][..]), ("users2", &["bob", "ann"][..])];
    for (name, known) in users {
        let known = known.iter().map(|it| (*it).to_owned()).collect();
        config.users.insert(folder.join(name).to_str().unwrap().to_owned(), known);
    }
    let groups = folder.join("groups");
    config.add_groups(groups.to_str().unwrap(), "staff: ann\nall: ann bob\n");
    config
}

/// What every server here has.
pub(crate) const BASE: &str = "ServerName localhost\nListen 127.0.0.1:PORT\nListen [::1]:PORT\n\
    DocumentRoot \"ROOT\"\n";

fn run(program: &Path, folder: &Path, text: &str) -> Child {
    let text = format!(
        "ServerRoot {0}\nPidFile {0}/pid\nDefaultRuntimeDir {0}\nErrorLog {0}/error.log\n\
         User www-data\nGroup www-data\nTypesConfig /etc/mime.types\n{text}\n",
        folder.display()
    );
    let path = folder.join("httpd.conf");
    fs::write(&path, text).unwrap();
    let mut command = Command::new(program);
    command.arg("-X").arg("-f").arg(&path);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

/// Makes sure that httpd refuses a configuration.
pub(crate) fn assert_refused(text: &str) {
    let Some(program) = program("apache2") else { return };
    let folder = tempfile::tempdir().unwrap();
    let text = replaced(&with_modules(&format!("{BASE}{text}")), folder.path(), free_port());
    let text = format!("ServerRoot {0}\nErrorLog {0}/log\n{text}\n", folder.path().display());
    let path = folder.path().join("httpd.conf");
    fs::write(&path, &text).unwrap();
    let output = Command::new(program).arg("-t").arg("-f").arg(&path).output().unwrap();
    let log = fs::read_to_string(folder.path().join("log")).unwrap_or_default();
    assert!(!output.status.success() || log.contains("AH01624"), "{text}");
}
