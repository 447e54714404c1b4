//! Making text from inspected files safe for a terminal and for a line of a log.

use std::borrow::Cow;

/// The text with every character that a terminal would act on replaced by a visible one: line
/// breaks and other control characters by their pictures (`␊`, `␛`), C1 controls, bidirectional
/// overrides and invisible marks by `�`. The result is one line of as many characters.
pub fn clean(text: &str) -> Cow<'_, str> {
    if text.chars().all(|c| visible(c) == c) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.chars().map(visible).collect())
    }
}

/// The character itself if a terminal merely shows it, else one that stands for it.
pub(crate) fn visible(c: char) -> char {
    match c {
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{fffd}'),
        '\u{7f}' => '\u{2421}',
        // C1 controls: `U+009B` begins an escape sequence all by itself.
        '\u{80}'..='\u{9f}'
        // Marks and overrides of direction, which let a text read as another one.
        | '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        // Line and paragraph separators, byte order marks in either order, language tags.
        | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' | '\u{e0000}'..='\u{e007f}' => '\u{fffd}',
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_act_on_becomes_visible() {
        for (text, expected) in [
            ("plain `text`, zoë, 名前, 👩‍💻", "plain `text`, zoë, 名前, 👩‍💻"),
            ("\u{1b}[2J\u{1b}]0;title\u{7}", "␛[2J␛]0;title␇"),
            ("a\nb\r\tc", "a␊b␍␉c"),
            ("\u{9b}31m\u{7f}", "�31m␡"),
            ("user\u{202e}nimda", "user�nimda"),
            ("\u{feff}kind", "�kind"),
        ] {
            assert_eq!(clean(text), expected);
            assert_eq!(clean(text).chars().count(), text.chars().count());
        }
    }
}
