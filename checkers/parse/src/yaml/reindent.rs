//! Continuation lines, indented as YAML 1.2 wants them.
//!
//! The API server's reader does not ask how the lines within brackets or quotes are indented;
//! `saphyr-parser`, which reads YAML 1.2, wants them deeper than the block around them. A common
//! style breaks that:
//!
//! ```yaml
//! args: [
//!   "--verbose",
//! ]
//! ```
//!
//! Where the parser complains of indentation, such lines are indented and the text is read again.
//! White space there has no meaning, so the values stay the same.

/// A text with some lines indented further, and the way back to the original's offsets.
pub(super) struct Reindented {
    pub(super) text: String,
    /// How many spaces stand before each of those lines.
    width: usize,
    /// Where they stand, in characters of the new text, sorted.
    inserted: Vec<usize>,
}

impl Reindented {
    /// Indents the continuation lines of a text; `None` if it has none.
    pub(super) fn of(text: &str) -> Option<Self> {
        let starts = continuation_lines(text);
        let deepest = text.lines().map(|line| line.len() - line.trim_start_matches(' ').len());
        let width = deepest.max()? + 1;
        let mut new = String::with_capacity(text.len() + starts.len() * width);
        let mut inserted = Vec::with_capacity(starts.len());
        let mut from = 0;
        let mut chars = 0;
        for &start in &starts {
            let before = text.get(from..start)?;
            new.push_str(before);
            chars += before.chars().count();
            inserted.push(chars);
            new.extend(std::iter::repeat_n(' ', width));
            chars += width;
            from = start;
        }
        new.push_str(text.get(from..)?);
        (!starts.is_empty()).then_some(Self { text: new, width, inserted })
    }

    /// The character of the original text that a character of the new one is.
    pub(super) fn original(&self, chars: usize) -> usize {
        let before = self.inserted.partition_point(|&at| at < chars);
        let within = before.checked_sub(1).and_then(|last| self.inserted.get(last));
        let surplus = within.map_or(0, |&at| (at + self.width).saturating_sub(chars));
        chars + surplus - before * self.width
    }
}

/// The offsets of the lines that begin within brackets or quotes.
fn continuation_lines(text: &str) -> Vec<usize> {
    let mut scan = Scan { text, at: 0, starts: Vec::new() };
    while scan.at < text.len() {
        scan.line();
    }
    scan.starts
}

struct Scan<'a> {
    text: &'a str,
    at: usize,
    starts: Vec<usize>,
}

impl Scan<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn skip_spaces(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start_matches([' ', '\t']).len();
    }

    fn column(&self) -> usize {
        let before = self.text.get(..self.at).unwrap_or_default();
        self.at - before.rfind('\n').map_or(0, |at| at + 1)
    }

    fn skip_line(&mut self) {
        self.at += self.rest().find('\n').map_or(self.rest().len(), |at| at + 1);
    }

    /// One line of block context, with the lines that its value goes on over.
    fn line(&mut self) {
        self.skip_spaces();
        let mut parent = self.column();
        while self.rest().starts_with("- ") {
            parent = self.column();
            self.at += 1;
            self.skip_spaces();
        }
        self.node(parent);
        self.skip_line();
    }

    /// A key or a value; `parent` is the indentation of the block that it belongs to.
    fn node(&mut self, parent: usize) {
        while self.rest().starts_with(['&', '!']) {
            self.at += self.rest().find([' ', '\n']).unwrap_or(self.rest().len());
            self.skip_spaces();
        }
        let column = self.column();
        match self.rest().bytes().next() {
            Some(b'[' | b'{') => self.flow(),
            Some(b'"' | b'\'') => self.quoted(),
            Some(b'|' | b'>') => return self.block_scalar(parent),
            _ => {
                let line = self.rest().lines().next().unwrap_or_default();
                let line = line.split(" #").next().unwrap_or_default();
                let key = line.find(": ").or_else(|| line.strip_suffix(':').map(str::len));
                match key {
                    Some(end) => self.at += end,
                    None => return,
                }
            }
        }
        self.skip_spaces();
        if self.rest().starts_with(':') {
            self.at += 1;
            self.skip_spaces();
            self.node(column);
        }
    }

    /// The lines of a block scalar are left alone.
    fn block_scalar(&mut self, parent: usize) {
        loop {
            self.skip_line();
            let line = self.rest().lines().next().unwrap_or_default();
            let content = line.trim_start_matches(' ');
            let deeper = line.len() - content.len() > parent;
            if self.rest().is_empty() || !(content.is_empty() || deeper) {
                // The caller skips to the end of a line: let it be the one before this.
                if self.text.get(..self.at).is_some_and(|before| before.ends_with('\n')) {
                    self.at -= 1;
                }
                return;
            }
        }
    }

    fn flow(&mut self) {
        let mut depth = 0_usize;
        let mut token_may_begin = true;
        while let Some(byte) = self.rest().bytes().next() {
            match byte {
                b'"' | b'\'' if token_may_begin => {
                    self.quoted();
                    token_may_begin = false;
                    continue;
                }
                b'#' if token_may_begin => {
                    self.at += self.rest().find('\n').unwrap_or(self.rest().len());
                    continue;
                }
                b'[' | b'{' => depth += 1,
                b']' | b'}' => depth = depth.saturating_sub(1),
                b'\n' => self.starts.push(self.at + 1),
                _ => {}
            }
            self.at += self.rest().chars().next().map_or(1, char::len_utf8);
            if depth == 0 {
                return;
            }
            token_may_begin = b" \t\r\n[{,:".contains(&byte);
        }
    }

    /// A scalar in quotes, which the rest begins with.
    fn quoted(&mut self) {
        let end = crate::scalar::closing_quote(self.rest()).map_or(self.rest().len(), |at| at + 1);
        let inside = self.rest().get(..end).unwrap_or_default();
        let breaks: Vec<_> = inside.match_indices('\n').map(|(at, _)| self.at + at + 1).collect();
        self.starts.extend(breaks);
        self.at += end;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_within_brackets_and_quotes_are_found_and_others_are_not() {
        let text = "a: [\n]\n- b: {c: 'x\n  y', # [\n d: 1}\ne: |\n  [\n  '\nf: it's \"x\n\"g\": \"h\ni\"\nj: k\n";
        let lines: Vec<_> = continuation_lines(text)
            .into_iter()
            .map(|start| text[start..].lines().next().unwrap())
            .collect();
        assert_eq!(lines, ["]", "  y', # [", " d: 1}", "i\""]);
    }

    #[test]
    fn offsets_lead_back_to_the_original() {
        let text = "é: [\n1,\n2]\n";
        let new = Reindented::of(text).unwrap();
        for (index, c) in text.chars().enumerate().filter(|(_, c)| c.is_ascii_digit()) {
            let at = new.text.chars().position(|other| other == c).unwrap();
            assert_eq!(new.original(at), index);
        }
        assert!(Reindented::of("a: b\n").is_none());
    }
}
