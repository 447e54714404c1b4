//! The compact form of a state in a frontier or a checkpoint.

use serde::{Serialize, de::DeserializeOwned};

/// Appends the packed form of `value`. A value that cannot be packed appends nothing, which
/// [`decode`] then refuses.
pub fn encode<T: Serialize>(value: &T, bytes: &mut Vec<u8>) {
    let start = bytes.len();
    let result = postcard::serialize_with_flavor(value, Append(bytes));
    if result.is_err() {
        bytes.truncate(start);
    }
}

/// The value whose packed form is exactly `bytes`.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    match postcard::take_from_bytes(bytes) {
        Ok((value, [])) => Some(value),
        _ => None,
    }
}

/// Writes behind what a buffer already holds, without a buffer of its own.
struct Append<'b>(&'b mut Vec<u8>);

impl postcard::ser_flavors::Flavor for Append<'_> {
    type Output = ();

    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.0.push(byte);
        Ok(())
    }

    fn try_extend(&mut self, bytes: &[u8]) -> postcard::Result<()> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }

    fn finalize(self) -> postcard::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_behind_other_bytes_unpacks() {
        let mut bytes = vec![7];
        encode(&(300_u32, "zab", vec![true, false]), &mut bytes);
        assert_eq!(decode(&bytes[1..]), Some((300_u32, "zab".to_owned(), vec![true, false])));
    }

    #[test]
    fn short_or_long_input_is_refused() {
        let mut bytes = Vec::new();
        encode(&(1_u8, 2_u8), &mut bytes);
        bytes.push(0);
        assert_eq!(decode::<(u8, u8)>(&bytes), None);
        assert_eq!(decode::<(u8, u8)>(&bytes[..1]), None);
    }
}
