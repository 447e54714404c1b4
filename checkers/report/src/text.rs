//! Reports for people: `full`, `concise`, and the summary that both end with.

mod clean;
mod concise;
mod excerpt;
mod full;
mod paint;
mod places;
mod summary;
mod wrap;

pub use clean::clean;
pub use summary::{count, enumerate, sentence};
pub use wrap::folded;

pub(crate) use clean::visible;
pub(crate) use concise::concise;
pub(crate) use excerpt::{Excerpt, excerpt, underlined};
pub(crate) use full::full;
pub(crate) use paint::Paint;
pub(crate) use places::{Mark, clusters, edits, is_whole_file, questions};
pub(crate) use wrap::{columns, wrap};
