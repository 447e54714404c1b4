//! States as strings of bits, with their servers renamed on the way.
//!
//! A record packs field by field: a truth takes one bit, a number below 7 three and any other
//! eleven (nineteen, if it may need two bytes), a set of servers one bit a server. An optional value has one bit before it, and a
//! sequence one before each element and one behind the last. So each value is packed in one way
//! only, and is unpacked without being told its length.
//!
//! Packing a state under several renamings of its servers and keeping the least string finds the
//! representative of its orbit; the renamed states themselves are never made.

#![expect(
    clippy::inline_always,
    reason = "bits at hand stay in registers only in one function that packs a whole state"
)]

use crate::{PerServer, Server, ServerSet};
use seatrial_explore::Var;

/// What packs into bits in a protocol with `N` servers.
pub(crate) trait Pack<const N: usize>: Default {
    /// Appends the value as it is after the writer's renaming.
    fn pack(&self, bits: &mut Writer<'_, N>);

    /// Takes the place of the value with the next one; `None` if the next bits are not of one.
    fn unpack(&mut self, bits: &mut Reader<'_, N>) -> Option<()>;
}

/// A renaming of the servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Renaming<const N: usize> {
    /// The old name of each new one.
    old: PerServer<Server, N>,
    /// The new name of each old one.
    new: PerServer<Server, N>,
}

impl<const N: usize> Renaming<N> {
    /// The renaming that changes no name.
    pub(crate) fn identity() -> Self {
        let same = PerServer::from_fn(|server| server);
        Self { old: same, new: same }
    }

    /// The renaming after which the servers stand in this order.
    pub(crate) fn to_order(old: PerServer<Server, N>) -> Self {
        let mut new = old;
        for name in Server::all(N) {
            new[old[name]] = name;
        }
        Self { old, new }
    }

    /// The new name of a server.
    pub(crate) fn of(&self, server: Server) -> Server {
        self.new[server]
    }
}

/// Appends the packed form of `value` to `bytes`; the last byte is filled up with zeros.
pub(crate) fn pack<const N: usize>(
    value: &impl Pack<N>,
    renaming: Renaming<N>,
    bytes: &mut Vec<u8>,
) {
    let mut bits = Writer { bytes, renaming, word: 0, used: 0 };
    value.pack(&mut bits);
    let (rest, used) = (bits.word.to_le_bytes(), bits.used.div_ceil(8) as usize);
    bytes.extend_from_slice(rest.get(..used).unwrap_or(&rest));
}

/// The value whose packed form is exactly `bytes`.
pub(crate) fn unpack<const N: usize, T: Pack<N>>(bytes: &[u8]) -> Option<T> {
    let mut bits = Reader::<N> { bytes, word: 0, left: 0, ended: false };
    let value = bits.next()?;
    let is_whole = bits.bytes.is_empty() && bits.left < 8 && bits.word == 0;
    (is_whole && !bits.ended).then_some(value)
}

/// Where bits are appended, the lowest of each byte first.
#[derive(Debug)]
pub(crate) struct Writer<'b, const N: usize> {
    bytes: &'b mut Vec<u8>,
    renaming: Renaming<N>,
    /// Bits that are not in the bytes yet, and how many.
    word: u64,
    used: u32,
}

impl<const N: usize> Writer<'_, N> {
    /// The renaming of the servers.
    pub(crate) fn renaming(&self) -> Renaming<N> {
        self.renaming
    }

    /// Appends the lowest `width` bits of `bits`, whose others are zero: 32 at most.
    #[inline(always)]
    pub(crate) fn put(&mut self, bits: impl Into<u64>, width: u32) -> &mut Self {
        self.word |= bits.into().wrapping_shl(self.used);
        self.used = self.used.wrapping_add(width);
        if self.used >= 32 {
            let [a, b, c, d, ..] = self.word.to_le_bytes();
            self.bytes.extend_from_slice(&[a, b, c, d]);
            self.word >>= 32;
            self.used = self.used.wrapping_sub(32);
        }
        self
    }

    /// Appends a number of `width` bits: three bits if it is below 7, else 7 and all of it.
    #[inline(always)]
    fn put_number(&mut self, number: u16, width: u32) {
        let is_small = number < 7;
        let number = u32::from(number);
        let (code, width) = if is_small { (number, 3) } else { (number << 3 | 7, 3 + width) };
        self.put(code, width);
    }

    /// Appends a value.
    #[inline(always)]
    pub(crate) fn add(&mut self, value: &impl Pack<N>) -> &mut Self {
        value.pack(self);
        self
    }

    /// Appends a sequence.
    #[inline(always)]
    pub(crate) fn add_each<'v, T: Pack<N> + 'v>(&mut self, values: impl Iterator<Item = &'v T>) {
        for value in values {
            self.put(true, 1).add(value);
        }
        self.put(false, 1);
    }
}

/// Where bits are taken from, the lowest of each byte first.
#[derive(Debug)]
pub(crate) struct Reader<'b, const N: usize> {
    bytes: &'b [u8],
    /// Bits that are no longer in the bytes, and how many.
    word: u64,
    left: u32,
    /// Whether more was taken than there is.
    ended: bool,
}

impl<const N: usize> Reader<'_, N> {
    /// Takes the next `width` bits: 8 at most. Behind the end there are zeros, which end every
    /// sequence, and which [`unpack`] refuses.
    #[inline(always)]
    pub(crate) fn take(&mut self, width: u32) -> u8 {
        if self.left < width {
            let (more, count, rest) = split(self.bytes);
            self.ended |= self.bytes.is_empty();
            self.word |= u64::from(more).wrapping_shl(self.left);
            self.left = self.left.wrapping_add(count);
            self.bytes = rest;
        }
        let [lowest, ..] = self.word.to_le_bytes();
        self.word = self.word.wrapping_shr(width);
        self.left = self.left.wrapping_sub(width);
        lowest & u8::MAX.wrapping_shr(8 - width)
    }

    /// Takes a number of `width` bits, 8 or 16.
    #[inline(always)]
    fn take_number(&mut self, width: u32) -> Option<u16> {
        let small = self.take(3);
        if small < 7 {
            return Some(small.into());
        }
        let low = self.take(8);
        let high = if width > u8::BITS { self.take(8) } else { 0 };
        let number = u16::from_le_bytes([low, high]);
        (number >= 7).then_some(number)
    }

    /// Takes a value.
    #[inline(always)]
    pub(crate) fn next<T: Pack<N>>(&mut self) -> Option<T> {
        let mut value = T::default();
        value.unpack(self)?;
        Some(value)
    }

    /// Takes a sequence.
    #[inline(always)]
    pub(crate) fn next_each<T: Pack<N>>(&mut self, mut value: impl FnMut(T)) -> Option<()> {
        while self.take(1) == 1 {
            value(self.next()?);
        }
        Some(())
    }
}

/// The first bits of `bytes`, how many, and the bytes behind them. Behind the end there are zeros.
#[inline]
fn split(bytes: &[u8]) -> (u32, u32, &[u8]) {
    match bytes {
        [a, b, c, d, rest @ ..] => (u32::from_le_bytes([*a, *b, *c, *d]), 32, rest),
        [byte, rest @ ..] => (u32::from(*byte), 8, rest),
        [] => (0, 8, bytes),
    }
}

impl<const N: usize> Pack<N> for bool {
    #[inline(always)]
    fn pack(&self, bits: &mut Writer<'_, N>) {
        bits.put(*self, 1);
    }

    #[inline(always)]
    fn unpack(&mut self, bits: &mut Reader<'_, N>) -> Option<()> {
        *self = bits.take(1) == 1;
        Some(())
    }
}

impl<const N: usize> Pack<N> for u8 {
    #[inline(always)]
    fn pack(&self, bits: &mut Writer<'_, N>) {
        bits.put_number((*self).into(), Self::BITS);
    }

    #[inline(always)]
    fn unpack(&mut self, bits: &mut Reader<'_, N>) -> Option<()> {
        *self = Self::try_from(bits.take_number(Self::BITS)?).ok()?;
        Some(())
    }
}

impl<const N: usize> Pack<N> for u16 {
    #[inline(always)]
    fn pack(&self, bits: &mut Writer<'_, N>) {
        bits.put_number(*self, Self::BITS);
    }

    #[inline(always)]
    fn unpack(&mut self, bits: &mut Reader<'_, N>) -> Option<()> {
        *self = bits.take_number(Self::BITS)?;
        Some(())
    }
}

impl<const N: usize> Pack<N> for Server {
    #[inline(always)]
    fn pack(&self, bits: &mut Writer<'_, N>) {
        let name = bits.renaming.of(*self);
        bits.put(name.0, width_of_server(N));
    }

    #[inline(always)]
    fn unpack(&mut self, bits: &mut Reader<'_, N>) -> Option<()> {
        self.0 = bits.take(width_of_server(N));
        (usize::from(self.0) < N).then_some(())
    }
}

/// The bits that a server's number takes.
const fn width_of_server(servers: usize) -> u32 {
    servers.next_power_of_two().trailing_zeros()
}

impl<const N: usize> Pack<N> for ServerSet {
    #[inline(always)]
    fn pack(&self, bits: &mut Writer<'_, N>) {
        let old = bits.renaming.old;
        let renamed: Self = Server::all(N).filter(|&new| self.contains(old[new])).collect();
        bits.put(renamed.bits(), old.iter().map(|_| 1).sum());
    }

    #[inline(always)]
    fn unpack(&mut self, bits: &mut Reader<'_, N>) -> Option<()> {
        *self = Server::all(N).filter(|_| bits.take(1) == 1).collect();
        Some(())
    }
}

impl<const N: usize, T: Pack<N>> Pack<N> for Option<T> {
    #[inline(always)]
    fn pack(&self, bits: &mut Writer<'_, N>) {
        bits.put(self.is_some(), 1);
        if let Some(value) = self {
            value.pack(bits);
        }
    }

    #[inline(always)]
    fn unpack(&mut self, bits: &mut Reader<'_, N>) -> Option<()> {
        *self = if bits.take(1) == 1 { Some(bits.next()?) } else { None };
        Some(())
    }
}

impl<const N: usize, T: Pack<N>> Pack<N> for PerServer<T, N> {
    #[inline(always)]
    fn pack(&self, bits: &mut Writer<'_, N>) {
        let old = bits.renaming.old;
        for name in &old {
            self[*name].pack(bits);
        }
    }

    #[inline(always)]
    fn unpack(&mut self, bits: &mut Reader<'_, N>) -> Option<()> {
        for value in self {
            value.unpack(bits)?;
        }
        Some(())
    }
}

impl<const N: usize, const L: usize, T: Pack<N>> Pack<N> for [T; L]
where
    Self: Default,
{
    #[inline(always)]
    fn pack(&self, bits: &mut Writer<'_, N>) {
        for value in self {
            value.pack(bits);
        }
    }

    #[inline(always)]
    fn unpack(&mut self, bits: &mut Reader<'_, N>) -> Option<()> {
        for value in self {
            value.unpack(bits)?;
        }
        Some(())
    }
}

impl<const N: usize, const ID: usize, T: Pack<N>> Pack<N> for Var<ID, T> {
    #[inline(always)]
    fn pack(&self, bits: &mut Writer<'_, N>) {
        self.peek().pack(bits);
    }

    #[inline(always)]
    fn unpack(&mut self, bits: &mut Reader<'_, N>) -> Option<()> {
        self.peek_mut().unpack(bits)
    }
}

/// Packs records field by field, in the order in which the fields are named.
macro_rules! pack_records {
    ($($record:ty { $($field:ident),+ $(,)? })+) => {$(
        impl<const N: usize> $crate::packing::Pack<N> for $record {
            #[inline(always)]
            fn pack(&self, bits: &mut $crate::packing::Writer<'_, N>) {
                $(bits.add(&self.$field);)+
            }

            #[inline(always)]
            fn unpack(&mut self, bits: &mut $crate::packing::Reader<'_, N>) -> Option<()> {
                $($crate::packing::Pack::<N>::unpack(&mut self.$field, bits)?;)+
                Some(())
            }
        }
    )+};
}
pub(crate) use pack_records;

/// Packs sequences element by element, in their order. Before each type stand its parameters.
macro_rules! pack_sequences {
    ($([$($parameter:ident: $bound:path)?] $sequence:ty;)+) => {$(
        impl<const N: usize $(, $parameter: $crate::packing::Pack<N> + $bound)?>
            $crate::packing::Pack<N> for $sequence
        {
            #[inline(always)]
            fn pack(&self, bits: &mut $crate::packing::Writer<'_, N>) {
                bits.add_each(self.iter());
            }

            #[inline(always)]
            fn unpack(&mut self, bits: &mut $crate::packing::Reader<'_, N>) -> Option<()> {
                self.clear();
                bits.next_each(|element| self.push(element))
            }
        }
    )+};
}
pub(crate) use pack_sequences;

#[cfg(test)]
mod tests {
    use super::*;

    /// Each number and the bits that it takes; what is packed behind it is found again.
    #[test]
    fn small_numbers_take_three_bits_and_others_eleven() {
        for number in 0..=u8::MAX {
            let mut bytes = vec![];
            let values = [number; 32];
            pack::<3>(&values, Renaming::identity(), &mut bytes);
            assert_eq!(bytes.len(), 4 * if number < 7 { 3 } else { 11 });
            assert_eq!(unpack::<3, [u8; 32]>(&bytes), Some(values));
        }
    }

    #[test]
    fn servers_take_their_new_names_in_sets_and_functions_too() {
        fn packed(value: &impl Pack<3>, renaming: Renaming<3>) -> Vec<u8> {
            let mut bytes = vec![];
            pack(value, renaming, &mut bytes);
            bytes
        }
        // s3 becomes s1, s1 becomes s2, s2 becomes s3.
        let order = PerServer::from_fn(|Server(name)| Server((name + 2) % 3));
        let (renaming, identity) = (Renaming::to_order(order), Renaming::identity());
        for old in Server::all(3) {
            let new = Server((old.0 + 1) % 3);
            assert_eq!(packed(&old, renaming), packed(&new, identity));
            assert_eq!(
                packed(&ServerSet::of(old), renaming),
                packed(&ServerSet::of(new), identity)
            );
            let only = |server| PerServer::<_, 3>::from_fn(|s| (s == server).then_some(server));
            assert_eq!(packed(&only(old), renaming), packed(&only(new), identity));
            assert_eq!(unpack::<3, _>(&packed(&only(old), renaming)), Some(only(new)));
        }
    }

    #[test]
    fn what_was_not_packed_does_not_unpack() {
        for (bytes, why) in [
            (&[][..], "too short"),
            (&[0b0000_0011], "a server that there is not"),
            (&[0b0000_0100], "a bit behind the end"),
            (&[0b0000_0001, 0], "a byte behind the end"),
        ] {
            assert_eq!(unpack::<3, Server>(bytes), None, "{why}");
        }
        assert_eq!(unpack::<3, Server>(&[0b0000_0001]), Some(Server(1)));
        assert_eq!(unpack::<3, u8>(&[0b0001_0111, 0]), None, "a small number in eleven bits");
    }
}
