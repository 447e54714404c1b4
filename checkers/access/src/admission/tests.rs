//! Pairs of policies, and random ones against all small objects.

mod grammar;
mod pairs;
mod random;
