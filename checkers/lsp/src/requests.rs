//! Questions of the client about a place: what a rule says, and what can be done.

use lsp_types::{
    CodeAction, CodeActionKind, CodeActionOrCommand, CodeActionParams, DocumentChanges, Hover,
    HoverContents, MarkupContent, MarkupKind, OneOf, OptionalVersionedTextDocumentIdentifier,
    Position, Range, TextDocumentEdit, TextEdit, WorkspaceEdit,
};
use seatrial_core::Rule;

use crate::convert::{Item, Offer};
use crate::document::Document;
use crate::scope::Scope;

/// The manual pages of the rules that report something at a place, each once.
pub(crate) fn hover(document: &Document, scope: &Scope, position: Position) -> Option<Hover> {
    let touched = |item: &&Item| touch(item.diagnostic.range, Range::new(position, position));
    let mut rules: Vec<&Rule> = Vec::new();
    let mut range = None;
    for item in document.items.iter().filter(touched) {
        if let Some(rule) = scope.rule(&item.rule).filter(|rule| !rules.contains(rule)) {
            rules.push(rule);
            range = range.or(Some(item.diagnostic.range));
        }
    }
    let pages: Vec<_> = rules.into_iter().map(page).collect();
    (!pages.is_empty()).then(|| Hover {
        contents: HoverContents::Markup(MarkupContent {
            kind: MarkupKind::Markdown,
            value: pages.join("\n\n---\n\n"),
        }),
        range,
    })
}

fn page(rule: &Rule) -> String {
    let Rule { id, part, severity, summary, explanation } = rule;
    format!("# {id}\n\n*{summary}* ({}, {severity})\n\n{}", part.as_str(), explanation.trim())
}

/// The fixes of what is reported at a place. None while the text differs from the one that was
/// checked.
pub(crate) fn actions(
    document: &Document,
    params: &CodeActionParams,
    with_versions: bool,
) -> Vec<CodeActionOrCommand> {
    let kind = CodeActionKind::QUICKFIX;
    let wanted = params.context.only.as_ref().is_none_or(|only| {
        only.iter().any(|it| it.as_str().is_empty() || *it == CodeActionKind::QUICKFIX)
    });
    if !wanted || document.shown != Some(document.generation) {
        return Vec::new();
    }
    let touched = document.items.iter().filter(|it| touch(it.diagnostic.range, params.range));
    let offers = touched.filter_map(|item| Some((item, item.offer.as_ref()?)));
    let mut actions: Vec<_> = offers
        .map(|(item, Offer { title, safe, edits })| CodeAction {
            title: title.clone(),
            kind: Some(kind.clone()),
            diagnostics: Some(vec![item.diagnostic.clone()]),
            edit: Some(edit(document, edits, with_versions)),
            is_preferred: Some(*safe),
            ..CodeAction::default()
        })
        .collect();
    // Safe ones first: editors propose the first.
    actions.sort_by_key(|action| action.is_preferred != Some(true));
    actions.into_iter().map(CodeActionOrCommand::CodeAction).collect()
}

#[expect(clippy::mutable_key_type, reason = "the protocol's own type; an address is not changed")]
fn edit(document: &Document, edits: &[TextEdit], with_versions: bool) -> WorkspaceEdit {
    if !with_versions {
        let changes = [(document.uri.clone(), edits.to_vec())].into_iter().collect();
        return WorkspaceEdit { changes: Some(changes), ..WorkspaceEdit::default() };
    }
    let edit = TextDocumentEdit {
        text_document: OptionalVersionedTextDocumentIdentifier {
            uri: document.uri.clone(),
            version: Some(document.version),
        },
        edits: edits.iter().cloned().map(OneOf::Left).collect(),
    };
    let document_changes = Some(DocumentChanges::Edits(vec![edit]));
    WorkspaceEdit { document_changes, ..WorkspaceEdit::default() }
}

/// Whether two ranges have a place in common; the end of one counts.
fn touch(one: Range, other: Range) -> bool {
    one.start <= other.end && other.start <= one.end
}
