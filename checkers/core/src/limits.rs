//! Limits that several parts must agree on.

/// How deeply sequences and mappings of an input may nest.
///
/// Deeper input is reported by the parser and not handed on, so that every later walk over a tree
/// may recurse. Real objects stay below 40 levels; the API server itself stops at 10,000.
pub const MAX_DEPTH: usize = 256;
