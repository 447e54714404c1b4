//! The checks in an editor: a server of the Language Server Protocol (3.17).
//!
//! A client opens files of a workspace; the server checks them with the texts that they have in the
//! editor, within the settings of the workspace, and publishes what it finds. Hovering shows the
//! manual page of a rule; code actions carry out fixes.
//!
//! A change is answered in two steps. The *quick* check looks at the changed file alone, by the rules
//! that judge one object or one file; what other rules said of it before moves with the text. The
//! *whole* check looks at the workspace, and what it says replaces all that. Where whole checks are
//! quick themselves, there are no others. Of results, only those of the latest text are shown.
//!
//! What needs more than the files (a base, a cluster, drills, a language model) is left to
//! `seatrial check`; the client is told so.
//!
//! Architecture invariant: this crate knows no rule and reads no file; the texts of closed files and
//! the findings come from the gate. It speaks to the client by the reader and the writer that it is
//! given, and to nobody else.

mod convert;
mod document;
mod job;
mod requests;
mod scope;
mod server;
mod text;
mod transport;
mod uri;

use std::io::{self, BufRead, Write};
use std::path::Path;
use std::sync::{Arc, mpsc};
use std::time::Instant;

use seatrial_core::Location;
use seatrial_gate::Options;

use server::Server;
use transport::Incoming;

/// Gives the options for the files below a folder, or for one file. Asked before each whole check, so
/// that changed settings are in force at once.
pub type Provider = dyn Fn(&Path) -> Result<Options, Unusable> + Send + Sync;

/// Why nothing can be checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unusable {
    /// Why, as a lower-case fragment.
    pub message: String,
    /// The place in the settings that is at fault, if it is one.
    pub location: Option<Location>,
}

/// How a conversation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The client asked for it, as the protocol wants it.
    Orderly,
    /// The client went away, or left without asking to shut down.
    Abrupt,
}

/// What the server reacts to.
enum Event {
    Incoming(Incoming),
    Done(Box<job::Done>),
}

/// Serves one client until it leaves.
///
/// # Errors
///
/// The writer fails.
pub fn serve(
    input: impl BufRead + Send + 'static,
    mut output: impl Write,
    options: Arc<Provider>,
) -> io::Result<Ending> {
    let (sender, events) = mpsc::channel();
    let of_reader = sender.clone();
    std::thread::Builder::new().name("reader".to_owned()).spawn(move || {
        transport::read_all(input, |incoming| of_reader.send(Event::Incoming(incoming)).is_ok());
    })?;
    let mut server = Server::new(options, sender);
    loop {
        let event = match server.next_due() {
            Some(due) => events.recv_timeout(due.saturating_duration_since(Instant::now())).ok(),
            // The server holds a sender itself, so that this waits for as long as it takes.
            None => events.recv().ok(),
        };
        let ending = match event {
            Some(Event::Incoming(Incoming::End)) => Some(server.ending()),
            Some(Event::Incoming(Incoming::Malformed(fault))) => {
                transport::write_refusal(&mut output, &fault)?;
                None
            }
            Some(Event::Incoming(Incoming::Message(message))) => server.receive(message),
            Some(Event::Done(done)) => {
                server.finish(*done);
                None
            }
            None => None,
        };
        server.start_due();
        for message in server.outgoing() {
            message.write(&mut output)?;
        }
        if let Some(ending) = ending {
            return Ok(ending);
        }
    }
}
