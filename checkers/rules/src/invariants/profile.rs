//! Profiles: named sets of the written invariants.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A named set of written invariants. Each invariant says by an annotation which it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Profile {
    /// What is worth fixing almost everywhere; its errors can gate from the first day.
    Recommended,
    /// Everything that somebody has good reason to ask for.
    Strict,
    /// The Baseline Pod Security Standard, as the API server enforces it.
    PssBaseline,
    /// The Restricted Pod Security Standard, as the API server enforces it.
    PssRestricted,
    /// What manifests show of sections 4 and 5 of the CIS Kubernetes Benchmark.
    Cis,
}

impl Profile {
    /// All profiles.
    pub const ALL: [Self; 5] =
        [Self::Recommended, Self::Strict, Self::PssBaseline, Self::PssRestricted, Self::Cis];

    /// The name as it is written in configuration and annotations.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Recommended => "recommended",
            Self::Strict => "strict",
            Self::PssBaseline => "pss-baseline",
            Self::PssRestricted => "pss-restricted",
            Self::Cis => "cis",
        }
    }

    /// Whether the API server rejects what breaks a rule of this profile, so that it is an error.
    pub const fn is_enforced(self) -> bool {
        matches!(self, Self::PssBaseline | Self::PssRestricted)
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Profile {
    type Err = String;

    /// Reads the name of a profile; the error names all of them.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|profile| profile.as_str() == text).ok_or_else(|| {
            let names = Self::ALL.map(|profile| format!("`{profile}`")).join(", ");
            format!("unknown profile `{text}`: one of {names}")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_are_read_back_from_their_names() {
        for profile in Profile::ALL {
            assert_eq!(profile.to_string().parse(), Ok(profile));
        }
        assert!("pss".parse::<Profile>().unwrap_err().contains("`pss-baseline`"));
    }
}
