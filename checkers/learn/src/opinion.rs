//! What a language model thinks of a configuration: questions, and how answers become opinions.
//!
//! A [`Subject`] is what is asked about: the lines of a file or of an object, without what must not
//! leave the house. [`Question`] puts examples before it that are made from what was learned
//! ([`shots`]). Each question is asked several times; an answer counts only if it is well-formed and
//! names nothing that is not there ([`Answer::read`]), and an opinion is what most answers share
//! ([`opinions`]). Who asks, and over which wire, is not known here.

mod answer;
mod prompt;
mod subject;

pub mod shots;

pub use answer::{Answer, Opinion, Refused, content, opinions};
pub use prompt::Question;
pub use subject::{Line, Subject, of_object, of_settings};

#[cfg(test)]
mod tests;
