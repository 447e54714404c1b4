//! Servers, sets of servers and functions from servers.

use serde::de::{Error, SeqAccess, Visitor};
use serde::ser::SerializeTuple;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::marker::PhantomData;
use std::ops::{Index, IndexMut};

/// A server, by its number from 0.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Server(pub u8);

impl fmt::Display for Server {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "s{}", self.0 + 1)
    }
}

impl Server {
    /// The first `count` servers.
    pub fn all(count: usize) -> impl DoubleEndedIterator<Item = Self> + Clone {
        (0..u8::try_from(count).unwrap_or(u8::MAX)).map(Server)
    }
}

/// A set of at most eight servers.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct ServerSet(u8);

impl ServerSet {
    /// The empty set.
    pub const EMPTY: Self = Self(0);

    /// The set of one server.
    pub const fn of(server: Server) -> Self {
        Self(1 << server.0)
    }

    /// All subsets of the first `count` servers.
    pub fn subsets(count: usize) -> impl Iterator<Item = Self> {
        (0..1_u16 << count.min(8)).filter_map(|bits| u8::try_from(bits).ok()).map(Self)
    }

    /// Whether the set has the server.
    pub const fn contains(self, server: Server) -> bool {
        self.0 & 1 << server.0 != 0
    }

    /// The set and the server.
    #[must_use]
    pub const fn with(self, server: Server) -> Self {
        Self(self.0 | 1 << server.0)
    }

    /// The set without the server.
    #[must_use]
    pub const fn without(self, server: Server) -> Self {
        Self(self.0 & !(1 << server.0))
    }

    /// The set as bits: that of the first server is the lowest.
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// The number of servers.
    pub const fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Whether there are none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The servers in ascending order.
    pub fn iter(self) -> impl Iterator<Item = Server> {
        Server::all(8).filter(move |&server| self.contains(server))
    }
}

impl FromIterator<Server> for ServerSet {
    fn from_iter<I: IntoIterator<Item = Server>>(servers: I) -> Self {
        servers.into_iter().fold(Self::EMPTY, Self::with)
    }
}

impl fmt::Display for ServerSet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = self.iter().map(|server| server.to_string()).collect();
        write!(formatter, "{{{}}}", names.join(", "))
    }
}

/// A function from the servers of a cluster: `[s \in Server |-> ...]`.
#[derive(Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PerServer<T, const N: usize>([T; N]);

#[expect(clippy::expl_impl_clone_on_copy, reason = "a derived `clone_from` keeps nothing")]
impl<T: Clone, const N: usize> Clone for PerServer<T, N> {
    #[inline]
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }

    /// Keeps what the old values have allocated.
    #[inline]
    fn clone_from(&mut self, source: &Self) {
        self.0.clone_from_slice(&source.0);
    }
}

impl<T, const N: usize> PerServer<T, N> {
    /// The function with these values.
    pub fn from_fn(mut value: impl FnMut(Server) -> T) -> Self {
        Self(std::array::from_fn(|index| value(Server(u8::try_from(index).unwrap_or(u8::MAX)))))
    }

    /// Exchanges the values of two servers.
    pub fn swap(&mut self, one: Server, other: Server) {
        self.0.swap(usize::from(one.0), usize::from(other.0));
    }

    /// Sorts the values; the servers' names stay where they are.
    pub fn sort_by_key<K: Ord>(&mut self, key: impl Fn(T) -> K)
    where
        T: Copy,
    {
        self.0.sort_by_key(|&value| key(value));
    }

    /// The values in the order of the servers.
    pub fn iter(&self) -> std::slice::Iter<'_, T> {
        self.0.iter()
    }

    /// The values, to be changed, in the order of the servers.
    pub fn iter_mut(&mut self) -> std::slice::IterMut<'_, T> {
        self.0.iter_mut()
    }
}

impl<'f, T, const N: usize> IntoIterator for &'f PerServer<T, N> {
    type Item = &'f T;
    type IntoIter = std::slice::Iter<'f, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<'f, T, const N: usize> IntoIterator for &'f mut PerServer<T, N> {
    type Item = &'f mut T;
    type IntoIter = std::slice::IterMut<'f, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter_mut()
    }
}

impl<T: Default, const N: usize> Default for PerServer<T, N> {
    fn default() -> Self {
        Self::from_fn(|_| T::default())
    }
}

#[expect(clippy::indexing_slicing, reason = "the table has a row for each server of the model")]
impl<T, const N: usize> Index<Server> for PerServer<T, N> {
    type Output = T;

    #[inline]
    fn index(&self, server: Server) -> &T {
        &self.0[usize::from(server.0)]
    }
}

#[expect(clippy::indexing_slicing, reason = "the table has a row for each server of the model")]
impl<T, const N: usize> IndexMut<Server> for PerServer<T, N> {
    #[inline]
    fn index_mut(&mut self, server: Server) -> &mut T {
        &mut self.0[usize::from(server.0)]
    }
}

impl<T: Serialize, const N: usize> Serialize for PerServer<T, N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut tuple = serializer.serialize_tuple(N)?;
        for value in &self.0 {
            tuple.serialize_element(value)?;
        }
        tuple.end()
    }
}

impl<'de, T: Deserialize<'de> + Default, const N: usize> Deserialize<'de> for PerServer<T, N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Values<T, const N: usize>(PhantomData<T>);

        impl<'de, T: Deserialize<'de> + Default, const N: usize> Visitor<'de> for Values<T, N> {
            type Value = PerServer<T, N>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, "{N} values, one a server")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Self::Value, A::Error> {
                let mut function = PerServer::default();
                for (index, slot) in function.iter_mut().enumerate() {
                    *slot = values
                        .next_element()?
                        .ok_or_else(|| A::Error::invalid_length(index, &self))?;
                }
                Ok(function)
            }
        }

        deserializer.deserialize_tuple(N, Values(PhantomData))
    }
}
