//! Pairs of policies, and random ones against all small objects.

mod pairs;
