//! Requests to web servers.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write as _};
use std::net::IpAddr;

use serde::{Serialize, Serializer};

use super::condition::Reply;

/// The address at which a server is reached.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Local {
    /// This address of the machine.
    Address(IpAddr),
    /// Any address of IPv4 that is not named.
    AnyV4,
    /// Any address of IPv6 that is not named.
    AnyV6,
    /// A socket in the file system.
    Unix(String),
    /// An address by a name of the machine's, which is not resolved.
    Name(String),
}

/// Where a connection is made to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Endpoint {
    /// The address.
    pub local: Local,
    /// The port; 0 for a socket in the file system.
    pub port: u16,
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let port = self.port;
        match &self.local {
            Local::Address(IpAddr::V4(address)) => write!(f, "{address}:{port}"),
            Local::Address(IpAddr::V6(address)) => write!(f, "[{address}]:{port}"),
            Local::AnyV4 => write!(f, "*:{port}"),
            Local::AnyV6 => write!(f, "[::]:{port}"),
            Local::Unix(path) => write!(f, "unix:{path}"),
            Local::Name(name) => write!(f, "{name}:{port}"),
        }
    }
}

/// Who connects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Client {
    /// Somebody at an address.
    Address(IpAddr),
    /// A process of the same machine, by a socket in the file system.
    Unix,
}

impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
            Self::Unix => f.write_str("unix:"),
        }
    }
}

/// The credentials of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum User {
    /// There are none, or none that any file of users accepts.
    #[default]
    None,
    /// Those of a user, whom every file of users accepts of which it is not known whom it accepts.
    Named(String),
    /// Those of a user whom just these files of users accept.
    Of(BTreeSet<String>),
}

/// A request, and what it meets. What is not said of conditions is not known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Request {
    /// Where it is made.
    pub endpoint: Endpoint,
    /// The host that it names, in lower case, without a port; empty if none.
    pub host: String,
    /// The method.
    pub method: String,
    /// The path as it is sent, percent-encoded, without a query.
    pub path: String,
    /// From where.
    pub client: Client,
    /// By whom.
    pub user: User,
    /// What services answer that the server asks.
    pub replies: BTreeMap<String, Reply>,
    /// Which files there are.
    pub files: BTreeMap<String, bool>,
    /// How conditions that are not modelled are taken to be.
    pub assumed: BTreeMap<String, bool>,
}

impl Request {
    /// A request for a path of a host by a client without credentials.
    pub fn new(endpoint: Endpoint, host: &str, method: &str, path: &str, client: Client) -> Self {
        Self {
            endpoint,
            host: host.to_owned(),
            method: method.to_owned(),
            path: path.to_owned(),
            client,
            user: User::None,
            replies: BTreeMap::new(),
            files: BTreeMap::new(),
            assumed: BTreeMap::new(),
        }
    }

    /// `curl` for it, as far as its client and what it meets are not concerned.
    pub fn curl(&self) -> String {
        let mut words = vec!["curl --path-as-is".to_owned()];
        match self.method.as_str() {
            "GET" => {}
            "HEAD" => words.push("--head".to_owned()),
            method => words.push(format!("--request {method}")),
        }
        let anonymous = match &self.user {
            User::None => true,
            User::Named(_) => false,
            User::Of(files) => files.is_empty(),
        };
        if !anonymous {
            words.push("--user USER:PASSWORD".to_owned());
        }
        let host = match &self.endpoint.local {
            Local::Address(IpAddr::V6(address)) => format!("[{address}]"),
            Local::Address(address) => address.to_string(),
            Local::Unix(path) => {
                words.push(format!("--unix-socket '{path}'"));
                "localhost".to_owned()
            }
            Local::Name(name) => name.clone(),
            Local::AnyV4 => "127.0.0.1".to_owned(),
            Local::AnyV6 => "[::1]".to_owned(),
        };
        words.push(format!("--header 'Host: {}'", self.host));
        let port = if self.endpoint.port == 0 {
            String::new()
        } else {
            format!(":{}", self.endpoint.port)
        };
        words.push(format!("'http://{host}{port}{}'", self.path));
        words.join(" ")
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { endpoint, host, method, path, client, .. } = self;
        let host = if host.is_empty() { "no host" } else { host };
        write!(f, "{method} {path} to {host} at {endpoint} from {client}")?;
        match &self.user {
            User::None => {}
            User::Named(name) => write!(f, " as {name}")?,
            User::Of(files) if files.is_empty() => {}
            User::Of(files) => {
                let files: Vec<_> = files.iter().map(String::as_str).collect();
                write!(f, " with credentials of {}", files.join(", "))?;
            }
        }
        for (service, reply) in &self.replies {
            write!(f, ", {service} answers {reply}")?;
        }
        for (file, there) in &self.files {
            write!(f, ", {file} {}", if *there { "exists" } else { "does not exist" })?;
        }
        Ok(())
    }
}

impl Serialize for Request {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Shown<'r> {
            endpoint: String,
            host: &'r str,
            method: &'r str,
            path: &'r str,
            client: String,
            #[serde(skip_serializing_if = "Option::is_none")]
            user: Option<String>,
            #[serde(skip_serializing_if = "BTreeMap::is_empty")]
            replies: &'r BTreeMap<String, Reply>,
            #[serde(skip_serializing_if = "BTreeMap::is_empty")]
            files: &'r BTreeMap<String, bool>,
        }
        let user = match &self.user {
            User::None => None,
            User::Named(name) => Some(name.clone()),
            User::Of(files) if files.is_empty() => None,
            User::Of(files) => {
                Some(format!("of {}", files.iter().cloned().collect::<Vec<_>>().join(", ")))
            }
        };
        let shown = Shown {
            endpoint: self.endpoint.to_string(),
            host: &self.host,
            method: &self.method,
            path: &self.path,
            client: self.client.to_string(),
            user,
            replies: &self.replies,
            files: &self.files,
        };
        shown.serialize(serializer)
    }
}

/// Bytes as the path of a URL: what is not plain there is percent-encoded.
pub fn percent_encoded(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for &byte in bytes {
        if byte.is_ascii_alphanumeric() || b"/-._~!$&()*+,;=:@".contains(&byte) {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "%{byte:02x}");
        }
    }
    text
}
