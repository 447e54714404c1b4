//! A headless Chromium that opens pages.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

/// The names under which it is installed.
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];
/// A desktop and a phone.
pub(crate) const DESKTOP: (u32, u32) = (1280, 900);
pub(crate) const PHONE: (u32, u32) = (390, 844);

/// A browser, and a folder for its profile and its pages.
pub(crate) struct Browser {
    program: &'static str,
    folder: TempDir,
}

/// What a page came to.
pub(crate) struct Opened {
    /// The document after its script ran.
    pub(crate) dom: String,
    /// What stands on the console.
    pub(crate) console: Vec<String>,
}

impl Browser {
    /// The browser, if one is installed; CI installs one.
    pub(crate) fn find() -> Option<Self> {
        let works = |name: &&&str| {
            Command::new(name).arg("--version").output().is_ok_and(|it| it.status.success())
        };
        let Some(program) = NAMES.iter().find(works) else {
            assert!(std::env::var_os("CI").is_none(), "CI needs chromium to open pages");
            eprintln!("skipped: no chromium to open pages with");
            return None;
        };
        Some(Self { program, folder: tempfile::tempdir().unwrap() })
    }

    /// Opens a page as it is, in a window of a size.
    pub(crate) fn open(&self, page: &str, (width, height): (u32, u32)) -> Opened {
        let file = self.folder.path().join("page.html");
        fs::write(&file, page).unwrap();
        let profile: PathBuf = self.folder.path().join("profile");
        let output = Command::new("timeout")
            .args(["120", self.program, "--headless", "--no-sandbox", "--disable-gpu"])
            .args(["--enable-logging=stderr", "--v=0", "--virtual-time-budget=8000", "--dump-dom"])
            .arg(format!("--user-data-dir={}", profile.display()))
            .arg(format!("--window-size={width},{height}"))
            .arg(format!("file://{}", file.display()))
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        let console = errors.lines().filter(|line| line.contains("CONSOLE"));
        let console = console.map(str::to_owned).collect();
        let dom = String::from_utf8(output.stdout).unwrap();
        assert!(dom.contains("</html>"), "no page was opened: {errors}");
        Opened { dom, console }
    }

    /// Opens a page, runs the body of a function in it and takes what that returns. The page runs
    /// without its content security policy, which would forbid just that.
    pub(crate) fn ask(&self, page: &str, size: (u32, u32), body: &str) -> Value {
        let (head, policy) =
            page.split_once("<meta http-equiv=\"Content-Security-Policy\"").unwrap();
        let (_, rest) = policy.split_once('>').unwrap();
        let script = format!(
            "<script>(async () => {{ const key = (key, target = document.body) => \
             target.dispatchEvent(new KeyboardEvent('keydown', {{ key, bubbles: true }}));\n\
             const rest = () => new Promise((done) => setTimeout(done, 300));\n\
             const answer = await (async () => {{ {body} }})();\n\
             console.log('ANSWER ' + JSON.stringify(answer)); }})();</script>"
        );
        let opened = self.open(&format!("{head}{rest}{script}"), size);
        let answer = opened.console.iter().find_map(|line| line.split_once("ANSWER "));
        let (_, answer) = answer.unwrap_or_else(|| panic!("no answer: {:?}", opened.console));
        let (answer, _) = answer.rsplit_once("\", source: ").unwrap();
        serde_json::from_str(answer).unwrap()
    }
}
