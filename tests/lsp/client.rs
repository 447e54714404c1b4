//! A client that speaks to the binary over pipes.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

/// The longest that an answer may take before a test gives up: no measure of anything.
const PATIENCE: Duration = Duration::from_secs(120);

/// A client with its server and the folder that both look at.
pub(crate) struct Client {
    child: Child,
    stdin: ChildStdin,
    incoming: Receiver<Value>,
    folder: TempDir,
    ids: i64,
}

impl Client {
    /// A server over a folder with these files, after the greeting.
    pub(crate) fn over(files: &[(&str, &str)]) -> Self {
        let mut client = Self::silent(files);
        client.greet(json!({ "workspace": { "workspaceEdit": { "documentChanges": true } } }));
        client
    }

    /// A server that nothing was said to yet.
    pub(crate) fn silent(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let mut child = Command::new(env!("CARGO_BIN_EXE_seatrial"))
            .arg("lsp")
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdin = child.stdin.take().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let (sender, incoming) = channel();
        std::thread::spawn(move || {
            while let Some(message) = read(&mut stdout) {
                if sender.send(message).is_err() {
                    break;
                }
            }
        });
        Self { child, stdin, incoming, folder, ids: 0 }
    }

    pub(crate) fn greet(&mut self, capabilities: Value) -> Value {
        let root = self.uri("");
        let folders = json!([{ "uri": root.trim_end_matches('/'), "name": "test" }]);
        let answer = self.ask(
            "initialize",
            json!({ "processId": null, "capabilities": capabilities, "workspaceFolders": folders }),
        );
        self.tell("initialized", json!({}));
        answer
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn uri(&self, name: &str) -> String {
        let path = self.path(name);
        format!("file://{}", path.to_str().unwrap().replace(' ', "%20").replace('ë', "%C3%AB"))
    }

    /// Sends bytes as they are.
    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        self.stdin.write_all(bytes).unwrap();
        self.stdin.flush().unwrap();
    }

    fn send(&mut self, message: &Value) {
        let body = message.to_string();
        self.raw(format!("Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes());
    }

    pub(crate) fn tell(&mut self, method: &str, params: Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    /// The next message that fits.
    pub(crate) fn next(&mut self, fits: impl Fn(&Value) -> bool) -> Value {
        loop {
            let message = self.incoming.recv_timeout(PATIENCE).unwrap();
            if fits(&message) {
                return message;
            }
        }
    }

    /// Asks, and waits for the answer: the whole message.
    pub(crate) fn answer(&mut self, method: &str, params: Value) -> Value {
        self.ids += 1;
        let id = self.ids;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        self.next(|message| message["id"] == id && message.get("method").is_none())
    }

    /// Asks, and waits for the result.
    pub(crate) fn ask(&mut self, method: &str, params: Value) -> Value {
        self.answer(method, params)["result"].clone()
    }

    pub(crate) fn open(&mut self, name: &str, version: i32, text: &str) {
        let uri = self.uri(name);
        let document =
            json!({ "uri": uri, "languageId": "yaml", "version": version, "text": text });
        self.tell("textDocument/didOpen", json!({ "textDocument": document }));
    }

    /// Replaces what lies between two places.
    pub(crate) fn edit(&mut self, name: &str, version: i32, range: Value, text: &str) {
        let document = json!({ "uri": self.uri(name), "version": version });
        let changes = json!([{ "range": range, "text": text }]);
        self.tell(
            "textDocument/didChange",
            json!({ "textDocument": document, "contentChanges": changes }),
        );
    }

    /// What is shown of a version of a document, as soon as it is: rule and place of each finding.
    pub(crate) fn diagnostics(&mut self, name: &str, version: i32) -> Vec<Value> {
        let uri = self.uri(name);
        let published = self.next(|message| {
            message["method"] == "textDocument/publishDiagnostics"
                && message["params"]["uri"] == uri.as_str()
                && message["params"]["version"] == version
        });
        published["params"]["diagnostics"].as_array().unwrap().clone()
    }

    /// Waits until what is shown of a version is as it should be.
    pub(crate) fn until(
        &mut self,
        name: &str,
        version: i32,
        holds: impl Fn(&[Value]) -> bool,
    ) -> Vec<Value> {
        loop {
            let shown = self.diagnostics(name, version);
            if holds(&shown) {
                return shown;
            }
        }
    }

    /// What can be done at a range.
    pub(crate) fn actions(&mut self, name: &str, range: &Value) -> Vec<Value> {
        let document = json!({ "uri": self.uri(name) });
        let params =
            json!({ "textDocument": document, "range": range, "context": { "diagnostics": [] } });
        self.ask("textDocument/codeAction", params).as_array().unwrap().clone()
    }

    /// The exit code.
    pub(crate) fn wait(mut self) -> i32 {
        drop(self.stdin);
        self.child.wait().unwrap().code().unwrap()
    }
}

fn read(stdout: &mut impl BufRead) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if stdout.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim().split_once(": ") {
            Some((_, value)) => length = value.parse().ok()?,
            None => break,
        }
    }
    let mut body = vec![0; length];
    stdout.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}

/// The rules of what is shown, in its order.
pub(crate) fn rules(shown: &[Value]) -> Vec<&str> {
    shown.iter().map(|diagnostic| diagnostic["code"].as_str().unwrap()).collect()
}

/// A range on one line.
pub(crate) fn on_line(line: usize, from: usize, to: usize) -> Value {
    json!({ "start": { "line": line, "character": from }, "end": { "line": line, "character": to } })
}

/// The text between two places, by the protocol's own count.
pub(crate) fn between(text: &str, range: &Value) -> String {
    let (start, end) = (&range["start"], &range["end"]);
    assert_eq!(start["line"], end["line"], "{range}");
    let line = text.split('\n').nth(usize::try_from(start["line"].as_u64().unwrap()).unwrap());
    let units: Vec<u16> = line.unwrap().encode_utf16().collect();
    let at = |place: &Value| usize::try_from(place["character"].as_u64().unwrap()).unwrap();
    String::from_utf16(&units[at(start)..at(end)]).unwrap()
}

/// Whether a path is there; for what the server must not write.
pub(crate) fn is_there(path: &Path) -> bool {
    path.exists()
}
