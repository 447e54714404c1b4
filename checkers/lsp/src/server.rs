//! The state of a conversation: what the client sends changes it, and checks are started from it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc::Sender};
use std::time::Instant;

use lsp_server::{ErrorCode, Message, Notification, Request, RequestId, Response};
use lsp_types::{
    CodeActionKind, CodeActionOptions, CodeActionParams, CodeActionProviderCapability,
    DidChangeTextDocumentParams, DidChangeWatchedFilesParams, DidCloseTextDocumentParams,
    DidOpenTextDocumentParams, DidSaveTextDocumentParams, HoverParams, HoverProviderCapability,
    InitializeParams, InitializeResult, MessageType, OneOf, PublishDiagnosticsParams, SaveOptions,
    ServerCapabilities, ServerInfo, ShowMessageParams, TextDocumentSyncCapability,
    TextDocumentSyncKind, TextDocumentSyncOptions, TextDocumentSyncSaveOptions, Uri,
    WorkspaceFoldersServerCapabilities, WorkspaceServerCapabilities,
};
use seatrial_core::SourceFile;
use seatrial_gate::files::{Texts, shown};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::convert::{Converter, Item, absolute, trouble};
use crate::document::Document;
use crate::job::{self, Done, Extent, Job, Made};
use crate::scope::{Last, Scope, is_asked_quickly};
use crate::{Ending, Event, Provider, Unusable, requests, text, uri};

/// The endings of manifests, for documents that are no files yet.
const ENDINGS: [&str; 3] = ["yaml", "yml", "json"];

/// How far the conversation is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    New,
    Running,
    ShutDown,
}

/// What the client can do.
#[derive(Default)]
struct Client {
    versioned_edits: bool,
    watches_files: bool,
}

/// The state of a conversation.
pub(crate) struct Server {
    provider: Arc<Provider>,
    events: Sender<Event>,
    outgoing: Vec<Message>,
    phase: Phase,
    client: Client,
    /// The folders of the workspace.
    folders: Vec<PathBuf>,
    /// By folder, or by file where it lies in no folder of the workspace.
    scopes: BTreeMap<PathBuf, Scope>,
    /// The open documents, by path.
    documents: BTreeMap<PathBuf, Document>,
    generations: u64,
}

impl Server {
    pub(crate) fn new(provider: Arc<Provider>, events: Sender<Event>) -> Self {
        Self {
            provider,
            events,
            outgoing: Vec::new(),
            phase: Phase::New,
            client: Client::default(),
            folders: Vec::new(),
            scopes: BTreeMap::new(),
            documents: BTreeMap::new(),
            generations: 0,
        }
    }

    /// What is to be sent, once.
    pub(crate) fn outgoing(&mut self) -> Vec<Message> {
        std::mem::take(&mut self.outgoing)
    }

    /// How the conversation ends if it ends now.
    pub(crate) fn ending(&self) -> Ending {
        if self.phase == Phase::ShutDown { Ending::Orderly } else { Ending::Abrupt }
    }

    /// When the next check is due that can begin.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        self.scopes.values().filter(|scope| !scope.running).filter_map(|scope| scope.due).min()
    }

    /// Takes a message; says how the conversation ends if that was the last one.
    pub(crate) fn receive(&mut self, message: Message) -> Option<Ending> {
        match message {
            Message::Request(request) => self.request(request),
            Message::Notification(notification) if notification.method == "exit" => {
                return Some(self.ending());
            }
            Message::Notification(notification) if self.phase == Phase::Running => {
                self.notification(notification);
            }
            // Before the start and after the end only `exit` counts; answers are to the one request
            // of ours, which needs none.
            Message::Notification(_) | Message::Response(_) => {}
        }
        None
    }

    fn request(&mut self, request: Request) {
        let Request { id, method, params } = request;
        let answer = match (self.phase, method.as_str()) {
            (Phase::New, "initialize") => typed(params).map(|params| self.initialize(&params)),
            (Phase::New, _) => Err((ErrorCode::ServerNotInitialized, "not initialized".to_owned())),
            (Phase::ShutDown, _) => Err((ErrorCode::InvalidRequest, "shut down".to_owned())),
            (Phase::Running, "initialize") => {
                Err((ErrorCode::InvalidRequest, "initialized already".to_owned()))
            }
            (Phase::Running, "shutdown") => {
                self.phase = Phase::ShutDown;
                Ok(Value::Null)
            }
            (Phase::Running, "textDocument/hover") => typed(params).map(|it| self.hover(&it)),
            (Phase::Running, "textDocument/codeAction") => {
                typed(params).map(|params| self.actions(&params))
            }
            (Phase::Running, _) => {
                Err((ErrorCode::MethodNotFound, format!("there is no method `{method}`")))
            }
        };
        self.answer(id, answer);
    }

    fn answer(&mut self, id: RequestId, answer: Result<Value, (ErrorCode, String)>) {
        let response = match answer {
            Ok(result) => Response::new_ok(id, result),
            Err((code, message)) => Response::new_err(id, code as i32, message),
        };
        self.outgoing.push(response.into());
    }

    /// Requests are answered before the next message is read, so that a cancellation comes too late
    /// to change anything, as the protocol allows.
    fn notification(&mut self, notification: Notification) {
        let Notification { method, params } = notification;
        let wrong = |error: (ErrorCode, String)| error.1;
        let taken = match method.as_str() {
            "initialized" => {
                self.initialized();
                Ok(())
            }
            "textDocument/didOpen" => typed(params).map(|it| self.open(it)).map_err(wrong),
            "textDocument/didChange" => typed(params).map(|it| self.change(it)).map_err(wrong),
            "textDocument/didSave" => typed(params).map(|it| self.save(&it)).map_err(wrong),
            "textDocument/didClose" => typed(params).map(|it| self.close(&it)).map_err(wrong),
            "workspace/didChangeWatchedFiles" => {
                typed(params).map(|it| self.files_changed(&it)).map_err(wrong)
            }
            _ => Ok(()),
        };
        if let Err(error) = taken {
            self.say("window/logMessage", MessageType::WARNING, format!("`{method}`: {error}"));
        }
    }

    fn notify(&mut self, method: &str, params: impl Serialize) {
        self.outgoing.push(Notification::new(method.to_owned(), params).into());
    }

    fn say(&mut self, method: &str, typ: MessageType, message: String) {
        self.notify(method, ShowMessageParams { typ, message });
    }

    fn initialize(&mut self, params: &InitializeParams) -> Value {
        let folders = params.workspace_folders.iter().flatten().map(|folder| &folder.uri);
        let mut folders: Vec<_> = folders.filter_map(uri::path_of).collect();
        if folders.is_empty() {
            #[expect(deprecated, reason = "what older clients name their only folder by")]
            let root = params.root_uri.as_ref();
            folders.extend(root.and_then(uri::path_of));
        }
        // The deepest folder that a file lies in is its own.
        folders.sort_by_key(|folder| std::cmp::Reverse(folder.components().count()));
        self.folders = folders;
        let workspace = params.capabilities.workspace.as_ref();
        let edits = workspace.and_then(|workspace| workspace.workspace_edit.as_ref());
        let watching = workspace.and_then(|workspace| workspace.did_change_watched_files);
        self.client = Client {
            versioned_edits: edits.and_then(|it| it.document_changes).unwrap_or(false),
            watches_files: watching.and_then(|it| it.dynamic_registration).unwrap_or(false),
        };
        self.phase = Phase::Running;
        serde_json::to_value(InitializeResult {
            capabilities: capabilities(),
            server_info: Some(ServerInfo {
                name: "seatrial".to_owned(),
                version: Some(env!("CARGO_PKG_VERSION").to_owned()),
            }),
        })
        .unwrap_or_default()
    }

    fn initialized(&mut self) {
        for folder in self.folders.clone() {
            self.scopes.entry(folder).or_default().ask(true);
        }
        if self.client.watches_files {
            let globs = ["**/*.{yaml,yml,json,conf,cfg,xml,properties}", "**/.htaccess"];
            let watchers: Vec<_> =
                globs.iter().map(|glob| json!({ "globPattern": glob })).collect();
            let method = "workspace/didChangeWatchedFiles";
            let options = json!({ "watchers": watchers });
            let registration =
                json!({ "id": "files", "method": method, "registerOptions": options });
            let params = json!({ "registrations": [registration] });
            let id = RequestId::from("watch".to_owned());
            let method = "client/registerCapability".to_owned();
            self.outgoing.push(Request::new(id, method, params).into());
        }
    }

    fn open(&mut self, params: DidOpenTextDocumentParams) {
        let document = params.text_document;
        let Some(path) = uri::path_of(&document.uri) else {
            let message = format!("{} is no file, and is not checked", document.uri.as_str());
            self.say("window/logMessage", MessageType::INFO, message);
            return;
        };
        let folder = self.folders.iter().find(|folder| path.starts_with(folder));
        let scope = folder.unwrap_or(&path).clone();
        self.generations += 1;
        let opened = Document {
            uri: document.uri,
            version: document.version,
            generation: self.generations,
            file: Arc::new(SourceFile::new(shown(&path), document.text)),
            scope: scope.clone(),
            items: Vec::new(),
            shown: None,
            of_whole: None,
            wants_quick: true,
            in_quick: false,
        };
        self.documents.insert(path, opened);
        self.scopes.entry(scope).or_default().ask(false);
    }

    fn change(&mut self, params: DidChangeTextDocumentParams) {
        let Some((_, document)) = of(&mut self.documents, &params.text_document.uri) else {
            return;
        };
        let mut changed = document.file.text().to_string();
        for change in params.content_changes {
            text::apply(&mut changed, change);
        }
        self.generations += 1;
        document.generation = self.generations;
        document.version = params.text_document.version;
        document.file = Arc::new(SourceFile::new(Arc::clone(document.file.path()), changed));
        document.wants_quick = true;
        if let Some(scope) = self.scopes.get_mut(&document.scope) {
            scope.ask(false);
        }
    }

    fn save(&mut self, params: &DidSaveTextDocumentParams) {
        let Some((_, document)) = of(&mut self.documents, &params.text_document.uri) else {
            return;
        };
        if let Some(scope) = self.scopes.get_mut(&document.scope) {
            scope.ask(true);
        }
    }

    fn close(&mut self, params: &DidCloseTextDocumentParams) {
        let uri = &params.text_document.uri;
        let Some((path, _)) = of(&mut self.documents, uri) else { return };
        let Some(document) = self.documents.remove(&path) else { return };
        self.publish(document.uri, None, Vec::new());
        if document.scope == path {
            self.scopes.remove(&path);
        } else if let Some(scope) = self.scopes.get_mut(&document.scope) {
            // What was not saved is gone for the others.
            scope.ask(false);
        }
    }

    fn files_changed(&mut self, params: &DidChangeWatchedFilesParams) {
        let changed: Vec<_> =
            params.changes.iter().filter_map(|it| uri::path_of(&it.uri)).collect();
        for (root, scope) in &mut self.scopes {
            if changed.iter().any(|path| path.starts_with(root)) {
                scope.ask(false);
            }
        }
    }

    fn hover(&mut self, params: &HoverParams) -> Value {
        let at = &params.text_document_position_params;
        let found = of(&mut self.documents, &at.text_document.uri);
        let hover = found.and_then(|(_, document)| {
            requests::hover(document, self.scopes.get(&document.scope)?, at.position)
        });
        serde_json::to_value(hover).unwrap_or_default()
    }

    fn actions(&mut self, params: &CodeActionParams) -> Value {
        let versions = self.client.versioned_edits;
        let found = of(&mut self.documents, &params.text_document.uri);
        let actions = found.map(|(_, document)| requests::actions(document, params, versions));
        serde_json::to_value(actions.unwrap_or_default()).unwrap_or_default()
    }

    fn publish(&mut self, uri: Uri, version: Option<i32>, diagnostics: Vec<lsp_types::Diagnostic>) {
        let params = PublishDiagnosticsParams { uri, diagnostics, version };
        self.notify("textDocument/publishDiagnostics", params);
    }

    /// Shows items of a document as it is now.
    fn show(&mut self, path: &Path, items: Vec<Item>) {
        let Some(document) = self.documents.get_mut(path) else { return };
        document.items = items;
        document.shown = Some(document.generation);
        let (uri, version) = (document.uri.clone(), document.version);
        let diagnostics = document.diagnostics();
        self.publish(uri, Some(version), diagnostics);
    }

    /// Starts the checks that are due.
    pub(crate) fn start_due(&mut self) {
        let mut jobs = Vec::new();
        for (path, document) in &mut self.documents {
            let Some(scope) = self.scopes.get(&document.scope) else { continue };
            if !document.wants_quick || document.in_quick || scope.last.is_none() {
                continue;
            }
            document.wants_quick = false;
            let Some(last) = scope.quickens(document.file.path()) else { continue };
            document.in_quick = true;
            let extent = Extent::Quick {
                document: path.clone(),
                options: Arc::clone(&last.options),
                beside: last.beside.clone(),
                left_out: last.of_all_files.clone(),
            };
            jobs.push((document.scope.clone(), extent));
        }
        let now = Instant::now();
        for (root, scope) in &mut self.scopes {
            if !scope.running && scope.due.is_some_and(|due| due <= now) {
                scope.due = None;
                scope.running = true;
                let drafts = drafts(&self.documents, root);
                jobs.push((root.clone(), Extent::Whole { drafts }));
            }
        }
        for (scope, extent) in jobs {
            let documents = || self.documents.iter();
            let texts =
                documents().map(|(_, it)| (Arc::clone(it.file.path()), Arc::clone(&it.file)));
            let job = Job {
                scope,
                extent,
                texts: texts.collect::<Texts>(),
                generations: documents().map(|(path, it)| (path.clone(), it.generation)).collect(),
            };
            job::start(job, &self.provider, &self.events);
        }
    }

    /// Shows what a check came to, as far as it is of the latest texts.
    pub(crate) fn finish(&mut self, done: Done) {
        let Done { job, outcome, took } = done;
        match &job.extent {
            Extent::Quick { document, .. } => {
                let document = document.clone();
                self.finish_quick(&document, &job, outcome.ok().map(|made| made.checked));
            }
            Extent::Whole { .. } => {
                let Some(scope) = self.scopes.get_mut(&job.scope) else { return };
                scope.running = false;
                match outcome {
                    Ok(Made { checked, options, left_out }) => {
                        scope.trouble = None;
                        scope.last = Some(Last::new(options, &checked, took));
                        if !left_out.is_empty() && !std::mem::replace(&mut scope.told, true) {
                            let asked = left_out.join("`, `");
                            let message = format!("left to `seatrial check`: `{asked}`");
                            self.say("window/logMessage", MessageType::INFO, message);
                        }
                        self.finish_whole(&job, &checked);
                    }
                    Err(unusable) => self.complain(&job, unusable),
                }
            }
        }
    }

    fn finish_quick(&mut self, path: &Path, job: &Job, checked: Option<seatrial_gate::Checked>) {
        let open = self.addresses();
        let Some(document) = self.documents.get_mut(path) else { return };
        document.in_quick = false;
        if job.generations.get(path) != Some(&document.generation) {
            return; // the next one is wanted already
        }
        // Without a result, the whole check will say why.
        let Some(checked) = checked else { return };
        let fresh = Converter::new(&checked, &open).items(path);
        let rules = &checked.report.rules;
        let items = document.with_the_rest(fresh, |id| is_asked_quickly(rules, id));
        self.show(path, items);
    }

    fn finish_whole(&mut self, job: &Job, checked: &seatrial_gate::Checked) {
        let open = self.addresses();
        let mut converter = Converter::new(checked, &open);
        let mut ready = Vec::new();
        for (path, document) in &mut self.documents {
            let Some(generation) =
                job.generations.get(path).filter(|_| document.scope == job.scope)
            else {
                continue;
            };
            let items = converter.items(path);
            let Some(file) = job.texts.get(document.file.path()) else { continue };
            document.of_whole = Some((Arc::clone(file), items.clone()));
            if *generation == document.generation {
                ready.push((path.clone(), items));
            }
        }
        for (path, items) in ready {
            self.show(&path, items);
        }
    }

    /// Says of each document of a scope that it is not checked, and once why.
    fn complain(&mut self, job: &Job, unusable: Unusable) {
        let Unusable { message, location } = unusable;
        let Some(scope) = self.scopes.get_mut(&job.scope) else { return };
        if scope.trouble.as_ref() != Some(&message) {
            scope.trouble = Some(message.clone());
            self.say("window/showMessage", MessageType::ERROR, format!("seatrial: {message}"));
        }
        let fault = location.as_ref().map(|location| absolute(&location.path));
        let mine = self.documents.iter().filter(|(_, document)| document.scope == job.scope);
        let paths: Vec<_> = mine.map(|(path, _)| path.clone()).collect();
        for path in paths {
            let mut item = trouble(&message);
            if let Some(location) = location.as_ref().filter(|_| fault.as_deref() == Some(&*path)) {
                let place = |line: u32, column: u32| {
                    lsp_types::Position::new(line.saturating_sub(1), column.saturating_sub(1))
                };
                item.diagnostic.range = lsp_types::Range::new(
                    place(location.line, location.column),
                    place(location.end_line, location.end_column),
                );
            }
            self.show(&path, vec![item]);
        }
    }

    /// The addresses of the open documents.
    fn addresses(&self) -> BTreeMap<PathBuf, Uri> {
        self.documents.iter().map(|(path, it)| (path.clone(), it.uri.clone())).collect()
    }
}

/// The open document with this address.
fn of<'d>(
    documents: &'d mut BTreeMap<PathBuf, Document>,
    uri: &Uri,
) -> Option<(PathBuf, &'d mut Document)> {
    let path = uri::path_of(uri)?;
    let document = documents.get_mut(&path)?;
    Some((path, document))
}

/// Manifests of a scope that are open but not on the disk yet, where no walk finds them.
fn drafts(documents: &BTreeMap<PathBuf, Document>, root: &Path) -> Vec<PathBuf> {
    let is_manifest = |path: &Path| {
        path.extension().is_some_and(|ending| ENDINGS.iter().any(|known| ending == *known))
    };
    let mine = documents.iter().filter(|(path, it)| it.scope == root && *path != root);
    let drafts = mine.map(|(path, _)| path).filter(|path| is_manifest(path) && !path.exists());
    drafts.cloned().collect()
}

/// Reads the parameters of a message.
fn typed<T: DeserializeOwned>(params: Value) -> Result<T, (ErrorCode, String)> {
    serde_json::from_value(params).map_err(|error| (ErrorCode::InvalidParams, error.to_string()))
}

fn capabilities() -> ServerCapabilities {
    ServerCapabilities {
        text_document_sync: Some(TextDocumentSyncCapability::Options(TextDocumentSyncOptions {
            open_close: Some(true),
            change: Some(TextDocumentSyncKind::INCREMENTAL),
            save: Some(TextDocumentSyncSaveOptions::SaveOptions(SaveOptions::default())),
            ..TextDocumentSyncOptions::default()
        })),
        hover_provider: Some(HoverProviderCapability::Simple(true)),
        code_action_provider: Some(CodeActionProviderCapability::Options(CodeActionOptions {
            code_action_kinds: Some(vec![CodeActionKind::QUICKFIX]),
            ..CodeActionOptions::default()
        })),
        workspace: Some(WorkspaceServerCapabilities {
            workspace_folders: Some(WorkspaceFoldersServerCapabilities {
                supported: Some(true),
                change_notifications: Some(OneOf::Left(false)),
            }),
            ..WorkspaceServerCapabilities::default()
        }),
        ..ServerCapabilities::default()
    }
}
