//! `ValidatingAdmissionPolicy`: are the new policies at least as strict as the old ones, and on
//! which objects do they differ?
//!
//! [`compare`] asks Z3, for each shape of requests (operation and resource, and where rules or
//! parameters name them, name and namespace) and each validation that is only on one side, for an
//! object that it rejects and the other side admits. What Z3 finds is replayed by the direct
//! evaluation of `seatrial-policy` and made as small as it can be; that it finds nothing is a proof.
//!
//! Objects are modelled by the fields that expressions read. A field is there or not, and has the
//! types that expressions use it with; lists have up to [`Limits::items`] items. Conditions are
//! true, false or an error, which `&&`, `||`, `all` and `exists` absorb where another operand
//! decides. Policies that are the same on both sides are not looked into.
//!
//! Modelled are field selection, `has`, indexes that are written out, optionals, comparison of
//! numbers and texts, `+`, `-` and `*` of integers, `+` of texts and lists, `in`, `!`, `&&`, `||`,
//! `? :`, `size`, `startsWith`, `endsWith`, `contains`, `matches` with a pattern that is written out,
//! `all`, `exists`, `exists_one`, `filter`, `map`, variables, match conditions, match constraints with
//! selectors, failure policies, and parameters that are in the configuration. All else is *opaque*:
//! equal expressions over equal values are equal, and nothing more is known. Where a difference
//! depends on it, it is [`Unknown`], as is what Z3 does not decide.
//!
//! Not looked at: who sends a request, subresources, and the cost limits of the API server.

mod compare;
mod facts;
mod formula;
mod leaf;
mod macros;
mod operator;
mod pattern;
mod reading;
mod regions;
mod scope;
mod term;
mod translate;
mod value;
mod witness;

pub use compare::{AdmissionDifferences, Bounds, Limits, Unknown, compare};
pub use witness::Witness;

#[cfg(test)]
mod tests;
