//! Mistakes that people make, in the manner of `ConfErr` (L. Keller, P. Upadhyaya, G. Candea, DSN
//! 2008): one mistake in one object, at a place drawn evenly from all places where it can happen.

use seatrial_parse::{Entry, Key, Node, Number, Value};

/// A class of mistakes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Class {
    KeyTypo,
    ValueTypo,
    WrongType,
    WrongUnit,
    DroppedField,
    SwappedValues,
    BrokenReference,
}

impl Class {
    pub(crate) const ALL: [(Self, &'static str); 7] = [
        (Self::KeyTypo, "typo in a key"),
        (Self::ValueTypo, "typo in a value"),
        (Self::WrongType, "wrong type"),
        (Self::WrongUnit, "wrong unit"),
        (Self::DroppedField, "dropped field"),
        (Self::SwappedValues, "swapped values"),
        (Self::BrokenReference, "broken reference"),
    ];
}

/// Numbers that look random and are the same everywhere (`SplitMix64`).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) >> 33).unwrap_or(0) % n.max(1)
    }
}

/// Keys below which are contents that the user chooses, not settings.
const CONTENTS: &[&str] = &["data", "stringData", "binaryData", "annotations", "args", "command"];

/// Maps whose keys are the user's own.
const OWN_KEYS: &[&str] = &["labels", "matchLabels", "selector", "nodeSelector"];

/// Fields that name something else.
const REFERENCES: &[&str] = &[
    "configMapRef.name",
    "configMapKeyRef.name",
    "secretKeyRef.name",
    "secretRef.name",
    "configMap.name",
    "secret.secretName",
    "persistentVolumeClaim.claimName",
    "scaleTargetRef.name",
    "roleRef.name",
    "service.name",
    "destination.host",
    "spec.serviceAccountName",
    "spec.serviceName",
    "spec.storageClassName",
    "volumeMounts.name",
    "subjects.name",
    "httpGet.port",
    "ports.targetPort",
    "spec.selector.*",
    "matchLabels.*",
];

/// Makes a mistake; `None` where the object has no place for one of the class. With the path of the place.
pub(crate) fn mutate(node: &Node, class: Class, random: &mut Random) -> Option<(Node, String)> {
    let mut places = Vec::new();
    collect(node, &mut Vec::new(), &mut places);
    places.retain(|path| fits(node, path, class));
    let path = places.get(random.below(places.len()))?.clone();
    let mut mutant = node.clone();
    apply(&mut mutant, &path, class, random)?;
    Some((mutant, path.join("/")))
}

/// The paths of all entries of maps: keys, and the numbers of items.
fn collect(node: &Node, path: &mut Vec<String>, places: &mut Vec<Vec<String>>) {
    for entry in node.entries() {
        path.push(entry.key.text.to_string());
        places.push(path.clone());
        collect(&entry.value, path, places);
        path.pop();
    }
    for (index, item) in node.items().iter().enumerate() {
        path.push(index.to_string());
        collect(item, path, places);
        path.pop();
    }
}

fn at<'a>(node: &'a Node, path: &[String]) -> Option<&'a Node> {
    path.iter().try_fold(node, |node, step| match &node.value {
        Value::Sequence(items) => items.get(step.parse::<usize>().ok()?),
        _ => node.get(step),
    })
}

fn at_mut<'a>(node: &'a mut Node, path: &[String]) -> Option<&'a mut Node> {
    path.iter().try_fold(node, |node, step| match &mut node.value {
        Value::Sequence(items) => items.get_mut(step.parse::<usize>().ok()?),
        Value::Mapping(map) => map
            .entries
            .iter_mut()
            .find(|entry| *entry.key.text == **step)
            .map(|entry| &mut entry.value),
        _ => None,
    })
}

fn fits(root: &Node, path: &[String], class: Class) -> bool {
    let Some(node) = at(root, path) else { return false };
    let Some((key, above)) = path.split_last() else { return false };
    // Another kind is another object: which there are is a question of the schema.
    let identity = above.is_empty() && ["apiVersion", "kind"].contains(&key.as_str());
    if identity || above.iter().any(|step| CONTENTS.contains(&step.as_str())) {
        return false;
    }
    let own = above.last().is_some_and(|step| OWN_KEYS.contains(&step.as_str()));
    match class {
        Class::KeyTypo => !own && key.len() >= 4,
        Class::ValueTypo => node.as_str().is_some_and(|text| {
            text.len() >= 4 && text.is_ascii() && !text.contains(char::is_whitespace)
        }),
        Class::WrongType => !own && !node.is_null(),
        Class::WrongUnit => node.as_str().is_some_and(|text| other_unit(text, 0).is_some()),
        Class::DroppedField => !own,
        Class::SwappedValues => sibling(root, path).is_some(),
        Class::BrokenReference => is_reference(node, path),
    }
}

fn is_reference(node: &Node, path: &[String]) -> bool {
    let steps: Vec<&str> =
        path.iter().map(String::as_str).filter(|step| step.parse::<usize>().is_err()).collect();
    let [.., above, key] = steps.as_slice() else { return false };
    node.as_str().is_some_and(|text| !text.is_empty())
        && (REFERENCES.contains(&format!("{above}.{key}").as_str())
            || REFERENCES.contains(&format!("{above}.*").as_str())
            || (*above == "selector" && REFERENCES.contains(&"spec.selector.*")))
}

/// Another scalar of the same map with another value.
fn sibling(root: &Node, path: &[String]) -> Option<String> {
    let (key, above) = path.split_last()?;
    let here = at(root, path)?;
    let scalar =
        |node: &Node| !matches!(node.value, Value::Mapping(_) | Value::Sequence(_) | Value::Null);
    let map = at(root, above)?;
    let identity = ["apiVersion", "kind"];
    if !scalar(here) || identity.contains(&key.as_str()) {
        return None;
    }
    let other = map.entries().iter().find(|entry| {
        scalar(&entry.value)
            && !entry.value.same_value(here)
            && !identity.contains(&&*entry.key.text)
    })?;
    Some(other.key.text.to_string())
}

fn apply(root: &mut Node, path: &[String], class: Class, random: &mut Random) -> Option<()> {
    let (key, above) = path.split_last()?;
    match class {
        Class::KeyTypo => {
            let Value::Mapping(map) = &mut at_mut(root, above)?.value else { return None };
            let entry: &mut Entry =
                map.entries.iter_mut().find(|entry| *entry.key.text == **key)?;
            entry.key = Key { text: typo(key, random).into(), span: entry.key.span };
        }
        Class::ValueTypo => {
            let node = at_mut(root, path)?;
            let text = typo(node.as_str()?, random);
            node.value = Value::String(text.into());
        }
        Class::WrongType => {
            let node = at_mut(root, path)?;
            node.value = match &node.value {
                Value::Number(number) => Value::String(number.as_f64().to_string().into()),
                Value::Bool(value) => Value::String(value.to_string().into()),
                Value::String(_) if random.below(2) == 0 => Value::Bool(true),
                Value::String(_) => Value::Number(Number::Int(7)),
                Value::Sequence(items) => items.first()?.value.clone(),
                _ => Value::String("enabled".into()),
            };
        }
        Class::WrongUnit => {
            let node = at_mut(root, path)?;
            let text = other_unit(node.as_str()?, random.below(8))?;
            node.value = Value::String(text.into());
        }
        Class::DroppedField => {
            let Value::Mapping(map) = &mut at_mut(root, above)?.value else { return None };
            map.entries.retain(|entry| *entry.key.text != **key);
        }
        Class::SwappedValues => {
            let other = [above, &[sibling(root, path)?]].concat();
            let (a, b) = (at(root, path)?.value.clone(), at(root, &other)?.value.clone());
            at_mut(root, path)?.value = b;
            at_mut(root, &other)?.value = a;
        }
        Class::BrokenReference => {
            let node = at_mut(root, path)?;
            let text = format!("{}-gone", node.as_str()?);
            node.value = Value::String(text.into());
        }
    }
    Some(())
}

/// One slip of the hand: a letter left out, doubled, replaced, or two swapped.
fn typo(text: &str, random: &mut Random) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    for _ in 0..20 {
        let at = random.below(letters.len());
        let before = letters.clone();
        match random.below(4) {
            0 => drop(letters.remove(at)),
            1 => letters.insert(at, letters.get(at).copied().unwrap_or('a')),
            2 if at + 1 < letters.len() => letters.swap(at, at + 1),
            _ => {
                let letter = char::from(b'a' + u8::try_from(random.below(26)).unwrap_or(0));
                if let Some(slot) = letters.get_mut(at) {
                    *slot = letter;
                }
            }
        }
        if letters != before {
            break;
        }
    }
    letters.into_iter().collect()
}

/// The same number with another unit, or without one.
fn other_unit(text: &str, which: usize) -> Option<String> {
    const STORAGE: &[&str] = &["m", "Ki", "Mi", "Gi", "k", "M", "G", "Ti"];
    const TIME: &[&str] = &["ms", "s", "m", "h"];
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (number, unit) = text.split_at_checked(end)?;
    number.parse::<f64>().ok()?;
    let units = [STORAGE, TIME].into_iter().find(|units| units.contains(&unit))?;
    let others: Vec<&str> =
        units.iter().copied().filter(|other| *other != unit).chain([""]).collect();
    Some(format!("{number}{}", others.get(which % others.len())?))
}
