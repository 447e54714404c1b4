//! The page of `seatrial access diff`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::document::{Common, Place, plain};
use super::markup::Markup;
use super::page::{Head, Tone, badge, bounds, page as whole, section, table_head};
use super::{pairs, prose};
use crate::text::{count, enumerate};

/// A matrix with more columns than this is left out: the regions below it say the same.
const MOST_COLUMNS: usize = 24;

#[derive(Debug, Deserialize)]
pub(super) struct Diff {
    #[serde(flatten)]
    common: Common<Summary>,
    regions: Vec<Region>,
    reach: Vec<Way>,
    workloads: Workloads,
    undecided: Vec<Open>,
    invalid: Vec<Invalid>,
    assumed: Option<Assumed>,
}

#[derive(Debug, Deserialize)]
struct Summary {
    verdict: String,
    regions: usize,
    listed: usize,
    reach: usize,
    changes: BTreeMap<String, usize>,
    kinds: BTreeMap<String, Value>,
    old: Coverage,
    new: Coverage,
}

#[derive(Debug, Deserialize)]
struct Coverage {
    objects: usize,
    not_recognised: Vec<NotRecognised>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct NotRecognised {
    #[serde(alias = "api_version")]
    api_version: String,
    kind: String,
    count: usize,
}

#[derive(Debug, Deserialize)]
struct Region {
    kind: String,
    change: String,
    subject: Option<Members>,
    source: Option<Members>,
    destination: Option<Members>,
    ports: Option<Members>,
    #[serde(default)]
    request: BTreeMap<String, Members>,
    witness: Map<String, Value>,
    replay: Option<String>,
    old_rule: Vec<Source>,
    new_rule: Vec<Source>,
    reason: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "members", content = "names")]
enum Members {
    Any,
    Only(Vec<String>),
    AllBut(Vec<String>),
}

impl std::fmt::Display for Members {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Any => f.write_str("any"),
            Self::Only(names) => f.write_str(&names.join(", ")),
            Self::AllBut(names) => write!(f, "any but {}", names.join(", ")),
        }
    }
}

#[derive(Debug, Deserialize)]
struct Source {
    resource: Value,
    location: Place,
    #[serde(default)]
    pointer: String,
    role: String,
    text: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Way {
    subject: String,
    end: String,
    steps: Vec<Hop>,
}

#[derive(Debug, Deserialize)]
struct Hop {
    technique: String,
    gain: String,
    unless: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Workloads {
    added: Vec<Value>,
    removed: Vec<Value>,
}

#[derive(Debug, Deserialize)]
struct Open {
    location: Place,
    reason: String,
}

#[derive(Debug, Deserialize)]
struct Invalid {
    location: Place,
    message: String,
}

#[derive(Debug, Deserialize)]
struct Assumed {
    version: String,
    roles: Vec<String>,
}

/// Writes the page.
pub(super) fn page(diff: &Diff) -> String {
    let summary = &diff.common.summary;
    let unknown = diff.regions.iter().filter(|it| it.change.starts_with("may-")).count();
    let head = Head {
        command: &diff.common.command,
        version: &diff.common.version(),
        tone: Tone::of(&summary.verdict),
        verdict: &verdict(summary),
        remarks: &remarks(diff),
        unknown: not_known(diff, unknown),
        sections: &sections(diff, unknown),
    };
    whole(&head, |out| {
        open(out, diff);
        if !diff.regions.is_empty() {
            section(out, "matrix", "Who and what", |out| matrix(out, diff, ""));
            section(out, "regions", &format!("Regions ({})", summary.regions), |out| {
                regions(out, diff, "");
            });
        }
        reach(out, diff);
        compared(out, diff);
        bounds(out, &diff.common.limits());
    })
}

/// Writes the matrix and the regions for the page of a check; their ids begin with `of`.
pub(super) fn exhibit(out: &mut Markup, diff: &Diff, of: &str) {
    matrix(out, diff, of);
    let listed = count(diff.regions.len(), "region", "regions");
    out.element("details", &[("class", "state")], |out| {
        out.leaf("summary", &[], &format!("{listed}, with a witness each"));
        regions(out, diff, of);
    });
}

fn verdict(summary: &Summary) -> String {
    let changes = || {
        let some = summary.changes.iter().filter(|(_, number)| **number > 0);
        let some: Vec<String> =
            some.map(|(change, number)| format!("{number} {}", words(change))).collect();
        some.join(", ")
    };
    match summary.verdict.as_str() {
        "equal" => "No request is decided differently".to_owned(),
        "changed" if summary.regions == 0 => "Workloads come or go".to_owned(),
        "changed" => format!("Access changes: {}", changes()),
        _ if summary.regions == 0 => "Undecided".to_owned(),
        _ => format!("Undecided: {}", changes()),
    }
}

/// A change as a reviewer reads it.
fn words(change: &str) -> String {
    change.replace('-', " ")
}

/// How much has no answer.
fn not_known(diff: &Diff, regions: usize) -> Option<String> {
    let open = diff.undecided.len() + diff.invalid.len();
    let parts = [
        (regions, count(regions, "region", "regions")),
        (open, count(open, "object or part", "objects or parts")),
    ];
    let parts: Vec<String> =
        parts.into_iter().filter(|(number, _)| *number > 0).map(|(_, words)| words).collect();
    let text = format!("Not decided, and so not known to be equal: {}.", enumerate(&parts));
    (!parts.is_empty()).then_some(text)
}

fn remarks(diff: &Diff) -> Vec<String> {
    let summary = &diff.common.summary;
    let kinds: Vec<&str> = summary.kinds.keys().map(String::as_str).collect();
    let mut remarks = vec![format!(
        "Compared ({}): {} before, {} after.",
        kinds.join(", "),
        count(summary.old.objects, "object", "objects"),
        summary.new.objects
    )];
    if summary.listed < summary.regions {
        let more = summary.regions - summary.listed;
        remarks.push(format!("{more} more regions are counted and not listed."));
    }
    for (names, what) in [(&diff.workloads.added, "new"), (&diff.workloads.removed, "gone")] {
        if !names.is_empty() {
            let names: Vec<String> = names.iter().map(plain).collect();
            remarks.push(format!(
                "Workloads that are {what}, so that their connections are not compared: {}.",
                names.join(", ")
            ));
        }
    }
    remarks
}

fn sections(diff: &Diff, unknown: usize) -> Vec<(&'static str, String)> {
    let open = diff.undecided.len() + diff.invalid.len();
    let mut sections = vec![
        ("undecided", format!("Unknown ({open})")),
        ("matrix", format!("Who and what ({})", diff.regions.len())),
        ("regions", format!("Regions ({})", diff.common.summary.regions)),
        ("reach", format!("New reach ({})", diff.common.summary.reach)),
    ];
    sections.retain(|(_, title)| !title.ends_with("(0)"));
    if unknown > 0
        && let Some((_, title)) = sections.iter_mut().find(|(id, _)| *id == "regions")
    {
        *title = format!("{title}, {unknown} unknown");
    }
    sections.push(("compared", "What was compared".to_owned()));
    sections.push(("bounds", "Bounds and versions".to_owned()));
    sections
}

/// What differs and cannot be compared.
fn open(out: &mut Markup, diff: &Diff) {
    let number = diff.undecided.len() + diff.invalid.len();
    if number == 0 {
        return;
    }
    section(out, "undecided", &format!("Unknown ({number})"), |out| {
        out.leaf(
            "p",
            &[],
            "What these mean for access is not known. That is not the same as no change.",
        );
        out.element("ul", &[("class", "open")], |out| {
            let open = diff.undecided.iter().map(|it| (&it.reason, &it.location));
            let invalid = diff.invalid.iter().map(|it| (&it.message, &it.location));
            for (text, location) in open.chain(invalid) {
                out.element("li", &[], |out| {
                    prose::sentence(out, text);
                    out.leaf("span", &[("class", "where")], &format!(" {location}"));
                });
            }
        });
    });
}

impl Region {
    fn who(&self) -> String {
        let who = self.subject.as_ref().or(self.source.as_ref());
        let who = who.or_else(|| self.request.get("user")).or_else(|| self.request.get("from"));
        match who {
            None | Some(Members::Any) => "anybody".to_owned(),
            Some(members) => members.to_string(),
        }
    }

    /// What the access is to.
    fn what(&self) -> String {
        if let Some(destination) = &self.destination {
            return any(destination, "anywhere");
        }
        let of = |name: &str| self.request.get(name);
        for name in ["url", "path", "destination", "workload"] {
            if let Some(members) = of(name) {
                return any(members, "any URL");
            }
        }
        match (of("resource"), of("group")) {
            (Some(resource), Some(Members::Only(groups)))
                if groups.iter().any(|it| it != "\"\"") =>
            {
                format!("{} of {}", any(resource, "any resource"), groups.join(", "))
            }
            (Some(resource), _) => any(resource, "any resource"),
            (None, _) => self.kind.clone(),
        }
    }

    /// How it is accessed.
    fn how(&self) -> String {
        let how = self.ports.as_ref().or_else(|| {
            ["verb", "method", "operation"].iter().find_map(|name| self.request.get(*name))
        });
        how.map_or_else(String::new, |members| any(members, "anything"))
    }

    /// What the region covers, dimension by dimension.
    fn covers(&self) -> Vec<(String, String)> {
        let named = [
            ("subject", &self.subject),
            ("source", &self.source),
            ("destination", &self.destination),
            ("ports", &self.ports),
        ];
        let named = named.into_iter().filter_map(|(name, members)| Some((name, members.as_ref()?)));
        let request = self.request.iter().map(|(name, members)| (name.as_str(), members));
        named.chain(request).map(|(name, it)| (name.to_owned(), it.to_string())).collect()
    }

    /// The decision before and after, in a word.
    fn decisions(&self) -> [(&'static str, &'static str); 2] {
        match self.change.as_str() {
            "opened" => [("denied", "plain"), ("allowed", "bad")],
            "closed" => [("allowed", "plain"), ("denied", "plain")],
            // One side at least is unknown; why stands in the reason.
            "may-open" => [("denied or unknown", "undecided"), ("unknown or allowed", "undecided")],
            "may-close" => {
                [("allowed or unknown", "undecided"), ("unknown or denied", "undecided")]
            }
            _ => [("unknown", "undecided"), ("unknown", "undecided")],
        }
    }

    fn class(&self) -> &'static str {
        match self.change.as_str() {
            "opened" => "bad",
            "closed" => "plain",
            _ => "undecided",
        }
    }
}

fn any(members: &Members, all: &str) -> String {
    match members {
        Members::Any => all.to_owned(),
        members => members.to_string(),
    }
}

/// A row for each who, a column for each what, in each cell how it changed.
/// The ids of what it links to begin with `of`.
fn matrix(out: &mut Markup, diff: &Diff, of: &str) {
    let mut columns: Vec<String> = Vec::new();
    let mut rows: Vec<String> = Vec::new();
    let mut cells: BTreeMap<(usize, usize), Vec<usize>> = BTreeMap::new();
    for (number, region) in diff.regions.iter().enumerate() {
        let at = (index(&mut rows, region.who()), index(&mut columns, region.what()));
        cells.entry(at).or_default().push(number);
    }
    if columns.len() > MOST_COLUMNS {
        let text = format!(
            "There are {} and {}: too many for a matrix. Each region is listed below.",
            count(rows.len(), "subject", "subjects"),
            count(columns.len(), "target", "targets")
        );
        return out.leaf("p", &[], &text);
    }
    let head: Vec<&str> =
        std::iter::once("Who").chain(columns.iter().map(String::as_str)).collect();
    out.element("div", &[("class", "scroll")], |out| {
        out.element("table", &[("class", "matrix")], |out| {
            table_head(out, &head);
            out.element("tbody", &[], |out| {
                for (row, who) in rows.iter().enumerate() {
                    out.element("tr", &[], |out| {
                        out.leaf("th", &[("scope", "row")], who);
                        for column in 0..columns.len() {
                            let here = cells.get(&(row, column)).map_or(&[][..], Vec::as_slice);
                            out.element("td", &[], |out| cell(out, diff, here, of));
                        }
                    });
                }
            });
        });
    });
}

/// The place of a name in a list, to which it is added if it is not there.
fn index(names: &mut Vec<String>, name: String) -> usize {
    names.iter().position(|known| *known == name).unwrap_or_else(|| {
        names.push(name);
        names.len() - 1
    })
}

fn cell(out: &mut Markup, diff: &Diff, regions: &[usize], of: &str) {
    for &number in regions {
        let Some(region) = diff.regions.get(number) else { continue };
        let class = format!("badge {}", region.class());
        let target = format!("#{of}r{}", number + 1);
        let how = region.how();
        let words = if how.is_empty() {
            words(&region.change)
        } else {
            format!("{}: {how}", words(&region.change))
        };
        out.leaf("a", &[("class", &class), ("href", &target)], &words);
        out.text(" ");
    }
}

fn regions(out: &mut Markup, diff: &Diff, of: &str) {
    for (number, region) in (1..).zip(&diff.regions) {
        let id = format!("{of}r{number}");
        out.element("article", &[("class", "page"), ("id", &id), ("tabindex", "-1")], |out| {
            out.element("h3", &[], |out| {
                badge(out, region.class(), &words(&region.change));
                out.text(&format!(" {}: {}", region.who(), region.what()));
                badge(out, "part", &region.kind);
            });
            pairs(out, ["Dimension", "What the region covers"], &region.covers());
            sides(out, region);
            if let Some(reason) = &region.reason {
                out.element("p", &[("class", "lead")], |out| {
                    out.leaf("b", &[], "Unknown because ");
                    prose::sentence(out, reason);
                });
            }
            out.leaf("h4", &[], "Witness: one request of the region");
            let witness = region.witness.iter().filter(|(_, value)| value.as_str() != Some(""));
            let witness: Vec<(String, String)> =
                witness.map(|(name, value)| (name.clone(), plain(value))).collect();
            pairs(out, ["Field", "Value"], &witness);
            if let Some(replay) = &region.replay {
                out.element("p", &[], |out| {
                    out.text("Ask again: ");
                    out.leaf("code", &[], replay);
                });
            }
        });
        out.line_break();
    }
}

/// What the old and the new decision rest on.
fn sides(out: &mut Markup, region: &Region) {
    let [old, new] = region.decisions();
    out.element("div", &[("class", "sides")], |out| {
        for (title, (decision, class), sources) in
            [("Before", old, &region.old_rule), ("After", new, &region.new_rule)]
        {
            out.element("div", &[], |out| {
                out.element("h4", &[], |out| {
                    out.text(title);
                    out.text(" ");
                    badge(out, class, decision);
                });
                if sources.is_empty() {
                    return out.leaf("p", &[], "Nothing says anything about it.");
                }
                out.element("ul", &[], |out| {
                    for source in sources {
                        out.element("li", &[], |out| write_source(out, source));
                    }
                });
            });
        }
    });
}

fn write_source(out: &mut Markup, source: &Source) {
    let field = |name: &str| source.resource.get(name).map(plain).unwrap_or_default();
    let namespace = field("namespace");
    let slash = if namespace.is_empty() { "" } else { "/" };
    let name = format!("{} {namespace}{slash}{}", field("kind"), field("name"));
    out.text(&format!("{} {} ", source.role, name.trim()));
    if !source.pointer.is_empty() {
        out.leaf("code", &[], &source.pointer);
        out.text(" ");
    }
    if let Some(text) = &source.text {
        out.leaf("code", &[], text);
        out.text(" ");
    }
    out.leaf("span", &[("class", "where")], &source.location.to_string());
}

fn reach(out: &mut Markup, diff: &Diff) {
    let number = diff.common.summary.reach;
    if number == 0 {
        return;
    }
    section(out, "reach", &format!("New reach ({number})"), |out| {
        out.leaf("p", &[], "What subjects can come to, step by step, that they could not before.");
        out.element("div", &[("class", "scroll")], |out| {
            out.element("table", &[], |out| {
                table_head(out, &["Who", "Comes to", "By"]);
                out.element("tbody", &[], |out| {
                    for way in &diff.reach {
                        out.element("tr", &[], |out| {
                            out.leaf("th", &[("scope", "row")], &way.subject);
                            out.leaf("td", &[], &way.end);
                            out.element("td", &[], |out| {
                                out.element("ol", &[], |out| {
                                    for hop in &way.steps {
                                        let unless =
                                            hop.unless.iter().map(|it| format!(", unless {it}"));
                                        let unless: String = unless.collect();
                                        let text =
                                            format!("`{}`: {}{unless}", hop.technique, hop.gain);
                                        out.element("li", &[], |out| prose::sentence(out, &text));
                                    }
                                });
                            });
                        });
                    }
                });
            });
        });
        if diff.reach.len() < number {
            let more = number - diff.reach.len();
            out.leaf("p", &[], &format!("And {more} more."));
        }
    });
}

fn compared(out: &mut Markup, diff: &Diff) {
    section(out, "compared", "What was compared", |out| {
        for (title, side) in
            [("Before", &diff.common.summary.old), ("After", &diff.common.summary.new)]
        {
            let others: Vec<String> = side
                .not_recognised
                .iter()
                .map(|it| format!("{} {} ({})", it.api_version, it.kind, it.count))
                .collect();
            let others = if others.is_empty() { "none".to_owned() } else { others.join(", ") };
            let text = format!(
                "{title}: {}; not compared: {others}.",
                count(side.objects, "object", "objects")
            );
            out.leaf("p", &[], &text);
        }
        if let Some(assumed) = &diff.assumed {
            let text = format!("Taken from {}: {}.", assumed.version, assumed.roles.join(", "));
            out.leaf("p", &[], &text);
        }
    });
}
