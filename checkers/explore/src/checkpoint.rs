//! A breadth-first search on disk: the one module that reads and writes checkpoints.
//!
//! A line of JSON says what the search is about; behind it are the fingerprints, the origins and
//! the packed states that wait, in little-endian binary.

use crate::bfs::Search;
use crate::frontier::Frontier;
use crate::limits::Budget;
use crate::space::Space;
use crate::tally::Tally;
use crate::visited::{Origins, Visited};
use crate::{ModelId, Protocol, Refusal};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::path::Path;

/// Changes with the layout of the file and with the way fingerprints are taken.
const FORMAT: &str = "seatrial checkpoint 2";

/// What a search must agree on with the one that wrote the checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Subject {
    format: String,
    model: ModelId,
    properties: Vec<String>,
    symmetry: bool,
    hidden: Vec<String>,
    deadlock: bool,
}

impl Subject {
    pub(crate) fn new<P: Protocol>(
        model: &ModelId,
        space: &Space<'_, P>,
        hidden: &[String],
        deadlock: bool,
    ) -> Self {
        Self {
            format: FORMAT.to_owned(),
            model: model.clone(),
            properties: space.properties.iter().map(|property| property.name.clone()).collect(),
            symmetry: space.is_symmetric(),
            hidden: hidden.to_vec(),
            deadlock,
        }
    }
}

/// The first line of a checkpoint.
#[derive(Serialize, Deserialize)]
struct Header {
    subject: Subject,
    depth: u64,
    tally: Tally,
    widest: (u64, u64),
    distinct: u64,
    fingerprints: u64,
    level: u64,
    level_first: u32,
    next: u64,
}

/// Refuses a place to which no checkpoint can be written, before there is a search to lose.
pub(crate) fn probe(path: &Path) -> Result<(), Refusal> {
    let partial = path.with_extension("partial");
    let writable = File::create(&partial).and_then(|_| std::fs::remove_file(&partial));
    writable.map_err(|error| unwritable(path, &error))
}

fn unwritable(path: &Path, error: &io::Error) -> Refusal {
    Refusal::new(format!("checkpoint `{}` cannot be written: {error}", path.display()))
}

/// Writes a search, so that a reader sees all of it or the file that was there before.
pub(crate) fn write<P: Protocol>(
    path: &Path,
    subject: &Subject,
    search: &Search<'_, '_, P>,
) -> Result<(), Refusal> {
    let partial = path.with_extension("partial");
    let written =
        write_to(&partial, subject, search).and_then(|()| std::fs::rename(&partial, path));
    written.map_err(|error| unwritable(path, &error))
}

fn write_to<P: Protocol>(
    path: &Path,
    subject: &Subject,
    search: &Search<'_, '_, P>,
) -> io::Result<()> {
    let header = Header {
        subject: subject.clone(),
        depth: search.depth,
        tally: search.tally.clone(),
        widest: search.widest,
        distinct: search.distinct(),
        fingerprints: search.visited.iter().count() as u64,
        level: search.level.states(),
        level_first: search.level.first(),
        next: search.next.states(),
    };
    let mut file = BufWriter::new(File::create(path)?);
    serde_json::to_writer(&mut file, &header)?;
    file.write_all(b"\n")?;
    for fingerprint in search.visited.iter() {
        file.write_all(&fingerprint.to_le_bytes())?;
    }
    for (parent, ordinal) in search.origins.iter() {
        file.write_all(&parent.to_le_bytes())?;
        file.write_all(&ordinal.to_le_bytes())?;
    }
    for state in search.level.iter().chain(search.next.iter()) {
        file.write_all(&u32::try_from(state.len()).unwrap_or(u32::MAX).to_le_bytes())?;
        file.write_all(state)?;
    }
    file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()
}

/// Puts a search into the state that a checkpoint holds. In memory it takes at least the room that
/// it takes in the file.
pub(crate) fn read<P: Protocol>(
    path: &Path,
    subject: &Subject,
    budget: &Budget,
    search: &mut Search<'_, '_, P>,
) -> Result<(), Refusal> {
    let unreadable = |error: io::Error| {
        Refusal::new(format!("checkpoint `{}` cannot be read: {error}", path.display()))
    };
    let file = File::open(path).map_err(unreadable)?;
    let length = file.metadata().map_err(unreadable)?.len();
    let mut file = BufReader::new(file);
    let mut line = Vec::new();
    file.read_until(b'\n', &mut line).map_err(unreadable)?;
    let header: Header = serde_json::from_slice(&line)
        .map_err(|error| Refusal::new(format!("`{}` is no checkpoint: {error}", path.display())))?;
    agree(&header.subject, subject)?;
    // Room is made for as many fingerprints as the header says: it must not lie.
    if header.fingerprints.checked_mul(8).is_none_or(|bytes| bytes > length) {
        return Err(unreadable(io::ErrorKind::UnexpectedEof.into()));
    }
    if budget.out_of_memory(length) {
        return Err(Refusal::new(format!(
            "checkpoint `{}` does not fit into the memory limit: it takes {} MiB",
            path.display(),
            length.div_ceil(1 << 20)
        )));
    }
    restore(&mut file, header, search).map_err(unreadable)
}

/// Refuses a checkpoint of another search, by the first thing that differs.
fn agree(theirs: &Subject, ours: &Subject) -> Result<(), Refusal> {
    let differs = |what: &str, theirs: &str, ours: &str| {
        Err(Refusal::new(format!("the checkpoint is of another {what}: `{theirs}`, not `{ours}`")))
    };
    if theirs.format != ours.format {
        return differs("format", &theirs.format, &ours.format);
    }
    if theirs.model.name != ours.model.name {
        return differs("model", &theirs.model.name, &ours.model.name);
    }
    if theirs.model != ours.model {
        let text = |model: &ModelId| {
            let pairs = model.configuration.iter().map(|(name, value)| format!("{name}={value}"));
            pairs.collect::<Vec<_>>().join(",")
        };
        return differs("configuration", &text(&theirs.model), &text(&ours.model));
    }
    if theirs.properties != ours.properties {
        return differs(
            "set of properties",
            &theirs.properties.join(","),
            &ours.properties.join(","),
        );
    }
    if theirs != ours {
        return Err(Refusal::new(
            "the checkpoint is of a run with another symmetry, projection or deadlock check",
        ));
    }
    Ok(())
}

fn restore<P: Protocol>(
    file: &mut impl Read,
    header: Header,
    search: &mut Search<'_, '_, P>,
) -> io::Result<()> {
    search.visited = Visited::with_room_for(header.fingerprints);
    search.origins = Origins::default();
    for _ in 0..header.fingerprints {
        search.visited.insert(u64::from_le_bytes(array(file)?));
    }
    for _ in 0..header.distinct {
        let parent = u32::from_le_bytes(array(file)?);
        search.origins.push(parent, u16::from_le_bytes(array(file)?));
    }
    let next_first =
        u32::try_from(header.distinct - header.next.min(header.distinct)).unwrap_or(u32::MAX);
    search.level = states(file, header.level, header.level_first)?;
    search.level.seal();
    search.next = states(file, header.next, next_first)?;
    search.depth = header.depth;
    search.tally = header.tally;
    search.widest = header.widest;
    if file.read(&mut [0])? != 0 {
        return Err(io::Error::other("there is more in it than its header says"));
    }
    Ok(())
}

fn states(file: &mut impl Read, count: u64, first: u32) -> io::Result<Frontier> {
    let mut frontier = Frontier::starting_at(first);
    let mut state = Vec::new();
    for _ in 0..count {
        let length = u32::from_le_bytes(array(file)?);
        state.clear();
        if file.by_ref().take(u64::from(length)).read_to_end(&mut state)? != length as usize {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        frontier.push(&state);
    }
    Ok(frontier)
}

fn array<const N: usize>(file: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}
