//! The one door to Z3.
//!
//! Architecture invariant: no other crate of the project names the `z3` crate, and no type of it
//! is public here.
//!
//! Z3 is linked dynamically. Which library that is, is decided when the program starts, so
//! whatever uses the solver first calls [`check_version`]: an old system library would link
//! silently, and answer otherwise.

mod process;
mod solve;

use std::fmt;

use thiserror::Error;

pub use process::solve_with;
pub use solve::{Answer, Claims, Limits, Manner, Model, minimal_core, solve};

/// The version that this release is tested with: the wheel pinned in `configs/libz3.txt`.
pub const TESTED: Version = Version { major: 5, minor: 4, patch: 0 };

/// The oldest version that the bindings support.
pub const OLDEST: Version = Version { major: 4, minor: 13, patch: 3 };

/// A version of Z3, such as `5.4.0`; the build number behind it does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// Raised when answers or interfaces may change.
    pub major: u32,
    /// Raised with features.
    pub minor: u32,
    /// Raised with corrections.
    pub patch: u32,
}

impl Version {
    /// Reads the first three numbers of a text such as `5.4.0.0` or `4.8.12 - build hash 3a402`.
    pub fn parse(text: &str) -> Option<Self> {
        let dotted = text.split_whitespace().next()?;
        let mut numbers = dotted.split('.').map(str::parse);
        let mut next = || numbers.next()?.ok();
        Some(Self { major: next()?, minor: next()?, patch: next()? })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

/// The linked library is not one that can be relied on.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum VersionError {
    /// It is older than the bindings support, or of a later major version.
    #[error(
        "libz3 {found} is linked, but {OLDEST} or later below {}.0.0 is needed (tested: {TESTED}): \
         run `make` to fetch it, and unset `LD_LIBRARY_PATH`",
        TESTED.major + 1
    )]
    Unsupported {
        /// The version of the linked library.
        found: Version,
    },
    /// It does not say its version in a form that is known.
    #[error("libz3 says `{text}` of its version, which is not understood")]
    Unknown {
        /// What it says.
        text: String,
    },
}

/// The version of the linked library, if it can be relied on.
pub fn check_version() -> Result<Version, VersionError> {
    accept(z3::full_version())
}

fn accept(text: &str) -> Result<Version, VersionError> {
    let found =
        Version::parse(text).ok_or_else(|| VersionError::Unknown { text: text.to_owned() })?;
    let supported = found >= OLDEST && found.major <= TESTED.major;
    if supported { Ok(found) } else { Err(VersionError::Unsupported { found }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_linked_library_is_the_tested_one_and_solves() {
        assert_eq!(check_version(), Ok(TESTED));
        let x = z3::ast::Int::new_const("x");
        let solver = z3::Solver::new();
        solver.assert(x.gt(3));
        solver.assert(x.lt(5));
        assert_eq!(solver.check(), z3::SatResult::Sat);
        let value = solver.get_model().and_then(|model| model.eval(&x, true)?.as_i64());
        assert_eq!(value, Some(4));
        solver.assert(x.ne(4));
        assert_eq!(solver.check(), z3::SatResult::Unsat);
    }

    #[test]
    fn versions_out_of_range_or_unreadable_are_refused() {
        for text in ["5.4.0.0", "4.13.3", "5.0.1 - build hash 1"] {
            assert!(accept(text).is_ok(), "{text}");
        }
        let old = Version { major: 4, minor: 8, patch: 12 };
        assert_eq!(accept("4.8.12.0"), Err(VersionError::Unsupported { found: old }));
        assert!(accept("6.0.0.0").is_err() && accept("4.13.2").is_err());
        assert!(matches!(accept("four"), Err(VersionError::Unknown { .. })));
        let message = accept("4.8.12").unwrap_err().to_string();
        assert!(message.starts_with("libz3 4.8.12 is linked, but 4.13.3 or later"), "{message}");
    }
}
