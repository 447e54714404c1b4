//! Names like those that controllers give to what they make, but always the same.

use seatrial_parse::Node;

/// The characters of such names: no vowels, so that no words come out (`util/rand/rand.go` in
/// `apimachinery`).
const CHARACTERS: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";

/// FNV-1a, 64 bits wide.
fn fnv(bytes: impl IntoIterator<Item = u8>) -> u64 {
    let step = |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    bytes.into_iter().fold(0xcbf2_9ce4_8422_2325, step)
}

fn characters(mut number: u64, count: usize) -> String {
    let mut text = String::with_capacity(count);
    for _ in 0..count {
        let index = usize::try_from(number % 27).unwrap_or(0);
        text.push(char::from(CHARACTERS.get(index).copied().unwrap_or(b'x')));
        number /= 27;
    }
    text
}

/// The end of the name of a pod.
pub(super) fn suffix(prefix: &str, number: u64, attempt: u64) -> String {
    let numbers = number.to_le_bytes().into_iter().chain(attempt.to_le_bytes());
    characters(fnv(prefix.bytes().chain(numbers)), 5)
}

/// What stands for the template of a Deployment in the names and labels of its pods.
pub(super) fn hash(template: Option<&Node>) -> String {
    let text = template.map(Node::to_string).unwrap_or_default();
    characters(fnv(text.bytes()), 10)
}
