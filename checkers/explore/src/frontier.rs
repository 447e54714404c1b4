//! States that wait to be expanded, packed.

use std::collections::VecDeque;

/// States a chunk: what one task expands.
pub(crate) const CHUNK: usize = 128;

/// Packed states, one behind the other.
#[derive(Clone, Debug, Default)]
pub(crate) struct Packed {
    bytes: Vec<u8>,
    ends: Vec<u32>,
}

impl Packed {
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Appends a packed state.
    pub(crate) fn push(&mut self, state: &[u8]) {
        self.bytes.extend_from_slice(state);
        self.ends.push(u32::try_from(self.bytes.len()).unwrap_or(u32::MAX));
    }

    /// Forgets all states, and keeps the room for as many.
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }

    pub(crate) fn get(&self, index: usize) -> Option<&[u8]> {
        let start = match index.checked_sub(1) {
            Some(before) => *self.ends.get(before)? as usize,
            None => 0,
        };
        self.bytes.get(start..*self.ends.get(index)? as usize)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.len()).filter_map(|index| self.get(index))
    }

    /// Bytes held.
    pub(crate) fn bytes(&self) -> u64 {
        (self.bytes.capacity() + 4 * self.ends.capacity()) as u64
    }
}

/// A queue of packed states in chunks. The states carry consecutive numbers, so that only that of
/// the first is kept.
#[derive(Debug, Default)]
pub(crate) struct Frontier {
    chunks: VecDeque<Packed>,
    first: u32,
    states: u64,
    bytes: u64,
}

impl Frontier {
    /// An empty queue, whose first state will have this number.
    pub(crate) fn starting_at(first: u32) -> Self {
        Self { first, ..Self::default() }
    }

    pub(crate) fn push(&mut self, state: &[u8]) {
        if self.chunks.back().is_none_or(|chunk| chunk.len() >= CHUNK) {
            self.seal();
            // As much as the last chunk took, and some more.
            let bytes = self.chunks.back().map_or(0, |chunk| chunk.bytes.len() * 9 / 8);
            let bytes = Vec::with_capacity(bytes);
            self.chunks.push_back(Packed { bytes, ends: Vec::with_capacity(CHUNK) });
        }
        if let Some(chunk) = self.chunks.back_mut() {
            chunk.push(state);
        }
        self.states += 1;
    }

    /// Gives back what the last chunk reserved beyond its content, and accounts for it.
    pub(crate) fn seal(&mut self) {
        if let Some(chunk) = self.chunks.back_mut() {
            chunk.bytes.shrink_to_fit();
            self.bytes += chunk.bytes();
        }
    }

    /// Takes up to `chunks` chunks off the front, each with the number of its first state.
    pub(crate) fn take(&mut self, chunks: usize) -> Vec<(u32, Packed)> {
        let taken: Vec<Packed> = self.chunks.drain(..chunks.min(self.chunks.len())).collect();
        let numbered = taken.into_iter().map(|chunk| {
            let first = self.first;
            self.first += u32::try_from(chunk.len()).unwrap_or(u32::MAX);
            self.states -= chunk.len() as u64;
            self.bytes = self.bytes.saturating_sub(chunk.bytes());
            (first, chunk)
        });
        numbered.collect()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.states == 0
    }

    pub(crate) fn states(&self) -> u64 {
        self.states
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(crate) fn first(&self) -> u32 {
        self.first
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.chunks.iter().flat_map(Packed::iter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_come_back_in_order_with_their_numbers() {
        let mut frontier = Frontier::starting_at(10);
        let states: Vec<Vec<u8>> = (0..600_usize).map(|n| vec![7; n % 5]).collect();
        for state in &states {
            frontier.push(state);
        }
        frontier.seal();
        assert_eq!(frontier.iter().collect::<Vec<_>>(), states);
        let taken = frontier.take(2);
        assert_eq!(
            taken.iter().map(|(first, chunk)| (*first, chunk.len())).collect::<Vec<_>>(),
            [(10, 128), (138, 128)]
        );
        assert_eq!((frontier.states(), frontier.first()), (344, 266));
        assert_eq!(frontier.take(9).len(), 3);
        assert!(frontier.is_empty() && frontier.bytes() == 0);
    }
}
