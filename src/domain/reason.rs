//! Why a call was cancelled, for analytics: the free text is always shown as written, the class is only for counting.

use std::collections::HashMap;
use std::fmt;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

/// The nine classes of cancel reasons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReasonClass {
    /// Another appointment, no time.
    ScheduleConflict,
    /// Another vendor, no budget, no interest.
    NoLongerInterested,
    /// The link, the camera, the internet.
    TechnicalIssues,
    /// They want another time.
    ReschedulingRequest,
    /// Something urgent, an accident, the family.
    Emergency,
    /// Snow, storm, flood.
    Weather,
    /// Ill, doctor, hospital.
    Health,
    /// A reason that fits none of these.
    Other,
    /// No reason was given.
    None,
}

impl ReasonClass {
    /// All nine.
    pub const ALL: [Self; 9] = [
        Self::ScheduleConflict,
        Self::NoLongerInterested,
        Self::TechnicalIssues,
        Self::ReschedulingRequest,
        Self::Emergency,
        Self::Weather,
        Self::Health,
        Self::Other,
        Self::None,
    ];

    /// The name in routes, logs, exports and the database, such as `no_longer_interested`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ScheduleConflict => "schedule_conflict",
            Self::NoLongerInterested => "no_longer_interested",
            Self::TechnicalIssues => "technical_issues",
            Self::ReschedulingRequest => "rescheduling_request",
            Self::Emergency => "emergency",
            Self::Weather => "weather",
            Self::Health => "health",
            Self::Other => "other",
            Self::None => "none",
        }
    }

    /// The class of that [`name`](Self::name).
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.name() == name)
    }
}

impl fmt::Display for ReasonClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Sorts a reason as written into its class.
///
/// The longest word or phrase of `reasons.txt` that the reason contains decides, and of equally long ones the first:
/// "need to reschedule because my kid is sick" asks for another time. Weak phrases count only where nothing else was found.
/// Only the beginning of a very long reason is looked at.
#[must_use]
pub fn classify(written: Option<&str>) -> ReasonClass {
    let written = written.unwrap_or_default();
    let text = normal(&written.chars().take(LOOKED_AT).collect::<String>());
    if text.is_empty() {
        return if written.chars().any(is_said) { ReasonClass::Other } else { ReasonClass::None };
    }
    let index = INDEX.get_or_init(|| Index::read(TABLE));
    index.strongest(&text).unwrap_or(ReasonClass::Other)
}

/// Nobody explains a cancellation in more characters, and the longest reason must not cost more than a glance.
const LOOKED_AT: usize = 4_000;

const TABLE: &str = include_str!("reasons.txt");

static INDEX: OnceLock<Index> = OnceLock::new();

/// Every phrase of the table in its normal form.
struct Index {
    phrases: HashMap<String, Evidence>,
    /// How many words the longest phrase has.
    most_words: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Evidence {
    class: ReasonClass,
    weak: bool,
}

impl Index {
    fn read(table: &str) -> Self {
        let mut phrases = HashMap::new();
        for (class, line) in lines(table) {
            let (weak, phrase) = line.strip_prefix('~').map_or((false, line), |phrase| (true, phrase));
            phrases.extend(spellings(phrase).map(|spelling| (spelling, Evidence { class, weak })));
        }
        let most_words = phrases.keys().map(|phrase| phrase.split(' ').count()).max().unwrap_or_default();
        Self { phrases, most_words }
    }

    /// The class of the strongest evidence in a normalised text.
    fn strongest(&self, text: &str) -> Option<ReasonClass> {
        let mut best: Option<(Evidence, usize)> = None;
        for (start, _) in text.char_indices().filter(|(at, _)| *at == 0 || text.as_bytes().get(at - 1) == Some(&b' ')) {
            let rest = text.get(start..).unwrap_or_default();
            let ends = rest.match_indices(' ').map(|(at, _)| at).chain([rest.len()]).take(self.most_words);
            for phrase in ends.filter_map(|end| rest.get(..end)) {
                let Some(found) = self.phrases.get(phrase).copied() else { continue };
                let counts = found.class != ReasonClass::None || phrase.len() == text.len();
                if counts && best.is_none_or(|(best, length)| (!found.weak, phrase.len()) > (!best.weak, length)) {
                    best = Some((found, phrase.len()));
                }
            }
        }
        best.map(|(found, _)| found.class)
    }
}

/// The words and phrases of a table with their classes.
fn lines(table: &str) -> impl Iterator<Item = (ReasonClass, &str)> {
    let mut class = ReasonClass::Other;
    table.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).filter_map(move |line| {
        let Some(header) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) else {
            return Some((class, line));
        };
        class = ReasonClass::from_name(header).unwrap_or(ReasonClass::Other);
        None
    })
}

/// The normal forms in which people write a phrase: with or without its apostrophes, umlauts as one letter or as two.
fn spellings(phrase: &str) -> impl Iterator<Item = String> {
    let umlauts = phrase.replace('ä', "ae").replace('ö', "oe").replace('ü', "ue");
    let joined = phrase.replace('\'', "");
    [phrase, &umlauts, &joined].into_iter().map(normal).collect::<Vec<_>>().into_iter().filter(|spelling| !spelling.is_empty())
}

/// Lower case, no accents, words separated by one blank.
fn normal(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars().flat_map(char::to_lowercase) {
        match without_accent(c) {
            Some(letters) => plain.push_str(letters),
            None if c.is_alphanumeric() => plain.push(c),
            None if plain.ends_with(' ') || plain.is_empty() => {}
            None => plain.push(' '),
        }
    }
    plain.truncate(plain.trim_end().len());
    plain
}

/// The plain letters for one with an accent; a combining accent vanishes.
fn without_accent(c: char) -> Option<&'static str> {
    Some(match c {
        '\u{300}'..='\u{36f}' | '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}' => "",
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' | 'ā' | 'ă' | 'ą' | 'ª' => "a",
        'æ' => "ae",
        'ç' | 'ć' | 'č' => "c",
        'ď' | 'đ' => "d",
        'è' | 'é' | 'ê' | 'ë' | 'ē' | 'ė' | 'ę' | 'ě' => "e",
        'ğ' => "g",
        'ì' | 'í' | 'î' | 'ï' | 'ī' | 'ı' => "i",
        'ł' => "l",
        'ñ' | 'ń' | 'ň' => "n",
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ø' | 'ō' | 'ő' | 'º' => "o",
        'œ' => "oe",
        'ř' => "r",
        'ś' | 'š' | 'ş' | 'ș' => "s",
        'ß' => "ss",
        'ť' | 'ț' => "t",
        'ù' | 'ú' | 'û' | 'ü' | 'ū' | 'ů' | 'ű' => "u",
        'ý' | 'ÿ' => "y",
        'ź' | 'ż' | 'ž' => "z",
        _ => return None,
    })
}

/// Does the character say anything at all? A dash says nothing, an emoji does.
fn is_said(c: char) -> bool {
    let invisible = c.is_whitespace() || c.is_control() || without_accent(c) == Some("");
    !(invisible || c.is_ascii_punctuation() || matches!(c, '–' | '—' | '…' | '·' | '•'))
}

#[cfg(test)]
mod tests;
