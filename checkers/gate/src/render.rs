//! `--render`: directories that the user's own `kubectl` or `helm` turns into manifests.
//!
//! A directory with a `kustomization.yaml` that no other one refers to, or with a `Chart.yaml`, is
//! rendered, and what comes out is checked in place of the files that went in. Findings speak of
//! the rendered object, in a text that is shown as `DIR/rendered.yaml` and lies on no disk, and
//! name the directory that it comes from.

mod kustomization;

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use seatrial_core::{Finding, Location, Part, Related, Rule, Severity, SourceFile, Undecided};

use crate::access;
use crate::files::{self, Found, Input};
use crate::tool::{self, Failure};
use kustomization::Kustomization;

/// So long each directory may take.
pub(crate) const TIME_LIMIT: Duration = Duration::from_secs(60);

/// The name under which the text that a directory renders to is shown.
const RENDERED: &str = "rendered.yaml";

/// A directory that could be rendered and was not.
static UNRENDERED: Rule = Rule::fixed(
    "unrendered-directory",
    Part::Parse,
    Severity::Note,
    "a chart or a kustomization whose files were read as they lie there",
    "## What it checks\n\nDirectories with a `Chart.yaml` or a `kustomization.yaml` are rendered \
         before they are checked.\n\n\
         ## Why it matters\n\nWhat reaches the cluster is what comes out: the templates of a chart \
         are not checked at all, and patches and generated names of a kustomization are not in the \
         single files.\n\n\
         ## What to do\n\nRun `seatrial check --render`, or write `render: true` into \
         `seatrial.yaml`: it runs your own `kubectl kustomize` and `helm template`. Findings then \
         speak of the rendered objects.\n\n\
         ## Known limits\n\nCharts are rendered with their own `values.yaml`. For others, run \
         `helm template` with your values and check what comes out: `helm template … | seatrial \
         check -`.",
);

/// A directory that does not render.
static FAILED: Rule = Rule::fixed(
    "render-failed",
    Part::Parse,
    Severity::Error,
    "a chart or a kustomization that does not render",
    "## What it checks\n\nWith `--render`, `kubectl kustomize` and `helm template` render each \
         chart and each kustomization, within a minute.\n\n\
         ## Why it matters\n\nWhat does not render cannot be deployed, and none of its objects was \
         checked.\n\n\
         ## What to do\n\nRun the command that the finding names, and mend what it complains \
         about. Dependencies of a chart are fetched by `helm dependency build`.",
);

/// The rules of this part.
pub(crate) const RULES: [&Rule; 2] = [&UNRENDERED, &FAILED];

/// What renders a directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Renderer {
    Helm,
    Kustomize,
}

impl Renderer {
    /// The commands that do so, the first that is installed counts.
    fn commands(self, folder: &Path) -> Vec<Vec<String>> {
        let shown = match folder.to_string_lossy() {
            text if text.is_empty() => ".".to_owned(),
            text => text.into_owned(),
        };
        let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
        match self {
            Self::Helm => {
                let absolute = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
                let name = absolute.file_name().unwrap_or_default().to_string_lossy().into_owned();
                vec![words(&["helm", "template", &name, &shown, "--include-crds"])]
            }
            Self::Kustomize => vec![
                words(&["kubectl", "kustomize", &shown]),
                words(&["kustomize", "build", &shown]),
            ],
        }
    }
}

/// A directory to be rendered.
#[derive(Debug)]
pub(crate) struct Root {
    renderer: Renderer,
    folder: PathBuf,
    /// The `Chart.yaml` or `kustomization.yaml`.
    file: Arc<str>,
}

/// That a directory was not rendered, though it was asked for.
#[derive(Debug)]
pub(crate) struct NotRendered {
    /// What is wrong.
    pub(crate) finding: Finding,
    /// Whether that is that the tool is not installed.
    pub(crate) tool_is_missing: bool,
}

/// Which directories are rendered, and which files are read through them.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// In the order of their files.
    pub(crate) roots: Vec<Root>,
    consumed: BTreeSet<PathBuf>,
    charts: BTreeSet<PathBuf>,
}

impl Plan {
    /// Looks for charts and kustomizations among the files.
    pub(crate) fn of(found: &[Found]) -> Self {
        let mut plan = Self::default();
        for file in found.iter().filter(|file| file.is_named(&["Chart.yaml"])) {
            let folder = folder_of(file.path());
            // A chart within a chart is rendered with the outer one.
            if !plan.is_in_chart(&folder) {
                plan.charts.insert(folder.clone());
                let file = Arc::clone(file.shown());
                plan.roots.push(Root { renderer: Renderer::Helm, folder, file });
            }
        }
        let all: Vec<_> = found
            .iter()
            .filter(|file| file.is_named(&kustomization::NAMES) && !plan.is_in_chart(file.path()))
            .filter_map(|file| Some((file, Kustomization::read(file)?)))
            .collect();
        let referred: BTreeSet<PathBuf> =
            all.iter().flat_map(|(_, it)| it.references.iter().cloned()).collect();
        for (file, kustomization) in &all {
            let folder = folder_of(file.path());
            let is_base = referred.contains(&folder) || referred.contains(&normal(file.path()));
            if !is_base && !kustomization.is_component {
                let file = Arc::clone(file.shown());
                plan.roots.push(Root { renderer: Renderer::Kustomize, folder, file });
            }
            plan.consumed.insert(normal(file.path()));
        }
        plan.consumed.extend(referred);
        plan.roots.sort_by(|a, b| a.file.cmp(&b.file));
        plan
    }

    fn is_in_chart(&self, path: &Path) -> bool {
        normal(path).ancestors().any(|above| self.charts.contains(above))
    }

    /// Whether a file is read through a directory that is rendered.
    pub(crate) fn covers(&self, file: &Found) -> bool {
        self.is_in_chart(file.path()) || self.consumed.contains(&normal(file.path()))
    }
}

impl Root {
    /// The note that it was not rendered.
    pub(crate) fn note(&self) -> Finding {
        let message = match self.renderer {
            Renderer::Helm => "the templates of this chart were not checked".to_owned(),
            Renderer::Kustomize => {
                "the files of this kustomization were checked as they lie there".to_owned()
            }
        };
        let command = self.renderer.commands(&self.folder).first().map(|words| words.join(" "));
        Finding::new(UNRENDERED.id.clone(), UNRENDERED.severity, self.location(), message)
            .help(format!("`--render` checks what `{}` prints", command.unwrap_or_default()))
    }

    /// Where it is described.
    fn location(&self) -> Location {
        Location::start_of(Arc::clone(&self.file))
    }

    /// The text that it renders to, or what is wrong.
    pub(crate) fn render(&self, limit: Duration) -> Result<Arc<SourceFile>, Box<NotRendered>> {
        let commands = self.renderer.commands(&self.folder);
        let mut missing = Vec::new();
        for words in &commands {
            let failed = |why: String| {
                let message = format!("`{}` fails: {why}", words.join(" "));
                let help = "run this command, and mend what it complains about";
                self.not_rendered(message, help, false)
            };
            match tool::run(words, files::MAX_FILE_BYTES, limit, &[0]) {
                Ok(bytes) => {
                    let shown: Arc<str> = self.shown().into();
                    return match files::of_bytes(&shown, bytes) {
                        Input::Text { file, .. } => Ok(file),
                        Input::Unreadable(unfit) => Err(failed(unfit.message)),
                        Input::Excluded(_) => Err(failed("it is excluded".to_owned())),
                    };
                }
                Err(Failure::Missing) => missing.extend(words.first()),
                Err(Failure::Failed(why)) => return Err(failed(why)),
            }
        }
        let names: Vec<_> = missing.iter().map(|name| format!("`{name}`")).collect();
        let message = format!("{} is not installed", names.join(" or "));
        Err(self.not_rendered(message, "install it, or check without `--render`", true))
    }

    fn not_rendered(&self, message: String, help: &str, tool_is_missing: bool) -> Box<NotRendered> {
        let finding = Finding::new(FAILED.id.clone(), FAILED.severity, self.location(), message);
        Box::new(NotRendered { finding: finding.help(help), tool_is_missing })
    }

    /// The name of the text that it renders to.
    fn shown(&self) -> String {
        match self.file.rsplit_once('/') {
            Some((folder, _)) => format!("{folder}/{RENDERED}"),
            None => RENDERED.to_owned(),
        }
    }

    /// Names the directory that a finding on the rendered text comes from.
    pub(crate) fn add_source(&self, finding: &mut Finding) {
        let command = self.renderer.commands(&self.folder).into_iter().next().unwrap_or_default();
        let message = format!("rendered by `{}`", command.join(" "));
        finding.related.push(Related { location: self.location(), message });
        // The text lies on no disk: what went in has to be changed, and where is not known.
        if let Some(fix) = &mut finding.fix {
            fix.edits.clear();
        }
    }

    /// That what comes out is not compared with a base, which is not rendered.
    pub(crate) fn not_compared(&self) -> Undecided {
        Undecided {
            location: self.location(),
            rule: access::OPENED.into(),
            reason: "what this directory renders to is not compared with the base".to_owned(),
            resource: None,
        }
    }
}

/// The directory that a file lies in.
fn folder_of(file: &Path) -> PathBuf {
    normal(file.parent().unwrap_or(Path::new("")))
}

/// A path without `.` and without `..` behind a name.
fn normal(path: &Path) -> PathBuf {
    let mut parts: Vec<Component<'_>> = Vec::new();
    for part in path.components() {
        match (part, parts.last()) {
            (Component::CurDir, _) => {}
            (Component::ParentDir, Some(Component::Normal(_))) => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    parts.iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::files::Search;

    #[test]
    fn paths_are_made_normal_without_asking_the_disk() {
        for (path, expected) in
            [("a/./b/../c", "a/c"), ("./a", "a"), ("../a/../b", "../b"), ("/a/../b", "/b")]
        {
            assert_eq!(normal(Path::new(path)), Path::new(expected), "{path}");
        }
    }

    #[test]
    fn what_is_referred_to_is_rendered_with_what_refers_to_it() {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [
            ("base/kustomization.yaml", "resources: [web.yaml]\n"),
            ("base/web.yaml", ""),
            ("base/other.yaml", ""),
            ("mixin/kustomization.yaml", "kind: Component\npatches: [{path: patch.yaml}]\n"),
            ("mixin/patch.yaml", ""),
            ("prod/kustomization.yml", "resources: [../base]\ncomponents: [../mixin]\n"),
            ("test/Kustomization", "bases: [../base]\nconfigMapGenerator: [{files: [a=c.yaml]}]\n"),
            ("test/c.yaml", ""),
            ("shop/Chart.yaml", ""),
            ("shop/values.yaml", ""),
            ("shop/charts/db/Chart.yaml", ""),
            ("shop/kustomization.yaml", ""),
            ("plain.yaml", ""),
        ] {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let (config, paths) = (Config::default(), [folder.path().to_owned()]);
        let search = Search { paths: &paths, config: &config, gitignore: true, systems: true };
        let (found, _) = files::find(&search);
        let plan = Plan::of(&found);
        let prefix = format!("{}/", folder.path().display());
        let short = |path: &str| path.trim_start_matches(&prefix).to_owned();
        let roots: Vec<_> = plan.roots.iter().map(|root| short(&root.file)).collect();
        assert_eq!(roots, ["prod/kustomization.yml", "shop/Chart.yaml", "test/Kustomization"]);
        let left = found.iter().filter(|file| !plan.covers(file)).map(|file| short(file.shown()));
        assert_eq!(left.collect::<Vec<_>>(), ["base/other.yaml", "plain.yaml"]);
    }
}
