//! Makes a text from outside fit to be shown: no control or invisible characters, no floods of marks, blanks collapsed, length capped.
//!
//! It does not escape: that is `engine`'s, and each platform's own. It must keep what people write in any language.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;

/// What stands where a text was cut.
const ELLIPSIS: char = '…';
/// Stacked accents in a row that real writing needs at most (Vietnamese, vocalised Hebrew and Arabic stay below).
const MOST_MARKS: usize = 4;
/// Characters in one visible character; the longest family emoji with skin tones has eleven.
const LONGEST_CLUSTER: usize = 16;

/// A text in one line: every run of blanks and line breaks becomes one blank. `None` when nothing visible is left.
pub(super) fn line(written: &str, most: usize) -> Option<String> {
    lines(written, most, 0)
}

/// A text that keeps up to `breaks` of its line breaks; blank lines go. `None` when nothing visible is left.
///
/// It reads no further than it shows, so that a flood costs no more than a sentence.
pub(super) fn lines(written: &str, most: usize, mut breaks: usize) -> Option<String> {
    if written.len() <= most && is_clean(written) {
        return Some(written.to_owned());
    }
    let (mut out, mut count) = (String::new(), 0);
    let mut gap = "";
    for cluster in clusters(written) {
        let seen = visible(cluster);
        let shown = seen.trim();
        gap = match (seen.contains('\n'), seen.len() > shown.len()) {
            (true, _) => "\n",
            (false, true) if gap.is_empty() => " ",
            (false, _) => gap,
        };
        if shown.is_empty() {
            continue;
        }
        let between = match gap {
            "\n" if breaks == 0 => " ",
            gap => gap,
        };
        if !out.is_empty() {
            out.push_str(between);
            breaks -= usize::from(between == "\n");
        }
        out.push_str(shown);
        count += 1;
        gap = "";
        if count > most {
            break;
        }
    }
    (!out.is_empty()).then(|| cut(&out, most))
}

/// Words of ASCII, a blank between each two: most texts are that, and need not be read one visible character at a time.
fn is_clean(written: &str) -> bool {
    let all_shown = written.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
    all_shown && written.split(' ').all(|word| !word.is_empty())
}

/// The first `most` visible characters, with an ellipsis when there were more. Emoji count for more, as they do on the platforms.
pub(super) fn cut(text: &str, most: usize) -> String {
    cut_to(text, most, most.saturating_mul(2))
}

/// As much of the text as has at most `units` UTF-16 units, with an ellipsis when there was more. Platforms count so.
pub(super) fn fit(text: &str, units: usize) -> String {
    cut_to(text, usize::MAX, units)
}

fn cut_to(text: &str, most: usize, units: usize) -> String {
    let mut end = 0;
    let mut used = 0;
    for (count, cluster) in clusters(text).enumerate() {
        used += cluster.encode_utf16().count();
        if count >= most || used > units {
            return format!("{}{ELLIPSIS}", before_last(text, end).trim_end());
        }
        end += cluster.len();
    }
    text.to_owned()
}

/// `text[..end]` without its last visible character, to make room for the ellipsis.
fn before_last(text: &str, end: usize) -> &str {
    let kept = &text[..end];
    kept.grapheme_indices(true).next_back().map_or(kept, |(at, _)| &kept[..at])
}

/// The visible characters of a text. Most are one letter of ASCII before another, which needs no table to be known.
fn clusters(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let length = match rest.as_bytes() {
            [] => return None,
            [b'\r', b'\n', ..] => 2,
            [first] if first.is_ascii() => 1,
            [first, second, ..] if first.is_ascii() && second.is_ascii() => 1,
            _ => rest.graphemes(true).next().map_or(rest.len(), str::len),
        };
        let (cluster, more) = rest.split_at(length);
        rest = more;
        Some(cluster)
    })
}

/// What can be seen of one visible character. Line breaks of every kind become `\n`, other blanks a space.
fn visible(cluster: &str) -> Cow<'_, str> {
    if let [letter] = cluster.as_bytes()
        && (letter.is_ascii_graphic() || *letter == b' ')
    {
        return Cow::Borrowed(cluster);
    }
    let mut out = String::with_capacity(cluster.len().min(LONGEST_CLUSTER));
    let mut marks = 0;
    let mut chars = cluster.chars().take(LONGEST_CLUSTER).peekable();
    let mut previous = None;
    while let Some(c) = chars.next() {
        marks = if is_mark(c) { marks + 1 } else { 0 };
        let kept = match c {
            '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => Some('\n'),
            _ if is_blank(c) => Some(' '),
            _ if is_joiner(c) => (joins(previous) && joins(chars.peek().copied().or(Some(c)))).then_some(c),
            _ if is_selector(c) => previous.filter(|before: &char| !before.is_whitespace()).map(|_| c),
            _ if is_tag(c) => cluster.starts_with('\u{1f3f4}').then_some(c),
            _ if is_invisible(c) || c.is_control() || marks > MOST_MARKS => None,
            _ => Some(c),
        };
        out.extend(kept);
        previous = kept.or(previous);
    }
    Cow::Owned(out)
}

/// Letters that look like a blank count as one: a name made of them is no name.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{115f}' | '\u{1160}' | '\u{2800}' | '\u{3164}' | '\u{ffa0}')
}

/// They hold emoji and some scripts together, and mean nothing between ASCII characters.
fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}')
}

fn joins(neighbour: Option<char>) -> bool {
    neighbour.is_some_and(|c| !c.is_ascii() && !is_blank(c))
}

fn is_selector(c: char) -> bool {
    matches!(c, '\u{fe00}'..='\u{fe0f}')
}

/// Invisible letters that spell the flags of England, Scotland and Wales after a black flag.
fn is_tag(c: char) -> bool {
    matches!(c, '\u{e0020}'..='\u{e007f}')
}

/// Turned text, zero-width characters, and code points that are no characters (`parts` uses those as its own marks).
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180b}'..='\u{180f}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{fdd0}'..='\u{fdef}' | '\u{feff}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
        || u32::from(c) & 0xfffe == 0xfffe
}

fn is_mark(c: char) -> bool {
    matches!(c,
        '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{591}'..='\u{5c7}' | '\u{610}'..='\u{61a}' | '\u{64b}'..='\u{65f}' | '\u{670}'
        | '\u{6d6}'..='\u{6ed}' | '\u{e31}' | '\u{e34}'..='\u{e3a}' | '\u{e47}'..='\u{e4e}' | '\u{1ab0}'..='\u{1aff}'
        | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_shows_what_can_be_seen() {
        for (written, shown) in [
            ("  Jane \t\u{a0} Doe\r\n", Some("Jane Doe")),
            (" \t\n\u{a0}\u{3000}\u{3164}\u{200b}", None),
            ("a\0b\u{7}c\u{1b}[2J\u{7f}\u{85}d", Some("abc[2J d")),
            ("\u{202e}evil\u{202c} \u{2066}x\u{2069} שלום", Some("evil x שלום")),
            ("a\u{200b}b\u{200c}\u{200d}\u{2060}\u{feff}\u{ad}c", Some("abc")),
            ("👨\u{200d}👩\u{200d}👧 ❤\u{fe0f}", Some("👨\u{200d}👩\u{200d}👧 ❤\u{fe0f}")),
            ("👨🏽\u{200d}👩🏽\u{200d}👧🏽\u{200d}👦🏽", Some("👨🏽\u{200d}👩🏽\u{200d}👧🏽\u{200d}👦🏽")),
            ("نمی\u{200c}خواهم", Some("نمی\u{200c}خواهم")),
            (
                "\u{1f3f4}\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f} x\u{e0041}",
                Some("\u{1f3f4}\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f} x"),
            ),
            ("e\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}!", Some("e\u{301}\u{301}\u{301}\u{301}!")),
            ("\u{fdd2}p0\u{fdd3}\u{ffff}", Some("p0")),
        ] {
            assert_eq!(line(written, 80).as_deref(), shown, "{written:?}");
        }
    }

    #[test]
    fn lines_keep_some_breaks() {
        assert_eq!(lines("a\n\n\n b \r\nc\u{2028}d\ne", 80, 3).as_deref(), Some("a\nb\nc\nd e"));
        assert_eq!(lines(&"\n".repeat(5_000), 80, 3), None);
        assert_eq!(lines("one", 80, 0).as_deref(), Some("one"));
    }

    #[test]
    fn visible_characters_are_those_of_unicode() {
        for text in
            ["", "a", "ab", "a\r\nb\r\n", "e\u{301}a", "ae\u{301}", "\r", "\n\r\u{301}", "1\u{fe0f}\u{20e3}2", "👨\u{200d}👩a👧", "añb\0"]
        {
            assert_eq!(clusters(text).collect::<Vec<_>>(), text.graphemes(true).collect::<Vec<_>>(), "{text:?}");
        }
    }

    #[test]
    fn cutting_counts_what_is_seen() {
        assert_eq!(cut("abcdef", 6), "abcdef");
        assert_eq!(cut("abcdefg", 6), "abcde…");
        assert_eq!(cut("ab de fg", 6), "ab de…");
        assert_eq!(cut(&"👨\u{200d}👩\u{200d}👧".repeat(30), 20), "👨\u{200d}👩\u{200d}👧".repeat(4) + "…");
        assert_eq!(cut("", 6), "");
        assert_eq!(fit(&"a".repeat(151), 150), "a".repeat(149) + "…");
        assert_eq!(fit(&"a".repeat(150), 150), "a".repeat(150));
    }
}
