//! `ValidatingAdmissionPolicy` and CEL as the API server runs them.

mod admission;
mod blame;
mod compile;
mod error;
mod escape;
mod eval;
mod kinds;
mod library;
mod program;
mod syntax;
mod time;
mod value;

pub use admission::*;
pub use blame::Culprit;
pub use compile::CompileError;
pub use error::Failure;
pub use eval::EXPRESSION_COST_LIMIT;
pub use kinds::{ResourceInfo, is_native_group, native_kind};
pub use program::Program;
pub use syntax::{MAX_EXPRESSION_HEIGHT, MAX_EXPRESSION_LENGTH};
pub use value::Value;
