//! Text as Discord reads it: its Markdown (<https://docs.discord.com/developers/reference#message-formatting>).
//!
//! Data is inert by two means: a backslash before what could format, and a zero-width space, which cannot be seen, where a backslash
//! does not help: after the `<` of mentions, commands, dates and emoji, after the `@` of `@everyone`, and inside bare addresses.

use chrono::{DateTime, Utc};
use url::Url;

use crate::chat::inline::{Dialect, is_plausible, words, write};
use crate::chat::text::{Clipped, ends_www, length, one_line};
use crate::domain::message::{Inline, WhenStyle};
use crate::domain::team::Person;

/// A longer address is shown as its label only.
const URL_MOST: usize = 512;
/// A longer label is cut by showing it as text.
const ATOM_MOST: usize = 900;
/// Cannot be seen; breaks what would become live.
const BREAK: char = '\u{200b}';

/// Discord's Markdown where all of it works: descriptions, values of fields, contents.
#[derive(Debug, Clone, Copy)]
pub(super) struct Markdown;

/// Discord's Markdown where it shows neither links, mentions nor dates: titles and names of fields. Bold and the like it does read there,
/// and backslashes with it; links it leaves out on purpose (<https://github.com/discord/discord-api-docs/issues/1089>).
#[derive(Debug, Clone, Copy)]
pub(super) struct Heading;

impl Dialect for Markdown {
    const STRONG: &'static str = "**";
    const EMPHASIS: &'static str = "_";

    fn escape(&self, out: &mut String, character: char, before: Option<char>, after: &str, line_start: bool) {
        match character {
            '\\' | '*' | '_' | '~' | '`' | '|' | '[' | ']' => out.extend(['\\', character]),
            // Headings, small print, quotations and lists begin only at the start of a line.
            '#' | '-' | '>' | '+' if line_start => out.extend(['\\', character]),
            '.' if before.is_some_and(|digit| digit.is_ascii_digit()) && after.starts_with(' ') => out.extend(['\\', character]),
            '<' => out.extend(['<', BREAK]),
            '@' if pings(after) || !before.is_some_and(char::is_alphanumeric) => out.extend(['@', BREAK]),
            ':' if after.starts_with("//") => out.extend([':', BREAK]),
            '.' if ends_www(before, after) => out.extend([BREAK, '.']),
            other => out.push(other),
        }
    }

    fn code(&self, text: &str) -> Option<String> {
        let line = one_line(text);
        let mut code = String::from("`");
        for (at, character) in line.char_indices() {
            let after = &line[at + character.len_utf8()..];
            // Nothing formats within code, not even a backslash; what could ping or link is broken all the same.
            match character {
                '`' => code.push('ˋ'),
                '<' => code.extend(['<', BREAK]),
                '@' if pings(after) => code.extend(['@', BREAK]),
                ':' if after.starts_with("//") => code.extend([':', BREAK]),
                other => code.push(other),
            }
        }
        code.push('`');
        (!line.is_empty() && length(&code) <= ATOM_MOST).then_some(code)
    }

    fn link(&self, label: &str, url: &Url) -> Option<String> {
        // Masked links lead to web pages only; Discord shows others as they are written.
        if !matches!(url.scheme(), "https" | "http") {
            return None;
        }
        let label = one_line(label);
        let shown = inert(if label.is_empty() { url.host_str()? } else { &label });
        let address = encoded(url);
        let link = format!("[{shown}]({address})");
        (length(&address) <= URL_MOST && length(&link) <= ATOM_MOST).then_some(link)
    }

    fn person(&self, person: &Person) -> Option<String> {
        person.discord.as_deref().filter(|id| is_snowflake(id)).map(|id| format!("<@{id}>"))
    }

    fn when(&self, at: DateTime<Utc>, style: WhenStyle, _fallback: &str) -> Option<String> {
        // https://docs.discord.com/developers/reference#message-formatting-timestamp-styles
        let style = match style {
            WhenStyle::DateTime => 'F',
            WhenStyle::Date => 'D',
            WhenStyle::Time => 't',
            WhenStyle::Relative => 'R',
        };
        is_plausible(at).then(|| format!("<t:{}:{style}>", at.timestamp()))
    }
}

impl Dialect for Heading {
    const STRONG: &'static str = Markdown::STRONG;
    const EMPHASIS: &'static str = Markdown::EMPHASIS;

    fn escape(&self, out: &mut String, character: char, before: Option<char>, after: &str, line_start: bool) {
        Markdown.escape(out, character, before, after, line_start);
    }

    fn code(&self, text: &str) -> Option<String> {
        Markdown.code(text)
    }

    fn link(&self, _label: &str, _url: &Url) -> Option<String> {
        None
    }

    fn person(&self, _person: &Person) -> Option<String> {
        None
    }

    fn when(&self, _at: DateTime<Utc>, _style: WhenStyle, _fallback: &str) -> Option<String> {
        None
    }
}

/// One line without links, mentions and dates.
pub(super) fn heading(run: &[Inline], limit: usize) -> String {
    line(&[Inline::Text(words(run))], &Heading, limit)
}

/// A run in a dialect, as far as it fits.
pub(super) fn line<D: Dialect>(run: &[Inline], dialect: &D, limit: usize) -> String {
    let mut out = Clipped::new(limit);
    write(&mut out, run, dialect);
    out.finish()
}

/// Whether it has the form of a Discord id.
pub(super) fn is_snowflake(id: &str) -> bool {
    (1..=20).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_digit()) && id.parse::<u64>().is_ok_and(|id| id > 0)
}

/// The label of a link.
fn inert(label: &str) -> String {
    let mut shown = String::with_capacity(label.len());
    let mut before = None;
    for (at, character) in label.char_indices() {
        Markdown.escape(&mut shown, character, before, &label[at + character.len_utf8()..], false);
        before = Some(character);
    }
    shown
}

/// The address without what could end or change it.
fn encoded(url: &Url) -> String {
    let mut address = String::with_capacity(url.as_str().len());
    for character in url.as_str().chars() {
        match character {
            '(' | ')' | '<' | '>' | '\\' | '[' | ']' | '|' | '*' | '`' => address.push_str(&format!("%{:02X}", u32::from(character))),
            other => address.push(other),
        }
    }
    address
}

fn pings(after: &str) -> bool {
    ["everyone", "here"].iter().any(|name| after.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(run: &[Inline]) -> String {
        line(run, &Markdown, 4_000).replace(BREAK, "·")
    }

    fn text(data: &str) -> String {
        shown(&[Inline::Text(data.to_owned())])
    }

    #[test]
    fn nothing_in_data_is_live() {
        assert_eq!(text("@everyone a@here <@811> <@&8> </x:8> <t:1:R>"), "@·everyone a@·here <·@·811> <·@·&8> <·/x:8> <·t:1:R>");
        assert_eq!(text("https://evil.example HTTPS://e www.e.example"), "https:·//evil.example HTTPS:·//e www·.e.example");
        assert_eq!(text("[x](https://e)"), "\\[x\\](https:·//e)");
        assert_eq!(text("\\@everyone \\[x]"), "\\\\@·everyone \\\\\\[x\\]");
    }

    #[test]
    fn marks_are_shown_and_addresses_stay_whole() {
        assert_eq!(text("*b* __u__ ||s|| `c`"), "\\*b\\* \\_\\_u\\_\\_ \\|\\|s\\|\\| \\`c\\`");
        assert_eq!(text("# t\n > q\n- l\n1. o\na # b - c > d"), "\\# t\n \\> q\n\\- l\n1\\. o\na # b - c > d");
        assert_eq!(text("lead1@prospect.example +1 (555) 0100"), "lead1@prospect.example +1 (555) 0100");
    }

    #[test]
    fn links_cannot_be_left() {
        let link = |label: &str, url: &str| shown(&[Inline::Link { label: label.to_owned(), url: Url::parse(url).expect("a URL") }]);
        assert_eq!(
            link("a](https://e) @everyone", "https://app.iclosed.io/x)(y"),
            "[a\\](https:·//e) @·everyone](https://app.iclosed.io/x%29%28y)"
        );
        assert_eq!(link("jane@x.example", "mailto:jane@x.example"), "jane@x.example");
        assert_eq!(link("open", &format!("https://app.iclosed.io/{}", "a".repeat(5_000))), "open");
    }

    #[test]
    fn people_and_dates_are_discords_own() {
        let alex = Person { name: "Alex".to_owned(), slack: None, discord: Some("998877665544332211".to_owned()) };
        let forged = Person { name: "<@1>".to_owned(), slack: None, discord: Some("1> @everyone".to_owned()) };
        assert_eq!(shown(&[Inline::Person(alex), Inline::Person(forged)]), "<@998877665544332211><·@·1>");
        let at = DateTime::from_timestamp(1_795_705_200, 0).expect("a time");
        let run = [Inline::When { at, style: WhenStyle::Relative, fallback: "x".to_owned() }];
        assert_eq!(shown(&run), "<t:1795705200:R>");
    }
}
