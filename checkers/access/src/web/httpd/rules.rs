//! The ids of what is found in configurations of httpd.

/// httpd refuses the file, or a part of it.
pub const INVALID: &str = "httpd-invalid";
/// A directive that httpd does not have, or of a module that is not loaded.
pub const UNKNOWN_DIRECTIVE: &str = "httpd-unknown-directive";
/// `<Limit>` leaves methods open that change something.
pub const LIMIT_GAP: &str = "httpd-limit-gap";
/// A section resets `Order` and `Deny` of one before.
pub const ORDER_RESET: &str = "httpd-order-reset";
/// `Allow` without a `Deny` refuses nobody.
pub const ALLOW_REFUSES_NOBODY: &str = "httpd-allow-without-deny";
/// `Require all granted` of a later section undoes a denial.
pub const DENIAL_UNDONE: &str = "httpd-granted-in-later-section";
/// `AuthMerging Or` beside what lets everybody in.
pub const MERGED_OPEN: &str = "httpd-auth-merging-open";
/// What refuses one family of addresses leaves the other open.
pub const ONE_FAMILY: &str = "httpd-rules-for-one-family";
/// A `.htaccess` file that httpd does not read, or refuses.
pub const HTACCESS_IGNORED: &str = "httpd-htaccess-ignored";

/// What [`super::lint`] finds.
pub const LINTS: [&str; 7] = [
    ALLOW_REFUSES_NOBODY,
    MERGED_OPEN,
    DENIAL_UNDONE,
    HTACCESS_IGNORED,
    LIMIT_GAP,
    ORDER_RESET,
    ONE_FAMILY,
];
