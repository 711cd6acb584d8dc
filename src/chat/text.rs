//! Plain text on its way into a message: cleaned of what no reader should meet, counted, and cut without breaking anything.
//!
//! Knows no platform's markup; that is each platform's `text` module.

use std::borrow::Cow;
use std::mem;

use unicode_segmentation::UnicodeSegmentation;

/// What stands where something was cut.
pub(super) const CUT: &str = "…";
/// Bytes that most texts take.
const USUAL_LENGTH: usize = 128;
/// Code points of one visible character that are kept. The longest emoji have about ten; only a pile of combining marks has more.
const GRAPHEME_MOST: usize = 24;

/// The length that counts against a limit, in UTF-16 units: never less than what either platform counts.
pub(super) fn length(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.encode_utf16().count() }
}

/// The text without what hides, reorders or breaks other text: control characters, direction overrides, invisible characters that
/// could split what a later reader joins. Line ends become `\n`, at most one blank line in a row stays.
pub(super) fn clean(text: &str) -> Cow<'_, str> {
    // Most texts have nothing to be cleaned of, and are not read letter by letter.
    if text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()) {
        return Cow::Borrowed(text);
    }
    let mut cleaned = String::with_capacity(text.len());
    let mut lines = 0;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\r' if characters.peek() == Some(&'\n') => {}
            '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => {
                lines += 1;
                if lines <= 2 {
                    cleaned.push('\n');
                }
            }
            '\t' => cleaned.push(' '),
            hidden if hidden.is_control() || is_hidden(hidden) => {}
            shown => {
                if !shown.is_whitespace() {
                    lines = 0;
                }
                cleaned.push(shown);
            }
        }
    }
    Cow::Owned(cleaned)
}

/// Whether anything of a text would be seen.
pub(super) fn is_seen(text: &str) -> bool {
    text.chars().any(|character| !(character.is_whitespace() || character.is_control() || is_hidden(character)))
}

/// The same on one line.
pub(super) fn one_line(text: &str) -> Cow<'_, str> {
    // Most texts are.
    if is_one_line(text) { Cow::Borrowed(text) } else { Cow::Owned(in_one_line(text)) }
}

/// The same of a text that is not needed otherwise.
pub(super) fn into_one_line(text: String) -> String {
    if is_one_line(&text) { text } else { in_one_line(&text) }
}

/// Is it words of ASCII, a blank between each two?
fn is_one_line(text: &str) -> bool {
    let is_in_order = |byte: u8, before: u8| byte.is_ascii_graphic() || (byte == b' ' && before != b' ');
    let mut before = b' ';
    text.bytes().all(|byte| is_in_order(byte, mem::replace(&mut before, byte))) && !text.ends_with(' ')
}

fn in_one_line(text: &str) -> String {
    clean(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The visible characters, each of a bearable number of code points and with what follows it. Most are one letter of ASCII before
/// another, which needs no table to be known.
pub(super) fn graphemes(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut left = text;
    std::iter::from_fn(move || {
        let whole = match left.as_bytes() {
            [] => return None,
            [b'\r', b'\n', ..] => 2,
            [first] if first.is_ascii() => 1,
            [first, second, ..] if first.is_ascii() && second.is_ascii() => 1,
            _ => left.graphemes(true).next().map_or(left.len(), str::len),
        };
        let (grapheme, rest) = left.split_at(whole);
        left = rest;
        let bearable = grapheme.char_indices().nth(GRAPHEME_MOST).map_or(grapheme, |(end, _)| &grapheme[..end]);
        Some((bearable, rest))
    })
}

/// How many bytes a text begins with that are letters and digits of ASCII and blanks, each a visible character by itself. They mean
/// nothing to any platform.
pub(super) fn harmless(text: &str) -> usize {
    let end = text.bytes().position(|byte| !(byte == b' ' || byte.is_ascii_alphanumeric())).unwrap_or(text.len());
    // What follows may belong to the letter before it.
    if text.as_bytes().get(end).is_some_and(|next| !next.is_ascii()) { end.saturating_sub(1) } else { end }
}

/// The first `limit` units of a text, ending with "…" where more was cut off.
pub(super) fn cut(text: &str, limit: usize) -> String {
    // ASCII that fits with room for "…" stays as it is. Other text is read letter by letter, since marks can be piled up on one of them.
    if text.is_ascii() && text.len() + length(CUT) <= limit {
        return text.to_owned();
    }
    let mut clipped = Clipped::new(limit);
    for (grapheme, _) in graphemes(text) {
        clipped.push(grapheme);
    }
    clipped.finish()
}

/// The share of each of several parts, such that together they take at most `total`: who asks for little gets it, the long ones are cut
/// to one common length.
pub(super) fn fair_share(wants: &[usize], total: usize) -> usize {
    let mut sorted = wants.to_vec();
    sorted.sort_unstable();
    let mut left = total;
    for (at, want) in sorted.iter().enumerate() {
        let share = left / (sorted.len() - at);
        if *want > share {
            return share;
        }
        left -= want;
    }
    usize::MAX
}

/// Whether the dot between `before` and `after` is that of `www.`, by which an address is known that has no scheme.
pub(super) fn ends_www(before: Option<char>, after: &str) -> bool {
    before.is_some_and(|letter| letter.eq_ignore_ascii_case(&'w')) && after.starts_with(|c: char| c.is_alphanumeric())
}

/// Direction overrides and isolates, zero-width characters but the joiners that emoji and some scripts need, soft hyphens, fillers.
fn is_hidden(character: char) -> bool {
    matches!(
        character,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
    )
}

/// Text of a limited length that grows by parts. A part that does not fit is left out with everything after it, and "…" takes its
/// place; what was opened can always still be closed.
#[derive(Debug)]
pub(super) struct Clipped {
    text: String,
    used: usize,
    limit: usize,
    /// What must still be written to close what is open.
    owed: usize,
    full: bool,
    prefix: &'static str,
    line_start: bool,
}

impl Clipped {
    /// Text of at most `limit` units, which must leave room for "…".
    pub(super) fn new(limit: usize) -> Self {
        Self { text: String::with_capacity(limit.min(USUAL_LENGTH)), used: 0, limit, owed: 0, full: false, prefix: "", line_start: true }
    }

    /// The same with `prefix` before each line.
    pub(super) fn with_prefix(limit: usize, prefix: &'static str) -> Self {
        Self { prefix, ..Self::new(limit) }
    }

    /// Adds a part that is never split.
    pub(super) fn push(&mut self, part: &str) {
        if self.full || part.is_empty() {
            return;
        }
        let prefix = if self.line_start { self.prefix } else { "" };
        let more = length(prefix) + length(part);
        // A part that fits exactly may be the last one, but that is not known yet: room for "…" is always kept.
        if self.used + more + self.owed + length(CUT) > self.limit {
            self.full = true;
            self.text.push_str(CUT);
            self.used += length(CUT);
            return;
        }
        self.text.push_str(prefix);
        self.text.push_str(part);
        self.used += more;
        self.line_start = false;
    }

    /// Adds a part that could be split, if all of it fits, whatever may follow.
    pub(super) fn push_whole(&mut self, part: &str) -> bool {
        let prefix = if self.line_start { self.prefix } else { "" };
        let fits = !self.full && self.used + length(prefix) + length(part) + self.owed + length(CUT) <= self.limit;
        if fits {
            self.push(part);
        }
        fits
    }

    /// Adds the mark of a list's point; what follows it still counts as the start of the line.
    pub(super) fn bullet(&mut self, mark: &str) {
        self.push(mark);
        self.line_start = !self.full;
    }

    /// Starts a new line.
    pub(super) fn line(&mut self) {
        if self.full || self.used + self.owed + length(CUT) >= self.limit {
            return;
        }
        self.text.push('\n');
        self.used += 1;
        self.line_start = true;
    }

    /// Opens what [`close`](Self::close) must close with `mark`; `false` where there is no room for it.
    pub(super) fn open(&mut self, mark: &str) -> bool {
        if self.full || self.used + self.owed + length(self.prefix) + 2 * length(mark) + length(CUT) > self.limit {
            return false;
        }
        self.owed += length(mark);
        self.push(mark);
        true
    }

    /// Closes what was opened with `mark`.
    pub(super) fn close(&mut self, mark: &str) {
        self.text.push_str(mark);
        self.used += length(mark);
        self.owed -= length(mark);
    }

    /// Nothing more will be taken.
    pub(super) fn is_full(&self) -> bool {
        self.full
    }

    /// Whether the next part is the first of its line.
    pub(super) fn at_line_start(&self) -> bool {
        self.line_start
    }

    /// The text.
    pub(super) fn finish(self) -> String {
        self.text
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn hidden_and_reordering_characters_go() {
        assert_eq!(clean("a\u{202e}b\u{0}c\u{200b}d\u{2066}e\u{feff}f\u{1b}[2J"), "abcdef[2J");
        assert_eq!(clean("x\r\ny\u{2028}z\n\n\n\n \n\nend"), "x\ny\nz\n\n end");
        assert_eq!(one_line("  a \n b\u{a0}\tc "), "a b c");
        assert_eq!(clean("👨\u{200d}👩"), "👨\u{200d}👩", "joiners of emoji stay");
    }

    #[test]
    fn cutting_keeps_visible_characters_whole() {
        assert_eq!(cut("abcdef", 4), "abc…");
        assert_eq!(cut("abc", 4), "abc");
        assert_eq!(cut("👨\u{200d}👩\u{200d}👧👨\u{200d}👩\u{200d}👧", 12), "👨\u{200d}👩\u{200d}👧…");
        let zalgo = format!("e{}", "\u{301}".repeat(5_000));
        assert!(length(&cut(&zalgo, 100)) <= GRAPHEME_MOST);
    }

    #[test]
    fn the_long_are_cut_and_the_short_are_not() {
        assert_eq!(fair_share(&[10, 20, 30], 100), usize::MAX);
        assert_eq!(fair_share(&[10, 500, 20], 100), 70);
        assert_eq!(fair_share(&[10, 500, 600], 110), 50);
        assert_eq!(fair_share(&[], 0), usize::MAX);
    }

    proptest! {
        #[test]
        fn clipped_text_keeps_its_limit(parts in prop::collection::vec("\\PC{0,12}", 0..40), limit in 8_usize..80, mark in "[*_]{1,2}") {
            let mut clipped = Clipped::with_prefix(limit, "> ");
            let opened = clipped.open(&mark);
            for (at, part) in parts.iter().enumerate() {
                clipped.push(part);
                if at % 5 == 4 {
                    clipped.line();
                }
            }
            if opened {
                clipped.close(&mark);
            }
            let cut_off = clipped.is_full();
            let text = clipped.finish();
            prop_assert!(length(&text) <= limit);
            prop_assert!(!cut_off || text.trim_end_matches(['*', '_']).ends_with(CUT));
        }

        #[test]
        fn visible_characters_are_those_of_the_standard(text in "[a\\r\\n \u{301}\u{200d}👩é\u{600}\u{1f1e6}]{0,12}|\\PC{0,12}") {
            let found: Vec<&str> = graphemes(&text).map(|(grapheme, _)| grapheme).collect();
            prop_assert_eq!(found, text.graphemes(true).collect::<Vec<_>>());
        }

        #[test]
        fn shares_never_exceed_the_total(wants in prop::collection::vec(0_usize..5_000, 0..30), total in 0_usize..20_000) {
            let share = fair_share(&wants, total);
            prop_assert!(wants.iter().map(|want| want.min(&share)).sum::<usize>() <= total);
        }
    }
}
