//! The words of `words.toml`: labels, states, times, sentences. Every one is a small template with values of its own.
//!
//! No sentence for people stands in Rust; what is asked for here by its key is in the file, or the file is not loaded.

use std::collections::BTreeMap;

use serde::Serialize;
use tera::Tera;
use toml::Value;

use super::context::{self, Wanted};
use super::engine;
use super::links::LinkPolicy;
use super::marks::Subjects;
use super::mistake::{Mistake, did_you_mean};
use super::said::{Simple, in_one_line};
use super::scan::{self, Allowed};
use super::tree;
use crate::domain::identity::normal_name;
use crate::domain::message::{Block, Inline};

pub(super) use super::said::Said;

/// The file's name below the folder of templates.
pub(super) const FILE: &str = "words.toml";
/// What an entry can do besides printing values.
const STATEMENTS: [&str; 4] = ["if", "elif", "else", "endif"];
/// Sections whose entries are Markdown.
const SENTENCES: [&str; 2] = ["sentence.", "booking."];
/// Slack takes 75 letters on a button; more than half of that is no label any more.
const LONGEST_LABEL: usize = 40;
/// Longest description of a slash command: <https://docs.discord.com/developers/interactions/application-commands>.
const LONGEST_DESCRIPTION: usize = 100;

/// Longest title of a form and of its buttons: <https://docs.slack.dev/reference/views/modal-views>.
const LONGEST_FORM_TITLE: usize = 24;
/// Entries of `form` that are one of those.
const FORM_BUTTONS: [&str; 3] = ["_title", "_submit", ".cancel"];
/// Longest label of a field: <https://docs.discord.com/developers/components/reference#label>.
const LONGEST_FORM_TEXT: usize = 45;

/// What an entry can print.
#[derive(Debug, Clone, Copy)]
enum Values {
    These(&'static [&'static str]),
    /// Everything that a card can.
    Card,
}

/// Every entry with its values; `KEYS` and the file hold the same keys.
const KEYS: &[(&str, Values)] = &[
    ("label.claim", Values::These(&[])),
    ("label.take_over", Values::These(&[])),
    ("label.reschedule", Values::These(&[])),
    ("label.snooze", Values::These(&[])),
    ("label.close", Values::These(&[])),
    ("label.details", Values::These(&[])),
    ("label.assign", Values::These(&[])),
    ("label.reopen", Values::These(&[])),
    ("label.add_note", Values::These(&[])),
    ("label.was_invitee", Values::These(&[])),
    ("label.was_host", Values::These(&[])),
    ("label.mark_offered", Values::These(&[])),
    ("form.snooze_title", Values::These(&[])),
    ("form.snooze_submit", Values::These(&[])),
    ("form.snooze_when", Values::These(&[])),
    ("form.snooze_half_an_hour", Values::These(&[])),
    ("form.snooze_two_hours", Values::These(&[])),
    ("form.snooze_tomorrow_morning", Values::These(&[])),
    ("form.snooze_next_monday", Values::These(&[])),
    ("form.snooze_own", Values::These(&[])),
    ("form.snooze_at", Values::These(&["zone"])),
    ("form.snooze_example", Values::These(&[])),
    ("form.close_title", Values::These(&[])),
    ("form.close_submit", Values::These(&[])),
    ("form.close_outcome", Values::These(&[])),
    ("form.close_rebooked", Values::These(&[])),
    ("form.close_lost", Values::These(&[])),
    ("form.close_dismissed", Values::These(&[])),
    ("form.close_reason", Values::These(&[])),
    ("form.close_new_time", Values::These(&[])),
    ("form.close_not_interested", Values::These(&[])),
    ("form.close_no_answer", Values::These(&[])),
    ("form.close_went_elsewhere", Values::These(&[])),
    ("form.close_no_fit", Values::These(&[])),
    ("form.close_mistake", Values::These(&[])),
    ("form.close_other", Values::These(&[])),
    ("form.close_note", Values::These(&[])),
    ("form.note_title", Values::These(&[])),
    ("form.note_submit", Values::These(&[])),
    ("form.note_text", Values::These(&[])),
    ("form.book_title", Values::These(&[])),
    ("form.book_submit", Values::These(&[])),
    ("form.book_time", Values::These(&[])),
    ("form.book_both", Values::These(&["time", "theirs"])),
    ("form.done", Values::These(&[])),
    ("form.cancel", Values::These(&[])),
    ("form.answer_title", Values::These(&[])),
    ("state.open", Values::These(&[])),
    ("state.assigned", Values::These(&["owner"])),
    ("state.snoozed", Values::These(&["time"])),
    ("state.rebooked", Values::These(&[])),
    ("state.rebooked_for", Values::These(&["time"])),
    ("state.lost", Values::These(&[])),
    ("state.dismissed", Values::These(&[])),
    ("reason.schedule_conflict", Values::These(&[])),
    ("reason.no_longer_interested", Values::These(&[])),
    ("reason.technical_issues", Values::These(&[])),
    ("reason.rescheduling_request", Values::These(&[])),
    ("reason.emergency", Values::These(&[])),
    ("reason.weather", Values::These(&[])),
    ("reason.health", Values::These(&[])),
    ("reason.other", Values::These(&[])),
    ("reason.none", Values::These(&[])),
    ("evidence.invitee_name", Values::These(&["canceller"])),
    ("evidence.invitee_email", Values::These(&["canceller"])),
    ("evidence.host_name", Values::These(&["canceller"])),
    ("evidence.host_email", Values::These(&["canceller"])),
    ("evidence.teammate", Values::These(&["canceller"])),
    ("evidence.no_name", Values::These(&["canceller"])),
    ("evidence.both", Values::These(&["canceller"])),
    ("evidence.nobody", Values::These(&["canceller"])),
    ("evidence.told", Values::These(&["canceller"])),
    ("evidence.listed", Values::These(&["canceller"])),
    ("notice.days", Values::These(&["n"])),
    ("notice.hours", Values::These(&["n"])),
    ("notice.late_hours", Values::These(&["n"])),
    ("notice.late_minutes", Values::These(&["n"])),
    ("notice.at_start", Values::These(&["n"])),
    ("notice.after_minutes", Values::These(&["n"])),
    ("notice.after_hours", Values::These(&["n"])),
    ("notice.after_days", Values::These(&["n"])),
    ("count.ordinal", Values::These(&["n"])),
    ("count.cancellation", Values::These(&["n", "ordinal"])),
    ("count.minutes", Values::These(&["n"])),
    ("time.clock", Values::These(&["hour", "minute"])),
    ("time.day", Values::These(&["weekday", "date", "month", "year"])),
    ("time.day_of_another_year", Values::These(&["weekday", "date", "month", "year"])),
    ("time.day_and_clock", Values::These(&["day", "clock"])),
    ("time.with_zone", Values::These(&["time", "zone"])),
    ("time.in_minutes", Values::These(&["n"])),
    ("time.in_hours", Values::These(&["n"])),
    ("time.in_days", Values::These(&["n"])),
    ("time.ago_minutes", Values::These(&["n"])),
    ("time.ago_hours", Values::These(&["n"])),
    ("time.ago_days", Values::These(&["n"])),
    ("time.unsure", Values::These(&["written"])),
    ("time.assumed", Values::These(&[])),
    ("name.somebody", Values::These(&[])),
    ("summary.invitee", Values::Card),
    ("summary.host", Values::Card),
    ("summary.unknown", Values::Card),
    ("summary.details", Values::Card),
    ("summary.reschedule", Values::Card),
    ("summary.thread", Values::Card),
    ("summary.help", Values::These(&[])),
    ("summary.note", Values::These(&["author", "text"])),
    ("sentence.command_not_yet", Values::These(&["verb"])),
    ("sentence.unknown_command", Values::These(&["typed"])),
    ("sentence.unknown_command_meant", Values::These(&["typed", "meant"])),
    ("sentence.done", Values::These(&[])),
    ("sentence.stale_button", Values::These(&[])),
    ("sentence.forged_button", Values::These(&[])),
    ("sentence.outsider", Values::These(&[])),
    ("sentence.no_such_follow_up", Values::These(&["typed"])),
    ("sentence.taken", Values::These(&["owner"])),
    ("sentence.given", Values::These(&["by"])),
    ("sentence.thanks", Values::These(&["owner"])),
    ("sentence.already_yours", Values::These(&[])),
    ("sentence.already_offered", Values::These(&[])),
    ("sentence.already_theirs", Values::These(&["owner"])),
    ("sentence.bad_time", Values::These(&[])),
    ("sentence.bad_note", Values::These(&[])),
    ("sentence.bad_choice", Values::These(&[])),
    ("sentence.not_closed", Values::These(&[])),
    ("sentence.side_known", Values::These(&[])),
    ("sentence.person_bot", Values::These(&[])),
    ("sentence.person_gone", Values::These(&[])),
    ("sentence.person_guest", Values::These(&[])),
    ("sentence.person_elsewhere", Values::These(&[])),
    ("sentence.person_stranger", Values::These(&[])),
    ("sentence.person_unknown", Values::These(&[])),
    ("sentence.person_no_account", Values::These(&[])),
    ("sentence.assigned", Values::These(&["owner", "id"])),
    ("sentence.no_such_person", Values::These(&["typed"])),
    ("sentence.assign_what", Values::These(&[])),
    ("sentence.not_yours", Values::These(&["owner"])),
    ("sentence.closed", Values::These(&["state"])),
    ("booking.clock", Values::These(&["own"])),
    ("booking.clocks", Values::These(&["own", "theirs"])),
    ("booking.looking", Values::These(&[])),
    ("booking.no_times", Values::These(&[])),
    ("booking.times_later", Values::These(&[])),
    ("booking.times_wait", Values::These(&["n"])),
    ("booking.times_refused", Values::These(&["why"])),
    ("booking.times_closed", Values::These(&[])),
    ("booking.working", Values::These(&["at"])),
    ("booking.done", Values::These(&["at"])),
    ("booking.unsaid", Values::These(&["at"])),
    ("booking.busy", Values::These(&["by", "at"])),
    ("booking.already_by", Values::These(&["by", "at"])),
    ("booking.already", Values::These(&["at"])),
    ("booking.stands", Values::These(&["at"])),
    ("booking.refused", Values::These(&["why"])),
    ("booking.unclear", Values::These(&[])),
    ("booking.later", Values::These(&[])),
    ("booking.wait", Values::These(&["n"])),
    ("booking.closed", Values::These(&[])),
    ("booking.offered", Values::These(&[])),
    ("sentence.try_again", Values::These(&[])),
    ("sentence.unsure", Values::These(&[])),
    ("sentence.repeated", Values::These(&[])),
    ("command.about", Values::These(&[])),
    ("command.help", Values::These(&[])),
    ("command.open", Values::These(&[])),
    ("command.mine", Values::These(&[])),
    ("command.show", Values::These(&[])),
    ("command.show_what", Values::These(&[])),
    ("command.assign", Values::These(&[])),
    ("command.assign_id", Values::These(&[])),
    ("command.assign_person", Values::These(&[])),
    ("command.page", Values::These(&[])),
    ("sentence.open_list", Values::These(&["n"])),
    ("sentence.open_none", Values::These(&[])),
    ("sentence.mine_list", Values::These(&["n"])),
    ("sentence.mine_none", Values::These(&[])),
    ("sentence.found_list", Values::These(&["n", "typed"])),
    ("sentence.list_more", Values::These(&["n", "verb", "page"])),
    ("sentence.found_more", Values::These(&["n"])),
    ("sentence.show_what", Values::These(&[])),
    ("sentence.yours_host", Values::These(&[])),
    ("sentence.yours_setter", Values::These(&[])),
    ("sentence.remind_yours", Values::These(&["invitee", "ago", "owner"])),
    ("sentence.remind_back", Values::These(&["invitee", "ago", "owner"])),
    ("sentence.remind_waiting", Values::These(&["invitee", "ago", "owner"])),
    ("sentence.remind_waiting_nobody", Values::These(&["invitee", "ago", "owner"])),
    ("sentence.remind_nobody", Values::These(&["invitee", "ago", "owner"])),
    ("sentence.remind_nobody_back", Values::These(&["invitee", "ago", "owner"])),
    ("story.title", Values::These(&[])),
    ("story.somebody", Values::These(&[])),
    ("story.with", Values::These(&[])),
    ("story.opened", Values::These(&[])),
    ("story.told_again", Values::These(&[])),
    ("story.claimed", Values::These(&[])),
    ("story.taken_over", Values::These(&[])),
    ("story.assigned", Values::These(&[])),
    ("story.snoozed", Values::These(&[])),
    ("story.closed", Values::These(&[])),
    ("story.reopened", Values::These(&[])),
    ("story.noted", Values::These(&[])),
    ("story.side_told", Values::These(&[])),
    ("story.side_listed", Values::These(&[])),
    ("story.woken", Values::These(&[])),
    ("story.roused", Values::These(&[])),
    ("story.rebooked", Values::These(&[])),
    ("story.offered", Values::These(&[])),
    ("story.booked", Values::These(&[])),
    ("story.other", Values::These(&[])),
    ("story.reminded", Values::These(&[])),
    ("story.called_out", Values::These(&[])),
    ("story.escalated", Values::These(&[])),
    ("story.expired", Values::These(&[])),
    ("story.open_card", Values::These(&[])),
];

/// The entries that are lists of plain words, with the number of words that each must have, where it is fixed.
const LISTS: &[(&str, Option<usize>)] =
    &[("time.weekdays", Some(7)), ("time.months", Some(12)), ("question.name", None), ("question.email", None), ("question.phone", None)];

/// All words, ready to be said.
pub(super) struct Words {
    /// Entries that are plain text, of whatever letters.
    plain: Tera,
    /// Those of them that need no Tera.
    simple: BTreeMap<String, Simple>,
    /// Sentences, which are Markdown and can name people.
    sentences: Tera,
    lists: BTreeMap<String, Vec<String>>,
    /// What those entries read that are about a card.
    wanted: BTreeMap<String, Wanted>,
}

impl Words {
    /// Reads `words.toml`; every entry is there, knows its values, and has been said once.
    pub(super) fn read(source: &str) -> Result<Self, Vec<Mistake>> {
        let table: toml::Table = match source.parse() {
            Ok(table) => table,
            Err(error) => {
                let line = error.span().map(|span| source[..span.start].matches('\n').count() + 1);
                return Err(vec![Mistake::new(FILE, line, error.message().lines().next().unwrap_or_default())]);
            }
        };
        let mut words = Self {
            plain: engine::tera_for_text(),
            simple: BTreeMap::new(),
            sentences: engine::tera(),
            lists: BTreeMap::new(),
            wanted: BTreeMap::new(),
        };
        let mut found = Vec::new();
        let mut missing: Vec<&str> = KEYS.iter().map(|(key, _)| *key).chain(LISTS.iter().map(|(key, _)| *key)).collect();
        for (section, entries) in &table {
            let Value::Table(entries) = entries else {
                found.push(Mistake::new(FILE, line_of(source, section), format!("\"{section}\" stands outside of a `[section]`")));
                continue;
            };
            for (name, value) in entries {
                let key = format!("{section}.{name}");
                missing.retain(|known| *known != key);
                found.extend(words.take(&key, value).err().map(|what| Mistake::new(FILE, line_of(source, name), format!("{key}: {what}"))));
            }
        }
        found.extend(missing.into_iter().map(|key| Mistake::new(FILE, None, format!("{key} is missing"))));
        if found.is_empty() { Ok(words) } else { Err(found) }
    }

    /// The entry in plain text. An entry that cannot be said, which loading rules out, is its key.
    pub(super) fn say(&self, key: &str, values: &[(&str, Said)]) -> String {
        let all = || values.iter().map(|(name, value)| (*name, value)).collect::<BTreeMap<_, _>>();
        let simply = self.simple.get(key).and_then(|entry| entry.say(values));
        simply.or_else(|| self.say_with(key, &all()).ok()).unwrap_or_else(|| key.to_owned())
    }

    /// The entry in plain text, with all of the given values.
    pub(super) fn say_with(&self, key: &str, values: &impl Serialize) -> Result<String, String> {
        let values = engine::Values::of(key, values).map_err(|mistake| mistake.what)?;
        self.say_filled(key, &values)
    }

    /// The same, with values that serve others, too.
    pub(super) fn say_filled(&self, key: &str, values: &engine::Values) -> Result<String, String> {
        in_one_line(engine::fill(&self.plain, key, values).map_err(|mistake| mistake.what)?)
    }

    /// The sentence, which may name people.
    pub(super) fn sentence(&self, key: &str, values: &impl Serialize, subjects: &Subjects) -> Result<Vec<Inline>, String> {
        let values = engine::Values::of(key, values).map_err(|mistake| mistake.what)?;
        let markdown = engine::fill(&self.sentences, key, &values).map_err(|mistake| mistake.what)?;
        let read = tree::read(&markdown, subjects, &LinkPolicy::none()).map_err(|wrong| format!("it cannot hold {}", wrong.join(", ")))?;
        match (read.title.is_empty(), <[Block; 1]>::try_from(read.body)) {
            (true, Ok([Block::Paragraph(inlines)])) => Ok(inlines),
            _ => Err("it must be one paragraph".to_owned()),
        }
    }

    /// What an entry about a card reads.
    pub(super) fn wanted(&self, key: &str) -> Wanted {
        self.wanted.get(key).copied().unwrap_or(Wanted::ALL)
    }

    /// A list of plain words; those of questions in their [`normal_name`].
    pub(super) fn list(&self, key: &str) -> &[String] {
        self.lists.get(key).map_or(&[], Vec::as_slice)
    }

    fn take(&mut self, key: &str, value: &Value) -> Result<(), String> {
        let list = LISTS.iter().find(|(known, _)| *known == key);
        let entry = KEYS.iter().find(|(known, _)| *known == key);
        match (list, entry, value) {
            (Some((_, length)), _, Value::Array(array)) => self.take_list(key, array, *length),
            (Some(_), _, _) => Err("it must be a list of texts".to_owned()),
            (_, Some((_, values)), Value::String(text)) => self.take_entry(key, text, *values),
            (_, Some(_), _) => Err("it must be a text".to_owned()),
            (None, None, _) => {
                let known = KEYS.iter().map(|(key, _)| *key).chain(LISTS.iter().map(|(key, _)| *key));
                Err(format!("there is no such entry{}", did_you_mean(key, known)))
            }
        }
    }

    fn take_list(&mut self, key: &str, array: &[Value], length: Option<usize>) -> Result<(), String> {
        let words: Vec<String> = array.iter().filter_map(|word| word.as_str()).map(str::to_owned).collect();
        if words.len() != array.len() || words.iter().any(String::is_empty) {
            return Err("it must be a list of texts, none of them empty".to_owned());
        }
        if let Some(length) = length.filter(|length| *length != words.len()) {
            return Err(format!("it must have {length} words"));
        }
        // Questions are compared, never shown.
        let words = if key.starts_with("question.") { words.iter().filter_map(|word| normal_name(word)).collect() } else { words };
        self.lists.insert(key.to_owned(), words);
        Ok(())
    }

    fn take_entry(&mut self, key: &str, text: &str, values: Values) -> Result<(), String> {
        let filters = engine::filters();
        let allowed = Allowed { statements: &STATEMENTS, filters: &filters, fields: &[] };
        if let Some(mistake) = scan::mistakes(FILE, text, &allowed).into_iter().next() {
            return Err(mistake.what);
        }
        let tera = if SENTENCES.iter().any(|section| key.starts_with(section)) { &mut self.sentences } else { &mut self.plain };
        engine::add(tera, key, text).map_err(|mistake| mistake.what)?;
        let known = match values {
            Values::These(known) => known,
            Values::Card => context::NAMES,
        };
        if let Some((_, what)) = engine::unknown_variables(tera, key, known).into_iter().next() {
            return Err(what);
        }
        match values {
            Values::These(known) => self.try_entry(key, text, known),
            // Entries of a card are said with every sample when the templates are tried.
            Values::Card => {
                self.wanted.insert(key.to_owned(), Wanted::of(scan::words(text)));
                Ok(())
            }
        }
    }

    fn try_entry(&mut self, key: &str, text: &str, known: &[&'static str]) -> Result<(), String> {
        for n in [1, 2, 11, 24] {
            let values = trial(known, n);
            if SENTENCES.iter().any(|section| key.starts_with(section)) {
                self.sentence(key, &values, &Subjects::default())?;
                continue;
            }
            let said = self.say_with(key, &values)?;
            let letters = said.chars().count();
            if key.starts_with("label.") && letters > LONGEST_LABEL {
                return Err(format!("a label can have {LONGEST_LABEL} letters, not {letters}"));
            }
            let longest = if FORM_BUTTONS.iter().any(|end| key.ends_with(end)) { LONGEST_FORM_TITLE } else { LONGEST_FORM_TEXT };
            if key.starts_with("form.") && letters > longest {
                return Err(format!("it can have {longest} letters, not {letters}"));
            }
            if key.starts_with("command.") && letters > LONGEST_DESCRIPTION {
                return Err(format!("a description can have {LONGEST_DESCRIPTION} letters, not {letters}"));
            }
            if let Some(simple) = Simple::read(text) {
                self.simple.insert(key.to_owned(), simple);
            }
        }
        Ok(())
    }
}

/// Values to try an entry with.
fn trial(names: &[&'static str], n: i64) -> BTreeMap<&'static str, Said> {
    let value = |name: &str| match name {
        "n" | "hour" | "date" | "year" => Said::Number(n),
        _ => Said::from("x"),
    };
    names.iter().map(|name| (*name, value(name))).collect()
}

/// The line on which a key is set. TOML gives no place for values that it has read, and keys are seldom alike.
fn line_of(source: &str, name: &str) -> Option<usize> {
    source
        .lines()
        .position(|line| line.trim_start().strip_prefix(name).is_some_and(|rest| rest.trim_start().starts_with('=')))
        .map(|at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUILT_IN: &str = include_str!("../../templates/words.toml");

    fn mistakes(source: &str) -> Vec<String> {
        Words::read(source).err().expect("mistakes").iter().map(Mistake::to_string).collect()
    }

    #[test]
    fn the_built_in_words_can_be_said() {
        let words = Words::read(BUILT_IN).unwrap_or_else(|mistakes| panic!("{mistakes:?}"));
        assert_eq!(words.say("label.assign", &[]), "Assign follow-up");
        assert_eq!(words.say("state.assigned", &[("owner", "Alex *Closer*".into())]), "Alex *Closer* has it");
        for (n, said) in [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (12, "12th"), (22, "22nd"), (113, "113th")] {
            assert_eq!(words.say("count.ordinal", &[("n", n.into())]), said);
        }
        assert_eq!(words.list("time.months").len(), 12);
    }

    #[test]
    fn simple_entries_say_what_tera_would_say() {
        let words = Words::read(BUILT_IN).unwrap_or_else(|mistakes| panic!("{mistakes:?}"));
        let values = [("time", "{{ 9:00 }}".into()), ("zone", "EST".into())];
        assert_eq!(words.say("time.with_zone", &values), "{{ 9:00 }} EST");
        for (key, _) in KEYS.iter().filter(|(key, _)| words.simple.contains_key(*key)) {
            let all: Vec<(&str, Said)> = ["n", "hour", "minute", "time", "zone", "day", "clock", "weekday", "date", "month", "year"]
                .into_iter()
                .chain(["owner", "by", "at", "own", "theirs", "canceller", "ordinal", "written", "author", "text", "typed", "why"])
                .map(|name| (name, Said::Number(7)))
                .collect();
            let by_tera = words.say_with(key, &all.iter().map(|(name, said)| (*name, said)).collect::<BTreeMap<_, _>>());
            assert_eq!(Ok(words.say(key, &all)), by_tera, "{key}");
        }
    }

    #[test]
    fn mistakes_are_named_with_key_and_line() {
        let changed = |from: &str, to: &str| mistakes(&BUILT_IN.replacen(from, to, 1));
        assert_eq!(changed("claim = \"Claim\"\n", ""), ["words.toml: label.claim is missing"]);
        assert_eq!(
            changed("claim = ", "clam = "),
            ["words.toml:7: label.clam: there is no such entry, did you mean \"label.claim\"?", "words.toml: label.claim is missing"]
        );
        assert_eq!(
            changed("{{ owner }} has it\"", "{{ onwer }} has it\""),
            ["words.toml:61: state.assigned: unknown variable \"onwer\", did you mean \"owner\"?"]
        );
        assert_eq!(changed("\"Mon\", ", ""), ["words.toml:111: time.weekdays: it must have 7 words"]);
        assert_eq!(changed("\"Claim\"", "5"), ["words.toml:7: label.claim: it must be a text"]);
        assert_eq!(changed("\"That button", "\"<b>That"), ["words.toml:154: sentence.forged_button: it cannot hold HTML: <b>"]);
        assert_eq!(changed("\"That button", "\"1. That")[0].split(": ").nth(2), Some("it cannot hold numbered lists"));
        assert_eq!(changed("\"Claim\"", "\" \""), ["words.toml:7: label.claim: it must say something"]);
        assert_eq!(changed("\"Claim\"", "\"Cl\\naim\""), ["words.toml:7: label.claim: it must be one line"]);
        assert_eq!(changed("\"Claim\"", "\"{% for x in y %}\"").len(), 1);
        assert_eq!(
            changed("\"Claim\"", &format!("\"{}\"", "x".repeat(41))),
            ["words.toml:7: label.claim: a label can have 40 letters, not 41"]
        );
        let long = changed("\"What you can ask\"", &format!("\"{}\"", "x".repeat(101)));
        assert!(long[0].ends_with("command.help: a description can have 100 letters, not 101"), "{long:?}");
        assert!(mistakes("[label\n")[0].starts_with("words.toml:1: "));
        assert!(mistakes("x = 1")[0].starts_with("words.toml:1: \"x\" stands outside"));
    }
}
