//! The door to the network, and the only one: requests to a language model.

use std::time::Duration;

use ureq::{Agent, Error, Proxy};

use super::Key;

/// The largest reply that is read.
const MOST_BYTES: u64 = 1 << 20;

/// How long to wait where the endpoint says "later" and not when.
const LATER: Duration = Duration::from_secs(1);

/// The address that questions go to: what ends in `/chat/completions` as it is, else with
/// `/v1/chat/completions` behind it. Secrets do not belong into addresses, which are shown.
pub fn url_of(text: &str) -> Result<String, String> {
    let known = ["http://", "https://"].into_iter().find_map(|scheme| text.strip_prefix(scheme));
    let Some(rest) = known else {
        return Err(format!("`{text}` does not begin with `http://` or `https://`"));
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if host.is_empty() {
        return Err(format!("`{text}` names no host"));
    }
    if host.contains('@') {
        return Err("the address holds a user: put a key into `SEATRIAL_LLM_KEY`".to_owned());
    }
    let base = text.trim_end_matches('/');
    Ok(match base {
        _ if base.ends_with("/chat/completions") => base.to_owned(),
        _ if base.ends_with("/v1") => format!("{base}/chat/completions"),
        _ => format!("{base}/v1/chat/completions"),
    })
}

/// Why there is no reply.
pub(super) struct Failure {
    /// What went wrong, as a lower-case fragment.
    pub(super) message: String,
    /// When to try again, if the endpoint asks for that.
    pub(super) later: Option<Duration>,
}

/// An endpoint that requests go to.
pub(super) struct Endpoint {
    agent: Agent,
    url: String,
    key: Option<Key>,
}

impl Endpoint {
    pub(super) fn new(url: &str, key: Option<Key>) -> Self {
        let host = url.split("://").nth(1).unwrap_or_default();
        let local = ["localhost", "127.", "[::1]"].iter().any(|name| host.starts_with(name));
        let proxy = Proxy::try_from_env().filter(|_| !local);
        let config = Agent::config_builder()
            .http_status_as_error(false)
            // A key must not follow a redirection to another host.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(proxy)
            .user_agent(concat!("seatrial/", env!("CARGO_PKG_VERSION")));
        Self { agent: config.build().new_agent(), url: url.to_owned(), key }
    }

    /// Sends a request, and reads its reply within the time given.
    pub(super) fn post(&self, body: &str, timeout: Duration) -> Result<String, Failure> {
        let told = |error: Error| {
            let message = match error {
                Error::Timeout(_) => format!("no reply within {:.1} s", timeout.as_secs_f64()),
                Error::BodyExceedsLimit(_) => format!("a reply of more than {MOST_BYTES} bytes"),
                Error::Io(error) => format!("the connection failed: {error}"),
                Error::HostNotFound => "there is no such host".to_owned(),
                other => other.to_string(),
            };
            Failure { message, later: None }
        };
        let mut request = self.agent.post(&self.url).config().timeout_global(Some(timeout)).build();
        request = request.header("content-type", "application/json");
        if let Some(Key(key)) = &self.key {
            request = request.header("authorization", format!("Bearer {key}"));
        }
        let mut reply = request.send(body).map_err(told)?;
        let status = reply.status().as_u16();
        let wait =
            reply.headers().get("retry-after").and_then(|wait| wait.to_str().ok()?.parse().ok());
        let text = reply.body_mut().with_config().limit(MOST_BYTES).read_to_string().map_err(told);
        match status {
            200 => text,
            429 | 503 => Err(Failure {
                message: format!("status {status}"),
                later: Some(wait.map_or(LATER, Duration::from_secs).max(LATER)),
            }),
            _ => Err(Failure { message: format!("status {status}"), later: None }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_completed_and_judged() {
        for (text, url) in [
            ("http://localhost:8080", "http://localhost:8080/v1/chat/completions"),
            ("http://localhost:8080/", "http://localhost:8080/v1/chat/completions"),
            ("https://a/v1", "https://a/v1/chat/completions"),
            ("https://a/x/chat/completions", "https://a/x/chat/completions"),
        ] {
            assert_eq!(url_of(text), Ok(url.to_owned()));
        }
        for text in ["localhost:8080", "ftp://a", "http://", "https:///v1", "https://me:x@a", ""] {
            let refused = url_of(text).unwrap_err();
            assert!(!refused.contains("me:x"), "{refused}");
        }
    }
}
