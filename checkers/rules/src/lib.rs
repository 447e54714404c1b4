//! Schemas, written invariants and references between objects.
