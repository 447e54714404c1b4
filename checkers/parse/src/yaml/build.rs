//! Events to trees: scalars resolved, aliases expanded within a budget, merge keys applied.

use std::borrow::Cow;

use saphyr_parser::{Event, ScalarStyle, Tag};
use seatrial_core::{MAX_DEPTH, Span};

use super::{Anchors, Document, HIDDEN_COLON};
use crate::mapping::MappingBuilder;
use crate::problem::{Problem, ProblemKind};
use crate::scalar::{Resolved, closing_quote, decode_base64, resolve};
use crate::tree::{Entry, Key, Node, Value};

/// A problem after which the rest of the piece cannot be read.
pub(super) struct Fatal(pub(super) Problem);

/// Builds the tree of one document after the other from parser events.
pub(super) struct Builder<'a> {
    text: &'a str,
    offset: usize,
    stack: Vec<Frame>,
    root: Option<Node>,
    anchors: Anchors,
    /// Nodes built so far, and how many of them by way of aliases.
    nodes: usize,
    alias_nodes: usize,
    pub(super) problems: Vec<Problem>,
}

/// A collection that is still open.
struct Frame {
    anchor: usize,
    start: Span,
    /// The text of the last node within: of an alias, that of the alias.
    last: Option<Span>,
    /// Whether it is written in brackets.
    flow: bool,
    content: Content,
    /// Nodes below, for the cost of an alias to this.
    nodes: usize,
}

enum Content {
    Sequence(Vec<Node>),
    Mapping { map: MappingBuilder, key: Option<Pending> },
}

/// A key that waits for its value.
enum Pending {
    Key(Key),
    Merge(Span),
}

impl<'a> Builder<'a> {
    pub(super) fn new(text: &'a str, offset: usize) -> Self {
        Self {
            text,
            offset,
            stack: Vec::new(),
            root: None,
            anchors: Anchors::new(),
            nodes: 0,
            alias_nodes: 0,
            problems: Vec::new(),
        }
    }

    /// Takes the document just ended, or counts it as empty.
    pub(super) fn finish_document(&mut self, documents: &mut Vec<Document>, empty: &mut usize) {
        self.anchors.clear();
        match self.root.take() {
            Some(root) if !root.is_null() => documents.push(Document { root }),
            _ => *empty += 1,
        }
    }

    /// Takes the next event.
    pub(super) fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), Fatal> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let text = restore_colons(text);
                self.check_leading_colon(&text, style, span)?;
                let node = self.scalar(&text, style, tag.as_deref(), span);
                let plain = style == ScalarStyle::Plain && tag.is_none();
                self.remember(anchor, &node, 1);
                let written = node.span;
                self.attach(node, written, plain, 1)
            }
            Event::SequenceStart(anchor, tag) => {
                self.check_collection_tag(tag, "seq", span);
                self.open(anchor, span, Content::Sequence(Vec::new()))
            }
            Event::MappingStart(anchor, tag) => {
                self.check_collection_tag(tag, "map", span);
                self.open(
                    anchor,
                    span,
                    Content::Mapping { map: MappingBuilder::default(), key: None },
                )
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(span),
            Event::Alias(anchor) => self.alias(anchor, span),
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => Ok(()),
        }
    }

    /// In brackets, the API server's reader takes a colon at the beginning for the end of a key.
    fn check_leading_colon(&self, text: &str, style: ScalarStyle, span: Span) -> Result<(), Fatal> {
        let flow = self.stack.last().is_some_and(|frame| frame.flow);
        if !flow || style != ScalarStyle::Plain || !text.starts_with(':') {
            return Ok(());
        }
        Err(Fatal(Problem {
            span,
            kind: ProblemKind::Syntax,
            message: format!("not valid YAML: `{text}` begins with a colon, in brackets"),
            help: Some("quote it".to_owned()),
            related: None,
        }))
    }

    fn open(&mut self, anchor: usize, start: Span, content: Content) -> Result<(), Fatal> {
        if self.stack.len() >= MAX_DEPTH {
            return Err(Fatal(too_deep(start)));
        }
        let flow = self.slice(start).starts_with(['[', '{']);
        self.stack.push(Frame { anchor, start, last: None, flow, content, nodes: 1 });
        Ok(())
    }

    fn close(&mut self, end: Span) -> Result<(), Fatal> {
        let Some(Frame { anchor, start, last, flow, content, nodes }) = self.stack.pop() else {
            return Ok(());
        };
        let last = if flow { Some(self.bracket(end)) } else { last };
        let span = last.map_or(start, |last| start.to(last));
        let value = match content {
            Content::Sequence(items) => Value::Sequence(items),
            Content::Mapping { map, .. } => Value::Mapping(map.finish()),
        };
        let node = Node { value, span };
        self.remember(anchor, &node, nodes);
        self.attach(node, span, false, nodes)
    }

    /// The bracket that closes a collection, of which the scanner says where it noticed: perhaps at
    /// a comma before, and up to the next word behind.
    fn bracket(&self, noticed: Span) -> Span {
        let start = (noticed.start as usize).saturating_sub(self.offset);
        let rest = self.text.get(start..).unwrap_or_default();
        let bracket = rest.trim_start_matches([',', ' ', '\t', '\r', '\n']);
        if !bracket.starts_with([']', '}']) {
            return noticed;
        }
        let start = noticed.start as usize + rest.len() - bracket.len();
        Span::new(start, start + 1)
    }

    /// Puts a finished node where it belongs: the root, the next item, a key or a value. `written`
    /// is its text there.
    fn attach(
        &mut self,
        mut node: Node,
        written: Span,
        plain: bool,
        nodes: usize,
    ) -> Result<(), Fatal> {
        self.nodes += 1;
        let Some(frame) = self.stack.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        frame.nodes += nodes;
        // Nothing in the place of a value has the text of its key.
        if written.start < written.end {
            frame.last = Some(written);
        }
        match &mut frame.content {
            Content::Sequence(items) => items.push(node),
            Content::Mapping { key: pending @ None, .. } => {
                *pending = Some(key(node, plain, &mut self.problems)?);
            }
            Content::Mapping { map, key: pending } => match pending.take() {
                Some(Pending::Merge(span)) => merge(map, node, span)?,
                Some(Pending::Key(key)) => {
                    if node.is_null() && node.span.start == node.span.end {
                        node.span = key.span;
                    }
                    map.insert(Entry { key, value: node }, &mut self.problems);
                }
                None => {}
            },
        }
        Ok(())
    }

    fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        tag: Option<&Tag>,
        mut span: Span,
    ) -> Node {
        let length = written_length(self.slice(span), style);
        span.end = span.start + Span::new(length, length).start;
        let string = || Value::String(text.into());
        let value = match tag.filter(|tag| tag.is_yaml_core_schema()) {
            None if style == ScalarStyle::Plain => self.plain(text, span),
            None => string(),
            Some(tag) => match tag.suffix.as_str() {
                "str" | "timestamp" => string(),
                "null" | "bool" | "int" | "float" => self.plain(text, span),
                "binary" => self.binary(text, span),
                _ => {
                    self.unknown_tag(tag, span);
                    string()
                }
            },
        };
        if let Some(tag) = tag.filter(|tag| !tag.is_yaml_core_schema() && tag.suffix != "!") {
            self.unknown_tag(tag, span);
        }
        Node { value, span }
    }

    fn plain(&mut self, text: &str, span: Span) -> Value {
        match resolve(text) {
            Resolved::Value(value) => value,
            Resolved::NotJson => {
                self.problem(
                    ProblemKind::InvalidNumber,
                    span,
                    format!(
                        "the number `{text}` cannot be stored: JSON has no infinity and no NaN"
                    ),
                    Some("quote it if a text is meant"),
                );
                Value::Null
            }
        }
    }

    /// A `!!binary` scalar stands for the text that its base64 encodes.
    fn binary(&mut self, text: &str, span: Span) -> Value {
        match decode_base64(text) {
            Some(text) => Value::String(text.into()),
            None => {
                self.problem(
                    ProblemKind::InvalidNumber,
                    span,
                    "`!!binary` does not hold the base64 of a UTF-8 text".to_owned(),
                    None,
                );
                Value::Null
            }
        }
    }

    fn check_collection_tag(&mut self, tag: Option<Cow<'_, Tag>>, expected: &str, span: Span) {
        if let Some(tag) = tag
            && !(tag.is_yaml_core_schema() && tag.suffix == expected)
        {
            self.unknown_tag(&tag, span);
        }
    }

    fn unknown_tag(&mut self, tag: &Tag, span: Span) {
        self.problem(
            ProblemKind::UnknownTag,
            span,
            format!("the tag `{tag}` has no meaning to the API server"),
            Some("remove the tag"),
        );
    }

    fn problem(&mut self, kind: ProblemKind, span: Span, message: String, help: Option<&str>) {
        let help = help.map(str::to_owned);
        self.problems.push(Problem { span, kind, message, help, related: None });
    }

    fn remember(&mut self, anchor: usize, node: &Node, nodes: usize) {
        if anchor != 0 {
            self.anchors.insert(anchor, (node.clone(), nodes));
        }
    }

    /// Expands an alias, unless that makes the document excessively large or deep.
    fn alias(&mut self, anchor: usize, span: Span) -> Result<(), Fatal> {
        let Some((node, nodes)) = self.anchors.get(&anchor) else {
            return Err(Fatal(Problem {
                span,
                kind: ProblemKind::Syntax,
                message: "an alias refers to an anchor that contains it".to_owned(),
                help: None,
                related: None,
            }));
        };
        let nodes = *nodes;
        self.alias_nodes += nodes;
        self.nodes += nodes;
        if excessive(self.nodes, self.alias_nodes) {
            return Err(Fatal(Problem {
                span,
                kind: ProblemKind::AliasBudget,
                message: format!(
                    "the document contains excessive aliasing: {} of its {} values come from aliases",
                    self.alias_nodes, self.nodes
                ),
                help: Some("write the repeated values out, or remove them".to_owned()),
                related: None,
            }));
        }
        if self.stack.len() + depth(node) > MAX_DEPTH {
            return Err(Fatal(too_deep(span)));
        }
        let node = node.clone();
        let name = self.slice(span).trim_end().len();
        let written = Span { end: span.start + Span::new(name, name).start, ..span };
        self.attach(node, written, false, nodes)
    }

    fn slice(&self, span: Span) -> &'a str {
        let start = (span.start as usize).saturating_sub(self.offset);
        let end = (span.end as usize).saturating_sub(self.offset);
        self.text.get(start..end).unwrap_or_default()
    }
}

/// Undoes [`hide_colons`](super::hide_colons) in a scalar.
fn restore_colons(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.contains(HIDDEN_COLON) { text.replace(HIDDEN_COLON, ":").into() } else { text }
}

/// How much of the text that the scanner took for a scalar is the scalar: it counts white space
/// behind it, and a comment behind a closing quote.
fn written_length(text: &str, style: ScalarStyle) -> usize {
    let closing = match style {
        ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => closing_quote(text),
        ScalarStyle::Plain | ScalarStyle::Literal | ScalarStyle::Folded => None,
    };
    closing.map_or_else(|| text.trim_end().len(), |at| at + 1)
}

/// Whether aliases make up too much of a document: go-yaml's rule. Up to 400,000 values almost
/// all may come from aliases, from 4,000,000 values on a tenth, linearly between.
fn excessive(nodes: usize, alias_nodes: usize) -> bool {
    const LOW: usize = 400_000;
    const HIGH: usize = 4_000_000;
    let allowed_percent = match nodes {
        ..=LOW => 99,
        HIGH.. => 10,
        _ => 99 - 89 * (nodes - LOW) / (HIGH - LOW),
    };
    alias_nodes > 100 && nodes > 1000 && alias_nodes * 100 > allowed_percent * nodes
}

fn depth(node: &Node) -> usize {
    let items = node.items().iter().map(depth);
    let values = node.entries().iter().map(|entry| depth(&entry.value));
    items.chain(values).max().unwrap_or(0) + 1
}

fn too_deep(span: Span) -> Problem {
    Problem {
        span,
        kind: ProblemKind::TooDeep,
        message: format!("nested deeper than {MAX_DEPTH} levels"),
        help: None,
        related: None,
    }
}

/// Makes a key of a node: text as it is, booleans and numbers by their JSON text.
fn key(node: Node, plain: bool, problems: &mut Vec<Problem>) -> Result<Pending, Fatal> {
    let span = node.span;
    let text = match node.value {
        Value::String(text) if plain && &*text == "<<" => return Ok(Pending::Merge(span)),
        Value::String(text) => text,
        Value::Bool(_) | Value::Number(_) => {
            let text = node.to_string();
            problems.push(Problem {
                span,
                kind: ProblemKind::AmbiguousKey,
                message: format!("this key is read as the {} `{text}`", node.type_name()),
                help: Some("quote the key if the written text is meant".to_owned()),
                related: None,
            });
            text.into()
        }
        Value::Null | Value::Sequence(_) | Value::Mapping(_) => {
            return Err(Fatal(Problem {
                span,
                kind: ProblemKind::InvalidKey,
                message: format!("a key must be a text, not {}", node.type_name()),
                help: Some("quote the key; `{{ … }}` needs quotes, too".to_owned()),
                related: None,
            }));
        }
    };
    Ok(Pending::Key(Key { text, span }))
}

/// Applies a merge key in its place: its entries replace those before it, as the API server's
/// reader does, and those after it replace its entries.
fn merge(map: &mut MappingBuilder, node: Node, span: Span) -> Result<(), Fatal> {
    let invalid = || {
        Fatal(Problem {
            span,
            kind: ProblemKind::InvalidKey,
            message: "the merge key `<<` takes a mapping or a list of mappings".to_owned(),
            help: Some("quote the key if the text `<<` is meant".to_owned()),
            related: None,
        })
    };
    let sources = match node.value {
        Value::Mapping(source) => vec![source],
        // Of several, the first one wins.
        Value::Sequence(items) => (items.into_iter().rev())
            .map(|item| match item.value {
                Value::Mapping(source) => Ok(source),
                _ => Err(invalid()),
            })
            .collect::<Result<_, _>>()?,
        _ => return Err(invalid()),
    };
    for entry in sources.into_iter().flat_map(|source| source.entries) {
        map.merge(entry);
    }
    Ok(())
}
