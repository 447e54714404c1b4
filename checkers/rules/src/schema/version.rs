//! The versions of Kubernetes that have schemas here.

use std::fmt;
use std::str::FromStr;

/// A version of Kubernetes, such as 1.31.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// The minor number: 31 of 1.31. The major number is 1.
    pub(super) minor: u8,
}

impl Version {
    /// The oldest version with schemas.
    pub const OLDEST: Self = Self { minor: 25 };
    /// The newest version with schemas.
    pub const NEWEST: Self = Self { minor: 37 };

    /// All versions with schemas, oldest first.
    pub fn all() -> impl Iterator<Item = Self> {
        (Self::OLDEST.minor..=Self::NEWEST.minor).map(|minor| Self { minor })
    }

    /// The place in the bundle's table of versions.
    pub(super) fn place(self) -> u8 {
        self.minor.saturating_sub(Self::OLDEST.minor)
    }

    /// The version at a place in the bundle's table of versions.
    pub(super) fn at(place: u8) -> Self {
        Self { minor: Self::OLDEST.minor.saturating_add(place) }
    }
}

impl Default for Version {
    fn default() -> Self {
        Self::NEWEST
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "1.{}", self.minor)
    }
}

impl FromStr for Version {
    type Err = String;

    /// Reads `1.31`, `v1.31` or `1.31.4`; the error names the range.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let numbers = text.strip_prefix('v').unwrap_or(text);
        let minor = numbers.strip_prefix("1.").and_then(|rest| rest.split('.').next());
        minor
            .and_then(|minor| minor.parse::<u8>().ok())
            .and_then(|minor| Self::all().find(|version| version.minor == minor))
            .ok_or_else(|| {
                let (oldest, newest) = (Self::OLDEST, Self::NEWEST);
                format!("no schemas for Kubernetes `{text}`: there are {oldest} to {newest}")
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_read_back_from_their_names() {
        for version in Version::all() {
            assert_eq!(version.to_string().parse(), Ok(version));
            assert_eq!(Version::at(version.place()), version);
        }
        assert_eq!("v1.31".parse(), Ok(Version { minor: 31 }));
        assert_eq!("1.31.4".parse(), Ok(Version { minor: 31 }));
        for wrong in ["1.24", "1.38", "2.30", "1", "", "1.x", "31"] {
            assert!(wrong.parse::<Version>().is_err(), "{wrong}");
        }
    }
}
