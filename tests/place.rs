//! `seatrial place` and `seatrial verify` as their users meet them: through the binary.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::needless_pass_by_value,
    reason = "a test that fails here fails as it should"
)]

#[path = "place/bad_input.rs"]
mod bad_input;
#[path = "place/clusters.rs"]
mod clusters;
#[path = "place/placing.rs"]
mod placing;
#[path = "check/run.rs"]
#[allow(dead_code, reason = "some of it is for `seatrial check` only")]
mod run;
#[path = "place/verifying.rs"]
mod verifying;
