//! Which answers of the booking form a card shows: those that say something new, the highlighted first; and where the lead came from.

use super::clean;
use super::context::{ShownAnswer, Tracked};
use super::words::Words;
use crate::domain::event::{Call, FormAnswer, Invitee};
use crate::domain::identity::{normal_email, normal_name, normal_phone};

/// A card shows so many.
const ON_A_CARD: usize = 3;
/// The private answer shows so many; Slack and Discord take no message with all of a very long form.
const IN_DETAILS: usize = 30;
/// Longest question, answer on a card, and answer in details.
const QUESTION: usize = 80;
/// See `QUESTION`.
const ANSWER: usize = 160;
/// See `QUESTION`.
const LONG_ANSWER: usize = 600;
/// Letters of all answers in details together, which leaves room for the rest within Discord's 6,000.
const ALL_ANSWERS: usize = 2_800;
/// Longest value, and most values, of where the lead came from.
const TRACKED: usize = 80;
/// A longer text is no name, address or number, and no question that anybody highlights.
const LONGEST_COMPARED: usize = 400;
/// See `TRACKED`.
const MOST_TRACKED: usize = 8;

/// The answers on a card: none that repeats name, e-mail or phone, those to `highlight` first in its order, then the form's. `highlight`
/// holds questions by their [`normal_name`].
pub(super) fn for_card(call: &Call, highlight: &[String], words: &Words) -> Vec<ShownAnswer> {
    let known = Known::of(&call.invitee, words);
    let mut telling: Vec<(usize, ShownAnswer)> = call
        .answers
        .iter()
        .filter(|answer| !known.repeats(answer))
        .filter_map(|answer| Some((rank(&answer.question, highlight), shown(answer, ANSWER)?)))
        .collect();
    // Stable, so that equals stay in the order of the form.
    telling.sort_by_key(|(rank, _)| *rank);
    telling.into_iter().map(|(_, answer)| answer).take(ON_A_CARD).collect()
}

/// All answers for the private answer, and how many had no room.
pub(super) fn all(call: &Call) -> (Vec<ShownAnswer>, usize) {
    let room = (ALL_ANSWERS / call.answers.len().clamp(1, IN_DETAILS)).saturating_sub(QUESTION / 2).clamp(40, LONG_ANSWER);
    let mut answers: Vec<ShownAnswer> = call.answers.iter().filter_map(|answer| shown(answer, room)).collect();
    let left_out = answers.len().saturating_sub(IN_DETAILS);
    answers.truncate(IN_DETAILS);
    (answers, left_out)
}

/// Source, medium and campaign in one line, as in "newsletter / email / spring-launch".
pub(super) fn source_line(call: &Call) -> String {
    let value = |name: &str| {
        call.tracking.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).and_then(|(_, value)| clean::line(value, TRACKED))
    };
    let parts: Vec<String> = ["utm_source", "utm_medium", "utm_campaign"].into_iter().filter_map(value).collect();
    parts.join(" / ")
}

/// Everything about where the lead came from.
pub(super) fn tracking(call: &Call) -> Vec<Tracked> {
    let readable = call
        .tracking
        .iter()
        .filter_map(|(name, value)| Some(Tracked { name: clean::line(name, TRACKED / 2)?, value: clean::line(value, TRACKED)? }));
    readable.take(MOST_TRACKED).collect()
}

fn shown(answer: &FormAnswer, most: usize) -> Option<ShownAnswer> {
    Some(ShownAnswer { question: clean::line(&answer.question, QUESTION)?, answer: clean::line(&answer.answer, most)? })
}

fn rank(question: &str, highlight: &[String]) -> usize {
    let question = short(question).and_then(normal_name);
    question.and_then(|question| highlight.iter().position(|wanted| *wanted == question)).unwrap_or(highlight.len())
}

/// What the title and the contact line say already.
struct Known<'a> {
    names: Vec<String>,
    email: Option<String>,
    phone: Option<String>,
    /// Questions that only ask for what is known.
    questions: Vec<&'a String>,
}

impl<'a> Known<'a> {
    fn of(invitee: &Invitee, words: &'a Words) -> Self {
        let given = |value: Option<&String>| value.is_some_and(|value| clean::line(value, 1).is_some());
        let about = [
            (given(invitee.name.as_ref()), "question.name"),
            (given(invitee.email.as_ref()), "question.email"),
            (given(invitee.phone.as_ref()), "question.phone"),
        ];
        Self {
            names: invitee.name.iter().chain(&invitee.other_names).filter_map(|name| normal_name(name)).collect(),
            email: invitee.email.as_deref().and_then(normal_email),
            phone: invitee.phone.as_deref().and_then(normal_phone),
            questions: about.into_iter().filter(|(given, _)| *given).flat_map(|(_, list)| words.list(list)).collect(),
        }
    }

    /// Does the answer say nothing new?
    fn repeats(&self, answer: &FormAnswer) -> bool {
        let same = |known: &Option<String>, given: Option<String>| known.is_some() && *known == given;
        let asks = short(&answer.question).and_then(normal_name).is_some_and(|question| self.questions.contains(&&question));
        let says = |said: &str| {
            same(&self.email, normal_email(said))
                || same(&self.phone, normal_phone(said))
                || normal_name(said).is_some_and(|name| self.names.contains(&name))
        };
        asks || short(&answer.answer).is_some_and(says)
    }
}

/// The text where it is short enough to be compared; a flood is not read.
fn short(text: &str) -> Option<&str> {
    (text.len() <= LONGEST_COMPARED).then_some(text)
}
