//! The ids of what is found in configurations of nginx.

/// nginx refuses the file, or a part of it.
pub const INVALID: &str = "nginx-invalid";
/// A directive that nginx does not have.
pub const UNKNOWN_DIRECTIVE: &str = "nginx-unknown-directive";
/// An included file is not among those that are looked at.
pub const UNREAD_INCLUDE: &str = "nginx-unread-include";
/// An expression takes requests away from a protected prefix.
pub const STOLEN_PREFIX: &str = "nginx-location-steals-prefix";
/// `return` answers before `deny` is asked.
pub const RETURN_BEFORE_DENY: &str = "nginx-return-before-access";
/// `alias` leads out of its directory.
pub const ALIAS_TRAVERSAL: &str = "nginx-alias-traversal";
/// Rules for one family of addresses leave the other open.
pub const ONE_FAMILY: &str = "nginx-rules-for-one-family";
/// Slashes that are not merged get around locations.
pub const UNMERGED_SLASHES: &str = "nginx-merge-slashes-off";
/// `satisfy any` with nothing that refuses.
pub const SATISFY_NOTHING: &str = "nginx-satisfy-any-open";
/// `try_files` serves a file that another location protects.
pub const TRIED_PROTECTED: &str = "nginx-try-files-protected";
/// `allow` without a `deny` refuses nobody.
pub const ALLOW_REFUSES_NOBODY: &str = "nginx-allow-without-deny";
/// `limit_except` demands nothing of methods that change something.
pub const LIMIT_EXCEPT_GAP: &str = "nginx-limit-except-gap";
/// An exact location demands something, and nothing below it does.
pub const EXACT_WITHOUT_CHILDREN: &str = "nginx-exact-location-without-children";
