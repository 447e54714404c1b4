//! Which parts run on what; one result.
