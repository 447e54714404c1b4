//! `seatrial access`, and access in `seatrial check`, as their users meet them: through the binary.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::needless_pass_by_value,
    reason = "a test that fails here fails as it should"
)]

#[path = "access/admission.rs"]
mod admission;
#[path = "access/asking.rs"]
mod asking;
#[path = "access/assertions.rs"]
mod assertions;
#[path = "access/comparing.rs"]
mod comparing;
#[path = "access/gallery.rs"]
mod gallery;
#[path = "access/gate.rs"]
mod gate;
#[path = "access/git.rs"]
mod git;
#[path = "check/run.rs"]
#[allow(dead_code, reason = "some of it is for `seatrial check` only")]
mod run;
#[path = "access/web.rs"]
mod web;
