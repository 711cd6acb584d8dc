//! The values that a template can print: one flat list, typed once. `docs/templates.md` explains each, and a test compares.
//!
//! Flat, so that every unknown name is found when a template is loaded. What is not known is an empty text, which is false in an `if`
//! and leaves its part of a line out when printed.

use serde::Serialize;

use super::engine::Values;
use super::mistake::Mistake;

macro_rules! context {
    ($($name:ident: $kind:ty,)*) => {
        /// The values of one rendering. People and times are marks; all other texts are clean and capped.
        #[derive(Debug, Clone, Default)]
        pub(super) struct CardContext {
            $(pub $name: $kind,)*
        }

        /// The names of all values.
        pub(super) const NAMES: &[&str] = &[$(stringify!($name)),*];

        impl CardContext {
            /// Those that are wanted, as Tera takes them; `template` is what a mistake is told of.
            pub(super) fn filling(&self, template: &str, wanted: Wanted) -> Result<Values, Mistake> {
                let mut values = Values::default();
                let mut is_wanted = wanted.each();
                $(
                    if is_wanted.next() == Some(true) {
                        values.put(template, stringify!($name), &self.$name)?;
                    }
                )*
                Ok(values)
            }
        }
    };
}

context! {
    // The follow-up.
    short_id: String,
    state: String,
    state_name: &'static str,
    snoozed: bool,
    closed: bool,
    owner: String,
    snoozed_until: String,
    rebooked_start: String,
    rebooked_host: String,
    offered: bool,
    found_by_check: bool,
    closing_reason: String,
    closing_note: String,
    closing_note_in_full: String,
    // The call.
    event_name: String,
    event_in_full: String,
    event_slug: String,
    start: String,
    start_in_words: String,
    end: String,
    duration: String,
    booked_at: String,
    location: String,
    location_url: String,
    // The cancellation.
    side: &'static str,
    evidence: String,
    canceller: String,
    canceller_name: String,
    cancelled_at: String,
    notice: String,
    notice_minutes: i64,
    late: bool,
    after_start: bool,
    repeat: u32,
    repeat_in_words: String,
    earlier: String,
    earlier_state: String,
    reason: String,
    reason_in_full: String,
    reason_class: &'static str,
    reason_class_in_words: String,
    // The invitee.
    invitee_name: String,
    invitee_in_full: String,
    first_name: String,
    email: String,
    phone: String,
    // Our people.
    host: String,
    co_hosts: String,
    setter: String,
    // The booking form and where the lead came from.
    answers: Vec<ShownAnswer>,
    all_answers: Vec<ShownAnswer>,
    answers_left_out: usize,
    source_line: String,
    tracking: Vec<Tracked>,
    // Links that are allowed.
    contact_url: String,
    reschedule_url: String,
    booking_url: String,
    // Ids.
    call_id: String,
    preview_id: String,
    contact_id: String,
    // Where it is shown.
    platform: &'static str,
}

/// One answer, as an item of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(super) struct ShownAnswer {
    pub question: String,
    pub answer: String,
}

/// One value of where the lead came from, as an item of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(super) struct Tracked {
    pub name: String,
    pub value: String,
}

/// Some of the values: those that a template reads. To make the others would take longer than to fill most templates in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wanted(u128);

// One bit for each.
const _: () = assert!(NAMES.len() <= 128);

impl Wanted {
    /// All values.
    pub(super) const ALL: Self = Self(u128::MAX);
    /// Only those that others are made of.
    pub(super) const NONE: Self = Self(0);

    /// Those of these names.
    pub(super) fn of<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        Self(names.into_iter().filter_map(place).fold(0, |wanted, at| wanted | 1 << at))
    }

    /// These and those.
    pub(super) fn and(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    /// Is the value of that name wanted?
    pub(super) fn has(self, name: &str) -> bool {
        place(name).is_some_and(|at| self.0 >> at & 1 == 1)
    }

    /// For each of [`NAMES`] in turn, is it wanted?
    fn each(self) -> impl Iterator<Item = bool> {
        (0..NAMES.len()).map(move |at| self.0 >> at & 1 == 1)
    }
}

fn place(name: &str) -> Option<usize> {
    NAMES.iter().position(|known| *known == name)
}

/// The fields of every item of a list, and those of Tera's `loop`.
pub(super) const FIELDS: [&str; 9] = ["question", "answer", "name", "value", "index", "index0", "first", "last", "length"];
