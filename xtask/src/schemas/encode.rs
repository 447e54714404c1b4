//! Writing the bundle.
//!
//! The bundle is read in place: every table has records of one width, so that a reader finds a
//! kind, a name, a text or a definition without reading anything else. All numbers are
//! little-endian. Its reader is `checkers/rules/src/schema/bundle.rs`.
//!
//! ```text
//! "seatrial"                                      8 bytes
//! format, number of versions                      u16 u16
//! number of texts, names, runs, kinds, definitions  u32 × 5
//! SHA-256 of the source                           32 bytes
//! versions      major u8, minor u8                in rising order
//! texts         start u32                         and one more, the end; sorted
//! definitions   start u32                         and one more, the end
//! names         text u16, first run u16           and one more, the end; sorted
//! runs          first version u8, last u8, definition u16
//! kinds         group u16, kind u16, version u16, name u16, first u8, last u8; sorted
//! the texts, one after the other
//! the definitions, one after the other
//! ```
//!
//! A *run* is a range of versions in which a name stands for the same definition. Versions are
//! written as their place in the table of versions. A type is one byte (see [`tag`]) followed by
//! what it needs.

use std::collections::{BTreeMap, BTreeSet};

use super::model::{ApiKind, Definition, ListKind, Type};
use super::source::{Definitions, Version};

/// The format of the bundle; raised whenever the layout changes.
const FORMAT: u16 = 1;

/// The first byte of each type.
mod tag {
    pub(super) const ANY: u8 = 0;
    pub(super) const TEXT: u8 = 1;
    pub(super) const BASE64: u8 = 2;
    pub(super) const DATE_TIME: u8 = 3;
    pub(super) const INTEGER: u8 = 4;
    pub(super) const INT32: u8 = 5;
    pub(super) const INT64: u8 = 6;
    pub(super) const NUMBER: u8 = 7;
    pub(super) const BOOLEAN: u8 = 8;
    pub(super) const INT_OR_STRING: u8 = 9;
    pub(super) const QUANTITY: u8 = 10;
    pub(super) const ANY_OBJECT: u8 = 11;
    /// Item type.
    pub(super) const LIST: u8 = 12;
    /// Item type.
    pub(super) const SET: u8 = 13;
    /// Number of keys u8, keys u16, item type.
    pub(super) const LIST_MAP: u8 = 14;
    /// Value type.
    pub(super) const MAP: u8 = 15;
    /// Name u16.
    pub(super) const REFERENCE: u8 = 16;
    /// Number of fields u16; of each: name u16, required u8, type. Sorted by name.
    pub(super) const OBJECT: u8 = 17;
}

/// A name or a kind for a range of versions.
struct Run<T> {
    first: u8,
    last: u8,
    of: T,
}

/// Encodes all versions; returns the bundle, and a summary for people.
pub(super) fn encode(
    versions: &BTreeMap<Version, Definitions>,
    digest: [u8; 32],
) -> Result<(Vec<u8>, String), String> {
    let tables = Tables::new(versions);
    let mut definitions: BTreeMap<Vec<u8>, u16> = BTreeMap::new();
    let mut names = Vec::new();
    let mut runs: Vec<Run<u16>> = Vec::new();
    for name in &tables.names {
        names.push((tables.text(name)?, short(runs.len())?));
        let mut of_name = Vec::new();
        for (at, of) in versions.values().enumerate() {
            let Some(definition) = of.get(name) else { continue };
            let mut bytes = Vec::new();
            tables.write_type(&definition.of, &mut bytes)?;
            let next = short(definitions.len())?;
            let id = *definitions.entry(bytes).or_insert(next);
            extend(&mut of_name, at, id)?;
        }
        runs.append(&mut of_name);
    }
    let kinds = tables.kinds(versions)?;
    let mut in_order: Vec<(u16, Vec<u8>)> =
        definitions.into_iter().map(|(b, id)| (id, b)).collect();
    in_order.sort();

    let mut out = b"seatrial".to_vec();
    put_u16(&mut out, FORMAT);
    put_u16(&mut out, short(versions.len())?);
    for count in [tables.texts.len(), names.len(), runs.len(), kinds.len(), in_order.len()] {
        put_u32(&mut out, count)?;
    }
    out.extend(digest);
    out.extend(versions.keys().flat_map(|(major, minor)| [*major, *minor]));
    put_starts(&mut out, tables.texts.keys().map(String::len))?;
    put_starts(&mut out, in_order.iter().map(|(_, bytes)| bytes.len()))?;
    for (text, run) in &names {
        put_u16(&mut out, *text);
        put_u16(&mut out, *run);
    }
    put_u16(&mut out, 0);
    put_u16(&mut out, short(runs.len())?);
    for run in &runs {
        out.extend([run.first, run.last]);
        put_u16(&mut out, run.of);
    }
    for run in &kinds {
        for id in &run.of {
            put_u16(&mut out, *id);
        }
        out.extend([run.first, run.last]);
    }
    tables.texts.keys().for_each(|text| out.extend(text.bytes()));
    for (_, bytes) in &in_order {
        out.extend(bytes);
    }
    let summary = format!(
        "{} versions, {} kinds, {} names, {} definitions, {} bytes",
        versions.len(),
        kinds.len(),
        names.len(),
        in_order.len(),
        out.len()
    );
    Ok((out, summary))
}

/// Texts and names with their numbers.
struct Tables {
    texts: BTreeMap<String, usize>,
    names: BTreeSet<String>,
}

impl Tables {
    fn new(versions: &BTreeMap<Version, Definitions>) -> Self {
        let mut texts = BTreeSet::new();
        let mut names = BTreeSet::new();
        for (name, definition) in versions.values().flatten() {
            names.insert(name.clone());
            texts.insert(name.clone());
            collect(&definition.of, &mut texts);
            for ApiKind { group, version, kind } in &definition.kinds {
                texts.extend([group.clone(), version.clone(), kind.clone()]);
            }
        }
        let texts = texts.into_iter().enumerate().map(|(id, text)| (text, id)).collect();
        Self { texts, names }
    }

    fn text(&self, text: &str) -> Result<u16, String> {
        short(*self.texts.get(text).ok_or_else(|| format!("`{text}` is not in the table"))?)
    }

    fn name(&self, name: &str) -> Result<u16, String> {
        let place = self.names.iter().position(|known| known == name);
        short(place.ok_or_else(|| format!("the definition `{name}` is missing"))?)
    }

    /// The kinds by group, kind and version, with the names of their definitions.
    fn kinds(
        &self,
        versions: &BTreeMap<Version, Definitions>,
    ) -> Result<Vec<Run<[u16; 4]>>, String> {
        let mut kinds: BTreeMap<[u16; 4], Vec<Run<[u16; 4]>>> = BTreeMap::new();
        for (at, of) in versions.values().enumerate() {
            for (name, Definition { kinds: found, .. }) in of {
                // `DeleteOptions` and the like belong to every group: no manifest holds one.
                if found.len() > 1 {
                    continue;
                }
                for ApiKind { group, version, kind } in found {
                    let [group, kind, version] =
                        [self.text(group)?, self.text(kind)?, self.text(version)?];
                    let ids = [group, kind, version, self.name(name)?];
                    extend(kinds.entry(ids).or_default(), at, ids)?;
                }
            }
        }
        Ok(kinds.into_values().flatten().collect())
    }

    fn write_type(&self, of: &Type, out: &mut Vec<u8>) -> Result<(), String> {
        match of {
            Type::Any => out.push(tag::ANY),
            Type::Text => out.push(tag::TEXT),
            Type::Base64 => out.push(tag::BASE64),
            Type::DateTime => out.push(tag::DATE_TIME),
            Type::Integer => out.push(tag::INTEGER),
            Type::Int32 => out.push(tag::INT32),
            Type::Int64 => out.push(tag::INT64),
            Type::Number => out.push(tag::NUMBER),
            Type::Boolean => out.push(tag::BOOLEAN),
            Type::IntOrString => out.push(tag::INT_OR_STRING),
            Type::Quantity => out.push(tag::QUANTITY),
            Type::AnyObject => out.push(tag::ANY_OBJECT),
            Type::Map(values) => {
                out.push(tag::MAP);
                self.write_type(values, out)?;
            }
            Type::List(kind, items) => {
                self.write_list_kind(kind, out)?;
                self.write_type(items, out)?;
            }
            Type::Reference(name) => {
                out.push(tag::REFERENCE);
                put_u16(out, self.name(name)?);
            }
            Type::Object(fields) => {
                out.push(tag::OBJECT);
                put_u16(out, short(fields.len())?);
                for field in fields {
                    put_u16(out, self.text(&field.name)?);
                    out.push(field.required.into());
                    self.write_type(&field.of, out)?;
                }
            }
        }
        Ok(())
    }

    fn write_list_kind(&self, kind: &ListKind, out: &mut Vec<u8>) -> Result<(), String> {
        match kind {
            ListKind::Atomic => out.push(tag::LIST),
            ListKind::Set => out.push(tag::SET),
            ListKind::Map(keys) => {
                out.push(tag::LIST_MAP);
                out.push(u8::try_from(keys.len()).map_err(|e| e.to_string())?);
                for key in keys {
                    put_u16(out, self.text(key)?);
                }
            }
        }
        Ok(())
    }
}

/// Adds the texts of a type.
fn collect(of: &Type, texts: &mut BTreeSet<String>) {
    match of {
        Type::List(kind, items) => {
            if let ListKind::Map(keys) = kind {
                texts.extend(keys.iter().cloned());
            }
            collect(items, texts);
        }
        Type::Map(values) => collect(values, texts),
        Type::Object(fields) => {
            for field in fields {
                texts.insert(field.name.clone());
                collect(&field.of, texts);
            }
        }
        _ => {}
    }
}

/// Lengthens the last run by a version, or begins another one.
fn extend<T: PartialEq>(runs: &mut Vec<Run<T>>, at: usize, of: T) -> Result<(), String> {
    let at = u8::try_from(at).map_err(|e| e.to_string())?;
    match runs.last_mut() {
        Some(run) if run.of == of && run.last + 1 == at => run.last = at,
        _ => runs.push(Run { first: at, last: at, of }),
    }
    Ok(())
}

fn short(number: usize) -> Result<u16, String> {
    u16::try_from(number).map_err(|_| format!("{number} does not fit 16 bits"))
}

fn put_u16(out: &mut Vec<u8>, number: u16) {
    out.extend(number.to_le_bytes());
}

fn put_u32(out: &mut Vec<u8>, number: usize) -> Result<(), String> {
    let number = u32::try_from(number).map_err(|e| e.to_string())?;
    out.extend(number.to_le_bytes());
    Ok(())
}

/// Writes where each of several parts begins, and where the last one ends.
fn put_starts(out: &mut Vec<u8>, lengths: impl Iterator<Item = usize>) -> Result<(), String> {
    let mut start = 0;
    put_u32(out, start)?;
    for length in lengths {
        start += length;
        put_u32(out, start)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::model::parse;
    use super::*;

    /// Versions 1.1, 1.2 and so on, in which the definition `a.B` is a list of these.
    fn versions(types: &[&str]) -> BTreeMap<Version, Definitions> {
        let version = |(at, name): (usize, &&str)| {
            let schema = serde_json::json!({
                "type": "array", "items": {"type": name},
                "x-kubernetes-group-version-kind": [{"group": "g", "version": "v1", "kind": "B"}],
            });
            let definition = parse(&schema).unwrap();
            ((1, u8::try_from(at + 1).unwrap()), BTreeMap::from([("a.B".to_owned(), definition)]))
        };
        types.iter().enumerate().map(version).collect()
    }

    #[test]
    fn equal_definitions_are_stored_once_and_runs_are_joined() {
        let (same, _) = encode(&versions(&["string", "string", "string"]), [7; 32]).unwrap();
        let (again, _) = encode(&versions(&["string", "string", "string"]), [7; 32]).unwrap();
        assert_eq!(same, again, "the same source gives the same bytes");
        let counts = |bundle: &[u8]| {
            let count = |at: usize| u32::from_le_bytes(bundle[at..at + 4].try_into().unwrap());
            // Texts, names, runs, kinds, definitions.
            [12, 16, 20, 24, 28].map(count)
        };
        assert_eq!(counts(&same), [4, 1, 1, 1, 1]);
        let (other, _) = encode(&versions(&["string", "boolean", "string"]), [7; 32]).unwrap();
        assert_eq!(counts(&other), [4, 1, 3, 1, 2]);
    }

    #[test]
    fn a_reference_to_nothing_stops_the_generator() {
        let schema = serde_json::json!({"$ref": "#/$defs/missing"});
        let definitions = BTreeMap::from([("a".to_owned(), parse(&schema).unwrap())]);
        assert!(encode(&BTreeMap::from([((1, 1), definitions)]), [0; 32]).is_err());
    }
}
