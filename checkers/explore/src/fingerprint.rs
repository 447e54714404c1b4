//! 64-bit fingerprints of packed states.

use foldhash::quality::FixedState;
use std::hash::{BuildHasher, Hasher};

/// The seed of every fingerprint: runs, checkpoints and traces of one build agree.
const SEEDED: FixedState = FixedState::with_seed(0x5EA7_21A1_5EA7_21A1);

/// The fingerprint of a state that is packed into `bytes`; never 0, which marks an empty slot of
/// the visited set.
#[inline]
pub(crate) fn fingerprint(bytes: &[u8]) -> u64 {
    let mut hasher = SEEDED.build_hasher();
    hasher.write(bytes);
    hasher.finish().max(1)
}

/// An upper bound on the probability that any two of `distinct` states share a fingerprint, as
/// if fingerprints were drawn at random: n (n - 1) / 2 pairs, each with 2^-64.
#[expect(clippy::cast_precision_loss, reason = "a probability needs no exact integers")]
pub fn collision_probability(distinct: u64) -> f64 {
    let n = distinct as f64;
    (n * (n - 1.0).max(0.0) / 2.0 / 2_f64.powi(64)).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_collision_bound_follows_the_birthday_formula() {
        assert!(collision_probability(0) <= 0.0);
        assert!(collision_probability(1) <= 0.0);
        let million = collision_probability(1_000_000);
        assert!((2.7e-8..2.72e-8).contains(&million), "{million}");
        assert!(collision_probability(u64::MAX) >= 0.5);
    }

    #[test]
    fn fingerprints_tell_near_values_apart_and_are_never_zero() {
        let numbers = (0..1000_u32).map(|n| fingerprint(&n.to_le_bytes()));
        let lengths = (0..1000).map(|n| fingerprint(&vec![0; 5 + n]));
        let all: std::collections::BTreeSet<u64> = numbers.chain(lengths).collect();
        assert_eq!(all.len(), 2000);
        assert!(!all.contains(&0));
    }
}
