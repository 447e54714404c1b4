//! The properties of one's own that `properties` in `seatrial.yaml` names, as findings.

use std::path::PathBuf;
use std::sync::Arc;

use seatrial_core::{Finding, Found, ResourceId, SourceFile, Undecided};
use seatrial_drill::Judged;
use seatrial_explore::Answer;
use seatrial_manifests::Object;

use super::rules::VIOLATED_PROPERTY;
use super::tell;
use crate::cluster::{Unfit, texts};

/// The properties with the files that they stand in.
#[derive(Debug, Default)]
pub(crate) struct Stated {
    properties: Vec<Arc<seatrial_drill::Stated>>,
    /// The files.
    pub(crate) files: Vec<Arc<SourceFile>>,
}

impl Stated {
    /// Reads files of properties.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with them, each with its place.
    pub(crate) fn load(paths: &[PathBuf]) -> Result<Self, Unfit> {
        let mut all = Self::default();
        for path in paths {
            for file in texts(std::slice::from_ref(path))? {
                all.properties.extend(seatrial_drill::Stated::read(&file).map_err(Unfit::from)?);
                all.files.push(file);
            }
        }
        Ok(all)
    }

    /// Those whose workloads are among the objects; the others are undecided.
    pub(super) fn about(
        &self,
        objects: &[Object],
        found: &mut Found,
    ) -> Vec<Arc<seatrial_drill::Stated>> {
        let mut there = Vec::new();
        for stated in &self.properties {
            let mut names = std::iter::once(&stated.workload).chain(&stated.with);
            match names.find(|name| workload(name, objects).is_none()) {
                None => there.push(Arc::clone(stated)),
                Some(missing) => found.undecided.push(Undecided {
                    location: stated.location.clone(),
                    rule: VIOLATED_PROPERTY.id.clone(),
                    reason: format!(
                        "`{}` is about `{missing}`, which is no workload here",
                        stated.name
                    ),
                    resource: None,
                }),
            }
        }
        there
    }
}

/// A workload by `namespace/name`.
fn workload<'a>(name: &str, objects: &'a [Object]) -> Option<&'a Object> {
    const KINDS: [&str; 5] = ["Deployment", "StatefulSet", "DaemonSet", "Job", "Pod"];
    objects.iter().find(|object| {
        KINDS.contains(&object.kind())
            && name == format!("{}/{}", object.namespace(), object.name())
    })
}

/// What became of a property.
pub(super) fn judge(judged: &Judged, objects: &[Object]) -> Found {
    let resource: Option<ResourceId> =
        workload(&judged.workload, objects).map(|object| object.id.clone());
    let mut found = Found::default();
    match judged.verdict {
        Answer::Holds => {}
        Answer::Violated => {
            let rule = &VIOLATED_PROPERTY;
            let message = format!(
                "`{}` does not hold of `{}`: `{}`, faults {}",
                judged.name, judged.workload, judged.expression, judged.faults
            );
            let location = judged.location.clone();
            let mut finding = Finding::new(rule.id.clone(), rule.severity, location, message);
            finding.resource = resource;
            found.findings.push(match &judged.story {
                Some(story) => tell(finding, story),
                None => finding,
            });
        }
        Answer::Undecided => found.undecided.push(Undecided {
            location: judged.location.clone(),
            rule: VIOLATED_PROPERTY.id.clone(),
            reason: format!(
                "`{}` is undecided after {} states: {}",
                judged.name,
                judged.states,
                judged.reason.as_deref().unwrap_or("no reason is known")
            ),
            resource,
        }),
    }
    found
}
