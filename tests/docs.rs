//! The book says what the binary does: its tutorial is run, its page of commands is what `--help`
//! prints, and the manual pages are complete.
//!
//! `SEATRIAL_WRITE_DOCS=1` writes what is stale instead of failing (`make gen`).

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that fails here fails as it should"
)]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Compares a page with what it should be, or writes it.
fn hold(page: &str, expected: &str) {
    let path = root().join("docs").join(page);
    if std::env::var_os("SEATRIAL_WRITE_DOCS").is_some() {
        fs::write(&path, expected).unwrap();
        return;
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    for (line, (written, expected)) in written.lines().zip(expected.lines()).enumerate() {
        assert_eq!(written, expected, "docs/{page}:{} is stale: run `make gen`", line + 1);
    }
    assert!(written == expected, "docs/{page} is stale: run `make gen`");
}

/// What a line of the shell prints on both streams, with its exit code if that is not 0.
fn shell(line: &str, folder: &Path) -> String {
    let bin = Path::new(env!("CARGO_BIN_EXE_seatrial")).parent().unwrap();
    let path = std::env::var("PATH").unwrap();
    let output = Command::new("sh")
        .args(["-c", &format!("exec 2>&1; {line}")])
        .current_dir(folder)
        .env("PATH", format!("{}:{path}", bin.display()))
        .env("HOME", folder.parent().unwrap())
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .envs(["GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME"].map(|name| (name, "ann")))
        .envs(["GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"].map(|name| (name, "ann@example.com")))
        .env_remove("NO_COLOR")
        .env_remove("COLUMNS")
        .output()
        .unwrap();
    let mut text = String::from_utf8(output.stdout).unwrap();
    match output.status.code().unwrap() {
        0 => {}
        code => writeln!(text, "[exit code {code}]").unwrap(),
    }
    text
}

/// The tutorial with what its commands print now. A block `yaml FILE` is a file that the reader
/// writes, a block `console` holds commands after `$ ` and what they print.
fn told(tutorial: &str, folder: &Path) -> String {
    let mut told = String::new();
    let mut lines = tutorial.lines();
    while let Some(line) = lines.next() {
        told.push_str(line);
        told.push('\n');
        let Some(kind) = line.strip_prefix("```").filter(|kind| !kind.is_empty()) else { continue };
        let block: Vec<_> = lines.by_ref().take_while(|line| *line != "```").collect();
        if kind == "console" {
            for command in block.iter().filter_map(|line| line.strip_prefix("$ ")) {
                writeln!(told, "$ {command}").unwrap();
                told.push_str(&shell(command, folder));
            }
        } else {
            let text = block.iter().map(|line| format!("{line}\n")).collect::<String>();
            told.push_str(&text);
            let (_, name) = kind.split_once(' ').unwrap_or_else(|| panic!("{line}: which file?"));
            let path = folder.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        told.push_str("```\n");
    }
    told
}

#[test]
fn the_tutorial_prints_what_it_says() {
    let text = fs::read_to_string(root().join("docs/tutorial.md")).unwrap();
    let outer = tempfile::tempdir().unwrap();
    let folder = outer.path().join("shop");
    fs::create_dir(&folder).unwrap();
    let told = told(&text, &folder);
    hold("tutorial.md", &told);
    for part in ["[exit code 1]", "opened: ", "$ seatrial check --fix", "equal: "] {
        assert!(told.contains(part), "the tutorial shows no `{part}`");
    }
    assert!(told.matches("\n$ seatrial ").count() >= 6, "the tutorial runs hardly anything");
}

/// The help of a command and of those below it, as sections.
fn help(words: &[&str], depth: usize, page: &mut String) {
    let mut arguments = words.to_vec();
    arguments.push("--help");
    let output = Command::new(env!("CARGO_BIN_EXE_seatrial"))
        .args(&arguments)
        .env_remove("COLUMNS")
        .env_remove("USER")
        .output()
        .unwrap();
    assert!(output.status.success(), "{words:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let text: String = text.lines().map(|line| line.trim_end().to_owned() + "\n").collect();
    let title = ["seatrial"].iter().chain(words).copied().collect::<Vec<_>>().join(" ");
    let marks = "#".repeat(depth);
    write!(page, "\n{marks} `{title}`\n\n```text\n{text}```\n").unwrap();
    let commands = text.split("\nCommands:\n").nth(1).unwrap_or_default();
    let commands = commands.split("\n\n").next().unwrap_or_default();
    let names = commands.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    for name in names.filter_map(|line| line.split_whitespace().next()).filter(|it| *it != "help") {
        help(&[words, &[name]].concat(), 3, page);
    }
}

/// The targets of the links of a page that are no addresses, without their anchors.
fn links(page: &str) -> impl Iterator<Item = &str> {
    let targets = page.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let inside = targets.filter(|target| !target.contains("://") && !target.contains(' '));
    inside.map(|target| target.split('#').next().unwrap_or_default())
}

#[test]
fn no_link_leaves_the_book() {
    let book = root().join("docs");
    let folders = [book.clone(), book.join("rules"), book.join("protocols")];
    let mut seen = 0;
    for folder in &folders {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|it| it != "md") {
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            for target in links(&text).filter(|target| !target.is_empty()) {
                let led = folder.join(target).canonicalize();
                let inside = led.is_ok_and(|led| led.starts_with(book.canonicalize().unwrap()));
                assert!(inside, "{}: {target}", path.display());
                seen += 1;
            }
        }
    }
    assert!(seen > 100, "{seen}");
}

#[test]
fn the_page_of_commands_is_what_help_prints() {
    let mut page =
        "<!-- generated by `make gen` -->\n# Commands\n\nWhat `--help` prints.\n".to_owned();
    help(&[], 2, &mut page);
    assert!(page.contains("### `seatrial access diff`") && page.contains("### `seatrial lsp`"));
    hold("commands.md", &page);
}

#[test]
fn manual_pages_are_complete() {
    let folder = tempfile::tempdir().unwrap();
    let printed = shell("seatrial man", folder.path());
    assert!(printed.starts_with(".ie"), "{printed:.200}");
    assert_eq!(shell("seatrial man pages", folder.path()), "");
    let mut names: Vec<_> = fs::read_dir(folder.path().join("pages"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    for name in ["seatrial.1", "seatrial-check.1", "seatrial-access-diff.1", "seatrial-lsp.1"] {
        assert!(names.iter().any(|found| found == name), "{name} is not in {names:?}");
    }
    for name in names {
        let page = fs::read_to_string(folder.path().join("pages").join(&name)).unwrap();
        for part in [".TH", ".SH NAME", ".SH SYNOPSIS", ".SH \"EXIT STATUS\"", "\\fB3\\fR"] {
            assert!(page.contains(part), "{name} lacks {part}");
        }
    }
}
