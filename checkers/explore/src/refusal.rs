//! Requests that cannot be honoured.

use seatrial_core::nearest;

/// Why a request was refused: a usage error, exit code 2.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// A lower-case fragment, user text in backticks.
    pub message: String,
}

impl Refusal {
    /// A refusal with this message.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into() }
    }

    /// `name` is no `kind`; says which are.
    pub fn unknown<'a>(kind: &str, name: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        let known: Vec<&str> = known.into_iter().collect();
        let hint = nearest(name, known.iter().copied());
        let hint = hint.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        let list = if known.is_empty() {
            "there is none".to_owned()
        } else {
            let quoted: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
            format!("known: {}", quoted.join(", "))
        };
        Self::new(format!("unknown {kind} `{name}`{hint} ({list})"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_name_comes_with_the_nearest_and_all_known_ones() {
        let refusal = Refusal::unknown("model", "zap", ["ping-pong", "zab"]);
        assert_eq!(
            refusal.message,
            "unknown model `zap`; did you mean `zab`? (known: `ping-pong`, `zab`)"
        );
        assert_eq!(Refusal::unknown("grain", "x", []).message, "unknown grain `x` (there is none)");
    }
}
