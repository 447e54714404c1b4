//! The ids of what is found in configurations of httpd.

/// httpd refuses the file, or a part of it.
pub const INVALID: &str = "httpd-invalid";
/// A directive that httpd does not have, or of a module that is not loaded.
pub const UNKNOWN_DIRECTIVE: &str = "httpd-unknown-directive";
