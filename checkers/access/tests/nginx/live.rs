//! A running nginx, and requests to it.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use seatrial_access::web::nginx::{Config, read};
use seatrial_access::web::{
    Client, Condition, Endpoint, Local, Reply, Request, WebAnswer, WebServer,
};
use seatrial_core::SourceFile;

use crate::server::{Running, ask, free_port, program, wait, write_files};

/// A configuration with the folder that it is about, and the server if there is one.
pub(crate) struct Trial {
    pub(crate) config: Config,
    folder: tempfile::TempDir,
    pub(crate) port: u16,
    server: Option<Running>,
}

/// The files of the document root, each with its name as its content.
pub(crate) const FILES: [&str; 8] = [
    "index.html",
    "a.txt",
    "open.txt",
    "secret.txt",
    "images/pic.txt",
    "d/index.html",
    "d/x.php",
    "p/a.txt",
];

/// What runs behind the server: it answers `backend`, and at `/ask` the status that a header asks for.
const BACKEND: &str = "server { listen 127.0.0.1:BACK; merge_slashes off; location = /ask { \
    if ($http_x_reply = 401) { return 401; } if ($http_x_reply = 403) { return 403; } \
    if ($http_x_reply = 500) { return 500; } return 200 backend; } location / { return 200 backend; } }";

impl Trial {
    /// Starts a server with this content of `http`, in which `PORT`, `BACK` and `ROOT` are replaced.
    pub(crate) fn start(http: &str) -> Self {
        let folder = tempfile::Builder::new().prefix("seatrial-nginx").tempdir().unwrap();
        write_files(folder.path(), &FILES);
        fs::write(folder.path().join("users1"), "ann:{PLAIN}one\n").unwrap();
        fs::write(folder.path().join("users2"), "bob:{PLAIN}two\nann:{PLAIN}one\n").unwrap();
        let program = program("nginx");
        for _ in 0..5 {
            let (port, back) = (free_port(), free_port());
            let root = folder.path().join("root");
            let text = |text: &str| {
                let text =
                    text.replace("PORT", &port.to_string()).replace("BACK", &back.to_string());
                text.replace("ROOT", root.to_str().unwrap())
                    .replace("USERS", folder.path().join("users").to_str().unwrap())
            };
            let (http, backend) = (text(http), text(BACKEND));
            let config = config(&http);
            let Some(program) = &program else {
                return Self { config, folder, port, server: None };
            };
            let mut child = run(program, folder.path(), &format!("{http}\n{backend}"));
            if wait(&mut child, port) {
                return Self { config, folder, port, server: Some(Running(child)) };
            }
            let _ = child.kill();
            let output = child.wait_with_output().unwrap();
            let error = String::from_utf8_lossy(&output.stderr);
            assert!(error.contains("Address already in use"), "{error}\n{http}");
        }
        panic!("no free ports")
    }

    /// The endpoint of the server.
    pub(crate) fn endpoint(&self) -> Endpoint {
        Endpoint { local: Local::Address("127.0.0.1".parse().unwrap()), port: self.port }
    }

    pub(crate) fn request(&self, method: &str, path: &str) -> Request {
        let client = Client::Address("127.0.0.1".parse().unwrap());
        Request::new(self.endpoint(), "localhost", method, path, client)
    }

    pub(crate) const fn is_live(&self) -> bool {
        self.server.is_some()
    }

    /// Whether something is a file; `None` if there is nothing of that name.
    pub(crate) fn kind(path: &str) -> Option<bool> {
        let path = Path::new(path);
        path.exists().then(|| path.is_file())
    }

    /// Whether a file that a condition names exists.
    fn exists(&self, key: &str, request: &Request) -> bool {
        let plain = self.config.normalised(&request.endpoint, &request.host, &request.path);
        let plain = String::from_utf8(plain.unwrap()).unwrap();
        let path = key.replace("$uri", &plain);
        let path = Path::new(&path);
        assert!(path.starts_with(self.folder.path()), "{key}");
        if key.ends_with('/') { path.is_dir() } else { path.is_file() }
    }

    /// Decides a request here; files are as they are, and `reply` is what services answer.
    pub(crate) fn decide(&self, request: &Request, reply: Reply) -> WebAnswer {
        let mut request = request.clone();
        for _ in 0..20 {
            let answer = WebAnswer::of(&self.config, request.clone());
            let mut more = false;
            for condition in &answer.open {
                match condition {
                    Condition::Exists(file) => {
                        let there = self.exists(file, &request);
                        more |= request.files.insert(file.to_string(), there).is_none();
                    }
                    Condition::Answers(service, _) => {
                        more |= request.replies.insert(service.to_string(), reply).is_none();
                    }
                    _ => {}
                }
            }
            if !more {
                return answer;
            }
        }
        panic!("conditions without end")
    }

    /// Asks the server: its status and the body.
    pub(crate) fn ask(&self, request: &Request, reply: Reply) -> (u16, String) {
        let header = match reply {
            Reply::Success => "",
            Reply::Unauthorized => "X-Reply: 401\r\n",
            Reply::Forbidden => "X-Reply: 403\r\n",
            Reply::Other => "X-Reply: 500\r\n",
        };
        ask(self.port, request, header)
    }
}

/// The configuration as it is read here.
pub(crate) fn config(http: &str) -> Config {
    let file = SourceFile::new("nginx.conf", format!("http {{\n{http}\n}}\n"));
    let mut config = read(&Arc::new(file), &mut |_| Err("no such file".to_owned()));
    let users = [("users1", &["ann"][..]), ("users2", &["bob", "ann"][..])];
    for server in &config.servers {
        for level in &server.levels {
            for (name, known) in users {
                let file = level.settings.user_file.as_ref().filter(|it| it.ends_with(name));
                if let Some(file) = file {
                    let known = known.iter().map(|it| (*it).to_owned()).collect();
                    config.users.insert(file.to_string(), known);
                }
            }
        }
    }
    config
}

fn run(program: &Path, folder: &Path, http: &str) -> Child {
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|name| format!("{name}_temp_path {}/{name};\n", folder.display()))
        .concat();
    let text = format!(
        "daemon off; master_process off; user root; pid {0}/pid; error_log {0}/error.log;\n\
         events {{ worker_connections 64; }}\nhttp {{\naccess_log off;\n{temporary}{http}\n}}\n",
        folder.display()
    );
    let path = folder.join("nginx.conf");
    fs::write(&path, text).unwrap();
    let mut command = Command::new(program);
    command.arg("-c").arg(&path).arg("-p").arg(folder).arg("-e").arg("stderr");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    command.spawn().unwrap()
}
