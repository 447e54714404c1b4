use std::fmt::Write as _;
use std::net::IpAddr;

use proptest::prelude::*;
use seatrial_core::SourceFile;

use super::super::read::{Files, read};
use super::super::{Config, Leaf};
use super::*;
use crate::web::condition::{Ask, Condition};
use crate::web::request::{Endpoint, Local};
use crate::web::side::{Oracle, Situation, WebServer};

const FRAME: &str = "Listen 80\nServerName x\nDocumentRoot /srv/www\nAlias /t /srv/www/b/s\n\
                     <Directory />\nAuthType Basic\nAuthName x\nAuthUserFile /u\n\
                     Require all denied\n</Directory>\n";

const HEADS: [&str; 14] = [
    "Directory /srv/www",
    "Directory /srv/www/a",
    "Directory /srv/www/a/b",
    "Location /a",
    "Location /a/b",
    "Location /b/",
    "Location /a/index.html",
    "LocationMatch \\.x$",
    "LocationMatch ^/a/.*s",
    "Files s",
    "Files t.x",
    "Files index.html",
    "FilesMatch ^s",
    "FilesMatch x$",
];

const BODIES: [&str; 8] = [
    "Require all denied",
    "Require all granted",
    "Require ip 10",
    "Require ip 192.0.2.0/24",
    "Require valid-user",
    "<RequireAll>\nRequire ip 10\nRequire valid-user\n</RequireAll>",
    // Not plain.
    "DirectoryIndex s index.html",
    "AuthMerging And\nRequire ip 10",
];

/// How many of the bodies are plain.
const PLAIN: usize = 6;

struct Alone;

impl Files for Alone {
    fn included(&mut self, _: &str) -> Result<Vec<Arc<SourceFile>>, String> {
        Ok(Vec::new())
    }

    fn in_directories(&mut self, _: &str) -> Vec<(String, Arc<SourceFile>)> {
        Vec::new()
    }
}

fn config(text: &str) -> Config {
    let config = read(&Arc::new(SourceFile::new("httpd.conf", text)), &mut Alone);
    assert_eq!(config.findings, [], "{text}");
    config
}

fn text(sections: &[(usize, usize)]) -> String {
    let mut text = FRAME.to_owned();
    for &(head, body) in sections {
        let name = HEADS[head].split(' ').next().unwrap();
        let _ = write!(text, "<{}>\n{}\n</{name}>\n", HEADS[head], BODIES[body]);
    }
    text
}

/// What is true of all that a request depends on.
#[derive(Clone, Copy, Debug)]
struct World {
    client: [u8; 4],
    user: bool,
    /// Whether the first part of a path that is asked about is a file.
    through: bool,
    exists: bool,
}

impl Oracle for World {
    fn ask(&self, condition: Condition) -> Result<bool, Ask> {
        Ok(match condition {
            Condition::From(set, _) => set.contains(IpAddr::from(self.client)),
            Condition::Accepts(_) => self.user,
            Condition::Exists(file) if file.contains(" up to its part ") => self.through,
            Condition::Exists(_) => self.exists,
            Condition::Answers(..) | Condition::Opaque(_) => false,
        })
    }
}

fn worlds(through: bool, exists: bool) -> impl Iterator<Item = World> {
    let clients = [[10, 0, 0, 1], [192, 0, 2, 1], [203, 0, 113, 9]];
    clients
        .into_iter()
        .flat_map(move |client| [true, false].map(|user| World { client, user, through, exists }))
}

/// What both sides decide where they differ, by methods and worlds.
fn outcomes(
    sides: [&Config; 2],
    path: &str,
    through: bool,
    exists: bool,
) -> Vec<Option<(bool, bool)>> {
    let endpoint = Endpoint { local: Local::AnyV4, port: 80 };
    let mut found = Vec::new();
    for method in ["GET", "POST"] {
        for world in worlds(through, exists) {
            let path = path.as_bytes();
            let situation = Situation { endpoint: &endpoint, host: "x", method, path };
            let [was, is] = sides.map(|side| {
                let Leaf { allowed, .. } = side.run(&situation, &world).unwrap();
                allowed
            });
            found.push((was != is).then_some((was, is)));
        }
    }
    found
}

/// What tests say of a path.
fn told(tests: &Tests<'_>, path: &str) -> Vec<bool> {
    let mut all = vec![path.to_owned()];
    if path.ends_with('/') {
        all.extend(tests.indexes.iter().map(|it| format!("{path}{it}")));
    }
    let mut found = vec![path.ends_with('/')];
    for text in all.iter().map(String::as_bytes) {
        found.extend(tests.prefixes.iter().map(|it| text.starts_with(it)));
        found.extend(tests.exact.iter().map(|it| *it == text));
        found.extend(tests.patterns.iter().map(|it| it.is_found_in(text)));
    }
    found
}

fn paths() -> Vec<String> {
    let parts = ["a", "b", "s", "t.x", "q.x", "t", "index.html"];
    let mut bare = vec![String::new()];
    for depth in 0..3 {
        let longest = bare.iter().filter(|it| it.matches('/').count() == depth).cloned();
        let longer: Vec<_> =
            longest.flat_map(|it| parts.iter().map(move |part| format!("{it}/{part}"))).collect();
        bare.extend(longer);
    }
    let slashed = bare.iter().map(|it| format!("{it}/"));
    slashed.chain(bare.iter().filter(|it| !it.is_empty()).cloned()).collect()
}

/// Two lists of sections, of which the second has some others.
fn lists() -> impl Strategy<Value = [Vec<(usize, usize)>; 2]> {
    let section = (0..HEADS.len(), prop_oneof![9 => 0..PLAIN, 1 => PLAIN..BODIES.len()]);
    let change = (0..4_usize, any::<prop::sample::Index>(), 0..HEADS.len(), 0..PLAIN);
    let changes = prop::collection::vec(change, 1..4);
    (prop::collection::vec(section, 1..9), changes).prop_map(|(old, changes)| {
        let mut new = old.clone();
        for (kind, at, head, body) in changes {
            let at = at.index(new.len() + 1);
            match kind {
                0 => new.insert(at, (head, body)),
                1 if at < new.len() => drop(new.remove(at)),
                _ if at < new.len() && new[at].1 < PLAIN => new[at].1 = body,
                _ => {}
            }
        }
        [old, new]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// All paths are decided on both sides, and where a focus is found, whatever is not in it is
    /// decided alike, and nothing that is left out tells differences apart.
    #[test]
    fn what_is_not_in_focus_does_not_differ(lists in lists()) {
        let configs = lists.each_ref().map(|it| config(&text(it)));
        let [old, new] = &configs;
        let Some(focus) = Focus::of(&old.sites[0], &new.sites[0]) else { return Ok(()) };
        let mut tests = old.tests(0);
        tests.extend(new.tests(0));
        focus.narrow(&mut tests);
        let scopes = configs.iter().flat_map(|it| it.sites[0].scopes());
        let all_alike = scopes.flat_map(|it| it.files.clone()).all(|section| {
            matches!(&section.what, Matcher::Pattern(it) if focus.alike.contains(&it))
        });
        let not_at_all = focus.any_of_them.is_empty() && !focus.alike.is_empty();
        let through_is_alike = all_alike && not_at_all;
        let mut classes: BTreeMap<Vec<bool>, (String, bool, [Vec<_>; 2])> = BTreeMap::new();
        for path in paths() {
            let concerned = focus.concerns(path.as_bytes());
            let here = [true, false].map(|exists| outcomes([old, new], &path, false, exists));
            let through = outcomes([old, new], &path, true, false);
            if !concerned {
                let differ = here.iter().flatten().chain(&through).any(Option::is_some);
                prop_assert!(!differ, "{path}\n{}\n{}", text(&lists[0]), text(&lists[1]));
            }
            if through_is_alike {
                prop_assert_eq!(&through, &here[1], "through a file of {}", &path);
            }
            let own = (path.clone(), concerned, here);
            let class = classes.entry(told(&tests, &path)).or_insert_with(|| own.clone());
            prop_assert_eq!(
                (&class.1, &class.2), (&own.1, &own.2),
                "{} and {}\n{}\n{}", class.0, path, text(&lists[0]), text(&lists[1])
            );
        }
    }
}

#[test]
fn a_focus_is_found_where_only_plain_sections_differ() {
    let files = "<Files s>\nRequire all denied\n</Files>\n<FilesMatch \"^u\">\nRequire ip 10\n\
                 </FilesMatch>\n";
    let of = |kind: &str, path: &str, body: &str| format!("<{kind} {path}>\n{body}\n</{kind}>\n");
    let [denied, granted] = ["Require all denied", "Require all granted"];
    let location = |body: &str| of("Location", "/a", body);
    let directory = |body: &str| of("Directory", "/srv/www/a", body);
    for (old, new, expected) in [
        (location(denied), location(granted), Some((2, 0))),
        (directory(denied), directory(granted), Some((2, 2))),
        (location(denied), String::new(), Some((0, 0))),
        (location(denied), location("Require user x\nAuthMerging Off"), None),
        (location(denied), location(denied) + "FallbackResource /x\n", None),
        (
            location("FallbackResource /x"),
            location("FallbackResource /x") + &location(denied),
            None,
        ),
        (String::new(), directory(denied), None),
        (
            "MergeSlashes Off\n".to_owned(),
            "MergeSlashes Off\n".to_owned() + &location(denied),
            None,
        ),
        (of("Files", "s", denied), of("Files", "s", granted), Some((0, 0))),
    ] {
        let [old, new] = [old, new].map(|it| config(&format!("{FRAME}{files}{it}")));
        let focus = Focus::of(&old.sites[0], &new.sites[0]);
        let found = focus.map(|it| (it.alike.len(), it.any_of_them.len()));
        assert_eq!(found, expected, "{}{}", old.sites[0].text, new.sites[0].text);
    }
}
