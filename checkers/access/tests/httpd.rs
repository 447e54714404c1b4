//! Apache httpd as it is, and as it is decided here: a running server must agree.
//!
//! The tests start Debian's apache2 on the loopback interface; without one they say that they are
//! skipped, unless `CI=true`, where it must be there.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    clippy::format_push_string,
    clippy::cast_precision_loss,
    clippy::needless_pass_by_value,
    clippy::too_many_lines,
    clippy::missing_docs_in_private_items,
    reason = "a test that fails here fails as it should"
)]

#[path = "httpd/facts.rs"]
mod facts;
#[path = "httpd/facts_of_sites.rs"]
mod facts_of_sites;
#[path = "httpd/fuzz.rs"]
mod fuzz;
#[path = "httpd/gallery.rs"]
mod gallery;
#[path = "httpd/lints.rs"]
mod lints;
#[path = "httpd/live.rs"]
mod live;
#[path = "server/mod.rs"]
mod server;
#[path = "httpd/shipped.rs"]
mod shipped;
