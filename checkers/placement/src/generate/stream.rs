//! Random numbers for each purpose on their own.

use blake2::Blake2b;
use blake2::Digest;
use blake2::digest::consts::U16;
use seatrial_scheduling::tie::Stream;

/// The stream of a base seed for a purpose: seeded by the 16-byte `BLAKE2b` digest of the seed's 16
/// bytes, a zero byte and the label, all numbers read from the big end.
pub(super) fn labelled(seed: u128, label: &str) -> Stream {
    let mut digest = Blake2b::<U16>::new();
    digest.update(seed.to_be_bytes());
    digest.update([0]);
    digest.update(label);
    Stream::new(u128::from_be_bytes(digest.finalize().into()))
}
