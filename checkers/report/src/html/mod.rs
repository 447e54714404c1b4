//! A report as one page of HTML: no network, no framework, from a mail attachment as from disk.
//!
//! [`check`](self::check) writes the page of `seatrial check`; [`document_page`] writes that of
//! another command, from its JSON document, so that a page says nothing that the document does not
//! say. All of a page can be read without its script, which filters, groups and steps through
//! counterexamples.
//!
//! Architecture invariant: texts reach a page by way of [`markup`] alone, which escapes them; a
//! content security policy names the page's own style and script by their digests and forbids all
//! others, and all loading.

mod access;
mod check;
mod coverage;
mod diff;
mod document;
mod drill;
mod excerpt;
mod exhibits;
mod findings;
mod markup;
mod model;
mod nodes;
mod page;
mod placement;
mod prose;
mod rules;
mod sequence;

pub(crate) use check::check;
pub(crate) use document::plain;
pub use document::{DocumentError, document_page};

use seatrial_core::Location;

use self::markup::Markup;
use self::page::table_head;
use crate::text::is_whole_file;

/// The script and the style of every page, for tests that leave them out.
#[cfg(test)]
pub(crate) use page::{SCRIPT, STYLE};

/// `path:line:column`, or the path of a file as a whole.
fn place(location: &Location) -> String {
    if is_whole_file(location) {
        return location.path.to_string();
    }
    format!("{}:{}:{}", location.path, location.line, location.column)
}

/// The text with a capital letter at its beginning.
fn capital(text: &str) -> String {
    let mut characters = text.chars();
    characters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

/// A table of two columns without a heading of its own, such as the bounds.
fn pairs(out: &mut Markup, head: [&str; 2], rows: &[(String, String)]) {
    out.element("table", &[("class", "pairs")], |out| {
        table_head(out, &head);
        out.element("tbody", &[], |out| {
            for (name, value) in rows {
                out.element("tr", &[], |out| {
                    out.element("th", &[("scope", "row")], |out| prose::sentence(out, name));
                    out.element("td", &[], |out| prose::sentence(out, value));
                });
            }
        });
    });
}
