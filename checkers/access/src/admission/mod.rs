//! `ValidatingAdmissionPolicy`: are the new policies at least as strict as the old ones, and on
//! which objects do they differ?
//!
//! [`compare`] asks Z3, for each shape of requests (operation and resource, and where rules or
//! parameters name them, name and namespace) and each validation that is only on one side, for an
//! object that it rejects and the other side admits. What Z3 finds is decided again by the direct
//! evaluation of `seatrial-policy` and made as small as it can be; what is not confirmed is
//! [`Unknown`], and counted. That Z3 finds nothing is a proof, if what is taken for granted of such
//! requests can be true at all, and evaluation agrees on an object that is rejected.
//!
//! Objects are modelled by the fields that expressions read. A field is there or not (one that is
//! null is not), and has the types that expressions use it with; one that no expression says
//! anything about is only equal to itself. Numbers are whole, lists have up to [`Limits::items`]
//! items. Conditions are true, false or an error, which `&&`, `||`, `all` and `exists` absorb where
//! another operand decides. Policies that are the same on both sides are not looked into.
//!
//! Modelled are field selection, `has`, indexes that are written out, optionals, comparison of
//! numbers and texts, `+`, `-` and `*` of integers, `+` of texts and lists, `in`, `!`, `&&`, `||`,
//! `? :`, `size`, `startsWith`, `endsWith`, `contains`, `matches` with a pattern that is written out,
//! `all`, `exists`, `exists_one`, `filter`, `map`, variables, match conditions, match constraints with
//! selectors, failure policies, and parameters that are in the configuration. All else is *opaque*:
//! equal expressions over equal values are equal, and nothing more is known. Where a difference
//! depends on it, it is [`Unknown`], as is what Z3 does not decide.
//!
//! Not looked at: names that the server makes up (`generateName`), what the server accepts as a
//! label or by the schema of a kind, and its cost limits. Requests to subresources are [`Unknown`].

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
