//! Reading the bundle of the Kubernetes schemas.
//!
//! The bundle is read in place; its layout is described where it is written, in
//! `xtask/src/schemas/encode.rs`. A definition is decoded when an object first needs it, once for
//! all threads.

use std::sync::{LazyLock, OnceLock};

use super::definition::{Definition, Type};
use super::version::Version;

static BYTES: &[u8] = include_bytes!("../../../../configs/schemas/kubernetes.bundle");
static BUNDLE: LazyLock<Bundle> = LazyLock::new(|| Bundle::new(BYTES));

/// Behind the fixed part: magic text, format, counts, hash.
const HEADER: usize = 64;

/// The number of a name in the table of definitions' names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Name(pub(super) u16);

/// A kind that some versions of Kubernetes serve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ServedKind {
    /// The API group; empty for the core group.
    pub(super) group: &'static str,
    /// The kind.
    pub(super) kind: &'static str,
    /// The version within the group, such as `v1beta1`.
    pub(super) version: &'static str,
    /// Its definition.
    pub(super) name: Name,
    /// The first version of Kubernetes that serves it.
    pub(super) first: Version,
    /// The last one.
    pub(super) last: Version,
}

impl ServedKind {
    /// Whether a version of Kubernetes serves it.
    pub(super) fn in_version(&self, version: Version) -> bool {
        (self.first..=self.last).contains(&version)
    }

    /// The `apiVersion` of its objects.
    pub(super) fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.to_owned()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }
}

/// The bundle: tables of records of one width each.
#[derive(Debug)]
pub(super) struct Bundle {
    text_starts: Table,
    definition_starts: Table,
    names: Table,
    runs: Table,
    kinds: Table,
    texts: usize,
    definitions: usize,
    /// What has been decoded, by run.
    decoded: Box<[OnceLock<Option<Definition>>]>,
}

/// Records of one width, one after the other.
#[derive(Debug, Clone, Copy)]
struct Table {
    start: usize,
    width: usize,
    count: usize,
}

impl Table {
    fn new(start: usize, width: usize, count: usize) -> Self {
        Self { start, width, count }
    }

    fn end(self) -> usize {
        self.start + self.width * self.count
    }

    /// The record of a number.
    fn record(self, at: usize) -> Option<Reader> {
        let start = self.start + self.width * at;
        (at < self.count).then(|| Reader::new(start, start + self.width))
    }
}

impl Bundle {
    /// The embedded bundle.
    pub(super) fn get() -> &'static Self {
        &BUNDLE
    }

    fn new(bytes: &'static [u8]) -> Self {
        let mut header = Reader { bytes, at: 10 };
        let versions = usize::from(header.u16().unwrap_or(0));
        let [texts, names, runs, kinds, definitions] =
            std::array::from_fn(|_| header.u32().unwrap_or(0));
        let text_starts = Table::new(HEADER + 2 * versions, 4, texts + 1);
        let definition_starts = Table::new(text_starts.end(), 4, definitions + 1);
        let names = Table::new(definition_starts.end(), 4, names + 1);
        let runs = Table::new(names.end(), 4, runs);
        let kinds = Table::new(runs.end(), 10, kinds);
        let start = |table: Table, at| table.record(at).and_then(|mut r| r.u32()).unwrap_or(0);
        Self {
            texts: kinds.end(),
            definitions: kinds.end() + start(text_starts, texts),
            decoded: (0..runs.count).map(|_| OnceLock::new()).collect(),
            text_starts,
            definition_starts,
            names,
            runs,
            kinds,
        }
    }

    /// A text by its number.
    pub(super) fn text(&self, at: u16) -> Option<&'static str> {
        let at = usize::from(at);
        let start = self.texts + self.text_starts.record(at)?.u32()?;
        let end = self.texts + self.text_starts.record(at + 1)?.u32()?;
        std::str::from_utf8(BYTES.get(start..end)?).ok()
    }

    /// The number of a text.
    fn find_text(&self, text: &str) -> Option<u16> {
        let (mut low, mut high) = (0, u16::try_from(self.text_starts.count).ok()?.checked_sub(1)?);
        while low < high {
            let middle = low + (high - low) / 2;
            match self.text(middle)?.cmp(text) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Equal => return Some(middle),
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        None
    }

    /// Whether there is a name of this number.
    #[cfg(test)]
    pub(super) fn has(&self, name: Name) -> bool {
        usize::from(name.0) + 1 < self.names.count
    }

    /// The text of a definition's name.
    fn name(&self, name: Name) -> Option<&'static str> {
        self.text(self.names.record(usize::from(name.0))?.u16()?)
    }

    /// The name of a text.
    pub(super) fn find_name(&self, text: &str) -> Option<Name> {
        let wanted = self.find_text(text)?;
        let at = |at: usize| self.names.record(at).and_then(|mut record| record.u16());
        let (mut low, mut high) = (0, self.names.count - 1);
        while low < high {
            let middle = low + (high - low) / 2;
            if at(middle)? < wanted { low = middle + 1 } else { high = middle }
        }
        (at(low)? == wanted).then_some(Name(u16::try_from(low).ok()?))
    }

    /// All kinds of all versions, by group, kind and version.
    pub(super) fn kinds(&self) -> impl Iterator<Item = ServedKind> {
        (0..self.kinds.count).filter_map(|at| self.kind_at(at))
    }

    fn kind_at(&self, at: usize) -> Option<ServedKind> {
        let mut record = self.kinds.record(at)?;
        let [group, kind, version] = [record.u16()?, record.u16()?, record.u16()?];
        let name = Name(record.u16()?);
        Some(ServedKind {
            group: self.text(group)?,
            kind: self.text(kind)?,
            version: self.text(version)?,
            name,
            first: Version::at(record.u8()?),
            last: Version::at(record.u8()?),
        })
    }

    /// The kind of a group, version and name that a version of Kubernetes serves.
    pub(super) fn kind(
        &self,
        group: &str,
        version: &str,
        kind: &str,
        kubernetes: Version,
    ) -> Option<ServedKind> {
        let wanted = [self.find_text(group)?, self.find_text(kind)?, self.find_text(version)?];
        let (mut low, mut high) = (0, self.kinds.count);
        while low < high {
            let middle = low + (high - low) / 2;
            let mut record = self.kinds.record(middle)?;
            let ids = [record.u16()?, record.u16()?, record.u16()?];
            if ids < wanted { low = middle + 1 } else { high = middle }
        }
        let same =
            |found: &ServedKind| (found.group, found.version, found.kind) == (group, version, kind);
        (low..self.kinds.count)
            .map_while(|at| self.kind_at(at))
            .take_while(same)
            .find(|found| found.in_version(kubernetes))
    }

    /// What a name stands for in a version of Kubernetes.
    pub(super) fn definition(&self, name: Name, version: Version) -> Option<&Definition> {
        let at = usize::from(name.0);
        let mut first = self.names.record(at)?;
        let mut behind = self.names.record(at + 1)?;
        let (_, _) = (first.u16()?, behind.u16()?);
        let (from, to) = (usize::from(first.u16()?), usize::from(behind.u16()?));
        let run = (from..to).find(|&run| {
            let bounds = self.runs.record(run).and_then(|mut r| Some((r.u8()?, r.u8()?)));
            bounds.is_some_and(|(first, last)| (first..=last).contains(&version.place()))
        })?;
        self.decoded.get(run)?.get_or_init(|| self.decode(run, self.name(name)?)).as_ref()
    }

    fn decode(&self, run: usize, name: &'static str) -> Option<Definition> {
        let mut record = self.runs.record(run)?;
        let (_, _) = (record.u8()?, record.u8()?);
        let id = usize::from(record.u16()?);
        let start = self.definitions + self.definition_starts.record(id)?.u32()?;
        let end = self.definitions + self.definition_starts.record(id + 1)?.u32()?;
        let of = Type::read(&mut Reader::new(start, end), self)?;
        Some(Definition::new(name, of))
    }
}

/// Reads numbers one after the other; `None` behind the end.
#[derive(Debug)]
pub(super) struct Reader {
    bytes: &'static [u8],
    at: usize,
}

impl Reader {
    fn new(start: usize, end: usize) -> Self {
        Self { bytes: BYTES.get(..end).unwrap_or_default(), at: start }
    }

    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let taken = self.bytes.get(self.at..self.at + N)?.try_into().ok()?;
        self.at += N;
        Some(taken)
    }

    /// The next byte.
    pub(super) fn u8(&mut self) -> Option<u8> {
        self.take::<1>().map(|[byte]| byte)
    }

    /// The next two bytes.
    pub(super) fn u16(&mut self) -> Option<u16> {
        self.take().map(u16::from_le_bytes)
    }

    /// The next four bytes.
    fn u32(&mut self) -> Option<usize> {
        usize::try_from(u32::from_le_bytes(self.take()?)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Texts and runs, as the generator counted them.
    const TEXTS: usize = 2384;
    const RUNS: usize = 1415;

    #[test]
    fn the_bundle_holds_what_its_generator_counted() {
        let bundle = Bundle::get();
        assert_eq!(BYTES.get(..8), Some(&b"seatrial"[..]));
        assert_eq!(BYTES.get(8..10), Some(&[1, 0][..]), "format");
        let versions: Vec<_> = BYTES[HEADER..HEADER + 26].chunks(2).collect();
        let expected: Vec<_> = Version::all().map(|version| [1, version.minor]).collect();
        assert_eq!(versions, expected);
        let counts = [
            bundle.text_starts.count - 1,
            bundle.names.count - 1,
            bundle.runs.count,
            bundle.kinds.count,
            bundle.definition_starts.count - 1,
        ];
        assert_eq!(counts, [TEXTS, 1152, RUNS, 288, 1171]);
        let source: String = BYTES[32..64].iter().map(|byte| format!("{byte:02x}")).collect();
        let readme = include_str!("../../../../configs/schemas/README.md");
        assert!(readme.contains(&source), "the README names another source");
        assert!(readme.contains(&BYTES.len().to_string()), "the README states another size");
    }

    #[test]
    fn every_definition_of_every_version_decodes_and_refers_to_definitions() {
        let bundle = Bundle::get();
        let mut decoded = 0;
        for version in Version::all() {
            let names = (0..bundle.names.count - 1).map(|at| Name(at.try_into().unwrap()));
            for definition in names.filter_map(|name| bundle.definition(name, version)) {
                decoded += 1;
                definition.of.visit(&mut |of| {
                    if let Type::Reference(name) = of {
                        assert!(bundle.definition(*name, version).is_some());
                    }
                });
            }
        }
        assert_eq!(bundle.decoded.iter().filter(|run| run.get().is_some()).count(), RUNS);
        assert_eq!(decoded, 8446);
    }

    #[test]
    fn a_kind_is_found_in_the_versions_that_serve_it() {
        let find = |group, version, kind, kubernetes: &str| {
            Bundle::get().kind(group, version, kind, kubernetes.parse().unwrap()).is_some()
        };
        assert!(find("apps", "v1", "Deployment", "1.25"));
        assert!(find("", "v1", "Pod", "1.37"));
        assert!(find("autoscaling", "v2beta2", "HorizontalPodAutoscaler", "1.25"));
        assert!(!find("autoscaling", "v2beta2", "HorizontalPodAutoscaler", "1.26"));
        assert!(!find("resource.k8s.io", "v1", "DeviceClass", "1.33"));
        assert!(find("resource.k8s.io", "v1", "DeviceClass", "1.34"));
        assert!(!find("apps", "v1", "Nothing", "1.37"));
        assert!(!find("apps", "v1", "Pod", "1.37"));
    }
}
