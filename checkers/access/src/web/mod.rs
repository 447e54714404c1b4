//! Who may ask web servers for what.
//!
//! A request is an endpoint that is connected to, a host, a method and a path, from an address, with
//! or without credentials. What a server decides on it beyond host, method and path depends on
//! [`Condition`]s: where the client is, whether a file of users accepts the credentials, what another
//! service answers, whether a file is there. Host, method and path therefore lead to a [`Tree`] of
//! conditions with decisions at its leaves.
//!
//! A comparison splits hosts, paths and methods into classes of which nothing tells two members
//! apart ([`diff`]), takes one member of each, and compares the two trees in all cases of
//! their conditions. Expressions are compared as automata, over bytes.
//!
//! *Denied* is what the server refuses by its configuration: 401, 403, an internal location (404),
//! and fixed answers of 400 and above, or none (444). *Allowed* is everything else, redirects and
//! fixed answers included: whether there is such a file, and what an application behind the server
//! decides, is not asked. What cannot be modelled is a condition of its own that is neither true nor
//! false: a decision that depends on it is unknown.

mod answer;
mod automaton;
mod cases;
mod claim;
mod condition;
mod credentials;
mod diff;
mod gap;
pub mod httpd;
pub mod nginx;
mod partition;
mod pattern;
mod places;
mod question;
mod request;
mod side;

pub use answer::WebAnswer;
pub use claim::{PathRegion, Visit, Visitor, Visits, WebRegion, quoted, visits};
pub use condition::{Ask, Condition, Fact, Ground, Leaf, Opaque, Reply, TooMany, Tree, Users};
pub use diff::{WebDifferences, diff};
pub use partition::{PathClass, Tests};
pub use pattern::Pattern;
pub use question::{Question, WebAnswers, WebCase};
pub use request::{Client, Endpoint, Local, Request, User, percent_encoded};
pub use side::{Situation, WebServer};
