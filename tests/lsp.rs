//! `seatrial lsp` as an editor meets it: a scripted client over pipes.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::needless_pass_by_value,
    reason = "a test that fails here fails as it should"
)]

#[path = "lsp/client.rs"]
mod client;
#[path = "lsp/conversation.rs"]
mod conversation;
#[path = "lsp/editing.rs"]
mod editing;
