//! The pages of `--output-format html` as readers meet them: in a browser.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::needless_pass_by_value,
    clippy::print_stderr,
    reason = "a test that fails here fails as it should"
)]

#[path = "report/browser.rs"]
mod browser;
#[path = "place/clusters.rs"]
#[allow(dead_code, reason = "some of it is for `seatrial place` only")]
mod clusters;
#[path = "check/run.rs"]
#[allow(dead_code, reason = "some of it is for `seatrial check` only")]
mod run;

use std::fmt::Write as _;
use std::path::Path;

use browser::{Browser, DESKTOP, PHONE};
use run::{folder, root, seatrial_in};
use serde_json::json;

/// The page of a command in a folder.
fn page(folder: &Path, arguments: &[&str]) -> String {
    let ran = seatrial_in(folder, &[arguments, &["--output-format=html"]].concat());
    assert!(ran.stdout.starts_with("<!doctype html>"), "{arguments:?}: {}", ran.stderr);
    ran.stdout
}

/// A page of each command that has one.
fn pages() -> Vec<(&'static str, String)> {
    let drill = root().join("corpus/drill/budget-without-slack");
    let access = root().join("corpus/access/escalate-and-bind");
    let cluster = folder(&[("a.yaml", &clusters::harbour())]);
    vec![
        ("check", page(&root().join("configs/demo"), &["check", "."])),
        ("check --drill", page(&drill, &["check", "bad.yaml", "--drill", "--select=drill"])),
        ("drill", page(&drill, &["drill", "bad.yaml", "--property=drain"])),
        ("access", page(&access, &["access", "diff", "before", "bad"])),
        ("place", page(cluster.path(), &["place", "a.yaml", "--time-limit=2s"])),
        ("model", page(&access, &["model", "check", "two-phase-commit", "--variant=hasty-commit"])),
    ]
}

#[test]
fn every_page_opens_without_complaint_and_every_link_leads_somewhere() {
    let Some(browser) = Browser::find() else { return };
    let script = "
        const links = [...document.links].filter((link) => link.getAttribute('href').startsWith('#'));
        const lost = links.filter((link) => !document.getElementById(decodeURIComponent(link.hash.slice(1))));
        const wide = document.documentElement.scrollWidth > innerWidth;
        const ids = [...document.querySelectorAll('[id]')].map((it) => it.id);
        return {
          links: links.length > 3, lost: lost.map((link) => link.outerHTML), wide,
          twice: ids.filter((id, at) => ids.indexOf(id) !== at),
          landmarks: ['header', 'nav', 'main', 'footer', 'h1'].filter((it) => !document.querySelector(it)),
        };";
    let good = json!({"links": true, "lost": [], "wide": false, "twice": [], "landmarks": []});
    for (name, page) in pages() {
        for size in [DESKTOP, PHONE] {
            let opened = browser.open(&page, size);
            assert!(opened.console.is_empty(), "{name}: {:?}", opened.console);
            assert_eq!(browser.ask(&page, size, script), good, "{name} {size:?}");
        }
    }
}

#[test]
fn findings_are_filtered_grouped_and_walked() {
    let Some(browser) = Browser::find() else { return };
    let page = page(&root().join("configs/demo"), &["check", "."]);
    let script = "
        const left = () => document.querySelectorAll('details.f[data-file]:not([hidden])').length;
        const filter = document.querySelector('#filter');
        const type = async (text) => { filter.value = text; filter.dispatchEvent(new Event('input')); await rest(); };
        const all = left();
        await type('zzz-nowhere');
        const none = [left(), document.querySelector('#shown').textContent.startsWith('0 of ')];
        await type('');
        const back = left() === all;
        const errors = document.querySelectorAll('details.f.error[data-file]').length;
        const error = document.querySelector('.switches [data-severity=error]');
        error.click();
        const without = left() === all - errors && error.getAttribute('aria-pressed') === 'false';
        error.click();
        const group = document.querySelector('#group');
        group.value = 'file'; group.dispatchEvent(new Event('change'));
        const files = new Set([...document.querySelectorAll('.group.made h3')].map((it) => it.textContent));
        const right = left() === all && files.has(document.querySelector('.group.made details').dataset.file);
        group.value = 'rule'; group.dispatchEvent(new Event('change'));
        const again = left() === all && document.querySelectorAll('.group.made').length === 0;
        key('j'); const first = document.activeElement;
        key('j'); const second = document.activeElement;
        key('k');
        const walked = first.tagName === 'SUMMARY' && first !== second && document.activeElement === first;
        key('/');
        const slash = document.activeElement === filter;
        document.querySelector('#collapse').click();
        const closed = document.querySelectorAll('details.f[data-file][open]').length;
        return { some: all > 5, none, back, without, right, again, walked, slash, closed };";
    let good = json!({
        "some": true, "none": [0, true], "back": true, "without": true, "right": true,
        "again": true, "walked": true, "slash": true, "closed": 0,
    });
    assert_eq!(browser.ask(&page, DESKTOP, script), good);
}

#[test]
fn themes_turn() {
    let Some(browser) = Browser::find() else { return };
    let page = page(&root().join("configs/demo"), &["check", "shop"]);
    let script = "
        const paper = () => getComputedStyle(document.body).backgroundColor;
        const button = document.querySelector('#theme');
        const seen = [];
        for (let turn = 0; turn < 3; turn++) { button.click(); seen.push([button.textContent, paper()]); }
        const [dark, light] = seen.map((it) => it[1]);
        return [seen.map((it) => it[0]), dark !== light];";
    let names = ["Theme: dark", "Theme: light", "Theme: system"];
    assert_eq!(browser.ask(&page, DESKTOP, script), json!([names, true]));
}

#[test]
fn a_counterexample_is_walked_forward_and_back() {
    let Some(browser) = Browser::find() else { return };
    let arguments = ["model", "check", "two-phase-commit", "--variant=hasty-commit"];
    let page = page(&root(), &arguments);
    let script = "
        const figure = document.querySelector('.sequence');
        const value = (place) => [...figure.querySelectorAll('.state tr')].find((it) => it.dataset.place === place).cells[1].textContent;
        const now = () => [...figure.querySelectorAll('tr.now[data-step], g.now')].map((it) => it.dataset.step);
        const on = figure.querySelector('[data-to=on]');
        const seen = [[now(), value('rmState[rm1]')]];
        on.click(); seen.push([now(), value('rmState[rm1]')]);
        key('ArrowRight', figure); seen.push([now(), value('rmState[rm2]')]);
        key('ArrowLeft', figure); seen.push([now(), value('rmState[rm2]')]);
        figure.querySelector('[data-to=last]').click(); seen.push([now(), value('rmState[rm1]')]);
        figure.querySelector('[data-to=first]').click(); seen.push([now(), value('rmState[rm1]')]);
        return seen;";
    let seen = json!([
        [[], "Working"],
        [["1", "1"], "Prepared"],
        [["2", "2"], "Aborted"],
        [["1", "1"], "Working"],
        [["5", "5"], "Committed"],
        [[], "Working"],
    ]);
    assert_eq!(browser.ask(&page, DESKTOP, script), seen);
}

#[test]
fn names_that_are_markup_stay_names() {
    let hostile = "</script><img src=x onerror=document.title='owned'>";
    let manifest = format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: \"{hostile}\"\n\"{hostile}\": 1\n"
    );
    let name = "a<img src=x onerror=alert(1)>.yaml";
    let folder = folder(&[(name, &manifest)]);
    let page = page(folder.path(), &["check", name]);
    assert!(page.contains("&lt;/script&gt;&lt;img src=x") && !page.contains("<img"));
    let Some(browser) = Browser::find() else { return };
    let opened = browser.open(&page, DESKTOP);
    assert!(opened.console.is_empty(), "{:?}", opened.console);
    assert!(!opened.dom.contains("<img") && !opened.dom.contains("<title>owned"));
}

#[test]
fn five_thousand_findings_are_one_page() {
    let mut manifest = String::new();
    for number in 0..5000 {
        let _ = write!(
            manifest,
            "---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings-{number}\ndatta:\n  a: b\n"
        );
    }
    let folder = folder(&[("a.yaml", &manifest)]);
    let page = page(folder.path(), &["check", "a.yaml", "--select=schema"]);
    assert_eq!(page, self::page(folder.path(), &["check", "a.yaml", "--select=schema"]));
    let Some(browser) = Browser::find() else { return };
    let opened = browser.open(&page, DESKTOP);
    assert!(opened.console.is_empty(), "{:?}", opened.console);
    let script = "
        const filter = document.querySelector('#filter');
        filter.value = 'settings-4999'; filter.dispatchEvent(new Event('input')); await rest();
        return [document.querySelectorAll('details.f').length, document.querySelector('#shown').textContent];";
    let answer = browser.ask(&page, DESKTOP, script);
    assert_eq!(answer, json!([5000, "1 of 5000 findings"]));
}

#[test]
fn the_summary_of_a_job_names_what_was_found() {
    let folder = folder(&[("a.yaml", run::FAULTY)]);
    let ran = seatrial_in(folder.path(), &["check", "a.yaml", "--output-format=markdown"]);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    for wanted in
        ["| error | <code>a.yaml:5</code> | unknown field <code>datta</code>", "<details>"]
    {
        assert!(ran.stdout.contains(wanted), "{wanted}: {}", ran.stdout);
    }
}

#[test]
fn only_the_check_of_a_model_has_a_page() {
    let ran = seatrial_in(&root(), &["model", "list", "--output-format=html"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("only `model check` has a page"), "{}", ran.stderr);
}
