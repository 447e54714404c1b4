//! Files that are served though they should not be.

use seatrial_core::{Finding, Severity};

use super::super::model::{Level, Name};
use super::super::phases::file_of;
use super::super::rules::{ALIAS_TRAVERSAL, TRIED_PROTECTED};
use super::{Ward, beside, finding, named};
use crate::web::condition::{Leaf, Tree};

impl Ward<'_> {
    pub(super) fn served(&self, findings: &mut Vec<Finding>) {
        for (at, level) in self.levels() {
            findings.extend(self.traversal(at, level));
            self.tried_files(at, level, findings);
        }
    }

    /// `location /i` with `alias /d/`: `/i../x` is `/d/../x`.
    fn traversal(&self, at: usize, level: &Level) -> Option<Finding> {
        let Name::Prefix(prefix, _) = &level.name else { return None };
        let root = level.settings.root.as_ref().filter(|it| it.alias == Some(prefix.len()))?;
        let own = (root.at.kind, &root.at.name) == (level.at.kind, &level.at.name);
        let leads_out = root.path.ends_with('/') && root.path.len() > 1 && !root.path.contains('$');
        if !own || !leads_out || prefix.ends_with('/') || level.settings.handler.is_some() {
            return None;
        }
        let path = format!("{prefix}../x");
        self.located(path.as_bytes()).filter(|located| *located == at)?;
        let nobody = Leaf { allowed: false, status: None, target: None, because: Vec::new() };
        let out = format!("{}../x", root.path);
        let served = |file: Option<&str>| file == Some(out.as_str());
        let gap = self.gap(("GET", path.as_bytes()), &Tree::Leaf(nobody), &served)?;
        let message = format!(
            "`{}` leads out of its folder: {} is read from `{out}`",
            root.at.text,
            gap.line()
        );
        let finding = finding(ALIAS_TRAVERSAL, Severity::Error, &root.at, message)
            .help(format!("write `location {prefix}/`, with the slash that the alias has"));
        Some(gap.shown(beside(finding, &level.at)))
    }

    /// `try_files` serves a file that its own location would refuse.
    fn tried_files(&self, at: usize, level: &Level, findings: &mut Vec<Finding>) {
        let Some(tried) = level.try_files.as_ref().filter(|_| level.settings.handler.is_none())
        else {
            return;
        };
        for file in &tried.files {
            let name = file.replace("${uri}", "$uri").replace("$document_uri", "$uri");
            let suffix = name.strip_prefix("$uri");
            let plain = suffix.unwrap_or(&name);
            if plain.is_empty()
                || plain.ends_with('/')
                || plain.contains('$')
                || plain.contains("./")
            {
                continue;
            }
            let found = self.paths_of(at).find_map(|path| {
                let target = match suffix {
                    Some(suffix) => [path, suffix.as_bytes()].concat(),
                    None => name.clone().into_bytes(),
                };
                self.protected(path, &target, level)
            });
            let Some((gap, owner)) = found else { continue };
            let Some(stated) = Self::demands(&owner.settings).into_iter().next() else { continue };
            let message = format!(
                "`{file}` of `{}` is served to {} without `{}` of {}",
                tried.at.text,
                gap.line(),
                stated.text,
                named(&owner.at)
            );
            let finding = finding(TRIED_PROTECTED, Severity::Warning, &tried.at, message).help(
                "demand the same here: only the last argument is looked up as a request of its own",
            );
            findings.push(gap.shown(beside(finding, stated)));
        }
    }

    /// A request for a path that is served the file of another one, whose location would refuse it.
    fn protected(&self, path: &[u8], target: &[u8], level: &Level) -> Option<(super::Gap, &Level)> {
        let at = self.located(target)?;
        let owner = self.server.levels.get(at)?;
        if owner.settings.internal.is_some() {
            // Meant for the server's own use.
            return None;
        }
        let demand = self.demand(at, "GET", target)?;
        let file = file_of(&level.settings, &String::from_utf8_lossy(target));
        let served = |served: Option<&str>| served == Some(file.as_str());
        Some((self.gap(("GET", path), &demand, &served)?, owner))
    }
}
