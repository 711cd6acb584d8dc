//! Text as Slack reads it: mrkdwn (<https://docs.slack.dev/messaging/formatting-message-text>).
//!
//! Data is inert whatever parser reads it, and Slack has several: the server's, and those of its clients and of notifications. None of
//! them knows an escape for formatting marks, and nothing promises that an invisible character beside a mark keeps them all from reading
//! it. So:
//!
//! - `&`, `<` and `>` are written as entities: no control sequence can begin.
//! - A mark that stands at the edge of a word, where it could open or close something, is shown as a look-alike that means nothing, and so
//!   is a `>` that begins a line. Marks within a word, as in `jane_doe@example.com`, open nothing and stay as they are, so that what people
//!   copy is right. Numbers and dashes at the start of a line stay, too: mrkdwn has no lists.
//! - Bare addresses are broken by a word joiner, which cannot be seen. Text objects are `verbatim`, so that Slack looks for no names and
//!   addresses in them, but a message's own `text` and plain text objects cannot be. Codes of emoji are broken the same way; there it is
//!   enough, since they do no harm.

use chrono::{DateTime, Utc};
use url::Url;

use crate::chat::inline::{Dialect, is_plausible};
use crate::chat::text::{ends_www, length, one_line};
use crate::domain::message::WhenStyle;
use crate::domain::team::Person;

/// A longer address is shown as its label only, so that one link cannot eat a whole block.
const URL_MOST: usize = 1_000;
/// A longer label is cut by showing it as text.
const ATOM_MOST: usize = 1_500;
/// Invisible and no blank: breaks addresses and codes of emoji.
const JOINER: char = '\u{2060}';

/// Whom a message mentions. Slack pings everyone whom a new message mentions, and nobody by an edit.
#[derive(Debug, Clone, Copy)]
pub(super) enum Mentions<'a> {
    /// Everyone: edits and private messages.
    Everyone,
    /// Only that user id, if any: new messages.
    Only(Option<&'a str>),
}

/// Slack's mrkdwn.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mrkdwn<'a> {
    /// Who is mentioned; others are named.
    pub(super) mentions: Mentions<'a>,
}

impl Dialect for Mrkdwn<'_> {
    const STRONG: &'static str = "*";
    const EMPHASIS: &'static str = "_";

    fn escape(&self, out: &mut String, character: char, before: Option<char>, after: &str, line_start: bool) {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            // An entity would begin a quotation as well.
            '>' if line_start => out.push('›'),
            '>' => out.push_str("&gt;"),
            '*' | '_' | '~' | '`' if !(is_word(before) && is_word(after.chars().next())) => out.push(look_alike(character)),
            ':' if after.starts_with("//") || begins_emoji(after) => out.extend([':', JOINER]),
            '.' if ends_www(before, after) => out.extend([JOINER, '.']),
            other => out.push(other),
        }
    }

    fn code(&self, text: &str) -> Option<String> {
        let inner = dead(&one_line(text).replace('`', "ˋ"));
        let code = format!("`{}`", entities(&inner));
        (!inner.is_empty() && length(&code) <= ATOM_MOST).then_some(code)
    }

    fn link(&self, label: &str, url: &Url) -> Option<String> {
        let address = entities(&url.as_str().replace('|', "%7C").replace('<', "%3C").replace('>', "%3E"));
        let label = one_line(label);
        let shown: String = if label.is_empty() { address.clone() } else { inert(&label) };
        let link = format!("<{address}|{shown}>");
        (length(&address) <= URL_MOST && length(&link) <= ATOM_MOST).then_some(link)
    }

    fn person(&self, person: &Person) -> Option<String> {
        let id = person.slack.as_deref().filter(|id| is_user_id(id))?;
        match self.mentions {
            Mentions::Everyone => Some(format!("<@{id}>")),
            Mentions::Only(pinged) => (pinged == Some(id)).then(|| format!("<@{id}>")),
        }
    }

    fn when(&self, at: DateTime<Utc>, style: WhenStyle, fallback: &str) -> Option<String> {
        // https://docs.slack.dev/messaging/formatting-message-text#date-formatting
        let tokens = match style {
            WhenStyle::DateTime => "{date_long_pretty}, {time}",
            WhenStyle::Date => "{date_long_pretty}",
            WhenStyle::Time => "{time}",
            // `{ago}` is described for the past only, and nearly all our times lie ahead.
            WhenStyle::Relative => return None,
        };
        let fallback = entities(&dead(&one_line(fallback)).replace('|', "/"));
        let date = format!("<!date^{}^{tokens}|{fallback}>", at.timestamp());
        (is_plausible(at) && !fallback.is_empty() && length(&date) <= ATOM_MOST).then_some(date)
    }
}

/// Whether it has the form of a Slack user id.
pub(super) fn is_user_id(id: &str) -> bool {
    (2..=32).contains(&id.len()) && id.starts_with(['U', 'W']) && id.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

/// The text with its addresses broken, for places where Slack reads no formatting.
pub(super) fn dead(text: &str) -> String {
    let mut dead = String::with_capacity(text.len());
    let mut before = None;
    for (at, character) in text.char_indices() {
        let after = &text[at + character.len_utf8()..];
        match character {
            ':' if after.starts_with("//") => dead.extend([':', JOINER]),
            '.' if ends_www(before, after) => dead.extend([JOINER, '.']),
            other => dead.push(other),
        }
        before = Some(character);
    }
    dead
}

fn entities(text: &str) -> String {
    let mut entities = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => entities.push_str("&amp;"),
            '<' => entities.push_str("&lt;"),
            '>' => entities.push_str("&gt;"),
            other => entities.push(other),
        }
    }
    entities
}

/// The label of a link: inert, and without the bar that would end the address.
fn inert(label: &str) -> String {
    let dialect = Mrkdwn { mentions: Mentions::Only(None) };
    let mut shown = String::with_capacity(label.len());
    let mut before = None;
    for (at, character) in label.char_indices() {
        let written = if character == '|' { '¦' } else { character };
        dialect.escape(&mut shown, written, before, &label[at + character.len_utf8()..], false);
        before = Some(character);
    }
    shown
}

/// What looks like a mark and is none.
fn look_alike(mark: char) -> char {
    match mark {
        '*' => '∗',
        '_' => 'ˍ',
        '~' => '∼',
        '`' => 'ˋ',
        other => other,
    }
}

fn is_word(neighbour: Option<char>) -> bool {
    neighbour.is_some_and(char::is_alphanumeric)
}

/// Whether what follows a colon makes it the code of an emoji, such as `smile:`.
fn begins_emoji(after: &str) -> bool {
    let name = after.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | '+' | '\'')));
    name.is_some_and(|end| end > 0 && after[end..].starts_with(':'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::chat::inline::write;
    use crate::chat::text::Clipped;
    use crate::domain::message::Inline;

    const EDIT: Mrkdwn<'_> = Mrkdwn { mentions: Mentions::Everyone };

    fn shown(run: &[Inline], dialect: Mrkdwn<'_>) -> String {
        let mut out = Clipped::new(3_000);
        write(&mut out, run, &dialect);
        out.finish()
    }

    fn text(data: &str) -> String {
        shown(&[Inline::Text(data.to_owned())], EDIT)
    }

    #[test]
    fn control_sequences_cannot_begin() {
        assert_eq!(text("<!channel> & <@U01>"), "&lt;!channel&gt; &amp; &lt;@U01&gt;");
        assert_eq!(text("&lt;!here&gt;"), "&amp;lt;!here&amp;gt;");
    }

    #[test]
    fn marks_are_shown_and_words_stay_whole() {
        assert_eq!(text("jane_doe@example.com 2*3"), "jane_doe@example.com 2*3");
        assert_eq!(text("*b* _i_ ~s~ `c` __u__ 2 * 3"), "∗b∗ ˍiˍ ∼s∼ ˋcˋ ˍˍuˍˍ 2 ∗ 3");
        assert_eq!(text("> q\n > r\n>>> s\na > b"), "› q\n › r\n›&gt;&gt; s\na &gt; b");
        assert_eq!(text("1. one\n- two"), "1. one\n- two");
        assert_eq!(text(":smile: 10:42").replace(JOINER, "|"), ":|smile: 10:42");
    }

    proptest! {
        #[test]
        fn marks_of_data_stand_within_words(data in "([*_~`>&: a1é\n]|\\PC){0,40}") {
            let text = text(&data);
            let mut before = '\n';
            let mut letters = text.chars().peekable();
            while let Some(letter) = letters.next() {
                let within = before.is_alphanumeric() && letters.peek().copied().is_some_and(char::is_alphanumeric);
                prop_assert!(!matches!(letter, '*' | '_' | '~' | '`') || within, "{text}");
                before = letter;
            }
        }
    }

    #[test]
    fn addresses_are_dead_and_shown() {
        let seen = |data| text(data).replace(JOINER, "|");
        assert_eq!(seen("HTTPS://e.example ftp://f www.g.example WWW.h"), "HTTPS:|//e.example ftp:|//f www|.g.example WWW|.h");
        assert_eq!(seen("10:42 // www. e.g. lead@prospect.example"), "10:42 // www. e.g. lead@prospect.example");
        assert_eq!(dead("*a* https://e www.f").replace(JOINER, "|"), "*a* https:|//e www|.f");
        let code = [Inline::Code("`https://e`".to_owned())];
        assert_eq!(shown(&code, EDIT).replace(JOINER, "|"), "`ˋhttps:|//eˋ`");
    }

    #[test]
    fn links_cannot_be_left() {
        let url = Url::parse("https://app.iclosed.io/a?x=1&y=<b>|c#>").expect("a URL");
        let link = shown(&[Inline::Link { label: "a|b>\n*c*".to_owned(), url }], EDIT);
        assert_eq!(link, "<https://app.iclosed.io/a?x=1&amp;y=%3Cb%3E%7Cc#%3E|a¦b&gt; ∗c∗>");
        let long = Url::parse(&format!("https://app.iclosed.io/{}", "a".repeat(5_000))).expect("a URL");
        assert_eq!(shown(&[Inline::Link { label: "open".to_owned(), url: long }], EDIT), "open");
    }

    #[test]
    fn a_new_message_names_and_an_edit_mentions() {
        let alex = Person { name: "Alex".to_owned(), slack: Some("U01ALEX".to_owned()), discord: None };
        let forged = Person { name: "<x>".to_owned(), slack: Some("U1> <!channel".to_owned()), discord: None };
        let run = [Inline::Person(alex), Inline::Person(forged)];
        assert_eq!(shown(&run, EDIT), "<@U01ALEX>&lt;x&gt;");
        assert_eq!(shown(&run, Mrkdwn { mentions: Mentions::Only(None) }), "Alex&lt;x&gt;");
        assert_eq!(shown(&run, Mrkdwn { mentions: Mentions::Only(Some("U01ALEX")) }), "<@U01ALEX>&lt;x&gt;");
    }

    #[test]
    fn dates_are_the_readers_own() {
        let at = DateTime::from_timestamp(1_795_705_200, 0).expect("a time");
        let when = |style| shown(&[Inline::When { at, style, fallback: "Thu 26 Nov | <10:00>".to_owned() }], EDIT);
        assert_eq!(when(WhenStyle::Time), "<!date^1795705200^{time}|Thu 26 Nov / &lt;10:00&gt;>");
        assert_eq!(when(WhenStyle::Relative), "Thu 26 Nov | &lt;10:00&gt;");
        let run = [Inline::When { at: DateTime::<Utc>::MAX_UTC, style: WhenStyle::Date, fallback: "some day".to_owned() }];
        assert_eq!(shown(&run, EDIT), "some day");
    }

    #[test]
    fn bold_is_closed_however_little_fits() {
        let mut out = Clipped::new(12);
        let inner = vec![Inline::Text("&&&&&&".to_owned())];
        write(&mut out, &[Inline::Strong(vec![Inline::Emphasis(inner)])], &EDIT);
        assert_eq!(out.finish(), "*_&amp;…_*");
    }
}
