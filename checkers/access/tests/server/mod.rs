//! What tests of all web servers share: files, random choices, and requests over a socket.

pub(crate) mod gallery;

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::{Duration, Instant};

use rand_pcg::Pcg32;
use rand_pcg::rand_core::Rng;
use seatrial_access::web::{Client, Request, User};
use socket2::{Domain, Socket, Type};

/// The program of a server, if it is installed; it must be where `CI=true`.
pub(crate) fn program(name: &str) -> Option<PathBuf> {
    let folders = ["/usr/sbin", "/usr/bin", "/usr/local/sbin"];
    let found = folders.into_iter().map(|folder| Path::new(folder).join(name));
    let found = found.into_iter().find(|path| path.exists());
    if found.is_none() {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "{name} is not installed");
        eprintln!("SKIPPED: {name} is not installed, so that nothing was compared with it");
    }
    found
}

/// A server that runs until this is dropped.
pub(crate) struct Running(pub(crate) Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Puts files below `root` in a folder, each with its name as its content.
pub(crate) fn write_files(folder: &Path, names: &[&str]) {
    for name in names {
        let path = folder.join("root").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, format!("file {name}")).unwrap();
    }
}

/// Waits until a server answers; no longer than some seconds.
pub(crate) fn wait(child: &mut Child, port: u16) -> bool {
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(10) {
        if child.try_wait().unwrap().is_some() {
            return false;
        }
        if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    false
}

/// Asks the server at a port of this machine, with more headers: its status and the body.
pub(crate) fn ask(port: u16, request: &Request, headers: &str) -> (u16, String) {
    let Client::Address(client) = request.client else { panic!("a client without an address") };
    let target: IpAddr = match client {
        IpAddr::V4(_) => "127.0.0.1".parse().unwrap(),
        IpAddr::V6(_) => "::1".parse().unwrap(),
    };
    let domain = if client.is_ipv4() { Domain::IPV4 } else { Domain::IPV6 };
    let socket = Socket::new(domain, Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::new(client, 0).into()).unwrap();
    socket.connect(&SocketAddr::new(target, port).into()).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let mut socket = std::net::TcpStream::from(socket);
    let Request { method, path, host, .. } = request;
    let mut text = if host.is_empty() {
        format!("{method} {path} HTTP/1.0\r\n")
    } else {
        format!("{method} {path} HTTP/1.1\r\nConnection: close\r\nHost: {host}\r\n")
    };
    if let User::Named(name) = &request.user {
        let code = match name.as_str() {
            "ann" => "YW5uOm9uZQ==", // ann:one
            "bob" => "Ym9iOnR3bw==", // bob:two
            _ => "eDp5",             // x:y
        };
        text += &format!("Authorization: Basic {code}\r\n");
    }
    text += headers;
    if matches!(method.as_str(), "POST" | "PUT") {
        text += "Content-Length: 0\r\n";
    }
    socket.write_all(format!("{text}\r\n").as_bytes()).unwrap();
    let mut answer = Vec::new();
    let _ = socket.read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let status = answer.split(' ').nth(1).and_then(|it| it.parse().ok()).unwrap_or(444);
    let body = answer.split_once("\r\n\r\n").map_or("", |it| it.1).to_owned();
    (status, body)
}

/// Random choices of constructs that have fixed frequencies.
pub(crate) struct Source {
    pub(crate) random: Pcg32,
    /// How often each construct is chosen, of a hundred times that it could be.
    frequencies: &'static [(&'static str, u32)],
    used: BTreeMap<&'static str, usize>,
}

impl Source {
    pub(crate) fn new(seed: u64, frequencies: &'static [(&'static str, u32)]) -> Self {
        Self { random: Pcg32::new(seed, 9), frequencies, used: BTreeMap::new() }
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.random.next_u32()).unwrap() % bound
    }

    pub(crate) fn pick<'t>(&mut self, all: &[&'t str]) -> &'t str {
        all[self.below(all.len())]
    }

    /// A path of some of these parts, behind slashes of all kinds.
    pub(crate) fn path(&mut self, parts: &[&str]) -> String {
        let mut path = String::new();
        for _ in 0..=self.below(3) {
            path += self.pick(&["/", "/", "/", "/", "/", "//", "/./", "%2f"]);
            path += self.pick(parts);
        }
        if !path.starts_with('/') {
            path.insert(0, '/');
        }
        path
    }

    /// Whether a construct is used here.
    pub(crate) fn chance(&mut self, construct: &'static str) -> bool {
        let found = self.frequencies.iter().find(|(name, _)| *name == construct);
        let &(name, percent) = found.unwrap_or_else(|| panic!("no frequency of {construct}"));
        let yes = self.random.next_u32() % 100 < percent;
        *self.used.entry(name).or_default() += usize::from(yes);
        yes
    }

    /// The frequencies, and how often each construct was used.
    pub(crate) fn constructs(&self) -> String {
        let used = self.frequencies.iter().map(|(name, percent)| {
            format!("{name} {percent} % ({})", self.used.get(name).unwrap_or(&0))
        });
        used.collect::<Vec<_>>().join(", ")
    }
}

/// What is asked for by the environment: how many configurations, and the seed.
pub(crate) fn wanted() -> (usize, u64) {
    let number = std::env::var("SEATRIAL_FUZZ_CONFIGS").ok().and_then(|it| it.parse().ok());
    let seed = std::env::var("SEATRIAL_FUZZ_SEED").ok().and_then(|it| it.parse().ok());
    (number.unwrap_or(20), seed.unwrap_or(1))
}

/// From where requests come.
pub(crate) const CLIENTS: [&str; 6] =
    ["127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.1.1", "127.9.9.9", "::1"];
