//! `seatrial.yaml`: found upward, checked against its schema with places, then typed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use globset::{Glob, GlobMatcher, GlobSet, GlobSetBuilder};
use seatrial_core::{Location, ResourceId, Severity, SourceFile, Span, nearest};
use seatrial_parse::{Node, yaml};
use seatrial_rules::invariants::Profile;
use seatrial_rules::schema::Version;
use serde::{Deserialize, Deserializer, Serialize};
use thiserror::Error;

use crate::web::WebKind;

/// The name of the file.
pub const FILE_NAME: &str = "seatrial.yaml";

/// The schema of the file (JSON Schema 2020-12).
pub const SCHEMA: &str = include_str!("../../../configs/seatrial.schema.json");

/// The settings as they are written. Paths and globs are relative to [`Config::root`].
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Settings {
    /// The Kubernetes version of the cluster, such as `1.34`; the newest known if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kubernetes_version: Option<String>,
    /// The cluster that the manifests are put into: a snapshot or a cluster profile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster: Option<PathBuf>,
    /// What access is compared with: a commit, a directory or a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    /// The baseline: the findings that were there before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline: Option<PathBuf>,
    /// The mildest severity that fails the run; `error` if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fail_on: Option<Severity>,
    /// Whether charts and kustomizations are rendered first.
    pub render: bool,
    /// Whether every object that is referred to must be among the checked ones.
    pub closed_world: bool,
    /// Whether directory walks leave out what `.gitignore` names; yes if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gitignore: Option<bool>,
    /// Files to leave out of directory walks.
    pub exclude: Vec<String>,
    /// The profiles whose written invariants run; `recommended` if empty.
    #[serde(deserialize_with = "one_or_more")]
    pub profile: Vec<Profile>,
    /// Written invariants to run besides those of the profiles.
    pub enable: Vec<String>,
    /// The parameters of written invariants that take some.
    pub parameters: BTreeMap<String, String>,
    /// The rules or parts to run; all if empty.
    pub select: Vec<String>,
    /// The rules or parts not to run.
    pub ignore: Vec<String>,
    /// Severities that differ from the rules' own.
    pub severity: BTreeMap<String, Severity>,
    /// Directories of the team's own invariants.
    pub invariants: Vec<PathBuf>,
    /// Files of learned rules; `kubernetes` is the shipped set.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<PathBuf>,
    /// Main files of web servers that their names do not tell, by the kind of server.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub web: BTreeMap<WebKind, Vec<PathBuf>>,
    /// Whether the workloads are drilled.
    pub drill: bool,
    /// Files of properties that are drilled too, in CEL.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub properties: Vec<PathBuf>,
    /// The team's own models of protocols, which run if the command line asks for it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub protocols: Vec<ProtocolSettings>,
    /// When a check stops, such as `5m`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_limit: Option<String>,
    /// Settings for some files or objects only.
    pub overrides: Vec<OverrideSettings>,
}

impl Settings {
    /// The same settings with the values that absent ones have.
    #[must_use]
    pub fn with_defaults(&self) -> Self {
        Self {
            kubernetes_version: Some(
                self.kubernetes_version.clone().unwrap_or_else(|| Version::NEWEST.to_string()),
            ),
            fail_on: Some(self.fail_on.unwrap_or(Severity::Error)),
            gitignore: Some(self.gitignore.unwrap_or(true)),
            profile: self.profiles().to_vec(),
            ..self.clone()
        }
    }

    /// The profiles in force.
    pub fn profiles(&self) -> &[Profile] {
        if self.profile.is_empty() { &[Profile::Recommended] } else { &self.profile }
    }
}

/// Reads a value that stands for a list of itself, or a list.
fn one_or_more<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Profile>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum OneOrMore {
        One(Profile),
        More(Vec<Profile>),
    }
    Ok(match OneOrMore::deserialize(deserializer)? {
        OneOrMore::One(profile) => vec![profile],
        OneOrMore::More(profiles) => profiles,
    })
}

/// Where models of protocols are: a crate, or a program.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct ProtocolSettings {
    /// The folder of a crate with one program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<PathBuf>,
    /// The words that start a program; with a crate, the words behind its program.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub program: Vec<String>,
}

/// Settings for some files or objects, as they are written.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct OverrideSettings {
    /// Which files; all if empty.
    pub files: Vec<String>,
    /// Which objects; all if empty.
    pub resources: Vec<ResourceSettings>,
    /// The rules to ignore there.
    pub ignore: Vec<String>,
    /// The severities to use there.
    pub severity: BTreeMap<String, Severity>,
    /// Why.
    pub reason: String,
}

/// Which objects an override is for; each part is a glob, and an absent one matches all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct ResourceSettings {
    /// The kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// The name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// The settings, ready for use, and where they come from.
#[derive(Debug, Clone)]
pub struct Config {
    /// The settings as they are written.
    pub settings: Settings,
    /// The file they come from, if any.
    pub file: Option<Arc<SourceFile>>,
    /// The directory that paths and globs are relative to, as an absolute path: that of the file,
    /// else the current one.
    pub root: PathBuf,
    exclude: GlobSet,
    /// `overrides`, compiled.
    pub overrides: Vec<Override>,
}

/// Settings for some files or objects, compiled.
#[derive(Debug, Clone)]
pub struct Override {
    files: Option<GlobSet>,
    resources: Vec<ResourcePattern>,
    /// The rules to ignore there, each with its place in the file.
    pub ignore: Vec<(String, Location)>,
    /// The severities to use there.
    pub severity: BTreeMap<String, Severity>,
    /// Why.
    pub reason: String,
}

#[derive(Debug, Clone)]
struct ResourcePattern {
    kind: Option<GlobMatcher>,
    namespace: Option<GlobMatcher>,
    name: Option<GlobMatcher>,
}

/// The configuration cannot be used.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("`{path}` cannot be read: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Its content is wrong.
    #[error("{}:{}:{}: {message}", location.path, location.line, location.column)]
    Content {
        /// Where.
        location: Location,
        /// What is wrong, with a hint.
        message: String,
    },
}

impl Config {
    /// A path of the settings as seen from the current directory, so that reports are the same on
    /// every machine.
    pub fn path(&self, relative: &Path) -> PathBuf {
        let path = self.root.join(relative);
        let current = absolute(Path::new(""));
        path.strip_prefix(&current).map(Path::to_owned).unwrap_or(path)
    }

    /// The base that access is compared with: a path that is there counts from the file's directory,
    /// all else is a commit.
    pub fn base(&self) -> Option<String> {
        let base = self.settings.base.as_ref()?;
        let path = self.root.join(base);
        Some(if path.exists() { path.to_string_lossy().into_owned() } else { base.clone() })
    }

    /// Reads the file that the user names.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
        let shown = path.to_string_lossy().trim_start_matches("./").to_owned();
        Self::parse(SourceFile::new(shown, text), path.parent().unwrap_or(Path::new("")))
    }

    /// Finds the file upward from a path; without one, everything is as if it were empty.
    pub fn find(from: &Path) -> Result<Self, ConfigError> {
        let start = absolute(from);
        for folder in start.ancestors().filter(|folder| folder.is_dir()) {
            let file = folder.join(FILE_NAME);
            if file.is_file() {
                let current = absolute(Path::new(""));
                return Self::read(file.strip_prefix(&current).unwrap_or(&file));
            }
        }
        Ok(Self::default())
    }

    /// Reads the text of a file that lies in the directory `root`.
    pub fn parse(file: SourceFile, root: &Path) -> Result<Self, ConfigError> {
        let root = absolute(root);
        let parsed = yaml(file.text());
        let unreadable = parsed.unreadable.iter().map(|unreadable| &unreadable.problem);
        if let Some(problem) = unreadable.chain(&parsed.problems).next() {
            return Err(content(&file, problem.span, problem.message.clone()));
        }
        let Some(document) = parsed.documents.first() else {
            return Ok(Self { root, file: Some(Arc::new(file)), ..Self::default() });
        };
        check_schema(&file, &document.root)?;
        let settings: Settings = serde_json::from_value(document.root.to_json())
            .map_err(|error| content(&file, document.root.span, error.to_string()))?;
        let places = Places { file: &file, root: &document.root };
        let exclude = places.globs("/exclude", &settings.exclude)?;
        let overrides = (settings.overrides.iter().enumerate())
            .map(|(index, settings)| places.compile(index, settings))
            .collect::<Result<_, _>>()?;
        Ok(Self { settings, root, exclude, overrides, file: Some(Arc::new(file)) })
    }

    /// Whether a file that was found in a directory is left out.
    pub fn excludes(&self, path: &Path) -> bool {
        !self.exclude.is_empty() && self.exclude.is_match(self.relative(path))
    }

    /// A path as seen from the root; as it is where it lies elsewhere.
    fn relative(&self, path: &Path) -> PathBuf {
        let path = absolute(path);
        path.strip_prefix(&self.root).map(Path::to_owned).unwrap_or(path)
    }

    /// The kind of web server that the settings name a file as the main file of.
    pub fn web_kind(&self, path: &Path) -> Option<WebKind> {
        if self.settings.web.is_empty() {
            return None;
        }
        let path = self.relative(path);
        let mut kinds = self.settings.web.iter();
        let is = |file: &PathBuf| {
            path.components().eq(file.components().filter(|it| *it != std::path::Component::CurDir))
        };
        kinds.find(|(_, files)| files.iter().any(is)).map(|(kind, _)| *kind)
    }

    /// The overrides for a finding's file and object, in their order.
    pub fn overrides_of(&self, path: &str, resource: Option<&ResourceId>) -> Vec<&Override> {
        if self.overrides.is_empty() {
            return Vec::new();
        }
        let path = self.relative(Path::new(path));
        self.overrides.iter().filter(|rule| rule.covers(&path, resource)).collect()
    }
}

/// An absolute path without `.`; the empty path is the current directory.
fn absolute(path: &Path) -> PathBuf {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    path.components().filter(|part| *part != std::path::Component::CurDir).collect()
}

impl Default for Config {
    fn default() -> Self {
        Self {
            settings: Settings::default(),
            file: None,
            root: absolute(Path::new("")),
            exclude: GlobSet::empty(),
            overrides: Vec::new(),
        }
    }
}

impl Override {
    /// Whether it is for a finding's file, seen from the root, and object.
    fn covers(&self, path: &Path, resource: Option<&ResourceId>) -> bool {
        self.files.as_ref().is_none_or(|files| files.is_match(path))
            && (self.resources.is_empty()
                || resource.is_some_and(|id| self.resources.iter().any(|r| r.matches(id))))
    }
}

impl ResourcePattern {
    fn matches(&self, id: &ResourceId) -> bool {
        let fits = |pattern: &Option<GlobMatcher>, text: &str| {
            pattern.as_ref().is_none_or(|pattern| pattern.is_match(text))
        };
        fits(&self.kind, &id.kind)
            && fits(&self.namespace, id.namespace.as_deref().unwrap_or("default"))
            && fits(&self.name, &id.name)
    }
}

/// Finds the places of settings, for errors and for stale overrides.
struct Places<'a> {
    file: &'a SourceFile,
    root: &'a Node,
}

impl Places<'_> {
    fn location(&self, pointer: &str) -> Location {
        self.file.location(self.root.pointer(pointer).unwrap_or(self.root).span)
    }

    fn glob(&self, pointer: &str, text: &str) -> Result<Glob, ConfigError> {
        Glob::new(text).map_err(|error| ConfigError::Content {
            location: self.location(pointer),
            message: format!("not a glob: {}", error.kind()),
        })
    }

    fn globs(&self, pointer: &str, texts: &[String]) -> Result<GlobSet, ConfigError> {
        let mut set = GlobSetBuilder::new();
        for (index, text) in texts.iter().enumerate() {
            set.add(self.glob(&format!("{pointer}/{index}"), text)?);
        }
        set.build().map_err(|error| ConfigError::Content {
            location: self.location(pointer),
            message: error.to_string(),
        })
    }

    fn compile(&self, index: usize, settings: &OverrideSettings) -> Result<Override, ConfigError> {
        let at = format!("/overrides/{index}");
        let files = match settings.files.as_slice() {
            [] => None,
            files => Some(self.globs(&format!("{at}/files"), files)?),
        };
        let resources = (settings.resources.iter().enumerate())
            .map(|(index, resource)| self.pattern(&format!("{at}/resources/{index}"), resource))
            .collect::<Result<_, _>>()?;
        let ignore = (settings.ignore.iter().enumerate())
            .map(|(index, rule)| (rule.clone(), self.location(&format!("{at}/ignore/{index}"))))
            .collect();
        let severity = settings.severity.clone();
        Ok(Override { files, resources, ignore, severity, reason: settings.reason.clone() })
    }

    fn pattern(
        &self,
        at: &str,
        settings: &ResourceSettings,
    ) -> Result<ResourcePattern, ConfigError> {
        let matcher = |name: &str, text: &Option<String>| {
            let glob = text.as_ref().map(|text| self.glob(&format!("{at}/{name}"), text));
            glob.transpose().map(|glob| glob.map(|glob| glob.compile_matcher()))
        };
        Ok(ResourcePattern {
            kind: matcher("kind", &settings.kind)?,
            namespace: matcher("namespace", &settings.namespace)?,
            name: matcher("name", &settings.name)?,
        })
    }
}

/// Checks the file against [`SCHEMA`]; the error names the place and the nearest known setting.
fn check_schema(file: &SourceFile, root: &Node) -> Result<(), ConfigError> {
    let broken = |error: String| content(file, root.span, format!("internal error: {error}"));
    let schema = serde_json::from_str(SCHEMA).map_err(|error| broken(error.to_string()))?;
    let validator =
        jsonschema::validator_for(&schema).map_err(|error| broken(error.to_string()))?;
    let instance = root.to_json();
    let Some(error) = validator.iter_errors(&instance).next() else { return Ok(()) };
    let node = root.pointer(error.instance_path().as_str()).unwrap_or(root);
    if let jsonschema::error::ValidationErrorKind::AdditionalProperties { unexpected } =
        error.kind()
        && let Some(entry) = unexpected.first().and_then(|name| node.entry(name))
    {
        let known = schema.pointer("/properties").and_then(serde_json::Value::as_object);
        let known = known.into_iter().flat_map(|map| map.keys().map(String::as_str));
        let hint = nearest(&entry.key.text, known)
            .map_or_else(String::new, |name| format!("; did you mean `{name}`?"));
        let message = format!("unknown setting `{}`{hint}", entry.key.text);
        return Err(content(file, entry.key.span, message));
    }
    Err(content(file, node.span, error.to_string().replace('"', "`")))
}

fn content(file: &SourceFile, span: Span, message: String) -> ConfigError {
    ConfigError::Content { location: file.location(span), message }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Config, ConfigError> {
        Config::parse(SourceFile::new(FILE_NAME, text), Path::new("team"))
    }

    #[test]
    fn settings_are_read_and_overrides_cover_files_and_objects() {
        let config = parse(
            "kubernetes-version: '1.34'\nfail-on: warning\nprofile: cis\nexclude: ['vendor/**']\noverrides:\n\
             - files: ['old/**']\n  resources: [{kind: Deploy*, name: web}]\n  ignore: [single-replica]\n\
             \x20 reason: moving\n",
        )
        .unwrap();
        assert_eq!(config.settings.fail_on, Some(Severity::Warning));
        assert_eq!(config.settings.profiles(), [Profile::Cis]);
        let several = parse("profile: [recommended, pss-baseline]\n").unwrap().settings;
        assert_eq!(several.profiles(), [Profile::Recommended, Profile::PssBaseline]);
        assert_eq!(Settings::default().profiles(), [Profile::Recommended]);
        assert!(config.excludes(Path::new("team/vendor/a/b.yaml")));
        assert!(!config.excludes(Path::new("vendor/a/b.yaml")));
        let id = |kind: &str, name: &str| ResourceId {
            api_version: "apps/v1".to_owned(),
            kind: kind.to_owned(),
            namespace: None,
            name: name.to_owned(),
        };
        let covers = |path, id: &ResourceId| !config.overrides_of(path, Some(id)).is_empty();
        assert!(covers("team/old/a.yaml", &id("Deployment", "web")));
        assert!(!covers("team/new/a.yaml", &id("Deployment", "web")));
        assert!(!covers("team/old/a.yaml", &id("Service", "web")));
        assert!(config.overrides_of("team/old/a.yaml", None).is_empty());
        let rule = &config.overrides[0];
        assert_eq!((rule.ignore[0].1.line, rule.ignore[0].1.column), (8, 12));
    }

    #[test]
    fn wrong_settings_are_refused_with_place_and_hint() {
        for (text, expected) in [
            (
                "fail-onn: error\n",
                "seatrial.yaml:1:1: unknown setting `fail-onn`; did you mean `fail-on`?",
            ),
            ("fail-on: fatal\n", "seatrial.yaml:1:10: "),
            ("profile: lenient\n", "seatrial.yaml:1:10: "),
            ("kubernetes-version: 1.30\n", "seatrial.yaml:1:21: "),
            ("overrides:\n- files: [a]\n", "seatrial.yaml:2:3: "),
            ("exclude: ['a[']\n", "seatrial.yaml:1:11: not a glob"),
            ("a: 'b\n", "seatrial.yaml:1:4: not valid YAML"),
            (
                "fail-on: error\nfail-on: note\n",
                "seatrial.yaml:2:1: the key `fail-on` occurs twice",
            ),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{text}: {error}");
        }
        assert_eq!(parse("# nothing\n").unwrap().settings, Settings::default());
    }
}
