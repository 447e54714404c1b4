//! The texts of a source: which of them stand at more than one place, and which look like a slip of
//! the hand of one that does.

use rustc_hash::FxHashMap;

use super::corpus::Doc;
use super::lexicon::{Lexicon, Sym};
use super::sort::Json;

/// Shorter texts are near too many others.
const SHORTEST: usize = 5;

/// Shorter words too, of texts of several.
const SHORTEST_WORD: usize = 4;

/// A file and a line of it.
type Spot = (Sym, u32);

/// Where a text stands: the first place, and whether there are others.
#[derive(Debug)]
struct Spots {
    first: Spot,
    several: bool,
}

/// The texts of all sources, with the places at which each stands.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    spots: FxHashMap<(Sym, Sym), Spots>,
    /// The texts at several places, by source and by their first and by their last two bytes: one
    /// slip leaves one of both as it is.
    repeated: FxHashMap<(Sym, bool, [u8; 2]), Vec<Sym>>,
}

impl Texts {
    /// Collects the texts of objects.
    pub(crate) fn of(docs: &[&Doc], lexicon: &Lexicon) -> Self {
        let mut texts = Self::default();
        for doc in docs {
            for cell in doc.rows.iter().flat_map(|row| &row.cells) {
                if cell.json != Json::Text || lexicon.text(cell.column).ends_with('}') {
                    continue;
                }
                let spot = (doc.file, cell.line);
                texts
                    .spots
                    .entry((doc.source, cell.value))
                    .and_modify(|spots| spots.several |= spots.first != spot)
                    .or_insert(Spots { first: spot, several: false });
            }
        }
        let several = texts.spots.iter().filter(|(_, spots)| spots.several);
        let mut several: Vec<_> = several.map(|(key, _)| *key).collect();
        several.sort_unstable();
        for (source, text) in several {
            let Some([first, last]) = ends(lexicon.text(text)) else { continue };
            texts.repeated.entry((source, true, first)).or_default().push(text);
            texts.repeated.entry((source, false, last)).or_default().push(text);
        }
        texts
    }

    /// Whether a text of a source stands at another place of it as well.
    pub(crate) fn is_elsewhere(&self, doc: &Doc, text: Sym, line: u32) -> bool {
        let spots = self.spots.get(&(doc.source, text));
        spots.is_some_and(|spots| spots.several || spots.first != (doc.file, line))
    }

    /// The text of the source that one was probably meant to be: it stands at several places, the
    /// one here alone.
    pub(crate) fn meant(&self, doc: &Doc, text: Sym, line: u32, lexicon: &Lexicon) -> Option<Sym> {
        let own = lexicon.text(text);
        let [first, last] = ends(own)?;
        if self.is_elsewhere(doc, text, line) {
            return None;
        }
        let near = |start: bool, end: [u8; 2]| {
            self.repeated.get(&(doc.source, start, end)).map_or(&[] as &[_], Vec::as_slice)
        };
        let mut all = near(true, first).iter().chain(near(false, last));
        all.find(|other| is_slip_of(own, lexicon.text(**other))).copied()
    }
}

/// The first and the last two bytes of a text that is long enough.
fn ends(text: &str) -> Option<[[u8; 2]; 2]> {
    let bytes = text.as_bytes();
    let (first, last) = (bytes.first_chunk::<2>()?, bytes.last_chunk::<2>()?);
    (bytes.len() >= SHORTEST).then_some([*first, *last])
}

/// Whether a text is probably another one with a letter left out, doubled, replaced or swapped: not
/// a plural, another letter case, or a name of one letter.
pub(crate) fn is_slip_of(text: &str, meant: &str) -> bool {
    if text.len().abs_diff(meant.len()) > 1
        || text.eq_ignore_ascii_case(meant)
        || !seatrial_manifests::one_slip_apart(text, meant)
    {
        return false;
    }
    let (a, b) = (text.as_bytes(), meant.as_bytes());
    let start = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let shorter = a.len().min(b.len()) - start;
    let same_end = a.iter().rev().zip(b.iter().rev()).take(shorter).take_while(|(a, b)| a == b);
    let end = same_end.count();
    let (Some(word), Some(meant_word)) = (word(a, start, end), word(b, start, end)) else {
        return false;
    };
    let (short, long) = if a.len() < b.len() { (a, b) } else { (b, a) };
    // An `s` more at the end of a word makes a plural: `certs`, `valuesFiles`.
    let more = long.get(start..long.len() - end).unwrap_or_default();
    let ends_word = long.get(long.len() - end).is_none_or(|next| !next.is_ascii_lowercase());
    let plural = short.len() < long.len() && more == b"s" && ends_word;
    let letters = |bytes: &[u8]| {
        let part = bytes.get(start..bytes.len() - end).unwrap_or_default();
        part.iter().all(u8::is_ascii_alphabetic)
    };
    let is_long = |word: &[u8]| {
        word.iter().filter(|byte| byte.is_ascii_alphabetic()).count() >= SHORTEST_WORD
    };
    is_long(word) && is_long(meant_word) && !plural && letters(a) && letters(b)
}

/// The word of a text that what is between `start` and `end` bytes at its ends belongs to.
fn word(text: &[u8], start: usize, end: usize) -> Option<&[u8]> {
    let is_word = |byte: &&u8| byte.is_ascii_alphanumeric();
    let before = text.get(..start)?.iter().rev().take_while(is_word).count();
    let after = text.get(text.len() - end..)?.iter().take_while(is_word).count();
    text.get(start - before..text.len() - end + after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_told_from_other_names() {
        for (text, meant) in [
            ("fronted", "frontend"),
            ("web-cofnig", "web-config"),
            ("reviewss", "reviews"),
            ("producer-pood", "producer-pod"),
            ("VirtualServce", "VirtualService"),
        ] {
            let plural = text == "reviewss";
            assert_eq!(is_slip_of(text, meant), !plural && text != "producer-pood", "{text}");
        }
        for (text, meant) in [
            ("certs", "cert"),
            ("valueFiles", "valuesFiles"),
            ("pv0001", "pvc0001"),
            ("service-b", "service-a"),
            ("web-2", "web-1"),
            ("Service", "service"),
            ("web-config", "webconfig"),
            ("frontend", "frontend"),
            ("cart", "shop"),
        ] {
            assert!(!is_slip_of(text, meant), "{text}");
        }
    }
}
