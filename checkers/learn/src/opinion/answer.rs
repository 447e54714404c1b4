//! Answers of a model, and what most of them share.

use serde::Deserialize;
use thiserror::Error;

use super::subject::Subject;

/// The longest reason that is passed on, in characters.
const LONGEST_REASON: usize = 300;

/// The most parameters that an answer may blame: who blames everything has said nothing.
const MOST_BLAMED: usize = 8;

/// A well-formed answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The lines of the subject that it blames, each with why.
    blamed: Vec<(usize, String)>,
}

/// Why an answer does not count.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refused {
    /// It is not what was asked for.
    #[error("not the answer asked for: {0}")]
    Malformed(String),
    /// It speaks of something that is not in the configuration.
    #[error("it names `{0}`, which is not there")]
    NotThere(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Written {
    has_error: bool,
    err_parameter: Vec<String>,
    reason: Vec<String>,
}

impl Answer {
    /// Reads an answer about a subject: one JSON object, in a fence at most.
    pub fn read(text: &str, subject: &Subject) -> Result<Self, Refused> {
        let malformed = |why: &str| Refused::Malformed(why.to_owned());
        let written: Written = serde_json::from_str(unfenced(text))
            .map_err(|error| Refused::Malformed(clean(&error.to_string())))?;
        if written.has_error == written.err_parameter.is_empty() {
            return Err(malformed("`hasError` and `errParameter` disagree"));
        }
        if written.err_parameter.len() > MOST_BLAMED {
            return Err(malformed("it blames more than it should"));
        }
        if written.reason.len() < written.err_parameter.len() {
            return Err(malformed("a name without a reason"));
        }
        let blamed = written.err_parameter.iter().zip(&written.reason);
        let blamed = blamed.map(|(name, reason)| {
            let at = subject.lines.iter().position(|line| line.name == *name);
            let at = at.ok_or_else(|| Refused::NotThere(clean(name)))?;
            Ok((at, clean(reason)))
        });
        Ok(Self { blamed: blamed.collect::<Result<_, _>>()? })
    }
}

/// What most answers share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opinion {
    /// The line of the subject.
    pub line: usize,
    /// How many answers blame it.
    pub votes: u32,
    /// The reason that the first of them gives.
    pub reason: String,
}

/// The lines that more than half of the samples blame, in the order of the lines. Samples without a
/// well-formed answer blame nothing.
pub fn opinions(answers: &[Option<Answer>], subject: &Subject) -> Vec<Opinion> {
    let of_line = |line: usize| {
        let reason = |answer: &Answer| {
            answer.blamed.iter().find(|(at, _)| *at == line).map(|(_, reason)| reason.clone())
        };
        let mut reasons: Vec<_> = answers.iter().flatten().filter_map(reason).collect();
        let most = reasons.len() * 2 > answers.len();
        let votes = u32::try_from(reasons.len()).unwrap_or(u32::MAX);
        most.then(|| Opinion { line, votes, reason: reasons.swap_remove(0) })
    };
    (0..subject.lines.len()).filter_map(of_line).collect()
}

/// The text of a reply by the protocol of `POST /v1/chat/completions`.
pub fn content(body: &str) -> Result<String, String> {
    #[derive(Deserialize)]
    struct Reply {
        choices: Vec<Choice>,
    }
    #[derive(Deserialize)]
    struct Choice {
        message: Message,
    }
    #[derive(Deserialize)]
    struct Message {
        content: String,
    }
    let reply: Reply = serde_json::from_str(body).map_err(|error| clean(&error.to_string()))?;
    let first = reply.choices.into_iter().next();
    first.map(|choice| choice.message.content).ok_or_else(|| "it has no choices".to_owned())
}

/// A text without the fence of three backticks around it.
fn unfenced(text: &str) -> &str {
    let text = text.trim();
    let inner = text.strip_prefix("```").and_then(|rest| rest.strip_suffix("```"));
    inner.map_or(text, |inner| inner.strip_prefix("json").unwrap_or(inner).trim())
}

/// One short line without anything that a terminal would obey.
fn clean(text: &str) -> String {
    // Marks of writing direction would let a text show as another one.
    let marks = |c| matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let words = text.split(|c: char| c.is_whitespace() || c.is_control() || marks(c));
    let line = words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LONGEST_REASON) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}
