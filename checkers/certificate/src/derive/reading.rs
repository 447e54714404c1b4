//! From documents to typed objects.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde_json::{Map, Value};

use super::Refusal;
use super::objects::{
    Budget, Claim, CsiNode, Metadata, Namespace, Node, Pod, PodGroup, PriorityClass, StorageClass,
    Volume,
};

/// A YAML document with an anchor may have so many bytes: each use of an anchor writes its text
/// again, and the parser allows a hundred times as many as there are.
const ANCHORED_LIMIT: usize = 1 << 20;

/// Brackets may be so deep in each other; the parser's time grows with the square of that.
const DEPTH_LIMIT: usize = 1000;

/// All objects of a snapshot, by `namespace/name` (or name).
#[derive(Debug, Default)]
pub(super) struct Objects {
    pub nodes: BTreeMap<String, Node>,
    pub pods: BTreeMap<String, Pod>,
    pub namespaces: BTreeMap<String, Namespace>,
    pub priority_classes: BTreeMap<String, PriorityClass>,
    pub budgets: BTreeMap<String, Budget>,
    pub claims: BTreeMap<String, Claim>,
    pub volumes: BTreeMap<String, Volume>,
    pub storage_classes: BTreeMap<String, StorageClass>,
    pub csi_nodes: BTreeMap<String, CsiNode>,
    pub pod_groups: BTreeMap<String, PodGroup>,
    /// The kinds that were passed over, and how many objects of each.
    pub others: BTreeMap<String, usize>,
}

impl Objects {
    /// Reads documents: JSON if they begin with a brace, YAML otherwise; lists are taken apart.
    pub(super) fn read(documents: &[&[u8]]) -> Result<Self, Refusal> {
        let mut objects = Self::default();
        for document in documents {
            let first = document.iter().find(|byte| !byte.is_ascii_whitespace());
            if first == Some(&b'{') {
                for object in serde_json::Deserializer::from_slice(document).into_iter() {
                    objects.add(object.map_err(Refusal::unreadable)?)?;
                }
            } else {
                objects.read_yaml(document)?;
            }
        }
        Ok(objects)
    }

    fn read_yaml(&mut self, document: &[u8]) -> Result<(), Refusal> {
        let text = std::str::from_utf8(document).map_err(Refusal::unreadable)?;
        if text.len() > ANCHORED_LIMIT && may_have_anchors(document) {
            return Err(Refusal::unreadable("a document of this size may have no anchors (`&`)"));
        }
        let Some((rest, items)) = apart(text) else {
            let text = shallow(text)?;
            return serde_yaml::Deserializer::from_str(text).try_for_each(|part| {
                let object = Option::deserialize(part).map_err(Refusal::unreadable)?;
                object.map_or(Ok(()), |object| self.add(object))
            });
        };
        for objects in read_items(&items)? {
            self.add(Object::List(objects))?;
        }
        match serde_yaml::from_str(shallow(&rest)?).map_err(Refusal::unreadable)? {
            Object::List(_) => Ok(()),
            _ => Err(Refusal::unreadable("what has `items` is no `List`")),
        }
    }

    fn add(&mut self, object: Object) -> Result<(), Refusal> {
        match object {
            Object::Node(node) => insert(&mut self.nodes, "node", node),
            Object::Pod(pod) => insert(&mut self.pods, "pod", *pod),
            Object::Namespace(namespace) => insert(&mut self.namespaces, "namespace", namespace),
            Object::PriorityClass(class) => insert(&mut self.priority_classes, "class", class),
            Object::Budget(budget) => insert(&mut self.budgets, "budget", budget),
            Object::Claim(claim) => insert(&mut self.claims, "claim", claim),
            Object::Volume(volume) => insert(&mut self.volumes, "volume", volume),
            Object::StorageClass(class) => insert(&mut self.storage_classes, "class", class),
            Object::CsiNode(node) => insert(&mut self.csi_nodes, "CSINode", node),
            Object::PodGroup(group) => insert(&mut self.pod_groups, "PodGroup", group),
            Object::List(objects) => objects.into_iter().try_for_each(|object| self.add(object)),
            Object::Other(kind) => {
                *self.others.entry(kind).or_default() += 1;
                Ok(())
            }
        }
    }
}

/// Whether `&` stands anywhere where YAML could take it for an anchor: not after a visible
/// character other than an indicator.
fn may_have_anchors(document: &[u8]) -> bool {
    document.first() == Some(&b'&')
        || document.windows(2).any(|pair| match pair {
            [before, b'&'] => !before.is_ascii_graphic() || b"[{,:?-".contains(before),
            _ => false,
        })
}

/// Reads items on as many threads as there are cores: the parser is slow.
fn read_items(items: &[(usize, &str)]) -> Result<Vec<Vec<Object>>, Refusal> {
    let read = |&(line, item): &(usize, &str)| {
        let misplaced = |error| Refusal::Unreadable(format!("item from line {line}: {error}"));
        serde_yaml::from_str(shallow(item)?).map_err(misplaced)
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let share = items.len().div_ceil(threads).max(1);
    std::thread::scope(|scope| {
        let readers = items.chunks(share).map(|items| {
            scope.spawn(move || items.iter().map(read).collect::<Result<Vec<_>, _>>())
        });
        let readers: Vec<_> = readers.collect();
        let mut all = Vec::with_capacity(items.len());
        for reader in readers {
            let failed = |_| Refusal::unreadable("a reader did not come back");
            all.extend(reader.join().map_err(failed)??);
        }
        Ok(all)
    })
}

/// Takes a list apart that is written as kubectl does, `items:` and each `- ` without indentation:
/// what else is in it, and its items with the line that each begins in. The parser holds all of
/// what it is given at once, which would be too much of a large list. Where a text over several
/// lines made a line look like an item, its quotes are not closed in one part, which is an error.
fn apart(text: &str) -> Option<(String, Vec<(usize, &str)>)> {
    let (head, list) = text.split_once("\nitems:\n")?;
    let first_line = head.lines().count() + 2;
    let (mut items, mut rest) = (Vec::new(), format!("{head}\n"));
    let (mut start, mut end) = (None, 0);
    for (number, line) in list.split_inclusive('\n').enumerate() {
        let next = line.starts_with("- ");
        if next || !line.starts_with([' ', '\n']) {
            items.extend(start.and_then(|(number, start)| Some((number, list.get(start..end)?))));
            start = next.then_some((first_line + number, end));
        }
        match start {
            Some(_) if rest.len() == head.len() + 1 => {}
            None if !next => rest.push_str(line),
            _ => return None,
        }
        end += line.len();
    }
    items.extend(start.and_then(|(number, start)| Some((number, list.get(start..)?))));
    let documents = rest.lines().any(|line| line.starts_with(['-', '.', '%']) || line == "items:");
    (!documents && !items.is_empty()).then_some((rest, items))
}

/// Refuses brackets that are too deep in each other.
fn shallow(text: &str) -> Result<&str, Refusal> {
    let mut depth = 0_usize;
    let too_deep = text.bytes().any(|byte| {
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth > DEPTH_LIMIT
    });
    if too_deep {
        return Err(Refusal::unreadable("brackets are too deep in each other"));
    }
    Ok(text)
}

/// An object with a name, and with a namespace if it is of a kind that has them.
trait Named {
    const NAMESPACED: bool;
    fn metadata(&self) -> &Metadata;
}

/// Says for each kind whether it has namespaces.
macro_rules! named {
    ($($kind:ident $namespaced:literal),+ $(,)?) => {$(
        impl Named for $kind {
            const NAMESPACED: bool = $namespaced;
            fn metadata(&self) -> &Metadata {
                &self.metadata
            }
        }
    )+};
}

named!(
    Node false, Pod true, Namespace false, PriorityClass false, Budget true, Claim true,
    Volume false, StorageClass false, CsiNode false, PodGroup true,
);

fn insert<T: Named>(all: &mut BTreeMap<String, T>, kind: &str, object: T) -> Result<(), Refusal> {
    let metadata = object.metadata();
    let name = if T::NAMESPACED { metadata.full_name() } else { metadata.name.clone() };
    if metadata.name.is_empty() {
        return Err(Refusal::unreadable(format!("a {kind} has no name")));
    }
    if all.contains_key(&name) {
        return Err(Refusal::unreadable(format!("{kind} `{name}` stands twice in the snapshot")));
    }
    all.insert(name, object);
    Ok(())
}

impl Metadata {
    /// The namespace; `default` if none is given.
    pub(super) fn namespace(&self) -> &str {
        if self.namespace.is_empty() { "default" } else { &self.namespace }
    }

    /// `namespace/name`.
    pub(super) fn full_name(&self) -> String {
        format!("{}/{}", self.namespace(), self.name)
    }
}

/// An object of a snapshot.
enum Object {
    Node(Node),
    Pod(Box<Pod>),
    Namespace(Namespace),
    PriorityClass(PriorityClass),
    Budget(Budget),
    Claim(Claim),
    Volume(Volume),
    StorageClass(StorageClass),
    CsiNode(CsiNode),
    PodGroup(PodGroup),
    List(Vec<Object>),
    Other(String),
}

impl Object {
    /// Reads what follows `apiVersion` and `kind`, which say what it is.
    fn typed<'de, D: Deserializer<'de>>(
        version: &str,
        kind: &str,
        rest: D,
    ) -> Result<Self, D::Error> {
        Ok(match (version, kind) {
            ("v1", "Node") => Self::Node(Node::deserialize(rest)?),
            ("v1", "Pod") => Self::Pod(Box::new(Pod::deserialize(rest)?)),
            ("v1", "Namespace") => Self::Namespace(Namespace::deserialize(rest)?),
            ("v1", "PersistentVolumeClaim") => Self::Claim(Claim::deserialize(rest)?),
            ("v1", "PersistentVolume") => Self::Volume(Volume::deserialize(rest)?),
            ("scheduling.k8s.io/v1", "PriorityClass") => {
                Self::PriorityClass(PriorityClass::deserialize(rest)?)
            }
            ("policy/v1", "PodDisruptionBudget") => Self::Budget(Budget::deserialize(rest)?),
            ("storage.k8s.io/v1", "StorageClass") => {
                Self::StorageClass(StorageClass::deserialize(rest)?)
            }
            ("storage.k8s.io/v1", "CSINode") => Self::CsiNode(CsiNode::deserialize(rest)?),
            ("scheduling.x-k8s.io/v1alpha1" | "scheduling.volcano.sh/v1beta1", "PodGroup") => {
                Self::PodGroup(PodGroup::deserialize(rest)?)
            }
            (
                _,
                "Node"
                | "Pod"
                | "PriorityClass"
                | "PodDisruptionBudget"
                | "StorageClass"
                | "CSINode"
                | "PodGroup",
            ) => return Err(Error::custom(format!("`{kind}` of `{version}` is not known"))),
            (_, "List") => {
                IgnoredAny::deserialize(rest)?;
                Self::List(Vec::new())
            }
            _ => {
                IgnoredAny::deserialize(rest)?;
                Self::Other(kind.to_owned())
            }
        })
    }

    fn buffered<E: Error>(mut fields: Map<String, Value>) -> Result<Self, E> {
        let mut text = |key: &str| match fields.remove(key) {
            Some(Value::String(text)) => Ok(text),
            _ => Err(E::custom(format!("an object has no `{key}`"))),
        };
        let (version, kind) = (text("apiVersion")?, text("kind")?);
        Self::typed(&version, &kind, Value::Object(fields)).map_err(E::custom)
    }
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor)
    }
}

/// Reads an object in one go if `apiVersion` and `kind` stand before all else (as they do in what
/// kubectl prints, except for lists, which are known by `items`), and by way of a tree otherwise.
struct ObjectVisitor;

impl<'de> Visitor<'de> for ObjectVisitor {
    type Value = Object;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object with `apiVersion` and `kind`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
        let mut fields = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            if key == "items" {
                let items: Option<Vec<Object>> = map.next_value()?;
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                return Ok(Object::List(items.unwrap_or_default()));
            }
            fields.insert(key, map.next_value()?);
            if let (2, Some(Value::String(version)), Some(Value::String(kind))) =
                (fields.len(), fields.get("apiVersion"), fields.get("kind"))
                && !kind.ends_with("List")
            {
                return Object::typed(version, kind, MapAccessDeserializer::new(map));
            }
        }
        Object::buffered(fields)
    }
}
